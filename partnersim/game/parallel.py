"""The game as a parallel environment of PettingZoo, for programs that learn how to play."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from partnersim.game.rules import Moves, Round, as_played, go_on, rules
from partnersim.game.seats import Observation, n_rounds, run_so_far, show_seat
from partnersim.model.room import MOST_REPLICATE, MOST_SEED
from partnersim.runs.measures import Detail
from partnersim.scenario.errors import check_name, whole_number
from partnersim.scenario.scenario import Scenario
from partnersim.sweep.extras import load_extra

if TYPE_CHECKING:
    from pettingzoo import ParallelEnv

NUMBERS = ("round", "rounds", "pressure", "trusted", "trusted_before", "has_left", "months_to_event")
"""Numbers of an observation; after them stands what was chosen last, by move. -1 is 'nothing'."""


def parallel_env(
    scenario: Scenario | str | Path | None = None, seats: Sequence[str] | None = None, *, seed: int = 1
) -> ParallelEnv[str, Any, Any]:
    """Make the game an environment in which all seats decide at once: PettingZoo's ParallelEnv.

    An action is the place of a choice among those of its move, for each move: MultiDiscrete. An
    observation is what a table's phone shows, as numbers: float32[7 + moves], named in `NUMBERS`.
    The reward of a round is what the organisation's own benefit less cost grew by in it, in stake
    months, so that rewards add up to the balance of `partnersim.game.seats.End`. It is the model's own
    account, for learning to play in this model: no score of an organisation, and not what is good
    for the place. `reset(seed=s)` begins with replicate 0 of a seed, and each `reset()` without one
    goes on to the next replicate. Needs the extra ``partnersim[game]``.

    Parameters
    ----------
    scenario
        A scenario, the name of a packaged one or the path of a file; that of the workshop if left out.
    seats
        The organisations that are agents; all if left out. The model plays the others.
    seed
        Of the random numbers, until `reset` is given one.

    Raises
    ------
    partnersim.InputError
        For a seat that there is not, and where PettingZoo is not installed.
    """
    place = Scenario.load(rules().scenario if scenario is None else scenario)
    agents = list(seats) if seats is not None else place.organisation_names
    for name in agents:
        check_name(name, place.organisation_names, "seat")
    return _environment()(place, agents, whole_number("seed", seed, 0, MOST_SEED))


def to_numbers(seen: Observation) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Write an observation as numbers: float32[7 + moves], -1 for what there is not."""
    now = (seen.round - 1) * rules().months_per_round
    to_come = [event.month - now for event in seen.coming if event.month >= now]
    values = [
        seen.round,
        seen.rounds,
        *(-1 if value is None else value for value in (seen.pressure, seen.trusted, seen.trusted_before)),
        seen.has_left,
        min(to_come, default=-1),
    ]
    for move, choices in rules().moves.items():
        chosen = seen.chosen.get(move)
        values.append(-1 if chosen is None else list(choices).index(chosen))
    return np.array(values, np.float32)


def to_moves(action: Sequence[int] | np.ndarray[Any, Any]) -> Moves:
    """Read an action: the place of a choice among those of its move, for each move."""
    moves = rules().moves.items()
    return {move: list(choices)[int(at)] for (move, choices), at in zip(moves, action, strict=True)}


@cache
def _environment() -> Any:
    """Make the class, once PettingZoo is known to be there."""
    base = load_extra("pettingzoo", "game").ParallelEnv
    spaces = load_extra("gymnasium.spaces", "game")

    class PartnershipEnv(base):  # type: ignore[misc, valid-type]  # it is imported when asked for
        """The partnership as a game of its organisations; see `parallel_env`."""

        metadata: ClassVar[dict[str, Any]] = {"name": "partnersim_v0", "render_modes": []}

        def __init__(self, place: Scenario, agents: list[str], seed: int) -> None:
            self.possible_agents, self.agents = agents, list(agents)
            self.render_mode = None
            self._place, self._seed, self._replicate = place, seed, -1
            self._played: list[Round] = []
            self._balance: dict[str, float] = {}
            size = len(NUMBERS) + len(rules().moves)
            high = max(100, place.months)
            choices = [len(choices) for choices in rules().moves.values()]
            self.observation_spaces = {name: spaces.Box(-1.0, high, (size,), np.float32) for name in agents}
            self.action_spaces = {name: spaces.MultiDiscrete(choices) for name in agents}

        def observation_space(self, agent: str) -> Any:
            return self.observation_spaces[agent]

        def action_space(self, agent: str) -> Any:
            return self.action_spaces[agent]

        @property
        def scenario(self) -> Scenario:
            """The scenario of what was played so far, which can be run by itself."""
            return as_played(self._place, self._played)

        def reset(
            self, seed: int | None = None, options: dict[str, Any] | None = None
        ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
            if seed is None:
                self._replicate = (self._replicate + 1) % (MOST_REPLICATE + 1)
            else:
                self._seed, self._replicate = whole_number("seed", seed, 0, MOST_SEED), 0
            self.agents, self._played = list(self.possible_agents), []
            self._balance = dict.fromkeys(self.agents, 0.0)
            return self._show(None), {name: {} for name in self.agents}

        def step(
            self, actions: Mapping[str, Any]
        ) -> tuple[dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, Any]]:
            agents = self.agents
            decided = {name: to_moves(action) for name, action in actions.items() if name in agents}
            self._played.append(go_on(self._played, decided))
            end = run_so_far(self._place, self._played, self._seed, self._replicate)
            rewards = {name: end.balance[name] - self._balance[name] for name in agents}
            self._balance = end.balance
            is_over = len(self._played) == n_rounds(self._place)
            seen = self._show(end.detail)
            self.agents = [] if is_over else agents
            over, cut = dict.fromkeys(agents, is_over), dict.fromkeys(agents, False)
            return seen, rewards, over, cut, {name: {} for name in agents}

        def _show(self, detail: Detail | None) -> dict[str, Any]:
            return {
                name: to_numbers(show_seat(self._place, name, self._played, detail)) for name in self.agents
            }

    return PartnershipEnv
