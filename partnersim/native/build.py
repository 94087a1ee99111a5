"""Build the native library from the rules."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from partnersim.native.walk import Array, Number, Program, Record, Records, Table, structure


def source(parameters: np.dtype, name: str, *, lanes: bool, apart: bool) -> str:
    """Write the rules in C."""
    from partnersim.model.observe import write_observed
    from partnersim.model.schedule import MODEL
    from partnersim.model.state import STATE

    state = Record("STATE", STATE, lanes, common=frozenset({"month"} if lanes else ()))
    p = Record("PARAMETERS", parameters, lanes and apart, apart)
    program = Program()
    root, table = Array("u64", (2,)), Table(lanes)
    run = program.write(
        MODEL.run_replicates, [Records(state), Records(p), root, Number("i64", lanes), table, table]
    )
    first = "*(vi64 *)first" if lanes else "*first"
    wrapper = f"""EXPORTED void {name}(
    STATE *states, PARAMETERS *parameters, u64 *root, i64 *first, Table *series, Table *detail
) {{
    {run.name}(states, parameters, root, {first}, *series, *detail);
}}
"""
    head = '#include "machine.h"\n\n#define APART(record) (i64)(sizeof(record) / 8)\n'
    return "\n".join([head, structure(state), structure(p), *program.texts, wrapper])
