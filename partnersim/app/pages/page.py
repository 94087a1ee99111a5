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
from partnersim.app.pages import analyst, view
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
    """Show the page on the projector."""
    desk, do = use_desk()
    solara.Title(desk.words("app.title"))
    labels = view.labels(desk)
    parts = {
        "world": show_world,
        "compare": show_compare,
        "hundred": show_hundred,
        "why": show_why,
        "change": show_change,
        "debrief": show_debrief,
    }
    children = [
        ui.Shell(view=view.shell(desk), labels=labels, event_act=do),
        Html(tag="main", class_=f"ps-{desk.tab}", children=parts[desk.tab](desk, labels, do)),
    ]
    if view.has_timeline(desk):
        children.append(ui.Player(view=view.player(desk), labels=labels, event_act=do))
    return Html(tag="div", class_="ps", children=children)


def row(*children: Element, kind: str = "ps-two") -> Element:
    """Lay elements side by side where there is room."""
    return Html(tag="div", class_=f"ps-row {kind}", children=list(children))


def column(*children: Element, kind: str = "") -> Element:
    """Lay elements one above the other."""
    return Html(tag="div", class_=kind, children=list(children))


# What is clicked has a key of its own, and stays the same wherever it stands. Without one it is
# made anew with each new arrangement, and a click on it that comes meanwhile reaches nobody.


def said(desk: Desk, labels: ui.View, do: Act) -> Element:
    """Show what the story says and asks."""
    return ui.Say(view=view.say(desk), labels=labels, event_act=do).key("say")


def pictures(desk: Desk, do: Act) -> Element:
    """Show the buttons that choose a picture."""
    return ui.Choice(view=view.choice(desk), event_act=do).key("pictures")


def switch(desk: Desk, labels: ui.View, do: Act) -> Element:
    """Show the list that chooses what the second world has."""
    return ui.Switch(view=view.switch(desk), labels=labels, event_act=do).key("switch")


def show_world(desk: Desk, labels: ui.View, do: Act) -> list[Element]:
    """Show one partnership: who trusts whom, and how far the change is."""
    say = said(desk, labels, do)
    choice = pictures(desk, do)
    screen = desk.session.screen_shown
    key = figure(view.trust_key(desk), labels, do)
    if screen is not None and screen.show == "organisations" and not desk.picture:
        network = figure(view.who_trusts_whom(desk, desk.session.without), labels, do)
        return [row(column(say, network), column(ui.Cards(view=view.cards(desk)), key))]
    match view.picture_shown(desk):
        case "strip":
            return [say, figure(view.strip(desk), labels, do), key, choice]
        case "trust":
            title = desk.words("page.trust_title")
            return [say, figure(view.over_time(desk, "trust", title), labels, do), choice]
    network = figure(view.who_trusts_whom(desk, desk.session.without), labels, do)
    beside = figure(view.change_so_far(desk), labels, do)
    if desk.is_narrow:
        return [say, network, key, beside, choice]
    return [row(column(network, key), column(say, beside)), choice]


def show_compare(desk: Desk, labels: ui.View, do: Act) -> list[Element]:
    """Show the same world with and without one thing."""
    say = said(desk, labels, do)
    if desk.session.is_hidden:
        return [say]
    return [*frame(desk, labels, do, say), *compare_pictures(desk, labels, do)]


def frame(desk: Desk, labels: ui.View, do: Act, say: Element) -> list[Element]:
    """Show what is said of a comparison, and what is switched in it; pictures follow."""
    if is_told(desk):
        return [say]
    return [switch(desk, labels, do), say]


def is_told(desk: Desk) -> bool:
    """Return whether a story says what is compared, so that the choice of it can stand below."""
    return desk.session.screen_shown is not None and desk.session.with_ is not None


def compare_pictures(desk: Desk, labels: ui.View, do: Act) -> list[Element]:
    """Show the picture that was chosen, and what else there is to choose."""
    choice = pictures(desk, do)
    match view.picture_shown(desk):
        case "guess":
            parts = [figure(view.guesses(desk), labels, do)]
        case "change" | "speed" as name:
            series = {"change": "change_delivered", "speed": "speed"}[name]
            title = desk.words(f"page.{name}_title")
            parts = [figure(view.over_time(desk, series, title), labels, do)]
        case _:
            if desk.session.with_ is None:
                panes = [view.who_trusts_whom(desk, desk.session.without, "a-")]
            else:
                without, with_ = view.arms(desk)
                panes = [
                    view.who_trusts_whom(desk, desk.session.without, "a-", without),
                    view.who_trusts_whom(desk, desk.session.with_, "b-", with_),
                ]
            parts = [row(*(figure(pane, labels, do) for pane in panes))]
    return [*parts, choice, *switch_below(desk, labels, do)]


def switch_below(desk: Desk, labels: ui.View, do: Act) -> list[Element]:
    """Show, in a story, what else could be compared; it is not what the screen is about."""
    if not is_told(desk):
        return []
    return [switch(desk, labels, do)]


def show_hundred(desk: Desk, labels: ui.View, do: Act) -> list[Element]:
    """Show how many of a hundred simulated partnerships got there in time."""
    say = said(desk, labels, do)
    if desk.session.is_hidden:
        return [say]
    parts = frame(desk, labels, do, say)
    choice = pictures(desk, do)
    if view.picture_shown(desk) == "guess":
        parts += [figure(view.guesses(desk), labels, do), choice]
    else:
        parts += [
            ui.Deadline(view=view.deadline(desk), labels=labels, event_act=do).key("deadline"),
            figure(view.chance(desk), labels, do),
            column(
                choice,
                ui.Choice(view=view.share_choice(desk), event_act=do).key("share"),
                kind="ps-bar ps-apart",
            ),
        ]
    return [*parts, *switch_below(desk, labels, do)]


def show_why(desk: Desk, labels: ui.View, do: Act) -> list[Element]:
    """Show why trust moved: the ledger's answer, which takes less than a tenth of a second."""
    shown = view.why(desk)
    whose = [ui.Why(view=shown, labels=labels, event_act=do)]
    if desk.session.with_ is not None and not desk.session.is_hidden:
        whose.append(ui.Choice(view=view.arm_choice(desk), event_act=do).key("arm"))
    reason = ui.Reason(view=shown, labels=labels)
    work = Html(tag="p", children=[shown["work"]])
    line = figure(view.trust_line(desk), labels, do)
    return [
        column(
            said(desk, labels, do),
            column(*whose, kind="ps-bar"),
            row(column(reason, line, work), column(figure(view.why_bars(desk), labels, do))),
        )
    ]


def show_change(desk: Desk, labels: ui.View, do: Act) -> list[Element]:
    """Show levers, events and what was changed; the picture stays in sight of every lever."""
    levers = view.levers(desk)
    return [
        said(desk, labels, do),
        Html(tag="p", class_="ps-quiet", children=[levers["when"]]),
        row(
            ui.Levers(view=levers, labels=labels, event_act=do),
            column(
                figure(view.change_so_far(desk, view.LOW), labels, do),
                ui.Change(view=view.change(desk), labels=labels, event_act=do),
                kind="ps-stays",
            ),
        ),
    ]


def show_debrief(desk: Desk, labels: ui.View, do: Act) -> list[Element]:
    """Show what was learnt, and what to take home."""
    return [ui.Debrief(view=view.debrief(desk), labels=labels, event_act=do)]


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
    notes = ui.Notes(view=view.notes(desk), labels=view.labels(desk), event_act=do)
    return Html(tag="div", class_="ps ps-desk", children=[notes])


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
