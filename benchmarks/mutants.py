"""Faults put into the model one at a time, to see which no fast test finds: python benchmarks/mutants.py

In each mutant one operator, comparison, constant (times 1.3), `min` or `max` of the model is
another; the fast tests of the model run on it without Numba, up to the first that fails. Those that
live are printed. All happens in one process, into whose functions and constants the fault is put.

Neither mutmut, which leaves functions with decorators and constants of modules alone, nor
cosmic-ray, whose constants move by one, makes these: here every function has a decorator, and most
of what can be wrong is a number.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import pytest
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).resolve().parent.parent
EQUATIONS = (
    *("arithmetic", "constants", "coordinators", "decisions", "draws", "environment", "initial"),
    *("levers", "meetings", "observe", "trust", "within", "work"),
)
CASES = ("work", "environment", "meetings", "coordinators", "within", "ends")
TESTS = [
    *(f"tests/model/test_core_{name}.py" for name in CASES),
    *("tests/model/test_arithmetic.py", "tests/model/test_draws.py"),
]

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
    """One thing in a module of the model that becomes another: which node of it."""

    module: str
    node: int

    def make(self) -> tuple[str, CodeType]:
        """Say what is changed, in a line, and compile the module with it."""
        path = ROOT / f"partnersim/model/{self.module}.py"
        tree = ast.parse(path.read_text(encoding="utf-8"))
        node: Any = next(found for at, found in enumerate(ast.walk(tree)) if at == self.node)
        was, fault = ast.unparse(node), fault_at(node)
        assert fault is not None
        fault()
        told = f"partnersim/model/{self.module}.py:{node.lineno}: {was}  ->  {ast.unparse(node)}"
        return told, compile(tree, str(path), "exec")


def fault_at(node: Any) -> Callable[[], None] | None:
    """What can be made of a node, by one change in place."""
    match node:
        case ast.BinOp() | ast.AugAssign() | ast.BoolOp() if type(node.op) in OTHER:
            return lambda: setattr(node, "op", OTHER[type(node.op)]())
        case ast.Compare() if type(node.ops[0]) in OTHER:
            return lambda: node.ops.__setitem__(0, OTHER[type(node.ops[0])]())
        case ast.Constant(value=float(value)) if value:
            return lambda: setattr(node, "value", value * 1.3)
        case ast.Call(func=ast.Name(id=name)) if name in OTHER_NAME:
            return lambda: setattr(node.func, "id", OTHER_NAME[name])
    return None


def mutants() -> Iterator[Mutant]:
    """All of them, in order."""
    for module in EQUATIONS:
        source = (ROOT / f"partnersim/model/{module}.py").read_text(encoding="utf-8")
        for at, node in enumerate(ast.walk(ast.parse(source))):
            if fault_at(node):
                yield Mutant(module, at)


@contextmanager
def put_in(name: str, code: CodeType) -> Iterator[None]:
    """Give the functions of a module, and its constants wherever they were imported, those of another."""
    module = importlib.import_module(f"partnersim.model.{name}")
    scope: dict[str, Any] = {"__name__": module.__name__}
    exec(code, scope)
    undo: list[Callable[[], None]] = []
    for key, new in scope.items():
        old = vars(module).get(key)
        if hasattr(old, "__code__") and getattr(old, "__module__", "") == module.__name__:
            undo.append(lambda old=old, was=old.__code__: setattr(old, "__code__", was))  # type: ignore[misc]
            old.__code__ = new.__code__
        elif isinstance(new, int | float) and new != old:
            for other in [m for n, m in sys.modules.items() if n.startswith("partnersim.model")]:
                if key in vars(other):
                    undo.append(lambda other=other, key=key, old=old: setattr(other, key, old))  # type: ignore[misc]
                    setattr(other, key, new)
    try:
        yield
    finally:
        for step in undo:
            step()


class Trials:
    """A plugin of pytest that runs the collected tests once for each mutant."""

    def __init__(self, chosen: list[Mutant]) -> None:
        self.chosen, self.alive = chosen, 0

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run tests up to the first that fails, on the model as it is and then on each mutant."""
        assert not self.failing(session), "a test fails on the model as it is"
        for mutant in self.chosen:
            told, code = mutant.make()
            try:
                with put_in(mutant.module, code):
                    found = self.failing(session)
            except ValueError:  # a module that cannot be imported any more
                found = told
            if not found:
                self.alive += 1
                print(told, flush=True)
        print(f"{len(self.chosen) - self.alive} of {len(self.chosen)} were found")
        return True

    def failing(self, session: pytest.Session) -> str:
        """The first test that fails; empty where none does."""
        for item in session.items:
            if any(report.failed for report in runtestprotocol(item, log=False)):
                return item.nodeid
        return ""


def main() -> int:
    """Try some mutants, or all, and print those that live."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("-n", type=int, default=50, help="how many; 0 for all")
    options.add_argument("--seed", type=int, default=1, help="which are chosen")
    options.add_argument("--only", default="", help="part of the name of the module")
    given = options.parse_args()
    chosen = [mutant for mutant in mutants() if given.only in mutant.module]
    if given.n:
        chosen = random.Random(given.seed).sample(chosen, min(given.n, len(chosen)))
    trials = Trials(chosen)
    os.chdir(ROOT)
    pytest.main(["-q", "-s", "-p", "no:cacheprovider", "-W", "ignore", *TESTS], plugins=[trials])
    return trials.alive > 0


if __name__ == "__main__":
    os.environ |= {"NUMBA_DISABLE_JIT": "1", "CI": "1"}
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
