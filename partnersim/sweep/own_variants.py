"""Variants in a plan: a file and a function of one's own for each slot that is filled."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from partnersim.scenario.errors import ScenarioError, suggest
from partnersim.scenario.file_paths import full_path

Function = Callable[..., Any]


def load_variants(named: Mapping[str, str], folder: Path) -> dict[str, Function]:
    """Load the functions that a plan names: for each slot ``"file.py:function"``, relative to a folder.

    Raises
    ------
    ScenarioError
        For a file that cannot be loaded, a function that is not in it, and what fits no slot.
    """
    from partnersim.model.variants import read_variants

    modules: dict[Path, ModuleType] = {}
    own = {}
    for name, place in named.items():
        path, function = find_function(place, folder)
        if path not in modules:
            modules[path] = _load_file(name, path)
        there = [known for known, value in vars(modules[path]).items() if callable(value)]
        if function not in there:
            raise ScenarioError(
                f"variants.{name} = {place!r}: {path} has no function {function!r}; "
                f"{suggest(function, there)}"
            )
        own[name] = getattr(modules[path], function)
    try:
        read_variants(own)
    except (TypeError, ValueError) as error:
        raise ScenarioError(str(error)) from None
    return own


def find_function(place: str, folder: Path) -> tuple[Path, str]:
    """Read ``"file.py:function"``: where the file is, and the name of the function."""
    file, _, function = place.rpartition(":")
    return full_path(file, folder), function


def _load_file(name: str, path: Path) -> ModuleType:
    """Run a file as a module that nothing else imports."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise ScenarioError(f"variants.{name}: there is no Python file {path}")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ScenarioError(
            f"variants.{name}: {path} cannot be run: {type(error).__name__}: {error}"
        ) from None
    return module
