"""A search: waves of history matching [vernon2010; andrianakis2015].

Points drawn from the priors are looked at. From all that was found so far emulators learn how many numbers
a point is expected to miss, wherever it is; the next wave's points are drawn alike from where that is
little, and looked at in turn. Each wave asks for less. The best of the last are looked at harder.

Every point is drawn by a Markov chain of its own, which began somewhere in the priors, so that no point
descends from another that was looked at: a search by copies and short steps collapsed to the descendants
of a few.

Nothing depends on how many workers there are, or on being interrupted: each task has its own luck.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.engine.work import Result, Task, Worker, digest, say
from experiments.patterns.estimates import Floats
from experiments.tuning.accept import TooFewError
from experiments.tuning.emulator import Emulators, Looks
from experiments.tuning.evaluate import NUMBERS, Level, evaluate
from experiments.tuning.space import Space
from partnersim.sweep.extras import load_extra

ANEW = 0.3
"""Part of the steps that draw one parameter anew, the others go along the difference of two other chains."""

SMALLEST_STEP = 0.1
"""Steps along a difference are between this part of the usual length and all of it."""

CONFIRM_RESAMPLES = 400

FIRST, DRAWN, LUCK = 1, 2, 3
"""Purposes of random numbers, beside a search's seed."""


def look(space: Space, worker: Worker, shares: Floats, levels: Sequence[Level], what: str) -> list[Result]:
    """Look at points as hard as is said, all of them whole."""
    points = map(space.point, shares)
    tasks = [
        Task(digest("look", level, point), evaluate, (point, level, space.rest))
        for point, level in zip(points, levels, strict=True)
    ]
    return worker.do(tasks, what)


def confirm_levels(space: Space, n: int) -> list[Level]:
    """How hard points are looked at in the end, all with the same luck, which no search has seen."""
    return [Level(space.search.confirm_replicates, space.search.confirm_seed, CONFIRM_RESAMPLES)] * n


# --- Points of the next wave ----------------------------------------------------------------------


def draw(
    missed: Callable[[Floats], Floats], n: int, n_parameters: int, most: float, steps: int, rng: Any
) -> Floats:
    """Draw points alike from where no more than so many numbers are expected to be missed.

    As many Markov chains as points, each from its own start in the priors. A step is taken where it ends
    no higher than `most`, or, on the way there, than where it began. Half of the chains move at a time,
    along differences of chains of the other half [terbraak2006], as these have the shape of what is left;
    so each half's steps do not depend on where it is itself.

    Returns
    -------
    float64[point, parameter]
        Where chains ended that got there.
    """
    here = rng.random((n, n_parameters))
    height = missed(here)
    usual = 2.38 / np.sqrt(2.0 * n_parameters)
    for step in range(steps):
        moving, others = np.arange(step % 2, n, 2), np.arange((step + 1) % 2, n, 2)
        m = len(moving)
        a, b = rng.integers(len(others), size=(2, m))
        length = usual * SMALLEST_STEP ** rng.random((m, 1))
        there = here[moving] + length * (here[others[a]] - here[others[b]])
        there += 1e-3 * rng.standard_normal(there.shape)
        anew = np.flatnonzero(rng.random(m) < ANEW)
        there[anew] = here[moving[anew]]
        there[anew, rng.integers(n_parameters, size=len(anew))] = rng.random(len(anew))
        is_inside = ((there >= 0.0) & (there <= 1.0)).all(axis=1)
        if not is_inside.any():
            continue
        moving, there = moving[is_inside], there[is_inside]
        then = missed(there)
        taken = then <= np.maximum(most, height[moving])
        here[moving[taken]], height[moving[taken]] = there[taken], then[taken]
    return here[height <= most]


def propose(space: Space, looks: Looks, last: Floats, luck: tuple[int, ...]) -> Result:
    """Learn from all looks, and draw points from the best part of where the last ones were drawn."""
    s, bands = space.search, [number.band for number in NUMBERS]
    # Matrices are small; and with one thread the same comes out bit for bit.
    with load_extra("threadpoolctl", "analysis").threadpool_limits(1):
        missed = Emulators(looks, bands, space.rest, s.confirm_replicates).missed
        most = float(np.quantile(missed(last), s.kept))
        n, rng = s.stages[0].points, np.random.default_rng(luck)
        shares = draw(missed, n, len(space.priors), most, s.steps, rng)
    return {"shares": shares, "most": np.array(most)}


# --- Waves ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wave:
    """Points that were drawn and looked at together.

    Attributes
    ----------
    seed, replicates
        Of the search, and how hard it looked.
    expected : float
        Up to how many numbers points were expected to miss, so that they were drawn; NaN where they were
        drawn from the priors, or are the best of a wave before.
    looks
        Where they are, and what was found.
    excess : float64[point, number]
        How far outside each number is; NaN at points that are no part of the priors.
    distance : float64[point]
        From the bands; infinite there.
    """

    seed: int
    replicates: int
    expected: float
    looks: Looks
    excess: Floats
    distance: Floats

    def best(self, n: int) -> Floats:
        """The points nearest to the bands: float64[point, parameter], points of the priors only."""
        order = np.argsort(self.distance, kind="stable")[:n]
        return self.looks.shares[order[np.isfinite(self.distance[order])]]


def _look_at_wave(
    space: Space, worker: Worker, at: tuple[int, int, int], shares: Floats, expected: float = math.nan
) -> Wave:
    """Look at points, each with luck of its own: were it common, all would be learnt of that luck alone."""
    seed, stage, number = at
    declared = space.search.stages[stage]
    lucks = np.random.default_rng([seed, LUCK, stage, number]).integers(2**31, size=len(shares))
    levels = [Level(declared.replicates, luck, most_chance=declared.most_chance) for luck in lucks.tolist()]
    what = f"search {seed}, " + (f"stage {stage + 1}" if stage else f"wave {number} of {space.search.waves}")
    found = look(space, worker, shares, levels, what)
    values, excess, distance, given = (
        np.array([result[name] for result in found]) for name in ("found", "excess", "distance", "given")
    )
    looks = Looks(shares, values, given, np.full(len(shares), float(declared.replicates)))
    wave = Wave(seed, declared.replicates, expected, looks, excess, distance)
    known = distance[np.isfinite(distance)]
    if len(known) < 2:
        raise TooFewError(f"{what}: of {len(shares)} points {len(known)} are of the priors; 2 are needed")
    say(
        f"{what}: {len(known)} of {len(shares)} points are of the priors; distance {np.median(known):.2f} "
        f"(median), {known.min():.2f} (least)"
    )
    return wave


def search(space: Space, worker: Worker, seed: int) -> list[Wave]:
    """Search in waves, then look at the best of the last wave harder: the best of these are left."""
    s = space.search
    first = np.random.default_rng([seed, FIRST]).random((s.first_points, len(space.priors)))
    wave = _look_at_wave(space, worker, (seed, 0, 0), first)
    waves, all_looks = [wave], wave.looks
    for number in range(1, s.waves + 1):
        last = wave.looks.shares[wave.looks.is_whole]
        key = digest("propose", seed, number, *(a.tobytes() for a in all_looks), last.tobytes())
        (drawn,) = worker.do([Task(key, propose, (space, all_looks, last, (seed, DRAWN, number)))], "")
        wave = _look_at_wave(space, worker, (seed, 0, number), drawn["shares"], float(drawn["most"]))
        waves.append(wave)
        all_looks = Looks(*(np.concatenate(two) for two in zip(all_looks, wave.looks, strict=True)))
    for stage, declared in enumerate(s.stages[1:], start=1):
        wave = _look_at_wave(space, worker, (seed, stage, 0), wave.best(declared.points))
        waves.append(wave)
    return waves
