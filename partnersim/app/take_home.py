"""Make what people take home: three learning points, a page to print, pictures and numbers as files.

All of it is drawn from the session's own runs, and says which: seed, partnership, version.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Iterator
from html import escape

import numpy as np

import partnersim
from partnersim.app import draw, sentences
from partnersim.app.links import to_link
from partnersim.app.qr import qr
from partnersim.app.session import Session, State, say_room
from partnersim.app.words import Words
from partnersim.app.world import N_PAIRS, Change, Happening, Run
from partnersim.figures.marks import Table, rows_to_table
from partnersim.figures.palette import COLOURS
from partnersim.figures.picture import Picture
from partnersim.runs.measures import MEASURES, Floats, speed
from partnersim.runs.statistics import quantiles
from partnersim.runs.wording import capital, percent
from partnersim.scenario.scenario import Scenario

N_POINTS = 3
CHART = (1240, 320)
SHOWN_MEASURES = (
    "months_to_50",
    "change_delivered",
    "initiatives_completed",
    "initiatives_abandoned",
    "trust",
    "vision_commitment",
    "perceived_joint_working",
    "cost",
)
"""Measures in the table of the page."""

SURVEY_MONTH = 18
"""The month in which a survey is compared with what was delivered."""

SURVEY_CHANCE = 0.05
"""A rise of the survey that is no more than this may be chance."""

MOVED = 0.01
"""The least change of trust of which it is said that trust moved."""

SERIES_IN_FILE = (
    "change_delivered",
    "initiatives_completed",
    "initiatives_abandoned",
    "initiatives_under_way",
    "trust",
    "perceived_joint_working",
    "vision_commitment",
    "tension",
    "outcome",
)


def learning_points(session: Session) -> list[str]:
    """List three things that this session's own runs showed, the comparison first."""
    return [point for _, point in zip(range(N_POINTS), _points(session), strict=False)]


def summary_page(session: Session, link: str = "") -> str:
    """Write one page to print: what was changed, what came, what it rests on.

    It needs no other file, and is one sheet of A4. `link` opens the session on other machines; empty
    where none can open it.
    """
    texts, world = session.words, session.without
    title = escape(texts("take_home.title", place=world.scenario().title or world.place))
    picture = change_picture(session)
    made = texts(
        "take_home.made", version=partnersim.__version__, seed=world.seed, replicate=world.replicate + 1
    )
    sections = [
        f"<h1>{title}</h1>",
        _scan(link, session.state, texts),
        _list(texts("take_home.learnt"), learning_points(session), is_ordered=True),
        f"<figure><figcaption>{escape(picture.title)}</figcaption>{picture.svg}</figure>",
        f"<h2>{escape(texts('take_home.numbers'))}</h2>",
        draw.table_html(numbers(session), texts("take_home.numbers")),
        f'<div class="columns">{"".join(_lists(session))}</div>',
        f"<p>{escape(made)}</p>",
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title>"
        f"<style>{PAGE_STYLE}</style></head><body><main>{''.join(sections)}</main></body></html>"
    )


def change_picture(session: Session) -> Picture:
    """Draw change delivered over the years in the median of our hundred, without and with."""
    texts = session.words
    worlds = [session.without] if session.with_ is None else [session.without, session.with_]
    labels = session.sides.names(texts) if len(worlds) > 1 else [texts("page.as_it_is")]
    strokes = [
        draw.Stroke(capital(label), 100 * world.median("change_delivered"), colour)
        for label, world, colour in zip(labels, worlds, COLOURS, strict=False)
    ]
    title = texts("page.line_title.change", n=N_PAIRS)
    return draw.so_far(strokes, title, texts, month=None, size=CHART, has_names=True)


def numbers(session: Session) -> Table:
    """Tabulate the measures, in this partnership and as medians over our hundred."""
    texts, without, with_ = session.words, session.without, session.with_
    worlds = [without] if with_ is None else [without, with_]
    kinds = [texts("take_home.one_run"), texts("take_home.hundred_runs")]
    headings = kinds[:1]
    if with_ is not None:
        names = [capital(name) for name in session.sides.names(texts)]
        headings = [f"{name}: {kind}" for kind in kinds for name in names]
    arms = [] if with_ is None else session.hundred().arms
    rows = [
        (
            texts(f"take_home.label.{name}"),
            *(_say(world.run().measures[name], name, texts) for world in worlds),
            *(_say(_median(arm.measures[name], name), name, texts) for arm in arms),
        )
        for name in SHOWN_MEASURES
    ]
    return rows_to_table((texts("take_home.measure"), *headings), rows)


def files(session: Session, link: str = "") -> dict[str, Callable[[], bytes]]:
    """Return everything as files, by name: page, pictures, numbers and the place itself.

    Each is made when it is called for: a picture of points takes a second.
    """
    shown = session.with_ or session.without
    texts = session.words
    run = shown.run()
    trust, month = run.trust[session.month], session.month
    network = draw.network(draw.Links(trust, shown.names, shown.titles, month, texts))
    return {
        "summary.html": lambda: summary_page(session, link).encode(),
        "change.svg": lambda: change_picture(session).svg.encode(),
        "change.png": lambda: change_png(session),
        "trust.svg": lambda: network.svg.encode(),
        "months.csv": lambda: months_csv(session).encode(),
        "place.toml": lambda: shown.scenario().to_toml().encode(),
    }


def change_png(session: Session) -> bytes:
    """Draw change and its speed over the years as a picture of points, for slides."""
    # matplotlib takes a second to load, and only this needs it.
    from partnersim.figures import change_over_time
    from partnersim.runs.results import Comparison

    if session.with_ is None:
        comparison = Comparison({"as it is": session.without.hundred()}, base="as it is")
    else:
        comparison = session.hundred().comparison(session.sides.after_with(session.words))
    content = io.BytesIO()
    change_over_time(comparison).figure.savefig(content, format="png")
    return content.getvalue()


def months_csv(session: Session) -> str:
    """Write the months of this partnership as a table: a row a month, both worlds side by side."""
    import pandas as pd  # it takes a while to load, and only this needs it

    sides = session.sides
    arms = {"without": session.without.run()}
    if session.with_ is not None:
        names = (sides.other, sides.who) if sides.other else ("without", "with")
        runs = (session.without.run(), session.with_.run())
        arms = {re.sub(r"\W+", "_", name).strip("_"): run for name, run in zip(names, runs, strict=True)}
    columns: dict[str, Floats] = {}
    for arm, run in arms.items():
        columns |= {f"{name}_{arm}": run.series[name] for name in SERIES_IN_FILE}
        columns[f"speed_{arm}"] = speed(run.series["change_delivered"][np.newaxis])[0]
    return pd.DataFrame(columns).to_csv(index_label="month", float_format="%.6g", lineterminator="\n")


# --- learning points ------------------------------------------------------------------------------


def _points(session: Session) -> Iterator[str]:
    """Give everything that is worth saying, what matters most first."""
    texts = session.words
    run = session.without.run()
    if session.with_ is not None and not session.is_hidden:
        yield sentences.faster(session.hundred(), session.sides, texts)
        yield f"{sentences.reached_in_hundred(session.hundred(), session.sides, texts, session.deadline)}."
    yield from _say_survey(run, texts)
    yield from _say_trust(run, texts)
    if answered := session.answered:
        right = sum(guess.is_right for guess in answered)
        yield texts("learnt.guessed", right=right, asked=len(answered))
    if run.months > 0:
        month = min(max(session.month, 12), run.months)
        yield sentences.why(session.without.ledger(month), month, texts).sentence
        yield sentences.stalled(run, month, texts)
        yield _say_initiatives(run, texts)


def _say_survey(run: Run, texts: Words) -> Iterator[str]:
    """State that a survey was better than at the start, and what was delivered by then; else nothing."""
    month = min(SURVEY_MONTH, run.months)
    survey = run.series["perceived_joint_working"]
    if survey[month] > survey[0] + SURVEY_CHANCE:
        share = percent(float(run.series["change_delivered"][month]))
        when = sentences.when(month, texts)
        yield texts("learnt.perceived_not_delivered", when=when, share=share)


def _say_initiatives(run: Run, texts: Words) -> str:
    """State how far the change came, and what became of the initiatives that were begun."""
    completed, given_up = (int(run.series[f"initiatives_{name}"][-1]) for name in ("completed", "abandoned"))
    return texts(
        "learnt.initiatives",
        years=sentences.span(run.months, texts),
        share=percent(float(run.series["change_delivered"][-1])),
        completed=texts.count("initiative", completed),
        given_up=given_up,
    )


def _say_trust(run: Run, texts: Words) -> Iterator[str]:
    """State how trust rose or fell in the first months; nothing where it hardly moved."""
    month = min(SURVEY_MONTH, run.months)
    start, end = (float(run.series["trust"][at]) for at in (0, month))
    if abs(end - start) < MOVED:
        return
    key = "trust_rose" if end > start else "trust_fell"
    levels = {"start": f"{100 * start:.0f}", "end": f"{100 * end:.0f}"}
    yield texts(f"learnt.{key}", **levels, span=sentences.span(month, texts))


# --- parts of the page ----------------------------------------------------------------------------

PAGE_STYLE = (
    "body{font:16px/1.4 'DejaVu Sans',Arial,sans-serif;color:#0B0C0C;background:#fff;margin:0}"
    "main{max-width:60rem;margin:0 auto;padding:1.5rem}h1{font-size:1.6rem}h2{font-size:1.1rem}"
    "svg{width:100%;height:auto}table{border-collapse:collapse;width:100%}"
    "caption{text-align:left;position:absolute;left:-9999px}"
    "th,td{border-bottom:1px solid #BFBFBF;padding:.2rem .5rem;text-align:left;font-weight:400}"
    "li{margin:.2rem 0;overflow-wrap:anywhere}.scan{float:right;width:42mm;margin:0 0 1mm 6mm;font-size:.8em}"
    ".columns{columns:2;column-gap:2rem;clear:both}li{break-inside:avoid}h2{break-after:avoid}"
    "@page{size:A4;margin:12mm}"
    "@media print{body{font-size:8pt;line-height:1.25}main{padding:0;max-width:none}"
    "h1{font-size:13pt;margin:0}h2{font-size:9pt;margin:.4em 0 .1em}ol,ul{margin:.1em 0;padding-left:1.4em}"
    "li,p{margin:.1em 0}figure{margin:.2em 0}figure svg{height:34mm}th,td{padding:.05rem .4rem}"
    "td,tbody th{white-space:nowrap}}"
    "@media (max-width:40rem){.columns{columns:1}.scan{float:none}}"
)
"""The style of the page: its own type and margins, one sheet of A4 when printed."""

LETTERS_A_LINE = 52
"""Letters of a line in a column of the printed page: fewer than mostly fit, so that it stays one sheet."""

LINES = 42
"""Lines that the sheet has for what was changed, guessed and promised."""


def _scan(link: str, state: State, texts: Words) -> str:
    """Draw what a phone can scan: the link, or a command that opens the same where others cannot open one."""
    packed = to_link(state)
    content = link or (f"partnersim app {packed}" if packed else "")
    drawn = qr(content, error="l") if content else ""
    key = "no_scan" if not drawn else "scan_link" if link else "scan_command"
    label = escape(texts("take_home.link"))
    clicked = f' <a href="{escape(link)}">{label}</a>' if link else ""
    return f'<div class="scan">{drawn}<p>{escape(texts(f"take_home.{key}"))}{clicked}</p></div>'


def _fitting(items: list[str], lines: int, texts: Words) -> tuple[list[str], int]:
    """Keep the items for which the sheet has lines, and say how many it has not; return the lines left."""
    for kept, item in enumerate(items):
        lines -= math.ceil(len(item) / LETTERS_A_LINE)
        if lines < 1:
            return [*items[:kept], texts("take_home.and_more", n=len(items) - kept)], 0
    return items, lines


def _lists(session: Session) -> Iterator[str]:
    """Write the lists of what was changed, guessed, asked, promised and assumed."""
    texts = session.words
    changed = _changes(session) or [texts("take_home.unchanged")]
    pledges = list(session.state.pledges) or [texts("take_home.no_pledges")]
    changed, left = _fitting(changed, LINES // 3, texts)
    pledges, left = _fitting(pledges, LINES // 3 + left, texts)
    guesses, _ = _fitting(list(_guesses(session)), LINES // 3 + left, texts)
    yield _list(texts("take_home.changed"), changed)
    yield _list(texts("take_home.guesses"), guesses)
    yield _list(texts("take_home.questions"), list(texts.below("take_home.question").values()))
    yield _list(texts("take_home.pledges"), pledges)
    yield _list(texts("take_home.assumptions"), list(texts.below("take_home.assumption").values()))


def _list(heading: str, items: list[str], *, is_ordered: bool = False) -> str:
    """Write a heading and a list; nothing where there are no items."""
    if not items:
        return ""
    tag = "ol" if is_ordered else "ul"
    inside = "".join(f"<li>{escape(item)}</li>" for item in items)
    return f"<section><h2>{escape(heading)}</h2><{tag}>{inside}</{tag}></section>"


def _changes(session: Session) -> list[str]:
    """List what was changed, as sentences."""
    texts = session.words
    scenario = session.without.scenario()
    said = [
        _say_change(change, scenario, texts) for change in (*session.without.changes, *session.state.bundle)
    ]
    if session.with_ is not None:
        said.append(session.sides.say("take_home.compared", texts))
    return [capital(text) for text in said]


def _say_change(change: Change, scenario: Scenario, texts: Words) -> str:
    """Name a change, and from when or in which month it holds."""
    name = sentences.name_change(change, scenario, texts)
    if isinstance(change, Happening):
        month, key = change.month + 1, "changed_in"
    else:
        month, key = getattr(change, "from_month", 0), "changed_from"
    return texts(f"take_home.{key}", name=name, when=sentences.when(month, texts)) if month else name


def _guesses(session: Session) -> Iterator[str]:
    texts = session.words
    for guess in session.answered:
        answer = texts("guess.answer", option=guess.options[guess.answer or 0])
        yield f"{guess.question} {answer} {say_room(guess, texts)}"


def _median(values: Floats, name: str) -> float:
    """Return the median over partnerships; NaN for a milestone that half of them never reached."""
    is_censored = MEASURES[name].is_censored
    ordered = np.where(np.isnan(values), np.inf, values) if is_censored else values
    median = float(quantiles(ordered, [0.5])[0])
    return median if math.isfinite(median) else math.nan


def _say(value: float, name: str, texts: Words) -> str:
    """Write a measure in plain words: months as a month, shares in hundredths."""
    measure = MEASURES[name]
    if math.isnan(value):
        return texts("take_home.not_reached")
    if measure.is_censored:
        return sentences.when(round(value), texts)
    if measure.unit.startswith("share of the vision"):
        return percent(value)
    if measure.unit == "share":
        return texts("take_home.of_hundred", n=f"{100 * value:.0f}")
    if measure.unit == "staff days":
        return texts("take_home.staff_days", n=f"{value:,.0f}")
    return f"{value:g}"
