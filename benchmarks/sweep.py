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

import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from multiprocessing import get_context
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
from measuring import Goal, describe_machine, measure_sections, publish, read_options, take, write_report

import partnersim
from partnersim.analysis.resampling import bootstrap, take_rows
from partnersim.analysis.sobol import Layout, estimate_indices
from partnersim.model import compile_all, is_compiled
from partnersim.runs.ensemble import n_cores
from partnersim.scenario.translate import PARAMETERS
from partnersim.sweep.plan import Plan
from partnersim.sweep.run import Progress, run_sweep
from partnersim.sweep.store import Store

PLACE = "integrated-care"
N_START = 1 << 24
"""Runs of the very large plan, of which none is made."""

MEBIBYTE = 1024
"""In the unit of `ru_maxrss`, kibibytes."""


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

GOALS = (
    Goal("a very large plan", "until its first run, s", "less than", 5.0),
    Goal("a very large plan", "memory until its first run, MB", "less than", 300.0),
    Goal("Sobol' indices", "1000 resamples, s of one core", "less than", 30.0),
    Goal("Sobol' indices", "1000 resamples, MB", "less than", 1000.0),
    Goal("a million runs", "largest process, MB", "less than", 500.0),
    Goal("a million runs", "store, MB", "less than", 250.0),
    Goal("over the bare ensemble", "a sweep", "less than", 1.10),
    Goal("engines", "two processes over one", "at least", 1.8),
    Goal("engines", "Dask over processes", "less than", 1.05),
)


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


def measure_overhead(size: Size) -> dict[str, float]:
    """Time of a sweep in this thread over that of the ensemble's runs."""
    n_runs = size.points * size.replicates
    plans = {
        "a sweep": make_plan(size.points, size.replicates),
        "a sweep of one replicate": make_plan(n_runs, 1),
    }
    found = {}
    for name, plan in plans.items():
        ratios = []
        for _ in range(size.rounds):
            bare = take(lambda: partnersim.run(PLACE, n_runs, series=False, workers=1))
            ratios.append(n_runs / rate_of(plan, engine="serial") / bare)
        found[name] = statistics.median(ratios)
    return found


def measure_engines(size: Size) -> dict[str, float]:
    """Rates of two processes over one, and of processes over Dask."""
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
    return {
        "two processes over one": statistics.median(scaling),
        "Dask over processes": statistics.median(dask),
    }


def measure_large(n_runs: int) -> dict[str, float]:
    """Memory and store of many runs; those of a small place, which are soon done."""
    points = n_runs // 16
    varied = {"decision.exposure": {}, "trust.news_asymmetry": {}}
    plan = make_plan(points, 16, scenario="two-organisations", months=48, parameters=varied)
    with tempfile.TemporaryDirectory() as folder:
        run_sweep(plan, folder, workers=n_cores())
        n_bytes = sum(file.stat().st_size for file in Store.open(folder).files())
    kib = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    # Bytes of one are megabytes of a million.
    return {"largest process, MB": kib / MEBIBYTE, "store, MB": n_bytes / n_runs}


class Begun(Exception):  # noqa: N818 - nothing went wrong
    """The first run was about to begin."""


def measure_start(n_points: int) -> dict[str, float]:
    """Time and memory until a plan of very many points has its first chunk to run."""
    design = {"type": "sobol", "points": n_points}
    plan = make_plan(n_points, 1, parameters={"decision.exposure": {}, "dummy": {}}, design=design)
    found: dict[str, float] = {}

    def stop_at_once(progress: Progress) -> None:
        if progress.n_written is None:
            found["until its first run, s"] = time.perf_counter() - begin
            found["memory until its first run, MB"] = _peak()
            raise Begun

    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, suppress(Begun):
        run_sweep(plan, folder, engine="serial", progress=stop_at_once)
    return found


def measure_indices(n_rows: int) -> dict[str, float]:
    """Time of one core and memory of 1000 resamples of first and total order indices of 25 parameters."""
    layout = Layout(25, has_second_order=False)
    outcomes = np.random.default_rng(1).normal(size=(n_rows * layout.length, 1))

    def resample() -> None:
        rows = take_rows(outcomes, layout.length, has_common_luck=False)
        bootstrap(rows, partial(estimate_indices, layout=layout), n_resamples=1000)

    seconds = take(resample, time.process_time)
    return {"1000 resamples, s of one core": seconds, "1000 resamples, MB": _peak()}


def _peak() -> float:
    """Most memory that this process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEBIBYTE


def in_own_process(measure: Callable[[int], dict[str, float]], number: int) -> dict[str, float]:
    """Measure in a process that has done nothing else: memory is a high-water mark."""
    one_core = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    with patch.dict(os.environ, one_core), ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(measure, number).result()


SECTIONS: dict[str, Callable[[Size], Mapping[str, float]]] = {
    # First, while this process is small: on Linux a child's peak starts at what its parent had.
    "a very large plan": lambda _: in_own_process(measure_start, N_START),
    "Sobol' indices": lambda size: in_own_process(measure_indices, size.base_rows),
    "a million runs": lambda size: in_own_process(measure_large, size.large_runs),
    "over the bare ensemble": measure_overhead,
    "engines": measure_engines,
}


def main() -> None:
    """Measure what is asked for, and print it or write it."""
    options = read_options(__doc__ or "", SECTIONS)
    if not is_compiled(PARAMETERS):
        compile_all(PARAMETERS)
    size = QUICK if options.quick else FULL
    results = measure_sections(SECTIONS, size, options.only) | {"machine": describe_machine()}
    notes = (
        f"Written by `python benchmarks/sweep.py`; do not edit. {size.rounds} rounds of "
        f"{size.points * size.replicates} runs of `{PLACE}`, of {size.engine_points * size.replicates} to "
        f"compare engines; memory and store over {size.large_runs} runs; the very large plan has {N_START} "
        f"runs; indices of first and total order are of {size.base_rows} base rows of 25 parameters."
    )
    publish("sweep-results", write_report("Sweeps", notes, results, GOALS, SECTIONS), results, GOALS, options)


if __name__ == "__main__":
    main()
