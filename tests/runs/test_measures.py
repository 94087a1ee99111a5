"""Measures on runs small enough to work out by hand."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import partnersim
from partnersim.model.series import SERIES, detail_size, unpack_detail
from partnersim.runs import measures
from partnersim.runs.measures import ALL_SERIES, MEASURES, Floats
from partnersim.scenario.scenario import Scenario

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
    series = {name: rng.random((n, months + 1)) for name in SERIES}
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
    everything = measures.with_derived(series, ["speed"])
    assert tuple(everything) == tuple(measures.with_derived(series)) == ALL_SERIES
    assert same(everything["speed"], measures.speed(series["change_delivered"]))


# --- speed ----------------------------------------------------------------------------------------


def test_speed_is_the_change_of_the_last_twelve_months() -> None:
    change = np.array([[0, 0, 0, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.25, 0.3, 0.3]])
    expected = [[NAN] * 12 + [0.25, 0.3, 0.3]]
    np.testing.assert_allclose(measures.speed(change), expected)


def test_speed_measures_by_hand() -> None:
    """0.1 in year 1, 0.3 in year 2: speed climbs from 0.1 at month 12 by 0.2/12 a month."""
    found = measures._measure_speeds(from_years(0.1, 0.3))
    assert found["speed"][0] == pytest.approx(0.3)
    assert found["peak_speed"][0] == pytest.approx(0.3)
    assert found["mean_speed"][0] == pytest.approx(0.1 + 0.2 / 12 * 6.5)  # mean of months 1..12
    # At least 0.15 from 3 months into year 2 on; rounding could decide month 3, so stay off it.
    assert measures.measure_sustained_pace(measures.speed(from_years(0.1, 0.29)))[0] == 9


OF_YEARS = {
    "acceleration",
    "is_sustained_acceleration",
    "sustained_acceleration_by_chance",
    "sustained_acceleration_if_doubling",
}
SPEEDS = {"speed", "peak_speed", "sustained_pace", "mean_speed", *OF_YEARS}


@pytest.mark.parametrize(
    ("months", "undefined"),
    [
        (1, {*SPEEDS, "second_half_less_first"}),
        (11, SPEEDS),
        (12, {"mean_speed", *OF_YEARS}),
        (13, OF_YEARS),
        (35, OF_YEARS),
        (36, set()),
    ],
)
def test_short_runs_leave_undefined_what_they_cannot_show(months: int, undefined: set[str]) -> None:
    series = some_series(n=2, months=40)
    series = {name: values[:, : months + 1] for name, values in series.items()}
    found = measures.measure(series)
    names = {*SPEEDS, "second_half_less_first"}
    assert {name for name in names if np.isnan(found[name]).any()} == undefined


def test_sustained_pace_is_the_longest_spell() -> None:
    speeds = np.full((1, 31), NAN)
    speeds[0, 12:] = [1, 2, 2, 1, 1.5, 1.5, 1.5, 1.4, 9, 9, 0, 1, 1, 1, 1, 1, 1, 1, 2]
    assert measures.measure_sustained_pace(speeds)[0] == 3


def test_after_an_empty_first_year_any_speed_is_faster_but_standing_still_is_not() -> None:
    assert measures.measure_sustained_pace(measures.speed(from_years(0, 0, 0)))[0] == 0
    speeds = measures.speed(from_years(0, 0.1, 0, 0))
    assert measures.measure_sustained_pace(speeds)[0] == 23  # months 13 to 35


# --- acceleration ---------------------------------------------------------------------------------


def test_acceleration_is_the_slope_that_polyfit_finds_in_whole_years() -> None:
    for months, n_years in ((36, 3), (61, 5), (71, 5), (72, 6)):
        change = some_series(months=months)["change_delivered"]
        yearly = np.diff(change[:, : 12 * n_years + 1 : 12], axis=1)
        slopes = np.polyfit(np.arange(n_years), yearly.T, 1)[0]
        np.testing.assert_allclose(measures.measure_acceleration(change), slopes, rtol=1e-9)


def test_acceleration_of_a_quadratic_is_its_second_derivative() -> None:
    years = np.arange(61) / 12
    change = np.vstack([0.03 * years**2 / 2, 0.5 * years])
    np.testing.assert_allclose(measures.measure_acceleration(change), [0.03, 0.0], atol=1e-12)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ([0.0, 0.1, 0.2, 0.4, 0.7], (0.7 - 0.2) - 0.2),
        ([0.0, 0.1, 0.2, 0.4], (0.4 - 0.2) - 0.1),  # of three months the middle one is in no half
        ([0.0, 0.3], NAN),
    ],
)
def test_second_half_less_first(change: list[float], expected: float) -> None:
    np.testing.assert_allclose(measures.compare_halves(np.array([change])), [expected])


def test_least_t_is_that_of_scipy() -> None:
    found = [measures._least_t(n) for n in range(1, 60)]
    np.testing.assert_allclose(found, stats.t.isf(measures.SIGNIFICANCE, np.arange(1, 60)), rtol=1e-9)


def test_a_run_is_judged_as_scipy_does() -> None:
    rng = np.random.default_rng(4)
    for n_years in (3, 4, 6, 10):
        yearly = rng.gamma(4, 0.02, (300, n_years)) * np.linspace(1, 2, n_years)
        found = measures.judge_sustained(yearly)
        years = np.arange(n_years)
        p = [stats.linregress(years, row, alternative="greater").pvalue for row in yearly]
        np.testing.assert_array_equal(found, np.array(p) < measures.SIGNIFICANCE)
        assert 0 < found.mean() < 1


@pytest.mark.parametrize(
    ("gains", "is_judged_so"),
    [
        ((0.02, 0.04, 0.06, 0.08), 1),
        ((0.08, 0.06, 0.04, 0.02), 0),
        ((0.07,) * 10, 0),  # even: what rounding gives is no rise
        ((0.0,) * 10, 0),
        ((0.05, 0.09, 0.03, 0.10, 0.04), 0),
    ],
)
def test_what_rises_clearly_is_judged_so(gains: tuple[float, ...], is_judged_so: int) -> None:
    yearly = measures.yearly_change(from_years(*gains, months_more=5))
    assert measures.judge_sustained(yearly)[0] == is_judged_so


# --- by chance, and where a pace doubles ----------------------------------------------------------


def test_an_even_pace_is_never_taken_for_acceleration_and_one_that_doubles_always_is() -> None:
    by_chance, if_doubling = measures.judge_turns(from_years(*[0.07] * 10))
    assert (by_chance[0], if_doubling[0]) == (0, 1)


def test_turns_are_judged_as_by_hand() -> None:
    change = some_series(n=40, months=125)["change_delivered"]
    by_chance, if_doubling = measures.judge_turns(change, seed=7, first_replicate=3)
    keys = measures._turn_keys(40, measures.N_TURNS, 7, 3)
    pace = np.linspace(1, 2, 121)[:-1] + 1 / 240
    expected = np.zeros((2, 40))
    for run in range(40):
        gains = np.diff(change[run, :121])
        for key in keys[run]:
            turned = np.roll(gains, -int(key * 120))
            for at, gained in enumerate((turned, turned * pace)):
                yearly = gained.reshape(1, 10, 12).sum(axis=2)
                expected[at, run] += measures.judge_sustained(yearly)[0] / measures.N_TURNS
    np.testing.assert_array_equal([by_chance, if_doubling], expected)
    assert expected[1].mean() > expected[0].mean()


def test_errors_and_power_of_the_test_are_those_of_the_page() -> None:
    """Months hang together in real runs; in random order they would promise twice the power."""
    change = partnersim.run("integrated-care", 400, series=["change_delivered"]).series["change_delivered"]
    by_chance, if_doubling = measures.judge_turns(change)
    assert by_chance.mean() == pytest.approx(0.05, abs=0.015)
    assert if_doubling.mean() == pytest.approx(0.47, abs=0.06)
    shuffled = np.random.default_rng(2).permuted(np.diff(change, axis=1), axis=1)
    pace = 1 + (np.arange(120) + 0.5) / 120
    rates = [
        measures.judge_sustained(gains.reshape(-1, 10, 12).sum(axis=2)).mean()
        for gains in (shuffled, shuffled * pace)
    ]
    assert rates[0] == pytest.approx(0.02, abs=0.015)
    assert rates[1] > 0.8


def test_turns_depend_on_seed_and_replicate_alone() -> None:
    whole = measures._turn_keys(10, 7, seed=4, first_replicate=100)
    assert same(whole[6:9], measures._turn_keys(3, 7, seed=4, first_replicate=106))
    assert not np.isin(whole, measures._turn_keys(10, 7, seed=5, first_replicate=100)).any()
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


def test_collapse_is_the_models() -> None:
    """Where one of two leaves in the eighth month, there is no partnership from then on."""
    place = Scenario.load("two-organisations").replace(
        {"events": [{"type": "organisation_withdraws", "month": 7, "organisation": "council"}], "months": 12}
    )
    series = partnersim.run(place, 3, series=True).series
    assert measures.find_collapsed(series["n_members"]).argmax(axis=1).tolist() == [8, 8, 8]
    assert (series["change_delivered"][:, -1] == series["change_delivered"][:, 8]).all()


def test_too_little_capacity_is_a_collapse() -> None:
    """Three small organisations of five are no partnership without the two large ones."""
    leaves = [
        {"type": "organisation_withdraws", "month": month, "organisation": name}
        for month, name in ((3, "a"), (5, "b"))
    ]
    organisations = [{"name": name, "capacity": 3.0 if name in "ab" else 1.0} for name in "abcde"]
    place = Scenario.model_validate({"organisations": organisations, "events": leaves, "months": 12})
    results = partnersim.run(place, 3)
    assert results.measures["months_to_collapse"].tolist() == [6.0] * 3
    assert (results.measures["survived"] == 0).all()


# --- all measures ---------------------------------------------------------------------------------


def test_measures_of_a_run_worked_by_hand() -> None:
    series = some_series(n=2, months=60)
    series["change_delivered"] = np.vstack([from_years(0.06, 0.12, 0.18, 0.24, 0.3), np.zeros(61)])
    series["initiatives_completed"] = np.zeros((2, 61))
    series["initiatives_completed"][0, 17:] = 2
    series["months_of_completed"][:, -1] = [36, 0]
    series["planned_months_of_completed"][:, -1] = [24, 0]
    series["initiatives_under_way"][:, -1] = 3
    series["outcome"][:, -1] = [95, 110]
    series["outcome_alone"][:, -1] = [112, 112]
    found = measures.measure(series)
    expected = {
        "change_delivered": [0.9, 0],
        "speed": [0.3, 0],
        "peak_speed": [0.3, 0],
        "acceleration": [0.06, 0],
        "second_half_less_first": [0.9 - 2 * 0.27, 0],
        "is_sustained_acceleration": [1, 0],
        "actual_over_planned": [1.5, NAN],
        "initiatives_under_way": [3, 3],
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
    series = {name: values[:, : months + 1] for name, values in some_series(months=130).items()}
    found = measures.measure(series)
    assert list(found) == list(MEASURES)
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


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("acceleration", f"years, {measures.FEWEST_YEARS} at least"),
        ("is_sustained_acceleration", f"at {100 * measures.SIGNIFICANCE:g} %"),
        ("is_sustained_acceleration", f"{measures.FEWEST_YEARS} whole years"),
        ("sustained_acceleration_by_chance", f"{measures.N_TURNS} turns"),
        ("sustained_acceleration_if_doubling", f"steadily in {measures.DOUBLING_YEARS} years"),
        ("sustained_pace", f"{measures.FASTER_PACE:g} times"),
    ],
)
def test_definitions_say_the_numbers_that_are_used(name: str, said: str) -> None:
    assert said in MEASURES[name].definition


def test_the_page_of_measures_has_the_table() -> None:
    assert measures.measures_markdown() in DOCS.read_text(encoding="utf-8")


# --- by layer, organisation and dyad --------------------------------------------------------------


def some_detail() -> dict[str, Floats]:
    """One replicate, two months; organisation 2 has left by the second."""
    detail = unpack_detail(np.random.default_rng(2).random((1, 2, detail_size(3))), 3)
    return detail | {"is_present": np.array([[[1.0, 1, 1], [1, 1, 0]]])}


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


def test_trust_of_a_link_is_the_geometric_mean() -> None:
    detail = {"competence_trust": np.array([0.25]), "goodwill_trust": np.array([0.81])}
    assert measures.combine_trust(detail)[0] == pytest.approx(0.45)


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
