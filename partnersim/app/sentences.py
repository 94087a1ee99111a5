"""Write what the app shows in words: differences, times, shares and causes as plain sentences.

Every function takes numbers and the words of a language and gives text. Nothing here says more
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
from partnersim.app.world import Appointment, Change, Happening, Hundred, Lever, Mark, Run
from partnersim.figures.steps import step_of
from partnersim.runs.ledger import Kind, Ledger
from partnersim.runs.measures import YEAR, find_first_month
from partnersim.runs.wording import capital, fixed, percent
from partnersim.scenario.declarations import LAYERS, Coordinator, Event, Intervention
from partnersim.scenario.scenario import Scenario

SHARES = {0.5: "half", 0.25: "quarter", 0.8: "most"}
"""Shares of the vision that have a name."""

MOST_BARS = 5
"""Causes shown by name; what they leave over is 'all else', so that bars always add up."""

LEAST_MOVED = 10
"""Thousandths of trust below which one says that it hardly moved."""


# --- time and numbers -----------------------------------------------------------------------------


@lru_cache(maxsize=4096)  # every picture and timeline names all of its months
def when(month: int, words: Words) -> str:
    """Write a month in words: 'year 3, month 4' for month 28, 'the start' for 0."""
    if month <= 0:
        return words("time.start")
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


def trust_word(trust: float, words: Words) -> str:
    """Name the step of a trust; nothing for nobody's."""
    step = step_of(trust)
    return words(f"trust.{step.name}") if step else ""


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
    lever = find_lever(change, scenario, words)
    if lever is None:
        return words("change.other")
    return words("change.lever", sentence=lever.sentence(float(change.value)))


def name_mark(mark: Mark, scenario: Scenario, words: Words) -> str:
    """Name a mark that stands on the timeline."""
    what = mark.what
    if isinstance(what, Coordinator):
        return words("mark.coordinator_begins", name=what.title or what.name)
    if isinstance(what, Event):
        name = what.title or words(f"event.{what.type}")
        return f"{name}: {title_of(what.organisation, scenario)}" if what.organisation else name
    return what.title or _name_intervention(what, scenario, words)


def title_of(name: str, scenario: Scenario) -> str:
    """Return the name to show of an organisation; the short name if it is not there."""
    titles = dict(zip(scenario.organisation_names, scenario.organisation_titles, strict=True))
    return titles.get(name, name)


def _name_intervention(what: Intervention, scenario: Scenario, words: Words) -> str:
    plain = what.model_dump(exclude={"kind", "title"})
    lever = find_lever(Lever.model_validate(plain), scenario, words)
    return lever.sentence(what.value) if lever else words("change.other")


# --- the difference in one sentence ---------------------------------------------------------------


def difference(without: Run, with_: Run, sides: Sides, words: Words, share: float = 0.5) -> str:
    """State what one switch changed in one partnership, luck being the same.

    Parameters
    ----------
    without, with_
        The two runs.
    sides
        Words for what each of them has.
    share
        A share of the vision, one of `SHARES`: the worlds are compared by when they reach it.
    """
    what = words(f"measure.{SHARES[share]}")
    first, second = _month_with(without, share), _month_with(with_, share)
    years = span(without.months, words)
    if (fallen := _say_collapse(without, with_, sides, words)) is not None:
        return fallen
    if first is None and second is None:
        return _say_neither(without, with_, sides, words)
    if first is None or second is None:
        key = "only_with" if first is None else "only_without"
        said = {"with": when(second or 0, words), "without": when(first or 0, words)}
        return sides.say(f"difference.{key}", words, what=what, years=years, **said)
    said = {"with": when(second, words), "without": when(first, words)}
    if first == second:
        return capital(sides.say("difference.same", words, what=what, **{"with": said["with"]}))
    key = "earlier" if second < first else "later"
    apart = words.count("month", abs(second - first))
    return sides.say(f"difference.{key}", words, what=what, span=apart, **said)


def difference_in_hundred(
    hundred: Hundred, sides: Sides, words: Words, by_month: int, share: float = 0.5
) -> str:
    """State what one switch changed over our hundred simulated partnerships."""
    what = words(f"measure.{SHARES[share]}")
    without, with_ = hundred.reached(share, by_month)
    total = hundred.n_pairs
    reached = sides.say(
        "difference.hundred.reached",
        words,
        when=when(by_month, words),
        what=what,
        total=total,
        without=without,
        **{"with": with_},
    )
    first, second = (np.nan_to_num(months, nan=np.inf) for months in hundred.months_to(share))
    earlier, later = int((second < first).sum()), int((second > first).sum())
    counts = {"earlier": earlier, "later": later, "total": total}
    pairs = sides.say("difference.hundred.earlier", words, **counts)
    return f"{reached} {pairs}"


def _month_with(run: Run, share: float) -> int | None:
    """Find the first month with this share of the vision."""
    change = run.series["change_delivered"]
    month = float(find_first_month(change[np.newaxis] >= share)[0])
    return None if np.isnan(month) else int(month)


def _say_collapse(without: Run, with_: Run, sides: Sides, words: Words) -> str | None:
    """State that one partnership came apart and the other did not; None where that is not so."""
    first, second = (run.measures["months_to_collapse"] for run in (without, with_))
    if np.isnan(first) == np.isnan(second):
        return None
    if np.isnan(first):
        return sides.say("difference.collapsed_with", words, **{"with": when(int(second), words)})
    return sides.say("difference.collapsed_without", words, without=when(int(first), words))


def _say_neither(without: Run, with_: Run, sides: Sides, words: Words) -> str:
    """State how far both partnerships came, where neither came to the share."""
    first, second = (percent(run.measures["change_delivered"]) for run in (without, with_))
    years = span(without.months, words)
    if first == second:
        return sides.say("difference.neither_same", words, years=years, **{"with": second})
    said = {"without": first, "with": second}
    return sides.say("difference.neither", words, years=years, **said)


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
    first_month, last_month
        The month after which, and the one to the end of which, it is explained.
    turning_month
        The month in which it moved most in that direction.
    turning
        That month in words.
    """

    sentence: str
    bars: tuple[Bar, ...]
    total: int
    first_month: int
    last_month: int
    turning_month: int
    turning: str


def why(
    ledger: Ledger,
    month: int,
    words: Words,
    trustor: str | None = None,
    trustee: str | None = None,
    months: int = YEAR,
    kind: Kind = "goodwill",
    meanwhile: bool = False,
) -> Why:
    """Explain why trust of one kind moved in the months before and up to one.

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
    kind
        The kind of trust.
    meanwhile
        Whether another sentence has said between which months.
    """
    first = max(0, month - months)
    monthly = [ledger.totals(trustor, trustee, m, kind) for m in range(first + 1, month + 1)]
    start, end = (_tenths(ledger.level(m, trustor, trustee, kind)) for m in (first, month))
    causes = {name: sum(totals[name] for totals in monthly) for name in ledger.mechanisms}
    bars = _bars(causes, end - start, words)
    moved = [sum(totals.values()) for totals in monthly]
    largest = max(range(len(moved)), key=lambda at: moved[at] * (1 if end >= start else -1))
    turning = first + 1 + largest
    about = {
        "from": when(first, words),
        "to": when(month, words),
        "whose": _whose(ledger, trustor, trustee, kind, words),
    }
    return Why(
        sentence=_say_why(bars, start, end, about, words, "why.meanwhile" if meanwhile else "why"),
        bars=bars,
        total=end - start,
        first_month=first,
        last_month=month,
        turning_month=turning,
        turning=words("why.month", when=when(turning, words)),
    )


def stalled(run: Run, month: int, words: Words) -> str:
    """State how much of the work under way waited for a decision."""
    waiting = float(run.series["waiting"][month])
    key = "waiting" if waiting > 0 else "moving"
    return words(f"why.stalled.{key}", when=when(month, words), share=percent(waiting))


def counted(run: Run, words: Words, name: str = "") -> list[str]:
    """State how many initiatives are completed, given up and under way, month by month.

    `name` is what the run is called where there are two.
    """
    series = ("initiatives_completed", "initiatives_abandoned", "initiatives_under_way")
    months = zip(*(run.series[one].astype(int).tolist() for one in series), strict=True)
    return [
        words(
            "initiatives.counted_of" if name else "initiatives.counted",
            **({"name": capital(name)} if name else {}),
            completed=words.count("initiative", completed),
            given_up=given_up,
            under_way=under_way,
        )
        for completed, given_up, under_way in months
    ]


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


def _say_why(
    bars: tuple[Bar, ...], start: int, end: int, about: dict[str, str], words: Words, key: str
) -> str:
    up = max(bars, key=lambda bar: bar.tenths, default=None)
    down = min(bars, key=lambda bar: bar.tenths, default=None)
    if up is None or down is None:
        return words(f"{key}.stayed", **about)
    if abs(end - start) < LEAST_MOVED:
        raised = up.label if up.tenths > 0 else words("why.nothing")
        lowered = down.label if down.tenths < 0 else words("why.nothing")
        return words(f"{key}.still", **about, up=raised, down=lowered)
    way, cause = ("rose", up) if end > start else ("fell", down)
    levels = {"start": f"{start / 10:.1f}", "end": f"{end / 10:.1f}"}
    return words(f"{key}.{way}", **about, **levels, cause=cause.label)


def _whose(ledger: Ledger, trustor: str | None, trustee: str | None, kind: Kind, words: Words) -> str:
    """Name the trust that is explained: whose it is, and of which kind."""
    whose = {(True, True): "link", (True, False): "of", (False, True): "towards", (False, False): "all"}[
        bool(trustor), bool(trustee)
    ]
    return words(
        f"why.{kind}.{whose}",
        trustor=title_of(trustor or "", ledger.scenario),
        trustee=title_of(trustee or "", ledger.scenario),
    )
