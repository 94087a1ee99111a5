"""What one page shows of a session: which tab, which picture, whose trust is explained.

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
"""What a screen of a story shows, where its name is not that of a tab."""


@dataclass
class Desk:
    """Where one window looks.

    Attributes
    ----------
    room
        Whose session it shows.
    tab, picture
        Which part of the page, and which of its pictures; empty for the part's first.
    share
        Of the vision, that was to be there: for 'out of 100'.
    trustor, trustee
        Whose trust is explained; empty for everybody.
    arm
        In which of two compared worlds: `without`, or else the one with the switch.
    series
        Of which the analyst's view draws the bands.
    is_narrow
        Whether the window is a phone's, or enlarged as much: pictures are drawn narrow then.
    problem
        What was wrong with the last thing that was done, in plain words.
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
        """The words of its language."""
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
