"""Process 8 on cases worked by hand: commitment, beliefs, practice."""

from typing import Any

import numpy as np
import pytest

from partnersim.model import levers
from partnersim.scenario.declarations import LEVERS
from tests.places import World, changed_by, near, quiet, run

BEFORE = np.array([0.3, 0.5, 0.7])


def committing(**switches: bool) -> World:
    """Organisation a, which nobody trusts or talks to, is pulled back by pressure."""
    commitment = {"pull": 0.1, "alone": 0.25, "identification": 0.2}
    world = quiet(3, commitment=commitment, mechanisms=switches)
    state = world.state
    state.in_force[:], state.trust[:], state.base_capacity[:3] = 0.0, 0.0, [1.0, 2.0, 3.0]
    state.ceiling[:3], state.target_pressure[:3], state.accountability[:3] = 0.8, 0.2, 0.6
    state.vision_commitment[:3] = BEFORE
    return world


OWN_DAYS, JOINT_DAYS, PAPERS = levers.OWN_AWAY_DAYS, levers.JOINT_AWAY_DAYS, levers.CIRCULATED_VISION


@pytest.mark.parametrize(
    ("switches", "change", "told", "turned_in", "follow"),
    [
        ({}, {}, 0.0, 0.0, 0.1),
        ({}, {"trust": True}, 0.2 * np.array([2 * 0.16 + 3 * 0.64, 5.0, 0.0]) / 6, 0.0, 0.1),
        ({}, {"going": 0.4}, 0.008, 0.0, 0.1),
        ({"results": False}, {"going": 0.4}, 0.0, 0.0, 0.1),
        ({}, {JOINT_DAYS: 6.0}, 0.06, 0.0, 0.1),
        ({}, {PAPERS: 6.0}, 0.06 * 0.46 / 1.21, 0.0, 0.1),  # balliet2010: meeting against writing
        ({}, {JOINT_DAYS: 24.0, "trust": True, "going": 99.0}, 1.0 - 0.2 / 6, 0.0, 0.1),  # all at most
        ({}, {OWN_DAYS: 6.0}, 0.0, 0.03, 0.15),
        ({}, {OWN_DAYS: 24.0}, 0.0, 0.12, 0.3),
        ({"away_days_harm": False}, {OWN_DAYS: 6.0}, 0.0, 0.0, 0.15),
        ({"away_days_reason": False}, {OWN_DAYS: 6.0}, 0.0, 0.03, 0.1),
    ],
)
def test_commitment_is_pulled_back_by_pressure_and_raised_by_others(
    switches: dict[str, bool], change: dict[Any, float], told: Any, turned_in: float, follow: float
) -> None:
    world = committing(**switches)
    state = world.state
    for what, value in change.items():
        if what == "trust":
            state.trust[0, 0, 1:3], state.trust[0, 1, 1:3] = [0.4, 0.8], [1.0, 1.0]
        elif what == "going":
            state.going[0] = value
        else:
            state.in_force[0, what] = value
    told = np.minimum(told + 0.2 / 6, 1.0)  # oneself one trusts
    assert changed_by(world, "update_commitment") == {"vision_commitment"}
    pulled = BEFORE - 0.1 * (0.5 + 0.2) * (0.5 + 0.6) * (BEFORE - 0.25 * 0.8)
    expected = pulled + told * (0.8 - BEFORE) - turned_in * BEFORE + follow * (0.5 - BEFORE)
    assert state.vision_commitment[0] == near(expected)


def test_nobody_is_moved_beyond_the_ceiling_by_words_and_those_who_left_commit_to_nothing() -> None:
    world = committing()
    state = world.state
    state.ceiling[0], state.in_force[0, JOINT_DAYS], state.trust[0], state.is_present[2] = 0.4, 24.0, 1.0, 0
    run(world, "update_commitment")
    told = 0.2 + 0.24  # c, which has left, is trusted by nobody
    expected = BEFORE - 0.077 * (BEFORE - 0.1) + told * np.array([0.1, 0, 0]) + 0.1 * (0.5 - BEFORE)
    assert state.vision_commitment[0] == near(expected)
    assert state.vision_commitment[2] == near(BEFORE)


def test_beliefs_learn_from_what_the_others_gave() -> None:
    world = quiet(3, {"decision.rule": "conditional"})
    state = world.state
    state.delivered[:3, 1], state.belief[0, 1] = [0.9, 0.8, 0.4], 0.6
    run(world, "update_beliefs")
    assert state.belief[0, 1] == near(0.118 / 20 + 0.415 * 0.6 + 0.569 * 0.6)
    for left, given in (([1, 0, 1], 0.4), ([1, 0, 0], 0.0)):
        state.is_present[:3], state.belief[0, 1] = left, 0.6
        run(world, "update_beliefs")
        assert state.belief[0, 1] == near(0.118 / 20 + 0.415 * given + 0.569 * 0.6)
    world.p.decision.is_conditional = False
    assert not changed_by(world, "update_beliefs")


def test_practice_follows_commitment_slowly_and_only_in_divisive_ways() -> None:
    world = quiet(2)
    state = world.state
    state.vision_commitment[0], state.stated[0], state.practised[0] = [0.2, 0.6, 1.0], 0.8, 0.7
    state.is_held[0, LEVERS.index("own_needs_framing")] = 1.0
    run(world, "change_practice")
    divisive = {"own_away_days", "separate_pre_meetings", "issue_avoidance"}
    followed = 0.7 + 0.05 * (0.8 * (1 - 0.5 * 0.6) - 0.7)
    assert state.practised[0] == near([followed if lever in divisive else 0.7 for lever in LEVERS])
