"""Five named steps of trust, told apart by colour, width and dash together.

Lines of little trust are darker than its cells, because a projector shows nothing of a pale one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from partnersim.figures.palette import INK, PAPER, SHADES


@dataclass(frozen=True)
class Step:
    """A named range of trust from `low` on, in [0, 1], and how a line or a cell of it is drawn.

    The colour of a line has a contrast of 3 to white at least; those of a cell and of the text on it
    have one of 4.5. `width` is in pixels, `dash` says what of a line is drawn and left out. In the app
    the name is the key of a word: `trust.none` and so on.
    """

    name: str
    low: float
    line: str
    width: float
    dash: str
    fill: str
    ink: str


STEPS = (
    Step("none", 0.0, "#7A8790", 3.5, "3 8", SHADES[4], INK),
    Step("wary", 0.15, "#4A8FD0", 4.5, "9 7", SHADES[3], INK),
    Step("working", 0.3, SHADES[2], 6.0, "22 6", SHADES[2], PAPER),
    Step("good", 0.45, SHADES[1], 9.0, "", SHADES[1], PAPER),
    Step("strong", 0.6, SHADES[0], 14.0, "", SHADES[0], PAPER),
)
"""Five steps of 0.15 each, the last of them open: what occurs lies mostly between 0.2 and 0.6, and
steps of a fifth would show two worlds alike that are not."""

NOBODY = len(STEPS)
"""The number that stands for no step, as of a trust that is NaN because it is nobody's."""


def steps_of(trust: NDArray[np.float64] | float) -> NDArray[np.intp]:
    """Find the step of each trust in [0, 1]: its place in `STEPS`; `NOBODY` for NaN."""
    trust = np.asarray(trust)
    found = np.searchsorted([step.low for step in STEPS], trust + 1e-9, side="right") - 1
    return np.where(np.isnan(trust), NOBODY, found)
