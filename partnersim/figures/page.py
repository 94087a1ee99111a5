"""A page for a report: a message on top, a quiet note at its foot, a picture between, and files.

Every page is 1280 by 720 pixels. Its title is its message.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from partnersim.figures.layout import wrap
from partnersim.figures.marks import Mark, Table, Text, say, written
from partnersim.figures.palette import LINE, QUIET, TITLE
from partnersim.figures.picture import Picture
from partnersim.runs.wording import csv_cell
from partnersim.scenario.file_paths import full_path

WIDTH, HEIGHT = 1280, 720
MARGIN = 40
PNG_LEVEL = 2


class Page:
    """A page with its title and note written, and the room left between them.

    What `more` says stands above the note, on three rows at most.

    Attributes
    ----------
    marks : list
        What is drawn; more can be added.
    top, bottom : float
        Pixels between which there is room.
    """

    def __init__(self, title: str, note: str = "", more: str = "") -> None:
        self.title = title
        lines = wrap(title, WIDTH - 2 * MARGIN, 4, TITLE, bold=True)
        self.marks: list[Mark] = [
            Text(MARGIN, 50 + 40 * index, line, size=TITLE, bold=True) for index, line in enumerate(lines)
        ]
        self.top, self.bottom = 32.0 + 40 * len(lines), HEIGHT - 16.0
        if note:
            self.marks += say(MARGIN, 694, note, WIDTH - 2 * MARGIN, colour=QUIET)
            self.bottom = HEIGHT - 48.0
        rows = wrap(more, WIDTH - 2 * MARGIN, 3) if more else []
        self.marks += written(MARGIN, self.bottom - LINE * (len(rows) - 1) / 2 - 6, rows, colour=QUIET)
        self.bottom -= LINE * len(rows)

    def picture(self, table: Table) -> Picture:
        """Make the page a picture, with the numbers behind it."""
        return Picture(self.marks, self.title, table, (WIDTH, HEIGHT))


def save(picture: Picture, folder: str | Path, name: str) -> list[Path]:
    """Write a picture as PNG and SVG and its numbers as CSV; the same picture, the same bytes.

    Parameters
    ----------
    picture
        What one of the figure functions returned.
    folder
        Where to write; made if it is not there.
    name
        File name without its ending.

    Returns
    -------
    list[Path]
        The three files written.
    """
    folder = full_path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    files = files_of(picture, name)
    for file, content in files.items():
        (folder / file).write_bytes(content)
    return [folder / file for file in files]


def files_of(picture: Picture, name: str) -> dict[str, bytes]:
    """Return the files of a picture: PNG, SVG, and its numbers as CSV."""
    import matplotlib

    png, svg, about = io.BytesIO(), io.BytesIO(), {"Title": picture.title}
    # Quick to write: these pictures are mostly white, and small at any level.
    quick = {"compress_level": PNG_LEVEL}
    picture.figure.savefig(png, format="png", dpi=150, metadata=about, pil_kwargs=quick)
    with matplotlib.rc_context({"svg.hashsalt": "partnersim", "svg.fonttype": "path"}):
        picture.figure.savefig(svg, format="svg", metadata={"Date": None, **about})
    table = csv_text([picture.table, *zip(*picture.table.values(), strict=True)])
    return {f"{name}.png": png.getvalue(), f"{name}.svg": svg.getvalue(), f"{name}.csv": table.encode()}


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    """Write rows as CSV: full precision, empty where there is no number."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(map(csv_cell, row) for row in rows)
    return text.getvalue()
