"""Tables of a sweep: the same rows by every door, piece by piece, as files for others."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from partnersim.analysis.effects import find_effects
from partnersim.scenario.errors import MissingPackageError
from partnersim.sweep import export, tables
from partnersim.sweep.extras import load_extra
from partnersim.sweep.tables import Table
from tests.commands import printed_by
from tests.stores import DOORS, rows_by

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

ARMS = ("base", "coordinator")
N_POINTS, N_REPLICATES = 12, 6
FAILED = (4, "coordinator", 1)
"""A run that failed; its message has all that a careless writer of CSV would trip over."""

TO_COME = (11, 5)
"""Point and replicate that have not been run yet, in both arms."""


# --- Tables without a simulation ----------------------------------------------------------------


def make_rows() -> pd.DataFrame:
    """Runs of a sweep that is nearly finished, in the order of a plan."""
    keys = [
        (point, arm, replicate)
        for point in range(N_POINTS)
        for arm in ARMS
        for replicate in range(N_REPLICATES)
        if (point, replicate) != TO_COME
    ]
    rows = pd.DataFrame(keys, columns=["point", "arm", "replicate"])
    rng = np.random.default_rng(1)
    rows["status"], rows["error"], rows["message"] = "ok", None, None
    rows["mean_speed"] = rng.random(len(rows))
    rows["months_to_25"] = np.where(rng.random(len(rows)) < 0.3, np.nan, 12.0)
    failed = rows[["point", "arm", "replicate"]].apply(tuple, axis=1) == FAILED
    rows.loc[failed, ["status", "error"]] = ["failed", "ScenarioError"]
    rows.loc[failed, "message"] = 'must be "so", not\nso'
    rows.loc[failed, ["mean_speed", "months_to_25"]] = np.nan
    return rows


def write_in_parts(rows: pd.DataFrame, folder: Path) -> tuple[Path, ...]:
    """Write rows as a sweep does: replicates first, then points; NaN is no null."""
    folder.mkdir()
    files = []
    for (first, begin), part in rows.groupby([rows["replicate"] // 2, rows["point"] // 5]):
        table = pa.table(
            {
                name: pa.array(
                    column.to_numpy(),
                    pa.string() if column.dtype == object else None,
                    mask=(part["status"] == "failed").to_numpy() if column.dtype == float else None,
                )
                for name, column in part.items()
            }
        )
        arm = table.column("arm").dictionary_encode()
        table = table.set_column(table.schema.get_field_index("arm"), "arm", arm)
        files.append(folder / f"replicates-{first}_points-{begin}.parquet")
        pq.write_table(table, files[-1])
    return tuple(files)


@pytest.fixture
def rows() -> pd.DataFrame:
    return make_rows()


@pytest.fixture
def runs(rows: pd.DataFrame, tmp_path: Path) -> Table:
    return Table(
        name="runs",
        files=write_in_parts(rows, tmp_path / "runs"),
        keys=("point", "arm", "replicate"),
        values=("status", "mean_speed", "months_to_25"),
        n_points=N_POINTS,
        arms=ARMS,
        attributes={"seed": 3, "title": "A place"},
    )


@pytest.fixture
def design(tmp_path: Path) -> Table:
    columns = {
        "point": np.arange(N_POINTS),
        "luck": np.linspace(0, 1, N_POINTS),
        "drawn.n_organisations": np.arange(N_POINTS) + 2,
        "mechanisms.trust_frozen": np.arange(N_POINTS) % 2 == 0,
        "coordinators.Ana.host": np.array(["hospital", "council", ""] * 4),
    }
    pq.write_table(pa.table(columns), tmp_path / "design.parquet")
    values = tuple(name for name in columns if name != "point")
    return Table("design", (tmp_path / "design.parquet",), ("point",), values, N_POINTS, (), {})


def on_grid(rows: pd.DataFrame, name: str) -> np.ndarray:
    """A measure by point, arm and replicate, found by looking up one run after the other."""
    found = {
        tuple(key): value for *key, value in rows[["point", "arm", "replicate", name]].itertuples(index=False)
    }
    return np.array(
        [
            [
                [found.get((point, arm, replicate), np.nan) for replicate in range(N_REPLICATES)]
                for arm in ARMS
            ]
            for point in range(N_POINTS)
        ]
    )


# --- The same by every door ---------------------------------------------------------------------


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows in one order and with one type for text, whatever they were read with."""
    frame = frame.astype({name: object for name in ("arm", "status", "error", "message")})
    frame = frame.where(frame.notna(), np.nan)
    ranks = frame["arm"].map(ARMS.index)
    order = np.lexsort([frame["replicate"], ranks, frame["point"]])
    return frame.iloc[order].reset_index(drop=True)


@pytest.mark.parametrize("door", DOORS)
def test_every_door_gives_the_same_rows(door: str, runs: Table, rows: pd.DataFrame) -> None:
    read = rows_by(door, runs)
    pd.testing.assert_frame_equal(plain(read)[list(rows)], plain(rows), check_exact=True)


def test_a_data_frame_is_sorted_with_arms_in_the_order_of_the_plan(runs: Table) -> None:
    turned = Table(**{**vars_of(runs), "arms": ARMS[::-1]})
    for table in (runs, turned):
        frame = table.to_pandas(columns=["mean_speed"])
        assert list(frame) == ["point", "arm", "replicate", "mean_speed"]
        ranks = frame["arm"].astype(str).map(table.arms.index)
        keys = list(zip(frame["point"], ranks, frame["replicate"], strict=True))
        assert keys == sorted(keys)


def vars_of(table: Table) -> dict[str, Any]:
    """What a table was made of."""
    return {name: getattr(table, name) for name in Table.__dataclass_fields__}


def test_lazy_doors_read_nothing_before_they_are_asked(runs: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[dict[str, int]] = []
    grid = Table.grid

    def note(self: Table, names: Any, wanted: Any) -> Any:
        read.append({key: len(labels) for key, labels in wanted.items()})
        return grid(self, names, wanted)

    monkeypatch.setattr(Table, "grid", note)
    data = runs.to_xarray()
    assert read == []
    assert data["mean_speed"].isel(point=3, arm=1).values.shape == (N_REPLICATES,)
    assert read == [{"point": 1, "arm": 1, "replicate": N_REPLICATES}]


def test_a_grid_has_each_run_in_its_place(runs: Table, rows: pd.DataFrame) -> None:
    data = runs.to_xarray().load()
    assert data["mean_speed"].dims == ("point", "arm", "replicate")
    assert list(data["arm"].values) == list(ARMS)
    assert data.attrs == {"seed": 3, "title": "A place"}
    assert data["mean_speed"].attrs["units"] == "share of the vision per year"
    for name in ("mean_speed", "months_to_25"):
        np.testing.assert_array_equal(data[name].values, on_grid(rows, name))
    status = data["status"]
    point, arm, replicate = FAILED
    assert status.sel(point=point, arm=arm, replicate=replicate) == 1
    assert (status.isel(point=TO_COME[0], replicate=TO_COME[1]) == -1).all()
    assert int((status == 0).sum()) == len(rows) - 1


@pytest.mark.parametrize(
    "places",
    [
        {"point": 3},
        {"point": -1, "replicate": slice(None, None, -2)},
        {"point": slice(9, 2, -3), "arm": 1},
        {"point": [7, 7, 2], "replicate": [5, 0, 5, 1]},
        {"point": [2, 2, 7]},
        {"point": slice(0, 0)},
        {"arm": [1, 0]},
        {"point": np.arange(N_POINTS) % 3 == 0, "arm": 0, "replicate": 2},
    ],
    ids=str,
)
def test_any_part_of_a_grid_may_be_read(places: dict[str, Any], runs: Table, rows: pd.DataFrame) -> None:
    everything = runs.to_xarray()["mean_speed"]
    part = everything.isel(places).values
    np.testing.assert_array_equal(part, everything.copy(data=on_grid(rows, "mean_speed")).isel(places))


def test_a_design_keeps_its_types_on_a_grid(design: Table) -> None:
    data = design.to_xarray().load()
    assert {name: data[name].dtype.kind for name in design.values} == {
        "luck": "f",
        "drawn.n_organisations": "i",
        "mechanisms.trust_frozen": "b",
        "coordinators.Ana.host": "O",
    }
    assert list(data["coordinators.Ana.host"].values[:3]) == ["hospital", "council", ""]


# --- Piece by piece ------------------------------------------------------------------------------


@pytest.mark.parametrize("at_once", [1, 30, 10_000])
def test_pieces_are_all_points_in_order_and_small(
    at_once: int, runs: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "ROWS_AT_ONCE", at_once)
    pieces = list(runs.by_points())
    assert [begin for begin, _ in pieces] == [0, *(end for _, end in pieces[:-1])]
    assert pieces[-1][1] == N_POINTS
    rows_of_a_point = len(ARMS) * N_REPLICATES
    assert all((end - begin) * rows_of_a_point <= max(at_once, rows_of_a_point) for begin, end in pieces)


def test_csv_has_every_row_exactly_and_does_not_depend_on_how_it_was_read(
    runs: Table, rows: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, int]] = []
    export.write_csv(runs, tmp_path / "whole.csv", lambda done, total: told.append((done, total)))
    assert told == [(N_POINTS, N_POINTS)]
    monkeypatch.setattr(tables, "ROWS_AT_ONCE", 1)
    others = Table(**{**vars_of(runs), "files": runs.files[::-1]})
    export.write_csv(others, tmp_path / "parts.csv")
    text = (tmp_path / "whole.csv").read_text(encoding="utf-8")
    assert text == (tmp_path / "parts.csv").read_text(encoding="utf-8")
    assert "nan" not in text.lower()
    read = pd.read_csv(tmp_path / "whole.csv")
    pd.testing.assert_frame_equal(plain(read), plain(rows), check_exact=True)


def test_netcdf_is_read_back_as_it_was(
    runs: Table, design: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("h5netcdf")
    import xarray as xr

    monkeypatch.setattr(tables, "ROWS_AT_ONCE", 30)
    export.write_netcdf(runs, tmp_path / "runs.nc", design)
    with xr.open_dataset(tmp_path / "runs.nc", engine="h5netcdf") as read:
        expected = runs.to_xarray().assign_coords(dict(design.to_xarray().data_vars))
        xr.testing.assert_equal(read.load(), expected.load())
        assert read["mechanisms.trust_frozen"].dtype == bool
        assert read["status"].attrs["flag_meanings"] == "pending ok failed"
        assert read.attrs["seed"] == 3


def test_what_is_written_is_there_whole_or_not_at_all(
    runs: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "out" / "runs.csv"
    file.parent.mkdir()
    file.write_text("before", encoding="utf-8")

    def fail(done: int, total: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        export.write_csv(runs, file, fail)
    assert [path.name for path in file.parent.iterdir()] == ["runs.csv"]
    assert file.read_text(encoding="utf-8") == "before"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
def test_memory_does_not_grow_with_the_sweep(tmp_path: Path) -> None:
    """2 million runs with 10 measures are 176 MB; what is held at a time is a tenth of that."""
    code = """
import sys, pathlib
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
from partnersim.sweep import export
from partnersim.sweep.tables import Table
folder, n_points, n_files = pathlib.Path(sys.argv[1]), int(sys.argv[2]), 20
files, rng = [], np.random.default_rng(1)
names = [f"m{k}" for k in range(10)]
for k in range(n_files):
    points = np.arange(k * n_points // n_files, (k + 1) * n_points // n_files)
    columns = {"point": np.repeat(points, 10), "replicate": np.tile(np.arange(10), len(points)),
               "status": pa.array(["ok"] * 10 * len(points))}
    columns |= {name: rng.random(10 * len(points)) for name in names}
    files.append(folder / f"{n_points}-{k}.parquet")
    pq.write_table(pa.table(columns), files[-1])
del columns
table = Table("runs", tuple(files), ("point", "replicate"), ("status", *names), n_points, (), {})
export.write_csv(table, folder / "runs.csv")
export.write_netcdf(table, folder / "runs.nc")
print(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
"""
    peaks = []
    for n_points in (20_000, 200_000):
        peaks.append(1024 * int(printed_by("-c", code, str(tmp_path), str(n_points))))
    assert peaks[1] < 1.5 * peaks[0]


# --- What is not installed -----------------------------------------------------------------------


@pytest.mark.parametrize(("door", "extra"), [("to_polars", "polars"), ("to_duckdb", "duckdb")])
def test_a_missing_library_is_asked_for(
    door: str, extra: str, runs: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, extra, None)
    with pytest.raises(MissingPackageError, match=rf'pip install "partnersim\[{extra}\]"'):
        getattr(runs, door)()


def test_netcdf_asks_for_what_it_needs(runs: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5netcdf", None)
    with pytest.raises(MissingPackageError, match=r'pip install "partnersim\[netcdf\]"'):
        export.write_netcdf(runs, tmp_path / "runs.nc")


def test_a_library_that_is_broken_is_not_called_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "halved.py").write_text("import something_else_that_is_missing", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="something_else"):
        load_extra("halved", "half")


# --- Main effects --------------------------------------------------------------------------------


def make_points(n: int = 300) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    return {
        "a": rng.random(n),
        "b": rng.choice([12, 24, 48], n),
        "c": rng.choice(["council", "hospital"], n),
        "d": rng.choice([True, False], n),
    }


def test_shares_are_those_of_an_analysis_of_variance() -> None:
    """By hand: b adds 0, 1 or 3 to noise that is the same at all its values."""
    from scipy.stats import f_oneway

    points = make_points()
    noise = np.random.default_rng(3).normal(0, 1, len(points["a"]))
    values = noise + np.select([points["b"] == 24, points["b"] == 48], [1.0, 3.0])
    first, *others = find_effects(points, values, {"b": "months"})
    assert (first.parameter, first.unit, first.values) == ("b", "months", [12.0, 24.0, 48.0])
    parts = [values[points["b"] == value] for value in (12, 24, 48)]
    assert first.means == pytest.approx([part.mean() for part in parts])
    # Epsilon squared from scipy's F: (F - 1) / (F + (n - k) / (k - 1)).
    f, _ = f_oneway(*parts)
    assert first.share == pytest.approx((f - 1) / (f + (300 - 3) / 2))
    assert first.is_clear
    # The true share: the variance of 0, 1, 3 in equal parts is 14 / 9; its standard error, with
    # 300 points, is about 0.04.
    assert first.share == pytest.approx(14 / 9 / (14 / 9 + 1), abs=0.12)
    assert all(effect.share < 0.05 for effect in others)


def test_chance_alone_is_seldom_called_clear() -> None:
    rng = np.random.default_rng(4)
    points = make_points(60)
    n, found = 400, 0
    for _ in range(n):
        found += any(effect.is_clear for effect in find_effects(points, rng.normal(size=60), {}))
    # At most 5 of 100 sweeps, and not never: the bound is nearly exact for independent columns.
    error = (0.05 * 0.95 / n) ** 0.5
    assert 0.05 - 4 * error < found / n < 0.05 + 4 * error


def test_a_parameter_with_many_values_is_cut_into_equal_groups() -> None:
    points = {"a": make_points(100)["a"]}
    (effect,) = find_effects(points, 2 * points["a"], {})
    ordered = np.sort(points["a"]).reshape(5, 20)
    assert effect.values == pytest.approx(ordered.mean(axis=1))
    assert effect.means == pytest.approx(2 * ordered.mean(axis=1))


def test_equal_values_are_never_parted() -> None:
    for heavy, light in ((0.0, np.arange(1.0, 11.0)), (11.0, np.arange(1.0, 11.0))):
        column = np.concatenate([np.full(90, heavy), light])
        (effect,) = find_effects({"a": column}, column, {})
        assert sorted(effect.values) == pytest.approx(sorted([heavy, light.mean()]))
        assert effect.means == pytest.approx(effect.values)


def test_what_does_not_vary_has_no_effect() -> None:
    assert find_effects({"a": np.ones(50)}, np.arange(50.0), {}) == []
    (effect,) = find_effects({"a": np.arange(50.0)}, np.ones(50), {})
    assert (effect.share, effect.is_clear) == (0.0, False)
