"""Draws by their addresses, and chance in the model: tolerances follow from chance."""

from collections.abc import Callable
from itertools import combinations
from math import sqrt

import numpy as np
import pytest
from scipy import stats

from partnersim.model import draws, initial, levers
from partnersim.model.draws import mix, of_layer, random_bits, root, set_keys, uniform
from tests.places import near, place, run, unrested

# Draws --------------------------------------------------------------------------------------------

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


def keys_of(seed: int, replicate: int, n_streams: int = 12) -> np.ndarray:
    keys = np.zeros((n_streams, 2), np.uint64)
    set_keys(keys, root(seed), replicate)
    return keys


def sample(vary: Callable[[np.ndarray, int], float], n: int, seed: int = 7) -> np.ndarray:
    keys = keys_of(seed, 0)
    return np.array([vary(keys, k) for k in range(n)])


ADDRESSES: dict[str, Callable[[np.ndarray, int], float]] = {
    "months": lambda keys, k: uniform(keys, 0, k, 5, 0, 0, 0),
    "purposes": lambda keys, k: uniform(keys, 0, k // 32, k % 32, 0, 0, 0),
    "a": lambda keys, k: uniform(keys, 1, 7, 5, k, 0, 0),
    "b": lambda keys, k: uniform(keys, 1, k // 50, 5, 0, k % 50, 0),
    "c": lambda keys, k: uniform(keys, 1, k // 50, 5, 0, 0, k % 50),
    "pairs": lambda keys, k: uniform(keys, 1, k // 2500, 5, k // 50 % 50, k % 50, 0),
    "streams": lambda keys, k: uniform(keys, k % 12, k // 12, 5, 0, 0, 0),
}


def splitmix64(seed: int, n: int) -> list[int]:
    """SplitMix64 as published, with the core's output function."""
    return [int(mix(np.uint64((seed + (k + 1) * GOLDEN) & MASK))) for k in range(n)]


def test_the_mixing_function_is_splitmix64s() -> None:
    # Published outputs for seed 1234567 (Rosetta Code, 'Pseudo-random numbers/Splitmix64').
    assert splitmix64(1234567, 5) == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_a_draw_is_what_its_address_says() -> None:
    """The same in plain Python, with integers of any size."""

    def plain_mix(z: int) -> int:
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    seeds = [int(word) for word in root(3)]
    keys = keys_of(3, 17)
    for stream in (0, 1, 11):
        at = (17 * 64 + stream) * GOLDEN
        first = plain_mix((seeds[0] + plain_mix((at + seeds[1]) & MASK)) & MASK)
        second = plain_mix((seeds[1] + plain_mix((at + first) & MASK)) & MASK)
        assert keys[stream].tolist() == [first, second]
        for whose in ((0, 0, 0, 0, 0), (599, 31, 9000, 49, 5), (1000, 9, 3, 2, 1)):
            month, purpose, a, b, third = whose
            address = (((month * 64 + purpose) * 65536 + a) * 256 + b) * 256 + third
            z = (first + address * GOLDEN) & MASK
            z = (((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK) ^ second
            z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
            z ^= z >> 31
            drawn = uniform(keys, stream, *whose)
            assert drawn == ((z >> 12) + 0.5) / 2**52  # the middle of one of 2^52 parts
            bits = random_bits(keys, stream, *whose)
            parts = [of_layer(bits, layer) for layer in range(3)]
            assert parts == [((z >> 1 + 21 * layer) % 2**21 + 0.5) / 2**21 for layer in range(3)]


def test_no_two_addresses_within_reach_are_the_same() -> None:
    # Each index stays under the radix of its place, so that addresses are mixed-radix numbers.
    from partnersim.model.constants import DRAWN_BEFORE, REST_MONTHS
    from partnersim.model.draws import PROGRESS, SETUP
    from partnersim.model.room import K, M, N, Q
    from partnersim.scenario.declarations import MAX_MONTHS

    assert PROGRESS < 64 and max(N, K, M) < 256 and Q + 2 < 64
    # Numbers of initiatives: one a month in every place, and others before the beginning.
    assert MAX_MONTHS + 2 < DRAWN_BEFORE and M * (DRAWN_BEFORE + REST_MONTHS + 2) < 65536
    assert MAX_MONTHS < SETUP and (SETUP + REST_MONTHS + 1) * 64 * 65536 * 256 * 256 < 2**64
    keys, months = keys_of(7, 0), [*range(-REST_MONTHS, MAX_MONTHS), SETUP]
    assert len({uniform(keys, 0, month, 5, 0, 0, 0) for month in months}) == len(months)


N_DRAWS = 6000
SURELY = 1e-4
"""Tests of chance, on fixed seeds: a right generator fails one in ten thousand."""


@pytest.mark.parametrize("axis", ADDRESSES)
def test_draws_are_uniform_along_each_axis_of_the_address(axis: str) -> None:
    drawn = sample(ADDRESSES[axis], N_DRAWS)
    assert drawn.min() > 0.0 and drawn.max() < 1.0 and len(set(drawn)) == N_DRAWS
    assert stats.kstest(drawn, "uniform").pvalue > SURELY
    counts = np.histogram(drawn, bins=100, range=(0, 1))[0]
    assert stats.chisquare(counts).pvalue > SURELY
    low_bits = np.floor(drawn * 2.0**40) % 64  # not only the high bits
    assert stats.chisquare(np.bincount(low_bits.astype(int), minlength=64)).pvalue > SURELY


@pytest.mark.parametrize("axis", ADDRESSES)
@pytest.mark.parametrize("lag", [1, 2, 12, 50])
def test_neighbours_along_an_axis_are_uncorrelated(axis: str, lag: int) -> None:
    drawn = sample(ADDRESSES[axis], N_DRAWS) - 0.5
    correlation = 12 * np.mean(drawn[:-lag] * drawn[lag:])
    assert abs(correlation) < 4.5 / sqrt(N_DRAWS - lag)  # standard errors
    pairs = np.histogram2d(drawn[:-lag:2], drawn[lag::2][: len(drawn[:-lag:2])], bins=8)[0]
    assert stats.chisquare(pairs.ravel()).pvalue > SURELY


def test_the_layers_parts_of_a_draw_are_uniform_and_have_nothing_in_common() -> None:
    keys = keys_of(7, 0)
    pairs = [(k // 2500, 5, k // 50 % 50, k % 50, 0) for k in range(N_DRAWS)]
    bits = [random_bits(keys, 1, *pair) for pair in pairs]
    parts = np.array([[of_layer(b, layer) for b in bits] for layer in range(3)])
    assert parts.min() > 0.0 and parts.max() < 1.0
    for part in parts:
        assert stats.kstest(part, "uniform").pvalue > SURELY
        low_bits = np.floor(part * 2.0**21) % 64
        assert stats.chisquare(np.bincount(low_bits.astype(int), minlength=64)).pvalue > SURELY
    neighbours = np.array([*parts[:, :-1], *parts[:, 1:]])
    correlations = np.corrcoef(neighbours)[np.triu_indices(6, 1)]
    assert abs(correlations).max() < 4.5 / sqrt(N_DRAWS - 1)
    for one, other in ((0, 1), (0, 2), (1, 2)):
        counts = np.histogram2d(parts[one], parts[other], bins=8)[0]
        assert stats.chisquare(counts.ravel()).pvalue > SURELY


def series_for(seed: int = 7, replicate: int = 0, stream: int = 0, purpose: int = 5) -> np.ndarray:
    keys = keys_of(seed, replicate)
    return np.array([uniform(keys, stream, month, purpose, 0, 0, 0) for month in range(600)])


def test_neighbouring_seeds_replicates_streams_and_purposes_have_nothing_in_common() -> None:
    rows = [series_for(seed=seed) for seed in (0, 1, 2, 2**32, 2**64, 2**128 - 1)]
    rows += [series_for(replicate=r) for r in (0, 1, 2, 3, 255, 256, 65536, 2**31, 2**40)]
    rows += [series_for(stream=s) for s in (1, 2, 3, 11)]
    rows += [series_for(purpose=p) for p in (0, 4, 6, 31)]
    correlations = np.corrcoef(rows)[np.triu_indices(len(rows), 1)]
    # 253 correlations of 600 draws: standard error 1/sqrt(600), the largest under 4.5 of them.
    assert abs(correlations).max() < 4.5 / sqrt(600)
    assert stats.kstest(correlations * sqrt(600), "norm").pvalue > SURELY


def test_one_bit_of_the_address_or_the_seed_changes_half_of_the_bits() -> None:
    keys = keys_of(11, 5)

    def bits(month: int, purpose: int, a: int, b: int, at: int, k: np.ndarray = keys) -> int:
        return int(uniform(k, 0, month, purpose, a, b, at) * 2**52)

    flips = []
    for month in range(40):
        at = (month, month % 32, 3 * month, month % 7, month % 5)
        before = bits(*at)
        for axis, width in ((0, 9), (1, 5), (2, 14), (3, 6), (4, 3)):
            for bit in range(width):
                other = list(at)
                other[axis] ^= 1 << bit
                flips.append((before ^ bits(*other)).bit_count())
        for replicate in (4, 7, 1029):  # 5 with one bit changed
            flips.append((before ^ bits(*at, k=keys_of(11, replicate))).bit_count())
        flips.append((before ^ bits(*at, k=keys_of(10, 5))).bit_count())
    # Binomial(52, 1/2): mean 26, standard deviation 3.6, mean of 1,640 within 4.5 standard errors.
    assert abs(np.mean(flips) - 26) < 4.5 * sqrt(13 / len(flips))
    assert np.var(flips) == pytest.approx(13, rel=4.5 * sqrt(2 / len(flips)))
    assert min(flips) > 6 and max(flips) < 46


def test_events_happen_as_often_as_their_probability() -> None:
    n = 5000
    for probability in (0.015, 0.3, 0.9):
        drawn = sample(ADDRESSES["a"], n)
        happened = sum(draws.event(float(u), probability, 1.0) for u in drawn)
        assert stats.binomtest(int(happened), n, probability).pvalue > SURELY
    assert draws.event(0.2, 0.3, 0.0) == 0.3 and draws.event(0.2, 0.3, 0.5) == near(0.65)


def test_normals_are_normal() -> None:
    keys = keys_of(7, 0)
    drawn = [
        draws.standard_normal(uniform(keys, 0, 1000, 29, k, 3, 0), uniform(keys, 0, 1000, 29, k, 4, 0), 1.0)
        for k in range(N_DRAWS)
    ]
    assert stats.kstest(drawn, "norm").pvalue > SURELY
    assert draws.standard_normal(0.3, 0.7, 0.0) == 0.0


# Chance in the model ------------------------------------------------------------------------------


def test_leaders_leave_at_the_stated_rate_and_promises_are_kept_at_the_stated_chance() -> None:
    world = unrested(place(10, turnover={"rate": 0.1}, mechanisms={"separate_teams_promises": False}))
    state, left, kept = world.state, np.zeros(3), np.zeros(3)
    state.target_pressure[:10], state.in_force[:10, levers.OWN_AWAY_DAYS] = 0.5, 0.0
    for month in range(150):
        state.month[0], state.vision_commitment[:10] = month, 0.0
        run(world, "change_leaders", "deliver_promises")
        left += (state.vision_commitment[:10] > 0).sum(axis=0)  # half back to what it is alone
        kept += state.kept[:10].sum(axis=0)
        assert set(np.unique(state.kept[:10])) <= {0.0, 1.0}
    for counts, chance in ((left, 0.1), (kept, 0.8)):
        for count in counts:
            assert stats.binomtest(int(count), 1500, chance).pvalue > SURELY


def test_shocks_are_stationary_from_the_first_month() -> None:
    """AR(1): variance s^2 at every month, autocorrelation a^k, the same at once as later."""
    a, n, months = 0.8, 10, 12
    scenario = place(n)
    paths = []
    world = unrested(scenario)
    for replicate in range(100):
        set_keys(world.state.keys, root(1), replicate)
        initial.start_shocks(*world)
        path = []
        for month in range(months):
            path.append([*world.state.shock[:n], world.state.national_shock[0]])
            world.state.month[0] = month
            run(world, "draw_shocks")
        paths.append(path)
    shocks = np.array(paths)
    own = shocks[:, :, :n].swapaxes(1, 2).reshape(-1, months) / 0.1  # 1,000 paths
    national = shocks[:, :, n] / 0.05  # 100 paths
    # The variance of a mean of squares is (kurtosis - 1)/n at most 2/n: that of normal shocks.
    for paths_of, count in ((own, 100 * n), (national, 100)):
        assert abs(paths_of.mean(axis=0)).max() < 4.5 / sqrt(count)
        assert abs((paths_of**2).mean(axis=0) - 1).max() < 4.5 * sqrt(2 / count)
        for lag in (1, 3, 6):
            together = (paths_of[:, 0] * paths_of[:, lag]).mean()
            assert abs(together - a**lag) < 4.5 * sqrt(2 / count)
    between = np.corrcoef(own.reshape(100, n, months)[:, :, 5].T)[np.triu_indices(n, 1)]
    assert abs(between).max() < 4.5 / sqrt(100)


def test_coordinators_meet_by_the_softmax_of_need() -> None:
    """Highest of need + temperature x Gumbel: sampling without replacement from the softmax."""
    temperature, months = 0.5, 2000
    ana = {"name": "Ana", "meetings_per_month": 2.0, "layers": ["board", "management"]}
    world = unrested(place(2, coordinators=[{**ana, "attention": "least-committed"}]))
    run(world, "change_coordinators")
    state, world.p.coordinators.temperature[0] = world.state, temperature
    need = np.array([0.1, 0.9, 0.5, 0.4])
    state.vision_commitment[:2, :2] = 1 - need.reshape(2, 2)
    weight = np.exp(need / temperature)
    pairs = list(combinations(range(4), 2))
    chance = [
        weight[i] / weight.sum() * weight[j] / (weight.sum() - weight[i])
        + weight[j] / weight.sum() * weight[i] / (weight.sum() - weight[j])
        for i, j in pairs
    ]
    counts = dict.fromkeys(pairs, 0)
    for month in range(months):
        state.month[0] = month
        run(world, "choose_meetings")
        met = np.flatnonzero(state.meetings[0, :2, :2].ravel())
        if len(met) == 2:
            counts[tuple(met.tolist())] += 1
    assert sum(counts.values()) == months  # 2 meetings a month, never the same layer twice
    assert stats.chisquare(list(counts.values()), np.array(chance) * months).pvalue > SURELY


def test_a_fraction_of_a_meeting_is_held_that_often() -> None:
    ana = {"name": "Ana", "meetings_per_month": 2.3}
    world = unrested(place(2, coordinators=[ana]))
    run(world, "change_coordinators")
    held = []
    for month in range(1500):
        world.state.month[0] = month
        run(world, "choose_meetings")
        held.append(int(world.state.meetings[0].sum()))
    assert set(held) == {2, 3}
    assert stats.binomtest(held.count(3), 1500, 0.3).pvalue > SURELY
