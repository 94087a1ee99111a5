"""Which route each driver, lever, switch, parameter and coordinator channel takes.

One month of a place in which everything happens at once is taken apart: before each process the
thing is changed, all else as in the unchanged month, and the fields that the process then leaves
different are noted. The tables below are the model's claims: so, there, and nowhere else.
"""

from collections.abc import Callable
from functools import cache

import pytest

from partnersim.model import schedule
from partnersim.model.record import parts_of
from partnersim.scenario.declarations import LEVERS
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.translate import KINDS, PARAMETERS
from tests.places import PROCESSES, WORKINGS, World, begin, changed, copied, copy_fields, place, run

Routes = dict[str, set[str]]
Change = Callable[[World], None]

MONTH = 13  # of which the story is told


def busy_place() -> Scenario:
    """Four organisations and one that joins, different in everything, with all that there is."""
    domains = ["urgent_care", "long_term_conditions", "prevention", "independence"]
    organisations = [
        {
            "name": name,
            "objectives": dict(zip(domains, weights, strict=True)),
            "planning_horizon": 10.0 + 9.0 * k,
            "accountability": 0.3 + 0.1 * k,
            "incentive_share": 0.2 + 0.1 * k,
            "capacity": 0.8 + 0.1 * k,
            "interdependence": 0.6 + 0.05 * k,
            "pressure": 0.25 + 0.05 * k,
            "targets": [{"domain": domains[k % 4], "weight": 0.4, "cycle_months": 12}],
        }
        for k, (name, weights) in enumerate(
            zip(
                "abcde",
                [
                    (0.4, 0.3, 0.2, 0.1),
                    (0.1, 0.2, 0.3, 0.4),
                    (0.25, 0.25, 0.4, 0.1),
                    (0.3, 0.1, 0.2, 0.4),
                    (0.1, 0.5, 0.2, 0.2),
                ],
                strict=True,
            )
        )
    ]
    return place(
        2,
        organisations=organisations,
        luck=0.5,
        months=24,
        ways_of_working={
            "own_away_days": 4.0, "joint_away_days": 3.0, "circulated_vision": 2.0,
            "position_sharing": 2.0, "separate_pre_meetings": 0.5, "own_needs_framing": 0.5,
            "delegated_authority": 0.4, "partnership_managed_teams": 0.3, "issue_avoidance": 0.5,
            "binding_agreement": 0.3, "cross_links": 2.0,
        },
        programme={
            "initiatives": [
                {"size": 0.8, "harm": {"a": 0.1}},
                {"size": 5.0},
                {"size": 90.0, "domains": {"prevention": 1.0}},
                {"size": 50.0, "members": ["a", "b", "d"]},
            ]
        },
        relations={"meeting_budget": 1.0},
        lead={"organisation": "b", "authority": 0.3},
        emergence={"rate": 0.1},
        decision={"rule": "conditional"},
        coordinators=[
            {"name": "Ana", "host": "a", "impartiality": 0.6},
            {"name": "Ben", "meetings_per_month": 5.0, "attention": "anyone"},
        ],
        interventions=[
            {"lever": "partnership_managed_teams", "value": 0.6, "from_month": MONTH},
            {"lever": "own_away_days", "value": 2.0, "from_month": MONTH, "organisations": ["c"]},
            {"lever": "binding_agreement", "value": 0.5, "from_month": 3, "to_month": MONTH},
        ],
        events=[
            {"type": "leader_leaves", "month": MONTH, "organisation": "a", "size": 0.7,
             "layer": "management"},
            {"type": "reorganisation", "month": MONTH, "organisation": "c", "size": 0.3},
            {"type": "common_crisis", "month": MONTH, "size": 0.01, "months": 3},
            {"type": "funding_cut", "month": MONTH - 1, "size": 0.2, "months": 6},
            {"type": "national_target_lands", "month": MONTH - 3, "months": 6, "size": 0.5,
             "domain": "prevention"},
            {"type": "organisation_joins", "month": MONTH, "organisation": "e"},
        ],
    )  # fmt: skip


@cache
def month_before() -> World:
    """The busy place as the month begins, put where every mechanism has something to do."""
    world = begin(busy_place(), MONTH)
    state, p = world
    state.recent_pace[3] = 0.3 * state.usual_pace[0]  # so it will be given up
    state.work[0] = state.work_size[0] - 1e-9  # it will be done
    state.freed[:3] = 0.5, 0.0, 0.01
    state.got[3], state.put[3] = 0.1, 0.2  # d may leave
    state.tilt[0] = 0.1
    state.embedded[:4] = 0.1, 0.2, 0.3, 0.4
    return world


@cache
def story() -> dict[str, World]:
    """The unchanged month: the world after each process."""
    world, told = copied(month_before()), {}
    for name in PROCESSES:
        told[name] = copied(run(world, name))
    return told


def routes_of(change: Change) -> Routes:
    """What each process leaves different, when a change was made just before it."""
    before, routes = month_before(), {}
    other = copied(before)
    for name in PROCESSES:
        change(other)
        own = changed(before.state, other.state)
        run(other, name)
        after = story()[name]
        different = changed(after.state, other.state)
        if different - own - WORKINGS:
            routes[name] = different - own - WORKINGS
        # On to the next process: all but intermediate results is again as if nothing had been.
        copy_fields(after.state, other.state, different - WORKINGS)
        copy_fields(after.p, other.p, PARAMETERS.names)
        before = after
    return routes


# Changes ------------------------------------------------------------------------------------------


def scale(name: str, by: float = 1.07, record: str = "p") -> Change:
    """Another value of a parameter, or of a field of the state."""

    def change(world: World) -> None:
        source = story()["draw_shocks"] if record == "p" else month_before()
        before = parts_of(getattr(source, record))[name]
        parts_of(getattr(world, record))[name][...] = before * by

    return change


def switch(name: str) -> Change:
    """A mechanism turned off where it is on, and on where it is off."""

    def change(world: World) -> None:
        parts_of(world.p)[name][...] = ~parts_of(month_before().p)[name]

    return change


def work_otherwise(lever: str) -> Change:
    """A lever at another value, in practice and in force, for one organisation."""
    v = LEVERS.index(lever)

    def change(world: World) -> None:
        for organisation in (0, 1):
            value = 0.8 * month_before().state.practised[organisation, v]
            world.state.practised[organisation, v] = value
            world.state.in_force[organisation, v] = value

    return change


# Claims -------------------------------------------------------------------------------------------

TRUST = "competence_trust goodwill_trust"
TIME = "staff_days meeting_share"
PACE = "work realised_rate believed_rate"

MAY_OR_MAY_NOT = {"meetings", "n_gates", "stage", "stages_now"}
"""Whole numbers: a small change need not reach the next one."""

LEVER_ROUTES = {
    "own_away_days": {
        "spend_time": TIME,
        "deliver_promises": "kept delivered",  # why people do it
        # the harm; and colleagues follow each other faster
        "update_commitment": "vision_commitment",
    },
    "joint_away_days": {
        "spend_time": TIME,
        "make_contact": "contact",
        "spend_joint_days": "goodwill_trust",
        "update_commitment": "vision_commitment",
    },
    "circulated_vision": {"spend_time": TIME, "update_commitment": "vision_commitment"},
    "position_sharing": {"spend_time": TIME, "hear_talk": "goodwill_trust", "see_deeds": "goodwill_trust"},
    "separate_pre_meetings": {"spend_time": TIME, "hear_talk": "goodwill_trust", "pass_gates": "gate votes"},
    "own_needs_framing": {"hear_talk": "goodwill_trust", "see_deeds": "goodwill_trust"},
    "delegated_authority": {"decide_contributions": "contribution", "pass_gates": "gate"},
    "partnership_managed_teams": {
        "set_levers": "transition",
        "deliver_promises": "kept delivered",
        "do_work": PACE,
    },
    "issue_avoidance": {"raise_issues": "tension goodwill_trust"},
    "binding_agreement": {
        "set_levers": "withdrawn",
        "hear_talk": "goodwill_trust",
        "see_deeds": "goodwill_trust",
        "spend_joint_days": "goodwill_trust",
        "assess_trust": "trust",
    },
    "cross_links": {"spend_time": TIME, "let_events_happen": TRUST, "change_leaders": TRUST},
}

MOVES_TRUST = {
    **dict.fromkeys(("let_events_happen", "change_leaders", "celebrate_stages", "forget_partners"), TRUST),
    **dict.fromkeys(
        (
            "bridge_partners",
            "serve_host",
            "hear_talk",
            "see_deeds",
            "miss_agreements",
            "spend_joint_days",
            "raise_issues",
            "let_issues_break_out",
            "pass_gates",
        ),
        "goodwill_trust",
    ),
    **dict.fromkeys(("judge_promises", "abandon_initiatives"), "competence_trust"),
}

SWITCH_ROUTES = {
    "mechanisms.away_days_harm": {"update_commitment": "vision_commitment"},
    "mechanisms.away_days_reason": {
        "deliver_promises": "kept delivered",
        "update_commitment": "vision_commitment",
    },
    "mechanisms.pre_meetings_harm": {"hear_talk": "goodwill_trust"},
    "mechanisms.pre_meetings_reason": {"pass_gates": "gate votes"},
    "mechanisms.framing_harm": {"hear_talk": "goodwill_trust"},
    "mechanisms.framing_reason": {"hear_talk": "goodwill_trust", "see_deeds": "goodwill_trust"},
    "mechanisms.referral_harm": {"pass_gates": "gate"},
    "mechanisms.referral_reason": {"decide_contributions": "contribution"},
    "mechanisms.separate_teams_handoffs": {"do_work": PACE},
    "mechanisms.separate_teams_promises": {"deliver_promises": "kept delivered"},
    "mechanisms.transition_dip": {"do_work": PACE},
    "mechanisms.avoidance_harm": {"raise_issues": "tension goodwill_trust"},
    "mechanisms.avoidance_reason": {"raise_issues": "tension goodwill_trust"},
    "mechanisms.meeting_time_cost": {"spend_time": "meeting_share"},
    "mechanisms.accountability_consent": {"pass_gates": "gate votes"},
    "mechanisms.small_wins": {"celebrate_stages": TRUST + " vision_commitment"},
    "mechanisms.articulation": {"articulate_vision": "vision_commitment believed_rate"},
    "mechanisms.bridging": {"bridge_partners": "goodwill_trust"},
    "mechanisms.resolution": {"convene_partners": "helped"},
    "mechanisms.convening": {"convene_partners": "convened"},
    "mechanisms.trust_frozen": MOVES_TRUST,
    "decision.is_conditional": {"decide_contributions": "contribution", "update_beliefs": "belief"},
}

DECISION = {"decide_contributions": "contribution"}
LOST = {"let_events_happen": "vision_commitment credibility " + TRUST}
LOST_TOO = {"change_leaders": "vision_commitment credibility " + TRUST}
BEGUN = "work_size planned_months"
PLANNED = "planned_rate planned_months believed_rate"
ATTENTION = {
    "near_deadlines": "objectives deadline ceiling",
    "compare_interests": "conflict",
    "weigh_initiatives": "stake",
    "decide_contributions": "contribution",
}

PARAMETER_ROUTES = {
    "organisations.interdependence": DECISION,
    "organisations.targets.weight": ATTENTION,
    "vision.size": {"do_work": PACE, "embed_work": "embedded own_benefit", "begin_initiatives": PLANNED},
    "vision.planning_horizon": {"weigh_initiatives": "stake", "decide_contributions": "contribution"},
    "programme.initiative_size": {"begin_initiatives": BEGUN},
    "programme.size_spread": {"begin_initiatives": BEGUN},
    "programme.focus": {"begin_initiatives": "benefit_mix"},
    "programme.benefit_spread": {"begin_initiatives": "benefit"},
    "programme.shared_benefit": {"begin_initiatives": "benefit"},
    "programme.complementarity": DECISION | {"do_work": PACE},
    "programme.diminishing": {"do_work": PACE, "begin_initiatives": PLANNED},
    "programme.planned_effort": {
        "begin_initiatives": PLANNED,
        "judge_coordinators": "seen",
        "see_deeds": "goodwill_trust",
        "spend_joint_days": "goodwill_trust",
    },
    "trust.goodwill_weight": {"assess_trust": "trust"},
    "trust.disposition": {
        "let_events_happen": TRUST,
        "change_leaders": TRUST,
        "hear_talk": "goodwill_trust",
        "see_deeds": "goodwill_trust",
        "forget_partners": TRUST,
    },
    "trust.news_asymmetry": {
        "hear_talk": "goodwill_trust",
        "see_deeds": "goodwill_trust",
        "spend_joint_days": "goodwill_trust",
        "judge_promises": "competence_trust",
    },
    "trust.deeds": {
        "judge_coordinators": "seen",
        "hear_talk": "goodwill_trust",
        "see_deeds": "goodwill_trust",
        "spend_joint_days": "goodwill_trust",
    },
    "trust.misreading_noise": {"hear_talk": "goodwill_trust"},
    "trust.joint_day_rate": {"spend_joint_days": "goodwill_trust"},
    "trust.agreement_loss": {"miss_agreements": "goodwill_trust"},
    "trust.promise_rate": {"judge_promises": "competence_trust"},
    "trust.reliability": {"deliver_promises": "kept delivered"},
    "trust.pressure_on_reliability": {"deliver_promises": "kept delivered"},
    "trust.shortfall": {"deliver_promises": "delivered"},
    "trust.decay_rate": {"forget_partners": TRUST},
    "trust.turnover_loss": LOST | LOST_TOO,
    "trust.small_wins": {"celebrate_stages": TRUST + " vision_commitment"},
    "trust.abandonment_loss": {"abandon_initiatives": "competence_trust vision_commitment"},
    "relations.meeting_budget": {"spend_time": TIME, "make_contact": "contact"},
    "relations.issue_rate": {"raise_issues": "tension goodwill_trust"},
    "relations.surfacing_rate": {"raise_issues": "tension goodwill_trust"},
    "relations.flare_loss": {"raise_issues": "goodwill_trust"},
    "relations.rupture_rate": {"let_issues_break_out": "tension goodwill_trust"},
    "relations.rupture_loss": {"let_issues_break_out": "goodwill_trust"},
    "decision.own_view_weight": DECISION,
    "decision.belief_weight": DECISION,
    "decision.sharpness": DECISION,
    "decision.exposure": DECISION,
    "decision.referral_protection": DECISION,
    "decision.mandate": {"pass_gates": "gate votes"},
    "decision.value_alone": DECISION,
    "decision.cost_base": DECISION | {"embed_work": "own_cost"},
    "decision.cost_pressure": DECISION | {"embed_work": "own_cost"},
    "decision.cost_load": DECISION,
    "decision.adjustment_rate": DECISION,
    "pressure.deadline": {"feel_pressure": "target_pressure"},
    "pressure.load": {"feel_pressure": "target_pressure"},
    "pressure.relief": {"feel_pressure": "target_pressure"},
    "pressure.shock_spread": {"draw_shocks": "shock"},
    "pressure.national_shock_spread": {"draw_shocks": "national_shock"},
    "pressure.shock_persistence": {"draw_shocks": "shock national_shock"},
    "commitment.pull": {"update_commitment": "vision_commitment"},
    "commitment.alone": {
        "let_events_happen": "vision_commitment",
        "change_leaders": "vision_commitment",
        "update_commitment": "vision_commitment",
    },
    "commitment.identification": {"update_commitment": "vision_commitment"},
    "commitment.colleague_rate": {"update_commitment": "vision_commitment"},
    "commitment.adoption": {"change_practice": "practised"},
    "commitment.adoption_rate": {"change_practice": "practised"},
    "place.embedding_months": {"embed_work": "pending embedded own_benefit"},
    "place.erosion_rate": {"embed_work": "embedded own_benefit"},
    "turnover.rates": LOST_TOO,
    "turnover.withdrawal_rate": {"withdraw_members": "leaving"},
    "lead.authority": {"pass_gates": "gate goodwill_trust"},
    "lead.resentment": {"pass_gates": "goodwill_trust"},
    "coordinators.skill": {"judge_coordinators": "credibility"},
    "coordinators.cost": {"change_coordinators": "staff_days"},
    "emergence.rate": {"change_coordinators": "emerging"},
    "interventions.value": {"set_levers": "in_force transition"},
    "events.size": ATTENTION
    | LOST
    | {
        "set_capacity": "capacity crisis",
        "let_events_happen": LOST["let_events_happen"] + " stated practised",
    },
}

LARGE_CHANGES = {
    "organisations.targets.cycle_months": (1.25, ATTENTION),  # a whole number of months
    "programme.quick_win_share": (4.0, {"begin_initiatives": "is_quick n_gates " + BEGUN}),
    "programme.patience": (1e9, {"abandon_initiatives": "competence_trust vision_commitment counts number"}),
    "turnover.trust_floor": (0.0, {"withdraw_members": "leaving months_low"}),
    "turnover.stake_floor": (-9.0, {"withdraw_members": "leaving months_low"}),
    "coordinators.meetings_per_month": (1.5, {"choose_meetings": "meetings"}),
    "coordinators.layers": (0.0, {"choose_meetings": "meetings"}),
    "coordinators.attention.commitment": (1e3, {"choose_meetings": "meetings"}),
    "coordinators.attention.tie": (1e3, {"choose_meetings": "meetings"}),
    "coordinators.attention.time": (1e3, {"choose_meetings": "meetings"}),
    "coordinators.attention.temperature": (9.0, {"choose_meetings": "meetings"}),
    "interventions.organisations": (0.0, {"set_levers": "in_force is_held transition"}),
}
"""Parameters that act by whether something happens, with a factor large enough for it."""

STATE_ROUTES = {
    # The seven drivers, as they act in a month
    "accountability": {"pass_gates": "gate votes", "update_commitment": "vision_commitment"},
    "objectives": {
        "feel_pressure": "target_pressure",
        "compare_interests": "conflict",
        "weigh_initiatives": "stake",
        "decide_contributions": "contribution",
        "embed_work": "own_benefit",
    },
    "deadline": {"feel_pressure": "target_pressure"},
    "cultural_distance": {"hear_talk": "goodwill_trust", "see_deeds": "goodwill_trust"},
    "incentive_share": {
        "weigh_initiatives": "stake",
        "decide_contributions": "contribution",
        "embed_work": "own_benefit",
    },
    "member_harm": {"weigh_initiatives": "stake", "decide_contributions": "contribution", "do_work": "harm"},
    "planning_horizon": {"weigh_initiatives": "stake", "decide_contributions": "contribution"},
    # Pressure and means
    "base_pressure": {"feel_pressure": "target_pressure"},
    "shock": {"feel_pressure": "target_pressure"},
    "national_shock": {"feel_pressure": "target_pressure"},
    "target_pressure": DECISION
    | {
        "deliver_promises": "kept delivered",
        "embed_work": "own_cost",
        "update_commitment": "vision_commitment",
    },
    "base_capacity": {"set_capacity": "capacity", "feel_pressure": "target_pressure"},
    "meeting_share": {"do_work": PACE, "embed_work": "own_cost"},
    "transition": {"do_work": PACE},
    # Trust acts through what is decided, agreed, dared and felt, and nowhere else
    "competence_trust": {"assess_trust": "trust"},
    "goodwill_trust": {"assess_trust": "trust", "raise_issues": "tension", "hold_meetings": "seen_impartial"},
    "trust": DECISION
    | {
        "choose_meetings": "meetings",
        "pass_gates": "gate votes",
        "update_commitment": "vision_commitment",
        "begin_initiatives": BEGUN + " n_gates",
    },
    "vision_commitment": {
        "change_coordinators": "emerging",
        "choose_meetings": "meetings",
        "judge_coordinators": "seen",
        "hear_talk": "goodwill_trust",
        "spend_joint_days": "goodwill_trust",
        "weigh_initiatives": "stake",
        "decide_contributions": "contribution",
        "change_practice": "practised",
    },
    "belief": DECISION,
    "contact": {
        "hear_talk": "goodwill_trust",
        "see_deeds": "goodwill_trust",
        "judge_promises": "competence_trust",
        "celebrate_stages": TRUST,
        "forget_partners": TRUST,
    },
    "tension": {
        "make_contact": "contact",
        "raise_issues": "goodwill_trust",
        "let_issues_break_out": "goodwill_trust",
    },
    "conflict": {"hear_talk": "goodwill_trust", "raise_issues": "tension goodwill_trust"},
    # Coordinators: credibility gives weight, and weight acts by four channels
    "conduct": {"hold_meetings": "weight held_for_host seen_impartial"},
    "credibility": {"hold_meetings": "weight"},
    "weight": {
        "articulate_vision": "vision_commitment believed_rate",
        "bridge_partners": "goodwill_trust",
        "convene_partners": "helped convened",
    },
    "seen": {"bridge_partners": "goodwill_trust"},
    "helped": {"raise_issues": "tension goodwill_trust"},
    "convened": {"make_contact": "contact"},
    "held_for_host": {"serve_host": "tilt goodwill_trust", "judge_coordinators": "credibility"},
    "seen_impartial": {"judge_coordinators": "credibility"},
    "tilt": {"begin_initiatives": "benefit_mix"},
}


def paths(fields: dict[str, str]) -> set[str]:
    """Paths in the record, given the names of fields in each of its tables."""
    return {f"{at}.{name}".strip(".") for at, names in fields.items() for name in names.split()}


READ_AT_THE_START = paths(
    {
        "organisations": "accountability capacity cultural_distance incentive_share "
        "is_present_at_start objectives planning_horizon pressure ways_of_working",
        "drawn": "accountability_spread capacity_spread culture_diversity "
        "horizon_diversity incentive_spread is_given objective_diversity "
        "pressure_spread",
        "coordinators": "impartiality",
        "starting": "commitment contact_mean contact_spread contribution tension trust_mean trust_spread",
        "vision": "weights",
        "programme.initiatives": "domains harm members quick_win size",
        "programme": "quick_win_size",
    }
)
"""What is taken over when a run, a coordinator or an initiative begins."""

READ_WHEN_OBSERVING = {"place.log_growth", "place.reach", "survey.noise", "survey.avoidance_bonus"}

WHERE_AND_WHEN = paths(
    {
        "": "label luck months n n_domains",
        "organisations.targets": "domain n organisation phase_months",
        "coordinators": "from_month host n n_appointed to_month",
        "interventions": "from_month lever n to_month",
        "events": "domain layer month months n organisation type",
        "programme.initiatives": "n n_gates start_month",
        "programme": "max_gates members_per_initiative n_simultaneous stagger_months",
        "lead": "organisation",
    }
)
"""Counts, months, and who and which: they say where and when the others act."""


def check(change: Change, claimed: dict[str, str]) -> None:
    """The change does what is claimed of it, and nothing else."""
    found = routes_of(change)
    expected = {process: set(fields.split()) for process, fields in claimed.items()}
    for process in found.keys() | expected.keys():
        there, wanted = found.get(process, set()), expected.get(process, set())
        assert there <= wanted, f"{process} changes {sorted(there - wanted)} too"
        missing = wanted - there - MAY_OR_MAY_NOT
        assert not missing, f"{process} does not change {sorted(missing)}"


def test_the_ledger_has_a_name_for_each_process_that_moves_trust() -> None:
    assert {row.name for row in schedule.MONTH if row.booked} == set(MOVES_TRUST)


@pytest.mark.parametrize("lever", LEVERS)
def test_each_lever_acts_where_it_should_and_nowhere_else(lever: str) -> None:
    check(work_otherwise(lever), LEVER_ROUTES[lever])


@pytest.mark.parametrize("name", SWITCH_ROUTES)
def test_each_harm_reason_and_channel_is_switched_by_itself(name: str) -> None:
    check(switch(name), SWITCH_ROUTES[name])


@pytest.mark.parametrize("name", PARAMETER_ROUTES)
def test_each_parameter_acts_where_it_should_and_nowhere_else(name: str) -> None:
    check(scale(name), PARAMETER_ROUTES[name])


@pytest.mark.parametrize("name", LARGE_CHANGES)
def test_each_threshold_acts_where_it_should_and_nowhere_else(name: str) -> None:
    factor, claimed = LARGE_CHANGES[name]
    check(scale(name, factor), claimed)


@pytest.mark.parametrize("name", STATE_ROUTES)
def test_each_part_of_the_state_acts_where_it_should_and_nowhere_else(name: str) -> None:
    check(scale(name, 0.9, "state"), STATE_ROUTES[name])


@pytest.mark.parametrize("name", sorted(READ_AT_THE_START - {"drawn.is_given"}))
def test_what_is_taken_over_at_the_start_has_no_other_route(name: str) -> None:
    check(scale(name), {})


def test_a_crisis_waives_gates_and_brings_people_together() -> None:
    def change(world: World) -> None:
        world.state.crisis[0] = 1.0

    # Where a gate is waived nobody has to impose anything.
    check(change, {"make_contact": "contact", "pass_gates": "gate goodwill_trust"})


def test_a_change_of_stake_reaches_those_who_may_leave() -> None:
    check(scale("stake", 1e6, "state"), {"withdraw_members": "months_low leaving"})


def test_luck_reaches_each_process_in_which_there_is_chance() -> None:
    assert set(routes_of(scale("luck"))) <= {
        "draw_shocks",
        "change_leaders",
        "withdraw_members",
        "change_coordinators",
        "choose_meetings",
        "hold_meetings",
        "hear_talk",
        "raise_issues",
        "let_issues_break_out",
        "deliver_promises",
        "pass_gates",
        "begin_initiatives",
    }


CLAIMED = [
    *SWITCH_ROUTES,
    *PARAMETER_ROUTES,
    *LARGE_CHANGES,
    *READ_AT_THE_START,
    *READ_WHEN_OBSERVING,
    *WHERE_AND_WHEN,
]
"""All that the model reads; tests/scenario/test_declared_once.py says what is missing."""


def test_nothing_is_claimed_twice_or_of_what_is_not_there() -> None:
    assert sorted(CLAIMED) == sorted(set(CLAIMED))
    assert set(CLAIMED) <= set(KINDS)
