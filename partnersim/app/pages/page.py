"""The pages that Solara serves: the projector's, and the facilitator's notes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import solara
from reacton.core import Element
from reacton.ipyvuetify import Html
from solara.server.kernel_context import get_current_context

from partnersim.app import components as ui
from partnersim.app.pages import analyst, view
from partnersim.app.pages.acts import act
from partnersim.app.pages.desk import Desk
from partnersim.app.pages.rooms import ROOMS

Act = Callable[[dict[str, Any]], None]


@solara.component
def Bare(children: list[Element]) -> Element:  # noqa: N802
    """A page without Solara's own bars."""
    return Html(tag="div", children=children)


def use_desk() -> tuple[Desk, Act]:
    """The desk of this window, and what to do with what its visitor does."""
    router = solara.use_router()
    query = {name: values[0] for name, values in parse_qs(router.search or "").items()}

    def enter() -> Desk:
        desk = Desk(ROOMS.enter(query.get("room", ""), query.get("s", "")))
        desk.problem = desk.room.problem
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
        finally:
            desk.is_acting = False
        redraw()

    return desk, do


@solara.component
def Workshop() -> Element:  # noqa: N802
    """The page on the projector."""
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


def row(*children: Element) -> Element:
    """Side by side where there is room."""
    return Html(tag="div", class_="ps-row ps-two", children=list(children))


def column(*children: Element) -> Element:
    """One above the other."""
    return Html(tag="div", children=list(children))


def show_world(desk: Desk, labels: ui.View, do: Act) -> list[Element]:
    """One partnership: who trusts whom, and how far the change is."""
    say = ui.Say(view=view.say(desk), labels=labels, event_act=do)
    choice = ui.Choice(view=view.choice(desk), event_act=do)
    screen = desk.session.screen_shown
    if screen is not None and screen.show == "organisations" and not desk.picture:
        network = figure(view.who_trusts_whom(desk, desk.session.without), labels, do)
        key = figure(view.trust_key(desk), labels, do)
        return [say, row(network, ui.Cards(view=view.cards(desk))), key]
    match view.picture_shown(desk):
        case "strip":
            parts = [say, figure(view.strip(desk), labels, do)]
        case "trust":
            title = desk.words("page.trust_title")
            parts = [say, figure(view.over_time(desk, "trust", title), labels, do)]
        case _:
            network = view.who_trusts_whom(desk, desk.session.without)
            beside = figure(view.change_so_far(desk), labels, do)
            parts = [row(figure(network, labels, do), column(say, beside))]
            parts.append(figure(view.trust_key(desk), labels, do))
    return [*parts, choice]


def show_compare(desk: Desk, labels: ui.View, do: Act) -> list[Element]:
    """The same world with and without one thing."""
    parts = [ui.Say(view=view.say(desk), labels=labels, event_act=do)]
    if desk.session.is_hidden:
        return parts
    parts.append(switch(desk, labels, do))
    shown = view.switch(desk)
    if shown["sentence"] and view.picture_shown(desk) != "guess":
        parts.append(Html(tag="p", class_="ps-sentence", children=[shown["sentence"]]))
    match view.picture_shown(desk):
        case "guess":
            parts.append(figure(view.guesses(desk), labels, do))
        case "change" | "speed" as name:
            series = {"change": "change_delivered", "speed": "speed"}[name]
            title = desk.words(f"page.{name}_title")
            parts.append(figure(view.over_time(desk, series, title), labels, do))
        case _:
            panes = [view.who_trusts_whom(desk, desk.session.without, "a-", labels["without"])]
            if desk.session.with_ is not None:
                heading = desk.words("draw.with", who=desk.session.who)
                panes.append(view.who_trusts_whom(desk, desk.session.with_, "b-", heading))
            parts.append(row(*(figure(pane, labels, do) for pane in panes)))
    return parts


def switch(desk: Desk, labels: ui.View, do: Act) -> Element:
    """What is switched, and which picture shows it."""
    return Html(
        tag="div",
        class_="ps-bar ps-switch",
        children=[
            ui.Switch(view=view.switch(desk), labels=labels, event_act=do),
            ui.Choice(view=view.choice(desk), event_act=do),
        ],
    )


def show_hundred(desk: Desk, labels: ui.View, do: Act) -> list[Element]:
    """Out of a hundred simulated partnerships."""
    say = ui.Say(view=view.say(desk), labels=labels, event_act=do)
    if desk.session.is_hidden:
        return [say]
    if view.picture_shown(desk) == "guess":
        return [say, switch(desk, labels, do), figure(view.guesses(desk), labels, do)]
    return [
        say,
        switch(desk, labels, do),
        ui.Deadline(view=view.deadline(desk), labels=labels, event_act=do),
        ui.Choice(view=view.share_choice(desk), event_act=do),
        figure(view.chance(desk), labels, do),
    ]


def show_why(desk: Desk, labels: ui.View, do: Act) -> list[Element]:
    """Why trust moved: the ledger's answer, which takes less than a tenth of a second."""
    return [
        ui.Say(view=view.say(desk), labels=labels, event_act=do),
        ui.Why(view=view.why(desk), labels=labels, event_act=do),
        figure(view.why_bars(desk), labels, do),
        figure(view.trust_line(desk), labels, do),
    ]


def show_change(desk: Desk, labels: ui.View, do: Act) -> list[Element]:
    """Levers, events and what was changed."""
    return [
        ui.Say(view=view.say(desk), labels=labels, event_act=do),
        row(
            ui.Levers(view=view.levers(desk), labels=labels, event_act=do),
            column(
                figure(view.change_so_far(desk), labels, do),
                ui.Change(view=view.change(desk), labels=labels, event_act=do),
            ),
        ),
    ]


def show_debrief(desk: Desk, labels: ui.View, do: Act) -> list[Element]:
    """What was learnt, and what to take home."""
    return [ui.Debrief(view=view.debrief(desk), labels=labels, event_act=do)]


def figure(shown: ui.View, labels: ui.View, do: Act) -> Element:
    """A picture and its table."""
    return ui.Figure(view=shown, labels=labels, event_act=do)


@solara.component
def Notes() -> Element:  # noqa: N802
    """The facilitator's window: it follows the projector, and never shows on it."""
    desk, do = use_desk()
    solara.Title(desk.words("page.notes"))
    notes = ui.Notes(view=view.notes(desk), labels=view.labels(desk), event_act=do)
    return Html(tag="div", class_="ps ps-desk", children=[notes])


@solara.component
def Analyst() -> Element:  # noqa: N802
    """Everything in full, for researchers."""
    desk, do = use_desk()
    solara.Title(desk.words("page.analyst"))
    labels = desk.words.below("page") | desk.words.below("analyst")
    shown = ui.Analyst(view=analyst.show(desk), labels=labels, event_act=do)
    return Html(tag="div", class_="ps ps-desk", children=[shown])


routes = [
    solara.Route("/", component=Workshop, label="Workshop", layout=Bare),
    solara.Route("notes", component=Notes, label="Notes", layout=Bare),
    solara.Route("analyst", component=Analyst, label="For researchers", layout=Bare),
]

__all__ = ["Analyst", "Bare", "Notes", "Workshop", "routes"]
