"""Diversity search: which kinds of trajectory can the model show at all?

A kind is a cell of a grid of descriptors: measures of a run. The search is that of pattern space
exploration [cherel2015]: it changes a little what led to kinds that were rarely seen, and so goes
on towards kinds that were never seen. It begins with the first points of a Sobol' sample and is
held against the whole of that sample, which has as many points as the search: so it is told whether
searching found more than looking everywhere would have.

All runs are sweeps of their own in one folder: `sobol` and one for each generation. What is there
is never run again; points of a generation follow from the runs before it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from partnersim.runs.measures import MEASURES, Floats, Wholes
from partnersim.runs.wording import join
from partnersim.scenario.errors import InputError, check_name
from partnersim.scenario.file_paths import full_path
from partnersim.sweep.designs import BLOCK, check_power_of_two, sobol_rows
from partnersim.sweep.sweep import Sweep

if TYPE_CHECKING:
    from partnersim.sweep.plan import Plan
    from partnersim.sweep.run import Progress

DESCRIPTORS = ("change_delivered", "acceleration", "trust")
"""Measures that kinds are told by, if none are named: how far, whether faster, and on what terms."""

MOST_DESCRIPTORS = 4
"""With more, nearly every run is a kind of its own."""

N_CELLS = 10
"""Cells of a descriptor over the middle 90 % of the first sample; the grid goes on beyond."""

N_GENERATIONS = 8
"""Parts in which the search is run, the first of which is a part of the sample."""

FEWEST_POINTS = 64

SCALES = (0.01, 0.3)
"""The least and the largest size of a change, as a share of each parameter's range; between these
all are tried alike, as nobody knows beforehand which one leads somewhere."""

_STREAM = 0xD15C0
"""A key that keeps the random numbers of the search apart from those of runs and designs."""


@dataclass(frozen=True)
class Example:
    """One run of a kind, which can be run again.

    Attributes
    ----------
    cell : tuple[int, ...]
        Its cell of the grid.
    values : dict[str, float]
        Its descriptors.
    sweep : str
        The folder of its sweep, within that of the search.
    point : int
        Its point there: `partnersim.Sweep.open(folder).rerun(point)` gives it again.
    parameters : dict[str, Any]
        Values of the parameters, by path.
    """

    cell: tuple[int, ...]
    values: dict[str, float]
    sweep: str
    point: int
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Reached:
    """The kinds that a search, or a sample, reached.

    Attributes
    ----------
    cells : list[tuple[int, ...] or None]
        Cell of each point, in the order in which they were run; None where a run failed or has no
        such measure.
    examples : list[Example]
        The first run of each kind.
    """

    cells: list[tuple[int, ...] | None]
    examples: list[Example]

    @property
    def n_kinds(self) -> int:
        """The number of kinds reached."""
        return len(self.examples)

    def n_kinds_after(self) -> Wholes:
        """Count the kinds reached after each point, int64[n_points]."""
        seen: set[tuple[int, ...]] = set()
        counts = []
        for cell in self.cells:
            if cell is not None:
                seen.add(cell)
            counts.append(len(seen))
        return np.array(counts, np.int64)


@dataclass(frozen=True)
class Diversity:
    """Kinds of trajectories that a search reached, against a sample of as many points.

    Attributes
    ----------
    descriptors : tuple[str, ...]
    origin, width : float64[n_descriptors]
        Cell k of a descriptor begins at origin + k width.
    search, sample : Reached
    seed, n_replicates, months : int
        Of the plan; a point stands for the mean of its replicates.
    """

    descriptors: tuple[str, ...]
    origin: Floats
    width: Floats
    search: Reached
    sample: Reached
    seed: int
    n_replicates: int
    months: int

    @property
    def ratio(self) -> float:
        """Kinds that the search reached, for each that the sample reached."""
        return self.search.n_kinds / self.sample.n_kinds

    @property
    def n_points(self) -> int:
        """The number of points of each."""
        return len(self.search.cells)


def find_diversity(
    plan: Plan,
    folder: str | Path,
    *,
    descriptors: Sequence[str] = DESCRIPTORS,
    n_points: int = 512,
    workers: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Diversity:
    """Search for kinds of trajectories, or go on with it: what the folder has is not run again.

    Parameters
    ----------
    plan
        Its scenario as it stands is searched over its parameters; its design and arms play no part.
    folder
        Where the sweeps are or are to be.
    descriptors
        One to four measures; a milestone never reached counts as the last month.
    n_points
        Points of the search, and of the sample: a power of two, 64 at least.
    workers
        As of `partnersim.Sweep.run`; numbers do not depend on it.
    progress
        Called now and then, with the runs of the whole.

    Raises
    ------
    InputError
        For descriptors that are no measures or the same everywhere, points that are no power of
        two, a plan without ranges, and a folder that holds another search.
    KeyboardInterrupt
        After Ctrl-C, when the runs in hand are stored.
    """
    _check(plan, descriptors, n_points)
    # What is left to do is known to sweeps one by one, and asked for as a whole.
    tell = _Whole(progress, n_points, n_points // N_GENERATIONS, plan.floor_replicates)
    sample_plan = _plan_of(plan, descriptors, {"type": "sobol", "points": n_points}, plan.parameters_by_path)
    sampled = _run(sample_plan, full_path(folder) / "sobol", descriptors, workers, tell)
    size = n_points // N_GENERATIONS
    origin, width = _grid(descriptors, sampled.values[:size])
    generations = [("sobol", sampled.first(size))]
    positions = [_sobol(plan, n_points)[:size]]
    rng = np.random.default_rng(np.random.SeedSequence(plan.seed, spawn_key=(_STREAM,)))
    for number in range(1, N_GENERATIONS):
        cells = [cell for _, points in generations for cell in _cells(points.values, origin, width)]
        positions.append(vary(np.concatenate(positions), cells, size, rng))
        design = {"type": "table", "points": _values_at(plan, positions[-1])}
        name = f"generation-{number}"
        of_generation = _plan_of(plan, descriptors, design, {})
        generations.append((name, _run(of_generation, full_path(folder) / name, descriptors, workers, tell)))
    return Diversity(
        tuple(descriptors),
        origin,
        width,
        _reached(generations, descriptors, origin, width),
        _reached([("sobol", sampled)], descriptors, origin, width),
        plan.seed,
        plan.most_replicates,
        plan.base.months,
    )


# --- The search -----------------------------------------------------------------------------------


def vary(
    positions: Floats, cells: Sequence[tuple[int, ...] | None], n: int, rng: np.random.Generator
) -> Floats:
    """Make new points from those that led to rare kinds.

    A kind is drawn with a chance that falls with how often it was seen, then one of its points;
    which is moved in every parameter, by a step of a size that is drawn too.

    Parameters
    ----------
    positions
        float64[n_points, n_parameters] in [0, 1]: all points so far.
    cells
        Cell of each; None for none.
    n
        How many new points.

    Returns
    -------
    float64[n, n_parameters]
    """
    members: dict[tuple[int, ...], list[int]] = {}
    for number, cell in enumerate(cells):
        if cell is not None:
            members.setdefault(cell, []).append(number)
    groups = list(members.values())
    rarity = np.array([1.0 / len(group) for group in groups])
    drawn = rng.choice(len(groups), size=n, p=rarity / rarity.sum())
    parents = np.array([rng.choice(groups[number]) for number in drawn])
    scale = np.exp(rng.uniform(math.log(SCALES[0]), math.log(SCALES[1]), size=(n, 1)))
    moved = positions[parents] + scale * rng.standard_normal((n, positions.shape[1]))
    # Reflected at both ends, so that points do not pile up there.
    return np.asarray(1 - np.abs(1 - np.abs(moved) % 2), np.float64)


def _grid(descriptors: Sequence[str], values: Floats) -> tuple[Floats, Floats]:
    """Lay the grid by the first sample: where its cells begin, and how wide they are."""
    known = values[np.isfinite(values).all(axis=1)]
    if len(known) < 2:
        has_it = np.isfinite(values).sum(axis=0) > 1
        lacking = [name for name, is_there in zip(descriptors, has_it, strict=True) if not is_there]
        raise InputError(
            f"{join(lacking or list(descriptors))}: is missing at nearly all of the first points, as where "
            "runs are too short for it; take another --descriptor, or let runs last longer"
        )
    low, high = np.quantile(known, [0.05, 0.95], axis=0)
    for name, is_flat in zip(descriptors, high <= low, strict=True):
        if is_flat:
            raise InputError(f"{name}: is the same at nearly all points; take another descriptor")
    return low, (high - low) / N_CELLS


def _cells(values: Floats, origin: Floats, width: Floats) -> Iterator[tuple[int, ...] | None]:
    """Give the cell of each point; None where a descriptor is missing."""
    for row in (values - origin) / width:
        yield tuple(map(int, np.floor(row))) if np.isfinite(row).all() else None


def _reached(
    sweeps: Sequence[tuple[str, _Points]], descriptors: Sequence[str], origin: Floats, width: Floats
) -> Reached:
    """Collect what some sweeps reached, one after the other."""
    cells: list[tuple[int, ...] | None] = []
    examples: dict[tuple[int, ...], Example] = {}
    for name, points in sweeps:
        for number, cell in enumerate(_cells(points.values, origin, width)):
            cells.append(cell)
            if cell is not None and cell not in examples:
                values = dict(zip(descriptors, points.values[number].tolist(), strict=True))
                examples[cell] = Example(cell, values, name, number, points.parameters[number])
    return Reached(cells, list(examples.values()))


# --- The sweeps -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Points:
    """Points of a sweep: their descriptors, float64[n_points, n_descriptors], and parameters."""

    values: Floats
    parameters: list[dict[str, Any]]

    def first(self, n: int) -> _Points:
        return _Points(self.values[:n], self.parameters[:n])


def _check(plan: Plan, descriptors: Sequence[str], n_points: int) -> None:
    """Check what can be known before anything runs."""
    if not 1 <= len(descriptors) <= MOST_DESCRIPTORS:
        raise InputError(f"{len(descriptors)} descriptors; take 1 to {MOST_DESCRIPTORS}")
    for name in descriptors:
        check_name(name, MEASURES, "measure")
        if list(descriptors).count(name) > 1:
            raise InputError(f"{name!r}: is named twice; each descriptor once")
    try:
        check_power_of_two(n_points)
    except ValueError as error:
        raise InputError(f"points: {error}") from None
    if n_points < FEWEST_POINTS:
        raise InputError(f"points = {n_points}: must be {FEWEST_POINTS} or more")
    for path, parameter in plan.parameters_by_path.items():
        if parameter.spread is None:
            raise InputError(
                f"{path}: a table of points says of no parameter where it may go; give a plan whose "
                "[parameters] have ranges or values"
            )
    if plan.precision is not None:
        raise InputError("replicates: a search needs a fixed number of them, such as replicates = 1")


def _plan_of(plan: Plan, descriptors: Sequence[str], design: dict[str, Any], parameters: Any) -> Plan:
    """Make the plan of one sweep of the search."""
    data = plan.model_dump(exclude_none=True) | {"design": design, "arms": {}, "measures": list(descriptors)}
    data["parameters"] = {path: parameter.describe() for path, parameter in dict(parameters).items()}
    data["luck"] = "common"
    data.pop("series", None)
    return type(plan).make(data, "the plan of a search", plan._folder)


def _run(plan: Plan, folder: Path, descriptors: Sequence[str], workers: int | None, tell: _Whole) -> _Points:
    """Run one sweep of the search, or what is left of it, and read it."""
    from partnersim.sweep.run import run_sweep

    run_sweep(plan, folder, workers=workers, progress=tell)
    tell.go_on()
    sweep = Sweep.open(folder)
    outcomes = [sweep.outcomes(name) for name in descriptors]
    rows: list[dict[str, Any]] = [
        {str(path): value for path, value in row.items()} for row in outcomes[0].points.to_dict("records")
    ]
    return _Points(np.column_stack([found.means for found in outcomes]), rows)


def _sobol(plan: Plan, n_points: int) -> Floats:
    """Make again the positions of the sample, of which its sweep keeps the values."""
    return np.concatenate(list(sobol_rows(n_points, len(plan.parameters_by_path), plan.seed, BLOCK)))


def _values_at(plan: Plan, positions: Floats) -> dict[str, list[Any]]:
    """Turn positions into values of each parameter, by path."""
    parameters = plan.parameters_by_path.values()
    return {p.path: p.at(positions[:, number]).tolist() for number, p in enumerate(parameters)}


class _Whole:
    """Tells how far the whole search is, when it is told how far one of its sweeps is."""

    def __init__(
        self, progress: Callable[[Progress], None] | None, n_points: int, size: int, replicates: int
    ) -> None:
        self.progress = progress
        self.n_total = (n_points + (N_GENERATIONS - 1) * size) * replicates
        self.n_before = self.n_now = self.n_failed = self.n_failed_now = 0

    def __call__(self, now: Progress) -> None:
        self.n_now, self.n_failed_now = now.n_total, now.n_failed
        if self.progress is not None:
            done, failed = self.n_before + now.n_done, self.n_failed + now.n_failed
            self.progress(now._replace(n_done=done, n_total=self.n_total, n_failed=failed))

    def go_on(self) -> None:
        """Count the sweep that has ended."""
        self.n_before += self.n_now
        self.n_failed += self.n_failed_now
        self.n_now = self.n_failed_now = 0
