"""What the patterns' numbers are at a point, and how far outside: cheap patterns first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from experiments.patterns.estimates import Estimate, Floats
from experiments.patterns.patterns import PATTERNS, Band, Look
from experiments.tuning.distance import MOST_CHANCE, excess, penalty
from partnersim.scenario.scenario import Scenario

ORDER = ("A13", "A4", "A1", "A2", "A11", "A5", "A7", "A6", "A9", "A3", "A12", "A10", "A8")
"""Patterns by what they cost: from no run at all to five years of four arms."""

LONGEST = 120
"""Months of the scenario as it is, of which many patterns look at the first."""


class Number(NamedTuple):
    """One number of one pattern."""

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


class Evaluation(NamedTuple):
    """What was found at a point.

    Attributes
    ----------
    found : float64[number, 3]
        Value and ends of the 95 % interval of each of `NUMBERS`; NaN where not looked at.
    excess : float64[number]
        How far outside, in tenths of the band; NaN where not looked at.
    distance : float
        Sum of penalties of what was looked at.
    is_whole : bool
        Whether all was looked at.
    """

    found: Floats
    excess: Floats
    distance: float
    is_whole: bool


_INDEX = {(number.pattern, number.key): index for index, number in enumerate(NUMBERS)}
_PATTERNS = {pattern.name: pattern for pattern in PATTERNS}


def evaluate(point: Mapping[str, float], level: Level, most_distance: float = math.inf) -> Evaluation:
    """Look for the patterns at a point until its distance is more than what is asked.

    Parameters
    ----------
    point
        Dotted path to value.
    level
        How hard to look.
    most_distance
        Penalties are never negative: beyond this the rest need not be run.
    """
    look = Look(level.seed, level.replicates, level.resamples, beside=False)
    places: dict[str, Scenario] = {}
    found = np.full((len(NUMBERS), 3), np.nan)
    outside = np.full(len(NUMBERS), np.nan)
    distance = 0.0
    for name in ORDER:
        pattern = _PATTERNS[name]
        if pattern.family not in places:
            places[pattern.family] = Scenario.load(pattern.family).replace(dict(point))
            if pattern.family == _PATTERNS["A2"].family:
                look.runner.keep(places[pattern.family], LONGEST)
        numbers = pattern.look(places[pattern.family], look)
        for key, band in pattern.bands.items():
            index = _INDEX[name, key]
            found[index] = numbers[key]
            outside[index] = excess(numbers[key], band, level.most_chance)
            distance += penalty(outside[index])
        if distance > most_distance:
            break
    return Evaluation(found, outside, distance, not np.isnan(outside).any())


def estimates(found: Floats) -> list[Estimate]:
    """Rows of an evaluation as estimates, in the order of `NUMBERS`."""
    return [Estimate(*(float(x) for x in row)) for row in found]
