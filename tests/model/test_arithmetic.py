"""Exponential, logarithm, cosine and tangent, held to those of the C library."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from partnersim.model import arithmetic
from partnersim.model.arithmetic import MOST_EXPONENT

RNG = np.random.default_rng(16)

pytestmark = pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")  # exponents are shifted into place


def units_apart(one: Callable[[float], float], other: Callable[[float], float], x: np.ndarray) -> float:
    """The greatest distance of two functions, in units of the last place of the other."""
    return max(abs(one(value) - other(value)) / math.ulp(other(value)) for value in x.tolist())


def test_exp_is_within_a_unit() -> None:
    for x in (RNG.uniform(-1, 1, 5000), RNG.uniform(-MOST_EXPONENT, MOST_EXPONENT, 5000)):
        assert units_apart(arithmetic.exp, math.exp, x) <= 1.0  # that of C may be half of one off too
    assert arithmetic.exp(0.0) == 1.0
    assert arithmetic.exp(1e9) == arithmetic.exp(MOST_EXPONENT)
    assert arithmetic.exp(-1e9) == arithmetic.exp(-MOST_EXPONENT) > 0.0


def test_log_is_within_a_unit() -> None:
    for x in (RNG.uniform(0, 1, 5000), RNG.uniform(0.9, 1.1, 5000), np.exp(RNG.uniform(-700, 700, 5000))):
        assert units_apart(arithmetic.log, math.log, x) <= 1.0
    assert arithmetic.log(1.0) == 0.0


def test_cosine_of_turns() -> None:
    turns = RNG.uniform(0, 1, 5000)
    apart = [abs(arithmetic.cos_of_turns(t) - math.cos(2.0 * math.pi * t)) for t in turns.tolist()]
    assert max(apart) < 1e-15  # of which 2 pi t, rounded, is most
    assert [arithmetic.cos_of_turns(t) for t in (0.0, 0.25, 0.5, 0.75)] == [1.0, 0.0, -1.0, 0.0]


def test_tanh_is_near_and_odd() -> None:
    x = RNG.uniform(-3, 3, 5000)
    assert max(abs(arithmetic.tanh(v) - math.tanh(v)) for v in x.tolist()) <= 2.0**-52
    assert all(arithmetic.tanh(-v) == -arithmetic.tanh(v) for v in x[:100].tolist())
    assert arithmetic.tanh(0.0) == 0.0
