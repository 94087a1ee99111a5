"""A queue that stands in for Slurm: `sbatch` and `scancel` on the PATH, and jobs that really run.

It does what Slurm does with a batch script: keeps a copy of it, reads the directives above its
first command, runs it by its shebang line with the submitter's variables and in the submitter's
folder, once for each index of an array, on as many nodes as there are, and leaves the rest waiting.
A directive that it does not know is refused, as Slurm refuses a misspelt one.

Called as a program, it is one of the two commands: slurm.py sbatch QUEUE SCRIPT.
"""

import argparse
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

TICK = 0.02
"""Seconds between two looks at the queue."""


# --- Commands ---------------------------------------------------------------------------------


def sbatch(queue: Path, words: list[str]) -> None:
    """Submit a script."""
    (file,) = words
    script = Path(file).read_text(encoding="utf-8")
    if not script.startswith("#!"):
        sys.exit("sbatch: error: This does not look like a batch script.")
    job = {"folder": os.getcwd(), "variables": dict(os.environ), "array": read_array(script)}
    for number in range(1, 10**6):
        with suppress(FileExistsError):
            (queue / str(number)).mkdir()
            break
    place = queue / str(number)
    (place / "script").write_text(script, encoding="utf-8")
    (place / "script").chmod(0o700)
    (place / "new").write_text(json.dumps(job), encoding="utf-8")
    (place / "new").rename(place / "job")  # now it is seen, and all of it is there
    print(f"Submitted batch job {number}")


def scancel(queue: Path, words: list[str]) -> None:
    """Ask for jobs to be ended."""
    for number in words:
        (queue / number / "cancelled").touch()


def read_array(script: str) -> list[int] | None:
    """Read the lines `#SBATCH ...` above the first command: the indices of the array, as of 1-8."""
    parser = argparse.ArgumentParser(prog="sbatch", allow_abbrev=False)
    parser.add_argument("-a", "--array")
    parser.add_argument("-c", "--cpus-per-task", type=int)
    parser.add_argument("-n", "--ntasks", type=int)
    for name in ("-t", "--time"), ("-J", "--job-name"), ("--mem",), ("-p", "--partition"):
        parser.add_argument(*name)
    words = []
    for line in script.splitlines():
        if line.strip() and not line.startswith("#"):
            break
        if line.startswith("#SBATCH"):
            words += shlex.split(line)[1:]
    array = parser.parse_args(words).array
    if array is None:
        return None
    first, last = map(int, array.split("-"))
    return list(range(first, last + 1))


# --- The queue --------------------------------------------------------------------------------


class Task(NamedTuple):
    """A job, or one of an array."""

    job: str
    index: int | None


class Slurm:
    """Runs what is submitted while it is open.

    Parameters
    ----------
    folder
        Where the commands and the queue are.
    n_nodes
        Tasks that run at the same time.

    Attributes
    ----------
    status : dict of Task to int
        How tasks ended, in this order; a negative number is a signal.
    """

    def __init__(self, folder: Path, n_nodes: int) -> None:
        self.commands, self.queue, self.n_nodes = folder / "bin", folder / "queue", n_nodes
        self.commands.mkdir(parents=True)
        self.queue.mkdir()
        words = [sys.executable, "-S", __file__]
        for command in COMMANDS:
            self.add_command(command, shlex.join([*words, command, str(self.queue)]))
        self.seen: set[str] = set()
        self.waiting: list[Task] = []
        self.running: dict[Task, subprocess.Popen[bytes]] = {}
        self.status: dict[Task, int] = {}
        self.is_closed = threading.Event()
        self.thread = threading.Thread(target=self._serve)

    def add_command(self, name: str, line: str) -> None:
        """Put a command on the PATH."""
        file = self.commands / name
        file.write_text(f'#!/bin/sh\nexec {line} "$@"\n', encoding="utf-8")
        file.chmod(0o700)

    @property
    def path(self) -> str:
        """The PATH by which its commands are found."""
        return os.pathsep.join([str(self.commands), os.environ["PATH"]])

    def __enter__(self) -> "Slurm":
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.is_closed.set()
        self.thread.join()

    def is_idle(self) -> bool:
        """Whether everything that was submitted has ended."""
        submitted = {file.parent.name for file in self.queue.glob("*/job")}
        return submitted <= self.seen and not self.waiting and not self.running

    def _serve(self) -> None:
        """Start what was submitted, end what was cancelled, until the queue is closed."""
        try:
            while not self.is_closed.wait(TICK):
                self._take_in()
                self._end_cancelled()
                while self.waiting and len(self.running) < self.n_nodes:
                    task = self.waiting[0]
                    self.running[task] = self._start(task)
                    self.waiting.pop(0)
                self._note_ended()
        finally:
            for process in self.running.values():
                end(process)

    def _take_in(self) -> None:
        for file in sorted(self.queue.glob("*/job"), key=lambda file: int(file.parent.name)):
            if file.parent.name not in self.seen:
                indices = self._read(file.parent.name)["array"] or [None]
                self.waiting += [Task(file.parent.name, index) for index in indices]
                self.seen.add(file.parent.name)

    def _read(self, job: str) -> dict[str, Any]:
        return dict(json.loads((self.queue / job / "job").read_text(encoding="utf-8")))

    def _end_cancelled(self) -> None:
        cancelled = {file.parent.name for file in self.queue.glob("*/cancelled")}
        self.waiting = [task for task in self.waiting if task.job not in cancelled]
        for task, process in self.running.items():
            if task.job in cancelled:
                end(process)

    def _start(self, task: Task) -> "subprocess.Popen[bytes]":
        job = self._read(task.job)
        folder = Path(job["folder"])
        name, told = task.job, {"SLURM_JOB_ID": task.job}
        if task.index is not None:
            name, told["SLURM_ARRAY_TASK_ID"] = f"{task.job}_{task.index}", str(task.index)
        with (folder / f"slurm-{name}.out").open("wb") as output:
            return subprocess.Popen(
                [self.queue / task.job / "script"],
                cwd=folder,
                env=job["variables"] | told,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _note_ended(self) -> None:
        for task, process in list(self.running.items()):
            if (status := process.poll()) is not None:
                self.status[task] = status
                del self.running[task]


def end(process: "subprocess.Popen[bytes]", patience: float = 10.0) -> None:
    """End a task and what it started: kindly, then not."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        last = time.monotonic() + patience
        while process.poll() is None and time.monotonic() < last:
            time.sleep(TICK)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


COMMANDS = {"sbatch": sbatch, "scancel": scancel}
CAN_RUN = os.name == "posix" and shutil.which("bash") is not None

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](Path(sys.argv[2]), sys.argv[3:])
