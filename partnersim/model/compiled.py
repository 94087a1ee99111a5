"""Compile functions of the model, and keep their machine code in a cache.

Numba looks only at the file of a function to see whether its cached machine code is stale, so
an edit in a callee would go unnoticed. The cache therefore lives in a folder of the user's
named by a hash of every file of the model, of Numba's version and of the processor. What is read
from it is run: it is code, so a folder of somebody else's is not used, and a file that is not as
it was written is compiled anew.
"""

import functools
import hashlib
import os
import pickle
import platform
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import platformdirs
from numba.core import config
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.imputils import lower_constant
from numba.extending import models, register_model

DIGEST_SIZE = hashlib.sha256().digest_size


def cache_folder() -> Path:
    """Return the folder of compiled code for exactly this model, this Numba and this processor."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.name.encode() + file.read_bytes())
    digest.update(f"{numba.__version__} {platform.python_version()} {_processor()}".encode())
    return _usable_root() / f"core-{digest.hexdigest()[:16]}"


def _usable_root() -> Path:
    """Return the folder for caches: the one asked for or, if it cannot be used, a temporary one."""
    asked = os.environ.get("PARTNERSIM_CACHE_DIR") or platformdirs.user_cache_dir("partnersim")
    root = Path(asked).expanduser()
    reason = _why_unusable(root)
    if not reason:
        return root
    spare = Path(tempfile.gettempdir()) / f"partnersim-{getattr(os, 'getuid', int)()}"
    if _why_unusable(spare):
        spare = Path(tempfile.mkdtemp(prefix="partnersim-"))
    warnings.warn(
        f"{root}: compiled code cannot be kept there ({reason}); it is kept in {spare}. "
        "PARTNERSIM_CACHE_DIR names another folder.",
        RuntimeWarning,
        stacklevel=2,
    )
    return spare


def _why_unusable(root: Path) -> str:
    """Return the reason why a folder cannot hold compiled code, or an empty string if it can."""
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=root).close()
        if hasattr(os, "getuid") and root.stat().st_uid != os.getuid():
            return "it is somebody else's, who could change the code"
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def _processor() -> str:
    """Return name and features of the processor, as LLVM sees it."""
    from llvmlite import binding

    return f"{binding.get_host_cpu_name()} {binding.get_host_cpu_features().flatten()}"


CACHE_FOLDER = cache_folder()


def mark_of_compilation(parameters: np.dtype) -> Path:
    """Return the file whose presence says that this copy of the core is compiled for these parameters.

    Numba keys its cache by each file's path and time of change and by the types of what a
    function is given too: another copy of the same core, a reinstalled one, or one that reads
    something new compiles anew and should say so.
    """
    digest = hashlib.sha256(repr(parameters).encode())
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(f"{file} {file.stat().st_mtime_ns}".encode())
    return CACHE_FOLDER / f"compiled-{digest.hexdigest()[:16]}"


class CheckedCacheFile(IndexDataCacheFile):  # type: ignore[misc]  # Numba ships no types
    """Numba's files of one function, each with a digest in front of it.

    A file that cannot be read or is not as it was written counts as none: the function is
    compiled again.
    """

    def _dump(self, content: Any) -> bytes:
        data: bytes = super()._dump(content)
        return hashlib.sha256(data).digest() + data

    def _load_index(self) -> dict[Any, str]:
        stamp, overloads = self._read(self._index_path) or (None, {})
        return overloads if stamp == (self._version, self._source_stamp) else {}

    def _save_index(self, overloads: dict[Any, str]) -> None:
        self._write(self._index_path, ((self._version, self._source_stamp), overloads))

    def _load_data(self, name: str) -> Any:
        return self._read(self._data_path(name))

    def _save_data(self, name: str, data: Any) -> None:
        self._write(self._data_path(name), data)

    def _read(self, path: str) -> Any:
        """Read the object that a file holds; return None if the file is not there or is damaged."""
        try:
            data = Path(path).read_bytes()
        except OSError:
            return None
        digest, content = data[:DIGEST_SIZE], data[DIGEST_SIZE:]
        if hashlib.sha256(content).digest() == digest:
            return pickle.loads(content)
        warnings.warn(f"{path}: is damaged; the model is compiled again.", RuntimeWarning, 2)
        return None

    def _write(self, path: str, content: Any) -> None:
        """Write a file whole."""
        with self._open_for_write(path) as file:
            file.write(self._dump(content))


class CheckedCache(FunctionCache):  # type: ignore[misc]  # Numba ships no types
    """Numba's cache of one function: what cannot be kept is left out, and the run goes on."""

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the machine code for a signature, unless a disk is full or was taken away."""
        try:
            super().save_overload(sig, data)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            warnings.warn(
                f"{self.cache_path}: compiled code cannot be kept ({reason}); the next start "
                "will compile it again.",
                RuntimeWarning,
                stacklevel=2,
            )


class _Function(numba.types.Dispatcher):  # type: ignore[misc]  # Numba gives no types
    """The Numba type of a function of the model, called or passed as an argument.

    As Numba's own it would be compiled anew for every number that it is called with in writing,
    seventy times for one that draws, and be an address of this very process, so that nothing
    that is called with one could be kept on disk.
    """

    def get_call_type(self, context: Any, args: Any, kws: Any) -> Any:
        """Return the signature of a call, in which a literal number has the type of any other number."""
        return super().get_call_type(context, [numba.types.unliteral(a) for a in args], kws)


register_model(_Function)(models.OpaqueModel)


@lower_constant(_Function)
def _no_address(context: Any, builder: Any, type_: Any, function: Any) -> Any:
    """Give a dummy as the value of a function, since its type already says which function it is."""
    return context.get_dummy_value()


class Compiled:
    """A function of the model: machine code where compiled code calls it, Python where Python does.

    Numba would make of each function, besides its machine code, a second one that Python can call,
    and a third for C; that took a third of the time of compiling the model, for what Python calls
    of it a handful. Called from Python this is the function as it is written, with the same
    numbers bit for bit; so one that calls a function of one's own may be tried out there.
    """

    def __init__(self, function: Callable[..., Any], from_python: bool, **options: Any) -> None:
        functools.update_wrapper(self, function)
        self.py_func = function
        self.machine_code = _njit(function, no_cpython_wrapper=not from_python, **options)
        self.__name__: str = function.__name__
        self._call = self.machine_code if from_python else function
        self._numba_type_ = _Function(self.machine_code)  # what Numba asks any value for

    def __call__(self, *arguments: Any) -> Any:
        """Call it from Python."""
        return self._call(*arguments)

    def __reduce__(self) -> str:
        """Pickle by name: Numba's cache pickles whatever a function is closed over."""
        return self.__name__


def _njit(function: Callable[..., Any], **options: Any) -> Any:
    """Compile without the interpreter's lock, and keep the result.

    No fast arithmetic: compiled and interpreted runs must agree bit for bit.
    """
    # Only for the moment of decoration: other packages keep their own cache folder.
    before, config.CACHE_DIR = config.CACHE_DIR, str(CACHE_FOLDER)
    try:
        settings = {"cache": True, "nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
        dispatcher = numba.njit(**settings | options)(function)
    finally:
        config.CACHE_DIR = before
    cache = dispatcher._cache
    if isinstance(cache, FunctionCache):  # it is another kind where nothing is kept
        cache.__class__, cache._cache_file.__class__ = CheckedCache, CheckedCacheFile
    return dispatcher


def compiled(function: Callable[..., Any], from_python: bool = False, **options: Any) -> Any:
    """Make a function part of the compiled model; `options` are Numba's."""
    return function if config.DISABLE_JIT else Compiled(function, from_python, **options)


def entry_point(function: Callable[..., Any], **options: Any) -> Any:
    """Make a function of the compiled model one that is machine code from Python too."""
    return compiled(function, from_python=True, **options)


def with_slot(function: Callable[..., Any]) -> Any:
    """Make a function that is given another, which fills a slot, part of the compiled model.

    It is not kept on disk: Numba could not tell there with which function it was compiled.
    """
    return compiled(function, cache=False)
