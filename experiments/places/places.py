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

    @property
    def name(self) -> str:
        """What was measured."""
        return self.published.title

    @property
    def months(self) -> int:
        """The last month that it needs."""
        return max(self.published.month, self.published.reference_month)

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
    def n_points(self) -> int:
        """How many accepted points."""
        return self.outcome[BASE].shape[0]

    @property
    def n_runs(self) -> int:
        """How many runs, in all arms."""
        return sum(found.size for found in self.change.values())


# --- Published against simulated --------------------------------------------------------------


@dataclass(frozen=True)
class Beside:
    """A published figure beside what is simulated of it, in its unit.

    Attributes
    ----------
    bands
        For each arm the lower end, median and upper end over all places and points.
    alone
        The figure without any partnership, median over points.
    share_of_points
        At how many of the accepted points their own band holds the figure.
    verdict
        By the rules.
    """

    figure: Figure
    bands: Mapping[str, tuple[float, float, float]]
    alone: float
    share_of_points: float
    verdict: str


def set_beside(figure: Figure, runs: Runs, rules: Declared) -> Beside:
    """Find where a published figure lies among simulated ones."""
    simulated = {arm: figure.simulated(runs.outcome[arm], runs.alone[arm]) for arm in ARMS}
    low, high = rules.ends
    bands = {}
    for arm, values in simulated.items():
        bands[arm] = tuple(float(x) for x in np.quantile(values, (low, 0.5, high)))
    lows, highs = np.quantile(simulated[BASE], (low, high), axis=1)
    value = figure.published.value
    share = float(((lows <= value) & (value <= highs)).mean())
    alone = float(np.median(figure.without_any(runs.alone[BASE])))
    return Beside(figure, bands, alone, share, judge(value, bands[BASE], alone, share, rules))


def judge(value: float, band: tuple[float, float, float], alone: float, share: float, rules: Declared) -> str:
    """Whether a figure disagrees, by what was fixed beforehand."""
    if not band[0] <= value <= band[2]:
        return "disagrees"
    if share < rules.least_share_of_points:
        return "agrees in part"
    return "agrees, and tells little" if band[0] <= alone <= band[2] else "agrees"


# --- What the coordinator did -----------------------------------------------------------------


@dataclass(frozen=True)
class Effect:
    """What the coordinator changed in one number, pair by pair: with less without.

    Attributes
    ----------
    what, unit
        The number.
    is_better_low
        Whether less is better.
    matters
        The smallest effect that matters, in the unit.
    without, with_
        Median over places and points, without and with.
    mean : float64[point]
        Mean effect at each accepted point.
    low, high : float64[point]
        Its 95 % interval over pairs.
    share_better, share_worse
        Share of all pairs in which the place with its coordinator fared better, or worse.
    band
        The middle of all pairs' differences: lower end, median, upper end.
    answer
        'matters', 'does not matter' or 'not sure', by the rules.
    """

    what: str
    unit: str
    is_better_low: bool
    matters: float
    without: float
    with_: float
    mean: Floats
    low: Floats
    high: Floats
    share_better: float
    share_worse: float
    band: tuple[float, float, float]
    answer: str

    @property
    def sign(self) -> float:
        """The sign of the effect at most of the points; 0 where there is none."""
        return float(np.sign(np.sign(self.mean).sum()))

    @property
    def share_clear(self) -> float:
        """Share of the points at which the interval lies on that side of 0."""
        return float(is_clear(self.low, self.high, self.sign).mean())

    @property
    def is_good(self) -> bool:
        """Whether most points have the coordinator make it better."""
        return self.sign == (-1.0 if self.is_better_low else 1.0)


def is_clear(low: Floats, high: Floats, sign: float) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether intervals lie wholly on one side of 0; nowhere for a sign of 0."""
    return (low > 0.0) if sign > 0 else (high < 0.0) if sign < 0 else np.zeros(len(low), bool)


def find_effect(
    with_: Floats,
    without: Floats,
    *,
    what: str,
    unit: str,
    is_better_low: bool,
    matters: float,
    rules: Declared,
) -> Effect:
    """Compare pairs of runs that share their luck: float64[point, replicate] each."""
    apart = with_ - without
    mean = apart.mean(axis=1)
    half = 1.96 * apart.std(axis=1, ddof=1) / np.sqrt(apart.shape[1])
    low, high = mean - half, mean + half
    lower, higher = float((apart < 0.0).mean()), float((apart > 0.0).mean())
    ends = tuple(float(x) for x in np.quantile(apart, (rules.ends[0], 0.5, rules.ends[1])))
    return Effect(
        what=what,
        unit=unit,
        is_better_low=is_better_low,
        matters=matters,
        without=float(np.median(without)),
        with_=float(np.median(with_)),
        mean=mean,
        low=low,
        high=high,
        share_better=lower if is_better_low else higher,
        share_worse=higher if is_better_low else lower,
        band=ends,
        answer=answer(mean, low, high, matters, rules.sure_share_of_points),
    )


def answer(mean: Floats, low: Floats, high: Floats, matters: float, sure: float) -> str:
    """Whether the coordinator mattered, by what was fixed beforehand."""
    sign = float(np.sign(np.sign(mean).sum()))
    is_large = (np.abs(mean) >= matters).mean() >= 0.5
    if is_large and is_clear(low, high, sign).mean() >= sure:
        return "matters"
    if (np.maximum(np.abs(low), np.abs(high)) < matters).mean() >= sure:
        return "does not matter"
    return "not sure"


def effects(place: Place, runs: Runs, rules: Declared) -> list[Effect]:
    """What the coordinator changed in each published figure, and in change delivered."""
    found = []
    for figure in place.figures():
        with_, without = (figure.simulated(runs.outcome[arm], runs.alone[arm]) for arm in (BASE, WITHOUT))
        found.append(
            find_effect(
                with_,
                without,
                what=figure.name,
                unit=figure.published.unit,
                is_better_low=True,
                matters=rules.matters.figure_percent / 100.0 * figure.published.reference_value,
                rules=rules,
            )
        )
    found.append(
        find_effect(
            runs.change[BASE],
            runs.change[WITHOUT],
            what=f"Change delivered by the last month, {place.load().months}",
            unit="share of the vision",
            is_better_low=False,
            matters=rules.matters.change_delivered,
            rules=rules,
        )
    )
    return found
