"""Describe what opens over the stage, and the facilitator's notes, as plain data."""

from __future__ import annotations

import numpy as np

from partnersim.app import draw, sentences, take_home
from partnersim.app.levers import all_levers, coordinator_choices, event_kinds, find_lever, find_stands
from partnersim.app.pages.desk import SHEETS, Desk
from partnersim.app.pages.rooms import ROOMS
from partnersim.app.pages.view import (
    STAGE_CHART,
    View,
    arm_shown,
    figure,
    link_of,
    one_of,
    strokes_of,
    world_explained,
)
from partnersim.app.session import changed
from partnersim.app.stories import Screen, stories
from partnersim.app.world import N_PAIRS, Appointment, Hundred, World, compare_hundred
from partnersim.figures.palette import COLOURS, GREY
from partnersim.runs.measures import Floats

LEVER_CHART = (380, 214)
LOWEST = (594, 150)
"""Sizes of charts in sheets."""

PICTURES = ("icons", "dots")
"""Pictures of our hundred to choose from."""

FILES = {
    "summary": "summary.html",
    "months": "months.csv",
    "change_png": "change.png",
    "change_svg": "change.svg",
    "trust_svg": "trust.svg",
    "place": "place.toml",
}
"""Files that can be taken home: keys of the words that name them, and names of the files."""


def menu(desk: Desk) -> View:
    """Describe the menu: stories, the way back, other windows and keys."""
    session, words = desk.session, desk.words
    state = session.state
    return {
        "stories": [
            {
                "name": name,
                "title": one.title,
                "summary": one.summary,
                "minutes": words("page.minutes", n=one.minutes),
                "is_open": name == state.story,
            }
            for name, one in stories().items()
        ],
        "has_story": session.story_shown is not None,
        "screens": [screen.title for screen in session.story_shown.screens] if session.story_shown else [],
        "screen": state.screen,
        "can_undo": session.can_undo,
        "can_redo": session.can_redo,
        "reset": desk.reset_token,
        "notes": "/notes",
        "analyst": "/analyst",
        "keys": list(words.below("page.key").values()),
        "sheets": [
            {"name": name, "label": words(f"page.sheet.{name}"), "key": key} for key, name in SHEETS.items()
        ],
    }


# --- the numbers, and our hundred ------------------------------------------------------------------


def who_trusts_whom(desk: Desk) -> View:
    """Describe the table of who trusts whom in one partnership, with all its months."""
    world, words, month = world_explained(desk), desk.words, desk.session.month
    trust, names = world.run().trust, world.names
    heading = one_of(desk)
    drawing = draw.heatmap(draw.Links(trust[month], names, world.titles, month, words))
    marks, frames = draw.frames(trust, names, "", "cell")
    shown = {"marks": marks, "frames": frames, "numbers": draw.numbers(trust), "arm": arm_shown(desk)}
    return {**figure(drawing, heading), **shown}


def trust_key(desk: Desk) -> View:
    """Describe the key to the five steps of trust."""
    return figure(draw.key(desk.words), has_table=False)


def line_numbers(desk: Desk) -> View:
    """Describe the numbers behind the line that the stage shows, year by year."""
    words = desk.words
    title = words(f"page.line_title.{desk.line}", n=N_PAIRS)
    drawing = draw.so_far(strokes_of(desk, desk.line), title, words, month=None, size=STAGE_CHART)
    return {"title": title, "html": draw.table_html(drawing.table, title)}


def guesses(desk: Desk) -> View | None:
    """Describe the picture of what happened against what was thought; None before the reveal."""
    guess = desk.session.guess
    if guess is None or guess.answer is None or guess.is_skipped:
        return None
    drawing = draw.guesses(
        guess.options, guess.room, guess.hundred, guess.answer, desk.words, width=_wide(desk)
    )
    return figure(drawing)


def choice(desk: Desk) -> View:
    """Describe the choice of pictures of our hundred, and which one is shown."""
    words = desk.words
    return {
        "label": words("page.pictures"),
        "act": "picture",
        "chosen": picture_shown(desk),
        "choices": [{"value": name, "label": words(f"page.picture.{name}")} for name in PICTURES],
    }


def picture_shown(desk: Desk) -> str:
    """Return the name of the picture of our hundred that is shown."""
    return desk.picture if desk.picture in PICTURES else PICTURES[0]


def chance(desk: Desk) -> View:
    """Describe one picture of our hundred simulated partnerships."""
    session, words, width = desk.session, desk.words, _wide(desk)
    hundred = session.hundred()
    reached, until = hundred.months_to(desk.share), session.deadline
    what, sides = words(f"measure.{sentences.SHARES[desk.share]}"), session.sides
    if picture_shown(desk) == "icons":
        return figure(draw.icon_arrays(reached, until, what, sides, words, width=width))
    return figure(draw.dots(reached, until, session.without.months, what, sides, words, width=width))


def _wide(desk: Desk) -> int:
    """Return the width of a picture over all of the page."""
    return draw.NARROW if desk.is_narrow else draw.WIDE[0]


def deadline(desk: Desk) -> View:
    """Describe the deadline, and how many were there by then."""
    session, words = desk.session, desk.words
    hundred = session.hundred()
    reached = sentences.reached_in_hundred(hundred, session.sides, words, session.deadline, desk.share)
    return {
        "deadline": session.deadline,
        "months": session.without.months,
        "sentence": f"{reached}. {sentences.faster(hundred, session.sides, words, desk.share)}",
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
            {"value": share, "label": words(f"page.share.{key}")} for share, key in sentences.SHARES.items()
        ],
    }


# --- why ----------------------------------------------------------------------------------------


def why(desk: Desk, said: sentences.Why) -> View:
    """Describe whose trust is explained, and why it moved; `why_bars`, `trust_line` make the pictures."""
    words, world = desk.words, world_explained(desk)
    return {
        "organisations": organisations(world),
        "trustor": desk.trustor,
        "trustee": desk.trustee,
        "sentence": f"{said.sentence} {said.turning}",
        "work": sentences.stalled(world.run(), month_explained(desk), words),
        "one_of": one_of(desk),
    }


def why_bars(desk: Desk, said: sentences.Why) -> View:
    """Describe the chart of what raised and lowered trust; its bars add up."""
    drawing = draw.bars(said, desk.words)
    return figure(drawing, drawing.title)


def trust_line(desk: Desk) -> View:
    """Describe the chart of the trust that is explained, month by month."""
    world, words = world_explained(desk), desk.words
    trust = world.run().trust
    names = world.names
    rows = [names.index(desk.trustor)] if desk.trustor else list(range(len(names)))
    columns = [names.index(desk.trustee)] if desk.trustee else list(range(len(names)))
    part = trust[:, rows][:, :, columns].reshape(len(trust), -1)
    line = draw.Stroke(words("series.trust"), 100 * mean_known(part), COLOURS[0])
    title = words("page.trust_title")
    drawing = draw.so_far([line], title, words, month=desk.session.month, size=LOWEST)
    return figure(drawing, drawing.title)


def mean_known(values: Floats) -> Floats:
    """Return the mean of what is known in each row: float64[months + 1]; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def month_explained(desk: Desk) -> int:
    """Return the month that is explained, with the year up to it."""
    return max(1, desk.session.month)


def explained(desk: Desk) -> sentences.Why:
    """Explain why trust moved, between those who were asked about."""
    month, whom = month_explained(desk), (desk.trustor or None, desk.trustee or None)
    return sentences.why(world_explained(desk).ledger(month), month, desk.words, *whom)


# --- change -------------------------------------------------------------------------------------


def change(desk: Desk) -> View:
    """Describe levers, coordinators, events, and what was changed so far, from a month on."""
    session, words = desk.session, desk.words
    world = session.with_ or session.without
    scenario = world.scenario()
    choices = coordinator_choices(scenario, words)
    present = [one for one in world.changes if isinstance(one, Appointment)]
    chosen = next((one.name for one in choices if one.change in present), choices[0].name)
    return {
        "from_now": words("page.from_now", when=sentences.when(session.month, words))
        if 0 < session.month < session.without.months
        else "",
        "set": _levers_set(desk, world),
        "coordinators": [{"name": one.name, "label": one.label.rstrip(",")} for one in choices],
        "coordinator": chosen,
        "events": _events_offered(desk, world),
        "domains": [{"name": name, "title": name.replace("_", " ")} for name in scenario.domains],
    }


def all_changed(desk: Desk) -> View:
    """Describe what was changed beside the levers, and what all of it does to our hundred."""
    session, words = desk.session, desk.words
    scenario, state = (session.with_ or session.without).scenario(), session.state
    named = [
        (index, sentences.name_change(one, scenario, words))
        for index, one in enumerate(state.bundle)
        if find_lever(one, scenario, words) is None
    ]
    return {
        "changes": [
            {"index": index, "words": name, "remove": words("page.remove_named", name=name)}
            for index, name in named
        ],
        **_all_it_does(desk),
        "is_sealed": state.is_sealed,
    }


def _events_offered(desk: Desk, world: World) -> list[View]:
    """List the events that can happen now, and to whom: nobody joins who is there already."""
    listed = list(zip(organisations(world), world.is_member(desk.session.month), strict=True))
    found = []
    for kind in event_kinds(desk.words):
        wanted = kind.name != "organisation_joins"
        fits = [one for one, is_member in listed if is_member == wanted]
        if fits or not kind.needs_organisation:
            found.append(
                {
                    "name": kind.name,
                    "label": kind.label,
                    "needs_one": kind.needs_organisation,
                    "needs_domain": kind.needs_domain,
                    "organisations": fits,
                }
            )
    return found


def _all_it_does(desk: Desk) -> View:
    """State what all that was changed does to our hundred, and costs; a sealed answer is kept back."""
    session, words = desk.session, desk.words
    if session.with_ is None:
        return {"answer": words("page.nothing_changed"), "cost": ""}
    hundred = session.hundred()
    kept_back = words("page.kept_back") if session.is_hidden else ""
    return {
        "answer": kept_back or sentences.faster(hundred, session.sides, words),
        "cost": cost_of(desk, days_of(hundred)),
    }


def change_chart(desk: Desk) -> View:
    """Describe the whole lines of our hundred as it was and as changed, and a ghost of the step before."""
    session, words = desk.session, desk.words
    strokes = strokes_of(desk, "change")
    before = session.before
    if has_ghost := before is not None and not session.is_hidden:
        assert before is not None
        ghost = draw.Stroke(words("page.before_last"), 100 * before.median("change_delivered"), GREY, "", 4.0)
        strokes.insert(0, ghost)
    title = words("page.line_title.change", n=N_PAIRS)
    drawing = draw.so_far(strokes, title, words, month=None, size=LEVER_CHART, least=10.0)
    return {**figure(drawing, has_table=False), "said": [[words("page.ghost")]] if has_ghost else None}


def cost_of(desk: Desk, days: int) -> str:
    """State the staff days that are more, or fewer, than as it was."""
    words = desk.words
    key = "cost" if days >= 0 else "cost_less"
    years = sentences.span(desk.session.without.months, words)
    return words(f"package.{key}", days=f"{abs(days):,}", years=years)


def days_of(hundred: Hundred) -> int:
    """Return the staff days that a change costs: the median over pairs."""
    return round(float(np.median(hundred.with_.measures["cost"] - hundred.without.measures["cost"])))


def packages(desk: Desk) -> View:
    """Describe the packages of the tables; ranked, once they are revealed, those over the budget last."""
    session, words = desk.session, desk.words
    state, without = session.state, session.without
    compared = [compare_hundred(without, changed(without, package.bundle)) for package in state.packages]
    days = [days_of(hundred) for hundred in compared]
    is_over = [0 < state.budget < cost for cost in days]
    answers = [
        "" if state.is_sealed else sentences.faster(hundred, sentences.Sides(package.name), words)
        for package, hundred in zip(state.packages, compared, strict=True)
    ]
    ranked = list(enumerate(state.packages))
    if not state.is_sealed:
        ranked.sort(key=lambda one: (is_over[one[0]], _rank(compared[one[0]])))
    return {
        "is_sealed": state.is_sealed,
        "budget": state.budget,
        "next_name": words("package.default", n=len(state.packages) + 1),
        "can_enter": bool(state.bundle),
        "packages": [
            {
                "index": index,
                "name": package.name,
                "changes": [sentences.name_change(one, without.scenario(), words) for one in package.bundle],
                "cost": cost_of(desk, days[index]),
                "over": words("package.over") if is_over[index] else "",
                "answer": answers[index],
                "remove": words("page.remove_named", name=package.name),
            }
            for index, package in ranked
        ],
    }


def _rank(hundred: Hundred) -> tuple[float, float]:
    """Return by how much later half of the change comes, and how much less there is at the end."""
    less = -hundred.apart("change_delivered", hundred.without.months)
    return float(np.median(hundred.months_apart(0.5))), less


def levers_offered(desk: Desk) -> View:
    """Describe the levers: what stays as it is, whatever is set. Those shown first, and more of them."""
    scenario, words = (desk.session.with_ or desk.session.without).scenario(), desk.words
    offered: View = {"levers": [], "more": []}
    for lever in all_levers(scenario, words):
        described = {
            "name": lever.name,
            "before": lever.before,
            "after": lever.after,
            "bands": [{"label": band.label, "value": band.value} for band in lever.bands],
            "what": lever.what,
            "evidence": lever.evidence,
            "sources": list(lever.sources),
            "from_start": lever.from_start_only,
        }
        offered["more" if lever.is_more else "levers"].append(described)
    return offered


def _levers_set(desk: Desk, world: World) -> View:
    """Describe where levers stand; one that was changed has the place of that change, to take it back."""
    session, words, found = desk.session, desk.words, {}
    for lever, band, at in find_stands(world, session.month, session.state.bundle, words):
        sentence = f"{lever.before}{band.label}{lever.after}"
        remove = "" if at is None else words("page.remove_named", name=sentence)
        found[lever.name] = {"value": band.value, "sentence": sentence, "index": at, "remove": remove}
    return found


def organisations(world: World) -> list[View]:
    """List the organisations by short name, with the names to show."""
    return [{"name": name, "title": title} for name, title in zip(world.names, world.titles, strict=True)]


def who(desk: Desk) -> list[View]:
    """Describe the organisations, what they want, and how hard their own targets press at the start."""
    world, words = desk.session.without, desk.words
    pressure = np.nan_to_num(world.run().pressure[0])
    return [
        {
            "title": organisation.title or organisation.name,
            "text": organisation.description,
            "pressure": words("page.pressed", n=round(100 * float(pressed))),
        }
        for organisation, pressed in zip(world.scenario().organisations, pressure, strict=False)
    ]


# --- debrief and notes --------------------------------------------------------------------------


def debrief(desk: Desk) -> View:
    """Describe what was learnt, and what to take home."""
    session, words = desk.session, desk.words
    return {
        "points": take_home.learning_points(session),
        "questions": list(words.below("take_home.question").values()),
        "assumptions": list(words.below("take_home.assumption").values()),
        "pledges": list(session.state.pledges),
        "files": [
            {"href": f"/take-home/{name}", "label": words(f"page.file.{key}")} for key, name in FILES.items()
        ],
        "room": desk.room.key,
        "link": link_of(desk),
        "origin": ROOMS.origin,
    }


def notes(desk: Desk) -> View:
    """Describe what the facilitator should know of the screen that is shown."""
    session, words = desk.session, desk.words
    story, screen = session.story_shown, session.screen_shown
    shown: View = {
        "title": words("page.notes"),
        "where": words("notes.no_story"),
        "notes": [],
        **dict.fromkeys(("minutes", "coming", "n_in"), ""),
        **dict.fromkeys(("can_back", "can_next", "is_placed"), False),
    }
    if story is None or screen is None:
        return shown
    number, total = session.state.screen + 1, len(story.screens)
    return shown | {
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
        "is_placed": session.guess is not None and session.guess.is_placed,
        "n_in": words("page.n_in", n=session.n_in),
    }


def _noted(screen: Screen) -> dict[str, list[str]]:
    """Return the paragraphs for the facilitator, by kind."""
    notes = screen.notes
    expected = [expectation.says for expectation in screen.expect]
    texts = {"ask": notes.ask, "trap": notes.trap, "debrief": notes.debrief}
    paragraphs = {kind: text.strip().split("\n\n") for kind, text in texts.items() if text}
    return {"expect": expected, **paragraphs}
