"""The screening: what is moved, effects, pages; and the commands of the READMEs."""

import dataclasses
import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments import rebuild
from experiments.engine.changes import as_declared
from experiments.engine.study import folders
from experiments.engine.work import Memory, Worker
from experiments.screening import design, effects, report
from experiments.screening import run as screening_run
from partnersim.model.version import MODEL_VERSION
from partnersim.scenario.declared import parameters
from partnersim.scenario.scenario import Scenario
from tests.pages import ROOT, code_blocks

EXPERIMENTS = ROOT / "experiments"

# --- Screening: what is moved -----------------------------------------------------------------


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
    drawn = Scenario.load("drawn")
    several = design.changes_of(prior_of("drawn.n_organisations"), 6.6, drawn)
    assert several == {"drawn.n_organisations": 7} and isinstance(several["drawn.n_organisations"], int)


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


def made_up_walks(n: int = 30, replicates: int = 40) -> list[dict[str, Any]]:
    """Trajectories of a made-up model: up by 3, down by 2, nothing at all, and chance only."""
    rng = np.random.default_rng(1)
    walks = []
    for _ in range(n):
        points, order = design.trajectory(4, rng)
        luck = 0.5 * rng.normal(size=(design.N_LEVELS, replicates))
        rows = [3.0 * up - 2.0 * down + luck[round(3 * level)] for up, down, _, level in points]
        values = np.repeat(np.array(rows)[:, None], len(effects.MEASURES), axis=1)
        walks.append({"points": points, "order": order, "values": values})
    return walks


def test_effects_of_a_linear_model_are_its_slopes() -> None:
    paths = ("up", "down", "inert", "chance")
    found = effects.read_effects("made up", paths, made_up_walks())
    assert found.mean[:, 0, 0] == pytest.approx(3.0)
    assert found.mean[:, 1, 0] == pytest.approx(-2.0)
    assert (found.moved[2] == 0.0).all() and (found.moved[3] == 1.0).all()
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


def test_a_parameter_that_few_settings_have_is_pooled_over_those() -> None:
    one = effects.read_effects("one", ("up", "down", "inert", "chance"), made_up_walks())
    two = dataclasses.replace(one, setting="two", paths=("up", "down", "other", "chance"))
    sizes = effects.pool([one, two])
    assert list(sizes) == ["up", "down", "inert", "chance", "other"]
    assert sizes["other"]["cost"].in_sd == 0.0
    assert sizes["up"]["cost"].in_sd == pytest.approx(3.0 / one.scale[0])


def test_growth_of_demand_moves_nothing_that_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three numbers in one setting."""
    chosen = ("decision.exposure", "organisations.*.pressure", "place.demand_growth")
    monkeypatch.setattr(screening_run, "plan", lambda setting: [prior_of(path) for path in chosen])
    extent = screening_run.Extent(trajectories=2, replicates=2, families=("two-organisations, c",))
    (found,) = screening_run.screen(extent, Worker(Memory(tmp_path)))
    assert set(found.moved[2]) == {0.0}
    assert found.moved[0].max() == found.moved[1].max() == 1.0


def test_page_table_and_figure_of_the_screening_are_made(tmp_path: Path) -> None:
    paths = ("decision.exposure", "ways_of_working.joint_away_days", "place.reach", "trust.deeds")
    found = effects.read_effects("made up", paths, made_up_walks())
    report.write([found], 40, tmp_path)
    page = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert MODEL_VERSION in page
    never = page.split("## Moves nothing")[1].split("## ")[0]
    assert "`place.reach`" in never and "`decision.exposure`" not in never
    table = (tmp_path / "sizes.csv").read_text(encoding="utf-8").splitlines()
    assert len(table) == 1 + len(paths) * len(effects.MEASURES)
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert summary["made_from"]["model"] == MODEL_VERSION
    assert summary["made_from"]["n_runs"] == 30 * (len(paths) + 1) * 40
    assert (tmp_path / "figure.png").stat().st_size > 10_000


def test_differences_of_the_essay_are_moved() -> None:
    assert set(report.DRIVERS) <= {prior.path for prior in design.read_priors()}


# --- Commands ---------------------------------------------------------------------------------


def commands() -> list[str]:
    """The lines of code blocks in the READMEs."""
    blocks = [
        block
        for page in sorted(EXPERIMENTS.rglob("README.md"))
        for block in code_blocks(page.read_text("utf-8"), "sh")
    ]
    return sorted({line for block in blocks for line in block.splitlines()})


def test_commands_of_the_readmes_are_those_that_a_quick_rebuild_runs(tmp_path: Path) -> None:
    """`make evidence-smoke` runs each of them; here their modules, options and names are looked at."""
    options = {module: set(words) for module, *words in rebuild.quick_steps(tmp_path)}
    modules = set()
    for line in commands():
        program, how, module, *words = shlex.split(line.split(" --out ")[0])
        assert (program, how) == ("python", "-m")
        names = {word for word in words if not word.startswith("--")}
        assert names <= (set(folders()) if module == "experiments.claims.run" else set())
        assert set(words) - names <= options[module]
        modules.add(module)
    assert modules == set(options) - {"experiments.report.build"}


def test_a_quick_rebuild_that_leaves_a_file_out_is_told(tmp_path: Path) -> None:
    assert {file.parent.name for file in rebuild.unwritten(tmp_path)} == {"tuning", *rebuild.RUN}
    for folder in (*("tuning", "patterns", "screening", "places"), "claims/b1", "claims/b2"):
        (tmp_path / folder).mkdir(parents=True)
        for name in ("results.md", "figure.png", "summary.json"):
            (tmp_path / folder / name).touch()
    assert rebuild.unwritten(tmp_path) == []
    (tmp_path / "claims" / "b2" / "summary.json").unlink()
    assert rebuild.unwritten(tmp_path) == [tmp_path / "claims" / "b2" / "summary.*"]
