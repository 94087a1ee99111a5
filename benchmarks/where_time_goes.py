"""How long each process of `partnersim.model.schedule` takes, in whole runs.

The month is compiled once more with a reading of the clock after each process, so that each is
timed on the states of real runs, compiled and inlined as it is in them. What a reading itself
takes is measured beside them and taken off. The clock is that of the thread, which stands still
while others have the core.
"""

from __future__ import annotations

import ctypes
import time
from typing import Any

import numba
import numpy as np

from partnersim.model.constants import REST_MONTHS
from partnersim.model.draws import root
from partnersim.model.record import array_of, new_record
from partnersim.model.schedule import COMPILED, END, MONTH
from partnersim.model.state import STATE
from partnersim.model.variants import SLOTS
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.translate import to_parameters

CLOCK = getattr(time, "CLOCK_THREAD_CPUTIME_ID", None)  # there is none on Windows

SOURCE = """
def timed_runs(states, parameters, root, n_runs, totals, clock):
    state, p = states[0], parameters[0]
    for replicate in range(n_runs):
        set_out(states, parameters, root, replicate)
        for _ in range(rest):
            perform_rows(0, end, states, parameters)
        begin_counting(states, parameters)
        for _ in range(p.months):
            before = now(clock)
{readings}
            totals[{n}] += now(clock) - before
            state.month[0] += 1
"""

READING = """            {call}
            after = now(clock)
            totals[{k}] += after - before
            before = after"""


def compile_timed_runs() -> tuple[tuple[str, ...], Any]:
    """The names of the processes in order, and the runs that time them."""
    read_clock = ctypes.CDLL(None).clock_gettime
    read_clock.argtypes, read_clock.restype = (ctypes.c_int, ctypes.c_void_p), ctypes.c_int
    which = CLOCK

    @numba.njit(nogil=True)
    def now(clock: np.ndarray) -> int:
        read_clock(which, clock.ctypes)
        return clock[0] * 1_000_000_000 + clock[1]

    names = tuple(row.name for row in MONTH)
    given = (f"{row.slot}, " if row.slot else "" for row in MONTH)
    calls = (f"{name}({slot}state, p)" for name, slot in zip(names, given, strict=True))
    readings = "\n".join(READING.format(call=call, k=k) for k, call in enumerate(calls))
    scope: dict[str, Any] = {row.name: row.process for row in MONTH}
    scope |= {name: slot.default for name, slot in SLOTS.items()}
    scope |= {"now": now, "rest": REST_MONTHS, "end": END, "perform_rows": COMPILED.perform_rows}
    scope |= {"set_out": COMPILED.set_out, "begin_counting": COMPILED.begin_counting}
    exec(SOURCE.format(readings=readings, n=len(names)), scope)
    return names, numba.njit(nogil=True, error_model="numpy")(scope["timed_runs"])


def time_processes(scenario: Scenario, n_runs: int, rounds: int = 5) -> dict[str, float]:
    """Milliseconds a run of each process, longest first; medians over rounds.

    A process that has several places in the schedule is counted together.
    """
    if CLOCK is None:
        return {}
    names, timed_runs = compile_timed_runs()
    states, parameters = array_of(new_record(STATE)), array_of(to_parameters(scenario))
    seed = root(1)
    clock = np.zeros(2, np.int64)
    measured = []
    for round_ in range(rounds + 1):  # the first compiles
        totals = np.zeros(len(names) + 1, np.int64)
        timed_runs(states, parameters, seed, n_runs if round_ else 1, totals, clock)
        measured.append(totals / n_runs / 1e6)
    milliseconds = np.median(measured[1:], axis=0)
    reading = milliseconds[-1]
    times: dict[str, float] = {}
    for name, taken in zip(names, milliseconds[:-1], strict=True):
        times[name] = times.get(name, 0.0) + max(float(taken - reading), 0.0)
    return dict(sorted(times.items(), key=lambda item: -item[1]))
