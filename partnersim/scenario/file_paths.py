"""Paths as people give them, made absolute on this machine."""

from __future__ import annotations

import os
from pathlib import Path


def full_path(path: str | Path, folder: str | Path = "") -> Path:
    """Give the one place that a path means: absolute, ``~`` being somebody's home.

    Paths go through here where they come in, and are never read otherwise after that: libraries
    differ in what they make of ``~``, of what looks like an address, and of a folder that was
    changed in the meantime, so one would write where another does not read.

    Parameters
    ----------
    path
        As it was given.
    folder
        Where it starts from if it is relative; where one is if left out.
    """
    return Path(folder, os.path.expanduser(path)).absolute()
