"""One column of a table as an array that is read when its numbers are used.

The way in which xarray's own backends read files: see "How to add a new backend" in its manual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from xarray.backends import BackendArray
from xarray.core import indexing

if TYPE_CHECKING:
    from partnersim.sweep.tables import Table


class Column(BackendArray):
    """A column of a table on the grid of the table's keys."""

    def __init__(self, table: Table, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.table = table
        self.name = name
        self.shape = shape
        self.dtype = dtype

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER, self._read)

    def _read(self, key: tuple[Any, ...]) -> Any:
        """Read the part of the array where each axis has a number, a slice or positions."""
        wanted, order = {}, []
        for axis, length, part in zip(self.table.keys, self.shape, key, strict=True):
            labels = np.atleast_1d(np.arange(length)[part])
            wanted[axis], places = np.unique(labels, return_inverse=True)
            order.append(places)
        found = self.table.grid([self.name], wanted)[self.name][np.ix_(*order)]
        is_number = tuple(
            0 if np.ndim(np.arange(n)[part]) == 0 else slice(None)
            for n, part in zip(self.shape, key, strict=True)
        )
        return found[is_number]
