"""What was run in a search, kept so that it need not be run again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.patterns.estimates import Floats
from partnersim.sweep.parquet import whole_file


class Key(NamedTuple):
    """Which task of a search: the same key always means the same points and the same runs."""

    kind: str
    stage: int
    generation: int
    slot: int


class Row(NamedTuple):
    """One look at one point.

    Attributes
    ----------
    shares : float64[parameter]
        Where the point is.
    replicates : int
        How hard it was looked at.
    distance : float
        Of what was looked at.
    is_whole : bool
        Whether all was looked at.
    is_taken : bool
        Whether the search went there.
    found : float64[number, 3]
        Value and ends of the 95 % interval; NaN where not looked at.
    excess : float64[number]
        How far outside, in tenths of a band's width.
    """

    shares: Floats
    replicates: int
    distance: float
    is_whole: bool
    is_taken: bool
    found: Floats
    excess: Floats


Results = dict[Key, list[Row]]


class Store:
    """A folder of Parquet files, each with the rows of whole tasks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def read(self) -> Results:
        """All tasks that are stored."""
        results: Results = {}
        for file in sorted(self.folder.glob("*.parquet")):
            for entry in pq.read_table(file).to_pylist():
                key = Key(*(entry[name] for name in Key._fields))
                found = np.array(entry["found"], float).reshape(-1, 3)
                row = Row(
                    np.array(entry["shares"], float),
                    entry["replicates"],
                    entry["distance"],
                    entry["is_whole"],
                    entry["is_taken"],
                    found,
                    np.array(entry["excess"], float),
                )
                results.setdefault(key, []).append(row)
        return results

    def add(self, results: Results) -> None:
        """Store some tasks that are done, all of them or none."""
        entries = [
            {
                **key._asdict(),
                **row._asdict(),
                "shares": row.shares.tolist(),
                "found": row.found.ravel().tolist(),
                "excess": row.excess.tolist(),
            }
            for key, rows in results.items()
            for row in rows
        ]
        if not entries:
            return
        taken = {file.name for file in self.folder.glob("*.parquet")}
        number = len(taken)
        while f"{number:06}.parquet" in taken:
            number += 1
        with whole_file(self.folder / f"{number:06}.parquet") as file:
            pq.write_table(pa.Table.from_pylist(entries), file, compression="zstd")


def rows_of(results: Results, kind: str) -> Iterable[Row]:
    """The rows of all tasks of a kind, in order of their keys."""
    for key in sorted(results):
        if key.kind == kind:
            yield from results[key]
