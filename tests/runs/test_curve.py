"""The trust-speed curve, and how long a start is remembered, against runs made by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import partnersim
from partnersim.runs.curve import LEVELS, ArmCurve, Curve, hold_trust
from partnersim.runs.history import half_life_of_difference
from partnersim.runs.results import Comparison
from partnersim.scenario.arms import arm
from partnersim.scenario.errors import ScenarioError
from partnersim.scenario.scenario import Scenario

PLACE = Scenario.load("two-organisations").replace(months=30)
ARMS = {"base": PLACE, "coordinator": arm(PLACE, "coordinator")[1]}
N = 12


@pytest.fixture(scope="module")
def found() -> Curve:
    return partnersim.curve(ARMS, N, seed=4)


def made(speeds: np.ndarray) -> ArmCurve:
    """An arm of given speeds."""
    return ArmCurve(PLACE, speeds, speeds[:, 0], speeds[:, 0])


# --- the numbers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ARMS)
def test_each_point_is_that_of_runs_made_by_hand(found: Curve, name: str) -> None:
    for at in (0, 3, 10):
        held = {"starting.trust": at / 10, "mechanisms.trust_frozen": True}
        by_hand = partnersim.run(ARMS[name].replace(held), N, 4)
        np.testing.assert_array_equal(found.arms[name].held[:, at], by_hand.measures["mean_speed"])
        is_there = by_hand.series["n_members"] > 0
        np.testing.assert_allclose(by_hand.series["trust"][is_there], at / 10, atol=1e-12)
    free = partnersim.run(ARMS[name], N, 4)
    np.testing.assert_array_equal(found.arms[name].speed, free.measures["mean_speed"])
    survived = free.measures["survived"] == 1
    assert found.arms[name].trust[survived].tolist() == free.measures["trust"][survived].tolist()
    assert np.isnan(found.arms[name].trust[~survived]).all()


def test_speed_rises_with_trust(found: Curve) -> None:
    for of_arm in found.arms.values():
        means = of_arm.held.mean(axis=0)
        assert means[-1] > 1.2 * means[0]
        assert of_arm.elasticity.value > 2 * of_arm.elasticity.error > 0


def test_a_scenario_by_itself_is_the_base(found: Curve) -> None:
    alone = partnersim.curve(PLACE, N, seed=4)
    assert list(alone.arms) == ["base"] == [alone.base]
    np.testing.assert_array_equal(alone.arms["base"].held, found.arms["base"].held)


@pytest.mark.parametrize("power", [0.0, 0.4, 1.0])
def test_elasticity_of_a_power_is_its_exponent(power: float) -> None:
    luck = np.random.default_rng(3).uniform(0.5, 1.5, 50)
    elasticity = made(np.outer(luck, np.array(LEVELS) ** power)).elasticity
    assert elasticity.value == pytest.approx(power)
    assert elasticity.error == pytest.approx(0, abs=1e-9)  # luck that all levels share


def test_error_of_the_elasticity_is_that_of_leaving_one_out_and_of_repeating_it() -> None:
    rng = np.random.default_rng(5)

    def draw() -> np.ndarray:
        return np.asarray((0.3 + np.array(LEVELS)) * rng.gamma(20, 1 / 20, (80, 11)))

    speeds = draw()
    value, error = made(speeds).elasticity
    left_out = [made(np.delete(speeds, k, axis=0)).elasticity.value for k in range(80)]
    assert error == pytest.approx(math.sqrt(79 * np.var(left_out)), rel=0.02)
    again = [made(draw()).elasticity.value for _ in range(400)]
    assert error == pytest.approx(np.std(again), rel=0.2)
    assert value == pytest.approx(np.mean(again), abs=5 * error)


def test_what_has_no_logarithm_has_no_elasticity() -> None:
    elasticity = made(np.zeros((5, 11))).elasticity
    assert math.isnan(elasticity.value) and math.isnan(elasticity.error)
    assert math.isnan(made(np.ones((1, 11))).elasticity.error)


def test_errors_are_those_over_replicates(found: Curve) -> None:
    at = found.arms["base"].at(0.7)
    speeds = found.arms["base"].held[:, 7]
    assert at.mean == pytest.approx(speeds.mean())
    assert at.monte_carlo_error == pytest.approx(speeds.std(ddof=1) / math.sqrt(N))


# --- its other forms ------------------------------------------------------------------------------


def test_json_and_table_have_the_numbers(found: Curve) -> None:
    document = found.to_json()
    assert (document["replicates"], document["seed"], document["months"]) == (N, 4, 30)
    of_arm = document["arms"]["coordinator"]
    assert [point["trust"] for point in of_arm["held"]] == list(LEVELS)
    assert of_arm["held"][10]["mean"] == found.arms["coordinator"].held[:, 10].mean()
    assert of_arm["at_rest"]["trust"]["mean"] == pytest.approx(np.nanmean(found.arms["coordinator"].trust))
    assert of_arm["elasticity"] == found.arms["coordinator"].elasticity._asdict()
    table = found.to_pandas()
    assert table.loc[("coordinator", 1.0, 3), "mean_speed"] == found.arms["coordinator"].held[3, 10]
    assert len(table) == 2 * 11 * N
    assert "base, coordinator" in repr(found)


def test_progress_is_told_for_every_point() -> None:
    told: list[tuple[int, int]] = []
    partnersim.curve(PLACE, 1, progress=lambda *done: told.append(done))
    assert told == [(done, 12) for done in range(1, 13)]


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ScenarioError, match="base: months = 12: a mean speed needs 13 at least"):
        partnersim.curve(PLACE.replace(months=12))
    with pytest.raises(ValueError, match="give at least one arm"):
        partnersim.curve({})
    with pytest.raises(ValueError, match="replicates = 0: must be 1 or more"):
        partnersim.curve(PLACE, 0)


def test_trust_stays_where_it_is_held_whatever_happens() -> None:
    """Events, turnover, a newcomer, a lead, a coordinator who serves a host."""
    everything = Scenario.load(Path(__file__).parents[1] / "reference" / "everything.toml")
    trust = partnersim.run(hold_trust(everything, 0.6), 20, detail=True).by_dyad("trust")
    known = trust[np.isfinite(trust)]
    assert known.size > 1000
    np.testing.assert_allclose(known, 0.6)


# --- how long a start is remembered ---------------------------------------------------------------


def test_half_life_is_that_of_two_arms_run_by_hand() -> None:
    found = partnersim.half_life_of_history(PLACE, N, seed=4)
    arms = {str(trust): PLACE.replace({"starting.trust": trust}) for trust in (0.2, 0.8)}
    series = {name: partnersim.run(place, N, 4).series for name, place in arms.items()}
    gaps = series["0.8"]["trust"] - series["0.2"]["trust"]
    is_there = (series["0.8"]["n_members"] > 0) & (series["0.2"]["n_members"] > 0)
    gap = np.array([gaps[is_there[:, month], month].mean() for month in range(31)])
    errors = [gaps[is_there[:, m], m].std(ddof=1) / math.sqrt(is_there[:, m].sum()) for m in range(31)]
    np.testing.assert_allclose(found.difference, gap)
    np.testing.assert_allclose(found.monte_carlo_error, errors, atol=1e-12)
    first = int(np.argmax(gap <= gap[0] / 2))
    assert found.months == first > 0
    assert found.left == {2: pytest.approx(gap[24] / gap[0])}


@pytest.mark.parametrize(
    ("gap", "months"),
    [
        ([0.6, 0.5, 0.29, 0.4], 2),
        ([0.6, 0.5, 0.4, 0.31], math.nan),  # not by the end
        ([0.0, 0.0, 0.0, 0.1], math.nan),  # nothing to forget
        ([-0.6, -0.2, 0.0, 0.0], 1),  # the other way round
    ],
)
def test_half_life_of_what_is_given(gap: list[float], months: float) -> None:
    """A third pair, which has collapsed from the start, counts for nothing."""
    results = {name: partnersim.run(PLACE, 3, series=False) for name in ("low", "high")}
    members = np.array([[2.0] * 4, [2.0] * 4, [0.0] * 4])
    results["low"].series.update(trust=np.full((3, 4), 0.1), n_members=members)
    results["high"].series.update(trust=np.array([gap, gap, [0.0] * 4]) + 0.1, n_members=members)
    found = half_life_of_difference(Comparison(results, "low"), "low", "high")
    assert found.months == months or (math.isnan(months) and math.isnan(found.months))
    assert found.left == {}
