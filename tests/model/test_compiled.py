"""Where compiled code is kept, and what is done where it cannot be kept or is damaged."""

import errno
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numba
import pytest

from partnersim.model import compiled

pytestmark = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")

SOURCE = """
from partnersim.model.compiled import entry_point

@entry_point
def double(x):
    return 2.0 * x
"""


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Any]]:
    """Import a small module anew, as another process would."""
    file = tmp_path / "small_rules.py"
    file.write_text(SOURCE, encoding="utf-8")
    monkeypatch.setattr(compiled, "CACHE_FOLDER", tmp_path / "cache")

    def import_it() -> Any:
        spec = importlib.util.spec_from_file_location("small_rules", file)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["small_rules"] = module
        spec.loader.exec_module(module)
        return module.double

    yield import_it
    sys.modules.pop("small_rules", None)


def hits(function: Any) -> int:
    """How often machine code was taken from the cache."""
    return sum(function.machine_code.stats.cache_hits.values())


def test_what_was_compiled_once_is_taken_from_the_cache(load: Callable[[], Any]) -> None:
    first, second = load(), load()
    assert first(2.0) == 4.0 and hits(first) == 0
    assert second(2.0) == 4.0 and hits(second) == 1


@pytest.mark.parametrize("kind", ["*.nbi", "*.nbc"])
@pytest.mark.parametrize(
    "harm",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-9] + bytes(9),
        lambda data: b"something else",
    ],
)
def test_what_is_damaged_is_compiled_again_and_said(
    load: Callable[[], Any], tmp_path: Path, kind: str, harm: Callable[[bytes], bytes]
) -> None:
    load()(2.0)
    (file,) = (tmp_path / "cache").rglob(kind)
    file.write_bytes(harm(file.read_bytes()))
    function = load()
    with pytest.warns(RuntimeWarning, match="is damaged; the model is compiled again"):
        assert function(2.0) == 4.0
    assert hits(function) == 0
    again = load()
    assert again(2.0) == 4.0 and hits(again) == 1


def test_a_full_disk_does_not_stop_a_run(load: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def is_full(*words: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(compiled.CheckedCacheFile, "_write", is_full)
    with pytest.warns(RuntimeWarning, match="cannot be kept .No space left"):
        assert load()(2.0) == 4.0


def test_a_folder_that_cannot_be_used_is_replaced_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("PARTNERSIM_CACHE_DIR", str(file / "cache"))
    with pytest.warns(RuntimeWarning, match="PARTNERSIM_CACHE_DIR names another folder") as told:
        folder = compiled.cache_folder()
    assert folder.parent.parent == tmp_path and folder.parent.is_dir()
    assert str(folder.parent) in str(told[0].message)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="folders have no owner there")
def test_a_folder_of_somebody_else_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("PARTNERSIM_CACHE_DIR", str(tmp_path / "theirs"))
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.warns(RuntimeWarning, match="somebody else's"):
        assert tmp_path / "theirs" not in compiled.cache_folder().parents


def test_a_tilde_in_the_name_of_the_folder_is_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("PARTNERSIM_CACHE_DIR", "~/compiled")
    assert compiled.cache_folder().parent == tmp_path / "compiled"
