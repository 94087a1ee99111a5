"""How the main screens look, at four sizes: nothing cut, nothing covered, nothing too small, for everybody.

A tour of the screens is taken at each size. Where PARTNERSIM_SHOTS names a folder, what was seen is
left there as pictures; the checks are the same without.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.accessibility import violations
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

from partnersim.app.stories import stories

pytestmark = pytest.mark.slow

PROJECTED = (1280, 720)
"""As most projectors of meeting rooms are; every screen has to show there what it is about."""

SIZES = (PROJECTED, (1920, 1080), (390, 844), (640, 360))
"""The last is what 200 % zoom leaves of the first."""

Screen = tuple[str, Any]
"""A name, and the page that shows it."""


# --- the tour -------------------------------------------------------------------------------------


def tour(visitor: Visitor) -> Iterator[Screen]:
    """Every main screen, one after the other."""
    page = visitor.page
    for part in (tour_story, tour_sheets, tour_change, tour_packages):
        for name in part(page):
            yield name, page
    yield from tour_windows(visitor)


def tour_story(page: Any) -> Iterator[str]:
    yield "who-is-here"
    button(page, "Menu").click()
    page.locator(".ps-menu summary").click()
    yield "menu"
    button(page, "The next group").click()
    yield "menu-next-group"
    button(page, "No, keep it").click()
    close_sheet(page)
    open_story(page, "The coordinator")
    settle(page)  # the timeline of the story before stops play as it goes
    page.evaluate("partnersim.play()")
    page.wait_for_function("partnersim.month >= 14")
    page.evaluate("partnersim.stop()")
    yield "stage-playing"
    go_to(page, 3)
    yield "stage-ask"
    bet(page, 4, 9, 22)
    yield "stage-bets-closed"
    page.evaluate("partnersim.show(60)")
    yield "stage-bet-ahead"
    play_to_the_answer(page)
    yield "stage-revealed"
    for key, line in enumerate(("trust", "survey", "issues", "layers", "pressure"), start=2):
        page.keyboard.press(str(key))
        yield f"stage-{line}"


def tour_sheets(page: Any) -> Iterator[str]:
    open_sheet(page, "t", "numbers")
    yield "numbers"
    open_sheet(page, "h", "hundred")
    for name in ("When they got there", "100 partnerships"):
        pick(page, name)
        yield f"hundred-{slug(name)}"
    open_sheet(page, "w", "why")
    yield "why"
    page.get_by_label("Trust of").select_option(index=2)
    settle(page)
    page.get_by_label("in", exact=True).select_option(index=3)
    yield "why-of-two"
    open_sheet(page, "d", "debrief")
    expect(page.locator("main ol li")).to_have_count(3)
    expect(page.locator("main ol li").first).to_contain_text("Ana")
    for pledge in ("<b>call</b> 🤝 the council", "ask whose work waits for a decision, before we meet"):
        page.get_by_label("I will").fill(pledge)
        button(page, "Add").click()
        expect(page.locator("main ul li").last).to_contain_text(pledge)
    yield "debrief"


def tour_change(page: Any) -> Iterator[str]:
    compare_with_ana(page)
    yield "change-people"
    button(page, "Ways of working").click()
    page.get_by_label("Decisions go back to").select_option(label="hardly any board")
    answer = page.locator(".ps-five-to-three .ps-sentence")
    expect(answer).to_contain_text("with all that we changed than with things as they were")
    expect(page.get_by_text("Grey: before the last change")).to_be_visible()
    expect(page.locator(".ps-five-to-three svg path[stroke='#BFBFBF'][stroke-width='4']")).to_have_count(1)
    yield "change-two"
    page.locator(".ps-help").last.click()
    yield "change-help"
    page.locator(".ps-explained button").click()
    button(page, "More").click()
    yield "change-more"
    page.get_by_role("slider", name="Month").fill("24")
    button(page, "People, events").click()
    page.get_by_label("Let happen").select_option(label="Money is cut")
    button(page, "Let it happen").click()
    expect(page.locator("main .ps-flags li")).to_have_count(2)
    yield "change-event"
    page.get_by_role("slider", name="Month").fill("120")
    button(page, "Let it happen").click()
    expect(page.get_by_role("alert")).to_contain_text("The timeline stands at its end")
    yield "change-refused"
    button(page, "Play it").click()
    expect(page.locator(".ps-lane").first).to_contain_text("Things as they were")
    yield "stage-all-changed"


def tour_packages(page: Any) -> Iterator[str]:
    open_sheet(page, "r", "packages")
    yield "packages-none"
    button(page, "Enter this package").click()
    expect(page.locator(".ps-ranked li")).to_have_count(1)
    page.get_by_label("Staff days that each may cost").fill("100")
    page.keyboard.press("Tab")
    expect(page.locator(".ps-over")).to_be_visible()
    yield "packages"


def tour_windows(visitor: Visitor) -> Iterator[Screen]:
    """What opens in windows of its own."""
    open_story(visitor.page, "Whose coordinator is she?")
    yield "notes", visitor.open_window("notes")
    open_sandbox(visitor.page)
    yield "analyst", visitor.open_window("analyst")


def pick(page: Any, name: str) -> None:
    """Choose a picture."""
    button(page, name).click()
    expect(button(page, name)).to_have_attribute("aria-pressed", "true")


def slug(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower()).strip("-")


def shoot(page: Any, name: str, size: tuple[int, int]) -> None:
    """Keep a picture of what is seen, and of the whole page where there is more of it."""
    folder = os.environ.get("PARTNERSIM_SHOTS")
    if not folder:
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    file = Path(folder) / f"{size[0]}-{name}.png"
    if size[0] >= 1000:
        page.screenshot(path=file)
    if size[0] < 1000 or page.evaluate("document.documentElement.scrollHeight > innerHeight + 2"):
        whole = file if size[0] < 1000 else file.with_name(f"{size[0]}-{name}-whole.png")
        page.screenshot(path=whole, full_page=True)


# --- what may be wrong with a screen --------------------------------------------------------------

CHECK = """
isProjected => {
  const faults = [];
  const note = (what, text) => faults.push(`${what}: ${text.trim().slice(0, 70)}`);
  const root = document.querySelector(".ps");
  const scrolls = one => /auto|scroll/.test(getComputedStyle(one).overflowX);
  const hides = one => /hidden|clip/.test(
    getComputedStyle(one).overflowX + getComputedStyle(one).overflowY);
  const up = function* (one) {
    for (let at = one; at && at !== document.documentElement; at = at.parentElement) yield at;
  };
  if (document.documentElement.scrollWidth > innerWidth) {
    note("page scrolls sideways", `${document.documentElement.scrollWidth} > ${innerWidth}`);
  }

  // Every visible line of text, and where it stands.
  const lines = [];
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const parent = walk.currentNode.parentElement;
    const text = walk.currentNode.textContent;
    if (!text.trim() || !parent.checkVisibility({ visibilityProperty: true })
        || parent.closest("style, title, desc, option, textarea, .ps-hidden")) continue;
    const svg = parent.closest("svg");
    const range = document.createRange();
    range.selectNodeContents(walk.currentNode);
    const boxes = svg ? [parent.getBoundingClientRect()] : [...range.getClientRects()];
    for (const box of boxes) {
      if (box.width && box.height) lines.push({ text, box, parent, svg });
    }
  }

  for (const { text, box, parent, svg } of lines) {
    const isScrolled = [...up(parent)].some(scrolls);
    if (!isScrolled && (box.left < -1 || box.right > innerWidth + 1)) note("off the page", text);
    for (const one of up(parent)) {
      if (one.closest("svg") || !hides(one) || one === document.body) continue;
      if (scrolls(one)) break;
      const frame = one.getBoundingClientRect();
      if (box.left < frame.left - 2 || box.right > frame.right + 2
          || box.top < frame.top - 4 || box.bottom > frame.bottom + 4) note("cut", text);
    }
    if (svg) {
      const frame = svg.getBoundingClientRect();
      if (box.left < frame.left - 1 || box.right > frame.right + 1
          || box.top < frame.top - 3 || box.bottom > frame.bottom + 3) {
        note("off the picture", text);
      }
      if (text.trim().endsWith("…")) note("shortened", text);
    }
    if (isProjected) {
      const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
      const size = parseFloat(getComputedStyle(parent).fontSize) * scale;
      if (size < 23.5) note(`type of ${size.toFixed(1)} px`, text);
    }
  }

  // Texts that stand on each other; letters fill about seven tenths of a line.
  const covers = (one, other) => {
    const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
    const tall = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
    return wide > 2 && tall > 0.3 * Math.min(one.height, other.height);
  };
  const fixed = one => one.parent.closest(".ps-timeline, .ps-explained");
  for (let at = 0; at < lines.length; at++) {
    for (let next = at + 1; next < lines.length; next++) {
      const [one, other] = [lines[at], lines[next]];
      if (one.svg !== other.svg || one.parent.contains(other.parent)
          || other.parent.contains(one.parent) || fixed(one) !== fixed(other)) continue;
      if (covers(one.box, other.box)) note("covered", `${one.text.trim()} | ${other.text.trim()}`);
    }
  }

  // Controls: what is written in them fits, and they are large enough to be hit.
  const pen = document.createElement("canvas").getContext("2d");
  for (const one of root.querySelectorAll("select, input, textarea")) {
    if (!one.checkVisibility() || one.readOnly) continue;
    const style = getComputedStyle(one);
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const room = one.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    if (one.tagName === "SELECT" && one.selectedOptions.length) {
      const text = one.selectedOptions[0].label;
      const n_lines = Math.floor(one.clientHeight / (1.15 * parseFloat(style.fontSize)));
      if (pen.measureText(text).width > n_lines * room + 1) note("cut in its control", text);
    } else if (one.type === "text" && pen.measureText(one.value).width > room) {
      note("cut in its control", one.value);
    }
  }
  const targets = "button, select, input, summary, a[href], [role=slider]";
  for (const one of root.querySelectorAll(targets)) {
    if (!one.checkVisibility()) continue;
    const box = one.getBoundingClientRect();
    if (box.width < 24 || box.height < 24) {
      note(`target of ${Math.round(box.width)} x ${Math.round(box.height)}`, one.outerHTML);
    }
  }
  return [...new Set(faults)];
}
"""


NEEDED = (
    "main.ps-main-stage .ps-picture svg",
    "main.ps-main-stage .ps-panel",
    "main.ps-main-stage .ps-answer",
    "form.ps-ask button",
    "main.ps-main-hundred .ps-picture:has(circle) svg",
    "#ps-deadline",
    "main.ps-main-why .ps-picture svg",
    "main.ps-main-change .ps-picture svg",
    ".ps-lever select",
    ".ps-five-to-three .ps-sentence",
)
"""What each screen is for: pictures, the answer, and the controls that matter; where it has them."""

OUT_OF_SIGHT = """
selectors => {
  const bar = document.querySelector(".ps-timeline");
  const bottom = bar ? bar.getBoundingClientRect().top : innerHeight;
  return selectors.flatMap(selector => [...document.querySelectorAll(selector)]
    .filter(one => one.checkVisibility())
    .map(one => [selector, one.getBoundingClientRect()])
    .filter(([, box]) => box.top < 0 || box.bottom > bottom + 1)
    .map(([name, box]) => `${name} reaches ${Math.round(box.bottom)} of ${Math.round(bottom)}`));
}
"""


def look(page: Any, name: str, size: tuple[int, int]) -> list[str]:
    """What is wrong with a screen; and, on a projector, what is out of sight without scrolling."""
    page.mouse.move(0, 0)
    page.evaluate("scrollTo({ left: 0, top: 0, behavior: 'instant' })")
    settle(page)
    shoot(page, name, size)
    is_projected = size[0] >= 1000 and not page.locator(".ps-desk").count()
    faults = page.evaluate(OUT_OF_SIGHT, list(NEEDED)) if is_projected and size == PROJECTED else []
    faults += page.evaluate(CHECK, is_projected)
    return [f"{name}: {fault}" for fault in dict.fromkeys(faults)]


def shut_out(page: Any, name: str) -> list[str]:
    """What of a screen is not for everybody, all that can be opened on it open."""
    page.eval_on_selector_all(
        "details:not([open])", "all => all.forEach(one => { one.open = one.dataset.opened = true; })"
    )
    wrong = violations(page)
    page.eval_on_selector_all(
        "[data-opened]", "all => all.forEach(one => { one.open = false; delete one.dataset.opened; })"
    )
    return [f"{name}: {fault}" for fault in wrong]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nothing_is_cut_covered_or_too_small_and_nobody_shut_out(
    browser: Any, server: Server, size: tuple[int, int]
) -> None:
    found: list[str] = []
    viewport = {"width": size[0], "height": size[1]}
    with visit(browser, server.address, viewport=viewport, bypass_csp=True) as visitor:
        for name, page in tour(visitor):
            found += look(page, name, size)
            if size != (1920, 1080):  # laid out as 1280 x 720 is
                found += shut_out(page, name)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", stories())
def test_every_screen_of_a_story_shows_what_it_is_about_without_scrolling(
    browser: Any, server: Server, name: str
) -> None:
    found: list[str] = []
    story = stories()[name]
    with visit(browser, server.address) as visitor:
        page = visitor.page
        if name != next(iter(stories())):
            open_story(page, story.title)
        for number, screen in enumerate(story.screens, start=1):
            if number > 1:
                button(page, "Next").click()
            at_screen(page, number)
            title = screen.ask.text if screen.ask else screen.title
            expect(page.get_by_role("heading", level=1)).to_have_text(title)
            found += look(page, f"{name}-{number}", PROJECTED)
            if screen.ask:
                bet(page, 3, 17)
                play_to_the_answer(page)
                found += look(page, f"{name}-{number}-revealed", PROJECTED)
    assert not found, "\n".join(found)
