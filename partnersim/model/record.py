"""Records: many named numbers and arrays at one address, which compiled code is handed as one.

A tuple of a hundred arrays took twenty seconds to compile for every function.
"""

from collections.abc import Iterable, Iterator
from typing import Any, cast

import numpy as np

REAL, WHOLE, FLAG = np.float64, np.int64, np.bool_


class Record(np.record):  # type: ignore[misc]  # final for checkers, not for NumPy
    """A record whose fields are attributes, as compiled code has them.

    They come before what NumPy knows of itself: `p.vision.size` is how large the vision is.
    """

    def __getattribute__(self, name: str) -> Any:
        """Return a field, or else the attribute of that name that any record has."""
        field = _DTYPE(self).fields.get(name)
        if field is None:
            return np.void.__getattribute__(self, name)
        return np.void.getfield(self, field[0], field[1])


_DTYPE = np.void.dtype.__get__
"""Get the type of a record, even if one of its fields is named `dtype`."""


def record_of(fields: Iterable[tuple[Any, ...]]) -> np.dtype:
    """Make the type of a record from fields: name, type and, of an array, its shape.

    What has a dotted name stands in a record within. All fields stand at multiples of 8 bytes:
    compiled code wants them aligned.
    """
    tables: dict[str, list[tuple[Any, ...]]] = {}
    for name, *kind in fields:
        outer, _, inner = name.partition(".")
        tables.setdefault(outer, []).append((inner, *kind))
    formats = [
        record_of(table) if table[0][0] else np.dtype((*table[0][1:], ())[:2]) for table in tables.values()
    ]
    sizes = [-(-dtype.itemsize // 8) * 8 for dtype in formats]
    layout: Any = {
        "names": list(tables),
        "formats": formats,
        "offsets": np.cumsum([0, *sizes[:-1]]).tolist(),
        "itemsize": sum(sizes),
    }
    return np.dtype((Record, np.dtype(layout, align=True)))


def new_record(dtype: np.dtype) -> np.record:
    """Make a record of zeros."""
    record: np.record = np.zeros(1, dtype)[0]
    return record


def array_of(record: np.record) -> np.ndarray:
    """Return the array of one element that holds a record made by `new_record`."""
    return cast("np.ndarray", record.base)


def parts_of(record: np.record) -> dict[str, np.ndarray]:
    """Return the numbers and arrays in a record by their dotted paths: arrays of one, to write into."""
    return dict(_parts(array_of(record), ""))


def _parts(array: np.ndarray, above: str) -> Iterator[tuple[str, np.ndarray]]:
    for name in array.dtype.names or ():
        part, path = array[name], f"{above}{name}"
        yield from _parts(part, f"{path}.") if part.dtype.names else [(path, part)]
