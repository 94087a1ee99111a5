"""Torbay and Canterbury: what was fixed beforehand, how figures are read, and a small version."""

import csv
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import qmc

import partnersim
from experiments.engine.study import Test as Asked
from experiments.engine.work import Memory, Worker
from experiments.places import places
from experiments.places import run as places_run
from experiments.places.places import BASE, NOTHING, WITHOUT, Figure, Runs
from experiments.points import Points
from partnersim import ScenarioError
from partnersim.model.version import MODEL_VERSION
from partnersim.runs.statistics import quantiles
from partnersim.scenario.declarations import Published

DECLARED = places.read_declared()
BY_NAME = {place.name: place for place in DECLARED.place}

FIXED = {
    "seed": 1,
    "replicates": 200,
    "band": 0.9,
    "least_share_of_points": 0.5,
    "sure_share_of_points": 0.9,
    "matters": {"figure_percent": 1.15, "change_delivered": 0.05},
}
"""As fixed before the first run. What is moved afterwards is no evidence."""

READINGS = {
    ("Torbay", "Mean daily occupied beds, 2008/09"): ("start", (0, 1)),
    ("Torbay", "Mean daily occupied beds, 2009/10"): ("start", (0, 1)),
    ("Canterbury", "Admissions, December 2014, against those projected before the earthquake"): (
        "trend",
        (0, 48),
    ),
    ("Canterbury", "Acute medical admission rate, ten years on, against the national one"): (
        "no partnership",
        (0, 1),
    ),
}

RANGES = {
    "vision.size": (180.0, 300.0),
    "decision.exposure": (0.1, 0.2),
    "decision.sharpness": (3.0, 6.0),
    "trust.disposition": (0.2, 0.4),
    "place.reach": (0.3, 0.5),
}


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight points that stand in for those that a tuning accepts; numbered from 1, as they are."""
    file = tmp_path_factory.mktemp("points") / "accepted.csv"
    shares = qmc.LatinHypercube(len(RANGES), rng=1).random(8)
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(["point", *RANGES, "pressure.national_phase_months"])
        for number, row in enumerate(shares, start=1):
            values = (low + x * (high - low) for x, (low, high) in zip(row, RANGES.values(), strict=True))
            writer.writerow([number, *(f"{value:.4g}" for value in values), number % 12])
    return file


# --- What was fixed beforehand ----------------------------------------------------------------


def test_rules_are_those_fixed_beforehand() -> None:
    stated = DECLARED.model_dump(exclude={"place"})
    assert stated == FIXED
    readings = {
        (place.name, reading.title): (reading.against, reading.trend_months)
        for place in DECLARED.place
        for reading in place.figure
    }
    assert readings == READINGS


def test_every_published_figure_of_a_place_is_looked_at_and_each_has_its_reason() -> None:
    for place in DECLARED.place:
        figures = place.figures()
        assert [f.published for f in figures] == list(place.load().published)
        assert all(figure.reading.why for figure in figures)
        assert place.caution


def test_a_figure_that_no_scenario_has_is_refused() -> None:
    place = BY_NAME["Torbay"]
    wrong = place.figure[0].model_copy(update={"title": "Mean daily occupied bed, 2008/09"})
    with pytest.raises(ScenarioError, match=r"places.toml: place 'Torbay', figure.title = .*bed"):
        place.model_copy(update={"figure": [wrong]}).figures()


@pytest.mark.parametrize("place", DECLARED.place, ids=lambda place: place.name)
def test_arms_take_out_what_they_say_and_nothing_else(place: Any) -> None:
    base = place.load()
    without, nothing = (base.replace(place.arms[arm]) for arm in (WITHOUT, NOTHING))
    assert base.coordinators and not without.coordinators and not nothing.coordinators
    assert without == base.replace(coordinators=[])
    assert base.interventions and not nothing.interventions
    kinds = {event.type for event in base.events} - {event.type for event in nothing.events}
    assert kinds <= {"reorganisation"}


# --- How figures are read ---------------------------------------------------------------------


def figure(against: str, **trend: Any) -> Figure:
    """A figure of 80 at month 4, where there were 200 at month 1."""
    published = Published(
        title="x", month=4, value=80.0, reference_month=1, reference_value=200.0, source="y"
    )
    reading = places.Reading(title="x", against=against, why="z", **trend)
    return Figure(published, reading)


OUTCOME = np.array([[100.0, 90.0, 80.0, 70.0, 45.0]])
ALONE = np.array([[100.0, 120.0, 130.0, 140.0, 150.0]])


@pytest.mark.parametrize(
    ("read", "value", "without_any"),
    [
        (figure("start"), 200.0 * 45.0 / 90.0, 200.0 * 150.0 / 120.0),
        (figure("no partnership"), 200.0 * (45.0 / 90.0) / (150.0 / 120.0), 200.0),
        # The line through 100, 90, 80, 70 is at 60 a month later.
        (figure("trend", trend_months=(0, 3)), 200.0 * 45.0 / 60.0, 200.0 * 150.0 / 155.0),
    ],
    ids=["start", "no partnership", "trend"],
)
def test_readings_by_hand(read: Figure, value: float, without_any: float) -> None:
    assert read.simulated(OUTCOME, ALONE) == pytest.approx(value)
    assert read.without_any(ALONE) == pytest.approx(without_any)


def test_a_line_carried_on_is_the_least_squares_one() -> None:
    series = np.random.default_rng(1).normal(size=(3, 2, 60))
    fitted = np.polyfit(np.arange(5, 41), series[..., 5:41].reshape(6, -1).T, 1)
    expected = (fitted[0] * 55 + fitted[1]).reshape(3, 2)
    assert places.carry_on(series, 5, 40, 55) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "alone", "share", "verdict"),
    [
        (79.0, 120.0, 1.0, "disagrees"),
        (101.0, 120.0, 1.0, "disagrees"),
        (100.0, 120.0, 0.5, "agrees"),
        (90.0, 120.0, 0.49, "agrees in part"),
        (90.0, 100.0, 1.0, "agrees, and tells little"),
    ],
)
def test_verdicts(value: float, alone: float, share: float, verdict: str) -> None:
    assert places.verdict_on(value, (80.0, 90.0, 100.0), alone, share, DECLARED) == verdict


def runs_of(outcome: np.ndarray[Any, Any]) -> Runs:
    """Runs that are alike in all arms."""
    alone = np.full_like(outcome, 100.0)
    change = outcome[..., -1] / 100.0
    return Runs(
        *(dict.fromkeys(places.ARMS, x) for x in (outcome, alone)), dict.fromkeys(places.ARMS, change)
    )


def test_points_count_alike_and_each_has_its_own_band() -> None:
    """At one point ratios are 0 to 1, at three others 10: a figure of 0.5 is in one own band."""
    ratios = np.stack([np.linspace(0.0, 1.0, 101), *[np.full(101, 10.0)] * 3])
    outcome = np.ones((4, 101, 5))
    outcome[..., 4] = ratios
    read = figure("start")
    read = Figure(read.published.model_copy(update={"value": 100.0}), read.reading)
    found = places.set_beside(read, runs_of(outcome), DECLARED)
    assert found["share_of_points"] == 0.25
    assert found["simulated"][BASE][1] == 2000.0
    assert found["simulated"][BASE][0] == pytest.approx(200.0 * quantiles(ratios.ravel(), [0.05])[0])
    assert found["verdict"] == "agrees in part"


# --- What the coordinator did -----------------------------------------------------------------


def effect_of(apart: np.ndarray[Any, Any]) -> dict[str, Any]:
    test = Asked(title="x", weights={BASE: 1.0, WITHOUT: -1.0}, expect="less", smallest=1.0)
    return places.find_effect(50.0 + apart, np.full(apart.shape, 50.0), test, "y", DECLARED)


@pytest.mark.parametrize(
    ("means", "outcome"),
    [
        ([-2.0] * 10, "as expected"),
        ([-2.0] * 9 + [0.5], "as expected"),
        ([-2.0] * 8 + [0.5] * 2, "depends"),
        ([2.0] * 10, "the opposite"),
        ([0.5] * 5 + [-0.5] * 5, "nothing that matters"),
        ([2.0] * 5 + [-2.0] * 5, "depends"),
    ],
)
def test_what_a_coordinator_did_is_judged_by_the_rule_of_the_claims(means: list[float], outcome: str) -> None:
    noise = np.array([-0.1, 0.1] * 50)
    found = effect_of(np.array(means)[:, None] + noise)
    assert found["outcome"] == outcome
    assert found["mean"] == pytest.approx(np.mean(means))
    assert found["without"] == 50.0


# --- The accepted points ----------------------------------------------------------------------


def test_points_are_read_without_their_numbers(accepted: Path) -> None:
    points = Points.read(accepted)
    assert list(points.columns) == [*RANGES, "pressure.national_phase_months"]
    assert (points.n_points, points.first(1).n_points) == (8, 1)
    assert points.columns["pressure.national_phase_months"].dtype.kind == "i"
    other = {path: values.copy() for path, values in points.columns.items()}
    assert Points(other, "another file").digest == points.digest
    other["place.reach"][3] += 0.001
    assert Points(other, accepted.name).digest != points.digest


def test_what_a_timeline_sets_no_point_overwrites(accepted: Path) -> None:
    points = Points.read(accepted)
    torbay, canterbury = (places_run.for_place(points, place) for place in BY_NAME.values())
    assert set(torbay.columns) == set(points.columns)
    assert set(canterbury.columns) == set(RANGES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "there is no such file; make it with `python -m experiments.tuning.run`"),
        ("", "cannot be read"),
        ("point\n1\n", "has no points"),
        ("place.reach\n", "has no points"),
        ("place.reech\n0.5\n0.4\n", "place.reech"),
        ("place.reach\n0.5\n1.4\n", "must be a number between 0 and 1"),
    ],
)
def test_points_that_are_none_are_refused_in_words(
    text: str | None,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "accepted.csv"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    words = ["run", "--quick", "--accepted", str(file), "--store", str(tmp_path / "store")]
    monkeypatch.setattr(sys, "argv", words)
    assert places_run.main() == 2
    said = capsys.readouterr().err
    assert message in said and "Traceback" not in said


# --- Small --------------------------------------------------------------------------------------


SMALL = DECLARED.model_copy(update={"replicates": 4})


@pytest.fixture(scope="module")
def points(accepted: Path) -> Points:
    """Two of the points."""
    return Points.read(accepted).first(2)


@pytest.fixture(scope="module")
def runs(points: Points, tmp_path_factory: pytest.TempPathFactory) -> list[Runs]:
    """Both places, four times at each."""
    worker = Worker(Memory(tmp_path_factory.mktemp("store")))
    return [places_run.run_place(place, points, SMALL, worker) for place in SMALL.place]


def test_arms_share_their_luck_until_the_coordinator_comes(runs: list[Runs]) -> None:
    for place, each in zip(SMALL.place, runs, strict=True):
        outcome = each.outcome
        starts = min(c.from_month for c in place.load().coordinators)
        assert np.array_equal(outcome[BASE][..., :starts], outcome[WITHOUT][..., :starts])
        assert not np.array_equal(outcome[BASE], outcome[WITHOUT])
        assert np.array_equal(each.alone[BASE], each.alone[NOTHING])


def test_runs_are_those_of_the_scenario_with_the_points_parameters(points: Points, runs: list[Runs]) -> None:
    changes = {path: values[1].item() for path, values in points.columns.items() if path in RANGES}
    again = partnersim.run(SMALL.place[1].load().replace(changes), 4, SMALL.seed)
    assert again.series["outcome"] == pytest.approx(runs[1].outcome[BASE][1], rel=1e-6)  # single precision
    assert np.array_equal(again.measures["change_delivered"], runs[1].change[BASE][1])


def test_page_summary_and_figures(points: Points, runs: list[Runs], tmp_path: Path) -> None:
    places_run.write(places_run.find(runs, points, SMALL), SMALL, tmp_path)
    page = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert f"Model {MODEL_VERSION}, seed 1, 48 runs: 2 accepted points" in page
    (torbay,) = (line for line in page.splitlines() if "co-ordinators" in line)
    assert torbay.startswith("- Torbay: ") and "front-line staff" in torbay
    assert "They are not coordinators in this model's sense" in torbay
    assert "its timeline's own value stays of `pressure.national_phase_months`" in page
    for _, title in READINGS:
        assert page.count(title) >= 3
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert summary["made_from"]["model"] == MODEL_VERSION
    assert summary["made_from"]["accepted"] == {"points": 2, "digest": points.digest}
    assert [place["name"] for place in summary["places"]] == ["Torbay", "Canterbury"]
    assert (tmp_path / "summary.json").stat().st_size < 100_000
    assert (tmp_path / "figure.png").stat().st_size > 10_000
