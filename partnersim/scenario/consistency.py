"""Checks that the parts of a scenario fit together."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from partnersim.model.room import (
    MAX_COORDINATORS,
    MAX_DOMAINS,
    MAX_EVENTS,
    MAX_INITIATIVES,
    MAX_INTERVENTIONS,
    MAX_ORGANISATIONS,
    MAX_TARGETS,
)
from partnersim.scenario.declarations import NEEDS_DOMAIN, NEEDS_ORGANISATION, Partnership, lever_bound
from partnersim.scenario.errors import suggest

MAX_COMPLAINTS = 100  # there may be one for each of 10,000 entries, and looking for names takes time


def complaints(scenario: Partnership) -> Iterator[str]:
    """Find what does not fit together in a scenario: each as 'key = value: what would be right'."""
    if scenario.drawn and scenario.organisations:
        yield "drawn: organisations are either named one by one or drawn, not both"
    if not scenario.drawn and not scenario.organisations:
        yield "organisations: missing; give [[organisations]] or a [drawn] table"
        return
    known = scenario.organisation_names
    n = len(known)
    if not 2 <= n <= MAX_ORGANISATIONS:
        yield f"organisations: {n} given; a partnership has 2 to {MAX_ORGANISATIONS}"
        return
    if not 1 <= len(scenario.domains) <= MAX_DOMAINS:
        yield f"domains: {len(scenario.domains)} given; there may be 1 to {MAX_DOMAINS}"
    yield from _too_many(scenario)
    yield from _repeated("domains", scenario.domains)
    yield from _repeated("organisations", known)
    yield from _repeated("coordinators", [c.name for c in scenario.coordinators])

    start = scenario.calendar_start
    if start and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", start):
        yield f"calendar_start = {start!r}: must be a year and a month, as in '1998-04'"

    yield from _weights("vision.weights", scenario.vision.weights, scenario.domains, "domain")
    for organisation in scenario.organisations:
        at = f"organisations.{organisation.name}"
        others = [name for name in known if name != organisation.name]
        yield from _weights(f"{at}.objectives", organisation.objectives, scenario.domains, "domain")
        yield from _members(f"{at}.cultural_distance", organisation.cultural_distance, others)
        for target in organisation.targets:
            yield from _named(f"{at}.targets.domain", target.domain, scenario.domains, "domain")
            if target.origin == "national" and target.phase_months:
                yield (
                    f"{at}.targets.phase_months = {target.phase_months}: national targets share "
                    "one calendar; set pressure.national_phase_months instead"
                )
        for other in scenario.organisations:
            theirs = other.cultural_distance.get(organisation.name)
            ours = organisation.cultural_distance.get(other.name, theirs)
            if theirs is not None and theirs != ours:
                yield (
                    f"{at}.cultural_distance.{other.name} = {ours}: {other.name} gives {theirs}; "
                    "a distance is the same both ways, so state it once"
                )
    for number, initiative in enumerate(scenario.programme.initiatives, 1):
        at = f"programme.initiatives.{number}"
        yield from _weights(f"{at}.domains", initiative.domains, scenario.domains, "domain")
        yield from _members(f"{at}.members", initiative.members, known)
        yield from _repeated(f"{at}.members", initiative.members)
        yield from _members(f"{at}.harm", initiative.harm, initiative.members or known)
        if len(initiative.members) == 1:
            yield f"{at}.members = {initiative.members}: joint work needs two members at least"
    yield from _named("lead.organisation", scenario.lead.organisation, ["", *known])
    if scenario.lead.authority > 0 and not scenario.lead.organisation:
        yield f"lead.authority = {scenario.lead.authority}: no lead.organisation is named"
    for coordinator in scenario.coordinators:
        at = f"coordinators.{coordinator.name}"
        yield from _named(f"{at}.host", coordinator.host, ["", *known])
        yield from _too_late(f"{at}.from_month", coordinator.from_month, scenario.months)
        yield from _in_order(at, coordinator.from_month, coordinator.to_month)
        yield from _repeated(f"{at}.layers", list(coordinator.layers))
        if not coordinator.layers:
            yield f"{at}.layers: at least one layer must be within reach"
    for number, intervention in enumerate(scenario.interventions, 1):
        at = f"interventions.{number}"
        yield from _members(f"{at}.organisations", intervention.organisations, known)
        highest = lever_bound(intervention.lever, "le")
        lowest = lever_bound(intervention.lever, "ge")
        if not lowest <= intervention.value <= highest:
            yield (
                f"{at}.value = {intervention.value}: {intervention.lever} is between "
                f"{lowest:g} and {highest:g}"
            )
        yield from _too_late(f"{at}.from_month", intervention.from_month, scenario.months)
        yield from _in_order(at, intervention.from_month, intervention.to_month)
    for number, event in enumerate(scenario.events, 1):
        at = f"events.{number}"
        yield from _named(f"{at}.organisation", event.organisation, ["", *known])
        yield from _too_late(f"{at}.month", event.month, scenario.months)
        if event.type in NEEDS_ORGANISATION and not event.organisation:
            yield f"{at}.organisation: missing; {event.type} happens to one organisation"
        if event.type in NEEDS_DOMAIN:
            yield from _named(f"{at}.domain", event.domain, scenario.domains, "domain")
    joining = [e.organisation for e in scenario.events if e.type == "organisation_joins"]
    yield from _repeated("events.organisation_joins", joining)
    if n - len(joining) < 2:
        yield "events: two organisations at least must be there from the start"


def _too_late(key: str, month: int, months: int) -> Iterator[str]:
    if month >= months:
        yield f"{key} = {month}: the scenario ends with month {months - 1}"


def _in_order(at: str, from_month: int, to_month: int) -> Iterator[str]:
    if to_month <= from_month:
        yield f"{at}.to_month = {to_month}: must be after from_month {from_month}"


def _too_many(scenario: Partnership) -> Iterator[str]:
    """Find lists for which the core has too little room."""
    targets = [target for o in scenario.organisations for target in o.targets]
    for key, entries, most in (
        ("coordinators", scenario.coordinators, MAX_COORDINATORS),
        ("organisations.targets", targets, MAX_TARGETS),
        ("programme.initiatives", scenario.programme.initiatives, MAX_INITIATIVES),
        ("interventions", scenario.interventions, MAX_INTERVENTIONS),
        ("events", scenario.events, MAX_EVENTS),
    ):
        if len(entries) > most:
            yield f"{key}: {len(entries)} given; there may be up to {most}"


def _repeated(key: str, names: list[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{key}: {name!r} is named {count} times; each name once"


def _named(key: str, name: str, known: list[str], kind: str = "organisation") -> Iterator[str]:
    if name not in known:
        hint = suggest(name, [k for k in known if k])
        yield f"{key} = {name!r}: no {kind} of the scenario has this name; {hint}"


def _members(key: str, names: Iterable[str], known: list[str]) -> Iterator[str]:
    for name in names:
        yield from _named(key, name, known)


def _weights(key: str, weights: dict[str, float], known: list[str], kind: str) -> Iterator[str]:
    for name in weights:
        yield from _named(key, name, known, kind)
    total = math.fsum(weights.values())
    if weights and abs(total - 1) > 1e-6:
        yield f"{key}: the weights sum to {total:g}; they must sum to 1"
