"""Draw lines over the years: change, speed and trust, for reports and for pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from partnersim.figures.layout import padded, spread, value_ticks, wrap, year_ticks
from partnersim.figures.marks import Line, Mark, Panel, Text, say, written
from partnersim.figures.page import MARGIN, WIDTH, Page
from partnersim.figures.palette import BLUE, COLOURS, DARK, DASHES, GREY, LINE, QUIET, SHADES
from partnersim.figures.picture import Picture
from partnersim.figures.quantities import (
    Quantity,
    choose_arms,
    find_effect,
    foot_note,
    headline,
    in_title,
    initiatives,
    quantity,
)
from partnersim.runs.statistics import quantiles as quantiles_over_runs
from partnersim.runs.wording import number, period

if TYPE_CHECKING:
    from partnersim.runs.results import Comparison, Results

LEFT = 110
LABELS = 290
"""Room in pixels: `LEFT` of panels for numbers, `LABELS` right of them for the names of lines."""

MIDDLE = {"p25": 0.25, "median": 0.5, "p75": 0.75}

OF_WORK = {"change_delivered", "speed"}
"""Series whose figures also tell what became of the initiatives."""

LEADER = 20
"""Distance from the end of a line to its name, in pixels."""


# --- parts of every chart of lines ----------------------------------------------------------------


def axes(
    panel: Panel, months: int, ticks: Sequence[float], labels: Sequence[str], *, years: bool = True
) -> list[Mark]:
    """Draw quiet lines across at some numbers, and years below."""
    at, names = year_ticks(months) if years else ([], [])
    places = zip(panel.x(np.array(at)).tolist(), names, strict=True)
    foot = panel.bottom + 32
    below = (Text(x, foot, name, "middle", QUIET) for x, name in places)
    return [*panel.numbers_beside(ticks, labels, GREY), *below]


def names_at_ends(
    panel: Panel, names: Mapping[str, tuple[float, str]], right: float, rows: int
) -> Iterator[Mark]:
    """Write names right of the ends of lines, moved apart where one would cover another.

    Each has its number and its colour; they go as far as `right`, on so many rows each.
    """
    x, lowest = panel.right + LEADER, panel.bottom + LINE / 2
    texts = [wrap(name, right - x, rows, bold=True) for name in names]
    heights = [LINE * len(text) + 4.0 for text in texts]
    # What is not known has its name at the foot.
    ends = [min(end, panel.up[1]) if end == end else panel.up[0] for end, _ in names.values()]
    wanted = [panel.y(end) for end in ends]
    places = spread(wanted, heights, min(panel.top - 6, lowest - sum(heights)), lowest)
    for text, at, place, (_, colour) in zip(texts, wanted, places, names.values(), strict=True):
        yield Line(((panel.right + 3, at), (x - 4, place)), colour, 1.0)
        yield from written(x, place, text, colour=colour, bold=True)


# --- for reports ----------------------------------------------------------------------------------


def change_over_time(
    comparison: Comparison,
    series: Sequence[str] = ("change_delivered", "speed"),
    *,
    arms: Sequence[str] | None = None,
) -> Picture:
    """Draw series over the years: the median of each arm, and where the middle half of its runs is.

    Parameters
    ----------
    comparison
        Arms that share their random numbers.
    series
        One to three series, a panel each; the title speaks of the first: of the mean speed over
        the years where that is speed, else of the last month.
    arms
        Up to four of the arms; the base and the first three others if left out.
    """
    names = choose_arms(comparison, arms)
    first = comparison.results[names[0]]
    told = {
        arm: results.measures["mean_speed"] if series[0] == "speed" else results.series[series[0]][:, -1]
        for arm, results in comparison.results.items()
    }
    final = {arm: float(quantiles_over_runs(told[arm], [0.5])[0]) for arm in names}
    ways = {arm: find_effect(told[arm], told[comparison.base], series[0], first.months).way for arm in names}
    shown, years = quantity(series[0]), period(first.months)
    what = f"Mean speed over {years}" if series[0] == "speed" else f"{shown.label} after {years}"
    title = headline(f"{what}, median", final, shown.say, comparison.base, ways)
    drawn = {arm: comparison.results[arm] for arm in names}
    more = initiatives(drawn) if set(series) & OF_WORK else ""
    page = Page(title, foot_note(first, comparison, len(names)), more)
    table = {"month": np.arange(first.months + 1)}
    for name, place in _places(page, series, ": medians; shaded, the middle half of partnerships"):
        shown = quantity(name)
        lines = {arm: results.quantiles(name, list(MIDDLE.values())) for arm, results in drawn.items()}
        for arm, found in lines.items():
            table |= {f"{arm}: {level} {name}": line for level, line in zip(MIDDLE, found, strict=True)}
        panel, marks = _axes_for(place, np.concatenate([*lines.values()]), shown, name == series[-1])
        page.marks += marks
        if panel is not None:
            page.marks += _draw_arms(panel, {arm: shown.scale * found for arm, found in lines.items()})
    return page.picture(table)


def quantiles(results: Results, series: str) -> Picture:
    """Draw one series, recorded or derived, over the years as median and bands: for analysts."""
    levels = {"p05": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}
    shown = quantity(series)
    found = np.asarray(results.quantiles(series, list(levels.values())), dtype=float)
    more = initiatives({"": results}) if series in OF_WORK else ""
    page = Page(_title_of_quantiles(found[:, -1], shown, results), foot_note(results), more)
    ((_, place),) = _places(page, (series,))
    panel, marks = _axes_for(place, found, shown)
    page.marks += marks
    if panel is not None:
        page.marks += _draw_bands(panel, found * shown.scale, is_one=results.replicates == 1)
    table = {"month": np.arange(results.months + 1), **dict(zip(levels, found, strict=True))}
    return page.picture(table)


def _title_of_quantiles(last: np.ndarray, shown: Quantity, results: Results) -> str:
    """Write the title: the value at which a series ends."""
    middle, high = shown.say(last[2]), shown.say(last[4])
    low = number(last[0] * shown.scale)
    what = f"{shown.label} after {period(results.months)}"
    if not np.isfinite(last[2]):
        return f"{what}: undefined"
    if results.replicates == 1:
        return f"{what}: {middle} in the one partnership simulated"
    return f"{what}: {middle} in the median partnership, between {low} and {high} in 90 of 100"


def _places(page: Page, series: Sequence[str], drawn: str = "") -> Iterator[tuple[str, Panel]]:
    """Place one panel above the other, each under its heading, all over the same years.

    What is `drawn` is said in the first heading.
    """
    head, gap, foot = 46.0, 16.0, 72.0
    height = (page.bottom - foot - page.top - gap * (len(series) - 1)) / len(series) - head
    for index, name in enumerate(series):
        top = page.top + index * (height + head + gap) + head
        heading = quantity(name).heading + ("" if index else drawn)
        page.marks += say(MARGIN, top - 24, heading, WIDTH - 2 * MARGIN)
        yield name, Panel(LEFT, top, WIDTH - MARGIN - LABELS - LEFT, height)
    middle = (LEFT + WIDTH - MARGIN - LABELS) / 2
    page.marks.append(Text(middle, page.bottom - 12, "Years from the start", "middle"))


def _draw_arms(panel: Panel, lines: Mapping[str, np.ndarray]) -> Iterator[Mark]:
    """Draw the middle half of each arm in one panel, over all of them the medians, and name them."""
    months = np.arange(len(next(iter(lines.values()))[1]))
    for (low, _, high), colour in zip(lines.values(), COLOURS, strict=False):
        yield panel.band(months, low, high, colour, 0.16)
    for (_, middle, _), colour, dash in zip(lines.values(), COLOURS, DASHES, strict=False):
        yield panel.line(months, middle, colour, 5.0, dash=dash)
    ends = [(middle[-1], colour) for (_, middle, _), colour in zip(lines.values(), DARK, strict=False)]
    yield from names_at_ends(panel, dict(zip(map(in_title, lines), ends, strict=True)), WIDTH - 12, 2)


def _draw_bands(panel: Panel, lines: np.ndarray, *, is_one: bool) -> Iterator[Mark]:
    """Draw where nine of ten runs are, where half of them are, and the middle; and name them."""
    months, (low, lower, middle, upper, high) = np.arange(lines.shape[1]), lines
    for bottom, top, colour in ((low, high, SHADES[4]), (lower, upper, SHADES[3])):
        yield panel.band(months, bottom, top, colour)
    yield panel.line(months, middle, BLUE, 5.0)
    names = {
        "95 of 100 below": (high[-1], QUIET),
        "middle half": ((middle[-1] + upper[-1]) / 2, SHADES[2]),
        "median": (middle[-1], BLUE),
        "5 of 100 below": (low[-1], QUIET),
    }
    names = {"the one run": (middle[-1], BLUE)} if is_one else names
    yield from names_at_ends(panel, names, WIDTH - 12, 3)


def _axes_for(
    place: Panel, values: np.ndarray, shown: Quantity, is_last: bool = True
) -> tuple[Panel | None, list[Mark]]:
    """Fit the range upwards, from 0 where that wastes little; no panel where nothing is known."""
    months = values.shape[1] - 1
    panel = replace(place, across=(0.0, float(max(months, 1))))
    known = shown.scale * values[np.isfinite(values)]
    if not known.size:
        words = [f"{shown.label} is not defined in these runs"]
        middle = (panel.left + panel.right) / 2, (panel.top + panel.bottom) / 2
        marks = axes(panel, months, [0.0], [""], years=is_last)
        return None, [*marks, *written(*middle, words, anchor="middle")]
    low, high = float(np.min(known)), float(np.max(known))
    low = 0.0 if 0 < low < 0.5 * high else low
    bottom, top = padded(low, high, 0.04)
    panel = replace(panel, up=(low and bottom, top))
    ticks = value_ticks(*panel.up, 4 if place.height < 300 else 7)
    marks = axes(panel, months, *ticks, years=is_last)
    return panel, [*marks, panel.level(0.0)] if low < 0 < high else marks
