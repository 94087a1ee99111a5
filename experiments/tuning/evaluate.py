"""What the patterns' numbers are at a point, and how far outside: cheap patterns first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from experiments.engine.work import Result
from experiments.patterns.estimates import Estimate
from experiments.patterns.figure import NATURAL_FLOOR
from experiments.patterns.patterns import PATTERNS, Band
from experiments.patterns.runs import Look
from partnersim.scenario.scenario import Scenario

ORDER = (
    "A13", "A4", "A1", "A2", "A14", "A18", "A5", "A15", "A11", "A3", "A9", "A10", "A7", "A12", "A17", "A6",
)  # fmt: skip
"""Patterns by what they cost: from no run at all to a year of nine arms."""

FAMILY = "integrated-care"
LONGEST = 120
"""Months of the scenario as it is, of which many patterns look at the first."""

TENTH = 0.1
"""Of a band's width: the unit in which a miss is counted."""

MOST_CHANCE = 0.25
"""Of a band's width: no more than this is put down to chance where a point is to be accepted."""


class Number(NamedTuple):
    """One number of one pattern that has a band."""

    pattern: str
    key: str
    band: Band

    @property
    def name(self) -> str:
        """As in tables: 'A1 share up'."""
        return f"{self.pattern} {self.key}"


NUMBERS = tuple(Number(p.name, key, band) for p in PATTERNS for key, band in p.bands.items())


class Level(NamedTuple):
    """How hard to look at a point.

    Attributes
    ----------
    replicates, seed
        Of the runs.
    resamples
        For the intervals.
    most_chance
        How much of a miss chance may excuse, in widths of the band.
    """

    replicates: int
    seed: int = 1
    resamples: int = 60
    most_chance: float = MOST_CHANCE


_INDEX = {(number.pattern, number.key): index for index, number in enumerate(NUMBERS)}
_PATTERNS = {pattern.name: pattern for pattern in PATTERNS}


def evaluate(point: Mapping[str, float], level: Level, rest: tuple[float, float] = (0.0, 1.0)) -> Result:
    """Look for all patterns at a point.

    Parameters
    ----------
    point
        Dotted path to value.
    level
        How hard to look.
    rest
        Between what a place at rest gives, or the point is none of the priors'.

    Returns
    -------
    found : float64[number, 3]
        Value and ends of the 95 % interval of each of `NUMBERS`; NaN where not looked at.
    excess : float64[number]
        How far outside, in tenths of the band; NaN where not looked at.
    distance : float64
        Sum of penalties of what was looked at; infinite at points that are no part of the priors.
    given : float64
        What a place at rest gives, share of free capacity.
    """
    look = Look(level.seed, level.replicates, level.resamples, beside=False)
    places = {FAMILY: Scenario.load(FAMILY).replace(dict(point))}
    found = np.full((len(NUMBERS), 3), np.nan)
    outside = np.full(len(NUMBERS), np.nan)
    look.keep(places[FAMILY], LONGEST)
    given = float(look.run(places[FAMILY], 0, "contribution")["contribution"].mean())
    is_prior = rest[0] <= given <= rest[1]
    distance = 0.0 if is_prior else math.inf
    for name in ORDER if is_prior else ():
        pattern = _PATTERNS[name]
        if pattern.scenario not in places:
            places[pattern.scenario] = Scenario.load(pattern.scenario).replace(dict(point))
        numbers = pattern.look(places[pattern.scenario], look)
        for key, band in pattern.bands.items():
            index = _INDEX[name, key]
            found[index] = numbers[key]
            outside[index] = excess(numbers[key], band, level.most_chance)
            distance += penalty(outside[index])
    return {"found": found, "excess": outside, "distance": np.array(distance), "given": np.array(given)}


# --- How far outside ------------------------------------------------------------------------------


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
