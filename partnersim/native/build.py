"""Build the native library from the rules."""

from __future__ import annotations

import numpy as np

from partnersim.native.walk import Array, Number, Program, Record, Records, Table, side_by_side, structure


def source(parameters: np.dtype, name: str, *, lanes: bool, apart: bool) -> str:
    """Write the rules in C."""
    from partnersim.model.schedule import MODEL
    from partnersim.model.state import STATE

    state = Record("STATE", STATE, lanes, frozenset({"month"}))
    one = Record("PARAMETERS", parameters)
    p = Record("OWN", parameters, True, frozenset({"i64", "bool"})) if apart else one
    program = Program()
    root, table = Array("u64", (2,)), Table(lanes)
    run = program.write(
        MODEL.run_replicates, [Records(state), Records(p), root, Number("i64", lanes), table, table]
    )
    first = "*(vi64 *)first" if lanes else "*first"
    own = "own" if apart else "parameters"
    lay = f"    OWN *own = (OWN *)(states + 1);\n    lay_out(parameters, own);\n" if apart else ""
    wrapper = f"""EXPORTED void {name}(
    STATE *states, PARAMETERS *parameters, u64 *root, i64 *first, Table *series, Table *detail
) {{
{lay}    {run.name}(states, {own}, root, {first}, *series, *detail);
}}
"""
    parts = ['#include "machine.h"\n', structure(state), structure(one)]
    if apart:
        parts += [structure(p), f"static void lay_out(PARAMETERS *from, OWN *to) {{\n{side_by_side(p)}}}\n"]
    return "\n".join([*parts, *program.texts, wrapper])
