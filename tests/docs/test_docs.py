"""What the documents say holds: commands run, names exist, numbers are those of the code."""

import ast
import importlib
import json
import math
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from partnersim.model import constants
from partnersim.model.schedule import month_table
from partnersim.scenario.declarations import EventType
from partnersim.scenario.declared import parameters
from partnersim.scenario.files import packaged_text
from partnersim.scenario.reference import parameters_markdown
from partnersim.scenario.scenario import Scenario
from tests.commands import run_page
from tests.pages import ROOT, code_blocks, known_citations, read, without_code_blocks

PACKAGE = ROOT / "partnersim"
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
CORE_MODULES = {path.stem for path in (PACKAGE / "model").glob("*.py")}

CITATION_KEY = re.compile(r"\b[a-z]{3,}(?:19|20)\d\d\b")
IN_BACKTICKS = re.compile(r"`([^`\n]+)`")


def read_rows(text: str, heading: str) -> list[list[str]]:
    """Cells of all tables under a heading of the second level, without their head lines."""
    section = re.split(rf"^## {heading}$", text, flags=re.MULTILINE)[1]
    section = re.split(r"^## ", section, flags=re.MULTILINE)[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("|")
    ]
    heads = {k - 1 for k, cells in enumerate(rows) if set(cells[0]) == {"-"}}
    return [cells for k, cells in enumerate(rows) if k not in heads and set(cells[0]) != {"-"}]


def declared_names() -> set[str]:
    """Names that the package declares: functions, classes, fields, and words used as names."""
    names: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                names.add(node.name)
            elif isinstance(node, ast.Name):
                names.add(node.id)
            elif isinstance(node, ast.arg):
                names.add(node.arg)
            elif isinstance(node, ast.Attribute):
                names.add(node.attr)
            elif isinstance(node, ast.Constant):
                names.add(str(node.value))
    return names


def core_function(dotted: str) -> Any:
    """The Python function behind `module.function` of the core; None if there is none."""
    module, _, name = dotted.partition(".")
    function = getattr(importlib.import_module(f"partnersim.model.{module}"), name, None)
    return getattr(function, "py_func", function)


# --- Pages that run as they are written --------------------------------------------------------


@pytest.mark.slow
def test_commands_and_python_of_the_readme_run_as_written(tmp_path: Path) -> None:
    page = read("README.md")
    assert code_blocks(page, "sh") and code_blocks(page, "python")
    (plan,) = code_blocks(page, "toml")
    (tmp_path / "plan.toml").write_text(plan, encoding="utf-8")
    run_page(page, tmp_path)
    assert list((tmp_path / "results").glob("*.csv"))
    assert list((tmp_path / "results").glob("*.png"))
    assert list((tmp_path / "analysis").glob("*.png"))


@pytest.mark.slow
def test_discovery_runs_as_written_and_tells_the_box_that_is_found(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    page = read("docs/discovery.md")
    shutil.copy(DOCS / "examples" / "where.toml", tmp_path)
    run_page(page, tmp_path)
    for folder, file in (("phases", "phases-1.png"), ("speed", "map-1.png"), ("boxes", "box-1.png")):
        assert (tmp_path / folder / file).is_file()
    told = json.loads((tmp_path / "boxes" / "boxes.json").read_text(encoding="utf-8"))["boxes"][0]["sentence"]
    assert told in " ".join(page.split()), f"the page tells another box than: {told}"


@pytest.mark.slow
def test_reports_of_sweeps_are_made_as_written(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    page = read("docs/report.md")
    (plan,) = code_blocks(page, "toml")
    (tmp_path / "asked.toml").write_text(plan, encoding="utf-8")
    run_page(page, tmp_path)
    plain = (tmp_path / "asked" / "report.html").read_text(encoding="utf-8")
    asked = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "partnersim analyse asked --out analysis" in plain
    for name in ("which-matter", "map", "boxes"):
        assert f"Make the answer {name}: <code>partnersim" in asked
        written = {file.name for file in (tmp_path / name).iterdir()}
        assert {"answer.md", "codebook.csv", "provenance.json"} <= written


def test_readme_names_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^([\w-]+):", read("Makefile"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)$", read("README.md"), re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


def test_pieces_of_scenarios_in_the_how_to_are_valid() -> None:
    blocks = code_blocks(read("docs/how-to-own-place.md"), "toml")
    assert blocks
    place = packaged_text("two-organisations")
    for text in (*blocks, "\n".join(blocks)):
        Scenario.loads(f"{place}\n{text}")


# --- Links and citations ----------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", without_code_blocks(page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = without_code_blocks(page.read_text(encoding="utf-8"))
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file) if file else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def texts_that_cite() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        yield page.name, page.read_text(encoding="utf-8")
    for path in [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.toml")]:
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
    for row in parameters():
        yield row.path, row.source


def test_works_cited_are_in_the_references() -> None:
    known = set(known_citations())
    unknown = {
        f"{where}: {key}"
        for where, text in texts_that_cite()
        for key in CITATION_KEY.findall(text)
        if key not in known
    }
    assert unknown == set()


def test_citations_in_brackets_are_keys() -> None:
    known = set(known_citations())
    text = without_code_blocks(read("docs/odd.md") + read("docs/design.md"))
    for group in re.findall(r"\[([a-z]+\d{4}[^\]]*|pioneers)\](?!\()", text):
        for key in re.split(r"[;,] ", group.replace("\n", " ")):
            assert key in known or not re.fullmatch(r"[a-z]+\d*", key.strip()), group


def test_each_reference_has_one_entry() -> None:
    keys = known_citations()
    assert sorted(set(keys)) == sorted(keys)


# --- Generated pages --------------------------------------------------------------------------


def test_parameters_page_is_the_generated_one() -> None:
    """If not: partnersim parameters --markdown > docs/parameters.md."""
    assert read("docs/parameters.md") == parameters_markdown()


# --- odd.md and design.md ---------------------------------------------------------------------


@pytest.mark.parametrize("page", ["odd.md", "design.md"])
def test_names_in_documents_exist(page: str) -> None:
    names = declared_names()
    keys = {re.sub(r"<[^>]*>\.?", "", row.path) for row in parameters()}
    sections = {key.rpartition(".")[0] for key in keys}
    unknown = set()
    for name in IN_BACKTICKS.findall(without_code_blocks(read(f"docs/{page}"))):
        if re.fullmatch(r"[A-Za-z_]\w*", name):
            is_known = name in names or name in sections
        elif re.fullmatch(r"[a-z_]+\.[a-z_]+", name) and not name.endswith((".md", ".toml")):
            module = name.partition(".")[0]
            is_function = module in CORE_MODULES and core_function(name) is not None
            is_known = is_function or name in keys or module == "p"
        else:
            continue
        if not is_known:
            unknown.add(name)
    assert unknown == set()


def test_table_of_the_month_is_the_generated_one() -> None:
    """If not: what `partnersim.model.schedule.month_table()` gives."""
    assert f"\n\n{month_table()}\n" in read("docs/odd.md")


def test_headings_are_those_of_the_protocol() -> None:
    headings = re.findall(r"^## \d\. (.+)$", read("docs/odd.md"), re.MULTILINE)
    assert headings == [
        "Purpose and patterns",
        "Entities, state variables, and scales",
        "Process overview and scheduling",
        "Design concepts",
        "Initialization",
        "Input data",
        "Submodels",
    ]
    concepts = read("docs/odd.md").split("## 4. ")[1].split("## 5. ")[0]
    assert re.findall(r"^\*\*(.+?)\.\*\*", concepts, re.MULTILINE) == [
        "Basic principles",
        "Emergence",
        "Adaptation",
        "Objectives",
        "Learning",
        "Prediction",
        "Sensing",
        "Interaction",
        "Stochasticity",
        "Collectives",
        "Observation",
    ]


def test_every_constant_has_its_sentence() -> None:
    table = parameters_markdown().split("## Constants")[1]
    named = {name for name in vars(constants) if name.isupper()}
    positions = {"BOARD", "MANAGEMENT", "FRONT_LINE", "DEEDS", "TWO_LAYER", "LOYALTY"}
    positions |= {event.upper() for event in get_args(EventType)}
    assert set(IN_BACKTICKS.findall(table)) == named - positions
    assert [line for line in table.splitlines() if line.endswith("|  |")] == []


def test_glossary_has_each_word_once_in_order_and_its_name_exists() -> None:
    rows = read_rows(read("docs/odd.md"), "Glossary")
    words = [cells[0] for cells in rows]
    assert words == sorted(set(words))
    names = declared_names() | {row.path for row in parameters()}
    assert [cells[1] for cells in rows if cells[1].strip("`") not in names] == []


def test_every_switch_is_explained() -> None:
    switches = [
        row.path.removeprefix("mechanisms.") for row in parameters() if row.path.startswith("mechanisms.")
    ]
    text = read("docs/design.md") + read("docs/odd.md")
    explained = set(IN_BACKTICKS.findall(text))
    missing = [s for s in switches if not {s, f"mechanisms.{s}"} & explained]
    assert missing == []


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    asked = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        asked += extra
    names = {re.match(r"[\w.-]+", line)[0] for line in asked}  # type: ignore[index]
    table = read("docs/design.md").split("### Dependencies")[1].split("\n## ")[0]
    stated = re.findall(r"^\| ([\w-]+) \|", table, re.MULTILINE)
    assert set(stated) - {"package"} == names - {"partnersim"}  # its own extras, for development


def test_bias_of_goodwill_is_as_stated() -> None:
    """b = n (sqrt(A) - 1) / (sqrt(A) + 1), and as simulated; docs/design.md derives it."""
    take_in = core_function("trust.take_in")
    pattern = r"^\| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$"
    rows = re.findall(pattern, read("docs/design.md"), re.MULTILINE)
    assert rows
    for row in rows:
        noise, asymmetry, seen, formula, stated = map(float, row)
        bias = 0.0
        for _ in range(50):
            goodwill = seen - bias
            root = math.sqrt(1 + (asymmetry - 1) * 4 * goodwill * (1 - goodwill))
            bias = noise * (root - 1) / (root + 1)
        assert bias == pytest.approx(formula, abs=6e-4)
        # The error of the mean is about noise * sqrt(A / (3 * 10,000)) < 0.003.
        news = seen + np.random.default_rng(1).uniform(-noise, noise, 10_000)
        goodwill, total = seen - bias, 0.0
        for value in news:
            goodwill = take_in(goodwill, value, 0.05, 0.0, asymmetry)
            total += goodwill
        assert seen - total / len(news) == pytest.approx(stated, abs=0.005)
