"""How large and how tangled the code is: what counts it finds what it should, and the bounds."""

import sys
from importlib import import_module
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import house
import trips

FILES = {
    "__init__.py": """
        _HOMES = {"high": "top"}
        def __getattr__(name): ...
    """,
    "top.py": """
        from pack import low
    """,
    "low/__init__.py": """
        from pack import high
        from pack.low import first as _first
    """,
    "low/first.py": """
        def f():
            from . import second
            return second.g
    """,
    "low/second.py": """
        from typing import TYPE_CHECKING
        from .first import f
        if TYPE_CHECKING:
            from pack.aside import HERE
        def g():
            import pack.top
    """,
    "aside.py": """
        from pack.low.second import g
        HERE = 1
    """,
}
PYPROJECT = f"""
[[tool.importlinter.contracts]]
name = "{house.ORDER}"
containers = ["pack"]
layers = ["(top)", "(aside) : gone", "low | (lower)"]
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A package with a circle, an import upwards, and some that are neither."""
    for name, text in FILES.items():
        file = tmp_path / "pack" / name
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_text("\n".join(line.removeprefix(" " * 8) for line in text.splitlines()) + "\n")
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    return tmp_path / "pack"


def test_imports_are_those_that_happen_each_of_the_module_it_loads(pack: Path) -> None:
    assert set(house.read_imports(pack)) == {
        ("pack.top", "pack.low"),
        ("pack.low", "pack"),
        ("pack.low", "pack.low.first"),
        ("pack.low.first", "pack.low.second"),
        ("pack.low.second", "pack.low.first"),
        ("pack.low.second", "pack.top"),
        ("pack.aside", "pack.low.second"),
    }


def test_a_circle_is_found() -> None:
    pairs = ["ab", "bc", "ca", "cd", "ef", "fe", "gd"]
    imports = {(a, b): 1 for a, b in pairs}
    assert house.find_circles(imports) == [["a", "b", "c"], ["e", "f"]]


def test_a_circle_of_a_package_is_found(pack: Path) -> None:
    # Through the import within a function: low -> first -> second -> top -> low.
    (circle,) = house.find_circles(house.read_imports(pack))
    assert circle == ["pack.low", "pack.low.first", "pack.low.second", "pack.top"]


def test_an_import_upwards_is_found(pack: Path) -> None:
    order = house.read_order(pack.parent / "pyproject.toml")
    assert order == {"pack.low": 0, "pack.lower": 0, "pack.aside": 1, "pack.gone": 1, "pack.top": 2}
    upwards = house.find_upwards(house.read_imports(pack), order)
    assert upwards == ["pack.low.second -> pack.top, line 7"]


def test_moves_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = tmp_path / "walked"
    there.mkdir()
    (there / "__init__.py").write_text("")
    (there / "a.py").write_text(
        "from walked.b import g, h\n\ndef f():\n    g()\n    return sorted([2, 1], key=h)\n"
    )
    (there / "b.py").write_text("def g():\n    return k()\n\ndef h(x):\n    return x\n\nk = int\n")
    monkeypatch.syspath_prepend(tmp_path)
    trip = trips.Trip(there, import_module("walked.a").f)
    assert {code.co_name: n for code, n in trip.calls.items()} == {"f": 1, "g": 1, "h": 2}
    assert trip.moves == {("a.py", "b.py"): 3}  # two of them called by `sorted`
    assert sys.getprofile() is None


def test_circles_and_imports_upwards_become_no_more() -> None:
    imports = house.read_imports(house.PACKAGE)
    upwards = house.find_upwards(imports, house.read_order(house.ROOT / "pyproject.toml"))
    circles = house.find_circles(imports)
    assert circles == []
    assert upwards == []


def test_what_is_counted_stands_beside_its_goal() -> None:
    if not (house.ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    found = house.measure(trips=False)
    assert found["lines of partnersim"] > 10_000
    assert {name for name in house.GOALS if not name.startswith("moves")} <= set(found)
    assert found["files for a scalar"]
    assert f"{found['lines of tests']:,}" in house.as_table(found)
