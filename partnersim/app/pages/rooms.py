"""Rooms: the sessions of all visitors, each found by a key that nobody can guess.

The projector and the facilitator's notes are two pages of one session, and a page that is loaded
again goes on with its own. Everybody else gets a room of their own. Keys are made here alone: who
could choose one for somebody else would be in that room too.
"""

from __future__ import annotations

import secrets
import threading
from typing import NamedTuple

from partnersim.app.links import SESSION, LinkError, from_link
from partnersim.app.session import Session, State
from partnersim.app.stories import stories
from partnersim.app.world import read_world

MOST_ROOMS = 300
"""The number of rooms that are kept; there are more only where somebody is in each of them."""

MOST_WINDOWS = 8
"""The number of windows that a room has before one more has to wait as a stranger would."""


class Room(NamedTuple):
    """A session, the key to it, and what was wrong with the link that led there."""

    key: str
    session: Session
    is_new: bool
    problem: str = ""


class Rooms:
    """All rooms of a server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}
        self._first: State | None = None
        self.origin = ""
        """The origin at which other machines open a link; empty where none does."""

    def start_from(self, place: str) -> None:
        """Let new rooms start from a scenario, or from a session that was taken home.

        Raises
        ------
        InputError
            If it cannot be read, or is too large to be shown.
        """
        if SESSION.fullmatch(place):
            self._first = from_link(place)
        else:
            self._first = State(world=read_world(place))

    def enter(self, key: str = "", link: str = "") -> Room:
        """Enter the room of a key; without a key, or where it fits none, a new room with a new key.

        A new room starts from the state that a link holds; a link that cannot be read is said
        to be so, and the room starts from the beginning.
        """
        with self._lock:
            if key in self._sessions:
                return Room(key, self._sessions[key], is_new=False)
        state, problem = self._first, ""
        if link:
            try:
                state = from_link(link)
            except LinkError as error:
                problem = str(error)
        made, key = Session(state or _opening()), secrets.token_urlsafe(16)
        with self._lock:
            self._sessions[key] = made
            self._give_up(but=key)
        return Room(key, made, is_new=True, problem=problem)

    def _give_up(self, but: str) -> None:
        """Give up rooms that are too many and that nobody is in; not that entered just now.

        Those in which nothing was done go first, then the longest left: who only opens pages drives
        nobody out who is loading a page again.
        """
        empty = {
            key: (session.version > 0, session.left_at)
            for key, session in self._sessions.items()
            if key != but and not session.n_windows
        }
        n_over = max(0, len(self._sessions) - MOST_ROOMS)
        for key in sorted(empty, key=empty.__getitem__)[:n_over]:
            del self._sessions[key]

    def find(self, key: str) -> Session | None:
        """Find the session of a key, if there is one."""
        with self._lock:
            return self._sessions.get(key)

    def may_come_back(self, key: str) -> bool:
        """Return whether a key fits a room, and not too many windows are in it."""
        session = self.find(key)
        return session is not None and session.n_windows < MOST_WINDOWS


def _opening() -> State:
    """Make the state in which a visitor begins: the first screen of the first story."""
    session = Session()
    session.open_story(next(iter(stories())))
    return session.state


ROOMS = Rooms()
"""The one thing that pages share; a session is reached by its key alone."""
