"""Draw which kinds of trajectory a search reached, against a sample of as many points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from partnersim.figures.layout import round_up, value_ticks
from partnersim.figures.marks import Box, Mark, Panel, rows_to_table, say
from partnersim.figures.page import MARGIN, WIDTH, Page
from partnersim.figures.palette import BLUE, DASHES, GREY, ORANGE, SHADES
from partnersim.figures.picture import Picture
from partnersim.figures.quantities import Quantity, quantity
from partnersim.runs.wording import plural

if TYPE_CHECKING:
    from partnersim.analysis.diversity import Diversity

COLUMNS = ("n_points", "kinds_of_search", "kinds_of_sample")
BOTH, SEARCH, SAMPLE = SHADES[3], ORANGE, BLUE
LEFT = 130


def kinds_reached(found: Diversity) -> Picture:
    """Draw the kinds that each reached, over the first two descriptors, and how their number grew."""
    shown = [quantity(name) for name in found.descriptors]
    runs = f"{plural(found.n_points, 'point')} each of {plural(found.n_replicates, 'run')}"
    page = Page(
        _title(found), f"{runs}, {found.months} months, seed {found.seed}. No forecast of a real place."
    )
    top, height = page.top + 70, page.bottom - page.top - 150
    page.marks += _draw_growth(Panel(860, top, 370, height), found)
    if len(shown) > 1:
        page.marks += _draw_kinds(Panel(LEFT, top, 600, height), found, shown)
    grown = (found.search.n_kinds_after().tolist(), found.sample.n_kinds_after().tolist())
    return page.picture(rows_to_table(COLUMNS, zip(range(1, found.n_points + 1), *grown, strict=True)))


def _title(found: Diversity) -> str:
    """Write the title: how many kinds searching reached, and whether that is more than a sample reached."""
    search, sample = found.search.n_kinds, found.sample.n_kinds
    if search > sample:
        return (
            f"Searching for what is rare reached {search} kinds of trajectory, {found.ratio:.1f} times the "
            f"{sample} of as many points that were spread evenly"
        )
    return f"Searching for what is rare reached no more: {search} kinds of trajectory, against {sample}"


def _draw_kinds(panel: Panel, found: Diversity, shown: list[Quantity]) -> Iterator[Mark]:
    """Draw a box for each pair of cells of the first two descriptors, coloured by who reached it."""
    scale = np.array([one.scale for one in shown[:2]])
    origin, width = found.origin[:2] * scale, found.width[:2] * scale
    by_search, by_sample = ({e.cell[:2] for e in r.examples} for r in (found.search, found.sample))
    cells = np.array(sorted(by_search | by_sample))
    # All but the outermost 1 of 100 on each side.
    low, high = np.floor(np.quantile(cells, 0.01, axis=0)), np.ceil(np.quantile(cells, 0.99, axis=0)) + 1
    (left, lower), (right, upper) = (origin + end * width for end in (low, high))
    panel = replace(panel, across=(left, right), up=(lower, upper))
    for colour, words, x in ((BOTH, "both", 0), (SEARCH, "search only", 110), (SAMPLE, "sample only", 340)):
        yield Box(panel.left + x, panel.top - 46, 22, 22, colour)
        yield from say(panel.left + x + 30, panel.top - 35, words, 220)
    for cell in cells[((cells >= low) & (cells < high)).all(axis=1)]:
        here = tuple(cell.tolist())
        colour = BOTH if here in by_search & by_sample else SEARCH if here in by_search else SAMPLE
        (left, lower), (right, upper) = (origin + (cell + end) * width for end in (0, 1))
        x, y = panel.x(left) + 1, panel.y(upper) + 1
        yield Box(x, y, panel.x(right) - 1 - x, panel.y(lower) - 1 - y, colour)
    yield from panel.numbers_below(*value_ticks(*panel.across, 4))
    yield from panel.numbers_beside(*value_ticks(*panel.up, 4))
    more = f" (of {len(shown)})" if len(shown) > 2 else ""
    across, up = (one.heading for one in shown[:2])
    yield from say(MARGIN, panel.bottom + 64, f"Across: {across}. Up: {up}{more}.", WIDTH - 2 * MARGIN)


def _draw_growth(panel: Panel, found: Diversity) -> Iterator[Mark]:
    """Draw the number of kinds after each point."""
    most = round_up(max(found.search.n_kinds, found.sample.n_kinds))
    panel = replace(panel, across=(0, found.n_points), up=(0, most))
    yield from say(panel.left - 60, panel.top - 35, "Kinds after so many points", 440)
    yield from panel.numbers_beside(*value_ticks(0, most, 4), GREY)
    yield from panel.numbers_below(*value_ticks(0, found.n_points, 2))
    for reached, colour, dash in ((found.search, SEARCH, ""), (found.sample, SAMPLE, DASHES[1])):
        counts = reached.n_kinds_after()
        yield panel.line(np.arange(1, len(counts) + 1), counts, colour, 5, dash=dash)
