"""The points of a stored sweep: design.parquet, written once and read a piece at a time.

Its rows stand in groups, each of some megabytes and with a digest of its own, which is kept in
sweep.json: so a worker reads and checks what it needs, and a file that is not as it was written is
no design.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from partnersim.scenario.errors import ScenarioError
from partnersim.sweep.designs import Columns, Design
from partnersim.sweep.parquet import column, digest_of, open_parquet, whole_file
from partnersim.sweep.reading import fault_of, read_parquet

NUMBERS_IN_GROUP = 1 << 20
"""Numbers in a group of rows, at most: part of the stores' format, as the digests are of groups."""

GROUPS_KEPT = 2
"""Groups kept in the memory of a worker, as chunks of points do not end where groups do."""

REMEDY = "give the command again that ran the sweep"

Tell = Callable[[int, int], None]
"""A function that is told how many points are written, and how many there are in all."""


@dataclass(frozen=True)
class Written:
    """Points that are written: how many, and a digest for each group of rows."""

    n_points: int
    digests: Sequence[str]


NOTHING = Written(0, ())


def as_tables(blocks: Iterator[Columns]) -> Iterator[pa.Table]:
    """Turn blocks of points into groups of rows, each point with its number."""
    n = 0
    for block in blocks:
        n_rows = len(next(iter(block.values())))
        columns = {"point": column(np.arange(n, n + n_rows))}
        table = pa.table(columns | {name: column(values) for name, values in block.items()})
        size = max(1, NUMBERS_IN_GROUP // table.num_columns)
        for begin in range(0, n_rows, size):
            yield table.slice(begin, size)
        n += n_rows


def write_design(design: Design, file: Path, known: Written = NOTHING, tell: Tell | None = None) -> Written:
    """Write the points; the file is there when all of them are in it.

    Those that are `known`, as they were made before, are to come first and the same.

    Raises
    ------
    ScenarioError
        If other points are made than before; the file stays as it was.
    """
    digests: list[str] = []
    n = 0
    with whole_file(file) as opened:
        writer = None
        for table in as_tables(design.blocks()):
            if n < known.n_points:
                before = table.slice(0, known.n_points - n)
                if digest_of(before) != known.digests[len(digests)]:
                    raise ScenarioError(
                        f"{file}: its points cannot be made again as they were; go on with the "
                        "versions of SciPy and SALib by which the sweep was begun, or with the "
                        "table as it was"
                    )
            digests.append(digest_of(table))
            writer = writer or open_parquet(opened, table.schema)
            writer.write_table(table, row_group_size=table.num_rows)
            n += table.num_rows
            if tell is not None:
                tell(n, design.n_points)
        if writer is not None:
            writer.close()
    return Written(n, digests)


class DesignFile:
    """Reads points, a group of rows at a time, and checks what it reads; for one thread.

    There may be more points in the file by now than were `written`: these stay the first.
    """

    def __init__(self, file: Path, written: Written) -> None:
        self._path, self._written = file, written
        self._group = lru_cache(GROUPS_KEPT)(self._read_group)

    @cached_property
    def _begins(self) -> npt.NDArray[np.int64]:
        """The first point of each group, and last the number of points in all."""
        footer = read_parquet(self._path, lambda file: file.metadata)
        return np.cumsum([0, *(footer.row_group(k).num_rows for k in range(footer.num_row_groups))])

    def points(self, begin: int, end: int, names: Sequence[str]) -> list[dict[str, Any]]:
        """Read some columns of points `begin` to `end` - 1, one dictionary a point.

        Raises
        ------
        ScenarioError
            If what is read is not what was written.
        """
        points: list[dict[str, Any]] = []
        with self._said():
            first, last = np.searchsorted(self._begins, [begin, end - 1], side="right") - 1
            for k in range(int(first), int(last) + 1):
                start = int(self._begins[k])
                rows = self._group(k)[max(0, begin - start) : end - start].select(names)
                points += as_points(rows.to_pydict())
        return points

    def check(self, *, is_thorough: bool) -> None:
        """Check that all points are there and no others; if thoroughly, by reading all of them.

        Raises
        ------
        ScenarioError
            As `points`.
        """
        with self._said():
            if self._begins[-1] != self._written.n_points:
                raise ValueError(f"has {self._begins[-1]} points, not {self._written.n_points}")
            for k in range(len(self._written.digests) if is_thorough else 0):
                self._read_group(k)

    def _read_group(self, k: int) -> pa.Table:
        # Opened for each: an open file would keep its disk busy.
        table = read_parquet(self._path, lambda file: file.read_row_group(k))
        table = table.slice(0, self._written.n_points - int(self._begins[k]))
        if k >= len(self._written.digests) or digest_of(table) != self._written.digests[k]:
            raise ValueError("was changed after it was written")
        return table

    @contextmanager
    def _said(self) -> Iterator[None]:
        """Turn errors of reading into one that says in words what is wrong with the file."""
        try:
            yield
        except FileNotFoundError:
            raise ScenarioError(f"{self._path}: is not there; {REMEDY}") from None
        except (OSError, ValueError, IndexError, KeyError, pa.ArrowException) as error:
            raise ScenarioError(f"{self._path}: {fault_of(error)}; {REMEDY}") from None


def as_points(columns: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Turn columns into one dictionary a point."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
