"""The commands of sweeps: what they print, what they refuse, how they end."""

import csv
import errno
import io
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.dataset as pads
import pytest
from typer.testing import CliRunner

from partnersim.cli import inputs
from partnersim.cli import sweep as commands
from partnersim.cli.base import app
from partnersim.runs.kernel import compiled_for
from partnersim.sweep import run as running
from partnersim.sweep import worker
from partnersim.sweep.parquet import write_parquet
from partnersim.sweep.plan import Plan
from partnersim.sweep.run import Progress
from tests.commands import call as call_any
from tests.commands import check_refusal, environment, press_ctrl_c

PLAN = """
scenario = "two-organisations"
months = 12
replicates = 2
seed = 5
measures = ["mean_speed", "trust"]

[design]
type = "sobol"
points = 32

[parameters]
"ways_of_working.delegated_authority" = {}
"organisations.council.planning_horizon" = { low = 12, high = 48 }

[arms]
coordinator = { coordinators = [{ name = "Ana" }] }
"""

LARGE = PLAN.replace("points = 32", "points = 1073741824").replace("replicates = 2", "replicates = 500")


def call(*words: str, **options: Any) -> Any:
    """Run a command of sweeps in this process."""
    return call_any("sweep", *words, columns=80, **options)


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a plan, in the folder that commands are given in."""
    monkeypatch.setattr(running, "LEAST_SECONDS", 0.0)  # or so few runs would be one chunk
    monkeypatch.chdir(tmp_path)
    Path("plan.toml").write_text(PLAN, encoding="utf-8")
    return "plan.toml"


@pytest.fixture
def done(plan: str) -> str:
    """The folder of a sweep that is finished."""
    assert run(plan).exit_code == 0
    return "out"


def run(plan: str, *more: str) -> Any:
    return call("run", plan, "--out", "out", "--engine", "serial", *more)


# --- As meant -----------------------------------------------------------------------------------


def test_the_group_and_its_commands_explain_themselves() -> None:
    told = call("--help").stdout
    assert call().stdout.strip() == told.strip()
    assert call().exit_code == 0
    for command in ("plan", "run", "status", "check", "export"):
        assert command in told
        assert call(command, "--help").exit_code == 0, command


def test_a_plan_says_what_it_takes_and_runs_nothing(plan: str) -> None:
    result = call("plan", plan)
    assert result.exit_code == 0, result.output
    for words in ("sobol, 32 points", "base and coordinator", "128", "ms a run", "12 to 48"):
        assert words in result.stdout
    assert max(len(line.rstrip()) for line in result.stdout.splitlines()) <= 80
    estimate = json.loads(call("plan", plan, "--json").stdout)
    assert estimate["n_runs"] == 32 * 2 * 2
    # So little work is done before a worker could begin.
    assert estimate["engine"] == "serial"
    assert estimate["seconds"] == pytest.approx(128 * estimate["seconds_per_run"])
    assert estimate["sweep_id"] == Plan.load(plan).sweep_id
    assert [path.name for path in Path().iterdir()] == ["plan.toml"]


@pytest.mark.parametrize(("points", "n_kept"), [("", 32 * 2 * 2), (", points = 9", 9 * 2 * 2)])
def test_the_room_that_series_take_is_counted(plan: str, points: str, n_kept: int) -> None:
    without = json.loads(call("plan", plan, "--json").stdout)["megabytes"]
    series = f'series = {{ names = ["trust", "change_delivered"], runs = 2{points} }}\n'
    Path(plan).write_text(series + PLAN, encoding="utf-8")
    counted = json.loads(call("plan", plan, "--json").stdout)["megabytes"] - without
    assert run(plan).exit_code == 0
    months = pads.dataset(Path("out/series")).to_table()
    assert months.num_rows == n_kept * (Plan.load(plan).base.months + 1)
    together = io.BytesIO()
    write_parquet(months, together)
    assert 1e6 * counted == pytest.approx(together.tell(), rel=0.25)


def test_a_sweep_is_run_and_then_is_finished(plan: str) -> None:
    first = run(plan)
    assert first.exit_code == 0, first.output
    assert first.stdout.startswith("Finished. 128 of 128 runs are in out.")
    files = {file.name: file.stat().st_mtime_ns for file in Path("out/runs").iterdir()}
    again = run(plan)
    assert again.stdout.startswith("Finished. 128 of 128 runs are in out.")
    assert {file.name: file.stat().st_mtime_ns for file in Path("out/runs").iterdir()} == files
    outcome = json.loads(run(plan, "--json").stdout)
    assert (outcome["is_finished"], outcome["n_done"], outcome["n_failed"]) == (True, 128, 0)


def test_a_finished_sweep_grows(done: str, plan: str) -> None:
    grown = run(plan, "--extend", "replicates=3")
    assert grown.stdout.startswith("Finished. 192 of 192 runs")
    grown = run(plan, "--extend", "points=64")
    assert grown.stdout.startswith("Finished. 384 of 384 runs")
    assert json.loads(call("status", done, "--json").stdout)["n_points"] == 64


def test_shards_together_are_the_whole(plan: str) -> None:
    assert "runs of others are not there yet" in run(plan, "--shard", "1/2").stdout
    part = json.loads(call("status", "out", "--json").stdout)
    assert 0 < part["n_done"] < part["n_runs"] == 128
    assert run(plan, "--shard", "2/2").stdout.startswith("Finished. 128 of 128 runs")


def test_what_was_set_aside_is_told(done: str, plan: str) -> None:
    first, *_ = sorted(Path(done, "runs").iterdir())
    first.write_bytes(first.read_bytes()[:-50])
    assert f"Set aside: runs/{first.name}" in run(plan).stderr
    assert [path.name for path in Path(done, "set-aside").iterdir()] == [first.name]


def test_status_tells_how_far_a_sweep_is(done: str) -> None:
    result = call("status", done)
    assert result.exit_code == 0
    for words in ("128 of 128 (100 %)", "32 × 2 × 2", "Sessions"):
        assert words in result.stdout
    document = json.loads(call("status", done, "--json").stdout)
    assert document["is_finished"]
    assert document["failures"] == []
    assert len(document["sessions"]) == 1


@pytest.fixture
def failing(plan: str) -> str:
    """A plan whose middle point can be seen to be impossible only when it is run."""
    Path("points.csv").write_text(
        "coordinators.Ana.from_month,coordinators.Ana.to_month\n1,12\n5,3\n2,12\n", encoding="utf-8"
    )
    begin, _, end = PLAN.partition("[design]")
    design = '[design]\ntype = "table"\nfile = "points.csv"\n\n[arms]'
    Path(plan).write_text(begin + design + end.partition("[arms]")[2], encoding="utf-8")
    return plan


def test_failed_runs_are_told_with_their_reason(failing: str) -> None:
    assert "2 of them failed" in run(failing).stdout
    told = " ".join(call("status", "out").stdout.split())
    assert "2 runs failed with ScenarioError, such as point 1, arm coordinator" in told
    (failure,) = json.loads(call("status", "out", "--json").stdout)["failures"]
    assert failure["n_runs"] == 2


def test_check_reads_everything(done: str, plan: str) -> None:
    sound = call("check", done)
    assert sound.exit_code == 0
    assert "All 128 runs are there, each once and unharmed." in sound.stdout
    first, *_ = sorted(Path(done, "runs").iterdir())
    content = bytearray(first.read_bytes())
    content[200] ^= 0xFF
    first.write_bytes(content)
    harmed = call("check", done)
    assert harmed.exit_code == 1
    assert first.name in harmed.stdout
    document = json.loads(call("check", done, "--json").stdout)
    assert not document["is_sound"]
    assert document["findings"][0]["level"] == "fault"
    mended = json.loads(run(plan, "--json").stdout)
    assert mended["set_aside"][0]["file"] == f"runs/{first.name}"
    assert call("check", done).exit_code == 0


def test_check_says_what_is_still_to_come(done: str) -> None:
    first, *_ = sorted(Path(done, "runs").iterdir())
    first.unlink()
    result = call("check", done)
    assert result.exit_code == 1
    assert "still to come" in result.stdout
    assert "still to come" in call("export", done, "--to", "csv").stderr


def test_export_writes_what_it_says(done: str) -> None:
    assert "codebook.csv, design.csv, runs.csv" in call("export", done, "--to", "csv").stdout
    known = pd.read_csv(Path(done, "csv", "codebook.csv"))
    for table in ("design", "runs"):
        columns = list(pd.read_csv(Path(done, "csv", f"{table}.csv"), nrows=0))
        assert known[known["table"] == table]["column"].tolist() == columns
    lines = Path(done, "csv", "runs.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 128
    check_refusal(call("export", done, "--to", "csv"), "--force")
    assert call("export", done, "--to", "csv", "--force").exit_code == 0
    assert call("check", done).exit_code == 0  # what is exported beside it does no harm


def test_text_that_a_spreadsheet_would_run_is_exported_as_text(plan: str) -> None:
    names = ["=1+1", "+a", "-b", "@c"]
    arms = "".join(f'"{name}" = {{ decision.exposure = 0.5 }}\n' for name in names)
    Path(plan).write_text(f"{PLAN}{arms}", encoding="utf-8")
    assert run(plan).exit_code == 0
    assert call("export", "out", "--to", "csv").exit_code == 0
    with Path("out", "csv", "runs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["arm"] for row in rows} == {"base", "coordinator", *(f"'{name}" for name in names)}
    stored = pads.dataset(Path("out/runs")).to_table()
    assert {row["trust"] for row in rows} == set(map(repr, stored["trust"].to_pylist()))


def test_export_to_netcdf(done: str) -> None:
    pytest.importorskip("h5netcdf")
    import xarray as xr

    assert call("export", done, "--to", "netcdf").exit_code == 0
    with xr.open_dataset(Path(done, "netcdf", "runs.nc"), engine="h5netcdf") as data:
        assert data.sizes == {"point": 32, "arm": 2, "replicate": 2}
        assert all(data[name].attrs["description"] for name in data.variables)
        assert {data[name].attrs.get("units") for name in data.coords} >= {"share", "months"}


def test_a_path_is_the_same_for_all_commands(plan: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(plan).rename(home / plan)
    Path("elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    words = ("run", "~/plan.toml", "--out=~/s", "--engine", "serial")
    assert "Finished. 128 of 128 runs are in ~/s." in call(*words).stdout
    files = {file: file.stat().st_mtime_ns for file in home.glob("s/runs/*")}
    again = call(*words)
    assert "Finished. 128 of 128 runs are in ~/s." in again.stdout
    assert again.stderr.count("Set aside") == 0
    assert {file: file.stat().st_mtime_ns for file in home.glob("s/runs/*")} == files
    assert call("plan", "~/plan.toml").exit_code == 0
    assert json.loads(call("status", "~/s", "--json").stdout)["n_done"] == 128
    assert call("check", "~/s").exit_code == 0
    assert call("export", "~/s", "--to", "csv").exit_code == 0
    assert call("export", "~/s", "--to", "csv", "--out", "~/exported").exit_code == 0
    assert Path(home, "s", "csv", "runs.csv").read_bytes() == Path(home, "exported", "runs.csv").read_bytes()
    assert list(Path().iterdir()) == []


# --- While it runs ------------------------------------------------------------------------------


def make_progress(**changes: Any) -> Progress:
    return Progress(500, 2000, 0, 100.0, False)._replace(**changes)


def test_progress_in_words() -> None:
    assert commands.in_words(make_progress()) == "100 runs/s, 15 seconds left"
    assert commands.in_words(make_progress(n_failed=3)).endswith("15 seconds left, 3 failed")
    assert commands.in_words(make_progress(runs_per_second=0.0)) == "beginning ..."
    assert "Ctrl-C again" in commands.in_words(make_progress(is_stopping=True))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "under a second"),
        (1, "1 second"),
        (75, "1 minute 15 seconds"),
        (3600, "1 hour"),
        (3605, "1 hour"),
        (90_000, "1 day 1 hour"),
        (4e7, "1 year 97 days"),
    ],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert commands.duration(seconds) == words


def test_plain_lines_are_few_but_tell_of_stopping(monkeypatch: pytest.MonkeyPatch) -> None:
    now, lines = 1000.0, []
    monkeypatch.setattr(commands.time, "monotonic", lambda: now)
    tell = commands.plain_lines(lines.append)
    for second in range(61):
        now = 1000.0 + second
        tell(make_progress(n_done=second))
    assert [line.partition(" ")[0] for line in lines] == ["0", "30", "60"]
    tell(make_progress(is_stopping=True))
    tell(make_progress(is_stopping=True))
    assert len(lines) == 4
    assert "finishing" in lines[-1]


def test_a_terminal_has_a_bar_and_a_pipe_has_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console

    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=80)
    monkeypatch.setattr(commands, "make_console", lambda stderr: terminal)
    with commands.show_progress(is_plain=False, is_silent=False) as tell:
        tell(make_progress(n_failed=2))
    assert "25 %" in screen.getvalue()
    assert "100 runs/s, 15 seconds left, 2 failed" in screen.getvalue()
    assert "\x1b" in screen.getvalue()
    said: list[str] = []
    monkeypatch.setattr(commands, "say", said.append)
    with commands.show_progress(is_plain=True, is_silent=False) as tell:
        tell(make_progress())
    assert said == ["500 of 2,000 runs; 100 runs/s, 15 seconds left"]
    with commands.show_progress(is_plain=False, is_silent=True) as nothing:
        assert nothing is None


INTERRUPTED = """
import time, partnersim.cli as c, partnersim.sweep.run as r
r.LEAST_SECONDS, run_sweep, stops = 0.0, r.run_sweep, []

class Stop(r.Stop):
    def __init__(self, *words):
        super().__init__(*words)
        stops.append(self)

def held(*words, progress, **more):
    def tell(now):
        progress(now)
        if now.n_done and not now.is_stopping:
            print('ready', flush=True)
            while not stops[0].is_asked:
                time.sleep(0.01)
    return run_sweep(*words, progress=tell, **more)

r.Stop, r.run_sweep = Stop, held
c.main()
"""


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
@pytest.mark.parametrize(
    "engine", ["serial", *(pytest.param(name, marks=pytest.mark.slow) for name in ("processes", "dask"))]
)
def test_ctrl_c_stores_what_is_in_hand_and_says_how_to_go_on(plan: str, engine: str) -> None:
    if engine == "dask":
        pytest.importorskip("distributed")
    words = ["sweep", "run", plan, "--out", "out", "--engine", engine, "--workers", "2"]
    *_, before = press_ctrl_c(INTERRUPTED, *words)[1]
    assert "To go on, give the same command again." in before
    left = json.loads(call("status", "out", "--json").stdout)
    assert 0 < left["n_done"] < left["n_runs"]
    assert left["sessions"][-1]["ended"]["n_runs"] == left["n_done"]  # no chunk was given up
    assert f"{left['n_done']:,} of 128 runs are stored in out." in before
    assert run(plan).stdout.startswith("Finished. 128 of 128 runs")


def test_what_cannot_go_on_ends_with_status_1(failing: str) -> None:
    text = Path(failing).read_text(encoding="utf-8")
    Path(failing).write_text(f'on_error = "stop"\n{text}', encoding="utf-8")
    result = run(failing)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "on_error" in result.stderr
    assert "went wrong" not in result.stderr
    assert "are stored in out" in result.stderr


# --- What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["plan"], "PLAN.toml"),
        (["plan", "missing.toml"], "missing.toml"),
        (["run", "plan.toml"], "--out"),
        (["run", "missing.toml", "--out", "out"], "missing.toml"),
        (["run", "plan.toml", "--out", "out", "--engine", "ray"], "ray"),
        (["run", "plan.toml", "--out", "out", "--workers", "0"], "--workers"),
        (["run", "plan.toml", "--out", "out", "--scheduler", "tcp://a:1"], "--engine dask"),
        (["run", "plan.toml", "--out", "out", "--shard", "3/2"], "3/2"),
        (["run", "plan.toml", "--out", "out", "--shard", "half"], "i/n"),
        (["run", "plan.toml", "--out", "out", "--extend", "replicates"], "KEY=VALUE"),
        (["run", "plan.toml", "--out", "out", "--extend", "replicates=x"], "quotes"),
        (["run", "plan.toml", "--out", "out", "--extend", "replicates=2.5"], "whole number"),
        (["run", "plan.toml", "--out", "out", "--extend", "replicates=1"], "replicates"),
        (["run", "plan.toml", "--out", "out", "--extend", "replicats=5"], "replicates"),
        (["run", "plan.toml", "--out", "out", "--extend", "points=48"], "64"),
        (["run", "plan.toml", "--out", "plan.toml"], "plan.toml"),
        (["run", "plan.toml", "--out", "mine"], "thesis.txt"),
        (["status", "nowhere"], "nowhere"),
        (["status", "."], "holds no sweep"),
        (["check", "plan.toml"], "plan.toml"),
        (["export", "nowhere", "--to", "csv"], "nowhere"),
        (["export", "."], "--to"),
        (["export", ".", "--to", "excel"], "excel"),
        (["statsu", "out"], "status"),
    ],
)
def test_bad_words_are_refused(words: list[str], said: str, plan: str) -> None:
    Path("mine").mkdir()
    Path("mine", "thesis.txt").touch()
    check_refusal(call(*words), said)
    assert not Path("out", "sweep.json").exists()


DEEP = b"[" * 100_000


@pytest.mark.parametrize(
    ("name", "spoil", "said"),
    [
        ("sweep.json", lambda content: DEEP, "nested too deeply"),
        ("sweep.json", lambda content: b"\xff" + content, "UTF-8, see byte 1"),
        ("sweep.json", lambda content: content.replace(b"months = 12", b"months = 13"), "as it was written"),
        ("sweep.json", lambda content: b"{}", "damaged"),
        ("provenance.jsonl", lambda content: content + b"\xff\n", "line 2 is not text in UTF-8"),
        ("provenance.jsonl", lambda content: content + DEEP + b"\n", "line 2 is nested too deeply"),
    ],
)
def test_files_that_are_damaged_are_refused_by_name(
    done: str, plan: str, name: str, spoil: Any, said: str
) -> None:
    file = Path(done, name)
    file.write_bytes(spoil(file.read_bytes()))
    refused = [call("status", done), call("status", done, "--json")]
    if name == "sweep.json":
        refused += [call("check", done), call("export", done, "--to", "csv"), run(plan)]
    else:  # no run needs it
        assert said in call("check", done).stdout
        assert run(plan).exit_code == 0
    for result in refused:
        check_refusal(result, f"{file.absolute()}: ", said)
        assert len(result.stderr.splitlines()) == 1


def test_half_a_line_of_provenance_is_passed_over(done: str) -> None:
    with Path(done, "provenance.jsonl").open("ab") as file:
        file.write(b'{"began": "2031-')
    assert len(json.loads(call("status", done, "--json").stdout)["sessions"]) == 1


def test_a_disk_that_fails_is_no_bad_input(done: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> bytes:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(path))

    monkeypatch.setattr(Path, "read_bytes", fail)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    result = call("status", done)
    assert result.exit_code == 1
    file = Path(done, "sweep.json").absolute()
    assert result.stderr.startswith(f"Error: {file}: cannot be read (Stale file handle) in 4 tries; ")
    assert len(result.stderr.splitlines()) == 1


@pytest.fixture
def own(plan: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python that the plan names, which leaves a mark when it is run."""
    from partnersim.model import compiled

    # Compiling it takes long, and is tried elsewhere.
    monkeypatch.setattr(worker, "compiled_for", lambda own: compiled_for({}))
    # Nobody has agreed to anything yet; what is compiled stays where it is.
    monkeypatch.setattr(compiled, "CACHE_FOLDER", tmp_path_factory.mktemp("cache") / "core")
    Path("mine.py").write_text(
        "open('was-run', 'a').close()\n\ndef give(i, layer, state, p):\n    return 0.25\n", encoding="utf-8"
    )
    Path(plan).write_text(PLAN + '\n[variants]\ndecide = "mine.py:give"\n', encoding="utf-8")
    return Path("mine.py")


COMMANDS = [["plan", "plan.toml"], ["run", "plan.toml", "--out", "out", "--engine", "serial"]]


@pytest.mark.parametrize("words", COMMANDS, ids=str)
def test_nothing_that_a_plan_names_is_run_unasked(
    plan: str, own: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    check_refusal(call(*words), str(own.absolute()), "Give --yes to trust and run it")
    check_refusal(call(*words, "--json"), "--yes")
    monkeypatch.setattr(inputs, "is_terminal", lambda: True)
    asked = call(*words, input="n\n")
    assert asked.exit_code == 130
    assert f"The plan has Python of its own run: {own.absolute()}. Trust and run it?" in asked.stderr
    check_refusal(call(*words, "--json"), "--yes")
    assert not Path("was-run").exists()
    assert not Path("out").exists()
    assert call(*words, input="y\n").exit_code == 0
    assert Path("was-run").exists()


@pytest.mark.parametrize("words", COMMANDS, ids=str)
def test_who_has_agreed_is_not_asked_again(plan: str, own: Path, words: list[str]) -> None:
    agreed = call(*words, "--yes")
    assert agreed.exit_code == 0
    assert f"Running Python that the plan names: {own.absolute()}" in agreed.stderr
    for again in COMMANDS:
        result = call(*again)
        assert result.exit_code == 0
        assert "Python" not in result.stderr
    Path("elsewhere").mkdir()
    for file in (plan, own):
        Path("elsewhere", file).write_bytes(Path(file).read_bytes())
    check_refusal(call("plan", "elsewhere/plan.toml"), "--yes")
    own.write_text(own.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
    for again in COMMANDS:
        check_refusal(call(*again), "--yes")


def test_what_only_the_store_names_is_asked_about_too(plan: str, own: Path) -> None:
    assert run(plan, "--yes").exit_code == 0
    Path("elsewhere").mkdir()
    for file in (plan, own):
        Path(file).rename(Path("elsewhere", file))
    own.write_text("open('was-run-too', 'a').close()\n", encoding="utf-8")
    assert call("plan", "elsewhere/plan.toml", "--yes").exit_code == 0
    words = ("run", "elsewhere/plan.toml", "--out", "out", "--engine", "serial")
    check_refusal(call(*words), str(own.absolute()), "--yes")
    assert not Path("was-run-too").exists()


def test_looking_at_a_sweep_runs_nothing_of_its_plan(plan: str, own: Path) -> None:
    assert run(plan, "--yes").exit_code == 0
    Path("was-run").unlink()
    for words in (["sweep", "status"], ["sweep", "check"], ["sweep", "export", "--to", "csv"], ["analyse"]):
        assert call_any(*words, "out").exit_code == 0
    assert not Path("was-run").exists()


# --- What nobody sees ---------------------------------------------------------------------------

HIDDEN = [
    *range(0x20),
    *range(0x7F, 0xA0),
    0x61C,
    0x200E,
    0x200F,
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
]
HARMFUL = "".join(chr(code) for code in HIDDEN if chr(code) not in "\n\t")
"""What drives a terminal, or turns the order of letters."""


def escapes_in(output: str) -> int:
    """How often a hidden character is shown as an escape; none may be there itself."""
    assert [ascii(letter) for letter in output if letter in HARMFUL] == []
    return output.count(r"\x1b")


@pytest.fixture
def evil(plan: str) -> str:
    """A scenario whose every title has characters that nobody sees, in the folder of a plan of it."""
    from partnersim.scenario.scenario import Scenario

    title = f"T \x1b]0;gone\x07 {HARMFUL} T"
    place = Scenario.load("two-organisations")
    named = [organisation.model_dump() | {"title": title} for organisation in place.organisations]
    place = place.replace(
        title=title,
        description=title,
        organisations=named,
        coordinators=[{"name": "Ana", "title": title}],
        events=[{"type": "leader_leaves", "organisation": "council", "month": 3, "title": title}],
        interventions=[{"lever": "delegated_authority", "value": 0.4, "from_month": 40, "title": title}],
    )
    Path("evil.toml").write_text(place.to_toml(), encoding="utf-8")
    Path(plan).write_text(PLAN.replace("two-organisations", "evil.toml"), encoding="utf-8")
    return "evil.toml"


@pytest.mark.parametrize("is_terminal", [False, True])
def test_titles_cannot_drive_a_terminal(evil: str, plan: str, is_terminal: bool) -> None:
    simulate = ["--months", "12", "--replicates", "2"]
    shown = [
        ["show", evil],
        ["run", evil, *simulate],
        ["run", evil, *simulate, "--json"],
        ["compare", evil, *simulate, "--arm", "no-coordinator"],
        ["explain", evil, "--months", "12"],
        ["explain", evil, "--months", "12", "--between", "hospital", "council"],
        ["sweep", "plan", plan],
        ["sweep", "run", plan, "--out", "out", "--engine", "serial"],
        ["sweep", "status", "out"],
        ["sweep", "check", "out"],
        ["check", evil],
    ]
    silent = (["sweep", "run"], ["sweep", "check"], ["check", evil])
    variables = {"COLUMNS": "80"} | (
        {"FORCE_COLOR": "1", "TERM": "xterm"} if is_terminal else {"NO_COLOR": "1"}
    )
    for words in shown:
        result = CliRunner(env={"COLUMNS": "80"} | variables).invoke(app, words)
        assert result.exit_code == 0, result.output
        output = result.output
        if is_terminal:  # colours, and the moves of bars, are no part of a title
            output = re.sub(r"\r?\x1b\[[?0-9;]*[A-Za-z]", "", output)
        if "--json" in words:
            assert escapes_in(result.stdout) == 0
            assert json.loads(result.stdout)["title"].startswith("T \x1b")
        else:
            assert (escapes_in(output) > 0) == (words[:2] not in silent), words


def test_a_scenario_is_shown_as_a_file_that_is_read_back(evil: str) -> None:
    from partnersim.scenario.scenario import Scenario

    shown = call_any("show", evil, "--toml")
    escapes_in(shown.stdout)
    assert Scenario.loads(shown.stdout) == Scenario.load(evil)


@pytest.mark.skipif(os.name == "nt", reason="names are other ones there")
def test_names_of_files_cannot_drive_a_terminal(plan: str, done: str) -> None:
    name = f"x{HARMFUL[1:]}\x1b[31m"
    Path(plan).rename(f"{name}.toml")
    Path(done).rename(name)
    for words, status in [
        (["new", f"{name}-new"], 0),
        (["new", f"{name}-new"], 2),
        (["new", name], 2),
        (["check", name], 2),
        (["check", f"{name}.toml"], 2),
        (["run", name], 2),
        (["run", "torbay", "--set", f"{name}=1"], 2),
        (["run", "torbay", "--months", "12", "--replicates", "2", "--out", f"{name}-results"], 0),
        (["compare", "torbay", "--arm", f"{name}: months=3"], 2),
        (["explain", "torbay", "--between", name, "council"], 2),
        (["parameters", name], 2),
        (["sweep", "plan", f"{name}.toml"], 2),
        (["sweep", "status", name], 0),
        (["sweep", "check", name], 0),
        (["sweep", "export", name, "--to", "csv"], 0),
        (["sweep", "export", name, "--to", "csv"], 2),
        (["sweep", "status", f"{name}-none"], 2),
        ([name], 2),
        (["run", f"--{name}"], 2),
    ]:
        result = call_any(*words, columns=80)
        assert result.exit_code == status, (words, result.output)
        escapes_in(result.output)


def test_there_is_one_way_out_to_the_terminal() -> None:
    """What else prints would print titles as they stand."""
    own_way = re.compile(
        r"typer\.(echo|secho|confirm|prompt)|stdout\.write|(?<![\w.])print\(|[^.\w]Console\("
    )
    for file in Path(commands.__file__).parent.glob("*.py"):
        found = own_way.findall(file.read_text(encoding="utf-8"))
        assert not found or file.name == "base.py", file


def test_another_plan_is_another_sweep(done: str, plan: str) -> None:
    Path(plan).write_text(PLAN.replace("seed = 5", "seed = 6"), encoding="utf-8")
    check_refusal(run(plan), "seed", "5", "6")


def test_a_larger_plan_is_told_how_to_grow(done: str, plan: str) -> None:
    Path(plan).write_text(PLAN.replace("replicates = 2", "replicates = 4"), encoding="utf-8")
    check_refusal(run(plan), "--extend replicates=4")


def test_nothing_is_run_by_a_slip(plan: str) -> None:
    Path(plan).write_text(LARGE, encoding="utf-8")
    check_refusal(run(plan), "--yes", "1,073,741,824,000 runs")
    check_refusal(run(plan, "--json"), "--yes")
    assert not Path("out").exists()


@pytest.mark.skipif(os.name == "nt", reason="streams are closed otherwise there")
def test_nobody_is_asked_where_input_is_closed(plan: str) -> None:
    Path(plan).write_text(LARGE, encoding="utf-8")
    command = [sys.executable, "-m", "partnersim", "sweep", "run", plan, "--out", "out"]
    closed = ["sh", "-c", 'exec "$@" <&-', "sh", *command]
    done = subprocess.run(closed, env=environment(), capture_output=True, text=True)
    assert done.returncode == 2
    assert "--yes" in done.stderr


@pytest.mark.parametrize(("answer", "is_run"), [("n\n", False), ("\n", False), ("y\n", True)])
def test_a_person_is_asked(answer: str, is_run: bool, plan: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "MOST_UNASKED", 100)
    # The runner puts its own standard input in place; what it lacks is a terminal.
    monkeypatch.setattr(inputs, "is_terminal", lambda: True)
    result = call("run", plan, "--out", "out", "--engine", "serial", input=answer)
    assert "128 runs" in result.stderr
    assert Path("out").exists() == is_run
    assert result.exit_code == (0 if is_run else 130)


def test_yes_is_an_answer_where_nobody_can_be_asked(plan: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "MOST_UNASKED", 100)
    check_refusal(run(plan), "--yes")
    monkeypatch.setattr(inputs, "is_terminal", lambda: True)
    check_refusal(run(plan, "--json"), "--yes")  # only JSON may be printed
    assert run(plan, "--yes").exit_code == 0


def test_growing_is_counted_too(done: str, plan: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "MOST_UNASKED", 1000)
    check_refusal(run(plan, "--extend", "replicates=50"), "3,200 runs", "--yes")
