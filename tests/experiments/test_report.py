"""The report: what is current, a page that needs nothing else, the summary in the docs."""

import dataclasses
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from experiments import rebuild
from experiments.points import Points
from experiments.report import build, collect, contents, docs, pages, picture, summary
from experiments.report.collect import Standing
from experiments.report.contents import EXPERIMENTS, Experiment
from partnersim.model.version import MODEL_VERSION
from tests.accessibility import violations
from tests.browser import CHROMIUM, PROJECTOR

MODEL = "2.1"
OTHER = "fedcba9876543210"
MOST_BYTES = 200_000
"""Of the tables and summaries that an experiment commits."""

CLAIM = """\
name = "B7"
title = "A coordinator brings acceleration"
built_in = "Partly. What is put in by hand is said here, in a second sentence: but not this."
"""


def summary_of(title: str, **more: Any) -> dict[str, Any]:
    """A test of a claim as its summary has it: an effect on change that decides, unless said otherwise."""
    effect = {"kind": "effect", "measure": "change_delivered", "decides": True, "share_through_trust": None}
    return {"title": title, "part": title, "than": 0.0, **effect, **more}


TESTS: list[dict[str, Any]] = [
    summary_of("a coordinator", part="change", agreement=0.96, mean=0.0612, ci95=[0.05, 0.07])
    | {"share_through_trust": {"share": 0.41, "ci95": [0.3, 0.52]}},
    summary_of("the same, harder", part="change", agreement=0.8, mean=0.02, ci95=[-0.01, 0.05])
    | {"expect": "more", "each": [0.01, 0.03], "share_through_trust": {"share": 3.0, "ci95": [None, None]}}
    | {
        "by_theory": {
            "two_layer": {"mean": 0.06, "outcome": "as expected"},
            "loyalty": {"mean": -0.03, "outcome": "the opposite"},
        }
    },
    summary_of("trust", measure="trust", agreement=1.0, mean=-0.034, ci95=[-0.04, -0.03], expect="more")
    | {"each": [-0.034], "by_theory": {}, "share_through_trust": {"share": 1.0, "ci95": [1.0, 1.0]}},
    summary_of("how often", kind="share", measure="is_sustained_acceleration", agreement=0.5, mean=0.25)
    | {"ci95": [0.2, 0.3]},
    summary_of("beside", decides=False, agreement=0.1, mean=9.9, ci95=[9.0, 10.0]),
]


def made(model: str = MODEL, **more: Any) -> dict[str, Any]:
    """How something was made."""
    versions = {"partnersim": "0.1.0", "numpy": "2.0"}
    return {
        "model": model,
        "command": "python -m made.up",
        "seed": 7,
        "n_runs": 12345,
        "versions": versions,
        **more,
    }


def draw(file: Path, message: str) -> None:
    """A picture that carries a message."""
    info = PngInfo()
    info.add_text("Title", message)
    Image.new("RGB", (128, 72), "white").save(file, pnginfo=info)


def store(folder: Path, page: str, stated: dict[str, Any], message: str = "") -> None:
    """Results of an experiment."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.md").write_text(page, encoding="utf-8")
    (folder / "summary.json").write_text(json.dumps(stated), encoding="utf-8")
    draw(folder / "figure.png", message)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A claim, and experiments that are current, out of date, without results and broken."""
    root = tmp_path / "results"
    (root / "claims" / "b7_coordinator").mkdir(parents=True)
    (root / "claims" / "b7_coordinator" / "claim.toml").write_text(CLAIM, encoding="utf-8")
    parts = {"change": "depends", "trust": "fails", "how often": "holds"}
    store(
        root / "claims" / "b7_coordinator",
        "# B7. A coordinator brings acceleration\n\n![All of it](figure.png)\n\nSee "
        "[patterns](../../patterns/README.md) and [what is not here](nothing.py).\n",
        {
            "made_from": made(),
            "answer": "only where",
            "parts": parts,
            "tests": TESTS,
            "sentence": "holds for change, say",
            "map": {"held": {"change": 11}},
            "rule": {"smallest": {"change_delivered": 0.03, "trust": 0.02}},
        },
        "The claim's own message",
    )
    store(
        root / "patterns",
        "# Patterns <b>found</b>\n\nWritten by `x`; do not edit. Here.\n\n![Bands](figure.png)\n\n"
        "## Bands\n\n| | value |\n|---|---:|\n| A1 `a.b` | 1 |\n\n[table](rows.csv), "
        "[source](https://example.org/x), [code](run.py)\n",
        {"made_from": made()},
        "Five of thirteen",
    )
    (root / "patterns" / "rows.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (root / "patterns" / "run.py").write_text("", encoding="utf-8")
    old = {"made_from": {"model": OTHER}}
    store(root / "screening", f"# Screening\n\nModel {OTHER}; 12 trajectories.\n", old, "Old news")
    store(root / "broken", "# Broken\n", {})
    (root / "broken" / "summary.json").write_text('{"model": }', encoding="utf-8")
    return root


@pytest.fixture
def experiments(results: Path) -> list[Experiment]:
    return [
        *contents.claims(results / "claims"),
        *(
            Experiment(name, f"The {name}", f"python -m experiments.{name}.run")
            for name in ("patterns", "screening", "places", "broken")
        ),
    ]


@pytest.fixture
def found(results: Path, experiments: list[Experiment]) -> list[collect.Stored]:
    return collect.collect(experiments, results, MODEL)


# --- What is current --------------------------------------------------------------------------


def test_each_result_is_judged_by_the_model_that_it_was_made_with(found: list[collect.Stored]) -> None:
    standings = {stored.experiment.folder: stored.standing for stored in found}
    assert standings == {
        "claims/b7_coordinator": Standing.CURRENT,
        "patterns": Standing.CURRENT,
        "screening": Standing.OUT_OF_DATE,
        "places": Standing.MISSING,
        "broken": Standing.BROKEN,
    }


def test_what_is_not_current_says_why_and_what_makes_it_again(found: list[collect.Stored]) -> None:
    why = {stored.experiment.folder: stored.why for stored in found if stored.why}
    assert why["screening"] == (
        f"made with model {OTHER}, not with the model as it is ({MODEL}); "
        "make it again with `python -m experiments.screening.run`"
    )
    assert why["places"] == "nothing is stored; make it with `python -m experiments.places.run`"
    assert why["broken"].startswith("summary.json: Expecting value: line 1")
    assert why["broken"].endswith("make it again with `python -m experiments.broken.run`")


def test_a_page_without_a_summary_is_not_current(results: Path, experiments: list[Experiment]) -> None:
    (results / "screening" / "summary.json").unlink()
    (stored,) = collect.collect([experiments[2]], results, MODEL)
    assert stored.standing is Standing.OUT_OF_DATE and "says with which model" in stored.why


def test_results_over_other_accepted_points_are_out_of_date(
    results: Path, experiments: list[Experiment]
) -> None:
    file = results / "tuning" / "accepted.csv"
    file.parent.mkdir()
    file.write_text("point,place.reach\n1,0.25\n2,0.5\n", encoding="utf-8")
    summary_file = results / "patterns" / "summary.json"
    for points, standing in ((Points.read(file).digest, Standing.CURRENT), (OTHER, Standing.OUT_OF_DATE)):
        stated = {"made_from": made(accepted={"points": 2, "digest": points})}
        summary_file.write_text(json.dumps(stated), encoding="utf-8")
        (stored,) = collect.collect([experiments[1]], results, MODEL)
        assert stored.standing is standing
    assert "other accepted points" in stored.why


def test_the_committed_results_say_how_they_were_made() -> None:
    for stored in collect.collect(contents.contents()):
        assert stored.standing is not Standing.BROKEN, stored.why
        if stored.page:
            model = dict(stored.made())["Model"]
            assert re.fullmatch(r"\d+(\.\d+)?|[0-9a-f]{16}", model), stored.folder


def test_what_is_committed_of_an_experiment_is_small() -> None:
    for page in EXPERIMENTS.rglob("results.md"):
        if "store" in page.parts:
            continue
        kept = [f for kind in ("csv", "json", "parquet") for f in page.parent.glob(f"*.{kind}")]
        size = sum(file.stat().st_size for file in kept)
        assert size < MOST_BYTES, f"{page.parent.name}: {size:,} bytes"
        assert all(file.stat().st_size < 100_000 for file in page.parent.glob("*.json"))
        assert all(file.stat().st_size < 300_000 for file in page.parent.glob("*.png"))


# --- The tables -------------------------------------------------------------------------------


def rows_of(text: str) -> list[list[str]]:
    return [[c.strip() for c in line.strip("|").split("|")] for line in text.splitlines() if "|" in line]


def test_a_claim_has_a_row_for_each_part_with_its_weakest_test(found: list[collect.Stored]) -> None:
    table = summary.summary_page(found).split("## The claims")[1].split("## What else")[0]
    rows = rows_of(table)
    nb = "\N{NO-BREAK SPACE}"
    assert rows[2] == [
        "[B7. A coordinator brings acceleration](#claims-b7-coordinator)",
        "**only where**: 1 of 3 parts hold",
        "change",
        f"+2.0 (−1.0 to +5.0){nb}%",
        f"80{nb}%",
        "unsure",
        "as expected, the opposite",
        "11",
        "Partly. What is put in by hand is said here, in a second sentence.",
    ]
    assert rows[3] == ["", "", "trust", "−0.034 (−0.040 to −0.030)", f"100{nb}%", "–", "–", "–", ""]
    assert rows[4] == ["", "", "how often", f"25 (20 to 30){nb}%", f"50{nb}%", "–", "–", "–", ""]
    assert "beside" not in table
    said = "in part: yes for how often; no for trust; it depends on the setting for change"
    assert f"- **B7. A coordinator brings acceleration**: {said}." in table


@pytest.mark.parametrize(
    ("answer", "by_theory", "said"),
    [
        ("supported", {"two_layer": "supported", "loyalty": "supported"}, "yes; the same by both other"),
        (
            "contradicted",
            {"two_layer": "contradicted", "loyalty": "only where"},
            "no; in part if trust rests on",
        ),
        ("supported", {}, "yes"),
        (None, {}, "no answer yet"),
    ],
)
def test_an_answer_is_said_as_one_would_aloud(
    answer: str | None, by_theory: dict[str, str], said: str
) -> None:
    found = summary.in_short({"answer": answer, "parts": {"change": "holds"}, "by_theory": by_theory})
    assert found.startswith(said)


@pytest.mark.parametrize("model", [MODEL, "1.0"])
def test_answers_of_another_model_say_so_first(results: Path, model: str) -> None:
    store(results / "patterns", "# Patterns\n", {"made_from": made(model)}, "Some")
    stored = collect.collect([Experiment("patterns", "The patterns", "x")], results, MODEL)
    told = summary.summary_page(stored, model=MODEL)
    said = "**All answers here are of version 1 of the model, not of the model as it is (2.1), and are being "
    assert told.startswith(f"{said}replaced.**\n") == (model != MODEL)
    assert ("made with model 1.0, not with the model as it is" in told) == (model != MODEL)


def test_the_picture_of_all_claims_is_of_the_present_model(found: list[collect.Stored]) -> None:
    rows = list(picture.rows(found))
    assert [row.words for row in rows] == ["B7  trust", "B7  change"]
    # -0.034 of trust, of which 0.02 matter; 0.02 of change, of which 0.03 do.
    assert [row.mean for row in rows] == pytest.approx([-1.7, 0.02 / 0.03])
    assert rows[1].by_theory == pytest.approx({"two_layer": 2.0, "loyalty": -1.0})
    drawn = picture.draw(found)
    assert drawn is not None and "Of 2 parts" in drawn.title
    old = [s for s in found if s.standing is not Standing.CURRENT]
    assert picture.draw(old) is None


def test_a_summary_that_is_none_says_what_makes_it_again(found: list[collect.Stored]) -> None:
    (stored,) = [s for s in found if s.experiment.is_claim]
    changed = collect.Stored(
        stored.experiment,
        stored.folder,
        stored.standing,
        page=stored.page,
        summary={"tests": [{"decides": True, "part": "x"}]},
    )
    assert "cannot be read; make it again with `python -m" in summary.part_cells(changed)[0][1]


def test_other_experiments_are_told_by_the_message_of_their_figure(found: list[collect.Stored]) -> None:
    rows = rows_of(summary.summary_page(found).split("## What else")[1])
    assert [row[1] for row in rows[2:]] == ["Five of thirteen", "Old news", "–", "–"]
    assert rows[3][0].endswith(f"*(made with model {OTHER}, not with the model as it is)*")
    assert rows[4][0].endswith("*(without results yet)*")


# --- docs/evidence.md -------------------------------------------------------------------------


def test_docs_have_the_summary_of_what_is_stored() -> None:
    """If not: python -m experiments.report.docs."""
    text = docs.PAGE.read_text(encoding="utf-8")
    assert docs.renew(text, docs.tables(collect.collect(contents.contents()))) == text


def test_stored_pages_say_if_they_were_made_with_another_model() -> None:
    """If not: python -m experiments.report.docs."""
    for stored in collect.collect(contents.contents()):
        assert stored.page == docs.marked(stored), stored.folder
        said = f"> **Made with model {stored.model}, not with the model as it is.**"
        assert (said in stored.page.split("\n")[:4]) == (stored.standing is Standing.OUT_OF_DATE)


def test_a_page_is_marked_once_and_the_mark_goes_with_the_model(found: list[collect.Stored]) -> None:
    (old,) = [s for s in found if s.experiment.folder == "screening"]
    once = docs.marked(old)
    assert once.startswith(
        f"# Screening\n\n> **Made with model {OTHER}, not with the model as it is.**\n\nModel"
    )
    again = dataclasses.replace(old, page=once)
    assert docs.marked(again) == once
    assert docs.marked(dataclasses.replace(again, standing=Standing.CURRENT)).count("> **Made") == 0


def test_only_what_is_between_the_markers_is_renewed() -> None:
    page = f"before\n{docs.BEGIN}\nold\n{docs.END}\nafter\n"
    assert docs.renew(page, "new\n") == f"before\n{docs.BEGIN}\n\nnew\n\n{docs.END}\nafter\n"
    for wrong in ("", docs.BEGIN, f"{docs.END}{docs.BEGIN}", page + page):
        with pytest.raises(ValueError, match="each once and in this order"):
            docs.renew(wrong, "new")


# --- The page -----------------------------------------------------------------------------------


@pytest.fixture
def page(found: list[collect.Stored], tmp_path: Path) -> Path:
    return build.build(found, tmp_path / "report", MODEL)


def test_the_page_needs_nothing_that_is_not_beside_it(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"<script|@import|url\(", text)
    links = re.findall(r'(?:src|href)="([^"]*)"', text)
    ids = set(re.findall(r'\bid="([^"]*)"', text))
    assert {"#claims-b7-coordinator", "#patterns", "#top"} <= set(links)
    for link in links:
        if link.startswith("#"):
            assert link[1:] in ids, link
        elif not link.startswith("https://"):
            assert (page.parent / link).is_file(), link
    assert (page.parent / "files" / "patterns-rows.csv").read_text() == "a,b\n1,2\n"


def test_the_page_says_how_each_result_was_made_and_marks_what_is_not_current(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for words in ("python -m made.up", MODEL, "<dd>7</dd>", "12,345", "numpy 2.0"):
        assert words in text
    articles = {match[1]: match[0] for match in re.finditer(r'<article id="(\S+)".*?</article>', text, re.S)}
    marked = {name for name, article in articles.items() if 'class="warning"' in article}
    assert marked == {"screening", "places", "broken"}
    assert "<strong>Not made with the model as it is:</strong>" in articles["screening"]
    assert "not recorded" in articles["screening"]
    assert "<code>python -m experiments.places.run</code>" in articles["places"]


def test_pages_of_results_become_part_of_it(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "Patterns &lt;b&gt;found&lt;/b&gt;" in text and "<b>found" not in text
    assert "<p>Written by <code>x</code>. Here.</p>" in text
    assert 'alt="Five of thirteen"' in text and "<h3>Bands</h3>" in text
    assert "<td></td>" in text.split("<thead>")[-1]
    assert '<a href="#patterns">patterns</a>' in text
    assert "<span>what is not here</span>" in text and "<span>code</span>" in text
    assert '<a href="https://example.org/x">source</a>' in text


def test_a_picture_that_is_none_is_said_to_be(tmp_path: Path) -> None:
    places = pages.Places(tmp_path / "out", {})
    (tmp_path / "bad.png").write_bytes(b"no picture")
    assert "(Picture bad.png cannot be read.)" in pages.to_html("![x](bad.png)", tmp_path, "s", places)
    assert "(Picture none.png is missing.)" in pages.to_html("![x](none.png)", tmp_path, "s", places)


def test_an_earlier_report_leaves_nothing_behind(page: Path, found: list[collect.Stored]) -> None:
    left = page.parent / "pictures" / "old.png"
    left.write_bytes(b"")
    own = page.parent / "notes.txt"
    own.write_text("mine")
    build.build(found, page.parent, MODEL)
    assert not left.exists() and own.exists()


def test_the_command_builds_what_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report"
    monkeypatch.setattr(sys, "argv", ["build", "--out", str(out), "--no-pdf"])
    assert build.main() == 0
    assert f"model {MODEL_VERSION}" in (out / "index.html").read_text(encoding="utf-8")
    assert str(out / "index.html") in capsys.readouterr().out


def test_no_browser_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["build", "--out", str(tmp_path), "--results", str(tmp_path)])
    assert build.main() == 0
    assert "No PDF" in capsys.readouterr().out


@pytest.mark.slow
def test_a_browser_prints_it(page: Path) -> None:
    if CHROMIUM is None:
        pytest.skip("needs chromium")
    file = build.print_pdf(page, CHROMIUM)
    assert file.read_bytes().startswith(b"%PDF")
    with pytest.raises(OSError, match=r"wrote nothing"):
        build.print_pdf(page.parent / "x" / "none.html", "false")


# --- In a browser -----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("viewport", [(1280, 720), (640, 360), (390, 844)], ids=str)
def test_no_part_of_it_has_a_violation(browser: Any, page: Path, viewport: tuple[int, int]) -> None:
    """640 x 360 is what 200 % zoom leaves of 1280 x 720."""
    context = browser.new_context(viewport=dict(zip(PROJECTOR, viewport, strict=True)))
    opened = context.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(page.as_uri())
    assert violations(opened) == []
    opened.emulate_media(media="print")
    assert violations(opened) == []
    assert opened.evaluate("document.documentElement.scrollWidth") <= viewport[0]
    images = opened.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    assert images and all(url.startswith("file:") for url in asked)
    context.close()


# --- All of it again --------------------------------------------------------------------------


def test_a_rebuild_goes_on_after_what_fails_and_says_what_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, code in (("good", "print('well')"), ("bad", "raise SystemExit(3)")):
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    steps = [("bad", "--x"), ("good",)]
    assert rebuild.run(steps) == [steps[0]]
    said = capfd.readouterr()
    assert "failed with status 3" in said.out and "well" in said.out
    assert said.err == "failed: python -m bad --x\n"


def test_a_quick_rebuild_writes_nothing_outside_its_folder(tmp_path: Path) -> None:
    for module, *words in rebuild.quick_steps(tmp_path, tmp_path / "accepted.csv"):
        assert "--quick" in words or module == "experiments.report.build"
        assert Path(words[words.index("--out") + 1]).is_relative_to(tmp_path)
    written = {module.split(".")[1] for module, *_ in rebuild.quick_steps(tmp_path)}
    assert written >= {experiment.folder.split("/")[0] for experiment in contents.contents()}


@pytest.mark.parametrize("said", ["", "Out of date"])
def test_a_full_rebuild_searches_where_the_points_are_not_current(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "say_if_not_current", lambda: said)
    modules = [module for module, *_ in rebuild.full_steps()]
    assert (modules[0] == "experiments.tuning.run") == bool(said)
    assert modules.count("experiments.tuning.run") == bool(said)
    assert modules[-1] == "experiments.report.build"
