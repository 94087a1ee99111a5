"""The report of a sweep: whole, in one file, true, and the same each time."""

import json
import re
import shlex
import shutil
from base64 import b64decode
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from partnersim import Sweep
from tests.accessibility import violations
from tests.browser import PROJECTOR
from tests.commands import call, check_refusal, run_line, succeed
from tests.stores import make_plan, run, run_files

EXPOSURE, DELEGATED = "decision.exposure", "ways_of_working.delegated_authority"
STRANGE = '<b onclick="x()">all & "more"</b>'
PLAN = f"""
scenario = "two-organisations"
months = 24
replicates = 3
seed = 5
measures = ["trust", "months_to_first_initiative", "months_to_80"]

[design]
type = "saltelli"
base = 8
second_order = false

[parameters]
"{EXPOSURE}" = {{ low = 0.1, high = 0.6 }}
"{DELEGATED}" = {{}}

[arms]
coordinator = {{ coordinators = [{{ name = "Ana" }}] }}
{json.dumps(STRANGE)} = {{ "ways_of_working.issue_avoidance" = 0.1 }}
"""


def parse(text: str) -> BeautifulSoup:
    return BeautifulSoup(text, "html.parser")


def tables_of(text: str) -> dict[str, list[list[str]]]:
    """The cells of a page's tables, by row; the tables by caption."""
    return {
        table.caption.text: [[cell.text for cell in row(["td", "th"])] for row in table("tr")]
        for table in parse(text)("table")
        if table.caption
    }


def report_of(folder: Path) -> tuple[str, str]:
    """What is said on the way to the report of a sweep, and its page."""
    said = succeed("report", str(folder)).stderr
    return said, (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a plan, and a sweep of it that is finished."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    Sweep.run(folder / "plan.toml", folder / "sweep", engine="serial")
    return folder


@pytest.fixture(scope="module")
def written(place: Path) -> str:
    """The report that a plain command makes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        result = succeed("report", "sweep")
    assert result.stdout.startswith("Written: sweep/report.html, ")
    return (place / "sweep" / "report.html").read_text(encoding="utf-8")


def test_it_needs_nothing_beside_it(written: str) -> None:
    page = parse(written)
    addresses = [tag[key] for tag in page(True) for key in ("src", "href") if key in tag.attrs]
    ids = [tag["id"] for tag in page(id=True)]
    assert addresses and all(at.startswith("data:") or at.removeprefix("#") in ids for at in addresses)
    assert len(ids) == len(set(ids))
    assert not page(["script", "link"]) and "@import" not in written
    assert not [key for tag in page(True) for key in tag.attrs if key.startswith("on")]
    assert all(tag["alt"] for tag in page("img"))


def test_headings_are_in_order_and_cells_have_headings(written: str) -> None:
    page = parse(written)
    levels = [int(tag.name[1]) for tag in page([f"h{level}" for level in range(1, 7)])]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(tag.get("scope") in ("row", "col") for tag in page("th"))


def test_words_of_a_plan_are_words(written: str) -> None:
    assert STRANGE not in written
    assert "&lt;b onclick=" in written
    assert not [tag for tag in parse(written)("b") if tag.attrs]


def test_it_says_what_was_run(written: str, place: Path) -> None:
    tables = tables_of(written)
    counts = dict(tables["Points and runs"][1:])
    assert counts == {
        "points": "32", "arms": "3", "replicates": "3", "runs": "288", "done": "288", "failed": "0",
        "still to come": "0",
    }  # fmt: skip
    varied = {row[0]: row[1::3] for row in tables["What was varied"][1:]}
    assert varied == {EXPOSURE: ["0.1 to 0.6", "given"], DELEGATED: ["0 to 1", "filled in"]}
    assert [row[0] for row in tables["What each arm changes"][1:]] == ["coordinator", STRANGE]
    programs = {row[0]: row[1:] for row in tables["Versions"][1:]}
    assert {"partnersim", "model", "python", "numpy"} <= set(programs)
    assert all(then == now for then, now in programs.values())
    assert "32 points × 3 arms × 3 replicates = 288 runs" in written
    assert "This sweep is not finished" not in written


def test_numbers_are_those_of_the_runs(written: str, place: Path) -> None:
    rows = Sweep.open(place / "sweep").measures.to_pandas().set_index(["point", "replicate"])
    base, other = (rows[rows["arm"] == arm]["trust"] for arm in ("base", "coordinator"))
    tables = tables_of(written)
    cells = {row[0]: row[1:] for row in tables["What coordinator changes against base"][1:]}
    mean = float((other - base).mean())
    assert float(cells["Trust"][2].split(" [")[0].replace("−", "-")) == pytest.approx(mean, abs=0.005)
    assert cells["Trust"][4] == "96"
    spread = {row[0]: row[1] for row in tables["Measures, by arm"][1:]}
    assert spread["Trust"].startswith(f"{base.median():.2f}")
    reached = [row for row in tables["Milestones reached, and never"][1:] if row[1] == "base"]
    first = rows[rows["arm"] == "base"]["months_to_first_initiative"]
    assert reached[0][2:4] == [str(int(first.notna().sum())), str(int(first.isna().sum()))]


def test_a_plain_report_has_the_analysis_of_the_design(written: str) -> None:
    assert "partnersim analyse sweep --out analysis" in written
    assert "Trust with base: " in written and "sobol-trust.csv" in written


def test_appendices_are_the_model_and_the_codebook(written: str) -> None:
    assert "7. Submodels" in written and "]: " not in written.split("Appendix: the model")[-1]
    tables = tables_of(written)
    known = {row[1] for row in tables["Tables of the sweep"][1:]}
    assert {EXPOSURE, "point", "arm", "luck_number", "months_to_80"} <= known


def test_commands_of_the_report_make_the_same_again(place: Path, tmp_path: Path, written: str) -> None:
    """Save its plan, give its commands: the same runs, the same table, and the same page but for times."""

    def carried(name: str) -> bytes:
        (link,) = parse(written)("a", download=name)
        return b64decode(link["href"].partition("base64,")[2])

    (tmp_path / "plan.toml").write_bytes(carried("plan.toml"))
    commands = re.search(r'id="commands-title".*?</article>', written, flags=re.DOTALL)
    assert commands
    lines = re.findall(r"<code>(partnersim .*?)</code>", commands[0])
    assert [shlex.split(line)[1] for line in lines] == ["sweep", "analyse", "report"]
    for line in lines:
        run_line(line, tmp_path)
    first, again = tables_of(written), tables_of((tmp_path / "sweep" / "report.html").read_text("utf-8"))
    for caption in ("What coordinator changes against base", "Measures, by arm", "Points and runs"):
        assert again[caption] == first[caption]
    assert carried("indices.csv") == (tmp_path / "analysis" / "indices.csv").read_bytes()


def test_answers_are_taken_in_with_their_commands(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    answer = tmp_path / "trust answer"
    line = ["analyse", "sweep", "--measure", "trust", "--arm", "base", "--out", str(answer)]
    succeed(*line)
    pages = []
    for _ in range(2):
        succeed("report", "sweep", str(answer), "--out", str(tmp_path / "r.html"), "--force")
        pages.append((tmp_path / "r.html").read_bytes())
    assert pages[0] == pages[1]  # the same sweep and answers, the same page
    text = pages[0].decode()
    assert shlex.join(["partnersim", *line]) in unescape(text)
    assert "analyse sweep --out analysis" not in text
    assert "Not up to date" not in text


def test_answers_of_fewer_runs_and_of_other_sweeps_are_told(place: Path, tmp_path: Path) -> None:
    sweep = tmp_path / "part"
    shutil.copytree(place / "sweep", sweep)
    succeed("analyse", str(sweep), "--measure", "trust", "--out", str(tmp_path / "a"))
    made = json.loads((tmp_path / "a" / "provenance.json").read_text(encoding="utf-8"))
    old = json.dumps(made | {"n_done": made["n_done"] - 96})
    (tmp_path / "a" / "provenance.json").write_text(old, encoding="utf-8")
    succeed("report", str(sweep), str(tmp_path / "a"), "--force")
    assert "made of 192 runs, and now there are 288" in (sweep / "report.html").read_text(encoding="utf-8")
    other = json.dumps(made | {"sweep": "0123456789abcdef"})
    (tmp_path / "a" / "provenance.json").write_text(other, encoding="utf-8")
    refused = call("report", str(sweep), str(tmp_path / "a"), "--force")
    check_refusal(refused, "an answer from another sweep (0123456789abcdef")


def test_what_somebody_has_done_to_an_answer_is_only_text(place: Path, tmp_path: Path) -> None:
    """Its files may hold anything: none of it becomes a part of the page, and none ends in a traceback."""
    answer = tmp_path / "a"
    words = ("--measure", "trust", "--arm", "base", "--out", str(answer))
    succeed("analyse", str(place / "sweep"), *words)
    (answer / "answer.md").write_text(f"{STRANGE}\n\n<script>x</script> [x](javascript:x)", encoding="utf-8")
    (answer / "codebook.csv").write_bytes(b"table,column\n\xff,1\na,b,c,d,e,low,inf\n" + b"t,c,l,u,m,0,1\n")
    (answer / "indices.csv").write_bytes(b"")
    (answer / "sobol-trust.csv").write_text(f'{STRANGE},"b"\n1.50,2,3\n"{"x" * 10}"\n', encoding="utf-8")
    made = json.loads((answer / "provenance.json").read_text(encoding="utf-8"))
    made |= {"command": STRANGE, "pictures": {"sobol-trust": STRANGE}}
    (answer / "provenance.json").write_text(json.dumps(made), encoding="utf-8")
    succeed("report", str(place / "sweep"), str(answer), "--out", str(tmp_path / "r.html"))
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    page = parse(text)
    assert STRANGE not in text and not page(["script", "b"])
    assert not [tag for tag in page("a") if str(tag.get("href")).startswith("javascript")]
    assert tables_of(text)["Tables of the answer a"][1:] == [["t", "c", "m", "u", "0 to 1"]]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere", "--out", "new.html"], "holds no sweep"),
        (["sweep", "--out", "sweep"], "is a folder"),
        (["sweep", "plan.toml", "--out", "new.html"], "is no answer (is no folder)"),
        (["sweep", "sweep", "--out", "new.html"], "is no answer (has no provenance.json)"),
        (["sweep", "old", "--out", "new.html"], "names no pictures and tables"),
        (["sweep", "cut", "--out", "new.html"], "'sobol-trust.svg' is missing"),
        (["sweep", "out", "--out", "new.html"], "'../plan.svg' is missing"),
        (["sweep", "--out", "there.html"], "is there already; --force replaces it"),
    ],
)
def test_what_cannot_be_reported_is_said_in_a_line(
    words: list[str], said: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    answers = {
        "old": {"partnersim": "0.1.0"},
        "cut": {"pictures": {"sobol-trust": "Trust"}, "tables": []},
        "out": {"pictures": {"../plan": "Plan"}, "tables": []},
    }
    for name, made in answers.items():
        Path(name).mkdir(exist_ok=True)
        Path(name, "provenance.json").write_text(json.dumps(made), encoding="utf-8")
    for name in ("there.html", "plan.svg", "plan.png", "plan.csv"):
        Path(name).write_text("mine", encoding="utf-8")
    check_refusal(call("report", *words), said)
    assert not Path("new.html").exists()
    assert Path("there.html").read_text(encoding="utf-8") == "mine"


def test_a_sweep_that_is_still_written_says_so_at_the_top(tmp_path: Path) -> None:
    run(tmp_path / "s", make_plan(measures=["trust"]))
    run_files(tmp_path / "s")[-1].unlink()
    status = Sweep.open(tmp_path / "s").status()
    said, text = report_of(tmp_path / "s")
    assert "runs are still to come" in said
    told = f"This sweep is not finished: {status.n_done:,} of {status.n_runs:,} runs are there"
    assert 0 < text.index(told) < text.index("In short")


def test_a_sweep_of_nothing_yet_has_its_plan(tmp_path: Path) -> None:
    run(tmp_path / "s", make_plan(measures=["trust"], months=12))
    for file in run_files(tmp_path / "s"):
        file.unlink()
    _, text = report_of(tmp_path / "s")
    assert "Nothing has been run yet." in text and "0 of 192 runs are there" in text
    assert "What was varied" in text and "at first sight" not in text


def test_runs_that_were_refused_are_told_and_the_rest_is_reported(tmp_path: Path) -> None:
    """The second point has her leave before she comes; where all is one point, there is no interval."""
    points = {"coordinators.Ana.from_month": [0, 3, 1]}
    ana = {"coordinators": [{"name": "Ana", "to_month": 2}]}
    plan = make_plan(
        design={"type": "table", "points": points}, parameters={}, arms={"coordinator": ana}, months=12,
        replicates=1, measures=["trust", "acceleration"],
    )  # fmt: skip
    run(tmp_path / "s", plan)
    _, text = report_of(tmp_path / "s")
    tables = tables_of(text)
    assert dict(tables["Points and runs"][1:])["failed"] == "1"
    ((error, n, where, message),) = tables["Runs that failed or were refused"][1:]
    assert (error, n, where) == ("ScenarioError", "1", "point 1, coordinator, replicate 0")
    assert "coordinators.Ana.to_month = 2: must be after from_month 3" in message
    assert tables["What coordinator changes against base"][1][5] == "2"
    assert "There are no intervals: 2 points and 1 replicate" in text
    assert "No run has a value of: acceleration." in text
    assert "No analysis of this sweep: trust: 3 points have it; it takes 30" in unescape(text)


@pytest.mark.slow
@pytest.mark.parametrize("viewport", [(1280, 720), (640, 360)], ids=str)
def test_no_part_of_it_has_a_violation(
    browser: Any, place: Path, written: str, viewport: tuple[int, int]
) -> None:
    context = browser.new_context(viewport=dict(zip(PROJECTOR, viewport, strict=True)))
    opened = context.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto((place / "sweep" / "report.html").resolve().as_uri())
    opened.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert violations(opened) == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    width = opened.evaluate("document.documentElement.scrollWidth")
    assert width <= viewport[0]
    context.close()
