"""How each pattern is looked for: one function a pattern, from a scenario to its numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from experiments.declared import read
from experiments.patterns.estimates import Estimate, Floats, Found, correlation, ratio_of_means, variation
from experiments.patterns.runs import Look
from partnersim.model.trust import take_in
from partnersim.runs.measures import find_first_month
from partnersim.scenario.declarations import Section, Text, setting
from partnersim.scenario.scenario import Scenario

YEAR = 12
INFINITE = math.inf


SURVEY_ERROR, STRENGTHS, UNLIKE = range(3)
"""What chance that is no part of the model is for."""


def mean_of_months(series: Floats, first: int, last: int) -> Floats:
    """Each replicate's mean over some months, both included."""
    means: Floats = series[:, first : last + 1].mean(axis=1)
    return means


# --- Places that are not the scenario as it is ------------------------------------------------------

DECLARED = Path(__file__).resolve().parent.parent / "tuning" / "patterns.toml"


class Unlike(Section):
    """How places differ that differ in all ways."""

    scenario: Text = setting(..., "The packaged scenario that they are made of.", unit="name")
    between: dict[str, tuple[float, float]] = setting(..., "Paths and the ends of what is drawn.")
    times: dict[str, tuple[float, float]] = setting({}, "Paths and the ends of what they are multiplied by.")


class Kinds(Section, extra="ignore"):
    """Two kinds of places that are not packaged."""

    unlike: Unlike = setting(..., "Unlike places.", unit="table")
    harsh: dict[str, float] = setting(..., "What harsh settings set; a star is every organisation.")


@cache
def kinds() -> Kinds:
    """The kinds as patterns.toml has them."""
    return read(Kinds, DECLARED)


def unlike_places(scenario: Scenario, look: Look) -> list[Scenario]:
    """A place for each replicate, unlike the others in all that `patterns.toml` names."""
    told, drawn = kinds().unlike, {}
    for number, (path, (low, high)) in enumerate(told.between.items()):
        values = low + (high - low) * look.uniform(UNLIKE, number)
        is_whole = path == "drawn.n_organisations"
        drawn[path] = np.round(values).astype(int).tolist() if is_whole else values.tolist()
    for number, (path, (low, high)) in enumerate(told.times.items(), start=len(drawn)):
        factor = low * (high / low) ** look.uniform(UNLIKE, number)
        section, _, name = path.partition(".")
        drawn[path] = (getattr(getattr(scenario, section), name) * factor).tolist()
    return [scenario.replace(dict(zip(drawn, row, strict=True))) for row in zip(*drawn.values(), strict=True)]


def harsh(scenario: Scenario) -> Scenario:
    """The same place in harsh, voluntary settings."""
    names = [o.name for o in scenario.organisations]
    return scenario.replace(
        {
            path.replace("*", name): value
            for path, value in kinds().harsh.items()
            for name in (names if "*" in path else ("",))
        }
    )


def is_gone(series: Floats) -> Floats:
    """Whether a partnership has collapsed by the last month: nobody promises anything."""
    return (series[:, -1] == 0.0).astype(float)


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
    """A2: years to major milestones, and an ordinary initiative within one."""
    r = look.run(scenario, 120, "change_delivered", "initiatives_completed", "months_of_completed")
    months = find_first_month(r["change_delivered"] >= 0.25)
    months = np.where(np.isnan(months), INFINITE, months)
    n_done = np.diff(r["initiatives_completed"][:, : 2 * YEAR + 1])
    ages = np.diff(r["months_of_completed"][:, : 2 * YEAR + 1]) / np.maximum(n_done, 1.0)
    begun = np.arange(1, 2 * YEAR + 1) - ages
    is_quick = (n_done > 0.0) & (ages <= YEAR) & (begun >= 0.0) & (begun <= YEAR)
    return {
        "median months": look.estimate(np.median, months),
        "first gain in a year": look.mean(is_quick.any(axis=1).astype(float)),
    }


SURVEY_RELIABILITY = 0.8
"""Of published scales of trust, about. Not the model's own survey noise: else a tuning could buy
a lower correlation with a noisier survey."""


def look_at_trust_and_performance(scenario: Scenario, look: Look) -> Found:
    """A3: trust surveyed at year 2 against change delivered by year 5, over unlike places."""
    r = look.run_each(unlike_places(scenario, look), 60, "trust", "change_delivered")
    trust, delivered = r["trust"][:, 24], r["change_delivered"][:, 60]
    error = trust.std() * math.sqrt(1.0 / SURVEY_RELIABILITY - 1.0)
    surveyed = trust + error * look.normal(SURVEY_ERROR)
    found = {"correlation": look.estimate(correlation, surveyed, delivered)}
    if look.beside:
        alike = look.run(scenario, 60, "trust", "change_delivered")
        found["without error of the survey"] = look.estimate(correlation, trust, delivered)
        found["in places that differ in luck alone, without error"] = look.estimate(
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

    middle, ends = ratio(0.5), (ratio(0.2) + ratio(0.8)) / 2.0
    excess = (ends - 1.0) / (middle - 1.0) if middle > 1.0 else math.nan
    return {"loss to gain at .5": Estimate(middle), "excess at the ends": Estimate(excess)}


STARTS = (0.5, 0.4, 0.6)
"""Contributions that are stated for the start; the first decides."""


def left_alone(scenario: Scenario, start: float = STARTS[0]) -> Scenario:
    """Nobody comes to see the vision as their own: what is left is each one's own incentive."""
    return scenario.replace(
        {
            "commitment.identification": 0.0,
            "mechanisms.results": False,
            "coordinators": [],
            "emergence.rate": 0.0,
            "starting.contribution": start,
        }
    )


def look_at_those_left_alone(scenario: Scenario, look: Look) -> Found:
    """A5: contributions fall from a stated start, and not to zero; the rival rule beside."""
    arms = {"": left_alone(scenario)}
    if look.beside:
        arms |= {f"from {start:g}: ": left_alone(scenario, start) for start in STARTS[1:]}
        arms["rival rule: "] = arms[""].replace({"decision.rule": "conditional"})
    found: Found = {}
    for words, place in arms.items():
        given = look.run(place, 60, "contribution")["contribution"]
        in_year_5 = mean_of_months(given, 49, 60)
        found[f"{words}fall"] = look.mean(in_year_5 - given[:, 0])
        found[f"{words}year 5"] = look.mean(in_year_5)
    return found


# --- A6 to A8: face to face, caucus, who employs the facilitator ----------------------------------

GROUP_SIZES = (3, 6, 12)


def look_at_face_to_face(scenario: Scenario, look: Look) -> Found:
    """A6: one joint day against one document, in small and large groups."""
    joint, written = {}, {}
    for n in GROUP_SIZES:
        group = scenario.replace({"drawn.n_organisations": n})
        base = cooperation(group, look)
        joint[n] = cooperation(once(group, "joint_away_days"), look) - base
        written[n] = cooperation(once(group, "circulated_vision"), look) - base
    small, usual, large = GROUP_SIZES

    def rise(a: Floats, b: Floats, c: Floats, d: Floats, axis: int) -> Any:
        return ratio_of_means(a, b, axis) - ratio_of_means(c, d, axis)

    return {
        "ratio": look.estimate(ratio_of_means, joint[usual], written[usual]),
        "rise": look.estimate(rise, joint[large], written[large], joint[small], written[small]),
    }


def once(scenario: Scenario, lever: str) -> Scenario:
    """One day, or one document, in the seventh month."""
    dose = {"lever": lever, "value": 12.0, "from_month": 6, "to_month": 7}
    return scenario.replace({"interventions": [*scenario.interventions, dose]})


def cooperation(scenario: Scenario, look: Look) -> Floats:
    """Mean contribution in the half-year after it, of each replicate."""
    return mean_of_months(look.run(scenario, 12, "contribution")["contribution"], 7, 12)


def look_at_caucus(scenario: Scenario, look: Look) -> Found:
    """A7: separate pre-meetings where interests are near and where they are far apart."""
    names = ("contribution", "waiting", "change_delivered")
    effects = {}
    for diversity in (0.2, 0.8):
        near_or_far = scenario.replace({"drawn.objective_diversity": diversity})
        # As an intervention: a way of working that had always been there would change the start.
        none = near_or_far.replace({"ways_of_working.separate_pre_meetings": 0.0})
        all_of_them = {"lever": "separate_pre_meetings", "value": 1.0}
        r = [
            look.run(place, 24, *names)
            for place in (none, none.replace({"interventions": [*none.interventions, all_of_them]}))
        ]
        of_levels = [mean_of_months(r[1][n], 13, 24) - mean_of_months(r[0][n], 13, 24) for n in names[:2]]
        pace = [each["change_delivered"][:, 24] - each["change_delivered"][:, 12] for each in r]
        effects[diversity] = (*of_levels, pace[1] - pace[0])
    near, far = effects[0.2], effects[0.8]
    given, waiting, pace_of_work = ((a + b) / 2.0 for a, b in zip(near, far, strict=True))
    return {
        "effect": look.mean(given),
        "interaction": look.mean(far[0] - near[0]),
        "consent": look.mean(waiting),
        "pace": look.mean(pace_of_work),
    }


def look_at_hosting(scenario: Scenario, look: Look) -> Found:
    """A8: a coordinator employed by one of them, more or less impartial, against an independent."""
    if not look.beside:
        return {}
    host = scenario.organisation_names[0]
    arms = {
        "none": [],
        "independent": [{"name": "coordinator"}],
        "impartial": [{"name": "coordinator", "host": host}],
        "half": [{"name": "coordinator", "host": host, "impartiality": 0.5}],
    }
    change = {
        arm: look.run(scenario.replace({"coordinators": coordinators}), 60, "change_delivered")
        for arm, coordinators in arms.items()
    }
    effect = {arm: r["change_delivered"][:, 60] for arm, r in change.items()}
    effect = {arm: values - effect["none"] for arm, values in effect.items()}
    return {
        "impartial": look.estimate(ratio_of_means, effect["impartial"], effect["independent"]),
        "half": look.estimate(ratio_of_means, effect["half"], effect["independent"]),
        "effect of an independent coordinator on change": look.mean(effect["independent"]),
    }


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

    found = {"correlation": look.estimate(correlation, strengths, at["trust"]), "after": left("trust")}
    for name in names[1:] if look.beside else ():
        words = name.replace("_", " ")
        found[f"correlation with {words} alone"] = look.estimate(correlation, strengths, at[name])
        found[f"{words} after withdrawal"] = left(name)
    return found


SHOCK = 36
SHOCK_ENDS = SHOCK + 12
SETTLED = SHOCK_ENDS + 6


def look_at_a_common_shock(scenario: Scenario, look: Look) -> Found:
    """A10: level and slope of the outcome after a crisis, against the same place without it."""
    crisis = {"type": "common_crisis", "month": SHOCK, "months": SHOCK_ENDS - SHOCK}
    without = look.run(scenario, 96, "outcome")
    shaken = look.run(scenario.replace({"events": [*scenario.events, crisis]}), 96, "outcome")
    years = (np.arange(SETTLED, 97) - SHOCK_ENDS) / YEAR
    apart = (shaken["outcome"] - without["outcome"])[:, SETTLED:]
    slope, level = np.polyfit(years, apart.T, 1)
    return {"level": look.mean(level), "slope": look.mean(slope)}


# --- A11 to A13: how places differ, who leaves, demand --------------------------------------------


def look_at_spread(scenario: Scenario, look: Look) -> Found:
    """A11: how unlike places fare in three years."""

    def effect(r: Mapping[str, Floats]) -> Floats:
        return np.asarray(r["outcome_alone"][:, 36] - r["outcome"][:, 36])

    unlike = effect(look.run_each(unlike_places(scenario, look), 36, "outcome", "outcome_alone"))
    found = {"variation": look.estimate(variation, unlike)}
    if look.beside:
        alike = effect(look.run(scenario, 36, "outcome", "outcome_alone"))
        found["mean effect"] = look.mean(unlike)
        found["5th percentile"] = look.estimate(partial(np.quantile, q=0.05), unlike)
        found["95th percentile"] = look.estimate(partial(np.quantile, q=0.95), unlike)
        found["variation in places that differ in luck alone"] = look.estimate(variation, alike)
    return found


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


# --- A14 to A20: what is completed, who fails, how long it takes ------------------------------------


def look_at_completion(scenario: Scenario, look: Look) -> Found:
    """A14: of what ends in ten years, how much was completed."""
    r = look.run(scenario, 120, "initiatives_completed", "initiatives_abandoned")
    done, given_up = (r[name][:, 120] for name in ("initiatives_completed", "initiatives_abandoned"))
    return {"completed": look.estimate(ratio_of_means, done, done + given_up)}


PACKAGED = ("two-organisations", "drawn")
"""Places, beside the one that is looked at, in which partnerships are to last."""


def look_at_failure(scenario: Scenario, look: Look) -> Found:
    """A15: places that are gone after five years, in harsh settings and in packaged ones."""
    months = 5 * YEAR
    gone = {"harsh": is_gone(look.run(harsh(scenario), months, "contribution")["contribution"])}
    packaged = [scenario]
    for name in PACKAGED:
        same = {section: getattr(scenario, section) for section in TUNED}
        packaged.append(Scenario.load(name).model_copy(update=same))
    worst = max(
        (is_gone(look.run(place, months, "contribution")["contribution"]) for place in packaged),
        key=lambda each: float(each.mean()),
    )
    return {"harsh": look.mean(gone["harsh"]), "packaged": look.mean(worst)}


TUNED = ("trust", "relations", "decision", "commitment", "pressure", "turnover", "place")
"""Sections of a scenario that say how partnerships work, and not what one of them is like."""

BOARDS = 6


def look_at_deciding(scenario: Scenario, look: Look) -> Found:
    """A17: months that boards take to agree, by the chance of consent that they have each month."""
    bound = scenario.replace({"ways_of_working.binding_agreement": 1.0})
    chances = look.consent_chances(scenario, YEAR)
    one, six = months_to_agree(chances, 1), months_to_agree(chances, BOARDS)
    framed = months_to_agree(look.consent_chances(bound, YEAR), BOARDS)

    def growth(several: Floats, alone: Floats, axis: int) -> Any:
        return np.log(ratio_of_means(several, alone, axis)) / math.log(BOARDS)

    return {
        "one board": look.mean(one),
        "six boards": look.mean(six),
        "growth": look.estimate(growth, six, one),
        "framework": look.estimate(ratio_of_means, six, framed),
    }


LONGEST_WAIT = 240


def months_to_agree(chances: Floats, n: int) -> Floats:
    """Mean months until n like boards have agreed: float64[replicate] of float64[replicate, board].

    A yes stands, so that it is the longest of n waits: sum over months of 1 - (1 - (1 - p)^t)^n.
    """
    months = np.arange(LONGEST_WAIT)
    not_yet = (1.0 - chances)[..., np.newaxis] ** months
    waits: Floats = (1.0 - (1.0 - not_yet) ** n).sum(axis=-1).mean(axis=-1)
    return waits


def look_at_slips(scenario: Scenario, look: Look) -> Found:
    """A18: how long completed initiatives took, against what was planned for them."""
    r = look.run(scenario, 120, "months_of_completed", "planned_months_of_completed")
    actual, planned = (r[name][:, 120] for name in ("months_of_completed", "planned_months_of_completed"))
    slip = np.divide(actual, planned, out=np.full_like(actual, INFINITE), where=planned > 0.0)
    return {"slip": look.estimate(np.median, slip)}


def look_at_what_lasts(scenario: Scenario, look: Look) -> Found:
    """A19: how much of what is begun is done, and how much of it brings benefit."""
    names = (
        "initiatives_completed",
        "initiatives_abandoned",
        "initiatives_under_way",
        "vision_realised",
        "change_delivered",
    )
    r = look.run(scenario, 120, *names)
    done, given_up, under_way, realised, delivered = (r[name][:, 120] for name in names)
    return {
        "completed of begun": look.estimate(ratio_of_means, done, done + given_up + under_way),
        "benefit kept": look.estimate(ratio_of_means, realised, delivered),
    }


def look_at_endings(scenario: Scenario, look: Look) -> Found:
    """A20: yearly rate at which places are gone in five years."""
    if not look.beside:
        return {}

    def a_year(gone: Floats, axis: int) -> Any:
        return 1.0 - (1.0 - gone.mean(axis=axis)) ** (1.0 / 5.0)

    return {
        key: look.estimate(a_year, is_gone(look.run(place, 5 * YEAR, "contribution")["contribution"]))
        for key, place in (("harsh a year", harsh(scenario)), ("packaged a year", scenario))
    }


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
    "A14": look_at_completion,
    "A15": look_at_failure,
    "A17": look_at_deciding,
    "A18": look_at_slips,
    "A19": look_at_what_lasts,
    "A20": look_at_endings,
}
