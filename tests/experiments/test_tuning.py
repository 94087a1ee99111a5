"""The tuning: declarations, distance, rule, the two searches, accepted points."""

import dataclasses
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import partnersim
from experiments import points
from experiments.engine.work import Memory, Worker
from experiments.patterns.estimates import Estimate, Floats
from experiments.patterns.looks import DECLARED
from experiments.patterns.patterns import PATTERNS, Band, read_patterns
from experiments.patterns.runs import Look
from experiments.points import Points
from experiments.screening.design import read_priors
from experiments.tuning import evaluate as evaluation
from experiments.tuning import run, search
from experiments.tuning.accept import TooFewError, accept, centre, give_up, is_within
from experiments.tuning.emulator import Emulators, Looks, _binds, _scale
from experiments.tuning.evaluate import NUMBERS, Level, evaluate, excess, penalty, width
from experiments.tuning.ranges import DIGITS
from experiments.tuning.report import point_rows, summary, write
from experiments.tuning.search import draw
from experiments.tuning.space import PRIORS, Stage, declared_hash, read_space
from partnersim.model.version import EQUATIONS, MODEL_VERSION
from partnersim.scenario.declared import parameters
from partnersim.scenario.errors import ScenarioError
from partnersim.scenario.files import packaged_text
from partnersim.scenario.paths import first_months
from partnersim.scenario.scenario import Scenario
from tests.experiments.test_patterns import band_of
from tests.pages import ROOT

INF = math.inf


SMALL = Level(replicates=2, resamples=5)


# --- What is declared -------------------------------------------------------------------------


FAULTS_OF_PATTERNS = [
    ("low = -1.15", "low = 1.75", "pattern.A1.number.2: low = 1.75: must be below high = 1.15"),
    ("low = -1.15", "lo = 0.75", "pattern.A1.number.2.lo = 0.75: no such key"),
    ("low = -1.15", 'low = "x"', "pattern.A1.number.2.low = 'x': must be a number"),
    ("low = -1.15", "low = = 3", "not TOML"),
    ("low = 1.5\n", "", "'reported' is what has no band, and only that"),
    ('standing = "reported"', 'standing = "set"', "'reported' is what has no band, and only that"),
    ('name = "A3"', 'name = "A33"', "name = 'A33': must be one of A1, A2"),
    ('standing = "set"', 'standing = "sett"', "pattern.A2.standing = 'sett': must be one of"),
    ('key = "share up"', 'key = "correlation"', "'correlation' stands twice"),
]
FAULTS_OF_PRIORS = [
    ('path = "vision.size"', 'path = "vision.sise"', "did you mean 'vision.size'?"),
    ('path = "vision.size"', 'path = "place.reach"', "path = 'place.reach': stands twice"),
    ('path = "vision.size"', 'path = "decision.rule"', "no number that can be set has this path"),
    ("high = 480.0", "high = 0.0", "low, high = 120, 0: must rise"),
    ("high = 480.0", "high = 1e6", "low, high = 120, 1e+06: must rise, and lie within 1 to 100000"),
    ("population = ", "population = 1", "must fall from stage to stage"),
    ("replicates = 60", "replicates = 20", "must rise from stage to stage"),
    ("seeds = [1, 2]", "seeds = [1, 3]", "must differ, so that no luck is seen twice"),
    ('path = "trust.hope"', 'path = "vision.size"', "path = 'vision.size': stands twice"),
    ('source = "assumed"\n', "", "held.1.source: missing"),
    ("wanted = ", "wnated = ", "search.wnated"),
]


@pytest.mark.parametrize(
    ("read", "file", "before", "after", "said"),
    [(read_patterns, DECLARED, *fault) for fault in FAULTS_OF_PATTERNS]
    + [(read_space, PRIORS, *fault) for fault in FAULTS_OF_PRIORS],
)
def test_faults_in_what_is_declared_are_said(
    tmp_path: Path, read: Callable[[Path], Any], file: Path, before: str, after: str, said: str
) -> None:
    text = file.read_text(encoding="utf-8")
    assert before in text
    copy = tmp_path / file.name
    copy.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        read(copy)
    assert said in str(error.value)
    assert str(copy) in str(error.value)
    assert read is read_space or "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["run", "--priors", str(tmp_path / "none.toml")])
    assert run.main() == 2
    assert capsys.readouterr().err == f"{tmp_path / 'none.toml'}: there is no such file\n"


def test_what_is_free_is_plausible_and_says_why() -> None:
    space = read_space()
    rows = {row.path: row for row in parameters()}
    screened = {prior.path: prior for prior in read_priors()}
    for prior in space.priors:
        assert prior.why, prior.path
        assert prior.low <= rows[prior.path].default <= prior.high, prior.path
        assert (prior.low, prior.high) == (screened[prior.path].low, screened[prior.path].high), prior.path
    # What a source fixes, what is a place's own, and what nobody's observation may choose.
    assert not set(space.paths) & {"place.demand_growth", "programme.n_simultaneous", "trust.hope"}
    assert {entry.path: (entry.low, entry.high) for entry in read_space().held} == {
        "trust.hope": (0.0, 1.0),
        "decision.exposure": (0.05, 0.3),
    }
    assert not {entry.path for entry in read_space().held} & set(space.paths)


def test_the_rule_is_the_one_fixed_beforehand() -> None:
    space = read_space()
    assert space.rest == (0.3, 0.7)
    assert space.search.seeds == (1, 2) and space.search.confirm_seed == 3
    assert (space.search.confirm_replicates, space.search.wanted, space.search.reach) == (200, 40, 1.0)
    assert evaluation.MOST_CHANCE == 0.25 and space.search.stages[-1].most_chance == 0.25


def test_points_are_run_as_they_are_written() -> None:
    space = read_space()
    rng = np.random.default_rng(1)
    for shares in rng.random((20, len(space.priors))):
        point = space.point(shares)
        assert point == {path: float(f"{value:.6g}") for path, value in point.items()}
        assert space.point(space.shares(point)) == point
        for family in {pattern.scenario for pattern in PATTERNS}:
            scenario = Scenario.load(family).replace(dict(point))
            assert scenario.vision.size == point["vision.size"]


# --- Runs at little cost ----------------------------------------------------------------------


def test_cheap_runs_are_those_of_the_model() -> None:
    place = Scenario.load("integrated-care")
    late = place.replace({"events": [{"type": "common_crisis", "month": 6}]})
    look = Look(seed=3, first=2, replicates=4)
    names = ("trust", "outcome")
    for scenario, months in ((place, 9), (late, 9), (late, 5), (Scenario.load("drawn"), 7)):
        found = look.run(scenario, months, *names)
        short = first_months(scenario, months)
        wanted = partnersim.run(short, 4, 3, first_replicate=2, series=names, workers=1).series
        for name in names:
            assert np.array_equal(found[name], wanted[name])


def test_what_is_kept_serves_its_own_scenario_alone() -> None:
    place = Scenario.load("integrated-care")
    other = place.replace({"trust.deeds": 0.3})
    fresh, kept = Look(replicates=2), Look(replicates=2)
    kept.keep(place, 12)
    for scenario, months in ((place, 6), (place, 12), (place, 14), (other, 6)):
        one = fresh.run(scenario, months, "trust")["trust"]
        assert np.array_equal(one, kept.run(scenario, months, "trust")["trust"])


def test_each_replicate_has_its_own_scenario_and_its_own_luck() -> None:
    places = [Scenario.load("integrated-care").replace({"vision.size": s}) for s in (120.0, 480.0)]
    found = Look(first=5, replicates=2).run_each(places, 12, "change_delivered")["change_delivered"]
    for row, scenario in enumerate(places):
        alone = Look(first=5 + row, replicates=1).run(scenario, 12, "change_delivered")["change_delivered"]
        assert np.array_equal(found[row], alone[0])


def test_more_replicates_add_to_those_there_are() -> None:
    few, many = Look(replicates=3), Look(replicates=8)
    rest = Look(first=3, replicates=5)
    for purpose in range(2):
        assert np.array_equal(many.uniform(purpose)[:3], few.uniform(purpose))
        assert np.array_equal(many.uniform(purpose)[3:], rest.uniform(purpose))
        assert np.array_equal(many.normal(purpose)[3:], rest.normal(purpose))


def test_what_is_shown_beside_changes_no_band() -> None:
    for pattern in PATTERNS:
        all_of_it = pattern.find(Look(replicates=3, resamples=4))
        banded = pattern.find(Look(replicates=3, resamples=4, beside=False))
        assert set(pattern.bands) <= set(banded) <= set(all_of_it)
        for key in pattern.bands:
            assert str(banded[key]) == str(all_of_it[key])


# --- Distance ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("band", "wide"),
    [
        (band_of(0.2, 0.4), 0.2),
        (band_of(-1.0, 0.3, span=0.5), 0.5),  # no correlation is lower than -1
        (band_of(1.5, INF), 1.0),
        (band_of(-INF, 0.0, span=2.0), 2.0),
    ],
)
def test_widths_of_bands(band: Band, wide: float) -> None:
    assert width(band) == pytest.approx(wide)


@pytest.mark.parametrize(
    ("estimate", "tenths"),
    [
        (Estimate(0.4), 0.0),
        (Estimate(0.5), 5.0),  # half a width outside, nothing known of chance
        (Estimate(0.1), 5.0),
        (Estimate(0.5, 0.48, 0.6), 4.0),  # chance may have done a tenth
        (Estimate(0.1, 0.0, 0.12), 4.0),
        (Estimate(0.5, 0.3, 0.9), 2.5),  # or much, but a quarter at most is believed
        (Estimate(0.44, 0.3, 0.9), 0.0),
        (Estimate(INF), INF),
        (Estimate(math.nan), INF),
    ],
)
def test_how_far_outside(estimate: Estimate, tenths: float) -> None:
    assert excess(estimate, band_of(0.2, 0.4)) == pytest.approx(tenths)


def test_more_chance_is_believed_of_few_replicates() -> None:
    band, found = band_of(0.2, 0.4), Estimate(0.55, 0.3, 0.9)
    assert excess(found, band, 1.0) == 0.0
    assert excess(found, band, 0.0) == pytest.approx(7.5)


def test_penalties_count_what_is_missed() -> None:
    assert [penalty(x) for x in (0.0, 1.0, 3.0, INF)] == [0.0, 0.5, 0.75, 1.0]


def test_a_look_is_whole() -> None:
    whole = evaluate({}, SMALL)
    assert not np.isnan(whole["excess"]).any()
    assert whole["distance"] == pytest.approx(sum(penalty(x) for x in whole["excess"]))


def test_all_numbers_are_looked_at_in_some_order() -> None:
    assert sorted(evaluation.ORDER) == sorted(pattern.name for pattern in PATTERNS if pattern.bands)


def test_points_that_give_too_much_at_rest_are_none_of_the_priors() -> None:
    """From what organisations give at rest at the defaults, about .39."""
    found = evaluate({}, SMALL, rest=(0.3, 0.7))
    assert found["distance"] < INF and 0.3 <= found["given"] <= 0.7
    for rest in ((0.8, 1.0), (0.0, 0.1)):
        outside = evaluate({}, SMALL, rest=rest)
        assert outside["distance"] == INF and outside["given"] == found["given"]
    assert len(NUMBERS) == sum(len(pattern.bands) for pattern in PATTERNS)


# --- The rule ---------------------------------------------------------------------------------


def missed(*which: int, n: int = 4) -> list[float]:
    """The excess of a point that misses some of n numbers."""
    return [2.0 if k in which else 0.0 for k in range(n)]


def given_up(rows: list[list[float]], wanted: int) -> tuple[int, ...]:
    """Of points that the two searches found in turn."""
    return give_up(np.array(rows), np.arange(len(rows)) % 2, wanted)


@pytest.mark.parametrize(
    ("rows", "wanted", "numbers"),
    [
        ([missed(), missed(), missed(1), missed(0)], 2, ()),
        # Nobody holds the last; two points hold all the others.
        ([missed(3), missed(3), missed(3, 1), missed(3, 0), missed(3, 0)], 2, (3,)),
        # Giving up 0 leaves four, giving up 1 leaves three.
        ([missed(3), missed(3), missed(3, 1), missed(3, 0), missed(3, 0)], 3, (0, 3)),
        # Two hold all, but of one search alone.
        ([missed(), missed(0), missed(), missed(0)], 2, (0,)),
        # What is not known is not held.
        ([missed(), [0.0, INF, 0.0, 0.0], [0.0, math.nan, 0.0, 0.0]], 2, (1,)),
    ],
)
def test_as_few_bands_as_can_be_are_given_up(
    rows: list[list[float]], wanted: int, numbers: tuple[int, ...]
) -> None:
    assert given_up(rows, wanted) == numbers


def test_too_few_points_are_refused() -> None:
    with pytest.raises(TooFewError, match="left only 1, and 2 are wanted"):
        given_up([missed()], 2)


def test_a_region_reaches_as_far_as_its_points_are_from_each_other() -> None:
    others = np.array([[0.0], [0.1], [0.2], [0.3]])
    points_of_one = np.array([[-0.1], [0.05], [0.39], [0.41], [0.9]])
    assert is_within(points_of_one, others).tolist() == [True, True, True, False, False]
    assert is_within(points_of_one, others, reach=10.0).all()
    assert is_within(points_of_one, others[:1]).all()  # nobody knows how far


def test_accepted_is_what_both_searches_found() -> None:
    """The first finds two places, the second one of them: what it alone found is left out."""
    shares = np.array([[0.1], [0.12], [0.9], [0.92], [0.11], [0.13], [0.5]])
    searches = np.array([0, 0, 0, 0, 1, 1, 1])
    outside = np.array([missed()] * 6 + [missed(0)])  # the last holds not all
    found = accept(shares, outside, searches, 6)
    assert found.rows == (0, 1, 4, 5)
    assert found.holding == ((0, 1, 2, 3), (4, 5))
    assert found.shared == (0.5, 1.0)
    with pytest.raises(TooFewError, match="nothing in common"):
        accept(np.array([[0.1], [0.11], [0.9], [0.91]]), np.zeros((4, 1)), np.array([0, 0, 1, 1]), 4)


def test_the_centre_is_by_each_ones_own_spread() -> None:
    # The second parameter hardly differs, so that a little of it is far.
    shares = np.array([[0.1, 0.5], [0.5, 0.52], [0.45, 0.5], [0.9, 0.5], [0.5, 0.48]])
    assert centre(shares) == 2


# --- Emulators ----------------------------------------------------------------------------------


def looks(
    values: Callable[[Floats], Floats], n: int = 300, n_parameters: int = 3, noise: float = 0.1
) -> Looks:
    """Looks at points drawn from the priors, at numbers that are in their bands from 0 to 1."""
    rng = np.random.default_rng(1)
    shares = rng.random((n, n_parameters))
    found = values(shares) + noise * rng.standard_normal((n, values(shares).shape[1]))
    half = np.full_like(found, 1.96 * noise)
    given = shares[:, 0] + 0.01 * rng.standard_normal(n)
    found = np.stack([found, found - half, found + half], axis=-1)
    found[(given < 0.3) | (given > 0.7)] = math.nan
    return Looks(shares, found, given, np.full(n, 20.0))


TWO_ENDS, LOWER_END = band_of(0.0, 1.0), band_of(0.0, INF)


def test_emulators_expect_what_is_missed() -> None:
    """The first number is missed where the second parameter is high, the second where the third is low."""
    seen = looks(lambda x: np.stack([2.0 * x[:, 1], 3.0 * x[:, 2] - 1.0], axis=1))
    emulators = Emulators(seen, [TWO_ENDS, LOWER_END], (0.3, 0.7), 200)
    at = np.array([[0.5, 0.2, 0.9], [0.5, 0.9, 0.9], [0.5, 0.9, 0.05], [0.5, 0.2, 0.05], [0.1, 0.2, 0.9]])
    assert emulators.missed(at) == pytest.approx([0.0, 1.0, 2.0, 1.0, 2.0], abs=0.1)


def test_the_error_of_an_emulator_is_that_at_points_it_has_not_seen() -> None:
    def values(shares: Floats) -> Floats:
        return np.sin(5.0 * shares[:, :1]) / 2.0 + 0.5 * shares[:, 1:2]

    fit = Emulators(looks(values), [TWO_ENDS], (0.3, 0.7), 200)._numbers
    fresh = np.random.default_rng(2).random((2000, 3)) * [0.4, 1.0, 1.0] + [0.3, 0.0, 0.0]
    noise = 0.1 * np.random.default_rng(3).standard_normal((2000, 1))
    unseen = np.sqrt(np.mean((fit(fresh) - values(fresh) - noise) ** 2))
    assert fit.errors[0] == pytest.approx(unseen, rel=0.2)


def test_what_is_outside_everywhere_steers_nothing() -> None:
    def missed(*hopeless: float) -> Floats:
        seen = looks(lambda x: np.stack([2.0 * x[:, 1], *(h + x[:, 2] for h in hopeless)], axis=1), noise=0.0)
        emulators = Emulators(seen, [TWO_ENDS] * (1 + len(hopeless)), (0.3, 0.7), 200)
        return emulators.missed(np.random.default_rng(3).uniform(0.35, 0.65, (50, 3)))

    assert missed(9.0) - missed() == pytest.approx(np.ones(50), abs=1e-3)


def test_what_could_not_be_computed_is_missed() -> None:
    seen = looks(lambda x: np.stack([1.5 - x[:, 1]], axis=1))
    seen.found[seen.shares[:, 1] > 0.5, :, 0] = math.nan
    low, high = Emulators(seen, [LOWER_END], (0.3, 0.7), 200).missed(
        np.array([[0.5, 0.1, 0.5], [0.5, 0.9, 0.5]])
    )
    assert low < 0.2 < 0.8 < high


# --- The search -------------------------------------------------------------------------------


def small_space(**changes: Any) -> Any:
    """A space with a search of a size for tests."""
    space = run.quick(read_space())
    return dataclasses.replace(space, search=space.search.model_copy(update=changes))


def nearest(shares: Floats, others: Floats) -> float:
    """How far points are from the nearest of others, in the median."""
    apart = np.sqrt(((shares[:, np.newaxis] - others) ** 2).sum(axis=-1))
    return float(np.median(np.where(apart == 0.0, INF, apart).min(axis=1)))


def ring(shares: Floats) -> Floats:
    """How far from the middle of the first two parameters: 1 at the box's sides."""
    return np.hypot(*(2.0 * shares[:, :2] - 1.0).T)


def test_points_are_drawn_alike_from_all_that_is_asked_for() -> None:
    """From a ring in the first two of twelve parameters: of all directions, and of all the others' values."""

    def missed(shares: Floats) -> Floats:
        return np.abs(ring(shares) - 0.8) * 10.0

    first, second = (draw(missed, 200, 12, 1.0, 400, np.random.default_rng(seed)) for seed in (1, 2))
    for drawn in (first, second):
        assert len(drawn) == 200 and drawn.min() >= 0.0 and drawn.max() <= 1.0
        assert missed(drawn).max() <= 1.0
        angle = np.arctan2(*(2.0 * drawn[:, :2] - 1.0).T) / (2.0 * math.pi) + 0.5
        for alike in (angle, *drawn[:, 2:].T):
            assert stats.kstest(alike, "uniform").statistic < 0.15
        # Alike by area: the share within the ring's middle radius is (.8^2 - .7^2) / (.9^2 - .7^2).
        assert np.mean(ring(drawn) < 0.8) == pytest.approx(0.47, abs=0.12)
    assert nearest(first, second) == pytest.approx(nearest(first, first), rel=0.05)


def planted(space: Any) -> Any:
    """A stand-in for the model: a ring, a banana, a number that is outside everywhere, and chance."""
    bands = [number.band for number in NUMBERS]
    low, wide = _scale(bands)
    two_ended = [at for at, band in enumerate(bands) if all(_binds(band))][:4]

    def stand_in(point: dict[str, float], level: Level, rest: Any = None) -> Any:
        shares = space.shares(point)
        u = 2.0 * shares - 1.0
        given = np.array(shares[4])
        if not 0.3 <= given <= 0.7:
            nothing = np.full((len(bands), 3), math.nan)
            return {"found": nothing, "excess": nothing[:, 0], "distance": np.array(INF), "given": given}
        noise = 0.4 / math.sqrt(level.replicates)
        places = np.full(len(bands), 0.5)
        places[two_ended] = [
            (math.hypot(u[0], u[1]) - 0.5) / 0.3,
            (u[2] - 1.5 * u[3] ** 2 + 0.3) / 0.4,
            0.5 + 3.0 * u[5:].mean(),
            5.0,
        ]
        places += noise * np.random.default_rng(level.seed).standard_normal(len(bands))
        values = low + wide * places
        half = 1.96 * noise * wide
        found = np.stack([values, values - half, values + half], axis=1)
        outside = [excess(Estimate(*f), b, level.most_chance) for f, b in zip(found, bands, strict=True)]
        distance = np.array(sum(penalty(x) for x in outside))
        return {"found": found, "excess": np.array(outside), "distance": distance, "given": given}

    return stand_in


PLANTED = [
    Stage(replicates=20, most_chance=1.0, points=250),
    Stage(replicates=60, most_chance=0.5, points=60),
]


def search_for_what_is_planted(folder: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> Any:
    space = small_space(
        first_points=600, waves=2, kept=0.2, steps=300, stages=PLANTED, population=60, confirm_replicates=200
    )
    monkeypatch.setattr(search, "evaluate", planted(space))
    return search.search(space, Worker(Memory(folder)), seed)


def test_two_searches_find_all_of_the_same_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In 23 parameters. A search by copies and steps collapsed here: .25 within, 1.3 between searches."""
    searches = [search_for_what_is_planted(tmp_path / str(seed), monkeypatch, seed) for seed in (1, 2)]
    first, second = (waves[-1].best(60) for waves in searches)
    for (drawn, *_, last), left in zip(searches, (first, second), strict=True):
        assert left.shape == (60, len(read_space().priors))
        assert np.median(last.distance) < np.median(drawn.distance[drawn.looks.is_whole]) - 0.5
        assert nearest(left, left) > 0.8
    for one, other in ((first, second), (second, first)):
        assert nearest(one, other) == pytest.approx(nearest(one, one), rel=0.1)
        assert is_within(one, other).mean() > 0.8
    assert not np.array_equal(first, second)


def test_each_point_has_its_own_luck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    space = small_space(first_points=20, waves=0)
    found = planted(space)

    def noting(point: dict[str, float], level: Level, rest: Any = None) -> Any:
        asked.append(level.seed)
        return found(point, level, rest)

    monkeypatch.setattr(search, "evaluate", noting)
    search.search(space, Worker(Memory(tmp_path)), 1)
    assert len(asked) == len(set(asked)) > 20


def test_a_search_that_was_interrupted_ends_as_it_would_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = [
        Stage(replicates=2, most_chance=1.0, points=20),
        Stage(replicates=3, most_chance=0.25, points=10),
    ]
    space = small_space(first_points=60, waves=2, kept=0.5, steps=50, stages=stages, population=10)
    found, asked = planted(space), 0

    def interrupted(*given: Any, **named: Any) -> Any:
        nonlocal asked
        asked += 1
        if asked == 65:
            raise KeyboardInterrupt
        return found(*given, **named)

    def go(folder: Path) -> Any:
        return search.search(space, Worker(Memory(folder)), 1)

    monkeypatch.setattr(search, "evaluate", found)
    whole = go(tmp_path / "whole")
    monkeypatch.setattr(search, "evaluate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        go(tmp_path / "broken")
    went_on = go(tmp_path / "broken")
    assert np.array_equal(went_on[-1].best(10), whole[-1].best(10))
    n_looks = sum(len(wave.distance) for wave in whole)
    assert asked == n_looks + 1  # nothing is looked at twice


def test_the_store_is_that_of_model_declarations_and_code(tmp_path: Path) -> None:
    space = read_space()
    assert run.store_of(tmp_path, space) == run.store_of(tmp_path, read_space())
    assert run.store_of(tmp_path, space) != run.store_of(tmp_path, run.quick(space))
    fewer = dataclasses.replace(space, priors=space.priors[1:])
    assert run.store_of(tmp_path, space) != run.store_of(tmp_path, fewer)


# --- From end to end, tiny --------------------------------------------------------------------


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A tuning of a few points of the real model, in this process."""
    return run.tune(run.quick(read_space()), Worker(Memory(tmp_path_factory.mktemp("store"))))


def test_a_tiny_tuning_from_end_to_end(outcome: Any, tmp_path: Path) -> None:
    write(outcome, tmp_path)
    tables = {"accepted.csv", "summary.toml", "results.md"}
    assert {file.name for file in tmp_path.iterdir()} == tables | {"figure.png", "parameters.png"}
    found = Points.read(tmp_path / "accepted.csv").rows()
    assert found == outcome.points
    assert found[0] == outcome.space.point(outcome.shares[outcome.chosen_row])
    assert sorted(outcome.rows) == sorted(outcome.accepted.rows)
    assert len(found) == len(outcome.accepted.rows) >= 2
    for point in found:
        Scenario.load("integrated-care").replace(dict(point))
    page = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert MODEL_VERSION in page
    assert all(f"| {number.pattern} | {number.band.what} |" in page for number in NUMBERS)
    assert all(f"`{path}`" in page for path in outcome.space.paths)
    assert all(f"`{path}` at" in page for path in ("trust.hope", "decision.exposure"))
    said = points.load_summary(tmp_path)
    assert said["accepted"] == len(found)
    assert said["chosen"] == outcome.chosen
    assert len(said["within_the_others_region"]) == 2
    asked = [k for k in range(len(NUMBERS)) if k not in outcome.accepted.given_up]
    for row in outcome.accepted.rows:
        assert not outcome.confirmed[row]["excess"][asked].any()


def test_points_are_out_of_date_when_the_model_changes(
    outcome: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.tuning.space.read_space", lambda: outcome.space)
    (tmp_path / "accepted.csv").write_text(
        "\n".join(",".join(map(str, row)) for row in point_rows(outcome)), encoding="utf-8"
    )
    said = summary(outcome)
    assert said["model"] == EQUATIONS
    assert said["declared"] == declared_hash(outcome.space)
    assert points.say_if_not_current(tmp_path) == "there are none yet"
    for key, words in (
        ("model", "not with the model as it is"),
        ("declared", "priors or bands have changed"),
        ("", ""),
    ):
        lines = [f'{name} = "{said[name] if name != key else "0" * 16}"' for name in ("model", "declared")]
        (tmp_path / "summary.toml").write_text("\n".join(lines), encoding="utf-8")
        now = points.say_if_not_current(tmp_path)
        assert words in now and bool(now) == bool(words)


def test_accepted_points_of_another_model_are_refused_with_what_mends_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(points, "say_if_not_current", lambda: "x")
    with pytest.raises(ScenarioError, match=r"accepted\.csv: x; make them again with `python -m exp"):
        Points.choose(None)
    other = tmp_path / "points.csv"
    other.write_text("place.reach\n0.3\n")
    assert Points.choose(other).n_points == 1


def test_points_are_of_the_places_that_were_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packaged places may change while the model's first number stands; comments do not count."""
    space = read_space()
    before = declared_hash(space)
    for added, is_same in (("# A comment.\n", True), ("luck = 0.5\n", False)):
        monkeypatch.setattr(
            "experiments.tuning.space.packaged_text", lambda name, added=added: added + packaged_text(name)
        )
        assert (declared_hash(space) == before) == is_same, added


def test_what_is_kept_is_small_and_is_of_this_model_or_says_that_it_is_not() -> None:
    folder = ROOT / "experiments" / "tuning"
    tables = [file for file in folder.iterdir() if file.suffix in (".csv", ".toml", ".md")]
    assert sum(file.stat().st_size for file in tables) < 200_000
    found, said, space = Points.read().rows(), points.load_summary(), read_space()
    assert said["accepted"] == len(found)
    assert len({tuple(point.values()) for point in found}) == len(found)
    assert list(said["chosen"]) == list(found[0])
    if points.say_if_not_current():
        return
    for point in found:
        assert list(point) == space.paths
        assert all(p.low <= point[p.path] <= p.high for p in space.priors)


# --- The defaults -----------------------------------------------------------------------------


def test_defaults_are_the_point_that_the_rule_chooses() -> None:
    """Rounded as the ends of accepted ranges are; what is not tuned is as it was in the searches."""
    declared = {row.path: row.default for row in parameters()}
    chosen = points.load_summary()["chosen"]
    assert chosen == Points.read().rows()[0]
    assert {path: declared[path] for path in chosen} == {
        path: float(f"{value:.{DIGITS}g}") for path, value in chosen.items()
    }
    assert (declared["trust.hope"], declared["decision.exposure"]) == (0.5, 0.15)


def test_what_is_tuned_says_so() -> None:
    tuned = set(read_space().paths)
    assert {row.path for row in parameters() if row.source.endswith("tuned")} == tuned


@pytest.mark.slow
def test_the_defaults_hold_what_the_accepted_points_hold() -> None:
    """With luck that neither the searches nor the choice has seen; they miss what was given up."""
    found = evaluate({}, Level(replicates=200, seed=4))
    missed = [number.name for number, miss in zip(NUMBERS, found["excess"], strict=True) if miss > 0.0]
    assert missed == points.load_summary()["given_up"]
