"""Emulators: what the numbers of the patterns are expected to be at points that nobody has looked at.

One for each number: a polynomial of second degree in the parameters, fitted by ridge regression to all
that was looked at so far, with its cross-validated error. From value and error follows the chance that
the number misses its band; the sum over all numbers is how many a point is expected to miss.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtr

from experiments.patterns.estimates import Floats
from experiments.patterns.figure import NATURAL_FLOOR
from experiments.patterns.patterns import Band
from experiments.tuning.evaluate import MOST_CHANCE, width
from partnersim.sweep.extras import load_extra

MARGIN = 1.0
"""Widths of a band beyond its ends at which values are cut off: ratios have tails, and how far
outside something is makes no difference any more."""

RIDGE = np.logspace(-1, 5, 25)
"""Penalties among which cross-validation chooses, for each number its own."""

CURVES = 0.25
"""How large terms of second degree are made beside those of first, before the penalty. Of 540 points of the
priors the others' numbers were told best so (R2 .68, .64 with 1, and .63 with first degree alone)."""

SMALLEST_ERROR = 0.02
"""Of an emulator, in widths of the band: what fits a few points perfectly is not believed."""


class Looks(NamedTuple):
    """What was found so far.

    Attributes
    ----------
    shares : float64[point, parameter]
    found : float64[point, number, 3]
        Values with the ends of their intervals; NaN at points that are no part of the priors.
    given : float64[point]
        What the place at rest gives.
    replicates : float64[point]
        How hard each was looked at.
    """

    shares: Floats
    found: Floats
    given: Floats
    replicates: Floats

    @property
    def is_whole(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Whether a point is part of the priors, so that its numbers were looked at."""
        return ~np.isnan(self.found).all(axis=(1, 2))


class Emulators:
    """What is expected at any point, learnt from what was found.

    Parameters
    ----------
    looks
        What was found so far, at points of the priors and at others.
    bands
        Of the numbers.
    rest
        Between what a place at rest gives at points of the priors.
    replicates
        With how many points will be looked at in the end, which decides what chance may excuse then.
    """

    def __init__(
        self, looks: Looks, bands: Sequence[Band], rest: tuple[float, float], replicates: int
    ) -> None:
        whole = looks.is_whole
        found, low, wide = looks.found[whole], *_scale(bands)
        places = (found - low[:, np.newaxis]) / wide[:, np.newaxis]  # in the band from 0 to 1
        half = np.nan_to_num(places[..., 2] - places[..., 1]) / 2.0  # not known: excuses nothing
        by_then = half * np.sqrt(looks.replicates[whole, np.newaxis] / replicates)
        self._excused = np.minimum(np.median(by_then, axis=0), MOST_CHANCE)
        self._ends = np.array([_binds(band) for band in bands])
        values = np.clip(places[..., 0], -MARGIN, 1.0 + MARGIN)
        # What could not be computed is missed, on whichever side.
        values = np.where(np.isnan(values), np.where(self._ends[:, 0], -MARGIN, 1.0 + MARGIN), values)
        self._numbers = _Fit(looks.shares[whole], values)
        self._rest = rest
        self._given = _Fit(looks.shares, looks.given[:, np.newaxis])

    @property
    def errors(self) -> Floats:
        """Cross-validated, in widths of the bands: float64[number]."""
        return self._numbers.errors

    def missed(self, shares: Floats) -> Floats:
        """How many numbers are expected to miss their bands, at points: float64[point].

        At points that are no part of the priors all do.
        """
        value, error = self._numbers(shares), self._numbers.errors
        below = np.where(self._ends[:, 0], ndtr((-self._excused - value) / error), 0.0)
        above = np.where(self._ends[:, 1], ndtr((value - 1.0 - self._excused) / error), 0.0)
        low, high = self._rest
        given, error = self._given(shares)[:, 0], self._given.errors[0]
        is_prior = ndtr((given - low) / error) - ndtr((given - high) / error)
        missed: Floats = len(self._ends) * (1.0 - is_prior) + is_prior * (below + above).sum(axis=1)
        return missed


class _Fit:
    """Polynomials of second degree, one for each column of what was found."""

    def __init__(self, shares: Floats, values: Floats) -> None:
        self._pipeline = _pipeline().fit(shares, values)
        squared = -np.atleast_1d(self._pipeline[-1].best_score_)  # each point in turn left out
        self.errors: Floats = np.maximum(np.sqrt(squared), SMALLEST_ERROR)

    def __call__(self, shares: Floats) -> Floats:
        """Values at points: float64[point, column]."""
        found: Floats = self._pipeline.predict(shares).reshape(len(shares), -1)
        return found


def _pipeline() -> Any:
    linear, preprocessing, pipeline = (
        load_extra(f"sklearn.{name}", "analysis") for name in ("linear_model", "preprocessing", "pipeline")
    )
    return pipeline.make_pipeline(
        preprocessing.FunctionTransformer(_centred),
        preprocessing.PolynomialFeatures(2, include_bias=False),
        preprocessing.StandardScaler(),
        preprocessing.FunctionTransformer(_with_small_curves),
        linear.RidgeCV(RIDGE, alpha_per_target=True),
    )


def _centred(shares: Floats) -> Floats:
    return 2.0 * shares - 1.0


def _with_small_curves(terms: Floats) -> Floats:
    """Terms of which those of second degree count less: n of first, n (n + 3) / 2 in all."""
    n = round((math.sqrt(9 + 8 * terms.shape[1]) - 3) / 2)
    return np.concatenate([terms[:, :n], CURVES * terms[:, n:]], axis=1)


def _scale(bands: Sequence[Band]) -> tuple[Floats, Floats]:
    """Lower end and width of each band; one that has a single end begins or ends there."""
    wide = np.array([width(band) for band in bands])
    low = [band.low if _binds(band)[0] else band.high - width(band) for band in bands]
    return np.array(low), wide


def _binds(band: Band) -> tuple[bool, bool]:
    """Whether a band's lower and upper ends can be missed."""
    return math.isfinite(band.low) and band.low != NATURAL_FLOOR, math.isfinite(band.high)
