"""Components that pages are made of: Vue templates with the browser's own controls.

Each shows a dictionary (`view`, made by `pages.view`) in the words of `labels` and tells what a
visitor did through one function (`act`, which goes to `pages.acts`). None decides anything.
Native controls have names, keys and sizes that every screen reader and switch knows, and a
page of a dozen templates takes less memory than one of hundreds of widgets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import solara

View = dict[str, Any]
Act = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Whole:
    """Data in which Reacton need not search for elements.

    Reacton looks for elements in every list and dictionary that a component is given, several
    times each time it draws; in a page's data that was half of the work of an answer.
    """

    data: Any


def component(file: str) -> Callable[[Callable[..., None]], Callable[..., solara.Element]]:
    """Make a component from a template; its data goes to the page without being searched."""

    def decorate(function: Callable[..., None]) -> Callable[..., solara.Element]:
        vue = solara.component_vue(file, vuetify=False, to_json=_TO_JSON)(function)

        @wraps(function)
        def wrapped(**given: Any) -> solara.Element:
            return vue(**{k: Whole(v) if k in _TO_JSON else v for k, v in given.items()})

        return wrapped

    return decorate


def _data_of(whole: Whole, _: object) -> Any:
    return whole.data


_TO_JSON = {"view": _data_of, "offered": _data_of, "labels": _data_of}


@component("Broken.vue")
def Broken(labels: View) -> None:
    """Words that stand where a page could not be drawn, and what to do then."""


@component("Top.vue")
def Top(view: View, labels: View, event_act: Act) -> None:
    """The top of the page: the question as its title, the way through a story, and all keys."""


@component("Menu.vue")
def Menu(view: View, labels: View, event_act: Act) -> None:
    """Stories, the way back, other windows, and what opens over the stage."""


@component("Say.vue")
def Say(view: View, labels: View, event_act: Act) -> None:
    """The words of the story; after the reveal what happened, and then what was thought."""


@component("Ask.vue")
def Ask(view: View, labels: View, event_act: Act) -> None:
    """The answers to bet on, and how many bet on each."""


@component("Lanes.vue")
def Lanes(view: View, labels: View, event_act: Act) -> None:
    """Two lanes that fill as time plays."""


@component("Card.vue")
def Card(view: View, labels: View, event_act: Act) -> None:
    """A card that tells of one relationship, or of an event and what came of it."""


@component("Figure.vue")
def Figure(view: View, labels: View, event_act: Act) -> None:
    """A picture, which may play or be dragged, and the table behind it."""


@component("Player.vue")
def Player(view: View, labels: View, event_act: Act) -> None:
    """Buttons to play, step and hasten, the timeline to drag, its flags, and how many bets are in."""


@component("Choice.vue")
def Choice(view: View, event_act: Act) -> None:
    """A row of buttons, one of which is pressed."""


@component("Numbers.vue")
def Numbers(view: list[View], labels: View) -> None:
    """The numbers behind the lines of the stage, as tables."""


@component("Who.vue")
def Who(view: list[View]) -> None:
    """The organisations, what they want and what presses them."""


@component("Deadline.vue")
def Deadline(view: View, labels: View, event_act: Act) -> None:
    """A deadline to drag, and how many were there by then."""


@component("Why.vue")
def Why(view: View, labels: View, event_act: Act) -> None:
    """Whose trust is explained, in whom, and a sentence that says why it moved."""


@component("Change.vue")
def Change(view: View, offered: View, labels: View, event_act: Act) -> None:
    """Levers as whole sentences, who looks after the whole, and events.

    What is offered stays as it is, and is sent once; what is set changes with each act.
    """


@component("Changed.vue")
def Changed(view: View, labels: View, event_act: Act) -> None:
    """All that was changed, what it does to our hundred, and what it costs."""


@component("Packages.vue")
def Packages(view: View, labels: View, event_act: Act) -> None:
    """The packages of the tables, ranked once they are revealed."""


@component("Debrief.vue")
def Debrief(view: View, labels: View, event_act: Act) -> None:
    """The end of a session: what was learnt, questions, pledges and what to take home."""


@component("Analyst.vue")
def Analyst(view: View, labels: View, event_act: Act) -> None:
    """All measures, everything that can be set, and the scenario itself."""


@component("Ensemble.vue")
def Ensemble(view: View, labels: View, event_act: Act) -> None:
    """Fields in which to choose whose luck is shown, and which series."""


@component("Bands.vue")
def Bands(view: View, labels: View) -> None:
    """Bands over our hundred partnerships, to be read off and enlarged, and the table of them."""


@component("Notes.vue")
def Notes(view: View, labels: View, event_act: Act) -> None:
    """The facilitator's notes to the screen that the projector shows."""
