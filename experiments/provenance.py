"""On what code an experiment's numbers were made."""

from __future__ import annotations

import hashlib
from pathlib import Path

import partnersim

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
