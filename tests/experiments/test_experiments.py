"""The experiments: bands and priors as declared, small versions, their pages and figures."""

import dataclasses
import json
import math
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyarrow import parquet

from experiments import rebuild
from experiments.patterns import run as patterns_run
from experiments.patterns.estimates import Estimate, correlation, estimate, ratio_of_means
from experiments.patterns.figure import position, verdict
from experiments.patterns.patterns import PATTERNS, Band, Look, largest_rise, left_alone, once
from experiments.report import collect
from experiments.screening import at_defaults, design, effects, report
from experiments.screening import run as screening_run
from partnersim.model.version import MODEL_VERSION
from partnersim.scenario.declared import parameters
from partnersim.scenario.scenario import Scenario
from tests.commands import printed_by
from tests.pages import ROOT, code_blocks

EXPERIMENTS = ROOT / "experiments"
TINY = Look(replicates=6, resamples=5)
BY_NAME = {pattern.name: pattern for pattern in PATTERNS}
INF = math.inf

BANDS = {
    ("A1", "share up"): (0.75, 1.0),
    ("A1", "demand avoided"): (-1.15, 1.15),
    ("A1", "correlation"): (-1.0, 0.3),
    ("A2", "median months"): (30.0, 60.0),
    ("A2", "first gain in a year"): (0.1, 1.0),
    ("A3", "correlation"): (0.2, 0.4),
    ("A4", "loss to gain at .5"): (1.05, INF),
    ("A4", "excess at the ends"): (-INF, 0.95),
    ("A5", "largest rise"): (-1.0, 0.005),
    ("A5", "year 5"): (0.05, 0.40),
    ("A6", "ratio"): (2.0, 3.0),
    ("A6", "rise"): (0.0, INF),
    ("A7", "effect"): (-1.0, 0.0),
    ("A7", "interaction"): (-1.0, 0.0),
    ("A8", "impartial"): (0.9, 1.1),
    ("A8", "half"): (-INF, 0.9),
    ("A9", "correlation"): (0.0, 1.0),
    ("A9", "after"): (-1.0, 0.0),
    ("A10", "level"): (-INF, 0.0),
    ("A10", "slope"): (-INF, 0.0),
    ("A11", "variation"): (1.5, INF),
    ("A12", "loss"): (-1.0, 0.0),
    ("A12", "ratio"): (0.0, 0.75),
    ("A13", "growth"): (11.0, 13.0),
}
"""As fixed before the first run. A band that is moved afterwards is no evidence."""


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


def test_there_are_thirteen_patterns_and_each_says_what_it_is() -> None:
    assert [p.name for p in PATTERNS] == [f"A{k}" for k in range(1, 14)]
    for pattern in PATTERNS:
        assert pattern.standing in {"set", "built in", "to compare"}
        texts = (pattern.title, pattern.fact, pattern.reading, pattern.fairness)
        assert all(texts) and all(band.what and band.why for band in pattern.bands.values())


def test_sources_of_patterns_are_in_the_references() -> None:
    text = (ROOT / "docs" / "references.bib").read_text(encoding="utf-8")
    known = set(re.findall(r"^@\w+\{([^,\s]+),", text, re.MULTILINE))
    assert {key for pattern in PATTERNS for key in pattern.sources} <= known
    assert "morris1991" in known


# --- Patterns: small versions -----------------------------------------------------------------


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_each_pattern_is_looked_for(pattern: Any) -> None:
    found = pattern.find(TINY)
    assert set(pattern.bands) <= set(found)
    assert all(isinstance(e, Estimate) and math.isfinite(e.value) for e in found.values())
    assert pattern.find(TINY) == found


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
    assert scenario.starting.commitment == scenario.commitment.alone
    assert not scenario.coordinators
    assert not scenario.mechanisms.small_wins


def test_a_dose_is_one_day_in_one_month() -> None:
    (dose,) = once(Scenario.load("drawn"), "joint_away_days").interventions
    assert (dose.lever, dose.value / 12, dose.to_month - dose.from_month) == ("joint_away_days", 1.0, 1)


def test_largest_rise_is_of_the_mean() -> None:
    years = np.array([[0.5, 0.4, 0.46], [0.5, 0.2, 0.18]]).T
    assert largest_rise(years) == pytest.approx(0.02)


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
    assert verdict(Estimate(*numbers), Band("x", 0.2, 0.4, "")) == words


@pytest.mark.parametrize(
    ("band", "value", "place"),
    [
        (Band("x", 0.2, 0.4, ""), 0.2, 0.0),
        (Band("x", 0.2, 0.4, ""), 0.5, 1.5),
        (Band("x", 1.5, INF, ""), 1.0, -0.5),
        (Band("x", 1.5, INF, ""), 9.0, 1.0),
        (Band("x", -INF, 0.0, "", span=2.0), 1.0, 1.5),
        (Band("x", -1.0, 0.0, "", span=0.05), -0.5, 0.0),
    ],
)
def test_places_on_the_figure(band: Band, value: float, place: float) -> None:
    assert position(value, band) == pytest.approx(place)


def test_page_table_and_figure_of_patterns_are_made(tmp_path: Path) -> None:
    found = synthetic()
    found["A3"]["correlation"] = Estimate(0.9, 0.8, 1.0)
    patterns_run.write(found, TINY, tmp_path)
    page = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert MODEL_VERSION in page
    assert "12 of 13 patterns" in page
    table = (tmp_path / "results.csv").read_text(encoding="utf-8").splitlines()
    assert len(table) == 1 + len(BANDS)
    assert (tmp_path / "figure.png").stat().st_size > 10_000


# --- Screening: what is moved -----------------------------------------------------------------


def as_declared(path: str) -> str:
    """A path of priors.toml as the reference of parameters has it."""
    for table, member in (("targets", "<number>"), ("organisations", "<name>"), ("coordinators", "<name>")):
        path = path.replace(f"{table}.*", f"{table}.{member}")
    return path


def test_every_number_is_moved_or_left_out_with_a_reason() -> None:
    numbers = {
        row.path
        for row in parameters()
        if row.low is not None or (isinstance(row.default, (int, float)) and row.default is not True)
        if not isinstance(row.default, bool)
    }
    moved = [as_declared(prior.path) for prior in design.read_priors()]
    left_out = design.read_left_out()
    assert len(moved) == len(set(moved))
    assert not set(moved) & set(left_out)
    assert numbers <= set(moved) | set(left_out)
    assert all(left_out.values())


def test_priors_hold_the_defaults_and_stay_within_what_is_legal() -> None:
    rows = {row.path: row for row in parameters()}
    for prior in design.read_priors():
        assert prior.low < prior.high, prior.path
        assert prior.why, prior.path
        if prior.how in ("set", "lead"):
            row = rows[as_declared(prior.path)]
            assert row.low is not None and row.high is not None
            assert row.low <= prior.low and prior.high <= row.high, prior.path
            # A coordinator stays by default to the end of whatever run.
            assert prior.low <= row.default <= prior.high or prior.path.endswith("to_month"), prior.path
        elif prior.how in ("scale", "spread"):
            assert prior.low <= 1.0 <= prior.high, prior.path
        elif prior.how == "add":
            assert prior.low <= 0.0 <= prior.high, prior.path


@pytest.mark.parametrize("share", [0.0, 1.0 / 3.0, 1.0])
def test_every_setting_is_valid_at_the_ends_of_all_priors(share: float) -> None:
    for setting in design.settings():
        priors = [prior for prior in design.read_priors() if setting.has(prior)]
        scenario = design.place(setting, priors, [share] * len(priors))
        assert scenario != setting.scenario


def prior_of(path: str) -> design.Prior:
    return next(prior for prior in design.read_priors() if prior.path == path)


def test_differences_between_organisations_stay_when_all_are_moved() -> None:
    place = Scenario.load("integrated-care")
    moved = place.replace(design.changes_of(prior_of("organisations.*.pressure"), 0.1, place))
    for before, after in zip(place.organisations, moved.organisations, strict=True):
        assert after.pressure == pytest.approx(before.pressure + 0.1)
    longer = place.replace(design.changes_of(prior_of("organisations.*.planning_horizon"), 2.0, place))
    assert [o.planning_horizon for o in longer.organisations] == [24, 48, 72, 48, 72, 24]


def test_what_is_moved_stays_within_what_is_declared() -> None:
    place = Scenario.load("integrated-care")
    changes = design.changes_of(prior_of("organisations.*.interdependence"), 0.5, place)
    assert set(changes.values()) == {1.0}
    cycles = design.changes_of(prior_of("organisations.*.targets.*.cycle_months"), 0.01, place)
    assert set(cycles.values()) == {1}
    assert all(isinstance(months, int) for months in cycles.values())


def test_spread_of_objectives() -> None:
    place = Scenario.load("integrated-care")
    prior = prior_of("organisations.*.objectives")
    same = place.replace(design.changes_of(prior, 1.0, place))
    alike = place.replace(design.changes_of(prior, 0.0, place))
    wider = place.replace(design.changes_of(prior, 1.2, place))
    for domain in place.domains:
        before = [o.objectives[domain] for o in place.organisations]
        assert [o.objectives[domain] for o in same.organisations] == pytest.approx(before)
        assert [o.objectives[domain] for o in alike.organisations] == pytest.approx(
            [np.mean(before)] * len(before)
        )
    hospital = wider.organisations[0].objectives
    assert sum(hospital.values()) == pytest.approx(1.0)
    assert hospital["urgent_care"] > 0.6


def test_a_switch_of_host_and_a_lead_name_the_first_organisation() -> None:
    place = Scenario.load("integrated-care").replace({"coordinators": [{"name": "ana"}]})
    host = prior_of("coordinators.*.host")
    assert design.changes_of(host, 1.0, place) == {"coordinators.ana.host": "hospital"}
    assert design.changes_of(host, 0.0, place) == {"coordinators.ana.host": ""}
    lead = design.changes_of(prior_of("lead.authority"), 0.4, place)
    assert lead == {"lead.organisation": "hospital", "lead.authority": 0.4}


def test_a_trajectory_moves_each_factor_once_by_two_levels() -> None:
    points, order = design.trajectory(20, np.random.default_rng(1))
    assert sorted(order) == list(range(20))
    steps = np.diff(points, axis=0)
    assert (np.count_nonzero(steps, axis=1) == 1).all()
    assert np.abs(steps[np.arange(20), order]) == pytest.approx(2.0 / 3.0)
    assert set(np.round(points.ravel() * 3)) <= {0, 1, 2, 3}


# --- Screening: effects -----------------------------------------------------------------------


def store_made_up(folder: Path, n: int = 30, replicates: int = 40) -> list[Path]:
    """Trajectories of a made-up model: up by 3, down by 2, nothing at all, and chance only."""
    rng = np.random.default_rng(1)
    files = []
    for number in range(n):
        points, order = design.trajectory(4, rng)
        luck = 0.5 * rng.normal(size=(design.N_LEVELS, replicates))
        rows = [3.0 * up - 2.0 * down + luck[round(3 * level)] for up, down, _, level in points]
        files.append(folder / f"{number}.npz")
        values = np.repeat(np.array(rows)[:, None], len(effects.MEASURES), axis=1)
        np.savez(files[-1], points=points, order=order, values=values)
    return files


def test_effects_of_a_linear_model_are_its_slopes(tmp_path: Path) -> None:
    paths = ("up", "down", "inert", "chance")
    found = effects.read_effects("made up", paths, store_made_up(tmp_path))
    assert found.mean[:, 0, 0] == pytest.approx(3.0)
    assert found.mean[:, 1, 0] == pytest.approx(-2.0)
    assert (found.moved[2] == 0.0).all() and (found.moved[3] == 1.0).all()
    rows = list(effects.rows_of(found))
    assert rows[0][:4] == ("made up", "up", "change_delivered", 3.0)
    sizes = effects.pool([found])
    assert sizes["up"]["trust"].in_sd == pytest.approx(3.0 / found.scale[0])
    assert sizes["up"]["trust"].direction == pytest.approx(1.0)
    assert sizes["down"]["trust"].direction == pytest.approx(-1.0)
    verdicts = {path: effects.verdict(sizes[path]) for path in paths}
    assert verdicts == {
        "up": "matters",
        "down": "matters",
        "inert": "moves nothing",
        "chance": "never seen to matter",
    }


def test_a_parameter_that_few_settings_have_is_pooled_over_those(tmp_path: Path) -> None:
    one = effects.read_effects("one", ("up", "down", "inert", "chance"), store_made_up(tmp_path))
    two = dataclasses.replace(one, setting="two", paths=("up", "down", "other", "chance"))
    sizes = effects.pool([one, two])
    assert list(sizes) == ["up", "down", "inert", "chance", "other"]
    assert sizes["other"]["cost"].in_sd == 0.0
    assert sizes["up"]["cost"].in_sd == pytest.approx(3.0 / one.scale[0])


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> screening_run.Extent:
    """Three numbers in one setting."""
    setting = design.settings()[2]
    chosen = ("decision.exposure", "organisations.*.pressure", "survey.noise")
    plans = [(setting, [prior_of(path) for path in chosen])]
    monkeypatch.setattr(screening_run.Extent, "plans", lambda self: plans)
    return screening_run.Extent(trajectories=2, replicates=2)


def test_what_was_run_is_not_run_again(
    small: screening_run.Extent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = screening_run.screen(small, tmp_path)
    files = sorted(tmp_path.rglob("*.npz"))
    assert len(files) == 2
    files[0].unlink()
    ran = []
    run_trajectory = screening_run.run_trajectory
    monkeypatch.setattr(
        screening_run, "run_trajectory", lambda *args: (ran.append(args[2]), run_trajectory(*args))
    )
    (again,) = screening_run.screen(small, tmp_path)
    assert ran == [0]
    assert np.array_equal(first.mean, again.mean)
    assert not list(tmp_path.rglob("*.part*"))


@pytest.mark.slow
def test_processes_of_their_own_change_nothing(small: screening_run.Extent, tmp_path: Path) -> None:
    (one,) = screening_run.screen(small, tmp_path / "one")
    (two,) = screening_run.screen(small, tmp_path / "two", workers=2)
    assert np.array_equal(one.mean, two.mean) and np.array_equal(one.error, two.error)


def test_survey_noise_moves_the_survey_alone(small: screening_run.Extent, tmp_path: Path) -> None:
    (found,) = screening_run.screen(small, tmp_path)
    moved = dict(zip(effects.MEASURES, found.moved[2], strict=True))
    assert moved.pop("perceived_joint_working") == 1.0
    assert set(moved.values()) == {0.0}
    assert found.moved[1].max() == 1.0


def test_pages_tables_and_figure_of_the_screening_are_made(tmp_path: Path) -> None:
    paths = ("decision.exposure", "ways_of_working.joint_away_days", "survey.noise", "trust.deeds")
    found = effects.read_effects("made up", paths, store_made_up(tmp_path))
    out = tmp_path / "out"
    report.write([found], [], 40, 60, out)
    page = (out / "results.md").read_text(encoding="utf-8")
    assert MODEL_VERSION in page
    never = page.split("## Moves nothing")[1].split("## ")[0]
    assert "`survey.noise`" in never and "`decision.exposure`" not in never
    table = parquet.read_table(out / "results.parquet")
    assert table.num_rows == len(paths) * len(effects.MEASURES)
    shares = dict(zip(table["parameter"].to_pylist(), table["moved"].to_pylist(), strict=True))
    assert shares["survey.noise"] == 0.0 and shares["decision.exposure"] == 1.0
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["made_from"]["model"] == MODEL_VERSION
    assert summary["made_from"]["n_runs"] == 30 * (len(paths) + 1) * 40
    assert (out / "figure.png").stat().st_size > 10_000


def test_one_at_a_time_from_the_defaults() -> None:
    setting = design.settings()[0]
    priors = [prior_of("survey.noise"), prior_of("place.demand_growth"), prior_of("vision.size")]
    changes = list(at_defaults.look([(setting, priors)], replicates=3))
    assert len(changes) == 3 * 2 * len(effects.MEASURES)
    by_key = {(c.parameter, c.value, c.measure): c.mean for c in changes}
    assert by_key["place.demand_growth", 0.0, "change_delivered"] == 0.0
    assert by_key["vision.size", 36.0, "change_delivered"] < 0.0
    assert by_key["vision.size", 9.0, "change_delivered"] > 0.0
    page = "\n".join(at_defaults.table(changes, ["vision.size", "trust.deeds"], ["trust"]))
    assert page.count("`vision.size` | 9 | 36 |") == 1 and "trust.deeds" not in page


def test_differences_of_the_essay_are_moved() -> None:
    assert set(report.DRIVERS) <= {prior.path for prior in design.read_priors()}


# --- Commands and what is kept ----------------------------------------------------------------


def commands() -> list[str]:
    """The lines of code blocks in the READMEs."""
    blocks = [
        block
        for page in sorted(EXPERIMENTS.rglob("README.md"))
        for block in code_blocks(page.read_text("utf-8"), "sh")
    ]
    return sorted({line for block in blocks for line in block.splitlines()})


@pytest.mark.slow
def test_commands_of_the_readmes_run_in_quick_mode(tmp_path: Path) -> None:
    """Each once, with --quick if it is not there; `make evidence-smoke` runs all of the claims."""
    lines = sorted({line.split(" --quick ")[0] for line in commands()})
    points = tmp_path / "points.csv"
    points.write_text("place.reach\n0.3\n0.4\n", encoding="utf-8")
    assert {line.split()[2] for line in lines} == {
        "experiments.claims.run",
        "experiments.patterns.run",
        "experiments.places.run",
        "experiments.screening.run",
        "experiments.tuning.reach",
        "experiments.tuning.run",
    }
    for number, line in enumerate(lines):
        program, *words = shlex.split(line)
        assert program == "python", line
        if words[-1] == "experiments.claims.run":
            assert words[-1] in {step.module for step in rebuild.quick_steps(tmp_path)}
            continue
        words += ["--quick", "--out", f"out-{number}"]
        if any(f"{name}.run" in line for name in ("claims", "places", "screening", "tuning")):
            words += ["--store", "store"]
        if "places" in line:
            words += ["--accepted", str(points)]
        printed_by(*words, folder=tmp_path)
        out = tmp_path / words[words.index("--out") + 1]
        written = {file.name for file in out.iterdir()}
        if "reach" in line:
            assert "reach.csv" in written
            continue
        if "claims" in line:  # a folder each
            assert "b7_coordinator" in written
            written = {file.name for file in (out / "b7_coordinator").iterdir()}
        assert {"results.md", "figure.png"} < written
        assert {"results.csv", "results.parquet", "summary.json", "summary.toml"} & written


def test_what_is_kept_is_small_and_says_on_what_it_was_made() -> None:
    for folder in (EXPERIMENTS / "patterns", EXPERIMENTS / "screening"):
        page = (folder / "results.md").read_text(encoding="utf-8")
        assert collect.MADE_WITH.search(page), folder
        assert (folder / "figure.png").stat().st_size < 300_000
