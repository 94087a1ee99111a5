"""Figure of why trust changed: the ledger's signed parts, which add up."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from partnersim.figures.page import (
    BLUE,
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
    number,
    start_page,
    value_ticks,
    write,
)

MAX_BARS = 11
"""Mechanisms drawn one by one; the smallest of more are drawn as one bar."""

SMALL = 0.0005
"""Changes smaller than this are not drawn by themselves."""

NAMES = 340
"""Room for the names of the mechanisms, in pixels."""


class Bar(NamedTuple):
    """One step of the waterfall."""

    name: str
    change: float
    before: float


def ledger_waterfall(
    totals: Mapping[str, float],
    start: float,
    end: float,
    *,
    whose: str = "trust",
    when: str = "",
    note: str = "",
) -> Picture:
    """Draw what each mechanism added to trust and took from it, from start to end.

    Parameters
    ----------
    totals
        Change by mechanism; they add up to `end` less `start`.
    start, end
        Trust before and after, in [0, 1].
    whose
        Whose trust, for the title: 'goodwill trust of the council in the hospital'.
    when
        Over what time, for the title: 'over 10 years'.
    note
        What the numbers rest on, for the foot: 'One run: replicate 0, seed 1.'

    Raises
    ------
    ValueError
        If the parts do not add up.
    """
    total = math.fsum(totals.values())
    if not abs(start + total - end) <= 1e-6:
        raise ValueError(
            f"totals: add up to {total:g}, but from start to end it is {end - start:g}"
        )
    bars = _bars(totals, start)
    title = _title(totals, start, end, whose, when)
    page = start_page(
        title, f"Trust runs from 0 to 1; sums on the way may lie outside. {note}".rstrip()
    )
    _draw(page, bars, start, end)
    table: Table = {
        "part": ["start", *totals, "end"],
        "change": [start, *totals.values(), end],
    }
    return Picture(page.figure, title, table)


def _bars(totals: Mapping[str, float], start: float) -> list[Bar]:
    """Gains from the largest, then losses from the smallest, with small ones as one."""
    ranked = sorted(totals, key=lambda name: -abs(totals[name]))
    large = [name for name in ranked if abs(totals[name]) >= SMALL]
    kept = large if len(large) <= MAX_BARS else large[: MAX_BARS - 1]
    changes = {name: totals[name] for name in sorted(kept, key=lambda name: -totals[name])}
    rest = [totals[name] for name in large if name not in changes]
    tiny = math.fsum(totals[name] for name in ranked if name not in large)
    if rest or abs(tiny) >= SMALL:
        changes[f"{len(rest)} smaller ones" if rest else "the rest"] = math.fsum(rest) + tiny
    bars, level = [], start
    for name, change in changes.items():
        bars.append(Bar(name, change, level))
        level += change
    return bars


def _title(totals: Mapping[str, float], start: float, end: float, whose: str, when: str) -> str:
    """Say what became of trust, and what did most for and against it."""
    subject = whose[:1].upper() + whose[1:]
    span = f"from {number(start)} to {number(end)}" + (f" {when}" if when else "")
    change = end - start
    way = "rose" if change > 0 else "fell"
    if abs(change) < SMALL:
        way, span = "did not change", f"from {number(start)}" + (f" {when}" if when else "")
    parts = [f"{subject} {way} {span}"]
    most = max(totals, key=totals.__getitem__, default="")
    least = min(totals, key=totals.__getitem__, default="")
    reasons = []
    if most and totals[most] >= SMALL:
        reasons.append(f"{most} added most")
    if least and totals[least] <= -SMALL:
        reasons.append(f"{least} took most")
    return ": ".join([*parts, ", ".join(reasons)]) if reasons else parts[0]


def _draw(page: Page, bars: Sequence[Bar], start: float, end: float) -> None:
    """Draw start, steps and end from top to bottom."""
    bottom, top = page.bottom + 78, page.top
    levels = [0.0, start, end, *(bar.before for bar in bars)]
    low, high = min(levels), max(levels)
    gap = (high - low) or 1.0
    left, width = MARGIN + NAMES, WIDTH - 2 * MARGIN - NAMES
    axes = page.panel(left, bottom, width, top - bottom)
    side = 110 / width * gap  # room for a number beyond the outermost bar
    axes.set_xlim(low - (side if low < 0 else 0), high + side)
    axes.set_ylim(bottom, top)
    axes.set_yticks([])
    axes.set_xticks(*value_ticks(*axes.get_xlim(), 6))
    axes.set_xlabel("Trust (0 to 1)", size=TYPE, family=FAMILY, color=INK)
    pitch = (top - bottom) / (len(bars) + 2)
    rows = [top - pitch * (index + 0.5) for index in range(len(bars) + 2)]
    thick = min(0.66 * pitch, 40)
    steps = [Bar("at the start", start, 0.0), *bars, Bar("at the end", end, 0.0)]
    for index, (row, bar) in enumerate(zip(rows, steps, strict=True)):
        is_level = index in (0, len(steps) - 1)
        colour = QUIET if is_level else BLUE if bar.change > 0 else ORANGE
        weight = "bold" if is_level else "normal"
        axes.barh(row, bar.change, thick, left=bar.before, color=colour,
                  hatch="" if is_level or bar.change > 0 else "///", edgecolor="white",
                  linewidth=0)  # fmt: skip
        after = bar.before + bar.change
        if index + 1 < len(steps):
            axes.plot((after, after), (row, rows[index + 1]), color=QUIET, linewidth=1, zorder=0)
        name = fit(bar.name, NAMES - 20, weight=weight)
        page.write(left - 14, row, name, ha="right", weight=weight)
        words = f"{bar.change:.2f}" if is_level else f"{bar.change:+.3f}".replace("-", "−")
        edge = max(bar.before, after) + 8 * gap / width
        write(axes, edge, row, words, weight=weight)
