"""The workshop app as people use it: a real browser, its keys and its clicks.

Every host but loopback is blocked throughout, for the browser and, where a test says so, for the
server.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.accessibility import violations
from tests.browser import (
    ANA,
    Server,
    Visitor,
    button,
    expect,
    flip,
    open_sandbox,
    open_story,
    open_tab,
    settle,
    visit,
)

pytest.importorskip("solara", reason="the app needs solara")
pytestmark = pytest.mark.slow


@pytest.fixture
def visitor(browser: Any, server: Server) -> Iterator[Visitor]:
    with visit(browser, server.address) as one:
        yield one


def lines_of(page: Any) -> list[str]:
    """Classes of all half lines, in the order of the picture."""
    return page.eval_on_selector_all(
        "svg path[id*='link-']", "found => found.map(line => line.getAttribute('class'))"
    )


# --- the first minute ----------------------------------------------------------------------------


def test_opens_on_a_story_with_six_organisations_and_a_play_button(visitor: Visitor) -> None:
    page = visitor.page
    expect(page.get_by_role("heading", level=1)).to_have_text("The impression of partnership")
    cards = page.locator("main .ps-cards li")
    expect(cards).to_have_count(6)
    assert all(re.search(r"\w+: Wants .+\.", text) for text in cards.all_inner_texts())
    expect(button(page, "Play")).to_be_visible()
    assert len(lines_of(page)) == 30


def test_something_happens_within_ten_seconds_of_the_first_click(visitor: Visitor) -> None:
    page = visitor.page
    before = lines_of(page)
    button(page, "Play").click()
    page.wait_for_function(
        "before => JSON.stringify([...document.querySelectorAll(\"svg path[id*='link-']\")]"
        ".map(line => line.getAttribute('class'))) !== before",
        arg=json.dumps(before, separators=(",", ":")),
        timeout=10_000,
    )


def test_playing_changes_lines_in_place_and_builds_nothing(visitor: Visitor) -> None:
    """Sixty months pass: the picture's elements are the same ones, and nothing is put in or out."""
    page = visitor.page
    button(page, "Next").click()
    expect(page.locator(".ps-cursor")).to_have_count(1)
    page.evaluate(
        """() => {
          window.built = 0;
          const watch = new MutationObserver(found => found.forEach(change => {
            window.built += change.addedNodes.length + change.removedNodes.length;
          }));
          document.querySelectorAll(".ps-picture").forEach(
            picture => watch.observe(picture, { childList: true, subtree: true }));
          window.first = document.querySelector("svg path[id*='link-']");
          window.seen = new Set();
          partnersim.watch(month => window.seen.add(month));
        }"""
    )
    button(page, "Play").click()
    page.wait_for_function("partnersim.month >= 60")
    assert page.evaluate("window.built") == 0
    assert page.evaluate("window.first.isConnected")
    assert page.evaluate("[...Array(60).keys()].every(month => window.seen.has(month))")
    button(page, "Pause").click()
    expect(button(page, "Play")).to_be_visible()


CLICK_ALL = """
names => names.forEach(name => [...document.querySelectorAll("main button, .ps-tabs button")]
  .find(one => one.textContent.trim() === name).click())
"""


@pytest.mark.parametrize("tab", ["The partnership", "With and without", "Out of 100"])
def test_a_click_that_comes_while_the_page_is_drawn_anew_is_not_lost(visitor: Visitor, tab: str) -> None:
    """Whatever is clicked last is shown, however soon after another picture it is clicked."""
    page = visitor.page
    flip(page)
    open_tab(page, tab)
    settle(page)
    choice = page.get_by_role("group", name="Pictures").get_by_role("button")
    names = choice.all_inner_texts()
    for first in names:
        for last in names:
            page.evaluate(CLICK_ALL, [first, last])
            expect(button(page, last)).to_have_attribute("aria-pressed", "true")
    page.evaluate(CLICK_ALL, [*names, tab, "Why?", "Debrief"])
    expect(page.locator(".ps-tabs [aria-current]")).to_have_text("Debrief")


def test_a_new_picture_is_made_of_the_old_one(visitor: Visitor) -> None:
    """No flash: what differs is changed, and what has the focus keeps it."""
    page = visitor.page
    open_sandbox(page)
    open_tab(page, "Change something")
    expect(page.locator("main.ps-change .ps-stays svg")).to_be_visible()
    page.evaluate("window.first = document.querySelector('main .ps-figure svg path[stroke-width]')")
    before = page.locator("main .ps-figure svg").inner_html()
    page.get_by_label("Decisions go back to").select_option(label="hardly any board")
    expect(page.locator(".ps-stays .ps-flags")).to_contain_text("hardly any board")
    settle(page)
    assert page.locator("main .ps-figure svg").inner_html() != before
    assert page.evaluate("window.first.isConnected")
    open_tab(page, "The partnership")
    button(page, "As numbers").click()
    page.locator("a.ps-cell").nth(7).focus()
    page.keyboard.press("Alt+p")
    page.wait_for_function("partnersim.month >= 6")
    page.keyboard.press("Alt+p")
    settle(page)
    assert page.evaluate("document.activeElement === document.querySelectorAll('a.ps-cell')[7]"), (
        "the focus was lost"
    )


def test_months_are_said_in_years_and_months(visitor: Visitor) -> None:
    page = visitor.page
    timeline = page.get_by_role("slider", name="Month")
    timeline.focus()
    page.keyboard.press("End")
    expect(page.locator("output.ps-month")).to_have_text("year 10, month 12")
    page.keyboard.press("ArrowLeft")
    expect(timeline).to_have_attribute("aria-valuetext", "year 10, month 11")


def test_every_picture_of_trust_has_its_table(visitor: Visitor) -> None:
    page = visitor.page
    button(page, "Next").click()
    for name, rows in (("Who trusts whom", 30), ("As numbers", 30), ("Over time", 7)):
        button(page, name).click()
        expect(button(page, name)).to_have_attribute("aria-pressed", "true")
        if not page.locator("main details[open]").count():
            page.locator("main summary", has_text="As a table").first.click()
        expect(page.locator("main .ps-figure").first.locator("tbody tr")).to_have_count(rows)


# --- with and without, out of a hundred ----------------------------------------------------------


def test_predict_then_reveal_and_score(visitor: Visitor) -> None:
    page = visitor.page
    open_story(page, "The coordinator")
    while not page.locator("form.ps-ask").count():
        number = page.locator(".ps-dots [aria-current]").inner_text()
        button(page, "Next").click()
        expect(page.locator(".ps-dots [aria-current]")).not_to_have_text(number)
        page.wait_for_timeout(200)
    assert page.locator("main svg").count() == 0, "the comparison shows before the room is asked"
    hands = page.locator("form.ps-ask input[type=number]")
    for index in range(hands.count()):
        hands.nth(index).fill(str(10 * (index + 1)))
    button(page, "Show what happens").click()
    expect(page.locator(".ps-say .ps-sentence")).to_contain_text("In this partnership:")
    expect(page.locator("main svg")).to_be_visible()
    expect(page.locator(".ps-say summary")).to_contain_text("of 1 right so far")


def test_tables_may_answer_in_place_of_hands(visitor: Visitor) -> None:
    page = visitor.page
    open_sandbox(page)
    page.get_by_role("button", name="With and without").click()
    page.get_by_label("With what?").select_option(label=ANA)
    page.get_by_label("Count", exact=True).select_option(label="by table")
    for number in (1, 2, 3):
        page.get_by_label(f"Table {number}").select_option(index=1)
    button(page, "Show what happens").click()
    expect(page.locator(".ps-say .ps-sentence")).to_contain_text("3 of 3 said:")


def test_one_switch_two_panes_one_sentence(visitor: Visitor) -> None:
    page = visitor.page
    flip(page)
    expect(page.locator("main > * > .ps-sentence, main .ps-sentence").last).to_contain_text("Ana")
    button(page, "Who trusts whom").click()
    expect(page.locator("main svg[role=group]")).to_have_count(2)
    page.get_by_role("slider", name="Month").focus()
    page.keyboard.press("Home")
    page.wait_for_function("partnersim.month === 0")
    classes = lines_of(page)
    assert classes[:30] == classes[30:], "both worlds begin alike"
    page.keyboard.press("End")
    page.wait_for_function("partnersim.month === 120")
    classes = lines_of(page)
    assert classes[:30] != classes[30:]


def test_out_of_a_hundred_with_a_deadline_to_drag(visitor: Visitor) -> None:
    page = visitor.page
    flip(page)
    page.get_by_role("button", name="Out of 100").click()
    sentence = page.locator("main .ps-sentence")
    expect(sentence).to_contain_text("of our 100 simulated partnerships")
    said = sentence.inner_text()
    deadline = page.get_by_label("By when?")
    deadline.focus()
    page.keyboard.press("Home")
    expect(sentence).not_to_have_text(said)
    expect(sentence).to_contain_text("year 1, month 1")
    expect(page.locator("main svg circle")).to_have_count(200)
    button(page, "When they got there").click()
    expect(page.locator("main svg circle.ps-dot")).to_have_count(100)
    drag_the_deadline(page, sentence)
    button(page, "Ten of them").click()
    expect(page.locator("main svg path[opacity='0.35']")).to_have_count(20)


def drag_the_deadline(page: Any, sentence: Any) -> None:
    """On the dots themselves, by pointer and by keys; the slider beside them follows."""
    grip = page.get_by_role("slider", name="Deadline, on the dots")
    slider = page.get_by_label("By when?")
    places = page.evaluate(
        """() => {
          const grip = document.querySelector(".ps-deadline");
          const frame = grip.ownerSVGElement.getBoundingClientRect();
          const scale = frame.width / grip.ownerSVGElement.viewBox.baseVal.width;
          const { left, unit } = grip.dataset;
          return [24, 60, 96].map(month => [
            frame.left + scale * (Number(left) + unit * month), frame.top + frame.height / 2]);
        }"""
    )
    page.evaluate("window.first = document.querySelector('.ps-deadline')")
    page.mouse.move(*places[0])
    page.mouse.down()
    page.mouse.move(*places[1], steps=12)
    assert full_dots(page) == in_time(page, 60), "dots fill while the pointer is still down"
    page.mouse.move(*places[2], steps=12)
    page.mouse.up()
    expect(sentence).to_contain_text("By year 8, month 12")
    expect(grip).to_have_attribute("aria-valuenow", "96")
    expect(slider).to_have_value("96")
    assert full_dots(page) == in_time(page, 96)
    expect(grip).to_be_focused()
    for key, month in (("ArrowLeft", "95"), ("Home", "1"), ("End", "120"), ("ArrowDown", "119")):
        page.keyboard.press(key)
        expect(grip).to_have_attribute("aria-valuenow", month)
        expect(slider).to_have_value(month)
    expect(sentence).to_contain_text("By year 10, month 11")
    expect(grip).to_be_focused()
    slider.fill("84")
    expect(grip).to_have_attribute("aria-valuenow", "84")
    assert page.evaluate("window.first.isConnected"), "what is dragged was built anew"


def full_dots(page: Any) -> int:
    return int(page.locator("main svg circle.ps-dot:not([fill='#FFFFFF'])").count())


def in_time(page: Any, deadline: int) -> int:
    months = page.eval_on_selector_all(
        "circle.ps-dot[data-month]", "all => all.map(one => +one.dataset.month)"
    )
    return sum(month <= deadline for month in months)


def test_the_month_is_dragged_on_a_chart_and_why_follows(visitor: Visitor) -> None:
    page = visitor.page
    open_sandbox(page)
    open_tab(page, "Why?")
    sentence = page.locator("main.ps-why .ps-sentence")
    expect(sentence).to_contain_text("Between the start and year 1, month 1")
    chart = page.locator("main .ps-figure", has=page.locator(".ps-cursor")).locator("svg")
    box = chart.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 50, box["y"], steps=5)
    page.mouse.up()
    expect(page.locator("output.ps-month")).to_have_text("year 10, month 12")
    expect(sentence).to_contain_text("Between year 9, month 12 and year 10, month 12")


def test_numbers_play_too(visitor: Visitor) -> None:
    page = visitor.page
    open_sandbox(page)
    open_tab(page, "The partnership")
    button(page, "As numbers").click()
    expect(page.locator("a.ps-cell")).to_have_count(30)
    seen = page.evaluate(
        "[0, 60, 120].map(month => { partnersim.show(month);"
        "return [...document.querySelectorAll('a.ps-cell text')].map(one => one.textContent); })"
    )
    page.evaluate("partnersim.show(60)")
    page.locator("main summary", has_text="As a table").first.click()
    rows = page.locator("main .ps-figure").first.locator("tbody tr td:nth-child(3)")
    page.get_by_role("slider", name="Month").press("ArrowLeft")
    page.get_by_role("slider", name="Month").press("ArrowRight")
    expect(page.locator("main .ps-figure svg").first).to_have_attribute(
        "aria-label", re.compile("year 5, month 12")
    )
    assert seen[1] == rows.all_text_contents()
    assert seen[0] != seen[1] != seen[2]


# --- change, undo, events, why -------------------------------------------------------------------


def test_levers_are_sentences_and_every_step_can_be_undone(visitor: Visitor) -> None:
    page = visitor.page
    open_sandbox(page)
    page.get_by_role("button", name="Change something").click()
    levers = page.locator(".ps-lever select")
    expect(levers).to_have_count(10)
    before = page.locator("main .ps-figure svg").inner_html()
    page.get_by_label("Decisions go back to").select_option(label="hardly any board")
    expect(page.locator(".ps-flags").last).to_contain_text("hardly any board")
    assert page.locator("main .ps-figure svg").inner_html() != before
    page.keyboard.press("Tab")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Control+z")
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    assert page.locator("main .ps-figure svg").inner_html() == before
    page.keyboard.press("Control+y")
    expect(page.locator(".ps-flags").last).to_contain_text("hardly any board")
    button(page, "Show more").click()
    assert levers.count() > 10
    page.get_by_role("button", name="What does the evidence say? Council plans").click()
    expect(page.locator(".ps-explained")).to_contain_text("That is a claim and not a study")
    expect(page.locator(".ps-explained")).to_contain_text("From the start of the partnership")


def test_rewind_and_go_another_way_leaves_the_past_as_it_was(visitor: Visitor) -> None:
    page = visitor.page
    open_sandbox(page)
    page.evaluate("partnersim.show(48)")
    button(page, "Another way from here").click()
    expect(page.get_by_text("What you change now begins at year 4, month 12")).to_be_visible()
    before = page.locator("main .ps-figure tbody tr").all_text_contents()
    page.get_by_label("The partners hold").select_option(label="12 away days a year")
    expect(page.locator(".ps-player .ps-flags")).to_contain_text("year 4, month 12")
    after = page.locator("main .ps-figure tbody tr").all_text_contents()
    assert after[:5] == before[:5]
    assert after != before


def test_an_event_is_a_flag_that_can_be_taken_away(visitor: Visitor) -> None:
    page = visitor.page
    open_sandbox(page)
    page.evaluate("partnersim.show(24)")
    page.get_by_role("button", name="Change something").click()
    page.get_by_label("Let happen").select_option(label="Money is cut")
    page.get_by_label("to", exact=True).select_option(label="Council")
    button(page, "Let it happen").click()
    flag = page.locator(".ps-player .ps-flags li")
    expect(flag).to_contain_text("Money is cut: Council")
    flag.get_by_role("button", name="Remove: Money is cut").click()
    expect(flag).to_have_count(0)


def test_every_event_happens_as_it_is_offered(visitor: Visitor) -> None:
    """With what is chosen already: no first click of a trainer is refused."""
    page = visitor.page
    open_sandbox(page)
    open_tab(page, "Change something")
    page.evaluate("partnersim.show(24)")
    events = page.get_by_label("Let happen")
    names = events.locator("option").all_inner_texts()
    for number, name in enumerate(names, start=1):
        events.select_option(label=name.strip())
        button(page, "Let it happen").click()
        expect(page.locator(".ps-stays .ps-flags li")).to_have_count(number)
        expect(page.get_by_role("alert")).to_have_count(0)


def test_an_event_that_does_not_fit_is_refused_in_words(visitor: Visitor) -> None:
    """Nothing can begin at the end of the timeline."""
    page = visitor.page
    open_sandbox(page)
    page.get_by_role("button", name="Change something").click()
    page.evaluate("partnersim.show(120)")
    button(page, "Let it happen").click()
    expect(page.get_by_role("alert")).to_contain_text("The timeline stands at its end")
    expect(button(page, "Play")).to_be_visible()


def test_why_has_bars_that_add_up(visitor: Visitor) -> None:
    page = visitor.page
    open_sandbox(page)
    page.evaluate("partnersim.show(60)")
    button(page, "As numbers").click()
    page.locator("a.ps-cell").first.click()
    expect(page.locator("main .ps-sentence")).to_contain_text("the goodwill of")
    bars = page.locator("main .ps-figure", has_text="What moved goodwill")
    cells = bars.locator("tbody tr td").all_text_contents()
    values = [float(cell.replace("−", "-")) for cell in cells]
    assert sum(values[:-1]) == pytest.approx(values[-1], abs=1e-9)
    assert len(values) >= 3


def test_starting_again_is_asked_twice(visitor: Visitor) -> None:
    page = visitor.page
    open_sandbox(page)
    page.get_by_role("button", name="Change something").click()
    page.get_by_label("Decisions go back to").select_option(label="every board")
    expect(page.locator(".ps-flags").last).to_contain_text("every board")
    button(page, "Menu").click()
    button(page, "Start again").click()
    expect(page.locator(".ps-flags").last).to_contain_text("every board")
    button(page, "Yes, start again").click()
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    button(page, "Undo").click()
    expect(page.locator(".ps-flags").last).to_contain_text("every board")


# --- notes, debrief, links -----------------------------------------------------------------------


def test_notes_follow_the_projector_and_never_show_on_it(visitor: Visitor) -> None:
    page = visitor.page
    button(page, "Menu").click()
    with visitor.context.expect_page() as opened:
        page.get_by_role("link", name="Facilitator's notes").click()
    notes = opened.value
    expect(notes.get_by_role("heading", level=1)).to_contain_text("Facilitator's notes")
    expect(notes.get_by_text("Screen 1 of")).to_be_visible()
    button(page, "Next").click()
    expect(notes.get_by_text("Screen 2 of")).to_be_visible()
    button(notes, "Next").click()
    expect(page.locator(".ps-dots [aria-current]")).to_have_text("3")
    asked = notes.locator("section p").first.inner_text()
    assert asked not in page.inner_text("body")
    expect(notes.get_by_role("timer")).to_contain_text(re.compile(r"\d+:\d\d"))


def test_debrief_has_points_of_this_session_and_pledges(visitor: Visitor) -> None:
    page = visitor.page
    flip(page)
    button(page, "Debrief").click()
    expect(page.locator("main ol li")).to_have_count(3)
    expect(page.locator("main ol li").first).to_contain_text("Ana")
    page.get_by_label("I will").fill("<script>alert(1)</script> 🤝 call the council")
    button(page, "Add").click()
    expect(page.locator("main ul li").last).to_contain_text("<script>alert(1)</script> 🤝")


@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("Summary", b"<!doctype html"),
        ("Numbers", b"month,"),
        ("The change (PNG)", b"\x89PNG"),
        ("The change (SVG)", b"<svg"),
        ("The partnership", b""),
    ],
)
def test_files_can_be_taken_home(visitor: Visitor, name: str, beginning: bytes) -> None:
    page = visitor.page
    button(page, "Debrief").click()
    file = page.locator("form", has=page.get_by_role("button", name=name))
    with visitor.context.expect_event("response", lambda one: "take-home" in one.url) as answered:
        file.get_by_role("button").click()
    assert answered.value.status == 200
    assert visitor.key() not in answered.value.url
    address = visitor.address.rstrip("/") + file.get_attribute("action")
    answer = visitor.context.request.post(address, form={"room": visitor.key()})
    assert answer.status == 200
    assert answer.body().lower().startswith(beginning.lower())


def test_a_link_opens_the_same_elsewhere(browser: Any, visitor: Visitor) -> None:
    page = visitor.page
    open_sandbox(page)
    page.get_by_role("button", name="Change something").click()
    page.get_by_label("Decisions go back to").select_option(label="every board")
    expect(page.locator(".ps-flags").last).to_contain_text("every board")
    chart = page.locator("main .ps-figure tbody").text_content()
    button(page, "Debrief").click()
    link = page.get_by_label("A link that holds all of this session").input_value()
    with visit(browser, visitor.address) as other:
        other.page.goto(link)
        other.page.get_by_role("button", name="Change something").click()
        expect(other.page.locator(".ps-lever").first).to_be_visible()
        expect(other.page.locator(".ps-flags").last).to_contain_text("every board")
        assert other.page.locator("main .ps-figure tbody").text_content() == chart


@pytest.mark.parametrize(
    "link", ["1.x", "1." + "A" * 9000, "2.eJw", "%00", "<script>alert(1)</script>", "1.eJwDAAAAAAE"]
)
def test_a_hostile_or_broken_link_is_refused_in_words(visitor: Visitor, link: str) -> None:
    page = visitor.page
    page.goto(f"{visitor.address}?s={link}")
    expect(page.get_by_role("alert")).to_be_visible()
    button(page, "Next").click()
    expect(page.locator(".ps-dots [aria-current]")).to_have_text("2")


def test_two_visitors_never_see_each_other(browser: Any, visitor: Visitor) -> None:
    with visit(browser, visitor.address) as other:
        open_story(other.page, "What if she leaves?")
        button(visitor.page, "Next").click()
        expect(visitor.page.locator(".ps-dots [aria-current]")).to_have_text("2")
        expect(other.page.locator(".ps-dots [aria-current]")).to_have_text("1")
        expect(visitor.page.get_by_role("heading", level=1)).to_have_text("The impression of partnership")


def test_loading_again_in_the_middle_of_a_story_goes_on_there(visitor: Visitor) -> None:
    page = visitor.page
    open_story(page, "The coordinator")
    button(page, "Next").click()
    expect(page.locator(".ps-dots [aria-current]")).to_have_text("2")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("The coordinator")
    expect(page.locator(".ps-dots [aria-current]")).to_have_text("2")


def test_a_lost_connection_comes_back_by_itself(visitor: Visitor) -> None:
    page = visitor.page
    # Solara complains, in several ways, of widgets that went while nobody was connected; what
    # counts is that the page goes on.
    visitor.is_cut_off = True
    button(page, "Next").click()
    expect(page.locator(".ps-dots [aria-current]")).to_have_text("2")
    page.evaluate("solara.debug.dropConnection()")
    page.wait_for_function("solara.debug.reconnectCount > 0")
    button(page, "Next").click()
    expect(page.locator(".ps-dots [aria-current]")).to_have_text("3")


def test_a_server_that_was_started_again_is_said_in_words_and_nothing_is_lost(browser: Any) -> None:
    server = Server().start()
    visitor = Visitor(browser, server.address)
    try:
        page = visitor.go()
        open_story(page, "The coordinator")
        button(page, "Next").click()
        expect(page.locator(".ps-dots [aria-current]")).to_have_text("2")
        server.stop()
        expect(page.get_by_text("The program that serves this page has stopped")).to_be_visible()
        server.start()
        expect(page.get_by_text("The program was started again.").first).to_be_visible()
        page.get_by_role("button", name="Load again").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("The coordinator")
        expect(page.locator(".ps-dots [aria-current]")).to_have_text("2")
    finally:
        visitor.context.close()
        server.stop()


# --- for researchers -----------------------------------------------------------------------------


def test_a_scenario_is_copied_changed_and_loaded_or_refused(visitor: Visitor) -> None:
    page = visitor.page
    analyst = visitor.open_window("analyst")
    text = analyst.get_by_label("Copy it, or change it here and load it.")
    whole = text.input_value()
    text.fill("months = ")
    button(analyst, "Load").click()
    expect(analyst.get_by_role("alert")).to_contain_text("not TOML")
    text.fill(whole.replace('title = "Acute hospital"', 'title = "<b>Hôpital</b> 🏥"'))
    button(analyst, "Load").click()
    expect(analyst.get_by_role("alert")).to_have_count(0)
    page.get_by_role("button", name="The partnership").click()
    expect(page.locator("main svg text", has_text="<b>Hôpital</b>").first).to_be_visible()
    expect(analyst.locator(".ps-chart svg")).to_be_visible()
    analyst.get_by_label("Parameter", exact=True).fill("months")
    analyst.get_by_label("Value", exact=True).fill("1" + "0" * 40)
    analyst.locator("form").nth(1).get_by_role("button").click()
    expect(analyst.get_by_role("alert")).to_be_visible()
    expect(button(page, "Play")).to_be_visible()


def test_values_are_read_off_the_bands_with_a_pointer(visitor: Visitor) -> None:
    page = visitor.page
    flip(page)
    analyst = visitor.open_window("analyst")
    chart = analyst.locator(".ps-chart")
    expect(chart.locator("svg")).to_be_visible()
    box = chart.bounding_box()
    for share in (0.35, 0.6, 0.98):
        analyst.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
        expect(chart).to_contain_text("middle half")
    expect(chart).to_contain_text("year 10")
    read = re.findall(r"median: ([\d.]+)", chart.inner_text())
    assert len(read) == 2, "without and with"
    row = analyst.locator(".ps-figure tbody tr").last.locator("td").all_text_contents()
    analyst.mouse.move(box["x"] + box["width"] - 21, box["y"] + box["height"] / 2)
    expect(chart).to_contain_text(f"median: {row[2]}")
    expect(chart).to_contain_text(f"90 of 100: {row[0]} – {row[4]}")
    analyst.get_by_label("Over time").select_option(label="Trust")
    expect(analyst.get_by_role("img", name="Trust, from 0 to 1: median and bands")).to_be_visible()


def test_a_story_as_a_file_plays_asks_and_explains(browser: Any, tmp_path: Path) -> None:
    from partnersim.app.export import story_page

    file = tmp_path / "story.html"
    file.write_text(story_page("coordinator"), encoding="utf-8")
    context = browser.new_context(viewport={"width": 1280, "height": 720}, offline=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    before = page.eval_on_selector_all(
        ".screen:not([hidden]) [id*='link-']", "all => all.map(one => one.className.baseVal)"
    )
    button(page, "Play").click()
    page.wait_for_function("partnersim.month >= 12")
    after = page.eval_on_selector_all(
        ".screen:not([hidden]) [id*='link-']", "all => all.map(one => one.className.baseVal)"
    )
    assert before != after
    while not page.locator(".screen:not([hidden]) .answer").count():
        button(page, "Next").click()
    shown = page.locator(".screen:not([hidden]) .shown")
    expect(shown).to_be_hidden()
    page.locator(".screen:not([hidden]) .answer").first.click()
    expect(shown).to_be_visible()
    expect(page.locator(".screen:not([hidden]) .reply")).to_contain_text("In this partnership:")
    page.locator(".screen:not([hidden]) summary", has_text="Why?").click()
    expect(page.locator(".screen:not([hidden]) details[open] svg")).to_be_visible()
    assert asked == [file.as_uri()]
    context.close()


# --- nothing leaves the machine -------------------------------------------------------------------

REFUSE = """
import socket
class Refused(OSError): pass
_connect = socket.socket.connect
def connect(self, address):
    if self.family != socket.AF_UNIX and not str(address[0]).startswith("127."):
        {act}
    return _connect(self, address)
socket.socket.connect = connect
_lookup = socket.getaddrinfo
def lookup(host, *more, **named):
    if host not in (None, "localhost", "127.0.0.1", socket.gethostname()):
        {act}
    return _lookup(host, *more, **named)
socket.getaddrinfo = lookup
"""


@pytest.mark.parametrize(
    "act",
    [
        'print("OUTSIDE", flush=True); raise Refused("no network")',
        'print("OUTSIDE", flush=True); import time; time.sleep(3600)',
    ],
    ids=["refused", "hanging"],
)
def test_the_server_needs_no_network(browser: Any, act: str) -> None:
    with Server(code=REFUSE.format(act=act)) as server, visit(browser, server.address) as visitor:
        button(visitor.page, "Next").click()
        expect(visitor.page.locator(".ps-dots [aria-current]")).to_have_text("2")
    assert "OUTSIDE" not in server.printed


# --- fit for all ---------------------------------------------------------------------------------


@pytest.mark.parametrize("viewport", [(1280, 720), (640, 360), (390, 844)], ids=str)
def test_no_screen_has_a_violation(browser: Any, server: Server, viewport: tuple[int, int]) -> None:
    """640 x 360 is what 200 % zoom leaves of 1280 x 720."""
    size = {"width": viewport[0], "height": viewport[1]}
    with visit(browser, server.address, viewport=size, bypass_csp=True) as visitor:
        page = visitor.page
        found = {"first": violations(page)}
        button(page, "Menu").click()
        found["menu"] = violations(page)
        button(page, "No story: try things out").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Partnership workshop")
        for name in ("Who trusts whom", "As numbers", "Over time", "Trust as a line"):
            button(page, name).click()
            expect(button(page, name)).to_have_attribute("aria-pressed", "true")
            found[name] = violations(page)
        page.get_by_role("button", name="With and without").click()
        page.get_by_label("With what?").select_option(index=1)
        expect(page.locator("form.ps-ask")).to_be_visible()
        found["ask"] = violations(page)
        page.locator("form.ps-ask input[type=number]").first.fill("7")
        button(page, "Show what happens").click()
        expect(button(page, "Our guess")).to_have_attribute("aria-pressed", "true")
        found["guess"] = violations(page)
        for name in ("Change delivered", "Who trusts whom"):
            button(page, name).click()
            expect(button(page, name)).to_have_attribute("aria-pressed", "true")
            found[f"compare {name}"] = violations(page)
        page.get_by_role("button", name="Out of 100").click()
        for name in ("100 partnerships", "When they got there", "Ten of them"):
            button(page, name).click()
            expect(button(page, name)).to_have_attribute("aria-pressed", "true")
            found[name] = violations(page)
        page.get_by_role("button", name="Why?").click()
        expect(page.locator("main.ps-why .ps-sentence")).to_be_visible()
        found["why"] = violations(page)
        page.get_by_role("button", name="Change something").click()
        button(page, "Show more").click()
        page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
        page.locator(".ps-help").first.click()
        found["change"] = violations(page)
        button(page, "Debrief").click()
        expect(page.locator("main ol li").first).to_be_visible()
        found["debrief"] = violations(page)
        for name in ("notes", "analyst"):
            opened = visitor.open_window(name)
            opened.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
            found[name] = violations(opened)
    assert {name: ids for name, ids in found.items() if ids} == {}


def test_page_has_a_language_and_can_be_zoomed(visitor: Visitor) -> None:
    assert visitor.page.get_attribute("html", "lang") == "en"
    assert "user-scalable" not in visitor.page.get_attribute("meta[name=viewport]", "content")


def test_everything_can_be_reached_by_keyboard_and_focus_shows(visitor: Visitor) -> None:
    page = visitor.page
    open_sandbox(page)
    page.get_by_role("button", name="Change something").click()
    expect(page.locator(".ps-lever").first).to_be_visible()
    page.evaluate("document.activeElement.blur()")
    wanted = page.evaluate(
        "[...document.querySelectorAll('.ps button:not([disabled]), .ps select, .ps input, "
        ".ps summary, .ps a[href]')].filter(one => one.checkVisibility()).length"
    )
    reached, unseen = set(), []
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "() => { const one = document.activeElement; if (!one.closest('.ps')) return null;"
            "window.order = window.order || new Map();"
            "if (!window.order.has(one)) window.order.set(one, window.order.size);"
            "return [window.order.get(one), getComputedStyle(one).outlineWidth, one.outerHTML];}"
        )
        if found is not None:
            reached.add(found[0])
            if found[1] != "4px":
                unseen.append(found[2][:80])
    assert len(reached) >= wanted
    assert unseen == []
