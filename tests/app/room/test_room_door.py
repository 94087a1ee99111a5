"""Where phones join, and the lines of phones, desk and screen, without a browser."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

pytest.importorskip("solara", reason="the app needs solara")

from starlette.datastructures import URL, State
from starlette.websockets import WebSocketDisconnect

from partnersim.app import server
from partnersim.app.room import web
from partnersim.app.room.addresses import is_loopback, origins, own_addresses
from partnersim.app.room.phones import PHONES, PhoneRoom
from partnersim.app.room.web import PHONE_PATHS, ROUTES
from partnersim.scenario.errors import ServingError


def test_every_page_that_a_phone_opens_is_there() -> None:
    paths = {route.path for route in ROUTES}
    assert paths >= PHONE_PATHS


# --- how it is started ------------------------------------------------------------------------------


def test_the_lines_say_where_phones_join_and_what_they_reach() -> None:
    said = server.reach("192.168.1.5", 8765, phones=True)
    assert "nothing else" in said[0]
    assert said[1] == "They join at http://192.168.1.5:8765/join"
    assert server.reach("127.0.0.1", 8765, phones=True) == []


def test_phones_behind_a_proxy_are_refused() -> None:
    with pytest.raises(ServingError, match="--phones and --behind-proxy"):
        server.serve(phones=True, behind_proxy="https://workshop.example.org", say=print)


def test_addresses_of_this_machine_are_those_that_others_reach() -> None:
    assert not any(map(is_loopback, own_addresses()))
    assert all(map(is_loopback, ("127.0.0.1", "127.1.2.3", "localhost", "::1", "::ffff:127.0.0.1")))
    assert not any(map(is_loopback, ("0.0.0.0", "192.168.1.5", "laptop", "")))


def test_others_are_sent_to_an_address_that_they_can_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("partnersim.app.room.addresses.own_addresses", lambda: ["192.168.1.5", "10.0.0.7"])
    assert origins("127.0.0.1", "", 8765) == []
    assert origins("0.0.0.0", "", 8765) == ["http://192.168.1.5:8765", "http://10.0.0.7:8765"]
    assert origins("fe80::1", "", 80) == ["http://[fe80::1]:80"]
    assert origins("127.0.0.1", "https://workshop.example.org", 80) == ["https://workshop.example.org"]


# --- lines without a browser ------------------------------------------------------------------------


class Far:
    """The far end of a line: what it says, and what it is told; it goes when it was shown `until`."""

    def __init__(self, *said: str, until: str = "") -> None:
        self.said, self.told, self.until = list(said), list[dict[str, Any]](), until
        self.app = type("App", (), {"state": State({"host": "127.0.0.1", "public": ""})})()
        self.url = URL("ws://127.0.0.1:8765/room/screen")

    async def accept(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def receive_text(self) -> str:
        await asyncio.sleep(0)
        while not self.said and self.until and not any(self.until in told["view"] for told in self.told[1:]):
            await asyncio.sleep(0.01)
        if not self.said:
            raise WebSocketDisconnect
        return self.said.pop(0)

    async def send_text(self, text: str) -> None:
        self.told.append(json.loads(text))


@pytest.fixture
def room() -> Any:
    opened = PHONES.open()
    yield opened
    PHONES.close(opened)


def test_a_phone_is_told_its_token_what_to_show_and_what_could_not_be_done(room: PhoneRoom) -> None:
    far = Far(
        json.dumps({"code": room.code}),
        "no json",
        json.dumps({"do": "fly"}),
        json.dumps({"do": "bet"}),
        json.dumps({"do": "pledge", "text": "x" * 300}),
        "x" * 5000,
    )
    asyncio.run(web.phone_line(far))  # type: ignore[arg-type]
    assert far.told[0]["token"] in room.phones
    assert far.told[0]["view"]["kind"] == "welcome"
    problems = [told["problem"] for told in far.told if "problem" in told]
    assert len(problems) == 5 and all(problems)
    assert room.n_in == 0 and not room.listeners


@pytest.mark.parametrize("hello", ["", "[]", '{"code": "QQQQ"}', '{"code": 7}', "x" * 5000])
def test_who_does_not_say_the_code_does_not_come_in(room: PhoneRoom, hello: str) -> None:
    far = Far(hello)
    asyncio.run(web.phone_line(far))  # type: ignore[arg-type]
    assert [told["refused"] for told in far.told] == ["wrong_code"]
    assert not room.phones


def test_a_screen_needs_the_key_and_can_do_nothing(room: PhoneRoom) -> None:
    far = Far(json.dumps({"key": "wrong"}))
    asyncio.run(web.screen_line(far))  # type: ignore[arg-type]
    assert far.told[0]["refused"]
    far = Far(json.dumps({"key": room.key}), json.dumps({"do": "lock", "is_on": True}))
    asyncio.run(web.screen_line(far))  # type: ignore[arg-type]
    assert far.told[0]["view"]["code"] == room.code
    assert not room.is_locked
    far = Far(json.dumps({"key": room.key}), json.dumps({"do": "lock", "is_on": True}))
    asyncio.run(web.desk_line(far))  # type: ignore[arg-type]
    assert far.told[0]["key"] == room.key
    assert room.is_locked


def test_only_what_has_changed_is_sent(room: PhoneRoom) -> None:
    far = Far(json.dumps({"key": room.key}), json.dumps({"do": "lock", "is_on": True}), until="locked")
    asyncio.run(web.desk_line(far))  # type: ignore[arg-type]
    assert {"locked"} == set().union(*(told["view"] for told in far.told[1:]))
