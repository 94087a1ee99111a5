"""On what code an experiment's numbers were made."""

from __future__ import annotations

from partnersim.provenance import hash_sources

MODEL = ("core/*.py", "scenarios/*.toml", "measures.py", "scenario.py", "translate.py")
"""The files of the package that decide what a run gives."""


def model_hash() -> str:
    """Sixteen digits that change whenever the model, its defaults or its measures do."""
    return hash_sources(*MODEL)[:16]
