"""What holds for the tree as a whole: what is in it, what it loads, what it says of itself."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import partnersim
from tests.commands import printed_by

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "partnersim"
MAX_BYTES = 1_000_000

# Written in pieces where needed, so that this file passes its own checks.
MACHINE_PATH = re.compile(
    r"(?<![\w.:~/$}-])/(?:root|work|workspace|builds|mnt|srv|(?:home|Users)/[\w.-]+)/[\w.]"
    r"|\b[A-Z]:\\Users\\"
)
OUTSIDE_PATH = re.compile(r"\.\./" + "shared" + r"\b")
UNFINISHED = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3]) + r")\b")


def list_files() -> list[Path]:
    """Files that a commit of the tree would hold."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            text=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def find_in_files(pattern: re.Pattern[str]) -> list[str]:
    """Lines of text files that match, as file:line: text."""
    found = []
    for path in list_files():
        content = path.read_bytes()
        if b"\0" in content[:8192]:
            continue
        for number, line in enumerate(content.decode("utf-8").splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    return found


def read_index_hosts() -> set[str]:
    """Hosts and folders that pip on this machine is told to install from."""
    configured = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True
    ).stdout
    hosts = set()
    for line in configured.splitlines():
        key, _, value = line.partition("=")
        if not key.endswith(("index-url", "find-links", "trusted-host")):
            continue
        for word in re.split(r"\s+|\\n", value.strip("'\"")):
            address = urlsplit(word)
            hosts.add(address.hostname or (address.path if len(address.path) > 1 else ""))
    return hosts - {"", "localhost"}


def test_patterns_find_what_they_should() -> None:
    for text in ("cd /ro" + "ot/x", "'/ho" + "me/ana/x'", "(/wo" + "rk/x", "C:" + "\\Users\\ana"):
        assert MACHINE_PATH.search(text), text
    for text in ("home/work/life", "https://example.org/work/1", "~/work/x", "$HOME/work/x", "/"):
        assert not MACHINE_PATH.search(text), text
    assert OUTSIDE_PATH.search(".." + "/shared/style.md")
    assert UNFINISHED.search("# TO" + "DO: later")
    assert not UNFINISHED.search("method, todos")


def test_no_file_names_a_place_on_one_machine() -> None:
    assert find_in_files(MACHINE_PATH) == []


def test_no_file_points_outside_the_repository() -> None:
    assert find_in_files(OUTSIDE_PATH) == []


def test_no_file_names_a_configured_package_index() -> None:
    hosts = read_index_hosts()
    if not hosts:
        pytest.skip("pip has no index configured")
    assert find_in_files(re.compile("|".join(map(re.escape, sorted(hosts))))) == []


def test_no_file_is_marked_unfinished() -> None:
    assert find_in_files(UNFINISHED) == []


def test_what_people_write_is_parsed_in_one_place() -> None:
    parsers = re.compile(r"\btomllib\.|\bjson\.loads?\(|\btomlkit\.(?:parse|loads?)\(|model_validate_json")
    found = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if parsers.search(path.read_text("utf-8"))
    }
    assert found == {"scenario/files.py"}


def test_no_file_is_large() -> None:
    sizes = {str(path.relative_to(ROOT)): path.stat().st_size for path in list_files()}
    assert {name: size for name, size in sizes.items() if size > MAX_BYTES} == {}


def test_import_loads_nothing_heavy() -> None:
    heavy = ["matplotlib", "mesa", "numba", "pandas", "scipy", "solara"]
    code = (
        "import json, sys; before = set(sys.modules); import partnersim; "
        f"print(json.dumps([m for m in {heavy!r} if m in sys.modules and m not in before]))"
    )
    assert json.loads(printed_by("-c", code)) == []


def test_versions_agree() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    stated = re.search(r"^version: *[\"']?([^\s\"']+)", citation, re.MULTILINE)
    assert stated is not None
    assert stated.group(1) == partnersim.__version__
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{partnersim.__version__}]" in changelog


def read_project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def normal(name: str) -> str:
    """The name of a package as an index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_dependency_is_pinned_for_every_python() -> None:
    """If not: make constraints, with each of these Pythons."""
    project = read_project()
    named = [re.search(r":: (3\.\d+)$", line) for line in project["classifiers"]]
    pythons = {found[1] for found in named if found}
    pinned: dict[str, set[str]] = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        pin = re.fullmatch(r'([\w.-]+)==[\w.!+-]+(?: ; python_version == "([\d.]+)")?', line)
        assert pin or line.startswith("#"), f"no plain pin: {line}"
        if pin:
            pinned.setdefault(normal(pin[1]), set()).update([pin[2]] if pin[2] else pythons)
    asked = [project["dependencies"], *project["optional-dependencies"].values()]
    names = {normal(re.split(r"[^\w.-]", line)[0]) for lines in asked for line in lines}
    names -= {project["name"]}
    assert {name for name in names if pinned.get(name) != pythons} == set()


def find_undocumented(node: ast.AST, prefix: str) -> Iterator[str]:
    """Public functions, classes and methods under a node that have no docstring."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.If, ast.Try)):
            yield from find_undocumented(child, prefix)
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        if child.name.startswith("_"):
            continue
        # An overload or a setter is documented where the function itself is.
        decorators = [ast.unparse(decorator) for decorator in child.decorator_list]
        if any(d.split(".")[-1] in {"overload", "setter", "deleter"} for d in decorators):
            continue
        name = f"{prefix}{child.name}"
        if not ast.get_docstring(child):
            yield name
        if isinstance(child, ast.ClassDef):
            yield from find_undocumented(child, f"{name}.")


def test_every_public_name_has_a_docstring() -> None:
    missing = []
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = str(path.relative_to(ROOT))
        if not ast.get_docstring(tree):
            missing.append(module)
        missing += find_undocumented(tree, f"{module}: ")
    assert missing == []


def test_types_are_declared_to_users() -> None:
    assert (PACKAGE / "py.typed").is_file()
