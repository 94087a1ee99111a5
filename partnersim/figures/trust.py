"""Draw who trusts whom, as a network on a ring and as a table in colour, for reports and pages."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from partnersim.figures.layout import wrap
from partnersim.figures.marks import Box, Disc, Line, Mark, Point, Text, on_ring, say, written
from partnersim.figures.page import MARGIN, WIDTH, Page
from partnersim.figures.palette import INK, LINE, PAPER, QUIET, TYPE
from partnersim.figures.picture import Picture
from partnersim.figures.quantities import in_title
from partnersim.figures.steps import NOBODY, STEPS, steps_of
from partnersim.runs.wording import join, plural

MAX_NAMED = 12
"""The most organisations that can be named on a page; more are numbered."""

KEY = 60
"""Room for the key to the steps, in pixels."""

NODE, ACROSS = 16.0, 230.0
"""Half the width of an organisation, and of the ring on a page, in pixels."""


# --- parts of every network and table -------------------------------------------------------------


def half(places: Sequence[Point], i: int, j: int, step: int, scale: float = 1.0, **more: Any) -> Line:
    """Draw the half of the line between two that touches the one who trusts; unseen for nobody's."""
    (x, y), (to_x, to_y) = places[i], places[j]
    ends = ((x, y), ((x + to_x) / 2, (y + to_y) / 2))
    if step == NOBODY:
        return Line(ends, "transparent", **more)
    return Line(ends, STEPS[step].line, scale * STEPS[step].width, STEPS[step].dash, **more)


def node(place: Point, *, is_absent: bool = False) -> Disc:
    """Draw an organisation of a network: a dashed ring where it is not a member now."""
    return Disc(*place, NODE, PAPER if is_absent else INK, INK, 2.0, "4 4" if is_absent else "")


@dataclass(frozen=True)
class Ring:
    """A ring on which organisations stand, clockwise from the top, with names above, below and beside.

    `across` is half the width of the ring, `em` the size that names are measured in.
    """

    titles: Sequence[str]
    left: float
    right: float
    top: float
    bottom: float
    across: float
    em: float = TYPE

    @cached_property
    def places(self) -> list[Point]:
        """Return the place of each organisation."""
        n = len(self.titles)
        above, below = (34 + LINE * len(self._at_end(k)) for k in (0, n // 2))
        tall = (self.bottom - below - self.top - above) / 2
        middle = ((self.left + self.right) / 2, self.top + above + tall)
        return on_ring(n, middle, (self.across, tall))

    def name(self, index: int) -> Iterator[Text]:
        """Write the name of one: above or below at the top and bottom of the ring, else beside it."""
        x, y = self.places[index]
        angle = 2 * math.pi * index / len(self.titles)
        if abs(math.sin(angle)) < 0.1:
            lines = self._at_end(index)
            away = math.copysign(NODE + 7 + LINE * len(lines) / 2, math.cos(angle))
            return written(x, y - away, lines, anchor="middle")
        side = 1 if math.sin(angle) > 0 else -1
        near = x + side * (NODE + 10)
        room = self.right - near if side > 0 else near - self.left
        others = [place for place in self.places if place != (x, y) and side * (place[0] - x) > -1]
        apart = min((abs(y - place[1]) for place in others), default=3 * LINE)
        lines = wrap(self.titles[index], room - 4, max(1, min(3, int(apart // LINE))), self.em)
        # Outwards of the lines that meet here: further lines of text stand above, or below.
        middle = y - math.cos(angle) * LINE * (len(lines) - 1) / 2
        return written(near, middle, lines, anchor="start" if side > 0 else "end")

    def _at_end(self, index: int) -> list[str]:
        """Write a name above or below, which may be wider than the ring."""
        return wrap(self.titles[index], 3 * self.across, 2, self.em)


def names_of_table(titles: Sequence[str], cell: Box, start: float = 0.0, em: float = TYPE) -> Iterator[Text]:
    """Write numbers above the columns and names with them left of the rows; `cell` is the first one."""
    n = len(titles)
    rows = 2 if cell.height >= 2 * LINE - 4 else 1
    for index in range(0, n, 1 if n <= MAX_NAMED else 5 if n > 20 else 2):
        x, y = cell.x + (index + 0.5) * cell.width, cell.y + (index + 0.5) * cell.height
        yield Text(x, cell.y - 8, str(index + 1), "middle", QUIET)
        yield from say(start, y, f"{index + 1} {titles[index]}", cell.x - start - 10, rows, em)


def key(left: float, top: float, room: float, names: Sequence[str]) -> Iterator[Mark]:
    """Draw the five steps, as cells and lines, each with its name below."""
    for index, (step, name) in enumerate(zip(STEPS, names, strict=True)):
        x, y = left + (index + 0.5) * room, top + 15
        yield Box(x - 50, top + 2, 18, 26, step.fill)
        yield Line(((x - 26, y), (x + 50, y)), step.line, step.width, step.dash)
        yield Text(x, top + 54, name, "middle")


# --- for reports ----------------------------------------------------------------------------------


def trust_network(trust: np.ndarray, titles: Sequence[str], *, when: str = "", note: str = "") -> Picture:
    """Draw each organisation's trust in each other as its half of the line between them.

    Organisations stand on a ring, in their order, clockwise from the top. The half of a line
    that touches an organisation is the trust that it has in the other. Of more than 12
    organisations only the most and the least trusted partner of each are drawn.

    Parameters
    ----------
    trust : float64[N, N], in [0, 1]
        Row trusts column; NaN for the absent. The diagonal is not looked at.
    titles
        Names to show.
    when
        When it was so, for the title: 'after 10 years'.
    note
        What the numbers rest on, for the foot: 'Mean of 20 simulated partnerships.'
    """
    seen, n = _Seen(trust, titles), len(titles)
    drawn, about = seen.links, "Each half of a line is the trust of whom it touches."
    if n > MAX_NAMED:
        drawn = seen.extremes()
        count = f"{len(drawn):,} of {len(seen.links):,}"
        about = f"Drawn: whom each trusts most and least ({count} links)."
    page = seen.page(f"Trust between organisations {when}".rstrip(), seen.commonest(), about, note)
    top, bottom = page.top, page.bottom - KEY - 8
    ring = Ring(titles, MARGIN, WIDTH - MARGIN, top, bottom, ACROSS)
    tall, middle = (bottom - top) / 2 - 34, (WIDTH / 2, (top + bottom) / 2)
    places = ring.places if n <= MAX_NAMED else on_ring(n, middle, (tall, tall))
    for i, j in sorted(drawn, key=seen.trust.__getitem__):  # strong trust lies over weak
        page.marks.append(half(places, i, j, seen.steps[i][j], 0.8 if n <= 8 else 0.45))
    for index, place in enumerate(places):
        if n <= MAX_NAMED:
            page.marks += [node(place), *ring.name(index)]
            continue
        page.marks.append(Disc(*place, 5, PAPER, INK))
        if n <= 30 or index % 5 == 4 or index == 0:
            x, y = (m + 1.08 * (at - m) for at, m in zip(place, middle, strict=True))
            page.marks += written(x, y, [str(index + 1)], anchor="middle")
    return page.picture(seen.table())


def trust_heatmap(trust: np.ndarray, titles: Sequence[str], *, when: str = "", note: str = "") -> Picture:
    """Draw who trusts whom as a table in colour: rows trust columns.

    Up to 12 organisations have their names and numbers (trust in hundredths); of more, a square
    that grows with the step of trust stands for the number. Parameters are as in `trust_network`.
    """
    seen, n = _Seen(trust, titles), len(titles)
    has_numbers = n <= MAX_NAMED
    about = "Each row trusts the columns" + ("; numbers are of 100." if has_numbers else ".")
    page = seen.page(f"Who trusts whom {when}".rstrip(), seen.most_and_least(), about, note)
    left, top = 580.0 if has_numbers else 330.0, page.top + 28
    high = min((page.bottom - KEY - 14 - top) / n, 90)
    wide = min((WIDTH - MARGIN - left) / n, 1.6 * high)
    for i, j in seen.links:
        step = seen.steps[i][j]
        share = 0.94 if has_numbers else 0.94 * (step + 2) / (len(STEPS) + 1)
        x, y, width, height = (left + (j + 0.5) * wide, top + (i + 0.5) * high, share * wide, share * high)
        page.marks.append(Box(x - width / 2, y - height / 2, width, height, STEPS[step].fill))
        if has_numbers:
            said, ink = f"{100 * seen.trust[i, j]:.0f}", STEPS[step].ink
            page.marks += written(x, y, [said], anchor="middle", colour=ink)
    page.marks += names_of_table(titles, Box(left, top, wide, high, ""), MARGIN)
    return page.picture(seen.table())


class _Seen:
    """Links between those who are there, what can be said of them, and their table."""

    def __init__(self, trust: np.ndarray, titles: Sequence[str]) -> None:
        n = len(titles)
        if np.shape(trust) != (n, n):
            raise ValueError(f"trust: has shape {np.shape(trust)}; {n} titles need ({n}, {n})")
        self.trust, self.titles = np.asarray(trust, dtype=float), titles
        self.steps: list[list[int]] = steps_of(self.trust).tolist()
        is_link = np.isfinite(self.trust) & ~np.eye(n, dtype=bool)
        self.links: list[tuple[int, int]] = [(i, j) for i, j in np.argwhere(is_link).tolist()]

    def page(self, what: str, said: str, about: str, note: str) -> Page:
        """Make a page with its message, how to read it, and the key to the steps."""
        page = Page(
            f"{what}: {said}" if self.links else f"{what}: nobody is there to trust",
            f"{about} {note}".rstrip(),
        )
        names = [step.name for step in STEPS]
        page.marks += key(MARGIN, page.bottom - KEY, (WIDTH - 2 * MARGIN) / len(STEPS), names)
        return page

    def extremes(self) -> list[tuple[int, int]]:
        """Find, for each organisation, the links to whom it trusts most and to whom it trusts least."""
        found = set()
        for own in ([link for link in self.links if link[0] == k] for k in range(len(self.titles))):
            if own:
                found |= {min(own, key=self.trust.__getitem__), max(own, key=self.trust.__getitem__)}
        return sorted(found)

    def commonest(self) -> str:
        """Tell how many links are in the step that most are in, and the mean trust of all.

        Two pictures of the same steps need not be of the same trust.
        """
        found = [self.steps[i][j] for i, j in self.links]
        counts = [found.count(step) for step in range(len(STEPS))]
        most, total = max(counts), plural(len(self.links), "link")
        largest = [step.name for step, count in zip(STEPS, counts, strict=True) if count == most]
        each = " each" if largest[1:] else ""
        said = f"all of {total}" if most == len(self.links) else f"{most:,} of {total}{each}"
        mean = np.mean([self.trust[link] for link in self.links]) if self.links else 0.0
        return f"{join(largest)} in {said}, {_of_100(float(mean))} on average"

    def most_and_least(self) -> str:
        """Tell who is trusted most and who least by the others."""
        trustors = {j: [i for i, k in self.links if k == j] for _, j in self.links}
        means = {j: round(float(self.trust[of, j].mean()), 9) for j, of in trustors.items()}
        numbers = sorted(means.values()) or [0.0]
        lowest, highest = _of_100(numbers[0]), _of_100(numbers[-1])
        if lowest == highest:
            return f"all are trusted alike ({highest})"
        if numbers.count(numbers[0]) > 1 or numbers.count(numbers[-1]) > 1:
            return f"from {lowest} in the least to {highest} in the most trusted"
        least, *_, most = (in_title(self.titles[j]) for j in sorted(means, key=means.__getitem__))
        return f"{most} is trusted most ({highest}), {least} is trusted least ({lowest})"

    def table(self) -> dict[str, list[object]]:
        """Return the links as columns."""
        return {
            "trustor": [self.titles[i] for i, _ in self.links],
            "trustee": [self.titles[j] for _, j in self.links],
            "trust": [float(self.trust[link]) for link in self.links],
            "in_words": [STEPS[self.steps[i][j]].name for i, j in self.links],
        }


def _of_100(value: float) -> str:
    """Write trust as the cells of the table do."""
    return f"{100 * value:.0f} of 100"
