"""One figure a manager can read: what was observed as a bar, what the model gives as dots."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from experiments.pictures import Page, Picture, fit, start_page
from partnersim.figures.page import MARGIN, WIDTH
from partnersim.figures.palette import BLUE, GREY, PURPLE, QUIET
from partnersim.runs.wording import number

if TYPE_CHECKING:
    from experiments.patterns.estimates import Estimate, Found
    from experiments.patterns.patterns import Band, Pattern

NAMES = 410
NUMBERS = 250
EDGES = (0.0, 1.0)
"""Ends of every band on the figure's common axis: bands differ in unit, so each is stretched."""

NATURAL_FLOOR = -1.0
"""No correlation, and no difference of shares, is lower."""

REACH = 1.0
"""How far beyond an end there is room, in widths of the band; what lies further gets an arrow."""


def position(value: float, band: Band) -> float:
    """Where a value of a band's number stands on the common axis.

    A band with one end is drawn as wide as its span; what lies further in stands at its open end.
    """
    has_low = math.isfinite(band.low) and band.low != NATURAL_FLOOR
    if has_low and math.isfinite(band.high):
        return (value - band.low) / (band.high - band.low)
    if has_low:
        return min((value - band.low) / band.span, EDGES[1])
    return max(1.0 + (value - band.high) / band.span, EDGES[0])


def verdict(estimate: Estimate, band: Band) -> str:
    """'inside' or 'outside', and whether the interval is wholly so."""
    is_inside = band.holds(estimate.value)
    ends = [end for end in (estimate.low, estimate.high) if math.isfinite(end)]
    is_unsure = any(band.holds(end) != is_inside for end in ends)
    return ("inside" if is_inside else "outside") + (", unsure" if is_unsure else "")


def is_reproduced(pattern: Pattern, found: Found) -> bool:
    """Whether every number of a pattern lies in its band."""
    return all(band.holds(found[key].value) for key, band in pattern.bands.items())


def message(patterns: Sequence[Pattern], found: Mapping[str, Found]) -> str:
    """What the figure says."""
    asked = [p for p in patterns if p.bands]
    free = [p for p in asked if p.standing == "to compare"]
    n_free = sum(is_reproduced(p, found[p.name]) for p in free)
    n_all = sum(is_reproduced(p, found[p.name]) for p in asked)
    return (
        f"The model, whose defaults were chosen by these {len(asked)} published patterns, shows {n_all}; of "
        f"the {len(free)} that are neither set nor built in, {n_free}"
    )


def draw(patterns: Sequence[Pattern], found: Mapping[str, Found], note: str, title: str = "") -> Picture:
    """Draw a row for each pattern, and in it a dot for each of its numbers."""
    title = title or message(patterns, found)
    patterns = [p for p in patterns if p.bands]
    page = start_page(title, note)
    left, width = MARGIN + NAMES, WIDTH - 2 * MARGIN - NAMES - NUMBERS
    bottom, top = page.bottom + 34, page.top
    axes = page.panel(left, bottom, width, top - bottom)
    axes.set(xlim=(EDGES[0] - REACH - 0.12, EDGES[1] + REACH + 0.12), ylim=(bottom, top))
    axes.set_yticks([])
    axes.set_xticks([])
    axes.spines[["left", "bottom"]].set_visible(False)
    pitch = (top - bottom) / len(patterns)
    for index, pattern in enumerate(patterns):
        _draw_row(page, axes, top - pitch * (index + 0.5), pitch, pattern, found[pattern.name])
    for x, words in zip((-0.55, 0.5, 1.55), ("← lower", "as observed", "higher →"), strict=True):
        share = (x - axes.get_xlim()[0]) / (axes.get_xlim()[1] - axes.get_xlim()[0])
        page.write(left + share * width, page.bottom + 16, words, ha="center", color=QUIET)
    return Picture(page.figure, title)


def _draw_row(page: Page, axes: Axes, y: float, pitch: float, pattern: Pattern, found: Found) -> None:
    """Draw one pattern: its name, the bar, the dots, and how many of them lie in it."""
    page.write(MARGIN, y, fit(f"{pattern.name}  {pattern.title}", NAMES - 12))
    axes.add_patch(Rectangle((EDGES[0], y - 0.36 * pitch), 1.0, 0.72 * pitch, color=GREY, linewidth=0))
    n = len(pattern.bands)
    for k, (key, band) in enumerate(pattern.bands.items()):
        _draw_dot(axes, y + pitch * 0.26 * ((n - 1) / 2.0 - k), found[key], band)
    inside = sum(band.holds(found[key].value) for key, band in pattern.bands.items())
    page.write(WIDTH - MARGIN - NUMBERS + 24, y, f"{inside} of {n}")
    if pattern.standing != "to compare":
        page.write(WIDTH - MARGIN, y, pattern.standing, ha="right", color=QUIET)


def _draw_dot(axes: Axes, y: float, estimate: Estimate, band: Band) -> None:
    """Draw a value with its interval; an arrow where it lies beyond the page, or is unknown."""
    x = position(estimate.value, band)
    ends = sorted(
        _bounded(position(end, band)) for end in (estimate.low, estimate.high) if not math.isnan(end)
    )
    is_inside = band.holds(estimate.value)
    colour = BLUE if is_inside else PURPLE
    if len(ends) == 2:
        axes.plot(ends, (y, y), color=colour, linewidth=3, solid_capstyle="butt")
    if math.isnan(x):
        return
    marker = "o" if is_inside else "s"
    if x != _bounded(x):
        marker = "<" if x < 0.0 else ">"
    axes.plot(
        _bounded(x),
        y,
        marker,
        color=colour,
        markersize=9,
        markerfacecolor="white" if "unsure" in verdict(estimate, band) else colour,
        markeredgewidth=2,
    )


def _bounded(x: float) -> float:
    return min(max(x, EDGES[0] - REACH), EDGES[1] + REACH)


def say(value: float) -> str:
    """A number in a table: three digits, words for none."""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return "–" if math.isnan(value) else number(value, 3)
