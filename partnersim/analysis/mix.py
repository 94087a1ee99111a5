"""The best mix of what a partnership may spend its staff time on: a search, and how far to trust it.

Optuna proposes choices: by tree-structured Parzen estimators where one measure is wanted, by
NSGA-II where several are. All choices share their random numbers, and each is judged by its mean
over points and replicates against the place as it stands. The best are run again with random numbers
that the search has not seen, for the best of many is always partly lucky; only what comes of that is
told. As many choices that are spread evenly show whether searching paid.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from partnersim.analysis.mix_plan import STAFF_DAYS, Choice, Found, Problem
from partnersim.runs.measures import Floats
from partnersim.runs.statistics import Interval, mean_with_interval
from partnersim.scenario.errors import ScenarioError
from partnersim.sweep.extras import load_extra
from partnersim.sweep.parameters import Values

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

JOURNAL = "search.journal"
"""File of the search: every choice tried, so that the same command goes on."""

MOST_FINALISTS = 8
"""The best that are run again with other random numbers."""

POPULATION = 20
"""Choices in a generation of NSGA-II."""

Judge = Callable[[Choice], dict[str, Floats]]
"""What a choice changes: float64[n_points] by objective, and `STAFF_DAYS`."""

Origin = Literal["search", "even"]
"""Where a choice comes from: the search, or the choices spread evenly."""


@dataclass(frozen=True)
class Tried:
    """A choice that was tried.

    Attributes
    ----------
    choice : Mapping[str, Any]
    origin : "search" or "even"
    values : dict[str, float64[n_points]]
        For each objective, and `STAFF_DAYS`, the mean over replicates less that of the place as it
        stands.
    """

    choice: Choice
    origin: Origin
    values: dict[str, Floats]

    def mean(self, name: str) -> float:
        """Return the mean over points."""
        return float(self.values[name].mean())


@dataclass(frozen=True)
class Finalist:
    """One of the best, run again with random numbers that the search has not seen.

    Attributes
    ----------
    choice, origin
        As for `Tried`.
    differences : dict[str, float64[n_points, n_replicates]]
        For each objective, and `STAFF_DAYS`, how much it is more than in the same run of the place
        as it stands.
    levels : dict[str, float64[n_points]]
        The mean of each objective itself.
    regret : dict[str, float64[n_points]]
        By how much it falls short of the best finalist there; 0 is best.
    satisfied : dict[str, float]
        Share of points at which there is enough of each objective, or more than as it stands.
    is_in_budget : bool
    """

    choice: Choice
    origin: Origin
    differences: Found
    levels: dict[str, Floats]
    regret: dict[str, Floats]
    satisfied: dict[str, float]
    is_in_budget: bool

    def mean(self, name: str) -> float:
        """Return the mean difference over points and replicates."""
        return float(self.differences[name].mean())

    def ci95(self, name: str) -> Interval:
        """Return its 95 % interval over replicates: points share random numbers, so each counts once."""
        by_replicate = self.differences[name].mean(axis=0)
        return mean_with_interval(by_replicate[~np.isnan(by_replicate)])[2]

    def to_json(self) -> dict[str, Any]:
        """Give a dictionary of words and numbers."""
        return {
            "choice": dict(self.choice),
            "origin": self.origin,
            "is_in_budget": self.is_in_budget,
            "staff_days_a_month": self.mean(STAFF_DAYS),
            "objectives": {
                name: {
                    "difference": self.mean(name),
                    "ci95": self.ci95(name),
                    "worst_point": float(self.differences[name].mean(axis=1).min()),
                    "best_point": float(self.differences[name].mean(axis=1).max()),
                    "mean_regret": float(self.regret[name].mean()),
                    "most_regret": float(self.regret[name].max()),
                    "satisfied": self.satisfied[name],
                }
                for name in self.regret
            },
        }


@dataclass(frozen=True)
class Mix:
    """The outcome of a search.

    Attributes
    ----------
    problem : Problem
    tried : list[Tried]
        All choices, those of the search first.
    finalists : list[Finalist]
        The best of the search, the best of all first; within the budget as far as the search saw.
    even : list[Finalist]
        The best of those that are spread evenly.
    """

    problem: Problem
    tried: list[Tried]
    finalists: list[Finalist]
    even: list[Finalist]

    @cached_property
    def front(self) -> list[Finalist]:
        """The finalists that no other beats in every objective, with random numbers new to the search."""
        inside = [one for one in self.finalists if one.is_in_budget]
        return [inside[row] for row in not_dominated(self.problem, inside)]

    @cached_property
    def robust(self) -> Finalist | None:
        """The finalist whose largest regret is least, over points and objectives; None if none is in budget.

        Regrets of several objectives are measured by how far the finalists differ in each.
        """
        inside = self.front
        if not inside:
            return None
        spans = {
            name: np.ptp([one.levels[name].mean() for one in inside]) or 1.0
            for name in self.problem.objectives
        }
        return min(inside, key=lambda one: max(float(r.max()) / spans[n] for n, r in one.regret.items()))

    @property
    def paid(self) -> dict[str, float]:
        """How much better, in each objective, the search's best is than the best spread evenly.

        With random numbers that neither has seen; NaN where either has none within the budget.
        """
        found = {}
        for name in self.problem.objectives:
            ends = [
                [_sign(self.problem, name) * one.mean(name) for one in some if one.is_in_budget]
                for some in (self.finalists, self.even)
            ]
            found[name] = max(ends[0]) - max(ends[1]) if all(ends) else float("nan")
        return found

    def to_json(self) -> dict[str, Any]:
        """Give what the command line prints as JSON."""
        return {
            "objectives": {n: "more" if m else "less" for n, m in self.problem.objectives.items()},
            "budget": self.problem.budget,
            "n_points": self.problem.n_points,
            "n_tried": sum(one.origin == "search" for one in self.tried),
            "front": [self.finalists.index(one) for one in self.front],
            "robust": None if self.robust is None else self.finalists.index(self.robust),
            "finalists": [one.to_json() for one in self.finalists],
            "even": [one.to_json() for one in self.even],
            "search_better_by": self.paid,
        }


def search(problem: Problem, folder: Path, progress: Callable[[int, int], None] | None = None) -> Mix:
    """Search for the best mix, or go on with it: what was tried in the folder is not tried again.

    Parameters
    ----------
    problem
        From `partnersim.analysis.mix_plan.make_problem`.
    folder
        Where the search is kept; there already.
    progress
        Called with choices tried and to be tried in all.

    Raises
    ------
    ScenarioError
        For a folder that holds another search.
    MissingPackageError
        Without Optuna: ``pip install "partnersim[search]"``.
    """
    optuna = load_extra("optuna", "search")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = optuna.storages.JournalStorage(
        optuna.storages.journal.JournalFileBackend(str(folder / JOURNAL))
    )
    ways = ["maximize" if is_more else "minimize" for is_more in problem.objectives.values()]

    def study(origin: Origin) -> Study:
        opened: Study = optuna.create_study(
            storage=storage, study_name=origin, directions=ways, load_if_exists=True
        )
        if opened.user_attrs.get("identity", problem.identity) != problem.identity:
            raise ScenarioError(
                f"{folder}: holds another search; give another folder with --out, or the plan and points as "
                "they were"
            )
        opened.set_user_attr("identity", problem.identity)
        for stale in opened.get_trials(deepcopy=False, states=[optuna.trial.TrialState.RUNNING]):
            opened.tell(stale.number, state=optuna.trial.TrialState.FAIL)  # a killed search left it
        return opened

    studies: dict[Origin, Study] = {"search": study("search"), "even": study("even")}
    n_trials = len(problem.even)
    n_all = 2 * n_trials + 1
    base = problem.evaluate({}, range(problem.replicates))

    def judge(choice: Choice) -> dict[str, Floats]:
        found = problem.evaluate(choice, range(problem.replicates))
        return {name: np.nanmean(found[name] - base[name], axis=1) for name in found}

    n_done = sum(len(complete(one)) for one in studies.values())
    for origin, opened in studies.items():
        while (number := len(complete(opened))) < n_trials:
            if origin == "search":
                propose(problem, opened, number, judge)
            else:
                add_trial(problem, opened, problem.even[number], judge(problem.even[number]))
            n_done += 1
            if progress is not None:
                progress(n_done, n_all)
    tried = [
        Tried(trial.params, origin, {name: np.array(v) for name, v in trial.user_attrs["values"].items()})
        for origin, opened in studies.items()
        for trial in complete(opened)[:n_trials]
    ]
    best_of = [best(problem, [one for one in tried if one.origin == origin]) for origin in studies]
    confirmed = confirm(problem, [one for some in best_of for one in some])
    confirmed.sort(key=lambda one: -_signed(problem, one.mean)[0])
    if progress is not None:
        progress(n_all, n_all)
    finalists, even = ([one for one in confirmed if one.origin == origin] for origin in studies)
    return Mix(problem, tried, finalists, even)


# --- The search ----------------------------------------------------------------------------------


def complete(study: Study) -> list[FrozenTrial]:
    """List the trials that were finished, in the order in which they were begun."""
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])


def distributions_of(problem: Problem) -> dict[str, BaseDistribution]:
    """Describe to Optuna what each parameter may be."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    found: dict[str, BaseDistribution] = {}
    for path, parameter in problem.parameters.items():
        low, high = parameter.low, parameter.high
        if isinstance(parameter.spread, Values):
            found[path] = CategoricalDistribution(parameter.spread.values)
        elif low is None or high is None:
            raise ScenarioError(f"{path}: a search needs a low and a high, or values")
        elif parameter.kind == "whole":
            found[path] = IntDistribution(int(low), int(high))
        else:
            found[path] = FloatDistribution(low, high)
    return found


def propose(problem: Problem, study: Study, number: int, judge: Judge) -> None:
    """Let Optuna propose a choice and judge it; one that is interrupted counts as never begun."""
    from optuna.samplers import NSGAIISampler, TPESampler
    from optuna.trial import TrialState

    # Each trial has a seed of its own, so that a search which stops goes on the same.
    seed = int(np.random.SeedSequence([problem.seed, number]).generate_state(1)[0])
    if len(problem.objectives) == 1:
        study.sampler = TPESampler(seed=seed)
    else:
        study.sampler = NSGAIISampler(population_size=POPULATION, seed=seed)
    with undisturbed():
        trial = study.ask(distributions_of(problem))
    try:
        found = judge(trial.params)
    except BaseException:
        with undisturbed():
            study.tell(trial, state=TrialState.FAIL)
        raise
    with undisturbed():
        trial.set_user_attr("values", {name: values.tolist() for name, values in found.items()})
        trial.set_constraint("budget", over_budget(problem, found))
        study.tell(trial, [float(found[name].mean()) for name in problem.objectives])


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let Ctrl-C wait until what is written is written: half a trial would be a fault in the journal."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt


def over_budget(problem: Problem, found: dict[str, Floats]) -> float:
    """Return by how many staff days a month a choice is over the budget; 0 or less where it is not."""
    return 0.0 if problem.budget is None else float(found[STAFF_DAYS].mean()) - problem.budget


def add_trial(problem: Problem, study: Study, choice: Choice, found: dict[str, Floats]) -> None:
    """Keep what came of a choice that nobody proposed."""
    from optuna.trial import create_trial

    trial = create_trial(
        params=dict(choice),
        distributions=distributions_of(problem),
        values=[float(found[name].mean()) for name in problem.objectives],
        user_attrs={"values": {name: values.tolist() for name, values in found.items()}},
    )
    with undisturbed():
        study.add_trial(trial)


# --- The best ------------------------------------------------------------------------------------


def _signed(problem: Problem, mean: Callable[[str], float]) -> list[float]:
    """Return the objectives of a choice, each so that more is better."""
    return [_sign(problem, name) * mean(name) for name in problem.objectives]


def not_dominated(problem: Problem, some: list[Any]) -> list[int]:
    """Return the positions of those that no other is as good as in all objectives, and better in one."""
    values = np.array([_signed(problem, one.mean) for one in some])
    return [
        row
        for row, own in enumerate(values)
        if not ((values >= own).all(axis=1) & (values > own).any(axis=1)).any()
    ]


def best(problem: Problem, tried: list[Tried]) -> list[Tried]:
    """Choose those to run again: of one objective the best few, of several what is not dominated.

    Only what is within the budget is chosen; of too many, some that are spread along the front.
    """
    inside = [one for one in tried if over_budget(problem, one.values) <= 0.0]
    if len(problem.objectives) > 1:
        inside = [inside[row] for row in not_dominated(problem, inside)] if inside else []
    inside = list({tuple(one.choice.items()): one for one in inside}.values())
    inside.sort(key=lambda one: -_signed(problem, one.mean)[0])
    if len(problem.objectives) == 1 or len(inside) <= MOST_FINALISTS:
        return inside[:MOST_FINALISTS]
    rows = np.linspace(0, len(inside) - 1, MOST_FINALISTS).round().astype(int)
    return [inside[row] for row in rows]


def confirm(problem: Problem, tried: list[Tried]) -> list[Finalist]:
    """Run the best again with random numbers new to the search; regret is against all in the budget."""
    replicates = range(problem.replicates, problem.replicates + problem.confirm)
    base = problem.evaluate({}, replicates)
    found = [problem.evaluate(one.choice, replicates) for one in tried]
    differences = [{name: one[name] - base[name] for name in one} for one in found]
    levels = [{name: np.nanmean(one[name], axis=1) for name in problem.objectives} for one in found]
    is_inside = [over_budget(problem, one) <= 0.0 for one in differences]
    rivals = [level for level, inside in zip(levels, is_inside, strict=True) if inside]
    stands = {name: np.nanmean(base[name], axis=1) for name in problem.objectives}
    return [
        Finalist(
            one.choice,
            one.origin,
            differences[row],
            levels[row],
            {name: _regret(problem, name, levels[row], rivals) for name in problem.objectives},
            {name: _satisfied(problem, name, levels[row], stands) for name in problem.objectives},
            is_inside[row],
        )
        for row, one in enumerate(tried)
    ]


def _sign(problem: Problem, name: str) -> float:
    return 1.0 if problem.objectives[name] else -1.0


def _regret(problem: Problem, name: str, level: dict[str, Floats], rivals: list[dict[str, Floats]]) -> Floats:
    """Return by how much a choice falls short of the best at each point."""
    sign = _sign(problem, name)
    top = np.max([sign * one[name] for one in (level, *rivals)], axis=0)
    return np.asarray(top - sign * level[name])


def _satisfied(problem: Problem, name: str, level: dict[str, Floats], stands: dict[str, Floats]) -> float:
    """Return the share of points with enough of an objective: as much as asked for, or more than there is."""
    sign = _sign(problem, name)
    if name in problem.enough:
        return float(np.mean(sign * level[name] >= sign * problem.enough[name]))
    return float(np.mean(sign * level[name] > sign * stands[name]))


def rows_of(found: Mix) -> Iterator[list[Any]]:
    """Yield a row for each choice that was tried: its values, objectives and cost, means over points."""
    paths, names = [*found.problem.parameters], [*found.problem.objectives, STAFF_DAYS]
    yield ["origin", *paths, *names]
    for one in found.tried:
        yield [one.origin, *(one.choice[path] for path in paths), *map(one.mean, names)]
