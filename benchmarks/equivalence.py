"""Do the core and the plain Mesa model give the same results, as far as chance lets one see?

    python benchmarks/equivalence.py [--runs 200] [--workers 2]

Both are run on the same scenarios with independent luck. Of each series at months 12, 36, 60 and
120 the means are compared, and the spreads (the mean squared deviation), each by a z-test; p-values
are adjusted for their number by Holm's method. Exit status 1 if any is under 0.01.
"""

from __future__ import annotations

import argparse
import math
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np
from plain_mesa import read_settings, run_once
from scipy.stats import norm

import partnersim
from partnersim.model.series import SERIES
from partnersim.scenario.arms import arm
from partnersim.scenario.scenario import Scenario

MONTHS = (12, 36, 60, 120)
SIGNIFICANT = 0.01
SEED_OF_CORE = 20_000  # far from the seeds of the plain model, though nothing depends on it
NO_DIFFERENCE = 1.0e-9  # of numbers in which there is no chance


class Test(NamedTuple):
    """One comparison."""

    scenario: str
    series: str
    month: int
    moment: str  # "mean" or "spread"
    core: float
    plain: float
    z: float
    p_adjusted: float = 1.0


def cases() -> dict[str, Scenario]:
    """Scenarios that between them have everything that the plain model has."""
    place = Scenario.load("integrated-care")
    arms = ("no-coordinator", "coordinator", "hosted-coordinator", "all-remedies")
    return {
        **{f"integrated-care, {name}": arm(place, name)[1] for name in arms},
        "canterbury": Scenario.load("canterbury"),
        "torbay": Scenario.load("torbay"),
    }


def run_core(scenario: Scenario, runs: int) -> np.ndarray:
    """Series of the core: float64[runs, months + 1, len(SERIES)]."""
    results = partnersim.run(scenario, runs, SEED_OF_CORE, series=SERIES)
    return np.stack([results.series[name] for name in SERIES], axis=-1)


def run_plain_once(scenario: Scenario, seed: int) -> list[list[float]]:
    """Series of one run of the plain model: [months + 1][len(SERIES)]."""
    history = run_once(read_settings(scenario), seed)
    return [[float(row[name]) for name in SERIES] for row in history]


def run_plain(scenario: Scenario, runs: int, workers: int = 1) -> np.ndarray:
    """Series of the plain model: float64[runs, months + 1, len(SERIES)]."""
    run_once = partial(run_plain_once, scenario)
    if workers == 1:
        return np.array([run_once(seed) for seed in range(runs)])
    with ProcessPoolExecutor(workers) as pool:
        return np.array(list(pool.map(run_once, range(runs), chunksize=5)))


def z_of_means(a: np.ndarray, b: np.ndarray) -> float:
    """Difference of two means in standard errors; where there is no chance, 0 or infinite."""
    difference = a.mean() - b.mean()
    error = math.sqrt(a.var(ddof=1) / a.size + b.var(ddof=1) / b.size)
    size = max(abs(a.mean()), abs(b.mean()), 1.0)
    if error <= NO_DIFFERENCE * size:
        return 0.0 if abs(difference) <= NO_DIFFERENCE * size else math.inf
    return float(difference / error)


def squared_deviations(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) ** 2


def compare(name: str, core: np.ndarray, plain: np.ndarray) -> list[Test]:
    """Tests of one scenario, at each of `MONTHS` that it has."""
    tests = []
    for month in (m for m in MONTHS if m < core.shape[1]):
        for k, series in enumerate(SERIES):
            a, b = core[:, month, k], plain[:, month, k]
            for moment, x, y in (("mean", a, b), ("spread", squared_deviations(a), squared_deviations(b))):
                z = z_of_means(x, y)
                tests.append(Test(name, series, month, moment, x.mean(), y.mean(), z))
    return tests


def adjust(tests: list[Test]) -> list[Test]:
    """Holm's adjustment of the p-values; most remarkable first."""
    ordered = sorted(tests, key=lambda test: -abs(test.z))
    adjusted, largest = [], 0.0
    for rank, test in enumerate(ordered):
        p = 2.0 * float(norm.sf(abs(test.z)))
        largest = max(largest, min(1.0, p * (len(ordered) - rank)))
        adjusted.append(test._replace(p_adjusted=largest))
    return adjusted


def differences(tests: list[Test]) -> list[Test]:
    """Tests whose difference chance does not explain."""
    return [test for test in tests if test.p_adjusted < SIGNIFICANT]


def report(tests: list[Test], runs: int) -> str:
    """What was found, as a Markdown table of the ten largest differences."""
    worst = tests[0]
    lines = [
        f"{len(tests)} tests, {runs} runs of each model for each scenario: "
        f"largest |z| {abs(worst.z):.2f}, smallest adjusted p {worst.p_adjusted:.3g}, "
        f"{len(differences(tests))} under {SIGNIFICANT}.",
        "",
        "| scenario | series | month | moment | core | plain Mesa | z | adjusted p |",
        "|---|---|---:|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {t.scenario} | {t.series} | {t.month} | {t.moment} | {t.core:.4g} | {t.plain:.4g} "
        f"| {t.z:.2f} | {t.p_adjusted:.3g} |"
        for t in tests[:10]
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=200, help="of each model and scenario")
    parser.add_argument("--workers", type=int, default=2, help="processes for the plain model")
    parser.add_argument("--only", default="", help="only scenarios whose name contains this")
    options = parser.parse_args()
    tests = []
    for name, scenario in cases().items():
        if options.only in name:
            print(f"{name} ...", file=sys.stderr, flush=True)
            core = run_core(scenario, options.runs)
            plain = run_plain(scenario, options.runs, options.workers)
            tests += compare(name, core, plain)
    tests = adjust(tests)
    print(report(tests, options.runs))
    return 1 if differences(tests) else 0


if __name__ == "__main__":
    sys.exit(main())
