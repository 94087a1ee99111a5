"""A story as one file that any browser opens: no server, no installation, no network.

Everything that the story shows is worked out beforehand: the months to play, the comparison, what
each answer is told, and why trust moved. What cannot be done there is to change anything else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from importlib.resources import files

import partnersim
from partnersim.app import draw, sentences, take_home
from partnersim.app.pages.view import PACE
from partnersim.app.session import Session, reply
from partnersim.app.stories import stories
from partnersim.app.words import Words, words
from partnersim.app.world import N_PAIRS, World
from partnersim.figures.picture import Picture
from partnersim.runs.measures import YEAR
from partnersim.runs.wording import capital
from partnersim.scenario.errors import ScenarioError, suggest

STYLE = """
.ps-player { display: flex; flex-wrap: wrap; align-items: center; gap: .4em; padding: .2em 0;
  position: static; border: 0; }
.ps .ps-player input[type="range"] { width: auto; }
body { margin: 0; }
"""
"""The timeline stands above the pictures: a page that is scrolled has no place for it below."""


def story_page(name: str) -> str:
    """Write a story as a page that needs nothing else.

    Raises
    ------
    ScenarioError
        If there is no such story.
    """
    known = stories()
    if name not in known:
        raise ScenarioError(f"--story {name!r}: there is no such story; {suggest(name, [*known])}")
    story, spoken = known[name], words()
    session = Session()
    session.open_story(name)
    sections = []
    for number in range(len(story.screens)):
        session.go_to(number)
        sections.append(_section(session, number, spoken))
    labels = {key: spoken(f"page.{key}") for key in ("play", "pause")}
    months = [sentences.when(month, spoken) for month in range(session.without.months + 1)]
    data = json.dumps({"labels": labels, "months": months, "pace": PACE}).replace("<", "\\u003c")
    made = spoken(
        "take_home.made",
        version=partnersim.__version__,
        seed=session.without.seed,
        replicate=session.without.replicate + 1,
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(story.title)}</title><style>{_asset('custom.css')}{STYLE}</style></head>"
        f'<body><div class="v-application"><div class="ps"><header class="ps-bar ps-head">'
        f'<h1>{escape(story.title)}</h1><div class="ps-bar">'
        f'<button id="back">{escape(spoken("page.back"))}</button>'
        f'<button id="next" class="ps-main">{escape(spoken("page.next"))}</button></div></header>'
        f"<main>{_player(spoken, session.without.months)}{''.join(sections)}</main>"
        f"<footer><p>{escape(spoken('app.disclaimer'))} {escape(made)}</p></footer></div></div>"
        f'<script type="application/json" id="story">{data}</script>'
        f"<script>{_asset('custom.js')}</script><script>{_asset('story.js')}</script>"
        "</body></html>"
    )


def _section(session: Session, number: int, spoken: Words) -> str:
    """Write one screen: what is said and asked, what is seen, and why."""
    screen = session.screen_shown
    assert screen is not None
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in screen.say.strip().split("\n\n"))
    parts = [f"<h2>{escape(screen.title)}</h2>{paragraphs}"]
    hidden = ""
    if session.question is not None:
        parts.append(_question(session, spoken))
        hidden = " hidden"
    shown = "".join(_pictures(session, number, spoken))
    parts.append(f'<div class="shown"{hidden}>{shown}</div>')
    months = f'data-month="{_month(session)}"'
    return f'<section class="screen" {months} hidden>{"".join(parts)}</section>'


def _question(session: Session, spoken: Words) -> str:
    """Write the question of a screen, with an answer to each choice."""
    question = session.question
    assert question is not None
    buttons = []
    for chosen, option in enumerate(question.options):
        session.predict([int(index == chosen) for index in range(len(question.options))])
        session.place_bets()
        said = reply(session.reveal(), question.options, spoken)
        buttons.append(
            f'<button class="answer" aria-pressed="false" data-reply="{escape(said)}">'
            f"{escape(option.text)}</button>"
        )
    return (
        f"<p><strong>{escape(question.text)}</strong></p>"
        f'<div class="ps-bar" role="group" aria-label="{escape(question.text)}">'
        f"{''.join(buttons)}</div>"
        '<div aria-live="polite"><p class="ps-sentence reply" hidden></p></div>'
    )


def _pictures(session: Session, number: int, spoken: Words) -> Iterator[str]:
    """Write the pictures of a screen: trust, the change, the hundred if it compares, and why."""
    worlds = [session.without] + ([session.with_] if session.with_ is not None else [])
    labels = session.sides.names(spoken)
    names = [capital(label) for label in labels]
    if session.with_ is not None:
        said = sentences.faster(session.hundred(), session.sides, spoken)
        yield f'<p class="ps-sentence">{escape(said)}</p>'
    panes = "".join(
        _network(session, world, f"s{number}-{index}-", names[index] if len(worlds) > 1 else "", spoken)
        for index, world in enumerate(worlds)
    )
    one = spoken("page.one_in_file", n=session.without.replicate + 1, total=N_PAIRS)
    yield f'<p class="ps-quiet">{escape(one)}</p><div class="ps-row ps-two">{panes}</div>'
    yield _figure(take_home.change_picture(session), spoken)
    if session.with_ is not None:
        reached, what = session.hundred().months_to(0.5), spoken("measure.half")
        drawing = draw.icon_arrays(reached, session.deadline, what, session.sides, spoken)
        yield _figure(drawing, spoken)
    month = _month(session) or YEAR
    why = sentences.why(worlds[-1].ledger(month), month, spoken)
    yield (
        f'<details class="why"><summary>{escape(spoken("page.why"))}</summary>'
        f"<p>{escape(why.sentence)}</p>"
        f"{_figure(draw.bars(why, spoken), spoken)}</details>"
    )


def _month(session: Session) -> int:
    """Return the month at which a screen is opened: the start, if it is there to be played."""
    screen = session.screen_shown
    return screen.month if screen is not None and screen.switches else 0


def _network(session: Session, world: World, prefix: str, heading: str, spoken: Words) -> str:
    """Write a network that plays, by the frames that stand beside it."""
    trust = world.run().trust
    month = _month(session)
    links = draw.Links(trust[month], world.names, world.titles, month, spoken, prefix, heading)
    drawing = draw.network(links)
    marks, frames = draw.frames(trust, world.names, prefix)
    data = escape(json.dumps({"marks": marks, "frames": frames}))
    title = f"<h3>{escape(heading)}</h3>" if heading else ""
    picture = _figure(drawing, spoken)
    return f'<div>{title}<div class="board" data-board="{data}">{picture}</div></div>'


def _figure(drawing: Picture, spoken: Words) -> str:
    """Write a picture and its table; where they are wider than the page, the keyboard scrolls them."""
    name = escape(drawing.title)
    return (
        f'<div class="ps-picture" role="group" tabindex="0" aria-label="{name}">{drawing.svg}</div>'
        f"<details><summary>{escape(spoken('page.as_table'))}"
        f'<span class="ps-hidden">: {name}</span></summary>'
        f'<div class="ps-scroll" role="region" tabindex="0" aria-label="{name}">'
        f"{draw.table_html(drawing.table, drawing.title)}</div></details>"
    )


def _player(spoken: Words, months: int) -> str:
    """Write the player: a button to play, and the timeline to drag."""
    return (
        f'<div class="ps-player"><button id="play" class="ps-main">{escape(spoken("page.play"))}'
        f'</button><input id="month" type="range" min="0" max="{months}" value="0" '
        f'aria-label="{escape(spoken("page.month"))}"><output class="ps-month"></output></div>'
    )


def _asset(name: str) -> str:
    return (files("partnersim") / "app" / "assets" / name).read_text(encoding="utf-8")
