"""What docs/sweeps.md says of sweeps holds: plans load, commands and Python run as written."""

import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from partnersim.cli_sweep import sweep
from partnersim.sweep.designs import make_design
from partnersim.sweep.plan import Plan
from tests.commands import run_line
from tests.pages import ROOT, code_blocks, read, without_code_blocks

EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.toml"))


def blocks(language: str) -> list[str]:
    return code_blocks(read("docs/sweeps.md"), language)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_examples_are_plans(file: Path) -> None:
    assert make_design(Plan.load(file)).n_points > 1


@pytest.mark.slow
def test_commands_and_python_run_as_written(tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    (plan,) = blocks("toml")
    (tmp_path / "small.toml").write_text(plan, encoding="utf-8")
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    assert {shlex.split(line)[2] for line in commands} == {
        "plan", "run", "status", "check", "export"
    }  # fmt: skip
    for line in commands:
        run_line(line, tmp_path)
    assert (tmp_path / "small" / "csv" / "series.csv").is_file()
    assert (tmp_path / "small" / "figures" / "effects-mean_speed-1.png").is_file()
    python = blocks("python")
    assert len(python) == 4
    (tmp_path / "tutorial.py").write_text("\n".join(python), encoding="utf-8")
    run_line("python tutorial.py", tmp_path)


def test_options_named_in_the_text_exist() -> None:
    known = {
        option
        for command in sweep.registered_commands
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


@pytest.mark.slow
def test_tls_is_set_up_as_written(tmp_path: Path) -> None:
    """The variables and commands of the text, on one machine and on a port that is free."""
    pytest.importorskip("distributed")
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make certificates with")
    subject = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run(
        [openssl, "req", *subject, "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    shutil.copy(tmp_path / "cert.pem", tmp_path / "ca.pem")
    (plan,) = blocks("toml")
    (tmp_path / "plan.toml").write_text(plan, encoding="utf-8")
    (block,) = (block for block in blocks("console") if "REQUIRE_ENCRYPTION" in block)
    lines = block.splitlines()
    exported = dict(line.split(" ", 1)[1].split("=") for line in lines if line.startswith("export"))
    scheduler, worker, command = (line for line in lines if not line.startswith("export"))
    environment = os.environ | exported | {"PYTHONPATH": str(ROOT)}

    def start(line: str) -> subprocess.Popen[str]:
        program, *words = shlex.split(line)
        module = {"dask": ["-m", "dask"], "partnersim": ["-m", "partnersim"]}[program]
        return subprocess.Popen(
            [sys.executable, *module, *words], cwd=tmp_path, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    with ExitStack() as stack:
        begun = start(scheduler.replace("--port 8786", "--host 127.0.0.1 --port 0 --no-dashboard"))
        stack.callback(_end, begun)
        assert begun.stdout is not None
        told = (re.search(r"Scheduler at: +(tls://\S+)", line) for line in begun.stdout)
        address = next(found[1] for found in told if found)
        assert "tls://head-node:8786" in worker and "tls://head-node:8786" in command
        two = worker.replace("tls://head-node:8786", address).replace("32", "2")
        stack.callback(_end, start(f"{two} --no-dashboard"))
        done = start(command.replace("tls://head-node:8786", address))
        stack.callback(_end, done)
        output, _ = done.communicate(timeout=300)
    assert "Finished." in output, output


def _end(process: subprocess.Popen[str]) -> None:
    """End a process, and wait until it is gone."""
    process.terminate()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
