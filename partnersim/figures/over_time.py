"""Figures of change, speed and trust over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from partnersim.figures.page import (
    BLUE,
    COLOURS,
    DASHES,
    INK,
    LINE,
    MARGIN,
    QUIET,
    SEQUENTIAL,
    WIDTH,
    Page,
    Picture,
    fit,
    number,
    period,
    spread,
    start_page,
    value_ticks,
    write,
    year_axis,
)
from partnersim.figures.quantities import (
    Quantity,
    choose_arms,
    find_effect,
    foot_note,
    headline,
    in_title,
    quantity,
)

if TYPE_CHECKING:
    from partnersim.runs.results import Comparison, Results

LEFT = 100
LABELS = 926
"""Where the labels at the ends of lines begin, in pixels."""


def change_over_time(
    comparison: Comparison,
    series: Sequence[str] = ("change_delivered", "speed"),
    *,
    arms: Sequence[str] | None = None,
    n_faint: int = 30,
) -> Picture:
    """Draw series over the years: single partnerships faint, the median of each arm bold.

    Parameters
    ----------
    comparison
        Arms that share their luck.
    series
        One to three series, a panel each; the title speaks of the first.
    arms
        Up to four of the arms; the base and the first three others if left out.
    n_faint
        How many faint lines a panel has, shared among the arms.
    """
    names = choose_arms(comparison, arms)
    first = comparison.results[names[0]]
    final = {arm: _median(comparison.results[arm], series[0])[-1] for arm in names}
    last = {arm: results.series[series[0]][:, -1] for arm, results in comparison.results.items()}
    ways = {
        arm: find_effect(last[arm], last[comparison.base], series[0], first.months).way
        for arm in names
    }
    shown = quantity(series[0])
    what = f"{shown.label} after {period(first.months)}, median"
    title = headline(what, final, shown.say, comparison.base, ways)
    page = start_page(title, foot_note(first, comparison, len(names)))
    for name, axes, box in _panels(page, series, first.months):
        _draw_arms(page, axes, box, comparison, names, name, max(1, n_faint // len(names)))
    table = {
        "month": np.arange(first.months + 1),
        **{
            f"{arm}: median {name}": _median(comparison.results[arm], name)
            for name in series
            for arm in names
        },
    }
    return Picture(page.figure, title, table)


def quantiles(results: Results, series: str) -> Picture:
    """Draw one series over the years as median and bands: for analysts.

    Parameters
    ----------
    results
        Runs of one scenario.
    series
        Name of a recorded or derived series.
    """
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    shown = quantity(series)
    lines = np.asarray(results.quantiles(series, levels), dtype=float)
    title = _title_of_quantiles(lines[:, -1], shown, results)
    page = start_page(title, foot_note(results))
    ((_, axes, box),) = _panels(page, (series,), results.months)
    lines = lines * shown.scale
    if _set_range(axes, lines, box, shown):
        months = np.arange(results.months + 1)
        axes.fill_between(months, lines[0], lines[4], color=SEQUENTIAL[4], linewidth=0)
        axes.fill_between(months, lines[1], lines[3], color=SEQUENTIAL[3], linewidth=0)
        axes.plot(months, lines[2], color=BLUE, linewidth=4)
        ends = [lines[4, -1], (lines[2, -1] + lines[3, -1]) / 2, lines[2, -1], lines[0, -1]]
        words = ["95 of 100 below", "middle half", "median", "5 of 100 below"]
        colours = [SEQUENTIAL[4], SEQUENTIAL[3], BLUE, SEQUENTIAL[4]]
        if results.replicates == 1:
            words, ends, colours = ["the one run"], [lines[2, -1]], [BLUE]
        _label_ends(page, axes, box, words, ends, colours, ["solid"] * 4)
    names = ("p05", "p25", "median", "p75", "p95")
    table: dict[str, np.ndarray] = {"month": np.arange(results.months + 1)}
    table |= {name: line / shown.scale for name, line in zip(names, lines, strict=True)}
    return Picture(page.figure, title, table)


def _title_of_quantiles(last: np.ndarray, shown: Quantity, results: Results) -> str:
    """Say where a series ends."""
    middle, high = shown.say(last[2]), shown.say(last[4])
    low = number(last[0] * shown.scale)
    what = f"{shown.label} after {period(results.months)}"
    if not np.isfinite(last[2]):
        return f"{what}: undefined"
    if results.replicates == 1:
        return f"{what}: {middle} in the one partnership simulated"
    return f"{what}: {middle} in the median partnership, between {low} and {high} in 90 of 100"


Box = tuple[float, float]
"""Bottom and top of a panel, in pixels."""


def _median(results: Results, series: str) -> np.ndarray:
    """Median over replicates in each month."""
    (middle,) = results.quantiles(series, [0.5])
    return np.asarray(middle)


def _panels(page: Page, series: Sequence[str], months: int) -> list[tuple[str, Axes, Box]]:
    """One panel above the other, each under its heading, all over the same years."""
    foot = page.bottom + 78  # numbers and name of the axis
    room = page.top - foot
    gap = 22.0
    height = room / len(series) - 40 - gap * (len(series) - 1) / len(series)
    panels = []
    for index, name in enumerate(series):
        top = page.top - 40 - index * (height + 40 + gap)
        page.write(MARGIN, top + 22, fit(quantity(name).heading, WIDTH - 2 * MARGIN))
        axes = page.panel(LEFT, top - height, LABELS - LEFT - 20, height)
        is_last = index == len(series) - 1
        year_axis(axes, months, name="Years from the start" if is_last else "")
        axes.tick_params(labelbottom=is_last)
        panels.append((name, axes, (top - height, top)))
    return panels


def _draw_arms(
    page: Page,
    axes: Axes,
    box: Box,
    comparison: Comparison,
    names: Sequence[str],
    series: str,
    n_faint: int,
) -> None:
    """Draw the lines of all arms in one panel, and label them."""
    shown = quantity(series)
    months = np.arange(comparison.results[names[0]].months + 1)
    faint = [comparison.results[arm].series[series][:n_faint] * shown.scale for arm in names]
    bold = [_median(comparison.results[arm], series) * shown.scale for arm in names]
    if not _set_range(axes, np.concatenate([*faint, np.array(bold)]), box, shown):
        return
    for lines, colour in zip(faint, COLOURS, strict=False):
        axes.plot(months, lines.T, color=colour, linewidth=1, alpha=0.22)
    for line, colour, dash in zip(bold, COLOURS, DASHES, strict=False):
        axes.plot(months, line, color=colour, linewidth=4, linestyle=dash)
    _label_ends(page, axes, box, names, [line[-1] for line in bold], COLOURS, DASHES)


def _set_range(axes: Axes, values: np.ndarray, box: Box, shown: Quantity) -> bool:
    """Fit the vertical axis, from 0 where that wastes little; False if nothing is drawn."""
    known = values[np.isfinite(values)]
    if not known.size:
        axes.yaxis.set_visible(False)
        axes.spines["left"].set_visible(False)
        middle = sum(axes.get_xlim()) / 2
        write(axes, middle, 0.5, f"{shown.label} is not defined in these runs", ha="center")
        return False
    low, high = float(known.min()), float(known.max())
    low = 0.0 if 0 < low < 0.5 * high else low
    margin = 0.04 * (high - low) or 0.1 * abs(high) or 0.1
    low, high = low - margin * (low != 0), high + margin
    axes.set_ylim(low, high)
    axes.set_yticks(*value_ticks(low, high, 4 if box[1] - box[0] < 300 else 7))
    if low < 0 < high:
        axes.axhline(0, color=QUIET, linewidth=1)
    return True


def _label_ends(
    page: Page,
    axes: Axes,
    box: Box,
    words: Sequence[str],
    ends: Sequence[float],
    colours: Sequence[str],
    dashes: Sequence[object],
) -> None:
    """Name lines at their right ends, moved apart where they would overlap."""
    low, high = axes.get_ylim()
    texts = [fit(in_title(word), WIDTH - LABELS - 94, lines=2) for word in words]
    heights = [LINE * (text.count("\n") + 1) + 4.0 for text in texts]
    wanted = [
        box[0] + (box[1] - box[0]) * (min(max(end, low), high) - low) / (high - low)
        if np.isfinite(end)
        else box[0]
        for end in ends
    ]
    room = max(box[1] - box[0], sum(heights))
    places = spread(wanted, heights, box[1] - room - 6, box[1] + 6)
    for text, place, at, colour, dash in zip(texts, places, wanted, colours, dashes, strict=False):
        style = {"color": colour, "linestyle": dash}
        page.line((LABELS - 16, LABELS + 6), (at, place), color=colour, linewidth=1)
        page.line((LABELS + 6, LABELS + 78), (place, place), linewidth=4, **style)
        page.write(LABELS + 86, place, text, color=INK)
