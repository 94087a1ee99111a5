"""Arithmetic that several processes share."""

import math

import numpy as np

from partnersim.model.compiled import compiled


@compiled
def clip(value, low, high):
    """Return the number in [low, high] that is nearest to `value`."""
    return min(max(value, low), high)


@compiled
def product(a, b, n_domains):
    """Return the inner product of two weightings of domains."""
    total = 0.0
    for k in range(n_domains):
        total += a[k] * b[k]
    return total


@compiled
def length(a, n_domains):
    """Return the Euclidean length of a weighting. The likeness of two is their product over
    their lengths, the cosine: 1 alike, 0 nothing in common."""
    return math.sqrt(product(a, a, n_domains))


# Functions that libraries of C compute a little differently from each other. These are sums and products
# in a stated order, so that every machine that runs the model gives the same bits.

ROUNDING = 1.5 * 2.0**52
"""Added to a number of moderate size, it leaves no place for a fraction: what is then taken off again is
the nearest whole number, and the last bits of the sum are that number."""

LN2_HIGH = float.fromhex("0x1.62e42fee00000p-1")  # so short that whole multiples of it are exact
LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")  # the rest of the logarithm of 2
PER_LN2 = 1.0 / math.log(2.0)
MOST_EXPONENT = 700.0
EXPONENT_PLACE, EXPONENT_OF_ONE = 52, 1023  # where a number has its exponent of 2, and which 1 has
BITS_OF_ROOT_HALF = 0x3FE6A09E667F3BCD


@compiled
def bits_of(x):
    """Return the 64 bits of a number, as a whole number."""
    return np.float64(x).view(np.int64)


@compiled
def number_of(bits):
    """Return the number of which these are the bits."""
    return float(np.int64(bits).view(np.float64))


@compiled
def exp(x):
    """Return e to the power of x, within one unit of the last place; beyond 700 either way as at 700.

    With the whole number k nearest to x / ln 2 it is 2^k exp(x - k ln 2), and the series of exp.
    """
    x = clip(x, -MOST_EXPONENT, MOST_EXPONENT)
    shifted = x * PER_LN2 + ROUNDING
    whole = shifted - ROUNDING
    r = (x - whole * LN2_HIGH) - whole * LN2_LOW
    series = 1.0 / 6227020800.0
    series = series * r + 1.0 / 479001600.0
    series = series * r + 1.0 / 39916800.0
    series = series * r + 1.0 / 3628800.0
    series = series * r + 1.0 / 362880.0
    series = series * r + 1.0 / 40320.0
    series = series * r + 1.0 / 5040.0
    series = series * r + 1.0 / 720.0
    series = series * r + 1.0 / 120.0
    series = series * r + 1.0 / 24.0
    series = series * r + 1.0 / 6.0
    series = series * r + 0.5
    return (1.0 + (r + r * r * series)) * number_of((bits_of(shifted) + EXPONENT_OF_ONE) << EXPONENT_PLACE)


@compiled
def log(x):
    """Return the natural logarithm of a normal number above 0, within one unit of the last place.

    With x = 2^k (1 + f) and 1 + f between sqrt(1/2) and sqrt(2) it is k ln 2 + log(1 + f); and log(1 + f)
    = 2 (s + s^3/3 + s^5/5 ...), where s = f / (2 + f).
    """
    bits = bits_of(x)
    k = (bits - BITS_OF_ROOT_HALF) >> EXPONENT_PLACE
    f = number_of(bits - (k << EXPONENT_PLACE)) - 1.0
    s = f / (2.0 + f)
    square = s * s
    series = 2.0 / 21.0
    series = series * square + 2.0 / 19.0
    series = series * square + 2.0 / 17.0
    series = series * square + 2.0 / 15.0
    series = series * square + 2.0 / 13.0
    series = series * square + 2.0 / 11.0
    series = series * square + 2.0 / 9.0
    series = series * square + 2.0 / 7.0
    series = series * square + 2.0 / 5.0
    series = series * square + 2.0 / 3.0
    whole = float(k)
    # 2 s = f - s f: what is rounded is then small beside f, which is exact.
    return whole * LN2_HIGH + (f - (s * (f - square * series) - whole * LN2_LOW))


@compiled
def cos_of_turns(turns):
    """Return the cosine of an angle in whole turns, of 0 or more and few, within 2^-53 or a unit of the
    last place: by quarters of a turn, and the series of sine and cosine for what is left."""
    quarters = (turns * 4.0 + ROUNDING) - ROUNDING
    x = 2.0 * math.pi * (turns - quarters * 0.25)
    square = x * x
    sine = 1.0 / 355687428096000.0
    sine = sine * square - 1.0 / 1307674368000.0
    sine = sine * square + 1.0 / 6227020800.0
    sine = sine * square - 1.0 / 39916800.0
    sine = sine * square + 1.0 / 362880.0
    sine = sine * square - 1.0 / 5040.0
    sine = sine * square + 1.0 / 120.0
    sine = x - x * square * (1.0 / 6.0 - square * sine)
    cosine = 1.0 / 20922789888000.0
    cosine = cosine * square - 1.0 / 87178291200.0
    cosine = cosine * square + 1.0 / 479001600.0
    cosine = cosine * square - 1.0 / 3628800.0
    cosine = cosine * square + 1.0 / 40320.0
    cosine = cosine * square - 1.0 / 720.0
    cosine = cosine * square + 1.0 / 24.0
    cosine = 1.0 - square * (0.5 - square * cosine)
    quarter = int(quarters) & 3
    length = sine if quarter in (1, 3) else cosine
    return -length if quarter in (1, 2) else length


@compiled
def tanh(x):
    """Return the hyperbolic tangent, within 2^-52."""
    part = 1.0 - 2.0 / (exp(2.0 * abs(x)) + 1.0)
    return -part if x < 0.0 else part
