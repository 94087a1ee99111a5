"""Figures of chance for people who have never met a probability: count partnerships."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.patches import Circle, Ellipse

from partnersim.figures.page import (
    BLUE,
    COLOURS,
    FAMILY,
    INK,
    MARGIN,
    ORANGE,
    QUIET,
    TYPE,
    WIDTH,
    Page,
    Picture,
    Table,
    fit,
    period,
    start_page,
    text_width,
    value_ticks,
    write,
)
from partnersim.figures.quantities import (
    Quantity,
    choose_arms,
    find_effect,
    foot_note,
    headline,
    quantity,
)

if TYPE_CHECKING:
    from partnersim.runs.results import Comparison, Results

HAPPENED = {
    "survived": "Partnerships still at work after {period}",
    "is_sustained_acceleration": "Partnerships that sped up for 3 years",
}
"""Measures that are 1 or 0, as what is so when they are 1."""

MILESTONES = {
    "months_to_first_initiative": "A first initiative completed within {period}",
    "months_to_25": "A quarter of the vision delivered within {period}",
    "months_to_50": "Half of the vision delivered within {period}",
    "months_to_80": "80 % of the vision delivered within {period}",
    "months_to_collapse": "Collapsed within {period}",
}
"""Measures that are times, as what is so when they are not after a deadline."""

N_DOTS = 50
NUMBER = 26.0
"""Size of the numbers above the icons."""

APART = 270
"""Room for runs without a value, in pixels."""

LEFT_BLOCK, RIGHT_BLOCK = 100, 540
"""Where the runs that say no and those that say yes stand, in pixels."""


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
        Arms that share their luck.
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
    page = start_page(title, foot_note(first, comparison, len(names)))
    for index, arm in enumerate(names):
        _draw_icons(page, index, len(names), arm, shares[arm])
    table: Table = {
        "arm": names,
        "partnerships": [comparison.results[arm].replicates for arm in names],
        "came_about": [int(came[arm].sum()) for arm in names],
        "of_100": [100 * shares[arm] for arm in names],
    }
    return Picture(page.figure, title, table)


def of_hundred(share: float, digits: int = 2) -> str:
    """Say a share in whole partnerships: never none or all where it is neither."""
    if math.isnan(share):
        return "undefined"
    if 0 < share < 0.01:
        return "fewer than 1 of 100"
    if 0.99 < share < 1:
        return "more than 99 of 100"
    return f"{100 * share:.{max(digits - 2, 0)}f} of 100"


def _came_about(results: Results, measure: str, deadline: int) -> np.ndarray:
    """1 for each run in which it came about, 0 for each in which it did not."""
    if measure in MILESTONES:
        # A milestone that was not reached is NaN, which is not less than anything.
        return (results.measures[measure] <= deadline).astype(float)
    if measure in HAPPENED:
        return np.asarray(results.measures[measure], dtype=float)
    known = ", ".join([*MILESTONES, *HAPPENED])
    raise ValueError(f"measure = {measure!r}: must be one of {known}")


def _draw_icons(page: Page, index: int, n_arms: int, arm: str, share: float) -> None:
    """Draw the hundred partnerships of one arm: full circles came about, rings did not."""
    width = (WIDTH - 2 * MARGIN) / n_arms
    middle = MARGIN + width * (index + 0.5)
    top = page.top - 8
    name = fit(arm, width - 16, lines=2, weight="bold")
    page.write(middle, top, name, weight="bold", color=COLOURS[index], ha="center", va="top")
    words = fit(of_hundred(share), width - 12, size=NUMBER)
    page.write(middle, top - 92, words, size=NUMBER, ha="center")
    room = top - 124 - page.bottom - 12
    pitch = min((width - 40) / 10, room / 10)
    n_full = 0 if math.isnan(share) else math.floor(100 * share + 0.5)
    n_full = min(max(n_full, int(share > 0)), 100 - int(share < 1))
    circles = []
    for icon in range(100):
        x = middle + pitch * (icon % 10 - 4.5)
        y = top - 124 - pitch * (icon // 10 + 0.5)
        full = icon < n_full
        circles.append(
            Circle(
                (x, y),
                0.4 * pitch if full else 0.34 * pitch,
                facecolor=COLOURS[index] if full else "none",
                edgecolor=COLOURS[index] if full else QUIET,
                linewidth=1.4,
            )
        )
    page.sheet.add_collection(PatchCollection(circles, match_original=True), autolim=False)


def distribution(results: Results, measure: str) -> Picture:
    """Draw one measure over all runs as 50 dots, each as likely as any other.

    Times that were not reached stand apart on the right. With fewer than 50 runs each run is a
    dot of its own.

    Parameters
    ----------
    results
        Runs of one scenario.
    measure
        Name of a measure.
    """
    shown = quantity(measure)
    values = np.sort(np.asarray(results.measures[measure], dtype=float))  # NaN comes last
    title = _distribution_title(values, shown, results.months)
    page = start_page(title, f"{_worth_of_a_dot(len(values))} {foot_note(results)}")
    dots = _pick_dots(values)
    known = dots[np.isfinite(dots)]
    n_apart = len(dots) - len(known)
    bottom, height = page.bottom + 84, page.top - page.bottom - 84 - 70
    if shown.is_yes_or_no:
        for left, words, count in (
            (LEFT_BLOCK, "no", int((known == 0).sum())),
            (RIGHT_BLOCK, "yes", int((known == 1).sum())),
        ):
            _draw_block(page, (left, bottom), height, count, words, 10, is_full=words == "yes")
    elif known.size:
        width = WIDTH - 2 * MARGIN - (APART if n_apart else 0)
        axes = page.panel(MARGIN, bottom, width, height)
        _set_value_axis(axes, known, shown, results.months)
        _draw_dots(axes, known * shown.scale, width, height)
        middle = _median_with_unreached(values)
        if math.isfinite(middle) and len(values) > 1:
            _mark_median(axes, middle * shown.scale, shown.say(middle), width)
    if n_apart:
        words = f"not reached in {period(results.months)}" if shown.is_censored else "undefined"
        left = WIDTH - MARGIN - APART + 34 if known.size else MARGIN
        _draw_block(page, (left, bottom), height, n_apart, words, 5)
    return Picture(page.figure, title, {"rank": np.arange(1, len(values) + 1), measure: values})


def _median_with_unreached(values: np.ndarray) -> float:
    """Median of sorted values, in which those not reached (NaN, last) are beyond all others."""
    lower, upper = values[(len(values) - 1) // 2], values[len(values) // 2]
    return float((lower + upper) / 2)


def _distribution_title(values: np.ndarray, shown: Quantity, months: int) -> str:
    """Say what a distribution shows."""
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


def _worth_of_a_dot(n_runs: int) -> str:
    """Say what one dot stands for."""
    if n_runs <= N_DOTS:
        return "One dot is one run."
    return f"One dot is 1 in {N_DOTS} of the runs."


def _pick_dots(values: np.ndarray) -> np.ndarray:
    """Evenly spaced quantiles of sorted values, or all of them where they are few."""
    if len(values) <= N_DOTS:
        return values
    ranks = (np.arange(N_DOTS) + 0.5) / N_DOTS * len(values)
    return np.asarray(values[ranks.astype(int)])


def _set_value_axis(axes: Axes, known: np.ndarray, shown: Quantity, months: int) -> None:
    """Set the horizontal axis, in the unit that is shown."""
    low, high = float(known.min()) * shown.scale, float(known.max()) * shown.scale
    if shown.is_censored:
        low, high = 0.0, months * shown.scale
    margin = 0.04 * (high - low) or 0.1 * abs(high) or 0.1
    axes.set_xlim(low - margin, high + margin)
    ticks, labels = value_ticks(low - margin, high + margin, 8)
    if low >= 0:
        labels = [label for tick, label in zip(ticks, labels, strict=True) if tick >= 0]
        ticks = [tick for tick in ticks if tick >= 0]
    axes.set_xticks(ticks, labels)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(shown.heading, size=TYPE, family=FAMILY, color=INK)


def _draw_dots(axes: Axes, known: np.ndarray, width: float, height: float) -> None:
    """Pile dots up where values are alike; they shrink where a pile would not fit."""
    low, high = axes.get_xlim()
    axes.set_ylim(0, height)
    pixels = (known - low) / (high - low) * width
    for diameter in (36.0, 30.0, 26.0, 22.0, 18.0, 14.0, 11.0, 9.0):
        columns, counts = np.unique((pixels // diameter).astype(int), return_counts=True)
        if np.max(counts) * diameter <= height:
            break
    for column, count in zip(columns, counts, strict=True):
        x = low + (column + 0.5) * diameter / width * (high - low)
        for row in range(count):
            axes.add_patch(
                Ellipse(
                    (x, (row + 0.5) * diameter),
                    0.88 * diameter / width * (high - low),
                    0.88 * diameter,
                    facecolor=BLUE,
                    edgecolor="none",
                    clip_on=False,
                )
            )


def _mark_median(axes: Axes, middle: float, text: str, width: float) -> None:
    """Draw a line at the median, with its number above."""
    axes.axvline(middle, color=ORANGE, linewidth=3, linestyle=(0, (4, 2)), zorder=3)
    low, high = axes.get_xlim()
    words = f"median {text}"
    half = text_width(words) / 2
    at = min(max((middle - low) / (high - low) * width, half), width - half)
    top = axes.get_ylim()[1]
    write(axes, low + at / width * (high - low), top + 24, words, ha="center")


def _draw_block(
    page: Page,
    corner: tuple[float, float],
    height: float,
    count: int,
    words: str,
    n_wide: int,
    *,
    is_full: bool = False,
) -> None:
    """Draw dots that stand together, over a line with a word for what they have in common."""
    left, bottom = corner
    pitch = min(30.0, (height - 40) / math.ceil(max(count, 1) / n_wide))
    for index in range(count):
        x = left + pitch * (index % n_wide + 0.5)
        y = bottom + pitch * (index // n_wide + 0.5)
        face, edge = (BLUE, BLUE) if is_full else ("none", QUIET)
        page.sheet.add_patch(
            Circle((x, y), 0.4 * pitch, facecolor=face, edgecolor=edge, linewidth=2)
        )
    width = max(30.0 * n_wide, APART - 34)
    page.line((left, left + width), (bottom, bottom), color=QUIET, linewidth=1)
    page.write(left, bottom - 10, fit(words, width, lines=2), va="top")
