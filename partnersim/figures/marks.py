"""The parts of a picture: marks at places, its message and the numbers behind it, as plain data.

Every picture is described once, without a renderer, and painted by `paint_svg` (pages) or
`paint_matplotlib` (files). Places are pixels counted from the upper left corner.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from partnersim.figures.layout import wrap
from partnersim.figures.palette import INK, LINE, QUIET, TYPE

Point = tuple[float, float]
Points = Sequence[Point] | Sequence[list[float]]

Attributes = Mapping[str, object]
"""Attributes of a mark on a page: `id`, `class`, `data-…`, `aria-…`. Paper knows nothing of them."""

Table = Mapping[str, Sequence[Any] | np.ndarray]
"""Columns of equal length, by name."""


class Line(NamedTuple):
    """A line through points, or the area that they enclose where there is a fill."""

    points: Points
    colour: str = INK
    width: float = 2.0
    dash: str = ""
    opacity: float = 1.0
    fill: str = ""
    attributes: Attributes | None = None


class Box(NamedTuple):
    """A rectangle, by its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    edge: str = ""
    attributes: Attributes | None = None


class Disc(NamedTuple):
    """A circle."""

    x: float
    y: float
    radius: float
    fill: str
    edge: str = ""
    width: float = 2.0
    dash: str = ""
    attributes: Attributes | None = None


class Text(NamedTuple):
    """One line of words; `y` is where its letters stand, `anchor` which end is at `x`."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    colour: str = INK
    size: float = TYPE
    bold: bool = False
    attributes: Attributes | None = None


class Group(NamedTuple):
    """Marks that belong together on a page: what they are called, and what a page knows of them."""

    marks: Sequence[Mark]
    attributes: Attributes
    tag: str = "g"
    title: str = ""


Mark = Line | Box | Disc | Text | Group


def rows_to_table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """Turn rows into columns."""
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in headings]
    return dict(zip(headings, columns, strict=True))


def written(x: float, middle: float, lines: Sequence[str], **style: Any) -> Iterator[Text]:
    """Write lines of text whose middle stands at a height."""
    size = style.get("size", TYPE)
    step = LINE * size / TYPE
    top = middle - step * (len(lines) - 1) / 2 + 0.37 * size
    for index, line in enumerate(lines):
        yield Text(x, top + index * step, line, **style)


def say(
    x: float, middle: float, text: str, width: float, rows: int = 1, em: float = 0.0, **style: Any
) -> Iterator[Text]:
    """Write the words that fit into a width and so many rows; `em` is the size they are measured in."""
    size = em or style.get("size", TYPE)
    return written(x, middle, wrap(text, width, rows, size, bold=style.get("bold", False)), **style)


@dataclass(frozen=True)
class Panel:
    """A part of a picture with axes: where numbers stand in it."""

    left: float
    top: float
    width: float
    height: float
    across: tuple[float, float] = (0.0, 1.0)
    up: tuple[float, float] = (0.0, 1.0)

    @property
    def right(self) -> float:
        """Return the right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Return the lower edge."""
        return self.top + self.height

    def x(self, value: Any) -> Any:
        """Return the place of a number across the panel, in pixels."""
        low, high = self.across
        return self.left + self.width * (value - low) / (high - low)

    def y(self, value: Any) -> Any:
        """Return the height of a number in the panel, in pixels."""
        low, high = self.up
        return self.bottom - self.height * (value - low) / (high - low)

    def line(self, xs: Any, ys: Any, colour: str, width: float, **style: Any) -> Line:
        """Draw a line through numbers; those that are not known are left out."""
        known = np.isfinite(ys)
        places = self.x(np.asarray(xs)[known]), self.y(np.asarray(ys)[known])
        return Line(np.column_stack(places).tolist(), colour, width, **style)

    def band(
        self, xs: np.ndarray, low: np.ndarray, high: np.ndarray, fill: str, opacity: float = 1.0
    ) -> Line:
        """Fill the area between two lines."""
        around = np.append(xs, xs[::-1]), np.append(high, low[::-1])
        return self.line(*around, "", 0.0, fill=fill, opacity=opacity)

    def upright(self, value: float, colour: str = QUIET, width: float = 1.5) -> Line:
        """Draw a line from the lower to the upper edge at a number."""
        return Line(((self.x(value), self.bottom), (self.x(value), self.top)), colour, width)

    def level(self, value: float, colour: str = QUIET, width: float = 1.5) -> Line:
        """Draw a line from the left to the right edge at a number."""
        return Line(((self.left, self.y(value)), (self.right, self.y(value))), colour, width)

    def numbers_below(
        self, ticks: Sequence[float], labels: Sequence[str], colour: str = INK
    ) -> Iterator[Mark]:
        """Draw the axis across: its line, and numbers below it."""
        yield Line(((self.left, self.bottom), (self.right, self.bottom)), QUIET, 1.5)
        for tick, label in zip(ticks, labels, strict=True):
            x = self.x(tick)
            yield Line(((x, self.bottom), (x, self.bottom + 5)), QUIET, 1.5)
            yield Text(x, self.bottom + 30, label, "middle", colour)

    def numbers_beside(self, ticks: Sequence[float], labels: Sequence[str], lines: str = "") -> list[Mark]:
        """Draw the axis upwards: numbers beside it, and lines of a colour across, if one is given."""
        found: list[Mark] = []
        for tick, label in zip(ticks, labels, strict=True):
            if lines:
                found.append(self.level(tick, lines))
            found += written(self.left - 8, self.y(tick), [label], anchor="end", colour=QUIET)
        return found


def on_ring(n: int, centre: Point, radii: Point) -> list[Point]:
    """Find places on an ellipse, clockwise from the top."""
    angles = [2 * math.pi * index / n for index in range(n)]
    return [
        (centre[0] + radii[0] * math.sin(angle), centre[1] - radii[1] * math.cos(angle)) for angle in angles
    ]
