"""What the report holds: the experiments in their order, and where each keeps its results."""

from __future__ import annotations

import tomllib
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
    is_claim
        Whether it asks one of the practitioner's claims.
    built_in
        How far the answer to a claim was put in by hand, in its own words.
    """

    folder: str
    title: str
    command: str
    is_claim: bool = False
    built_in: str = ""

    @property
    def slug(self) -> str:
        """Its name in addresses."""
        return self.folder.replace("/", "-").replace("_", "-")


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
    Experiment(TUNING, "Tuning: the parameters with which it does", "python -m experiments.tuning.run"),
    Experiment(
        "screening", "Screening: what matters, and what never does", "python -m experiments.screening.run"
    ),
)
"""The experiments that are no claims, in the order of the report."""


def claims(folder: Path = CLAIMS) -> Iterator[Experiment]:
    """The claims, the interaction map and the budget: whatever has declared what it asks."""
    for kind in ("claim", "study"):
        for file in sorted(folder.glob(f"*/{kind}.toml")):
            stated = tomllib.loads(file.read_text(encoding="utf-8"))
            name, title = stated["name"], stated["title"]
            yield Experiment(
                f"claims/{file.parent.name}",
                f"{name}. {title}" if kind == "claim" else title,
                f"python -m experiments.claims.run {name.lower()}",
                is_claim=kind == "claim",
                built_in=" ".join(stated["built_in"].split()),
            )


def contents() -> list[Experiment]:
    """All experiments, in the order of the report."""
    return [*claims(), *OTHERS]
