"""Draw a sweep at first sight: how measures are spread in each arm, what arms change, what is reached."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, replace
from typing import TYPE_CHECKING

from partnersim.figures.chance import MILESTONES
from partnersim.figures.differences import MAX_ARMS, MAX_MEASURES, forest, heading_of, panels_by_arm
from partnersim.figures.layout import padded, value_ticks
from partnersim.figures.marks import Box, Disc, Line, Mark, Panel, Text, rows_to_table
from partnersim.figures.page import Page
from partnersim.figures.palette import BLUE, GREY, PAPER, SHADES
from partnersim.figures.quantities import Effect, Quantity, in_title, quantity, tell_apart
from partnersim.runs.measures import MEASURES
from partnersim.runs.wording import capital, percent, period, plural

if TYPE_CHECKING:
    from partnersim.analysis.overview import Overview, Spread
    from partnersim.figures.picture import Picture

SHOWN = ("change_delivered", "mean_speed", "trust")
"""Measures that are drawn, as far as the sweep keeps them; else its first."""

QUANTILES = ("p05", "p25", "median", "p75", "p95")
MOST_IN_TITLE = 3
BELOW = 66
"""Pixels for the numbers below a panel, and air."""


def choose_shown(names: Sequence[str]) -> list[str]:
    """Choose the measures to draw."""
    chosen = [name for name in SHOWN if name in names]
    return (
        chosen or [name for name in names if not MEASURES[name].is_censored][:MAX_MEASURES] or list(names[:1])
    )


def spreads(found: Overview) -> Picture:
    """Draw the spread of some measures, one at least, over all runs: a panel each, a row for each arm."""
    measures, arms = choose_shown(list(found.spreads)), found.arms[:MAX_ARMS]
    by_arm = {arm: found.spreads[measures[0]][arm] for arm in arms}
    runs = plural(max(spread.n for spread in by_arm.values()), "run")
    note = f"{runs} an arm, at all points; disc: median, box: middle half, line: 9 of 10 runs."
    page = Page(_title_of_spreads(measures[0], by_arm), note)
    panels, rows, pitch = panels_by_arm(page, arms, len(measures), below=BELOW)
    for panel, name in zip(panels, measures, strict=True):
        of_arms = [found.spreads[name][arm] for arm in arms]
        page.marks += _draw_spreads(panel, rows, pitch, quantity(name), of_arms)
    table = [
        (name, arm, spread.n, spread.mean, *spread.quantiles)
        for name in measures
        for arm, spread in found.spreads[name].items()
    ]
    return page.picture(rows_to_table(("measure", "arm", "n_runs", "mean", *QUANTILES), table))


def _draw_spreads(
    panel: Panel, rows: Sequence[float], pitch: float, shown: Quantity, found: Sequence[Spread]
) -> Iterator[Mark]:
    """Draw one panel: of each arm the middle, the middle half and nine of ten runs."""
    yield from heading_of(panel, shown.heading)
    ends = [end * shown.scale for one in found for end in one.quantiles if math.isfinite(end)] or [0.0]
    panel = replace(panel, across=padded(min(ends), max(ends), 0.06))
    yield from panel.numbers_below(*value_ticks(*panel.across, 3))
    half = min(pitch / 5, 22)
    for y, one in zip(rows, found, strict=True):
        if any(not math.isfinite(end) for end in one.quantiles):  # a milestone that many never reach
            yield Text(panel.left, y, "not reached by all", "start")
            continue
        low, lower, middle, upper, high = (float(panel.x(end * shown.scale)) for end in one.quantiles)
        yield Line(((low, y), (high, y)), BLUE, 4)
        yield Box(lower, y - half, max(upper - lower, 2), 2 * half, SHADES[4], BLUE)
        yield Disc(middle, y, 9, BLUE, PAPER, 2)


def _title_of_spreads(measure: str, by_arm: Mapping[str, Spread]) -> str:
    """Write the title: the middle of the first measure in each arm."""
    shown = quantity(measure)
    medians = [spread.quantiles[2] for spread in by_arm.values()]
    said = tell_apart(medians, shown.say)
    if len(said) == 1:
        low, *_, high = next(iter(by_arm.values())).quantiles
        ends = f"{shown.say(low)} to {shown.say(high)}"
        return f"{shown.label}: {said[0]} in the median run, {ends} in 9 of 10 runs"
    told = [f"{words} with {in_title(arm)}" for words, arm in zip(said, by_arm, strict=True)]
    more = f" ({plural(len(told) - MOST_IN_TITLE, 'more arm')} below)" if len(told) > MOST_IN_TITLE else ""
    return f"{shown.label} in the median run: {', '.join(told[:MOST_IN_TITLE])}{more}"


def milestones(found: Overview, months: int) -> Picture | None:
    """Draw the share of runs, so many months long, that reach each milestone; None where none is kept."""
    names = [name for name in MILESTONES if name in found.spreads][:MAX_MEASURES]
    if not names:
        return None
    arms = found.arms[:MAX_ARMS]
    telling = min(names, key=lambda name: abs(found.spreads[name][found.base].reached - 0.5))
    with_arm = {arm: f" with {in_title(arm)}" if len(arms) > 1 else "" for arm in arms}
    said = [f"{percent(found.spreads[telling][arm].reached)} of runs{with_arm[arm]}" for arm in arms]
    what = MILESTONES[telling].format(period=period(months))
    n_runs = max(spread.n for spread in found.spreads[telling].values())
    page = Page(
        f"{what}: {', '.join(said[:MOST_IN_TITLE])}",
        f"Share of {plural(n_runs, 'run')} an arm, at all points, in {period(months)}; the rest never do.",
    )
    panels, rows, pitch = panels_by_arm(page, arms, len(names), below=BELOW)
    for panel, name in zip(panels, names, strict=True):
        shares = [found.spreads[name][arm].reached for arm in arms]
        heading = capital(quantity(name).label.removeprefix("Time to "))
        page.marks += _draw_shares(panel, rows, pitch, heading, shares)
    table = [
        (name, arm, spread.n, spread.reached, spread.quantiles[2])
        for name in names
        for arm, spread in found.spreads[name].items()
    ]
    return page.picture(rows_to_table(("measure", "arm", "n_runs", "reached", "median"), table))


def _draw_shares(
    panel: Panel, rows: Sequence[float], pitch: float, heading: str, shares: Sequence[float]
) -> Iterator[Mark]:
    """Draw one panel: a bar for each arm, of all runs, as far as they reach a milestone."""
    yield from heading_of(panel, heading)
    half = min(pitch / 5, 22)
    panel = replace(panel, width=panel.width - 80)
    for y, share in zip(rows, shares, strict=True):
        yield Box(panel.left, y - half, panel.width, 2 * half, PAPER, GREY)
        if share > 0:
            yield Box(panel.left, y - half, max(panel.width * share, 2), 2 * half, BLUE)
        yield Text(panel.right + 8, y + 9, percent(share), "start")
    yield from panel.numbers_below([0.0, 0.5, 1.0], ["0", "50", "100"])


def changes(found: Overview, note: str) -> Picture | None:
    """Draw what each arm changes in some measures, with intervals; None where there are no other arms."""
    measures = [name for name in choose_shown(list(found.spreads)) if found.changes[name]]
    if not measures:
        return None
    arms = found.arms[1 : MAX_ARMS + 1]
    effects = {
        name: {arm: Effect(*astuple(found.changes[name][arm])[:5]) for arm in arms} for name in measures
    }
    return forest(found.base, effects, note)
