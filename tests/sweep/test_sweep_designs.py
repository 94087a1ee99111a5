"""Designs: that points lie where they should, whole or in pieces, and as SALib lays them."""

import functools
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest, qmc

from partnersim.scenario.declarations import Decision
from partnersim.scenario.errors import ScenarioError
from partnersim.sweep.designs import (
    MOST_SHUFFLED,
    Design,
    SobolSequence,
    make_design,
    random_orders,
    uniforms,
)
from partnersim.sweep.plan import Plan, PlanError

EXPOSURE, DEEDS, HORIZON = "decision.exposure", "trust.deeds", "vision.planning_horizon"
OWN = Decision().exposure
THREE = {EXPOSURE: {"low": 0, "high": 1}, DEEDS: {}, "dummy": {}}

DESIGNS: dict[str, dict[str, Any]] = {
    "factorial": {"levels": 4},
    "one-at-a-time": {"levels": 5},
    "latin-hypercube": {"points": 50},
    "sobol": {"points": 64},
    "morris": {"trajectories": 10},
    "saltelli": {"base": 8},
}


def make_plan(design: str, parameters: dict[str, Any] | None = None, **more: Any) -> Plan:
    """A plan of a small place; what is not of the plan is of the design."""
    top = {key: more.pop(key) for key in ("seed", "luck", "replicates", "arms") if key in more}
    return Plan.make(
        {
            "scenario": "two-organisations",
            "months": 12,
            "design": {"type": design, **DESIGNS.get(design, {}), **more},
            "parameters": THREE if parameters is None else parameters,
            **top,
        }
    )


def design_of(*args: Any, **more: Any) -> Design:
    return make_design(make_plan(*args, **more))


def matrix(design: Design, begin: int = 0, end: int | None = None) -> Any:
    """Points as float64[point, parameter]."""
    columns = design.points(begin, design.n_points if end is None else end)
    return np.column_stack([columns[path].astype(float) for path in design.paths])


# --- What holds for all ---------------------------------------------------------------------------


@functools.cache
def some_design(name: str, seed: int) -> Design:
    return design_of(name, seed=seed)


@given(name=st.sampled_from(sorted(DESIGNS)), seed=st.integers(0, 3), data=st.data())
def test_a_piece_is_the_same_as_in_the_whole(name: str, seed: int, data: st.DataObject) -> None:
    design = some_design(name, seed)
    begin = data.draw(st.integers(0, design.n_points))
    end = data.draw(st.integers(begin, design.n_points))
    for part, whole in (
        (design.points(begin, end), design.points(0, design.n_points)),
        (design.columns(begin, end), design.columns(0, design.n_points)),
    ):
        assert list(part) == list(whole)
        for key in whole:
            np.testing.assert_array_equal(part[key], whole[key][begin:end])


@pytest.mark.parametrize("name", sorted(DESIGNS))
def test_points_are_in_range_and_made_again_alike(name: str) -> None:
    points = matrix(design_of(name, seed=5))
    np.testing.assert_array_equal(points, matrix(design_of(name, seed=5)))
    assert points.min() >= 0
    assert points.max() <= 1


@pytest.mark.parametrize("name", ["latin-hypercube", "sobol", "morris", "saltelli"])
def test_another_seed_gives_other_points(name: str) -> None:
    assert not np.array_equal(matrix(design_of(name, seed=5)), matrix(design_of(name, seed=6)))


@pytest.mark.parametrize("name", sorted(DESIGNS))
def test_there_are_no_points_beyond_the_last(name: str) -> None:
    design = design_of(name)
    with pytest.raises(IndexError, match=f"has {design.n_points} points"):
        design.points(0, design.n_points + 1)
    with pytest.raises(IndexError):
        design.luck_row(-1, 2)


@pytest.mark.parametrize(
    ("name", "size"), [("sobol", "points"), ("saltelli", "base"), ("morris", "trajectories")]
)
def test_what_grows_keeps_its_points(name: str, size: str) -> None:
    small = design_of(name, **{size: 16})
    large = design_of(name, **{size: 64})
    np.testing.assert_array_equal(matrix(small), matrix(large, 0, small.n_points))
    for key, column in small.columns(0, small.n_points).items():
        np.testing.assert_array_equal(column, large.columns(0, small.n_points)[key])


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("latin-hypercube", {"points": 10**7}),
        ("sobol", {"points": 2**24}),
        ("morris", {"trajectories": 10**6}),
        ("saltelli", {"base": 2**20}),
        ("factorial", {"levels": 300}),
    ],
)
def test_ten_million_points_are_not_made_beforehand(name: str, size: dict[str, int]) -> None:
    parameters = {**THREE, **{f"dummy{number}": {} for number in range(6)}}
    if name == "factorial":
        parameters = THREE
    tracemalloc.start()
    design = design_of(name, parameters, **size)
    last = matrix(design, design.n_points - 1000, design.n_points)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert design.n_points >= 9 * 10**6
    assert last.shape == (1000, len(parameters))
    assert peak < 50e6  # one column of floats would be 80 MB


# --- Factorial, one at a time ---------------------------------------------------------------------


def test_a_factorial_has_every_combination_once() -> None:
    design = design_of(
        "factorial",
        {
            EXPOSURE: {"values": [0.1, 0.2]},
            "decision.rule": {},
            "programme.max_gates": {"low": 1, "high": 3},
            "mechanisms.bridging": {},
        },
        levels=3,
    )
    points = design.points(0, design.n_points)
    rows = list(zip(*(column.tolist() for column in points.values()), strict=True))
    assert len(rows) == len(set(rows)) == 2 * 2 * 3 * 2
    assert rows[:3] == [
        (0.1, "stake", 1, False),
        (0.1, "stake", 1, True),
        (0.1, "stake", 2, False),
    ]


def test_a_whole_number_has_no_more_levels_than_values() -> None:
    design = design_of("factorial", {"programme.max_gates": {"low": 1, "high": 3}}, levels=9)
    assert design.points(0, design.n_points)["programme.max_gates"].tolist() == [1, 2, 3]


def test_one_at_a_time_changes_one_and_starts_with_the_scenario() -> None:
    plan = make_plan(
        "one-at-a-time", {EXPOSURE: {"values": [OWN, 0.6, 0.9]}, DEEDS: {"low": 0, "high": 1}}
    )
    design = make_design(plan)
    points = matrix(design)
    base = plan.base
    # Its own values are not run twice.
    assert points[0].tolist() == [base.decision.exposure, base.trust.deeds] == [OWN, 0.5]
    assert ((points != points[0]).sum(axis=1) == [0] + 6 * [1]).all()
    assert points[1:3, 0].tolist() == [0.6, 0.9]
    assert points[3:, 1].tolist() == [0, 0.25, 0.75, 1]
    changed = design.columns(0, 7)["changed"].tolist()
    assert changed == ["", *2 * [EXPOSURE], *4 * [DEEDS]]


# --- Latin hypercube, Sobol' ----------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 7, 50, MOST_SHUFFLED, MOST_SHUFFLED + 1, 40_000])
def test_each_slice_of_a_latin_hypercube_has_one_point(n: int) -> None:
    points = matrix(design_of("latin-hypercube", points=n))
    for column in points.T:
        np.testing.assert_array_equal(np.sort(np.floor(column * n)), np.arange(n))


@pytest.mark.parametrize("n", [500, 40_000])
def test_a_latin_hypercube_has_no_pattern(n: int) -> None:
    points = matrix(design_of("latin-hypercube", points=n))
    # Columns are as good as independent, and so are neighbours: 5 standard errors.
    bound = 5 / np.sqrt(n)
    for one in range(3):
        assert abs(np.corrcoef(points[:-1, one], points[1:, one])[0, 1]) < bound
        for other in range(one):
            assert abs(np.corrcoef(points[:, one], points[:, other])[0, 1]) < bound
    inside = points[:, 0] * n % 1
    assert kstest(inside, "uniform").pvalue > 1e-6


def test_long_random_orders_look_like_any_others() -> None:
    n, n_orders = 20_000, 60
    places = np.arange(n)
    found = random_orders(n, n_orders, np.random.default_rng(1))(places)
    assert found.shape == (n, n_orders)
    assert all(len(set(order.tolist())) == n for order in found.T)
    # The number of fixed points of a random order has mean and variance 1.
    n_fixed = (found == places[:, np.newaxis]).sum(axis=0)
    assert abs(n_fixed.mean() - 1) < 5 / np.sqrt(n_orders)
    # So has the number of neighbours that stay neighbours.
    n_kept = (np.diff(found, axis=0) == 1).sum(axis=0)
    assert abs(n_kept.mean() - 1) < 5 / np.sqrt(n_orders)


@pytest.mark.parametrize("n", [1, 2, 64, 4096])
@pytest.mark.parametrize("d", [1, 5, 40])
def test_a_sobol_sequence_is_that_of_scipy(n: int, d: int) -> None:
    expected = qmc.Sobol(d, scramble=True, seed=np.random.default_rng(7)).random(n)
    sequence = SobolSequence(d, n, 7)
    np.testing.assert_array_equal(sequence.rows(0, n), expected)
    np.testing.assert_array_equal(sequence.rows(n // 3, n // 2), expected[n // 3 : n // 2])


def test_a_sobol_design_is_balanced() -> None:
    points = matrix(design_of("sobol", points=256))
    for column in points.T:
        np.testing.assert_array_equal(np.sort(np.floor(column * 256)), np.arange(256))


def test_random_numbers_are_found_at_their_place() -> None:
    whole = uniforms(3, 0, (10, 4))
    np.testing.assert_array_equal(uniforms(3, 20, (3, 4)), whole[5:8])
    assert not np.array_equal(uniforms(4, 0, (10, 4)), whole)


# --- Saltelli and Morris, against SALib -----------------------------------------------------------

NAMES = [EXPOSURE, DEEDS, HORIZON, "dummy"]
FOUR = {
    EXPOSURE: {"low": 0, "high": 3},
    DEEDS: {"low": 0.2, "high": 0.7},
    HORIZON: {"low": 12, "high": 120},
    "dummy": {},
}
PROBLEM = {
    "num_vars": 4,
    "names": NAMES,
    "bounds": [[0, 3], [0.2, 0.7], [12, 120], [0, 1]],
}
GROUPS = {"talk": [DEEDS, HORIZON]}
SALIB_GROUPS = [EXPOSURE, "talk", "talk", "dummy"]


def respond(points: Any) -> Any:
    """A function whose effects are known to differ, with an interaction."""
    x = (points - np.array(PROBLEM["bounds"])[:, 0]) / np.ptp(PROBLEM["bounds"], axis=1)
    return 4 * x[:, 0] + 2 * x[:, 1] ** 2 + 3 * x[:, 0] * x[:, 2]


@pytest.mark.parametrize("second_order", [True, False])
@pytest.mark.parametrize("has_groups", [True, False])
def test_a_saltelli_design_is_that_of_salib(second_order: bool, has_groups: bool) -> None:
    sample = pytest.importorskip("SALib.sample.sobol")
    groups = GROUPS if has_groups else {}
    design = design_of("saltelli", FOUR, base=32, second_order=second_order, groups=groups, seed=7)
    problem = {**PROBLEM, **({"groups": SALIB_GROUPS} if has_groups else {})}
    expected = sample.sample(
        problem, 32, calc_second_order=second_order, seed=np.random.default_rng(7)
    )
    np.testing.assert_allclose(matrix(design), expected, rtol=1e-14)


def test_salib_analyses_a_saltelli_design_as_it_stands() -> None:
    analyze = pytest.importorskip("SALib.analyze.sobol")
    points = matrix(design_of("saltelli", FOUR, base=1024))
    found = analyze.analyze(PROBLEM, respond(points), num_resamples=10, seed=1)
    assert found["ST"][3] == 0  # the dummy
    # Variances by hand: f = 4a + 2b² + 3ac with a, b, c uniform on [0, 1].
    of_a, of_b, of_c, of_ac = 5.5**2 / 12, 4 * (1 / 5 - 1 / 9), 1.5**2 / 12, 9 / 144
    total = of_a + of_b + of_c + of_ac
    expected = np.array([of_a, of_b, of_c, 0]) / total
    np.testing.assert_allclose(found["S1"], expected, atol=0.02)
    assert found["S2"][0, 2] == pytest.approx(of_ac / total, abs=0.02)


def test_columns_of_a_saltelli_design_say_how_a_row_is_made() -> None:
    design = design_of("saltelli", FOUR, base=4, groups=GROUPS)
    columns = design.columns(0, design.n_points)
    points = matrix(design)
    assert columns["matrix"][:8].tolist() == ["A", "AB", "AB", "AB", "BA", "BA", "BA", "B"]
    assert columns["changed"][:4].tolist() == ["", EXPOSURE, "talk", "dummy"]
    for row in range(4):
        here = columns["base_row"] == row
        a, b = (points[here & (columns["matrix"] == name)][0] for name in "AB")
        talk = points[here & (columns["matrix"] == "AB") & (columns["changed"] == "talk")][0]
        np.testing.assert_array_equal(talk, [a[0], b[1], b[2], a[3]])
        back = points[here & (columns["matrix"] == "BA") & (columns["changed"] == "talk")][0]
        np.testing.assert_array_equal(back, [b[0], a[1], a[2], b[3]])


@pytest.mark.parametrize("has_groups", [True, False])
@pytest.mark.parametrize("levels", [4, 6])
def test_a_morris_trajectory_is_one_of_salib(levels: int, has_groups: bool) -> None:
    salib = pytest.importorskip("SALib.sample.morris.morris")
    groups = GROUPS if has_groups else {}
    design = design_of("morris", dict(FOUR), trajectories=20, levels=levels, groups=groups)
    low, span = np.array(PROBLEM["bounds"])[:, 0], np.ptp(PROBLEM["bounds"], axis=1)
    points = (matrix(design) - low) / span
    members = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]] if has_groups else np.eye(4))
    g = members.shape[1]
    columns = design.columns(0, design.n_points)
    names = [EXPOSURE, "talk", "dummy"] if has_groups else NAMES
    for t in range(20):
        own = points[t * (g + 1) : (t + 1) * (g + 1)]
        # Its start, directions and order, read off it and put into SALib's own formula.
        moved = columns["changed"][t * (g + 1) + 1 : (t + 1) * (g + 1)].tolist()
        order = np.zeros((g, g))
        for step, name in enumerate(moved):
            order[names.index(name), step] = 1
        up = np.where(own[-1] > own[0], 1, -1)
        lower = np.minimum(own[0], own[-1]).reshape(1, -1)
        b_star = salib._compute_b_star(
            np.ones((g + 1, 4)),
            lower,
            salib._compute_delta(levels),
            np.tril(np.ones([g + 1, g], dtype=int), -1),
            members,
            order,
            np.diag(up),
        )
        np.testing.assert_allclose(own, b_star, atol=1e-12)


def test_morris_uses_all_levels_directions_and_orders() -> None:
    design = design_of("morris", FOUR, trajectories=4000, levels=4)
    low, span = np.array(PROBLEM["bounds"])[:, 0], np.ptp(PROBLEM["bounds"], axis=1)
    starts = (matrix(design)[::5] - low) / span
    for column in starts.T:
        values, counts = np.unique(np.round(column * 3), return_counts=True)
        assert values.tolist() == [0, 1, 2, 3]
        assert abs(counts - 1000).max() < 5 * np.sqrt(4000 * 3 / 16)
    first = design.columns(0, design.n_points)["changed"][1::5]
    _, counts = np.unique(first, return_counts=True)
    assert abs(counts - 1000).max() < 5 * np.sqrt(4000 * 3 / 16)


def test_salib_analyses_a_morris_design_as_it_stands() -> None:
    analyze = pytest.importorskip("SALib.analyze.morris")
    points = matrix(design_of("morris", FOUR, trajectories=50))
    x = (points - np.array(PROBLEM["bounds"])[:, 0]) / np.ptp(PROBLEM["bounds"], axis=1)
    found = analyze.analyze(PROBLEM, points, x @ [4.0, -2.0, 1.0, 0.0], num_resamples=10, seed=1)
    np.testing.assert_allclose(found["mu"], [4, -2, 1, 0], atol=1e-12)
    np.testing.assert_allclose(found["sigma"], 0, atol=1e-12)


@pytest.mark.parametrize("name", ["saltelli", "morris"])
@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ({"talk": ["trust.deed"]}, "did you mean 'trust.deeds'"),
        ({"talk": [DEEDS], "more": [DEEDS]}, "is in talk already"),
        ({EXPOSURE: [DEEDS]}, "is the name of a parameter"),
    ],
)
def test_groups_are_checked(name: str, groups: dict[str, list[str]], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        make_plan(name, groups=groups)


# --- Luck -----------------------------------------------------------------------------------------


def test_who_shares_luck() -> None:
    assert design_of("sobol").luck_row(3, 6) is None
    assert design_of("saltelli", luck="common").luck_row(3, 6) is None
    own = design_of("sobol", luck="independent").luck_row(3, 6)
    assert own is not None
    assert own.tolist() == [3, 4, 5]
    saltelli = design_of("saltelli")
    rows = saltelli.luck_row(0, saltelli.n_points)
    np.testing.assert_array_equal(rows, saltelli.columns(0, saltelli.n_points)["base_row"])
    morris = design_of("morris", luck="base-row")
    rows = morris.luck_row(0, morris.n_points)
    np.testing.assert_array_equal(rows, morris.columns(0, morris.n_points)["trajectory"])


# --- From positions to values ---------------------------------------------------------------------


def test_positions_become_values_of_the_right_kind() -> None:
    plan = make_plan(
        "sobol",
        {
            "programme.max_gates": {"low": 2, "high": 4},
            EXPOSURE: {"values": [0, 1]},
            "decision.rule": {"values": ["stake", "conditional"]},
            "mechanisms.bridging": {},
            DEEDS: {"distribution": "beta", "a": 2, "b": 5},
            "programme.n_simultaneous": {"distribution": "randint", "low": 1, "high": 5},
        },
        points=1024,
    )
    points = make_design(plan).points(0, 1024)
    kinds = [column.dtype.kind for column in points.values()]
    assert kinds == ["i", "f", "U", "b", "f", "i"]
    for path, shares in (
        ("programme.max_gates", {2: 1 / 3, 3: 1 / 3, 4: 1 / 3}),
        (EXPOSURE, {0.0: 1 / 2, 1.0: 1 / 2}),
        ("decision.rule", {"conditional": 1 / 2, "stake": 1 / 2}),
        ("mechanisms.bridging", {False: 1 / 2, True: 1 / 2}),
        ("programme.n_simultaneous", {1: 1 / 4, 2: 1 / 4, 3: 1 / 4, 4: 1 / 4}),
    ):
        values, counts = np.unique(points[path], return_counts=True)
        assert values.tolist() == list(shares)
        np.testing.assert_allclose(counts / 1024, list(shares.values()), atol=2 / 1024)
    assert kstest(points[DEEDS], "beta", args=(2, 5)).statistic < 0.01


def test_both_ends_of_a_position_have_a_value() -> None:
    plan = make_plan("morris", {"programme.max_gates": {"low": 1, "high": 8}, DEEDS: {}})
    ends = np.array([0.0, 1.0])
    by_path = plan.parameters_by_path
    assert by_path["programme.max_gates"].at(ends).tolist() == [1, 8]
    assert by_path[DEEDS].at(ends).tolist() == [0, 1]


@pytest.mark.parametrize("name", ["factorial", "one-at-a-time", "morris"])
def test_a_design_that_needs_ends_refuses_a_distribution_without(name: str) -> None:
    parameters = {"dummy": {"distribution": "norm"}}
    with pytest.raises(ScenarioError, match=r"parameters\.dummy\.distribution"):
        make_plan(name, parameters)
