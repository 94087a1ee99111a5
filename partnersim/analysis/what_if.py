"""One run, what if: how its outcome would have differed had one thing been moved in one month.

Everything up to that month stays as it was, and so does all chance after it: runs share their
random numbers. What one run answers may be the answer of its chance. So the same is asked of
further replicates, and the median over all of them stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from partnersim.model.room import MOST_REPLICATE, MOST_REPLICATES
from partnersim.runs.ensemble import run
from partnersim.runs.measures import MEASURES, Floats
from partnersim.runs.provenance import VERSIONS
from partnersim.runs.statistics import Interval, median_interval, restrict
from partnersim.scenario.arms import in_force
from partnersim.scenario.declarations import LEVERS, EventType, WaysOfWorking, lever_bound
from partnersim.scenario.declared import Place
from partnersim.scenario.errors import InputError, check_name, whole_number
from partnersim.scenario.paths import replace
from partnersim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

STEPS = {"share": 0.2, "days per year": 2.0, "documents per year": 4.0, "contacts": 1.0}
"""How far a lever is moved up and down, by its unit."""

EVENTS: dict[EventType, str] = {
    "common_crisis": "a common crisis",
    "funding_cut": "a funding cut",
    "reorganisation": "a reorganisation",
}
"""Events that may happen to everybody, in the month that is asked about."""


@dataclass(frozen=True)
class Move:
    """One thing moved in a month, and what came of it.

    Attributes
    ----------
    what : str
        What is moved: a lever by its name, a coordinator, an event.
    how : str
        How, in words: 'to 0.4', 'appointed', 'leaves', 'happens', 'does not happen'.
    way : int
        1 for more of it, -1 for less.
    scenario : Scenario
        The scenario with it moved.
    differences : float64[n_replicates]
        By how much the measure is more than in the same run as it was; the first is the run that
        was asked about. NaN where either has none.
    """

    what: str
    how: str
    way: int
    scenario: Scenario
    differences: Floats

    @property
    def in_this_run(self) -> float:
        """The difference in the run that was asked about."""
        return float(self.differences[0])

    @property
    def median(self) -> float:
        """The median difference over all replicates."""
        known = self.differences[~np.isnan(self.differences)]
        return float(np.median(known)) if known.size else float("nan")

    @property
    def ci95(self) -> Interval:
        """The 95 % interval of the median, from order statistics; unbounded under 6 replicates."""
        return median_interval(self.differences)

    @property
    def points_elsewhere(self) -> bool:
        """True where this run points one way, and the median for certain the other."""
        low, high = self.ci95
        return (self.in_this_run > 0 > high) or (self.in_this_run < 0 < low)

    def to_json(self) -> dict[str, Any]:
        """Give a dictionary of words and numbers."""
        return {
            "what": self.what,
            "how": self.how,
            "way": self.way,
            "in_this_run": self.in_this_run,
            "median": self.median,
            "median_ci95": self.ci95,
            "points_elsewhere": self.points_elsewhere,
        }


@dataclass(frozen=True)
class WhatIf:
    """One run, and what it would have come to had one thing been moved in a month.

    Attributes
    ----------
    scenario, seed, replicate
        The run as it was.
    month : int
        The month in which things are moved, as scenarios count them: the first is 0.
    measure : str
    outcome : float
        The measure of the run as it was; a milestone never reached counts as the last month.
    moves : list[Move]
        Those that change this run most first.
    """

    scenario: Scenario
    seed: int
    replicate: int
    month: int
    measure: str
    outcome: float
    moves: list[Move]

    @property
    def n_replicates(self) -> int:
        """The number of runs behind each median."""
        return len(self.moves[0].differences)

    def to_json(self) -> dict[str, Any]:
        """Give what the command line prints as JSON."""
        return {
            "scenario": self.scenario.title,
            "seed": self.seed,
            "replicate": self.replicate,
            "replicates": self.n_replicates,
            "months": self.scenario.months,
            "month": self.month,
            **VERSIONS,
            "measure": self.measure,
            "unit": MEASURES[self.measure].unit,
            "outcome": self.outcome,
            "moves": [move.to_json() for move in self.moves],
        }

    def to_pandas(self) -> pd.DataFrame:
        """Give the moves as a table, a row each."""
        import pandas as pd

        return pd.DataFrame([move.to_json() for move in self.moves]).set_index(["what", "how"])


def what_if(
    scenario: Scenario | str | Path,
    month: int,
    *,
    replicate: int = 0,
    measure: str = "change_delivered",
    replicates: int = 50,
    seed: int = 1,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> WhatIf:
    """Find what one run would have come to, had one thing been moved in a month.

    Each lever is moved up and down by its step (`STEPS`) for all organisations and held there to
    the end; a coordinator is appointed, and each one at work leaves; events that may happen to
    everybody happen, and each of the scenario's own that is still to come does not.

    Parameters
    ----------
    scenario, seed, replicate
        The run that is asked about; a scenario, the name of a packaged one or the path of a file.
    month
        When things are moved, as scenarios count months: 0 is the first.
    measure
        Of which it is said how much it would have differed; a milestone never reached counts as
        the last month.
    replicates
        Runs behind each median: the one that is asked about and those that follow it.
    workers, progress
        As for `partnersim.run`.

    Raises
    ------
    InputError
        For a month that the scenario does not have, or an unknown measure.
    ValueError
        For numbers out of range.
    """
    scenario = Scenario.load(scenario)
    check_name(measure, MEASURES, "measure")
    if not 0 <= month < scenario.months:
        raise InputError(f"month = {month}: must be from 0 to {scenario.months - 1}")
    replicates = whole_number("replicates", replicates, 1, MOST_REPLICATES)
    replicate = whole_number("replicate", replicate, 0, MOST_REPLICATE - replicates + 1)

    def outcomes(arm: Scenario) -> Floats:
        found = run(arm, replicates, seed, workers=workers, series=False, first_replicate=replicate)
        return restrict(found.measures[measure], MEASURES[measure], arm.months)

    asked = list(find_moves(scenario, month))
    as_it_was, moves = outcomes(scenario), []
    for n_done, (what, how, way, moved) in enumerate(asked, start=1):
        moves.append(Move(what, how, way, moved, outcomes(moved) - as_it_was))
        if progress is not None:
            progress(n_done, len(asked))
    moves.sort(key=lambda move: -abs(np.nan_to_num(move.in_this_run)))
    return WhatIf(scenario, seed, replicate, month, measure, float(as_it_was[0]), moves)


def find_moves(scenario: Scenario, month: int) -> Iterator[tuple[str, str, int, Scenario]]:
    """Find everything that can be moved in a month: what, how, which way, and the scenario then."""
    for lever in LEVERS:
        for way in (1, -1):
            yield from _move_lever(scenario, month, lever, way)
    yield from _move_coordinators(scenario, month)
    yield from _move_events(scenario, month)


def _move_lever(
    scenario: Scenario, month: int, lever: str, way: int
) -> Iterator[tuple[str, str, int, Scenario]]:
    """Move a lever by its step from what is stated for that month, wherever there is room for it."""
    step = way * STEPS[Place(WaysOfWorking).fields[lever].unit]
    low, high = lever_bound(lever, "ge"), lever_bound(lever, "le")
    values: dict[float, list[str]] = {}
    stated = _stated_in(scenario, month, lever)
    for name, value in stated.items():
        values.setdefault(round(min(max(value + step, low), high), 9), []).append(name)
    if list(stated.values()) == [value for value, names in values.items() for _ in names]:
        return  # it is at this end already
    moved = [
        {"lever": lever, "value": value, "organisations": names, "from_month": month}
        for value, names in values.items()
    ]
    if len(moved) == 1:
        moved[0]["organisations"] = []
    ends = sorted(values)
    to = f"to {ends[0]:g}" if len(ends) == 1 else f"to {ends[0]:g} to {ends[-1]:g}"
    kept = [one.model_dump() for one in scenario.interventions]
    yield lever, to, way, replace(scenario, {"interventions": [*kept, *moved]})


def _stated_in(scenario: Scenario, month: int, lever: str) -> dict[str, float]:
    """Return a lever's value in each organisation in a month, as stated: the last intervention has it."""
    stated = dict(zip(scenario.organisation_names, in_force(scenario, lever), strict=True))
    for one in scenario.interventions:
        if one.lever == lever and one.from_month <= month < one.to_month:
            stated |= dict.fromkeys(one.organisations or stated, one.value)
    return stated


def _move_coordinators(scenario: Scenario, month: int) -> Iterator[tuple[str, str, int, Scenario]]:
    """Appoint one more coordinator, and let each one leave who is at work or still to come."""
    kept = [one.model_dump() for one in scenario.coordinators]
    names = [one["name"] for one in kept]
    new = next(name for name in ("coordinator", "another", "a-third") if name not in names)
    appointed = replace(scenario, {"coordinators": [*kept, {"name": new, "from_month": month}]})
    yield "one more coordinator" if kept else "a coordinator", "appointed", 1, appointed
    for one in scenario.coordinators:
        if one.to_month <= month:
            continue
        others = [other for other in kept if other["name"] != one.name]
        if one.from_month < month:
            others = [other | ({"to_month": month} if other["name"] == one.name else {}) for other in kept]
        yield one.title or one.name, "leaves", -1, replace(scenario, {"coordinators": others})


def _move_events(scenario: Scenario, month: int) -> Iterator[tuple[str, str, int, Scenario]]:
    """Let something happen to everybody then, and leave out each event that is still to come."""
    kept = [one.model_dump() for one in scenario.events]
    for kind, words in EVENTS.items():
        happens = replace(scenario, {"events": [*kept, {"type": kind, "month": month}]})
        yield words, "happens", 1, happens
    for number, event in enumerate(scenario.events):
        if event.month >= month and event.type != "organisation_joins":
            without = replace(scenario, {"events": kept[:number] + kept[number + 1 :]})
            yield f"{event.title or event.type} (month {event.month})", "does not happen", -1, without
