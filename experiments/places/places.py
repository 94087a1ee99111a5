"""Published figures beside simulated places, and what the coordinator did there.

Arrays of runs have the axes [point, replicate], in this order: the accepted points, and at each
of them places that differ in luck alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from experiments.declared import read
from experiments.engine.judge import agreement, judge, of_differences
from experiments.engine.page import numbers
from experiments.engine.study import Test
from partnersim.scenario.declarations import Published, Real, Section, Share, Text, Whole, setting
from partnersim.scenario.errors import ScenarioError, suggest
from partnersim.scenario.scenario import Scenario

Floats = np.ndarray[Any, np.dtype[np.float64]]

DECLARED = Path(__file__).parent / "places.toml"
BASE = "base"
WITHOUT = "without the coordinator"
NOTHING = "nothing of what was done"
ARMS = (BASE, WITHOUT, NOTHING)
"""The place as its timeline has it; coordinators taken out; and all that was done with them."""

SERIES = ("outcome", "outcome_alone")


# --- What is declared -------------------------------------------------------------------------


class Reading(Section):
    """How a published figure is looked at in the model."""

    title: Text = setting(..., "The figure, as the scenario names it.", unit="text")
    against: Literal["start", "trend", "no partnership"] = setting(
        ...,
        "The place's own figure of the reference month; a straight line through some months, "
        "carried on; or the same place without any joint work.",
        unit="name",
    )
    trend_months: tuple[Whole, Whole] = setting((0, 1), "First and last month of the line.", unit="months")
    why: Text = setting(..., "Why this is a fair reading.", unit="text")


class Caution(Section):
    """What limits a comparison."""

    text: Text = setting(..., "One thing, in plain words.", unit="text")


class Place(Section):
    """A real place: its scenario, its published figures, and what limits the comparison."""

    scenario: Text = setting(..., "Name of the packaged scenario.", unit="name")
    name: Text = setting(..., "Name to show.", unit="text")
    nothing_done: dict[str, Any] = setting(..., "Changes that take out all that was done.", unit="table")
    figure: list[Reading] = setting(..., "The figures.", unit="list")
    caution: list[Caution] = setting(..., "The cautions.", unit="list")

    @property
    def arms(self) -> dict[str, Any]:
        """What is compared with the place as its timeline has it."""
        return {WITHOUT: {"coordinators": []}, NOTHING: self.nothing_done}

    def load(self) -> Scenario:
        """The timeline, as packaged."""
        return Scenario.load(self.scenario)

    def figures(self) -> list[Figure]:
        """The published figures with their readings, in the order declared."""
        published = {p.title: p for p in self.load().published}
        for reading in self.figure:
            if reading.title not in published:
                raise ScenarioError(
                    f"{DECLARED.name}: place {self.name!r}, figure.title = {reading.title!r}: "
                    f"{suggest(reading.title, list(published))}"
                )
        return [Figure(published[reading.title], reading) for reading in self.figure]


class Matters(Section):
    """The smallest effects that matter."""

    figure_percent: Real = setting(..., "Of a published figure.", low=0, high=100, unit="percent")
    change_delivered: Real = setting(..., "Of change.", low=0, unit="share of the vision")


class Declared(Section):
    """What is run, when a figure disagrees, and when an answer is sure; see places.toml."""

    seed: Whole = setting(..., "Seed of all runs.", low=0, unit="seed")
    replicates: Whole = setting(..., "Runs of each point and arm.", low=2, unit="replicates")
    band: Share = setting(..., "Middle part of simulated places that a figure has to lie in.")
    least_share_of_points: Share = setting(..., "Of points whose own band holds it.")
    sure_share_of_points: Share = setting(..., "Of points that have to say the same.")
    matters: Matters = setting(..., "The smallest effects that matter.", unit="table")
    place: list[Place] = setting(..., "The places.", unit="list")

    @property
    def ends(self) -> tuple[float, float]:
        """Quantiles at which the band ends."""
        return (1.0 - self.band) / 2.0, (1.0 + self.band) / 2.0


def read_declared(file: Path = DECLARED) -> Declared:
    """What was fixed beforehand."""
    return read(Declared, file)


@dataclass(frozen=True)
class Figure:
    """A published figure, and how it is looked at in the model."""

    published: Published
    reading: Reading

    def simulated(self, outcome: Floats, alone: Floats) -> Floats:
        """What is simulated, in the published unit.

        Parameters
        ----------
        outcome, alone : float64[..., months + 1]
            Demand met the old way, and what it would be without any partnership.
        """
        at, start = self.published.month, self.published.reference_month
        match self.reading.against:
            case "start":
                ratio = outcome[..., at] / outcome[..., start]
            case "no partnership":
                ratio = outcome[..., at] / alone[..., at] * alone[..., start] / outcome[..., start]
            case _:
                ratio = outcome[..., at] / carry_on(outcome, *self.reading.trend_months, at)
        return self.published.reference_value * ratio

    def without_any(self, alone: Floats) -> Floats:
        """The figure if there were no partnership."""
        return self.simulated(alone, alone)


def carry_on(series: Floats, first: int, last: int, month: int) -> Floats:
    """The least-squares line through some months of each run, at a later month."""
    months = np.arange(first, last + 1, dtype=float)
    away = months - months.mean()
    shares = 1.0 / len(months) + (month - months.mean()) * away / (away**2).sum()
    found: Floats = series[..., first : last + 1] @ shares
    return found


# --- What was run -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Runs:
    """What is kept of a place's runs, by arm.

    Attributes
    ----------
    outcome, alone : float64[point, replicate, months + 1]
        Demand met the old way, 100 at the start; and the same without any partnership.
    change : float64[point, replicate]
        Change delivered in the last month, share of the vision.
    """

    outcome: Mapping[str, Floats]
    alone: Mapping[str, Floats]
    change: Mapping[str, Floats]

    @property
    def n_runs(self) -> int:
        """How many runs, in all arms."""
        return sum(found.size for found in self.change.values())


# --- Published against simulated --------------------------------------------------------------


def set_beside(figure: Figure, runs: Runs, rules: Declared) -> dict[str, Any]:
    """Find where a published figure lies among simulated ones, in its unit.

    Returns
    -------
    dict
        What was published and how it is looked at; `simulated`, for each arm the lower end, median
        and upper end over all places and points; `no_partnership`, the figure without any
        partnership, median over points; `share_of_points`, at how many of the accepted points their
        own band holds the figure; and the `verdict`, by the rules.
    """
    published, (low, high) = figure.published, rules.ends
    simulated = {arm: figure.simulated(runs.outcome[arm], runs.alone[arm]) for arm in ARMS}
    bands = {}
    for arm, values in simulated.items():
        bands[arm] = tuple(float(x) for x in np.quantile(values, (low, 0.5, high)))
    lows, highs = np.quantile(simulated[BASE], (low, high), axis=1)
    share = float(((lows <= published.value) & (published.value <= highs)).mean())
    alone = float(np.median(figure.without_any(runs.alone[BASE])))
    return {
        "title": published.title,
        "month": published.month,
        "unit": published.unit,
        "published": published.value,
        "source": published.source,
        "against": figure.reading.against,
        "why": figure.reading.why.strip(),
        "simulated": bands,
        "no_partnership": alone,
        "share_of_points": share,
        "verdict": verdict_on(published.value, bands[BASE], alone, share, rules),
    }


def verdict_on(
    value: float, band: tuple[float, float, float], alone: float, share: float, rules: Declared
) -> str:
    """Whether a figure disagrees, by what was fixed beforehand."""
    if not band[0] <= value <= band[2]:
        return "disagrees"
    if share < rules.least_share_of_points:
        return "agrees in part"
    return "agrees, and tells little" if band[0] <= alone <= band[2] else "agrees"


# --- What the coordinator did -----------------------------------------------------------------


def find_effect(with_: Floats, without: Floats, test: Test, unit: str, rules: Declared) -> dict[str, Any]:
    """Compare pairs of runs that share their luck, float64[point, replicate] each: with less without.

    `with` and `without` are medians over places and points; the rest is what was found, and how it
    came out by the rule of the claims.
    """
    found = of_differences(with_ - without)
    return {
        "what": test.title,
        "unit": unit,
        "better": test.expect,
        "smallest_that_matters": test.smallest,
        "with": float(np.median(with_)),
        "without": float(np.median(without)),
        **numbers(found),
        "agreement": agreement(test, found),
        "outcome": judge(test, found, rules.sure_share_of_points),
    }


def effects(place: Place, runs: Runs, rules: Declared) -> list[dict[str, Any]]:
    """What the coordinator changed in each published figure, and in change delivered."""
    arms = {BASE: 1.0, WITHOUT: -1.0}
    found = []
    for figure in place.figures():
        with_, without = (figure.simulated(runs.outcome[arm], runs.alone[arm]) for arm in (BASE, WITHOUT))
        smallest = rules.matters.figure_percent / 100.0 * figure.published.reference_value
        test = Test(title=figure.published.title, weights=arms, expect="less", smallest=smallest)
        found.append(find_effect(with_, without, test, figure.published.unit, rules))
    title = f"Change delivered by the last month, {place.load().months}"
    test = Test(title=title, weights=arms, expect="more", smallest=rules.matters.change_delivered)
    found.append(find_effect(runs.change[BASE], runs.change[WITHOUT], test, "share of the vision", rules))
    return found
