"""Tables of a sweep: Parquet files, read when they are asked for and as far as they are.

A `Table` holds no rows. It hands the files to the library of the reader's choice, or reads them
piece by piece onto a grid with named axes.
"""

from __future__ import annotations

import glob
import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from partnersim.runs.codebook import Entry, describe, find_entry
from partnersim.scenario.errors import check_name
from partnersim.sweep.extras import load_extra

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    import pyarrow.dataset as pads
    import xarray as xr

ROWS_AT_ONCE = 200_000
"""Rows that are held at a time where a table is read piece by piece: about 70 MB of 40 numbers."""

STATUS = ("ok", "failed")
"""The words of `status`, in the order of their codes on a grid; -1 there is a run still to come."""

Array = np.ndarray[Any, np.dtype[Any]]
Labels = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Table:
    """Rows in Parquet files.

    Attributes
    ----------
    name : str
        `design`, `runs` or `series`.
    files : tuple[Path, ...]
        Where the rows are; no row is in two of them.
    keys : tuple[str, ...]
        Columns that tell a row from any other, and the axes of a grid: `point`, and `arm`,
        `replicate` and `month` as far as the table has them.
    values : tuple[str, ...]
        The columns that a grid has.
    n_points : int
        Points of the design, whether they have been run or not.
    arms : tuple[str, ...]
        Names of the arms, the base first; empty where the plan has none.
    attributes : Mapping[str, Any]
        What a grid says of where it comes from.
    parameters : Mapping[str, Entry]
        What the columns mean that are parameters.
    """

    name: str
    files: tuple[Path, ...]
    keys: tuple[str, ...]
    values: tuple[str, ...]
    n_points: int
    arms: tuple[str, ...]
    attributes: Mapping[str, Any]
    parameters: Mapping[str, Entry] = field(default_factory=dict)

    # --- As others know it --------------------------------------------------------------------

    def to_arrow(self) -> pads.Dataset:
        """Give the files as a dataset of Arrow: nothing is read before it is asked for."""
        return self._dataset

    def to_pandas(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read the rows into memory, sorted by point, arm and replicate.

        Parameters
        ----------
        columns
            Which to read, to save memory; all if left out. The keys always come first.

        Raises
        ------
        InputError
            For a column that there is not, with the nearest one.
        """
        table = self.to_arrow().to_table(columns=self._columns(columns))
        frame: pd.DataFrame = self._sort(table).to_pandas(split_blocks=True, self_destruct=True)
        return frame

    def to_polars(self) -> pl.LazyFrame:
        """Give the files as a lazy frame of polars: nothing is read before `collect`."""
        polars = load_extra("polars", "polars")
        frame: pl.LazyFrame = polars.scan_parquet(list(self.files), glob=False)
        return frame

    def to_duckdb(self) -> duckdb.DuckDBPyRelation:
        """Give the files as a relation of DuckDB, on its own connection that all tables share."""
        files = [glob.escape(str(file)) for file in self.files]
        library = load_extra("duckdb", "duckdb")
        relation: duckdb.DuckDBPyRelation = library.read_parquet(files)
        return relation

    def to_xarray(self) -> xr.Dataset:
        """Give the values on a grid of the keys; an array is read when its numbers are used.

        A failed run is NaN with `status` 1; a run still to come is NaN with `status` -1.
        """
        import xarray as xr
        from xarray.core.indexing import LazilyIndexedArray

        from partnersim.sweep.grid import Column

        lengths = tuple(len(labels) for labels in self.axes.values())
        types = {field.name: kind_of(field.name, field.type) for field in self.to_arrow().schema}
        arrays = {
            name: xr.Variable(
                self.keys,
                LazilyIndexedArray(Column(self, name, lengths, types[name])),
                self.describe(name, types[name]),
            )
            for name in self.values
        }
        axes = {
            key: xr.Variable(key, labels, self.describe(key, np.asarray(labels).dtype))
            for key, labels in self.axes.items()
        }
        return xr.Dataset(arrays, axes, dict(self.attributes))

    def describe(self, name: str, kind: np.dtype[Any]) -> dict[str, Any]:
        """Describe a column, as the conventions for NetCDF have it."""
        entry = self.parameters.get(name) or find_entry(name, is_series=self.name == "series")
        flags = {"flag_values": np.array([-1, 0, 1], np.int8), "flag_meanings": "pending ok failed"}
        return describe(entry, kind) | (flags if name == "status" else {})

    @cached_property
    def _dataset(self) -> pads.Dataset:
        """The files as a dataset, which is kept: it remembers what each file says of its own contents."""
        import pyarrow.dataset as pads

        return pads.dataset([str(file) for file in self.files], format="parquet")

    # --- Piece by piece -----------------------------------------------------------------------

    @cached_property
    def axes(self) -> dict[str, Labels | list[str]]:
        """Labels along each key: numbers from 0 without gaps, and the names of the arms."""
        axes: dict[str, Labels | list[str]] = {}
        for key in self.keys:
            if key == "point":
                axes[key] = np.arange(self.n_points)
            elif key == "arm":
                axes[key] = list(self.arms)
            elif key == "replicate":
                axes[key] = np.arange(1 + max(span.last_replicate for span in self._spans))
            else:  # every run that is kept has all months
                import pyarrow.parquet as pq

                axes[key] = np.unique(pq.read_table(self.files[0], columns=[key])[key].to_numpy())
        return axes

    @cached_property
    def _spans(self) -> list[Span]:
        """The span of each file's rows, so that only the files needed are opened."""
        with ThreadPoolExecutor() as pool:
            return list(pool.map(read_span, self.files))

    def _near(self, low: int, high: int) -> pads.Dataset:
        """Select the files that have rows of points `low` to `high`, both included."""
        import pyarrow.dataset as pads

        schema = self.to_arrow().schema
        files = [
            str(file)
            for file, span in zip(self.files, self._spans, strict=True)
            if span.first_point <= high and span.last_point >= low
        ]
        if not files:
            return pads.dataset(schema.empty_table())
        return pads.dataset(files, schema=schema, format="parquet")

    def by_points(self) -> Iterator[tuple[int, int]]:
        """Give ranges of points, in order, whose rows together are few enough to be held."""
        rows = math.prod(len(labels) for key, labels in self.axes.items() if key != "point")
        step = max(1, ROWS_AT_ONCE // max(1, rows))
        for begin in range(0, self.n_points, step):
            yield begin, min(begin + step, self.n_points)

    def rows(self, begin: int, end: int) -> pa.Table:
        """Read the rows of points `begin` to `end`, sorted by the keys."""
        import pyarrow.dataset as pads

        point = pads.field("point")
        where = (point >= begin) & (point < end)
        near = self._near(begin, end - 1)
        return self._sort(near.to_table(columns=self._columns(None), filter=where))

    def grid(self, names: Sequence[str], wanted: Mapping[str, Labels]) -> dict[str, Array]:
        """Read some values onto a grid.

        Parameters
        ----------
        names
            Which values.
        wanted
            For each key the positions on its axis that are wanted, rising, none twice.

        Returns
        -------
        dict[str, ndarray]
            For each value an array with an axis for each key.
        """
        import pyarrow.dataset as pads

        shape = tuple(len(labels) for labels in wanted.values())
        schema = self.to_arrow().schema
        grid = {name: _empty(name, schema.field(name).type, shape) for name in names}
        if 0 in shape:
            return grid
        where = None
        for key, labels in wanted.items():
            if key != "arm":
                low, high = int(labels[0]), int(labels[-1])
                inside = (pads.field(key) >= low) & (pads.field(key) <= high)
                where = inside if where is None else where & inside
        points = wanted["point"]
        near = self._near(int(points[0]), int(points[-1]))
        for batch in near.to_batches(columns=[*self.keys, *names], filter=where):
            places = [self._places(batch, key, labels) for key, labels in wanted.items()]
            is_wanted = np.all([place >= 0 for place in places], axis=0)
            cells = tuple(place[is_wanted] for place in places)
            for name in names:
                grid[name][cells] = _numbers(batch.column(name), name)[is_wanted]
        return grid

    def _places(self, batch: pa.RecordBatch, key: str, labels: Labels) -> Labels:
        """Find where each row is among the positions wanted of a key; -1 for nowhere."""
        column = batch.column(key)
        if key == "arm":
            column = self._ranks(column)
        found = column.to_numpy(zero_copy_only=False).astype(np.int64)
        places: Labels = np.searchsorted(labels, found)
        places[labels[np.minimum(places, len(labels) - 1)] != found] = -1
        return places

    def _columns(self, chosen: Sequence[str] | None) -> list[str]:
        """Return the columns to read: the keys, then those chosen."""
        known = self.to_arrow().schema.names
        names = known if chosen is None else chosen
        for name in names:
            check_name(name, known, f"column in {self.name}")
        return [*self.keys, *(name for name in names if name not in self.keys)]

    def _sort(self, table: pa.Table) -> pa.Table:
        """Sort rows by the keys, arms in the order of the plan."""
        import pyarrow as pa
        import pyarrow.compute as pc

        order = {key: table.column(key) for key in self.keys}
        if "arm" in order:
            order["arm"] = self._ranks(order["arm"])
        keys = [(key, "ascending") for key in order]
        return table.take(pc.sort_indices(pa.table(order), sort_keys=keys))

    def _ranks(self, arms: Any) -> Any:
        """Turn a column of names of arms into their places in the plan."""
        import pyarrow as pa
        import pyarrow.compute as pc

        return pc.index_in(arms.cast(pa.string()), value_set=pa.array(self.arms, pa.string()))


class Span(NamedTuple):
    """The span of a file's rows: its first and last point, and its last replicate."""

    first_point: int
    last_point: int
    last_replicate: int


def read_span(file: Path) -> Span:
    """Read the span of a file's rows from its footer."""
    import pyarrow.parquet as pq

    footer = pq.read_metadata(file)
    names = footer.schema.to_arrow_schema().names
    ends: dict[str, tuple[int, int]] = {}
    for name in {"point", "replicate"}.intersection(names):
        column = names.index(name)
        groups = [footer.row_group(k).column(column) for k in range(footer.num_row_groups)]
        ends[name] = (
            min(int(group.statistics.min) for group in groups),
            max(int(group.statistics.max) for group in groups),
        )
    return Span(*ends["point"], ends.get("replicate", (0, 0))[1])


def kind_of(name: str, kind: pa.DataType) -> np.dtype[Any]:
    """Give the type that a column has on a grid."""
    import pyarrow.types as types

    if name == "status":
        return np.dtype(np.int8)
    if types.is_string(kind) or types.is_large_string(kind) or types.is_dictionary(kind):
        return np.dtype(object)
    dtype: np.dtype[Any] = np.dtype(kind.to_pandas_dtype())
    return dtype


def _empty(name: str, kind: pa.DataType, shape: tuple[int, ...]) -> Array:
    """Make a grid on which there is nothing yet."""
    dtype = kind_of(name, kind)
    if name == "status":
        return np.full(shape, -1, dtype)
    return np.full(shape, {"f": np.nan, "O": ""}.get(dtype.kind, 0), dtype)


def _numbers(column: Any, name: str) -> Array:
    """Give a column as an array; what is missing is NaN, and a status is its code."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if name == "status":
        column = pc.index_in(column.cast(pa.string()), value_set=pa.array(STATUS))
    numbers: Array = column.to_numpy(zero_copy_only=False)
    return numbers
