"""Workers, which compute chunks in whatever engine they live.

A run that fails is a row that says so, with no measures; the others of its chunk are as they
would have been. Runs of many points are measured together, because that is much cheaper than
measuring them one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from partnersim.runs.kernel import Batch, Kernel, Part, compiled_for
from partnersim.runs.measures import Floats, with_derived
from partnersim.scenario.translate import Translator
from partnersim.sweep.chunks import Chunk
from partnersim.sweep.parquet import make_table
from partnersim.sweep.plan import Plan
from partnersim.sweep.store import Store, run_schema, series_schema

MESSAGE_LENGTH = 300
"""Characters kept of the message of a run that failed."""

Points = Callable[[int, int, Sequence[str]], list[dict[str, Any]]]
"""A function that gives the values of some parameters, by path, of points `begin` to `end` - 1."""

Check = Callable[[], None]
"""A function called now and then while a chunk is computed; it may raise to give the chunk up."""


class Done(NamedTuple):
    """A chunk that is stored, and how many of its runs there are and failed here."""

    chunk: Chunk
    n_runs: int
    n_failed: int


@dataclass
class Rows:
    """The runs of a chunk while they are computed: one row each, by point, arm and replicate."""

    point: npt.NDArray[np.int64]
    arm: npt.NDArray[np.int32]
    replicate: npt.NDArray[np.int64]
    luck_number: npt.NDArray[np.int64]
    measures: dict[str, Floats]
    errors: dict[int, Exception] = field(default_factory=dict)
    series: list[tuple[int, dict[str, Floats]]] = field(default_factory=list)


class Worker:
    """A worker, which computes and stores chunks of one sweep; one for each thread or process.

    Raises
    ------
    StoreError
        If this version of the program would give other numbers than those in the store.
    """

    def __init__(self, store: Store) -> None:
        store.compare(store.plan)
        self.simulator = Simulator(store.plan, store.points().points)
        self.store = store

    def work(self, chunk: Chunk, check: Check | None = None) -> Done:
        """Compute a chunk and store it, unless it is stored."""
        n_runs = chunk.n_runs(self.store.plan.n_arms)
        if self.store.has(chunk):
            return Done(chunk, n_runs, 0)
        rows = self.simulator.run(chunk, check)
        plan = self.store.plan
        self.store.commit(chunk, runs_table(plan, rows), series_table(plan, rows), len(rows.errors))
        return Done(chunk, n_runs, len(rows.errors))


class Simulator:
    """A simulator of chunks of a plan; one for each thread."""

    def __init__(self, plan: Plan, points: Points) -> None:
        self.plan, self.points = plan, points
        # One for each arm: points of an arm differ in less than arms do.
        self.translators = {arm: Translator() for arm in plan.arms_by_name}
        self.kernel = Kernel(compiled_for(plan.own_variants), plan.seed, plan.base.months)

    def run(self, chunk: Chunk, check: Check | None = None) -> Rows:
        """Simulate and measure the runs of a chunk."""
        rows = self._make_rows(chunk)
        for batch in self.kernel.run(self._parts(chunk, rows, check), rows.errors):
            batch.put_into(rows.measures)
            self._keep_series(batch, rows)
        return rows

    def _parts(self, chunk: Chunk, rows: Rows, check: Check | None) -> Iterator[Part]:
        """Make each arm at each point ready; what cannot be made is remembered."""
        at, n_replicates, paths = 0, chunk.n_replicates, list(self.plan.parameters_by_path)
        for begin, end in chunk.points:
            for values in self.points(begin, end, paths):
                for arm in self.translators:
                    which = range(at, at + n_replicates)
                    at = which.stop
                    try:
                        parameters = self.make(arm, values)
                    except MemoryError:
                        raise
                    except Exception as error:
                        rows.errors |= dict.fromkeys(which, error)
                    else:
                        yield Part(parameters, int(rows.luck_number[which.start]), which)
                    if check is not None:
                        check()

    def _make_rows(self, chunk: Chunk) -> Rows:
        """Number the rows: the point, arm and replicate of each."""
        points = np.concatenate([np.arange(begin, end) for begin, end in chunk.points])
        arms = np.arange(len(self.translators), dtype=np.int32)
        axes = np.meshgrid(points, arms, np.arange(*chunk.replicates), indexing="ij")
        point, arm, replicate = map(np.ravel, axes)
        return Rows(
            point=point,
            arm=arm,
            replicate=replicate,
            luck_number=self.plan.points.luck_number(point, replicate),
            measures={name: np.full(len(point), np.nan) for name in self.plan.measure_names},
        )

    def make(self, arm: str, values: Mapping[str, Any]) -> np.record:
        """Make one arm at one point ready for the core; the arm's next point overwrites it.

        A run takes about a millisecond, so a point must not: only the parts of a scenario that
        change are checked, and only these are translated.

        Raises
        ------
        partnersim.ScenarioError
            Where the values do not fit together; the next point is not affected.
        """
        return self.translators[arm].write(self.plan.scenario_for(arm, values))

    def _keep_series(self, batch: Batch, rows: Rows) -> None:
        """Keep the monthly series of the runs for which they were asked."""
        asked = self.plan.series
        if asked is None:
            return
        is_kept = asked.keeps(rows.point[batch.rows], rows.replicate[batch.rows])
        places = np.flatnonzero(is_kept).tolist()
        kept = [(at, int(batch.rows[at])) for at in places if batch.rows[at] not in rows.errors]
        if not kept:
            return
        series = with_derived(batch.series, asked.names)
        for at, row in kept:
            rows.series.append((row, {name: series[name][at].copy() for name in asked.names}))


# --- As tables -----------------------------------------------------------------------------------


def runs_table(plan: Plan, rows: Rows) -> pa.Table:
    """Make the table of runs as it is stored; those that failed have null measures."""
    n = len(rows.point)
    has_failed = np.zeros(n, np.bool_)
    has_failed[list(rows.errors)] = True
    kinds: list[str | None] = [None] * n
    messages = kinds.copy()
    for row, error in rows.errors.items():
        kinds[row], messages[row] = type(error).__name__, _shorten(str(error))
    columns: dict[str, Any] = {
        "point": rows.point,
        "arm": (plan.arms_by_name, rows.arm),
        "replicate": rows.replicate,
        "luck_number": rows.luck_number,
        "status": (("ok", "failed"), has_failed),
        "error": kinds,
        "message": messages,
        **rows.measures,
    }
    if rows.errors:
        columns |= {name: np.ma.array(v, mask=has_failed) for name, v in rows.measures.items()}
    return make_table(columns, run_schema(plan))


def series_table(plan: Plan, rows: Rows) -> pa.Table | None:
    """Make the table of series that are kept, a row a month, as it is stored; None where none are."""
    if not rows.series:
        return None
    which = np.array([row for row, _ in rows.series])
    n_months = plan.base.months + 1
    columns = {
        "point": np.repeat(rows.point[which], n_months),
        "arm": (plan.arms_by_name, np.repeat(rows.arm[which], n_months)),
        "replicate": np.repeat(rows.replicate[which], n_months),
        "month": np.tile(np.arange(n_months, dtype=np.int32), len(which)),
    }
    for name in rows.series[0][1]:
        columns[name] = np.concatenate([values[name] for _, values in rows.series])
    return make_table(columns, series_schema(plan))


def _shorten(text: str) -> str:
    """Cut a long message."""
    return text if len(text) <= MESSAGE_LENGTH else f"{text[: MESSAGE_LENGTH - 4]} ..."
