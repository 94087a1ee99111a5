"""Figures of who trusts whom: a network on a fixed circle, and the table behind it in colour."""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
from matplotlib.patches import Circle, Rectangle

from partnersim.figures.page import (
    GREY,
    INK,
    LINE,
    MARGIN,
    SEQUENTIAL,
    WIDTH,
    Page,
    Picture,
    Table,
    fit,
    plural,
    spread,
    start_page,
)
from partnersim.figures.quantities import in_title


@dataclass(frozen=True)
class Step:
    """A named range of trust, and how it is drawn: by colour, width and dash together."""

    name: str
    low: float
    colour: str
    width: float
    dash: Any


STEPS = (
    Step("none", 0.0, SEQUENTIAL[4], 2.0, (0, (1, 2.2))),
    Step("wary", 0.15, SEQUENTIAL[3], 2.5, (0, (3, 2))),
    Step("working", 0.3, SEQUENTIAL[2], 3.5, (0, (6, 1.5))),
    Step("good", 0.45, SEQUENTIAL[1], 5.0, "solid"),
    Step("strong", 0.6, SEQUENTIAL[0], 8.0, "solid"),
)
"""Five steps of 0.15 each, the last of them open: what occurs lies mostly between 0.2 and 0.6, and
steps of a fifth would show two worlds alike that are not."""

MAX_NAMED = 12
"""Organisations that can be named on a page; more are numbered."""

KEY = 52
"""Room for the key to the steps, in pixels."""


def step_of(trust: float) -> Step:
    """Find the step that a trust between 0 and 1 belongs to."""
    return STEPS[bisect([step.low for step in STEPS], trust + 1e-9) - 1]


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
    title = f"Trust between organisations{_after(when)}: {_commonest(links)}{_average(links)}"
    n = len(titles)
    drawn = links if n <= MAX_NAMED else list(_extremes(links, n))
    page = start_page(title, f"{_network_note(len(drawn), len(links))} {note}".rstrip())
    _draw_key(page)
    low, high = page.bottom + KEY, page.top
    centre, radius = (WIDTH / 2, (low + high) / 2), (high - low) / 2 - 34
    angles = [2 * math.pi * index / n for index in range(n)]
    places = [
        (centre[0] + radius * math.sin(angle), centre[1] + radius * math.cos(angle))
        for angle in angles
    ]
    for i, j, value in sorted(drawn, key=lambda link: link[2]):
        _draw_half(page, places[i], places[j], step_of(value), 1.0 if n <= MAX_NAMED else 0.4)
    _draw_organisations(page, places, n)
    if n <= MAX_NAMED:
        _name_organisations(page, places, titles, radius)
    return Picture(page.figure, title, _table(links, titles))


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
    title = f"Who trusts whom{_after(when)}: {_most_and_least(links, titles)}"
    n = len(titles)
    words = "Each row trusts the columns" + ("; numbers are of 100." if n <= MAX_NAMED else ".")
    page = start_page(title, f"{words} {note}".rstrip())
    _draw_key(page)
    low, high = page.bottom + KEY + 6, page.top - 34
    left = 600.0 if n <= MAX_NAMED else 330.0
    height = min((high - low) / n, 90)
    width = min((WIDTH - MARGIN - left) / n, 1.6 * height)
    for i, j, value in links:
        _draw_cell(page, left + j * width, high - (i + 1) * height, width, height, value, n)
    every = 1 if n <= MAX_NAMED else 5 if n > 20 else 2
    for index, name in enumerate(titles):
        if index % every and every > 1 and index + 1 != 1:
            continue
        middle = high - (index + 0.5) * height
        words = f"{index + 1}  {name}"
        page.write(left - 14, middle, fit(words, left - 14 - 12), ha="right")
        page.write(left + (index + 0.5) * width, high + 18, f"{index + 1}", ha="center")
    return Picture(page.figure, title, _table(links, titles))


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


def _after(when: str) -> str:
    return f" {when}" if when else ""


def _average(links: Sequence[Link]) -> str:
    """Their mean: two pictures of the same steps need not be of the same trust."""
    return f", {_of_100(fmean(value for _, _, value in links))} on average" if links else ""


def _commonest(links: Sequence[Link]) -> str:
    """How many links are in the step that most are in."""
    if not links:
        return "nobody is there to trust"
    counts = {step.name: 0 for step in STEPS}
    for _, _, value in links:
        counts[step_of(value).name] += 1
    name = max(counts, key=counts.__getitem__)
    total = plural(len(links), "link")
    if counts[name] == len(links):
        return f"{name} in all of {total}"
    largest = [step for step, count in counts.items() if count == counts[name]]
    listed = " and ".join([", ".join(largest[:-1]), largest[-1]] if largest[1:] else largest)
    each = " each" if largest[1:] else ""
    return f"{listed} in {counts[name]:,} of {total}{each}"


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


def _draw_key(page: Page) -> None:
    """Name the five steps, each beside its line."""
    width = (WIDTH - 2 * MARGIN) / len(STEPS)
    y = page.bottom + KEY / 2 - 4
    for index, step in enumerate(STEPS):
        left = MARGIN + index * width
        page.line((left, left + 56), (y, y), color=step.colour, linewidth=step.width,
                  linestyle=step.dash)  # fmt: skip
        page.write(left + 68, y, step.name)


def _draw_half(
    page: Page, start: tuple[float, float], other: tuple[float, float], step: Step, scale: float
) -> None:
    """Draw the half of a line that its truster owns."""
    # A little short of the middle, so that one sees where the other's half begins.
    ends = [start[axis] + 0.48 * (other[axis] - start[axis]) for axis in (0, 1)]
    page.line(
        (start[0], ends[0]), (start[1], ends[1]),
        color=step.colour, linewidth=scale * step.width, linestyle=step.dash,
    )  # fmt: skip


def _draw_organisations(page: Page, places: Sequence[tuple[float, float]], n: int) -> None:
    """Draw the organisations, numbered where they are too many to be named."""
    radius = 17.0
    for index, place in enumerate(places):
        page.sheet.add_patch(
            Circle(place, radius if n <= MAX_NAMED else 5, facecolor="white", edgecolor=INK,
                   linewidth=2, zorder=4)
        )  # fmt: skip
        text = str(index + 1)
        if n <= MAX_NAMED:
            page.write(*place, text, ha="center", va="center_baseline", zorder=5)
        elif n <= 30 or index % 5 == 4 or index == 0:
            x, y = (WIDTH / 2 + (place[0] - WIDTH / 2) * 1.08, place[1])
            middle = sum(p[1] for p in places) / n
            page.write(x, middle + (y - middle) * 1.08, text, ha="center")


def _name_organisations(
    page: Page, places: Sequence[tuple[float, float]], titles: Sequence[str], radius: float
) -> None:
    """Write names in two columns beside the circle, led to their organisations."""
    n = len(places)
    n_right = (n + 1) // 2
    edge = radius + 62
    room = WIDTH / 2 - edge - 16
    for side, members in ((1, range(n_right)), (-1, range(n_right, n))):
        names = [fit(titles[k], room, lines=2 if n > 8 else 3) for k in members]
        heights = [LINE * (name.count("\n") + 1) + 8.0 for name in names]
        wanted = [places[k][1] for k in members]
        middles = spread(wanted, heights, page.bottom + KEY, page.top + 4)
        for k, name, middle in zip(members, names, middles, strict=True):
            x = WIDTH / 2 + side * edge
            start = places[k][0] + side * 17
            page.line((start, x - side * 6), (places[k][1], middle), color=GREY, linewidth=1.2,
                      zorder=1)  # fmt: skip
            page.write(x, middle, name, ha="left" if side > 0 else "right")


def _draw_cell(
    page: Page, x: float, y: float, width: float, height: float, value: float, n: int
) -> None:
    """Draw one cell: its number where there is room, else a square as large as its step."""
    step = step_of(value)
    share = 1.0 if n <= MAX_NAMED else (STEPS.index(step) + 2) / (len(STEPS) + 1)
    inset = ((1 - 0.94 * share) * width / 2, (1 - 0.94 * share) * height / 2)
    page.sheet.add_patch(
        Rectangle(
            (x + inset[0], y + inset[1]), 0.94 * share * width, 0.94 * share * height,
            facecolor=step.colour, edgecolor="none",
        )
    )  # fmt: skip
    if n <= MAX_NAMED:
        dark = STEPS.index(step) >= 2
        page.write(x + width / 2, y + height / 2, f"{100 * value:.0f}", ha="center",
                   va="center_baseline", color="white" if dark else INK)  # fmt: skip


def _table(links: Sequence[Link], titles: Sequence[str]) -> Table:
    """List the links as columns."""
    return {
        "trustor": [titles[i] for i, _, _ in links],
        "trustee": [titles[j] for _, j, _ in links],
        "trust": [value for _, _, value in links],
        "step": [step_of(value).name for _, _, value in links],
    }
