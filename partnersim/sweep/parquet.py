"""Files of a sweep: tables as Parquet, and files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

# --- Columns -------------------------------------------------------------------------------------


def column(values: npt.NDArray[Any], is_null: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    """Give numbers to Arrow, or texts and flags if they must be.

    `pyarrow.array` would load pandas to see whether this is a series of it: 40 MB and most of a
    second in every worker.
    """
    if values.dtype.kind not in "iuf":
        return pa.array(values.tolist())
    data = pa.py_buffer(np.ascontiguousarray(values))
    validity = None if is_null is None else _validity(is_null)
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [validity, data])


def make_table(columns: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    """Give columns to Arrow, in the order and the types of a schema; others are left out.

    A column is an array, masked where it is null; a list of texts, None where it is null; or names
    and the number of each row's.
    """
    arrays = []
    for field in schema:
        values = columns[field.name]
        if isinstance(values, tuple):
            names, which = values
            numbers = column(np.asarray(which, np.int32))
            array = pa.DictionaryArray.from_arrays(numbers, texts(list(names)))
        elif isinstance(values, list):
            array = texts(values)
            array = array.dictionary_encode() if pa.types.is_dictionary(field.type) else array
        elif isinstance(values, np.ma.MaskedArray):
            array = column(values.data, np.ma.getmaskarray(values))
        else:
            array = column(values)
        arrays.append(array)
    return pa.table(arrays, schema=schema)


def texts(values: Sequence[str | None]) -> pa.Array:
    """Give texts to Arrow, without pandas as `column` does."""
    encoded = [b"" if value is None else value.encode() for value in values]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    validity = _validity(np.array([value is None for value in values], dtype=np.bool_))
    buffers = [validity, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(values), buffers)


def _validity(is_null: npt.NDArray[np.bool_]) -> pa.Buffer:
    """Give the bits of what is not null."""
    return pa.py_buffer(np.packbits(~is_null, bitorder="little"))


def digest_of(table: pa.Table) -> str:
    """Hash what a table says, however it is stored."""
    digest = hashlib.sha256()
    for name, values in zip(table.column_names, table.columns, strict=True):
        digest.update(f"{name}:{len(values)}:{values.null_count};".encode())
        if pa.types.is_floating(values.type) or pa.types.is_integer(values.type):
            if values.null_count:
                digest.update(_bytes_of(values.is_null().cast(pa.uint8())))
                values = values.fill_null(0)
            digest.update(_bytes_of(values))
        else:
            digest.update("\0".join(map(repr, values.to_pylist())).encode())
    return digest.hexdigest()


def _bytes_of(values: pa.ChunkedArray) -> bytes:
    """Give numbers of which none is null as bytes, without pandas as `column` does."""
    array = values.combine_chunks()
    width = array.type.bit_width // 8
    buffer = memoryview(array.buffers()[1])
    return bytes(buffer[array.offset * width : (array.offset + len(array)) * width])


# --- Files ---------------------------------------------------------------------------------------


def open_parquet(file: BinaryIO, schema: pa.Schema) -> pq.ParquetWriter:
    """Begin a file that is small and quick to read: floats are split into bytes, all is compressed
    lightly.
    """
    encodings = {}
    for f in schema:
        if pa.types.is_floating(f.type):
            encodings[f.name] = "BYTE_STREAM_SPLIT"
        elif pa.types.is_integer(f.type):
            encodings[f.name] = "DELTA_BINARY_PACKED"
    return pq.ParquetWriter(
        file,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=[f.name for f in schema if pa.types.is_dictionary(f.type)],
        column_encoding=encodings,
        write_statistics=[name for name in ("point", "replicate") if name in schema.names],
        write_page_checksum=True,
        store_schema=True,
    )


def write_parquet(table: pa.Table, file: BinaryIO) -> None:
    """Write a table as a file."""
    with open_parquet(file, table.schema) as writer:
        writer.write_table(table)


@contextlib.contextmanager
def whole_file(path: Path, *, is_first: bool = False) -> Iterator[BinaryIO]:
    """Write a file beside its place, and move it there when it is safe on disk.

    Temporary names are nobody else's. Where `is_first` is set, a file that somebody else has put
    there in the meantime stays.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.chmod(name, 0o644)
            os.fsync(file.fileno())
        (_put_first if is_first else os.replace)(name, path)
        _sync_folder(path.parent)
    except FileNotFoundError:
        if not path.exists():  # else whoever tidied up has committed the same
            raise
    finally:
        Path(name).unlink(missing_ok=True)


def _put_first(source: str, target: Path) -> None:
    """Give a file its name, unless there is one of that name."""
    try:
        os.link(source, target)
    except FileExistsError:
        pass
    except OSError:  # a file system without hard links
        if not target.exists():
            os.replace(source, target)


def _sync_folder(folder: Path) -> None:
    """Make a rename last; folders cannot be opened on Windows, and need not be."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
