"""Runs a sweep, for tests that need a process to kill: drive_sweep.py PLAN FOLDER OPTIONS.

A new one is cut small, whatever the speed of this machine. Beside the options of `run_sweep` there
are two, by which a test says where it is to be killed: who waits for files, and then kills, comes
too late on a fast machine.

hold
    Chunks after which it gives the numbers of its worker processes, and goes on when it is given
    a line.
die
    Chunks, two at least, after which it is killed within the next one, and where: at a share of
    the steps that a chunk takes, or when it is about to call a function of `os` of this name. Many
    such deaths: each is that of a child, made when all is loaded and a line is given; how it ended
    is printed.
"""

import importlib
import json
import os
import signal
import sys
from multiprocessing import active_children
from typing import Any

from partnersim.model import compile_all
from partnersim.scenario.translate import PARAMETERS
from partnersim.sweep import run
from partnersim.sweep.chunks import Grid
from partnersim.sweep.plan import Plan
from partnersim.sweep.run import Progress, run_sweep
from partnersim.sweep.worker import Worker

SMALL_CHUNKS = Grid(points_per_chunk=4, replicates_per_block=3)


class Hold:
    """Told of progress, holds once after some chunks."""

    def __init__(self, n_chunks: int) -> None:
        self.n_left = n_chunks
        self.n_done: int | None = None

    def __call__(self, progress: Progress) -> None:
        if self.n_done is not None and progress.n_done > self.n_done:
            self.n_left -= 1
            if self.n_left == 0:
                print(json.dumps([process.pid for process in active_children()]), flush=True)
                sys.stdin.readline()
        self.n_done = progress.n_done


class Death:
    """Computes chunks as a worker does, and dies within one of them.

    A step is a call of, or a return from, any function: so every line of Python may be the last.
    """

    def __init__(self, n_chunks: int, where: float | str) -> None:
        self.work, self.n_left, self.where = Worker.work, n_chunks, where
        self.n_steps = 0
        self.last_step, self.last_call = float("inf"), None

    def __call__(self, worker: Worker, chunk: Any, check: Any = None) -> Any:
        if self.n_left == 0:
            if isinstance(self.where, str):
                self.last_call = getattr(os, self.where)
            else:
                self.last_step = self.where * self.n_steps
        self.n_steps = 0
        sys.setprofile(self.step)
        try:
            return self.work(worker, chunk, check)
        finally:
            sys.setprofile(None)
            if self.n_left == 0:  # it took fewer steps than the one before
                self.die()
            self.n_left -= 1

    def step(self, frame: Any, event: str, argument: Any) -> None:
        self.n_steps += 1
        is_last_call = event == "c_call" and argument is self.last_call
        if is_last_call or self.n_steps > self.last_step:
            self.die()

    def die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def is_to_die(deaths: list[tuple[int, float | str]]) -> bool:
    """Whether this is a child that is to run and to die; all have done so where it is not."""
    importlib.import_module("scipy.stats")  # as a run does; once for all of them
    compile_all(PARAMETERS)
    for death in deaths:
        sys.stdin.readline()
        child = os.fork()
        if child == 0:
            die = Death(*death)
            Worker.work = lambda *words, die=die: die(*words)  # type: ignore[method-assign]
            return True
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    return False


def main() -> None:
    plan, folder, text = sys.argv[1:]
    options = json.loads(text)
    hold, die = options.pop("hold"), options.pop("die")
    run.choose_grid = lambda *_: SMALL_CHUNKS
    if die is not None and not is_to_die(die):
        return
    outcome = run_sweep(Plan.load(plan), folder, progress=Hold(hold), **options)
    print(json.dumps({"is_finished": outcome.is_finished, "n_done": outcome.n_done}))


if __name__ == "__main__":
    main()
