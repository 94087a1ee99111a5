"""Worlds that the app simulates: a place, what was changed in it, and its luck.

A `World` is a value: two that are equal give the same runs, so runs are remembered by it. Every
question of the app is answered by simulating a whole run (about a millisecond), never by stepping
one that lives on: to rewind to a month and go another way is to add a change from that month, and
because luck is addressed, not drawn in turn, the months before it stay as they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, Field, Strict

from partnersim.app.memo import Memo
from partnersim.runs.ensemble import run
from partnersim.runs.ledger import Ledger, explain
from partnersim.runs.measures import YEAR, Floats, find_first_month
from partnersim.runs.results import Comparison, Results
from partnersim.runs.statistics import quantiles
from partnersim.scenario.declarations import (
    Coordinator,
    Event,
    Flag,
    Intervention,
    Real,
    Section,
    Slug,
    Whole,
)
from partnersim.scenario.errors import ScenarioError
from partnersim.scenario.files import packaged, packaged_text
from partnersim.scenario.scenario import Scenario

MOST_ORGANISATIONS = 12
"""The most organisations that can be named on one picture."""

FEWEST_MONTHS, MOST_MONTHS = YEAR, 240
MOST_CHANGES = 60
MOST_TEXT = 60_000
"""The most letters in a scenario of one's own."""

N_PAIRS = 100
"""Simulated partnerships of which the app speaks."""

HUNDRED_SERIES = (
    "change_delivered",
    "speed",
    "trust",
    "trust_board",
    "trust_front_line",
    "target_pressure",
    "perceived_joint_working",
    "vision_commitment",
    "tension",
    "n_members",
)
"""Series kept of each of the hundred; all would take three times the memory."""

MEGABYTE = 2**20

ShortTitle = Annotated[str, Strict(), Field(max_length=60)]


class Lever(Intervention):
    """A way of working that is set, for some organisations and months."""

    kind: Literal["lever"] = "lever"
    title: ShortTitle = ""

    @property
    def slot(self) -> tuple[Any, ...]:
        """The slot of a change: it has room for one, and a newer change takes the place of the older."""
        return self.kind, self.lever, tuple(self.organisations), self.from_month


class Happening(Event):
    """An event that the trainer lets happen."""

    kind: Literal["event"] = "event"
    title: ShortTitle = ""

    @property
    def slot(self) -> tuple[Any, ...]:
        """The slot of an event: one of a kind happens to an organisation in a month."""
        return self.kind, self.type, self.month, self.organisation, self.layer, self.domain


class Appointment(Coordinator):
    """A coordinator whom the trainer appoints."""

    kind: Literal["coordinator"] = "coordinator"
    title: ShortTitle = ""

    @property
    def slot(self) -> tuple[Any, ...]:
        """The slot of a coordinator: there is one of each name."""
        return self.kind, self.name


class Setting(Section):
    """A setting: anything else of a scenario, set from the start.

    A `*` in the path means every organisation: `organisations.*.planning_horizon`.
    """

    kind: Literal["setting"] = "setting"
    path: Annotated[str, Strict(), Field(max_length=120, pattern=r"^[\w-]+(\.([\w-]+|\*))*$")]
    value: Flag | Whole | Real | ShortTitle

    @property
    def slot(self) -> tuple[Any, ...]:
        """The slot of a setting: each path has one value."""
        return self.kind, self.path


Change = Annotated[Lever | Happening | Appointment | Setting, Field(discriminator="kind")]


class Moment(NamedTuple):
    """The largest move of a year: the trust of one organisation in another, and its cause.

    `before` and `after` are trust in [0, 1] at the ends of the year that ends with `month`.
    """

    month: int
    trustor: int
    trustee: int
    before: float
    after: float
    cause: str


class Mark(NamedTuple):
    """A mark to show on the timeline: what begins in which month, or ends there."""

    month: int
    what: Intervention | Event | Coordinator
    is_end: bool = False


class World(Section):
    """A place, what was changed in it, and which luck it has.

    Attributes
    ----------
    place
        Name of a packaged scenario; only a name to show where `text` is given.
    text
        A scenario of one's own, as TOML; empty for the packaged one.
    changes
        Changes of the place, the later over the earlier.
    seed, replicate
        The luck. The world shown is one of the hundred.
    """

    place: Slug = "integrated-care"
    text: Annotated[str, Strict(), Field(max_length=MOST_TEXT)] = ""
    changes: Annotated[tuple[Change, ...], Field(max_length=MOST_CHANGES)] = ()
    seed: Annotated[int, Strict(), Field(ge=0, lt=2**53)] = 1
    replicate: Annotated[int, Strict(), Field(ge=0, lt=N_PAIRS)] = 0

    def __hash__(self) -> int:
        """Hash what tells worlds apart as a rule; it is quick, as every look-up asks for it."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        changes = tuple((change.slot, getattr(change, "value", None)) for change in self.changes)
        return hash((self.place, self.text, changes, self.seed, self.replicate))

    # --- what is in it ---

    def scenario(self) -> Scenario:
        """Return the scenario with all changes.

        Raises
        ------
        ScenarioError
            If the changes do not fit the place, or it is too large to be shown.
        """
        return _scenarios(self)

    @property
    def months(self) -> int:
        """The number of months that the world is simulated."""
        return self._cast[0]

    @property
    def names(self) -> list[str]:
        """Short names of the organisations, in the order of every axis."""
        return self._cast[1]

    @property
    def titles(self) -> list[str]:
        """Names of the organisations to show."""
        return self._cast[2]

    @cached_property
    def _cast(self) -> tuple[int, list[str], list[str]]:
        """Months, names and titles, which are asked for many times with every act."""
        scenario = self.scenario()
        return scenario.months, scenario.organisation_names, scenario.organisation_titles

    def marks(self) -> list[Mark]:
        """List what stands on the timeline, by month."""
        scenario = self.scenario()
        found = [
            *(Mark(event.month, event) for event in scenario.events),
            *(Mark(lever.from_month, lever) for lever in scenario.interventions),
            *(Mark(person.from_month, person) for person in scenario.coordinators),
            *(Mark(person.to_month, person, is_end=True) for person in scenario.coordinators),
        ]
        return sorted((mark for mark in found if mark.month < self.months), key=lambda mark: mark.month)

    # --- another one ---

    def with_(self, *changes: Change) -> World:
        """Make the same world with some things changed; each takes the place of what is in its slot.

        Raises
        ------
        ScenarioError
            If there are too many changes.
        """
        kept = {other.slot: other for other in self.changes}
        for change in changes:
            kept.pop(change.slot, None)  # what is changed anew comes last
            kept[change.slot] = change
        if len(kept) > MOST_CHANGES:
            raise ScenarioError(f"there are {MOST_CHANGES} changes already: take one away first")
        return _checked(self, changes=tuple(kept.values()))

    def with_luck(self, replicate: int, seed: int | None = None) -> World:
        """Make the same world with other luck."""
        return _checked(self, replicate=replicate, seed=self.seed if seed is None else seed)

    # --- what becomes of it ---

    def run(self) -> Run:
        """Simulate the world once."""
        return _runs(self)

    def hundred(self) -> Results:
        """Simulate the world a hundred times, with the luck of replicates 0 to 99."""
        # The hundred are the same whichever of them is shown.
        return _hundreds(self if self.replicate == 0 else self.with_luck(0))

    def median(self, series: str) -> Floats:
        """Return the median of a series over our hundred, month by month: float64[months + 1]."""
        return np.asarray(self.hundred().quantiles(series, [0.5])[0])

    def is_member(self, month: int) -> list[bool]:
        """Return for each organisation whether it takes part in a month of the partnership shown."""
        n_members, n = self.hundred().series["n_members"], len(self.names)
        if n_members[self.replicate, month] == n:  # nearly always, and known without another run
            return [True] * n
        return [bool(known) for known in np.isfinite(self.run().pressure[month])]

    def ledger(self, month: int | None = None) -> Ledger:
        """Explain why trust changed: in the year up to a month, or in all months."""
        last = self.months if month is None else month
        return _ledgers((self, 1 if month is None else max(1, last - YEAR + 1), last))

    def moments(self) -> tuple[Moment, ...]:
        """Tell for each year whose trust in whom moved most, and why; empty for what has no links."""
        return _moments(self)


def read_world(place: str) -> World:
    """Read a world as it is: the name of a packaged scenario, or the path of a file.

    Raises
    ------
    ScenarioError
        If it cannot be read, or is too large to be shown.
    """
    if place in packaged():
        world = World(place=place)
    else:
        world = World(place="own-place", text=Scenario.load(place).to_toml())
    world.scenario()
    return world


@dataclass(frozen=True, eq=False)
class Run:
    """One simulated partnership, month by month.

    Attributes
    ----------
    scenario
        The scenario that was simulated.
    series
        float64[months + 1] by name; row 0 is the start, row t the end of month t.
    measures
        One number by name; NaN where the run does not have it.
    trust
        float64[months + 1, trustor, trustee], in [0, 1]: mean over layers. NaN on the diagonal
        and for the absent.
    trust_by_layer
        float64[months + 1, layer], in [0, 1]: board, management, front line.
    pressure
        float64[months + 1, organisation], in [0, 1]: of each one's own targets; NaN for the absent.
    """

    scenario: Scenario
    series: Mapping[str, Floats]
    measures: Mapping[str, float]
    trust: Floats
    trust_by_layer: Floats
    pressure: Floats

    @property
    def months(self) -> int:
        """The number of months that were simulated."""
        return self.scenario.months


@dataclass(frozen=True, eq=False)
class Hundred:
    """The same hundred partnerships, without something and with it, each pair with its luck."""

    without: Results
    with_: Results

    @property
    def arms(self) -> tuple[Results, Results]:
        """The results of both, the one without first."""
        return self.without, self.with_

    @property
    def n_pairs(self) -> int:
        """The number of pairs."""
        return self.without.replicates

    def comparison(self, names: tuple[str, str]) -> Comparison:
        """Return the two as arms of these names, without first, for tables and figures."""
        return Comparison(dict(zip(names, self.arms, strict=True)), base=names[0])

    def months_to(self, share: float) -> tuple[Floats, Floats]:
        """Find the first month with this share of the vision: float64[n_pairs] each, NaN for never."""
        months = [find_first_month(results.series["change_delivered"] >= share) for results in self.arms]
        return months[0], months[1]

    def reached(self, share: float, by_month: int) -> tuple[int, int]:
        """Count those with this share of the vision by the end of a month, without and with."""
        without, with_ = (int((months <= by_month).sum()) for months in self.months_to(share))
        return without, with_

    def months_apart(self, share: float) -> Floats:
        """Find how much later each pair has this share with it: float64[n_pairs], negative for earlier.

        Infinite where one of the two never has it, and 0 where neither has.
        """
        without, with_ = (np.nan_to_num(months, nan=np.inf) for months in self.months_to(share))
        apart = np.zeros(self.n_pairs)
        np.subtract(with_, without, out=apart, where=np.isfinite(with_) | np.isfinite(without))
        return apart

    def apart(self, series: str, month: int) -> float:
        """Return the median over pairs of how much more of a series there is in a month with it."""
        found = self.with_.series[series][:, month] - self.without.series[series][:, month]
        return float(quantiles(found, [0.5])[0])


def check_pair(without: World, with_: World) -> None:
    """Refuse two worlds that cannot be set side by side.

    Raises
    ------
    ScenarioError
        If one of them is none, or they differ in who takes part or in how long it lasts.
    """
    if (without.names, without.months) != (with_.names, with_.months):
        raise ScenarioError("what is compared has the same organisations and as many months on both sides")


def compare_hundred(without: World, with_: World) -> Hundred:
    """Compare two worlds over a hundred partnerships that share their luck pair by pair.

    Raises
    ------
    ValueError
        For worlds of different seeds or lengths: their partnerships are no pairs.
    """
    if without.seed != with_.seed:
        raise ValueError(f"seed = {with_.seed}: must be {without.seed}, or luck is not the same")
    if without.months != with_.months:
        raise ValueError(f"months = {with_.months}: must be {without.months}, as without")
    return Hundred(without.hundred(), with_.hundred())


# --- how ---------------------------------------------------------------------------------------


def _checked(world: World, **changed: Any) -> World:
    """Make a world with something changed, its limits checked."""
    return World(**{**dict(world), **changed})


def _plain(change: BaseModel) -> dict[str, Any]:
    """Return the fields of a change that stand in a scenario."""
    return change.model_dump(exclude={"kind"})


def _make_scenario(world: World) -> Scenario:
    """Make the scenario of a world: the place with all changes."""
    place = _read_place(world.place, world.text)
    appointed = {change.name for change in world.changes if isinstance(change, Appointment)}
    changes: dict[str, Any] = dict(_settings(world, place))
    for key, kind in (("interventions", Lever), ("events", Happening), ("coordinators", Appointment)):
        given = [_plain(entry) for entry in getattr(place, key)]
        if kind is Appointment:
            given = [entry for entry in given if entry["name"] not in appointed]
        mine = [_plain(change) for change in world.changes if isinstance(change, kind)]
        if mine:
            changes[key] = given + mine
    scenario = place.replace(changes)
    _check_size(scenario)
    if place.organisations and scenario.organisation_names != place.organisation_names:
        raise ScenarioError(
            "organisations.<name>.name: short names stay as they are here, since levers are set by "
            "them; change title, or load a scenario of your own"
        )
    return scenario


@lru_cache(maxsize=16)
def _read_place(name: str, text: str) -> Scenario:
    """Read a place as it is before anything is changed."""
    # Never Scenario.load: a name from a link must not open a file of this machine.
    return Scenario.loads(text or packaged_text(name), where=name)


def _settings(world: World, place: Scenario) -> Iterator[tuple[str, Any]]:
    """Give the dotted paths and values of settings, `*` written out."""
    for change in world.changes:
        if not isinstance(change, Setting):
            continue
        if "*" not in change.path:
            yield change.path, change.value
            continue
        for name in place.organisation_names:
            yield change.path.replace("*", name), change.value


def _check_size(scenario: Scenario) -> None:
    """Refuse a scenario of a size that cannot be shown, or simulated while people wait."""
    if scenario.n_organisations > MOST_ORGANISATIONS:
        raise ScenarioError(
            f"organisations: {scenario.n_organisations} given; the app shows 2 to "
            f"{MOST_ORGANISATIONS} (the command line takes more)"
        )
    if not FEWEST_MONTHS <= scenario.months <= MOST_MONTHS:
        raise ScenarioError(
            f"months = {scenario.months}: the app shows {FEWEST_MONTHS} to {MOST_MONTHS} (the "
            "command line takes others)"
        )


def _run_once(world: World) -> Run:
    results = run(
        world.scenario(),
        replicates=1,
        seed=world.seed,
        first_replicate=world.replicate,
        workers=1,
        detail=True,
    )
    return Run(
        scenario=results.scenario,
        series={name: values[0] for name, values in results.series.items()},
        measures={name: float(values[0]) for name, values in results.measures.items()},
        trust=results.by_dyad("trust")[0],
        trust_by_layer=results.by_layer("trust")[0],
        pressure=results.by_organisation("target_pressure")[0],
    )


def _run_hundred(world: World) -> Results:
    return run(world.scenario(), N_PAIRS, world.seed, series=HUNDRED_SERIES)


def _explain(asked: tuple[World, int, int]) -> Ledger:
    world, first, last = asked
    return explain(world.scenario(), world.seed, world.replicate, from_month=first, to_month=last)


def _find_moments(world: World) -> tuple[Moment, ...]:
    """Look for the largest movement of each year in the ledger of all months."""
    ledger, trust = _explain((world, 1, world.months)), world.run().trust
    causes = ledger.trust_changes().mean(axis=3)  # [month, mechanism, trustor, trustee]
    found = []
    for last in range(YEAR, world.months + 1, YEAR):
        moved = np.nan_to_num(trust[last] - trust[last - YEAR])
        i, j = np.unravel_index(int(np.abs(moved).argmax()), moved.shape)
        if not moved[i, j]:
            continue
        by_cause = causes[last - YEAR : last, :, i, j].sum(axis=0) * np.sign(moved[i, j])
        cause = ledger.mechanisms[int(by_cause.argmax())]
        before, after = float(trust[last - YEAR, i, j]), float(trust[last, i, j])
        found.append(Moment(last, int(i), int(j), before, after, cause))
    return tuple(found)


def _bytes_of_run(found: Run) -> int:
    series = sum(values.nbytes for values in found.series.values())
    return series + found.trust.nbytes + found.trust_by_layer.nbytes + found.pressure.nbytes


def _bytes_of_results(results: Results) -> int:
    return sum(v.nbytes for v in (*results.series.values(), *results.measures.values()))


def _bytes_of_ledger(ledger: Ledger) -> int:
    arrays = (ledger.changes, ledger.competence_trust, ledger.goodwill_trust)
    return sum(int(np.asarray(array).nbytes) for array in arrays)


# One for all visitors: a world says all that a run depends on, and nobody changes a run.
_scenarios: Memo[World, Scenario] = Memo(_make_scenario, lambda scenario: 1, 256)
_runs: Memo[World, Run] = Memo(_run_once, _bytes_of_run, 4 * MEGABYTE)
_hundreds: Memo[World, Results] = Memo(_run_hundred, _bytes_of_results, 14 * MEGABYTE)
_ledgers: Memo[tuple[World, int, int], Ledger] = Memo(_explain, _bytes_of_ledger, 3 * MEGABYTE)
_moments: Memo[World, tuple[Moment, ...]] = Memo(_find_moments, lambda moments: 1, 64)
"""Only what a ledger of all months says is kept: it is large itself, and takes a fifth of a second."""
