"""Write the rules in C and build the native library of them, for this computer or for another."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from partnersim.model.native import walk
from partnersim.model.native.library import FOLDER, library_name, rules
from partnersim.model.native.walk import Array, Kind, Number, Record, Records, Row, Table, structure
from partnersim.model.observe import write_observed
from partnersim.model.schedule import COMPILED
from partnersim.model.state import STATE

WIDTHS = {4: "avx2", 8: "avx512f+avx512dq+avx512bw+avx512vl"}
"""Lanes, and what a processor of the family x86-64 must have for them."""

# No arithmetic but what is written: all machines must agree bit for bit.
FLAGS = [
    "-std=c17", "-O2", "-g0", "-ffp-contract=off", "-fwrapv", "-fno-math-errno", "-fvisibility=hidden",
    "-fno-sanitize=undefined", "-fPIC", "-w",
]  # fmt: skip

WEB = ["-nostdlib", "-Wl,--no-entry", "-Wl,--export-dynamic", "-Wl,--export=__heap_base"]
"""How what a browser runs is put together: memory from `__heap_base` on is the page's."""

SYSTEM = ["-shared", "-fno-sanitize=undefined"]
"""How what Python loads is put together."""

WITHOUT_RUNTIME = ["-rtlib=none"]
"""The rules call no function of the compiler's own, which it would compile first; Windows' libraries do."""


def one(parameters: np.dtype) -> str:
    """Write all that Python calls, for one replicate at a time."""
    state, p = Record("STATE", STATE), Record("PARAMETERS", parameters)
    both: list[Kind] = [Records(state), Records(p)]
    whole, seed, table = Number("i64"), Array("u64", (2,)), Table(False)
    program = walk.Program()
    names = [
        program.write(function, kinds).name
        for function, kinds in (
            (write_observed, [*both, Row(False)]),
            (COMPILED.set_out, [*both, seed, whole]),
            (COMPILED.begin_counting, both),
            (COMPILED.perform_rows, [whole, whole, *both]),
            (COMPILED.run_replicates, [*both, seed, whole, table, table]),
        )
    ]
    calls = """
EXPORTED void write_observed(STATE *state, PARAMETERS *p, f64 *row) {{
    {}(state, p, (Row){{row, 0}});
}}
EXPORTED void set_out(STATE *state, PARAMETERS *p, u64 *root, i64 replicate) {{
    {}(state, p, root, replicate);
}}
EXPORTED void begin_counting(STATE *state, PARAMETERS *p) {{ {}(state, p); }}
EXPORTED void perform_rows(i64 first, i64 last, STATE *state, PARAMETERS *p) {{ {}(first, last, state, p); }}
EXPORTED void run_1(STATE *state, PARAMETERS *p, u64 *root, i64 *first, Table *series, Table *detail) {{
    {}(state, p, root, *first, *series, *detail);
}}
EXPORTED const char *rules(void) {{ return "{}"; }}
""".format(*names, rules())
    return "\n".join(['#include "machine.h"\n', structure(state), structure(p), *program.texts, calls])


def lanes(parameters: np.dtype, *, is_shared: bool) -> str:
    """Write runs for replicates of one point, with shared parameters, or for points with their own.

    Whole numbers and switches are the same in all lanes: what decides how often a loop goes round.
    """
    state = Record("STATE", STATE, True, frozenset({"month"}))
    given = Record("PARAMETERS", parameters)
    p = given if is_shared else Record("OWN", parameters, True, frozenset({"i64", "bool"}))
    program = walk.Program()
    both: list[Kind] = [Records(state), Records(p)]
    more: list[Kind] = [Array("u64", (2,)), Number("i64", True), Table(True), Table(True)]
    run = program.write(COMPILED.run_replicates, [*both, *more]).name
    parts = ['#include "machine.h"\n', structure(state), structure(given)]
    own = "p"
    if not is_shared:
        body = walk.side_by_side(p)
        parts += [structure(p), f"static void lay_out(PARAMETERS *from, OWN *to) {{\n{body}}}\n"]
        own = "(lay_out(p, (OWN *)(state + 1)), (OWN *)(state + 1))"
    call = f"""
EXPORTED void NAME(STATE *state, PARAMETERS *p, u64 *root, i64 *first, Table *series, Table *detail) {{
    {run}(state, {own}, root, *(vi64 *)first, *series, *detail);
}}
"""
    return "\n".join([*parts, *program.texts, call])


def build(parameters: np.dtype, target: str = "", folder: Path = FOLDER) -> Path:
    """Build the library into a folder, in place of one of other rules; return its path.

    If that of these rules is there already, nothing is done.

    Parameters
    ----------
    parameters
        What the rules read: `partnersim.scenario.translate.PARAMETERS`.
    target
        The computer it is for, as Zig names it, such as "aarch64-macos", or "wasm32-freestanding" for
        what a browser runs; this one unless given.

    Raises
    ------
    ModuleNotFoundError
        If there is no compiler: it is the package ziglang.
    subprocess.CalledProcessError
        If the compiler fails.
    """
    target = target or this_computer()
    compiler = [sys.executable, "-m", "ziglang", "cc", "-target", target]
    path = folder / library_name(target)
    if path.exists():
        return path
    with tempfile.TemporaryDirectory() as work:
        jobs = []

        def start(name: str, *options: str) -> None:
            command = [*compiler, *FLAGS, f"-I{FOLDER}", *options, "-c", "-o", f"{work}/{name}.o"]
            jobs.append((name, command, subprocess.Popen(command)))

        start("widest", str(FOLDER / "widest.c"))
        texts = {"one": one(parameters)}
        if target.startswith("x86_64"):
            texts |= {"shared": lanes(parameters, is_shared=True), "own": lanes(parameters, is_shared=False)}
        for kind, text in texts.items():
            (Path(work) / f"{kind}.c").write_text(text, encoding="utf-8")
            for width, features in WIDTHS.items() if kind != "one" else ():
                name = f"run_{kind}_{width}"
                options = [f"-mcpu=x86_64+{features}", f"-DLANES={width}", f"-DNAME={name}"]
                start(name, *options, f"{work}/{kind}.c")
        is_web = target.startswith("wasm")
        # What a browser loads is a third smaller so, and quicker too.
        start("one", "-mcpu=baseline", *(["-Os"] if is_web else []), f"{work}/one.c")
        for _, command, job in jobs:
            if job.wait():
                raise subprocess.CalledProcessError(job.returncode, command)
        objects = [f"{work}/{name}.o" for name, _, _ in jobs]
        link = WEB if is_web else SYSTEM + ([] if "windows" in target else WITHOUT_RUNTIME)
        subprocess.run([*compiler, *link, "-s", *objects, "-o", f"{work}/{path.name}"], check=True)
        content = (Path(work) / path.name).read_bytes()
    for old in folder.glob(library_name(target, "*")):
        old.unlink()
    whole = path.with_suffix(f".{os.getpid()}")
    whole.write_bytes(content)
    whole.replace(path)  # at once, as others may be looking for it
    return path


def this_computer() -> str:
    """Return the name that Zig has for the computer this runs on; old systems of its kind included."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine())
    system = {"linux": "linux-gnu.2.17", "darwin": "macos", "win32": "windows-gnu"}
    return f"{machine}-{system.get(sys.platform, sys.platform)}"
