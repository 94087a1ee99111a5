"""The tuning: declarations, distance, rule, search and its store, accepted points."""

import dataclasses
import math
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import partnersim
from experiments import accepted
from experiments.patterns.estimates import Estimate
from experiments.patterns.patterns import DECLARED, PATTERNS, Band, Look, read_patterns
from experiments.patterns.runs import Runner
from experiments.provenance import say_if_out_of_date
from experiments.screening.design import read_priors
from experiments.tuning import evaluate as evaluation
from experiments.tuning import reach, run, search
from experiments.tuning.accept import TooFewError, accept, centre, front, in_conflict
from experiments.tuning.distance import excess, penalty, width
from experiments.tuning.evaluate import NUMBERS, Level, evaluate
from experiments.tuning.space import PRIORS, declared_hash, read_space
from experiments.tuning.store import Key, Row, Store
from partnersim.model.version import EQUATIONS, MODEL_VERSION
from partnersim.scenario.declared import parameters
from partnersim.scenario.errors import ScenarioError
from partnersim.scenario.files import packaged_text
from partnersim.scenario.paths import first_months
from partnersim.scenario.scenario import Scenario
from tests.commands import PATIENCE, printed_by
from tests.pages import ROOT

INF = math.inf
SMALL = Level(replicates=2, resamples=5)


# --- What is declared -------------------------------------------------------------------------


def changed(tmp_path: Path, file: Path, before: str, after: str) -> Path:
    """A copy of a file with one thing changed."""
    text = file.read_text(encoding="utf-8")
    assert before in text
    copy = tmp_path / file.name
    copy.write_text(text.replace(before, after, 1), encoding="utf-8")
    return copy


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("low = 0.75", "low = 1.75", "pattern.A1.number.1: low = 1.75: must be below high = 1.0"),
        ("low = 0.75", "lo = 0.75", "pattern.A1.number.1.lo = 0.75: no such key"),
        ("low = 0.75", 'low = "x"', "pattern.A1.number.1.low = 'x': must be a number"),
        ("low = 0.75", "low = = 3", "not TOML"),
        ("low = 1.05\n", "", "pattern.A4.number.1: low, high: both missing"),
        ('name = "A3"', 'name = "A33"', "name = 'A33': must be one of A1, A2"),
        ('standing = "set"', 'standing = "sett"', "pattern.A2.standing = 'sett': must be one of"),
        ('key = "share up"', 'key = "correlation"', "'correlation' stands twice"),
    ],
)
def test_faults_in_the_patterns_are_said(tmp_path: Path, before: str, after: str, said: str) -> None:
    file = changed(tmp_path, DECLARED, before, after)
    with pytest.raises(ScenarioError) as error:
        read_patterns(file)
    assert said in str(error.value)
    assert str(file) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('path = "vision.size"', 'path = "vision.sise"', "did you mean 'vision.size'?"),
        ('path = "vision.size"', 'path = "place.reach"', "path = 'place.reach': stands twice"),
        ('path = "vision.size"', 'path = "decision.rule"', "no number that can be set has this path"),
        ("high = 2.0", "high = 3.0", "low, high = 0, 3: must rise, and lie within 0 to 2"),
        ("high = 2.0", "high = 0.0", "low, high = 0, 0: must rise"),
        ("population = ", "population = 1", "must be at most first_points"),
        ("replicates = 60", "replicates = 20", "must rise from stage to stage"),
        ("seed = 1", "seed = 1.5", "search.seed = 1.5"),
        ("wanted", "wnated", "search.wnated"),
    ],
)
def test_faults_in_the_priors_are_said(tmp_path: Path, before: str, after: str, said: str) -> None:
    file = changed(tmp_path, PRIORS, before, after)
    with pytest.raises(ScenarioError) as error:
        read_space(file)
    assert said in str(error.value)
    assert str(file) in str(error.value)


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
    assert 10 <= len(space.priors) <= 16
    for prior in space.priors:
        assert prior.why, prior.path
        assert prior.low <= rows[prior.path].default <= prior.high, prior.path
        assert "morciano2021" not in rows[prior.path].source, prior.path
        own = {"programme.benefit_spread"}
        if prior.path not in own:
            assert (prior.low, prior.high) == (screened[prior.path].low, screened[prior.path].high)
    assert not set(space.paths) & {
        "place.demand_growth",
        "starting.contribution",
        "decision.own_view_weight",
        "decision.belief_weight",
        "survey.noise",
        "survey.avoidance_bonus",
    }


def test_points_are_run_as_they_are_written() -> None:
    space = read_space()
    rng = np.random.default_rng(1)
    for shares in rng.random((20, len(space.priors))):
        point = space.point(shares)
        assert point == {path: float(f"{value:.6g}") for path, value in point.items()}
        assert space.point(space.shares(point)) == point
        for family in {pattern.family for pattern in PATTERNS}:
            scenario = Scenario.load(family).replace(dict(point))
            assert scenario.vision.size == point["vision.size"]


# --- Runs at little cost ----------------------------------------------------------------------


def test_cheap_runs_are_those_of_the_model() -> None:
    place = Scenario.load("integrated-care")
    late = place.replace({"events": [{"type": "common_crisis", "month": 6}]})
    runner = Runner(seed=3, first=2, replicates=4)
    names = ("trust", "outcome")
    for scenario, months in ((place, 9), (late, 9), (late, 5), (Scenario.load("drawn"), 7)):
        found = runner.run(scenario, months, names)
        short = first_months(scenario, months)
        wanted = partnersim.run(short, 4, 3, first_replicate=2, series=names, workers=1).series
        for name in names:
            assert np.array_equal(found[name], wanted[name])


def test_what_is_kept_serves_its_own_scenario_alone() -> None:
    place = Scenario.load("integrated-care")
    other = place.replace({"trust.deeds": 0.3})
    fresh, kept = Runner(1, 0, 2), Runner(1, 0, 2)
    kept.keep(place, 12)
    for scenario, months in ((place, 6), (place, 12), (place, 14), (other, 6)):
        one = fresh.run(scenario, months, ["trust"])["trust"]
        assert np.array_equal(one, kept.run(scenario, months, ["trust"])["trust"])


def test_each_replicate_has_its_own_scenario_and_its_own_luck() -> None:
    places = [Scenario.load("integrated-care").replace({"vision.size": s}) for s in (9.0, 36.0)]
    found = Runner(1, 5, 2).run_each(places, 12, ["change_delivered"])["change_delivered"]
    for row, scenario in enumerate(places):
        alone = Runner(1, 5 + row, 1).run(scenario, 12, ["change_delivered"])["change_delivered"]
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
        (Band("x", 0.2, 0.4, ""), 0.2),
        (Band("x", -1.0, 0.3, "", span=0.5), 0.5),  # no correlation is lower than -1
        (Band("x", 1.5, INF, ""), 1.0),
        (Band("x", -INF, 0.0, "", span=2.0), 2.0),
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
    assert excess(estimate, Band("x", 0.2, 0.4, "")) == pytest.approx(tenths)


def test_more_chance_is_believed_of_few_replicates() -> None:
    band, found = Band("x", 0.2, 0.4, ""), Estimate(0.55, 0.3, 0.9)
    assert excess(found, band, 1.0) == 0.0
    assert excess(found, band, 0.0) == pytest.approx(7.5)


def test_penalties_count_what_is_missed() -> None:
    assert [penalty(x) for x in (0.0, 1.0, 3.0, INF)] == [0.0, 0.5, 0.75, 1.0]


def test_a_look_ends_when_the_distance_is_passed() -> None:
    whole = evaluate({}, SMALL)
    assert whole.is_whole
    assert whole.distance == pytest.approx(sum(penalty(x) for x in whole.excess))
    broken = evaluate({}, SMALL, most_distance=whole.distance / 2)
    assert not broken.is_whole
    assert whole.distance / 2 < broken.distance <= whole.distance
    seen = ~np.isnan(broken.excess)
    assert np.array_equal(broken.excess[seen], whole.excess[seen])


def test_all_numbers_are_looked_at_in_some_order() -> None:
    assert sorted(evaluation.ORDER) == sorted(pattern.name for pattern in PATTERNS)
    assert len(NUMBERS) == sum(len(pattern.bands) for pattern in PATTERNS)


# --- The rule ---------------------------------------------------------------------------------


def missed(*which: int, n: int = 4) -> list[float]:
    """The excess of a point that misses some of n numbers."""
    return [2.0 if k in which else 0.0 for k in range(n)]


def test_nothing_is_given_up_where_enough_points_hold_all() -> None:
    found = accept(np.array([missed(), missed(1), missed(), missed(0)]), 2)
    assert found.rows == (0, 2)
    assert found.given_up == ()


def test_as_few_bands_as_can_be_are_given_up() -> None:
    outside = np.array([missed(3), missed(3), missed(3, 1), missed(3, 0), missed(3, 0)])
    found = accept(outside, 2)  # nobody holds the last; two points hold all the others
    assert (found.rows, found.given_up) == ((0, 1), (3,))
    found = accept(outside, 3)  # giving up 0 leaves four, giving up 1 leaves three
    assert (found.rows, found.given_up) == ((0, 1, 3, 4), (0, 3))


def test_what_is_not_known_is_not_held() -> None:
    assert accept(np.array([missed(), [0.0, INF, 0.0, 0.0]]), 1).rows == (0,)


def test_too_few_points_are_refused() -> None:
    with pytest.raises(TooFewError, match="left only 1, and 2 are wanted"):
        accept(np.array([missed()]), 2)


def test_the_centre_is_by_each_ones_own_spread() -> None:
    # The second parameter hardly differs, so that a little of it is far.
    shares = np.array([[0.1, 0.5], [0.5, 0.52], [0.45, 0.5], [0.9, 0.5], [0.5, 0.48]])
    assert centre(shares) == 2


def test_conflicts_are_pairs_that_nobody_holds_both_of() -> None:
    outside = np.array([missed(0), missed(1), missed(0, 2)])
    assert in_conflict(outside, range(4)) == [(0, 1)]


def test_a_front_has_what_nobody_is_better_than_in_both() -> None:
    a, b = np.array([0.0, 1.0, 2.0, 1.0, 3.0]), np.array([5.0, 2.0, 3.0, 4.0, 0.0])
    assert front(a, b) == [0, 1, 4]


# --- The search -------------------------------------------------------------------------------


def flat(centre: float = 0.5, level_noise: float = 0.0) -> Any:
    """A stand-in for the model: distance from a place in the first two parameters."""

    space = read_space()

    def stand_in(point: dict[str, float], level: Level, most: float = INF) -> Any:
        first, second = list(point.values())[:2]
        apart = math.hypot(space.priors[0].share(first) - centre, space.priors[1].share(second) - centre)
        away = max(apart - 0.1, 0.0) + level_noise / level.replicates
        outside = np.zeros(len(NUMBERS))
        outside[0] = away
        return evaluation.Evaluation(np.zeros((len(NUMBERS), 3)), outside, away, True)

    return stand_in


def small_space(**changes: Any) -> Any:
    """A space with a search of a size for tests."""
    space = run.quick(read_space())
    return dataclasses.replace(space, search=space.search.model_copy(update=changes))


def doer(space: Any, folder: Path) -> search.Doer:
    """What does tasks in this process."""
    with search.open_engine(space, 1) as engine:
        return search.Doer(Store(folder), engine, lambda what: None)


def test_the_search_finds_the_place_and_fills_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "evaluate", flat())
    stages = [search_stage(2, 12), search_stage(4, 4)]
    space = small_space(first_points=200, population=60, stages=stages)
    found = search.search(space, doer(space, tmp_path))
    apart = np.hypot(*(found.shares[:, :2] - 0.5).T)
    assert found.distance.max() == 0.0
    assert apart.max() <= 0.1 + 1e-3
    assert len(np.unique(found.shares, axis=0)) >= 50  # one copy in twenty may not have moved
    # Within it all places are alike: so are, on average, what is free and what is not asked for.
    # Mean of a disc's distance from its middle is 2/3 of 0.1, standard deviation 0.024.
    assert np.mean(apart) == pytest.approx(0.0667, abs=4 * 0.024 / math.sqrt(60 / 4))
    assert found.shares[:, 2:].min() < 0.1 and found.shares[:, 2:].max() > 0.9
    distances = [g.most for g in found.generations if g.stage == 0]
    assert distances == sorted(distances, reverse=True)


def search_stage(replicates: int, generations: int) -> Any:
    from experiments.tuning.space import Stage

    return Stage(replicates=replicates, most_chance=0.25, generations=generations)


def test_mixing_spreads_what_nothing_was_asked_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "evaluate", flat())
    space = small_space()
    n, n_points = len(space.priors), 80
    one = np.full((n_points, n), 0.5)  # all descend from one
    population = search.Population(one.copy(), np.zeros(n_points), np.zeros(n_points))
    does = doer(space, tmp_path)
    for mixing in range(1, 7):
        search.mix(space, does, population, mixing, search.levels(space))
    assert population.distance.max() == 0.0
    apart = np.hypot(*(population.shares[:, :2] - 0.5).T)
    assert apart.max() <= 0.1 + 1e-3
    # 48 steps, each of one parameter in 16: (15/16)^48 = 4.5 % were never drawn.
    never = (population.shares[:, 2:] == 0.5).mean()
    assert never == pytest.approx(0.045, abs=4 * math.sqrt(0.045 / (80 * 14)))
    # The others are uniform: standard deviation 1/sqrt(12) = 0.289.
    drawn = population.shares[:, 2:][population.shares[:, 2:] != 0.5]
    assert drawn.std() == pytest.approx(0.289, abs=4 * 0.289 / math.sqrt(2 * len(drawn)))


def test_what_was_done_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "evaluate", flat(level_noise=0.1))
    space = small_space(first_points=20, population=10)
    whole = search.search(space, doer(space, tmp_path / "whole"))
    asked = []

    def interrupted(tasks: Any) -> Any:
        for task in tasks:
            if len(asked) == 33:
                raise KeyboardInterrupt
            asked.append(task.key)
            yield task, search.work(space, task)

    store = Store(tmp_path / "broken")
    with pytest.raises(KeyboardInterrupt):
        search.search(space, search.Doer(store, interrupted, lambda what: None))
    done = {key for key, rows in store.read().items() if rows}
    assert done == set(asked)
    again = doer(space, tmp_path / "broken")
    engine, begun = again.engine, []
    again.engine = lambda tasks: (begun.extend(t.key for t in tasks), engine(tasks))[1]
    found = search.search(space, again)
    assert not set(begun) & done
    assert np.array_equal(found.shares, whole.shares)
    assert np.array_equal(found.distance, whole.distance)


def test_a_later_stage_asks_for_the_first_look_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "evaluate", flat())
    space = small_space()
    first, later = Level(2), Level(3)
    start = np.full(len(space.priors), 0.5)
    task = search.Task(Key("move", 1, 1, 0), later, start, 30, 0.3 * np.eye(len(start)), 0.05, first, 0.1, 1)
    rows = search.work(space, task)
    assert {row.replicates for row in rows} == {2, 3}
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        if row.replicates == 2:
            assert not row.is_taken
            has_second = following is not None and following.replicates == 3
            assert has_second == (row.distance <= 0.1)
        else:
            assert row.is_taken == (row.distance <= 0.05)


def test_points_outside_the_priors_are_never_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "evaluate", flat())
    space = small_space()
    start = np.full(len(space.priors), 0.01)
    task = search.Task(Key("move", 0, 1, 0), SMALL, start, 50, np.eye(len(start)), seed=1)
    for row in search.work(space, task):
        assert row.shares.min() >= 0.0 and row.shares.max() <= 1.0


def test_stored_rows_come_back_as_they_were(tmp_path: Path) -> None:
    rows = [
        Row(
            np.array([0.25, 1.0]),
            20,
            INF,
            False,
            True,
            np.full((len(NUMBERS), 3), math.nan),
            np.full(len(NUMBERS), INF),
        )
    ]
    store = Store(tmp_path)
    store.add({Key("move", 1, 2, 3): rows})
    store.add({Key("move", 1, 2, 4): rows * 2, Key("move", 1, 2, 5): []})
    found = store.read()
    assert sorted(found) == [Key("move", 1, 2, 3), Key("move", 1, 2, 4)]
    (row,) = found[Key("move", 1, 2, 3)]
    assert row._replace(shares=0, found=0, excess=0) == rows[0]._replace(shares=0, found=0, excess=0)
    for one, other in zip(row[5:], rows[0][5:], strict=True):
        assert np.array_equal(one, other, equal_nan=True)


def test_the_store_is_that_of_model_declarations_and_code(tmp_path: Path) -> None:
    space = read_space()
    assert run.store_of(tmp_path, space) == run.store_of(tmp_path, read_space())
    assert run.store_of(tmp_path, space) != run.store_of(tmp_path, run.quick(space))
    fewer = dataclasses.replace(space, priors=space.priors[1:])
    assert run.store_of(tmp_path, space) != run.store_of(tmp_path, fewer)


# --- From end to end, tiny --------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a tiny tuning keeps what it has run."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def outcome(folder: Path) -> Any:
    """A tuning of a few points of the real model, in this process."""
    return run.tune(run.quick(read_space()), Store(folder), 1, lambda what: None)


def test_what_gives_the_same_numbers_is_taken_over(
    outcome: Any, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    store = Store(tmp_path / "new")
    run.carry_over(outcome.space, folder, store, told.append)
    assert len(told) == 2
    kept = {key for key, rows in outcome.results.items() if rows}
    assert set(store.read()) == kept
    fewer = dataclasses.replace(outcome.space, priors=outcome.space.priors[1:])
    with pytest.raises(run.OtherNumbersError, match="was not run with these priors"):
        run.carry_over(fewer, folder, store, told.append)
    monkeypatch.setattr(search, "evaluate", flat())
    with pytest.raises(run.OtherNumbersError, match="other numbers now"):
        run.carry_over(outcome.space, folder, Store(tmp_path / "none"), told.append)
    assert not Store(tmp_path / "none").read()


def test_a_tiny_tuning_from_end_to_end(outcome: Any, tmp_path: Path) -> None:
    from experiments.tuning.report import write

    write(outcome, tmp_path)
    names = {file.name for file in tmp_path.iterdir()}
    assert names == {
        "accepted.csv",
        "numbers.csv",
        "parameters.csv",
        "constraints.csv",
        "summary.toml",
        "results.md",
        "figure.png",
        "parameters.png",
        "trade-offs.png",
    }
    points = accepted.load(tmp_path)
    assert points == outcome.points
    assert points[0] == outcome.space.point(outcome.shares[outcome.chosen_from])
    assert sorted(outcome.rows) == list(outcome.accepted.rows)
    assert len(points) == len(outcome.accepted.rows) >= 2
    for point in points:
        Scenario.load("integrated-care").replace(dict(point))
    page = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert MODEL_VERSION in page
    assert all(f"| {number.pattern} | {number.band.what} |" in page for number in NUMBERS)
    assert all(f"`{path}`" in page for path in outcome.space.paths)
    summary = accepted.load_summary(tmp_path)
    assert summary["accepted"] == len(points)
    assert summary["chosen"] == outcome.chosen
    asked = [k for k in range(len(NUMBERS)) if k not in outcome.accepted.given_up]
    for row in outcome.accepted.rows:
        assert not outcome.confirmed[row].excess[asked].any()


def test_points_are_out_of_date_when_the_model_changes(
    outcome: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from experiments.tuning.report import point_rows, summary

    monkeypatch.setattr(accepted, "read_space", lambda: outcome.space)
    (tmp_path / "accepted.csv").write_text(
        "\n".join(",".join(map(str, row)) for row in point_rows(outcome)), encoding="utf-8"
    )
    said = summary(outcome)
    assert said["model"] == EQUATIONS
    assert said["declared"] == declared_hash(outcome.space)
    for key, words in (("model", "which is now"), ("declared", "priors or bands have changed")):
        lines = [
            f'{name} = "{value if name != key else "0" * 16}"'
            for name, value in said.items()
            if name in ("model", "declared")
        ]
        (tmp_path / "summary.toml").write_text("\n".join(lines), encoding="utf-8")
        assert not accepted.is_current(tmp_path)
        assert words in accepted.say_if_not_current(tmp_path)
    (tmp_path / "summary.toml").write_text(
        f'model = "{said["model"]}"\ndeclared = "{said["declared"]}"', encoding="utf-8"
    )
    assert accepted.is_current(tmp_path)
    assert accepted.say_if_not_current(tmp_path) == ""


def test_points_that_are_not_there_are_said(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"experiments\.tuning\.run"):
        accepted.load(tmp_path)


def test_points_are_of_the_places_that_were_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packaged places may change while the model's first number stands; comments do not count."""
    space = read_space()
    before = declared_hash(space)
    for added, is_same in (("# A comment.\n", True), ("luck = 0.5\n", False)):
        monkeypatch.setattr(
            "experiments.tuning.space.packaged_text", lambda name, added=added: added + packaged_text(name)
        )
        assert (declared_hash(space) == before) == is_same, added


def test_what_is_out_of_date_says_what_to_run() -> None:
    assert say_if_out_of_date(MODEL_VERSION, "make x") == ""
    assert say_if_out_of_date("abc", "make x", "abc") == ""
    said = say_if_out_of_date("abc", "make x")
    assert "abc" in said and MODEL_VERSION in said and "`make x`" in said


def test_reach_says_what_moves_what() -> None:
    (prior,) = [p for p in reach.candidates() if p.path == "place.reach"]
    rows = list(reach.rows([prior], SMALL._replace(replicates=20)))
    assert {row[3] for row in rows} <= {"A1", "A10", "A11"}
    (avoided,) = [row for row in rows if row[4] == "demand avoided"]
    low, high = float(avoided[7]), float(avoided[8])
    assert low < 0.0 < high


def test_what_is_kept_is_small_and_whole() -> None:
    folder = ROOT / "experiments" / "tuning"
    tables = [file for file in folder.iterdir() if file.suffix in (".csv", ".toml", ".md")]
    assert sum(file.stat().st_size for file in tables) < 200_000
    points = accepted.load()
    assert len(points) >= 50
    assert len({tuple(point.values()) for point in points}) == len(points)
    space = read_space()
    for point in points:
        assert list(point) == space.paths
        assert all(p.low <= point[p.path] <= p.high for p in space.priors)
    summary = accepted.load_summary()
    assert summary["accepted"] == len(points)
    assert list(summary["chosen"]) == space.paths


# --- Ctrl-C -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_interrupted_search_goes_on_where_it_was(tmp_path: Path) -> None:
    words = [
        "-m",
        "experiments.tuning.run",
        "--quick",
        "--workers",
        "2",
        "--store",
        str(tmp_path / "store"),
        "--out",
        str(tmp_path / "out"),
    ]
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    process = subprocess.Popen(
        [sys.executable, *words],
        cwd=tmp_path,
        env=env,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    assert "generation 1" in process.stderr.readline()
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 130
    assert "Traceback" not in said
    assert "goes on from here" in said
    (folder,) = (tmp_path / "store").iterdir()
    before = {file.name for file in folder.glob("*.parquet")}
    assert before
    printed_by(*words, folder=tmp_path)
    assert before < {file.name for file in folder.glob("*.parquet")}
    assert (tmp_path / "out" / "accepted.csv").exists()
