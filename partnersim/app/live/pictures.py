"""The pictures of the page before anything has run: axes and places, in which the scripts draw.

They are described with the parts that all pictures have. The scripts find what they change by its
class: lines of a chart, the numbers beside it, the circles of a count.
"""

from __future__ import annotations

from partnersim.app.words import Words
from partnersim.app.world import N_PAIRS
from partnersim.figures.chance import icons
from partnersim.figures.marks import Attributes, Box, Group, Line, Mark, Panel, Text
from partnersim.figures.over_time import axes
from partnersim.figures.palette import COLOURS, DARK, INK, ORANGE, QUIET
from partnersim.figures.picture import Picture

SIZES = {"change": (594, 236), "trust": (594, 236), "small": (380, 214)}
"""Sizes of the charts of lines: two beside each other on the stage, and one beside the levers."""

CEILING = 100.0


def line_picture(name: str, months: int, words: Words) -> Picture:
    """Draw the axes of a chart, with an empty line for each side; what is to come is behind a clip."""
    width, height = SIZES[name]
    panel = Panel(64, 12, width - 84, height - 52, (0.0, float(months)), (0.0, CEILING))
    ticks = [0.0, CEILING / 2, CEILING]
    marks = [_named(mark) for mark in axes(panel, months, ticks, [f"{tick:g}" for tick in ticks])]
    nothing = ((panel.left, panel.bottom), (panel.left, panel.bottom))
    lines: list[Mark] = [
        Line(nothing, colour, 6.0, attributes={"class": "live-line"}) for colour in COLOURS[:2]
    ]
    # Where numbers stand in the panel, for the scripts.
    frame = {f"data-{key}": f"{getattr(panel, key):g}" for key in ("left", "top", "width", "height")}
    about = {"class": "live-lines", **frame}
    if name != "small":
        unit = f"{panel.width / months:.4f}"
        clip: Attributes = {"id": f"live-now-{name}", "data-unit": unit}
        marks.append(Group([Box(panel.left - 4, 0, 4, height, "none")], clip, "clipPath"))
        about["clip-path"] = f"url(#live-now-{name})"
        cursor = {"class": "ps-cursor", "data-month": "0", "data-unit": unit, "data-left": f"{panel.left:g}"}
        marks.append(Group([panel.upright(0, INK, 2)._replace(dash="4 5")], cursor))
    marks.append(Group(lines, about))
    bet: list[Mark] = [Box(0, 0, 10, 10, ORANGE), Text(0, 0, "", colour=DARK[3], bold=True)]
    marks.append(Group(bet, {"class": "ps-bet", "visibility": "hidden"}))
    line = "change" if name == "small" else name
    title = words(f"page.line_title.{line}", n=N_PAIRS)
    return Picture(marks, title, {}, (width, height), words("draw.lines_desc"))


def _named(mark: Mark) -> Mark:
    """Mark the numbers beside an axis, which change with how high the lines go."""
    if isinstance(mark, Text) and mark.anchor == "end":
        return mark._replace(attributes={"class": "live-tick"})
    return mark


def count_picture(arm: int, words: Words) -> Picture:
    """Draw a circle for each of our hundred, on one side of the comparison, and room for their count."""
    marks: list[Mark] = [Group(list(icons(14, 4, 28, 0, COLOURS[arm], N_PAIRS)), {"class": "live-icons"})]
    marks.append(Text(430, 162, "", "middle", DARK[arm], 88, bold=True, attributes={"class": "live-count"}))
    marks.append(Text(430, 202, words("draw.out_of", total=N_PAIRS), "middle", QUIET))
    title = words("analyst.ensemble")
    return Picture(marks, title, {}, (594, 290), words("draw.icons_desc"))
