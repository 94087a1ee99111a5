"""The thirteen patterns that the model is held against, each with bands fixed beforehand.

A pattern is a published fact, a scenario in which to look for it, the numbers to look at and, for
each, the band in which it counts as found. Bands come from the sources or, where these give a
direction only, from the judgement written beside them; they were fixed before any run was seen and
are not to be moved to make a run pass. What has no band is shown beside, for the reader.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import partnersim
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
from partnersim.core.meetings import take_in, weight_of_bad_news
from partnersim.results import Results
from partnersim.scenario import Scenario
from partnersim.scenario_files import first_months

YEAR = 12
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
    """How hard to look: seed, replicates, and resamples for the intervals."""

    seed: int = 1
    replicates: int = 200
    resamples: int = N_RESAMPLES

    def run(self, scenario: Scenario, months: int, *series: str, **options: Any) -> Results:
        """Run the first months of a scenario and keep some series."""
        short = first_months(scenario, months)
        return partnersim.run(short, self.replicates, self.seed, series=series, **options)

    def run_each(self, scenarios: list[Scenario], months: int, *series: str) -> list[Results]:
        """Run a scenario of its own for each replicate."""
        return [
            partnersim.run(
                first_months(scenario, months), 1, self.seed,
                series=series, first_replicate=r, workers=1,
            )
            for r, scenario in enumerate(scenarios)
        ]  # fmt: skip

    def rng(self, purpose: int) -> np.random.Generator:
        """Chance that is no part of the model: a place's resources, a survey's error."""
        return np.random.default_rng([self.seed, purpose])

    def estimate(self, statistic: Callable[..., float], *columns: Floats) -> Estimate:
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
    look
        Finds the numbers in a scenario: those of the bands, and some to show beside.
    """

    name: str
    title: str
    fact: str
    sources: tuple[str, ...]
    standing: str
    family: str
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
    perceived = r.series["perceived_joint_working"]
    is_up = (mean_of_months(perceived, 12, 24) > perceived[:, 0]).astype(float)
    avoided = r.series["outcome_alone"][:, 24] - r.series["outcome"][:, 24]
    return {
        "share up": look.mean(is_up),
        "demand avoided": look.mean(avoided),
        "correlation": look.estimate(correlation, perceived[:, 24], avoided),
    }


def look_at_pace(scenario: Scenario, look: Look) -> Found:
    """A2: years to major milestones, and first gains within one."""
    r = look.run(scenario, 120)
    months = np.where(np.isnan(r.measures["months_to_25"]), INFINITE, r.measures["months_to_25"])
    first = r.measures["months_to_first_initiative"]
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
    rng = look.rng(3)
    resources = VARIED_TIMES ** rng.uniform(-1.0, 1.0, look.replicates)
    difficulty = VARIED_TIMES ** rng.uniform(-1.0, 1.0, look.replicates)
    places = [
        scenario.replace(
            {f"organisations.{o.name}.capacity": o.capacity * more for o in scenario.organisations}
            | {"vision.size": scenario.vision.size * harder}
        )
        for more, harder in zip(resources, difficulty, strict=True)
    ]
    runs = look.run_each(places, 60, "trust")
    trust = np.array([r.series["trust"][0, 24] for r in runs])
    delivered = np.array([r.measures["change_delivered"][0] for r in runs])
    error = trust.std() * math.sqrt(1.0 / SURVEY_RELIABILITY - 1.0)
    surveyed = trust + error * rng.standard_normal(look.replicates)
    alike = look.run(scenario, 60, "trust")
    return {
        "correlation": look.estimate(correlation, surveyed, delivered),
        "without error of the survey": look.estimate(correlation, trust, delivered),
        "in places with the same resources and difficulty, without error": look.estimate(
            correlation, alike.series["trust"][:, 24], alike.measures["change_delivered"]
        ),
    }


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


def largest_rise(years: Floats) -> float:
    """Largest rise of the mean from one year to the next, of float64[replicate, year]."""
    return float(np.diff(years.mean(axis=0)).max())


def look_at_those_left_alone(scenario: Scenario, look: Look) -> Found:
    """A5: contributions decline, and not to zero; the rival rule beside."""
    found: Found = {}
    for rule, words in (("stake", ""), ("conditional", "rival rule: ")):
        alone = left_alone(scenario).replace({"decision.rule": rule})
        series = look.run(alone, 60, "contribution").series["contribution"]
        years = np.stack([mean_of_months(series, 12 * k + 1, 12 * k + 12) for k in range(5)], 1)
        found[f"{words}largest rise"] = look.estimate(largest_rise, years)
        found[f"{words}year 5"] = look.mean(years[:, 4])
        found[f"{words}year 1"] = look.mean(years[:, 0])
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

    def rise(a: Floats, b: Floats, c: Floats, d: Floats) -> float:
        return ratio_of_means(a, b) - ratio_of_means(c, d)

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
    return mean_of_months(look.run(scenario, 12, "contribution").series["contribution"], 7, 12)


def look_at_caucus(scenario: Scenario, look: Look) -> Found:
    """A7: separate pre-meetings where interests are near and where they are far apart."""
    effects = {}
    for diversity in (0.2, 0.8):
        second_year = []
        for share in (0.0, 1.0):
            arm = scenario.replace(
                {
                    "drawn.objective_diversity": diversity,
                    "ways_of_working.separate_pre_meetings": share,
                }
            )
            series = look.run(arm, 24, "contribution").series["contribution"]
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
    arms = {"none": [], "independent": [{"name": "coordinator"}]} | {
        f"hosted, {x:g}": [{"name": "coordinator", "host": host, "impartiality": x}]
        for x in IMPARTIALITIES
    }
    change, pressure = {}, {}
    for arm, coordinators in arms.items():
        r = look.run(scenario.replace({"coordinators": coordinators}), 60, detail=True)
        change[arm] = r.measures["change_delivered"]
        pressure[arm] = r.by_organisation("target_pressure")[:, 49:, 0].mean(axis=1)
    effect = {arm: values - change["none"] for arm, values in change.items()}
    found = {
        "impartial": look.estimate(ratio_of_means, effect["hosted, 1"], effect["independent"]),
        "half": look.estimate(ratio_of_means, effect["hosted, 0.5"], effect["independent"]),
        "effect of an independent coordinator on change": look.mean(effect["independent"]),
    }
    for x in IMPARTIALITIES:
        found[f"effect on change of a hosted one, impartiality {x:g}"] = look.mean(
            effect[f"hosted, {x:g}"]
        )
    found["pressure on the host in year 5, impartiality 0.5 against independent"] = look.mean(
        pressure["hosted, 0.5"] - pressure["independent"]
    )
    return found


# --- A9 and A10: formal rules, and a common shock -------------------------------------------------


def look_at_agreements(scenario: Scenario, look: Look) -> Found:
    """A9: agreements of any strength while they stand; and one that is withdrawn."""
    lever = "ways_of_working.binding_agreement"
    strengths = look.rng(9).uniform(0.0, 1.0, look.replicates)
    names = ("trust", "goodwill_trust", "competence_trust")
    runs = look.run_each([scenario.replace({lever: float(f)}) for f in strengths], 24, *names)
    at = {name: np.array([r.series[name][0, 24] for r in runs]) for name in names}
    stands = {"lever": "binding_agreement", "value": 0.8, "from_month": 0, "to_month": 36}
    never = look.run(scenario.replace({lever: 0.0}), 42, *names).series
    withdrawn = look.run(
        scenario.replace({lever: 0.0, "interventions": [*scenario.interventions, stands]}),
        42,
        *names,
    ).series

    def left(name: str) -> Estimate:
        after = mean_of_months(withdrawn[name], 37, 42) - mean_of_months(never[name], 37, 42)
        return look.mean(after)

    return {
        "correlation": look.estimate(correlation, strengths, at["trust"]),
        "after": left("trust"),
        "correlation with goodwill alone": look.estimate(
            correlation, strengths, at["goodwill_trust"]
        ),
        "correlation with competence trust": look.estimate(
            correlation, strengths, at["competence_trust"]
        ),
        "goodwill after withdrawal": left("goodwill_trust"),
        "competence trust after withdrawal": left("competence_trust"),
    }


SHOCK = 36
SHOCK_ENDS = SHOCK + 12
SETTLED = SHOCK_ENDS + 6


def look_at_a_common_shock(scenario: Scenario, look: Look) -> Found:
    """A10: level and slope of the outcome after a crisis, against the same place without it."""
    crisis = {"type": "common_crisis", "month": SHOCK, "months": SHOCK_ENDS - SHOCK}
    names = ("outcome", "contribution")
    without = look.run(scenario, 96, *names).series
    shaken = look.run(scenario.replace({"events": [*scenario.events, crisis]}), 96, *names).series
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
    effect = look.run(scenario, 36).measures["outcome_effect"]
    return {
        "variation": look.estimate(variation, effect),
        "mean effect": look.mean(effect),
        "5th percentile": look.estimate(lambda x: np.quantile(x, 0.05), effect),
        "95th percentile": look.estimate(lambda x: np.quantile(x, 0.95), effect),
    }


LEAVES = 36


def look_at_leaving(scenario: Scenario, look: Look) -> Found:
    """A12: a manager, or a coordinator, leaves those with one contact and those with two."""
    leader, coordinator = {}, {}
    for links in (1, 2):
        place = scenario.replace({"ways_of_working.cross_links": links})
        event = {
            "type": "leader_leaves", "month": LEAVES, "layer": "management",
            "organisation": scenario.organisation_names[0],
        }  # fmt: skip
        stays = half_year_after(place, look, "trust_management")
        goes = half_year_after(
            place.replace({"events": [*place.events, event]}), look, "trust_management"
        )
        leader[links] = goes - stays
        at_work = [
            half_year_after(
                place.replace({"coordinators": [{"name": "coordinator", "to_month": until}]}),
                look, "trust",
            )
            for until in (600, LEAVES)
        ]  # fmt: skip
        coordinator[links] = at_work[1] - at_work[0]
    return {
        "loss": look.mean(leader[1]),
        "ratio": look.estimate(ratio_of_means, leader[2], leader[1]),
        "a coordinator leaves, one contact": look.mean(coordinator[1]),
        "a coordinator leaves, two contacts": look.mean(coordinator[2]),
    }


def half_year_after(scenario: Scenario, look: Look, series: str) -> Floats:
    """Mean of a series in the half-year after somebody may have left."""
    return mean_of_months(
        look.run(scenario, LEAVES + 6, series).series[series], LEAVES + 1, LEAVES + 6
    )


def look_at_demand(scenario: Scenario, look: Look) -> Found:
    """A13: demand without any partnership."""
    alone = look.run(scenario, 60, "outcome_alone").series["outcome_alone"]
    return {"growth": look.mean(alone[:, 60] - alone[:, 0])}


# --- The patterns ---------------------------------------------------------------------------------

PATTERNS = (
    Pattern(
        name="A1",
        title="Seen to improve, and is not",
        fact="Nine areas in ten said that joint working had improved while planned outcomes were "
        "missed.",
        sources=("nao2017", "pac2017"),
        standing="to compare",
        family="integrated-care",
        reading="Share of places whose perceived joint working, mean of months 12 to 24, is above "
        "that of month 0; demand avoided at month 24; correlation of the two over places then.",
        fairness="The fact is what areas answered after a year or two of a programme. The survey's "
        "chance error is as large for month 0 as later, and the mean over a year hides most of it. "
        "It could have been asked of organisations, not places; and 'missed' is against a plan, "
        "which the model has not: here it is 'too small to be seen in a year's demand'.",
        bands={
            "share up": Band(
                "share of places in which it is perceived to improve", 0.75, 1.0,
                "90 % said so; bound as given with the fact",
            ),
            "demand avoided": Band(
                "demand avoided at month 24, of 100", -1.15, 1.15,
                "judgement: at most half of a year's growth of demand (2.3 %), so that a count of "
                "one year would hardly show it",
            ),
            "correlation": Band(
                "correlation of the two over places at month 24", -1.0, 0.3,
                "bound as given with the fact",
            ),
        },
        look=look_at_perception,
    ),
    Pattern(
        name="A2",
        title="Four years to milestones",
        fact="Partnerships took about 48 months to major milestones, English pioneers began to "
        "implement in year 4; single front-line gains came within about a year.",
        sources=("leach2002", "pioneers", "thistlethwaite2011"),
        standing="set",
        family="integrated-care",
        reading="Median months to a quarter of the change, never reached counting as never; share "
        "of places whose first initiative is completed within 12 months.",
        fairness="It sets the clock, by the size of the vision, and cannot count for the model. "
        "That a quarter is a 'major milestone' is this project's choice. The second number asks "
        "only that quick gains occur; Torbay was one place, and an able one.",
        bands={
            "median months": Band(
                "median months to a quarter of the change", 30.0, 60.0, "48, with a band as given"
            ),
            "first gain in a year": Band(
                "share of places with a completed initiative within 12 months", 0.1, 1.0,
                "judgement: 'can come' is taken as in one place of ten at least",
            ),
        },
        look=look_at_pace,
    ),
    Pattern(
        name="A3",
        title="Trust goes with performance",
        fact="Trust and performance go together moderately: .30 within teams, over 112 studies.",
        sources=("dejong2016",),
        standing="to compare",
        family="integrated-care",
        reading="Correlation over places of trust surveyed at month 24, with a reliability of .8, "
        "with change delivered by month 60; resources (capacity of all) and difficulty (size of "
        "the vision) each between 1/1.5 and 1.5 times the scenario's.",
        fairness="Studies compare teams that differ in more than trust, ask people, and find "
        "performance later. How much resources and difficulty differ between places decides much "
        "of the number and is a judgement; so both are shown beside. Concurrent performance, or "
        "single organisations in place of places, would have been other readings.",
        bands={
            "correlation": Band(
                "correlation of surveyed trust with later performance", 0.2, 0.4, "as given: .30"
            )
        },
        look=look_at_trust_and_performance,
    ),
    Pattern(
        name="A4",
        title="Bad news weighs more",
        fact="Losses of trust weigh more than gains, mostly where there is no settled view yet.",
        sources=("slovic1993", "poortinga2004"),
        standing="built in",
        family="integrated-care",
        reading="The model's own function for goodwill, given news .1 below and .1 above what is "
        "believed, at trust of .2, .5 and .8.",
        fairness="A check that what was built in is there; it is no evidence. The fact is about "
        "trust as a whole. Competence trust learns by another rule, without any settled view: "
        "what a broken promise takes against what a kept one gives is shown beside, and rises "
        "with trust.",
        bands={
            "loss to gain at .5": Band(
                "loss to gain at trust .5", 1.05, INFINITE, "above 1: the direction"
            ),
            "excess at the ends": Band(
                "excess over 1 at .2 and .8, against that at .5", -INFINITE, 0.95,
                "nearer to 1 at the ends: the direction",
            ),
        },
        look=look_at_losses,
    ),
    Pattern(
        name="A5",
        title="Left alone, people give less",
        fact="In experiments contributions begin at 40-60 % and decline, not to zero.",
        sources=("fischbacher2010", "amin2018"),
        standing="to compare",
        family="integrated-care",
        reading="Nobody identifies with the vision or is moved by small wins, commitment starts "
        "where organisations alone would have it, nobody coordinates: the largest rise of mean "
        "contribution from one year to the next in years 1 to 5, and its mean in year 5.",
        fairness="Players of these games have no vision to come to share, and keep seeing what "
        "others gave: so trust goes on, and identification does not. The start is an initial "
        "condition. A game of ten rounds is not five years: only the shape is compared.",
        bands={
            "largest rise": Band(
                "largest rise from one year to the next", -1.0, 0.005,
                "monotone decline; half a percentage point is left to chance",
                span=0.05,
            ),
            "year 5": Band(
                "mean contribution in year 5", 0.05, 0.40,
                "judgement: clearly above nothing, and below the 40 to 60 % where games begin",
            ),
        },
        look=look_at_those_left_alone,
    ),
    Pattern(
        name="A6",
        title="Face to face beats writing",
        fact="Face to face moved cooperation by d = 1.21, writing by d = 0.46; more so in larger "
        "groups.",
        sources=("balliet2010",),
        standing="built in",
        family="drawn",
        reading="One joint away day, or one document, in the seventh month: effect on mean "
        "contribution in the half-year after, joint over written, with 6 partners; and the ratio "
        "with 12 partners less that with 3.",
        fairness="The same dose, once, as in an experiment, and the same spread below both "
        "effects, so that their ratio is that of the d. The ratio of their effects on commitment "
        "is built in (2.63); what contact, trust and lost time add is not. A standing programme "
        "of days and documents would have been another reading. 'More so in larger groups' may "
        "also be read of d itself, which is shown beside.",
        bands={
            "ratio": Band("effect of a joint day over that of a document", 2.0, 3.0, "as given"),
            "rise": Band(
                "the ratio with 12 partners less that with 3", 0.0, INFINITE, "the direction"
            ),
        },
        look=look_at_face_to_face,
    ),
    Pattern(
        name="A7",
        title="Caucus hardens dealing",
        fact="Groups that meet alone beforehand deal more competitively, more so when conflict of "
        "interest is sharp.",
        sources=("wildschut2003",),
        standing="built in",
        family="drawn",
        reading="Separate pre-meetings before all meetings against none, where objectives are near "
        "(diversity .2) and far apart (.8): effect on mean contribution in the second year, and "
        "what it is more in the second case.",
        fairness="What is guarded in talk is built in; that contributions follow is not, as "
        "pre-meetings ease consent as well. The fact is about groups dealing with groups against "
        "persons dealing with persons, of which meeting alone beforehand is a part. Displayed talk "
        "or goodwill would have shown more, and would have been closer to what was put in.",
        bands={
            "effect": Band("effect on contribution", -1.0, 0.0, "the direction", span=0.05),
            "interaction": Band(
                "effect where objectives are far apart less that where near", -1.0, 0.0,
                "the direction", span=0.05,
            ),
        },
        look=look_at_caucus,
    ),
    Pattern(
        name="A8",
        title="Who employs the facilitator",
        fact="External facilitators did better than internal ones in 239 cases of public "
        "participation; 22 health networks showed no dominant form.",
        sources=("wastchak2013", "willem2013"),
        standing="to compare",
        family="integrated-care",
        reading="Effect on change delivered by month 60 of a coordinator employed by the first "
        "organisation, against that of an independent one: wholly impartial, and impartial in half "
        "of the meetings.",
        fairness="The facts compare who employs, not how they behave; impartiality is the model's "
        "way to say why it should matter. 'No dominant form' is read as: hosting as such need not "
        "harm. How the host fares (its pressure) is shown beside, for the fact gives no number.",
        bands={
            "impartial": Band(
                "effect of an impartial hosted one over an independent one's", 0.9, 1.1,
                "judgement: equal within a tenth",
            ),
            "half": Band(
                "the same for one impartial in half of the meetings", -INFINITE, 0.9,
                "judgement: worse by a tenth or more", span=0.5,
            ),
        },
        look=look_at_hosting,
    ),
    Pattern(
        name="A9",
        title="Rules: trust now, less after",
        fact="Formal rules go with trust while they stand, over 149 studies; withdrawn, they leave "
        "less trust than strangers have, in the laboratory.",
        sources=("cao2015", "malhotra2002"),
        standing="to compare",
        family="integrated-care",
        reading="Correlation over places of an agreement's strength, drawn between 0 and 1, with "
        "trust at month 24; trust in months 37 to 42 after a strong agreement (.8) of three years "
        "has ended, less that of places that never had one.",
        fairness="Trust is what people act on, which an agreement covers by construction: the "
        "first number is partly built in, and kinds of trust without that cover are shown beside. "
        "In surveys the arrow also runs from trust to agreements, which is not modelled. Right "
        "after withdrawal is where the experiment looked.",
        bands={
            "correlation": Band(
                "correlation of its strength with trust", 0.0, 1.0, "above 0: the direction"
            ),
            "after": Band(
                "trust after withdrawal less that of never having had one", -1.0, 0.0,
                "the direction", span=0.05,
            ),
        },
        look=look_at_agreements,
    ),
    Pattern(
        name="A10",
        title="A common shock lasts",
        fact="A shock with a common goal gave a lasting step, and a lower slope where the outcome "
        "is jointly managed.",
        sources=("schluter2016",),
        standing="to compare",
        family="integrated-care",
        reading="A crisis of twelve months from month 36 on: a line through the difference in "
        "demand to the same places without it, from six months after its end to month 96; its "
        "level at the end of the crisis, and its slope a year.",
        fairness="The source looked for change points of level and slope in counts of admissions. "
        "The same place without the crisis stands in for the trend before it; the crisis itself "
        "and the lag of benefit are left out, as is usual for interrupted series. One place was "
        "observed, which had begun to change years earlier.",
        bands={
            "level": Band(
                "step in demand, of 100", -INFINITE, 0.0, "the direction: a lasting fall", span=2.0
            ),
            "slope": Band(
                "change of its slope a year", -INFINITE, 0.0, "the direction: lower", span=0.5
            ),
        },
        look=look_at_a_common_shock,
    ),
    Pattern(
        name="A11",
        title="Like places fare unlike",
        fact="Sites under the same programme differed widely, from marked falls to a rise of 15 %.",
        sources=("nao2018",),
        standing="to compare",
        family="integrated-care",
        reading="Standard deviation over replicates of demand avoided at month 36, over its mean.",
        fairness="Replicates differ in luck alone and have the same organisations, so that real "
        "sites would differ more; on the other hand what was reported has demand's own noise in "
        "it, which the difference to the twin has not. A mean near zero makes the number large.",
        bands={
            "variation": Band(
                "standard deviation over mean of the three-year effect", 1.5, INFINITE, "as given"
            )
        },
        look=look_at_spread,
    ),
    Pattern(
        name="A12",
        title="Losing the only link hurts",
        fact="Ties are lost when the managers who hold them leave, less so where there is another "
        "relationship.",
        sources=("broschak2014", "rogan2014", "bermiss2016"),
        standing="built in",
        family="integrated-care",
        reading="The first organisation's manager leaves in month 36: trust between managements in "
        "the half-year after, against the same places where the manager stays, with one contact "
        "in each pair; and the loss with two contacts over that with one.",
        fairness="That more contacts dampen what is lost is built in. The facts are about ties "
        "that end, which is rare in the model; trust is what would end them. What a coordinator's "
        "leaving costs is shown beside: the coordinator is a link too.",
        bands={
            "loss": Band("change of trust when the manager leaves", -1.0, 0.0, "the direction",
                         span=0.05),
            "ratio": Band(
                "loss with two contacts over loss with one", 0.0, 0.75,
                "judgement: a second contact saves a quarter or more",
            ),
        },
        look=look_at_leaving,
    ),
    Pattern(
        name="A13",
        title="Demand grows by itself",
        fact="Demand for emergency care grew by 12 % in five years without any partnership.",
        sources=("morciano2021",),
        standing="set",
        family="integrated-care",
        reading="Growth of demand in five years in the twin without any partnership work.",
        fairness="A closed form of one parameter that was set by this number.",
        bands={
            "growth": Band("growth in five years, of 100", 11.0, 13.0, "12, within one point")
        },
        look=look_at_demand,
    ),
)  # fmt: skip
"""The patterns, in order."""
