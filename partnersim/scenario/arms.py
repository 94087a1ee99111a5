"""Ready arms: changes to a scenario that people want to compare, by name.

An arm is the scenario as it stands with some changes; all else is the same, random numbers too.
Each remedy moves ONE lever, so that its effect is its own. A lever moves in month 0: before that,
and so where they come from, both are alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from partnersim.scenario.assignments import parse_arm
from partnersim.scenario.declarations import LEVERS, Intervention
from partnersim.scenario.errors import ScenarioError, shown, suggest
from partnersim.scenario.paths import replace
from partnersim.scenario.scenario import Scenario

HOSTED_IMPARTIALITY = 0.7
"""Chance that the hosted coordinator of the ready arm serves the partnership in a meeting."""

REMEDIES = {
    "joint_away_days": 6.0,
    "partnership_managed_teams": 0.9,
    "delegated_authority": 0.9,
    "issue_avoidance": 0.1,
}
"""The four remedies as levers. Own away days stay: one lever for one arm."""


@dataclass(frozen=True)
class Arm:
    """One ready arm.

    Parameters
    ----------
    name
        What it is called on the command line.
    sentence
        What it changes, in plain words.
    changes
        The dotted paths and values that `replace` takes, for a given scenario.
    """

    name: str
    sentence: str
    changes: Callable[[Scenario], dict[str, Any]]


def arm(scenario: Scenario, text: str) -> tuple[str, Scenario]:
    """Make the scenario of one arm.

    Parameters
    ----------
    scenario
        The scenario as it stands.
    text
        The name of a ready arm, or ``'NAME: KEY=VALUE; KEY=VALUE'``.

    Returns
    -------
    tuple[str, Scenario]
        The name of the arm, and the scenario with its changes.

    Raises
    ------
    ScenarioError
        If there is no such ready arm, with the nearest one; or if a change is wrong.
    """
    if text.strip() in READY_ARMS:
        name = text.strip()
        changes = READY_ARMS[name].changes(scenario)
    elif ":" in text or "=" in text or not text.strip():
        name, changes = parse_arm(text)
    else:
        typed = shown(text.strip())
        own = "an arm of your own is written 'NAME: KEY=VALUE; KEY=VALUE'"
        near = suggest(text.strip()[:60], list(READY_ARMS))
        raise ScenarioError(f"arm {typed}: no ready arm has this name ({own}); {near}")
    try:
        return name, beside(scenario, replace(scenario, changes))
    except ScenarioError as error:
        raise ScenarioError(f"arm {name!r}: {error}") from None


def beside(base: Scenario, arm: Scenario) -> Scenario:
    """Let the levers in which an arm differs from its base move in month 0, as interventions.

    A place that always worked so would come from elsewhere: it would be at rest with more trust, or
    less, before anything is compared. Arms with other organisations are left as they are.
    """
    all_names = base.organisation_names
    if arm.organisation_names != all_names:
        return arm
    moved: dict[tuple[str, float], list[str]] = {}
    for lever in LEVERS:
        for name, was, now in zip(all_names, in_force(base, lever), in_force(arm, lever), strict=True):
            if now != was:
                moved.setdefault((lever, now), []).append(name)
    if not moved:
        return arm
    begun = [
        Intervention(lever=lever, value=value, organisations=[] if names == all_names else names)
        for (lever, value), names in moved.items()
    ]
    own = {organisation.name: organisation.ways_of_working for organisation in base.organisations}
    organisations = [
        organisation.model_copy(update={"ways_of_working": own[organisation.name]})
        for organisation in arm.organisations
    ]
    return arm.model_copy(
        update={
            "ways_of_working": base.ways_of_working,
            "organisations": organisations,
            "interventions": [*arm.interventions, *(one for one in begun if one not in arm.interventions)],
        }
    )


def in_force(scenario: Scenario, lever: str) -> list[float]:
    """Return a lever's value in each organisation before any intervention: its own, else everybody's."""
    usual = getattr(scenario.ways_of_working, lever)
    if scenario.drawn:
        return [usual] * scenario.n_organisations
    own = [getattr(organisation.ways_of_working, lever) for organisation in scenario.organisations]
    return [usual if value is None else value for value in own]


def _hosted_coordinator(scenario: Scenario) -> dict[str, Any]:
    """Employ the same coordinator at the first organisation."""
    host = scenario.organisation_names[0]
    hosted = {"name": "coordinator", "host": host, "impartiality": HOSTED_IMPARTIALITY}
    return {"coordinators": [hosted]}


def _levers(*names: str) -> Callable[[Scenario], dict[str, Any]]:
    """Set levers of `REMEDIES` for all organisations.

    An organisation's own value of such a lever is cleared, so that the arm holds for it too; so
    does an intervention of the scenario that sets it.
    """

    def changes(scenario: Scenario) -> dict[str, Any]:
        found: dict[str, Any] = {f"ways_of_working.{name}": REMEDIES[name] for name in names}
        for organisation in scenario.organisations:
            for name in names:
                if getattr(organisation.ways_of_working, name) is not None:
                    found[f"organisations.{organisation.name}.ways_of_working.{name}"] = None
        return found

    return changes


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


READY_ARMS: dict[str, Arm] = {
    ready.name: ready
    for ready in (
        Arm(
            "coordinator",
            "One coordinator, employed by none of the organisations, from the first month; "
            "any other is replaced.",
            lambda _: {"coordinators": [{"name": "coordinator"}]},  # by default independent, and impartial
        ),
        Arm("no-coordinator", "Nobody is appointed to coordinate.", lambda _: {"coordinators": []}),
        Arm(
            "hosted-coordinator",
            "One coordinator, employed by the first organisation of the scenario and acting for "
            f"the partnership in {_percent(HOSTED_IMPARTIALITY)} of meetings (impartiality "
            f"{HOSTED_IMPARTIALITY}); any other is replaced.",
            _hosted_coordinator,
        ),
        Arm(
            "joint-away-days",
            f"{REMEDIES['joint_away_days']:g} away days a year are held jointly.",
            _levers("joint_away_days"),
        ),
        Arm(
            "partnership-managed-teams",
            f"The partnership manages {_percent(REMEDIES['partnership_managed_teams'])} of the "
            "teams at work on the change.",
            _levers("partnership_managed_teams"),
        ),
        Arm(
            "delegated-authority",
            f"{_percent(REMEDIES['delegated_authority'])} of decisions are taken at the "
            "partnership's own table.",
            _levers("delegated_authority"),
        ),
        Arm(
            "challenge",
            f"Only {_percent(REMEDIES['issue_avoidance'])} of relationship issues are avoided; the "
            "others are raised.",
            _levers("issue_avoidance"),
        ),
        Arm(
            "all-remedies",
            "Joint away days, partnership-managed teams, delegated authority and challenge together.",
            _levers(*REMEDIES),
        ),
    )
}
"""The ready arms, by name, in the order in which to show them."""
