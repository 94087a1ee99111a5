"""Main effects: what each parameter does to a measure, with all the others left to vary.

Everything here is over points, each standing for the mean of its replicates. Intervals hold what
differs from point to point: other parameters, and random numbers that points do not share. With
common random numbers (the default), other replicates would move all means up or down together, and
that is in no interval; what is to be read is how the means differ along a parameter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from partnersim.analysis.given_data import groups_of_values
from partnersim.runs.measures import Floats
from partnersim.runs.statistics import CONFIDENCE, mean_with_interval
from partnersim.scenario.errors import ScenarioError

if TYPE_CHECKING:
    from partnersim.sweep.outcomes import Outcomes
    from partnersim.sweep.parameters import Column
    from partnersim.sweep.plan import Plan


@dataclass(frozen=True)
class MainEffect:
    """The main effect of one parameter on a measure.

    Attributes
    ----------
    parameter : str
        Its path.
    unit : str
    values : list[float] | list[str]
        The parameter's values, or its mean in each group, rising.
    means, lows, highs : float64[len(values)]
        Mean of the measure over the points there, with its 95 % interval by Student's t;
        unbounded where there is one point.
    share : float
        Share of the variance between points that goes with the parameter, in [0, 1]: epsilon
        squared, which is 0 on average where there is no effect.
    is_clear : bool
        Whether chance alone would show a share like this, in any of the parameters looked at,
        in fewer than 5 of 100 sweeps (F test, Bonferroni's bound).
    """

    parameter: str
    unit: str
    values: list[float] | list[str]
    means: Floats
    lows: Floats
    highs: Floats
    share: float
    is_clear: bool


@dataclass(frozen=True)
class MainEffects:
    """The main effects of all parameters on a measure, the largest share first.

    Attributes
    ----------
    measure : str
    arm, base : str | None
        The measure of this arm; with a base, how much more it is than that of the base with common
        random numbers. None where the plan has no arms.
    effects : list[MainEffect]
    n_points, n_replicates, seed : int
        What it is over: points that have a mean, and replicates of each at most.
    """

    measure: str
    arm: str | None
    base: str | None
    effects: list[MainEffect]
    n_points: int
    n_replicates: int
    seed: int


def find_main_effects(outcomes: Outcomes, plan: Plan) -> MainEffects:
    """Find what each parameter does to the outcomes of a sweep with this plan.

    Raises
    ------
    ScenarioError
        If no parameter has more than one value.
    """
    means, columns = outcomes.means, outcomes.points
    is_known = outcomes.is_drawn & np.isfinite(means)
    units = {path: parameter.unit for path, parameter in plan.parameters_by_path.items()}
    varied = {path: columns[path].to_numpy()[is_known] for path in units if path in columns}
    effects = find_effects(varied, means[is_known], units)
    if not effects:
        raise ScenarioError("no parameter has more than one value")
    return MainEffects(
        outcomes.measure,
        outcomes.arm,
        outcomes.against,
        effects,
        int(is_known.sum()),
        outcomes.n_replicates,
        plan.seed,
    )


def find_effects(columns: Mapping[str, Column], means: Floats, units: Mapping[str, str]) -> list[MainEffect]:
    """Find the main effect of each parameter, the largest share first.

    Parameters
    ----------
    columns
        Values of each parameter, one for each point.
    means
        float64[n_points], the measure.
    units
        Of the parameters.
    """
    effects = []
    for path, column in columns.items():
        groups = list(groups_of_values(column))
        if len(groups) < 2:
            continue
        parts = [means[rows] for _, rows in groups]
        share, chance = _share(parts)
        means_there, _, ends = zip(*map(mean_with_interval, parts), strict=True)
        lows, highs = np.array(ends).T
        effects.append(
            MainEffect(
                parameter=path,
                unit=units.get(path, ""),
                values=[value for value, _ in groups],
                means=np.array(means_there),
                lows=lows,
                highs=highs,
                share=share,
                is_clear=chance < (1 - CONFIDENCE) / len(columns),
            )
        )
    return sorted(effects, key=lambda effect: -effect.share)


def _share(parts: list[Floats]) -> tuple[float, float]:
    """Compute the share of variance that goes with the groups, and how often chance gives as much."""
    from scipy.special import fdtrc

    n, k = sum(map(len, parts)), len(parts)
    everything = np.concatenate(parts)
    total = float(((everything - everything.mean()) ** 2).sum())
    within = float(sum(((part - part.mean()) ** 2).sum() for part in parts))
    if total <= 0 or n <= k:
        return 0.0, 1.0
    if within <= 0:
        return 1.0, 0.0
    within_mean = within / (n - k)
    share = (total - within - (k - 1) * within_mean) / total
    return max(0.0, share), float(fdtrc(k - 1, n - k, (total - within) / (k - 1) / within_mean))
