"""The ranges in which the model shows what was observed: where to vary what was tuned.

The tuning of `experiments` writes them, as the middle 90 % of each parameter over the points that
it accepted. They hold for one version of the equations; of another nothing is known.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from partnersim.model.version import EQUATIONS
from partnersim.scenario.declarations import Real, Section, Text, Whole, setting
from partnersim.scenario.files import parse_toml, read_text
from partnersim.scenario.messages import validate

FILE = Path(__file__).with_name("accepted.toml")
"""The ranges; it is not there where no tuning has been made."""


class AcceptedFile(Section):
    """The file of accepted ranges."""

    model: Text = setting(..., "Version of the equations for which they hold.", unit="text")
    points: Whole = setting(..., "Points that were accepted.", low=1, high=10**9, unit="points")
    ranges: dict[str, tuple[Real, Real]] = setting(
        ..., "By dotted path, 5 and 95 % over these points.", unit="table"
    )


class AcceptedRanges(NamedTuple):
    """The accepted ranges that hold for the model as it is.

    Attributes
    ----------
    ranges : dict[str, tuple[float, float]]
        By dotted path; empty where there are none.
    why_not : str
        Why a path may have none, in words.
    """

    ranges: dict[str, tuple[float, float]]
    why_not: str


@cache
def accepted_ranges() -> AcceptedRanges:
    """Read the accepted ranges; there are none for a path that was not tuned, or for another model."""
    if not FILE.is_file():
        return AcceptedRanges({}, f"there are no accepted points of model {EQUATIONS}")
    found = validate(AcceptedFile, parse_toml(read_text(FILE, "ranges"), str(FILE)), str(FILE))
    if found.model != EQUATIONS:
        return AcceptedRanges({}, f"accepted points are of model {found.model}, not of {EQUATIONS}")
    return AcceptedRanges(dict(found.ranges), f"the {found.points} accepted points do not set it")
