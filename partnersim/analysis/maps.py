"""Maps: a measure over two parameters of a sweep, as observed and as an emulator has it.

Everything is over points, each standing for the mean of its replicates. All other parameters vary
as the design has them, so a map shows the mean over them. An emulator is the surface, of three
kinds tried, that errs least at points it has not seen; by how much, is part of the map.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from partnersim.analysis.drawn import Drawn, read_drawn
from partnersim.runs.measures import MEASURES, Floats, Wholes
from partnersim.runs.statistics import mean_with_interval
from partnersim.scenario.errors import InputError, check_name
from partnersim.sweep.outcomes import mean_of_replicates

if TYPE_CHECKING:
    import pandas as pd

    from partnersim.sweep.parameters import Parameter
    from partnersim.sweep.sweep import Sweep

FEWEST_POINTS = 30
"""Fewer points say too little of any surface."""

POINTS_PER_CELL = 8
"""Points that a cell has on average, where the parameters are cut into cells."""

MOST_CELLS = 10
"""Cells along a parameter at most; of as many values or fewer, each is a cell of its own."""

N_FINE = 41
"""Places along a parameter at which the emulator is evaluated."""

N_FOLDS = 5
"""Parts of the points, each left out once, by which the error of an emulator is found."""

MOST_OF_PROCESS = 200
"""Points that a Gaussian process takes, whose work grows with their cube; of more, means of cells."""

PHASES = ("collapses", "fades", "no clear trend", "accelerates")
"""What may become of change in a cell; -1 where there are too few points to say."""

FEWEST_IN_CELL = 5
"""Points that a cell has at least for its phase to be told."""


@dataclass(frozen=True)
class Axis:
    """One parameter of a map.

    Attributes
    ----------
    parameter, unit : str
    names : list[str]
        Its names or switches, in order; empty for numbers.
    edges : float64[n_cells + 1]
        Edges of its cells; of names, the places half way between them: -0.5, 0.5, ...
    fine : float64[n_fine]
        Where the emulator is evaluated; of names, 0, 1, ...
    """

    parameter: str
    unit: str
    names: list[str]
    edges: Floats
    fine: Floats

    @property
    def n_cells(self) -> int:
        """The number of cells."""
        return len(self.edges) - 1

    def places(self, points: pd.DataFrame) -> Floats:
        """Return the place of each point along the axis."""
        column = points[self.parameter].to_numpy()
        if not self.names:
            return column.astype(np.float64)
        return np.array([self.names.index(_name(value)) for value in column.tolist()], np.float64)

    def cells(self, places: Floats) -> Wholes:
        """Return the cell of each place."""
        found: Wholes = np.searchsorted(self.edges, places, side="right") - 1
        return np.clip(found, 0, self.n_cells - 1)


@dataclass(frozen=True)
class Emulator:
    """A surface through the points, and how far it errs.

    Attributes
    ----------
    name : str
        Which kind; empty where one number for all points errs no more than any surface.
    surface : float64[n_fine_y, n_fine_x]
    error, error_of_mean : float
        Root of the mean squared error at points left out, of the surface and of one number for
        all; in the unit of the measure.
    """

    name: str
    surface: Floats
    error: float
    error_of_mean: float

    @property
    def explained(self) -> float:
        """The share of the differences between points, unseen ones, that the surface explains."""
        return max(0.0, 1 - (self.error / self.error_of_mean) ** 2) if self.error_of_mean else 0.0


@dataclass(frozen=True)
class Map:
    """A measure over two parameters.

    Attributes
    ----------
    measure : str
    arm, against : str or None
        As of `Outcomes`.
    x, y : Axis
    means, lows, highs : float64[y.n_cells, x.n_cells]
        Mean of the points of each cell, with its 95 % interval over points; NaN where none is.
    n_points : int64[y.n_cells, x.n_cells]
    emulator : Emulator
    drawn : Drawn
        The points and runs that it is made of.
    """

    measure: str
    arm: str | None
    against: str | None
    x: Axis
    y: Axis
    means: Floats
    lows: Floats
    highs: Floats
    n_points: Wholes
    emulator: Emulator
    drawn: Drawn


@dataclass(frozen=True)
class PhaseMap:
    """The fate of change over two parameters.

    Attributes
    ----------
    arm : str or None
    acceleration, survived : Map
        Of the measures of these names.
    sustained : float64[y.n_cells, x.n_cells] or None
        Share of runs of sustained acceleration; None where the sweep does not keep it.
    phases : int64[y.n_cells, x.n_cells]
        Place in `PHASES`: `collapses` where at least half of the runs do; else `accelerates` or
        `fades` where the mean acceleration has a 95 % interval over points above or below zero. -1
        for under 5 points.
    """

    arm: str | None
    acceleration: Map
    survived: Map
    sustained: Floats | None
    phases: Wholes

    def share(self, phase: str) -> float:
        """Return the share of the cells, of those that have enough points, in a phase."""
        told = self.phases[self.phases >= 0]
        return float((told == PHASES.index(phase)).mean()) if told.size else math.nan


def find_map(
    sweep: Sweep, x: str, y: str, measure: str, arm: str | None = None, against: str | None = None
) -> Map:
    """Map a measure over two parameters.

    Parameters
    ----------
    sweep
        One whose design lets all parameters vary at once.
    x, y
        Paths of two of its parameters.
    measure, arm, against
        As for `partnersim.Sweep.outcomes`; a milestone never reached counts as the last month.

    Raises
    ------
    InputError
        For a parameter, measure or arm that the sweep has not, a design that varies one parameter
        at a time, too few points, and a measure that is the same everywhere.
    """
    for path in (x, y):
        check_name(path, sweep.plan.parameters_by_path, "parameter in the sweep")
    if x == y:
        raise InputError(f"{x!r}: is both --x and --y; a map needs two parameters")
    drawn = read_drawn(sweep, measure, arm, against)
    n_points = len(drawn.points)
    if n_points < FEWEST_POINTS:
        raise InputError(f"{sweep.folder}: {n_points} points have {measure}; a map needs {FEWEST_POINTS}")
    values = mean_of_replicates(drawn.values)
    if np.ptp(values) == 0:
        raise InputError(f"{sweep.folder}: {measure} is {values[0]:g} at all points; there is nothing to map")
    across, up = (make_axis(drawn.parameters[path], drawn.points[path].to_numpy()) for path in (x, y))
    return _map_in(across, up, drawn)


def find_phases(sweep: Sweep, x: str, y: str, arm: str | None = None) -> PhaseMap:
    """Map what becomes of change: where it accelerates, where it fades, where partnerships collapse.

    Raises
    ------
    InputError
        As `find_map`, and where the sweep does not keep `acceleration` and `survived`.
    """
    for needed in ("acceleration", "survived"):
        if needed not in sweep.plan.measure_names:
            raise InputError(
                f"{sweep.folder}: keeps no {needed!r}, which phases are told by; put it among "
                "measures of the plan, or leave measures out to keep all"
            )
    acceleration = find_map(sweep, x, y, "acceleration", arm)
    x_axis, y_axis = acceleration.x, acceleration.y
    survived = _map_in(x_axis, y_axis, read_drawn(sweep, "survived", arm))
    sustained = None
    if "is_sustained_acceleration" in sweep.plan.measure_names:
        drawn = read_drawn(sweep, "is_sustained_acceleration", arm)
        sustained = observe(x_axis, y_axis, drawn)[0]
    phases = np.full(acceleration.means.shape, PHASES.index("no clear trend"))
    phases[acceleration.lows > 0] = PHASES.index("accelerates")
    phases[acceleration.highs < 0] = PHASES.index("fades")
    phases[survived.means <= 0.5] = PHASES.index("collapses")
    phases[acceleration.n_points < FEWEST_IN_CELL] = -1
    return PhaseMap(acceleration.arm, acceleration, survived, sustained, phases)


def _map_in(x: Axis, y: Axis, drawn: Drawn) -> Map:
    """Map some outcomes on axes that are known."""
    found = drawn.outcomes
    return Map(
        found.measure, found.arm, found.against, x, y, *observe(x, y, drawn), emulate(x, y, drawn), drawn
    )


# --- What was observed ----------------------------------------------------------------------------


def _name(value: Any) -> str:
    """Write a name or a switch as a plan does."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def make_axis(parameter: Parameter, column: np.ndarray[Any, Any]) -> Axis:
    """Cut a parameter into cells.

    Few values are a cell each; of more, cells are equally wide, and few enough for each to have
    some points.

    Raises
    ------
    InputError
        For a parameter that has one value only.
    """
    values = np.unique(column)
    if len(values) < 2:
        raise InputError(
            f"{parameter.path}: has one value only in this sweep; a map needs parameters that vary"
        )
    if column.dtype.kind not in "iuf":
        names = [_name(value) for value in values.tolist()]
        edges = np.arange(-0.5, len(names), 1.0)
        return Axis(parameter.path, "", names, edges, edges[:-1] + 0.5)
    low, high = float(values[0]), float(values[-1])
    most = int(np.clip(math.isqrt(len(column) // POINTS_PER_CELL), 3, MOST_CELLS))
    if len(values) <= most:
        middles = (values[1:] + values[:-1]) / 2
        ends = [1.5 * low - 0.5 * float(values[1]), 1.5 * high - 0.5 * float(values[-2])]
        edges = np.array([ends[0], *middles, ends[1]])
    else:  # the whole range that was asked for, where it is known
        low, high = (
            end if asked is None else asked for end, asked in ((low, parameter.low), (high, parameter.high))
        )
        edges = np.linspace(low, high, most + 1)
    unit = "" if parameter.unit in ("none", "share") else parameter.unit
    return Axis(parameter.path, unit, [], edges, np.linspace(edges[0], edges[-1], N_FINE))


def observe(x: Axis, y: Axis, drawn: Drawn) -> tuple[Floats, Floats, Floats, Wholes]:
    """Find the mean of each cell, its 95 % interval over points (Student's t), and its points.

    Returns
    -------
    means, lows, highs : float64[y.n_cells, x.n_cells]
        NaN where there is no point; intervals of one point are unbounded.
    n_points : int64[y.n_cells, x.n_cells]
    """
    shape = (y.n_cells, x.n_cells)
    values = mean_of_replicates(drawn.values)
    cell = y.cells(y.places(drawn.points)) * x.n_cells + x.cells(x.places(drawn.points))
    n = np.bincount(cell, minlength=shape[0] * shape[1])
    table = np.full((3, len(n)), np.nan)
    for number in np.flatnonzero(n):
        mean, _, ends = mean_with_interval(values[cell == number])
        table[:, number] = mean, *ends
    means, lows, highs = table.reshape(3, *shape)
    return means, lows, highs, n.reshape(shape)


# --- Emulators ------------------------------------------------------------------------------------


def emulate(x: Axis, y: Axis, drawn: Drawn) -> Emulator:
    """Find a surface through the points: the kind that errs least at points left out.

    Each fifth of the points is left out once. Where no surface errs less than one number for all,
    that number is the surface, and the name is empty.
    """
    values = mean_of_replicates(drawn.values)
    known = np.column_stack([_features(axis, axis.places(drawn.points)) for axis in (x, y)])
    fine_x, fine_y = np.meshgrid(x.fine, y.fine)
    asked = np.column_stack([_features(x, fine_x.ravel()), _features(y, fine_y.ravel())])
    # No surface goes beyond what a measure can be; a difference has no ends.
    measure, is_difference = MEASURES[drawn.outcomes.measure], drawn.outcomes.against is not None
    limits = (-math.inf, None) if is_difference else (measure.low, measure.high)
    fold = np.random.default_rng(drawn.seed).permutation(len(values)) % N_FOLDS
    error_of_mean = _error(values, np.array([values[fold != k].mean() for k in range(N_FOLDS)])[fold])
    best, error = "", error_of_mean
    for name in _KINDS:
        guessed = np.empty(len(values))
        for k in range(N_FOLDS):
            part = _predict(name, known[fold != k], values[fold != k], known[fold == k])
            guessed[fold == k] = np.clip(part, *limits)
        if (of_kind := _error(values, guessed)) < error:
            best, error = name, of_kind
    if best:
        surface = np.clip(_predict(best, known, values, asked), *limits).reshape(fine_x.shape)
    else:
        surface = np.full(fine_x.shape, values.mean())
    return Emulator(best, surface, error, error_of_mean)


def _error(values: Floats, guessed: Floats) -> float:
    return float(np.sqrt(np.mean((values - guessed) ** 2)))


def _features(axis: Axis, places: Floats) -> Floats:
    """Give places as an emulator reads them: numbers from 0 to 1, a column for each of some names."""
    if axis.names:
        return np.asarray(places[:, np.newaxis] == np.arange(len(axis.names)), np.float64)
    low, high = axis.edges[0], axis.edges[-1]
    scaled: Floats = (places - low) / (high - low)
    return scaled[:, np.newaxis]


_KINDS = ("quadratic surface", "Gaussian process", "forest of trees")
"""Kinds of emulators, the simplest first."""


def _predict(name: str, known: Floats, values: Floats, asked: Floats) -> Floats:
    """Fit one kind of emulator to points, and evaluate it at others."""
    from partnersim.sweep.extras import load_extra

    if name == "quadratic surface":
        model = load_extra("sklearn.pipeline", "analysis").make_pipeline(
            load_extra("sklearn.preprocessing", "analysis").PolynomialFeatures(2),
            load_extra("sklearn.linear_model", "analysis").LinearRegression(),
        )
    elif name == "forest of trees":
        model = load_extra("sklearn.ensemble", "analysis").ExtraTreesRegressor(
            50, min_samples_leaf=max(3, len(values) // 100), random_state=0
        )
    else:
        process = load_extra("sklearn.gaussian_process", "analysis")
        kernels = load_extra("sklearn.gaussian_process.kernels", "analysis")
        smooth = kernels.RBF(np.full(known.shape[1], 0.5), (0.05, 20.0))
        kernel = kernels.ConstantKernel(1.0, (1e-3, 1e3)) * smooth + kernels.WhiteKernel(0.5, (1e-6, 1e2))
        model = process.GaussianProcessRegressor(kernel, normalize_y=True, random_state=0)
        known, values = _averaged(known, values)
    # One thread: matrices are so small that threads, where others work too, wait for each other.
    limits = load_extra("threadpoolctl", "analysis").threadpool_limits(1)
    with warnings.catch_warnings(), limits:
        warnings.simplefilter("ignore")  # a length at its bound is a surface that hardly bends: no fault
        guessed: Floats = np.asarray(model.fit(known, values).predict(asked), np.float64)
    return guessed


def _averaged(known: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Average neighbouring points, if there are more than a Gaussian process can take."""
    if len(values) <= MOST_OF_PROCESS:
        return known, values
    n_cells = math.isqrt(MOST_OF_PROCESS)
    codes = np.minimum((known * n_cells).astype(np.int64), n_cells - 1)
    _, cell = np.unique(codes, axis=0, return_inverse=True)
    n = np.bincount(cell)
    columns = [np.bincount(cell, column) / n for column in (*known.T, values)]
    return np.column_stack(columns[:-1]), columns[-1]
