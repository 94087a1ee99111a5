"""How far a point's numbers are outside their bands."""

from __future__ import annotations

import math

from experiments.patterns.estimates import Estimate
from experiments.patterns.figure import NATURAL_FLOOR
from experiments.patterns.patterns import Band

TENTH = 0.1
"""Of a band's width: the unit in which a miss is counted."""

MOST_CHANCE = 0.25
"""Of a band's width: no more than this is put down to chance where a point is to be accepted."""


def width(band: Band) -> float:
    """The width of a band: between its ends, or its span where it has one that binds."""
    if math.isfinite(band.low) and band.low != NATURAL_FLOOR and math.isfinite(band.high):
        return band.high - band.low
    return band.span


def excess(estimate: Estimate, band: Band, most_chance: float = MOST_CHANCE) -> float:
    """How far a number lies outside its band, in tenths of the band's width; 0 where it is held.

    What chance may have done is taken off: the part of the 95 % interval on the band's side, but
    no more than `most_chance` widths of the band. Else noise would pay: a ratio of two effects that
    are nothing has an interval that reaches everywhere.

    Parameters
    ----------
    estimate
        The number with its interval.
    band
        Where it is to lie.
    most_chance
        In widths of the band.
    """
    value, low, high = estimate
    if math.isnan(value):
        return math.inf
    if band.holds(value):
        return 0.0
    outside = band.low - value if value < band.low else value - band.high
    # An interval that is not known excuses nothing.
    chance = high - value if value < band.low else value - low
    excused = min(chance, most_chance * width(band)) if chance > 0.0 else 0.0
    return max(outside - excused, 0.0) / (TENTH * width(band))


def penalty(excess: float) -> float:
    """What a number outside its band adds to a point's distance: 0 where held, 1 at most.

    Half at a tenth of a width outside, so that the sum over numbers is nearly the count of those
    that are not held, and still says which way is better.
    """
    return 1.0 if math.isinf(excess) else excess / (1.0 + excess)
