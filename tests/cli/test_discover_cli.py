"""The commands that find things in sweeps: map, discover and diversity."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from partnersim import Sweep
from partnersim.analysis import discovery
from partnersim.sweep.plan import Plan
from tests.commands import call, check_refusal, succeed, without_meaning
from tests.stores import run, run_files

EXPOSURE, DELEGATED = "decision.exposure", "ways_of_working.delegated_authority"
PLAN: dict[str, Any] = {
    "scenario": "two-organisations",
    "months": 40,
    "replicates": 1,
    "seed": 5,
    "measures": ["mean_speed", "trust", "acceleration", "survived", "change_delivered"],
    "design": {"type": "sobol", "points": 128},
    "parameters": {
        DELEGATED: {},
        EXPOSURE: {"low": 0.0, "high": 3.0},
        "trust.theory": {"values": ["deeds", "loyalty"]},
    },
    "arms": {"coordinator": {"coordinators": [{"name": "Ana"}]}},
}

pytest.importorskip("sklearn")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a small sweep that is finished."""
    folder = tmp_path_factory.mktemp("discover") / "done"
    Sweep.run(PLAN, folder, engine="serial")
    return str(folder)


@pytest.fixture(autouse=True)
def few_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "N_SHUFFLES", 39)
    monkeypatch.setattr(discovery, "N_SHUFFLES_OF_LIMIT", 199)
    monkeypatch.setattr(discovery, "N_RESAMPLES", 10)


def test_a_map_is_told_drawn_and_written(done: str, tmp_path: Path) -> None:
    words = f"--x {EXPOSURE} --y trust.theory --measure trust --arm coordinator --arm base".split()
    result = succeed("map", done, *words, "--out", str(tmp_path / "m"))
    assert "Trust with coordinator is highest" in result.stdout
    document = json.loads((tmp_path / "m" / "map.json").read_text())
    assert [one["arm"] for one in document["maps"]] == ["coordinator", "base"]
    assert document["y"]["names"] == ["deeds", "loyalty"]
    assert sum(map(sum, document["maps"][0]["n_points"])) == 128
    assert all(one["error"] <= one["error_of_mean"] for one in document["maps"])
    table = pd.read_csv(tmp_path / "m" / "map-1.csv")
    assert table["mean"].dropna().between(0, 1).all()
    names = {path.name for path in (tmp_path / "m").iterdir()}
    files = (
        "answer.md",
        "codebook.csv",
        "map-1.csv",
        "map-1.png",
        "map-1.svg",
        "map.json",
        "provenance.json",
    )
    assert names == {*files}
    assert without_meaning(tmp_path / "m") == []


def test_phases_are_drawn_where_no_measure_is_named(done: str, tmp_path: Path) -> None:
    words = ("--x", EXPOSURE, "--y", DELEGATED, "--out", str(tmp_path), "--json")
    document = json.loads(call("map", done, *words).stdout)
    assert without_meaning(tmp_path) == []
    (phases,) = document["phases"]
    assert phases["arm"] == "base"
    assert sum(phases["shares"].values()) == pytest.approx(1.0)
    assert list(phases["shares"]) == document["names_of_phases"]
    assert [one["measure"] for one in document["maps"]] == ["acceleration", "survived"]


@pytest.mark.parametrize("method", ["prim", "cart"])
def test_a_box_is_told_and_can_be_used(done: str, method: str, tmp_path: Path) -> None:
    """Exposure decides contributions in this place, so a box without it would be wrong."""
    runs = Sweep.open(done).outcomes("mean_speed")
    threshold = float(pd.Series(runs.means).quantile(0.75))
    words = ("--measure", "mean_speed", "--above", str(threshold), "--method", method)
    result = succeed("discover", done, *words, "--out", str(tmp_path / "b"))
    document = json.loads((tmp_path / "b" / "boxes.json").read_text())
    assert (document["method"], document["n_points"], document["above"]) == (method, 128, threshold)
    box = document["boxes"][0]
    assert box["sentence"] in result.stdout and box["is_clear"]
    assert EXPOSURE in [one["parameter"] for one in box["restrictions"]]
    found = discovery.discover(Sweep.open(done), "mean_speed", above=threshold, method=method)  # type: ignore[arg-type]
    inside = found.boxes[0].box.contains(runs.points)
    assert (runs.means[inside] > threshold).mean() == pytest.approx(box["density"])
    assert (tmp_path / "b" / "box-1.png").is_file()
    assert without_meaning(tmp_path / "b") == []


def test_what_is_still_to_come_is_said(tmp_path: Path) -> None:
    run(tmp_path / "s", Plan.make(PLAN | {"design": {"type": "sobol", "points": 64}}))
    run_files(tmp_path / "s")[-1].unlink()
    left = Sweep.open(tmp_path / "s").status()
    assert 0 < left.n_done < left.n_runs
    result = succeed("map", str(tmp_path / "s"), "--x", EXPOSURE, "--y", DELEGATED, "--measure", "trust")
    assert f"{left.n_runs - left.n_done:,} runs are still to come" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("discover", "--measure", "trust"), "give a threshold, by --above or by --below"),
        (("discover", "--measure", "trust", "--above", "0", "--below", "1"), "one of both"),
        (("discover", "--measure", "trust", "--above", "2"), "no run is above 2; values go from"),
        (("discover", "--measure", "trst", "--above", "0.2"), "did you mean 'trust'"),
        (
            ("discover", "--measure", "trust", "--above", "0.2", "--arm", "ana"),
            "there is no arm in the sweep",
        ),
        (("map", "--x", EXPOSURE, "--y", EXPOSURE), "a map needs two parameters"),
        (("map", "--x", EXPOSURE, "--y", "trust.theory", "--level", "1"), "belongs to one --measure"),
        (("map", "--x", EXPOSURE, "--y", "trust.theory", "--against", "base"), "belongs to a --measure"),
    ],
)
def test_bad_input_is_refused_in_one_message(done: str, words: tuple[str, ...], said: str) -> None:
    check_refusal(call(words[0], done, *words[1:]), said)


def test_a_search_without_ranges_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(
        'scenario = "drawn"\n[design]\ntype = "table"\npoints = { "decision.exposure" = [0, 1] }\n',
        encoding="utf-8",
    )
    result = call("diversity", str(tmp_path / "plan.toml"), "--out", str(tmp_path / "d"))
    check_refusal(result, "says of no parameter where it may go")


def test_a_descriptor_that_runs_are_too_short_for_is_named(tmp_path: Path) -> None:
    plan = Plan.make(PLAN | {"months": 3, "design": {"type": "sobol", "points": 8}, "arms": {}})
    (tmp_path / "plan.toml").write_text(plan.to_toml(), encoding="utf-8")
    result = call("diversity", str(tmp_path / "plan.toml"), "--out", str(tmp_path / "d"), "--points", "64")
    assert result.exit_code == 2
    assert "Error: acceleration: is missing at nearly all of the first points" in result.stderr


@pytest.mark.slow
def test_kinds_are_found_written_and_found_again(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(Plan.make(PLAN).to_toml(), encoding="utf-8")
    words = ("diversity", str(tmp_path / "plan.toml"), "--out", str(tmp_path / "d"))
    first, again = (call(*words, "--points", "64", "--json") for _ in range(2))
    assert first.exit_code == again.exit_code == 0, first.output
    assert json.loads(first.stdout) == json.loads(again.stdout)
    document = json.loads(first.stdout)
    examples = pd.read_csv(tmp_path / "d" / "examples.csv")
    assert len(examples) == document["search"]["n_kinds"]
    assert without_meaning(tmp_path / "d") == []
    assert document["ratio"] == document["search"]["n_kinds"] / document["sample"]["n_kinds"]
    assert (tmp_path / "d" / "kinds.png").is_file()
