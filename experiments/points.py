"""The accepted points: settings at which the model shows what was observed.

What is claimed of the model is to hold over all of them, not at its defaults alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from experiments.engine.work import digest
from experiments.provenance import say_if_out_of_date
from partnersim.model.version import EQUATIONS
from partnersim.scenario.errors import ScenarioError

Columns = Mapping[str, np.ndarray[Any, Any]]
"""Values by dotted path, an entry a point."""

ACCEPTED = Path(__file__).resolve().parent / "tuning" / "accepted.csv"
COMMAND = "python -m experiments.tuning.run"
"""What makes it."""


@dataclass(frozen=True)
class Points:
    """Points of the parameter space, such as those that the tuning accepted.

    Attributes
    ----------
    columns : dict[str, float64[n_points] or int64[n_points]]
        Values by dotted path.
    name : str
        The file that they are from.
    origin : str
        The digest of all points of which these are some; empty for all.
    """

    columns: Columns
    name: str
    origin: str = ""

    @classmethod
    def read(cls, file: Path = ACCEPTED) -> Points:
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
                f"{file}: there is no such file; make it with `{COMMAND}`, or name another with --accepted"
            ) from None
        except (OSError, ValueError) as error:
            raise ScenarioError(f"{file}: cannot be read: {error}") from None
        columns = {str(name): frame[name].to_numpy() for name in frame.columns if name != "point"}
        if not columns or frame.empty:
            raise ScenarioError(f"{file}: has no points; give a row for each, a column for each path")
        return cls(columns, file.name)

    @classmethod
    def choose(cls, file: Path | None) -> Points:
        """Read those of a file, or the accepted ones, which must be of the model as it is.

        Raises
        ------
        ScenarioError
            If there are none, or only those of another model.
        """
        if not file and (why := say_if_not_current()):
            raise ScenarioError(f"{ACCEPTED}: {why}; make them again with `{COMMAND}`")
        return cls.read(file or ACCEPTED)

    @property
    def n_points(self) -> int:
        """How many points."""
        return len(next(iter(self.columns.values())))

    @cached_property
    def digest(self) -> str:
        """Sixteen digits for the points of which these are all or some, whatever file they are from."""
        return self.origin or digest([(path, values.tolist()) for path, values in self.columns.items()])

    def first(self, n: int) -> Points:
        """The first points only."""
        return Points({path: values[:n] for path, values in self.columns.items()}, self.name, self.digest)

    def without(self, paths: Collection[str]) -> Points:
        """The points without some of their parameters."""
        kept = {path: values for path, values in self.columns.items() if path not in paths}
        return Points(kept, self.name)

    def rows(self) -> list[dict[str, float]]:
        """Each point by dotted path, as `Scenario.replace` takes it: whole numbers are ints."""
        values = zip(*(column.tolist() for column in self.columns.values()), strict=True)
        return [dict(zip(self.columns, row, strict=True)) for row in values]


def load_summary(folder: Path = ACCEPTED.parent) -> dict[str, Any]:
    """How the points were found: model, seeds, counts, what was given up, the defaults chosen."""
    return tomllib.loads((folder / "summary.toml").read_text(encoding="utf-8"))


def say_if_not_current(folder: Path = ACCEPTED.parent) -> str:
    """Say whether model, priors or bands have changed since the points were found; nothing if not.

    The defaults of what the points set themselves do not count: the model's first number stands
    for the rest.
    """
    from experiments.tuning.space import declared_hash, read_space

    try:
        summary = load_summary(folder)
    except FileNotFoundError:
        return "there are none yet"
    if summary["declared"] != declared_hash(read_space()):
        return "priors or bands have changed since"
    return say_if_out_of_date(summary["model"], EQUATIONS)
