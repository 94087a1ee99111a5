"""Write where plans vary what was tuned, or held: python -m experiments.tuning.ranges

The tuning does so by itself; by hand it is of use where accepted points have come from elsewhere.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tomlkit

from experiments.points import ACCEPTED, Points, load_summary
from experiments.tuning.space import read_space
from partnersim.scenario.accepted import FILE

LEVELS = (0.05, 0.95)
DIGITS = 3
"""Significant digits of an end: more would say more than the points do."""


def ranges_text(folder: Path = ACCEPTED.parent) -> str:
    """The file of accepted ranges, from accepted.csv and summary.toml of a folder."""
    points, document = Points.read(folder / ACCEPTED.name), tomlkit.document()
    document.add(tomlkit.comment("Written by python -m experiments.tuning.ranges; do not edit."))
    document["model"], document["points"] = load_summary(folder)["model"], points.n_points
    table = tomlkit.table()
    for path, values in points.columns.items():
        ends = [float(end) for end in np.quantile(values, LEVELS)]
        if values.dtype.kind == "i":
            ends = [float(np.floor(ends[0])), float(np.ceil(ends[1]))]
        low, high = (float(f"{end:.{DIGITS}g}") for end in ends)
        if low < high:
            table.add(path, [low, high])
    document["ranges"] = table
    document["held"] = {entry.path: [entry.low, entry.high] for entry in read_space().held}
    return tomlkit.dumps(document)


if __name__ == "__main__":
    FILE.write_text(ranges_text(), encoding="utf-8")
