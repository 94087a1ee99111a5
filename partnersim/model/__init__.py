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
    """Whether the machine code of exactly this copy of the core is in the cache.

    Parameters
    ----------
    parameters
        What the core is to read: `partnersim.scenario.translate.PARAMETERS`.
    """
    from partnersim.model.compiled import mark_of_compilation

    return mark_of_compilation(parameters).exists()


def compile_all(
    parameters: np.dtype, progress: Callable[[str, int, int], None] | None = None
) -> None:
    """Compile every process and the loops over them, once for an installation.

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
    from partnersim.model.initial import start
    from partnersim.model.observe import observe
    from partnersim.model.record import array_of, new_record
    from partnersim.model.schedule import SCHEDULE, simulate, step, step_and_observe
    from partnersim.model.state import STATE, pack_detail

    records = [new_record(STATE), new_record(parameters)]
    both, arrays = tuple(map(typeof, records)), tuple(typeof(array_of(r)) for r in records)
    seed, row, rows = typeof(root(0)), typeof(np.empty(1)), typeof(np.empty((1, 1, 1)))
    work: list[tuple[Any, tuple[Any, ...]]] = [
        *((process, both) for process in dict.fromkeys(SCHEDULE)),
        (observe, (*both, row)),
        (pack_detail, (*both, row)),
        (start, (*both, seed, int64)),
        (step, both),
        (step_and_observe, (*arrays, row)),
        (simulate, (*both, seed, int64, rows, rows)),
    ]
    for done, (function, signature) in enumerate(work):
        if progress:
            progress(function.__name__, done, len(work))
        if hasattr(function, "compile"):  # there is nothing to compile where Numba is off
            function.compile(signature)
    if progress:
        progress("", len(work), len(work))
    mark = mark_of_compilation(parameters)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
