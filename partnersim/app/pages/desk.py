"""Desks: each holds what of a session one window shows.

A session is what a room has done; a desk is where one window looks. Two windows of one session
have two desks.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from partnersim.app.pages.rooms import Room
from partnersim.app.session import Session
from partnersim.app.words import Words
from partnersim.app.words import words as all_words
from partnersim.app.world import World

SHEETS = {
    "m": "menu",
    "o": "who",
    "t": "numbers",
    "h": "hundred",
    "w": "why",
    "c": "change",
    "r": "packages",
    "d": "debrief",
}
"""The sheets over the stage, by the key that opens each; each fills a whole screen."""

SHEET_OF = {"organisations": "who", "levers": "change", "stage": ""}
"""Sheets of the screens of a story that have another name; the stage itself is none."""


@dataclass
class Desk:
    """The place at which one window looks: the stage, or a sheet over it.

    Attributes
    ----------
    room
        The room whose session it shows.
    sheet
        What is open over the stage; empty for the stage itself.
    line
        The line of our hundred that the stage shows.
    picture
        The picture in a sheet that has several; empty for its first.
    share
        The share of the vision of which 'out of 100' speaks.
    trustor, trustee
        The organisations whose trust, and in whom, is explained; empty for everybody.
    arm
        The world whose organisations are shown, of two: `without`, or else the changed one.
    told
        The world whose years are told on cards: it takes a moment, and is asked for by playing.
    series
        The series of which the analyst's view draws the bands.
    is_narrow
        Whether the window is a phone's, or enlarged as much: pictures are drawn narrow then.
    problem
        The reason, in plain words, why the last thing could not be done.
    """

    room: Room
    sheet: str = ""
    line: str = "change"
    picture: str = ""
    share: float = 0.5
    trustor: str = ""
    trustee: str = ""
    arm: str = ""
    told: World | None = None
    series: str = "change_delivered"
    is_narrow: bool = False
    problem: str = ""
    reset_token: int | None = None
    version: int = 0
    screen: tuple[str | None, int] = ("", -1)
    is_acting: bool = False
    words: Words = field(default_factory=all_words)

    def __post_init__(self) -> None:
        self.session: Session = self.room.session

    def follow(self) -> None:
        """Turn to what the story's screen shows, once for each screen."""
        state = self.session.state
        now = (state.story, state.screen)
        if now == self.screen:
            return
        self.screen, self.arm = now, ""
        shown = self.session.screen_shown
        if shown is None:
            self.open("")
        else:
            self.open(SHEET_OF.get(shown.show, shown.show))
            self.line = shown.first_line

    def open(self, sheet: str) -> None:
        """Open a sheet over the stage, with its first picture; none for the stage itself."""
        self.sheet = sheet if sheet in SHEETS.values() else ""
        self.picture = ""
