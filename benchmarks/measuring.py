"""What the benchmarks share: tasks timed in turn, goals, and results as Markdown and JSON.

What is compared is timed in turn, round after round, so that a machine that is slow for a while is slow
for all; ratios are medians of the rounds' own ratios.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import re
import statistics
import sys
import sysconfig
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import partnersim
from partnersim.runs.ensemble import n_cores

HERE = Path(__file__).resolve().parent
Task = Callable[[], object]
Clock = Callable[[], float]
"""That of the thread for what one thread does, which stands still while others have the core."""


class Goal(NamedTuple):
    """What a measured number is to be: less than, at most or at least another."""

    section: str
    key: str
    sense: str
    number: float

    def is_reached_by(self, value: float) -> bool:
        """Whether a number is good enough."""
        if self.sense == "at least":
            return value >= self.number
        return value < self.number or (self.sense == "at most" and value == self.number)


# Timing ------------------------------------------------------------------------------------------


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


def describe_machine(*packages: str) -> dict[str, str]:
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
        **{name: version(name) for name in ("numpy", "numba", *packages)},
        "partnersim": partnersim.__version__,
    }


# All of a benchmark ------------------------------------------------------------------------------


def read_options(about: str, sections: Mapping[str, Any]) -> argparse.Namespace:
    """Read the command line, which all benchmarks have alike."""
    parser = argparse.ArgumentParser(description=about.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer of everything; writes nothing")
    parser.add_argument("--out", type=Path, help="folder to write to")
    parser.add_argument("--only", choices=sections, help="one section; writes nothing")
    return parser.parse_args()


def measure_sections(
    sections: Mapping[str, Callable[[Any], Mapping[str, Any]]], size: Any, only: str | None
) -> dict[str, Any]:
    """Measure one section or all, and how many processes wanted the cores before and meanwhile."""
    loads = [_load()]
    results: dict[str, Any] = {}
    for section, measure in sections.items():
        if only in (None, section):
            print(f"{section} ...", file=sys.stderr, flush=True)
            results[section] = measure(size)
            loads.append(_load())
    return results | {"load before": loads[0], "load": statistics.fmean(loads[1:])}


def _load() -> float:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else math.nan


def judge(results: Mapping[str, Any], goals: Sequence[Goal]) -> list[dict[str, Any]]:
    """Each goal beside what was measured."""
    return [
        {
            "what": f"{goal.section}: {goal.key}",
            "measured": (value := results[goal.section][goal.key]),
            "goal": f"{goal.sense} {number(goal.number)}",
            "reached": goal.is_reached_by(value),
        }
        for goal in goals
        if goal.key in results.get(goal.section, {})
    ]


def write_report(
    title: str, notes: str, results: Mapping[str, Any], goals: Sequence[Goal], sections: Mapping[str, Any]
) -> str:
    """The results as Markdown: how they were come by, the goals, and a table for each section."""
    machine = "; ".join(f"{name} {value}" for name, value in results["machine"].items())
    load = (
        f"Before this was measured {results['load before']:.1f} processes wanted the "
        f"{results['machine']['cores']} cores; while it was, {results['load']:.1f} on average, these among "
        "them."
    )
    judged = [
        (goal["what"], number(goal["measured"]), goal["goal"], "reached" if goal["reached"] else "missed")
        for goal in judge(results, goals)
    ]
    lines = [f"# {title}\n", f"Machine: {machine}.\n", f"{notes} {load}\n", "## Goals\n"]
    lines += table(("", "measured", "goal", ""), judged)
    for section in sections:
        if section in results:
            found = results[section]
            numbers = {name: value for name, value in found.items() if isinstance(value, int | float)}
            rows = [(name, number(value)) for name, value in numbers.items()]
            lines += [f"## {section[0].upper()}{section[1:]}\n", *table(("", "measured"), rows)]
            others = {name: value for name, value in found.items() if name not in numbers}
            lines += [f"{name[0].upper()}{name[1:]}: {_listed(value)}.\n" for name, value in others.items()]
    return "\n".join(lines)


def publish(
    name: str, report: str, results: Mapping[str, Any], goals: Sequence[Goal], options: argparse.Namespace
) -> None:
    """Print a report; write it and the results beside this file or where asked, if all was measured."""
    print(report)
    out = options.out or (None if options.quick else HERE)
    if out and options.only is None:
        out.mkdir(parents=True, exist_ok=True)
        everything = {**results, "goals": judge(results, goals)}
        (out / f"{name}.md").write_text(report, encoding="utf-8")
        (out / f"{name}.json").write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")


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


def _listed(value: Any) -> str:
    """A list or a dictionary in a line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {entry}" for key, entry in value.items())
    return ", ".join(map(str, value))
