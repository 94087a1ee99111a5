"""The sheets of a report: tables for people, and pictures and files that are carried in the page itself."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from partnersim.figures.page import csv_text
from partnersim.runs.wording import number

if TYPE_CHECKING:
    from partnersim.figures import Picture

MOST_OPEN = 12
"""Rows of a table that is not folded away."""

MOST_SHOWN = 200
"""Rows that are shown; all are in the file that goes with them."""

MOST_CARRIED = 300_000
"""Bytes of a table that a page carries as a file."""

TYPES = {"csv": "text/csv", "png": "image/png", "svg": "image/svg+xml", "toml": "application/toml"}


@dataclass(frozen=True)
class File:
    """A small file that a page carries: its name, and the address that holds all of it."""

    name: str
    address: str


@dataclass(frozen=True)
class Sheet:
    """A table as a page shows it; the first cell of a row names it.

    Of `n_rows` some are shown. The file has all in full precision, where it is small enough; `numbers` are
    the columns of numbers, which stand at the right.
    """

    caption: str
    heading: Sequence[str]
    rows: Sequence[Sequence[str]]
    n_rows: int
    file: File | None = None
    numbers: Collection[int] = ()

    @property
    def is_long(self) -> bool:
        """Return whether it is folded away."""
        return self.n_rows > MOST_OPEN


@dataclass(frozen=True)
class Figure:
    """A picture in a page: its message, itself, and the table behind it."""

    title: str
    image: Markup
    table: Sheet | None = None


def carry(name: str, content: bytes) -> File:
    """Put a file into an address."""
    kind = TYPES[name.rpartition(".")[2]]
    return File(name, f"data:{kind};base64,{b64encode(content).decode()}")


def figure_of(picture: Picture, name: str) -> Figure:
    """Put a picture into the page as SVG, and the numbers behind it beside it."""
    rows = list(zip(*picture.table.values(), strict=True))
    table = sheet_of("The numbers behind the figure", list(picture.table), rows, f"{name}.csv")
    return Figure(picture.title, Markup(picture.svg), table)


def sheet_of(
    caption: str, heading: Sequence[str], rows: Iterable[Sequence[Any]], file: str = "", content: bytes = b""
) -> Sheet:
    """Show rows of values: fractions to four digits, and all of them in a file if it is small.

    `content` is that file, where there is one already.
    """
    kept = list(rows)
    shown = [[as_shown(cell) for cell in row] for row in kept[:MOST_SHOWN]]
    if file and not content:
        content = csv_text([heading, *kept]).encode()
    carried = carry(file, content) if file and len(content) <= MOST_CARRIED else None
    columns = [[row[k] for row in shown] for k in range(len(heading))]
    # Of numbers some may be missing, but not all.
    numbers = [k for k, cells in enumerate(columns) if k and any(cells) and all(map(_is_number, cells))]
    return Sheet(caption, heading, shown, len(kept), carried, numbers)


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "").replace("−", "-") or "nan")
    except ValueError:
        return False
    return True


def as_shown(cell: Any) -> str:
    """Write a value for people: a fraction to four digits, everything else as it is."""
    if isinstance(cell, float):
        return number(cell, 4) if math.isfinite(cell) else ""
    return str(cell)
