"""Measure sweeps: python benchmarks/sweep.py [--quick] [--out FOLDER]

What a sweep costs over the bare ensemble, how it scales, what Dask costs over processes, how
large stores and processes get, and how soon a very large plan begins. What is compared is
measured in turn, round after round, there and back, and ratios are medians of the rounds' own
ratios; the start of worker processes is left out of rates, as it does not grow with the sweep.
Engines are compared over sweeps whose chunks take about two seconds. Writes sweep-results.json
and sweep-results.md beside this file, or into FOLDER; with --quick (fewer runs) it only prints,
unless --out is given.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import partnersim
from partnersim.analysis.resampling import bootstrap, take_rows
from partnersim.analysis.sobol import Layout, estimate_indices
from partnersim.model import compile_all, is_compiled
from partnersim.runs.ensemble import n_cores
from partnersim.scenario.translate import PARAMETERS
from partnersim.sweep.plan import Plan
from partnersim.sweep.run import Progress, run_sweep
from partnersim.sweep.store import Store

HERE = Path(__file__).resolve().parent
PLACE = "integrated-care"


class Size(NamedTuple):
    """How much is measured."""

    rounds: int
    points: int  # of the sweeps that are timed
    engine_points: int  # of those by which engines are compared
    replicates: int
    large_runs: int  # of the sweep whose memory and store are measured
    base_rows: int  # of the Saltelli design whose indices are resampled


FULL = Size(rounds=5, points=500, engine_points=3500, replicates=20, large_runs=1 << 20, base_rows=1 << 16)
QUICK = Size(rounds=2, points=60, engine_points=60, replicates=20, large_runs=1 << 14, base_rows=1 << 12)

TARGETS = {
    "overhead of a sweep": "< 1.10",
    "overhead of a sweep of one replicate": "(none set)",
    "two processes over one": ">= 1.8",
    "dask over processes": "< 1.05",
    "largest process, MB": "< 500",
    "store of a million runs, MB": "< 250",
    "start of ten million runs, s": "< 5",
    "start of ten million runs, MB": "< 300",
    "1000 resamples of Sobol' indices, s of one core": "< 30",
    "1000 resamples of Sobol' indices, MB": "< 1000",
}


def make_plan(points: int, replicates: int, **changes: Any) -> Plan:
    """A sweep whose points are all the default place: only a dummy is varied.

    So that its runs are exactly those of the ensemble that it is compared with.
    """
    plan = {
        "scenario": PLACE,
        "replicates": replicates,
        "design": {"type": "latin-hypercube", "points": points},
        "parameters": {"dummy": {"low": 0.0, "high": 1.0}},
    }
    return Plan.make(plan | changes)


def seconds_of(task: Callable[[], object]) -> float:
    """Seconds that a task takes."""
    begin = time.perf_counter()
    task()
    return time.perf_counter() - begin


def rate_of(plan: Plan, workers: int = 1, **how: Any) -> float:
    """Runs per second of a sweep, from when each worker has brought one chunk to the last chunk.

    From the first chunk on would count what the other workers had done before.
    """
    seen: list[tuple[float, int]] = []

    def look(progress: Progress) -> None:
        if progress.n_done:
            seen.append((time.perf_counter(), progress.n_done))

    with tempfile.TemporaryDirectory() as folder:
        run_sweep(plan, folder, progress=look, workers=workers, **how)
    (begin, first), (end, last) = seen[workers - 1], seen[-1]
    return (last - first) / (end - begin)


def measure_overhead(size: Size, replicates: int) -> list[float]:
    """Time of a sweep in this thread over that of the ensemble's runs, a round each."""
    n_runs = size.points * size.replicates
    plan = make_plan(n_runs // replicates, replicates)
    ratios = []
    for _ in range(size.rounds):
        bare = seconds_of(lambda: partnersim.run(PLACE, n_runs, series=False, workers=1))
        ratios.append(n_runs / rate_of(plan, engine="serial") / bare)
    return ratios


def measure_engines(size: Size) -> tuple[list[float], list[float]]:
    """Rates of two processes over one, and of processes over Dask, a round each."""
    plan = make_plan(size.engine_points, size.replicates)
    engines = {"one": ("processes", 1), "two": ("processes", 2), "dask": ("dask", 2)}
    scaling, dask = [], []
    for number in range(size.rounds):
        rates = {}
        there_or_back = engines if number % 2 == 0 else reversed(engines)
        for name in there_or_back:
            engine, workers = engines[name]
            rates[name] = rate_of(plan, workers, engine=engine)
        scaling.append(rates["two"] / rates["one"])
        dask.append(rates["two"] / rates["dask"])
    return scaling, dask


def measure_large(n_runs: int) -> dict[str, float]:
    """Memory and store of many runs; those of a small place, which are soon done."""
    points = n_runs // 16
    varied = {"decision.exposure": {}, "trust.news_asymmetry": {}}
    plan = make_plan(points, 16, scenario="two-organisations", months=48, parameters=varied)
    with tempfile.TemporaryDirectory() as folder:
        run_sweep(plan, folder, workers=n_cores())
        n_bytes = sum(file.stat().st_size for file in Store.open(folder).files())
    kib = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"process_mb": kib / 1024, "bytes_per_run": n_bytes / n_runs}


def measure_start(n_points: int) -> dict[str, float]:
    """Time and memory until a plan of ten million points has its first chunk to run."""
    design = {"type": "sobol", "points": n_points}
    plan = make_plan(n_points, 1, parameters={"decision.exposure": {}, "dummy": {}}, design=design)
    begin = time.perf_counter()
    first: list[float] = []

    def stop_at_once(progress: Progress) -> None:
        if not first and progress.n_written is None:
            first.append(time.perf_counter() - begin)
            os.write(
                1,
                json.dumps(
                    {"seconds": first[0], "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
                ).encode(),
            )
            os._exit(0)

    with tempfile.TemporaryDirectory() as folder:
        run_sweep(plan, folder, engine="serial", progress=stop_at_once)
    return {}


def measure_indices(n_rows: int) -> dict[str, float]:
    """Time of one core and memory of 1000 resamples of first and total order indices of 25 parameters."""
    layout = Layout(25, has_second_order=False)
    outcomes = np.random.default_rng(1).normal(size=(n_rows * layout.length, 1))
    begin = time.process_time()
    rows = take_rows(outcomes, layout.length, has_common_luck=False)
    bootstrap(rows, partial(estimate_indices, layout=layout), n_resamples=1000)
    seconds = time.process_time() - begin
    return {"seconds": seconds, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def in_own_process(what: str, number: int) -> dict[str, float]:
    """Measure in a process that has done nothing else: memory is a high-water mark."""
    command = [sys.executable, str(Path(__file__).resolve()), "--measure", what, str(number)]
    one_core = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    printed = subprocess.run(command, capture_output=True, text=True, check=True, env=one_core).stdout
    return dict(json.loads(printed))


def measure_all(size: Size) -> dict[str, float]:
    """Measure everything, by the names of `TARGETS`."""
    # First, while this process is small: on Linux a child's peak starts at what its parent had.
    start = in_own_process("start", 1 << 24)
    indices = in_own_process("indices", size.base_rows)
    large = in_own_process("large", size.large_runs)
    overhead = measure_overhead(size, size.replicates)
    overhead_of_one = measure_overhead(size, 1)
    scaling, dask = measure_engines(size)
    values = (
        statistics.median(overhead),
        statistics.median(overhead_of_one),
        statistics.median(scaling),
        statistics.median(dask),
        large["process_mb"],
        large["bytes_per_run"],  # bytes of one are megabytes of a million
        start["seconds"],
        start["mb"],
        indices["seconds"],
        indices["mb"],
    )
    return dict(zip(TARGETS, values, strict=True))


def as_markdown(measured: dict[str, float], size: Size) -> str:
    """Write the table."""
    lines = [
        "# Sweeps, measured",
        "",
        f"`python benchmarks/sweep.py`, Python {platform.python_version()}, {n_cores()} cores; "
        f"{size.rounds} rounds of {size.points * size.replicates} runs of `{PLACE}`, of "
        f"{size.engine_points * size.replicates} to compare engines; "
        f"memory and store over {size.large_runs} runs; the plan that starts has {1 << 24} runs; indices of "
        f"first and total order are of {size.base_rows} base rows of 25 parameters.",
        "",
        "| what | measured | wanted |",
        "|---|---|---|",
        *(f"| {name} | {value:.3g} | {TARGETS[name]} |" for name, value in measured.items()),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not is_compiled(PARAMETERS):
        compile_all(PARAMETERS)
    if options.measure:
        what, number = options.measure
        task = {"large": measure_large, "start": measure_start, "indices": measure_indices}[what]
        print(json.dumps(task(int(number))))
        return
    size = QUICK if options.quick else FULL
    measured = measure_all(size)
    table = as_markdown(measured, size)
    print(table)
    if options.out or not options.quick:
        folder = options.out or HERE
        (folder / "sweep-results.md").write_text(table, encoding="utf-8")
        (folder / "sweep-results.json").write_text(json.dumps(measured, indent=2) + "\n")


if __name__ == "__main__":
    main()
