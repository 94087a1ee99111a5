"""Tune the model to what was observed: python -m experiments.tuning.run [--quick]

Two searches for points at which the patterns' numbers are in their bands; what is left of both is
looked at with other luck, and what both found is accepted by the rule of priors.toml. What is done
is kept in the store, so that an interrupted search goes on where it was. Writes accepted.csv,
summary.toml, tables, results.md and figures beside this file; with --quick only what --out names.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from experiments.command import begin_parser, folder_for, status_of
from experiments.engine.work import Task, Worker, at_work, digest
from experiments.tuning.accept import accept, centre
from experiments.tuning.evaluate import Level, evaluate
from experiments.tuning.report import Outcome, write
from experiments.tuning.search import confirm_levels, look, search
from experiments.tuning.space import PRIORS, Space, Stage, declared_hash, read_space
from partnersim.model.version import EQUATIONS

HERE = Path(__file__).resolve().parent
CODE = ("evaluate.py", "emulator.py", "search.py", "../patterns/looks.py", "../patterns/runs.py")
"""Files that decide what a task gives."""


def store_of(root: Path, space: Space) -> Path:
    """The folder of what was run with this model, these declarations and this code."""
    return root / digest(EQUATIONS, declared_hash(space), *((HERE / file).read_bytes() for file in CODE))


def quick(space: Space) -> Space:
    """A search that only shows that it works: points anywhere, few looks."""
    stages = [Stage(replicates=2, most_chance=1.0, points=4), Stage(replicates=3, most_chance=0.25, points=4)]
    small = {
        "first_points": 6,
        "waves": 1,
        "kept": 1.0,
        "steps": 20,
        "population": 4,
        "stages": stages,
        "confirm_replicates": 3,
        "wanted": 4,
        "reach": 100.0,
    }
    return replace(space, search=space.search.model_copy(update=small), rest=(0.0, 1.0))


def tune(space: Space, worker: Worker) -> Outcome:
    """Search twice, confirm, accept and choose; what is stored is not run again.

    Raises
    ------
    TooFewError
        If the searches left fewer points than wanted, or nothing in common.
    """
    first, second = (search(space, worker, seed) for seed in space.search.seeds)
    found = [np.unique(waves[-1].best(space.search.population), axis=0) for waves in (first, second)]
    shares = np.concatenate(found)
    searches = np.repeat([0, 1], [len(points) for points in found])
    confirmed = look(space, worker, shares, confirm_levels(space, len(shares)), "confirming")
    outside = np.array([result["excess"] for result in confirmed])
    accepted = accept(shares, outside, searches, space.search.wanted, space.search.reach)
    chosen = accepted.rows[centre(shares[list(accepted.rows)])]
    defaults = np.array([prior.share(prior.default) for prior in space.priors])
    (hard,) = confirm_levels(space, 1)
    (at_defaults,) = look(space, worker, defaults[np.newaxis], [hard], "defaults")
    points = [space.point(shares[row]) for row in accepted.rows]
    return Outcome(
        space=space,
        waves=(first, second),
        shares=shares,
        searches=searches,
        confirmed=confirmed,
        accepted=accepted,
        chosen=space.point(shares[chosen]),
        chosen_row=chosen,
        at_defaults=at_defaults,
        elsewhere={
            f"`{entry.path}` at {end:g}": look_elsewhere(points, {entry.path: end}, hard, worker)
            for entry in space.held
            for end in (entry.low, entry.high)
        },
    )


def look_elsewhere(
    points: list[dict[str, float]], moved: dict[str, float], level: Level, worker: Worker
) -> np.ndarray:
    """How far outside each number is at points where something else is moved."""
    elsewhere = [point | moved for point in points]
    tasks = [Task(digest("elsewhere", level, point), evaluate, (point, level)) for point in elsewhere]
    return np.array([result["excess"] for result in worker.do(tasks, f"with {moved}")])


def main() -> int:
    parser = begin_parser(__doc__ or "", HERE / "store")
    parser.add_argument("--priors", type=Path, default=PRIORS, help="another file of priors")
    options = parser.parse_args()
    return status_of(lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    space = read_space(options.priors)
    if options.quick:
        space, options.workers = quick(space), 1
    with at_work(store_of(options.store, space), options.workers) as worker:
        outcome = tune(space, worker)
    if folder := folder_for(options, HERE):
        write(outcome, folder)


if __name__ == "__main__":
    sys.exit(main())
