"""Process 8 on cases worked by hand: commitment, forgetting, beliefs, practice."""

import numpy as np
import pytest

from partnersim.model import constants as c
from partnersim.model import levers
from partnersim.scenario.declarations import LEVERS
from tests.places import World, changed, copied, near, quiet, run


def committing(**switches: bool) -> World:
    world = quiet(
        3,
        commitment={"pull": 0.1, "alone": 0.25, "identification": 0.2, "colleague_rate": 0.3},
        mechanisms=switches,
    )
    state = world.state
    state.in_force[:] = 0.0
    state.ceiling[:3] = 0.8
    state.trust[:3, :, :3] = 0.0
    state.target_pressure[:3], state.accountability[:3] = 0.2, 0.6
    state.vision_commitment[:3] = [0.3, 0.5, 0.7]
    return world


BEFORE = np.array([0.3, 0.5, 0.7])
PULL = 0.1 * (0.5 + 0.2) * (0.5 + 0.6)


def commitment_after(world: World) -> np.ndarray:
    before = copied(world).state
    run(world, "update_commitment")
    assert changed(before, world.state) == {"vision_commitment"}
    return world.state.vision_commitment[0]


def expected(told: object = 0.0, turned_in: float = 0.0, follow: float = 0.3) -> np.ndarray:
    room = np.maximum(0.8 - BEFORE, 0.0)
    pulled = BEFORE - PULL * (BEFORE - 0.25 * 0.8)
    return pulled + np.asarray(told) * room - turned_in * BEFORE + follow * (0.5 - BEFORE)


def test_pressure_and_accountability_pull_commitment_back() -> None:
    assert commitment_after(committing()) == near(expected())


def test_trust_lets_people_identify_with_the_partnership() -> None:
    world = committing()
    world.state.trust[0, 0, 1:3], world.state.trust[0, 1, 1:3] = [0.4, 0.8], [1.0, 1.0]
    identity = 0.2 * np.array([(0.16 + 0.64) / 2, 1.0, 0.0])
    assert commitment_after(world) == near(expected(told=identity))
    alone = committing()
    alone.state.trust[0, 0, 1:3] = [0.4, 0.8]
    alone.state.is_present[1] = 0.0
    assert commitment_after(alone) == near(expected(told=[0.2 * 0.64, 0, 0]))


def test_joint_days_commit_more_than_papers_do_and_own_days_turn_inwards() -> None:
    world = committing()
    world.state.in_force[0, levers.JOINT_AWAY_DAYS] = 6.0
    day = c.JOINT_DAY_COMMITMENT * 6 / 12
    assert commitment_after(world) == near(expected(told=day))
    world = committing()
    world.state.in_force[0, levers.CIRCULATED_VISION] = 6.0
    assert commitment_after(world) == near(expected(told=day * 0.46 / 1.21))
    world = committing()
    world.state.in_force[0, levers.OWN_AWAY_DAYS] = 6.0
    lost, follow = c.AWAY_DAY_COMMITMENT * 6 / 12, 0.3 * (1 + c.AWAY_DAY_BINDING * 6 / 12)
    assert commitment_after(world) == near(expected(turned_in=lost, follow=follow))


def test_the_harm_and_the_reason_of_own_away_days_are_switched_off_one_by_one() -> None:
    lost, follow = c.AWAY_DAY_COMMITMENT * 6 / 12, 0.3 * (1 + c.AWAY_DAY_BINDING * 6 / 12)
    world = committing(away_days_harm=False)
    world.state.in_force[0, levers.OWN_AWAY_DAYS] = 6.0
    assert commitment_after(world) == near(expected(follow=follow))
    world = committing(away_days_reason=False)
    world.state.in_force[0, levers.OWN_AWAY_DAYS] = 6.0
    assert commitment_after(world) == near(expected(turned_in=lost))


def test_nobody_is_moved_beyond_the_ceiling_by_words() -> None:
    world = committing()
    world.state.ceiling[0] = 0.4
    world.state.in_force[0, levers.JOINT_AWAY_DAYS] = 24.0
    told, pulled = min(1.0, c.JOINT_DAY_COMMITMENT * 2), BEFORE - PULL * (BEFORE - 0.1)
    room = np.array([0.1, 0.0, 0.0])
    assert commitment_after(world) == near(pulled + told * room + 0.3 * (0.5 - BEFORE))


def test_those_who_left_commit_to_nothing() -> None:
    world = committing()
    world.state.is_present[0] = 0.0
    assert commitment_after(world) == near(BEFORE)


def test_without_contact_trust_returns_to_disposition() -> None:
    world = quiet(2, trust={"decay_rate": 0.1, "disposition": 0.3})
    world.state.contact[0, 1] = world.state.contact[1, 0] = 0.6
    world.state.competence_trust[0, :, 1], world.state.goodwill_trust[0, :, 1] = 0.8, 0.1
    run(world, "forget_partners")
    assert world.state.competence_trust[0, :, 1] == near([0.8 - 0.1 * 0.4 * 0.5] * 3)
    assert world.state.goodwill_trust[0, :, 1] == near([0.1 + 0.1 * 0.4 * 0.2] * 3)


def test_beliefs_learn_from_what_the_others_gave() -> None:
    world = quiet(3, {"decision.rule": "conditional"})
    world.state.delivered[:3, 1] = [0.9, 0.8, 0.4]
    world.state.belief[0, 1] = 0.6
    run(world, "update_beliefs")
    others = (0.8 + 0.4) / 2
    assert world.state.belief[0, 1] == near(0.118 / 20 + 0.415 * others + 0.569 * 0.6)
    world.state.is_present[1], world.state.belief[0, 1] = 0.0, 0.6
    run(world, "update_beliefs")
    assert world.state.belief[0, 1] == near(0.118 / 20 + 0.415 * 0.4 + 0.569 * 0.6)


def test_practice_follows_commitment_slowly_and_only_in_divisive_ways() -> None:
    world = quiet(2, commitment={"adoption": 0.5, "adoption_rate": 0.1})
    world.state.vision_commitment[0] = [0.2, 0.6, 1.0]
    world.state.stated[0], world.state.practised[0] = 0.8, 0.7
    held = LEVERS.index("own_needs_framing")
    world.state.is_held[0, held] = 1.0
    run(world, "change_practice")
    divisive = {"own_away_days", "separate_pre_meetings", "issue_avoidance"}
    followed = 0.7 + 0.1 * (0.8 * (1 - 0.5 * 0.6) - 0.7)
    assert world.state.practised[0] == near([followed if lever in divisive else 0.7 for lever in LEVERS])


@pytest.mark.parametrize(
    ("process", "section", "rate"),
    [("forget_partners", "trust", "decay_rate"), ("change_practice", "commitment", "adoption_rate")],
)
def test_a_rate_of_0_changes_not_one_bit(process: str, section: str, rate: str) -> None:
    world = quiet(3, luck=1.0, **{section: {rate: 0.0}})
    before = copied(world).state
    run(world, process)
    assert not changed(before, world.state)
