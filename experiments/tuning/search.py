"""A search: ABC by successive refinement, with points that move [drovandi2011].

A population of points, first drawn from the priors. Each generation drops the half that lies
furthest from the bands, replaces it by copies of the rest, and moves the copies by steps of a
random walk that are taken only where the distance is no more than that of the worst point kept.
What is left at the end is a sample, all points alike, from what is within that distance; no weights
are needed. Later stages look at points harder, and only at those that pass the look of the first.

Nothing depends on how many workers there are, or on being interrupted: each task has its own
chance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from experiments.engine.work import Result, Task, Worker, digest
from experiments.patterns.estimates import Floats
from experiments.tuning.evaluate import Level, evaluate
from experiments.tuning.space import Space

STEP = 2.38
"""Of a random walk: over the square root of the number of parameters [gelman1996]."""

SMALLEST_STEP = 0.2
"""Steps are between this part of it and all of it: the bands need not leave one round heap."""

FRESH = 0.25
"""Part of the steps that draw one parameter anew from its prior: after many generations points
descend from few, and have from these also what nothing that was observed asks for."""

KEPT = 0.5
"""Part of the population that each generation keeps."""

MOVES = 4
LEAST_TAKEN = 0.02
"""A stage ends when fewer steps than this are taken: it has found what it can."""

SCREENED = 0.95
"""Part of the points kept that would pass the first look of a later stage."""

CONFIRM_RESAMPLES = 400


class Walk(NamedTuple):
    """Steps from a place on.

    Attributes
    ----------
    spread : float64[parameter, parameter]
        Lower triangle, times its transpose the covariance of steps.
    most, most_screened : float
        Distances up to which a step is taken, and up to which a point passes the first look.
    screen : Level or None
        The first look, if there is one.
    luck : tuple of int
        Of the steps.
    """

    spread: Floats
    most: float
    screen: Level | None
    most_screened: float
    luck: tuple[int, ...]


def look_at(space: Space, shares: Floats, level: Level) -> Result:
    """Look at a point, all of it."""
    found = evaluate(space.point(shares), level, rest=space.rest)
    return {"found": found.found, "excess": found.excess, "distance": np.array(found.distance)}


def walk(space: Space, start: Floats, start_distance: float, level: Level, steps: Walk) -> Result:
    """Make some steps: where they end, how far from the bands, how many were taken."""
    rng = np.random.default_rng(steps.luck)
    n = len(space.priors)
    here, distance, screened, taken = start, start_distance, math.nan, 0
    for _ in range(MOVES):
        if rng.random() < FRESH:
            there = here.copy()
            there[rng.integers(n)] = rng.random()
        else:
            scale = STEP / math.sqrt(n) * SMALLEST_STEP ** rng.random()
            there = here + scale * steps.spread @ rng.standard_normal(n)
        if ((there < 0.0) | (there > 1.0)).any():
            continue
        point, first = space.point(there), math.nan
        if steps.screen is not None:
            first = evaluate(point, steps.screen, steps.most_screened, space.rest).distance
            if first > steps.most_screened:
                continue
        found = evaluate(point, level, steps.most, space.rest)
        if found.distance <= steps.most:
            here, distance, taken = there, found.distance, taken + 1
            screened = found.distance if steps.screen is None else first
    return {
        "shares": here,
        "distance": np.array(distance),
        "screened": np.array(screened),
        "taken": np.array(taken),
    }


class Generation(NamedTuple):
    """What came of one generation of a search."""

    seed: int
    stage: int
    generation: int
    replicates: int
    most: float
    median: float
    taken: float


@dataclass
class Population:
    """Points that are left, all alike.

    Attributes
    ----------
    shares : float64[point, parameter]
    distance, screened : float64[point]
        At the level of the stage, and at that of the first stage.
    first, first_excess : float64[first point, parameter], float64[first point, number]
        The points drawn from the priors, and how far outside each number was there.
    generations : list[Generation]
    """

    shares: Floats
    distance: Floats
    screened: Floats
    first: Floats
    first_excess: Floats
    generations: list[Generation]


def levels(space: Space, seed: int) -> list[Level]:
    """How hard the stages look."""
    return [Level(s.replicates, seed, most_chance=s.most_chance) for s in space.search.stages]


def confirm_level(space: Space) -> Level:
    """How hard points are looked at in the end, with luck of their own."""
    return Level(space.search.confirm_replicates, space.search.confirm_seed, CONFIRM_RESAMPLES)


def look(space: Space, worker: Worker, shares: Floats, level: Level, what: str) -> list[Result]:
    """Look at points as hard as is said, all of them whole."""
    tasks = [Task(digest("look", level, space.point(at)), look_at, (space, at, level)) for at in shares]
    return worker.do(tasks, what)


def _column(results: list[Result], name: str) -> Any:
    return np.array([result[name] for result in results])


def search(space: Space, worker: Worker, seed: int) -> Population:
    """Search in all stages."""
    s, all_levels = space.search, levels(space, seed)
    first = np.random.default_rng([seed]).random((s.first_points, len(space.priors)))
    looks = look(space, worker, first, all_levels[0], f"search {seed}: points from the priors")
    distance = _column(looks, "distance")
    best = np.argsort(distance, kind="stable")[: s.population]
    population = Population(first[best], distance[best], distance[best], first, _column(looks, "excess"), [])
    for stage, declared in enumerate(s.stages):
        if stage:
            what = f"search {seed}: stage {stage + 1}"
            population.distance = _column(
                look(space, worker, population.shares, all_levels[stage], what), "distance"
            )
        for generation in range(1, declared.generations + 1):
            done = one_generation(space, worker, population, (seed, stage, generation), all_levels)
            population.generations.append(done)
            worker.tell(
                f"search {seed}, stage {stage + 1}, generation {generation} of at most "
                f"{declared.generations}: distance {done.median:.3f} (median), {done.most:.3f} (most "
                f"kept); {100 * done.taken:.0f} % of steps taken"
            )
            if done.taken < LEAST_TAKEN:
                break
    return population


def one_generation(
    space: Space, worker: Worker, population: Population, at: tuple[int, int, int], all_levels: list[Level]
) -> Generation:
    """Drop the worse half, copy the better one, move the copies."""
    seed, stage, generation = at
    level = all_levels[stage]
    n = len(population.distance)
    kept = np.argsort(population.distance, kind="stable")[: max(math.ceil(KEPT * n), 1)]
    most = float(population.distance[kept].max())
    copied = np.random.default_rng(at).choice(kept, n - len(kept))
    covariance = np.atleast_2d(np.cov(population.shares[kept].T)) if len(kept) > 1 else 0.0
    spread = np.linalg.cholesky(covariance + 1e-4 * np.eye(len(space.priors)))
    screen = all_levels[0] if stage > 0 else None
    most_screened = float(np.quantile(population.screened[kept], SCREENED))
    tasks = []
    for slot, start in enumerate(copied.tolist()):
        steps = Walk(spread, most, screen, most_screened, (*at, slot))
        shares, distance = population.shares[start], float(population.distance[start])
        key = digest("walk", *at, slot, shares.tobytes(), spread.tobytes(), most, most_screened, level)
        tasks.append(Task(key, walk, (space, shares, distance, level, steps)))
    walks = worker.do(tasks, f"search {seed}, stage {stage + 1}, generation {generation}")
    before = population.screened[copied]
    screened = _column(walks, "screened")
    population.shares = np.concatenate([population.shares[kept], _column(walks, "shares")])
    population.distance = np.concatenate([population.distance[kept], _column(walks, "distance")])
    population.screened = np.concatenate(
        [population.screened[kept], np.where(np.isnan(screened), before, screened)]
    )
    taken = float(_column(walks, "taken").sum()) / (max(len(tasks), 1) * MOVES)
    median = float(np.median(population.distance))
    return Generation(seed, stage, generation, level.replicates, most, median, taken)
