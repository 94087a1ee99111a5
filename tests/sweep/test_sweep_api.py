"""`partnersim.Sweep`: runs that are those of the ensemble, tables of them, and what they say."""

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import partnersim
from partnersim import Sweep, figures
from partnersim.analysis.effects import MainEffects
from partnersim.figures.sweep import in_words
from partnersim.scenario.errors import InputError, ScenarioError
from partnersim.sweep import run as running
from partnersim.sweep.plan import Plan
from tests.commands import printed_by
from tests.stores import DOORS, rows_by

MEASURES = ["mean_speed", "trust", "months_to_25"]
PLAN: dict[str, Any] = {
    "scenario": "two-organisations",
    "months": 12,
    "replicates": 3,
    "seed": 5,
    "measures": MEASURES,
    "design": {"type": "latin-hypercube", "points": 32},
    "parameters": {
        "ways_of_working.delegated_authority": {},
        "coordinators.Ana.skill": {"low": 0.2, "high": 1.0},
        "organisations.council.planning_horizon": {"values": [12, 24, 48]},
    },
    "arms": {"coordinator": {"coordinators": [{"name": "Ana"}]}},
    "series": {"names": ["trust"], "runs": 2},
}


def changed(**changes: Any) -> Plan:
    return Plan.make({**PLAN, **changes})


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """A small sweep that is finished."""
    return Sweep.run(PLAN, tmp_path_factory.mktemp("sweep") / "done", engine="serial")


def test_a_run_is_that_of_the_ensemble(sweep: Sweep) -> None:
    """Bit for bit, by way of the scenario of its point, its arm and its replicate."""
    design = sweep.design.to_pandas().set_index("point")
    runs = sweep.measures.to_pandas().set_index(["point", "arm"]).sort_index()
    for point in (0, 17, 31):
        for arm in ("base", "coordinator"):
            scenario = sweep.plan.scenario_for(arm, design.loc[point].to_dict())
            expected = partnersim.run(scenario, 3, 5, series=["trust"])
            found = runs.loc[(point, arm)]
            assert found["replicate"].tolist() == [0, 1, 2]
            for name in MEASURES:
                np.testing.assert_array_equal(found[name], expected.measures[name])


def test_series_are_those_of_the_ensemble(sweep: Sweep) -> None:
    design = sweep.design.to_pandas().set_index("point")
    data = sweep.series.to_xarray()["trust"]
    assert data.dims == ("point", "arm", "replicate", "month")
    assert data.sizes == {"point": 32, "arm": 2, "replicate": 2, "month": 13}
    scenario = sweep.plan.scenario_for("coordinator", design.loc[9].to_dict())
    expected = partnersim.run(scenario, 2, 5, series=["trust"]).series["trust"]
    np.testing.assert_array_equal(data.sel(point=9, arm="coordinator"), expected)


def speeds_by(door: str, sweep: Sweep) -> np.ndarray:
    """Speeds in order of point, arm and replicate, as some library reads them."""
    if door == "xarray":
        return sweep.to_xarray()["mean_speed"].values.ravel()
    rows = rows_by(door, sweep.measures).astype({"arm": str})
    return rows.sort_values(["point", "arm", "replicate"])["mean_speed"].to_numpy()


@pytest.mark.skipif(os.name == "nt", reason="names are other ones there")
@pytest.mark.parametrize("door", [*DOORS, "xarray"])
@pytest.mark.parametrize(
    "name", ["~/sweep", "~none-such", "./x/../sweep", "link", "run[1]", "run*", "run?", "a=1", "s3:x", "%41"]
)
def test_a_folder_is_found_by_whatever_name(
    sweep: Sweep, home: Path, monkeypatch: pytest.MonkeyPatch, name: str, door: str
) -> None:
    """By every door, moved, as a name and no pattern, and also where one is somewhere else by now."""
    monkeypatch.chdir(home)
    Path("x").mkdir()
    Path("link").symlink_to("moved")
    moved = {"link": "moved"}.get(name, name.replace("~/", ""))
    shutil.copytree(sweep.folder, moved)
    for other in ("run1", "run2"):
        shutil.copytree(sweep.folder, other)
        for file in Path(other, "runs").iterdir():
            file.write_bytes(b"of somebody else")
    opened = Sweep.open(name)
    monkeypatch.chdir("x")
    assert opened.folder.is_absolute()
    expected = sweep.measures.to_pandas(columns=["mean_speed"])["mean_speed"].to_numpy()
    np.testing.assert_array_equal(speeds_by(door, opened), expected)
    columns = {"polars": lambda: opened.measures.to_polars().collect_schema().names()}
    columns["duckdb"] = lambda: opened.measures.to_duckdb().columns
    if door in columns:
        assert columns[door]() == sweep.measures.to_arrow().schema.names


@pytest.mark.parametrize("how", [{}, {"shard": "1/1"}, {"engine": "processes", "workers": 1}], ids=str)
def test_a_sweep_is_read_where_it_is_written(
    home: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder, how: dict[str, Any]
) -> None:
    monkeypatch.chdir(home)
    Path("plan.toml").write_text(Plan.make(PLAN).to_toml(), encoding="utf-8")
    first = Sweep.run("~/plan.toml", "~/sweep", **{"engine": "serial"} | how)
    assert first.status().is_finished
    files = {file: file.stat().st_mtime_ns for file in home.glob("sweep/runs/*")}
    again = Sweep.run("~/plan.toml", "~/sweep", **{"engine": "serial"} | how)
    assert {file: file.stat().st_mtime_ns for file in home.glob("sweep/runs/*")} == files
    assert again.check() == []
    assert [str(warning.message) for warning in recwarn] == []
    assert not Path("~").exists()


def test_files_of_a_plan_may_be_at_home(home: Path) -> None:
    (home / "points.csv").write_text("decision.exposure\n0.1\n0.3\n", encoding="utf-8")
    place = partnersim.Scenario.load("two-organisations")
    (home / "place.toml").write_text(place.to_toml(), encoding="utf-8")
    own = "def give(i, layer, state, p):\n    return 0.25\n"
    (home / "mine.py").write_text(own, encoding="utf-8")
    plan = Plan.make(
        {
            "scenario": "~/place.toml",
            "design": {"type": "table", "file": "~/points.csv"},
            "variants": {"decide": "~/mine.py:give"},
        }
    )
    assert plan.base == place
    assert plan.points.n_points == 2
    assert list(plan.own_variants) == ["decide"]
    assert Plan.loads(plan.to_toml(), folder="elsewhere").sweep_id == plan.sweep_id
    assert partnersim.Scenario.load("~/place.toml") == place


# --- What is told -------------------------------------------------------------------------------


def test_what_was_set_aside_and_what_is_left_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "LEAST_SECONDS", 0.0)  # or so few runs would be one chunk
    with pytest.warns(UserWarning, match="is not finished: this shard is done; .* runs of others"):
        Sweep.run(PLAN, tmp_path, engine="serial", shard="1/2")
    first, *_ = sorted(tmp_path.glob("runs/*"))
    first.write_bytes(first.read_bytes()[:-50])
    with (
        pytest.warns(UserWarning, match=f"series/{first.name} has no runs beside it"),
        pytest.warns(UserWarning, match=f"runs/{first.name} cannot be read .*set aside") as told,
    ):
        Sweep.run(PLAN, tmp_path, engine="serial")
    assert {Path(warning.filename).name for warning in told} == {Path(__file__).name}


def test_tables_of_one_sweep_can_be_joined_in_sql(sweep: Sweep) -> None:
    duckdb = pytest.importorskip("duckdb")
    runs, design = sweep.measures.to_duckdb(), sweep.design.to_duckdb()
    assert runs.columns and design.columns
    ((count, points),) = duckdb.sql(
        "select count(*), count(distinct point) from runs join design using (point)"
    ).fetchall()
    assert (count, points) == (192, 32)


def test_parameters_are_coordinates_of_the_runs(sweep: Sweep) -> None:
    data = sweep.to_xarray()
    horizon = data["organisations.council.planning_horizon"]
    assert horizon.dims == ("point",)
    assert set(horizon.values.tolist()) == {12, 24, 48}
    assert data.attrs["sweep_id"] == sweep.plan.sweep_id
    assert int((data["status"] == 0).sum()) == 192


def test_status_says_how_far_it_is(sweep: Sweep) -> None:
    status = sweep.status()
    assert (status.n_points, status.n_arms, status.n_replicates) == (32, 2, 3)
    assert (status.n_runs, status.n_done, status.n_failed) == (192, 192, 0)
    assert status.is_finished
    on_disk = [*sweep.folder.glob("runs/*.parquet"), *sweep.folder.glob("series/*.parquet")]
    assert status.n_files == len(on_disk)
    assert status.n_bytes == sum(file.stat().st_size for file in on_disk)
    assert sweep.check() == []
    assert sweep.failures() == []
    (session,) = sweep.provenance
    assert session["partnersim"] == partnersim.__version__
    assert "192 of 192 runs" in repr(sweep)


def test_what_is_there_is_not_run_again_and_grows(sweep: Sweep, tmp_path: Path) -> None:
    again = Sweep.run(PLAN, tmp_path / "s", engine="serial")
    files = {file.name: file.stat().st_mtime_ns for file in tmp_path.glob("s/runs/*")}
    Sweep.run(PLAN, tmp_path / "s", engine="serial")
    assert {file.name: file.stat().st_mtime_ns for file in tmp_path.glob("s/runs/*")} == files
    Sweep.run(PLAN, tmp_path / "s", engine="serial", extend={"replicates": 5})
    assert again.measures.axes["replicate"].tolist() == [0, 1, 2, 3, 4]
    before = sweep.measures.to_xarray()
    grown = Sweep.open(tmp_path / "s").measures.to_xarray().isel(replicate=slice(0, 3))
    assert grown.load().drop_attrs().equals(before.load().drop_attrs())


def test_a_sweep_can_be_looked_into_before_it_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "LEAST_SECONDS", 0.0)  # or so few runs would be one chunk
    with pytest.raises(KeyboardInterrupt):
        Sweep.run(PLAN, tmp_path, engine="serial", progress=lambda now: _interrupt() if now.n_done else None)
    status = Sweep.open(tmp_path).status()
    assert 0 < status.n_done < status.n_runs
    assert not status.is_finished
    codes = Sweep.open(tmp_path).to_xarray()["status"].values
    assert (codes == 0).sum() == status.n_done
    assert Sweep.run(PLAN, tmp_path, engine="serial").status().is_finished


def _interrupt() -> None:
    import signal

    signal.raise_signal(signal.SIGINT)


# --- What cannot be -----------------------------------------------------------------------------


def test_errors_say_what_is_the_matter(sweep: Sweep, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="holds no sweep"):
        Sweep.open(tmp_path)
    plan = {key: value for key, value in PLAN.items() if key != "series"}
    without = Sweep.run(plan, tmp_path / "s", engine="serial")
    with pytest.raises(ScenarioError, match="no series are kept"):
        _ = without.series
    for file in tmp_path.glob("s/runs/*.parquet"):
        file.unlink()
    with pytest.raises(ScenarioError, match="nothing has been run yet"):
        _ = Sweep.open(tmp_path / "s").measures
    (tmp_path / "s" / "design.parquet").unlink()
    with pytest.raises(ScenarioError, match=r"design\.parquet: is not there"):
        _ = Sweep.open(tmp_path / "s").design


def test_failed_runs_are_counted_by_error(tmp_path: Path) -> None:
    """Points in the middle of a table: only the first and the last are tried beforehand."""
    points = tmp_path / "points.csv"
    points.write_text(
        "coordinators.Ana.from_month,coordinators.Ana.to_month\n1,12\n5,3\n6,2\n2,12\n", encoding="utf-8"
    )
    plan = changed(
        design={"type": "table", "file": str(points)}, parameters={}, series=None, on_error="record"
    )
    failed = Sweep.run(plan, tmp_path / "s", engine="serial")
    assert failed.status().n_failed == 6
    (failure,) = failed.failures()
    assert failure.error == "ScenarioError"
    assert failure.n_runs == 6
    assert (failure.point, failure.arm, failure.replicate) == (1, "coordinator", 0)
    assert "month" in failure.message


# --- Main effects and their figure ----------------------------------------------------------------


def main_effects(sweep: Sweep, *words: str) -> MainEffects:
    found = partnersim.analyse(sweep, *words, method="effects").effects
    assert found is not None
    return found


def test_means_of_points_are_over_pairs_and_their_runs(sweep: Sweep) -> None:
    runs = sweep.measures.to_pandas().pivot(index=["point", "replicate"], columns="arm")
    gain = runs["trust"]["coordinator"] - runs["trust"]["base"]
    found = main_effects(sweep, "trust", "coordinator", "base")
    horizon = next(e for e in found.effects if e.parameter.endswith("horizon"))
    values = sweep.design.to_pandas().set_index("point")["organisations.council.planning_horizon"]
    by_point = gain.groupby("point").mean()
    expected = by_point.groupby(values).mean()
    assert horizon.values == expected.index.tolist()
    assert horizon.means == pytest.approx(expected.to_numpy())
    assert (found.n_points, found.n_replicates, found.seed) == (32, 3, 5)


def test_a_milestone_never_reached_counts_as_the_last_month(sweep: Sweep) -> None:
    """So that one that no run reaches is the same at all points, and nothing is to be explained."""
    assert sweep.measures.to_pandas()["months_to_25"].isna().all()
    with pytest.raises(ScenarioError, match="months_to_25: is 12 at every point"):
        main_effects(sweep, "months_to_25")


def test_of_a_saltelli_design_only_rows_drawn_independently_count(tmp_path: Path) -> None:
    plan = changed(design={"type": "saltelli", "base": 16}, series=None, replicates=1)
    sweep = Sweep.run(plan, tmp_path / "s", engine="serial")
    assert main_effects(sweep, "trust").n_points == 2 * 16


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("trusst",), "'trust'"),
        (("trust", "coordinater"), "'coordinator'"),
        (("trust", "coordinator", "bass"), "'base'"),
    ],
)
def test_unknown_names_are_told_with_the_nearest(sweep: Sweep, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(InputError, match=f"of this name; did you mean {said}"):
        main_effects(sweep, *words)


@pytest.mark.parametrize(
    ("table", "name", "said"),
    [
        ("measures", "mean_sped", "'mean_speed'"),
        ("series", "trst", "'trust'"),
        ("design", "organisations.council.planing_horizon", "'organisations.council.planning_horizon'"),
    ],
)
def test_unknown_columns_are_told_with_the_nearest(sweep: Sweep, table: str, name: str, said: str) -> None:
    with pytest.raises(InputError, match=f"'{name}': there is no column in .* did you mean {said}"):
        getattr(sweep, table).to_pandas(columns=[name])


def test_every_column_is_in_the_codebook(sweep: Sweep) -> None:
    found = pd.read_csv(sweep.folder / "codebook.csv").set_index(["table", "column"])
    for table, file in (("design", "design.parquet"), ("runs", "runs/*"), ("series", "series/*")):
        columns = pq.read_schema(next(sweep.folder.glob(file))).names
        assert found.loc[table].index.tolist() == columns
    assert found["meaning"].notna().all()
    trust = found.loc[("runs", "trust")]
    assert (trust["unit"], trust["low"], trust["high"]) == ("share", 0, 1)
    assert "last month" in trust["meaning"] and "last month" not in found.loc[("series", "trust")]["meaning"]
    horizon = found.loc[("design", "organisations.council.planning_horizon")]
    assert horizon["unit"] == "months"
    data = sweep.to_xarray()
    for name, variable in data.variables.items():
        assert variable.attrs["description"], name
    assert data["organisations.council.planning_horizon"].attrs["units"] == "months"


@pytest.mark.parametrize(
    "design",
    [{"type": "morris", "trajectories": 2}, {"type": "saltelli", "base": 4}, {"type": "one-at-a-time"}],
)
def test_what_a_design_says_of_its_points_is_in_the_codebook(design: Any, tmp_path: Path) -> None:
    sweep = Sweep.run(changed(design=design, series=None, replicates=1), tmp_path / "s", engine="serial")
    known = [entry.column for entry in sweep.codebook()["design"]]
    assert known == pq.read_schema(sweep.folder / "design.parquet").names


def test_designs_without_main_effects_are_refused(tmp_path: Path) -> None:
    plan = changed(design={"type": "one-at-a-time"}, series=None, replicates=1)
    sweep = Sweep.run(plan, tmp_path / "s", engine="serial")
    with pytest.raises(ScenarioError, match=r"one-at-a-time.*varies one parameter at a time"):
        main_effects(sweep, "trust")
    few = changed(design={"type": "latin-hypercube", "points": 8}, series=None, replicates=1)
    with pytest.raises(ScenarioError, match=r"8 points have it; it takes 30"):
        main_effects(Sweep.run(few, tmp_path / "few", engine="serial"), "trust")


def test_the_figure_says_what_its_table_says(sweep: Sweep, tmp_path: Path) -> None:
    found = main_effects(sweep, "trust", "coordinator", "base")
    picture = figures.main_effects(found)
    clear = [effect for effect in found.effects if effect.is_clear]
    assert picture.title.startswith("What coordinator changes in trust: ")
    if clear:
        assert f"{in_words(clear[0].parameter)} explains" in picture.title
    else:
        assert picture.title.endswith("no clear main effect of any of 3 parameters")
    shares = dict(zip(picture.table["parameter"], picture.table["share_explained"], strict=True))
    assert shares == {effect.parameter: effect.share for effect in found.effects}
    assert len(figures.save(picture, tmp_path, "effects")) == 3


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("ways_of_working.delegated_authority", "delegated authority"),
        ("organisations.council.planning_horizon", "planning horizon of council"),
        ("organisations.the_trust.ways_of_working.cross_links", "cross links of the trust"),
        ("decision.exposure", "decision exposure"),
        ("luck", "luck"),
    ],
)
def test_parameters_are_named_in_words(path: str, words: str) -> None:
    assert in_words(path) == words


# --- What is loaded -------------------------------------------------------------------------------


def test_opening_the_package_loads_nothing_heavy() -> None:
    heavy = ("dask", "duckdb", "matplotlib", "numba", "pandas", "polars", "pyarrow", "scipy", "xarray")
    code = f"import sys, partnersim; partnersim.Sweep\nprint([m for m in {heavy!r} if m in sys.modules])"
    assert printed_by("-c", code) == "[]\n"
