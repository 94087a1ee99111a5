"""Faults put into the model one at a time, to see which no fast test finds: python benchmarks/mutants.py

Each mutant is a copy of the package in which one operator, comparison, constant (times 1.3), `min`
or `max` of the model is another; the fast tests of the model run on it without Numba, up to the
first that fails. Those that live are printed, with the line as it became.

Neither mutmut, which leaves functions with decorators and constants of modules alone, nor
cosmic-ray, whose constants move by one, makes these: here every function has a decorator, and most
of what can be wrong is a number.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
MODEL = Path("partnersim/model")
NO_EQUATIONS = {
    "__init__",
    "compiled",
    "record",
    "room",
    "schedule",
    "series",
    "state",
    "variants",
    "version",
}
TESTS = [
    f"tests/model/test_{name}.py"
    for name in (
        "core_plain", "core_work", "core_environment", "core_meetings", "core_coordinators",
        "core_within", "core", "theory",
    )
]  # fmt: skip
"""The quickest to find something first."""

OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
OTHER_NAME = {"min": "max", "max": "min"}


class Mutant(NamedTuple):
    """A module of the model with one thing other than it is."""

    file: Path
    line: int
    was: str
    text: str


def faults_at(node: ast.AST) -> Iterator[Callable[[], None]]:
    """What can be made of a node, each by one change in place."""
    if isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp) and type(node.op) in OTHER:
        yield lambda: setattr(node, "op", OTHER[type(node.op)]())
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in OTHER:
        yield lambda: node.ops.__setitem__(0, OTHER[type(node.ops[0])]())  # type: ignore[call-overload]
    elif isinstance(node, ast.Constant) and isinstance(node.value, float) and node.value:
        yield lambda: setattr(node, "value", node.value * 1.3)  # type: ignore[operator]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in OTHER_NAME:
        yield lambda: setattr(node.func, "id", OTHER_NAME[node.func.id])  # type: ignore[attr-defined]


def mutants() -> Iterator[Mutant]:
    """All of them, in order."""
    for path in sorted((ROOT / MODEL).glob("*.py")):
        if path.stem in NO_EQUATIONS:
            continue
        source = path.read_text(encoding="utf-8")
        tree, lines = ast.parse(source), source.splitlines()
        for at, node in enumerate(ast.walk(tree)):
            for nth, _ in enumerate(faults_at(node)):
                other = copy.deepcopy(tree)
                changed = next(found for k, found in enumerate(ast.walk(other)) if k == at)
                list(faults_at(changed))[nth]()
                line = getattr(node, "lineno", 0)
                became = f"{lines[line - 1].strip()}  ->  {ast.unparse(changed)}"
                yield Mutant(path.relative_to(ROOT), line, became, ast.unparse(other))


def is_found(mutant: Mutant, tests: list[str]) -> bool:
    """Whether a fast test fails on it, or never ends."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        folder = Path(name)
        shutil.copytree(
            ROOT / "partnersim", folder / "partnersim", ignore=shutil.ignore_patterns("__pycache__")
        )
        for part in ("tests", "pyproject.toml"):
            (folder / part).symlink_to(ROOT / part)
        (folder / mutant.file).write_text(mutant.text, encoding="utf-8")
        alone = {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": name, "CI": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not slow", "-p", "no:cacheprovider"]
        try:
            done = subprocess.run(
                [*command, "--rootdir", name, *tests],
                cwd=folder,
                env=os.environ | alone,
                capture_output=True,
                timeout=1200,
            )
        except subprocess.TimeoutExpired:
            return True
        return done.returncode != 0


def main() -> int:
    """Try some mutants, or all, and print those that live."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("-n", type=int, default=20, help="how many; 0 for all")
    options.add_argument("--seed", type=int, default=1, help="which are chosen")
    options.add_argument("--only", default="", help="part of the name of the module")
    options.add_argument("--workers", type=int, default=2)
    given = options.parse_args()
    chosen = [mutant for mutant in mutants() if given.only in mutant.file.name]
    if given.n:
        chosen = random.Random(given.seed).sample(chosen, min(given.n, len(chosen)))
    alive = 0
    with ThreadPoolExecutor(given.workers) as pool:
        for mutant, found in zip(chosen, pool.map(lambda m: is_found(m, TESTS), chosen), strict=True):
            if not found:
                alive += 1
                print(f"{mutant.file}:{mutant.line}: {mutant.was}", flush=True)
    print(f"{len(chosen) - alive} of {len(chosen)} were found")
    return alive > 0


if __name__ == "__main__":
    sys.exit(main())
