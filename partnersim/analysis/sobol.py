"""Sobol' indices of a Saltelli design: of first, total and second order, with intervals.

First order by Saltelli's estimator of 2010, total order by Jansen's, second order by Saltelli's of
2002: as SALib has them [saltelli2010; jansen1999; saltelli2002]. Here a base row that is not whole is
left out, where SALib would make every index 0, and intervals cost a matrix product.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np

from partnersim.analysis.resampling import weighted_means
from partnersim.runs.measures import Floats


class Layout(NamedTuple):
    """How a base row is laid out: A, AB of each group, BA of each group or none, B.

    Attributes
    ----------
    n_groups : int
        Groups of parameters; one that is in none is a group by itself.
    has_second_order : bool
    """

    n_groups: int
    has_second_order: bool

    @property
    def length(self) -> int:
        """The number of points of a base row."""
        return 2 + self.n_groups * (1 + self.has_second_order)

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """The pairs of groups that have an index of second order."""
        return list(combinations(range(self.n_groups), 2)) if self.has_second_order else []


def estimate_indices(means: Floats, counts: Floats, layout: Layout) -> Floats:
    """Estimate indices for each of some resamples of base rows.

    Parameters
    ----------
    means
        float64[n_rows, layout.length].
    counts
        float64[n_resamples, n_rows]: how often each row counts.

    Returns
    -------
    float64[n_resamples, n_indices]
        First, total and second order, one after another; NaN where there is no variance.
    """
    n, pairs = layout.n_groups, layout.pairs
    # The first and second order estimators are biased where outcomes are far from 0.
    centred = means - means.mean()
    a, ab, b = centred[:, :1], centred[:, 1 : n + 1], centred[:, -1:]
    ba = centred[:, n + 1 : -1]
    left, right = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    products = np.hstack(
        [a + b, a**2 + b**2, b * (ab - a), (a - ab) ** 2, ba[:, left] * ab[:, right] - a * b]
    )
    found = weighted_means(products, counts)
    variance = found[:, 1:2] / 2 - (found[:, :1] / 2) ** 2
    variance[variance <= 1e-14 * found[:, 1:2]] = np.nan
    first = found[:, 2 : n + 2] / variance
    total = found[:, n + 2 : 2 * n + 2] / 2 / variance
    second = found[:, 2 * n + 2 :] / variance - first[:, left] - first[:, right]
    return np.hstack([first, total, second])
