"""Runs a study over the accepted set, as sweeps that share all luck, and gives what came of it.

Points of the accepted set are the points of a table design; arms run at each of them. In a plan
parameters are set after arms, so that an arm cannot change a parameter that the set varies. Such
arms get a table of their own, with that column changed: one sweep for each different table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.claims.changes import Floats, combine, resolve
from experiments.claims.declare import BASE, BEYOND_CHANCE, Event, Study, label
from experiments.points import Points, digest
from partnersim.runs.measures import MEASURES
from partnersim.scenario.errors import ScenarioError
from partnersim.scenario.scenario import Scenario
from partnersim.sweep.plan import Plan
from partnersim.sweep.run import Progress
from partnersim.sweep.sweep import Sweep
from partnersim.sweep.tables import Table

SEED = 1
KEPT = (
    "change_delivered",
    "mean_speed",
    "months_to_25",
    "is_sustained_acceleration",
    "sustained_acceleration_by_chance",
    "trust",
    "trust_board",
    "trust_front_line",
    "perceived_joint_working",
    "vision_commitment",
    "cost",
    "survived",
)
"""Measures that are kept of every run."""

Flags = np.ndarray[Any, np.dtype[np.bool_]]
Run = tuple[str, str]
"""An arm and an ablation, or ''."""


@dataclass
class Runs:
    """What came of a study.

    Attributes
    ----------
    values : dict[Run, dict[str, float64[n_points, n_replicates]]]
        Measures of each arm and ablation; a milestone never reached counts as the last month.
    events : dict[Run, dict[str, bool[n_points, n_replicates]]]
        What happened.
    n_runs : int
    """

    study: Study
    accepted: Points
    replicates: int
    values: dict[Run, dict[str, Floats]] = field(default_factory=dict)
    events: dict[Run, dict[str, Flags]] = field(default_factory=dict)
    n_runs: int = 0


@dataclass
class _Group:
    """Arms that run at the same table of points, and keep the same series."""

    columns: dict[str, Floats]
    series: list[str]
    arms: dict[Run, dict[str, Any]] = field(default_factory=dict)


def run_study(
    study: Study,
    accepted: Points,
    store: Path,
    *,
    replicates: int | None = None,
    workers: int | None = None,
    engine: str = "processes",
    progress: Callable[[Progress], None] | None = None,
) -> Runs:
    """Run what the store lacks of a study, and read what came of it.

    Raises
    ------
    ScenarioError
        For a study or points that do not fit the model, and for runs that failed.
    """
    runs = Runs(study, accepted, replicates or study.replicates)
    for group in _groups(study, accepted):
        plan = _plan(study, group, runs.replicates, store / "points")
        folder = store / study.name.lower() / plan.sweep_id
        if (folder / "sweep.json").exists():  # of the same runs; there may be fewer or more of them
            plan = Sweep.open(folder).plan
        sweep = Sweep.run(
            plan,
            folder,
            engine=engine,
            workers=workers,
            progress=progress,
            extend={"replicates": max(runs.replicates, plan.most_replicates)},
        )
        _read(sweep, group, runs)
    return runs


def _groups(study: Study, accepted: Points) -> list[_Group]:
    """Sort arms by the table of points that they need, and by whether their months count."""
    scenario = Scenario.load(study.scenario)
    with_events = {name for test in study.all_tests for name in test.among}
    groups: dict[tuple[str, bool], _Group] = {}
    for arm, ablation in study.runs():
        changes = [*study.parts_of(arm), *([study.ablations[ablation]] if ablation else [])]
        name = f"{study.name}, {label(arm, ablation)}"
        try:
            resolved = [resolve(change, scenario, accepted.columns) for change in changes]
        except ScenarioError as error:
            raise ScenarioError(f"{name}: {error}") from None
        fixed = combine([part for part, _ in resolved], name)
        edited = combine([part for _, part in resolved], name)
        columns = {**accepted.columns, **edited}
        has_events = arm in with_events
        series = study.series if has_events else []
        group = groups.setdefault((digest(columns), has_events), _Group(columns, series))
        group.arms[arm, ablation] = fixed
    return list(groups.values())


def _plan(study: Study, group: _Group, replicates: int, folder: Path) -> Plan:
    """The sweep of a group; an arm that changes nothing but the table is its base."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{digest(group.columns)}.parquet"
    pd.DataFrame(group.columns).to_parquet(file, index=False)
    plan: dict[str, Any] = {
        "scenario": study.scenario,
        "seed": SEED,
        "replicates": replicates,
        "measures": list(KEPT),
        "on_error": "stop",
        "design": {"type": "table", "file": file.name},
        "arms": {label(*run): fixed for run, fixed in group.arms.items() if fixed},
    }
    if group.series:
        plan["series"] = {"names": group.series, "runs": replicates}
    return Plan.make(plan, f"{study.name}", folder)


def _read(sweep: Sweep, group: _Group, runs: Runs) -> None:
    """Put what a sweep holds where it is looked for."""
    status = sweep.status()
    if status.n_failed or not status.is_finished:
        said = "; ".join(f"{f.n_runs} runs: {f.message}" for f in sweep.failures())
        raise ScenarioError(f"{sweep.folder}: not all runs are there. {said}")
    horizon = float(sweep.plan.base.months)
    grid = _grid(sweep.measures, list(KEPT), runs.replicates)
    names = list(sweep.plan.arms_by_name)
    places = {run: names.index(label(*run) if fixed else BASE) for run, fixed in group.arms.items()}
    for run, at in places.items():
        values = {name: grid[name][:, at] for name in KEPT}
        for name, numbers in values.items():
            if MEASURES[name].is_censored:
                values[name] = np.where(np.isnan(numbers), horizon, numbers)
        values[BEYOND_CHANCE] = (
            values["is_sustained_acceleration"] - values["sustained_acceleration_by_chance"]
        )
        runs.values[run] = values
        runs.n_runs += values["trust"].size
    for series in ["", *group.series]:  # one after the other: each takes much memory
        of_runs = _grid(sweep.series, [series], runs.replicates) if series else grid
        for name, event in runs.study.events.items():
            if event.series == series:
                flags = happened(event, of_runs[event.measure or series])
                for run, at in places.items():
                    runs.events.setdefault(run, {})[name] = flags[:, at]


def _grid(table: Table, names: list[str], replicates: int) -> dict[str, Floats]:
    """Read values onto float64[point, arm, replicate], or with a last axis for the month."""
    axes = {key: np.arange(len(labels)) for key, labels in table.axes.items()}
    axes["replicate"] = np.arange(replicates)
    found = table.grid(names, axes)
    if "arm" in axes:
        return found
    return {name: numbers[:, np.newaxis] for name, numbers in found.items()}


def happened(event: Event, values: Floats) -> Flags:
    """In which runs something happened: bool[...], of a measure or, with a last axis for the
    month, of a series.
    """
    if event.measure:
        return np.asarray(values >= event.at_least)
    if event.rises:
        first, last = event.rises
        return np.asarray(values[..., first : last + 1].mean(axis=-1) > values[..., 0])
    return np.asarray((values > 0.0).sum(axis=-1) >= event.months)
