"""Guided stories: they fix what each screen shows, says and asks, and what the model must show.

A story is a text file (`stories/*.toml`; how to write one is in docs/own-story.md). What it
expects of the model is written as numbers that are tested: an expectation has to hold in the
partnership that the story shows, and in most of our hundred. A story never says what the model
does not.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, Strict, ValidationError, model_validator

from partnersim.app.sentences import Sides
from partnersim.app.world import (
    HUNDRED_SERIES,
    MOST_MONTHS,
    N_PAIRS,
    Appointment,
    Change,
    Hundred,
    World,
    compare_hundred,
)
from partnersim.runs.measures import MEASURES, Floats
from partnersim.runs.results import Results
from partnersim.scenario.declarations import Section, Slug, Text, Whole
from partnersim.scenario.errors import ScenarioError, error_at, shown, suggest
from partnersim.scenario.files import parse_toml, read_text

LEAST_SHARE = 0.8
"""Share of the hundred partnerships in which an expectation must hold."""

MOST_OPTIONS = 4

Shown = Literal["stage", "organisations", "hundred", "why", "levers", "debrief"]
"""The kinds of screen: the stage, to be played, or a sheet that opens over it."""

LineName = Literal["change", "trust", "survey", "issues", "layers", "pressure"]
"""The lines of the hundred that the stage can show."""

LINE_OF = {
    "perceived_joint_working": "survey",
    "tension": "issues",
    "trust": "trust",
    "trust_board": "layers",
    "trust_front_line": "layers",
}
"""The line that shows a number which is asked about; change delivered shows all others."""

Month = Annotated[Whole, Field(ge=0, le=MOST_MONTHS)]
Line = Annotated[str, Strict(), Field(min_length=1, max_length=200)]
Name = Annotated[str, Strict(), Field(min_length=1, max_length=60)]
Paragraph = Annotated[str, Strict(), Field(max_length=1500)]


class Quantity(Section):
    """A number of each of the hundred pairs.

    Attributes
    ----------
    of
        The world without the switch, the one with it, or with less without.
    measure
        One of `MEASURES`; a milestone never reached counts as the last month.
    series, month, since
        In place of a measure: a monthly series in a month, or its change since another.
    """

    of: Literal["without", "with", "difference"] = "difference"
    measure: Text = ""
    series: Text = ""
    month: Month = 0
    since: Month | None = None

    @model_validator(mode="after")
    def _is_one_number(self) -> Quantity:
        if bool(self.measure) == bool(self.series):
            raise ValueError("give either measure or series")
        if self.measure and self.measure not in MEASURES:
            raise ValueError(f"measure {shown(self.measure)}: {suggest(self.measure, list(MEASURES))}")
        if self.series and self.series not in HUNDRED_SERIES:
            raise ValueError(f"series {shown(self.series)}: {suggest(self.series, list(HUNDRED_SERIES))}")
        return self

    @property
    def last_month(self) -> int:
        """The last month that the number needs; 0 for a measure, which looks at all months there are."""
        return max(self.month, self.since or 0) if self.series else 0

    def values(self, hundred: Hundred) -> Floats:
        """Return the number of each pair: float64[n_pairs]."""
        if self.of == "without":
            return self._of(hundred.without)
        if self.of == "with":
            return self._of(hundred.with_)
        return self._of(hundred.with_) - self._of(hundred.without)

    def _of(self, results: Results) -> Floats:
        if self.measure:
            values = results.measures[self.measure]
            if MEASURES[self.measure].is_censored:
                return np.where(np.isnan(values), float(results.months), values)
            return values
        months = results.series[self.series]
        if self.since is None:
            return months[:, self.month]
        return np.asarray(months[:, self.month] - months[:, self.since])


class Expectation(Quantity):
    """An expectation of what the model shows: a sentence, and the numbers that make it true."""

    says: Line
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _has_a_bound(self) -> Expectation:
        if self.at_least is None and self.at_most is None:
            raise ValueError("give at_least, at_most or both")
        return self

    def holds(self, hundred: Hundred) -> np.ndarray:
        """Return whether the expectation holds, for each pair: bool[n_pairs]."""
        values = self.values(hundred)
        low = -np.inf if self.at_least is None else self.at_least
        high = np.inf if self.at_most is None else self.at_most
        return (values >= low) & (values <= high)


class Option(Section):
    """One answer to a question, and what to say to a room that chose it.

    It is the right one for values below `below` that no option before it has taken.
    """

    text: Line
    below: float | None = None
    reply: Paragraph = ""


class Question(Quantity):
    """A question that the room is asked before it sees a comparison."""

    text: Line
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=MOST_OPTIONS)]

    @model_validator(mode="after")
    def _options_in_order(self) -> Question:
        bounds = [option.below for option in self.options[:-1]]
        if self.options[-1].below is not None or None in bounds:
            raise ValueError("options: each but the last has `below`, the last has none")
        if bounds != sorted(bounds, key=lambda bound: bound or 0.0):
            raise ValueError("options: their `below` must rise")
        return self

    def answers(self, hundred: Hundred) -> np.ndarray:
        """Return the option that came true in each pair: int[n_pairs]."""
        bounds = [option.below for option in self.options[:-1]]
        return np.searchsorted(np.array(bounds, dtype=float), self.values(hundred), side="right")


class Notes(Section):
    """Notes on a screen for the facilitator, never shown on the projector."""

    minutes: Annotated[Whole, Field(ge=1, le=30)] = 2
    ask: Paragraph = ""
    trap: Paragraph = ""
    debrief: Paragraph = ""


class Screen(Section):
    """One screen of a story.

    Attributes
    ----------
    title, say
        The words that stand on it.
    show
        The part of the page that stands beside them.
    world
        Names of the story's changes that hold on both sides.
    switch, who
        The change that the sides differ in, or a list of several, and how to say it after 'with'.
    line
        The line of the hundred that is shown first; left out, that of the question.
    names
        In place of `who`, where both sides have something: what each has, the first first.
    month, deadline
        The month that is shown, and the one that the hundred are held to.
    ask
        A question that the room is asked first.
    expect
        Expectations of what the model shows here.
    notes
        For the facilitator.
    """

    title: Line
    say: Paragraph
    show: Shown = "stage"
    line: LineName | None = None
    world: tuple[Slug, ...] = ()
    switch: Slug | tuple[Slug, ...] = ()
    who: Text = ""
    names: Annotated[tuple[Name, Name] | None, Field(default=None)]
    month: Month = 0
    deadline: Month = 84
    ask: Question | None = None
    expect: tuple[Expectation, ...] = ()
    notes: Notes = Notes()

    @model_validator(mode="after")
    def _sides_have_names(self) -> Screen:
        if not self.switch and (self.who or self.names):
            raise ValueError("who, names: what is compared needs a switch")
        if self.switch and bool(self.who) == bool(self.names):
            raise ValueError(
                "who: missing; how to say the switch after 'with'; or names, of both sides"
                if not self.who
                else "give either who or names"
            )
        if self.names and self.names[0].casefold() == self.names[1].casefold():
            raise ValueError(f"names: both sides are called {self.names[0]!r}")
        return self

    @property
    def switches(self) -> tuple[str, ...]:
        """The names of the changes that the sides differ in."""
        return (self.switch,) if isinstance(self.switch, str) else self.switch

    @property
    def first_line(self) -> str:
        """The line of the hundred that is shown first."""
        ask = self.ask
        return self.line or (LINE_OF.get(ask.series or ask.measure, "change") if ask else "change")

    @property
    def sides(self) -> Sides:
        """The words for what each side has; they can follow 'with'."""
        return Sides(self.names[1], self.names[0]) if self.names else Sides(self.who)


class Story(Section):
    """A guided story of ten to twenty minutes."""

    title: Line
    summary: Line
    place: Slug = "integrated-care"
    seed: Annotated[Whole, Field(ge=0, lt=2**53)] = 1
    replicate: Annotated[Whole, Field(ge=0, lt=N_PAIRS)] = 0
    changes: dict[Slug, Change] = Field(default_factory=dict)
    screens: Annotated[tuple[Screen, ...], Field(min_length=2, max_length=20)]

    @model_validator(mode="after")
    def _names_are_known(self) -> Story:
        for number, screen in enumerate(self.screens, 1):
            for name in (*screen.world, *screen.switches):
                if name not in self.changes:
                    known = suggest(name, list(self.changes))
                    raise ValueError(f"screen {number}: no change is named {shown(name)}; {known}")
            if not screen.switches and (screen.ask or screen.expect):
                raise ValueError(f"screen {number}: what is asked or expected needs a switch")
        return self

    @property
    def minutes(self) -> int:
        """The minutes that the story takes, by its facilitator's notes."""
        return sum(screen.notes.minutes for screen in self.screens)

    def world(self, number: int) -> World:
        """Make the world of a screen, counted from 0, without its switch."""
        world = World(place=self.place, seed=self.seed, replicate=self.replicate)
        return world.with_(*(self.changes[name] for name in self.screens[number].world))

    def bundle(self, number: int) -> tuple[Change, ...]:
        """Return the changes in which the sides of a screen differ."""
        return tuple(self.changes[name] for name in self.screens[number].switches)

    def twin(self, number: int) -> World:
        """Make the world of a screen with its switch."""
        return self.world(number).with_(*self.bundle(number))

    def hundred(self, number: int) -> Hundred:
        """Compare both sides of a screen over our hundred partnerships.

        Raises
        ------
        ValueError
            For a screen without a switch.
        """
        if not self.screens[number].switches:
            raise ValueError(f"screen {number}: has no switch")
        return compare_hundred(self.world(number), self.twin(number))


@cache
def stories() -> dict[str, Story]:
    """Read all stories by name, in the order of their files."""
    folder = files("partnersim") / "app" / "stories"
    found: dict[str, Story] = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".toml"):
            name = entry.name.removesuffix(".toml").partition("-")[2]
            with as_file(entry) as file:
                found[name] = read_story(read_text(file, "story"), entry.name)
    return found


def read_story(text: str, where: str) -> Story:
    """Read a story from the text of its file; `where` names it in messages.

    Raises
    ------
    ScenarioError
        Naming the file, the key and what would be right.
    """
    try:
        story = Story.model_validate(parse_toml(text, "", "story"))
        for number in range(len(story.screens)):
            story.twin(number).scenario()
            appointed = [one for one in story.bundle(number) if isinstance(one, Appointment)]
            has_two = bool(appointed) and bool(story.world(number).scenario().coordinators)
            if has_two and not story.screens[number].names:
                raise ScenarioError(
                    f"screens.{number + 1}.names: missing; both sides have a coordinator, so "
                    "'without' would name neither: give names, the first side's first"
                )
    except ValidationError as error:
        raise error_at(where, [_first_problem(error)]) from None
    except ScenarioError as error:
        raise ScenarioError(f"{where}: {error}") from None
    return story


def _first_problem(error: ValidationError) -> str:
    """Return the first problem as 'key: what would be right'; a misspelt key before all."""
    problems: list[Any] = error.errors(include_url=False)
    problems.sort(key=lambda problem: problem["type"] != "extra_forbidden")
    first = problems[0]
    key = ".".join(str(part + 1 if isinstance(part, int) else part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{key}: a story has no such key here"
    said = first["msg"].removeprefix("Value error, ")
    return f"{key}: {said}" if key else str(said)
