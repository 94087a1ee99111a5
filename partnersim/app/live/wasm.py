"""The model as WebAssembly: the rules in C, as for the native library, compiled for browsers.

It is the same on every machine, so it is built with the package; where that was not done, it is
built when it is asked for, and kept with the user's compiled code.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from partnersim.model.compiled import CACHE_FOLDER
from partnersim.model.native.library import FOLDER, rules
from partnersim.scenario.errors import MissingPackageError
from partnersim.scenario.translate import PARAMETERS

OPTIONS = [
    "-target", "wasm32-freestanding", "-Os", "-s", "-nostdlib",
    "-Wl,--no-entry", "-Wl,--export=run_1", "-Wl,--export=__heap_base",
]  # fmt: skip
"""For browsers; small is also fast there."""


def model_as_wasm() -> bytes:
    """Return the model as WebAssembly.

    Raises
    ------
    MissingPackageError
        If it was not built with the package, and there is no compiler.
    """
    name = f"library-{rules()[:16]}.wasm"
    for folder in (FOLDER, CACHE_FOLDER):
        if (folder / name).is_file():
            return (folder / name).read_bytes()
    return build_wasm(CACHE_FOLDER / name)


def build_wasm(path: Path) -> bytes:
    """Build the model as WebAssembly, put it into a file and return what is in it.

    Raises
    ------
    MissingPackageError
        If there is no compiler.
    subprocess.CalledProcessError
        If the compiler fails.
    """
    if find_spec("ziglang") is None:
        raise MissingPackageError(
            "the page needs the model as WebAssembly, which was not built with this copy of partnersim; "
            "with a compiler it is built now: python -m pip install ziglang"
        )
    from partnersim.model.native.build import FLAGS, one

    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as work:
        source, target = Path(work) / "model.c", Path(work) / "model.wasm"
        source.write_text(one(PARAMETERS), encoding="utf-8")
        compiler = [sys.executable, "-m", "ziglang", "cc"]
        subprocess.run(
            [*compiler, *FLAGS, *OPTIONS, f"-I{FOLDER}", str(source), "-o", str(target)], check=True
        )
        return target.replace(path).read_bytes()
