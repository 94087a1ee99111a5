"""Draw the differences of arms from the base, with what is known of chance."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, replace
from typing import TYPE_CHECKING

from partnersim.figures.layout import text_width, value_ticks, wrap
from partnersim.figures.marks import Box, Disc, Line, Mark, Panel, rows_to_table, say, written
from partnersim.figures.page import MARGIN, WIDTH, Page
from partnersim.figures.palette import BLUE, LINE, PAPER, PURPLE, QUIET
from partnersim.figures.picture import Picture
from partnersim.figures.quantities import Effect, Quantity, find_effect, foot_note, in_title, quantity
from partnersim.runs.wording import join, signed
from partnersim.scenario.errors import check_name

if TYPE_CHECKING:
    from partnersim.runs.results import Comparison

MAX_MEASURES, MAX_ARMS = 4, 8
HEADING = 108
"""Room for the headings of the panels, in pixels."""

WAYS = ((1, "higher"), (-1, "lower"), (0, "no clear difference"), (None, "too few pairs to tell"))

COLUMNS = ("measure", "arm", "mean_difference", "ci95_low", "ci95_high", "share_better", "n_pairs")

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
        Arms that share their random numbers.
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
    names = list(arms) if arms is not None else others[:MAX_ARMS]
    base = comparison.results[comparison.base]
    effects: dict[str, dict[str, Effect]] = {}
    for name in measures:
        check_name(name, base.measures, "measure")
        values = {arm: comparison.results[arm].measures[name] for arm in names}
        effects[name] = {a: find_effect(v, base.measures[name], name, base.months) for a, v in values.items()}
    return forest(comparison.base, effects, foot_note(base, comparison, len(names) + 1))


def forest(base: str, effects: Mapping[str, Mapping[str, Effect]], note: str) -> Picture:
    """Draw differences from a base, by measure and arm, with a note at the foot."""
    measures, names = list(effects), list(effects[next(iter(effects))])
    page = Page(_title(base, effects[measures[0]], measures[0]), note)
    panels, heights, pitch = panels_by_arm(page, names, len(measures), below=96)
    for place, measure in zip(panels, measures, strict=True):
        found = list(effects[measure].values())
        page.marks += _draw_measure(place, heights, pitch, quantity(measure), found)
    rows = [(m, arm, *astuple(e)) for m, found in effects.items() for arm, e in found.items()]
    return page.picture(rows_to_table(COLUMNS, rows))


def panels_by_arm(
    page: Page, arms: Sequence[str], n_panels: int, *, below: float
) -> tuple[list[Panel], list[float], float]:
    """Write the names of arms, each at the height of its row, and lay out panels side by side.

    Returns
    -------
    panels, heights, pitch
        Panels with room for a heading above and so many pixels `below`; the middle of each arm's row,
        and how far rows are apart.
    """
    width = (WIDTH - 2 * MARGIN - NAMES) / n_panels
    top, bottom = page.top + HEADING, page.bottom - below
    pitch = (bottom - top) / max(len(arms), 1)
    heights = [top + pitch * (index + 0.5) for index in range(len(arms))]
    for arm, row in zip(arms, heights, strict=True):
        page.marks += say(MARGIN, row, in_title(arm), NAMES - 24, 2 if len(arms) < 7 else 1)
    lefts = [MARGIN + NAMES + index * width for index in range(n_panels)]
    return [Panel(left, top, width - 28, bottom - top) for left in lefts], heights, pitch


def heading_of(panel: Panel, words: str) -> Iterator[Mark]:
    """Write what a panel shows above it."""
    lines = wrap(words, panel.width, 3)
    yield from written(panel.left, panel.top - HEADING + 6 + LINE * len(lines) / 2, lines)


def _draw_measure(
    place: Panel, rows: Sequence[float], pitch: float, shown: Quantity, found: Sequence[Effect]
) -> Iterator[Mark]:
    """Draw one panel: for each arm the mean difference, its interval, how often it is better."""
    middle, pitch = place.left + place.width / 2, min(pitch, 110)
    yield from heading_of(place, shown.heading)
    numbers = [n * shown.scale for e in found for n in (e.mean, e.low, e.high)]
    known = [0.0, *(n for n in numbers if math.isfinite(n))]
    low, high = min(known), max(known)
    margin = 0.12 * (high - low) or 1.0
    panel = replace(place, across=(low - margin, high + margin))
    # Few enough numbers to stand side by side in a narrow panel.
    ticks = value_ticks(low - margin / 2, high + margin / 2, 2)
    yield from panel.numbers_below(*(ticks if high > low else ([0.0], ["0"])))
    yield panel.upright(0)
    for row, effect in zip(rows, found, strict=True):
        said = _words(shown, effect)
        half, y = text_width(said) / 2 + 3, row - pitch / 4
        # Paper behind the words, where they stand on the line of no difference.
        yield Box(middle - half, y - LINE / 2, 2 * half, LINE, PAPER)
        yield from written(middle, y, [said], anchor="middle")
        yield from _draw_interval(panel, row + pitch / 5, shown, effect)
    better = {True: "better →", False: "← better", None: "neither is better"}
    words = better[shown.higher_is_better]
    yield from say(middle, panel.bottom + 72, words, place.width, anchor="middle")


def _draw_interval(panel: Panel, y: float, shown: Quantity, effect: Effect) -> Iterator[Mark]:
    """Draw a mean and its interval: circle for better, square for worse, hollow for unclear."""
    if not math.isfinite(effect.mean):
        return
    better = {True: 1, False: -1, None: 0}[shown.higher_is_better]
    way = better * (effect.way or 0)
    colour = {1: BLUE, -1: PURPLE, 0: QUIET}[way]
    ends = [panel.x(end * shown.scale) for end in (effect.low, effect.high)]
    if all(map(math.isfinite, ends)):
        yield Line(((ends[0], y), (ends[1], y)), colour, 5.5)
    x = panel.x(effect.mean * shown.scale)
    if way < 0:
        yield Box(x - 9, y - 9, 18, 18, colour)
    else:
        yield Disc(x, y, 9, colour if way else PAPER, colour, 3.5)


def _words(shown: Quantity, effect: Effect) -> str:
    """Write how often an arm is better, as far as one can say."""
    if shown.higher_is_better is None or not math.isfinite(effect.share_better):
        mean = effect.mean * shown.scale
        return signed(mean) if math.isfinite(mean) else "unknown"
    return f"better in {100 * effect.share_better:.0f} %"


def _title(base: str, effects: Mapping[str, Effect], measure: str) -> str:
    """Write the title: the arms that move a measure for certain, and those that do not."""
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
            named = arms if len(arms) <= 3 else [*arms[:2], f"{len(arms) - 2} more"]
            parts.append(f"{words} with {join(named)}")
    return f"{what}: {'; '.join(parts)}"


def _title_of_one(arm: str, what: str, shown: Quantity, effect: Effect) -> str:
    """Write the title where only one arm is compared: what it changes."""
    if effect.way is None:
        return f"{what}: too few pairs to tell what {arm} changes"
    low, high = (signed(end * shown.scale) for end in (effect.low, effect.high))
    interval = f"(95 % interval {low} to {high})"
    if effect.way == 0:
        return f"{arm} makes no clear difference. {what} {interval}"
    return f"{what}: {signed(effect.mean * shown.scale)}{shown.suffix} with {arm} {interval}"
