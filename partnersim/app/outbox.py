"""Messages to a page are handed over, and not waited for."""

from __future__ import annotations

import asyncio
from collections import deque
from threading import Lock

from solara.server.starlette import WebsocketWrapper
from solara.server.websocket import WebSocketDisconnect
from starlette.websockets import WebSocket

MOST_WAITING = 2000
"""Messages that wait for a page that takes none; then its connection is given up."""


class Outbox(WebsocketWrapper):
    """A connection to a page whose messages the server's own loop writes, the oldest first.

    Solara has the thread of a page wait until each of the dozen messages of an answer is written: a turn
    to the loop and back, for which ten pages stand in each other's way.
    """

    def __init__(self, ws: WebSocket, portal: object) -> None:
        super().__init__(ws, portal)
        self._lock = Lock()
        self._waiting: deque[str | bytes] = deque()
        self._writer: asyncio.Task[None] | None = None  # the loop itself holds no task
        self._is_writing = self._is_over = False

    def send(self, data: str | bytes) -> None:
        """Hand over a message."""
        with self._lock:
            if self._is_over or len(self._waiting) >= MOST_WAITING:
                raise WebSocketDisconnect
            self._waiting.append(data)
            if self._is_writing:
                return
            self._is_writing = True
        self.event_loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        self._writer = self.event_loop.create_task(self._write())

    async def _write(self) -> None:
        """Write until nothing waits."""
        try:
            while True:
                with self._lock:
                    if not self._waiting:
                        self._is_writing = False
                        return
                    data = self._waiting.popleft()
                await (self._send_text_exc(data) if isinstance(data, str) else self._send_bytes_exc(data))
        except WebSocketDisconnect:
            self._is_over = True
            self._waiting.clear()
