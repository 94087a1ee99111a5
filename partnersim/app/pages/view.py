"""Describe what each component shows, as plain data: from a desk and its session to dictionaries.

Nothing is decided or remembered here, and nothing is known of the web.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from partnersim.app import draw, sentences, take_home
from partnersim.app.draw import Series
from partnersim.app.levers import (
    Coordination,
    FrontLever,
    bands_now,
    coordinator_choices,
    event_kinds,
    front_levers,
    more_levers,
)
from partnersim.app.links import LinkError, to_link
from partnersim.app.pages.desk import TABS, Desk
from partnersim.app.session import Guess, reply
from partnersim.app.stories import Screen, stories
from partnersim.app.words import Words
from partnersim.app.world import Appointment, Change, World, compare_hundred
from partnersim.figures.picture import Picture
from partnersim.runs.ledger import Kind
from partnersim.runs.measures import Floats
from partnersim.runs.wording import capital
from partnersim.scenario.scenario import Scenario

View = dict[str, Any]

PACE = 160
"""Milliseconds a month when it plays: ten years in 20 seconds."""

BESIDE = (620, 280)
LOW = (620, 190)
LOWEST = (620, 150)
BELOW = (1240, 300)
"""Sizes of charts of lines: beside a network, beside much else, beside most, and over the whole width. With
what is said and done beside them they fill a screen of 1280 x 720, and no more."""

COUNTED = 226
"""Height of a chart over the whole width that has initiatives counted below it."""

PICTURES = {
    "world": ("network", "heatmap", "strip", "trust"),
    "compare": ("guess", "change", "speed", "network", "heatmap"),
    "hundred": ("guess", "icons", "dots", "runs"),
}
"""Pictures to choose from, by tab; the first is shown first. A guess is one where one was made."""

FILES = {
    "summary": "summary.html",
    "months": "months.csv",
    "change_png": "change.png",
    "change_svg": "change.svg",
    "trust_svg": "trust.svg",
    "strip_svg": "trust-over-time.svg",
    "place": "place.toml",
}
"""Files that can be taken home: keys of the words that name them, and names of the files."""

COMPARING = ("compare", "hundred")
"""Tabs that compare, and so ask first."""

SHARES = (0.25, 0.5, 0.8)


def labels(desk: Desk) -> View:
    """Return all fixed words of the page."""
    return desk.words.below("page")


# --- the frame of the page ----------------------------------------------------------------------


def shell(desk: Desk) -> View:
    """Describe the frame of the page: title, chapters, tabs and menu."""
    session, words = desk.session, desk.words
    state, story, tabs = session.state, session.story_shown, words.below("page.tab")
    return {
        "title": story.title if story else words("app.title"),
        "dots": [screen.title for screen in story.screens] if story else [],
        "screen": state.screen,
        "can_back": story is not None and state.screen > 0,
        "can_next": story is not None and state.screen < len(story.screens) - 1,
        "tabs": [{"name": tab, "label": tabs[tab]} for tab in TABS],
        "tab": desk.tab,
        "stories": [
            {
                "name": name,
                "title": one.title,
                "summary": one.summary,
                "minutes": words("page.minutes", n=one.minutes),
                "is_open": name == state.story,
            }
            for name, one in stories(words.language).items()
        ],
        "can_undo": session.can_undo,
        "can_redo": session.can_redo,
        "reset": desk.reset_token,
        "problem": desk.problem,
        "notes": "/notes",
        "analyst": "/analyst",
        "keys": list(words.below("page.key").values()),
        "pace": PACE,
        "room": desk.room.key,
        "is_new": desk.room.is_new,
        "link": link_of(desk),
        "language": words.language,
    }


def link_of(desk: Desk) -> str:
    """Return the session as text for a link; empty where it is too much for one."""
    try:
        return to_link(desk.session.state)
    except LinkError:
        return ""


def say(desk: Desk) -> View:
    """Describe what the story says and asks, and what came of it in one sentence."""
    session, words = desk.session, desk.words
    screen = session.screen_shown
    shown: View = {
        "title": "",
        "say": [],
        "ask": None,
        "ask_name": "",
        "sentence": "",
        "score": "",
        "rows": [],
    }
    if screen is not None:
        shown |= {"title": screen.title, "say": screen.say.strip().split("\n\n")}
    if desk.tab not in COMPARING or session.with_ is None:
        return shown
    question = session.question
    if question is not None and session.is_hidden:
        options = [option.text for option in question.options]
        shown["ask"] = {"text": question.text, "options": options}
        shown["ask_name"] = f"{session.state.story} {session.state.screen}"
        return shown
    guess = session.guess
    if question is not None and guess is not None and picture_shown(desk) == "guess":
        board = session.scoreboard()
        shown |= {
            "sentence": reply(guess, question.options, words),
            "score": words("guess.score", right=board.right, asked=board.asked),
            "rows": [_scored(one, words) for one in board.guesses],
        }
    elif desk.tab == "compare":
        runs = (session.without.run(), session.with_.run())
        shown["sentence"] = sentences.difference(*runs, session.sides, words)
    return shown


def _scored(guess: Guess, words: Words) -> str:
    """State a question that was asked, what came, and whether the room saw it coming."""
    key = "right" if guess.is_right else "wrong"
    answer = words("guess.answer", option=guess.options[guess.answer or 0])
    return f"{guess.question} {answer} {words(f'guess.{key}')}"


def cards(desk: Desk) -> list[View]:
    """Describe the organisations and what they want."""
    scenario = desk.session.without.scenario()
    return [
        {"title": organisation.title or organisation.name, "text": organisation.description}
        for organisation in scenario.organisations
    ]


def player(desk: Desk) -> View:
    """Describe the timeline, and the flags on it."""
    session, words = desk.session, desk.words
    world = _world_shown(desk)
    scenario = world.scenario()
    flags = []
    for number, mark in enumerate(world.marks()):
        name = sentences.name_mark(mark, scenario, words)
        said = words("page.flag", name=name, when=sentences.when(mark.month, words))
        is_own = mark.is_removable and mark.what in session.without.changes
        flags.append(
            {
                "key": f"{number} {said}",
                "words": said,
                "index": session.without.changes.index(mark.what) if is_own else None,
                "remove": words("page.remove_named", name=said),
            }
        )
    return {
        "months": world.months,
        "month": session.month,
        "names": [sentences.when(month, words) for month in range(world.months + 1)],
        "flags": flags,
        "pace": PACE,
    }


def has_timeline(desk: Desk) -> bool:
    """Return whether the part of the page that is shown goes by months."""
    if desk.tab == "compare":
        return not desk.session.is_hidden and picture_shown(desk) != "guess"
    return desk.tab in ("world", "why", "change")


def choice(desk: Desk) -> View:
    """Describe the choice of pictures of the tab, and which one is shown."""
    words = desk.words
    names = pictures(desk)
    return {
        "label": words("page.pictures"),
        "act": "picture",
        "chosen": picture_shown(desk),
        "choices": [{"value": name, "label": words(f"page.picture.{name}")} for name in names],
    }


def picture_shown(desk: Desk) -> str:
    """Return the name of the picture that a tab shows."""
    names = pictures(desk)
    return desk.picture if desk.picture in names else names[0]


def pictures(desk: Desk) -> tuple[str, ...]:
    """Return the names of the pictures that a tab has now."""
    guess = desk.session.guess
    has_guess = guess is not None and guess.answer is not None and not guess.is_skipped
    return tuple(name for name in PICTURES[desk.tab] if name != "guess" or has_guess)


# --- pictures -----------------------------------------------------------------------------------


def figure(drawing: Picture, heading: str = "") -> View:
    """Describe a picture for the page, and its table.

    `marks` and `frames` let it play, `numbers` too; `arm` is the world that it is of. `said` are
    lines for each month, to stand below it.
    """
    return {
        "svg": drawing.svg,
        "title": drawing.title,
        "table": draw.table_html(drawing.table, drawing.title),
        "heading": heading,
        "marks": None,
        "frames": None,
        "numbers": None,
        "arm": "without",
        "said": None,
    }


def who_trusts_whom(desk: Desk, world: World, prefix: str = "", heading: str = "") -> View:
    """Describe the network of a world, or its heatmap, with all its months for the page to play."""
    run, words, month = world.run(), desk.words, desk.session.month
    trust, names, titles = run.trust, world.names, world.titles
    is_table = picture_shown(desk) == "heatmap"
    paint = draw.heatmap if is_table else draw.network
    drawing = paint(draw.Links(trust[month], names, titles, month, words, prefix, heading))
    marks, frames = draw.frames(trust, names, prefix, "cell" if is_table else "link")
    numbers = draw.numbers(trust) if is_table else None
    arm = "without" if world == desk.session.without else "with"
    return {**figure(drawing, heading), "marks": marks, "frames": frames, "numbers": numbers, "arm": arm}


def change_so_far(desk: Desk, size: tuple[int, int] = BESIDE) -> View:
    """Describe the chart of change beside the network: how far, month by month, with flags."""
    world, words = _world_shown(desk), desk.words
    line = Series(words("series.change_delivered"), world.run().series["change_delivered"])
    drawing = draw.lines(
        [line],
        words("page.change_title"),
        words,
        month=desk.session.month,
        flags=_flags(desk, world),
        scale=100,
        size=size,
        margin=draw.NO_NAMES,
        top=100,
    )
    return {**figure(drawing, drawing.title), "said": _counted([world], [""], words)}


def over_time(desk: Desk, series: str, title: str, scale: float = 100.0) -> View:
    """Describe the chart of one series of both worlds, or of the one there is, on shared axes."""
    session = desk.session
    worlds, names = [session.without], [title]
    if session.with_ is not None and not session.is_hidden:
        worlds, names = [session.without, session.with_], [*arms(desk)]
    lines = [Series(name, world.run().series[series]) for name, world in zip(names, worlds, strict=True)]
    drawing = draw.lines(
        lines,
        title,
        desk.words,
        month=session.month,
        flags=_flags(desk, worlds[0]),
        scale=scale,
        size=(_below(desk)[0], COUNTED if series == "change_delivered" else BELOW[1]),
        margin=None if len(lines) > 1 else draw.NO_NAMES,
    )
    if series != "change_delivered":
        return figure(drawing, title)
    return {**figure(drawing, title), "said": _counted(worlds, names if len(names) > 1 else [""], desk.words)}


def _counted(worlds: Sequence[World], names: Sequence[str], words: Words) -> list[list[str]]:
    """Count initiatives completed, given up and under way: for each month a sentence a world."""
    lines = [sentences.counted(world.run(), words, name) for world, name in zip(worlds, names, strict=True)]
    return [list(month) for month in zip(*lines, strict=True)]


def strip(desk: Desk) -> View:
    """Describe the strip: small pictures of the network over time."""
    drawing = draw.strip(_world_shown(desk).run().trust, desk.words, width=_below(desk)[0])
    return figure(drawing, drawing.title)


def trust_key(desk: Desk) -> View:
    """Describe the key to the five steps of trust."""
    return {**figure(draw.key(desk.words)), "table": ""}


def guesses(desk: Desk) -> View:
    """Describe the picture of what the room said against what came."""
    guess = desk.session.guess
    assert guess is not None and guess.answer is not None
    drawing = draw.guesses(
        guess.options, guess.room, guess.hundred, guess.answer, desk.words, width=_below(desk)[0]
    )
    return figure(drawing)


def chance(desk: Desk) -> View:
    """Describe one picture of our hundred simulated partnerships."""
    session, words, width = desk.session, desk.words, _below(desk)[0]
    hundred = compare_hundred(session.without, _with(desk))
    reached, until = hundred.months_to(desk.share), session.deadline
    what, sides = words(f"measure.{sentences.SHARES[desk.share]}"), session.sides
    match picture_shown(desk):
        case "icons":
            drawing = draw.icon_arrays(reached, until, what, sides, words, width=width)
        case "dots":
            months = session.without.months
            drawing = draw.dots(reached, until, months, what, sides, words, width=width)
        case _:
            drawing = _ten_faint(desk, hundred.faint("change_delivered"))
    return figure(drawing)


def arms(desk: Desk) -> tuple[str, str]:
    """Name both worlds, the one without first, in words that can begin a line."""
    without, with_ = desk.session.sides.names(desk.words)
    return capital(without), capital(with_)


def _below(desk: Desk) -> tuple[int, int]:
    """Return the size of a chart over the whole width of the page."""
    return (draw.PANE[0], BELOW[1]) if desk.is_narrow else BELOW


def _ten_faint(desk: Desk, faint: tuple[Floats, Floats]) -> Picture:
    words, names = desk.words, arms(desk)
    worlds = (desk.session.without, _with(desk))
    lines = [
        Series(name, world.run().series["change_delivered"], runs)
        for name, world, runs in zip(names, worlds, faint, strict=True)
    ]
    return draw.lines(lines, words("page.faint_title"), words, scale=100, size=_below(desk))


# --- with and without ---------------------------------------------------------------------------


def switch(desk: Desk) -> View:
    """Describe the choice of what the second world has."""
    session, words = desk.session, desk.words
    choices = switches(desk)
    chosen = next((name for name, (_, change) in choices.items() if change == session.state.switch), "")
    listed = [{"name": "", "label": words("page.switch_none")}]
    if session.state.switch is not None and (session.is_as_told or not chosen):
        chosen = "as-told"
        listed.append({"name": chosen, "label": desk.session.sides.who})
    listed += [{"name": name, "label": label} for name, (label, _) in choices.items()]
    return {"choices": listed, "chosen": chosen}


def switches(desk: Desk) -> dict[str, tuple[str, Change]]:
    """List everything that the second world may have: by name, its words and the change."""
    scenario, words = desk.session.without.scenario(), desk.words
    found: dict[str, tuple[str, Change]] = {}
    for one in coordinator_choices(scenario, words):
        if one.change is not None:
            label = _coordination_sentence(one, words("coordinator.sentence"))
            found[f"coordinator {one.name}"] = (label, one.change)
    for lever in [*front_levers(scenario, words), *more_levers(scenario, words)]:
        for band in lever.bands:
            name = f"lever {lever.name} {band.value:g}"
            found[name] = (f"{lever.before}{band.label}{lever.after}", lever.change(band.value))
    return found


def _coordination_sentence(one: Coordination, sentence: str) -> str:
    return sentence.replace("[...]", one.label)


def deadline(desk: Desk) -> View:
    """Describe the deadline, and how many were there by then."""
    session, words = desk.session, desk.words
    hundred = compare_hundred(session.without, _with(desk))
    return {
        "deadline": session.deadline,
        "months": session.without.months,
        "names": player(desk)["names"],
        "sentence": sentences.difference_in_hundred(
            hundred, desk.session.sides, words, desk.session.deadline, desk.share
        ),
    }


def share_choice(desk: Desk) -> View:
    """Describe the choice of the share of the vision of which 'out of 100' speaks."""
    words = desk.words
    return {
        "label": words("page.how_much"),
        "lead": words("page.of_change"),
        "act": "share",
        "chosen": desk.share,
        "choices": [
            {"value": share, "label": words(f"page.share.{sentences.SHARES[share]}")} for share in SHARES
        ],
    }


# --- why ----------------------------------------------------------------------------------------


def why(desk: Desk) -> View:
    """Describe whose trust is explained, and why it moved; `why_bars`, `trust_line` make the pictures."""
    words, world, said = desk.words, world_explained(desk), _why(desk)
    stalled = sentences.stalled(world.run(), month_explained(desk), words)
    meanwhile = _why(desk, "competence").sentence
    return {
        "organisations": organisations(world),
        "trustor": desk.trustor,
        "trustee": desk.trustee,
        "sentence": f"{said.sentence} {said.turning}",
        "work": f"{meanwhile} {stalled}",
    }


def why_bars(desk: Desk) -> View:
    """Describe the chart of what raised and lowered trust; its bars add up."""
    drawing = draw.bars(_why(desk), desk.words)
    return figure(drawing, drawing.title)


def trust_line(desk: Desk) -> View:
    """Describe the chart of the trust that is explained, month by month."""
    world, words = world_explained(desk), desk.words
    trust = world.run().trust
    names = world.names
    rows = [names.index(desk.trustor)] if desk.trustor else list(range(len(names)))
    columns = [names.index(desk.trustee)] if desk.trustee else list(range(len(names)))
    part = trust[:, rows][:, :, columns].reshape(len(trust), -1)
    drawing = draw.lines(
        [Series(words("series.trust"), mean_known(part))],
        words("page.trust_title"),
        words,
        month=desk.session.month,
        scale=100,
        size=LOWEST,
        margin=draw.NO_NAMES,
    )
    return figure(drawing, drawing.title)


def arm_choice(desk: Desk) -> View:
    """Describe the choice of the world in which trust is explained, where two are compared."""
    words = desk.words
    return {
        "label": words("page.arms"),
        "act": "arm",
        "chosen": "without" if world_explained(desk) == desk.session.without else "with",
        "choices": [
            {"value": value, "label": name}
            for value, name in zip(("without", "with"), arms(desk), strict=True)
        ],
    }


def mean_known(values: Floats) -> Floats:
    """Return the mean of what is known in each row: float64[months + 1]; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def month_explained(desk: Desk) -> int:
    """Return the month that is explained, with the year up to it."""
    return max(1, desk.session.month)


def _why(desk: Desk, kind: Kind = "goodwill") -> sentences.Why:
    month, whom = month_explained(desk), (desk.trustor or None, desk.trustee or None)
    ledger = world_explained(desk).ledger(month)
    return sentences.why(ledger, month, desk.words, *whom, kind=kind, meanwhile=kind != "goodwill")


# --- change -------------------------------------------------------------------------------------


def levers(desk: Desk) -> View:
    """Describe levers as whole sentences, and from when they hold."""
    session, words = desk.session, desk.words
    scenario = session.without.scenario()
    when = sentences.when(session.month, words)
    return {
        "when": words("page.changes_from", when=when),
        "levers": _levers(front_levers(scenario, words), scenario, session.month),
        "more": _levers(more_levers(scenario, words), scenario, session.month),
    }


def change(desk: Desk) -> View:
    """Describe coordinators, events, and what was changed so far."""
    session, words = desk.session, desk.words
    world = session.without
    scenario = world.scenario()
    choices = coordinator_choices(scenario, words)
    present = [change for change in world.changes if isinstance(change, Appointment)]
    chosen = next((one.name for one in choices if one.change in present), choices[0].name)
    return {
        "coordinators": [{"name": one.name, "label": one.label.rstrip(",")} for one in choices],
        "coordinator": chosen,
        "events": [
            {
                "name": kind.name,
                "label": kind.label,
                "needs_one": kind.needs_organisation,
                "needs_domain": kind.needs_domain,
            }
            for kind in event_kinds(words)
        ],
        "domains": [{"name": name, "title": name.replace("_", " ")} for name in scenario.domains],
        "organisations": organisations(world),
        "changes": [
            {
                "index": index,
                "words": sentences.name_change(one, scenario, words),
                "remove": words("page.remove_named", name=sentences.name_change(one, scenario, words)),
            }
            for index, one in enumerate(world.changes)
        ],
        "assumptions": list(words.below("take_home.assumption").values()),
    }


def _levers(levers: Sequence[FrontLever], scenario: Scenario, month: int) -> list[View]:
    return [
        {
            "name": lever.name,
            "before": lever.before,
            "after": lever.after,
            "value": now.value,
            "sentence": f"{lever.before}{now.label}{lever.after}",
            "bands": [{"label": band.label, "value": band.value} for band in lever.bands],
            "what": lever.what,
            "evidence": lever.evidence,
            "sources": list(lever.sources),
            "from_start": lever.from_start_only,
        }
        for lever, now in zip(levers, bands_now(levers, scenario, month), strict=True)
    ]


def organisations(world: World) -> list[View]:
    """List the organisations by short name, with the names to show."""
    return [{"name": name, "title": title} for name, title in zip(world.names, world.titles, strict=True)]


# --- debrief and notes --------------------------------------------------------------------------


def debrief(desk: Desk) -> View:
    """Describe what was learnt, and what to take home."""
    session, words = desk.session, desk.words
    return {
        "points": take_home.learning_points(session),
        "questions": list(words.below("take_home.question").values()),
        "pledges": list(session.state.pledges),
        "files": [
            {"href": f"/take-home/{name}", "label": words(f"page.file.{key}")} for key, name in FILES.items()
        ],
        "room": desk.room.key,
        "link": link_of(desk),
    }


def notes(desk: Desk) -> View:
    """Describe what the facilitator should know of the screen that is shown."""
    session, words = desk.session, desk.words
    story, screen = session.story_shown, session.screen_shown
    if story is None or screen is None:
        return {
            "title": words("page.notes"),
            "where": words("notes.no_story"),
            "notes": [],
            "minutes": "",
            "can_back": False,
            "can_next": False,
            "coming": "",
        }
    number, total = session.state.screen + 1, len(story.screens)
    return {
        "title": words("notes.title", story=story.title),
        "where": words("notes.where", n=number, total=total, screen=screen.title),
        "minutes": words("page.minutes", n=screen.notes.minutes),
        "notes": [
            {"name": words(f"notes.{kind}"), "lines": lines}
            for kind, lines in _noted(screen).items()
            if lines
        ],
        "can_back": number > 1,
        "can_next": number < total,
        "coming": story.screens[number].title if number < total else words("notes.last"),
    }


def _noted(screen: Screen) -> dict[str, list[str]]:
    """Return the paragraphs for the facilitator, by kind."""
    notes = screen.notes
    expected = [expectation.says for expectation in screen.expect]
    texts = {"ask": notes.ask, "trap": notes.trap, "debrief": notes.debrief}
    paragraphs = {kind: text.strip().split("\n\n") for kind, text in texts.items() if text}
    return {"expect": expected, **paragraphs}


# --- the worlds shown ---------------------------------------------------------------------------


def _world_shown(desk: Desk) -> World:
    """Return the world that a single picture shows."""
    return desk.session.without


def world_explained(desk: Desk) -> World:
    """Return the world whose trust is explained; never the one that the room still has to guess."""
    session = desk.session
    if session.with_ is None or session.is_hidden or desk.arm == "without":
        return session.without
    return session.with_


def _with(desk: Desk) -> World:
    """Return the world with the switch; the same as without where nothing is switched."""
    return desk.session.with_ or desk.session.without


def _flags(desk: Desk, world: World) -> dict[int, str]:
    """Return the labels of what stands on the timeline of a chart, by month."""
    scenario = world.scenario()
    return {
        mark.month: sentences.name_mark(mark, scenario, desk.words)
        for mark in world.marks()
        if mark.month > 0  # what holds from the start is in the list of flags
    }
