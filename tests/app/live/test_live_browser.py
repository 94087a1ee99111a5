"""The page that runs the model, in a real browser without a network: its numbers, for everybody, by keys.

Written for any browser that Playwright drives; run by Chromium. By hand Firefox 140 gave the same answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import partnersim
from partnersim.app import sentences
from partnersim.app.levers import coordinator_choices, front_levers
from partnersim.app.live.page import KEPT
from partnersim.app.session import Session, State, changed, usual_question
from partnersim.app.words import words
from partnersim.app.world import N_PAIRS, Change, Hundred, World
from partnersim.cli.base import app
from tests.accessibility import violations
from tests.browser import button, expect, open_file, tab_to

pytestmark = pytest.mark.slow

SIZES = ((1280, 720), (1920, 1080), (390, 844))
PLACE = World()
VIEWS = ("Stage", "What if?", "Out of 100", "Packages")

Choice = dict[str, int]
"""Bands chosen, by lever; `coordinator` is the one who looks after the whole."""

CHOICES: tuple[Choice, ...] = (
    {"coordinator": 1},
    {"planning": 4},
    {"joint_away_days": 2, "coordinator": 3},
    {"issue_avoidance": 2, "separate_pre_meetings": 3},
    {"delegated_authority": 3, "partnership_managed_teams": 3, "issue_avoidance": 0, "binding_agreement": 2},
)
"""Among them what brings nothing to most, and what brings half of the change to all."""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page as the command writes it."""
    written = tmp_path_factory.mktemp("live") / "workshop.html"
    ended = CliRunner().invoke(app, ["app", "--export", str(written)])
    assert ended.exit_code == 0, ended.output
    return written


@pytest.fixture
def page(browser: Any, file: Path) -> Iterator[Any]:
    with open_file(browser, file) as opened:
        settle(opened)
        yield opened


def settle(page: Any) -> None:
    """Wait until what was chosen has been run and drawn."""
    page.wait_for_selector("main[aria-busy=false]")


def choose(page: Any, choice: Choice) -> None:
    """Choose bands, from things as they were."""
    button(page, "What if?").click()
    button(page, "All as it was").click()
    for name, band in choice.items():
        page.select_option(f"#{name}" if name == "coordinator" else f"#lever-{name}", str(band))
    settle(page)


def changes(choice: Choice) -> list[Change]:
    """The same choice as the app has it."""
    scenario, levers = (
        PLACE.scenario(),
        {lever.name: lever for lever in front_levers(PLACE.scenario(), words())},
    )
    found: list[Change] = []
    for name, band in choice.items():
        if name == "coordinator":
            appointed = coordinator_choices(scenario, words())[band].change
            assert appointed is not None
            found.append(appointed)
        else:
            found.append(levers[name].change(levers[name].bands[band].value))
    return found


def answer(page: Any, view: str = "#change") -> str:
    return str(page.locator(f"{view} .live-answer").inner_text())


# --- its numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_its_numbers_and_words_are_those_of_compare_and_of_the_app(page: Any, choice: Choice) -> None:
    choose(page, choice)
    session = Session(State(world=PLACE, bundle=tuple(changes(choice))))
    twin = session.with_
    assert twin is not None
    arms = {"without": PLACE.scenario(), "with": twin.scenario()}
    compared = partnersim.compare(arms, replicates=N_PAIRS, seed=PLACE.seed)
    for arm, results in compared.results.items():
        for name in KEPT:
            ran = page.evaluate(
                "([arm, name]) => partnersim.shown()[arm][name].map(run => [...run])", [arm, name]
            )
            np.testing.assert_allclose(np.array(ran), results.series[name], rtol=0, atol=1e-9)
        first = page.evaluate(
            "arm => partnersim.answers.monthsTo(partnersim.shown()[arm])"
            ".map(month => month === Infinity ? null : month)",
            arm,
        )
        np.testing.assert_array_equal(np.array(first, dtype=float), results.measures["months_to_50"])
        line = page.evaluate("arm => partnersim.answers.line(partnersim.shown()[arm], 'trust')", arm)
        np.testing.assert_allclose(line, results.quantiles("trust", [0.5])[0], rtol=0, atol=1e-9)
    hundred = Hundred(*compared.results.values())
    said = words()
    assert answer(page) == sentences.faster(hundred, session.sides, said)
    days = round(float(np.median(np.subtract(*(arm.measures["cost"] for arm in reversed(hundred.arms))))))
    assert page.locator("#cost").inner_text().startswith(f"{abs(days):,} staff days")
    assert page.locator("h1").inner_text() == usual_question(session.sides, said).text
    button(page, "Out of 100").click()
    by = int(page.locator("#deadline").input_value())
    assert (
        page.locator("#in-time").inner_text()
        == f"{sentences.reached_in_hundred(hundred, session.sides, said, by)}."
    )


N, NEVER = N_PAIRS, 1000
PAIRS = {
    "each another month": [(110, month) for month in range(N)],
    "later, some never": [(20, 25 + month) for month in range(N - 20)] + [(20, NEVER)] * 20,
    "both ways": [(60, 31 + month) for month in range(N - 30)] + [(60, 60)] * 30,
    "mostly the same": [(40, 40)] * (N - 10) + [(40, 39)] * 5 + [(40, 42)] * 5,
    "only with": [(NEVER, 40)] * 75 + [(50, 40)] * 25,
    "only without": [(40, NEVER)] * 75 + [(50, 40)] * 25,
    "neither": [(NEVER, NEVER)] * 75 + [(50, 40)] * 25,
}
"""Months in which half of the change is there in each pair, without and with."""


def test_how_much_faster_is_said_as_the_app_says_it(page: Any) -> None:
    """Sentence for sentence and month for month, where hundreds are made up: each kind of answer."""
    at = np.arange(PLACE.months + 1)
    for name, pairs in PAIRS.items():
        arms = [np.array([np.where(at >= pair[arm], 0.5, 0.013 * arm) for pair in pairs]) for arm in range(2)]
        hundred = Hundred(*(replace(PLACE.hundred(), series={"change_delivered": change}) for change in arms))
        said = page.evaluate(
            "arms => partnersim.answers.faster(arms.map(change_delivered => ({ change_delivered })), "
            "{ who: 'Ana', other: '' })",
            [change.tolist() for change in arms],
        )
        assert said == sentences.faster(hundred, sentences.Sides("Ana"), words()), name


def test_a_place_of_ones_own_and_one_that_has_levers_moved_already(browser: Any, tmp_path: Path) -> None:
    """Torbay has interventions and coordinators of its own, which stay under what is changed."""
    file = tmp_path / "torbay.html"
    ended = CliRunner().invoke(app, ["app", "torbay", "--export", str(file)])
    assert ended.exit_code == 0, ended.output
    place = World(place="torbay")
    with open_file(browser, file) as page:
        settle(page)
        page.get_by_role("button", name="What if?").click()
        page.select_option("#lever-joint_away_days", "3")
        settle(page)
        lever = next(one for one in front_levers(place.scenario(), words()) if one.name == "joint_away_days")
        twin = changed(place, [lever.change(lever.bands[3].value)])
        for arm, world in (("without", place), ("with", twin)):
            ran = page.evaluate("arm => partnersim.shown()[arm].trust.map(run => [...run])", arm)
            np.testing.assert_allclose(np.array(ran), world.hundred().series["trust"], rtol=0, atol=1e-9)


# --- for everybody ----------------------------------------------------------------------------------


def states(page: Any) -> Iterator[str]:
    """Everything that the page can show."""
    yield "opened"
    button(page, "What if?").click()
    yield "levers, nothing changed"
    choose(page, CHOICES[-1])
    yield "levers"
    page.locator(".live-help summary").first.click()
    yield "help"
    for view in VIEWS:
        button(page, view).click()
        page.eval_on_selector_all(
            "details:not(.live-help)", "all => all.forEach(one => { one.open = true; })"
        )
        yield view
    button(page, "Enter this package").click()
    choose(page, CHOICES[0])
    button(page, "Keep the answer back").first.click()
    settle(page)
    for view in VIEWS:
        button(page, view).click()
        yield f"{view}, kept back"
    button(page, "Stage").click()
    bet(page, 5, 3)
    yield "bets are closed"
    page.evaluate("partnersim.show(120)")
    yield "answered"
    button(page, "Packages").click()
    button(page, "Reveal and rank").click()
    settle(page)
    yield "ranked"


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_no_state_has_a_violation_and_none_is_wider_than_the_screen(
    browser: Any, file: Path, size: tuple[int, int]
) -> None:
    found, wide = {}, []
    with open_file(browser, file, size) as page:
        settle(page)
        for state in states(page):
            if wrong := violations(page):
                found[state] = wrong
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append(state)
    assert (found, wide) == ({}, [])


def test_the_browser_refuses_whatever_would_leave_the_page(browser: Any, file: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(file.as_uri())
    refused = page.evaluate(
        """() => new Promise((resolve) => {
          document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective));
          fetch("http://127.0.0.1:9/").catch(() => {});
        })"""
    )
    context.close()
    assert refused == "connect-src"


# --- what the room does ----------------------------------------------------------------------------


def bet(page: Any, *counts: int) -> None:
    for at, count in enumerate(counts):
        page.locator("#ask input").nth(at).fill(str(count))
    button(page, "Bets are closed").click()


def lines(page: Any, chart: str = "change") -> int:
    """How many lines a chart has."""
    return int(
        page.eval_on_selector_all(
            f"[data-chart={chart}] .live-line", "all => all.filter(one => one.getAttribute('d')).length"
        )
    )


def test_a_bet_is_taken_and_taken_back_and_answered(page: Any) -> None:
    choose(page, CHOICES[0])
    button(page, "Keep the answer back").click()
    settle(page)
    assert answer(page) == words()("page.kept_back")
    button(page, "Stage").click()
    assert lines(page) == 1
    expect(page.locator(".ps-lane:visible")).to_have_count(1)
    bet(page, 2, 7)
    assert lines(page) == 2
    expect(page.locator("#ask")).to_be_hidden()
    expect(page.locator("[data-chart=change] .ps-bet")).to_contain_text("You bet here: 7 of 9")
    expect(page.locator("#stage .live-answer")).to_be_hidden()
    button(page, "Take the bets back").click()
    assert lines(page) == 1
    expect(page.locator("#ask input").nth(1)).to_have_value("7")
    bet(page, 8)
    button(page, "Play").click()
    page.evaluate("partnersim.skip()")
    expect(page.locator("#stage .live-answer")).to_contain_text("Half of the change comes")
    expect(page.locator("#reply")).to_contain_text(
        "8 of 15 said ‘A year earlier or more’. That is what came."
    )
    choose(page, CHOICES[1])  # another question: its bets are still to be placed
    button(page, "Stage").click()
    expect(page.locator("#ask input").first).to_have_value("")


def test_tables_compete_with_packages(page: Any) -> None:
    """Those over the budget come last, whatever they bring; nothing is told before the reveal."""
    entered: Sequence[tuple[str, Choice]] = (
        ("Little", CHOICES[3]),
        ("Ana", CHOICES[0]),
        ("Much", CHOICES[4]),
    )
    button(page, "Packages").click()
    button(page, "Keep the answer back").last.click()
    for name, choice in entered:
        choose(page, choice)
        button(page, "Packages").click()
        page.get_by_label("Table", exact=True).fill(name)
        button(page, "Enter this package").click()
        settle(page)
    names = page.locator(".ps-ranked > li > strong")
    expect(names).to_have_text([name for name, _ in entered])
    expect(page.locator(".ps-ranked .ps-sentence")).to_have_count(0)
    button(page, "Reveal and rank").click()
    settle(page)
    expect(names).to_have_text(["Much", "Ana", "Little"])
    page.get_by_label("Staff days that each may cost").fill("2000")
    page.keyboard.press("Tab")
    expect(names.last).to_have_text("Ana")
    expect(page.locator(".ps-over")).to_have_count(1)
    button(page, "To the stage").first.click()
    settle(page)
    expect(page.locator("h1")).to_have_text(re.compile("all that we changed"))


def test_all_of_it_by_keys_alone(page: Any) -> None:
    keys = page.keyboard
    keys.press("PageDown")
    tab_to(page, "#coordinator")
    keys.press("ArrowDown")
    settle(page)
    expect(page.locator("#change .live-answer")).to_contain_text("with Ana than without")
    tab_to(page, ".live-help summary")
    keys.press("Enter")
    expect(page.locator(".live-help[open] p").first).to_be_visible()
    tab_to(page, "#seal")
    keys.press("Space")
    settle(page)
    keys.press("PageUp")
    tab_to(page, "#ask input")
    keys.type("4")
    keys.press("Enter")
    expect(page.locator("#play")).to_be_focused()
    keys.press("Space")
    expect(page.locator("#play")).to_have_text("Pause")
    keys.press("Space")
    tab_to(page, "#month")
    keys.press("End")
    expect(page.locator("#month")).to_have_attribute("aria-valuetext", "the end of year 10")
    expect(page.locator("#reply")).to_be_visible()
    tab_to(page, "#take-back")
    keys.press("Enter")
    expect(page.locator("#ask input").first).to_be_focused()
    keys.press("PageDown")
    keys.press("PageDown")
    expect(page.locator("#no-hundred")).to_have_text(words()("page.kept_back"))
    keys.press("Escape")
    expect(page.locator("#stage")).to_be_visible()
