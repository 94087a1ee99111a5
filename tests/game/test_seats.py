"""Seats for programs: a table's choices, a table's view, and a game that runs again bit for bit."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

import partnersim
from partnersim.app.room import review
from partnersim.app.room.game import Game
from partnersim.app.room.phones import PhoneRoom
from partnersim.app.room.surfaces import show_phone
from partnersim.game.policies import JOINT, OWN, always_lend, never_lend, targets_first, tit_for_tat
from partnersim.game.rules import Moves, rules
from partnersim.game.seats import Observation, play, show_seat
from partnersim.scenario.errors import InputError
from partnersim.scenario.scenario import Scenario

PLACE = rules().scenario
SEATS = {"council": tit_for_tat, "hospital": targets_first, "practices": never_lend}


def silent(seen: Observation) -> Moves:
    return {}


def test_a_game_is_the_run_of_its_scenario_bit_for_bit() -> None:
    done = play(PLACE, SEATS, seed=5, replicate=3)
    again = partnersim.run(Scenario.loads(done.scenario.to_toml()), 1, 5, first_replicate=3, detail=True)
    for name, values in done.results.series.items():
        assert np.array_equal(values, again.series[name], equal_nan=True), name
    assert again.detail is not None and done.results.detail is not None
    for name, values in done.results.detail.items():
        assert np.array_equal(values, again.detail[name], equal_nan=True), name
    held = {one.lever for one in done.scenario.interventions}
    assert held > {"joint_away_days", "contribution", "promises_under_pressure"}


def test_the_same_luck_is_the_same_game_and_other_luck_another() -> None:
    games = [play(PLACE, SEATS, seed=5, replicate=r) for r in (0, 0, 1)]
    assert games[0].scenario == games[1].scenario
    assert (games[0].seen, games[0].balance) == (games[1].seen, games[1].balance)
    assert games[0].balance != games[2].balance


def test_what_a_policy_was_shown_is_what_the_whole_run_shows_of_it() -> None:
    """Each round is looked at in a run that ends with it; what is to come must not change it."""
    done = play(PLACE, SEATS, seed=5)
    for n, seen in enumerate(done.seen):
        for seat, one in seen.items():
            assert one == show_seat(PLACE, seat, done.played[:n], done.results.detail if n else None)


def test_what_is_shown_is_pressure_of_the_round_and_trust_at_its_ends() -> None:
    done = play(PLACE, SEATS, seed=5)
    pressure = done.results.by_organisation("target_pressure")[0]
    trusted = done.results.by_organisation("trust", "trustee")[0]
    for n, seen in enumerate(done.seen[1:], start=1):
        for seat, one in seen.items():
            at, now = PLACE.organisation_names.index(seat), 6 * n
            assert one.pressure == round(100 * pressure[now - 5 : now + 1, at].mean())
            assert one.trusted_before == round(100 * trusted[now - 6, at])
            assert one.trusted == round(100 * trusted[now, at])
    assert len({one["council"].pressure for one in done.seen}) > 3


def test_a_program_sees_what_the_phone_of_its_table_shows() -> None:
    decided = [{"council": JOINT}, {"council": OWN}, {"council": {}}]
    script = iter(decided)
    done = play(PLACE, {"council": lambda seen: next(script, {}).get("council", {})}, seed=7)
    game, room = Game(seed=7), PhoneRoom(key="k" * 22, code="ABCD")
    token = room.join()
    room.phones[token].seat, room.mode, room.phase = "council", "game", "round"
    for moves, seen in zip(decided, (one["council"] for one in done.seen), strict=False):
        room.game, room.drafts = game, {}
        shown = show_phone(room, token)["game"]
        assert shown["title"].startswith(f"Half-year {seen.round} of {seen.rounds}")
        assert {move["move"]: move["chosen"] for move in shown["moves"] if move["chosen"]} == seen.chosen
        numbers = [] if seen.pressure is None else [seen.pressure, seen.trusted, seen.trusted_before]
        said = [int(number) for number in re.findall(r"\d+", " ".join(shown["private"]))]
        assert [number for number in said if number != 100] == numbers
        game = game.with_round(moves)
    assert done.played[:3] == game.played
    assert done.seen[0]["council"].coming == (PLACE.events[list(rules().coming).index("council")],)


def test_an_empty_seat_and_a_silent_policy_are_played_by_the_model() -> None:
    nobody, silence = play(PLACE, {}), play(PLACE, {"council": silent, "hospital": silent})
    assert not nobody.scenario.interventions and not silence.scenario.interventions
    assert nobody.balance == silence.balance
    assert nobody.balance != play(PLACE, {"council": always_lend}).balance


def test_what_is_left_open_goes_on() -> None:
    first = {"council": lambda seen: {"day": "joint"} if seen.round == 1 else {}}
    done = play(PLACE, first)
    assert [one["council"] for one in done.played] == [{"day": "joint"}] * rules().rounds
    assert done.seen[1]["council"].chosen == {"day": "joint"}


def test_who_has_left_is_told_so_and_has_no_numbers() -> None:
    leaves = {"type": "organisation_withdraws", "month": 8, "organisation": "council"}
    done = play(PLACE.replace(events=[leaves]), {"council": always_lend})
    assert [one["council"].has_left for one in done.seen[:3]] == [False, False, True]
    gone = done.seen[2]["council"]
    assert (gone.pressure, gone.trusted, gone.trusted_before) == (None, None, None)


def test_any_place_can_be_played_and_keeps_what_it_has() -> None:
    held = {"lever": "joint_away_days", "value": 2.0, "from_month": 0, "to_month": 12}
    place = Scenario.load("two-organisations").replace(months=15, interventions=[held])
    done = play(place, {place.organisation_names[0]: always_lend})
    assert len(done.played) == 3  # the last round is three months long
    assert done.scenario.interventions[0] == place.interventions[0]
    ana = {"coordinators": [{"name": "Ana"}]}
    assert play(place.replace(ana), {}).scenario.coordinators


@pytest.mark.parametrize(
    ("seats", "says"),
    [
        ({"concil": silent}, "council"),
        ({"council": lambda seen: {"fly": "yes"}}, "council, round 1: move = 'fly': must be one of lend"),
        ({"council": lambda seen: {"day": "off"}}, "day = 'off': must be one of own, joint"),
        ({"council": lambda seen: None}, "council, round 1: .* returns moves"),
        ({"council": lambda seen: {"day": ["own"]}}, "must be one of own, joint"),
    ],
)
def test_what_breaks_the_rules_is_refused_in_words(seats: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        play(PLACE, seats)  # type: ignore[arg-type]


def test_the_balance_is_what_equity_is_made_of() -> None:
    """Equity is 1 less the Gini index of the balances [raffinetti2015]; worked out here by itself."""
    done = play(PLACE, SEATS, seed=2)
    assert done.results.detail is not None and done.results.detail["is_present"][0, -1].all()
    net = list(done.balance.values())
    apart = sum(abs(a - b) for a, b in itertools.product(net, net))
    gini = apart / (2 * len(net) * sum(map(abs, net)))
    assert done.results.measures["equity"][0] == pytest.approx(1 - gini)


# --- plain policies -------------------------------------------------------------------------------


def seen_with(**numbers: int | None) -> Observation:
    return Observation("council", 2, 8, (), {}, **numbers)  # type: ignore[arg-type]


def test_plain_policies_do_what_they_say() -> None:
    first = seen_with()
    assert [policy(first) for policy in (always_lend, tit_for_tat, targets_first)] == [JOINT] * 3
    assert never_lend(first) == OWN
    assert tit_for_tat(seen_with(trusted=40, trusted_before=40)) == JOINT
    assert tit_for_tat(seen_with(trusted=39, trusted_before=40)) == OWN
    assert targets_first(seen_with(pressure=49)) == JOINT
    assert targets_first(seen_with(pressure=50)) == OWN
    assert set(JOINT) == set(OWN) == set(rules().moves)


def test_the_room_and_a_program_have_one_way_in() -> None:
    """A game of the workshop with the same moves and luck is the very same scenario."""
    done = play(PLACE, SEATS, seed=11)
    game = Game(seed=11)
    for moves in done.played:
        game = game.with_round(moves)
    assert game.scenario() == done.scenario
    shown = review.so_far(game).seats["council"]
    assert shown == show_seat(PLACE, "council", done.played, done.results.detail)
