"""Processes 1 and 2 on cases worked by hand: pressure, deadlines, levers, events, who leaves."""

from typing import Any

import numpy as np
import pytest

from partnersim.model import environment, levers
from partnersim.model.draws import ENVIRONMENT, NATIONAL_SHOCK, SHOCK, uniform
from partnersim.scenario.declarations import LEVERS
from tests.places import World, begin, changed, changed_by, copied, near, place, quiet, run

DIVISIVE = {"own_away_days", "separate_pre_meetings", "own_needs_framing", "issue_avoidance"}


def at_month(world: World, month: int) -> World:
    world.state.month[0] = month
    return world


def with_event(n: int = 3, month: int = 5, **event: object) -> World:
    """A quiet place in the month of an event."""
    return at_month(quiet(n, events=[{"month": month, **event}]), month)


# Deadlines and pressure ---------------------------------------------------------------------------


def test_a_deadline_pulls_attention_by_the_square_of_its_nearness() -> None:
    target = {"domain": "prevention", "weight": 0.4, "cycle_months": 12, "phase_months": 3}
    a = {"name": "a", "objectives": {"urgent_care": 0.5, "prevention": 0.5}, "targets": [target]}
    world = quiet(organisations=[a, {"name": "b"}, {"name": "c"}])
    run(at_month(world, 18), "near_deadlines")  # 18 + 3 months: 9 of the second cycle gone
    pull = 0.4 * 0.75**2
    attention = np.array([0.5, 0.0, 0.5 + pull, 0.0]) / (1.0 + pull)
    vision = np.array([1.0, 0.5, 1.0, 0.5]) / 3.0
    cosine = attention @ vision / np.linalg.norm(attention) / np.linalg.norm(vision)
    assert world.state.deadline[:3] == near([pull, 0.0, 0.0])
    assert world.state.objectives[:2, :4] == near(np.array([attention, [0.25] * 4]))
    assert world.state.vision[:4] == near(vision) and world.state.ceiling[0] == near(cosine)


def test_national_targets_share_the_national_calendar() -> None:
    target = {"domain": "prevention", "origin": "national", "weight": 1.0, "cycle_months": 10}
    world = quiet(
        organisations=[{"name": name, "targets": [target]} for name in "ab"],
        pressure={"national_phase_months": 4},
    )
    run(at_month(world, 1), "near_deadlines")
    assert world.state.deadline[:2] == near([0.25, 0.25])


def test_a_national_target_that_lands_pulls_all_while_it_lasts() -> None:
    world = with_event(type="national_target_lands", domain="independence", size=0.8, months=4)
    for month, nearness in ((4, 0.0), (5, 0.25), (7, 0.75), (8, 1.0), (9, 0.0)):
        run(at_month(world, month), "near_deadlines")
        pull = 0.8 * nearness**2
        assert world.state.deadline[:3] == near([pull] * 3)
        assert world.state.objectives[2, 3] == near((0.25 + pull) / (1.0 + pull))


def test_pressure_is_the_sum_of_what_presses_less_what_relieves() -> None:
    world = quiet(pressure={"relief": 0.5})
    state = world.state
    state.base_pressure[:3], state.deadline[0], state.national_shock[0] = 0.3, 0.5, 0.03
    state.objectives[:3, :4] = [[0.7, 0.3, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.25] * 4]
    state.embedded[:4], state.shock[:3] = [0.1, 0.2, 0.8, -0.4], [0.02, -0.05, 0.9]
    state.capacity[0] = 0.9 * state.base_capacity[0]
    run(world, "feel_pressure")
    a = 0.3 + 0.2 * 0.5 - 0.5 * (0.7 * 0.1 + 0.3 * 0.2) + 0.3 * 0.1 + 0.02 + 0.03
    # b: .3 - .5 x .8 - .05 + .03 is less than none; c: more than all
    assert state.target_pressure[:3] == near([a, 0.0, 1.0])


def test_a_funding_cut_takes_capacity_while_it_lasts() -> None:
    cut = {"type": "funding_cut"}
    world = quiet(
        events=[
            {**cut, "month": 3, "months": 2, "size": 0.2, "organisation": "b"},
            {**cut, "month": 4, "months": 9, "size": 0.5},
        ]
    )
    expected = {2: (1, 1, 1), 3: (1, 0.8, 1), 4: (0.5, 0.4, 0.5), 5: (0.5, 0.5, 0.5), 13: (1, 1, 1)}
    for month, capacity in expected.items():
        run(at_month(world, month), "set_capacity")
        assert world.state.capacity[:3] == near(capacity)


def test_shocks_fade_without_luck() -> None:
    world = quiet()
    world.state.shock[:3], world.state.national_shock[0] = [0.1, -0.2, 0.0], 0.3
    run(world, "draw_shocks", "draw_shocks")
    assert world.state.shock[:3] == near([0.064, -0.128, 0.0])
    assert world.state.national_shock[0] == near(0.192)


def test_a_shock_is_renewed_by_the_draw_of_its_month() -> None:
    world = at_month(quiet(luck=1.0), 7)
    state, label = world.state, world.p.label
    state.shock[:3], state.national_shock[0] = [0.1, -0.2, 0.0], 0.3
    run(world, "draw_shocks")
    # Uniform on -1 to 1 has variance 1/3; what is left of .8 of a shock is .6 of its spread.
    own = [uniform(state.keys, ENVIRONMENT, 7, SHOCK, label[i], 0, 0) for i in range(3)]
    fresh = 0.6 * np.sqrt(3) * (2 * np.array(own) - 1)
    assert state.shock[:3] == near(0.8 * np.array([0.1, -0.2, 0.0]) + 0.1 * fresh)
    national = 2 * uniform(state.keys, ENVIRONMENT, 7, NATIONAL_SHOCK, 0, 0, 0) - 1
    assert state.national_shock[0] == near(0.24 + 0.05 * 0.6 * np.sqrt(3) * national)


# Levers -------------------------------------------------------------------------------------------


def test_an_intervention_holds_a_lever_for_its_members_and_months_and_the_last_one_counts() -> None:
    held = {"lever": "issue_avoidance"}
    world = quiet(
        interventions=[
            {**held, "value": 0.1, "from_month": 2, "to_month": 4},
            {**held, "value": 0.9, "from_month": 3, "to_month": 5, "organisations": ["b"]},
        ]
    )
    usual = world.state.practised[0, levers.ISSUE_AVOIDANCE]
    story = {1: (usual,) * 3, 2: (0.1,) * 3, 3: (0.1, 0.9, 0.1), 4: (usual, 0.9, usual)}
    for month, expected in (story | {5: (usual,) * 3}).items():
        run(at_month(world, month), "set_levers")
        assert world.state.in_force[:3, levers.ISSUE_AVOIDANCE] == near(expected)
        is_held = [float(value != usual) for value in expected]
        assert world.state.is_held[:3, levers.ISSUE_AVOIDANCE] == near(is_held)


def test_a_held_lever_goes_on_where_it_was_when_the_intervention_ends() -> None:
    held = [{"lever": "own_needs_framing", "value": 0.0, "from_month": 6, "to_month": 12}]
    world, free = (begin(place(2, luck=0.0, **z), 6) for z in ({"interventions": held}, {}))
    assert not changed(world.state, free.state)
    lever = world.state.practised[0, levers.OWN_NEEDS_FRAMING]
    assert lever < 0.5  # committed people had begun to drop it
    later = begin(place(2, luck=0.0, interventions=held), 12)
    assert later.state.in_force[0, levers.OWN_NEEDS_FRAMING] == 0.0
    assert later.state.practised[0, levers.OWN_NEEDS_FRAMING] == lever
    run(later, "set_levers")
    assert later.state.in_force[0, levers.OWN_NEEDS_FRAMING] == lever
    run(later, "change_practice")
    assert later.state.practised[0, levers.OWN_NEEDS_FRAMING] != lever


def test_teams_that_move_over_are_in_transition_and_those_that_move_back_are_not() -> None:
    lever = {"lever": "partnership_managed_teams"}
    world = quiet(
        changes={"ways_of_working.partnership_managed_teams": 0.1},
        interventions=[
            {**lever, "value": 0.5, "from_month": 2, "to_month": 4},
            {**lever, "value": 1.0, "from_month": 3, "to_month": 4, "organisations": ["c"]},
        ],
    )
    fade = 5 / 6
    story = {1: (0, 0), 2: (0.4, 0.4), 3: (0.4 * fade, 0.4 * fade + 0.5)}
    story[4] = (story[3][0] * fade, story[3][1] * fade)
    for month, (a, third) in story.items():
        run(at_month(world, month), "set_levers")
        assert world.state.transition[:3] == near([a, a, third])
    world.state.transition[0], world.state.in_force[0, levers.PARTNERSHIP_MANAGED_TEAMS] = 1.0, 0.0
    run(at_month(world, 2), "set_levers")
    assert world.state.transition[0] == 1.0  # all at most
    run(at_month(world, -36), "set_levers")  # a place that sets out has no past
    assert world.state.transition[0] == near(fade)


def test_time_goes_into_meetings_away_days_papers_contacts_and_coordinators() -> None:
    coordinators = [{"name": "Ana", "cost": 24.0}, {"name": "Ben", "cost": 99.0}]
    world = quiet(4, relations={"meeting_budget": 3.0}, coordinators=coordinators)
    state, lever = world.state, world.state.in_force
    lever[:4] = 0.0
    lever[:4, levers.CROSS_LINKS] = 1.0
    lever[0, [levers.OWN_AWAY_DAYS, levers.JOINT_AWAY_DAYS, levers.POSITION_SHARING]] = 2.0, 3.0, 1.0
    lever[0, [levers.CIRCULATED_VISION, levers.SEPARATE_PRE_MEETINGS]] = 6.0, 0.4
    lever[0, levers.CROSS_LINKS] = 3.0
    state.base_capacity[:4], state.is_present[:4] = [2.0, 1.0, 1.0, 9.0], [1, 1, 1, 0]
    state.capacity[:4] = [1.0, 1.0, 0.05, 1.0]
    state.is_at_work[0], state.meetings[0, 1, :3] = 1.0, [1, 0, 2]
    run(world, "spend_time")
    shared = 24 / 4  # Ana's days, by capacity; Ben is not at work
    a = 2 * (3 * (0.5 + 0.25 * 0.4) + 6 * (2 + 3 + 1) / 12 + 0.5 * 6 / 12 + 1.5 * 2 + shared)
    b, third = 1.5 + shared + 3 * 0.5, 1.5 + shared
    assert state.meeting_share[:4] == near([a / 40, b / 40, 0.9, 0.0])  # .9 at most
    assert state.staff_days[0] == near(a + b + third)
    state.capacity[0] = 0.0  # all funding is cut: nothing is left to be taken
    run(world, "spend_time")
    assert state.meeting_share[0] == 0.0


# Events and turnover ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["competence_trust", "goodwill_trust"])
def test_when_a_leader_leaves_trust_in_and_from_the_layer_falls_back(kind: str) -> None:
    world = with_event(type="leader_leaves", organisation="b", layer="management", size=0.8)
    state = world.state
    state.in_force[0, levers.CROSS_LINKS] = 2.0
    state[kind][:3, :, :3] = np.random.default_rng(1).random((3, 3, 3))
    state.together[:3, :, :3] = 10.0
    expected = state[kind][:3, :, :3].copy()
    for i, j, part in ((1, 0, 0.4), (1, 2, 0.4), (0, 1, 0.2), (2, 1, 0.4)):  # a has a second contact
        expected[i, 1, j] += part * (0.27 - expected[i, 1, j])
    run(world, "let_events_happen")
    assert state[kind][:3, :, :3] == near(expected)
    assert state.together[[1, 1, 0, 2], 1, [0, 2, 1, 1]] == near([2.0, 2.0, 6.0, 2.0])
    assert state.together[[1, 0], 0, [0, 2]] == near([10.0, 10.0])


def test_when_a_leader_leaves_commitment_and_coordinators_standing_fall_back_too() -> None:
    leaves = {"type": "leader_leaves", "organisation": "b", "layer": "front_line", "month": 0}
    world = quiet(events=[leaves], coordinators=[{"name": "Ana"}], commitment={"alone": 0.2})
    world.state.vision_commitment[:3], world.state.credibility[0, :3] = 0.6, 0.3
    expected = np.full((3, 3), 0.6)
    expected[1, 2] = 0.6 + 0.5 * (0.2 * world.state.ceiling[1] - 0.6)
    run(world, "let_events_happen")
    assert world.state.vision_commitment[:3] == near(expected)
    assert world.state.credibility[0, :3] == near([0.3, 0.3 * (1 - 0.5 / 3), 0.3])


@pytest.mark.parametrize(("whom", "concerned"), [({"organisation": "a"}, [0]), ({}, [0, 1, 2])])
def test_a_reorganisation_is_a_loss_in_every_layer(whom: dict[str, str], concerned: list[int]) -> None:
    world = with_event(type="reorganisation", size=0.5, **whom)
    world.state.goodwill_trust[:3, :, :3] = 0.7
    run(world, "let_events_happen")
    for i, j in ((0, 1), (1, 0), (1, 2)):
        times = sum(k in concerned for k in (i, j))
        expected = 0.27 + (0.7 - 0.27) * 0.75**times
        assert world.state.goodwill_trust[i, :, j] == near([expected] * 3)


def test_a_common_crisis_raises_commitment_and_shifts_divisive_ways_for_good() -> None:
    world = with_event(type="common_crisis", size=0.6, months=2)
    state = world.state
    state.vision_commitment[:3], state.ceiling[:3] = 0.4, 0.9
    state.vision_commitment[0, 0] = 1.0  # above what the vision holds for it
    state.practised *= 0.8
    before = copied(world).state
    run(world, "set_capacity", "let_events_happen")
    risen = 0.4 + 0.5 * 0.6 * 0.5
    assert state.crisis[0] == 0.6
    assert state.vision_commitment[:2] == near(np.array([[1.0, risen, risen], [risen] * 3]))
    shift = [0.7 if lever in DIVISIVE else 1.0 for lever in LEVERS]
    for name in ("stated", "practised"):
        assert state[name][:3] == near(before[name][:3] * shift)
    run(at_month(world, 7), "set_capacity")
    assert state.crisis[0] == 0.0


def test_a_newcomer_meets_strangers() -> None:
    world = with_event(type="organisation_joins", organisation="c")
    state = world.state
    assert state.is_present[:3] == near([1, 1, 0])
    state.contact[:3, :3], state.tension[:3, :3], state.vision_commitment[:3] = 0.5, 0.4, 0.8
    state.goodwill_trust[:3, :, :3] = state.competence_trust[:3, :, :3] = 0.9
    told = "is_present vision_commitment competence_trust goodwill_trust contact tension"
    assert changed_by(world, "let_events_happen") == set(told.split())
    assert state.is_present[:3] == near([1, 1, 1])
    assert state.vision_commitment[2] == near([world.p.commitment.alone * state.ceiling[2]] * 3)
    for kind in (state.competence_trust, state.goodwill_trust):
        assert kind[2, :, :2] == near(0.27) and kind[:2, :, 2] == near(0.27)
        assert kind[0, :, 1] == near(0.9)
    for pair, stays in ((state.contact, 0.5), (state.tension, 0.4)):
        assert [*pair[2, :2], *pair[:2, 2], pair[0, 1]] == [0, 0, 0, 0, stays]


def test_one_that_withdraws_is_gone_and_gives_nothing() -> None:
    world = with_event(type="organisation_withdraws", organisation="a")
    assert changed_by(world, "let_events_happen") == {"is_present"}
    assert world.state.is_present[:3] == near([0, 1, 1])
    run(world, "share_out_work", "weigh_initiatives", "decide_contributions", "deliver_promises")
    assert not world.state.contribution[0].any() and not world.state.delivered[0].any()
    assert world.state.contribution[1].all()


def test_events_happen_in_their_month_only() -> None:
    kinds = ("leader_leaves", "reorganisation", "common_crisis", "organisation_withdraws")
    world = quiet(events=[{"type": kind, "month": 5, "organisation": "a"} for kind in kinds])
    for month in (4, 6):
        assert not changed_by(at_month(world, month), "let_events_happen")


def test_turnover_is_a_leader_leaving_by_chance() -> None:
    world = quiet(3, turnover={"rate": 0.1})
    world.state.goodwill_trust[:3, :, :3], world.state.is_present[2] = 0.8, 0.0
    run(world, "change_leaders")
    for j, times in ((1, 2), (2, 1)):  # the leaders of both may leave
        expected = 0.27 + (0.8 - 0.27) * 0.95**times
        assert world.state.goodwill_trust[0, :, j] == near([expected] * 3)


def test_certain_turnover_happens_with_luck_too_and_none_never() -> None:
    for rate, part in ((1.0, 0.25), (0.0, 1.0)):
        world = quiet(2, turnover={"rate": rate}, luck=1.0)
        world.state.competence_trust[:2, :, :2] = 0.9
        run(world, "change_leaders")
        assert world.state.competence_trust[0, :, 1] == near([0.27 + (0.9 - 0.27) * part] * 3)


# Accounts, withdrawal and collapse ----------------------------------------------------------------


def test_members_look_back_over_a_year_at_what_they_got_and_put_in() -> None:
    world = quiet(
        programme={"n_simultaneous": 2, "initiatives": [{"harm": {"a": 0.1}}, {"members": ["a", "b"]}]},
        decision={"value_alone": 0.5, "exposure": 0.6},
    )
    state, p = world
    run(world, "share_out_work")
    p.organisations.interdependence[0], state.incentive_share[0] = 0.8, 0.4
    state.hands[:3], state.price[0], state.meeting_share[0] = [0.9, 0.3, 0.6], 0.05, 0.25
    state.pace[:2], state.got[:3], state.put[:3] = [0.5, 0.2], 0.12, 0.24
    run(world, "settle_accounts")
    # All objectives are alike: what joint work is worth to a by itself is its share, less harm.
    got = 0.8 * ((0.4 - 0.1) * 0.5 + 0.4 * 0.2) / 2
    # In the first c, which has less to do, takes twice the part of b: others gave .5 and .3.
    short = ((0.9 - (0.3 + 2 * 0.6) / 3) + (0.9 - 0.3)) / 2
    put = 0.05 * (0.25 + 0.75 * 0.9) + 0.2 * 0.5 * 0.9 + 0.8 * 0.6 * short
    assert state.got[0] == near(0.12 + (got - 0.12) / 12)
    assert state.put[0] == near(0.24 + (put - 0.24) / 12)
    state.needs[1, 0], state.load[0] = 0.0, 1.0  # the first initiative is all its work
    before = copied(world).state
    run(world, "settle_accounts")
    assert state.got[0] - before.got[0] == near((0.8 * (0.4 - 0.1) * 0.5 - before.got[0]) / 12)
    put += 0.8 * 0.6 * ((0.9 - (0.3 + 2 * 0.6) / 3) - short)
    assert state.put[0] - before.put[0] == near((put - before.put[0]) / 12)
    state.is_present[0] = 0.0
    before = copied(world).state
    run(world, "settle_accounts")
    assert (before.got[0], before.put[0]) == (state.got[0], state.put[0])


@pytest.mark.parametrize(
    ("got", "put", "commitment", "chance"),
    [
        (0.0, 0.3, 0.0, 0.04),  # who only puts in
        (0.1, 0.3, 0.0, 0.04 * 0.5**3),
        (0.1, 0.3, 0.6, 0.04 * 0.5**3 * 0.4),
        (-0.1, 0.3, 0.0, 0.04),  # who loses by it
        (0.3, 0.3, 0.0, 0.0),
        (0.5, 0.3, 0.0, 0.0),
        (0.0, 0.0, 0.0, 0.0),
    ],
)
def test_the_less_one_gets_for_what_one_puts_in_the_likelier_one_leaves(
    got: float, put: float, commitment: float, chance: float
) -> None:
    world = quiet()
    world.state.got[1], world.state.put[1], world.state.vision_commitment[1] = got, put, commitment
    assert environment.chance_of_leaving(1, *world) == near(chance)


def test_chances_of_leaving_add_up_but_not_in_the_first_month_or_for_those_who_are_gone() -> None:
    world = quiet(4)
    state = world.state
    state.put[:2], state.vision_commitment[:2], state.is_present[1] = 0.5, 0.0, 0.0
    run(at_month(world, 0), "withdraw_members")
    assert not state.leaving.any()
    for month in range(1, 20):
        run(at_month(world, month), "withdraw_members")
        assert state.leaving[:2] == near([0.04 * month, 0.0]) and state.is_present[0] == 1.0
    state.leaving[0] = 0.96  # without what rounding has left
    run(world, "withdraw_members")
    assert state.is_present[:4] == near([0, 0, 1, 1]) and state.leaving[0] == 0.0
    assert state.has_collapsed[0] == 0  # half is left


@pytest.mark.parametrize(
    ("capacities", "there", "has_collapsed"),
    [
        ([1, 1, 1, 1], [1, 1, 1, 0], 0),
        ([1, 1, 1, 1], [1, 1, 0, 0], 0),
        ([1, 1, 1, 1], [1, 0, 0, 0], 1),
        ([9, 1, 1, 1], [1, 0, 0, 0], 1),  # one is no partnership, however large
        ([1, 1, 1, 1.1], [1, 1, 0, 0], 1),  # less than half is left
    ],
)
def test_too_little_left_is_collapse(capacities: list[float], there: list[int], has_collapsed: int) -> None:
    world = quiet(4, coordinators=[{"name": "Ana"}])
    state = world.state
    state.base_capacity[:4], state.is_present[:4], state.is_at_work[0] = capacities, there, 1.0
    run(world, "withdraw_members")
    assert state.has_collapsed[0] == has_collapsed
    goes_on = [state.contribution[0].any(), state.number[0] >= 0, state.is_at_work[0], state.is_present[0]]
    assert goes_on == [not has_collapsed] * 4


def test_those_to_join_later_are_not_missed() -> None:
    joins: list[dict[str, Any]] = [
        {"type": "organisation_joins", "month": 9, "organisation": o} for o in "cde"
    ]
    assert run(quiet(5, events=joins), "withdraw_members").state.has_collapsed[0] == 0
