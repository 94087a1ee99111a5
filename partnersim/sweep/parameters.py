"""Parameters of a sweep: dotted paths of the scenario, and the values that each may take.

A plan says `Range`, `Values` or `Distribution`, often only in part; with the declaration of the
path in `partnersim.scenario` this becomes a `Parameter`, which knows its kind and its bounds and
turns positions in [0, 1] into values. Designs deal in positions only.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args, get_origin

import numpy as np
import numpy.typing as npt
from pydantic import ConfigDict, Field, field_validator

from partnersim.scenario.accepted import accepted_ranges
from partnersim.scenario.declarations import Real, Section, setting
from partnersim.scenario.declared import Place
from partnersim.scenario.errors import ScenarioError, shown, suggest
from partnersim.scenario.paths import find_setting
from partnersim.scenario.scenario import Scenario

Floats = npt.NDArray[np.float64]
Column = npt.NDArray[Any]
Kind = Literal["real", "whole", "flag", "text"]

Origin = Literal["given", "accepted", "declared"]

DTYPES: dict[Kind, Any] = {"real": np.float64, "whole": np.int64, "flag": np.bool_, "text": np.str_}

DUMMY = re.compile(r"dummy[\w-]*")
"""Names of parameters that do nothing: what an analysis finds of them is noise."""

MOST_OUTSIDE = 1e-3
"""Share of a distribution that may lie outside the range of its path: such points fail."""


class Range(Section):
    """All values between two bounds, equally likely; a bound left out is where the evidence has it,
    else as declared for the path.
    """

    low: Real | None = setting(
        None,
        "Lowest value; that of the accepted points, or of the declared range, if left out.",
        unit="as the path",
    )
    high: Real | None = setting(
        None,
        "Highest value; that of the accepted points, or of the declared range, if left out.",
        unit="as the path",
    )

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"


class Values(Section):
    """Some values, one by one: numbers, names or switches, as the path has them."""

    values: list[Any] = setting(..., "The values, each once.", unit="as the path")

    @field_validator("values")
    @classmethod
    def _single_and_different(cls, values: list[Any]) -> list[Any]:
        if not values:
            raise ValueError("is empty; give one value at least")
        for value in values:
            if not isinstance(value, bool | int | float | str):
                raise ValueError("each must be a single number, name or switch")
        for number, value in enumerate(values):
            if any(value == other for other in values[:number]):
                raise ValueError(f"{shown(value)} is given twice; each value once")
        return values

    def __str__(self) -> str:
        return ", ".join(str(value) for value in self.values)


class Distribution(Section):
    """A distribution of scipy.stats by its name, with its arguments by theirs."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)
    __pydantic_extra__: dict[str, Real] = Field(init=False)

    distribution: str = setting(
        ..., "Name in scipy.stats, such as 'beta'; its arguments stand beside it.", unit="name"
    )

    @property
    def arguments(self) -> dict[str, float]:
        """The arguments by name, `loc` and `scale` among them where they are given."""
        return {name: float(value) for name, value in self.__pydantic_extra__.items()}

    def __str__(self) -> str:
        stated = ", ".join(f"{name}={value:g}" for name, value in self.arguments.items())
        return f"{self.distribution}({stated})"


Spread = Range | Values | Distribution


@dataclass(frozen=True)
class Parameter:
    """One thing that a sweep varies, with all that was left out filled in.

    Parameters
    ----------
    path
        Dotted path of the scenario, or a name that begins with ``dummy`` and does nothing.
    kind
        ``"real"``, ``"whole"``, ``"flag"`` or ``"text"``, as declared for the path.
    unit, meaning
        As declared for the path.
    arms
        Names of the arms that have the path; the others run without it.
    least, most
        The declared range of the path; None where it has no such end.
    spread
        Its values; of a range both bounds are given. None where a table gives them.
    origin
        Whether the plan gives all its values, or left a bound to the accepted points or to the
        declared range.
    """

    path: str
    kind: Kind
    unit: str
    meaning: str
    arms: tuple[str, ...]
    least: float | None
    most: float | None
    spread: Spread | None
    origin: Origin = "given"

    @property
    def is_dummy(self) -> bool:
        """True where the parameter does nothing."""
        return is_dummy(self.path)

    @property
    def low(self) -> float | None:
        """Lowest of a range or of numbers; None for names."""
        return self._end(0.0)

    @property
    def high(self) -> float | None:
        """Highest of a range or of numbers; None for names and endless distributions."""
        return self._end(1.0)

    def _end(self, position: float) -> float | None:
        match self.spread:
            case Range():
                return self.spread.high if position else self.spread.low
            case Values(values=values):
                return None if self.kind == "text" else float((min, max)[position > 0](values))
            case None:
                return None
            case Distribution():
                end = float(_scipy(self.spread).support()[position > 0])
                return end if math.isfinite(end) else None

    def at(self, positions: Floats) -> Column:
        """Turn positions in [0, 1] into values: the same share of positions for each whole number,
        each of some values, and each quantile of a distribution.
        """
        match self.spread:
            case Values(values=values):
                index = np.minimum((positions * len(values)).astype(np.int64), len(values) - 1)
                return as_column(values, self.kind)[index]
            case Range(low=low, high=high):
                assert low is not None and high is not None
                if self.kind != "whole":
                    return low + positions * (high - low)
                count = int(high) - int(low) + 1
                steps = np.minimum((positions * count).astype(np.int64), count - 1)
                return int(low) + steps
            case Distribution():
                # Positions strictly inside: a distribution without end has no value at 0 or 1.
                inside = np.clip(positions, 2.0**-53, 1.0 - 2.0**-53)
                drawn = np.asarray(_scipy(self.spread).ppf(inside), np.float64)
                return np.rint(drawn).astype(np.int64) if self.kind == "whole" else drawn
            case None:
                raise TypeError(f"{self.path}: its values stand in a table")

    def levels(self, count: int) -> Column:
        """List its values one by one: those given, or so many evenly over a range, ends included.

        Raises
        ------
        ScenarioError
            For a distribution, which has no values one by one.
        """
        match self.spread:
            case Values(values=values):
                return as_column(values, self.kind)
            case Range(low=low, high=high):
                assert low is not None and high is not None
                even = np.linspace(low, high, count)
                if self.kind == "whole":
                    return np.unique(np.rint(even).astype(np.int64))
                return even
            case _:
                raise ScenarioError(
                    f"{key_of(self.path)}.distribution: this design takes values one by one; give "
                    "values = [...], or low and high"
                )

    def describe(self) -> dict[str, Any]:
        """Describe what decides its values, as a file would hold it."""
        return self.spread.model_dump() if self.spread else {}


def is_dummy(path: str) -> bool:
    """Return whether a path is the name of a parameter that does nothing."""
    return DUMMY.fullmatch(path) is not None


def key_of(path: str) -> str:
    """Return the key under which a parameter stands in a plan."""
    return f'parameters."{path}"' if "." in path else f"parameters.{path}"


def as_column(values: Sequence[Any], kind: Kind) -> Column:
    """Turn values into an array of their kind."""
    return np.array(values, DTYPES[kind])


def resolve(path: str, spread: Spread | None, arms: Mapping[str, Scenario]) -> Parameter:
    """Fill in what a plan leaves out of a parameter, and check it against the declaration.

    The spread is None where a table gives the values.

    Raises
    ------
    ScenarioError
        For a path that no arm has, with the nearest known one; for values of another kind, low
        above high, bounds outside the declared range, an unknown distribution.
    """
    place, having = _declared(path, arms)
    kind = _kind(path, place, spread)
    origin: Origin = "given"
    match spread:
        case Range():
            spread, origin = _fill_range(path, place, kind, spread)
        case Values():
            _check_values(path, place, kind, spread)
        case Distribution():
            _check_distribution(path, place, kind, spread)
    bounds = place.bound("ge"), place.bound("le")
    return Parameter(path, kind, place.unit, place.meaning, having, *bounds, spread, origin)


def _declared(path: str, arms: Mapping[str, Scenario]) -> tuple[Place, tuple[str, ...]]:
    """Find the declaration of a path, and the names of the arms that have it."""
    if is_dummy(path):
        return Place(float, unit="none", meaning="Does nothing."), tuple(arms)
    places: dict[str, Place] = {}
    reasons = []
    for name, scenario in arms.items():
        try:
            places[name] = find_setting(scenario, path).place
        except ScenarioError as error:
            reasons.append(str(error).partition(": ")[2])
    if not places:
        nowhere = "" if len(arms) == 1 else " (so in each arm)"
        raise ScenarioError(f"{key_of(path)}: {reasons[-1]}{nowhere}")
    return next(iter(places.values())), tuple(places)


def _kind(path: str, place: Place, spread: Spread | None) -> Kind:
    """Return the kind of value that a path takes; names also where names stand for a whole table."""
    kinds: dict[Any, Kind] = {float: "real", int: "whole", bool: "flag", str: "text"}
    if place.annotation in kinds:
        return kinds[place.annotation]
    if get_origin(place.annotation) is Literal:
        return "text"
    if isinstance(spread, Values) and all(isinstance(value, str) for value in spread.values):
        return "text"
    raise ScenarioError(
        f"{key_of(path)}: is a {'table' if place.container is not list else 'list'}, and a "
        "parameter is a single number, name or switch; give the path of one in it"
    )


def _fill_range(path: str, place: Place, kind: Kind, given: Range) -> tuple[Range | Values, Origin]:
    """Fill in both bounds of a range, and say where from; names and switches are taken one by one."""
    key = key_of(path)
    if kind in ("flag", "text"):
        known = [False, True] if kind == "flag" else list(get_args(place.annotation))
        if given.low is not None or given.high is not None or not known:
            raise ScenarioError(f"{key}: has no low and high; give values = [...]")
        return Values(values=known), "given"
    # A parameter that does nothing is declared nowhere.
    least, most = (0.0, 1.0) if is_dummy(path) else (place.bound("ge"), place.bound("le"))
    bounds = {"low": (given.low, least), "high": (given.high, most)}
    for side, (own, declared) in bounds.items():
        if own is None and declared is None:
            raise ScenarioError(f"{key}.{side}: missing; the path has no declared range")
        is_outside = own is not None and not _is_inside(own, least, most)
        is_broken = own is not None and kind == "whole" and own != int(own)
        if (is_outside and not is_dummy(path)) or is_broken:
            raise ScenarioError(f"{key}.{side} = {own:g}: {place.right(path)}")
    low, high, origin = _left_out(path, given, least, most)
    assert low is not None and high is not None
    if low >= high:
        raise ScenarioError(
            f"{key}: low = {low:g} is {'above' if low > high else 'equal to'} high = {high:g}; "
            "low must be below high"
        )
    return Range(low=low, high=high), origin


def _left_out(
    path: str, given: Range, least: float | None, most: float | None
) -> tuple[float | None, float | None, Origin]:
    """Fill in the bounds that were left out: of the accepted points if a range is left, else as declared."""
    is_given = is_dummy(path) or (given.low is not None and given.high is not None)
    ends = None if is_given else accepted_ranges().ranges.get(path)
    if ends is not None:
        low = ends[0] if given.low is None else given.low
        high = ends[1] if given.high is None else given.high
        if low < high and _is_inside(low, least, most) and _is_inside(high, least, most):
            return low, high, "accepted"
    low_or_none = least if given.low is None else given.low
    high_or_none = most if given.high is None else given.high
    return low_or_none, high_or_none, "given" if is_given else "declared"


def _is_inside(value: float, least: float | None, most: float | None) -> bool:
    """Return whether a value is in a closed range; an end that is None is open."""
    return (least is None or value >= least) and (most is None or value <= most)


def _check_values(path: str, place: Place, kind: Kind, given: Values) -> None:
    """Check the kind of each value, and the range of numbers."""
    for value in given.values:
        if not _fits(value, place, kind):
            raise ScenarioError(f"{key_of(path)}.values, {shown(value)}: {place.right(path, value)}")


def _fits(value: Any, place: Place, kind: Kind) -> bool:
    """Return whether a value is of a kind, and a number inside its declared range."""
    match kind:
        case "flag":
            return isinstance(value, bool)
        case "text":
            known = get_args(place.annotation)
            return isinstance(value, str) and (not known or value in known)
        case _:
            number = isinstance(value, int) or (kind == "real" and isinstance(value, float))
            is_number = number and not isinstance(value, bool) and abs(value) <= sys.float_info.max
            return is_number and _is_inside(value, place.bound("ge"), place.bound("le"))


def _check_distribution(path: str, place: Place, kind: Kind, given: Distribution) -> None:
    """Check a distribution's name, its arguments, and that its values can be set."""
    key = key_of(path)
    if kind in ("flag", "text"):
        raise ScenarioError(f"{key}.distribution: the path takes no numbers; give values = [...]")
    names = _distribution_names()
    if given.distribution not in names:
        raise ScenarioError(
            f"{key}.distribution = {given.distribution!r}: scipy.stats has none of this name; "
            f"{suggest(given.distribution, list(names))}"
        )
    needed, optional = names[given.distribution]
    known = (*needed, *optional)
    for name in given.arguments:
        if name not in known:
            near = suggest(name, list(known))
            raise ScenarioError(f"{key}.{name}: no argument of {given.distribution}; {near}")
    for name in needed:
        if name not in given.arguments:
            raise ScenarioError(f"{key}.{name}: missing; {given.distribution} takes {', '.join(known)}")
    _check_quantiles(path, place, given)


def _check_quantiles(path: str, place: Place, given: Distribution) -> None:
    """Check that a distribution has quantiles, and next to none outside the declared range."""
    key = key_of(path)
    frozen = _scipy(given)
    if not np.all(np.isfinite(frozen.ppf([MOST_OUTSIDE, 0.5, 1 - MOST_OUTSIDE]))):
        stated = ", ".join(f"{name} = {value:g}" for name, value in given.arguments.items())
        raise ScenarioError(f"{key}: {given.distribution} does not exist for {stated}")
    if is_dummy(path):
        return
    least, most = place.bound("ge"), place.bound("le")
    # Just below the lowest value: one that may be taken with a chance above 0 is inside.
    below = 0.0 if least is None else float(frozen.cdf(np.nextafter(least, -np.inf)))
    above = 0.0 if most is None else float(frozen.sf(most))
    if below + above > MOST_OUTSIDE:
        raise ScenarioError(
            f"{key}: {below + above:.1%} of {given.distribution} lies outside what the path takes "
            f"({place.right(path)}); take a distribution that ends there, such as truncnorm, "
            "beta or uniform"
        )


def _scipy(given: Distribution) -> Any:
    """Make the distribution of scipy.stats, with its arguments."""
    from scipy import stats

    return getattr(stats, given.distribution)(**given.arguments)


@cache
def _distribution_names() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """List the distributions of scipy.stats, each with the arguments that it needs and may have."""
    from scipy import stats

    found: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for name, entry in vars(stats).items():
        if isinstance(entry, stats.rv_continuous | stats.rv_discrete):
            needed = tuple(entry.shapes.split(", ")) if entry.shapes else ()
            is_discrete = isinstance(entry, stats.rv_discrete)
            found[name] = needed, ("loc",) if is_discrete else ("loc", "scale")
    return found
