"""Points at which all parameters vary at once, with their outcomes: what maps and boxes are over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from partnersim.analysis.sensitivity import SPREAD_OUT
from partnersim.runs.measures import Flags, Floats
from partnersim.scenario.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from partnersim.sweep.outcomes import Outcomes
    from partnersim.sweep.parameters import Parameter
    from partnersim.sweep.sweep import Sweep


@dataclass(frozen=True)
class Drawn:
    """Points that were drawn with all parameters varying at once, and that have outcomes.

    Attributes
    ----------
    points : pandas.DataFrame
        A row for each point, a column for each parameter that was varied, by its path.
    values : float64[n_points, n_replicates]
        NaN where a run has no value; each point has one at least.
    outcomes : Outcomes
        What they were read from.
    parameters : dict[str, Parameter]
        By path, as declared.
    seed : int
        Of the sweep.
    """

    points: pd.DataFrame
    values: Floats
    outcomes: Outcomes
    parameters: dict[str, Parameter]
    seed: int

    @property
    def n_runs(self) -> int:
        """The number of values, or of pairs of a difference."""
        return int(np.isfinite(self.values).sum())


def read_drawn(sweep: Sweep, measure: str, arm: str | None = None, against: str | None = None) -> Drawn:
    """Read the outcomes of points that were drawn with all parameters varying at once.

    Parameters
    ----------
    sweep
        A whole one or one that is still being written.
    measure
        A milestone never reached counts as the last month.
    arm, against
        As for `partnersim.Sweep.outcomes`.

    Raises
    ------
    InputError
        For a design that varies one parameter at a time, for a measure or arm that the sweep has
        not, and where no point has the measure.
    """
    check_spread_out(sweep)
    outcomes = sweep.outcomes(measure, arm, against)
    is_drawn: Flags = outcomes.is_drawn & np.isfinite(outcomes.values).any(axis=1)
    if not is_drawn.any():
        raise InputError(
            f"{sweep.folder}: no run has {measure}: it is still to come, not defined there, or failed"
        )
    parameters = dict(sweep.plan.parameters_by_path)
    rows = np.flatnonzero(is_drawn)
    return Drawn(outcomes.points.iloc[rows], outcomes.values[rows], outcomes, parameters, sweep.plan.seed)


def check_spread_out(sweep: Sweep) -> None:
    """Refuse a sweep whose design varies one parameter at a time."""
    design = sweep.plan.design.type
    if design not in SPREAD_OUT:
        raise InputError(
            f"{sweep.folder}: a design of type {design!r} varies one parameter at a time; this needs one "
            f"that varies all at once: {', '.join(SPREAD_OUT)}"
        )
