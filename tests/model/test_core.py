"""The core as a whole: the order of a month, where a run begins, what is observed, doing nothing.

The processes one by one are in test_core_environment, _coordinators, _meetings, _work, _within and _ends;
which route each thing takes is in test_core_routes.
"""

from typing import Any

import numpy as np
import pytest

from partnersim.model import schedule
from partnersim.model.draws import root
from partnersim.model.record import new_record, parts_of, record_of
from partnersim.model.room import M, Q
from partnersim.model.series import SERIES, detail_size, unpack_detail
from partnersim.model.state import STATE
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.translate import to_parameters
from tests.model.test_core_routes import busy_place
from tests.places import WORKINGS, begin, changed, copied, differing, near, place, run, series_of
from tests.reference import regenerate

# The order of things ------------------------------------------------------------------------------


def test_records_stand_within_records_and_every_field_is_aligned() -> None:
    kind = record_of([("on", np.bool_), ("a.off", np.bool_), ("a.b.size", float, (2,)), ("z", int)])
    record = new_record(kind)
    parts = parts_of(record)
    assert list(parts) == ["on", "a.off", "a.b.size", "z"]
    parts["a.b.size"][0] = 1.0, 2.0
    assert record.a.b.size.tolist() == [1.0, 2.0]
    record.a.off = True
    assert parts["a.off"][0] and not parts["on"][0]
    assert {part.ctypes.data % 8 for part in parts.values()} == {0}


def busy() -> Scenario:
    return place(
        4,
        months=24,
        coordinators=[{"name": "Ana", "host": "a", "impartiality": 0.5}, {"name": "Ben"}],
        lead={"organisation": "b", "authority": 0.3},
        emergence={"rate": 0.1},
        events=[{"type": "organisation_withdraws", "month": 5, "organisation": "c"}],
    )


def test_the_schedule_called_one_by_one_is_a_month() -> None:
    whole, by_hand = begin(busy()), begin(busy())
    for _ in range(12):
        schedule.step(*whole)
        for at in range(schedule.END):
            schedule.perform(at, at + 1, *by_hand)
        assert not changed(whole.state, by_hand.state)


@pytest.mark.parametrize("name", ["busy", *regenerate.OF_EQUATIONS])
def test_what_is_compiled_and_what_is_interpreted_agree_in_every_bit(name: str) -> None:
    quick = begin(busy_place() if name == "busy" else regenerate.scenarios()[name], 3, replicate=2)
    slow = copied(quick)
    for month in range(3, 15):
        schedule.step(*quick)
        for row in schedule.MONTH:
            if slow.state.has_collapsed[0] == 0 or row.goes_on:
                run(slow, row.name)
        slow.state.month[0] += 1
        assert not changed(quick.state, slow.state), month


def test_a_month_walked_through_is_a_month_before_and_after_a_collapse() -> None:
    gone = [{"type": "organisation_withdraws", "month": 2, "organisation": o} for o in "abc"]
    scenario = busy().replace({"events": gone, **FROZEN})
    whole, by_hand = begin(scenario), begin(scenario)
    for month in range(6):
        schedule.step(*whole)
        walked = [row.name for row in schedule.walk(*by_hand)]
        assert ("decide_contributions" in walked) == (month < 2) and walked[0] == "draw_shocks"
        assert not changed(whole.state, by_hand.state)
    assert whole.state.has_collapsed[0] == 1


def test_a_run_is_its_months_and_what_is_looked_at_changes_nothing() -> None:
    scenario = busy()
    n, months = scenario.n_organisations, scenario.months
    p, seed = to_parameters(scenario), root(5)
    series = np.empty((2, months + 1, len(SERIES)))
    detail = np.empty((2, months + 1, detail_size(n)))
    schedule.simulate(new_record(STATE), p, seed, 3, series, detail)
    plain = series_of(scenario, 2, seed=5, first=3)
    assert not differing(plain, {name: series[..., at] for at, name in enumerate(SERIES)})
    world, row = begin(scenario, seed=5, replicate=4), np.empty(len(SERIES))
    seen = unpack_detail(detail, n)
    for month in range(months + 1):
        if month:
            schedule.step(*world)
        schedule.observe(*world, row)
        assert row.tolist() == series[1, month].tolist()
        for name, array in seen.items():
            axes = tuple(slice(size) for size in array.shape[2:])
            assert array[1, month].tolist() == world.state[name][axes].tolist()


def test_the_first_months_of_a_long_run_are_a_short_run() -> None:
    long, short = series_of(busy(), 2), series_of(busy().replace(months=9), 2)
    assert not differing({name: values[:, :10] for name, values in long.items()}, short)


# Where a run begins -------------------------------------------------------------------------------


def rested(scenario: Scenario) -> dict[str, float]:
    """What is observed in month 0, the mean of 40 replicates."""
    return {name: float(values[:, 0].mean()) for name, values in series_of(scenario, 40).items()}


@pytest.mark.parametrize(
    ("starting", "expected"),
    [
        ({}, {}),
        ({"trust": 0.6}, {"trust": 0.6, "competence_trust": 0.6, "goodwill_trust": 0.6}),
        ({"trust": 0.0}, {"trust": 0.01}),  # chance goes up only
        ({"contribution": 0.7}, {"contribution": 0.7, "delivered": 0.7}),
    ],
)
def test_a_run_begins_at_rest_but_for_what_is_stated(
    starting: dict[str, float], expected: dict[str, float]
) -> None:
    usual = place(4, months=1)
    there, stated = rested(usual), rested(usual.replace({f"starting.{k}": v for k, v in starting.items()}))
    for name, value in expected.items():
        assert stated[name] == pytest.approx(value, abs=0.005)
    if "trust" not in starting:  # with which a place would come to rest elsewhere
        assert {name for name in there if stated[name] != there[name]} == set(expected)
    assert there["change_delivered"] == there["cost"] == there["initiatives_completed"] == 0.0
    assert there["months_of_completed"] == there["vision_realised"] == 0.0
    assert there["initiatives_under_way"] == 4.0 and there["contribution"] > 0.0


def test_a_place_that_has_come_to_rest_stays_there() -> None:
    """No trend in the first year is nearly as large as chance between two places: at rest."""
    series = series_of(place(6, months=36, vision={"size": 1e5}), 60)
    for name in ("trust", "vision_commitment", "contribution", "tension", "contact"):
        start, later = series[name][:, 0], series[name][:, 24:].mean(axis=1)
        assert abs((later - start).mean()) < 0.5 * start.std() + 0.02, name


def test_a_state_that_was_used_begins_anew_as_a_new_one() -> None:
    fresh, used = begin(busy(), 6), begin(busy(), 20, seed=9)
    schedule.start(used.state, used.p, root(1), 0)
    for _ in range(6):
        schedule.step(*used)
    n, left_over = fresh.p.n, changed(fresh.state, used.state)
    # What is left over stands where no initiative or coordinator has begun yet, or is a working.
    begun = [name for name in STATE.names if STATE[name].shape[0] not in (M, Q) or n == M]
    assert not left_over & set(begun) - WORKINGS
    seen, again = np.empty(len(SERIES)), np.empty(len(SERIES))
    schedule.observe(*fresh, seen)
    schedule.observe(*used, again)
    assert seen.tolist() == again.tolist()


# Trust frozen -------------------------------------------------------------------------------------

FROZEN = {"mechanisms.trust_frozen": True}
OF_TRUST = {
    *("trust", "competence_trust", "goodwill_trust", "trust_board", "trust_management"),
    *("trust_front_line",),
}


@pytest.mark.parametrize("starting", [{}, {"starting.trust": 0.8}])
def test_frozen_trust_is_constant_to_the_bit_and_everything_else_goes_on(starting: dict[str, float]) -> None:
    small = {"programme.initiative_size": 1.0}  # so that some are completed
    series = series_of(busy().replace({**FROZEN, **small, **starting, "months": 60, "events": []}))
    constant = {name for name, values in series.items() if len(set(values[0])) == 1}
    assert constant >= OF_TRUST
    assert constant - OF_TRUST <= {"n_members", "initiatives_abandoned", "initiatives_under_way"}
    if starting:
        assert [float(series[name][0, 0]) for name in OF_TRUST] == near([0.8] * 6)


def test_nothing_that_moves_only_trust_matters_when_trust_is_frozen() -> None:
    """From before the beginning, where a start is stated."""
    frozen = busy().replace({**FROZEN, "starting.trust": 0.5})
    other = frozen.replace(
        {
            "trust.rate": 0.9,
            "trust.deeds": 0.1,
            "trust.disposition": 0.9,
            "trust.news_asymmetry": 4.0,
            "relations.flare_loss": 0.9,
            "decision.resentment": 0.9,
            "mechanisms.bridging": False,
        }
    )
    assert not differing(series_of(frozen, 2), series_of(other, 2))


# Collapse -----------------------------------------------------------------------------------------


def test_after_a_collapse_nothing_happens_but_that_what_was_achieved_wears_away() -> None:
    gone = [{"type": "organisation_withdraws", "month": 12, "organisation": o} for o in "bc"]
    scenario = place(
        3, months=40, events=gone, coordinators=[{"name": "Ana"}], place={"erosion_rate": 0.1}, luck=0.0
    )
    series = {name: values[0] for name, values in series_of(scenario).items()}
    assert series["n_members"][12] == 3 and not series["n_members"][13:].any()
    for name in ("contribution", "delivered", "waiting", "n_coordinators", "initiatives_under_way"):
        assert not series[name][13:].any(), name
    for name in ("change_delivered", "cost", "initiatives_completed"):
        assert len(set(series[name][13:])) == 1, name
    realised = series["vision_realised"]
    assert realised[13] > 0 and realised[40] < max(realised)


# Newcomers ----------------------------------------------------------------------------------------


def test_one_that_joins_takes_part_from_then_on() -> None:
    joins = [{"type": "organisation_joins", "month": 4, "organisation": "c"}]
    scenario = place(3, events=joins, programme={"members_per_initiative": 3})
    for month, there in ((4, 0.0), (5, 1.0)):
        state = begin(scenario, month).state
        assert state.is_present[2] == there
        assert state.contact[0, 2] > 0 if there else state.contact[0, 2] == 0
        assert bool(state.contribution[2].all()) == bool(there)
    assert begin(scenario, 60).state.needs[:4, 2].any()  # and in what is taken up later


def test_one_that_never_comes_is_as_good_as_none() -> None:
    joins = [{"type": "organisation_joins", "month": 20, "organisation": "c"}]
    with_one = series_of(place(3, {"months": 30, "events": joins}))
    without = series_of(place(2, months=30))
    early = {name: values[:, :21] for name, values in with_one.items()}
    assert not differing(early, {name: values[:, :21] for name, values in without.items()})


def test_growth_and_reach_are_for_looking_at_only() -> None:
    usual = series_of(busy())
    for path, value, seen in (
        ("place.reach", 0.9, {"outcome"}),
        ("place.demand_growth", 0.1, {"outcome", "outcome_alone"}),
    ):
        assert differing(usual, series_of(busy().replace({path: value}))) == seen


# Doing nothing ------------------------------------------------------------------------------------

TARGET = {"domain": "prevention", "cycle_months": 6}
ALONE = {f"organisations.{o}.incentive_share": 0.0 for o in "abc"}
NO_TIME = {"mechanisms.meeting_time_cost": False}
NOTHING: dict[str, tuple[dict[str, Any], dict[str, Any], set[str]]] = {
    "a target without weight": ({}, {"organisations.a.targets": [{**TARGET, "weight": 0.0}]}, set()),
    "position sharing where nobody is far": (
        {"trust.usual_cultural_distance": 0.0, **NO_TIME},
        {"ways_of_working.position_sharing": 6.0},
        {"cost"},
    ),
    "more contacts where nobody leaves": (
        {"turnover.rate": 0.0, **NO_TIME},
        {"ways_of_working.cross_links": 3.0},
        {"cost"},
    ),
    "accountability that neither pulls nor holds back": (
        {"commitment.pull": 0.0, "mechanisms.accountability_consent": False},
        {"organisations.a.accountability": 1.0},
        set(),
    ),
    "an own horizon where nothing comes back to oneself": (
        {**ALONE, "relations.issue_rate": 0.0, "mechanisms.pre_meetings_harm": False},
        {"organisations.a.planning_horizon": 99.0},
        set(),
    ),
    "a resentment of nobody": (
        {"ways_of_working.delegated_authority": 0.0},
        {"decision.resentment": 1.0},
        set(),
    ),
    "pre-meetings without guard or mandate": (
        {"mechanisms.pre_meetings_harm": False, "mechanisms.pre_meetings_reason": False, **NO_TIME},
        {"ways_of_working.separate_pre_meetings": 0.9},
        {"cost"},
    ),
    "an exposure where nothing depends on others": (
        {f"organisations.{o}.interdependence": 0.0 for o in "abc"},
        {"decision.exposure": 3.0},
        set(),
    ),
    "time alone where all depends on others": (
        {f"organisations.{o}.interdependence": 1.0 for o in "abc"},
        {"decision.value_alone": 1.0},
        set(),
    ),
}


@pytest.mark.parametrize("what", NOTHING)
def test_what_has_nothing_to_act_on_changes_not_one_bit(what: str) -> None:
    usual, change, allowed = NOTHING[what]
    scenario = place(3, usual, months=18)
    assert differing(series_of(scenario), series_of(scenario.replace(change))) == allowed


CHANNELS = ("articulation", "bridging", "resolution", "convening", "chasing")


def test_a_coordinator_acts_by_five_channels_and_no_other() -> None:
    base = place(4, months=18, luck=0.0, mechanisms={"meeting_time_cost": False})
    silent = {f"mechanisms.{channel}": False for channel in CHANNELS}
    alone = series_of(base)
    with_one = base.replace(coordinators=[{"name": "Ana", "skill": 0.9}])
    assert differing(alone, series_of(with_one.replace(silent))) == {"cost", "n_coordinators"}
    for channel in CHANNELS:
        found = differing(alone, series_of(with_one.replace(silent | {f"mechanisms.{channel}": True})))
        assert "trust" in found, channel
