"""Draw what the shared screen shows beside words: lines of the same years, played in several ways."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from partnersim.figures.layout import round_up
from partnersim.figures.marks import Line, Mark, Panel, Text
from partnersim.figures.over_time import axes
from partnersim.figures.palette import COLOURS, DARK, DASHES, LINE
from partnersim.figures.picture import Picture

SIZE = (620, 300)
"""Half of a screen of 1280 pixels."""

YEAR = 12


def lines(series: Mapping[str, np.ndarray], title: str, years: str) -> Picture:
    """Draw up to four series of shares over the years, in hundredths, with their names above.

    Parameters
    ----------
    series : float64[months + 1] by name, in [0, 1]
        The lines; NaN where a place has fallen apart and there is nobody to trust.
    title
        What is drawn.
    years
        The heading of the first column of the table.
    """
    shown = {name: 100 * values for name, values in series.items()}
    months = len(next(iter(shown.values()))) - 1
    top = round_up(
        max((float(value) for values in shown.values() for value in values if value > 0), default=1)
    )
    above = LINE * len(shown)
    panel = Panel(56, above + 16, SIZE[0] - 76, SIZE[1] - above - 60, (0.0, float(months)), (0.0, top))
    ticks = [0.0, top / 2, top]
    marks: list[Mark] = axes(panel, months, ticks, [f"{tick:g}" for tick in ticks])
    looks = zip(shown.items(), COLOURS, DARK, DASHES, strict=False)
    for row, ((name, values), colour, dark, dash) in enumerate(looks):
        y = 14.0 + LINE * row
        marks.append(Line(((0, y), (60, y)), colour, 5.0, dash))
        marks.append(Text(72, y + 8, name, colour=dark, bold=True))
        marks.append(panel.line(np.arange(months + 1), values, colour, 5.0, dash=dash))
    table: dict[str, list[Any]] = {years: [f"{month // YEAR}" for month in range(0, months + 1, YEAR)]}
    for name, values in shown.items():
        known = [float(values[month]) for month in range(0, months + 1, YEAR)]
        table[name] = ["–" if math.isnan(value) else f"{value:.0f}" for value in known]
    return Picture(marks, title, table, SIZE)
