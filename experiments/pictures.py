"""Figures small enough to be kept with the results, drawn with matplotlib on a page of the house.

Message, note, palette and words that fit are those of `partnersim.figures`. Between message and
note an experiment draws with axes of its own; places are pixels from the lower left corner.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from partnersim.figures import layout, page, palette
from partnersim.figures.paint_matplotlib import FAMILY, POINT

TYPE = palette.TYPE * POINT
"""Size of type, in points."""


class Picture(NamedTuple):
    """A figure and its message; the numbers behind it are in the results."""

    figure: Figure
    title: str


class Page(NamedTuple):
    """A figure with its title and note written, and the room left between them."""

    figure: Figure
    sheet: Axes
    top: float
    bottom: float

    def write(self, x: float, y: float, text: str, **style: Any) -> None:
        """Write words at a place of the page; middle of their height at `y` unless told."""
        style = {"size": TYPE, "color": palette.INK, "va": "center", **style}
        self.sheet.text(x, y, text, family=FAMILY, parse_math=False, **style)

    def panel(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """Axes in a box of the page, with quiet frame and legible type."""
        box = (left / page.WIDTH, bottom / page.HEIGHT, width / page.WIDTH, height / page.HEIGHT)
        axes = self.figure.add_axes(box, facecolor="none")
        axes.spines[["top", "right"]].set_visible(False)
        ink = {"labelcolor": palette.INK, "color": palette.QUIET}
        axes.tick_params(labelsize=TYPE, labelfontfamily=FAMILY, **ink)
        return axes

    def line(self, xs: Sequence[float], ys: Sequence[float], **style: Any) -> None:
        """Draw a line on the page itself."""
        self.sheet.add_line(Line2D(xs, ys, **style))


def start_page(title: str, note: str = "") -> Page:
    """Begin a page with its message on top and a quiet note at its foot."""
    begun = page.Page(title, note)
    figure = begun.picture({}).figure
    sheet = figure.add_axes((0, 0, 1, 1), xlim=(0, page.WIDTH), ylim=(0, page.HEIGHT))
    sheet.axis("off")
    sheet.set_zorder(1)  # words lie over what panels draw
    return Page(figure, sheet, page.HEIGHT - begun.top, page.HEIGHT - begun.bottom)


def fit(text: str, width: float, *, lines: int = 1, size: float = TYPE, weight: str = "normal") -> str:
    """Break a text into lines of at most `width` pixels; what is too much ends in '…'."""
    return "\n".join(layout.wrap(text, width, lines, size / POINT, bold=weight == "bold"))


def save_picture(picture: Picture, file: Path) -> None:
    """Write a picture as PNG, as small as it goes; its numbers are in the results."""
    picture.figure.savefig(
        file, metadata={"Title": picture.title}, pil_kwargs={"compress_level": 9, "optimize": True}
    )
