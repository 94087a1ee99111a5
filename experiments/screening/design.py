"""What the screening moves: priors, settings, and the trajectories of Morris (1991)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from partnersim.scenario.arms import READY_ARMS
from partnersim.scenario.declared import parameters
from partnersim.scenario.scenario import Scenario

Floats = np.ndarray[Any, np.dtype[np.float64]]

PRIORS = Path(__file__).parent / "priors.toml"
N_LEVELS = 4
USUAL_DISTANCE = "trust.usual_cultural_distance"
"""Declares the range of each distance between two organisations."""

JUMP = N_LEVELS // 2
"""Levels moved in a step: with an even number of levels, each is then drawn equally often."""


@dataclass(frozen=True)
class Prior:
    """One number that is moved, and between what values.

    Attributes
    ----------
    path
        Where it stands; ``organisations.*`` and ``coordinators.*`` are all of them.
    low, high
        The ends of what is plausible; for `how` other than 'set', of the change.
    why
        Why no further.
    how
        'set', 'add', 'scale', 'spread', 'lead' or 'host': see priors.toml.
    """

    path: str
    low: float
    high: float
    why: str
    how: str = "set"

    def at(self, share: float) -> float:
        """The value at a share of the way from the low to the high end."""
        return self.low + share * (self.high - self.low)


@dataclass(frozen=True)
class Setting:
    """A scenario in which everything that it has is moved."""

    name: str
    scenario: Scenario

    def has(self, prior: Prior) -> bool:
        """Whether there is in this setting what a prior moves."""
        match prior.path.split("."):
            case ["organisations", *_]:
                return bool(self.scenario.organisations)
            case ["drawn", *_]:
                return self.scenario.drawn is not None
            case ["coordinators", *_]:
                return bool(self.scenario.coordinators)
            case ["decision", "own_view_weight" | "belief_weight"]:
                return self.scenario.decision.rule == "conditional"
        return True


def read_priors(path: Path = PRIORS) -> list[Prior]:
    """The numbers that are moved, in the order of the file."""
    with path.open("rb") as file:
        return [Prior(**entry) for entry in tomllib.load(file)["parameter"]]


def read_left_out(path: Path = PRIORS) -> dict[str, str]:
    """The numbers that are not moved, and why."""
    with path.open("rb") as file:
        return {entry["path"]: entry["why"] for entry in tomllib.load(file)["left_out"]}


def settings() -> list[Setting]:
    """Three families, each without and with a coordinator, and one by the rival rule."""
    found = []
    for family in ("integrated-care", "two-organisations", "drawn"):
        scenario = Scenario.load(family)
        found.append(Setting(family, scenario))
        changes = READY_ARMS["coordinator"].changes(scenario)
        found.append(Setting(f"{family}, coordinator", scenario.replace(changes)))
    rival = found[0].scenario.replace({"decision.rule": "conditional"})
    return [*found, Setting("integrated-care, conditional", rival)]


# --- Trajectories -----------------------------------------------------------------------------


def trajectory(n: int, rng: np.random.Generator) -> tuple[Floats, np.ndarray[Any, Any]]:
    """One walk through the unit cube that moves each of n factors once, in random order.

    Returns
    -------
    points : float64[n + 1, n], in [0, 1]
        Shares of the way through each factor's range.
    order : int64[n]
        The factor moved between a point and the next.
    """
    order = rng.permutation(n)
    goes_up = rng.random(n) < 0.5
    low = rng.integers(0, N_LEVELS - JUMP, n)
    before = np.where(goes_up, low, low + JUMP)
    after = np.where(goes_up, low + JUMP, low)
    is_moved = np.zeros((n + 1, n), bool)
    for step, factor in enumerate(order):
        is_moved[step + 1 :, factor] = True
    return np.where(is_moved, after, before) / (N_LEVELS - 1.0), order


# --- From shares to scenarios -----------------------------------------------------------------


def place(setting: Setting, priors: Sequence[Prior], shares: Sequence[float]) -> Scenario:
    """The scenario at one point: each prior's number at its share of the way."""
    changes: dict[str, Any] = {}
    for prior, share in zip(priors, shares, strict=True):
        changes |= changes_of(prior, prior.at(float(share)), setting.scenario)
    return setting.scenario.replace(changes)


def changes_of(prior: Prior, value: float, scenario: Scenario) -> dict[str, Any]:
    """What a prior's value changes in a scenario: dotted path to value."""
    match prior.how:
        case "lead":
            return {"lead.organisation": scenario.organisation_names[0], prior.path: value}
        case "host":
            host = scenario.organisation_names[0] if value >= 0.5 else ""
            return {f"coordinators.{c.name}.host": host for c in scenario.coordinators}
        case "spread":
            return _spread(scenario, value)
    return {
        path: _fitting(declared, prior.how, old, value)
        for path, declared, old in _places(prior.path, scenario)
    }


def _places(path: str, scenario: Scenario) -> list[tuple[str, str, Any]]:
    """Where a path with stars leads: dotted path, path as declared, value there."""
    whose, _, key = path.rpartition(".")
    if whose == "organisations.*.targets.*":
        return [
            (
                f"organisations.{o.name}.targets.{number}.{key}",
                f"organisations.<name>.targets.<number>.{key}",
                getattr(target, key),
            )
            for o in scenario.organisations
            for number, target in enumerate(o.targets, start=1)
            if key != "phase_months" or target.origin == "local"  # national ones share a calendar
        ]
    if whose == "organisations.*":
        declared = f"organisations.<name>.{key}" if key != "cultural_distance" else USUAL_DISTANCE
        return [(f"{whose[:-1]}{o.name}.{key}", declared, getattr(o, key)) for o in scenario.organisations]
    if path.startswith("coordinators.*."):
        below = path.removeprefix("coordinators.*.")
        return [
            (f"coordinators.{c.name}.{below}", f"coordinators.<name>.{below}", None)
            for c in scenario.coordinators
        ]
    return [(path, path, None)]


def _fitting(declared: str, how: str, old: Any, value: float) -> Any:
    """The new value: within what is declared, and whole where whole numbers are declared."""
    if isinstance(old, Mapping):
        return {name: _fitting(declared, how, part, value) for name, part in old.items()}
    row = _ROWS[declared]
    new = {"set": lambda: value, "add": lambda: old + value, "scale": lambda: old * value}[how]()
    if row.low is not None and row.high is not None:
        new = min(max(new, row.low), row.high)
    return round(new) if isinstance(row.default, int) else new


_ROWS = {row.path: row for row in parameters()}


def _spread(scenario: Scenario, factor: float) -> dict[str, Any]:
    """Scale how far organisations' objectives lie from their mean; none falls below 0."""
    organisations, domains = scenario.organisations, scenario.domains
    stated = np.array([_weights(o.objectives, domains) for o in organisations])
    mean = np.mean(stated, axis=0)
    moved = np.maximum(mean + factor * (stated - mean), 0.0)
    moved /= moved.sum(axis=1, keepdims=True)
    return {
        f"organisations.{organisation.name}.objectives": dict(zip(domains, row, strict=True))
        for organisation, row in zip(organisations, moved.tolist(), strict=True)
    }


def _weights(given: Mapping[str, float], names: Sequence[str]) -> Floats:
    """Weights in the order of names; all alike where none are given."""
    if not given:
        return np.full(len(names), 1.0 / len(names))
    return np.array([given.get(name, 0.0) for name in names])
