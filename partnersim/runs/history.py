"""Measure how long trust remembers: what is left, years later, of a difference at the start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from partnersim.runs.ensemble import compare
from partnersim.runs.measures import YEAR, Floats, find_collapsed, find_first_month
from partnersim.runs.results import Comparison
from partnersim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from partnersim.model.variants import Variants

LOW, HIGH = 0.2, 0.8
"""Trust at the start, of the two histories."""

YEARS_SEEN = (2, 5, 10)


@dataclass(frozen=True)
class HalfLife:
    """The fate of a difference in mean trust between two arms that share their random numbers.

    Attributes
    ----------
    months
        First month after which the mean difference is half of what it was at the start, or less;
        NaN where that has not come about by the end, or where there was no difference.
    difference
        float64[months + 1]: mean difference after each month, the start first.
    monte_carlo_error
        float64[months + 1]: its standard error over pairs.
    """

    months: float
    difference: Floats
    monte_carlo_error: Floats

    @property
    def left(self) -> dict[int, float]:
        """Return the part of the difference that is left after 2, 5 and 10 years, as far as runs go."""
        at = {years: YEAR * years for years in YEARS_SEEN if YEAR * years < len(self.difference)}
        return {years: float(self.difference[month] / self.difference[0]) for years, month in at.items()}


def half_life_of_difference(comparison: Comparison, low: str, high: str) -> HalfLife:
    """Find how fast the difference in mean trust between two arms halves.

    Parameters
    ----------
    comparison
        Arms that share their random numbers, with the series `trust` and `n_members` kept. Of a
        partnership that has collapsed there is no trust: its pair counts until then.
    low, high
        Names of the two arms.
    """
    one, other = (comparison.results[name].series for name in (low, high))
    is_gone = find_collapsed(one["n_members"]) | find_collapsed(other["n_members"])
    pairs = np.where(is_gone, np.nan, other["trust"] - one["trust"])
    n = (~is_gone).sum(axis=0)
    mean = np.where(is_gone, 0.0, pairs).sum(axis=0) / np.where(n > 0, n, np.nan)
    squares = np.where(is_gone, 0.0, (pairs - mean) ** 2).sum(axis=0)
    error = np.sqrt(squares / np.where(n > 1, (n - 1) * n, np.nan))
    has_halved = np.abs(mean) <= 0.5 * abs(mean[0])
    months = float(find_first_month(has_halved[None])[0]) if mean[0] else np.nan
    return HalfLife(months, mean, error)


def half_life_of_history(
    scenario: Scenario | str | Path,
    replicates: int = 200,
    seed: int = 1,
    *,
    low: float = LOW,
    high: float = HIGH,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    variants: Variants | None = None,
) -> HalfLife:
    """Find how fast it is forgotten whether a place began with little trust or with much.

    Parameters
    ----------
    scenario, replicates, seed, workers, progress, variants
        As for `partnersim.run`.
    low, high
        Trust at the start of the two histories.
    """
    place = Scenario.load(scenario)
    arms = {name: place.replace({"starting.trust": trust}) for name, trust in (("low", low), ("high", high))}
    comparison = compare(
        arms,
        replicates,
        seed,
        series=["trust", "n_members"],
        workers=workers,
        progress=progress,
        variants=variants,
    )
    return half_life_of_difference(comparison, "low", "high")
