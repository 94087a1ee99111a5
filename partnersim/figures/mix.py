"""Draw the best mix: every choice that was tried, the best with their intervals, the budget."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from partnersim.analysis.mix_plan import STAFF_DAYS
from partnersim.figures.layout import padded, value_ticks, wrap
from partnersim.figures.marks import Disc, Line, Mark, Panel, Text, rows_to_table, say, written
from partnersim.figures.page import MARGIN, WIDTH, Page
from partnersim.figures.palette import BLUE, GREY, ORANGE, PAPER, PURPLE, SHADES
from partnersim.figures.picture import Picture
from partnersim.figures.quantities import Quantity, quantity
from partnersim.runs.wording import lowered, number, plural, signed

if TYPE_CHECKING:
    from partnersim.analysis.mix import Finalist, Mix

LEFT = 96
"""Room for the numbers left of the picture, in pixels."""

WORDS = 500
"""Room for what is chosen, in words, in pixels."""

SMALL = 19
"""Size of type of what is chosen: each is a long list."""

MOST_SAID = 3
"""Choices that are put in words beside the picture."""

COLUMNS = ("number", "choice", "objective", "difference", "ci95_low", "ci95_high", "most_regret", "satisfied")


def best_mix(found: Mix) -> Picture:
    """Draw the choices of `partnersim.analysis.mix.search`: by two objectives, or by one and staff days."""
    up, across = [*found.problem.objectives, STAFF_DAYS][:2]
    shown = {name: _quantity(name) for name in (up, across)}
    page = Page(_title(found, up, shown[up]), _note(found), _legend(found))
    top = page.top + 48
    size = (WIDTH - MARGIN - WORDS - LEFT, page.bottom - 84 - top)
    limits = [_limits(found, name, shown[name]) for name in (across, up)]
    panel = Panel(LEFT, top, *size, *limits)
    page.marks += say(MARGIN, page.top + 18, f"{shown[up].heading}, against as it stands", WIDTH - 2 * MARGIN)
    page.marks += _axes(panel, shown[across])
    if across == STAFF_DAYS and found.problem.budget is not None:
        page.marks.append(panel.upright(found.problem.budget, ORANGE, 3)._replace(dash="12 6"))
    budget = math.inf if found.problem.budget is None else found.problem.budget
    for one in found.tried:
        x, y = (shown[name].scale * one.mean(name) for name in (across, up))
        if panel.across[0] <= x <= panel.across[1] and panel.up[0] <= y <= panel.up[1]:
            colour = SHADES[3] if one.origin == "search" else GREY
            fill = colour if one.mean(STAFF_DAYS) <= budget else PAPER
            page.marks.append(Disc(panel.x(x), panel.y(y), 5, fill, colour, 2))
    for label, best in reversed([*enumerate(found.finalists, 1)]):
        page.marks += _draw_finalist(panel, best, label, shown, PURPLE if best is found.robust else BLUE)
    page.marks += _say_choices(found, panel.right + 36, top - 20, page.bottom - 30)
    rows = [
        (k, found.problem.say(row.choice), name, row.mean(name), *row.ci95(name), *_over_points(row, name))
        for k, row in enumerate(found.finalists, 1)
        for name in (*found.problem.objectives, STAFF_DAYS)
    ]
    return page.picture(rows_to_table(COLUMNS, rows))


def _quantity(name: str) -> Quantity:
    if name == STAFF_DAYS:
        return Quantity("Staff days a month", "", 1.0, " staff days a month", False)
    return quantity(name)


def _over_points(one: Finalist, name: str) -> tuple[float, float]:
    if name == STAFF_DAYS:
        return math.nan, math.nan
    return float(one.regret[name].max()), one.satisfied[name]


def _limits(found: Mix, name: str, shown: Quantity) -> tuple[float, float]:
    """Return the range of an axis: of the finalists, as it stands, and nearly all that were tried."""
    best = [shown.scale * n for one in found.finalists for n in (one.mean(name), *one.ci95(name))]
    tried = sorted(shown.scale * one.mean(name) for one in found.tried)
    kept = tried[len(tried) // 20 : len(tried) - len(tried) // 20]
    known = [n for n in (0.0, *best, kept[0], kept[-1]) if math.isfinite(n)]
    if name == STAFF_DAYS and found.problem.budget is not None:
        known.append(found.problem.budget)
    return padded(min(known), max(known), 0.07)


def _axes(panel: Panel, across: Quantity) -> Iterator[Mark]:
    """Draw quiet lines across, the axis below, and where the place stands."""
    yield from panel.numbers_beside(*value_ticks(*panel.up, 5), GREY)
    yield from panel.numbers_below(*value_ticks(*panel.across, 5))
    words = wrap(f"{across.heading}, against as it stands", panel.width + 60)
    yield Text((panel.left + panel.right) / 2, panel.bottom + 62, words[0], "middle")
    yield panel.level(0.0)
    yield panel.upright(0.0)


def _draw_finalist(
    panel: Panel, one: Finalist, label: int, shown: dict[str, Quantity], colour: str
) -> Iterator[Mark]:
    """Draw one of the best with its intervals and its number; hollow where it turned out too dear."""
    up, across = shown
    y, low, high = (panel.y(shown[up].scale * n) for n in (one.mean(up), *one.ci95(up)))
    x, left, right = (panel.x(shown[across].scale * n) for n in (one.mean(across), *one.ci95(across)))
    yield Line(((x, low), (x, high)), colour, 3)
    yield Line(((left, y), (right, y)), colour, 3)
    fill, ink = (colour, PAPER) if one.is_in_budget else (PAPER, colour)
    yield Disc(x, y, 13, fill, colour, 3)
    yield Text(x, y + 6, str(label), "middle", ink, 17, bold=True)


def _say_choices(found: Mix, left: float, top: float, bottom: float) -> Iterator[Mark]:
    """Put the best in words, one below the other."""
    some = [*enumerate(found.finalists, 1)][:MOST_SAID]
    if found.robust is not None and found.robust not in [one for _, one in some]:
        some[-1] = (found.finalists.index(found.robust) + 1, found.robust)
    pitch = (bottom - top) / max(len(some), 1)
    rows = max(int(pitch / (1.17 * SMALL)) - 1, 1)
    for index, (label, one) in enumerate(some):
        colour = PURPLE if one is found.robust else BLUE
        words = f"{label}. {found.problem.say(one.choice)} ({number(one.mean(STAFF_DAYS))} days)"
        lines = wrap(words, WIDTH - 16 - left, rows, SMALL)
        middle = top + pitch * index + 0.58 * SMALL * len(lines)
        yield from written(left, middle, lines, size=SMALL, colour=colour)


def _title(found: Mix, name: str, shown: Quantity) -> str:
    """Write the title: what the best brings, for certain or not, and whether searching paid."""
    budget = found.problem.budget
    under = f"For {number(budget)} staff days a month" if budget is not None else "Without a budget"
    inside = [one for one in found.finalists if one.is_in_budget]
    if not inside:
        return f"{under}: no choice that was tried keeps to the budget"
    sign = 1.0 if found.problem.objectives[name] else -1.0
    best = max(inside, key=lambda one: sign * one.mean(name))
    low, high = sorted(shown.scale * end for end in best.ci95(name))
    what = lowered(shown.label)
    if low <= 0.0 <= high or sign * low < 0.0:
        return f"{under} no choice that was tried clearly does better than the place as it stands in {what}"
    said = f"{under} {what} changes by {signed(shown.scale * best.mean(name))}{shown.suffix} at best"
    interval = f"(95 % interval {signed(low)} to {signed(high)})"
    if len(found.front) > 1 and len(found.problem.objectives) > 1:
        return f"{said} {interval}; {plural(len(found.front), 'choice')} are a trade-off"
    return f"{said} {interval}"


def _legend(found: Mix) -> str:
    """Tell what the marks are, and whether searching paid."""
    gains = {_quantity(name): gain for name, gain in found.paid.items() if math.isfinite(gain)}
    paid = [f"{signed(q.scale * gain)}{q.suffix} in {q.label.lower()}" for q, gain in gains.items()]
    search = f" The search's best less the best of the grey: {', '.join(paid)}." if paid else ""
    robust = " Purple: least regret over the points." if found.problem.n_points > 1 else ""
    dear = " Hollow: over the budget." if found.problem.budget is not None else ""
    return (
        f"Large: the best, with random numbers new to the search. Small: all tried; grey: spread evenly."
        f"{dear}{robust}{search}"
    )


def _note(found: Mix) -> str:
    """Write the note: how many runs the figure rests on."""
    problem = found.problem
    points = f"{plural(problem.n_points, 'point')}, " if problem.n_points > 1 else ""
    return (
        f"{len(found.tried):,} choices, {points}{problem.replicates} runs of each there, of the best "
        f"{problem.confirm}; seed {problem.seed}."
    )
