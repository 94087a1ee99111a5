"""The timeline, a change from a month on, and the way back: all of it by keys alone."""

from __future__ import annotations

import pytest

from tests.browser import Visitor, button, expect, open_sandbox, tab_to

pytest.importorskip("solara", reason="the app needs solara")
pytestmark = pytest.mark.slow

LEVER = "#ps-lever-joint_away_days"
MOVED = ".ps-moved"
ANSWER = ".ps-five-to-three .ps-sentence"


def test_there_is_nothing_to_take_back_before_anything_was_done(visitor: Visitor) -> None:
    """The story that the page opens on is where a visitor begins, and no step of theirs."""
    page = visitor.page
    button(page, "Menu").click()
    for name in ("Undo", "Redo"):
        expect(button(page, name)).to_be_disabled()


def test_a_change_from_a_month_on_and_its_way_back_by_keys_alone(visitor: Visitor) -> None:
    page = visitor.page
    keys = page.keyboard
    tab_to(page, button(page, "Menu"))
    keys.press("Enter")
    expect(page.locator(".ps-menu")).to_be_visible()
    tab_to(page, button(page, "No story: try things out"))
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Partnership workshop")

    # The timeline: to the end, and back from there to the end of the fourth year.
    tab_to(page, ".ps-player input[type=range]")
    keys.press("End")
    page.wait_for_function("partnersim.month === 120")
    for _ in range(120 - 48):
        keys.press("ArrowLeft")
    page.wait_for_function("partnersim.month === 48")
    expect(page.locator("output.ps-month")).to_have_text("the end of year 4")
    timeline = page.get_by_role("slider", name="Month")
    expect(timeline).to_have_attribute("aria-valuetext", "the end of year 4")
    keys.press("c")  # also where the timeline has the focus: nobody writes there
    expect(page.locator("header .ps-main")).to_be_focused()

    # A lever from that month on, whose focus stays where it is.
    tab_to(page, "main input[type=checkbox]")
    keys.press("Space")
    tab_to(page, LEVER)
    keys.press("End")
    expect(page.locator(MOVED)).to_have_count(1)
    assert page.evaluate("what => document.activeElement.matches(what)", LEVER)
    expect(page.locator(ANSWER)).to_contain_text("12 away days a year")  # it may come after the mark
    said = page.locator(ANSWER).inner_text()

    # Back, forth, back and forth again.
    tab_to(page, ".ps button")
    for press, is_there in (
        ("Control+z", False),
        ("Control+y", True),
        ("Control+z", False),
        ("Control+Shift+z", True),
    ):
        keys.press(press)
        expect(page.locator(MOVED)).to_have_count(int(is_there))
        expect(page.locator(ANSWER)).to_have_text(said if is_there else "Nothing is changed yet.")

    # Another change takes the place of what could be done again.
    keys.press("Control+z")
    expect(page.locator(MOVED)).to_have_count(0)
    page.locator(LEVER).focus()
    keys.press("ArrowDown")
    expect(page.locator(MOVED)).to_have_count(1)
    expect(page.locator(ANSWER)).not_to_have_text("Nothing is changed yet.")
    other = page.locator(ANSWER).inner_text()
    tab_to(page, ".ps button")
    keys.press("Control+y")
    expect(page.locator(ANSWER)).to_have_text(other)
    keys.press("Escape")
    expect(page.locator("main.ps-main-stage")).to_be_visible()
    page.wait_for_function("document.activeElement !== document.body")


def test_the_timeline_goes_where_it_is_put_while_it_plays(visitor: Visitor) -> None:
    page = visitor.page
    open_sandbox(page)
    button(page, "Play").click()
    page.wait_for_function("partnersim.month >= 3")
    page.get_by_role("slider", name="Month").focus()
    page.keyboard.press("End")
    page.wait_for_function("partnersim.month === 120 && !partnersim.is_playing")
    expect(page.locator("output.ps-month")).to_have_text("the end of year 10")
