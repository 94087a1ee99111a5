"""Measures: pure functions from the months of a run to what is reported of it.

Every function takes whole arrays of runs, one row a replicate, and works row by row: a row's
numbers are the same, bit for bit, alone and in any batch. Definitions in full, with windows,
thresholds and what is done with milestones that are never reached, are in docs/measures.md.

A series is float64[n_replicates, months + 1]: column 0 is the start, column t the end of month t.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from partnersim.model.constants import LEAST_MEMBERS
from partnersim.model.series import DETAIL, SERIES

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Wholes = npt.NDArray[np.int64]
Detail = Mapping[str, Floats]

DERIVED_SERIES = ("speed",)
"""Series that are worked out from what the core records."""

ALL_SERIES = (*SERIES, *DERIVED_SERIES)
"""All monthly series that results may have."""

YEAR = 12
FEWEST_YEARS = 3
"""The fewest whole years through which a slope can be drawn with an error of its own."""

SIGNIFICANCE = 0.02
"""Level of the test for a rising trend, one-sided. Months hang together, which the test does not
know: at this level it errs in about one of twenty runs of ten years whose pace is constant."""

DOUBLING_YEARS = 10
"""Years in which a pace doubles, steadily, where the power of the test is measured."""

FASTER_PACE = 1.5
"""Speed, against that of the first year, that counts as a faster pace."""

MILESTONES = (25, 50, 80)
"""Milestones, in per cent of the vision."""

N_TURNS = 2
"""Each run's monthly gains are begun so many times at another month, to see what chance alone gives."""

_TURN_STREAM = 0x5AFF1E
"""A key that keeps the stream of these turns apart from other uses of the same seed."""


@dataclass(frozen=True)
class Measure:
    """A measure: one number of a run, with its meaning, unit and range.

    Attributes
    ----------
    name
        Its name, as in results and files.
    label
        Plain words, for tables and figures.
    unit
        Unit of the number.
    higher_is_better
        None where neither end is good by itself.
    definition
        One exact sentence.
    is_censored
        Whether a run may end before the thing has happened; then the number is NaN, and means
        'later than the horizon'.
    is_yes_or_no
        Whether it is 1 or 0, so that its mean is a share of runs.
    low
        The least that it can be; None for no such end.
    """

    name: str
    label: str
    unit: str
    higher_is_better: bool | None
    definition: str
    is_censored: bool = False
    is_yes_or_no: bool = False
    low: float | None = 0.0

    @cached_property
    def high(self) -> float | None:
        """Return the most that the number can be: 1 for a share; None for no such end."""
        return 1.0 if self.unit in ("share", "share of runs") else None


def _last(
    name: str,
    label: str,
    higher_is_better: bool | None,
    meaning: str,
    unit: str = "share",
    low: float | None = 0.0,
) -> Measure:
    """Declare the last month of the series of the same name a measure."""
    return Measure(name, label, unit, higher_is_better, f"{meaning}, in the last month.", low=low)


_AT_THE_END = (
    _last("trust", "trust", True, "Mean trust between members present"),
    _last("competence_trust", "competence trust", True, "Mean over links of members present"),
    _last("goodwill_trust", "goodwill trust", True, "Mean over links of members present"),
    _last(
        "vision_commitment", "commitment to the vision", True,
        "Mean over members present and their layers",
    ),
    _last(
        "contribution", "contribution promised", True,
        "Share of free capacity promised to the partnership, mean over members present",
    ),
    _last(
        "delivered", "contribution delivered", True,
        "Share of free capacity really given, mean over members present",
    ),
    _last("tension", "unresolved issues", False, "Mean over pairs of members present"),
    _last("contact", "contact", None, "Mean over pairs of members present"),
    _last("target_pressure", "pressure of own targets", False, "Mean over members present"),
    _last(
        "perceived_joint_working", "joint working as perceived", None,
        "What a survey of members present would say; nothing of delivery is in it",
    ),
    _last("outcome", "demand met the old way", False, "Index, 100 at the start", unit="index"),
)  # fmt: skip

_AFTER_EFFECT = (
    _last(
        "vision_realised", "benefit embedded", True,
        "Weighted sum over domains of the benefit that stands", low=-1.0,
    ),
    _last(
        "cost", "staff time spent", False,
        "Staff days so far on meetings, away days and coordinators", unit="staff days",
    ),
    _last(
        "equity", "fairness", True,
        "1 less the Gini index of members' own benefit less own cost; 1 is fairest",
    ),
)  # fmt: skip

_INITIATIVES = (
    _last("initiatives_completed", "initiatives completed", True, "Number so far", unit="initiatives"),
    _last("initiatives_abandoned", "initiatives given up", False, "Number so far", unit="initiatives"),
    _last("initiatives_under_way", "initiatives under way", None, "Number then", unit="initiatives"),
)

_BY_LAYER = (
    _last("trust_board", "trust between boards", True, "Mean over members present"),
    _last("trust_management", "trust between managements", True, "Mean over members present"),
    _last("trust_front_line", "trust on the front line", True, "Mean over members present"),
)

LAST_MONTH_MEASURES = tuple(
    measure.name for measure in (*_AT_THE_END, *_AFTER_EFFECT, *_INITIATIVES, *_BY_LAYER)
)

MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure(
            "change_delivered", "change delivered", "share of the vision", True,
            "Work done over the size of the vision, in the last month; not capped, and work counts "
            "when it is done, whatever becomes of its initiative.",
        ),
        Measure(
            "speed", "speed", "share of the vision per year", True,
            "Change delivered in the last 12 months.",
        ),
        Measure(
            "acceleration", "acceleration", "share of the vision per year²", True,
            "Least-squares slope of the yearly change over all whole years, 3 at least.", low=None,
        ),
        Measure(
            "second_half_less_first", "second half less first", "share of the vision", True,
            "Change in the second half of the run less change in the first.", low=None,
        ),
        Measure(
            "mean_speed", "mean speed", "share of the vision per year", True,
            "Mean of speed from month 13 to the last.",
        ),
        Measure(
            "peak_speed", "highest speed", "share of the vision per year", True,
            "Highest speed of any month from month 12 on.",
        ),
        Measure(
            "is_sustained_acceleration", "sustained acceleration", "share of runs", True,
            "1 if the slope of the yearly change is above 0 by a one-sided t test at 2 %, else 0; "
            "3 whole years at least.", is_yes_or_no=True,
        ),
        Measure(
            "sustained_acceleration_by_chance", "sustained acceleration by chance alone",
            "share of runs", None,
            "Share judged sustained of 2 turns of the run's own monthly gains, which begin at another "
            "month and go on from the last to the first; its mean is the false-positive rate of "
            "is_sustained_acceleration.",
        ),
        Measure(
            "sustained_acceleration_if_doubling", "sustained acceleration found where pace doubles",
            "share of runs", None,
            "Share judged sustained of the same turns, scaled to a pace that doubles steadily in 10 "
            "years; its mean is the power of is_sustained_acceleration.",
        ),
        Measure(
            "sustained_pace", "months at a faster pace", "months", True,
            "Longest spell of months with a speed above zero and at least 1.5 times that of the "
            "first year.",
        ),
        Measure(
            "months_to_first_initiative", "months to the first completed initiative", "months",
            False, "First month at whose end an initiative has been completed.",
            is_censored=True,
        ),
        *(
            Measure(
                f"months_to_{percent}", f"months to {percent} % of the vision", "months", False,
                f"First month at whose end change_delivered is {percent / 100:g} or more.",
                is_censored=True,
            )
            for percent in MILESTONES
        ),
        *_AT_THE_END,
        Measure(
            "outcome_effect", "demand avoided", "index", True,
            "The outcome without any partnership work less the outcome, in the last month.", low=None,
        ),
        *_AFTER_EFFECT,
        Measure(
            "survived", "partnership survived", "share of runs", True,
            "1 if the partnership has not collapsed by the last month, else 0.",
            is_yes_or_no=True,
        ),
        Measure(
            "months_to_collapse", "months to collapse", "months", True,
            "First month at whose end under half of the founding capacity is left, or one member.",
            is_censored=True,
        ),
        *_INITIATIVES,
        Measure(
            "actual_over_planned", "time taken against plan", "times planned", False,
            "Months that the completed initiatives took over the months planned for them; missing "
            "where none is completed.",
        ),
        *_BY_LAYER,
    )
}  # fmt: skip


ONLY_SERIES: dict[str, Measure] = {
    name: Measure(name, label, unit, None, meaning)
    for name, label, unit, meaning in (
        ("outcome_alone", "demand without joint work", "index", "The outcome if nobody had worked together."),
        ("n_members", "members", "organisations", "Organisations that are present."),
        ("months_of_completed", "months taken", "months", "Months that completed initiatives took so far."),
        ("planned_months_of_completed", "months planned", "months", "Months that were planned for them."),
        ("waiting", "held up", "share", "Part of the work under way that waits for a decision."),
        ("n_coordinators", "coordinators", "coordinators", "Coordinators at work."),
    )
}
"""Series after which no measure is named."""


def measure(
    series: Mapping[str, Floats], *, seed: int = 1, first_replicate: int | Wholes = 0
) -> dict[str, Floats]:
    """Work out all measures of some runs.

    Parameters
    ----------
    series
        float64[n_replicates, months + 1] by the names that the core records.
    seed, first_replicate
        Address of the rows: row r is replicate `first_replicate` + r of this seed; or the number
        of each row, int64[n_replicates]. Only the shuffles of the false-positive rate depend on
        it.

    Returns
    -------
    dict
        float64[n_replicates] for each name in `MEASURES`, in that order.
    """
    # One layout for all: sums along a row then do not depend on how many rows there are.
    series = {name: np.ascontiguousarray(values) for name, values in series.items()}
    change = series["change_delivered"]
    has_collapsed = find_collapsed(series["n_members"])
    by_chance, if_doubling = judge_turns(change, seed=seed, first_replicate=first_replicate)
    values = {name: series[name][:, -1].copy() for name in LAST_MONTH_MEASURES}
    values |= _measure_speeds(change)
    values |= {
        "change_delivered": change[:, -1].copy(),
        "acceleration": measure_acceleration(change),
        "second_half_less_first": compare_halves(change),
        "is_sustained_acceleration": judge_sustained(yearly_change(change)),
        "sustained_acceleration_by_chance": by_chance,
        "sustained_acceleration_if_doubling": if_doubling,
        "months_to_first_initiative": find_first_month(series["initiatives_completed"] >= 1),
        "actual_over_planned": _compare_with_plans(series),
        "outcome_effect": series["outcome_alone"][:, -1] - series["outcome"][:, -1],
        "survived": (~has_collapsed[:, -1]).astype(np.float64),
        "months_to_collapse": find_first_month(has_collapsed),
    }
    for percent in MILESTONES:
        values[f"months_to_{percent}"] = find_first_month(change >= percent / 100)
    return {name: values[name] for name in MEASURES}


# --- series -----------------------------------------------------------------------------------


def name_series(recorded: Floats) -> dict[str, Floats]:
    """Return the series of some runs by name, float64[n_replicates, months + 1] each.

    `recorded` is what the core wrote: float64[n_replicates, months + 1, len(SERIES)].
    """
    # One transposition for all: series by series it would take six times as long.
    by_name = np.ascontiguousarray(recorded.transpose(2, 0, 1))
    return dict(zip(SERIES, by_name, strict=True))


def with_derived(series: Mapping[str, Floats], wanted: Collection[str] = DERIVED_SERIES) -> dict[str, Floats]:
    """Return the series and, if it is wanted, speed, which is worked out from them."""
    return {**series, "speed": speed(series["change_delivered"])} if "speed" in wanted else dict(series)


# --- speed ------------------------------------------------------------------------------------


def speed(change_delivered: Floats) -> Floats:
    """Return the change delivered in the last 12 months, each month: per year; NaN before month 12."""
    result = np.full(change_delivered.shape, np.nan)
    result[:, YEAR:] = change_delivered[:, YEAR:] - change_delivered[:, :-YEAR]
    return result


def _measure_speeds(change: Floats) -> dict[str, Floats]:
    """Work out the measures that are about speed itself."""
    speeds = speed(change)
    return {
        "speed": speeds[:, -1].copy(),
        "mean_speed": _over_months(np.mean, speeds[:, YEAR + 1 :]),
        "peak_speed": _over_months(np.max, speeds[:, YEAR:]),
        "sustained_pace": measure_sustained_pace(speeds),
    }


def _over_months(statistic: Callable[..., Floats], values: Floats) -> Floats:
    """Return a statistic of each row; NaN where there are no months."""
    if values.shape[1] == 0:
        return np.full(values.shape[0], np.nan)
    return statistic(np.ascontiguousarray(values), axis=1)


def measure_sustained_pace(speeds: Floats) -> Floats:
    """Find the longest spell, in months, at 1.5 times the speed of the first year or more.

    After a first year without any change every month with a speed above zero is faster.
    NaN in runs shorter than a year.
    """
    if speeds.shape[1] <= YEAR:
        return np.full(speeds.shape[0], np.nan)
    later = speeds[:, YEAR:]
    return longest_spell((later > 0) & (later >= FASTER_PACE * later[:, :1]))


# --- acceleration, and how sure one may be of it --------------------------------------------------


def yearly_change(change_delivered: Floats) -> Floats:
    """Return the change in each whole year: float64[n_replicates, n_years]."""
    return np.diff(change_delivered[:, ::YEAR], axis=1)


def measure_acceleration(change_delivered: Floats) -> Floats:
    """Return the least-squares slope of the yearly change over the run; NaN under `FEWEST_YEARS`."""
    return _slopes(yearly_change(change_delivered))[0]


def compare_halves(change_delivered: Floats) -> Floats:
    """Return the change in the second half less that in the first; an odd middle month is in neither."""
    half = (change_delivered.shape[1] - 1) // 2
    if half == 0:
        return np.full(change_delivered.shape[0], np.nan)
    first = change_delivered[:, half] - change_delivered[:, 0]
    return np.asarray(change_delivered[:, -1] - change_delivered[:, -1 - half] - first)


def _slopes(yearly: Floats) -> tuple[Floats, Floats]:
    """Fit a slope to each row by least squares, with its standard error; NaN under `FEWEST_YEARS`."""
    n_years = yearly.shape[1]
    if n_years < FEWEST_YEARS:
        nothing = np.full(yearly.shape[0], np.nan)
        return nothing, nothing
    years = np.arange(n_years) - (n_years - 1) / 2
    about = yearly - yearly.mean(axis=1, keepdims=True)
    # Not as a matrix product, which may round differently for other numbers of rows.
    slope = (about * years).sum(axis=1) / (years**2).sum()
    left = about - slope[:, np.newaxis] * years
    with np.errstate(all="ignore"):  # squares of what is hardly anything, or more than a number holds
        error = np.sqrt((left**2).sum(axis=1) / ((n_years - 2) * (years**2).sum()))
    return slope, error


def judge_sustained(yearly: Floats) -> Floats:
    """Return 1 where the yearly change rises by a one-sided t test, else 0; NaN under `FEWEST_YEARS`."""
    slope, error = _slopes(yearly)
    if yearly.shape[1] < FEWEST_YEARS:
        return slope
    # What rounding alone gives is no rise.
    rises = slope > np.maximum(_least_t(yearly.shape[1] - 2) * error, 1e-12)
    return rises.astype(np.float64)


@cache
def _least_t(degrees_of_freedom: int) -> float:
    """Find the value of Student's t from which a trend is judged to rise."""
    low, high = 0.0, 1e3
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        is_beyond = (1.0 - _student_within(middle, degrees_of_freedom)) / 2 < SIGNIFICANCE
        low, high = (low, middle) if is_beyond else (middle, high)
    return high


def _student_within(t: float, degrees_of_freedom: int) -> float:
    """Return the chance that Student's t lies in -t to t (Abramowitz and Stegun 1964, 26.7.3 and 4)."""
    angle = math.atan(t / math.sqrt(degrees_of_freedom))
    is_odd = degrees_of_freedom % 2
    term = math.sin(angle) * (math.cos(angle) if is_odd else 1.0)
    terms = [term] if degrees_of_freedom > 1 else []
    for k in range(2 + is_odd, degrees_of_freedom, 2):
        term *= (k - 1) / k * math.cos(angle) ** 2
        terms.append(term)
    return (angle + sum(terms)) * 2.0 / math.pi if is_odd else sum(terms)


def judge_turns(
    change_delivered: Floats, *, seed: int = 1, first_replicate: int | Wholes = 0
) -> tuple[Floats, Floats]:
    """Find how often chance alone is judged sustained, and how often a pace that doubles in ten years.

    A turn of a run begins at a month drawn at random and goes on from the last to the first: its
    pace is constant, and months hang together as they did. Means over `N_TURNS` of each run.
    """
    n_runs, n_months = len(change_delivered), (change_delivered.shape[1] - 1) // YEAR * YEAR
    if n_months < FEWEST_YEARS * YEAR:
        nothing = np.full(n_runs, np.nan)
        return nothing, nothing
    gains = np.repeat(np.diff(change_delivered[:, : n_months + 1], axis=1), N_TURNS, axis=0)
    keys = _keys_of_runs(n_runs, N_TURNS, seed, first_replicate).reshape(-1, 1)
    order = (np.arange(n_months) + (keys * n_months).astype(np.int64)) % n_months
    turned = np.take_along_axis(gains, order, axis=1)
    pace = 1.0 + (np.arange(n_months) + 0.5) / (DOUBLING_YEARS * YEAR)
    by_chance, if_doubling = (
        judge_sustained(gains.reshape(-1, n_months // YEAR, YEAR).sum(axis=2))
        .reshape(n_runs, N_TURNS)
        .mean(axis=1)
        for gains in (turned, turned * pace)
    )
    return by_chance, if_doubling


def _keys_of_runs(n_runs: int, n_keys: int, seed: int, first_replicate: int | Wholes) -> Floats:
    """Draw random keys of runs that follow one another, or of runs of any numbers."""
    if not isinstance(first_replicate, np.ndarray):
        return _turn_keys(n_runs, n_keys, seed, first_replicate)
    begins = np.flatnonzero(np.diff(first_replicate, prepend=first_replicate[:1] - 2) != 1)
    ends = np.append(begins[1:], n_runs)
    keys = np.empty((n_runs, n_keys))
    known: dict[tuple[int, int], Floats] = {}  # runs of many points may share their numbers
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        stretch = int(first_replicate[begin]), end - begin
        if stretch not in known:
            known[stretch] = _turn_keys(stretch[1], n_keys, seed, stretch[0])
        keys[begin:end] = known[stretch]
    return keys


def _turn_keys(n_rows: int, n_keys: int, seed: int, first_replicate: int) -> Floats:
    """Draw random keys, uniform in [0, 1), that depend on seed and replicate alone.

    Philox is a counter: the rows of any block of replicates are one stretch of one stream.
    """
    per_count = 4  # draws of 64 bits for each step of the counter
    steps = -(-n_keys // per_count)
    stream = np.random.Philox(np.random.SeedSequence(seed, spawn_key=(_TURN_STREAM,)))
    stream.advance(first_replicate * steps)
    return np.random.Generator(stream).random((n_rows, steps * per_count))[:, :n_keys]


# --- milestones, spells, collapse -----------------------------------------------------------------


def find_first_month(has_happened: Flags) -> Floats:
    """Find the first month (column) in which each row is true; NaN where none is."""
    first = np.argmax(has_happened, axis=1)
    return np.where(has_happened.any(axis=1), first.astype(np.float64), np.nan)


def longest_spell(flags: Flags) -> Floats:
    """Find the longest run of consecutive true columns in each row."""
    positions = np.arange(1, flags.shape[1] + 1)
    last_break = np.maximum.accumulate(np.where(flags, 0, positions), axis=1)
    return np.asarray(np.max(positions - last_break, axis=1), dtype=np.float64)


def find_collapsed(n_members: Floats) -> Flags:
    """Find whether the partnership has collapsed by each month: once so, it stays so.

    It has when fewer than `LEAST_MEMBERS` are left; after a collapse the model counts none.
    """
    return np.logical_or.accumulate(n_members < LEAST_MEMBERS, axis=1)


def _compare_with_plans(series: Mapping[str, Floats]) -> Floats:
    """Divide the months that completed initiatives took by those planned; NaN where none is completed."""
    took, planned = (series[f"{name}months_of_completed"][:, -1] for name in ("", "planned_"))
    with np.errstate(over="ignore"):  # of work that is next to nothing, infinitely often
        return np.asarray(np.divide(took, planned, out=np.full(len(took), np.nan), where=planned > 0))


# --- who: by layer, organisation and dyad ---------------------------------------------------------

AXES = {name: axes for name, axes in DETAIL if name != "is_present"} | {"trust": "ilj"}
"""Detail that means are taken of, and its last axes: i the organisation, which trusts, l the layer, j the
partner, which is trusted."""


def combine_trust(detail: Detail) -> Floats:
    """Return trust of each link, without any binding agreement: sqrt(C G)."""
    return np.sqrt(detail["competence_trust"] * detail["goodwill_trust"])


def by_layer(detail: Detail, name: str) -> Floats:
    """Return means over members present for each layer: float64[..., n_layers].

    Links count between two members present; NaN where there are none.
    """
    axes = _axes_of(name, "layer", ("ilj", "il"))
    values, present = detail[name], detail["is_present"] > 0
    if axes == "ilj":
        return _mean_where(values, _pairs(present)[..., :, np.newaxis, :], axis=(-3, -1))
    return _mean_where(values, present[..., np.newaxis], axis=(-2,))


def by_organisation(detail: Detail, name: str, side: Literal["trustor", "trustee"] = "trustor") -> Floats:
    """Return means for each organisation: float64[..., n_organisations]; NaN while it is absent.

    Trust is the mean over layers and partners present: as the organisation trusts (`side`
    'trustor') or as it is trusted ('trustee').
    """
    axes = _axes_of(name, "organisation", ("ilj", "il", "ij", "i"))
    values, present = detail[name], detail["is_present"] > 0
    if axes == "ilj":
        axis = (-2, -1) if side == "trustor" else (-3, -2)
        return _mean_where(values, _pairs(present)[..., :, np.newaxis, :], axis=axis)
    if axes == "il":
        return _mean_where(values, present[..., np.newaxis], axis=(-1,))
    if axes == "ij":
        return _mean_where(values, _pairs(present), axis=(-1,))
    return np.asarray(np.where(present, values, np.nan))


def by_dyad(detail: Detail, name: str) -> Floats:
    """Return values for each pair: float64[..., n_organisations, n_organisations].

    Trust is the mean over layers, row trusts column. NaN on the diagonal and for absent members.
    """
    axes = _axes_of(name, "dyad", ("ilj", "ij"))
    values, pairs = detail[name], _pairs(detail["is_present"] > 0)
    if axes == "ilj":
        return _mean_where(values, pairs[..., :, np.newaxis, :], axis=(-2,))
    return np.asarray(np.where(pairs, values, np.nan))


def _axes_of(name: str, way: str, known: tuple[str, ...]) -> str:
    """Return the axes of detail; refuse what is not kept so."""
    if AXES.get(name) not in known:
        kept = ", ".join(other for other, axes in AXES.items() if axes in known)
        raise ValueError(f"{name}: is not kept by {way}; {kept} are")
    return AXES[name]


def _pairs(present: Flags) -> Flags:
    """Mark the pairs of two different members present: bool[..., n, n]."""
    is_other = ~np.eye(present.shape[-1], dtype=np.bool_)
    return np.asarray(present[..., :, np.newaxis] & present[..., np.newaxis, :] & is_other)


def _mean_where(values: Floats, mask: Flags, axis: tuple[int, ...]) -> Floats:
    """Return the mean of the values chosen; NaN where none is."""
    total = np.where(mask, values, 0.0).sum(axis=axis)
    count = np.broadcast_to(mask, values.shape).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


# --- documentation --------------------------------------------------------------------------------


def measures_markdown() -> str:
    """Write the table of measures in docs/measures.md."""
    better = {True: "higher", False: "lower", None: "neither"}
    lines = ["| measure | in words | unit | range | better | definition |", "|---|---|---|---|---|---|"]
    for m in MEASURES.values():
        definition = m.definition + (" Censored." if m.is_censored else "")
        words = (m.label, m.unit, range_of(m.low, m.high), better[m.higher_is_better], definition)
        lines.append(f"| `{m.name}` | {' | '.join(words)} |")
    return "\n".join(lines) + "\n"


def range_of(low: float | None, high: float | None) -> str:
    """Write the range of a measure."""
    if low is None:
        return "any"
    return f"{low:g} or more" if high is None else f"{low:g} to {high:g}"
