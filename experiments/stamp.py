"""How results were made, as every summary says it."""

from __future__ import annotations

from typing import Any

from experiments.provenance import model_hash
from partnersim.provenance import provenance


def stamp(command: str, *, seed: int, n_runs: int) -> dict[str, Any]:
    """Say how results were made: what a summary has as `made_from`."""
    on = provenance()
    return {
        "model": model_hash(),
        "command": command,
        "seed": seed,
        "n_runs": n_runs,
        "versions": {name: on[name] for name in ("partnersim", "python", "numpy", "numba")},
    }
