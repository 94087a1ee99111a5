"""Freeze what runs give anew: `python tests/reference/regenerate.py`.

Numbers that moved are written only under a version of the model that is new, which has to have its
line in CHANGELOG.md. What is merely added, such as a measure, is written under the present one.
"""

import hashlib
import itertools
import json
import re
import sys
import tomllib
from pathlib import Path

import numpy as np

import partnersim
from partnersim.model import version
from partnersim.scenario.declarations import Coordinator
from partnersim.scenario.files import packaged
from partnersim.scenario.scenario import Scenario

FOLDER = Path(__file__).parent
CHANGELOG = FOLDER.parent.parent / "CHANGELOG.md"

MONTHS = 12
SEED, REPLICATE = 2026, 3
SERIES = (
    "change_delivered",
    "competence_trust",
    "goodwill_trust",
    "vision_commitment",
    "contribution",
    "delivered",
    "tension",
    "contact",
    "target_pressure",
    "outcome",
    "cost",
    "n_members",
)

OF_EQUATIONS = ("everything", "drawn")
"""Decided by no packaged scenario and no default of what the tuning sets: that is written out."""

Numbers = dict[str, list[float]]
Record = dict[str, dict[str, str]]


def scenarios() -> dict[str, Scenario]:
    """Those of the trajectories: all of the model, and drawn organisations."""
    return {name: Scenario.load(FOLDER / f"{name}.toml") for name in OF_EQUATIONS}


def trajectory(scenario: Scenario) -> Numbers:
    """Some series of one replicate over the first year, the start included, and all measures."""
    results = partnersim.run(scenario, replicates=1, seed=SEED, first_replicate=REPLICATE, series=SERIES)
    series = {name: results.series[name][0, : MONTHS + 1].tolist() for name in SERIES}
    return series | {f"measure {name}": found.tolist() for name, found in results.measures.items()}


def measured() -> Numbers:
    """Measures of every packaged scenario, and of one with a coordinator, in two replicates."""
    places = {name: Scenario.load(name) for name in packaged()}
    start = places["integrated-care"]
    coordinator = Coordinator(name="Ana", host=start.organisation_names[0], impartiality=0.8)
    places["coordinated"] = start.replace(coordinators=[coordinator.model_dump()])
    found: Numbers = {}
    for name, scenario in places.items():
        results = partnersim.run(scenario, replicates=2, seed=SEED, series=False)
        found |= {f"{name}: {key}": values.tolist() for key, values in results.measures.items()}
    return found


def run(name: str) -> Numbers:
    """What the model gives today of what is frozen under a name."""
    return measured() if name == "packaged" else trajectory(scenarios()[name])


FROZEN = (*OF_EQUATIONS, "packaged")


def file(name: str) -> Path:
    """Where numbers are frozen."""
    return FOLDER / f"{name}.json"


def frozen(name: str) -> Numbers:
    """Numbers as they were when they were last frozen; none if they never were."""
    if not file(name).exists():
        return {}
    found: Numbers = json.loads(file(name).read_text(encoding="utf-8"))
    return found


def what_moved(then: Numbers, now: Numbers) -> list[str]:
    """Names of what is gone or other than it was, but for the last digits of another machine."""
    return [
        name
        for name, values in then.items()
        if name not in now
        or len(now[name]) != len(values)
        or not np.allclose(now[name], values, rtol=1e-9, atol=1e-9, equal_nan=True)
    ]


def as_text(numbers: Numbers) -> str:
    """One name a line, so that a difference shows which moved."""
    lines = [f"  {json.dumps(name)}: {json.dumps(values)}" for name, values in numbers.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


# Versions ----------------------------------------------------------------------------------------


def record_file() -> Path:
    """Where the digests of what is frozen are, for each version of the model."""
    return FOLDER / "versions.toml"


def read_record() -> Record:
    """Digests of what does not depend on places, by first number, and of all, by version."""
    return tomllib.loads(record_file().read_text(encoding="utf-8"))


def digests() -> tuple[str, str]:
    """Of what is frozen: of what does not depend on places, and of all; however lines end."""
    texts = [file(name).read_text(encoding="utf-8") for name in FROZEN]
    parts = ["".join(texts[: len(OF_EQUATIONS)]), "".join(texts)]
    equations, everything = (hashlib.sha256(part.encode()).hexdigest()[:16] for part in parts)
    return equations, everything


def complaints(record: Record, changelog: str) -> list[str]:
    """What does not fit together: the declared version, what is recorded, frozen and written."""
    equations, everything = digests()
    versions = list(record["numbers"])
    found = []
    if versions[-1] != version.MODEL_VERSION:
        found.append(f"the model is {version.MODEL_VERSION}, the last recorded {versions[-1]}")
    if record["equations"].get(version.EQUATIONS) != equations:
        found.append(f"frozen trajectories are not those of model {version.EQUATIONS}")
    if record["numbers"].get(version.MODEL_VERSION) != everything:
        found.append(f"frozen numbers are not those of model {version.MODEL_VERSION}")
    for before, after in itertools.pairwise(versions):
        first, second = map(int, before.split("."))
        if after not in (f"{first}.{second + 1}", f"{first + 1}.0"):
            found.append(f"{after} cannot follow {before}")
    told = "".join(re.findall(r"^### Results change$(.*?)(?=^##|\Z)", changelog, re.M | re.S))
    for name in versions:
        if not re.search(rf"^- Model {re.escape(name)}: ", told, re.M):
            found.append(f"no line under 'Results change' begins with '- Model {name}: '")
    return found


def main() -> int:
    """Write what is added, and what moved if the version is new; say what moved."""
    record = read_record()
    now = {name: run(name) for name in FROZEN}
    then = {name: frozen(name) for name in FROZEN}
    moved = {name: what_moved(then[name], now[name]) for name in FROZEN}
    for name, keys in moved.items():
        print(f"{name}: {', '.join(keys) or 'nothing'} moved")
    rise = ""
    if any(moved[name] for name in OF_EQUATIONS) and version.EQUATIONS in record["equations"]:
        rise = f"{int(version.EQUATIONS) + 1}.0"
    elif any(moved.values()) and version.MODEL_VERSION in record["numbers"]:
        first, second = map(int, version.MODEL_VERSION.split("."))
        rise = f"{first}.{second + 1}"
    if rise:
        print(
            f"Nothing is written: model {version.MODEL_VERSION} has other numbers. If they are "
            f'meant to move, set MODEL_VERSION = "{rise}" in {version.__name__}, write a line '
            f"'- Model {rise}: ...' under 'Results change' in CHANGELOG.md, and run this again."
        )
        return 1
    for name in FROZEN:
        kept = {key: then[name][key] for key in then[name].keys() - set(moved[name])}
        file(name).write_text(as_text(now[name] | kept), encoding="utf-8")
    equations, everything = digests()
    record["equations"][version.EQUATIONS] = equations
    record["numbers"][version.MODEL_VERSION] = everything
    text = "# Written by regenerate.py: digests of what is frozen, for each version of the model.\n"
    for part, of_versions in record.items():
        text += f"\n[{part}]\n" + "".join(f'"{v}" = "{found}"\n' for v, found in of_versions.items())
    record_file().write_text(text, encoding="utf-8")
    for complaint in complaints(record, CHANGELOG.read_text(encoding="utf-8")):
        print(f"Still to do: {complaint}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
