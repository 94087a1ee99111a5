"""Measure all but sweeps and the app: python benchmarks/run.py [--quick] [--only SECTION] [--out FOLDER]

Writes results.md and results.json beside this file; with --quick (fewer rounds and runs) or --only it
prints, and writes only where --out is given.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from measuring import (
    HERE,
    Goal,
    Task,
    alternate,
    describe_machine,
    measure_sections,
    publish,
    ratio,
    read_options,
    take,
    write_report,
)
from plain_mesa import read_settings, run_once
from where_time_goes import time_processes

import partnersim
from partnersim import PartnershipModel
from partnersim.mesa.agents import View
from partnersim.model import compile_all
from partnersim.model.draws import root
from partnersim.model.native.library import load
from partnersim.model.observe import write_observed
from partnersim.model.record import array_of, new_record
from partnersim.model.schedule import COMPILED, END, MODEL, simulate, start
from partnersim.model.series import SERIES
from partnersim.model.state import STATE
from partnersim.runs.measures import measure
from partnersim.scenario.arms import arm
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.translate import PARAMETERS, to_parameters

PLACE = "integrated-care"
WITHOUT, WITH = "no-coordinator", "coordinator"


class Size(NamedTuple):
    """How much is measured."""

    rounds: int
    core_runs: int  # of the core in a round
    plain_runs: int  # of the plain Mesa model in a round
    ensemble_runs: int
    memory_runs: int
    starts: int  # of the interpreter
    n_organisations: tuple[int, ...]
    months: tuple[int, ...]
    n_coordinators: tuple[int, ...]
    scaling_seconds: float  # for each point and round
    scaling_rounds: int
    has_compilation: bool


FULL = Size(
    rounds=9,
    core_runs=1000,
    plain_runs=3,
    ensemble_runs=2000,
    memory_runs=100_000,
    starts=7,
    n_organisations=(2, 3, 4, 6, 10, 16, 25, 35, 50),
    months=(12, 24, 60, 120, 240, 600),
    n_coordinators=(0, 1, 2, 4, 7, 10),
    scaling_seconds=0.3,
    scaling_rounds=5,
    has_compilation=True,
)
QUICK = Size(
    rounds=3,
    core_runs=200,
    plain_runs=1,
    ensemble_runs=400,
    memory_runs=10_000,
    starts=3,
    n_organisations=(2, 6, 16, 50),
    months=(12, 120, 600),
    n_coordinators=(0, 1, 10),
    scaling_seconds=0.05,
    scaling_rounds=3,
    has_compilation=False,
)


# Measuring ----------------------------------------------------------------------------------


def core_runs(scenario: Scenario, n: int) -> Task:
    """A task: n runs of the core alone, on one thread, their series written."""
    parameters, state, seed = to_parameters(scenario), new_record(STATE), root(1)
    series = np.empty((n, scenario.months + 1, len(SERIES)))
    detail = np.empty((n, scenario.months + 1, 0))
    return lambda: simulate(state, parameters, seed, 0, series, detail)


def plain_runs(scenario: Scenario, n: int) -> Task:
    """A task: n runs of the plain Mesa model."""
    settings = read_settings(scenario)
    return lambda: [run_once(settings, seed) for seed in range(n)]


def places() -> dict[str, Scenario]:
    """The place that everything is measured on, without and with a coordinator."""
    place = Scenario.load(PLACE)
    return {name: arm(place, name)[1] for name in (WITHOUT, WITH)}


def measure_against_mesa(size: Size) -> dict[str, float]:
    """Milliseconds a run of the core and of the plain Mesa model, and their ratios."""
    found: dict[str, float] = {}
    tasks: dict[str, Task] = {}
    for name, scenario in places().items():
        tasks[f"core, {name}"] = core_runs(scenario, size.core_runs)
        tasks[f"plain Mesa, {name}"] = plain_runs(scenario, size.plain_runs)
    taken = alternate(tasks, size.rounds, time.thread_time)
    for name in (WITHOUT, WITH):
        core = [seconds / size.core_runs for seconds in taken[f"core, {name}"]]
        plain = [seconds / size.plain_runs for seconds in taken[f"plain Mesa, {name}"]]
        found[f"core, {name}, ms"] = 1000.0 * statistics.median(core)
        found[f"plain Mesa, {name}, ms"] = 1000.0 * statistics.median(plain)
        found[f"ratio, {name}"] = ratio(plain, core)
    return found


def measure_machines(size: Size) -> dict[str, float]:
    """How many times faster than Numba's code the native library is: one by one, and in its lanes."""
    library = load()
    if library is None:
        return {}
    scenario, n, widest = places()[WITHOUT], size.core_runs // 8 * 8, library.lanes
    parameters, state, seed = to_parameters(scenario), array_of(new_record(STATE)), root(1)
    series = np.empty((n, scenario.months + 1, len(SERIES)))
    detail = np.empty((n, scenario.months + 1, 0))

    def replicates(machine: Any, lanes: int) -> None:
        """Replicates of one point."""
        library.lanes = lanes
        machine.run_replicates(state, array_of(parameters), seed, 0, series, detail)

    def points() -> None:
        """As many points of one replicate."""
        library.lanes = widest
        taken = [library.take(parameters)[1]] * 8
        for at in range(0, n, 8):
            rows = slice(at, at + 8)
            library.run_points(taken, seed, range(at, at + 8), series[rows], detail[rows])

    tasks: dict[str, Task] = {"Numba": lambda: replicates(COMPILED, 1)}
    tasks |= {
        f"replicates, {lanes} side by side": partial(replicates, library, lanes)
        for lanes in (1, 4, 8)
        if lanes <= widest
    }
    tasks["points, side by side"] = points
    taken = alternate(tasks, size.rounds, time.thread_time)
    library.lanes = widest
    return {f"{name}, times faster": ratio(taken["Numba"], seconds) for name, seconds in taken.items()}


def measure_ensembles(size: Size) -> dict[str, float]:
    """One worker against two, a comparison, and what the measures cost."""
    arms = places()
    n = size.ensemble_runs
    series = partnersim.run(arms[WITH], 200, series=SERIES).series

    def run_on(workers: int) -> Task:
        return lambda: partnersim.run(arms[WITH], n, series=False, workers=workers)

    taken = alternate(
        {
            "1": run_on(1),
            "2": run_on(2),
            "compare": lambda: partnersim.compare(arms, 200),
            "measures": lambda: measure(series, seed=1, first_replicate=0),
        },
        size.rounds,
    )
    return {
        "run, 1 worker, ms a run": 1000.0 * statistics.median(taken["1"]) / n,
        "run, 2 workers, ms a run": 1000.0 * statistics.median(taken["2"]) / n,
        "2 workers against 1, times faster": ratio(taken["1"], taken["2"]),
        "compare, 200 pairs, s": statistics.median(taken["compare"]),
        "measures, ms a run": 1000.0 * statistics.median(taken["measures"]) / 200,
        "measures, share of a run": ratio(
            [seconds / 200 for seconds in taken["measures"]], [seconds / n for seconds in taken["1"]]
        ),
    }


EVERYTHING = "a month, with every view of every agent, ms"
"""Of the steps of the Mesa model, the one that has all."""


def measure_stepping(size: Size) -> dict[str, float]:
    """Milliseconds of a month of the Mesa model: each row has one thing more than the row above it.

    Of whole runs; the making of the model is part of each.
    """
    scenario = places()[WITH]

    def called() -> None:
        """Make a run of calls from Python, one a month."""
        state, parameters, row = new_record(STATE), to_parameters(scenario), np.empty(len(SERIES))
        arrays = array_of(state), array_of(parameters)
        start(state, parameters, root(1), 0)
        for _ in range(scenario.months):
            MODEL.perform_rows(0, END, *arrays)
            write_observed(*arrays, row)

    def stepped(each: Callable[[PartnershipModel], object], *, collects: bool = True) -> None:
        model = PartnershipModel(scenario, rng=1)
        if not collects:
            model.datacollector = SimpleNamespace(collect=lambda _: None)
        for _ in range(scenario.months):
            each(model)

    def step_and_read_all(model: PartnershipModel) -> None:
        model.step()
        for agent in model.agents:
            for name, value in vars(type(agent)).items():
                if isinstance(value, View):
                    getattr(agent, name)

    tasks: dict[str, Task] = {
        "a month within the compiled loop, ms": core_runs(scenario, 1),
        "a month called from Python, ms": called,
        "a month without the collector, ms": partial(stepped, PartnershipModel.step, collects=False),
        "a month with the collector, ms": partial(stepped, PartnershipModel.step),
        EVERYTHING: partial(stepped, step_and_read_all),
    }
    taken = alternate(tasks, size.rounds, time.thread_time)
    return {name: 1000.0 * statistics.median(taken[name]) / scenario.months for name in tasks}


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run this Python anew, in this repository."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=HERE.parent,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)[:100]} failed:\n{done.stderr[-2000:]}")
    return done


def measure_starts(size: Size) -> dict[str, float]:
    """Seconds from nothing to done, of whole processes."""
    commands = {
        "bare interpreter": ("-c", "pass"),
        "import partnersim": ("-c", "import partnersim"),
        "--help": ("-m", "partnersim", "--help"),
        "run --replicates 1": ("-m", "partnersim", "run", PLACE, "--replicates", "1"),
    }
    taken = alternate({name: lambda c=command: python(*c) for name, command in commands.items()}, size.starts)
    found = {f"{name}, s": statistics.median(seconds) for name, seconds in taken.items()}
    for name in list(commands)[1:]:
        found[f"{name}, times the bare interpreter"] = ratio(taken[name], taken["bare interpreter"])
    beyond = [a - b for a, b in zip(taken["import partnersim"], taken["bare interpreter"], strict=True)]
    found["import partnersim beyond the bare interpreter, s"] = statistics.median(beyond)
    return found


MEMORY = """
import json, pathlib, re, resource, sys, time, partnersim
begin = time.perf_counter()
partnersim.run({place!r}, {n}, series=False)
status = pathlib.Path("/proc/self/status")
if status.exists():  # on Linux ru_maxrss starts at what the parent process had
    peak = 1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text()).group(1))
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak *= 1 if sys.platform == "darwin" else 1024
print(json.dumps([peak / 1e6, time.perf_counter() - begin, "pandas" in sys.modules]))
"""


def measure_memory(size: Size) -> dict[str, float]:
    """Most memory that many replicates take, measures only, in a process of their own."""
    printed = python("-c", MEMORY.format(place=PLACE, n=size.memory_runs)).stdout
    megabytes, seconds, has_pandas = json.loads(printed.splitlines()[-1])
    return {
        "replicates": size.memory_runs,
        "peak, MB": megabytes,
        "seconds": seconds,
        "pandas was loaded": float(has_pandas),
    }


def measure_processes(size: Size) -> dict[str, float]:
    """Milliseconds a run of each process that takes more than a hundredth of it, with a coordinator."""
    times = time_processes(places()[WITH], size.core_runs // 5, size.rounds)
    return {name: taken for name, taken in times.items() if taken > 0.01 * sum(times.values())}


def measure_compilation(size: Size) -> dict[str, float]:
    """Seconds of the first compilation, into an empty cache; too long where there is little time."""
    if not size.has_compilation:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        code = (
            "from partnersim.model import compile_all; "
            "from partnersim.scenario.translate import PARAMETERS; compile_all(PARAMETERS)"
        )
        return {"first compilation, s": take(lambda: python("-c", code, PARTNERSIM_CACHE_DIR=folder))}


# Growth -------------------------------------------------------------------------------------


def time_points(scenarios: Mapping[int, Scenario], size: Size) -> dict[int, float]:
    """Milliseconds a run of the core at each point; medians over rounds taken in turn."""
    n_runs = {}
    for x, scenario in scenarios.items():
        core_runs(scenario, 1)()
        few = take(core_runs(scenario, 5), time.thread_time) / 5
        n_runs[x] = max(2, int(size.scaling_seconds / few))
    tasks = {str(x): core_runs(scenario, n_runs[x]) for x, scenario in scenarios.items()}
    taken = alternate(tasks, size.scaling_rounds, time.thread_time)
    return {x: 1000.0 * statistics.median(taken[str(x)]) / n_runs[x] for x in scenarios}


def exponent(times: Mapping[int, float], least: int = 0) -> float:
    """Slope of log time over log size, from sizes of `least` on."""
    x = np.array([value for value in times if value >= max(least, 1)], float)
    y = np.array([times[int(value)] for value in x])
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def measure_growth(size: Size) -> dict[str, float]:
    """Milliseconds a run as organisations, months and coordinators grow."""
    drawn, place = Scenario.load("drawn"), Scenario.load(PLACE)
    names = [f"coordinator-{number}" for number in range(max(size.n_coordinators))]
    families = {
        "organisations": {n: drawn.replace({"drawn.n_organisations": n}) for n in size.n_organisations},
        "months": {months: place.replace({"months": months}) for months in size.months},
        "coordinators": {
            n: place.replace({"coordinators": [{"name": name} for name in names[:n]]})
            for n in size.n_coordinators
        },
    }
    growth: dict[str, float] = {}
    for family, scenarios in families.items():
        times = time_points(scenarios, size)
        growth |= {f"{n} {family}, ms a run": milliseconds for n, milliseconds in times.items()}
        if family == "coordinators":
            extra = {n: times[n] - times[0] for n in times if n > 0}
            growth["exponent of what coordinators add"] = exponent(extra)
            growth["ms that each coordinator adds"] = extra[max(extra)] / max(extra)
        else:
            growth[f"exponent of {family}"] = exponent(times)
        if family == "organisations":
            growth["exponent of organisations from 10 on"] = exponent(times, least=10)
    return growth


# All of it ----------------------------------------------------------------------------------


GOALS = (
    Goal("against Mesa", f"core, {WITH}, ms", "at most", 1.0),
    Goal("against Mesa", f"core, {WITHOUT}, ms", "at most", 1.0),
    Goal("against Mesa", f"ratio, {WITH}", "at least", 60.0),
    Goal("against Mesa", f"ratio, {WITHOUT}", "at least", 60.0),
    Goal("native", "replicates, 4 side by side, times faster", "at least", 2.2),
    Goal("native", "replicates, 8 side by side, times faster", "at least", 3.0),
    Goal("ensembles", "2 workers against 1, times faster", "at least", 1.8),
    Goal("ensembles", "compare, 200 pairs, s", "at most", 0.6),
    Goal("stepping", EVERYTHING, "at most", 1.0),
    Goal("starts", "run --replicates 1, s", "at most", 2.5),
    Goal("starts", "--help, s", "at most", 0.8),
    Goal("starts", "import partnersim beyond the bare interpreter, s", "at most", 0.4),
    Goal("memory", "peak, MB", "at most", 300.0),
    Goal("compilation", "first compilation, s", "at most", 90.0),
)

SECTIONS: dict[str, Callable[[Size], Mapping[str, float]]] = {
    "against Mesa": measure_against_mesa,
    "native": measure_machines,
    "ensembles": measure_ensembles,
    "stepping": measure_stepping,
    "starts": measure_starts,
    "memory": measure_memory,
    "growth": measure_growth,
    "ms a run that each process takes": measure_processes,
    "compilation": measure_compilation,
}


def main() -> None:
    """Measure what is asked for, and print it or write it."""
    options = read_options(__doc__ or "", SECTIONS)
    size = QUICK if options.quick else FULL
    compile_all(PARAMETERS)
    results = measure_sections(SECTIONS, size, options.only) | {"machine": describe_machine("mesa")}
    notes = (
        f"Written by `python benchmarks/run.py`; do not edit. {PLACE}, 6 organisations, 120 months. Tasks "
        f"are measured in turn, round after round; times are medians of {size.rounds} rounds, ratios medians "
        "of the rounds' own ratios. What one thread does is timed by the thread's own clock, all else by the "
        "wall's, which shows what else the machine does. Both the core and the plain Mesa model write all "
        "monthly series; `equivalence.py` shows that they give the same results, and `plain_mesa.py` lists "
        "what the plain model leaves out."
    )
    publish("results", write_report("Benchmarks", notes, results, GOALS, SECTIONS), results, GOALS, options)


if __name__ == "__main__":
    main()
