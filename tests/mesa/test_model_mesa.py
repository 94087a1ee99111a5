"""The tests of the model against both ends of Mesa: 3.3 on Python 3.11, 3.5 on 3.12 and 3.13.

Each end has an environment of its own, made here where that Python is found; what is installed
already needs none, because the tests have run against it.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENDS = {"3.11": "mesa==3.3.*", "3.12": "mesa==3.5.*", "3.13": "mesa==3.5.*"}
TESTED = ("tests/mesa/test_model.py", "tests/mesa/test_visualization.py")
TOOLS = ("hypothesis", "pytest")


def candidates(wanted: str) -> Iterator[Path]:
    """Where a Python of a version may be."""
    found = shutil.which(f"python{wanted}")
    if found:
        yield Path(found)
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from sorted(versions.glob(f"{wanted}.*/bin/python"))


def find_python(wanted: str) -> Path:
    """A Python of a version that starts; the test is skipped where there is none."""
    for path in candidates(wanted):
        ask = [str(path), "-c", "import sys, venv; print('%d.%d' % sys.version_info[:2])"]
        said = subprocess.run(ask, capture_output=True, text=True)
        if said.stdout.strip() == wanted:
            return path
    pytest.skip(f"there is no Python {wanted} here")


def make_environment(python: Path, mesa: str, folder: Path) -> Path:
    """An environment with this copy of partnersim; the test is skipped without an index."""
    subprocess.run([str(python), "-m", "venv", str(folder)], check=True)
    made = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = [str(made), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(
        [*install, "--editable", str(ROOT), mesa, *TOOLS],
        capture_output=True, text=True, timeout=1500,
    )  # fmt: skip
    if done.returncode != 0 and not is_index_there(made, folder):
        pytest.skip(f"{mesa} cannot be installed here: no package index can be reached")
    assert done.returncode == 0, done.stderr[-3000:]
    return made


def is_index_there(python: Path, folder: Path) -> bool:
    """Whether pip can fetch anything at all."""
    fetch = [str(python), "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    return subprocess.run([*fetch, "iniconfig"], capture_output=True).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("wanted", ENDS)
def test_the_model_passes_its_tests_at_each_end_of_mesa(wanted: str, tmp_path: Path) -> None:
    mesa = ENDS[wanted]
    here = ".".join(map(str, sys.version_info[:2]))
    if wanted == here and version("mesa").startswith(mesa.removeprefix("mesa==").rstrip("*")):
        pytest.skip("these tests run against it already")
    python = make_environment(find_python(wanted), mesa, tmp_path / "environment")
    ask = "import json, mesa, sys; print(json.dumps([mesa.__version__, sys.version]))"
    said = subprocess.run([str(python), "-c", ask], capture_output=True, text=True, check=True)
    installed, running = json.loads(said.stdout)
    assert installed.startswith(mesa.removeprefix("mesa==").rstrip("*"))
    assert running.startswith(wanted)
    tests = [str(python), "-m", "pytest", "-q", "-m", "not slow", "-p", "no:cacheprovider", *TESTED]
    done = subprocess.run(tests, cwd=ROOT, capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, done.stdout[-5000:]
    assert " passed" in done.stdout
