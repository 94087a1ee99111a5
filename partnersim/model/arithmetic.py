"""Arithmetic that several processes share."""

import math

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
