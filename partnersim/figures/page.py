"""A page for a report: a message on top, a quiet note at its foot, a picture between, and files.

Every page is 1280 by 720 pixels. Its title is its message.
"""

from __future__ import annotations

import csv
from pathlib import Path

from partnersim.figures.layout import wrap
from partnersim.figures.marks import Mark, Table, Text, say, written
from partnersim.figures.palette import LINE, QUIET, TITLE
from partnersim.figures.picture import Picture
from partnersim.runs.wording import csv_cell
from partnersim.scenario.file_paths import full_path

WIDTH, HEIGHT = 1280, 720
MARGIN = 40
PNG_LEVEL = 2

ENDINGS = ("png", "svg", "csv")
"""Endings of the files of a picture: two of the picture, one of the numbers behind it."""


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
    import matplotlib

    folder = full_path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    png, svg, table = (folder / f"{name}.{ending}" for ending in ENDINGS)
    about = {"Title": picture.title}
    # Quick to write: these pictures are mostly white, and small at any level.
    picture.figure.savefig(png, dpi=150, metadata=about, pil_kwargs={"compress_level": PNG_LEVEL})
    with matplotlib.rc_context({"svg.hashsalt": "partnersim", "svg.fonttype": "path"}):
        picture.figure.savefig(svg, metadata={"Date": None, **about})
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(map(csv_cell, picture.table))
        writer.writerows([map(csv_cell, row) for row in zip(*picture.table.values(), strict=True)])
    return [png, svg, table]
