"""Where the model shows what was observed: the points that the tuning accepted, and ranges to vary within.

The tuning of `experiments` writes both. A range is the middle 90 % of a parameter over the points; of what
the tuning held, and asked every claim over, it is what it declared. They hold for one version of the
equations; of another nothing is known.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from partnersim.model.version import EQUATIONS
from partnersim.scenario.declarations import Real, Section, Text, Whole
from partnersim.scenario.errors import ScenarioError
from partnersim.scenario.files import parse_toml, read_text, shipped
from partnersim.scenario.messages import validate

FILE = Path(__file__).with_name("accepted.toml")
"""The ranges; it is not there where no tuning has been made."""


class AcceptedFile(Section):
    """The file of ranges by dotted path: the version of the equations, how many points, and which ranges."""

    model: Text
    points: Whole
    ranges: dict[str, tuple[Real, Real]]
    held: dict[str, tuple[Real, Real]]


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
    """Read the accepted ranges; there are none for a path that the tuning left out, or for another model."""
    if not FILE.is_file():
        return AcceptedRanges({}, f"there are no accepted points of model {EQUATIONS}")
    found = validate(AcceptedFile, parse_toml(read_text(FILE, "ranges"), str(FILE)), str(FILE))
    if found.model != EQUATIONS:
        return AcceptedRanges({}, f"accepted points are of model {found.model}, not of {EQUATIONS}")
    return AcceptedRanges(found.ranges | found.held, f"the {found.points} accepted points do not set it")


def accepted_points() -> Path:
    """Give the file of the accepted points: CSV, a column for each dotted path, and `point`.

    Raises
    ------
    ScenarioError
        Where there are none for the model as it is.
    """
    known = accepted_ranges()
    file = shipped("experiments/tuning/accepted.csv")
    if not known.ranges or file is None:
        why = known.why_not if not known.ranges else "they are not in this installation"
        raise ScenarioError(f"accepted: there are no such points, for {why}; name a file of points")
    return file
