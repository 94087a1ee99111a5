"""On what numbers are made: versions of programs, and hashes of sources."""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path

import numpy as np

from partnersim import __version__


def provenance() -> dict[str, str]:
    """Say on what numbers are made: on the same again they are the same, bit for bit."""
    import llvmlite
    import numba
    from llvmlite import binding

    return {
        "partnersim": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "llvmlite": llvmlite.__version__,
        "system": platform.platform(),
        "libc": " ".join(platform.libc_ver()).strip(),
        "processor": binding.get_host_cpu_name(),
    }


def hash_sources(*patterns: str) -> str:
    """SHA-256 of files of this package, names and contents; 64 hexadecimal digits.

    Parameters
    ----------
    patterns
        Globs from the folder of the package, such as ``"core/*.py"``. How lines end does not count:
        git may change that.

    Raises
    ------
    FileNotFoundError
        For a pattern that no file fits.
    """
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for pattern in patterns:
        files = sorted(package.glob(pattern))
        if not files:  # else a file that is renamed would be hashed no more, and nobody would know
            raise FileNotFoundError(f"{package / pattern}: there is no such file")
        for file in files:
            digest.update(f"{file.relative_to(package).as_posix()}\n".encode())
            digest.update(file.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()
