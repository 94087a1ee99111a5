"""One at a time: each number at the ends of its prior range, all others at their defaults.

The screening says what matters anywhere in the space of what is plausible, this what matters where
the model stands today, and in which direction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

import partnersim
from experiments.screening.design import Floats, Prior, Setting, changes_of
from experiments.screening.effects import MEASURES, SEED
from partnersim.runs.measures import MEASURES as DECLARED

REPLICATES = 60


class Change(NamedTuple):
    """What one end of a prior changes in one measure, over pairs of runs that share their luck."""

    setting: str
    parameter: str
    value: float
    measure: str
    mean: float
    error: float
    """Standard error of the mean."""


HEAD = Change._fields


def measure(scenario: partnersim.Scenario, replicates: int) -> Floats:
    """The measures of each replicate: float64[measure, replicate]."""
    found = partnersim.run(scenario, replicates, SEED, series=False, workers=1).measures
    return np.array(
        [
            np.where(np.isnan(found[name]), scenario.months, found[name])
            if DECLARED[name].is_censored
            else found[name]
            for name in MEASURES
        ]
    )


def look(plans: Sequence[tuple[Setting, Sequence[Prior]]], replicates: int = REPLICATES) -> Iterator[Change]:
    """Both ends of each prior; a coordinator's where there is one, all others where none is."""
    for setting, priors in plans:
        base = measure(setting.scenario, replicates)
        for prior in priors:
            if prior.path.startswith("coordinators.") != bool(setting.scenario.coordinators):
                continue
            for value in (prior.low, prior.high):
                moved = setting.scenario.replace(changes_of(prior, value, setting.scenario))
                apart = measure(moved, replicates) - base
                error = apart.std(axis=1, ddof=1) / np.sqrt(replicates)
                for name, mean, e in zip(MEASURES, apart.mean(axis=1), error, strict=True):
                    yield Change(setting.name, prior.path, value, name, float(mean), float(e))


def rows(changes: Sequence[Change]) -> Iterator[tuple[Any, ...]]:
    """Rows of a table, means to three digits."""
    for change in changes:
        yield (*change[:4], float(f"{change.mean:.3g}"), float(f"{change.error:.2g}"))


def table(changes: Sequence[Change], paths: Sequence[str], measures: Sequence[str]) -> list[str]:
    """What some parameters change at their low and high ends, each mean with its error."""
    lines = [
        "| | low | high | "
        + " | ".join(f"{DECLARED[m].label}, {end}" for m in measures for end in ("low", "high"))
        + " |",
        "|---|---:|---:|" + "---:|" * 2 * len(measures),
    ]
    for path in paths:
        here = [change for change in changes if change.parameter == path]
        if not here:
            continue
        setting = here[0].setting
        ends = sorted({change.value for change in here})
        found = {(c.measure, c.value): c for c in here if c.setting == setting}
        cells = [f"{end:g}" for end in ends]
        cells += [f"{found[m, end].mean:+.3f} ± {found[m, end].error:.3f}" for m in measures for end in ends]
        lines.append(f"| `{path}` | " + " | ".join(cells).replace("-", "−") + " |")
    return lines
