"""The line to one page: what is sent to it is handed over, and not waited for."""

from __future__ import annotations

import asyncio
import threading
from collections import deque

from solara.server.starlette import WebsocketWrapper
from solara.server.websocket import WebSocketDisconnect
from starlette.websockets import WebSocket

MOST_WAITING = 2000
"""Messages that wait for a page that takes none; then its line is given up, and it connects anew."""


class Line(WebsocketWrapper):
    """A connection to a page whose messages are written in turn by the server's own loop.

    Solara has the thread of a page wait until each message is written: a turn to the loop and back
    for each of the dozen messages of an answer, for which ten pages stand in each other's way.
    """

    def __init__(self, ws: WebSocket, portal: object) -> None:
        super().__init__(ws, portal)
        self._lock = threading.Lock()
        self._waiting: deque[str | bytes] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._is_writing = self._is_over = False

    def send_text(self, data: str) -> None:
        """Hand over a message in text."""
        self._hand_over(data)

    def send_bytes(self, data: bytes) -> None:
        """Hand over a message in bytes."""
        self._hand_over(data)

    def _hand_over(self, data: str | bytes) -> None:
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
        """Write what waits, the oldest first, until nothing does."""
        try:
            while True:
                with self._lock:
                    if not self._waiting:
                        self._is_writing = False
                        return
                    data = self._waiting.popleft()
                if isinstance(data, str):
                    await self._send_text_exc(data)
                else:
                    await self._send_bytes_exc(data)
        except WebSocketDisconnect:
            self._is_over = True
            self._waiting.clear()
