"""Scenarios as TOML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from partnersim.scenario.declarations import Partnership
from partnersim.scenario.errors import shown

MOST_SHOWN = 300
"""Characters that a scenario shows of itself at most."""


def to_toml(scenario: Partnership) -> str:
    """Write a scenario as a TOML file: what differs from the defaults, in order of declaration.

    Reading the text gives an equal scenario.
    """
    import tomlkit

    document = tomlkit.document()
    document.add("format", tomlkit.item(scenario.format))
    _fill(document, scenario)
    return tomlkit.dumps(document)


def _fill(table: Any, section: BaseModel) -> None:
    """Put what differs from the defaults into a table of tomlkit."""
    import tomlkit

    headed: dict[str, Any] = {}
    for name, value in _set_in(section):
        if isinstance(value, BaseModel):
            headed[name] = to_table(value)
        elif isinstance(value, list) and value and isinstance(value[0], BaseModel):
            headed[name] = tomlkit.aot()
            for member in value:
                headed[name].append(to_table(member))
        elif isinstance(value, dict):
            table.add(name, tomlkit.inline_table())
            table[name].update(value)
        else:
            table.add(name, value)
    # TOML reads a key under the last header above it, so that these come last.
    for name, value in headed.items():
        table.add(name, value)


def _set_in(section: BaseModel) -> Iterator[tuple[str, Any]]:
    """Give what differs from the defaults in a section, by name."""
    for name, info in type(section).model_fields.items():
        value = getattr(section, name)
        if info.is_required() or value != info.get_default(call_default_factory=True):
            yield name, value


def in_short(scenario: Partnership) -> str:
    """List in a line or two what differs from the defaults, by dotted path; members by name."""
    settings = [text for name, text in _settings(scenario) if name not in ("title", "description")]
    most = next((n for n in range(len(settings), 0, -1) if len(", ".join(settings[:n])) <= MOST_SHOWN), 0)
    more = [f"and {len(settings) - most} more"] if most < len(settings) else []
    return ", ".join([*settings[:most], *more]) or "as by default"


def _settings(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in _set_in(section):
        if isinstance(value, BaseModel):
            yield from _settings(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            members = [str(getattr(member, "name", member)) for member in value]
            is_named = all(len(member) <= 40 for member in members)
            yield prefix + name, f"{prefix}{name}=[{', '.join(members) if is_named else len(members)}]"
        else:
            yield prefix + name, f"{prefix}{name}={shown(value)}"


def to_table(section: BaseModel) -> Any:
    """Make a table of tomlkit of a section."""
    import tomlkit

    table = tomlkit.table()
    _fill(table, section)
    return table
