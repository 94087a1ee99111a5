"""On what code an experiment's numbers were made."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import partnersim
from partnersim.provenance import provenance

MODEL = ("core/*.py", "scenarios/*.toml", "measures.py", "scenario.py", "translate.py")
"""The files of the package that decide what a run gives."""


def model_hash() -> str:
    """Sixteen digits that change whenever the model, its defaults or its measures do."""
    package = Path(partnersim.__file__).parent
    digest = hashlib.sha256()
    for pattern in MODEL:
        for file in sorted(package.glob(pattern)):
            digest.update(f"{file.relative_to(package).as_posix()}\n".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def stamp(command: str, *, seed: int, runs: int) -> dict[str, Any]:
    """What every summary says of how it was made: command, model, seed, runs and versions."""
    on = provenance()
    versions = {name: on[name] for name in ("partnersim", "python", "numpy", "numba")}
    return {
        "command": command, "model": model_hash(), "seed": seed, "runs": runs, "versions": versions,
    }  # fmt: skip
