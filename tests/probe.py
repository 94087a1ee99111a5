"""A server of the app that tells what it keeps: pages, threads, sessions and memory.

For tests of what is left when pages close, and for the benchmark. On Linux.
"""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from tests.browser import Server

CODE = """
import gc, json, os, re, signal, sys, threading
from pathlib import Path

def tell(*_):
    gc.collect()
    from partnersim.app import session, world
    from partnersim.app.pages.rooms import ROOMS
    from solara.server import kernel_context
    sessions = list(ROOMS._sessions.values())
    kinds = [type(found) for found in gc.get_objects()]
    status = Path("/proc/self/status").read_text()
    kept = {
        "pages": len(kernel_context.contexts),
        "widgets": sum(len(one.widgets) for one in list(kernel_context.contexts.values())),
        "threads": threading.active_count(),
        "rooms": len(sessions),
        "listeners": sum(len(one._listeners) for one in sessions),
        "steps": sum(len(one._past) + len(one._future) for one in sessions),
        "sessions alive": kinds.count(session.Session),
        "desks alive": sum(kind.__name__ == "Desk" for kind in kinds),
        "runs": world._runs.n_bytes,
        "hundreds": world._hundreds.n_bytes,
        "ledgers": world._ledgers.n_bytes,
        "scenarios": len(world._scenarios._answers),
        "open files": len(os.listdir("/proc/self/fd")),
        "objects": len(kinds),
        "MB": int(re.search(r"VmRSS:\\s+(\\d+)", status)[1]) / 1024,
    }
    file = Path(os.environ["PARTNERSIM_PROBE"])
    file.with_suffix(".new").write_text(json.dumps(kept))
    file.with_suffix(".new").replace(file)

signal.signal(signal.SIGUSR1, tell)
"""
"""Runs within the server before it starts; it is asked by a signal, and answers with a file."""


class WatchedServer(Server):
    """`partnersim app` in a process of its own that can be asked what it keeps."""

    def __init__(self, *options: str, code: str = "", **environment: str) -> None:
        if not Path("/proc/self/status").exists():
            pytest.skip("what a process keeps is read from /proc")
        self._folder = tempfile.TemporaryDirectory()
        self._answer = Path(self._folder.name, "kept.json")
        super().__init__(*options, code=CODE + code, PARTNERSIM_PROBE=str(self._answer), **environment)

    def seconds_used(self) -> float:
        """Seconds of processor time that it has used, in all its threads, those that have ended too."""
        assert self.process is not None
        return time.clock_gettime((~self.process.pid << 3) | 2)  # as clock_getcpuclockid makes it

    def ask(self) -> dict[str, Any]:
        """Ask what is kept now, after all that is garbage was collected."""
        assert self.process is not None
        self._answer.unlink(missing_ok=True)
        os.kill(self.process.pid, signal.SIGUSR1)
        deadline = time.monotonic() + 60
        while not self._answer.exists():
            if time.monotonic() > deadline:
                pytest.fail("the server does not say what it keeps")
            time.sleep(0.02)
        return dict(json.loads(self._answer.read_text()))
