"""Process 4, and trust, on cases worked by hand: contact, talk, deeds, joint days, issues, theories."""

from math import log, sqrt, tanh
from typing import Any

import numpy as np
import pytest

from partnersim.model import levers, trust
from tests.places import (
    PROCESSES,
    World,
    changed,
    changed_by,
    copied,
    differing,
    near,
    place,
    quiet,
    run,
    series_of,
)

TALK = ("show_commitment", "hear_talk")
DEEDS = ("show_commitment", "see_deeds")


def plain(n: int = 2, luck: float = 0.0, **sections: Any) -> World:
    """A quiet place where nothing stands between what is shown or done and what is seen."""
    trust = {"usual_cultural_distance": 0.0, "news_asymmetry": 1.0, "deeds": 0.0}
    ways = {"separate_pre_meetings": 0.0, "own_needs_framing": 0.0}
    trust |= sections.pop("trust", {})
    ways |= sections.pop("ways_of_working", {})
    world = quiet(n, trust=trust, ways_of_working=ways, luck=luck, **sections)
    state = world.state
    state.contact[:n, :n], state.goodwill_trust[:n, :, :n] = 0.8, 0.5
    state.vision_commitment[:n], state.deed[:n] = 0.6, 0.7
    return world


def learnt(world: World, *processes: str) -> float:
    """What a's board comes to think of b, from .5."""
    return float(run(world, *processes).state.goodwill_trust[0, 0, 1] - 0.5)


# Conflict and contact -----------------------------------------------------------------------------


def test_conflict_is_unlike_objectives_and_unlike_horizons() -> None:
    world = quiet(
        organisations=[
            {"name": "a", "objectives": {"urgent_care": 0.6, "prevention": 0.4}, "planning_horizon": 12.0},
            {"name": "b", "objectives": {"urgent_care": 1.0}, "planning_horizon": 36.0},
            {"name": "c", "objectives": {"independence": 1.0}, "planning_horizon": 240.0},
        ]
    )
    run(world, "compare_interests")
    alike = 0.6 / sqrt(0.6**2 + 0.4**2)
    conflict = world.state.conflict
    assert conflict[0, 1] == near(0.7 * (1 - alike) + 0.3 * log(3) / log(10))
    assert conflict[1, 0] == conflict[0, 1]
    assert conflict[0, 2] == near(0.7 + 0.3)  # 20 times as long counts as ten times
    assert conflict[1, 2] == near(0.7 + 0.3 * log(240 / 36) / log(10))


@pytest.mark.parametrize(
    ("budget", "occasions", "change"),
    [
        (0.0, 0.0, {}),
        (1.2, 0.6, {}),  # with each of two partners
        (9.0, 1.0, {}),
        (0.0, 3 / 12, {"in_force": 3.0}),
        (0.0, 0.3 * 3 / 4, {"joint": 3.0}),
        (0.0, 0.7, {"convened": 0.7}),
        (0.0, 0.2, {"crisis": 0.4}),
        (1.2, 1.0, {"crisis": 0.9}),
    ],
)
def test_contact_follows_occasions(budget: float, occasions: float, change: dict[str, float]) -> None:
    world = quiet(3, relations={"meeting_budget": budget})
    state = world.state
    state.contact[:3, :3], state.tension[:3, :3], state.in_force[:3] = 0.4, 0.2, 0.0
    for name, value in change.items():
        if name == "in_force":
            state.in_force[:2, levers.JOINT_AWAY_DAYS] = [value, 2 * value]
        else:
            state[name][:2] = value
    run(world, "make_contact")
    assert state.contact[0, 1] == near(0.4 + 0.15 * (occasions * 0.8 - 0.4)) == state.contact[1, 0]


def test_one_who_left_is_met_no_more_and_leaves_more_time_for_the_others() -> None:
    world = quiet(3, relations={"meeting_budget": 0.8})
    state = world.state
    state.contact[:3, :3], state.tension[:3, :3], state.is_present[2] = 0.4, 0.2, 0.0
    run(world, "make_contact")
    assert state.contact[0, 1] == near(0.4 + 0.15 * (0.8 * 0.8 - 0.4))
    assert state.contact[0, 2] == near(0.4 * 0.85)


# Talk and deeds -----------------------------------------------------------------------------------

RATE = 0.15 * 0.8  # at the usual rate and a contact of .8


@pytest.mark.parametrize(
    ("ways", "distance", "shown"),
    [
        ({}, 0.0, 0.6),
        ({"own_needs_framing": 0.5}, 0.0, 0.6 * 0.8),  # looks self-serving,
        ({"own_needs_framing": 0.5}, 1.0, 0.6 * 0.8 * (1 - 0.6 * 0.8)),  # and is understood
        ({}, 0.5, 0.6 * 0.7),
        ({"position_sharing": 4.0}, 0.5, 0.6 * (1 - 0.3 * 0.6)),
        ({"separate_pre_meetings": 0.6}, 0.0, 0.6 * (1 - 0.6 * 0.6 * 0.25)),
    ],
)
def test_goodwill_learns_from_commitment_as_it_is_shown_and_read(
    ways: dict[str, float], distance: float, shown: float
) -> None:
    world = plain(ways_of_working=ways, trust={"usual_cultural_distance": distance})
    assert learnt(world, *TALK) == near(RATE * (shown - 0.5))


def test_who_has_no_contact_hears_nothing() -> None:
    world = plain()
    world.state.contact[:] = 0.0
    assert learnt(world, *TALK, "see_deeds") == 0.0


def test_both_sides_may_have_tried_to_understand_each_other() -> None:
    world = plain(trust={"usual_cultural_distance": 0.5})
    world.state.in_force[:2, levers.POSITION_SHARING] = [2.0, 6.0]
    assert learnt(world, *TALK) == near(RATE * (0.6 * (1 - 0.3 * 6 / 10) - 0.5))


@pytest.mark.parametrize("conflict", [0.0, 0.3, 1.0])
def test_pre_meetings_guard_what_is_shown_more_so_where_interests_conflict(conflict: float) -> None:
    """The interaction is negative: wildschut2003."""
    world = plain(ways_of_working={"separate_pre_meetings": 0.6})
    world.state.conflict[:2, :2] = conflict
    hidden = 0.6 * 0.6 * (0.25 + 0.75 * conflict)
    assert learnt(world, *TALK) == near(RATE * (0.6 * (1 - hidden) - 0.5))


@pytest.mark.parametrize("trust", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_bad_news_weighs_more_where_there_is_no_settled_view(trust: float) -> None:
    world = quiet()
    more = 1 + 2 * 4 * trust * (1 - trust)
    assert take_in(trust, 1.0, 0.1, 0.0, 3.0) == near(trust + 0.1 * (1 - trust))
    assert take_in(trust, 0.0, 0.1, 0.0, 3.0) == near(trust - 0.1 * trust * more)
    assert take_in(trust, 0.0, 1.0, 0.0, 3.0) == 0.0 or more == 1.0  # and no further
    world.p.trust.news_asymmetry = 3.0
    world.state.competence_trust[:3, :, :3], world.state.contact[:3, :3] = trust, 0.8
    world.state.joint[:3, :3], world.state.joint_going[:3, :3], world.state.deed[:3] = 2.0, 0.0, 0.0
    run(world, "judge_partners")
    assert world.state.competence_trust[0, :, 1] == near([trust * (1 - RATE * more)] * 3)


def take_in(*arguments: float) -> float:
    return float(trust.take_in(*arguments))


def test_good_news_counts_less_where_an_agreement_forces_the_conduct() -> None:
    assert take_in(0.5, 0.9, 0.1, 0.5, 2.0) == near(0.5 + 0.04 * (1 - 0.6 * 0.5))
    assert take_in(0.5, 0.1, 0.1, 0.5, 1.0) == near(0.5 - 0.04)  # bad news in full
    bound, free = plain(ways_of_working={"binding_agreement": 0.5}), plain()
    assert learnt(bound, *TALK) == near(0.7 * learnt(free, *TALK))


def test_an_agreement_that_is_withdrawn_takes_goodwill_with_it_once() -> None:
    ended = {"lever": "binding_agreement", "value": 0.6, "to_month": 2, "organisations": ["a", "b"]}
    world = quiet(3, interventions=[ended], ways_of_working={"binding_agreement": 0.1})
    state = world.state
    for month, lost in ((1, 0.0), (2, 0.5), (3, 0.0)):
        state.month[0] = month
        run(world, "set_levers")
        assert state.withdrawn[0, 1] == near(lost) and state.withdrawn[0, 2] == 0.0
        assert state.agreement[0, :3] == near([0.6, 0.6, 0.1] if month == 1 else [0.1] * 3)
        before = copied(world).state
        run(world, "miss_agreements")
        kept = before.goodwill_trust[0, :, 1] * (1 - 0.5 * lost)
        assert state.goodwill_trust[0, :, 1] == near(kept)
        assert changed(before, state) == ({"goodwill_trust"} if lost else set())


@pytest.mark.parametrize("deeds", [0.0, 0.3, 1.0])
def test_talk_and_deeds_share_the_weight(deeds: float) -> None:
    trust = {"deeds": deeds}
    assert learnt(plain(trust=trust), *TALK) == near(RATE * (1 - deeds) * (0.6 - 0.5))
    assert learnt(plain(trust=trust), *DEEDS) == near(RATE * deeds * (0.7 - 0.5))


def test_deeds_are_misread_by_distance_and_are_never_guarded() -> None:
    trust = {"deeds": 1.0, "usual_cultural_distance": 0.5}
    world = plain(trust=trust, ways_of_working={"separate_pre_meetings": 1.0})
    world.state.conflict[:] = 1.0
    assert learnt(world, *DEEDS) == near(RATE * (0.7 * 0.7 - 0.5))


def test_joint_days_show_commitment_and_deeds_as_they_are() -> None:
    hidden = {"separate_pre_meetings": 1.0, "own_needs_framing": 1.0}
    world = plain(3, trust={"deeds": 0.4, "usual_cultural_distance": 1.0}, ways_of_working=hidden)
    world.state.in_force[:3, levers.JOINT_AWAY_DAYS] = [4.0, 6.0, 0.0]
    run(world, "show_commitment")
    assert changed_by(world, "spend_joint_days") == {"goodwill_trust"}
    step = 0.067 * 4 / 12 * (0.6 * 0.6 + 0.4 * 0.7 - 0.5)
    assert world.state.goodwill_trust[0, 0, 1] == near(0.5 + step)
    assert world.state.goodwill_trust[0, 0, 2] == 0.5


def test_noise_in_reading_is_bounded() -> None:
    world = plain(luck=1.0, trust={"rate": 1.0})
    world.state.contact[:2, :2], world.state.vision_commitment[:2] = 1.0, 0.5
    seen = []
    for month in range(60):
        world.state.month[0], world.state.goodwill_trust[:2, :, :2] = month, 0.5
        seen.append(learnt(world, *TALK))
    assert 0.13 < np.abs(seen).max() <= 0.15 and len(set(seen)) == 60


# Joint work ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("contact", [0.0, 0.4, 1.0])
def test_competence_is_judged_by_how_joint_work_goes_and_as_far_as_one_sees_it_by_deeds(
    contact: float,
) -> None:
    world = plain(3)
    state = world.state
    state.contact[:3, :3], state.competence_trust[:3, :, :3] = contact, 0.5
    state.joint[:3, :3], state.joint_going[:3, :3] = 0.0, 0.3
    state.joint[0, 1], state.deed[1] = 2.0, [0.2, 0.7, 1.0]
    before = copied(world).state
    run(world, "judge_partners")
    seen = (1 - contact / 2) * 0.3 + contact / 2 * np.array([0.2, 0.7, 1.0])
    assert state.competence_trust[0, :, 1] == near(0.5 + 0.15 * contact * (seen - 0.5))
    state.competence_trust[0, :, 1] = 0.5
    assert not changed(before, state)  # nobody else works with anybody


def test_without_contact_trust_returns_to_disposition() -> None:
    world = quiet(2, trust={"disposition": 0.3})
    state = world.state
    state.contact[:2, :2] = 0.6
    state.competence_trust[0, :, 1], state.goodwill_trust[0, :, 1] = 0.8, 0.1
    run(world, "forget_partners")
    assert state.competence_trust[0, :, 1] == near([0.8 - 0.004 * 0.5] * 3)
    assert state.goodwill_trust[0, :, 1] == near([0.1 + 0.004 * 0.2] * 3)
    assert not state.goodwill_trust[0, :, 0].any()


@pytest.mark.parametrize(("competence", "goodwill"), [(0.3, 0.8), (1.0, 1.0), (0.0, 0.6), (0.6, 0.0)])
def test_trust_is_the_geometric_mean_and_an_agreement_covers_half_of_what_is_missing(
    competence: float, goodwill: float
) -> None:
    own = "organisations.{}.ways_of_working.binding_agreement"
    world = quiet(3, {own.format("a"): 0.5, own.format("b"): 0.8})
    world.state.competence_trust[:3, :, :3] = competence
    world.state.goodwill_trust[:3, :, :3] = goodwill
    run(world, "assess_trust")
    alone = sqrt(competence * goodwill)
    covered = alone + 0.5 * 0.5 * (1 - alone)  # of the less bound
    for i, j, expected in ((0, 1, covered), (1, 0, covered), (0, 2, alone)):
        assert world.state.trust[i, :, j] == near([expected] * 3)


# Theories of others -------------------------------------------------------------------------------


def believing(theory: str) -> World:
    world = quiet(2, trust={"theory": theory, "disposition": 0.2})
    state = world.state
    state.competence_trust[:2, :, :2], state.goodwill_trust[:2, :, :2] = 0.4, 0.9
    state.damage[:2, :, :2], state.contact[:2, :2], state.joint[:2, :2] = 0.25, 0.8, 1.0
    state.usual_share[0], state.delivered[1] = 0.5, [0.9, 0.1, 0.5]
    world.p.organisations.interdependence[:2] = 0.6
    return world


def test_two_layers_are_the_published_equations() -> None:
    """pant2025 (arXiv 2510.24909): a period of theirs is three months, and changes a third of one."""
    world = believing("two-layer")
    state = world.state
    run(world, "follow_theory")
    up, down, T, R = tanh(0.8 * 0.4), tanh(0.8 * 0.4), 0.6, 0.25
    expected = [T + 0.1 * up * (1 - R - T) / 3, T - 0.3 * down * T * (1 + 0.5 * 0.6) / 3, T]
    damage = [R - 0.03 * R / 3, R + 0.6 * down * (1 - R) / 3, R]
    for kind in (state.competence_trust, state.goodwill_trust):
        assert kind[0, :, 1] == near(expected)
    assert state.damage[0, :, 1] == near(damage)
    state.competence_trust[0, 0, 1] = state.goodwill_trust[0, 0, 1] = 0.9  # above its ceiling
    run(world, "follow_theory")
    assert state.goodwill_trust[0, 0, 1] == near(0.9)


def test_loyalty_is_the_published_equation() -> None:
    """klos2001: d + (1 - d)(1 - 1/(f x + 1 - f)) after x periods together, from the second on."""
    world = believing("loyalty")
    state = world.state
    for months in range(1, 40):
        run(world, "follow_theory")
        x = max(months / 3, 1.0)
        expected = 0.2 + 0.8 * (1 - 1 / (0.5 * x + 0.5))
        assert state.competence_trust[0, :, 1] == near([expected] * 3)
        assert state.goodwill_trust[1, :, 0] == near([expected] * 3)
    state.joint[:2, :2] = 0.0
    run(world, "follow_theory")
    assert state.together[0, :, 1] == near([39.0] * 3)
    assert trust.loyal_trust(0.3, 1.0) == 0.3
    assert trust.loyal_trust(0.3, 1.2) == near(0.3 + 0.7 * (1 - 1 / 1.1))


@pytest.mark.parametrize("theory", ["two-layer", "loyalty"])
def test_with_another_theory_nothing_else_teaches_trust(theory: str) -> None:
    world = believing(theory)
    world.state.in_force[:2, levers.JOINT_AWAY_DAYS] = 9.0
    assert not changed_by(world, "hear_talk", "see_deeds", "spend_joint_days", "judge_partners")
    ours = believing("deeds")
    assert not changed_by(ours, "follow_theory")


# Issues -------------------------------------------------------------------------------------------


def tense(n: int = 2, luck: float = 0.0, **sections: object) -> World:
    world = quiet(n, relations={"issue_rate": 0.2, "flare_loss": 0.1}, luck=luck, **sections)
    state = world.state
    state.tension[:n, :n], state.conflict[:n, :n], state.together[:n, :, :n] = 0.4, 0.6, 10.0
    state.goodwill_trust[0, :, 1], state.goodwill_trust[1, :, 0] = [0.2, 0.4, 0.6], [0.7, 0.5, 0.6]
    state.in_force[:2, levers.ISSUE_AVOIDANCE] = [0.2, 0.6]
    return world


@pytest.mark.parametrize(
    ("switches", "helped", "piling", "spared"),
    [
        ({}, [0.0, 0.0], 1.0, 0.6),
        ({"avoidance_harm": False}, [0.0, 0.0], 0.6, 0.6),
        ({"avoidance_reason": False}, [0.0, 0.0], 1.0, 1.0),
        ({}, [0.9, 0.3], 1.0, 0.6),
    ],
)
def test_issues_arise_surface_and_are_worked_through_or_flare(
    switches: dict[str, bool], helped: list[float], piling: float, spared: float
) -> None:
    world = tense(mechanisms=switches)
    state = world.state
    state.helped[:2] = helped
    before = copied(world).state
    run(world, "raise_issues")
    tension = 0.4 + 0.2 * 0.6 * piling * 0.6
    raised, heated = 0.5 * tension * 0.6, 0.5 * tension * spared
    worked = 0.3 + 0.7 * 0.5  # mean goodwill is .5
    worked += (1 - worked) * 0.6 * np.mean(helped)
    flared = heated * (1 - worked)
    tension *= (1 - 0.6 * raised * worked) * (1 - 0.2 * flared)
    assert state.tension[0, 1] == near(tension) and state.tension[1, 0] == state.tension[0, 1]
    for i, j in ((0, 1), (1, 0)):
        kept = before.goodwill_trust[i, :, j] * (1 - 0.1 * flared)
        assert state.goodwill_trust[i, :, j] == near(kept)
    assert changed(before, state) == {"tension", "goodwill_trust"}


@pytest.mark.parametrize(("flare_loss", "lost"), [(0.1, 0.4), (0.3, 1.0)])
def test_what_is_never_raised_breaks_out_the_likelier_the_more_there_is(
    flare_loss: float, lost: float
) -> None:
    world = tense()
    world.p.relations.flare_loss = flare_loss
    before = copied(world).state
    run(world, "let_issues_break_out")
    ruptured = 0.06 * 0.4**2
    assert world.state.tension[1, 0] == near(0.4 * (1 - 0.5 * ruptured))
    for i, j in ((0, 1), (1, 0)):
        kept = before.goodwill_trust[i, :, j] * (1 - lost * ruptured)
        assert world.state.goodwill_trust[i, :, j] == near(kept)
        assert world.state.together[i, :, j] == near([10.0 * (1 - ruptured)] * 3)
    assert changed(before, world.state) == {"tension", "goodwill_trust", "together"}


@pytest.mark.parametrize("process", ["raise_issues", "let_issues_break_out"])
def test_a_pair_has_luck_of_its_own(process: str) -> None:
    """It goes by who both are: one in common, or the other way round, is another pair's or the same."""
    happened = []
    for label in ([0, 1, 2, 3], [1, 0, 2, 3], [0, 2, 1, 3], [3, 1, 2, 0]):
        world = tense(4, luck=1.0)
        state = world.state
        world.p.label[:4] = label
        state.in_force[:4, levers.ISSUE_AVOIDANCE] = 0.0
        pairs: dict[frozenset[int], list[bool]] = {}
        for month in range(300):
            state.month[0], state.tension[:4, :4], state.conflict[:4, :4] = month, 1.0, 0.0
            run(world, process)
            for i in range(4):
                for j in range(i):
                    event = state.tension[i, j] < 1.0
                    pairs.setdefault(frozenset((label[i], label[j])), []).append(bool(event))
        happened.append(pairs)
    assert happened[0] == happened[1] == happened[2] == happened[3]
    assert len({tuple(events) for events in happened[0].values()}) == 6
    assert all(any(events) for events in happened[0].values())


def test_nothing_happens_between_members_and_those_who_left() -> None:
    world = tense(ways_of_working={"joint_away_days": 3.0})
    world.state.is_present[1], world.state.joint[:2, :2] = 0.0, 1.0
    before = copied(world).state
    talk = "show_commitment hear_talk see_deeds spend_joint_days raise_issues let_issues_break_out"
    run(world, *talk.split(), "judge_partners")
    for theory in (1, 2):
        world.p.trust.theory = theory
        run(world, "follow_theory")
    assert changed(before, world.state) <= {"displayed", "misread", "guarded"}


def test_frozen_trust_is_written_by_nothing() -> None:
    frozen = {"mechanisms.trust_frozen": True, "starting.trust": 0.6}
    for month, changes in ((0, frozen), (-5, frozen), (3, {"mechanisms.trust_frozen": True})):
        world = quiet(3, changes, coordinators=[{"name": "Ana", "host": "a", "impartiality": 0.5}])
        world.state.month[0] = month
        before = copied(world).state
        run(world, *PROCESSES)
        assert not changed(before, world.state) & {"competence_trust", "goodwill_trust"}
    world.state.month[0] = -5  # where no start is stated the place first comes to rest
    run(world, "forget_partners")
    assert {"competence_trust", "goodwill_trust"} <= changed(before, world.state)


# Doing nothing ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ways", "switches"),
    [
        ({"separate_pre_meetings": 0.0}, ["pre_meetings_harm", "pre_meetings_reason"]),
        ({"own_needs_framing": 0.0}, ["framing_harm", "framing_reason"]),
        ({"issue_avoidance": 0.0}, ["avoidance_harm", "avoidance_reason"]),
        ({"own_away_days": 0.0}, ["away_days_harm", "away_days_reason"]),
        ({"delegated_authority": 1.0}, ["referral_harm"]),
        ({"delegated_authority": 0.0}, ["referral_reason"]),
        ({"partnership_managed_teams": 1.0}, ["separate_teams_handoffs", "separate_teams_promises"]),
        ({"binding_agreement": 0.0}, ["framework"]),
    ],
)
def test_a_way_of_working_that_nobody_has_does_neither_harm_nor_good(
    ways: dict[str, float], switches: list[str]
) -> None:
    usual = place(3, ways_of_working=ways, months=18)
    without = usual.replace({f"mechanisms.{switch}": False for switch in switches})
    assert not differing(series_of(usual), series_of(without))
