"""The best mix: known optima are found, budgets bind, a search goes on as if it had not stopped."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("optuna")

from partnersim.analysis.mix import Mix, rows_of, search
from partnersim.analysis.mix_plan import STAFF_DAYS, Found, MixPlan, Problem, make_problem, scenario_of
from partnersim.figures import best_mix
from partnersim.scenario.errors import InputError, ScenarioError
from partnersim.sweep.parameters import Parameter, Range, Values

PLAN: dict[str, Any] = {
    "scenario": "two-organisations",
    "months": 12,
    "replicates": 2,
    "confirm": 4,
    "trials": 4,
    "budget": 20.0,
    "mix": {"coordinators": [{"name": "Ana"}], "interventions": [{"lever": "joint_away_days", "value": 0.0}]},
    "parameters": {
        "coordinators.Ana.meetings_per_month": {"low": 0.0, "high": 16.0},
        "coordinators.Ana.attention": {"values": ["anyone", "weakest-tie"]},
        "interventions.1.value": {"low": 0.0, "high": 12.0},
        "interventions.1.from_month": {"low": 0, "high": 11},
        "ways_of_working.delegated_authority": {},
    },
}


def parameter(path: str, spread: Any = None) -> Parameter:
    kind: Any = "text" if isinstance(spread, Values) else "real"
    return Parameter(path, kind, "", "", ("mix",), 0.0, 1.0, spread or Range(low=0.0, high=1.0))


def problem_of(
    evaluate: Any, objectives: Mapping[str, bool], trials: int = 40, budget: float | None = None, **more: Any
) -> Problem:
    parameters = {path: parameter(path) for path in ("x", "y")}
    rng = np.random.default_rng(5)
    even = [{path: float(rng.random()) for path in parameters} for _ in range(trials)]
    given = {"n_points": 2, "replicates": 2, "confirm": 6, "seed": 1, "budget": budget, "identity": "a"}
    return Problem(parameters, objectives, evaluate, even=even, **(given | more))


def hill(choice: Mapping[str, Any], replicates: range) -> Found:
    """A hill whose top is at .3 and .7 at the first point, and at .3 and .5 at the second."""
    shape = (2, len(replicates))
    if not choice:
        return {"speed": np.zeros(shape), STAFF_DAYS: np.zeros(shape)}
    x, y = choice["x"], choice["y"]
    noise = 0.01 * np.random.default_rng(replicates.start).normal(size=shape)  # luck that all share
    height = np.array([1 - (x - 0.3) ** 2 - (y - top) ** 2 for top in (0.7, 0.5)])
    return {"speed": height[:, None] + noise, STAFF_DAYS: np.full(shape, 10 * (x + y))}


@pytest.fixture(scope="module")
def on_the_hill(tmp_path_factory: pytest.TempPathFactory) -> Mix:
    problem = problem_of(hill, {"speed": True}, enough={"speed": 0.99})
    return search(problem, tmp_path_factory.mktemp("hill"))


def test_the_top_of_a_hill_is_found_and_searching_pays(on_the_hill: Mix) -> None:
    found, top = on_the_hill, on_the_hill.finalists[0]
    assert top.choice["x"] == pytest.approx(0.3, abs=0.08)
    assert top.choice["y"] == pytest.approx(0.6, abs=0.08)
    assert found.paid["speed"] > 0
    assert len(found.tried) == 80
    (low, high), mean = top.ci95("speed"), top.mean("speed")
    assert low < mean < high and abs(mean - 0.98) < 0.03


def test_the_best_are_judged_by_luck_that_the_search_has_not_seen(tmp_path: Path) -> None:
    """And the place as it stands with them by the same."""
    seen: list[tuple[bool, range]] = []

    def noted(choice: Mapping[str, Any], replicates: range) -> Found:
        seen.append((bool(choice), replicates))
        return hill(choice, replicates)

    found = search(problem_of(noted, {"speed": True}, trials=6), tmp_path)
    n_best = len(found.finalists) + len(found.even)
    assert seen == [
        (False, range(2)),
        *[(True, range(2))] * 12,
        (False, range(2, 8)),
        *[(True, range(2, 8))] * n_best,
    ]
    assert found.finalists[0].differences["speed"].shape == (2, 6)


def test_a_budget_binds(tmp_path: Path) -> None:
    """Under it only the corner with little of both is left, and its edge is best."""
    found = search(problem_of(hill, {"speed": True}, budget=5.0), tmp_path)
    top = found.finalists[0]
    assert top.is_in_budget and top.mean(STAFF_DAYS) <= 5.0
    assert top.choice["x"] + top.choice["y"] == pytest.approx(0.5, abs=0.06)
    assert top.mean("speed") == pytest.approx(1 - 0.2**2 - 0.2**2 - 0.1**2, abs=0.03)  # at .1 and .4


def test_a_budget_that_nothing_keeps_leaves_nobody(tmp_path: Path) -> None:
    found = search(problem_of(hill, {"speed": True}, trials=6, budget=-1.0), tmp_path)
    assert found.finalists == found.even == [] and found.robust is None
    assert np.isnan(found.paid["speed"])
    json.dumps(found.to_json())


def two_ends(choice: Mapping[str, Any], replicates: range) -> Found:
    """More of x is worth more and costs more; y harms both."""
    shape = (2, len(replicates))
    x, y = (choice["x"], choice["y"]) if choice else (0.0, 0.0)
    return {"speed": np.full(shape, x - y), "cost": np.full(shape, x + y), STAFF_DAYS: np.full(shape, x)}


def test_of_two_objectives_the_front_is_found(tmp_path: Path) -> None:
    """On the front y is 0: whoever has less y is faster and cheaper."""
    found = search(problem_of(two_ends, {"speed": True, "cost": False}, trials=80), tmp_path)
    assert len(found.front) > 2
    assert np.median([one.choice["y"] for one in found.front]) < 0.08
    assert np.ptp([one.choice["x"] for one in found.front]) > 0.4
    assert min(found.paid.values()) > -0.1


def measures_on_the_hill(choice: Mapping[str, Any], replicates: range) -> Found:
    """The hill under names that a picture knows: equity falls where change is delivered."""
    found = hill(choice, replicates)
    return {"change_delivered": found["speed"], "equity": -found["speed"], STAFF_DAYS: found[STAFF_DAYS]}


@pytest.mark.parametrize("wanted", [{"change_delivered": True}, {"change_delivered": True, "equity": True}])
def test_the_picture_says_what_the_best_brings_and_whether_searching_paid(
    wanted: dict[str, bool], tmp_path: Path
) -> None:
    found = search(problem_of(measures_on_the_hill, wanted, trials=12, budget=12.0), tmp_path)
    picture = best_mix(found)
    assert picture.title.startswith("For 12 staff days a month change delivered changes by +")
    words = " ".join(mark.text for mark in picture.marks if hasattr(mark, "text"))
    assert "The search's best less the best of the grey" in words
    assert {*picture.table["objective"]} == {*wanted, STAFF_DAYS}
    assert max(picture.table["number"]) == len(found.finalists)


def test_a_picture_of_nothing_within_the_budget_says_so(tmp_path: Path) -> None:
    problem = problem_of(measures_on_the_hill, {"change_delivered": True}, trials=4, budget=-1.0)
    assert "no choice that was tried keeps to the budget" in best_mix(search(problem, tmp_path)).title


def test_regret_is_what_another_would_have_brought_there(on_the_hill: Mix) -> None:
    found = on_the_hill
    levels = np.array([one.levels["speed"] for one in (*found.finalists, *found.even)])
    for one in found.finalists:
        assert one.regret["speed"] == pytest.approx(levels.max(axis=0) - one.levels["speed"])
        assert one.satisfied["speed"] == np.mean(one.levels["speed"] >= 0.99)
    assert found.robust is min(found.front, key=lambda one: one.regret["speed"].max())


@pytest.mark.parametrize("objectives", [{"speed": True}, {"speed": True, "cost": False}])
def test_a_search_that_was_stopped_goes_on_as_if_it_had_not(
    tmp_path: Path, objectives: dict[str, bool]
) -> None:
    n_left = 33

    def stopping(choice: Mapping[str, Any], replicates: range) -> Found:
        nonlocal n_left
        n_left -= 1
        if n_left == 0:
            raise KeyboardInterrupt
        return two_ends(choice, replicates)

    at_once, stopped = tmp_path / "at once", tmp_path / "stopped"
    at_once.mkdir()
    stopped.mkdir()
    problem = problem_of(two_ends, objectives, trials=30)
    whole = search(problem, at_once)
    for _ in range(2):  # in the search, and then among those that are spread evenly
        with pytest.raises(KeyboardInterrupt):
            search(problem_of(stopping, objectives, trials=30), stopped)
        n_left = 12
    counted: list[int] = []
    on = search(problem, stopped, lambda n, _: counted.append(n))
    assert 30 < counted[0] < 60
    assert on.to_json() == whole.to_json()
    assert [*rows_of(on)] == [*rows_of(whole)]


def test_another_search_in_the_folder_is_refused(tmp_path: Path) -> None:
    search(problem_of(two_ends, {"speed": True}, trials=2), tmp_path)
    with pytest.raises(ScenarioError, match="holds another search"):
        search(problem_of(two_ends, {"speed": True}, trials=2, identity="b"), tmp_path)


# --- Of the model ---------------------------------------------------------------------------------


def test_a_choice_is_run_as_an_arm_beside_the_place(tmp_path: Path) -> None:
    plan = MixPlan.make(PLAN)
    choice = {
        "coordinators.Ana.meetings_per_month": 4.0,
        "interventions.1.value": 6.0,
        "interventions.1.from_month": 3,
        "ways_of_working.delegated_authority": 0.7,
    }
    scenario = scenario_of(plan, choice, {"decision.exposure": 0.3})
    (ana,) = scenario.coordinators
    assert (ana.meetings_per_month, ana.cost) == (4.0, 10.0)  # half the meetings, half the cost
    levers = {one.lever: (one.value, one.from_month) for one in scenario.interventions}
    assert levers == {"joint_away_days": (6.0, 3), "delegated_authority": (0.7, 0)}
    assert scenario.ways_of_working == plan.sweep.base.ways_of_working
    assert scenario.decision.exposure == 0.3
    assert make_problem(plan).say(choice) == (
        "Ana: meetings per month 4; joint away days: 6, from month 3; delegated authority: 0.7"
    )


def test_a_mix_of_the_model_is_the_same_twice_and_in_its_budget(tmp_path: Path) -> None:
    points = tmp_path / "points.csv"
    points.write_text("point,decision.exposure\n1,0.1\n2,0.4\n", encoding="utf-8")
    documents = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        found = search(make_problem(MixPlan.make(PLAN), points), tmp_path / name)
        assert found.problem.n_points == 2
        assert all(one.mean(STAFF_DAYS) < 25 for one in found.finalists)
        documents.append(found.to_json())
    assert documents[0] == documents[1]


def test_with_no_budget_at_all_only_what_is_free_is_left(tmp_path: Path) -> None:
    """Whatever else is chosen costs days: delegated authority alone is free."""
    free = {
        "ways_of_working.delegated_authority": {},
        "ways_of_working.joint_away_days": {"values": [0.0, 8.0]},
    }
    plan = MixPlan.make(PLAN | {"budget": 0.0, "mix": {}, "parameters": free, "trials": 12})
    found = search(make_problem(plan), tmp_path)
    assert found.finalists
    assert {one.choice["ways_of_working.joint_away_days"] for one in found.finalists} == {0.0}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"objectives": ["contact"]}, "'contact' has no end that is better by itself"),
        ({"objectives": ["sped"]}, "there is no measure of this name; did you mean 'speed'"),
        ({"objectives": []}, "is empty"),
        ({"enough": {"speed": 0.1}}, "enough.speed: is not among objectives"),
        ({"parameters": {"coordinators.Bea.skill": {}}}, "has no member 'Bea'"),
        ({"mix": {"coordinators": [{"name": "Ana", "skil": 1}]}}, "did you mean 'skill'"),
        ({"budget": -1.0}, "budget = -1.0: must be a number between 0"),
        ({"trials": 1}, "trials"),
    ],
)
def test_plans_that_cannot_be_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        MixPlan.make(PLAN | change, "plan.toml")


def test_points_may_not_say_what_is_chosen(tmp_path: Path) -> None:
    points = tmp_path / "points.csv"
    points.write_text("ways_of_working.delegated_authority\n0.5\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="is chosen by the plan"):
        make_problem(MixPlan.make(PLAN), points)
