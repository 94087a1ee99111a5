"""Torbay and Canterbury: python -m experiments.places.run [--quick]

Runs each place's published timeline with the parameters of every accepted point, as it is, with its
coordinators taken out, and with nothing of what was done; all with the same luck. What is in the
store is not run again. Writes results.md, summary.json and a figure beside this file; with --quick
(few points and replicates) only what --out names.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.command import begin_parser, folder_for, status_of
from experiments.engine.changes import Change
from experiments.engine.page import begin, write_json
from experiments.engine.runs import task_of
from experiments.engine.work import Worker, at_work
from experiments.pictures import save_picture
from experiments.places.figures import beside_picture
from experiments.places.places import (
    ARMS,
    BASE,
    SERIES,
    Declared,
    Place,
    Runs,
    effects,
    read_declared,
    set_beside,
)
from experiments.places.report import report
from experiments.points import Points
from experiments.provenance import stamp
from partnersim.scenario.files import packaged_text

HERE = Path(__file__).resolve().parent
COMMAND = "python -m experiments.places.run"
QUICK_POINTS, QUICK_REPLICATES = 2, 4


def for_place(points: Points, place: Place) -> Points:
    """The points without what the place's own timeline sets, which no tuning may overwrite."""
    return points.without(set(stated_paths(tomllib.loads(packaged_text(place.scenario)))))


def stated_paths(table: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Dotted paths of all single values in a scenario's file, but not of those in lists."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from stated_paths(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def run_place(place: Place, points: Points, declared: Declared, worker: Worker) -> Runs:
    """Run what is not remembered of a place: each arm at each point."""
    rows = for_place(points, place).rows()
    n, seed = declared.replicates, declared.seed
    tasks = [
        task_of(place.scenario, row, [Change(set=place.arms.get(arm, {}))], n, seed, series=SERIES)
        for arm in ARMS
        for row in rows
    ]
    results = worker.do(tasks, place.name)

    def of(name: str) -> dict[str, Any]:
        found = np.array([result[name] for result in results], dtype=np.float64)
        return dict(zip(ARMS, found.reshape(len(ARMS), len(rows), *found.shape[1:]), strict=True))

    return Runs(*(of(f"series {name}") for name in SERIES), of("change_delivered"))


def find(runs: Sequence[Runs], points: Points, declared: Declared) -> dict[str, Any]:
    """Everything that page and report say of the runs of each place, as numbers and words."""
    return {
        "made_from": {
            **stamp(COMMAND, seed=declared.seed, n_runs=sum(r.n_runs for r in runs)),
            "replicates": declared.replicates,
            "accepted": {"points": points.n_points, "digest": points.digest},
        },
        "places": [
            {
                "name": place.name,
                "scenario": place.scenario,
                "set_by_the_timeline": sorted({*points.columns} - {*for_place(points, place).columns}),
                "figures": [set_beside(figure, of_place, declared) for figure in place.figures()],
                "coordinator": effects(place, of_place, declared),
                "cautions": [caution.text.strip() for caution in place.caution],
            }
            for place, of_place in zip(declared.place, runs, strict=True)
        ],
    }


def write(summary: Mapping[str, Any], declared: Declared, folder: Path) -> None:
    """Write page, summary and figure."""
    begin(folder)
    write_json(summary, folder / "summary.json")
    note = (
        f"{summary['made_from']['accepted']['points']} accepted points, {declared.replicates} simulated "
        "places each; same luck in all arms."
    )
    save_picture(beside_picture(summary["places"], note), folder / "figure.png")
    (folder / "results.md").write_text(report(summary, declared), encoding="utf-8")


def main() -> int:
    parser = begin_parser(__doc__ or "", HERE / "store")
    parser.add_argument("--accepted", type=Path, help="another CSV of points, to try things")
    options = parser.parse_args()
    return status_of(lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    declared, points = read_declared(), Points.choose(options.accepted)
    if options.quick:
        # To start processes would take longer than the runs.
        options.workers = 1
        declared = declared.model_copy(update={"replicates": QUICK_REPLICATES})
        points = points.first(QUICK_POINTS)
    with at_work(options.store, options.workers) as worker:
        runs = [run_place(place, points, declared, worker) for place in declared.place]
    summary = find(runs, points, declared)
    if folder := folder_for(options, HERE):
        write(summary, declared, folder)
    for place in summary["places"]:
        for figure in place["figures"]:
            low, middle, high = figure["simulated"][BASE]
            span = f"{figure['published']:g}, {middle:.4g} ({low:.4g} to {high:.4g})"
            print(f"{place['name']}, {figure['title']}: {span}, {figure['verdict']}")


if __name__ == "__main__":
    sys.exit(main())
