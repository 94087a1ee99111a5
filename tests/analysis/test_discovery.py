"""Scenario discovery: planted boxes are found, and none where there is none."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from partnersim.analysis import boxes, discovery
from partnersim.analysis.boxes import Box, Interval, Method
from partnersim.analysis.discovery import Discovery, FoundBox, find_boxes
from partnersim.analysis.drawn import Drawn
from partnersim.figures.boxes import box_limits, tell_box, tell_certainty
from partnersim.scenario.errors import InputError
from partnersim.sweep.parameters import resolve
from partnersim.sweep.plan import Plan

PLANTED = Box({"real": Interval(low=0.6), "whole": Interval(high=8), "name": ("a", "b")})


def draw(n: int, seed: int, inside: float = 0.9, outside: float = 0.1, n_runs: int = 1) -> Any:
    """Points with four kinds of parameters and two that do nothing, and outcomes of a planted box."""
    rng = np.random.default_rng(seed)
    points = pd.DataFrame(
        {
            "real": rng.random(n),
            "whole": rng.integers(1, 13, n),
            "name": rng.choice(["a", "b", "c"], n),
            "flag": rng.random(n) < 0.5,
            "noise": rng.random(n),
        }
    )
    chance = np.where(PLANTED.contains(points), inside, outside)
    return points, rng.binomial(n_runs, chance) / n_runs


@pytest.fixture(params=["prim", "cart"])
def method(request: pytest.FixtureRequest) -> Any:
    if request.param == "cart":
        pytest.importorskip("sklearn")
    return request.param


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few shuffles and resamples, enough to judge at 5 of 100."""
    monkeypatch.setattr(discovery, "N_SHUFFLES", 39)
    monkeypatch.setattr(discovery, "N_SHUFFLES_OF_LIMIT", 199)
    monkeypatch.setattr(discovery, "N_RESAMPLES", 20)


def overlap(one: Box, other: Box, points: pd.DataFrame) -> float:
    """Points in both over points in either."""
    a, b = one.contains(points), other.contains(points)
    return float((a & b).sum() / (a | b).sum())


# --- What is inside -------------------------------------------------------------------------------


def test_a_box_holds_its_limits_and_what_is_between_them() -> None:
    points = pd.DataFrame(
        {"x": [0.1, 0.2, 0.3, 0.4], "c": ["a", "b", "a", "a"], "f": [True, True, False, True]}
    )
    assert Box().contains(points).all()
    assert Box({"x": Interval(0.2, 0.3)}).contains(points).tolist() == [False, True, True, False]
    box = Box({"x": Interval(high=0.3), "c": ("a",), "f": (True,)})
    assert box.contains(points).tolist() == [True, False, False, False]
    assert box.without("f").contains(points).tolist() == [True, False, True, False]


def test_one_peel_takes_the_slice_with_the_fewest_cases() -> None:
    """Of 40 points, slices are of two: those at the lower end of b have no case, all others have."""
    n = 40
    points = pd.DataFrame({"a": (7 * np.arange(n) % n) / n, "b": np.arange(n) / n})
    share = np.where(points["b"] < 2 / n, 0.0, 0.5)
    share[9] = 1.0
    first = boxes.peel(boxes.Space.of(points), share)[1]
    assert first.box.limits == {"b": (pytest.approx(1.5 / n), math.inf)}
    assert first.mass == 38 / 40
    assert first.density == pytest.approx(share.sum() / 38)
    assert first.coverage == 1.0


def test_what_is_proposed_is_what_its_box_holds(method: Method) -> None:
    points, share = draw(300, 5)
    proposals = boxes.SEARCHES[method](boxes.Space.of(points), share)
    assert len(proposals) > 5
    for proposal in proposals:
        inside = proposal.box.contains(points)
        assert proposal.mass == pytest.approx(inside.mean())
        assert proposal.density == pytest.approx(share[inside].mean())
        assert proposal.coverage == pytest.approx(share[inside].sum() / share.sum())
        assert inside.sum() >= 15


# --- What is found --------------------------------------------------------------------------------


def test_a_planted_box_is_found(method: Method, quick: None) -> None:
    """Its parameters exactly, its limits within a tenth of the range and one whole number."""
    points, share = draw(800, 11)
    found = find_boxes(points, share, method=method)
    assert [one.is_clear for one in found] == [True]
    limits = found[0].box.limits
    assert set(limits) == set(PLANTED.limits)
    assert limits["name"] == ("a", "b")
    assert limits["real"] == (pytest.approx(0.6, abs=0.1), math.inf)
    assert limits["whole"] == (-math.inf, pytest.approx(8, abs=1))
    fresh, _ = draw(4000, 12)
    assert overlap(found[0].box, PLANTED, fresh) > 0.85
    assert found[0].density == pytest.approx(0.9, abs=0.1)
    assert found[0].density_elsewhere == pytest.approx(0.9, abs=0.15)
    for one in found[0].restrictions:
        assert one.chance <= 0.05 and one.quasi_p < 0.05
        assert one.reproduced > 0.5


def test_two_planted_boxes_are_found_one_after_the_other(quick: None) -> None:
    rng = np.random.default_rng(3)
    points = pd.DataFrame({"x": rng.random(900), "y": rng.random(900), "noise": rng.random(900)})
    one, other = Box({"x": Interval(low=0.8)}), Box({"y": Interval(high=0.2)})
    share = (one.contains(points) | other.contains(points)).astype(float)
    found = find_boxes(points, share)
    assert [list(box.box.limits) for box in found] in ([["x"], ["y"]], [["y"], ["x"]])
    assert sum(box.coverage for box in found) == pytest.approx(1.0, abs=0.05)
    assert found[1].density_around < found[0].density_around


def test_a_density_may_be_asked_for(quick: None) -> None:
    points, share = draw(800, 11)
    wide, narrow = (find_boxes(points, share, least_density=density)[0] for density in (0.3, 0.8))
    assert wide.density >= 0.3 and narrow.density >= 0.8
    assert wide.coverage > narrow.coverage and wide.mass > narrow.mass


def test_the_same_seed_finds_the_same(quick: None) -> None:
    points, share = draw(150, 2, n_runs=4)
    assert repr(find_boxes(points, share, seed=4)) == repr(find_boxes(points, share, seed=4))


@pytest.mark.slow
def test_no_box_is_clear_where_there_is_none(quick: None, method: Method) -> None:
    """Of 60 sets of outcomes that depend on nothing, three are expected to have a clear box at most."""
    n_clear = 0
    for seed in range(60):
        points, _ = draw(100, seed)
        share = np.random.default_rng([seed, 1]).binomial(2, 0.3, 100) / 2
        n_clear += find_boxes(points, share, method=method, seed=seed)[0].is_clear
    assert n_clear <= binom.ppf(0.99, 60, 0.05)


def test_an_unclear_box_is_told_as_none(quick: None) -> None:
    points, _ = draw(100, 7)
    share = np.random.default_rng(1).binomial(1, 0.3, 100) / 1.0
    found = find_boxes(points, share)
    assert [one.is_clear for one in found] == [False]
    assert found[0].chance > 0.05
    assert len(found[0].proposals) > 5


# --- How sure it is -------------------------------------------------------------------------------


def test_quasi_p_is_the_binomial_test_of_points_that_are_cases_or_not() -> None:
    rng = np.random.default_rng(0)
    outcome = rng.binomial(1, 0.3, 200).astype(float)
    inside = np.arange(200) < 40
    outcome[:40] = rng.binomial(1, 0.5, 40)
    n_cases = outcome[inside].sum()
    assert discovery.quasi_p(outcome, inside) == pytest.approx(binom.sf(n_cases - 1, 40, outcome.mean()))


def test_runs_of_a_point_are_not_taken_for_independent() -> None:
    """Where all runs of a point go alike, a point is worth one run; where they differ, it is worth more."""
    inside = np.arange(100) < 20
    alike = np.where(inside, np.arange(100) % 2, np.arange(100) % 4 == 0).astype(float)
    mixed = np.where(inside, 0.5, 0.25) + 0.05 * (-1.0) ** np.arange(100)
    assert mixed[inside].mean() == pytest.approx(alike[inside].mean())
    assert mixed.mean() == pytest.approx(alike.mean())
    assert discovery.quasi_p(alike, inside) > 0.01 > 0.001 > discovery.quasi_p(mixed, inside)


def test_shuffled_outcomes_judge_limits_that_were_chosen_where_they_look_best() -> None:
    """The densest fifth along noise is found by looking: its binomial test is fooled, shuffles are not."""
    rng = np.random.default_rng(9)
    n = 200
    points = pd.DataFrame({"x": np.arange(n) / n})
    share = rng.binomial(1, 0.3, n).astype(float)
    total = np.concatenate([[0], share.cumsum()])
    start = int((total[40:] - total[:-40]).argmax())
    box = Box({"x": Interval(start / n, (start + 39) / n)})
    assert discovery.quasi_p(share, box.contains(points)) < 0.05
    assert discovery.chance_of_limit(points, share, box, "x", rng) > 0.1
    share[start : start + 40] = 1
    assert discovery.chance_of_limit(points, share, box, "x", rng) == 0.001


def test_names_are_judged_against_the_densest_names_of_shuffled_outcomes() -> None:
    dense = discovery._densest_names(np.array([1.0, 1, 0, 0, 1, 0]), np.array([0, 0, 1, 1, 2, 2]), 3)
    assert dense == pytest.approx((1 + 1 + 0.5) / 3)


# --- What cannot be done --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "share", "said"),
    [
        (*draw(50, 1), "50 points have this outcome; discovery needs 60 at least"),
        (draw(80, 1)[0], np.full(80, 0.5), "the outcome is the same at all 80 points"),
        (pd.DataFrame({"x": np.ones(80)}), np.arange(80) / 80, "no parameter has more than one value"),
    ],
    ids=["few", "alike", "one value"],
)
def test_what_cannot_be_discovered_is_refused(points: pd.DataFrame, share: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        find_boxes(points, share)


# --- In words and drawn ---------------------------------------------------------------------------


def told(**changes: Any) -> tuple[Discovery, FoundBox]:
    """A discovery of known numbers, over parameters of a real place."""
    paths = {
        "decision.exposure": Interval(high=0.334),
        "ways_of_working.delegated_authority": Interval(0.25, 0.75),
        "drawn.n_organisations": Interval(low=6),
        "trust.theory": ("deeds", "loyalty"),
        "mechanisms.chasing": (True,),
    }
    plan = {"scenario": "drawn", "design": {"type": "sobol", "points": 64}}
    plan["parameters"] = {path: {} for path in paths}  # type: ignore[assignment]
    arms = Plan.make(plan).arms_by_name
    rng = np.random.default_rng(0)
    columns = (
        rng.random(64),
        rng.random(64),
        rng.integers(2, 10, 64),
        rng.choice(["deeds", "loyalty", "two-layer"], 64),
        rng.random(64) < 0.5,
    )
    points = pd.DataFrame(dict(zip(paths, columns, strict=True)))
    limits = changes.pop("limits", paths)
    restrictions = [
        discovery.Restriction(path, limit, 0.5, 0.001, 0.01, 0.9, (0.2, 0.3), (0.4, 0.5))
        for path, limit in limits.items()
    ]
    numbers = (0.6, 0.1, 0.831, 0.312, 0.78, 0.005)
    proposals = [boxes.Proposal(Box(), 1.0, 0.312, 1.0)]
    box = FoundBox(Box(limits), *numbers, bool(limits), restrictions, proposals)
    outcomes = SimpleNamespace(
        **{"measure": "mean_speed", "arm": None, "against": None} | changes.pop("outcomes", {})
    )
    parameters = {path: resolve(path, None, arms) for path in points}
    drawn = Drawn(points, np.zeros((64, 2)), outcomes, parameters, 3)  # type: ignore[arg-type]
    found = Discovery(
        drawn, changes.pop("threshold", 0.1), changes.pop("is_above", True), "prim", np.full(64, 0.312), [box]
    )
    return found, box


def test_a_box_is_told_as_a_manager_would() -> None:
    found, box = told()
    assert tell_box(found, box) == (
        "Where decision exposure is under 0.33 stake, delegated authority is between 0.25 and 0.75, "
        "drawn n organisations is 6 organisations or more, trust theory is deeds or loyalty and "
        "mechanisms chasing is on, mean speed is above 10 % per year in 83 of 100 partnerships, against "
        "31 of 100 overall"
    )
    assert "60 of 100 of all such partnerships" in tell_certainty(found, box)
    assert "78 of 100" in tell_certainty(found, box)


@pytest.mark.parametrize(
    ("outcomes", "threshold", "is_above", "said"),
    [
        ({"measure": "survived"}, 0.5, False, "the partnership collapses in 83 of 100 partnerships"),
        ({"measure": "months_to_25"}, 48.0, False, "time to 25 % of the vision is below 4 years in 83"),
        ({"arm": "Ana"}, 0.1, True, "mean speed with Ana is above 10 % per year in 83 of 100 partnerships"),
        ({"arm": "Ana", "against": "base"}, 0.0, True, "is higher with Ana than with base in 83 of 100"),
        (
            {"arm": "Ana", "against": "base"},
            -0.01,
            False,
            "mean speed with Ana, less that with base, is below −1 % per year in 83 of 100 pairs",
        ),
    ],
)
def test_a_case_is_told_in_its_own_words(outcomes: Any, threshold: float, is_above: bool, said: str) -> None:
    found, box = told(outcomes=outcomes, threshold=threshold, is_above=is_above)
    assert said in tell_box(found, box)


def test_no_clear_box_is_said_to_be_none() -> None:
    found, box = told(limits={})
    assert tell_box(found, box).startswith("No part of what was varied stands out: mean speed is above 10 %")
    assert "31 of 100 partnerships overall" in tell_box(found, box)
    assert "no limit on any parameter stands against chance" in tell_certainty(found, box)
    assert box_limits(found, box).title == tell_box(found, box)


def test_the_picture_has_the_box_as_its_message_and_the_limits_as_its_table() -> None:
    found, box = told()
    picture = box_limits(found, box)
    assert picture.title == tell_box(found, box)
    assert list(picture.table["parameter"]) == list(box.box.limits)
    assert list(picture.table["names"])[3:] == ["deeds loyalty", "true"]
    assert "83 of 100" in picture.svg


@pytest.mark.slow
def test_prim_agrees_with_that_of_the_ema_workbench() -> None:
    """Boxes of about the same size are about as dense, on numbers without ties."""
    prim = pytest.importorskip("ema_workbench.analysis.prim")
    rng = np.random.default_rng(4)
    points = pd.DataFrame(rng.random((600, 4)), columns=list("abcd"))
    is_case = rng.random(600) < np.where((points.a > 0.5) & (points.b < 0.4), 0.9, 0.1)
    theirs = prim.Prim(points, is_case, threshold=0.5, peel_alpha=0.05, mass_min=0.05).find_box()
    ours = boxes.peel(boxes.Space.of(points), is_case.astype(float))
    for mass in (0.5, 0.3, 0.2):
        other = theirs.peeling_trajectory.iloc[(theirs.peeling_trajectory["mass"] - mass).abs().argmin()]
        own = min(ours, key=lambda proposal: abs(proposal.mass - other["mass"]))
        assert own.density == pytest.approx(other["density"], abs=0.03)
        assert own.coverage == pytest.approx(other["coverage"], abs=0.05)
