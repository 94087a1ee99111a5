"""Designs: the points of the parameters' space that a sweep runs.

A design is declared in a plan (`[design]`, tagged by `type`). Its points are made once, block by
block, by scipy.stats.qmc and SALib, and written to the store, where workers read them: so memory
is that of a block, whatever their number. A design that may grow makes its first points again.

Most designs are made of positions in [0, 1], which `parameters.Parameter.at` turns into values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import AfterValidator, Discriminator, Tag, field_validator, model_validator

from partnersim.model.room import MOST_REPLICATES
from partnersim.scenario.declarations import Section, Text, Whole, setting
from partnersim.scenario.errors import ScenarioError, shown, suggest
from partnersim.sweep.parameters import Column, Distribution, Floats, Parameter, as_column, key_of

if TYPE_CHECKING:
    from partnersim.sweep.plan import Plan

Columns = dict[str, Column]
Parameters = Sequence[Parameter]
Groups = Mapping[str, Sequence[int]]

BLOCK = 1 << 16
"""Points that are made at once; other numbers would make other Latin hypercubes and trajectories,
where there are more points than this."""

MOST_POINTS = 2**38
"""Points that can be numbered: the address of a point's random numbers has so many bits."""

MOST_SOBOL_POINTS = 2**30
"""Points of a Sobol' sequence in scipy, which gives each 30 bits."""

HIDDEN_STREAM = 0x0DE51617
"""Spawn key of the random numbers of designs, so that they are none of the runs'."""


# --- What a plan says ----------------------------------------------------------------------------


def check_power_of_two(value: int) -> int:
    """Raise ValueError unless a number is a power of two; name the nearest ones."""
    if value > 0 and value & (value - 1):
        below = 1 << (value.bit_length() - 1)
        raise ValueError(
            f"{value} is no power of two, and a Sobol' sequence is even only there; "
            f"take {below} or {2 * below}"
        )
    return value


PowerOfTwo = Annotated[Whole, AfterValidator(check_power_of_two)]


class _Design(Section):
    """A design; `growing` is the key by which it grows and keeps its first points, if it can."""

    growing: ClassVar[str] = ""


def _evenly(levels: int) -> Any:
    """Declare how many values are taken of a range, by default so many."""
    what = "Values taken, evenly, of a parameter that has a low and a high."
    return setting(levels, what, low=2, high=10_000, unit="values")


class FactorialDesign(_Design):
    """Every combination of the parameters' values."""

    type: Literal["factorial"] = setting("factorial", "Which design.", unit="name")
    levels: Whole = _evenly(3)


class OneAtATimeDesign(_Design):
    """The scenario as it stands, then each parameter by itself through its values."""

    type: Literal["one-at-a-time"] = setting("one-at-a-time", "Which design.", unit="name")
    levels: Whole = _evenly(5)


class LatinHypercubeDesign(_Design):
    """Each parameter cut into as many slices as there are points, each slice taken once."""

    type: Literal["latin-hypercube"] = setting("latin-hypercube", "Which design.", unit="name")
    points: Whole = setting(..., "How many points.", low=1, high=MOST_POINTS, unit="points")


class SobolDesign(_Design):
    """A scrambled Sobol' sequence: it fills the space evenly, and keeps its points as it grows."""

    type: Literal["sobol"] = setting("sobol", "Which design.", unit="name")
    points: PowerOfTwo = setting(
        ..., "How many points; a power of two.", low=1, high=MOST_SOBOL_POINTS, unit="points"
    )
    growing: ClassVar[str] = "points"


class MorrisDesign(_Design):
    """Trajectories in which each parameter, or group, moves once: screening by its steps."""

    type: Literal["morris"] = setting("morris", "Which design.", unit="name")
    trajectories: Whole = setting(..., "How many trajectories.", low=2, high=2**30, unit="trajectories")
    levels: Whole = setting(
        4,
        "Levels of the grid, an even number; a step is a little over half of the range.",
        low=2,
        high=100,
        unit="levels",
    )
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


class SaltelliDesign(_Design):
    """Two samples A and B, and all mixtures of them: for first, total and second order indices."""

    type: Literal["saltelli"] = setting("saltelli", "Which design.", unit="name")
    base: PowerOfTwo = setting(
        ..., "How many base rows; a power of two.", low=1, high=MOST_SOBOL_POINTS, unit="rows"
    )
    second_order: bool = setting(
        True, "Whether to allow for second order indices, at nearly twice the runs.", unit="yes or no"
    )
    groups: dict[str, list[str]] = setting(
        {}, "Parameters that are mixed together, by the group's name; others alone.", unit="names"
    )
    growing: ClassVar[str] = "base"


class TableDesign(_Design):
    """Points of one's own: a table with a column for each parameter, in a file or in the plan."""

    type: Literal["table"] = setting("table", "Which design.", unit="name")
    file: Text | None = setting(
        None,
        "A CSV or Parquet file, relative to the plan's folder, or `accepted`, the points that the "
        "evidence accepts; unless there are `points`.",
        unit="path",
    )
    points: dict[str, list[Any]] | None = setting(
        None,
        "The points themselves: a list of values for each path; in Python also a data frame.",
        unit="table",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.file is None) == (self.points is None):
            raise ValueError("a table is given by file or by points: by one of them")
        return self


def _type_of(given: Any) -> Any:
    """Return the tag by which pydantic chooses among designs."""
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


# --- What a sweep runs ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Design:
    """The points of a sweep, made from the first to the last; the same each time.

    Attributes
    ----------
    n_points : int
        How many points there are, numbered from 0.
    n_alike : int or None
        Of so many points that follow one another, all have common random numbers: the same ones,
        replicate by replicate; None where all points have.
    blocks : callable
        Makes the points, some at a time: arrays by the path of each parameter, in the order of the
        plan, and by the name of what else the design says of its points; float64, int64, bool or
        str, one entry a point.
    """

    n_points: int
    n_alike: int | None
    blocks: Callable[[], Iterator[Columns]]

    def luck_number(self, point: Any, replicate: Any) -> Any:
        """Return the address of the random numbers of a run, or of each of some: a replicate of the seed."""
        if self.n_alike is None:
            return replicate
        return point // self.n_alike * MOST_REPLICATES + replicate


def make_design(plan: Plan) -> Design:
    """Set up the design of a plan; no point is made yet.

    Raises
    ------
    ScenarioError
        For a design that does not fit the parameters, and a table that cannot be used.
    """
    parameters, seed = tuple(plan.parameters_by_path.values()), plan.seed
    length, make = 1, None
    match plan.design:
        case FactorialDesign(levels=n_levels):
            levels = [parameter.levels(n_levels) for parameter in parameters]
            n = math.prod(map(len, levels))
            make = partial(_factorial, n, parameters, levels)
        case OneAtATimeDesign(levels=n_levels):
            choices = _choices(parameters, n_levels, plan.starting_values)
            n = 1 + sum(len(values) - 1 for values in choices)
            make = partial(_one_at_a_time, n, parameters, choices)
        case LatinHypercubeDesign(points=n):
            make = partial(_latin_hypercube, n, parameters, seed)
        case SobolDesign(points=n):
            make = partial(_sobol, n, parameters, seed)
        case MorrisDesign(trajectories=n_rows, levels=n_levels, groups=given):
            _check_has_ends(parameters)
            groups = join_groups(given, parameters)
            length = len(groups) + 1
            n = n_rows * length
            make = partial(_morris, n_rows, parameters, n_levels, groups, seed)
        case SaltelliDesign(base=n_rows, groups=given, second_order=second_order):
            groups = join_groups(given, parameters)
            length = 2 + len(groups) * (2 if second_order else 1)
            n = n_rows * length
            make = partial(_saltelli, n_rows, parameters, groups, second_order, seed)
        case TableDesign():
            n = len(next(iter(plan.table.values())))
            make = partial(_table, n, plan.table)
    if n > MOST_POINTS:
        raise ScenarioError(f"design: {shown(n)} points; at most 2^38 = {MOST_POINTS:,} can be numbered")
    return Design(n, {"common": None, "base-row": length, "independent": 1}[plan.luck_policy], make)


# --- How points are made -------------------------------------------------------------------------


def _cut(n: int, size: int) -> Iterator[tuple[int, int]]:
    """Cut n points into blocks, and give the begin and end of each."""
    for begin in range(0, n, size):
        yield begin, min(begin + size, n)


def _at(positions: Floats, parameters: Parameters) -> Columns:
    """Turn positions, float64[point, parameter] in [0, 1], into values of each parameter, by path."""
    return {p.path: p.at(positions[:, number]) for number, p in enumerate(parameters)}


def _factorial(n: int, parameters: Parameters, levels: Sequence[Column]) -> Iterator[Columns]:
    """Make every combination; the last parameter changes first."""
    for begin, end in _cut(n, BLOCK):
        indices = np.unravel_index(np.arange(begin, end), [len(values) for values in levels])
        chosen = zip(parameters, levels, indices, strict=True)
        yield {parameter.path: values[index] for parameter, values, index in chosen}


def _choices(parameters: Parameters, n_levels: int, starts: Mapping[str, Any]) -> list[Column]:
    """List for each parameter its value in the scenario and then its other values."""
    choices = []
    for parameter in parameters:
        start = starts[parameter.path]
        others = [value for value in parameter.levels(n_levels).tolist() if value != start]
        choices.append(as_column([start, *others], parameter.kind))
    return choices


def _one_at_a_time(n: int, parameters: Parameters, choices: Sequence[Column]) -> Iterator[Columns]:
    """Make point 0, the scenario as it stands, and then points with the other values of each parameter.

    `changed` is the path of the parameter that is changed; empty at point 0.
    """
    names = np.array(["", *(parameter.path for parameter in parameters)])
    last = np.cumsum([0, *(len(values) - 1 for values in choices)])
    for begin, end in _cut(n, BLOCK):
        number, columns = np.arange(begin, end), {}
        for parameter, values, before in zip(parameters, choices, last[:-1], strict=True):
            is_own = (before < number) & (number < before + len(values))
            columns[parameter.path] = values[np.where(is_own, number - before, 0)]
        yield {**columns, "changed": names[np.searchsorted(last, number)]}


def _latin_hypercube(n: int, parameters: Parameters, seed: int) -> Iterator[Columns]:
    """Make in each column the slices in random order, and a random place in each slice.

    Of more points than a block has, each block is a Latin hypercube by itself: so memory is that
    of a block, and the first points are known without the others.
    """
    from scipy.stats import qmc

    for number, (begin, end) in enumerate(_cut(n, BLOCK)):
        rng = np.random.default_rng(_hidden(seed, number))
        yield _at(qmc.LatinHypercube(len(parameters), seed=rng).random(end - begin), parameters)


def _sobol(n: int, parameters: Parameters, seed: int) -> Iterator[Columns]:
    """Make the points of a scrambled Sobol' sequence."""
    for positions in sobol_rows(n, len(parameters), seed, BLOCK):
        yield _at(positions, parameters)


def sobol_rows(n: int, n_columns: int, seed: int, size: int) -> Iterator[Floats]:
    """Make rows of a scrambled Sobol' sequence, `size` at a time; `n` and `size` are powers of two."""
    from scipy.stats import qmc

    sequence = qmc.Sobol(n_columns, scramble=True, seed=np.random.default_rng(seed))
    for begin, end in _cut(n, size):
        yield sequence.random(end - begin)


def _morris(n: int, parameters: Parameters, n_levels: int, groups: Groups, seed: int) -> Iterator[Columns]:
    """Make trajectories on a grid, in which each group of parameters moves once [morris1991].

    Each point has its `trajectory`, its `step`, and in `changed` the group that has just moved, which
    is empty at step 0.
    """
    from SALib.sample.morris import sample

    n_columns, length = len(parameters), len(groups) + 1
    names = np.array(["", *groups])
    group_of = {at: name for name, members in groups.items() for at in members}
    first_of = [members[0] for members in groups.values()]
    for number, (begin, end) in enumerate(_cut(n, max(1, BLOCK // length))):
        problem = {
            "num_vars": n_columns,
            "names": [parameter.path for parameter in parameters],
            "bounds": [[0.0, 1.0]] * n_columns,
            "groups": [group_of[at] for at in range(n_columns)],
        }
        luck = int(_hidden(seed, number).generate_state(1)[0])
        rows = sample(problem, end - begin, num_levels=n_levels, seed=luck)
        has_moved = np.diff(rows.reshape(-1, length, n_columns)[:, :, first_of], axis=1) != 0
        moved = np.pad(has_moved.argmax(axis=2) + 1, ((0, 0), (1, 0)))
        yield _at(rows, parameters) | {
            "trajectory": np.repeat(np.arange(begin, end), length),
            "step": np.tile(np.arange(length), end - begin),
            "changed": names[moved.ravel()],
        }


def _saltelli(
    n: int, parameters: Parameters, groups: Groups, has_second_order: bool, seed: int
) -> Iterator[Columns]:
    """Make rows of A and B, and of each with one group of columns of the other [saltelli2010].

    Rows are as SALib's, which makes them one by one and all at once: for each base row A, AB of
    each group, BA of each group (for second order indices), B. `base_row`, `matrix` (A, AB, BA or
    B) and `changed`, the group from the other matrix, say how a row is made.
    """
    mixed = [(matrix, name) for matrix in ("AB", "BA")[: 1 + has_second_order] for name in groups]
    kinds = np.array([("A", ""), *mixed, ("B", "")])
    is_from_b = np.zeros((len(kinds), len(parameters)), np.bool_)
    for row, (matrix, name) in zip(is_from_b, kinds.tolist(), strict=True):
        row[:] = matrix in ("B", "BA")
        row[list(groups.get(name, ()))] = matrix == "AB"
    size = 2 ** max(0, (BLOCK // len(kinds)).bit_length() - 1)
    for number, base in enumerate(sobol_rows(n, 2 * len(parameters), seed, size)):
        a, b = np.split(base[:, np.newaxis], 2, axis=2)
        positions = np.where(is_from_b, b, a).reshape(-1, len(parameters))
        base_row = number * size + np.arange(len(base))
        yield _at(positions, parameters) | {
            "base_row": np.repeat(base_row, len(kinds)),
            "matrix": np.tile(kinds[:, 0], len(base)),
            "changed": np.tile(kinds[:, 1], len(base)),
        }


def _table(n: int, values: Mapping[str, Column]) -> Iterator[Columns]:
    """Give the points of a table that somebody has written down."""
    for begin, end in _cut(n, BLOCK):
        yield {path: column[begin:end] for path, column in values.items()}


def _hidden(seed: int, number: int) -> np.random.SeedSequence:
    """Return the seed of one block of a design; it is hidden from the seeds of runs."""
    return np.random.SeedSequence(seed, spawn_key=(HIDDEN_STREAM, number))


# --- Checks --------------------------------------------------------------------------------------


def _check_has_ends(parameters: Parameters) -> None:
    """Check that each parameter has both ends, which Morris's trajectories reach."""
    for parameter in parameters:
        if isinstance(parameter.spread, Distribution) and None in (parameter.low, parameter.high):
            raise ScenarioError(
                f"{key_of(parameter.path)}.distribution = {parameter.spread.distribution!r}: a "
                "morris design goes to both ends, and it has not both; give low and high"
            )


def join_groups(groups: Mapping[str, Sequence[str]], parameters: Parameters) -> dict[str, list[int]]:
    """Find the positions of each group's parameters, groups in the order of their first parameter.

    A parameter that is in no group is a group by itself, under its own path.
    """
    paths = [parameter.path for parameter in parameters]
    home: dict[str, str] = {}
    for name, members in groups.items():
        for path in members:
            if path not in paths:
                raise ScenarioError(
                    f"design.groups.{name}, {path!r}: is no parameter of the plan; {suggest(path, paths)}"
                )
            if path in home:
                raise ScenarioError(f"design.groups.{name}, {path!r}: is in {home[path]} already; each once")
            home[path] = name
        if name in paths and list(members) != [name]:
            raise ScenarioError(f"design.groups.{name}: is the name of a parameter; take another")
    joined: dict[str, list[int]] = {}
    for at, path in enumerate(paths):
        joined.setdefault(home.get(path, path), []).append(at)
    return joined
