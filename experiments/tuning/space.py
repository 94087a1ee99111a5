"""What the tuning may move, and how it searches: read from priors.toml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from pydantic import model_validator

from experiments.declared import read
from experiments.engine.work import digest
from experiments.patterns.estimates import Floats
from experiments.patterns.looks import kinds
from experiments.patterns.patterns import PATTERNS
from partnersim.scenario.declarations import Real, Section, Text, Whole, setting
from partnersim.scenario.declared import parameters
from partnersim.scenario.errors import ScenarioError, suggest
from partnersim.scenario.files import packaged_text, parse_toml

PRIORS = Path(__file__).resolve().parent / "priors.toml"
DIGITS = 6
"""Significant digits of a point's values: what is written is what was run."""


class Ranged(Section):
    """A number and between what it is plausible."""

    path: Text = setting(..., "Where it stands in a scenario.", unit="text")
    low: Real = setting(..., "Lower end.", unit="as the path")
    high: Real = setting(..., "Upper end.", unit="as the path")
    source: Text = setting(..., "Where the ends come from.", unit="text")
    why: Text = setting(..., "Why it is free, or held.", unit="text")


class Stage(Section):
    """Points that are looked at equally hard."""

    replicates: Whole = setting(..., "Replicates at each point.", low=2, high=10_000)
    most_chance: Real = setting(..., "Part of a band's width that chance may excuse.", low=0, high=1)
    points: Whole = setting(..., "Points: of each wave; later, the best of the stage before.", low=2)


class Search(Section):
    """How the searches go."""

    seeds: tuple[Whole, Whole] = setting(..., "Of the two searches and of their runs.")
    first_points: Whole = setting(..., "Points drawn from the priors.", low=2, high=10**6)
    waves: Whole = setting(..., "Waves after these.", low=0, high=100)
    kept: Real = setting(..., "Part of a wave's region that the next keeps.", low=0.001, high=1)
    steps: Whole = setting(..., "Of the chain that draws a point.", low=1, high=10**6)
    stages: list[Stage] = setting(..., "The waves, then harder looks at the best of the last.", unit="list")
    population: Whole = setting(..., "The best of these, which are left.", low=2, high=10**5)
    confirm_replicates: Whole = setting(..., "At the end, with other luck.", low=2, high=10_000)
    confirm_seed: Whole = setting(..., "Seed of that luck.", low=0, high=2**31)
    wanted: Whole = setting(..., "Points that hold the bands, at least.", low=1, high=10**5)
    reach: Real = setting(1.0, "Times as far as is usual a search's region goes.", low=0, high=1e6)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len({*self.seeds, self.confirm_seed}) < 3:
            raise ValueError("seeds, confirm_seed: must differ, so that no luck is seen twice")
        replicates = [stage.replicates for stage in self.stages]
        if not replicates or replicates != sorted(set(replicates)):
            raise ValueError(f"stages: replicates = {replicates}: must rise from stage to stage")
        points = [*(stage.points for stage in self.stages), self.population]
        if points != sorted(points, reverse=True):
            raise ValueError(f"stages, population: points = {points}: must fall from stage to stage")
        return self


class Rest(Section):
    """What organisations give in month 0, at any point of the priors."""

    low: Real = setting(..., "At least.", low=0, high=1)
    high: Real = setting(..., "At most.", low=0, high=1)
    source: Text = setting(..., "Where the ends come from.", unit="text")


class Declared(Section):
    """All that is in priors.toml."""

    search: Search = setting(..., "How the searches go.", unit="table")
    rest: Rest = setting(..., "What organisations give at rest.", unit="table")
    held: list[Ranged] = setting(..., "What is uncertain and not tuned.", unit="list")
    parameter: list[Ranged] = setting(..., "What is free to move.", unit="list")


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
    rest
        Between what a place at rest gives.
    held
        What is uncertain and not tuned.
    """

    priors: tuple[Prior, ...]
    search: Search
    rest: tuple[float, float]
    held: list[Ranged]

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
    rows: dict[str, Any] = {r.path: r for r in parameters() if r.low is not None and r.high is not None}
    priors: list[Prior] = []
    all_paths = [entry.path for entry in (*declared.held, *declared.parameter)]
    for kind, entries in (("held", declared.held), ("parameter", declared.parameter)):
        for at, entry in enumerate(entries, start=1):
            where = f"{file}: {kind}.{at}"
            if entry.path not in rows or "<" in entry.path:
                near = suggest(entry.path, [path for path in rows if "<" not in path])
                raise ScenarioError(
                    f"{where}.path = {entry.path!r}: no number that can be set has this path; {near}"
                )
            if all_paths.count(entry.path) > 1:
                raise ScenarioError(f"{where}.path = {entry.path!r}: stands twice; give it once")
            row = rows[entry.path]
            if not row.low <= entry.low < entry.high <= row.high:
                raise ScenarioError(
                    f"{where}: low, high = {entry.low:g}, {entry.high:g}: must rise, and lie within "
                    f"{row.low:g} to {row.high:g}"
                )
            if kind == "parameter":
                default = row.default
                whole = isinstance(default, int)
                priors.append(Prior(entry.path, entry.low, entry.high, whole, float(default), entry.why))
    return Space(tuple(priors), declared.search, (declared.rest.low, declared.rest.high), declared.held)


def declared_hash(space: Space) -> str:
    """Sixteen digits of what is free, how it is searched, the bands, and the places looked at."""
    return digest(
        [(prior.path, prior.low, prior.high) for prior in space.priors],
        space.search.model_dump(),
        space.rest,
        [(p.name, key, band.low, band.high, band.span) for p in PATTERNS for key, band in p.bands.items()],
        kinds().model_dump(),
        [parse_toml(packaged_text(name), name) for name in sorted({p.scenario for p in PATTERNS})],
    )
