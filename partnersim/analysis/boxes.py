"""Boxes in the parameters' space, and the two searches that propose them.

A box is a few limits on a few parameters. PRIM peels slices away [friedman1999], CART splits
[breiman1984]; which of the boxes proposed is worth anything is judged in `discovery`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from partnersim.runs.measures import Flags, Floats

if TYPE_CHECKING:
    import pandas as pd

Method = Literal["prim", "cart"]

PEEL = 0.05
"""Share of the points in a box that one peel takes away: patient, as a bad peel is not undone."""

LEAST_MASS = 0.05
"""Share of all points that a box has at least."""

FEWEST_IN_BOX = 10
"""The fewest points of a box, however few there are in all."""

MOST_LEAVES = 8
"""Leaves of a tree of CART; a box has then few limits."""


class Interval(NamedTuple):
    """Limits on a number, both included; an end without limit is infinite."""

    low: float = -math.inf
    high: float = math.inf


Limit = Interval | tuple[Any, ...]
"""What a parameter may be in a box: an interval of numbers, or some names or switches."""


@dataclass(frozen=True)
class Box:
    """A part of the parameters' space: limits on some parameters, by their paths."""

    limits: Mapping[str, Limit] = field(default_factory=dict)

    def contains(self, points: pd.DataFrame) -> Flags:
        """Return for each point, a row with a column for each limited parameter, whether it is inside."""
        inside = np.ones(len(points), np.bool_)
        for path, limit in self.limits.items():
            inside &= is_within(limit, points[path].to_numpy())
        return inside

    def limited(self, path: str, limit: Limit) -> Box:
        """Return the box with one limit set."""
        return Box({**self.limits, path: limit})

    def narrowed(self, path: str, **ends: float) -> Box:
        """Return the box with one end of one interval, `low` or `high`, at a number."""
        before = self.limits.get(path, Interval())
        assert isinstance(before, Interval)
        return self.limited(path, before._replace(**ends))

    def without(self, path: str) -> Box:
        """Return the box without the limits of one parameter."""
        return Box({other: limit for other, limit in self.limits.items() if other != path})


def is_within(limit: Limit, values: np.ndarray[Any, Any]) -> Flags:
    """Return for each value whether it is within a limit."""
    if isinstance(limit, Interval):
        return np.asarray((values >= limit.low) & (values <= limit.high))
    return np.isin(values, np.array(limit))


@dataclass(frozen=True)
class Proposal:
    """A box that a search proposes.

    Attributes
    ----------
    box : Box
    coverage : float
        Share of all cases that are in it.
    density : float
        Share of cases among what is in it.
    mass : float
        Share of all points that are in it.
    """

    box: Box
    coverage: float
    density: float
    mass: float


@dataclass(frozen=True)
class Space:
    """Points as a search reads them.

    Attributes
    ----------
    paths : list[str]
        Parameters that are numbers.
    numbers : float64[n_points, len(paths)]
    is_whole : bool[len(paths)]
    names : list[tuple[str, Any]]
        A path and a name, for each name that a parameter takes that is no number.
    is_named : bool[n_points, len(names)]
    """

    paths: list[str]
    numbers: Floats
    is_whole: Flags
    names: list[tuple[str, Any]]
    is_named: Flags

    @classmethod
    def of(cls, points: pd.DataFrame) -> Space:
        """Read a table of points: a row for each, a column for each parameter."""
        columns = [str(path) for path in points]
        numeric = [path for path in columns if points[path].dtype.kind in "iuf"]
        others = [path for path in columns if path not in numeric]
        names = [(path, name) for path in others for name in np.unique(points[path]).tolist()]
        named = [(points[path] == name).to_numpy(np.bool_) for path, name in names]
        return cls(
            numeric,
            points[numeric].to_numpy(np.float64),
            np.array([points[path].dtype.kind in "iu" for path in numeric], np.bool_),
            names,
            np.column_stack(named) if named else np.zeros((len(points), 0), np.bool_),
        )

    def take(self, rows: np.ndarray[Any, Any]) -> Space:
        """Return the space with some of the points, or with some twice."""
        return Space(self.paths, self.numbers[rows], self.is_whole, self.names, self.is_named[rows])

    def only(self, paths: Sequence[str]) -> Space:
        """Return the space with some of the parameters."""
        columns = [number for number, path in enumerate(self.paths) if path in paths]
        named = [number for number, (path, _) in enumerate(self.names) if path in paths]
        return Space(
            [self.paths[number] for number in columns],
            self.numbers[:, columns],
            self.is_whole[columns],
            [self.names[number] for number in named],
            self.is_named[:, named],
        )

    def allowed(self, path: str, rows: np.ndarray[Any, Any]) -> tuple[Any, ...]:
        """Return the names that a parameter takes among some points."""
        found = self.is_named[rows].any(axis=0)
        return tuple(
            name for (of, name), is_there in zip(self.names, found, strict=True) if of == path and is_there
        )


Search = Callable[[Space, Floats], list[Proposal]]


def _propose(box: Box, inside: Floats, share: Floats) -> Proposal:
    """Describe a box whose points have these outcomes, among the outcomes of all."""
    return Proposal(box, float(inside.sum() / share.sum()), float(inside.mean()), len(inside) / len(share))


def peel(space: Space, share: Floats) -> list[Proposal]:
    """Peel from all points, again and again, the slice that has the fewest cases [friedman1999].

    A slice is the lowest or the highest 5 % along a number (more where values are tied), or a name.
    Slices differ in size where values are tied, so it is their own share of cases that counts, and
    not what is left: else a name that many points have would go before a worse slice of a number.

    Returns
    -------
    list[Proposal]
        The trajectory, from all points to the smallest box.
    """
    n_least = fewest(len(share))
    rows, box = np.arange(len(share)), Box()
    trajectory = [_propose(box, share, share)]
    n_numbers = len(space.paths)
    while True:
        x, y, n = space.numbers[rows], share[rows], len(rows)
        n_peeled = max(1, math.ceil(PEEL * n))
        edges = np.partition(x, (n_peeled - 1, n - n_peeled), axis=0)[[n_peeled - 1, n - n_peeled]]
        slices = np.concatenate([x <= edges[0], x >= edges[1], space.is_named[rows]], axis=1)
        counts = slices.sum(axis=0)
        gains = y.mean() - np.divide(y @ slices, counts, where=counts > 0, out=np.ones(len(counts)))
        gains = np.where((counts > 0) & (n - counts >= n_least), gains, -1.0)
        if not len(gains) or gains.max() <= 1e-12:
            return trajectory
        best = int(gains.argmax())
        rows = rows[~slices[:, best]]
        if best >= 2 * n_numbers:
            path = space.names[best - 2 * n_numbers][0]
            box = box.limited(path, space.allowed(path, rows))
        else:
            side, column = divmod(best, n_numbers)
            path = space.paths[column]
            kept = space.numbers[rows, column]
            end = kept.max() if side else kept.min()
            if not space.is_whole[column]:
                end = (end + edges[side, column]) / 2
            box = box.narrowed(path, **{("low", "high")[side]: float(end)})
        trajectory.append(_propose(box, share[rows], share))


def split(space: Space, share: Floats) -> list[Proposal]:
    """Split the points by a tree of few leaves [breiman1984]; each of its nodes is a box."""
    from partnersim.sweep.extras import load_extra

    trees = load_extra("sklearn.tree", "analysis")
    columns = np.concatenate([space.numbers, space.is_named], axis=1)
    if not columns.shape[1]:
        return [_propose(Box(), share, share)]
    tree = trees.DecisionTreeRegressor(
        max_leaf_nodes=MOST_LEAVES, min_samples_leaf=fewest(len(share)), random_state=0
    )
    grown = tree.fit(columns, share).tree_
    proposals = []
    waiting = [(0, Box(), np.arange(len(share)))]
    while waiting:
        node, box, rows = waiting.pop()
        proposals.append(_propose(box, share[rows], share))
        if grown.children_left[node] < 0:
            continue
        column, edge = int(grown.feature[node]), float(grown.threshold[node])
        is_left = columns[rows, column] <= edge
        if is_left.all() or not is_left.any():  # a tree reads numbers in half our precision
            continue
        for child, side in ((grown.children_left[node], is_left), (grown.children_right[node], ~is_left)):
            waiting.append((int(child), _narrowed(space, box, column, edge, rows[side]), rows[side]))
    return sorted(proposals, key=lambda proposal: -proposal.mass)


def _narrowed(space: Space, box: Box, column: int, edge: float, rows: np.ndarray[Any, Any]) -> Box:
    """Return a box narrowed to one side of a split, where these points are."""
    if column >= len(space.paths):
        path = space.names[column - len(space.paths)][0]
        return box.limited(path, space.allowed(path, rows))
    path = space.paths[column]
    kept = space.numbers[rows, column]
    if kept.min() > edge:
        return box.narrowed(path, low=float(kept.min()) if space.is_whole[column] else edge)
    return box.narrowed(path, high=float(kept.max()) if space.is_whole[column] else edge)


SEARCHES: dict[Method, Search] = {"prim": peel, "cart": split}


def fewest(n_points: int) -> int:
    """Return how many of so many points a box has at least."""
    return max(FEWEST_IN_BOX, math.ceil(LEAST_MASS * n_points))
