"""Sensitivity from points as they are: PAWN, standardised coefficients, and shares of R squared.

These need no design of their own, only points at which all parameters vary, drawn independently of
each other as points; values of different parameters may depend on one another for the regression.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from partnersim.analysis.resampling import weighted_means
from partnersim.runs.measures import Floats, Wholes
from partnersim.sweep.parameters import Column

MOST_VALUES = 6
"""A parameter with more values than these is cut into groups."""

N_GROUPS = 5
"""Groups of equally many points: enough to see a bend, with enough points in each."""

ORDERS = 64
"""Orders of parameters over which shares of R squared are averaged."""


def groups_of_values(column: Column) -> Iterator[tuple[Any, Wholes]]:
    """Return the points of each value, or of each of some groups of neighbouring values, rising."""
    values, place, counts = np.unique(column, return_inverse=True, return_counts=True)
    if len(values) <= MOST_VALUES or column.dtype.kind not in "fiu":
        for index, value in enumerate(values):
            name = float(value) if column.dtype.kind in "fiu" else str(value).lower()
            yield name, np.flatnonzero(place == index)
        return
    # By the middle rank of each value, so that points with the same value are never parted.
    ranks = counts.cumsum() - counts / 2
    group = (N_GROUPS * ranks / len(column)).astype(int)[place]
    for index in np.unique(group):
        rows = np.flatnonzero(group == index)
        yield float(column[rows].mean()), rows


def estimate_pawn(means: Floats, counts: Floats, groups: list[list[Wholes]]) -> Floats:
    """Estimate the PAWN index of each parameter for each of some resamples of points [pianosi2018].

    It is the mean, over groups of a parameter's values, of the largest distance between the
    distribution of outcomes in the group and that of all (Kolmogorov and Smirnov's). It sees changes
    of the whole distribution, where variances may miss them. With finitely many points it is too
    high, and above 0 also where a parameter does nothing.

    Parameters
    ----------
    means
        float64[n_points, 1].
    counts
        float64[n_resamples, n_points].
    groups
        For each parameter the points of each group.

    Returns
    -------
    float64[n_resamples, n_parameters]
    """
    outcomes = means[:, 0]
    order = np.argsort(outcomes, kind="stable")
    is_last = np.append(np.diff(outcomes[order]) > 0, True)  # of points with the same outcome
    whole = _distribution(counts[:, order], is_last)
    found = np.empty((len(counts), len(groups)))
    for number, parts in enumerate(groups):
        distances = []
        for part in parts:
            is_in = np.zeros(len(outcomes))
            is_in[part] = 1.0
            inside = _distribution((counts * is_in)[:, order], is_last)
            distances.append(np.abs(inside - whole).max(axis=1))
        found[:, number] = np.nanmean(distances, axis=0)
    return found


def _distribution(counts: Floats, is_last: Any) -> Floats:
    """Return the distribution function of outcomes in rising order, for each row of counts."""
    below = counts.cumsum(axis=1)
    with np.errstate(invalid="ignore"):  # a group may have no point in a resample
        function: Floats = below[:, is_last] / below[:, -1:]
    return function


def estimate_coefficients(means: Floats, counts: Floats, columns: Floats) -> Floats:
    """Estimate standardised regression coefficients for each of some resamples of points.

    Parameters
    ----------
    means
        float64[n_points, 1].
    counts
        float64[n_resamples, n_points].
    columns
        float64[n_points, n_parameters], none of them constant.

    Returns
    -------
    float64[n_resamples, n_parameters + 1]
        By how many standard deviations an outcome goes up with one of the parameter, and last R
        squared: the share of variance that a linear model explains.
    """
    among, outcomes = _correlations(means, counts, columns)
    coefficients = np.linalg.pinv(among, hermitian=True) @ outcomes
    explained = (coefficients * outcomes).sum(axis=1)
    return np.hstack([coefficients[:, :, 0], explained])


def estimate_shares(means: Floats, counts: Floats, columns: Floats) -> Floats:
    """Estimate each parameter's share of R squared for each of some resamples of points.

    The share is what a parameter adds to R squared, averaged over orders in which parameters come to
    a linear model: the Shapley value of R squared [lindeman1980; gromping2007]. Shares are never
    negative and add up to R squared, also where parameters depend on one another.

    Parameters
    ----------
    means, counts, columns
        As for `estimate_coefficients`.

    Returns
    -------
    float64[n_resamples, n_parameters + 1]
        Shares of the variance, and last R squared.
    """
    among, outcomes = _correlations(means, counts, columns)
    n = columns.shape[1]
    among = among + 1e-10 * np.eye(n)  # where one parameter is another's copy
    rng = np.random.default_rng(1)
    shares = np.zeros((len(counts), n))
    for _ in range(ORDERS // 2):
        order = rng.permutation(n)
        for one in (order, order[::-1]):
            factor = np.linalg.cholesky(among[:, one][:, :, one])
            # In this order the square of each entry is what its parameter adds to R squared.
            shares[:, one] += np.linalg.solve(factor, outcomes[:, one])[:, :, 0] ** 2
    shares /= 2 * (ORDERS // 2)
    return np.hstack([shares, shares.sum(axis=1, keepdims=True)])


def _correlations(means: Floats, counts: Floats, columns: Floats) -> tuple[Floats, Floats]:
    """Return the correlations among parameters, and of each with the outcome, for each resample.

    Returns
    -------
    among : float64[n_resamples, n_parameters, n_parameters]
    outcomes : float64[n_resamples, n_parameters, 1]
    """
    everything = np.hstack([columns, means])
    everything = (everything - everything.mean(axis=0)) / everything.std(axis=0)
    centre = weighted_means(everything, counts)
    n = everything.shape[1]
    among = np.empty((len(counts), n, n))
    for number in range(n):
        products = everything * everything[:, number : number + 1]
        among[:, number] = weighted_means(products, counts) - centre * centre[:, number : number + 1]
    spread = np.sqrt(np.maximum(np.diagonal(among, axis1=1, axis2=2), 1e-12))
    among /= spread[:, :, np.newaxis] * spread[:, np.newaxis]
    return among[:, :-1, :-1], among[:, :-1, -1:]
