"""Measures: pure functions from the months of a run to what is reported of it.

Every function takes whole arrays of runs, one row a replicate, and works row by row: a row's
numbers are the same, bit for bit, alone and in any batch. Definitions in full, with windows,
thresholds and what is done with milestones that are never reached, are in docs/measures.md.

A series is float64[n_replicates, months + 1]: column 0 is the start, column t the end of month t.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from partnersim.model.constants import LEAST_MEMBERS
from partnersim.model.series import SERIES

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Wholes = npt.NDArray[np.int64]
Detail = Mapping[str, Floats]

DERIVED_SERIES = ("speed", "acceleration")
"""Series that are worked out from what the core records."""

ALL_SERIES = (*SERIES, *DERIVED_SERIES)
"""All monthly series that results may have."""

YEAR = 12
ACCELERATION_WINDOW = 24
"""Monthly values of speed through which the slope is drawn."""

CLEAR_RISE = 0.1
"""By what part of the mean year a year must exceed the one before to count as a rise."""

MOST_OF_VISION = 0.8
"""Share of the vision after which years no longer count: what is left is too little to rise."""

SUSTAINED_YEARS = 3
FASTER_PACE = 1.5
"""Speed, against that of the first year, that counts as a faster pace."""

MILESTONES = (25, 50, 80)
"""Percent of the vision."""

N_SHUFFLES = 2
"""Random orders of each run's monthly gains that are judged for the false-positive rate."""

_SHUFFLE_STREAM = 0x5AFF1E
"""Keeps the shuffles' stream apart from other uses of the same seed."""


@dataclass(frozen=True)
class Measure:
    """What one number of a run means.

    Attributes
    ----------
    name
        As in results and files.
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

    @property
    def high(self) -> float | None:
        """The most that it can be: a whole share; None for no such end."""
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


def _milestone(percent: int) -> Measure:
    return Measure(
        f"months_to_{percent}",
        f"months to {percent} % of the vision",
        "months",
        False,
        f"First month at whose end change_delivered is {percent / 100:g} or more.",
        is_censored=True,
    )


_AT_THE_END = (
    _last("trust", "trust", True, "Mean trust between members present"),
    _last("competence_trust", "competence trust", True, "Mean over links of members present"),
    _last("goodwill_trust", "goodwill trust", True, "Mean over links of members present"),
    _last(
        "vision_commitment", "commitment to the vision", True, "Mean over members present and their layers"
    ),
    _last(
        "contribution",
        "contribution promised",
        True,
        "Share of free capacity promised to the partnership, mean over members present",
    ),
    _last(
        "delivered",
        "contribution delivered",
        True,
        "Share of free capacity really given, mean over members present",
    ),
    _last("tension", "unresolved issues", False, "Mean over pairs of members present"),
    _last("contact", "contact", None, "Mean over pairs of members present"),
    _last("target_pressure", "pressure of own targets", False, "Mean over members present"),
    _last(
        "perceived_joint_working",
        "joint working as perceived",
        None,
        "What a survey of members present would say; nothing of delivery is in it",
    ),
    _last("outcome", "demand met the old way", False, "Index, 100 at the start", unit="index"),
)

_AFTER_EFFECT = (
    _last(
        "vision_realised",
        "benefit embedded",
        True,
        "Weighted sum over domains of the benefit that stands",
        low=-1.0,
    ),
    _last(
        "cost",
        "staff time spent",
        False,
        "Staff days so far on meetings, away days and coordinators",
        unit="staff days",
    ),
    _last(
        "equity",
        "fairness",
        True,
        "1 less the Gini index of members' own benefit less own cost; 1 is fairest",
    ),
)

_COUNTS_AND_LAYERS = (
    _last("initiatives_completed", "initiatives completed", True, "Number so far", unit="initiatives"),
    _last("initiatives_abandoned", "initiatives abandoned", False, "Number so far", unit="initiatives"),
    _last("trust_board", "trust between boards", True, "Mean over members present"),
    _last("trust_management", "trust between managements", True, "Mean over members present"),
    _last("trust_front_line", "trust on the front line", True, "Mean over members present"),
)

LAST_MONTH_MEASURES = tuple(measure.name for measure in (*_AT_THE_END, *_AFTER_EFFECT, *_COUNTS_AND_LAYERS))

MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure(
            "change_delivered", "change delivered", "share of the vision", True,
            "Work in completed stages over the size of the vision, in the last month; not "
            "capped, and abandoned work never counts.",
        ),
        Measure(
            "speed", "speed", "share of the vision per year", True,
            "Change delivered in the last 12 months.",
        ),
        Measure(
            "acceleration", "acceleration", "share of the vision per year²", True,
            "Least-squares slope of speed over the last 24 months.", low=None,
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
            "sustained_acceleration", "years of rising speed", "years", True,
            "Longest run of consecutive years each of which delivered more than the year before "
            "by over 0.1 of the mean year; years count until 0.8 of the vision or collapse.",
        ),
        Measure(
            "is_sustained_acceleration", "sustained acceleration", "share of runs", True,
            "1 if sustained_acceleration is 3 years or more, else 0.", is_yes_or_no=True,
        ),
        Measure(
            "sustained_acceleration_by_chance", "sustained acceleration by chance alone",
            "share of runs", None,
            "Share of 2 random orders of the run's own monthly gains that would be judged "
            "sustained; its mean is the false-positive rate of is_sustained_acceleration.",
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
        *(_milestone(percent) for percent in MILESTONES),
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
            "First month at whose end too few members are left.", is_censored=True,
        ),
        *_COUNTS_AND_LAYERS,
    )
}  # fmt: skip


ONLY_SERIES: dict[str, Measure] = {
    name: Measure(name, label, unit, None, meaning)
    for name, label, unit, meaning in (
        ("outcome_alone", "demand without joint work", "index", "The outcome if nobody had worked together."),
        ("n_members", "members", "organisations", "Organisations that are present."),
        ("waiting", "kept waiting", "share", "Share of initiatives at work that wait for a decision."),
        ("n_coordinators", "coordinators", "coordinators", "Coordinators at work."),
    )
}
"""Series of which no measure has the name."""


def measure(
    series: Mapping[str, Floats], *, seed: int = 1, first_replicate: int | Wholes = 0
) -> dict[str, Floats]:
    """All measures of some runs.

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
    years_of_rise = measure_sustained_acceleration(change, has_collapsed)
    values = {name: series[name][:, -1].copy() for name in LAST_MONTH_MEASURES}
    values |= _measure_speeds(change)
    values |= {
        "change_delivered": change[:, -1].copy(),
        "sustained_acceleration": years_of_rise,
        "is_sustained_acceleration": judge_sustained(years_of_rise, change.shape[1] - 1),
        "sustained_acceleration_by_chance": measure_sustained_by_chance(
            change, has_collapsed, seed=seed, first_replicate=first_replicate
        ),
        "months_to_first_initiative": find_first_month(series["initiatives_completed"] >= 1),
        "outcome_effect": series["outcome_alone"][:, -1] - series["outcome"][:, -1],
        "survived": (~has_collapsed[:, -1]).astype(np.float64),
        "months_to_collapse": find_first_month(has_collapsed),
    }
    for percent in MILESTONES:
        values[f"months_to_{percent}"] = find_first_month(change >= percent / 100)
    return {name: values[name] for name in MEASURES}


# --- series -----------------------------------------------------------------------------------


def name_series(recorded: Floats) -> dict[str, Floats]:
    """Series of some runs by name, float64[n_replicates, months + 1] each.

    `recorded` is what the core wrote: float64[n_replicates, months + 1, len(SERIES)].
    """
    # One transposition for all: series by series it would take six times as long.
    by_name = np.ascontiguousarray(recorded.transpose(2, 0, 1))
    return dict(zip(SERIES, by_name, strict=True))


def with_derived(series: Mapping[str, Floats], wanted: Collection[str] = DERIVED_SERIES) -> dict[str, Floats]:
    """The series, and if any of them is wanted, those that are worked out from them."""
    if not set(wanted).intersection(DERIVED_SERIES):
        return dict(series)
    speeds = speed(series["change_delivered"])
    return {**series, "speed": speeds, "acceleration": acceleration(speeds)}


# --- speed ------------------------------------------------------------------------------------


def speed(change_delivered: Floats) -> Floats:
    """Change delivered in the last 12 months, each month: per year; NaN before month 12."""
    result = np.full(change_delivered.shape, np.nan)
    result[:, YEAR:] = change_delivered[:, YEAR:] - change_delivered[:, :-YEAR]
    return result


def acceleration(speed: Floats) -> Floats:
    """Least-squares slope of speed over the last 24 months, each month: per year per year.

    NaN before month 35, when speed has been defined for 24 months.
    """
    n_windows = speed.shape[1] - ACCELERATION_WINDOW + 1
    result = np.full(speed.shape, np.nan)
    if n_windows < 1:
        return result
    months = np.arange(ACCELERATION_WINDOW) - (ACCELERATION_WINDOW - 1) / 2
    slope = np.zeros((speed.shape[0], n_windows))
    # Added up month by month: a matrix product may round differently for other numbers of rows.
    for start, month in enumerate(months):
        slope += month * speed[:, start : start + n_windows]
    result[:, ACCELERATION_WINDOW - 1 :] = slope * (YEAR / (months**2).sum())
    return result


def _measure_speeds(change: Floats) -> dict[str, Floats]:
    """Measure what is about speed itself."""
    speeds = speed(change)
    last_windows = acceleration(np.ascontiguousarray(speeds[:, -ACCELERATION_WINDOW:]))
    return {
        "speed": speeds[:, -1].copy(),
        "acceleration": last_windows[:, -1].copy(),
        "mean_speed": _mean_of_months(speeds[:, YEAR + 1 :]),
        "peak_speed": _highest_of_months(speeds[:, YEAR:]),
        "sustained_pace": measure_sustained_pace(speeds),
    }


def _mean_of_months(values: Floats) -> Floats:
    """Mean along each row; NaN where there are no months."""
    if values.shape[1] == 0:
        return np.full(values.shape[0], np.nan)
    return np.asarray(np.ascontiguousarray(values).mean(axis=1))


def _highest_of_months(values: Floats) -> Floats:
    """Highest along each row; NaN where there are no months."""
    return np.asarray(values.max(axis=1)) if values.shape[1] else np.full(values.shape[0], np.nan)


def measure_sustained_pace(speeds: Floats) -> Floats:
    """Longest spell, in months, at 1.5 times the speed of the first year or more.

    After a first year without any change every month with a speed above zero is faster.
    NaN in runs shorter than a year.
    """
    if speeds.shape[1] <= YEAR:
        return np.full(speeds.shape[0], np.nan)
    later = speeds[:, YEAR:]
    return longest_spell((later > 0) & (later >= FASTER_PACE * later[:, :1]))


# --- sustained acceleration, and how often chance alone gives it ---------------------------------


def measure_sustained_acceleration(change_delivered: Floats, has_collapsed: Flags | None = None) -> Floats:
    """Longest run of consecutive years of clearly rising change, in years.

    Year k rises if it delivers more than year k - 1 by over `CLEAR_RISE` of the mean year.
    Only complete years count, and only those that begin before `MOST_OF_VISION` is delivered and
    before the partnership collapses; the mean is over the years that count.
    NaN in runs shorter than two years.
    """
    at_years = change_delivered[:, ::YEAR]
    yearly = np.diff(at_years, axis=1)
    return _longest_rise(yearly, _years_that_count(at_years[:, :-1], has_collapsed))


def judge_sustained(years_of_rise: Floats, months: int) -> Floats:
    """1 for a rise of 3 years or more, 0 for less; NaN in runs without 4 whole years."""
    if months < YEAR * (SUSTAINED_YEARS + 1):
        return np.full(years_of_rise.shape, np.nan)
    return (years_of_rise >= SUSTAINED_YEARS).astype(np.float64)


def measure_sustained_by_chance(
    change_delivered: Floats,
    has_collapsed: Flags | None = None,
    *,
    n_shuffles: int = N_SHUFFLES,
    seed: int = 1,
    first_replicate: int | Wholes = 0,
) -> Floats:
    """Share of random orders of each run's monthly gains that are judged sustained.

    A run whose gains come in random order has a constant rate and the variability of the run
    itself: whatever acceleration is found in it is found by chance. Only the months of the years
    that count are shuffled. NaN where the runs have no 4 whole years.
    """
    n_runs, months = len(change_delivered), change_delivered.shape[1] - 1
    n_years = months // YEAR
    if n_years <= SUSTAINED_YEARS:
        return np.full(n_runs, np.nan)
    gains = np.diff(change_delivered[:, : YEAR * n_years + 1], axis=1)
    counts = _years_that_count(change_delivered[:, : YEAR * n_years : YEAR], has_collapsed)
    keys = _keys_of_runs(n_runs, n_shuffles * gains.shape[1], seed, first_replicate)
    # From here on one row for each shuffle of each run.
    keys = keys.reshape(n_runs * n_shuffles, -1)
    gains = np.repeat(gains, n_shuffles, axis=0)
    counts = np.repeat(counts, n_shuffles, axis=0)
    order = _orders(keys, YEAR * counts.sum(axis=1))
    yearly = np.take_along_axis(gains, order, axis=1).reshape(-1, n_years, YEAR).sum(axis=2)
    so_far = np.cumsum(yearly, axis=1) - yearly
    # Shuffled, the run may have most of its vision earlier, but has the same years to live.
    years_of_rise = _longest_rise(yearly, counts & _years_that_count(so_far))
    is_sustained = judge_sustained(years_of_rise, months)
    return np.asarray(is_sustained.reshape(n_runs, n_shuffles).mean(axis=1))


def false_positive_rate_of_sustained_acceleration(
    change_delivered: Floats,
    has_collapsed: Flags | None = None,
    *,
    n_shuffles: int = N_SHUFFLES,
    seed: int = 1,
) -> float:
    """Share of constant-rate runs, as uneven as the ones given, that are judged sustained.

    See `measure_sustained_by_chance`, of which this is the mean over runs; NaN where the runs
    have no 4 whole years.
    """
    shares = measure_sustained_by_chance(change_delivered, has_collapsed, n_shuffles=n_shuffles, seed=seed)
    return float(shares.mean())


def _years_that_count(at_start: Floats, has_collapsed: Flags | None = None) -> Flags:
    """Years that begin before most of the vision is there and before collapse.

    `at_start` is the change delivered when each year begins, `has_collapsed` by month.
    """
    counts = at_start < MOST_OF_VISION
    if has_collapsed is not None:
        counts &= ~has_collapsed[:, : YEAR * at_start.shape[1] : YEAR]
    # Once over, over: also if the change delivered should ever fall.
    return np.logical_and.accumulate(counts, axis=1)


def _longest_rise(yearly: Floats, counts: Flags) -> Floats:
    """Longest run of years that rise, from each year's gain and whether the year counts."""
    if yearly.shape[1] < 2:
        return np.full(yearly.shape[0], np.nan)
    total = np.where(counts, yearly, 0.0).sum(axis=1)
    mean = total / np.maximum(counts.sum(axis=1), 1)
    has_risen = np.diff(yearly, axis=1) > CLEAR_RISE * mean[:, np.newaxis]
    return longest_spell(has_risen & counts[:, 1:])


def _keys_of_runs(n_runs: int, n_keys: int, seed: int, first_replicate: int | Wholes) -> Floats:
    """Random keys of runs that follow one another, or of runs of any numbers."""
    if not isinstance(first_replicate, np.ndarray):
        return _shuffle_keys(n_runs, n_keys, seed, first_replicate)
    begins = np.flatnonzero(np.diff(first_replicate, prepend=first_replicate[:1] - 2) != 1)
    ends = np.append(begins[1:], n_runs)
    keys = np.empty((n_runs, n_keys))
    known: dict[tuple[int, int], Floats] = {}  # runs of many points may share their numbers
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        stretch = int(first_replicate[begin]), end - begin
        if stretch not in known:
            known[stretch] = _shuffle_keys(stretch[1], n_keys, seed, stretch[0])
        keys[begin:end] = known[stretch]
    return keys


def _shuffle_keys(n_rows: int, n_keys: int, seed: int, first_replicate: int) -> Floats:
    """Random keys, uniform in [0, 1), that depend on seed and replicate alone.

    Philox is a counter: the rows of any block of replicates are one stretch of one stream.
    """
    per_count = 4  # draws of 64 bits for each step of the counter
    steps = -(-n_keys // per_count)
    stream = np.random.Philox(np.random.SeedSequence(seed, spawn_key=(_SHUFFLE_STREAM,)))
    stream.advance(first_replicate * steps)
    return np.random.Generator(stream).random((n_rows, steps * per_count))[:, :n_keys]


def _orders(keys: Floats, n_first: Wholes) -> Wholes:
    """Random orders of the first `n_first` months of each row; later months stay in place."""
    months = np.arange(keys.shape[1])
    stays = months >= n_first[:, np.newaxis]
    return np.argsort(np.where(stays, 1.0 + months, keys), axis=1)


# --- milestones, spells, collapse -----------------------------------------------------------------


def find_first_month(has_happened: Flags) -> Floats:
    """First month (column) in which each row is true; NaN where none is."""
    first = np.argmax(has_happened, axis=1)
    return np.where(has_happened.any(axis=1), first.astype(np.float64), np.nan)


def longest_spell(flags: Flags) -> Floats:
    """Longest run of consecutive true columns in each row."""
    positions = np.arange(1, flags.shape[1] + 1)
    last_break = np.maximum.accumulate(np.where(flags, 0, positions), axis=1)
    return np.asarray(np.max(positions - last_break, axis=1), dtype=np.float64)


def find_collapsed(n_members: Floats) -> Flags:
    """Whether the partnership has collapsed by each month: once so, it stays so.

    It has when fewer than `LEAST_MEMBERS` are left.
    """
    return np.logical_or.accumulate(n_members < LEAST_MEMBERS, axis=1)


# --- who: by layer, organisation and dyad ---------------------------------------------------------

LINK_DETAIL = ("competence_trust", "goodwill_trust", "trust")
"""Axes ..., trustor, layer, trustee."""

LAYER_DETAIL = ("vision_commitment", "contribution", "delivered")
"""Axes ..., organisation, layer."""

DYAD_DETAIL = ("tension", "contact")
"""Axes ..., organisation, organisation."""

ORGANISATION_DETAIL = ("target_pressure",)
"""Axes ..., organisation."""


def combine_trust(detail: Detail, goodwill_weight: float) -> Floats:
    """Trust of each link, without any binding agreement: C^(1-w) G^w."""
    competence, goodwill = detail["competence_trust"], detail["goodwill_trust"]
    return np.asarray(competence ** (1 - goodwill_weight) * goodwill**goodwill_weight)


def by_layer(detail: Detail, name: str) -> Floats:
    """Means over members present for each layer: float64[..., n_layers].

    Links count between two members present; NaN where there are none.
    """
    values, present = detail[name], detail["is_present"] > 0
    if name in LINK_DETAIL:
        return _mean_where(values, _pairs(present)[..., :, np.newaxis, :], axis=(-3, -1))
    if name in LAYER_DETAIL:
        return _mean_where(values, present[..., np.newaxis], axis=(-2,))
    raise ValueError(f"{name}: is not kept by layer; {_list(LINK_DETAIL + LAYER_DETAIL)} are")


def by_organisation(detail: Detail, name: str, side: Literal["trustor", "trustee"] = "trustor") -> Floats:
    """Means for each organisation: float64[..., n_organisations]; NaN while it is absent.

    Trust is the mean over layers and partners present: as the organisation trusts (`side`
    'trustor') or as it is trusted ('trustee').
    """
    values, present = detail[name], detail["is_present"] > 0
    if name in LINK_DETAIL:
        axis = (-2, -1) if side == "trustor" else (-3, -2)
        return _mean_where(values, _pairs(present)[..., :, np.newaxis, :], axis=axis)
    if name in LAYER_DETAIL:
        return _mean_where(values, present[..., np.newaxis], axis=(-1,))
    if name in DYAD_DETAIL:
        return _mean_where(values, _pairs(present), axis=(-1,))
    if name in ORGANISATION_DETAIL:
        return np.asarray(np.where(present, values, np.nan))
    known = LINK_DETAIL + LAYER_DETAIL + DYAD_DETAIL + ORGANISATION_DETAIL
    raise ValueError(f"{name}: is not kept by organisation; {_list(known)} are")


def by_dyad(detail: Detail, name: str) -> Floats:
    """Values for each pair: float64[..., n_organisations, n_organisations].

    Trust is the mean over layers, row trusts column. NaN on the diagonal and for absent members.
    """
    values, pairs = detail[name], _pairs(detail["is_present"] > 0)
    if name in LINK_DETAIL:
        return _mean_where(values, pairs[..., :, np.newaxis, :], axis=(-2,))
    if name in DYAD_DETAIL:
        return np.asarray(np.where(pairs, values, np.nan))
    raise ValueError(f"{name}: is not kept by dyad; {_list(LINK_DETAIL + DYAD_DETAIL)} are")


def _pairs(present: Flags) -> Flags:
    """Pairs of two different members present: bool[..., n, n]."""
    is_other = ~np.eye(present.shape[-1], dtype=np.bool_)
    return np.asarray(present[..., :, np.newaxis] & present[..., np.newaxis, :] & is_other)


def _mean_where(values: Floats, mask: Flags, axis: tuple[int, ...]) -> Floats:
    """Mean of the values chosen; NaN where none is."""
    total = np.where(mask, values, 0.0).sum(axis=axis)
    count = np.broadcast_to(mask, values.shape).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names)


# --- documentation --------------------------------------------------------------------------------


def measures_markdown() -> str:
    """Write the table of measures in docs/measures.md."""
    head = ("| measure | in words | unit | range | better | definition |", "|---|---|---|---|---|---|")
    return "\n".join([*head, *_rows()]) + "\n"


def _rows() -> Iterator[str]:
    better = {True: "higher", False: "lower", None: "neither"}
    for m in MEASURES.values():
        definition = m.definition + (" Censored." if m.is_censored else "")
        words = (m.label, m.unit, range_of(m.low, m.high), better[m.higher_is_better], definition)
        yield f"| `{m.name}` | {' | '.join(words)} |"


def range_of(low: float | None, high: float | None) -> str:
    """Say between what a measure lies."""
    if low is None:
        return "any"
    return f"{low:g} or more" if high is None else f"{low:g} to {high:g}"
