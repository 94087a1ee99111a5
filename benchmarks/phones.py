"""Phones as a load: how soon many join, and how soon a bet of all stands on the shared screen.

Phones are connections of one process, which speak as the page for phones does; the shared screen is
that of a real browser. All share the machine's cores, so what is measured is more than the server.
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.sync.client import connect as connect_desk

from tests.browser import PATIENCE, PROJECTOR, SocketPage
from tests.probe import WatchedServer

ROUNDS = 5
"""Bets of all that are measured, after one that warms up."""

MOST_SCREENS = 12
"""Screens of a story, the one that asks among them."""

QUIET = 0.5
"""Seconds in which nothing more is told."""

COUNT_BETS = """
wanted => new Promise(resolve => {
  const look = () => {
    const bets = [...document.querySelectorAll(".bars li b")].map(one => Number(one.textContent));
    if (JSON.stringify(bets) === JSON.stringify(wanted)) requestAnimationFrame(() => resolve(Date.now()));
    else requestAnimationFrame(look);
  };
  look();
})
"""
"""Runs in the shared screen; resolves with the time at which these counts are painted."""


class Phones:
    """Phones that have joined a room, as connections in a thread of their own."""

    def __init__(self, port: int, code: str, n: int) -> None:
        self._port, self._code, self._n = port, code, n
        self._lines: list[ClientConnection] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def join(self) -> float:
        """Let all join at once, page and all; seconds until each of them shows something."""
        begun = time.perf_counter()
        self._lines = self._do(self._join_all())
        return time.perf_counter() - begun

    def bet(self, options: list[int]) -> None:
        """Let all bet at once."""
        self._do(self._bet_all(options))

    def close(self) -> None:
        """Let all go."""
        self._do(self._close_all())
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _do(self, what: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(PATIENCE / 1000)

    async def _join_all(self) -> list[ClientConnection]:
        return list(await asyncio.gather(*(self._join_one() for _ in range(self._n))))

    async def _join_one(self) -> ClientConnection:
        await self._load_page()
        line = await connect(
            f"ws://127.0.0.1:{self._port}/room/phone", open_timeout=PATIENCE / 1000, compression=None
        )
        await line.send(json.dumps({"code": self._code}))
        message = json.loads(await line.recv())
        assert message["view"]["kind"], message
        return line

    async def _load_page(self) -> None:
        """Load the page, as a browser does that was never there."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(f"GET /join HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"content-length: (\d+)", head)
        assert head.startswith("HTTP/1.1 200") and length, head
        await reader.readexactly(int(length[1]))
        writer.close()

    async def _bet_all(self, options: list[int]) -> None:
        acts = [json.dumps({"do": "bet", "option": option}) for option in options]
        await asyncio.gather(*(line.send(act) for line, act in zip(self._lines, acts, strict=True)))

    async def _close_all(self) -> None:
        await asyncio.gather(*(line.close() for line in self._lines))


class Desk:
    """A facilitator's desk, without a browser."""

    def __init__(self, port: int, session: str) -> None:
        self._line = connect_desk(f"ws://127.0.0.1:{port}/room/desk", max_size=None)
        self._line.send(json.dumps({"session": session}))
        self.view: dict[str, Any] = {}
        self.key = str(self._hear()["key"])

    def act(self, **message: Any) -> None:
        """Do something."""
        self._line.send(json.dumps(message))

    def close(self) -> None:
        """Close the desk."""
        self._line.close()

    def catch_up(self) -> None:
        """Hear all that is told, until nothing more comes."""
        try:
            while True:
                self._hear(QUIET)
        except TimeoutError:
            return

    def _hear(self, seconds: float = PATIENCE / 1000) -> dict[str, Any]:
        message = json.loads(self._line.recv(timeout=seconds))
        self.view |= message.get("view", {})
        return dict(message)


@contextmanager
def asking_room(port: int) -> Iterator[Desk]:
    """A workshop that asks something, and the desk of its room, which lets phones show it."""
    page = SocketPage(port)
    desk = Desk(port, page.open())
    try:
        desk.act(do="mode", mode="bet")
        for _ in range(MOST_SCREENS):
            desk.catch_up()
            if desk.view["question"]:
                break
            page.act(do="next")
        yield desk
    finally:
        desk.close()
        page.line.close()


def measure_phones(browser: Any, n: int) -> dict[str, Any]:
    """Let phones join at once, and bet at once, again and again."""
    with WatchedServer() as server, asking_room(server.port) as desk:
        n_options = len(desk.view["bets"])
        context = browser.new_context(viewport=PROJECTOR)
        context.add_init_script(f"sessionStorage.setItem('partnersim desk key', '{desk.key}')")
        screen = context.new_page()
        screen.goto(f"{server.address}screen")
        screen.wait_for_selector("h1")
        before = server.ask()["MB"]
        phones = Phones(server.port, desk.view["code"], n)
        joined = phones.join()
        after = server.ask()["MB"]
        shown = []
        for which in range(ROUNDS + 1):
            # All bet on another option than before, and no two rounds have the same counts.
            first = n * (which + 1) // (ROUNDS + 2)
            options = [(which + (phone >= first)) % n_options for phone in range(n)]
            wanted = [options.count(option) for option in range(n_options)]
            painted = screen.evaluate_handle(f"() => ({{ when: ({COUNT_BETS})({json.dumps(wanted)}) }})")
            begun = 1000 * time.time()
            phones.bet(options)
            shown.append(float(painted.evaluate("async one => await one.when")) - begun)
        phones.close()
        context.close()
    return {
        "phones": n,
        "all have joined, s": joined,
        "bets of all on the shared screen, ms": statistics.median(shown[1:]),
        "bets of all on the shared screen, worst, ms": max(shown[1:]),
        "more memory a phone, kB": 1024 * (after - before) / n,
    }
