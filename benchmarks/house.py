"""How large and how tangled the code is: python benchmarks/house.py [--no-trips]

Counts lines, imports in circles and upwards, moves from file to file while something is done, and
files that are changed by hand for something new, and prints them beside their goals. `measure`
gives the same as a dictionary; the order of folders is read from pyproject.toml.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import networkx as nx
from trips import measure_trips

ROOT = Path(__file__).resolve().parent.parent
OURS = "partnersim"
PACKAGE = ROOT / OURS
ORDER = "Each layer imports only what is below it"
"""Name of the contract in pyproject.toml that has the order of folders, the highest first."""

SAMPLES = {"scalar": "issue_rate", "lever": "position_sharing", "measure": "sustained_pace"}
"""The files that name one are those that another of its kind has to be put in by hand, unasked."""

GOALS = {
    "lines of partnersim": 21_000,
    "lines of tests": 19_000,
    "lines of experiments": 6_000,
    "lines of benchmarks": 2_300,
    "files in circles": 0,
    "imports upwards": 0,
    "moves, a plan": 250,
    "moves, a click": 300,
    "files for a scalar": 2,
    "files for a lever": 3,
    "files for a measure": 2,
    "fmt: skip or off": 20,
}
"""At most."""

Imports = dict[tuple[str, str], int]
"""Which module imports which, and in which line first."""


def read_files() -> dict[str, str]:
    """The text of each file that git tracks."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = [name for name in listed.stdout.decode().split("\0") if (ROOT / name).is_file()]
    return {name: (ROOT / name).read_bytes().decode("utf-8", "ignore") for name in names}


def count_lines(files: dict[str, str]) -> dict[str, int]:
    """Lines of Python by top folder, and within the package by folder."""
    counts: Counter[str] = Counter()
    for name, text in files.items():
        top, *within = name.split("/")
        folders = {top, f"{top}/{within[0] if within[1:] else '*.py'}" if top == OURS else top}
        counts.update(dict.fromkeys(folders if name.endswith(".py") else (), text.count("\n")))
    return {f"lines of {folder}": n for folder, n in sorted(counts.items())}


def files_naming(word: str, files: dict[str, str]) -> tuple[list[str], Counter[str]]:
    """Files of the package that name something, and how many others do.

    The others are tests, docs and experiments; the package's scenarios, which are data, and its
    accepted ranges, which are written; and the words of the app and the plain Mesa model, which a test
    asks for where they are missing (tests/scenario/test_declared_once.py). This file and its test do not
    count.
    """
    files = {name: text for name, text in files.items() if not name.endswith("house.py")}
    named = [name for name in files if word in files[name].lower()]
    by_hand = re.compile(rf"{OURS}/(?!(.*\bpackaged|app)/.*toml|scenario/accepted.toml)")
    others = Counter(name.partition("/")[0] for name in named if not by_hand.match(name))
    return [name for name in named if by_hand.match(name)], others


def count_habits(files: dict[str, str]) -> dict[str, int]:
    """Habits of layout in all Python files, of language in the package."""
    python = {name: text for name, text in files.items() if name.endswith(".py")}
    ours = {name: text for name, text in files.items() if name.startswith(f"{OURS}/")}
    nodes = [node for name in ours if name in python for node in ast.walk(ast.parse(ours[name]))]
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    texts = [ast.get_docstring(node) or "" for node in nodes if isinstance(node, kinds)]
    lucks = [re.findall("(?<![a-z])luck(?![a-z])", text.lower()) for text in ours.values()]
    return {
        "fmt: skip or off": sum(len(re.findall("# fmt: (skip|off)", t)) for t in python.values()),
        "docstrings from What or Say": sum(bool(re.match(r"(What|Say)\b", t)) for t in texts),
        "the word luck": sum(map(len, lucks)),
    }


# Imports -----------------------------------------------------------------------------------------


def read_imports(package: Path) -> Imports:
    """Which modules of a package import which, also inside functions; not for types alone.

    What an `__init__` loads by its `__getattr__` is no import; asking it for that imports it only.
    """
    modules: dict[str, Path] = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        modules[".".join(parts).removesuffix(".__init__")] = path
    found: Imports = {}
    for module, path in modules.items():
        folder = path.relative_to(package.parent).parent.parts
        for node in _run_nodes(ast.parse(path.read_text(encoding="utf-8"))):
            for target in _targets(node, folder, modules):
                if target in modules and target != module:
                    found.setdefault((module, target), node.lineno)
    return found


def _run_nodes(node: ast.AST) -> Iterator[Any]:
    """All nodes below one but those that only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        test = ast.unparse(child.test) if isinstance(child, ast.If) else ""
        if isinstance(child, ast.If) and test in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            child = ast.Module(child.orelse, [])
        yield child
        yield from _run_nodes(child)


def _targets(node: ast.AST, folder: Sequence[str], modules: dict[str, Path]) -> list[str]:
    """Names of what a statement in a folder imports: modules, where it can be either."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    above = folder[: len(folder) + 1 - node.level] if node.level else ()
    source = ".".join([*above, *([node.module] if node.module else [])])
    names = [f"{source}.{alias.name}" for alias in node.names]
    return [name if name in modules else source for name in names]


def find_circles(imports: Imports) -> list[list[str]]:
    """Groups of modules that import each other in a circle, the largest first."""
    groups = map(sorted, nx.strongly_connected_components(nx.DiGraph(list(imports))))
    return sorted((group for group in groups if len(group) > 1), key=lambda g: (-len(g), g))


def read_order(pyproject: Path) -> dict[str, int]:
    """How high each module or folder stands; those that stand beside each other, alike."""
    settings = tomllib.loads(pyproject.read_text(encoding="utf-8"))["tool"]["importlinter"]
    (contract,) = (one for one in settings["contracts"] if one["name"] == ORDER)
    return {
        f"{container}.{name.strip(' ()')}": height
        for container in contract["containers"]
        for height, layer in enumerate(reversed(contract["layers"]))
        for name in re.split(r"[:|]", layer)
    }


def find_upwards(imports: Imports, order: dict[str, int]) -> list[str]:
    """Imports from a lower layer to a higher one; what has no layer is left out."""

    def height(module: str) -> float:
        while module and module not in order:
            module = module.rpartition(".")[0]
        return order.get(module, float("nan"))

    pairs = [(low, high) for low, high in sorted(imports) if height(low) < height(high)]
    return [f"{low} -> {high}, line {imports[low, high]}" for low, high in pairs]


# All of it ---------------------------------------------------------------------------------------


def measure(*, trips: bool = True) -> dict[str, Any]:
    """All that is counted, by name: a number, or a list of what there is."""
    files = read_files()
    imports = read_imports(PACKAGE)
    circles = find_circles(imports)
    found: dict[str, Any] = count_lines(files) | count_habits(files)
    found["circles"] = [", ".join(circle) for circle in circles]
    found["files in circles"] = sum(map(len, circles))
    found["imports upwards"] = find_upwards(imports, read_order(ROOT / "pyproject.toml"))
    for kind, word in SAMPLES.items():
        found[f"files for a {kind}"], others = files_naming(word, files)
        found[f"others that name a {kind}"] = [f"{top}: {n}" for top, n in others.items()]
    return found | (measure_trips(PACKAGE) if trips else {})


def as_table(found: dict[str, Any]) -> str:
    """The numbers beside their goals; below, what they count."""
    lists = {name: entries for name, entries in found.items() if isinstance(entries, list)}
    lines = [f"{'':32}{'now':>8}{'goal':>8}"]
    for name in [name for name in found if name not in lists or name in GOALS]:
        number, goal = len(lists[name]) if name in lists else found[name], GOALS.get(name)
        over = "" if goal is None else f"{goal:8,}{'  over' if number > goal else ''}"
        lines.append(f"{name:32}{number:8,}{over}")
    for name, entries in lists.items():
        lines += ["", f"{name}:", *(f"  {entry}" for entry in entries or ["none"])]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))  # this tree, whichever is installed
    print(as_table(measure(trips="--no-trips" not in sys.argv)))
