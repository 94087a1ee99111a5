"""What the pages are made of: Vue templates with the browser's own controls.

Each shows a dictionary (`view`, made by `pages.view`) in the words of `labels` and tells what a
visitor did through one function (`act`, which goes to `pages.acts`). None decides anything.
Native controls have names, keys and sizes that every screen reader and switch knows, and a
page of a dozen templates takes less memory than one of hundreds of widgets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import solara

View = dict[str, Any]
Act = Callable[[dict[str, Any]], None]


@solara.component_vue("Shell.vue", vuetify=False)
def Shell(view: View, labels: View, event_act: Act) -> None:
    """Title, chapters, menu and tabs."""


@solara.component_vue("Say.vue", vuetify=False)
def Say(view: View, labels: View, event_act: Act) -> None:
    """What the story says and asks, and what came of it in one sentence."""


@solara.component_vue("Cards.vue", vuetify=False)
def Cards(view: list[View]) -> None:
    """The organisations and what they want."""


@solara.component_vue("Figure.vue", vuetify=False)
def Figure(view: View, labels: View, event_act: Act) -> None:
    """A picture, which may play or be dragged, and the table behind it."""


@solara.component_vue("Player.vue", vuetify=False)
def Player(view: View, labels: View, event_act: Act) -> None:
    """Play, the timeline to drag, and the flags on it."""


@solara.component_vue("Choice.vue", vuetify=False)
def Choice(view: View, event_act: Act) -> None:
    """Some buttons of which one is pressed."""


@solara.component_vue("Switch.vue", vuetify=False)
def Switch(view: View, labels: View, event_act: Act) -> None:
    """What the second world has and the first has not."""


@solara.component_vue("Deadline.vue", vuetify=False)
def Deadline(view: View, labels: View, event_act: Act) -> None:
    """A deadline to drag, and how many were there by then."""


@solara.component_vue("Why.vue", vuetify=False)
def Why(view: View, labels: View, event_act: Act) -> None:
    """Whose trust is explained, and in which of two worlds."""


@solara.component_vue("Reason.vue", vuetify=False)
def Reason(view: View, labels: View) -> None:
    """Why trust moved, in a sentence."""


@solara.component_vue("Levers.vue", vuetify=False)
def Levers(view: View, labels: View, event_act: Act) -> None:
    """Levers as whole sentences; the rest behind 'more'."""


@solara.component_vue("Change.vue", vuetify=False)
def Change(view: View, labels: View, event_act: Act) -> None:
    """A coordinator, events and what was changed so far."""


@solara.component_vue("Debrief.vue", vuetify=False)
def Debrief(view: View, labels: View, event_act: Act) -> None:
    """What was learnt, questions, pledges and what to take home."""


@solara.component_vue("Analyst.vue", vuetify=False)
def Analyst(view: View, labels: View, event_act: Act) -> None:
    """All measures, everything that can be set, and the scenario itself."""


@solara.component_vue("Ensemble.vue", vuetify=False)
def Ensemble(view: View, labels: View, event_act: Act) -> None:
    """Whose luck is shown, and of which series."""


@solara.component_vue("Bands.vue", vuetify=False)
def Bands(view: View, labels: View) -> None:
    """Bands over our hundred partnerships, to be read off and enlarged, and the table of them."""


@solara.component_vue("Notes.vue", vuetify=False)
def Notes(view: View, labels: View, event_act: Act) -> None:
    """The facilitator's notes to the screen that the projector shows."""
