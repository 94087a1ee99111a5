"""Files in which an experiment says beforehand what it will do: read, checked and explained."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from partnersim.scenario.declarations import Section
from partnersim.scenario.files import parse_toml, read_text
from partnersim.scenario.messages import validate

Declared = TypeVar("Declared", bound=Section)


def read(declared: type[Declared], file: Path) -> Declared:
    """Read a TOML file against its declaration.

    Raises
    ------
    partnersim.ScenarioError
        One message with file, key, value and what would be right.
    """
    text = read_text(file, "plan")
    return validate(declared, parse_toml(text, str(file), "plan"), str(file))
