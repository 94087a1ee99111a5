"""What CONTRIBUTING.md says to do can be done: its programs run, its files and names are there."""

import ast
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from pydantic import create_model

from partnersim.model import schedule
from partnersim.scenario.declarations import Partnership, WaysOfWorking, share
from partnersim.scenario.declarations import Real as Number
from tests.commands import run_line
from tests.pages import ROOT, code_blocks, read
from tests.scenario.test_declared_once import missing, with_part

PAGE = read("CONTRIBUTING.md")


def section(title: str) -> str:
    """The text below a heading."""
    return re.split(r"^## ", PAGE.split(f"\n## {title}")[1], flags=re.MULTILINE)[0]


def indented(text: str, language: str) -> list[str]:
    """Blocks of code, also those that stand in a list."""
    blocks = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in blocks]


def test_files_and_targets_are_there() -> None:
    names = re.findall(r"`((?:partnersim|tests|docs|benchmarks|experiments)/[\w/.-]+|\.[\w/.-]+)`", PAGE)
    assert len(names) > 20
    assert [name for name in names if not (ROOT / name).exists() and name != ".venv"] == []
    targets = set(re.findall(r"^([\w-]+):", read("Makefile"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", PAGE)) <= targets


def test_folders_are_in_the_order_of_the_layers() -> None:
    told = re.findall(r"^\| `(\w+)` \|", section("The house"), re.MULTILINE)
    (layers,) = [
        contract["layers"]
        for contract in tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    ]
    assert told == layers


def test_the_lever_names_every_file_that_a_lever_needs() -> None:
    text = section("A lever")
    assert ast.parse(indented(text, "text")[0])
    more = create_model("WaysOfWorking", __base__=WaysOfWorking, shared_records=(Number, share(0.0)))
    files = {line.split(":")[0] for line in missing(with_part("ways_of_working", more))}
    assert len(files) >= 5
    assert {file for file in files if f"`{file}" not in text} == set()
    assert missing(Partnership) == []


def test_the_measure_is_what_it_says() -> None:
    (program,) = indented(section("A measure"), "python")
    names: dict[str, object] = {}
    exec(program, names)
    assert names["measure_lowest_trust"](np.array([[3.0, 1.0], [2.0, 5.0]])).tolist() == [1.0, 2.0]  # type: ignore[operator]


def test_the_process_reads_as_a_row_of_the_month() -> None:
    (block,) = indented(section("A process"), "text")
    (function,) = ast.parse(block).body
    assert isinstance(function, ast.FunctionDef)
    assert [argument.arg for argument in function.args.args] == ["state", "p"]
    line = str(ast.get_docstring(function)).partition("\n")[0]
    assert schedule.Row(type(function.name, (), {"__doc__": line})).what == line


def test_all_run_the_same_checks() -> None:
    """Before a commit those of `make check`; in public what anybody runs."""
    recipe = re.search(r"^check:.*\n((?:\t.*\n)+)", read("Makefile"), re.MULTILINE)
    assert recipe is not None
    tools = set(re.findall(r"^\t\$\(BIN\)/([\w-]+)", recipe[1], re.MULTILINE))
    assert set(re.findall(r"entry: \.venv/bin/([\w-]+)", read(".pre-commit-config.yaml"))) == tools
    assert re.findall(r"- run: (.+)", read(".github/workflows/ci.yml")) == [".ci/run"]


@pytest.mark.slow
def test_the_picture_is_drawn(tmp_path: Path) -> None:
    (program,) = code_blocks(section("A picture"), "python")
    (tmp_path / "picture.py").write_text(program, encoding="utf-8")
    run_line("python picture.py", tmp_path)
    assert len(list((tmp_path / "drawn").iterdir())) == 3
