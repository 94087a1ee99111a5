"""Show results in plain words and numbers: tables for a screen.

Whatever is shown of a measure (words, unit, which end is better) comes from `MEASURES`. Numbers
are printed to the first digit that is uncertain: the Monte Carlo error decides how many there are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from rich.box import SIMPLE_HEAD, Box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from partnersim.runs.measures import MEASURES, Floats, range_of
from partnersim.runs.wording import capital, certain_decimals, fixed, join, number, percent, plural, signed
from partnersim.scenario.declarations import LEVERS, Coordinator
from partnersim.scenario.declared import ParameterRow
from partnersim.scenario.reference import default_in_words
from partnersim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from partnersim.analysis.calibration import Calibration
    from partnersim.analysis.mix import Mix
    from partnersim.analysis.what_if import WhatIf
    from partnersim.runs.codebook import Entry
    from partnersim.runs.curve import Curve
    from partnersim.runs.ledger import Ledger
    from partnersim.runs.results import Comparison, Results
    from partnersim.runs.statistics import Difference, Summary

Link = tuple[str | None, str | None]
"""A link, from who trusts to whom, by name; None for all."""

Links = Sequence[tuple[str, Link]]
"""Links whose trust is explained, in words and by name; no words where it is everybody's."""

GROUPS = {
    group: names.split()
    for group, names in {
        "Change": (
            "change_delivered mean_speed peak_speed speed acceleration second_half_less_first "
            "is_sustained_acceleration sustained_acceleration_by_chance "
            "sustained_acceleration_if_doubling sustained_pace initiatives_completed "
            "initiatives_abandoned initiatives_under_way actual_over_planned"
        ),
        "Milestones": ("months_to_first_initiative months_to_25 months_to_50 months_to_80"),
        "Trust and relationships": (
            "trust competence_trust goodwill_trust trust_board trust_management trust_front_line "
            "vision_commitment contribution delivered contact tension target_pressure "
            "perceived_joint_working"
        ),
        "What came of it": ("outcome outcome_effect vision_realised cost equity survived months_to_collapse"),
    }.items()
}
"""Measures in the order in which they are shown; what is in no group comes last."""

COMPARED = (
    *("mean_speed", "peak_speed", "change_delivered", "initiatives_completed"),
    *("initiatives_abandoned", "initiatives_under_way", "actual_over_planned", "acceleration"),
    *("second_half_less_first", "is_sustained_acceleration", "sustained_acceleration_by_chance"),
    *("sustained_acceleration_if_doubling", "months_to_first_initiative", "months_to_25"),
    *("months_to_50", "trust", "vision_commitment", "tension", "perceived_joint_working"),
    *("outcome_effect", "cost", "equity", "survived"),
)
"""Measures in the table of a comparison; JSON and files have every measure."""

LEAST_CHANGE = 0.0005
"""The least change of trust that is shown."""

ENOUGH_MEANS = "the 95 % interval of each mean is narrow against the spread of the runs"


# --- Numbers in words ----------------------------------------------------------------------------


SHARE_OF_RUNS = "share of runs"
"""Unit of a measure that is yes or no for a single run: its quantiles say nothing."""

UNITS = {
    "share": "",
    SHARE_OF_RUNS: "% of runs",
    "share of the vision": "% of the vision",
    "share of the vision per year": "% a year",
    "share of the vision per year²": "% a year, per year",
    "index": "of 100",
}
"""Units in fewer words; what has none runs from 0 to 1."""


class Reading(NamedTuple):
    """The way numbers of a measure are read: words, unit and the factor to multiply by."""

    label: str
    unit: str
    factor: float

    @property
    def heading(self) -> Text:
        """Return the label, and the unit in a quieter tone."""
        heading = Text(self.label)
        return heading.append(f", {self.unit}", style="dim") if self.unit else heading


def reading(name: str) -> Reading:
    """Find how a measure is read: shares of something in per cent, the rest as it is."""
    measure = MEASURES[name]
    label = capital(measure.label)
    unit = UNITS.get(measure.unit, measure.unit)
    factor = 100.0 if measure.unit.startswith("share of") else 1.0
    return Reading(label, "" if unit in measure.label else unit, factor)


def house_table(box: Box | None = SIMPLE_HEAD, **options: Any) -> Table:
    """Make an empty table in the house style."""
    return Table(
        box=box,
        show_edge=False,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="bold",
        title_style="bold",
        title_justify="left",
        caption_justify="left",
        **options,
    )


def number_table(*headings: str | Text, title: str = "") -> Table:
    """Make an empty table whose first column holds words and the others numbers."""
    table = house_table(title=Text(title) if title else None)
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if index else "left", no_wrap=bool(index))
    return table


# --- One scenario --------------------------------------------------------------------------------


def groups_of(names: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Return the names of measures in their groups, in the order to be shown."""
    names = list(names)
    grouped = {name for members in GROUPS.values() for name in members}
    for title, members in (*GROUPS.items(), ("Other", tuple(set(names) - grouped))):
        shown = [name for name in members if name in names]
        if shown:
            yield title, shown


def run_table(results: Results) -> RenderableType:
    """Show the measures of some runs, and whether there were enough of them."""
    note = (
        "± is the Monte Carlo error, as half the 95 % interval of the mean. 9 of 10 runs lie "
        "between 5 % and 95 %. A milestone's mean is over the runs that reached it; its other "
        "numbers count every run. What names no unit runs from 0 to 1."
    )
    text = Text(note, style="dim")
    return Group(measures_table(results), Text(), text, Text(), Text(enough_runs(results)))


def measures_table(results: Results) -> Table:
    """Show the measures of some runs, group by group."""
    summary = results.summary()
    table = number_table("", "mean ± error", "median", "5 %", "95 %", "reached")
    for title, names in groups_of(summary):
        table.add_row(Text(title, style="bold"))
        for name in names:
            table.add_row(Padding(reading(name).heading, (0, 0, 0, 1)), *_run_cells(name, summary[name]))
        table.add_section()
    return table


def _run_cells(name: str, summary: Summary) -> list[str]:
    """Return the cells of a measure: mean with its error, median, 5 and 95 %, share of runs with it."""
    factor, measure = reading(name).factor, MEASURES[name]
    with_error = _with_error(summary, factor)
    half = factor * (summary.ci95[1] - summary.ci95[0]) / 2
    places = certain_decimals(half, factor * summary.mean)
    if measure.unit == SHARE_OF_RUNS:
        return [with_error, "", "", "", ""]
    quantiles = [
        "later" if measure.is_censored and not math.isfinite(value) else fixed(factor * value, places)
        for value in (summary.median, summary.p05, summary.p95)
    ]
    return [with_error, *quantiles, percent(summary.reached) if measure.is_censored else ""]


def enough_runs(results: Results) -> str:
    """Tell whether there were enough replicates, and for which measures not."""
    n = results.replicates
    if n < 2:
        return (
            "One replicate is one story: its Monte Carlo error is unknown, and nothing can be "
            "concluded from it. Give --replicates 200."
        )
    summary = results.summary()
    short = [name for name in summary if not summary[name].is_enough]
    if not short:
        return f"{plural(n, 'replicate')} were enough: {ENOUGH_MEANS}."
    if len(short) == len(summary):
        return f"{plural(n, 'replicate')} were not enough for any measure. Give --replicates 200."
    return (
        f"{plural(n, 'replicate')} were enough ({ENOUGH_MEANS}), but not for "
        f"{join(labels(short))}. Give more --replicates."
    )


def labels(names: Sequence[str]) -> list[str]:
    """Name measures in words, the first five of more than six."""
    words = [MEASURES[name].label for name in names]
    return words if len(words) <= 6 else [*words[:5], f"{len(words) - 5} more"]


# --- Arms against a base -------------------------------------------------------------------------


class Change(NamedTuple):
    """A mean difference as it is shown: in the unit shown; of a milestone over all pairs."""

    mean: float
    low: float
    high: float

    @property
    def half(self) -> float:
        """Return half the 95 % interval."""
        return (self.high - self.low) / 2

    @property
    def direction(self) -> int:
        """Return 1 or -1 where the interval is clear of zero, 0 where it is not or there is none."""
        return int(self.low > 0) - int(self.high < 0)


def change(difference: Difference, factor: float) -> Change:
    """Give a difference in the unit in which it is shown."""
    return Change(*(factor * end for end in (difference.restricted_mean, *difference.restricted_ci95)))


def comparison_tables(comparison: Comparison) -> RenderableType:
    """Show a table for each arm against the base, and whether there were enough pairs."""
    parts: list[RenderableType] = []
    for arm, by_measure in comparison.differences().items():
        parts += [arm_table(comparison, arm, by_measure), Text()]
    note = (
        "Means over replicates. ± is the Monte Carlo error of the difference, as half its 95 % "
        "interval over pairs that share their random numbers. 'Better in' is the share of pairs in which "
        "the arm does better, a tie counting half. A milestone never reached counts as the last "
        "month. What names no unit runs from 0 to 1. --json and --out give every measure."
    )
    return Group(*parts, Text(note, style="dim"), Text(), Text(enough_pairs(comparison)))


def arm_table(comparison: Comparison, arm: str, differences: Mapping[str, Difference]) -> Table:
    """Show one arm against the base."""
    title = f"{arm} against {comparison.base}"
    headings = (comparison.base, "arm", "difference", "better in")
    table = number_table("", *headings, title=title)
    base, other = (comparison.results[name].summary() for name in (comparison.base, arm))
    for name in COMPARED:
        factor, difference = reading(name).factor, differences[name]
        shown = change(difference, factor)
        # Of a milestone over all runs, their length standing for never.
        levels = [factor * summary[name].restricted_mean for summary in (base, other)]
        places = certain_decimals(shown.half, levels[0])
        chance = f" ± {fixed(shown.half, places)}" if math.isfinite(shown.half) else ""
        table.add_row(
            reading(name).heading,
            *(fixed(mean, places) for mean in levels),
            fixed(shown.mean, places, sign=True) + chance,
            percent(difference.share_better) if MEASURES[name].higher_is_better is not None else "",
        )
    return table


def enough_pairs(comparison: Comparison, measures: Sequence[str] = COMPARED) -> str:
    """Tell whether there were enough pairs, and for which of some differences not."""
    n = comparison.results[comparison.base].replicates
    if n < 2:
        return "One pair is one story: its Monte Carlo error is unknown. Give --replicates 200."
    short = {
        arm: [name for name in measures if not by_measure[name].is_enough]
        for arm, by_measure in comparison.differences().items()
    }
    told = [f"{arm}: {join(labels(names))}" for arm, names in short.items() if names]
    if not told:
        return f"{plural(n, 'pair')} were enough to judge every difference shown."
    return (
        f"{plural(n, 'pair')} were enough to judge the differences shown, except these, for which "
        f"more --replicates are needed ({'; '.join(told)})."
    )


# --- Speed on trust ------------------------------------------------------------------------------


def curve_view(curve: Curve) -> RenderableType:
    """Show a trust-speed curve as a table, and what it means."""
    note = (
        f"{reading('mean_speed').label}, {reading('mean_speed').unit}, with trust held at each level "
        "between all and throughout. ± is the Monte Carlo error, as half the 95 % interval of the mean. "
        "'At rest' is trust at the end, and speed, where trust is not held. The elasticity says by how "
        "many per cent speed is higher with one per cent more trust: the slope of log speed on log "
        "trust from 0.1 on."
    )
    return Group(curve_table(curve), Text(), Text(note, style="dim"))


def curve_table(curve: Curve) -> Table:
    """Show the speed at each level of trust, an arm a column."""
    from partnersim.runs.curve import LEVELS

    table = number_table("Trust held at", *map(Text, curve.arms))
    arms = list(curve.arms.values())
    factor = reading("mean_speed").factor
    for level in LEVELS:
        table.add_row(f"{level:.1f}", *(_with_error(arm.at(level), factor) for arm in arms))
    table.add_section()
    rest = [arm.rest for arm in arms]
    table.add_row(Text("At rest: trust", style="bold"), *(_with_error(at["trust"], 1.0) for at in rest))
    table.add_row(
        Text("At rest: speed", style="bold"), *(_with_error(at["mean_speed"], factor) for at in rest)
    )
    elasticities = [arm.elasticity for arm in arms]
    cells = [f"{fixed(e.value, 3)} ± {fixed(1.96 * e.error, 3)}" for e in elasticities]
    table.add_row(Text("Elasticity", style="bold"), *cells)
    return table


def _with_error(summary: Summary, factor: float) -> str:
    """Write a mean with half its 95 % interval."""
    half = factor * (summary.ci95[1] - summary.ci95[0]) / 2
    places = certain_decimals(half, factor * summary.mean)
    text = fixed(factor * summary.mean, places)
    return f"{text} ± {fixed(half, places)}" if math.isfinite(half) else text


# --- Why trust changed ---------------------------------------------------------------------------


def ledger_table(ledger: Ledger, link: Link, month: int | None) -> Table:
    """Show what each mechanism changed in goodwill and competence trust, over one or all links."""
    table = number_table("Change in trust by", "goodwill", "competence")
    columns = [ledger.totals(*link, month=month, kind=kind) for kind in ("goodwill", "competence")]
    for mechanism in ledger.mechanisms:
        row = [column[mechanism] for column in columns]
        if any(abs(value) >= LEAST_CHANGE for value in row):
            cells = (fixed(value, 3, sign=True) if abs(value) >= LEAST_CHANGE else "" for value in row)
            table.add_row(mechanism, *cells)
    table.add_section()
    sums = (fixed(math.fsum(column.values()), 3, sign=True) for column in columns)
    table.add_row(Text("together", style="bold"), *sums)
    return table


# --- What if -------------------------------------------------------------------------------------


def what_if_view(found: WhatIf) -> RenderableType:
    """Show what one run would have come to, had one thing been moved, beside the median run."""
    shown = reading(found.measure)
    median = f"median of {found.n_replicates}"
    table = number_table("moved in that month", "this run", median, "95 % interval", "", title=shown.label)
    for move in found.moves:
        numbers = [shown.factor * n for n in (move.in_this_run, move.median, *move.ci95)]
        places = certain_decimals((numbers[3] - numbers[2]) / 2, numbers[1])
        this, middle, low, high = (fixed(n, places, sign=True) for n in numbers)
        words = f"{move.what.replace('_', ' ')}: {move.how}"
        elsewhere = "(!)" if move.points_elsewhere else ""
        table.add_row(Text(words), this, middle, f"{low} to {high}", elsewhere)
    unit = f" In {shown.unit}." if shown.unit else ""
    note = (
        f"Differences from the run as it was ({number(shown.factor * found.outcome)}), with common random "
        f"numbers.{unit} Levers are moved for all organisations and held to the end. The median is over this "
        "run and those that follow it. One run can point the wrong way: (!) is where it does, for certain."
    )
    return Group(table, Text(), Text(note, style="dim"))


# --- The best mix ---------------------------------------------------------------------------------


def mix_view(found: Mix) -> RenderableType:
    """Show the best choices that a search found, in words, with what each brings and costs."""
    problem = found.problem
    has_points = problem.n_points > 1
    parts: list[RenderableType] = []
    for name in problem.objectives:
        shown = reading(name)
        more = ("at worst", "regret", "enough") if has_points else ()
        table = number_table("choice", "difference", "95 % interval", "days", *more, title=shown.label)
        for label, one in enumerate(found.finalists, 1):
            low, high = (shown.factor * end for end in one.ci95(name))
            mean = shown.factor * one.mean(name)
            places = certain_decimals((high - low) / 2, mean)
            over = (
                fixed(shown.factor * float(one.differences[name].mean(axis=1).min()), places, sign=True),
                fixed(shown.factor * float(one.regret[name].max()), places),
                percent(one.satisfied[name]),
            )
            table.add_row(
                Text(f"{label}{' (over the budget)' * (not one.is_in_budget)}"),
                fixed(mean, places, sign=True),
                f"{fixed(low, places, sign=True)} to {fixed(high, places, sign=True)}",
                number(one.mean("staff_days")),
                *(over if has_points else ()),
            )
        parts += [table, Text()]
    words = [f"{label}. {problem.say(one.choice)}" for label, one in enumerate(found.finalists, 1)]
    if not words:
        words = ["No choice that was tried keeps to the budget."]
    if found.robust is not None and has_points:
        words.append(f"Least regret over the points: {found.finalists.index(found.robust) + 1}.")
    for name, gain in found.paid.items():
        shown = reading(name)
        gained = f"{signed(shown.factor * gain)} {shown.unit}".rstrip()
        words.append(f"The search's best less the best of as many spread evenly, {shown.label}: {gained}.")
    note = (
        "Differences from the place as it stands, mean over points and replicates whose random numbers "
        "the search had not seen. Days: of staff a month, more than as it stands. At worst: at the worst "
        "point. Regret: the most by which another of the best is better at a point. Enough: share of points "
        "with enough of it, or more than as it stands."
    )
    return Group(*parts, *map(Text, words), Text(), Text(note, style="dim"))


# --- Calibration ----------------------------------------------------------------------------------


def calibration_view(found: Calibration) -> RenderableType:
    """Show which values fit what was observed, how far that is to be believed, and what it predicts."""
    parts: list[RenderableType] = [_marginals_table(found), Text()]
    for one in found.marginals:
        if not one.is_number:
            shares = {value: map(percent, both) for value, both in one.shares().items()}
            said = "; ".join(f"{value} {', '.join(both)}" for value, both in shares.items())
            parts.append(Text(f"{one.path}, before and after: {said}"))
    table = number_table("measure", "observed", "sweep", "new runs of what fits", "place")
    for name, check in found.checks.items():
        shown = reading(name)
        both = (shown.factor * values for values in (check.prior, check.predicted))
        sweep, predicted = (_three(np.quantile(values, (0.05, 0.5, 0.95))) for values in both)
        error = f" ± {number(shown.factor * check.observed.error)}" if check.observed.error else ""
        observed = f"{number(shown.factor * check.observed.value)}{error}"
        table.add_row(shown.heading, observed, sweep, predicted, fixed(check.place, 2))
    note = (
        f"{found.n_accepted:,} of {found.n_runs:,} runs were accepted, and adjusted by regression. Medians, "
        "with 5 and 95 %. Held: in what share of runs of the sweep, taken for what was observed, such an "
        "interval held the true value; it should be near 90 %. Place: share of new runs of what fits below "
        "what was observed; near 0 or 1, the model does not show it."
    )
    return Group(*parts, table, Text(), *map(Text, found.notes), Text(note, style="dim"))


def _marginals_table(found: Calibration) -> Table:
    """Show the numbers among the parameters, before and after."""
    table = number_table("parameter", "sweep", "what fits", "held")
    for one in found.marginals:
        if one.coverage is not None:
            low, high = one.coverage.ci95
            held = f"{100 * one.coverage.share:.0f} ± {50 * (high - low):.0f} %"
            before, after = (_three(quantiles) for quantiles in one.quantiles)
            table.add_row(Text(one.path), before, after, held)
    return table


def _three(quantiles: Floats) -> str:
    """Write a median, and 5 and 95 %."""
    low, middle, high = map(number, quantiles.tolist())
    return f"{middle} ({low} to {high})"


# --- Scenarios and parameters --------------------------------------------------------------------


def names_table(heading: str, what: str, sentences: Mapping[str, str]) -> Table:
    """List names, and what each is."""
    table = house_table()
    table.add_column(heading, no_wrap=True)
    table.add_column(what)
    for name, title in sentences.items():
        table.add_row(Text(name, style="bold"), Text(title))
    return table


def scenario_view(scenario: Scenario) -> RenderableType:
    """Show a scenario in words: who, how they work, what happens when."""
    parts: list[RenderableType] = [Text(scenario.title, style="bold")] if scenario.title else []
    if scenario.description:
        parts.append(Text(scenario.description))
    parts += [Text(size_of(scenario)), Text()]
    if scenario.organisations:
        parts.append(_organisations_table(scenario))
    drawn = [
        (name.replace("_", " "), f"{value:g}")
        for name, value in scenario.drawn or ()
        if isinstance(value, int | float)
    ]
    for title, rows in (
        ("Drawn from", drawn),
        ("Ways of working that differ from the defaults", list(_changed_levers(scenario))),
        ("Coordinators", [_coordinator_row(c, scenario.months) for c in scenario.coordinators]),
        ("What happens when", list(_timeline(scenario))),
        ("Published figures to compare with", list(_published(scenario))),
    ):
        if rows:
            parts += [Text(), _two_columns(title, rows)]
    return Group(*parts)


def size_of(scenario: Scenario) -> str:
    """Describe the size of a scenario, in one line."""
    drawn = " drawn afresh in each replicate" if scenario.drawn else ""
    start = f" from {scenario.calendar_start}" if scenario.calendar_start else ""
    return (
        f"{scenario.n_organisations} organisations{drawn}, "
        f"{plural(scenario.months, 'month')}{start}, "
        f"{plural(len(scenario.coordinators), 'coordinator')}, "
        f"{plural(len(scenario.interventions), 'intervention')}, "
        f"{plural(len(scenario.events), 'event')}."
    )


def _organisations_table(scenario: Scenario) -> Table:
    """Show the organisations, and the attributes of each."""
    table = number_table("Organisation", "short name", "plans ahead", "accountable", "gains")
    for organisation in scenario.organisations:
        table.add_row(
            Text(organisation.title or organisation.name),
            Text(organisation.name),
            f"{organisation.planning_horizon:g} months",
            f"{organisation.accountability:g}",
            f"{organisation.incentive_share:g}",
        )
    table.caption = "Accountable, gains: accountability and incentive_share, 0 to 1."
    return table


def _two_columns(title: str, rows: Sequence[tuple[str, str]]) -> Table:
    """Show pairs of words under a title."""
    table = house_table(box=None, title=title, show_header=False)
    table.add_column(max_width=34)
    table.add_column()
    for left, right in rows:
        table.add_row(Text(left), Text(right))
    return table


def _changed_levers(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """List levers that are not at their defaults, for all and for single organisations."""
    fields = type(scenario.ways_of_working).model_fields
    for lever in LEVERS:
        value = getattr(scenario.ways_of_working, lever)
        if value != fields[lever].default:
            yield lever, f"{value:g} (default {fields[lever].default:g})"
    for organisation in scenario.organisations:
        for lever in LEVERS:
            value = getattr(organisation.ways_of_working, lever)
            if value is not None:
                yield f"{organisation.name}: {lever}", f"{value:g}"


def _coordinator_row(coordinator: Coordinator, months: int) -> tuple[str, str]:
    """Put a coordinator in words."""
    host = f"hosted by {coordinator.host}" if coordinator.host else "independent"
    return coordinator.title or coordinator.name, (
        f"{host}, impartiality {coordinator.impartiality:g}, skill {coordinator.skill:g}, "
        f"{coordinator.meetings_per_month:g} meetings a month, "
        f"{_span(coordinator.from_month, coordinator.to_month, months)}"
    )


def _span(begin: int, end: int, months: int) -> str:
    """Write from when to when something lasts, in a scenario of so many months."""
    return f"from month {begin} " + (f"to {end}" if end < months else "on")


def _timeline(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """List interventions and events, in the order in which they come."""
    entries: list[tuple[int, str, str]] = []
    for change in scenario.interventions:
        when = _span(change.from_month, change.to_month, scenario.months)
        whom = f" ({join(change.organisations)})" if change.organisations else ""
        what = f"{change.lever} = {change.value:g}{whom}"
        words = f"{change.title}: {what}" if change.title else what
        entries.append((change.from_month, when, words))
    for event in scenario.events:
        whom = f" ({event.organisation})" if event.organisation else ""
        words = f"{event.title or event.type.replace('_', ' ')}{whom}"
        entries.append((event.month, f"month {event.month}", words))
    for _, when, words in sorted(entries, key=lambda entry: entry[0]):
        yield when, words


def _published(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """List published figures, each with its source."""
    for figure in scenario.published:
        unit = f" {figure.unit}" if figure.unit else ""
        yield f"month {figure.month}", f"{figure.title}: {figure.value:g}{unit} ({figure.source})"


def parameters_table(rows: Sequence[ParameterRow]) -> Table:
    """Show the reference of everything that can be set, a section under the other."""
    table = house_table()
    table.add_column("Key", no_wrap=True)
    table.add_column("Default", overflow="fold", max_width=16)
    table.add_column("Range, unit", max_width=13)
    table.add_column("Meaning and source")
    section = None
    for row in rows:
        head, _, name = row.path.rpartition(".")
        if head != section:
            table.add_section()
            table.add_row(Text(head or "(top of the file)", style="bold"))
            section = head
        table.add_row(
            Text(f" {name}"),
            Text(default_in_words(row.default)),
            Text(range_text(row)),
            Text(row.meaning).append(f" [{row.source}]" if row.source else "", style="dim"),
        )
    return table


def measures_reference(rows: Sequence[Entry]) -> Table:
    """Show everything that is measured of a run."""
    table = house_table()
    table.add_column("Measure", no_wrap=True)
    table.add_column("Range, unit", max_width=16)
    table.add_column("Meaning")
    for row in rows:
        lies = f"{range_of(row.low, row.high)}, {row.unit}"
        table.add_row(Text(row.column, style="bold"), Text(lies), Text(f"{row.label}: {row.meaning}"))
    return table


def range_text(row: ParameterRow) -> str:
    """Write range and unit in one cell."""
    if row.low is None or row.high is None:
        return row.unit
    return f"{row.low:g} to {row.high:g} {'' if row.unit == 'share' else row.unit}".rstrip()
