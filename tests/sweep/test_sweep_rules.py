"""Rules of one's own in a sweep: compiled in every worker, named, and part of what it is."""

import json
from pathlib import Path

import pytest

import partnersim
from partnersim.scenario.errors import ScenarioError
from partnersim.sweep.plan import Plan, what_differs
from partnersim.sweep.run import run_sweep
from partnersim.sweep.store import Store
from tests.stores import columns_of, make_plan, read, run, store_of

RULE = """
GIVEN = 0.25

def give_a_share(state, p):
    for i in range(p.n):
        for layer in range(3):
            state.contribution[i, layer] = GIVEN * state.is_present[i]
        state.load[i] = 1.0
"""

HOW = {"decide": "mine.py:give_a_share"}


def plan_in(folder: Path, rule: str = RULE, rules: dict[str, str] | None = None) -> Plan:
    folder.mkdir(exist_ok=True)
    (folder / "mine.py").write_text(rule)
    plan = make_plan().model_dump(exclude_none=True)
    return Plan.make(plan | {"rules": HOW if rules is None else rules}, folder=folder)


def test_a_sweep_goes_by_the_rules_of_its_plan(tmp_path: Path) -> None:
    plan = plan_in(tmp_path / "plans")
    run(tmp_path / "sweep", plan)
    rows = read(tmp_path / "sweep")
    assert (rows["contribution"] == 0.25).all()
    # The same as the ensemble, bit for bit.
    point, base = rows["point"] == 3, rows["arm"] == "base"
    values = {path: column[3] for path, column in columns_of(plan).items()}
    scenario = plan.scenario_for("base", values)
    alone = partnersim.run(scenario, 6, seed=5, rules=plan.own_rules)
    for name in ("trust", "change_delivered", "cost"):
        assert rows.loc[point & base, name].tolist() == alone.measures[name].tolist()


@pytest.mark.slow
def test_worker_processes_take_them_up(tmp_path: Path) -> None:
    plan = plan_in(tmp_path / "plans")
    store_of(tmp_path / "sweep", plan)
    run_sweep(plan, tmp_path / "sweep", workers=2)
    assert (read(tmp_path / "sweep")["contribution"] == 0.25).all()


def test_rules_are_part_of_what_a_sweep_is_and_named_in_provenance(tmp_path: Path) -> None:
    plan = plan_in(tmp_path / "plans")
    edited = plan_in(tmp_path / "edited", RULE.replace("0.25", "0.75"))
    assert plan.sweep_id == plan_in(tmp_path / "again").sweep_id
    assert len({plan.sweep_id, edited.sweep_id, make_plan().sweep_id}) == 3
    assert any("rules" in line for line in what_differs(plan.identity(), edited.identity()))
    run(tmp_path / "sweep", plan)
    lines = (tmp_path / "sweep" / "provenance.jsonl").read_text().splitlines()
    assert json.loads(lines[0])["rules"]["decide"].startswith("mine.give_a_share (sha256 ")


def test_a_sweep_can_be_read_but_not_gone_on_with_without_its_rules(tmp_path: Path) -> None:
    plan = plan_in(tmp_path / "plans")
    run(tmp_path / "sweep", plan)
    (tmp_path / "plans" / "mine.py").unlink()
    assert len(read(tmp_path / "sweep")) == 16 * 2 * 6
    with pytest.raises(ScenarioError, match=r"rules\.decide: there is no Python file .*mine\.py"):
        run(tmp_path / "sweep", Store.open(tmp_path / "sweep").plan)


@pytest.mark.parametrize(
    ("rule", "rules", "message"),
    [
        (RULE, {"decide": "mine.py:give_a_shar"}, "has no function 'give_a_shar'.*give_a_share"),
        (RULE, {"decide": "other.py:give_a_share"}, "there is no Python file .*other.py"),
        (RULE, {"decide": "give_a_share"}, "there is no Python file"),
        (RULE, {"decid": "mine.py:give_a_share"}, "'decid' is no rule of the model.*decide"),
        ("1 / 0", HOW, "mine.py cannot be run: ZeroDivisionError"),
        (RULE.replace("state, p", "state"), HOW, "must take"),
    ],
)
def test_what_is_wrong_with_rules_is_said_before_anything_runs(
    tmp_path: Path, rule: str, rules: dict[str, str], message: str
) -> None:
    plan = plan_in(tmp_path / "plans", rule, rules)
    with pytest.raises(ScenarioError, match=message):
        run(tmp_path / "sweep", plan)


def test_a_rule_that_fails_makes_failed_runs_that_name_it(tmp_path: Path) -> None:
    plan = plan_in(tmp_path / "plans", RULE.replace("0.25", "1.5"))
    run(tmp_path / "sweep", plan)
    rows = read(tmp_path / "sweep")
    assert (rows["status"] == "failed").all()
    assert rows["message"].str.contains("rule 'decide' (mine.give_a_share)", regex=False).all()
