"""Closed forms, limits and independent solutions; tolerances follow from rounding or chance."""

from collections.abc import Callable
from itertools import combinations
from math import exp, sqrt
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from partnersim.model import constants as c
from partnersim.model import draws, levers
from partnersim.model.draws import mix, of_layer, random_bits, root, set_keys, uniform
from partnersim.model.schedule import step
from partnersim.scenario.scenario import Scenario
from tests.places import begin, copied, differing, near, place, quiet, run, series_of

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
            assert drawn == pytest.approx(z / 2**64, rel=0, abs=2.0**-52)
            bits = random_bits(keys, stream, *whose)
            parts = [of_layer(bits, layer) for layer in range(3)]
            assert parts == [((z >> 1 + 21 * layer) % 2**21 + 0.5) / 2**21 for layer in range(3)]


def test_no_two_addresses_within_reach_are_the_same() -> None:
    # Each index stays under the radix of its place, so that addresses are mixed-radix numbers.
    from partnersim.model.draws import INITIATIVE_MEMBER, SETUP
    from partnersim.model.room import K, M, N, Q
    from partnersim.scenario.declarations import MAX_MONTHS

    assert INITIATIVE_MEMBER < 64 and max(N, K, M) < 256 and Q + 2 < 64
    assert M * (MAX_MONTHS + 2) < 65536  # numbers of initiatives: one a month in every place
    assert MAX_MONTHS < SETUP and (SETUP + 1) * 64 * 65536 * 256 * 256 < 2**64


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


def test_leaders_leave_at_the_stated_rates() -> None:
    rates = {"board_rate": 0.02, "management_rate": 0.1, "front_line_rate": 0.0}
    world = begin(place(10, turnover=rates, trust={"turnover_loss": 1.0}))
    state, left = world.state, np.zeros(3)
    for month in range(300):
        state.month[0] = month
        state.vision_commitment[:10] = 0.0
        run(world, "change_leaders")
        left += (state.vision_commitment[:10] > 0).sum(axis=0)  # back to what it is alone
    assert left[2] == 0
    for count, rate in zip(left[:2], (0.02, 0.1), strict=True):
        assert stats.binomtest(int(count), 3000, rate).pvalue > SURELY


def test_promises_are_kept_at_the_stated_chance() -> None:
    trust = {"reliability": 0.8, "pressure_on_reliability": 0.0}
    world = begin(
        place(10, trust=trust, mechanisms={"separate_teams_promises": False, "away_days_reason": False})
    )
    kept = 0
    for month in range(150):
        world.state.month[0] = month
        run(world, "deliver_promises")
        kept += int(world.state.kept[:10].sum())
        assert set(np.unique(world.state.kept[:10])) <= {0.0, 1.0}
    assert stats.binomtest(kept, 4500, 0.8).pvalue > SURELY


def test_shocks_are_stationary_from_the_first_month() -> None:
    """AR(1): variance s^2 at every month, autocorrelation a^k, the same at once as later."""
    a, spread, n, months = 0.8, 0.2, 10, 12
    pressure = {"shock_persistence": a, "shock_spread": spread, "national_shock_spread": 0.3}
    scenario = place(n, pressure=pressure)
    paths = []
    for replicate in range(150):
        world = begin(scenario, replicate=replicate)
        path = []
        for month in range(months):
            path.append([*world.state.shock[:n], world.state.national_shock[0]])
            world.state.month[0] = month
            run(world, "draw_shocks")
        paths.append(path)
    shocks = np.array(paths)
    own = shocks[:, :, :n].swapaxes(1, 2).reshape(-1, months) / spread  # 1,500 paths
    national = shocks[:, :, n] / 0.3  # 150 paths
    # The variance of a mean of squares is (kurtosis - 1)/n at most 2/n: that of normal shocks.
    for paths_of, count in ((own, 150 * n), (national, 150)):
        assert abs(paths_of.mean(axis=0)).max() < 4.5 / sqrt(count)
        assert abs((paths_of**2).mean(axis=0) - 1).max() < 4.5 * sqrt(2 / count)
        for lag in (1, 3, 6):
            together = (paths_of[:, 0] * paths_of[:, lag]).mean()
            assert abs(together - a**lag) < 4.5 * sqrt(2 / count)
    between = np.corrcoef(own.reshape(150, n, months)[:, :, 5].T)[np.triu_indices(n, 1)]
    assert abs(between).max() < 4.5 / sqrt(150)


def test_coordinators_meet_by_the_softmax_of_need() -> None:
    """Highest of need + temperature x Gumbel: sampling without replacement from the softmax."""
    temperature, months = 0.5, 3000
    attention = {"commitment": 1.0, "tie": 0.0, "time": 0.0, "temperature": temperature}
    ana = {
        "name": "Ana",
        "meetings_per_month": 2.0,
        "layers": ["board", "management"],
        "attention": attention,
    }
    world = begin(place(2, coordinators=[ana]))
    run(world, "change_coordinators")
    state = world.state
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
    world = begin(place(2, coordinators=[ana]))
    run(world, "change_coordinators")
    held = []
    for month in range(1500):
        world.state.month[0] = month
        run(world, "choose_meetings")
        held.append(int(world.state.meetings[0].sum()))
    assert set(held) == {2, 3}
    assert stats.binomtest(held.count(3), 1500, 0.3).pvalue > SURELY


# A low-dimensional map ----------------------------------------------------------------------------


def alike(n: int = 4, **sections: Any) -> Scenario:
    """n identical organisations without luck, all needed for everything."""
    return place(
        n,
        **{
            "luck": 0.0,
            "months": 60,
            "starting": {"trust_spread": 0.0, "contact_spread": 0.0},
            "trust": {"usual_cultural_distance": 0.3},
            "turnover": {f"{layer}_rate": 0.01 for layer in ("board", "management", "front_line")},
            "programme": {"members_per_initiative": n, "quick_win_share": 0.0, "n_simultaneous": 1},
            "ways_of_working": {
                "joint_away_days": 2.0,
                "own_away_days": 3.0,
                "binding_agreement": 0.3,
                "circulated_vision": 2.0,
                "position_sharing": 2.0,
            },
        }
        | sections,
    )


def by_itself(s: Scenario) -> list[dict[str, float]]:
    """The whole model for identical organisations, as a few plain equations, month by month.

    Everybody is alike, so there is one competence, one goodwill, one commitment and one
    contribution for boards, management and front line together; objectives equal the vision, so
    the ceiling is 1 and there is no conflict.
    """
    ways, tr, co, de, pr = s.ways_of_working, s.trust, s.commitment, s.decision, s.pressure
    pg, st, rel, to = s.programme, s.starting, s.relations, s.turnover
    o = s.organisations[0]
    C = G = st.trust_mean
    v, x = st.commitment, st.contribution
    y, q, u = x, st.contact_mean, st.tension
    f = ways.binding_agreement
    habits = {
        "own": ways.own_away_days,
        "pre": ways.separate_pre_meetings,
        "framing": ways.own_needs_framing,
        "avoid": ways.issue_avoidance,
    }
    stated = dict(habits)
    delegated, managed = ways.delegated_authority, ways.partnership_managed_teams
    joint, papers, positions = ways.joint_away_days, ways.circulated_vision, ways.position_sharing
    W = cost = carried = 0.0
    pending = Y = 0.0
    done = 0
    n = s.n_organisations

    def trust() -> float:
        return 1 - (1 - sqrt(C * G)) * (1 - c.COVERED_BY_AGREEMENT * f)

    def new_initiative(T: float) -> dict[str, float]:
        rate = pg.planned_effort / (1 + pg.diminishing * W / s.vision.size)
        size = pg.initiative_size * (0.5 + T)
        gates = 1 + int((pg.max_gates - 1) * (1 - T) + 0.5)
        return {"size": size, "gates": gates, "stage": 0, "gate": 0.0, "work": 0.0, "planned": rate,
                "realised": 0.0, "believed": rate, "age": 0.0, "old": 0.0, "older": 0.0,
                "months": size / rate + c.PLANNED_GATE_MONTHS * gates}  # fmt: skip

    def learn(G: float, seen: float, rate: float) -> float:
        change = rate * (seen - G)
        if change < 0:
            return G + change * (1 + (tr.news_asymmetry - 1) * 4 * G * (1 - G))
        return G + change * (1 - c.CROWDING * f)

    T = trust()
    m = new_initiative(T)
    told = []
    p = 0.0
    for month in range(s.months + 1):
        told.append({"trust": T, "competence_trust": C, "goodwill_trust": G, "vision_commitment": v,
                     "contribution": x, "delivered": y, "contact": q, "tension": u,
                     "change_delivered": W / s.vision.size, "vision_realised": Y, "cost": cost,
                     "target_pressure": p, "initiatives_completed": done})  # fmt: skip
        # 1 the place, and time
        p = min(max(o.pressure + pr.load * x - pr.relief * Y, 0), 1)
        if month == 0:
            told[0]["target_pressure"] = p
        days = rel.meeting_budget * (c.MEETING_DAYS + c.PRE_MEETING_DAYS * habits["pre"])
        days += c.DELEGATION * (habits["own"] + joint + positions) / 12
        days += c.DOCUMENT_DAYS * papers / 12
        cost += n * days
        busy = min(c.MOST_MEETING_SHARE, days / c.FREE_DAYS)
        # 2 turnover, of one side and then of the other
        part = to.board_rate * tr.turnover_loss
        for _ in range(2):
            C += part * (tr.disposition - C)
            G += part * (tr.disposition - G)
        v += part * (co.alone - v)
        # 4 meetings
        occasions = rel.meeting_budget / (n - 1) + c.JOINT_DAY_CONTACT * joint / 12
        occasions = min(1.0, occasions + c.SHARED_WORK_CONTACT)
        q += c.CONTACT_RATE * (occasions * (1 - u) - q)
        misread = c.MISREADING * tr.usual_cultural_distance
        misread *= (1 - c.UNDERSTOOD_NEEDS * habits["framing"]) * 6 / (6 + positions)
        shown = v * (1 - c.SELF_SERVING * habits["framing"])
        shown *= 1 - c.GUARDED * habits["pre"] * c.GUARDED_ANYWAY
        rate = c.GOODWILL_RATE * q
        G = learn(G, (1 - misread) * shown + misread * tr.disposition, rate * (1 - tr.deeds))
        deed = min(1, y / pg.planned_effort)
        G = learn(G, (1 - misread) * deed + misread * tr.disposition, rate * tr.deeds)
        G = learn(G, (1 - tr.deeds) * v + tr.deeds * deed, tr.joint_day_rate * joint / 12)
        raised = rel.surfacing_rate * u * (1 - habits["avoid"])
        worked = 0.3 + 0.7 * G
        u *= (1 - c.RESOLVED * raised * worked) * (1 - c.VENTED * raised * (1 - worked))
        G *= 1 - rel.flare_loss * raised * (1 - worked)
        ruptured = rel.rupture_rate * u * u
        u *= 1 - c.RUPTURE_VENTED * ruptured
        G *= 1 - rel.rupture_loss * ruptured
        # 5 decisions
        T = trust()
        delay = max(m["size"] - m["work"], 0) / (0.5 * m["planned"] + 0.5 * m["believed"])
        delay = min(delay, 60.0)
        own = o.incentive_share * exp(-delay / o.planning_horizon)
        stake = (1 - v) * own + v * exp(-delay / s.vision.planning_horizon)
        exposure = de.exposure * (1 - de.referral_protection * (1 - delegated))
        net = o.interdependence * (stake * T - exposure * (1 - T))
        net += (1 - o.interdependence) * de.value_alone * stake
        aim = 1 / (1 + exp(-de.sharpness * (net - de.cost_base - de.cost_pressure * p)))
        x += de.adjustment_rate * (aim - x)
        # 6 promises, gates, work
        kept = tr.reliability - tr.pressure_on_reliability * p - c.HANDOFF_PROMISES * (1 - managed)
        kept = min(max(kept + c.AWAY_DAY_PROMISES * habits["own"] / 12, 0), 1)
        y = x * (kept + (1 - kept) * tr.shortfall)
        of_bad_news = 1 + (tr.news_asymmetry - 1) * 4 * C * (1 - C)
        C += tr.promise_rate * q * x * (kept * (1 - C) - (1 - kept) * C * of_bad_news)
        if m["gate"] < 1 - 1e-9:
            consent = x * (1 - c.ACCOUNTABILITY_CONSENT * o.accountability) * (0.5 + 0.5 * T)
            consent += de.mandate * habits["pre"] * (1 - consent)
            standing = (1 - (1 - consent) * (1 - m["old"]) * (1 - m["older"])) ** n
            m["old"], m["older"] = consent, m["old"]
            m["gate"] += delegated * consent + (1 - delegated) * standing
        m["age"] += 1
        progress = 0.0
        if m["gate"] >= 1 - 1e-9:
            progress = (1 - busy) * y * (1 - c.HANDOFF_WORK * (1 - managed))
            progress /= 1 + pg.diminishing * W / s.vision.size
            m["work"] += progress + carried
            carried = 0.0
        m["realised"] += c.PACE_RATE * (progress - m["realised"])
        m["believed"] += c.BELIEF_RATE * (m["realised"] - m["believed"])
        stage, won = m["size"] / m["gates"], False
        if m["gate"] >= 1 - 1e-9 and m["work"] >= stage * (m["stage"] + 1) * (1 - 1e-12):
            m["stage"] += 1
            m["gate"] = m["old"] = m["older"] = 0.0
            W, pending, won = W + stage, pending + stage, True
        # 7 benefit, small wins, what comes next
        flow = pending / s.place.embedding_months
        pending -= flow
        Y = min(Y * (1 - s.place.erosion_rate) + flow / s.vision.size, 1.0)
        if won:
            v += tr.small_wins * (1 - v)
            C += tr.small_wins * q * (1 - C)
            G += tr.small_wins * q * (1 - G)
        if m["stage"] == m["gates"]:
            done += 1
            carried = max(m["work"] - m["size"], 0.0)
            m = new_initiative(T)
        elif m["age"] > pg.patience * m["months"]:
            v *= 1 - tr.abandonment_loss
            C *= 1 - tr.abandonment_loss
            carried, m = 0.0, new_initiative(T)
        # 8 within
        pull = co.pull * (0.5 + p) * (0.5 + o.accountability)
        words = (c.JOINT_DAY_COMMITMENT * joint + c.WRITTEN_COMMITMENT * papers) / 12
        away = c.AWAY_DAY_COMMITMENT * habits["own"] / 12
        v += -pull * (v - co.alone) + (co.identification * T * T + words) * (1 - v) - away * v
        C += tr.decay_rate * (1 - q) * (tr.disposition - C)
        G += tr.decay_rate * (1 - q) * (tr.disposition - G)
        for habit, value in habits.items():
            aim = stated[habit] * (1 - co.adoption * v)
            habits[habit] = value + co.adoption_rate * (aim - value)
        T = trust()
    return told


VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "two": {"n": 2},
    "trusting": {"starting": {"trust_mean": 0.8, "trust_spread": 0.0, "contact_spread": 0.0,
                              "contact_mean": 0.8, "commitment": 0.8}},
    "impatient": {"programme": {"members_per_initiative": 4, "quick_win_share": 0.0,
                                "n_simultaneous": 1, "patience": 1.0, "initiative_size": 9.0}},
    "delegated": {"ways_of_working": {"delegated_authority": 0.9, "joint_away_days": 4.0}},
}  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
def test_identical_organisations_stay_alike_and_follow_a_map_of_their_own(variant: str) -> None:
    changes = dict(VARIANTS[variant])
    n = changes.pop("n", 4)
    scenario = alike(n, **changes)
    world = begin(scenario)
    for month, expected in enumerate(by_itself(scenario)):
        if month:
            step(*world)
        state, apart = world.state, ~np.eye(n, dtype=bool)
        links = {
            name: state[name][:n, :, :n].swapaxes(1, 2)[apart]
            for name in ("trust", "competence_trust", "goodwill_trust")
        }
        per_layer = ("vision_commitment", "contribution", "delivered")
        layers = {name: state[name][:n] for name in per_layer}
        pairs = {name: state[name][:n, :n][apart] for name in ("contact", "tension")}
        for name, values in (links | layers | pairs).items():
            assert np.ptp(values) < 1e-12, f"{name} differs, month {month}"
            assert values.mean() == near(expected[name], 1e-10, 1e-10), f"{name}, month {month}"
    series = {name: values[0] for name, values in series_of(scenario).items()}
    told = by_itself(scenario)
    for name in told[0]:
        assert series[name] == near([row[name] for row in told], 1e-10, 1e-10), name
    assert series["initiatives_completed"][-1] + series["initiatives_abandoned"][-1] >= 1


# Limits -------------------------------------------------------------------------------------------

AT_ONCE = {
    "trust": {
        "reliability": 1.0,
        "pressure_on_reliability": 0.0,
        "usual_cultural_distance": 0.0,
        "disposition": 1.0,
    },
    "starting": {
        "trust_mean": 1.0,
        "trust_spread": 0.0,
        "commitment": 1.0,
        "contribution": 1.0,
        "tension": 0.0,
    },
    "mechanisms": {"meeting_time_cost": False, "accountability_consent": False},
    "decision": {"adjustment_rate": 0.0},
    "commitment": {"pull": 0.0},
}


@pytest.mark.parametrize("size", [0.5, 2.0, 3.7, 12.0])
@pytest.mark.parametrize("diminishing", [0.0, 1.5])
def test_with_full_trust_and_delegation_an_initiative_takes_the_months_of_its_work(
    size: float, diminishing: float
) -> None:
    """One unit a month, as one manager would: ceil(size * difficulty) months, gate and all."""
    scenario = alike(
        **AT_ONCE,
        vision={"size": 10.0},
        programme={
            "n_simultaneous": 1,
            "diminishing": diminishing,
            "patience": 100.0,
            "quick_win_share": 0.0,
            "members_per_initiative": 4,
            "initiatives": [{"size": size, "n_gates": 1}, {"size": 2.0, "n_gates": 0}],
        },
        ways_of_working={
            "delegated_authority": 1.0,
            "partnership_managed_teams": 1.0,
            "own_away_days": 0.0,
            "own_needs_framing": 0.0,
            "separate_pre_meetings": 0.0,
            "issue_avoidance": 0.0,
        },
        turnover={f"{layer}_rate": 0.0 for layer in ("board", "management", "front_line")},
    )
    series = series_of(scenario)
    completed = series["initiatives_completed"][0]
    first = int(np.argmax(completed >= 1))
    assert first == int(np.ceil(size - 1e-9))
    # The next begins with what was left over, at the difficulty reached.
    surplus, pace = first - size, 1 / (1 + diminishing * size / 10)
    assert int(np.argmax(completed >= 2)) == first + int(np.ceil((2.0 - surplus) / pace - 1e-9))


def test_with_full_trust_but_referral_a_decision_still_needs_every_board() -> None:
    """Contribution 1, trust 1, no accountability: consent is certain, so nobody waits."""
    ways = {
        "delegated_authority": 0.0,
        "partnership_managed_teams": 1.0,
        "own_needs_framing": 0.0,
        "separate_pre_meetings": 0.0,
        "own_away_days": 0.0,
        "issue_avoidance": 0.0,
    }
    sure = alike(**AT_ONCE, ways_of_working=ways, months=12)
    half = sure.replace({"starting.contribution": 0.5})
    assert not series_of(sure)["waiting"][0, 2:].all()
    world = begin(half)
    run(world, "pass_gates")
    assert world.state.gate[0] == near(0.5**4)  # four boards, each with half a mind to


def test_without_interdependence_trust_and_exposure_do_not_matter_for_contributions() -> None:
    worlds = []
    for trust, exposure in ((0.1, 0.2), (0.9, 3.0)):
        world = begin(place(3, starting={"trust_mean": 0.5}, decision={"exposure": exposure}))
        world.p.organisations.interdependence[:3] = 0.0
        world.state.competence_trust[:3, :, :3] = world.state.goodwill_trust[:3, :, :3] = trust
        run(world, "assess_trust", "weigh_initiatives", "decide_contributions")
        worlds.append(world.state.contribution.tolist())
    assert worlds[0] == worlds[1]
    independent = {f"organisations.{name}.interdependence": 0.0 for name in "abc"}
    usual = place(3, independent, months=24, decision={"exposure": 0.1})
    other = usual.replace({"decision.exposure": 3.0, "decision.referral_protection": 0.0})
    assert not differing(series_of(usual), series_of(other))


def test_with_nothing_at_stake_contribution_falls_to_its_floor() -> None:
    sharpness, base, rate, months = 7.0, 0.2, 0.3, 80
    nothing = {f"organisations.{name}.incentive_share": 0.0 for name in "abc"}
    independent = {f"organisations.{name}.interdependence": 0.0 for name in "abc"}
    scenario = place(
        3,
        nothing | independent,
        months=months,
        starting={"commitment": 0.0, "contribution": 0.9},
        commitment={"alone": 0.0, "identification": 0.0},
        ways_of_working={"joint_away_days": 0.0, "circulated_vision": 0.0},
        mechanisms={"small_wins": False},
        decision={
            "sharpness": sharpness,
            "cost_base": base,
            "cost_pressure": 0.0,
            "cost_load": 0.0,
            "adjustment_rate": rate,
        },
        turnover={"withdrawal_rate": 0.0},
    )
    floor = 1 / (1 + exp(sharpness * base))
    month = np.arange(months + 1)
    expected = floor + (0.9 - floor) * (1 - rate) ** month  # geometric, exactly
    assert series_of(scenario)["contribution"][0] == near(expected, 1e-11)


def test_without_contact_trust_decays_to_disposition_geometrically() -> None:
    world = quiet(3, trust={"decay_rate": 0.03, "disposition": 0.35})
    world.state.contact[:] = 0.0
    start = world.state.goodwill_trust[0, 0, 1] = 0.9
    for month in range(1, 49):
        run(world, "forget_partners")
        assert world.state.goodwill_trust[0, 0, 1] == near(0.35 + (start - 0.35) * 0.97**month)
    # And the whole model, where nobody ever meets or works together:
    apart = place(
        2,
        luck=0.0,
        months=36,
        relations={"meeting_budget": 0.0, "flare_loss": 0.0},
        starting={"contact_mean": 0.0, "contact_spread": 0.0, "trust_mean": 0.8, "tension": 0.0},
        trust={"decay_rate": 0.05, "disposition": 0.2, "usual_cultural_distance": 0.0},
        programme={"initiatives": [{"start_month": 599}], "n_simultaneous": 1},
        turnover={f"{layer}_rate": 0.0 for layer in ("board", "management", "front_line")},
    )
    expected = 0.2 + 0.6 * 0.95 ** np.arange(37)
    series = series_of(apart)
    assert series["competence_trust"][0] == near(expected)
    assert series["goodwill_trust"][0] == near(expected)
    assert series["trust"][0] == near(expected)


@pytest.mark.parametrize("replicate", [0, 1])
def test_an_unhosted_coordinator_of_skill_0_changes_nothing_but_cost(replicate: int) -> None:
    base = place(4, months=120)
    idle = base.replace(coordinators=[{"name": "Ana", "skill": 0.0, "cost": 20.0}])
    alone, with_one = (series_of(s, first=replicate) for s in (base, idle))
    assert differing(alone, with_one) == {"cost", "n_coordinators"}
    extra = with_one["cost"] - alone["cost"]
    assert extra[0] == pytest.approx(20.0 * np.arange(121), abs=1e-8)


# The place ----------------------------------------------------------------------------------------


def test_demand_grows_by_compound_interest_where_nothing_is_done() -> None:
    growth, months = 0.023, 120
    given = {"initiatives": [{"start_month": 599}], "n_simultaneous": 1}
    scenario = place(2, months=months, place={"demand_growth": growth}, programme=given)
    expected = 100 * (1 + growth) ** (np.arange(months + 1) / 12)
    series = series_of(scenario)
    assert series["outcome_alone"][0] == near(expected, 1e-12)
    assert series["outcome"][0].tolist() == series["outcome_alone"][0].tolist()


def embedding(months: int, lag: float, erosion: float) -> np.ndarray:
    """What is felt of one work unit, month by month, by the core."""
    world = quiet(2, vision={"size": 4.0}, place={"embedding_months": lag, "erosion_rate": erosion})
    world.state.pending[0] = 0.25  # one unit, spread as the vision over four domains
    felt = []
    for _ in range(months):
        run(world, "embed_work")
        felt.append(float(world.state.embedded[0]))
    return np.array(felt)


def test_benefit_is_felt_by_a_first_order_lag_and_wears_away_geometrically() -> None:
    lag, erosion, months = 5.0, 0.02, 60
    stay, keep = 1 - 1 / lag, 1 - erosion
    t = np.arange(1, months + 1)
    # Sum of the flows stay^k / lag, each worn since: a convolution of two geometric series.
    expected = (keep**t - stay**t) / (keep - stay) / lag / 4.0
    assert embedding(months, lag, erosion) == near(expected, 1e-11)


def test_a_slow_lag_is_the_differential_equation() -> None:
    lag, erosion, months = 60.0, 0.004, 120

    def flows(_: float, y: np.ndarray) -> list[float]:
        return [-y[0] / lag, y[0] / lag - erosion * y[1]]

    times = np.arange(1, months + 1)
    solved = integrate.solve_ivp(flows, (0, months), [0.25, 0.0], t_eval=times, rtol=1e-10, atol=1e-12)
    # Steps of a month are Euler's: the error is of the order of the step over the lag.
    assert embedding(months, lag, erosion) == pytest.approx(solved.y[1], rel=2 / lag, abs=1e-12)


# Behaviour at the ends ----------------------------------------------------------------------------


def loss_against_gain(goodwill: float, asymmetry: float = 2.0) -> float:
    """How much more a disappointment moves goodwill than a pleasant surprise of the same size."""
    trust = {"news_asymmetry": asymmetry, "deeds": 1.0, "usual_cultural_distance": 0.0}
    surprise = min(goodwill, 1 - goodwill, 0.1)
    changes = []
    for seen in (goodwill - surprise, goodwill + surprise):
        world = quiet(2, trust=trust, programme={"planned_effort": 1.0})
        world.state.goodwill_trust[:2, :, :2], world.state.delivered[:2] = goodwill, seen
        run(world, "show_commitment", "see_deeds")
        changes.append(abs(float(world.state.goodwill_trust[0, 0, 1]) - goodwill))
    return changes[0] / changes[1]


def test_losses_weigh_more_where_there_is_no_settled_view() -> None:
    assert loss_against_gain(0.5) == near(2.0, 1e-9)
    for goodwill in (0.02, 0.98):
        assert 1.0 < loss_against_gain(goodwill) < 1.1  # 1 + 4 G (1 - G)
    assert loss_against_gain(0.5, asymmetry=1.0) == near(1.0, 1e-9)


def test_a_joint_away_day_moves_commitment_as_meeting_does_against_writing() -> None:
    """balliet2010: face to face d = 1.21, written d = .46."""

    def moved(lever: int) -> float:
        world = quiet(2)
        other = copied(world)
        world.state.in_force[:2, lever] = 1.0
        other.state.in_force[:2, lever] = 0.0
        for each in (world, other):
            run(each, "update_commitment")
        return float((world.state.vision_commitment - other.state.vision_commitment)[0, 0])

    assert moved(levers.JOINT_AWAY_DAYS) / moved(levers.CIRCULATED_VISION) == near(1.21 / 0.46, 1e-9)


def test_noise_and_asymmetry_pull_goodwill_under_the_truth_by_the_stated_size() -> None:
    """With bad news weighing lambda(G) times as much, noise of width w has a bias of its own.

    At rest E[change] = 0: for uniform noise on [-w, w] about the truth s and asymmetry r,
    (w + d)^2 = r (w - d)^2 with d = s - G, so d = w (sqrt(r) - 1)/(sqrt(r) + 1).
    """
    w, truth, asymmetry, months = 0.3, 0.6, 2.0, 600
    world = begin(
        place(
            10,
            trust={
                "news_asymmetry": asymmetry,
                "misreading_noise": w,
                "deeds": 0.0,
                "usual_cultural_distance": 0.0,
            },
            ways_of_working={"own_needs_framing": 0.0, "separate_pre_meetings": 0.0},
        )
    )
    state = world.state
    state.contact[:10, :10], state.vision_commitment[:10] = 0.05, truth  # slow, so near its mean
    found = []
    for month in range(months):
        state.month[0] = month
        run(world, "show_commitment", "hear_talk")
        if month >= 250:
            found.append(state.goodwill_trust[0, :, 1:10].mean())
    resting = np.mean(found)
    distance = 0.0
    for _ in range(50):  # the asymmetry is that of the resting point itself
        at = truth - distance
        ratio = 1 + (asymmetry - 1) * 4 * at * (1 - at)
        distance = w * (sqrt(ratio) - 1) / (sqrt(ratio) + 1)
    # 27 links, relaxation of 1/(.25 x .05 x 1.4) = 57 months: 350 months hold 3 independent ones.
    rate = c.GOODWILL_RATE * 0.05 * 1.4
    error = w / sqrt(3) * sqrt(rate / 2) * 1.4 / sqrt(27 * 3)
    assert abs(truth - resting - distance) < 4.5 * error
    assert distance > 5 * error  # it would be seen if it were not there
