"""The figure of the places: one page with its message as title."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from experiments.pictures import Page, Picture, fit, start_page
from experiments.places.places import BASE, WITHOUT
from partnersim.figures.layout import value_ticks
from partnersim.figures.page import MARGIN, WIDTH
from partnersim.figures.palette import BLUE, ORANGE, PURPLE, QUIET, SHADES
from partnersim.runs.wording import number

NAMES, WORDS = 420, 345
"""Room for titles on the left and words on the right, in pixels."""


def beside_picture(places: Sequence[Mapping[str, Any]], note: str) -> Picture:
    """Draw a row for each published figure, on an axis in its own unit."""
    rows = [(place["name"], figure) for place in places for figure in place["figures"]]
    title = beside_title([figure["verdict"] for _, figure in rows])
    page = start_page(title, note)
    _draw_key(page)
    pitch = (page.top - 50 - page.bottom) / len(rows)
    for index, (name, figure) in enumerate(rows):
        _draw_beside(page, page.top - 50 - pitch * (index + 1), pitch, name, figure)
    return Picture(page.figure, title)


def beside_title(verdicts: Sequence[str]) -> str:
    """How many figures disagree, and whether the others say much."""
    counts = Counter(verdicts)
    bad, good, part = (counts[verdict] for verdict in ("disagrees", "agrees", "agrees in part"))
    little = len(verdicts) - bad - good - part
    verb = "disagrees" if bad == 1 else "disagree"
    said = f"Of {len(verdicts)} published figures {bad or 'none'} {verb}"
    rest = []
    if part:
        rest.append(f"{part} {'agrees' if part == 1 else 'agree'} in part")
    if little:
        rest.append(f"for {little} it would allow no effect of partnership as well")
    if good:
        rest.append(f"{good} {'agrees' if good == 1 else 'agree'}")
    return f"{said} with the model" + (f"; {', '.join(rest)}" if rest else "")


def _draw_key(page: Page) -> None:
    """Say what the marks are."""
    y = page.top - 14
    page.line((MARGIN + 6,) * 2, (y, y), color=ORANGE, marker="D", markersize=12)
    page.write(MARGIN + 26, y, "published")
    page.line((226, 286), (y, y), color=SHADES[4], linewidth=16, solid_capstyle="butt")
    page.line((256, 256), (y - 11, y + 11), color=BLUE, linewidth=5)
    page.write(300, y, "90 of 100 simulated")
    page.line((600, 600), (y - 11, y + 11), color=PURPLE, linewidth=5, linestyle=(0, (1, 0.6)))
    page.write(616, y, "without the coordinator")
    page.line((946, 946), (y - 11, y + 11), color=QUIET, linewidth=3)
    page.write(960, y, "without any partnership")


def _draw_beside(page: Page, bottom: float, pitch: float, name: str, figure: Mapping[str, Any]) -> None:
    """Draw one published figure."""
    published, alone = figure["published"], figure["no_partnership"]
    middle = bottom + pitch / 2
    words = fit(f"{name}: {figure['title']}", NAMES - 24, lines=3 if pitch > 110 else 2)
    page.write(MARGIN, middle + 6, words)
    width = WIDTH - 2 * MARGIN - NAMES - WORDS
    axes = page.panel(MARGIN + NAMES, middle - 8, width, 44)
    low, median, high = figure["simulated"][BASE]
    without = figure["simulated"][WITHOUT][1]
    numbers = [low, high, without, alone, published]
    room = 0.08 * (max(numbers) - min(numbers)) or 1.0
    axes.set(xlim=(min(numbers) - room, max(numbers) + room), ylim=(0, 1), yticks=[])
    axes.spines["left"].set_visible(False)
    ticks, labels = value_ticks(*axes.get_xlim(), 3)
    # A label at the very end would reach into the words beside it.
    inside = [at < axes.get_xlim()[1] - 0.6 * room for at in ticks]
    axes.set_xticks(np.array(ticks)[inside], np.array(labels)[inside])
    axes.barh(0.55, high - low, 0.6, left=low, color=SHADES[4])
    axes.plot((alone,) * 2, (0.1, 1.0), color=QUIET, linewidth=3)
    axes.plot((median,) * 2, (0.1, 1.0), color=BLUE, linewidth=5)
    axes.plot((without,) * 2, (0.1, 1.0), color=PURPLE, linewidth=5, linestyle=(0, (1, 0.6)))
    axes.plot(published, 0.55, "D", color=ORANGE, markersize=12, markeredgecolor="white")
    verdict = fit(f"{figure['verdict']}:", WORDS - 30)
    amount = fit(f"{number(published, 3)}, simulated {number(median, 3)}", WORDS - 30)
    page.write(WIDTH - MARGIN - WORDS + 30, middle + 6, f"{verdict}\n{amount}")
