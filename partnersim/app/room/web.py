"""Connect phones, the facilitator's desk and the shared screen to their room.

Each page is one plain file; what it shows comes over a WebSocket, each time only what has changed. The
guard stands before all of it. What a page sends is read as an act whose every field is bounded.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from html import escape
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from partnersim.app.pages.rooms import ROOMS
from partnersim.app.room import mirror, surfaces
from partnersim.app.room.addresses import origins
from partnersim.app.room.phones import MOST_PLEDGE, PHONES, Kept, PhoneRoom, RoomError
from partnersim.scenario.errors import InputError
from partnersim.scenario.files import parse_json

LOG = logging.getLogger(__name__)

PHONE_PATHS = frozenset(("/join", "/room/phone"))
"""The addresses that a phone needs; with `--phones` nothing else is there for other machines."""

MOST_LETTERS, MOST_LETTERS_DESK = 2000, 100_000
"""The longest message of a phone, and of a desk."""

HELLO_WITHIN = 20.0
"""Seconds in which a page says who it is."""

TICK = 0.1
"""Seconds between looks at the clock and at the bets."""

PAUSE = 0.04
"""Seconds from one view to the next on a desk or a shared screen."""

Number = Annotated[int, Field(ge=0, le=10**6)]
Name = Annotated[str, Field(max_length=80)]


class Hello(BaseModel):
    """The first thing that a page says: who it is."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    code: Name = ""
    token: Name = ""
    key: Name = ""
    session: Name = ""
    kept: dict[str, Any] | None = None


class PhoneAct(BaseModel):
    """One thing that somebody did on a phone."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    do: Literal["bet", "pledge", "sit", "move", "done", "answer"]
    option: Number = 0
    text: Annotated[str, Field(max_length=MOST_PLEDGE)] = ""
    seat: Name = ""
    move: Name = ""
    question: Name = ""
    choice: Name = ""


class DeskAct(BaseModel):
    """One thing that the facilitator did."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    do: Literal[
        "mode", "lock", "remove", "free", "close_bets", "take_pledge", "begin_round", "end_round", "clock",
        "look_back", "begin_anew", "end", "address", "open_place", "add_table", "answer",
    ]  # fmt: skip
    mode: Literal["welcome", "bet", "pledge", "game", "mirror"] = "welcome"
    phase: Literal["over", "moves"] = "over"
    number: Number = 0
    is_on: bool = False
    seat: Name = ""
    question: Name = ""
    choice: Name = ""


def do_on_phone(room: PhoneRoom, token: str, act: PhoneAct) -> None:
    """Do what somebody did on a phone.

    Raises
    ------
    RoomError
        If it cannot be done just now.
    """
    match act.do:
        case "bet":
            room.bet(token, act.option)
        case "pledge":
            room.pledge(token, act.text)
        case "sit":
            room.sit(token, act.seat)
        case "move":
            room.move(token, act.move, act.choice)
        case "done":
            room.say_done(token)
        case "answer":
            room.answer(token, act.question, act.choice)


def do_on_desk(room: PhoneRoom, act: DeskAct) -> None:
    """Do what the facilitator did."""
    match act.do:
        case "mode":
            room.mode = act.mode
        case "address":
            room.address = act.number
        case "lock":
            room.is_locked = act.is_on
        case "remove":
            room.remove(act.number)
        case "free":
            room.free(act.seat)
        case "close_bets":
            room.close_bets()
        case "take_pledge":
            room.take_pledge(act.number, is_kept=act.is_on)
        case "clock":
            room.hold_clock(is_running=act.is_on)
        case "look_back":
            room.look_back(act.phase)
        case "end":
            PHONES.close(room)
        case "answer":
            room.answer_for(act.number, act.question, act.choice)
        case "begin_round" | "end_round" | "begin_anew" | "open_place" | "add_table":
            getattr(room, act.do)()
    room.tell()


# --- lines ---------------------------------------------------------------------------------------


class Line:
    """A connection of a page: it is sent what it shows, whenever that has changed.

    Parameters
    ----------
    websocket
        The connection, accepted.
    view
        Makes what the page shows.
    is_quick
        Returns whether that takes no longer than a thread would take to start.
    """

    def __init__(
        self, websocket: WebSocket, view: Callable[[], dict[str, Any]], is_quick: Callable[[], bool]
    ) -> None:
        self._websocket, self._view, self._is_quick = websocket, view, is_quick
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._shown: dict[str, Any] = {}

    def hear(self) -> None:
        """Something changed; any thread may say so."""
        with suppress(RuntimeError):  # the server has stopped
            self._loop.call_soon_threadsafe(self._changed.set)

    async def send(self, **more: Any) -> None:
        """Send what has changed on the page since the last time."""
        view = self._view() if self._is_quick() else await run_in_threadpool(self._view)
        changed = {name: value for name, value in view.items() if self._shown.get(name, ...) != value}
        gone = {name: None for name in self._shown.keys() - view.keys()}
        self._shown = view
        if changed or gone or more:
            await self._websocket.send_text(json.dumps({"view": {**gone, **changed}, **more}))

    async def serve(self, act: Callable[[str], str], room: PhoneRoom | None = None) -> None:
        """Do what the page asks for and show what comes of it, until it goes.

        Where a room is given, it also sees to what is due there.
        """
        listening = asyncio.create_task(self._listen(act))
        try:
            while not listening.done():
                self._changed.clear()
                await self.send()
                await self._wait(listening, room)
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await listening

    async def _wait(self, listening: asyncio.Task[None], room: PhoneRoom | None) -> None:
        changed = asyncio.create_task(self._changed.wait())
        pause = TICK if room else None
        if room is not None:  # while all bet at once, the staff is shown the sum and not each bet
            await asyncio.sleep(PAUSE)
        while not (changed.done() or listening.done()):
            await asyncio.wait({changed, listening}, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
            if room is not None and room.is_due:
                await run_in_threadpool(room.catch_up)
        changed.cancel()

    async def _listen(self, act: Callable[[str], str]) -> None:
        while True:
            text = await self._websocket.receive_text()
            problem = act(text) if self._is_quick() else await run_in_threadpool(act, text)
            if problem:
                await self._websocket.send_text(json.dumps({"problem": problem}))


async def _hello(websocket: WebSocket, most: int) -> Hello | None:
    """Hear who a page is; None where it does not say so in time, or in no way that can be read."""
    await websocket.accept()
    try:
        text = await asyncio.wait_for(websocket.receive_text(), HELLO_WITHIN)
        return Hello.model_validate(parse_json(text, "", "message")) if len(text) <= most else None
    except (TimeoutError, ValidationError, InputError):
        return None


async def _refuse(websocket: WebSocket, why: str) -> None:
    """Tell in plain words why a page does not come in."""
    await websocket.send_text(json.dumps({"refused": why, "problem": surfaces.texts()(f"join.{why}")}))
    await websocket.close()


def _read(kind: type[Any], text: str, most: int, do: Callable[[Any], None]) -> str:
    """Read an act and do it; what cannot be done is returned in plain words."""
    try:
        if len(text) > most:
            return surfaces.texts()("join.cannot")
        do(kind.model_validate(parse_json(text, "", "message")))
    except RoomError as error:
        return surfaces.texts()(f"join.{error}")
    except InputError as error:
        return str(error)
    except (ValidationError, ValueError, KeyError):
        return surfaces.texts()("join.cannot")
    except Exception:  # a fault of the program: whoever tapped is to know that nothing came
        LOG.exception("what was done in the room could not be done")
        return surfaces.texts()("join.cannot")
    return ""


async def phone_line(websocket: WebSocket) -> None:
    """Serve a phone."""
    with suppress(WebSocketDisconnect):
        hello = await _hello(websocket, MOST_LETTERS)
        room = PHONES.find_code(hello.code) if hello else None
        if hello is None or room is None:
            return await _refuse(websocket, "wrong_code")
        try:
            token = room.join(hello.token)
        except RoomError as error:
            return await _refuse(websocket, str(error))
        # In these modes no run is asked for.
        line = Line(websocket, lambda: surfaces.show_phone(room, token), lambda: room.mode != "game")
        stop = room.listen(token, line.hear)
        try:
            await line.send(token=token)
            await line.serve(
                lambda text: _read(PhoneAct, text, MOST_LETTERS, lambda act: do_on_phone(room, token, act))
            )
        finally:
            stop()
            room.leave(token)


async def desk_line(websocket: WebSocket) -> None:
    """Serve a facilitator's desk: that of the room whose key it has, or of a new one."""
    with suppress(WebSocketDisconnect):
        hello = await _hello(websocket, MOST_LETTERS_DESK)
        if hello is None:
            return await _refuse(websocket, "cannot")
        session = ROOMS.find(hello.session)
        try:
            room = PHONES.find(hello.key) or PHONES.find_session(session) or PHONES.open(_kept(hello))
        except RoomError as error:
            return await _refuse(websocket, str(error))
        if session is not None:
            room.session = session
        await _serve_staff(websocket, room, surfaces.show_desk, key=room.key)


async def screen_line(websocket: WebSocket) -> None:
    """Serve a shared screen."""
    with suppress(WebSocketDisconnect):
        hello = await _hello(websocket, MOST_LETTERS)
        room = PHONES.find(hello.key) if hello else None
        if room is None:
            return await _refuse(websocket, "wrong_code")
        await _serve_staff(websocket, room, surfaces.show_screen)


async def _serve_staff(
    websocket: WebSocket,
    room: PhoneRoom,
    show: Callable[[PhoneRoom, list[str]], dict[str, Any]],
    **first: str,
) -> None:
    """Serve a desk or a screen; a screen asks for nothing, and nothing that it asks for is done."""
    # Where phones find the page to join; none where only this machine does.
    state, port = websocket.app.state, websocket.url.port or 80
    addresses = [f"{origin}/join" for origin in origins(state.host, state.public, port)]
    line = Line(websocket, lambda: show(room, addresses), lambda: False)
    stops = [room.listen("staff", line.hear)]
    if room.session is not None:
        stops.append(room.session.listen(room.hear_workshop))

    def act(text: str) -> str:
        if not first:
            return ""
        return _read(DeskAct, text, MOST_LETTERS_DESK, lambda act: do_on_desk(room, act))

    try:
        await line.send(**first)
        await line.serve(act, room)
    finally:
        for stop in stops:
            stop()


def _kept(hello: Hello) -> Kept | None:
    """Read what a desk has kept of its room; what cannot be is left out."""
    try:
        return Kept.model_validate(hello.kept) if hello.kept else None
    except ValidationError:
        return None


# --- pages and files -----------------------------------------------------------------------------


SURFACES = {"/join": "phone", "/desk": "desk", "/screen": "screen"}
"""The pages at each address."""


async def page(request: Request) -> Response:
    """Answer with the page of a surface."""
    return HTMLResponse(_written(request.url.path))


@cache
def _written(path: str) -> str:
    """Write the page of a surface, with its words and scripts in it: one request, on any network."""
    surface, title = SURFACES[path], surfaces.texts()(f"page.{path[1:]}")
    labels = json.dumps(surfaces.labels(surface)).replace("<", "\\u003c")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>"
        f'<link rel="icon" href="data:,"><style>{_asset("room.css")}</style></head>'
        f'<body class="{surface}"><main id="page"></main><div id="problem" role="alert"></div>'
        f"<script>const LABELS = {labels};</script>"
        f"<script>{_asset('room.js')}</script><script>{_asset(f'{surface}.js')}</script></body></html>"
    )


def _asset(name: str) -> str:
    return (files("partnersim") / "app" / "room" / "assets" / name).read_text(encoding="utf-8")


async def scenario_file(request: Request) -> Response:
    """Answer with the game, or a place of our own, as a scenario file; the key is in no address."""
    form = (await request.body())[:MOST_LETTERS].decode("ascii", "replace")
    room = PHONES.find(form.removeprefix("key="))
    name = request.path_params["name"]
    if room is None or name not in ("game", "our-place"):
        return PlainTextResponse(surfaces.texts()("join.ended"), status_code=404)
    if name == "our-place":
        text = mirror.to_file(room.tables())
    else:
        game = room.game
        text = f"# partnersim run game.toml --replicates 1 --seed {game.seed}\n{game.scenario().to_toml()}"
    headers = {"content-disposition": f'attachment; filename="{name}.toml"'}
    return Response(text, media_type="application/toml", headers=headers)


ROUTES = [
    *(Route(path, endpoint=page) for path in SURFACES),
    Route("/room/{name}.toml", endpoint=scenario_file, methods=["POST"]),
    WebSocketRoute("/room/phone", endpoint=phone_line),
    WebSocketRoute("/room/desk", endpoint=desk_line),
    WebSocketRoute("/room/screen", endpoint=screen_line),
]
