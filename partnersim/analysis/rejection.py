"""Approximate Bayesian computation on simulations that are there: rejection and regression.

Of simulations whose parameters were drawn from a prior, those are accepted whose summaries lie
nearest to what was observed. Their parameters are then moved to where they would have been had
their summaries been the observed ones, by a weighted linear regression [beaumont2002], and their
spread scaled likewise, by a regression of its logarithm [blum2010].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from partnersim.runs.measures import Flags, Floats, Wholes

ACCEPTED_SHARE, MOST_SHARE = 0.1, 0.2
FEWEST, MOST = 200, 4000
"""Simulations that are accepted: a tenth of all, within these bounds, and a fifth at most."""

INTERVAL = (0.05, 0.95)
"""Ends of the intervals."""


@dataclass(frozen=True)
class Simulations:
    """Simulations from a prior.

    Attributes
    ----------
    parameters : float64[n, n_parameters]
        Their parameters, each on a scale without ends (see `to_open_scale`).
    summaries : float64[n, n_summaries]
        What is compared with observations; the error of observing is in it.
    point, replicate : int64[n]
        Simulations of one point have the same parameters.
    is_luck_shared : bool
        Whether simulations of one replicate have the same random numbers.
    """

    parameters: Floats
    summaries: Floats
    point: Wholes
    replicate: Wholes
    is_luck_shared: bool

    @property
    def n(self) -> int:
        """The number of simulations."""
        return len(self.parameters)

    def independent_of(self, row: int) -> Flags:
        """Mark simulations that have neither the parameters nor the random numbers of one of them."""
        others: Flags = self.point != self.point[row]
        return others & (self.replicate != self.replicate[row]) if self.is_luck_shared else others


@dataclass(frozen=True)
class Accepted:
    """Accepted simulations, and their parameters.

    Attributes
    ----------
    rows : int64[n_accepted]
        Which simulations.
    weights : float64[n_accepted]
        Epanechnikov's, of the distance; they sum to 1.
    parameters : float64[n_accepted, n_parameters]
        Adjusted, on the same scale.
    """

    rows: Wholes
    weights: Floats
    parameters: Floats

    def interval(self) -> Floats:
        """Return the ends of the interval of each parameter: float64[2, n_parameters]."""
        ends = [weighted_quantiles(column, self.weights, INTERVAL) for column in self.parameters.T]
        return np.array(ends).reshape(-1, 2).T


def infer(simulations: Simulations, observed: Floats, use: Flags | None = None) -> Accepted:
    """Accept the simulations nearest to an observation, and adjust their parameters to it.

    Parameters
    ----------
    simulations
    observed : float64[n_summaries]
    use : bool[n]
        Which simulations may be used; all if left out.
    """
    pool = np.arange(simulations.n) if use is None else np.flatnonzero(use)
    summaries = simulations.summaries[pool]
    steps = (summaries - observed) / spread_of(summaries)
    distance = np.sqrt((steps**2).sum(axis=1))
    n_accepted = min(max(int(ACCEPTED_SHARE * len(pool)), FEWEST), MOST, max(int(MOST_SHARE * len(pool)), 1))
    near = np.argpartition(distance, n_accepted - 1)[:n_accepted]
    near = near[np.argsort(distance[near], kind="stable")]
    farthest = distance[near[-1]]
    weights = 1.0 - (distance[near] / farthest) ** 2 if farthest > 0 else np.ones(n_accepted)
    weights = np.maximum(weights, 1e-9)
    weights /= weights.sum()
    rows = pool[near]
    return Accepted(rows, weights, adjust(simulations.parameters[rows], steps[near], weights))


def spread_of(summaries: Floats) -> Floats:
    """Return the median absolute deviation of each summary, or its standard deviation where that is 0."""
    mad = np.median(np.abs(summaries - np.median(summaries, axis=0)), axis=0)
    spread = np.where(mad > 0, mad, summaries.std(axis=0))
    return np.asarray(np.where(spread > 0, spread, 1.0))


def adjust(parameters: Floats, steps: Floats, weights: Floats) -> Floats:
    """Move parameters to where they would be were the summaries the observed ones.

    theta = m(s) + sigma(s) e, with m and log sigma^2 linear in s, becomes m(0) + sigma(0) e.

    Parameters
    ----------
    parameters : float64[n, n_parameters]
    steps : float64[n, n_summaries]
        Summaries less the observed ones.
    weights : float64[n]
    """
    design = np.column_stack([np.ones(len(steps)), steps])
    roots = np.sqrt(weights)[:, None]
    means, *_ = np.linalg.lstsq(roots * design, roots * parameters, rcond=None)
    # A residual falls short of its error by what the line has been drawn towards it.
    leverage = (np.linalg.qr(roots * design)[0] ** 2).sum(axis=1)
    residuals = (parameters - design @ means) / np.sqrt(np.maximum(1.0 - leverage, 0.1))[:, None]
    # Of a residual near 0 the logarithm would decide everything.
    floor = 1e-6 * residuals.var(axis=0) + 1e-300
    logs = np.log(np.maximum(residuals**2, floor))
    scales, *_ = np.linalg.lstsq(roots * design, roots * logs, rcond=None)
    ratio: Floats = np.exp(np.clip(scales[0] - design @ scales, -2.0, 2.0) / 2.0)
    adjusted: Floats = means[0] + residuals * ratio
    return adjusted


def weighted_quantiles(values: Floats, weights: Floats, levels: Any) -> Floats:
    """Return quantiles of weighted values, interpolated between the middles of their weights."""
    order = np.argsort(values, kind="stable")
    middles = np.cumsum(weights[order]) - weights[order] / 2
    return np.asarray(np.interp(levels, middles, values[order]))


def recover(simulations: Simulations, n: int, seed: int) -> Flags:
    """Try the intervals on simulations whose parameters are known: does each hold the true one?

    Each takes its turn as what was observed. What shares its parameters or its random numbers is
    left out then, as a real observation shares them with no simulation.

    Parameters
    ----------
    simulations
    n
        How many, drawn at random; all if there are no more.
    seed
        Of that draw.

    Returns
    -------
    bool[n_tried, n_parameters]
    """
    rng = np.random.default_rng(seed)
    tried = rng.choice(simulations.n, size=min(n, simulations.n), replace=False)
    inside = []
    for row in tried:
        found = infer(simulations, simulations.summaries[row], simulations.independent_of(int(row)))
        low, high = found.interval()
        truth = simulations.parameters[row]
        inside.append((low <= truth) & (truth <= high))
    return np.array(inside, bool).reshape(len(tried), -1)


def to_open_scale(values: Floats, low: float, high: float) -> Floats:
    """Put values between two ends on a scale without ends: the logit of their share of the way."""
    share = np.clip((values - low) / (high - low), 1e-4, 1 - 1e-4)
    return np.asarray(np.log(share / (1 - share)))


def from_open_scale(values: Floats, low: float, high: float) -> Floats:
    """Bring values back between their ends."""
    from scipy.special import expit

    return np.asarray(low + (high - low) * expit(values))
