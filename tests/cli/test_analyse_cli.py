"""The command that analyses a sweep, and what explains one of its runs."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from partnersim import Sweep
from partnersim.runs import ledger
from tests.commands import call, check_refusal, succeed, without_meaning

DELEGATED = "ways_of_working.delegated_authority"
PLAN: dict[str, Any] = {
    "scenario": "two-organisations",
    "months": 14,
    "replicates": 2,
    "seed": 5,
    "measures": ["mean_speed", "trust", "months_to_80"],
    "design": {"type": "saltelli", "base": 8, "second_order": False},
    "parameters": {DELEGATED: {}, "decision.exposure": {}},
    "arms": {"coordinator": {"coordinators": [{"name": "Ana"}]}},
    "series": {"names": ["trust"], "runs": 1},
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a small sweep that is finished."""
    folder = tmp_path_factory.mktemp("analyse") / "done"
    Sweep.run(PLAN, folder, engine="serial")
    return str(folder)


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a small sweep whose points are drawn one by one, without arms and series."""
    folder = tmp_path_factory.mktemp("analyse") / "points"
    plan = PLAN | {"design": {"type": "latin-hypercube", "points": 64}, "arms": {}, "series": None}
    Sweep.run(plan, folder, engine="serial")
    return str(folder)


def test_indices_of_each_arm_are_printed_and_written(done: str, tmp_path: Path) -> None:
    result = succeed("analyse", done, "--measure", "trust", "--out", str(tmp_path / "a"))
    assert "Trust with base: " in result.stdout
    assert "What coordinator changes in trust: " in result.stdout
    assert "in brackets 95 % intervals over base rows" in result.stdout
    table = pd.read_csv(tmp_path / "a" / "indices.csv")
    document = json.loads((tmp_path / "a" / "indices.json").read_text())
    assert len(document["indices"]) == len(table) == 2 * 4
    assert [(one["arm"], one["against"]) for one in document["analyses"]] == [
        ("base", None),
        ("coordinator", "base"),
    ]
    assert table["value"].tolist() == [row["value"] for row in document["indices"]]
    assert without_meaning(tmp_path / "a") == []
    said = (tmp_path / "a" / "answer.md").read_text(encoding="utf-8")
    assert "**Trust with base: " in said and "| Parameter | first order | total order |" in said
    names = {path.name for path in (tmp_path / "a").iterdir()}
    for figure in ("sobol-trust", "sobol-trust-1"):
        assert {f"{figure}.png", f"{figure}.svg", f"{figure}.csv"} <= names
    assert "provenance.json" in names


def test_json_has_what_the_files_have(done: str) -> None:
    words = ("analyse", done, "--measure", "trust", "--arm", "coordinator", "--json")
    document = json.loads(call(*words).stdout)
    (analysis,) = document["analyses"]
    assert (analysis["method"], analysis["luck"], analysis["row"]) == ("sobol", "base-row", "base row")
    assert analysis["intervals_over"] == ["base row"]
    assert sum(share for key, share in analysis["variance"].items() if key in "parameters luck both") == (
        pytest.approx(1.0)
    )
    kinds = [row["index"] for row in document["indices"]]
    assert kinds == ["first_order"] * 2 + ["total_order"] * 2


def test_series_are_analysed_over_time(done: str, tmp_path: Path) -> None:
    succeed("analyse", done, "--over-time", "--arm", "base", "--out", str(tmp_path / "t"))
    table = pd.read_csv(tmp_path / "t" / "indices.csv")
    assert table["month"].unique().tolist() == [2, 4, 6, 8, 10, 12, 14]
    assert (tmp_path / "t" / "sobol-trust-over-time.png").is_file()


def test_main_effects_are_the_method_of_points(points: str, tmp_path: Path) -> None:
    succeed("analyse", points, "--measure", "trust", "--out", str(tmp_path / "a"))
    assert without_meaning(tmp_path / "a") == []
    effects = pd.read_csv(tmp_path / "a" / "effects-trust.csv")
    assert {"value", "mean", "share_explained"} <= set(effects.columns)
    for method in ("pawn", "regression", "shapley"):
        found = call("analyse", points, "--measure", "trust", "--method", method, "--json")
        document = json.loads(found.stdout)
        assert document["analyses"][0]["intervals_over"] == ["point", "replicate"]
        assert any(row["n_rows"] == 64 for row in document["indices"])


def test_what_can_be_analysed_is_and_the_rest_is_named(done: str) -> None:
    result = succeed("analyse", done, "--measure", "all", "--arm", "base")
    assert "Trust with base" in result.stdout and "Mean speed with base" in result.stdout
    assert "Left out, months_to_80 of base: months_to_80: is 14 at every point" in result.stdout
    alone = ("analyse", done, "--measure", "months_to_80", "--arm", "base")
    check_refusal(call(*alone), "nothing to explain")
    check_refusal(call(*alone, "--censored", "missing"), "0 base rows have it")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--measure", "trusst"], "did you mean 'trust'"),
        (["--arm", "coordinater"], "did you mean 'coordinator'"),
        (["--arm", "coordinator", "--against", "coordinator"], "compared with itself"),
        (["--against", "base"], "belongs to --arm"),
        (["--method", "morris"], "allows sobol, effects, pawn, shapley, regression"),
        (["--method", "anova"], "anova"),
        (["--over-time", "--measure", "speed"], "no series in the sweep of this name; there are trust"),
        (["--force"], "means nothing without --out"),
    ],
)
def test_bad_words_are_refused(words: list[str], said: str, done: str) -> None:
    check_refusal(call("analyse", done, *words), said)


def test_series_that_are_not_kept_are_refused(points: str) -> None:
    check_refusal(call("analyse", points, "--over-time"), "no series are kept")


def test_a_run_of_a_sweep_is_explained(done: str) -> None:
    words = ("--point", "17", "--arm", "coordinator", "--replicate", "1", "--json")
    found = json.loads(call("explain", done, *words).stdout)
    assert found["run"] == "point 17, coordinator, replicate 1"
    sweep = Sweep.open(done)
    rows = sweep.measures.to_pandas().set_index(["point", "arm", "replicate"])
    assert found["replicate"] == rows.loc[(17, "coordinator", 1), "luck_number"]
    run = sweep.find_run(17, "coordinator", 1)
    expected = ledger.explain(run.scenario, run.seed, run.replicate)
    assert found["links"]["all"]["totals"]["goodwill"] == expected.totals()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say which of its points"),
        (["--point", "99"], "must be at most 31"),
        (["--point", "0", "--arm", "nobody"], "no arm in the sweep"),
        (["--point", "0", "--replicate", "2"], "must be at most 1"),
        (["--point", "0", "--months", "3"], "has its own scenario"),
        (["--arm", "coordinator"], "belongs to --point"),
    ],
)
def test_a_run_that_there_is_not_is_refused(words: list[str], said: str, done: str) -> None:
    check_refusal(call("explain", done, *words), said)
