"""The game as an environment of PettingZoo: its own test, and the same game as `play`."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from pettingzoo.test import parallel_api_test, parallel_seed_test

import partnersim
from partnersim.game.parallel import NUMBERS, to_moves, to_numbers
from partnersim.game.policies import JOINT, OWN
from partnersim.game.rules import rules
from partnersim.scenario.errors import InputError

MOVES = rules().moves


def action(moves: dict[str, str]) -> list[int]:
    return [list(choices).index(moves[move]) for move, choices in MOVES.items()]


def test_it_passes_the_tests_of_pettingzoo() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parallel_api_test(partnersim.parallel_env(), num_cycles=20)
        parallel_seed_test(partnersim.parallel_env, num_cycles=4)


def test_it_is_the_game_that_policies_play() -> None:
    env = partnersim.parallel_env(seats=["council", "hospital"])
    seen, _ = env.reset(seed=4)
    rewards = dict.fromkeys(env.agents, 0.0)
    shown = [seen]
    while env.agents:
        plays = {"council": action(JOINT), "hospital": action(OWN)}
        seen, gained, over, cut, _ = env.step(plays)
        assert set(over) == set(cut) == set(gained) == set(seen) == {"council", "hospital"}
        rewards = {name: rewards[name] + gained[name] for name in rewards}
        shown.append(seen)
    same = partnersim.play(rules().scenario, {"council": lambda _: JOINT, "hospital": lambda _: OWN}, seed=4)
    assert env.unwrapped.scenario == same.scenario
    assert rewards == pytest.approx({name: same.balance[name] for name in rewards})
    for there, here in zip(same.seen, shown, strict=False):
        for name, one in there.items():
            assert np.array_equal(to_numbers(one), here[name])
    assert len(shown) == rules().rounds + 1 and all(over.values()) and not any(cut.values())


def test_an_observation_as_numbers_says_what_its_names_say() -> None:
    done = partnersim.play(rules().scenario, {"council": lambda _: JOINT}, seed=4)
    first, later = (
        dict(zip((*NUMBERS, *MOVES), to_numbers(done.seen[n]["council"]), strict=True)) for n in (0, 3)
    )
    assert (first["round"], first["pressure"], first["day"], first["months_to_event"]) == (1, -1, -1, 12)
    assert (later["round"], later["months_to_event"], later["has_left"]) == (4, -1, 0)
    assert later["trusted"] == done.seen[3]["council"].trusted
    assert later["day"] == list(MOVES["day"]).index("joint")
    assert to_moves(action(OWN)) == OWN


def test_reset_without_a_seed_goes_on_to_other_luck() -> None:
    env = partnersim.parallel_env(seats=["council"], seed=9)
    gained = []
    for seed in (None, None, 9):
        env.reset(seed=seed)
        gained.append(env.step({"council": action(JOINT)})[1]["council"])
    assert gained[0] == gained[2] != gained[1]


def test_a_seat_that_there_is_not_is_refused() -> None:
    with pytest.raises(InputError, match="seat"):
        partnersim.parallel_env(seats=["nobody"])
