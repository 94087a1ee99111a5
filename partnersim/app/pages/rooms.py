"""Rooms: the sessions of all visitors, each found by a key that nobody can guess.

The projector and the facilitator's notes are two pages of one session, and a page that is loaded
again goes on with its own. Everybody else gets a room of their own.
"""

from __future__ import annotations

import re
import secrets
import threading
from collections import OrderedDict
from typing import NamedTuple

from partnersim.app.links import LinkError, from_link
from partnersim.app.session import Session, State
from partnersim.app.stories import stories
from partnersim.app.world import World
from partnersim.scenario.files import packaged
from partnersim.scenario.scenario import Scenario

MOST_ROOMS = 300
"""Rooms that are kept; those that nobody is in are given up first, the longest left first."""

KEY = re.compile(r"[\w-]{16,64}")


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
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._first: State | None = None

    def start_from(self, place: str) -> None:
        """Let new rooms start from a scenario.

        Raises
        ------
        ScenarioError
            If it cannot be read, or is too large to be shown.
        """
        if place in packaged():
            world = World(place=place)
        else:
            world = World(place="own-place", text=Scenario.load(place).to_toml())
        world.scenario()
        self._first = State(world=world)

    def enter(self, key: str = "", link: str = "") -> Room:
        """Enter the room of a key; a new one without a key, or where the key fits none.

        A new room starts from the state that a link holds; a link that cannot be read is said
        to be so, and the room starts from the beginning.
        """
        with self._lock:
            if key in self._sessions:
                self._sessions.move_to_end(key)
                return Room(key, self._sessions[key], is_new=False)
        state, problem = self._first, ""
        if link:
            try:
                state = from_link(link)
            except LinkError as error:
                problem = str(error)
        made = Session(state or _opening())
        key = key if KEY.fullmatch(key) else secrets.token_urlsafe(16)
        with self._lock:
            # Two windows of a room may come back at the same moment: one of them makes it.
            session = self._sessions.setdefault(key, made)
            self._give_up(but=key)
        return Room(key, session, is_new=session is made, problem=problem)

    def _give_up(self, but: str) -> None:
        """Give up what is too much, but not the room that was entered just now."""
        while len(self._sessions) > MOST_ROOMS:
            others = [key for key in self._sessions if key != but]
            empty = (key for key in others if not self._sessions[key].is_watched)
            del self._sessions[next(empty, others[0])]

    def find(self, key: str) -> Session | None:
        """The session of a key, if there is one."""
        with self._lock:
            return self._sessions.get(key)


def _opening() -> State:
    """Where a visitor begins: on the first screen of the first story."""
    session = Session()
    session.open_story(next(iter(stories())))
    return session.state


ROOMS = Rooms()
"""The one thing that pages share; a session is reached by its key alone."""
