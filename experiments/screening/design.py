"""What the screening moves: priors, settings, and the trajectories of Morris (1991)."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from experiments.engine.changes import Change, Floats, as_declared, changed
from partnersim.scenario.arms import READY_ARMS
from partnersim.scenario.declared import parameters
from partnersim.scenario.scenario import Scenario

PRIORS = Path(__file__).parent / "priors.toml"
N_LEVELS = 4
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
        return True


def read_priors(path: Path = PRIORS) -> list[Prior]:
    """The numbers that are moved, in the order of the file."""
    with path.open("rb") as file:
        return [Prior(**entry) for entry in tomllib.load(file)["parameter"]]


def read_left_out(path: Path = PRIORS) -> dict[str, str]:
    """The numbers that are not moved, and why."""
    with path.open("rb") as file:
        return {entry["path"]: entry["why"] for entry in tomllib.load(file)["left_out"]}


@cache
def settings() -> tuple[Setting, ...]:
    """Three families, each without and with a coordinator; and one by the rival rule."""
    found = []
    for family in ("integrated-care", "two-organisations", "drawn"):
        scenario = Scenario.load(family)
        found.append(Setting(family, scenario))
        changes = READY_ARMS["coordinator"].changes(scenario)
        found.append(Setting(f"{family}, coordinator", scenario.replace(changes)))
    rival = found[0].scenario.replace({"decision.rule": "conditional"})
    return (*found, Setting("integrated-care, conditional", rival))


def plan(setting: Setting) -> list[Prior]:
    """What is moved in a setting."""
    return [prior for prior in read_priors() if setting.has(prior)]


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
    if prior.how == "set" and prior.path in _wholes():
        value = round(value)
    return changed([Change(**{prior.how: {prior.path: value}})], scenario)


@cache
def _wholes() -> frozenset[str]:
    """Paths of whole numbers, as priors write them."""
    whole = {row.path for row in parameters() if isinstance(row.default, int)}
    return frozenset(prior.path for prior in read_priors() if as_declared(prior.path) in whole)
