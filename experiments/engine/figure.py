"""Figures of a study: what each test found at every accepted point; and the map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from experiments.engine.judge import AS_EXPECTED, NOTHING, OPPOSITE, Finding
from experiments.engine.study import BEYOND_CHANCE, Axis, Study, Test
from experiments.pictures import Page, Picture, fit, start_page
from partnersim.figures.layout import value_ticks
from partnersim.figures.page import MARGIN, WIDTH
from partnersim.figures.palette import BLUE, GREY, INK, PURPLE, QUIET
from partnersim.figures.quantities import quantity
from partnersim.runs.wording import decimals, number, signed

NAMES, NUMBERS, GAP = 510, 230, 16
"""Room for names, for numbers, and between them and the drawing, in pixels."""

HEAD, AXIS = 34, 34
"""Heights of a group's heading and of the numbers below it."""

LEAST_PITCH, MOST_PITCH = 28.0, 56.0
STYLES = {AS_EXPECTED: (BLUE, "o", True), OPPOSITE: (PURPLE, "s", True)}
NEITHER = (QUIET, "D", False)


class Scale(NamedTuple):
    """How the number of a test is shown: with what heading, and times what."""

    heading: str
    factor: float

    def say(self, value: float, test: Test) -> str:
        """A number as it stands in a figure; a change has its sign."""
        if np.isnan(value):
            return "–"
        write = signed if test.is_change else number
        return write(value * self.factor, 2, decimals((test.smallest or 0.0) * self.factor))


def scale_of(test: Test) -> Scale:
    """How the number of a test is shown."""
    if test.kind == "share":
        return Scale("Share of runs (%)", 100.0)
    if test.kind == "step":
        return Scale("Largest step of five (% of the whole way)", 100.0)
    if test.measure == BEYOND_CHANCE:
        return Scale("Runs with sustained acceleration, above chance (%)", 100.0)
    shown = quantity(test.measure)
    heading = f"{shown.label} ({shown.unit})" if shown.unit else shown.label
    return Scale(f"{heading}, change" if test.is_change else heading, shown.scale)


def draw_rows(
    title: str, findings: Sequence[Finding], note: str, column: str, say: Callable[[Finding], str]
) -> Picture:
    """Draw a row for each test that decides, and for those beside as long as there is room.

    Parameters
    ----------
    title, findings, note
        The message, what was found, and a line at the foot.
    column, say
        Heading of the last column, and what stands in it.
    """
    page = start_page(title, note)
    groups = _choose(findings, page.top - page.bottom)
    n_rows = sum(map(len, groups))
    room = page.top - page.bottom - len(groups) * (HEAD + AXIS)
    pitch = min(MOST_PITCH, room / n_rows)
    top = page.top
    for group in groups:
        _draw_group(page, top, pitch, group)
        page.write(WIDTH - MARGIN, top - HEAD / 2, column, ha="right", color=QUIET)
        for index, finding in enumerate(group):
            y = top - HEAD - pitch * (index + 0.5)
            page.write(WIDTH - MARGIN, y, say(finding), ha="right")
        top -= HEAD + AXIS + pitch * len(group)
    return Picture(page.figure, title)


def _choose(findings: Sequence[Finding], height: float) -> list[list[Finding]]:
    """The tests that are drawn, by what they are in: what decides first, part by part."""
    parts = list(dict.fromkeys(f.test.part for f in findings))
    chosen: list[Finding] = []
    for finding in sorted(findings, key=lambda f: (not f.test.decides, parts.index(f.test.part))):
        groups = _grouped([*chosen, finding])
        pitch = (height - len(groups) * (HEAD + AXIS)) / (len(chosen) + 1)
        if finding.test.decides or pitch >= LEAST_PITCH:
            chosen.append(finding)
    return _grouped(chosen)


def _grouped(findings: Sequence[Finding]) -> list[list[Finding]]:
    groups: dict[Scale, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(scale_of(finding.test), []).append(finding)
    return list(groups.values())


def _draw_group(page: Page, top: float, pitch: float, group: Sequence[Finding]) -> None:
    """Draw tests that are in one unit: heading, rows, and an axis below them."""
    scale = scale_of(group[0].test)
    left, width = MARGIN + NAMES, WIDTH - 2 * MARGIN - NAMES - NUMBERS - GAP
    middle = top - HEAD / 2
    page.write(MARGIN, middle, fit(scale.heading, NAMES + width, weight="bold"), weight="bold")
    page.write(WIDTH - MARGIN - 110, middle, "median", ha="right", color=QUIET)
    high, low = top - HEAD, top - HEAD - pitch * len(group)
    axes = page.panel(left, low, width, high - low)
    axes.set_ylim(low, high)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    _set_scale(axes, group, scale)
    for index, finding in enumerate(group):
        y = high - pitch * (index + 0.5)
        is_quiet = not finding.test.decides
        page.write(MARGIN, y, fit(finding.test.title, NAMES - 12), color=QUIET if is_quiet else INK)
        _draw_row(axes, y, pitch, finding, scale)
        words = scale.say(finding.found.median, finding.test)
        page.write(WIDTH - MARGIN - 110, y, words, ha="right")


def _set_scale(axes: Axes, group: Sequence[Finding], scale: Scale) -> None:
    """Set an axis that holds the numbers, what they are compared with, and what is too small."""
    ends = [finding.test.than for finding in group]
    for finding in group:
        ends += finding.found.each[~np.isnan(finding.found.each)].tolist()
    ends += [f.test.than + sign * (f.test.smallest or 0.0) for f in group for sign in (-1, 1)]
    low, high = scale.factor * min(ends), scale.factor * max(ends)
    margin = 0.04 * (high - low) or 1.0
    axes.set_xlim(low - margin, high + margin)
    axes.set_xticks(*value_ticks(low - margin, high + margin, 4))


def _draw_row(axes: Axes, y: float, pitch: float, finding: Finding, scale: Scale) -> None:
    """Draw one test: what is too small to matter, every point, 90 % of them, the median."""
    colour, marker, is_full = STYLES.get(finding.outcome, NEITHER)
    than, smallest = finding.test.than * scale.factor, scale.factor * (finding.test.smallest or 0.0)
    half = pitch / 2
    if smallest:
        axes.fill_between(
            [than - smallest, than + smallest], y - half, y + half, color=GREY, alpha=0.4, linewidth=0
        )
    axes.plot([than, than], [y - half, y + half], color=QUIET, linewidth=1.5)
    each = finding.found.each * scale.factor
    heights = y + 0.28 * pitch * np.linspace(-1, 1, len(each))
    axes.plot(each, heights, "o", color=colour, markersize=4, alpha=0.35, markeredgewidth=0)
    ends = np.array(finding.found.range90) * scale.factor
    axes.plot(ends, [y, y], color=colour, linewidth=4, solid_capstyle="butt")
    axes.plot(
        finding.found.median * scale.factor,
        y,
        marker,
        color=colour,
        markersize=12,
        markerfacecolor=colour if is_full else "white",
        markeredgewidth=2.5,
    )


# --- The map --------------------------------------------------------------------------------------

LEAST_TILE = 18
"""Height from which there is room for a number, in pixels."""

FILLS = {AS_EXPECTED: BLUE, OPPOSITE: PURPLE, NOTHING: GREY}
WORDS_OF_FILLS = (
    ("as expected", BLUE, 0),
    ("opposite", PURPLE, 230),
    ("too small to matter", GREY, 420),
    ("depends", "white", 740),
)
"""With how far to the right each stands, in pixels."""


def draw_map(study: Study, findings: Sequence[Finding], title: str) -> Picture:
    """Draw how each deciding test comes out in each cell: a panel for each value of the last axis."""
    axes = [axis for axis in study.map.axes if axis.name not in study.not_mapped]
    shown = [f for f in findings if f.test.decides and f.of(study.worlds_of("cell"))]
    down, across = axes[0], axes[-2] if len(axes) > 2 else axes[1]
    last = axes[-1] if len(axes) > 2 else None
    panels = last.values if last else [None]
    note = (
        f"In a block, to the right {across.name} {across.values[0]:g} to {across.values[-1]:g}, "
        f"upwards {down.name} {down.values[0]:g} to {down.values[-1]:g}; {study.map.points} points."
    )
    page = start_page(title, note)
    top, bottom = page.top - 76, page.bottom + 10
    pitch = (top - bottom) / max(len(shown), 1)
    width = (WIDTH - 2 * MARGIN - NAMES) / len(panels)
    for words, colour, right in WORDS_OF_FILLS:
        x = MARGIN + right
        page.sheet.add_patch(Rectangle((x, page.top - 24), 20, 20, facecolor=colour, edgecolor=QUIET))
        page.write(x + 30, page.top - 14, words)
    for column, value in enumerate(panels):
        left = MARGIN + NAMES + column * width
        head = f"{last.name} {value:g}" if last else ""
        page.write(left, page.top - 52, fit(head, width - 20, weight="bold"), weight="bold")
        for row, finding in enumerate(shown):
            y = top - pitch * (row + 1)
            if column == 0:
                page.write(MARGIN, y + pitch / 2, fit(finding.test.title, NAMES - 12))
            _draw_cells(page, (left, y + 0.1 * pitch, width - 24, 0.8 * pitch), finding, down, across, head)
    return Picture(page.figure, title)


def _draw_cells(
    page: Page, box: tuple[float, float, float, float], finding: Finding, down: Axis, across: Axis, head: str
) -> None:
    """Draw one test in one panel: a tile for each pair of values."""
    x, y, width, height = box
    for i, low in enumerate(down.values):
        for j, right in enumerate(across.values):
            name = ", ".join(filter(None, (f"{down.name} {low:g}", f"{across.name} {right:g}", head)))
            cell = finding.elsewhere.get(name)
            if cell is None:
                continue
            w, h = width / len(across.values), height / len(down.values)
            colour = FILLS.get(cell.outcome, "white")
            place = (x + j * w, y + i * h)
            page.sheet.add_patch(
                Rectangle(place, w - 2, h - 2, facecolor=colour, edgecolor=QUIET, linewidth=0.5)
            )
            if h >= LEAST_TILE:
                ink = "white" if cell.outcome in (AS_EXPECTED, OPPOSITE) else INK
                words = scale_of(finding.test).say(cell.found.mean, finding.test)
                page.write(place[0] + w / 2, place[1] + h / 2, words, ha="center", color=ink, size=12)
