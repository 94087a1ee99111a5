"""Dotted paths: where each leads in a scenario, and a scenario with some things changed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import NoneType
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from partnersim.scenario.consistency import complaints
from partnersim.scenario.declarations import Partnership
from partnersim.scenario.declared import ROOT, Place, find_place, plain
from partnersim.scenario.errors import ScenarioError, as_typed, shown, suggest
from partnersim.scenario.messages import member_name, unknown_key, validate

AScenario = TypeVar("AScenario", bound=Partnership)

FIT_TOGETHER = {
    *("organisations", "drawn", "domains", "months", "calendar_start", "vision", "programme", "lead"),
    *("coordinators", "interventions", "events"),
}
"""Parts of a scenario that have to fit together: what `consistency.complaints` looks at."""

PLAIN = (float, int, bool, str, NoneType)
"""Types of most values, which are as a file would hold them."""


def replace(scenario: AScenario, changes: Mapping[str, Any]) -> AScenario:
    """Change some things of a scenario, and check what may be wrong by that.

    Parameters
    ----------
    scenario
        It stays as it is.
    changes
        Dotted path to value. Members of a list are named where they have a name, and numbered
        from 1 where not: ``organisations.council.planning_horizon``,
        ``programme.initiatives.1.size``; a star is all of them:
        ``organisations.*.interdependence``. Of two changes to one thing the later holds. Text
        ``""`` or None at what may be left out leaves it out, as for
        ``organisations.council.ways_of_working.cross_links``.

    Raises
    ------
    ScenarioError
        For an unknown part of a path with the nearest known one, and as for a file.
    """
    known = Partnership.model_fields
    touched = known.keys() & {path.partition(".")[0] for path in changes}
    # A sweep does this for every point: only what changes is taken apart and checked.
    data = {name: getattr(scenario, name) for name in touched}
    for path, value in changes.items():
        _put(data, path, value if type(value) in PLAIN else plain(value))
    try:
        parts = {name: _part(name).validate_python(value) for name, value in data.items()}
        changed = scenario.model_copy(update=parts)
        if touched.isdisjoint(FIT_TOGETHER) or not any(complaints(changed)):
            return changed
    except ValidationError:
        pass
    return validate(type(scenario), scenario.model_dump() | data, "")  # says what is wrong


@cache
def _part(name: str) -> TypeAdapter[Any]:
    """Make the check of one part of a scenario by itself."""
    info = Partnership.model_fields[name]
    # Annotated takes one metadata at least.
    checked: Any = Annotated[info.annotation, info, *info.metadata]
    return TypeAdapter(checked)


def first_months(scenario: AScenario, months: int) -> AScenario:
    """Let a scenario last for other months; what would begin after its end is left out."""
    data = scenario.model_dump()
    data["months"] = months
    if type(months) is int:
        starts = {"coordinators": "from_month", "interventions": "from_month", "events": "month"}
        for key, start in starts.items():
            data[key] = [entry for entry in data[key] if entry[start] < months]
    return validate(type(scenario), data, "")


def _put(data: dict[str, Any], path: str, value: Any) -> None:
    """Set what a dotted path leads to, in the data of a scenario."""
    try:
        spelled = _spelled_out(path, data)
        if not spelled:
            raise LookupError("the star stands for nothing, since there is none of them")
        for one in spelled:
            _put_at(data, one.split("."), value)
    except LookupError as error:
        raise ScenarioError(f"{as_typed(path)} = {shown(value)}: {error.args[0]}") from None


def spell_out(scenario: Partnership, path: str) -> list[str]:
    """Return the paths that a path with stars stands for, one for each member of the lists there.

    Raises
    ------
    ScenarioError
        For a star in place of anything but the members of a list.
    """
    try:
        return _spelled_out(path, scenario.model_dump())
    except LookupError as error:
        raise ScenarioError(f"{as_typed(path)}: {error.args[0]}") from None


def _spelled_out(path: str, data: Any) -> list[str]:
    """Return a path for each member of the lists that stars stand for; LookupError for other stars."""
    above, star, below = path.partition(".*")
    if not star or below[:1] not in ("", "."):
        return [path]
    place, members = _follow(above, data)
    if place.container is not list:
        raise LookupError("a star stands for the members of a list: organisations, targets, coordinators")
    names = [member_name(member, index) for index, member in enumerate(members)]
    return [spelled for name in names for spelled in _spelled_out(f"{above}.{name}{below}", data)]


class Setting(NamedTuple):
    """One thing that is set in a scenario: its declaration and its value.

    The value is None where a path with stars leads to members that differ.
    """

    place: Place
    value: Any


def find_setting(scenario: Partnership, path: str) -> Setting:
    """Find what a dotted path leads to.

    Raises
    ------
    ScenarioError
        For a path that leads nowhere, as for `replace`; also into a table that is left out.
    """
    if "*" in path.split("."):
        found = [find_setting(scenario, spelled) for spelled in spell_out(scenario, path)]
        if not found:
            raise ScenarioError(f"{as_typed(path)}: the star stands for nothing, since there is none of them")
        alike = all(one.value == found[0].value for one in found)
        return found[0] if alike else Setting(found[0].place, None)
    try:
        return _follow(path, scenario.model_dump())
    except LookupError as error:
        raise ScenarioError(f"{as_typed(path)}: {error.args[0]}") from None


def _follow(path: str, value: Any) -> Setting:
    """Follow a path through the data of a scenario; LookupError says why it leads nowhere."""
    place, parts = ROOT, path.split(".")
    for done, part in enumerate(parts):
        above = ".".join(parts[:done])
        if value is None:
            raise LookupError(f"{above} is left out")
        value = dict(value) if isinstance(value, BaseModel) else value
        step, place = _step(place, value, part, above)
        value = value.get(step) if isinstance(value, dict) else value[step]
    return Setting(place, value)


def flatten(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Turn changes that may be tables in tables into changes by dotted path.

    A section of the scenario in which only some things are named so changes only these, as with
    dotted paths; a list, and a table of weights, are changed as a whole.
    """
    found: dict[str, Any] = {}
    for path, value in changes.items():
        place = find_place(path.split("."))
        if (place.is_table or place.container is list) and isinstance(value, Mapping):
            found |= flatten({f"{path}.{key}": entry for key, entry in value.items()})
        else:
            found[path] = value
    return found


def _put_at(data: dict[str, Any], parts: list[str], value: Any) -> None:
    """Set what the parts of a path lead to; LookupError says why they lead nowhere."""
    place, holder = ROOT, data
    for done, part in enumerate(parts):
        above = ".".join(parts[:done])
        table, (step, place) = place, _step(place, holder, part, above)
        if done < len(parts) - 1:
            holder[step] = holder = _opened(holder[step], place)
    may_be_none = table.is_table and table.model.model_fields[parts[-1]].default is None
    if place.annotation is str and value is None:
        value = ""
    elif place.annotation is not str and value == "" and may_be_none:
        value = None
    holder[step] = value


def _opened(value: Any, place: Place) -> Any:
    """Copy a table or list, so that parts of it can be set and nothing else changes by that."""
    if value is None and place.is_table:  # [drawn], where there was none
        return {}
    if isinstance(value, BaseModel):
        return dict(value)
    return value.copy() if isinstance(value, list | dict) else value


def _step(place: Place, holder: Any, part: str, above: str) -> tuple[Any, Place]:
    """Take one step of a path: give the key or index in the data, and the declaration there."""
    if place.is_table and isinstance(holder, dict):
        if part not in place.fields:
            raise LookupError(unknown_key(part, list(place.fields)))
        return part, place.fields[part]
    if place.container is list and isinstance(holder, list):
        return _member_index(holder, part, above), place.member
    if place.container is dict and isinstance(holder, dict):
        return part, place.member
    raise LookupError(f"{above} = {shown(holder)} has no parts to set")


def _member_index(members: list[Any], part: str, above: str) -> int:
    """Find the position of a member of a list, given by its name or by its number from 1."""
    names = [member_name(member, index) for index, member in enumerate(members)]
    if part in names:
        return names.index(part)
    if part.isascii() and part.isdigit() and 1 <= int(part) <= len(names):
        return int(part) - 1
    if not names:
        raise LookupError(f"{above} is empty; set the whole list, as {above}=[{{...}}]")
    if all(name.isdigit() for name in names):
        raise LookupError(f"{above} has members 1 to {len(names)}")
    raise LookupError(f"{above} has no member {part!r}; {suggest(part, names)}")
