"""Ensembles: many replicates on all cores, and arms under common random numbers.

A replicate's numbers depend on scenario, seed and its own number alone: not on how many others
there are, how they are cut into chunks, or how many workers there are. Arms that are compared share
their random numbers: replicate r of one has those of replicate r of another. The compiled core gives
up the interpreter's lock, so workers are threads, each with one buffer that it fills again and
again; only what is asked for is kept.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from partnersim.model.room import MOST_REPLICATE, MOST_SEED, MOST_WORKERS
from partnersim.model.series import detail_size, unpack_detail
from partnersim.runs.kernel import MOST_TOGETHER, Kernel, Part, compiled_for
from partnersim.runs.measures import ALL_SERIES, MEASURES, with_derived
from partnersim.runs.results import Comparison, Results
from partnersim.runs.statistics import ThroughTrust, measure_share_through_trust, restrict
from partnersim.scenario.errors import check_name, whole_number
from partnersim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from partnersim.model.variants import Variants

__all__ = ["Comparison", "Results", "ThroughTrust", "compare", "run", "share_through_trust"]

Progress = Callable[[int, int], None]

MOST_PER_CHUNK = MOST_TOGETHER
"""Replicates that a worker runs at once: enough to make the cost of handing over small."""

CHUNK_WORK = MOST_PER_CHUNK * 6**2 * 120
"""Pairs of organisations times months times replicates in a chunk, at most: it is to take a fraction
of a second, so that Ctrl-C is prompt also with many organisations."""

CHUNKS_PER_WORKER, FEWEST_PER_CHUNK = 4, 48
"""The chunks of each worker, so that workers end almost together; fewer where a chunk would have fewer
replicates than this, since to measure a few costs as much as to measure many."""


def run(
    scenario: Scenario | str | Path,
    replicates: int = 200,
    seed: int = 1,
    *,
    workers: int | None = None,
    series: bool | Sequence[str] = True,
    detail: bool = False,
    first_replicate: int = 0,
    progress: Progress | None = None,
    variants: Variants | None = None,
) -> Results:
    """Run one scenario many times, each time with other random numbers.

    Parameters
    ----------
    scenario
        A scenario, the name of a packaged one or the path of a file.
    replicates, seed, first_replicate
        Runs `first_replicate` to `first_replicate` + `replicates` - 1 of a seed.
    workers
        Threads; as many as there are cores to use if left out. Results do not depend on it.
    series
        Which monthly series to keep: all, none or some by name. Memory is 8 bytes for each
        replicate, month and series; with none it stays small for any number of replicates.
    detail
        Whether to keep who trusts whom, month by month.
    progress
        Called with replicates done and in all, now and then, in the calling thread.
    variants
        Functions of one's own by the slot that each fills: see `partnersim.model.variants.SLOTS`.
        They are compiled, which takes some seconds the first time in a process.

    Raises
    ------
    ValueError
        For numbers out of range and series that do not exist; for a slot that does not exist, or a
        variant that gives what is impossible.
    TypeError
        For a variant that is no function of its slot's parameters, or cannot be compiled.
    partnersim.ScenarioError
        For a scenario that cannot be read.
    """
    from partnersim.scenario.translate import to_parameters

    first_replicate = whole_number("first_replicate", first_replicate, 0, MOST_REPLICATE)
    replicates = whole_number("replicates", replicates, 1, MOST_REPLICATE - first_replicate + 1)
    seed = whole_number("seed", seed, 0, MOST_SEED)
    workers = n_cores() if workers is None else whole_number("workers", workers, 1, MOST_WORKERS)
    scenario = Scenario.load(scenario)
    names, n, n_rows = _choose_series(series), scenario.n_organisations, scenario.months + 1
    compiled, parameters = compiled_for(variants), to_parameters(scenario)
    lanes = compiled.library.lanes if compiled.library else 1
    size = _chunk_size(scenario, replicates, workers, lanes)
    measures = {name: np.empty(replicates) for name in MEASURES}
    kept = {name: np.empty((replicates, n_rows)) for name in names}
    in_detail = np.empty((replicates, n_rows, detail_size(n))) if detail else None

    def run_chunk(kernel: Kernel, rows: range) -> None:
        """Run some replicates in a worker's kernel, and keep what is asked for."""
        of_chunk = None if in_detail is None else in_detail[rows.start : rows.stop]
        for batch in kernel.run([Part(parameters, first_replicate + rows.start, rows, of_chunk)]):
            batch.put_into(measures)
            found = with_derived(batch.series, kept)
            for name, values in kept.items():
                values[batch.rows] = found[name]

    chunks = [range(begin, min(begin + size, replicates)) for begin in range(0, replicates, size)]
    _run_all(chunks, run_chunk, lambda: Kernel(compiled, seed, scenario.months, size), workers, progress)
    return Results(
        scenario=scenario,
        seed=seed,
        first_replicate=first_replicate,
        measures=measures,
        series=kept,
        detail=None if in_detail is None else unpack_detail(in_detail, n),
        variants=compiled.variants,
    )


def compare(
    scenarios: Mapping[str, Scenario | str | Path],
    replicates: int = 200,
    seed: int = 1,
    *,
    base: str | None = None,
    workers: int | None = None,
    series: bool | Sequence[str] = True,
    detail: bool = False,
    first_replicate: int = 0,
    progress: Progress | None = None,
    variants: Variants | None = None,
) -> Comparison:
    """Run several arms with common random numbers: replicate r of one is the twin of r of another.

    Parameters
    ----------
    scenarios
        The arms by name.
    base
        The arm that the others are compared with; the first if left out.
    replicates, seed, workers, series, detail, first_replicate, progress, variants
        As for `run`; variants hold in all arms.

    Raises
    ------
    ValueError
        As for `run`; for no arm, an unknown base, or arms of different length.
    """
    if not scenarios:
        raise ValueError("scenarios: missing; give at least one arm")
    base = next(iter(scenarios)) if base is None else base
    if base not in scenarios:
        raise ValueError(f"base = {base!r}: no arm has this name; there are {', '.join(scenarios)}")
    arms = {name: Scenario.load(arm) for name, arm in scenarios.items()}
    for name, arm in arms.items():  # most measures are of the last month
        if arm.months != arms[base].months:
            raise ValueError(
                f"{name}: months = {arm.months}, but {base} has {arms[base].months}; arms must be as long as "
                "the base"
            )
    results = {}
    for n_before, (name, arm) in enumerate(arms.items()):
        results[name] = run(
            arm,
            replicates,
            seed,
            workers=workers,
            series=series,
            detail=detail,
            first_replicate=first_replicate,
            progress=_shift(progress, n_before, len(arms)),
            variants=variants,
        )
    return Comparison(results, base)


def share_through_trust(
    base: Scenario | str | Path,
    arm: Scenario | str | Path,
    measure: str = "change_delivered",
    replicates: int = 200,
    seed: int = 1,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    variants: Variants | None = None,
) -> ThroughTrust:
    """Estimate how much of an arm's effect on a measure goes through trust.

    1 - (effect with trust frozen at its start) / (effect), over pairs that share their random numbers;
    a milestone never reached counts as the horizon. `float()` of the answer is the share.
    It may be under 0 or over 1: trust may work against the arm's other routes.
    """
    check_name(measure, MEASURES, "measure")
    free = {"base": Scenario.load(base), "arm": Scenario.load(arm)}
    frozen = {
        f"{name}, trust frozen": scenario.replace({"mechanisms.trust_frozen": True})
        for name, scenario in free.items()
    }
    comparison = compare(
        {**free, **frozen},
        replicates,
        seed,
        workers=workers,
        series=False,
        progress=progress,
        variants=variants,
    )
    values = {
        name: restrict(results.measures[measure], MEASURES[measure], results.months)
        for name, results in comparison.results.items()
    }
    return measure_share_through_trust(
        values["arm"] - values["base"], values["arm, trust frozen"] - values["base, trust frozen"]
    )


def n_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _run_all(
    chunks: list[range],
    run_chunk: Callable[[Kernel, range], None],
    make_kernel: Callable[[], Kernel],
    workers: int,
    progress: Progress | None,
) -> None:
    """Run all chunks; at an error or Ctrl-C those not yet begun are dropped.

    Two queues written in C, and no lock that the calling thread could be holding when Ctrl-C
    comes: with a future for each chunk, an interrupt in the wrong moment left them all locked.
    """
    waiting: queue.SimpleQueue[range] = queue.SimpleQueue()
    for chunk in chunks:
        waiting.put(chunk)
    ended: queue.SimpleQueue[int | BaseException] = queue.SimpleQueue()
    is_stopped = False

    def work() -> None:
        """Run chunks until there are no more; say how many replicates each had, or what failed."""
        try:
            kernel = make_kernel()
            while not is_stopped:
                chunk = waiting.get_nowait()
                run_chunk(kernel, chunk)
                ended.put(len(chunk))
        except queue.Empty:
            pass
        except BaseException as error:
            ended.put(error)

    n_workers = min(workers, len(chunks))
    if len(chunks) == 1:  # as of a single run: to start a thread takes longer on a busy machine
        work()
        n_workers = 0
    threads = [
        threading.Thread(target=work, name=f"partnersim-{number}", daemon=True) for number in range(n_workers)
    ]
    try:
        for thread in threads:
            thread.start()
        n_done, replicates = 0, sum(map(len, chunks))
        while n_done < replicates:
            result = ended.get()
            if isinstance(result, BaseException):
                raise result
            n_done += result
            if progress is not None:
                progress(n_done, replicates)
    finally:
        is_stopped = True
        for thread in threads:
            if thread.ident is not None:  # it was started
                thread.join()


def _chunk_size(scenario: Scenario, replicates: int, workers: int, lanes: int) -> int:
    """Choose the number of replicates in a chunk: see the constants it is made of.

    A share is made to fill the lanes, which take as long for a few replicates as for all.
    """
    by_work = CHUNK_WORK // (scenario.n_organisations**2 * scenario.months)
    n_each = max(1, min(CHUNKS_PER_WORKER, replicates // (FEWEST_PER_CHUNK * workers)))
    by_share = lanes * -(-replicates // (lanes * n_each * workers))
    return max(1, min(MOST_PER_CHUNK, by_work, by_share))


def _choose_series(series: bool | Sequence[str]) -> tuple[str, ...]:
    """Return the names of the series to keep."""
    if isinstance(series, bool):
        return ALL_SERIES if series else ()
    names = (series,) if isinstance(series, str) else tuple(dict.fromkeys(series))
    for name in (name for name in names if name not in ALL_SERIES):
        check_name(name, ALL_SERIES, "series")
    return names


def _shift(progress: Progress | None, n_before: int, n_arms: int) -> Progress | None:
    """Report progress of one arm as progress of all."""
    if progress is None:
        return None
    return lambda done, total: progress(n_before * total + done, n_arms * total)
