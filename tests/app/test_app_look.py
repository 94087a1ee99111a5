"""How the main screens look, at three sizes: nothing cut, nothing covered, nothing too small.

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

from tests.browser import Server, Visitor, button, expect, open_sandbox, open_story, open_tab, settle, visit

pytest.importorskip("solara", reason="the app needs solara")

from partnersim.app.stories import stories

pytestmark = pytest.mark.slow

SIZES = ((1280, 720), (1920, 1080), (390, 844))

Screen = tuple[str, Any]
"""A name, and the page that shows it."""


# --- the tour -------------------------------------------------------------------------------------


def tour(visitor: Visitor) -> Iterator[Screen]:
    """Every main screen, one after the other."""
    page = visitor.page
    for part in (tour_story, tour_sandbox, tour_guess, tour_comparison, tour_why, tour_change):
        for name in part(page):
            yield name, page
    yield from tour_windows(visitor)


def tour_story(page: Any) -> Iterator[str]:
    yield "story-organisations"
    button(page, "Next").click()
    page.evaluate("partnersim.show(18)")
    yield "story-world"
    button(page, "Next").click()
    expect(page.locator("form.ps-ask")).to_be_visible()
    yield "story-ask"
    hands = page.locator("form.ps-ask input[type=number]")
    for index, count in enumerate((4, 9, 22)):
        hands.nth(index).fill(str(count))
    button(page, "Show what happens").click()
    expect(page.locator(".ps-say .ps-sentence")).to_be_visible()
    yield "story-reveal"
    page.locator(".ps-say summary").click()
    yield "story-scoreboard"
    for name in ("Change delivered", "Who trusts whom"):
        pick(page, name)
        yield f"story-compare-{slug(name)}"
    button(page, "Menu").click()
    page.locator("#ps-menu summary").click()
    yield "menu"
    button(page, "Start again").click()
    yield "menu-reset"
    settle(page)
    button(page, "No, keep it").click()
    page.locator("#ps-menu").get_by_role("button", name="The coordinator").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The coordinator")
    for _ in range(3):
        button(page, "Next").click()
        page.wait_for_timeout(200)
    expect(page.locator("main.ps-hundred")).to_be_visible()
    for name in ("100 partnerships", "When they got there", "Ten of them"):
        pick(page, name)
        yield f"story-hundred-{slug(name)}"
    button(page, "Next").click()
    expect(page.locator("main.ps-why .ps-sentence")).to_be_visible()
    yield "story-why"
    page.locator(".ps-dots button").last.click()
    expect(page.locator("main.ps-change")).to_be_visible()
    yield "story-levers"


def tour_sandbox(page: Any) -> Iterator[str]:
    open_sandbox(page)
    open_tab(page, "The partnership")
    page.evaluate("partnersim.show(60)")
    for name in ("Who trusts whom", "As numbers", "Over time", "Trust as a line"):
        pick(page, name)
        yield f"world-{slug(name)}"


def tour_guess(page: Any) -> Iterator[str]:
    open_tab(page, "With and without")
    yield "compare-nothing-yet"
    page.get_by_label("With what?").select_option(index=1)
    expect(page.locator("form.ps-ask")).to_be_visible()
    yield "compare-ask"
    page.get_by_label("Count", exact=True).select_option(label="by table")
    for table in (1, 2, 3):
        page.get_by_label(f"Table {table}").select_option(index=1 + table % 2)
    yield "compare-ask-by-table"
    button(page, "Show what happens").click()
    expect(page.locator(".ps-say .ps-sentence")).to_be_visible()
    yield "compare-our-guess"


def tour_comparison(page: Any) -> Iterator[str]:
    for name in ("Change delivered", "Speed of change", "Who trusts whom", "As numbers"):
        pick(page, name)
        yield f"compare-{slug(name)}"
    open_tab(page, "Out of 100")
    for name in ("100 partnerships", "When they got there", "Ten of them"):
        pick(page, name)
        yield f"hundred-{slug(name)}"


def tour_why(page: Any) -> Iterator[str]:
    open_tab(page, "Why?")
    expect(page.locator("main.ps-why .ps-sentence")).to_be_visible()
    yield "why"
    page.get_by_label("Trust of").select_option(index=2)
    settle(page)
    page.get_by_label("in", exact=True).select_option(index=3)
    yield "why-of-two"


def tour_change(page: Any) -> Iterator[str]:
    open_tab(page, "Change something")
    expect(page.locator(".ps-lever").first).to_be_visible()
    yield "change"
    page.get_by_label("Decisions go back to").select_option(label="hardly any board")
    settle(page)
    page.get_by_label("Let happen").select_option(label="Money is cut")
    button(page, "Let it happen").click()
    settle(page)
    page.get_by_label("Who looks after the partnership?").select_option(index=3)
    settle(page)
    yield "change-changed"
    page.evaluate("partnersim.show(120)")
    button(page, "Let it happen").click()
    expect(page.get_by_role("alert")).to_be_visible()
    yield "change-refused"
    page.evaluate("partnersim.show(0)")
    button(page, "Show more").click()
    page.eval_on_selector_all("main details", "all => all.forEach(one => one.open = true)")
    page.locator(".ps-help").first.click()
    yield "change-more"
    open_tab(page, "The partnership")
    yield "world-with-flags"
    open_tab(page, "Debrief")
    expect(page.locator("main ol li").first).to_be_visible()
    for pledge in ("call the council", "ask whose work waits for a decision, before we meet"):
        page.get_by_label("I will").fill(pledge)
        button(page, "Add").click()
        expect(page.locator("main ul li").last).to_contain_text(pledge)
    yield "debrief"


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
    if (isProjected && !parent.closest(".ps-dots")) {
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
  const fixed = one => one.parent.closest(".ps-timeline, .ps-stays");
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


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nothing_is_cut_covered_or_too_small(browser: Any, server: Server, size: tuple[int, int]) -> None:
    found: list[str] = []
    viewport = {"width": size[0], "height": size[1]}
    with visit(browser, server.address, viewport=viewport) as visitor:
        for name, page in tour(visitor):
            page.mouse.move(0, 0)
            page.evaluate("scrollTo({ left: 0, top: 0, behavior: 'instant' })")
            settle(page)
            shoot(page, name, size)
            is_projected = size[0] >= 1000 and not page.locator(".ps-desk").count()
            found += [f"{name}: {fault}" for fault in page.evaluate(CHECK, is_projected)]
    assert not found, "\n".join(found)


# --- without scrolling ----------------------------------------------------------------------------

NEEDED = {
    "world": ("main .ps-picture svg", "main [role=group][aria-label=Pictures] button"),
    "compare": (
        "main .ps-picture svg",
        ".ps-sentence",
        "main [role=group][aria-label=Pictures] button",
        "form.ps-ask button",
    ),
    "hundred": (
        "main .ps-picture svg",
        ".ps-sentence",
        "#ps-deadline",
        "main [role=group][aria-label=Pictures] button",
        "form.ps-ask button",
    ),
    "why": ("main .ps-picture svg", ".ps-sentence", "#ps-trustor", "#ps-trustee"),
    "change": (
        "main .ps-picture svg",
        "#ps-lever-planning",
        "#ps-lever-issue_avoidance",
        "#ps-coordinator",
        "#ps-event",
    ),
}
"""What a tab is for: the picture, its sentence, and the control that matters; where it has them."""

OUT_OF_SIGHT = """
selectors => {
  scrollTo({ left: 0, top: 0, behavior: "instant" });
  const bar = document.querySelector(".ps-timeline");
  const bottom = bar ? bar.getBoundingClientRect().top : innerHeight;
  return selectors.flatMap(selector => [...document.querySelectorAll(selector)]
    .filter(one => one.checkVisibility())
    .map(one => [selector, one.getBoundingClientRect()])
    .filter(([, box]) => box.top < 0 || box.bottom > bottom + 1)
    .map(([name, box]) => `${name} reaches ${Math.round(box.bottom)} of ${Math.round(bottom)}`));
}
"""


def look(page: Any, where: str, shot: str = "", *, is_chosen: bool = False) -> list[str]:
    """What is wrong with a screen of the projector, and what is out of sight.

    Whoever has chosen another picture has found the choice; it may be further down then.
    """
    page.mouse.move(0, 0)
    settle(page)
    tab = page.locator("main").get_attribute("class").split("ps-")[1].split()[0]
    needed = [one for one in NEEDED.get(tab, ()) if not (is_chosen and "Pictures" in one)]
    faults = page.evaluate(OUT_OF_SIGHT, needed)
    faults += page.evaluate(CHECK, True)
    if shot:
        shoot(page, shot, SIZES[0])
    return [f"{where}: {fault}" for fault in dict.fromkeys(faults)]


@pytest.mark.parametrize("name", stories())
def test_every_screen_of_a_story_shows_what_it_is_about_without_scrolling(
    browser: Any, server: Server, name: str
) -> None:
    """At 1280 x 720, which is what most projectors of meeting rooms have."""
    found: list[str] = []
    story = stories()[name]
    with visit(browser, server.address) as visitor:
        page = visitor.page
        if name != next(iter(stories())):
            open_story(page, story.title)
        for number, screen in enumerate(story.screens, start=1):
            page.locator(".ps-dots button").nth(number - 1).click()
            expect(page.locator(".ps-dots [aria-current]")).to_have_text(str(number))
            expect(page.locator("main h2", has_text=screen.title).first).to_be_visible()
            where = f"{number} {screen.title}"
            shot = f"{name}-{number}"
            found += look(page, where, shot)
            if page.locator("form.ps-ask").count():
                page.locator("form.ps-ask input[type=number]").nth(1).fill("17")
                button(page, "Show what happens").click()
                expect(page.locator(".ps-say .ps-sentence")).to_be_visible()
                found += look(page, f"{where}, revealed", f"{shot}-revealed")
            if screen.show == "compare":
                for picture in ("Change delivered", "Who trusts whom", "As numbers"):
                    pick(page, picture)
                    is_chosen = picture != "Change delivered"
                    found += look(page, f"{where}, {picture}", is_chosen=is_chosen)
    assert not found, "\\n".join(found)


def test_the_sandbox_shows_what_it_is_about_without_scrolling(browser: Any, server: Server) -> None:
    found: list[str] = []
    with visit(browser, server.address) as visitor:
        for part in (tour_sandbox, tour_guess, tour_comparison, tour_why):
            for name in part(visitor.page):
                found += look(visitor.page, name)
        open_tab(visitor.page, "Change something")
        found += look(visitor.page, "change")
    assert not found, "\\n".join(found)
