"""A story as one file, in a browser without a network: for everybody, and by the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from partnersim.app.export import story_page
from partnersim.cli.base import app
from tests.accessibility import violations
from tests.browser import button, expect, open_file, tab_to

pytestmark = pytest.mark.slow

SIZES = ((1280, 720), (1920, 1080), (390, 844), (640, 360))
"""The last is what 200 % zoom leaves of the first."""
LAYOUTS = (SIZES[0], SIZES[2])
"""One of those that are wide, one of those that are narrow."""

SHOWN = ".screen:not([hidden])"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The story as the command writes it."""
    written = tmp_path_factory.mktemp("story") / "story.html"
    ended = CliRunner().invoke(app, ["app", "--export", str(written), "--story", "coordinator"])
    assert ended.exit_code == 0, ended.output
    return written


@pytest.fixture
def page(browser: Any, file: Path) -> Iterator[Any]:
    with open_file(browser, file) as opened:
        yield opened


def number(page: Any) -> int:
    """Which screen is shown."""
    return int(page.eval_on_selector_all(".screen", "all => all.findIndex(one => !one.hidden)"))


def lines(page: Any) -> list[str]:
    """What the lines between the organisations look like."""
    return list(
        page.eval_on_selector_all(f"{SHOWN} [id*='link-']", "all => all.map(one => one.className.baseVal)")
    )


def states(page: Any) -> Iterator[str]:
    """Everything that the page can show, screen by screen."""
    n_screens = page.locator(".screen").count()
    for screen in range(n_screens):
        assert number(page) == screen
        yield f"{screen}: opened"
        for index in range(page.locator(f"{SHOWN} .answer").count()):
            page.locator(f"{SHOWN} .answer").nth(index).click()
            yield f"{screen}: answer {index}"
        button(page, "Play").click()
        page.wait_for_function("partnersim.month > 0 && partnersim.month < 119")
        yield f"{screen}: playing"
        button(page, "Pause").click()
        page.locator(f"{SHOWN} .why > summary").click()
        yield f"{screen}: why"
        page.eval_on_selector_all(f"{SHOWN} details", "all => all.forEach(one => { one.open = true; })")
        yield f"{screen}: all tables"
        if screen < n_screens - 1:
            button(page, "Next").click()


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_no_state_of_any_screen_has_a_violation(browser: Any, file: Path, size: tuple[int, int]) -> None:
    """Looked at are states that show something of their own, and of sizes that are laid out as another
    is, those that show most; each state has to be as wide as the page."""
    own = ("opened", "answer 0", "all tables") if size in LAYOUTS else ("all tables",)
    found, wide = {}, []
    with open_file(browser, file, size) as page:
        for state in states(page):
            if state.endswith(own) and (wrong := violations(page)):
                found[state] = wrong
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append(state)
    assert (found, wide) == ({}, [])


def test_the_whole_story_is_told_by_the_keyboard_alone(page: Any) -> None:
    """Tab, Enter, Space, arrows and page keys: play, drag, answer, look why, and go on."""
    keys = page.keyboard
    tab_to(page, "#next")
    tab_to(page, "#play")
    before = lines(page)
    keys.press("Space")
    page.wait_for_function("partnersim.month >= 3")
    keys.press("Space")
    expect(button(page, "Play")).to_be_focused()
    tab_to(page, "#month")
    keys.press("End")
    page.wait_for_function("partnersim.month === 120")
    assert lines(page) != before
    assert page.locator("#month").get_attribute("aria-valuetext") == "the end of year 10"
    keys.press("Home")
    page.wait_for_function("partnersim.month === 0")
    assert lines(page) == before
    while not page.locator(f"{SHOWN} .answer").count():
        keys.press("PageDown")
    expect(page.locator(f"{SHOWN} .shown")).to_be_hidden()
    tab_to(page, f"{SHOWN} .answer")
    keys.press("Enter")
    expect(page.locator(f"{SHOWN} .reply")).to_contain_text("You thought:")
    expect(page.locator(f"{SHOWN} .shown")).to_be_visible()
    tab_to(page, f"{SHOWN} [data-organisation]")
    keys.press("Enter")
    expect(page.locator(f"{SHOWN} .why > summary")).to_be_focused()
    expect(page.locator(f"{SHOWN} .why svg")).to_be_visible()
    keys.press("Space")
    expect(page.locator(f"{SHOWN} .why svg")).to_be_hidden()
    keys.press("p")
    page.wait_for_function("partnersim.is_playing")
    keys.press("p")
    page.wait_for_function("!partnersim.is_playing")
    now = number(page)
    keys.press("PageUp")
    assert number(page) == now - 1


def test_the_focus_is_not_lost_at_the_ends(page: Any) -> None:
    n_screens = page.locator(".screen").count()
    page.locator("#next").focus()
    for _ in range(n_screens - 1):
        page.keyboard.press("Enter")
    assert number(page) == n_screens - 1
    expect(button(page, "Next")).to_be_disabled()
    expect(button(page, "Back")).to_be_focused()
    for _ in range(n_screens - 1):
        page.keyboard.press("Enter")
    assert number(page) == 0
    expect(button(page, "Next")).to_be_focused()


def test_what_is_asked_is_hidden_until_it_is_answered(page: Any) -> None:
    """And each answer has a reply of its own."""
    while not page.locator(f"{SHOWN} .answer").count():
        button(page, "Next").click()
    assert page.locator(f"{SHOWN} svg >> visible=true").count() == 0
    replies = []
    for answer in page.locator(f"{SHOWN} .answer").all():
        answer.click()
        expect(answer).to_have_attribute("aria-pressed", "true")
        replies.append(page.locator(f"{SHOWN} .reply").inner_text())
    assert page.locator(f"{SHOWN} .answer[aria-pressed=true]").count() == 1
    assert len(set(replies)) == len(replies)
    assert all("of our 100 simulated partnerships: " in reply for reply in replies)


@pytest.mark.parametrize("name", ["impression", "coordinator", "whose", "leaves"])
def test_every_story_can_be_a_file(browser: Any, tmp_path: Path, name: str) -> None:
    file = tmp_path / "story.html"
    file.write_text(story_page(name), encoding="utf-8")
    with open_file(browser, file) as page:
        for _ in range(page.locator(".screen").count() - 1):
            button(page, "Next").click()
        expect(button(page, "Next")).to_be_disabled()
        assert violations(page) == []
