"""Assignments as typed after --set and --arm: keys and values."""

from __future__ import annotations

import re
from typing import Any

from partnersim.scenario.errors import ScenarioError, as_typed, hint_for_value
from partnersim.scenario.files import parse


def parse_assignment(text: str) -> tuple[str, Any]:
    """Read 'KEY=VALUE', as after ``--set``: a dotted path, and a value in TOML.

    Raises
    ------
    ScenarioError
        If there is no '=', no key, or no single value of TOML; an unquoted text gets a hint.
    """
    key, equals, value = (part.strip() for part in text.partition("="))
    if not equals:
        raise ScenarioError(f"{as_typed(text)}: no '='; write KEY=VALUE, such as months=60")
    if not re.fullmatch(r"[\w-]+(\.[\w-]+)*", key):
        raise ScenarioError(
            f"{as_typed(text)}: the part before '=' is no key; write KEY=VALUE with a dotted "
            "path as KEY, such as ways_of_working.delegated_authority=0.8"
        )
    return key, _parse_value(key, value)


def _parse_value(key: str, value: str) -> Any:
    """Read one value of TOML."""
    typed = f"{key}={as_typed(value)}"
    if not value:
        raise ScenarioError(f'{typed}: no value after "="; write "" for none')
    try:
        data = parse(f"x = {value}")
    except ScenarioError as error:
        raise ScenarioError(f"{typed}: {str(error).rpartition(': ')[2]}") from None
    except ValueError:
        hint = hint_for_value(value) or '; text stands in quotes "...", a list in brackets [...]'
        raise ScenarioError(f"{typed}: not a value{hint}") from None
    if data.keys() != {"x"}:
        raise ScenarioError(f"{typed}: more than one value; give one")
    return data["x"]


def parse_arm(text: str) -> tuple[str, dict[str, Any]]:
    """Read 'NAME: KEY=VALUE; KEY=VALUE', as after ``--arm``: its name and its changes.

    Raises
    ------
    ScenarioError
        If a part is missing or empty, a key is set twice, or a value is no TOML.
    """
    example = "write 'NAME: KEY=VALUE; KEY=VALUE'"
    name, colon, body = (part.strip() for part in text.partition(":"))
    if not colon or "=" in name:
        raise ScenarioError(f"arm {as_typed(text)!r}: no ':' after a name; {example}")
    if not name or not name.isprintable() or len(name) > 60:
        raise ScenarioError(
            f"arm {as_typed(text)!r}: needs a name of 1 to 60 characters before ':'; {example}"
        )
    parts = [part.strip() for part in _split_outside(body)]
    if parts[-1] == "" and len(parts) > 1:
        parts.pop()
    changes: dict[str, Any] = {}
    for part in parts:
        if not part:
            raise ScenarioError(f"arm {name!r}: nothing is set after ':' or ';'; {example}")
        try:
            key, value = parse_assignment(part)
        except ScenarioError as error:
            raise ScenarioError(f"arm {name!r}: {error}") from None
        if key in changes:
            raise ScenarioError(f"arm {name!r}: {key} is set twice; set it once")
        changes[key] = value
    return name, changes


# Text in quotes as TOML has it, brackets, the separator; in this order where they overlap.
_TOKEN = re.compile(
    r'"""(?:\\.|.)*?"""' r"|'''.*?'''" r'|"(?:\\.|[^"\\])*"' r"|'[^']*'" r"|[\[\]{};]", re.DOTALL
)


def _split_outside(text: str) -> list[str]:
    """Split at each ';' that is in no quotes and no brackets."""
    parts, start, depth = [], 0, 0
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
        elif token[0] == ";" and depth == 0:
            parts.append(text[start : token.start()])
            start = token.end()
    return [*parts, text[start:]]
