"""The native library: the rules as machine code that was built when the package was.

It is used where it is there and built from exactly these rules; else Numba compiles them.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import sys
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from partnersim.model.record import array_of, new_record
from partnersim.model.state import STATE

FOLDER = Path(__file__).parent
VECTOR = 64
"""Bytes of the widest vector, at multiples of which states of lanes begin."""


def rules() -> str:
    """Return a digest of all that decides what is in the library: the model, what its parameters are,
    and how they are written in C."""
    digest, package = hashlib.sha256(), FOLDER.parent.parent
    for folder in (package / "model", package / "scenario", FOLDER):
        for file in sorted(path for path in folder.glob("*.*") if path.suffix in (".py", ".c", ".h")):
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def library_name(target: str = sys.platform, digest: str = "") -> str:
    """Return the name of the library's file for a computer."""
    suffix = ".so"  # which macOS loads too
    for family, other in (("win32", ".dll"), ("windows", ".dll"), ("wasm", ".wasm")):
        suffix = other if family in target else suffix
    return f"library-{digest or rules()[:16]}{suffix}"


class Table(ctypes.Structure):
    """An array of three axes, and by how many numbers lanes are apart in it."""

    _fields_ = (("at", ctypes.c_void_p), ("shape", ctypes.c_int64 * 3), ("lane", ctypes.c_int64))


def table_of(array: np.ndarray, n_lanes: int) -> Table:
    """Describe an array of which each lane has its part of the first axis."""
    if array.dtype != np.float64 or not array.flags.c_contiguous:
        raise ValueError("what is observed is written into float64 without gaps")
    each = len(array) // n_lanes
    shape = (ctypes.c_int64 * 3)(each, *array.shape[1:])
    return Table(array.ctypes.data, shape, each * array.shape[1] * array.shape[2])


class Library:
    """The rules as machine code: the functions of `partnersim.model.schedule.Core`, and lanes.

    Attributes
    ----------
    lanes
        How many replicates or points the processor computes side by side; 1 for no lanes.
    """

    def __init__(self, path: Path) -> None:
        self._library = ctypes.CDLL(str(path))
        self._library.rules.restype = ctypes.c_char_p
        self._library.widest.restype = ctypes.c_int64
        self.rules: str = self._library.rules().decode()
        self.lanes: int = self._library.widest()
        self._own = threading.local()

    def write_observed(self, states: Any, parameters: Any, row: Any) -> None:
        """Write what is observed of the month gone into float64[len(SERIES)]."""
        self._library.write_observed(*map(_address, (states, parameters, row)))

    def set_out(self, states: Any, parameters: Any, root: Any, replicate: int) -> None:
        """Set a state to some months before the beginning of a replicate."""
        self._library.set_out(*map(_address, (states, parameters, root)), ctypes.c_int64(replicate))

    def begin_counting(self, states: Any, parameters: Any) -> None:
        """Turn a place that has come to rest into one that begins."""
        self._library.begin_counting(_address(states), _address(parameters))

    def perform_rows(self, first: int, last: int, states: Any, parameters: Any) -> None:
        """Perform rows `first` to `last`, not included, of the month."""
        ends = ctypes.c_int64(first), ctypes.c_int64(last)
        self._library.perform_rows(*ends, _address(states), _address(parameters))

    def run_replicates(
        self, states: Any, parameters: Any, root: Any, first: int, series: Any, detail: Any
    ) -> None:
        """Run replicates: as many side by side as there are lanes, what is left one by one."""
        done = 0
        for width in (8, 4, 1):
            each = (len(series) - done) // width if width <= self.lanes else 0
            if each:
                end = done + each * width
                firsts = first + done + each * np.arange(width)
                name = f"run_shared_{width}" if width > 1 else "run_1"
                self._run(name, width, states, parameters, root, firsts, series[done:end], detail[done:end])
                done = end

    def run_points(
        self, points: Sequence[np.ndarray], root: Any, firsts: Any, series: Any, detail: Any
    ) -> None:
        """Run the same number of replicates at each of several points of one kind.

        Parameters
        ----------
        points
            Their parameters, as `take` copied them, and alike by its kind.
        root : uint64[2]
        firsts : int64[points], the first replicate at each
        series, detail : as for `run_replicates`, the points one after another
        """
        parameters = _as_one(points)
        each, done, state = len(series) // len(points), 0, array_of(new_record(STATE))
        for width in (8, 4, 1):
            while width <= self.lanes and len(points) - done >= width:
                end, rows = done + width, slice(done * each, (done + width) * each)
                name = f"run_own_{width}" if width > 1 else "run_1"
                given = parameters[done:end], root, firsts[done:end], series[rows], detail[rows]
                self._run(name, width, state, *given)
                done = end

    def take(self, point: Any) -> tuple[bytes, np.ndarray]:
        """Copy a point's parameters, and tell their kind: the whole numbers, which lanes must have alike."""
        array = array_of(point)
        return array.view(np.int64)[_words_of_wholes(array.dtype)].tobytes(), _as_one([array])

    def _run(
        self, name: str, width: int, states: Any, parameters: Any, root: Any, firsts: Any, *tables: Any
    ) -> None:
        """Call a function that runs replicates. Each width has a state of its own in each thread, since
        what no rule writes, such as trust in oneself, has to stay 0."""
        if width > 1:
            room = vars(self._own).get(f"room_{width}")
            if room is None:
                size = width * (STATE.itemsize + parameters.dtype.itemsize)
                room = np.zeros(size + VECTOR, np.uint8)
                setattr(self._own, f"room_{width}", room)
            states = room[-room.ctypes.data % VECTOR :]
        firsts = np.ascontiguousarray(firsts, np.int64)
        series, detail = (ctypes.byref(table_of(table, width)) for table in tables)
        self._library[name](*map(_address, (states, parameters, root, firsts)), series, detail)


def _as_one(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Put arrays of records one after another: as bytes, since field by field takes far longer."""
    return np.concatenate([array.view(np.uint8) for array in arrays]).view(arrays[0].dtype)


@functools.cache
def _words_of_wholes(dtype: np.dtype, begin: int = 0) -> np.ndarray:
    """Find all that is not a real number in a record: the positions of words of 8 bytes."""
    found = [np.empty(0, np.int64)]
    for field, offset, *_ in (dtype.fields or {}).values():
        at = begin + offset
        if field.names:
            found.append(_words_of_wholes(field, at))
        elif field.base != np.float64:
            found.append(np.arange(at // 8, (at + field.itemsize + 7) // 8))
    return np.concatenate(found)


def _address(array: Any) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


@functools.cache
def load() -> Library | None:
    """Load the library if there is one that was built from exactly these rules."""
    path = FOLDER / library_name()
    if not path.exists():
        return None
    try:
        library = Library(path)
    except (OSError, AttributeError) as error:
        warnings.warn(f"{path}: cannot be used ({error}); Numba compiles the model.", RuntimeWarning, 2)
        return None
    if library.rules != rules():
        warnings.warn(f"{path}: is of other rules; Numba compiles the model.", RuntimeWarning, 2)
        return None
    return library
