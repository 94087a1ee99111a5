"""Seats: what whoever plays an organisation is shown each half-year, and games that programs play.

People at a table and a policy in Python have the same seat: both are shown an `Observation`, and both
answer with moves, such as ``{"day": "joint"}``. A phone writes the numbers of it as sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from partnersim.game.rules import Moves, Round, as_played, check_move, go_on, rules
from partnersim.model.room import MOST_REPLICATE, MOST_SEED
from partnersim.runs.ensemble import run
from partnersim.runs.measures import Detail, by_organisation, combine_trust
from partnersim.runs.results import Results
from partnersim.scenario.declarations import Event
from partnersim.scenario.errors import InputError, check_name, shown, whole_number
from partnersim.scenario.paths import first_months
from partnersim.scenario.scenario import Scenario


@dataclass(frozen=True)
class Observation:
    """The view of a seat before it decides: what a table's phone shows, and no more.

    Attributes
    ----------
    seat
        The organisation.
    round, rounds
        The round that begins, from 1, and how many there are.
    coming
        What will happen to it alone, whatever anybody does; the others do not know.
    chosen
        What it chose last, by move: whatever it leaves open goes on.
    pressure
        The mean pressure of its own targets in the round before, in whole hundredths: 0 to 100. None
        in the first round, and for what there is not.
    trusted, trusted_before
        The trust of the others in it now, and a round ago: 0 to 100, None as for `pressure`.
    has_left
        Whether it is no member now, so that what it decides counts no more, and nothing more is shown.
    """

    seat: str
    round: int
    rounds: int
    coming: tuple[Event, ...]
    chosen: Mapping[str, str]
    pressure: int | None = None
    trusted: int | None = None
    trusted_before: int | None = None
    has_left: bool = False


Policy = Callable[[Observation], Moves]
"""A way to play: given what its seat is shown, it returns the choice for each move that it decides."""


@dataclass(frozen=True, eq=False)
class Played:
    """A game that programs played.

    Attributes
    ----------
    scenario
        The scenario with everything that was decided, as interventions. `partnersim.run` gives with
        the same seed and replicate the same numbers, bit for bit.
    results
        The one run of it, with who trusts whom in each month.
    played
        What each seat decided, by round and organisation; what was left open is filled in.
    seen
        What each seat was shown, by round and organisation.
    balance
        Benefit less cost of each organisation over the game: see `End`.
    """

    scenario: Scenario
    results: Results
    played: tuple[Round, ...]
    seen: tuple[dict[str, Observation], ...]
    balance: dict[str, float]


class End(NamedTuple):
    """How far a game has come.

    Attributes
    ----------
    detail
        Who trusts whom and so on, as in `Results.detail`, of one run.
    balance
        Of each organisation, in stake months: the benefit that it had so far less what that cost it.
        It is the model's own account, from month 0: the benefit that stands, by what the organisation
        aims at and gains from it, less the price of the time that it gave and what harms it.
    """

    detail: Detail
    balance: dict[str, float]


def run_so_far(scenario: Scenario, played: Sequence[Round], seed: int, replicate: int) -> End:
    """Simulate the rounds that were played, and no month more."""
    from partnersim.model.draws import root
    from partnersim.model.record import new_record
    from partnersim.model.schedule import simulate
    from partnersim.model.series import SERIES, detail_size, unpack_detail
    from partnersim.model.state import STATE
    from partnersim.scenario.translate import to_parameters

    now = min(len(played) * rules().months_per_round, scenario.months)
    scenario = first_months(as_played(scenario, played), now)
    state, n = new_record(STATE), scenario.n_organisations
    series, detail = np.empty((1, now + 1, len(SERIES))), np.empty((1, now + 1, detail_size(n)))
    simulate(state, to_parameters(scenario), root(seed), replicate, series, detail)
    # Runs do not record the account month by month; the state in which a run ends has it.
    balance = (state.own_benefit - state.own_cost)[:n]
    return End(
        unpack_detail(detail, n), dict(zip(scenario.organisation_names, balance.tolist(), strict=True))
    )


def play(
    scenario: Scenario | str | Path, policies: Mapping[str, Policy], *, seed: int = 1, replicate: int = 0
) -> Played:
    """Let programs play organisations; the model plays all others by its own rules.

    Every six months each policy is shown what a table of the workshop's game would see on its phone,
    and decides what a table could decide, without knowing what the others decide.

    Parameters
    ----------
    scenario
        A scenario, the name of a packaged one or the path of a file. That of the workshop is
        ``partnersim.game.rules.rules().scenario``.
    policies
        Who plays, by the short name of its organisation: functions that are given an `Observation`
        and return moves such as ``{"day": "joint", "lend": "much"}``.
    seed, replicate
        The random numbers, as in `partnersim.run`.

    Raises
    ------
    partnersim.InputError
        For a seat that there is not, and for moves that the rules do not know.
    """
    place = Scenario.load(scenario)
    seed = whole_number("seed", seed, 0, MOST_SEED)
    replicate = whole_number("replicate", replicate, 0, MOST_REPLICATE)
    for name in policies:
        check_name(name, place.organisation_names, "seat")
    played: list[Round] = []
    seen: list[dict[str, Observation]] = []
    for _ in range(n_rounds(place)):
        end = run_so_far(place, played, seed, replicate) if played else None
        seen.append({name: show_seat(place, name, played, end and end.detail) for name in policies})
        decided = {name: _decide(policy, seen[-1][name]) for name, policy in policies.items()}
        played.append(go_on(played, decided))
    done = as_played(place, played)
    return Played(
        scenario=done,
        results=run(done, 1, seed, first_replicate=replicate, workers=1, detail=True),
        played=tuple(played),
        seen=tuple(seen),
        balance=run_so_far(place, played, seed, replicate).balance,
    )


def n_rounds(scenario: Scenario) -> int:
    """Count the rounds of a scenario; the last may be shorter."""
    return -(-scenario.months // rules().months_per_round)


def show_seat(scenario: Scenario, seat: str, played: Sequence[Round], detail: Detail | None) -> Observation:
    """Describe what one seat is shown.

    Parameters
    ----------
    scenario, seat, played
        What is played, by whom, and the rounds that are over.
    detail
        Of one run of these rounds at least, as in `Results.detail`; None before the first.
    """
    now = min(len(played) * rules().months_per_round, scenario.months)
    before = max(0, now - rules().months_per_round)
    seen = Observation(
        seat=seat,
        round=len(played) + 1,
        rounds=n_rounds(scenario),
        coming=tuple(event for event in scenario.events if event.organisation == seat),
        chosen=dict(played[-1].get(seat, {})) if played else {},
    )
    if detail is None:
        return seen
    at = scenario.organisation_names.index(seat)
    months = {name: values[0, [before, now]] for name, values in detail.items()}
    trusted = by_organisation({**months, "trust": combine_trust(months)}, "trust", "trustee")[:, at]
    pressure = by_organisation(detail, "target_pressure")[0, before + 1 : now + 1, at]
    if not detail["is_present"][0, now, at]:
        return replace(seen, has_left=True)
    return replace(
        seen,
        pressure=_hundredths(pressure.mean()),
        trusted=_hundredths(trusted[1]),
        trusted_before=_hundredths(trusted[0]),
    )


# --- how ---------------------------------------------------------------------------------------


def _decide(policy: Policy, seen: Observation) -> Moves:
    """Ask a policy, and check what it says."""
    moves = policy(seen)
    where = f"{seen.seat}, round {seen.round}"
    if not isinstance(moves, Mapping):
        raise InputError(f"{where}: {shown(moves)}: a policy returns moves, such as {{'day': 'joint'}}")
    for move, choice in moves.items():
        try:
            check_move(move, choice)
        except (ValueError, TypeError) as error:
            raise InputError(f"{where}: {error}") from None
    return dict(moves)


def _hundredths(share: float) -> int | None:
    """Write a share in whole hundredths; None for what nobody has."""
    return round(100 * float(share)) if np.isfinite(share) else None
