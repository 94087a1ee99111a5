"""Chance for people who have never met a probability: count partnerships, or see when each came."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from partnersim.figures.layout import padded, text_width, value_ticks, wrap
from partnersim.figures.marks import Disc, Line, Mark, Panel, Table, Text, say, written
from partnersim.figures.page import MARGIN, WIDTH, Page
from partnersim.figures.palette import BLUE, COLOURS, DARK, LINE, NUMBER, ORANGE, PAPER, QUIET
from partnersim.figures.picture import Picture
from partnersim.figures.quantities import Quantity, choose_arms, find_effect, foot_note, headline, quantity
from partnersim.runs.wording import of_hundred, period
from partnersim.scenario.errors import check_name

if TYPE_CHECKING:
    from partnersim.runs.results import Comparison, Results

HAPPENED = {
    "survived": "Partnerships still at work after {period}",
    "is_sustained_acceleration": "Partnerships that sped up, beyond what chance alone does",
}
"""Measures that are 1 or 0, each with what is true when it is 1."""

MILESTONES = {
    "months_to_first_initiative": "A first initiative completed within {period}",
    "months_to_25": "A quarter of the vision delivered within {period}",
    "months_to_50": "Half of the vision delivered within {period}",
    "months_to_80": "80 % of the vision delivered within {period}",
    "months_to_collapse": "Collapsed within {period}",
}
"""Measures that are times, each with what is true when it is not after a deadline."""

N_DOTS = 50
LARGEST_DOT = 36

APART = 270
"""Room for runs without a value, in pixels."""

LEFT_BLOCK, RIGHT_BLOCK = 100, 540
"""Left edges of the block of runs that say no and of that of runs that say yes, in pixels."""


# --- parts of every picture of chance -------------------------------------------------------------


def icons(left: float, top: float, pitch: float, n_full: int, colour: str, n: int = 100) -> Iterator[Disc]:
    """Draw circles, ten a row, one for each partnership: full ones first, then rings."""
    for index in range(n):
        x, y = left + pitch * (index % 10 + 0.5), top + pitch * (index // 10 + 0.5)
        fill = colour if index < n_full else PAPER
        yield Disc(x, y, 0.39 * pitch, fill, colour, 2.5)


def pick_dots(values: np.ndarray) -> np.ndarray:
    """Pick stand-ins for values, each for as many: the middle ones of equal parts; NaN come last."""
    positions = ((np.arange(N_DOTS) + 0.5) * len(values) / N_DOTS).astype(int)
    return np.asarray(np.sort(values)[positions])


def columns(values: np.ndarray, wide: float) -> list[int]:
    """Find the column, of such a width, in which each value stands; NaN are left out."""
    return [int(value // wide) for value in values.tolist() if value == value]


def grain(
    arms: Sequence[np.ndarray], widths: Iterable[float], unit: float, largest: float, room: float
) -> tuple[float, float]:
    """Find the largest dots that fit on each other: the width of a column, and their diameter.

    Columns are as narrow as that allows, one of some `widths`. `arms` are values counted from the
    left edge, of which 1 is `unit` pixels; no dot has more than the `largest` diameter, and no
    pile is higher than the `room`: pixels.
    """
    fitting = []
    for wide in widths:
        highest = max(max(Counter(columns(arm, wide)).values(), default=1) for arm in arms)
        fitting.append((wide, min(largest, wide * unit, room / highest)))
        if wide * unit >= largest:
            break
    return max(fitting, key=lambda found: found[1])


# --- for reports ----------------------------------------------------------------------------------


def icon_arrays(
    comparison: Comparison,
    measure: str = "months_to_50",
    *,
    deadline: int | None = None,
    arms: Sequence[str] | None = None,
) -> Picture:
    """Draw, for each arm, in how many of 100 partnerships something came about.

    Parameters
    ----------
    comparison
        Arms that share their random numbers.
    measure
        A time to a milestone, or one that is 1 or 0 (`survived`, `is_sustained_acceleration`).
    deadline
        Month by which the milestone must be reached; the end of the runs if left out.
    arms
        Up to four of the arms; the base and the first three others if left out.

    Raises
    ------
    ValueError
        For a measure that is neither.
    """
    names = choose_arms(comparison, arms)
    base, first = comparison.base, comparison.results[names[0]]
    deadline = first.months if deadline is None else deadline
    came = {arm: _came_about(comparison.results[arm], measure, deadline) for arm in {base, *names}}
    shares = {arm: float(np.mean(came[arm])) for arm in names}
    ways = {arm: find_effect(came[arm], came[base], "survived", first.months).way for arm in names}
    what = {**HAPPENED, **MILESTONES}[measure].format(period=period(deadline))
    title = headline(what, shares, of_hundred, base, ways, ("more", "fewer", "most", "fewest"))
    page = Page(title, foot_note(first, comparison, len(names)))
    for index, arm in enumerate(names):
        page.marks += _draw_icons(page, index, len(names), arm, shares[arm])
    table: Table = {
        "arm": names,
        "partnerships": [comparison.results[arm].replicates for arm in names],
        "came_about": [int(came[arm].sum()) for arm in names],
        "of_100": [100 * shares[arm] for arm in names],
    }
    return page.picture(table)


def _came_about(results: Results, measure: str, deadline: int) -> np.ndarray:
    """Give 1 for each run in which the thing came about, 0 for each in which it did not."""
    check_name(measure, (*MILESTONES, *HAPPENED), "measure of something that may come about")
    if measure in MILESTONES:
        # A milestone that was not reached is NaN, which is not less than anything.
        return (results.measures[measure] <= deadline).astype(float)
    return np.asarray(results.measures[measure], dtype=float)


def _draw_icons(page: Page, index: int, n_arms: int, arm: str, share: float) -> Iterator[Mark]:
    """Draw the hundred partnerships of one arm: full circles came about, rings did not."""
    width = (WIDTH - 2 * MARGIN) / n_arms
    pitch = min((width - 40) / 10, (page.bottom - 12 - page.top - 120) / 10)
    middle = MARGIN + width * (index + 0.5)
    top = (page.top + page.bottom - 116 - 10 * pitch) / 2
    style: dict[str, Any] = {"anchor": "middle", "bold": True, "colour": DARK[index]}
    yield from say(middle, top + LINE, arm, width - 16, 2, **style)
    words = of_hundred(share)
    yield from say(middle, top + 84, words, width - 12, anchor="middle", size=NUMBER)
    n_full = 0 if math.isnan(share) else math.floor(100 * share + 0.5)
    n_full = min(max(n_full, int(share > 0)), 100 - int(share < 1))
    yield from icons(middle - 5 * pitch, top + 112, pitch, n_full, COLOURS[index])


def distribution(results: Results, measure: str) -> Picture:
    """Draw one measure over all runs as 50 dots, each as likely as any other.

    Times that were not reached stand apart on the right. With fewer than 50 runs each run is a
    dot of its own.
    """
    check_name(measure, results.measures, "measure")
    shown = quantity(measure)
    values = np.sort(np.asarray(results.measures[measure], dtype=float))  # NaN comes last
    title = _distribution_title(values, shown, results.months)
    worth = "one run" if len(values) <= N_DOTS else f"1 in {N_DOTS} of the runs"
    page = Page(title, f"One dot is {worth}. {foot_note(results)}")
    dots = pick_dots(values) if len(values) > N_DOTS else values
    known = dots[np.isfinite(dots)]
    n_apart = len(dots) - len(known)
    place = Panel(MARGIN, page.top + 54, WIDTH - 2 * MARGIN, page.bottom - 84 - page.top - 54)
    if shown.is_yes_or_no:
        counts = {"no": int((known == 0).sum()), "yes": int((known == 1).sum())}
        for left, (words, count) in zip((LEFT_BLOCK, RIGHT_BLOCK), counts.items(), strict=True):
            page.marks += _draw_block(left, place, count, words, 10, is_full=words == "yes")
    elif known.size:
        narrow = replace(place, width=place.width - (APART if n_apart else 0))
        low, high = (0, results.months) if shown.is_censored else (float(known[0]), float(known[-1]))
        panel = replace(narrow, across=padded(low * shown.scale, high * shown.scale, 0.04))
        page.marks += _draw_dots(panel, known * shown.scale, shown)
        middle = _median_with_unreached(values)
        if math.isfinite(middle) and len(values) > 1:
            page.marks += _mark_median(panel, middle * shown.scale, f"median {shown.say(middle)}")
    if n_apart:
        words = f"not reached in {period(results.months)}" if shown.is_censored else "undefined"
        left = WIDTH - MARGIN - APART + 34 if known.size else MARGIN
        page.marks += _draw_block(left, place, n_apart, words, 5)
    return page.picture({"rank": np.arange(1, len(values) + 1), measure: values})


def _median_with_unreached(values: np.ndarray) -> float:
    """Return the median of sorted values, of which those not reached (NaN, last) exceed all others."""
    lower, upper = values[(len(values) - 1) // 2], values[len(values) // 2]
    return float((lower + upper) / 2)


def _distribution_title(values: np.ndarray, shown: Quantity, months: int) -> str:
    """Write the title of a distribution: what it shows."""
    share = float(np.isfinite(values).mean())
    if share == 0:
        none = f"not reached by any in {period(months)}" if shown.is_censored else "undefined"
        return f"{shown.label}: {none}"
    if len(values) == 1:
        return f"{shown.label}: {shown.say(values[0])} in the one partnership simulated"
    middle = _median_with_unreached(values)
    if shown.is_yes_or_no and share == 1:
        return f"{shown.label}: {of_hundred(float(values.mean()))} partnerships"
    reached = ""
    if share < 1:
        how = f"reached within {period(months)} by" if shown.is_censored else "defined for"
        reached = f" {how} {of_hundred(share)} partnerships"
    if not math.isfinite(middle):
        return f"{shown.label}:{reached}"
    text = f"{shown.label}: {shown.say(middle)} in the median partnership"
    return f"{text};{reached}" if reached else text


def _draw_dots(panel: Panel, values: np.ndarray, shown: Quantity) -> Iterator[Mark]:
    """Pile dots up where values are alike; they shrink where a pile would not fit."""
    ticks, labels = value_ticks(*panel.across, 8)
    first = sum(tick < 0 for tick in ticks) if values.min() >= 0 else 0
    yield from panel.numbers_below(ticks[first:], labels[first:])
    yield Text((panel.left + panel.right) / 2, panel.bottom + 62, shown.heading, "middle")
    places = panel.x(values) - panel.left
    wide, diameter = grain([places], range(9, LARGEST_DOT + 1), 1.0, LARGEST_DOT, panel.height)
    heights: Counter[int] = Counter()
    for column in columns(places, wide):
        x = panel.left + (column + 0.5) * wide
        yield Disc(x, panel.bottom - (heights[column] + 0.5) * diameter, 0.44 * diameter, BLUE)
        heights[column] += 1


def _mark_median(panel: Panel, middle: float, words: str) -> Iterator[Mark]:
    """Draw a line at the median, with its number above."""
    x = panel.x(middle)
    yield Line(((x, panel.bottom), (x, panel.top)), ORANGE, 4.0, "16 8")
    half = text_width(words) / 2
    x = min(max(x, panel.left + half), panel.right - half)
    yield from written(x, panel.top - 24, [words], anchor="middle")


def _draw_block(
    left: float, place: Panel, count: int, words: str, n_wide: int, *, is_full: bool = False
) -> Iterator[Mark]:
    """Draw dots that stand together, over a line with a word for what they have in common."""
    pitch = min(30.0, (place.height - 40) / math.ceil(max(count, 1) / n_wide))
    for index in range(count):
        x = left + pitch * (index % n_wide + 0.5)
        y = place.bottom - pitch * (index // n_wide + 0.5)
        fill, edge = (BLUE, BLUE) if is_full else (PAPER, QUIET)
        yield Disc(x, y, 0.4 * pitch, fill, edge, 2.7)
    width = max(30.0 * n_wide, APART - 34)
    yield Line(((left, place.bottom), (left + width, place.bottom)), QUIET, 1.4)
    lines = wrap(words, width, 2)
    yield from written(left, place.bottom + 10 + LINE * len(lines) / 2, lines)
