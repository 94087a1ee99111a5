"""Provenance of numbers: versions of model and programs, and a hash of sources."""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path

import numpy as np

from partnersim import __version__
from partnersim.model.version import MODEL_VERSION

VERSIONS = {"version": __version__, "model": MODEL_VERSION}
"""Of the program and of the model, as results name them."""


def provenance() -> dict[str, str]:
    """Describe the programs and machine that make the numbers: the same make the same, bit for bit."""
    import llvmlite
    import numba
    from llvmlite import binding

    return {
        "partnersim": __version__,
        "model": MODEL_VERSION,
        "sources": hash_sources(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "llvmlite": llvmlite.__version__,
        "system": platform.platform(),
        "libc": " ".join(platform.libc_ver()).strip(),
        "processor": binding.get_host_cpu_name(),
    }


def hash_sources() -> str:
    """Hash the code of this package, names and contents, to sixteen digits.

    It tells what was run between two versions, and decides nothing: a comment changes it.
    """
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for file in sorted(package.rglob("*.py")):
        digest.update(f"{file.relative_to(package).as_posix()}\n".encode())
        digest.update(file.read_bytes().replace(b"\r\n", b"\n"))  # git may change how lines end
    return digest.hexdigest()[:16]
