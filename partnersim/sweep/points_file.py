"""Points that somebody has written down, in a CSV or Parquet file or a plan: read and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from partnersim.scenario.accepted import accepted_points
from partnersim.scenario.errors import ScenarioError, shown, suggest
from partnersim.scenario.file_paths import full_path
from partnersim.scenario.files import open_file
from partnersim.sweep.parameters import DTYPES, Column, Parameter, Range, key_of

if TYPE_CHECKING:
    import pyarrow as pa

POINT = "point"
"""A column that only numbers the rows, as in the file of a sweep's own design."""

ACCEPTED = "accepted"
"""What stands for the points that the tuning accepted where a file of points is named."""


def points_path(file: str | Path, folder: str | Path = "") -> Path:
    """Give the place of a file of points, relative to a folder; or of the points that the tuning accepted."""
    return accepted_points() if str(file) == ACCEPTED else full_path(file, folder)


def check_names_only(parameters: Mapping[str, Any]) -> None:
    """Check that parameters beside a table of points only name columns and say nothing of values."""
    for path, spread in parameters.items():
        if spread != Range():
            raise ScenarioError(f"{key_of(path)}: the table gives its values; write {{}}")


def read_points(
    given: Path | Mapping[str, Sequence[Any]], name: str, wanted: Sequence[str]
) -> tuple[tuple[str, ...], pa.Table]:
    """Read a table of points, its file or columns, which messages call `name`.

    Columns that are wanted are all that there may be; none stands for all. Returns the names of
    the columns to take, and the table.

    Raises
    ------
    ScenarioError
        For a table that cannot be read, and for columns missing or unknown.
    """
    table = _read(given, name) if isinstance(given, Path) else _put_together(given, name)
    try:
        names = table.column_names
    except UnicodeDecodeError:
        raise ScenarioError(f"{name}: the names of its columns are not text in UTF-8") from None
    if table.num_rows == 0:
        raise ScenarioError(f"{name}: has no rows; give one for each point")
    for column in names:
        if names.count(column) > 1:
            raise ScenarioError(f"{name}: two columns are named {column!r}; one for each")
    if POINT in names:
        _check_numbering(table, name)
        names = [column for column in names if column != POINT]
    for path in wanted:
        if path not in names:
            raise ScenarioError(
                f"{name}: column {path!r} is missing, which [parameters] names; {suggest(path, names)}"
            )
    for column in names:
        if wanted and column not in wanted:
            raise ScenarioError(
                f"{name}: column {column!r} is none of [parameters]; {suggest(column, list(wanted))}"
            )
    return tuple(wanted or names), table


def _read(file: Path, name: str) -> pa.Table:
    """Read CSV or Parquet, whichever the name ends in."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    readers = {".csv": csv.read_csv, ".parquet": parquet.read_table}
    reader = readers.get(file.suffix.lower())
    if reader is None:
        raise ScenarioError(f"{name}: must end in .csv or .parquet")
    try:
        with open_file(file, name, "points") as opened:
            return reader(opened)
    except pa.ArrowException as error:
        raise ScenarioError(f"{name}: {_first_line(error)}") from None


def _put_together(columns: Mapping[str, Sequence[Any]], name: str) -> pa.Table:
    """Make a table of columns by name."""
    import pyarrow as pa

    try:
        return pa.table({path: list(values) for path, values in columns.items()})
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise ScenarioError(f"{name}: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _check_numbering(table: pa.Table, name: str) -> None:
    """Check that a column of point numbers says nothing else than the order of the rows."""
    numbers = table[POINT].to_pylist()
    if not any(numbers == list(range(first, first + len(numbers))) for first in (0, 1)):
        raise ScenarioError(f"{name}: column {POINT!r} must count the rows, from 0 or 1; leave it out")


def take_columns(table: pa.Table, name: str, parameters: Iterable[Parameter]) -> dict[str, Column]:
    """Take the points from a table, each column as its parameter's kind.

    Raises
    ------
    ScenarioError
        For values missing, NaN, of another kind or out of range, and for duplicate points; with
        the row, counted from 1 without the header.
    """
    columns = {p.path: _take(table, name, p) for p in parameters}
    _check_different(columns, name)
    return columns


def _take(table: pa.Table, name: str, parameter: Parameter) -> Column:
    """Take one column, checked, as its parameter's kind."""
    import pyarrow as pa

    column = table[parameter.path]
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    where = f"{name}, column {parameter.path!r}"
    kinds = {
        "real": pa.types.is_floating(column.type) or pa.types.is_integer(column.type),
        "whole": pa.types.is_integer(column.type),
        "flag": pa.types.is_boolean(column.type),
        "text": pa.types.is_string(column.type) or pa.types.is_large_string(column.type),
    }
    if column.null_count:
        raise ScenarioError(f"{where}, row {_first(column.is_null().to_numpy())}: has no value")
    values: Column = column.to_numpy()
    if not kinds[parameter.kind]:
        raise ScenarioError(f"{where}: {_KINDS[parameter.kind]}, and there is {shown(column[0].as_py())}")
    values = values.astype(DTYPES[parameter.kind])
    if parameter.kind in ("real", "whole"):
        _check_range(values, where, parameter)
    return values


_KINDS = {
    "real": "must hold numbers",
    "whole": "must hold whole numbers",
    "flag": "must hold true and false",
    "text": "must hold names",
}


def _check_range(values: Column, where: str, parameter: Parameter) -> None:
    """Check numbers against the declared range."""
    least = -np.inf if parameter.least is None else parameter.least
    most = np.inf if parameter.most is None else parameter.most
    is_good = np.isfinite(values) & (values >= least) & (values <= most)
    if not is_good.all():
        row = _first(~is_good)
        has_range = np.isfinite([least, most]).all()
        wanted = f"between {least:g} and {most:g}" if has_range else "a number"
        raise ScenarioError(f"{where}, row {row} = {values[row - 1]:g}: must be {wanted}")


def _first(flags: Column) -> int:
    """Find the first row that is marked, counted from 1."""
    return int(np.argmax(flags)) + 1


def _check_different(columns: Mapping[str, Column], name: str) -> None:
    """Check that no point is given twice: its runs would be the same, and count twice."""
    import pandas as pd

    is_again = pd.DataFrame(dict(columns)).duplicated().to_numpy()
    if is_again.any():
        raise ScenarioError(
            f"{name}, row {_first(is_again)}: is a point that an earlier row has already; "
            "give each once, and more replicates for more runs"
        )


def digest(columns: Mapping[str, Column]) -> str:
    """Hash points: the same for the same values, whatever file they came from."""
    found = hashlib.sha256()
    for path, values in columns.items():
        found.update(f"{path} {len(values)} ".encode())
        if values.dtype.kind == "U":
            found.update("\0".join(values.tolist()).encode())
        else:
            found.update(values.astype(values.dtype.newbyteorder("<")).tobytes())
    return found.hexdigest()
