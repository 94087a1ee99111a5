"""Place words and numbers on a picture: measure text without a font, spread labels, choose ticks.

Nothing is drawn here and no renderer is asked, so what fits is known before anything is painted.
Lengths are pixels; heights may be counted up or down.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from partnersim.figures.palette import TYPE

WIDTHS = tuple(
    int(width)
    for width in re.findall(
        r"\d+",
        "318 401 460 838 636 950 780 275 390 390 500 838 318 361 318 337 636 636 636 636 636 636 "
        "636 636 636 636 337 337 838 838 838 531 1000 684 686 698 770 632 575 775 752 295 295 656 "
        "557 863 748 787 603 787 695 635 611 732 684 989 685 611 685 390 337 390 838 500 500 613 "
        "635 550 635 615 352 635 634 278 278 579 278 974 634 612 635 635 411 521 392 634 592 818 "
        "592 592 525 636 337 636 838",
    )
)
"""Widths of the letters from space to tilde in DejaVu Sans, in thousandths of the size of type."""

OTHER_WIDTHS = {"\N{NO-BREAK SPACE}": 318, "–": 500, "‘": 318, "’": 318, "“": 518, "”": 518}
OTHER_WIDTH = 1000
"""The width assumed for any other letter, on the safe side; an accent changes no width."""

BOLD = 1.14
"""Bold type is wider by this factor."""

YEAR_STEPS = (0.25, 0.5, 1, 2, 5, 10, 20)


# --- text -----------------------------------------------------------------------------------------


@cache
def _letter_width(letter: str) -> int:
    code = ord(unicodedata.normalize("NFD", letter)[0])
    return WIDTHS[code - 32] if 32 <= code < 127 else OTHER_WIDTHS.get(letter, OTHER_WIDTH)


def text_width(text: str, size: float = TYPE, *, bold: bool = False) -> float:
    """Return the width of one line of text, in DejaVu Sans; other fonts of pages are narrower."""
    return sum(map(_letter_width, text)) * size / 1000 * (BOLD if bold else 1.0)


def shorten(text: str, width: float, size: float = TYPE, *, bold: bool = False) -> str:
    """Cut a text to at most `width` pixels, with '…' where something is left out."""
    if text_width(text, size, bold=bold) <= width:
        return text
    while text and text_width(f"{text.rstrip()}…", size, bold=bold) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def wrap(text: str, width: float, lines: int = 1, size: float = TYPE, *, bold: bool = False) -> list[str]:
    """Break a text into lines of at most `width` pixels; what is too much ends in '…'."""
    words: list[str] = []
    for word in re.sub(r"(?<=\d) (?=%|of \d)", "\N{NO-BREAK SPACE}", text).split(" "):
        # A word is broken at its hyphens only where it does not fit in a line of its own.
        is_wide = text_width(word, size, bold=bold) > width
        words += re.split(r"(?<=-)", f"{word} ") if is_wide else [f"{word} "]
    rows = [""]
    for index, word in enumerate(words):
        if not rows[-1] or text_width((rows[-1] + word).rstrip(), size, bold=bold) <= width:
            rows[-1] += word
        elif len(rows) < lines:
            rows.append(word)
        else:
            rows[-1] += "".join(words[index:])
            break
    return [shorten(row.rstrip(), width, size, bold=bold) for row in rows]


def spread(wanted: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Find middles for labels near where they are wanted, none over another, all between `low` and `high`."""
    placed = list(wanted)
    order = sorted(range(len(placed)), key=lambda index: wanted[index])
    edge = low
    for index in order:
        placed[index] = max(placed[index], edge + heights[index] / 2)
        edge = placed[index] + heights[index] / 2
    edge = high
    for index in reversed(order):
        placed[index] = min(placed[index], edge - heights[index] / 2)
        edge = placed[index] - heights[index] / 2
    return placed


# --- numbers on axes ------------------------------------------------------------------------------


def value_ticks(low: float, high: float, at_most: int = 4) -> tuple[list[float], list[str]]:
    """Choose round numbers within a range, two at least and few enough steps apart, and their labels."""
    rough = 0.999 * (high - low) / at_most
    power = 10.0 ** math.floor(math.log10(rough))
    ticks: list[float] = []
    for step in (factor * power for factor in (10, 5, 2.5, 2, 1, 0.5, 0.25)):
        if step < rough and len(ticks) > 1:
            break
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        ticks = [step * count for count in range(first, last + 1)]
    return ticks, [f"{tick:,.10g}".replace("-", "−") for tick in ticks]


def year_ticks(months: int) -> tuple[list[float], list[str]]:
    """Choose the months at which to write years, at most ten or so of them, and the years."""
    years = months / 12
    step = next((step for step in YEAR_STEPS if years / step <= 10), YEAR_STEPS[-1])
    ticks = [step * count for count in range(int(years / step + 1e-9) + 1)]
    return [12 * tick for tick in ticks], [f"{tick:g}" for tick in ticks]


def round_up(value: float) -> float:
    """Return a round number that is not below `value`: the upper end of an axis that begins at 0."""
    if not value > 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(value))
    return unit * next(factor for factor in (1, 2, 4, 5, 6, 8, 10) if value <= factor * unit * (1 + 1e-9))


def padded(low: float, high: float, share: float) -> tuple[float, float]:
    """Return a range a little wider than its values, and of some width where they are all alike."""
    margin = share * (high - low) or 0.1 * abs(high) or 0.1
    return low - margin, high + margin
