"""With which model an experiment's numbers were made, and how results say so."""

from __future__ import annotations

from typing import Any

from partnersim.model.version import MODEL_VERSION
from partnersim.runs.provenance import provenance


def stamp(command: str, *, seed: int, n_runs: int) -> dict[str, Any]:
    """Say how results were made: what a summary has as `made_from`, beside what is its own."""
    on = provenance()
    return {
        "model": MODEL_VERSION,
        "command": command,
        "seed": seed,
        "n_runs": n_runs,
        "versions": {name: on[name] for name in ("partnersim", "python", "numpy", "numba")},
    }


def written_by(command: str, model: str = MODEL_VERSION) -> str:
    """Say above a page of results what wrote it, and with which model; this one if left out."""
    return f"Written by `{command}`; do not edit. Model {model}"


def say_if_out_of_date(made_with: str, now: str = MODEL_VERSION) -> str:
    """Say of results that they were made with another model than that of today; nothing if with this."""
    return "" if made_with == now else f"made with model {made_with}, not with the model as it is ({now})"
