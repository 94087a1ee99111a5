"""The site is built without a warning and without the internet, and has what is public."""

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import partnersim
from partnersim.cli import app
from tests.pages import ROOT

pytestmark = pytest.mark.slow

NOWHERE = "http://127.0.0.1:9"
"""A proxy that is not there: whatever asks the internet fails."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), NOWHERE)
    words = ["-m", "sphinx", "-W", "--keep-going", "-q", "-c", "docs", ".", str(folder)]
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=os.environ | proxies, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return folder


def page(site: Path, name: str) -> str:
    return (site / "docs" / f"{name}.html").read_text(encoding="utf-8")


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    loads = re.compile(r'<(?:script|img|iframe)[^>]*src="(?:https?:)?//|<link[^>]*href="(?:https?:)?//')
    assert [str(file) for file in site.rglob("*.html") if loads.search(file.read_text("utf-8"))] == []


def test_every_public_name_is_explained(site: Path) -> None:
    text = page(site, "api")
    names = set(partnersim.__all__) - {"__version__", "figures"}  # figures is a module of its own
    assert {name for name in names if f'id="partnersim.{name}"' not in text} == set()
    drawn = {name for name in partnersim.figures.__all__ if f'id="partnersim.figures.{name}"' not in text}
    assert drawn == set()


def test_what_public_functions_return_is_explained(site: Path) -> None:
    text = page(site, "api")
    functions = [f for name in partnersim.__all__ if inspect.isfunction(f := getattr(partnersim, name))]
    returned = {str(inspect.signature(function).return_annotation) for function in functions}
    classes = {name for name in returned if re.fullmatch(r"[A-Z]\w+", name)}
    assert {"Results", "Comparison", "Ledger", "Curve"} <= classes
    assert {name for name in classes if f'.{name}"' not in text} == set()


def test_every_command_is_explained(site: Path) -> None:
    text = page(site, "commands")
    command = typer.main.get_command(app)
    names = list(command.commands)  # type: ignore[attr-defined]
    assert {
        name for name in names if f">partnersim {name}<" not in re.sub(r"</?span[^>]*>", "", text)
    } == set()


def test_search_finds_pages(site: Path) -> None:
    text = (site / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text[text.index("(") + 1 : text.rindex(")")])
    assert "docs/odd" in index["docnames"]
    assert "goodwil" in index["terms"]  # stemmed


def test_the_gallery_shows_its_scripts(site: Path) -> None:
    text = page(site, "gallery")
    assert text.count("<img") >= 5
    assert text.count('class="highlight-') >= 5


def test_the_first_page_is_found(site: Path) -> None:
    assert "docs/index.html" in (site / "index.html").read_text(encoding="utf-8")
    assert (site / "docs" / "index.html").is_file()
