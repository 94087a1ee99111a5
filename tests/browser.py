"""A server of the app and a real browser, for tests.

The browser reaches loopback only: what asks for any other host fails its test, as does a request
that fails, an error in the page's console and an error that nobody caught.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest

from partnersim.app.guard import CONNECTIONS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""A browser that asks for nothing by itself."""

PATIENCE = 30_000
"""Milliseconds; machines that run tests are slow and shared."""

PROJECTOR = {"width": 1280, "height": 720}
LOOPBACK = re.compile(r"(https?|wss?)://127\.0\.0\.1[:/]|data:|blob:|about:")


def free_port() -> int:
    """A port that nobody listens to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Server:
    """`partnersim app` in a process of its own.

    Where it is used in a `with`, `printed` is what it had printed when it was stopped.
    """

    def __init__(self, *options: str, code: str = "", **environment: str) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}/"
        self._command = [
            sys.executable,
            "-c",
            f"{code}\nfrom partnersim.cli import main; main()",
            "app",
            "--no-browser",
            "--port",
            str(self.port),
            *options,
        ]
        self._environment = {**os.environ, **environment}
        self.process: subprocess.Popen[str] | None = None
        self.printed = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.printed = self.stop()

    def start(self) -> Server:
        """Start it, and wait until it answers."""
        self.process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self._environment
        )
        deadline = time.monotonic() + PATIENCE / 1000 * 3
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                pytest.fail(f"the server stopped: {self.process.communicate()[0]}")
            try:
                urllib.request.urlopen(f"{self.address}readyz", timeout=5).close()
                return self
            except OSError:
                time.sleep(0.1)
        self.stop()
        pytest.fail("the server did not answer")

    def stop(self) -> str:
        """Stop it as Ctrl-C does; what it printed."""
        if self.process is None:
            return ""
        self.process.send_signal(signal.SIGINT)
        try:
            printed = self.process.communicate(timeout=PATIENCE / 1000)[0]
        except subprocess.TimeoutExpired:
            self.process.kill()
            printed = self.process.communicate()[0]
        self.process = None
        return printed


class SocketPage:
    """What a page sends and is sent, without a browser."""

    def __init__(self, port: int, key: str = "", name: str = "", **named: Any) -> None:
        from websockets.sync.client import connect

        self.name = name or secrets.token_hex(8)
        told = f"&room={key}" if key else ""
        line = connect(
            f"ws://127.0.0.1:{port}{CONNECTIONS}{self.name}/channels?session_id={self.name}{told}",
            additional_headers={"Cookie": "solara-session-id=somebody"},
            max_size=None,
            open_timeout=PATIENCE / 1000,
            **named,
        )
        self.line = line.__enter__()
        self.shown = ""

    def open(self, path: str = "/") -> str:
        """Have a page drawn: the key to its room, which it is told."""
        self._send("comm_open", "control", target_name="solara.control", data={})
        self._send("comm_msg", "control", data={"method": "run", "args": {"path": path}})
        while '"finished"' not in self.shown:
            self._hear()
        found = re.search(r'"room": ?"([\w-]+)"', self.shown)
        return found[1] if found else ""

    def act(self, at: float = 0.0, **message: Any) -> float:
        """Do what a visitor may do, at a moment; seconds until all that answers it is here."""
        opened = re.search(r'"comm_id": "(\w+)"', self.shown[self.shown.index('"events": ["act"') :])
        assert opened is not None
        time.sleep(max(0.0, at - time.time()))
        begun = time.perf_counter()
        content = {"event": "act", "data": message}
        asked = self._send("comm_msg", opened[1], data={"method": "custom", "content": content})
        answer = [self._hear()]
        while not ('"idle"' in answer[-1] and asked in answer[-1]):
            answer.append(self._hear())
        assert any('"update"' in message for message in answer), "nothing came of it"
        return time.perf_counter() - begun

    def _hear(self) -> str:
        message = self.line.recv(timeout=60)
        heard = message if isinstance(message, str) else message.decode(errors="replace")
        self.shown += heard
        return heard

    def _send(self, kind: str, about: str, **content: Any) -> str:
        header = {"msg_type": kind, "msg_id": secrets.token_hex(8), "session": self.name}
        message = {
            "header": header,
            "parent_header": {},
            "metadata": {},
            "channel": "shell",
            "content": {"comm_id": about, **content},
            "buffers": [],
        }
        self.line.send(json.dumps(message))
        return header["msg_id"]


class Visitor:
    """One browser of its own, and what went wrong in it."""

    def __init__(self, browser: Any, address: str, **options: Any) -> None:
        self.context = browser.new_context(viewport=options.pop("viewport", PROJECTOR), **options)
        self.context.set_default_timeout(PATIENCE)
        self.address = address
        self.problems: list[str] = []
        self.is_cut_off = False  # on purpose: what is complained of then is no fault of the page
        self.asked: list[str] = []
        self.context.route("**/*", self._check)
        self.page = self.open_page()

    def _check(self, route: Any) -> None:
        url = route.request.url
        self.asked.append(url)
        if LOOPBACK.match(url):
            route.continue_()
        else:
            self.problems.append(f"asked for {url}")
            route.abort()

    def open_page(self) -> Any:
        """Open another page of the same browser."""
        return self._watch(self.context.new_page())

    def open_window(self, name: str) -> Any:
        """Open the notes or the researchers' window, as the page's menu does."""
        with self.context.expect_page() as opened:
            self.page.evaluate("name => void window.open(`/${name}`)", name)
        page = self._watch(opened.value)
        page.wait_for_selector(".ps")
        return page

    def key(self) -> str:
        """The key to the page's room."""
        return str(self.page.evaluate("door.key()"))

    def _watch(self, page: Any) -> Any:
        """Note what goes wrong in a page."""
        page.on("pageerror", lambda error: self.problems.append(f"not caught: {error}"))
        page.on("requestfailed", self._note_failure)
        page.on("response", self._note_status)
        page.on("console", self._note_console)
        return page

    def _note_failure(self, request: Any) -> None:
        # What a page had asked for when it was left is dropped; that is no failure.
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"failed: {request.url} {request.failure}")

    def _note_status(self, response: Any) -> None:
        if response.status >= 400:
            self.problems.append(f"status {response.status}: {response.url}")

    def _note_console(self, message: Any) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text[:300]}")

    def go(self, path: str = "", page: Any = None) -> Any:
        """Open a page of the app, and wait until it is there."""
        page = page or self.page
        page.goto(self.address + path)
        page.wait_for_selector(".ps")
        return page

    def close(self) -> None:
        """Close the browser; nothing may have gone wrong in it."""
        self.context.close()
        assert self.is_cut_off or not self.problems, self.problems


@contextmanager
def visit(browser: Any, address: str, **options: Any) -> Iterator[Visitor]:
    """A visitor who has opened the app."""
    visitor = Visitor(browser, address, **options)
    try:
        visitor.go()
        yield visitor
    except BaseException:
        visitor.context.close()
        raise
    visitor.close()


@contextmanager
def open_file(browser: Any, file: Path, size: tuple[int, int] = (1280, 720)) -> Iterator[Any]:
    """A page opened from a file, in which nothing goes wrong and which asks for nothing else."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, offline=True)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text))
    page.on("request", lambda request: problems.append(request.url))
    page.goto(file.as_uri())
    yield page
    context.close()
    assert [problem for problem in problems if not problem.startswith("blob:")] == [file.as_uri()]


@contextmanager
def open_browser() -> Iterator[Any]:
    """A browser, or a reason to skip."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    if CHROMIUM is None:
        pytest.skip("needs chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


# --- what people do -------------------------------------------------------------------------------


def expect(locator: Any) -> Any:
    from playwright.sync_api import expect as expect_of

    expect_of.set_options(timeout=PATIENCE)
    return expect_of(locator)


def button(page: Any, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def open_story(page: Any, title: str) -> None:
    button(page, "Menu").click()
    button(page, title).click()
    expect(page.locator(".ps-menu")).to_have_count(0)
    at_screen(page, 1)


def open_sandbox(page: Any) -> None:
    button(page, "Menu").click()
    button(page, "No story: try things out").click()
    expect(page.locator("main.ps-main-stage")).to_be_visible()
    expect(page.locator(".ps-where")).to_have_count(0)


def at_screen(page: Any, number: int) -> None:
    """Wait until the story is at a screen, counted from 1."""
    expect(page.locator(".ps-where")).to_have_text(re.compile(rf"^{number} of \d+$"))


def go_to(page: Any, number: int) -> None:
    """Go to a screen of the story, counted from 1."""
    button(page, "Menu").click()
    page.get_by_label("Chapters").select_option(index=number - 1)
    at_screen(page, number)


def open_sheet(page: Any, key: str, name: str) -> None:
    """Open something over the stage by its key."""
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press(key)
    expect(page.locator(f"main.ps-main-{name}")).to_be_visible()


def close_sheet(page: Any) -> None:
    """Close what is open over the stage."""
    page.keyboard.press("Escape")
    expect(page.locator("main.ps-main-stage")).to_be_visible()


def compare_with_ana(page: Any) -> None:
    """In the sandbox, let Ana look after the whole from the start."""
    open_sandbox(page)
    open_sheet(page, "c", "change")
    button(page, "People, events").click()
    page.get_by_label("Who looks after the partnership?").select_option(label="Ana, employed by none of them")
    expect(page.locator(".ps-five-to-three .ps-sentence")).to_contain_text("with Ana than without")


def bet(page: Any, *counts: int) -> None:
    """Type how many say what, and close the bets."""
    hands = page.locator("form.ps-ask input[type=number]")
    for index, count in enumerate(counts):
        hands.nth(index).fill(str(count))
    button(page, "Bets are closed").click()
    expect(page.locator("form.ps-ask")).to_have_count(0)


def play_to_the_answer(page: Any) -> None:
    """Play, and skip from stop to stop until the room's bet is answered."""
    page.evaluate("document.activeElement.blur()")
    for _ in range(12):
        if page.locator(".ps-answer").count():
            return
        page.evaluate("partnersim.play(); partnersim.skip()")
        settle(page)
    raise AssertionError("the bet was not answered")


def tab_to(page: Any, what: Any) -> None:
    """Press Tab until something, a locator or a selector, has the focus, which has to be seen."""
    wanted = page.locator(what) if isinstance(what, str) else what
    for _ in range(80):
        page.keyboard.press("Tab")
        if wanted.evaluate_all("all => all.includes(document.activeElement)"):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "4px", what
            return
    pytest.fail(f"the keyboard does not reach {what}")


def settle(page: Any) -> None:
    """Wait until the page has stopped changing."""
    page.evaluate(
        """() => new Promise(resolve => {
          let timer = setTimeout(resolve, 250);
          const watch = new MutationObserver(() => {
            clearTimeout(timer);
            timer = setTimeout(() => { watch.disconnect(); resolve(); }, 250);
          });
          watch.observe(document.body, { childList: true, subtree: true, attributes: true });
        })"""
    )
