"""What a month of the Mesa model costs, and where the time goes: python benchmarks/mesa_step.py

The default scenario with one coordinator, warm. Each row adds one thing to the row above it, so
that differences are what each thing costs. Medians over the months of some runs.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from partnersim import PartnershipModel, Scenario
from partnersim.mesa.agents import View
from partnersim.model.draws import root
from partnersim.model.observe import write_observed
from partnersim.model.record import array_of, new_record
from partnersim.model.schedule import END, MODEL, simulate, start
from partnersim.model.series import SERIES
from partnersim.model.state import STATE
from partnersim.scenario.scenario import Scenario as Place
from partnersim.scenario.translate import to_parameters

RUNS = 20
BUDGET = 1.0
"""Milliseconds that a month may take, agents and collector included."""


class NoCollector:
    """Collects nothing."""

    def collect(self, model: PartnershipModel) -> None:
        """Do nothing."""


def compiled_month(scenario: Place) -> float:
    """A month inside the compiled loop, milliseconds."""
    state, parameters = new_record(STATE), to_parameters(scenario)
    series = np.empty((1, scenario.months + 1, len(SERIES)))
    detail = np.empty((1, scenario.months + 1, 0))
    times = []
    for replicate in range(RUNS + 1):
        begin = time.perf_counter()
        simulate(state, parameters, root(1), replicate, series, detail)
        times.append((time.perf_counter() - begin) / scenario.months)
    return 1e3 * statistics.median(times[1:])


def called_month(scenario: Place) -> float:
    """A month by one call from Python, milliseconds."""
    state, parameters, row = new_record(STATE), to_parameters(scenario), np.empty(len(SERIES))
    arrays = array_of(state), array_of(parameters)
    times = []
    for replicate in range(RUNS + 1):
        start(state, parameters, root(1), replicate)
        for _ in range(scenario.months):
            begin = time.perf_counter()
            MODEL.perform_rows(0, END, *arrays)
            write_observed(*arrays, row)
            times.append(time.perf_counter() - begin)
    return 1e3 * statistics.median(times[scenario.months :])


def model_month(scenario: Place, each: Callable[[PartnershipModel], Any], **changes: Any) -> float:
    """A month of the model, whatever is done in each, milliseconds."""
    times = []
    for replicate in range(RUNS + 1):
        model = PartnershipModel(scenario, rng=1, replicate=replicate)
        for name, value in changes.items():
            setattr(model, name, value)
        for _ in range(scenario.months):
            begin = time.perf_counter()
            each(model)
            times.append(time.perf_counter() - begin)
    return 1e3 * statistics.median(times[scenario.months :])


def step_and_read_all(model: PartnershipModel) -> None:
    """A month, and then every view of every agent."""
    model.step()
    for agent in model.agents:
        for name, value in vars(type(agent)).items():
            if isinstance(value, View):
                getattr(agent, name)


def steer(scenario: Place) -> float:
    """A change of a lever half-way, milliseconds."""
    times = []
    for replicate in range(RUNS + 1):
        model = PartnershipModel(scenario, rng=1, replicate=replicate)
        model.run_for(scenario.months // 2)
        begin = time.perf_counter()
        model.set_lever("delegated_authority", 0.9)
        times.append(time.perf_counter() - begin)
    return 1e3 * statistics.median(times[1:])


def measure() -> dict[str, float]:
    """All rows, in milliseconds."""
    scenario = Scenario.load("integrated-care").replace(coordinators=[{"name": "ana"}])
    return {
        "a month inside the compiled loop": compiled_month(scenario),
        "called from Python": called_month(scenario),
        "model.step() without a collector": model_month(
            scenario, PartnershipModel.step, datacollector=NoCollector()
        ),
        "model.step() with the collector": model_month(scenario, lambda model: model.step()),
        "the same, and every view of every agent": model_month(scenario, step_and_read_all),
        "set_lever after half of the months": steer(scenario),
    }


def main() -> None:
    """Print the table."""
    rows = measure()
    print("| | milliseconds |\n|---|---|")
    for name, value in rows.items():
        print(f"| {name} | {value:.3f} |")
    whole = rows["the same, and every view of every agent"]
    print(f"\nA month with all views: {whole:.2f} ms, of {BUDGET:g} ms that it may take.")


if __name__ == "__main__":
    main()
