"""Draw why trust changed, as signed parts that add up, for reports and pages."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from partnersim.figures.layout import value_ticks
from partnersim.figures.marks import Box, Line, Mark, Panel, Text, say, written
from partnersim.figures.page import MARGIN, WIDTH, Page
from partnersim.figures.palette import BLUE, ORANGE, QUIET
from partnersim.figures.picture import Picture
from partnersim.runs.wording import capital, fixed, number

MAX_BARS = 11
"""Mechanisms drawn one by one; the smallest of more are drawn as one bar."""

SMALL = 0.0005
"""Changes smaller than this are not drawn by themselves."""

NAMES = 340
"""Room for the names of the mechanisms, in pixels."""


class Part(NamedTuple):
    """One bar: what it adds and from which level on, or a level itself."""

    name: str
    change: float
    before: float = 0.0
    is_level: bool = False


def bar(
    part: Part, said: str, panel: Panel, middle: float, thick: float, *, outside: bool = False
) -> Iterator[Mark]:
    """Draw one bar at a height: dark for a gain, light for a loss.

    What is said of it stands right of it; of a loss left of it, where that is `outside`.
    """
    left, right = sorted((panel.x(part.before), panel.x(part.before + part.change)))
    is_loss = part.change < 0
    colour = QUIET if part.is_level else ORANGE if is_loss else BLUE
    yield Box(left, middle - thick / 2, right - left, thick, colour)
    x, anchor = (left - 8, "end") if is_loss and outside else (right + 8, "start")
    yield from written(x, middle, [said], anchor=anchor, bold=part.is_level)


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
        raise ValueError(f"totals: add up to {total:g}, but from start to end it is {end - start:g}")
    about = f"Trust runs from 0 to 1; sums on the way may lie outside. {note}".rstrip()
    page = Page(_title(totals, start, end, whose, when), about)
    first, last = Part("at the start", start, is_level=True), Part("at the end", end, is_level=True)
    page.marks += _draw(page, [first, *_parts(totals, start), last])
    return page.picture({"part": ["start", *totals, "end"], "change": [start, *totals.values(), end]})


def _parts(totals: Mapping[str, float], start: float) -> list[Part]:
    """List gains from the largest, then losses from the smallest, with small ones as one."""
    ranked = sorted(totals, key=lambda name: -abs(totals[name]))
    large = [name for name in ranked if abs(totals[name]) >= SMALL]
    kept = large if len(large) <= MAX_BARS else large[: MAX_BARS - 1]
    changes = {name: totals[name] for name in sorted(kept, key=lambda name: -totals[name])}
    rest = [totals[name] for name in large if name not in changes]
    tiny = math.fsum(totals[name] for name in ranked if name not in large)
    if rest or abs(tiny) >= SMALL:
        changes[f"{len(rest)} smaller ones" if rest else "the rest"] = math.fsum(rest) + tiny
    parts, level = [], start
    for name, change in changes.items():
        parts.append(Part(name, change, level))
        level += change
    return parts


def _title(totals: Mapping[str, float], start: float, end: float, whose: str, when: str) -> str:
    """Write the title: what became of trust, and what did most for and against it."""
    change = end - start
    first, last = number(start), number(end)
    way = "rose" if change > 0 else "fell"
    span = f"was {first} at both ends" if first == last else f"{way} from {first} to {last}"
    if abs(change) < SMALL:
        span = f"did not change from {number(start)}"
    reasons = []
    if totals and max(totals.values()) >= SMALL:
        reasons.append(f"{max(totals, key=totals.__getitem__)} added most")
    if totals and min(totals.values()) <= -SMALL:
        reasons.append(f"{min(totals, key=totals.__getitem__)} took most")
    said = f"{capital(whose)} {span} {when}".rstrip()
    return ": ".join(filter(None, [said, ", ".join(reasons)]))


def _draw(page: Page, parts: Sequence[Part]) -> Iterator[Mark]:
    """Draw start, steps and end from top to bottom, each from where the last one ended."""
    ends = [0.0, *(end for part in parts for end in (part.before, part.before + part.change))]
    low, high = min(ends), max(ends)
    left, width = MARGIN + NAMES, WIDTH - 2 * MARGIN - NAMES
    side = 110 / width * ((high - low) or 1.0)  # room for a number beyond the outermost bar
    across = (low - (side if low < 0 else 0), high + side)
    panel = Panel(left, page.top, width, page.bottom - 78 - page.top, across)
    yield from panel.numbers_below(*value_ticks(*across, 6))
    yield Text(left + width / 2, panel.bottom + 62, "Trust (0 to 1)", "middle")
    pitch = panel.height / len(parts)
    for index, part in enumerate(parts):
        middle, after = panel.top + pitch * (index + 0.5), panel.x(part.before + part.change)
        said = fixed(part.change, 2) if part.is_level else fixed(part.change, 3, sign=True)
        if part is not parts[-1]:
            yield Line(((after, middle), (after, middle + pitch)), QUIET, 1.4)
        yield from bar(part, said, panel, middle, min(0.66 * pitch, 40))
        style: dict[str, Any] = {"anchor": "end", "bold": part.is_level}
        yield from say(left - 14, middle, part.name, NAMES - 20, **style)
