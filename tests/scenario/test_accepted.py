"""Where to vary: bounds that a plan leaves out are those of the accepted points, where these hold."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.points import ACCEPTED, Points, load_summary
from experiments.tuning import ranges
from partnersim.model.version import EQUATIONS
from partnersim.scenario import accepted
from partnersim.scenario.declared import parameters
from partnersim.scenario.errors import ScenarioError
from partnersim.sweep.parameters import Range
from partnersim.sweep.plan import Plan
from partnersim.sweep.run import run_sweep
from partnersim.sweep.store import Store

PATH = "decision.exposure"


def write(file: Path, **changes: Any) -> None:
    found = {"model": EQUATIONS, "points": 92, "low": 0.1, "high": 0.4} | changes
    file.write_text(
        f'model = "{found["model"]}"\npoints = {found["points"]}\n[ranges]\n'
        f'"{PATH}" = [{found["low"]}, {found["high"]}]\n"programme.n_simultaneous" = [2.0, 3.0]\n'
        '[held]\n"trust.hope" = [0.2, 0.9]\n',
        encoding="utf-8",
    )
    accepted.accepted_ranges.cache_clear()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file of accepted ranges in place of the package's."""
    monkeypatch.setattr(accepted, "FILE", tmp_path / "accepted.toml")
    write(accepted.FILE)
    yield accepted.FILE
    accepted.accepted_ranges.cache_clear()


def plan_of(**spread: Any) -> Plan:
    given = {"scenario": "two-organisations", "months": 12, "replicates": 2}
    design = {"type": "latin-hypercube", "points": 8}
    return Plan.make(given | {"design": design, "parameters": {PATH: spread, "trust.deeds": {}}})


def range_of(plan: Plan) -> tuple[float | None, float | None, str]:
    found = plan.parameters_by_path[PATH]
    return found.low, found.high, found.origin


def test_what_is_left_out_is_as_accepted(file: Path) -> None:
    assert range_of(plan_of()) == (0.1, 0.4, "accepted")
    assert range_of(plan_of(low=0.3)) == (0.3, 0.4, "accepted")
    assert range_of(plan_of(low=0.0, high=1.0)) == (0.0, 1.0, "given")
    assert range_of(plan_of(low=0.5)) == (0.5, 3.0, "declared")  # beyond all accepted points


def test_what_was_held_is_as_claims_were_asked_over(file: Path) -> None:
    plan = Plan.make(
        {"scenario": "two-organisations", "design": {"type": "sobol", "points": 8}}
        | {"parameters": {"trust.hope": {}}}
    )
    found = plan.parameters_by_path["trust.hope"]
    assert (found.low, found.high, found.origin) == (0.2, 0.9, "accepted")


def test_accepted_points_can_be_named_where_a_file_of_points_can() -> None:
    plan = Plan.make({"scenario": "two-organisations", "design": {"type": "table", "file": "accepted"}})
    points = Points.read()
    assert plan.points.n_points == points.n_points
    for path, values in points.columns.items():
        assert plan.table[path].tolist() == values.tolist()
    assert 'file = "accepted"' in plan.to_toml()
    assert Plan.loads(plan.to_toml(), "plan").sweep_id == plan.sweep_id


def test_accepted_points_of_another_model_are_refused(file: Path) -> None:
    write(file, model="0")
    with pytest.raises(ScenarioError, match="accepted: there are no such points, for accepted points are of"):
        Plan.make({"scenario": "two-organisations", "design": {"type": "table", "file": "accepted"}}).table  # noqa: B018 - read when asked for


def test_a_whole_number_stays_whole(file: Path) -> None:
    plan = Plan.make(
        {
            "scenario": "two-organisations",
            "design": {"type": "factorial"},
            "parameters": {"programme.n_simultaneous": {}},
        }
    )
    (block,) = plan.points.blocks()
    assert block["programme.n_simultaneous"].tolist() == [2, 3]


def test_notes_say_which_and_why(file: Path) -> None:
    by_evidence, as_declared = plan_of().notes
    assert by_evidence.endswith(f"within what the evidence accepts: {PATH}.")
    assert "the 92 accepted points do not set it: trust.deeds" in as_declared
    write(file, model="0")
    (note,) = plan_of().notes
    assert f"accepted points are of model 0, not of {EQUATIONS}: {PATH}, trust.deeds" in note
    file.unlink()
    accepted.accepted_ranges.cache_clear()
    assert range_of(plan_of()) == (0.0, 3.0, "declared")
    assert f"there are no accepted points of model {EQUATIONS}" in plan_of().notes[0]


def test_a_sweep_keeps_the_ranges_that_it_was_begun_with(file: Path, tmp_path: Path) -> None:
    plan = plan_of()
    run_sweep(plan, tmp_path / "sweep", engine="serial", extend={"replicates": 3})
    write(file, low=0.2, high=0.3)
    later = plan_of()
    assert later.sweep_id != plan.sweep_id
    store = Store.open(tmp_path / "sweep")
    assert store.sweep_id == plan.sweep_id and range_of(store.plan)[:2] == (0.1, 0.4)
    outcome = run_sweep(later, tmp_path / "sweep", engine="serial", extend={"replicates": 4})
    assert outcome.is_finished and outcome.n_done == 32
    with pytest.raises(ScenarioError, match="holds another sweep"):  # what the plan gives still counts
        run_sweep(plan_of(low=0.2), tmp_path / "sweep", engine="serial")


def test_a_damaged_file_is_named(file: Path) -> None:
    file.write_text('model = "2"\n', encoding="utf-8")
    accepted.accepted_ranges.cache_clear()
    with pytest.raises(ScenarioError, match=r"accepted\.toml"):
        plan_of()


# --- As the tuning writes them --------------------------------------------------------------------


def test_ranges_are_the_middle_of_the_accepted_points(tmp_path: Path, file: Path) -> None:
    rng = np.random.default_rng(1)
    rows = [
        f"{k},{x},{n}"
        for k, (x, n) in enumerate(zip(rng.uniform(0, 1, 101), [1, 2, 3] * 34, strict=False), 1)
    ]
    text = "\n".join(["point,trust.deeds,programme.n_simultaneous", *rows])
    (tmp_path / "accepted.csv").write_text(text, encoding="utf-8")
    (tmp_path / "summary.toml").write_text(f'model = "{EQUATIONS}"\n', encoding="utf-8")
    file.write_text(ranges.ranges_text(tmp_path), encoding="utf-8")
    accepted.accepted_ranges.cache_clear()
    found = accepted.accepted_ranges().ranges
    assert found["trust.deeds"] == pytest.approx((0.05, 0.95), abs=0.07)
    assert found["programme.n_simultaneous"] == (1.0, 3.0)


def test_what_is_packaged_is_what_the_accepted_points_say() -> None:
    """If not: python -m experiments.tuning.ranges."""
    if load_summary()["model"] != EQUATIONS:
        assert not accepted.FILE.exists() or accepted.accepted_ranges().ranges == {}
        return
    assert accepted.FILE.read_text("utf-8") == ranges.ranges_text(ACCEPTED.parent)
    declared = {row.path: row for row in parameters()}
    for path, (low, high) in accepted.accepted_ranges().ranges.items():
        assert declared[path].low <= low < high <= declared[path].high
        assert Range(low=low, high=high)
