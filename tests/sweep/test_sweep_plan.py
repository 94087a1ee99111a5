"""The plan of a sweep: read, checked, explained, and what it says of its identity and growth."""

import pickle
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from partnersim import Sweep
from partnersim.runs.measures import MEASURES
from partnersim.scenario.consistency import complaints
from partnersim.scenario.declarations import Section
from partnersim.scenario.declared import parameters
from partnersim.scenario.errors import ScenarioError
from partnersim.scenario.paths import FIT_TOGETHER, find_setting
from partnersim.scenario.reference import keys_markdown
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.translate import NAMES, READERS, READS, Translator, to_parameters
from partnersim.sweep import designs
from partnersim.sweep import plan as plans
from partnersim.sweep.parameters import Distribution, Range, Values
from partnersim.sweep.plan import Plan, PlanError, Precision, what_differs
from partnersim.sweep.worker import Simulator
from tests.pages import code_blocks
from tests.pages import read as read_page
from tests.stores import columns_of

EXPOSURE, DEEDS = "decision.exposure", "trust.deeds"
SKILL, HORIZON = "coordinators.Ana.skill", "organisations.council.planning_horizon"

PLAN = """\
scenario = "integrated-care"
months = 60
[design]
type = "sobol"
points = 64
[parameters]
"decision.exposure" = {}
"""

EXAMPLE = """\
scenario = "integrated-care"
replicates = 20
seed = 11
months = 60
[design]
type = "latin-hypercube"
points = 150
[parameters]
"ways_of_working.delegated_authority" = {low = 0.0, high = 1.0}
"organisations.council.planning_horizon" = {values = [12, 24, 48]}
[arms]
coordinator = {coordinators = [{name = "Ana"}]}
"""


def change(old: str, new: str) -> str:
    assert old in PLAN
    return PLAN.replace(old, new)


def read(text: str = PLAN, folder: Path | None = None) -> Plan:
    return Plan.loads(text, "plan.toml", folder)


def refusal(text: str, folder: Path | None = None) -> str:
    with pytest.raises(PlanError) as caught:
        read(text, folder)
    return str(caught.value)


# --- What can be said --------------------------------------------------------------------------


def test_a_plan_says_what_to_run() -> None:
    plan = read(EXAMPLE)
    assert (plan.replicates, plan.seed, plan.base.months) == (20, 11, 60)
    assert list(plan.arms_by_name) == ["base", "coordinator"]
    assert plan.arms_by_name["base"] == Scenario.load("integrated-care").replace(months=60)
    assert [c.name for c in plan.arms_by_name["coordinator"].coordinators] == ["Ana"]
    assert plan.measure_names == tuple(MEASURES)
    assert plan.luck_policy == "common"
    assert plan.text == EXAMPLE
    assert plan.points.n_points == 150
    assert [str(p.spread) for p in plan.parameters_by_path.values()] == ["0 to 1", "12, 24, 48"]


def test_a_plan_is_read_by_its_path_and_paths_in_it_start_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "place.toml").write_text(Scenario.load("two-organisations").to_toml())
    file = tmp_path / "plans" / "a.toml"
    file.write_text(change("integrated-care", "../place.toml"))
    monkeypatch.chdir("/")
    assert Plan.load(file).base.n_organisations == 2
    with pytest.raises(PlanError, match=r"none\.toml: there is no such file$"):
        Plan.load(tmp_path / "none.toml")
    with pytest.raises(PlanError, match="is a directory; give a plan file in it"):
        Plan.load(tmp_path)


def test_a_scenario_may_stand_in_the_plan() -> None:
    two = '[scenario]\norganisations = [{name = "a"}, {name = "b"}]\n'
    text = PLAN.replace('scenario = "integrated-care"\n', "") + two
    assert read(text).base.organisation_names == ["a", "b"]
    assert refusal(text + 'title = "x"\ntitel = "x"\n').endswith("did you mean 'title'?")


def test_a_dotted_key_may_do_without_quotes() -> None:
    plan = read(change('"decision.exposure" = {}', "decision.exposure = {low = 0.1}"))
    assert list(plan.parameters_by_path) == [EXPOSURE]
    arms = "[arms]\nx = {place.reach = 0.9}\n"
    # What is not named stays: it is not as by default, as a table in `replace` would have it.
    changed = read(PLAN + arms).arms_by_name["x"].place
    assert changed == read().base.place.model_copy(update={"reach": 0.9})


def test_an_arm_names_members_of_lists_and_replaces_weights() -> None:
    arms = """[arms.x]
organisations = {council = {pressure = 0.9, objectives = {prevention = 1.0}}}
"""
    council = read(PLAN + arms).arms_by_name["x"].organisations[2]
    assert council.name == "council"
    assert (council.pressure, council.objectives) == (0.9, {"prevention": 1.0})


def test_bounds_left_out_are_those_declared() -> None:
    by_path = read(
        change(
            '"decision.exposure" = {}',
            '"decision.exposure" = {low = 1}\n"trust.hope" = {}\n"decision.rule" = {}\n'
            '"mechanisms.bridging" = {}\ndummy = {}',
        )
    ).parameters_by_path
    ends = [(by_path[path].low, by_path[path].high) for path in (EXPOSURE, "trust.hope", "dummy")]
    assert ends == [(1, 3), (0, 1), (0, 1)]
    assert str(by_path["decision.rule"].spread) == "stake, conditional"
    assert str(by_path["mechanisms.bridging"].spread) == "False, True"
    kinds = [parameter.kind for parameter in by_path.values()]
    assert kinds == ["real", "real", "text", "flag", "real"]


def test_names_that_stand_for_a_table_can_be_varied() -> None:
    text = PLAN + '"coordinators.Ana.attention" = {values = ["balanced", "weakest-tie"]}\n'
    arms = '[arms]\nana = {coordinators = [{name = "Ana"}]}\n'
    plan = read(text + arms)
    scenario = plan.scenario_for("ana", {EXPOSURE: 0.5, "coordinators.Ana.attention": "weakest-tie"})
    assert scenario.coordinators[0].attention == "weakest-tie"


def test_arms_come_first_and_what_an_arm_lacks_is_left_out() -> None:
    plan = read(
        PLAN
        + '"coordinators.Ana.skill" = {}\n[arms]\n'
        + 'ana = {coordinators = [{name = "Ana"}], decision.exposure = 0.1}\n'
    )
    values = {EXPOSURE: 0.5, SKILL: 0.25}
    assert plan.scenario_for("ana", values).coordinators[0].skill == 0.25
    assert plan.scenario_for("ana", values).decision.exposure == 0.5
    assert plan.scenario_for("base", values).coordinators == []
    assert plan.parameters_by_path[SKILL].arms == ("ana",)
    assert "set the whole list" in refusal(PLAN + '"coordinators.Ana.skill" = {}\n')


def test_a_dummy_does_nothing() -> None:
    plan = read(PLAN + "dummy = {}\ndummy_2 = {low = 5, high = 6}\n")
    values = {EXPOSURE: 0.5, "dummy": 0.1, "dummy_2": 5.5}
    assert plan.scenario_for("base", values) == plan.base.replace({EXPOSURE: 0.5})
    assert plan.changes_for("base", values) == {EXPOSURE: 0.5}


def test_months_may_be_given_varied_or_left_to_the_scenario() -> None:
    assert read(change("months = 60\n", "")).base.months == 120
    plan = read(change("months = 60\n", "") + "months = {values = [12, 24]}\n")
    assert plan.scenario_for("base", {EXPOSURE: 0.5, "months": 24}).months == 24
    # What would begin after the end is left out, as in the command line.
    torbay = read(change("integrated-care", "torbay").replace("60", "24"))
    assert all(intervention.from_month < 24 for intervention in torbay.base.interventions)


@pytest.mark.parametrize(
    ("given", "stop_after"), [('"record"', None), ('"stop"', 1), ("{stop_after = 7}", 7)]
)
def test_failed_runs_are_recorded_or_stop_the_sweep(given: str, stop_after: int | None) -> None:
    assert read(f"on_error = {given}\n{PLAN}").stop_after == stop_after
    assert read().stop_after is None


def test_replicates_are_a_number_or_a_rule() -> None:
    fixed = read(f"replicates = 30\n{PLAN}")
    assert (fixed.floor_replicates, fixed.most_replicates, fixed.precision) == (30, 30, None)
    rule = "replicates = {half_width = {mean_speed = 0.01}, floor = 10, ceiling = 90}\n"
    plan = read(rule + PLAN)
    assert plan.precision == Precision(half_width={"mean_speed": 0.01}, floor=10, ceiling=90)
    assert (plan.floor_replicates, plan.most_replicates) == (10, 90)


def test_series_are_kept_of_some_runs() -> None:
    series = read('series = {names = ["trust"], runs = 3, points = 2}\n' + PLAN).series
    assert series
    kept = [(p, r) for p in range(4) for r in range(5) if series.keeps(p, r)]
    assert kept == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    every = read('series = {names = ["trust"]}\n' + PLAN).series
    assert every
    assert every.keeps(10**6, 0)
    assert not every.keeps(0, 1)


def test_luck_is_shared_by_base_row_in_a_saltelli_design() -> None:
    saltelli = 'type = "saltelli"\nbase'
    assert read(change('type = "sobol"\npoints', saltelli)).luck_policy == "base-row"
    own = change('type = "sobol"\npoints', saltelli)
    assert read('luck = "common"\n' + own).luck_policy == "common"
    assert "no base rows" not in refusal('luck = "base-row"\n' + PLAN)
    assert "only a saltelli or a morris design" in refusal('luck = "base-row"\n' + PLAN)


# --- What cannot be said -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('scenario = "integrated-care"\n', "", "scenario: missing; must be a name, a path or a"),
        ("integrated-care", "integrated-cure", "'integrated-cure': no packaged scenario has this"),
        ('"integrated-care"', "3", "scenario: must be a name or path in quotes, or a table"),
        ("months = 60", "months = 0", "months = 0: must be a whole number between 1 and 600"),
        ("months", "month", "month = 60: no such key; did you mean 'months'?"),
        ("months", "seed = -1\nmonths", "seed = -1: must be a whole number between 0 and 2^128"),
        ("months", "measures = [1]\nmonths", "measures.1 = 1: must be text in quotes"),
        ("[design]", "[variants]\ndecide = 1\n[design]", "variants.decide = 1: must be text in quotes"),
        ('exposure" = {}', 'exposure" = {distribution = 1}', ".distribution = 1: must be text in quotes"),
        ('"sobol"', f"0x{'f' * 5000}", "design.type = a huge number: a whole number has at most"),
        ('"integrated-care"', f'"{"x" * 300}"', "no packaged scenario has this name"),
        ("months", "replicates = 0\nmonths", "replicates = 0: must be a whole number between 1 "),
        (
            "months",
            "replicates = {half_width = {trst = 1}}\nmonths",
            "replicates: 'trst': there is no measure of this name; did you mean 'trust'?",
        ),
        (
            "months",
            'measures = ["trust"]\nreplicates = {half_width = {mean_speed = 1}}\nmonths',
            "replicates.half_width.mean_speed: is not among measures",
        ),
        (
            "months",
            "replicates = {half_width = {trust = 1}, floor = 9, ceiling = 8}\nmonths",
            "replicates: ceiling 8 is under floor 9",
        ),
        (
            "months",
            'measures = ["trst"]\nmonths',
            "measures: 'trst': there is no measure of this name; did you mean 'trust'?",
        ),
        ("months", 'measures = ["trust", "trust"]\nmonths', "'trust' is named twice"),
        ("months", 'series = {names = ["x"]}\nmonths', "series: 'x': there is no series of this name"),
        ("months", 'on_error = "halt"\nmonths', "on_error = 'halt': must be one of 'record', 's"),
        ("months", "on_error = {stop_after = 0}\nmonths", "on_error.stop_after = 0: must be a wh"),
        ("months", 'luck = "x"\nmonths', "luck = 'x': must be one of 'common', 'base-row', 'ind"),
        ("sobol", "sobal", "design.type = 'sobal': no such design; did you mean 'sobol'?"),
        ('type = "sobol"\n', "", "design.type: missing; must be one of 'factorial', 'one-at-a-t"),
        ("64", "65", "design.points: 65 is no power of two, and a Sobol' sequence is even only "),
        ("64", "1000", "take 512 or 1024"),
        ("points = 64\n", "", "design.points: missing; must be a whole number between 1 and 1073"),
        ('"sobol"\npoints = 64', '"saltelli"\nbase = 6', "design.base: 6 is no power of two"),
        ('"sobol"\npoints', '"morris"\nlevels = 5\ntrajectories', "design.levels: 5 is odd"),
        ("exposure", "exposur", "\"decision.exposur\": no such key; did you mean 'exposure'?"),
        ("decision.exposure", "organisations.counsil.pressure", "did you mean 'council'?"),
        ("decision.exposure", "drawn.n_organisations", "drawn is left out"),
        ("decision.exposure", "decision", "parameters.decision: is a table, and a parameter is a"),
        ("decision.exposure", "organisations.council.objectives", "is a table, and a parameter"),
        ("decision.exposure", "months", "months: is a parameter too; take it out of one of them"),
        ('"decision.exposure" = {}', "", "parameters: missing; give [parameters], such as"),
        ("{}", "3", '"decision.exposure" = 3: must be a table'),
        ("{}", "{low = 2, high = 1}", "low = 2 is above high = 1; low must be below high"),
        ("{}", "{low = 1, high = 1}", "low = 1 is equal to high = 1"),
        ("{}", "{low = -1}", ".low = -1: must be a number between 0 and 3 stake"),
        ("{}", "{high = 3.5}", ".high = 3.5: must be a number between 0 and 3 stake"),
        ("{}", "{hihg = 1}", ".hihg = 1: no such key; did you mean 'high'?"),
        ("{}", "{values = []}", ".values: is empty; give one value at least"),
        ("{}", "{values = [1, 1.0]}", ".values: 1.0 is given twice; each value once"),
        ("{}", "{values = [0.5, 9]}", ".values, 9: must be a number between 0 and 3 stake"),
        ("{}", '{values = ["0.5"]}', ".values, '0.5': must be a number between 0 and 3 stake, w"),
        ("{}", "{values = [true]}", ".values, true: must be a number between 0 and 3 stake"),
        ("{}", "{values = [[1]]}", ".values: each must be a single number, name or switch"),
        ('decision.exposure" = {}', 'programme.n_simultaneous" = {low = 1.5}', "must be a whole numb"),
        ('decision.exposure" = {}', 'programme.n_simultaneous" = {values = [1.0]}', "must be a whole "),
        ('decision.exposure" = {}', 'decision.rule" = {values = ["x"]}', "must be one of 'stake'"),
        ('decision.exposure" = {}', 'decision.rule" = {low = 1}', "has no low and high; give val"),
        ('decision.exposure" = {}', 'mechanisms.bridging" = {values = [1]}', "1: must be true or"),
        ("{}", '{distribution = "bta"}', "scipy.stats has none of this name; did you mean 'beta'"),
        ("{}", '{distribution = "beta", a = 2}', ".b: missing; beta takes a, b, loc, scale"),
        ("{}", '{distribution = "uniform", scal = 2}', ".scal: no argument of uniform; did you m"),
        ("{}", '{distribution = "beta", a = -1, b = 2}', "beta does not exist for a = -1, b = 2"),
        ("{}", '{distribution = "norm"}', "50.1% of norm lies outside what the path takes"),
        ('decision.exposure" = {}', 'decision.rule" = {distribution = "norm"}', "takes no numbers"),
        (
            "decision.exposure",
            "lead.authority",
            "parameters: lead.authority = 1.0: no lead.organisation is named",
        ),
        (
            "decision.exposure",
            "organisations.council.objectives.prevention",
            "the weights sum to 0.7; they must sum to 1",
        ),
        (
            '"decision.exposure" = {}',
            '"lead.organisation" = {values = ["hospital", "hospitl"]}',
            "lead.organisation = 'hospitl': no organisation of the scenario has this name",
        ),
        ("[parameters]", "[arms]\nbase = {}\n[parameters]", "arms: 'base' is the scenario as it "),
        ("[parameters]", "[arms]\nx = 3\n[parameters]", "arms.x = 3: must be a table, headed [ar"),
        (
            "[parameters]",
            "[arms]\nx = {decision.exposur = 1}\n[parameters]",
            "arms.x: decision.exposur = 1: no such key; did you mean 'exposure'?",
        ),
        (
            "[parameters]",
            "[arms]\nx = {months = 12}\n[parameters]",
            "arms.x: months = 12: base has 60; arms must be as long as base",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_what_would_be_right(
    old: str, new: str, expected: str
) -> None:
    said = refusal(change(old, new))
    assert said.startswith("plan.toml: ")
    assert expected in said
    assert len(said.splitlines()) <= 4


@pytest.mark.parametrize("text", ["", "x = ", "[[[", "scenario = 'a'\nscenario = 'b'", "a." * 99, "=A\x1b"])
def test_what_is_no_plan_is_refused_in_words(text: str) -> None:
    said = refusal(text)
    assert said.startswith("plan.toml: ")
    assert all(line.isprintable() for line in said.splitlines())


def test_more_points_than_can_be_numbered_are_refused_at_once() -> None:
    many = 'type = "factorial"\nlevels = 10000\n[parameters]\ndummy1 = {}\ndummy2 = {}\ndummy3 = {}'
    text = change('type = "sobol"\npoints = 64\n[parameters]', many)
    assert "points; at most 2^38 = 274,877,906,944 can be numbered" in refusal(text)


def test_a_plan_made_in_python_is_checked_alike() -> None:
    data = {"scenario": Scenario.load("drawn"), "design": {"type": "sobol", "points": 3}}
    with pytest.raises(PlanError, match=r"^plan: design\.points: 3 is no power of two"):
        Plan.make(data)
    data["design"] = {"type": "sobol", "points": 4}
    plan = Plan.make({**data, "parameters": {EXPOSURE: {}}})
    assert plan.text == plan.to_toml()


# --- Tables --------------------------------------------------------------------------------------

TABLE = 'scenario = "integrated-care"\nmonths = 60\n[design]\ntype = "table"\nfile = "points.csv"\n'


def in_table(folder: Path, text: str, plan: str = TABLE) -> str:
    """Write a table, and read the plan of it; what is refused."""
    (folder / "points.csv").write_text(text)
    try:
        read(plan, folder)
    except PlanError as error:
        return str(error)
    return ""


def test_a_table_gives_the_points(tmp_path: Path) -> None:
    text = f"{EXPOSURE},decision.rule,programme.n_simultaneous,mechanisms.bridging\n"
    text += "0.5,stake,2,true\n1,conditional,3,false\n"
    assert in_table(tmp_path, text) == ""
    columns = columns_of(read(TABLE, tmp_path))
    points = {path: column.tolist() for path, column in columns.items()}
    assert points == {
        EXPOSURE: [0.5, 1.0],
        "decision.rule": ["stake", "conditional"],
        "programme.n_simultaneous": [2, 3],
        "mechanisms.bridging": [True, False],
    }


def test_a_table_may_be_parquet_and_number_its_points(tmp_path: Path) -> None:
    frame = pd.DataFrame({"point": [0, 1, 2], EXPOSURE: [0.1, 0.2, 0.3], DEEDS: [1, 0, 1]})
    frame.to_parquet(tmp_path / "points.parquet")
    plan = read(TABLE.replace("csv", "parquet"), tmp_path)
    assert list(plan.parameters_by_path) == [EXPOSURE, DEEDS]
    np.testing.assert_array_equal(columns_of(plan)[DEEDS], [1.0, 0.0, 1.0])
    # Text may be a dictionary of text, as pandas and Arrow write few names.
    rules = pd.DataFrame({"decision.rule": pd.Categorical(["stake", "conditional"])})
    rules.to_parquet(tmp_path / "rules.parquet")
    of_rules = read(TABLE.replace("points.csv", "rules.parquet"), tmp_path)
    assert of_rules.table["decision.rule"].tolist() == ["stake", "conditional"]
    # The same points in another file, numbered otherwise or not at all, are the same sweep.
    for same in (frame.drop(columns="point"), frame.assign(point=[1, 2, 3])):
        same.to_csv(tmp_path / "points.csv", index=False)
        assert read(TABLE, tmp_path).sweep_id == plan.sweep_id


FRAME = pd.DataFrame({EXPOSURE: [0.1, 0.2, 0.3], "programme.n_simultaneous": [1, 2, 3]}, index=[7, 8, 9])
SOBOL = {"type": "sobol", "points": 4}


@pytest.mark.parametrize("make", ["pandas", "polars", "pyarrow", "numpy"])
def test_points_may_be_a_table_of_python(tmp_path: Path, make: str) -> None:
    FRAME.to_csv(tmp_path / "points.csv", index=False)
    points: Any = FRAME
    if make == "polars":
        points = pytest.importorskip("polars").DataFrame(FRAME.to_dict("list"))
    elif make == "pyarrow":
        points = pa.Table.from_pandas(FRAME)
    elif make == "numpy":
        points = {name: column.to_numpy() for name, column in FRAME.items()}
    data = {"scenario": "integrated-care", "months": 60, "design": {"type": "table", "points": points}}
    plan = Plan.make(data)
    assert plan.sweep_id == read(TABLE, tmp_path).sweep_id
    assert read(plan.to_toml()).sweep_id == plan.sweep_id
    sweep = Sweep.run(Plan.make(data | {"months": 12, "replicates": 1}), tmp_path / "s", engine="serial")
    assert Plan.load(tmp_path / "s" / "plan.toml").sweep_id == sweep.plan.sweep_id
    assert sweep.design.to_pandas()["programme.n_simultaneous"].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ({"replicates": np.int64(3)}, {"replicates": 3}),
        ({"design": {"type": "sobol", "points": np.int32(4)}}, {}),
        ({"months": np.arange(60, 61)[0], "seed": np.uint8(2)}, {"months": 60, "seed": 2}),
        (
            {"parameters": {EXPOSURE: {"values": np.linspace(0, 1, 3)}}},
            {"parameters": {EXPOSURE: {"values": [0.0, 0.5, 1.0]}}},
        ),
        (
            {"parameters": {EXPOSURE: {"low": np.float32(0.5), "high": np.float64(1)}}},
            {"parameters": {EXPOSURE: {"low": 0.5, "high": 1.0}}},
        ),
        (
            {"parameters": {EXPOSURE: {"values": pd.Series([0.5, 1])}}, "measures": ("trust",)},
            {"parameters": {EXPOSURE: {"values": [0.5, 1.0]}}, "measures": ["trust"]},
        ),
        ({"arms": {"much": {DEEDS: np.float64(1)}}}, {"arms": {"much": {DEEDS: 1.0}}}),
        ({"scenario": Path("place.toml")}, {"scenario": "place.toml"}),
    ],
)
def test_plain_values_stand_for_what_python_gives(
    tmp_path: Path, given: dict[str, Any], plain: dict[str, Any]
) -> None:
    (tmp_path / "place.toml").write_text(Scenario.load("integrated-care").to_toml())
    whole = {"scenario": "integrated-care", "design": SOBOL, "parameters": {EXPOSURE: {}}}
    plans = [Plan.make(whole | changes, folder=tmp_path) for changes in (given, plain)]
    assert plans[0].to_toml() == plans[1].to_toml()


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({}, "design: a table is given by file or by points"),
        ({"file": "points.csv", "points": {EXPOSURE: [1]}}, "design: a table is given by file or by points"),
        ({"points": {EXPOSURE: [1, "a"]}}, "design.points: "),
        ({"points": {EXPOSURE: [1, 2], DEEDS: [1]}}, "design.points: "),
        ({"points": FRAME.assign(**{EXPOSURE: 4.0})}, f"design.points, column '{EXPOSURE}', row 1 = 4"),
    ],
)
def test_what_is_wrong_with_points_of_a_plan_is_said(table: dict[str, Any], expected: str) -> None:
    with pytest.raises(PlanError) as refused:
        Plan.make({"scenario": "integrated-care", "design": {"type": "table", **table}})
    assert str(refused.value).startswith(f"plan: {expected}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{EXPOSURE}\n", "points.csv: has no rows"),
        (f"{EXPOSURE},{EXPOSURE}\n1,2\n", f"two columns are named '{EXPOSURE}'"),
        (f"{EXPOSURE},exposure\n1,2\n", "parameters.exposure: no such key"),
        (f"{EXPOSURE},{DEEDS}\n1,0.5\n1,\n", f"column '{DEEDS}', row 2: has no value"),
        (f"{EXPOSURE}\n1\nnan\n", f"column '{EXPOSURE}', row 2"),
        ("dummy\n1\ninf\n", "column 'dummy', row 2 = inf"),
        (f"{EXPOSURE}\n1\n3.5\n", "row 2 = 3.5: must be between 0 and 3"),
        (f"{EXPOSURE}\na\nb\n", "must hold numbers, and there is 'a'"),
        ("programme.n_simultaneous\n1.5\n", "must hold whole numbers, and there is 1.5"),
        ("mechanisms.bridging\n1\n", "must hold true and false"),
        (f"{EXPOSURE},{DEEDS}\n1,0.5\n1,0.4\n1,0.5\n", "row 3: is a point that an earlier row has"),
        (f"point,{EXPOSURE}\n2,0.5\n3,0.6\n", "column 'point' must count the rows, from 0 or 1"),
        (f"{EXPOSURE},{DEEDS}\n1,0.5,3\n", "Expected 2 columns, got 3"),
        ("lead.organisation\nhospitl\n", "lead.organisation = 'hospitl'"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path: Path, text: str, expected: str) -> None:
    said = in_table(tmp_path, text)
    assert said.startswith("plan.toml: ")
    assert expected in said


def test_parameters_beside_a_table_are_its_columns(tmp_path: Path) -> None:
    names = f'[parameters]\n"{EXPOSURE}" = {{}}\n"{DEEDS}" = {{}}\n'
    assert in_table(tmp_path, f"{EXPOSURE},{DEEDS}\n1,0.5\n", TABLE + names) == ""
    missing = in_table(tmp_path, f"{EXPOSURE}\n1\n", TABLE + names)
    assert f"column '{DEEDS}' is missing" in missing
    unknown = in_table(tmp_path, f"{EXPOSURE},{DEEDS},trust.dees\n1,1,1\n", TABLE + names)
    assert f"column 'trust.dees' is none of [parameters]; did you mean '{DEEDS}'?" in unknown
    bounds = in_table(tmp_path, f"{EXPOSURE}\n1\n", TABLE + "[parameters]\ndummy = {low = 1}\n")
    assert "the table gives its values" in bounds


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("none.csv", "none.csv: there is no such file"),
        ("points.xlsx", "points.xlsx: must end in .csv or .parquet"),
        ("bad.parquet", "bad.parquet: "),
        ("folder.csv", "folder.csv: is a directory; give a points file in it"),
    ],
)
def test_a_table_that_cannot_be_read_is_named(tmp_path: Path, file: str, expected: str) -> None:
    (tmp_path / "bad.parquet").write_text("no parquet")
    (tmp_path / "folder.csv").mkdir()
    assert expected in refusal(TABLE.replace("points.csv", file), tmp_path)


# --- Identity, growth, writing -------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        PLAN,
        EXAMPLE,
        'on_error = {stop_after = 3}\nluck = "independent"\n' + PLAN,
        'measures = ["trust"]\nreplicates = {half_width = {trust = 0.1}}\n' + PLAN,
        'series = {names = ["trust", "speed"], runs = 2}\n' + PLAN,
        change("{}", '{distribution = "beta", a = 2, b = 3}') + "dummy = {}\n",
        change('type = "sobol"\npoints', 'type = "saltelli"\ngroups = {a = ["dummy"]}\nbase')
        + "dummy = {}\n",
        PLAN + '[arms]\n"b c" = {drawn.n_organisations = 3, organisations = []}\n',
    ],
)
def test_a_plan_written_out_stands_alone_and_is_the_same_sweep(text: str) -> None:
    plan = read(text)
    again = read(plan.to_toml())
    assert again.sweep_id == plan.sweep_id
    assert again.identity() == plan.identity()
    assert again.growth() == plan.growth()
    assert (again.on_error, again.luck_policy) == (plan.on_error, plan.luck_policy)
    assert again.to_toml() == plan.to_toml()


def test_a_plan_goes_to_other_processes() -> None:
    plan = read(EXAMPLE)
    there = pickle.loads(pickle.dumps(plan))
    assert there == plan
    assert (there.sweep_id, there.text) == (plan.sweep_id, plan.text)


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ("integrated-care", "two-organisations", "scenario.organisations"),
        ("months = 60", "months = 61", "scenario.months: 60 in the store, 61 in the plan"),
        ("[design]", "seed = 2\n[design]", "seed: 1 in the store, 2 in the plan"),
        ("[design]", 'luck = "independent"\n[design]', 'luck: "common" in the store, "indep'),
        ("[design]", 'measures = ["trust"]\n[design]', "measures: "),
        ("[design]", 'series = {names = ["trust"]}\n[design]', "series.names: left out in"),
        ('"sobol"', '"latin-hypercube"', 'design.type: "sobol" in the store, "latin-hy'),
        ("{}", "{high = 2}", "parameters.decision.exposure.high: 0.3 in the store, 2.0 in"),
        ("[parameters]", "[parameters]\ndummy = {}", "parameters.dummy.low: left out in"),
        ("[parameters]", "[arms]\nx = {decision.sharpness = 9.0}\n[parameters]", "arms.x.dec"),
    ],
)
def test_what_decides_the_numbers_is_the_identity(old: str, new: str, difference: str) -> None:
    plan, other = read(), read(change(old, new))
    assert plan.sweep_id != other.sweep_id
    assert any(line.startswith(difference) for line in what_differs(plan.identity(), other.identity()))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("64", "128"),
        ("months", "replicates = 50\nmonths"),
        ("months", 'on_error = "stop"\nmonths'),
        ("{}", "{low = 0.05, high = 0.3}"),
        ('"decision.exposure" = {}', "decision.exposure = {}"),
        ("months", 'luck = "common"\nmonths'),
    ],
)
def test_what_only_grows_or_is_said_otherwise_is_the_same_sweep(old: str, new: str) -> None:
    plan, other = read(), read(change(old, new))
    assert plan.sweep_id == other.sweep_id
    assert what_differs(plan.identity(), other.identity()) == []


def test_the_order_of_parameters_decides_the_points() -> None:
    plan = read(PLAN + '"trust.deeds" = {}\n')
    other = read(change("[parameters]", '[parameters]\n"trust.deeds" = {}'))
    assert plan.sweep_id != other.sweep_id
    (said,) = what_differs(plan.identity(), other.identity())
    assert said.startswith("order of parameters")


def test_a_plan_grows_and_does_not_shrink() -> None:
    plan = read()
    assert plan.growth() == {"replicates": 20, "points": 64}
    grown = plan.grown({"replicates": 50, "points": 128})
    assert grown.growth() == {"replicates": 50, "points": 128}
    assert grown.sweep_id == plan.sweep_id
    for changes, words in (
        ({"replicates": 19}, "replicates = 19: there are 20 already"),
        ({"points": 96}, "96 is no power of two"),
        ({"base": 128}, "base = 128: cannot grow in a sobol design; replicates and points can"),
    ):
        with pytest.raises(PlanError, match=words):
            plan.grown(changes)
    with pytest.raises(PlanError, match="replicates can"):
        read(EXAMPLE).grown({"points": 300})
    rule = read("replicates = {half_width = {trust = 0.1}, ceiling = 90}\n" + PLAN)
    assert rule.growth()["replicates"]["ceiling"] == 90
    assert rule.grown({"replicates": 200}).replicates == 200


# --- From point to record ------------------------------------------------------------------------


def points_of(plan: Plan, n: int) -> list[dict[str, Any]]:
    columns = columns_of(plan)
    return [{path: column[at] for path, column in columns.items()} for at in range(n)]


def test_a_point_is_made_ready_as_if_it_were_the_only_one() -> None:
    plan = read(EXAMPLE.replace("[arms]", '"coordinators.Ana.skill" = {}\n"emergence.rate" = {}\n[arms]'))
    maker = Simulator(plan, lambda *_: [])
    for values in points_of(plan, 12):
        for arm in plan.arms_by_name:
            scenario = plan.arms_by_name[arm].replace(plan.changes_for(arm, values))
            assert maker.make(arm, values).tobytes() == to_parameters(scenario).tobytes()


def test_a_point_that_does_not_fit_together_harms_no_other() -> None:
    plan = read(PLAN)
    maker = Simulator(plan, lambda *_: [])
    before = maker.make("base", {EXPOSURE: 0.5}).tobytes()
    with pytest.raises(ScenarioError, match=r"decision\.exposure = 7\.0"):
        maker.make("base", {EXPOSURE: 7.0})
    assert maker.make("base", {EXPOSURE: 0.5}).tobytes() == before


def test_a_translation_that_is_broken_off_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(scenario: Scenario) -> dict[str, Any]:
        raise KeyboardInterrupt

    base = Scenario.load("drawn")
    translator = Translator()
    translator.write(base)
    with monkeypatch.context() as patch:
        patch.setitem(READERS, "decision", [*READERS["decision"], stop])
        with pytest.raises(KeyboardInterrupt):
            translator.write(base.replace({EXPOSURE: 0.7}))
    assert translator.write(base).tobytes() == to_parameters(base).tobytes()


def scalars() -> list[tuple[str, Any]]:
    """Everything in the largest packaged scenario that is a single number or switch."""
    scenario = Scenario.load("torbay")
    found = []
    for row in parameters():
        path = row.path
        for section, name in (
            ("organisations", scenario.organisations[0].name),
            ("coordinators", scenario.coordinators[0].name if scenario.coordinators else ""),
        ):
            path = path.replace(f"{section}.<name>", f"{section}.{name}") if name else path
        path = path.replace("<number>", "1")
        if "<" not in path and row.low is not None and row.path != "format":
            found.append((path, row))
    return found


@pytest.mark.parametrize("name", ["torbay", "drawn", "integrated-care"])
def test_what_is_changed_by_parts_is_changed_as_a_whole(name: str) -> None:
    base = Scenario.load(name)
    translator = Translator()
    n_tried = 0
    for path, row in scalars():
        for value in (row.low, row.high):
            whole = isinstance(row.default, int) and not isinstance(row.default, float)
            try:
                changed = base.replace({path: int(value) if whole else float(value)})
            except ScenarioError:
                continue  # it has no such part, or the value does not fit the rest
            n_tried += 1
            assert find_setting(changed, path).value == value
            assert changed == Scenario.model_validate(changed.model_dump())
            for scenario in (base, changed):
                written = translator.write(scenario)
                assert written.tobytes() == to_parameters(scenario).tobytes(), path
    assert n_tried > 90


@pytest.mark.parametrize("part", READS.values(), ids=lambda part: "-".join(part)[:40])
def test_a_translation_reads_only_what_it_says(part: tuple[str, ...]) -> None:
    (translate,) = [function for function, parts in READS.items() if parts is part]
    names = {NAMES} if {"organisations", "drawn"} <= {*part} else set()
    assert looked_at(translate) <= {*part} | names


def test_only_some_parts_of_a_scenario_have_to_fit_together() -> None:
    seen = looked_at(lambda scenario: list(complaints(scenario)))
    assert seen - {NAMES} <= FIT_TOGETHER


def looked_at(function: Any) -> set[str]:
    """The parts of scenarios that a function looks at."""
    found = set()
    for name in ("torbay", "drawn", "canterbury"):
        seen = Watched(Scenario.load(name))
        function(seen)
        found |= seen.names
    return found


class Watched:
    """A scenario that remembers which of its parts were looked at, through its properties too."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario, self.names = scenario, set[str]()

    def __getattr__(self, name: str) -> Any:
        # How many there are follows from their names.
        self.names.add(NAMES if name == "n_organisations" else name)
        return getattr(self.scenario, name)


# --- The reference page --------------------------------------------------------------------------

PAGE = read_page("docs/sweep-plan.md")
DECLARED = [
    *(Plan, Range, Values, Distribution, designs.FactorialDesign, designs.OneAtATimeDesign),
    *(designs.LatinHypercubeDesign, designs.SobolDesign, designs.MorrisDesign),
    *(designs.SaltelliDesign, designs.TableDesign, Precision, plans.StopAfter, plans.KeptSeries),
]


@pytest.mark.parametrize("model", DECLARED, ids=lambda model: model.__name__)
def test_the_page_lists_the_keys_as_they_are_declared(model: type[Section]) -> None:
    """If not: print(keys_markdown(model))."""
    assert keys_markdown(model) in PAGE


def test_pieces_of_plans_on_the_page_are_valid() -> None:
    blocks = code_blocks(PAGE, "toml")
    assert len(blocks) == 6
    for text in blocks:
        given = tomllib.loads(text)
        read_on = {**tomllib.loads(EXAMPLE), **given}
        Plan.make(read_on)
