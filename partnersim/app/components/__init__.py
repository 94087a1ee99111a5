"""Pages and the parts that they are made of: Vue templates with the browser's own controls.

A part shows a dictionary (`view`, made by `pages.view` and `pages.sheets`) in the words of `labels`
and tells what a visitor did through one function (`act`, which goes to `pages.acts`). None decides
anything. Native controls have names, keys and sizes that every screen reader and switch knows.

A page is one widget that knows all parts: an act is answered by one message, which has what changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from inspect import signature
from pathlib import Path
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


def _data_of(whole: Whole, _: object) -> Any:
    return whole.data


PARTS = Whole(
    {f"ps-{file.stem.lower()}": file.read_text("utf-8") for file in Path(__file__).parent.glob("*.vue")}
)
"""The templates of the parts, by the tags that stand for them in a page: `ps-top` is Top.vue."""


def page(function: Callable[..., None]) -> Callable[..., solara.Element]:
    """Make a page from the template of its name; of its parts those are sent that have changed."""
    names = [name for name in signature(function).parameters if not name.startswith("event_")]
    file, to_json = f"pages/{function.__name__}.vue", dict.fromkeys(names, _data_of)
    vue = solara.component_vue(file, vuetify=False, to_json=to_json)(function)

    @wraps(function)
    def wrapped(event_act: Act, **parts: Any) -> solara.Element:
        if strange := parts.keys() - names:
            raise TypeError(f"{function.__name__} has no {', '.join(sorted(strange))}")
        given = {name: Whole(parts.get(name)) for name in names} | {"components": PARTS}
        return vue(**given, event_act=event_act)

    return wrapped


@page
def Projector(
    components: Whole,
    labels: View,
    top: View,
    player: View,
    months: list[str],
    say: View,
    # the stage
    ask: View,
    lanes: View,
    line: View,
    chart: View,
    network: View,
    one_of: str,
    card: View,
    # sheets over it
    menu: View,
    who: list[View],
    trust: View,
    trust_key: View,
    line_numbers: View,
    deadline: View,
    chance: View,
    pictures: View,
    share: View,
    guesses: View,
    why: View,
    arms: View,
    trust_line: View,
    why_bars: View,
    change: View,
    offered: View,
    change_chart: View,
    changed: View,
    packages: View,
    debrief: View,
    event_act: Act,
) -> None:
    """The page on the projector: the stage, or what is open over it; parts not given are not shown.

    Names of months and what levers are offered stay as they are, and are sent once.
    """


@page
def Facilitator(components: Whole, labels: View, notes: View, ask: View, event_act: Act) -> None:
    """The facilitator's window: notes to the screen that the projector shows, and the bets to type."""


@page
def Researcher(components: Whole, labels: View, analyst: View, bands: View, event_act: Act) -> None:
    """The researchers' window: every parameter and number of the room's worlds."""


@solara.component_vue("pages/Broken.vue", vuetify=False)
def Broken(labels: View) -> None:
    """Words that stand where a page could not be drawn, and what to do then."""
