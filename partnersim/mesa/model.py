"""The model for users of Mesa: the core's state, a month at a time, and changes on the way.

`PartnershipModel` holds what the core holds (parameters and state) and calls the core for every
month: it has no rule of its own, and stepped to the end it gives, bit for bit, what
`partnersim.run` gives for the same scenario, seed and replicate.

What is changed on the way is written into the scenario, from the present month on; then the state
is reached anew, by running the scenario to the present month, which takes a fraction of a
millisecond. So `model.scenario` is at any time the scenario that gives this very run.
"""

from __future__ import annotations

import copy
import itertools
import math
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import mesa
import numpy as np

from partnersim.mesa.agents import Coordinator, Organisation
from partnersim.model.draws import root
from partnersim.model.record import new_record
from partnersim.model.room import MOST_REPLICATE, MOST_SEED, K, N
from partnersim.model.schedule import build
from partnersim.model.series import SERIES
from partnersim.model.state import STATE
from partnersim.runs.measures import (
    ALL_SERIES,
    MEASURES,
    YEAR,
    Floats,
    measure,
    name_series,
    speed,
    with_derived,
)
from partnersim.runs.results import Results
from partnersim.scenario.declarations import DECISIONS, LEVERS, MAX_MONTHS, Intervention
from partnersim.scenario.declarations import Coordinator as Appointed
from partnersim.scenario.errors import check_name, suggest, whole_number
from partnersim.scenario.paths import first_months
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.translate import PARAMETERS, to_parameters

__all__ = ["AGENT_REPORTERS", "MODEL_REPORTERS", "Change", "PartnershipModel", "Snapshot"]

SETTINGS = ("scenario", "rng", "replicate", "variants", "compiled")
"""Keywords of the model itself; all others are paths in the scenario."""


class Change(NamedTuple):
    """Something that was changed by hand in a running model.

    Attributes
    ----------
    month
        Months that had gone.
    action
        The method that was called.
    details
        What it was called with.
    """

    month: int
    action: str
    details: Mapping[str, Any]

    def __str__(self) -> str:
        details = ", ".join(f"{name}={value!r}" for name, value in self.details.items())
        return f"month {self.month}: {self.action}({details})"


class Snapshot(NamedTuple):
    """A moment of a run, to come back to.

    There is no state in it: the state follows from scenario, seed, replicate and month.
    """

    scenario: Scenario
    month: int
    history: tuple[Change, ...]
    luck: tuple[Any, ...]
    collected: mesa.DataCollector


class PartnershipModel(mesa.Model):  # type: ignore[misc]  # Mesa gives no types
    """One partnership, a month a step.

    Parameters
    ----------
    scenario
        A scenario, the name of a packaged one or the path of a file.
    rng
        The seed, a whole number; a fresh one if left out. It is kept as `seed`.
    replicate
        Which run of the seed: the same number as in `partnersim.run`. In `batch_run` give
        ``"replicate": range(3)``: three `iterations` of one seed are the same run three times.
    variants
        Functions of one's own by the slot that each fills: see docs/variants.md.
    compiled
        Whether to compile them: some seconds, once, for faster steps.
    kwargs
        Anything of the scenario to change before the start: ``months=60`` (what would begin later
        is left out then), and dotted paths as
        in ``**{"ways_of_working.delegated_authority": 0.8}``.

    Attributes
    ----------
    scenario : Scenario
        The scenario of this very run, with all that was changed on the way.
    seed, replicate : int
        Seed and replicate, from which its random numbers follow.
    names : list[str]
        Short names of all organisations, in the order of every axis.
    members : list[int]
        Places of those that are present.
    fields : dict[str, numpy.ndarray]
        The state by name, with the axes of `partnersim.model.state`; to read, not to set.
    datacollector : mesa.DataCollector
        A row for each month gone, from month 1.

    Raises
    ------
    TypeError
        For a seed or a replicate that is no whole number, and for a keyword of the wrong name.
    ValueError
        For a negative one.
    partnersim.ScenarioError
        For what the scenario does not have or allow.
    """

    def __init__(
        self,
        scenario: Scenario | str | Path = "integrated-care",
        *,
        rng: int | None = None,
        replicate: int = 0,
        variants: Mapping[str, Callable[..., Any]] | None = None,
        compiled: bool = False,
        **kwargs: Any,
    ) -> None:
        _check_names(kwargs)
        scenario = Scenario.load(scenario)
        if "months" in kwargs:
            scenario = first_months(scenario, kwargs.pop("months"))
        if kwargs:
            scenario = scenario.replace(kwargs)
        self.seed = secrets.randbits(32) if rng is None else whole_number("rng", rng, 0, MOST_SEED)
        self.replicate = whole_number("replicate", replicate, 0, MOST_REPLICATE)
        self.agent_ids = itertools.count(1)
        self.names = scenario.organisation_names
        super().__init__(rng=self.seed)
        self._given = {"variants": variants, "compiled": compiled}
        self._core = build(variants, compiled_for=PARAMETERS if compiled else None)
        self._root = root(self.seed)
        self._history: tuple[Change, ...] = ()
        self._failure: Exception | None = None
        self._measured = _NOT_YET
        self._at_work: dict[tuple[str, str], Coordinator] = {}
        self._live(scenario, self._reach(scenario, 0))
        for index in range(scenario.n_organisations):
            Organisation(self, index)
        self.datacollector = _Collector(
            {
                name: partial(_once_over, name) if name in WHOLE_RUN else reporter
                for name, reporter in MODEL_REPORTERS.items()
            },
            AGENT_REPORTERS,
        )

    # --- What there is -----------------------------------------------------------------------

    @property
    def scenario(self) -> Scenario:
        """Return the scenario of this very run, with all that was changed on the way."""
        return self._present

    @scenario.setter
    def scenario(self, value: Any) -> None:
        """Take no other scenario; from Mesa 3.5 on, Mesa sets an empty one of its own."""
        if isinstance(value, Scenario):
            raise AttributeError(
                "scenario: of a running model, change it by set_lever, fire_event, add_coordinator "
                "and their like; or make a new model with another one"
            )

    @property
    def month(self) -> int:
        """Return the number of months that have gone."""
        return int(self.fields["month"][0])

    @property
    def has_collapsed(self) -> bool:
        """Return whether the partnership has collapsed: too few members are left, for good."""
        return bool(self.fields["has_collapsed"][0])

    @property
    def history(self) -> tuple[Change, ...]:
        """Return what was changed by hand, in order."""
        return self._history

    @property
    def variants(self) -> dict[str, str]:
        """Return the origin of functions of one's own, by the slot that each fills."""
        return {variant.name: str(variant) for variant in self._core.variants}

    @property
    def organisations(self) -> list[Organisation]:
        """Return all organisations, in the order of the scenario."""
        return list(self.agents_by_type[Organisation])

    @property
    def coordinators(self) -> list[Coordinator]:
        """Return the coordinators at work this month."""
        return list(self._at_work.values())

    @property
    def series(self) -> dict[str, Floats]:
        """Return what was observed at the start and after each month, by name: float64[month + 1]."""
        series = with_derived(name_series(self._gone))
        return {name: values[0] for name, values in series.items()}

    @property
    def _gone(self) -> Floats:
        """Return what was observed so far, as of one run: float64[1, month + 1, len(SERIES)]."""
        return self._observed[None, : self.month + 1]

    def now(self, name: str) -> float:
        """Give a series, as it is now.

        Raises
        ------
        ValueError
            For a series that there is not.
        """
        if name in _PLACE:
            return float(self._observed[self.month, _PLACE[name]])
        check_name(name, ALL_SERIES, "series")
        if self.month < YEAR:
            return math.nan
        window = slice(self.month - YEAR, self.month + 1)
        return float(speed(self._observed[None, window, _PLACE["change_delivered"]])[0, -1])

    def measures(self) -> dict[str, float]:
        """Work out all measures of the months so far, as if the run ended here."""
        month, values = self._measured
        if month != self.month:
            found = measure(name_series(self._gone), seed=self.seed, first_replicate=self.replicate)
            values = {name: float(value[0]) for name, value in found.items()}
            self._measured = self.month, values
        return dict(values)

    def results(self) -> Results:
        """Give the months so far as results of one run: for figures, tables and files.

        Raises
        ------
        ValueError
            Before the first month has gone.
        """
        if self.month == 0:
            raise ValueError("month = 0: no month has gone, so there are no results")
        return Results(
            scenario=first_months(self.scenario, self.month),
            seed=self.seed,
            first_replicate=self.replicate,
            measures={name: np.array([value]) for name, value in self.measures().items()},
            series={name: values[None] for name, values in self.series.items()},
            detail=None,
            variants=self._core.variants,
        )

    def trust_matrix(self) -> Floats:
        """Return trust of each organisation (row) in each other: mean over layers; NaN for absent ones.

        float64[n_organisations, n_organisations], in [0, 1].
        """
        trust = self.fields["trust"].mean(axis=1)
        absent = self.fields["is_present"] == 0.0
        trust[absent] = trust[:, absent] = np.nan
        np.fill_diagonal(trust, np.nan)
        return np.asarray(trust)

    # --- A month, and many -------------------------------------------------------------------

    def step(self) -> None:
        """Step one month.

        Raises
        ------
        ValueError
            After the last month of the scenario. The state stays as it was.
        """
        self._check_room(1)
        self._core.step(self.state, self.parameters)
        self._core.observe(self.state, self.parameters, self._observed[self.month])
        self._look_around()
        self.datacollector.collect(self)

    def run_for(self, months: int) -> None:
        """Step some months.

        Raises
        ------
        TypeError
            If it is no whole number.
        ValueError
            If the scenario ends before. No step is taken then.
        """
        months = whole_number("months", months, 0, MAX_MONTHS)
        self._check_room(months)
        for _ in range(months):
            self.step()

    def run_until(self, month: int) -> None:
        """Step until some months have gone; as `run_for`."""
        month = whole_number("month", month, 0, MAX_MONTHS)
        if month < self.month:
            raise ValueError(f"month = {month}: {self.month} months have gone already")
        self.run_for(month - self.month)

    def _check_room(self, months: int) -> None:
        """Refuse to step past the end."""
        left = self.scenario.months - self.month
        if months > left:
            raise ValueError(
                f"months = {months}: the scenario ends with month {self.scenario.months}, and "
                f"{self.month} have gone; make the model with months={self.month + months} or more"
            )

    def _wrapped_step(self) -> None:
        """Step as Mesa does it: what was found wrong comes out once Mesa's clock is done."""
        try:
            super()._wrapped_step()
        finally:
            self.steps = self.month
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _do_step(self) -> None:
        """Step when Mesa's clock calls, from Mesa 3.5 on; an error here would stop the clock for good."""
        try:
            self._user_step()
        except Exception as error:
            self._failure = error

    # --- Changes on the way ------------------------------------------------------------------

    def set_lever(
        self,
        lever: str,
        value: float,
        organisations: str | Sequence[str] = (),
        *,
        months: int | None = None,
        title: str = "",
    ) -> None:
        """Set a way of working, or hold a decision, from the present month on.

        Parameters
        ----------
        lever, value
            As under ``interventions``. The latest setting holds.
        organisations
            For whom; for all if left out.
        months
            For how long; to the end if left out. What it would have been then goes on.
        title
            What it was, in words.

        Raises
        ------
        ValueError
            For what the scenario does not allow. The model stays as it was; so in all below.
        """
        names = [organisations] if isinstance(organisations, str) else list(organisations)
        setting: dict[str, Any] = {"lever": lever, "value": value, "organisations": names}
        said, end = dict(setting), MAX_MONTHS
        if months is not None:
            said["months"] = whole_number("months", months, 1, MAX_MONTHS)
            end = min(self.month + months, MAX_MONTHS)
        if title:
            said["title"] = title
        new = setting | {"from_month": self.month, "to_month": end, "title": title}
        # What the new one covers is left out: a slider that is dragged sets a lever many times.
        kept = [
            old
            for old in self.scenario.interventions
            if (old.lever, old.from_month) != (lever, self.month)
            or old.to_month > end
            or old.organisations != names
        ]
        self._change("set_lever", said, interventions=[*kept, new])

    def release_lever(self, lever: str) -> None:
        """End all interventions on a lever, and drop those planned: practice, or its own rule, goes on."""
        known = [*LEVERS, *DECISIONS]
        if lever not in known:
            raise ValueError(f"lever = {lever!r}: no such lever; {suggest(lever, known)}")
        kept = self._end(self.scenario.interventions, "lever", lever)
        self._change("release_lever", {"lever": lever}, interventions=kept)

    def fire_event(self, event: str, organisation: str = "", **details: Any) -> None:
        """Let something happen in the present month.

        Parameters
        ----------
        event, organisation, details
            As under ``events``: type, to whom (all, if left out), ``size`` and so on. An
            organisation whose joining is planned joins now instead.
        """
        _check_no_month(details, "month")
        self._check_organisation(event, organisation)
        kept = [
            planned
            for planned in self.scenario.events
            if event != "organisation_joins" or planned.type != event or planned.organisation != organisation
        ]
        new = {"type": event, "month": self.month, "organisation": organisation, **details}
        said = {"event": event, **({"organisation": organisation} if organisation else {})}
        self._change("fire_event", said | details, events=[*kept, new])

    def add_coordinator(self, name: str, **details: Any) -> None:
        """Appoint a coordinator, from the present month on.

        Parameters
        ----------
        name, details
            As under ``coordinators``: ``skill``, ``host``, ``to_month`` and so on. The coordinator
            becomes an agent in the step of its first month.
        """
        _check_no_month(details, "from_month")
        new = {"name": name, "from_month": self.month, **details}
        self._change(
            "add_coordinator", {"name": name, **details}, coordinators=[*self.scenario.coordinators, new]
        )

    def remove_coordinator(self, name: str) -> None:
        """End the work of a coordinator who was appointed; the present month is without it.

        One who has not begun is taken out of the scenario; whoever stands after it there moves
        up, and has the random numbers of its new place.
        """
        known = [c.name for c in self.scenario.coordinators if c.to_month > self.month]
        if name not in known:
            there_are = suggest(name, known) if known else "there is none"
            raise ValueError(f"name = {name!r}: no such coordinator is appointed; {there_are}")
        kept = self._end(self.scenario.coordinators, "name", name)
        self._change("remove_coordinator", {"name": name}, coordinators=kept)

    def _end(self, entries: Sequence[Intervention | Appointed], key: str, value: str) -> list[Any]:
        """Return entries of the scenario without those of a name: what began lasts to the present month."""
        kept: list[Any] = []
        for entry in entries:
            if getattr(entry, key) != value:
                kept.append(entry)
            elif entry.from_month < self.month:
                kept.append({**entry.model_dump(), "to_month": min(entry.to_month, self.month)})
        return kept

    def _check_organisation(self, event: str, organisation: str) -> None:
        """Refuse what can only happen to those present, or only to those absent."""
        if organisation not in self.names:
            return  # none is meant, or the scenario says what is wrong
        is_present = self.names.index(organisation) in self.members
        joins_later = any(
            planned.type == "organisation_joins"
            and planned.organisation == organisation
            and planned.month >= self.month
            for planned in self.scenario.events
        )
        what_is = None
        if event == "organisation_joins" and is_present:
            what_is = "is a member already"
        elif not is_present and not joins_later:
            what_is = "has left the partnership, and nobody who has left comes back"
        elif not is_present and event != "organisation_joins":
            what_is = "has not joined yet"
        if what_is:
            raise ValueError(f"organisation = {organisation!r}: {what_is}; no {event} for it")

    def _change(self, action: str, details: Mapping[str, Any], **sections: Any) -> None:
        """Change the scenario from now on, and go on as it says."""
        change = Change(self.month, action, dict(details))
        scenario = self.scenario.replace(sections)
        reached = self._reach(scenario, self.month)
        gone = slice(0, self.month + 1)
        is_same = np.array_equal(reached.observed[gone], self._observed[gone], equal_nan=True)
        if self.month > 0 and not is_same:
            raise ValueError(
                f"{change}: months that have gone would have gone otherwise; a running model can "
                "only change what is to come"
            )
        self._live(scenario, reached)
        self._history += (change,)

    # --- Save and restore --------------------------------------------------------------------

    def save(self) -> Snapshot:
        """Keep the present moment, to come back to."""
        return Snapshot(
            self.scenario, self.month, self._history, self._luck, copy.deepcopy(self.datacollector)
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go back (or on) to a moment that was saved; what follows has the same random numbers.

        Raises
        ------
        ValueError
            If it was saved by a model of another seed, replicate, variants or organisations.
        """
        if snapshot.luck != self._luck:
            raise ValueError(
                f"snapshot: of seed {snapshot.luck[0]} and replicate {snapshot.luck[1]}; this "
                f"model has seed {self.seed} and replicate {self.replicate}, and variants "
                "and organisations must be the same too"
            )
        self._live(snapshot.scenario, self._reach(snapshot.scenario, snapshot.month))
        self._history = snapshot.history
        self.datacollector = copy.deepcopy(snapshot.collected)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what the state follows from; the state itself is reached anew."""
        chance = self.random.getstate(), self.rng.bit_generator.state
        return _reached_again, (type(self), self.seed, self.replicate, self._given, self.save(), chance)

    @property
    def _luck(self) -> tuple[Any, ...]:
        """Return what a run depends on besides its scenario, and who is in it."""
        return (self.seed, self.replicate, tuple(self._core.variants), tuple(self.names))

    # --- The state ---------------------------------------------------------------------------

    def _reach(self, scenario: Scenario, month: int) -> _Reached:
        """Run a scenario from its start to a month."""
        parameters, state = to_parameters(scenario), new_record(STATE)
        observed = np.full((scenario.months + 1, len(SERIES)), np.nan)
        gone, no_detail = observed[None, : month + 1], np.empty((1, month + 1, 0))
        parameters["months"] = month
        self._core.simulate(state, parameters, self._root, self.replicate, gone, no_detail)
        parameters["months"] = scenario.months
        return _Reached(parameters, state, observed)

    def _live(self, scenario: Scenario, reached: _Reached) -> None:
        """Go on from a state that was reached."""
        self._present = _Present.model_construct(**dict(scenario))
        self.parameters, self.state, self._observed = reached
        room_for = {N: scenario.n_organisations, K: len(scenario.domains)}
        self.fields = {name: _view(self.state[name], room_for) for name in STATE.names or ()}
        self._measured = _NOT_YET
        self.steps = self.month
        self._look_around()

    def _look_around(self) -> None:
        """See who coordinates, and whether the end has come."""
        self.running = self.month < self.scenario.months
        self.members = [i for i, is_there in enumerate(self.fields["is_present"]) if is_there]
        found = dict(self._find_coordinators())
        for who in [who for who in self._at_work if who not in found]:
            self._at_work.pop(who).remove()
        for (name, host), place in found.items():
            if (name, host) not in self._at_work:
                self._at_work[name, host] = Coordinator(self, place, name, host)
            self._at_work[name, host].place = place

    def _find_coordinators(self) -> Iterator[tuple[tuple[str, str], int]]:
        """Yield name, host and place of the coordinators at work."""
        n_appointed = len(self.scenario.coordinators)
        hosts = [*self.names, ""]  # -1 is none
        for place in range(self.parameters.coordinators.n):
            if self.fields["is_at_work"][place] == 0.0:
                continue
            name = f"emerged-{place - n_appointed + 1}"
            if place < n_appointed:
                name = self.scenario.coordinators[place].name
            yield (name, hosts[self.fields["host"][place]]), place


def _reached_again(
    kind: type[PartnershipModel],
    seed: int,
    replicate: int,
    given: Mapping[str, Any],
    snapshot: Snapshot,
    chance: tuple[Any, Any],
) -> PartnershipModel:
    """Make a model that was pickled, at its month; of Mesa's own chance it has what was left."""
    model = kind.__new__(kind)
    PartnershipModel.__init__(model, snapshot.scenario, rng=seed, replicate=replicate, **given)
    model.restore(snapshot)
    model.random.setstate(chance[0])
    model.rng.bit_generator.state = chance[1]
    return model


class _Reached(NamedTuple):
    """A month reached: the records of the core, and what was observed on the way."""

    parameters: Any
    state: Any
    observed: Floats


class _Present(Scenario):
    """The scenario of a running model: as any other, but not true where a condition asks.

    From Mesa 3.5 on, SolaraViz takes whatever is true there for a scenario of Mesa's own, and
    makes the next model with an empty one.
    """

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scenario) and dict(self) == dict(other)

    __hash__ = Scenario.__hash__


class _Collector(mesa.DataCollector):  # type: ignore[misc]  # Mesa gives no types
    """Mesa's collector; in Mesa 3.3 `batch_run` finds each month's agents beside its model.

    There it looks for the agents of step s where those of step s + 1 are.
    """

    def collect(self, model: PartnershipModel) -> None:
        """Take a row."""
        super().collect(model)
        if not hasattr(self, "_collection_steps"):
            self._agent_records[model.steps - 1] = self._agent_records.pop(model.steps)


# --- Reporters ------------------------------------------------------------------------------------

_NOT_YET: tuple[int, dict[str, float]] = (-1, {})
"""The month and the measures of a model whose measures have not been worked out yet."""

_PLACE = {name: place for place, name in enumerate(SERIES)}

WHOLE_RUN = tuple(name for name in MEASURES if name not in ALL_SERIES)
"""Measures that have no series: they are of a run as a whole."""


# Functions of the module, not of the moment: a model is pickled with its collector.


def _measure_so_far(name: str, model: PartnershipModel) -> float:
    return model.measures()[name]


def _once_over(name: str, model: PartnershipModel) -> float:
    """Return a measure at the end of a run, and NaN before: it takes as long as ten steps."""
    return math.nan if model.running else model.measures()[name]


def _shown(name: str, agent: mesa.Agent) -> Any:
    """Return what an agent shows; NaN for one that has no such thing."""
    return getattr(agent, name, math.nan)


MODEL_REPORTERS: dict[str, str | Callable[[PartnershipModel], float]] = {
    **{name: name for name in ("seed", "month")},
    **{name: partial(PartnershipModel.now, name=name) for name in ALL_SERIES},
    **{name: partial(_measure_so_far, name) for name in WHOLE_RUN},
}
"""Reporters for a `mesa.DataCollector`: seed, month, all series and measures of the months so far."""

AGENT_REPORTERS: dict[str, Callable[[mesa.Agent], Any]] = {
    f"agent_{name}": partial(_shown, name)
    for name in (
        "name",
        "is_present",
        "trust",
        "vision_commitment",
        "contribution",
        "delivered",
        "tension",
        "contact",
        "target_pressure",
        "stake",
        "credibility",
        "meetings",
    )
}
"""Reporters for a `mesa.DataCollector`: numbers of organisations and coordinators, NaN where only
the other kind has them. `batch_run` puts the columns of both in one row: no name is that of a series."""


# --- Checks ---------------------------------------------------------------------------------------


def _check_names(keywords: Mapping[str, Any]) -> None:
    """Refuse what is nearly a keyword of the model itself; the scenario knows the others."""
    for name in keywords:
        if "." in name or name in Scenario.model_fields:
            continue
        near = ["rng"] if name == "seed" else get_close_matches(name, SETTINGS, n=1)
        if near:
            raise TypeError(f"PartnershipModel has no keyword {name!r}; did you mean {near[0]!r}?")


def _check_no_month(details: Mapping[str, Any], name: str) -> None:
    """Refuse another month than the present one."""
    if name in details:
        raise TypeError(f"{name} = {details[name]!r}: a running model is changed from now on")


def _view(array: np.ndarray, room_for: Mapping[int, int]) -> np.ndarray:
    """Return a view that cannot be set: of those that are there, not of all that there is room for.

    The room for organisations, and that for domains, is a size that no other axis has.
    """
    view = array[tuple(slice(room_for.get(length, length)) for length in array.shape)]
    view.flags.writeable = False
    return view
