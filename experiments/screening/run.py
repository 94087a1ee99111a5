"""Which parameters matter, and which never do: python -m experiments.screening.run [--quick]

Elementary effects (Morris 1991) of every number in priors.toml on the main measures, in seven
settings. Replicates share their luck from point to point. Each trajectory is remembered, so that
what is done is not done again after an interruption. Writes sizes.csv, summary.json, results.md and
figure.png beside this file; with --quick only what --out names.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import partnersim
from experiments.command import begin_parser, folder_for, status_of
from experiments.engine.changes import Floats
from experiments.engine.work import Result, Task, Worker, at_work, digest
from experiments.screening.design import PRIORS, Setting, place, plan, settings, trajectory
from experiments.screening.effects import MEASURES, SEED, Effects, read_effects
from experiments.screening.report import write
from partnersim.model.version import MODEL_VERSION
from partnersim.runs.measures import MEASURES as DECLARED
from partnersim.scenario.scenario import Scenario

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Extent:
    """How much is run; `families` are beginnings of settings' names, `most` numbers are moved."""

    trajectories: int = 20
    replicates: int = 20
    families: tuple[str, ...] = ("",)
    most: int | None = None

    def settings(self) -> list[Setting]:
        """In which settings."""
        return [setting for setting in settings() if setting.name.startswith(self.families)]


QUICK = Extent(trajectories=2, replicates=2, families=("two-organisations",), most=12)


def screen(extent: Extent, worker: Worker) -> list[Effects]:
    """Run what is not yet remembered, then give the effects in each setting."""
    code = digest(MODEL_VERSION, SEED, MEASURES, *((HERE / f).read_bytes() for f in (PRIORS, "design.py")))
    found = []
    for setting in extent.settings():
        tasks = []
        for number in range(extent.trajectories):
            given = (setting.name, number, extent.replicates, extent.most)
            tasks.append(Task(digest(code, *given), run_trajectory, given))
        walks = worker.do(tasks, setting.name)
        paths = [prior.path for prior in plan(setting)[: extent.most]]
        found.append(read_effects(setting.name, paths, walks))
    return found


def run_trajectory(name: str, number: int, replicates: int, most: int | None) -> Result:
    """Run all points of one trajectory."""
    (setting,) = (setting for setting in settings() if setting.name == name)
    priors = plan(setting)[:most]
    points, order = trajectory(len(priors), np.random.default_rng([SEED, number, *name.encode()]))
    values = np.array([measure(place(setting, priors, at), replicates) for at in points])
    return {"points": points, "order": order, "values": values}


def measure(scenario: Scenario, replicates: int) -> Floats:
    """The measures of a scenario: float64[measure, replicate]; never reached counts as the horizon."""
    found = partnersim.run(scenario, replicates, SEED, workers=1, series=False).measures
    rows = []
    for name in MEASURES:
        late = float(scenario.months) if DECLARED[name].is_censored else np.nan
        rows.append(np.where(np.isnan(found[name]), late, found[name]))
    return np.array(rows)


def main() -> int:
    options = begin_parser(__doc__ or "", HERE / "store").parse_args()
    return status_of(lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    extent = QUICK if options.quick else Extent()
    with at_work(options.store, 1 if options.quick else options.workers) as worker:
        found = screen(extent, worker)
    if folder := folder_for(options, HERE):
        write(found, extent.replicates, folder)


if __name__ == "__main__":
    sys.exit(main())
