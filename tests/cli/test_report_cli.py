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

from partnersim import Sweep
from tests.accessibility import violations
from tests.browser import PROJECTOR
from tests.commands import call, run_line
from tests.markup import Page
from tests.pages import read
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
        result = call("report", "sweep")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Written: sweep/report.html, ")
    return (place / "sweep" / "report.html").read_text(encoding="utf-8")


ANALYSE = ["analyse", "sweep", "--measure", "trust", "--arm", "base", "--out", "trust answer"]


@pytest.fixture(scope="module")
def analysed(place: Path) -> Path:
    """An answer to what moves trust."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        assert call(*ANALYSE).exit_code == 0
    return place / ANALYSE[-1]


@pytest.fixture
def answer(analysed: Path, tmp_path: Path) -> Path:
    """A copy of the answer, to be changed."""
    return Path(shutil.copytree(analysed, tmp_path / "a"))


def test_it_needs_nothing_beside_it(written: str) -> None:
    page = Page(written)
    addresses = [tag[key] or "" for _, tag in page.tags for key in ("src", "href") if key in tag]
    anchors = {f"#{tag['id']}" for _, tag in page.tags if "id" in tag}
    assert addresses and all(at.startswith("data:") or at in anchors for at in addresses)
    assert not page.all("script") and not page.all("link") and "@import" not in written
    assert not [key for _, tag in page.tags for key in tag if key.startswith("on")]
    assert all(tag["alt"] for tag in page.all("img"))
    ids = [tag["id"] for _, tag in page.tags if "id" in tag]
    assert len(ids) == len(set(ids))


def test_headings_are_in_order_and_cells_have_headings(written: str) -> None:
    page = Page(written)
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(tag.get("scope") in ("row", "col") for tag in page.all("th"))


def test_words_of_a_plan_are_words(written: str) -> None:
    assert STRANGE not in written
    assert "&lt;b onclick=" in written
    assert not [tag for tag in Page(written).all("b") if tag]


def test_it_says_what_was_run(written: str, place: Path) -> None:
    tables = Page(written).tables
    counts = dict(tables["Points and runs"][1:])
    assert counts == {
        "points": "32",
        "arms": "3",
        "replicates": "3",
        "runs": "288",
        "done": "288",
        "failed": "0",
        "still to come": "0",
    }
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
    tables = Page(written).tables
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
    described = read("docs/odd.md")
    works = re.findall(r"^@\w+\{(\w+),$", read("docs/references.bib"), re.MULTILINE)
    listed = re.findall(r"^(?:<pre.*<code>)?@\w+\{(\w+),$", written, re.MULTILINE)
    assert listed == [key for key in works if re.search(rf"\b{key}\b", described)] != []
    tables = Page(written).tables
    known = {row[1] for row in tables["Tables of the sweep"][1:]}
    assert {EXPOSURE, "point", "arm", "luck_number", "months_to_80"} <= known


def test_commands_of_the_report_make_the_same_again(place: Path, tmp_path: Path, written: str) -> None:
    """Save its plan, give its commands: the same runs, the same table, and the same page but for times."""
    page = Page(written)
    (plan,) = [tag["href"] for tag in page.all("a") if tag.get("download") == "plan.toml"]
    (tmp_path / "plan.toml").write_bytes(b64decode(str(plan).partition("base64,")[2]))
    commands = re.search(r'id="commands-title".*?</article>', written, flags=re.DOTALL)
    assert commands
    lines = re.findall(r"<code>(partnersim .*?)</code>", commands[0])
    assert [shlex.split(line)[1] for line in lines] == ["sweep", "analyse", "report"]
    for line in lines:
        run_line(line, tmp_path)
    again = Page((tmp_path / "sweep" / "report.html").read_text(encoding="utf-8"))
    for caption in ("What coordinator changes against base", "Measures, by arm", "Points and runs"):
        assert again.tables[caption] == page.tables[caption]
    (carried,) = [tag["href"] for tag in page.all("a") if tag.get("download") == "indices.csv"]
    made = (tmp_path / "analysis" / "indices.csv").read_bytes()
    assert b64decode(str(carried).partition("base64,")[2]) == made


def test_answers_are_taken_in_with_their_commands(
    place: Path, analysed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    pages = []
    for _ in range(2):
        result = call("report", "sweep", str(analysed), "--out", str(tmp_path / "r.html"), "--force")
        assert result.exit_code == 0, result.output
        pages.append((tmp_path / "r.html").read_bytes())
    assert pages[0] == pages[1]  # the same sweep and answers, the same page
    text = pages[0].decode()
    assert shlex.join(["partnersim", *ANALYSE]) in unescape(text)
    assert "analyse sweep --out analysis" not in text
    assert "Not up to date" not in text


def test_answers_of_fewer_runs_and_of_other_sweeps_are_told(
    place: Path, answer: Path, tmp_path: Path
) -> None:
    file, page = answer / "provenance.json", tmp_path / "r.html"
    line = ("report", str(place / "sweep"), str(answer), "--out", str(page), "--force")
    made = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(made | {"n_done": made["n_done"] - 96}), encoding="utf-8")
    assert call(*line).exit_code == 0
    assert "made of 192 runs, and now there are 288" in page.read_text(encoding="utf-8")
    file.write_text(json.dumps(made | {"sweep": "0123456789abcdef"}), encoding="utf-8")
    refused = call(*line)
    assert refused.exit_code == 2
    assert "an answer from another sweep (0123456789abcdef" in " ".join(refused.stderr.split())


def test_what_somebody_has_done_to_an_answer_is_only_text(place: Path, answer: Path, tmp_path: Path) -> None:
    """Its files may hold anything: none of it becomes a part of the page, and none ends in a traceback."""
    (answer / "answer.md").write_text(f"{STRANGE}\n\n<script>x</script> [x](javascript:x)", encoding="utf-8")
    (answer / "codebook.csv").write_bytes(b"table,column\n\xff,1\na,b,c,d,e,low,inf\n" + b"t,c,l,u,m,0,1\n")
    (answer / "indices.csv").write_bytes(b"")
    (answer / "sobol-trust.csv").write_text(f'{STRANGE},"b"\n1.50,2,3\n"{"x" * 10}"\n', encoding="utf-8")
    made = json.loads((answer / "provenance.json").read_text(encoding="utf-8"))
    made |= {"command": STRANGE, "pictures": {"sobol-trust": STRANGE}}
    (answer / "provenance.json").write_text(json.dumps(made), encoding="utf-8")
    result = call("report", str(place / "sweep"), str(answer), "--out", str(tmp_path / "r.html"))
    assert result.exit_code == 0, result.output
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    page = Page(text)
    assert STRANGE not in text and not page.all("script") and not page.all("b")
    assert not [tag for tag in page.all("a") if str(tag.get("href")).startswith("javascript")]
    assert page.tables["Tables of the answer a"][1:] == [["t", "c", "m", "u", "0 to 1"]]


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
    result = call("report", *words)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert not Path("new.html").exists()
    assert Path("there.html").read_text(encoding="utf-8") == "mine"


def test_a_sweep_that_is_still_written_says_so_at_the_top(tmp_path: Path) -> None:
    run(tmp_path / "s", make_plan(measures=["trust"]))
    run_files(tmp_path / "s")[-1].unlink()
    status = Sweep.open(tmp_path / "s").status()
    result = call("report", str(tmp_path / "s"))
    assert result.exit_code == 0, result.output
    assert "runs are still to come" in result.stderr
    text = (tmp_path / "s" / "report.html").read_text(encoding="utf-8")
    told = f"This sweep is not finished: {status.n_done:,} of {status.n_runs:,} runs are there"
    assert 0 < text.index(told) < text.index("In short")


def test_a_sweep_of_nothing_yet_has_its_plan(place: Path, tmp_path: Path) -> None:
    shutil.copytree(place / "sweep", tmp_path / "s", ignore=shutil.ignore_patterns("report.html"))
    for file in run_files(tmp_path / "s"):
        file.unlink()
    result = call("report", str(tmp_path / "s"))
    assert result.exit_code == 0, result.output
    text = (tmp_path / "s" / "report.html").read_text(encoding="utf-8")
    assert "Nothing has been run yet." in text and "0 of 288 runs are there" in text
    assert "What was varied" in text and "at first sight" not in text


def test_runs_that_were_refused_are_told_and_the_rest_is_reported(tmp_path: Path) -> None:
    """The second point has her leave before she comes; where all is one point, there is no interval."""
    points = {"coordinators.Ana.from_month": [0, 3, 1]}
    ana = {"coordinators": [{"name": "Ana", "to_month": 2}]}
    plan = make_plan(
        design={"type": "table", "points": points},
        parameters={},
        arms={"coordinator": ana},
        months=12,
        replicates=1,
        measures=["trust", "acceleration"],
    )
    run(tmp_path / "s", plan)
    result = call("report", str(tmp_path / "s"))
    assert result.exit_code == 0, result.output
    text = (tmp_path / "s" / "report.html").read_text(encoding="utf-8")
    tables = Page(text).tables
    assert dict(tables["Points and runs"][1:])["failed"] == "1"
    ((error, n, where, message),) = tables["Runs that failed or were refused"][1:]
    assert (error, n, where) == ("ScenarioError", "1", "point 1, coordinator, replicate 0")
    assert "to_month = 2: must be after from_month 3" in message
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
