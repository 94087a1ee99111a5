"""Do the core and the plain Mesa model give the same results?

    python benchmarks/equivalence.py [--runs 200] [--workers 2]

First with the chance taken out: in each month all that is drawn is the same number, for both. Then
every series must be the same but for rounding. That says nothing of whether draws are independent
where they should be; so both are run with luck of their own too. Of each series at months 12, 36,
60 and 120 the means are compared, and the spreads (the mean squared deviation), each by a z-test;
p-values are adjusted for their number by Holm's method. Exit status 1 if any is under 0.01, or if
anything differs without chance.
"""

from __future__ import annotations

import argparse
import inspect
import math
import random
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
from plain_mesa import PlainPartnership, read_settings, run_once
from scipy.stats import norm

import partnersim
from partnersim.model import schedule
from partnersim.model.constants import REST_MONTHS
from partnersim.model.draws import START_PAIR, START_TRUST, TABLE, root
from partnersim.model.record import array_of, new_record
from partnersim.model.series import SERIES
from partnersim.model.state import STATE
from partnersim.model.variants import SLOTS
from partnersim.scenario.arms import arm
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.translate import to_parameters

MONTHS = (12, 36, 60, 120)
SIGNIFICANT = 0.01
SEED_OF_CORE = 20_000  # far from the seeds of the plain model, though nothing depends on it
NO_DIFFERENCE = 1.0e-9  # of numbers in which there is no chance
POWERS = (1.0, 3.0, 1.0 / 3.0)


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
        "two-layer theory": place.replace({"trust.theory": "two-layer"}),
        "loyalty theory": place.replace({"trust.theory": "loyalty"}),
        "stated start": place.replace({"starting.trust": 0.7, "starting.contribution": 0.2}),
        "canterbury": Scenario.load("canterbury"),
        "torbay": Scenario.load("torbay"),
    }


# Without chance -----------------------------------------------------------------------------


class OneNumberAMonth(random.Random):
    """Gives the same number whenever it is asked in a month."""

    def __init__(self, numbers: np.ndarray) -> None:
        super().__init__()
        self.numbers, self.month = numbers.tolist(), -REST_MONTHS

    def random(self) -> float:
        return self.numbers[self.month + REST_MONTHS]

    def gauss(self, mu: float = 0.0, sigma: float = 1.0) -> float:
        number = self.random()
        return mu + sigma * math.sqrt(-2.0 * math.log(number)) * math.cos(2.0 * math.pi * number)


def run_plain_on(numbers: np.ndarray, scenario: Scenario) -> np.ndarray:
    """Series of the plain model with these numbers for its luck: float64[months + 1, len(SERIES)]."""
    luck = OneNumberAMonth(numbers)

    class Likewise(PlainPartnership):
        random = property(lambda _: luck, lambda *_: None)
        month = property(lambda _: luck.month, lambda _, month: setattr(luck, "month", month))

    model = Likewise(read_settings(scenario))
    for _ in range(scenario.months):
        model.step()
    return np.array([[float(row[name]) for name in SERIES] for row in model.history])


def run_core_on(numbers: np.ndarray, scenario: Scenario) -> np.ndarray:
    """Series of the core, as it is written and not compiled, with these numbers for its luck.

    What the core draws at an address without a month is the number of the month in which it was
    first drawn there; chance at the table begins anew with the months that count.
    """
    state, parameters = new_record(STATE), to_parameters(scenario)
    series, detail = np.empty((1, scenario.months + 1, len(SERIES))), np.empty((1, scenario.months + 1, 0))
    kept: dict[Any, float] = {}

    def now(*_: Any) -> float:
        return float(numbers[state.month[0] + REST_MONTHS])

    def uniform(keys: Any, stream: int, month: int, purpose: int, *which: int) -> float:
        if purpose not in (TABLE, START_PAIR, START_TRUST):
            return now()
        return kept.setdefault((purpose, purpose == TABLE and state.month[0] < 0, *which), now())

    slots = {name: slot.default for name, slot in SLOTS.items()}
    begins = (schedule._setting_out(slots["begin"]), schedule._counting(slots["begin"]))
    run = schedule._simulating(*begins, schedule._in_order(slots))
    with ExitStack() as patches:
        plain = inspect.unwrap(schedule.write_observed)
        patches.enter_context(patch.object(schedule, "write_observed", plain))
        for name, module in sys.modules.items():
            for draw in (uniform, now):
                what = "uniform" if draw is uniform else "of_layer"
                if name.startswith("partnersim.model.") and hasattr(module, what):
                    patches.enter_context(patch.object(module, what, draw))
        run(array_of(state), array_of(parameters), root(0), 0, series, detail)
    return series[0]


def largest_difference(scenario: Scenario, seed: int, power: float = 1.0) -> float:
    """How far any series of the two models are apart in any month, against 1 or their size.

    Powers above 1 make what is unlikely happen often, those below 1 what is likely fail.
    """
    numbers = np.random.default_rng(seed).random(REST_MONTHS + scenario.months + 1) ** power
    core, plain = run_core_on(numbers, scenario), run_plain_on(numbers, scenario)
    return float(np.max(np.abs(core - plain) / np.maximum(np.abs(core), 1.0)))


# With chance --------------------------------------------------------------------------------


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
    tests, apart = [], 0.0
    for name, scenario in cases().items():
        if options.only in name:
            print(f"{name} ...", file=sys.stderr, flush=True)
            apart = max(apart, *(largest_difference(scenario, 1, power) for power in POWERS))
            core = run_core(scenario, options.runs)
            plain = run_plain(scenario, options.runs, options.workers)
            tests += compare(name, core, plain)
    tests = adjust(tests)
    print(f"Without chance the models are apart by {apart:.1g} at most.", report(tests, options.runs))
    return 1 if differences(tests) or apart > NO_DIFFERENCE else 0


if __name__ == "__main__":
    sys.exit(main())
