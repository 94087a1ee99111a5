"""Describe what the stage shows, as plain data: from a desk and its session to dictionaries.

Nothing is decided or remembered here, and nothing is known of the web. `sheets` describes what opens
over the stage.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from partnersim.app import draw, sentences
from partnersim.app.links import to_link
from partnersim.app.pages.desk import SHEET_OF, SHEETS, Desk
from partnersim.app.session import changed, reply
from partnersim.app.words import Words
from partnersim.app.world import N_PAIRS, Happening, World, compare_hundred
from partnersim.figures.palette import COLOURS
from partnersim.figures.picture import Picture
from partnersim.runs.measures import YEAR, Floats
from partnersim.runs.wording import capital
from partnersim.scenario.declarations import Event

View = dict[str, Any]

PACE = 160
"""Milliseconds a month when it plays: ten years in 20 seconds."""

ANSWER_AFTER = 2 * YEAR
"""Months after an event at which its consequence is told."""

STAGE_CHART = (594, 208)
COINS = (594, 294)
"""Sizes of charts. With what is said and done beside them they fill a screen of 1280 x 720, and no more."""

LINES = {
    "change": ("change_delivered",),
    "trust": ("trust",),
    "survey": ("perceived_joint_working",),
    "issues": ("tension",),
    "layers": ("trust_board", "trust_front_line"),
    "pressure": ("target_pressure",),
}
"""Lines of the hundred that the stage can show, and their series."""

DASH = "4 9"
"""The dash of a line's second series: the front line, beside boards."""


def labels(desk: Desk) -> View:
    """Return all fixed words of the page."""
    return desk.words.below("page")


# --- the top of the page ------------------------------------------------------------------------


def top(desk: Desk) -> View:
    """Describe the top of the page: the question as its title, where in the story it stands, and keys."""
    session, words = desk.session, desk.words
    state, story = session.state, session.story_shown
    question, screen = session.question, session.screen_shown
    if desk.sheet and not is_screens_own(desk):
        title = words(f"page.sheet.{desk.sheet}")
    elif question is not None:
        title = question.text
    elif screen is not None and session.is_as_told:
        title = screen.title
    elif state.bundle:
        title = words("page.sandbox_title")
    else:  # a place of one's own is called by its name
        own = session.without.scenario().title if state.world.text else ""
        title = own or words("app.title")
    number = state.screen + 1
    total = len(story.screens) if story else 0
    return {
        "title": title,
        "where": words("page.where", n=number, total=total) if story else "",
        "is_hidden": session.is_hidden,
        "reveal": _reveals(desk),
        "can_back": story is not None and state.screen > 0,
        "can_next": story is not None and number < total,
        "sheet": desk.sheet,
        "sheets": SHEETS,
        "lines": list(LINES),
        "problem": desk.problem,
        "pace": PACE,
        "room": desk.room.key,
        "is_new": desk.room.is_new,
        "link": link_of(desk),
    }


def is_screens_own(desk: Desk) -> bool:
    """Return whether what is open over the stage is what the story's screen shows."""
    screen = desk.session.screen_shown
    return bool(desk.sheet) and screen is not None and SHEET_OF.get(screen.show, screen.show) == desk.sheet


def _reveals(desk: Desk) -> int:
    """Return the month in which the room's bet is answered; -1 where no bet waits."""
    guess = desk.session.guess
    waits = guess is not None and guess.is_placed and guess.answer is None
    return desk.session.reveal_month if waits else -1


def link_of(desk: Desk) -> str:
    """Return the session as text for a link; empty where it is too much for one."""
    return to_link(desk.session.state)


def say(desk: Desk) -> View:
    """Describe what the story says; after the reveal what happened, and then what was thought."""
    session, words = desk.session, desk.words
    screen, question, guess = session.screen_shown, session.question, session.guess
    shown: View = {"say": [], "happened": "", "thought": ""}
    if question is not None and guess is not None and guess.answer is not None:
        shown |= {
            "happened": sentences.faster(session.hundred(), session.sides, words)
            if question.measure.startswith("months_to")
            else "",
            "thought": reply(guess, question.options, words),
        }
    elif is_answered(desk):
        shown["happened"] = sentences.faster(session.hundred(), session.sides, words)
    elif screen is not None and session.is_as_told:
        shown["say"] = screen.say.strip().split("\n\n")
    return shown


def ask(desk: Desk) -> View | None:
    """Describe the question that the room bets on, and what was counted so far; None where none waits."""
    session = desk.session
    question, guess = session.question, session.guess
    if question is None or not session.is_hidden:
        return None
    return {
        "text": question.text,
        "options": [option.text for option in question.options],
        "counts": list(guess.room) if guess else [0] * len(question.options),
    }


def is_answered(desk: Desk) -> bool:
    """Return whether the comparison has been played to its end, so that its answer may be said."""
    session = desk.session
    if session.with_ is None or session.is_hidden:
        return False
    if session.question is not None:
        guess = session.guess
        return guess is not None and guess.answer is not None
    return session.month >= session.without.months


# --- the stage ----------------------------------------------------------------------------------


def worlds_shown(desk: Desk) -> list[World]:
    """Return the worlds that may be seen: the changed one only once the room has bet."""
    session = desk.session
    twin = session.with_
    return [session.without] if twin is None or session.is_hidden else [session.without, twin]


def worlds_named(desk: Desk) -> list[tuple[str, World]]:
    """Name the worlds that may be seen, in words that can begin a line."""
    worlds = worlds_shown(desk)
    if len(worlds) == 1:
        return [(desk.words("page.as_it_is"), worlds[0])]
    names = desk.session.sides.names(desk.words)
    return [(capital(name), world) for name, world in zip(names, worlds, strict=True)]


def lanes(desk: Desk) -> View:
    """Describe the lanes that fill: how far our hundred are, in the median, month by month."""
    words, worlds = desk.words, worlds_named(desk)
    return {
        "lanes": [
            {"name": name, "arm": arm, "values": _rounded(100 * world.median("change_delivered"))}
            for (name, world), arm in zip(worlds, ("without", "with"), strict=False)
        ],
        "arm": arm_shown(desk),
        "note": words("page.lanes_note", n=N_PAIRS),
        "has_hundred": len(worlds) > 1,
    }


def _rounded(values: Floats) -> list[int]:
    return [int(value) for value in np.rint(np.nan_to_num(values))]


def line_choice(desk: Desk) -> View:
    """Describe the choice of the line of our hundred."""
    words = desk.words
    return {
        "label": words("page.lines"),
        "act": "line",
        "chosen": desk.line,
        "choices": [{"value": name, "label": words(f"page.line.{name}")} for name in LINES],
    }


def chart(desk: Desk) -> View:
    """Describe the line of our hundred up to now, in each world, and the room's bet ahead of it."""
    words, line = desk.words, desk.line
    strokes = strokes_of(desk, line)
    drawing = draw.so_far(
        strokes,
        words(f"page.line_title.{line}", n=N_PAIRS),
        words,
        month=desk.session.month,
        size=STAGE_CHART,
        bet=_bet(desk),
        least=10.0,
    )
    said = _said_each_month(strokes, line, words)
    return {**figure(drawing, has_table=False), "said": said}


def strokes_of(desk: Desk, line: str) -> list[draw.Stroke]:
    """Describe the lines of both worlds; two to a world where a line has two series."""
    words, several = desk.words, len(LINES[line]) > 1
    found = []
    for (name, world), colour in zip(worlds_named(desk), COLOURS, strict=False):
        for series, dash in zip(LINES[line], ("", DASH), strict=False):
            of = f"{words(f'series.{series}')}, {name}" if several else name
            found.append(draw.Stroke(of, 100 * world.median(series), colour, dash))
    return found


def _said_each_month(strokes: Sequence[draw.Stroke], line: str, words: Words) -> list[list[str]]:
    """Write the values of a line for each month, from the first world to the second: 'Trust 37 → 54'."""
    values = [[f"{value:.0f}" for value in np.nan_to_num(stroke.values)] for stroke in strokes]
    names = [words(f"series.{series}") for series in LINES[line]]
    parts = [
        [f"{name} {' → '.join(month)}" for month in zip(*values[at :: len(names)], strict=True)]
        for at, name in enumerate(names)
    ]
    return [[" · ".join(month)] for month in zip(*parts, strict=True)]


def _bet(desk: Desk) -> draw.Bet | None:
    """Place what most of the room bet on the chart: where it says when, or how much."""
    session, words = desk.session, desk.words
    question, guess = session.question, session.guess
    if question is None or guess is None or guess.is_skipped or not guess.is_placed:
        return None
    n = max(guess.room)
    option = guess.room.index(n)
    bounds = [-np.inf, *(one.below or 0.0 for one in question.options[:-1]), np.inf]
    low, high = bounds[option], bounds[option + 1]
    label = words("page.bet", n=n, total=sum(guess.room))
    if question.measure.startswith("months_to_"):
        share = {"25": 25.0, "50": 50.0, "80": 80.0}.get(question.measure[-2:], np.inf)
        there = np.flatnonzero(session.without.median("change_delivered") >= share / 100)
        if desk.line != "change" or not there.size:
            return None
        at = float(there[0]) if question.of == "difference" else 0.0
        return draw.Bet((at + low, at + high), (share, share), label)
    series = question.series or question.measure
    if series not in LINES[desk.line] or question.since is not None:
        return None
    month = session.reveal_month
    at = float(session.without.median(series)[month]) if question.of == "difference" else 0.0
    return draw.Bet((month, month), (100 * (at + low), 100 * (at + high)), label)


def network(desk: Desk) -> View:
    """Describe the organisations of one partnership as coins, with all months for the page to play."""
    world, words, month = world_explained(desk), desk.words, desk.session.month
    run, names = world.run(), world.names
    links = draw.Links(run.trust[month], names, world.titles, month, words, pressure=run.pressure[month])
    drawing = draw.network(links, COINS)
    marks, frames = draw.frames(run.trust, names)
    shown = {"marks": marks, "frames": frames, "rings": draw.rings(run.pressure, names)}
    return {**figure(drawing, has_table=False), **shown, "arm": arm_shown(desk)}


def one_of(desk: Desk) -> str:
    """State that what is shown of organisations is one partnership of the hundred."""
    session, words = desk.session, desk.words
    name, _ = worlds_named(desk)[-1 if arm_shown(desk) == "with" else 0]
    return words("page.one_of", name=name, n=session.without.replicate + 1, total=N_PAIRS)


def cards(desk: Desk) -> View:
    """Describe the cards that tell of one relationship a year, of events, and of what came of these."""
    world, words, session = world_explained(desk), desk.words, desk.session
    scenario = world.scenario()
    found: dict[int, View] = {}
    if desk.told == world:
        for moment in world.moments():
            title, text = sentences.tale(moment, scenario, words)
            found[moment.month] = {
                "title": title,
                "text": text,
                "ends": f"{world.names[moment.trustor]}>{world.names[moment.trustee]}",
                "tone": "rose" if moment.after > moment.before else "fell",
            }
    for event in scenario.events:
        where = sentences.title_of(event.organisation, scenario) or words("page.everybody")
        title = f"{event.title or words(f'event.{event.type}')}: {where}"
        headline = words(f"headline.{event.type}")
        found[event.month] = {"title": title, "text": headline, "ends": "", "tone": "event"}
    for own in [one for one in session.state.bundle if isinstance(one, Happening)]:
        after = own.month + ANSWER_AFTER
        if own.month in found and after <= session.month and world != session.without:
            without = changed(session.without, [one for one in session.state.bundle if one != own])
            text = sentences.consequence(compare_hundred(without, world), after, words)
            found[after] = {**found[own.month], "text": text}
    return {"cards": {str(month): found[month] for month in sorted(found)}}


def arm_choice(desk: Desk) -> View:
    """Describe the choice of the world whose organisations are shown, where two are."""
    return {
        "label": desk.words("page.arms"),
        "act": "arm",
        "chosen": arm_shown(desk),
        "choices": [
            {"value": value, "label": name}
            for value, (name, _) in zip(("without", "with"), worlds_named(desk), strict=False)
        ],
    }


def months(desk: Desk) -> list[str]:
    """Name all months, from the first to the last."""
    words = desk.words
    return [sentences.when(month, words) for month in range(desk.session.without.months + 1)]


def player(desk: Desk) -> View:
    """Describe the timeline: its flags, where play stops, and how many bets are in."""
    session, words = desk.session, desk.words
    world = worlds_shown(desk)[-1]
    scenario = world.scenario()
    flags: list[View] = []
    stops = {session.reveal_month, world.months}
    if session.screen_shown is not None and session.screen_shown.month:
        stops.add(session.screen_shown.month)
    for number, mark in enumerate(world.marks()):
        name = sentences.name_mark(mark, scenario, words)
        said = words("page.flag", name=name, when=sentences.when(mark.month, words))
        if mark.month > 0:
            stops.add(mark.month)
            if isinstance(mark.what, Event):
                stops.add(mark.month + ANSWER_AFTER)
        flags.append({"key": f"{number} {said}", "month": mark.month, "words": said})
    return {
        "months": world.months,
        "month": session.month,
        "flags": flags,
        "flagged": sorted({flag["month"] for flag in flags if flag["month"]}),
        "stops": sorted(stop for stop in stops if stop <= world.months),
        "pace": PACE,
        "n_in": words("page.n_in", n=session.n_in) if session.question is not None else "",
        "can_take_back": session.guess is not None and session.guess.is_placed,
    }


def figure(drawing: Picture, heading: str = "", *, has_table: bool = True) -> View:
    """Describe a picture for the page, and its table.

    `marks`, `frames`, `rings` and `numbers` let it play; `arm` is the world that it is of. `said` are
    lines for each month, to stand below it.
    """
    return {
        "svg": drawing.svg,
        "title": drawing.title,
        "table": draw.table_html(drawing.table, drawing.title) if has_table else "",
        "heading": heading,
        "arm": "without",
        **dict.fromkeys(("marks", "frames", "rings", "numbers", "said")),
    }


# --- the world whose organisations are shown ----------------------------------------------------


def world_explained(desk: Desk) -> World:
    """Return the world whose organisations are shown; never the one that the room still has to guess."""
    return worlds_shown(desk)[-1 if arm_shown(desk) == "with" else 0]


def arm_shown(desk: Desk) -> str:
    """Return which of two worlds is shown: the changed one, unless another was chosen."""
    return "with" if desk.arm != "without" and len(worlds_shown(desk)) > 1 else "without"
