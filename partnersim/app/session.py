"""One visitor's session: the present world, its twin, what was guessed, and the way back.

A `Session` is a plain object that belongs to one visitor and is shared by the windows of that
visitor (projector and notes). What a link can hold is its `State`, which is a value; the session
holds the present one, those to go back to, and who is to be told when it changes.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, Strict, model_validator

from partnersim.app import sentences
from partnersim.app.sentences import Sides
from partnersim.app.stories import MOST_OPTIONS, Option, Question, Screen, Story, stories
from partnersim.app.words import FIRST_LANGUAGE, Words, languages, words
from partnersim.app.world import (
    MOST_MONTHS,
    MOST_TEXT,
    N_PAIRS,
    Appointment,
    Change,
    Happening,
    Hundred,
    Lever,
    World,
    check_pair,
    compare_hundred,
)
from partnersim.scenario.declarations import Section, Slug, Whole

MOST_STEPS = 100
"""Steps that can be undone."""

MOST_LETTERS_BACK = 10 * MOST_TEXT
"""The most letters kept of scenarios of one's own, for steps that can be undone."""

MOST_GUESSES = 60
MOST_PLEDGES = 20
MOST_PEOPLE = 1000
"""People in a room."""

MOST_TABLES = 50

Count = Annotated[Whole, Field(ge=0, le=MOST_PEOPLE)]
Label = Annotated[str, Strict(), Field(max_length=200)]
Pledge = Annotated[str, Strict(), Field(min_length=1, max_length=200)]


class Guess(Section):
    """A guess of the room: what it said to a question, and what came.

    Attributes
    ----------
    key
        A key that tells the question from others.
    question, options
        The words of the question and of its options.
    room
        The number of people who chose each option; nobody, where the question was skipped.
    answer
        The option that came true in the partnership shown; None until it is revealed.
    hundred
        The number of our partnerships in which each option came true.
    """

    key: Annotated[str, Strict(), Field(pattern=r"^[0-9a-f]{12}$")]
    question: Label
    options: Annotated[tuple[Label, ...], Field(min_length=2, max_length=MOST_OPTIONS)]
    room: Annotated[tuple[Count, ...], Field(min_length=2, max_length=MOST_OPTIONS)]
    answer: Annotated[Whole, Field(ge=0, lt=MOST_OPTIONS)] | None = None
    hundred: Annotated[tuple[Count, ...], Field(max_length=MOST_OPTIONS)] = ()

    @model_validator(mode="after")
    def _fits_its_options(self) -> Guess:
        n = len(self.options)
        is_revealed = self.answer is not None
        if len(self.room) != n or len(self.hundred) != (n if is_revealed else 0):
            raise ValueError("room, hundred: one number for each option")
        if self.answer is not None and self.answer >= n:
            raise ValueError("answer: must be one of the options")
        return self

    @property
    def is_skipped(self) -> bool:
        """Return whether nobody was asked."""
        return sum(self.room) == 0

    @property
    def is_right(self) -> bool:
        """Return whether more of the room chose what came than anything else."""
        if self.answer is None or self.is_skipped:
            return False
        return self.room.count(max(self.room)) == 1 and self.room[self.answer] == max(self.room)


class State(Section):
    """The state of a session: all that a link holds of it."""

    world: World = World()
    switch: Change | None = None
    month: Annotated[Whole, Field(ge=0, le=MOST_MONTHS)] = 0
    deadline: Annotated[Whole, Field(ge=0, le=MOST_MONTHS)] = 84
    story: Slug | None = None
    screen: Annotated[Whole, Field(ge=0, lt=20)] = 0
    guesses: Annotated[tuple[Guess, ...], Field(max_length=MOST_GUESSES)] = ()
    pledges: Annotated[tuple[Pledge, ...], Field(max_length=MOST_PLEDGES)] = ()
    language: Annotated[str, Strict(), Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")] = FIRST_LANGUAGE


@dataclass(frozen=True)
class Reveal:
    """A guess against what came, with a reply to this room."""

    guess: Guess
    reply: str


@dataclass(frozen=True)
class Scoreboard:
    """Questions of the session that were answered, in order, and how many were foreseen."""

    guesses: tuple[Guess, ...]
    right: int
    asked: int


class Session:
    """The session of one visitor, in which one step follows the other.

    Methods may be called from any thread. Those that change something raise `ScenarioError`,
    and change nothing, where a change does not fit the place.
    """

    def __init__(self, state: State | None = None) -> None:
        self._lock = threading.RLock()
        self._state = state or State()
        self._past: list[State] = []
        self._future: list[State] = []
        self._listeners: list[Callable[[], None]] = []
        self.version = 0
        self.left_at = time.monotonic()

    # --- what there is ---

    @property
    def state(self) -> State:
        """The present state: all that a link would hold."""
        return self._state

    @property
    def words(self) -> Words:
        """The words of this visitor's language."""
        known = self._state.language in languages()
        return words(self._state.language if known else FIRST_LANGUAGE)

    @property
    def without(self) -> World:
        """The world as it stands, without the switch."""
        return self._state.world

    @property
    def with_(self) -> World | None:
        """The twin of that world, with the switch and the same luck; None where nothing is compared."""
        state = self._state
        return state.world.with_(state.switch) if state.switch else None

    @property
    def month(self) -> int:
        """The month shown."""
        return min(self._state.month, self.without.months)

    @property
    def deadline(self) -> int:
        """The month that our hundred partnerships are held to."""
        return min(self._state.deadline, self.without.months)

    @property
    def sides(self) -> Sides:
        """The words for what each of the compared worlds has; empty where nothing is compared."""
        state = self._state
        if state.switch is None:
            return Sides("")
        screen = self.screen_shown
        if screen is not None and self.is_as_told:
            return screen.sides
        return sentences.name_sides(state.switch, state.world.scenario(), self.words)

    @property
    def is_as_told(self) -> bool:
        """Return whether what is compared is what the story's screen speaks of."""
        state, story = self._state, self.story_shown
        if story is None or story.switch(state.screen) != state.switch:
            return False
        if not isinstance(state.switch, Appointment):
            return True
        told = story.world(state.screen)
        return _appointed(state.world) == _appointed(told)

    def hundred(self) -> Hundred:
        """Compare both worlds over our hundred partnerships.

        Raises
        ------
        ValueError
            Where nothing is compared.
        """
        twin = self.with_
        if twin is None:
            raise ValueError("nothing is compared: there is no switch")
        return compare_hundred(self.without, twin)

    # --- being told ---

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call a function after each change; the function that is returned ends that."""
        with self._lock:
            self._listeners.append(listener)

        def stop() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)
                    self.left_at = time.monotonic()

        return stop

    @property
    def n_windows(self) -> int:
        """The number of windows that show the session."""
        return len(self._listeners)

    def _set(self, state: State, *, is_step: bool = False) -> None:
        """Take on a state; a step can be undone."""
        with self._lock:
            if state == self._state:
                return
            if is_step:
                self._past = [*self._past, self._state][-MOST_STEPS:]
                while sum(map(len, {past.world.text for past in self._past})) > MOST_LETTERS_BACK:
                    del self._past[0]
                self._future = []
            self._state = state
            self.version += 1
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def _update(self, **changed: object) -> State:
        """Make the present state with something changed, its limits checked."""
        return State(**{**dict(self._state), **changed})

    # --- steering ---

    def change(self, change: Change) -> None:
        """Change the world; a newer change of the same thing takes the place of the older."""
        with self._lock:
            self._steer(world=self.without.with_(change))

    def remove(self, change: Change) -> None:
        """Take a change out again: an event, a lever, a coordinator."""
        with self._lock:
            self._steer(world=self.without.without(change))

    def flip(self, switch: Change | None) -> None:
        """Compare with a twin that differs in one thing; None ends the comparison."""
        with self._lock:
            self._steer(switch=switch)

    def go_on(self, change: Change) -> None:
        """Change something from the month shown on; what was before stays."""
        self.change(from_month(change, self.month))

    def live_in(self, world: World) -> None:
        """Go to another place, or other luck; nothing is compared there yet."""
        with self._lock:
            self._steer(world=world, switch=None, month=0)

    def _steer(self, **changed: object) -> None:
        state = self._update(**changed)
        check_state(state)
        self._set(state, is_step=True)

    def show_month(self, month: int) -> None:
        """Show another month: play, or drag the timeline."""
        with self._lock:
            self._set(self._update(month=min(max(month, 0), self.without.months)))

    def set_deadline(self, month: int) -> None:
        """Hold our hundred partnerships to another month."""
        with self._lock:
            self._set(self._update(deadline=min(max(month, 0), self.without.months)))

    def set_language(self, language: str) -> None:
        """Set the language that the session speaks."""
        with self._lock:
            self._set(self._update(language=language))

    # --- the way back ---

    @property
    def can_undo(self) -> bool:
        """Return whether there is a step to undo."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Return whether there is a step to do again."""
        return bool(self._future)

    def undo(self) -> None:
        """Go back a step; guesses and pledges stay."""
        with self._lock:
            if self._past:
                self._future.append(self._state)
                self._set(self._steered_as(self._past.pop()))

    def redo(self) -> None:
        """Do again what was undone."""
        with self._lock:
            if self._future:
                self._past.append(self._state)
                self._set(self._steered_as(self._future.pop()))

    def replay(self) -> tuple[World, World] | None:
        """Return the worlds before and after the last change, to show one after the other."""
        with self._lock:
            if not self._past:
                return None
            before = self._past[-1]
            return (
                before.world.with_(before.switch) if before.switch else before.world,
                self.with_ or self.without,
            )

    def _steered_as(self, other: State) -> State:
        """Make the present state, steered as another was."""
        keys = ("world", "switch", "month", "story", "screen")
        return self._update(**{key: getattr(other, key) for key in keys})

    def ask_reset(self) -> int:
        """Ask to begin anew; the answer has to be given back to `reset`."""
        return self.version

    def reset(self, token: int) -> bool:
        """Begin anew, if nothing has happened since it was asked for; undo brings all back."""
        with self._lock:
            if token != self.version:
                return False
            kept = {"language": self._state.language, "pledges": self._state.pledges}
            self._set(State.model_validate(kept), is_step=True)
            return True

    # --- stories ---

    @property
    def story_shown(self) -> Story | None:
        """The story that is told, if one is."""
        return stories(self._state.language).get(self._state.story or "")

    @property
    def screen_shown(self) -> Screen | None:
        """The screen of the story, if one is told."""
        story = self.story_shown
        if story is None:
            return None
        return story.screens[min(self._state.screen, len(story.screens) - 1)]

    def open_story(self, name: str) -> None:
        """Tell a story from its first screen.

        Raises
        ------
        KeyError
            If there is no such story.
        """
        with self._lock:
            stories(self._state.language)[name]
            self._go_to(name, 0)

    def go_to(self, screen: int) -> None:
        """Go to a screen of the story; beyond its ends, to the last or the first."""
        with self._lock:
            story, name = self.story_shown, self._state.story
            if story and name:
                self._go_to(name, min(max(screen, 0), len(story.screens) - 1))

    def next(self) -> None:
        """Go to the next screen."""
        self.go_to(self._state.screen + 1)

    def back(self) -> None:
        """Go to the screen before."""
        self.go_to(self._state.screen - 1)

    def take_on(self, state: State) -> None:
        """Go on from a state: that of a link, or of a window whose server was started again.

        Raises
        ------
        ScenarioError
            If its changes do not fit its place.
        """
        with self._lock:
            check_state(state)
            self._set(state, is_step=True)

    def close_story(self) -> None:
        """Leave the story for the sandbox, with its world as it stands."""
        with self._lock:
            self._set(self._update(story=None, screen=0), is_step=True)

    def _go_to(self, name: str, number: int) -> None:
        story = stories(self._state.language)[name]
        screen = story.screens[number]
        self._set(
            self._update(
                story=name,
                screen=number,
                world=story.world(number),
                switch=story.switch(number),
                month=screen.month,
                deadline=screen.deadline,
            ),
            is_step=True,
        )

    # --- predict, then reveal ---

    @property
    def question(self) -> Question | None:
        """The question for the room before the comparison: the screen's, or the usual one.

        The screen's is not asked of a partnership that has not the months that it is about.
        """
        screen = self.screen_shown
        if self._state.switch is None:
            return None
        if screen is None or not self.is_as_told:
            return usual_question(self.sides, self.words)
        if screen.ask is not None and screen.ask.last_month > self.without.months:
            return usual_question(self.sides, self.words)
        return screen.ask

    @property
    def guess(self) -> Guess | None:
        """The guess of the room at the present question; a link may hold guesses at others."""
        key, question = self._question_key(), self.question
        options = tuple(option.text for option in question.options) if question else ()
        for guess in self._state.guesses:
            if guess.key == key and guess.options == options:
                return guess
        return None

    @property
    def is_hidden(self) -> bool:
        """Return whether the comparison must not be shown yet."""
        if self.question is None:
            return False
        guess = self.guess
        return guess is None or guess.answer is None

    def predict(self, room: Sequence[int]) -> None:
        """Write down the show of hands: how many chose each option.

        Raises
        ------
        ValueError
            Where nothing is asked, or the counts do not fit the options.
        """
        with self._lock:
            question = self.question
            if question is None:
                raise ValueError("nothing is asked here")
            n = len(question.options)
            if len(room) != n or not all(0 <= count <= MOST_PEOPLE for count in room):
                raise ValueError(f"room: {n} counts of 0 to {MOST_PEOPLE} are needed")
            guess = Guess(
                key=self._question_key(),
                question=question.text,
                options=tuple(option.text for option in question.options),
                room=tuple(room),
            )
            self._keep(guess)

    def predict_by_tables(self, tables: Mapping[str, int]) -> None:
        """Write down what each table said: its option, counted from 0."""
        question = self.question
        if question is None or len(tables) > MOST_TABLES:
            raise ValueError(f"up to {MOST_TABLES} tables can answer a question")
        chosen = list(tables.values())
        if not all(0 <= option < len(question.options) for option in chosen):
            raise ValueError(f"each table has one of {len(question.options)} options")
        self.predict([chosen.count(option) for option in range(len(question.options))])

    def skip_guess(self) -> None:
        """Show the comparison without having asked."""
        with self._lock:
            if self.question is not None:
                self.predict([0] * len(self.question.options))
                self.reveal()

    def reveal(self) -> Reveal:
        """Work out what came, in this partnership and in our hundred.

        Raises
        ------
        ValueError
            Where nothing was guessed.
        """
        with self._lock:
            question, guess = self.question, self.guess
        if question is None or guess is None:
            raise ValueError("nothing was guessed yet")
        answers = question.answers(self.hundred())
        revealed = guess.model_copy(
            update={
                "answer": int(answers[self.without.replicate]),
                "hundred": tuple(int((answers == option).sum()) for option in range(len(question.options))),
            }
        )
        with self._lock:
            self._keep(revealed)
        return Reveal(revealed, reply(revealed, question.options, self.words))

    def scoreboard(self) -> Scoreboard:
        """Return what was asked and revealed so far; what was skipped does not count."""
        asked = tuple(
            guess for guess in self._state.guesses if guess.answer is not None and not guess.is_skipped
        )
        return Scoreboard(asked, sum(guess.is_right for guess in asked), len(asked))

    def _question_key(self) -> str:
        """Return the key of the question: a lever that is moved meanwhile does not ask it anew."""
        state = self._state
        slot = state.switch.slot if state.switch else ()
        text = self.question.text if self.question else ""
        named = f"{state.story}/{state.screen}/{slot}/{text}"
        return hashlib.sha256(named.encode()).hexdigest()[:12]

    def _keep(self, guess: Guess) -> None:
        """Put a guess in the place of the one to the same question; the oldest go first."""
        others = [other for other in self._state.guesses if other.key != guess.key]
        self._set(self._update(guesses=(*others, guess)[-MOST_GUESSES:]))

    # --- taking home ---

    def pledge(self, text: str) -> None:
        """Write down what somebody will do; blanks and what is over 20 are left out."""
        text = text.strip()[:200]
        with self._lock:
            if text and len(self._state.pledges) < MOST_PLEDGES:
                self._set(self._update(pledges=(*self._state.pledges, text)))

    def unpledge(self, index: int) -> None:
        """Strike a pledge out."""
        with self._lock:
            kept = list(self._state.pledges)
            if 0 <= index < len(kept):
                del kept[index]
                self._set(self._update(pledges=tuple(kept)))


def check_state(state: State) -> None:
    """Refuse a state that cannot be shown.

    Raises
    ------
    ScenarioError
        If a change does not fit the place, or what is compared cannot stand side by side.
    """
    state.world.scenario()
    if state.switch is not None:
        check_pair(state.world, state.world.with_(state.switch))


def from_month(change: Change, month: int) -> Change:
    """Make the same change hold from a month on; a setting holds from the start and stays as it is."""
    if isinstance(change, Happening):
        return change.model_copy(update={"month": month})
    if isinstance(change, Lever | Appointment):
        return change.model_copy(update={"from_month": month})
    return change


def _appointed(world: World) -> list[Appointment]:
    """List the coordinators who were appointed in a world."""
    return [change for change in world.changes if isinstance(change, Appointment)]


def usual_question(sides: Sides, words: Words) -> Question:
    """Make the question that can be asked about any switch."""
    bounds = {"much_earlier": -11.5, "earlier": -0.5, "same": 0.5, "later": None}
    return Question(
        text=sides.say("question.text", words)[:200],
        measure="months_to_50",
        options=tuple(Option(text=words(f"question.{name}"), below=below) for name, below in bounds.items()),
    )


def reply(guess: Guess, options: Sequence[Option], words: Words) -> str:
    """Answer this room: what most said, what came here and in our hundred, and the story's word."""
    answer = guess.answer or 0
    often = max(range(len(guess.hundred)), key=guess.hundred.__getitem__)
    most_often = sentences.of_hundred(guess.hundred[often], N_PAIRS, words)
    said = [
        _say_room(guess, words),
        words("guess.answer", option=guess.options[answer]),
        words("guess.most", hundred=most_often, option=guess.options[often]),
    ]
    if not guess.is_skipped:
        chosen = max(range(len(guess.room)), key=guess.room.__getitem__)
        said.append(options[chosen].reply)
    return " ".join(part for part in said if part)


def _say_room(guess: Guess, words: Words) -> str:
    """State what most of the room said, and whether it came."""
    if guess.is_skipped:
        return words("guess.nobody")
    most = max(guess.room)
    if guess.room.count(most) > 1:
        return words("guess.split")
    option = guess.options[guess.room.index(most)]
    room = words("guess.room", n=most, total=sum(guess.room), option=option)
    return f"{room} {words('guess.right' if guess.is_right else 'guess.wrong')}"
