"""Runs of many short scenarios at little cost, chance that is no part of the model, and estimates.

The numbers are those of `partnersim.run` (a test compares them), without what it does for a user:
threads, measures, a check of the whole scenario. A tuning asks for thirty arms at each of thousands
of points, and with twenty replicates of each all that would take as long as the runs themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from experiments.patterns.estimates import N_RESAMPLES, Estimate, Floats, estimate
from partnersim.model import schedule
from partnersim.model.draws import root
from partnersim.model.record import new_record
from partnersim.model.series import SERIES
from partnersim.model.state import STATE
from partnersim.model.work import board_consent
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.translate import Translator

ASKED = 20
"""Replicates in which boards are asked for their chance of consent, at most."""


@dataclass(frozen=True)
class Look:
    """How hard to look, and what is seen, one scenario after another; for one thread.

    Attributes
    ----------
    seed, first, replicates
        Of the runs: replicates `first` to `first` + `replicates` - 1.
    resamples
        For the intervals; with 0 there are none.
    beside
        Whether to find also what has no band and needs runs of its own.
    """

    seed: int = 1
    replicates: int = 200
    resamples: int = N_RESAMPLES
    first: int = 0
    beside: bool = True
    _kept: list[tuple[Scenario, Floats]] = field(default_factory=list, init=False, compare=False, repr=False)

    @cached_property
    def _state(self) -> Any:
        return new_record(STATE)

    @cached_property
    def _translator(self) -> Translator:
        return Translator()

    def keep(self, scenario: Scenario, months: int) -> None:
        """Run a scenario once for all that will ask for some of its first months."""
        self._kept[:] = [(scenario, self._run(scenario, months))]

    def run(self, scenario: Scenario, months: int, *names: str) -> dict[str, Floats]:
        """Run the first months of a scenario: float64[replicate, months + 1] for each series."""
        return _by_name(self._run(scenario, months), names)

    def run_each(self, scenarios: Sequence[Scenario], months: int, *names: str) -> dict[str, Floats]:
        """Run a scenario of its own for each replicate."""
        rows = np.empty((self.replicates, months + 1, len(SERIES)))
        for k, scenario in enumerate(scenarios):
            self._fill(rows[k : k + 1], scenario, self.first + k)
        return _by_name(rows, names)

    def consent_chances(self, scenario: Scenario, months: int) -> Floats:
        """Each board's monthly chance of consent after some months: float64[replicate, board].

        The model's own function is asked; a mean over the initiatives that need the board. Of the
        first replicates only: chances hardly differ, and asking takes long.
        """
        parameters = self._translator.write(scenario.model_copy(update={"months": months}))
        n_boards, n_initiatives = scenario.n_organisations, scenario.programme.n_simultaneous
        chances = np.empty((min(self.replicates, ASKED), n_boards))
        row, no_detail = np.empty((1, months + 1, len(SERIES))), np.empty((1, months + 1, 0))
        for k in range(len(chances)):
            schedule.simulate(self._state, parameters, root(self.seed), self.first + k, row, no_detail)
            for i in range(n_boards):
                needed = [m for m in range(n_initiatives) if self._state.needs[m, i] > 0.0]
                found = [board_consent(i, m, self._state, parameters) for m in needed or range(n_initiatives)]
                chances[k, i] = np.mean(found)
        return chances

    def _run(self, scenario: Scenario, months: int) -> Floats:
        for kept, rows in self._kept:
            if months < rows.shape[1] and kept == scenario:
                return rows[:, : months + 1]
        rows = np.empty((self.replicates, months + 1, len(SERIES)))
        self._fill(rows, scenario, self.first)
        return rows

    def _fill(self, rows: Floats, scenario: Scenario, first: int) -> None:
        # What would begin after the last month does no harm: it is never reached.
        shorter = scenario.model_copy(update={"months": rows.shape[1] - 1})
        parameters = self._translator.write(shorter)
        no_detail = np.empty((*rows.shape[:2], 0))
        schedule.simulate(self._state, parameters, root(self.seed), first, rows, no_detail)

    def uniform(self, *purpose: int) -> Floats:
        """Chance that is no part of the model, from 0 to 1, for each replicate."""
        return self._rng(*purpose).random(self.first + self.replicates)[self.first :]

    def normal(self, *purpose: int) -> Floats:
        """Such chance with mean 0 and deviation 1."""
        return self._rng(*purpose).standard_normal(self.first + self.replicates)[self.first :]

    def _rng(self, *purpose: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *purpose])

    def estimate(self, statistic: Callable[..., Any], *columns: Floats) -> Estimate:
        """A number over replicates with its interval."""
        return estimate(statistic, *columns, seed=self.seed, resamples=self.resamples)

    def mean(self, values: Floats) -> Estimate:
        """A mean over replicates with its interval."""
        return self.estimate(np.mean, values)


def _by_name(rows: Floats, names: Sequence[str]) -> dict[str, Floats]:
    """Some series of float64[replicate, month, series]."""
    return {name: rows[:, :, SERIES.index(name)] for name in names}
