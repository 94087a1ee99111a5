"""What docs/search.md says holds: plans load, commands and Python run as written."""

import shlex
from pathlib import Path

import pytest

from partnersim.analysis.observed import read_observed
from partnersim.analysis.what_if import STEPS
from tests.commands import run_page
from tests.pages import code_blocks, read

PAGE = "docs/search.md"
FILES = {"toml": ["mix.toml", "sweep.toml", "observed.toml", "table.toml"], "text": ["points.csv"]}


def write_files(folder: Path) -> None:
    """Write the files of the page under the names that its text has for them."""
    for language, names in FILES.items():
        for name, text in zip(names, code_blocks(read(PAGE), language), strict=True):
            assert f"`{name}`" in read(PAGE)
            (folder / name).write_text(text, encoding="utf-8")


def test_files_of_the_page_are_read(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    from partnersim.analysis.mix_plan import MixPlan, make_problem
    from partnersim.sweep.plan import Plan

    write_files(tmp_path)
    assert make_problem(MixPlan.load(tmp_path / "mix.toml"), tmp_path / "points.csv").n_points == 3
    assert Plan.load(tmp_path / "sweep.toml").points.n_points == 200
    assert {*read_observed(tmp_path / "observed.toml")} == {"mean_speed", "trust"}


def test_steps_are_as_stated() -> None:
    assert STEPS == {"share": 0.2, "days per year": 2, "documents per year": 4, "contacts": 1}
    assert "shares by 0.2, days by 2 a year,\ndocuments by 4 a year, contacts by 1" in read(PAGE)


@pytest.mark.slow
def test_commands_and_python_run_as_written(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    write_files(tmp_path)
    commands = [line for block in code_blocks(read(PAGE), "sh") for line in block.splitlines()]
    asked = {shlex.split(line)[1] for line in commands}
    assert asked == {"what-if", "mix", "sweep", "calibrate", "analyse"}
    run_page(read(PAGE), tmp_path)
    for file in ("what-if/tornado.png", "best/best-mix.png", "fit/posterior.png", "accepted/sweep.json"):
        assert (tmp_path / file).is_file()
