"""Arithmetic that several processes share."""

import math

from partnersim.model.compiled import compiled


@compiled
def clip(value, low, high):
    """The nearest number in [low, high]."""
    return min(max(value, low), high)


@compiled
def product(a, b, n_domains):
    """Inner product of two weightings."""
    total = 0.0
    for k in range(n_domains):
        total += a[k] * b[k]
    return total


@compiled
def length(a, n_domains):
    """Euclidean length of a weighting. The likeness of two is their product over their
    lengths, the cosine: 1 alike, 0 nothing in common."""
    return math.sqrt(product(a, a, n_domains))
