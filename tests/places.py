"""Small places to try one thing at a time in, and what two states have in common."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numba
import numpy as np
from pytest import approx

from partnersim.model import initial
from partnersim.model.draws import root
from partnersim.model.record import array_of, new_record
from partnersim.model.schedule import MONTH, simulate, start, step
from partnersim.model.series import SERIES
from partnersim.model.state import STATE
from partnersim.model.variants import SLOTS
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.translate import PARAMETERS, to_parameters

if numba.config.DISABLE_JIT:
    np.seterr(over="ignore")  # the arithmetic of draws is meant to wrap

NAMES = "abcdefghij"
PROCESSES = {row.name: row for row in MONTH}
"""Each process of the month by its name, in order."""

WORKINGS = {
    *("agreement", "displayed", "guarded", "horizons_apart", "joint_value", "mix_length", "misread"),
    *("need", "net", "objectives_length", "price", "reliance", "touched", "trust_term"),
}
"""Fields that hold intermediate results: they follow from the others."""


def near(expected: Any, relative: float = 1e-12, absolute: float = 1e-13) -> Any:
    """Equal but for rounding."""
    return approx(expected, rel=relative, abs=absolute)


ROUND = {
    "vision": {"size": 240.0},
    "programme": {"initiative_size": 10.0, "complementarity": -2.0, "diminishing": 0.5},
    "trust": {"rate": 0.15, "news_asymmetry": 2.0, "deeds": 0.5, "disposition": 0.27},
    "relations": {"issue_rate": 0.15, "flare_loss": 0.08},
    "decision": {
        "sharpness": 5.0,
        "mandate": 0.15,
        "value_alone": 0.2,
        "cost_pressure": 0.1,
        "resentment": 0.05,
    },
    "pressure": {"relief": 0.5},
    "commitment": {"pull": 0.05, "alone": 0.48, "identification": 0.093},
    "place": {"reach": 0.46, "embedding_months": 14.0, "erosion_rate": 0.004},
    "turnover": {"rate": 0.015},
}
"""What the tuning sets, in numbers with which one can reckon by hand: the defaults are other ones."""


class World(NamedTuple):
    """A partnership and the rules that it lives by: records of STATE and PARAMETERS."""

    state: Any
    p: Any


def place(n: int = 3, changes: dict[str, Any] | None = None, **sections: Any) -> Scenario:
    """n organisations named a, b, c ..., alike in all that is not changed, with round numbers."""
    organisations = [{"name": name} for name in NAMES[:n]]
    tables = {name: table | sections.pop(name, {}) for name, table in ROUND.items()}
    scenario = Scenario.model_validate({"organisations": organisations} | tables | sections)
    return scenario.replace(changes or {})


def begin(scenario: Scenario, months: int = 0, seed: int = 1, replicate: int = 0) -> World:
    """A place as it is at the start, or after some months."""
    world = World(new_record(STATE), to_parameters(scenario))
    start(world.state, world.p, root(seed), replicate)
    for _ in range(months):
        step(*world)
    return world


def unrested(scenario: Scenario, seed: int = 1, replicate: int = 0) -> World:
    """A place in month 0 as it set out: without the months in which it comes to rest."""
    world, draw = World(new_record(STATE), to_parameters(scenario)), SLOTS["begin"].default
    initial.set_out(draw, *world, root(seed), replicate)
    world.state.month[0] = 0
    initial.begin_counting(draw, *world)
    return world


def quiet(n: int = 3, changes: dict[str, Any] | None = None, **sections: Any) -> World:
    """A place without luck that has not yet come to rest: every draw is its expectation."""
    return unrested(place(n, changes, **{"luck": 0.0} | sections))


def run(world: World, *names: str) -> World:
    """The world after some processes of a month, in Python as they are written."""
    for name in names:
        row = PROCESSES[name]
        row.process(*[SLOTS[row.slot].default] if row.slot else [], *world)
    return world


def copied(world: World) -> World:
    """The same world once more."""
    state, p = new_record(STATE), new_record(PARAMETERS)
    copy_fields(world.state, state, STATE.names)
    copy_fields(world.p, p, PARAMETERS.names)
    return World(state, p)


def copy_fields(source: Any, target: Any, names: Iterable[str]) -> None:
    """Write some fields of a record into another."""
    for name in names:
        target[name] = source[name]


def changed(before: Any, after: Any) -> set[str]:
    """Names of the fields in which two records differ, if in a single bit."""
    one, other = (array_of(record).view(np.uint8) for record in (before, after))
    names, fields = before.dtype.names, before.dtype.fields
    offsets = [fields[name][1] for name in names]
    suspect = np.unique(np.searchsorted(offsets, np.flatnonzero(one != other), side="right") - 1)
    # Zeros of either sign are the same number.
    return {names[at] for at in suspect if not np.array_equal(before[names[at]], after[names[at]])}


def changed_by(world: World, *names: str) -> set[str]:
    """Names of the fields of the state that some processes of a month write otherwise, if in a single bit."""
    before = copied(world).state
    return changed(before, run(world, *names).state)


def series_of(scenario: Scenario, n: int = 1, seed: int = 1, first: int = 0) -> dict[str, Any]:
    """What is observed in n replicates, by name: float64[n, months + 1]."""
    series = np.empty((n, scenario.months + 1, len(SERIES)))
    detail = np.empty((n, scenario.months + 1, 0))
    simulate(new_record(STATE), to_parameters(scenario), root(seed), first, series, detail)
    return {name: series[..., at] for at, name in enumerate(SERIES)}


def differing(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    """Names of the series in which two runs differ, if in a single bit."""
    return {name for name in one if not np.array_equal(one[name], other[name])}
