"""Running a sweep: from a plan and a folder to a store that has all its runs.

Whatever is in the store is not run again; so running, resuming, growing and finding that there is
nothing to do are one thing.
"""

from __future__ import annotations

import io
import math
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from partnersim.runs.ensemble import n_cores
from partnersim.scenario.errors import ScenarioError, shown
from partnersim.scenario.file_paths import full_path
from partnersim.sweep.chunks import Chunk, Grid, Range
from partnersim.sweep.codebook import write_codebook
from partnersim.sweep.design_file import Tell, as_points, as_tables
from partnersim.sweep.engines import Engine, Stop, SweepStopped, Trouble, open_engine
from partnersim.sweep.parquet import write_parquet
from partnersim.sweep.plan import Plan
from partnersim.sweep.precision import find_imprecise
from partnersim.sweep.reading import is_there
from partnersim.sweep.store import Finding, Listing, Store, is_disk_full
from partnersim.sweep.worker import Done, Simulator, runs_table, series_table

__all__ = ["Outcome", "Pilot", "Progress", "SweepStopped", "count_missing", "pilot", "run_sweep"]

CHUNK_SECONDS = 4.0
"""Seconds that a chunk takes at most, which is what is lost when a worker dies; at least it takes half, as
sizes are powers of two."""

MOST_RUNS_PER_CHUNK = 1 << 16

LEAST_CHUNKS = 16
"""Chunks into which a sweep is cut at least, so that a short one too fills all workers."""

LEAST_SECONDS = 0.05
"""Seconds that a chunk takes at least, which goes first: storing one takes hundredths of a second."""

REPLICATES_PER_BLOCK = 10
"""Replicates that all points have before any has more, where chunks allow it."""

SILENCE = 2.0
"""Seconds after which progress is reported of points that are being written."""

MOST_TROUBLES = 3
"""Chunks that may fail before a sweep stops."""

WORKER_START = 2.5
"""Seconds before a worker process computes: it imports the program and reads compiled code."""

MOST_SHARDS = 10_000

N_PILOT = 100
"""Runs by which time and size are judged."""

ALL = (1, 1)
"""The shard, the part of the chunks that is done here, that has all of them: the first of one."""

Level = tuple[Sequence[Range], int, int]
"""Runs that are known to be needed: points, and replicates from the first to before the last."""


class Progress(NamedTuple):
    """The progress of a sweep.

    Attributes
    ----------
    n_done, n_total : int
        Runs stored and to be stored; where replicates depend on results, as far as is known.
    n_failed : int
        Runs stored as failed.
    runs_per_second : float
        Speed in this session, since the first chunk; 0 before the second.
    is_stopping : bool
        Whether only what is in hand is finished.
    n_written : int or None
        Of very many points, those that are written so far; None when runs are under way.
    """

    n_done: int
    n_total: int
    n_failed: int
    runs_per_second: float
    is_stopping: bool
    n_written: int | None = None


class Outcome(NamedTuple):
    """The outcome of a session, with counts as in `Progress`.

    It is finished when nothing is left to do; if not, the message says why. Files that are set aside
    were not what they said, and their runs were done again.
    """

    is_finished: bool
    n_done: int
    n_total: int
    n_failed: int
    seconds: float
    set_aside: list[Finding]
    message: str = ""


class Pilot(NamedTuple):
    """Time on one core and room in the store of a few runs, by which those of all are judged.

    The series of a run that keeps them, and a point of the design, take room of their own.
    """

    seconds_per_run: float
    n_runs: int
    bytes_per_run: float
    bytes_per_series: float = 0.0
    bytes_per_point: float = 0.0


def run_sweep(
    plan: Plan,
    folder: str | Path,
    *,
    engine: str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    shard: str | None = None,
    extend: Mapping[str, int] | None = None,
    progress: Callable[[Progress], None] | None = None,
    on_set_aside: Callable[[Finding], None] | None = None,
    stop: threading.Event | None = None,
) -> Outcome:
    """Run what a folder lacks of a plan; arguments and errors are those of `partnersim.Sweep.run`.

    Each file that was not what it said, and was moved away, is given to `on_set_aside`. Set from
    elsewhere, `stop` ends the session when the chunks in hand are finished.
    """
    part, folder = _read_shard(shard), full_path(folder)
    begun = time.monotonic()
    stopper = Stop(stop)
    with _said_of_full_disk(folder):
        tell = None if progress is None else _tell_written(plan, progress)
        store = _open_store(plan, folder, extend or {}, tell)
        moved = store.mend_design(plan, tell)
        write_codebook(store)
        listing, others = store.set_aside()
        moved += others
        if on_set_aside is not None:
            for finding in moved:
                on_set_aside(finding)
        engine = engine or choose_engine(store, listing, part[1], workers, scheduler)
        about = _describe_session(engine, workers, scheduler, shard)
        about["variants"] = store.identity["variants"]
        with store.session(about) as ended, stopper.on_interrupt():
            session = _Session(store, listing, part, stopper, progress)
            try:
                session.run(partial(open_engine, engine, store, workers, scheduler))
            finally:
                ended |= session.summary()
    if stopper.n_interrupts and not session.is_finished:
        raise KeyboardInterrupt
    if session.is_finished:
        store.remove_unfinished()
    return Outcome(
        session.is_finished,
        session.n_done,
        session.n_total,
        session.n_failed,
        time.monotonic() - begun,
        moved,
        session.message,
    )


def pilot(plan: Plan) -> Pilot:
    """Run a few first points of a plan, to learn how long a run takes and how much room it needs."""
    replicates = min(plan.floor_replicates, REPLICATES_PER_BLOCK)
    first = next(as_tables(plan.points.blocks()))
    some = min(first.num_rows, math.ceil(N_PILOT / (replicates * plan.n_arms)))
    points = as_points(first[:some].to_pydict())
    simulator = Simulator(plan, lambda begin, end, _: points[begin:end])
    simulator.run(Chunk(((0, 1),), (0, 1)))  # what is loaded or compiled at the first run
    chunk = Chunk(((0, some),), (0, replicates))
    begin = time.thread_time()  # of this thread: others on this machine do not count
    rows = simulator.run(chunk)
    seconds = time.thread_time() - begin
    n_runs = len(rows.point)
    series = series_table(plan, rows)
    per_series = 0.0 if series is None else _stored_bytes(series) / len(rows.series)
    stored = _stored_bytes(runs_table(plan, rows))
    per_point = _stored_bytes(first) / first.num_rows
    return Pilot(seconds / n_runs, n_runs, stored / n_runs, per_series, per_point)


def _stored_bytes(table: pa.Table) -> int:
    """Measure the room that a table takes as it is stored."""
    file = io.BytesIO()
    write_parquet(table, file)
    return file.tell()


def choose_engine(
    store: Store, listing: Listing, n_shards: int, workers: int | None, scheduler: str | None
) -> str:
    """Choose who computes what a store lacks: what was asked for by its means, or who is done first."""
    if scheduler is not None or workers is not None:
        return "processes" if scheduler is None else "dask"
    n_runs = count_missing(store, listing) / n_shards
    if store.plan.precision is not None:  # how many there will be is not known
        n_runs *= store.plan.most_replicates / store.plan.floor_replicates
    if n_runs <= N_PILOT:
        return "serial"
    return expect(n_runs * pilot(store.plan).seconds_per_run, n_cores())[0]


def expect(work: float, workers: int) -> tuple[str, float]:
    """Name the engine that is done first with so many seconds of work, and how long it takes."""
    with_workers = WORKER_START + work / workers
    return ("serial", work) if work <= with_workers else ("processes", with_workers)


def count_missing(store: Store, listing: Listing) -> int:
    """Count the runs that a store still lacks, in all arms; as far as is known where results decide."""
    session = _Session(store, listing, ALL, Stop(), None)
    level = next(session.levels(), None)
    return 0 if level is None else session.n_total - session.n_done


# --- Opening -------------------------------------------------------------------------------------


def _tell_written(plan: Plan, progress: Callable[[Progress], None]) -> Tell:
    """Report how many points are written, once that has lasted a while."""
    begun = time.monotonic()

    def tell(n_written: int, n_points: int) -> None:
        if time.monotonic() - begun > SILENCE:
            n_total = n_points * plan.n_arms * plan.floor_replicates
            progress(Progress(0, n_total, 0, 0.0, False, n_written))

    return tell


def _open_store(plan: Plan, folder: Path, extend: Mapping[str, int], tell: Tell | None) -> Store:
    """Open the store of a plan; make it if it is not there, and let it grow if that is asked for."""
    if is_there(folder / "sweep.json"):
        store = Store.open(folder)
        store.compare(plan.with_ranges_of(store.identity))
        Store.prepare(store.plan, folder)
        grown = store.plan.grown(extend) if extend else store.plan
    else:
        grown = plan.grown(extend) if extend else plan
        Store.prepare(plan, folder)
        store = Store.create(plan, folder, choose_grid(plan), tell)
    if grown.growth() != store.growth:
        store = store.grow(grown, choose_grid(grown), tell)
    return store


def choose_grid(plan: Plan) -> Grid:
    """Choose how runs are cut, by the time that a few of them take.

    Sizes are powers of two, so that a little more or less of time seldom changes them.
    """
    n_points = plan.points.n_points
    total = n_points * plan.n_arms * plan.most_replicates
    seconds = pilot(plan).seconds_per_run
    by_number = max(total / LEAST_CHUNKS, LEAST_SECONDS / seconds)
    size = max(1.0, min(CHUNK_SECONDS / seconds, by_number, MOST_RUNS_PER_CHUNK))
    pairs = max(1, 2 ** math.floor(math.log2(size)) // plan.n_arms)  # of a point and a replicate
    block = max(REPLICATES_PER_BLOCK, -(-pairs // n_points))
    block = min(block, pairs, plan.floor_replicates)
    block = -(-plan.floor_replicates // -(-plan.floor_replicates // block))  # of even size
    return Grid(points_per_chunk=max(1, pairs // block), replicates_per_block=block)


def _read_shard(shard: str | None) -> tuple[int, int]:
    """Read which shard, counted from 1, of how many is done here."""
    if shard is None:
        return ALL
    try:
        which, n_shards = map(int, shard.split("/"))
        if not 1 <= which <= n_shards <= MOST_SHARDS:
            raise ValueError
    except ValueError:
        raise ScenarioError(
            f"shard = {shown(shard)}: must be i/n with i from 1 to n and n up to {MOST_SHARDS:,}, such as 2/8"
        ) from None
    return which, n_shards


# --- A session -----------------------------------------------------------------------------------


class _Session:
    """One session of running a sweep, with what is counted while it lasts."""

    def __init__(
        self,
        store: Store,
        listing: Listing,
        shard: tuple[int, int],
        stop: Stop,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.store, self.shard, self.stop, self.progress = store, shard, stop, progress
        self.coverage = listing.coverage
        self.n_failed = listing.n_failed
        self.n_done = listing.coverage.n_runs(store.plan.n_arms)
        self.n_total = self.n_done
        self.n_here = self.n_failed_here = 0
        self.first_done: float | None = None
        self.n_first = 0
        self.is_finished = False
        self.message = ""
        self.troubles: list[Trouble] = []

    def run(self, open_engine: Callable[[], Any]) -> None:
        """Run what is missing, level by level; no engine is opened where nothing is."""
        levels = self.levels()
        first = next(levels, None)
        if first is None:
            return
        with open_engine() as engine:
            for level in chain([first], levels):
                if not self._run_level(engine, level):
                    return

    def levels(self) -> Iterator[Level]:
        """Give the levels that are missing.

        With a fixed number of replicates there is one level. Else the next is known when the one
        before is complete: that many replicates more, of the points that need them.
        """
        plan = self.store.plan
        points: Sequence[Range] = [(0, plan.points.n_points)]
        step = plan.floor_replicates
        for first in range(0, plan.most_replicates, step):
            last = min(first + step, plan.most_replicates)
            if first > 0 and plan.precision is not None:
                points = find_imprecise(self.store, plan.precision, points, first)
            if not points:
                break
            level = points, first, last
            n_missing = self._count_missing(level, self.shard)
            self.n_total = self.n_done + n_missing
            if n_missing:
                yield level
            if self._is_left_to_others(level):
                return
        self.is_finished = True

    def _missing(self, level: Level, shard: tuple[int, int]) -> Iterator[Chunk]:
        """Give the chunks of a level in a shard that are not stored: every n-th chunk is in it."""
        which, n_shards = shard
        for chunk in islice(self.store.grid.chunks(*level), which - 1, None, n_shards):
            yield from self.coverage.missing(chunk)

    def _count_missing(self, level: Level, shard: tuple[int, int]) -> int:
        """Count the runs of a level in a shard that are not stored."""
        return sum(chunk.n_runs(self.store.plan.n_arms) for chunk in self._missing(level, shard))

    def _is_left_to_others(self, level: Level) -> bool:
        """Return whether other shards have chunks of this level to do."""
        if self.shard == ALL:
            return False
        self.coverage = self.store.list_runs().coverage
        left = self._count_missing(level, ALL)
        if left:
            self.message = f"this shard is done; {left} runs of others are not there yet"
        return left > 0

    def _run_level(self, engine: Engine, level: Level) -> bool:
        """Run what is missing of a level; returns whether all of it is there."""
        was_stopping = False
        self._tell()
        for item in engine(self._missing(level, self.shard), self.stop):
            if isinstance(item, Trouble):
                self._note(item)
            elif item is not None:
                self._count(item)
                self._heed_failures()
                self._tell()
            if self.stop.is_asked and not was_stopping:
                was_stopping = True
                self._tell()
        self._give_up()
        return not self.stop.is_asked

    def _count(self, done: Done) -> None:
        """Count a chunk that is stored now."""
        self.n_done += done.n_runs
        self.n_here += done.n_runs
        self.n_failed += done.n_failed
        self.n_failed_here += done.n_failed
        self.coverage.add(done.chunk)
        if self.first_done is None:
            self.first_done, self.n_first = time.monotonic(), self.n_here

    def _heed_failures(self) -> None:
        """Stop after as many failed runs as the plan allows."""
        most = self.store.plan.stop_after
        if most is not None and self.n_failed_here >= most and not self.message:
            self.message = (
                f"{self.n_failed_here} runs failed, and on_error says to stop; the runs table "
                "says why (status, error, message). The same command goes on"
            )
            self.stop.event.set()

    def _note(self, trouble: Trouble) -> None:
        """Remember a chunk that was not stored; no more are begun where others would fare alike."""
        self.troubles.append(trouble)
        if is_disk_full(trouble.error) or len(self.troubles) >= MOST_TROUBLES:
            self.stop.event.set()

    def _give_up(self) -> None:
        """Raise an error that says why this session cannot complete the sweep, if it cannot."""
        for trouble in self.troubles:
            if is_disk_full(trouble.error):
                raise trouble.error
        if self.troubles:
            chunk, error = self.troubles[0]
            more = f", and {len(self.troubles) - 1} more," if len(self.troubles) > 1 else ""
            raise SweepStopped(
                f"a chunk{more} could not be computed ({chunk.file_name[:-8]}): {error}\n"
                "What was computed is stored; the same command goes on from there"
            ) from error
        if self.message:
            raise SweepStopped(self.message)

    def _tell(self) -> None:
        """Report progress, with the speed since the first chunk came back: workers take a while to begin."""
        if self.progress is None:
            return
        rate = 0.0
        if self.first_done is not None and self.n_here > self.n_first:
            rate = (self.n_here - self.n_first) / (time.monotonic() - self.first_done)
        self.progress(Progress(self.n_done, self.n_total, self.n_failed, rate, self.stop.is_asked))

    def summary(self) -> dict[str, Any]:
        """Sum up the session, for provenance."""
        return {
            "at": _now(),
            "n_runs": self.n_here,
            "n_failed": self.n_failed_here,
            "is_finished": self.is_finished,
        }


@contextmanager
def _said_of_full_disk(folder: Path) -> Iterator[None]:
    """Turn the error of a full disk into one that says so, and that nothing is lost."""
    try:
        yield
    except OSError as error:
        if not is_disk_full(error):
            raise
        raise SweepStopped(
            f"{folder}: no room left on the disk ({error.strerror}); make room and give the same "
            "command: it goes on from what is stored"
        ) from None


def _describe_session(
    engine: str, workers: int | None, scheduler: str | None, shard: str | None
) -> dict[str, Any]:
    """Describe a session (command, machine, engine): the beginning of a line of provenance."""
    from partnersim.runs.provenance import provenance

    return {
        "began": _now(),
        "command": sys.argv,
        "folder": str(Path.cwd()),
        "host": platform.node(),
        "pid": os.getpid(),
        "engine": engine,
        "workers": workers or n_cores(),
        "scheduler": scheduler,
        "shard": shard,
        "revision": _revision(),
        **provenance(),
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _revision() -> str | None:
    """Give the revision of the program, and whether it was changed; None outside of git."""
    here = Path(__file__).parent
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(
            command, cwd=here, capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
