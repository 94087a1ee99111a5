"""Links hold a whole session, and what comes from strangers is refused in plain words."""

import base64
import json
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partnersim.app import links
from partnersim.app.links import LinkError, from_link, to_link
from partnersim.app.session import Session, State
from partnersim.app.words import words
from partnersim.app.world import Appointment, World
from partnersim.scenario.files import packaged_text


def pack(content: bytes, version: str = links.VERSION) -> str:
    packed = base64.urlsafe_b64encode(zlib.compress(content)).decode().rstrip("=")
    return f"{version}.{packed}"


def pack_state(**changed: Any) -> str:
    return pack(json.dumps({**State().model_dump(mode="json"), **changed}).encode())


def change_world(**changed: Any) -> dict[str, Any]:
    return {"world": {**State().world.model_dump(mode="json"), **changed}}


def setting(path: str, value: float) -> dict[str, Any]:
    return {"kind": "setting", "path": path, "value": value}


def full_session() -> Session:
    session = Session()
    session.open_story("coordinator")
    session.go_to(2)
    session.predict([3, 9, 2, 0])
    session.place_bets()
    session.reveal()
    session.pledge("<script>alert(1)</script> 😀")
    session.change(Appointment(name="ben", title="Ben <b>", from_month=24))
    session.show_month(33)
    return session


def test_a_link_opens_the_same_session() -> None:
    state = full_session().state
    link = to_link(state)
    assert from_link(link) == state
    assert len(link) < 2000
    assert set(link) <= set("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.")


def test_a_scenario_of_ones_own_travels_along() -> None:
    text = packaged_text("integrated-care").replace("Council", "Rat 🏛")
    state = State(world=World(place="mine", text=text))
    assert from_link(to_link(state)) == state


def test_a_session_that_is_too_large_for_a_link_has_none() -> None:
    noise = "".join(f"# {number * 7919 % 104729:x}\n" for number in range(7000))[:55_000]
    state = State(world=World(text=packaged_text("two-organisations") + noise))
    assert to_link(state) == ""


@pytest.mark.parametrize(
    ("link", "key"),
    [
        ("", "broken"),
        ("2.", "broken"),
        ("2.!!!!", "broken"),
        ("hello", "broken"),
        ("2.AAAA", "broken"),
        (to_link(State())[:-9], "broken"),
        (to_link(State()) + "AAAA", "broken"),
        (to_link(State())[:20] + "!%!%" + to_link(State())[20:], "broken"),
        ("x" * 16_001, "too_long"),
        ("1" + to_link(State())[1:], "other_version"),
        (pack(b"x", "²"), "broken"),
        (pack(b"{"), "impossible"),
        (pack(b"[" * 100_000), "impossible"),
        (pack(b"null"), "impossible"),
        (pack(b"\xff\xfe"), "impossible"),
        (pack(b'{"world": {"seed": NaN}}'), "impossible"),
        (pack_state(month=10**400), "impossible"),
        (pack_state(month=-1), "impossible"),
        (pack_state(month="3"), "impossible"),
        (pack_state(unknown=1), "impossible"),
        (pack_state(story="nothing"), "impossible"),
        (pack_state(story="coordinator", screen=19), "impossible"),
        (pack_state(pledges=["x"] * 21), "impossible"),
        (pack_state(pledges=["x" * 201]), "impossible"),
        (pack_state(bundle=[{"kind": "lever", "lever": "joint_away_days"}]), "impossible"),
        (pack_state(bundle=[{"kind": "other"}]), "impossible"),
        (pack_state(**change_world(place="/etc/passwd")), "impossible"),
        (pack_state(**change_world(place="nowhere")), "impossible"),
        (pack_state(**change_world(text="a." * 29_000 + "a = 1")), "impossible"),
        (pack_state(**change_world(text="x" * 60_001)), "impossible"),
        (pack_state(**change_world(seed=2**60)), "impossible"),
        (pack_state(**change_world(replicate=100)), "impossible"),
        (pack_state(**change_world(changes=[setting("months", 600)])), "impossible"),
        (pack_state(**change_world(changes=[setting("a" * 200, 1)])), "impossible"),
        (
            pack_state(
                **change_world(
                    changes=[
                        {"kind": "lever", "lever": "joint_away_days", "value": 1.0, "from_month": k}
                        for k in range(61)
                    ]
                )
            ),
            "impossible",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_plain_words(link: str, key: str) -> None:
    with pytest.raises(LinkError) as raised:
        from_link(link)
    assert str(raised.value) == words()(f"link.{key}")


def test_a_bomb_of_zeros_is_stopped_before_it_goes_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """8 MB of blanks fit a link; no more than the limit of them is ever unpacked."""
    bomb = pack(b" " * 8_000_000)
    assert len(bomb) < links.MOST_LETTERS
    unpacked: list[int] = []
    real = zlib.decompressobj

    class Watched:
        def __init__(self) -> None:
            self._unpacker = real()
            self.unused_data = b""

        @property
        def eof(self) -> bool:
            return self._unpacker.eof

        def decompress(self, data: bytes, most: int) -> bytes:
            content = self._unpacker.decompress(data, most)
            unpacked.append(len(content))
            return content

    monkeypatch.setattr(links.zlib, "decompressobj", Watched)
    with pytest.raises(LinkError):
        from_link(bomb)
    assert unpacked == [links.MOST_BYTES]


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_a_changed_byte_opens_nothing_or_a_session_that_is_valid(at: int, byte: int) -> None:
    packed = bytearray(zlib.compress(State().model_dump_json().encode()))
    packed[at % len(packed)] = byte
    link = "1." + base64.urlsafe_b64encode(bytes(packed)).decode().rstrip("=")
    try:
        state = from_link(link)
    except LinkError:
        return
    assert state == State.model_validate_json(state.model_dump_json())
