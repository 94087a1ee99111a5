"""Measures on runs small enough to work out by hand."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnersim.model.series import SERIES
from partnersim.runs import measures
from partnersim.runs.measures import ALL_SERIES, MEASURES, Floats

NAN = np.nan
DOCS = Path(__file__).resolve().parents[2] / "docs" / "measures.md"


def from_years(*gains: float, months_more: int = 0) -> Floats:
    """Change delivered of one run, each year's gain spread evenly over its months."""
    monthly = np.repeat(np.array(gains) / 12, 12)
    monthly = np.concatenate([monthly, np.zeros(months_more)])
    return np.concatenate([[0.0], np.cumsum(monthly)])[np.newaxis]


def some_series(n: int = 7, months: int = 61, seed: int = 3) -> dict[str, Floats]:
    """Series as the core records them, of random numbers; some runs collapse."""
    rng = np.random.default_rng(seed)
    names = [*measures.LAST_MONTH_MEASURES, "change_delivered", "outcome_alone", "waiting"]
    series = {name: rng.random((n, months + 1)) for name in names}
    gains = rng.random((n, months + 1)) * (rng.random((n, months + 1)) < 0.2) * 0.06
    gains[:, 0] = 0
    series["change_delivered"] = np.cumsum(gains, axis=1)
    series["initiatives_completed"] = np.cumsum(gains > 0.03, axis=1).astype(float)
    members = np.full((n, months + 1), 6.0)
    members[1, 30:] = 1
    series["n_members"] = members
    return series


def same(left: Floats, right: Floats) -> bool:
    """Equal bit for bit, NaN with NaN."""
    return left.tobytes() == right.tobytes()


# --- series ---------------------------------------------------------------------------------------


def test_series_have_their_names_and_others_are_derived_where_they_are_wanted() -> None:
    recorded = np.random.default_rng(1).random((3, 40, len(SERIES)))
    series = measures.name_series(recorded)
    assert tuple(series) == SERIES
    assert all(same(series[name], recorded[..., at]) for at, name in enumerate(SERIES))
    assert tuple(measures.with_derived(series, ["trust"])) == SERIES
    everything = measures.with_derived(series, ["acceleration"])
    assert tuple(everything) == tuple(measures.with_derived(series)) == ALL_SERIES
    assert same(everything["speed"], measures.speed(series["change_delivered"]))
    assert same(everything["acceleration"], measures.acceleration(everything["speed"]))


# --- speed ----------------------------------------------------------------------------------------


def test_speed_is_the_change_of_the_last_twelve_months() -> None:
    change = np.array([[0, 0, 0, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.25, 0.3, 0.3]])
    expected = [[NAN] * 12 + [0.25, 0.3, 0.3]]
    np.testing.assert_allclose(measures.speed(change), expected)


@pytest.mark.parametrize("months", [1, 11])
def test_speed_is_undefined_in_short_runs(months: int) -> None:
    assert np.isnan(measures.speed(np.ones((2, months + 1)))).all()


def test_acceleration_of_a_quadratic_is_its_second_derivative() -> None:
    """W = a t²/2 in years has speed a (t - 1/2) over the last year, so acceleration a."""
    years = np.arange(61) / 12
    change = np.vstack([0.03 * years**2 / 2, 0.5 * years])
    acceleration = measures.acceleration(measures.speed(change))
    assert np.isnan(acceleration[:, :35]).all()
    np.testing.assert_allclose(acceleration[0, 35:], 0.03, rtol=1e-10)
    np.testing.assert_allclose(acceleration[1, 35:], 0.0, atol=1e-12)


def test_acceleration_is_the_slope_that_polyfit_finds() -> None:
    speeds = measures.speed(some_series()["change_delivered"])
    acceleration = measures.acceleration(speeds)
    for month in (35, 40, 61):
        window = speeds[2, month - 23 : month + 1]
        slope = 12 * np.polyfit(np.arange(24), window, 1)[0]
        assert acceleration[2, month] == pytest.approx(slope, rel=1e-9)


def test_speed_measures_by_hand() -> None:
    """0.1 in year 1, 0.3 in year 2: speed climbs from 0.1 at month 12 by 0.2/12 a month."""
    found = measures._measure_speeds(from_years(0.1, 0.3))
    assert found["speed"][0] == pytest.approx(0.3)
    assert found["peak_speed"][0] == pytest.approx(0.3)
    assert found["mean_speed"][0] == pytest.approx(0.1 + 0.2 / 12 * 6.5)  # mean of months 1..12
    assert np.isnan(found["acceleration"][0])
    # At least 0.15 from 3 months into year 2 on; rounding could decide month 3, so stay off it.
    assert measures.measure_sustained_pace(measures.speed(from_years(0.1, 0.29)))[0] == 9


@pytest.mark.parametrize(
    ("months", "undefined"),
    [
        (11, {"speed", "peak_speed", "sustained_pace", "mean_speed", "acceleration"}),
        (12, {"mean_speed", "acceleration"}),
        (13, {"acceleration"}),
        (34, {"acceleration"}),
        (35, set()),
    ],
)
def test_short_runs_leave_undefined_what_they_cannot_show(months: int, undefined: set[str]) -> None:
    change = np.linspace(0, 0.3, months + 1)[np.newaxis]
    found = measures._measure_speeds(change)
    assert {name for name, value in found.items() if np.isnan(value[0])} == undefined


def test_sustained_pace_is_the_longest_spell() -> None:
    speeds = np.full((1, 31), NAN)
    speeds[0, 12:] = [1, 2, 2, 1, 1.5, 1.5, 1.5, 1.4, 9, 9, 0, 1, 1, 1, 1, 1, 1, 1, 2]
    assert measures.measure_sustained_pace(speeds)[0] == 3


def test_after_an_empty_first_year_any_speed_is_faster_but_standing_still_is_not() -> None:
    assert measures.measure_sustained_pace(measures.speed(from_years(0, 0, 0)))[0] == 0
    speeds = measures.speed(from_years(0, 0.1, 0, 0))
    assert measures.measure_sustained_pace(speeds)[0] == 23  # months 13 to 35


# --- sustained acceleration -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gains", "rises"),
    [
        ((0.05, 0.05, 0.05, 0.05, 0.05), 0),
        ((0.02, 0.04, 0.06, 0.08), 3),
        ((0.10, 0.105, 0.11, 0.115), 0),  # rises, but by less than a tenth of the mean year
        ((0.02, 0.04, 0.03, 0.05, 0.07), 2),  # a fall breaks the run
        ((0.05, 0.04, 0.03), 0),
        ((0.0, 0.0, 0.0), 0),
        # 0.81 is there at the start of year 4, so years 4 and 5 do not count.
        ((0.10, 0.27, 0.44, 0.80, 0.99), 2),
        # The year in which the line is passed still counts.
        ((0.10, 0.20, 0.40, 0.60), 3),
    ],
)
def test_years_of_rise(gains: tuple[float, ...], rises: int) -> None:
    assert measures.measure_sustained_acceleration(from_years(*gains))[0] == rises


def test_years_that_do_not_count_do_not_move_the_mean_year() -> None:
    """Steps of 0.04 are clear against a mean of 0.3 over 3 years, not against 0.41 over 4."""
    change = from_years(0.26, 0.30, 0.34, 0.74)
    assert measures.measure_sustained_acceleration(change)[0] == 2


def test_years_after_collapse_do_not_count() -> None:
    """With the empty years in it, the mean year would be half as large and 0.015 a clear rise."""
    change = from_years(0.2, 0.215, 0.23, 0, 0, 0)
    has_collapsed = np.arange(73)[np.newaxis] >= 36
    assert measures.measure_sustained_acceleration(change, has_collapsed)[0] == 0
    assert measures.measure_sustained_acceleration(change)[0] == 2


def test_only_whole_years_count() -> None:
    assert measures.measure_sustained_acceleration(from_years(0.1, 0.2, months_more=11))[0] == 1
    assert np.isnan(measures.measure_sustained_acceleration(np.zeros((1, 24)))[0])


def test_three_years_of_rise_are_sustained_and_need_four_years() -> None:
    change = from_years(0.02, 0.04, 0.06, 0.08)
    assert measures.judge_sustained(np.array([2.0, 3.0]), 48).tolist() == [0, 1]
    assert measures.measure_sustained_acceleration(change)[0] == 3
    assert np.isnan(measures.judge_sustained(np.array([3.0]), 47)[0])


# --- false positives ------------------------------------------------------------------------------


def test_an_even_rate_is_never_taken_for_acceleration() -> None:
    assert measures.false_positive_rate_of_sustained_acceleration(from_years(*[0.07] * 10)) == 0


@pytest.mark.parametrize(("n_gains", "gain"), [(6, 0.1), (10, 0.15)])
def test_false_positive_rate_agrees_with_a_plain_simulation(n_gains: int, gain: float) -> None:
    """Equal gains in random months of 48; ten of 0.15 may reach 0.8 before year 4 begins."""
    gains = np.zeros(48)
    gains[-n_gains:] = gain
    rng = np.random.default_rng(5)
    n_plain, n_sustained = 4000, 0
    for _ in range(n_plain):
        y = rng.permutation(gains).reshape(4, 12).sum(axis=1)
        n_sustained += bool((np.diff(y) > 0.1 * y.mean()).all() and y[:3].sum() < 0.8)
    plain = n_sustained / n_plain
    change = np.concatenate([[0.0], np.cumsum(gains)])
    rate = measures.false_positive_rate_of_sustained_acceleration(
        np.tile(change, (4000, 1)), n_shuffles=1, seed=9
    )
    error = np.sqrt(2 * plain * (1 - plain) / n_plain)
    assert 0 < plain < 1
    assert abs(rate - plain) < 4 * error


def test_shuffles_destroy_a_trend() -> None:
    """A run that rises every year is sustained; its gains in random order hardly ever are."""
    change = np.tile(from_years(0.01, 0.03, 0.05, 0.07, 0.09, 0.11), (400, 1))
    assert measures.measure_sustained_acceleration(change).tolist() == [5.0] * 400
    assert measures.false_positive_rate_of_sustained_acceleration(change) < 0.2


def test_shuffles_keep_later_months_in_place() -> None:
    keys = np.array([[0.3, 0.1, 0.2, 0.05, 0.0], [0.5, 0.4, 0.3, 0.2, 0.1]])
    orders = measures._orders(keys, np.array([3, 0]))
    assert orders.tolist() == [[1, 2, 0, 3, 4], [0, 1, 2, 3, 4]]


def test_shuffles_depend_on_seed_and_replicate_alone() -> None:
    whole = measures._shuffle_keys(10, 7, seed=4, first_replicate=100)
    assert same(whole[6:9], measures._shuffle_keys(3, 7, seed=4, first_replicate=106))
    assert not np.isin(whole, measures._shuffle_keys(10, 7, seed=5, first_replicate=100)).any()
    assert len(np.unique(whole)) == whole.size


# --- milestones, spells, collapse -----------------------------------------------------------------


def test_first_month_or_never() -> None:
    flags = np.array([[0, 0, 1, 0, 1], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]], dtype=bool)
    np.testing.assert_array_equal(measures.find_first_month(flags), [2, NAN, 0])


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_longest_spell_is_the_longest_word_of_ones(flags: list[bool]) -> None:
    word = "".join("1" if flag else "0" for flag in flags)
    expected = max(len(part) for part in word.split("0"))
    assert measures.longest_spell(np.array([flags]))[0] == expected


@pytest.mark.parametrize(
    ("members", "collapsed"),
    [
        ([6, 4, 3, 2], [0, 0, 0, 0]),
        ([6, 2, 2, 1], [0, 0, 0, 1]),  # two at least
        ([6, 1, 3, 4], [0, 1, 1, 1]),  # once collapsed, it stays so
        ([2, 2, 2, 2], [0, 0, 0, 0]),
    ],
)
def test_collapse(members: list[float], collapsed: list[int]) -> None:
    found = measures.find_collapsed(np.array([members], dtype=float))
    assert found[0].tolist() == [bool(flag) for flag in collapsed]


# --- all measures ---------------------------------------------------------------------------------


def test_measures_of_a_run_worked_by_hand() -> None:
    series = some_series(n=2, months=60)
    series["change_delivered"] = np.vstack([from_years(0.06, 0.12, 0.18, 0.24, 0.3), np.zeros(61)])
    series["initiatives_completed"] = np.zeros((2, 61))
    series["initiatives_completed"][0, 17:] = 2
    series["outcome"][:, -1] = [95, 110]
    series["outcome_alone"][:, -1] = [112, 112]
    found = measures.measure(series)
    expected = {
        "change_delivered": [0.9, 0],
        "speed": [0.3, 0],
        "peak_speed": [0.3, 0],
        "acceleration": [0.06, 0],
        "sustained_acceleration": [4, 0],
        "is_sustained_acceleration": [1, 0],
        "months_to_first_initiative": [17, NAN],
        # 0.18 by month 24 and 0.015 a month; then 0.02; then 0.025.
        "months_to_25": [29, NAN],
        "months_to_50": [43, NAN],
        "months_to_80": [56, NAN],
        "outcome": [95, 110],
        "outcome_effect": [17, 2],
        "survived": [1, 0],
        "months_to_collapse": [NAN, 30],
        "trust": series["trust"][:, -1],
        "equity": series["equity"][:, -1],
    }
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("months", [1, 5, 12, 35, 48, 61, 130])
def test_every_measure_is_there_for_every_length(months: int) -> None:
    found = measures.measure(some_series(months=max(months, 31)))
    assert list(found) == list(MEASURES)
    short = {name: v[:, : months + 1] for name, v in some_series(months=130).items()}
    found = measures.measure(short)
    for name, values in found.items():
        assert values.shape == (7,), name
        assert values.dtype == np.float64, name
        assert not np.isinf(values).any(), name


@pytest.mark.parametrize("months", [20, 61, 150])
def test_a_row_is_the_same_alone_and_in_any_batch(months: int) -> None:
    """Also in the layout in which the core records: series are the last axis there."""
    series = some_series(n=9, months=max(months, 31))
    whole = measures.measure(series, first_replicate=20, seed=8)
    names = list(series)
    recorded = np.ascontiguousarray(np.stack([series[name] for name in names], axis=-1))
    for begin, end in ((0, 1), (1, 4), (4, 9)):
        part = measures.measure(
            {name: recorded[begin:end, :, k] for k, name in enumerate(names)},
            first_replicate=20 + begin,
            seed=8,
        )
        for name, values in part.items():
            assert same(values, whole[name][begin:end]), name


def test_measures_leave_the_series_alone() -> None:
    series = some_series()
    before = {name: values.copy() for name, values in series.items()}
    measures.measure(series)["trust"][:] = -1
    assert all(same(series[name], before[name]) for name in series)


def test_every_measure_says_what_it_is() -> None:
    for name, measure in MEASURES.items():
        assert measure.name == name
        assert measure.label and measure.unit, name
        assert measure.definition.endswith("."), name
    censored = {name for name, measure in MEASURES.items() if measure.is_censored}
    assert censored == {
        "months_to_first_initiative",
        "months_to_25",
        "months_to_50",
        "months_to_80",
        "months_to_collapse",
    }


def test_definitions_say_the_numbers_that_are_used() -> None:
    assert f"over {measures.CLEAR_RISE:g} of" in MEASURES["sustained_acceleration"].definition
    assert f"until {measures.MOST_OF_VISION:g} of" in MEASURES["sustained_acceleration"].definition
    assert f"is {measures.SUSTAINED_YEARS} years" in MEASURES["is_sustained_acceleration"].definition
    assert f"{measures.FASTER_PACE:g} times" in MEASURES["sustained_pace"].definition
    assert f"last {measures.ACCELERATION_WINDOW} months" in MEASURES["acceleration"].definition
    by_chance = MEASURES["sustained_acceleration_by_chance"].definition
    assert f"{measures.N_SHUFFLES} random orders" in by_chance


def test_the_page_of_measures_has_the_table() -> None:
    assert measures.measures_markdown() in DOCS.read_text(encoding="utf-8")


# --- by layer, organisation and dyad --------------------------------------------------------------


def some_detail() -> dict[str, Floats]:
    """One replicate, two months; organisation 2 has left by the second."""
    n, layers = 3, 3
    rng = np.random.default_rng(2)
    shape = (1, 2)
    detail = {
        "competence_trust": rng.random((*shape, n, layers, n)),
        "goodwill_trust": rng.random((*shape, n, layers, n)),
        "vision_commitment": rng.random((*shape, n, layers)),
        "contribution": rng.random((*shape, n, layers)),
        "delivered": rng.random((*shape, n, layers)),
        "tension": rng.random((*shape, n, n)),
        "contact": rng.random((*shape, n, n)),
        "target_pressure": rng.random((*shape, n)),
        "is_present": np.ones((*shape, n)),
    }
    detail["is_present"][0, 1, 2] = 0
    return detail


def test_links_are_averaged_over_pairs_of_members_present() -> None:
    detail = some_detail()
    C = detail["competence_trust"][0]
    by_layer = measures.by_layer(detail, "competence_trust")[0]
    six = [C[0, i, 1, j] for i in range(3) for j in range(3) if i != j]
    assert by_layer[0, 1] == pytest.approx(sum(six) / 6)
    assert by_layer[1, 2] == pytest.approx((C[1, 0, 2, 1] + C[1, 1, 2, 0]) / 2)

    trusting = measures.by_organisation(detail, "competence_trust")[0]
    trusted = measures.by_organisation(detail, "competence_trust", side="trustee")[0]
    assert trusting[1, 0] == pytest.approx(C[1, 0, :, 1].sum() / 3)
    assert trusted[1, 0] == pytest.approx(C[1, 1, :, 0].sum() / 3)
    assert np.isnan(trusting[1, 2]) and np.isnan(trusted[1, 2])

    dyads = measures.by_dyad(detail, "competence_trust")[0]
    assert dyads[0, 0, 2] == pytest.approx(C[0, 0, :, 2].sum() / 3)
    assert np.isnan(dyads[0, 1, 1]) and np.isnan(dyads[1, 0, 2])


def test_the_rest_is_averaged_over_members_present() -> None:
    detail = some_detail()
    v = detail["vision_commitment"][0]
    by_layer = measures.by_layer(detail, "vision_commitment")[0]
    np.testing.assert_allclose(by_layer[0], v[0].sum(axis=0) / 3)
    np.testing.assert_allclose(by_layer[1], (v[1, 0] + v[1, 1]) / 2)
    by_organisation = measures.by_organisation(detail, "vision_commitment")[0]
    assert by_organisation[1, 1] == pytest.approx(v[1, 1].sum() / 3)
    assert np.isnan(by_organisation[1, 2])
    tension = measures.by_organisation(detail, "tension")[0]
    assert tension[1, 0] == pytest.approx(detail["tension"][0, 1, 0, 1])
    pressure = measures.by_organisation(detail, "target_pressure")[0]
    np.testing.assert_array_equal(pressure[1], [*detail["target_pressure"][0, 1, :2], NAN])


def test_trust_of_a_link_is_the_weighted_geometric_mean() -> None:
    detail = {"competence_trust": np.array([0.25]), "goodwill_trust": np.array([0.81])}
    assert measures.combine_trust(detail, 0.5)[0] == pytest.approx(0.45)
    assert measures.combine_trust(detail, 0.0)[0] == 0.25
    assert measures.combine_trust(detail, 1.0)[0] == 0.81


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (measures.by_layer, "tension"),
        (measures.by_dyad, "contribution"),
        (measures.by_organisation, "is_present"),
    ],
)
def test_what_is_not_kept_so_is_refused(function: object, name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: is not kept by"):
        function(some_detail(), name)  # type: ignore[operator]
