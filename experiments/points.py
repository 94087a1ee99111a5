"""The accepted points as columns: read from their file, and told from others by a digest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from partnersim.scenario_files import ScenarioError

Columns = Mapping[str, np.ndarray[Any, Any]]
"""Values by dotted path, an entry a point."""

ACCEPTED = Path(__file__).resolve().parent / "tuning" / "accepted.csv"
COMMAND = "python -m experiments.tuning.run"


def read_points(file: Path = ACCEPTED) -> dict[str, np.ndarray[Any, Any]]:
    """Read a CSV file with a column for each parameter; one named `point` only counts the rows.

    Raises
    ------
    ScenarioError
        If there is none, with the command that makes it, or if there is nothing in it.
    """
    import pandas as pd

    try:
        frame = pd.read_csv(file)
    except FileNotFoundError:
        raise ScenarioError(
            f"{file}: there is no such file; make it with `{COMMAND}`, or name another with "
            "--accepted"
        ) from None
    except (OSError, ValueError) as error:
        raise ScenarioError(f"{file}: cannot be read: {error}") from None
    columns = {str(name): frame[name].to_numpy() for name in frame.columns if name != "point"}
    if not columns or frame.empty:
        raise ScenarioError(f"{file}: has no points; give a row for each, a column for each path")
    return columns


def digest(columns: Columns) -> str:
    """Sixteen digits for some points, whatever file they are from."""
    found = hashlib.sha256()
    for path, values in columns.items():
        found.update(f"{path} {values.tolist()}\n".encode())
    return found.hexdigest()[:16]
