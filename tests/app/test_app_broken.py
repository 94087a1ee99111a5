"""A page that cannot be drawn says so in plain words; what went wrong is for the log alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.accessibility import violations
from tests.browser import (
    Server,
    Visitor,
    at_screen,
    button,
    expect,
    go_to,
    open_sheet,
    open_story,
    settle,
    visit,
)

pytest.importorskip("solara", reason="the app needs solara")

pytestmark = pytest.mark.slow

FAULT = "the pen broke <b>"
BREAK = f"""
from partnersim.app import take_home
from partnersim.app.pages import acts, sheets, view

def broken(*given, **named):
    raise RuntimeError({FAULT!r})
"""

ONCE = """
sound, calls = sheets.chance, []
def broken_once(*given):
    calls.append(1)
    return broken() if len(calls) == 1 else sound(*given)
sheets.chance = broken_once
"""


def serve(code: str) -> Server:
    return Server(code=BREAK + code)


def check_words(page: Any) -> None:
    """It says in plain words what happened and what to do, and nothing of the program."""
    expect(page.get_by_role("heading", name="Something went wrong here")).to_be_visible()
    said = page.locator("body").inner_text()
    assert "Start this screen again" in said
    for foreign in ("Traceback", "File ", "RuntimeError", "pen broke"):
        assert foreign not in said


@pytest.mark.parametrize(
    "code",
    ["view.top = broken", "sheets.who = broken", "view.labels = broken"],
    ids=["frame", "words", "labels"],
)
def test_a_first_page_that_cannot_be_drawn_says_so(browser: Any, code: str) -> None:
    with serve(code) as server, visit(browser, server.address) as visitor:
        check_words(visitor.page)
    assert "a page could not be drawn" in server.printed
    assert f"RuntimeError: {FAULT}" in server.printed, "whoever looks after the program finds the cause"


def test_a_screen_that_failed_once_is_there_when_it_is_started_again(browser: Any) -> None:
    with serve(ONCE) as server, visit(browser, server.address, bypass_csp=True) as visitor:
        page = visitor.page
        open_story(page, "The coordinator")
        button(page, "Menu").click()
        page.get_by_label("Chapters").select_option(index=3)
        check_words(page)
        expect(button(page, "Start this screen again")).to_be_focused()
        assert not violations(page)
        page.keyboard.press("Enter")
        at_screen(page, 4)
        expect(page.locator("main .ps-picture svg")).to_be_visible()


def test_the_step_that_led_to_a_screen_that_always_fails_can_be_taken_back(browser: Any) -> None:
    with serve("sheets.chance = broken") as server, visit(browser, server.address) as visitor:
        page = visitor.page
        open_story(page, "The coordinator")
        go_to(page, 3)
        at_screen(page, 3)
        button(page, "Next").click()
        check_words(page)
        button(page, "Start this screen again").click()
        page.wait_for_load_state()
        check_words(page)
        button(page, "Take the last step back").click()
        at_screen(page, 3)
        assert "back" not in page.url
        page.reload()
        at_screen(page, 3)


def test_an_act_may_fail_and_the_page_and_other_windows_go_on(browser: Any) -> None:
    with (
        serve("acts.event_kinds = broken\nsheets.notes = broken") as server,
        visit(browser, server.address) as visitor,
    ):
        page = visitor.page
        notes = visitor.open_window("notes")
        check_words(notes)
        assert button(notes, "Take the last step back").count() == 0
        expect(button(page, "Next")).to_be_visible()
        open_sheet(page, "c", "change")
        button(page, "People, events").click()
        button(page, "Let it happen").click()
        expect(page.get_by_role("alert")).to_contain_text("That did not work")
        assert "broke" not in page.locator("body").inner_text()
        open_sheet(page, "w", "why")
        expect(page.get_by_role("alert")).to_have_count(0)
    assert server.printed.count(f"RuntimeError: {FAULT}") >= 2


def test_where_even_those_words_cannot_be_drawn_no_traceback_shows(browser: Any) -> None:
    with serve("import solara\nsolara.use_exception = broken") as server:
        visitor = Visitor(browser, server.address)
        visitor.page.goto(server.address)
        visitor.page.wait_for_selector(".widget-html", state="attached")
        settle(visitor.page)
        assert "Traceback" not in visitor.page.locator("body").inner_text()
        said = "getComputedStyle(document.querySelector('.widget-html'), '::before').content"
        assert "Something went wrong here" in visitor.page.evaluate(said)
        visitor.close()


def test_a_file_that_cannot_be_made_says_so(browser: Any) -> None:
    with serve("take_home.months_csv = broken") as server, visit(browser, server.address) as visitor:
        page = visitor.page
        form = {"room": visitor.key()}
        answer = page.request.post(f"{server.address}take-home/months.csv", form=form)
        assert answer.status == 500
        assert answer.text() == "This file could not be made. Go back to the workshop: it goes on."
    assert FAULT in server.printed
