"""Messages to a page keep their order, nobody waits for them, and who takes none is given up."""

from __future__ import annotations

import asyncio

import pytest

from partnersim.app.server import assets_folder

assets_folder()  # Solara reads its settings when it is imported

from solara.server.websocket import WebSocketDisconnect  # noqa: E402

from partnersim.app import outbox  # noqa: E402


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
