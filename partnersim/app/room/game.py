"""The game of the workshop: its luck and what its tables decided, as a world that the app shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from partnersim.app.world import N_PAIRS, Appointment, World
from partnersim.game.rules import Round, as_played, check_move, go_on, rules
from partnersim.scenario.declarations import Section, Whole
from partnersim.scenario.errors import ScenarioError
from partnersim.scenario.scenario import Scenario

ANA = Appointment(name="ana", title="Ana", skill=0.8)
"""The coordinator with whom the game is played again."""

MOST_SEED = 2**31


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
        return Game.model_validate(
            {**self.model_dump(), "played": (*self.played, go_on(self.played, seated))}
        )

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
        return as_played(rules().scenario, self.played)

    def world(self) -> World:
        """Make the world that the workshop runs, compares and puts into links."""
        text = self.scenario().to_toml()
        return World(place="as-played", text=text, seed=self.seed, replicate=self.replicate)

    def arms(self) -> dict[str, World]:
        """Give the same luck three times: as it was played, with Ana too, and by the model's own rules."""
        nobody = Game(seed=self.seed, replicate=self.replicate)
        return {"played": self.world(), "ana": self.world().with_(ANA), "model": nobody.world()}
