"""Elementary effects of a Morris design: what a move over the whole range of a parameter changes.

An elementary effect is the change of an outcome over the length of a step, at one place of the
parameters' space. `mu_star`, the mean of its size, ranks parameters; `mu`, its mean, says in which
direction; `sigma`, its standard deviation, how much it depends on the place [morris1991;
campolongo2007].
"""

from __future__ import annotations

import numpy as np

from partnersim.analysis.resampling import weighted_means
from partnersim.runs.measures import Floats, Wholes


def estimate_effects(means: Floats, counts: Floats, moved: Wholes, signs: Floats, n_levels: int) -> Floats:
    """Estimate elementary effects for each of some resamples of trajectories.

    Parameters
    ----------
    means
        float64[n_trajectories, n_groups + 1].
    counts
        float64[n_resamples, n_trajectories]: how often each trajectory counts.
    moved
        int64[n_trajectories, n_groups]: which group moves at each step.
    signs
        float64[n_trajectories, n_groups]: 1 where it moves up, -1 where it moves down.
    n_levels
        Levels of the grid that trajectories walk on.

    Returns
    -------
    float64[n_resamples, 3 * n_groups]
        `mu_star`, `mu` and `sigma` of each group, one after another.
    """
    step = n_levels / (2 * (n_levels - 1))  # its length, as a share of the range
    effects = np.empty(moved.shape)
    np.put_along_axis(effects, moved, signs * np.diff(means, axis=1) / step, axis=1)
    found = weighted_means(np.hstack([np.abs(effects), effects, effects**2]), counts)
    size, mean, square = np.split(found, 3, axis=1)
    n = len(means)
    spread = np.sqrt(np.maximum(square - mean**2, 0.0) * n / (n - 1))
    return np.hstack([size, mean, spread])
