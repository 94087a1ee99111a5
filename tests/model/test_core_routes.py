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
from tests.places import PROCESSES, WORKINGS, World, begin, changed, copied, copy_fields, place

Routes = dict[str, set[str]]
Change = Callable[[World], None]

MONTH = 13  # of which the story is told
AT = {row.name: at for at, row in enumerate(schedule.MONTH)}


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
            "own_away_days": 4.0,
            "joint_away_days": 3.0,
            "circulated_vision": 2.0,
            "position_sharing": 2.0,
            "separate_pre_meetings": 0.5,
            "own_needs_framing": 0.5,
            "delegated_authority": 0.4,
            "partnership_managed_teams": 0.3,
            "issue_avoidance": 0.5,
            "binding_agreement": 0.3,
            "cross_links": 2.0,
        },
        programme={
            "initiatives": [
                {"size": 80.0, "harm": {"a": 0.1}},
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
            {"lever": "contribution", "value": 0.8, "from_month": MONTH, "organisations": ["b"]},
            {"lever": "promises_under_pressure", "value": 0.5, "from_month": MONTH, "organisations": ["b"]},
        ],
        events=[
            {
                "type": "leader_leaves",
                "month": MONTH,
                "organisation": "a",
                "size": 0.7,
                "layer": "management",
            },
            {"type": "reorganisation", "month": MONTH, "organisation": "c", "size": 0.3},
            {"type": "common_crisis", "month": MONTH, "size": 0.01, "months": 3},
            {"type": "funding_cut", "month": MONTH - 1, "size": 0.2, "months": 6},
            {
                "type": "national_target_lands",
                "month": MONTH - 3,
                "months": 6,
                "size": 0.5,
                "domain": "prevention",
            },
            {"type": "organisation_joins", "month": MONTH, "organisation": "e"},
        ],
    )


@cache
def month_before() -> World:
    """The busy place as the month begins, put where every mechanism has something to do."""
    world = begin(busy_place(), MONTH)
    state = world.state
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
        schedule.perform(AT[name], AT[name] + 1, *world)
        told[name] = copied(world)
    return told


def routes_of(change: Change) -> Routes:
    """What each process leaves different, when a change was made just before it."""
    before, routes = month_before(), {}
    other = copied(before)
    for name in PROCESSES:
        change(other)
        own = changed(before.state, other.state)
        schedule.perform(AT[name], AT[name] + 1, *other)
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
PROMISED = "kept delivered hands"
DONE = "pace work work_delivered pending harm"
PACE = DONE + " freed held_up"
DECIDED = "decision votes goodwill_trust"
SEEN = {"hear_talk": "goodwill_trust", "see_deeds": "goodwill_trust"}
DECISION = {"decide_contributions": "contribution"}
VALUE = DECISION | {"weigh_initiatives": "stake"}
LOST = {name: "vision_commitment credibility " + TRUST for name in ("let_events_happen", "change_leaders")}
COMMITMENT = {"update_commitment": "vision_commitment"}

MAY_OR_MAY_NOT = {"meetings", "decisions", "freed", "held_up"}
"""What goes by whole numbers or thresholds: a small change need not reach the next one."""

LEVER_ROUTES = {
    # The harm, and why people do it: promises are kept, and layers follow each other faster
    "own_away_days": {"spend_time": TIME, "deliver_promises": PROMISED} | COMMITMENT,
    "joint_away_days": {"spend_time": TIME, "make_contact": "contact", "spend_joint_days": "goodwill_trust"}
    | COMMITMENT,
    "circulated_vision": {"spend_time": TIME} | COMMITMENT,
    "position_sharing": {"spend_time": TIME} | SEEN,
    "separate_pre_meetings": {"spend_time": TIME, "hear_talk": "goodwill_trust", "take_decisions": DECIDED},
    "own_needs_framing": SEEN,
    "delegated_authority": {"take_decisions": "decision"},
    "partnership_managed_teams": {"set_levers": "transition", "deliver_promises": PROMISED, "do_work": PACE},
    "issue_avoidance": {"raise_issues": "tension goodwill_trust"},
    "binding_agreement": {
        "set_levers": "withdrawn",
        "spend_joint_days": "goodwill_trust",
        "assess_trust": "trust",
        "take_decisions": DECIDED,
    }
    | SEEN,
    "cross_links": {"spend_time": TIME, "let_events_happen": TRUST, "change_leaders": TRUST},
}

MOVES_TRUST = {
    **dict.fromkeys(("let_events_happen", "change_leaders", "forget_partners"), TRUST),
    **dict.fromkeys(
        (
            *("bridge_partners", "serve_host", "hear_talk", "see_deeds", "miss_agreements"),
            *("spend_joint_days", "raise_issues", "let_issues_break_out", "take_decisions"),
        ),
        "goodwill_trust",
    ),
    **dict.fromkeys(("judge_partners", "give_up_work"), "competence_trust"),
}

SWITCH_ROUTES = {
    "mechanisms.away_days_harm": COMMITMENT,
    "mechanisms.away_days_reason": {"deliver_promises": PROMISED} | COMMITMENT,
    "mechanisms.pre_meetings_harm": {"hear_talk": "goodwill_trust"},
    "mechanisms.pre_meetings_reason": {"take_decisions": DECIDED},
    "mechanisms.framing_harm": {"hear_talk": "goodwill_trust"},
    "mechanisms.framing_reason": SEEN,
    "mechanisms.referral_harm": {"take_decisions": DECIDED + " decisions freed"},
    "mechanisms.referral_reason": {"take_decisions": "goodwill_trust"},
    "mechanisms.separate_teams_handoffs": {"do_work": PACE},
    "mechanisms.separate_teams_promises": {"deliver_promises": PROMISED},
    "mechanisms.transition_dip": {"do_work": PACE},
    "mechanisms.avoidance_harm": {"raise_issues": "tension goodwill_trust"},
    "mechanisms.avoidance_reason": {"raise_issues": "tension goodwill_trust"},
    "mechanisms.meeting_time_cost": {"spend_time": "meeting_share"},
    "mechanisms.accountability_consent": {"take_decisions": DECIDED + " decisions freed"},
    "mechanisms.results": COMMITMENT,
    "mechanisms.framework": {"take_decisions": DECIDED},
    "mechanisms.chasing": {"take_decisions": DECIDED},
    "mechanisms.articulation": {"articulate_vision": "vision_commitment"},
    "mechanisms.bridging": {"bridge_partners": "goodwill_trust"},
    "mechanisms.resolution": {"convene_partners": "helped"},
    "mechanisms.convening": {"convene_partners": "convened"},
    "mechanisms.trust_frozen": MOVES_TRUST,
    "decision.is_conditional": DECISION | {"update_beliefs": "belief"},
}

ATTENTION = VALUE | {
    "near_deadlines": "objectives deadline ceiling",
    "compare_interests": "conflict",
    "settle_accounts": "got",
}

PARAMETER_ROUTES = {
    "organisations.interdependence": DECISION | {"settle_accounts": "got put"},
    "organisations.targets.weight": ATTENTION,
    "vision.size": {"do_work": DONE, "embed_work": "embedded own_benefit"},
    "vision.planning_horizon": VALUE,
    "programme.initiative_size": {"begin_initiatives": "work_size"},
    "programme.complementarity": DECISION | {"do_work": PACE},
    "programme.diminishing": {"do_work": DONE},
    "trust.rate": SEEN | {"judge_partners": "competence_trust"},
    "trust.news_asymmetry": SEEN
    | {"spend_joint_days": "goodwill_trust", "judge_partners": "competence_trust"},
    "trust.deeds": SEEN | {"judge_coordinators": "seen", "spend_joint_days": "goodwill_trust"},
    "trust.disposition": {"let_events_happen": TRUST, "change_leaders": TRUST, "forget_partners": TRUST},
    "trust.hope": VALUE | {"see_what_is_given": "deed", "compare_with_plans": "going joint_going"},
    "relations.meeting_budget": {"spend_time": TIME, "make_contact": "contact"},
    "relations.issue_rate": {"raise_issues": "tension goodwill_trust"},
    "relations.flare_loss": {"raise_issues": "goodwill_trust", "let_issues_break_out": "goodwill_trust"},
    "decision.sharpness": DECISION,
    "decision.exposure": DECISION | {"settle_accounts": "put"},
    "decision.mandate": {"take_decisions": DECIDED},
    "decision.resentment": {"take_decisions": "goodwill_trust"},
    "decision.value_alone": DECISION | {"settle_accounts": "put"},
    "decision.cost_pressure": DECISION | {"settle_accounts": "put", "embed_work": "own_cost"},
    "pressure.relief": {"feel_pressure": "target_pressure"},
    "commitment.pull": COMMITMENT,
    "commitment.alone": COMMITMENT
    | {"let_events_happen": "vision_commitment", "change_leaders": "vision_commitment"},
    "commitment.identification": COMMITMENT,
    "place.embedding_months": VALUE | {"embed_work": "pending embedded own_benefit"},
    "place.erosion_rate": {"embed_work": "embedded own_benefit"},
    "turnover.rate": {"change_leaders": LOST["change_leaders"]},
    "lead.authority": {"take_decisions": "decision goodwill_trust"},
    "coordinators.skill": {"judge_coordinators": "credibility"},
    "coordinators.cost": {"spend_time": TIME},
    "emergence.rate": {"change_coordinators": "emerging"},
    "interventions.value": {"set_levers": "in_force transition", "deliver_promises": PROMISED} | DECISION,
    "events.size": ATTENTION
    | {
        "set_capacity": "capacity crisis",
        "let_events_happen": LOST["let_events_happen"] + " stated practised",
    },
}

LARGE_CHANGES = {
    "organisations.targets.cycle_months": (1.25, ATTENTION),  # a whole number of months
    "coordinators.meetings_per_month": (1.5, {"choose_meetings": "meetings"}),
    "coordinators.layers": (0.0, {"choose_meetings": "meetings"}),
    "coordinators.for_commitment": (1e3, {"choose_meetings": "meetings"}),
    "coordinators.for_tie": (1e3, {"choose_meetings": "meetings"}),
    "coordinators.for_time": (1e3, {"choose_meetings": "meetings"}),
    "coordinators.temperature": (9.0, {"choose_meetings": "meetings"}),
    "interventions.organisations": (
        0.0,
        {"set_levers": "in_force is_held transition", "deliver_promises": PROMISED} | DECISION,
    ),
}
"""Parameters that act by whether something happens, with a factor large enough for it."""

STATE_ROUTES = {
    # The drivers, as they act in a month
    "accountability": {"take_decisions": DECIDED} | COMMITMENT,
    "objectives": VALUE
    | {
        "feel_pressure": "target_pressure",
        "compare_interests": "conflict",
        "settle_accounts": "got",
        "embed_work": "own_benefit",
    },
    "deadline": {"feel_pressure": "target_pressure"},
    "cultural_distance": SEEN,
    "incentive_share": VALUE | {"settle_accounts": "got", "embed_work": "own_benefit"},
    "member_harm": VALUE | {"settle_accounts": "got", "do_work": "harm"},
    "planning_horizon": VALUE,
    # Pressure and means
    "base_pressure": {"feel_pressure": "target_pressure"},
    "shock": {"feel_pressure": "target_pressure"},
    "national_shock": {"feel_pressure": "target_pressure"},
    "target_pressure": DECISION
    | {"deliver_promises": PROMISED, "settle_accounts": "put", "embed_work": "own_cost"}
    | COMMITMENT,
    "meeting_share": {"do_work": PACE, "settle_accounts": "put", "embed_work": "own_cost"},
    "transition": {"do_work": PACE},
    # Trust acts through what is decided, agreed, handed over and felt, and nowhere else
    "competence_trust": {"assess_trust": "trust"},
    "goodwill_trust": {"assess_trust": "trust", "raise_issues": "tension", "hold_meetings": "seen_impartial"},
    "trust": DECISION
    | {"choose_meetings": "meetings", "take_decisions": DECIDED, "do_work": PACE}
    | COMMITMENT,
    "vision_commitment": VALUE
    | {
        "withdraw_members": "leaving",
        "change_coordinators": "emerging conduct",
        "choose_meetings": "meetings",
        "judge_coordinators": "seen",
        "hear_talk": "goodwill_trust",
        "spend_joint_days": "goodwill_trust",
        "take_decisions": DECIDED,
        "change_practice": "practised",
    },
    "belief": DECISION,
    "contact": SEEN | {"judge_partners": "competence_trust", "forget_partners": TRUST},
    "tension": {
        "make_contact": "contact",
        "raise_issues": "goodwill_trust",
        "let_issues_break_out": "goodwill_trust",
    },
    "conflict": {"hear_talk": "goodwill_trust", "raise_issues": "tension goodwill_trust"},
    # Work: what was given and how it went is what others learn from
    "deed": {
        "judge_coordinators": "seen",
        "see_deeds": "goodwill_trust",
        "spend_joint_days": "goodwill_trust",
        "judge_partners": "competence_trust",
    },
    "going": {"judge_coordinators": "credibility"} | COMMITMENT,
    "joint_going": {"judge_partners": "competence_trust"},
    "freed": {"do_work": PACE.replace(" harm", "")},
    "difficulty": {"do_work": DONE},
    "benefit": {"do_work": "pending"},
    "hands": {"do_work": PACE, "settle_accounts": "put"},
    "got": {"withdraw_members": "leaving"},
    "put": {"withdraw_members": "leaving"},
    # Coordinators: credibility gives weight, and weight acts by five channels
    "conduct": {"hold_meetings": "weight held_for_host seen_impartial"},
    "credibility": {"hold_meetings": "weight"},
    "weight": {
        "articulate_vision": "vision_commitment",
        "bridge_partners": "goodwill_trust",
        "convene_partners": "helped convened",
        "take_decisions": DECIDED,
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
        "drawn": "accountability_spread capacity_spread culture_diversity horizon_diversity "
        "incentive_spread is_given objective_diversity pressure_spread",
        "coordinators": "impartiality",
        "starting": "contribution trust",
        "vision": "weights",
        "programme.initiatives": "domains harm members size",
    }
)
"""What is taken over when a run, a coordinator or an initiative begins."""

READ_WHEN_OBSERVING = {"place.log_growth", "place.reach"}

WHERE_AND_WHEN = paths(
    {
        "": "label luck months n n_domains",
        "organisations.targets": "domain n organisation phase_months",
        "coordinators": "from_month host n n_appointed to_month",
        "interventions": "from_month lever n to_month",
        "events": "domain layer month months n organisation type",
        "programme.initiatives": "n start_month",
        "programme": "members_per_initiative n_simultaneous",
        "lead": "organisation",
        "trust": "theory",
    }
)
"""Counts, months, and who and which: they say where, when and how the others act."""


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
    assert {row.name for row in schedule.MONTH if row.booked} == {*MOVES_TRUST, "follow_theory"}


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


def test_the_larger_members_count_for_more() -> None:
    def change(world: World) -> None:
        world.state.base_capacity[1] = 2.0

    measured = {"set_capacity": "capacity", "feel_pressure": "target_pressure", "spend_time": TIME}
    check(change, measured | COMMITMENT | {"see_what_is_given": "usual_share"})


def test_a_crisis_takes_decisions_and_brings_people_together() -> None:
    def change(world: World) -> None:
        world.state.crisis[0] = 1.0

    check(change, {"make_contact": "contact", "take_decisions": DECIDED + " decisions freed"})


@pytest.mark.parametrize(("theory", "own"), [(1, "damage"), (2, "together")])
def test_another_theory_learns_in_one_place_and_in_no_other(theory: int, own: str) -> None:
    def change(world: World) -> None:
        world.p.trust.theory = theory

    learning = {"spend_joint_days": "goodwill_trust", "judge_partners": "competence_trust"}
    check(change, SEEN | learning | {"follow_theory": f"{TRUST} {own}"})


def test_luck_reaches_each_process_in_which_there_is_chance() -> None:
    by_chance = """draw_shocks change_leaders withdraw_members change_coordinators choose_meetings
        hold_meetings hear_talk raise_issues let_issues_break_out deliver_promises take_decisions
        begin_initiatives"""
    assert set(routes_of(scale("luck"))) <= set(by_chance.split())


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
