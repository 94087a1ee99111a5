"""One visitor's session: the world as it was and as changed, what the room bet, and the way back.

A `Session` is a plain object that belongs to one visitor and is shared by the windows of that
visitor (projector and notes). What a link can hold is its `State`, which is a value; the session
holds the present one, those to go back to, and who is to be told when it changes.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import Annotated

from pydantic import Field, Strict, model_validator

from partnersim.app import sentences
from partnersim.app.sentences import Sides
from partnersim.app.stories import MOST_OPTIONS, Option, Question, Screen, Story, stories
from partnersim.app.words import Words, words
from partnersim.app.world import (
    MOST_CHANGES,
    MOST_MONTHS,
    MOST_TEXT,
    N_PAIRS,
    Appointment,
    Change,
    Hundred,
    World,
    check_pair,
    compare_hundred,
)
from partnersim.runs.wording import capital
from partnersim.scenario.declarations import Flag, Section, Slug, Whole
from partnersim.scenario.errors import ScenarioError

MOST_STEPS = 100
"""Steps that can be undone."""

MOST_LETTERS_BACK = 10 * MOST_TEXT
"""The most letters kept of scenarios of one's own, for steps that can be undone."""

MOST_GUESSES = 60
MOST_PACKAGES = 12
"""Packages of changes that can be set against each other."""

MOST_DAYS = 1_000_000
MOST_PLEDGES = 20
MOST_PEOPLE = 1000
"""People in a room."""

Bundle = Annotated[tuple[Change, ...], Field(max_length=MOST_CHANGES)]
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
    is_placed
        Whether the bets are closed. Until they are, nothing of the comparison may be seen.
    answer
        The option that came true in the partnership shown; None until it is revealed.
    hundred
        The number of our partnerships in which each option came true.
    """

    key: Annotated[str, Strict(), Field(pattern=r"^[0-9a-f]{12}$")]
    question: Label
    options: Annotated[tuple[Label, ...], Field(min_length=2, max_length=MOST_OPTIONS)]
    room: Annotated[tuple[Count, ...], Field(min_length=2, max_length=MOST_OPTIONS)]
    is_placed: Flag = False
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


class Package(Section):
    """A bundle of changes that one table would make, and its name."""

    name: Annotated[str, Strict(), Field(min_length=1, max_length=40)]
    bundle: Bundle = ()


class State(Section):
    """The state of a session: all that a link holds of it.

    Attributes
    ----------
    world, bundle
        The world as it was, and all that is changed in its twin, which has the same luck.
    month, deadline
        The month shown, and the one that our hundred partnerships are held to.
    story, screen
        The story that is told, if one is, and its screen.
    is_sealed
        Whether what the bundle does is kept back, so that the room can bet or tables compete.
    packages, budget
        Bundles to be ranked, and the staff days that each may cost; 0 for no limit.
    guesses, pledges
        What the room bet and promised.
    """

    world: World = World()
    bundle: Bundle = ()
    month: Annotated[Whole, Field(ge=0, le=MOST_MONTHS)] = 0
    deadline: Annotated[Whole, Field(ge=0, le=MOST_MONTHS)] = 84
    story: Slug | None = None
    screen: Annotated[Whole, Field(ge=0, lt=20)] = 0
    is_sealed: Flag = False
    packages: Annotated[tuple[Package, ...], Field(max_length=MOST_PACKAGES)] = ()
    budget: Annotated[Whole, Field(ge=0, le=MOST_DAYS)] = 0
    guesses: Annotated[tuple[Guess, ...], Field(max_length=MOST_GUESSES)] = ()
    pledges: Annotated[tuple[Pledge, ...], Field(max_length=MOST_PLEDGES)] = ()


class Session:
    """The session of one visitor, in which one step follows the other.

    Methods may be called from any thread. Those that change something raise `ScenarioError`,
    and change nothing, where a change does not fit the place.
    """

    def __init__(self, state: State | None = None) -> None:
        self._lock = threading.RLock()
        self._state = state or State()
        self._twin: tuple[State | None, World | None] = None, None
        self._sides: tuple[State | None, Sides] = None, Sides("")
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
        """All texts of the app."""
        return words()

    @property
    def without(self) -> World:
        """The world as it was, without what is changed."""
        return self._state.world

    @property
    def with_(self) -> World | None:
        """The twin of that world, with all that is changed and the same luck; None where nothing is."""
        state, twin = self._state, self._twin
        if twin[0] is not state:  # a page asks for it some twenty times each time it is drawn
            twin = self._twin = (state, changed(state.world, state.bundle) if state.bundle else None)
        return twin[1]

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
        state, sides = self._state, self._sides
        if sides[0] is not state:  # as `with_`
            sides = self._sides = (state, self._name_sides(state))
        return sides[1]

    def _name_sides(self, state: State) -> Sides:
        if not state.bundle:
            return Sides("")
        screen = self.screen_shown
        if screen is not None and self.is_as_told:
            return screen.sides
        if len(state.bundle) > 1:
            return Sides(self.words("side.bundle"), self.words("side.as_it_was"))
        return sentences.name_sides(state.bundle[0], state.world.scenario(), self.words)

    @property
    def is_as_told(self) -> bool:
        """Return whether what is compared is what the story's screen speaks of."""
        state, story = self._state, self.story_shown
        if story is None or story.bundle(state.screen) != state.bundle:
            return False
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
            raise ValueError("nothing is compared: nothing is changed")
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
        """Put a change into the bundle; it takes the place of an older one of the same thing."""
        with self._lock:
            kept = tuple(other for other in self._state.bundle if other.slot != change.slot)
            if len(kept) >= MOST_CHANGES:
                raise ScenarioError(f"there are {MOST_CHANGES} changes already: take one away first")
            is_there = change in self.without.changes  # as it was: nothing would be compared
            self._steer(bundle=kept if is_there else (*kept, change))

    def remove(self, change: Change) -> None:
        """Take a change out of the bundle again."""
        with self._lock:
            self._steer(bundle=tuple(other for other in self._state.bundle if other != change))

    def bundle(self, changes: Sequence[Change]) -> None:
        """Compare with a twin in which all of these are changed, and nothing else."""
        with self._lock:
            self._steer(bundle=tuple(changes))

    def alter(self, change: Change) -> None:
        """Change the world as it was: what holds on both sides."""
        with self._lock:
            self._steer(world=self.without.with_(change))

    def live_in(self, world: World) -> None:
        """Go to another place, or other luck; nothing is compared there yet."""
        with self._lock:
            self._steer(world=world, bundle=(), month=0)

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
                past = self._past.pop()
                self._future.append(self._state)
                is_next_group = not (self._state.guesses or self._state.pledges)
                self._set(past if is_next_group else self._steered_as(past))

    def redo(self) -> None:
        """Do again what was undone."""
        with self._lock:
            if self._future:
                self._past.append(self._state)
                self._set(self._steered_as(self._future.pop()))

    @property
    def before(self) -> World | None:
        """The world as changed before the last step, where that was a step of the same comparison."""
        with self._lock:
            past, now = self._past[-1] if self._past else None, self._state
        if past is None or not (past.bundle and now.bundle) or past.bundle == now.bundle:
            return None
        if (past.world, past.story, past.screen) != (now.world, now.story, now.screen):
            return None
        return changed(past.world, past.bundle)

    def _steered_as(self, other: State) -> State:
        """Make the present state, steered as another was."""
        keys = ("world", "bundle", "month", "story", "screen", "is_sealed", "packages", "budget")
        return self._update(**{key: getattr(other, key) for key in keys})

    def ask_reset(self) -> int:
        """Ask to begin anew; the answer has to be given back to `reset`."""
        return self.version

    def reset(self, token: int) -> bool:
        """Begin with the next group, if nothing has happened since it was asked for.

        Nothing is left of what the last one bet, promised and put together; place and story stay,
        from their beginning. Undo brings back what was shown, and bets and promises with it.
        """
        with self._lock:
            if token != self.version:
                return False
            state = self._state
            clean = State(world=state.world, deadline=state.deadline)
            story = self.story_shown
            if story is not None and state.story:
                clean = self._at(clean, state.story, 0)
            self._set(clean, is_step=True)
            return True

    # --- stories ---

    @property
    def story_shown(self) -> Story | None:
        """The story that is told, if one is."""
        return stories().get(self._state.story or "")

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
            stories()[name]
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
        self._set(self._at(self._state, name, number), is_step=True)

    def _at(self, state: State, name: str, number: int) -> State:
        """Make a state that stands at the beginning of a screen."""
        story = stories()[name]
        screen = story.screens[number]
        at = {
            "story": name,
            "screen": number,
            "world": story.world(number),
            "bundle": story.bundle(number),
            "is_sealed": False,
            "month": 0 if screen.show == "stage" else screen.month,
            "deadline": screen.deadline,
        }
        return State(**{**dict(state), **at})

    # --- bet, then play, then reveal ---

    @property
    def question(self) -> Question | None:
        """The question for the room: the screen's; of what is sealed, the usual one.

        The screen's is not asked of a partnership that has not the months that it is about.
        """
        state, screen = self._state, self.screen_shown
        if not state.bundle:
            return None
        if screen is not None and self.is_as_told:
            ask = screen.ask
            return ask if ask is None or ask.last_month <= self.without.months else None
        return usual_question(self.sides, self.words) if state.is_sealed else None

    @property
    def guess(self) -> Guess | None:
        """The bets on the present question; a link may hold bets on others."""
        key, question = self._question_key(), self.question
        options = tuple(option.text for option in question.options) if question else ()
        for guess in self._state.guesses:
            if guess.key == key and guess.options == options:
                return guess
        return None

    @property
    def n_in(self) -> int:
        """The number of bets that are in for the present question; phones will count here too."""
        guess = self.guess
        return sum(guess.room) if guess else 0

    @property
    def is_hidden(self) -> bool:
        """Return whether nothing of the comparison may be shown: the room has still to bet."""
        if self.question is None:
            return False
        guess = self.guess
        return guess is None or not guess.is_placed

    @property
    def reveal_month(self) -> int:
        """The month in which the answer to the present question is there."""
        question, screen = self.question, self.screen_shown
        wanted = question.last_month if question else 0
        if not wanted and screen is not None and self.is_as_told:
            wanted = screen.month
        return min(wanted or MOST_MONTHS, self.without.months)

    def predict(self, room: Sequence[int]) -> None:
        """Write down how many bet on each option; the bets stay open, and can be changed.

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

    def place_bets(self) -> None:
        """Close the bets, whoever is in: the comparison can be played now, from the start.

        Raises
        ------
        ValueError
            Where nothing is asked.
        """
        with self._lock:
            question = self.question
            if question is None:
                raise ValueError("nothing is asked here")
            if self.guess is None:
                self.predict([0] * len(question.options))
            guess = self.guess
            assert guess is not None
            self._keep(guess.model_copy(update={"is_placed": True}))
            self.show_month(0)

    def take_back(self) -> None:
        """Open the bets again; what was counted stays, to be changed, and nothing is shown of the rest."""
        with self._lock:
            guess = self.guess
            if guess is not None:
                self._keep(guess.model_copy(update={"is_placed": False, "answer": None, "hundred": ()}))
                self.show_month(0)

    def skip_guess(self) -> None:
        """Show the comparison, with its answer, without having asked."""
        with self._lock:
            if self.question is not None:
                self.predict([0] * len(self.question.options))
                self.place_bets()
                self.reveal()

    def reveal(self) -> Guess:
        """Work out what came, in this partnership and in our hundred.

        Raises
        ------
        ValueError
            Where no bets were placed.
        """
        with self._lock:
            question, guess = self.question, self.guess
        if question is None or guess is None or not guess.is_placed:
            raise ValueError("no bets were placed yet")
        answers = question.answers(self.hundred())
        revealed = guess.model_copy(
            update={
                "answer": int(answers[self.without.replicate]),
                "hundred": tuple(int((answers == option).sum()) for option in range(len(question.options))),
            }
        )
        with self._lock:
            self._keep(revealed)
        return revealed

    # --- packages of several tables ---

    def seal(self, *, is_sealed: bool) -> None:
        """Keep back what the bundle does, for tables to compete or the room to bet; or show it again."""
        with self._lock:
            self._set(self._update(is_sealed=is_sealed), is_step=True)

    def set_budget(self, days: int) -> None:
        """Set the staff days that a package may cost; 0 for no limit."""
        with self._lock:
            self._set(self._update(budget=days), is_step=True)

    def enter_package(self, name: str) -> None:
        """Enter the bundle as a table's package, and clear it for the next table.

        Raises
        ------
        ScenarioError
            Where nothing is changed, or there are enough packages.
        """
        with self._lock:
            state = self._state
            others = tuple(package for package in state.packages if package.name != name)
            if not state.bundle:
                raise ScenarioError(self.words("package.empty"))
            if len(others) >= MOST_PACKAGES:
                raise ScenarioError(self.words("package.enough", n=MOST_PACKAGES))
            package = Package(name=name, bundle=state.bundle)
            self._steer(packages=(*others, package), bundle=())

    def remove_package(self, index: int) -> None:
        """Strike a package out."""
        with self._lock:
            kept = list(self._state.packages)
            del kept[index]
            self._steer(packages=tuple(kept))

    def open_package(self, index: int) -> None:
        """Put a package on the stage, against the world as it was."""
        self.bundle(self._state.packages[index].bundle)

    @property
    def answered(self) -> list[Guess]:
        """The guesses that were answered so far, in order; what was skipped does not count."""
        return [one for one in self._state.guesses if one.answer is not None and not one.is_skipped]

    def _question_key(self) -> str:
        """Return the key of the question: a lever that is moved meanwhile does not ask it anew."""
        state = self._state
        slots = [change.slot for change in state.bundle]
        text = self.question.text if self.question else ""
        named = f"{state.story}/{state.screen}/{slots}/{text}"
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
    for bundle in (state.bundle, *(package.bundle for package in state.packages)):
        if bundle:
            check_pair(state.world, changed(state.world, bundle))


def changed(world: World, bundle: Sequence[Change]) -> World:
    """Make the same world with all of a bundle changed."""
    return world.with_(*bundle)


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
    """Answer this room: first what happened, in our hundred and here, then what was thought."""
    answer = guess.answer or 0
    often = max(range(len(guess.hundred)), key=guess.hundred.__getitem__)
    most_often = sentences.of_hundred(guess.hundred[often], N_PAIRS, words)
    said = [
        capital(words("guess.most", hundred=most_often, option=guess.options[often])),
        words("guess.answer", option=guess.options[answer]) if answer != often else "",
        say_room(guess, words),
    ]
    if not guess.is_skipped:
        chosen = max(range(len(guess.room)), key=guess.room.__getitem__)
        said.append(options[chosen].reply)
    return " ".join(part for part in said if part)


def say_room(guess: Guess, words: Words) -> str:
    """State what most of the room said, or how it was divided, and whether it came."""
    if guess.is_skipped:
        return ""
    most, total = max(guess.room), sum(guess.room)
    if guess.room.count(most) > 1:
        return words("guess.split")
    option = guess.options[guess.room.index(most)]
    key = "room" if 2 * most > total else "largest"
    room = words(f"guess.{key}", n=most, total=total, option=option)
    return f"{room} {words('guess.right' if guess.is_right else 'guess.wrong')}"
