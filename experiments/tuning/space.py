"""What the tuning may move, and how it searches: read from priors.toml."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from pydantic import model_validator

from experiments.declared import read
from experiments.patterns.estimates import Floats
from experiments.patterns.patterns import PATTERNS
from experiments.screening.design import read_priors
from partnersim.scenario.declarations import Real, Section, Text, Whole, setting
from partnersim.scenario.declared import parameters
from partnersim.scenario.errors import ScenarioError, suggest
from partnersim.scenario.files import packaged_text, parse_toml

PRIORS = Path(__file__).resolve().parent / "priors.toml"
DIGITS = 6
"""Significant digits of a point's values: what is written is what was run."""


class DeclaredParameter(Section):
    """A number that is free to move."""

    path: Text = setting(..., "Where it stands in a scenario.", unit="text")
    why: Text = setting(..., "Why it is free.", unit="text")
    low: Real | None = setting(None, "Lower end; as in the screening if left out.")
    high: Real | None = setting(None, "Upper end; as in the screening if left out.")


class Stage(Section):
    """Generations in which points are looked at equally hard."""

    replicates: Whole = setting(..., "Replicates at each point.", low=2, high=10_000)
    most_chance: Real = setting(..., "Part of a band's width that chance may excuse.", low=0, high=1)
    generations: Whole = setting(..., "Generations, at most.", low=1, high=100)


class Search(Section):
    """How the search goes."""

    seed: Whole = setting(1, "Of all points; runs have seed 1.", low=0, high=2**31)
    first_points: Whole = setting(..., "Points drawn from the priors.", low=2, high=10**6)
    population: Whole = setting(..., "Of these and later, how many are kept.", low=2, high=10**5)
    stages: list[Stage] = setting(..., "The stages in order.", unit="list")
    mixing: Whole = setting(0, "Rounds in which all points spread.", low=0, high=100)
    confirm_replicates: Whole = setting(..., "At the end, with other luck.", low=2, high=10_000)
    confirm_seed: Whole = setting(..., "Seed of that luck.", low=0, high=2**31)
    wanted: Whole = setting(..., "Accepted points, at least.", low=1, high=10**5)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.population > self.first_points:
            raise ValueError(
                f"population = {self.population}: must be at most first_points = {self.first_points}"
            )
        if not self.stages:
            raise ValueError("stages: missing; give at least one")
        replicates = [stage.replicates for stage in self.stages]
        if replicates != sorted(set(replicates)):
            raise ValueError(f"stages: replicates = {replicates}: must rise from stage to stage")
        return self


class Declared(Section):
    """All that is in priors.toml."""

    search: Search = setting(..., "How the search goes.", unit="table")
    parameter: list[DeclaredParameter] = setting(..., "What is free to move.", unit="list")


@dataclass(frozen=True)
class Prior:
    """A number that is free to move, uniformly between two ends."""

    path: str
    low: float
    high: float
    is_whole: bool
    default: float
    why: str

    def at(self, share: float) -> float:
        """The value at a share of the way, as it is run and written."""
        value = self.low + share * (self.high - self.low)
        return round(value) if self.is_whole else float(f"{value:.{DIGITS}g}")

    def share(self, value: float) -> float:
        """How far between the ends a value is."""
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class Space:
    """The box in which points lie.

    Attributes
    ----------
    priors
        In the order of the file.
    search
        How it is searched.
    """

    priors: tuple[Prior, ...]
    search: Search

    @property
    def paths(self) -> list[str]:
        """What is free, in order."""
        return [prior.path for prior in self.priors]

    def point(self, shares: Floats) -> dict[str, float]:
        """The values at shares of the way, each in [0, 1]."""
        return {p.path: p.at(float(x)) for p, x in zip(self.priors, shares, strict=True)}

    def shares(self, point: dict[str, float]) -> Floats:
        """How far between its ends each value is."""
        return np.array([prior.share(point[prior.path]) for prior in self.priors])


def read_space(file: Path = PRIORS) -> Space:
    """Read what is free to move, and how it is searched.

    Raises
    ------
    partnersim.ScenarioError
        One message with file, key, value and what would be right.
    """
    declared = read(Declared, file)
    known = {prior.path: prior for prior in read_priors() if prior.how == "set"}
    rows: dict[str, Any] = {
        row.path: row for row in parameters() if row.low is not None and row.high is not None
    }
    priors: list[Prior] = []
    for at, entry in enumerate(declared.parameter, start=1):
        where = f"{file}: parameter.{at}"
        if entry.path not in rows or "<" in entry.path:
            near = suggest(entry.path, [path for path in rows if "<" not in path])
            raise ScenarioError(
                f"{where}.path = {entry.path!r}: no number that can be set has this path; {near}"
            )
        if entry.path in (prior.path for prior in priors):
            raise ScenarioError(f"{where}.path = {entry.path!r}: stands twice; give it once")
        row = rows[entry.path]
        ends = [entry.low, entry.high]
        if entry.path in known:
            screened = known[entry.path]
            ends = [
                given if given is not None else found
                for given, found in zip(ends, (screened.low, screened.high), strict=True)
            ]
        low, high = ends
        if low is None or high is None:
            raise ScenarioError(f"{where}: low, high: missing; the screening has no range for {entry.path}")
        if not row.low <= low < high <= row.high:
            raise ScenarioError(
                f"{where}: low, high = {low:g}, {high:g}: must rise, and lie within "
                f"{row.low:g} to {row.high:g}"
            )
        is_whole = isinstance(row.default, int)
        priors.append(Prior(entry.path, low, high, is_whole, float(row.default), entry.why))
    return Space(tuple(priors), declared.search)


def declared_hash(space: Space) -> str:
    """Sixteen digits of what is free, how it is searched, the bands, and the places looked at."""
    search = space.search.model_dump()
    if not search["mixing"]:  # points found before there was any stay what they are
        del search["mixing"]
    return _hash(space, search)


def task_hash(space: Space) -> str:
    """Sixteen digits of what the tasks of a search are.

    Its last stage may be made longer, and more points wanted: what was done stays what it was.
    """
    search = space.search.model_dump()
    for name in ("mixing", "wanted", "confirm_replicates", "confirm_seed"):
        del search[name]
    del search["stages"][-1]["generations"]
    return _hash(space, search)


def _hash(space: Space, search: dict[str, Any]) -> str:
    said = [
        [(prior.path, prior.low, prior.high) for prior in space.priors],
        search,
        [(p.name, key, band.low, band.high, band.span) for p in PATTERNS for key, band in p.bands.items()],
        [parse_toml(packaged_text(name), name) for name in sorted({p.family for p in PATTERNS})],
    ]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]
