"""The model for users of Mesa: the same numbers as the core, agents that show them, and steering.

Runs against whatever Mesa is installed; the last test sees that both ends are somewhere.
"""

import copy
import gc
import math
import pickle
import re
import weakref
from collections.abc import Callable
from typing import Any

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mesa.batchrunner import batch_run
from pytest import approx, mark, raises

import partnersim
from partnersim import PartnershipModel, Scenario
from partnersim.mesa.agents import Coordinator, Organisation
from partnersim.mesa.model import AGENT_REPORTERS, MODEL_REPORTERS
from partnersim.model import decisions
from partnersim.model.constants import N_LAYERS as L
from partnersim.model.levers import N_LEVERS as V
from partnersim.model.room import MAX_INTERVENTIONS, K, N, Q
from partnersim.model.series import SERIES
from partnersim.model.state import STATE
from partnersim.runs.measures import ALL_SERIES, MEASURES
from partnersim.scenario.declarations import DECISIONS, LAYERS, LEVERS, lever_bound
from partnersim.scenario.declarations import Coordinator as Appointed
from partnersim.scenario.files import packaged
from partnersim.scenario.paths import first_months
from tests.pages import code_blocks, read
from tests.places import WORKINGS, place
from tests.strategies import scenarios

HAS_CLOCK = hasattr(mesa.Model, "schedule_event")  # from Mesa 3.5 on


def model_of(scenario: Scenario | str = "integrated-care", **keywords: Any) -> PartnershipModel:
    """A model with luck that is known."""
    return PartnershipModel(scenario, **{"rng": 7, "months": 24} | keywords)


def series_of(model: PartnershipModel, scenario: Scenario | None = None) -> dict[str, Any]:
    """What the ensemble observes in the run that the model's scenario describes."""
    results = partnersim.run(
        scenario or model.scenario, 1, model.seed, first_replicate=model.replicate, workers=1
    )
    return {name: values[0] for name, values in results.series.items()}


def differing(model: PartnershipModel, expected: dict[str, Any]) -> list[str]:
    """Names of the series in which the months gone differ, if in a single bit."""
    shown = model.series
    assert shown.keys() == expected.keys()
    gone = slice(0, model.month + 1)
    return [
        name
        for name, values in shown.items()
        if not np.array_equal(values, expected[name][gone], equal_nan=True)
    ]


def content(model: PartnershipModel) -> dict[str, Any]:
    """Everything that a refused change must leave alone."""
    return {
        "state": model.state.tobytes(),
        "parameters": model.parameters.tobytes(),
        "scenario": model.scenario,
        "history": model.history,
        "series": np.array(list(model.series.values())).tobytes(),
        "agents": [agent.unique_id for agent in model.agents],
        "rows": len(model.datacollector.model_vars["month"]),
        "steps": model.steps,
        "running": model.running,
    }


# --- The same numbers -------------------------------------------------------------------------


@mark.parametrize("name", packaged())
def test_stepped_month_by_month_it_is_the_run_of_the_same_seed_and_replicate(name: str) -> None:
    model = PartnershipModel(name, rng=11, replicate=5, months=40)
    for _ in range(40):
        model.step()
    scenario = first_months(Scenario.load(name), 40)
    results = partnersim.run(scenario, 1, seed=11, first_replicate=5, workers=1)
    assert differing(model, {name: values[0] for name, values in results.series.items()}) == []
    measures = {name: values[0] for name, values in results.measures.items()}
    np.testing.assert_equal(model.measures(), measures)


@given(scenario=scenarios(max_months=20), seed=st.integers(0, 2**40), replicate=st.integers(0, 99))
@settings(max_examples=20)
def test_it_is_so_for_any_scenario(scenario: Scenario, seed: int, replicate: int) -> None:
    model = PartnershipModel(scenario, rng=seed, replicate=replicate)
    model.run_for(scenario.months)
    assert differing(model, series_of(model)) == []
    assert not model.running


def test_a_series_now_is_the_last_of_its_months() -> None:
    model = model_of(months=40)
    for _ in range(40):
        model.step()
        for name, values in model.series.items():
            np.testing.assert_equal(model.now(name), values[-1])


def test_measures_so_far_are_those_of_a_run_that_ends_here() -> None:
    model = model_of(months=60)
    for months in (1, 30):
        model.run_for(months - model.month)
        ends_here = partnersim.run(model.scenario.replace(months=months), 1, 7, workers=1)
        expected = {name: values[0] for name, values in ends_here.measures.items()}
        np.testing.assert_equal(model.measures(), expected)


def test_variants_that_are_the_models_own_change_nothing() -> None:
    from partnersim.model.decisions import decide_as_scenario_says

    plain, own = model_of(), model_of(variants={"decide": decide_as_scenario_says})
    for model in (plain, own):
        model.run_for(6)
        model.set_lever("delegated_authority", 0.9)
        model.run_for(6)
    assert own.state.tobytes() == plain.state.tobytes()
    assert list(own.variants) == ["decide"] and plain.variants == {}


def test_fresh_luck_is_kept_so_that_it_can_be_had_again() -> None:
    one, other = PartnershipModel(months=3), PartnershipModel(months=3)
    assert one.seed != other.seed
    one.run_for(3)
    assert differing(one, series_of(one)) == []


# --- Steering ---------------------------------------------------------------------------------

Action = Callable[[PartnershipModel], None]


def some_lever(draw: st.DrawFn, model: PartnershipModel) -> None:
    lever = draw(st.sampled_from((*LEVERS, *DECISIONS)))
    value = draw(st.floats(lever_bound(lever, "ge"), lever_bound(lever, "le")))
    names = draw(st.lists(st.sampled_from(model.scenario.organisation_names), unique=True))
    model.set_lever(lever, value, names, months=draw(st.none() | st.integers(1, 9)))


def some_release(draw: st.DrawFn, model: PartnershipModel) -> None:
    model.release_lever(draw(st.sampled_from((*LEVERS, *DECISIONS))))


def some_event(draw: st.DrawFn, model: PartnershipModel) -> None:
    kinds = ["leader_leaves", "funding_cut", "reorganisation", "common_crisis"]
    kinds += ["national_target_lands", "organisation_joins", "organisation_withdraws"]
    model.fire_event(
        draw(st.sampled_from(kinds)),
        draw(st.sampled_from(["", *model.scenario.organisation_names])),
        size=draw(st.floats(0, 1)),
        months=draw(st.integers(1, 12)),
        domain=draw(st.sampled_from(model.scenario.domains)),
    )


def some_coordinator(draw: st.DrawFn, model: PartnershipModel) -> None:
    model.add_coordinator(
        draw(st.sampled_from(["Ana", "Ben", "Cas", "Dee"])),
        host=draw(st.sampled_from(["", *model.scenario.organisation_names])),
        skill=draw(st.floats(0, 1)),
        impartiality=draw(st.floats(0, 1)),
    )


def some_farewell(draw: st.DrawFn, model: PartnershipModel) -> None:
    names = [coordinator.name for coordinator in model.scenario.coordinators]
    model.remove_coordinator(draw(st.sampled_from([*names, "nobody"])))


def some_months(draw: st.DrawFn, model: PartnershipModel) -> None:
    model.run_for(draw(st.integers(1, 6)))


STEERING = (some_lever, some_release, some_event, some_coordinator, some_farewell, some_months)


@given(data=st.data(), scenario=scenarios(max_months=25), emergence=st.sampled_from([0.0, 0.5]))
@settings(max_examples=40)
def test_any_steered_run_can_be_written_out_and_had_again(
    data: st.DataObject, scenario: Scenario, emergence: float
) -> None:
    model = PartnershipModel(scenario, rng=3, **{"emergence.rate": emergence})
    saved = []
    for act in data.draw(st.lists(st.sampled_from([*STEERING, some_months, "save", "restore"]))):
        if act == "save":
            saved.append(model.save())
        elif act == "restore":
            if saved:
                model.restore(saved[data.draw(st.integers(0, len(saved) - 1))])
        else:
            before = content(model)
            try:
                act(data.draw, model)
            except ValueError:
                assert content(model) == before
    model.run_for(scenario.months - model.month)
    assert differing(model, series_of(model)) == []
    written = Scenario.loads(model.scenario.to_toml())
    assert differing(model, series_of(model, written)) == []


def test_a_change_begins_with_the_next_step_and_leaves_the_past_alone() -> None:
    model, plain = model_of(), model_of()
    for each in (model, plain):
        each.run_for(10)
    model.set_lever("joint_away_days", 12.0, ["council"], months=3)
    assert differing(model, plain.series) == []
    held = []
    for _ in range(4):
        model.step()
        held.append({o.name for o in model.organisations if o.held_ways_of_working["joint_away_days"]})
    assert held == [{"council"}] * 3 + [set()]
    council = next(o for o in model.organisations if o.name == "council")
    assert council.ways_of_working["joint_away_days"] == 0.0  # practice went on


def test_the_latest_setting_holds_until_it_is_released() -> None:
    model = model_of()
    model.set_lever("issue_avoidance", 0.1)
    model.step()
    model.set_lever("issue_avoidance", 0.9, ["hospital"])
    model.step()
    in_force = [o.ways_of_working["issue_avoidance"] for o in model.organisations]
    assert in_force == [0.9] + [0.1] * 5
    model.release_lever("issue_avoidance")
    model.step()
    assert not any(o.held_ways_of_working["issue_avoidance"] for o in model.organisations)
    assert [z.to_month for z in model.scenario.interventions] == [2, 2]


def test_a_slider_that_is_dragged_leaves_one_setting() -> None:
    model = model_of()
    model.run_for(2)
    for value in (0.3, 0.6, 0.9):
        model.set_lever("delegated_authority", value, "council")
    model.set_lever("delegated_authority", 0.1, "council", months=2)
    assert [(z.value, z.to_month) for z in model.scenario.interventions] == [(0.9, 600), (0.1, 4)]
    assert len(model.history) == 4


def test_there_is_room_for_so_many_settings_and_no_more() -> None:
    listed = [{"lever": "cross_links", "value": 2.0}] * MAX_INTERVENTIONS
    model = model_of(Scenario.load("two-organisations").replace(interventions=listed))
    model.step()
    before = content(model)
    most = MAX_INTERVENTIONS
    with raises(ValueError, match=f"interventions: {most + 1} given; there may be up to {most}"):
        model.set_lever("cross_links", 3.0)
    assert content(model) == before


def test_an_event_happens_in_the_month_that_is_stepped_next() -> None:
    model, plain = model_of(), model_of()
    for each in (model, plain):
        each.run_for(8)
    model.fire_event("common_crisis", size=1.0)
    assert model.scenario.events[-1].month == 8
    assert model.now("vision_commitment") == plain.now("vision_commitment")
    for each in (model, plain):
        each.step()
    assert model.now("vision_commitment") > plain.now("vision_commitment") + 0.1


def test_a_coordinator_is_an_agent_while_at_work() -> None:
    model = model_of()
    model.add_coordinator("Ana", skill=0.9, host="council")
    seen = []
    for month in range(6):
        if month == 3:
            model.remove_coordinator("Ana")
        seen.append([repr(c) for c in model.agents if isinstance(c, Coordinator)])
        model.step()
    at_work = ["<Coordinator Ana of council>"]
    # There in the months that it works; gone with the step of the first month without it.
    assert seen == [[], at_work, at_work, at_work, [], []]
    assert model.coordinators == [] and model.now("n_coordinators") == 0


def test_one_who_has_left_the_list_comes_back_with_what_was_saved() -> None:
    model = model_of()
    model.add_coordinator("Ana")
    model.run_for(2)
    saved, credibility = model.save(), model.coordinators[0].credibility
    model.remove_coordinator("Ana")
    model.run_for(2)
    assert model.coordinators == []
    model.restore(saved)
    assert [(c.name, c.credibility) for c in model.coordinators] == [("Ana", credibility)]


def test_appointing_somebody_changes_nothing_for_those_who_emerged() -> None:
    free = {"emergence.rate": 0.2, "mechanisms.meeting_time_cost": False}
    model = model_of(**free)
    model.run_for(12)
    before = {c.name: c.credibility_with for c in model.coordinators}
    assert before, "nobody emerged: choose another seed"
    model.add_coordinator("Ana", skill=0.0, cost=0.0)
    assert {c.name: c.credibility_with for c in model.coordinators} == before
    plain = model_of(**free)
    for each in (model, plain):
        each.run_for(12 if each is model else 24)
    # The coordinator takes time for meetings, which costs and which nothing else follows.
    assert differing(model, plain.series) == ["cost", "n_coordinators"]


def test_an_appointment_that_would_take_the_place_of_one_who_emerged_is_refused() -> None:
    scenario = place(10, {"emergence.rate": 1.0}, months=24)
    model = PartnershipModel(scenario, rng=1)
    model.run_for(12)
    assert len(model.coordinators) == 10
    before = content(model)
    with raises(ValueError, match=r"month 12: add_coordinator\(name='Ana'\): months that have gone"):
        model.add_coordinator("Ana")
    assert content(model) == before


def test_who_is_to_join_later_can_join_now() -> None:
    joins = {"type": "organisation_joins", "month": 20, "organisation": "c"}
    model = PartnershipModel(place(4, events=[joins], months=24), rng=1)
    newcomer = model.organisations[2]
    model.run_for(5)
    assert not newcomer.is_present and newcomer in model.agents
    assert repr(newcomer) == "<Organisation c, absent>"
    model.fire_event("organisation_joins", "c")
    model.step()
    assert newcomer.is_present
    assert [event.month for event in model.scenario.events] == [5]
    assert differing(model, series_of(model)) == []


def test_a_month_can_be_rewound_and_taken_another_way_with_the_same_luck() -> None:
    model = model_of()
    model.run_for(10)
    saved, state = model.save(), model.state.tobytes()
    model.run_for(5)
    as_it_was = model.series
    model.restore(saved)
    assert model.month == model.steps == 10 and model.state.tobytes() == state
    model.run_for(5)
    assert differing(model, as_it_was) == []
    model.restore(saved)
    model.set_lever("delegated_authority", 1.0)
    model.run_for(5)
    assert differing(model, as_it_was)
    assert differing(model, series_of(model)) == []
    rows = model.datacollector.get_model_vars_dataframe()
    assert rows["month"].tolist() == list(range(1, 16))  # what was rewound is not in it


@mark.parametrize("copied", [lambda model: pickle.loads(pickle.dumps(model)), copy.deepcopy])
def test_a_model_that_was_pickled_goes_on_as_it_would_have(copied: Callable[[Any], Any]) -> None:
    model = model_of(variants={"decide": decisions.decide_conditionally}, replicate=3)
    model.run_for(8)
    model.add_coordinator("ana", skill=0.8)
    model.run_for(4)
    again = copied(model)
    assert again.month == again.steps == 12 and again.history == model.history
    assert again.variants == model.variants and len(again.agents) == len(model.agents)
    for each in (model, again):
        each.run_for(6)
    assert differing(again, model.series) == [] and model.random.random() == again.random.random()
    rows = [each.datacollector.get_model_vars_dataframe() for each in (model, again)]
    assert rows[0].equals(rows[1])


def test_history_says_what_was_done_and_when() -> None:
    model = model_of()
    model.run_for(2)
    model.set_lever("joint_away_days", 6, ["council"], months=5, title="a try")
    model.step()
    model.fire_event("leader_leaves", "council", layer="management")
    model.add_coordinator("Ana", skill=0.5)
    saved = model.save()
    model.remove_coordinator("Ana")
    model.release_lever("joint_away_days")
    assert [str(change) for change in model.history] == [
        "month 2: set_lever(lever='joint_away_days', value=6, organisations=['council'], "
        "months=5, title='a try')",
        "month 3: fire_event(event='leader_leaves', organisation='council', layer='management')",
        "month 3: add_coordinator(name='Ana', skill=0.5)",
        "month 3: remove_coordinator(name='Ana')",
        "month 3: release_lever(lever='joint_away_days')",
    ]
    model.restore(saved)
    assert len(model.history) == 3


def test_before_the_first_step_a_change_is_one_of_the_start() -> None:
    model = model_of()
    model.set_lever("delegated_authority", 0.9)
    model.step()
    assert differing(model, series_of(model)) == []


# --- Agents -----------------------------------------------------------------------------------


def of_organisations() -> set[str]:
    """Names of what the state holds of each organisation, and is no intermediate result."""
    own = {(N,), (N, L), (N, K), (N, V), (N, N), (N, L, N)}
    return {name for name in STATE.names if STATE[name].shape in own} - WORKINGS


SHOWN_AS = {
    "stated": "stated_ways_of_working",
    "practised": "practised_ways_of_working",
    "in_force": "ways_of_working",
    "is_held": "held_ways_of_working",
}


def test_every_state_variable_of_an_organisation_has_a_view() -> None:
    organisation = model_of().organisations[0]
    for name in of_organisations():
        shown = getattr(organisation, SHOWN_AS.get(name, name))
        assert isinstance(shown, float | bool | dict), name


def test_every_state_variable_of_a_coordinator_has_a_view() -> None:
    model = model_of()
    model.add_coordinator("Ana", host="council")
    model.step()
    ana = model.coordinators[0]
    shown_otherwise = {"conduct": ana.impartiality, "is_at_work": ana.is_at_work, "host": ana.host}
    shown_otherwise["credibility"] = ana.credibility_with
    for name in STATE.names:
        if STATE[name].shape == (Q, N, L):
            assert set(ana.by_layer(name, "council")) == set(LAYERS)
        elif STATE[name].shape in {(Q,), (Q, N)} and name in shown_otherwise:
            assert shown_otherwise[name] not in (None, {})
    assert ana.is_appointed and ana.host == "council" and ana.impartiality == 1.0
    declared = Appointed(name="Ana")
    for name in ("skill", "meetings_per_month", "cost"):
        assert getattr(ana, name) == getattr(declared, name)


@mark.parametrize("field", ["vision_commitment", "contribution", "delivered", "target_pressure"])
def test_means_over_agents_are_the_series(field: str) -> None:
    model = model_of()
    model.run_for(12)
    organisations = model.agents.select(agent_type=Organisation)
    assert organisations.agg(field, np.mean) == approx(model.now(field), rel=1e-12)


@mark.parametrize("field", ["trust", "competence_trust", "goodwill_trust", "contact", "tension"])
def test_means_over_links_are_the_series_also_when_somebody_is_absent(field: str) -> None:
    leaves = {"type": "organisation_withdraws", "month": 6, "organisation": "council"}
    model = model_of(Scenario.load("integrated-care").replace(events=[leaves]))
    model.run_for(12)
    members = model.agents.select(lambda agent: agent.is_present, agent_type=Organisation)
    assert len(members) == 5
    assert members.agg(field, np.mean) == approx(model.now(field), rel=1e-12)


def test_views_are_the_state_by_name() -> None:
    model = model_of()
    model.run_for(3)
    state, hospital = model.state, model.organisations[0]
    assert hospital.by_layer("contribution") == dict(zip(LAYERS, state.contribution[0].tolist(), strict=True))
    others = model.scenario.organisation_names[1:]
    towards = hospital.towards("tension")
    assert towards == dict(zip(others, state.tension[0, 1:6].tolist(), strict=True))
    boards = hospital.towards("trust", "board")
    assert boards == dict(zip(others, state.trust[0, 0, 1:6].tolist(), strict=True))
    over_layers = hospital.towards("trust")["council"]
    council = model.scenario.organisation_names.index("council")
    assert over_layers == approx(state.trust[0, :, council].mean())
    assert hospital.objectives == dict(
        zip(model.scenario.domains, state.objectives[0, :4].tolist(), strict=True)
    )


def test_agent_sets_select_aggregate_group_and_do() -> None:
    model = model_of()
    model.add_coordinator("Ana")
    model.run_for(2)
    agents = model.agents
    assert len(agents) == 7
    assert len(agents.select(agent_type=Coordinator)) == 1
    calm = agents.select(lambda a: isinstance(a, Organisation) and a.target_pressure < 0.4)
    assert {a.name for a in calm} == {o.name for o in model.organisations if o.target_pressure < 0.4}
    groups = agents.groupby(lambda a: type(a).__name__)
    assert groups.count() == {"Organisation": 6, "Coordinator": 1}
    before = content(model)
    agents.do("step")  # views have nothing to do
    assert agents.get("name") == [*model.scenario.organisation_names, "Ana"]
    assert content(model) == before


def test_agents_cannot_be_set_and_neither_can_the_state_through_them() -> None:
    model = model_of()
    hospital = model.organisations[0]
    with raises(AttributeError, match=r"Organisation\.trust is read from the state.*set_lever"):
        hospital.trust = 1.0
    with raises(ValueError, match="read-only"):
        model.fields["trust"][0, 0, 1] = 1.0
    with raises(AttributeError, match="set_lever"):
        model.scenario = Scenario.load("torbay")


def test_views_say_what_they_are() -> None:
    assert "Trust in the others" in str(Organisation.trust.__doc__)
    assert Organisation.ceiling.__doc__ == "The furthest that its commitment can go."


def test_the_scenario_of_a_model_is_as_good_as_any() -> None:
    place_of_its_own = Scenario.load("two-organisations").replace(months=5)
    model = PartnershipModel(place_of_its_own, rng=1)
    assert model.scenario == place_of_its_own and place_of_its_own == model.scenario
    assert model.scenario != place_of_its_own.replace(months=6)
    assert PartnershipModel(model.scenario, rng=1).scenario == model.scenario
    assert model.scenario.to_toml() == place_of_its_own.to_toml()
    assert model.scenario.model_dump() == place_of_its_own.model_dump()


# --- Mesa's own tools -------------------------------------------------------------------------


def test_a_row_is_collected_each_month_and_measures_when_the_run_is_over() -> None:
    model = model_of()
    model.run_for(24)
    rows = model.datacollector.get_model_vars_dataframe()
    assert set(rows) == {"seed", "month", *ALL_SERIES, *MEASURES}
    assert rows["month"].tolist() == list(range(1, 25))
    for name in ALL_SERIES:
        np.testing.assert_equal(rows[name].to_numpy(), model.series[name][1:])
    whole_run = model.measures()
    np.testing.assert_equal({name: rows[name].iloc[-1] for name in whole_run}, whole_run)
    assert rows["mean_speed"][:-1].isna().all()


def test_a_collector_of_ones_own_may_take_measures_in_any_month() -> None:
    model = model_of()
    model.datacollector = mesa.DataCollector(MODEL_REPORTERS, AGENT_REPORTERS)
    model.run_for(14)
    rows = model.datacollector.get_model_vars_dataframe()
    assert rows["peak_speed"].notna().tolist() == [False] * 11 + [True] * 3
    agents = model.datacollector.get_agent_vars_dataframe()
    assert len(agents) == 14 * 6
    assert agents["agent_trust"].iloc[-6:].mean() == approx(model.now("trust"))


def test_batch_run_takes_plain_parameters_and_gives_what_a_run_gives() -> None:
    parameters = {
        "scenario": "two-organisations",
        "replicate": range(2),
        "months": 15,
        "ways_of_working.delegated_authority": [0.2, 0.9],
    }
    if HAS_CLOCK:
        rows = batch_run(PartnershipModel, parameters, rng=5, display_progress=False)
    else:
        rows = batch_run(PartnershipModel, parameters | {"rng": 5}, display_progress=False)
    assert len(rows) == 2 * 2 * 2  # a row for each organisation
    for row in rows:
        lever = "ways_of_working.delegated_authority"
        scenario = Scenario.load("two-organisations").replace({"months": 15, lever: row[lever]})
        results = partnersim.run(scenario, 1, 5, first_replicate=row["replicate"], detail=True, workers=1)
        assert row["month"] == 15
        for name, values in results.measures.items():
            np.testing.assert_equal(row[name], values[0])
        index = scenario.organisation_names.index(row["agent_name"])
        given = results.detail["contribution"][0, -1, index].mean()
        assert row["agent_contribution"] == approx(given, rel=1e-12)


def test_columns_of_agents_are_not_those_of_the_model() -> None:
    assert MODEL_REPORTERS.keys().isdisjoint(AGENT_REPORTERS)


@mark.filterwarnings("ignore:The `iterations` keyword:DeprecationWarning")
def test_iterations_without_a_seed_have_different_luck() -> None:
    parameters = {"scenario": "two-organisations", "months": 3}
    rows = batch_run(PartnershipModel, parameters, iterations=3, display_progress=False)
    assert len({row["trust"] for row in rows}) == 3
    again = partnersim.run("two-organisations", 1, rows[0]["seed"], workers=1).series["trust"][0, 3]
    assert again == rows[0]["trust"]  # a row says what gives it again


def test_run_model_runs_to_the_end() -> None:
    model = model_of(months=5)
    model.run_model()
    assert model.month == model.steps == 5 and not model.running


def test_a_model_of_ones_own_may_act_before_and_after_each_month() -> None:
    class Cautious(PartnershipModel):
        def step(self) -> None:
            if self.month == 3:
                self.set_lever("delegated_authority", 0.0)
            super().step()
            if self.month == 5:
                self.fire_event("common_crisis")

    model = Cautious("two-organisations", rng=1, months=8)
    model.run_for(8)
    assert [change.month for change in model.history] == [3, 5]
    assert differing(model, series_of(model)) == []


@mark.skipif(not HAS_CLOCK, reason="Mesa has a clock from 3.5 on")
def test_what_mesa_is_to_do_later_is_done() -> None:
    model = model_of(months=8)
    done = []

    def look() -> None:
        done.append(model.month)

    model.schedule_event(look, at=3)
    model.run_until(6)
    assert done == [3] and model.time == 6


def test_a_model_that_is_no_longer_needed_goes() -> None:
    model = model_of(months=2)
    model.run_for(2)
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def test_agents_are_numbered_from_one_in_each_model() -> None:
    for _ in range(2):
        assert [agent.unique_id for agent in model_of().agents] == [1, 2, 3, 4, 5, 6]


# --- Bad input --------------------------------------------------------------------------------


@mark.parametrize(
    ("keywords", "said"),
    [
        ({"mnths": 12}, "mnths = 12: no such key; did you mean 'months'"),
        ({"replicats": 1}, "no keyword 'replicats'; did you mean 'replicate'"),
        ({"seed": 1}, "no keyword 'seed'; did you mean 'rng'"),
        ({"delegated_authority": 1.0}, "did you mean 'ways_of_working.delegated_authority'"),
        ({"trust.dispositon": 0.1}, "trust.dispositon = 0.1: no such key; did you mean 'disposition'"),
        ({"rng": 1.5}, "rng = 1.5: must be a whole number"),
        ({"rng": -1}, "rng = -1: must be 0 or more"),
        ({"rng": np.random.default_rng(1)}, "rng = .*: must be a whole number"),
        ({"replicate": 0.0}, "replicate = 0.0: must be a whole number"),
        ({"months": 12.0}, "months = 12.0: must be a whole number between 1 and 600"),
        ({"scenario": "integrated"}, "no packaged scenario has this name"),
    ],
)
def test_a_wrong_keyword_is_named(keywords: dict[str, Any], said: str) -> None:
    with raises((ValueError, TypeError), match=said):
        PartnershipModel(**keywords)


def left_by_the_council() -> PartnershipModel:
    model = model_of(months=12)
    model.fire_event("organisation_withdraws", "council")
    model.run_for(3)
    return model


@mark.parametrize(
    ("act", "said"),
    [
        (lambda m: m.set_lever("delegated", 1.0), "lever = 'delegated': no such lever; did you"),
        (lambda m: m.set_lever("delegated_authority", 2.0), "value = 2.0: .* between 0 and 1"),
        (lambda m: m.set_lever("cross_links", 2, ["counci"]), "did you mean 'council'"),
        (lambda m: m.set_lever("cross_links", 2, months=1.5), "months = 1.5: must be a whole"),
        (lambda m: m.release_lever("cross_link"), "did you mean 'cross_links'"),
        (lambda m: m.fire_event("crisis"), "type = 'crisis': .*did you mean 'common_crisis'"),
        (lambda m: m.fire_event("reorganisation", "council"), "'council': has left"),
        (lambda m: m.fire_event("organisation_joins", "council"), "'council': has left"),
        (lambda m: m.fire_event("organisation_joins", "hospital"), "is a member already"),
        (lambda m: m.fire_event("leader_leaves"), "happens to one organisation"),
        (lambda m: m.fire_event("common_crisis", month=3), "month = 3: a running model"),
        (lambda m: m.fire_event("common_crisis", sise=1.0), "sise.*did you mean 'size'"),
        (lambda m: m.add_coordinator("Ana", skil=1.0), "skil.*did you mean 'skill'"),
        (lambda m: m.add_coordinator("Ana", from_month=1), "from_month = 1: a running model"),
        (lambda m: m.remove_coordinator("Ana"), "'Ana': no such coordinator is appointed"),
        (lambda m: m.run_for(10), "months = 10: the scenario ends with month 12, and 3 have"),
        (lambda m: m.run_for(2.5), "months = 2.5: must be a whole number"),
        (lambda m: m.run_until(2), "month = 2: 3 months have gone already"),
        (lambda m: m.now("trustt"), "'trustt': there is no series .*did you mean 'trust'"),
        (lambda m: m.restore(model_of(rng=8).save()), "snapshot: of seed 8 .* has seed 7"),
        (lambda m: m.organisations[0].towards("capacity"), "'capacity': there is no view"),
        (lambda m: m.organisations[0].towards("trust", "boards"), "did you mean 'board'"),
        (lambda m: m.organisations[0].towards("contact", "board"), "pairs have no layers"),
        (lambda m: m.organisations[0].by_layer("trust"), "'trust': there is no view"),
    ],
)
def test_a_wrong_act_is_named_and_leaves_the_model_alone(act: Action, said: str) -> None:
    model = left_by_the_council()
    before = content(model)
    with raises((ValueError, TypeError), match=said):
        act(model)
    assert content(model) == before


def test_stepping_past_the_end_says_so_and_the_model_goes_on_from_a_snapshot() -> None:
    model = model_of(months=3)
    model.run_for(2)
    saved = model.save()
    model.step()
    before = content(model)
    for _ in range(2):
        with raises(ValueError, match=r"ends with month 3, and 3 have gone; .* months=4 or more"):
            model.step()
    assert content(model) == before
    model.restore(saved)
    model.step()
    assert model.month == 3 and differing(model, series_of(model)) == []


def test_a_variant_that_fails_leaves_the_month_as_it_was_and_the_model_can_go_on() -> None:
    is_broken = [False]

    def decide(i: int, layer: int, state: Any, p: Any) -> float:
        return math.nan if is_broken[0] else decide_as_scenario_says(i, layer, state, p)

    from partnersim.model.decisions import decide_as_scenario_says

    model = model_of("two-organisations", variants={"decide": decide})
    model.run_for(2)
    before = content(model)
    is_broken[0] = True
    for _ in range(2):
        with raises(ValueError, match="variant 'decide'"):
            model.step()
    with raises(ValueError, match="variant 'decide'"):
        model.set_lever("delegated_authority", 0.5)
    assert content(model) == before
    is_broken[0] = False
    model.step()
    assert model.month == 3 and differing(model, series_of(model)) == []


def test_series_are_those_of_the_core() -> None:
    assert list(model_of().series) == [*SERIES, "speed"]


# --- Documentation ----------------------------------------------------------------------------


@mark.slow
@mark.filterwarnings("ignore:The `iterations` keyword:DeprecationWarning")
def test_the_script_of_the_page_on_mesa_runs_as_written(capsys: pytest.CaptureFixture[str]) -> None:
    scope: dict[str, Any] = {}
    for block in code_blocks(read("docs/mesa.md"), "python"):
        exec(compile(block, "docs/mesa.md", "exec"), scope)
    said = capsys.readouterr().out
    assert "12 rows: a row for each organisation of 6 runs" in said
    assert "month 12: set_lever(lever='issue_avoidance'" in said
    assert scope["delegating"].scenario.ways_of_working.delegated_authority == 0.8


def test_each_end_of_mesa_is_tested_on_some_python() -> None:
    """The fast tests run on every supported Python: .ci/run sees to it."""
    pins = r'^mesa==(\d+\.\d+)\S* ; python_version == "([\d.]+)"$'
    pinned = re.findall(pins, read("constraints.txt"), re.MULTILINE | re.IGNORECASE)
    # Mesa 3.4 and later need Python 3.12.
    assert {python: mesa for mesa, python in pinned} == {"3.11": "3.3", "3.12": "3.5", "3.13": "3.5"}
