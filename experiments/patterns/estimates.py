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
    statistic: Callable[..., Any], *columns: Floats, seed: int, resamples: int = N_RESAMPLES
) -> Estimate:
    """A statistic of replicates, with the bootstrap's 95 % interval.

    Parameters
    ----------
    statistic
        Takes the columns and ``axis=-1``, and gives a number for all that stands along that axis.
    columns
        Arrays whose last axis is the replicate; replicates that share their luck stay together.
    seed, resamples
        For the draws of replicates; with 0 resamples there is no interval.
    """
    value = float(statistic(*columns, axis=-1))
    if resamples == 0:
        return Estimate(value)
    n = columns[0].shape[-1]
    rows = np.random.default_rng(seed).integers(0, n, (resamples, n))
    found = statistic(*(column[..., rows] for column in columns), axis=-1)
    known = found[np.isfinite(found)]
    # An interval of what could not always be computed would look surer than it is.
    if len(known) < 0.95 * resamples:
        return Estimate(value)
    low, high = np.quantile(known, [0.025, 0.975])
    return Estimate(value, float(low), float(high))


def correlation(x: Floats, y: Floats, axis: int = -1) -> Any:
    """Pearson's correlation; NaN where one of them does not vary."""
    varies = (np.ptp(x, axis=axis) > 0.0) & (np.ptp(y, axis=axis) > 0.0)
    x = x - x.mean(axis=axis, keepdims=True)
    y = y - y.mean(axis=axis, keepdims=True)
    scale = np.sqrt((x**2).sum(axis=axis) * (y**2).sum(axis=axis))
    return (x * y).sum(axis=axis) / np.where(varies, scale, np.nan)


def ratio_of_means(above: Floats, below: Floats, axis: int = -1) -> Any:
    """Mean of one over mean of the other; NaN over zero."""
    mean = below.mean(axis=axis)
    return above.mean(axis=axis) / np.where(mean != 0.0, mean, np.nan)


def variation(x: Floats, axis: int = -1) -> Any:
    """Standard deviation over mean; infinite where the mean is not above zero."""
    mean = x.mean(axis=axis)
    is_above = mean > 0.0
    spread = x.std(axis=axis, ddof=1)
    return np.where(is_above, spread / np.where(is_above, mean, 1.0), math.inf)
