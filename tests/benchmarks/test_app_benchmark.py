"""The benchmark of the app measures what it says, quickly; its times are nobody's business here."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("solara", reason="the app needs solara")
pytest.importorskip("playwright", reason="needs playwright")

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import app
from app import GOALS, QUICK, SECTIONS, write_report
from measuring import Goal, judge

MACHINE = {"machine": {"cores": "2"}, "load": 1.5, "load before": 0.1}


@pytest.fixture
def results(tmp_path: Path) -> dict[str, Any]:
    """Measured anew where the test is tried once more."""
    folder = tmp_path / "app"
    command = [sys.executable, str(app.__file__), "--quick", "--out", str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert ended.returncode == 0, ended.stderr
    written = (folder / "app-results.md").read_text(encoding="utf-8")
    assert written.strip() == ended.stdout.strip()
    return dict(json.loads((folder / "app-results.json").read_text(encoding="utf-8")))


@pytest.mark.slow
def test_every_goal_is_measured_and_what_does_not_depend_on_the_machine_holds(
    results: dict[str, Any],
) -> None:
    assert [goal["what"] for goal in results["goals"]] == [f"{goal.section}: {goal.key}" for goal in GOALS]
    assert all(math.isfinite(goal["measured"]) for goal in results["goals"])
    assert set(SECTIONS) <= set(results)

    playing, pages, hour = (results[section] for section in ("playing", "forty pages", "an hour of play"))
    assert playing["months"] == QUICK.months
    assert playing["elements in the pictures"] > 100
    assert playing["elements built or taken away in the pictures"] == 0
    assert playing["the same elements before and after"] == 1
    assert playing["attributes set, a month"] > 0
    assert pages["left: pages"] == pages["left: widgets"] == pages["left: listeners"] == 0
    assert hour["interactions"] == QUICK.interactions == sum(hour["done"].values())
    assert len(hour["done"]) >= 8


def test_a_goal_is_missed_from_its_number_on() -> None:
    section, key, sense, most = GOALS[0]
    assert sense == "less than"
    for value, is_reached in ((most - 0.001, True), (most, False), (math.nan, False)):
        (goal,) = judge({section: {key: value}}, GOALS)
        assert goal["reached"] is is_reached
        assert goal["measured"] is value
    assert judge({}, GOALS) == []


@pytest.mark.parametrize(
    ("sense", "reached"), [("at most", [True, True, False]), ("at least", [False, True, True])]
)
def test_a_goal_says_on_which_side_of_its_number_it_is_reached(sense: str, reached: list[bool]) -> None:
    assert [Goal("", "", sense, 2.0).is_reached_by(value) for value in (1.0, 2.0, 3.0)] == reached


def test_the_report_says_what_was_missed() -> None:
    section, key, _, most = GOALS[0]
    report = write_report(MACHINE | {section: {key: 2 * most, "done": {"lever": 3}}})
    assert f"| {section}: {key} | {2 * most:g} | less than {most:g} | missed |" in report
    assert "Done: lever 3." in report
