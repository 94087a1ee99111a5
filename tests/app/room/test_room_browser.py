"""Phones, the facilitator's desk and the shared screen in a real browser, all at once."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from partnersim.app.room.addresses import own_addresses
from tests.accessibility import violations
from tests.browser import Server, Visitor, button, expect, play_to_the_answer, settle

pytest.importorskip("solara", reason="the app needs solara")
pytestmark = pytest.mark.slow

PHONE = {"width": 390, "height": 844}
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
BELOW = "document.documentElement.scrollHeight - window.innerHeight"


class Room:
    """A projector, the windows that it opened, and phones; each in a browser of its own."""

    def __init__(self, browser: Any, server: Server, n_phones: int) -> None:
        self.browser, self.server = browser, server
        self.projector = Visitor(browser, server.address)
        self.projector.go()
        self.desk = self.open(self.projector.page, "window.open('/desk', 'desk')")
        self.screen = self.open(self.desk, "[...document.querySelectorAll('button.main')][0].click()")
        self.code = str(self.desk.locator(".code").inner_text())
        self.phones = [self.join() for _ in range(n_phones)]

    def open(self, page: Any, how: str) -> Any:
        with self.projector.context.expect_page() as opened:
            page.evaluate(f"() => void {how}")
        page = opened.value
        page.wait_for_selector("h1")
        return page

    def join(self) -> Visitor:
        phone = Visitor(self.browser, self.server.address, viewport=PHONE, has_touch=True)
        phone.page.goto(f"{self.server.address}join#{self.code}")
        expect(phone.page.locator(".foot")).to_be_visible()
        return phone

    def ask(self) -> None:
        """Turn to a screen of the story that asks something, and have phones show it."""
        while not self.projector.page.locator("form.ps-ask").count():
            button(self.projector.page, "Next").click()
            settle(self.projector.page)
        button(self.desk, "The question that is asked").click()

    def close(self) -> None:
        for visitor in (self.projector, *self.phones):
            visitor.close()


@pytest.fixture
def phones_server() -> Iterator[Server]:
    with Server("--phones") as started:
        yield started


def look_at(page: Any, *, fits: bool = False) -> None:
    """What every page has to hold to: nobody shut out, nothing cut off."""
    assert not violations(page)
    assert page.evaluate(SIDEWAYS) <= 0
    if fits:
        assert page.evaluate(BELOW) <= 0


def test_eight_phones_bet_pledge_and_are_led(browser: Any, phones_server: Server) -> None:
    room = Room(browser, phones_server, 8)
    first = room.phones[0].page
    expect(room.screen.locator(".in")).to_have_text("8 in")
    for page, fits in ((first, True), (room.desk, False), (room.screen, True)):
        look_at(page, fits=fits)

    room.ask()
    for index, phone in enumerate(room.phones):
        phone.page.locator("button.choice").nth(index % 2).tap()
    expect(room.screen.locator(".bars li b").first).to_have_text("4")
    first.locator("button.choice").nth(1).tap()  # a bet can be taken back
    expect(room.screen.locator(".bars li b").first).to_have_text("3")
    expect(room.screen.locator(".bars li b").nth(1)).to_have_text("5")
    look_at(room.screen, fits=True)
    look_at(first)
    button(room.desk, "Close the bets").click()
    expect(first.locator(".said")).to_have_text("Bets are closed. Look at the screen.")
    expect(first.locator("button.choice").first).to_be_disabled()
    expect(room.projector.page.locator(".ps-in")).to_have_text("8 bets in")
    play_to_the_answer(room.projector.page)
    expect(room.screen.locator(".came")).to_have_count(1)
    expect(room.projector.page.locator("form.ps-ask")).to_have_count(0)

    button(room.desk, "Pledges").click()
    first.fill("#pledge", "I call <b>first</b>.")
    button(first, "Hand it in").tap()
    expect(room.desk.get_by_text("I call <b>first</b>.")).to_be_visible()
    look_at(first)
    look_at(room.desk)
    button(room.desk, "Keep").click()
    expect(room.desk.get_by_text("None yet.")).to_be_visible()

    button(room.desk, "Lock: let nobody else in").click()
    late = Visitor(browser, phones_server.address, viewport=PHONE)
    late.page.goto(f"{phones_server.address}join#{room.code}")
    expect(late.page.get_by_role("heading")).to_contain_text("lets nobody else in")
    late.close()
    room.desk.get_by_role("button", name="Take out: Phone 1", exact=True).click()
    expect(first.get_by_role("heading")).to_contain_text("taken out")
    first.reload()
    expect(first.get_by_role("heading")).to_contain_text("taken out")

    button(room.desk, "End the room: forget everything").click()
    button(room.desk, "End it now: phones are told, nothing is kept").click()
    second = room.phones[1].page
    expect(second.get_by_role("heading")).to_contain_text("over")
    assert second.evaluate("Object.keys(localStorage)") == []
    room.close()


def test_tables_play_sleep_come_back_and_the_program_dies(browser: Any, phones_server: Server) -> None:
    """Two half-years, a phone that sleeps through a round, and a program killed between rounds."""
    room = Room(browser, phones_server, 3)
    button(room.desk, "The game").click()
    hospital, council, watcher = (phone.page for phone in room.phones)
    button(hospital, "Acute hospital").tap()
    button(council, "Council").tap()
    expect(watcher.get_by_role("button", name="Council (taken)")).to_be_disabled()
    look_at(room.screen, fits=True)
    look_at(watcher)
    button(room.desk, "Begin the first half-year").click()
    button(hospital, "A joint day").tap()
    button(council, "A joint day").tap()
    button(council, "Four fifths").tap()
    button(council, "We keep it").tap()
    button(council, "We have decided").tap()
    expect(room.screen.get_by_text("1 of 2 tables have decided")).to_be_visible()
    look_at(hospital)
    look_at(room.screen, fits=True)
    look_at(room.desk)
    button(room.desk, "Stop the clock").click()
    expect(room.screen.get_by_text("stopped")).to_be_visible()

    room.phones[0].is_cut_off = room.phones[1].is_cut_off = room.phones[2].is_cut_off = True
    room.projector.is_cut_off = True
    hospital.close()  # the phone sleeps; its moves hold
    expect(room.screen.get_by_text("its phone sleeps")).to_be_visible()
    button(room.desk, "End the half-year now").click()
    expect(room.screen.get_by_role("heading", level=1)).to_contain_text("After half a year")
    look_at(room.screen, fits=True)
    room.screen.get_by_text("The numbers behind it").click()
    expect(room.screen.get_by_role("table").first).to_be_visible()
    look_at(room.screen)
    trust = room.screen.locator(".told p").first.inner_text()

    hospital = room.phones[0].context.new_page()  # and wakes
    hospital.goto(f"{phones_server.address}join")
    expect(hospital.locator(".seat")).to_contain_text("Acute hospital")

    assert phones_server.process is not None
    phones_server.process.kill()
    phones_server.process.wait()
    phones_server.start()
    expect(room.desk.get_by_text("Connected now: 3.")).to_be_visible()
    expect(council.locator(".seat")).to_contain_text("Council")
    expect(room.screen.get_by_text(trust)).to_be_visible()
    expect(room.desk.locator(".code")).to_have_text(room.code)
    button(room.desk, "Begin the next half-year").click()
    expect(button(council, "A joint day")).to_have_attribute("aria-pressed", "true")
    button(council, "Raise it").tap()
    button(room.desk, "End the half-year now").click()
    expect(room.screen.get_by_role("heading", level=1)).to_contain_text("After a year")
    for _ in range(6):
        button(room.desk, "Begin the next half-year").click()
        button(room.desk, "End the half-year now").click()
    expect(room.screen.get_by_role("heading", level=1)).to_contain_text("With Ana")
    look_at(room.screen, fits=True)
    look_at(room.desk)
    button(room.desk, "Which choices moved trust").click()
    expect(room.screen.locator(".effects li")).to_have_count(4)
    look_at(room.screen, fits=True)

    with ExitStack() as stack:
        opened = stack.enter_context(room.projector.context.expect_page())
        room.desk.get_by_role("link", name="A link that opens the game").click()
    opened.value.wait_for_selector(".ps")
    with room.desk.expect_download() as file:
        button(room.desk, "The game as a scenario (TOML)").click()
    text = file.value.path().read_text(encoding="utf-8")
    assert text.startswith("# partnersim run game.toml") and "joint_away_days" in text
    room.close()


def test_tables_make_a_place_of_their_own(browser: Any, phones_server: Server) -> None:
    room = Room(browser, phones_server, 4)
    button(room.desk, "A place of our own").click()
    for number, phone in enumerate(room.phones):
        answer_all(phone.page, number)
    look_at(room.phones[0].page)
    expect(room.desk.get_by_text("Phone 4: 16 of 16")).to_be_visible()
    button(room.desk, "A table without a phone").click()
    room.desk.get_by_text("Phone 5: typed here").click()
    room.desk.locator(".typed fieldset").nth(1).get_by_role("button").first.click()
    expect(room.desk.get_by_text("Phone 5: 1 of 16")).to_be_visible()
    expect(room.desk.locator(".typed button[aria-pressed=true]")).to_have_count(1)
    expect(room.screen.get_by_role("heading", level=1)).to_contain_text("no two of 4 tables agree")
    look_at(room.desk)
    look_at(room.screen, fits=True)
    room.screen.get_by_text("The numbers behind it").click()
    look_at(room.screen)
    with room.desk.expect_download() as file:
        button(room.desk, "Our place as a scenario (TOML)").click()
    assert "no measurement" in file.value.path().read_text(encoding="utf-8").splitlines()[0]
    button(room.desk, "Open our place on the stage").click()
    expect(room.projector.page.get_by_text("A place of our own").first).to_be_visible()
    room.close()


def answer_all(page: Any, number: int) -> None:
    """Answer each question with another option than other tables, as far as there are so many."""
    for question in range(16):
        expect(page.locator(".seat")).to_have_text(f"Question {question + 1} of 16")
        choices = page.locator("button.choice")
        choices.nth(number % choices.count()).tap()
        if not question:
            choices.nth((number + 1) % choices.count()).tap()
        expect(page.locator("button.choice[aria-pressed=true]")).to_have_count(1 if question else 2)
        if question < 15:
            button(page, "Next").tap()


def test_a_code_can_be_typed(browser: Any, phones_server: Server) -> None:
    room = Room(browser, phones_server, 0)
    phone = Visitor(browser, phones_server.address, viewport=PHONE)
    phone.page.goto(f"{phones_server.address}join")
    look_at(phone.page)
    phone.page.fill("#code", "qqqq")
    button(phone.page, "Join").click()
    expect(phone.page.get_by_text("no workshop with this code")).to_be_visible()
    phone.page.fill("#code", room.code.lower())
    button(phone.page, "Join").click()
    expect(phone.page.get_by_role("heading")).to_have_text("You are in")
    room.phones.append(phone)
    room.close()


def test_from_the_network_there_is_the_page_for_phones_and_nothing_else(phones_server: Server) -> None:
    """This machine's own address on its network stands for another machine's."""
    addresses = own_addresses()
    if not addresses:
        pytest.skip("needs a network")
    found = {}
    for path in ("/join", "/", "/desk", "/screen", "/notes", "/static/assets/custom.css"):
        line = http.client.HTTPConnection(addresses[0], phones_server.port, timeout=20)
        line.request("GET", path)
        found[path] = line.getresponse().status
        line.close()
    assert found.pop("/join") == 200
    assert set(found.values()) == {403}
