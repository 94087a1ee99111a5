"""Draw main effects: what each parameter of a sweep does to a measure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from partnersim.figures.layout import padded, text_width, value_ticks, wrap
from partnersim.figures.marks import Disc, Line, Mark, Panel, rows_to_table, say, written
from partnersim.figures.page import MARGIN, WIDTH, Page
from partnersim.figures.palette import BLUE, GREY, LINE, PAPER, QUIET
from partnersim.figures.picture import Picture
from partnersim.figures.quantities import Quantity, in_title, not_shown, quantity, subject
from partnersim.runs.wording import join, number, percent, plural

if TYPE_CHECKING:
    from partnersim.analysis.effects import MainEffect, MainEffects

COLUMNS = ("parameter", "value", "mean", "ci95_low", "ci95_high", "share_explained", "is_clear")
MAX_PANELS = 4
LEFT = 130
GAP = 28
MOST_TICKS = 4
HEADING = 110
"""Room for what a panel says above its drawing, in pixels."""


def main_effects(found: MainEffects) -> Picture:
    """Draw what each parameter, one at least, does to a measure: a panel each for the four that do most."""
    shown = quantity(found.measure)
    points = f"{plural(found.n_points, 'point')} of {plural(found.n_replicates, 'run')}, seed {found.seed}"
    more = not_shown(len(found.effects) - MAX_PANELS, "parameter")
    page = Page(_title(found), f"{points}; bars: 95 % intervals over points.{more}")
    page.marks += say(MARGIN, page.top + 18, _heading(found, shown), WIDTH - 2 * MARGIN)
    effects = found.effects[:MAX_PANELS]
    room = (WIDTH - MARGIN - LEFT + GAP) / len(effects)
    limits = _limits(effects, shown, has_base=found.base is not None)
    top = page.top + 46 + HEADING
    for index, effect in enumerate(effects):
        size = (room - GAP, page.bottom - 52 - top)
        across = padded(float(_places(effect).min()), float(_places(effect).max()), 0.12)
        panel = Panel(LEFT + index * room, top, *size, across, limits)
        page.marks += _draw(panel, effect, shown, is_first=index == 0)
    rows = [
        (e.parameter, str(value), *map(float, numbers), e.share, str(e.is_clear).lower())
        for e in found.effects
        for value, *numbers in zip(e.values, e.means, e.lows, e.highs, strict=True)
    ]
    return page.picture(rows_to_table(COLUMNS, rows))


def in_words(path: str) -> str:
    """Name a parameter in words: 'delegated authority', 'planning horizon of council'."""
    parts = path.split(".")
    member = parts[1] if len(parts) > 2 else ""
    kept = [part for part in (parts[2:] if member else parts) if part != "ways_of_working"]
    words = " ".join(kept).replace("_", " ")
    of = "all" if member == "*" else member.replace("_", " ")
    return f"{words} of {of}" if member else words


def _places(effect: MainEffect) -> np.ndarray:
    """Place the values of a parameter: numbers where they are, words one beside the other."""
    is_text = isinstance(effect.values[0], str)
    return np.arange(len(effect.values), dtype=float) if is_text else np.array(effect.values)


def _draw(panel: Panel, effect: MainEffect, shown: Quantity, *, is_first: bool) -> Iterator[Mark]:
    """Draw one panel: name and share above, means with intervals: solid if clear, else hollow."""
    unit = f" ({effect.unit})" if effect.unit not in ("", "share") else ""
    name = wrap(in_words(effect.parameter) + unit, panel.width, 2)
    yield from written(panel.left, panel.top - 48 - LINE * len(name) / 2, name)
    explains = f"explains {percent(effect.share)}" if effect.is_clear else "no clear effect"
    yield from say(panel.left, panel.top - 28, explains, panel.width, colour=QUIET)
    ticks, labels = value_ticks(*panel.up, 5)
    yield from panel.numbers_beside(ticks, labels if is_first else [""] * len(ticks), GREY)
    if panel.up[0] < 0 < panel.up[1]:
        yield panel.level(0)
    places, is_text = _places(effect), isinstance(effect.values[0], str)
    if is_text:
        words = [" ".join(wrap(str(v), panel.width / len(places) - 8)) for v in effect.values]
        yield from panel.numbers_below(list(places), words)
    else:
        yield from panel.numbers_below(*_ticks(places, panel.width))
    means, lows, highs = (shown.scale * ends for ends in (effect.means, effect.lows, effect.highs))
    colour = BLUE if effect.is_clear else QUIET
    for x, low, high in zip(panel.x(places), panel.y(lows), panel.y(highs), strict=True):
        if np.isfinite(low):
            yield Line(((x, low), (x, high)), colour, 4)
    if not is_text:
        yield panel.line(places, means, colour, 4)
    for x, mean in zip(panel.x(places), panel.y(means), strict=True):
        if np.isfinite(mean):
            yield Disc(x, mean, 8, colour if effect.is_clear else PAPER, colour, 3.5)


def _ticks(places: np.ndarray, width: float) -> tuple[list[float], list[str]]:
    """Give numbers to stand below a panel: the values if there is room, else few round ones."""
    margin = 0.1 * float(np.ptp(places))
    ends = float(places.min()) - margin, float(places.max()) + margin
    words = [number(value, 3) if value % 1 else f"{value:,.0f}" for value in places]
    choices = [(list(places), words)] if len(places) <= MOST_TICKS else []
    ticks, words = value_ticks(*ends, MOST_TICKS - 1)
    choices += [(ticks[::step], words[::step]) for step in range(1, MOST_TICKS)]
    pixels = width / (ends[1] - ends[0]) / 1.04  # the panel goes a little further
    return next((choice for choice in choices if _have_room(*choice, pixels)), choices[-1])


def _have_room(ticks: Sequence[float], words: Sequence[str], pixels: float) -> bool:
    """Return whether numbers can stand side by side, on an axis with so many pixels to the unit."""
    halves = [text_width(word) / 2 for word in words]
    places = [pixels * at for at in ticks]
    return all(
        left + before + 8 <= right - after
        for (left, before), (right, after) in pairwise(zip(places, halves, strict=True))
    )


def _limits(effects: Sequence[MainEffect], shown: Quantity, *, has_base: bool) -> tuple[float, float]:
    """Give one vertical range for all panels, so that they can be compared."""
    ends = [end for effect in effects for end in (effect.means, effect.lows, effect.highs)]
    known = shown.scale * np.concatenate([*ends, [0.0] if has_base else []])
    known = known[np.isfinite(known)]
    low, high = float(np.min(known)), float(np.max(known))
    return padded(low, high, 0.06)


def _heading(found: MainEffects, shown: Quantity) -> str:
    """Write the heading: what is drawn upwards."""
    if found.base is not None:
        return f"{shown.heading}: {in_title(found.arm or '')} less {in_title(found.base)}"
    return shown.heading if found.arm is None else f"{shown.heading}, {in_title(found.arm)}"


def _title(found: MainEffects) -> str:
    """Write the title: how much which parameters explain, and that the others explain nothing clear."""
    what = subject(found.measure, found.arm, found.base)
    clear = [effect for effect in found.effects if effect.is_clear]
    if not clear:
        return f"{what}: no clear main effect of any of {plural(len(found.effects), 'parameter')}"
    named = [f"{in_words(e.parameter)} explains {percent(e.share)}" for e in clear[:2]]
    named[1:] = [words.replace(" explains", "") for words in named[1:]]
    rest = len(clear) - len(named)
    if rest:
        named.append(f"{rest} more {percent(sum(e.share for e in clear[2:]))}")
    return f"{what}: {join(named)} of the differences between points"
