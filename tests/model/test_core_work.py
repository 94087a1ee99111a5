"""Processes 5 to 7 on cases worked by hand: decisions, promises, gates, work, benefit."""

from math import exp

import numpy as np
import pytest

from partnersim.model import constants as c
from partnersim.model import levers
from partnersim.model.decisions import ces_mean, ces_term, usable_exponent
from tests.places import World, begin, changed, copied, differing, near, place, quiet, run, series_of

INITIATIVE = {"size": 2.0, "n_gates": 2}


def ces(values: list[float], weights: list[float], exponent: float) -> float:
    """The CES mean, from its definition."""
    shares = np.array(weights) / sum(weights)
    return float(np.sum(shares * np.array(values) ** exponent) ** (1 / exponent))


def cosine(a: object, b: object) -> float:
    a, b = np.asarray(a), np.asarray(b)
    return float(a @ b / np.sqrt(a @ a) / np.sqrt(b @ b))


# The CES mean -------------------------------------------------------------------------------------


@pytest.mark.parametrize("exponent", [-10.0, -2.5, -2.0, -1.0, -0.5, 0.3, 0.95, 1.0])
def test_the_ces_mean_is_what_it_is_defined_to_be(exponent: float) -> None:
    values = [0.2, 0.5, 0.9]
    mean = ces_mean(sum(ces_term(x, exponent) for x in values), 3.0, exponent)
    assert mean == near(ces(values, [1, 1, 1], exponent))


def test_the_ces_mean_has_the_known_limits() -> None:
    values = np.array([0.2, 0.5, 0.9])

    def mean(exponent: float) -> float:
        exponent = usable_exponent(exponent)
        return float(ces_mean(sum(ces_term(x, exponent) for x in values), 3.0, exponent))

    assert mean(1.0) == near(values.mean())
    assert mean(-1.0) == near(3 / (1 / values).sum())
    # Near 0 the error of the geometric mean is half the exponent times the variance of the logs.
    error = 0.5e-3 * np.log(values).var()
    assert mean(0.0) == near(np.exp(np.log(values).mean()), relative=1.1 * error)
    # For low exponents it is the weakest, times n to the power of -1/exponent.
    assert mean(-200.0) == near(0.2 * 3 ** (1 / 200), relative=1e-9)
    assert mean(-10.0) < mean(-2.0) < mean(-1.0) < mean(0.0) < mean(0.9)


# Decisions ----------------------------------------------------------------------------------------


GIVEN = {**INITIATIVE, "domains": {"urgent_care": 0.8, "independence": 0.2}}


def deciding(n: int = 3, **sections: object) -> World:
    """Three different organisations before a decision about one initiative for all of them."""
    objectives = [
        {"urgent_care": 0.6, "prevention": 0.4},
        {"independence": 1.0},
        {"prevention": 1.0},
        {"urgent_care": 1.0},
    ]
    organisations = [
        {"name": name, "objectives": weights} for name, weights in zip("abcd", objectives, strict=True)
    ]
    world = quiet(
        organisations=organisations[:n],
        vision={"weights": {"urgent_care": 0.5, "prevention": 0.5}, "planning_horizon": 60.0},
        **{
            "programme": {"n_simultaneous": 1, "complementarity": -2.0, "initiatives": [GIVEN]},
            "decision": {
                "exposure": 0.6,
                "referral_protection": 0.4,
                "value_alone": 0.5,
                "cost_base": 0.1,
                "cost_pressure": 0.2,
                "cost_load": 0.3,
                "sharpness": 5.0,
                "adjustment_rate": 0.25,
            },
        }
        | sections,
    )
    state = world.state
    for i in range(n):
        state.incentive_share[i], state.planning_horizon[i] = 0.3 + 0.1 * i, 20.0 + 10 * i
    world.p.organisations.interdependence[:n] = [0.8, 0.5, 1.0, 0.0][:n]
    state.trust[:n, :, :n] = np.random.default_rng(4).uniform(0.1, 0.9, (n, 3, n))
    state.vision_commitment[:n] = [0.2, 0.5, 0.8]
    state.target_pressure[:n] = 0.4
    state.contribution[:n] = 0.5
    state.in_force[:n, levers.DELEGATED_AUTHORITY] = 0.25
    state.planned_rate[0], state.believed_rate[0, :n], state.work[0] = 0.2, 0.1, 0.5
    return world


def net_of(world: World, i: int, layer: int, others: list[int]) -> float:
    """What one layer stands to gain, in the words of the model description."""
    state, p = world.state, world.p
    mix, vision = state.benefit_mix[0, :4], [0.5, 0.0, 0.5, 0.0]
    delay = min(60.0, (2.0 - 0.5) / (0.5 * 0.2 + 0.5 * 0.1))
    own = state.incentive_share[i] * cosine(state.objectives[i, :4], mix) - state.member_harm[0, i]
    own *= exp(-delay / state.planning_horizon[i])
    joint = cosine(vision, mix) * exp(-delay / 60.0)
    v = state.vision_commitment[i, layer]
    stake = (1 - v) * own + v * joint
    shares = [1.0] * len(others)
    reliance = ces([float(state.trust[i, layer, j]) for j in others], shares, -2.0)
    exposure = 0.6 * (1 - 0.4 * 0.75)
    delta = float(p.organisations.interdependence[i])
    return (
        delta * (stake * reliance - exposure * (1 - reliance)) + (1 - delta) * p.decision.value_alone * stake
    )


def decided(net: float, cost: float = 0.1 + 0.2 * 0.4, before: float = 0.5) -> float:
    return before + 0.25 * (1 / (1 + exp(-5.0 * (net - cost))) - before)


def test_contribution_moves_to_a_logistic_of_what_is_to_be_gained() -> None:
    world = deciding()
    world.state.member_harm[0, 1] = 0.2
    expected = [
        [decided(net_of(world, i, layer, [j for j in range(3) if j != i])) for layer in range(3)]
        for i in range(3)
    ]
    before = copied(world).state
    run(world, "weigh_initiatives", "decide_contributions")
    assert world.state.contribution[:3] == near(np.array(expected))
    assert {"contribution", "stake"} <= changed(before, world.state)


def test_stake_is_the_mean_over_layers_and_initiatives() -> None:
    world = deciding()
    world.p.organisations.interdependence[:3], world.p.decision.value_alone = (
        0.0,
        1.0,
    )  # so that net is stake
    expected = np.mean([net_of(world, 1, layer, [0, 2]) for layer in range(3)])
    run(world, "weigh_initiatives", "decide_contributions")
    assert world.state.stake[1] == near(expected)


def test_those_who_left_are_not_relied_on() -> None:
    world = deciding()
    world.state.is_present[1] = 0.0
    expected = decided(net_of(world, 0, 1, [2]))
    run(world, "weigh_initiatives", "decide_contributions")
    assert world.state.contribution[0, 1] == near(expected)
    assert world.state.contribution[1] == near([0, 0, 0]) and world.state.stake[1] == 0.0


def test_front_line_staff_alone_weigh_a_quick_win() -> None:
    world = deciding()
    world.state.is_quick[0] = 1.0
    expected = [decided(0.0), decided(0.0), decided(net_of(world, 0, 2, [1, 2]))]
    run(world, "weigh_initiatives", "decide_contributions")
    assert world.state.contribution[0] == near(expected)


def test_each_further_initiative_costs() -> None:
    two = {"n_simultaneous": 2, "stagger_months": 0, "initiatives": [INITIATIVE, INITIATIVE]}
    loaded = deciding(programme=two)
    single = copied(loaded)
    single.state.needs[1, 0] = 0.0
    for world in (loaded, single):
        world.p.organisations.interdependence[:3], world.p.decision.value_alone = (
            0.0,
            0.0,
        )  # nothing to be gained
        run(world, "weigh_initiatives", "decide_contributions")
    assert single.state.contribution[0] == near([decided(0.0)] * 3)
    assert loaded.state.contribution[0] == near([decided(0.0, 0.1 + 0.2 * 0.4 + 0.3 / 2)] * 3)


def test_no_benefit_is_believed_further_off_than_five_years() -> None:
    world = deciding()
    world.state.planned_rate[0], world.state.believed_rate[0, :3] = 1e-9, 0.0
    world.p.organisations.interdependence[:3], world.p.decision.value_alone = 0.0, 1.0
    run(world, "weigh_initiatives", "decide_contributions")
    mix, v = world.state.benefit_mix[0, :4], 0.5
    own = 0.3 * cosine(world.state.objectives[0, :4], mix) * exp(-60 / 20)
    joint = cosine([0.5, 0, 0.5, 0], mix) * exp(-1)
    assert world.state.stake[0] == near((1 - v) * own + v * joint)


def test_referring_back_protects_and_its_switch_takes_that_away() -> None:
    exposed = deciding()
    exposed.state.in_force[:3, levers.DELEGATED_AUTHORITY] = 1.0
    unprotected = deciding(mechanisms={"referral_reason": False})
    protected = deciding()
    for world in (exposed, unprotected, protected):
        run(world, "weigh_initiatives", "decide_contributions")
    assert exposed.state.contribution.tolist() == unprotected.state.contribution.tolist()
    assert (protected.state.contribution[:3] > exposed.state.contribution[:3]).all()


def test_the_conditional_rule_mixes_ones_own_view_and_the_belief_about_others() -> None:
    rule = {"rule": "conditional", "own_view_weight": 0.3, "belief_weight": 0.6}
    world = deciding(decision={**rule, "sharpness": 0.0, "adjustment_rate": 0.25})
    world.state.belief[:3] = 0.7
    run(world, "weigh_initiatives", "decide_contributions")
    assert world.state.contribution[0] == near([0.5 + 0.25 * (0.3 * 0.5 + 0.6 * 0.7 - 0.5)] * 3)


# Promises -----------------------------------------------------------------------------------------


def delivering(**switches: bool) -> World:
    trust = {"reliability": 0.9, "pressure_on_reliability": 0.3, "shortfall": 0.5}
    world = quiet(2, trust=trust, mechanisms=switches)
    state = world.state
    state.target_pressure[:2], state.contribution[:2] = 0.5, 0.6
    state.in_force[:2] = 0.0
    state.in_force[:2, levers.PARTNERSHIP_MANAGED_TEAMS] = 1.0
    return world


@pytest.mark.parametrize(
    ("lever", "value", "switches", "chance"),
    [
        (levers.OWN_AWAY_DAYS, 0.0, {}, 0.9 - 0.3 * 0.5),
        (levers.OWN_AWAY_DAYS, 6.0, {}, 0.75 + c.AWAY_DAY_PROMISES / 2),
        (levers.OWN_AWAY_DAYS, 24.0, {}, 0.75 + c.AWAY_DAY_PROMISES),
        (levers.OWN_AWAY_DAYS, 6.0, {"away_days_reason": False}, 0.75),
        (levers.PARTNERSHIP_MANAGED_TEAMS, 0.4, {}, 0.75 - 0.6 * c.HANDOFF_PROMISES),
        (levers.PARTNERSHIP_MANAGED_TEAMS, 0.4, {"separate_teams_promises": False}, 0.75),
    ],
)
def test_promises_are_kept_by_chance_and_a_broken_one_delivers_a_part(
    lever: int, value: float, switches: dict[str, bool], chance: float
) -> None:
    world = delivering(**switches)
    world.state.in_force[0, lever] = value
    run(world, "deliver_promises")
    assert world.state.kept[0] == near([chance] * 3)
    assert world.state.delivered[0] == near([0.6 * (chance + 0.5 * (1 - chance))] * 3)


def test_competence_trust_rises_with_kept_promises_and_falls_faster_with_broken_ones() -> None:
    world = quiet(2, trust={"promise_rate": 0.1, "news_asymmetry": 3.0})
    state = world.state
    state.contact[0, 1], state.contribution[1] = 0.8, [0.5, 0.5, 0.0]
    state.kept[1], state.competence_trust[0, :, 1] = [1.0, 0.0, 0.0], 0.6
    before = copied(world).state
    run(world, "judge_promises")
    expected = [0.6 + 0.1 * 0.4 * 0.4, 0.6 - 0.1 * 0.4 * 0.6 * (1 + 2 * 4 * 0.6 * 0.4), 0.6]
    assert state.competence_trust[0, :, 1] == near(expected)
    assert changed(before, state) == {"competence_trust"}


# Gates --------------------------------------------------------------------------------------------


def at_gate(n: int = 3, **sections: object) -> World:
    """One initiative of n waits for a decision."""
    world = quiet(n, programme={"n_simultaneous": 1, "initiatives": [INITIATIVE]}, **sections)
    state = world.state
    state.contribution[:n, 0] = np.linspace(0.4, 0.8, n)
    state.trust[:n, 0, :n], state.accountability[:n] = 0.5, 0.5
    state.in_force[:n, levers.SEPARATE_PRE_MEETINGS] = 0.0
    state.in_force[:n, levers.DELEGATED_AUTHORITY] = 0.0
    return world


CONSENT = np.linspace(0.4, 0.8, 3) * (1 - c.ACCOUNTABILITY_CONSENT * 0.5) * 0.75


def gate_after(world: World, months: int = 1) -> float:
    for _ in range(months):
        run(world, "pass_gates")
    return float(world.state.gate[0])


def test_referred_back_a_decision_needs_every_board_whose_yes_stands_three_months() -> None:
    world = at_gate()
    first = np.prod(CONSENT)
    second = np.prod(1 - (1 - CONSENT) ** 2)
    third = np.prod(1 - (1 - CONSENT) ** 3)
    assert gate_after(world) == near(first)
    assert gate_after(world) == near(first + second)
    assert gate_after(world) == near(first + second + third)
    assert world.state.gate[0] < 1.0
    assert gate_after(world) == near(first + second + 2 * third)  # the first yes stands no more


def test_delegated_decisions_need_the_mean_consent_at_the_table() -> None:
    world = at_gate()
    world.state.in_force[:3, levers.DELEGATED_AUTHORITY] = 1.0
    assert gate_after(world) == near(CONSENT.mean())
    world = at_gate()
    world.state.in_force[:3, levers.DELEGATED_AUTHORITY] = [0.1, 0.3, 0.8]
    assert gate_after(world) == near(0.4 * CONSENT.mean() + 0.6 * np.prod(CONSENT))
    assert gate_after(at_gate(mechanisms={"referral_harm": False})) == near(CONSENT.mean())


def test_consent_is_harder_to_give_for_accountable_boards_and_easier_with_a_mandate() -> None:
    free = at_gate(mechanisms={"accountability_consent": False})
    assert gate_after(free) == near(np.prod(CONSENT / (1 - c.ACCOUNTABILITY_CONSENT * 0.5)))
    world = at_gate()
    world.state.in_force[:3, levers.SEPARATE_PRE_MEETINGS] = 0.6
    mandated = CONSENT + world.p.decision.mandate * 0.6 * (1 - CONSENT)
    assert gate_after(world) == near(np.prod(mandated))
    world = at_gate(mechanisms={"pre_meetings_reason": False})
    world.state.in_force[:3, levers.SEPARATE_PRE_MEETINGS] = 0.6
    assert gate_after(world) == near(np.prod(CONSENT))


def test_trust_makes_consent_easier() -> None:
    world = at_gate()
    world.state.trust[0, 0, :3] = [0.0, 0.9, 0.3]
    consent = CONSENT * np.array([(0.5 + 0.3) / 0.75, 1, 1])
    assert gate_after(world) == near(np.prod(consent))


def test_a_member_that_left_gives_no_consent() -> None:
    world = at_gate()
    world.state.is_present[2] = 0.0
    assert gate_after(world, 6) == 0.0


def test_an_open_gate_asks_no_more_and_a_crisis_waives_gates() -> None:
    world = at_gate()
    world.state.gate[0] = 1.0
    before = copied(world).state
    run(world, "pass_gates")
    assert not changed(before, world.state)
    world = at_gate()
    world.state.crisis[0] = 1.0
    assert gate_after(world) == near(1.0)


def test_a_lead_imposes_what_it_wants_and_pays_in_goodwill() -> None:
    lead = {"organisation": "b", "authority": 0.5, "resentment": 0.2}
    world = at_gate(lead=lead)
    world.state.goodwill_trust[:3, :, :3] = 0.6
    imposed = 0.5 * 0.6  # b's board contributes .6
    before = copied(world).state
    assert gate_after(world) == near(np.prod(CONSENT) + imposed)
    expected = before.goodwill_trust[:3, :, :3].copy()
    expected[[0, 2], :, 1] *= 1 - 0.2 * imposed
    assert world.state.goodwill_trust[:3, :, :3] == near(expected)
    assert changed(before, world.state) == {"gate", "votes", "goodwill_trust"}


def test_a_lead_that_left_or_is_not_needed_imposes_nothing_on_others() -> None:
    world = at_gate(lead={"organisation": "b", "authority": 1.0})
    world.state.is_present[1] = 0.0
    goodwill = world.state.goodwill_trust.copy()
    run(world, "pass_gates")
    assert world.state.goodwill_trust.tolist() == goodwill.tolist()


def test_a_lead_without_authority_changes_not_one_bit() -> None:
    named = {"lead": {"organisation": "b", "authority": 0.0}}
    assert not differing(series_of(place(3, months=18)), series_of(place(3, months=18, **named)))


# Work ---------------------------------------------------------------------------------------------


def working(n: int = 3, **sections: object) -> World:
    """One initiative without gates, and everything in the way of work put aside."""
    world = quiet(
        n,
        **{
            "programme": {
                "n_simultaneous": 1,
                "complementarity": -2.0,
                "diminishing": 0.0,
                "initiatives": [{"size": 9.0, "n_gates": 0}],
            },
            "vision": {"size": 10.0},
        }
        | sections,
    )
    state = world.state
    state.delivered[:n] = [0.9, 0.8, 0.4]
    state.capacity[:n], state.meeting_share[:n] = np.linspace(0.5, 1.5, n), 0.2
    state.in_force[:n, levers.PARTNERSHIP_MANAGED_TEAMS] = 1.0
    state.realised_rate[0], state.believed_rate[0, :n] = 0.3, 0.5
    state.load[:n] = 1.0
    return world


HANDS = c.FRONT_LINE_WORK * 0.4 + c.MANAGEMENT_WORK * 0.8
EFFORTS = [capacity * 0.8 * HANDS for capacity in (0.5, 1.0, 1.5)]
PROGRESS = ces(EFFORTS, [1, 1, 1], -2.0)


def test_work_goes_at_the_ces_mean_of_the_members_efforts() -> None:
    world = working()
    run(world, "do_work")
    state = world.state
    assert state.work[0] == near(PROGRESS) and state.age[0] == 1.0
    assert state.realised_rate[0] == near(0.3 + c.PACE_RATE * (PROGRESS - 0.3))
    seen = 0.5 + c.BELIEF_RATE * (state.realised_rate[0] - 0.5)
    assert state.believed_rate[0, :3] == near([seen] * 3)


def test_a_quick_win_is_the_front_lines_work() -> None:
    world = working()
    world.state.is_quick[0] = 1.0
    run(world, "do_work")
    assert world.state.work[0] == near(PROGRESS / HANDS * 0.4)


@pytest.mark.parametrize(
    ("switches", "factor"),
    [
        ({}, (1 - c.HANDOFF_WORK * 0.6) * (1 - c.TRANSITION_WORK * 0.3)),
        ({"separate_teams_handoffs": False}, 1 - c.TRANSITION_WORK * 0.3),
        ({"transition_dip": False}, 1 - c.HANDOFF_WORK * 0.6),
    ],
)
def test_separate_teams_and_moving_teams_lose_work(switches: dict[str, bool], factor: float) -> None:
    world = working(mechanisms=switches)
    world.state.in_force[:3, levers.PARTNERSHIP_MANAGED_TEAMS] = [0.2, 0.4, 0.6]
    world.state.transition[:3] = [0.0, 0.3, 0.6]
    run(world, "do_work")
    assert world.state.work[0] == near(PROGRESS * factor)


def test_the_last_of_the_vision_is_harder_than_the_first() -> None:
    world = working()
    world.p.programme.diminishing = 2.0
    world.state.work_delivered[0] = 4.0
    run(world, "do_work")
    assert world.state.work[0] == near(PROGRESS / (1 + 2 * 0.4))


def test_effort_is_spread_over_what_an_organisation_is_needed_for() -> None:
    two = {
        "n_simultaneous": 2,
        "stagger_months": 0,
        "complementarity": -2.0,
        "diminishing": 0.0,
        "initiatives": [{"size": 9.0, "n_gates": 0}, {"size": 9.0, "n_gates": 0}],
    }
    world = working(programme=two)
    world.state.needs[1, 0] = 0.0
    run(world, "weigh_initiatives", "decide_contributions")
    assert list(world.state.load[:3]) == [1.0, 2.0, 2.0]
    run(world, "do_work")
    a, b, third = EFFORTS
    assert world.state.work[0] == near(ces([a, b / 2, third / 2], [1, 1, 1], -2.0))
    assert world.state.work[1] == near(ces([b / 2, third / 2], [1, 1], -2.0))


def test_nothing_is_done_while_a_decision_is_awaited_but_time_goes_on() -> None:
    world = working()
    world.state.n_gates[0] = 2
    run(world, "do_work")
    assert world.state.work[0] == 0.0 and world.state.age[0] == 1.0
    assert world.state.realised_rate[0] == near(0.3 * (1 - c.PACE_RATE))
    world.state.gate[0] = 1.0
    run(world, "do_work")
    assert world.state.work[0] == near(PROGRESS)


def test_a_stage_that_is_done_counts_and_the_next_waits_for_its_gate() -> None:
    world = working()
    state = world.state
    state.n_gates[0], state.gate[0], state.work_size[0] = 3, 1.0, 9.0
    state.work[0], state.benefit[0] = 3.0 - PROGRESS / 2, -0.5
    state.member_harm[0, 1] = 0.6
    state.votes[0, :3] = 1.0
    mix = state.benefit_mix[0, :4].copy()
    run(world, "do_work")
    assert state.stage[0] == 1 and state.stages_now[0] == 1.0 and state.gate[0] == 0.0
    assert not state.votes[0].any()
    assert state.work_delivered[0] == near(3.0)
    assert state.pending[:4] == near(-0.5 * 3.0 * mix)
    assert state.harm[:3] == near([0, 0.2, 0])
    assert state.work[0] == near(3.0 + PROGRESS / 2)


def test_surplus_goes_over_to_the_next_initiative_which_starts_the_month_after() -> None:
    world = working()
    state = world.state
    state.work[0] = 9.0 - PROGRESS / 4
    run(world, "do_work", "begin_initiatives")
    assert state.counts[:2].tolist() == [1, 0] and state.work_delivered[0] == near(9.0)
    assert state.surplus[0] == near(0.75 * PROGRESS)
    assert state.number[0] == 1 and state.work[0] == 0.0 and state.age[0] == 0.0
    state.gate[0] = 1.0
    run(world, "do_work")
    assert state.work[0] == near(1.75 * PROGRESS) and state.surplus[0] == 0.0


# Benefit ------------------------------------------------------------------------------------------


def test_finished_work_is_felt_with_a_lag_and_erodes() -> None:
    world = working(place={"embedding_months": 4.0, "erosion_rate": 0.1})
    state = world.state
    state.vision[:4], state.pending[:4] = [0.1, 0.2, 0.3, 0.4], [2.0, 0.0, -6.0, 0.0]
    state.embedded[:4] = [0.2, 0.5, 0.0, 0.0]
    run(world, "embed_work")
    assert state.pending[:4] == near([1.5, 0.0, -4.5, 0.0])
    assert state.embedded[:4] == near([0.18 + 0.5 / 1.0, 0.45, -1.5 / 3.0, 0.0])


def test_own_benefit_and_own_cost_add_up() -> None:
    world = working(place={"erosion_rate": 0.0}, decision={"cost_base": 0.1, "cost_pressure": 0.2})
    state = world.state
    state.embedded[:4], state.objectives[0, :4] = [0.4, 0, 0, 0], [0.5, 0.5, 0, 0]
    state.incentive_share[0], state.target_pressure[0], state.harm[0] = 0.3, 0.5, 0.07
    state.delivered[0], state.is_present[1] = [0.3, 0.6, 0.9], 0.0
    for _ in range(2):
        run(world, "embed_work")
    price = 0.1 + 0.2 * 0.5
    assert state.own_benefit[0] == near(2 * 0.3 * 0.2)
    assert state.own_cost[0] == near(2 * (price * (0.2 + 0.8 * 0.6) + 0.07))
    assert state.own_benefit[1] == state.own_cost[1] == 0.0


def test_small_wins_feed_trust_and_commitment_of_those_who_took_part() -> None:
    world = working(trust={"small_wins": 0.2})
    state = world.state
    state.needs[0, :3], state.stages_now[0] = [1, 1, 0], 2.0
    state.ceiling[:3], state.vision_commitment[:3] = 0.9, 0.4
    state.contact[:3, :3] = 0.5
    state.competence_trust[:3, :, :3], state.goodwill_trust[:3, :, :3] = 0.6, 0.3
    before = copied(world).state
    run(world, "celebrate_stages")
    assert state.vision_commitment[:3, 1] == near([0.9 - 0.5 * 0.8**2] * 2 + [0.4])
    assert state.competence_trust[0, 0, 1] == near(1 - 0.4 * 0.9**2)
    assert state.goodwill_trust[1, 2, 0] == near(1 - 0.7 * 0.9**2)
    assert state.goodwill_trust[0, 0, 2] == 0.3 == state.goodwill_trust[2, 0, 0]
    assert changed(before, state) == {"competence_trust", "goodwill_trust", "vision_commitment"}
    world.p.mechanisms.small_wins = False
    before = copied(world).state
    run(world, "celebrate_stages")
    assert not changed(before, state)


# Abandonment, replacement -------------------------------------------------------------------------


def test_what_is_far_too_late_is_given_up_and_disappoints_its_members() -> None:
    world = working(trust={"abandonment_loss": 0.25})
    world.p.programme.patience = 2.0
    state = world.state
    state.planned_months[0], state.age[0], state.needs[0, :3] = 10.0, 20.0, [1, 1, 0]
    state.vision_commitment[:3], state.competence_trust[:3, :, :3] = 0.8, 0.6
    before = copied(world).state
    run(world, "abandon_initiatives")
    assert not changed(before, state)  # not yet later than twice the plan
    state.age[0] = 21.0
    run(world, "abandon_initiatives")
    assert state.number[0] == -1 and state.counts[:2].tolist() == [0, 1]
    assert state.vision_commitment[:3, 0] == near([0.6, 0.6, 0.8])
    assert state.competence_trust[0, 0, 1] == near(0.45) == near(state.competence_trust[1, 2, 0])
    assert state.competence_trust[0, 0, 2] == 0.6
    run(world, "begin_initiatives")
    assert state.number[0] == 1 and state.work_delivered[0] == 0.0


def test_one_that_left_is_replaced_after_three_months_by_the_member_that_fits_best() -> None:
    wants = ["urgent_care", "urgent_care", "prevention", "independence", "prevention"]
    organisations = [
        {"name": name, "objectives": {domain: 1.0}} for name, domain in zip("abcde", wants, strict=True)
    ]
    given = {**INITIATIVE, "members": ["a", "b", "c"], "domains": {"prevention": 0.7, "independence": 0.3}}
    world = quiet(organisations=organisations, programme={"n_simultaneous": 1, "initiatives": [given]})
    state = world.state
    state.is_present[2], state.believed_rate[0, :5] = 0.0, 0.01
    for _ in range(c.REPLACEMENT_MONTHS):
        run(world, "abandon_initiatives")
        assert state.needs[0, :5] == near([1, 1, 1, 0, 0])
    run(world, "abandon_initiatives")
    assert state.needs[0, :5] == near([1, 1, 0, 0, 1])
    assert state.believed_rate[0, 4] == state.planned_rate[0]
    assert state.number[0] == 0


def test_an_initiative_without_two_members_is_given_up() -> None:
    world = working(2)
    world.state.is_present[1] = 0.0
    run(world, *["abandon_initiatives"] * (c.REPLACEMENT_MONTHS + 1))
    assert world.state.number[0] == -1 and world.state.counts[1] == 1


# What is taken on next ----------------------------------------------------------------------------


@pytest.mark.parametrize("trust", [0.0, 0.4, 1.0])
def test_with_trust_grows_what_is_taken_on_and_fewer_gates_are_asked_for(trust: float) -> None:
    world = working(
        programme={
            "n_simultaneous": 1,
            "initiative_size": 3.0,
            "max_gates": 5,
            "members_per_initiative": 2,
            "planned_effort": 0.4,
            "diminishing": 0.0,
        }
    )
    state = world.state
    state.trust[:3, :, :3], state.number[0] = trust, -1
    run(world, "begin_initiatives")
    assert state.work_size[0] == near(3.0 * (0.5 + trust))
    assert state.n_gates[0] == 1 + round(4 * (1 - trust) + 1e-9)
    usual_load = max(1.0, 1 * 2 / 3)
    assert state.planned_rate[0] == near(0.4 / usual_load)
    planned = state.work_size[0] / 0.4 + c.PLANNED_GATE_MONTHS * state.n_gates[0]
    assert state.planned_months[0] == near(planned)
    assert state.needs[0, :3].sum() == 2


def test_those_whose_objectives_fit_best_are_asked() -> None:
    organisations = [
        {"name": name, "objectives": {"urgent_care": share, "prevention": 1 - share}}
        for name, share in zip("abcd", [0.1, 0.6, 0.9, 0.3], strict=True)
    ]
    world = quiet(
        organisations=organisations,
        vision={"weights": {"urgent_care": 1.0}},
        programme={"n_simultaneous": 1, "members_per_initiative": 2},
    )
    assert world.state.needs[0, :4] == near([0, 1, 1, 0])
    world.state.is_present[2], world.state.number[0] = 0.0, -1
    run(world, "begin_initiatives")
    assert world.state.needs[0, :4] == near([0, 1, 0, 1])


def test_given_initiatives_come_first_and_in_their_month() -> None:
    given = [
        {"size": 4.0, "n_gates": 3, "start_month": 0, "members": ["a", "b"]},
        {"size": 5.0, "n_gates": 0, "start_month": 3, "quick_win": True},
    ]
    scenario = place(3, luck=0.0, programme={"n_simultaneous": 2, "initiatives": given})
    state = begin(scenario).state
    assert state.number[:2].tolist() == [0, -1]
    assert state.work_size[0] == 4.0 and state.n_gates[0] == 3
    assert state.needs[0, :3] == near([1, 1, 0])
    assert begin(scenario, 2).state.number[1] == -1
    state = begin(scenario, 3).state
    assert state.number[1] == 1 and state.work_size[1] == 5.0 and state.is_quick[1] == 1.0


def test_the_first_ones_start_one_after_the_other() -> None:
    scenario = place(3, luck=0.0, programme={"n_simultaneous": 3, "stagger_months": 4})
    for month, under_way in ((0, 1), (3, 1), (4, 2), (7, 2), (8, 3)):
        assert (begin(scenario, month).state.number[:3] >= 0).sum() == under_way


def test_harm_of_size_0_changes_not_one_bit() -> None:
    given = {"n_simultaneous": 2, "initiatives": [INITIATIVE]}
    harmless = {"n_simultaneous": 2, "initiatives": [{**INITIATIVE, "harm": {"a": 0.0}}]}
    one, other = (place(3, months=18, programme=p) for p in (given, harmless))
    assert not differing(series_of(one), series_of(other))
