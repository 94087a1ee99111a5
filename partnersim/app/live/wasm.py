"""The model as WebAssembly, which is the same on every machine: as it was built with the package, or now."""

from __future__ import annotations

from importlib.util import find_spec

from partnersim.model.compiled import CACHE_FOLDER
from partnersim.model.native.library import FOLDER, library_name
from partnersim.scenario.errors import MissingPackageError
from partnersim.scenario.translate import PARAMETERS

TARGET = "wasm32-freestanding"


def model_as_wasm() -> bytes:
    """Return the model as WebAssembly; what is built now is kept with the user's compiled code.

    Raises
    ------
    MissingPackageError
        If it was not built with the package, and there is no compiler.
    """
    built = FOLDER / library_name(TARGET)
    if built.is_file():
        return built.read_bytes()
    if find_spec("ziglang") is None:
        raise MissingPackageError(
            "the page needs the model as WebAssembly, which was not built with this copy of partnersim; "
            "with a compiler it is built now: python -m pip install ziglang"
        )
    from partnersim.model.native.build import build

    CACHE_FOLDER.mkdir(parents=True, exist_ok=True)
    return build(PARAMETERS, TARGET, CACHE_FOLDER).read_bytes()
