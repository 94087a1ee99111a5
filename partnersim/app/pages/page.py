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
    labels = view.labels(desk)
    main = sheet(desk, labels, do) if desk.sheet else stage(desk, labels, do)
    children = [
        ui.Top(view=view.top(desk), labels=labels, event_act=do).key("top"),
        Html(tag="main", class_=f"ps-main-{desk.sheet or 'stage'}", children=main),
        ui.Player(view=view.player(desk), labels=labels, event_act=do).key("player"),
    ]
    return Html(tag="div", class_="ps ps-room", children=children)


def row(*children: Element, kind: str = "ps-two") -> Element:
    """Lay elements side by side where there is room."""
    return Html(tag="div", class_=f"ps-row {kind}", children=list(children))


def column(*children: Element, kind: str = "") -> Element:
    """Lay elements one above the other."""
    return Html(tag="div", class_=kind, children=list(children))


# What is clicked has a key of its own, and stays the same wherever it stands. Without one it is
# made anew with each new arrangement, and a click on it that comes meanwhile reaches nobody.


def stage(desk: Desk, labels: ui.View, do: Act) -> list[Element]:
    """Show the stage: lanes and the line of our hundred, beside one partnership and its card."""
    asked = view.ask(desk)
    if asked["is_open"]:  # nothing is to be seen yet, and the room reads the answers from behind
        left = [ui.Ask(view=asked, labels=labels, event_act=do).key("ask")]
    else:
        left = [
            ui.Lanes(view=view.lanes(desk), labels=labels, event_act=do).key("lanes"),
            column(
                ui.Choice(view=view.line_choice(desk), event_act=do).key("line"),
                figure(view.chart(desk), labels, do).key("chart"),
                kind="ps-panel ps-chart-of-hundred",
            ),
        ]
    right = [
        column(
            figure(view.network(desk), labels, do).key("network"),
            Html(tag="p", class_="ps-quiet", children=[view.one_of(desk)]),
            kind="ps-panel",
        ),
        ui.Card(view=view.cards(desk), labels=labels, event_act=do).key("card"),
    ]
    said = ui.Say(view=view.say(desk), labels=labels, event_act=do).key("say")
    return [said, row(column(*left, kind="ps-side"), column(*right, kind="ps-side"), kind="ps-two ps-stage")]


def sheet(desk: Desk, labels: ui.View, do: Act) -> list[Element]:
    """Show what is open over the stage."""
    inside = SHEETS[desk.sheet](desk, labels, do)
    if view.is_screens_own(desk):
        inside = [ui.Say(view=view.say(desk), labels=labels, event_act=do).key("say"), *inside]
    return [Html(tag="div", class_="ps-panel ps-sheet", children=inside)]


def show_numbers(desk: Desk, labels: ui.View, do: Act) -> list[Element]:
    """Show the numbers: who trusts whom in one partnership, and the lines of our hundred."""
    trust = figure(sheets.who_trusts_whom(desk), labels, do)
    key = figure(sheets.trust_key(desk), labels, do)
    return [row(column(trust, key), ui.Numbers(view=sheets.tables(desk), labels=labels))]


def show_hundred(desk: Desk, labels: ui.View, do: Act) -> list[Element]:
    """Show how many of a hundred simulated partnerships got there in time."""
    if len(view.worlds_shown(desk)) < 2:
        return [Html(tag="p", children=[labels["hundred_empty"]])]
    guessed = sheets.guesses(desk)
    more = [figure(guessed, labels, do)] if guessed is not None else []
    return [
        ui.Deadline(view=sheets.deadline(desk), labels=labels, event_act=do).key("deadline"),
        figure(sheets.chance(desk), labels, do),
        column(
            ui.Choice(view=sheets.choice(desk), event_act=do).key("pictures"),
            ui.Choice(view=sheets.share_choice(desk), event_act=do).key("share"),
            kind="ps-bar ps-apart",
        ),
        *more,
    ]


def show_why(desk: Desk, labels: ui.View, do: Act) -> list[Element]:
    """Show why trust moved: the ledger's answer, which takes less than a tenth of a second."""
    said = sheets.explained(desk)
    whose = [ui.Why(view=sheets.why(desk, said), labels=labels, event_act=do).key("why")]
    if len(view.worlds_shown(desk)) > 1:
        whose.append(ui.Choice(view=view.arm_choice(desk), event_act=do).key("arm"))
    line = figure(sheets.trust_line(desk), labels, do)
    return [row(column(*whose, line), figure(sheets.why_bars(desk, said), labels, do))]


def show_change(desk: Desk, labels: ui.View, do: Act) -> list[Element]:
    """Show levers and events; beside them, always in sight, what they do to our hundred."""
    offered = sheets.levers_offered(desk)
    return [
        row(
            ui.Change(view=sheets.change(desk), offered=offered, labels=labels, event_act=do).key("change"),
            column(
                figure(sheets.change_chart(desk), labels, do),
                ui.Changed(view=sheets.all_changed(desk), labels=labels, event_act=do).key("changed"),
            ),
            kind="ps-five-to-three",
        )
    ]


SHEETS: dict[str, Callable[[Desk, ui.View, Act], list[Element]]] = {
    "menu": lambda desk, labels, do: [ui.Menu(view=sheets.menu(desk), labels=labels, event_act=do)],
    "who": lambda desk, _labels, _do: [ui.Who(view=sheets.who(desk))],
    "numbers": show_numbers,
    "hundred": show_hundred,
    "why": show_why,
    "change": show_change,
    "packages": lambda desk, labels, do: [
        ui.Packages(view=sheets.packages(desk), labels=labels, event_act=do)
    ],
    "debrief": lambda desk, labels, do: [ui.Debrief(view=sheets.debrief(desk), labels=labels, event_act=do)],
}
"""What can be open over the stage."""


def figure(shown: ui.View, labels: ui.View, do: Act) -> Element:
    """Show a picture and its table."""
    return ui.Figure(view=shown, labels=labels, event_act=do)


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
    labels, asked = view.labels(desk), view.ask(desk)
    parts = [ui.Notes(view=sheets.notes(desk), labels=labels, event_act=do).key("notes")]
    if asked["is_open"]:
        question = Html(tag="h2", children=[asked["text"]])
        parts += [question, ui.Ask(view=asked, labels=labels, event_act=do).key("ask")]
    return Html(tag="div", class_="ps ps-desk", children=[Html(tag="main", children=parts)])


@solara.component
def AnalystOfRoom() -> Element:
    """Show every parameter and number of the room's worlds."""
    desk, do = use_desk()
    solara.Title(desk.words("page.analyst"))
    labels = desk.words.below("page") | desk.words.below("analyst")
    shown = analyst.show(desk)
    parts = [
        ui.Ensemble(view=shown, labels=labels, event_act=do),
        ui.Bands(view=analyst.bands(desk), labels=labels),
        ui.Analyst(view=shown, labels=labels, event_act=do),
    ]
    return Html(tag="div", class_="ps ps-desk", children=[Html(tag="main", children=parts)])


routes = [
    solara.Route("/", component=Workshop, label="Workshop", layout=Bare),
    solara.Route("notes", component=Notes, label="Notes", layout=Bare),
    solara.Route("analyst", component=Analyst, label="For researchers", layout=Bare),
]

__all__ = ["Analyst", "Bare", "Notes", "Workshop", "routes"]
