"""The patterns that the model is held against, each with bands fixed beforehand.

A pattern is a published fact, a scenario in which to look for it, the numbers to look at and, for
each, the band in which it counts as found. Bands come from the sources or, where these give a
direction only, from the judgement written beside them; they are not to be moved to make a run
pass. All this stands in ../tuning/patterns.toml; how each is looked for, in looks.py. What has no
band is shown beside, for the reader.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import model_validator

from experiments.declared import read
from experiments.patterns.estimates import Found
from experiments.patterns.looks import DECLARED, LOOKS, Kinds
from experiments.patterns.runs import Look
from partnersim.scenario.declarations import Real, Section, Text, setting
from partnersim.scenario.scenario import Scenario

REPORTED = "reported"


class Band(Section):
    """A number of a pattern, as patterns.toml has it, and where it is to lie: both ends are inside."""

    key: Text = setting(..., "Short name.", unit="text")
    what: Text = setting(..., "The number in words.", unit="text")
    low: Real = setting(-math.inf, "Lower end of the band; open if left out.", unit="as given")
    high: Real = setting(math.inf, "Upper end; without either the number is reported.", unit="as given")
    why: Text = setting(..., "Where the ends come from.", unit="text")
    span: Real = setting(
        1.0,
        "Width at which a band is drawn that has one end, or whose lower end is -1 because a share or a "
        "correlation cannot be less.",
        low=1e-6,
        unit="as given",
    )

    @model_validator(mode="after")
    def _ends_in_order(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"low = {self.low}: must be below high = {self.high}")
        return self

    @property
    def asks(self) -> bool:
        """Whether it asks for anything."""
        return math.isfinite(self.low) or math.isfinite(self.high)

    def holds(self, value: float) -> bool:
        """Whether a value is inside; what could not be computed is not."""
        return self.low <= value <= self.high


class Pattern(Section):
    """One published fact and how it is looked for."""

    name: Text = setting(..., "Its number.", unit="text")
    title: Text = setting(..., "A few words.", unit="text")
    fact: Text = setting(..., "What was observed.", unit="text")
    sources: list[Text] = setting(..., "Keys of docs/references.bib.", unit="list")
    standing: Literal["set", "built in", "to compare", "reported"] = setting(
        ..., "Whether it can count for the model: only what is to compare can.", unit="name"
    )
    scenario: Text = setting(..., "The packaged scenario it is looked for in.", unit="name")
    arms: Text = setting(..., "What is run, and for how many months.", unit="text")
    reading: Text = setting(..., "What is looked at in the model.", unit="text")
    fairness: Text = setting(..., "Why this is a fair reading, and what else it could be.", unit="text")
    number: list[Band] = setting(..., "Its numbers.", unit="list")

    @model_validator(mode="after")
    def _can_be_looked_for(self) -> Self:
        if self.name not in LOOKS:
            raise ValueError(f"name = {self.name!r}: must be one of {', '.join(LOOKS)}")
        keys = [number.key for number in self.number]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice or not keys:
            said = f"{min(twice)!r} stands twice" if twice else "missing"
            raise ValueError(f"number: {said}; give each number once")
        asks = any(number.asks for number in self.number)
        if asks == (self.standing == REPORTED):
            raise ValueError(f"standing = {self.standing!r}: 'reported' is what has no band, and only that")
        return self

    @cached_property
    def bands(self) -> dict[str, Band]:
        """The bands of its numbers that have one, by key."""
        return {n.key: n for n in self.number if n.asks}

    @cached_property
    def reported(self) -> dict[str, str]:
        """What its numbers without a band are, by key."""
        return {n.key: n.what for n in self.number if not n.asks}

    def look(self, scenario: Scenario, look: Look) -> Found:
        """Find its numbers in a scenario: those of the bands, and some to show beside."""
        return LOOKS[self.name](scenario, look)

    def find(self, look: Look | None = None, changes: Mapping[str, Any] | None = None) -> Found:
        """Look for it in its own scenario, with some parameters changed."""
        return self.look(Scenario.load(self.scenario).replace(dict(changes or {})), look or Look())


class DeclaredPatterns(Kinds, extra="forbid"):
    """All that is in patterns.toml."""

    pattern: list[Pattern] = setting(..., "The patterns.", unit="list")


def read_patterns(file: Path = DECLARED) -> tuple[Pattern, ...]:
    """The patterns in the order of the file.

    Raises
    ------
    partnersim.ScenarioError
        One message with file, key, value and what would be right.
    """
    return tuple(read(DeclaredPatterns, file).pattern)


PATTERNS = read_patterns()
"""The patterns, in order."""
