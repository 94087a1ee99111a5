"""A sweep's store: every run once, the same numbers whoever runs it, nothing run twice."""

import json
import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student_t

import partnersim
from partnersim.model.series import SERIES
from partnersim.model.version import MODEL_VERSION
from partnersim.runs.measures import MEASURES, measure
from partnersim.scenario.errors import ScenarioError
from partnersim.sweep import run as running
from partnersim.sweep.chunks import Chunk, Coverage, Grid, to_ranges
from partnersim.sweep.engines import SweepStopped
from partnersim.sweep.plan import PlanError
from partnersim.sweep.precision import half_widths
from partnersim.sweep.run import Pilot, choose_grid, count_missing, expect
from partnersim.sweep.store import Store, StoreError
from partnersim.sweep.worker import Worker
from tests.commands import environment
from tests.pages import ROOT
from tests.stores import fingerprint, make_plan, n_runs_in, read, run, run_files, store_of, write_document

MADE_WITH = f"was made with model {re.escape(MODEL_VERSION)}"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep that was run undisturbed."""
    folder = tmp_path_factory.mktemp("finished") / "sweep"
    store_of(folder)
    assert run(folder).is_finished
    return folder


# --- Chunks --------------------------------------------------------------------------------------


@st.composite
def chunks(draw: st.DrawFn) -> Chunk:
    points = draw(st.sets(st.integers(0, 30), min_size=1, max_size=20))
    first = draw(st.integers(0, 8))
    return Chunk(tuple(to_ranges(sorted(points))), (first, draw(st.integers(first + 1, 12))))


def pairs_of(chunk: Chunk) -> set[tuple[int, int]]:
    """Points and replicates of a chunk, one by one."""
    return {
        (point, replicate)
        for begin, end in chunk.points
        for point in range(begin, end)
        for replicate in range(*chunk.replicates)
    }


@given(st.lists(chunks(), max_size=6), chunks())
def test_missing_is_the_chunk_less_what_is_done(done: list[Chunk], wanted: Chunk) -> None:
    coverage, known = Coverage(), set()
    for chunk in done:
        is_new = known.isdisjoint(pairs_of(chunk))
        assert coverage.add(chunk) is is_new
        known |= pairs_of(chunk) if is_new else set()
    missing = list(coverage.missing(wanted))
    assert set().union(*map(pairs_of, missing)) == pairs_of(wanted) - known
    assert sum(len(pairs_of(chunk)) for chunk in missing) == len(pairs_of(wanted) - known)
    assert coverage.n_runs(3) == 3 * len(known)


@given(chunks())
def test_chunk_is_read_as_it_was_written(chunk: Chunk) -> None:
    assert Chunk.from_json(chunk.to_json().encode()) == chunk
    assert len(pairs_of(chunk)) == chunk.n_points * chunk.n_replicates


@given(chunks(), chunks())
def test_different_chunks_have_different_files(one: Chunk, other: Chunk) -> None:
    assert (one.file_name == other.file_name) == (one == other)


@given(st.integers(1, 40), st.integers(1, 20), st.integers(1, 9), st.integers(1, 9))
def test_grid_has_each_run_once_and_a_block_before_the_next(
    n_points: int, n_replicates: int, points_per_chunk: int, replicates_per_block: int
) -> None:
    grid = Grid(points_per_chunk, replicates_per_block)
    cut = list(grid.chunks([(0, n_points)], 0, n_replicates))
    assert sum(len(pairs_of(chunk)) for chunk in cut) == n_points * n_replicates
    assert len(set().union(*map(pairs_of, cut))) == n_points * n_replicates
    assert all(one.replicates <= other.replicates for one, other in pairwise(cut))
    assert [c.file_name for c in cut] == sorted(c.file_name for c in cut)


@pytest.mark.parametrize("seconds_per_run", [0.0001, 0.001, 0.01])
def test_chunks_are_sized_by_time_in_powers_of_two(
    monkeypatch: pytest.MonkeyPatch, seconds_per_run: float
) -> None:
    monkeypatch.setattr("partnersim.sweep.run.pilot", lambda _: Pilot(seconds_per_run, 8, 100.0))
    plan = make_plan(replicates=1000, design={"type": "sobol", "points": 1 << 20})
    grid = choose_grid(plan)
    assert 1.5 < grid.points_per_chunk * grid.replicates_per_block * 2 * seconds_per_run <= 4
    short = choose_grid(make_plan(replicates=400))
    assert len(list(short.chunks([(0, 16)], 0, 400))) >= 16
    one_point = choose_grid(make_plan(replicates=1 << 20, design={"type": "sobol", "points": 1}))
    assert one_point.points_per_chunk == 1
    assert one_point.replicates_per_block > 100


@pytest.mark.parametrize(
    ("work", "workers", "engine", "seconds"),
    [(1, 2, "serial", 1), (4.9, 2, "serial", 4.9), (100, 2, "processes", 52.5), (100, 1, "serial", 100)],
)
def test_workers_are_begun_where_that_is_worth_it(
    work: float, workers: int, engine: str, seconds: float
) -> None:
    assert expect(work, workers) == (engine, seconds)


@pytest.mark.parametrize(
    ("how", "seconds_per_run", "engine"),
    [
        ({}, 1e-4, "serial"),
        ({}, 1.0, "processes"),
        ({"workers": 2}, 1e-4, "processes"),
        ({"shard": "1/200"}, 1.0, "serial"),
        ({"engine": "serial"}, 1.0, "serial"),
        ({"scheduler": "tcp://127.0.0.1:1"}, 1e-4, "dask"),
    ],
)
def test_the_engine_is_that_which_is_done_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: Any, seconds_per_run: float, engine: str
) -> None:
    monkeypatch.setattr(running, "pilot", lambda _: Pilot(seconds_per_run, 8, 100.0))
    monkeypatch.setattr(running, "n_cores", lambda: 4)

    def open_other(name: str, *_: Any) -> Any:
        raise StopIteration(name)

    monkeypatch.setattr(running, "open_engine", open_other)
    with pytest.raises(StopIteration, match=engine):
        run(tmp_path, **{"engine": None} | how)
    (line,) = (tmp_path / "provenance.jsonl").read_text().splitlines()
    assert json.loads(line)["engine"] == engine


# --- Numbers -------------------------------------------------------------------------------------


def test_runs_are_those_of_the_ensemble(finished: Path) -> None:
    rows, plan = read(finished), Store.open(finished).plan
    points = pq.read_table(finished / "design.parquet").to_pandas()
    assert len(rows) == 16 * 2 * 6
    assert not rows[["point", "arm", "replicate"]].duplicated().any()
    for (point, arm), of_arm in rows.groupby(["point", "arm"]):
        values = points.drop(columns="point").iloc[int(point)].to_dict()
        scenario = plan.scenario_for(str(arm), values)
        expected = partnersim.run(scenario, 6, plan.seed, series=False).measures
        for name, values in expected.items():
            np.testing.assert_array_equal(of_arm[name].to_numpy(), values, err_msg=name)


@pytest.mark.parametrize("grid", [Grid(1, 1), Grid(5, 4), Grid(1000, 1000)], ids=str)
def test_numbers_do_not_depend_on_chunks(finished: Path, tmp_path: Path, grid: Grid) -> None:
    store_of(tmp_path, grid=grid)
    assert run(tmp_path).is_finished
    assert fingerprint(tmp_path) == fingerprint(finished)


def test_numbers_do_not_depend_on_processes(finished: Path, tmp_path: Path) -> None:
    assert run(tmp_path, engine="processes", workers=2).is_finished
    assert fingerprint(tmp_path) == fingerprint(finished)


def test_files_are_the_same_wherever_they_are_written(finished: Path, tmp_path: Path) -> None:
    store_of(tmp_path)
    run(tmp_path)
    for file in run_files(finished):
        assert (tmp_path / "runs" / file.name).read_bytes() == file.read_bytes()


@pytest.mark.parametrize(
    ("changes", "shared"),
    [
        ({}, "all"),
        ({"luck": "independent"}, "none"),
        ({"design": {"type": "saltelli", "base": 4}}, "base row"),
    ],
    ids=["common", "independent", "saltelli"],
)
def test_luck_is_shared_as_declared(tmp_path: Path, changes: Any, shared: str) -> None:
    plan = make_plan(replicates=2, **changes)
    run(tmp_path, plan)
    rows = read(tmp_path).query("arm == 'base'")
    by_point = rows.groupby("point")["luck_number"].apply(tuple)
    points = pq.read_table(tmp_path / "design.parquet").to_pandas()
    if shared == "all":
        assert set(by_point) == {(0, 1)}
    elif shared == "none":
        assert by_point.is_unique
    else:
        assert by_point.groupby(points["base_row"]).nunique().eq(1).all()
        assert by_point.nunique() == 4
    of_arms = read(tmp_path).groupby(["point", "replicate"])["luck_number"].nunique()
    assert of_arms.eq(1).all()
    row = read(tmp_path).iloc[-1]
    values = points.loc[row.point, list(plan.parameters_by_path)].to_dict()
    scenario = plan.scenario_for(row.arm, values)
    again = partnersim.run(scenario, 1, plan.seed, series=False, first_replicate=int(row.luck_number))
    assert {name: v[0] for name, v in again.measures.items()} == pytest.approx(
        row[list(MEASURES)].to_dict(), nan_ok=True, rel=0, abs=0
    )


def test_runs_measured_together_are_as_if_measured_alone() -> None:
    rng = np.random.default_rng(1)
    series = {name: rng.random((9, 73)) for name in SERIES}
    series["change_delivered"] = series["change_delivered"].cumsum(axis=1) / 60
    series["n_members"] = np.maximum.accumulate(rng.integers(1, 9, (9, 73)), axis=1)[:, ::-1] * 1.0
    numbers = np.array([4, 5, 6, 4, 5, 6, 2**40, 0, 1])
    together = measure(series, seed=3, first_replicate=numbers)
    for row, number in enumerate(numbers.tolist()):
        one = {name: values[row : row + 1] for name, values in series.items()}
        alone = measure(one, seed=3, first_replicate=number)
        for name, values in alone.items():
            np.testing.assert_array_equal(together[name][row : row + 1], values, err_msg=name)


def test_series_are_kept_of_the_runs_asked_for(tmp_path: Path) -> None:
    plan = make_plan(series={"names": ["trust", "speed"], "runs": 2, "points": 5})
    store = store_of(tmp_path, plan)
    run(tmp_path, plan)
    kept = pd.concat([pq.read_table(file).to_pandas() for file in store.series_files()])
    keys = kept[["point", "arm", "replicate", "month"]].drop_duplicates()
    assert len(kept) == len(keys) == 5 * 2 * 2 * 61
    points = pq.read_table(tmp_path / "design.parquet").to_pandas().drop(columns="point")
    scenario = plan.scenario_for("coordinator", points.iloc[3].to_dict())
    expected = partnersim.run(scenario, 2, plan.seed, series=["trust", "speed"])
    for name in ("trust", "speed"):
        of_run = kept.query("point == 3 and arm == 'coordinator' and replicate == 1")
        np.testing.assert_array_equal(of_run.sort_values("month")[name], expected.series[name][1])


# --- Resuming and growing ------------------------------------------------------------------------


def test_only_what_is_missing_is_run(finished: Path, tmp_path: Path) -> None:
    store_of(tmp_path)
    run(tmp_path)
    files = run_files(tmp_path)
    for lost in (files[0], files[5]):
        lost.unlink()
    store = Store.open(tmp_path)
    assert count_missing(store, store.list_runs()) == 2 * 4 * 3 * 2
    before = {file: file.stat().st_mtime_ns for file in run_files(tmp_path)}
    outcome = run(tmp_path)
    assert outcome.is_finished
    assert store.sessions()[-1]["ended"]["n_runs"] == 2 * 4 * 3 * 2
    assert {file: file.stat().st_mtime_ns for file in before} == before
    assert fingerprint(tmp_path) == fingerprint(finished)


def test_finished_sweep_runs_nothing(finished: Path) -> None:
    outcome = run(finished)
    assert outcome.is_finished
    assert (outcome.n_done, outcome.n_total) == (192, 192)
    assert Store.open(finished).sessions()[-1]["ended"]["n_runs"] == 0


def test_resume_with_other_chunks_fills_the_gaps(finished: Path, tmp_path: Path) -> None:
    store_of(tmp_path)
    run(tmp_path)
    for lost in run_files(tmp_path)[1:5]:
        lost.unlink()
    described = json.loads((tmp_path / "sweep.json").read_text())
    described["growth"][-1]["grid"] = {"points_per_chunk": 7, "replicates_per_block": 5}
    write_document(tmp_path, described)
    assert run(tmp_path).is_finished
    assert fingerprint(tmp_path) == fingerprint(finished)


def test_shards_together_are_the_sweep(finished: Path, tmp_path: Path) -> None:
    store_of(tmp_path)
    first = run(tmp_path, shard="1/3")
    assert not first.is_finished
    assert "others" in first.message
    assert first.n_done == first.n_total < 192
    assert not run(tmp_path, shard="2/3").is_finished
    assert run(tmp_path, shard="3/3").is_finished
    assert [s["ended"]["n_runs"] for s in Store.open(tmp_path).sessions()] == [72, 72, 48]
    assert fingerprint(tmp_path) == fingerprint(finished)


def test_growing_adds_and_repeats_nothing(tmp_path: Path) -> None:
    grown, whole = tmp_path / "grown", tmp_path / "whole"
    run(grown)
    before = {file: file.read_bytes() for file in run_files(grown)}
    outcome = run(grown, extend={"replicates": 10, "points": 32})
    assert outcome.is_finished
    assert outcome.n_total == 32 * 10 * 2
    assert {file: file.read_bytes() for file in before} == before
    assert Store.open(grown).sessions()[-1]["ended"]["n_runs"] == 32 * 10 * 2 - 192
    run(whole, make_plan(replicates=10, design={"type": "sobol", "points": 32}))
    assert fingerprint(grown) == fingerprint(whole)
    assert pq.read_metadata(grown / "design.parquet").num_rows == 32


def test_growing_keeps_runs_whose_scenario_would_be_written_otherwise_by_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path)
    monkeypatch.setattr("partnersim.sweep.plan.to_toml", lambda scenario: scenario.to_toml() + "# new\n")
    outcome = run(tmp_path, extend={"replicates": 8})
    assert outcome.set_aside == []
    assert Store.open(tmp_path).sessions()[-1]["ended"]["n_runs"] == 16 * 2 * 2


def test_grown_sweep_is_finished_for_the_plan_it_began_with(tmp_path: Path) -> None:
    run(tmp_path)
    run(tmp_path, extend={"replicates": 8})
    outcome = run(tmp_path)
    assert outcome.is_finished
    assert outcome.n_total == 16 * 8 * 2
    assert run(tmp_path, extend={"replicates": 8}).is_finished
    assert len(Store.open(tmp_path).history) == 2
    with pytest.raises(PlanError, match="8 already"):
        run(tmp_path, extend={"replicates": 7})


def test_shards_that_let_a_sweep_grow_at_once_cut_it_alike(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    grown = store.plan.grown({"replicates": 8})
    one, other = store.grow(grown, Grid(4, 4)), store.grow(grown, Grid(2, 8))
    assert one.grid == other.grid == Store.open(tmp_path).grid == Grid(4, 4)
    assert len(other.history) == 2


def test_new_sweep_may_begin_larger_than_its_plan(tmp_path: Path) -> None:
    assert run(tmp_path, extend={"replicates": 8}).n_total == 16 * 8 * 2
    assert run(tmp_path).n_total == 16 * 8 * 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seed": 6}, "seed: 5 in the store, 6 in the plan"),
        ({"months": 36}, "months: 60 in the store, 36 in the plan"),
        ({"measures": ["trust"]}, "measures"),
        ({"replicates": 9}, "--extend replicates=9"),
        ({"design": {"type": "sobol", "points": 64}}, "--extend points=64"),
        ({"replicates": {"half_width": {"trust": 0.1}}}, "another folder"),
    ],
    ids=str,
)
def test_plan_that_was_edited_is_refused(finished: Path, changes: Any, said: str) -> None:
    before = fingerprint(finished)
    with pytest.raises(StoreError, match=str(finished)) as refused:
        run(finished, make_plan(**changes))
    assert said in str(refused.value)
    assert fingerprint(finished) == before


def test_plan_is_kept_as_it_was_given(tmp_path: Path) -> None:
    given = make_plan().to_toml() + "# my note\n"
    plan = type(make_plan()).loads(given)
    run(tmp_path, plan)
    run(tmp_path, plan, extend={"replicates": 7})
    assert (tmp_path / "plan.toml").read_text(encoding="utf-8") == given
    assert Store.open(tmp_path).plan.replicates == 7


def test_points_of_a_table_are_kept_with_the_runs(tmp_path: Path) -> None:
    table = tmp_path / "points.csv"
    table.write_text("decision.exposure\n0.1\n0.3\n0.2\n")
    plan = make_plan(design={"type": "table", "file": str(table)}, parameters={}, replicates=2)
    run(tmp_path / "sweep", plan)
    table.unlink()
    store = Store.open(tmp_path / "sweep")
    assert store.sweep_id == plan.sweep_id
    assert store.check() == []
    assert run(tmp_path / "sweep", plan).is_finished


# --- Failed runs ---------------------------------------------------------------------------------


def plan_with_a_bad_point(folder: Path, **changes: Any) -> Any:
    """A plan whose second point is no scenario: a table is checked at its ends only."""
    table = folder / "points.csv"
    table.write_text("lead.organisation,decision.exposure\nhospital,0.1\nnobody,0.2\nhospital,0.3\n")
    design = {"type": "table", "file": str(table)}
    return make_plan(design=design, parameters={}, replicates=4, arms={}, **changes)


def test_point_that_is_no_scenario_is_failed_rows(tmp_path: Path) -> None:
    plan = plan_with_a_bad_point(tmp_path)
    outcome = run(tmp_path / "sweep", plan)
    assert outcome.is_finished
    assert (outcome.n_done, outcome.n_failed) == (12, 4)
    rows = read(tmp_path / "sweep")
    failed = rows.query("point == 1")
    assert set(failed["status"]) == {"failed"}
    assert set(failed["error"]) == {"ScenarioError"}
    assert failed["message"].str.contains("nobody").all()
    assert failed[list(MEASURES)].isna().all(axis=None)
    assert set(rows.query("point != 1")["status"]) == {"ok"}
    measured = pads.dataset(run_files(tmp_path / "sweep")).to_table()["trust"]
    assert measured.null_count == 4
    assert Store.open(tmp_path / "sweep").list_runs().n_failed == 4
    assert run(tmp_path / "sweep", plan).n_failed == 4


@pytest.mark.parametrize("on_error", ["stop", {"stop_after": 3}], ids=str)
def test_sweep_stops_after_failures_and_goes_on(tmp_path: Path, on_error: Any) -> None:
    plan = plan_with_a_bad_point(tmp_path, on_error=on_error)
    store_of(tmp_path / "sweep", plan, Grid(1, 4))
    with pytest.raises(SweepStopped, match="4 runs failed"):
        run(tmp_path / "sweep", plan)
    assert n_runs_in(tmp_path / "sweep") == 8
    assert run(tmp_path / "sweep", plan).is_finished


def spoil(monkeypatch: pytest.MonkeyPatch, replicate: int, how: Any) -> None:
    """Have the core do something to one replicate."""
    from partnersim.model import schedule

    simulate = schedule.simulate

    def spoiled(state: Any, p: Any, root: Any, first: int, series: Any, detail: Any) -> None:
        simulate(state, p, root, first, series, detail)
        if first <= replicate < first + len(series):
            how(series[replicate - first])

    monkeypatch.setattr(schedule, "simulate", spoiled)
    monkeypatch.setattr("partnersim.model.native.library.load", lambda: None)  # runs points side by side


def fill_with_nan(series: Any) -> None:
    series[7:, 1] = np.nan


def raise_something(series: Any) -> None:
    raise ZeroDivisionError("float division by zero " + 1000 * "again ")


@pytest.mark.parametrize(
    ("how", "error", "said"),
    [
        (fill_with_nan, "NotFiniteError", "trust is nan in month 7"),
        (raise_something, "ZeroDivisionError", "float division by zero again"),
    ],
)
def test_run_that_fails_spoils_no_other(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: Any, error: str, said: str
) -> None:
    spoil(monkeypatch, 4, how)
    outcome = run(tmp_path)
    assert outcome.is_finished
    assert outcome.n_failed == 16 * 2
    rows, whole = read(tmp_path), read(finished)
    is_bad = rows["replicate"] == 4
    assert set(rows[is_bad]["status"]) == {"failed"}
    assert set(rows[is_bad]["error"]) == {error}
    assert rows[is_bad]["message"].str.startswith(said).all()
    assert rows[is_bad]["message"].str.len().max() <= 300
    assert rows[is_bad][list(MEASURES)].isna().all(axis=None)
    pd.testing.assert_frame_equal(rows[~is_bad], whole[~is_bad], check_dtype=False)


# --- As many replicates as are needed ------------------------------------------------------------

PRECISE = {"half_width": {"trust": 0.08, "months_to_25": 16.0}, "floor": 4, "ceiling": 30}


def test_points_get_replicates_until_they_are_precise(tmp_path: Path) -> None:
    plan = make_plan(replicates=PRECISE)
    outcome = run(tmp_path, plan)
    assert outcome.is_finished
    rows = read(tmp_path)
    assert len(rows) == outcome.n_done == outcome.n_total
    numbers = rows.groupby("point")["replicate"].nunique()
    assert numbers.nunique() > 1
    for _, of_point in rows.groupby("point"):
        n = of_point["replicate"].nunique()
        for level in range(4, n, 4):
            assert not is_precise(of_point.query(f"replicate < {level}"))
        assert n == 30 or is_precise(of_point)
    store = Store.open(tmp_path)
    assert count_missing(store, store.list_runs()) == 0


def is_precise(rows: pd.DataFrame) -> bool:
    """The rule once more, for one point, with pandas."""
    for name, width in PRECISE["half_width"].items():
        values = rows.set_index(["replicate", "arm"])[name]
        values = values.fillna(60.0) if name == "months_to_25" else values
        differences = values.unstack("arm").pipe(lambda v: v["coordinator"] - v["base"])
        n = len(differences)
        reach = student_t.ppf(0.975, n - 1) * differences.std() / np.sqrt(n)
        if reach > width:
            return False
    return True


def test_precision_does_not_depend_on_interruptions_and_shards(tmp_path: Path) -> None:
    plan = make_plan(replicates=PRECISE)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    run(whole, plan)
    store_of(broken, plan, Grid(3, 2))
    for shard in ("1/2", "2/2") * 30:
        if run(broken, plan, shard=shard).is_finished:
            break
    assert fingerprint(broken) == fingerprint(whole)
    assert run(broken, plan, engine="processes", workers=2).is_finished


def test_precision_may_be_left_for_a_number(tmp_path: Path) -> None:
    run(tmp_path / "rule", make_plan(replicates=PRECISE))
    run(tmp_path / "rule", make_plan(replicates=PRECISE), extend={"replicates": 40})
    run(tmp_path / "number", make_plan(replicates=40))
    assert fingerprint(tmp_path / "rule") == fingerprint(tmp_path / "number")


def test_half_width_of_few_values() -> None:
    values = np.array([[1.0, 2.0, 3.0], [1.0, np.nan, np.nan], [np.nan] * 3])
    reach = student_t.ppf(0.975, 2) * 1.0 / np.sqrt(3)
    np.testing.assert_allclose(half_widths(values, 0.95), [reach, np.inf, 0.0])


# --- What is beside the runs ---------------------------------------------------------------------


def test_provenance_is_a_line_for_each_session(tmp_path: Path) -> None:
    run(tmp_path)
    run(tmp_path)
    lines = (tmp_path / "provenance.jsonl").read_text().splitlines()
    assert [json.loads(line)["ended"]["n_runs"] for line in lines] == [192, 0]
    for key in ("began", "command", "host", "numpy", "partnersim", "revision"):
        assert key in json.loads(lines[0])


def test_order_is_replicates_first(tmp_path: Path) -> None:
    store_of(tmp_path)
    seen: list[int] = []

    class EnoughError(Exception):
        pass

    def look(progress: Any) -> None:
        seen.append(progress.n_done)
        if progress.n_done >= 16 * 3 * 2:
            raise EnoughError

    with pytest.raises(EnoughError):
        run(tmp_path, progress=look)
    rows = read(tmp_path)
    assert set(rows["replicate"]) == {0, 1, 2}
    assert len(rows) == 16 * 3 * 2
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"engine": "prozesses"}, "did you mean 'processes'"),
        ({"engine": "serial", "scheduler": "tcp://127.0.0.1:1"}, "dask"),
        ({"shard": "0/3"}, "from 1"),
        ({"shard": "4/3"}, "from 1"),
        ({"shard": "two"}, "must be i/n"),
        ({"extend": {"points": 24}}, "power of two"),
        ({"extend": {"base": 32}}, "base"),
    ],
    ids=str,
)
def test_bad_arguments_are_refused(tmp_path: Path, how: Any, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        run(tmp_path, **how)


def test_folder_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").touch()
    with pytest.raises(StoreError, match=r"thesis\.docx"):
        run(tmp_path)
    assert os.listdir(tmp_path / "runs") == []


def test_where_nothing_is_there_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("missing", "file"):
        with pytest.raises(StoreError, match="no sweep"):
            Store.open(tmp_path / name)


def edit(text: str, **changes: Any) -> bytes:
    """Give a document in which something is changed."""
    return json.dumps(json.loads(text) | changes).encode()


def edit_growth(text: str) -> bytes:
    document = json.loads(text)
    document["growth"][0]["points"]["digests"][0] = "0" * 64
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda text: text[:200].encode(), "damaged"),
        (lambda text: text.encode().replace(b"exposure", b"\xff", 1), "damaged .*UTF-8"),
        (lambda text: b"[" * 100_000, "damaged .*nested too deeply"),
        (lambda text: b'{"a":' * 100_000, "damaged .*nested too deeply"),
        (lambda text: b"[]", "damaged"),
        (lambda text: b"{}", "damaged"),
        (lambda text: edit(text, format="3"), "damaged"),
        (lambda text: edit(text, format=99), "later version"),
        (lambda text: edit(text, format=2), "earlier version"),
        (lambda text: edit(text, id="0" * 16), "not as it was written"),
        (lambda text: edit(text, plan="# mine"), "not as it was written"),
        (lambda text: text.replace("months = 60", "months = 61").encode(), "not as it was written"),
        (lambda text: edit(text, resolved=json.loads(text)["resolved"] + "\n"), "not as it was written"),
        (lambda text: edit(text, mine=1), "not as it was written"),
        (edit_growth, "not as it was written"),
    ],
)
def test_what_is_no_store_is_not_opened(tmp_path: Path, finished: Path, spoil: Any, said: str) -> None:
    folder = tmp_path / "sweep"
    shutil.copytree(finished, folder)
    file = folder / "sweep.json"
    file.write_bytes(spoil(file.read_text(encoding="utf-8")))
    for use in (Store.open, run):
        with pytest.raises(StoreError, match=said) as refused:
            use(folder)
        assert str(refused.value).startswith(f"{file}: ")
        assert "\n" not in str(refused.value)
    if "later" not in said:  # the remedy that the message names
        (folder / "sweep.json").unlink()
        assert run(folder).is_finished
        assert Store.open(folder).sessions()[-1]["ended"]["n_runs"] == 0


def test_store_of_another_model_can_be_read_but_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path)
    stored = fingerprint(tmp_path)
    run_files(tmp_path)[0].unlink()
    monkeypatch.setattr("partnersim.model.version.MODEL_VERSION", "9.9")
    assert len(read(tmp_path)) < stored[0]
    with pytest.raises(StoreError, match=rf"{MADE_WITH}, .* has model 9\.9, "):
        run(tmp_path)
    with pytest.raises(StoreError, match=MADE_WITH):
        Worker(Store.open(tmp_path))


def test_store_of_a_model_whose_plans_are_unknown_now_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path)
    text = (tmp_path / "sweep.json").read_text()
    write_document(tmp_path, json.loads(text.replace("exposure", "no_more")))
    monkeypatch.setattr("partnersim.model.version.MODEL_VERSION", "9.9")
    with pytest.raises(StoreError, match=rf"{MADE_WITH}, "):
        Store.open(tmp_path)


@pytest.mark.slow
def test_comments_are_the_same_model_and_another_version_is_not(tmp_path: Path) -> None:
    package = tmp_path / "copy" / "partnersim"
    shutil.copytree(ROOT / "partnersim", package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "plan.toml").write_text(
        'scenario = "two-organisations"\nmonths = 3\nreplicates = 2\n'
        'design = { type = "sobol", points = 2 }\nparameters = { "decision.exposure" = {} }\n'
    )
    words = ["sweep", "run", "plan.toml", "--out", "small", "--engine", "serial"]

    def sweep(*more: str) -> subprocess.CompletedProcess[str]:
        """Run the copy on the plan; nothing is compiled."""
        return subprocess.run(
            [sys.executable, "-m", "partnersim", *words, *more],
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            env=environment(
                PYTHONPATH=str(package.parent),
                NUMBA_DISABLE_JIT="1",
                PARTNERSIM_CACHE_DIR=str(tmp_path / "cache"),
            ),
        )

    done = sweep()
    assert done.returncode == 0, done.stderr
    before = {file: file.read_bytes() for file in run_files(tmp_path / "small")}
    for file in package.rglob("*.py"):
        with file.open("a", encoding="utf-8") as source:
            source.write("# The model is the same.\n")
    done = sweep("--extend", "replicates=4")
    assert done.returncode == 0, done.stderr
    assert before == {file: file.read_bytes() for file in before}
    assert len(read(tmp_path / "small")) == 8
    first, second = Store.open(tmp_path / "small").sessions()
    assert first["model"] == second["model"]
    assert first["sources"] != second["sources"]

    version = next(package.rglob("version.py"))
    declared = f'MODEL_VERSION = "{first["model"]}"'
    source = version.read_text(encoding="utf-8")
    assert declared in source
    version.write_text(source.replace(declared, 'MODEL_VERSION = "9.9"'), encoding="utf-8")
    refused = sweep("--extend", "replicates=6")
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1] == (
        f"Error: {tmp_path / 'small'}: was made with model {first['model']}, and partnersim "
        f"{partnersim.__version__} has model 9.9, which gives other numbers. Nothing stored is "
        "lost: begin a new folder, or go on with a release of partnersim that has model "
        f"{first['model']}"
    )
    assert len(read(tmp_path / "small")) == 8
