"""Numbers, counts and lists in words: the one way in which everything writes them.

Numbers have a true minus sign and commas between thousands; what is rounded is never called all
or nothing when it is neither.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

NOTHING = "–"
"""The dash that stands where there is no number."""

MOST_DECIMALS = 9

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Characters that a spreadsheet takes for the beginning of a formula."""


def fixed(value: float | None, places: int, *, sign: bool = False) -> str:
    """Write a number to so many decimals; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return NOTHING
    text = f"{value:+,.{places}f}" if sign else f"{value:,.{places}f}"
    if not text.strip("+-0.,"):  # no '-0.0'
        text = text.lstrip("+-")
    return text.replace("-", "−")


def number(value: float, digits: int = 2, most_decimals: int = MOST_DECIMALS) -> str:
    """Write a number to some significant digits; whole parts are never cut.

    No more decimals than what matters may have: 0.0014 of something of which 3 is little is 0.0.
    """
    if math.isnan(value):
        return "none"
    magnitude = math.floor(math.log10(abs(value))) if value else digits
    return fixed(value, min(max(digits - 1 - magnitude, 0), most_decimals))


def signed(value: float, digits: int = 2, most_decimals: int = MOST_DECIMALS) -> str:
    """Write a number with its sign, if what is written is not zero."""
    text = number(value, digits, most_decimals)
    return f"+{text}" if value > 0 and text.strip("0.") else text


def decimals(smallest: float) -> int:
    """Choose how many decimals to write: down to a tenth of the smallest effect that matters, if any."""
    return max(1 - math.floor(math.log10(smallest)), 0) if smallest else MOST_DECIMALS


def certain_decimals(error: float, size: float) -> int:
    """Count the decimals that show a number of some size to its first uncertain digit."""
    digits_before = math.floor(math.log10(abs(size))) if math.isfinite(size) and size else 0
    if math.isfinite(error) and error > 0:
        # Nobody reads a fifth digit, however certain it is.
        return min(max(-math.floor(math.log10(error)), 0), max(3 - digits_before, 0), 3)
    return min(max(2 - digits_before, 0), 3) if size else 0


def percent(share: float | None) -> str:
    """Write a share in per cent: '62 %', and '<1 %' for a little."""
    if share is None or not math.isfinite(share):
        return NOTHING
    if 0 < share < 0.01:
        return "<1 %"
    if 0.99 < share < 1:
        return ">99 %"
    return f"{100 * share:.0f} %"


def of_hundred(share: float, digits: int = 2) -> str:
    """Write a share in whole partnerships: '62 of 100'."""
    if math.isnan(share):
        return "undefined"
    if 0 < share < 0.01:
        return "fewer than 1 of 100"
    if 0.99 < share < 1:
        return "more than 99 of 100"
    return f"{100 * share:.{max(digits - 2, 0)}f} of 100"


def plural(count: int, noun: str) -> str:
    """Write a count with its noun: '1 run', '1,200 runs', '3 trajectories'."""
    return f"{count:,} {noun if count == 1 else many(noun)}"


def many(noun: str) -> str:
    """Write the plural of a noun."""
    return f"{noun[:-1]}ies" if noun.endswith("ory") else f"{noun}s"


def period(months: float) -> str:
    """Write a length of time: whole years in years, else months."""
    if months >= 12 and months % 12 == 0:
        return plural(int(months) // 12, "year")
    return plural(round(months), "month")


def join(words: Sequence[str]) -> str:
    """Write a list: 'a', 'a and b', 'a, b and c'."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def capital(text: str) -> str:
    """Begin a sentence."""
    return text[:1].upper() + text[1:]


def lowered(text: str) -> str:
    """Put what begins a sentence inside one."""
    return text[:1].lower() + text[1:]


def csv_cell(value: Any) -> Any:
    """Write a value as a CSV file has it: in full precision, empty where there is no number.

    Text that a spreadsheet would run gets an apostrophe in front.
    """
    if isinstance(value, float | np.floating):
        return repr(float(value)) if math.isfinite(value) else ""
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value
