"""A ledger of some months says of them what the ledger of all months says."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partnersim.app import sentences
from partnersim.app.words import words
from partnersim.app.world import World
from partnersim.model.schedule import MONTH
from partnersim.report.output import ledger_picture
from partnersim.runs.ledger import KINDS, MECHANISMS, Ledger, explain
from partnersim.scenario.errors import ScenarioError
from partnersim.scenario.scenario import Scenario
from tests.strategies import scenarios

EVERYTHING = Scenario.load(Path(__file__).parents[1] / "reference" / "everything.toml").replace(months=24)
LINKS = ((None, None), ("hospital", None), (None, "council"), ("hospital", "council"))


@pytest.fixture(scope="module")
def whole() -> Ledger:
    return explain(EVERYTHING, seed=3, replicate=2)


def same_months(part: Ledger, whole: Ledger) -> None:
    """Every number of the part is the whole's, bit for bit."""
    first, last = part.from_month - 1, part.to_month
    assert part.changes.tobytes() == whole.changes[first:last].tobytes()
    for kind in KINDS:
        levels = getattr(part, f"{kind}_trust")
        assert levels.tobytes() == getattr(whole, f"{kind}_trust")[first : last + 1].tobytes()


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(scenarios(max_months=15), st.integers(0, 2**32), st.data())
def test_any_months_of_any_place(scenario: Scenario, seed: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, scenario.months))
    last = data.draw(st.integers(first, scenario.months))
    part = explain(scenario, seed, from_month=first, to_month=last)
    assert (part.from_month, part.to_month) == (first, last)
    same_months(part, explain(scenario, seed))


@pytest.mark.parametrize("span", [(1, 24), (1, 1), (24, 24), (5, 17)], ids=str)
def test_totals_add_up_to_what_changed(whole: Ledger, span: tuple[int, int]) -> None:
    first, last = span
    part = explain(EVERYTHING, 3, 2, from_month=first, to_month=last)
    same_months(part, whole)
    for link in LINKS:
        for kind in (*KINDS, "trust"):
            change = part.level(last, *link, kind=kind) - part.level(first - 1, *link, kind=kind)
            totals = part.totals(*link, kind=kind)
            assert math.fsum(totals.values()) == pytest.approx(change, abs=1e-12)
            monthly = [whole.totals(*link, month, kind) for month in range(first, last + 1)]
            for name, total in totals.items():
                of_whole = math.fsum(one[name] for one in monthly)
                assert total == pytest.approx(of_whole, abs=1e-12)
                assert part.totals(*link, last, kind)[name] == monthly[-1][name]


def test_the_last_month_is_the_last_unless_told_otherwise() -> None:
    assert explain(EVERYTHING, from_month=20).to_month == 24
    assert explain(EVERYTHING, to_month=3).from_month == 1


def test_months_before_are_lived_under_variants_too() -> None:
    variants = {
        "learn": lambda i, layer, j, seen, rate, state, p: 0.9,
        "decide": lambda i, layer, state, p: 0.2,
    }
    part = explain(EVERYTHING, 3, variants=variants, from_month=9, to_month=12)
    same_months(part, explain(EVERYTHING, 3, variants=variants))
    assert len(part.variants) == 2


def test_the_ledger_has_a_name_for_all_that_the_month_books_and_no_other() -> None:
    assert {name for row in MONTH for name in row.booked} == set(MECHANISMS)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"from_month": 0}, r"from_month = 0: must be from 1 to 24"),
        ({"from_month": 25}, r"from_month = 25: must be from 1 to 24"),
        ({"to_month": 25}, r"to_month = 25: must be from 1 to 24"),
        ({"to_month": 0}, r"to_month = 0: must be from 1 to 24"),
        ({"from_month": 9, "to_month": 8}, r"to_month = 8: must be from 9 to 24"),
    ],
    ids=str,
)
def test_months_that_the_run_does_not_have_are_refused(given: dict[str, int], message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        explain(EVERYTHING, **given)


def test_what_is_not_explained_is_not_made_up() -> None:
    part = explain(EVERYTHING, from_month=5, to_month=8)
    for month in (4, 9, 0, -1):
        with pytest.raises(ScenarioError, match=rf"month = {month}: must be from 5 to 8"):
            part.totals(month=month)
    for month in (3, 9, -1):
        with pytest.raises(ScenarioError, match=rf"month = {month}: must be from 4 to 8"):
            part.level(month)


def test_which_months_are_explained_is_said() -> None:
    part = explain(EVERYTHING, from_month=13, to_month=24)
    assert "from year 2, month 1 to year 2, month 12" in part.sentences()[0]
    assert "in year 2, month 3" in part.sentences(month=15)[0]
    assert "in year 1, month 1" in explain(EVERYTHING, to_month=1).sentences()[0]
    assert "over 24 months" in explain(EVERYTHING).sentences()[0]
    assert "from month 13 to month 24" in ledger_picture(part, "", (None, None), None).title
    assert "in month 15" in ledger_picture(part, "", (None, None), 15).title
    assert "over 2 years" in ledger_picture(explain(EVERYTHING), "", (None, None), None).title


@pytest.mark.parametrize("month", [1, 5, 12, 13, 60, 120])
@pytest.mark.parametrize("link", [LINKS[0], LINKS[3]])
def test_the_app_says_the_same_of_a_year_as_of_the_year_in_the_whole(
    month: int, link: tuple[str | None, str | None]
) -> None:
    world = World()
    year = world.ledger(month)
    assert (year.from_month, year.to_month) == (max(1, month - 11), month)
    assert sentences.why(year, month, words(), *link) == sentences.why(world.ledger(), month, words(), *link)
