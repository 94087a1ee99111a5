"""Which parameter can move which number: python -m experiments.tuning.reach [--quick]

One at a time from the defaults, to each end of the range of ../screening/priors.toml, with luck in
common. It is looked at before a search, to choose what is free to move. Writes reach.csv beside
this file; with --quick only what --out names.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from experiments.screening.design import Prior, changes_of, read_priors
from experiments.tuning.distance import excess, width
from experiments.tuning.evaluate import NUMBERS, Level, estimates, evaluate
from partnersim.model.version import MODEL_VERSION
from partnersim.scenario.scenario import Scenario

HERE = Path(__file__).resolve().parent
FULL, QUICK = Level(replicates=100), Level(replicates=4, resamples=5)

ABOUT_A_PLACE = (
    "organisations.",
    "drawn.",
    "coordinators.",
    "ways_of_working.",
    "starting.",
    "lead.",
    "emergence.",
)
"""Who is there, where they begin and what they do: facts of a place, which are not tuned."""

HEAD = (
    "parameter",
    "low",
    "high",
    "pattern",
    "number",
    "at_default",
    "tenths_outside",
    "widths_moved_at_low",
    "widths_moved_at_high",
    "model",
)
LEAST = 0.1
"""Widths of a band; of what moves a number by less nothing is written."""


def candidates() -> list[Prior]:
    """Numbers that say how partnerships work, not what one of them is like."""
    return [
        prior for prior in read_priors() if prior.how == "set" and not prior.path.startswith(ABOUT_A_PLACE)
    ]


def rows(priors: list[Prior], level: Level) -> Iterator[tuple[object, ...]]:
    """A row for each parameter and number that it can move: how far at either end."""
    scenario = Scenario.load("integrated-care")
    base = estimates(evaluate({}, level).found)
    for prior in priors:
        ends = [changes_of(prior, end, scenario) for end in (prior.low, prior.high)]
        there = [estimates(evaluate(changes, level).found) for changes in ends]
        for number, before, low, high in zip(NUMBERS, base, *there, strict=True):
            moved = [_moved(before.value, after.value, width(number.band)) for after in (low, high)]
            if not all(abs(x) < LEAST for x in moved):
                numbers = (before.value, excess(before, number.band), *moved)
                yield (
                    prior.path,
                    *(changes[prior.path] for changes in ends),
                    number.pattern,
                    number.key,
                    *(f"{x:.3g}" for x in numbers),
                    MODEL_VERSION,
                )
        print(prior.path, file=sys.stderr, flush=True)


def _moved(before: float, after: float, wide: float) -> float:
    """How far a number moves, in widths of its band; what stays unknown or endless does not."""
    return 0.0 if np.array_equal(before, after, equal_nan=True) else (after - before) / wide


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few runs, to see that it works")
    parser.add_argument("--out", type=Path, help="folder to write to")
    options = parser.parse_args()
    priors, level = (candidates()[:2], QUICK) if options.quick else (candidates(), FULL)
    found = list(rows(priors, level))
    folder = options.out or (None if options.quick else HERE)
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "reach.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([HEAD, *found])
    return 0


if __name__ == "__main__":
    sys.exit(main())
