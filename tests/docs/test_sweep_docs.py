"""What docs/sweeps.md says of sweeps holds: plans load, commands and Python run as written."""

import inspect
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from partnersim import Sweep
from partnersim.cli.base import app
from partnersim.cli.sweep import runs_of, sweep
from partnersim.sweep.plan import Plan
from partnersim.sweep.run import run_sweep
from tests import slurm
from tests.commands import PATIENCE, environment, printed_by, run_line
from tests.pages import ROOT, code_blocks, read, without_code_blocks
from tests.stores import fingerprint, wait_until

EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.toml"))


def blocks(language: str) -> list[str]:
    return code_blocks(read("docs/sweeps.md"), language)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_examples_are_plans(file: Path) -> None:
    assert Plan.load(file).points.n_points > 1


@pytest.mark.slow
def test_commands_and_python_run_as_written(tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    for name, plan in zip(("small", "sobol"), blocks("toml"), strict=True):
        (tmp_path / f"{name}.toml").write_text(plan, encoding="utf-8")
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    of_sweeps = [words for line in commands if (words := shlex.split(line))[1] == "sweep"]
    assert {words[2] for words in of_sweeps} == {"plan", "run", "status", "check", "export"}
    for line in commands:
        run_line(line, tmp_path)
    assert (tmp_path / "small" / "csv" / "series.csv").is_file()
    assert (tmp_path / "small-analysis" / "effects-mean_speed-1.png").is_file()
    assert (tmp_path / "sobol-analysis" / "sobol-mean_speed-1-by-size.png").is_file()
    assert (tmp_path / "sobol-over-time" / "sobol-trust-over-time.png").is_file()
    python = [block for block in blocks("python") if "SLURMCluster" not in block]
    assert len(python) == 5
    (tmp_path / "tutorial.py").write_text("\n".join(python), encoding="utf-8")
    run_line("python tutorial.py", tmp_path)


def test_options_named_in_the_text_exist() -> None:
    known = {
        option
        for command in (*sweep.registered_commands, *app.registered_commands)
        for option in re.findall(r"--[a-z-]+", " ".join(_options_of(command.callback)))
    }
    text = without_code_blocks(read("docs/sweeps.md"))
    named = set(re.findall(r"`[^`\n]*`", text))
    ours = {word for piece in named for word in re.findall(r"(?<!\w)--[a-z-]+", piece)}
    assert ours <= known


def _options_of(command: object) -> list[str]:
    """Names of a command's options, as they are typed."""
    return [f"--{name.replace('_', '-')}" for name in inspect.signature(command).parameters]  # type: ignore[arg-type]


def test_settings_of_dask_named_in_the_text_exist() -> None:
    """Environment variables that Dask does not know would be ignored without a word."""
    dask = pytest.importorskip("dask")
    pytest.importorskip("distributed")
    named = set(re.findall(r"DASK_(\w+)=", read("docs/sweeps.md")))
    assert len(named) == 8
    for name in named:
        place = dask.config.config
        for part in name.lower().split("__"):
            keys = {key.replace("-", "_"): key for key in place}
            assert part in keys, name
            place = place[keys[part]]


def block_with(language: str, words: str) -> str:
    """The one block of the text that has these words."""
    (block,) = (block for block in blocks(language) if words in block)
    return block


def write_plan(folder: Path) -> Path:
    """Write the plan of the text under the name that the text has for any plan."""
    plan, _ = blocks("toml")
    file = folder / "plan.toml"
    file.write_text(plan, encoding="utf-8")
    return file


def assert_as_run_here(folder: Path, tmp_path: Path) -> None:
    """A check of the sweep finds every run, and they are those of a sweep that is run here."""
    run_line(f"partnersim sweep check {folder.name}", folder.parent)
    run_sweep(Plan.load(tmp_path / "plan.toml"), tmp_path / "here", engine="serial")
    assert fingerprint(folder) == fingerprint(tmp_path / "here")


def set_up_tls(folder: Path) -> dict[str, str]:
    """Make a certificate and key in a folder, and give the variables of the text for them."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make certificates with")
    subject = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run(
        [openssl, "req", *subject, "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    shutil.copy(folder / "cert.pem", folder / "ca.pem")
    lines = block_with("console", "REQUIRE_ENCRYPTION").splitlines()
    return dict(line.split(" ", 1)[1].split("=") for line in lines if line.startswith("export"))


@pytest.mark.slow
@pytest.mark.parametrize("there", ["tcp://127.0.0.1:8786", "tls://head-node:8786"])
def test_dask_is_started_as_written(tmp_path: Path, there: str) -> None:
    """The variables and commands of the text, on one machine and on a port that is free."""
    pytest.importorskip("distributed")
    variables = environment(**(set_up_tls(tmp_path) if there.startswith("tls") else {}))
    write_plan(tmp_path)
    lines = block_with("console", f"dask worker {there}").splitlines()
    scheduler, worker, command = (line for line in lines if not line.startswith("export"))
    assert there in worker and there in command
    if "--host" not in scheduler:
        scheduler += " --host 127.0.0.1"

    def start(line: str) -> subprocess.Popen[str]:
        program, *words = shlex.split(line)
        module = {"dask": ["-m", "dask"], "partnersim": ["-m", "partnersim"]}[program]
        return subprocess.Popen(
            [sys.executable, *module, *words],
            cwd=tmp_path,
            env=variables,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    with ExitStack() as stack:
        begun = start(scheduler.replace("--port 8786", "--port 0 --no-dashboard"))
        stack.callback(_end, begun)
        assert begun.stdout is not None
        told = (re.search(r"Scheduler at: +(\w+://\S+)", line) for line in begun.stdout)
        address = next(found[1] for found in told if found)
        assert address.startswith(there[:6])
        two = re.sub(r"--nworkers \d+", "--nworkers 2", worker.replace(there, address))
        stack.callback(_end, start(f"{two} --no-dashboard"))
        done = start(command.replace(there, address))
        stack.callback(_end, done)
        output, _ = done.communicate(timeout=PATIENCE)
    assert "Finished." in output, output
    assert_as_run_here(tmp_path / "results", tmp_path)


def _end(process: subprocess.Popen[str]) -> None:
    """End a process, and wait until it is gone."""
    process.terminate()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


# --- Slurm ---------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(not slurm.CAN_RUN, reason="scripts of Slurm need bash")
def test_an_array_of_slurm_runs_as_written(tmp_path: Path) -> None:
    """The script of the text, submitted to a queue of two nodes: two begin at the same moment."""
    plan = write_plan(tmp_path)
    (tmp_path / "job.sh").write_text(block_with("console", "#SBATCH"), encoding="utf-8")
    with slurm.Slurm(tmp_path / "slurm", n_nodes=2) as queue:
        queue.add_command("partnersim", shlex.join([sys.executable, "-m", "partnersim"]))
        variables = environment(PATH=queue.path)
        subprocess.run(["sbatch", "job.sh"], cwd=tmp_path, env=variables, check=True)
        wait_until(queue.is_idle, "all tasks have ended", seconds=PATIENCE)
    said = {file.name: file.read_text() for file in tmp_path.glob("slurm-*.out")}
    assert len(said) == 8
    assert list(queue.status.values()) == [0] * 8, said
    sessions = Sweep.open(tmp_path / "results").provenance
    assert len(sessions) == 8
    assert {session["shard"] for session in sessions} == {f"{i}/8" for i in range(1, 9)}
    n_run = sum(session["ended"]["n_runs"] for session in sessions)
    assert n_run == runs_of(Plan.load(plan))  # none by two of them
    assert_as_run_here(tmp_path / "results", tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(not slurm.CAN_RUN, reason="scripts of Slurm need bash")
def test_dask_asks_the_queue_for_workers_as_written(tmp_path: Path) -> None:
    """Of the 64 that the text asks for, a queue of two nodes runs two at a time."""
    pytest.importorskip("dask_jobqueue")
    variables = set_up_tls(tmp_path)
    write_plan(tmp_path)
    (tmp_path / "cluster.py").write_text(block_with("python", "SLURMCluster"), encoding="utf-8")
    here = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    with slurm.Slurm(tmp_path / "slurm", n_nodes=2) as queue:
        printed_by(
            "cluster.py",
            folder=tmp_path,
            PATH=queue.path,
            DASK_JOBQUEUE__SLURM__SCHEDULER_OPTIONS=repr(here),
            **variables,
        )
        wait_until(queue.is_idle, "the queue has its nodes back")
    assert len(queue.seen) == 64
    (session,) = Sweep.open(tmp_path / "results").provenance
    assert session["scheduler"].startswith("tls://127.0.0.1:")
    assert_as_run_here(tmp_path / "results", tmp_path)
