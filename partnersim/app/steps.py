"""Five named steps of trust, told apart by colour, width and dash together.

They are those of the figures in `plots.trust`, without matplotlib, which takes a second to load;
lines of little trust are darker, because a projector shows nothing of a pale one.
"""

from __future__ import annotations

import math
from bisect import bisect
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """A named range of trust, and how a line of it is drawn.

    Attributes
    ----------
    name
        Key of its word in the texts: `trust.none` and so on.
    low
        Least trust that belongs to it, in [0, 1].
    line, width, dash
        Of a line: CSS colour with a contrast of 3 to white at least, pixels at 1280, and
        `stroke-dasharray` in pixels.
    fill, ink
        Of a cell and the text on it: CSS colours with a contrast of 4.5 at least.
    """

    name: str
    low: float
    line: str
    width: float
    dash: str
    fill: str
    ink: str


STEPS = (
    Step("none", 0.0, "#7A8790", 3.5, "3 8", "#ADD1F1", "#0B0C0C"),
    Step("wary", 0.15, "#4A8FD0", 4.5, "9 7", "#6BACE6", "#0B0C0C"),
    Step("working", 0.3, "#2073BC", 6.0, "22 6", "#2073BC", "#FFFFFF"),
    Step("good", 0.45, "#12436D", 9.0, "", "#12436D", "#FFFFFF"),
    Step("strong", 0.6, "#092135", 14.0, "", "#092135", "#FFFFFF"),
)
"""Five steps of 0.15 each, the last of them open: what occurs lies mostly between 0.2 and 0.6, and
steps of a fifth would show two worlds alike that are not."""


def step_of(trust: float) -> Step | None:
    """Find the step of a trust in [0, 1]; None for NaN, which is nobody's trust."""
    if math.isnan(trust):
        return None
    return STEPS[bisect([step.low for step in STEPS], trust + 1e-9) - 1]
