"""Scenario discovery: the part of the parameters' space in which an outcome is common.

A search proposes boxes, each a few limits on a few parameters (`boxes`). What follows is the same
for both searches. Of the boxes proposed, the one is taken that tells cases from the rest best. Limits
that chance would give as well are dropped; and whether there is any box at all is tested by searching
shuffled outcomes in the same way, for a search always finds something.

Everything is over points. The outcome of a point is the share of its runs that are cases, so that
runs of one point, which have all parameters in common, are never taken for independent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from partnersim.analysis.boxes import (
    SEARCHES,
    Box,
    Interval,
    Limit,
    Method,
    Proposal,
    Search,
    Space,
    is_within,
)
from partnersim.analysis.drawn import Drawn, read_drawn
from partnersim.runs.measures import Flags, Floats
from partnersim.scenario.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from partnersim.sweep.sweep import Sweep

FEWEST_POINTS = 60
"""Fewer points say too little of any box."""

LEAST_COVERAGE = 0.1
"""Share of all cases that a further box adds at least; fewer are the edges of those before it."""

MOST_BOXES = 3
"""Boxes that are looked for, each among the points that those before it left."""

SIGNIFICANCE = 0.05
"""Chance of a clear box where there is none; and of a limit, over all parameters together."""

N_SHUFFLES = 199
"""Searches of shuffled outcomes, by which it is judged whether there is a box at all."""

N_SHUFFLES_OF_LIMIT = 999
"""Shuffles by which one parameter's limits are judged; more where there are many parameters."""

N_RESAMPLES = 100
"""Resamples of the points, in which the search is made again."""

ALIKE = 1.25
"""Boxes of other points are compared with one that is at most larger or smaller by this factor."""


@dataclass(frozen=True)
class Restriction:
    """The limits of a box on one parameter, and how sure they are.

    Attributes
    ----------
    parameter : str
    limit : Interval or tuple
    density_without : float
        Density of the box without these limits.
    quasi_p : float
        Chance of the box's density if points were drawn from the box without these limits
        [bryant2010]; it takes no account of limits having been chosen where they look best.
    chance : float
        How often shuffled outcomes have as dense a part of the same size along this parameter,
        wherever it lies; times the number of parameters, at most 1.
    reproduced : float
        Share of resamples of the points in which the search limits this parameter too.
    low_range, high_range : tuple[float, float] or None
        Middle 90 % of each end over the resamples in which it is limited; None where it is not.
    """

    parameter: str
    limit: Limit
    density_without: float
    quasi_p: float
    chance: float
    reproduced: float
    low_range: tuple[float, float] | None
    high_range: tuple[float, float] | None


@dataclass(frozen=True)
class FoundBox:
    """A box that was found, and how sure it is.

    Attributes
    ----------
    box : Box
    coverage, mass : float
        Share of all cases, and of all points, that are in it and in no earlier box.
    density : float
        Share of cases among what is in it and in no earlier box.
    density_around : float
        Share of cases among all that is in no earlier box, where it was looked for.
    density_elsewhere : float
        Density that such a box has among points that did not choose it: mean over resamples.
    chance : float
        How often the search finds as telling a box in shuffled outcomes.
    is_clear : bool
        Whether that is at most 5 of 100, and some limit stands.
    restrictions : list[Restriction]
        The limits, the one that matters most first.
    proposals : list[Proposal]
        What the search proposed: the trajectory of PRIM, the nodes of a tree. It searched among
        the parameters that are limited; among all, if none is.
    """

    box: Box
    coverage: float
    mass: float
    density: float
    density_around: float
    density_elsewhere: float
    chance: float
    is_clear: bool
    restrictions: list[Restriction]
    proposals: list[Proposal]


@dataclass(frozen=True)
class Discovery:
    """Where an outcome is common.

    Attributes
    ----------
    drawn : Drawn
        The points and runs that were looked at; `drawn.outcomes` says of what measure and arm.
    threshold : float
    is_above : bool
        A run is a case if its value is above the threshold, or else if it is below.
    method : str
    share : float64[n_points]
        Share of cases among the runs of each point.
    boxes : list[FoundBox]
        Clear ones; or the first one alone, if that is not clear.
    """

    drawn: Drawn
    threshold: float
    is_above: bool
    method: Method
    share: Floats
    boxes: list[FoundBox]

    @property
    def density(self) -> float:
        """The share of cases overall."""
        return float(self.share.mean())


def discover(
    sweep: Sweep,
    measure: str,
    *,
    above: float | None = None,
    below: float | None = None,
    arm: str | None = None,
    against: str | None = None,
    method: Method = "prim",
    least_density: float | None = None,
    tell: Callable[[int, int], None] | None = None,
) -> Discovery:
    """Discover where in the parameters' space runs have a measure above, or below, a threshold.

    Parameters
    ----------
    sweep
        One whose design lets all parameters vary at once; it may still be being written.
    measure, arm, against
        As for `partnersim.Sweep.outcomes`; a milestone never reached counts as the last month.
    above, below
        The threshold: one of both. A value on it is no case.
    method, least_density, tell
        As for `find_boxes`.

    Raises
    ------
    InputError
        For both thresholds or none, what the sweep has not, a design that varies one parameter at
        a time, too few points, and where all runs or none are cases.
    """
    if (above is None) == (below is None):
        raise InputError("a threshold is needed, either above or below it: one of both")
    drawn = read_drawn(sweep, measure, arm, against)
    values = drawn.values
    threshold, is_above = (above, True) if above is not None else (below, False)
    assert threshold is not None
    is_case = values > threshold if is_above else values < threshold
    share = np.where(np.isnan(values), 0.0, is_case).sum(axis=1) / np.isfinite(values).sum(axis=1)
    if np.ptp(share) == 0 and share[0] in (0.0, 1.0):
        whose = "of the difference " if drawn.outcomes.against else ""
        raise InputError(
            f"{measure}: {'all runs are' if share[0] else 'no run is'} {'above' if is_above else 'below'} "
            f"{threshold:g}; values {whose}go from {np.nanmin(values):.4g} to {np.nanmax(values):.4g}"
        )
    boxes = find_boxes(
        drawn.points, share, method=method, least_density=least_density, seed=drawn.seed, tell=tell
    )
    return Discovery(drawn, threshold, is_above, method, share, boxes)


# --- Which box ------------------------------------------------------------------------------------


def telling(proposal: Proposal, base: float) -> float:
    """Return how well a box tells cases from the rest: the covariance of being in it with the outcome,
    by the standard deviation of being in it. All boxes of one set of points are ranked by it as by
    their correlation with the outcome.
    """
    if not 0 < proposal.mass < 1:
        return 0.0
    return math.sqrt(proposal.mass / (1 - proposal.mass)) * (proposal.density - base)


def choose(proposals: Sequence[Proposal], base: float, least_density: float | None = None) -> Proposal:
    """Choose the box that tells cases from the rest best; or the largest of a density, if one is."""
    dense = [p for p in proposals if least_density is not None and p.density >= least_density]
    if dense:
        return max(dense, key=lambda proposal: proposal.mass)
    return max(proposals, key=lambda proposal: telling(proposal, base))


def choose_alike(proposals: Sequence[Proposal], base: float, mass: float) -> Proposal:
    """Choose the most telling box of about this size; or of any, where none has it."""
    alike = [p for p in proposals if max(p.mass, mass) <= ALIKE * min(p.mass, mass)]
    return choose(alike or proposals, base)


def find_boxes(
    points: pd.DataFrame,
    share: Floats,
    *,
    method: Method = "prim",
    least_density: float | None = None,
    seed: int = 1,
    tell: Callable[[int, int], None] | None = None,
) -> list[FoundBox]:
    """Find boxes in which cases are common, one after the other, until one is not clear.

    Parameters
    ----------
    points
        A row for each point, a column for each parameter: real or whole numbers, switches, names.
    share
        float64[n_points]: share of cases among the runs of each point, in [0, 1].
    method
        ``"prim"`` or ``"cart"``.
    least_density
        Take the largest box that has this density; if left out, or if none has, the box that tells
        cases from the rest best.
    seed
        Of shuffles and resamples.
    tell
        Called with the searches done, and to do at most.

    Returns
    -------
    list[FoundBox]
        Clear boxes; or the first one alone, if that is not clear.

    Raises
    ------
    InputError
        For too few points, and where all outcomes are alike.
    """
    if len(share) < FEWEST_POINTS:
        raise InputError(f"{len(share)} points have this outcome; discovery needs {FEWEST_POINTS} at least")
    if np.ptp(share) == 0:
        raise InputError(f"the outcome is the same at all {len(share)} points; there is nothing to discover")
    varied = points.loc[:, points.nunique() > 1]
    if varied.shape[1] == 0:
        raise InputError("no parameter has more than one value; there is nothing to discover")
    number = count(1)

    def count_search() -> None:
        if tell is not None:
            tell(next(number), MOST_BOXES * (N_SHUFFLES + N_RESAMPLES))

    found: list[FoundBox] = []
    left = np.ones(len(share), np.bool_)
    rng = np.random.default_rng(seed)
    while len(found) < MOST_BOXES and left.sum() >= FEWEST_POINTS and np.ptp(share[left]) > 0:
        of_cases, of_points = share[left].sum() / share.sum(), left.mean()
        if of_cases < LEAST_COVERAGE:
            break
        one = _find_box(varied[left], share[left], SEARCHES[method], least_density, rng, count_search)
        # It was looked for among a part of the points; what is told is of all.
        proposals = [
            replace(proposal, coverage=proposal.coverage * of_cases, mass=proposal.mass * of_points)
            for proposal in one.proposals
        ]
        one = replace(one, coverage=one.coverage * of_cases, mass=one.mass * of_points, proposals=proposals)
        if not found or (one.is_clear and one.coverage >= LEAST_COVERAGE):
            found.append(one)
        if found[-1] is not one or not one.is_clear:
            break
        left &= ~one.box.contains(varied)
    return found


def _find_box(
    points: pd.DataFrame,
    share: Floats,
    search: Search,
    least_density: float | None,
    rng: np.random.Generator,
    count_search: Callable[[], None],
) -> FoundBox:
    """Search for one box, drop the limits that chance would give, and find how sure the rest is."""
    space, base = Space.of(points), float(share.mean())
    proposals = search(space, share)
    most_telling = telling(choose(proposals, base), base)
    n_as_telling = 0
    for _ in range(N_SHUFFLES):
        shuffled = search(space, rng.permutation(share))
        n_as_telling += telling(choose(shuffled, base), base) >= most_telling - 1e-12
        count_search()
    chance = (1 + n_as_telling) / (1 + N_SHUFFLES)
    kept, chosen, chances = _drop_by_chance(points, space, share, search, least_density, proposals, rng)
    box = chosen.box
    limits, reproduced, elsewhere = _resample(points, space, share, search, chosen, rng, count_search)
    restrictions = [
        _restriction(points, share, box, path, chances[path], reproduced[path], limits[path])
        for path in box.limits
    ]
    restrictions.sort(key=lambda restriction: restriction.density_without)
    return FoundBox(
        box,
        chosen.coverage,
        chosen.mass,
        chosen.density,
        base,
        elsewhere,
        chance,
        is_clear=chance <= SIGNIFICANCE and bool(box.limits),
        restrictions=restrictions,
        proposals=kept if box.limits else proposals,
    )


def _drop_by_chance(
    points: pd.DataFrame,
    space: Space,
    share: Floats,
    search: Search,
    least_density: float | None,
    proposals: list[Proposal],
    rng: np.random.Generator,
) -> tuple[list[Proposal], Proposal, dict[str, float]]:
    """Drop the parameter whose limits chance gives most easily, and search among the others, until
    each that is left is there for a reason.
    """
    n_parameters = points.shape[1]
    while True:
        chosen = choose(proposals, float(share.mean()), least_density)
        chances = {
            path: min(1.0, n_parameters * chance_of_limit(points, share, chosen.box, path, rng))
            for path in chosen.box.limits
        }
        if not chances or max(chances.values()) <= SIGNIFICANCE:
            return proposals, chosen, chances
        worst = max(chances, key=chances.__getitem__)
        space = space.only([path for path in chances if path != worst])
        proposals = search(space, share)


def chance_of_limit(
    points: pd.DataFrame, share: Floats, box: Box, path: str, rng: np.random.Generator
) -> float:
    """Find how often shuffled outcomes have as dense a part along one parameter, wherever it lies.

    Shuffled are the outcomes of the points that the box has without limits on the parameter; a
    part has as many of them as the box.
    """
    is_around = box.without(path).contains(points)
    outcome, values = share[is_around], points[path].to_numpy()[is_around]
    is_inside = is_within(box.limits[path], values)
    size, density = int(is_inside.sum()), float(outcome[is_inside].mean())
    densest = _densest_interval if isinstance(box.limits[path], Interval) else _densest_names
    _, places = np.unique(values, return_inverse=True)
    n_shuffles = max(N_SHUFFLES_OF_LIMIT, math.ceil(2 * points.shape[1] / SIGNIFICANCE))
    shuffled = (densest(rng.permutation(outcome), places, size) for _ in range(n_shuffles))
    n_as_dense = sum(dense >= density - 1e-12 for dense in shuffled)
    return (1 + n_as_dense) / (1 + n_shuffles)


def _densest_interval(shuffled: Floats, places: np.ndarray[Any, Any], size: int) -> float:
    """Return the mean of the densest so many neighbours; shuffled outcomes have any order, also this."""
    total = np.concatenate([[0.0], np.cumsum(shuffled)])
    return float((total[size:] - total[:-size]).max() / size)


def _densest_names(shuffled: Floats, places: np.ndarray[Any, Any], size: int) -> float:
    """Return the mean of so many points that have the densest names, the last name taken in part."""
    counts = np.bincount(places)
    means = np.bincount(places, shuffled) / counts
    order = np.argsort(-means)
    before = np.concatenate([[0], np.cumsum(counts[order])[:-1]])
    taken = np.clip(size - before, 0, counts[order])
    return float((taken * means[order]).sum() / size)


def quasi_p(outcome: Floats, is_inside: Flags) -> float:
    """Return the chance that as many cases are inside, if points fell inside at random [bryant2010].

    The binomial test of Bryant and Lempert, of as many independent runs as the points are worth:
    of points that are cases or not, these are the points inside.
    """
    from scipy.special import betainc

    base, spread = float(outcome.mean()), float(outcome.var())
    if spread == 0:
        return 1.0
    n_worth = float(is_inside.sum()) * base * (1 - base) / spread
    n_cases = n_worth * float(outcome[is_inside].mean())
    return float(betainc(max(n_cases, 1e-9), n_worth - n_cases + 1, base))


def _resample(
    points: pd.DataFrame,
    space: Space,
    share: Floats,
    search: Search,
    chosen: Proposal,
    rng: np.random.Generator,
    count_search: Callable[[], None],
) -> tuple[dict[str, list[Limit]], dict[str, float], float]:
    """Search in resamples of the points for boxes as large as one that was chosen.

    Returns, for each of its parameters, the limits found among its parameters, and how often a search
    among all limits it; and the density that boxes of its parameters have among the points that are
    not in their resample, on average.
    """
    kept = list(chosen.box.limits)
    n_limited = dict.fromkeys(kept, 0)
    limits: dict[str, list[Limit]] = {path: [] for path in kept}
    elsewhere = []
    of_kept = space.only(kept)
    for _ in range(N_RESAMPLES):
        rows = rng.integers(len(share), size=len(share))
        drawn, base = share[rows], float(share[rows].mean())
        count_search()
        if np.ptp(drawn) == 0:
            continue
        for path in choose_alike(search(space.take(rows), drawn), base, chosen.mass).box.limits:
            if path in n_limited:
                n_limited[path] += 1
        if not kept:
            continue
        box = choose_alike(search(of_kept.take(rows), drawn), base, chosen.mass).box
        for path, limit in box.limits.items():
            limits[path].append(limit)
        is_new = np.ones(len(share), np.bool_)
        is_new[rows] = False
        is_new &= box.contains(points)
        if is_new.any():
            elsewhere.append(float(share[is_new].mean()))
    reproduced = {path: n / N_RESAMPLES for path, n in n_limited.items()}
    return limits, reproduced, float(np.mean(elsewhere)) if elsewhere else math.nan


def _restriction(
    points: pd.DataFrame,
    share: Floats,
    box: Box,
    path: str,
    chance: float,
    reproduced: float,
    limits: Sequence[Limit],
) -> Restriction:
    """Describe the limits of a box on one parameter."""
    limit = box.limits[path]
    is_around = box.without(path).contains(points)
    is_inside = box.contains(points)[is_around]
    ends = list(_ends(limit, limits)) if isinstance(limit, Interval) else [None, None]
    return Restriction(
        path,
        limit,
        float(share[is_around].mean()),
        quasi_p(share[is_around], is_inside),
        chance,
        reproduced,
        *ends,
    )


def _ends(limit: Interval, limits: Sequence[Limit]) -> Iterator[tuple[float, float] | None]:
    """Give the middle 90 % of each end that is limited, over resamples that limit it too."""
    for name, end in zip(Interval._fields, limit, strict=True):
        ends = [getattr(one, name) for one in limits if math.isfinite(getattr(one, name))]
        if not math.isfinite(end) or not ends:
            yield None
        else:
            low, high = np.quantile(ends, [0.05, 0.95])
            yield float(low), float(high)
