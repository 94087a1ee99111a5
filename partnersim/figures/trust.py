"""Who trusts whom, as a network on a ring and as a table in colour: for reports and for pages."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean

import numpy as np

from partnersim.figures.layout import wrap
from partnersim.figures.marks import (
    Attributes,
    Box,
    Disc,
    Line,
    Mark,
    Picture,
    Point,
    Table,
    Text,
    on_ring,
    written,
)
from partnersim.figures.page import MARGIN, WIDTH, Page
from partnersim.figures.palette import INK, LINE, PAPER, QUIET, TYPE
from partnersim.figures.quantities import in_title
from partnersim.figures.steps import NOBODY, STEPS, steps_of
from partnersim.runs.wording import join, plural

MAX_NAMED = 12
"""Organisations that can be named on a page; more are numbered."""

KEY = 52
"""Room for the key to the steps, in pixels."""

NODE = 16.0
"""Half the width of an organisation of a network, in pixels."""

ACROSS = 230.0
"""Half the width of the ring on a page."""


# --- parts of every network and table -------------------------------------------------------------


def half(
    places: Sequence[Point], i: int, j: int, step: int, scale: float = 1.0,
    attributes: Attributes | None = None, opacity: float = 1.0,
) -> Line:  # fmt: skip
    """The half of the line between two that touches the one who trusts; unseen for nobody's."""
    (x, y), (to_x, to_y) = places[i], places[j]
    ends = ((x, y), ((x + to_x) / 2, (y + to_y) / 2))
    if step == NOBODY:
        return Line(ends, "transparent", 2.0, "", 1.0, "", attributes)
    how = STEPS[step]
    return Line(ends, how.line, scale * how.width, how.dash, opacity, "", attributes)


def node(place: Point, *, is_absent: bool = False) -> Disc:
    """An organisation of a network; a dashed ring where it is not a member now."""
    return Disc(*place, NODE, PAPER if is_absent else INK, INK, 2.0, "4 4" if is_absent else "")


@dataclass(frozen=True)
class Ring:
    """Where organisations and their names stand: on a ring, names above, below and beside it.

    Attributes
    ----------
    titles
        Names to show, clockwise from the top.
    left, right, top, bottom
        The room, in pixels.
    across
        Half the width of the ring.
    size
        That text is measured in: less where it is shown in a narrow font.
    """

    titles: Sequence[str]
    left: float
    right: float
    top: float
    bottom: float
    across: float
    size: float = TYPE

    @cached_property
    def places(self) -> list[Point]:
        """Where each stands."""
        n = len(self.titles)
        above, below = (34 + LINE * len(self._at_end(k)) for k in (0, n // 2))
        tall = (self.bottom - below - self.top - above) / 2
        middle = ((self.left + self.right) / 2, self.top + above + tall)
        return on_ring(n, middle, (self.across, tall))

    def name(self, index: int) -> Iterator[Text]:
        """The name of one: above or below at the top and bottom of the ring, else beside it."""
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
        lines = wrap(self.titles[index], room - 4, max(1, min(3, int(apart // LINE))), self.size)
        return written(near, y, lines, anchor="start" if side > 0 else "end")

    def _at_end(self, index: int) -> list[str]:
        """A name above or below, which may be wider than the ring."""
        return wrap(self.titles[index], 3 * self.across, 2, self.size)


def names_of_table(
    titles: Sequence[str], left: float, top: float, width: float, height: float,
    size: float = TYPE, start: float = 0.0,
) -> Iterator[Text]:  # fmt: skip
    """Numbers above the columns of a table and names with them left of its rows."""
    n = len(titles)
    every = 1 if n <= MAX_NAMED else 5 if n > 20 else 2
    rows = 2 if height >= 2 * LINE - 4 else 1
    for index in range(0, n, every):
        yield Text(left + (index + 0.5) * width, top - 8, str(index + 1), "middle", QUIET)
        name = wrap(f"{index + 1} {titles[index]}", left - start - 10, rows, size)
        yield from written(start, top + (index + 0.5) * height, name)


def key(left: float, top: float, room: float, names: Sequence[str]) -> Iterator[Mark]:
    """The five steps, as cells and lines, each with its name below."""
    for index, (step, name) in enumerate(zip(STEPS, names, strict=True)):
        middle = left + (index + 0.5) * room
        yield Box(middle - 50, top + 2, 18, 26, step.fill)
        yield Line(((middle - 26, top + 15), (middle + 50, top + 15)), step.line, step.width,
                   step.dash)  # fmt: skip
        yield Text(middle, top + 54, name, "middle")


# --- for reports ----------------------------------------------------------------------------------


def trust_network(
    trust: np.ndarray, titles: Sequence[str], *, when: str = "", note: str = ""
) -> Picture:
    """Draw each organisation's trust in each other as its half of the line between them.

    Organisations stand on a circle, in their order, clockwise from the top. The half of a line
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
    links = _links(trust, titles)
    n = len(titles)
    drawn = list(links if n <= MAX_NAMED else _extremes(links, n))
    page = Page(
        f"Trust between organisations{_after(when)}: {_commonest(links)}{_average(links)}",
        f"{_network_note(len(drawn), len(links))} {note}".rstrip(),
    )
    _add_key(page)
    low, high = page.top, page.bottom - KEY - 16
    ring = Ring(titles, MARGIN, WIDTH - MARGIN, low, high, ACROSS)
    tall = (high - low) / 2 - 34
    places = (
        ring.places if n <= MAX_NAMED else on_ring(n, (WIDTH / 2, (low + high) / 2), (tall, tall))
    )
    steps = steps_of(trust)
    drawn.sort(key=lambda link: link[2])  # strong trust lies over weak
    page.add(half(places, i, j, steps[i, j], 0.8 if n <= 8 else 0.45) for i, j, _ in drawn)
    for index, place in enumerate(places):
        page.add([node(place)] if n <= MAX_NAMED else _numbered(index, places))
        if n <= MAX_NAMED:
            page.add(ring.name(index))
    return page.picture(_table(links, titles))


def trust_heatmap(
    trust: np.ndarray, titles: Sequence[str], *, when: str = "", note: str = ""
) -> Picture:
    """Draw who trusts whom as a table in colour: rows trust columns.

    Up to 12 organisations have their names and numbers (trust in hundredths); of more, a square
    that grows with the step of trust stands for the number.

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
    links = _links(trust, titles)
    n = len(titles)
    words = "Each row trusts the columns" + ("; numbers are of 100." if n <= MAX_NAMED else ".")
    page = Page(
        f"Who trusts whom{_after(when)}: {_most_and_least(links, titles)}",
        f"{words} {note}".rstrip(),
    )
    _add_key(page)
    low, high = page.top + 28, page.bottom - KEY - 22
    left = 580.0 if n <= MAX_NAMED else 330.0
    height = min((high - low) / n, 90)
    width = min((WIDTH - MARGIN - left) / n, 1.6 * height)
    steps = steps_of(trust)
    for i, j, value in links:
        corner = (left + j * width, low + i * height)
        page.add(_cell(corner, width, height, value, steps[i, j], is_small=n > MAX_NAMED))
    page.add(names_of_table(titles, left, low, width, height, start=MARGIN))
    return page.picture(_table(links, titles))


Link = tuple[int, int, float]
"""Who trusts, whom, how much."""


def _links(trust: np.ndarray, titles: Sequence[str]) -> list[Link]:
    """All links there are, row by row."""
    trust = np.asarray(trust, dtype=float)
    n = len(titles)
    if trust.shape != (n, n):
        raise ValueError(f"trust: has shape {trust.shape}; {n} titles need ({n}, {n})")
    return [
        (i, j, float(trust[i, j]))
        for i in range(n)
        for j in range(n)
        if i != j and math.isfinite(trust[i, j])
    ]


def _steps_in(links: Sequence[Link]) -> np.ndarray:
    """The step of each."""
    return steps_of(np.array([value for _, _, value in links]))


def _after(when: str) -> str:
    return f" {when}" if when else ""


def _average(links: Sequence[Link]) -> str:
    """Their mean: two pictures of the same steps need not be of the same trust."""
    return f", {_of_100(fmean(value for _, _, value in links))} on average" if links else ""


def _commonest(links: Sequence[Link]) -> str:
    """How many links are in the step that most are in."""
    if not links:
        return "nobody is there to trust"
    found = np.bincount(_steps_in(links), minlength=len(STEPS))
    counts = {step.name: int(count) for step, count in zip(STEPS, found, strict=True)}
    name = max(counts, key=counts.__getitem__)
    total = plural(len(links), "link")
    if counts[name] == len(links):
        return f"{name} in all of {total}"
    largest = [step for step, count in counts.items() if count == counts[name]]
    each = " each" if largest[1:] else ""
    return f"{join(largest)} in {counts[name]:,} of {total}{each}"


def _most_and_least(links: Sequence[Link], titles: Sequence[str]) -> str:
    """Who is trusted most and who least by the others, if anybody."""
    trusted: dict[int, list[float]] = {}
    for _, j, value in links:
        trusted.setdefault(j, []).append(value)
    means = {j: round(math.fsum(values) / len(values), 9) for j, values in trusted.items()}
    if not means:
        return "nobody is there to trust"
    least, *_, most = sorted(means, key=means.__getitem__) * (2 if len(means) == 1 else 1)
    numbers = list(means.values())
    lowest, highest = _of_100(means[least]), _of_100(means[most])
    if lowest == highest:
        return f"all are trusted alike ({highest})"
    if numbers.count(means[most]) > 1 or numbers.count(means[least]) > 1:
        return f"from {lowest} in the least to {highest} in the most trusted"
    named = [
        f"{in_title(titles[j])} is trusted {word} ({_of_100(means[j])})"
        for j, word in ((most, "most"), (least, "least"))
    ]
    return ", ".join(named)


def _of_100(value: float) -> str:
    """Say trust as the cells of the table do."""
    return f"{100 * value:.0f} of 100"


def _extremes(links: Sequence[Link], n: int) -> Iterator[Link]:
    """For each organisation the link to whom it trusts most and to whom it trusts least."""
    for truster in range(n):
        own = [link for link in links if link[0] == truster]
        if own:
            yield from {min(own, key=lambda link: link[2]), max(own, key=lambda link: link[2])}


def _network_note(n_drawn: int, n_links: int) -> str:
    """How to read the lines."""
    if n_drawn == n_links:
        return "Each half of a line is the trust of whom it touches."
    return f"Drawn: whom each trusts most and least ({n_drawn:,} of {n_links:,} links)."


def _add_key(page: Page) -> None:
    """Name the five steps at the foot of a page."""
    page.add(key(MARGIN, page.bottom - KEY - 8, (WIDTH - 2 * MARGIN) / 5, [s.name for s in STEPS]))


def _numbered(index: int, places: Sequence[Point]) -> Iterator[Mark]:
    """An organisation of many: a small ring, and its number where there is room."""
    n = len(places)
    yield Disc(*places[index], 5, PAPER, INK)
    if n <= 30 or index % 5 == 4 or index == 0:
        middle = (WIDTH / 2, sum(y for _, y in places) / n)
        x, y = (m + (at - m) * 1.08 for at, m in zip(places[index], middle, strict=True))
        yield from written(x, y, [str(index + 1)], anchor="middle")


def _cell(
    corner: Point, width: float, height: float, value: float, step: int, *, is_small: bool
) -> Iterator[Mark]:
    """One cell: its number where there is room, else a square as large as its step."""
    share = 0.94 * (step + 2) / (len(STEPS) + 1) if is_small else 0.94
    x, y = corner[0] + width / 2, corner[1] + height / 2
    wide, high = share * width, share * height
    yield Box(x - wide / 2, y - high / 2, wide, high, STEPS[step].fill)
    if not is_small:
        yield from written(x, y, [f"{100 * value:.0f}"], anchor="middle", colour=STEPS[step].ink)


def _table(links: Sequence[Link], titles: Sequence[str]) -> Table:
    """List the links as columns."""
    return {
        "trustor": [titles[i] for i, _, _ in links],
        "trustee": [titles[j] for _, j, _ in links],
        "trust": [value for _, _, value in links],
        "step": [STEPS[step].name for step in _steps_in(links)],
    }
