"""One clear message for all that is wrong with a file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import islice
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from partnersim.scenario.declarations import Partnership
from partnersim.scenario.declared import RIGHT_NAME, find_place, parameters, wanted_table, without_tags
from partnersim.scenario.errors import MAX_PROBLEMS, error_at, shown, suggest

Model = TypeVar("Model", bound=BaseModel)


def validate(model: type[Model], data: Mapping[str, Any], where: str) -> Model:
    """Check the data of a file against its declarations, everything at once.

    Raises
    ------
    ScenarioError
        One message that names the first problems and counts the others.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False)
        # What does not fit together comes as one error of many lines, one for each complaint.
        total = sum(len(_said(detail).splitlines() or " ") for detail in details)
        # Only the first ones are put in words: there may be 100,000.
        first = list(islice(_problems(details, data, model), MAX_PROBLEMS))
        raise error_at(where, first, total) from None


def _said(detail: ErrorDetails) -> str:
    """Return the message of a check of our own; empty for a check of pydantic's."""
    return str(detail.get("ctx", {}).get("error", ""))


def _problems(details: list[ErrorDetails], data: Mapping[str, Any], root: type[BaseModel]) -> Iterator[str]:
    """Put each problem that pydantic found in words, as 'key = value: what would be right'."""
    for detail in details:
        location = without_tags(detail["loc"], root)
        key = _dotted(location, data)
        header = ".".join(_quoted(step) for step in location if isinstance(step, str))
        match detail["type"]:
            case "value_error" if not location:
                yield from _said(detail).splitlines()
            case "value_error":
                yield f"{key}: {_said(detail)}"
            case "extra_forbidden":
                known = list(find_place(detail["loc"][:-1], root).model.model_fields)
                wrong = unknown_key(str(location[-1]), known, root)
                yield f"{key} = {shown(detail['input'])}: {wrong}"
            case "missing":
                yield f"{key}: missing; {find_place(detail['loc'], root).right(header)}"
            case "union_tag_invalid" | "union_tag_not_found":
                yield _wrong_type(key, header, detail["input"], list(find_place(location, root).tagged))
            case _ if location[-1] == "[key]":
                yield f"{key}: the key must be {RIGHT_NAME}"
            case _:
                right = find_place(detail["loc"], root).right(header, detail["input"])
                yield f"{key} = {shown(detail['input'])}: {right}"


def _wrong_type(key: str, header: str, given: Any, known: list[str]) -> str:
    """Explain a wrong `type` of a table that may be of several types."""
    if not isinstance(given, Mapping):
        return f"{key} = {shown(given)}: must be {wanted_table(header)}"
    if "type" not in given:
        return f"{key}.type: missing; must be one of {', '.join(map(repr, known))}"
    name = given["type"]
    return f"{key}.type = {shown(name)}: no such {key}; {suggest(shown(name), known)}"


def _dotted(location: tuple[int | str, ...], data: Any) -> str:
    """Write the path of a location, with members of lists by name, or by number from 1."""
    parts = []
    for step in location:
        if step == "[key]":
            break
        if isinstance(step, int):
            data = data[step] if isinstance(data, list | tuple) and step < len(data) else None
            parts.append(member_name(data, step))
        else:
            data = data.get(step) if isinstance(data, Mapping) else getattr(data, step, None)
            parts.append(_quoted(step))
    return ".".join(parts)


def _quoted(key: str) -> str:
    """Write a key as in TOML: in quotes where it has a dot, say."""
    return key if re.fullmatch(r"[\w-]+", key) else f'"{key}"' if "." in key else repr(key)


def member_name(member: Any, index: int) -> str:
    """Return the name of a list's member in a dotted path, or its number from 1 where it has none."""
    name = member.get("name") if isinstance(member, Mapping) else getattr(member, "name", None)
    if isinstance(name, str) and re.fullmatch(r"[A-Za-z][\w-]*", name):
        return name
    return str(index + 1)


def unknown_key(name: str, known: list[str], root: type[BaseModel] = Partnership) -> str:
    """Explain a key that a table, whose keys are `known`, does not have."""
    rows = parameters() if issubclass(root, Partnership) else ()
    elsewhere = [row.path for row in rows if row.path.split(".")[-1] == name]
    if elsewhere and not get_close_matches(name, known, n=1, cutoff=0.8):
        path = min(elsewhere, key=len)
        if path == name:
            return f"no such key here; {name} stands above the first [table]"
        return f"no such key here; did you mean {path!r}?"
    return f"no such key; {suggest(name, known)}"
