"""Tell and draw a box of scenario discovery: where an outcome is common."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from partnersim.analysis.boxes import Interval
from partnersim.figures.layout import value_ticks, wrap
from partnersim.figures.marks import Box, Disc, Mark, Panel, Text, rows_to_table, say, written
from partnersim.figures.page import MARGIN, WIDTH, Page
from partnersim.figures.palette import BLUE, GREY, INK, LINE, ORANGE, QUIET, SHADES
from partnersim.figures.picture import Picture
from partnersim.figures.quantities import in_title, quantity
from partnersim.figures.sweep import in_words
from partnersim.runs.wording import capital, join, lowered, number, of_hundred, plural

if TYPE_CHECKING:
    from partnersim.analysis.boxes import Limit
    from partnersim.analysis.discovery import Discovery, FoundBox, Restriction
    from partnersim.sweep.parameters import Parameter

COLUMNS = (
    *("parameter", "low", "high", "names", "density_without", "quasi_p", "chance", "reproduced"),
    *("low_p05", "low_p95", "high_p05", "high_p95"),
)
MOST_BARS = 5
"""Parameters whose limits have room on a page."""

YES_OR_NO = {
    "survived": ("The partnership collapses", "The partnership survives"),
    "is_sustained_acceleration": ("Change does not keep accelerating", "Change keeps accelerating"),
}
"""What is said of a measure that is 0 or 1: if it is 0, and if it is 1."""


# --- In words -------------------------------------------------------------------------------------


def tell_box(found: Discovery, box: FoundBox) -> str:
    """Tell a box as one sentence: where it is, how common cases are there, and overall."""
    if not box.is_clear:
        overall = f"in {of_hundred(found.density)} {_counted(found)} overall"
        return f"No part of what was varied stands out: {lowered(tell_case(found))} {overall}"
    limits = join([tell_limit(found.drawn.parameters[path], limit) for path, limit in box.box.limits.items()])
    is_first = box is found.boxes[0]
    where, around = ("Where", "overall") if is_first else ("Of the rest, where", "of all the rest")
    return (
        f"{where} {limits}, {lowered(tell_case(found))} in {of_hundred(box.density)} {_counted(found)}, "
        f"against {of_hundred(box.density_around)} {around}"
    )


def tell_case(found: Discovery) -> str:
    """Tell what a case is: 'Mean speed is above 10 % of the vision per year'."""
    outcomes, (no, yes) = found.drawn.outcomes, ("below", "above")
    shown = quantity(outcomes.measure)
    what = shown.label
    threshold = f"{shown.scale * found.threshold:.3g}{shown.suffix}".replace("-", "−")
    if outcomes.against is not None:
        arm, base = in_title(outcomes.arm or ""), in_title(outcomes.against)
        if found.threshold:
            return f"{what} with {arm}, less that with {base}, is {yes if found.is_above else no} {threshold}"
        return f"{what} is {'higher' if found.is_above else 'lower'} with {arm} than with {base}"
    with_arm = f" with {in_title(outcomes.arm)}" if outcomes.arm not in (None, "base") else ""
    if outcomes.measure in YES_OR_NO and 0 < found.threshold < 1:
        return f"{YES_OR_NO[outcomes.measure][found.is_above]}{with_arm}"
    return f"{what}{with_arm} is {yes if found.is_above else no} {threshold}"


def tell_limit(parameter: Parameter, limit: Limit) -> str:
    """Tell the limits on one parameter: 'planning horizon of council is under 40 months'."""
    name = in_words(parameter.path)
    if not isinstance(limit, Interval):
        words = {True: "on", False: "off"} if parameter.kind == "flag" else {}
        return f"{name} is {' or '.join(str(words.get(value, value)) for value in limit)}"
    unit = f" {parameter.unit}" if parameter.unit not in ("", "none", "share") else ""
    has_low, has_high = (math.isfinite(end) for end in limit)
    is_whole = parameter.kind == "whole"
    low, high = (_write(end, is_whole=is_whole) for end in limit)
    if has_low and has_high:
        return f"{name} is between {low} and {high}{unit}"
    if is_whole:
        return f"{name} is {low if has_low else high}{unit} or {'more' if has_low else 'less'}"
    return f"{name} is {'above' if has_low else 'under'} {low if has_low else high}{unit}"


def _write(end: float, *, is_whole: bool) -> str:
    if not math.isfinite(end):
        return ""
    return f"{end:,.0f}" if is_whole else number(end, 2, 3)


def tell_meanings(found: Discovery, box: FoundBox) -> list[str]:
    """Tell what each limited parameter means, in the one sentence of its declaration."""
    return [f"{capital(in_words(path))}: {found.drawn.parameters[path].meaning}" for path in box.box.limits]


def tell_certainty(found: Discovery, box: FoundBox) -> str:
    """Tell how far a box can be trusted, in one or two sentences."""
    if not box.is_clear:
        why = (
            f"outcomes that are shuffled have as telling a box {of_hundred(box.chance)} times"
            if box.box.limits
            else "no limit on any parameter stands against chance"
        )
        return f"The search always finds something; {why}."
    return (
        f"It holds {of_hundred(box.coverage)} of all such {_counted(found)}. Among points that did not "
        f"choose it, such a box has {of_hundred(box.density_elsewhere)}; shuffled outcomes give as telling "
        f"a box in {of_hundred(box.chance)} searches."
    )


def _counted(found: Discovery) -> str:
    return "partnerships" if found.drawn.outcomes.against is None else "pairs"


# --- A picture ------------------------------------------------------------------------------------


def box_limits(found: Discovery, box: FoundBox) -> Picture:
    """Draw a box: its limits over the range of each parameter, and what the search had to choose from."""
    runs = f"{plural(len(found.share), 'point')}, {found.drawn.n_runs:,} {_counted(found)}"
    ends = " Orange: 90 % of resamples." if box.is_clear else ""
    page = Page(
        tell_box(found, box),
        f"{runs}, seed {found.drawn.seed}; {found.method.upper()}.{ends}",
        tell_certainty(found, box),
    )
    left = Panel(110, page.top + 60, 340, page.bottom - page.top - 140, (0.0, 1.0), (0.0, 1.0))
    page.marks += _draw_trajectory(left, found, box)
    page.marks += _draw_bars(page, 530.0, found, box)
    return page.picture(rows_to_table(COLUMNS, [_row(one) for one in box.restrictions]))


def _row(one: Restriction) -> tuple[Any, ...]:
    """Give the row of a limit for the table."""
    unknown = (math.nan, math.nan)
    if isinstance(one.limit, Interval):
        limit: tuple[Any, ...] = (*one.limit, "")
    else:
        limit = (*unknown, " ".join(str(name).lower() for name in one.limit))
    shares = (one.density_without, one.quasi_p, one.chance, one.reproduced)
    return (one.parameter, *limit, *shares, *(one.low_range or unknown), *(one.high_range or unknown))


def _draw_trajectory(panel: Panel, found: Discovery, box: FoundBox) -> Iterator[Mark]:
    """Draw all boxes that the search proposed by coverage and density, and the one that was taken."""
    yield from say(MARGIN, panel.top - 36, "Cases in the box, of 100 runs there", 470)
    ticks = [0.0, 0.5, 1.0], ["0", "50", "100"]
    yield from panel.numbers_beside(*ticks, GREY)
    yield from panel.numbers_below(*ticks)
    yield from say(panel.left - 20, panel.bottom + 62, "Share of all cases in it (%)", 420)
    yield panel.level(box.density_around, INK, 2.5)
    yield from written(panel.left + 6, panel.y(box.density_around) - 18, ["all points"], colour=QUIET)
    for proposal in box.proposals:
        yield Disc(panel.x(proposal.coverage), panel.y(proposal.density), 5, SHADES[3])
    if box.is_clear:
        yield Disc(panel.x(box.coverage), panel.y(box.density), 11, ORANGE, INK, 2)


def _draw_bars(page: Page, left: float, found: Discovery, box: FoundBox) -> Iterator[Mark]:
    """Draw the limits of each parameter as a bar over the range in which it was varied."""
    shown = box.restrictions[:MOST_BARS]
    if not box.is_clear:
        yield from say(left, page.top + 120, "No limits that stand against chance", WIDTH - MARGIN - left)
        return
    room = (page.bottom - page.top - 20) / max(len(shown), 3)
    for index, one in enumerate(shown):
        top = page.top + 24 + index * room
        parameter = found.drawn.parameters[one.parameter]
        words = wrap(capital(tell_limit(parameter, one.limit)), WIDTH - MARGIN - left, 1)
        yield from written(left, top + 6, words)
        panel = Panel(left + 8, top + 28, WIDTH - MARGIN - left - 40, 18, _range(found, one))
        if isinstance(one.limit, Interval):
            yield from _draw_interval(panel, one)
        else:
            yield from _draw_names(panel, found, one)


def _range(found: Discovery, one: Restriction) -> tuple[float, float]:
    column = found.drawn.points[one.parameter]
    if not isinstance(one.limit, Interval):
        return 0.0, float(column.nunique())
    parameter = found.drawn.parameters[one.parameter]
    low, high = parameter.low, parameter.high  # unknown of a table, and of a distribution without end
    return float(column.min()) if low is None else low, float(column.max()) if high is None else high


def _draw_interval(panel: Panel, one: Restriction) -> Iterator[Mark]:
    """Draw limits on a number; whiskers are the middle 90 % of each end over resamples."""
    assert isinstance(one.limit, Interval)
    low, high = max(one.limit.low, panel.across[0]), min(one.limit.high, panel.across[1])
    yield Box(panel.left, panel.top, panel.width, panel.height, GREY)
    yield Box(panel.x(low), panel.top, max(panel.x(high) - panel.x(low), 3), panel.height, BLUE)
    for ends in (one.low_range, one.high_range):
        if ends is not None:
            first, last = (panel.x(min(max(end, panel.across[0]), panel.across[1])) for end in ends)
            yield Box(first, panel.top - 5, max(last - first, 3), 5, ORANGE)
    ticks, labels = value_ticks(*panel.across, 4)
    for tick, label in zip(ticks, labels, strict=True):
        yield Text(panel.x(tick), panel.bottom + LINE - 3, label, "middle", QUIET)


def _draw_names(panel: Panel, found: Discovery, one: Restriction) -> Iterator[Mark]:
    """Draw names one beside the other, those of the box in dark."""
    names = np.unique(found.drawn.points[one.parameter]).tolist()
    for place, name in enumerate(names):
        x, width = panel.x(place), panel.width / len(names) - 4
        yield Box(x, panel.top, width, panel.height, BLUE if name in tuple(one.limit) else GREY)
        word = {True: "on", False: "off"}.get(name, str(name)) if isinstance(name, bool) else str(name)
        yield from say(x, panel.bottom + LINE / 2 + 4, word, width, colour=QUIET)
