"""The patterns: bands as fixed beforehand, how each is looked for, page and figure."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.patterns import looks
from experiments.patterns import run as patterns_run
from experiments.patterns.estimates import Estimate, correlation, estimate, ratio_of_means
from experiments.patterns.figure import position, verdict
from experiments.patterns.looks import harsh, left_alone, months_to_agree, once, unlike_places
from experiments.patterns.patterns import PATTERNS, Band
from experiments.patterns.runs import Look
from partnersim.model.version import MODEL_VERSION
from partnersim.scenario.scenario import Scenario
from tests.pages import known_citations

TINY = Look(replicates=6, resamples=5)
BY_NAME = {pattern.name: pattern for pattern in PATTERNS}
INF = math.inf


def band_of(low: float, high: float, span: float = 1.0) -> Band:
    """A band between two ends, of which one may be infinite."""
    return Band.model_construct(key="x", what="x", low=low, high=high, why="", span=span)


BANDS = {
    ("A1", "demand avoided"): (-1.15, 1.15),
    ("A1", "correlation"): (-1.0, 0.3),
    ("A2", "median months"): (30.0, 60.0),
    ("A2", "first gain in a year"): (0.1, 1.0),
    ("A3", "correlation"): (0.2, 0.4),
    ("A4", "loss to gain at .5"): (1.05, INF),
    ("A4", "excess at the ends"): (-INF, 0.95),
    ("A5", "fall"): (-1.0, 0.0),
    ("A5", "year 5"): (0.05, INF),
    ("A6", "ratio"): (1.0, INF),
    ("A6", "rise"): (0.0, INF),
    ("A7", "effect"): (-1.0, 0.0),
    ("A7", "interaction"): (-1.0, 0.0),
    ("A7", "consent"): (0.0, INF),
    ("A7", "pace"): (-1.0, 0.0),
    ("A9", "correlation"): (0.0, 1.0),
    ("A9", "after"): (-1.0, 0.0),
    ("A10", "level"): (-INF, 0.0),
    ("A10", "slope"): (-INF, 0.0),
    ("A11", "variation"): (1.5, INF),
    ("A12", "loss"): (-1.0, 0.0),
    ("A12", "ratio"): (0.0, 0.75),
    ("A13", "growth"): (11.0, 13.0),
    ("A14", "completed"): (0.55, 0.95),
    ("A15", "harsh"): (0.25, 0.5),
    ("A15", "packaged"): (0.0, 0.05),
    ("A17", "one board"): (2.0, 2.7),
    ("A17", "six boards"): (4.0, 6.0),
    ("A17", "growth"): (0.4, 0.65),
    ("A17", "framework"): (1.0, 4.0),
    ("A18", "slip"): (1.1, 1.6),
}
"""As fixed before the first search with the model as it is. A band moved afterwards is no evidence."""


def synthetic() -> dict[str, dict[str, Estimate]]:
    """Numbers for every band, none of them run: all at an end of their band, which is inside."""
    found = {}
    for pattern in PATTERNS:
        found[pattern.name] = {
            key: Estimate(band.high if math.isfinite(band.high) else band.low)
            for key, band in pattern.bands.items()
        }
    return found


# --- Patterns: declarations -------------------------------------------------------------------


def test_bands_are_those_fixed_beforehand() -> None:
    stated = {(p.name, key): (b.low, b.high) for p in PATTERNS for key, b in p.bands.items()}
    assert stated == BANDS


def test_there_are_nineteen_patterns_and_each_says_what_it_is() -> None:
    assert [p.name for p in PATTERNS] == [f"A{k}" for k in range(1, 21) if k != 16]
    for pattern in PATTERNS:
        texts = (pattern.title, pattern.fact, pattern.reading, pattern.fairness)
        assert all(texts) and all(band.what and band.why for band in pattern.bands.values())
        assert bool(pattern.bands) == (pattern.standing != "reported")
    reported = {p.name for p in PATTERNS if p.standing == "reported"}
    assert reported == {"A8", "A19", "A20"}
    assert set(BY_NAME["A1"].reported) == {"share up"}  # claim 5 asks the same


def test_sources_of_patterns_are_in_the_references() -> None:
    known = set(known_citations())
    assert {key for pattern in PATTERNS for key in pattern.sources} <= known
    assert {"morris1991", "bohnet2004", "bohnet2008"} <= known


# --- Patterns: small versions -----------------------------------------------------------------


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_each_pattern_is_looked_for(pattern: Any) -> None:
    found = pattern.find(TINY)
    assert {*pattern.bands, *pattern.reported} <= set(found)
    assert all(isinstance(e, Estimate) and math.isfinite(e.value) for e in found.values())
    assert str(pattern.find(TINY)) == str(found)


def test_changed_parameters_reach_the_patterns() -> None:
    assert BY_NAME["A13"].find(TINY, {"place.demand_growth": 0.0})["growth"].value == 0.0
    closed = 100.0 * (1.05**5 - 1.0)
    grown = BY_NAME["A13"].find(TINY, {"place.demand_growth": 0.05})["growth"].value
    assert grown == pytest.approx(closed)
    alike = BY_NAME["A4"].find(TINY, {"trust.news_asymmetry": 1.0})
    assert alike["loss to gain at .5"].value == pytest.approx(1.0)
    assert not BY_NAME["A4"].bands["loss to gain at .5"].holds(1.0)


def test_another_seed_is_other_luck() -> None:
    other = dataclasses.replace(TINY, seed=2)
    assert BY_NAME["A11"].find(TINY) != BY_NAME["A11"].find(other)


def test_losses_weigh_as_the_model_says() -> None:
    """1 + (asymmetry - 1) 4 G (1 - G)."""
    found = BY_NAME["A4"].find(TINY, {"trust.news_asymmetry": 3.0})
    assert found["loss to gain at .5"].value == pytest.approx(3.0)
    assert found["excess at the ends"].value == pytest.approx(4 * 0.2 * 0.8)


def test_those_left_alone_have_nothing_but_their_own_incentive() -> None:
    scenario = left_alone(Scenario.load("torbay"))
    assert scenario.commitment.identification == 0.0
    assert scenario.starting.contribution == 0.5
    assert not scenario.coordinators
    assert not scenario.mechanisms.results


def test_unlike_places_differ_in_all_that_is_declared_and_stay_within_it() -> None:
    told = looks.kinds().unlike
    scenario = Scenario.load(told.scenario)
    places = unlike_places(scenario, Look(replicates=30))
    assert {BY_NAME[name].scenario for name in ("A3", "A11")} == {told.scenario}
    for path, (low, high) in told.between.items():
        section, name = path.split(".")
        values = [getattr(getattr(place, section), name) for place in places]
        assert low <= min(values) < max(values) <= high, path
    for path, (low, high) in told.times.items():
        section, name = path.split(".")
        usual = getattr(getattr(scenario, section), name)
        values = [getattr(getattr(place, section), name) / usual for place in places]
        assert low <= min(values) < max(values) <= high, path
    assert unlike_places(scenario, Look(replicates=5)) == places[:5]


def test_harsh_settings_reach_every_organisation() -> None:
    place = harsh(Scenario.load("integrated-care"))
    assert {(o.incentive_share, o.pressure) for o in place.organisations} == {(0.15, 0.8)}
    assert place.ways_of_working.issue_avoidance == 1.0


@pytest.mark.parametrize(("chance", "n", "months"), [(0.5, 1, 2.0), (1.0, 6, 1.0), (0.5, 2, 8 / 3)])
def test_months_to_agree_are_those_of_the_longest_of_n_waits(chance: float, n: int, months: float) -> None:
    """1/p for one; for two 2/p - 1/(1 - (1 - p)^2)."""
    assert months_to_agree(np.full((3, 4), chance), n) == pytest.approx(np.full(3, months))


def test_consent_is_the_models_own() -> None:
    """(1/2 + v/2)(1/2 + T/2)(1 - .3 accountability), with all else off."""
    still = {"luck": 0.0, "mechanisms.trust_frozen": True, "starting.trust": 0.4}
    place = Scenario.load("integrated-care").replace({"decision.mandate": 0.0, **still})
    free = place.replace({"mechanisms.accountability_consent": False})
    held, unheld = (Look(replicates=2).consent_chances(each, 0) for each in (place, free))
    back = np.array([1.0 - 0.3 * o.accountability for o in place.organisations])
    assert held.shape == (2, 6)
    assert held == pytest.approx(unheld * back, rel=0.02)  # commitment comes to rest a little apart
    assert (unheld <= 1.0).all() and (unheld >= 0.25).all()


def test_a_dose_is_one_day_in_one_month() -> None:
    (dose,) = once(Scenario.load("drawn"), "joint_away_days").interventions
    assert (dose.lever, dose.value / 12, dose.to_month - dose.from_month) == ("joint_away_days", 1.0, 1)


# --- Estimates --------------------------------------------------------------------------------


def test_interval_of_a_mean_has_the_right_width() -> None:
    values = np.random.default_rng(1).normal(size=400)
    found = estimate(np.mean, values, seed=1, resamples=2000)
    assert found.value == values.mean()
    # 2 * 1.96 / sqrt(400) = 0.196; the ends of 2000 resamples err by about 3 % of it.
    assert found.high - found.low == pytest.approx(0.196, rel=0.15)


def test_pairs_stay_together() -> None:
    x = np.random.default_rng(1).uniform(1.0, 2.0, 50)
    found = estimate(ratio_of_means, 3.0 * x, x, seed=1)
    assert found.low == pytest.approx(3.0)
    assert found.high == pytest.approx(3.0)


def test_what_does_not_vary_has_no_correlation() -> None:
    found = estimate(correlation, np.ones(5), np.arange(5.0), seed=1)
    assert math.isnan(found.value)
    assert math.isnan(found.low)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((0.3, 0.25, 0.35), "inside"),
        ((0.3, 0.1, 0.35), "inside, unsure"),
        ((0.5, 0.45, 0.6), "outside"),
        ((0.5, 0.35, 0.6), "outside, unsure"),
        ((math.nan, math.nan, math.nan), "outside"),
    ],
)
def test_verdicts(numbers: tuple[float, float, float], words: str) -> None:
    assert verdict(Estimate(*numbers), band_of(0.2, 0.4)) == words


@pytest.mark.parametrize(
    ("band", "value", "place"),
    [
        (band_of(0.2, 0.4), 0.2, 0.0),
        (band_of(0.2, 0.4), 0.5, 1.5),
        (band_of(1.5, INF), 1.0, -0.5),
        (band_of(1.5, INF), 9.0, 1.0),
        (band_of(-INF, 0.0, span=2.0), 1.0, 1.5),
        (band_of(-1.0, 0.0, span=0.05), -0.5, 0.0),
    ],
)
def test_places_on_the_figure(band: Band, value: float, place: float) -> None:
    assert position(value, band) == pytest.approx(place)


def test_page_summary_and_figure_of_patterns_are_made(tmp_path: Path) -> None:
    found = synthetic()
    found["A3"]["correlation"] = Estimate(0.9, 0.8, 1.0)
    patterns_run.write(found, TINY, tmp_path)
    page = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert MODEL_VERSION in page
    assert "15 of 16 patterns" in page
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert summary["made_from"]["model"] == MODEL_VERSION
    assert summary["patterns"]["A3"]["correlation"]["verdict"] == "outside"
    assert (tmp_path / "figure.png").stat().st_size > 10_000
