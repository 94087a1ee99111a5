"""Small sweeps to try things with, and what two stores have in common."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from partnersim.sweep.chunks import Grid
from partnersim.sweep.plan import Plan, id_of
from partnersim.sweep.run import Outcome, run_sweep
from partnersim.sweep.store import Store
from partnersim.sweep.tables import Table
from tests.commands import environment
from tests.drive_sweep import SMALL_CHUNKS

DRIVER = Path(__file__).with_name("drive_sweep.py")


def make_plan(**changes: Any) -> Plan:
    """A plan of 16 points, 2 arms and 6 replicates, or one that differs from it."""
    plan = {
        "scenario": "two-organisations",
        "months": 60,
        "replicates": 6,
        "seed": 5,
        "design": {"type": "sobol", "points": 16},
        "parameters": {
            "ways_of_working.delegated_authority": {},
            "decision.exposure": {"low": 0.1, "high": 0.5},
        },
        "arms": {"coordinator": {"coordinators": [{"name": "Ana"}]}},
    }
    return Plan.make(plan | changes)


def columns_of(plan: Plan) -> dict[str, Any]:
    """All points of a plan, by the names of the columns."""
    blocks = list(plan.points.blocks())
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def store_of(folder: Path, plan: Plan | None = None, grid: Grid = SMALL_CHUNKS) -> Store:
    """A store that is cut as given, whatever the speed of this machine."""
    return Store.create(make_plan() if plan is None else plan, folder, grid)


def run(folder: Path, plan: Plan | None = None, **how: Any) -> Outcome:
    """Run a plan in this process, cut small if it is new, whatever the speed of this machine."""
    with mock.patch("partnersim.sweep.run.choose_grid", lambda *_: SMALL_CHUNKS):
        return run_sweep(make_plan() if plan is None else plan, folder, **{"engine": "serial"} | how)


def read(folder: Path) -> pd.DataFrame:
    """All rows of a store, in order of point, arm and replicate."""
    tables = [pq.read_table(file).to_pandas() for file in Store.open(folder).files()]
    rows = pd.concat(tables, ignore_index=True)
    for name in rows.columns.intersection(["arm", "status", "error"]):
        rows[name] = rows[name].astype(object)
    keys = [name for name in ("point", "arm", "replicate") if name in rows]
    return rows.sort_values(keys, ignore_index=True)


DOORS: dict[str, Callable[[Table], pd.DataFrame]] = {
    "arrow": lambda table: table.to_arrow().to_table().to_pandas(),
    "pandas": lambda table: table.to_pandas(),
    "polars": lambda table: table.to_polars().collect().to_pandas(),
    "duckdb": lambda table: table.to_duckdb().df(),
}


def rows_by(door: str, table: Table) -> pd.DataFrame:
    """All rows of a table, in any order, as some library reads them; skipped where that is not there."""
    if door in ("polars", "duckdb"):
        pytest.importorskip(door)
    return DOORS[door](table)


def fingerprint(folder: Path) -> tuple[int, int]:
    """Number of rows, and a sum over rows of hashes of each: their order does not matter."""
    rows = read(folder)
    return len(rows), int(np.sum(pd.util.hash_pandas_object(rows, index=False).to_numpy()))


def n_runs_in(folder: Path) -> int:
    """Number of runs that are stored, failed ones included."""
    store = Store.open(folder)
    return store.list_runs().coverage.n_runs(store.plan.n_arms)


def run_files(folder: Path) -> list[Path]:
    """Files of runs that are committed."""
    return sorted((folder / "runs").glob("replicates-*.parquet"))


def write_document(folder: Path, document: dict[str, Any]) -> None:
    """Write what sweep.json is to say, with the digest that belongs to it."""
    rest = {key: value for key, value in document.items() if key != "digest"}
    (folder / "sweep.json").write_text(json.dumps(rest | {"digest": id_of(rest)}), encoding="utf-8")


def start_driver(
    plan: Plan, folder: Path, *, hold: int = 0, die: list[tuple[int, float | str]] | None = None, **how: Any
) -> subprocess.Popen[str]:
    """Run a sweep in a process of its own; `hold` and `die` as in drive_sweep.py."""
    plan_file = folder.with_suffix(".toml")
    plan_file.write_text(plan.to_toml(), encoding="utf-8")
    options = json.dumps(how | {"hold": hold, "die": die})
    command = [sys.executable, str(DRIVER), str(plan_file), str(folder), options]
    return subprocess.Popen(
        command,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_it_holds(driver: subprocess.Popen[str]) -> list[int]:
    """Wait until a driver has done the chunks that it was to; the numbers of its processes."""
    assert driver.stdout is not None
    workers = driver.stdout.readline()
    if not workers.startswith("["):
        driver.kill()
        raise AssertionError(f"it never held: {workers} {driver.communicate()[1]}")
    return json.loads(workers)


def wait_until(is_so: Callable[[], bool], what: str, seconds: float = 120.0) -> None:
    """Wait for a condition, and fail if it never comes true."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, f"never happened: {what}"
        time.sleep(0.005)
