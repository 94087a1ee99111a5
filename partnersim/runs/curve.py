"""The trust-speed curve: how fast change is at each level of trust, were trust held there.

Trust is held at 0, 0.1 ... 1 between all and throughout, under common random numbers: what differs
along the curve is trust alone. Beside it the same partnerships run with trust left to itself, which
shows where on the curve they come to rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import partnersim
from partnersim.runs.ensemble import run
from partnersim.runs.measures import MEASURES, YEAR, Floats
from partnersim.runs.provenance import VERSIONS
from partnersim.runs.results import Results, named_variants
from partnersim.runs.statistics import Summary, summarise
from partnersim.scenario.errors import ScenarioError
from partnersim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from partnersim.model.variants import Variant, Variants

LEVELS = tuple(level / 10 for level in range(11))
"""Levels at which trust is held."""

LEAST_OF_SLOPE = 0.1
"""The lowest trust from which the elasticity is drawn: there is no logarithm of none."""

SPEED = MEASURES["mean_speed"]


class Elasticity(NamedTuple):
    """The elasticity: per cent by which speed rises with one per cent more trust, and its error."""

    value: float
    error: float


@dataclass(frozen=True, eq=False)
class ArmCurve:
    """One arm of a curve.

    Attributes
    ----------
    scenario
        The arm, with trust left to itself.
    held
        float64[replicates, levels]: mean speed with trust held at each of `LEVELS`, NaN where it
        has none.
    speed, trust
        float64[replicates]: mean speed, and trust in the last month, with trust left to itself; of
        a partnership that has collapsed there is no trust, NaN.
    """

    scenario: Scenario
    held: Floats
    speed: Floats
    trust: Floats

    def at(self, level: float) -> Summary:
        """Summarise speed with trust held at one of `LEVELS`, over replicates."""
        return summarise(self.held[:, LEVELS.index(level)], SPEED, self.scenario.months)

    @property
    def rest(self) -> dict[str, Summary]:
        """Summarise trust and speed where the arm comes to rest, with trust left to itself."""
        months = self.scenario.months
        return {
            "trust": summarise(self.trust, MEASURES["trust"], months),
            "mean_speed": summarise(self.speed, SPEED, months),
        }

    @property
    def elasticity(self) -> Elasticity:
        """Return the slope of log mean speed on log trust by least squares, from trust of 0.1 on.

        The error is that over replicates by the delta method: levels share their random numbers,
        so what chance does to all of them alike falls out. NaN where a mean is not above 0.
        """
        is_used = np.array(LEVELS) >= LEAST_OF_SLOPE
        speeds, logs = self.held[:, is_used], np.log(np.array(LEVELS)[is_used])
        weights = (logs - logs.mean()) / ((logs - logs.mean()) ** 2).sum()
        means = speeds.mean(axis=0)
        if not (means > 0).all():
            return Elasticity(np.nan, np.nan)
        value = float(weights @ np.log(means))
        n = len(speeds)
        if n < 2:
            return Elasticity(value, np.nan)
        return Elasticity(value, float((speeds / means @ weights).std(ddof=1)) / n**0.5)

    def to_json(self) -> dict[str, Any]:
        """Give a dictionary in which what is missing is None or NaN."""
        return {
            "held": [{"trust": level, **self.at(level).to_json()} for level in LEVELS],
            "at_rest": {name: summary.to_json() for name, summary in self.rest.items()},
            "elasticity": self.elasticity._asdict(),
        }


@dataclass(frozen=True, eq=False, repr=False)
class Curve:
    """Speed on trust, in each of some arms, the scenario as it stands first."""

    arms: dict[str, ArmCurve]
    replicates: int
    seed: int
    variants: tuple[Variant, ...] = ()

    @property
    def base(self) -> str:
        """Return the first arm."""
        return next(iter(self.arms))

    def to_json(self) -> dict[str, Any]:
        """Give what the command line prints as JSON."""
        scenario = self.arms[self.base].scenario
        return {
            "scenario": scenario.title,
            "seed": self.seed,
            "replicates": self.replicates,
            "months": scenario.months,
            **VERSIONS,
            **named_variants(self.variants),
            "measure": SPEED.name,
            "unit": SPEED.unit,
            "arms": {name: arm.to_json() for name, arm in self.arms.items()},
        }

    def to_pandas(self) -> pd.DataFrame:
        """Give mean speed as a table: a row for each arm, level of trust and replicate."""
        import pandas as pd

        rows = pd.MultiIndex.from_product(
            [self.arms, LEVELS, range(self.replicates)], names=["arm", "trust", "replicate"]
        )
        held = np.concatenate([arm.held.T.ravel() for arm in self.arms.values()])
        return pd.DataFrame({SPEED.name: held}, index=rows)

    def __repr__(self) -> str:
        title = self.arms[self.base].scenario.title or "scenario"
        return (
            f"<Curve of {title!r}: speed at {len(LEVELS)} levels of trust in {', '.join(self.arms)}, "
            f"{self.replicates:,} replicates, seed {self.seed}>"
        )

    def _repr_html_(self) -> str:
        """Show a figure and a table, for notebooks."""
        return partnersim.as_html(self)


def curve(
    scenarios: Scenario | str | Path | Mapping[str, Scenario | str | Path],
    replicates: int = 200,
    seed: int = 1,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    variants: Variants | None = None,
) -> Curve:
    """Find how fast change is at each level of trust, and where trust comes to rest.

    Parameters
    ----------
    scenarios
        A scenario, the name of a packaged one or the path of a file; or some arms by name.
    replicates, seed, workers, progress, variants
        As for `partnersim.run`; the same random numbers at each level and in each arm.

    Raises
    ------
    ValueError, TypeError, partnersim.ScenarioError
        As for `partnersim.run`; for no arm, and for a scenario too short to have a mean speed.
    """
    given = scenarios if isinstance(scenarios, Mapping) else {"base": scenarios}
    arms = {name: Scenario.load(arm) for name, arm in given.items()}
    if not arms:
        raise ValueError("scenarios: missing; give at least one arm")
    for name, scenario in arms.items():
        if scenario.months <= YEAR:
            raise ScenarioError(f"{name}: months = {scenario.months}: a mean speed needs {YEAR + 1} at least")
    n_done, n_all = 0, len(arms) * (len(LEVELS) + 1)

    def run_on(scenario: Scenario) -> Results:
        nonlocal n_done
        found = run(scenario, replicates, seed, workers=workers, series=False, variants=variants)
        n_done += 1
        if progress is not None:
            progress(n_done, n_all)
        return found

    curves = {}
    for name, scenario in arms.items():
        held = [run_on(hold_trust(scenario, level)).measures[SPEED.name] for level in LEVELS]
        free = run_on(scenario)
        trust = np.where(free.measures["survived"] > 0, free.measures["trust"], np.nan)
        curves[name] = ArmCurve(scenario, np.column_stack(held), free.measures[SPEED.name], trust)
    return Curve(curves, replicates, seed, free.variants)


def hold_trust(scenario: Scenario, level: float) -> Scenario:
    """Return the same scenario with trust held at a level, between all and throughout."""
    return scenario.replace({"starting.trust": level, "mechanisms.trust_frozen": True})
