"""On what code an experiment's numbers were made, and how results say so."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any

from partnersim.runs.provenance import hash_sources, provenance
from partnersim.scenario.declared import parameters

MODEL = (
    "model/*.py", "scenario/packaged/*.toml", "runs/measures.py", "scenario/declarations.py",
    "scenario/translate.py",
)  # fmt: skip
"""The files of the package that decide what a run gives."""


def model_hash() -> str:
    """Sixteen digits that change whenever the model, its defaults or its measures do."""
    return hash_sources(*MODEL)[:16]


def stamp(command: str, *, seed: int, n_runs: int) -> dict[str, Any]:
    """Say how results were made: what a summary has as `made_from`, beside what is its own."""
    on = provenance()
    return {
        "model": model_hash(),
        "command": command,
        "seed": seed,
        "n_runs": n_runs,
        "versions": {name: on[name] for name in ("partnersim", "python", "numpy", "numba")},
    }


def written_by(command: str, model: str | None = None) -> str:
    """Say above a page of results what wrote it, and with which model; this one if left out."""
    return f"Written by `{command}`; do not edit. Model {model or model_hash()}"


DECLARATIONS = "scenario/declarations.py"
"""The one that declares parameters and their defaults."""


def hash_but_defaults(free: Collection[str]) -> str:
    """Sixteen digits as `model_hash`, but for the defaults of some parameters.

    What sets these parameters itself gives the same numbers whatever their defaults are: a set of
    accepted points stays valid when the defaults are chosen from it.
    """
    others = (name for name in MODEL if name != DECLARATIONS)
    digest = hashlib.sha256(hash_sources(*others).encode())
    for row in parameters():
        default = "free" if row.path in free else repr(row.default)
        digest.update(f"{row.path} {default}\n".encode())
    return digest.hexdigest()[:16]


def say_if_out_of_date(made_with: str, command: str, now: str | None = None) -> str:
    """What to say above results that were made with another model; empty if with this one.

    Parameters
    ----------
    made_with
        The mark that the results carry.
    command
        What makes them anew.
    now
        The mark that they would carry today; `model_hash` if left out.
    """
    now = model_hash() if now is None else now
    if made_with == now:
        return ""
    return f"Out of date: made with model {made_with}, which is now {now}. Run `{command}` again."
