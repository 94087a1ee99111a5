"""The course of a game: so far, after each round; and at its end, against the same luck played otherwise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from partnersim.app.room.game import Game
from partnersim.game.rules import rules
from partnersim.game.seats import Observation, show_seat
from partnersim.runs.ensemble import run
from partnersim.runs.ledger import Ledger
from partnersim.runs.measures import MEASURES
from partnersim.runs.statistics import Difference, compare_pairs

OWN_CAUSE = {("day", "joint"): "joint days", ("issue", "raise"): "flares", ("issue", "leave"): "ruptures"}
"""Choices that the ledger knows by themselves: the cause under which it books what they do at once.

All else acts through what many choices share, such as what is delivered: the ledger cannot tell them
apart, and only playing the game without them can.
"""

MOST_EXPLAINED = 4
"""Replays whose ledgers are compared: those of the choices that moved trust most."""

LEAST_CAUSE = 0.001
"""Trust that a cause has to have moved, to be named."""


@dataclass(frozen=True)
class SoFar:
    """The gains of a round.

    Attributes
    ----------
    change, trust
        The share of the vision delivered and the mean trust, in [0, 1], before the round and after.
    absent
        Organisations that are no longer members, before the round and after.
    happened
        Organisations to which in this round happened what their tables knew beforehand.
    seats
        What each organisation's table alone is shown.
    links
        float64[trustor, trustee], in [0, 1]: who trusts whom now; NaN on the diagonal.
    """

    change: tuple[float, float]
    trust: tuple[float, float]
    absent: tuple[frozenset[str], frozenset[str]]
    happened: tuple[str, ...]
    seats: dict[str, Observation]
    links: np.ndarray


@dataclass(frozen=True)
class Effect:
    """The effect of a choice on trust at the end.

    Attributes
    ----------
    move, choice
        What was chosen.
    times
        How often: once for each table and round.
    trust
        The trust at the end less that without the choice, over our hundred, pair by pair.
    booked
        What the ledger of this partnership books of it by itself: the trust that its own cause
        added at once, in all its rounds, as a mean over all links; None where it has no such cause.
    causes
        That cause; else causes through which a replay without the choice differs in this
        partnership, the greatest first, and none where that was not looked into.
    """

    move: str
    choice: str
    times: int
    trust: Difference
    booked: float | None = None
    causes: tuple[str, ...] = ()


@lru_cache(maxsize=32)
def so_far(game: Game) -> SoFar:
    """Find what the last round brought; of a game not begun, how things stand at its start."""
    now, before = game.month, max(0, game.month - rules().months_per_round)
    results = run(game.scenario(), 1, game.seed, first_replicate=game.replicate, workers=1, detail=True)
    links = results.by_dyad("trust")[0]

    def ends(series: str) -> tuple[float, float]:
        values = results.series[series][0]
        return float(values[before]), float(values[now])

    def absent(month: int) -> frozenset[str]:
        there = results.detail["is_present"][0, month] if results.detail else ()
        return frozenset(name for name, is_there in zip(rules().seats, there, strict=True) if not is_there)

    return SoFar(
        change=ends("change_delivered"),
        trust=ends("trust"),
        absent=(absent(before), absent(now)),
        happened=tuple(name for name, event in rules().coming.items() if before <= event.month < now),
        seats={
            name: show_seat(rules().scenario, name, game.played, results.detail if game.played else None)
            for name in rules().seats
        },
        links=links[now],
    )


@lru_cache(maxsize=8)
def moved_most(game: Game) -> tuple[Effect, ...]:
    """Rank the choices by what they did to trust at the end, found by playing the game without each.

    Where the ledger has a cause for a choice by itself, what it books is given too.
    """
    played = game.world().hundred()
    effects = []
    for move, choices in rules().moves.items():
        for choice, held in choices.items():
            times = game.count(move, choice)
            if times and held:  # what holds nothing was left to the model
                without = game.without(move, choice).world().hundred()
                trust = compare_pairs(
                    played.measures["trust"], without.measures["trust"], MEASURES["trust"], played.months
                )
                effects.append(Effect(move, choice, times, trust))
    effects.sort(key=lambda effect: -abs(effect.trust.mean))
    ledger = game.world().ledger()
    return tuple(_explained(game, ledger, effect, rank) for rank, effect in enumerate(effects))


# --- how ---------------------------------------------------------------------------------------


def _explained(game: Game, played: Ledger, effect: Effect, rank: int) -> Effect:
    """Add to an effect how its choice acted: by its own cause in the ledger, or else by replay."""
    cause = OWN_CAUSE.get((effect.move, effect.choice))
    if cause is not None:
        return replace(effect, booked=_booked(game, played, effect, cause), causes=(cause,))
    return replace(effect, causes=_causes(game, played, effect)) if rank < MOST_EXPLAINED else effect


def _booked(game: Game, played: Ledger, effect: Effect, cause: str) -> float:
    """Sum what a cause moved, in the months of a choice, between those who made it and all others."""
    names = rules().seats
    # [month, trustor, trustee]: the mean over layers, which are on the third axis of what is booked
    moved = played.trust_changes()[:, played.mechanisms.index(cause)].mean(axis=2)
    length, total = rules().months_per_round, 0.0
    for n, moves_of in enumerate(game.played):
        chose = np.array([moves_of.get(name, {}).get(effect.move) == effect.choice for name in names])
        links = chose[:, None] | chose
        total += float(moved[n * length : (n + 1) * length, links].sum())
    return total / (len(names) * (len(names) - 1))


def _causes(game: Game, played: Ledger, effect: Effect) -> tuple[str, ...]:
    """Name the two causes of the ledger that differ most, in the direction of the effect."""
    without = game.without(effect.move, effect.choice).world().ledger()
    ours, theirs = played.totals(kind="trust"), without.totals(kind="trust")
    sign = 1.0 if effect.trust.mean > 0 else -1.0
    moved = {cause: sign * (ours[cause] - theirs[cause]) for cause in played.mechanisms}
    found = sorted(moved, key=lambda cause: -moved[cause])
    return tuple(cause for cause in found[:2] if moved[cause] >= LEAST_CAUSE)
