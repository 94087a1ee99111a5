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
NO_EQUATIONS = set(
    ["__init__", "compiled", "record", "room", "schedule", "series", "state", "variants", "version"]
)
CASES = ["plain", "work", "environment", "meetings", "coordinators", "within", "ends"]
TESTS = [*(f"tests/model/test_core_{name}.py" for name in CASES), "tests/model/test_draws.py"]
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
    """One thing in a module of the model that becomes another: which node, and which way."""

    file: Path
    node: int
    way: int

    def make(self) -> tuple[str, str]:
        """What is changed, in a line; and the module with it."""
        source = (ROOT / self.file).read_text(encoding="utf-8")
        tree = ast.parse(source)
        node = next(found for at, found in enumerate(ast.walk(tree)) if at == self.node)
        was = ast.unparse(node)
        list(faults_at(node))[self.way]()
        line = getattr(node, "lineno", 0)
        told = f"{self.file}:{line}: {source.splitlines()[line - 1].strip()}: {was} -> {ast.unparse(node)}"
        return told, ast.unparse(tree)


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
        if path.stem not in NO_EQUATIONS:
            for at, node in enumerate(ast.walk(ast.parse(path.read_text(encoding="utf-8")))):
                for way, _ in enumerate(faults_at(node)):
                    yield Mutant(path.relative_to(ROOT), at, way)


def is_found(file: Path, text: str) -> bool:
    """Whether a fast test fails with this text of a file, or never ends."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        folder = Path(name)
        shutil.copytree(ROOT / "partnersim", folder / "partnersim")
        for part in ("tests", "pyproject.toml"):
            (folder / part).symlink_to(ROOT / part)
        (folder / file).write_text(text, encoding="utf-8")
        alone = {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": name, "CI": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not slow", "-p", "no:cacheprovider"]
        try:
            done = subprocess.run(
                [*command, "--rootdir", name, *TESTS],
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
    made = [(mutant.file, *mutant.make()) for mutant in chosen]
    untouched = chosen[0].file
    if is_found(untouched, (ROOT / untouched).read_text(encoding="utf-8")):
        sys.exit("a test fails on the model as it is")
    alive = 0
    with ThreadPoolExecutor(given.workers) as pool:
        found = pool.map(lambda one: is_found(one[0], one[2]), made)
        for (_, told, _), is_dead in zip(made, found, strict=True):
            if not is_dead:
                alive += 1
                print(told, flush=True)
    print(f"{len(made) - alive} of {len(made)} were found")
    return alive > 0


if __name__ == "__main__":
    sys.exit(main())
