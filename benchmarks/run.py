"""Measure everything in one run: python benchmarks/run.py [--quick] [--out FOLDER]

What is compared is measured in turn, round after round, so that a machine that is slow for a
while is slow for all; medians over rounds are given, and ratios are medians of the rounds' own
ratios. Writes results.md, results.json and scaling.png beside this file; with --quick (fewer
rounds and runs) it only prints, unless --out is given.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import re
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib import pyplot as plt
from plain_mesa import read_settings, run_once
from where_time_goes import time_processes

import partnersim
from partnersim.model import compile_all
from partnersim.model.draws import root
from partnersim.model.native.library import load
from partnersim.model.record import array_of, new_record
from partnersim.model.schedule import COMPILED, simulate
from partnersim.model.series import SERIES
from partnersim.model.state import STATE
from partnersim.runs.ensemble import n_cores
from partnersim.runs.measures import measure
from partnersim.scenario.arms import arm
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.translate import PARAMETERS, to_parameters

HERE = Path(__file__).resolve().parent
PLACE = "integrated-care"
WITHOUT, WITH = "no-coordinator", "coordinator"
BLUE, TEAL, PLUM, GREY = "#12436D", "#28A197", "#801650", "#BFBFBF"
Task = Callable[[], object]
Clock = Callable[[], float]
"""That of the thread for what one thread does, which stands still while others have the core."""


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


def take(task: Task, clock: Clock = time.perf_counter) -> float:
    """Seconds that a task takes."""
    begin = clock()
    task()
    return clock() - begin


def alternate(
    tasks: Mapping[str, Task], rounds: int, clock: Clock = time.perf_counter
) -> dict[str, list[float]]:
    """Seconds of each task in each round; each is done once beforehand."""
    for task in tasks.values():
        task()
    taken: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            taken[name].append(take(task, clock))
    return taken


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Median of the rounds' own ratios."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


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
        for at in range(0, n, 8):
            rows = slice(at, at + 8)
            library.run_points([parameters] * 8, seed, range(at, at + 8), series[rows], detail[rows])

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


def measure_compilation() -> dict[str, float]:
    """Seconds of the first compilation, into an empty cache."""
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


def measure_growth(size: Size) -> dict[str, dict[str, Any]]:
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
    growth: dict[str, dict[str, Any]] = {}
    for family, scenarios in families.items():
        times = time_points(scenarios, size)
        growth[family] = {"ms a run": times}
        if family == "coordinators":
            extra = {n: times[n] - times[0] for n in times if n > 0}
            growth[family]["exponent of what they add"] = exponent(extra)
            growth[family]["ms that each adds"] = extra[max(extra)] / max(extra)
        else:
            growth[family]["exponent"] = exponent(times)
    growth["organisations"]["exponent from 10 on"] = exponent(growth["organisations"]["ms a run"], least=10)
    return growth


def draw_growth(growth: Mapping[str, dict[str, Any]], path: Path) -> None:
    """Three panels: milliseconds a run against organisations, months, coordinators."""
    figure, axes = plt.subplots(1, 3, figsize=(10.5, 3.6), sharey=False, layout="constrained")
    organisations, months, coordinators = (
        growth[name] for name in ("organisations", "months", "coordinators")
    )
    titles = {
        "organisations": f"as n$^{{{organisations['exponent from 10 on']:.2f}}}$ from 10 on",
        "months": f"as months$^{{{months['exponent']:.2f}}}$",
        "coordinators": f"{coordinators['ms that each adds']:.2f} ms for each",
    }
    for axis, (family, colour) in zip(
        axes, {"organisations": BLUE, "months": TEAL, "coordinators": PLUM}.items(), strict=True
    ):
        times = growth[family]["ms a run"]
        x, y = np.array(list(times), float), np.array(list(times.values()))
        axis.plot(x, y, "o", color=colour, zorder=3)
        if family == "coordinators":
            axis.plot(x, np.poly1d(np.polyfit(x, y, 1))(x), color=GREY, linewidth=2)
            axis.set_ylim(bottom=0)
        else:
            large = x >= 10
            line = np.polyfit(np.log(x[large]), np.log(y[large]), 1)
            axis.plot(x, np.exp(np.polyval(line, np.log(x))), color=GREY, linewidth=2)
            axis.set(xscale="log", yscale="log", xticks=x)
            axis.set_xticks(x, [f"{value:g}" for value in x])
            axis.minorticks_off()
        axis.set_title(titles[family], fontsize=11, loc="left")
        axis.set_xlabel(family)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("milliseconds a run, one core")
    figure.suptitle("What a run costs grows with its size", fontsize=13, x=0.01, ha="left")
    figure.savefig(path, dpi=110)
    plt.close(figure)


# Reporting ----------------------------------------------------------------------------------


def describe_machine() -> dict[str, str]:
    """What matters of the machine for the numbers, and nothing that tells which one it is."""
    processor = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        found = re.search(r"^model name\s*: (.+)$", information.read_text(), re.MULTILINE)
        processor = found.group(1) if found else processor
    options = sysconfig.get_config_var("CONFIG_ARGS") or ""
    is_optimised = "--enable-optimizations" in options or "/Fe" in options
    note = "" if is_optimised else " (built without profile-guided optimisation)"
    return {
        "processor": f"{processor}, {platform.machine()}",
        "cores": str(n_cores()),
        "system": platform.system(),
        "Python": f"{platform.python_implementation()} {platform.python_version()}{note}",
        **{name: version(name) for name in ("numpy", "numba", "mesa")},
        "partnersim": partnersim.__version__,
    }


GOALS = (
    # section, key, goal, is it kept by being at most (or at least) the goal
    ("against Mesa", f"core, {WITH}, ms", 1.0, "at most"),
    ("against Mesa", f"core, {WITHOUT}, ms", 1.0, "at most"),
    ("against Mesa", f"ratio, {WITH}", 60.0, "at least"),
    ("against Mesa", f"ratio, {WITHOUT}", 60.0, "at least"),
    ("native", "replicates, 4 side by side, times faster", 2.2, "at least"),
    ("native", "replicates, 8 side by side, times faster", 3.0, "at least"),
    ("ensembles", "2 workers against 1, times faster", 1.8, "at least"),
    ("ensembles", "compare, 200 pairs, s", 0.6, "at most"),
    ("starts", "run --replicates 1, s", 2.5, "at most"),
    ("starts", "--help, s", 0.8, "at most"),
    ("starts", "import partnersim beyond the bare interpreter, s", 0.4, "at most"),
    ("memory", "peak, MB", 300.0, "at most"),
    ("compilation", "first compilation, s", 90.0, "at most"),
)


def judge(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each goal beside what was measured."""
    judged = []
    for section, key, goal, sense in GOALS:
        if key not in results.get(section, {}):
            continue
        value = results[section][key]
        is_reached = value <= goal if sense == "at most" else value >= goal
        judged.append(
            {
                "what": f"{section}: {key}",
                "measured": value,
                "goal": f"{sense} {goal:g}",
                "reached": is_reached,
            }
        )
    return judged


def number(value: float) -> str:
    """Three significant digits, whole from 100 on."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table whose columns but the first are numbers."""
    return [
        "| " + " | ".join(head) + " |",
        "|---|" + "---:|" * (len(head) - 1),
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
    ]


def write_report(results: Mapping[str, Any]) -> str:
    """The results as Markdown."""
    lines = ["# Benchmarks", "", "Written by `python benchmarks/run.py`; do not edit.", ""]
    lines += ["Machine: " + "; ".join(f"{k} {v}" for k, v in results["machine"].items()) + ".", ""]
    lines += [
        f"{PLACE}, 6 organisations, 120 months. Tasks are measured in turn, round after round; "
        f"times are medians of {results['rounds']} rounds, ratios medians of the rounds' own "
        f"ratios. While this was measured {results['load']:.1f} processes wanted the machine's "
        f"{results['machine']['cores']} cores on average (1 to 2 are its own): "
        "what one thread does is timed by the thread's own clock, all else by the wall's, which shows what "
        "else the machine does.",
        "",
        "## Goals",
        "",
    ]
    lines += table(
        ("", "measured", "goal", ""),
        [
            (g["what"], number(g["measured"]), g["goal"], "reached" if g["reached"] else "missed")
            for g in judge(results)
        ],
    )
    against = results["against Mesa"]
    lines += ["## The core against a plain Mesa model", ""]
    lines += table(
        ("one run, one core", "partnersim, ms", "plain Mesa, ms", "times faster"),
        [
            (
                name.replace("-", " "),
                number(against[f"core, {name}, ms"]),
                number(against[f"plain Mesa, {name}, ms"]),
                number(against[f"ratio, {name}"]),
            )
            for name in (WITHOUT, WITH)
        ],
    )
    lines += [
        "Both write all monthly series. `equivalence.py` shows that they give statistically the "
        "same results; what the plain model leaves out is listed in `plain_mesa.py`.",
        "",
    ]
    for section in ("native", "ensembles", "starts", "memory", "compilation"):
        if section in results:
            lines += [f"## {section.capitalize()}", ""]
            rows = [(key, number(value)) for key, value in results[section].items()]
            lines += table(("", "measured"), rows)
    lines += ["## Growth", "", "![Milliseconds a run](scaling.png)", ""]
    for family, grown in results["growth"].items():
        times = grown["ms a run"]
        lines += table((family, *map(str, times)), [("ms a run", *map(number, times.values()))])
        lines += ["; ".join(f"{k} {v:.2f}" for k, v in grown.items() if k != "ms a run") + ".", ""]
    processes = results["processes"]
    total = sum(processes.values())
    if processes:
        lines += ["## Where the time of a run goes", ""]
        lines += [f"With a coordinator; each process timed within whole runs ({number(total)} ms).", ""]
        lines += table(
            ("process", "ms a run", "share"),
            [(k, number(v), f"{v / total:.0%}") for k, v in processes.items() if v > 0.01 * total],
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds and runs")
    parser.add_argument("--out", type=Path, help="folder to write to")
    options = parser.parse_args()
    size = QUICK if options.quick else FULL
    out = options.out or (None if options.quick else HERE)

    loads = []

    def say(what: str) -> None:
        if hasattr(os, "getloadavg"):
            loads.append(os.getloadavg()[0])
        print(f"{what} ...", file=sys.stderr, flush=True)

    say("compiling, where that is still to be done")
    compile_all(PARAMETERS)
    results: dict[str, Any] = {"machine": describe_machine()}
    say("the core against a plain Mesa model")
    results["against Mesa"] = measure_against_mesa(size)
    say("the native library against Numba")
    results["native"] = measure_machines(size)
    say("ensembles")
    results["ensembles"] = measure_ensembles(size)
    say("starts")
    results["starts"] = measure_starts(size)
    say("memory")
    results["memory"] = measure_memory(size)
    say("growth")
    results["growth"] = measure_growth(size)
    say("where the time goes")
    results["processes"] = time_processes(places()[WITH], size.core_runs // 5, size.rounds)
    if size.has_compilation:
        say("first compilation")
        results["compilation"] = measure_compilation()
    results |= {"rounds": size.rounds, "load": statistics.fmean(loads or [math.nan])}
    report = write_report(results)
    print(report)
    if out:
        out.mkdir(parents=True, exist_ok=True)
        results["goals"] = judge(results)
        (out / "results.md").write_text(report, encoding="utf-8")
        (out / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        draw_growth(results["growth"], out / "scaling.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
