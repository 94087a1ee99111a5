"""What the pages are made of: Vue templates with the browser's own controls.

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
    """Data that holds no elements.

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


_TO_JSON = {"view": _data_of, "labels": _data_of}


@component("Shell.vue")
def Shell(view: View, labels: View, event_act: Act) -> None:  # noqa: N802
    """Title, chapters, menu and tabs."""


@component("Say.vue")
def Say(view: View, labels: View, event_act: Act) -> None:  # noqa: N802
    """What the story says and asks, and what came of the guess."""


@component("Cards.vue")
def Cards(view: list[View]) -> None:  # noqa: N802
    """The organisations and what they want."""


@component("Figure.vue")
def Figure(view: View, labels: View, event_act: Act) -> None:  # noqa: N802
    """A picture, which may play, and the table behind it."""


@component("Player.vue")
def Player(view: View, labels: View, event_act: Act) -> None:  # noqa: N802
    """Play, the timeline to drag, and the flags on it."""


@component("Choice.vue")
def Choice(view: View, event_act: Act) -> None:  # noqa: N802
    """Some buttons of which one is pressed."""


@component("Switch.vue")
def Switch(view: View, labels: View, event_act: Act) -> None:  # noqa: N802
    """What the second world has and the first has not, and the difference in one sentence."""


@component("Deadline.vue")
def Deadline(view: View, labels: View, event_act: Act) -> None:  # noqa: N802
    """A deadline to drag, and how many were there by then."""


@component("Why.vue")
def Why(view: View, labels: View, event_act: Act) -> None:  # noqa: N802
    """Whose trust is explained, and why it moved."""


@component("Levers.vue")
def Levers(view: View, labels: View, event_act: Act) -> None:  # noqa: N802
    """Levers as whole sentences; the rest behind 'more'."""


@component("Change.vue")
def Change(view: View, labels: View, event_act: Act) -> None:  # noqa: N802
    """A coordinator, events and what was changed so far."""


@component("Debrief.vue")
def Debrief(view: View, labels: View, event_act: Act) -> None:  # noqa: N802
    """What was learnt, questions, pledges and what to take home."""


@component("Analyst.vue")
def Analyst(view: View, labels: View, event_act: Act) -> None:  # noqa: N802
    """Everything that can be set, ensembles, arms and the scenario itself."""


@component("Notes.vue")
def Notes(view: View, labels: View, event_act: Act) -> None:  # noqa: N802
    """The facilitator's notes to the screen that the projector shows."""
