"""Designs: which points of the parameters' space a sweep runs.

A design is declared in a plan (`[design]`, tagged by `type`) and makes its points on demand: any
stretch of them, in any order, in time and memory for that stretch alone, so that a sweep of 10^7
points starts at once and each worker makes its own. Only a table is read whole.

Most designs are made of positions in [0, 1], which `parameters.Parameter.at` turns into values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Discriminator, Tag, field_validator

from partnersim.scenario.declarations import Section, Text, Whole, setting
from partnersim.scenario.errors import ScenarioError, suggest
from partnersim.sweep.parameters import Column, Distribution, Floats, Parameter, as_column, key_of

if TYPE_CHECKING:
    from partnersim.sweep.plan import Plan

Wholes = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]
Columns = dict[str, Column]

MOST_POINTS = 2**38
"""Points that can be numbered: the luck of a point is an address of so many bits."""

MOST_SOBOL_POINTS = 2**30
"""Points of a Sobol' sequence in scipy, which gives each 30 bits."""

HIDDEN_STREAM = 0x0DE51617
"""Spawn key of the random numbers of designs, so that they are none of the runs'."""


# --- What a plan says ----------------------------------------------------------------------------


class FactorialDesign(Section):
    """Every combination of the parameters' values."""

    type: Literal["factorial"] = setting("factorial", "Which design.", unit="name")
    levels: Whole = setting(
        3, "Values taken, evenly, of a parameter that has a low and a high.", low=2, high=10_000,
        unit="values",
    )  # fmt: skip
    growing: ClassVar[str] = ""


class OneAtATimeDesign(Section):
    """The scenario as it stands, then each parameter by itself through its values."""

    type: Literal["one-at-a-time"] = setting("one-at-a-time", "Which design.", unit="name")
    levels: Whole = setting(
        5, "Values taken, evenly, of a parameter that has a low and a high.", low=2, high=10_000,
        unit="values",
    )  # fmt: skip
    growing: ClassVar[str] = ""


class LatinHypercubeDesign(Section):
    """Each parameter cut into as many slices as there are points, each slice taken once."""

    type: Literal["latin-hypercube"] = setting("latin-hypercube", "Which design.", unit="name")
    points: Whole = setting(..., "How many points.", low=1, high=MOST_POINTS, unit="points")
    growing: ClassVar[str] = ""


class SobolDesign(Section):
    """A scrambled Sobol' sequence: it fills the space evenly, and keeps its points as it grows."""

    type: Literal["sobol"] = setting("sobol", "Which design.", unit="name")
    points: Whole = setting(
        ..., "How many points; a power of two.", low=1, high=MOST_SOBOL_POINTS, unit="points"
    )
    growing: ClassVar[str] = "points"

    @field_validator("points")
    @classmethod
    def _power_of_two(cls, value: int) -> int:
        return check_power_of_two(value)


class MorrisDesign(Section):
    """Trajectories in which each parameter, or group, moves once: screening by its steps."""

    type: Literal["morris"] = setting("morris", "Which design.", unit="name")
    trajectories: Whole = setting(
        ..., "How many trajectories.", low=2, high=2**30, unit="trajectories"
    )
    levels: Whole = setting(
        4, "Levels of the grid, an even number; a step is a little over half of the range.",
        low=2, high=100, unit="levels",
    )  # fmt: skip
    groups: dict[str, list[str]] = setting(
        {}, "Parameters that move together, by the group's name; others move alone.", unit="names"
    )
    growing: ClassVar[str] = "trajectories"

    @field_validator("levels")
    @classmethod
    def _even(cls, value: int) -> int:
        if value % 2:
            raise ValueError(f"{value} is odd; the levels must be an even number")
        return value


class SaltelliDesign(Section):
    """Two samples A and B, and all mixtures of them: for first, total and second order indices."""

    type: Literal["saltelli"] = setting("saltelli", "Which design.", unit="name")
    base: Whole = setting(
        ..., "How many base rows; a power of two.", low=1, high=MOST_SOBOL_POINTS, unit="rows"
    )
    second_order: bool = setting(
        True, "Whether to allow for second order indices, at nearly twice the runs.",
        unit="yes or no",
    )  # fmt: skip
    groups: dict[str, list[str]] = setting(
        {}, "Parameters that are mixed together, by the group's name; others alone.", unit="names"
    )
    growing: ClassVar[str] = "base"

    @field_validator("base")
    @classmethod
    def _power_of_two(cls, value: int) -> int:
        return check_power_of_two(value)


class TableDesign(Section):
    """Points of one's own: a CSV or Parquet file with a column for each parameter."""

    type: Literal["table"] = setting("table", "Which design.", unit="name")
    file: Text = setting(..., "The file, relative to the plan's folder.", unit="path")
    growing: ClassVar[str] = ""


DesignDeclaration = (
    FactorialDesign
    | OneAtATimeDesign
    | LatinHypercubeDesign
    | SobolDesign
    | MorrisDesign
    | SaltelliDesign
    | TableDesign
)


def _type_of(given: Any) -> Any:
    """The tag by which pydantic chooses among designs."""
    return given.get("type") if isinstance(given, Mapping) else getattr(given, "type", None)


AnyDesign = Annotated[
    Annotated[FactorialDesign, Tag("factorial")]
    | Annotated[OneAtATimeDesign, Tag("one-at-a-time")]
    | Annotated[LatinHypercubeDesign, Tag("latin-hypercube")]
    | Annotated[SobolDesign, Tag("sobol")]
    | Annotated[MorrisDesign, Tag("morris")]
    | Annotated[SaltelliDesign, Tag("saltelli")]
    | Annotated[TableDesign, Tag("table")],
    Discriminator(_type_of),
]


def check_power_of_two(value: int) -> int:
    """Raise ValueError unless a number is a power of two; name the nearest ones."""
    if value > 0 and value & (value - 1):
        below = 1 << (value.bit_length() - 1)
        raise ValueError(
            f"{value} is no power of two, and a Sobol' sequence is even only there; "
            f"take {below} or {2 * below}"
        )
    return value


# --- What a sweep runs ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Design:
    """The points of a sweep, made on demand; safe to use from several threads.

    Parameters
    ----------
    n_points
        How many points there are, numbered from 0.
    paths
        The parameters, in the order of the plan.
    """

    n_points: int
    paths: tuple[str, ...]
    _points: Callable[[int, int], Columns]
    _columns: Callable[[int, int], Columns]
    _luck_row: Callable[[int, int], Wholes] | None

    def points(self, begin: int, end: int) -> Columns:
        """Values of each parameter at points `begin` to `end` - 1.

        Returns
        -------
        dict[str, numpy.ndarray]
            By path: float64, int64, bool or str, one entry a point.

        Raises
        ------
        IndexError
            Where there are no such points.
        """
        self._check(begin, end)
        return self._points(begin, end)

    def columns(self, begin: int, end: int) -> Columns:
        """What else the design says of points `begin` to `end` - 1, by name; often nothing."""
        self._check(begin, end)
        return self._columns(begin, end)

    def luck_row(self, begin: int, end: int) -> Wholes | None:
        """Number of the luck that points `begin` to `end` - 1 have; points of one number share
        theirs, replicate by replicate. None where all points share it.
        """
        self._check(begin, end)
        return None if self._luck_row is None else self._luck_row(begin, end)

    def _check(self, begin: int, end: int) -> None:
        if not 0 <= begin <= end <= self.n_points:
            raise IndexError(f"points {begin} to {end}: the design has {self.n_points} points")


def make_design(plan: Plan) -> Design:
    """The design of a plan.

    Raises
    ------
    PlanError
        For a design that does not fit the parameters, and a table that cannot be used.
    """
    parameters = tuple(plan.parameters_by_path.values())
    layout = _lay_out(plan, parameters)
    if layout.n_points > MOST_POINTS:
        raise ScenarioError(
            f"design: {layout.n_points:.3g} points; at most 2^38 = {MOST_POINTS:,} can be numbered"
        )
    rows: dict[str, Callable[[int, int], Wholes] | None] = {
        "common": None,
        "base-row": layout.base_row,
        "independent": np.arange,
    }
    paths = tuple(parameter.path for parameter in parameters)
    return Design(layout.n_points, paths, layout.points, layout.columns, rows[plan.luck_policy])


# --- Where the points lie ------------------------------------------------------------------------


@dataclass(frozen=True)
class _Layout:
    """Where the points of a design lie; each design says it in one of the two ways below."""

    parameters: tuple[Parameter, ...]

    @property
    def n_points(self) -> int:
        """How many points there are."""
        raise NotImplementedError

    def positions(self, begin: int, end: int) -> Floats:
        """Points as positions in [0, 1]: float64[point, parameter]."""
        raise NotImplementedError

    def points(self, begin: int, end: int) -> Columns:
        """Points as values, by path."""
        positions = self.positions(begin, end)
        return {p.path: p.at(positions[:, at]) for at, p in enumerate(self.parameters)}

    def columns(self, begin: int, end: int) -> Columns:
        """What else there is to say of each point."""
        return {}

    def base_row(self, begin: int, end: int) -> Wholes:
        """The row, or trajectory, that each point is made of."""
        raise ScenarioError(
            "luck = 'base-row': only a saltelli or morris design has base rows; take 'common' or "
            "'independent'"
        )


@dataclass(frozen=True)
class _Factorial(_Layout):
    """Every combination; the last parameter changes first."""

    n_levels: int

    @cached_property
    def _levels(self) -> list[Column]:
        return [parameter.levels(self.n_levels) for parameter in self.parameters]

    @property
    def n_points(self) -> int:
        return math.prod(len(levels) for levels in self._levels)

    def points(self, begin: int, end: int) -> Columns:
        shape = [len(levels) for levels in self._levels]
        indices = np.unravel_index(np.arange(begin, end), shape) if shape else ()
        chosen = zip(self.parameters, self._levels, indices, strict=True)
        return {parameter.path: levels[index] for parameter, levels, index in chosen}


@dataclass(frozen=True)
class _OneAtATime(_Layout):
    """Point 0 is the scenario as it stands; then come the other values of each parameter."""

    n_levels: int
    starts: Mapping[str, Any]

    @cached_property
    def _choices(self) -> list[Column]:
        """For each parameter, its value in the scenario and then its other values."""
        choices = []
        for parameter in self.parameters:
            start = self.starts[parameter.path]
            others = [v for v in parameter.levels(self.n_levels).tolist() if v != start]
            choices.append(as_column([start, *others], parameter.kind))
        return choices

    @property
    def n_points(self) -> int:
        return 1 + sum(len(choices) - 1 for choices in self._choices)

    def points(self, begin: int, end: int) -> Columns:
        number = np.arange(begin, end)
        columns, before = {}, 0
        for parameter, choices in zip(self.parameters, self._choices, strict=True):
            is_own = (before < number) & (number < before + len(choices))
            columns[parameter.path] = choices[np.where(is_own, number - before, 0)]
            before += len(choices) - 1
        return columns

    def columns(self, begin: int, end: int) -> Columns:
        """`changed`: the path of the parameter that is changed; empty at point 0."""
        names = np.array(["", *(parameter.path for parameter in self.parameters)])
        last = np.cumsum([0, *(len(choices) - 1 for choices in self._choices)])
        return {"changed": names[np.searchsorted(last, np.arange(begin, end))]}


@dataclass(frozen=True)
class _LatinHypercube(_Layout):
    """In each column the slices in random order, and a random place in each slice."""

    n: int
    seed: int

    @property
    def n_points(self) -> int:
        return self.n

    @cached_property
    def _orders(self) -> Callable[[Wholes], Wholes]:
        rng = np.random.default_rng(_hidden(self.seed).spawn(1)[0])
        return random_orders(self.n, len(self.parameters), rng)

    def positions(self, begin: int, end: int) -> Floats:
        shape = (end - begin, len(self.parameters))
        inside = uniforms(self.seed, begin * shape[1], shape)
        return np.asarray((self._orders(np.arange(begin, end)) + inside) / self.n)


@dataclass(frozen=True)
class _Sobol(_Layout):
    """The points of a scrambled Sobol' sequence."""

    n: int
    seed: int

    @property
    def n_points(self) -> int:
        return self.n

    @cached_property
    def _sequence(self) -> SobolSequence:
        return SobolSequence(len(self.parameters), self.n, self.seed)

    def positions(self, begin: int, end: int) -> Floats:
        return self._sequence.rows(begin, end)


@dataclass(frozen=True)
class _Morris(_Layout):
    """Trajectories on a grid, in which each group of parameters moves once [morris1991].

    Rows are as SALib's: g + 1 for each trajectory of g groups.
    """

    n: int
    n_levels: int
    groups: Mapping[str, Sequence[int]]
    seed: int

    @property
    def n_points(self) -> int:
        return self.n * self._length

    @property
    def _length(self) -> int:
        return len(self.groups) + 1

    def _trajectories(self, begin: int, end: int) -> tuple[Floats, npt.NDArray[np.bool_], Wholes]:
        """Lower positions float64[trajectory, parameter], whether each parameter begins there,
        and the step at which each moves.
        """
        d, g = len(self.parameters), len(self.groups)
        draws = uniforms(self.seed, begin * (2 * d + g), (end - begin, 2 * d + g))
        low = np.floor(draws[:, :d] * (self.n_levels // 2)) / (self.n_levels - 1)
        order = np.argsort(np.argsort(draws[:, 2 * d :], axis=1), axis=1)
        return low, draws[:, d : 2 * d] < 0.5, order

    def positions(self, begin: int, end: int) -> Floats:
        row, step, at = self._rows(begin, end)
        low, begins_low, order = self._trajectories(*row)
        group_of = np.empty(len(self.parameters), np.int64)
        for number, members in enumerate(self.groups.values()):
            group_of[list(members)] = number
        has_moved = order[at][:, group_of] < step[:, np.newaxis]
        jump = self.n_levels / (2 * (self.n_levels - 1))
        return np.asarray(low[at] + jump * (has_moved == begins_low[at]))

    def _rows(self, begin: int, end: int) -> tuple[tuple[int, int], Wholes, Wholes]:
        """The trajectories that some points are on; of each point its step, and its trajectory
        counted from the first of these.
        """
        trajectory, step = np.divmod(np.arange(begin, end), self._length)
        first = begin // self._length
        return (first, -(-end // self._length)), step, trajectory - first

    def columns(self, begin: int, end: int) -> Columns:
        """`trajectory`, `step`, and `changed`: the group that has just moved; empty at step 0."""
        row, step, at = self._rows(begin, end)
        _, _, order = self._trajectories(*row)
        moved = np.argsort(order, axis=1)[at, step - 1]
        names = np.array(["", *self.groups])
        changed = names[np.where(step > 0, moved + 1, 0)]
        return {"trajectory": row[0] + at, "step": step, "changed": changed}

    def base_row(self, begin: int, end: int) -> Wholes:
        return np.arange(begin, end) // self._length


@dataclass(frozen=True)
class _Saltelli(_Layout):
    """Rows of A and B, and of each with one group of columns of the other [saltelli2010].

    Rows are as SALib's: for each base row A, AB of each group, BA of each group (for second
    order indices), B.
    """

    n: int
    has_second_order: bool
    groups: Mapping[str, Sequence[int]]
    seed: int

    @property
    def n_points(self) -> int:
        return self.n * len(self._kinds)

    @cached_property
    def _kinds(self) -> list[tuple[str, str]]:
        """Matrix and changed group of each row that is made of one base row."""
        mixed = [("AB", name) for name in self.groups]
        if self.has_second_order:
            mixed += [("BA", name) for name in self.groups]
        return [("A", ""), *mixed, ("B", "")]

    @cached_property
    def _is_from_b(self) -> npt.NDArray[np.bool_]:
        """Whether a value is B's: bool[kind of row, parameter]."""
        is_from_b = np.zeros((len(self._kinds), len(self.parameters)), np.bool_)
        for row, (matrix, name) in enumerate(self._kinds):
            is_from_b[row] = matrix in ("B", "BA")
            if name:
                is_from_b[row, list(self.groups[name])] = matrix == "AB"
        return is_from_b

    @cached_property
    def _sequence(self) -> SobolSequence:
        return SobolSequence(2 * len(self.parameters), self.n, self.seed)

    def positions(self, begin: int, end: int) -> Floats:
        base, kind = np.divmod(np.arange(begin, end), len(self._kinds))
        first = begin // len(self._kinds)
        rows = self._sequence.rows(first, -(-end // len(self._kinds)))[base - first]
        d = len(self.parameters)
        return np.asarray(np.where(self._is_from_b[kind], rows[:, d:], rows[:, :d]))

    def columns(self, begin: int, end: int) -> Columns:
        """`base_row`, `matrix` (A, AB, BA or B) and `changed`, the group from the other matrix."""
        base, kind = np.divmod(np.arange(begin, end), len(self._kinds))
        matrices, changed = zip(*self._kinds, strict=True)
        return {
            "base_row": base,
            "matrix": np.array(matrices)[kind],
            "changed": np.array(changed)[kind],
        }

    def base_row(self, begin: int, end: int) -> Wholes:
        return np.arange(begin, end) // len(self._kinds)


@dataclass(frozen=True)
class _Table(_Layout):
    """Points that somebody has written down."""

    values: Mapping[str, Column]

    @property
    def n_points(self) -> int:
        return len(next(iter(self.values.values())))

    def points(self, begin: int, end: int) -> Columns:
        return {path: column[begin:end] for path, column in self.values.items()}


def _lay_out(plan: Plan, parameters: tuple[Parameter, ...]) -> _Layout:
    """The layout of a plan's design."""
    seed = plan.seed
    match plan.design:
        case FactorialDesign(levels=levels):
            return _Factorial(parameters, levels)
        case OneAtATimeDesign(levels=levels):
            return _OneAtATime(parameters, levels, plan.starting_values)
        case LatinHypercubeDesign(points=n):
            return _LatinHypercube(parameters, n, seed)
        case SobolDesign(points=n):
            return _Sobol(parameters, n, seed)
        case MorrisDesign(trajectories=n, levels=levels, groups=groups):
            _check_has_ends(parameters)
            return _Morris(parameters, n, levels, join_groups(groups, parameters), seed)
        case SaltelliDesign(base=n, second_order=second_order, groups=groups):
            return _Saltelli(parameters, n, second_order, join_groups(groups, parameters), seed)
        case TableDesign():
            return _Table(parameters, plan.table)


def _check_has_ends(parameters: Sequence[Parameter]) -> None:
    """Morris's trajectories reach both ends of each parameter."""
    for parameter in parameters:
        if isinstance(parameter.spread, Distribution) and None in (parameter.low, parameter.high):
            raise ScenarioError(
                f"{key_of(parameter.path)}.distribution = {parameter.spread.distribution!r}: a "
                "morris design goes to both ends, and it has not both; give low and high"
            )


def join_groups(
    groups: Mapping[str, Sequence[str]], parameters: Sequence[Parameter]
) -> dict[str, list[int]]:
    """Positions of each group's parameters, groups in the order of their first parameter.

    A parameter that is in no group is a group by itself, under its own path.
    """
    paths = [parameter.path for parameter in parameters]
    home: dict[str, str] = {}
    for name, members in groups.items():
        for path in members:
            if path not in paths:
                raise ScenarioError(
                    f"design.groups.{name}, {path!r}: is no parameter of the plan; "
                    f"{suggest(path, paths)}"
                )
            if path in home:
                raise ScenarioError(
                    f"design.groups.{name}, {path!r}: is in {home[path]} already; each once"
                )
            home[path] = name
        if name in paths and list(members) != [name]:
            raise ScenarioError(f"design.groups.{name}: is the name of a parameter; take another")
    joined: dict[str, list[int]] = {}
    for at, path in enumerate(paths):
        joined.setdefault(home.get(path, path), []).append(at)
    return joined


# --- Random numbers at any place -----------------------------------------------------------------


class SobolSequence:
    """Any rows of a scrambled Sobol' sequence, as scipy's engine makes them one after another.

    A row is the exclusive or of the binary digits of row 0 and of one direction for each bit of
    its number [sobol1967]. The engine's steps, from which these follow, are those of a Gray code:
    the step to row 2^k changes what belongs to its bit k.

    Parameters
    ----------
    n_dimensions, n_rows
        Its size; rows do not depend on how many there are.
    seed
        Of the scrambling.
    """

    _SCALE = float(2**30)  # the bits that the engine gives

    def __init__(self, n_dimensions: int, n_rows: int, seed: int) -> None:
        from scipy.stats import qmc

        engine = qmc.Sobol(n_dimensions, scramble=True, seed=np.random.default_rng(seed))
        self._first = before = self._next(engine)
        self._directions = []
        last_change: Any = 0
        for bit in range((n_rows - 1).bit_length()):
            engine.num_generated = 2**bit  # to go there row by row takes seconds for 10^7 rows
            after = self._next(engine)
            self._directions.append((after ^ before) ^ last_change)
            last_change, before = after ^ before, after

    def _next(self, engine: Any) -> Wholes:
        """The digits of the engine's next row."""
        return np.asarray(engine.random(1)[0] * self._SCALE).astype(np.int64)

    def rows(self, begin: int, end: int) -> Floats:
        """Rows `begin` to `end` - 1: float64[row, dimension], in [0, 1)."""
        number = np.arange(begin, end)[:, np.newaxis]
        digits = np.tile(self._first, (end - begin, 1))
        for bit, direction in enumerate(self._directions):
            digits ^= -(number >> bit & 1) & direction
        return np.asarray(digits / self._SCALE)


def _hidden(seed: int) -> np.random.SeedSequence:
    return np.random.SeedSequence(seed, spawn_key=(HIDDEN_STREAM,))


def uniforms(seed: int, first: int, shape: tuple[int, int]) -> Floats:
    """Random numbers of a design's stream from number `first` on, without those before."""
    stream = np.random.PCG64(_hidden(seed))
    stream.advance(first)
    return np.random.Generator(stream).random(shape)


MOST_SHUFFLED = 2**14
"""Numbers that are put into random order by a list; more are enciphered."""

N_ROUNDS = 6
"""Rounds of the cipher; four make an order that cannot be told from a random one [luby1988]."""


def random_orders(n: int, n_orders: int, rng: np.random.Generator) -> Callable[[Wholes], Wholes]:
    """Random orders of 0 to n - 1, as a function from places to int64[place, order].

    A long order is no list but a cipher: a Feistel network [luby1988] over the next power of
    four, applied again wherever it leads to n or beyond [black2002].
    """
    if n <= MOST_SHUFFLED:
        lists = np.column_stack([rng.permutation(n) for _ in range(n_orders)])
        return lists.__getitem__
    half = np.uint64(((n - 1).bit_length() + 1) // 2)
    mask = np.uint64((1 << int(half)) - 1)
    keys = rng.integers(2**64, size=(N_ROUNDS, n_orders), dtype=np.uint64)

    def encipher(number: Bits, order: Wholes) -> Bits:
        left, right = number >> half, number & mask
        for key in keys[:, order]:
            left, right = right, left ^ (_stir(right + key) & mask)
        return left << half | right

    def find(place: Wholes) -> Wholes:
        order = np.tile(np.arange(n_orders), len(place))
        number = encipher(np.repeat(place, n_orders).astype(np.uint64), order)
        beyond = np.flatnonzero(number >= n)
        while len(beyond):
            number[beyond] = encipher(number[beyond], order[beyond])
            beyond = beyond[number[beyond] >= n]
        return number.astype(np.int64).reshape(len(place), n_orders)

    return find


def _stir(bits: Bits) -> Bits:
    """SplitMix64's output function [steele2014]: 64 bits well stirred."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
