"""The analyst's view: every parameter, ensembles with bands, arms, and the scenario as TOML."""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomlkit

from partnersim.app.levers import front_levers
from partnersim.app.pages.desk import Desk
from partnersim.app.session import Session
from partnersim.app.world import N_PAIRS, Setting, World
from partnersim.notebook import show_tables
from partnersim.scenario import Scenario
from partnersim.scenario_files import ParameterRow, parameters

SERIES = ("change_delivered", "speed", "trust", "perceived_joint_working")
"""Of which bands are drawn."""

SWEEP_POINTS = 256
SWEEP_REPLICATES = 20


def show(desk: Desk) -> dict[str, Any]:
    """What the page shows: numbers in full, and nothing that a link would not hold."""
    session, words = desk.session, desk.words
    world = session.without
    scenario = world.scenario()
    hundred = world.hundred()
    arms = show_tables(session.hundred().comparison()) if session.with_ is not None else ""
    series = [{"name": name, "label": words(f"series.{name}")} for name in SERIES]
    return {
        "title": words("analyst.title", place=scenario.title or world.place),
        "problem": desk.problem,
        "series": series,
        "chosen": desk.series,
        "bands": f"/bands/{desk.series}.svg?room={desk.room.key}&version={session.version}",
        "bands_said": words("analyst.bands_said", series=words(f"series.{desk.series}"), n=N_PAIRS),
        "measures": show_tables(hundred),
        "arms": arms,
        "who": session.who,
        "seed": world.seed,
        "replicate": world.replicate,
        "settings": [
            {"index": index, "words": f"{change.path} = {change.value}"}
            for index, change in enumerate(world.changes)
            if isinstance(change, Setting)
        ],
        "parameters": [_row(row, scenario) for row in parameters()],
        "toml": scenario.to_toml(),
        "plan": f"/take-home/plan.toml?room={desk.room.key}",
    }


def _row(row: ParameterRow, scenario: Scenario) -> dict[str, str]:
    """One parameter: what it is now, what it may be, and what it means."""
    has_range = row.low is not None and row.high is not None
    return {
        "path": row.path,
        "now": ", ".join(dict.fromkeys(_values_at(scenario, row.path.split(".")))),
        "range": f"{row.low:g} – {row.high:g}" if has_range else "",
        "unit": row.unit,
        "meaning": row.meaning,
    }


def _values_at(value: Any, path: list[str]) -> Iterator[str]:
    """Give the single values at a path; each member's, where it leads through a list."""
    if not path:
        if isinstance(value, bool | int | float | str):
            yield f"{value:g}" if isinstance(value, float) else str(value)
    elif path[0].startswith("<"):
        for member in value:
            yield from _values_at(member, path[1:])
    elif hasattr(value, path[0]):
        yield from _values_at(getattr(value, path[0]), path[1:])


def draw_bands(session: Session, series: str) -> bytes:
    """Draw median and bands of a series over our hundred partnerships, as SVG."""
    # matplotlib takes a second to load, and only what is not played may need it.
    from partnersim.plots import quantiles, save

    picture = quantiles(session.without.hundred(), series)
    with tempfile.TemporaryDirectory() as folder:
        files = save(picture, Path(folder), "bands")
        return next(file for file in files if file.suffix == ".svg").read_bytes()


def plan_of(session: Session) -> str:
    """Write a plan for a sweep: this place, its ten front levers varied, with and without.

    It is read by `partnersim sweep`.
    """
    world = session.without
    scenario = world.scenario()
    plan = tomlkit.document()
    plan.add(tomlkit.comment(" From the workshop app: edit the ranges, then: partnersim sweep run"))
    plan["replicates"] = SWEEP_REPLICATES
    plan["seed"] = world.seed
    plan["design"] = {"type": "sobol", "points": SWEEP_POINTS}
    plan["parameters"] = {
        path: {"low": low, "high": high} for path, low, high in _ranges(session, scenario)
    }
    if session.with_ is not None:
        arm = _differences(scenario, session.with_)
        plan["arms"] = {"with": arm}
    plan["scenario"] = tomllib.loads(scenario.to_toml())
    return tomlkit.dumps(plan)


def _ranges(session: Session, scenario: Scenario) -> Iterator[tuple[str, float, float]]:
    """Paths of the front levers, each from its first band to its last."""
    world = World(place=session.without.place, text=session.without.text)
    for lever in front_levers(scenario, session.words):
        values = sorted(band.value for band in lever.bands)
        change = lever.change(values[0])
        is_setting = isinstance(change, Setting)
        path = change.path if is_setting else f"ways_of_working.{change.lever}"  # type: ignore[union-attr]
        if world.names or not path.startswith("organisations."):
            yield path, values[0], values[-1]


def _differences(scenario: Scenario, with_: World) -> dict[str, Any]:
    """The lists and keys in which a second world differs from the first."""
    before, after = (
        scenario.model_dump(exclude_none=True),
        with_.scenario().model_dump(exclude_none=True),
    )
    return {key: value for key, value in after.items() if value != before[key]}
