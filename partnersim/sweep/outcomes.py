"""Outcomes: one measure over the points and replicates of a sweep, as analyses want it.

A measure is of one arm, or of what one arm has more than another, pair by pair: replicate r of both
has the same random numbers. What has no value is NaN, and counted by its reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from partnersim.runs.measures import MEASURES, ONLY_SERIES, Flags, Floats
from partnersim.scenario.errors import InputError, check_name

if TYPE_CHECKING:
    import pandas as pd

    from partnersim.sweep.plan import Plan
    from partnersim.sweep.tables import Array, Table

Censored = Literal["horizon", "missing"]

CENSORED: Mapping[Censored, str] = {
    "horizon": "a milestone never reached counts as the last month",
    "missing": "runs that never reach a milestone are left out",
}
"""What may be done with a milestone that a run does not reach, in words."""


@dataclass(frozen=True)
class Outcomes:
    """One measure over the points and replicates of a sweep.

    Attributes
    ----------
    measure, unit : str
    arm, against : str or None
        Whose measure; with `against`, how much more it is than that of `against`, pair by pair.
        None where the plan has no arms.
    censored : {"horizon", "missing"}
        What a milestone counts as that a run does not reach; see `CENSORED`.
    points : pandas.DataFrame
        Index `point`; a column for each parameter, by its dotted path.
    design : pandas.DataFrame
        Index `point`; what else the design says of its points, such as `matrix` or `trajectory`.
    values : float64[n_points, n_replicates]
        NaN where a run failed, is missing, or is censored and left out.
    n_failed, n_missing, n_censored : int
        How many values (pairs, of a difference) have a run that failed; else one that is still to
        come or has no such measure; else one that did not reach the milestone.
    """

    measure: str
    unit: str
    arm: str | None
    against: str | None
    censored: Censored
    points: pd.DataFrame
    design: pd.DataFrame
    values: Floats
    n_failed: int
    n_missing: int
    n_censored: int

    @property
    def n_points(self) -> int:
        """The number of points, whether they have values or not."""
        return len(self.values)

    @property
    def n_replicates(self) -> int:
        """The number of replicates of a point at most."""
        return int(self.values.shape[1])

    @property
    def is_drawn(self) -> Flags:
        """Whether each point was drawn by itself: of Saltelli's design the others are mixtures of these."""
        if "matrix" not in self.design:
            return np.ones(len(self.points), bool)
        return np.asarray(self.design["matrix"].isin(["A", "B"]))

    @property
    def means(self) -> Floats:
        """Mean of each point over the replicates that are there, float64[n_points]; NaN where none is."""
        return mean_of_replicates(self.values)

    def in_words(self) -> str:
        """Tell what has no value, and what censored runs count as; empty where all is there."""
        what = "value" if self.against is None else "pair"
        said = [
            f"{n:,} {what}{'s' * (n != 1)} {how}"
            for n, how in (
                (self.n_failed, "left out: a run failed"),
                (self.n_missing, "left out: still to come, or without this measure"),
                (self.n_censored, f"censored: {CENSORED[self.censored]}"),
            )
            if n
        ]
        return "; ".join(said)


def mean_of_replicates(values: Floats) -> Floats:
    """Return the mean over the last axis of what is no NaN; NaN where nothing is."""
    is_there = np.isfinite(values)
    count = is_there.sum(axis=-1)
    total = np.where(is_there, values, 0.0).sum(axis=-1)
    means: Floats = np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
    return means


class Source(NamedTuple):
    """Where outcomes are read: the plan of a sweep, its points, and a table of runs or of series."""

    plan: Plan
    points: pd.DataFrame
    rows: Table


def read_outcomes(
    source: Source, measure: str, arm: str | None, against: str | None, censored: Censored
) -> Outcomes:
    """Read the outcomes of one measure; see `partnersim.Sweep.outcomes`."""
    plan, runs = source.plan, source.rows
    check_name(measure, plan.measure_names, "measure in the sweep")
    check_name(censored, CENSORED, "way to count what is censored")
    arm, against = _check_arms(plan, arm, against)
    horizon = float(plan.base.months) if MEASURES[measure].is_censored else None
    wanted = {key: np.arange(len(labels)) for key, labels in runs.axes.items()}
    values = np.full((runs.n_points, len(runs.axes["replicate"])), np.nan)
    counts = np.zeros(3, np.int64)
    for begin, end in runs.by_points():
        found = runs.grid(["status", measure], wanted | {"point": np.arange(begin, end)})
        sides, status = (_sides(found[name], runs, arm, against) for name in (measure, "status"))
        is_never = (status == 0) & np.isnan(sides) & (horizon is not None)
        here = _difference(np.where(is_never, horizon or 0.0, sides))
        has_failed = (status == 1).any(axis=0)
        is_missing = np.isnan(here) & ~has_failed
        is_censored = is_never.any(axis=0) & ~has_failed & ~is_missing
        values[begin:end] = np.where(is_censored & (censored == "missing"), np.nan, here)
        counts += [has_failed.sum(), is_missing.sum(), is_censored.sum()]
    points, design = _points(source)
    unit = MEASURES[measure].unit
    return Outcomes(measure, unit, arm, against, censored, points, design, values, *map(int, counts))


def read_series(
    source: Source, series: str, arm: str | None, against: str | None, months: Sequence[int]
) -> Iterator[tuple[int, Outcomes]]:
    """Read a series in some months, rising and each once: the outcomes of each, of the runs that keep it."""
    plan, rows = source.plan, source.rows
    check_name(series, rows.values, "series in the sweep")
    arm, against = _check_arms(plan, arm, against)
    wanted = {key: np.arange(len(labels)) for key, labels in rows.axes.items()}
    wanted["month"] = np.array(months, np.int64)
    values = np.full((rows.n_points, len(rows.axes["replicate"]), len(months)), np.nan)
    for begin, end in rows.by_points():
        found = rows.grid([series], wanted | {"point": np.arange(begin, end)})[series]
        values[begin:end] = _difference(_sides(found, rows, arm, against))
    points, design = _points(source)
    unit = (MEASURES.get(series) or ONLY_SERIES[series]).unit
    for number, month in enumerate(months):
        now = values[:, :, number]
        n_missing = int(np.isnan(now).sum())
        yield month, Outcomes(series, unit, arm, against, "horizon", points, design, now, 0, n_missing, 0)


def _check_arms(plan: Plan, arm: str | None, against: str | None) -> tuple[str | None, str | None]:
    """Check the names of arms, and fill in the first; both are None where the plan has no arms."""
    for name in (arm, against):
        if name is not None:
            check_name(name, plan.arms_by_name, "arm in the sweep")
    arm = arm or next(iter(plan.arms_by_name))
    if against == arm:
        raise InputError(f"{against!r}: is compared with itself; name two different arms")
    return (arm, against) if plan.has_arms else (None, None)


def _sides(values: Array, rows: Table, arm: str | None, against: str | None) -> Array:
    """Take the arms that are asked for from a grid; they are the first axis, also where there is one."""
    if arm is None:
        return values[np.newaxis]
    which = [rows.arms.index(name) for name in (arm, against) if name is not None]
    return np.moveaxis(values[:, which], 1, 0)


def _difference(sides: Array) -> Array:
    """Return how much more the first side is than the second, or the only side as it is."""
    first: Array = sides[0]
    return first - sides[1] if len(sides) > 1 else first


def _points(source: Source) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part the columns of the points: the parameters, and the design's own."""
    paths = [path for path in source.plan.parameters_by_path if path in source.points]
    return source.points[paths], source.points.drop(columns=paths)
