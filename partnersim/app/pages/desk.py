"""Desks: each holds which tab and picture of a session a window shows, and whose trust it explains.

A session is what a room has done; a desk is where one window looks. Two windows of one session
have two desks.
"""

from __future__ import annotations

from dataclasses import dataclass

from partnersim.app.pages.rooms import Room
from partnersim.app.session import Session
from partnersim.app.words import Words

TABS = ("world", "compare", "hundred", "why", "change", "debrief")

TAB_OF = {"organisations": "world", "levers": "change"}
"""Tabs of the screens of a story that show something of another name."""


@dataclass
class Desk:
    """The place at which one window looks: a part of the page, a picture, a pair of organisations.

    Attributes
    ----------
    room
        The room whose session it shows.
    tab, picture
        The part of the page, and the picture in it; empty for the part's first.
    share
        The share of the vision of which 'out of 100' speaks.
    trustor, trustee
        The organisations whose trust, and in whom, is explained; empty for everybody.
    arm
        The world in which it is explained, of two: `without`, or else the one with the switch.
    series
        The series of which the analyst's view draws the bands.
    is_narrow
        Whether the window is a phone's, or enlarged as much: pictures are drawn narrow then.
    problem
        The reason, in plain words, why the last thing could not be done.
    """

    room: Room
    tab: str = "world"
    picture: str = ""
    share: float = 0.5
    trustor: str = ""
    trustee: str = ""
    arm: str = ""
    series: str = "change_delivered"
    is_narrow: bool = False
    problem: str = ""
    reset_token: int | None = None
    version: int = 0
    screen: tuple[str | None, int] = ("", -1)
    is_acting: bool = False

    @property
    def session(self) -> Session:
        """The session of the room."""
        return self.room.session

    @property
    def words(self) -> Words:
        """The words of the session's language."""
        return self.session.words

    def follow(self) -> None:
        """Turn to what the story's screen shows, once for each screen."""
        state = self.session.state
        now = (state.story, state.screen)
        if now == self.screen:
            return
        self.screen, self.picture, self.arm = now, "", ""
        shown = self.session.screen_shown
        if shown is not None:
            self.turn_to(TAB_OF.get(shown.show, shown.show))

    def turn_to(self, tab: str) -> None:
        """Show a part of the page, with its first picture."""
        self.tab = tab if tab in TABS else "world"
        self.picture = ""
