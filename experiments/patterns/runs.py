"""Runs of many short scenarios at little cost.

The numbers are those of `partnersim.run` (a test compares them), without what it does for a user:
threads, measures, a check of the whole scenario. A tuning asks for thirty arms at each of thousands
of points, and with twenty replicates of each all that would take as long as the runs themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.patterns.estimates import Floats
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


class Runner:
    """Runs scenarios one after another, for one thread.

    Parameters
    ----------
    seed
        Of all runs.
    first, replicates
        Replicates `first` to `first` + `replicates` - 1 are run.
    """

    def __init__(self, seed: int, first: int, replicates: int) -> None:
        self._root = root(seed)
        self._replicates = range(first, first + replicates)
        self._state = new_record(STATE)
        self._translator = Translator()
        self._kept: tuple[Scenario, Floats] | None = None

    def keep(self, scenario: Scenario, months: int) -> None:
        """Run a scenario once for all that will ask for some of its first months."""
        self._kept = None
        self._kept = scenario, self._run(scenario, months)

    def run(self, scenario: Scenario, months: int, names: Sequence[str]) -> dict[str, Floats]:
        """Run the first months of a scenario: float64[replicate, months + 1] for each series."""
        return _by_name(self._run(scenario, months), names)

    def run_each(self, scenarios: Sequence[Scenario], months: int, names: Sequence[str]) -> dict[str, Floats]:
        """Run a scenario of its own for each replicate."""
        rows = np.empty((len(self._replicates), months + 1, len(SERIES)))
        for k, (replicate, scenario) in enumerate(zip(self._replicates, scenarios, strict=True)):
            self._fill(rows[k : k + 1], scenario, replicate)
        return _by_name(rows, names)

    def consent_chances(self, scenario: Scenario, months: int) -> Floats:
        """Each board's monthly chance of consent after some months: float64[replicate, board].

        The model's own function is asked; a mean over the initiatives that need the board. Of the
        first replicates only: chances hardly differ, and asking takes long.
        """
        parameters = self._translator.write(scenario.model_copy(update={"months": months}))
        n_boards, n_initiatives = scenario.n_organisations, scenario.programme.n_simultaneous
        replicates = self._replicates[:ASKED]
        chances = np.empty((len(replicates), n_boards))
        row, no_detail = np.empty((1, months + 1, len(SERIES))), np.empty((1, months + 1, 0))
        for k, replicate in enumerate(replicates):
            schedule.simulate(self._state, parameters, self._root, replicate, row, no_detail)
            for i in range(n_boards):
                needed = [m for m in range(n_initiatives) if self._state.needs[m, i] > 0.0]
                found = [board_consent(i, m, self._state, parameters) for m in needed or range(n_initiatives)]
                chances[k, i] = np.mean(found)
        return chances

    def _run(self, scenario: Scenario, months: int) -> Floats:
        if self._kept is not None:
            kept, rows = self._kept
            if months < rows.shape[1] and kept == scenario:
                return rows[:, : months + 1]
        rows = np.empty((len(self._replicates), months + 1, len(SERIES)))
        self._fill(rows, scenario, self._replicates.start)
        return rows

    def _fill(self, rows: Floats, scenario: Scenario, first: int) -> None:
        # What would begin after the last month does no harm: it is never reached.
        shorter = scenario.model_copy(update={"months": rows.shape[1] - 1})
        parameters = self._translator.write(shorter)
        no_detail = np.empty((*rows.shape[:2], 0))
        schedule.simulate(self._state, parameters, self._root, first, rows, no_detail)


def _by_name(rows: Floats, names: Sequence[str]) -> dict[str, Floats]:
    """Some series of float64[replicate, month, series]."""
    return {name: rows[:, :, SERIES.index(name)] for name in names}
