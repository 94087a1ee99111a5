"""Elementary effects from trajectories: in each setting, and over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.engine.changes import Floats
from experiments.engine.work import Result
from experiments.screening.design import JUMP, N_LEVELS

MEASURES = ("change_delivered", "mean_speed", "months_to_25", "trust", "perceived_joint_working", "cost")
"""On what effects are looked for; a milestone never reached counts as the horizon."""

MATTERS = 0.1
"""Effect of a whole prior range that counts, in standard deviations of the measure over the design.

Fixed beforehand: an effect of 0.1 accounts for less than a thousandth of the variance."""

N_RESAMPLES = 500
SEED = 1


@dataclass(frozen=True)
class Effects:
    """Elementary effects in one setting, of moving through whole prior ranges.

    Attributes
    ----------
    mean : float64[trajectory, parameter, measure]
        Effects on the mean over replicates.
    error : float64[trajectory, parameter, measure]
        Their squared standard errors.
    moved : float64[parameter, measure], in [0, 1]
        Share of trajectories in which any replicate changed at all.
    scale : float64[measure]
        Standard deviation of the measure's mean over all points of the design.
    """

    setting: str
    paths: Sequence[str]
    mean: Floats
    error: Floats
    moved: Floats
    scale: Floats

    @property
    def excess(self) -> Floats:
        """Squared effects less what chance alone adds to them, in squared standard deviations."""
        found: Floats = (self.mean**2 - self.error) / self.scale**2
        return found


def read_effects(setting: str, paths: Sequence[str], walks: Sequence[Result]) -> Effects:
    """Elementary effects of some trajectories."""
    effects, means = [], []
    for stored in walks:
        points, order, values = stored["points"], stored["order"], stored["values"]
        means.append(values.mean(axis=2))
        sign = np.sign(np.diff(points, axis=0)[np.arange(len(order)), order])
        in_order = np.empty((len(order), *values.shape[1:]))
        in_order[order] = np.diff(values, axis=0) * sign[:, None, None]
        effects.append(in_order * (N_LEVELS - 1.0) / JUMP)
    each = np.array(effects)  # [trajectory, parameter, measure, replicate]
    scale = np.concatenate(means).std(axis=0)
    return Effects(
        setting,
        paths,
        mean=each.mean(axis=3),
        error=each.var(axis=3, ddof=1) / each.shape[3],
        moved=(each != 0.0).any(axis=3).mean(axis=0),
        scale=np.where(scale > 0.0, scale, 1.0),
    )


def resample(n: int) -> np.ndarray[Any, Any]:
    """Which trajectories each resample of the bootstrap takes."""
    return np.random.default_rng(SEED).integers(0, n, (N_RESAMPLES, n))


@dataclass(frozen=True)
class Size:
    """How much a parameter moves one measure, over all settings that have it.

    Attributes
    ----------
    in_sd, low, high
        Root mean square of its effects less chance, in standard deviations, with 95 % interval.
    moved
        Largest share of trajectories, over settings, in which anything changed.
    direction
        Mean effect over mean size of effects, in [-1, 1]: 1 if it always raises the measure.
    """

    in_sd: float
    low: float
    high: float
    moved: float
    direction: float

    @property
    def matters(self) -> bool:
        """Large enough, and not by chance alone."""
        return self.in_sd >= MATTERS and self.low > 0.0


Sizes = dict[str, dict[str, Size]]
"""By parameter and measure."""


def pool(found: Sequence[Effects]) -> Sizes:
    """Effects over all settings that have a parameter, each setting alike."""
    sizes: Sizes = {}
    for path in dict.fromkeys(path for effects in found for path in effects.paths):
        having = [(e, list(e.paths).index(path)) for e in found if path in e.paths]
        excess = np.array([e.excess[:, f] for e, f in having])  # [setting, trajectory, measure]
        effect = np.array([e.mean[:, f] / e.scale for e, f in having])
        picks = resample(excess.shape[1])
        again = excess.mean(axis=0)[picks].mean(axis=1)
        low, high = np.quantile(again, [0.025, 0.975], axis=0)
        size = np.abs(effect).mean(axis=(0, 1))
        direction = effect.mean(axis=(0, 1)) / np.where(size > 0.0, size, 1.0)
        roots = [np.sqrt(np.maximum(x, 0.0)) for x in (excess.mean(axis=(0, 1)), low, high)]
        moved = np.array([e.moved[f] for e, f in having]).max(axis=0)
        columns = (*roots, moved, direction)
        sizes[path] = {measure: Size(*(float(c[m]) for c in columns)) for m, measure in enumerate(MEASURES)}
    return sizes


def verdict(sizes: dict[str, Size]) -> str:
    """'matters', 'never seen to matter' or 'moves nothing'."""
    if all(size.moved == 0.0 for size in sizes.values()):
        return "moves nothing"
    return "matters" if any(s.matters for s in sizes.values()) else "never seen to matter"
