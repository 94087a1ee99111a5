"""What the server keeps is bounded: pages that close are let go, and nothing grows with use."""

from __future__ import annotations

import time
from typing import Any

import pytest
from pydantic import ValidationError

pytest.importorskip("solara", reason="the app needs solara")

from partnersim.app.levers import front_levers
from partnersim.app.pages.rooms import MOST_ROOMS, Rooms
from partnersim.app.session import MOST_LETTERS_BACK, MOST_STEPS, Session
from partnersim.app.words import words
from partnersim.app.world import MOST_TEXT, Lever, World
from partnersim.scenario.files import packaged_text
from tests.browser import PATIENCE, PROJECTOR, button, expect
from tests.probe import WatchedServer

# --- rooms and sessions --------------------------------------------------------------------------


def test_a_room_that_somebody_is_in_is_never_given_up() -> None:
    """How many there can be is bounded by the pages that can be open."""
    rooms = Rooms()
    entered = [rooms.enter() for _ in range(MOST_ROOMS)]
    leave = [room.session.listen(lambda: None) for room in entered]
    more = [rooms.enter() for _ in range(10)]
    assert all(rooms.find(room.key) is room.session for room in entered)
    assert [room for room in more if rooms.find(room.key)] == [more[-1]]
    for one in leave:
        one()
    for _ in range(20):
        rooms.enter()
    assert sum(rooms.find(room.key) is not None for room in entered) == MOST_ROOMS - 20


def test_who_only_opens_pages_drives_nobody_out_who_loads_a_page_again() -> None:
    rooms = Rooms()
    trainer, before = rooms.enter(), rooms.enter()
    leave = [room.session.listen(lambda: None) for room in (trainer, before)]
    for room in (trainer, before):
        room.session.next()
    for one in reversed(leave):
        one()
    for _ in range(5 * MOST_ROOMS):
        rooms.enter()
    assert rooms.enter(trainer.key).session is trainer.session
    for _ in range(MOST_ROOMS - 1):
        rooms.enter().session.next()
    assert rooms.find(before.key) is None, "of those in which something was done, the longest left"
    assert rooms.find(trainer.key) is trainer.session


def test_steps_back_are_bounded_in_number_and_in_text() -> None:
    session = Session()
    for step in range(MOST_STEPS + 20):
        session.change(Lever(lever="joint_away_days", value=step % 12, from_month=step % 5))
    assert len(session._past) == MOST_STEPS
    place = packaged_text("two-organisations")
    for number in range(30):
        padding = "#" * (MOST_TEXT - len(place) - 10)
        session.live_in(World(place="mine", text=f"{place}\n#{number}{padding}"))
    texts = {state.world.text for state in session._past}
    assert sum(map(len, texts)) <= MOST_LETTERS_BACK
    assert len(session._past) >= 5
    session.undo()
    assert "#28" in session.without.text


def test_worlds_that_are_equal_are_one_key_and_others_hardly_ever_and_none_can_be_changed() -> None:
    worlds = []
    for value in range(12):
        change = Lever(lever="joint_away_days", value=value, from_month=3)
        worlds.append(World().with_(change))
        assert hash(World().with_(change)) == hash(worlds[-1])
        assert World().with_(change) == worlds[-1]
    worlds += [world.with_luck(7) for world in worlds]
    assert len({hash(world) for world in worlds}) == len(set(worlds)) == len(worlds)
    with pytest.raises(ValidationError):
        World().seed = 3  # type: ignore[misc]


def test_levers_are_made_once_for_each_name() -> None:
    scenario = World().scenario()
    first, again = (front_levers(scenario, words()) for _ in range(2))
    assert all(one is other for one, other in zip(first, again, strict=True))
    renamed = scenario.replace({"organisations.council.title": "The borough"})
    sentences = [lever.before + lever.after for lever in front_levers(renamed, words())]
    assert any("The borough" in sentence for sentence in sentences)


# --- pages ---------------------------------------------------------------------------------------


def open_page(context: Any, server: WatchedServer) -> Any:
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(server.address)
    page.wait_for_selector("main .ps-cards")
    button(page, "Next").click()
    expect(page.locator(".ps-where")).to_contain_text("2 of")
    return page


def kept_without_pages(server: WatchedServer) -> dict[str, Any]:
    """What is kept once all pages are let go; they have to be, in time."""
    deadline = time.monotonic() + PATIENCE / 1000
    while any((kept := server.ask())[what] for what in ("pages", "listeners", "desks alive")):
        assert time.monotonic() < deadline, f"pages that were closed are kept: {kept}"
        time.sleep(0.2)
    return kept


@pytest.mark.slow
@pytest.mark.parametrize(("how", "given_up_after"), [("closed", "1h"), ("lost", "2s")])
def test_pages_that_go_leave_only_their_rooms(browser: Any, how: str, given_up_after: str) -> None:
    """A page that is closed says so; one whose connection is lost is given up after a while."""
    with WatchedServer(SOLARA_KERNEL_CULL_TIMEOUT=given_up_after) as server:
        only_rooms_are_left(browser, server, how)


def only_rooms_are_left(browser: Any, server: WatchedServer, how: str) -> None:
    n_pages = 4

    def come_and_go() -> tuple[dict[str, Any], dict[str, Any]]:
        context = browser.new_context(viewport=PROJECTOR)
        pages = [open_page(context, server) for _ in range(n_pages)]
        opened = server.ask()
        if how == "closed":
            for page in pages:
                page.close(run_before_unload=True)
            kept_without_pages(server)  # what a page has to tell goes with the browser
        context.close()
        return opened, kept_without_pages(server)

    _, before = come_and_go()  # what is loaded once is loaded now
    rounds = [come_and_go() for _ in range(3)]
    for opened, _ in rounds:
        assert opened["pages"] == opened["listeners"] == n_pages
        assert opened["widgets"] > n_pages  # a page, and what Solara puts around it
    after = rounds[-1][1]
    assert after["widgets"] == after["listeners"] == 0
    assert after["rooms"] == before["rooms"] + 3 * n_pages
    assert after["sessions alive"] == after["rooms"]
    # Threads that answer requests are a pool; it may still have grown to its full size.
    assert after["threads"] <= before["threads"] + n_pages
    assert after["open files"] <= before["open files"] + 2
    # Rooms that can be come back to, and nothing else: a page is some ten thousand objects.
    assert after["objects"] - before["objects"] < 3 * n_pages * 300
