"""Calibration from what has been run: which points of a stored sweep fit what was observed.

One place is one run: so single runs are compared with what was observed, and not means over
replicates, and its chance is part of what is not known. The error of observing is added to each
run's measures, as it was in the observation [wilkinson2013]. Whether the intervals are to be
believed is tried on runs of the sweep itself, whose parameters are known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from partnersim.analysis.drawn import check_spread_out
from partnersim.analysis.given_data import MOST_VALUES
from partnersim.analysis.observed import Observed
from partnersim.analysis.rejection import (
    INTERVAL,
    Accepted,
    Simulations,
    from_open_scale,
    infer,
    recover,
    to_open_scale,
    weighted_quantiles,
)
from partnersim.model.room import MOST_SEED
from partnersim.runs.ensemble import run
from partnersim.runs.measures import MEASURES, Flags, Floats
from partnersim.runs.provenance import VERSIONS
from partnersim.runs.statistics import restrict
from partnersim.scenario.errors import InputError, ScenarioError
from partnersim.sweep.parameters import Parameter, Range, Values

if TYPE_CHECKING:
    import pandas as pd

    from partnersim.sweep.sweep import Sweep

FEWEST_RUNS = 500
"""Fewer runs leave too few near to any observation."""

FEW_LUCKS = 100
"""Under so many replicates whose random numbers all points share, a real place had chance unlike them."""

RECOVERIES = 200
"""Runs of the sweep on which the intervals are tried."""

PREDICTIONS = 200
"""Runs from what fits, for the check against what was observed."""

DRAWS = 100
"""Points that are drawn from what fits, for whoever goes on with them."""

LEVELS = (INTERVAL[0], 0.5, INTERVAL[1])
NOISE_STREAM = 0x0B5E12ED
"""Key of the errors of observing, so that they are none of the runs' random numbers."""


class Coverage(NamedTuple):
    """In how many of some recoveries the interval held the true value."""

    n_inside: int
    n_tried: int

    @property
    def share(self) -> float:
        """The share; it should be near 90 %."""
        return self.n_inside / self.n_tried

    @property
    def ci95(self) -> tuple[float, float]:
        """Its 95 % interval, Wilson's."""
        from scipy.stats import binomtest

        ends = binomtest(self.n_inside, self.n_tried).proportion_ci(method="wilson")
        return float(ends.low), float(ends.high)


def _named(quantiles: Floats) -> dict[str, float]:
    """Name quantiles at `LEVELS`."""
    return dict(zip(("p05", "median", "p95"), quantiles, strict=True))


@dataclass(frozen=True)
class Marginal:
    """One parameter, as far as it is known before and after.

    Attributes
    ----------
    path, unit : str
    prior : ndarray[n_runs]
        Its values in the sweep.
    posterior : ndarray[n_accepted]
        Its values in what fits, adjusted where it is a number between two ends.
    weights : float64[n_accepted]
    coverage : Coverage | None
        None where it takes values one by one.
    """

    path: str
    unit: str
    prior: np.ndarray[Any, Any]
    posterior: np.ndarray[Any, Any]
    weights: Floats
    coverage: Coverage | None

    @property
    def is_number(self) -> bool:
        """Whether quantiles can be told of it."""
        return self.coverage is not None

    @property
    def quantiles(self) -> tuple[Floats, Floats]:
        """5, 50 and 95 % of prior and posterior."""
        return np.quantile(self.prior, LEVELS), weighted_quantiles(self.posterior, self.weights, LEVELS)

    @property
    def narrowing(self) -> float:
        """How far what fits is narrower than the sweep, at most 1.

        Of a number the share by which its 90 % interval is narrower; of values one by one the share
        of the weight that has moved from one to another.
        """
        if not self.is_number:
            return sum(abs(after - before) for before, after in self.shares().values()) / 2
        before, after = self.quantiles
        return float(1.0 - (after[2] - after[0]) / (before[2] - before[0]))

    def shares(self) -> dict[str, tuple[float, float]]:
        """Return for each of its values the share in prior and posterior."""
        found = {}
        for value in np.unique(self.prior):
            name = f"{value:g}" if self.prior.dtype.kind in "if" else str(value)
            name = name.lower() if self.prior.dtype.kind == "b" else name
            after = float(self.weights[self.posterior == value].sum())
            found[name] = (float(np.mean(self.prior == value)), after)
        return found

    def to_json(self) -> dict[str, Any]:
        """Give a dictionary of words and numbers."""
        if self.coverage is None:
            return {"path": self.path, "shares": self.shares(), "narrowing": self.narrowing}
        before, after = self.quantiles
        return {
            "path": self.path,
            "unit": self.unit,
            "prior": _named(before),
            "posterior": _named(after),
            "narrowing": self.narrowing,
            "coverage": self.coverage.share,
            "coverage_ci95": self.coverage.ci95,
        }


@dataclass(frozen=True)
class Check:
    """One measure as it was observed, in the sweep and in runs from what fits.

    Attributes
    ----------
    observed : Observed
    prior : float64[n_runs]
    predicted : float64[n_predictions]
        Both with the error of observing.
    """

    observed: Observed
    prior: Floats
    predicted: Floats

    @property
    def place(self) -> float:
        """The share of predictions under what was observed: near 0 or 1 the model does not show it."""
        below, at = self.predicted < self.observed.value, self.predicted == self.observed.value
        return float((below + 0.5 * at).mean()) if self.predicted.size else math.nan

    @property
    def is_beyond(self) -> bool:
        """Whether no more than 1 of 100 runs of the sweep lie as far out: then nothing near is known."""
        return not 0.005 <= float((self.prior <= self.observed.value).mean()) <= 0.995

    def to_json(self) -> dict[str, Any]:
        """Give a dictionary of numbers."""
        return {
            **self.observed.model_dump(),
            "sweep": _named(np.quantile(self.prior, LEVELS)),
            "predicted": _named(np.quantile(self.predicted, LEVELS)),
            "place": self.place,
            "is_beyond": self.is_beyond,
        }


@dataclass(frozen=True)
class Calibration:
    """An observation, what fits it, and how far that is to be believed.

    Attributes
    ----------
    arm : str | None
    marginals : list[Marginal]
        Those narrowed down most first.
    checks : dict[str, Check]
        By measure.
    n_runs, n_accepted : int
    n_replicates : int
        With random numbers that points share, there are only so many chances in the sweep.
    is_luck_shared : bool
    notes : list[str]
        What was left out, and what makes the answer weak.
    """

    arm: str | None
    marginals: list[Marginal]
    checks: dict[str, Check]
    n_runs: int
    n_accepted: int
    n_replicates: int
    is_luck_shared: bool
    notes: list[str]

    def to_json(self) -> dict[str, Any]:
        """Give what the command line prints as JSON."""
        return {
            **VERSIONS,
            "arm": self.arm,
            "n_runs": self.n_runs,
            "n_accepted": self.n_accepted,
            "parameters": [marginal.to_json() for marginal in self.marginals],
            "targets": {name: check.to_json() for name, check in self.checks.items()},
            "notes": self.notes,
        }


def calibrate(
    sweep: Sweep,
    targets: Mapping[str, Observed],
    arm: str | None = None,
    *,
    recoveries: int = RECOVERIES,
    predictions: int = PREDICTIONS,
    progress: Callable[[int, int], None] | None = None,
) -> Calibration:
    """Find which parameters of a stored sweep fit what was observed.

    A milestone never reached counts as the last month, in runs as in what was observed. Runs that
    failed, and those without a measure, are left out and counted.

    Parameters
    ----------
    sweep
        One in which all parameters vary at once, over what was thought plausible.
    targets
        What was observed, by measure.
    arm
        Which arm the place is; base if left out.
    recoveries
        Runs of the sweep on which intervals are tried.
    predictions
        Runs that are made of what fits, to set beside what was observed.
    progress
        Called with predictions made and to be made.

    Raises
    ------
    InputError
        For a design that does not vary all parameters at once, too few runs, unknown measures, a
        measure that is the same in all runs, and random numbers that all runs share.
    """
    data = collect(sweep, targets, arm)
    observed = np.array([target.value for target in targets.values()])
    simulations = data.simulations
    found = infer(simulations, observed)
    held = recover(simulations, recoveries, sweep.plan.seed)
    posteriors = posteriors_of(data, found)
    marginals = marginals_of(data, found, posteriors, held)
    predicted = predict(sweep, targets, arm, data.fixed, posteriors, found, predictions, progress)
    checks = {
        name: Check(target, simulations.summaries[:, k], predicted[:, k])
        for k, (name, target) in enumerate(targets.items())
    }
    notes = list(data.notes)
    beyond = [name for name, check in checks.items() if check.is_beyond]
    if beyond:
        notes.append(
            f"Hardly any run shows {' or '.join(beyond)} as observed: what fits is guessed from others."
        )
    n_replicates = len(np.unique(simulations.replicate))
    return Calibration(
        arm,
        marginals,
        checks,
        simulations.n,
        len(found.rows),
        n_replicates,
        simulations.is_luck_shared,
        notes,
    )


@dataclass(frozen=True)
class Data:
    """Rows of a sweep made ready: parameters, single runs, and what was left out.

    Attributes
    ----------
    parameters : list[Parameter]
    columns : dict[str, ndarray[n]]
        Values of each parameter in each run, by path.
    ends : dict[str, tuple[float, float]]
        Of those that are numbers between two ends; the others are not adjusted.
    fixed : dict[str, Any]
        The values of the first point, for what does not vary in this arm.
    simulations : Simulations
    notes : list[str]
    """

    parameters: list[Parameter]
    columns: dict[str, np.ndarray[Any, Any]]
    ends: dict[str, tuple[float, float]]
    fixed: dict[str, Any]
    simulations: Simulations
    notes: list[str]


def collect(sweep: Sweep, targets: Mapping[str, Observed], arm: str | None) -> Data:
    """Take single runs from a sweep, with their parameters and what is compared of them."""
    plan = sweep.plan
    if not targets:
        raise InputError("no observation is given; name one measure at least")
    check_spread_out(sweep)
    outcomes = {name: sweep.outcomes(name, arm) for name in targets}
    first = next(iter(outcomes.values()))
    values = np.stack([one.values for one in outcomes.values()], axis=-1)
    is_known = np.isfinite(values).all(axis=-1)
    is_known &= first.is_drawn[:, None]
    point, replicate = np.nonzero(is_known)
    summaries = values[point, replicate]
    is_luck_shared = plan.luck_policy != "independent"
    _check_runs(sweep, summaries, replicate, list(targets), is_luck_shared=is_luck_shared)
    noise = np.random.default_rng([plan.seed, NOISE_STREAM]).normal(size=summaries.shape)
    summaries = summaries + noise * [target.error for target in targets.values()]
    parameters = [
        p
        for p in plan.parameters_by_path.values()
        if p.path in first.points
        and first.points[p.path].nunique() > 1
        and not p.is_dummy
        and (arm or next(iter(plan.arms_by_name))) in p.arms
    ]
    if not parameters:
        raise InputError(f"{sweep.folder}: no parameter of this arm has more than one value")
    columns = {p.path: first.points[p.path].to_numpy()[point] for p in parameters}
    known = {p.path: _ends(p, columns[p.path]) for p in parameters}
    ends = {path: both for path, both in known.items() if both is not None}
    scaled = [to_open_scale(columns[path].astype(float), *ends[path]) for path in ends]
    theta = np.column_stack(scaled) if scaled else np.empty((len(point), 0))
    notes = [f"{name}: {said}." for name, one in outcomes.items() if (said := one.in_words())]
    n_replicates = len(np.unique(replicate))
    if is_luck_shared and n_replicates < FEW_LUCKS:
        notes.append(
            f"All points share the random numbers of {n_replicates} replicates, little chance to compare "
            "with: a sweep for calibration is better run with luck = 'independent'."
        )
    simulations = Simulations(theta, summaries, point, replicate, is_luck_shared)
    fixed = {str(path): _plain(column.to_numpy()[0]) for path, column in first.points.items()}
    return Data(parameters, columns, ends, fixed, simulations, notes)


def _plain(value: Any) -> Any:
    """Turn a value of a table into one that a scenario takes."""
    return value.item() if hasattr(value, "item") else value


def _check_runs(
    sweep: Sweep,
    summaries: Floats,
    replicate: np.ndarray[Any, Any],
    names: Sequence[str],
    *,
    is_luck_shared: bool,
) -> None:
    """Refuse too few runs, measures that say nothing, and random numbers that all share."""
    if len(summaries) < FEWEST_RUNS:
        raise InputError(
            f"{sweep.folder}: {len(summaries)} runs have what was observed; calibration needs {FEWEST_RUNS}"
        )
    for name, column in zip(names, summaries.T, strict=True):
        if np.ptp(column) == 0:
            raise InputError(f"{name}: is {column[0]:g} in every run; it says nothing of any parameter")
    if is_luck_shared and len(np.unique(replicate)) < 2:
        raise InputError(
            f"{sweep.folder}: all runs share the random numbers of one replicate, so that chance cannot be "
            "told from fit; run more replicates, or the plan with luck = 'independent'"
        )


def _ends(parameter: Parameter, values: np.ndarray[Any, Any]) -> tuple[float, float] | None:
    """Return the ends between which a number stays: of its prior, or of the values there are.

    None for what is no number, or takes a few values one by one.
    """
    is_number = parameter.kind in ("real", "whole") and not isinstance(parameter.spread, Values)
    if not is_number or len(np.unique(values)) <= MOST_VALUES:
        return None
    if isinstance(parameter.spread, Range):
        low, high = float(parameter.low or 0.0), float(parameter.high or 0.0)
    else:
        low, high = float(values.min()), float(values.max())
    half = 0.5 if parameter.kind == "whole" else 0.0
    return low - half, high + half


def posteriors_of(data: Data, found: Accepted) -> dict[str, np.ndarray[Any, Any]]:
    """Return the values of each parameter in what fits, adjusted where they can be."""
    values = {}
    adjusted = dict(zip(data.ends, found.parameters.T, strict=True))
    for parameter in data.parameters:
        path = parameter.path
        values[path] = data.columns[path][found.rows]
        if path in data.ends:
            low, high = data.ends[path]
            values[path] = from_open_scale(adjusted[path], low, high)
            if parameter.kind == "whole":
                inside = np.clip(np.rint(values[path]), math.ceil(low), math.floor(high))
                values[path] = inside.astype(np.int64)
    return values


def marginals_of(
    data: Data, found: Accepted, posteriors: Mapping[str, np.ndarray[Any, Any]], held: Flags
) -> list[Marginal]:
    """Return what is known of each parameter, those narrowed down most first."""
    counts = dict(zip(data.ends, held.sum(axis=0).tolist(), strict=True))
    marginals = [
        Marginal(
            p.path,
            p.unit,
            data.columns[p.path],
            posteriors[p.path],
            found.weights,
            Coverage(counts[p.path], len(held)) if p.path in counts else None,
        )
        for p in data.parameters
    ]
    return sorted(marginals, key=lambda one: -one.narrowing)


def predict(
    sweep: Sweep,
    targets: Mapping[str, Observed],
    arm: str | None,
    fixed: Mapping[str, Any],
    posteriors: Mapping[str, np.ndarray[Any, Any]],
    found: Accepted,
    n: int,
    progress: Callable[[int, int], None] | None,
) -> Floats:
    """Run what fits, with new random numbers: float64[n_predictions, n_targets], with the error of observing.

    What does not fit together as a scenario is left out.
    """
    plan = sweep.plan
    name = arm or next(iter(plan.arms_by_name))
    rng = np.random.default_rng([plan.seed, NOISE_STREAM, 1])
    chosen = rng.choice(len(found.rows), size=n, p=found.weights)
    errors = rng.normal(size=(n, len(targets)))
    predicted = []
    for number, row in enumerate(chosen.tolist()):
        values = {**fixed, **{path: _plain(column[row]) for path, column in posteriors.items()}}
        try:
            scenario = plan.scenario_for(name, values)
        except ScenarioError:
            continue
        results = run(
            scenario,
            1,
            (plan.seed + 1) % MOST_SEED,
            workers=1,
            series=False,
            first_replicate=number,
            variants=plan.own_variants or None,
        )
        predicted.append(
            [
                float(restrict(results.measures[m], MEASURES[m], scenario.months)[0])
                + target.error * errors[number, k]
                for k, (m, target) in enumerate(targets.items())
            ]
        )
        if progress is not None:
            progress(number + 1, n)
    there = np.array(predicted).reshape(-1, len(targets))
    return there[np.isfinite(there).all(axis=1)]


def draws_of(found: Calibration, n: int = DRAWS, seed: int = 1) -> pd.DataFrame:
    """Draw points from what fits, as a table whose columns are dotted paths: a design of one's own.

    Points that come out alike are given once.
    """
    import pandas as pd

    weights = found.marginals[0].weights
    rows = np.random.default_rng(seed).choice(len(weights), size=n, p=weights)
    points = pd.DataFrame({one.path: one.posterior[rows] for one in found.marginals})
    return points.drop_duplicates(ignore_index=True)
