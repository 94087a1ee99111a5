"""A place of our own, from what tables answer: how far their answers are apart, and a scenario.

It is a mirror for a talk and no measurement: words are turned into the values that the same words have
in the workshop, and whatever is not asked is as in a packaged place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from importlib.resources import files
from statistics import median
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from partnersim.scenario.declarations import Section, Slug
from partnersim.scenario.files import parse_toml
from partnersim.scenario.scenario import Scenario

Answers = Mapping[str, Sequence[str]]
"""The answers of one table: the options it chose, by the name of the question."""

FEWEST_MEMBERS = 2

NOTE = (
    "A mirror for a talk, and no measurement: made in a workshop from the answers of {n} table{s}. "
    "Sizes are those that the words have in partnersim; it predicts no real place."
)


class Option(Section):
    """One answer: its words, and the value or the person that it stands for."""

    text: str
    value: float | None = None
    person: dict[Slug, float] | None = None


class Question(Section):
    """One question: what it is about, in words for a phone (`text`) and for a list (`short`)."""

    name: Slug
    about: Literal["members", "table", "own", "all", "person"]
    short: Annotated[str, Field(max_length=40)]
    text: str
    options: tuple[Option, ...] = ()

    @property
    def choices(self) -> dict[str, str]:
        """The words of what can be chosen, by key: an organisation, or the number of an option."""
        if self.about in ("members", "table"):
            known = questionnaire().scenario
            return dict(zip(known.organisation_names, known.organisation_titles, strict=True))
        return {str(number): option.text for number, option in enumerate(self.options)}


class Questionnaire(Section):
    """The content of questions.toml."""

    place: Slug
    questions: tuple[Question, ...]

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario from which whatever is not asked is taken."""
        return Scenario.load(self.place)


class Spread(NamedTuple):
    """How tables answered one question.

    Attributes
    ----------
    question
        The question.
    counts
        How many tables chose each option, by its words.
    n
        The number of tables that answered.
    agreed
        The largest number of them that saw it alike; of `members`, about the organisation that fewest
        saw alike.
    apart
        How far apart the outermost answers are, in [0, 1] of what there is; 0 for who is part of it.
    """

    question: Question
    counts: dict[str, int]
    n: int
    agreed: int
    apart: float


@cache
def questionnaire() -> Questionnaire:
    """Read the questions."""
    content = (files("partnersim") / "app" / "room" / "questions.toml").read_text(encoding="utf-8")
    return Questionnaire.model_validate(parse_toml(content, "questions.toml", "list of questions"))


def choose(answers: Answers, name: str, choice: str) -> dict[str, list[str]]:
    """Return a table's answers with one more; of members any number is chosen, and taken back again.

    Raises
    ------
    KeyError
        If there is no such question, or no such answer to it.
    """
    question = {one.name: one for one in questionnaire().questions}[name]
    question.choices[choice]
    chosen = list(answers.get(name, ()))
    if question.about != "members":
        chosen = [choice]
    elif choice in chosen:
        chosen.remove(choice)
    else:
        chosen.append(choice)
    return {**{other: list(of) for other, of in answers.items()}, name: chosen}


def spreads(tables: Sequence[Answers]) -> list[Spread]:
    """Tell how far apart answers are about what all share, the widest apart first.

    What is asked of each table about its own organisation is left out: there they should differ.
    """
    found = [_spread(one, tables) for one in questionnaire().questions if one.about not in ("table", "own")]
    return sorted((one for one in found if one.n), key=lambda one: (one.agreed / one.n, -one.apart))


def _spread(question: Question, tables: Sequence[Answers]) -> Spread:
    answered = [table[question.name] for table in tables if table.get(question.name)]
    n = len(answered)
    counts = {text: sum(choice in chosen for chosen in answered) for choice, text in question.choices.items()}
    alike = [max(count, n - count) for count in counts.values()]
    agreed = min(alike) if question.about == "members" else max(counts.values())
    chosen = [at for at, count in enumerate(counts.values()) if count]
    is_ordered = question.about == "all" and chosen
    apart = (chosen[-1] - chosen[0]) / (len(counts) - 1) if is_ordered else 0.0
    return Spread(question, counts, n, agreed, apart)


def make_scenario(tables: Sequence[Answers]) -> Scenario:
    """Make the scenario of a place from what its tables answered.

    Members are those that at least half of the tables named, and never fewer than two. Where tables
    chose unlike values, the median holds; of who looks after the whole, what most tables said, and among
    equals the first.
    """
    asked, base = questionnaire().questions, questionnaire().scenario
    members = _members(tables, base.organisation_names)
    content = base.model_dump(exclude_unset=True)
    content["title"] = "A place of our own: a mirror, and no measurement"
    content["description"] = NOTE.format(n=len(tables), s="" if len(tables) == 1 else "s")
    content["vision"] = {"size": base.vision.size * len(members) / len(base.organisations)}
    content["organisations"] = [one for one in content["organisations"] if one["name"] in members]
    ways = content.setdefault("ways_of_working", {})
    for organisation in content["organisations"]:
        distance = organisation.get("cultural_distance", {})
        organisation["cultural_distance"] = {to: far for to, far in distance.items() if to in members}
        own = [table for table in tables if list(table.get("table", ())) == [organisation["name"]]]
        organisation |= _values([one for one in asked if one.about == "own"], own)
    ways |= _values([one for one in asked if one.about == "all"], tables)
    (of_person,) = (one for one in asked if one.about == "person")
    content["coordinators"] = _person(_spread(of_person, tables), members)
    return Scenario.model_validate(content)


def _members(tables: Sequence[Answers], known: list[str]) -> list[str]:
    named = [table["members"] for table in tables if table.get("members")]
    if not named:
        return known
    votes = {name: sum(name in chosen for chosen in named) for name in known}
    inside = [name for name in known if 2 * votes[name] >= len(named)]
    if len(inside) < FEWEST_MEMBERS:
        inside = sorted(known, key=lambda name: -votes[name])[:FEWEST_MEMBERS]
    return [name for name in known if name in inside]


def _values(asked: Sequence[Question], tables: Sequence[Answers]) -> dict[str, float]:
    """Return the median value of each question that any of these tables answered."""
    found = {}
    for question in asked:
        values = [
            question.options[int(table[question.name][0])].value
            for table in tables
            if table.get(question.name)
        ]
        if values:
            found[question.name] = float(median(value for value in values if value is not None))
    return found


def _person(spread: Spread, members: list[str]) -> list[dict[str, Any]]:
    """Return whoever most tables said looks after the whole, employed by the first member if by any."""
    if not spread.n:
        return []
    most = max(spread.counts.values())
    option = next(one for one in spread.question.options if spread.counts[one.text] == most)
    if option.person is None:
        return []
    host = {"host": members[0]} if "impartiality" in option.person else {}
    return [{"name": "ana", "title": "Ana", **option.person, **host}]


def to_file(tables: Sequence[Answers]) -> str:
    """Write the place as a scenario file, which says in its first line what it is."""
    scenario = make_scenario(tables)
    return f"# {scenario.description}\n# partnersim app our-place.toml\n{scenario.to_toml()}"
