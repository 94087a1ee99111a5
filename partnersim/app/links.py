"""Links that hold the whole of a session: short text that opens the same on another machine.

A link comes from anybody, so what is in it is checked as such: its length before and after it is
unpacked, every field against the limits of `State`, and the world by building its scenario. What
does not pass is refused with one plain sentence, and nothing of it is kept.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib

from partnersim.app.session import State, check_state
from partnersim.app.stories import stories
from partnersim.app.words import words
from partnersim.scenario.errors import InputError
from partnersim.scenario.files import parse_json

VERSION = "2"
"""The version of links; it is raised when an old link would be read wrongly."""

MOST_LETTERS = 16_000
"""The greatest length of a link; longer ones are cut by some mail programs and servers."""

MOST_BYTES = 400_000
"""The greatest length of what is unpacked from a link: a bomb of zeros is stopped here."""


SESSION = re.compile(r"\d+\.[\w-]{40,}")
"""The beginning of a packed session, which tells it from the name of a scenario."""


class LinkError(InputError):
    """A link cannot be opened; the message is for the person who has it."""


def to_link(state: State) -> str:
    """Pack a session into letters that need no quoting in a link.

    Empty if it is too much for a link, as a long scenario of one's own may be.
    """
    packed = zlib.compress(state.model_dump_json().encode(), level=9)
    text = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    link = f"{VERSION}.{text}"
    return link if len(link) <= MOST_LETTERS else ""


def from_link(link: str) -> State:
    """Open a link.

    Raises
    ------
    LinkError
        If it is broken, too long, of another version, or holds what cannot be.
    """
    said = words()
    if len(link) > MOST_LETTERS:
        raise LinkError(said("link.too_long"))
    version, _, text = link.partition(".")
    if version != VERSION:
        is_newer = version.isdecimal() and version.isascii()
        raise LinkError(said("link.other_version" if is_newer else "link.broken"))
    content = _unpack(text)
    if content is None:
        raise LinkError(said("link.broken"))
    try:
        state = State.model_validate(parse_json(content, "", "link"))
        _check_world(state)
    except ValueError:
        raise LinkError(said("link.impossible")) from None
    return state


def _unpack(text: str) -> bytes | None:
    """Unpack what is in a link; None if it is broken or too large."""
    try:
        packed = base64.b64decode(f"{text}{'=' * (-len(text) % 4)}", altchars="-_", validate=True)
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(packed, MOST_BYTES)
    except (binascii.Error, zlib.error, ValueError):
        return None
    if not unpacker.eof or unpacker.unused_data:
        return None
    return content


def _check_world(state: State) -> None:
    """Refuse a link whose world cannot be simulated and compared, or whose story is none of ours."""
    check_state(state)
    if state.story is not None:
        story = stories().get(state.story)
        if story is None or state.screen >= len(story.screens):
            raise ValueError("story")
