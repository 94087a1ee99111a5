"""The command line: what it prints, what it refuses, what it loads, what it writes."""

import csv
import errno
import json
import math
import os
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.main import get_command

import partnersim
from partnersim import model
from partnersim.cli import base, inputs, options
from partnersim.model.version import MODEL_VERSION
from partnersim.report import demo, output, tables
from partnersim.runs import ensemble, wording
from partnersim.runs.curve import curve
from partnersim.runs.measures import MEASURES
from partnersim.scenario.arms import READY_ARMS, arm
from partnersim.scenario.errors import FolderError
from partnersim.scenario.files import packaged
from partnersim.scenario.scenario import Scenario
from tests import commands
from tests.commands import (
    check_refusal,
    environment,
    loaded_by_command,
    press_ctrl_c,
    printed_by,
    without_meaning,
)

call = partial(commands.call, columns=80)
succeed = partial(commands.succeed, columns=80)


# --- Looking around -----------------------------------------------------------------------------


def test_version() -> None:
    said = call("--version").stdout
    assert said == f"partnersim {partnersim.__version__}, model {MODEL_VERSION}\n"


def test_every_command_explains_itself_and_is_named_in_the_help_without_a_command() -> None:
    told, known = succeed().stdout, get_command(base.app).commands
    wanted = (
        "demo run compare curve explain sweep analyse map discover diversity what-if mix calibrate report"
    )
    assert known.keys() >= set(wanted.split())
    for command in known:
        assert command in told
        succeed(command, "--help")


def test_scenarios_and_arms_are_listed() -> None:
    result = call("scenarios")
    for name in (*packaged(), *READY_ARMS):
        assert name in result.stdout
    listed = json.loads(call("scenarios", "--json").stdout)
    assert listed["scenarios"] == packaged()
    assert list(listed["arms"]) == list(READY_ARMS)


@pytest.mark.parametrize("name", packaged())
def test_each_scenario_is_shown_and_makes_the_same_again(name: str, tmp_path: Path) -> None:
    succeed("show", name)
    text = call("show", name, "--toml").stdout
    assert tomllib.loads(text)
    file = tmp_path / "copy.toml"
    file.write_text(text, encoding="utf-8")
    assert Scenario.load(file) == Scenario.load(name)
    succeed("check", str(file))


def test_a_new_scenario_can_be_checked_and_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    succeed("new", str(file), "--from", "torbay")
    assert Scenario.load(file) == Scenario.load("torbay")
    check_refusal(call("new", str(file)), "--force")
    assert Scenario.load(file) == Scenario.load("torbay")
    succeed("new", str(file), "--force")
    assert Scenario.load(file) == Scenario.load("integrated-care")


def test_schema_and_parameters_are_complete() -> None:
    assert json.loads(call("schema").stdout)["properties"]["organisations"]
    rows = json.loads(call("parameters", "--json").stdout)
    assert "ways_of_working.delegated_authority" in [row["path"] for row in rows]
    assert "delegated_authority" in call("parameters", "ways_of_working").stdout
    assert call("parameters", "--markdown").stdout.startswith("# Parameters\n")


# --- Simulating ---------------------------------------------------------------------------------


def test_run_prints_every_measure_and_how_sure_it_is() -> None:
    result = succeed("run", "torbay", "--replicates", "200", "--months", "60")
    for words in ("Mean speed", "±", "Monte Carlo error", "200 replicates were enough"):
        assert words in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "\x1b" not in result.stdout


def test_run_in_json_is_json_and_nothing_else() -> None:
    result = call("run", "torbay", "--replicates", "20", "--json", "--series", "speed")
    assert result.stderr == ""
    document = json.loads(result.stdout, parse_constant=lambda word: pytest.fail(word))
    assert document["scenario"] == "torbay"
    assert (document["seed"], document["replicates"], document["months"]) == (1, 20, 144)
    assert document["version"] == partnersim.__version__
    assert set(document["measures"]) == set(MEASURES)
    for summary in document["measures"].values():
        assert {"mean", "median", "p05", "p95", "reached", "monte_carlo_error"} <= set(summary)
    assert document["measures"]["months_to_collapse"]["mean"] is None
    assert document["measures"]["months_to_collapse"]["reached"] == 0
    speed = document["series"]["speed"]
    assert set(speed) == set(output.QUANTILES)
    assert speed["median"][:12] == [None] * 12
    assert len(speed["median"]) == 145
    assert math.isfinite(speed["median"][12])


def test_settings_and_months_change_what_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Scenario] = []
    run = ensemble.run
    monkeypatch.setattr(
        ensemble, "run", lambda scenario, *rest, **more: seen.append(scenario) or run(scenario, *rest, **more)
    )
    sets = (
        "ways_of_working.delegated_authority=0.9",
        'coordinators=[{name="Ana"}]',
        "coordinators.Ana.skill=0.5",
    )
    words = [word for setting in sets for word in ("--set", setting)]
    call("run", "integrated-care", "--replicates", "2", "--months", "24", *words)
    assert seen[0].months == 24
    assert seen[0].ways_of_working.delegated_authority == 0.9
    assert seen[0].coordinators[0].skill == 0.5


def test_compare_sets_each_arm_against_the_base() -> None:
    words = ("compare", "integrated-care", "--replicates", "40", "--arm", "coordinator")
    words += ("--arm", "mine: ways_of_working.cross_links=2.0; months=120")
    result = succeed(*words)
    for text in ("coordinator against base", "mine against base", "95 % interval", "40 pairs"):
        assert text in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    document = json.loads(call(*words, "--json", "--series", "trust").stdout)
    assert set(document["arms"]) == {"base", "coordinator", "mine"}
    assert set(document["differences"]) == {"coordinator", "mine"}
    place = Scenario.load("integrated-care")
    with_one = arm(place, "coordinator")[1]
    found = partnersim.compare({"base": place, "coordinator": with_one}, 40, base="base").to_json()
    assert document["differences"]["coordinator"] == base._plain(found["differences"]["coordinator"])
    assert len(document["differences"]["coordinator"]["mean_speed"]["ci95"]) == 2
    assert set(document["series"]) == {"base", "coordinator", "mine"}


def test_one_replicate_is_called_one_story() -> None:
    assert "One replicate is one story" in call("run", "torbay", "--replicates", "1").stdout
    told = call("compare", "torbay", "--replicates", "1", "--arm", "coordinator").stdout
    assert "One pair is one story" in told


def test_out_writes_tables_series_and_figures(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    words = ("run", "two-organisations", "--replicates", "4", "--months", "36", "--out")
    succeed(*words, str(folder))
    names = {file.name for file in folder.iterdir()}
    assert {"results.json", "summary.csv", "replicates.csv", "series.csv"} <= names
    assert without_meaning(folder) == []
    assert any(name.endswith(".svg") for name in names)
    lines = (folder / "series.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 4 * 37
    assert lines[0].startswith("arm,replicate,month,change_delivered")
    assert Scenario.load(next(folder.glob("*.toml"))).months == 36
    assert call(*words, str(folder)).exit_code == 2
    succeed(*words, str(folder), "--force")


def test_files_at_home_are_written_and_read_there(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    few = ("--replicates", "3", "--months", "12", "--out")
    for words in (
        ("new", "~/mine.toml", "--from", "two-organisations"),
        ("check", "~/mine.toml"),
        ("show", "~/mine.toml"),
        ("run", "~/mine.toml", *few, "~/run"),
        ("compare", "~/mine.toml", "--arm", "coordinator", *few, "~/compared"),
    ):
        assert call(*words).exit_code == 0, words
    assert call("run", "~/mine.toml", *few, "~/run").exit_code == 2  # it has files in it
    assert list(here.iterdir()) == []
    assert {path.name for path in home.glob("[!.]*")} == {"mine.toml", "run", "compared"}
    assert f"Written to {home}" in " ".join(call("run", "~/mine.toml", *few, "~/again").stdout.split())


def test_what_is_typed_is_completed_by_names_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("[a].toml", "a.toml", "x/tor.toml"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()
    assert options.complete_scenario("[a") == ["[a].toml"]
    assert options.complete_scenario("tor") == ["torbay"]
    assert options.complete_scenario("x/") == [os.path.join("x", "tor.toml")]
    assert options.complete_scenario(f"{tmp_path}{os.sep}a") == [str(tmp_path / "a.toml")]
    assert options.complete_scenario("*") == options.complete_scenario("none/") == []


def test_out_replaces_links_and_never_follows_them(tmp_path: Path) -> None:
    outside = tmp_path / "precious.txt"
    outside.write_text("mine", encoding="utf-8")
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "summary.csv").symlink_to(outside)
    words = ("compare", "two-organisations", "--replicates", "3", "--arm", "challenge")
    succeed(*words, "--out", str(folder), "--force")
    assert outside.read_text(encoding="utf-8") == "mine"
    assert not (folder / "summary.csv").is_symlink()


def test_out_keeps_every_row_of_the_differences(tmp_path: Path) -> None:
    words = ("compare", "two-organisations", "--replicates", "3", "--arm", "challenge")
    document = json.loads(call(*words, "--arm", "coordinator", "--json").stdout)
    succeed(*words, "--arm", "coordinator", "--out", str(tmp_path / "x"))
    with (tmp_path / "x" / "differences.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    expected = {(arm, name) for arm, found in document["differences"].items() for name in found}
    assert {(row["arm"], row["measure"]) for row in rows} == expected
    assert {"base", "monte_carlo_error", "is_enough"} <= rows[0].keys()
    assert without_meaning(tmp_path / "x") == []


CURVE = ("curve", "two-organisations", "--months", "30", "--replicates", "5", "--arm", "coordinator")


def test_a_curve_says_the_same_as_table_json_files_and_python(tmp_path: Path) -> None:
    folder = tmp_path / "curve"
    printed = succeed(*CURVE, "--out", str(folder))
    assert max(map(len, printed.stdout.splitlines())) <= 80
    result = call(*CURVE, "--json")
    assert result.stderr == ""
    document = json.loads(result.stdout, parse_constant=lambda word: pytest.fail(word))
    place = Scenario.load("two-organisations").replace(months=30)
    found = partnersim.curve({"base": place, "coordinator": arm(place, "coordinator")[1]}, 5)
    assert document["arms"] == base._plain(found.to_json()["arms"])
    assert json.loads((folder / "curve.json").read_text(encoding="utf-8")) == document
    assert without_meaning(folder) == []
    assert {file.name for file in folder.iterdir()} == {
        *("curve.json", "provenance.json", "answer.md", "codebook.csv", "0-base.toml", "1-coordinator.toml"),
        *(f"trust-speed-curve.{ending}" for ending in ("png", "svg", "csv")),
    }
    for name, of_arm in found.arms.items():
        assert name in printed.stdout
        assert f"{of_arm.elasticity.value:.3f}" in printed.stdout.replace("−", "-")
    lines = [line.split() for line in printed.stdout.splitlines()]
    ((_, *cells),) = (words for words in lines if words[:1] == ["1.0"])
    means = [100 * of_arm.at(1.0).mean for of_arm in found.arms.values()]
    assert [float(cells[0]), float(cells[3])] == pytest.approx(means, abs=0.6)


def test_a_folder_refuses_a_name_twice_and_names_the_file_that_it_cannot_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = output.OutputFolder(tmp_path)
    folder.write("a.csv", "1")
    with pytest.raises(FileExistsError, match=r"a\.csv"):
        folder.write("a.csv", "2")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "1"

    def is_full(*words: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(output.os, "replace", is_full)
    with pytest.raises(FolderError, match=r"b\.csv: cannot be written: No space left"):
        folder.write("b.csv", "1")
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]


def test_names_that_a_spreadsheet_would_run_are_made_harmless(tmp_path: Path) -> None:
    folder = output.OutputFolder(tmp_path)
    folder.write_rows("a.csv", [("@SUM(1+9)*cmd|' /C calc'!A0", "-2", -2.0), ("plain", "a=b", 3)])
    text = (tmp_path / "a.csv").read_text(encoding="utf-8")
    assert text == "'@SUM(1+9)*cmd|' /C calc'!A0,'-2,-2.0\nplain,a=b,3\n"


# --- Why trust changed --------------------------------------------------------------------------


def test_explain_tells_why_trust_changed_both_ways(tmp_path: Path) -> None:
    words = ("explain", "two-organisations", "--months", "12", "--replicate", "3")
    a, b = Scenario.load("two-organisations").organisation_names
    result = succeed(*words, "--between", a, b, "--out", str(tmp_path / "why"))
    assert result.stdout.count("goodwill trust") == 2
    assert result.stdout.count("together") >= 2
    assert "no Monte Carlo" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert len(list((tmp_path / "why").glob("*.svg"))) == 2
    assert without_meaning(tmp_path / "why") == []
    document = json.loads(call(*words, "--between", a, b, "--json").stdout)
    assert len(document["links"]) == 2
    ledger = partnersim.explain(Scenario.load("two-organisations").replace({"months": 12}), 1, 3)
    change = ledger.goodwill_trust[-1] - ledger.goodwill_trust[0]
    for link, (i, j) in zip(document["links"].values(), ((0, 1), (1, 0)), strict=True):
        together = math.fsum(link["totals"]["goodwill"].values())
        assert together == pytest.approx(change[i, :, j].mean(), abs=1e-12)
    everybody = json.loads(call(*words, "--json").stdout)
    assert list(everybody["links"]) == ["all"]


def test_explain_of_one_month_tells_that_month() -> None:
    words = ("explain", "two-organisations", "--months", "12", "--month", "5")
    assert "in year 1, month 5" in call(*words).stdout


# --- The model itself ---------------------------------------------------------------------------


def test_commands_run_the_model_itself() -> None:
    words = ("--months", "24", "--replicates", "30", "--json")
    alone = json.loads(call("run", "two-organisations", *words).stdout)
    compared = json.loads(call("compare", "two-organisations", "--arm", "coordinator", *words).stdout)
    assert compared["arms"]["base"] == alone["measures"]
    arm, difference = compared["arms"]["coordinator"], compared["differences"]["coordinator"]
    for name in ("trust", "cost", "contribution"):
        gain = arm[name]["mean"] - alone["measures"][name]["mean"]
        assert difference[name]["mean"] == pytest.approx(gain)
    assert difference["cost"]["mean"] > 0


def test_months_say_what_they_leave_out() -> None:
    result = call("run", "torbay", "--months", "60", "--replicates", "2", "--json")
    assert "Left out by --months 60: " in result.stderr
    assert "(month 72)" in result.stderr
    assert json.loads(result.stdout)["months"] == 60
    assert call("run", "two-organisations", "--months", "12", "--replicates", "2").stderr == ""


# --- Bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", [["check"], ["run"], ["compare", "--arm", "coordinator"], ["curve"], ["explain"], ["show"]]
)
def test_a_bad_file_is_refused(words: list[str], tmp_path: Path) -> None:
    """What all may be wrong with one, and what is said: tests/scenario."""
    file = tmp_path / "bad.toml"
    file.write_text("luk = 1.0\n[drawn]", encoding="utf-8")
    check_refusal(call(*words, str(file)), f"{file}: luk = 1.0: ", "did you mean 'luck'")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["runn"], "Did you mean 'run'"),
        (["run"], "SCENARIO"),
        (["run", "torbya"], "torbay"),
        (["check", "missing.toml"], "missing.toml"),
        (["check", "."], "directory"),
        (["check", "x" * 300], "no packaged scenario"),
        (["check", "x" * 300 + ".toml"], "cannot be read"),
        (["run", "torbay", "--seed", "-1"], "-1"),
        (["run", "torbay", "--seed", "x"], "--seed"),
        (["run", "torbay", "--replicates", "0"], "--replicates"),
        (["run", "torbay", "--replicates", "2.5"], "--replicates"),
        (["run", "torbay", "--replicates", "1000000000"], "must be at most 1,048,576"),
        (["run", "torbay", "--replicates", "9" * 20], "must be at most 1,048,576"),
        (["run", "torbay", "--replicates", "1000000", "--out", "x"], "32 GB of monthly series"),
        (["compare", "torbay", "--arm", "coordinator", "--replicates", "1000000", "--out", "x"], "65 GB"),
        (["run", "torbay", "--seed", "9" * 60], "--seed"),
        (["run", "torbay", "--set", f"luck={'9' * 400}"], "at most 38 digits"),
        (["run", "torbay", "--set", f"luck={'[' * 5000}"], "nested too deeply"),
        (["run", "torbay", "--set", 'title="\udcff"'], "half a character"),
        (["run", "torbay", "--workers", "0"], "--workers"),
        (["run", "torbay", "--workers", "2000"], "must be at most 1,024"),
        (["run", "torbay", "--months", "0"], "months"),
        (["run", "torbay", "--set", "months"], "KEY=VALUE"),
        (["run", "torbay", "--set", "title=Torbay"], "quotes"),
        (["run", "torbay", "--set", "ways_of_working.delegated=1.0"], "delegated_authority"),
        (["run", "torbay", "--set", "luck=nan"], "luck"),
        (["run", "torbay", "--series", "trusst"], "trust"),
        (["run", "torbay", "--force"], "--out"),
        (["run", "torbay", "--out", "/dev/null/x"], "/dev/null"),
        (["compare", "torbay"], "--arm"),
        (["compare", "torbay", "--arm", ""], "arm"),
        (["compare", "torbay", "--arm", "coordinater"], "coordinator"),
        (["compare", "torbay", "--arm", "a:"], "nothing is set"),
        (["compare", "torbay", "--arm", ": luck=1.0"], "name"),
        (["compare", "torbay", "--arm", "base: luck=1.0"], "base"),
        (["compare", "torbay", "--arm", "a: luck=1.0", "--arm", "a: luck=0.5"], "twice"),
        (["compare", "torbay", "--arm", "a: months=200"], "months"),
        (["curve", "two-organisations", "--months", "12"], "a mean speed needs 13 at least"),
        (["curve", "two-organisations", "--arm", "nobody"], "no ready arm has this name"),
        (["curve", "two-organisations", "--replicates", "0"], "must be 1 or more"),
        (["curve", "two-organisations", "--force"], "means nothing without --out"),
        (["explain", "integrated-care", "--between", "hospital", "counsil"], "council"),
        (["explain", "integrated-care", "--between", "council", "council"], "twice"),
        (["explain", "integrated-care", "--month", "121"], "120"),
        (["explain", "integrated-care", "--replicate", "-1"], "--replicate"),
        (["explain", "integrated-care", "--replicate", str(2**70)], "must be at most 144,115,188,"),
        (["parameters", "nothing"], "nothing"),
        (["new", "."], "folder"),
        (["new", "no/such/folder/x.toml"], "x.toml"),
        (["demo", "--replicates", "0"], "--replicates"),
    ],
)
def test_bad_words_are_refused(
    words: Sequence[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    check_refusal(call(*words), said)


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    check_refusal(call("run", "torbay", "--out", str(tmp_path)), "--force")
    check_refusal(call("run", "torbay", "--out", str(tmp_path / "mine.txt")), "is a file")


def test_a_long_message_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    base.complain("\n".join(["x" * 5000] * 100))
    printed = capsys.readouterr().err
    assert len(printed.splitlines()) <= 20
    assert max(map(len, printed.splitlines())) < 700


# --- What goes wrong inside ---------------------------------------------------------------------


def _raise(error: BaseException) -> Any:
    def fail(*words: Any, **more: Any) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (KeyboardInterrupt(), 130, "Stopped."),
        (KeyError("lost"), 1, "partnersim --debug run torbay"),
        (MemoryError(), 1, "not enough memory"),
        (OSError(28, "No space left on device"), 1, "No space left"),
    ],
)
def test_failures_are_told_in_a_few_words(
    error: BaseException, status: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ensemble, "run", _raise(error))
    result = call("run", "torbay")
    assert result.exit_code == status
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_debug_shows_where_it_went_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ensemble, "run", _raise(KeyError("lost")))
    assert isinstance(call("--debug", "run", "torbay").exception, KeyError)


def test_the_first_use_says_that_it_compiles(monkeypatch: pytest.MonkeyPatch) -> None:

    told: list[str] = []
    monkeypatch.setattr(model, "is_compiled", lambda _: False, raising=False)
    monkeypatch.setattr(
        model,
        "compile_all",
        lambda _, progress: progress("step", 1, 2) or told.append("compiled"),
        raising=False,
    )
    result = call("run", "torbay", "--replicates", "2", "--json")
    assert told == ["compiled"]
    assert "First use: compiling the model, once for this installation" in result.stderr
    assert json.loads(result.stdout)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
def test_many_replicates_need_little_memory() -> None:
    # Not from getrusage: there the peak of the process that started this one counts as well.
    code = (
        "import sys, partnersim\n"
        "s = partnersim.Scenario.load('two-organisations').replace({'months': 24})\n"
        "partnersim.run(s, 100_000, series=False).summary()\n"
        "assert 'pandas' not in sys.modules\n"
        "status = open('/proc/self/status').read()\n"
        "print(status.split('VmHWM:')[1].split()[0])"
    )
    assert int(printed_by("-c", code)) * 1024 < 300e6


# --- The demo -----------------------------------------------------------------------------------


@pytest.fixture
def demo_folder(tmp_path: Path) -> Path:
    """A folder that the demo has written to."""
    folder = demo.DemoFolder(tmp_path / "shown")
    folder.write("a.png", b"old")
    folder.write("b.png", b"old")
    return folder.path


def test_the_demo_rewrites_its_own_files(demo_folder: Path) -> None:
    again = demo.DemoFolder(demo_folder)
    again.write("a.png", b"new")
    assert (demo_folder / "a.png").read_bytes() == b"new"
    assert again.written == ["a.png"]


def test_the_demo_leaves_what_is_not_its_own(demo_folder: Path, tmp_path: Path) -> None:
    (demo_folder / "foreign.png").write_bytes(b"mine")
    (demo_folder / "a.png").write_bytes(b"changed by hand")
    outside = tmp_path / "outside.png"
    outside.write_bytes(b"old")
    (demo_folder / "b.png").unlink()
    (demo_folder / "b.png").symlink_to(outside)
    (demo_folder / "c.png").mkdir()
    again = demo.DemoFolder(demo_folder)
    for name in ("foreign.png", "a.png", "b.png", "c.png"):
        again.write(name, b"new")
    assert again.left_alone == ["foreign.png", "a.png", "b.png", "c.png"]
    assert (demo_folder / "foreign.png").read_bytes() == b"mine"
    assert (demo_folder / "a.png").read_bytes() == b"changed by hand"
    assert outside.read_bytes() == b"old"


def test_the_demo_wants_a_folder_of_its_own(demo_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(demo_folder)
    with pytest.raises(FolderError, match="symbolic link"):
        demo.DemoFolder(tmp_path / "link")
    (demo_folder / demo.DemoFolder.LIST).write_text("[1]", encoding="utf-8")
    with pytest.raises(FolderError, match="not the demo's list"):
        demo.DemoFolder(demo_folder)


@pytest.fixture
def place() -> demo.Place:
    """A place, with and without a coordinator."""
    arms = demo.read_arms()["integrated-care"]
    comparison = ensemble.compare(arms, 60, base=demo.WITHOUT, series=False)
    on_trust = curve({way: arms[way] for way in demo.DRAWN_ON_TRUST}, 10)
    return demo.Place("integrated-care", "A place", Scenario.load("integrated-care"), comparison, on_trust)


def test_sentences_follow_the_numbers(place: demo.Place) -> None:
    speeds = place.comparison.results[demo.WITH].measures["mean_speed"]
    base = place.comparison.results[demo.WITHOUT].measures["mean_speed"]
    speeds[:] = base + 0.024
    first, *_ = demo.sentences(place)
    assert "change is faster by 2.4" in first
    assert "in 100 % of pairs" in first
    speeds[:] = base - 0.024
    assert "change is slower by 2.4" in next(demo.sentences(place))
    speeds[:] = base + 0.01 * np.where(np.arange(60) % 2, 1, -1)
    assert "neither clearly faster nor slower" in next(demo.sentences(place))


def test_the_table_of_the_demo_fits_a_terminal(place: demo.Place) -> None:
    from rich.console import Console

    console = Console(width=80)
    with console.capture() as captured:
        console.print(demo.table_of(place))
    printed = captured.get()
    assert max(map(len, printed.splitlines())) <= 80
    for way in demo.ARMS:
        assert all(word in printed for word in way.split())


def test_what_to_try_next_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shlex

    monkeypatch.chdir(tmp_path)
    for command, _ in demo.next_steps(Scenario.load("integrated-care")):
        program, *words = shlex.split(command)
        assert program == "partnersim"
        if words[0] == "explain":
            assert inputs.read_links(Scenario.load(words[1]), (words[3], words[4]))
            continue
        if words[0] in ("run", "compare"):
            words += ["--replicates", "3"]
        assert call(*words).exit_code == 0, command


def test_the_icons_show_a_milestone_that_tells_arms_apart(place: demo.Place) -> None:
    base = place.comparison.results[demo.WITHOUT].measures
    base["months_to_25"][:], base["months_to_80"][:] = 30.0, np.nan
    base["months_to_50"][:] = np.where(np.arange(60) % 3, 60.0, np.nan)
    assert output.telling_milestone(place.comparison) == "months_to_50"
    base["months_to_50"][:], base["months_to_80"][:20] = 60.0, 100.0
    assert output.telling_milestone(place.comparison) == "months_to_80"


def test_a_clear_difference_is_not_rounded_to_its_error(place: demo.Place) -> None:
    speeds = place.comparison.results[demo.WITH].measures["mean_speed"]
    base = place.comparison.results[demo.WITHOUT].measures["mean_speed"]
    speeds[:] = base - 0.0026 + 0.0096 * np.where(np.arange(60) % 2, 1, -1)
    found = demo.verdict(place.comparison.differences()[demo.WITH], "mean_speed", "faster", "slower")
    assert found.startswith("slower by 0.26 ± 0.25 % a year")


# --- What is loaded, and the words themselves ---------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["run", "--help"],
        ["check", "missing.toml"],
        ["run", "torbay", "--replicates", "0"],
        ["run", "torbay", "--set", "luck=7.0"],
        ["compare", "torbay", "--arm", ""],
        ["compare", "torbay", "--arm", "coordinator", "--series", "nothing"],
        ["explain", "torbay", "--month", "0"],
        ["sweep", "--help"],
        ["sweep", "run", "missing.toml", "--out", "out"],
        ["sweep", "run", "missing.toml", "--out", "out", "--extend", "replicates=x"],
        ["what-if", "torbay", "--month", "-1"],
        ["mix", "missing.toml", "--out", "x"],
    ],
)
def test_nothing_heavy_is_loaded_before_all_is_checked(words: list[str]) -> None:
    heavy = (
        "dask",
        "matplotlib",
        "mesa",
        "numba",
        "optuna",
        "pandas",
        "scipy",
        "sklearn",
        "solara",
        "xarray",
    )
    assert loaded_by_command(words, heavy) == "[]"


def test_package_is_lazy_and_complete() -> None:
    assert partnersim.Scenario is Scenario
    assert partnersim.READY_ARMS is READY_ARMS
    assert set(partnersim.__all__) <= set(dir(partnersim))
    for name in ("MEASURES", "Plan", "Sweep", "analyse", "figures"):
        assert name in partnersim.__all__ and getattr(partnersim, name) is not None
    assert partnersim.figures.quantiles and partnersim.MEASURES["trust"].unit == "share"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        partnersim.nothing  # noqa: B018


def test_measures_are_listed() -> None:
    told = call("measures").stdout
    rows = {row["column"]: row for row in json.loads(call("measures", "--json").stdout)}
    assert list(rows)[: len(MEASURES)] == list(MEASURES)
    assert all(name in told and rows[name]["meaning"] for name in rows)
    assert (rows["trust"]["unit"], rows["trust"]["low"], rows["trust"]["high"]) == ("share", 0.0, 1.0)
    assert (rows["cost"]["high"], rows["acceleration"]["low"]) == (None, None)
    assert rows["n_members"]["is_series"] and not rows["mean_speed"]["is_series"]


def test_every_measure_has_its_place_in_the_tables() -> None:
    grouped = [name for names in tables.GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(MEASURES)
    assert set(tables.COMPARED) | set(demo.ROWS) <= set(MEASURES)


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [(1234.56, 1, "1,234.6"), (-0.04, 1, "0.0"), (-2.5, 1, "−2.5"), (math.nan, 2, "–")],
)
def test_numbers_in_words(value: float, places: int, text: str) -> None:
    assert wording.fixed(value, places) == text


@pytest.mark.parametrize(
    ("error", "size", "places"),
    [
        *((0.05, 7.0, 2), (0.4, 1.0, 1), (3.0, 100.0, 0), (0.8, 2794.0, 0), (0.0002, 0.05, 3)),
        *((math.nan, 12.0, 1), (math.nan, 0.0, 0)),
    ],
)
def test_numbers_end_at_the_first_uncertain_digit(error: float, size: float, places: int) -> None:
    assert wording.certain_decimals(error, size) == places


def test_shares_are_never_rounded_to_all_or_none() -> None:
    said = ["0 %", "<1 %", "50 %", ">99 %", "100 %"]
    assert [wording.percent(share) for share in (0, 0.001, 0.5, 0.999, 1)] == said


# --- As a user runs it --------------------------------------------------------------------------


def test_a_reader_who_leaves_is_no_failure() -> None:
    done = subprocess.run(
        f'"{sys.executable}" -m partnersim parameters | head -n 1', shell=True, capture_output=True, text=True
    )
    assert done.stderr == ""
    assert done.stdout


def test_a_terminal_without_letters_is_served() -> None:
    printed = printed_by("-m", "partnersim", "parameters", PYTHONIOENCODING="ascii")
    assert "?" in printed  # for a letter that it lacks


@pytest.mark.skipif(os.name == "nt", reason="streams are closed otherwise there")
@pytest.mark.parametrize("words", [["show", "torbay"], ["parameters", "--markdown"]])
def test_closed_streams_are_no_failure(words: list[str]) -> None:
    command = [sys.executable, "-m", "partnersim", *words]
    closed = ["sh", "-c", 'exec "$@" <&- >&-', "sh", *command]
    assert subprocess.run(closed, env=environment(), stderr=subprocess.PIPE).stderr == b""


def what_is_printed_after_ctrl_c(code: str, *words: str) -> str:
    printed, said = press_ctrl_c(code, *words)
    assert all(line.startswith("First use: compiling") for line in said)
    return printed


PREPARING = """
import threading, partnersim.cli as c
c.simulate.read_scenario = lambda *words: (print('ready', flush=True), threading.Event().wait())
c.main()
"""

SIMULATING = """
import itertools, signal, threading, partnersim.cli as c, partnersim.runs.kernel as k
run, heard, work, numbers = k.Kernel.run, threading.Event(), [], itertools.count(1)

def hear(*words):
    heard.set()
    signal.default_int_handler(*words)

def count(kernel, parts):
    (chunk,) = parts
    work.append(len(chunk.rows) * int(chunk.parameters.n)**2 * (kernel._buffer.shape[1] - 1))
    number = next(numbers)
    if number == 4:
        print('ready', flush=True)
    if number >= 4:
        heard.wait()  # Ctrl-C comes while this chunk is in hand
    return run(kernel, parts)

signal.signal(signal.SIGINT, hear)
k.Kernel.run = count
try:
    c.main()
finally:
    print(len(work), max(work))
"""


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
def test_ctrl_c_stops_preparations_with_a_plain_line() -> None:
    assert what_is_printed_after_ctrl_c(PREPARING, "run", "torbay") == ""


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
@pytest.mark.parametrize("words", [["integrated-care"], ["drawn", "--set", "drawn.n_organisations=50"]])
def test_ctrl_c_stops_a_simulation_after_the_chunks_in_hand(words: list[str]) -> None:
    """Which are small: prompt on any machine, and not by the clock of this one."""
    more = ["--workers", "2", "--replicates", "1000000"]
    n_begun, most_work = map(int, what_is_printed_after_ctrl_c(SIMULATING, "run", *words, *more).split())
    assert n_begun < 20  # of 5,000 or more: 5, unless a thread is late to hear of it
    assert most_work <= ensemble.CHUNK_WORK
