"""What a notebook shows of results: well-formed pages with a figure and all numbers."""

import base64
from pathlib import Path

import pytest

import partnersim
from partnersim.report.tables import COMPARED, reading
from partnersim.runs.measures import MEASURES
from partnersim.runs.results import Comparison
from partnersim.scenario.scenario import Scenario
from tests.commands import printed_by
from tests.markup import Page

PLACE = Scenario.load("two-organisations").replace(months=24)


def check_image(page: Page, *words: str) -> None:
    (image,) = page.all("img")
    data = base64.b64decode((image["src"] or "").removeprefix("data:image/png;base64,"))
    assert data.startswith(b"\x89PNG") and len(data) < 150_000
    for word in words:
        assert word in (image["alt"] or "")


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    arms = {"base": PLACE, "<b>R & D</b>": PLACE.replace({"decision.exposure": 0.8})}
    return partnersim.compare(arms, 40)


@pytest.mark.parametrize("series", [True, False])
def test_page_of_results_has_every_measure(series: bool) -> None:
    results = partnersim.run(PLACE.model_copy(update={"title": "A <i>B</i>"}), 20, series=series)
    page = Page(results._repr_html_())
    check_image(page, "Change delivered")
    named = [row[0] for row in page.rows]
    assert [name for name in MEASURES if reading(name).heading.plain not in named] == []
    (delivered,) = [row for row in page.rows if row[0].startswith("Change delivered")]
    mean = 100 * results.summary()["change_delivered"].mean
    assert float(delivered[1].split(" ")[0]) == pytest.approx(mean, abs=0.5)
    assert "A <i>B</i>: 20 replicates of 24 months, seed 1" in page.words
    assert "20 replicates were not enough" in page.words
    assert "--" not in page.words


def test_page_of_a_comparison_has_a_table_for_each_arm(comparison: Comparison) -> None:
    page = Page(comparison._repr_html_())
    check_image(page)
    assert page.words.count("<b>R & D</b> against base") == 1
    assert len(page.rows) == len(COMPARED) + 1
    assert page.rows[0][1:] == ["base", "arm", "difference", "better in"]
    assert "40 pairs" in page.words


@pytest.mark.parametrize("series", [True, False])
def test_page_of_a_comparison_of_one_arm(series: bool) -> None:
    page = Page(partnersim.compare({"alone": PLACE}, 5, series=series)._repr_html_())
    check_image(page)
    assert len(page.rows) > len(MEASURES)


def test_page_of_a_comparison_without_series(comparison: Comparison) -> None:
    arms = {name: results.scenario for name, results in comparison.results.items()}
    page = Page(partnersim.compare(arms, 5, series=False)._repr_html_())
    check_image(page)


def test_page_of_a_ledger_says_why() -> None:
    ledger = partnersim.explain(PLACE)
    page = Page(ledger._repr_html_())
    check_image(page, "oodwill trust")
    for sentence in ledger.sentences():
        assert sentence in page.words
    assert page.rows[-1][0] == "together"


def test_only_what_is_shown_loads_matplotlib() -> None:
    code = (
        "import sys, partnersim; r = partnersim.run('two-organisations', 2); "
        "before = 'matplotlib' in sys.modules; r._repr_html_(); "
        "print(before, 'matplotlib' in sys.modules)"
    )
    assert printed_by("-c", code).split() == ["False", "True"]


def page_of_sweep(n_points: int, folder: Path) -> Page:
    plan = {
        "scenario": "two-organisations",
        "months": 24,
        "replicates": 2,
        "design": {"type": "sobol", "points": n_points},
        "parameters": {"decision.exposure": {}},
    }
    return Page(partnersim.Sweep.run(plan, folder, engine="serial")._repr_html_())


def test_a_sweep_shows_how_far_it_is_and_what_moves_the_change(tmp_path: Path) -> None:
    page = page_of_sweep(32, tmp_path)
    assert page.rows[1] == ["64", "64", "0", "32", "1", "2"]
    check_image(page, "Change delivered")


def test_a_sweep_of_few_points_says_why_it_has_no_figure(tmp_path: Path) -> None:
    page = page_of_sweep(2, tmp_path)
    assert page.all("img") == [] and "it takes 30" in page.words


def test_a_curve_shows_its_picture_and_a_row_for_each_level() -> None:
    curve = partnersim.curve(PLACE, 20)
    page = Page(curve._repr_html_())
    check_image(page, "times as fast where all trust each other fully")
    assert page.rows[0] == ["Trust held at", "base"]
    assert [row[0] for row in page.rows[1:12]] == [f"{level / 10:.1f}" for level in range(11)]
    mean = 100 * curve.arms["base"].at(1.0).mean
    assert float(page.rows[11][1].split()[0]) == pytest.approx(mean, abs=0.6)
    assert [row[0] for row in page.rows[12:]] == ["At rest: trust", "At rest: speed", "Elasticity"]
