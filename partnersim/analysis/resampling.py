"""Bootstrap intervals over what is drawn independently: rows of a design, and replicates.

A row is what was drawn as one: a point, a base row of a Saltelli design with all its points, a
trajectory. Every estimator here takes means over replicates and, for each resample, how often each
row counts; one matrix product then does for a thousand resamples what a loop would do for one.

Where replicates have the same random numbers in all rows, they are drawn anew as well (the pigeonhole
bootstrap [owen2007], whose intervals are a little too wide rather than too narrow). Where each row
has its own, they come and go with their row, and drawing rows is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from partnersim.runs.measures import Flags, Floats, Wholes
from partnersim.runs.statistics import CONFIDENCE
from partnersim.sweep.outcomes import mean_of_replicates

Estimator = Callable[[Floats, Floats], Floats]
"""A function of means, float64[n_rows, n_points_of_a_row], and counts, float64[n_resamples, n_rows],
that gives estimates, float64[n_resamples, n_estimates]."""

RESAMPLES = 1000

DRAWS_OF_REPLICATES = 50
"""How often replicates are drawn anew, where they are; each time, rows are drawn for an equal part."""

NORMAL_95 = 1.959963984540054
"""The 97.5th percentile of a standard normal distribution."""

MOST_COUNTS = 1 << 23
"""Counts that are in memory at a time: 64 MB."""


@dataclass(frozen=True)
class Rows:
    """Outcomes by rows of a design.

    Attributes
    ----------
    values : float64[n_rows, n_points_of_a_row, n_replicates]
        A replicate that any point of its row lacks is NaN at all of them; each row has one at least.
    numbers : int64[n_rows]
        Which rows of the design these are, rising.
    n_left_out : int
        Rows that have no replicate of which all points are there.
    has_common_luck : bool
        Whether replicate r has the same random numbers in all rows.
    """

    values: Floats
    numbers: Wholes
    n_left_out: int
    has_common_luck: bool

    @property
    def means(self) -> Floats:
        """Means over the replicates, float64[n_rows, n_points_of_a_row]."""
        return mean_of_replicates(self.values)

    @property
    def draws_replicates(self) -> bool:
        """True where a bootstrap has replicates to draw anew."""
        return self.has_common_luck and self.values.shape[2] > 1

    def first(self, n: int) -> Rows:
        """Return those of the design's first `n` rows."""
        kept = self.numbers < n
        n_left_out = n - int(kept.sum())
        return Rows(self.values[kept], self.numbers[kept], n_left_out, self.has_common_luck)


def take_rows(values: Floats, length: int, *, has_common_luck: bool) -> Rows:
    """Cut outcomes into rows of a design.

    Parameters
    ----------
    values
        float64[n_points, n_replicates]; points of a row follow one another.
    length
        Points of a row.
    has_common_luck
        Whether replicate r has the same random numbers at all points.
    """
    by_row = values.reshape(-1, length, values.shape[1])
    is_whole: Flags = np.asarray(np.isfinite(by_row).all(axis=1))
    kept = np.flatnonzero(is_whole.any(axis=1))
    whole = np.where(is_whole[kept, np.newaxis], by_row[kept], np.nan)
    return Rows(whole, kept, len(by_row) - len(kept), has_common_luck)


def bootstrap(
    rows: Rows, estimate: Estimator, seed: int = 1, n_resamples: int = RESAMPLES, *, is_biased: bool = False
) -> tuple[Floats, Floats, Floats]:
    """Estimate, and give 95 % intervals by a bootstrap over rows and, where they are shared, replicates.

    Where an estimator is biased, resamples are biased once more, and their percentiles can miss what
    they should hold. Then the bias that they show is taken off the estimate, and counts as a further
    error: corrected so, intervals of PAWN indices held the true one 95 to 99 times of 100 in trials in
    which percentiles held it 0 to 42 times.

    Returns
    -------
    values, lows, highs : float64[n_estimates]
        The estimates of all rows, and percentiles of those of the resamples.
    """
    values = estimate(rows.means, np.ones((1, len(rows.numbers))))[0]
    resampled = np.concatenate(
        [estimate(means, counts) for means, counts in _resamples(rows, seed, n_resamples)]
    )
    if is_biased:
        bias = np.nanmean(resampled, axis=0) - values
        half = NORMAL_95 * np.hypot(np.nanstd(resampled, axis=0), bias)
        return values - bias, values - bias - half, values - bias + half
    edge = 100 * (1 - CONFIDENCE) / 2
    lows, highs = np.nanpercentile(resampled, [edge, 100 - edge], axis=0)
    return values, lows, highs


def _resamples(rows: Rows, seed: int, n_resamples: int) -> Iterator[tuple[Floats, Floats]]:
    """Give means over replicates, drawn anew where they are shared, and with them counts of rows."""
    rng = np.random.default_rng(seed)
    n_rows, _, n_replicates = rows.values.shape
    n_draws = min(DRAWS_OF_REPLICATES, n_resamples) if rows.draws_replicates else 1
    means, is_there = rows.means, np.ones(n_rows)
    for draw in range(n_draws):
        if rows.draws_replicates:
            means = mean_of_replicates(rows.values[:, :, rng.integers(n_replicates, size=n_replicates)])
            is_there = np.isfinite(means[:, 0]).astype(np.float64)  # rows have all of a replicate or none
            means = np.where(np.isfinite(means), means, 0.0)
        todo = (draw + 1) * n_resamples // n_draws - draw * n_resamples // n_draws
        most = max(1, MOST_COUNTS // n_rows)
        for begin in range(0, todo, most):
            yield means, is_there * _counts(n_rows, min(most, todo - begin), rng)


def _counts(n_rows: int, n_resamples: int, rng: np.random.Generator) -> Floats:
    """Draw how often each row counts: multinomial, as many in each resample as there are rows."""
    counts = np.empty((n_resamples, n_rows))
    for row in counts:
        row[:] = np.bincount(rng.integers(n_rows, size=n_rows), minlength=n_rows)
    return counts


def weighted_means(products: Floats, counts: Floats) -> Floats:
    """Return the means of products over rows that count so often, float64[n_resamples, n_products]."""
    means: Floats = counts @ products / counts.sum(axis=1, keepdims=True)
    return means
