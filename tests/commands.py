"""Python in a process of its own, with this copy of the package, as a user would start it."""

import contextlib
import csv
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from partnersim.cli import app
from tests.pages import ROOT, code_blocks

PATIENCE = 1800
"""Seconds; what takes longer on any machine is thought to hang."""


def environment(**variables: str) -> dict[str, str]:
    """Variables by which Python finds this copy of the package, and some more."""
    return os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | variables


def start_python(
    *words: str, folder: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run Python to its end, in any folder, and keep what it said."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )


def printed_by(*words: str, folder: Path | None = None, **variables: str) -> str:
    """What Python printed; it must have ended well."""
    done = start_python(*words, folder=folder, **variables)
    assert done.returncode == 0, f"{shlex.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def press_ctrl_c(code: str, *words: str) -> tuple[str, list[str]]:
    """Press Ctrl-C when code prints 'ready'; what it prints after that, and its messages but the last.

    Its workers are told too, as by a terminal. It must end as what was stopped does.
    """
    with subprocess.Popen(
        [sys.executable, "-c", code, *words],
        env=environment(),
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            os.killpg(process.pid, signal.SIGINT)
            printed, said = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    *before, last = said.splitlines()
    assert (process.returncode, last) == (130, "Stopped."), said
    return printed, before


def loaded_by_command(words: list[str], names: Iterable[str]) -> str:
    """Those of some modules that a command of the package has loaded when it ends, as a list."""
    code = (
        "import sys, partnersim.cli as c\n"
        f"sys.argv = ['partnersim', *{words!r}]\n"
        "try: c.main()\n"
        f"finally: print('LOADED', [m for m in {tuple(names)!r} if m in sys.modules])"
    )
    return start_python("-c", code).stdout.splitlines()[-1].removeprefix("LOADED ")


def call(*words: str, columns: int = 100, **more: Any) -> Any:
    """Run a command of the package in this process, for a terminal of so many columns."""
    return CliRunner(env={"COLUMNS": str(columns), "NO_COLOR": "1"}).invoke(app, list(words), **more)


def succeed(*words: str, columns: int = 100, **more: Any) -> Any:
    """Run a command as `call` does; it must end well."""
    result = call(*words, columns=columns, **more)
    assert result.exit_code == 0, result.output
    return result


def check_refusal(result: Any, *words: str) -> None:
    """A command has ended with one clear message on standard error, and nothing on standard output."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert len(result.stderr.splitlines()) <= 20
    assert "Traceback" not in result.output
    told = " ".join(result.stderr.split())
    for word in words:
        assert word in told


def without_meaning(folder: Path) -> list[str]:
    """Columns of the tables in a folder of --out that its codebook leaves out, as `table.column`."""
    with (folder / "codebook.csv").open(encoding="utf-8", newline="") as file:
        known = {(row["table"], row["column"]) for row in csv.DictReader(file) if row["meaning"]}
    found = []
    for table in sorted(folder.glob("*.csv")):
        if table.name != "codebook.csv":
            with table.open(encoding="utf-8", newline="") as file:
                found += [(table.stem, column) for column in next(csv.reader(file))]
    return [".".join(one) for one in found if one not in known]


def run_page(page: str, folder: Path) -> None:
    """Run each line of a page's commands in a folder, then its Python, all of it as one program."""
    for block in code_blocks(page, "sh"):
        for line in block.splitlines():
            run_line(line, folder)
    if programs := code_blocks(page, "python"):
        (folder / "tutorial.py").write_text("\n".join(programs), encoding="utf-8")
        run_line("python tutorial.py", folder)


def run_line(line: str, folder: Path) -> None:
    """Run a line of a page in a folder; it must end well, and print something.

    A command of the package runs in this process: as much is tested as in another, which would first
    load all that is loaded here. That it can be started is seen in tests/cli.
    """
    program, *words = shlex.split(line)
    if program == "python":
        printed = printed_by(*words, folder=folder)
    else:
        assert program == "partnersim", line
        with contextlib.chdir(folder):
            printed = succeed(*words).stdout
    assert printed.strip(), f"{line}: no word"
