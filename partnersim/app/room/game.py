"""The game: what tables may do each half-year, and the scenario that their moves make.

A `Game` is a value. Each move holds ways of working of one organisation for the months of its round,
so a game is the scenario of its place with interventions: it can be written to a file, opened by a
link and run again, bit for bit, by whoever has it. Organisations that nobody plays, and tables that
have never said anything, go by the model's own rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from importlib.resources import files
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from partnersim.app.world import N_PAIRS, Appointment, World
from partnersim.scenario.declarations import Event, Section, Slug, Whole
from partnersim.scenario.errors import ScenarioError
from partnersim.scenario.files import parse_toml
from partnersim.scenario.scenario import Scenario

Choices = Mapping[Slug, Mapping[Slug, float]]
"""The choices of a move: the levers that each holds, by name."""

Moves = dict[Slug, Slug]
"""What one table decided in a round: the choice that it made, by move."""

Round = dict[Slug, Moves]
"""What all tables decided in a round, by organisation."""

ANA = Appointment(name="ana", title="Ana", skill=0.8)
"""The coordinator with whom the game is played again."""

MOST_SEED = 2**31


class Rules(Section):
    """What stands in game.toml.

    Attributes
    ----------
    place
        The packaged scenario that is played.
    months_per_round, rounds, seconds_per_round
        How long a round is in the game and in the room, and how many there are.
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
        """The number of months that are played."""
        return self.rounds * self.months_per_round

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario before anybody has moved."""
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
    content = (files("partnersim") / "app" / "room" / "game.toml").read_text(encoding="utf-8")
    return Rules.model_validate(parse_toml(content, "game.toml", "game"))


class Game(Section):
    """A game: its luck, and what was decided in each round that is over.

    Attributes
    ----------
    seed, replicate
        The luck.
    played
        The rounds, first to last; in each the moves of the organisations that a table played.
    """

    seed: Annotated[Whole, Field(ge=0, lt=MOST_SEED)] = 1
    replicate: Annotated[Whole, Field(ge=0, lt=N_PAIRS)] = 0
    played: Annotated[tuple[Round, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _keeps_the_rules(self) -> Self:
        known = rules()
        if len(self.played) > known.rounds:
            raise ValueError(f"played: {len(self.played)} rounds; a game has {known.rounds}")
        for moves_of in self.played:
            for organisation, moves in moves_of.items():
                if organisation not in known.seats:
                    raise ValueError(f"played: {organisation!r} is no organisation of the game")
                for move, choice in moves.items():
                    check_move(move, choice)
        return self

    def __hash__(self) -> int:
        """Hash what tells games apart as a rule: what became of them is remembered by them."""
        return hash((self.seed, self.replicate, self.n_played))

    @property
    def n_played(self) -> int:
        """The number of rounds that are over."""
        return len(self.played)

    @property
    def month(self) -> int:
        """The month that the game has reached."""
        return self.n_played * rules().months_per_round

    @property
    def is_over(self) -> bool:
        """Return whether all rounds are played."""
        return self.n_played == rules().rounds

    def with_round(self, seated: Mapping[str, Mapping[str, str]]) -> Game:
        """End a round: the moves of those seated; what they left open goes on as in the round before.

        Raises
        ------
        ScenarioError
            If the game is over.
        """
        if self.is_over:
            raise ScenarioError("the game is over: begin another")
        before = self.played[-1] if self.played else {}
        decided = {name: {**before.get(name, {}), **moves} for name, moves in seated.items()}
        return Game.model_validate({**self.model_dump(), "played": (*self.played, decided)})

    def without(self, move: str, choice: str) -> Game:
        """Make the same game, as if nobody had ever made this choice: the model decides in its place."""
        played = [
            {
                name: {m: c for m, c in moves.items() if (m, c) != (move, choice)}
                for name, moves in moves_of.items()
            }
            for moves_of in self.played
        ]
        return Game.model_validate({**self.model_dump(), "played": played})

    def count(self, move: str, choice: str) -> int:
        """Count how often a choice was made: once for each table and round."""
        return sum(moves.get(move) == choice for moves_of in self.played for moves in moves_of.values())

    def scenario(self) -> Scenario:
        """Make the scenario: that of the place, with what was decided as interventions."""
        return rules().scenario.replace(interventions=list(self._interventions()))

    def world(self) -> World:
        """Make the world that the workshop runs, compares and puts into links."""
        text = self.scenario().to_toml()
        return World(place="as-played", text=text, seed=self.seed, replicate=self.replicate)

    def arms(self) -> dict[str, World]:
        """Give the same luck three times: as it was played, with Ana too, and by the model's own rules."""
        nobody = Game(seed=self.seed, replicate=self.replicate)
        return {"played": self.world(), "ana": self.world().with_(ANA), "model": nobody.world()}

    def _interventions(self) -> Iterator[dict[str, Any]]:
        """Give one intervention for each lever, value and round, for all organisations that chose it."""
        known = rules()
        for index, moves_of in enumerate(self.played):
            first = index * known.months_per_round
            for move, choices in known.moves.items():
                for choice, levers in choices.items():
                    chose = [name for name in known.seats if moves_of.get(name, {}).get(move) == choice]
                    for lever, value in levers.items() if chose else ():
                        yield {
                            "lever": lever,
                            "value": value,
                            "organisations": chose,
                            "from_month": first,
                            "to_month": first + known.months_per_round,
                        }


def check_move(move: str, choice: str) -> None:
    """Refuse what no table can do.

    Raises
    ------
    ValueError
        Naming the move and what would be right.
    """
    moves = rules().moves
    if move not in moves:
        raise ValueError(f"move = {move!r}: must be one of {', '.join(moves)}")
    if choice not in moves[move]:
        raise ValueError(f"{move} = {choice!r}: must be one of {', '.join(moves[move])}")
