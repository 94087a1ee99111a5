"""From a point of a design to what the compiled core reads, cheaply.

A run takes about a millisecond, so a point must not. Two things make it cheap, and neither knows
a second way to do what `Scenario.replace` and `to_parameters` do: only the parts of a scenario
that change are checked, and only these are translated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from partnersim.scenario.translate import Translator
from partnersim.sweep.plan import Plan


class PointMaker:
    """Makes points of a plan ready to run, one after another; for one thread.

    Parameters
    ----------
    plan
        Where the arms and their scenarios come from.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        # One for each arm: points of an arm differ in less than arms do.
        self._translators = {arm: Translator() for arm in plan.arms_by_name}

    def make(self, arm: str, values: Mapping[str, Any]) -> np.record:
        """Make one arm at one point ready.

        Gives a record of `scenario.translate.PARAMETERS`; the next point of the same arm
        overwrites it.

        Parameters
        ----------
        arm
            Its name.
        values
            Value of each parameter by path, as `Design.points` gives them.

        Raises
        ------
        partnersim.ScenarioError
            Where the values do not fit together; the next point is not affected.
        """
        return self._translators[arm].write(self._plan.scenario_for(arm, values))
