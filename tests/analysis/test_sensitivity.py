"""Sensitivity indices of functions whose indices are known, and against SALib and SciPy."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from SALib.analyze import morris as salib_morris
from SALib.analyze import sobol as salib_sobol
from scipy import stats

from partnersim.analysis.given_data import (
    estimate_coefficients,
    estimate_pawn,
    estimate_shares,
    groups_of_values,
)
from partnersim.analysis.luck import split_variance
from partnersim.analysis.resampling import bootstrap, take_rows
from partnersim.analysis.sensitivity import Sensitivity, analyse_outcomes, choose_method, months_to_show
from partnersim.analysis.sobol import Layout, estimate_indices
from partnersim.runs.measures import Floats
from partnersim.scenario.errors import InputError, ScenarioError
from partnersim.sweep.outcomes import Outcomes
from partnersim.sweep.plan import Plan
from partnersim.sweep.problem import as_numbers, problem_of

Function = Callable[[Floats], Floats]

ISHIGAMI_FIRST = {"dummy-a": 0.31391, "dummy-b": 0.44241, "dummy-c": 0.0, "dummy-d": 0.0}
ISHIGAMI_TOTAL = {"dummy-a": 0.55759, "dummy-b": 0.44241, "dummy-c": 0.24368, "dummy-d": 0.0}
"""Sobol' indices of Ishigami's function with a = 7 and b = 0.1, by its closed forms."""


def ishigami(x: Floats) -> Floats:
    a, b, c = np.pi * (2 * x[:, :3] - 1).T
    return np.sin(a) + 7 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a)


def sobol_g(x: Floats, weights: tuple[float, ...] = (0.0, 1.0, 4.5, 9.0)) -> Floats:
    a = np.array(weights)
    return np.prod((np.abs(4 * x - 2) + a) / (1 + a), axis=1)


def make_plan(design: dict[str, Any], **changes: Any) -> Plan:
    """A plan of four parameters, whose outcomes the tests make up."""
    given = {
        "scenario": "two-organisations",
        "months": 12,
        "measures": ["trust"],
        "design": design,
        "parameters": {f"dummy-{letter}": {} for letter in "abcd"},
    }
    return Plan.make(given | changes)


def saltelli(base: int, **more: Any) -> dict[str, Any]:
    return {"type": "saltelli", "base": base, "second_order": False} | more


def outcomes_of(plan: Plan, function: Function, noise: float = 0.0, n_replicates: int = 1) -> Outcomes:
    """Outcomes of a plan that are a function of its points, and luck that is shared as the plan says."""
    blocks = list(plan.points.blocks())
    columns = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    frame = pd.DataFrame(columns).rename_axis("point")
    paths = list(plan.parameters_by_path)
    values = function(as_numbers(frame[paths]))[:, np.newaxis]
    n, alike = plan.points.n_points, plan.points.n_alike or plan.points.n_points
    luck = np.random.default_rng(1).normal(size=(n // alike, n_replicates))
    everything = values + noise * np.repeat(luck, alike, axis=0)
    points, design = frame[paths], frame.drop(columns=paths)
    return Outcomes("trust", "share", None, None, "horizon", points, design, everything, 0, 0, 0)


def values_of(found: Sensitivity, kind: str) -> dict[str, float]:
    return {name: index.value for name, index in found.of(kind).items()}


# --- Sobol' --------------------------------------------------------------------------------------


@pytest.mark.parametrize("second_order", [False, True])
@pytest.mark.parametrize("groups", [{}, {"both": ["dummy-a", "dummy-c"]}])
def test_sobol_indices_are_those_of_salib(second_order: bool, groups: dict[str, list[str]]) -> None:
    plan = make_plan(saltelli(128, second_order=second_order, groups=groups))
    outcomes = outcomes_of(plan, lambda x: 5 + ishigami(x))
    found = analyse_outcomes(plan, outcomes, "sobol")
    expected = salib_sobol.analyze(
        problem_of(plan), outcomes.values[:, 0], calc_second_order=second_order, num_resamples=20, seed=1
    )
    names = list(dict.fromkeys(index.parameter for index in found.indices))
    for kind, theirs in (("first_order", "S1"), ("total_order", "ST")):
        values = values_of(found, kind)
        assert [values[name] for name in names] == pytest.approx(list(expected[theirs]), abs=1e-12)
    pairs = [index for index in found.indices if index.kind == "second_order"]
    assert bool(pairs) == second_order
    for index in pairs:
        value = expected["S2"][names.index(index.parameter), names.index(index.other)]
        assert index.value == pytest.approx(value, abs=1e-12)


def test_indices_of_ishigami_are_known() -> None:
    plan = make_plan(saltelli(2048, second_order=True))
    found = analyse_outcomes(plan, outcomes_of(plan, ishigami), "sobol")
    for kind, known in (("first_order", ISHIGAMI_FIRST), ("total_order", ISHIGAMI_TOTAL)):
        for name, index in found.of(kind).items():
            assert index.value == pytest.approx(known[name], abs=0.02)
            assert index.low <= known[name] <= index.high
    pairs = {(i.parameter, i.other): i for i in found.indices if i.kind == "second_order"}
    assert pairs["dummy-a", "dummy-c"].value == pytest.approx(0.24368, abs=0.02)
    assert all(abs(i.value) < 0.02 for pair, i in pairs.items() if pair != ("dummy-a", "dummy-c"))


def test_indices_of_the_g_function_are_known() -> None:
    partial_variances = np.array([1 / 3 / (1 + a) ** 2 for a in (0.0, 1.0, 4.5, 9.0)])
    whole = np.prod(1 + partial_variances) - 1
    plan = make_plan(saltelli(4096))
    found = analyse_outcomes(plan, outcomes_of(plan, sobol_g), "sobol")
    first, total = values_of(found, "first_order"), values_of(found, "total_order")
    for name, own in zip(("dummy-a", "dummy-b", "dummy-c", "dummy-d"), partial_variances, strict=True):
        assert first[name] == pytest.approx(own / whole, abs=0.01)
        assert total[name] == pytest.approx(own * (1 + whole) / (1 + own) / whole, abs=0.01)


def test_a_base_row_that_is_not_whole_is_left_out_as_a_whole() -> None:
    plan = make_plan(saltelli(64))
    outcomes = outcomes_of(plan, ishigami)
    length = Layout(4, False).length
    holed = outcomes.values.copy()
    holed[[3, 10 * length + 2]] = np.nan
    found = analyse_outcomes(plan, replace(outcomes, values=holed), "sobol")
    assert (found.n_rows, found.n_left_out) == (62, 2)
    assert "2 base rows left out" in " ".join(found.notes)
    kept = np.delete(outcomes.values.reshape(64, length), [0, 10], axis=0)
    first = estimate_indices(kept, np.ones((1, 62)), Layout(4, False))[0, :4]
    expected = dict(zip(ISHIGAMI_FIRST, first.tolist(), strict=True))
    assert values_of(found, "first_order") == pytest.approx(expected, abs=1e-12)


def test_a_replicate_that_a_point_lacks_is_left_out_of_its_base_row() -> None:
    rows = take_rows(np.array([[1.0, 2.0], [3.0, np.nan], [5.0, 6.0], [7.0, 8.0]]), 2, has_common_luck=True)
    assert rows.means.tolist() == [[1.0, 3.0], [5.5, 7.5]]
    assert rows.n_left_out == 0


def test_a_parameter_that_does_nothing_has_0_under_common_random_numbers_and_not_else() -> None:
    for luck, noise, is_zero in (("base-row", 2.0, True), ("common", 2.0, True), ("independent", 2.0, False)):
        plan = make_plan(saltelli(512), luck=luck)
        found = analyse_outcomes(plan, outcomes_of(plan, ishigami, noise, 4), "sobol")
        total = found.of("total_order")["dummy-d"]
        assert (total.value == total.low == total.high == 0.0) == is_zero
        assert found.luck is not None
        if not is_zero:  # what it has is the noise that is left in the means
            assert total.value == pytest.approx(found.luck.left_in_means, abs=0.02)
            assert "noise counts as an effect" in " ".join(found.notes)
        assert not found.is_clear("dummy-d") and found.is_clear("dummy-b")


@pytest.mark.slow
def test_intervals_hold_the_true_indices_about_as_often_as_they_say() -> None:
    """Of 95 % intervals over 256 independent rows; 90 to 99 % is what 300 trials can tell from 95 %."""
    rng, layout = np.random.default_rng(3), Layout(3, False)
    true = np.array([*list(ISHIGAMI_FIRST.values())[:3], *list(ISHIGAMI_TOTAL.values())[:3]])
    hits = np.zeros(6)
    for trial in range(300):
        a, b = rng.random((2, 256, 3))
        mixed = [np.where(np.arange(3) == j, b, a) for j in range(3)]
        values = np.stack([ishigami(x) for x in (a, *mixed, b)], axis=1).reshape(-1, 1)
        rows = take_rows(values, layout.length, has_common_luck=False)
        _, lows, highs = bootstrap(rows, partial(estimate_indices, layout=layout), trial, 300)
        hits += (lows <= true) & (true <= highs)
    assert ((hits / 300 > 0.88) & (hits / 300 <= 0.99)).all(), hits / 300


# --- Intervals and luck --------------------------------------------------------------------------


def test_shared_replicates_are_drawn_anew() -> None:
    """All rows are alike, so that only other replicates can give another mean."""
    values = np.tile([0.0, 10.0], (40, 1))

    def mean(means: Floats, counts: Floats) -> Floats:
        return (counts @ means) / counts.sum(axis=1, keepdims=True)

    ends = {shared: bootstrap(take_rows(values, 1, has_common_luck=shared), mean) for shared in (True, False)}
    assert [end.item() for end in ends[True]] == [5.0, 0.0, 10.0]
    assert [end.item() for end in ends[False]] == [5.0, 5.0, 5.0]


@pytest.mark.parametrize("luck", ["common", "base-row", "independent"])
def test_variance_is_split_between_parameters_and_luck(luck: str) -> None:
    """Parameters have a variance of 4, luck alone of 1, both together of 0.25."""
    rng = np.random.default_rng(5)
    n, n_replicates = 4000, 40
    point = 2 * rng.normal(size=(n, 2, 1))
    shape = {"common": (1, 1), "base-row": (n, 1), "independent": (n, 2)}[luck]
    noise = rng.normal(size=(*shape, n_replicates))
    noise = (noise - noise.mean()) / noise.std()
    values = point + noise + 0.5 * rng.normal(size=(n, 2, n_replicates))
    rows = take_rows(values.reshape(2 * n, -1), 2, has_common_luck=luck == "common")
    found = split_variance(rows, [0, 1], is_shared_in_row=luck == "base-row")
    assert found is not None and found.n_replicates == n_replicates
    assert found.parameters == pytest.approx(4 / 5.25, abs=0.01)
    if luck == "independent":
        assert found.luck == pytest.approx(1.25 / 5.25, abs=0.01) and found.both is None
    else:
        assert found.luck == pytest.approx(1 / 5.25, abs=0.01)
        assert found.both == pytest.approx(0.25 / 5.25, abs=0.01)


def test_a_split_of_two_points_and_two_replicates_is_worked_by_hand() -> None:
    """Means of points 1 and 7, of replicates 2 and 6; what is left over is 1 and -1, so that both have 4."""
    rows = take_rows(np.array([[0.0, 2.0], [4.0, 10.0]]), 1, has_common_luck=True)
    found = split_variance(rows, [0], is_shared_in_row=False)
    assert found is not None
    assert found[:4] == pytest.approx((16 / 26, 6 / 26, 4 / 26, 2 / 18))


def test_one_replicate_tells_nothing_of_luck() -> None:
    plan = make_plan(saltelli(16))
    assert analyse_outcomes(plan, outcomes_of(plan, ishigami), "sobol").luck is None


# --- Morris --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("groups", "kinds"), [({}, ("mu_star", "mu", "sigma")), ({"both": ["dummy-b", "dummy-c"]}, ("mu_star",))]
)
def test_elementary_effects_are_those_of_salib(groups: dict[str, list[str]], kinds: tuple[str, ...]) -> None:
    plan = make_plan({"type": "morris", "trajectories": 20, "groups": groups})
    outcomes = outcomes_of(plan, ishigami)
    found = analyse_outcomes(plan, outcomes, "morris")
    expected = salib_morris.analyze(
        problem_of(plan), as_numbers(outcomes.points), outcomes.values[:, 0], num_resamples=2
    )
    for kind in kinds:
        theirs = dict(zip(expected["names"], map(float, expected[kind]), strict=True))
        assert values_of(found, kind) == pytest.approx(theirs, abs=1e-12)
    assert found.of("mu_star")["dummy-d"][3:] == (0.0, 0.0, 0.0)


def test_a_move_from_a_value_to_the_same_value_is_an_effect_of_nothing() -> None:
    """Four levels on two values: some steps change nothing, and count as such."""
    given = {"dummy-a": {"values": [1, 2]}, "dummy-b": {}, "dummy-c": {}, "dummy-d": {}}
    plan = make_plan({"type": "morris", "trajectories": 30}, parameters=given)
    found = analyse_outcomes(plan, outcomes_of(plan, lambda x: 3.0 * x[:, 0] + x[:, 1]), "morris")
    assert found.of("mu")["dummy-b"].value == pytest.approx(1.0)
    assert 0 < found.of("mu_star")["dummy-a"].value <= 3.0 * 1.5
    assert found.of("mu")["dummy-a"].value == found.of("mu_star")["dummy-a"].value


# --- Given data ----------------------------------------------------------------------------------


def test_pawn_is_the_mean_distance_of_kolmogorov_and_smirnov() -> None:
    rng = np.random.default_rng(2)
    columns, outcomes = rng.random((300, 2)), rng.integers(20, size=300).astype(float)
    groups = [[part for _, part in groups_of_values(columns[:, j])] for j in range(2)]
    found = estimate_pawn(outcomes[:, np.newaxis], np.ones((1, 300)), groups)[0]
    expected = [
        np.mean([stats.ks_2samp(outcomes[part], outcomes).statistic for part in parts]) for parts in groups
    ]
    assert found == pytest.approx(expected, abs=1e-12)
    counts = np.bincount(rng.integers(300, size=300), minlength=300)
    again = np.repeat(np.arange(300), counts)
    resampled = estimate_pawn(outcomes[:, np.newaxis], counts[np.newaxis].astype(float), groups)[0]
    drawn = [[again[np.isin(again, part)] for part in parts] for parts in groups]
    expected = [
        np.mean([stats.ks_2samp(outcomes[part], outcomes[again]).statistic for part in parts])
        for parts in drawn
    ]
    assert resampled == pytest.approx(expected, abs=1e-12)


def test_pawn_sees_each_of_a_few_values_and_no_effect_of_nothing() -> None:
    given = {"dummy-a": {"values": [1, 2, 3]}, "dummy-b": {"values": [1, 2, 3]}}
    plan = make_plan({"type": "latin-hypercube", "points": 300}, parameters=given)

    def only_at_three(x: Floats) -> Floats:
        return np.random.default_rng(4).normal(size=len(x)) + 3.0 * (x[:, 0] == 3)

    found = analyse_outcomes(plan, outcomes_of(plan, only_at_three), "pawn")
    assert found.is_clear("dummy-a") and not found.is_clear("dummy-b")
    assert found.of("pawn")["dummy-a"].low > 0.1 > abs(found.of("pawn")["dummy-b"].value)
    for name, plain in values_of(found, "pawn_uncorrected").items():
        corrected = found.of("pawn")[name]
        assert corrected.value < plain
        assert corrected.value == pytest.approx((corrected.low + corrected.high) / 2)
        assert corrected.low <= 2 * corrected.value - plain  # the correction counts as an error


def test_coefficients_are_those_of_least_squares() -> None:
    rng = np.random.default_rng(6)
    columns = rng.normal(size=(200, 3)) @ np.array([[1.0, 0.6, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 4.0]])
    outcomes = columns @ [2.0, -1.0, 0.5] + rng.normal(size=200)
    found = estimate_coefficients(outcomes[:, np.newaxis], np.ones((1, 200)), columns)[0]
    one = np.column_stack([np.ones(200), columns])
    solution, residuals, *_ = np.linalg.lstsq(one, outcomes, rcond=None)
    assert found[:3] == pytest.approx(solution[1:] * columns.std(axis=0) / outcomes.std())
    assert found[3] == pytest.approx(1 - residuals[0] / ((outcomes - outcomes.mean()) ** 2).sum())
    counts = np.bincount(rng.integers(200, size=200), minlength=200)
    again = np.repeat(np.arange(200), counts)
    resampled = estimate_coefficients(outcomes[:, np.newaxis], counts[np.newaxis].astype(float), columns)
    repeated = estimate_coefficients(outcomes[again][:, np.newaxis], np.ones((1, 200)), columns[again])
    assert resampled == pytest.approx(repeated)


def test_shares_of_r_squared_are_known_for_two_parameters() -> None:
    """Of two correlated parameters, by both orders in which they can come to the model."""
    rng = np.random.default_rng(7)
    columns = rng.normal(size=(500, 2)) @ np.array([[1.0, 0.7], [0.0, 0.7]])
    outcomes = columns @ [1.0, 0.5] + rng.normal(size=500)
    found = estimate_shares(outcomes[:, np.newaxis], np.ones((1, 500)), columns)[0]

    def r_squared(*which: int) -> float:
        one = np.column_stack([np.ones(500), columns[:, which]])
        residuals = np.linalg.lstsq(one, outcomes, rcond=None)[1][0]
        return float(1 - residuals / ((outcomes - outcomes.mean()) ** 2).sum())

    first = (r_squared(0) + r_squared(0, 1) - r_squared(1)) / 2
    second = (r_squared(1) + r_squared(0, 1) - r_squared(0)) / 2
    assert found == pytest.approx([first, second, r_squared(0, 1)], abs=1e-6)


def test_shapley_effects_of_ishigami_are_known() -> None:
    """No more than two parameters act together: each of a pair has half of what both do together."""
    plan = make_plan(saltelli(2048, second_order=True))
    found = analyse_outcomes(plan, outcomes_of(plan, ishigami), "shapley")
    expected = {name: (ISHIGAMI_FIRST[name] + ISHIGAMI_TOTAL[name]) / 2 for name in ISHIGAMI_FIRST}
    assert values_of(found, "shapley") == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("method", ["effects", "pawn", "shapley", "regression"])
def test_a_replicate_in_which_nothing_differs_or_is_there_does_no_harm(method: Any) -> None:
    """A warning here would be a fault: replicates drawn anew may be these alone."""
    plan = make_plan({"type": "latin-hypercube", "points": 40})
    outcomes = outcomes_of(plan, ishigami, n_replicates=3)
    outcomes.values[:, 1], outcomes.values[1:, 2] = 5.0, np.nan
    found = analyse_outcomes(plan, outcomes, method)
    assert all(np.isfinite(index.value) for index in found.indices)


def test_names_without_an_order_are_left_out_of_a_linear_model_and_named() -> None:
    given = {"decision.rule": {}, "dummy-a": {}, "dummy-b": {}}
    plan = make_plan({"type": "latin-hypercube", "points": 60}, parameters=given)
    outcomes = outcomes_of(plan, lambda x: x[:, 1])
    rules = np.resize(["conditional", "stake", "third"], 60)
    outcomes = replace(outcomes, points=outcomes.points.assign(**{"decision.rule": rules}))
    found = analyse_outcomes(plan, outcomes, "regression")
    assert set(found.of("coefficient")) == {"dummy-a", "dummy-b"}
    assert "names have no order: decision.rule" in " ".join(found.notes)
    assert found.of("r_squared")["all together"].value == pytest.approx(1.0)
    assert "decision.rule" in analyse_outcomes(plan, outcomes, "pawn").of("pawn")


def test_of_a_saltelli_design_only_rows_drawn_independently_count() -> None:
    plan = make_plan(saltelli(32))
    assert analyse_outcomes(plan, outcomes_of(plan, ishigami), "regression").n_rows == 2 * 32


# --- Which method, and what cannot be done --------------------------------------------------------


def test_the_method_follows_from_the_design() -> None:
    points = {"type": "latin-hypercube", "points": 60}
    morris = {"type": "morris", "trajectories": 4}
    for design, method in ((saltelli(16), "sobol"), (morris, "morris"), (points, "effects")):
        assert choose_method(make_plan(design), None) == method
    with pytest.raises(ScenarioError, match=r"sobol needs a design of type saltelli.*allows effects, pawn"):
        choose_method(make_plan(points), "sobol")
    with pytest.raises(ScenarioError, match="one parameter at a time"):
        choose_method(make_plan({"type": "one-at-a-time"}), None)
    with pytest.raises(InputError, match="did you mean 'sobol'"):
        choose_method(make_plan(points), "sobbol")


def test_what_cannot_be_explained_is_refused_in_words() -> None:
    plan = make_plan(saltelli(16))
    outcomes = outcomes_of(plan, ishigami)
    constant, nothing = np.full_like(outcomes.values, 0.25), np.full_like(outcomes.values, np.nan)
    with pytest.raises(ScenarioError, match=r"trust: is 0\.25 at every point"):
        analyse_outcomes(plan, replace(outcomes, values=constant), "sobol")
    with pytest.raises(ScenarioError, match="0 base rows have it"):
        analyse_outcomes(plan, replace(outcomes, values=nothing, n_missing=16 * 6), "sobol")
    with pytest.raises(ScenarioError, match="4 base rows have it at all of their points; it takes 8"):
        few = make_plan(saltelli(4))
        analyse_outcomes(few, outcomes_of(few, ishigami), "sobol")


def test_indices_are_found_again_over_the_first_rows() -> None:
    plan = make_plan(saltelli(256))
    outcomes = outcomes_of(plan, ishigami)
    found = analyse_outcomes(plan, outcomes, "sobol")
    assert list(found.by_size) == [32, 64, 128]
    half = make_plan(saltelli(128))
    expected = analyse_outcomes(half, outcomes_of(half, ishigami), "sobol")
    assert [index.value for index in found.by_size[128]] == [index.value for index in expected.indices]


def test_months_that_are_shown_end_with_the_last() -> None:
    assert months_to_show(120) == [*range(12, 121, 12)]
    assert months_to_show(12) == [2, 4, 6, 8, 10, 12]
    assert months_to_show(40) == [12, 24, 36, 40]
    assert months_to_show(1) == [1]
