"""Statistics of a measure over replicates and pairs: summaries, differences and their errors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from partnersim.runs.measures import Floats, Measure

Interval = tuple[float, float]

CONFIDENCE = 0.95

FEWEST_REPLICATES = 30
"""A smaller sample says too little of its own spread for any interval to be believed."""

FEWEST_FOR_MEDIAN = 6
"""The span of a smaller sample misses the median in more than 5 % of cases."""

TOLERANCE = 0.1
"""Half an interval may be this part of the span of the runs (5th to 95th percentile)."""


class Numbers:
    """Numbers of a measure, of which some may be missing, unreached or unbounded."""

    def to_json(self) -> dict[str, Any]:
        """Give a dictionary in which missing, unreached and unbounded numbers are None."""
        return {name: _jsonable(value) for name, value in vars(self).items()}


@dataclass(frozen=True)
class Summary(Numbers):
    """One measure over the replicates of a scenario.

    Attributes
    ----------
    mean, ci95
        Over the runs that have the measure: of a milestone, over those that reached it; with its
        95 % interval by Student's t.
    median, p05, p95
        Quantiles over all runs; infinite where they fall among runs that never reached it.
    monte_carlo_error
        Standard error of `mean`: what other random numbers would change.
    median_ci95
        95 % interval of the median, from order statistics; unbounded under 6 runs.
    reached
        Share of runs that have the measure.
    restricted_mean, restricted_ci95
        The same over all runs, the horizon standing for what was never reached.
    is_enough
        Whether the replicates were enough: see docs/measures.md.
    higher_is_better
        None where neither end is good by itself.
    """

    mean: float
    ci95: Interval
    median: float
    p05: float
    p95: float
    monte_carlo_error: float
    median_ci95: Interval
    reached: float
    restricted_mean: float
    restricted_ci95: Interval
    is_enough: bool
    higher_is_better: bool | None


@dataclass(frozen=True)
class Difference(Numbers):
    """One measure of an arm less the same of the base, over pairs that share their random numbers.

    Attributes
    ----------
    mean, ci95, monte_carlo_error, n_pairs
        Mean difference, its 95 % interval (Student's t over pairs), its standard error and the
        pairs it is over: of a milestone, those in which both arms reached it.
    share_better
        Share of all pairs in which the arm does better, ties counting half; an unreached
        milestone is later than any reached one. Where neither end is better by itself: share in
        which the arm is higher.
    restricted_mean, restricted_ci95
        The same difference over all pairs, the horizon standing for what was never reached.
    is_enough
        Whether the replicates were enough: see docs/measures.md.
    higher_is_better
        What 'better' means in `share_better`; None for 'higher, which is neither'.
    """

    mean: float
    ci95: Interval
    share_better: float
    monte_carlo_error: float
    n_pairs: int
    restricted_mean: float
    restricted_ci95: Interval
    is_enough: bool
    higher_is_better: bool | None


@dataclass(frozen=True)
class ThroughTrust(Numbers):
    """The share of an arm's effect that disappears when trust stays as it was at the start.

    `float()` of it gives the share. The interval is Fieller's, over pairs; it is unbounded where
    the effect itself may be zero.
    """

    share: float
    ci95: Interval
    effect: float
    effect_with_trust_frozen: float
    n_pairs: int

    def __float__(self) -> float:
        return self.share


def summarise(values: Floats, measure: Measure, horizon: float) -> Summary:
    """Summarise one measure, float64[n_replicates], NaN where a run does not have it."""
    has_it = values[~np.isnan(values)]
    mean, error, ci95 = mean_with_interval(has_it)
    restricted = restrict(values, measure, horizon)
    restricted = restricted[~np.isnan(restricted)]
    restricted_mean, _, restricted_ci95 = mean_with_interval(restricted)
    ordered = restrict(values, measure, math.inf)
    p05, median, p95 = quantiles(ordered, [0.05, 0.5, 0.95]).tolist()
    return Summary(
        mean=mean,
        ci95=ci95,
        median=median,
        p05=p05,
        p95=p95,
        monte_carlo_error=error,
        median_ci95=median_interval(ordered),
        reached=len(has_it) / len(values),
        restricted_mean=restricted_mean,
        restricted_ci95=restricted_ci95,
        is_enough=_is_narrow(restricted_ci95, restricted, measure),
        higher_is_better=measure.higher_is_better,
    )


def compare_pairs(arm: Floats, base: Floats, measure: Measure, horizon: float) -> Difference:
    """Compare one measure between two arms, float64[n_replicates] each, row by row."""
    differences = arm - base
    differences = differences[~np.isnan(differences)]
    mean, error, ci95 = mean_with_interval(differences)
    arm_restricted = restrict(arm, measure, horizon)
    base_restricted = restrict(base, measure, horizon)
    restricted = arm_restricted - base_restricted
    restricted = restricted[~np.isnan(restricted)]
    restricted_mean, _, restricted_ci95 = mean_with_interval(restricted)
    base_runs = base_restricted[~np.isnan(base_restricted)]
    has_sign = restricted_ci95[0] > 0 or restricted_ci95[1] < 0
    is_clear = has_sign and len(restricted) >= FEWEST_REPLICATES
    is_narrow = _is_narrow(restricted_ci95, base_runs, measure, len(restricted))
    return Difference(
        mean=mean,
        ci95=ci95,
        share_better=share_better(arm, base, measure),
        monte_carlo_error=error,
        n_pairs=len(differences),
        restricted_mean=restricted_mean,
        restricted_ci95=restricted_ci95,
        is_enough=is_clear or is_narrow,
        higher_is_better=measure.higher_is_better,
    )


def share_better(arm: Floats, base: Floats, measure: Measure) -> float:
    """Return the share of pairs in which the arm does better, ties counting half.

    Where neither end is better by itself it is the share in which the arm is higher.
    """
    arm, base = restrict(arm, measure, math.inf), restrict(base, measure, math.inf)
    is_pair = ~(np.isnan(arm) | np.isnan(base))
    if not is_pair.any():
        return math.nan
    arm, base = arm[is_pair], base[is_pair]
    wins = arm < base if measure.higher_is_better is False else arm > base
    return float((wins + 0.5 * (arm == base)).mean())


def measure_share_through_trust(effects: Floats, effects_with_trust_frozen: Floats) -> ThroughTrust:
    """Find 1 - (mean effect with trust frozen) / (mean effect), with Fieller's interval over pairs."""
    is_pair = ~(np.isnan(effects) | np.isnan(effects_with_trust_frozen))
    whole, frozen = effects[is_pair], effects_with_trust_frozen[is_pair]
    n = len(whole)
    if n == 0:
        return ThroughTrust(math.nan, (math.nan, math.nan), math.nan, math.nan, 0)
    effect, effect_frozen = float(whole.mean()), float(frozen.mean())
    ratio = effect_frozen / effect if effect else math.nan
    low, high = _ratio_interval(frozen, whole)
    return ThroughTrust(1 - ratio, (1 - high, 1 - low), effect, effect_frozen, n)


def restrict(values: Floats, measure: Measure, horizon: float) -> Floats:
    """Count milestones never reached as the horizon, or infinity; other missing values stay NaN."""
    return np.where(np.isnan(values), horizon, values) if measure.is_censored else values


def quantiles(values: Floats, q: Sequence[float] | Floats) -> Floats:
    """Return quantiles over the first axis: float64[len(q), ...].

    NaN are left out, and give NaN where there is nothing else. Between two order statistics the
    value is interpolated, but what lies beyond the last finite one is infinite.
    """
    levels = np.asarray(q, dtype=np.float64).reshape(-1, *(1,) * (values.ndim - 1))
    if not ((levels >= 0) & (levels <= 1)).all():
        raise ValueError(f"q = {list(q)}: must be between 0 and 1")
    ordered = np.sort(values, axis=0)  # finite, then infinite, then NaN
    last = np.maximum((~np.isnan(ordered)).sum(axis=0) - 1, 0)
    # Rounded, so that a quantile that falls on a value is that value: 0.95 * 20 is 19.
    position = np.round(levels * last, 9)
    below = np.floor(position).astype(np.intp)
    low = np.take_along_axis(ordered, below, axis=0)
    high = np.take_along_axis(ordered, np.minimum(below + 1, last), axis=0)
    part = position - below
    with np.errstate(invalid="ignore"):  # infinite less infinite
        return np.where((part == 0) | (low == high), low, low + part * (high - low))


def mean_with_interval(values: Floats) -> tuple[float, float, Interval]:
    """Return the mean, its standard error and its 95 % interval by Student's t."""
    n = len(values)
    if n == 0:
        return math.nan, math.nan, (math.nan, math.nan)
    mean = float(values.mean())
    if n == 1:
        return mean, math.nan, (-math.inf, math.inf)
    error = float(values.std(ddof=1)) / math.sqrt(n)
    reach = _student_t(n - 1) * error
    return mean, error, (mean - reach, mean + reach)


def median_interval(values: Floats) -> Interval:
    """Find the narrowest symmetric order statistics that hold the median with 95 %."""
    ordered = np.sort(values[~np.isnan(values)])
    n = len(ordered)
    if n == 0:
        return math.nan, math.nan
    n_outside = _order_statistics_outside(n)
    if n_outside == 0:
        return -math.inf, math.inf
    return float(ordered[n_outside - 1]), float(ordered[n - n_outside])


@cache
def _order_statistics_outside(n: int) -> int:
    """Count the values, at each end of n, that leave 95 % to the interval from the last of them.

    The k-th smallest is above the median with the probability of fewer than k heads in n tosses.
    """
    if n < FEWEST_FOR_MEDIAN:
        return 0
    from scipy.special import bdtr  # loads in a quarter of a second: only when needed

    tails = bdtr(np.arange(n // 2), n, 0.5)
    return int(np.searchsorted(tails, (1 - CONFIDENCE) / 2, side="right"))


@cache
def _student_t(degrees_of_freedom: int) -> float:
    """Return the two-sided 95 % quantile of Student's t."""
    from scipy.special import stdtrit  # loads in a quarter of a second: only when needed

    return float(stdtrit(degrees_of_freedom, (1 + CONFIDENCE) / 2))


def _ratio_interval(above: Floats, below: Floats) -> Interval:
    """Return the 95 % interval of mean(above) / mean(below) over pairs (Fieller 1954).

    Unbounded where mean(below) may be zero.
    """
    n = len(above)
    if n < 2:
        return -math.inf, math.inf
    a, b = float(above.mean()), float(below.mean())
    spread = np.cov(above, below) / n * _student_t(n - 1) ** 2
    squared = b * b - spread[1, 1]
    if squared <= 0:
        return -math.inf, math.inf
    middle = a * b - spread[0, 1]
    root = math.sqrt(max(0.0, middle**2 - squared * (a * a - spread[0, 0])))
    return float((middle - root) / squared), float((middle + root) / squared)


def _is_narrow(interval: Interval, runs: Floats, measure: Measure, n: int | None = None) -> bool:
    """Return whether half an interval is at most a tenth of the span of the runs."""
    n = len(runs) if n is None else n
    if n < FEWEST_REPLICATES:
        return False
    if measure.is_yes_or_no:
        span = 1.0
    else:
        low, high = quantiles(runs, [0.05, 0.95])
        span = float(high - low)
    return (interval[1] - interval[0]) / 2 <= TOLERANCE * span


def _jsonable(value: Any) -> Any:
    """Put None for what JSON cannot say: missing, unreached, unbounded."""
    if isinstance(value, tuple):
        return [_jsonable(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
