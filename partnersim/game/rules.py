"""The rules: what a seat may decide each half-year, and the scenario that its decisions make.

Each choice holds ways of working or decisions of one organisation for the months of its round, as
interventions; one that holds nothing leaves it to the model, as in all rounds in which nothing was chosen.
So whatever was played is a scenario, which can be written to a file and run again, bit for bit, by
whoever has it. Organisations that nobody plays go by the model's own rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from partnersim.scenario.declarations import Event, Section, Slug, Whole
from partnersim.scenario.files import parse_toml
from partnersim.scenario.scenario import Scenario

Choices = Mapping[Slug, Mapping[Slug, float]]
"""The choices of a move: the levers and decisions that each holds, by name."""

Moves = dict[Slug, Slug]
"""The decisions of one seat in a round: the choice that it made, by move."""

Round = dict[Slug, Moves]
"""The decisions of all seats in a round, by organisation."""


class Rules(Section):
    """The content of game.toml.

    Attributes
    ----------
    place
        The packaged scenario that the workshop plays.
    months_per_round, rounds, seconds_per_round
        How long a round is in the game and in the room, and how many there are in the workshop.
    moves
        The choices of each move.
    coming
        What happens to one organisation, which its table knows beforehand.
    """

    place: Slug
    months_per_round: Whole
    rounds: Whole
    seconds_per_round: Whole
    moves: Mapping[Slug, Choices]
    coming: Mapping[Slug, Event]

    @property
    def months(self) -> int:
        """The number of months that the workshop plays."""
        return self.rounds * self.months_per_round

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario of the workshop before anybody has moved."""
        events = [
            event.model_copy(update={"organisation": name}).model_dump()
            for name, event in self.coming.items()
        ]
        return Scenario.load(self.place).replace(months=self.months, events=events)

    @property
    def seats(self) -> list[str]:
        """The organisations that tables can play, in the order of every axis."""
        return self.scenario.organisation_names


@cache
def rules() -> Rules:
    """Read the rules of the game."""
    content = (files("partnersim") / "game" / "game.toml").read_text(encoding="utf-8")
    return Rules.model_validate(parse_toml(content, "game.toml", "game"))


def check_move(move: str, choice: str) -> None:
    """Refuse what no seat can do.

    Raises
    ------
    ValueError
        Naming the move and what would be right.
    """
    moves = rules().moves
    if move not in moves:
        raise ValueError(f"move = {move!r}: must be one of {', '.join(moves)}")
    if choice not in list(moves[move]):  # whatever it is, also what has no hash
        raise ValueError(f"{move} = {choice!r}: must be one of {', '.join(moves[move])}")


def go_on(played: Sequence[Round], decided: Mapping[str, Mapping[str, str]]) -> Round:
    """End a round: what those seated have left open goes on as in the round before."""
    before = played[-1] if played else {}
    return {name: {**before.get(name, {}), **moves} for name, moves in decided.items()}


def as_played(scenario: Scenario, played: Sequence[Round]) -> Scenario:
    """Make the scenario of a game: what was decided is added to it as interventions."""
    mine = [one.model_dump() for one in scenario.interventions]
    return scenario.replace(interventions=[*mine, *_interventions(scenario.organisation_names, played)])


def _interventions(seats: Sequence[str], played: Sequence[Round]) -> list[dict[str, Any]]:
    """Give one intervention for each lever and value, for all organisations that chose it together.

    What the same organisations go on with is one intervention, since a scenario has room for some 200.
    """
    made: list[dict[str, Any]] = []
    going_on: dict[tuple[Any, ...], dict[str, Any]] = {}
    for index, moves_of in enumerate(played):
        first = index * rules().months_per_round
        before, going_on = going_on, {}
        for lever, value, chose in _levers_held(seats, moves_of):
            key = lever, value, *chose
            one = before.get(key)
            if one is None:
                one = {"lever": lever, "value": value, "organisations": chose, "from_month": first}
                made.append(one)
            one["to_month"] = first + rules().months_per_round
            going_on[key] = one
    return made


def _levers_held(seats: Sequence[str], moves_of: Round) -> Iterator[tuple[str, float, list[str]]]:
    """Give each lever that is held in a round, its value, and the organisations that chose it."""
    for move, choices in rules().moves.items():
        for choice, levers in choices.items():
            chose = [name for name in seats if moves_of.get(name, {}).get(move) == choice]
            for lever, value in levers.items() if chose else ():
                yield lever, value, chose
