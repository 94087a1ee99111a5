"""Figure of what arms change against the base, with what is known of chance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from partnersim.figures.page import (
    BLUE,
    MARGIN,
    PURPLE,
    QUIET,
    WIDTH,
    Page,
    Picture,
    Table,
    fit,
    signed,
    start_page,
    value_ticks,
)
from partnersim.figures.quantities import (
    Effect,
    Quantity,
    find_effect,
    foot_note,
    in_title,
    quantity,
)

if TYPE_CHECKING:
    from partnersim.runs.results import Comparison

MAX_MEASURES = 4
HEADING = 108
"""Room for the headings of the panels, in pixels."""

WAYS = (
    (1, "higher"),
    (-1, "lower"),
    (0, "no clear difference"),
    (None, "too few pairs to tell"),
)

NAMES = 270
"""Room for the names of the arms, in pixels."""


def difference_forest(
    comparison: Comparison,
    measures: Sequence[str] = ("mean_speed", "change_delivered", "trust"),
    *,
    arms: Sequence[str] | None = None,
) -> Picture:
    """Draw paired differences from the base with 95 % intervals, one panel a measure.

    Parameters
    ----------
    comparison
        Arms that share their luck.
    measures
        Up to four measures; the title speaks of the first.
    arms
        Which arms to show; the first eight others than the base if left out.

    Raises
    ------
    ValueError
        For more measures than can be read, or none.
    """
    if not 1 <= len(measures) <= MAX_MEASURES:
        raise ValueError(f"measures: {len(measures)} given; a figure shows 1 to {MAX_MEASURES}")
    others = [arm for arm in comparison.results if arm != comparison.base]
    names = list(arms) if arms is not None else others[:8]
    first = comparison.results[comparison.base]
    effects = {
        measure: {arm: _effect(comparison, arm, measure) for arm in names} for measure in measures
    }
    title = _title(comparison.base, effects[measures[0]], measures[0])
    page = start_page(title, foot_note(first, comparison, len(names) + 1))
    width = (WIDTH - 2 * MARGIN - NAMES) / len(measures)
    rows = _rows(page, len(names))
    for arm, row in zip(names, rows, strict=True):
        page.write(MARGIN, row, fit(in_title(arm), NAMES - 24, lines=2 if len(names) < 7 else 1))
    for index, measure in enumerate(measures):
        left = MARGIN + NAMES + index * width
        found = list(effects[measure].values())
        _draw_measure(page, left, width - 28, rows, quantity(measure), found)
    return Picture(page.figure, title, _table(effects))


def _effect(comparison: Comparison, arm: str, measure: str) -> Effect:
    """Compare one arm with the base in one measure."""
    found, base = comparison.results[arm], comparison.results[comparison.base]
    return find_effect(found.measures[measure], base.measures[measure], measure, base.months)


def _rows(page: Page, count: int) -> list[float]:
    """Heights of the arms' rows, from the top, in pixels."""
    top, bottom = page.top - HEADING, page.bottom + 96
    pitch = min((top - bottom) / max(count, 1), 110)
    return [top - pitch * (index + 0.5) for index in range(count)]


def _draw_measure(
    page: Page,
    left: float,
    width: float,
    rows: Sequence[float],
    shown: Quantity,
    found: Sequence[Effect],
) -> None:
    """Draw one panel: for each arm the mean difference, its interval, how often it is better."""
    page.write(left, page.top - 6, fit(shown.heading, width, lines=3), va="top")
    bottom = page.bottom + 96
    top = page.top - HEADING
    axes = page.panel(left, bottom, width, top - bottom)
    axes.set_ylim(bottom, top)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    _set_scale(axes, [n * shown.scale for e in found for n in (e.mean, e.low, e.high)])
    axes.axvline(0, color=QUIET, linewidth=1.5)
    pitch = rows[0] - rows[1] if len(rows) > 1 else 110.0
    for row, effect in zip(rows, found, strict=True):
        page.write(
            left + width / 2,
            row + pitch / 4,
            _words(shown, effect),
            ha="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
        _draw_interval(axes, row - pitch / 5, shown, effect)
    better = {True: "better →", False: "← better", None: "neither is better"}
    words = better[shown.higher_is_better]
    page.write(left + width / 2, page.bottom + 24, fit(words, width), ha="center")


def _set_scale(axes: Axes, numbers: Sequence[float]) -> None:
    """Set a horizontal axis that holds 0 and all the numbers."""
    known = [0.0, *(n for n in numbers if math.isfinite(n))]
    low, high = min(known), max(known)
    margin = 0.12 * (high - low) or 1.0
    axes.set_xlim(low - margin, high + margin)
    # Few enough numbers to stand side by side in a narrow panel.
    ticks = value_ticks(low - margin / 2, high + margin / 2, 2)
    axes.set_xticks(*(ticks if high > low else ([0.0], ["0"])))


def _draw_interval(axes: Axes, height: float, shown: Quantity, effect: Effect) -> None:
    """Draw a mean and its interval: circle for better, square for worse, hollow for unclear."""
    if not math.isfinite(effect.mean):
        return
    way = _better_by(shown, effect)
    colour, marker = {1: (BLUE, "o"), -1: (PURPLE, "s"), 0: (QUIET, "D")}[way]
    low, high = effect.low, effect.high
    if math.isfinite(low) and math.isfinite(high):
        ends = (low * shown.scale, high * shown.scale)
        axes.plot(ends, (height, height), color=colour, linewidth=4, solid_capstyle="butt")
    face = colour if way else "white"
    axes.plot(
        effect.mean * shown.scale, height, marker,
        color=colour, markersize=13, markerfacecolor=face, markeredgewidth=2.5,
    )  # fmt: skip


def _better_by(shown: Quantity, effect: Effect) -> int:
    """1 for clearly better, -1 for clearly worse, 0 for unclear or neither."""
    if shown.higher_is_better is None:
        return 0
    return (effect.way or 0) * (1 if shown.higher_is_better else -1)


def _words(shown: Quantity, effect: Effect) -> str:
    """How often an arm is better, as far as one can say."""
    if shown.higher_is_better is None or not math.isfinite(effect.share_better):
        mean = effect.mean * shown.scale
        return signed(mean) if math.isfinite(mean) else "unknown"
    return f"better in {100 * effect.share_better:.0f} %"


def _title(base: str, effects: Mapping[str, Effect], measure: str) -> str:
    """Say which arms move a measure for certain, and which do not."""
    shown = quantity(measure)
    what = f"{shown.label} against {in_title(base)}"
    if not effects:
        return f"{what}: no arm to compare"
    if len(effects) == 1:
        ((arm, effect),) = effects.items()
        return _title_of_one(in_title(arm), what, shown, effect)
    parts = []
    for way, words in WAYS:
        arms = [in_title(arm) for arm, effect in effects.items() if effect.way == way]
        if arms:
            parts.append(f"{words} with {_list(arms)}")
    return f"{what}: {'; '.join(parts)}"


def _title_of_one(arm: str, what: str, shown: Quantity, effect: Effect) -> str:
    """Say what the one arm besides the base changes."""
    if effect.way is None:
        return f"{what}: too few pairs to tell what {arm} changes"
    low, high = (signed(end * shown.scale) for end in (effect.low, effect.high))
    interval = f"(95 % interval {low} to {high})"
    if effect.way == 0:
        return f"{arm} makes no clear difference. {what} {interval}"
    return f"{what}: {signed(effect.mean * shown.scale)}{shown.suffix} with {arm} {interval}"


def _list(arms: Sequence[str]) -> str:
    """Put names in a sentence, of many the first two."""
    if len(arms) > 3:
        return f"{arms[0]}, {arms[1]} and {len(arms) - 2} more"
    return " and ".join([", ".join(arms[:-1]), arms[-1]] if len(arms) > 1 else arms)


def _table(effects: Mapping[str, Mapping[str, Effect]]) -> Table:
    """List the numbers drawn, a row for each measure and arm."""
    rows = [(measure, arm, e) for measure, found in effects.items() for arm, e in found.items()]
    return {
        "measure": [measure for measure, _, _ in rows],
        "arm": [arm for _, arm, _ in rows],
        "mean_difference": [e.mean for _, _, e in rows],
        "ci95_low": [e.low for _, _, e in rows],
        "ci95_high": [e.high for _, _, e in rows],
        "share_better": [e.share_better for _, _, e in rows],
        "n_pairs": [e.n_pairs for _, _, e in rows],
    }
