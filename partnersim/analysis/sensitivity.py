"""Sensitivity analysis of a sweep: which parameters move a measure, or what one arm changes in it.

`analyse` takes the outcomes of a sweep, finds the method that its design is made for, and gives
indices with intervals. All methods share what is around them: what is left out is counted, replicates
are averaged, intervals come from one bootstrap, and variance is split between parameters and random numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import numpy as np

from partnersim.analysis.effects import MainEffects, find_main_effects
from partnersim.analysis.given_data import (
    estimate_coefficients,
    estimate_pawn,
    estimate_shares,
    groups_of_values,
)
from partnersim.analysis.luck import VarianceSplit, split_variance
from partnersim.analysis.morris import estimate_effects
from partnersim.analysis.resampling import RESAMPLES, Estimator, Rows, bootstrap, take_rows
from partnersim.analysis.sobol import Layout, estimate_indices
from partnersim.runs.measures import Floats
from partnersim.runs.statistics import FEWEST_REPLICATES
from partnersim.runs.wording import join, percent, plural
from partnersim.scenario.errors import ScenarioError, check_name
from partnersim.sweep.designs import MorrisDesign, SaltelliDesign
from partnersim.sweep.problem import as_numbers, groups_of

if TYPE_CHECKING:
    from partnersim.sweep.outcomes import Censored, Outcomes
    from partnersim.sweep.plan import Plan
    from partnersim.sweep.sweep import Sweep

MethodName = Literal["sobol", "morris", "effects", "pawn", "shapley", "regression"]

METHODS: tuple[MethodName, ...] = get_args(MethodName)

SPREAD_OUT = ("factorial", "latin-hypercube", "sobol", "saltelli", "table")
"""Designs in which the other parameters vary freely while one is looked at."""

DESIGNS: Mapping[MethodName, tuple[str, ...]] = {
    "sobol": ("saltelli",),
    "morris": ("morris",),
    "effects": SPREAD_OUT,
    "pawn": SPREAD_OUT,
    "shapley": SPREAD_OUT,
    "regression": SPREAD_OUT,
}
"""The designs that each method can use; the first method that can use one is its default."""

FEWEST_ROWS = 8
"""Base rows or trajectories that indices need at least: an interval over fewer says little."""

SMALL = 0.005
"""A share of the whole that nobody would act on."""

MOST_CENSORED = 0.9
"""Share of censored values above which a note says how little is left."""

STEPS = (8, 4, 2)
"""Parts of the rows over which indices are found again, to see whether they have settled."""

RESAMPLES_OF_BIAS = 200
"""Resamples where their mean and spread count, and not their ends."""

FEWER_RESAMPLES = 400
"""Resamples for intervals that are only drawn beside each other: of parts of the rows, and of months."""

FEW_REPLICATES = 5
"""Replicates that all points share, under which intervals say too little of what others would do:
in trials they held the true index 71 to 95 times of 100 with two replicates, 86 to 95 with five."""

N_SHUFFLES = 200
"""Shuffles of the outcomes by which is found what PAWN shows where no parameter does anything."""


class Index(NamedTuple):
    """One number of a sensitivity analysis.

    Attributes
    ----------
    parameter : str
        A path, or the name of a group.
    other : str
        The other parameter of an index of second order; else empty.
    kind : str
        Which index: `first_order`, `total_order`, `second_order`; `mu_star`, `mu`, `sigma`; `pawn`,
        `pawn_uncorrected`, `pawn_by_chance`; `shapley`; `coefficient`, `r_squared`; `share`.
    value, low, high : float
        With its 95 % interval; NaN where there is none.
    """

    parameter: str
    other: str
    kind: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Sensitivity:
    """The sensitivity of one measure, of an arm or of its difference from another.

    Attributes
    ----------
    method, measure, unit : str
    arm, against : str or None
        Whose measure; with `against`, how much more it is than that of `against`, pair by pair.
    indices : list[Index]
        In the order of the plan.
    row : str
        What is drawn independently: `point`, `base row` or `trajectory`.
    n_rows, n_left_out, n_replicates : int
        Rows used and rows left out, and replicates at most.
    luck : VarianceSplit or None
        Variance of single runs, split between parameters and random numbers; None where it cannot be split.
    luck_policy : str
        Which points share their random numbers, as the plan has it.
    draws_replicates : bool
        Whether intervals hold what other replicates would change.
    notes : list[str]
        What was left out or counted otherwise, in words.
    by_size : dict[int, list[Index]]
        Indices over the first rows, by their number, to see whether they have settled.
    by_month : dict[int, list[Index]]
        Indices of a series by month; empty for a measure.
    effects : MainEffects or None
        What a method of main effects found at each value.
    """

    method: MethodName
    measure: str
    unit: str
    arm: str | None
    against: str | None
    indices: list[Index]
    row: str
    n_rows: int
    n_left_out: int
    n_replicates: int
    luck: VarianceSplit | None
    luck_policy: str
    draws_replicates: bool
    notes: list[str]
    by_size: dict[int, list[Index]] = field(default_factory=dict)
    by_month: dict[int, list[Index]] = field(default_factory=dict)
    effects: MainEffects | None = None

    def is_clear(self, parameter: str) -> bool:
        """Return whether a parameter counts, by the interval of its first index or by what chance shows."""
        first = {one.kind: one for one in self.indices if one.parameter == parameter and not one.other}
        match self.method:
            case "effects":
                effects = self.effects.effects if self.effects else []
                return any(effect.is_clear for effect in effects if effect.parameter == parameter)
            case "pawn":
                return first["pawn_uncorrected"].value > first["pawn_by_chance"].value
            case "regression":
                return first["coefficient"].low > 0 or first["coefficient"].high < 0
            case "morris":
                return first["mu_star"].low > SMALL * max(one.value for one in self.of("mu_star").values())
            case "sobol":
                noise = self.luck.left_in_means if self.luck and self.luck_policy == "independent" else 0.0
                return first["total_order"].low > max(SMALL, noise)
            case "shapley":
                return first["shapley"].low > SMALL

    def strongest_pair(self) -> Index | None:
        """Return the largest clear index of second order; None where there is none."""
        pairs = [one for one in self.indices if one.kind == "second_order" and one.low > SMALL]
        return max(pairs, key=lambda one: one.value, default=None)

    def of(self, kind: str) -> dict[str, Index]:
        """Return the indices of one kind by parameter, the largest first."""
        found = [one for one in self.indices if one.kind == kind and not one.other]
        return {one.parameter: one for one in sorted(found, key=lambda one: -abs(one.value))}


def analyse(
    sweep: Sweep,
    measure: str,
    arm: str | None = None,
    against: str | None = None,
    *,
    method: MethodName | None = None,
    censored: Censored = "horizon",
) -> Sensitivity:
    """Find which parameters of a sweep move a measure, or what one arm changes in it.

    Parameters
    ----------
    sweep
        It may still be running: what there is is used.
    measure, arm, against, censored
        As for `partnersim.Sweep.outcomes`.
    method
        One that the sweep's design allows; if left out, the one that it was made for.

    Raises
    ------
    InputError
        For a measure or arm that the sweep has not.
    ScenarioError
        For a method that does not fit the design, too few rows, a measure that is the same at all
        points or has no value.
    """
    plan = sweep.plan
    method = choose_method(plan, method)
    return analyse_outcomes(plan, sweep.outcomes(measure, arm, against, censored=censored), method)


def analyse_over_time(
    sweep: Sweep,
    series: str,
    arm: str | None = None,
    against: str | None = None,
    *,
    method: MethodName | None = None,
) -> Sensitivity:
    """Find which parameters move a series, month by month: in the last month, and at each year's end.

    Parameters
    ----------
    sweep, arm, against, method
        As for `analyse`.
    series
        One that the sweep keeps; only the runs that keep it are used.

    Raises
    ------
    InputError, ScenarioError
        As `analyse`; where no series are kept.
    """
    plan = sweep.plan
    method = choose_method(plan, method)
    months = months_to_show(plan.base.months)
    by_month: dict[int, list[Index]] = {}
    last: Sensitivity | None = None
    for month, outcomes in sweep.outcomes_by_month(series, months, arm, against):
        try:
            last = analyse_outcomes(plan, outcomes, method, is_one_of_many=month != months[-1])
            by_month[month] = last.indices
        except ScenarioError:
            if month == months[-1]:
                raise
    assert last is not None
    return replace(last, by_month=by_month)


def months_to_show(months: int) -> list[int]:
    """Choose the months at which a series is looked at: each year's end, of a short run more often."""
    step = 12 if months >= 36 else max(1, months // 6)
    return sorted({*range(step, months + 1, step), months})


def choose_method(plan: Plan, method: str | None) -> MethodName:
    """Return the method asked for, or the one that a plan's design is made for.

    Raises
    ------
    InputError
        For a method that there is not.
    ScenarioError
        For one that the design does not allow; the message says which would.
    """
    if method is not None:
        check_name(method, METHODS, "method")
    design = plan.design.type
    allowed = [name for name in METHODS if design in DESIGNS[name]]
    if not allowed:
        raise ScenarioError(
            f"a design of type {design!r} varies one parameter at a time from one place only, and no "
            "method can tell from it what parameters do elsewhere; take morris, saltelli or "
            "latin-hypercube"
        )
    chosen = next((name for name in METHODS if name == method), allowed[0])
    if chosen not in allowed:
        wanted = join(DESIGNS[chosen]).replace(" and ", " or ")
        raise ScenarioError(
            f"--method {chosen} needs a design of type {wanted}; this sweep is of type "
            f"{design!r}, which allows {', '.join(allowed)}"
        )
    return chosen


# --- Methods -------------------------------------------------------------------------------------


class _Task(NamedTuple):
    """An analysis made ready: rows, the indices by parameter, other and name, and their estimator."""

    row: str
    rows: Rows
    places: list[int]  # points of a row that are drawn independently of each other
    labels: list[tuple[str, str, str]]
    estimator_for: Callable[[Rows], Estimator]
    notes: list[str]
    is_biased: bool = False


def analyse_outcomes(
    plan: Plan, outcomes: Outcomes, method: MethodName, *, is_one_of_many: bool = False
) -> Sensitivity:
    """Analyse outcomes of a plan by a method that fits its design.

    Of one of many, such as the months of a series, intervals are coarser, and there is no `by_size`.

    Raises
    ------
    ScenarioError
        As `analyse`.
    """
    task = _make_task(plan, outcomes, method)
    rows = task.rows
    _check_rows(task, outcomes)
    indices = _estimate(task, rows, FEWER_RESAMPLES if is_one_of_many else RESAMPLES)
    if method == "pawn" and not is_one_of_many:
        indices += _by_chance(task)
    effects = find_main_effects(outcomes, plan) if method == "effects" else None
    if effects is not None:
        nothing = float("nan")
        indices = [Index(e.parameter, "", "share", e.share, nothing, nothing) for e in effects.effects]
    is_shared = plan.luck_policy == "base-row"
    notes = [outcomes.in_words()] if outcomes.in_words() else []
    n_known = int(np.isfinite(outcomes.values).sum())
    if outcomes.censored == "horizon" and outcomes.n_censored > MOST_CENSORED * n_known:
        notes.append(
            f"{percent(outcomes.n_censored / n_known)} of what is analysed is censored: this rests on "
            "what is left; longer runs would tell more"
        )
    if plan.luck_policy == "independent":
        notes.append(
            "no two points share random numbers, so that noise counts as an effect of every parameter, "
            "also of one that does nothing"
        )
    if plan.luck_policy == "common" and outcomes.n_replicates < FEW_REPLICATES:
        notes.append(
            f"all points share the random numbers of {plural(outcomes.n_replicates, 'replicate')}: too few "
            "to tell what others would change, so that intervals are too narrow for that"
        )
    if rows.n_left_out:
        notes.append(
            f"{plural(rows.n_left_out, task.row)} left out: no replicate is there at all of their points"
        )
    return Sensitivity(
        method,
        outcomes.measure,
        outcomes.unit,
        outcomes.arm,
        outcomes.against,
        indices,
        task.row,
        len(rows.numbers),
        rows.n_left_out,
        outcomes.n_replicates,
        split_variance(rows, task.places, is_shared_in_row=is_shared) if task.places else None,
        plan.luck_policy,
        rows.draws_replicates,
        notes + task.notes,
        {} if is_one_of_many else dict(_by_size(plan, task)),
        effects=effects,
    )


def _make_task(plan: Plan, outcomes: Outcomes, method: MethodName) -> _Task:
    if method == "morris":
        return _morris(plan, outcomes)
    if isinstance(plan.design, SaltelliDesign) and method in ("sobol", "shapley"):
        return _sobol(plan, outcomes, method)
    return _given_data(plan, outcomes, method)


def _sobol(plan: Plan, outcomes: Outcomes, method: MethodName) -> _Task:
    """Make Sobol' indices ready, or Shapley effects from them.

    Where no more than two parameters act together, a Shapley effect is the mean of the indices of first
    and total order, since each of a pair gets half of what both do together; otherwise it lies between
    the two [owen2014].
    """
    assert isinstance(plan.design, SaltelliDesign)
    names = list(dict.fromkeys(groups_of(plan)))
    n = len(names)
    layout = Layout(n, plan.design.second_order)
    rows = take_rows(outcomes.values, layout.length, has_common_luck=plan.luck_policy == "common")

    def estimate_shapley(means: Floats, counts: Floats) -> Floats:
        kept = [*range(n + 1), layout.length - 1]  # A, AB of each, B
        found = estimate_indices(means[:, kept], counts, Layout(n, False))
        return (found[:, :n] + found[:, n:]) / 2

    estimate: Estimator = estimate_shapley
    labels = [(name, "", "shapley") for name in names]
    if method == "sobol":
        estimate = partial(estimate_indices, layout=layout)
        labels = [(name, "", order) for order in ("first_order", "total_order") for name in names]
        labels += [(names[one], names[other], "second_order") for one, other in layout.pairs]
    return _Task("base row", rows, [0, layout.length - 1], labels, lambda rows: estimate, [])


def _morris(plan: Plan, outcomes: Outcomes) -> _Task:
    """Make elementary effects ready."""
    assert isinstance(plan.design, MorrisDesign)
    homes = groups_of(plan)
    names = list(dict.fromkeys(homes))
    n = len(names)
    rows = take_rows(outcomes.values, n + 1, has_common_luck=plan.luck_policy == "common")
    changed = outcomes.design["changed"].to_numpy().reshape(-1, n + 1)[:, 1:]
    number_of = {name: number for number, name in enumerate(names)}
    moved = np.vectorize(number_of.__getitem__, otypes=[np.int64])(changed)
    first_of = [homes.index(name) for name in names]
    values = as_numbers(outcomes.points)[:, first_of].reshape(-1, n + 1, n)
    ups = np.take_along_axis(np.diff(values, axis=1), moved[:, :, np.newaxis], axis=2)[:, :, 0]
    signs = np.where(ups < 0, -1.0, 1.0)
    levels = plan.design.levels

    def estimator_for(rows: Rows) -> Estimator:
        which = rows.numbers
        return partial(estimate_effects, moved=moved[which], signs=signs[which], n_levels=levels)

    labels = [(name, "", kind) for kind in ("mu_star", "mu", "sigma") for name in names]
    return _Task("trajectory", rows, [], labels, estimator_for, [])


def _given_data(plan: Plan, outcomes: Outcomes, method: MethodName) -> _Task:
    """Make a method ready that takes points as they are; of a Saltelli design those of A and B."""
    points, values = outcomes.points[outcomes.is_drawn], outcomes.values[outcomes.is_drawn]
    rows = take_rows(values, 1, has_common_luck=plan.luck_policy == "common")
    names = [str(path) for path in points if points[path].nunique() > 1]
    notes = []
    if method in ("regression", "shapley"):
        unordered = [name for name in names if points[name].dtype.kind not in "fiub"]
        names = [name for name in names if name not in unordered or points[name].nunique() == 2]
        if left := [name for name in unordered if name not in names]:
            notes.append(f"left out, since their names have no order: {', '.join(left)}")
    if not names:
        raise ScenarioError("no parameter has more than one value that this method can use")
    columns = as_numbers(points[names])

    def estimator_for(rows: Rows) -> Estimator:
        used = columns[rows.numbers]
        match method:
            case "pawn":
                given = points[names].iloc[rows.numbers]
                groups = [[part for _, part in groups_of_values(given[name].to_numpy())] for name in names]
                return partial(estimate_pawn, groups=groups)
            case "regression":
                return partial(estimate_coefficients, columns=used)
            case "shapley":
                return partial(estimate_shares, columns=used)
            case _:
                return lambda means, counts: np.zeros((len(counts), 0))

    kind = {"pawn": "pawn", "regression": "coefficient", "shapley": "shapley"}.get(method)
    labels = [(name, "", kind) for name in names] if kind else []
    if method in ("regression", "shapley"):
        labels.append(("all together", "", "r_squared"))
    return _Task("point", rows, [0], labels, estimator_for, notes, is_biased=method == "pawn")


def _check_rows(task: _Task, outcomes: Outcomes) -> None:
    """Refuse too few rows, and outcomes that are all the same."""
    n, needed = len(task.rows.numbers), FEWEST_REPLICATES if task.row == "point" else FEWEST_ROWS
    if n < needed:
        why = f" ({outcomes.in_words()})" if outcomes.in_words() else ""
        where = "" if task.row == "point" else " at all of their points"
        raise ScenarioError(
            f"{outcomes.measure}: {plural(n, task.row)} {'has' if n == 1 else 'have'} it{where}; it takes "
            f"{needed}{why}"
        )
    means = task.rows.means
    if float(np.ptp(means)) <= 1e-12 * float(np.abs(means).max()):
        raise ScenarioError(
            f"{outcomes.measure}: is {means.flat[0]:.4g} at every point; there is nothing to explain"
        )


def _estimate(task: _Task, rows: Rows, n_resamples: int = RESAMPLES) -> list[Index]:
    """Estimate the indices of some rows, with their intervals."""
    if not task.labels:
        return []
    estimate, is_biased = task.estimator_for(rows), task.is_biased
    n_resamples = min(n_resamples, RESAMPLES_OF_BIAS) if is_biased else n_resamples
    found = np.array(bootstrap(rows, estimate, n_resamples=n_resamples, is_biased=is_biased)).T.tolist()
    return [Index(*label, *numbers) for label, numbers in zip(task.labels, found, strict=True)]


def _by_chance(task: _Task) -> list[Index]:
    """Give the indices of all rows as they are, and what the largest of them would be by chance.

    Of 100 times that outcomes are dealt out to points at random, it is less in 95.
    """
    rng = np.random.default_rng(1)
    estimate, means = task.estimator_for(task.rows), task.rows.means
    once, nothing = np.ones((1, len(means))), float("nan")
    largest = [estimate(rng.permutation(means), once).max() for _ in range(N_SHUFFLES)]
    chance = float(np.percentile(largest, 95))
    found = estimate(means, once)[0].tolist()
    return [
        Index(label[0], "", kind, value, nothing, nothing)
        for label, plain in zip(task.labels, found, strict=True)
        for kind, value in (("pawn_uncorrected", plain), ("pawn_by_chance", chance))
    ]


def _by_size(plan: Plan, task: _Task) -> Iterator[tuple[int, list[Index]]]:
    """Estimate the indices of an eighth, a quarter and half of the rows: the first, as a sweep grows."""
    if plan.design.type == "factorial" or not task.labels:  # its first points are a corner
        return
    n_all = len(task.rows.numbers) + task.rows.n_left_out
    needed = FEWEST_REPLICATES if task.row == "point" else FEWEST_ROWS
    for part in STEPS:
        rows = task.rows.first(n_all // part)
        if len(rows.numbers) >= needed and float(np.ptp(rows.means)) > 0:
            yield len(rows.numbers), _estimate(task, rows, FEWER_RESAMPLES)
