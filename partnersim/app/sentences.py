"""Write what the app shows in words: differences, times, shares and causes as plain sentences.

Every function takes numbers and the words of the app and gives text. Nothing here says more
than the numbers: a difference of one run is said of that run, a share of a hundred runs of 'our
simulated partnerships'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from partnersim.app.levers import find_lever
from partnersim.app.words import Words
from partnersim.app.world import Appointment, Change, Happening, Hundred, Lever, Mark, Moment, Run
from partnersim.runs.ledger import Ledger
from partnersim.runs.measures import YEAR
from partnersim.runs.statistics import median_interval
from partnersim.runs.wording import capital, fixed, percent
from partnersim.scenario.declarations import DECISIONS, LAYERS, Coordinator, Event, Intervention
from partnersim.scenario.scenario import Scenario

SHARES = {0.25: "quarter", 0.5: "half", 0.8: "most"}
"""Shares of the vision that have a name."""

MOST_BARS = 5
"""Causes shown by name; what they leave over is 'all else', so that bars always add up."""

LEAST_MOVED = 10
"""Thousandths of trust below which one says that it hardly moved."""


# --- time and numbers -----------------------------------------------------------------------------


@lru_cache(maxsize=4096)  # every picture and timeline names all of its months
def when(month: int, words: Words) -> str:
    """Write a month in words: 'year 3, month 4' for 28, 'the end of year 3' for 36, 'the start' for 0."""
    if month <= 0:
        return words("time.start")
    if month % YEAR == 0:
        return words("time.year", year=month // YEAR)
    return words("time.month", year=(month - 1) // YEAR + 1, month=(month - 1) % YEAR + 1)


@lru_cache(maxsize=1024)
def span(months: int, words: Words) -> str:
    """Write a length of time in words: whole years in years, else months."""
    if months >= YEAR and months % YEAR == 0:
        return words.count("year", months // YEAR)
    return words.count("month", months)


def signed(tenths: int) -> str:
    """Write tenths of a point with their sign: '+3.2', '−14.1', '0.0'."""
    return fixed(tenths / 10, 1, sign=True)


def of_hundred(count: int, total: int, words: Words) -> str:
    """Write a count of simulated partnerships in words: 'in 62 of our 100 simulated partnerships'."""
    if count == 0:
        return words("hundred.in_none", total=total)
    if count == total:
        return words("hundred.in_all", total=total)
    return words("hundred.in_n", n=count, total=total)


# --- what was changed -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Sides:
    """The sides of a comparison: what each of two worlds has, in words that can follow 'with'.

    Attributes
    ----------
    who
        Words for what the second has.
    other
        Words for what the first has in its place; empty where it has nothing, and is 'without'.
    """

    who: str
    other: str = ""

    def names(self, words: Words) -> tuple[str, str]:
        """Call the worlds 'without' and 'with Ana', or both by name; the first one first."""
        if self.other:
            return self.other, self.who
        return words("draw.without"), words("draw.with", who=self.who)

    def after_with(self, words: Words) -> tuple[str, str]:
        """Call the worlds by what can follow 'with'; the first one first."""
        return self.other or words("side.nothing"), self.who

    def than(self, words: Words) -> str:
        """Call the first world as it follows 'than'."""
        return words("draw.with", who=self.other) if self.other else words("draw.without")

    def say(self, key: str, words: Words, **values: object) -> str:
        """Write a sentence about both worlds, in its form for two names where both are named."""
        if not self.other:
            return words(key, who=self.who, **values)
        return words(f"between.{key}", who=self.who, other=self.other, **values)


def name_sides(switch: Change, scenario: Scenario, words: Words) -> Sides:
    """Name both worlds of a comparison by what is changed; `scenario` is the first one's.

    Where both have a coordinator each is named by what tells it from the other.
    """
    present: Sequence[Coordinator] = scenario.coordinators
    if not isinstance(switch, Appointment) or not present:
        return Sides(name_change(switch, scenario, words))
    replaced = next((person for person in present if person.name == switch.name), None)
    if replaced is None:
        names = [person.title or person.name for person in (*present, switch)]
        return Sides(words.listed(names), words.listed(names[:-1]))
    before, after = (_traits(person, scenario, words) for person in (replaced, switch))
    apart = [(one, other) for one, other in zip(before, after, strict=True) if one != other]
    if not apart:  # in how good they are, or whom they meet next
        apart = [(words("side.before"), words("side.after"))]
    who, other = switch.title or switch.name, replaced.title or replaced.name
    said_before, said_after = zip(*apart, strict=True)
    return Sides(", ".join((who, *said_after)), ", ".join((other, *said_before)))


def _traits(person: Coordinator, scenario: Scenario, words: Words) -> list[str]:
    """Describe a coordinator in parts: whose, where, from when and until when."""
    host = title_of(person.host, scenario)
    employer = "partial" if is_partial(person) else "hosted" if person.host else "independent"
    layers = words.listed([words(f"layer.{layer}") for layer in person.layers])
    has_all = len(person.layers) == len(LAYERS)
    leaves = person.to_month < scenario.months
    return [
        words(f"side.{employer}", host=host) if person.host else words("side.independent"),
        words("side.all_layers") if has_all else words("side.layers", layers=layers),
        words("side.from", when=when(person.from_month, words)),
        words("side.to", when=when(person.to_month, words)) if leaves else words("side.stays"),
    ]


def is_partial(person: Coordinator) -> bool:
    """Return whether a coordinator acts for the employer more often than not."""
    return bool(person.host) and person.impartiality < 0.5


def name_change(change: Change, scenario: Scenario, words: Words) -> str:
    """Name a change so that it can follow 'with': 'Ana', or the sentence of a lever."""
    if isinstance(change, Appointment):
        name = change.title or change.name
        if not change.host:
            return words("change.coordinator", name=name)
        key = "partial" if is_partial(change) else "hosted"
        return words(f"change.{key}", name=name, host=title_of(change.host, scenario))
    if isinstance(change, Happening):
        return words("change.event", event=change.title or words(f"event.{change.type}"))
    if isinstance(change, Lever):
        return words("change.lever", sentence=_say_intervention(change, scenario, words))
    lever = find_lever(change, scenario, words)
    if lever is None:
        return words("change.other")
    return words("change.lever", sentence=lever.sentence(float(change.value)))


def name_mark(mark: Mark, scenario: Scenario, words: Words) -> str:
    """Name a mark that stands on the timeline."""
    what = mark.what
    if isinstance(what, Coordinator):
        key = "leaves" if mark.is_end else "begins"
        return words(f"mark.coordinator_{key}", name=what.title or what.name)
    if isinstance(what, Event):
        name = what.title or words(f"event.{what.type}")
        return f"{name}: {title_of(what.organisation, scenario)}" if what.organisation else name
    if what.title:
        return what.title
    said = _say_intervention(what, scenario, words)
    whose = words.listed([title_of(one, scenario) for one in what.organisations])
    return f"{said}: {whose}" if whose else said


def title_of(name: str, scenario: Scenario) -> str:
    """Return the name to show of an organisation; the short name if it is not there."""
    titles = dict(zip(scenario.organisation_names, scenario.organisation_titles, strict=True))
    return titles.get(name, name)


def _say_intervention(what: Intervention, scenario: Scenario, words: Words) -> str:
    """Tell what is held, without for whom: the sentence of a lever, or of a decision."""
    if what.lever in DECISIONS:
        return words(f"held.{what.lever}", percent=f"{100 * what.value:.0f}")
    plain = what.model_dump(exclude={"kind", "title", "organisations"})
    lever = find_lever(Lever.model_validate(plain), scenario, words)
    return lever.sentence(what.value) if lever else words("change.other")


# --- how much faster ------------------------------------------------------------------------------


def faster(hundred: Hundred, sides: Sides, words: Words, share: float = 0.5) -> str:
    """State how much sooner our hundred have a share of the vision, and how sure that is.

    The one answer to that question, wherever it is asked: the median over pairs that share their
    luck, its 95 % interval, and in how many pairs it comes earlier and later.
    """
    apart, n = hundred.months_apart(share), hundred.n_pairs
    median, (low, high) = float(np.median(apart)), median_interval(apart)
    earlier, later = int((apart < 0).sum()), int((apart > 0).sum())
    said = {
        "what": words(f"measure.{SHARES[share]}"),
        "who": sides.who,
        "than": sides.than(words),
        "n": n,
        "years": span(hundred.without.months, words),
        "sure": _between(low, high, words),
        "earlier": earlier,
        "later": later,
    }
    never = [np.isnan(months) for months in hundred.months_to(share)]
    if 2 * int((never[0] & never[1]).sum()) > n:
        more = round(100 * hundred.apart("change_delivered", hundred.without.months))
        key = "more" if more > 0 else "less" if more < 0 else "as_much"
        return words("faster.neither", **said, more=words(f"faster.{key}", points=abs(more)))
    if np.isinf(median):
        return words("faster.only_with" if median < 0 else "faster.only_without", **said)
    if median == 0:
        return capital(words("faster.same", **said))
    return capital(words("faster.moved", **said, span=_apart(median, words)))


def _apart(months: float, words: Words) -> str:
    """Write a distance in time: '9 months earlier'; what is never reached is beyond all counting."""
    if np.isinf(months):
        return words("faster.beyond")
    if round(months) == 0:
        return words("faster.at_once")
    key = "later" if months > 0 else "earlier"
    return words(f"faster.{key}", span=words.count("month", abs(round(months))))


def _between(low: float, high: float, words: Words) -> str:
    """Write an interval of time from its nearer end to its further one."""
    near, far = sorted((low, high), key=abs)
    if near == far:
        return _apart(far, words)
    if near * far > 0 and np.isfinite(far):
        return words("faster.range", near=abs(round(near)), far=_apart(far, words))
    return words("faster.range", near=_apart(near, words), far=_apart(far, words))


def reached_in_hundred(
    hundred: Hundred, sides: Sides, words: Words, by_month: int, share: float = 0.5
) -> str:
    """State in how many of our hundred simulated partnerships a share was there by a deadline."""
    without, with_ = hundred.reached(share, by_month)
    return capital(
        sides.say(
            "draw.icons",
            words,
            what=words(f"measure.{SHARES[share]}"),
            when=when(by_month, words),
            total=hundred.n_pairs,
            without=without,
            **{"with": with_},
        )
    )


def consequence(hundred: Hundred, month: int, words: Words) -> str:
    """State what an event did to our hundred by a month: to the change, and to trust."""
    said = []
    for series, key in (("change_delivered", "change"), ("trust", "trust")):
        points = round(100 * hundred.apart(series, month))
        way = "more" if points > 0 else "less" if points < 0 else "same"
        said.append(words(f"consequence.{key}.{way}", points=abs(points)))
    return words("consequence.said", change=said[0], trust=said[1], n=hundred.n_pairs)


# --- why ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bar:
    """One cause: its words, and what it added, in tenths of a point of 100."""

    label: str
    tenths: int


@dataclass(frozen=True)
class Why:
    """An account of why trust moved: a sentence, and bars that add up as they are shown.

    Attributes
    ----------
    sentence
        It says what moved, how far, and the largest cause.
    bars
        Causes, the largest first, 'all else' last.
    total
        Their sum: what trust moved by, in tenths of a point of 100.
    turning
        In words, the month in which it moved most in that direction.
    """

    sentence: str
    bars: tuple[Bar, ...]
    total: int
    turning: str


def why(
    ledger: Ledger,
    month: int,
    words: Words,
    trustor: str | None = None,
    trustee: str | None = None,
    months: int = YEAR,
) -> Why:
    """Explain why trust moved in the months before and up to one.

    Parameters
    ----------
    ledger
        The ledger of the run.
    month
        The month in question, 1 to the last.
    trustor, trustee
        Names of organisations; None for all.
    months
        The number of months to look back.
    """
    first = max(0, month - months)
    monthly = [ledger.totals(trustor, trustee, m, "trust") for m in range(first + 1, month + 1)]
    start, end = (_tenths(ledger.level(m, trustor, trustee, "trust")) for m in (first, month))
    causes = {name: sum(totals[name] for totals in monthly) for name in ledger.mechanisms}
    bars = _bars(causes, end - start, words)
    moved = [sum(totals.values()) for totals in monthly]
    largest = max(range(len(moved)), key=lambda at: moved[at] * (1 if end >= start else -1))
    turning = first + 1 + largest
    about = {
        "from": when(first, words),
        "to": when(month, words),
        "whose": _whose(ledger, trustor, trustee, words),
    }
    return Why(
        sentence=_say_why(bars, start, end, about, words),
        bars=bars,
        total=end - start,
        turning=words("why.month", when=when(turning, words)),
    )


def stalled(run: Run, month: int, words: Words) -> str:
    """State how much of the work under way waited for a decision."""
    waiting = float(run.series["waiting"][month])
    key = "waiting" if waiting > 0 else "moving"
    return words(f"why.stalled.{key}", share=percent(waiting))


def tale(moment: Moment, scenario: Scenario, words: Words) -> tuple[str, str]:
    """Tell what moved most in a year: whose trust in whom and when, and how it came."""
    titles = scenario.organisation_titles
    ends = {"trustor": titles[moment.trustor], "trustee": titles[moment.trustee]}
    way = "rose" if moment.after > moment.before else "fell"
    levels = {"before": f"{100 * moment.before:.0f}", "after": f"{100 * moment.after:.0f}"}
    title = words("tale.title", **ends, year=moment.month // YEAR)
    return (
        title,
        f"{words(f'tale.{way}.{moment.cause}', **ends)} {words(f'tale.{way}.said', **ends, **levels)}",
    )


def _tenths(trust: float) -> int:
    """Convert trust in [0, 1] to tenths of a point of 100."""
    return round(1000 * trust)


def _bars(causes: dict[str, float], total: int, words: Words) -> tuple[Bar, ...]:
    """Make bars of the largest causes, and one of what they leave over of the total."""
    largest = sorted(causes, key=lambda name: -abs(causes[name]))[:MOST_BARS]
    bars = [Bar(words(f"cause.{name}"), _tenths(causes[name])) for name in largest]
    bars = [bar for bar in bars if bar.tenths]
    left_over = total - sum(bar.tenths for bar in bars)
    if left_over:
        bars.append(Bar(words("why.other"), left_over))
    return tuple(bars)


def _say_why(bars: tuple[Bar, ...], start: int, end: int, about: dict[str, str], words: Words) -> str:
    up = max(bars, key=lambda bar: bar.tenths, default=None)
    down = min(bars, key=lambda bar: bar.tenths, default=None)
    if up is None or down is None:
        return words("why.stayed", **about)
    if abs(end - start) < LEAST_MOVED:
        raised = up.label if up.tenths > 0 else words("why.nothing")
        lowered = down.label if down.tenths < 0 else words("why.nothing")
        return words("why.still", **about, up=raised, down=lowered)
    way, cause = ("rose", up) if end > start else ("fell", down)
    levels = {"start": f"{start / 10:.1f}", "end": f"{end / 10:.1f}"}
    return words(f"why.{way}", **about, **levels, cause=cause.label)


def _whose(ledger: Ledger, trustor: str | None, trustee: str | None, words: Words) -> str:
    """Name the trust that is explained: whose it is, and in whom."""
    whose = {(True, True): "link", (True, False): "of", (False, True): "towards", (False, False): "all"}[
        bool(trustor), bool(trustee)
    ]
    return words(
        f"why.trust.{whose}",
        trustor=title_of(trustor or "", ledger.scenario),
        trustee=title_of(trustee or "", ledger.scenario),
    )
