"""The codebook: the meaning, unit and range of each column that is exported."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from partnersim.runs.measures import MEASURES, ONLY_SERIES, Measure


class Entry(NamedTuple):
    """A column of a table, described.

    Attributes
    ----------
    column, label, unit, meaning : str
        Name, plain words, unit (empty for none) and an exact sentence.
    low, high : float or None
        Ends of the range of its numbers; None for no such end.
    """

    column: str
    label: str
    unit: str
    meaning: str
    low: float | None = None
    high: float | None = None


def of_measure(measure: Measure, *, is_series: bool = False) -> Entry:
    """Describe a measure, or the monthly series of its name."""
    meaning = measure.definition
    if is_series:
        meaning = meaning.replace(", in the last month", "")
    return Entry(measure.name, measure.label, measure.unit, meaning, measure.low, measure.high)


_KEYS = {
    name: Entry(name, label, unit, meaning, low)
    for name, label, unit, meaning, low in (
        ("point", "point", "", "Number of the point: a row of the design.", 0),
        ("sweep", "sweep", "", "Folder of the sweep that has the point.", None),
        ("origin", "origin", "", "Whether the search chose it or it was spread evenly.", None),
        ("staff_days", "staff days", "staff days per month", "Cost beyond that of the place as it is.", None),
        ("arm", "arm", "", "Name of what is compared; base is the scenario as it stands.", None),
        ("base", "base", "", "Name of the arm that others are compared with.", None),
        ("replicate", "replicate", "", "Number of the run; the same number has the same random numbers.", 0),
        ("month", "month", "months", "Months gone; 0 is the start.", 0),
        ("luck_number", "luck", "", "Which random numbers: runs of one number have the same.", 0),
        ("status", "status", "", "Whether the run is ok or failed.", None),
        ("error", "error", "", "Name of the error of a failed run.", None),
        ("message", "message", "", "What a failed run said.", None),
        ("matrix", "matrix", "", "Matrix of a Saltelli design that the point is from.", None),
        ("base_row", "base row", "", "Row of the design's base that the point is made of.", 0),
        ("trajectory", "trajectory", "", "Number of the walk through the parameters.", 0),
        ("step", "step", "", "Steps gone of the walk.", 0),
        ("changed", "changed", "", "The parameter or group that the point changes; empty for none.", None),
        ("measure", "measure", "", "Name of the measure that the row is about.", None),
        ("series", "series", "", "Name of the series that the row is about.", None),
        ("unit", "unit", "", "Unit of the measure.", None),
        ("mean", "mean", "as the measure", "Mean over replicates, or over pairs of a difference.", None),
        ("median", "median", "as the measure", "Middle of the replicates.", None),
        *(
            (f"p{k:02}", f"percentile {k}", "as the measure", f"What {k} of 100 replicates lie under.", None)
            for k in (5, 25, 75, 95)
        ),
        ("monte_carlo_error", "error", "as the measure", "Standard error of the mean.", 0),
        ("ci95_low", "interval, low", "as the measure", "Lower end of the 95 % interval.", None),
        ("ci95_high", "interval, high", "as the measure", "Upper end of the 95 % interval.", None),
        ("n_pairs", "pairs", "pairs", "Pairs of replicates that the mean is over.", 0),
        ("against", "against", "", "Arm whose measure is taken off, pair by pair; empty for none.", None),
        ("method", "method", "", "Method of the sensitivity analysis.", None),
        ("parameter", "parameter", "", "Path of the parameter, or name of its group.", None),
        ("other", "other parameter", "", "The other one of an index of second order.", None),
        ("index", "index", "", "Name of the sensitivity index; docs/sweeps.md explains each.", None),
        (
            *("value", "value", "as the index or the parameter"),
            *("The index: a share, or of morris in the measure's unit; of a parameter, its value.", None),
        ),
        ("n_rows", "rows", "", "Base rows, trajectories or points that the index is over.", 0),
        ("n_points", "points", "", "Points that the row is over.", 0),
        ("n_runs", "runs", "", "Runs that the row is over, whether they have the measure or not.", 0),
        ("is_clear", "clear", "", "Whether the effect is told from chance.", None),
        *(
            (
                f"{axis}_{end}",
                f"{axis}, {word}",
                "as the parameter",
                f"{word.capitalize()} of the cell {way}.",
                None,
            )
            for axis, way in (("x", "across"), ("y", "up"))
            for end, word in (("low", "lower end"), ("high", "upper end"))
        ),
        ("emulated", "emulated", "as the measure", "Value of the emulator in the middle of the cell.", None),
        ("phase", "phase", "", "What change does in the cell, or that there are too few points.", None),
        ("low", "lower limit", "as the parameter", "Lower limit of the box; empty for none.", None),
        ("high", "upper limit", "as the parameter", "Upper limit of the box; empty for none.", None),
        ("names", "names", "", "Values that the box allows, of a parameter of names.", None),
        *(
            (
                f"{end}_{p}",
                f"{end} limit, {p}",
                "as the parameter",
                f"{k}th percentile of the limit over resamples.",
                None,
            )
            for end in ("low", "high")
            for p, k in (("p05", 5), ("p95", 95))
        ),
        ("what", "what", "", "What is moved.", None),
        ("how", "how", "", "How it is moved.", None),
        ("in_this_run", "in this run", "as the measure", "What moving it changes in this run.", None),
        ("median_ci95_low", "median, low", "as the measure", "Lower end of the median's interval.", None),
        ("median_ci95_high", "median, high", "as the measure", "Upper end of the median's interval.", None),
        ("mean_difference", "difference", "as the measure", "Mean difference from base over pairs.", None),
        ("points_elsewhere", "points elsewhere", "", "Whether the median surely goes another way.", None),
        ("number", "number", "", "Number of the choice, the best first.", 1),
        ("choice", "choice", "", "What is chosen, in words.", None),
        ("objective", "objective", "", "Name of the measure that is sought, or staff days.", None),
        ("difference", "difference", "as the objective", "How much more than the place as it is.", None),
        ("most_regret", "most regret", "as the objective", "What it falls short by, at worst.", None),
        ("observed", "observed", "as the measure", "What was observed.", None),
        ("standard_error", "standard error", "as the measure", "Standard error of what was observed.", 0),
        *(
            (f"{what}_{end}", f"{what}, {word}", "as parameter or measure", f"{of}: its {word}.", None)
            for what, of in (
                ("prior", "Values in the sweep"),
                ("posterior", "Values that fit"),
                ("sweep", "Runs of the sweep"),
                ("predicted", "New runs of what fits"),
            )
            for end, word in (("p05", "5th percentile"), ("median", "median"), ("p95", "95th percentile"))
        ),
        ("correlation", "correlation", "", "Correlation of two parameters among what fits.", -1),
        ("is_held", "held", "", "Whether trust is held there, and not where it comes to rest.", None),
        ("part", "part", "", "The mechanism that moved trust, or start and end.", None),
        ("change", "change", "trust", "What the mechanism added to trust; start and end: trust itself.", -1),
        ("trustor", "who trusts", "", "The organisation that trusts.", None),
        ("trustee", "who is trusted", "", "The organisation that is trusted.", None),
        ("in_words", "in words", "", "The value, by named steps.", None),
        ("rank", "rank", "", "Place among all replicates, the least first.", 1),
        ("partnerships", "partnerships", "runs", "Replicates.", 0),
        ("came_about", "came about", "runs", "Replicates that reach the milestone in time.", 0),
        ("of_100", "of 100", "of 100 runs", "Of each 100 replicates, those that do.", 0),
        ("title", "title", "", "What the published figure is.", None),
        ("source", "source", "", "Where the figure was published.", None),
        ("reference_month", "reference month", "months", "Month against whose value the figure is told.", 0),
        ("published", "published", "as the unit", "The published figure.", None),
        *(
            (f"simulated_{end}", f"simulated, {end}", "as the unit", f"Over replicates: the {word}.", None)
            for end, word in (("p05", "5th percentile"), ("median", "median"), ("p95", "95th percentile"))
        ),
        ("kinds_of_search", "kinds, search", "kinds", "Kinds that the search reached so far.", 0),
        ("kinds_of_sample", "kinds, sample", "kinds", "Kinds that an even sample reached so far.", 0),
    )
} | {
    name: Entry(name, label, "share", meaning, 0, 1)
    for name, label, meaning in (
        ("share_explained", "explained", "Share of the variance between points that it explains."),
        ("share_survived", "survived", "Share of runs in which the partnership survives."),
        ("share_sustained", "sustained", "Share of runs in which change keeps accelerating."),
        ("density_without", "density without", "Share of cases in the box without this limit."),
        ("quasi_p", "quasi-p", "Binomial test of the limit, as if it had not been chosen."),
        ("chance", "chance", "How often shuffled outcomes do as well, times the number of parameters."),
        ("reproduced", "reproduced", "Share of resamples in which this parameter is limited too."),
        ("satisfied", "satisfied", "Share of points at which the choice is good enough."),
        ("coverage_of_90", "coverage of 90 %", "Share of recoveries whose 90 % interval holds the truth."),
        ("place", "place", "Share of what is predicted that lies under what was observed."),
        ("reached", "reached", "Share of replicates that have the measure."),
        ("share_better", "share better", "Share of pairs in which the arm is better, ties half."),
        ("is_enough", "enough", "Whether there are replicates enough to read the mean."),
    )
}
"""Columns that are no measures."""


def find_entry(column: str, *, is_series: bool = False) -> Entry | None:
    """Find what a column of a table of runs, or of one of series, means; None if it is a parameter.

    Lines of a figure have columns such as `base: p25 trust`.
    """
    if column in _KEYS:
        return _KEYS[column]
    arm, is_line, line = column.rpartition(": ")
    if is_line:
        quantile, _, series = line.partition(" ")
        over, of = _KEYS.get(quantile), find_entry(series, is_series=True)
        if over is None or of is None:
            return None
        meaning = f"With {arm}: {over.meaning[0].lower()}{over.meaning[1:-1]}, of: {of.meaning}"
        return of._replace(column=column, label=f"{of.label}, {over.label}, {arm}", meaning=meaning)
    measure = MEASURES.get(column) or ONLY_SERIES.get(column)
    return None if measure is None else of_measure(measure, is_series=is_series)


def find_entries(columns: Iterable[str], *, is_series: bool = False) -> dict[str, Entry]:
    """Find what the columns of a table mean, by column; parameters are left out."""
    found = {column: find_entry(column, is_series=is_series) for column in columns}
    return {column: entry for column, entry in found.items() if entry is not None}


def describe(entry: Entry | None, kind: np.dtype[Any] | None = None) -> dict[str, Any]:
    """Describe a column as the conventions for NetCDF have it; ends are of the column's type."""
    if entry is None:
        return {}
    words = {"long_name": entry.label, "units": entry.unit, "description": entry.meaning}
    found: dict[str, Any] = {key: word for key, word in words.items() if word}
    kind = np.dtype(np.float64) if kind is None else kind
    if kind.kind in "fiu":
        ends = {"valid_min": entry.low, "valid_max": entry.high}
        found |= {key: kind.type(end) for key, end in ends.items() if end is not None}
    return found


def codebook_csv(tables: Mapping[str, Iterable[Entry]]) -> str:
    """Write the codebook of some tables as CSV: a row for each column of each."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(("table", *Entry._fields))
    for table, entries in tables.items():
        lines.writerows((table, *entry) for entry in entries)
    return text.getvalue()
