"""What an arm changes: settings put to a value, added to, scaled, or spread about their mean.

A path with stars is every organisation's, every target's or every coordinator's. Changes are made
to a scenario as it stands at a point, so that what points vary is changed point by point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from partnersim.scenario.declarations import Section, setting
from partnersim.scenario.declared import parameters
from partnersim.scenario.errors import ScenarioError
from partnersim.scenario.paths import find_setting, spell_out
from partnersim.scenario.scenario import Scenario

Floats = np.ndarray[Any, np.dtype[np.float64]]

IN_LOGARITHMS = {"planning_horizon"}
"""What differs by factors: its mean is the geometric one."""


class Change(Section):
    """What is changed: dotted paths, each with a value or an amount."""

    set: dict[str, Any] = setting({}, "Paths and their new values.", unit="as the path")
    add: dict[str, float] = setting({}, "Paths and what is added.", unit="as the path")
    scale: dict[str, float] = setting({}, "Paths and what they are multiplied by.", unit="ratio")
    spread: dict[str, float] = setting(
        {}, "Paths and how many times as far from their mean all are; 0 evens them out.", unit="ratio"
    )


def changed(changes: Sequence[Change], scenario: Scenario, what: str = "a change") -> dict[str, Any]:
    """New values by path, of several changes to one scenario; none may undo another.

    Raises
    ------
    ScenarioError
        For a path that leads nowhere, and one that is changed twice.
    """
    new: dict[str, Any] = {}
    for change in changes:
        for how, amounts in (("add", change.add), ("scale", change.scale), ("spread", change.spread)):
            for path, amount in amounts.items():
                group = spell_out(scenario, path)
                old = [find_setting(scenario, place).value for place in group]
                for place, value in zip(group, _moved(how, path, old, amount, scenario), strict=True):
                    _put(new, place, value, what)
        for path, value in change.set.items():
            for place in spell_out(scenario, path):
                _put(new, place, value, what)
    return new


def _put(new: dict[str, Any], path: str, value: Any, what: str) -> None:
    if path in new:
        raise ScenarioError(f"{what}: {path} is changed twice; each setting once")
    new[path] = value


def _moved(how: str, path: str, old: Sequence[Any], amount: float, scenario: Scenario) -> Sequence[Any]:
    """The values of a group after it was moved; weights stay weights, shares stay shares."""
    moves: dict[str, Callable[[Any], Any]] = {
        "add": lambda x: x + amount,
        "scale": lambda x: x * amount,
        "spread": lambda x: x.mean(axis=0) + amount * (x - x.mean(axis=0)),
    }
    if not old:
        return []
    move, (low, high, is_whole) = moves[how], _range(path)
    if not isinstance(old[0], Mapping):
        numbers = np.array(old, dtype=np.float64)
        if path.rpartition(".")[2] in IN_LOGARITHMS and how == "spread":
            moved = np.exp(move(np.log(numbers)))
        else:
            moved = move(numbers)
        bounded: list[float] = np.clip(moved, low, high).tolist()
        return [round(x) for x in bounded] if is_whole else bounded
    if how == "spread":  # weights over domains, which sum to 1
        names = scenario.domains
        weights = np.array([[entry.get(name, 0.0) for name in names] for entry in old])
        weights[weights.sum(axis=1) == 0.0] = 1.0 / len(names)  # all alike where none are given
        moved = np.maximum(move(weights), 0.0)
        moved /= moved.sum(axis=1, keepdims=True)
        return [dict(zip(names, row, strict=True)) for row in moved.tolist()]
    return [{name: float(np.clip(move(x), low, high)) for name, x in entry.items()} for entry in old]


def as_declared(path: str) -> str:
    """A path with stars as the reference of parameters has it."""
    for table, member in (("targets", "<number>"), ("organisations", "<name>"), ("coordinators", "<name>")):
        path = path.replace(f"{table}.*", f"{table}.{member}")
    return path


@cache
def _range(path: str) -> tuple[float, float, bool]:
    """Between what a setting may be, and whether it is a whole number."""
    declared = as_declared(path)
    if declared.endswith("cultural_distance") and declared.startswith("organisations"):
        return 0.0, 1.0, False
    for row in parameters():
        if row.path == declared:
            low = -np.inf if row.low is None else row.low
            high = np.inf if row.high is None else row.high
            return low, high, isinstance(row.default, int)
    raise ScenarioError(f"{path}: there is no setting of this name that is a number")
