"""Steps that can be taken back, shown again and taken another way; and all of it by keys alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser import Server, Visitor, button, expect, open_sandbox, open_tab, visit

pytest.importorskip("solara", reason="the app needs solara")
pytestmark = pytest.mark.slow

LEVER = "#ps-lever-joint_away_days"
FLAGS = ".ps-player .ps-flags"


@pytest.fixture
def visitor(browser: Any, server: Server) -> Iterator[Visitor]:
    with visit(browser, server.address) as one:
        yield one


def change_so_far(page: Any) -> list[str]:
    """The change of each year, as the table behind the picture has it."""
    return list(page.locator("main .ps-figure tbody tr").all_text_contents())


# --- shown again ---------------------------------------------------------------------------------


def test_the_last_change_is_shown_again_and_nothing_else_is_changed(visitor: Visitor) -> None:
    """First the world as it was before it, then as it is; the way back is as long as before."""
    page = visitor.page
    open_sandbox(page)
    open_tab(page, "Change something")
    expect(page.locator(LEVER)).to_be_visible()
    as_it_was = change_so_far(page)
    page.locator(LEVER).select_option(label="12 away days a year")
    expect(page.locator(FLAGS)).to_contain_text("12 away days")
    as_it_is = change_so_far(page)
    assert as_it_is != as_it_was

    page.evaluate(
        """() => {
          window.seen = [];
          const look = () => {
            const rows = [...document.querySelectorAll("main .ps-figure tbody tr")];
            const now = JSON.stringify(rows.map(row => row.textContent));
            if (window.seen[window.seen.length - 1] !== now) window.seen.push(now);
          };
          look();
          new MutationObserver(look).observe(document.body, { childList: true, subtree: true,
            characterData: true });
        }"""
    )
    button(page, "Menu").click()
    button(page, "Replay last change").click()
    expect(page.locator(FLAGS)).to_have_count(0)
    expect(page.locator(FLAGS)).to_contain_text("12 away days")
    seen = page.evaluate("window.seen.map(one => JSON.parse(one))")
    assert seen == [as_it_is, as_it_was, as_it_is]

    button(page, "Menu").click()
    expect(button(page, "Redo")).to_be_disabled()
    button(page, "Undo").click()
    expect(page.locator(FLAGS)).to_have_count(0)
    assert change_so_far(page) == as_it_was


def test_there_is_nothing_to_take_back_before_anything_was_done(visitor: Visitor) -> None:
    """The story that the page opens on is where a visitor begins, and no step of theirs."""
    page = visitor.page
    button(page, "Menu").click()
    for name in ("Undo", "Redo", "Replay last change"):
        expect(button(page, name)).to_be_disabled()


# --- by keys alone -------------------------------------------------------------------------------


def tab_to(page: Any, what: str, most: int = 80) -> None:
    """Press Tab until something has the focus, and see that it shows."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("what => document.activeElement.matches(what)", what):
            width = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
            assert width == "4px", what
            return
    pytest.fail(f"the keyboard does not reach {what}")


def tab_to_button(page: Any, words: str, most: int = 80) -> None:
    """Press Tab until a button has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText?.trim()") == words:
            return
    pytest.fail(f"the keyboard does not reach {words!r}")


def test_rewind_go_another_way_and_take_it_back_by_keys_alone(visitor: Visitor) -> None:
    page = visitor.page
    keys = page.keyboard
    tab_to_button(page, "Menu")
    keys.press("Enter")
    tab_to_button(page, "No story: try things out")
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Partnership workshop")

    # Drag the timeline: to the end, and back from there to the end of the fourth year.
    tab_to(page, ".ps-player input[type=range]")
    keys.press("End")
    page.wait_for_function("partnersim.month === 120")
    for _ in range(120 - 48):
        keys.press("ArrowLeft")
    page.wait_for_function("partnersim.month === 48")
    expect(page.locator("output.ps-month")).to_have_text("year 4, month 12")
    tab_to_button(page, "Another way from here")
    keys.press("Enter")
    expect(page.get_by_text("What you change now begins at year 4, month 12")).to_be_visible()
    as_it_was = change_so_far(page)

    # Another way: a lever, whose focus stays where it is.
    tab_to(page, LEVER)
    keys.press("End")
    expect(page.locator(FLAGS)).to_contain_text("year 4, month 12")
    assert page.evaluate("what => document.activeElement.matches(what)", LEVER)
    another_way = change_so_far(page)
    assert another_way[:5] == as_it_was[:5], "the past stays as it was"
    assert another_way != as_it_was

    # Back, forth, back and forth again.
    tab_to(page, ".ps button")
    for press, is_there in (
        ("Control+z", False),
        ("Control+y", True),
        ("Control+z", False),
        ("Control+Shift+z", True),
    ):
        keys.press(press)
        expect(page.locator(FLAGS)).to_have_count(int(is_there))
        assert change_so_far(page) == (another_way if is_there else as_it_was), press

    # Yet another way from the same month takes the place of what could be done again.
    keys.press("Control+z")
    expect(page.locator(FLAGS)).to_have_count(0)
    page.locator(LEVER).focus()
    keys.press("ArrowDown")
    expect(page.locator(FLAGS)).to_contain_text("year 4, month 12")
    third_way = change_so_far(page)
    assert third_way[:5] == as_it_was[:5]
    tab_to(page, ".ps button")
    keys.press("Control+y")
    expect(page.locator(FLAGS)).to_have_count(1)
    assert change_so_far(page) == third_way


def test_the_timeline_goes_where_it_is_put_while_it_plays(visitor: Visitor) -> None:
    page = visitor.page
    open_sandbox(page)
    button(page, "Play").click()
    page.wait_for_function("partnersim.month >= 3")
    page.get_by_role("slider", name="Month").focus()
    page.keyboard.press("End")
    page.wait_for_function("partnersim.month === 120 && !partnersim.is_playing")
    expect(page.locator("output.ps-month")).to_have_text("year 10, month 12")
