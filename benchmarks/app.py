"""Measure the workshop app: python benchmarks/app.py [--quick] [--out FOLDER]

A server in a process of its own, and a real browser that does what visitors do: how soon the
server serves and a page is ready, how long from an act to the picture that answers it, what
playing costs, what ten connections at once and forty open pages cost, and what an hour of play leaves
behind. Times are taken within the page, from the act until the new picture is painted; every act
asks for a run that nobody has asked for before, or says that it does not. Memory is that of the
server's process (Linux). Writes app-results.json and app-results.md beside this file, or into
FOLDER; with --quick (fewer of everything) it only prints, unless --out is given.

Needs chromium, and the packages of the tests.
"""

from __future__ import annotations

import math
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import measuring
from measuring import HERE, Goal, describe_machine, measure_sections, publish, read_options, take
from phones import measure_phones

from partnersim.app.pages.desk import SHEETS
from partnersim.model import compile_all, is_compiled
from partnersim.scenario.declarations import LEVERS
from partnersim.scenario.translate import PARAMETERS
from tests.browser import PATIENCE, PROJECTOR, Server, SocketPage, open_browser
from tests.probe import WatchedServer

SCRIPT = (HERE / "app.js").read_text(encoding="utf-8")
FRAME = 1000 / 60
"""Milliseconds from one picture of the screen to the next."""


class Size(NamedTuple):
    """How much is measured."""

    starts: int  # of the server
    visits: int  # of a browser that was never there
    acts: int  # of each kind
    rounds_together: int  # acts of ten pages at the same moment
    pages: int  # open at once
    rounds_of_pages: int  # how often all of them are opened and closed
    interactions: int
    months: int  # played
    phones: int  # that join at once, and bet at once


FULL = Size(
    starts=5,
    visits=15,
    acts=60,
    rounds_together=15,
    pages=40,
    rounds_of_pages=3,
    interactions=2000,
    months=60,
    phones=300,
)
QUICK = Size(
    starts=1,
    visits=2,
    acts=6,
    rounds_together=2,
    pages=3,
    rounds_of_pages=2,
    interactions=40,
    months=12,
    phones=10,
)

GOALS = tuple(
    Goal(section, key, "less than", most)
    for section, key, most in (
        ("opening", "server serves, s", 4.0),
        ("opening", "page ready, s", 3.0),
        ("acting", "lever to picture, 100 new pairs, each with both cores, ms", 40.0),
        ("acting", "timeline to picture, ms", 100.0),
        ("acting", "deadline to picture, 100 pairs, ms", 1000.0),
        ("playing", "elements built or taken away in the pictures", 1.0),
        ("playing", "a month's cost to the page, ms", FRAME),
        ("playing", "how late a month comes at worst, ms", 50.0),
        ("ten pages at once", "slowest of ten, ms", 300.0),
        ("forty pages", "more memory, MB", 100.0),
        ("an hour of play", "the server's processor, ms an interaction", 10.0),
        ("an hour of play", "more memory, MB", 50.0),
        ("an hour of play", "more memory in the second half beyond remembered runs, MB", 5.0),
        ("phones", "all have joined, s", 2.0),
        ("phones", "bets of all on the shared screen, ms", 200.0),
    )
)
"""What the app is to reach; medians, unless the words say otherwise."""

MEANT = {
    "a month's cost to the page, ms": "smoothly: what a month costs fits between two pictures",
    "how late a month comes at worst, ms": "smoothly: no month keeps the room waiting",
    "elements built or taken away in the pictures": "no flash: 0",
}
"""Goals that had no number, and how they are understood here."""


# Opening and steering pages ----------------------------------------------------------------------


class Page:
    """A page of the app in a browser that was never there before."""

    def __init__(self, browser: Any, server: Server) -> None:
        self._server = server
        self.context = browser.new_context(viewport=PROJECTOR)
        self.context.set_default_timeout(PATIENCE)
        self.context.add_init_script(SCRIPT)
        self.page = self.context.new_page()

    def open(self, path: str = "") -> float:
        """Open the app; seconds until the first picture is painted."""
        self.page.goto(self._server.address + path, wait_until="commit")
        return float(self.page.wait_for_function("bench.ready").json_value()) / 1000

    def do(self, call: str, *given: Any) -> Any:
        """Call a function of the benchmark's script in the page."""
        return self.page.evaluate(f"given => bench.{call}(...given)", list(given))

    def press(self, name: str) -> None:
        """Click a button, and wait for the answer."""
        self.page.get_by_role("button", name=name, exact=True).first.click()
        self.do("settle")

    def open_sandbox(self, sheet: str) -> None:
        """Leave the story, and open something over the stage."""
        self.press("Menu")
        self.press("No story: try things out")
        self.open_sheet(sheet)

    def open_sheet(self, sheet: str) -> None:
        """Open something over the stage by its key, or close what is open."""
        key = {name: key for key, name in SHEETS.items()}.get(sheet, "Escape")
        self.page.evaluate("document.activeElement.blur()")
        self.page.keyboard.press(key)
        self.page.wait_for_selector(f"main.ps-main-{sheet}")
        self.do("settle")

    def leave(self) -> None:
        """Close the page as a visitor does: it tells the server so, which takes a moment."""
        self.page.close(run_before_unload=True)

    def close(self) -> None:
        """Close the browser; what its page still had to tell the server is then lost."""
        self.leave()
        self.context.close()


@contextmanager
def visiting(browser: Any, server: Server) -> Iterator[Page]:
    """A page that is closed afterwards."""
    page = Page(browser, server)
    try:
        yield page
    finally:
        page.close()


def moves(n: int, seed: int) -> list[tuple[int, int]]:
    """Levers to pull, by number, and how far: hardly ever to where they stood together before."""
    rng = random.Random(seed)
    return [(rng.randrange(10), rng.randrange(12)) for _ in range(n)]


# Measuring ---------------------------------------------------------------------------------------


def measure_opening(browser: Any, size: Size) -> dict[str, Any]:
    """From the command to a server that answers, and from the address to a picture."""
    starts, first = [], []
    for _ in range(size.starts):
        server = Server()
        starts.append(take(server.start))
        try:
            with visiting(browser, server) as page:
                first.append(page.open())
        finally:
            server.stop()
    with WatchedServer() as server:
        with visiting(browser, server) as page:
            page.open()
        new, again = [], []
        for _ in range(size.visits):
            with visiting(browser, server) as page:
                new.append(page.open())
                again.append(page.open())
    return {
        "server serves, s": statistics.median(starts),
        "page ready, s": statistics.median(new),
        "page ready, slowest, s": max(new),
        "page ready, a browser that was there before, s": statistics.median(again),
        "page ready, first page of a new server, s": statistics.median(first),
    }


def measure_acting(browser: Any, size: Size) -> dict[str, Any]:
    """From an act to the picture that answers it."""
    answered, cost = answer_levers(size)
    with WatchedServer() as server, visiting(browser, server) as page:
        page.open()
        page.open_sandbox("change")
        page.do("levers", moves(5, seed=1))
        pulled = page.do("levers", moves(size.acts, seed=2))
        found = {
            "lever to picture, 100 new pairs, ms": [time for time, _ in pulled],
            "lever to picture, the browser's share, ms": [own for _, own in pulled],
            "lever to answer, the server alone, ms": answered,
            "lever to answer, the server's processor, ms": cost,
        }
        page.open_sheet("stage")
        found["timeline to picture, ms"] = page.do("rush", size.months)
        found["why to its bars, a run's first question, ms"] = ask_why(page, size.acts // 2)
        page.open_sheet("hundred")
        found["deadline to picture, 100 pairs, ms"] = page.do(
            "slide", "#ps-deadline", [20 + index % 90 for index in range(size.acts)]
        )
    apart = sum(map(statistics.median, (answered, found["lever to picture, the browser's share, ms"])))
    with_worst = {"lever to picture, 100 new pairs, each with both cores, ms": apart}
    for name, times in found.items():
        with_worst[name] = statistics.median(times)
        with_worst[name.replace(", ms", ", 95th of 100, ms")] = at_95(times)
    return with_worst


def answer_levers(size: Size) -> tuple[list[float], list[float]]:
    """How long the server takes to answer a lever, and of its processor, while no browser wants the cores."""
    answered, cost = [], []
    with WatchedServer() as server:
        page = SocketPage(server.port)
        page.open()
        for sheet in ({"do": "sandbox"}, {"do": "sheet", "value": "change"}):
            page.act(**sheet)
        for index in range(size.acts + 5):  # the first ones warm up
            lever, turn = LEVERS[index % len(LEVERS)], index // len(LEVERS)
            time.sleep(0.1)
            before = server.seconds_used()
            answered.append(1000 * page.act(do="lever", lever=lever, value=(0.1, 0.9, 0.5)[turn % 3]))
            cost.append(1000 * (server.seconds_used() - before))
        page.line.close()
    return answered[5:], cost[5:]


def at_95(times: Sequence[float]) -> float:
    """What 95 of 100 stay under."""
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


def ask_why(page: Page, n: int) -> list[float]:
    """Pull a lever, and ask why trust moved: a run of which nothing was asked before."""
    times = []
    for index, move in enumerate(moves(n, seed=3)):
        page.open_sheet("change")
        page.page.evaluate("month => partnersim.show(month)", 12 + 7 * index % 100)
        page.do("levers", [move])
        times.append(page.page.evaluate("() => bench.click(() => bench.key('w'), 'main .ps-why')"))
        page.do("settle")
    return times


def measure_playing(browser: Any, size: Size) -> dict[str, Any]:
    """Five years play: when each month comes, what it costs, and what is built anew."""
    found: dict[str, Any] = {}
    with WatchedServer() as server, visiting(browser, server) as page:
        page.open()
        page.press("Menu")
        page.press("The coordinator")
        page.page.evaluate("partnersim.show(0)")
        costs = page.do("rush", size.months)
        page.page.evaluate("partnersim.show(0)")
        page.page.evaluate("months => { window.found = bench.record(months); }", size.months)
        page.page.get_by_role("button", name="Play", exact=True).click()
        played = page.page.evaluate("window.found")
        pace = page.page.evaluate("document.querySelector('.ps-player').__vue__?.view?.pace ?? 160")
        page.page.get_by_role("button", name="Pause", exact=True).click()
        late = [gap - pace for gap in played["months"]]
        found |= {
            "months": len(played["months"]),
            "elements in the pictures": played["n_elements"],
            "elements built or taken away in the pictures": played["built_in_pictures"],
            "elements built or taken away elsewhere": played["built_elsewhere"],
            "the same elements before and after": int(played["is_same"]),
            "attributes set, a month": played["attributes"] / len(played["months"]),
            "things that jumped (cumulative layout shift)": played["shift"],
            "a month's cost to the page, ms": statistics.median(costs),
            "a month's cost to the page, worst, ms": max(costs),
            "from month to month, ms": statistics.median(played["months"]),
            "how late a month comes at worst, ms": max(late),
            "from picture to picture of the screen, ms": statistics.median(played["frames"]),
            "from picture to picture, 95th of 100, ms": at_95(played["frames"]),
            "from picture to picture, worst, ms": max(played["frames"]),
        }
    return found


def measure_together(browser: Any, size: Size) -> dict[str, Any]:
    """Ten connections, which take no core as browsers do, and a browser pull a lever at one moment."""

    def pull(page: SocketPage, at: float, move: tuple[int, int]) -> float:
        lever = {"lever": LEVERS[move[0]], "value": (move[1] + 0.5) / 12, "month": 12 + move[1]}
        return 1000 * page.act(at, do="lever", **lever)

    per_round, painted = [], []
    with WatchedServer() as server, visiting(browser, server) as beside, ThreadPoolExecutor(10) as pool:
        pages = [SocketPage(server.port) for _ in range(10)]
        for page in pages:
            page.open()
            page.act(do="sandbox")
            page.act(do="sheet", value="change")
        beside.open()
        beside.open_sandbox("change")
        for which in range(size.rounds_together + 1):
            at, (own, *others) = time.time() + 0.5, moves(11, seed=100 + which)
            beside.page.evaluate("how => { window.found = bench.lever_at(...how); }", [1000 * at, own])
            per_round.append(list(pool.map(pull, pages, [at] * 10, others)))
            painted.append(beside.page.evaluate("window.found"))
        for page in pages:
            page.line.close()
    # The first round warms up; a lever that makes no difference to a run changes no picture.
    painted = [milliseconds for milliseconds in painted[1:] if milliseconds is not None]
    slowest = [max(times) for times in per_round[1:]]
    return {
        "pages": 10,
        "each, ms": statistics.median(time for times in per_round[1:] for time in times),
        "slowest of ten, ms": statistics.median(slowest),
        "slowest of all, ms": max(slowest),
        "to the picture in a browser beside them, ms": statistics.median(painted or [math.nan]),
    }


def measure_pages(browser: Any, size: Size) -> dict[str, Any]:
    """Many pages, each of a visitor of its own, opened and closed, round after round."""
    found: dict[str, Any] = {"pages": size.pages}
    with WatchedServer() as server:
        _, before = come_and_go(browser, server, 1)
        rounds = [come_and_go(browser, server, size.pages) for _ in range(size.rounds_of_pages)]
    for name, what in (("memory", "MB"), ("threads", "threads"), ("objects", "objects")):
        unit = ", MB" if what == "MB" else ""
        first, last = rounds[0], rounds[-1]
        found |= {
            f"more {name}{unit}": first[0][what] - before[what],
            f"more {name} in round {len(rounds)}{unit}": last[0][what] - before[what],
            f"more {name} when all are closed again{unit}": first[1][what] - before[what],
            f"more {name} when all are closed in round {len(rounds)}{unit}": (last[1][what] - before[what]),
        }
    last = rounds[-1][1]
    return found | {f"left: {name}": last[name] for name in ("pages", "widgets", "listeners")}


def come_and_go(browser: Any, server: WatchedServer, n_pages: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Open pages and close them; what the server keeps while they are open, and after."""
    pages = [Page(browser, server) for _ in range(n_pages)]
    for page in pages:
        page.open()
    opened = server.ask()
    for page in pages:
        page.leave()
    left = settled(server)
    for page in pages:
        page.context.close()
    return opened, left


def settled(server: WatchedServer) -> dict[str, Any]:
    """What is kept, once the pages that were closed are let go."""
    deadline = time.monotonic() + PATIENCE / 1000
    while (kept := server.ask())["pages"] and time.monotonic() < deadline:
        time.sleep(0.2)
    return kept


def measure_hour(browser: Any, size: Size) -> dict[str, Any]:
    """An hour of play of one visitor; what the server and the page keep of it."""
    steps = 10
    with WatchedServer() as server, visiting(browser, server) as page:
        page.open()
        page.open_sandbox("change")
        tools = page.context.new_cdp_session(page.page)
        tools.send("Performance.enable")
        before, heap = server.ask(), heap_of(tools)
        kept, done, seconds, processor = [], dict[str, int](), 0.0, 0.0
        for step in range(steps):
            begun, used = time.perf_counter(), server.seconds_used()
            part = page.do("hour", step + 1, size.interactions // steps)
            seconds += time.perf_counter() - begun
            processor += server.seconds_used() - used
            done = {name: done.get(name, 0) + part.get(name, 0) for name in done | part}
            kept.append(server.ask())
        after, heap_after = server.ask(), heap_of(tools)
        page.open_sheet("debrief")
        page.page.get_by_role("button", name="The change (PNG)").wait_for()
        key = str(page.page.evaluate("door.key()"))
        for name in ("The change (PNG)", "Summary"):
            file = page.page.locator("form", has=page.page.get_by_role("button", name=name))
            address = server.address.rstrip("/") + str(file.get_attribute("action"))
            answer = page.context.request.post(address, form={"room": key})
            assert answer.ok, f"{name}: {answer.status}"
        with_files = server.ask()
    remembered = [sum(now[name] for name in ("runs", "hundreds", "ledgers")) / 2**20 for now in kept]
    memory, half = [now["MB"] for now in kept], steps // 2 - 1
    return {
        "interactions": sum(done.values()),
        "ms an interaction": 1000 * seconds / sum(done.values()),
        "the server's processor, ms an interaction": 1000 * processor / sum(done.values()),
        "memory before, MB": before["MB"],
        "more memory, MB": after["MB"] - before["MB"],
        "of which remembered runs (bounded), MB": remembered[-1],
        "more memory in the second half, MB": memory[-1] - memory[half],
        "more memory in the second half beyond remembered runs, MB": memory[-1]
        - remembered[-1]
        - (memory[half] - remembered[half]),
        "more memory once files were taken home, MB": with_files["MB"] - after["MB"],
        "more threads": after["threads"] - before["threads"],
        "more open files": after["open files"] - before["open files"],
        "the page's heap before, MB": heap["JSHeapUsedSize"],
        "the page's heap, more, MB": heap_after["JSHeapUsedSize"] - heap["JSHeapUsedSize"],
        "the page's nodes, more": heap_after["Nodes"] - heap["Nodes"],
        "the page's listeners, more": heap_after["JSEventListeners"] - heap["JSEventListeners"],
        "memory after each tenth, MB": [round(value, 1) for value in memory],
        "done": done,
    }


def heap_of(tools: Any) -> dict[str, float]:
    """What the page keeps, after all that is garbage was collected; the heap in megabytes."""
    tools.send("HeapProfiler.collectGarbage")
    metrics = tools.send("Performance.getMetrics")["metrics"]
    found = {one["name"]: one["value"] for one in metrics}
    return found | {"JSHeapUsedSize": found["JSHeapUsedSize"] / 2**20}


SECTIONS: dict[str, Callable[[Any, Size], dict[str, Any]]] = {
    "opening": measure_opening,
    "acting": measure_acting,
    "playing": measure_playing,
    "ten pages at once": measure_together,
    "forty pages": measure_pages,
    "an hour of play": measure_hour,
    "phones": lambda browser, size: measure_phones(browser, size.phones),
}


# All of it ---------------------------------------------------------------------------------------


def write_report(results: Mapping[str, Any]) -> str:
    """The results as Markdown."""
    meant = "; ".join(f"'{what}', {meaning}" for what, meaning in MEANT.items())
    notes = (
        "Written by `python benchmarks/app.py`; do not edit. Server and browser share the machine's cores. "
        "Times are medians, taken within the page from an act until the new picture is painted; of ten at "
        "once, until all that answers is there. From a lever to its picture is measured in two ways: while "
        "both share the cores, and as the sum of the server's answer while no browser wants them and of what "
        "the page itself takes before and after. Every act asks for a run that nobody had asked for before, "
        "except where runs are known by name. Memory is that of the server. Goals that had no number are "
        f"understood so: {meant}."
    )
    return measuring.write_report("The workshop app, measured", notes, results, GOALS, SECTIONS)


def main() -> None:
    """Measure what is asked for, and print it or write it."""
    options = read_options(__doc__ or "", SECTIONS)
    if not is_compiled(PARAMETERS):
        compile_all(PARAMETERS)
    with open_browser() as browser:
        sections = {name: partial(measure, browser) for name, measure in SECTIONS.items()}
        results = measure_sections(sections, QUICK if options.quick else FULL, options.only)
        machine = describe_machine("solara") | {"browser": f"Chromium {browser.version}"}
    results |= {"machine": machine}
    publish("app-results", write_report(results), results, GOALS, options)


if __name__ == "__main__":
    main()
