"""The pages that Solara serves: the projector's, and the facilitator's notes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import solara
from reacton.core import Element
from reacton.ipyvuetify import Html
from solara.lab import headers
from solara.server.kernel_context import get_current_context

from partnersim.app import components as ui
from partnersim.app.guard import KEY_HEADER
from partnersim.app.pages import analyst, sheets, view
from partnersim.app.pages.acts import act
from partnersim.app.pages.desk import Desk
from partnersim.app.pages.rooms import ROOMS
from partnersim.app.words import words

LOG = logging.getLogger(__name__)

Act = Callable[[dict[str, Any]], None]


@solara.component
def Bare(children: list[Element]) -> Element:
    """Show a page without Solara's own bars; plain words in its place if it cannot be drawn.

    Solara would show the room what went wrong where in the program. That goes to the server's log.
    """
    problem, _ = solara.use_exception()

    def log() -> None:
        if problem is not None:
            LOG.error("a page could not be drawn", exc_info=problem)

    solara.use_effect(log, [problem])
    if problem is not None:
        children = [ui.Broken(labels=words().below("broken"))]
    return Html(tag="div", children=children)


def use_desk() -> tuple[Desk, Act]:
    """Return the desk of this window, and the function that does what its visitor does."""
    router = solara.use_router()
    query = {name: values[0] for name, values in parse_qs(router.search or "").items()}

    def enter() -> Desk:
        desk = Desk(ROOMS.enter(key_told(), query.get("s", "")))
        desk.problem = desk.room.problem
        if "back" in query:  # asked for by a page that could not be drawn as things stood
            desk.session.undo()
        desk.follow()
        return desk

    desk: Desk = solara.use_memo(enter, [])
    _, set_version = solara.use_state((0, 0))
    context = get_current_context()

    def redraw() -> None:
        with context:  # another window of the room may be the one that calls
            desk.follow()
            set_version((desk.session.version, desk.version))

    def hear() -> None:
        if not desk.is_acting:
            redraw()

    def listen() -> Callable[[], None]:
        return desk.session.listen(hear)

    solara.use_effect(listen, [])

    def do(message: dict[str, Any]) -> None:
        desk.is_acting = True  # an act may change several things, and is drawn once
        try:
            act(desk, message)
        except Exception:  # a fault of the program: whoever clicked is to know that nothing came
            LOG.exception("what a visitor did could not be done")
            desk.problem = desk.words("broken.act")
            desk.version += 1
        finally:
            desk.is_acting = False
        redraw()

    return desk, do


def key_told() -> str:
    """Return the key that this window told when it connected."""
    told = (headers.peek() or {}).get(KEY_HEADER, [""])
    return str(told[0])


@solara.component
def Workshop() -> Element:
    """Show the page on the projector: the stage, or what is open over it."""
    desk, do = use_desk()
    solara.Title(desk.words("app.title"))
    around = {
        "labels": view.labels(desk),
        "top": view.top(desk),
        "player": view.player(desk),
        "months": view.months(desk),
    }
    parts = SHEETS[desk.sheet](desk)  # what waits for the model comes last
    if view.is_screens_own(desk):
        parts |= {"say": view.say(desk)}
    return ui.Projector(**around, **parts, event_act=do)


def stage(desk: Desk) -> ui.View:
    """Describe the stage: lanes and the line of our hundred, beside one partnership and its card."""
    asked = view.ask(desk)
    if asked is not None:  # nothing is to be seen yet, and the room reads the answers from behind
        left: ui.View = {"ask": asked}
    else:
        left = {"lanes": view.lanes(desk), "line": view.line_choice(desk), "chart": view.chart(desk)}
    return left | {
        "say": view.say(desk),
        "network": view.network(desk),
        "one_of": view.one_of(desk),
        "card": view.cards(desk),
    }


def numbers(desk: Desk) -> ui.View:
    """Describe the numbers: who trusts whom in one partnership, and a line of our hundred."""
    return {
        "trust": sheets.who_trusts_whom(desk),
        "trust_key": sheets.trust_key(desk),
        "line": view.line_choice(desk),
        "line_numbers": sheets.line_numbers(desk),
    }


def hundred(desk: Desk) -> ui.View:
    """Describe how many of a hundred simulated partnerships got there in time; nothing for one world."""
    if len(view.worlds_shown(desk)) < 2:
        return {}
    return {
        "deadline": sheets.deadline(desk),
        "chance": sheets.chance(desk),
        "pictures": sheets.choice(desk),
        "share": sheets.share_choice(desk),
        "guesses": sheets.guesses(desk),
    }


def why(desk: Desk) -> ui.View:
    """Describe why trust moved: the ledger's answer, which takes less than a tenth of a second."""
    said = sheets.explained(desk)
    return {
        "why": sheets.why(desk, said),
        "arms": view.arm_choice(desk) if len(view.worlds_shown(desk)) > 1 else None,
        "trust_line": sheets.trust_line(desk),
        "why_bars": sheets.why_bars(desk, said),
    }


def change(desk: Desk) -> ui.View:
    """Describe levers and events; beside them, always in sight, what they do to our hundred."""
    return {
        "offered": sheets.levers_offered(desk),
        "change_chart": sheets.change_chart(desk),
        "changed": sheets.all_changed(desk),
        "change": sheets.change(desk),
    }


SHEETS: dict[str, Callable[[Desk], ui.View]] = {
    "": stage,
    "menu": lambda desk: {"menu": sheets.menu(desk)},
    "who": lambda desk: {"who": sheets.who(desk)},
    "numbers": numbers,
    "hundred": hundred,
    "why": why,
    "change": change,
    "packages": lambda desk: {"packages": sheets.packages(desk)},
    "debrief": lambda desk: {"debrief": sheets.debrief(desk)},
}
"""The parts of the stage, and of what can be open over it."""


@solara.component
def BesideProjector(page: Callable[[], Element]) -> Element:
    """Show a window beside the projector; it has no room of its own, and without one nothing to show."""
    has_room = solara.use_memo(lambda: ROOMS.find(key_told()) is not None, [])
    if has_room:
        return page()
    texts = words()
    solara.Title(texts("app.title"))
    return Html(
        tag="main",
        class_="ps ps-broken",
        children=[
            Html(tag="h1", children=[texts("door.no_window_title")]),
            Html(tag="p", children=[texts("door.no_window")]),
        ],
    )


@solara.component
def Notes() -> Element:
    """Show the facilitator's window: it follows the projector, and never shows on it."""
    return BesideProjector(page=NotesOfRoom)


@solara.component
def Analyst() -> Element:
    """Show the analyst's window: everything in full, for researchers."""
    return BesideProjector(page=AnalystOfRoom)


@solara.component
def NotesOfRoom() -> Element:
    """Show what the facilitator should know of the screen that the projector shows."""
    desk, do = use_desk()
    solara.Title(desk.words("page.notes"))
    return ui.Facilitator(
        labels=view.labels(desk), notes=sheets.notes(desk), ask=view.ask(desk), event_act=do
    )


@solara.component
def AnalystOfRoom() -> Element:
    """Show every parameter and number of the room's worlds."""
    desk, do = use_desk()
    solara.Title(desk.words("page.analyst"))
    labels = desk.words.below("page") | desk.words.below("analyst")
    return ui.Researcher(labels=labels, analyst=analyst.show(desk), bands=analyst.bands(desk), event_act=do)


routes = [
    solara.Route("/", component=Workshop, label="Workshop", layout=Bare),
    solara.Route("notes", component=Notes, label="Notes", layout=Bare),
    solara.Route("analyst", component=Analyst, label="For researchers", layout=Bare),
]

__all__ = ["Analyst", "Bare", "Notes", "Workshop", "routes"]
