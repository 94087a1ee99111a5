"""What an arm changes: settings put to a value, added to, scaled, or spread about their mean.

A path with stars is every organisation's, or every target's. Where the accepted set varies a
setting, the change is made to the set's own values, point by point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from partnersim.scenario.declarations import Section, setting
from partnersim.scenario.declared import parameters
from partnersim.scenario.errors import ScenarioError
from partnersim.scenario.paths import find_setting
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


def resolve(
    change: Change, scenario: Scenario, varied: Mapping[str, Floats]
) -> tuple[dict[str, Any], dict[str, Floats]]:
    """Say what a change comes to.

    Parameters
    ----------
    change
        What is asked for.
    scenario
        Where organisations, targets and the values before come from.
    varied
        float64[n_points] by path: what differs from point to point.

    Returns
    -------
    tuple[dict[str, Any], dict[str, float64[n_points]]]
        New values by path that are the same at all points, and those that are not.

    Raises
    ------
    ScenarioError
        For a path that leads nowhere, and one that is changed twice.
    """
    new: dict[str, Any] = {}
    for path, value in change.set.items():
        for place in places(path, scenario):
            _put(new, place, np.full_like(varied[place], value) if place in varied else value)
    for how, amounts in (("add", change.add), ("scale", change.scale), ("spread", change.spread)):
        for path, amount in amounts.items():
            group = places(path, scenario)
            old = [
                varied[place] if place in varied else find_setting(scenario, place).value for place in group
            ]
            for place, value in zip(group, _moved(how, path, old, amount, scenario), strict=True):
                _put(new, place, value)
    fixed = {path: value for path, value in new.items() if path not in varied}
    return fixed, {path: new[path] for path in new if path in varied}


def combine(parts: Sequence[Mapping[str, Any]], what: str) -> dict[str, Any]:
    """Put changes together; none may undo another."""
    new: dict[str, Any] = {}
    for part in parts:
        for path, value in part.items():
            _put(new, path, value, what)
    return new


def _put(new: dict[str, Any], path: str, value: Any, what: str = "a change") -> None:
    if path in new:
        raise ScenarioError(f"{what}: {path} is changed twice; each setting once")
    new[path] = value


def places(path: str, scenario: Scenario) -> list[str]:
    """The paths that a path with stars stands for."""
    match path.split("."):
        case ["organisations", "*", "targets", "*", key]:
            return [
                f"organisations.{o.name}.targets.{number}.{key}"
                for o in scenario.organisations
                for number in range(1, len(o.targets) + 1)
            ]
        case ["organisations", "*", *rest]:
            return [".".join(["organisations", o.name, *rest]) for o in scenario.organisations]
        case parts if "*" in parts:
            raise ScenarioError(f"{path}: a star may stand for organisations and their targets")
    return [path]


def _moved(how: str, path: str, old: Sequence[Any], amount: float, scenario: Scenario) -> Sequence[Any]:
    """The values of a group after it was moved; weights stay weights, shares stay shares."""
    moves: dict[str, Callable[[Any], Any]] = {
        "add": lambda x: x + amount,
        "scale": lambda x: x * amount,
        "spread": lambda x: x.mean(axis=0) + amount * (x - x.mean(axis=0)),
    }
    move, (low, high) = moves[how], _range(path)
    if not isinstance(old[0], Mapping):
        numbers = np.array(np.broadcast_arrays(*old), dtype=np.float64)
        if path.rpartition(".")[2] in IN_LOGARITHMS and how == "spread":
            moved = np.exp(move(np.log(numbers)))
        else:
            moved = move(numbers)
        moved = np.clip(moved, low, high)
        return [row if row.ndim else float(row) for row in moved]
    if how == "spread":  # weights over domains, which sum to 1
        names = scenario.domains
        weights = np.array([[entry.get(name, 0.0) for name in names] for entry in old])
        moved = np.maximum(move(weights), 0.0)
        moved /= moved.sum(axis=1, keepdims=True)
        return [dict(zip(names, row, strict=True)) for row in moved.tolist()]
    return [{name: float(np.clip(move(x), low, high)) for name, x in entry.items()} for entry in old]


def _range(path: str) -> tuple[float, float]:
    """Between what a setting may be."""
    declared = path.replace("organisations.*", "organisations.<name>")
    declared = declared.replace("targets.*", "targets.<number>")
    if declared.endswith("cultural_distance") and declared.startswith("organisations"):
        return 0.0, 1.0
    for row in parameters():
        if row.path == declared:
            low = -np.inf if row.low is None else row.low
            return low, np.inf if row.high is None else row.high
    raise ScenarioError(f"{path}: there is no setting of this name that is a number")
