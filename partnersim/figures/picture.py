"""A picture: described once, as marks, and painted for a file or for a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from partnersim.figures.marks import Mark, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Picture:
    """A picture: its marks, the first lowest, the message it carries and the numbers behind it.

    Attributes
    ----------
    title : str
        Its message or subject, in plain words.
    table : Mapping[str, Sequence]
        Columns of equal length, by name: the numbers that are drawn.
    size : tuple[float, float]
        Width and height, in pixels.
    description : str
        How to read it, for those who cannot see it.
    is_interactive : bool
        Whether parts of it can be clicked or dragged on a page.
    """

    marks: Sequence[Mark]
    title: str
    table: Table
    size: tuple[float, float]
    description: str = ""
    is_interactive: bool = False

    @cached_property
    def figure(self) -> Figure:
        """Return the picture as a figure of matplotlib, which is loaded for it."""
        from partnersim.figures.paint_matplotlib import paint

        return paint(self)

    @cached_property
    def svg(self) -> str:
        """Return the picture as SVG, to stand in a page."""
        from partnersim.figures.paint_svg import paint

        return paint(self)
