"""What a sweep survives: whatever dies or is spoilt, nothing is lost, nothing double, it goes on.

Each test compares all rows, in any order, with those of a sweep that nobody disturbed.
"""

import asyncio
import errno
import io
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from partnersim import Sweep
from partnersim.scenario.errors import ScenarioError
from partnersim.sweep import designs, engines
from partnersim.sweep import run as run_module
from partnersim.sweep import store as store_module
from partnersim.sweep.chunks import Chunk, Grid
from partnersim.sweep.engines import SweepStopped
from partnersim.sweep.parquet import write_parquet
from partnersim.sweep.plan import Plan
from partnersim.sweep.run import Outcome, Progress
from partnersim.sweep.store import Store, StoreError
from partnersim.sweep.worker import Done, Simulator, Worker
from tests.commands import environment
from tests.stores import (
    fingerprint,
    make_plan,
    n_runs_in,
    read,
    run,
    run_files,
    start_driver,
    store_of,
    wait_until,
    wait_until_it_holds,
)

LONG = {"replicates": 30, "months": 120}
"""Changes to a plan of which more is left whenever something is killed."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, int]:
    """All rows of the small sweep."""
    folder = tmp_path_factory.mktemp("undisturbed") / "sweep"
    run(folder)
    return fingerprint(folder)


@pytest.fixture(scope="module")
def undisturbed_long(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, int]:
    """All rows of the long sweep."""
    folder = tmp_path_factory.mktemp("undisturbed") / "long"
    run(folder, make_plan(**LONG))
    return fingerprint(folder)


def assert_whole(folder: Path, expected: tuple[int, int]) -> None:
    """Every row is there once, is as it should be, and nothing is left lying about."""
    assert fingerprint(folder) == expected
    assert [f for f in Store.open(folder).check() if f.level == "fault"] == []
    assert list(folder.glob("**/.*.tmp")) == []


def assert_resumes(
    folder: Path, plan: Plan, expected: tuple[int, int], *, n_in_hand: int = 0, **how: Any
) -> None:
    """What is missing, and no more, is run by the same command.

    Up to `n_in_hand` runs may land while this looks: somebody else still works.
    """
    n_missing = expected[0] - n_runs_in(folder)
    assert n_missing > n_in_hand, "nothing was lost: the test proves nothing"
    assert run(folder, plan, **how).is_finished
    n_run = Store.open(folder).sessions()[-1]["ended"]["n_runs"]
    assert n_missing - n_in_hand <= n_run <= n_missing
    assert_whole(folder, expected)


def is_alive(pid: int) -> bool:
    """Whether a process runs; in a container, nobody may clear away those that have ended."""
    try:
        os.kill(pid, 0)
        listed = Path("/proc").is_dir() and Path(f"/proc/{pid}/stat").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False
    return not listed or listed.rpartition(")")[2].split()[0] != "Z"


# --- Killed --------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of Unix")
def test_driver_killed_after_its_first_third_and_sixth_chunk(
    tmp_path: Path, undisturbed_long: tuple[int, int]
) -> None:
    plan, folder = make_plan(**LONG), tmp_path / "sweep"
    store_of(folder, plan)  # 40 chunks
    for n_chunks in (1, 3, 6):
        n_before = len(run_files(folder))
        driver = start_driver(plan, folder, hold=n_chunks, engine="processes", workers=2)
        workers = wait_until_it_holds(driver)
        assert len(workers) == 2
        driver.kill()
        driver.wait()
        wait_until(lambda w=workers: not any(map(is_alive, w)), "workers without driver end")
        driver.communicate()
        # A worker that had a chunk in hand may have stored it, and has none after it.
        assert n_chunks <= len(run_files(folder)) - n_before <= n_chunks + 2
    sessions = Store.open(folder).sessions()
    assert [session["ended"] for session in sessions] == [None, None, None]
    assert_resumes(folder, plan, undisturbed_long)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of Unix")
def test_driver_killed_at_twenty_random_moments(tmp_path: Path, undisturbed_long: tuple[int, int]) -> None:
    plan, folder, chance = make_plan(**LONG), tmp_path / "sweep", random.Random(20)
    store_of(folder, plan, Grid(2, 2))  # 120 chunks
    # Any moment of a chunk, and two at which it is written and not yet committed.
    moments = [*(chance.random() for _ in range(18)), "fsync", "replace"]
    deaths = [(chance.randrange(2, 5), moment) for moment in moments]
    driver = start_driver(plan, folder, die=deaths, engine="serial")
    assert driver.stdin is not None and driver.stdout is not None
    for n_chunks, _ in deaths:
        n_before = len(run_files(folder))
        driver.stdin.write("\n")
        driver.stdin.flush()
        ended = driver.stdout.readline()
        assert ended == f"{-signal.SIGKILL}\n", ended + driver.communicate()[1]
        assert n_chunks <= len(run_files(folder)) - n_before <= n_chunks + 1
    driver.communicate()
    assert len(list(folder.glob("runs/.*.tmp"))) >= 2
    assert len(Store.open(folder).sessions()) == 20
    # Seldomer than one reading asks it: else each would meet a failure anew.
    failing = Disk(folder, lambda n: n % 11 == 0, errno.ESTALE)
    with failing.mounted():
        run(folder, plan, shard="1/2")
    assert len(failing.told) >= 20
    assert not (folder / "set-aside").exists()
    assert_resumes(folder, plan, undisturbed_long)


def die_once_in_mid_chunk(chunk: Chunk) -> Done:
    """As a worker does, but the first to come half way through a chunk is killed."""
    worker = engines._worker
    assert worker is not None
    n_checks = 0

    def die_once() -> None:
        nonlocal n_checks
        n_checks += 1
        if n_checks == chunk.n_points:  # of twice as many: there are two arms
            with suppress(FileExistsError):
                (worker.store.folder / ".killed").touch(exist_ok=False)
                os.kill(os.getpid(), signal.SIGKILL)

    return worker.work(chunk, die_once)


def test_worker_killed_in_mid_chunk(
    tmp_path: Path, undisturbed_long: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(**LONG)
    store_of(tmp_path, plan, Grid(8, 10))
    monkeypatch.setattr(engines, "_work_in_process", die_once_in_mid_chunk)
    assert run(tmp_path, plan, engine="processes", workers=2).is_finished
    assert (tmp_path / ".killed").exists()
    assert_whole(tmp_path, undisturbed_long)


def die_at_point_8(chunk: Chunk) -> Done:
    if chunk.points[0][0] == 8:
        os._exit(1)
    return engines._work_in_process(chunk)


def raise_at_point_8(chunk: Chunk) -> Done:
    if chunk.points[0][0] == 8:
        raise LookupError("no such thing")
    return engines._work_in_process(chunk)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("work", "said"), [(die_at_point_8, "died 3 times"), (raise_at_point_8, "no such thing")]
)
def test_chunk_that_cannot_be_computed_is_left_out(
    tmp_path: Path, undisturbed: tuple[int, int], monkeypatch: pytest.MonkeyPatch, work: Any, said: str
) -> None:
    store_of(tmp_path)
    monkeypatch.setattr(engines, "_work_in_process", work)
    with pytest.raises(SweepStopped, match=said) as stopped:
        run(tmp_path, engine="processes", workers=2)
    assert "same command" in str(stopped.value)
    assert set(read(tmp_path)["point"]) == set(range(16)) - {8, 9, 10, 11}
    monkeypatch.undo()
    assert_resumes(tmp_path, make_plan(), undisturbed)


@pytest.mark.slow
def test_two_drivers_on_one_folder(tmp_path: Path, undisturbed_long: tuple[int, int]) -> None:
    plan, folder = make_plan(**LONG), tmp_path / "sweep"
    drivers = [start_driver(plan, folder, hold=1, engine="serial") for _ in range(2)]
    for driver in drivers:
        wait_until_it_holds(driver)  # so that both are at work at once
    for driver in drivers:
        assert driver.stdin is not None
        driver.stdin.write("\n")
        driver.stdin.flush()
    for driver in drivers:
        out, complaints = driver.communicate()
        assert driver.returncode == 0, complaints
        assert json.loads(out) == {"is_finished": True, "n_done": undisturbed_long[0]}
    assert_whole(folder, undisturbed_long)
    sessions = Store.open(folder).sessions()
    assert len(sessions) == 2
    assert all(session["ended"]["is_finished"] for session in sessions)


# --- Interrupted ---------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["serial", "processes"])
def test_interrupt_finishes_what_is_in_hand(
    tmp_path: Path, undisturbed: tuple[int, int], engine: str
) -> None:
    store_of(tmp_path)
    told: list[Progress] = []

    def interrupt(progress: Progress) -> None:
        told.append(progress)
        if progress.n_done and not told[-2].n_done:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, engine=engine, workers=2, progress=interrupt)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert told[-1].is_stopping
    assert not told[0].is_stopping
    assert told[-1].n_done == len(read(tmp_path)) < 192
    assert Store.open(tmp_path).sessions()[-1]["ended"]["is_finished"] is False
    assert list(tmp_path.glob("runs/.*.tmp")) == []
    assert_resumes(tmp_path, make_plan(), undisturbed)


def interrupt_twice() -> None:
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)


def test_second_interrupt_drops_the_chunk_in_hand(
    tmp_path: Path, undisturbed_long: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, simulate = make_plan(**LONG), Simulator.run
    store_of(tmp_path, plan, Grid(8, 30))  # 2 chunks

    def interrupt_in_second(simulator: Simulator, chunk: Chunk, check: Any = None) -> Any:
        if chunk.points[0][0] == 8:
            interrupt_twice()
        return simulate(simulator, chunk, check)

    monkeypatch.setattr(Simulator, "run", interrupt_in_second)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, plan)
    assert len(run_files(tmp_path)) == 1
    monkeypatch.undo()
    assert_resumes(tmp_path, plan, undisturbed_long)


def never_end_at_point_8(chunk: Chunk) -> Done:
    if chunk.points[0][0] == 8:
        threading.Event().wait()
    return engines._work_in_process(chunk)


def test_second_interrupt_drops_what_processes_have_in_hand(
    tmp_path: Path, undisturbed_long: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(**LONG)
    store_of(tmp_path, plan, Grid(8, 30))  # 2 chunks, both in hand at once
    monkeypatch.setattr(engines, "_work_in_process", never_end_at_point_8)
    with pytest.raises(KeyboardInterrupt):
        run(
            tmp_path,
            plan,
            engine="processes",
            workers=2,
            progress=lambda now: interrupt_twice() if now.n_done else None,
        )
    assert len(run_files(tmp_path)) == 1
    monkeypatch.undo()
    assert_resumes(tmp_path, plan, undisturbed_long)


def test_sweep_in_a_thread_is_stopped_by_an_event(tmp_path: Path, undisturbed: tuple[int, int]) -> None:
    store_of(tmp_path)
    stop, outcomes = threading.Event(), []

    def stop_soon(progress: Progress) -> None:
        if progress.n_done:
            stop.set()

    thread = threading.Thread(target=lambda: outcomes.append(run(tmp_path, stop=stop, progress=stop_soon)))
    thread.start()
    thread.join()
    assert not outcomes[0].is_finished
    assert_resumes(tmp_path, make_plan(), undisturbed)


# --- Spoilt files --------------------------------------------------------------------------------


def truncate(file: Path, other: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1000])


def empty(file: Path, other: Path) -> None:
    file.write_bytes(b"")


def flip_a_bit(file: Path, other: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 4
    file.write_bytes(content)


def add_to(file: Path, name: str, row: int, more: float) -> None:
    """Change a number and keep everything else, the footer too."""
    table = pq.read_table(file)
    at = table.schema.get_field_index(name)
    values = table[name].to_numpy().copy()
    values[row] += more
    pq.write_table(table.set_column(at, table.schema.field(at), [values]), file)


def edit(file: Path, other: Path) -> None:
    add_to(file, "trust", 3, 1e-9)


def edit_with_pandas(file: Path, other: Path) -> None:
    frame = pd.read_parquet(file)
    frame.loc[3, "trust"] = 0.5
    frame.to_parquet(file)


def say_in_footer(file: Path, key: bytes, value: bytes) -> None:
    """Change what the footer says, and keep all rows."""
    table = pq.read_table(file)
    footer = {**table.schema.metadata, key: value}
    with file.open("wb") as opened:
        write_parquet(table.replace_schema_metadata(footer), opened)


def miscount(file: Path, other: Path) -> None:
    """Say of as many failed runs as there are none."""
    say_in_footer(file, b"partnersim.failed", b"4")


def nest(file: Path, other: Path) -> None:
    """Say of its chunk what cannot be read to its end."""
    say_in_footer(file, b"partnersim.chunk", b"[" * 100_000)


def make_a_folder(file: Path, other: Path) -> None:
    file.unlink()
    file.mkdir()


def replace_by_another(file: Path, other: Path) -> None:
    shutil.copy(other, file)


def rename(file: Path, other: Path) -> None:
    file.rename(file.with_name("my-copy.parquet"))


def double(file: Path, other: Path) -> None:
    """The runs of two files once more, in a file that knows what it holds."""
    store = Store.open(file.parent.parent)
    chunk = Chunk(((0, 8),), (0, 3))
    tables = [pq.read_table(f).replace_schema_metadata() for f in run_files(store.folder)[:2]]
    store.commit(chunk, store_module.pa.concat_tables(tables), None, 0)


@pytest.mark.parametrize(
    "spoil",
    [
        truncate,
        empty,
        flip_a_bit,
        edit,
        edit_with_pandas,
        miscount,
        nest,
        make_a_folder,
        replace_by_another,
        rename,
        double,
    ],
)
def test_spoilt_file_is_found_and_its_runs_done_again(
    tmp_path: Path, undisturbed: tuple[int, int], spoil: Any
) -> None:
    folder, foreign = tmp_path / "sweep", tmp_path / "foreign"
    store_of(folder)
    run(folder)
    store_of(foreign, make_plan(seed=6))
    run(foreign, make_plan(seed=6))
    spoil(run_files(folder)[2], run_files(foreign)[2])
    faults = [f for f in Store.open(folder).check() if f.level == "fault"]
    assert len(faults) == (2 if spoil is double and len(faults) == 2 else 1)
    assert all(f.what and f.remedy for f in faults)
    outcome = run(folder)
    assert outcome.is_finished
    assert [f.file for f in outcome.set_aside] == [f.file for f in faults]
    assert len(list((folder / "set-aside").iterdir())) == len(faults)
    assert_whole(folder, undisturbed)
    if spoil is replace_by_another:
        assert Store.open(foreign).sweep_id in faults[0].what


def test_spoilt_series_are_done_again_with_their_runs(tmp_path: Path) -> None:
    plan = make_plan(series={"names": ["trust"], "runs": 4})
    store = store_of(tmp_path, plan)
    run(tmp_path, plan)
    contents = {file.name: file.read_bytes() for file in store.series_files()}
    truncate(store.series_files()[1], Path())
    store.series_files()[2].unlink()
    assert len([f for f in store.check() if f.level == "fault"]) == 2
    assert run(tmp_path, plan).is_finished
    assert {file.name: file.read_bytes() for file in store.series_files()} == contents
    assert [f for f in store.check() if f.level == "fault"] == []


def test_other_files_are_left_alone(tmp_path: Path, undisturbed: tuple[int, int]) -> None:
    run(tmp_path)
    (tmp_path / "runs" / "notes.txt").write_text("mine")
    assert [f.level for f in Store.open(tmp_path).check()] == ["note"]
    assert run(tmp_path).is_finished
    assert (tmp_path / "runs" / "notes.txt").read_text() == "mine"
    assert fingerprint(tmp_path) == undisturbed


# --- The points ----------------------------------------------------------------------------------


def edit_a_point(file: Path, other: Path) -> None:
    add_to(file, "decision.exposure", 0, 1e-9)


def drop_the_last_point(file: Path, other: Path) -> None:
    pq.write_table(pq.read_table(file)[:-1], file)


def remove(file: Path, other: Path) -> None:
    file.unlink()


@pytest.mark.parametrize(
    "spoil", [truncate, empty, flip_a_bit, edit_a_point, drop_the_last_point, replace_by_another, remove]
)
def test_spoilt_points_are_found_and_made_again(
    tmp_path: Path, undisturbed: tuple[int, int], spoil: Any
) -> None:
    folder, foreign = tmp_path / "sweep", tmp_path / "foreign"
    run(folder)
    store_of(foreign, make_plan(seed=6))
    file = folder / "design.parquet"
    whole = file.read_bytes()
    spoil(file, foreign / "design.parquet")
    (fault,) = Store.open(folder).check()
    assert (fault.level, fault.file) == ("fault", "design.parquet")
    with pytest.raises(ScenarioError, match=r"design\.parquet: .*give the command again"):
        Store.open(folder).points().points(0, 16, ["decision.exposure"])
    run_files(folder)[0].unlink()
    outcome = run(folder)
    assert [found.file for found in outcome.set_aside] == ["design.parquet"]
    assert file.read_bytes() == whole
    assert (folder / "set-aside" / "design.parquet").exists() == (spoil is not remove)
    assert fingerprint(folder) == undisturbed
    assert [found.level for found in Store.open(folder).check()] == ["note"] * (spoil is not remove)


def test_points_are_checked_by_workers_too(tmp_path: Path) -> None:
    """Should they be changed while a sweep runs."""
    store = store_of(tmp_path)
    edit_a_point(tmp_path / "design.parquet", Path())
    with pytest.raises(ScenarioError, match="was changed after it was written"):
        Worker(store).work(Chunk(((4, 8),), (0, 3)))
    assert run_files(tmp_path) == []


def test_a_table_is_made_again_from_where_the_plan_found_it(tmp_path: Path) -> None:
    table = tmp_path / "points.csv"
    table.write_text("decision.exposure\n0.1\n0.3\n0.2\n")
    plan = make_plan(design={"type": "table", "file": str(table)}, parameters={}, replicates=2)
    run(tmp_path / "sweep", plan)
    stored = fingerprint(tmp_path / "sweep")
    edit_a_point(tmp_path / "sweep" / "design.parquet", Path())
    run_files(tmp_path / "sweep")[0].unlink()
    with pytest.raises(ScenarioError, match=r"differs:\ndesign\.points"):
        run(tmp_path / "sweep", Store.open(tmp_path / "sweep").plan)
    assert run(tmp_path / "sweep", plan).is_finished
    assert fingerprint(tmp_path / "sweep") == stored


DIES_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
import pyarrow.parquet as pq
from partnersim.sweep import designs
from partnersim.sweep.plan import Plan
from partnersim.sweep.run import run_sweep

designs.BLOCK = 4
write = pq.ParquetWriter.write_table
n_written = []

def die_in_third(writer, table, **how):
    write(writer, table, **how)
    n_written.append(table.num_rows)
    if len(n_written) == 3:
        os.kill(os.getpid(), signal.SIGKILL)

pq.ParquetWriter.write_table = die_in_third
run_sweep(Plan.load(sys.argv[1]), sys.argv[2], engine="serial")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of Unix")
def test_points_half_written_are_none(tmp_path: Path, undisturbed: tuple[int, int]) -> None:
    (tmp_path / "plan.toml").write_text(make_plan().to_toml(), encoding="utf-8")
    words = [sys.executable, "-c", DIES_WHILE_WRITING, tmp_path / "plan.toml", tmp_path / "sweep"]
    assert subprocess.run(words, env=environment()).returncode == -signal.SIGKILL
    assert len(list((tmp_path / "sweep").glob(".design.parquet.*.tmp"))) == 1
    assert [path.name for path in (tmp_path / "sweep").glob("[!.]*")] == ["runs"]
    assert run(tmp_path / "sweep").is_finished
    assert_whole(tmp_path / "sweep", undisturbed)


@pytest.mark.parametrize("extend", [None, {"points": 32}], ids=str)
def test_growing_that_is_broken_off_harms_nothing(
    tmp_path: Path, undisturbed: tuple[int, int], monkeypatch: pytest.MonkeyPatch, extend: Any
) -> None:
    run(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(store_module, "_as_json", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run(tmp_path, extend={"points": 32})
    assert pq.read_metadata(tmp_path / "design.parquet").num_rows == 32
    # Whoever is at work on the points that were there goes on.
    assert len(Store.open(tmp_path).points().points(0, 16, ["decision.exposure"])) == 16
    with pytest.raises(ScenarioError, match="has 32 points, not 16"):
        _ = Sweep.open(tmp_path).design
    outcome = run(tmp_path, extend=extend)
    assert outcome.n_done == (32 if extend else 16) * 6 * 2
    assert pq.read_metadata(tmp_path / "design.parquet").num_rows == (32 if extend else 16)
    assert [f for f in Store.open(tmp_path).check() if f.level == "fault"] == []


def test_a_sweep_does_not_grow_from_other_points(
    tmp_path: Path, undisturbed: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As another version of SciPy might make them."""
    run(tmp_path)
    make = designs.sobol_rows
    with monkeypatch.context() as patch:
        patch.setattr(designs, "sobol_rows", lambda n, d, seed, b: make(n, d, seed + 1, b))
        with pytest.raises(ScenarioError, match="cannot be made again as they were"):
            run(tmp_path, extend={"points": 32})
    assert run(tmp_path).is_finished
    assert_whole(tmp_path, undisturbed)


@pytest.mark.parametrize(
    "part", ["runs", "series", "set-aside", "design.parquet", "plan.toml", "provenance.jsonl"]
)
def test_whatever_is_deleted_is_made_again(tmp_path: Path, undisturbed: tuple[int, int], part: str) -> None:
    """All but sweep.json, whose remedy is named where it is damaged."""
    plan = make_plan(series={"names": ["trust"]})
    run(tmp_path, plan)
    rows, months = fingerprint(tmp_path), sorted(path.name for path in (tmp_path / "series").iterdir())
    gone = tmp_path / part
    (shutil.rmtree if gone.is_dir() else lambda path: path.unlink(missing_ok=True))(gone)
    for broken in ("runs", "series"):  # found where a folder ought to be
        if part == broken:
            (tmp_path / part).touch()
            with pytest.raises(StoreError, match=f"{part}: is a file; give a folder"):
                run(tmp_path, plan)
            (tmp_path / part).unlink()
    assert run(tmp_path, plan).is_finished
    assert fingerprint(tmp_path) == rows
    assert sorted(path.name for path in (tmp_path / "series").iterdir()) == months
    assert [f for f in Store.open(tmp_path).check() if f.level == "fault"] == []


# --- Disks and clocks ----------------------------------------------------------------------------

N_PLACES = 20


class Disk:
    """A disk that fails once, or from a moment on, when it is asked for what is in a folder.

    What is counted is each look into a folder, at a file, and each time that one is opened or read.
    """

    def __init__(self, folder: Path, fails: Callable[[int], bool], number: int = errno.EIO) -> None:
        self.folder, self.fails, self.number = str(folder), fails, number
        self.n_asked = 0
        self.told: list[str] = []

    def ask(self, path: Any) -> None:
        if isinstance(path, str | Path) and str(path).startswith(self.folder):
            self.n_asked += 1
            if self.fails(self.n_asked):
                self.told.append(str(path))
                raise OSError(self.number, os.strerror(self.number), str(path))

    @contextmanager
    def mounted(self) -> Iterator[None]:
        disk, opened = self, io.open

        class File(io.FileIO):
            def read(self, *words: Any) -> Any:
                disk.ask(self.name)
                return super().read(*words)

            def readall(self) -> Any:
                disk.ask(self.name)
                return super().readall()

        def ask_first(function: Any) -> Any:
            def ask(path: Any = ".", *words: Any, **more: Any) -> Any:
                disk.ask(path)
                return function(path, *words, **more)

            return ask

        def open_file(file: Any, mode: str = "r", *words: Any, **more: Any) -> Any:
            if mode != "rb" or not str(file).startswith(disk.folder):
                return opened(file, mode, *words, **more)
            disk.ask(file)
            return File(str(file))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(io, "open", open_file)
            for name in ("stat", "listdir", "scandir"):
                patch.setattr(os, name, ask_first(getattr(os, name)))
            patch.setattr(time, "sleep", lambda _: None)
            yield


@pytest.fixture(scope="module")
def half_done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep of which some chunks are there."""
    folder = tmp_path_factory.mktemp("half") / "sweep"
    run(folder, shard="1/2")
    return folder


def time_of(place: int, half_done: Path, folder: Path) -> int:
    """Copy a sweep, and find when its disk is asked at one of the places, of all from first to last."""
    quiet = Disk(folder, lambda _: False)
    shutil.copytree(half_done, folder)
    with quiet.mounted():
        run(folder)
    shutil.rmtree(folder)
    shutil.copytree(half_done, folder)
    return 1 + place * (quiet.n_asked - 1) // (N_PLACES - 1)


@pytest.mark.parametrize("number", [errno.ESTALE, errno.EIO], ids=errno.errorcode.get)
@pytest.mark.parametrize("place", range(N_PLACES))
def test_a_disk_that_fails_once_harms_nothing(
    tmp_path: Path, half_done: Path, undisturbed: tuple[int, int], place: int, number: int
) -> None:
    folder = tmp_path / "sweep"
    at = time_of(place, half_done, folder)
    failing = Disk(folder, lambda n: n == at, number)
    with failing.mounted():
        outcome = run(folder)
    assert len(failing.told) == 1, "nothing failed: the test proves nothing"
    assert outcome.is_finished
    assert outcome.set_aside == []
    assert Store.open(folder).sessions()[-1]["ended"]["n_runs"] == undisturbed[0] // 2
    assert_whole(folder, undisturbed)


@pytest.mark.parametrize("place", range(0, N_PLACES, 4))
def test_a_disk_that_goes_on_failing_is_told_and_harms_nothing(
    tmp_path: Path, half_done: Path, undisturbed: tuple[int, int], place: int
) -> None:
    folder = tmp_path / "sweep"
    at = time_of(place, half_done, folder)
    failing = Disk(folder, lambda n: n >= at, errno.ESTALE)
    with failing.mounted(), pytest.raises((OSError, SweepStopped)) as stopped:
        run(folder)
    assert "\n" not in str(stopped.value).partition("\nWhat was computed is stored")[0]
    assert "Stale file handle" in str(stopped.value)
    assert str(folder) in str(stopped.value)
    assert not (folder / "set-aside").exists()
    assert run(folder).is_finished
    assert_whole(folder, undisturbed)


@pytest.mark.parametrize("what", ["list_runs", "check", "series_files", "sessions"])
def test_looking_at_a_store_tells_of_a_disk_that_fails(half_done: Path, what: str) -> None:
    store = Store.open(half_done)
    with (
        Disk(half_done, lambda _: True).mounted(),
        pytest.raises(OSError, match=r"cannot be read .* in 4 tries; nothing was set aside"),
    ):
        getattr(store, what)()


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A file system with little room."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("engine", ["serial", "processes"])
def test_full_disk(tmp_path: Path, undisturbed: tuple[int, int], engine: str) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, "120k"):
        store_of(disk / "sweep")
        with pytest.raises(SweepStopped, match="no room left"):
            run(disk / "sweep", engine=engine, workers=2)
        stored = run_files(disk / "sweep")
        assert 0 < len(stored) < 8
        with pytest.raises(SweepStopped, match="no room left"):
            run(disk / "sweep", engine=engine, workers=2)
        # Where two wrote at once, one alone may have found room.
        assert set(stored) <= set(run_files(disk / "sweep"))
        larger = ["mount", "-o", "remount,size=8m", str(disk)]
        subprocess.run(larger, check=True)
        assert_resumes(disk / "sweep", make_plan(), undisturbed)


def test_disk_that_fills_in_mid_write(
    tmp_path: Path, undisturbed: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    store_of(tmp_path)
    written = []

    def write_until_full(table: Any, file: Any) -> None:
        written.append(table)
        if len(written) > 3:
            file.write(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(table, file)

    write = store_module.write_parquet
    monkeypatch.setattr(store_module, "write_parquet", write_until_full)
    with pytest.raises(SweepStopped, match="no room left"):
        run(tmp_path)
    assert len(run_files(tmp_path)) == 3
    assert list(tmp_path.glob("runs/.*")) == []
    monkeypatch.undo()
    assert_resumes(tmp_path, make_plan(), undisturbed)


def test_folder_that_cannot_be_written_to(tmp_path: Path, undisturbed: tuple[int, int]) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, "8m"):
        store_of(disk / "sweep")
        run(disk / "sweep")
        run_files(disk / "sweep")[0].unlink()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        for folder in (disk / "sweep", disk / "new"):
            with pytest.raises(StoreError, match="cannot be written to") as refused:
                run(folder)
            assert str(folder) in str(refused.value)
        assert n_runs_in(disk / "sweep") == 192 - 4 * 3 * 2
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        assert_resumes(disk / "sweep", make_plan(), undisturbed)


def test_clock_that_jumps(
    tmp_path: Path, undisturbed: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    store_of(tmp_path)
    times = iter(["2031-01-01T00:00:00+00:00", "1970-01-01T00:00:00+00:00"] * 2)
    monkeypatch.setattr(run_module, "_now", lambda: next(times))
    run(tmp_path)
    files = run_files(tmp_path)
    for seconds, file in zip((0, 4_000_000_000), files, strict=False):
        os.utime(file, (seconds, seconds))
    files[-1].unlink()
    assert_resumes(tmp_path, make_plan(), undisturbed)
    assert files[0].stat().st_mtime == 0


# --- Dask ----------------------------------------------------------------------------------------


class Cluster:
    """Dask's own commands on this machine: a scheduler and workers, to be killed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.started = folder, []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *words, "--no-dashboard"]
        with (self.folder / "dask.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        self.started.append(process)
        return process

    def start_scheduler(self) -> subprocess.Popen[bytes]:
        scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", str(self.port))

        def is_listening() -> bool:
            with socket.socket() as trial:
                return trial.connect_ex(("127.0.0.1", self.port)) == 0

        wait_until(is_listening, "scheduler listens")
        return scheduler

    def start_worker(self, *words: str) -> subprocess.Popen[bytes]:
        # Without a nanny, so that the process is the worker itself.
        return self._start(
            "worker", self.address, "--nthreads", "1", "--no-nanny", "--death-timeout", "60", *words
        )

    def close(self) -> None:
        for process in self.started:
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    pytest.importorskip("distributed")
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.close()


DIES_IN_MID_CHUNK = """
import os, signal
from partnersim.sweep.worker import Worker

work, begun = Worker.work, []

def die_in_second(worker, chunk):
    begun.append(chunk)
    steps = []

    def check():
        steps.append(chunk)
        if len(begun) == 2 and len(steps) == chunk.n_points:  # of twice as many: there are two arms
            os.kill(os.getpid(), signal.SIGKILL)

    return work(worker, chunk, check)

def dask_setup(worker):
    Worker.work = die_in_second
"""


@pytest.mark.slow
def test_dask_over_tcp_survives_a_worker_killed_in_mid_chunk(
    tmp_path: Path, undisturbed_long: tuple[int, int], cluster: Cluster
) -> None:
    plan, folder = make_plan(**LONG), tmp_path / "sweep"
    store_of(folder, plan)
    (tmp_path / "dies.py").write_text(DIES_IN_MID_CHUNK, encoding="utf-8")
    cluster.start_scheduler()
    first = cluster.start_worker("--preload", "dies.py")

    def start_another() -> None:
        first.wait()
        assert len(run_files(folder)) == 1
        cluster.start_worker()

    follower = threading.Thread(target=start_another)
    follower.start()
    outcome = run(folder, plan, engine="dask", scheduler=cluster.address)
    follower.join()
    assert first.returncode == -signal.SIGKILL
    assert outcome.is_finished
    assert_whole(folder, undisturbed_long)


@pytest.mark.slow
def test_dask_scheduler_killed(tmp_path: Path, undisturbed_long: tuple[int, int], cluster: Cluster) -> None:
    plan, folder = make_plan(**LONG), tmp_path / "sweep"
    store_of(folder, plan)
    scheduler = cluster.start_scheduler()
    cluster.start_worker()

    def kill_it(progress: Progress) -> None:
        if progress.n_done and scheduler.poll() is None:
            scheduler.kill()
            scheduler.wait()

    with pytest.raises(SweepStopped, match="scheduler is gone") as stopped:
        run(folder, plan, engine="dask", scheduler=cluster.address, progress=kill_it)
    assert "same command" in str(stopped.value)
    cluster.start_scheduler()
    cluster.start_worker()
    assert_resumes(folder, plan, undisturbed_long, engine="dask", scheduler=cluster.address)


@pytest.mark.slow
def test_dask_driver_killed(tmp_path: Path, undisturbed_long: tuple[int, int], cluster: Cluster) -> None:
    plan, folder = make_plan(**LONG), tmp_path / "sweep"
    store_of(folder, plan)
    cluster.start_scheduler()
    cluster.start_worker()
    driver = start_driver(plan, folder, hold=3, engine="dask", scheduler=cluster.address)
    wait_until_it_holds(driver)
    driver.kill()
    driver.communicate()
    n_in_hand = engines.DASK_WINDOW * 4 * 3 * 2  # the worker may still be at those
    assert_resumes(
        folder, plan, undisturbed_long, n_in_hand=n_in_hand, engine="dask", scheduler=cluster.address
    )


@pytest.mark.slow
def test_dask_stops_when_asked_though_there_are_no_workers(
    tmp_path: Path, undisturbed: tuple[int, int], cluster: Cluster, monkeypatch: Any
) -> None:
    store_of(tmp_path / "sweep")
    cluster.start_scheduler()
    stop, wait = threading.Event(), engines.DaskEngine._wait

    def ask_to_stop(engine: Any) -> Any:
        stop.set()
        return wait(engine)

    monkeypatch.setattr(engines.DaskEngine, "_wait", ask_to_stop)
    outcome = run(tmp_path / "sweep", engine="dask", scheduler=cluster.address, stop=stop)
    assert not outcome.is_finished
    assert_resumes(tmp_path / "sweep", make_plan(), undisturbed)


@pytest.mark.slow
def test_dask_waits_for_workers_and_says_so(
    tmp_path: Path,
    undisturbed: tuple[int, int],
    cluster: Cluster,
    monkeypatch: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(engines, "PATIENCE", 0.5)
    said, wait = f"waiting for workers at {cluster.address}", engines.DaskEngine._wait

    def send_a_worker(engine: Any) -> Any:
        if said in caplog.messages and len(cluster.started) == 1:
            cluster.start_worker()
        return wait(engine)

    monkeypatch.setattr(engines.DaskEngine, "_wait", send_a_worker)
    cluster.start_scheduler()
    assert run(tmp_path / "sweep", engine="dask", scheduler=cluster.address).is_finished
    assert caplog.messages.count(said) == 1
    assert_whole(tmp_path / "sweep", undisturbed)


@pytest.mark.slow
def test_dask_started_for_the_sweep_where_a_loop_runs_as_in_notebooks(
    tmp_path: Path, undisturbed: tuple[int, int]
) -> None:
    pytest.importorskip("distributed")

    async def cell() -> Outcome:
        return run(tmp_path, engine="dask", workers=2)

    assert asyncio.run(cell()).is_finished
    assert_whole(tmp_path, undisturbed)


@pytest.mark.slow
def test_dask_scheduler_that_is_not_there(tmp_path: Path, monkeypatch: Any) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(engines, "SILENCE", 1.0)
    with pytest.raises(SweepStopped, match="cannot be reached"):
        run(tmp_path, engine="dask", scheduler="tcp://127.0.0.1:9")
    assert run(tmp_path).is_finished
