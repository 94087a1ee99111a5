"""Which points are accepted, and which of them becomes the default. The rule is in the README."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from experiments.patterns.estimates import Floats

Flags = np.ndarray[Any, np.dtype[np.bool_]]


class TooFewError(RuntimeError):
    """Fewer points than wanted, whatever is given up."""


@dataclass(frozen=True)
class Accepted:
    """The points that are accepted, and what had to be given up.

    Attributes
    ----------
    rows : tuple[int, ...]
        Of the points that were looked at.
    given_up : tuple[int, ...]
        Numbers whose bands were not asked for.
    """

    rows: tuple[int, ...]
    given_up: tuple[int, ...]


def accept(excess: Floats, wanted: int) -> Accepted:
    """Give up as few bands as leave enough points that hold all the others.

    Among equally few, those that leave the most points; then the first in the order of numbers.

    Parameters
    ----------
    excess : float64[point, number]
        How far outside each number is; 0 where held.
    wanted
        How many points there must be, at least.

    Raises
    ------
    TooFewError
        If there are not so many points.
    """
    if len(excess) < wanted:
        raise TooFewError(
            f"of the points looked at, the search left only {len(excess)}, and {wanted} are "
            "wanted; raise population in priors.toml"
        )
    is_missed = excess > 0.0
    n_holding = (~is_missed).sum(axis=0)
    hopeless = tuple(np.flatnonzero(n_holding < wanted).tolist())
    doubtful = np.flatnonzero((n_holding >= wanted) & (n_holding < len(excess))).tolist()
    for n_more in range(len(doubtful) + 1):
        best: Accepted | None = None
        for more in combinations(doubtful, n_more):
            given_up = tuple(sorted(hopeless + more))
            asked = [number for number in range(excess.shape[1]) if number not in given_up]
            rows = tuple(np.flatnonzero(~is_missed[:, asked].any(axis=1)).tolist())
            if len(rows) >= wanted and (best is None or len(rows) > len(best.rows)):
                best = Accepted(rows, given_up)
        if best is not None:
            return best
    raise AssertionError("with nothing asked for, all points hold it")


def centre(shares: Floats) -> int:
    """The point nearest to the medians, in units of each parameter's own spread.

    Parameters
    ----------
    shares : float64[point, parameter]
        The accepted points.
    """
    scale = np.where(np.ptp(shares, axis=0) > 0.0, shares.std(axis=0), 1.0)
    apart = ((shares - np.median(shares, axis=0)) / scale) ** 2
    return int(np.argmin(apart.sum(axis=1)))


def in_conflict(excess: Floats, numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs of numbers that some point each holds and no point holds both of.

    Parameters
    ----------
    excess : float64[point, number]
        NaN where not looked at.
    numbers
        Which are looked at.
    """
    holds = excess == 0.0
    return [
        (a, b)
        for a, b in combinations(numbers, 2)
        if holds[:, a].any() and holds[:, b].any() and not (holds[:, a] & holds[:, b]).any()
    ]


def front(a: Floats, b: Floats) -> list[int]:
    """Points that no other is better than in both, from the lowest first to the lowest second."""
    best, found = np.inf, []
    for index in np.lexsort((b, a)).tolist():
        if b[index] < best:
            best = b[index]
            found.append(index)
    return found
