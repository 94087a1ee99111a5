"""Calibration: known posteriors come out, intervals hold what they should, bad input is named."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from partnersim import Sweep
from partnersim.analysis.calibration import _check_runs, calibrate, collect, draws_of
from partnersim.analysis.observed import Observed, parse_target, read_observed
from partnersim.analysis.rejection import (
    Simulations,
    from_open_scale,
    infer,
    recover,
    to_open_scale,
    weighted_quantiles,
)
from partnersim.figures import posterior, posterior_pairs, posterior_predictive
from partnersim.scenario.errors import InputError
from partnersim.sweep.plan import Plan

PLAN: dict[str, Any] = {
    "scenario": "two-organisations",
    "months": 15,
    "replicates": 4,
    "seed": 3,
    "luck": "independent",
    "measures": ["mean_speed", "trust", "months_to_25", "survived"],
    "design": {"type": "latin-hypercube", "points": 150},
    "parameters": {
        "vision.size": {"low": 20.0, "high": 100.0},
        "organisations.council.planning_horizon": {"values": [12, 48]},
        "programme.n_simultaneous": {"low": 1, "high": 4},
        "organisations.hospital.targets.1.cycle_months": {"low": 6, "high": 36},
        "dummy": {},
    },
}
SPEED = {"mean_speed": Observed(value=0.2, error=0.01)}


def gaussian(n: int, seed: int = 1) -> Simulations:
    """theta from N(0, 1), seen with an error of .5: given 1 it is N(.8, .2)."""
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=(n, 1))
    rows = np.arange(n)
    return Simulations(theta, theta + 0.5 * rng.normal(size=(n, 1)), rows, rows, False)


# --- Rejection and regression ---------------------------------------------------------------------


def test_a_gaussian_posterior_is_the_known_one() -> None:
    found = infer(gaussian(20_000), np.array([1.0]))
    half = 1.645 * 0.2**0.5
    assert found.interval().ravel() == pytest.approx([0.8 - half, 0.8 + half], abs=0.06)
    assert weighted_quantiles(found.parameters[:, 0], found.weights, 0.5) == pytest.approx(0.8, abs=0.04)


def test_regression_takes_out_what_a_wide_acceptance_puts_in() -> None:
    simulations = gaussian(2_000)
    found = infer(simulations, np.array([2.5]))  # where few are, so that they come from one side
    raw = np.average(simulations.parameters[found.rows, 0], weights=found.weights)
    adjusted = np.average(found.parameters[:, 0], weights=found.weights)
    assert abs(adjusted - 2.0) < 0.6 * abs(raw - 2.0)


def test_spread_that_differs_with_the_summary_is_scaled() -> None:
    """theta = s e with e uniform in (-1, 1): given s = .1 its 90 % interval is .18 wide.

    All that is accepted has a larger s.
    """
    rng = np.random.default_rng(2)
    s = rng.uniform(0.1, 1.0, (3000, 1))
    theta = s * rng.uniform(-1.0, 1.0, (3000, 1))
    rows = np.arange(len(s))
    low, high = infer(Simulations(theta, s, rows, rows, False), np.array([0.1])).interval()
    assert high[0] - low[0] == pytest.approx(0.18, abs=0.02)


def test_intervals_hold_the_true_value_as_often_as_they_should() -> None:
    """Of 400 recoveries; their standard error is .015."""
    held = recover(gaussian(4_000), 400, seed=1)
    assert 0.85 <= held.mean() <= 0.95


def test_a_recovery_leaves_out_its_own_point_and_the_luck_it_shares() -> None:
    point, replicate = np.repeat(np.arange(3), 2), np.tile(np.arange(2), 3)
    nothing = np.zeros((6, 1))
    apart = Simulations(nothing, nothing, point, replicate, is_luck_shared=False)
    shared = Simulations(nothing, nothing, point, replicate, is_luck_shared=True)
    assert np.flatnonzero(apart.independent_of(2)).tolist() == [0, 1, 4, 5]
    assert np.flatnonzero(shared.independent_of(2)).tolist() == [1, 5]


def test_scales_go_there_and_back_and_never_past_the_ends() -> None:
    values = np.array([1.1, 2.0, 4.9])
    assert from_open_scale(to_open_scale(values, 1.0, 5.0), 1.0, 5.0) == pytest.approx(values)
    assert from_open_scale(np.array([-1e3, 1e3]), 1.0, 5.0).tolist() == [1.0, 5.0]


# --- Of a sweep -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return Sweep.run(PLAN, tmp_path_factory.mktemp("sweep"), engine="serial")


def test_what_fits_is_told_with_its_check(sweep: Sweep) -> None:
    found = calibrate(sweep, SPEED, recoveries=20, predictions=30)
    by_path = {one.path: one for one in found.marginals}
    assert by_path.keys() == PLAN["parameters"].keys() - {"dummy"}
    size = by_path["vision.size"]
    before, after = size.quantiles
    assert 20.0 <= after[0] < after[2] < before[2]  # fast places have little to do
    assert size.narrowing > 0.1 and size.coverage is not None and size.coverage.n_tried == 20
    whole = by_path["organisations.hospital.targets.1.cycle_months"].posterior
    assert whole.dtype.kind == "i" and 6 <= whole.min() < whole.max() <= 36
    for path, n in (("organisations.council.planning_horizon", 2), ("programme.n_simultaneous", 4)):
        shares = by_path[path].shares()
        assert len(shares) == n and sum(after for _, after in shares.values()) == pytest.approx(1.0)
    check = found.checks["mean_speed"]
    assert check.predicted.size == 30
    assert np.median(check.predicted) > np.median(check.prior)
    points = draws_of(found)
    assert Plan.make(PLAN | {"design": {"type": "table", "points": points}, "parameters": {}})


def test_pictures_have_their_numbers(sweep: Sweep) -> None:
    found = calibrate(sweep, SPEED, recoveries=10, predictions=10)
    assert "vision size" in posterior(found).title
    assert len(posterior(found).table["parameter"]) == 8  # two numbers, and what else has 2 and 4 values
    assert posterior_pairs(found).table["parameter"] == ["vision.size"]
    assert posterior_predictive(found).table["measure"] == ["mean_speed"]


def test_the_same_question_has_the_same_answer(sweep: Sweep) -> None:
    one, other = (calibrate(sweep, SPEED, recoveries=10, predictions=5).to_json() for _ in range(2))
    assert one == other


def test_milestones_not_reached_count_as_the_last_month(sweep: Sweep) -> None:
    data = collect(sweep, {"months_to_25": Observed(value=15.0)}, None)
    assert data.simulations.n == 600
    assert data.simulations.summaries.max() == 15.0
    assert any("censored" in note for note in data.notes)


def test_the_error_of_observing_is_in_what_is_compared(sweep: Sweep) -> None:
    exact, blurred = (
        collect(sweep, {"trust": Observed(value=0.4, error=error)}, None).simulations.summaries
        for error in (0.0, 0.1)
    )
    assert (blurred - exact).std() == pytest.approx(0.1, rel=0.1)


def test_what_no_run_shows_is_said(sweep: Sweep) -> None:
    found = calibrate(sweep, {"trust": Observed(value=0.99)}, recoveries=1, predictions=5)
    assert found.checks["trust"].is_beyond
    assert any("Hardly any run shows trust" in note for note in found.notes)
    assert "do not show trust" in posterior_predictive(found).title


@pytest.mark.slow
def test_coverage_of_the_intervals_of_a_sweep(tmp_path: Path) -> None:
    """Over 200 recoveries of four parameters: the standard error of the mean is about .012."""
    plan = PLAN | {
        "months": 60,
        "design": {"type": "latin-hypercube", "points": 1000},
        "measures": ["mean_speed", "trust", "tension", "contribution"],
        "parameters": {
            "trust.disposition": {"low": 0.1, "high": 0.6},
            "decision.exposure": {"low": 0.05, "high": 0.4},
            "vision.size": {"low": 60.0, "high": 300.0},
            "relations.issue_rate": {"low": 0.0, "high": 0.4},
        },
    }
    sweep = Sweep.run(plan, tmp_path, engine="serial")
    targets = {name: Observed(value=0.1, error=0.01) for name in plan["measures"]}
    held = recover(collect(sweep, targets, None).simulations, 200, seed=1)
    assert 0.85 <= held.mean() <= 0.95
    assert ((held.mean(axis=0) > 0.8) & (held.mean(axis=0) < 0.97)).all()


@pytest.mark.parametrize(
    ("changes", "targets", "message"),
    [
        ({}, {}, "no observation is given"),
        ({}, {"contact": Observed(value=1.0)}, "there is no measure in the sweep of this name"),
        ({"design": {"type": "latin-hypercube", "points": 10}}, SPEED, "40 runs have what was observed"),
        ({"design": {"type": "one-at-a-time"}}, SPEED, "'one-at-a-time' varies one parameter at a time"),
        (
            {"luck": "common", "replicates": 1, "design": {"type": "latin-hypercube", "points": 500}},
            SPEED,
            "all runs share the random numbers of one replicate",
        ),
    ],
)
def test_what_cannot_be_answered_is_refused(
    sweep: Sweep, tmp_path: Path, changes: dict[str, Any], targets: dict[str, Observed], message: str
) -> None:
    asked = Sweep.run(PLAN | changes, tmp_path / "other", engine="serial") if changes else sweep
    with pytest.raises(InputError, match=message):
        calibrate(asked, targets)


def test_a_measure_that_is_the_same_in_all_runs_is_refused(sweep: Sweep) -> None:
    runs = np.column_stack([np.arange(600.0), np.ones(600)])
    with pytest.raises(InputError, match="survived: is 1 in every run"):
        _check_runs(sweep, runs, np.arange(600), ["trust", "survived"], is_luck_shared=False)


# --- What is typed --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["trust=0.4±0.05", "trust = 0.4 +- 0.05", "trust=.4±5e-2"])
def test_targets_are_read_as_typed(text: str) -> None:
    assert parse_target(text) == ("trust", Observed(value=0.4, error=0.05))


@pytest.mark.parametrize(
    "text", ["trust", "trust=", "trust=x", "trust=1±x", "trust=1±-1", "trust=1±1e13", "trust=nan", "=1"]
)
def test_targets_that_cannot_be_read_say_what_would_be_right(text: str) -> None:
    with pytest.raises(InputError, match="write MEASURE=VALUE±ERROR"):
        parse_target(text)


def test_files_of_observations_are_read_and_checked(tmp_path: Path) -> None:
    file = tmp_path / "observed.toml"
    file.write_text("[targets.trust]\nvalue = 0.4\n", encoding="utf-8")
    assert read_observed(file) == {"trust": Observed(value=0.4)}
    file.write_text("[targets.trust]\nvalue = 0.4\nerror = -1.0\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"observed.toml: targets.trust.error = -1.0"):
        read_observed(file)
    file.write_text("[targets.trst]\nvalue = 0.4\n", encoding="utf-8")
    with pytest.raises(InputError, match="did you mean 'trust'"):
        read_observed(file)
