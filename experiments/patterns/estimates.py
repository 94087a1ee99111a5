"""A number found over replicates, and how far chance may have moved it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]

N_RESAMPLES = 400


class Estimate(NamedTuple):
    """A value with its 95 % interval; NaN for an end that is not known."""

    value: float
    low: float = math.nan
    high: float = math.nan


Found = dict[str, Estimate]
"""What a look at a pattern found: numbers by their keys."""


def estimate(
    statistic: Callable[..., float], *columns: Floats, seed: int, resamples: int = N_RESAMPLES
) -> Estimate:
    """A statistic of replicates, with the bootstrap's 95 % interval.

    Parameters
    ----------
    statistic
        Takes the columns, gives one number.
    columns
        Arrays whose first axis is the replicate; replicates that share their luck stay together.
    seed, resamples
        For the draws of replicates; with 0 resamples there is no interval.
    """
    value = float(statistic(*columns))
    rng = np.random.default_rng(seed)
    n = len(columns[0])
    found = np.empty(resamples)
    for k in range(resamples):
        rows = rng.integers(0, n, n)
        found[k] = statistic(*(column[rows] for column in columns))
    known = found[np.isfinite(found)]
    # An interval of what could not always be computed would look surer than it is.
    if resamples == 0 or len(known) < 0.95 * resamples:
        return Estimate(value)
    low, high = np.quantile(known, [0.025, 0.975])
    return Estimate(value, float(low), float(high))


def correlation(x: Floats, y: Floats) -> float:
    """Pearson's correlation; NaN where one of them does not vary."""
    if np.ptp(x) == 0.0 or np.ptp(y) == 0.0:
        return math.nan
    return float(np.corrcoef(x, y)[0, 1])


def ratio_of_means(above: Floats, below: Floats) -> float:
    """Mean of one over mean of the other; NaN over zero."""
    mean = float(below.mean())
    return float(above.mean()) / mean if mean else math.nan


def variation(x: Floats) -> float:
    """Standard deviation over mean; infinite where the mean is not above zero."""
    mean = float(x.mean())
    return float(x.std(ddof=1)) / mean if mean > 0.0 else math.inf
