"""Rules of one's own in a plan: a file and a function for each."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from partnersim.scenario.errors import ScenarioError, suggest

Function = Callable[..., Any]


def load_rules(named: Mapping[str, str], folder: Path) -> dict[str, Function]:
    """Load the functions that a plan names.

    Parameters
    ----------
    named
        For each function of the core that is replaced, ``"file.py:function"``.
    folder
        Where relative paths start.

    Raises
    ------
    ScenarioError
        For a file that cannot be loaded, a function that is not in it, and what is no rule.
    """
    from partnersim.runs import rules

    modules: dict[Path, ModuleType] = {}
    own = {}
    for name, place in named.items():
        file, _, function = place.rpartition(":")
        path = folder / file
        if path not in modules:
            modules[path] = _load_file(name, path)
        there = [known for known, value in vars(modules[path]).items() if callable(value)]
        if function not in there:
            raise ScenarioError(
                f"rules.{name} = {place!r}: {file} has no function {function!r}; "
                f"{suggest(function, there)}"
            )
        own[name] = getattr(modules[path], function)
    try:
        rules.build(own)
    except (TypeError, ValueError) as error:
        raise ScenarioError(str(error)) from None
    return own


def name_rules(own: Mapping[str, Function]) -> dict[str, str]:
    """Say of each rule where it is from and what it is, by a hash of its source."""
    if not own:
        return {}
    from partnersim.runs import rules

    return {rule.name: str(rule) for rule in rules.build(own).rules}


def _load_file(name: str, path: Path) -> ModuleType:
    """Run a file as a module that nothing else imports."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise ScenarioError(f"rules.{name}: there is no Python file {path}")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ScenarioError(
            f"rules.{name}: {path} cannot be run: {type(error).__name__}: {error}"
        ) from None
    return module
