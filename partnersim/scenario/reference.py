"""The reference of everything that can be set, and the schema for editors."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from partnersim.model import constants
from partnersim.scenario.declared import (
    REQUIRED,
    ParameterRow,
    Place,
    figure,
    find_place,
    meaning_of,
    parameters,
    row_of,
    tables_in,
)
from partnersim.scenario.errors import shown
from partnersim.scenario.scenario import Scenario


def parameters_markdown() -> str:
    """Write the reference of everything that can be set, as Markdown: a table for each section."""
    groups: dict[str, list[ParameterRow]] = {}
    for row in parameters():
        groups.setdefault(row.path.rpartition(".")[0], []).append(row)
    tables = [line for group, rows in groups.items() for line in _group(group, rows)]
    head = ["# Parameters", "", "Everything that can be set: default, range, unit, meaning and source.", ""]
    return "\n".join([*head, *tables, *_constants()])


def _group(group: str, rows: list[ParameterRow]) -> Iterator[str]:
    """Give the lines of one table of the reference."""
    yield f"## `{group}`" if group else "## The scenario as a whole"
    yield ""
    section = find_place(group.split(".") if group else (), Scenario).model
    yield str(section.__doc__).replace("`ways_of_working`", "`[ways_of_working]`")
    yield ""
    yield "| key | default | range | unit | meaning | source |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        yield _line(*_cells(row), row.source)
    yield ""


def _constants() -> Iterator[str]:
    """Give the lines of the table of the model's fixed factors, from the comments beside them."""
    source = inspect.getsource(constants)
    lines = source.splitlines()
    yield "## Constants"
    yield ""
    yield "Fixed factors of the model, which cannot be set. All are assumed unless a source is given."
    yield ""
    yield "| constant | value | meaning |"
    yield "|---|---|---|"
    for node in ast.parse(source).body:
        if not isinstance(node, ast.Assign) or ast.unparse(node.value).startswith("range("):
            continue
        names = ast.unparse(node.targets[0]).strip("()").split(", ")
        comment = lines[(node.end_lineno or node.lineno) - 1].partition("  # ")[2]
        values = ", ".join(f"{getattr(constants, name):.6g}" for name in names)
        yield _line(", ".join(f"`{name}`" for name in names), values, comment)
    yield ""


def keys_markdown(model: type[BaseModel]) -> str:
    """Write the keys of one table of a file, as a table of Markdown."""
    place = Place(model)
    rows = [row_of(name, info, place.child(name)) for name, info in model.model_fields.items()]
    head = ["| key | default | range | unit | meaning |", "|---|---|---|---|---|"]
    return "\n".join([*head, *(_line(*_cells(row)) for row in rows)]) + "\n"


def _cells(row: ParameterRow) -> tuple[str, ...]:
    """Give the key, default, range, unit and meaning of one thing that can be set."""
    ends = [figure(end) for end in (row.low, row.high) if end is not None]
    return (
        f"`{row.path.rpartition('.')[2]}`",
        default_in_words(row.default, "`"),
        " to ".join(ends) if len(ends) == 2 else "",
        row.unit,
        row.meaning,
    )


def _line(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def default_in_words(default: Any, quote: str = "") -> str:
    """Write a default as a file would give it, names in quotes of a kind."""
    if default is None:
        return "left out"
    if isinstance(default, list):
        return ", ".join(f"{quote}{entry}{quote}" for entry in default) or "none"
    if isinstance(default, dict):
        return "{ … }" if default else "none"
    if isinstance(default, float):
        return f"{default:g}"
    if default == REQUIRED:
        return REQUIRED
    return shown(default) if default != "" else "empty"


def json_schema() -> dict[str, Any]:
    """Make a JSON schema of scenario files, for completion and checks in editors.

    Draft 7, which editors' TOML extensions read. It knows names, types and ranges; that weights
    sum to 1 and names fit together is checked by `load` only.
    """
    schema = Scenario.model_json_schema(ref_template="#/definitions/{model}")
    schema["definitions"] = schema.pop("$defs")
    for model in tables_in(Scenario):
        table = schema if model is Scenario else schema["definitions"][model.__name__]
        for name, entry in table["properties"].items():
            entry["description"] = meaning_of(model, name)
    tidy: dict[str, Any] = _tidy(schema)
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": "A partnersim scenario", **tidy}


def _tidy(node: Any) -> Any:
    """Fit pydantic's schema to draft 7 and to TOML, which has no null."""
    if isinstance(node, list):
        return [_tidy(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    # A title is the key in other words; `properties` may hold a key of that name.
    kept = {k: _tidy(v) for k, v in node.items() if k != "title" or isinstance(v, dict)}
    choices = [entry for entry in kept.get("anyOf", ()) if entry != {"type": "null"}]
    if len(choices) == 1:
        del kept["anyOf"]
        kept |= choices[0]
    if kept.get("default", ...) is None:
        del kept["default"]
    if "$ref" in kept and len(kept) > 1:  # draft 7 ignores what stands beside a reference
        kept["allOf"] = [{"$ref": kept.pop("$ref")}]
    return kept
