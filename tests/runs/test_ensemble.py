"""Many replicates and paired arms, with a small stand-in for the compiled core."""

import json
import math
import os
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from partnersim import figures
from partnersim.model.series import SERIES
from partnersim.runs import ensemble, statistics
from partnersim.runs.ensemble import Comparison, Results, compare, run, share_through_trust
from partnersim.runs.kernel import Compiled, Kernel, Part
from partnersim.runs.measures import MEASURES, Floats, Measure
from partnersim.scenario import translate
from partnersim.scenario.declarations import Drawn
from partnersim.scenario.scenario import Scenario
from tests.commands import printed_by

NAN, INF = np.nan, np.inf
HIGHER = Measure("x", "x", "x", True, "X.")
LOWER = Measure("x", "x", "x", False, "X.")
NEITHER = Measure("x", "x", "x", None, "X.")
SHARE = Measure("x", "x", "x", True, "X.", is_yes_or_no=True)
MILESTONE = Measure("x", "x", "months", False, "X.", is_censored=True)


def simulate(state: Any, parameters: Any, root: Any, first: int, series: Floats, detail: Floats) -> None:
    """Random walks: a replicate's luck is its number's; the scenario only moves its rate."""
    for row in range(len(series)):
        rng = np.random.default_rng([*root, first + row])
        series[row] = rng.random(series.shape[1:])
        gains = rng.random(series.shape[1]) ** 2 * parameters["rate"]
        gains[0] = 0
        series[row, :, 0] = np.cumsum(gains)
        series[row, :, SERIES.index("initiatives_completed")] = np.cumsum(gains > 0.01)
        series[row, :, SERIES.index("n_members")] = 6
        detail[row] = rng.random(detail.shape[1:])


def to_parameters(scenario: Scenario) -> dict[str, float]:
    frozen = 0.5 if scenario.mechanisms.trust_frozen else 1.0
    return {"rate": 0.02 * (1 + scenario.ways_of_working.delegated_authority * frozen)}


def use_core(monkeypatch: pytest.MonkeyPatch, simulate: Callable[..., None]) -> None:
    monkeypatch.setattr(ensemble, "compiled_for", lambda _: Compiled(simulate, ()))


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    use_core(monkeypatch, simulate)
    monkeypatch.setattr(translate, "to_parameters", to_parameters)


def place(delegated_authority: float = 0.2, months: int = 60, n: int = 3) -> Scenario:
    return Scenario(
        title="A place",
        months=months,
        drawn=Drawn(n_organisations=n),
        ways_of_working={"delegated_authority": delegated_authority},
    )


def same(left: Floats, right: Floats) -> bool:
    """Equal bit for bit, NaN with NaN."""
    return np.ascontiguousarray(left).tobytes() == np.ascontiguousarray(right).tobytes()


def assert_same(left: Results, right: Results) -> None:
    """All that `right` holds is in `left`, bit for bit."""
    for name, values in right.measures.items():
        assert same(left.measures[name], values), name
    for name, values in right.series.items():
        assert same(left.series[name], values), name


# --- running --------------------------------------------------------------------------------------


def test_results_hold_what_was_asked_for() -> None:
    everything = run(place(), 5, detail=True)
    assert everything.replicates == 5
    assert everything.months == 60
    assert list(everything.measures) == list(MEASURES)
    assert set(everything.series) == {*SERIES, "speed"}
    assert everything.series["speed"].shape == (5, 61)
    assert everything.detail is not None
    assert everything.detail["competence_trust"].shape == (5, 61, 3, 3, 3)

    little = run(place(), 5, series=False)
    assert little.series == {} and little.detail is None
    assert_same(everything, little)

    some = run(place(), 5, series=["speed", "trust"])
    assert list(some.series) == ["speed", "trust"]
    assert_same(everything, some)


def test_series_and_measures_are_of_the_same_runs() -> None:
    found = run(place(), 30)
    for name in ("change_delivered", "speed", "initiatives_under_way", "trust", "cost"):
        np.testing.assert_array_equal(found.measures[name], found.series[name][:, -1])


def test_each_worker_has_a_buffer_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two simulations at the same time never write to the same memory."""
    in_use: set[int] = set()
    meeting = threading.Barrier(2, timeout=120)

    def check(state: Any, parameters: Any, root: Any, first: int, series: Floats, detail: Floats) -> None:
        address = series.__array_interface__["data"][0]
        assert {address, id(state)}.isdisjoint(in_use)
        in_use.update({address, id(state)})
        meeting.wait()
        simulate(state, parameters, root, first, series, detail)
        in_use.difference_update({address, id(state)})
        meeting.wait()

    use_core(monkeypatch, check)
    monkeypatch.setattr(ensemble, "MOST_PER_CHUNK", 2)
    run(place(), 8, workers=2)


def test_the_core_is_given_contiguous_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another layout, or a Python object for a number, would compile everything again."""

    def check(state: Any, parameters: Any, root: Any, first: int, series: Floats, detail: Floats) -> None:
        assert series.flags.c_contiguous and detail.flags.c_contiguous
        assert series.shape[:2] == detail.shape[:2]
        assert type(first) is int
        simulate(state, parameters, root, first, series, detail)

    use_core(monkeypatch, check)
    run(place(), 11, first_replicate=np.int64(3))  # type: ignore[arg-type]
    run(place(), 11, detail=True)


def test_progress_counts_replicates_up_to_all() -> None:
    seen: list[tuple[int, int]] = []
    run(place(), 30, workers=2, progress=lambda done, total: seen.append((done, total)))
    assert [total for _, total in seen] == [30] * len(seen)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert seen[-1] == (30, 30)

    seen.clear()
    arms = {"a": place(), "b": place(0.9)}
    compare(arms, 10, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (20, 20)
    assert (10, 20) in seen


def test_an_error_or_interrupt_drops_the_chunks_not_yet_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ensemble, "MOST_PER_CHUNK", 1)
    begun: list[int] = []
    is_interrupted = threading.Event()

    def count(state: Any, parameters: Any, root: Any, first: int, series: Floats, detail: Floats) -> None:
        begun.append(first)
        if len(begun) > 4:
            is_interrupted.wait()
        simulate(state, parameters, root, first, series, detail)

    def interrupt(done: int, total: int) -> None:
        is_interrupted.set()
        raise KeyboardInterrupt

    use_core(monkeypatch, count)
    with pytest.raises(KeyboardInterrupt):
        run(place(months=24), 2000, workers=2, progress=interrupt)
    assert len(begun) < 1000


INTERRUPTED_OFTEN = """
import faulthandler, os, random, signal, threading
import partnersim
partnersim.run("two-organisations", 10, series=False)
faulthandler.dump_traceback_later(900, exit=True)  # whoever never stops says where it stands
random.seed(1)
for _ in range(60):
    timer = threading.Timer(
        random.uniform(0, 0.06), lambda: os.kill(os.getpid(), signal.SIGINT)
    )
    try:
        timer.start()
        partnersim.run("two-organisations", 2_000_000, series=False)
    except KeyboardInterrupt:
        timer.join()
        print("stopped")
"""


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
def test_ctrl_c_stops_a_run_at_any_moment() -> None:
    assert printed_by("-c", INTERRUPTED_OFTEN).split() == ["stopped"] * 60


def test_large_partnerships_are_run_in_small_chunks_and_lanes_are_filled() -> None:
    small = ensemble._chunk_size(place(n=6, months=120), 100_000, 2, 8)
    large = ensemble._chunk_size(place(n=50, months=600), 100_000, 2, 8)
    few = [ensemble._chunk_size(place(n=6, months=120), n, 2, lanes) for n, lanes in ((16, 1), (100, 8))]
    assert (small, large, *few) == (200, 1, 8, 56)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"replicates": 0}, "replicates = 0: must be 1 or more"),
        ({"replicates": 2.5}, "replicates = 2.5: must be a whole number"),
        ({"seed": -1}, "seed = -1: must be 0 or more"),
        ({"seed": 2**128}, "seed = .*: must be at most 340,282,"),
        ({"replicates": 10**5000}, "replicates = a huge number: must be at most"),
        ({"first_replicate": 2**57}, "first_replicate = .*: must be at most"),
        ({"workers": 0}, "workers = 0: must be 1 or more"),
        ({"first_replicate": -1}, "first_replicate = -1: must be 0 or more"),
        ({"series": ["sped"]}, "no series of this name; did you mean 'speed'"),
        ({"series": "nonsense"}, "there are change_delivered"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        run(place(), **arguments)


def test_bad_numbers_are_found_before_the_core_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ensemble, "compiled_for", lambda _: pytest.fail("loaded"))
    with pytest.raises(ValueError, match="replicates"):
        run(place(), 0)


def test_importing_loads_nothing_heavy() -> None:
    code = (
        "import sys, partnersim.runs.ensemble; "
        "print([m for m in ('numba', 'pandas', 'xarray', 'scipy') if m in sys.modules])"
    )
    assert printed_by("-c", code) == "[]\n"


# --- the kernel by itself -------------------------------------------------------------------------


def run_parts(parts: list[Part], most: int, errors: Any = None) -> dict[int, dict[str, Floats]]:
    """Measures of each row, and its series, of parts that are run in a small buffer."""
    found: dict[int, dict[str, Floats]] = {}
    for batch in Kernel(Compiled(simulate_some, ()), 4, 72, most).run(parts, errors):
        assert len(batch.rows) <= most
        for at, row in enumerate(batch.rows.tolist()):
            assert row not in found
            found[row] = {name: values[at].copy() for name, values in batch.measures.items()}
            found[row] |= {f"{name}, series": v[at].copy() for name, v in batch.series.items()}
    return found


def simulate_some(state: Any, parameters: Any, root: Any, first: int, series: Floats, detail: Floats) -> None:
    """As `simulate`, but replicate 5 gives no number, and 6 fails."""
    simulate(state, parameters, root, first, series, detail)
    if first <= 5 < first + len(series):
        series[5 - first, 3, SERIES.index("trust")] = NAN
    if first <= 6 < first + len(series):
        raise ZeroDivisionError("nothing to divide by")


PARTS = [
    Part({"rate": 0.02}, 0, range(0, 9)),
    Part({"rate": 0.03}, 7, range(20, 23)),
    Part({"rate": 0.02}, 3, range(23, 24)),
]


@pytest.mark.parametrize("most", [1, 2, 5, 200])
def test_runs_are_the_same_whatever_is_in_the_buffer_with_them(most: int) -> None:
    errors: dict[int, Exception] = {}
    found, alone = run_parts(PARTS, most, errors), run_parts(PARTS, 1, {})
    assert {row: type(error).__name__ for row, error in errors.items()} == {
        5: "NotFiniteError",
        6: "ZeroDivisionError",
    }
    assert str(errors[5]) == "trust is nan in month 3"
    assert found.keys() == {*range(9), *range(20, 24)} - {6}
    for row, values in found.items():
        for name, value in values.items():
            assert same(value, alone[row][name]), (row, name)
    # Row 23 is row 3 again, and row 20 row 7 with another rate.
    assert found[23]["trust"] == found[3]["trust"]
    assert found[20]["tension"] == found[7]["tension"]
    assert found[20]["change_delivered"] > found[7]["change_delivered"]


def test_who_notes_no_errors_is_told_of_them() -> None:
    with pytest.raises(ZeroDivisionError):
        run_parts(PARTS, 200)
    assert math.isnan(run_parts([PARTS[0].cut(4, 6)], 200)[5]["trust, series"][3])


# --- statistics -----------------------------------------------------------------------------------


def test_quantiles_are_numpys_where_all_is_finite() -> None:
    values = np.random.default_rng(1).random((40, 6))
    q = [0, 0.05, 0.31, 0.5, 0.95, 1]
    np.testing.assert_allclose(statistics.quantiles(values, q), np.quantile(values, q, axis=0))


@pytest.mark.parametrize(
    ("values", "q", "expected"),
    [
        ([3, 1, 2, 4], 0.5, 2.5),
        ([3, 1, INF, INF], 0.5, INF),  # between a reached and an unreached run
        ([3, 1, INF], 0.5, 3),
        ([INF, 1, INF], 0.5, INF),
        ([INF, INF], 0.25, INF),
        ([NAN, 5, NAN], 0.9, 5),
        ([NAN, NAN], 0.5, NAN),
        ([*range(20), INF], 0.95, 19),
    ],
)
def test_quantiles_with_runs_beyond_the_horizon(values: list[float], q: float, expected: float) -> None:
    np.testing.assert_array_equal(statistics.quantiles(np.array(values, dtype=float), [q]), [expected])


def test_quantiles_outside_0_to_1_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        statistics.quantiles(np.ones(3), [1.5])


def test_summary_worked_by_hand() -> None:
    """Of 2, 4, 6 the variance is 4, the error 2/√3."""
    summary = statistics.summarise(np.array([4.0, 2.0, 6.0]), HIGHER, 60)
    assert summary.mean == 4
    assert summary.median == 4
    assert summary.p05 == pytest.approx(2.2)
    assert summary.monte_carlo_error == pytest.approx(2 / math.sqrt(3))
    assert summary.median_ci95 == (-INF, INF)
    assert summary.reached == 1
    assert not summary.is_enough  # three runs


def test_milestones_are_censored_not_dropped() -> None:
    summary = statistics.summarise(np.array([10.0, NAN, 30.0, NAN, 20.0]), MILESTONE, 60)
    assert summary.mean == 20
    assert summary.reached == pytest.approx(0.6)
    assert summary.median == 30
    assert summary.p95 == INF
    assert summary.restricted_mean == pytest.approx((10 + 30 + 20 + 60 + 60) / 5)

    never = statistics.summarise(np.full(4, NAN), MILESTONE, 60)
    assert math.isnan(never.mean)
    assert (never.median, never.reached, never.restricted_mean) == (INF, 0, 60)
    assert never.to_json()["median"] is None and never.to_json()["mean"] is None


def test_what_does_not_exist_is_missing_not_beyond() -> None:
    summary = statistics.summarise(np.full(4, NAN), HIGHER, 60)
    assert math.isnan(summary.median) and math.isnan(summary.restricted_mean)
    assert summary.reached == 0 and not summary.is_enough


@pytest.mark.parametrize(("n", "k"), [(5, 0), (6, 1), (10, 2), (20, 6), (25, 8), (50, 18), (100, 40)])
def test_interval_of_the_median_takes_the_tabled_order_statistics(n: int, k: int) -> None:
    """Ranks of the 95 % interval as tabled for the sign test (Conover 1999, David 1981)."""
    values = np.random.default_rng(n).permutation(n) + 1.0
    expected = (-INF, INF) if k == 0 else (k, n + 1 - k)
    assert statistics.median_interval(values) == expected


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Skewed runs: the order-statistic interval is exact or wider, whatever the distribution."""
    rng = np.random.default_rng(11)
    n_times = 1500
    samples = rng.exponential(size=(n_times, 40))
    held = [low <= math.log(2) <= high for low, high in map(statistics.median_interval, samples)]
    error = math.sqrt(0.95 * 0.05 / n_times)
    assert np.mean(held) > 0.95 - 3 * error
    normal = rng.normal(size=(n_times, 8))
    intervals = [statistics.mean_with_interval(row)[2] for row in normal]
    held = [low <= 0 <= high for low, high in intervals]
    assert abs(np.mean(held) - 0.95) < 3.5 * error


def test_enough_is_a_tenth_of_the_span() -> None:
    """Runs evenly on 0..1 have a span of 0.9 and a half-width of 1.98 × 0.29 / √n."""
    even = np.linspace(0, 1, 30)
    assert not statistics.summarise(even, HIGHER, 60).is_enough  # 0.11 > 0.09
    assert statistics.summarise(np.linspace(0, 1, 60), HIGHER, 60).is_enough  # 0.075
    assert statistics.summarise(np.ones(30), HIGHER, 60).is_enough
    assert not statistics.summarise(np.ones(29), HIGHER, 60).is_enough
    coins = np.repeat([0.0, 1.0], 30)
    assert not statistics.summarise(coins, SHARE, 60).is_enough  # 0.13
    assert statistics.summarise(np.tile(coins, 2), SHARE, 60).is_enough  # 0.09
    rare = np.concatenate([np.zeros(196), np.ones(4)])
    assert statistics.summarise(rare, SHARE, 60).is_enough
    assert not statistics.summarise(rare, HIGHER, 60).is_enough  # a span of zero


def test_difference_worked_by_hand() -> None:
    """Differences 1, 2, 0, 1: mean 1, sd √(2/3), t of 3 degrees 3.182446."""
    base = np.array([1.0, 5.0, 2.0, 8.0])
    difference = statistics.compare_pairs(base + np.array([1, 2, 0, 1]), base, HIGHER, 60)
    error = math.sqrt(2 / 3) / 2
    assert difference.mean == 1
    assert difference.n_pairs == 4
    assert difference.monte_carlo_error == pytest.approx(error)
    assert difference.ci95 == pytest.approx((1 - 3.182446 * error, 1 + 3.182446 * error))
    assert difference.share_better == pytest.approx((3 + 0.5) / 4)
    assert not difference.is_enough


@pytest.mark.parametrize(("measure", "expected"), [(HIGHER, 0.625), (LOWER, 0.375), (NEITHER, 0.625)])
def test_share_better_goes_by_what_is_better(measure: Measure, expected: float) -> None:
    arm, base = np.array([2.0, 3, 4, 1, NAN]), np.array([1.0, 2, 4, 5, 0])
    assert statistics.share_better(arm, base, measure) == expected


def test_milestones_of_pairs() -> None:
    """Better, worse, arm alone reached (better), base alone reached (worse), neither (tie)."""
    arm = np.array([10.0, 20, 30, NAN, NAN, 12])
    base = np.array([14.0, 19, NAN, 50, NAN, 20])
    difference = statistics.compare_pairs(arm, base, MILESTONE, 60)
    assert difference.share_better == pytest.approx((3 + 0.5) / 6)
    assert difference.n_pairs == 3
    assert difference.mean == pytest.approx((-4 + 1 - 8) / 3)
    assert difference.restricted_mean == pytest.approx((-4 + 1 - 30 + 10 + 0 - 8) / 6)

    never = statistics.compare_pairs(np.full(3, NAN), np.full(3, NAN), MILESTONE, 60)
    assert math.isnan(never.mean)
    assert (never.share_better, never.restricted_mean, never.n_pairs) == (0.5, 0, 0)
    assert never.to_json()["ci95"] == [None, None]


def test_to_outlast_is_better_where_later_is() -> None:
    """Collapse: not to have collapsed is later than any month."""
    later = Measure("x", "x", "months", True, "X.", is_censored=True)
    assert statistics.share_better(np.array([NAN, NAN, 9]), np.array([40.0, NAN, 10]), later) == 0.5


def test_enough_pairs_show_a_sign_or_a_small_difference() -> None:
    rng = np.random.default_rng(2)
    base = rng.normal(size=60)
    far_apart = base + 3 * rng.normal(size=60)
    assert not statistics.compare_pairs(far_apart, base, HIGHER, 60).is_enough
    assert statistics.compare_pairs(far_apart + 5, base, HIGHER, 60).is_enough  # a clear sign
    assert not statistics.compare_pairs(far_apart[:20] + 9, base[:20], HIGHER, 60).is_enough
    close = base + 0.01 * rng.permutation(np.linspace(-1, 1, 60))
    assert statistics.compare_pairs(close, base, HIGHER, 60).is_enough  # known to be small


def test_share_through_trust_and_fiellers_interval() -> None:
    whole = np.array([3.0, 5, 4, 4, 6, 2])
    exact = statistics.measure_share_through_trust(whole, 0.25 * whole)
    assert float(exact) == pytest.approx(0.75)
    assert exact.ci95 == pytest.approx((0.75, 0.75))
    assert (exact.effect, exact.effect_with_trust_frozen, exact.n_pairs) == (4, 1, 6)

    none = statistics.measure_share_through_trust(np.array([1.0, -1, 2, -2]), np.ones(4))
    assert none.ci95 == (-INF, INF)
    assert none.to_json()["ci95"] == [None, None]


def test_fiellers_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(4)
    n_times, held = 1500, 0
    for _ in range(n_times):
        luck = rng.normal(size=30)
        whole = 1 + luck
        frozen = 0.4 + 0.5 * luck + 0.5 * rng.normal(size=30)
        low, high = statistics.measure_share_through_trust(whole, frozen).ci95
        held += low <= 0.6 <= high
    assert abs(held / n_times - 0.95) < 3.5 * math.sqrt(0.95 * 0.05 / n_times)


# --- comparing ------------------------------------------------------------------------------------


def test_arms_share_their_luck() -> None:
    comparison = compare({"base": place(0.2), "more": place(0.8)}, 40)
    base, more = (comparison.results[name].measures for name in ("base", "more"))
    assert same(base["trust"], more["trust"])
    difference = comparison.differences()["more"]["change_delivered"]
    np.testing.assert_allclose(more["change_delivered"] / base["change_delivered"], 1.8 / 1.2)
    assert difference.share_better == 1
    assert difference.mean == pytest.approx(0.5 * base["change_delivered"].mean())
    assert comparison.differences()["more"]["trust"].share_better == 0.5


def test_the_base_may_be_any_arm() -> None:
    arms = {"a": place(0.2), "b": place(0.8), "c": place(0.5)}
    comparison = compare(arms, 10, base="b", series=False)
    assert set(comparison.differences()) == {"a", "c"}
    assert comparison.differences()["a"]["change_delivered"].mean < 0
    assert compare(arms, 2).base == "a"


@pytest.mark.parametrize(
    ("arms", "base", "message"),
    [
        ({}, None, "give at least one arm"),
        ({"a": place()}, "b", "base = 'b': no arm has this name; there are a"),
        ({"a": place(), "b": place(months=12)}, None, "b: months = 12, but a has 60"),
    ],
)
def test_arms_that_cannot_be_compared(arms: dict[str, Scenario], base: str | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compare(arms, 2, base=base)


def test_share_through_trust_freezes_trust_in_both() -> None:
    """The stand-in's rate is 1 + authority, or 1 + half of it: half of the effect is frozen."""
    found = share_through_trust(place(0.0), place(1.0), "change_delivered", 20)
    assert float(found) == pytest.approx(0.5)
    assert found.n_pairs == 20


# --- handing over ---------------------------------------------------------------------------------


@pytest.fixture
def comparison() -> Comparison:
    return compare({"base": place(0.1), "arm": place(0.9)}, 8, first_replicate=3, detail=True)


def test_quantiles_of_series(comparison: Comparison) -> None:
    base = comparison.results["base"]
    found = base.quantiles("speed", [0.05, 0.5])
    assert found.shape == (2, 61)
    assert np.isnan(found[:, :12]).all()
    assert found[1, 60] == np.median(base.series["speed"][:, 60])


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (lambda both: both.quantiles("sped", [0.5]), "no kept series of this name; did you mean 'speed'"),
        (lambda both: both.by_layer("goodwil_trust"), "did you mean 'goodwill_trust'"),
        (lambda both: both.by_dyad("tensoin"), "did you mean 'tension'"),
        (lambda _: share_through_trust(place(), place(), "mean_sped"), "did you mean 'mean_speed'"),
        (lambda both: figures.distribution(both, "mean_sped"), "did you mean 'mean_speed'"),
        (lambda both: figures.quantiles(both, "trst"), "did you mean 'trust'"),
    ],
)
def test_a_wrong_name_is_told_with_the_nearest(comparison: Comparison, read: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(comparison.results["base"])


def test_to_numpy_and_pandas(comparison: Comparison) -> None:
    base = comparison.results["base"]
    table = base.to_numpy()
    assert table["replicate"].tolist() == list(range(3, 11))
    assert same(table["trust"], base.measures["trust"])
    frame = base.to_pandas()
    assert frame.index.name == "replicate" and frame.index[0] == 3
    assert list(frame.columns) == list(MEASURES)
    months = base.series_to_pandas()
    assert months.loc[(5, 60), "speed"] == base.series["speed"][2, 60]
    differences = comparison.to_pandas()
    row = differences.loc[("arm", "change_delivered")]
    expected = comparison.differences()["arm"]["change_delivered"]
    assert (row["mean"], row["ci95_low"]) == (expected.mean, expected.ci95[0])


def test_to_xarray(comparison: Comparison) -> None:
    both = comparison.to_xarray()
    assert both.attrs["base"] == "base"
    base = comparison.results["base"]
    chosen = both.sel(arm="base")
    assert chosen["trust"].dims == ("replicate",)  # as in `Sweep.to_xarray`
    assert chosen["trust"].sel(replicate=4) == base.measures["trust"][1]
    assert chosen["series_speed"].sel(replicate=4, month=60) == base.series["speed"][1, 60]
    assert chosen["mean_speed"].attrs["units"] == "share of the vision per year"
    assert chosen["series_n_members"].attrs["description"] == "Organisations that are present."
    assert (chosen["trust"].attrs["valid_min"], chosen["trust"].attrs["valid_max"]) == (0, 1)
    assert chosen["month"].attrs["units"] == "months"
    assert base.detail is not None
    link = chosen["detail_goodwill_trust"].sel(
        replicate=4, month=2, trustor="organisation-3", layer="management", trustee="organisation-1"
    )
    assert link == base.detail["goodwill_trust"][1, 2, 2, 1, 0]


def test_json_says_null_for_what_it_cannot_say(comparison: Comparison) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    document = comparison.to_json()
    assert json.loads(json.dumps(document), parse_constant=refuse) == document
    assert document["differences"]["arm"]["speed"]["mean"] > 0
    assert document["arms"]["base"]["months_to_collapse"]["median"] is None
    assert document["replicates"] == 8 and document["months"] == 60
    single = run(place(), 1).to_json()
    assert single["measures"]["trust"]["monte_carlo_error"] is None


def test_results_say_what_they_are(comparison: Comparison) -> None:
    assert repr(run(place(), 1)).endswith("1 replicate of 60 months, seed 1>")
    assert repr(comparison) == "<Comparison of base, arm with 'base': 8 pairs>"


def test_means_by_whom(comparison: Comparison) -> None:
    base = comparison.results["base"]
    assert base.detail is not None
    C, G = (base.detail[f"{kind}_trust"][0, 9] for kind in ("competence", "goodwill"))
    trust = np.sqrt(C * G)
    assert base.by_dyad("trust")[0, 9, 0, 2] == pytest.approx(trust[0, :, 2].mean())
    assert base.by_organisation("trust")[0, 9, 1] == pytest.approx(trust[1][:, [0, 2]].mean())
    assert base.by_layer("trust").shape == (8, 61, 3)
    with pytest.raises(ValueError, match="run with detail=True"):
        run(place(), 1).by_layer("trust")
