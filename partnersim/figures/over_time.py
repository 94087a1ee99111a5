"""Lines over the years: change, speed and trust, for reports and for pages."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from partnersim.figures.layout import padded, spread, value_ticks, wrap, year_ticks
from partnersim.figures.marks import Line, Mark, Panel, Picture, Text, written
from partnersim.figures.page import MARGIN, WIDTH, Page
from partnersim.figures.palette import BLUE, COLOURS, DARK, DASHES, GREY, LINE, QUIET, SHADES, TYPE
from partnersim.figures.quantities import (
    Quantity,
    choose_arms,
    find_effect,
    foot_note,
    headline,
    in_title,
    quantity,
)
from partnersim.runs.wording import number, period

if TYPE_CHECKING:
    from partnersim.runs.results import Comparison, Results

LEFT = 110
LABELS = 290
"""Room left of panels for numbers, and right of them for the names of lines, in pixels."""

LEADER = 20
"""From the end of a line to its name, in pixels."""


# --- parts of every chart of lines ----------------------------------------------------------------


def axes(
    panel: Panel, months: int, ticks: Sequence[float], labels: Sequence[str], *, years: bool = True
) -> list[Mark]:
    """Quiet lines across at some numbers, and years below."""
    left, right, marks = panel.left, panel.right, list[Mark]()
    for y, label in zip(panel.y(np.array(ticks)).tolist(), labels, strict=True):
        marks.append(Line(((left, y), (right, y)), GREY, 1.5))
        marks.append(Text(left - 8, y + 9, label, "end", QUIET))
    at, names = year_ticks(months) if years else ([], [])
    for x, name in zip(panel.x(np.array(at)).tolist(), names, strict=True):
        marks.append(Text(x, panel.top + panel.height + 32, name, "middle", QUIET))
    return marks


def names_at_ends(
    panel: Panel,
    names: Sequence[str],
    ends: Sequence[float],
    right: float,
    colours: Sequence[str] = DARK,
    *,
    rows: int = 3,
    size: float = TYPE,
) -> Iterator[Mark]:
    """Names right of the ends of lines, moved apart where one would cover another.

    Parameters
    ----------
    right
        How far they may go, in pixels.
    rows
        On how many lines of text each may stand.
    size
        That text is measured in: less where it is shown in a narrow font.
    """
    room = right - panel.right - LEADER
    texts = [wrap(name, room, rows, size, bold=True) for name in names]
    heights = [LINE * len(text) + 4.0 for text in texts]
    # Nothing known has its name at the foot.
    wanted = [panel.y(min(end, panel.up[1])) if np.isfinite(end) else panel.bottom for end in ends]
    lowest = panel.bottom + LINE / 2
    places = spread(wanted, heights, min(panel.top - 6, lowest - sum(heights)), lowest)
    for text, at, place, colour in zip(texts, wanted, places, colours, strict=False):
        x = panel.right + LEADER
        yield Line(((panel.right + 3, at), (x - 4, place)), colour, 1.0)
        yield from written(x, place, text, colour=colour, bold=True)


def band(panel: Panel, low: np.ndarray, high: np.ndarray, colour: str) -> Line:
    """The area between two lines over the months."""
    known = np.isfinite(low)
    months = panel.x(np.flatnonzero(known))
    upper, lower = panel.y(high[known]), panel.y(low[known])
    xs, ys = np.append(months, months[::-1]), np.append(upper, lower[::-1])
    return Line(np.column_stack((xs, ys)).tolist(), width=0.0, fill=colour)


# --- for reports ----------------------------------------------------------------------------------


def change_over_time(
    comparison: Comparison,
    series: Sequence[str] = ("change_delivered", "speed"),
    *,
    arms: Sequence[str] | None = None,
    n_faint: int = 30,
) -> Picture:
    """Draw series over the years: single partnerships faint, the median of each arm bold.

    Parameters
    ----------
    comparison
        Arms that share their luck.
    series
        One to three series, a panel each; the title speaks of the first.
    arms
        Up to four of the arms; the base and the first three others if left out.
    n_faint
        How many faint lines a panel has, shared among the arms.
    """
    names = choose_arms(comparison, arms)
    first = comparison.results[names[0]]
    final = {arm: _median(comparison.results[arm], series[0])[-1] for arm in names}
    last = {arm: results.series[series[0]][:, -1] for arm, results in comparison.results.items()}
    ways = {
        arm: find_effect(last[arm], last[comparison.base], series[0], first.months).way
        for arm in names
    }
    shown = quantity(series[0])
    what = f"{shown.label} after {period(first.months)}, median"
    page = Page(
        headline(what, final, shown.say, comparison.base, ways),
        foot_note(first, comparison, len(names)),
    )
    table = {"month": np.arange(first.months + 1)}
    for name, place in _places(page, series):
        results = [comparison.results[arm] for arm in names]
        bold = [_median(result, name) for result in results]
        table |= {f"{arm}: median {name}": line for arm, line in zip(names, bold, strict=True)}
        faint = [result.series[name][: max(1, n_faint // len(names))] for result in results]
        page.add(_draw_arms(place, names, bold, faint, quantity(name), is_last=name == series[-1]))
    return page.picture(table)


def quantiles(results: Results, series: str) -> Picture:
    """Draw one series over the years as median and bands: for analysts.

    Parameters
    ----------
    results
        Runs of one scenario.
    series
        Name of a recorded or derived series.
    """
    levels = {"p05": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}
    shown = quantity(series)
    found = np.asarray(results.quantiles(series, list(levels.values())), dtype=float)
    page = Page(_title_of_quantiles(found[:, -1], shown, results), foot_note(results))
    ((_, place),) = _places(page, (series,))
    page.add(_draw_bands(place, found * shown.scale, shown, is_one=results.replicates == 1))
    table = {"month": np.arange(results.months + 1), **dict(zip(levels, found, strict=True))}
    return page.picture(table)


def _title_of_quantiles(last: np.ndarray, shown: Quantity, results: Results) -> str:
    """Say where a series ends."""
    middle, high = shown.say(last[2]), shown.say(last[4])
    low = number(last[0] * shown.scale)
    what = f"{shown.label} after {period(results.months)}"
    if not np.isfinite(last[2]):
        return f"{what}: undefined"
    if results.replicates == 1:
        return f"{what}: {middle} in the one partnership simulated"
    return f"{what}: {middle} in the median partnership, between {low} and {high} in 90 of 100"


def _median(results: Results, series: str) -> np.ndarray:
    """Median over replicates in each month."""
    (middle,) = results.quantiles(series, [0.5])
    return np.asarray(middle)


def _places(page: Page, series: Sequence[str]) -> Iterator[tuple[str, Panel]]:
    """One panel above the other, each under its heading, all over the same years."""
    head, gap, foot = 46.0, 16.0, 72.0
    height = (page.bottom - foot - page.top - gap * (len(series) - 1)) / len(series) - head
    for index, name in enumerate(series):
        top = page.top + index * (height + head + gap) + head
        page.add(written(MARGIN, top - 24, wrap(quantity(name).heading, WIDTH - 2 * MARGIN)))
        yield name, Panel(LEFT, top, WIDTH - MARGIN - LABELS - LEFT, height)
    middle = (LEFT + WIDTH - MARGIN - LABELS) / 2
    page.add([Text(middle, page.bottom - 12, "Years from the start", "middle")])


def _draw_arms(
    place: Panel,
    names: Sequence[str],
    bold: Sequence[np.ndarray],
    faint: Sequence[np.ndarray],
    shown: Quantity,
    *,
    is_last: bool,
) -> Iterator[Mark]:
    """Draw the lines of all arms in one panel, and name them."""
    panel = yield from _axes_for(place, np.concatenate([*faint, bold]), shown, years=is_last)
    if panel is None:
        return
    months = np.arange(len(bold[0]))
    for lines, colour in zip(faint, COLOURS, strict=False):
        for line in lines * shown.scale:
            yield panel.line(months, line, colour, 1.4, opacity=0.22)
    for line, colour, dash in zip(bold, COLOURS, DASHES, strict=False):
        yield panel.line(months, line * shown.scale, colour, 5.0, dash=dash)
    ends = [line[-1] * shown.scale for line in bold]
    yield from names_at_ends(panel, [in_title(name) for name in names], ends, WIDTH - 12, rows=2)


def _draw_bands(
    place: Panel, lines: np.ndarray, shown: Quantity, *, is_one: bool
) -> Iterator[Mark]:
    """Draw where nine of ten runs are, where half of them are, and the middle; and name them."""
    panel = yield from _axes_for(place, lines / shown.scale, shown)
    if panel is None:
        return
    low, lower, middle, upper, high = lines
    yield band(panel, low, high, SHADES[4])
    yield band(panel, lower, upper, SHADES[3])
    yield panel.line(np.arange(len(middle)), middle, BLUE, 5.0)
    names = {
        "95 of 100 below": (high[-1], QUIET),
        "middle half": ((middle[-1] + upper[-1]) / 2, SHADES[2]),
        "median": (middle[-1], BLUE),
        "5 of 100 below": (low[-1], QUIET),
    }
    if is_one:
        names = {"the one run": (middle[-1], BLUE)}
    ends, colours = zip(*names.values(), strict=True)
    yield from names_at_ends(panel, list(names), ends, WIDTH - 12, colours)


def _axes_for(
    place: Panel, values: np.ndarray, shown: Quantity, *, years: bool = True
) -> Generator[Mark, None, Panel | None]:
    """Fit the range upwards, from 0 where that wastes little; nothing if nothing is known."""
    months = values.shape[1] - 1
    across = (0.0, float(max(months, 1)))
    known = shown.scale * values[np.isfinite(values)]
    if not known.size:
        panel = Panel(place.left, place.top, place.width, place.height, across)
        yield from axes(panel, months, [0.0], [""], years=years)
        words = f"{shown.label} is not defined in these runs"
        yield from written(panel.x(across[1] / 2), panel.y(0.5), [words], anchor="middle")
        return None
    low, high = float(known.min()), float(known.max())
    low = 0.0 if 0 < low < 0.5 * high else low
    bottom, top = padded(low, high, 0.04)
    panel = Panel(place.left, place.top, place.width, place.height, across, (low and bottom, top))
    yield from axes(
        panel, months, *value_ticks(*panel.up, 4 if place.height < 300 else 7), years=years
    )
    if low < 0 < high:
        yield panel.level(0.0)
    return panel
