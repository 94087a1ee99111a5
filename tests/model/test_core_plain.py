"""Every process against the same in plain NumPy, in many states of many places."""

from typing import Any

import numpy as np
import pytest

from partnersim.model import schedule
from partnersim.model.state import STATE
from partnersim.scenario.scenario import Scenario
from tests.model import plain
from tests.model.test_core_routes import busy_place
from tests.places import PROCESSES, World, begin, changed, copied, run, unrested
from tests.reference import regenerate

EVERYTHING = regenerate.scenarios()["everything"]

SHARES = (
    "competence_trust", "goodwill_trust", "trust", "damage", "vision_commitment", "contribution",
    "delivered", "deed", "belief", "hands", "objectives", "accountability", "incentive_share",
    "target_pressure", "ceiling", "meeting_share", "transition", "leaving", "emerging", "going",
    "got", "put", "price", "misread", "guarded", "displayed", "conflict", "contact", "tension",
    "agreement", "withdrawn", "joint_going", "convened", "helped", "embedded", "usual_pace",
    "usual_share", "net", "decision", "votes", "pace", "recent_pace", "credibility", "seen",
    "weight", "conduct", "freed", "together", "member_harm",
)  # fmt: skip
SYMMETRIC = ("conflict", "contact", "tension", "agreement", "joint_going", "convened")


def shaken(scenario: Scenario, seed: int, month: int) -> World:
    """A place in a month, in any state that it could be in at all."""
    world = unrested(scenario, seed)
    state, p, rng = *world, np.random.default_rng(seed)
    state.month[0] = month
    for name in SHARES:
        state[name][...] = rng.random(STATE[name].shape)
    for name in SYMMETRIC:
        state[name][...] = (state[name] + state[name].T) / 2
    state.tilt[:], state.crisis[0] = rng.random(state.tilt.shape) / 9, rng.choice([0.0, 0.6])
    state.objectives /= state.objectives[:, : p.n_domains].sum(axis=1, keepdims=True)
    state.objectives_length[:] = np.linalg.norm(state.objectives[:, : p.n_domains], axis=1)
    state.leaving *= 0.9
    n, at_once = int(p.n), int(p.programme.n_simultaneous)
    state.is_present[:n] = rng.random(n) < 0.8
    state.is_present[:2] = 1.0
    state.number[rng.integers(0, at_once)] = -1
    state.age[:] = rng.choice([0.0, 3.0, 40.0], state.age.shape)
    state.work[:at_once] = state.work_size[:at_once] * rng.choice([0.2, 1.0, 1.1], at_once)
    state.absent_months[:] = rng.integers(0, 4, state.absent_months.shape)
    state.decisions[:] = rng.integers(0, 600, state.decisions.shape)
    state.is_at_work[: int(p.coordinators.n)] = rng.integers(0, 2, int(p.coordinators.n))
    state.has_seen[:] = rng.integers(0, 2, state.has_seen.shape)
    state.months_unseen[:] = rng.integers(0, 20, state.months_unseen.shape)
    joint = rng.integers(0, 3, state.joint.shape)
    state.joint[:] = joint + joint.T
    run(world, "share_out_work")
    return world


def differing(one: Any, other: Any) -> dict[str, float]:
    """By how much fields of two states differ that are more than rounding apart."""
    return {
        name: float(np.max(np.abs(np.asarray(one[name], float) - other[name])))
        for name in set(STATE.names) - {"need", "reliance", "touched"}
        if not np.allclose(one[name], other[name], rtol=1e-10, atol=1e-12)
    }


ALL_OFF = {
    f"mechanisms.{name}": False for name in Scenario.model_validate({"drawn": {}}).mechanisms.model_dump()
}
PLACES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "without luck": {"luck": 0.0},
    "with all luck": {"luck": 1.0},
    "two-layer": {"trust.theory": "two-layer"},
    "loyalty": {"trust.theory": "loyalty"},
    "every switch off": ALL_OFF,
    "trust frozen": {"mechanisms.trust_frozen": True},
    "adding up": {"programme.complementarity": 0.95, "luck": 1.0},
    "harmonic": {"programme.complementarity": -1.0},
    "geometric": {"programme.complementarity": 0.0},
    "weakest link": {"programme.complementarity": -10.0, "programme.members_per_initiative": 2},
    "nobody in charge": {"lead": {}, "decision.rule": "stake", "luck": 1.0},
    "many meetings": {"relations.meeting_budget": 20.0, "coordinators.Ana.meetings_per_month": 40.0},
}  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_each_process_is_what_it_is_in_plain_words(name: str) -> None:
    for seed, scenario in enumerate((busy_place(), busy_place(), EVERYTHING)):
        world = shaken(scenario.replace(PLACES[name] if seed < 2 else {}), seed, (13, 14, 5)[seed])
        for process in PROCESSES:
            other = copied(world)
            run(world, process)
            plain.perform(process, *other)
            apart = differing(world.state, other.state)
            assert not apart, process


@pytest.mark.parametrize("name", ["busy", *regenerate.OF_EQUATIONS])
def test_what_is_compiled_and_what_is_interpreted_agree_in_every_bit(name: str) -> None:
    quick = begin(busy_place() if name == "busy" else regenerate.scenarios()[name], 3, replicate=2)
    slow = copied(quick)
    for month in range(3, 15):
        schedule.step(*quick)
        for row in schedule.MONTH:
            if slow.state.has_collapsed[0] == 0 or row.goes_on:
                run(slow, row.name)
        slow.state.month[0] += 1
        assert not changed(quick.state, slow.state), month
