"""Phones that have joined the workshop: who is in, what they bet and pledge, and which seats they hold.

A phone is a random token that it keeps in its own storage: with it, it comes back to its place after
it slept. Nobody is asked for a name, and nothing is written down anywhere: when the facilitator ends
the room, or the program stops, all of it is gone. The facilitator's page keeps what the game needs to
go on after the program was started again.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, Strict, model_validator

from partnersim.app.room import mirror
from partnersim.app.room.game import MOST_SEED, Game
from partnersim.app.session import Session
from partnersim.app.world import World
from partnersim.game.rules import Moves, check_move, rules
from partnersim.scenario.declarations import Flag, Section, Slug, Whole

MOST_ROOMS = 20
"""Rooms that phones can join; those that nobody is connected to make way for others."""

MOST_PHONES = 500
"""Phones of one room."""

MOST_LINES = 4
"""Connections of one phone: one that comes back may do so before the old one is known to be dead."""

MOST_PLEDGE = 200

MOST_KEPT = 50
"""Phones that the facilitator's page keeps, those with a seat first: one a table is meant."""

LETTERS = "ABCDEFGHJKMNPQRTUVWXYZ"
"""Letters of codes, without those that look like digits."""

Token = Annotated[str, Strict(), Field(pattern=r"^[\w-]{22}$")]
Code = Annotated[str, Strict(), Field(pattern=rf"^[{LETTERS}]{{4}}$")]
Mode = Literal["welcome", "bet", "pledge", "game", "mirror"]
Phase = Literal["seats", "round", "between", "over", "moves"]


class RoomError(ValueError):
    """A phone cannot come in, or cannot do what it asked for; the message is a key of the texts."""


@dataclass
class Phone:
    """A phone, as far as it is known.

    Attributes
    ----------
    number
        The number that it shows, so that the facilitator can tell it from others.
    seat
        The organisation that its table plays; empty for none.
    bet
        The option that it bets on; None before it does.
    pledge
        What whoever holds it will do.
    answers
        What its table answered about a place of our own, by question.
    n_lines
        Its connections; none while it sleeps.
    is_typed
        Whether it is none, but a table for which the facilitator types.
    """

    number: int
    seat: str = ""
    bet: int | None = None
    pledge: str = ""
    answers: mirror.Answers = field(default_factory=dict)
    n_lines: int = 0
    is_typed: bool = False


class Asked(NamedTuple):
    """A question of the workshop: its words and its options, whether bets are open, and what came."""

    question: str
    options: tuple[str, ...]
    is_open: bool
    answer: int | None


class Seat(Section):
    """A phone that holds a seat or has answered, as the facilitator's page keeps it."""

    token: Token
    number: Annotated[Whole, Field(ge=1, le=10**6)]
    seat: Slug | None = None
    is_typed: Flag = False
    answers: Annotated[
        dict[Slug, Annotated[list[str], Field(max_length=20)]], Field(default_factory=dict, max_length=40)
    ]

    @model_validator(mode="after")
    def _answers_what_is_asked(self) -> Self:
        for name, chosen in self.answers.items():
            for choice in chosen:
                try:
                    mirror.choose({}, name, choice)
                except KeyError:
                    raise ValueError(f"answers.{name}: {choice} is no answer") from None
        return self


class Kept(Section):
    """The state of a room that the facilitator's page keeps, for a program that was started again."""

    key: Token
    code: Code
    mode: Mode = "game"
    phase: Phase = "seats"
    game: Game
    seats: Annotated[tuple[Seat, ...], Field(max_length=MOST_KEPT)] = ()
    drafts: Annotated[dict[Slug, Moves], Field(default_factory=dict, max_length=50)]

    @model_validator(mode="after")
    def _keeps_the_rules(self) -> Self:
        for moves in self.drafts.values():
            for move, choice in moves.items():
                check_move(move, choice)
        return self


class Clock:
    """A clock that runs down and can be stopped."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._left = seconds
        self._since: float | None = None

    @property
    def is_running(self) -> bool:
        """Return whether it runs."""
        return self._since is not None

    @property
    def left(self) -> float:
        """Return the seconds that are left."""
        gone = 0.0 if self._since is None else time.monotonic() - self._since
        return max(0.0, self._left - gone)

    def run(self) -> None:
        """Let it run."""
        if self._since is None:
            self._since = time.monotonic()

    def stop(self) -> None:
        """Stop it where it is."""
        self._left, self._since = self.left, None


@dataclass
class PhoneRoom:
    """A room that phones join.

    Attributes
    ----------
    key
        What the facilitator's desk and the shared screen know, and nobody else.
    code
        What everybody types who comes in.
    session
        The workshop whose questions are bet on; None where there is only the game.
    mode, phase
        What is done now, and where the game is.
    address
        Which of this machine's addresses phones are told; it may have several, and one may be wrong.
    game, drafts, done
        Rounds that are over; what tables have chosen in the one under way; and who said 'done'.
    phones, removed
        Those that are in, by token, and those that were sent out.
    """

    key: str
    code: str
    session: Session | None = None
    mode: Mode = "welcome"
    address: int = 0
    is_locked: bool = False
    phase: Phase = "seats"
    game: Game = field(default_factory=lambda: Game(seed=secrets.randbelow(MOST_SEED)))
    drafts: dict[str, Moves] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    clock: Clock = field(default_factory=Clock)
    phones: dict[str, Phone] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    last_asked: Asked | None = None
    told_asked: Asked | None = None
    looked_at: tuple[int, int] = (0, -1)
    handed_on: list[int] = field(default_factory=list)
    is_ended: bool = False
    n_numbers: int = 0
    listeners: dict[int, tuple[str, Callable[[], None]]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    # --- who is in ---

    @property
    def n_in(self) -> int:
        """The number of phones that are connected now."""
        return sum(phone.n_lines > 0 for phone in list(self.phones.values()))

    def join(self, token: str = "") -> str:
        """Let a phone in, or back in; return its token.

        Raises
        ------
        RoomError
            If it was sent out, the room is locked or ended, or there is no place more.
        """
        with self.lock:
            if self.is_ended:
                raise RoomError("ended")
            if token in self.removed:
                raise RoomError("removed")
            if token not in self.phones:
                if self.is_locked:
                    raise RoomError("locked")
                token = self._give_place()
            phone = self.phones[token]
            if phone.n_lines >= MOST_LINES:
                raise RoomError("full")
            phone.n_lines += 1
        self.tell("staff")
        return token

    def _give_place(self, *, is_typed: bool = False) -> str:
        """Make a place with the next number; return its token."""
        if len(self.phones) >= MOST_PHONES:
            raise RoomError("full")
        token = secrets.token_urlsafe(16)
        self.n_numbers += 1
        self.phones[token] = Phone(self.n_numbers, is_typed=is_typed)
        return token

    def leave(self, token: str) -> None:
        """A connection of a phone is gone; its place is kept."""
        with self.lock:
            if token in self.phones:
                self.phones[token].n_lines -= 1
        self.tell("staff")

    def remove(self, number: int) -> None:
        """Send a phone out for good; its seat is free again."""
        with self.lock:
            for token, phone in list(self.phones.items()):
                if phone.number == number:
                    del self.phones[token]
                    self.removed.add(token)
        self.tell()

    def end(self) -> None:
        """Forget everything."""
        with self.lock:
            self.is_ended, self.session = True, None
            self.phones, self.drafts, self.done = {}, {}, set()
        self.tell()

    # --- being told ---

    def listen(self, who: str, listener: Callable[[], None]) -> Callable[[], None]:
        """Call a function when something changed for a phone (its token) or the `staff` (desk, screen)."""
        with self.lock:
            number = max(self.listeners, default=0) + 1
            self.listeners[number] = (who, listener)

        def stop() -> None:
            with self.lock:
                self.listeners.pop(number, None)

        return stop

    def tell(self, *whom: str) -> None:
        """Tell some listeners that something changed; all of them where nobody is named."""
        for who, listener in list(self.listeners.values()):
            if not whom or who in whom:
                listener()

    # --- bets and pledges ---

    @property
    def asked(self) -> Asked | None:
        """Ask a question from now on; bets on another question are void."""
        session = self.session
        if session is None:
            return None
        with self.lock:
            if self.looked_at != (id(session), session.version):
                self.looked_at = (id(session), session.version)
                before, self.last_asked = self.last_asked, _asked(session)
                is_same = before is not None and before[:2] == (self.last_asked or ("", ()))[:2]
                # A workshop that has forgotten bets that it was handed begins with another group.
                if not is_same or (any(self.handed_on) and session.guess is None):
                    self.handed_on = []
                    for phone in self.phones.values():
                        phone.bet = None
            return self.last_asked

    def hear_workshop(self) -> None:
        """Tell everybody if the workshop asks something else now, or shows what came."""
        now = self.asked
        if now != self.told_asked:
            self.told_asked = now
            self.tell()

    def bet(self, token: str, option: int) -> None:
        """Bet on an option, or on another one than before.

        Raises
        ------
        RoomError
            Where nothing is asked, or the answer is known.
        """
        asked = self.asked
        is_asked = asked is not None and asked.is_open and self.mode == "bet"
        if asked is None or not is_asked or not 0 <= option < len(asked.options):
            raise RoomError("late")
        self.phones[token].bet = option
        self.tell("staff", token)

    def counts(self) -> list[int]:
        """Count the bets on each option."""
        asked = self.asked
        bets = [phone.bet for phone in list(self.phones.values())]
        return [bets.count(option) for option in range(len(asked.options))] if asked else []

    @property
    def is_due(self) -> bool:
        """Return whether there is something to `catch_up` with."""
        return self._is_time_over or self._has_bets_to_hand_on

    @property
    def _is_time_over(self) -> bool:
        return self.phase == "round" and self.clock.is_running and not self.clock.left

    @property
    def _has_bets_to_hand_on(self) -> bool:
        if self.mode != "bet" or self.asked is None or not self.asked.is_open:
            return False
        counts = self.counts()
        return counts != self.handed_on and (any(counts) or any(self.handed_on))

    def catch_up(self) -> None:
        """End the round whose time is over, and hand bets on to the workshop.

        The workshop is told a few times a second and not of each bet: it draws its pages anew.
        """
        if self._is_time_over:
            self.end_round()
        if self._has_bets_to_hand_on and self.session is not None:
            self.handed_on = self.counts()
            self.session.predict(self.handed_on)

    def close_bets(self) -> None:
        """Hand the bets to the workshop and close them: the answer is there when it has played so far."""
        if self.session is not None and self.asked is not None and self.asked.is_open:
            self.session.predict(self.counts())
            self.session.place_bets()
        self.tell()

    def pledge(self, token: str, text: str) -> None:
        """Write down what somebody will do; a new one takes the place of the old."""
        self.phones[token].pledge = text.strip()[:MOST_PLEDGE]
        self.tell("staff", token)

    def take_pledge(self, number: int, *, is_kept: bool) -> None:
        """Put a pledge with those that the workshop takes home, or leave it away."""
        for token, phone in list(self.phones.items()):
            if phone.number == number and phone.pledge:
                if is_kept and self.session is not None:
                    self.session.pledge(phone.pledge)
                phone.pledge = ""
                self.tell("staff", token)

    # --- a place of our own ---

    def answer(self, token: str, question: str, choice: str) -> None:
        """Answer a question about a place of our own, or answer it otherwise.

        Raises
        ------
        RoomError
            Where it is not asked any more.
        KeyError
            For a question or an answer that there is not.
        """
        with self.lock:
            if self.mode != "mirror":
                raise RoomError("late")
            phone = self.phones[token]
            phone.answers = mirror.choose(phone.answers, question, choice)
        self.tell("staff", token)

    def add_table(self) -> None:
        """Make a place for a table without a phone, for which the facilitator types.

        Raises
        ------
        RoomError
            If there is no place more.
        """
        with self.lock:
            self._give_place(is_typed=True)
        self.tell("staff")

    def answer_for(self, number: int, question: str, choice: str) -> None:
        """Type an answer of a table that has no phone; nothing else can be answered for others.

        Raises
        ------
        RoomError
            Where that is none, and as for `answer`.
        """
        typed = [token for token, one in list(self.phones.items()) if one.number == number and one.is_typed]
        if not typed:
            raise RoomError("cannot")
        self.answer(typed[0], question, choice)

    def tables(self) -> list[mirror.Answers]:
        """List the answers of all tables that have answered anything."""
        return [phone.answers for phone in list(self.phones.values()) if any(phone.answers.values())]

    def open_place(self) -> None:
        """Open the place that tables answered for on the stage; undo brings back what was there.

        Raises
        ------
        RoomError
            Where there is no workshop, or nobody has answered.
        """
        if self.session is None or not self.tables():
            raise RoomError("cannot")
        world = World(place="our-place", text=mirror.to_file(self.tables()))
        world.scenario()
        self.session.close_story()
        self.session.live_in(world)

    # --- the game ---

    def seated(self) -> dict[str, Phone]:
        """Return the phones that hold seats, by organisation."""
        return {phone.seat: phone for phone in list(self.phones.values()) if phone.seat}

    def sit(self, token: str, seat: str) -> None:
        """Take a seat, or stand up where it is empty.

        Raises
        ------
        RoomError
            If somebody else sits there, or there is no such seat.
        """
        with self.lock:
            if seat and (seat not in rules().seats or seat in self.seated()):
                raise RoomError("taken")
            self.phones[token].seat = seat
        self.tell()

    def free(self, seat: str) -> None:
        """Free a seat whose phone does not come back."""
        with self.lock:
            if seat in self.seated():
                self.seated()[seat].seat = ""
        self.tell()

    def move(self, token: str, move: str, choice: str) -> None:
        """Choose for the round under way.

        Raises
        ------
        RoomError
            If the phone has no seat, or the time is over.
        ValueError
            For what no table can do.
        """
        check_move(move, choice)
        with self.lock:
            seat = self.phones[token].seat
            if not seat or self.phase != "round" or not self.clock.left:
                raise RoomError("late")
            self.drafts.setdefault(seat, {})[move] = choice
            self.done.discard(seat)
        self.tell("staff", token)

    def say_done(self, token: str) -> None:
        """A table has decided; it may still change its mind."""
        with self.lock:
            seat = self.phones[token].seat
            if seat and self.phase == "round":
                self.done.add(seat)
        self.tell("staff", token)

    def choices_of(self, seat: str) -> Moves:
        """Return what a table has chosen for this round: what it left open is as in the round before."""
        before = self.game.played[-1].get(seat, {}) if self.game.played else {}
        return {**before, **self.drafts.get(seat, {})}

    def begin_round(self) -> None:
        """Begin the next round, with the clock running."""
        with self.lock:
            if self.phase in ("seats", "between"):
                self.phase, self.mode = "round", "game"
                self.drafts, self.done = {}, set()
                self.clock = Clock(rules().seconds_per_round)
                self.clock.run()
        self.tell()

    def end_round(self) -> None:
        """End the round: what was chosen holds, and the partnership lives through its months."""
        with self.lock:
            if self.phase == "round":
                self.game = self.game.with_round(
                    {seat: self.drafts.get(seat, {}) for seat in rules().seats if seat in self.seated()}
                )
                self.phase = "over" if self.game.is_over else "between"
        self.tell()

    def look_back(self, phase: Literal["over", "moves"]) -> None:
        """Show the same luck played otherwise, or which choices moved trust, once the game is over."""
        if self.game.is_over:
            self.phase = phase
        self.tell()

    def hold_clock(self, *, is_running: bool) -> None:
        """Stop the clock, or let it go on."""
        with self.lock:
            if is_running:
                self.clock.run()
            else:
                self.clock.stop()
        self.tell()

    def begin_anew(self) -> None:
        """Begin another game, with other luck; tables keep their seats."""
        with self.lock:
            self.game, self.phase = Game(seed=secrets.randbelow(MOST_SEED)), "seats"
            self.drafts, self.done = {}, set()
        self.tell()

    def kept(self) -> Kept:
        """Return what the facilitator's page keeps."""
        with self.lock:
            known = sorted(self.phones.items(), key=lambda one: not one[1].seat)
            return Kept(
                key=self.key,
                code=self.code,
                mode=self.mode,
                phase=self.phase,
                game=self.game,
                seats=tuple(
                    Seat(
                        token=token,
                        number=phone.number,
                        seat=phone.seat or None,
                        is_typed=phone.is_typed,
                        answers=phone.answers,
                    )
                    for token, phone in known[:MOST_KEPT]
                    if phone.seat or phone.answers
                ),
                drafts=self.drafts,
            )


class PhoneRooms:
    """All rooms that phones can join, on this server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rooms: dict[str, PhoneRoom] = {}

    def find(self, key: str) -> PhoneRoom | None:
        """Find a room by its key."""
        with self._lock:
            return self._rooms.get(key)

    def find_code(self, code: str) -> PhoneRoom | None:
        """Find a room by its code."""
        with self._lock:
            return next((room for room in self._rooms.values() if room.code == code.strip().upper()), None)

    def find_session(self, session: Session | None) -> PhoneRoom | None:
        """Find the room that belongs to a workshop: a second desk is one of the same room."""
        if session is None:
            return None
        with self._lock:
            return next((room for room in self._rooms.values() if room.session is session), None)

    def open(self, kept: Kept | None = None) -> PhoneRoom:
        """Open a room: a new one, or that which a facilitator's page has kept.

        A round that was under way when the program stopped begins again, with what tables had chosen.

        Raises
        ------
        RoomError
            If there are too many, and somebody is connected to each.
        """
        with self._lock:
            for other in [one for one in self._rooms.values() if not one.listeners]:
                if len(self._rooms) >= MOST_ROOMS:
                    del self._rooms[other.key]
            if len(self._rooms) >= MOST_ROOMS:
                raise RoomError("full")
            codes = {room.code for room in self._rooms.values()}
            code = kept.code if kept else _code()
            while code in codes:
                code = _code()
            key = kept.key if kept and kept.key not in self._rooms else secrets.token_urlsafe(16)
            room = self._rooms[key] = PhoneRoom(key, code)
        if kept:
            _take_up(room, kept)
        return room

    def close(self, room: PhoneRoom) -> None:
        """End a room and forget it."""
        with self._lock:
            self._rooms.pop(room.key, None)
        room.end()


def _asked(session: Session) -> Asked | None:
    """Look at what a workshop asks."""
    question, guess = session.question, session.guess
    if question is None:
        return None
    options = tuple(option.text for option in question.options)
    return Asked(question.text, options, session.is_hidden, guess.answer if guess else None)


def _take_up(room: PhoneRoom, kept: Kept) -> None:
    """Go on where a room was."""
    room.mode, room.game = kept.mode, kept.game
    for seat in kept.seats:
        is_free = seat.seat in rules().seats and seat.seat not in room.seated()
        if is_free or seat.answers:
            taken = seat.seat if is_free and seat.seat else ""
            room.phones[seat.token] = Phone(
                seat.number, taken, answers=dict(seat.answers), is_typed=seat.is_typed
            )
            room.n_numbers = max(room.n_numbers, seat.number)
    if kept.game.is_over:
        room.phase = "over"
    elif kept.phase == "round":
        room.phase = "between"
        room.begin_round()
        room.clock.stop()
        room.drafts = {seat: dict(moves) for seat, moves in kept.drafts.items()}
    else:
        room.phase = "between" if kept.game.played else "seats"


def _code() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(4))


PHONES = PhoneRooms()
"""The rooms of this server."""
