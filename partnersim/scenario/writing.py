"""Scenarios as TOML."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from partnersim.scenario.declarations import Partnership


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

    tables: dict[str, Any] = {}
    for name, info in type(section).model_fields.items():
        value = getattr(section, name)
        if not info.is_required() and value == info.get_default(call_default_factory=True):
            continue
        if not _holds_tables(value):
            table.add(name, _item(value))
        else:
            tables[name] = value
    # TOML reads a key under the last header above it, so that tables come last.
    for name, value in tables.items():
        if isinstance(value, BaseModel):
            table.add(name, to_table(value))
        else:
            rows = tomlkit.aot()
            for member in value:
                rows.append(to_table(member))
            table.add(name, rows)


def to_table(section: BaseModel) -> Any:
    """Make a table of tomlkit of a section."""
    import tomlkit

    table = tomlkit.table()
    _fill(table, section)
    return table


def _holds_tables(value: Any) -> bool:
    """Whether a value is written under a header of its own."""
    return isinstance(value, BaseModel) or (
        isinstance(value, list) and any(isinstance(member, BaseModel) for member in value)
    )


def _item(value: Any) -> Any:
    """Give a value that stands on one line."""
    import tomlkit

    if isinstance(value, dict):
        table = tomlkit.inline_table()
        table.update(value)
        return table
    return tomlkit.item(value)
