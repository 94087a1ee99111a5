"""Paint pictures as figures of matplotlib, for files: PNG and SVG with a font of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Polygon, Rectangle

from partnersim.figures.marks import Box, Disc, Group, Line, Mark, Text

if TYPE_CHECKING:
    from partnersim.figures.picture import Picture

FAMILY = "DejaVu Sans"  # comes with matplotlib, so figures look the same everywhere
DPI = 100
POINT = 72 / DPI
"""Size of a pixel in points."""

ANCHORS = {"start": "left", "middle": "center", "end": "right"}
WEIGHTS = {False: "normal", True: "bold"}


def paint(picture: Picture) -> Figure:
    """Paint a figure of the picture's size, in pixels."""
    width, height = picture.size
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    sheet = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
    sheet.axis("off")
    # What is drawn later lies over what is drawn before, whatever it is.
    for level, (kind, marks) in enumerate(groupby(_flat(picture.marks), type)):
        if kind in (Disc, Box):
            patches = PatchCollection([_patch(mark) for mark in marks], match_original=True)
            patches.set_zorder(level)
            sheet.add_collection(patches, autolim=False)
        else:
            for mark in marks:
                _add(sheet, mark, level)
    return figure


def _flat(marks: Iterable[Mark]) -> Iterator[Mark]:
    """Yield the marks that are seen, without groups and without marks only to be pointed at."""
    for mark in marks:
        if isinstance(mark, Group):
            yield from _flat(mark.marks)
        elif not isinstance(mark, Line) or mark.colour != "transparent":
            yield mark


def _patch(mark: Mark) -> Circle | Rectangle:
    assert isinstance(mark, Disc | Box)
    look: dict[str, Any] = {"facecolor": mark.fill, "edgecolor": mark.edge or "none"}
    if isinstance(mark, Disc):
        return Circle((mark.x, mark.y), mark.radius, linewidth=mark.width * POINT, **look)
    return Rectangle((mark.x, mark.y), mark.width, mark.height, linewidth=1, **look)


def _add(sheet: Axes, mark: Mark, level: int) -> None:
    if isinstance(mark, Text):
        font: dict[str, Any] = {"family": FAMILY, "size": mark.size * POINT, "weight": WEIGHTS[mark.bold]}
        place: dict[str, Any] = {"ha": ANCHORS[mark.anchor], "va": "baseline", "zorder": level}
        # Words as they stand: a dollar sign is no formula.
        sheet.text(mark.x, mark.y, mark.text, color=mark.colour, parse_math=False, **font, **place)
        return
    assert isinstance(mark, Line)
    if mark.fill:
        fill: dict[str, Any] = {"facecolor": mark.fill, "edgecolor": "none", "alpha": mark.opacity}
        sheet.add_patch(Polygon(mark.points, zorder=level, **fill))
    if mark.width and len(mark.points):
        xs, ys = zip(*mark.points, strict=True)
        # Matplotlib counts dashes in widths of the line.
        dash = [float(length) / mark.width for length in mark.dash.split()]
        look: dict[str, Any] = {"color": mark.colour, "alpha": mark.opacity}
        look |= {"linewidth": mark.width * POINT, "linestyle": (0, dash) if dash else "solid"}
        sheet.add_line(Line2D(xs, ys, solid_capstyle="butt", zorder=level, **look))
