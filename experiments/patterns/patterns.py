"""The thirteen patterns that the model is held against, each with bands fixed beforehand.

A pattern is a published fact, a scenario in which to look for it, the numbers to look at and, for
each, the band in which it counts as found. Bands come from the sources or, where these give a
direction only, from the judgement written beside them; they were fixed before any run was seen and
are not to be moved to make a run pass. All this stands in ../tuning/patterns.toml; how each is
looked for, here. What has no band is shown beside, for the reader.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from pydantic import model_validator

import partnersim
from experiments.declared import read
from experiments.patterns.estimates import (
    N_RESAMPLES,
    Estimate,
    Floats,
    Found,
    correlation,
    estimate,
    ratio_of_means,
    variation,
)
from experiments.patterns.runs import Runner
from partnersim.model.trust import take_in, weight_of_bad_news
from partnersim.runs.measures import find_first_month
from partnersim.scenario.declarations import Real, Section, Text, setting
from partnersim.scenario.paths import first_months
from partnersim.scenario.scenario import Scenario

DECLARED = Path(__file__).resolve().parent.parent / "tuning" / "patterns.toml"
"""Scenario, arms, numbers and bands of each pattern."""

YEAR = 12
RESOURCES, DIFFICULTY, SURVEY_ERROR, STRENGTHS = range(4)
"""What chance that is no part of the model is for."""

INFINITE = math.inf


@dataclass(frozen=True)
class Band:
    """Where one number of a pattern is to lie.

    Attributes
    ----------
    what
        The number, in words.
    low, high
        The ends, both inside; infinite where there is none.
    why
        Where the ends come from.
    span
        Width at which the figure draws a band that has one end, or whose lower end is -1 because
        a share or a correlation cannot be less.
    """

    what: str
    low: float
    high: float
    why: str
    span: float = 1.0

    def holds(self, value: float) -> bool:
        """Whether a value is inside; what could not be computed is not."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Look:
    """How hard to look.

    Attributes
    ----------
    seed, first, replicates
        Of the runs: replicates `first` to `first` + `replicates` - 1.
    resamples
        For the intervals; with 0 there are none.
    beside
        Whether to find also what has no band and needs runs of its own.
    """

    seed: int = 1
    replicates: int = 200
    resamples: int = N_RESAMPLES
    first: int = 0
    beside: bool = True
    runner: Runner = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "runner", Runner(self.seed, self.first, self.replicates))

    def run(self, scenario: Scenario, months: int, *series: str) -> dict[str, Floats]:
        """Run the first months of a scenario: some series, float64[replicate, months + 1]."""
        return self.runner.run(scenario, months, series)

    def run_each(self, scenarios: list[Scenario], months: int, *series: str) -> dict[str, Floats]:
        """Run a scenario of its own for each replicate."""
        return self.runner.run_each(scenarios, months, series)

    def uniform(self, purpose: int) -> Floats:
        """Chance that is no part of the model, from 0 to 1, for each replicate."""
        return self._rng(purpose).random(self.first + self.replicates)[self.first :]

    def normal(self, purpose: int) -> Floats:
        """Such chance with mean 0 and deviation 1."""
        return self._rng(purpose).standard_normal(self.first + self.replicates)[self.first :]

    def _rng(self, purpose: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, purpose])

    def estimate(self, statistic: Callable[..., Any], *columns: Floats) -> Estimate:
        """A number over replicates with its interval."""
        return estimate(statistic, *columns, seed=self.seed, resamples=self.resamples)

    def mean(self, values: Floats) -> Estimate:
        """A mean over replicates with its interval."""
        return self.estimate(np.mean, values)


@dataclass(frozen=True)
class Pattern:
    """One published fact and how it is looked for.

    Attributes
    ----------
    name, title, fact
        Its number, a few words, and the fact.
    sources
        Keys of docs/references.bib.
    standing
        'set', 'built in' or 'to compare': only the last can count for the model.
    family
        The packaged scenario in which it is looked for.
    reading
        What is looked at in the model.
    fairness
        Why this is a fair reading, and what else it could have been.
    bands
        By the key of the number.
    arms
        What is run, and for how many months.
    look
        Finds the numbers in a scenario: those of the bands, and some to show beside.
    """

    name: str
    title: str
    fact: str
    sources: tuple[str, ...]
    standing: str
    family: str
    arms: str
    reading: str
    fairness: str
    bands: Mapping[str, Band]
    look: Callable[[Scenario, Look], Found]

    def find(
        self,
        look: Look | None = None,
        changes: Mapping[str, Any] | None = None,
        scenario: Scenario | None = None,
    ) -> Found:
        """Look for the pattern in its family, or another scenario, with some parameters changed."""
        start = scenario or Scenario.load(self.family)
        return self.look(start.replace(dict(changes or {})), look or Look())


def mean_of_months(series: Floats, first: int, last: int) -> Floats:
    """Each replicate's mean over some months, both included."""
    means: Floats = series[:, first : last + 1].mean(axis=1)
    return means


# --- A1 to A3: perception, pace, trust and performance --------------------------------------------


def look_at_perception(scenario: Scenario, look: Look) -> Found:
    """A1: joint working is perceived to improve while outcomes do not."""
    r = look.run(scenario, 24, "perceived_joint_working", "outcome", "outcome_alone")
    perceived = r["perceived_joint_working"]
    is_up = (mean_of_months(perceived, 12, 24) > perceived[:, 0]).astype(float)
    avoided = r["outcome_alone"][:, 24] - r["outcome"][:, 24]
    return {
        "share up": look.mean(is_up),
        "demand avoided": look.mean(avoided),
        "correlation": look.estimate(correlation, perceived[:, 24], avoided),
    }


def look_at_pace(scenario: Scenario, look: Look) -> Found:
    """A2: years to major milestones, and first gains within one."""
    r = look.run(scenario, 120, "change_delivered", "initiatives_completed")
    months = find_first_month(r["change_delivered"] >= 0.25)
    months = np.where(np.isnan(months), INFINITE, months)
    first = find_first_month(r["initiatives_completed"] >= 1.0)
    return {
        "median months": look.estimate(np.median, months),
        "first gain in a year": look.mean((first <= YEAR).astype(float)),
    }


SURVEY_RELIABILITY = 0.8
"""Of published scales of trust, about. Not the model's own survey noise: else a tuning could buy
a lower correlation with a noisier survey."""

VARIED_TIMES = 1.5
"""Resources and difficulty of places lie between the scenario's over this and times this."""


def look_at_trust_and_performance(scenario: Scenario, look: Look) -> Found:
    """A3: trust surveyed at year 2 against change delivered by year 5, over unlike places."""
    resources = VARIED_TIMES ** (2.0 * look.uniform(RESOURCES) - 1.0)
    difficulty = VARIED_TIMES ** (2.0 * look.uniform(DIFFICULTY) - 1.0)
    places = [
        scenario.replace(
            {f"organisations.{o.name}.capacity": o.capacity * more for o in scenario.organisations}
            | {"vision.size": scenario.vision.size * harder}
        )
        for more, harder in zip(resources, difficulty, strict=True)
    ]
    r = look.run_each(places, 60, "trust", "change_delivered")
    trust, delivered = r["trust"][:, 24], r["change_delivered"][:, 60]
    error = trust.std() * math.sqrt(1.0 / SURVEY_RELIABILITY - 1.0)
    surveyed = trust + error * look.normal(SURVEY_ERROR)
    found = {"correlation": look.estimate(correlation, surveyed, delivered)}
    if look.beside:
        alike = look.run(scenario, 60, "trust", "change_delivered")
        found["without error of the survey"] = look.estimate(correlation, trust, delivered)
        found["in places with the same resources and difficulty, without error"] = look.estimate(
            correlation, alike["trust"][:, 24], alike["change_delivered"][:, 60]
        )
    return found


# --- A4 and A5: how bad news weighs, and what those left alone do ---------------------------------


PULSE = 0.1


def look_at_losses(scenario: Scenario, look: Look) -> Found:
    """A4: news as far below what is believed as above it, at three levels of trust."""

    def ratio(trust: float) -> float:
        moves = [
            abs(take_in(trust, trust + pulse, 0.05, 0.0, scenario.trust.news_asymmetry) - trust)
            for pulse in (-PULSE, PULSE)
        ]
        return moves[0] / moves[1]

    at = {trust: ratio(trust) for trust in (0.2, 0.5, 0.8)}
    ends = (at[0.2] + at[0.8]) / 2.0
    excess = (ends - 1.0) / (at[0.5] - 1.0) if at[0.5] > 1.0 else math.nan
    learns = scenario.trust
    found = {"loss to gain at .5": Estimate(at[0.5]), "excess at the ends": Estimate(excess)}
    for trust in at:
        broken = trust * weight_of_bad_news(trust, learns.news_asymmetry)
        kept = 1.0 - trust
        found[f"competence: a broken promise to a kept one at {trust:g}"] = Estimate(
            broken / kept if kept else math.inf
        )
    return found


def left_alone(scenario: Scenario) -> Scenario:
    """Nobody comes to see the vision as their own: what is left is each one's own incentive."""
    return scenario.replace(
        {
            "commitment.identification": 0.0,
            "starting.commitment": scenario.commitment.alone,
            "mechanisms.small_wins": False,
            "coordinators": [],
            "emergence.rate": 0.0,
        }
    )


def largest_rise(years: Floats, axis: int = -1) -> Any:
    """Largest rise of the mean from one year to the next, of float64[year, ..., replicate]."""
    return np.diff(years.mean(axis=axis), axis=0).max(axis=0)


def look_at_those_left_alone(scenario: Scenario, look: Look) -> Found:
    """A5: contributions decline, and not to zero; the rival rule beside."""
    found: Found = {}
    rules = {"stake": "", "conditional": "rival rule: "} if look.beside else {"stake": ""}
    for rule, words in rules.items():
        alone = left_alone(scenario).replace({"decision.rule": rule})
        series = look.run(alone, 60, "contribution")["contribution"]
        years = np.stack([mean_of_months(series, 12 * k + 1, 12 * k + 12) for k in range(5)])
        found[f"{words}largest rise"] = look.estimate(largest_rise, years)
        found[f"{words}year 5"] = look.mean(years[4])
        found[f"{words}year 1"] = look.mean(years[0])
    return found


# --- A6 to A8: face to face, caucus, who employs the facilitator ----------------------------------

GROUP_SIZES = (3, 6, 12)


def look_at_face_to_face(scenario: Scenario, look: Look) -> Found:
    """A6: one joint day against one document, in small and large groups."""
    joint, written, spread = {}, {}, {}
    for n in GROUP_SIZES:
        group = scenario.replace({"drawn.n_organisations": n})
        base = cooperation(group, look)
        joint[n] = cooperation(once(group, "joint_away_days"), look) - base
        written[n] = cooperation(once(group, "circulated_vision"), look) - base
        spread[n] = base.std(ddof=1)
    small, usual, large = GROUP_SIZES

    def rise(a: Floats, b: Floats, c: Floats, d: Floats, axis: int) -> Any:
        return ratio_of_means(a, b, axis) - ratio_of_means(c, d, axis)

    found = {
        "ratio": look.estimate(ratio_of_means, joint[usual], written[usual]),
        "rise": look.estimate(rise, joint[large], written[large], joint[small], written[small]),
    }
    for n in GROUP_SIZES:
        found[f"d of the joint day, {n} partners"] = look.mean(joint[n] / spread[n])
        found[f"d of the document, {n} partners"] = look.mean(written[n] / spread[n])
    return found


def once(scenario: Scenario, lever: str) -> Scenario:
    """One day, or one document, in the seventh month."""
    dose = {"lever": lever, "value": 12.0, "from_month": 6, "to_month": 7}
    return scenario.replace({"interventions": [*scenario.interventions, dose]})


def cooperation(scenario: Scenario, look: Look) -> Floats:
    """Mean contribution in the half-year after it, of each replicate."""
    return mean_of_months(look.run(scenario, 12, "contribution")["contribution"], 7, 12)


def look_at_caucus(scenario: Scenario, look: Look) -> Found:
    """A7: separate pre-meetings where interests are near and where they are far apart."""
    effects = {}
    for diversity in (0.2, 0.8):
        second_year = []
        for share in (0.0, 1.0):
            arm = scenario.replace(
                {"drawn.objective_diversity": diversity, "ways_of_working.separate_pre_meetings": share}
            )
            series = look.run(arm, 24, "contribution")["contribution"]
            second_year.append(mean_of_months(series, 13, 24))
        effects[diversity] = second_year[1] - second_year[0]
    return {
        "effect": look.mean((effects[0.2] + effects[0.8]) / 2.0),
        "interaction": look.mean(effects[0.8] - effects[0.2]),
    }


IMPARTIALITIES = (0.0, 0.25, 0.5, 0.75, 1.0)


def look_at_hosting(scenario: Scenario, look: Look) -> Found:
    """A8: a coordinator employed by one of them, more or less impartial, against an independent."""
    host = scenario.organisation_names[0]
    shown = IMPARTIALITIES if look.beside else (0.5, 1.0)
    arms = {"none": [], "independent": [{"name": "coordinator"}]} | {
        f"hosted, {x:g}": [{"name": "coordinator", "host": host, "impartiality": x}] for x in shown
    }
    places = {arm: scenario.replace({"coordinators": coordinators}) for arm, coordinators in arms.items()}
    change = {
        arm: look.run(place, 60, "change_delivered")["change_delivered"][:, 60]
        for arm, place in places.items()
    }
    effect = {arm: values - change["none"] for arm, values in change.items()}
    found = {
        "impartial": look.estimate(ratio_of_means, effect["hosted, 1"], effect["independent"]),
        "half": look.estimate(ratio_of_means, effect["hosted, 0.5"], effect["independent"]),
    }
    if look.beside:
        found["effect of an independent coordinator on change"] = look.mean(effect["independent"])
        for x in IMPARTIALITIES:
            found[f"effect on change of a hosted one, impartiality {x:g}"] = look.mean(
                effect[f"hosted, {x:g}"]
            )
        found["pressure on the host in year 5, impartiality 0.5 against independent"] = look.mean(
            pressure_on_the_first(places["hosted, 0.5"], look)
            - pressure_on_the_first(places["independent"], look)
        )
    return found


def pressure_on_the_first(scenario: Scenario, look: Look) -> Floats:
    """Mean pressure on the first organisation in year 5, of each replicate."""
    r = partnersim.run(
        first_months(scenario, 60),
        look.replicates,
        look.seed,
        series=False,
        detail=True,
        first_replicate=look.first,
    )
    means: Floats = r.by_organisation("target_pressure")[:, 49:, 0].mean(axis=1)
    return means


# --- A9 and A10: formal rules, and a common shock -------------------------------------------------


def look_at_agreements(scenario: Scenario, look: Look) -> Found:
    """A9: agreements of any strength while they stand; and one that is withdrawn."""
    lever = "ways_of_working.binding_agreement"
    strengths = look.uniform(STRENGTHS)
    names = ("trust", "goodwill_trust", "competence_trust")
    places = [scenario.replace({lever: float(strength)}) for strength in strengths]
    at = {name: rows[:, 24] for name, rows in look.run_each(places, 24, *names).items()}
    stands = {"lever": "binding_agreement", "value": 0.8, "from_month": 0, "to_month": 36}
    without = scenario.replace({lever: 0.0})
    ended = without.replace({"interventions": [*scenario.interventions, stands]})
    never = look.run(without, 42, *names)
    withdrawn = look.run(ended, 42, *names)

    def left(name: str) -> Estimate:
        after = mean_of_months(withdrawn[name], 37, 42) - mean_of_months(never[name], 37, 42)
        return look.mean(after)

    found = {"correlation": look.estimate(correlation, strengths, at["trust"])}
    found["after"] = left("trust")
    if look.beside:
        found["correlation with goodwill alone"] = look.estimate(correlation, strengths, at["goodwill_trust"])
        found["correlation with competence trust"] = look.estimate(
            correlation, strengths, at["competence_trust"]
        )
        found["goodwill after withdrawal"] = left("goodwill_trust")
        found["competence trust after withdrawal"] = left("competence_trust")
    return found


SHOCK = 36
SHOCK_ENDS = SHOCK + 12
SETTLED = SHOCK_ENDS + 6


def look_at_a_common_shock(scenario: Scenario, look: Look) -> Found:
    """A10: level and slope of the outcome after a crisis, against the same place without it."""
    crisis = {"type": "common_crisis", "month": SHOCK, "months": SHOCK_ENDS - SHOCK}
    names = ("outcome", "contribution")
    without = look.run(scenario, 96, *names)
    shaken = look.run(scenario.replace({"events": [*scenario.events, crisis]}), 96, *names)
    years = (np.arange(SETTLED, 97) - SHOCK_ENDS) / YEAR
    apart = (shaken["outcome"] - without["outcome"])[:, SETTLED:]
    slope, level = np.polyfit(years, apart.T, 1)
    given = shaken["contribution"] - without["contribution"]
    return {
        "level": look.mean(level),
        "slope": look.mean(slope),
        "contribution in the year after the crisis": look.mean(
            mean_of_months(given, SHOCK_ENDS + 1, SHOCK_ENDS + 12)
        ),
        "contribution in the fourth year after it": look.mean(
            mean_of_months(given, SHOCK_ENDS + 37, SHOCK_ENDS + 48)
        ),
    }


# --- A11 to A13: how places differ, who leaves, demand --------------------------------------------


def look_at_spread(scenario: Scenario, look: Look) -> Found:
    """A11: how unlike places under one programme fare in three years."""
    r = look.run(scenario, 36, "outcome", "outcome_alone")
    effect = r["outcome_alone"][:, 36] - r["outcome"][:, 36]
    return {
        "variation": look.estimate(variation, effect),
        "mean effect": look.mean(effect),
        "5th percentile": look.estimate(partial(np.quantile, q=0.05), effect),
        "95th percentile": look.estimate(partial(np.quantile, q=0.95), effect),
    }


LEAVES = 36


def look_at_leaving(scenario: Scenario, look: Look) -> Found:
    """A12: a manager, or a coordinator, leaves those with one contact and those with two."""
    loss = {}
    for links in (1, 2):
        place = scenario.replace({"ways_of_working.cross_links": links})
        event = {
            "type": "leader_leaves",
            "month": LEAVES,
            "layer": "management",
            "organisation": scenario.organisation_names[0],
        }
        stays = half_year_after(place, look, "trust_management")
        goes = half_year_after(place.replace({"events": [*place.events, event]}), look, "trust_management")
        loss[links] = goes - stays
    found = {"loss": look.mean(loss[1]), "ratio": look.estimate(ratio_of_means, loss[2], loss[1])}
    for links, words in ((1, "one contact"), (2, "two contacts")) if look.beside else ():
        place = scenario.replace({"ways_of_working.cross_links": links})
        stays, goes = (
            half_year_after(
                place.replace({"coordinators": [{"name": "coordinator", "to_month": until}]}), look, "trust"
            )
            for until in (600, LEAVES)
        )
        found[f"a coordinator leaves, {words}"] = look.mean(goes - stays)
    return found


def half_year_after(scenario: Scenario, look: Look, series: str) -> Floats:
    """Mean of a series in the half-year after somebody may have left."""
    return mean_of_months(look.run(scenario, LEAVES + 6, series)[series], LEAVES + 1, LEAVES + 6)


def look_at_demand(scenario: Scenario, look: Look) -> Found:
    """A13: demand without any partnership."""
    alone = look.run(scenario, 60, "outcome_alone")["outcome_alone"]
    return {"growth": look.mean(alone[:, 60] - alone[:, 0])}


# --- The patterns ---------------------------------------------------------------------------------

LOOKS: dict[str, Callable[[Scenario, Look], Found]] = {
    "A1": look_at_perception,
    "A2": look_at_pace,
    "A3": look_at_trust_and_performance,
    "A4": look_at_losses,
    "A5": look_at_those_left_alone,
    "A6": look_at_face_to_face,
    "A7": look_at_caucus,
    "A8": look_at_hosting,
    "A9": look_at_agreements,
    "A10": look_at_a_common_shock,
    "A11": look_at_spread,
    "A12": look_at_leaving,
    "A13": look_at_demand,
}


class DeclaredNumber(Section):
    """A number of a pattern, as patterns.toml has it."""

    key: Text = setting(..., "Short name.", unit="text")
    what: Text = setting(..., "The number in words.", unit="text")
    low: Real | None = setting(None, "Lower end of the band; none if left out.", unit="as given")
    high: Real | None = setting(None, "Upper end; none if left out.", unit="as given")
    why: Text = setting(..., "Where the ends come from.", unit="text")
    span: Real = setting(1.0, "Width of a band that has one end.", low=1e-6, unit="as given")

    @model_validator(mode="after")
    def _has_an_end(self) -> Self:
        if self.low is None and self.high is None:
            raise ValueError("low, high: both missing; give the end that the fact has")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"low = {self.low}: must be below high = {self.high}")
        return self


class DeclaredPattern(Section):
    """One pattern, as patterns.toml has it."""

    name: Text = setting(..., "Its number.", unit="text")
    title: Text = setting(..., "A few words.", unit="text")
    fact: Text = setting(..., "What was observed.", unit="text")
    sources: list[Text] = setting(..., "Keys of docs/references.bib.", unit="list")
    standing: Literal["set", "built in", "to compare"] = setting(
        ..., "Whether it can count for the model.", unit="name"
    )
    scenario: Text = setting(..., "The packaged scenario it is looked for in.", unit="name")
    arms: Text = setting(..., "What is run, and for how many months.", unit="text")
    reading: Text = setting(..., "What is looked at in the model.", unit="text")
    fairness: Text = setting(..., "Why this is a fair reading.", unit="text")
    number: list[DeclaredNumber] = setting(..., "Its numbers.", unit="list")

    @model_validator(mode="after")
    def _can_be_looked_for(self) -> Self:
        if self.name not in LOOKS:
            raise ValueError(f"name = {self.name!r}: must be one of {', '.join(LOOKS)}")
        keys = [number.key for number in self.number]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice or not keys:
            said = f"{min(twice)!r} stands twice" if twice else "missing"
            raise ValueError(f"number: {said}; give each number once")
        return self


class DeclaredPatterns(Section):
    """All that is in patterns.toml."""

    pattern: list[DeclaredPattern] = setting(..., "The patterns.", unit="list")


def read_patterns(file: Path = DECLARED) -> tuple[Pattern, ...]:
    """The patterns in the order of the file.

    Raises
    ------
    partnersim.ScenarioError
        One message with file, key, value and what would be right.
    """
    return tuple(
        Pattern(
            name=p.name,
            title=p.title,
            fact=p.fact,
            sources=tuple(p.sources),
            standing=p.standing,
            family=p.scenario,
            arms=p.arms,
            reading=p.reading,
            fairness=p.fairness,
            look=LOOKS[p.name],
            bands={
                n.key: Band(
                    n.what,
                    -INFINITE if n.low is None else n.low,
                    INFINITE if n.high is None else n.high,
                    n.why,
                    n.span,
                )
                for n in p.number
            },
        )
        for p in read(DeclaredPatterns, file).pattern
    )


PATTERNS = read_patterns()
"""The patterns, in order."""
