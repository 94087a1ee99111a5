"""Python in a process of its own, with this copy of the package, as a user would start it."""

import contextlib
import csv
import os
import shlex
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from typer.testing import CliRunner

from partnersim.cli import app
from tests.pages import ROOT

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


def loaded_by_command(words: list[str], names: Iterable[str]) -> str:
    """Those of some modules that a command of the package has loaded when it ends, as a list."""
    code = (
        "import sys, partnersim.cli as c\n"
        f"sys.argv = ['partnersim', *{words!r}]\n"
        "try: c.main()\n"
        f"finally: print('LOADED', [m for m in {tuple(names)!r} if m in sys.modules])"
    )
    return start_python("-c", code).stdout.splitlines()[-1].removeprefix("LOADED ")


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
            done = CliRunner(env={"COLUMNS": "100"}).invoke(app, words)
        assert done.exit_code == 0, f"{line}\n{done.output}"
        printed = done.stdout
    assert printed.strip(), f"{line}: no word"
