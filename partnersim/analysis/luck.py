"""The variance of single runs, split between parameters and random numbers.

By the law of total variance the outcomes of single runs differ because their points differ, because
their random numbers differ, and because what random numbers do depends on the point. Where
replicates share their random numbers across points, as they do by default, all three can be told
apart: it is an analysis of variance by points and replicates.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from partnersim.analysis.resampling import Rows
from partnersim.runs.measures import Flags, Floats


class VarianceSplit(NamedTuple):
    """Shares of the variance of single runs, which add up to 1.

    Attributes
    ----------
    parameters : float
        Of the mean over random numbers: what the point decides.
    luck : float
        Of random numbers alike at all points; with those of `both` where points share none.
    both : float or None
        Of what random numbers do at one point and not at another; None where points share none.
    left_in_means : float
        Share of random numbers in the variance between means over the replicates there are.
    n_replicates : int
    """

    parameters: float
    luck: float
    both: float | None
    left_in_means: float
    n_replicates: int


def split_variance(rows: Rows, places: list[int], *, is_shared_in_row: bool) -> VarianceSplit | None:
    """Split the variance of single runs; None where a point has one replicate.

    Parameters
    ----------
    rows
        Outcomes.
    places
        Which points of a row are drawn independently of each other: A and B of a base row.
    is_shared_in_row
        Whether points of a row share their random numbers.
    """
    values = _whole(rows.values[:, places])
    if values is None:
        return None
    n_rows, _, n_replicates = values.shape
    both: float | None
    if rows.has_common_luck:
        parameters, luck, both = _crossed(values.reshape(-1, n_replicates))
        of_means = both / n_replicates
    else:
        within = float(values.var(axis=2, ddof=1).mean())
        between = float(values.mean(axis=2).var(axis=0, ddof=1).mean())
        luck, both = within, None
        if is_shared_in_row and len(places) > 1:
            centred = values - values.mean(axis=2, keepdims=True)
            luck = float((centred[:, 0] * centred[:, 1]).sum() / (n_rows * (n_replicates - 1)))
            both = within - luck
        parameters = between - within / n_replicates
        of_means = within / n_replicates
    parameters, luck = max(0.0, parameters), max(0.0, luck)
    both = None if both is None else max(0.0, both)
    total = parameters + luck + (both or 0.0)
    if total <= 0:
        return None
    left = of_means / (of_means + parameters) if of_means > 0 else 0.0
    share_of_both = None if both is None else both / total
    return VarianceSplit(parameters / total, luck / total, share_of_both, left, n_replicates)


def _crossed(values: Floats) -> tuple[float, float, float]:
    """Split by points and replicates: components of a two-way layout with one value in each cell."""
    n_points, n_replicates = values.shape
    by_point, by_replicate = values.mean(axis=1), values.mean(axis=0)
    rest = values - by_point[:, np.newaxis] - by_replicate + values.mean()
    both = float((rest**2).sum() / ((n_points - 1) * (n_replicates - 1)))
    of_points = float(by_point.var(ddof=1)) - both / n_replicates
    of_luck = float(by_replicate.var(ddof=1)) - both / n_points
    return of_points, of_luck, both


def _whole(values: Floats) -> Floats | None:
    """Return the first replicates of the rows that have them, so many that most values are kept.

    None where that is under two replicates, or under two rows.
    """
    is_there: Flags = np.asarray(np.isfinite(values).all(axis=1))
    n_whole = np.logical_and.accumulate(is_there, axis=1).sum(axis=0)  # rows with so many replicates
    kept = [number * int(n) for number, n in enumerate(n_whole, start=1)]
    best = int(np.argmax(kept)) + 1
    if best < 2 or n_whole[best - 1] < 2:
        return None
    return values[is_there[:, :best].all(axis=1), :, :best]
