"""What holds in every partnership: ranges, symmetry, conservation, relabelling, doing nothing."""

from collections.abc import Iterator
from math import fsum
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from partnersim.model.draws import root
from partnersim.model.record import new_record, parts_of
from partnersim.model.room import N
from partnersim.model.schedule import simulate, start, step, walk
from partnersim.model.series import SERIES, detail_size, unpack_detail
from partnersim.model.state import STATE
from partnersim.runs.ledger import MECHANISMS, Ledger, explain
from partnersim.runs.measures import MEASURES, ONLY_SERIES, measure
from partnersim.scenario.declarations import DECISIONS, LAYERS, LEVERS, STRATEGIES, lever_bound
from partnersim.scenario.declared import parameters
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.translate import KINDS, to_parameters
from tests.places import WORKINGS, World, begin
from tests.reference import regenerate
from tests.strategies import scenarios

DOMAINS = ["urgent_care", "long_term_conditions", "prevention", "independence"]
EVERYTHING = regenerate.scenarios()["everything"]

few = settings(max_examples=15)
seeds = st.integers(0, 2**32)
Data = dict[str, Any]


# Scenarios at their bounds -----------------------------------------------------------------------

BOUNDS: dict[str, dict[str, tuple[float, float]]] = {}
for row in parameters():
    head, _, last = row.path.rpartition(".")
    if row.low is not None and row.high is not None and not isinstance(row.default, bool):
        number = int if isinstance(row.default, int) else float
        BOUNDS.setdefault(head, {})[last] = (number(row.low), number(row.high))


@st.composite
def at_bounds(draw: st.DrawFn, prefix: str, *without: str) -> Data:
    """A table whose numbers are each at their lowest or highest, or left as they are."""
    ends = {name: draw(st.sampled_from([None, *ends])) for name, ends in BOUNDS[prefix].items()}
    return {name: end for name, end in ends.items() if end is not None and name not in without}


@st.composite
def extremes(draw: st.DrawFn) -> Scenario:
    """Valid scenarios of any size, their numbers at the bounds, a few kinds of each thing."""
    n, months = draw(st.sampled_from([2, 3, 7, 50])), draw(st.integers(1, 40))
    names = [f"organisation-{k + 1}" for k in range(n)]
    someone, month = st.sampled_from(names), st.integers(0, months - 1)
    one_domain = st.sampled_from([{}, {DOMAINS[0]: 1.0}, {DOMAINS[3]: 1.0}])
    data: Data = {
        section: draw(at_bounds(section))
        for section in (
            "ways_of_working",
            "starting",
            "trust",
            "relations",
            "decision",
            "pressure",
            "commitment",
            "place",
            "turnover",
            "emergence",
        )
    }
    if draw(st.booleans()):
        data["drawn"] = {**draw(at_bounds("drawn")), "n_organisations": n}
    else:
        target = at_bounds("organisations.<name>.targets.<number>")
        kinds = [
            {
                "objectives": draw(one_domain),
                "targets": [{**draw(target), "domain": DOMAINS[draw(st.integers(0, 3))]}],
                **draw(at_bounds("organisations.<name>")),
            }
            for _ in range(3)
        ]
        data["organisations"] = [{"name": name, **kinds[k % 3]} for k, name in enumerate(names)]
    data["decision"]["rule"] = draw(st.sampled_from(["stake", "conditional"]))
    data["trust"]["theory"] = draw(st.sampled_from(["deeds", "two-layer", "loyalty"]))
    data["lead"] = {"organisation": draw(someone), **draw(at_bounds("lead"))}
    data["vision"] = {**draw(at_bounds("vision")), "weights": draw(one_domain)}
    data["programme"] = draw(at_bounds("programme")) | {
        "initiatives": [
            {
                "domains": draw(one_domain),
                "harm": {draw(someone): 1.0},
                **draw(at_bounds("programme.initiatives.<number>")),
            }
            for _ in range(draw(st.integers(0, 2)))
        ]
    }
    data["coordinators"] = [
        {
            "name": f"c{k}",
            "host": draw(st.sampled_from(["", names[0], names[-1]])),
            "attention": draw(st.sampled_from(sorted(STRATEGIES))),
            **draw(at_bounds("coordinators.<name>", "from_month", "to_month")),
        }
        for k in range(draw(st.sampled_from([0, 1, 10])))
    ]
    data["interventions"] = [
        {
            "lever": lever,
            "value": lever_bound(lever, draw(st.sampled_from(["ge", "le"]))),
            "from_month": draw(month),
        }
        for lever in draw(st.lists(st.sampled_from((*LEVERS, *DECISIONS)), max_size=4))
    ]
    joins = [{"type": "organisation_joins", "organisation": name} for name in names[2:4]]
    kinds_of_events = st.sampled_from(
        [
            "leader_leaves",
            "national_target_lands",
            "funding_cut",
            "reorganisation",
            "common_crisis",
            "organisation_withdraws",
        ]
    )
    data["events"] = [
        {
            "month": draw(month),
            "organisation": draw(someone),
            "layer": draw(st.sampled_from(LAYERS)),
            "domain": draw(st.sampled_from(DOMAINS)),
            "size": draw(st.sampled_from([0.0, 1.0])),
            "months": draw(st.sampled_from([1, 600])),
            **kind,
        }
        for kind in [*joins, *({"type": draw(kinds_of_events)} for _ in range(4))]
    ]
    luck = draw(st.sampled_from([0.0, 0.5, 1.0]))
    return Scenario.model_validate({"months": months, "luck": luck, **data})


any_scenario = st.one_of(scenarios(), extremes())


def months_of(scenario: Scenario, seed: int) -> Iterator[World]:
    """The partnership at the start and after each month: always the same records."""
    world = begin(scenario, seed=seed)
    yield world
    for _ in range(scenario.months):
        step(*world)
        yield world


def observed(scenario: Scenario, seed: int, p: Any = None) -> tuple[np.ndarray, np.ndarray]:
    """Series and detail of one replicate: float64[months + 1, ...]."""
    series = np.empty((1, scenario.months + 1, len(SERIES)))
    detail = np.empty((1, scenario.months + 1, detail_size(scenario.n_organisations)))
    p = to_parameters(scenario) if p is None else p
    simulate(new_record(STATE), p, root(seed), 0, series, detail)
    return series[0], detail[0]


def same_bits(one: tuple[np.ndarray, ...], other: tuple[np.ndarray, ...]) -> bool:
    """Whether two runs agree in every bit."""
    return all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


# Ranges ------------------------------------------------------------------------------------------

OF_ANY_SIGN = {
    "shock", "national_shock", "stake", "own_benefit", "pending", "benefit", "net", "got",
}  # fmt: skip
AT_LEAST_0 = {
    "planning_horizon", "base_capacity", "capacity", "deadline", "stated", "practised", "in_force",
    "tilt", "put", "own_cost", "harm", "work_delivered", "price", "staff_days", "counts",
    "completed_months", "decisions", "generation", "work_size", "difficulty", "full_pace", "freed",
    "pace", "trust_term", "recent_pace", "usual_pace", "work", "age", "absent_months", "load", "together",
    "joint", "months_unseen", "meetings", "held_for_host", "seen_impartial", "month",
    "planned_months",
}  # fmt: skip
YES_OR_NO = {"is_present", "is_held", "has_collapsed", "needs", "is_at_work", "has_seen"}
FROM_MINUS_1 = {"host", "number", "embedded"}
NOT_ASKED = {"keys", "need"}  # bits, and a working that holds minus infinity
ALL_ELSE_FROM_0_TO_1 = set(STATE.names) - OF_ANY_SIGN - AT_LEAST_0 - YES_OR_NO - FROM_MINUS_1 - NOT_ASKED
ROUNDING = 1e-12

SYMMETRIC = (
    "contact", "tension", "conflict", "cultural_distance", "agreement", "withdrawn", "convened",
    "joint", "joint_going",
)  # fmt: skip


def out_of_range(state: Any) -> set[str]:
    """Names of the fields that hold what they must not."""
    wrong = {name for name in set(STATE.names) - NOT_ASKED if not np.isfinite(state[name]).all()}
    wrong |= {name for name in AT_LEAST_0 if state[name].min() < 0.0}
    wrong |= {name for name in YES_OR_NO if not ((state[name] == 0) | (state[name] == 1)).all()}
    wrong |= {name for name in FROM_MINUS_1 if state[name].min() < -1.0}
    for name in ALL_ELSE_FROM_0_TO_1:
        if state[name].min() < 0.0 or state[name].max() > 1.0 + ROUNDING:
            wrong.add(name)
    wrong |= {name for name in SYMMETRIC if not np.array_equal(state[name], state[name].T)}
    return wrong


def off_their_bounds(state: Any, p: Any) -> set[str]:
    """What has bounds of its own: levers, weights that sum to 1, places of things."""
    n, n_domains, wrong = int(p.n), int(p.n_domains), set()
    for v, lever in enumerate(LEVERS):
        for name in ("stated", "practised", "in_force"):
            # An organisation that is committed, or in a crisis, drops what divides: towards 0.
            values = state[name][:n, v]
            if values.min() < lever_bound(lever, "ge") or values.max() > lever_bound(lever, "le"):
                wrong.add(f"{name}: {lever}")
    there = state.number >= 0
    there[int(p.programme.n_simultaneous) :] = False
    weights = {
        "base_objectives": state.base_objectives[:n, :n_domains],
        "objectives": state.objectives[:n, :n_domains],
        "benefit_mix": state.benefit_mix[there, :n_domains],
        "vision": state.vision[None, :n_domains],
    }
    for name, rows in weights.items():
        if not np.allclose(rows.sum(axis=1), 1.0, rtol=0.0, atol=1e-6):  # as exact as files are
            wrong.add(name)
    if state.embedded.max() > 1.0:
        wrong.add("embedded")
    if state.host.max() >= n:
        wrong.add("host")
    parts = state.part[there, :n].sum(axis=1)
    if not (np.isclose(parts, 1.0) | (state.full_pace[there] == 0.0)).all():  # none, of no capacity
        wrong.add("part")
    return wrong


@few
@given(any_scenario, seeds)
@example(EVERYTHING, 1)
def test_every_field_of_state_is_in_its_range_in_every_month(scenario: Scenario, seed: int) -> None:
    for state, p in months_of(scenario, seed):
        assert not out_of_range(state) | off_their_bounds(state, p), int(state.month[0])


NEVER_LESS = (
    "change_delivered", "cost", "initiatives_completed", "initiatives_abandoned",
    "months_of_completed", "planned_months_of_completed",
)  # fmt: skip


@few
@given(any_scenario, seeds)
@example(EVERYTHING, 1)
def test_what_is_observed_is_in_its_range_and_counts_only_grow(scenario: Scenario, seed: int) -> None:
    series, detail = observed(scenario, seed)
    months = {name: series[:, at] for at, name in enumerate(SERIES)}
    assert np.isfinite(series).all() and np.isfinite(detail).all()
    measured = measure({name: values[None] for name, values in months.items()})
    for name, declared in (MEASURES | ONLY_SERIES).items():
        for values in (months.get(name), measured.get(name)):
            if values is not None:
                inside = values[np.isfinite(values)]
                assert (inside >= (-np.inf if declared.low is None else declared.low - 1e-6)).all(), name
                assert (inside <= (np.inf if declared.high is None else declared.high + 1e-6)).all(), name
    for name in NEVER_LESS:
        assert months[name][0] == 0.0 and (np.diff(months[name]) >= 0.0).all(), name
    assert months["outcome_alone"].min() > 0.0
    assert months["n_coordinators"].max() <= 10
    presence = unpack_detail(detail, scenario.n_organisations)["is_present"]
    assert np.array_equal(months["n_members"], presence.sum(axis=1))


# Conservation ------------------------------------------------------------------------------------


def staff_days(lever: Data, meetings: float) -> float:
    """What an organisation of capacity 1 spends on the partnership in a month, in plain words."""
    at_meetings = meetings * (0.5 + 0.25 * lever["separate_pre_meetings"])
    away = lever["own_away_days"] + lever["joint_away_days"] + lever["position_sharing"]
    papers, links = 0.5 * lever["circulated_vision"], 1.5 * (lever["cross_links"] - 1.0)
    return fsum([at_meetings, 6.0 * away / 12, papers / 12, links])


@few
@given(scenarios(), seeds)
@example(EVERYTHING, 1)
def test_cost_is_the_sum_of_staff_days(scenario: Scenario, seed: int) -> None:
    (state, p), spent = begin(scenario, seed=seed), [0.0]
    costs = [*(c.cost for c in scenario.coordinators), *[5.0] * 10]  # and of those who emerged
    for _ in range(scenario.months):
        for row in walk(state, p):
            if row.name == "spend_time":
                for i in np.flatnonzero(state.is_present):
                    lever = dict(zip(LEVERS, state.in_force[i], strict=True))
                    of_each = staff_days(lever, scenario.relations.meeting_budget)
                    spent += [state.base_capacity[i] * of_each, 0.5 * state.meetings[:, i].sum()]
                spent += [costs[c] for c in np.flatnonzero(state.is_at_work)]
        assert state.staff_days[0] == pytest.approx(fsum(spent), rel=1e-12)


@few
@given(any_scenario, seeds)
@example(EVERYTHING, 1)
def test_all_work_counts_and_becomes_benefit_and_no_more_than_was_decided(
    scenario: Scenario, seed: int
) -> None:
    """No work is lost or made between the month in which it is done and what the place feels of it."""
    (state, p), delivered = begin(scenario, seed=seed), [0.0]
    pending = state.pending.copy()
    for _ in range(scenario.months):
        for row in walk(state, p):
            if row.name == "take_decisions":
                freed = state.freed.copy()
            elif row.name == "do_work":
                done = state.pace * state.full_pace
                assert (done * state.difficulty <= freed * (1 + 1e-9)).all()
                delivered.append(fsum([delivered[-1], *done.tolist()]))
                pending += (state.benefit * done) @ state.benefit_mix
                assert np.allclose(state.pending, pending, rtol=1e-9, atol=1e-9)
            elif row.name == "embed_work":
                pending -= pending / scenario.place.embedding_months
                assert np.allclose(state.pending, pending, rtol=1e-9, atol=1e-9)
                pending = state.pending.copy()
        assert state.work_delivered[0] == pytest.approx(delivered[-1], rel=1e-12)


# Relabelling -------------------------------------------------------------------------------------

POINTS_AT_AN_ORGANISATION = (
    "organisations.targets.organisation",
    "events.organisation",
    "coordinators.host",
    "lead.organisation",
    "host",
)


def relabelled(record: Any, order: list[int]) -> Any:
    """The same partnership with its organisations in another order: the k-th was order[k].

    Whose luck an organisation has (`label`) goes with it.
    """
    was = np.arange(N)
    was[: len(order)] = order
    is_now = np.append(np.argsort(was), -1)  # and nobody is still nobody
    other = new_record(record.dtype)
    parts = parts_of(other)
    for path, array in parts_of(record).items():
        for axis, length in enumerate(array.shape):
            if length == N:
                array = np.take(array, was, axis)
        parts[path][...] = is_now[array] if path in POINTS_AT_AN_ORGANISATION else array
    return other


def unlike(n: int, seed: int) -> Scenario:
    """Organisations so different that nobody is ever neck and neck with another.

    Nobody emerges as a coordinator: of two in one month the first takes the first place.
    """
    rng = np.random.default_rng(seed)
    names = [f"o{k}" for k in range(n)]
    shares = [dict(zip(DOMAINS, rng.dirichlet(np.ones(4)).tolist(), strict=True)) for _ in names]
    one, two, *_ = (names[k] for k in rng.permutation(n))

    def between(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    organisations = [
        {
            "name": name,
            "objectives": shares[k],
            "targets": [{"domain": DOMAINS[k % 4], "weight": between(0, 1), "cycle_months": 7 + k}],
            "accountability": between(0, 1),
            "incentive_share": between(0, 1),
            "planning_horizon": between(6, 60),
            "capacity": between(0.5, 2),
            "interdependence": between(0, 1),
            "cultural_distance": {other: between(0, 1) for other in names[:k]},
            "pressure": between(0, 1),
            "ways_of_working": {
                lever: between(lever_bound(lever, "ge"), min(lever_bound(lever, "le"), 4)) for lever in LEVERS
            },
        }
        for k, name in enumerate(names)
    ]
    return Scenario.model_validate(
        {
            "months": 24,
            "luck": rng.choice([0.5, 1.0]),
            "organisations": organisations,
            "programme": {
                "complementarity": rng.choice([-2.0, -1.0, 0.5]),
                "members_per_initiative": 3,
                "initiative_size": 0.5,
                "initiatives": [
                    {"members": [one, two], "size": 0.3, "harm": {two: 0.2}},
                    {"members": [one, two], "size": 90.0},
                ],
            },
            "decision": {"rule": rng.choice(["stake", "conditional"])},
            "trust": {"theory": rng.choice(["deeds", "deeds", "two-layer", "loyalty"])},
            "lead": {"organisation": two, "authority": 0.4},
            "coordinators": [
                {"name": "Ana", "host": one, "impartiality": 0.6},
                {"name": "Ben", "meetings_per_month": 4.3, "layers": ["board"]},
            ],
            "interventions": [
                {"lever": "joint_away_days", "value": 5.0, "organisations": [one, two], "from_month": 3},
                {"lever": "own_away_days", "value": 0.0, "organisations": [two], "from_month": 5},
                {"lever": "contribution", "value": 0.9, "organisations": [one], "from_month": 2},
                {"lever": "promises_under_pressure", "value": 0.1, "organisations": [two], "from_month": 2},
            ],
            "events": [
                {"type": "leader_leaves", "month": 4, "organisation": one, "size": 0.7},
                {"type": "funding_cut", "month": 5, "organisation": two, "size": 0.4},
                {"type": "reorganisation", "month": 7, "size": 0.2},
                {"type": "common_crisis", "month": 9, "size": 0.3, "months": 2},
                {"type": "organisation_withdraws", "month": 11, "organisation": two},
            ]
            + [{"type": "organisation_joins", "month": 6, "organisation": o} for o in names[4:5]],
        }
    )


@st.composite
def orders(draw: st.DrawFn) -> list[int]:
    """Two to nine organisations in any order but their own."""
    n = draw(st.integers(2, 9))
    return draw(st.permutations(range(n)).filter(lambda order: order != list(range(n))))


def moved_apart(one: Any, other: Any) -> set[str]:
    """Names of the fields of two states that differ by more than rounding."""
    return {
        name
        for name in set(STATE.names) - WORKINGS
        if not np.allclose(one[name], other[name], rtol=1e-12, atol=1e-12)
    }


@few
@given(orders(), seeds, st.integers(0, 23))
def test_a_month_of_relabelled_organisations_is_the_month_relabelled(
    order: list[int], seed: int, month: int
) -> None:
    state, p = begin(unlike(len(order), seed), month, seed=seed)
    other_state, other_p = relabelled(state, order), relabelled(p, order)
    step(state, p)
    step(other_state, other_p)
    assert not moved_apart(relabelled(state, order), other_state)


@few
@given(orders(), seeds, st.booleans())
def test_a_run_of_relabelled_organisations_is_the_run_relabelled(
    order: list[int], seed: int, is_drawn: bool
) -> None:
    """From the start: what is drawn of an organisation goes with its label, not its position."""
    n = len(order)
    drawn = Scenario.model_validate({"months": 24, "drawn": {"n_organisations": n}})
    scenario = drawn if is_drawn else unlike(n, seed)
    p = to_parameters(scenario)
    other_p = relabelled(p, order)
    state, other_state = new_record(STATE), new_record(STATE)
    start(state, p, root(seed), 0)
    start(other_state, other_p, root(seed), 0)
    assert not moved_apart(relabelled(state, order), other_state)
    for _ in range(scenario.months):
        step(state, p)
        step(other_state, other_p)
    assert not moved_apart(relabelled(state, order), other_state)
    one, other = (observed(scenario, seed, record)[0] for record in (p, other_p))
    np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def test_relabelling_moves_what_it_should() -> None:
    """Or the two tests above would prove nothing."""
    scenario = unlike(5, 1)
    state, p = begin(scenario, 12)
    order = [3, 0, 4, 1, 2]
    other_state, other_p = relabelled(state, order), relabelled(p, order)
    assert other_p.label[:5].tolist() == order
    assert other_p.organisations.capacity[:5].tolist() == [p.organisations.capacity[k] for k in order]
    assert other_p.organisations.cultural_distance[0, 1] == p.organisations.cultural_distance[3, 0]
    assert other_state.goodwill_trust[2, 1, 4] == state.goodwill_trust[4, 1, 2]
    assert order[other_p.lead.organisation] == p.lead.organisation
    assert order[other_p.coordinators.host[0]] == p.coordinators.host[0] == state.host[0]
    assert other_p.coordinators.host[1] == -1 == other_state.host[1]
    assert [order[i] for i in other_p.events.organisation[:2]] == p.events.organisation[:2].tolist()
    assert moved_apart(state, other_state) > {"goodwill_trust", "contact", "needs", "credibility"}
    of_each = {path for path, array in parts_of(p).items() if N in array.shape}
    own = {path for path in of_each if not path.startswith("organisations.")}
    assert own == {
        "label",
        "programme.initiatives.members",
        "programme.initiatives.harm",
        "interventions.organisations",
    }
    of_targets = {path for path in KINDS if path.startswith("organisations.targets.")}
    assert of_each - own == {p for p in KINDS if p.startswith("organisations.")} - of_targets


# Doing nothing -----------------------------------------------------------------------------------

SIZED = ("leader_leaves", "national_target_lands", "funding_cut", "reorganisation", "common_crisis")


@few
@given(scenarios(), seeds, st.sampled_from(SIZED), st.data())
def test_an_event_of_no_size_changes_not_one_bit(
    scenario: Scenario, seed: int, kind: str, data: st.DataObject
) -> None:
    who = data.draw(st.sampled_from(scenario.organisation_names))
    month = data.draw(st.integers(0, scenario.months - 1))
    event = {"type": kind, "month": month, "organisation": who, "domain": DOMAINS[1], "size": 0.0}
    events = [*(e.model_dump() for e in scenario.events), event]
    assert same_bits(observed(scenario, seed), observed(scenario.replace(events=events), seed))


DIVISIVE = ("own_away_days", "separate_pre_meetings", "own_needs_framing", "issue_avoidance")


@few
@given(scenarios(), seeds, st.sampled_from(sorted(set(LEVERS) - set(DIVISIVE))), st.data())
def test_an_intervention_to_what_is_done_anyway_changes_not_one_bit(
    scenario: Scenario, seed: int, lever: str, data: st.DataObject
) -> None:
    """Not so for divisive ways of working: while they are held, habit does not wear them off."""
    month = data.draw(st.integers(0, scenario.months - 1))
    stated = to_parameters(scenario).organisations.ways_of_working[:, LEVERS.index(lever)]
    as_ever = [
        {"lever": lever, "value": float(value), "organisations": [name], "from_month": month}
        for name, value in zip(scenario.organisation_names, stated, strict=False)
    ]
    both = scenario.replace(interventions=as_ever + [z.model_dump() for z in scenario.interventions])
    assert same_bits(observed(scenario, seed), observed(both, seed))


@few
@given(scenarios(), seeds, st.sampled_from((*LEVERS, *DECISIONS)))
def test_an_intervention_for_nobody_changes_not_one_bit(scenario: Scenario, seed: int, lever: str) -> None:
    p = to_parameters(scenario)
    for_nobody = int(p.interventions.n)
    p.interventions.n += 1
    p.interventions.lever[for_nobody] = (*LEVERS, *DECISIONS).index(lever)
    p.interventions.value[for_nobody] = lever_bound(lever, "le")
    p.interventions.to_month[for_nobody] = 600
    assert same_bits(observed(scenario, seed), observed(scenario, seed, p))


# What moves trust --------------------------------------------------------------------------------


SWITCHED_OFF: dict[str, Data] = {
    "events": {"events": []},
    "turnover": {"turnover.rate": 0.0},
    "bridging": {"mechanisms.bridging": False},
    "seen to serve the host": {"coordinators.Ana.host": "", "emergence.rate": 0.0},
    "meetings": {"trust.deeds": 1.0},
    "deeds": {"trust.deeds": 0.0},
    "joint days": {"ways_of_working.joint_away_days": 0.0},
    "flares": {"relations.flare_loss": 0.0},
    "ruptures": {"relations.flare_loss": 0.0},
    "decided over": {"decision.resentment": 0.0},
    "joint work": {"trust.rate": 0.0},
    "agreements withdrawn": {"interventions": []},
    "theory": {"trust.theory": "deeds"},
}
"""What moves no trust any more by this; decay and work given up always may."""


def moved_by(ledger: Ledger, mechanism: str) -> bool:
    """Whether a mechanism changed any trust at all."""
    return bool(ledger.changes[:, ledger.mechanisms.index(mechanism)].any())


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_mechanism_that_is_off_changes_no_trust(mechanism: str) -> None:
    place = EVERYTHING.replace({"trust.theory": "two-layer"}) if mechanism == "theory" else EVERYTHING
    assert moved_by(explain(place), mechanism)
    if mechanism in SWITCHED_OFF:
        assert not moved_by(explain(place.replace(SWITCHED_OFF[mechanism])), mechanism)


def test_frozen_trust_is_moved_by_nothing() -> None:
    assert not explain(EVERYTHING.replace({"mechanisms.trust_frozen": True})).changes.any()
