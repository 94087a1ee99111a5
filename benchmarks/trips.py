"""How often the program moves from one of its files to another while something is done.

Four trips: a run to its figures, a small plan to Parquet, one more of its points, and a click on a
lever of the app to the picture. `house.py` prints what is counted.
"""

from __future__ import annotations

import os
import runpy
import sys
import tempfile
import threading
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from types import CodeType, FrameType
from typing import Any
from unittest.mock import patch

PLACE = "integrated-care"
PLAN: dict[str, Any] = {
    "scenario": PLACE,
    "replicates": 2,
    "parameters": {"trust.deeds": {}, "decision.exposure": {}, "turnover.rate": {}},
    "arms": {"days": {"interventions": [{"lever": "joint_away_days", "value": 4.0}]}},
    "series": {"names": ["trust"]},
}
"""A plan of two arms: the scenario as it stands is always one. Points are added.

Its moves depend much on what it varies and keeps: it is one of several that were tried, and the one
whose moves came nearest to an earlier count of 920, so that it can be held to the same goal.
"""


class Trip:
    """Watches which functions of a package are called, and moves between its files.

    A move is a call of a function in another file than that of the nearest caller of the package:
    code of others between the two does not count, nor does coming back. Going on with a generator
    is a call. What has no name (a lambda, a comprehension, a module while it is imported) is part
    of whatever called it.
    """

    def __init__(self, package: Path, do: Callable[[], object]) -> None:
        self._folder = f"{package}{os.sep}"
        self.calls: Counter[CodeType] = Counter()
        self.moves: Counter[tuple[str, str]] = Counter()
        threading.setprofile(self._see)
        sys.setprofile(self._see)
        try:
            do()
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    def _is_ours(self, code: CodeType) -> bool:
        return code.co_filename.startswith(self._folder) and not code.co_name.startswith("<")

    def _see(self, frame: FrameType, event: str, _: object) -> None:
        if event != "call" or not self._is_ours(frame.f_code):
            return
        self.calls[frame.f_code] += 1
        caller = frame.f_back
        while caller is not None and not self._is_ours(caller.f_code):
            caller = caller.f_back
        if caller is not None and caller.f_code.co_filename != frame.f_code.co_filename:
            pair = (caller.f_code.co_filename, frame.f_code.co_filename)
            self.moves[pair[0].removeprefix(self._folder), pair[1].removeprefix(self._folder)] += 1


def run_command() -> None:
    """`partnersim run`, up to its figures."""
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(StringIO()):
        words = ["partnersim", "run", PLACE, "--replicates", "2", "--out", folder]
        with patch("sys.argv", words), suppress(SystemExit):
            runpy.run_module("partnersim", run_name="__main__")
        assert list(Path(folder).glob("*.png")), "the command drew no figure"


def run_plan(n_points: int) -> None:
    """A plan of two arms, to Parquet."""
    from partnersim import Sweep

    design = {"type": "latin-hypercube", "points": n_points}
    with tempfile.TemporaryDirectory() as folder:
        Sweep.run(PLAN | {"design": design}, folder, engine="serial")


def open_app() -> Callable[..., None]:
    """The app's page with its levers, without a browser: the function that a click calls."""
    import ipyvue
    import solara
    from solara.server.kernel import Kernel
    from solara.server.kernel_context import VirtualKernelContext

    from partnersim.app.pages.page import routes

    context = VirtualKernelContext(id="house", kernel=Kernel(), session_id="house")
    with context:
        _, page = solara.render(routes[0].component(), handle_error=False)

    def act(**message: Any) -> None:
        with context:
            widgets = page.find(ipyvue.VueTemplate).widgets
            next(w for w in widgets if hasattr(w, "vue_event_act")).vue_event_act(message)

    act(do="sandbox")
    act(do="sheet", value="change")
    return act


def measure_trips(package: Path) -> dict[str, Any]:
    """Functions, files and moves of four trips; a further point is five points less four.

    Each is walked once before: what is loaded or compiled then, and kept, is not counted.
    """
    os.environ["MPLBACKEND"] = "Agg"
    warnings.simplefilter("ignore")  # Solara's, of Mesa's pages
    act = open_app()
    run_command()
    run_plan(4)
    act(do="lever", lever="joint_away_days", value=12)
    run, plan = Trip(package, run_command), Trip(package, lambda: run_plan(4))
    more = Trip(package, lambda: run_plan(5))
    click = Trip(package, lambda: act(do="lever", lever="joint_away_days", value=2))
    return {
        **count_trip("a run", run.calls, run.moves),
        **count_trip("a plan", plan.calls, plan.moves),
        **count_trip("a further point", more.calls - plan.calls, more.moves - plan.moves),
        **count_trip("a click", click.calls, click.moves),
    }


def count_trip(name: str, calls: Counter[CodeType], moves: Counter[tuple[str, str]]) -> dict[str, Any]:
    """The numbers of a trip, and between which files it moves most."""
    return {
        f"functions, {name}": len(calls),
        f"files, {name}": len({code.co_filename for code in calls}),
        f"moves, {name}": moves.total(),
        f"most moves, {name}": [f"{a} -> {b}: {n}" for (a, b), n in moves.most_common(4)],
    }
