"""Answers: what analyses have written into folders, read again for a report.

Whoever made a folder may have edited it: what is read is shown as text, and no name in it leads out.
"""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from partnersim.report.markdown import to_html
from partnersim.report.sheets import Figure, Sheet, carry, sheet_of
from partnersim.runs.wording import capital, plural
from partnersim.scenario.errors import InputError
from partnersim.scenario.file_paths import full_path
from partnersim.scenario.files import open_file, parse_json

LINES_OPEN = 30
"""Lines of what a command says that are not folded away."""

FRACTION = re.compile(r"-?\d+(\.\d+(e[-+]?\d+)?|e[-+]?\d+)")
"""A number of a CSV file that is no whole one."""

MOST_BYTES = 20_000_000
"""Larger files are no part of an answer that a page could carry."""


class AnswerError(InputError):
    """A folder that is not the answer it should be, in words for the person who named it."""


@dataclass(frozen=True)
class Answer:
    """An answer as a report shows it, named by its folder; its title is the message of its first figure.

    `standing` is what is to be known before it is believed, such as that it is of fewer runs, or empty.
    `said` is what its command printed, and `is_long` whether that is more than stands on a page. An answer
    that is not of the sweep has runs of its own. The codebook has the rows of `codebook.csv`.
    """

    name: str
    title: str
    command: str
    standing: str
    is_of_sweep: bool
    said: Markup
    is_long: bool
    figures: list[Figure]
    tables: list[Sheet]
    codebook: list[list[str]]


def read_answer(folder: Path, sweep_id: str, n_done: int) -> Answer:
    """Read what an analysis has written with ``--out``, for the report of a sweep with so many runs by now.

    Raises
    ------
    AnswerError
        If there is none, it is damaged, or it is of another sweep.
    """
    path = full_path(folder)
    file = path / "provenance.json"
    if not path.is_dir() or not file.is_file():
        there = "has no provenance.json" if path.is_dir() else "is no folder"
        raise AnswerError(
            f"{folder}: is no answer ({there}); name a folder that analyse, map, discover, calibrate or "
            "another command has written with --out"
        )
    made = parse_json(_read(file), str(file), "provenance")
    pictures, tables = (made.get(key) if isinstance(made, dict) else None for key in ("pictures", "tables"))
    if not isinstance(pictures, dict) or not isinstance(tables, list):
        raise AnswerError(
            f"{file}: names no pictures and tables, so that an earlier version wrote it, or another program; "
            "give the command again that made the answer"
        )
    if made.get("sweep", sweep_id) != sweep_id:
        raise AnswerError(
            f"{folder}: is an answer from another sweep ({made['sweep']}, and this one is {sweep_id}); "
            "give it in the report of that sweep, or its command again on this one"
        )
    said = _read(path / "answer.md").decode(errors="replace") if (path / "answer.md").is_file() else ""
    book = _rows(path / "codebook.csv") if (path / "codebook.csv").is_file() else []
    figures = [_figure(path, name, str(title)) for name, title in pictures.items()]
    return Answer(
        name=path.name,
        title=figures[0].title if figures else str(made.get("command") or path.name),
        command=str(made.get("command") or ""),
        standing=standing_of(made, n_done),
        is_of_sweep="sweep" in made,
        said=Markup(to_html(said, below=3)),
        is_long=said.count("\n") > LINES_OPEN,
        figures=figures,
        tables=[_table(path, name, f"Table {name}") for name in tables],
        # Its heading, and what somebody has damaged, have no ends.
        codebook=[row for row in book if len(row) == 7 and all(map(_is_end, row[5:]))],
    )


def standing_of(made: Mapping[str, Any], n_done: int) -> str:
    """Tell why an answer may not be that of the sweep as it is now; empty if it is."""
    from partnersim.model.version import MODEL_VERSION

    if made.get("model") != MODEL_VERSION:
        return f"made with model {made.get('model')}, and the present one is {MODEL_VERSION}"
    then = made.get("n_done")
    if isinstance(then, int) and then != n_done:
        return f"made of {plural(then, 'run')}, and now there are {n_done:,}; give its command again"
    return ""


def _read(file: Path) -> bytes:
    with open_file(file, str(file), "file of an answer") as opened:
        content = opened.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise AnswerError(f"{file}: is too large for a report; at most {MOST_BYTES / 1e6:g} MB are read")
    return content


def _place(folder: Path, name: Any, ending: str) -> Path:
    """Give the place of a file of an answer, which is in its folder and nowhere else."""
    file = f"{name}.{ending}"
    if file != os.path.basename(file) or not file.isprintable() or not (folder / file).is_file():
        raise AnswerError(f"{folder}: is not whole: {file!r} is missing; give its command again")
    return folder / file


def _figure(folder: Path, name: str, title: str) -> Figure:
    """Read a figure: as SVG or PNG, whichever is smaller, and the numbers behind it."""
    files = [_place(folder, name, ending) for ending in ("svg", "png")]
    smaller = min(files, key=lambda file: file.stat().st_size)
    address = carry(smaller.name, _read(smaller)).address
    image = Markup('<img src="{}" alt="{}" width="1280" height="720">').format(address, title)
    return Figure(title, image, _table(folder, name, "The numbers behind the figure"))


def _table(folder: Path, name: str, caption: str) -> Sheet:
    file = _place(folder, name, "csv")
    heading, *rows = _rows(file) or [[]]
    width = len(heading)
    values = [
        [float(cell) if FRACTION.fullmatch(cell) else cell for cell in (*row, *[""] * width)[:width]]
        for row in rows
    ]
    return sheet_of(capital(caption), heading, values, file.name, _read(file))


def _rows(file: Path) -> list[list[str]]:
    """Read the rows of a CSV file."""
    try:
        return list(csv.reader(io.StringIO(_read(file).decode(errors="replace"))))
    except csv.Error as error:
        raise AnswerError(f"{file}: is no table ({error}); give the command again that made it") from None


def _is_end(text: str) -> bool:
    """Return whether a text is the end of a range: a number, or nothing."""
    try:
        return not text or math.isfinite(float(text))
    except ValueError:
        return False
