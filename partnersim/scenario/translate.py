"""From a scenario, as people write it, to the arrays that the core reads."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, get_args

import numpy as np

from partnersim.model.parameters import PARAMETERS
from partnersim.model.record import new_record
from partnersim.scenario.declarations import (
    LAYERS,
    LEVERS,
    MAX_COORDINATORS,
    MAX_MONTHS,
    Coordinator,
    EventType,
    Organisation,
)
from partnersim.scenario.scenario import Scenario

EVENT_TYPES = get_args(EventType)


def to_parameters(scenario: Scenario) -> np.record:
    """The parameters of a scenario: a record of `core.parameters.PARAMETERS`."""
    return Translator().write(scenario)


class Translator:
    """Writes one scenario after another into the same record.

    Parts of a scenario that are the very same as in the one before are not translated again: of
    many scenarios that differ in a few settings, each then costs little.
    """

    def __init__(self) -> None:
        self._record = new_record(PARAMETERS)
        # Views: to look a field of a record up by name takes longer than to write it.
        whole: Any = self._record.base
        self._fields = {name: whole.view(np.ndarray)[name] for name in PARAMETERS.names or ()}
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._last: Scenario | None = None

    def write(self, scenario: Scenario) -> np.record:
        """The parameters of a scenario, in a record that holds them until the next call."""
        last, self._last = self._last, None  # whatever is left half written is not relied on
        changed = None if last is None else _changed(last, scenario)
        for translate, parts in READS.items():
            if changed is None or not changed.isdisjoint(parts):
                for name, value in translate(scenario).items():
                    self._put(name, value)
        self._last = scenario
        return self._record

    def _put(self, name: str, value: Any) -> None:
        """Write a field: a number, or an array into the room that there is for it."""
        room = self._fields[name]
        if room.ndim == 1:
            room[0] = value
            return
        if self._shapes.setdefault(name, value.shape) != value.shape:
            room[...] = 0  # there may have been more of them before
            self._shapes[name] = value.shape
        room[(0, *map(slice, value.shape))] = value


def _changed(last: Scenario, scenario: Scenario) -> set[str]:
    """The parts of a scenario that are not the very same as in another."""
    changed = {name for name in PARTS if getattr(last, name) is not getattr(scenario, name)}
    # Most of what reads organisations reads their names only, which hardly ever change.
    may_be_others = changed & {"organisations", "drawn"}
    if may_be_others and last.organisation_names != scenario.organisation_names:
        changed.add(NAMES)
    return changed


def _run(scenario: Scenario) -> dict[str, Any]:
    """How long, and with how much luck."""
    return dict(
        months=scenario.months,
        luck=float(scenario.luck),
    )


def _organisations(scenario: Scenario) -> dict[str, Any]:
    """Organisations, and how many."""
    names = scenario.organisation_names
    organisations = scenario.organisations or _means(scenario)
    return dict(
        n=len(names),
        n_domains=len(scenario.domains),
        label=_whole(range(len(names))),
        objectives=_rows([_weights(o.objectives, scenario.domains) for o in organisations]),
        planning_horizon=_floats(o.planning_horizon for o in organisations),
        accountability=_floats(o.accountability for o in organisations),
        incentive_share=_floats(o.incentive_share for o in organisations),
        capacity=_floats(o.capacity for o in organisations),
        interdependence=_floats(o.interdependence for o in organisations),
        base_pressure=_floats(o.pressure for o in organisations),
    )


def _drawing(scenario: Scenario) -> dict[str, Any]:
    """How to draw organisations."""
    drawn = scenario.drawn

    def spread(name: str) -> float:
        return float(getattr(drawn, name)) if drawn else 0.0

    return dict(
        is_drawn=drawn is not None,
        objective_diversity=spread("objective_diversity"),
        horizon_diversity=spread("horizon_diversity"),
        culture_diversity=spread("culture_diversity"),
        pressure_spread=spread("pressure_spread"),
        accountability_spread=spread("accountability_spread"),
        incentive_spread=spread("incentive_spread"),
        capacity_spread=spread("capacity_spread"),
    )


def _presence(scenario: Scenario) -> dict[str, Any]:
    """Who is there from the start."""
    names = scenario.organisation_names
    joining = {e.organisation for e in scenario.events if e.type == "organisation_joins"}
    return dict(
        is_present_at_start=_floats(name not in joining for name in names),
    )


def _culture(scenario: Scenario) -> dict[str, Any]:
    """How far apart organisations are."""
    organisations = scenario.organisations or _means(scenario)
    trust = scenario.trust
    return dict(
        cultural_distance=_distances(organisations, trust.usual_cultural_distance),
    )


def _working(scenario: Scenario) -> dict[str, Any]:
    """Ways of working, as stated."""
    organisations = scenario.organisations or _means(scenario)
    return dict(
        levers=_levers(scenario, organisations),
    )


def _targets(scenario: Scenario) -> dict[str, Any]:
    """Targets of all organisations."""
    place = _positions(scenario.organisation_names)
    domain = _positions(scenario.domains)
    pressure = scenario.pressure
    organisations = scenario.organisations or _means(scenario)
    targets = [(place[o.name], target) for o in organisations for target in o.targets]
    return dict(
        n_targets=len(targets),
        target_organisation=_whole(i for i, _ in targets),
        target_domain=_whole(domain[t.domain] for _, t in targets),
        target_weight=_floats(t.weight for _, t in targets),
        target_cycle=_floats(t.cycle_months for _, t in targets),
        target_phase=_floats(
            pressure.national_phase_months if t.origin == "national" else t.phase_months
            for _, t in targets
        ),
    )


def _vision(scenario: Scenario) -> dict[str, Any]:
    """The vision."""
    vision = scenario.vision
    return dict(
        vision_size=float(vision.size),
        vision_weights=_floats(vision.weights.get(name, 0.0) for name in scenario.domains),
        vision_horizon=float(vision.planning_horizon),
    )


def _programme(scenario: Scenario) -> dict[str, Any]:
    """How the programme is drawn."""
    programme = scenario.programme
    return dict(
        n_simultaneous=programme.n_simultaneous,
        stagger_months=programme.stagger_months,
        members_per_initiative=programme.members_per_initiative,
        initiative_size=float(programme.initiative_size),
        size_spread=float(programme.size_spread),
        max_gates=programme.max_gates,
        quick_win_share=float(programme.quick_win_share),
        quick_win_size=float(programme.quick_win_size),
        focus=float(programme.focus),
        benefit_spread=float(programme.benefit_spread),
        shared_benefit=float(programme.shared_benefit),
        complementarity=float(programme.complementarity),
        diminishing=float(programme.diminishing),
        planned_effort=float(programme.planned_effort),
        patience=float(programme.patience),
    )


def _given(scenario: Scenario) -> dict[str, Any]:
    """Initiatives given by hand."""
    names = scenario.organisation_names
    initiatives = scenario.programme.initiatives
    return dict(
        n_given=len(initiatives),
        given_members=_rows(
            [[float(name in (g.members or names)) for name in names] for g in initiatives],
            len(names),
        ),
        given_domains=_rows(
            [[g.domains.get(name, 0.0) for name in scenario.domains] for g in initiatives],
            len(scenario.domains),
        ),
        given_size=_floats(g.size for g in initiatives),
        given_gates=_whole(g.n_gates for g in initiatives),
        given_quick=_floats(g.quick_win for g in initiatives),
        given_start=_whole(g.start_month for g in initiatives),
        given_harm=_rows(
            [[g.harm.get(name, 0.0) for name in names] for g in initiatives], len(names)
        ),
    )


def _starting(scenario: Scenario) -> dict[str, Any]:
    """Where it begins."""
    return dict(
        start_trust=float(scenario.starting.trust_mean),
        start_trust_spread=float(scenario.starting.trust_spread),
        start_contact=float(scenario.starting.contact_mean),
        start_contact_spread=float(scenario.starting.contact_spread),
        start_tension=float(scenario.starting.tension),
        start_commitment=float(scenario.starting.commitment),
        start_contribution=float(scenario.starting.contribution),
    )


def _trust(scenario: Scenario) -> dict[str, Any]:
    """How trust is learnt and lost."""
    trust = scenario.trust
    return dict(
        goodwill_weight=float(trust.goodwill_weight),
        disposition=float(trust.disposition),
        news_asymmetry=float(trust.news_asymmetry),
        deeds=float(trust.deeds),
        misreading_noise=float(trust.misreading_noise),
        joint_day_rate=float(trust.joint_day_rate),
        agreement_loss=float(trust.agreement_loss),
        promise_rate=float(trust.promise_rate),
        reliability=float(trust.reliability),
        pressure_on_reliability=float(trust.pressure_on_reliability),
        shortfall=float(trust.shortfall),
        decay_rate=float(trust.decay_rate),
        turnover_loss=float(trust.turnover_loss),
        small_wins=float(trust.small_wins),
        abandonment_loss=float(trust.abandonment_loss),
    )


def _relations(scenario: Scenario) -> dict[str, Any]:
    """Contact and issues."""
    relations = scenario.relations
    return dict(
        meeting_budget=float(relations.meeting_budget),
        issue_rate=float(relations.issue_rate),
        surfacing_rate=float(relations.surfacing_rate),
        flare_loss=float(relations.flare_loss),
        rupture_rate=float(relations.rupture_rate),
        rupture_loss=float(relations.rupture_loss),
    )


def _decision(scenario: Scenario) -> dict[str, Any]:
    """How contributions are decided."""
    decision = scenario.decision
    return dict(
        is_conditional=decision.rule == "conditional",
        own_view_weight=float(decision.own_view_weight),
        belief_weight=float(decision.belief_weight),
        sharpness=float(decision.sharpness),
        exposure=float(decision.exposure),
        referral_protection=float(decision.referral_protection),
        mandate=float(decision.mandate),
        value_alone=float(decision.value_alone),
        cost_base=float(decision.cost_base),
        cost_pressure=float(decision.cost_pressure),
        cost_load=float(decision.cost_load),
        adjustment_rate=float(decision.adjustment_rate),
    )


def _pressure(scenario: Scenario) -> dict[str, Any]:
    """What drives pressure."""
    pressure = scenario.pressure
    return dict(
        deadline_pressure=float(pressure.deadline),
        load_pressure=float(pressure.load),
        relief=float(pressure.relief),
        shock_spread=float(pressure.shock_spread),
        national_shock_spread=float(pressure.national_shock_spread),
        shock_persistence=float(pressure.shock_persistence),
    )


def _commitment(scenario: Scenario) -> dict[str, Any]:
    """What moves commitment."""
    commitment = scenario.commitment
    return dict(
        pull=float(commitment.pull),
        commitment_alone=float(commitment.alone),
        identification=float(commitment.identification),
        colleague_rate=float(commitment.colleague_rate),
        adoption=float(commitment.adoption),
        adoption_rate=float(commitment.adoption_rate),
    )


def _demand(scenario: Scenario) -> dict[str, Any]:
    """Demand in the place."""
    return dict(
        log_growth=math.log1p(scenario.place.demand_growth),
        reach=float(scenario.place.reach),
        embedding_months=float(scenario.place.embedding_months),
        erosion_rate=float(scenario.place.erosion_rate),
    )


def _turnover(scenario: Scenario) -> dict[str, Any]:
    """Who leaves."""
    turnover = scenario.turnover
    return dict(
        turnover_rate=_floats(getattr(turnover, f"{layer}_rate") for layer in LAYERS),
        trust_floor=float(turnover.trust_floor),
        stake_floor=float(turnover.stake_floor),
        withdrawal_rate=float(turnover.withdrawal_rate),
    )


def _survey(scenario: Scenario) -> dict[str, Any]:
    """How people answer."""
    return dict(
        survey_noise=float(scenario.survey.noise),
        avoidance_bonus=float(scenario.survey.avoidance_bonus),
    )


def _lead(scenario: Scenario) -> dict[str, Any]:
    """Somebody in charge."""
    place = _positions(scenario.organisation_names)
    lead = scenario.lead
    return dict(
        lead=place[lead.organisation],
        lead_authority=float(lead.authority),
        resentment=float(lead.resentment),
    )


def _coordinators(scenario: Scenario) -> dict[str, Any]:
    """Coordinators appointed, and places for those who emerge."""
    place = _positions(scenario.organisation_names)
    coordinators = [*scenario.coordinators, *_places_for_emergence(scenario)]
    return dict(
        n_coordinators=len(coordinators),
        n_appointed=len(scenario.coordinators),
        coordinator_host=_whole(place[c.host] for c in coordinators),
        impartiality=_floats(c.impartiality for c in coordinators),
        skill=_floats(c.skill for c in coordinators),
        meetings_per_month=_floats(c.meetings_per_month for c in coordinators),
        coordinator_reach=_rows(
            [[float(layer in c.layers) for layer in LAYERS] for c in coordinators], len(LAYERS)
        ),
        coordinator_from=_whole(c.from_month for c in coordinators),
        coordinator_to=_whole(c.to_month for c in coordinators),
        coordinator_cost=_floats(c.cost for c in coordinators),
        attention_commitment=_floats(c.attention.commitment for c in coordinators),
        attention_tie=_floats(c.attention.tie for c in coordinators),
        attention_time=_floats(c.attention.time for c in coordinators),
        attention_temperature=_floats(c.attention.temperature for c in coordinators),
        emergence_rate=float(scenario.emergence.rate),
    )


def _interventions(scenario: Scenario) -> dict[str, Any]:
    """Levers set for some months."""
    names = scenario.organisation_names
    interventions = scenario.interventions
    return dict(
        n_interventions=len(interventions),
        intervention_lever=_whole(LEVERS.index(z.lever) for z in interventions),
        intervention_members=_rows(
            [[float(name in (z.organisations or names)) for name in names] for z in interventions],
            len(names),
        ),
        intervention_value=_floats(z.value for z in interventions),
        intervention_from=_whole(z.from_month for z in interventions),
        intervention_to=_whole(z.to_month for z in interventions),
    )


def _events(scenario: Scenario) -> dict[str, Any]:
    """Events in their months."""
    place = _positions(scenario.organisation_names)
    domain = _positions(scenario.domains)
    events = scenario.events
    return dict(
        n_events=len(events),
        event_type=_whole(EVENT_TYPES.index(e.type) for e in events),
        event_month=_whole(e.month for e in events),
        event_organisation=_whole(place[e.organisation] for e in events),
        event_layer=_whole(LAYERS.index(e.layer) for e in events),
        event_domain=_whole(domain[e.domain] for e in events),
        event_size=_floats(e.size for e in events),
        event_months=_whole(e.months for e in events),
    )


def _switches(scenario: Scenario) -> dict[str, Any]:
    """Switches of the model's routes."""
    switches = scenario.mechanisms
    return dict(
        has_away_days_harm=switches.away_days_harm,
        has_away_days_reason=switches.away_days_reason,
        has_pre_meetings_harm=switches.pre_meetings_harm,
        has_pre_meetings_reason=switches.pre_meetings_reason,
        has_framing_harm=switches.framing_harm,
        has_framing_reason=switches.framing_reason,
        has_referral_harm=switches.referral_harm,
        has_referral_reason=switches.referral_reason,
        has_separate_teams_handoffs=switches.separate_teams_handoffs,
        has_separate_teams_promises=switches.separate_teams_promises,
        has_transition_dip=switches.transition_dip,
        has_avoidance_harm=switches.avoidance_harm,
        has_avoidance_reason=switches.avoidance_reason,
        has_meeting_time_cost=switches.meeting_time_cost,
        has_accountability_consent=switches.accountability_consent,
        has_small_wins=switches.small_wins,
        has_articulation=switches.articulation,
        has_bridging=switches.bridging,
        has_resolution=switches.resolution,
        has_convening=switches.convening,
        is_trust_frozen=switches.trust_frozen,
    )


def _positions(names: Sequence[str]) -> dict[str, int]:
    """Where each name stands; -1 for none."""
    return {name: at for at, name in enumerate(names)} | {"": -1}


def _floats(values: Iterable[float]) -> np.ndarray:
    return np.array([float(value) for value in values], np.float64)


def _whole(values: Iterable[int]) -> np.ndarray:
    return np.array(list(values), np.int64)


def _rows(rows: Sequence[Sequence[float]], width: int | None = None) -> np.ndarray:
    """A matrix; with no rows, an empty one of the width."""
    return np.array(rows, np.float64).reshape(len(rows), len(rows[0]) if width is None else width)


def _weights(given: dict[str, float], names: Sequence[str]) -> list[float]:
    """Weights in the order of names, summing to 1; all alike where none are given."""
    if not given:
        return [1.0 / len(names)] * len(names)
    total = math.fsum(given.values())
    return [given.get(name, 0.0) / total for name in names]


def _means(scenario: Scenario) -> list[Organisation]:
    """Drawn organisations before they are drawn: each at the means."""
    drawn = scenario.drawn
    assert drawn is not None
    return [
        Organisation(
            name=name,
            planning_horizon=drawn.horizon_mean,
            accountability=drawn.accountability_mean,
            incentive_share=drawn.incentive_mean,
            interdependence=drawn.interdependence,
            pressure=drawn.pressure_mean,
        )
        for name in scenario.organisation_names
    ]


def _distances(organisations: Sequence[Organisation], usual: float) -> np.ndarray:
    n = len(organisations)
    matrix = np.full((n, n), float(usual))
    np.fill_diagonal(matrix, 0.0)
    for i, organisation in enumerate(organisations):
        for j, other in enumerate(organisations):
            if other.name in organisation.cultural_distance:
                matrix[i, j] = matrix[j, i] = organisation.cultural_distance[other.name]
    return matrix


def _levers(scenario: Scenario, organisations: Sequence[Organisation]) -> np.ndarray:
    """What is stated of each lever for each organisation: its own, else everybody's."""
    usual = [getattr(scenario.ways_of_working, lever) for lever in LEVERS]
    own = [[getattr(o.ways_of_working, lever) for lever in LEVERS] for o in organisations]
    return _rows([[u if v is None else v for u, v in zip(usual, row, strict=True)] for row in own])


def _places_for_emergence(scenario: Scenario) -> list[Coordinator]:
    """Places for coordinators who may emerge: one for each organisation, as far as 10 go."""
    if scenario.emergence.rate == 0.0:
        return []
    room = MAX_COORDINATORS - len(scenario.coordinators)
    return [
        Coordinator(
            name=f"emerged-{number}",
            skill=scenario.emergence.skill,
            meetings_per_month=scenario.emergence.meetings_per_month,
            cost=scenario.emergence.cost,
            from_month=MAX_MONTHS - 1,
        )
        for number in range(min(room, scenario.n_organisations))
    ]


NAMES = "organisation_names"
"""Stands for a scenario's organisations where only who they are counts."""

READS: dict[Callable[[Scenario], dict[str, Any]], tuple[str, ...]] = {
    _run: ("months", "luck"),
    _organisations: ("organisations", "drawn", "domains"),
    _drawing: ("drawn",),
    _presence: (NAMES, "events"),
    _culture: ("organisations", "drawn", "trust"),
    _working: ("organisations", "drawn", "ways_of_working"),
    _targets: ("organisations", "drawn", "domains", "pressure"),
    _vision: ("vision", "domains"),
    _programme: ("programme",),
    _given: ("programme", NAMES, "domains"),
    _starting: ("starting",),
    _trust: ("trust",),
    _relations: ("relations",),
    _decision: ("decision",),
    _pressure: ("pressure",),
    _commitment: ("commitment",),
    _demand: ("place",),
    _turnover: ("turnover",),
    _survey: ("survey",),
    _lead: ("lead", NAMES),
    _coordinators: ("coordinators", "emergence", NAMES),
    _interventions: ("interventions", NAMES),
    _events: ("events", NAMES, "domains"),
    _switches: ("mechanisms",),
}
"""Each part of the translation, and the parts of a scenario that it reads."""

PARTS = tuple({part for parts in READS.values() for part in parts} - {NAMES})
"""All parts of a scenario that are translated."""
