"""Designs: that points lie where they should, whole or in pieces, and as SALib lays them."""

import tracemalloc
from itertools import islice
from typing import Any

import numpy as np
import pytest
from scipy.stats import kstest, qmc

from partnersim.scenario.declarations import Decision
from partnersim.scenario.errors import ScenarioError
from partnersim.sweep import designs
from partnersim.sweep.designs import BLOCK, Design, make_design
from partnersim.sweep.plan import Plan, PlanError
from tests.stores import columns_of

EXPOSURE, DEEDS, HOPE = "decision.exposure", "trust.deeds", "trust.hope"
HORIZON = "vision.planning_horizon"
OWN = Decision().exposure
DUMMIES = {"dummy1": {}, "dummy2": {}, "dummy3": {}}
THREE = {EXPOSURE: {"low": 0, "high": 1}, DEEDS: {"low": 0, "high": 1}, "dummy": {}}

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


def matrix(plan: Plan) -> Any:
    """Points as float64[point, parameter]."""
    columns = columns_of(plan)
    return np.column_stack([columns[path].astype(float) for path in plan.parameters_by_path])


# --- What holds for all ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(DESIGNS))
def test_points_are_in_range_and_made_again_alike(name: str) -> None:
    points = matrix(make_plan(name, seed=5))
    np.testing.assert_array_equal(points, matrix(make_plan(name, seed=5)))
    assert points.min() >= 0
    assert points.max() <= 1


@pytest.mark.parametrize("name", ["latin-hypercube", "sobol", "morris", "saltelli"])
def test_another_seed_gives_other_points(name: str) -> None:
    assert not np.array_equal(matrix(make_plan(name, seed=5)), matrix(make_plan(name, seed=6)))


@pytest.mark.parametrize("name", sorted(DESIGNS.keys() - {"latin-hypercube", "morris"}))
def test_points_do_not_depend_on_how_many_are_made_at_once(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = columns_of(make_plan(name))
    monkeypatch.setattr(designs, "BLOCK", 8)
    plan = make_plan(name)
    assert len(list(plan.points.blocks())) > 1
    for key, values in columns_of(plan).items():
        np.testing.assert_array_equal(values, whole[key])


@pytest.mark.parametrize(
    ("name", "size"), [("sobol", "points"), ("saltelli", "base"), ("morris", "trajectories")]
)
@pytest.mark.parametrize("block", [32, BLOCK])
def test_what_grows_keeps_its_points(
    name: str, size: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(designs, "BLOCK", block)
    small, large = (columns_of(make_plan(name, **{size: n})) for n in (16, 64))
    for key, values in small.items():
        assert len(large[key]) == 4 * len(values)
        np.testing.assert_array_equal(values, large[key][: len(values)])


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
def test_of_ten_million_points_no_more_are_held_than_a_block(name: str, size: dict[str, int]) -> None:
    parameters = {**THREE, **{f"dummy{number}": {} for number in range(6)}}
    if name == "factorial":
        parameters = THREE
    if name == "morris":
        columns_of(make_plan(name))  # SALib is large
    tracemalloc.start()
    design = design_of(name, parameters, **size)
    n_blocks = 1 if name == "morris" else 3  # SALib makes its trajectories one by one
    blocks = [len(block["dummy"]) for block in islice(design.blocks(), n_blocks)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert design.n_points >= 9 * 10**6
    assert BLOCK // 2 <= min(blocks) <= max(blocks) <= BLOCK
    assert peak < 60e6  # one column of floats would be 80 MB


# --- Factorial, one at a time ---------------------------------------------------------------------


def test_a_factorial_has_every_combination_once() -> None:
    plan = make_plan(
        "factorial",
        {
            EXPOSURE: {"values": [0.1, 0.2]},
            "decision.rule": {},
            "programme.n_simultaneous": {"low": 1, "high": 3},
            "mechanisms.bridging": {},
        },
        levels=3,
    )
    points = columns_of(plan)
    rows = list(zip(*(column.tolist() for column in points.values()), strict=True))
    assert len(rows) == len(set(rows)) == 2 * 2 * 3 * 2
    assert rows[:3] == [(0.1, "stake", 1, False), (0.1, "stake", 1, True), (0.1, "stake", 2, False)]


def test_a_whole_number_has_no_more_levels_than_values() -> None:
    plan = make_plan("factorial", {"programme.n_simultaneous": {"low": 1, "high": 3}}, levels=9)
    assert columns_of(plan)["programme.n_simultaneous"].tolist() == [1, 2, 3]


def test_one_at_a_time_changes_one_and_starts_with_the_scenario() -> None:
    plan = make_plan("one-at-a-time", {EXPOSURE: {"values": [OWN, 0.6, 0.9]}, HOPE: {"low": 0, "high": 1}})
    points = matrix(plan)
    base = plan.base
    # Its own values are not run twice.
    assert points[0].tolist() == [base.decision.exposure, base.trust.hope] == [OWN, 0.5]
    assert ((points != points[0]).sum(axis=1) == [0] + 6 * [1]).all()
    assert points[1:3, 0].tolist() == [0.6, 0.9]
    assert points[3:, 1].tolist() == [0, 0.25, 0.75, 1]
    changed = columns_of(plan)["changed"].tolist()
    assert changed == ["", *2 * [EXPOSURE], *4 * [HOPE]]


# --- Latin hypercube, Sobol' ----------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 7, 50, 40_000])
def test_each_slice_of_a_latin_hypercube_has_one_point(n: int) -> None:
    points = matrix(make_plan("latin-hypercube", points=n))
    for column in points.T:
        np.testing.assert_array_equal(np.sort(np.floor(column * n)), np.arange(n))


def test_of_many_points_each_block_is_a_latin_hypercube() -> None:
    points = matrix(make_plan("latin-hypercube", points=2 * BLOCK + 7))
    blocks = [points[:BLOCK], points[BLOCK : 2 * BLOCK], points[2 * BLOCK :]]
    for block in blocks:
        for column in block.T:
            np.testing.assert_array_equal(np.sort(np.floor(column * len(block))), np.arange(len(block)))
    assert not np.isin(blocks[0], blocks[1]).any()


@pytest.mark.parametrize("n", [1, 64, 4096])
def test_a_sobol_design_is_that_of_scipy(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(designs, "BLOCK", 256)
    expected = qmc.Sobol(3, scramble=True, seed=np.random.default_rng(7)).random(n)
    np.testing.assert_array_equal(matrix(make_plan("sobol", DUMMIES, points=n, seed=7)), expected)


# --- Saltelli and Morris, against SALib -----------------------------------------------------------

NAMES = [EXPOSURE, DEEDS, HORIZON, "dummy"]
FOUR = {
    EXPOSURE: {"low": 0, "high": 3},
    DEEDS: {"low": 0.2, "high": 0.7},
    HORIZON: {"low": 12, "high": 120},
    "dummy": {},
}
PROBLEM = {"num_vars": 4, "names": NAMES, "bounds": [[0, 3], [0.2, 0.7], [12, 120], [0, 1]]}
GROUPS = {"talk": [DEEDS, HORIZON]}
SALIB_GROUPS = [EXPOSURE, "talk", "talk", "dummy"]


def positions(points: Any) -> Any:
    """Values of the four parameters as positions in [0, 1]."""
    return (points - np.array(PROBLEM["bounds"])[:, 0]) / np.ptp(PROBLEM["bounds"], axis=1)


def respond(points: Any) -> Any:
    """A function whose effects are known to differ, with an interaction."""
    x = positions(points)
    return 4 * x[:, 0] + 2 * x[:, 1] ** 2 + 3 * x[:, 0] * x[:, 2]


@pytest.mark.parametrize("second_order", [True, False])
@pytest.mark.parametrize("has_groups", [True, False])
def test_a_saltelli_design_is_that_of_salib(second_order: bool, has_groups: bool) -> None:
    sample = pytest.importorskip("SALib.sample.sobol")
    groups = GROUPS if has_groups else {}
    plan = make_plan("saltelli", FOUR, base=32, second_order=second_order, groups=groups, seed=7)
    problem = {**PROBLEM, **({"groups": SALIB_GROUPS} if has_groups else {})}
    expected = sample.sample(problem, 32, calc_second_order=second_order, seed=np.random.default_rng(7))
    np.testing.assert_allclose(matrix(plan), expected, rtol=1e-14)


def test_salib_analyses_a_saltelli_design_as_it_stands() -> None:
    analyze = pytest.importorskip("SALib.analyze.sobol")
    points = matrix(make_plan("saltelli", FOUR, base=1024))
    found = analyze.analyze(PROBLEM, respond(points), num_resamples=10, seed=1)
    assert found["ST"][3] == 0  # the dummy
    # Variances by hand: f = 4a + 2b² + 3ac with a, b, c uniform on [0, 1].
    of_a, of_b, of_c, of_ac = 5.5**2 / 12, 4 * (1 / 5 - 1 / 9), 1.5**2 / 12, 9 / 144
    total = of_a + of_b + of_c + of_ac
    expected = np.array([of_a, of_b, of_c, 0]) / total
    np.testing.assert_allclose(found["S1"], expected, atol=0.02)
    assert found["S2"][0, 2] == pytest.approx(of_ac / total, abs=0.02)


def test_columns_of_a_saltelli_design_say_how_a_row_is_made() -> None:
    plan = make_plan("saltelli", FOUR, base=4, groups=GROUPS)
    columns, points = columns_of(plan), matrix(plan)
    assert columns["matrix"][:8].tolist() == ["A", "AB", "AB", "AB", "BA", "BA", "BA", "B"]
    assert columns["changed"][:4].tolist() == ["", EXPOSURE, "talk", "dummy"]
    for row in range(4):
        here = columns["base_row"] == row
        a, b = (points[here & (columns["matrix"] == name)][0] for name in "AB")
        talk = points[here & (columns["matrix"] == "AB") & (columns["changed"] == "talk")][0]
        np.testing.assert_array_equal(talk, [a[0], b[1], b[2], a[3]])
        back = points[here & (columns["matrix"] == "BA") & (columns["changed"] == "talk")][0]
        np.testing.assert_array_equal(back, [b[0], a[1], a[2], b[3]])


@pytest.mark.parametrize("groups", [{}, GROUPS], ids=["alone", "groups"])
@pytest.mark.parametrize(("levels", "size"), [(4, 2 / 3), (6, 3 / 5)])
def test_a_morris_step_moves_the_group_that_it_names(
    levels: int, size: float, groups: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(designs, "BLOCK", 64)
    plan = make_plan("morris", FOUR, trajectories=40, levels=levels, groups=groups)
    columns = columns_of(plan)
    names = SALIB_GROUPS if groups else NAMES
    n = 1 + len(set(names))
    assert columns["trajectory"].tolist() == np.repeat(np.arange(40), n).tolist()
    assert columns["step"].tolist() == list(range(n)) * 40
    walks = positions(matrix(plan)).reshape(40, n, 4)
    for walk, changed in zip(walks, columns["changed"].reshape(40, n).tolist(), strict=True):
        assert changed[0] == ""
        assert sorted(changed[1:]) == sorted(set(names))
        for step, name in zip(np.diff(walk, axis=0), changed[1:], strict=True):
            expected = [size if group == name else 0 for group in names]
            np.testing.assert_allclose(abs(step), expected, atol=1e-12)
    grid = walks * (levels - 1)
    np.testing.assert_allclose(grid, np.round(grid), atol=1e-9)
    assert set(np.round(grid).ravel()) == set(range(levels))
    assert (np.diff(walks, axis=1) > 0).any() and (np.diff(walks, axis=1) < 0).any()
    assert len({walk.tobytes() for walk in walks}) > 30  # of each block others


def test_salib_analyses_a_morris_design_as_it_stands() -> None:
    analyze = pytest.importorskip("SALib.analyze.morris")
    points = matrix(make_plan("morris", FOUR, trajectories=50))
    responses = positions(points) @ [4.0, -2.0, 1.0, 0.0]
    found = analyze.analyze(PROBLEM, points, responses, num_resamples=10, seed=1)
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
    assert design_of("sobol").n_alike is None
    assert design_of("saltelli", luck="common").n_alike is None
    assert design_of("sobol", luck="independent").n_alike == 1
    for plan, row in (
        (make_plan("saltelli"), "base_row"),
        (make_plan("saltelli", second_order=False), "base_row"),
        (make_plan("morris", luck="base-row"), "trajectory"),
    ):
        rows = columns_of(plan)[row]
        np.testing.assert_array_equal(rows, np.arange(len(rows)) // plan.points.n_alike)


# --- From positions to values ---------------------------------------------------------------------


def test_positions_become_values_of_the_right_kind() -> None:
    plan = make_plan(
        "sobol",
        {
            "programme.n_simultaneous": {"low": 2, "high": 4},
            EXPOSURE: {"values": [0, 1]},
            "decision.rule": {"values": ["stake", "conditional"]},
            "mechanisms.bridging": {},
            DEEDS: {"distribution": "beta", "a": 2, "b": 5},
            "programme.members_per_initiative": {"distribution": "randint", "low": 2, "high": 6},
        },
        points=1024,
    )
    points = columns_of(plan)
    kinds = [column.dtype.kind for column in points.values()]
    assert kinds == ["i", "f", "U", "b", "f", "i"]
    for path, shares in (
        ("programme.n_simultaneous", {2: 1 / 3, 3: 1 / 3, 4: 1 / 3}),
        (EXPOSURE, {0.0: 1 / 2, 1.0: 1 / 2}),
        ("decision.rule", {"conditional": 1 / 2, "stake": 1 / 2}),
        ("mechanisms.bridging", {False: 1 / 2, True: 1 / 2}),
        ("programme.members_per_initiative", {2: 1 / 4, 3: 1 / 4, 4: 1 / 4, 5: 1 / 4}),
    ):
        values, counts = np.unique(points[path], return_counts=True)
        assert values.tolist() == list(shares)
        np.testing.assert_allclose(counts / 1024, list(shares.values()), atol=2 / 1024)
    assert kstest(points[DEEDS], "beta", args=(2, 5)).statistic < 0.01


def test_both_ends_of_a_position_have_a_value() -> None:
    plan = make_plan("morris", {"programme.n_simultaneous": {"low": 1, "high": 8}, "trust.hope": {}})
    ends = np.array([0.0, 1.0])
    by_path = plan.parameters_by_path
    assert by_path["programme.n_simultaneous"].at(ends).tolist() == [1, 8]
    assert by_path["trust.hope"].at(ends).tolist() == [0, 1]


@pytest.mark.parametrize("name", ["factorial", "one-at-a-time", "morris"])
def test_a_design_that_needs_ends_refuses_a_distribution_without(name: str) -> None:
    parameters = {"dummy": {"distribution": "norm"}}
    with pytest.raises(ScenarioError, match=r"parameters\.dummy\.distribution"):
        make_plan(name, parameters)
