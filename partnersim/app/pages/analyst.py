"""The analyst's view: every parameter, ensembles with bands, arms, and the scenario as TOML."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import tomlkit

from partnersim.app import ECHARTS
from partnersim.app.draw import table_html
from partnersim.app.levers import front_levers
from partnersim.app.pages.desk import Desk
from partnersim.app.sentences import span, when
from partnersim.app.session import Session
from partnersim.app.world import N_PAIRS, Setting
from partnersim.figures.marks import rows_to_table
from partnersim.report.notebook import show_tables
from partnersim.runs.measures import YEAR, Floats
from partnersim.runs.wording import NOTHING, capital
from partnersim.scenario.declared import ParameterRow, parameters
from partnersim.scenario.files import parse_toml
from partnersim.scenario.scenario import Scenario

SCALES = {
    "change_delivered": (100.0, "axis.percent", 1),
    "speed": (100.0, "axis.percent_a_year", 1),
    "trust": (1.0, "axis.zero_to_one", 3),
    "perceived_joint_working": (1.0, "axis.zero_to_one", 3),
}
"""Series of which bands are drawn: the factor of their numbers, their unit and decimals."""

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles that bound the bands, and the median."""

SWEEP_POINTS = 256
SWEEP_REPLICATES = 20


def show(desk: Desk) -> dict[str, Any]:
    """Describe the analyst's page: numbers in full, and nothing that a link would not hold."""
    session, words = desk.session, desk.words
    world = session.without
    scenario = world.scenario()
    hundred = world.hundred()
    arms = ""
    if session.with_ is not None and not session.is_hidden:
        arms = show_tables(session.hundred().comparison(session.sides.names(words)))
    series = [{"name": name, "label": words(f"series.{name}")} for name in SCALES]
    return {
        "title": words("analyst.title", place=scenario.title or world.place),
        "problem": desk.problem,
        "series": series,
        "chosen": desk.series,
        "measures": show_tables(hundred),
        "arms": arms,
        "arms_title": session.sides.say("analyst.arms", words),
        "seed": world.seed,
        "replicate": world.replicate,
        "parameters": [_row(row, scenario) for row in parameters()],
        "toml": scenario.to_toml(),
        "plan": "/take-home/plan.toml",
        "room": desk.room.key,
    }


def _row(row: ParameterRow, scenario: Scenario) -> dict[str, str]:
    """Describe one parameter: its value now, its range, its unit and its meaning."""
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


def bands(desk: Desk) -> dict[str, Any]:
    """Return a series' median and bands over our hundred partnerships, as numbers for a chart.

    They are given for both worlds, where two are compared; what is not known yet in a month is None.
    """
    session, words = desk.session, desk.words
    scale, unit, digits = SCALES[desk.series]
    worlds = {words("analyst.as_it_stands"): session.without}
    if session.with_ is not None and not session.is_hidden:
        names = session.sides.names(words)
        worlds = dict(zip(names, (session.without, session.with_), strict=True))
    months = session.without.months
    arms: list[dict[str, Any]] = [
        {"name": name, "bands": _rounded(scale * world.hundred().quantiles(desk.series, LEVELS), digits)}
        for name, world in worlds.items()
    ]
    headings = (words("draw.by"), *(f"{arm['name']}: {level:.0%}" for arm in arms for level in LEVELS))
    rows = tuple(
        (when(month, words), *(_shown(band[month]) for arm in arms for band in arm["bands"]))
        for month in range(0, months + 1, YEAR)
    )
    title = words(f"series.{desk.series}")
    return {
        "title": f"{title}, {words(unit)}",
        "said": [_say_bands(arm, desk) for arm in arms],
        "names": [when(month, words) for month in range(months + 1)],
        "arms": arms,
        "script": ECHARTS,
        "table": table_html(rows_to_table(headings, rows), title),
    }


def _rounded(bands: Floats, digits: int) -> list[list[float | None]]:
    """Round the numbers of bands for JSON; None where nothing is known."""
    return [[round(v, digits) if math.isfinite(v) else None for v in band] for band in bands.tolist()]


def _shown(value: float | None) -> str | float:
    """Return a number for a table; a dash where there is none."""
    return NOTHING if value is None else value


def _say_bands(arm: dict[str, Any], desk: Desk) -> str:
    """State in a sentence where the bands end."""
    words = desk.words
    low, _, median, _, high = (_shown(band[-1]) for band in arm["bands"])
    said = {"low": low, "median": median, "high": high, "who": arm["name"]}
    years = span(desk.session.without.months, words)
    return capital(words("analyst.bands_said", years=years, n=N_PAIRS, **said))


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
    plan["parameters"] = {path: {"low": low, "high": high} for path, low, high in _ranges(session, scenario)}
    if session.with_ is not None:  # the lists and keys in which it differs
        before, after = (one.model_dump(exclude_none=True) for one in (scenario, session.with_.scenario()))
        plan["arms"] = {"with": {key: value for key, value in after.items() if value != before[key]}}
    plan["scenario"] = parse_toml(scenario.to_toml(), "scenario")
    return tomlkit.dumps(plan)


def _ranges(session: Session, scenario: Scenario) -> Iterator[tuple[str, float, float]]:
    """Give the path of each front lever, with its least and its greatest band."""
    for lever in front_levers(scenario, session.words):
        values = sorted(band.value for band in lever.bands)
        change = lever.change(values[0])
        is_setting = isinstance(change, Setting)
        # mypy does not follow that what is no setting here is a lever.
        path = change.path if is_setting else f"ways_of_working.{change.lever}"  # type: ignore[union-attr]
        yield path, values[0], values[-1]
