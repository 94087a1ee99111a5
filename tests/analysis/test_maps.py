"""Maps over two parameters: what is observed, how far an emulator errs, and which phase a cell is in."""

import math
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from partnersim.analysis import maps
from partnersim.analysis.drawn import Drawn
from partnersim.analysis.maps import Axis, Map, emulate, find_map, find_phases, make_axis, observe
from partnersim.figures.maps import phase_diagram, response_maps
from partnersim.scenario.errors import InputError
from partnersim.sweep.outcomes import Outcomes

pytest.importorskip("sklearn")

PARAMETERS = {
    "decision.exposure": SimpleNamespace(path="decision.exposure", unit="stake", low=0.0, high=1.0),
    "vision.planning_horizon": SimpleNamespace(
        path="vision.planning_horizon", unit="months", low=None, high=None
    ),
    "trust.theory": SimpleNamespace(path="trust.theory", unit="name", low=None, high=None),
}
X, Y, NAME = PARAMETERS


def points(n: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {X: rng.random(n), Y: rng.uniform(10, 50, n), NAME: rng.choice(["deeds", "loyalty"], n)}
    )


def drawn(at: pd.DataFrame, values: Any, measure: str = "mean_speed", against: str | None = None) -> Drawn:
    """Points with one run each."""
    column = np.asarray(values, np.float64)[:, np.newaxis]
    outcomes = Outcomes(measure, "", None, against, "horizon", at, at[[]], column, 0, 0, 0)
    return Drawn(at, column, outcomes, PARAMETERS, 1)  # type: ignore[arg-type]


def axes(at: pd.DataFrame, *paths: str) -> list[Axis]:
    return [make_axis(PARAMETERS[path], at[path].to_numpy()) for path in paths]  # type: ignore[arg-type]


class FakeSweep:
    """What a map asks of a sweep: its plan, and outcomes by measure."""

    folder = Path("somewhere")

    def __init__(self, at: pd.DataFrame, design: str = "sobol", **values: Any) -> None:
        self.at, self.values = at, values
        self.plan = SimpleNamespace(
            design=SimpleNamespace(type=design),
            parameters_by_path=PARAMETERS,
            measure_names=tuple(values),
            seed=1,
        )

    def outcomes(self, measure: str, arm: str | None = None, against: str | None = None) -> Outcomes:
        return drawn(self.at, self.values[measure], measure, against).outcomes


# --- Axes and cells -------------------------------------------------------------------------------


def test_few_values_are_a_cell_each_and_more_are_cut() -> None:
    (few,) = axes(pd.DataFrame({X: np.repeat([12.0, 24.0, 48.0], 30)}), X)
    assert few.edges.tolist() == [6.0, 18.0, 36.0, 60.0]
    (whole,) = axes(points(800), X)
    assert whole.n_cells == 10
    assert (whole.edges[0], whole.edges[-1]) == (0.0, 1.0)
    (names,) = axes(points(90), NAME)
    assert names.names == ["deeds", "loyalty"]
    assert names.places(pd.DataFrame({NAME: ["loyalty", "deeds"]})).tolist() == [1.0, 0.0]
    with pytest.raises(InputError, match=r"decision.exposure: has one value only"):
        axes(pd.DataFrame({X: np.ones(90)}), X)


def test_cells_hold_the_means_of_their_points() -> None:
    at = pd.DataFrame({X: [0.1, 0.2, 0.9, 0.9] * 10, NAME: ["deeds", "deeds", "deeds", "loyalty"] * 10})
    x, y = axes(at, X, NAME)
    values = np.tile([1.0, 2.0, 3.0, 4.0], 10)
    means, lows, highs, n = observe(x, y, drawn(at, values))
    assert means.shape == (2, 3)
    assert means[0].tolist() == [1.0, 2.0, 3.0]
    assert math.isnan(means[1, 0]) and math.isnan(means[1, 1]) and means[1, 2] == 4.0
    assert n.tolist() == [[10, 10, 10], [0, 0, 10]]
    assert lows[0, 0] == highs[0, 0] == 1.0


# --- Emulators ------------------------------------------------------------------------------------


def test_an_emulator_finds_a_surface_and_knows_its_error() -> None:
    """A plane with bends and noise of 0.2: the error at points left out is the noise."""
    at = points(200)
    rng = np.random.default_rng(1)
    values = at[X] ** 2 + at[Y] / 50 + rng.normal(0, 0.2, 200)
    x, y = axes(at, X, Y)
    found = emulate(x, y, drawn(at, values))
    assert found.name in ("quadratic surface", "Gaussian process")
    assert found.error == pytest.approx(0.2, rel=0.15)
    across, up = np.meshgrid(x.fine, y.fine)
    assert np.abs(found.surface - across**2 - up / 50).mean() < 0.06
    assert found.explained == pytest.approx(1 - (found.error / found.error_of_mean) ** 2)


def test_where_there_is_no_pattern_no_emulator_tells_of_any() -> None:
    at = points(60)
    found = emulate(*axes(at, X, Y), drawn(at, np.random.default_rng(2).normal(5, 1, 60)))
    assert found.explained < 0.1
    if not found.name:
        assert np.ptp(found.surface) == 0


def test_an_emulator_stays_within_what_a_measure_can_be() -> None:
    at = points(100)
    values = np.maximum(0, at[X] - 0.7)
    assert emulate(*axes(at, X, Y), drawn(at, values)).surface.min() >= 0
    assert emulate(*axes(at, X, Y), drawn(at, values - 0.1, against="base")).surface.min() < 0


def test_names_are_told_apart() -> None:
    at = points(100)
    values = np.where(at[NAME] == "loyalty", 3.0, 1.0)
    found = emulate(*axes(at, X, NAME), drawn(at, values))
    assert found.surface[0] == pytest.approx(1.0, abs=0.05)
    assert found.surface[1] == pytest.approx(3.0, abs=0.05)


def test_many_points_are_averaged_for_a_gaussian_process() -> None:
    known = np.random.default_rng(0).random((2000, 2))
    averaged, values = maps._averaged(known, known.sum(axis=1))
    assert len(values) <= maps.MOST_OF_PROCESS
    assert averaged.sum(axis=1) == pytest.approx(values)
    assert values.mean() == pytest.approx(1.0, abs=0.05)


# --- Phases ---------------------------------------------------------------------------------------


@cache
def phases() -> maps.PhaseMap:
    """Change accelerates on the right, fades on the left, and collapses below."""
    at = points(400)
    noise = np.random.default_rng(0).normal(0, 0.001, 400)
    acceleration = np.where(at[X] > 0.75, 0.01, np.where(at[X] < 0.25, -0.01, 0.0)) + noise
    survived = (at[Y] > 20).astype(float)
    sweep = FakeSweep(at, acceleration=acceleration, survived=survived)
    return find_phases(sweep, X, Y)  # type: ignore[arg-type]


def test_phases_are_told_by_acceleration_and_collapse() -> None:
    found = phases()
    names = np.array([*maps.PHASES, "too few"])[found.phases]
    middles = (found.acceleration.x.edges[1:] + found.acceleration.x.edges[:-1]) / 2
    heights = (found.acceleration.y.edges[1:] + found.acceleration.y.edges[:-1]) / 2
    assert set(names[heights < 15].ravel()) <= {"collapses", "too few"}
    assert set(names[heights > 25][:, middles > 0.9].ravel()) <= {"accelerates", "too few"}
    assert set(names[heights > 25][:, middles < 0.1].ravel()) <= {"fades", "too few"}
    assert found.share("collapses") == pytest.approx(0.25, abs=0.1)
    assert sum(found.share(phase) for phase in maps.PHASES) == pytest.approx(1.0)


def test_the_phase_diagram_says_what_its_table_says() -> None:
    found = phases()
    picture = phase_diagram(found)
    assert picture.title.startswith(
        f"Change accelerates in {100 * found.share('accelerates'):.0f} %, fades in"
    )
    assert picture.title.endswith("of the map of decision exposure and vision planning horizon")
    phase = np.array(picture.table["phase"])
    told = phase != "too few points"
    assert (phase[told] == "fades").mean() == found.share("fades")
    assert "half survive" in picture.svg


# --- Pictures -------------------------------------------------------------------------------------


def mapped(values: Any, measure: str = "mean_speed") -> Map:
    at = points(len(values))
    return find_map(FakeSweep(at, **{measure: values}), X, Y, measure)  # type: ignore[arg-type]


def test_a_map_says_where_it_is_highest_and_how_far_its_emulator_errs() -> None:
    at = points(150)
    one = mapped((0.1 * at[X]).to_numpy())
    picture = response_maps([one, mapped((0.1 * at[X] - 0.0).to_numpy())], level=0.05)
    assert picture.title.startswith(
        "Mean speed is highest, 10 % per year, where decision exposure is 1 stake"
    )
    assert "explains" in picture.svg and "one number:" in picture.svg
    assert len(picture.table["mean"]) == 2 * one.means.size
    assert np.nanmax(picture.table["mean"]) == np.nanmax(one.means)


def test_a_map_without_a_pattern_says_so() -> None:
    one = mapped(np.random.default_rng(3).normal(0.05, 0.01, 60))
    title = response_maps([one]).title
    assert title.startswith("Mean speed: no pattern over decision exposure and vision planning horizon")


def test_what_cannot_be_mapped_is_refused() -> None:
    at = points(40)
    flat = FakeSweep(at, mean_speed=np.ones(40))
    for sweep, x, y, said in (
        (flat, X, "vision.planing_horizon", "did you mean 'vision.planning_horizon'"),
        (flat, X, X, "a map needs two parameters"),
        (flat, X, Y, "mean_speed is 1 at all points"),
        (FakeSweep(at, "morris", mean_speed=at[X]), X, Y, "'morris' varies one parameter at a time"),
        (FakeSweep(at[:20], mean_speed=at[X][:20]), X, Y, "20 points have mean_speed; a map needs 30"),
        (FakeSweep(at, mean_speed=np.full(40, np.nan)), X, Y, "no run has mean_speed: it is still to come"),
    ):
        with pytest.raises(InputError, match=said):
            find_map(sweep, x, y, "mean_speed")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="keeps no 'acceleration'"):
        find_phases(flat, X, Y)  # type: ignore[arg-type]
