"""Addressable random streams: a draw is a pure function of who draws what, when.

Nothing is drawn "next": a draw is found by its address (seed, replicate, stream; month, purpose,
and up to three indices), used or not. So no draw shifts another: adding a coordinator, an event,
an observation or an organisation changes nobody else's draws, a run of 60 months is the first half
of one of 120, and a replicate is the same alone as in a batch.

The generator is counter-based in the sense of [salmon2011]_: the output function of SplitMix64
[steele2014]_ of the address, with one half of a 128-bit stream key added before it and the other
half mixed in on the way. The three layers of an organisation share one such draw of 63 bits, of
which each has 21 to itself.
"""

import math

import numpy as np

from partnersim.model.arithmetic import cos_of_turns, log
from partnersim.model.compiled import compiled, entry_point

ENVIRONMENT, ENCOUNTERS, FIRST_COORDINATOR = 0, 1, 2
"""Numbers of the streams: the place, meetings and decisions, and one for each coordinator."""

SETUP = 1000
"""The 'month' in the addresses of draws made before the first month; no run is so long."""

# What is drawn: the second part of an address. A number is never used twice.
(
    NATIONAL_SHOCK, SHOCK, TURNOVER, WITHDRAWAL, READING, PROMISE, RAISING, WORKING_THROUGH,
    BREAKING_OUT, TABLE, CONSENT, TABLE_CONSENT, IMPOSITION, SURVEY, EMERGENCE, WHOM, HOW_MANY,
    CONDUCT, SIGHT, START_PAIR, START_TRUST, OBJECTIVES, HORIZON, CULTURE,
    PRESSURE, ACCOUNTABILITY, INCENTIVE, CAPACITY, INITIATIVE, INITIATIVE_MEMBER,
    PROGRESS,
) = range(31)  # fmt: skip

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_S1, _S27, _S30, _S31 = np.uint64(1), np.uint64(27), np.uint64(30), np.uint64(31)
_TO_UNIT = 2.0**-52
_PART_BITS = 21
_PART = 2**_PART_BITS - 1
_PART_TO_UNIT = 2.0**-_PART_BITS


@entry_point
def mix(z):
    """Apply the output function of SplitMix64, which stirs 64 bits well."""
    z = (z ^ (z >> _S30)) * _FIRST
    z = (z ^ (z >> _S27)) * _SECOND
    return z ^ (z >> _S31)


def root(seed: int) -> np.ndarray:
    """Make 128 bits, uint64[2], from a seed of any size.

    Raises
    ------
    ValueError
        For a negative seed.
    """
    if seed < 0:
        raise ValueError(f"seed = {seed}: must be 0 or more")
    return np.random.SeedSequence(seed).generate_state(2, np.uint64)


@entry_point
def set_keys(keys, root, replicate):
    """Fill uint64[n_streams, 2] with the keys of one replicate's streams."""
    for stream in range(keys.shape[0]):
        address = np.uint64(replicate * 64 + stream)
        keys[stream, 0] = mix(root[0] + mix(address * _GOLDEN + root[1]))
        keys[stream, 1] = mix(root[1] + mix(address * _GOLDEN + keys[stream, 0]))


@entry_point
def random_bits(keys, stream, month, purpose, a, b, c):
    """Return the draw at an address: int64, of which 63 bits are random.

    A signed number, because processors turn an unsigned one into a float much more slowly, and
    because Python gives one back to compiled code as it got it.
    """
    if month < 0:  # before the beginning
        month = SETUP - month
    address = np.uint64((((month * 64 + purpose) * 65536 + a) * 256 + b) * 256 + c)
    z = keys[stream, 0] + address * _GOLDEN
    z = (z ^ (z >> _S30)) * _FIRST
    z ^= keys[stream, 1]
    z = (z ^ (z >> _S27)) * _SECOND
    return np.int64((z ^ (z >> _S31)) >> _S1)


@entry_point
def uniform(keys, stream, month, purpose, a, b, c):
    """Return the draw at an address, strictly between 0 and 1."""
    bits = random_bits(keys, stream, month, purpose, a, b, c)
    return (float(bits >> 11) + 0.5) * _TO_UNIT


@compiled
def of_layer(bits, layer):
    """Return one layer's part of a draw, strictly between 0 and 1: a multiple of 2^-22."""
    part = (bits >> (_PART_BITS * layer)) & _PART
    return (float(part) + 0.5) * _PART_TO_UNIT


@compiled
def noise(draw, luck):
    """Return noise, uniform on [-luck, luck]: bounded, for where the shape does not matter."""
    return luck * (2.0 * draw - 1.0)


@compiled
def event(draw, probability, luck):
    """Return 1 with a probability and else 0; without luck, the probability itself."""
    happens = 1.0 if draw < probability else 0.0
    return luck * happens + (1.0 - luck) * probability


@compiled
def standard_normal(draw, other_draw, luck):
    """Make a standard normal from two draws, by the polar form of Box and Muller; 0 without luck."""
    return luck * math.sqrt(-2.0 * log(draw)) * cos_of_turns(other_draw)
