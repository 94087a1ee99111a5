"""On what numbers are made."""

from __future__ import annotations

import platform

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
