"""What is sent to a page: one message an act with what has changed, in order, and nobody waits for it."""

from __future__ import annotations

import asyncio
import json
import re
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from partnersim.app.server import assets_folder

assets_folder()  # Solara reads its settings when it is imported

from solara.server.websocket import WebSocketDisconnect  # noqa: E402

from partnersim.app import components, outbox  # noqa: E402
from tests.browser import Server, SocketPage  # noqa: E402

TEMPLATES = Path(components.__file__).parent


class Page:
    """A page's side of a connection, which takes messages once it is asked to."""

    def __init__(self, *, is_gone: bool = False) -> None:
        self.took: list[str | bytes] = []
        self.reads = asyncio.Event()
        self._is_gone = is_gone

    async def take(self, data: str | bytes) -> None:
        await self.reads.wait()
        if self._is_gone:
            raise RuntimeError("Cannot call 'send' once a close message has been sent: websocket.close")
        self.took.append(data)

    send_text = send_bytes = take


def send(page: Page, *messages: str | bytes) -> None:
    """Hand messages over from another thread, as a page's own does, and let the page read."""

    async def hand_over() -> None:
        made = outbox.Outbox(page, None)  # type: ignore[arg-type]
        await asyncio.to_thread(lambda: [made.send(message) for message in messages])
        page.reads.set()
        while made._is_writing and not made._is_over:
            await asyncio.sleep(0)
        if page.took != list(messages):
            with pytest.raises(WebSocketDisconnect):
                made.send("one more")

    asyncio.run(hand_over())


def test_messages_come_in_order_and_nobody_waits_for_them() -> None:
    page, messages = Page(), [*map(str, range(50)), b"51"]
    send(page, *messages)
    assert page.took == messages


def test_a_page_that_is_gone_is_sent_nothing_more() -> None:
    page = Page(is_gone=True)
    send(page, "one", "two")
    assert page.took == []


def test_a_page_that_takes_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MOST_WAITING", 3)
    with pytest.raises(WebSocketDisconnect):
        send(Page(), *map(str, range(5)))


def changed_by(page: SocketPage, **act: Any) -> list[set[str]]:
    """Do something; for each message of what has changed, the parts that are in it."""
    before = len(page.shown)
    page.act(**act)
    heard, found = page.shown[before:], []
    while heard:
        message, end = json.JSONDecoder().raw_decode(heard)
        data = message["content"].get("data", {})
        if data.get("method") == "update":
            found.append(set(data["state"]))
        heard = heard[end:]
    return found


def test_an_act_is_answered_by_one_message_that_has_what_changed_alone() -> None:
    with Server() as server:
        page = SocketPage(server.port)
        page.open()
        page.act(do="sandbox")
        assert changed_by(page, do="line", value="trust") == [{"chart", "line"}]
        (opened,) = changed_by(page, do="sheet", value="change")
        assert {"change", "offered", "change_chart", "changed", "lanes", "network"} <= opened
        (pulled,) = changed_by(page, do="lever", lever="delegated_authority", value=0.9)
        assert pulled == {"change", "change_chart", "changed", "top", "player"}
        (undone,) = changed_by(page, do="undo")
        assert undone == pulled
        page.line.close()


@pytest.mark.parametrize("page", [components.Projector, components.Facilitator, components.Researcher])
def test_a_page_shows_every_part_that_it_is_given_and_knows_every_template(page: Any) -> None:
    template = (TEMPLATES / "pages" / f"{page.__name__}.vue").read_text("utf-8")
    shown = set(re.findall(r"\b[a-z_]+\b", template))
    parts = set(signature(page).parameters) - {"components", "event_act"}
    assert parts <= shown
    assert set(re.findall(r':\w+="(\w+)"', template)) <= parts | {"act"}
    assert set(re.findall(r"<(ps-\w+)", template)) <= set(components.PARTS.data)


def test_a_part_that_a_page_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="Facilitator has no chart"):
        components.Facilitator(notes={}, chart={}, event_act=lambda message: None)
