"""A page to draw on: size, type, palette, words that fit, and saving.

Every figure is one page of 1280 by 720 pixels whose title is its message. Places on it are given
in those pixels, counted from the lower left corner, so that what fits can be worked out before
anything is drawn. Type is at least 24 pixels high: legible from the back of a room.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.textpath import text_to_path
from matplotlib.ticker import MaxNLocator

WIDTH, HEIGHT, DPI = 1280, 720, 100
PNG_LEVEL = 2
MARGIN = 40
FAMILY = "DejaVu Sans"  # comes with matplotlib, so figures look the same everywhere
TYPE = 17.5
TITLE = 24.0
LINE = 29
"""Height of a line of text of size TYPE, in pixels."""

BLUE, GREEN, PURPLE, ORANGE = COLOURS = ("#12436D", "#28A197", "#801650", "#F46A25")
SEQUENTIAL = ("#092135", "#12436D", "#2073BC", "#6BACE6", "#ADD1F1")
GREY, QUIET, INK = "#BFBFBF", "#505A5F", "#0B0C0C"
DASHES = ("solid", (0, (5, 1.6)), (0, (6, 1.5, 1.2, 1.5)), (0, (1.2, 1.3)))
MARKERS = ("o", "s", "^", "D")
MAX_SERIES = len(COLOURS)

YEAR_STEPS = (0.25, 0.5, 1, 2, 5, 10, 20)

Table = Mapping[str, Sequence[str] | Sequence[float] | np.ndarray]
"""Columns of equal length, by name."""


@dataclass(frozen=True)
class Picture:
    """A figure, the message it carries, and the numbers behind it.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        The drawing, 1280 by 720 pixels.
    title : str
        Its message, in plain words.
    table : Mapping[str, Sequence]
        Columns of equal length, by name: the numbers that are drawn.
    """

    figure: Figure
    title: str
    table: Table


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
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    png, svg, table = (folder / f"{name}.{ending}" for ending in ("png", "svg", "csv"))
    # Quick to write: these pictures are mostly white, and small at any level.
    picture.figure.savefig(
        png,
        dpi=1.5 * DPI,
        metadata={"Title": picture.title},
        pil_kwargs={"compress_level": PNG_LEVEL},
    )
    with matplotlib.rc_context({"svg.hashsalt": "partnersim", "svg.fonttype": "path"}):
        picture.figure.savefig(svg, metadata={"Date": None, "Title": picture.title})
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(picture.table)
        writer.writerows([map(_cell, row) for row in zip(*picture.table.values(), strict=True)])
    return [png, svg, table]


def _cell(value: Any) -> Any:
    """Write a value as in a CSV file: empty where there is none."""
    if isinstance(value, float | np.floating):
        return "" if math.isnan(value) else repr(float(value))
    return value


@dataclass(frozen=True)
class Page:
    """A figure with its title and note written, and the room left between them.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
    sheet : matplotlib.axes.Axes
        Covers the page; its coordinates are pixels.
    top, bottom : float
        Pixels between which there is room.
    """

    figure: Figure
    sheet: Axes
    top: float
    bottom: float

    def write(self, x: float, y: float, text: str, **style: Any) -> None:
        """Write words at a place of the page; middle of their height at `y` unless told."""
        write(self.sheet, x, y, text, **style)

    def panel(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """Axes in a box of the page, with quiet frame and legible type."""
        axes = self.figure.add_axes(
            (left / WIDTH, bottom / HEIGHT, width / WIDTH, height / HEIGHT), facecolor="none"
        )
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=TYPE, labelfontfamily=FAMILY, labelcolor=INK, color=QUIET)
        return axes

    def line(self, xs: Sequence[float], ys: Sequence[float], **style: Any) -> None:
        """Draw a line on the page itself."""
        self.sheet.add_line(Line2D(xs, ys, **style))


def start_page(title: str, note: str = "") -> Page:
    """Begin a page with its message on top and a quiet note at its foot."""
    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    sheet = figure.add_axes((0, 0, 1, 1))
    sheet.set(xlim=(0, WIDTH), ylim=(0, HEIGHT))
    sheet.axis("off")
    sheet.set_zorder(1)  # words lie over what panels draw
    lines = fit(title, WIDTH - 2 * MARGIN, lines=4, size=TITLE, weight="bold")
    top = HEIGHT - 22
    write(sheet, MARGIN, top, lines, size=TITLE, weight="bold", va="top", linespacing=1.15)
    bottom = 16.0
    if note:
        write(sheet, MARGIN, 26, fit(note, WIDTH - 2 * MARGIN), color=QUIET)
        bottom = 48.0
    return Page(figure, sheet, top - 40 * (lines.count("\n") + 1) - 10, bottom)


def write(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    """Write words as they stand (a dollar sign is no formula) in the house type."""
    style = {"size": TYPE, "color": INK, "va": "center", **style}
    axes.text(x, y, text, family=FAMILY, parse_math=False, **style)


@cache
def text_width(text: str, size: float = TYPE, weight: str = "normal") -> float:
    """Width of one line of text, in pixels of the page."""
    font = FontProperties(family=FAMILY, size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) * DPI / 72


def fit(
    text: str, width: float, *, lines: int = 1, size: float = TYPE, weight: str = "normal"
) -> str:
    """Break a text into lines of at most `width` pixels; what is too much ends in '…'."""
    words: list[str] = []
    for word in re.sub(r"(?<=\d) (?=%|of \d)", "\N{NO-BREAK SPACE}", text).split(" "):
        # A word is broken at its hyphens only where it does not fit in a line of its own.
        is_wide = text_width(word, size, weight) > width
        words += re.split(r"(?<=-)", f"{word} ") if is_wide else [f"{word} "]
    rows = [""]
    for index, word in enumerate(words):
        if not rows[-1] or text_width((rows[-1] + word).rstrip(), size, weight) <= width:
            rows[-1] += word
        elif len(rows) < lines:
            rows.append(word)
        else:
            rows[-1] += "".join(words[index:])
            break
    return "\n".join(shorten(row.rstrip(), width, size, weight) for row in rows)


def shorten(text: str, width: float, size: float = TYPE, weight: str = "normal") -> str:
    """Cut a text to at most `width` pixels, with '…' where something is left out."""
    if text_width(text, size, weight) <= width:
        return text
    while text and text_width(text.rstrip() + "…", size, weight) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def spread(
    wanted: Sequence[float], heights: Sequence[float], low: float, high: float
) -> list[float]:
    """Middles for labels near where they are wanted, none over another, all within the room.

    Parameters
    ----------
    wanted, heights
        Where each label's middle should be, and how high it is, in pixels.
    low, high
        The room.
    """
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


def year_axis(axes: Axes, months: int, *, name: str = "Years from the start") -> None:
    """Label a horizontal axis whose numbers are months in years."""
    years = months / 12
    step = next((step for step in YEAR_STEPS if years / step <= 10), YEAR_STEPS[-1])
    ticks = np.arange(0, years + 1e-9, step)
    axes.set_xlim(0, max(months, 1))
    axes.set_xticks(12 * ticks, [f"{tick:g}" for tick in ticks])
    if name:
        axes.set_xlabel(name, size=TYPE, family=FAMILY, color=INK)


def value_ticks(low: float, high: float, at_most: int = 4) -> tuple[list[float], list[str]]:
    """Round numbers within a range, and their labels."""
    ticks = [
        float(tick)
        for tick in MaxNLocator(nbins=at_most, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        if low - 1e-12 <= tick <= high + 1e-12
    ]
    return ticks, [f"{tick:,.10g}".replace("-", "−") for tick in ticks]


MOST_DECIMALS = 9


def number(value: float, digits: int = 2, most_decimals: int = MOST_DECIMALS) -> str:
    """Write a number to some significant digits; whole parts are never cut.

    No more decimals than what matters may have: 0.0014 of something of which 3 is little is 0.0.
    """
    if math.isnan(value):
        return "none"
    magnitude = math.floor(math.log10(abs(value))) if value else 0
    n_decimals = min(max(digits - 1 - magnitude, 0), most_decimals) if value else 0
    text = f"{value:,.{n_decimals}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.lstrip("-")


def decimals(smallest: float) -> int:
    """How many to write: down to a tenth of the smallest effect that matters, if there is one."""
    return max(1 - math.floor(math.log10(smallest)), 0) if smallest else MOST_DECIMALS


def signed(value: float, digits: int = 2, most_decimals: int = MOST_DECIMALS) -> str:
    """Write a number with its sign, if what is written is not zero."""
    text = number(value, digits, most_decimals)
    return f"+{text}" if value > 0 and text.strip("0.") else text


def plural(count: int, noun: str) -> str:
    """Write a count with its noun: '1 run', '1,200 runs'."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def period(months: float) -> str:
    """Write a length of time: whole years in years, else months."""
    if months >= 12 and months % 12 == 0:
        return plural(int(months) // 12, "year")
    return plural(round(months), "month")
