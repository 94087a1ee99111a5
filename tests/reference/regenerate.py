"""Freeze the first year of three runs anew: `python tests/reference/regenerate.py`.

Only when results are meant to change, and with a line under 'Results change' in CHANGELOG.md.
"""

import json
from pathlib import Path
from typing import Any

import partnersim
from partnersim.scenario.declarations import Coordinator
from partnersim.scenario.scenario import Scenario

FOLDER = Path(__file__).parent

MONTHS = 12
SEED, REPLICATE = 2026, 3
SERIES = (
    "change_delivered", "competence_trust", "goodwill_trust", "vision_commitment", "contribution",
    "delivered", "tension", "contact", "target_pressure", "outcome", "cost", "n_members",
)  # fmt: skip


def scenarios() -> dict[str, Scenario]:
    """What is frozen: all of the model, drawn organisations, and the packaged place."""
    packaged = Scenario.load("integrated-care")
    coordinator = Coordinator(name="Ana", host=packaged.organisation_names[0], impartiality=0.8)
    return {
        "everything": Scenario.load(FOLDER / "everything.toml"),
        "drawn": Scenario.load(FOLDER / "drawn.toml"),
        "integrated-care": packaged.replace(coordinators=[coordinator.model_dump()]),
    }


def trajectory(scenario: Scenario) -> dict[str, list[float]]:
    """Some series of one replicate over the first year, the start included."""
    results = partnersim.run(
        scenario, replicates=1, seed=SEED, first_replicate=REPLICATE, series=SERIES
    )
    return {name: results.series[name][0, : MONTHS + 1].tolist() for name in SERIES}


def file(name: str) -> Path:
    """Where a trajectory is frozen."""
    return FOLDER / f"{name}.json"


def frozen(name: str) -> dict[str, list[float]]:
    """A trajectory as it was when it was last frozen."""
    found: dict[str, Any] = json.loads(file(name).read_text(encoding="utf-8"))
    return found


def as_text(series: dict[str, list[float]]) -> str:
    """One series a line, so that a difference shows which moved."""
    lines = [f"  {json.dumps(name)}: {json.dumps(values)}" for name, values in series.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    """Write all trajectories."""
    for name, scenario in scenarios().items():
        file(name).write_text(as_text(trajectory(scenario)), encoding="utf-8")
        print(f"{file(name)} written")
    print("Results change: say which and why in CHANGELOG.md.")


if __name__ == "__main__":
    main()
