"""Processes 5 to 7 on cases worked by hand: contributions, promises, decisions, work, benefit."""

from math import exp, sqrt
from typing import Any

import numpy as np
import pytest

from partnersim.model import decisions, levers, work
from tests.places import (
    World,
    begin,
    changed,
    changed_by,
    copied,
    differing,
    near,
    place,
    quiet,
    run,
    series_of,
    unrested,
)


def ces(values: list[float], weights: list[float], exponent: float) -> float:
    """The CES mean, from its definition."""
    shares = np.array(weights) / sum(weights)
    return float(np.sum(shares * np.array(values) ** exponent) ** (1 / exponent))


def cosine(a: object, b: object) -> float:
    a, b = np.asarray(a), np.asarray(b)
    return float(a @ b / np.sqrt(a @ a) / np.sqrt(b @ b))


# The CES mean -------------------------------------------------------------------------------------


def ces_of_core(values: list[float], exponent: float) -> float:
    exponent = decisions.usable_exponent(exponent)
    terms = sum(decisions.ces_term(x, exponent) for x in values)
    return float(decisions.ces_mean(terms, float(len(values)), exponent))


@pytest.mark.parametrize(
    "exponent", [-10.0, -2.6, -2.5, -2.0, -1.3, -1.0, -0.5, -0.001, 0.001, 0.3, 0.95, 1.0, 1.3]
)
def test_the_ces_mean_is_what_it_is_defined_to_be(exponent: float) -> None:
    assert ces_of_core([0.2, 0.5, 0.9], exponent) == near(ces([0.2, 0.5, 0.9], [1, 1, 1], exponent))


def test_the_ces_mean_has_the_known_limits() -> None:
    values = [0.2, 0.5, 0.9]
    # Near 0 the error of the geometric mean is half the exponent times the variance of the logs.
    error = 0.5e-3 * np.log(values).var()
    for exponent in (-0.00099, 0.0, 0.00099):
        assert ces_of_core(values, exponent) == near(np.exp(np.log(values).mean()), relative=1.1 * error)
    # For low exponents it is the weakest, times n to the power of -1/exponent.
    assert ces_of_core(values, -200.0) == near(0.2 * 3 ** (1 / 200), relative=1e-9)
    rising = [ces_of_core(values, exponent) for exponent in (-10.0, -2.0, -1.0, 0.0, 0.9, 1.0)]
    assert rising == sorted(rising)
    assert ces_of_core([0.0, 1.0], -2.0) == near(1e-9 * sqrt(2))  # nobody is divided by


# Contributions ------------------------------------------------------------------------------------

GIVEN = {"size": 2.0, "domains": {"urgent_care": 0.8, "independence": 0.2}}


def deciding(programme: dict[str, Any] | None = None, **sections: Any) -> World:
    """Three different organisations before a decision about one initiative for all of them."""
    objectives = [{"urgent_care": 0.6, "prevention": 0.4}, {"independence": 1.0}, {"prevention": 1.0}]
    organisations = [{"name": o, "objectives": w} for o, w in zip("abc", objectives, strict=True)]
    decision = {"exposure": 0.6, "value_alone": 0.5, "cost_pressure": 0.2, "sharpness": 5.0}
    world = quiet(
        organisations=organisations,
        vision={"weights": {"urgent_care": 0.5, "prevention": 0.5}, "planning_horizon": 60.0},
        programme={"n_simultaneous": 1, "complementarity": -2.0, "initiatives": [GIVEN]} | (programme or {}),
        decision=decision | sections.pop("decision", {}),
        **{"trust": {"hope": 0.3}, "place": {"embedding_months": 9.0}} | sections,
    )
    state = world.state
    state.incentive_share[:3], state.planning_horizon[:3] = [0.3, 0.4, 0.5], [20.0, 30.0, 40.0]
    world.p.organisations.interdependence[:3] = [0.8, 0.5, 1.0]
    state.trust[:3, :, :3] = np.random.default_rng(4).uniform(0.1, 0.9, (3, 3, 3))
    state.vision_commitment[:3] = [0.2, 0.5, 0.8]
    state.capacity[:3], state.target_pressure[:3], state.contribution[:3] = [1.0, 2.0, 0.5], 0.4, 0.5
    state.usual_pace[0] = 0.2
    return run(world, "share_out_work")


def net_of(world: World, i: int, layer: int, others: list[int]) -> tuple[float, float]:
    """Stake, and what one layer stands to gain, in the words of the model description."""
    state, p = world.state, world.p
    mix, vision = state.benefit_mix[0, :4], [0.5, 0.0, 0.5, 0.0]
    delay = min(60.0, 1.4 / (0.3 * 0.5 + 0.7 * state.usual_pace[0]) + 9.0)
    own = state.incentive_share[i] * cosine(state.objectives[i, :4], mix) - state.member_harm[0, i]
    own *= exp(-delay / state.planning_horizon[i])
    joint = cosine(vision, mix) * exp(-delay / 60.0)
    v = state.vision_commitment[i, layer]
    stake = (1 - v) * own + v * joint
    trust = [1.0, *(float(state.trust[i, layer, j]) for j in others)]
    R = ces(trust, [float(state.capacity[j]) for j in (i, *others)], -2.0)
    delta = float(p.organisations.interdependence[i])
    return stake, delta * (stake * R - 0.6 * (1 - R)) - (1 - delta) * p.decision.value_alone


def decided(net: float, price: float = 0.05 + 0.2 * 0.4) -> float:
    return 0.5 + 0.2 * (1 / (1 + exp(-5.0 * (net - price))) - 0.5)


@pytest.mark.parametrize("pace", [0.2, 0.0])  # at none no benefit is believed further off than five years
def test_contribution_moves_to_a_logistic_of_what_is_to_be_gained(pace: float) -> None:
    world = deciding()
    world.state.member_harm[0, 1], world.state.usual_pace[0] = 0.2, pace
    found = [
        [net_of(world, i, layer, [j for j in range(3) if j != i]) for layer in range(3)] for i in range(3)
    ]
    before = copied(world).state
    run(world, "weigh_initiatives", "decide_contributions")
    assert world.state.stake[:3] == near(np.mean(found, axis=1)[:, 0])
    assert world.state.net[:3] == near(np.array(found)[:, :, 1])
    assert world.state.contribution[:3] == near(np.array([[decided(net) for _, net in row] for row in found]))
    assert changed(before, world.state) - {"reliance", "trust_term"} == {
        "contribution",
        "stake",
        "net",
        "price",
    }


def test_benefits_further_off_than_five_years_are_believed_to_be_five_years_off() -> None:
    far = deciding(place={"embedding_months": 80.0})
    assert decisions.months_to_benefit(*far) == 60.0
    assert decisions.months_to_benefit(*deciding(trust={"hope": 1.0})) == near(1.4 / 0.5 + 9.0)


def test_those_who_do_not_take_part_are_not_relied_on_and_those_who_left_decide_nothing() -> None:
    world = deciding()
    world.state.needs[0, 1] = 0.0
    world.state.is_present[1] = 0.0
    expected = decided(net_of(world, 0, 1, [2])[1])
    run(world, "share_out_work", "weigh_initiatives", "decide_contributions")
    assert world.state.contribution[0, 1] == near(expected)
    assert not world.state.contribution[1].any() and world.state.stake[1] == 0.0


def test_capacity_is_shared_out_over_what_it_is_needed_for() -> None:
    world = deciding(
        programme={"n_simultaneous": 3, "initiatives": [GIVEN, {"members": ["b", "c"]}, {"start_month": 9}]}
    )
    state = world.state
    assert state.load[:3] == near([1, 2, 2])
    assert state.full_pace[:3] == near([1 + 1 + 0.25, 1.25, 0.0])
    assert state.part[:3, :3] == near(np.array([[4 / 9, 4 / 9, 1 / 9], [0, 0.8, 0.2], [0, 0, 0]]))
    one = run(deciding(), "weigh_initiatives").state
    both = deciding(programme={"n_simultaneous": 2, "initiatives": [GIVEN, GIVEN]})
    run(both, "weigh_initiatives")
    assert both.state.net[0].tolist() == near(one.net[0].tolist())  # the mean, not the sum
    assert both.state.stake[0] == near(one.stake[0])


def test_the_conditional_rule_mixes_ones_own_view_and_the_belief_about_others() -> None:
    world = deciding(decision={"rule": "conditional", "sharpness": 0.0})
    world.state.belief[:3] = 0.7
    run(world, "weigh_initiatives", "decide_contributions")
    expected = 0.5 + 0.2 * (0.242 * 0.5 + 0.666 * 0.7 - 0.5)
    assert world.state.contribution[0] == near([expected] * 3)


# Promises -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lever", "value", "switches", "chance"),
    [
        (levers.OWN_AWAY_DAYS, 0.0, {}, 0.95 - 0.3 * 0.5),
        (levers.OWN_AWAY_DAYS, 6.0, {}, 0.8 + 0.05),
        (levers.OWN_AWAY_DAYS, 24.0, {}, 0.8 + 0.1),
        (levers.OWN_AWAY_DAYS, 6.0, {"away_days_reason": False}, 0.8),
        (levers.PARTNERSHIP_MANAGED_TEAMS, 0.4, {}, 0.8 - 0.6 * 0.15),
        (levers.PARTNERSHIP_MANAGED_TEAMS, 0.4, {"separate_teams_promises": False}, 0.8),
    ],
)
def test_promises_are_kept_by_chance_and_a_broken_one_delivers_half(
    lever: int, value: float, switches: dict[str, bool], chance: float
) -> None:
    world = quiet(2, mechanisms=switches)
    state = world.state
    state.target_pressure[:2], state.contribution[:2], state.in_force[:2] = 0.5, [0.2, 0.6, 0.4], 0.0
    state.in_force[:2, levers.PARTNERSHIP_MANAGED_TEAMS] = 1.0
    state.in_force[0, lever], state.is_present[1] = value, 0.0
    run(world, "deliver_promises")
    part = chance + 0.5 * (1 - chance)
    assert state.kept[0] == near([chance] * 3)
    assert state.delivered[0] == near(np.array([0.2, 0.6, 0.4]) * part)
    assert state.hands[0] == near((0.4 * 0.6 + 0.6 * 0.4) * part)
    assert not state.delivered[1].any() and state.hands[1] == 0.0


@pytest.mark.parametrize(
    ("held", "pressure", "chance"), [(1.0, 0.8, 0.99), (0.0, 0.8, 0.19), (0.2, 0.0, 0.95)]
)
def test_a_held_decision_says_how_often_a_promise_is_kept_under_full_pressure(
    held: float, pressure: float, chance: float
) -> None:
    only = {"organisations": ["a"], "from_month": 1, "to_month": 2}
    world = quiet(2, interventions=[{"lever": "promises_under_pressure", "value": held, **only}])
    world.state.target_pressure[:2], world.state.in_force[:2] = pressure, 0.0
    world.state.in_force[:2, levers.PARTNERSHIP_MANAGED_TEAMS] = 1.0
    by_rule = 0.95 - 0.3 * pressure
    for month, of_held in {0: by_rule, 1: chance, 2: by_rule}.items():
        world.state.month[0] = month
        run(world, "deliver_promises")
        assert world.state.kept[:2] == near(np.array([[of_held] * 3, [by_rule] * 3]))


def test_a_held_contribution_is_moved_to_as_one_that_was_decided_on() -> None:
    only = {"organisations": ["b"], "from_month": 1, "to_month": 2}
    first = {"lever": "contribution", "value": 0.3}
    world = quiet(2, interventions=[first, {"lever": "contribution", "value": 0.9, **only}])
    world.state.contribution[:2], world.state.is_present[:2] = 0.4, 1.0
    world.state.month[0] = 1
    run(world, "decide_contributions")
    assert world.state.contribution[:2] == near(np.array([[0.38] * 3, [0.4 + 0.2 * 0.5] * 3]))
    world.state.month[0] = 2  # the first alone holds now
    run(world, "decide_contributions")
    assert world.state.contribution[1] == near([0.5 - 0.2 * 0.2] * 3)


def test_no_promise_is_kept_more_than_surely_or_less_than_never() -> None:
    world = quiet(2)
    world.state.target_pressure[:2], world.state.in_force[:2] = [0.0, 9.0], 0.0
    world.state.in_force[0, [levers.OWN_AWAY_DAYS, levers.PARTNERSHIP_MANAGED_TEAMS]] = 24.0, 1.0
    run(world, "deliver_promises")
    assert world.state.kept[:2, 0].tolist() == [1.0, 0.0]


def test_what_is_given_is_seen_against_what_is_hoped_for_and_usual() -> None:
    world = quiet(3, trust={"hope": 0.25})
    state = world.state
    state.usual_share[0], state.is_present[2], state.base_capacity[:3] = 0.5, 0.0, [2.0, 1.0, 9.0]
    state.delivered[:3] = [[0.11, 0.33, 0.9], [0.3, 0.3, 0.3], [0.9] * 3]
    run(world, "see_what_is_given")
    expected = 0.25 * 0.7 + 0.75 * 0.5
    assert state.deed[0] == near([0.11 / expected, 0.33 / expected, 1.0])
    given = (2 * (0.11 + 0.33 + 0.9) / 3 + 0.3) / 3
    assert state.usual_share[0] == near(0.5 + (given - 0.5) / 36)


# Decisions ----------------------------------------------------------------------------------------


def at_table(n: int = 3, luck: float = 0.0, **sections: Any) -> World:
    """One initiative of n waits for its next decision."""
    world = quiet(n, programme={"n_simultaneous": 1, "initiatives": [{"size": 9.0}]}, luck=luck, **sections)
    state = world.state
    state.vision_commitment[:n, 0] = np.linspace(0.4, 0.8, n)
    state.trust[:n, :, :n], state.accountability[:n], state.in_force[:n] = 0.5, 0.5, 0.0
    state.freed[0] = 0.0
    return run(world, "share_out_work")


YES = (0.5 + np.linspace(0.2, 0.4, 3)) * (0.5 + (1 + 0.5 + 0.5) / 6) * 0.85
"""Consent of three boards with equal parts, each of which trusts itself fully."""


@pytest.mark.parametrize(
    ("switch", "lever", "weight", "missing"),
    [
        ("", -1, 0.0, 1.0),
        ("pre_meetings_reason", levers.SEPARATE_PRE_MEETINGS, 0.0, 1 - 0.15 * 0.6),
        ("framework", levers.BINDING_AGREEMENT, 0.0, 1 - 0.5 * 0.6),
        ("chasing", -1, 0.4, (1 - 0.5 * 0.4) * (1 - 0.5 * 0.1)),
    ],
)
def test_mandate_agreement_and_coordinators_fill_a_part_of_missing_consent(
    switch: str, lever: int, weight: float, missing: float
) -> None:
    for is_on in (True, False) if switch else (True,):
        sections = {"mechanisms": {switch: is_on}} if switch else {}
        world = at_table(coordinators=[{"name": "Ana"}, {"name": "Ben"}], **sections)
        if lever >= 0:
            world.state.in_force[:3, lever] = 0.6
        world.state.weight[:2, 1, 0] = [weight, weight / 4]
        consent = work.board_consent(1, 0, *world)
        assert consent == near(1 - (missing if is_on else 1.0) * (1 - YES[1]))


def test_trusted_members_with_larger_parts_make_consent_easier_and_accountability_harder() -> None:
    world = at_table()
    world.state.part[0, :3], world.state.trust[0, 0, :3] = [0.2, 0.5, 0.3], [0.0, 0.9, 0.3]
    trust = 0.2 + 0.5 * 0.9 + 0.3 * 0.3
    assert work.board_consent(0, 0, *world) == near(0.7 * (0.5 + trust / 2) * 0.85)
    world.p.mechanisms.accountability_consent = False
    assert work.board_consent(0, 0, *world) == near(0.7 * (0.5 + trust / 2))


def test_a_boards_yes_stands_until_the_decision_is_taken_which_frees_work() -> None:
    world = at_table()
    state = world.state
    for month in range(1, 9):
        votes = 1 - (1 - YES) ** month
        run(world, "take_decisions")
        if np.prod(votes) >= 0.5:
            break
        assert state.votes[0, :3] == near(votes) and state.freed[0] == 0.0
    assert month == 2  # .57, .65 and .72 of a yes: together .27, and in the second month .66
    assert not state.votes[0].any() and state.decision[0] == 0.0 and state.decisions[0] == 1
    trust_among = (3 * 1 + 6 * 0.5) / 9
    assert state.freed[0] == near(1.4 * 3.0 * (0.5 + trust_among))


@pytest.mark.parametrize(("agreed", "is_taken"), [(0.49, False), (0.51, True)])
def test_a_decision_is_taken_when_boards_agree_by_half(agreed: float, is_taken: bool) -> None:
    world = at_table()
    # What each had agreed to before, so that with this month's consent all come to the same.
    world.state.votes[0, :3] = 1 - (1 - agreed ** (1 / 3)) / (1 - YES)
    run(world, "take_decisions")
    assert bool(world.state.decisions[0]) == is_taken


@pytest.mark.parametrize(("freed", "is_asked"), [(1.49, True), (1.5, False), (9.0, False)])
def test_the_next_decision_is_asked_for_when_less_than_half_a_months_work_is_left(
    freed: float, is_asked: bool
) -> None:
    world = at_table()
    world.state.freed[0] = freed
    assert bool(changed_by(world, "take_decisions")) == is_asked
    world.state.number[0], world.state.freed[0] = -1, 0.0
    assert not work.is_asked_for(0, world.state)  # there is nothing to decide on


@pytest.mark.parametrize("at_the_table", ["some", "all", "no referral"])
def test_decisions_taken_at_the_table_need_the_mean_consent_of_members(at_the_table: str) -> None:
    world = at_table(mechanisms={"referral_harm": at_the_table != "no referral"})
    state = world.state
    state.part[0, :3] = [0.2, 0.5, 0.3]
    state.in_force[:3, levers.DELEGATED_AUTHORITY] = [0.1, 0.3, 0.4] if at_the_table == "some" else 1.0
    yes = np.array([work.board_consent(i, 0, *world) for i in range(3)])
    share = 0.2 * 0.1 + 0.5 * 0.3 + 0.3 * 0.4 if at_the_table == "some" else 1.0
    before = copied(world).state
    run(world, "take_decisions")
    agreed = share * (state.part[0, :3] @ yes)
    if at_the_table == "some":
        assert state.decision[0] == near(agreed) and state.decisions[0] == 0
        assert (1 - agreed) * (1 - share) * np.prod(yes) + agreed < 0.5
        assert changed(before, state) == {"decision", "votes"}
        return
    assert state.decisions[0] == 1 and agreed > 0.5
    for i in range(3):  # those who had not agreed resent all who decided
        for j in {0, 1, 2} - {i}:
            lost = 0.05 * agreed * (1 - yes[i])
            assert state.goodwill_trust[i, :, j] == near(before.goodwill_trust[i, :, j] * (1 - lost))
    assert changed(before, state) == {"decisions", "freed", "goodwill_trust"}


def test_a_crisis_takes_decisions_and_one_who_left_takes_none() -> None:
    world = at_table()
    world.state.crisis[0] = 0.5
    assert run(world, "take_decisions").state.decisions[0] == 1
    world = at_table()
    world.state.is_present[2] = 0.0
    run(world, *["take_decisions"] * 9)
    assert world.state.decisions[0] == 0 and world.state.votes[0, 2] == 0.0
    world.p.mechanisms.referral_harm = False  # the others can at the table, and resent each other
    goodwill = world.state.goodwill_trust.copy()
    world.state.votes[:] = 0.0
    run(world, *["take_decisions"] * 2)
    assert world.state.decisions[0] == 1
    fell = world.state.goodwill_trust[:3, 0, :3] < goodwill[:3, 0, :3]
    assert fell.tolist() == [[False, True, False], [True, False, False], [False, False, False]]


@pytest.mark.parametrize(("authority", "wanted"), [(0.4, 0.6), (1.0, 0.5), (0.9, 0.6)])
def test_a_lead_imposes_what_it_wants_and_pays_in_goodwill(authority: float, wanted: float) -> None:
    world = at_table(lead={"organisation": "b", "authority": authority}, decision={"resentment": 0.2})
    state = world.state
    state.contribution[:3, 0] = wanted
    before = copied(world).state
    run(world, "take_decisions")
    imposed = authority * wanted
    for i in (0, 2):
        kept = 1 - 0.2 * imposed * (1 - YES[i])
        assert state.goodwill_trust[i, :, 1] == near(before.goodwill_trust[i, :, 1] * kept)
    assert state.goodwill_trust[1, :, 0].tolist() == before.goodwill_trust[1, :, 0].tolist()
    assert state.goodwill_trust[0, :, 2].tolist() == before.goodwill_trust[0, :, 2].tolist()
    if imposed < 0.5:
        assert state.decision[0] == near(imposed) and state.decisions[0] == 0
        run(world, "take_decisions")  # what was missing, and imposed again
        assert state.decisions[0] == 1
    else:
        assert state.decisions[0] == 1


@pytest.mark.parametrize("change", ["has left", "wants nothing", "none is resented"])
def test_a_lead_that_can_not_or_will_not_imposes_nothing(change: str) -> None:
    resented = change != "none is resented"
    lead = {"organisation": "b", "authority": 1.0}
    world = at_table(lead=lead, mechanisms={"referral_reason": resented})
    state = world.state
    state.contribution[:3] = 0.6
    if change == "has left":
        state.is_present[1] = 0.0
    elif resented:
        state.contribution[1, 0] = 0.0
    goodwill = state.goodwill_trust.copy()
    run(world, "take_decisions")
    assert state.goodwill_trust.tolist() == goodwill.tolist()
    assert state.decisions[0] == (not resented)


def test_with_luck_a_decision_is_taken_or_not() -> None:
    """At the table as often as is delegated, and there as often as members agree."""
    world = at_table(luck=1.0, lead={"organisation": "b", "authority": 0.3})
    state = world.state
    state.in_force[:3, levers.DELEGATED_AUTHORITY] = 0.5
    taken = []
    for month in range(400):
        state.month[0], state.freed[0] = month, 0.0
        before = int(state.decisions[0])
        run(world, "take_decisions")
        assert set(state.votes[0, :3]) <= {0.0, 1.0} and state.decision[0] in (0.0, 1.0)
        taken.append(int(state.decisions[0]) - before)
    assert set(taken) == {0, 1}
    waits = np.diff(np.flatnonzero(taken))
    assert waits.min() == 1 and 4 < waits.max() < 20


def test_a_lead_without_authority_changes_not_one_bit() -> None:
    named = {"lead": {"organisation": "b", "authority": 0.0}}
    assert not differing(series_of(place(3, months=18)), series_of(place(3, months=18, **named)))


# Work ---------------------------------------------------------------------------------------------


def working(n: int = 3, programme: dict[str, Any] | None = None, **sections: Any) -> World:
    """One initiative that goes on, and everything in the way of work put aside."""
    usual = {"n_simultaneous": 1, "complementarity": -2.0, "diminishing": 0.0, "initiatives": [{"size": 9.0}]}
    sections = {"vision": {"size": 10.0}, "trust": {"hope": 0.25}} | sections
    world = quiet(n, programme=usual | (programme or {}), **sections)
    state = world.state
    state.capacity[:n] = np.linspace(0.5, 1.5, n)
    run(world, "share_out_work")
    state.hands[:n], state.meeting_share[:n] = [0.9, 0.8, 0.4][:n], 0.2
    state.in_force[:n, levers.PARTNERSHIP_MANAGED_TEAMS] = 1.0
    state.freed[:], state.usual_pace[0], state.work_delivered[0] = 99.0, 0.3, 0.0
    state.difficulty[:], state.benefit[:] = 1.0, 1.0
    return world


PACE = 0.8 * ces([0.9, 0.8, 0.4], [1, 2, 3], -2.0)
"""Pace of members against the full one, which is 3 units a month."""


def test_work_goes_at_the_ces_mean_of_what_members_give_by_their_parts() -> None:
    world = working()
    state = world.state
    state.benefit[0], state.member_harm[0, 1], state.work[0] = -0.5, 0.6, 0.5
    run(world, "do_work")
    assert state.work[0] == near(0.5 + 3 * PACE) and state.work_delivered[0] == near(3 * PACE)
    assert state.pace[0] == near(PACE) and state.age[0] == 1.0 and state.held_up[0] == 0.0
    assert state.freed[0] == near(99.0 - 3 * PACE)
    assert state.planned_months[0] == near(9.0 / (3 * (0.25 * 0.5 + 0.75 * 0.3)))
    assert state.pending[:4] == near(-0.5 * 3 * PACE * state.benefit_mix[0, :4])
    assert state.harm[:3] == near([0, 0.6 * 3 * PACE / 9.0, 0])
    state.usual_pace[0] = 0.9
    run(world, "do_work")  # the plan was made at the start
    assert state.planned_months[0] == near(9.0 / (3 * 0.35)) and state.age[0] == 2.0


def test_before_the_beginning_work_is_done_and_nothing_counts() -> None:
    world = working()
    world.state.month[0] = -1
    run(world, "do_work")
    assert world.state.work[0] == near(3 * PACE) and world.state.work_delivered[0] == 0.0
    assert not world.state.pending.any() and not world.state.harm.any()


@pytest.mark.parametrize(("freed", "held_up"), [(0.0, 1.0), (1.2, 1 - 0.4 / PACE), (3.0, 0.0)])
def test_no_more_is_done_than_was_decided_on(freed: float, held_up: float) -> None:
    world = working()
    world.state.freed[0], world.state.difficulty[0] = freed, 2.0
    run(world, "do_work")
    assert world.state.held_up[0] == near(held_up) and world.state.age[0] == 1.0
    assert world.state.work[0] == near(min(freed, 3 * PACE) / 2)


@pytest.mark.parametrize(
    ("switches", "factor"),
    [
        ({}, (1 - 0.3 * 0.3) * (1 - 0.3 * 0.4)),
        ({"separate_teams_handoffs": False}, 1 - 0.3 * 0.4),
        ({"transition_dip": False}, 1 - 0.3 * 0.3),
    ],
)
def test_separate_teams_that_distrust_each_other_and_moving_teams_lose_work(
    switches: dict[str, bool], factor: float
) -> None:
    world = working(mechanisms=switches)
    state = world.state
    state.in_force[:3, levers.PARTNERSHIP_MANAGED_TEAMS] = [0.2, 0.4, 0.6]
    state.transition[:3], state.trust[:3, :, :3] = [0.0, 0.3, 0.6], 0.9  # 0, .3 and .6 by parts 1, 2, 3
    # Parts 1/6, 2/6, 3/6; what each pair does not share; front lines trust each other by a quarter,
    state.trust[:3, 2, :3] = 0.25
    lost = 2 * (1 * 2 * 0.8 + 1 * 3 * 0.8 + 2 * 3 * 0.6) / 36
    state.trust[0, 2, 1:3] = state.trust[1:3, 2, 0] = 1 - 0.3 / lost  # or so that .3 is lost in all
    state.trust[1, 2, 2] = state.trust[2, 2, 1] = 1 - 0.3 / lost
    run(world, "do_work")
    assert state.work[0] == near(3 * PACE * factor)


def test_what_turns_out_harder_and_the_last_of_the_vision_take_longer() -> None:
    world = working()
    world.p.programme.diminishing = 2.0
    world.state.work_delivered[0], world.state.difficulty[0] = 4.0, 1.25
    run(world, "do_work")
    assert world.state.work[0] == near(3 * PACE / 1.25 / (1 + 2 * 0.4))


def test_nothing_is_done_where_there_is_no_work_or_nobody_to_do_it() -> None:
    world = working()
    world.state.capacity[:3] = 0.0
    run(world, "share_out_work")
    before = copied(world).state
    run(world, "do_work")
    world.state.number[0] = -1
    run(world, "do_work")
    assert not changed(before, world.state) - {"number"}


def test_how_work_goes_is_its_yearly_pace_against_plan() -> None:
    """A line that has run ahead counts as one that goes as planned."""
    two = {"n_simultaneous": 3, "initiatives": [{"members": ["a", "b"]}, {"members": ["b", "c"]}, {}]}
    world = working(programme=two)
    state = world.state
    state.number[2] = -1
    run(world, "share_out_work")
    state.pace[:3], state.recent_pace[:3] = [0.3, 0.6, 9.0], [0.18, 0.9, 0.7]
    run(world, "compare_with_plans")
    plan = 0.25 * 0.5 + 0.75 * 0.3
    assert state.recent_pace[:3] == near([0.19, 0.875, 0.7])
    assert state.going[:3] == near([0.19 / plan, (0.19 / plan + 1) / 2, 1.0])
    assert state.joint[:3, :3] == near(np.array([[1, 1, 0], [1, 2, 1], [0, 1, 1]]))
    assert state.joint_going[0, :3] == near([0.19 / plan, 0.19 / plan, 0.0])
    assert state.usual_pace[0] == near(0.3 + (0.45 - 0.3) / 24)
    state.number[:3] = -1
    run(world, "compare_with_plans")
    assert not state.joint.any() and state.usual_pace[0] == near(0.30625)


# Benefit ------------------------------------------------------------------------------------------


def test_finished_work_is_felt_with_a_lag_and_erodes() -> None:
    world = working(place={"embedding_months": 4.0, "erosion_rate": 0.1})
    state = world.state
    state.vision[:4], state.pending[:4] = [0.1, 0.2, 0.3, 0.4], [2.0, 0.0, -6.0, 60.0]
    state.embedded[:4] = [0.2, 0.5, 0.0, 0.0]
    run(world, "embed_work")
    assert state.pending[:4] == near([1.5, 0.0, -4.5, 45.0])
    assert state.embedded[:4] == near([0.18 + 0.5 / 1.0, 0.45, -1.5 / 3.0, 1.0])  # all at most


def test_own_benefit_and_own_cost_add_up() -> None:
    world = working(place={"erosion_rate": 0.0})
    state = world.state
    state.embedded[:4], state.objectives[0, :4] = [0.4, 0, 0, 0], [0.5, 0.5, 0, 0]
    state.incentive_share[0], state.price[:3], state.harm[0] = 0.3, 0.15, 0.07
    state.delivered[0], state.is_present[1] = [0.3, 0.6, 0.9], 0.0
    run(world, "embed_work", "embed_work")
    assert state.own_benefit[0] == near(2 * 0.3 * 0.2)
    assert state.own_cost[0] == near(2 * (0.15 * (0.2 + 0.8 * 0.6) + 0.07))
    assert state.own_benefit[1] == state.own_cost[1] == 0.0


# Giving up, replacement ---------------------------------------------------------------------------


@pytest.mark.parametrize(("age", "kept"), [(0.0, 1.0), (12.0, 1 - 0.075), (24.0, 0.85), (90.0, 0.85)])
def test_what_goes_far_slower_than_usual_is_given_up_and_disappoints_its_members(
    age: float, kept: float
) -> None:
    world = working()
    state = world.state
    state.age[0], state.needs[0, :3], state.recent_pace[0] = age, [1, 1, 0], 0.15
    state.vision_commitment[:3], state.competence_trust[:3, :, :3], state.together[:3] = 0.8, 0.6, 7.0
    assert not changed_by(world, "give_up_work")  # half of what is usual is enough
    state.recent_pace[0], state.work[0] = 0.149, 9.0
    run(world, "give_up_work")
    assert state.number[0] == 0  # or that it is complete
    state.work[0] = 8.9
    run(world, "give_up_work")
    assert state.number[0] == -1 and state.counts[:2].tolist() == [0, 1]
    assert state.recent_pace[0] == state.usual_pace[0]  # what comes next is not hopeless at once,
    assert state.freed[0] == 0.0  # and is to be decided on anew
    assert state.vision_commitment[:3, 0] == near([0.8 * kept, 0.8 * kept, 0.8])
    assert state.competence_trust[[0, 1, 0], [0, 2, 0], [1, 0, 2]] == near([0.6 * kept, 0.6 * kept, 0.6])
    assert state.together[[0, 1, 0], [0, 2, 0], [1, 0, 2]] == near([0.0, 0.0, 7.0])


def test_one_that_left_is_replaced_after_three_months_by_the_member_that_fits_best() -> None:
    wants = ["urgent_care", "urgent_care", "prevention", "independence", "prevention", "prevention"]
    organisations = [{"name": o, "objectives": {w: 1.0}} for o, w in zip("abcdef", wants, strict=True)]
    given = {"members": ["a", "b", "c"], "domains": {"prevention": 0.7, "independence": 0.3}}
    world = quiet(organisations=organisations, programme={"n_simultaneous": 1, "initiatives": [given]})
    state = world.state
    state.is_present[[2, 5]], state.votes[0, :6] = 0.0, 1.0
    for _ in range(3):
        run(world, "give_up_work")
        assert state.needs[0, :6] == near([1, 1, 1, 0, 0, 0])
    run(world, "give_up_work")
    assert state.needs[0, :6] == near([1, 1, 0, 0, 1, 0]) and state.number[0] == 0
    assert state.votes[0, :6] == near([1, 1, 1, 1, 0, 1])  # the new member has agreed to nothing
    run(world, "give_up_work")
    assert state.absent_months[0] == 0.0
    state.is_present[1] = 0.0  # only now, and d is the only one left to ask
    run(world, *["give_up_work"] * 3)
    assert state.needs[0, :6] == near([1, 1, 0, 0, 1, 0])
    assert run(world, "give_up_work").state.needs[0, :6] == near([1, 0, 0, 1, 1, 0])


def test_an_initiative_without_two_members_waits_for_three_months_and_is_given_up() -> None:
    world = working(2)
    world.state.is_present[1] = 0.0
    run(world, *["give_up_work"] * 3)
    assert world.state.number[0] == 0
    run(world, "give_up_work")
    assert world.state.number[0] == -1 and world.state.counts[1] == 1


# What is taken on next ----------------------------------------------------------------------------


def test_what_is_completed_counts_and_surplus_goes_over_to_the_next() -> None:
    world = working()
    state = world.state
    state.work[0], state.age[0], state.planned_months[0], state.tilt[:3] = 9.7, 14.0, 11.0, 0.1
    run(world, "begin_initiatives")
    assert state.counts[:2].tolist() == [1, 0] and state.completed_months[:2] == near([14.0, 11.0])
    assert state.number[0] == 1 and state.work[0] == near(0.7) and state.age[0] == 0.0
    assert state.generation[0] == 2 and not state.tilt.any()
    assert (state.difficulty[0], state.benefit[0]) == (1.0, 1.0)  # without luck as was thought
    assert not changed_by(world, "begin_initiatives")
    state.work[0], state.is_present[:2] = 99.0, 0.0
    run(world, "begin_initiatives")
    assert state.number[0] == -1  # one alone begins nothing


def test_those_whose_objectives_fit_best_are_asked() -> None:
    organisations = [
        {"name": name, "objectives": {"urgent_care": share, "prevention": 1 - share}}
        for name, share in zip("abcd", [0.1, 0.6, 0.9, 0.3], strict=True)
    ]
    world = quiet(
        organisations=organisations,
        vision={"weights": {"urgent_care": 1.0}},
        programme={"n_simultaneous": 1, "members_per_initiative": 2, "initiative_size": 7.0},
    )
    assert world.state.needs[0, :4] == near([0, 1, 1, 0]) and world.state.work_size[0] == 7.0
    assert world.state.joint_value[0] == near(1.0)
    world.state.is_present[2], world.state.number[0] = 0.0, -1
    run(world, "begin_initiatives")
    assert world.state.needs[0, :4] == near([0, 1, 0, 1])


def test_tilt_leans_the_next_initiative_to_the_hosts_domains() -> None:
    organisations = [
        {"name": "a", "objectives": {"urgent_care": 1.0}},
        {"name": "b", "objectives": {"prevention": 1.0}},
    ]
    world = quiet(organisations=organisations, vision={"weights": {"urgent_care": 0.2, "prevention": 0.8}})
    for tilt, mix in (([0, 0], 0.2), ([0.5, 0], 0.6), ([7.0, 0], 0.84), ([0.2, 0.2], 0.2 + 0.4 * 0.3)):
        world.state.number[0], world.state.tilt[:2] = -1, tilt
        run(world, "begin_initiatives")
        assert world.state.benefit_mix[0, :4] == near([mix, 0, 1 - mix, 0])  # at most .8 of the way


def test_given_initiatives_come_first_and_in_their_month() -> None:
    given = [{"size": 4.0, "members": ["a", "b"]}, {"size": 5.0, "start_month": 3}]
    scenario = place(3, luck=0.0, programme={"n_simultaneous": 2, "initiatives": given})
    state = begin(scenario).state
    assert state.number[:2].tolist() == [0, -1] and state.needs[0, :3] == near([1, 1, 0])
    assert state.work_size[0] == 4.0 and state.work[0] == 0.0
    assert begin(scenario, 2).state.number[1] == -1
    state = begin(scenario, 3).state
    assert state.number[1] == 1 and state.work_size[1] == 5.0
    assert state.benefit_mix[1, :4] == near(state.vision[:4])


def test_drawn_initiatives_have_chance_of_their_own_about_what_was_planned() -> None:
    """Sizes within half of the usual, most of the benefit in one domain, difficulty 1 in the mean."""
    scenario = place(4, luck=1.0, programme={"n_simultaneous": 10, "members_per_initiative": 2})
    found: dict[str, list[Any]] = {}
    for replicate in range(60):
        state = unrested(scenario, replicate=replicate).state
        for name in ("work_size", "difficulty", "benefit"):
            found.setdefault(name, []).extend(state[name][:10].tolist())
        found.setdefault("mix", []).extend(state.benefit_mix[:10, :4].max(axis=1).tolist())
        assert (state.needs[:10, :4].sum(axis=1) == 2).all()
    size, harder, benefit = (np.array(found[name]) for name in ("work_size", "difficulty", "benefit"))
    n = len(size)
    assert 5.0 <= size.min() < 5.3 and 14.7 < size.max() <= 15.0
    assert found["mix"] == near([0.7 + 0.3 / 4] * n)
    # Normal: mean within 4.5 standard errors, standard deviation too.
    logs = np.log(harder)
    for values, mean, spread in ((logs, -0.18, 0.6), (benefit, 1.0, 0.8)):
        assert abs(values.mean() - mean) < 4.5 * spread / sqrt(n)
        assert values.std() == pytest.approx(spread, rel=4.5 / sqrt(2 * n))
    assert abs(np.corrcoef(logs, benefit)[0, 1]) < 4.5 / sqrt(n)


def test_harm_of_size_0_changes_not_one_bit() -> None:
    given = {"n_simultaneous": 2, "initiatives": [{"size": 2.0}]}
    harmless = {"n_simultaneous": 2, "initiatives": [{"size": 2.0, "harm": {"a": 0.0}}]}
    one, other = (place(3, months=18, programme=p) for p in (given, harmless))
    assert not differing(series_of(one), series_of(other))


def test_most_of_the_benefit_falls_where_the_vision_leans_as_often_as_it_leans() -> None:
    leaning = [0.5, 0.1, 0.3, 0.1]
    names = place(4).domains
    scenario = place(
        4, vision={"weights": dict(zip(names, leaning, strict=True))}, programme={"n_simultaneous": 10}
    )
    states = [unrested(scenario, replicate=replicate).state for replicate in range(60)]
    focus = np.concatenate([state.benefit_mix[:10, :4].argmax(axis=1) for state in states])
    shares = np.bincount(focus, minlength=4) / len(focus)
    assert shares == pytest.approx(leaning, abs=4.5 * 0.5 / sqrt(len(focus)))
