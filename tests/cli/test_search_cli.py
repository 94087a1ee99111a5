"""The commands that ask further: what they print and write, what they refuse, how they go on."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from partnersim import Sweep
from tests.commands import PATIENCE, call, check_refusal, environment, succeed, without_meaning
from tests.stores import wait_until

MIX = """
scenario = "two-organisations"
months = 12
replicates = 2
confirm = 3
trials = 4
budget = 15.0

[mix]
interventions = [{ lever = "joint_away_days", value = 0.0 }]

[parameters]
"interventions.1.value" = { low = 0.0, high = 12.0 }
"ways_of_working.delegated_authority" = { low = 0.0, high = 1.0 }
"""

SWEEP: dict[str, Any] = {
    "scenario": "two-organisations",
    "months": 14,
    "replicates": 4,
    "luck": "independent",
    "measures": ["mean_speed", "trust"],
    "design": {"type": "latin-hypercube", "points": 130},
    "parameters": {
        "vision.size": {"low": 20.0, "high": 100.0},
        "trust.disposition": {"low": 0.1, "high": 0.6},
    },
}

WHAT_IF = ("what-if", "two-organisations", "--months", "12", "--month", "3", "--replicates", "6")


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a plan of a mix, in the folder that commands are given in."""
    pytest.importorskip("optuna")
    monkeypatch.chdir(tmp_path)
    Path("mix.toml").write_text(MIX, encoding="utf-8")
    return "mix.toml"


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("sweeps") / "sweep"
    Sweep.run(SWEEP, folder, engine="serial")
    return str(folder)


def test_what_if_says_the_same_in_words_json_and_files(tmp_path: Path) -> None:
    told = succeed(*WHAT_IF, "--out", str(tmp_path / "out"))
    said = " ".join(told.stdout.split())
    assert "median of 6" in said and "One run can point the wrong way" in said
    document = json.loads(call(*WHAT_IF, "--json").stdout)
    assert document == json.loads((tmp_path / "out" / "what-if.json").read_text("utf-8"))
    assert document["month"] == 3 and document["replicates"] == 6
    first = document["moves"][0]
    assert f"{first['what'].replace('_', ' ')}: {first['how']}" in said
    assert without_meaning(tmp_path / "out") == []
    assert {"tornado.png", "tornado.csv", "provenance.json"} <= {f.name for f in (tmp_path / "out").iterdir()}


def test_a_mix_is_found_once_and_then_read(plan: str) -> None:
    told = succeed("mix", plan, "--out", "best")
    assert "joint away days:" in told.stdout and "spread evenly" in told.stdout
    written = Path("best/mix.json").read_text("utf-8")
    again = call("mix", plan, "--out", "best", "--json")
    assert json.loads(again.stdout) == json.loads(written)
    choices = Path("best/choices.csv").read_text("utf-8").splitlines()
    assert len(choices) == 1 + 2 * 4
    assert without_meaning(Path("best")) == []
    Path(plan).write_text(MIX.replace("trials = 4", "trials = 6"), encoding="utf-8")
    assert call("mix", plan, "--out", "best").exit_code == 0  # it grows
    more = Path("best/choices.csv").read_text("utf-8").splitlines()
    assert len(more) == 1 + 2 * 6 and choices[1:5] == more[1:5]


def test_what_fits_is_told_and_written(sweep: str, tmp_path: Path) -> None:
    observed = tmp_path / "observed.toml"
    observed.write_text("[targets.mean_speed]\nvalue = 0.2\nerror = 0.02\n", encoding="utf-8")
    told = succeed("calibrate", sweep, "--observed", str(observed), "--out", str(tmp_path / "fit"))
    assert "vision.size" in told.stdout and "runs were accepted" in told.stdout
    document = json.loads((tmp_path / "fit" / "calibration.json").read_text("utf-8"))
    assert without_meaning(tmp_path / "fit") == []
    assert {one["path"] for one in document["parameters"]} == SWEEP["parameters"].keys()
    assert document["targets"]["mean_speed"]["error"] == 0.02
    typed = call("calibrate", sweep, "--target", "mean_speed=0.2±0.02", "--json")
    assert json.loads(typed.stdout) == document


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("what-if", "two-organisations", "--month", "999"), "999: must be between 0 and"),
        (("what-if", "two-organisations", "--month", "3", "--measure", "trst"), "did you mean 'trust'"),
        (("what-if", "two-organisation", "--month", "3"), "did you mean 'two-organisations'"),
        (("mix", "nothing.toml", "--out", "best"), "nothing.toml"),
        (("mix", "mix.toml", "--out", "mix.toml"), "cannot be a folder for results"),
        (("mix", "mix.toml", "--out", "best", "--points", "no.csv"), "no.csv"),
        (("calibrate", "nowhere", "--target", "trust=0.4±0.1"), "holds no sweep"),
        (("calibrate", "nowhere"), "give one at least, or --observed FILE.toml"),
        (("calibrate", "nowhere", "--target", "trust"), "write MEASURE=VALUE±ERROR"),
        (("calibrate", "nowhere", "--target", "trust=1", "--target", "trust=2"), "is given twice"),
    ],
)
def test_bad_words_are_refused(words: tuple[str, ...], message: str, plan: str) -> None:
    check_refusal(call(*words), message)


def test_another_search_is_not_mixed_in(plan: str) -> None:
    succeed("mix", plan, "--out", "best")
    Path(plan).write_text(MIX.replace("budget = 15.0", "budget = 5.0"), encoding="utf-8")
    check_refusal(call("mix", plan, "--out", "best"), "holds another search")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_a_search_that_is_stopped_goes_on_by_the_same_command(plan: str, ending: signal.Signals) -> None:
    """Stopped when the first choices are in the journal; what comes of it is as if it had not been."""
    Path(plan).write_text(MIX.replace("trials = 4", "trials = 300"), encoding="utf-8")
    words = [sys.executable, "-m", "partnersim", "mix", plan, "--out", "stopped", "--json"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(words, env=environment(), stdout=pipe, stderr=pipe, text=True)
    journal = Path("stopped/search.journal")
    wait_until(lambda: journal.exists() and journal.read_text("utf-8").count("values") > 20, "some are tried")
    process.send_signal(ending)
    _, said = process.communicate(timeout=PATIENCE)
    if ending is signal.SIGINT:
        assert process.returncode == 130
        assert "To go on, give the same command again" in said and said.endswith("Stopped.\n")
    Path(plan).write_text(MIX.replace("trials = 4", "trials = 40"), encoding="utf-8")
    outputs = [call("mix", plan, "--out", folder, "--json").stdout for folder in ("stopped", "whole")]
    assert json.loads(outputs[0]) == json.loads(outputs[1])
