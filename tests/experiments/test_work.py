"""Work that is remembered: done once, by whatever processes, kept whole, and gone on with."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.engine.work import Memory, Task, Worker, at_work, digest
from tests.commands import PATIENCE
from tests.pages import ROOT


def square(x: float) -> dict[str, Any]:
    """A task."""
    return {"square": np.array(x * x), "row": np.arange(x)}


def tasks(*numbers: float) -> list[Task]:
    return [Task(digest("square", x), square, (x,)) for x in numbers]


def values(found: list[Any]) -> list[float]:
    return [float(each["square"]) for each in found]


def test_keys_tell_what_differs() -> None:
    same = {digest("a", 1), digest("a", 1)}
    assert len(same | {digest("a", 2), digest("a1"), digest("a", "1"), digest(b"a", 1)}) == 5


def test_what_was_done_is_not_done_again(tmp_path: Path) -> None:
    asked: list[str] = []

    def pool(pending: Any) -> Any:
        for task in pending:
            asked.append(task.key)
            yield task, task.function(*task.given)

    worker = Worker(Memory(tmp_path), pool)
    assert values(worker.do(tasks(3, 2, 3), "x")) == [9.0, 4.0, 9.0]
    assert values(worker.do(tasks(4, 2), "x")) == [16.0, 4.0]
    assert asked == [task.key for task in tasks(3, 2, 4)]
    (found,) = Worker(Memory(tmp_path), pool).do(tasks(3), "x")
    assert found["row"].tolist() == [0, 1, 2]
    assert len(asked) == 3 and not list(tmp_path.rglob("*.part"))


def test_what_is_done_when_it_stops_is_kept(tmp_path: Path) -> None:
    def broken(pending: Any) -> Any:
        for number, task in enumerate(pending):
            if number == 2:
                raise KeyboardInterrupt
            yield task, task.function(*task.given)

    with pytest.raises(KeyboardInterrupt):
        Worker(Memory(tmp_path), broken).do(tasks(1, 2, 3), "x")
    kept = Memory(tmp_path)
    assert [task.key in kept for task in tasks(1, 2, 3)] == [True, True, False]


@pytest.mark.slow
def test_processes_of_their_own_change_nothing(tmp_path: Path) -> None:
    for workers in (2, 1):
        with at_work(tmp_path / str(workers), workers) as worker:
            assert values(worker.do(tasks(*range(9)), "x")) == [x * x for x in range(9)]


@pytest.mark.slow
def test_an_interrupted_command_goes_on_where_it_was(tmp_path: Path) -> None:
    """The tuning stands for all: each has the same memory."""
    words = ["-m", "experiments.tuning.run", "--quick", "--store", str(tmp_path / "store")]
    words += ["--out", str(tmp_path / "out")]
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    process = subprocess.Popen(
        [sys.executable, *words], cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert "wave 0" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 130
    assert "Traceback" not in said and "goes on from here" in said
    (folder,) = (tmp_path / "store").iterdir()
    before = {file.name for file in folder.glob("*.npz")}
    assert before
    subprocess.run([sys.executable, *words], cwd=tmp_path, env=env, check=True, timeout=PATIENCE)
    assert before < {file.name for file in folder.glob("*.npz")}
    assert (tmp_path / "out" / "accepted.csv").exists()
