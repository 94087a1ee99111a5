"""`Sweep.outcomes`, `Sweep.problem` and `Sweep.rerun`: what analyses are given of a sweep."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from partnersim import InputError, ScenarioError, Sweep
from partnersim.runs.measures import Floats
from partnersim.sweep.outcomes import Outcomes, Source, mean_of_replicates, read_outcomes
from partnersim.sweep.plan import Plan
from partnersim.sweep.problem import as_numbers, problem_of

HORIZON = "organisations.council.planning_horizon"
DELEGATED = "ways_of_working.delegated_authority"
PLAN: dict[str, Any] = {
    "scenario": "two-organisations",
    "months": 14,
    "replicates": 3,
    "seed": 5,
    "measures": ["mean_speed", "trust", "months_to_25"],
    "design": {"type": "saltelli", "base": 4, "second_order": False},
    "parameters": {DELEGATED: {}, HORIZON: {"values": [12, 24, 48]}},
    "arms": {"coordinator": {"coordinators": [{"name": "Ana"}]}},
    "series": {"names": ["trust"], "runs": 2},
}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """A small sweep that is finished."""
    return Sweep.run(PLAN, tmp_path_factory.mktemp("outcomes") / "done", engine="serial")


def stored(sweep: Sweep, measure: str, arm: str) -> Floats:
    """The values of a measure by pandas: another way than the one that is tested."""
    rows = sweep.measures.to_pandas()
    wide = rows[rows["arm"] == arm].pivot(index="point", columns="replicate", values=measure)
    return wide.to_numpy(np.float64)


def test_outcomes_are_the_rows_of_an_arm(sweep: Sweep) -> None:
    found = sweep.outcomes("trust")
    assert found.values.shape == (16, 3)
    assert np.array_equal(found.values, stored(sweep, "trust", "base"))
    assert np.array_equal(found.means, found.values.mean(axis=1))
    assert (found.arm, found.against, found.unit) == ("base", None, "share")
    assert (found.n_failed, found.n_missing, found.n_censored) == (0, 0, 0)
    assert found.points.columns.tolist() == [DELEGATED, HORIZON]
    assert found.design.columns.tolist() == ["base_row", "matrix", "changed"]
    assert found.points.index.tolist() == list(range(16)) and found.points.index.name == "point"


def test_a_difference_is_taken_pair_by_pair(sweep: Sweep) -> None:
    found = sweep.outcomes("trust", "coordinator", "base")
    expected = stored(sweep, "trust", "coordinator") - stored(sweep, "trust", "base")
    assert np.array_equal(found.values, expected) and np.any(expected)


def test_a_milestone_never_reached_counts_as_declared(sweep: Sweep) -> None:
    raw = stored(sweep, "months_to_25", "base")
    n_never = int(np.isnan(raw).sum())
    assert n_never > 0
    at_the_end, left_out = (sweep.outcomes("months_to_25", censored=way) for way in ("horizon", "missing"))
    assert np.array_equal(at_the_end.values, np.where(np.isnan(raw), 14.0, raw))
    assert np.array_equal(left_out.values, raw, equal_nan=True)
    assert at_the_end.n_censored == left_out.n_censored == n_never
    assert "counts as the last month" in at_the_end.in_words()
    assert "left out" in left_out.in_words()


def test_failed_and_pending_runs_are_counted_apart(sweep: Sweep, tmp_path: Path) -> None:
    """One run of each arm has failed, the last point of the arm is still to come."""
    rows = sweep.measures.to_arrow().to_table().to_pylist()
    for row in rows:
        if row["point"] == 2 and row["replicate"] == (row["arm"] == "base"):
            row |= {"status": "failed", "trust": None, "months_to_25": None}
    kept = [row for row in rows if row["point"] < 15 or row["arm"] == "base"]
    schema = sweep.measures.to_arrow().schema
    pq.write_table(pa.Table.from_pylist(kept, schema), tmp_path / "runs.parquet")
    runs = replace(sweep.measures, files=(tmp_path / "runs.parquet",))
    points = sweep.design.to_pandas().set_index("point")
    source = Source(sweep.plan, points, runs)
    found = read_outcomes(source, "months_to_25", "coordinator", "base", "horizon")
    assert (found.n_failed, found.n_missing) == (2, 3)
    n_reached = int((found.values != 0).sum()) - 5
    assert found.n_censored <= 48 - 5 - n_reached  # each value is counted once
    found = read_outcomes(source, "trust", "coordinator", "base", "horizon")
    assert np.argwhere(np.isnan(found.values)).tolist() == [[2, 0], [2, 1], [15, 0], [15, 1], [15, 2]]
    assert (found.n_failed, found.n_missing, found.n_censored) == (2, 3, 0)
    assert found.in_words() == (
        "2 pairs left out: a run failed; 3 pairs left out: still to come, or without this measure"
    )


def test_mean_over_what_is_there() -> None:
    values = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]])
    assert mean_of_replicates(values).tolist()[0] == 2.0
    assert np.isnan(mean_of_replicates(values)[1])


@pytest.mark.parametrize(
    "words", [("speeed",), ("trust", "nobody"), ("trust", "base", "nobody"), ("trust", "base", "base")]
)
def test_names_that_the_sweep_has_not_are_refused(sweep: Sweep, words: tuple[str, ...]) -> None:
    with pytest.raises(InputError):
        sweep.outcomes(*words)


def test_a_series_is_read_by_month(sweep: Sweep) -> None:
    months = dict(sweep.outcomes_by_month("trust", [0, 7, 14], "coordinator", "base"))
    rows = sweep.series.to_pandas()
    for month, found in months.items():
        wide = rows[rows["month"] == month].pivot(index="point", columns=["arm", "replicate"], values="trust")
        expected = (wide["coordinator"] - wide["base"]).to_numpy(np.float64)
        assert np.array_equal(found.values, expected)
        assert isinstance(found, Outcomes) and found.values.shape == (16, 2)
    last = sweep.outcomes("trust", "coordinator", "base").values
    assert np.array_equal(months[14].values, last[:, :2])


def test_a_row_is_run_again_bit_for_bit(sweep: Sweep) -> None:
    rows = sweep.measures.to_pandas().set_index(["point", "arm", "replicate"]).sort_index()
    for key in ((0, "base", 0), (7, "coordinator", 2), (15, "base", 1)):
        again = sweep.rerun(*key)
        for measure in sweep.plan.measure_names:
            assert np.array_equal(again.measures[measure], [rows.loc[key][measure]], equal_nan=True)
        assert again.first_replicate == rows.loc[key]["luck_number"]
        assert again.first_replicate == key[0] // 4 * 2**20 + key[2]  # a base row has its own luck
        assert again.series["trust"].shape == (1, 15)


def test_a_row_that_there_is_not_is_refused(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ((16, "base", 0), (-1, "base", 0), (0, "nobody", 0), (0, "base", 3)):
        with pytest.raises(InputError):
            sweep.rerun(*key)
    monkeypatch.setattr("partnersim.model.version.MODEL_VERSION", "9.9")
    with pytest.raises(ScenarioError, match=r"was made with model .* has model 9\.9"):
        Sweep.open(sweep.folder).rerun(0)


def test_problem_describes_the_parameters_as_salib_wants_them() -> None:
    problem = problem_of(Plan.make(PLAN))
    assert problem == {
        "num_vars": 2,
        "names": [DELEGATED, HORIZON],
        "dists": ["unif", "unif"],
        "bounds": [[0.0, 1.0], [12.0, 48.0]],
    }


def test_a_problem_with_groups_and_distributions_gives_the_plans_values() -> None:
    """SALib's own scaling of positions gives the values that the plan's distributions give."""
    from SALib.util import scale_samples

    given = {
        "dummy-a": {"distribution": "truncnorm", "a": -1.0, "b": 2.0, "loc": 0.4, "scale": 0.1},
        "dummy-b": {"distribution": "triang", "c": 0.3, "loc": 0.1, "scale": 0.6},
        "dummy-c": {"distribution": "loguniform", "a": 0.01, "b": 0.5},
        "dummy-d": {"distribution": "lognorm", "s": 0.4, "scale": 2.0},
        "dummy-e": {"distribution": "weibull_min", "c": 1.5, "scale": 2.0, "loc": 0.1},
        "dummy-f": {"distribution": "norm", "loc": 1.0, "scale": 2.0},
        "dummy-g": {"low": 0.2, "high": 0.7},
    }
    design = {"type": "saltelli", "base": 4, "groups": {"both": ["dummy-a", "dummy-c"]}}
    plan = Plan.make(PLAN | {"design": design, "parameters": given})
    problem = problem_of(plan)
    assert problem["groups"] == ["both", "dummy-b", "both", "dummy-d", "dummy-e", "dummy-f", "dummy-g"]
    positions = np.linspace(0.05, 0.95, 7)
    scaled = scale_samples(np.tile(positions[:, np.newaxis], len(given)), problem)
    expected = np.column_stack([p.at(positions) for p in plan.parameters_by_path.values()])
    assert scaled == pytest.approx(expected, rel=1e-12)


def test_a_distribution_that_salib_has_not_is_refused() -> None:
    plan = Plan.make(PLAN | {"parameters": {"dummy": {"distribution": "beta", "a": 2.0, "b": 3.0}}})
    with pytest.raises(ScenarioError, match="SALib has no such distribution"):
        problem_of(plan)


def test_names_and_switches_become_numbers() -> None:
    import pandas as pd

    points = pd.DataFrame({"a": [0.5, 1.5], "b": [True, False], "c": ["late", "early"]})
    assert as_numbers(points).tolist() == [[0.5, 1.0, 1.0], [1.5, 0.0, 0.0]]
