"""One run, what if: the past stays as it was, levers move by their step, chance is not hidden."""

import numpy as np
import pytest

from partnersim.analysis.what_if import STEPS, Move, find_moves, what_if
from partnersim.figures import tornado
from partnersim.runs.ensemble import run
from partnersim.scenario.declarations import LEVERS, WaysOfWorking
from partnersim.scenario.declared import Place
from partnersim.scenario.errors import InputError
from partnersim.scenario.scenario import Scenario

MONTH, MONTHS = 6, 18


@pytest.fixture(scope="module")
def place() -> Scenario:
    return Scenario.load("two-organisations").replace(
        months=MONTHS,
        emergence={"rate": 0.2},
        coordinators=[{"name": "Ana"}, {"name": "Ben", "from_month": 10}],
        interventions=[{"lever": "issue_avoidance", "value": 0.9, "from_month": 3, "to_month": 9}],
        events=[{"type": "funding_cut", "month": 8, "title": "Cuts"}],
    )


def test_all_before_the_month_is_as_it_was_and_something_after_it_is_not(place: Scenario) -> None:
    names = ("trust", "change_delivered", "cost", "n_coordinators")
    as_it_was, changed = run(place, 3, series=names), []
    for what, _, _, moved in find_moves(place, MONTH):
        then = run(moved, 3, series=names)
        for name in names:
            before = slice(None, MONTH + 1)
            assert np.array_equal(then.series[name][:, before], as_it_was.series[name][:, before]), what
        changed.append(any(not np.array_equal(then.series[name], as_it_was.series[name]) for name in names))
    assert np.mean(changed) > 0.8  # in a year, two may have no decision to take at their own table


def test_each_lever_moves_by_its_step_from_what_is_in_force_then(place: Scenario) -> None:
    fields = Place(WaysOfWorking).fields
    assert {fields[lever].unit for lever in LEVERS} == STEPS.keys()
    moved = {(what, way): moved for what, _, way, moved in find_moves(place, MONTH)}
    assert moved["issue_avoidance", 1].interventions[-1].value == 1.0  # .9 and a step, in its range
    assert moved["issue_avoidance", -1].interventions[-1].value == pytest.approx(0.7)
    assert moved["own_away_days", -1].interventions[-1].value == 2.0
    assert ("joint_away_days", -1) not in moved  # there is none to leave out


def test_levers_of_organisations_that_differ_are_each_moved_from_their_own() -> None:
    place = Scenario.load("two-organisations")
    name = place.organisation_names[0]
    own = place.replace({f"organisations.{name}.ways_of_working.cross_links": 3.0})
    moved = {(what, way): moved for what, _, way, moved in find_moves(own, 0)}
    found = {tuple(one.organisations): one.value for one in moved["cross_links", -1].interventions}
    assert found == {(name,): 2.0, (place.organisation_names[1],): 1.0}


def test_coordinators_and_events_that_are_still_to_come_are_asked_about(place: Scenario) -> None:
    how = {(what, how): moved for what, how, _, moved in find_moves(place, MONTH)}
    ana, _ = how["Ana", "leaves"].coordinators
    assert ana.to_month == MONTH
    assert [one.name for one in how["Ben", "leaves"].coordinators] == ["Ana"]
    assert how["one more coordinator", "appointed"].coordinators[-1].from_month == MONTH
    assert how["Cuts (month 8)", "does not happen"].events == []


def test_answers_are_differences_with_the_same_luck(place: Scenario) -> None:
    found = what_if(place, MONTH, replicate=2, replicates=7, measure="trust", seed=3)
    assert found.n_replicates == 7
    for move in found.moves[:3]:
        pairs = [run(s, 7, 3, series=False, first_replicate=2) for s in (move.scenario, place)]
        then, was = (results.measures["trust"] for results in pairs)
        assert np.array_equal(move.differences, then - was)
        assert move.in_this_run == then[0] - was[0]
    sizes = [abs(move.in_this_run) for move in found.moves]
    assert sizes == sorted(sizes, reverse=True)


def test_a_run_that_points_elsewhere_than_the_median_is_marked(place: Scenario) -> None:
    against = Move("x", "to 1", 1, place, np.array([-1.0, *np.linspace(1.0, 2.0, 20)]))
    along = Move("x", "to 1", 1, place, np.array([1.0, *np.linspace(1.0, 2.0, 20)]))
    unsure = Move("x", "to 1", 1, place, np.array([-1.0, 1.0, 2.0]))
    assert [move.points_elsewhere for move in (against, along, unsure)] == [True, False, False]


def test_a_milestone_never_reached_counts_as_the_last_month(place: Scenario) -> None:
    found = what_if(place, MONTH, measure="months_to_80", replicates=2)
    assert found.outcome == MONTHS
    assert all(np.isfinite(move.differences).all() for move in found.moves)


def test_the_figure_says_so_and_has_every_move_in_its_table(place: Scenario) -> None:
    found = what_if(place, MONTH, replicates=8)
    picture = tornado(found)
    assert len(picture.table["what"]) == len(found.moves)
    words = " ".join(mark.text for mark in picture.marks if hasattr(mark, "text"))
    assert "One run can point the wrong way" in words
    assert found.moves[0].what.replace("_", " ") in picture.title


def test_bad_input_is_named(place: Scenario) -> None:
    with pytest.raises(InputError, match="month = 18: must be from 0 to 17"):
        what_if(place, MONTHS)
    with pytest.raises(InputError, match="did you mean 'trust'"):
        what_if(place, 1, measure="trst")
