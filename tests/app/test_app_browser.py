"""The workshop app as people use it: a real browser, its keys and its clicks.

Every host but loopback is blocked throughout, for the browser and, where a test says so, for the
server.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from partnersim.app.pages.view import LINES
from partnersim.app.words import words
from partnersim.app.world import N_PAIRS
from tests.browser import (
    Server,
    Visitor,
    at_screen,
    bet,
    button,
    close_sheet,
    compare_with_ana,
    expect,
    go_to,
    open_sandbox,
    open_sheet,
    open_story,
    play_to_the_answer,
    settle,
    visit,
)

pytest.importorskip("solara", reason="the app needs solara")
pytestmark = pytest.mark.slow


def lines_of(page: Any) -> list[str]:
    """Classes of all half lines, in the order of the picture."""
    return page.eval_on_selector_all(
        "svg path[id*='link-']", "found => found.map(line => line.getAttribute('class'))"
    )


# --- the first minute ----------------------------------------------------------------------------


def test_opens_on_a_question_with_six_organisations_and_a_play_button(visitor: Visitor) -> None:
    page = visitor.page
    expect(page.get_by_role("heading", level=1)).to_have_text("Care closer to home: who is here?")
    cards = page.locator("main .ps-cards li")
    expect(cards).to_have_count(6)
    assert all(re.search(r"Wants .+\.", text) for text in cards.all_inner_texts())
    expect(button(page, "Play")).to_be_visible()
    button(page, "Next").click()
    expect(page.locator("main.ps-main-stage svg").first).to_be_visible()
    assert len(lines_of(page)) == 30
    assert page.locator("[id^='ring-']").count() == 6


def test_playing_changes_the_stage_in_place_and_builds_nothing_and_stops(visitor: Visitor) -> None:
    """Two years pass: the pictures' elements are the same ones, and nothing is put in or out."""
    page = visitor.page
    button(page, "Next").click()
    expect(page.locator(".ps-cursor")).to_have_count(1)
    settle(page)  # the stage comes in several messages
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
          window.uncovered = [];
          partnersim.watch(month => {
            window.seen.add(month);
            window.uncovered[month] = Number(document.querySelector("#ps-now rect").getAttribute("width"));
          });
        }"""
    )
    lane = page.locator(".ps-lane output")
    before = lane.inner_text()
    button(page, "Play").click()
    expect(lane).not_to_have_text(before, timeout=10_000)  # something happens within ten seconds
    page.wait_for_function("partnersim.month === 24 && !partnersim.is_playing")
    assert page.evaluate("window.built") == 0
    assert page.evaluate("window.first.isConnected")
    assert page.evaluate("[...Array(24).keys()].every(month => window.seen.has(month))")
    uncovered = page.evaluate("window.uncovered.slice(1, 24)")
    assert uncovered == sorted(uncovered) and uncovered[0] < uncovered[-1], "the line goes up to now"
    expect(button(page, "Play")).to_be_visible()
    expect(page.locator(".ps-card")).to_contain_text("Year 2.")
    expect(page.locator("[data-lit]")).to_have_count(1)


def test_a_month_on_and_faster(visitor: Visitor) -> None:
    page = visitor.page
    button(page, "Next").click()
    button(page, "One month on").click()
    expect(page.locator("output.ps-month")).to_have_text("year 1, month 1")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("s")
    expect(page.locator("output.ps-month")).to_have_text("year 1, month 2")
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="Speed 2")).to_be_visible()
    page.keyboard.press("f")
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="Speed 1")).to_be_visible()


CLICK_ALL = """
names => names.forEach(name => [...document.querySelectorAll("main button, header button")]
  .find(one => one.textContent.trim() === name).click())
"""


def test_a_click_that_comes_while_the_page_is_drawn_anew_is_not_lost(visitor: Visitor) -> None:
    """Whatever is clicked last is shown, however soon after another line it is clicked."""
    page = visitor.page
    button(page, "Next").click()
    at_screen(page, 2)
    settle(page)
    names = page.get_by_role("group", name="Lines of our hundred").get_by_role("button").all_inner_texts()
    for first in names:
        for last in names:
            page.evaluate(CLICK_ALL, [first, last])
            expect(button(page, last)).to_have_attribute("aria-pressed", "true")


def test_a_new_picture_is_made_of_the_old_one(visitor: Visitor) -> None:
    """No flash: what differs is changed, and what has the focus keeps it."""
    page = visitor.page
    open_sandbox(page)
    open_sheet(page, "c", "change")
    picture = page.locator(".ps-five-to-three .ps-figure svg")
    expect(picture).to_be_visible()
    page.evaluate("window.first = document.querySelector('main .ps-figure svg path[stroke-width]')")
    before = picture.inner_html()
    lever = page.locator("#ps-lever-delegated_authority")
    lever.focus()
    lever.select_option(label="hardly any board")
    expect(page.locator(".ps-moved")).to_have_count(1)
    settle(page)
    assert picture.inner_html() != before
    assert page.evaluate("window.first.isConnected")
    expect(lever).to_be_focused()


def test_the_numbers_have_a_table_for_each_line_and_play_too(visitor: Visitor) -> None:
    page = visitor.page
    open_sandbox(page)
    open_sheet(page, "t", "numbers")
    lines = page.locator("main [role=region] table").last
    for name in LINES:
        button(page, words()(f"page.line.{name}")).click()
        expect(lines.locator("caption")).to_have_text(words()(f"page.line_title.{name}", n=N_PAIRS))
        expect(lines.locator("tbody tr")).to_have_count(11)
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        assert page.evaluate(
            "(box => box.scrollWidth <= box.clientWidth)(document.querySelector('.ps-years'))"
        )
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
        "aria-label", re.compile("the end of year 5")
    )
    assert seen[1] == rows.all_text_contents()
    assert seen[0] != seen[1] != seen[2]


# --- bet, play, reveal ---------------------------------------------------------------------------


def test_bet_then_play_then_see_what_happened_and_what_was_thought(visitor: Visitor) -> None:
    page = visitor.page
    open_story(page, "The coordinator")
    go_to(page, 3)
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "When will half of the change be there with Ana?"
    )
    assert page.locator(".ps-lane").count() == 0, "the comparison shows before the room has bet"
    assert "With Ana" not in page.locator("main").inner_text()
    bet(page, 3, 9, 2, 1)
    expect(page.locator(".ps-in")).to_have_text("15 bets in")
    expect(page.locator(".ps-bet")).to_contain_text("You bet here: 9 of 15")
    expect(page.locator(".ps-lane")).to_have_count(2)
    assert page.locator(".ps-answer").count() == 0
    play_to_the_answer(page)
    said = page.locator(".ps-answer").inner_text()
    assert said.index("8 months earlier") < said.index("You thought: 9 of 15")
    button(page, "Take the bets back").click()
    expect(page.locator("form.ps-ask input").nth(1)).to_have_value("9")
    expect(page.locator(".ps-lane")).to_have_count(0)


def test_counts_are_typed_in_the_facilitators_window_and_stay(visitor: Visitor) -> None:
    page = visitor.page
    open_story(page, "The coordinator")
    go_to(page, 3)
    notes = visitor.open_window("notes")
    hands = notes.locator("form.ps-ask input[type=number]")
    hands.nth(1).fill("12")
    expect(page.locator(".ps-in")).to_have_text("12 bets in")
    expect(page.locator("form.ps-ask input").nth(1)).to_have_value("12")
    button(page, "Next").click()
    at_screen(page, 4)
    button(page, "Back").click()
    expect(page.locator("form.ps-ask input").nth(1)).to_have_value("12")
    button(notes, "Bets are closed").click()
    expect(page.locator(".ps-lane")).to_have_count(2)
    button(notes, "Take the bets back").click()
    expect(page.locator("form.ps-ask")).to_be_visible()


def test_a_clicker_passes_no_question_and_leads_through_all_of_it(visitor: Visitor) -> None:
    page = visitor.page
    open_story(page, "The coordinator")
    go_to(page, 3)
    page.evaluate("document.activeElement.blur()")
    keys = page.keyboard
    keys.press("PageDown")
    expect(page.get_by_role("alert")).to_contain_text("The room has not bet yet")
    at_screen(page, 3)
    bet(page, 1, 2)
    page.evaluate("document.activeElement.blur()")
    keys.press("PageDown")
    page.wait_for_function("partnersim.is_playing")
    while not page.locator(".ps-answer").count():
        keys.press("PageDown")
        settle(page)
    at_screen(page, 3)
    keys.press("PageDown")
    at_screen(page, 4)
    keys.press("PageUp")
    at_screen(page, 3)


def test_lanes_choose_whose_organisations_are_shown(visitor: Visitor) -> None:
    page = visitor.page
    compare_with_ana(page)
    close_sheet(page)
    expect(page.locator("main")).to_contain_text("No. 68 of the 100, With Ana")
    page.evaluate("partnersim.show(120)")
    with_ana = lines_of(page)
    button(page, "Without").click()
    expect(page.locator("main")).to_contain_text("No. 68 of the 100, Without")
    page.evaluate("partnersim.show(120)")
    assert lines_of(page) != with_ana


def test_out_of_a_hundred_with_a_deadline_to_drag(visitor: Visitor) -> None:
    page = visitor.page
    compare_with_ana(page)
    open_sheet(page, "h", "hundred")
    sentence = page.locator("main .ps-sentence")
    expect(sentence).to_contain_text("of our 100 pairs")
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
    expect(sentence).to_contain_text("by the end of year 8")
    expect(grip).to_have_attribute("aria-valuenow", "96")
    expect(slider).to_have_value("96")
    assert full_dots(page) == in_time(page, 96)
    expect(grip).to_be_focused()
    for key, month in (("ArrowLeft", "95"), ("Home", "1"), ("End", "120"), ("ArrowDown", "119")):
        page.keyboard.press(key)
        expect(grip).to_have_attribute("aria-valuenow", month)
        expect(slider).to_have_value(month)
    expect(sentence).to_contain_text("by year 10, month 11")
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


def test_the_month_is_dragged_on_the_stage_and_why_follows(visitor: Visitor) -> None:
    page = visitor.page
    open_sandbox(page)
    box = page.locator("main .ps-chart-of-hundred svg").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 50, box["y"], steps=5)
    page.mouse.up()
    expect(page.locator("output.ps-month")).to_have_text("the end of year 10")
    open_sheet(page, "w", "why")
    sentence = page.locator("main .ps-sentence")
    expect(sentence).to_contain_text("Between the end of year 9 and the end of year 10")


def test_what_opens_over_the_stage_stops_play_and_speaks_of_the_month_shown(visitor: Visitor) -> None:
    page = visitor.page
    open_sandbox(page)
    page.evaluate("partnersim.play()")
    page.wait_for_function("partnersim.month >= 3")
    open_sheet(page, "w", "why")
    assert not page.evaluate("partnersim.is_playing")
    expect(page.locator("main .ps-why")).to_contain_text(page.locator(".ps-month").inner_text())


# --- change, undo, events, why -------------------------------------------------------------------


def test_levers_are_sentences_and_every_step_can_be_undone(visitor: Visitor) -> None:
    page = visitor.page
    open_sandbox(page)
    open_sheet(page, "c", "change")
    levers = page.locator(".ps-lever select")
    expect(levers).to_have_count(10)
    page.get_by_label("Decisions go back to").select_option(label="hardly any board")
    answer = page.locator(".ps-five-to-three .ps-sentence")
    expect(answer).to_contain_text("hardly any board")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Control+z")
    expect(answer).to_have_text("Nothing is changed yet.")
    page.keyboard.press("Control+y")
    expect(answer).to_contain_text("hardly any board")
    page.get_by_role("button", name="Remove: Decisions go back to hardly any board").click()
    expect(answer).to_have_text("Nothing is changed yet.")
    page.get_by_role("button", name="What does the evidence say? Council plans").click()
    expect(page.locator(".ps-explained")).to_contain_text("That is a claim and not a study")
    button(page, "More").click()
    expect(page.get_by_label("All organisations plan")).to_be_visible()


def test_a_change_from_a_month_on_leaves_the_past_as_it_was(visitor: Visitor) -> None:
    page = visitor.page
    open_sandbox(page)
    page.get_by_role("slider", name="Month").fill("48")
    open_sheet(page, "c", "change")
    page.get_by_label("Only from the end of year 4 on").check()
    page.get_by_label("The partners hold").select_option(label="12 away days a year")
    expect(page.locator(".ps-moved")).to_have_count(1)
    open_sheet(page, "t", "numbers")
    rows = page.locator(".ps-years tbody tr")
    expect(rows).to_have_count(11)
    cells = [row.split("\t") for row in rows.all_inner_texts()]
    assert all(without == with_ for _, without, with_ in cells[:5])
    assert cells[-1][1] != cells[-1][2]


def test_an_event_stops_play_with_its_headline_and_has_a_consequence(visitor: Visitor) -> None:
    page = visitor.page
    open_sandbox(page)
    page.get_by_role("slider", name="Month").fill("24")
    open_sheet(page, "c", "change")
    button(page, "People, events").click()
    page.get_by_label("Let happen").select_option(label="Money is cut")
    page.get_by_label("to", exact=True).select_option(label="Council")
    button(page, "Let it happen").click()
    expect(page.get_by_role("button", name="Remove: “Money is cut”")).to_be_visible()
    close_sheet(page)
    page.get_by_role("slider", name="Month").fill("12")
    for stop, said in ((24, "What was promised is harder to keep."), (48, "the median of our 100 pairs")):
        page.evaluate("partnersim.play(); partnersim.skip()")
        page.wait_for_function(f"partnersim.month === {stop}")
        expect(page.locator(".ps-card")).to_contain_text("Money is cut: Council")
        expect(page.locator(".ps-card")).to_contain_text(said)


def test_every_event_happens_as_it_is_offered(visitor: Visitor) -> None:
    """With what is chosen already: no first click of a trainer is refused."""
    page = visitor.page
    open_sandbox(page)
    page.get_by_role("slider", name="Month").fill("24")
    open_sheet(page, "c", "change")
    button(page, "People, events").click()
    events = page.get_by_label("Let happen")
    names = events.locator("option").all_inner_texts()
    assert "Someone joins" not in " ".join(names), "everybody is there"
    for number, name in enumerate(names, start=1):
        events.select_option(label=name.strip())
        button(page, "Let it happen").click()
        expect(page.locator("main .ps-flags li")).to_have_count(number)
        expect(page.get_by_role("alert")).to_have_count(0)


def test_tables_compete_and_one_reveal_ranks_them(visitor: Visitor) -> None:
    page = visitor.page
    open_sandbox(page)
    open_sheet(page, "c", "change")
    button(page, "Keep the answer back").click()
    for label, option in (
        ("The vision is sent round", "every month"),
        ("The partnership itself", "most of the teams"),
    ):
        if not page.locator(".ps-lever").count():
            open_sheet(page, "c", "change")
        page.get_by_label(label).select_option(label=option)
        expect(page.locator(".ps-five-to-three .ps-sentence")).to_have_text(
            "What this does is kept back until the room has bet."
        )
        open_sheet(page, "r", "packages")
        button(page, "Enter this package").click()
        expect(button(page, "Enter this package")).to_be_disabled()
    expect(page.locator(".ps-ranked li")).to_have_count(2)
    assert page.locator(".ps-ranked .ps-sentence").count() == 0
    button(page, "Reveal and rank").click()
    expect(page.locator(".ps-ranked .ps-sentence")).to_have_count(2)
    expect(page.locator(".ps-ranked li").first).to_contain_text("Table 2")


def test_why_explains_the_line_beside_it_and_bars_add_up(visitor: Visitor) -> None:
    page = visitor.page
    open_sandbox(page)
    page.get_by_role("slider", name="Month").fill("60")
    page.locator("a.ps-node").first.click()
    expect(page.locator("main .ps-sentence")).to_contain_text("the trust of Acute hospital in the others")
    bars = page.locator("main .ps-figure", has_text="What moved trust")
    cells = bars.locator("tbody tr td").all_text_contents()
    values = [float(cell.replace("−", "-")) for cell in cells]
    assert sum(values[:-1]) == pytest.approx(values[-1], abs=1e-9)
    assert len(values) >= 3
    line = (
        page.locator("main .ps-figure", has_text="Trust (of 100)").locator("tbody tr td").all_text_contents()
    )
    assert float(line[5]) - float(line[4]) == pytest.approx(values[-1], abs=0.11)


def test_the_next_group_is_asked_twice_and_starts_clean(visitor: Visitor) -> None:
    page = visitor.page
    open_story(page, "The coordinator")
    go_to(page, 3)
    bet(page, 1, 5)
    button(page, "Menu").click()
    button(page, "The next group").click()
    at_screen(page, 3)
    button(page, "Yes, start clean").click()
    at_screen(page, 1)
    go_to(page, 3)
    expect(page.locator("form.ps-ask input").nth(1)).to_have_value("")


def test_letters_are_no_keys_where_they_are_turned_off(visitor: Visitor) -> None:
    page = visitor.page
    button(page, "Next").click()
    at_screen(page, 2)
    open_sheet(page, "m", "menu")
    page.get_by_label("Letters alone are keys").uncheck()
    close_sheet(page)
    page.keyboard.press("t")
    page.keyboard.press("p")
    settle(page)
    expect(page.locator("main.ps-main-stage")).to_be_visible()
    assert not page.evaluate("partnersim.is_playing")


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
    at_screen(page, 3)
    asked = notes.locator("section p").first.inner_text()
    assert asked not in page.inner_text("body")
    expect(notes.get_by_role("timer")).to_contain_text(re.compile(r"\d+:\d\d"))


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
    open_sheet(page, "d", "debrief")
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
    compare_with_ana(page)
    answer = page.locator(".ps-five-to-three .ps-sentence").inner_text()
    open_sheet(page, "d", "debrief")
    link = page.get_by_label("A link that holds all of this session").input_value()
    with visit(browser, visitor.address) as other:
        other.page.goto(link)
        expect(other.page.locator(".ps-lane")).to_have_count(2)
        open_sheet(other.page, "c", "change")
        expect(other.page.locator(".ps-five-to-three .ps-sentence")).to_have_text(answer)


@pytest.mark.parametrize(
    "link", ["2.x", "2." + "A" * 9000, "1.eJw", "%00", "<script>alert(1)</script>", "2.eJwDAAAAAAE"]
)
def test_a_hostile_or_broken_link_is_refused_in_words(visitor: Visitor, link: str) -> None:
    page = visitor.page
    page.goto(f"{visitor.address}?s={link}")
    expect(page.get_by_role("alert")).to_be_visible()
    button(page, "Next").click()
    at_screen(page, 2)


def test_two_visitors_never_see_each_other(browser: Any, visitor: Visitor) -> None:
    with visit(browser, visitor.address) as other:
        open_story(other.page, "What if she leaves?")
        button(visitor.page, "Next").click()
        at_screen(visitor.page, 2)
        at_screen(other.page, 1)
        expect(visitor.page.get_by_role("heading", level=1)).to_have_text("What do two years bring?")


def test_a_lost_connection_comes_back_by_itself(visitor: Visitor) -> None:
    page = visitor.page
    # Solara complains, in several ways, of widgets that went while nobody was connected; what
    # counts is that the page goes on.
    visitor.is_cut_off = True
    button(page, "Next").click()
    at_screen(page, 2)
    page.evaluate("solara.debug.dropConnection()")
    page.wait_for_function("solara.debug.reconnectCount > 0")
    button(page, "Next").click()
    at_screen(page, 3)


def test_a_server_that_was_started_again_is_said_in_words_and_nothing_is_lost(browser: Any) -> None:
    with Server() as server, visit(browser, server.address) as visitor:
        visitor.is_cut_off = True
        page = visitor.page
        open_story(page, "The coordinator")
        button(page, "Next").click()
        at_screen(page, 2)
        server.stop()
        expect(page.get_by_text("The program that serves this page has stopped")).to_be_visible()
        server.start()
        expect(page.get_by_text("The program was started again.").first).to_be_visible()
        page.get_by_role("button", name="Load again").click()
        at_screen(page, 2)
        expect(page.get_by_role("heading", level=1)).to_have_text("Ana comes")


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
    close_sheet(page)
    expect(page.locator("main svg text", has_text="<b>Hôpital</b>").first).to_be_visible()
    expect(analyst.locator(".ps-chart svg")).to_be_visible()
    analyst.get_by_label("Parameter", exact=True).fill("months")
    analyst.get_by_label("Value", exact=True).fill("1" + "0" * 40)
    analyst.locator("form").nth(1).get_by_role("button").click()
    expect(analyst.get_by_role("alert")).to_be_visible()
    expect(button(page, "Play")).to_be_visible()


def test_values_are_read_off_the_bands_with_a_pointer(visitor: Visitor) -> None:
    page = visitor.page
    compare_with_ana(page)
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
        at_screen(visitor.page, 2)
    assert "OUTSIDE" not in server.printed


# --- fit for all ---------------------------------------------------------------------------------


def test_page_says_its_language_and_can_be_zoomed(visitor: Visitor) -> None:
    assert visitor.page.get_attribute("html", "lang") == "en"
    assert "user-scalable" not in visitor.page.get_attribute("meta[name=viewport]", "content")


def test_everything_can_be_reached_by_keyboard_and_focus_shows(visitor: Visitor) -> None:
    page = visitor.page
    open_sandbox(page)
    open_sheet(page, "c", "change")
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
