"""Processes 1 and 2 on cases worked by hand: pressure, deadlines, levers, events, who leaves."""

from math import sqrt

import numpy as np
import pytest

from partnersim.model import constants as c
from partnersim.model import levers
from partnersim.model.trust import effective_trust
from partnersim.scenario.declarations import LEVERS
from tests.places import World, begin, changed, copied, near, place, quiet, run

DOMAINS = ["urgent_care", "long_term_conditions", "prevention", "independence"]


def cosine(a: object, b: object) -> float:
    a, b = np.asarray(a), np.asarray(b)
    return float(np.sum(a * b) / np.sqrt(np.sum(a * a)) / np.sqrt(np.sum(b * b)))


def at_month(world: World, month: int) -> World:
    world.state.month[0] = month
    return world


def with_event(n: int = 3, month: int = 5, **event: object) -> World:
    """A quiet place in the month of an event."""
    world = quiet(n, events=[{"month": month, **event}])
    return at_month(world, month)


def with_organisation(**attributes: object) -> World:
    """A quiet place in which a is different from b and c."""
    return quiet(organisations=[{"name": "a", **attributes}, {"name": "b"}, {"name": "c"}])


# Deadlines ----------------------------------------------------------------------------------------


def test_a_deadline_pulls_attention_by_the_square_of_its_nearness() -> None:
    world = with_organisation(
        objectives={"urgent_care": 0.5, "prevention": 0.5},
        targets=[{"domain": "prevention", "weight": 0.4, "cycle_months": 12, "phase_months": 3}],
    )
    run(at_month(world, 18), "near_deadlines")  # 18 + 3 months: 9 of the second cycle gone
    pull = 0.4 * (9 / 12) ** 2
    attention = np.array([0.5, 0.0, 0.5 + pull, 0.0]) / (1.0 + pull)
    assert world.state.deadline[:3] == near([pull, 0.0, 0.0])
    assert world.state.objectives[0, :4] == near(attention)
    assert world.state.objectives[1, :4] == near([0.25] * 4)
    vision = np.array([0.5 + 0.5, 0.5, 0.5 + 0.5, 0.5]) / 3.0
    assert world.state.vision[:4] == near(vision)
    assert world.state.ceiling[0] == near(cosine(attention, vision))


def test_national_targets_share_the_national_calendar() -> None:
    target = {"domain": "prevention", "origin": "national", "weight": 1.0, "cycle_months": 10}
    world = quiet(
        organisations=[{"name": name, "targets": [target]} for name in "ab"],
        pressure={"national_phase_months": 4},
    )
    run(at_month(world, 1), "near_deadlines")
    assert world.state.deadline[:2] == near([0.25, 0.25])


def test_a_national_target_that_lands_pulls_all_while_it_lasts() -> None:
    world = with_event(type="national_target_lands", domain="independence", size=0.8, months=4, month=5)
    for month, nearness in ((4, 0.0), (5, 0.25), (7, 0.75), (8, 1.0), (9, 0.0)):
        run(at_month(world, month), "near_deadlines")
        pull = 0.8 * nearness**2
        assert world.state.deadline[:3] == near([pull] * 3)
        assert world.state.objectives[2, 3] == near((0.25 + pull) / (1.0 + pull))


# Pressure and means -------------------------------------------------------------------------------


def test_pressure_is_the_sum_of_what_presses_less_what_relieves() -> None:
    world = quiet(pressure={"deadline": 0.3, "load": 0.2, "relief": 0.5})
    state = world.state
    state.base_pressure[:3] = 0.3
    state.deadline[0] = 0.5
    state.contribution[:3] = [[0.2, 0.4, 0.9], [0.0] * 3, [1.0] * 3]
    state.objectives[:3, :4] = [[0.7, 0.3, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.25] * 4]
    state.embedded[:4] = [0.1, 0.2, 0.8, -0.4]
    state.capacity[0] = 0.9 * state.base_capacity[0]
    state.shock[:3] = [0.02, -0.05, 0.9]
    state.national_shock[0] = 0.03
    run(world, "feel_pressure")
    a = 0.3 + 0.3 * 0.5 + 0.2 * 0.5 - 0.5 * (0.7 * 0.1 + 0.3 * 0.2) + 0.1 * 0.3 + 0.02 + 0.03
    b = 0.0  # 0.3 - 0.5 * 0.8 - 0.05 + 0.03 is less than none
    assert state.target_pressure[:3] == near([a, b, 1.0])


def test_a_funding_cut_takes_capacity_and_presses_while_it_lasts() -> None:
    world = quiet(
        events=[
            {"type": "funding_cut", "month": 3, "months": 2, "size": 0.2, "organisation": "b"},
            {"type": "funding_cut", "month": 4, "months": 9, "size": 0.5},
        ]
    )
    before = world.state.target_pressure[:3].copy()
    expected = {2: (1, 1, 1), 3: (1, 0.8, 1), 4: (0.5, 0.4, 0.5), 5: (0.5, 0.5, 0.5), 13: (1, 1, 1)}
    for month, capacity in expected.items():
        run(at_month(world, month), "set_capacity", "feel_pressure")
        assert world.state.capacity[:3] == near(capacity)
        cut = 1.0 - np.array(capacity)
        assert world.state.target_pressure[:3] == near(before + c.TARGET_PRESSURE_OF_CUT * cut)


def test_shocks_fade_by_their_persistence_without_luck() -> None:
    world = quiet(pressure={"shock_persistence": 0.7})
    world.state.shock[:3], world.state.national_shock[0] = [0.1, -0.2, 0.0], 0.3
    run(world, "draw_shocks", "draw_shocks")
    assert world.state.shock[:3] == near([0.049, -0.098, 0.0])
    assert world.state.national_shock[0] == near(0.147)


# Levers -------------------------------------------------------------------------------------------


def test_an_intervention_holds_a_lever_for_its_members_and_months_and_the_last_one_counts() -> None:
    world = quiet(
        interventions=[
            {"lever": "issue_avoidance", "value": 0.1, "from_month": 2, "to_month": 4},
            {
                "lever": "issue_avoidance",
                "value": 0.9,
                "from_month": 3,
                "to_month": 5,
                "organisations": ["b"],
            },
        ]
    )
    usual = world.state.practised[0, levers.ISSUE_AVOIDANCE]
    story = {1: (usual,) * 3, 2: (0.1,) * 3, 3: (0.1, 0.9, 0.1), 4: (usual, 0.9, usual)}
    for month, expected in (story | {5: (usual,) * 3}).items():
        run(at_month(world, month), "set_levers")
        assert world.state.in_force[:3, levers.ISSUE_AVOIDANCE] == near(expected)
        held = [float(value != usual) for value in expected]
        assert world.state.is_held[:3, levers.ISSUE_AVOIDANCE] == near(held)


def test_a_held_lever_goes_on_where_it_was_when_the_intervention_ends() -> None:
    held = {"lever": "own_needs_framing", "value": 0.0, "from_month": 6, "to_month": 12}
    world = begin(place(2, luck=0.0, commitment={"adoption_rate": 0.2}, interventions=[held]), 6)
    free = begin(place(2, luck=0.0, commitment={"adoption_rate": 0.2}), 6)
    assert not changed(world.state, free.state)
    lever = world.state.practised[0, levers.OWN_NEEDS_FRAMING]
    assert lever < 0.5  # committed people had begun to drop it
    later = begin(place(2, luck=0.0, commitment={"adoption_rate": 0.2}, interventions=[held]), 12)
    assert later.state.in_force[0, levers.OWN_NEEDS_FRAMING] == 0.0
    assert later.state.practised[0, levers.OWN_NEEDS_FRAMING] == lever
    run(later, "set_levers")
    assert later.state.in_force[0, levers.OWN_NEEDS_FRAMING] == lever
    run(later, "change_practice")
    assert later.state.practised[0, levers.OWN_NEEDS_FRAMING] != lever


def test_an_intervention_that_sets_what_is_practised_anyway_changes_nothing() -> None:
    steady = {"adoption_rate": 0.0}
    held = [{"lever": lever, "value": 0.5} for lever in ("issue_avoidance", "own_needs_framing")]
    one = begin(place(2, commitment=steady, interventions=held), 8)
    other = begin(place(2, commitment=steady), 8)
    assert changed(one.state, other.state) == {"is_held"}


def test_teams_that_move_over_are_in_transition_and_those_that_move_back_are_not() -> None:
    lever = {"lever": "partnership_managed_teams"}
    world = quiet(
        changes={"ways_of_working.partnership_managed_teams": 0.1},
        interventions=[
            {**lever, "value": 0.5, "from_month": 2, "to_month": 4},
            {**lever, "value": 1.0, "from_month": 3, "to_month": 4, "organisations": ["c"]},
        ],
    )
    fade = 1.0 - 1.0 / c.TRANSITION_MONTHS
    story = {1: (0, 0), 2: (0.4, 0.4), 3: (0.4 * fade, 0.4 * fade + 0.5)}
    story[4] = (story[3][0] * fade, story[3][1] * fade)
    for month, (a, third) in story.items():
        run(at_month(world, month), "set_levers")
        assert world.state.transition[:3] == near([a, a, third])


def test_a_place_that_starts_with_partnership_managed_teams_has_no_transition() -> None:
    held = {"lever": "partnership_managed_teams", "value": 1.0}
    assert not begin(place(2, interventions=[held]), 2).state.transition.any()


def test_time_goes_into_meetings_away_days_papers_and_contacts() -> None:
    world = quiet(4, relations={"meeting_budget": 3.0})
    lever = world.state.in_force[0]
    lever[:] = 0.0
    lever[levers.OWN_AWAY_DAYS], lever[levers.JOINT_AWAY_DAYS], lever[levers.POSITION_SHARING] = (
        2.0,
        3.0,
        1.0,
    )
    (lever[levers.CIRCULATED_VISION], lever[levers.SEPARATE_PRE_MEETINGS], lever[levers.CROSS_LINKS]) = (
        6.0,
        0.4,
        3.0,
    )
    world.state.in_force[1:4] = 0.0
    world.state.in_force[1:4, levers.CROSS_LINKS] = 1.0
    world.state.is_present[3] = 0.0
    world.state.capacity[0] = 0.5
    run(world, "spend_time")
    meetings = 3 * (c.MEETING_DAYS + 0.4 * c.PRE_MEETING_DAYS)
    days = c.DELEGATION * (2 + 3 + 1) / 12
    papers, links = 6 / 12 * c.DOCUMENT_DAYS, c.LINK_DAYS * 3 * (3 - 1) * 2
    a, b = meetings + days + papers + links, 3 * c.MEETING_DAYS
    assert world.state.meeting_share[:4] == near(
        [a / (c.FREE_DAYS * 0.5), b / c.FREE_DAYS, b / c.FREE_DAYS, 0.0]
    )
    assert world.state.staff_days[0] == near(a + 2 * b)


def test_meetings_can_not_take_all_time() -> None:
    world = quiet(relations={"meeting_budget": 20.0})
    world.state.capacity[0] = 0.1
    run(world, "spend_time")
    assert world.state.meeting_share[0] == c.MOST_MEETING_SHARE


# Events, turnover ---------------------------------------------------------------------------------


def expected_loss(before: np.ndarray, towards: float, part: float) -> np.ndarray:
    return before + part * (towards - before)


@pytest.mark.parametrize("kind", ["competence_trust", "goodwill_trust"])
def test_when_a_leader_leaves_trust_in_and_from_the_layer_falls_back(kind: str) -> None:
    world = with_event(type="leader_leaves", organisation="b", layer="management", size=0.8)
    world.p.trust.turnover_loss, world.p.trust.disposition = 0.5, 0.2
    world.state.in_force[0, levers.CROSS_LINKS] = 2.0
    world.state[kind][:3, :, :3] = np.random.default_rng(1).random((3, 3, 3))
    before = world.state[kind].copy()
    run(world, "let_events_happen")
    expected = before.copy()
    others = [0, 2]
    expected[1, 1, others] = expected_loss(before[1, 1, others], 0.2, 0.4)  # what b's think
    expected[0, 1, 1] = expected_loss(before[0, 1, 1], 0.2, 0.4 / 2)  # a has a second contact
    expected[2, 1, 1] = expected_loss(before[2, 1, 1], 0.2, 0.4)
    assert world.state[kind][:3, :, :3] == near(expected[:3, :, :3])


def test_when_a_leader_leaves_commitment_and_coordinators_standing_fall_back_too() -> None:
    world = quiet(
        events=[{"type": "leader_leaves", "organisation": "b", "layer": "front_line", "month": 0}],
        coordinators=[{"name": "Ana"}],
        trust={"turnover_loss": 0.5},
        commitment={"alone": 0.2},
    )
    world.state.vision_commitment[:3] = 0.6
    world.state.credibility[0, :3] = 0.3
    ceiling = world.state.ceiling[1]
    run(world, "let_events_happen")
    expected = np.full((3, 3), 0.6)
    expected[1, 2] = 0.6 + 0.5 * (0.2 * ceiling - 0.6)
    assert world.state.vision_commitment[:3] == near(expected)
    assert world.state.credibility[0, :3] == near([0.3, 0.3 * (1 - 0.5 / 3), 0.3])


def test_a_reorganisation_is_a_loss_in_every_layer() -> None:
    world = with_event(type="reorganisation", organisation="a", size=0.5)
    world.p.trust.turnover_loss, world.p.trust.disposition = 0.4, 0.1
    world.state.goodwill_trust[:3, :, :3] = 0.7
    world.state.in_force[:3, levers.CROSS_LINKS] = 1.0
    run(world, "let_events_happen")
    lost = 0.7 + 0.2 * (0.1 - 0.7)
    expected = np.full((3, 3, 3), 0.7)
    expected[0, :, 1:] = expected[1:, :, 0] = lost
    for i in range(3):
        for j in range(3):
            if i != j:
                assert world.state.goodwill_trust[i, :, j] == near(expected[i, :, j])


def test_a_reorganisation_of_all_concerns_every_organisation() -> None:
    world = with_event(type="reorganisation", size=1.0)
    world.p.trust.turnover_loss = 1.0
    run(world, "let_events_happen")
    between = ~np.eye(3, dtype=bool)
    assert world.state.goodwill_trust[:3, 0, :3][between] == near(world.p.trust.disposition)


def test_a_common_crisis_raises_commitment_and_shifts_divisive_ways_for_good() -> None:
    world = with_event(type="common_crisis", size=0.6, months=2)
    world.state.vision_commitment[:3] = 0.4
    world.state.vision_commitment[0, 0] = 1.0  # above what the vision holds for it
    world.state.ceiling[:3] = 0.9
    stated, practised = world.state.stated.copy(), world.state.practised.copy() * 0.8
    world.state.practised[:] = practised
    run(world, "set_capacity", "let_events_happen")
    assert world.state.crisis[0] == 0.6
    risen = 0.4 + c.CRISIS_COMMITMENT * 0.6 * 0.5
    assert world.state.vision_commitment[1] == near([risen] * 3)
    assert world.state.vision_commitment[0] == near([1.0, risen, risen])
    divisive = {"own_away_days", "separate_pre_meetings", "own_needs_framing", "issue_avoidance"}
    shift = [1 - c.CRISIS_SHIFT * 0.6 if lever in divisive else 1.0 for lever in LEVERS]
    assert world.state.stated[:3] == near(stated[:3] * shift)
    assert world.state.practised[:3] == near(practised[:3] * shift)
    run(at_month(world, 7), "set_capacity")
    assert world.state.crisis[0] == 0.0


def test_a_newcomer_meets_strangers() -> None:
    world = with_event(type="organisation_joins", organisation="c")
    state = world.state
    assert state.is_present[:3] == near([1, 1, 0])
    state.contact[:3, :3], state.tension[:3, :3] = 0.5, 0.4
    state.goodwill_trust[:3, :, :3] = state.competence_trust[:3, :, :3] = 0.9
    state.vision_commitment[:3] = 0.8
    before = copied(world).state
    run(world, "let_events_happen")
    assert state.is_present[:3] == near([1, 1, 1])
    assert state.vision_commitment[2] == near([world.p.commitment.alone * state.ceiling[2]] * 3)
    for kind in (state.competence_trust, state.goodwill_trust):
        assert kind[2, :, :2] == near(world.p.trust.disposition)
        assert kind[:2, :, 2] == near(world.p.trust.disposition)
        assert kind[0, :, 1] == near(0.9)
    assert state.contact[2, :2] == near([0, 0]) and state.contact[0, 1] == 0.5
    assert state.tension[:2, 2] == near([0, 0]) and state.tension[0, 1] == 0.4
    assert changed(before, state) == {
        "is_present",
        "vision_commitment",
        "competence_trust",
        "goodwill_trust",
        "contact",
        "tension",
    }


def test_one_that_withdraws_is_gone_and_gives_nothing() -> None:
    world = with_event(type="organisation_withdraws", organisation="a")
    before = copied(world).state
    run(world, "let_events_happen")
    assert changed(before, world.state) == {"is_present"}
    assert world.state.is_present[:3] == near([0, 1, 1])
    run(world, "weigh_initiatives", "decide_contributions", "deliver_promises")
    assert not world.state.contribution[0].any() and not world.state.delivered[0].any()
    assert world.state.contribution[1].all()


def test_events_happen_in_their_month_only() -> None:
    kinds = ("leader_leaves", "reorganisation", "common_crisis", "organisation_withdraws")
    world = quiet(events=[{"type": kind, "month": 5, "organisation": "a"} for kind in kinds])
    for month in (4, 6):
        before = copied(world).state
        run(at_month(world, month), "let_events_happen")
        assert changed(before, world.state) <= {"month"}


@pytest.mark.parametrize(
    "event",
    [
        {"type": "leader_leaves", "organisation": "a"},
        {"type": "reorganisation"},
        {"type": "funding_cut"},
        {"type": "common_crisis"},
        {"type": "national_target_lands", "domain": "prevention"},
    ],
    ids=lambda event: event["type"],
)
def test_an_event_of_size_0_changes_not_one_bit(event: dict[str, object]) -> None:
    with_it = begin(place(3, events=[{**event, "month": 2, "size": 0.0}]), 5)
    without = begin(place(3), 5)
    assert not changed(with_it.state, without.state)


def test_turnover_is_a_leader_leaving_with_the_chance_of_the_layer() -> None:
    world = quiet(2, turnover={"board_rate": 0.0, "management_rate": 0.1, "front_line_rate": 1.0})
    world.p.trust.turnover_loss, world.p.trust.disposition = 0.5, 0.3
    world.state.in_force[:2, levers.CROSS_LINKS] = 1.0
    world.state.goodwill_trust[:2, :, :2] = 0.8
    run(world, "change_leaders")
    for part, layer in ((0.0, 0), (0.05, 1), (0.5, 2)):
        once = 0.8 + part * (0.3 - 0.8)
        twice = once + part * (0.3 - once)  # the leaders of both may leave
        assert world.state.goodwill_trust[0, layer, 1] == near(twice)


def test_certain_turnover_happens_with_luck_too_and_none_never() -> None:
    rates = {f"{layer}_rate": 1.0 for layer in ("board", "management", "front_line")}
    world = begin(place(2, turnover=rates, trust={"turnover_loss": 1.0}))
    run(world, "change_leaders")
    assert world.state.competence_trust[0, :, 1] == near(world.p.trust.disposition)
    none = begin(place(2, turnover={name: 0.0 for name in rates}))
    before = copied(none).state
    run(none, "change_leaders")
    assert not changed(before, none.state)


# Withdrawal and collapse --------------------------------------------------------------------------


def low_place(**floors: float) -> World:
    floors = {"trust_floor": 1.0, "stake_floor": 1.0, "withdrawal_rate": 0.25} | floors
    world = at_month(quiet(4, turnover=floors), 1)
    world.state.trust[:4, :, :4] = 0.3
    world.state.stake[:4] = [0.1, 0.9, 0.9, 0.9]
    return world


def test_after_a_year_under_both_floors_one_may_leave() -> None:
    world = low_place(trust_floor=0.31, stake_floor=0.2)
    for calls in range(1, 16):
        assert world.state.is_present[0] == 1.0
        run(world, "withdraw_members")
        assert world.state.months_low[:4] == near([calls, 0, 0, 0])
    assert world.state.is_present[:4] == near([0, 1, 1, 1])  # months 12 to 15: 4 x 0.25
    assert world.state.has_collapsed[0] == 0


@pytest.mark.parametrize("floors", [{"trust_floor": 0.29}, {"stake_floor": 0.1}])
def test_one_floor_kept_is_enough_to_stay(floors: dict[str, float]) -> None:
    world = low_place(**floors)
    for _ in range(20):
        run(world, "withdraw_members")
    assert world.state.is_present[0] == 1.0 and world.state.months_low[0] == 0.0


def test_a_good_month_starts_the_year_anew_and_the_first_month_does_not_count() -> None:
    world = low_place()
    run(at_month(world, 0), "withdraw_members")
    assert world.state.months_low[0] == 0.0
    run(at_month(world, 3), "withdraw_members")
    assert world.state.months_low[0] == 1.0
    world.state.stake[0] = 2.0
    run(world, "withdraw_members")
    assert world.state.months_low[0] == 0.0


def test_who_leaves_in_a_month_does_not_depend_on_the_order_of_organisations() -> None:
    world = low_place(trust_floor=0.5, withdrawal_rate=1.0)
    world.state.stake[:4] = 0.0
    world.state.months_low[:4] = 12.0
    world.state.trust[3, :, 0] = 1.0  # d trusts only a; with a gone d's trust would be low
    world.state.trust[3, :, 1:3] = 0.26
    run(world, "withdraw_members")
    assert world.state.is_present[:4] == near([0, 0, 0, 1])


def test_a_newcomer_does_not_bring_low_months_along() -> None:
    world = low_place()
    world.state.is_present[0] = 0.0
    for _ in range(15):
        run(world, "withdraw_members")
    assert world.state.months_low[0] == 0.0


@pytest.mark.parametrize(("members", "has_collapsed"), [(3, 0), (2, 0), (1, 1), (0, 1)])
def test_too_few_left_is_collapse(members: int, has_collapsed: int) -> None:
    world = quiet(4)
    world.state.is_present[members:4] = 0.0
    run(world, "withdraw_members")
    assert world.state.has_collapsed[0] == has_collapsed


# Trust --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize(("competence", "goodwill"), [(0.3, 0.8), (1.0, 1.0), (0.0, 0.6), (0.6, 0.0)])
def test_trust_is_the_weighted_geometric_mean_of_both_kinds(
    weight: float, competence: float, goodwill: float
) -> None:
    expected = competence ** (1 - weight) * goodwill**weight
    assert effective_trust(competence, goodwill, weight, 0.0) == near(expected)


def test_an_agreement_covers_for_part_of_missing_trust() -> None:
    trust = sqrt(0.3 * 0.8)
    assert effective_trust(0.3, 0.8, 0.5, 0.25) == near(trust + 0.25 * (1 - trust))
    bound = begin(
        place(
            3,
            {
                "organisations.a.ways_of_working.binding_agreement": 0.5,
                "organisations.b.ways_of_working.binding_agreement": 0.8,
            },
            luck=0.0,
            trust={"goodwill_weight": 0.5},
        )
    )
    bound.state.competence_trust[:3, :, :3], bound.state.goodwill_trust[:3, :, :3] = 0.3, 0.8
    run(bound, "assess_trust")
    covered = trust + c.COVERED_BY_AGREEMENT * 0.5 * (1 - trust)  # of the less bound
    assert bound.state.trust[0, :, 1] == near([covered] * 3)
    assert bound.state.trust[1, :, 0] == near([covered] * 3)
    assert bound.state.trust[0, :, 2] == near([trust] * 3)
