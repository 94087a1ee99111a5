"""The search: ABC by successive refinement, with points that move [drovandi2011].

A population of points, first drawn from the priors. Each generation drops the half that lies
furthest from the bands, replaces it by copies of the rest, and moves the copies by steps of a
random walk that are taken only where the distance is no more than that of the worst point kept.
What is left at the end is a sample, all points alike, from what is within that distance; no weights
are needed. Later stages look at points harder, and only at those that pass the look of the first.

Nothing depends on how many workers there are, or on being interrupted: each task has its own
chance.
"""

from __future__ import annotations

import hashlib
import math
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from experiments.patterns.estimates import Floats
from experiments.tuning.evaluate import Evaluation, Level, evaluate
from experiments.tuning.space import Space
from experiments.tuning.store import Key, Results, Row, Store

STEP = 2.38
"""Of a random walk: over the square root of the number of parameters [gelman1996]."""

SMALLEST_STEP = 0.2
"""Steps are between this part of it and all of it: the bands need not leave one round heap."""

KEPT = 0.5
"""Part of the population that each generation keeps."""

FIRST_MOVES, LEAST_MOVES, MOST_MOVES = 3, 2, 8
UNMOVED = 0.05
"""So many steps are made that no more than this part of the copies should stay where it was."""

LEAST_TAKEN = 0.02
"""A stage ends when fewer steps than this are taken: it has found what it can."""

SCREENED = 0.95
"""Part of the points kept that would pass the first look of a later stage."""

MIXING_MOVES = 8
MIXING_UNITS = 0.4
"""Part of a whole look that a step of mixing costs, about."""

MIXED = 100
"""Added to the number of a mixing, to tell it from a generation."""

CONFIRM_RESAMPLES = 400
LOOK = "look"
"""Kind of a task that is no part of the search: key by replicates, seed and point."""

STORE_EVERY = 10.0
TELL_EVERY = 20.0

Tell = Callable[[str], None]


class Task(NamedTuple):
    """Points that are looked at one after another, from one place on.

    Attributes
    ----------
    key : Key
    level : Level
        How hard.
    shares : float64[parameter]
        Where it begins.
    moves : int
        Steps of the walk; 0 to look at the beginning and nothing else.
    spread : float64[parameter, parameter] or None
        Of the steps: lower triangle, times its transpose their covariance. Without it, each step
        draws one parameter anew from its prior.
    most : float
        Distance up to which a step is taken.
    screen : Level or None
        The first look, if there is one.
    most_screened : float
        Distance up to which a point passes it.
    seed : int
    """

    key: Key
    level: Level
    shares: Floats
    moves: int = 0
    spread: Floats | None = None
    most: float = math.inf
    screen: Level | None = None
    most_screened: float = math.inf
    seed: int = 0


def work(space: Space, task: Task) -> list[Row]:
    """Do a task: every look at every point, in order."""
    if task.moves == 0:
        return [_row(task.shares, task.level, evaluate(space.point(task.shares), task.level), True)]
    rng = np.random.default_rng([task.seed, *task.key[1:]])
    n = len(space.priors)
    here, rows = task.shares, []
    for _ in range(task.moves):
        if task.spread is None:
            there = here.copy()
            there[rng.integers(n)] = rng.random()
        else:
            scale = STEP / math.sqrt(n) * SMALLEST_STEP ** rng.random()
            there = here + scale * task.spread @ rng.standard_normal(n)
        if ((there < 0.0) | (there > 1.0)).any():
            continue
        point = space.point(there)
        if task.screen is not None:
            first = evaluate(point, task.screen, task.most_screened)
            rows.append(_row(there, task.screen, first, False))
            if first.distance > task.most_screened:
                continue
        found = evaluate(point, task.level, task.most)
        is_taken = found.distance <= task.most
        rows.append(_row(there, task.level, found, is_taken))
        if is_taken:
            here = there
    return rows


def _row(shares: Floats, level: Level, found: Evaluation, is_taken: bool) -> Row:
    return Row(shares, level.replicates, found.distance, found.is_whole, is_taken, found.found, found.excess)


# --- Doing many of them ---------------------------------------------------------------------------

_space: Space | None = None
"""Of this process, if it is a worker."""


def _begin(space: Space) -> None:
    """Get a worker ready: Ctrl-C is for the driver, and without a driver there is no work."""
    global _space
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_leave_after, args=(parent,), daemon=True).start()
    _space = space


def _leave_after(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _work(task: Task) -> list[Row]:
    assert _space is not None
    return work(_space, task)


Engine = Callable[[Sequence[Task]], Iterator[tuple[Task, list[Row]]]]


@contextmanager
def open_engine(space: Space, workers: int) -> Iterator[Engine]:
    """Open what does tasks: this process, or some of its own."""
    if workers == 1:
        yield lambda tasks: ((task, work(space, task)) for task in tasks)
        return
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(space,)
    )

    def do(tasks: Sequence[Task]) -> Iterator[tuple[Task, list[Row]]]:
        waiting, in_hand = list(reversed(tasks)), dict[Future[list[Row]], Task]()
        while waiting or in_hand:
            while waiting and len(in_hand) < 2 * workers:
                task = waiting.pop()
                in_hand[pool.submit(_work, task)] = task
            done, _ = wait(in_hand, return_when=FIRST_COMPLETED)
            for future in done:
                yield in_hand.pop(future), future.result()

    try:
        yield do
    finally:
        pool.shutdown(cancel_futures=True)


@dataclass
class Doer:
    """Does tasks that are not yet done, stores them, and says how far it is.

    Attributes
    ----------
    store, engine, tell
        Where results go, what makes them, and whom to tell.
    results
        Of all tasks done, now and before.
    units
        Replicates still to be looked at in all, about, and at most: for the time left.
    """

    store: Store
    engine: Engine
    tell: Tell
    results: Results = field(default_factory=dict)
    units: float = 0.0
    _spent: float = 0.0
    _seconds: float = 0.0

    def __post_init__(self) -> None:
        self.results |= self.store.read()

    def do(self, tasks: Sequence[Task], what: str, units: float) -> list[list[Row]]:
        """Do tasks; their rows, in their order. `units` is what they were counted as."""
        pending = [task for task in tasks if task.key not in self.results]
        share = units * len(pending) / max(len(tasks), 1)
        self.units -= units - share
        fresh: Results = {}
        begin = stored = told = time.monotonic()
        try:
            for n_done, (task, rows) in enumerate(self.engine(pending), start=1):
                fresh[task.key] = self.results[task.key] = rows
                now = time.monotonic()
                if now - stored > STORE_EVERY:
                    stored = now
                    self.store.add(fresh)
                    fresh = {}
                if now - told > TELL_EVERY:
                    told = now
                    done = share * n_done / len(pending)
                    self.tell(f"{what}: {n_done} of {len(pending)}{self._left(done, now - begin)}")
        finally:
            self.store.add(fresh)
        self._spent += share
        self._seconds += time.monotonic() - begin
        self.units -= share
        return [self.results[task.key] for task in tasks]

    def _left(self, done: float, seconds: float) -> str:
        """The time left, in words, if it goes on as it did."""
        spent = self._spent + done
        if not spent:
            return ""
        left = (self.units - done) * (self._seconds + seconds) / spent
        return f"; at most about {max(left, 0.0) / 60.0:.0f} minutes left"


# --- The search -----------------------------------------------------------------------------------


class Generation(NamedTuple):
    """What came of one generation."""

    stage: int
    generation: int
    replicates: int
    most: float
    median: float
    taken: float
    looks: int


@dataclass
class Population:
    """Points that are left, all alike.

    Attributes
    ----------
    shares : float64[point, parameter]
    distance : float64[point]
        At the level of the stage.
    screened : float64[point]
        At the level of the first stage.
    generations : list[Generation]
    """

    shares: Floats
    distance: Floats
    screened: Floats
    generations: list[Generation] = field(default_factory=list)


def levels(space: Space) -> list[Level]:
    """How hard the stages look."""
    return [Level(stage.replicates, most_chance=stage.most_chance) for stage in space.search.stages]


def confirm_level(space: Space) -> Level:
    """How hard accepted points are looked at, with luck of their own."""
    search = space.search
    return Level(search.confirm_replicates, search.confirm_seed, CONFIRM_RESAMPLES)


def draw(space: Space) -> Floats:
    """Points from the priors."""
    rng = np.random.default_rng([space.search.seed])
    return rng.random((space.search.first_points, len(space.priors)))


def search(space: Space, doer: Doer) -> Population:
    """Search in all stages."""
    s = space.search
    moved = s.population - _n_kept(s.population)
    doer.units += s.first_points * s.stages[0].replicates
    for at, stage in enumerate(s.stages):
        doer.units += stage.generations * moved * FIRST_MOVES * stage.replicates
        doer.units += at > 0 and s.population * stage.replicates
    doer.units += s.population * s.confirm_replicates
    mixing_units = MIXING_MOVES * MIXING_UNITS * s.stages[-1].replicates
    doer.units += s.mixing * s.population * mixing_units
    all_levels = levels(space)
    first = draw(space)
    tasks = [Task(Key("prior", 0, 0, slot), all_levels[0], shares) for slot, shares in enumerate(first)]
    rows = doer.do(tasks, "points from the priors", s.first_points * s.stages[0].replicates)
    distance = np.array([found[0].distance for found in rows])
    best = np.argsort(distance, kind="stable")[: s.population]
    population = Population(first[best], distance[best], distance[best])
    for stage in range(len(s.stages)):
        refine(space, doer, population, stage, all_levels)
    for mixing in range(1, s.mixing + 1):
        mix(space, doer, population, mixing, all_levels)
    return population


def mix(space: Space, doer: Doer, population: Population, mixing: int, all_levels: Sequence[Level]) -> None:
    """Let all points spread, by steps that draw one parameter anew.

    After many generations the points descend from few, and have from these also what nothing that
    was observed asks for.
    """
    level, screen = all_levels[-1], all_levels[0] if len(all_levels) > 1 else None
    most = float(population.distance.max())
    most_screened = float(np.quantile(population.screened, SCREENED))
    tasks = [
        Task(
            Key("mix", slot, mixing, _mark(space.point(shares))),
            level,
            shares,
            MIXING_MOVES,
            None,
            most,
            screen,
            most_screened,
            space.search.seed,
        )
        for slot, shares in enumerate(population.shares)
    ]
    units = len(tasks) * MIXING_MOVES * MIXING_UNITS * level.replicates
    rows = doer.do(tasks, f"mixing {mixing} of {space.search.mixing}", units)
    n_taken = _settle(population, range(len(tasks)), rows, screen)
    population.generations.append(
        Generation(
            len(all_levels) - 1,
            MIXED + mixing,
            level.replicates,
            most,
            float(np.median(population.distance)),
            n_taken / (len(tasks) * MIXING_MOVES),
            sum(len(looks) for looks in rows),
        )
    )
    done = population.generations[-1]
    doer.tell(f"mixing {mixing} of {space.search.mixing}: {100 * done.taken:.0f} % of steps taken")


def refine(space: Space, doer: Doer, population: Population, stage: int, all_levels: Sequence[Level]) -> None:
    """One stage: look at all points as hard as it does, then some generations."""
    level = all_levels[stage]
    n = len(population.distance)
    if stage > 0:
        tasks = [
            Task(Key("lift", stage, 0, slot), level, shares) for slot, shares in enumerate(population.shares)
        ]
        what = f"stage {stage + 1}, {level.replicates} replicates"
        rows = doer.do(tasks, what, n * level.replicates)
        population.distance = np.array([found[0].distance for found in rows])
    taken = 1.0 - UNMOVED ** (1.0 / FIRST_MOVES)
    most_generations = space.search.stages[stage].generations
    for generation in range(1, most_generations + 1):
        done = one_generation(space, doer, population, stage, generation, taken, all_levels)
        population.generations.append(done)
        taken = done.taken
        doer.tell(
            f"stage {stage + 1}, generation {generation} of at most {most_generations}: distance "
            f"{done.median:.3f} (median), {done.most:.3f} (most kept); {100 * taken:.0f} % of "
            f"steps taken"
        )
        is_found = population.distance.max() == 0.0 and len(np.unique(population.shares, axis=0)) == n
        if is_found or taken < LEAST_TAKEN:
            left = most_generations - generation
            moved = n - _n_kept(n)
            doer.units -= left * moved * FIRST_MOVES * level.replicates
            return


def one_generation(
    space: Space,
    doer: Doer,
    population: Population,
    stage: int,
    generation: int,
    taken: float,
    all_levels: Sequence[Level],
) -> Generation:
    """Drop the worse half, copy the better one, move the copies."""
    level = all_levels[stage]
    n = len(population.distance)
    kept = np.argsort(population.distance, kind="stable")[: _n_kept(n)]
    most = float(population.distance[kept].max())
    rng = np.random.default_rng([space.search.seed, stage, generation])
    copied = rng.choice(kept, n - len(kept))
    covariance = np.atleast_2d(np.cov(population.shares[kept].T)) if len(kept) > 1 else 0.0
    spread = np.linalg.cholesky(covariance + 1e-4 * np.eye(len(space.priors)))
    moves = FIRST_MOVES
    if 0.0 < taken < 1.0:
        moves = math.ceil(math.log(UNMOVED) / math.log(1.0 - taken))
    moves = min(max(moves, LEAST_MOVES), MOST_MOVES)
    screen = all_levels[0] if stage > 0 else None
    most_screened = float(np.quantile(population.screened[kept], SCREENED))
    tasks = [
        Task(
            Key("move", stage, generation, slot),
            level,
            population.shares[start],
            moves,
            spread,
            most,
            screen,
            most_screened,
            space.search.seed,
        )
        for slot, start in enumerate(copied)
    ]
    what = f"stage {stage + 1}, generation {generation}"
    rows = doer.do(tasks, what, len(tasks) * FIRST_MOVES * level.replicates)
    chosen = np.concatenate([kept, copied])
    population.shares = population.shares[chosen]
    population.distance = population.distance[chosen]
    population.screened = population.screened[chosen]
    n_taken = _settle(population, range(len(kept), n), rows, screen)
    return Generation(
        stage,
        generation,
        level.replicates,
        most,
        float(np.median(population.distance)),
        n_taken / (len(tasks) * moves),
        sum(len(looks) for looks in rows),
    )


def _settle(
    population: Population, slots: Iterable[int], rows: Sequence[list[Row]], screen: Level | None
) -> int:
    """Put points where their steps took them; how many steps were taken."""
    for slot, looks in zip(slots, rows, strict=True):
        first = math.nan
        for look in looks:
            if screen is not None and look.replicates == screen.replicates:
                first = look.distance
            elif look.is_taken:
                population.shares[slot] = look.shares
                population.distance[slot] = look.distance
                population.screened[slot] = look.distance if screen is None else first
    return sum(look.is_taken for looks in rows for look in looks)


def _n_kept(n: int) -> int:
    return max(math.ceil(KEPT * n), 1)


def look(space: Space, doer: Doer, shares: Floats, level: Level, what: str) -> list[Row]:
    """Look at points as hard as is said, all of them whole."""
    tasks = [
        Task(Key(LOOK, level.replicates, level.seed, _mark(space.point(at))), level, at) for at in shares
    ]
    units = len(tasks) * level.replicates
    return [rows[0] for rows in doer.do(tasks, what, units)]


def _mark(point: dict[str, float]) -> int:
    """A number for a point: a search that is made longer ends at other points."""
    return int.from_bytes(hashlib.sha256(repr(point).encode()).digest()[:7], "big")


def say(what: str) -> None:
    """Tell whoever waits."""
    print(what, file=sys.stderr, flush=True)
