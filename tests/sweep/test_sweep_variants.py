"""Variants in a sweep: compiled in every worker, named, and part of what it is."""

import json
from pathlib import Path

import numpy as np
import pytest

import partnersim
from partnersim.scenario.errors import ScenarioError
from partnersim.sweep.designs import make_design
from partnersim.sweep.plan import Plan, what_differs
from partnersim.sweep.run import run_sweep
from partnersim.sweep.store import Store
from tests.stores import fingerprint, make_plan, read, run, store_of

OWN = """
GIVEN = 0.25

def give_a_share(i, layer, state, p):
    return GIVEN if p.decision.exposure < 0.45 else 1.5
"""
"""At points with the highest exposure it gives what nobody can give: there its runs fail."""

HOW = {"decide": "mine.py:give_a_share"}


def plan_in(folder: Path, own: str = OWN, variants: dict[str, str] | None = None) -> Plan:
    folder.mkdir(exist_ok=True)
    (folder / "mine.py").write_text(own)
    plan = make_plan().model_dump(exclude_none=True)
    return Plan.make(plan | {"variants": HOW if variants is None else variants}, folder=folder)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a plan and its sweep: to compile a variant takes ten seconds, so once for all."""
    folder = tmp_path_factory.mktemp("variants")
    run(folder / "sweep", plan_in(folder / "plans"))
    return folder


def test_a_sweep_goes_by_the_variants_of_its_plan(done: Path) -> None:
    plan, rows = plan_in(done / "plans"), read(done / "sweep")
    survived = (rows["survived"] == 1) & (rows["status"] == "ok")
    assert survived.mean() > 0.5
    assert np.allclose(rows["contribution"][survived], 0.25, atol=1e-4)  # towards which it has moved
    # The same as the ensemble, bit for bit.
    values = {path: column[3] for path, column in next(make_design(plan).blocks()).items()}
    assert values["decision.exposure"] < 0.45
    point, base = rows["point"] == 3, rows["arm"] == "base"
    scenario = plan.scenario_for("base", values)
    alone = partnersim.run(scenario, 6, seed=5, variants=plan.own_variants)
    for name in ("trust", "change_delivered", "cost"):
        assert rows.loc[point & base, name].tolist() == alone.measures[name].tolist()


def test_a_variant_that_fails_makes_failed_runs_that_name_it_and_costs_no_other(done: Path) -> None:
    rows = read(done / "sweep")
    failed = rows["status"] == "failed"
    exposed = next(make_design(plan_in(done / "plans")).blocks())["decision.exposure"] >= 0.45
    assert set(rows["point"][failed]) == set(np.flatnonzero(exposed)) != set()
    assert failed.sum() == exposed.sum() * 2 * 6
    said = rows["message"][failed].str
    assert said.contains("variant 'decide' (mine.give_a_share)", regex=False).all()


@pytest.mark.slow
def test_worker_processes_take_them_up(done: Path, tmp_path: Path) -> None:
    """One process: each compiles for itself, and shares nothing of it with another."""
    plan = plan_in(tmp_path / "plans")
    store_of(tmp_path / "sweep", plan)
    run_sweep(plan, tmp_path / "sweep", engine="processes", workers=1)
    assert fingerprint(tmp_path / "sweep") == fingerprint(done / "sweep")


def test_variants_are_part_of_what_a_sweep_is_and_named_in_provenance(done: Path, tmp_path: Path) -> None:
    plan = plan_in(tmp_path / "plans")
    edited = plan_in(tmp_path / "edited", OWN.replace("0.25", "0.75"))
    assert plan.sweep_id == plan_in(tmp_path / "again").sweep_id
    assert len({plan.sweep_id, edited.sweep_id, make_plan().sweep_id}) == 3
    assert any("variants" in line for line in what_differs(plan.identity(), edited.identity()))
    lines = (done / "sweep" / "provenance.jsonl").read_text().splitlines()
    assert json.loads(lines[0])["variants"]["decide"].startswith("mine.give_a_share (sha256 ")


def test_a_sweep_can_be_read_but_not_gone_on_with_without_its_variants(done: Path) -> None:
    program, gone = done / "plans" / "mine.py", done / "plans" / "gone"
    program.rename(gone)
    try:
        assert len(read(done / "sweep")) == 16 * 2 * 6
        with pytest.raises(ScenarioError, match=r"variants\.decide: there is no Python file .*mine\.py"):
            run(done / "sweep", Store.open(done / "sweep").plan)
    finally:
        gone.rename(program)


@pytest.mark.parametrize(
    ("own", "variants", "message"),
    [
        (OWN, {"decide": "mine.py:give_a_shar"}, "has no function 'give_a_shar'.*give_a_share"),
        (OWN, {"decide": "other.py:give_a_share"}, "there is no Python file .*other.py"),
        (OWN, {"decide": "give_a_share"}, "there is no Python file"),
        (OWN, {"decid": "mine.py:give_a_share"}, "'decid' is no slot of the model.*decide"),
        ("1 / 0", HOW, "mine.py cannot be run: ZeroDivisionError"),
        (OWN.replace("state, p", "state"), HOW, "must take"),
    ],
)
def test_what_is_wrong_with_variants_is_said_before_anything_runs(
    tmp_path: Path, own: str, variants: dict[str, str], message: str
) -> None:
    plan = plan_in(tmp_path / "plans", own, variants)
    with pytest.raises(ScenarioError, match=message):
        run(tmp_path / "sweep", plan)
