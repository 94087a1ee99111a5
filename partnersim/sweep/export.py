"""A sweep as files that other programs read, written piece by piece: memory does not grow with it.

Rows are sorted by point, arm and replicate, so the same runs give the same file however they
were come by.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from partnersim.runs.wording import csv_cell
from partnersim.sweep.design_file import Tell
from partnersim.sweep.extras import load_extra
from partnersim.sweep.parquet import whole_file
from partnersim.sweep.tables import Labels, kind_of

if TYPE_CHECKING:
    import pyarrow as pa

    from partnersim.sweep.tables import Table

COMPRESSION = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
"""Compression that every reader of NetCDF-4 understands; higher levels gain little on such numbers."""


# --- CSV -----------------------------------------------------------------------------------------


def write_csv(table: Table, path: Path, tell: Tell | None = None) -> None:
    """Write a table as CSV: full precision, empty where there is no number.

    Text that a spreadsheet would run gets an apostrophe in front. A file of the same name is
    replaced when all is written.
    """
    import pyarrow.csv as pc

    with whole_file(path) as file:
        writer = None
        for begin, end in table.by_points():
            rows = _as_cells(table.rows(begin, end))
            if writer is None:
                options = pc.WriteOptions(quoting_style="needed")
                writer = pc.CSVWriter(file, rows.schema, write_options=options)
            writer.write_table(rows)
            if tell is not None:
                tell(end, table.n_points)
        if writer is not None:
            writer.close()


def _as_cells(rows: pa.Table) -> pa.Table:
    """Make what is no number null, which CSV shows as nothing, and each text a harmless one."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    columns = []
    for column in rows.columns:
        if types.is_floating(column.type):
            column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
        elif types.is_dictionary(column.type) or types.is_string(column.type):
            encoded = column.dictionary_encode().combine_chunks()  # the same few texts, mostly
            cells = pa.array([csv_cell(text) for text in encoded.dictionary.to_pylist()], pa.string())
            column = cells.take(encoded.indices)
        columns.append(column)
    return pa.table(columns, names=rows.schema.names)


# --- NetCDF --------------------------------------------------------------------------------------


def write_netcdf(table: Table, path: Path, design: Table | None = None, tell: Tell | None = None) -> None:
    """Write a table as NetCDF-4, on a grid of its keys, with the design as coordinates of the points.

    Raises
    ------
    MissingPackageError
        If the library for it is not installed.
    """
    load_extra("h5py", "netcdf")  # what h5netcdf writes with
    library = load_extra("h5netcdf", "netcdf")
    with whole_file(path) as place, library.File(place, "w") as file:
        file.attrs.update(table.attributes)
        file.dimensions = {key: len(labels) for key, labels in table.axes.items()}
        for key, labels in table.axes.items():
            kind = np.asarray(labels).dtype
            axis = _add_variable(file, key, (key,), kind)
            axis[...] = labels
            axis.attrs.update(table.describe(key, kind))
        if design is not None:
            _write_grid(file, design)
        _write_grid(file, table, tell)
        if design is not None:
            names = " ".join(design.values)
            for name in table.values:
                file.variables[name].attrs["coordinates"] = names


def _write_grid(file: Any, table: Table, tell: Tell | None = None) -> None:
    """Write the values of a table, some points at a time."""
    schema = table.to_arrow().schema
    for name in table.values:
        kind = kind_of(name, schema.field(name).type)
        _add_variable(file, name, table.keys, kind).attrs.update(table.describe(name, kind))
    everywhere = {key: np.arange(len(labels)) for key, labels in table.axes.items()}
    for begin, end in table.by_points():
        wanted: dict[str, Labels] = everywhere | {"point": np.arange(begin, end)}
        for name, values in table.grid(table.values, wanted).items():
            file.variables[name][begin:end] = values.astype(np.int8) if values.dtype == bool else values
        if tell is not None:
            tell(end, table.n_points)


def _add_variable(file: Any, name: str, keys: tuple[str, ...], kind: np.dtype[Any]) -> Any:
    """Add a variable in a type that NetCDF has."""
    if kind.kind in "OU":
        strings = load_extra("h5py", "netcdf").string_dtype()
        return file.create_variable(name, keys, strings)
    fill = {"fillvalue": np.nan} if kind.kind == "f" else {}
    stored = np.dtype(np.int8) if kind.kind == "b" else kind
    variable = file.create_variable(name, keys, stored, **fill, **COMPRESSION)
    if kind.kind == "b":
        variable.attrs["dtype"] = "bool"  # as xarray marks truth values, which NetCDF lacks
    return variable
