"""Computes chunks: what a worker does, in whatever engine it lives.

A run that fails is a row that says so, with no measures; the others of its chunk are as they
would have been. Runs of many points are measured together, because that is much cheaper than
measuring them one by one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from partnersim.model.series import SERIES
from partnersim.runs.measures import Floats, measure, name_series, with_derived
from partnersim.sweep.chunks import Chunk
from partnersim.sweep.designs import Design, make_design
from partnersim.sweep.plan import MOST_REPLICATES, Plan, what_differs
from partnersim.sweep.store import Store, column, run_schema, series_schema, texts

ROWS = 200
"""Runs that are measured together, and in memory with all their months."""

MESSAGE_LENGTH = 300
"""Characters kept of what went wrong in a run."""

Check = Callable[[], None]
"""Called now and then while a chunk is computed; may raise to give it up."""


class Done(NamedTuple):
    """What is told about a chunk that was computed and stored.

    Attributes
    ----------
    chunk : Chunk
    n_runs, n_failed : int
    seconds : float
        That a worker took; 0 where somebody else had stored it.
    """

    chunk: Chunk
    n_runs: int
    n_failed: int
    seconds: float


class NotFiniteError(ArithmeticError):
    """A run gave something that is not a number."""


@dataclass
class Rows:
    """The runs of a chunk while they are computed: one row each, by point, arm and replicate."""

    point: npt.NDArray[np.int64]
    arm: npt.NDArray[np.int32]
    replicate: npt.NDArray[np.int64]
    luck_number: npt.NDArray[np.int64]
    measures: dict[str, Floats]
    errors: dict[int, BaseException] = field(default_factory=dict)
    series: list[tuple[int, dict[str, Floats]]] = field(default_factory=list)


class Worker:
    """Computes and stores chunks of one sweep; one for each thread or process.

    Raises
    ------
    RuntimeError
        If this version of the program would give other numbers than those in the store.
    """

    def __init__(self, store: Store) -> None:
        if store.plan.sweep_id != store.sweep_id:
            raise RuntimeError(
                "this version of partnersim has another model than the one that made the store: "
                + "; ".join(what_differs(store.identity, store.plan.identity()))
            )
        self.simulator = Simulator(store.plan)
        self.store = store

    def work(self, chunk: Chunk, check: Check | None = None) -> Done:
        """Compute a chunk and store it, unless it is stored."""
        begin = time.perf_counter()
        n_runs = chunk.n_points * chunk.n_replicates * self.store.n_arms
        if self.store.has(chunk):
            return Done(chunk, n_runs, 0, 0.0)
        rows = self.simulator.run(chunk, check)
        plan = self.store.plan
        self.store.commit(chunk, runs_table(plan, rows), series_table(plan, rows), len(rows.errors))
        return Done(chunk, n_runs, len(rows.errors), time.perf_counter() - begin)


class Simulator:
    """Simulates chunks of a plan, in buffers that are filled again and again."""

    def __init__(self, plan: Plan) -> None:
        from partnersim.model import schedule
        from partnersim.model.draws import root
        from partnersim.model.record import new_record
        from partnersim.model.state import STATE
        from partnersim.sweep.points import PointMaker

        self.plan = plan
        self.arms = list(plan.arms_by_name)
        self.design: Design = make_design(plan)
        self.points = PointMaker(plan)
        self.root = root(plan.seed)
        self.state = new_record(STATE)
        self.simulate = schedule.simulate
        if plan.own_variants:
            self.simulate = schedule.build(plan.own_variants, compiled=True).simulate
        self.buffer = np.empty((ROWS, plan.base.months + 1, len(SERIES)))
        self.no_detail = np.empty((ROWS, plan.base.months + 1, 0))

    def run(self, chunk: Chunk, check: Check | None = None) -> Rows:
        """Simulate and measure the runs of a chunk."""
        rows = self._make_rows(chunk)
        waiting: list[int] = []
        at = 0
        for begin, end in chunk.points:
            for values in self._points(begin, end):
                for arm in self.arms:
                    self._run_arm(arm, values, range(at, at + chunk.n_replicates), rows, waiting)
                    at += chunk.n_replicates
                    if check is not None:
                        check()
        self._measure(waiting, rows)
        return rows

    def _make_rows(self, chunk: Chunk) -> Rows:
        """Say of each row which run it is."""
        points = np.concatenate([np.arange(begin, end) for begin, end in chunk.points])
        shape = (len(points), len(self.arms), chunk.n_replicates)
        replicate = np.broadcast_to(np.arange(*chunk.replicates), shape)
        luck = [self.design.luck_row(begin, end) for begin, end in chunk.points]
        luck_number = replicate
        if luck[0] is not None:
            base = np.concatenate([row for row in luck if row is not None])
            luck_number = base[:, np.newaxis, np.newaxis] * MOST_REPLICATES + replicate
        n = points.size * shape[1] * shape[2]
        return Rows(
            point=np.repeat(points, shape[1] * shape[2]),
            arm=np.ravel(np.broadcast_to(np.arange(shape[1])[:, np.newaxis], shape)).astype(
                np.int32
            ),
            replicate=np.ravel(replicate),
            luck_number=np.ravel(luck_number),
            measures={name: np.full(n, np.nan) for name in self.plan.measure_names},
        )

    def _points(self, begin: int, end: int) -> Iterator[dict[str, Any]]:
        """Give the parameter values of each point, by path."""
        columns = self.design.points(begin, end)
        for at in range(end - begin):
            yield {path: values[at] for path, values in columns.items()}

    def _run_arm(
        self, arm: str, values: dict[str, Any], which: range, rows: Rows, waiting: list[int]
    ) -> None:
        """Run the replicates of one point in one arm; what fails is remembered."""
        try:
            parameters = self.points.make(arm, values)
        except MemoryError:
            raise
        except Exception as error:
            rows.errors |= dict.fromkeys(which, error)
            return
        for begin in range(which.start, which.stop, ROWS):
            part = range(begin, min(begin + ROWS, which.stop))
            if len(waiting) + len(part) > ROWS:
                self._measure(waiting, rows)
            try:
                self._simulate(parameters, part, rows, waiting)
            except MemoryError:
                raise
            except Exception:
                for row in part:  # one by one, so that only what fails is lost
                    try:
                        self._simulate(parameters, range(row, row + 1), rows, waiting)
                    except Exception as error:
                        rows.errors[row] = error

    def _simulate(self, parameters: np.record, part: range, rows: Rows, waiting: list[int]) -> None:
        """Simulate rows whose luck follows one another, into what is free of the buffer."""
        begin, end = len(waiting), len(waiting) + len(part)
        first = int(rows.luck_number[part.start])
        self.simulate(
            self.state, parameters, self.root, first, self.buffer[begin:end],
            self.no_detail[begin:end],
        )  # fmt: skip
        waiting += part

    def _measure(self, waiting: list[int], rows: Rows) -> None:
        """Measure what is in the buffer, the rows that wait, and empty it."""
        which = np.array(waiting, dtype=np.int64)
        if not len(which):
            return
        recorded = self.buffer[: len(which)]
        self._refuse_not_finite(recorded, which, rows)
        series = name_series(recorded)
        measured = measure(series, seed=self.plan.seed, first_replicate=rows.luck_number[which])
        for name, kept in rows.measures.items():
            kept[which] = measured[name]
        self._keep_series(series, which, rows)
        waiting.clear()

    def _refuse_not_finite(
        self, recorded: Floats, which: npt.NDArray[np.int64], rows: Rows
    ) -> None:
        """Mark runs as failed in which anything observed is not a number; it always should be."""
        is_bad = ~np.isfinite(recorded)
        for at in np.flatnonzero(is_bad.any(axis=(1, 2))).tolist():
            month, series = (int(index) for index in np.argwhere(is_bad[at])[0])
            rows.errors[int(which[at])] = NotFiniteError(
                f"{SERIES[series]} is {recorded[at, month, series]} in month {month}"
            )
            recorded[at] = 0.0

    def _keep_series(
        self, series: dict[str, Floats], which: npt.NDArray[np.int64], rows: Rows
    ) -> None:
        """Keep the monthly series of the runs for which they were asked."""
        asked = self.plan.series
        if asked is None:
            return
        kept = [
            (at, row)
            for at, row in enumerate(which.tolist())
            if row not in rows.errors
            and asked.keeps(int(rows.point[row]), int(rows.replicate[row]))
        ]
        if not kept:
            return
        series = with_derived(series, asked.names)
        for at, row in kept:
            rows.series.append((row, {name: series[name][at].copy() for name in asked.names}))


# --- As tables -----------------------------------------------------------------------------------


def runs_table(plan: Plan, rows: Rows) -> pa.Table:
    """Give runs as they are stored; those that failed have null measures."""
    n = len(rows.point)
    has_failed = np.zeros(n, np.bool_)
    has_failed[list(rows.errors)] = True
    kinds: list[str | None] = [None] * n
    messages = kinds.copy()
    for row, error in rows.errors.items():
        kinds[row], messages[row] = type(error).__name__, _shorten(str(error))
    columns = {
        "point": column(rows.point),
        "arm": _names(rows.arm, plan.arms_by_name),
        "replicate": column(rows.replicate),
        "luck_number": column(rows.luck_number),
        "status": _names(has_failed, ("ok", "failed")),
        "error": texts(kinds).dictionary_encode(),
        "message": texts(messages),
    }
    is_null = has_failed if rows.errors else None
    columns |= {name: column(values, is_null) for name, values in rows.measures.items()}
    schema = run_schema(plan)
    return pa.table([columns[name] for name in schema.names], schema=schema)


def series_table(plan: Plan, rows: Rows) -> pa.Table | None:
    """Give the series that are kept, a row a month, as they are stored; None where none are."""
    if not rows.series:
        return None
    which = np.array([row for row, _ in rows.series])
    n_months = plan.base.months + 1
    columns = {
        "point": column(np.repeat(rows.point[which], n_months)),
        "arm": _names(np.repeat(rows.arm[which], n_months), plan.arms_by_name),
        "replicate": column(np.repeat(rows.replicate[which], n_months)),
        "month": column(np.tile(np.arange(n_months, dtype=np.int32), len(which))),
    }
    for name in rows.series[0][1]:
        columns[name] = column(np.concatenate([values[name] for _, values in rows.series]))
    schema = series_schema(plan)
    return pa.table([columns[name] for name in schema.names], schema=schema)


def _names(which: npt.NDArray[Any], names: Iterable[str]) -> pa.Array:
    """Names by their numbers."""
    return pa.DictionaryArray.from_arrays(column(which.astype(np.int32)), texts(list(names)))


def _shorten(text: str) -> str:
    """Cut a long message."""
    return text if len(text) <= MESSAGE_LENGTH else f"{text[: MESSAGE_LENGTH - 4]} ..."
