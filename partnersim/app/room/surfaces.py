"""A room as phones, the facilitator's desk and the shared screen show it: plain data for a page.

Sentences are made here; pages put them where they belong and add nothing.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from partnersim.app import draw
from partnersim.app.links import to_link
from partnersim.app.qr import qr
from partnersim.app.room import mirror, review
from partnersim.app.room.game import Game
from partnersim.app.room.phones import Phone, PhoneRoom
from partnersim.app.sentences import title_of
from partnersim.app.session import State
from partnersim.app.words import Words, read_texts, words
from partnersim.app.world import World
from partnersim.figures.palette import COLOURS, DASHES
from partnersim.figures.picture import Picture
from partnersim.game.rules import rules
from partnersim.runs.ledger import SAID
from partnersim.runs.wording import NOTHING, capital, fixed

View = dict[str, Any]

FEWEST_TABLES = 2
"""Tables whose answers can be apart; of one alone nothing is shown, so that nobody is singled out."""

LINES_SIZE = (620, 216)
"""The size of a chart of lines, half as wide as the screen; the names of its arms stand above."""

MOST_SPREADS = 6
"""Questions on the shared screen: those that the room sees most differently. The table has all."""


@cache
def texts() -> Words:
    """Load what the room says."""
    content = (files("partnersim") / "app" / "room" / "words.toml").read_text(encoding="utf-8")
    return Words(read_texts(content))


def labels(surface: str) -> dict[str, str]:
    """Return the fixed texts of a surface: `phone`, `desk` or `screen`."""
    return texts().below("join") | texts().below(surface)


# --- the phone -----------------------------------------------------------------------------------


def show_phone(room: PhoneRoom, token: str) -> View:
    """Describe what a phone shows."""
    said, phone = texts(), room.phones.get(token)
    if room.is_ended:
        return {"kind": "gone", "why": said("join.ended"), "forget": True}
    if phone is None:
        return {"kind": "gone", "why": said("join.removed"), "forget": False}
    shown: View = {
        "number": said("join.number", n=phone.number),
        "kind": room.mode,
        "bet": None,
        "game": None,
        "pledge": phone.pledge,
        "questions": None,
        "answers": None,
    }
    if room.mode == "bet":
        shown["bet"] = _bet_of_phone(room, phone)
    if room.mode == "game":
        shown["game"] = _game_of_phone(room, phone)
    if room.mode == "mirror":
        shown["questions"], shown["answers"] = _questions(), dict(phone.answers)
    return shown


@cache
def _questions() -> list[View]:
    """List what each table is asked about a place of our own."""
    asked = mirror.questionnaire().questions
    return [
        {
            "name": one.name,
            "title": one.text,
            "where": texts()("phone.mirror_where", n=number, total=len(asked)),
            "choices": [list(pair) for pair in one.choices.items()],
        }
        for number, one in enumerate(asked, start=1)
    ]


def _bet_of_phone(room: PhoneRoom, phone: Phone) -> View | None:
    asked = room.asked
    if asked is None:
        return None
    said = "" if asked.is_open else texts()("phone.bet_closed")
    if asked.answer is not None:
        key = "none" if phone.bet is None else "right" if phone.bet == asked.answer else "wrong"
        said = texts()(f"phone.bet_{key}", option=asked.options[asked.answer])
    return {
        "question": asked.question,
        "options": asked.options,
        "mine": phone.bet,
        "open": asked.is_open,
        "said": said,
    }


def _game_of_phone(room: PhoneRoom, phone: Phone) -> View:
    said = texts()
    shown: View = {"phase": room.phase, "seats": _free_seats(room, phone), "seat": phone.seat, "title": ""}
    match room.phase:
        case "seats":
            shown["title"] = said("phone.card_title" if phone.seat else "phone.seats_title")
        case "round":
            shown["title"] = said("phone.round_title", **_round(room.game))
        case "between":
            shown["title"] = said("phone.between_title", n=room.game.n_played)
        case _:
            shown["title"] = said("phone.over_title")
    if not phone.seat:
        return shown
    shown |= {
        "name": title_of(phone.seat, rules().scenario),
        "card": [
            [said(f"phone.card_{part}"), said(f"card.{phone.seat}.{part}")]
            for part in ("wants", "held", "secret")
        ],
        "private": _private(room.game, phone.seat) if room.game.played else [],
        "moves": _moves(room, phone.seat) if room.phase == "round" else [],
        "done": phone.seat in room.done,
        "clock": _clock(room),
    }
    return shown


def _free_seats(room: PhoneRoom, phone: Phone) -> list[View]:
    """List the seats as a phone without one sees them."""
    if phone.seat or room.game.is_over:
        return []
    seated, scenario = room.seated(), rules().scenario
    return [
        {"name": name, "title": title, "taken": name in seated}
        for name, title in zip(scenario.organisation_names, scenario.organisation_titles, strict=True)
    ]


def _private(game: Game, seat: str) -> list[str]:
    """State what a table alone is told of the last round."""
    seen = review.so_far(game).seats[seat]
    if seen.has_left:
        return [texts()("phone.left")]
    pressure, after, before = (
        NOTHING if value is None else value for value in (seen.pressure, seen.trusted, seen.trusted_before)
    )
    return [texts()("phone.pressure", value=pressure), texts()("phone.trusted", after=after, before=before)]


def _moves(room: PhoneRoom, seat: str) -> list[View]:
    """List the choices of a table, with what it has chosen so far."""
    chosen = room.choices_of(seat)
    return [
        {
            "move": move,
            "title": texts()(f"move.{move}"),
            "choices": [[choice, texts()(f"choice.{move}.{choice}")] for choice in choices],
            "chosen": chosen.get(move, ""),
        }
        for move, choices in rules().moves.items()
    ]


# --- the shared screen ---------------------------------------------------------------------------


def show_screen(room: PhoneRoom, addresses: list[str]) -> View:
    """Describe what the projector shows."""
    said = texts()
    shown: View = {
        "kind": room.mode if room.mode != "game" else room.phase,
        "title": "",
        "lines": [],
        "rows": [],
        "pictures": [],
        "table": "",
        "numbers": "",
        "clock": _clock(room),
        "code": room.code,
        "join": _join(room, addresses),
        "in": said("screen.n_in_one") if room.n_in == 1 else said("screen.n_in", n=room.n_in),
        "locked": said("screen.locked") if room.is_locked else "",
    }
    if room.is_ended:
        return shown | {"kind": "ended", "title": said("join.ended"), "join": None}
    match room.mode:
        case "welcome":
            shown["title"] = said("screen.welcome_title")
        case "bet":
            _show_bets(room, shown)
        case "pledge":
            handed = sum(bool(phone.pledge) for phone in list(room.phones.values()))
            shown["title"] = said("screen.pledge_title")
            shown["lines"] = [said("screen.pledge_in", n=handed, total=room.n_in)]
        case "game":
            _show_game(room, shown)
        case "mirror":
            _show_spread(room, shown)
    return shown


def _join(room: PhoneRoom, addresses: list[str]) -> View | None:
    """Describe how to join: the address as a QR code and as text; None where no phone can."""
    if not addresses:
        return None
    told = addresses[room.address % len(addresses)]
    return {"address": told.removeprefix("http://"), "qr": qr(f"{told}#{room.code}")}


def _show_bets(room: PhoneRoom, shown: View) -> None:
    """Show the question, the bets and, once the workshop shows it, what came."""
    asked = room.asked
    if asked is None:
        shown["title"] = texts()("screen.bet_nothing")
        return
    counts = room.counts()
    most = max(*counts, 1)
    shown["title"] = asked.question
    shown["lines"] = [texts()("screen.bet_in", n=sum(counts), total=room.n_in)]
    shown["rows"] = [
        {"title": option, "n": count, "share": count / most, "came": index == asked.answer}
        for index, (option, count) in enumerate(zip(asked.options, counts, strict=True))
    ]


def _show_spread(room: PhoneRoom, shown: View) -> None:
    """Show what the room sees most differently: the first finding, before anything is simulated."""
    said, tables = texts(), room.tables()
    found = mirror.spreads(tables)
    shown["lines"] = [said("screen.mirror_note")]
    if len(tables) < FEWEST_TABLES or not found:
        shown |= {"kind": "welcome", "title": said("screen.mirror_wait")}
        return
    first = found[0]
    key = "screen.mirror_none" if first.agreed == 1 else "screen.mirror_title"
    if first.agreed == first.n:
        key = "screen.mirror_alike"
    shown["title"] = said(key, short=first.question.short, agreed=first.agreed, n=first.n)
    shown["rows"] = [
        {
            "title": one.question.short,
            "said": said("screen.mirror_row", agreed=one.agreed, n=one.n),
            "counts": [
                [text, count]
                for text, count in one.counts.items()
                if count and (count < one.n or one.agreed == one.n)
            ],
        }
        for one in found[:MOST_SPREADS]
    ]
    table = {
        said("screen.mirror_asked"): [one.question.text for one in found],
        said("screen.mirror_answered"): [
            "; ".join(f"{text}: {count}" for text, count in one.counts.items()) for one in found
        ],
    }
    shown["numbers"] = draw.table_html(table, said("screen.mirror_table"))


def _show_game(room: PhoneRoom, shown: View) -> None:
    said = texts()
    shown["rows"] = _tables(room)
    match room.phase:
        case "seats":
            shown["title"], shown["lines"] = said("screen.seats_title"), [said("screen.seats_text")]
        case "round":
            seated = room.seated()
            shown["title"] = said("screen.round_title", **_round(room.game))
            decided = sum(seat in room.done for seat in seated)
            shown["lines"] = [said("screen.decided", n=decided, total=len(seated))]
        case "between":
            shown |= _after_round(room.game)
        case "over":
            shown |= _after_game(room.game)
        case "moves":
            shown |= _moved(room.game)


def _tables(room: PhoneRoom) -> list[View]:
    """List the organisations, and whether a table plays each."""
    said, seated, scenario = texts(), room.seated(), rules().scenario
    left = review.so_far(room.game).absent[1] if room.game.played else frozenset()
    rows = []
    for name, title in zip(scenario.organisation_names, scenario.organisation_titles, strict=True):
        phone = seated.get(name)
        state = "seat_free" if phone is None else "seat_in" if phone.n_lines else "seat_asleep"
        if phone is not None and phone.n_lines and room.phase == "round":
            state = "seat_done" if name in room.done else "seat_thinks"
        state = "seat_left" if name in left else state
        rows.append({"name": name, "title": title, "state": said(f"screen.{state}"), "is_in": bool(phone)})
    return rows


@lru_cache(maxsize=8)
def _after_round(game: Game) -> View:
    """Tell what the last half-year brought, with who trusts whom."""
    said = texts()
    found, scenario = review.so_far(game), rules().scenario
    before, after = map(_hundredths, found.trust)
    way = "same" if before == after else "rose" if found.trust[1] > found.trust[0] else "fell"
    titles = dict(zip(scenario.organisation_names, scenario.organisation_titles, strict=True))
    happened = [
        said("screen.happened", title=titles[name], what=said(f"card.{name}.told")) for name in found.happened
    ]
    left = [said("screen.left", title=titles[name]) for name in found.absent[1] - found.absent[0]]
    title = said(
        "screen.between_title",
        span=said(f"span.after_{game.n_played}"),
        after=_hundredths(found.change[1]),
        more=round(100 * found.change[1]) - round(100 * found.change[0]),
    )
    links = draw.Links(found.links, rules().seats, list(titles.values()), game.month, words())
    return {
        "title": title,
        "lines": [
            said(f"screen.trust_{way}", before=before, after=after),
            *happened,
            *sorted(left),
            said("screen.one_run"),
        ],
        "rows": [],
        "pictures": [_picture(draw.network(links)), _picture(draw.key(words()))],
    }


@lru_cache(maxsize=8)
def _after_game(game: Game) -> View:
    """Tell how the same four years went otherwise, and which choices moved trust most."""
    said = texts()
    arms = game.arms()
    names = {arm: said(f"screen.over_{arm}") for arm in arms}
    ends = {arm: _hundredths(world.run().measures["trust"]) for arm, world in arms.items()}
    pictures = []
    for what, series in (("trust", "trust"), ("change", "change_delivered")):
        strokes = [
            draw.Stroke(names[arm], 100 * world.run().series[series], colour, dash, 5.0)
            for (arm, world), colour, dash in zip(arms.items(), COLOURS, DASHES, strict=False)
        ]
        title = said(f"screen.over_{what}_axis")
        pictures.append(
            _picture(draw.so_far(strokes, title, words(), month=None, size=LINES_SIZE, has_names=True))
        )
    return {
        "title": said("screen.over_title", **ends),
        "lines": [],
        "rows": [],
        "pictures": pictures,
        "table": _arms_table(arms, names),
    }


def _arms_table(arms: dict[str, World], names: dict[str, str]) -> str:
    """Write how each arm ended: this partnership, and the medians of those of our hundred that last."""
    said = texts()
    table: dict[str, list[str]] = {said("screen.arm"): list(names.values())}
    measures = {"trust": "trust", "change": "change_delivered"}
    for what, measure in measures.items():
        table[said(f"screen.arm_{what}")] = [
            _hundredths(world.run().measures[measure]) for world in arms.values()
        ]
    for what, measure in measures.items():
        table[said(f"screen.arm_{what}_hundred")] = [
            _hundredths(float(np.nanmedian(world.hundred().measures[measure]))) for world in arms.values()
        ]
    return draw.table_html(table, said("screen.over_table"))


@lru_cache(maxsize=8)
def _moved(game: Game) -> View:
    """Tell which choices moved trust most: moves, never whose they were."""
    said, effects = texts(), review.moved_most(game)
    if not effects:
        return {"title": said("screen.moved_none"), "lines": [], "rows": []}
    first, widest = effects[0], max(abs(one.trust.mean) for one in effects) or 1.0
    told = said(f"told.{first.move}.{first.choice}")
    way = "raised" if first.trust.mean > 0 else "lowered"
    return {
        "title": said(f"screen.moved_{way}", what=capital(told), points=f"{abs(100 * first.trust.mean):.1f}"),
        "lines": [said("screen.moved_text")],
        "rows": [
            {
                "title": said(f"told.{one.move}.{one.choice}"),
                "times": said("screen.moved_times", n=one.times),
                "said": _interval(one),
                "share": one.trust.mean / widest,
                "through": _through(one),
            }
            for one in effects
        ],
    }


def _interval(effect: review.Effect) -> str:
    mean, low, high = (fixed(100 * trust, 1, sign=True) for trust in (effect.trust.mean, *effect.trust.ci95))
    return f"{mean} ({low} to {high})"


def _through(effect: review.Effect) -> str:
    """Tell through what a choice acted: its own cause in the ledger and how much, or a replay's causes."""
    causes = words().listed([SAID[cause] for cause in effect.causes])
    if effect.booked is not None:
        points = fixed(100 * effect.booked, 1, sign=True)
        return texts()("screen.moved_booked", cause=causes, points=points)
    return texts()("screen.moved_replayed", causes=causes) if causes else texts()("screen.moved_only")


# --- the facilitator's desk ----------------------------------------------------------------------


def show_desk(room: PhoneRoom, addresses: list[str]) -> View:
    """Describe what the facilitator sees, and what the page keeps."""
    said = texts()
    phones = sorted(list(room.phones.values()), key=lambda phone: phone.number)
    asked = room.asked
    return {
        "kind": "ended" if room.is_ended else "open",
        "mode": room.mode,
        "phase": room.phase,
        "code": room.code,
        "locked": room.is_locked,
        "in": said("desk.n_in", n=room.n_in, known=len(phones)),
        "phones": [
            {
                "number": phone.number,
                "seat": title_of(phone.seat, rules().scenario),
                "state": said(
                    f"desk.{'typed' if phone.is_typed else 'connected' if phone.n_lines else 'asleep'}"
                ),
            }
            for phone in phones
        ],
        "tables": _tables(room),
        "clock": _clock(room),
        "round": [room.game.n_played, rules().rounds],
        "has_session": room.session is not None,
        "question": asked.question if asked else "",
        "bets": [list(pair) for pair in zip(asked.options, room.counts(), strict=True)] if asked else [],
        "is_open": asked is not None and asked.is_open,
        "answered": [
            said(
                "desk.answered",
                n=phone.number,
                of=sum(map(bool, phone.answers.values())),
                total=len(_questions()),
            )
            for phone in phones
        ]
        if room.mode == "mirror"
        else [],
        "has_answers": bool(room.tables()),
        "questions": _questions() if room.mode == "mirror" else [],
        "typed": [[phone.number, dict(phone.answers)] for phone in phones if phone.is_typed],
        "pledges": [[phone.number, phone.pledge] for phone in phones if phone.pledge],
        "addresses": addresses,
        "address": room.address % max(1, len(addresses)),
        "link": game_link(room.game) if room.game.played else "",
        "kept": room.kept().model_dump_json(),
    }


def game_link(game: Game) -> str:
    """Return a link, relative to the workshop, that opens the game there; empty if it is too long."""
    link = to_link(State(world=game.world()))
    return f"/?s={link}" if link else ""


# --- parts of all ---------------------------------------------------------------------------------


def _round(game: Game) -> View:
    """Name the round under way: the place begins in April, and most targets are counted in March."""
    season = "winter" if game.n_played % 2 else "summer"
    return {"n": game.n_played + 1, "total": rules().rounds, "season": texts()(f"season.{season}")}


def _clock(room: PhoneRoom) -> View:
    return {"left": round(room.clock.left, 1), "running": room.clock.is_running, "phase": room.phase}


def _picture(picture: Picture) -> View:
    return {
        "svg": picture.svg,
        "title": picture.title,
        "table": draw.table_html(picture.table, picture.title),
    }


def _hundredths(share: float) -> str:
    """Write a share in hundredths; a dash for what nobody has, as the trust of a place that fell apart."""
    return fixed(100 * share, 0)
