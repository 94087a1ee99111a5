"""Reading the files of a sweep: a disk that fails is asked again, and faults of a file are explained.

A network disk that is away for a moment tells nothing of what is on it. Only the content of a file
can show that it is not what it should be.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pyarrow.parquet as pq

WAITS = (0.1, 0.5, 2.0)
"""Seconds before the second try to read something, and before each after it."""

ANSWERS = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
"""Errors by which the system says what is there; others say that it could not look."""

Read = TypeVar("Read")


def insist(read: Callable[[], Read], path: Path, waits: Sequence[float] = WAITS) -> Read:
    """Read something, again after a moment where the system fails.

    Raises
    ------
    OSError
        With the name of the file, if the system fails each time. At once where there is no such
        file, and where Arrow cannot read what is in it, which has no error number.
    """
    try:
        return read()
    except OSError as error:
        if error.errno is None or isinstance(error, ANSWERS):
            raise
        if not waits:
            what = f"cannot be read ({os.strerror(error.errno)}) in {len(WAITS) + 1} tries"
            remedy = "nothing was set aside; give the command again, or move it away if it stays so"
            raise OSError(error.errno, f"{what}; {remedy}", str(path)) from None
    time.sleep(waits[0])
    return insist(read, path, waits[1:])


def read_bytes(path: Path) -> bytes:
    """Read a file."""
    return insist(path.read_bytes, path)


def read_parquet(path: Path, read: Callable[[pq.ParquetFile], Read], **how: Any) -> Read:
    """Have a function read what it wants of a Parquet file."""

    def open_and_read() -> Read:
        # Python opens it: its errors have numbers, whatever became of them within Arrow.
        with path.open("rb") as file, pq.ParquetFile(file, **how) as opened:
            return read(opened)

    return insist(open_and_read, path)


def is_there(path: Path) -> bool:
    """Return whether a file or folder is there."""
    try:
        insist(path.stat, path)
    except ANSWERS:
        return False
    return True


def files_in(folder: Path, suffix: str = "") -> list[Path]:
    """List the files in a folder whose names have an ending, sorted; none where there is no such folder.

    Unlike `Path.glob`, which takes a folder that cannot be read for an empty one.
    """
    try:
        names = insist(lambda: os.listdir(folder), folder)
    except ANSWERS:
        return []
    return [folder / name for name in sorted(names) if name.endswith(suffix)]


def fault_of(error: Exception) -> str:
    """Explain in a line what is wrong with the content of a file, by the error of reading it.

    Raises
    ------
    OSError
        The error itself, if it is the system's: it says nothing of the content.
    """
    if isinstance(error, OSError) and error.errno is not None and not isinstance(error, ANSWERS):
        raise error
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
