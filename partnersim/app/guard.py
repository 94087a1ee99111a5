"""Guard the app: a request that comes from elsewhere is turned away at the door.

A browser lets any page that it shows send requests to any server, this one too; it says with each
whose page that is. Nothing is done here for a page that this server did not send. Names, forwarded
addresses and the like are what a visitor says of itself: none of them is believed.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import h11
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocketClose
from uvicorn.protocols.http.h11_impl import H11Protocol

from partnersim.app.room.addresses import is_loopback
from partnersim.app.words import words
from partnersim.scenario.errors import ServingError

LOG = logging.getLogger(__name__)

MOST_PAGES = 200
"""Pages open at once; each takes a thread and about a megabyte."""

REQUEST_WITHIN = 20.0
"""Seconds in which a whole request has to arrive, counted from when it is waited for."""

PING_EVERY, PONG_WITHIN = 20.0, 40.0
"""Seconds between pings, and to wait for an answer; a page that gives none is gone."""

FULL = 4503
"""The code that a connection is closed with where there is room for no page more."""

KEY_HEADER = "x-partnersim-room"
"""The header by which the key that a page told is handed on to what draws the page."""

READING = ("GET", "HEAD")
"""Requests that change nothing."""

CONNECTIONS = "/jupyter/api/kernels/"
"""The beginning of the address at which a page connects; the name of the page follows."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def read_public_address(address: str) -> str:
    """Give the origin that a proxy serves the app at, as browsers write it.

    Raises
    ------
    ServingError
        For anything but a scheme, a host and perhaps a port.
    """
    problem = (
        f"--behind-proxy {address}: give the address that visitors open, without a path, such as "
        "https://workshop.example.org"
    )
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError:
        raise ServingError(problem) from None
    is_plain = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    if parts.scheme not in ("http", "https") or not parts.hostname or not is_plain:
        raise ServingError(problem)
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    is_usual = port in (None, {"http": 80, "https": 443}[parts.scheme])
    return f"{parts.scheme}://{name}" if is_usual else f"{parts.scheme}://{name}:{port}"


class Guard:
    """Middleware that lets in what may come in; it stands before everything else.

    Parameters
    ----------
    app
        The application that is guarded.
    host
        The address at which the server listens.
    public
        The origin at which a proxy serves it; empty where there is none.
    for_others
        The paths that are there for other machines; all of them where empty.
    may_open
        Whether there is room for a page: by its name, by how many are open or about to be, and by
        the key that it told.
    """

    def __init__(
        self,
        app: App,
        host: str,
        public: str,
        may_open: Callable[[str, set[str], str], bool],
        for_others: frozenset[str] = frozenset(),
    ) -> None:
        self._app = app
        self._for_others = for_others
        self._public = urlsplit(public) if public else None
        own = socket.gethostname().lower()
        self._names = {"localhost", host.lower(), own, f"{own}.local"}
        if self._public:
            self._names.add(self._public.hostname or "")
        self._may_open = may_open
        self._connected: dict[str, int] = {}
        self._has_warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or turn it away."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        problem = self._what_is_wrong(scope)
        if problem:
            refusal = PlainTextResponse(words()(problem), status_code=403)
            answer: Any = refusal if scope["type"] == "http" else WebSocketClose(1008)
            await answer(scope, receive, send)
            return
        scope = self._without_claims(scope)
        # Phones are counted by their room: they take no thread, and a few kilobytes.
        if scope["type"] == "websocket" and scope["path"].startswith(CONNECTIONS):
            await self._connect(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _what_is_wrong(self, scope: Scope) -> str:
        """Return the key of the words that say why a request is turned away; empty where it is not."""
        if self._for_others and scope["path"] not in self._for_others:
            client = scope.get("client")  # the address that it really came from
            if client is None or not is_loopback(client[0]):
                return "door.phones"
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_own(host):
            return "door.host"
        is_reading = scope["type"] == "http" and scope["method"] in READING
        # Programs that are no browsers have no origin: no page makes them do anything.
        origins = headers.getlist("origin")
        if is_reading or not origins:
            return ""
        is_safe = scope["scheme"] in ("https", "wss")
        own = f"{'https' if is_safe else 'http'}://{host}".lower()
        if self._public:
            own = self._public.geturl()
        if origins == [own]:
            return ""
        if not self._has_warned:  # once: it comes from strangers, and as often as they like
            self._has_warned = True
            LOG.warning(
                "a page of %.200r asked for something and was refused; if that is where a proxy of "
                "yours serves the workshop, start it with --behind-proxy",
                origins[0],
            )
        return "door.origin"

    def _is_own(self, host: str) -> bool:
        """Return whether a name is this server's: whoever owns another may let it mean this machine.

        Then a browser takes pages of its owner for ours. A number cannot be made to mean another.
        """
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name.rstrip(".") in self._names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _without_claims(self, scope: Scope) -> Scope:
        """Return the request without what a visitor says of who asks, and under which address."""
        kept = [
            (name, value)
            for name, value in scope["headers"]
            if not name.startswith(b"x-") and name not in (b"forwarded", b"script-name")
        ]
        scope = {**scope, "headers": kept}
        if self._public:
            host = self._public.netloc.encode()
            scope["headers"] = [(n, host if n == b"host" else v) for n, v in kept]
            plain = {"http": "http", "websocket": "ws"}[scope["type"]]
            scope["scheme"] = f"{plain}s" if self._public.scheme == "https" else plain
        return scope

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Connect a page, where there is room for it, and hand on the key that it told."""
        query = parse_qs(scope["query_string"].decode("ascii", "replace"))
        key = query.pop("room", [""])[0]
        page = scope["path"].removeprefix(CONNECTIONS).partition("/")[0]
        if not self._may_open(page, set(self._connected), key):
            await receive()
            await send({"type": "websocket.accept"})  # a refusal has no code that a page could read
            await send({"type": "websocket.close", "code": FULL})
            return
        scope["query_string"] = urlencode(query, doseq=True).encode()
        if key.isascii():
            scope["headers"] = [*scope["headers"], (KEY_HEADER.encode(), key.encode())]
        self._connected[page] = self._connected.get(page, 0) + 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._connected[page] -= 1
            if not self._connected[page]:
                del self._connected[page]


class Connection(H11Protocol):
    """A connection that is closed where nothing, or only a part of a request, comes through it."""

    _deadline: asyncio.TimerHandle | None = None

    # A server's protocol is given no other kind of transport, which asyncio's types do not say.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take what came; go on waiting where that is not all."""
        super().data_received(data)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting: the connection is gone."""
        super().connection_lost(exc)
        self._stop()

    def _wait(self) -> None:
        is_page = self.transport.get_protocol() is not self  # it answers pings from now on
        if is_page or self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._stop()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_WITHIN, self.transport.abort)

    def _stop(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
