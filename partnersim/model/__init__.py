"""The pure model: parameters, state and one function for each process, in schedule order.

It knows NumPy and Numba and nothing of scenarios, files, plots or the command line. Importing
this package loads neither; `partnersim.model.schedule` does, and compiles nothing until called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


def is_compiled(parameters: np.dtype) -> bool:
    """Return whether there is machine code of exactly this copy of the core: native, or in the cache.

    Parameters
    ----------
    parameters
        What the core is to read: `partnersim.scenario.translate.PARAMETERS`.
    """
    from partnersim.model.compiled import mark_of_compilation
    from partnersim.model.native.library import load

    return load() is not None or mark_of_compilation(parameters).exists()


def compile_all(parameters: np.dtype, progress: Callable[[str, int, int], None] | None = None) -> None:
    """Compile the month and the loops over it, once for an installation.

    Parameters
    ----------
    parameters
        What the core is to read: `partnersim.scenario.translate.PARAMETERS`.
    progress
        Called before each function with its name, how many are done and how many there are.
    """
    import numpy as np
    from numba import int64, typeof

    from partnersim.model.compiled import mark_of_compilation
    from partnersim.model.draws import root
    from partnersim.model.observe import write_observed
    from partnersim.model.record import array_of, new_record
    from partnersim.model.schedule import COMPILED
    from partnersim.model.state import STATE

    arrays = tuple(typeof(array_of(new_record(dtype))) for dtype in (STATE, parameters))
    seed, row, rows = typeof(root(0)), typeof(np.empty(1)), typeof(np.empty((1, 1, 1)))
    work: list[tuple[Any, tuple[Any, ...]]] = [
        (write_observed, (*arrays, row)),
        (COMPILED.set_out, (*arrays, seed, int64)),
        (COMPILED.begin_counting, arrays),
        (COMPILED.perform_rows, (int64, int64, *arrays)),
        (COMPILED.run_replicates, (*arrays, seed, int64, rows, rows)),
    ]
    for done, (function, signature) in enumerate(work):
        if progress:
            progress(function.__name__, done, len(work))
        if hasattr(function, "machine_code"):  # there is none where Numba is off
            function.machine_code.compile(signature)
    if progress:
        progress("", len(work), len(work))
    mark = mark_of_compilation(parameters)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
