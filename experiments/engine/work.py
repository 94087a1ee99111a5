"""Work that is remembered: tasks are done once, by some processes, and whatever stops them goes on.

A task is a function of a module and what it is given; its key is a digest of all that decides what
comes of it. What was done lies in a folder, so that the same command asks for nothing twice.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import sys
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from partnersim.runs.ensemble import n_cores
from partnersim.sweep.engines import stand_by

Result = Mapping[str, np.ndarray[Any, Any]]
"""What came of a task: arrays by name."""

STORE_EVERY = 10.0
TELL_EVERY = 20.0
WORKERS = min(n_cores(), 2)


def say(what: str) -> None:
    """Tell whoever waits."""
    print(what, file=sys.stderr, flush=True)


def digest(*parts: object) -> str:
    """Sixteen digits of what decides."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part if isinstance(part, bytes) else repr(part).encode())
        found.update(b"\0")
    return found.hexdigest()[:16]


class Task(NamedTuple):
    """A function of a module, what it is given, and the key of what comes of it."""

    key: str
    function: Callable[..., Result]
    given: tuple[Any, ...]


class Memory:
    """A folder of what was done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._done: dict[str, Path] = {}
        folder.mkdir(parents=True, exist_ok=True)
        for file in sorted(folder.glob("*.npz")):
            with zipfile.ZipFile(file) as archive:
                self._done |= {name.partition("/")[0]: file for name in archive.namelist()}

    def __contains__(self, key: str) -> bool:
        return key in self._done

    def read(self, keys: Iterable[str]) -> dict[str, Result]:
        """What came of some tasks; each file is opened once."""
        by_file: dict[Path, set[str]] = {}
        for key in keys:
            by_file.setdefault(self._done[key], set()).add(key)
        found: dict[str, dict[str, np.ndarray[Any, Any]]] = {}
        for file, wanted in by_file.items():
            with np.load(file, allow_pickle=False) as archive:
                for name in archive.files:
                    key, _, rest = name.partition("/")
                    if key in wanted:
                        found.setdefault(key, {})[rest] = archive[name]
        return dict(found)

    def add(self, results: Mapping[str, Result]) -> None:
        """Keep some results, all of them or none."""
        if not results:
            return
        arrays = {f"{key}/{name}": array for key, result in results.items() for name, array in result.items()}
        file = self.folder / f"{digest(sorted(results))}.npz"
        unfinished = file.with_suffix(".part")
        with unfinished.open("wb") as opened:
            np.savez_compressed(opened, **arrays)
        unfinished.replace(file)
        self._done |= dict.fromkeys(results, file)


# --- Processes --------------------------------------------------------------------------------------

Pool = Callable[[Sequence[Task]], Iterator[tuple[Task, Result]]]


def do_here(tasks: Sequence[Task]) -> Iterator[tuple[Task, Result]]:
    """Do tasks in this process."""
    for task in tasks:
        yield task, task.function(*task.given)


def _do_in(pool: ProcessPoolExecutor, most: int, tasks: Sequence[Task]) -> Iterator[tuple[Task, Result]]:
    """Do tasks in other processes, so many in hand at a time; results come as they are done."""
    waiting, in_hand = list(reversed(tasks)), dict[Future[Result], Task]()
    while waiting or in_hand:
        while waiting and len(in_hand) < most:
            task = waiting.pop()
            in_hand[pool.submit(task.function, *task.given)] = task
        done, _ = wait(in_hand, return_when=FIRST_COMPLETED)
        for future in done:
            yield in_hand.pop(future), future.result()


class Worker:
    """Does what is not yet done, keeps it, and says how far it is."""

    def __init__(self, memory: Memory, pool: Pool = do_here) -> None:
        self.memory, self.pool = memory, pool

    def do(self, tasks: Sequence[Task], what: str) -> list[Result]:
        """Do tasks; what came of them, in their order."""
        pending = list({task.key: task for task in tasks if task.key not in self.memory}.values())
        fresh: dict[str, Result] = {}
        begun = stored = told = time.monotonic()
        try:
            for n_done, (task, result) in enumerate(self.pool(pending), start=1):
                fresh[task.key] = result
                now = time.monotonic()
                if now - stored > STORE_EVERY:
                    self.memory.add(fresh)
                    fresh, stored = {}, now
                if now - told > TELL_EVERY:
                    told = now
                    left = (now - begun) / n_done * (len(pending) - n_done) / 60.0
                    say(f"{what}: {n_done} of {len(pending)}; about {left:.0f} minutes left")
        finally:
            self.memory.add(fresh)
        found = self.memory.read({task.key for task in tasks})
        return [found[task.key] for task in tasks]


@contextmanager
def at_work(store: Path, workers: int) -> Iterator[Worker]:
    """Open a memory, and as many processes as are asked for; one is this."""
    if workers == 1:
        yield Worker(Memory(store))
        return
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=stand_by)
    try:
        yield Worker(Memory(store), partial(_do_in, pool, 4 * workers))
    finally:
        pool.shutdown(cancel_futures=True)
