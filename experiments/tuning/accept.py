"""Which points are accepted, and which of them becomes the default. The rule is in priors.toml."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from experiments.patterns.estimates import Floats
from partnersim.scenario.errors import InputError

Flags = np.ndarray[Any, np.dtype[np.bool_]]

REGION = 0.95
"""Part of a search's points that is as near to another of them as its region reaches."""


class TooFewError(InputError):
    """Fewer points than wanted, whatever is given up."""


@dataclass(frozen=True)
class Accepted:
    """The points that are accepted, what had to be given up, and how far the searches agree.

    Attributes
    ----------
    rows : tuple[int, ...]
        Of the points that were looked at: those that hold the bands and that both searches found.
    given_up : tuple[int, ...]
        Numbers whose bands were not asked for.
    holding : tuple[tuple[int, ...], tuple[int, ...]]
        Of each search: points that hold the bands.
    shared : tuple[float, float]
        Of each search: the share of these that lies within the other's region.
    """

    rows: tuple[int, ...]
    given_up: tuple[int, ...]
    holding: tuple[tuple[int, ...], tuple[int, ...]]
    shared: tuple[float, float]


def accept(
    shares: Floats, excess: Floats, searches: np.ndarray[Any, Any], wanted: int, reach: float = 1.0
) -> Accepted:
    """Accept what both searches found.

    Parameters
    ----------
    shares : float64[point, parameter]
        Where the points are.
    excess : float64[point, number]
        How far outside each number is; 0 where held.
    searches : int64[point]
        Of which search, 0 or 1, each point is.
    wanted
        How many points must hold the bands, at least, and of each search one.
    reach
        Times as far as is usual between a search's points its region goes.

    Raises
    ------
    TooFewError
        If there are not so many points, or none that both searches found.
    """
    given_up = give_up(excess, searches, wanted)
    asked = [number for number in range(excess.shape[1]) if number not in given_up]
    holds = (excess[:, asked] == 0.0).all(axis=1)
    first, second = (np.flatnonzero(holds & (searches == which)) for which in (0, 1))
    in_second = is_within(shares[first], shares[second], reach)
    in_first = is_within(shares[second], shares[first], reach)
    rows = (*first[in_second].tolist(), *second[in_first].tolist())
    if not rows:
        raise TooFewError("the two searches found different places and nothing in common")
    return Accepted(
        rows,
        given_up,
        (tuple(first.tolist()), tuple(second.tolist())),
        (float(in_second.mean()), float(in_first.mean())),
    )


def give_up(excess: Floats, searches: np.ndarray[Any, Any], wanted: int) -> tuple[int, ...]:
    """Give up as few bands as leave enough points that hold all the others.

    Among equally few, those that leave the most points; then the first in the order of numbers.
    """
    if len(excess) < wanted or len(set(searches.tolist())) < 2:
        raise TooFewError(
            f"of the points looked at, the searches left only {len(excess)}, and {wanted} are "
            "wanted; raise population in priors.toml"
        )
    is_missed = ~(excess == 0.0)
    n_holding = (~is_missed).sum(axis=0)
    hopeless = tuple(np.flatnonzero(n_holding < wanted).tolist())
    doubtful = np.flatnonzero((n_holding >= wanted) & (n_holding < len(excess))).tolist()
    for n_more in range(len(doubtful) + 1):
        best, most = None, wanted - 1
        for more in combinations(doubtful, n_more):
            given_up = tuple(sorted(hopeless + more))
            asked = [number for number in range(excess.shape[1]) if number not in given_up]
            is_left = ~is_missed[:, asked].any(axis=1)
            n_left = int(is_left.sum())
            if n_left > most and len(set(searches[is_left].tolist())) == 2:
                best, most = given_up, n_left
        if best is not None:
            return best
    raise AssertionError("with nothing asked for, all points hold it")


def is_within(points: Floats, others: Floats, reach: float = 1.0) -> Flags:
    """Whether points lie within the region of others: as near to one as these are to each other.

    Of a single point nobody knows how far its region goes: all is within.
    """
    between = _apart(others, others)
    np.fill_diagonal(between, np.inf)
    usual = float(np.quantile(between.min(axis=1), REGION, method="higher"))
    return np.asarray(_apart(points, others).min(axis=1) <= reach * usual)


def _apart(a: Floats, b: Floats) -> Floats:
    """Distances between points: float64[a, b]."""
    found: Floats = np.sqrt(((a[:, np.newaxis] - b[np.newaxis]) ** 2).sum(axis=-1))
    return found


def centre(shares: Floats) -> int:
    """The point nearest to the medians, in units of each parameter's own spread."""
    scale = np.where(np.ptp(shares, axis=0) > 0.0, shares.std(axis=0), 1.0)
    apart = ((shares - np.median(shares, axis=0)) / scale) ** 2
    return int(np.argmin(apart.sum(axis=1)))
