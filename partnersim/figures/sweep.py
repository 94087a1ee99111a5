"""Figure of main effects: what each parameter of a sweep does to a measure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from partnersim.figures.page import (
    BLUE,
    MARGIN,
    QUIET,
    WIDTH,
    Page,
    Picture,
    Table,
    fit,
    number,
    plural,
    start_page,
    text_width,
    value_ticks,
)
from partnersim.figures.quantities import Quantity, in_title, quantity

if TYPE_CHECKING:
    from partnersim.analysis.effects import MainEffect, MainEffects

MAX_PANELS = 4
LEFT = 130
GAP = 28
MOST_TICKS = 4
HEADING = 110
"""Room for what a panel says above its drawing, in pixels."""


def main_effects(found: MainEffects) -> Picture:
    """Draw what each parameter does to a measure: a panel for each of the four that do most.

    Parameters
    ----------
    found
        From `partnersim.analysis.effects.main_effects`; at least one parameter.
    """
    shown = quantity(found.measure)
    title = _title(found, shown)
    page = start_page(title, _note(found))
    page.write(MARGIN, page.top - 4, fit(_heading(found, shown), WIDTH - 2 * MARGIN), va="top")
    panels = found.effects[:MAX_PANELS]
    room = (WIDTH - MARGIN - LEFT + GAP) / len(panels)
    limits = _limits(panels, shown, has_base=found.base is not None)
    for index, effect in enumerate(panels):
        axes = _panel(page, LEFT + index * room, room - GAP, effect)
        axes.set_ylim(*limits)
        axes.set_yticks(*value_ticks(*limits, 5))
        axes.tick_params(labelleft=index == 0)
        if found.base is not None:
            axes.axhline(0, color=QUIET, linewidth=1.5)
        _draw(axes, effect, shown, room - GAP)
    return Picture(page.figure, title, _table(found))


def in_words(path: str) -> str:
    """Name a parameter in words: 'delegated authority', 'planning horizon of council'."""
    parts = path.split(".")
    member = parts[1] if len(parts) > 2 else ""
    kept = [part for part in (parts[2:] if member else parts) if part != "ways_of_working"]
    words = " ".join(kept).replace("_", " ")
    return f"{words} of {member.replace('_', ' ')}" if member else words


def _panel(page: Page, left: float, width: float, effect: MainEffect) -> Axes:
    """Begin a panel: the parameter's name and how much goes with it above, its values below."""
    top = page.top - 46
    unit = f" ({effect.unit})" if effect.unit not in ("", "share") else ""
    name = fit(in_words(effect.parameter) + unit, width, lines=2)
    page.write(left, top - 62, name, va="bottom")
    page.write(left, top - 82, fit(_explains(effect), width), color=QUIET)
    bottom = page.bottom + 52
    return page.panel(left, bottom, width, top - HEADING - bottom)


def _explains(effect: MainEffect) -> str:
    """Say how much of the differences between points goes with a parameter."""
    return f"explains {_percent(effect.share)}" if effect.is_clear else "no clear effect"


def _percent(share: float) -> str:
    """Write a share in per cent; a little is not called nothing."""
    return "under 1 %" if share < 0.01 else f"{100 * share:.0f} %"


def _draw(axes: Axes, effect: MainEffect, shown: Quantity, width: float) -> None:
    """Draw the means along the values, each with its interval: solid if clear, else hollow."""
    is_text = isinstance(effect.values[0], str)
    places = np.arange(len(effect.values), dtype=float) if is_text else np.array(effect.values)
    means, lows, highs = (shown.scale * ends for ends in (effect.means, effect.lows, effect.highs))
    colour = BLUE if effect.is_clear else QUIET
    is_known = np.isfinite(lows)
    axes.vlines(places[is_known], lows[is_known], highs[is_known], color=colour, linewidth=3)
    line = "none" if is_text else "solid"
    axes.plot(
        places, means, "o", linestyle=line, color=colour, linewidth=3, markersize=11,
        markerfacecolor=colour if effect.is_clear else "white", markeredgewidth=2.5,
    )  # fmt: skip
    margin = 0.12 * (float(np.ptp(places)) or 1.0)
    axes.set_xlim(np.min(places) - margin, np.max(places) + margin)
    if is_text:
        names = [fit(str(value), width / len(places) - 8) for value in effect.values]
        axes.set_xticks(places, names)
    else:
        axes.set_xticks(*_ticks(places, width))


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
    """Whether numbers can stand side by side, on an axis with so many pixels to the unit."""
    halves = [text_width(word) / 2 for word in words]
    edges = [(pixels * at - half, pixels * at + half)
             for at, half in zip(ticks, halves, strict=True)]  # fmt: skip
    return all(left[1] + 8 <= right[0] for left, right in pairwise(edges))


def _limits(
    effects: Sequence[MainEffect], shown: Quantity, *, has_base: bool
) -> tuple[float, float]:
    """Give one vertical range for all panels, so that they can be compared."""
    ends = [end for effect in effects for end in (effect.means, effect.lows, effect.highs)]
    known = shown.scale * np.concatenate([*ends, [0.0] if has_base else []])
    known = known[np.isfinite(known)]
    low, high = float(np.min(known)), float(np.max(known))
    margin = 0.06 * (high - low) or 0.1 * abs(high) or 0.1
    return low - margin, high + margin


def _heading(found: MainEffects, shown: Quantity) -> str:
    """Say what is drawn upwards."""
    if found.base is not None:
        return f"{shown.heading}: {in_title(found.arm or '')} less {in_title(found.base)}"
    return shown.heading if found.arm is None else f"{shown.heading}, {in_title(found.arm)}"


def _title(found: MainEffects, shown: Quantity) -> str:
    """Say which parameters explain how much, and that the others explain nothing clear."""
    what = shown.label
    if found.base is not None:
        what = f"What {in_title(found.arm or '')} changes in {_lower(shown.label)}"
    elif found.arm is not None:
        what = f"{shown.label} with {in_title(found.arm)}"
    clear = [effect for effect in found.effects if effect.is_clear]
    if not clear:
        return f"{what}: no clear main effect of any of {plural(len(found.effects), 'parameter')}"
    named = [f"{in_words(e.parameter)} explains {_percent(e.share)}" for e in clear[:2]]
    named[1:] = [words.replace(" explains", "") for words in named[1:]]
    rest = len(clear) - len(named)
    if rest:
        named.append(f"{rest} more {_percent(sum(e.share for e in clear[2:]))}")
    sentence = " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    return f"{what}: {sentence} of the differences between points"


def _lower(text: str) -> str:
    """Begin with a small letter, inside a sentence."""
    return text[:1].lower() + text[1:]


def _note(found: MainEffects) -> str:
    """How many runs a figure rests on, and what its bars are."""
    hidden = len(found.effects) - MAX_PANELS
    more = f" {plural(hidden, 'parameter')} not shown." if hidden > 0 else ""
    return (
        f"{plural(found.n_points, 'point')} of {plural(found.n_replicates, 'run')}, seed "
        f"{found.seed}; bars: 95 % intervals over points.{more}"
    )


def _table(found: MainEffects) -> Table:
    """List the numbers drawn, and those of the parameters that are not."""
    rows = [(e, k) for e in found.effects for k in range(len(e.values))]
    return {
        "parameter": [e.parameter for e, _ in rows],
        "value": [str(e.values[k]) for e, k in rows],
        "mean": [float(e.means[k]) for e, k in rows],
        "ci95_low": [float(e.lows[k]) for e, k in rows],
        "ci95_high": [float(e.highs[k]) for e, k in rows],
        "share_explained": [e.share for e, _ in rows],
        "is_clear": [str(e.is_clear).lower() for e, _ in rows],
    }
