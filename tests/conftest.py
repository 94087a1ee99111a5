"""Settings for all tests."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.browser import Server, Visitor, open_browser, visit

# Read by matplotlib when it is first imported: figures are drawn without a screen.
os.environ["MPLBACKEND"] = "Agg"

# Who starts tests in the background of a shell has Ctrl-C ignored, in all that they start too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No deadline, and nothing is too slow: the first example may compile, and machines differ. On CI
# the examples are the same each time.
settings.register_profile(
    "partnersim",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
    print_blob=True,
)
settings.load_profile("partnersim")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somebody's empty home; what is compiled stays where it is."""
    from partnersim.model.compiled import CACHE_FOLDER

    monkeypatch.setenv("PARTNERSIM_CACHE_DIR", str(CACHE_FOLDER.parent))
    folder = tmp_path / "home"
    folder.mkdir()
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(folder))
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real browser; or a reason to skip."""
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """The app, in a process of its own."""
    with Server() as started:
        yield started


@pytest.fixture
def visitor(browser: Any, server: Server) -> Iterator[Visitor]:
    """Somebody who has opened the app."""
    with visit(browser, server.address) as one:
        yield one
