"""A few plain ways to play a seat, to set one's own beside. An empty seat is the model's own way."""

from __future__ import annotations

from partnersim.game.rules import Moves
from partnersim.game.seats import Observation

JOINT: Moves = {"lend": "much", "promise": "keep", "issue": "raise", "day": "joint", "meeting": "none"}
"""The choices that bind an organisation to the others most."""

OWN: Moves = {"lend": "little", "promise": "break", "issue": "leave", "day": "own", "meeting": "before"}
"""What keeps it to itself most."""

PRESSED = 50
"""The pressure of an organisation's own targets, of 100, from which targets come first."""


def always_lend(seen: Observation) -> Moves:
    """Lend much, keep promises, raise issues, and have joint days, whatever comes."""
    return JOINT


def never_lend(seen: Observation) -> Moves:
    """Lend little, let pressure break promises, leave issues, and meet alone, whatever comes."""
    return OWN


def tit_for_tat(seen: Observation) -> Moves:
    """Begin with joint work; go on with it as long as the others' trust in oneself does not fall."""
    if seen.trusted is None or seen.trusted_before is None or seen.trusted >= seen.trusted_before:
        return JOINT
    return OWN


def targets_first(seen: Observation) -> Moves:
    """Work jointly until one's own targets press; then keep staff, and break promises, until they do not."""
    return OWN if (seen.pressure or 0) >= PRESSED else JOINT
