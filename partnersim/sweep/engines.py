"""Engines, which compute the chunks; neither the store nor the numbers depend on which it is.

An engine takes chunks one at a time, as it has room, and gives back what became of them. It never
has more than a few in hand, and holds no results: workers write the files themselves. Whatever
dies, the remedy is the same: what is not in the store is run again.
"""

from __future__ import annotations

import asyncio
import logging
import math
import multiprocessing
import os
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any, NamedTuple

from partnersim.runs.ensemble import n_cores
from partnersim.scenario.errors import ScenarioError, suggest
from partnersim.sweep.chunks import Chunk
from partnersim.sweep.extras import load_extra
from partnersim.sweep.store import Store
from partnersim.sweep.worker import Done, Worker

LOG = logging.getLogger(__name__)

ENGINES = ("processes", "serial", "dask")

TICK = 0.2
"""Seconds after which an engine that waits gives the caller a moment."""

MOST_DEATHS = 3
"""Workers that one chunk may cost before it is left out."""

DASK_WINDOW = 2
"""Chunks in hand for each of Dask's workers: one in work and one to come."""

SILENCE = 20.0
"""Seconds for which Dask's scheduler may not be heard of."""

PATIENCE = 3.0
"""Seconds without a worker of Dask's after which a message says that the sweep waits for one."""


class SweepStopped(RuntimeError):  # noqa: N818 - often nobody erred
    """A sweep could not go on; what is stored stays, and the same command goes on from there."""


class Trouble(NamedTuple):
    """A chunk that was not stored, and why."""

    chunk: Chunk
    error: BaseException


class Stop:
    """A request to stop a sweep: asked once, chunks in hand are finished; asked twice, it stops at once.

    Ctrl-C asks, and whoever else sets the event.
    """

    def __init__(self, event: threading.Event | None = None) -> None:
        self.event = threading.Event() if event is None else event
        self.n_interrupts = 0

    @property
    def is_asked(self) -> bool:
        """True where no further chunk is to be begun."""
        return self.event.is_set()

    @property
    def is_at_once(self) -> bool:
        """True where the chunks in hand are to be dropped."""
        return self.n_interrupts > 1

    def check(self) -> None:
        """Drop the chunks in hand, if asked to.

        Raises
        ------
        KeyboardInterrupt
        """
        if self.is_at_once:
            raise KeyboardInterrupt

    @contextmanager
    def on_interrupt(self) -> Iterator[None]:
        """Count Ctrl-C in place of raising an exception.

        An exception in the middle of a pool's own code may leave its locks held, for ever.
        """
        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread hears of signals
            return

        def count(number: int, frame: FrameType | None) -> None:
            self.n_interrupts += 1
            self.event.set()

        before = signal.signal(signal.SIGINT, count)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before or signal.default_int_handler)


Engine = Callable[[Iterator[Chunk], Stop], Iterator[Done | Trouble | None]]
"""A function that computes chunks, in any order, and gives None now and then when nothing is to be told."""


def open_engine(
    name: str, store: Store, workers: int | None, scheduler: str | None
) -> AbstractContextManager[Engine]:
    """Choose an engine for a store.

    Raises
    ------
    ScenarioError
        For an engine that there is not, or that lacks its extra.
    SweepStopped
        If Dask's scheduler cannot be reached.
    """
    if name not in ENGINES:
        raise ScenarioError(f"engine = {name!r}: there is none of this name; {suggest(name, list(ENGINES))}")
    if scheduler is not None and name != "dask":
        raise ScenarioError(f"scheduler: means nothing with engine {name!r}; take 'dask'")
    if name == "serial":
        return open_serial(store)
    if name == "processes":
        return open_processes(store, workers or n_cores())
    return open_dask(store, workers, scheduler)


# --- In this process -----------------------------------------------------------------------------


@contextmanager
def open_serial(store: Store) -> Iterator[Engine]:
    """Open the engine that has no workers: one chunk after another, in the calling thread."""
    worker = Worker(store)

    def compute(chunks: Iterator[Chunk], stop: Stop) -> Iterator[Done | Trouble | None]:
        for chunk in chunks:
            try:
                yield worker.work(chunk, stop.check)
            except Exception as error:
                yield Trouble(chunk, error)
            if stop.is_asked:
                return

    yield compute


# --- In processes of this machine ----------------------------------------------------------------

_worker: Worker | None = None
"""The worker of this process, if it is a worker process."""


def _begin_process(folder: Path) -> None:
    """Get a worker process ready."""
    global _worker
    stand_by()
    _worker = Worker(Store.open(folder))


def stand_by() -> None:
    """Leave Ctrl-C to the driver; and when that was killed, end this process, which works for nobody."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_leave_after, args=(parent,), daemon=True).start()


def _leave_after(parent: Any) -> None:
    """End this process when its parent has ended."""
    parent.join()
    os._exit(1)


def _work_in_process(chunk: Chunk) -> Done:
    assert _worker is not None
    return _worker.work(chunk)


@contextmanager
def open_processes(store: Store, workers: int) -> Iterator[Engine]:
    """Open the engine whose workers are processes on this machine."""
    engine = ProcessEngine(store.folder, workers)
    try:
        yield engine.map
    finally:
        engine.pool.shutdown()


class ProcessEngine:
    """An engine that computes chunks in a pool of processes, made anew whenever one has died.

    A pool does not say which of its chunks killed a worker. So those that were in hand are run
    again one at a time: then it is known, and a chunk that does so again is left out.
    """

    def __init__(self, folder: Path, workers: int) -> None:
        self.folder, self.workers = folder, workers
        self.others = set(multiprocessing.active_children())
        self.pool = self._make_pool()

    def _make_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self.workers,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin_process,
            initargs=(self.folder,),
        )

    def map(self, chunks: Iterator[Chunk], stop: Stop) -> Iterator[Done | Trouble | None]:
        """Compute chunks, as many at a time as there are workers."""
        in_hand: dict[Future[Done], Chunk] = {}
        suspects: deque[Chunk] = deque()
        deaths: Counter[Chunk] = Counter()
        while True:
            self._fill(in_hand, chunks, suspects, stop)
            if not in_hand:
                return
            ended, _ = wait(in_hand, TICK, FIRST_COMPLETED)
            if stop.is_at_once:
                self._kill()
                return
            if not ended:
                yield None
            killed = []
            for future in ended:
                chunk = in_hand.pop(future)
                error = future.exception()
                if error is None:
                    yield future.result()
                elif isinstance(error, BrokenProcessPool):
                    killed.append(chunk)
                else:
                    yield Trouble(chunk, error)
            if killed:
                killed += in_hand.values()
                in_hand.clear()
                self._renew()
                deaths.update(killed)
                for chunk in killed:
                    if deaths[chunk] < MOST_DEATHS:
                        suspects.append(chunk)
                    else:
                        yield Trouble(chunk, RuntimeError(_DIED))

    def _fill(
        self, in_hand: dict[Future[Done], Chunk], chunks: Iterator[Chunk], suspects: deque[Chunk], stop: Stop
    ) -> None:
        """Hand out chunks while there is room; a suspect only when it is alone."""
        while not stop.is_asked and len(in_hand) < (1 if suspects else self.workers):
            is_alone = bool(suspects)
            chunk = suspects.popleft() if suspects else next(chunks, None)
            if chunk is None:
                return
            try:
                future = self.pool.submit(_work_in_process, chunk)
            except BrokenProcessPool:  # a worker died while it had nothing to do
                self._renew()
                future = self.pool.submit(_work_in_process, chunk)
            in_hand[future] = chunk
            if is_alone:
                return

    def _renew(self) -> None:
        """Put a pool in place of one of which a worker has died."""
        self._kill()
        self.pool = self._make_pool()

    def _kill(self) -> None:
        """End the workers at once."""
        for process in set(multiprocessing.active_children()) - self.others:
            process.kill()
        self.pool.shutdown(wait=True, cancel_futures=True)


_DIED = (
    f"its worker died {MOST_DEATHS} times; there may be too little memory, or in a script the "
    'call is not under `if __name__ == "__main__":`'
)


# --- On Dask -------------------------------------------------------------------------------------

_of_thread = threading.local()
"""Storage that holds the worker of each of Dask's threads, and what it was made for."""


def _work_on_dask(folder: str, size: str, chunk: Chunk) -> Done:
    """Compute a chunk in a worker of Dask's, which opens the store for itself."""
    made_for = (folder, size)
    if getattr(_of_thread, "made_for", None) != made_for:
        try:
            store = Store.open(folder)
        except ScenarioError as error:
            raise RuntimeError(
                f"a worker of Dask cannot use the store: {error} (workers need the same folder, "
                "under the same path, and the same version of partnersim)"
            ) from None
        _of_thread.worker, _of_thread.made_for = Worker(store), made_for
    worker: Worker = _of_thread.worker
    return worker.work(chunk)


def _leave_interrupts_to_driver() -> None:
    """Have a worker of this machine take no notice of Ctrl-C, which the terminal sends to all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def open_dask(store: Store, workers: int | None, scheduler: str | None) -> Iterator[Engine]:
    """Open the engine whose workers are Dask's, there already or started on this machine."""
    distributed = load_extra("distributed", extra="dask")
    cluster = None
    address = scheduler
    if address is None:
        cluster = distributed.LocalCluster(
            n_workers=workers or n_cores(),
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs="ERROR",
        )
        address = str(cluster.scheduler_address)
    try:
        _reach(address)
        client = distributed.Client(address, timeout=SILENCE, set_as_default=False)
        try:
            if cluster is not None:
                client.register_worker_callbacks(_leave_interrupts_to_driver)
            yield DaskEngine(client, store).map
        finally:
            with suppress(Exception):  # it may be gone
                client.close(timeout=2)
    finally:
        if cluster is not None:
            with suppress(Exception):
                cluster.close(timeout=5)


def _reach(address: str) -> None:
    """Check that a scheduler answers, and takes our certificates if it wants any.

    A client that cannot connect would leave threads behind that take long to give up.

    Raises
    ------
    SweepStopped
        If it does not.
    """
    distributed = load_extra("distributed", extra="dask")

    async def greet() -> None:
        security = distributed.Security().get_connection_args("client")
        comm = await distributed.comm.connect(address, timeout=SILENCE, **security)
        await comm.close()

    try:
        # In a thread of its own: a notebook has a loop that runs in this one.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, greet()).result()
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SweepStopped(
            f"Dask's scheduler at {address} cannot be reached ({reason}); start one with 'dask "
            "scheduler' and give the address that it prints, and check the settings of TLS if it "
            "has any"
        ) from None


class DaskEngine:
    """An engine that computes chunks on a Dask cluster, a few for each worker at a time.

    Results are let go of as soon as they are there: a client that held them all would have
    finished chunks run again when a worker dies.
    """

    def __init__(self, client: Any, store: Store) -> None:
        self.client, self.store = client, store
        self.ended: SimpleQueue[Any] = SimpleQueue()

    def map(self, chunks: Iterator[Chunk], stop: Stop) -> Iterator[Done | Trouble | None]:
        """Compute chunks in a window that is as wide as there are workers.

        Raises
        ------
        SweepStopped
            If the scheduler is gone.
        """
        try:
            yield from self._map(chunks, stop)
        except OSError as error:  # of the connection: those of chunks are given back
            raise SweepStopped(_SCHEDULER_GONE) from error

    def _map(self, chunks: Iterator[Chunk], stop: Stop) -> Iterator[Done | Trouble | None]:
        in_hand: dict[Any, Chunk] = {}
        made_for = (str(self.store.folder.resolve()), str(self.store.growth))
        seen = time.monotonic()
        while True:
            n_workers = len(self.client.nthreads())
            if n_workers:
                seen = time.monotonic()
            elif time.monotonic() - seen > PATIENCE:
                LOG.warning("waiting for workers at %s", self.client.scheduler.address)
                seen = math.inf  # once, until there have been some
            window = DASK_WINDOW * max(1, n_workers)
            while not stop.is_asked and len(in_hand) < window:
                chunk = next(chunks, None)
                if chunk is None:
                    break
                future = self.client.submit(_work_on_dask, *made_for, chunk, pure=False)
                future.add_done_callback(self.ended.put)
                in_hand[future] = chunk
            if not in_hand:
                return
            if stop.is_at_once or (stop.is_asked and not n_workers):  # nobody would finish them
                self.client.cancel(list(in_hand))
                return
            future = self._wait()
            if future is None:
                yield None
            elif future in in_hand:
                yield self._result(future, in_hand.pop(future))
                future.release()

    def _wait(self) -> Any:
        """Give the next future that has ended; None if there is none for a moment."""
        with suppress(Empty):
            return self.ended.get(timeout=TICK)
        return None

    def _result(self, future: Any, chunk: Chunk) -> Done | Trouble:
        if future.status == "finished":
            done: Done = future.result()
            return done
        if future.status == "error":
            return Trouble(chunk, future.exception())
        raise SweepStopped(_SCHEDULER_GONE)


_SCHEDULER_GONE = (
    "Dask's scheduler is gone, and with it what was in hand; start it again, and give the same "
    "command: it goes on from what is stored"
)
