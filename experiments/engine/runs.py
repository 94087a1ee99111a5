"""Runs a study: each arm at each point and in each world, with all luck in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import partnersim
from experiments.engine.changes import Change, Floats, changed
from experiments.engine.study import AS_IS, BEYOND_CHANCE, Event, Study
from experiments.engine.work import Result, Task, Worker, digest
from experiments.points import Points
from partnersim.model.version import MODEL_VERSION
from partnersim.runs.measures import MEASURES
from partnersim.scenario.errors import ScenarioError
from partnersim.scenario.files import packaged_text
from partnersim.scenario.scenario import Scenario

SEED = 1
KEPT = (
    "change_delivered",
    "mean_speed",
    "months_to_25",
    "is_sustained_acceleration",
    "sustained_acceleration_by_chance",
    "sustained_acceleration_if_doubling",
    "trust",
    "trust_board",
    "trust_front_line",
    "perceived_joint_working",
    "vision_commitment",
    "initiatives_completed",
    "initiatives_abandoned",
    "initiatives_under_way",
    "actual_over_planned",
    "cost",
    "survived",
)
"""Measures that are kept of every run."""

Flags = np.ndarray[Any, np.dtype[np.bool_]]
Run = tuple[str, str]
"""An arm and a world."""


@dataclass
class Runs:
    """What came of a study.

    Attributes
    ----------
    values : dict[Run, dict[str, float64[n_points, n_replicates]]]
        Measures of each arm in each world; a milestone never reached counts as the last month.
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


def run_study(
    study: Study,
    accepted: Points,
    worker: Worker,
    replicates: int | None = None,
    most_cells: int | None = None,
) -> Runs:
    """Run what is not remembered of a study, and give what came of it.

    Parameters
    ----------
    replicates
        Of each point and arm; as the study says if left out.
    most_cells
        Of the map, only so many.

    Raises
    ------
    ScenarioError
        For a study or points that do not fit the model.
    """
    runs = Runs(study, accepted, replicates or study.replicates)
    with_events = {name for test in study.all_tests for name in test.among}
    batches: list[tuple[Run, list[Task]]] = []
    for arm, name in study.runs(most_cells):
        world = study.worlds[name]
        changes = (*study.parts_of(arm), *([world] if name != AS_IS else []))
        points = accepted.first(world.points or accepted.n_points).rows()
        n = min(runs.replicates, world.replicates or runs.replicates)
        events = study.events if arm in with_events else {}
        tasks = [task_of(study.scenario, point, changes, n, SEED, events) for point in points]
        batches.append(((arm, name), tasks))
    found = iter(worker.do([task for _, tasks in batches for task in tasks], study.name))
    for run, tasks in batches:
        results = [next(found) for _ in tasks]
        runs.values[run] = {key: np.array([result[key] for result in results]) for key in KEPT}
        runs.values[run][BEYOND_CHANCE] = (
            runs.values[run]["is_sustained_acceleration"]
            - runs.values[run]["sustained_acceleration_by_chance"]
        )
        happened_here = [key for key in results[0] if key.startswith("event ")]
        runs.events[run] = {
            key.removeprefix("event "): np.array([result[key] for result in results]) for key in happened_here
        }
        runs.n_runs += runs.values[run]["trust"].size
    return runs


def task_of(
    scenario: str,
    point: Mapping[str, float],
    changes: Sequence[Change],
    replicates: int,
    seed: int,
    events: Mapping[str, Event] | None = None,
    series: tuple[str, ...] = (),
) -> Task:
    """The task of running a scenario at a point with some changes."""
    plain = tuple(Change(set=c.set, add=c.add, scale=c.scale, spread=c.spread) for c in changes)
    given = (scenario, dict(point), plain, replicates, seed, dict(events or {}), series)
    return Task(digest(MODEL_VERSION, KEPT, packaged_text(scenario), *given), run_at, given)


def run_at(
    scenario: str,
    point: Mapping[str, float],
    changes: Sequence[Change],
    replicates: int,
    seed: int,
    events: Mapping[str, Event],
    series: tuple[str, ...],
) -> Result:
    """Run a scenario at a point with some changes: measures, what happened, and series."""
    place = place_at(scenario, point, changes)
    wanted = sorted({*series, *(event.series for event in events.values() if event.series)})
    found = partnersim.run(place, replicates, seed, workers=1, series=wanted)
    result: dict[str, Any] = {}
    for name in KEPT:
        values = found.measures[name]
        if MEASURES[name].is_censored:
            values = np.where(np.isnan(values), float(place.months), values)
        result[name] = values
    for name, event in events.items():
        values = found.measures[event.measure] if event.measure else found.series[event.series]
        result[f"event {name}"] = happened(event, values)
    for name in series:
        result[f"series {name}"] = found.series[name].astype(np.float32)
    return result


def place_at(scenario: str, point: Mapping[str, float], changes: Sequence[Change]) -> Scenario:
    """A packaged scenario at a point, with some changes."""
    place = Scenario.load(scenario).replace(dict(point))
    try:
        new = changed(changes, place)
    except ScenarioError as error:
        raise ScenarioError(f"{scenario}: {error}") from None
    return place.replace(new) if new else place


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
