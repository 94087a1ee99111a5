"""The plan of a search for the best mix: what may be used, what is wanted, and what it may cost.

Like the plan of a sweep it names a scenario, what is varied of it and how often each choice runs;
its one arm is the mix. Levers of a choice move in month 0, as in all arms; what has a timing of its
own is an intervention.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Self

import numpy as np
from pydantic import PrivateAttr, field_validator

from partnersim.model.room import MOST_REPLICATES, MOST_SEED
from partnersim.model.version import MODEL_VERSION
from partnersim.runs.ensemble import run
from partnersim.runs.measures import MEASURES, Floats
from partnersim.runs.statistics import restrict
from partnersim.scenario.arms import beside
from partnersim.scenario.declarations import MAX_MONTHS, Real, Section, Text, Whole, setting
from partnersim.scenario.errors import InputError, ScenarioError
from partnersim.scenario.file_paths import full_path
from partnersim.scenario.files import parse_toml, read_text
from partnersim.scenario.messages import validate
from partnersim.scenario.paths import replace
from partnersim.scenario.scenario import Scenario
from partnersim.sweep.parameters import Parameter, resolve
from partnersim.sweep.plan import Plan, Spreads, check_known, id_of
from partnersim.sweep.points_file import points_path, read_points, take_columns

MIX = "mix"
"""Name of the arm that has what may be used."""

STAFF_DAYS = "staff_days"
"""Name of what a choice costs: staff days a month, beyond what the place spends as it stands."""

MOST_TRIALS = 100_000

Choice = Mapping[str, Any]
"""A value for each parameter of the mix, by path; empty for the place as it stands."""

Found = dict[str, Floats]
"""float64[n_points, n_replicates] by measure, and `STAFF_DAYS`, which is 0 for the place as it stands."""


class MixPlan(Section):
    """The plan of a search for the best mix."""

    scenario: Text = setting(
        ..., "The scenario: name of a packaged one, or path of a file.", unit="a name or a path"
    )
    months: Whole | None = setting(
        None, "How long to simulate; as the scenario if left out.", low=1, high=MAX_MONTHS, unit="months"
    )
    seed: Whole = setting(1, "Seed of the search and of the runs.", low=0, high=MOST_SEED, unit="seed")
    replicates: Whole = setting(
        10, "Runs of each choice at each point in the search.", low=1, high=MOST_REPLICATES // 2, unit="runs"
    )
    confirm: Whole = setting(
        40,
        "Runs of each of the best at each point at the end, with random numbers new to the search.",
        low=2,
        high=MOST_REPLICATES // 2,
        unit="runs",
    )
    trials: Whole = setting(
        100,
        "Choices that the search tries, and as many that are spread evenly, for comparison.",
        low=2,
        high=MOST_TRIALS,
        unit="choices",
    )
    budget: Real | None = setting(
        None,
        "Staff time a month that a choice may cost, beyond what the place spends as it stands; no "
        "limit if left out.",
        low=0,
        high=1e6,
        unit="staff days per month",
    )
    objectives: list[str] = setting(
        ["change_delivered"], "Measures of which more, or less, is wanted, as each is declared.", unit="names"
    )
    enough: dict[str, Real] = setting(
        {},
        "What is enough of a measure: in what share of points it is reached is told; better than as "
        "it stands if left out.",
        unit="as the measure",
    )
    mix: dict[str, Any] = setting(
        {}, "Changes to the scenario that bring in what may be used, as in the arm of a sweep.", unit="table"
    )
    parameters: Spreads = setting(
        ..., "What is chosen: dotted paths of the scenario with the mix, each with its values.", unit="table"
    )

    _folder: Path = PrivateAttr(Path())

    @field_validator("objectives")
    @classmethod
    def _with_a_better_end(cls, names: list[str]) -> list[str]:
        if not names:
            raise ValueError("is empty; name one measure at least")
        for name in check_known(names, MEASURES, "measure"):
            if MEASURES[name].higher_is_better is None:
                raise ValueError(f"{name!r} has no end that is better by itself; take another measure")
        return names

    @field_validator("enough")
    @classmethod
    def _known(cls, enough: dict[str, float]) -> dict[str, float]:
        check_known([*enough], MEASURES, "measure")
        return enough

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a plan file, and check all of it.

        Raises
        ------
        ScenarioError
            One message with file, key, value and what would be right.
        """
        return cls.make(
            parse_toml(read_text(Path(path), "plan"), str(path), "plan"),
            str(path),
            full_path(Path(path)).parent,
        )

    @classmethod
    def make(cls, data: Mapping[str, Any], where: str = "plan", folder: str | Path = "") -> Self:
        """Make a plan of what a file would hold, and check all of it."""
        plan = validate(cls, data, where)
        plan._folder = full_path(folder)
        for name in plan.enough:
            if name not in plan.objectives:
                raise ScenarioError(f"{where}: enough.{name}: is not among objectives")
        try:
            for path, parameter in plan.sweep.parameters_by_path.items():
                if MIX not in parameter.arms:
                    raise ScenarioError(f"{path}: the mix does not have it")
        except ScenarioError as error:
            said = str(error).removeprefix("plan: ").replace(f"arms.{MIX}", MIX)
            raise ScenarioError(f"{where}: {said}") from None
        return plan

    @cached_property
    def sweep(self) -> Plan:
        """The plan of a sweep over the same choices, spread evenly: what is tried for comparison."""
        data = self.model_dump(include={"scenario", "seed", "parameters"}) | {
            "replicates": self.replicates,
            "design": {"type": "sobol", "points": 1 << (self.trials - 1).bit_length()},
            "arms": {MIX: self.mix},
        }
        return Plan.make(data | ({"months": self.months} if self.months else {}), "plan", self._folder)


@dataclass(frozen=True)
class Problem:
    """A problem to search in: what can be chosen, how a choice is judged, and what is wanted.

    Attributes
    ----------
    parameters : Mapping[str, Parameter]
        What can be chosen, by path.
    objectives : Mapping[str, bool]
        For each measure that is wanted whether more of it is better.
    evaluate : Callable[[Choice, range], Found]
        Runs some replicates of a choice at every point.
    n_points : int
    even : Sequence[Choice]
        Choices spread evenly, for comparison: as many as the search tries.
    replicates, confirm, seed : int
    budget : float | None
    enough : Mapping[str, float]
    say : Callable[[Choice], str]
        Puts a choice in words.
    identity : str
        Names what decides the numbers; how many choices are tried is no part of it.
    """

    parameters: Mapping[str, Parameter]
    objectives: Mapping[str, bool]
    evaluate: Callable[[Choice, range], Found]
    n_points: int
    even: list[Choice]
    replicates: int
    confirm: int
    seed: int
    budget: float | None = None
    enough: Mapping[str, float] = field(default_factory=dict)
    say: Callable[[Choice], str] = str
    identity: str = ""


def read_accepted(plan: MixPlan, file: str | Path | None) -> list[dict[str, Any]]:
    """Read the points over which a mix is to be robust: one, the scenario as it stands, without a file.

    Raises
    ------
    ScenarioError
        For a file that cannot be read, paths that the scenario does not have, and those that are
        chosen themselves.
    """
    if file is None:
        return [{}]
    names, table = read_points(points_path(file), str(file), ())
    both = [path for path in names if path in plan.sweep.parameters_by_path]
    if both:
        raise ScenarioError(f"{file}: column {both[0]!r} is chosen by the plan; take it out of one of them")
    try:
        parameters = [resolve(path, None, {"base": plan.sweep.base}) for path in names]
    except ScenarioError as error:
        raise ScenarioError(f"{file}: {error}") from None
    columns = take_columns(table, str(file), parameters)
    return [{path: column[row].item() for path, column in columns.items()} for row in range(table.num_rows)]


def make_problem(plan: MixPlan, points: str | Path | None = None, *, workers: int | None = None) -> Problem:
    """Make the problem of a plan, over the points of a file or at the scenario as it stands."""
    accepted = read_accepted(plan, points)
    names, parameters = [*plan.objectives], plan.sweep.parameters_by_path
    spread_evenly = next(iter(plan.sweep.points.blocks()))

    def evaluate(choice: Choice, replicates: range) -> Found:
        found: dict[str, list[Floats]] = {name: [] for name in (*names, STAFF_DAYS)}
        for at in accepted:
            scenario = scenario_of(plan, choice, at)
            results = run(
                scenario,
                len(replicates),
                plan.seed,
                workers=workers,
                series=False,
                first_replicate=replicates.start,
            )
            for name in names:
                values = restrict(results.measures[name], MEASURES[name], scenario.months)
                if np.isnan(values).all():
                    raise InputError(
                        f"{name}: no run of a choice has it ({dict(choice)}); take another measure"
                    )
                found[name].append(values)
            found[STAFF_DAYS].append(results.measures["cost"] / scenario.months)
        return {name: np.array(values) for name, values in found.items()}

    return Problem(
        parameters=parameters,
        objectives={name: bool(MEASURES[name].higher_is_better) for name in names},
        evaluate=evaluate,
        n_points=len(accepted),
        even=[{path: spread_evenly[path][row].item() for path in parameters} for row in range(plan.trials)],
        replicates=plan.replicates,
        confirm=plan.confirm,
        seed=plan.seed,
        budget=plan.budget,
        enough=plan.enough,
        say=partial(choice_in_words, plan),
        identity=id_of(
            {
                "model": MODEL_VERSION,
                "plan": plan.sweep.identity() | {"design": None},
                "search": plan.model_dump(include={"replicates", "confirm", "budget", "objectives"}),
                "points": accepted,
            }
        ),
    )


def scenario_of(plan: MixPlan, choice: Choice, at: Mapping[str, Any]) -> Scenario:
    """Make the scenario of a choice at a point; of the place as it stands where nothing is chosen.

    A coordinator whose meetings are chosen, and whose cost is not, costs as much a meeting as in
    the plan.
    """
    base = replace(plan.sweep.base, at)
    if not choice:
        return base
    mixed = plan.sweep.arms_by_name[MIX]
    costs = {}
    for one in mixed.coordinators:
        meetings = choice.get(f"coordinators.{one.name}.meetings_per_month")
        if meetings is not None and one.meetings_per_month > 0:
            each = one.cost / one.meetings_per_month
            costs[f"coordinators.{one.name}.cost"] = min(each * meetings, 1000.0)
    return beside(base, replace(mixed, {**at, **costs, **choice}))


def choice_in_words(plan: MixPlan, choice: Choice) -> str:
    """Tell what is chosen, in words: 'Ana: meetings per month 6.2, attention anyone; ...'."""
    mixed = plan.sweep.arms_by_name[MIX]
    parts: dict[str, list[str]] = {}
    for path, value in choice.items():
        words = path.split(".")
        shown = f"{value:.2g}" if isinstance(value, float) else str(value)
        if words[0] == "interventions" and len(words) == 3:
            one = mixed.interventions[int(words[1]) - 1]
            what = one.title or one.lever.replace("_", " ")
            said = shown if words[2] == "value" else f"{words[2].replace('_', ' ')} {shown}"
        elif len(words) == 3:
            what, said = words[1], f"{words[2].replace('_', ' ')} {shown}"
        else:
            what, said = words[-1].replace("_", " "), shown
        parts.setdefault(what, []).append(said)
    return "; ".join(f"{what}: {', '.join(said)}" for what, said in parts.items())
