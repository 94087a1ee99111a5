"""The points that the tuning accepted: settings at which the model shows what was observed.

What is claimed of the model is to hold over all of them, not at its defaults alone.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from experiments.points import ACCEPTED, COMMAND, Points
from experiments.provenance import say_if_out_of_date
from experiments.tuning.space import declared_hash, read_space
from partnersim.model.version import EQUATIONS

FOLDER = ACCEPTED.parent


def load(folder: Path = FOLDER) -> list[dict[str, float]]:
    """The accepted points, each by dotted path of a scenario: `Scenario.replace` takes them.

    Whole numbers are ints, as a scenario wants them.

    Raises
    ------
    partnersim.ScenarioError
        If nothing has been accepted yet.
    """
    return Points.read(folder / ACCEPTED.name).rows()


def load_summary(folder: Path = FOLDER) -> dict[str, Any]:
    """How the points were found: model, seeds, counts, what was given up, the defaults chosen."""
    return tomllib.loads((folder / "summary.toml").read_text(encoding="utf-8"))


def say_if_not_current(folder: Path = FOLDER) -> str:
    """What to say of the points where model, priors or bands have changed since; empty if not."""
    summary = load_summary(folder)
    space = read_space()
    if summary["declared"] != declared_hash(space):
        return f"Out of date: priors or bands have changed since. Run `{COMMAND}` again."
    return say_if_out_of_date(summary["model"], COMMAND, EQUATIONS)


def is_current(folder: Path = FOLDER) -> bool:
    """Whether the points were found with this model, these priors and these bands.

    The defaults of what the points set themselves do not count: the model's first number stands
    for the rest.
    """
    return not say_if_not_current(folder)
