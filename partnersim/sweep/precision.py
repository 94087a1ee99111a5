"""The points that need more replicates, where a plan says how precisely measures are to be known.

The answer depends on stored runs alone, and not on the order in which they came to be there: so
whoever asks, and whenever, gets the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from partnersim.runs.measures import MEASURES, Floats
from partnersim.sweep.chunks import Range, cut, to_ranges
from partnersim.sweep.plan import Plan, Precision
from partnersim.sweep.reading import insist
from partnersim.sweep.store import Store
from partnersim.sweep.tables import STATUS, Labels, Table

NUMBERS_AT_ONCE = 4_000_000
"""Numbers of the store that are held in memory at once: 32 MB."""


def find_imprecise(store: Store, rule: Precision, points: Sequence[Range], n_replicates: int) -> list[Range]:
    """Find those of some points, of which all these replicates are stored, that are not known closely enough.

    What counts is half the width of the interval of a mean by Student's t, or of the mean
    difference of each arm from base where there are arms. A censored measure counts as the last
    month, as it does where effects are shared out.
    """
    arms = tuple(store.plan.arms_by_name) if store.plan.has_arms else ()
    keys = ("point", *(["arm"] if arms else []), "replicate")
    rows = Table("runs", tuple(store.files()), keys, rule.measures, store.plan.points.n_points, arms, {})
    of_each = n_replicates * store.plan.n_arms * len(rule.measures)
    needed: list[int] = []
    for part in cut(points, max(1, NUMBERS_AT_ONCE // of_each)):
        numbers = np.concatenate([np.arange(begin, end) for begin, end in part])
        is_wide = np.zeros(len(numbers), np.bool_)
        read = partial(_read, rows, store.plan, rule.measures, numbers, n_replicates)
        values = insist(read, store.folder / "runs")
        for name in rule.measures:
            of_measure = values[name]
            if store.plan.n_arms > 1:
                of_measure = of_measure[:, 1:] - of_measure[:, :1]
            widths = half_widths(of_measure, rule.confidence)
            is_wide |= (widths > rule.half_width[name]).any(axis=1)
        needed += numbers[is_wide].tolist()
    return to_ranges(needed)


def half_widths(values: Floats, confidence: float) -> Floats:
    """Compute half the width of the interval of a mean, over the last axis; NaN values do not count.

    Infinite for one value; 0 for none, as more of what fails would not help.
    """
    from scipy.special import stdtrit

    is_known = np.isfinite(values)
    n = is_known.sum(axis=-1)
    mean = np.where(is_known, values, 0.0).sum(axis=-1) / np.maximum(n, 1)
    squares = np.where(is_known, (values - mean[..., np.newaxis]) ** 2, 0.0).sum(axis=-1)
    freedom = np.maximum(n - 1, 1)
    reach = stdtrit(freedom, (1 + confidence) / 2) * np.sqrt(squares / freedom / np.maximum(n, 1))
    return np.select([n == 0, n == 1], [0.0, np.inf], reach)


def _read(
    rows: Table, plan: Plan, measures: Sequence[str], numbers: Labels, n_replicates: int
) -> dict[str, Floats]:
    """Read measures of some points: float64[point, arm, replicate] each; NaN where a run failed."""
    wanted = {key: np.arange(len(labels)) for key, labels in rows.axes.items()}
    wanted |= {"point": numbers, "replicate": np.arange(n_replicates)}
    found = rows.grid(["status", *measures], wanted)
    for name in measures:
        if MEASURES[name].is_censored:
            is_censored = np.isnan(found[name]) & (found["status"] == STATUS.index("ok"))
            found[name][is_censored] = plan.base.months
    return {name: found[name].reshape(len(numbers), -1, n_replicates) for name in measures}
