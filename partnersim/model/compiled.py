"""How functions of the core are compiled, and where the machine code is kept.

Numba looks only at the file of a function to see whether its cached machine code is stale, so
an edit in a callee would go unnoticed. The cache therefore lives in a folder of the user's
named by a hash of every file of the core, of Numba's version and of the processor.
"""

import hashlib
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import platformdirs
from numba.core import config


def cache_folder() -> Path:
    """The folder of compiled code for exactly this core, this Numba and this processor."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.name.encode() + file.read_bytes())
    digest.update(f"{numba.__version__} {platform.python_version()} {_processor()}".encode())
    root = os.environ.get("PARTNERSIM_CACHE_DIR") or platformdirs.user_cache_dir("partnersim")
    return Path(root) / f"core-{digest.hexdigest()[:16]}"


def _processor() -> str:
    """Name and features of the processor, as LLVM sees it."""
    from llvmlite import binding

    return f"{binding.get_host_cpu_name()} {binding.get_host_cpu_features().flatten()}"


CACHE_FOLDER = cache_folder()


def mark_of_compilation(parameters: np.dtype) -> Path:
    """The file that says that all is compiled, for this copy of the core and what it reads.

    Numba keys its cache by each file's path and time of change and by the types of what a
    function is given too: another copy of the same core, a reinstalled one, or one that reads
    something new compiles anew and should say so.
    """
    digest = hashlib.sha256(repr(parameters).encode())
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(f"{file} {file.stat().st_mtime_ns}".encode())
    return CACHE_FOLDER / f"compiled-{digest.hexdigest()[:16]}"


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function of the core, without the interpreter's lock, and keep the result.

    No fast arithmetic: compiled and interpreted runs must agree bit for bit.
    """
    # Only for the moment of decoration: other packages keep their own cache folder.
    before, config.CACHE_DIR = config.CACHE_DIR, str(CACHE_FOLDER)
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    finally:
        config.CACHE_DIR = before
