"""What a sweep comes to before anything is asked of it: measures by arm, and what arms change in pairs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from partnersim.analysis.resampling import Rows, take_rows
from partnersim.runs.measures import MEASURES, Floats
from partnersim.runs.statistics import CONFIDENCE, quantiles, share_better
from partnersim.sweep.outcomes import mean_of_replicates

if TYPE_CHECKING:
    from partnersim.sweep.outcomes import Outcomes
    from partnersim.sweep.plan import Plan
    from partnersim.sweep.sweep import Sweep

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)

DRAWN = ("latin-hypercube", "sobol", "saltelli", "morris")
"""Designs whose points were drawn, so that others would have done; of the rest points are the question."""


@dataclass(frozen=True)
class Spread:
    """One measure of an arm over all runs that have it, whatever their point.

    Attributes
    ----------
    n : int
        Runs that have it or, of a milestone, could have reached it.
    mean : float
        A milestone never reached counts as the last month.
    quantiles : tuple[float, ...]
        By `LEVELS`; infinite where a milestone is not reached by so many.
    reached : float
        Share of `n` that has a value: below 1 of milestones alone.
    n_failed, n_missing : int
        Runs that failed, and those that are still to come or have no such measure.
    """

    n: int
    mean: float
    quantiles: tuple[float, ...]
    reached: float
    n_failed: int
    n_missing: int


@dataclass(frozen=True)
class Change:
    """What an arm changes in one measure, over pairs of runs with the same point and random numbers.

    A milestone never reached counts as the last month.

    Attributes
    ----------
    mean, low, high : float
        Mean difference from base and its 95 % interval; NaN where there is none.
    share_better : float
        Share of pairs in which the arm does better, ties counting half; in which it is higher where
        neither end is better.
    n_pairs, n_rows, n_replicates : int
        Pairs, and of how many rows of the design (or points) and replicates they are.
    """

    mean: float
    low: float
    high: float
    share_better: float
    n_pairs: int
    n_rows: int
    n_replicates: int


@dataclass(frozen=True)
class Overview:
    """A sweep at first sight.

    Attributes
    ----------
    base : str
        Name of the first arm.
    spreads : dict[str, dict[str, Spread]]
        By measure, then by arm; only what any run has.
    changes : dict[str, dict[str, Change]]
        By measure, then by every arm but the first.
    without_runs : list[str]
        Measures that no run has.
    points_are_drawn : bool
        Whether intervals hold what other points would change.
    row : str
        What was drawn as one: `point`, `base row` or `trajectory`.
    """

    base: str
    spreads: Mapping[str, Mapping[str, Spread]]
    changes: Mapping[str, Mapping[str, Change]]
    without_runs: list[str]
    points_are_drawn: bool
    row: str

    @property
    def arms(self) -> list[str]:
        """Names of the arms, the base first."""
        return list(next(iter(self.spreads.values()), {}))


def look_over(sweep: Sweep, tell: Callable[[int, int], None] | None = None) -> Overview:
    """Find how each measure is spread in each arm, and what each arm changes in it.

    Parameters
    ----------
    sweep
        It may still be running: what there is is used.
    tell
        Told of measures done, and in all.

    Raises
    ------
    ScenarioError
        If nothing has been run yet.
    """
    plan = sweep.plan
    base, *others = plan.arms_by_name
    spreads: dict[str, dict[str, Spread]] = {}
    changes: dict[str, dict[str, Change]] = {}
    nothing = []
    for number, name in enumerate(plan.measure_names, start=1):
        found = {arm: sweep.outcomes(name, arm if others else None) for arm in (base, *others)}
        if any(np.isfinite(one.values).any() for one in found.values()):
            spreads[name] = {arm: spread_of(one) for arm, one in found.items()}
            changes[name] = {arm: change_of(plan, found[arm], found[base]) for arm in others}
        else:
            nothing.append(name)
        if tell is not None:
            tell(number, len(plan.measure_names))
    row = {"saltelli": "base row", "morris": "trajectory"}.get(plan.design.type, "point")
    return Overview(base, spreads, changes, nothing, plan.design.type in DRAWN, row)


def spread_of(outcomes: Outcomes) -> Spread:
    """Find how one measure of an arm is spread over its runs."""
    values = outcomes.values[np.isfinite(outcomes.values)]
    n, nothing = len(values), math.nan
    if not n:
        return Spread(0, nothing, (nothing,) * len(LEVELS), nothing, outcomes.n_failed, outcomes.n_missing)
    ordered = np.sort(values)
    if outcomes.n_censored:  # they count as the last month, and no other is later
        ordered[-outcomes.n_censored :] = math.inf
    found = tuple(quantiles(ordered, LEVELS).tolist())
    reached = 1 - outcomes.n_censored / n
    return Spread(n, float(values.mean()), found, reached, outcomes.n_failed, outcomes.n_missing)


def change_of(plan: Plan, arm: Outcomes, base: Outcomes) -> Change:
    """Find what an arm changes in one measure, pair by pair, with an interval that fits the design."""
    differences = arm.values - base.values
    length = length_of_row(base)
    rows = take_rows(differences, length, has_common_luck=plan.luck_policy == "common")
    is_pair = np.isfinite(differences)
    better = share_better(arm.values[is_pair], base.values[is_pair], MEASURES[arm.measure])
    n_replicates = int(is_pair.any(axis=0).sum())
    mean, low, high = interval_of(rows, plan.design.type in DRAWN)
    return Change(mean, low, high, better, int(is_pair.sum()), len(rows.numbers), n_replicates)


def length_of_row(outcomes: Outcomes) -> int:
    """Count the points of a design that were drawn as one."""
    for name in ("base_row", "trajectory"):
        if name in outcomes.design:
            numbers = outcomes.design[name].to_numpy()
            return int((numbers == numbers[0]).sum())
    return 1


def interval_of(rows: Rows, points_are_drawn: bool) -> tuple[float, float, float]:
    """Find the mean of differences over rows, and its 95 % interval by Student's t.

    Rows and replicates are both samples: where all rows share the random numbers of a replicate, each
    adds the variance of its own means, with the degrees of freedom of Satterthwaite's approximation.
    Where each row has its own, they come with it. Where points are as somebody wanted them, other
    replicates alone are what could have been.

    Returns
    -------
    mean, low, high : float
        NaN where nothing is known; of the ends, where there is one row or one replicate only.
    """
    if not len(rows.numbers):
        return math.nan, math.nan, math.nan
    by_replicate: Floats = mean_of_replicates(rows.values.swapaxes(1, 2))  # rows, replicates
    means = mean_of_replicates(by_replicate)
    residuals = mean_of_replicates((by_replicate - means[:, np.newaxis]).T)
    parts = []
    if points_are_drawn:
        parts.append(means)
    if rows.has_common_luck or not points_are_drawn:
        parts.append(residuals[np.isfinite(residuals)])
    # Of one replicate that all share nothing is known; where points are drawn that is said elsewhere.
    used = [part for part in parts if len(part) > 1] if points_are_drawn else parts
    half = _half_width(used)
    mean = float(means.mean())
    return mean, mean - half, mean + half


def _half_width(samples: list[Floats]) -> float:
    """Return half the 95 % interval of a sum of means of independent samples."""
    from scipy.special import stdtrit

    if not samples or any(len(sample) < 2 for sample in samples):
        return math.nan
    errors = [float(sample.var(ddof=1)) / len(sample) for sample in samples]
    total = sum(errors)
    if total == 0:
        return 0.0
    freedom = total**2 / sum(e**2 / (len(s) - 1) for e, s in zip(errors, samples, strict=True))
    return float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * math.sqrt(total)
