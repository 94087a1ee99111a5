"""Draw what one run would have come to, had one thing been moved in a month: a tornado."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from partnersim.figures.layout import padded, text_width, value_ticks
from partnersim.figures.marks import Box, Disc, Line, Mark, Panel, Text, rows_to_table, say, written
from partnersim.figures.page import MARGIN, WIDTH, Page
from partnersim.figures.palette import INK, ORANGE, PAPER, QUIET, SHADES
from partnersim.figures.picture import Picture
from partnersim.figures.quantities import Quantity, quantity
from partnersim.runs.wording import lowered, plural, signed

if TYPE_CHECKING:
    from partnersim.analysis.what_if import Move, WhatIf

MAX_ROWS = 8
"""Things that are drawn: those that change this run most."""

NAMES = 360
"""Room for the names of what is moved, in pixels."""

COLUMNS = ("what", "how", "in_this_run", "median", "median_ci95_low", "median_ci95_high", "points_elsewhere")


def tornado(found: WhatIf) -> Picture:
    """Draw what `partnersim.what_if` found: how much each thing would have changed a run, and the median."""
    shown = quantity(found.measure)
    rows: dict[str, list[Move]] = {}
    for move in found.moves:
        rows.setdefault(move.what, []).append(move)
    drawn = dict(list(rows.items())[:MAX_ROWS])
    n_hidden = len(rows) - len(drawn)
    hidden = f" {n_hidden} more in the table." if n_hidden else ""
    note = f"Replicate {found.replicate}, seed {found.seed}, same luck; moved for all, to the end.{hidden}"
    page = Page(_title(found, shown), note, _legend(found))
    numbers = [n for m in chain(*drawn.values()) for n in (m.in_this_run, m.median, *m.ci95)]
    known = [0.0, *(shown.scale * n for n in numbers if math.isfinite(n))]
    left, top = MARGIN + NAMES, page.top + 8
    size = (WIDTH - MARGIN - left, page.bottom - 84 - top)
    panel = Panel(left, top, *size, padded(min(known), max(known), 0.16))
    page.marks += panel.numbers_below(*value_ticks(*panel.across, 6))
    words = f"{shown.heading}, against the run as it was"
    page.marks += [Text(left + panel.width / 2, panel.bottom + 62, words, "middle"), panel.upright(0)]
    pitch = panel.height / max(len(drawn), 1)
    for index, (what, moves) in enumerate(drawn.items()):
        page.marks += _draw_row(panel, panel.top + pitch * index, pitch, what, moves, shown)
    table = [
        (m.what, m.how, m.in_this_run, m.median, *m.ci95, str(m.points_elsewhere).lower())
        for m in found.moves
    ]
    return page.picture(rows_to_table(COLUMNS, table))


def _draw_row(
    panel: Panel, top: float, pitch: float, what: str, moves: Sequence[Move], shown: Quantity
) -> Iterator[Mark]:
    """Draw what one thing does, a bar for each way it is moved, the upward one first."""
    yield from say(panel.left - 14, top + pitch / 2, what.replace("_", " "), NAMES - 20, anchor="end")
    step = 0.9 * pitch / 2
    begin = top + pitch / 2 - step * len(moves) / 2
    for index, move in enumerate(sorted(moves, key=lambda move: -move.way)):
        yield from _draw_move(panel, begin + step * (index + 0.5), min(step, 34), move, shown)


def _draw_move(panel: Panel, middle: float, thick: float, move: Move, shown: Quantity) -> Iterator[Mark]:
    """Draw a bar for this run, a disc for the median run with its interval, and how it was moved."""
    left, right = sorted((panel.x(0.0), panel.x(shown.scale * move.in_this_run)))
    colour = SHADES[3] if move.way > 0 else ORANGE
    yield Box(left, middle - 0.4 * thick, right - left, 0.8 * thick, colour)
    median, *ends = (shown.scale * n for n in (move.median, *move.ci95))
    if all(map(math.isfinite, ends)):
        yield Line([(panel.x(end), middle) for end in ends], INK, 3)
        left, right = min(left, *map(panel.x, ends)), max(right, *map(panel.x, ends))
    if math.isfinite(median):
        yield Disc(panel.x(median), middle, 7, PAPER, INK, 3)
        left, right = min(left, panel.x(median) - 8), max(right, panel.x(median) + 8)
    size = min(24.0, 0.9 * thick)
    said = f"{move.how}{' (!)' * move.points_elsewhere}"
    is_left = move.in_this_run < 0 and left - 10 - text_width(said, size) > panel.left
    x, anchor = (left - 10, "end") if is_left else (right + 10, "start")
    yield from written(x, middle, [said], anchor=anchor, size=size, colour=QUIET)


def _title(found: WhatIf, shown: Quantity) -> str:
    """Write the title: what would have changed this run most, and how far it stands for others."""
    most = found.moves[0]
    what = most.what.replace("_", " ") + f" {most.how}" * (most.how != "happens")
    change = f"{signed(shown.scale * most.in_this_run)}{shown.suffix}"
    label = lowered(shown.label)
    median = f"{signed(shown.scale * most.median)}{shown.suffix}"
    few = "" if found.n_replicates > 1 else "; one run alone may point the wrong way"
    return (
        f"In this run {what} in month {found.month} would have changed {label} most: {change}; "
        f"in the median of {plural(found.n_replicates, 'run')} {median}{few}"
    )


def _legend(found: WhatIf) -> str:
    """Tell what the marks are, and how often this run points the wrong way."""
    n_wrong = sum(move.points_elsewhere for move in found.moves)
    wrong = "None does here."
    if n_wrong:
        verb = "does" if n_wrong == 1 else "do"
        wrong = f"{n_wrong} of {len(found.moves)} {verb} here, marked (!)."
    return (
        "Bars: this one run, blue for more, orange for less. Discs: the median run, with its 95 % interval. "
        f"One run can point the wrong way: {wrong}"
    )
