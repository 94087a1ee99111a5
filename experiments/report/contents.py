"""What the report holds: the experiments in their order, and where each keeps its results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

EXPERIMENTS = Path(__file__).resolve().parent.parent
CLAIMS = EXPERIMENTS / "claims"
TUNING = "tuning"


@dataclass(frozen=True)
class Experiment:
    """One experiment.

    Attributes
    ----------
    folder
        Where its results are, under the root of all results; `claims/b1_differences`.
    title
        What it is called where it has no page of results yet.
    command
        What makes its results, all of them.
    again
        What makes them in a rebuild, where that leaves out a search; as `command` if empty.
    """

    folder: str
    title: str
    command: str
    again: str = ""

    @property
    def slug(self) -> str:
        """Its name in addresses."""
        return self.folder.replace("/", "-").replace("_", "-")

    @property
    def is_claim(self) -> bool:
        """Whether it asks one of the practitioner's claims."""
        return self.folder.startswith("claims/b")


OTHERS = (
    Experiment(
        "places",
        "Torbay and Canterbury: published timelines in, published figures beside",
        "python -m experiments.places.run",
    ),
    Experiment(
        "patterns",
        "Patterns: does the model show what has been observed?",
        "python -m experiments.patterns.run",
    ),
    Experiment(
        TUNING,
        "Tuning: the parameters with which it does",
        "python -m experiments.tuning.run",
    ),
    Experiment(
        "screening",
        "Screening: what matters, and what never does",
        "python -m experiments.screening.run",
    ),
)
"""The experiments that are no claims, in the order of the report."""


def claims() -> Iterator[Experiment]:
    """The claims, the interaction map and the budget: whatever has declared what it asks."""
    for kind in ("claim", "study"):
        for file in sorted(CLAIMS.glob(f"*/{kind}.toml")):
            name = file.parent.name
            yield Experiment(
                f"claims/{name}", name.replace("_", " "),
                f"python -m experiments.claims.run {name}",
            )  # fmt: skip


def contents() -> list[Experiment]:
    """All experiments, in the order of the report."""
    return [*claims(), *OTHERS]
