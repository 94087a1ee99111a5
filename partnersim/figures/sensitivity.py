"""Draw sensitivity indices: bars with intervals, how they settle, and how they change over time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from partnersim.figures.layout import padded, value_ticks, wrap
from partnersim.figures.marks import Box, Line, Mark, Panel, Text, rows_to_table, say, written
from partnersim.figures.over_time import axes, names_at_ends
from partnersim.figures.page import MARGIN, WIDTH, Page
from partnersim.figures.palette import (
    BLUE,
    COLOURS,
    DARK,
    DASHES,
    GREY,
    INK,
    MAX_SERIES,
    PAPER,
    QUIET,
    SHADES,
)
from partnersim.figures.picture import Picture
from partnersim.figures.quantities import not_shown, quantity, subject
from partnersim.figures.sweep import in_words, main_effects
from partnersim.runs.wording import join, many, number, percent, period, plural

if TYPE_CHECKING:
    from partnersim.analysis.luck import VarianceSplit
    from partnersim.analysis.sensitivity import Index, Sensitivity

COLUMNS = ("parameter", "other", "index", "value", "ci95_low", "ci95_high")
MAX_ROWS = 8
NAMES = 400
"""Room for names left of the bars, and for numbers right of them, in pixels."""
NUMBERS = 130

SHOWN: Mapping[str, tuple[str, ...]] = {
    "sobol": ("total_order", "first_order"),
    "morris": ("mu_star",),
    "effects": ("share",),
    "pawn": ("pawn",),
    "shapley": ("shapley",),
    "regression": ("coefficient",),
}
"""The indices that a method's figures show; by the first of them parameters are ranked."""

MEANING = {
    "sobol": "% of variance: dark, by itself (first order); light, with interactions (total order)",
    "morris": "Mean size of the change over a parameter's whole range, UNIT",
    "effects": "% of variance between points",
    "pawn": "Distance of its distribution at one value from that at all (PAWN), 0 to 1",
    "shapley": "% of variance, interactions dealt out equally (Shapley)",
    "regression": "Standard deviations that it goes up with one of the parameter",
}


def sensitivity(found: Sensitivity) -> Picture:
    """Draw the indices of one measure: a bar for each of the parameters that count most.

    Parameters
    ----------
    found
        From `partnersim.analysis.sensitivity.analyse`.
    """
    if found.effects is not None:
        return main_effects(found.effects)
    ranked = ranking(found)
    shown = ranked[:MAX_ROWS]
    page = Page(_title(found, ranked), _note(found, len(ranked) - len(shown)), basis_in_words(found))
    page.marks += say(MARGIN, page.top + 18, _heading(found), WIDTH - 2 * MARGIN)
    by_kind = {kind: found.of(kind) for kind in SHOWN[found.method]}
    scale = _scale(found)
    ends = [scale * end for of in by_kind.values() for name in shown for end in of[name][3:] if end == end]
    low, high = min(0.0, *ends), max(0.0, *ends)
    width = WIDTH - 2 * MARGIN - NAMES - NUMBERS
    panel = Panel(
        MARGIN + NAMES, page.top + 44, width, page.bottom - 46 - page.top - 44, padded(low, high, 0.02)
    )
    page.marks += _grid(panel)
    height = panel.height / len(shown)
    for row, name in enumerate(shown):
        middle = panel.top + height * (row + 0.5)
        ones = [of[name] for of in by_kind.values()]
        colours = _colours(found) if found.is_clear(name) else (GREY,) * len(ones)
        bars = [
            Bar(scale * one.value, scale * one.low, scale * one.high, colour)
            for one, colour in zip(ones, colours, strict=True)
        ]
        said = _short(found, ones[0].value)
        page.marks += _row(panel, name, (middle, min(height, 62.0)), bars, said)
    page.marks.append(Line(((panel.x(0.0), panel.top), (panel.x(0.0), panel.bottom)), QUIET, 1.5))
    return page.picture(rows_to_table(COLUMNS, found.indices))


def sensitivity_by_size(found: Sensitivity) -> Picture:
    """Draw how the indices settle as rows are added: an interval for each parameter and number of rows.

    Parameters
    ----------
    found
        One whose `by_size` is not empty.
    """
    sizes = {**found.by_size, found.n_rows: found.indices}
    names, kind = ranking(found)[:MAX_SERIES], SHOWN[found.method][0]
    lines = {name: [_find(indices, name, kind) for indices in sizes.values()] for name in names}
    what = f"{subject(found.measure, found.arm, found.against)}: {_settled(found, lines)}"
    page = Page(what, _note(found, len(ranking(found)) - len(names)))
    page.marks += say(
        MARGIN, page.top + 18, f"{_heading(found, kind)}, by number of {many(found.row)}", WIDTH - 80
    )
    panel = _panel_of_lines(page, (-0.3, len(sizes) - 0.7), lines, _scale(found))
    page.marks += panel.numbers_beside(*value_ticks(*panel.up, 5), GREY)
    page.marks += panel.numbers_below(range(len(sizes)), [f"{n:,}" for n in sizes])
    spread = np.linspace(-0.08, 0.08, len(names)) if len(names) > 1 else np.zeros(1)
    for number_, (aside, ones) in enumerate(zip(spread, lines.values(), strict=True)):
        places = np.arange(len(sizes)) + aside
        colour = COLOURS[number_]
        for x, one in zip(places, ones, strict=True):
            ends = [panel.y(_scale(found) * end) for end in one[4:]]
            if np.isfinite(ends).all():
                page.marks.append(Line(((panel.x(x), ends[0]), (panel.x(x), ends[1])), colour, 4))
        values = np.array([_scale(found) * one.value for one in ones])
        page.marks.append(panel.line(places, values, colour, 3, dash=DASHES[number_]))
    page.marks += _names(panel, lines, _scale(found))
    rows = [(n, *one[:6]) for n, indices in sizes.items() for one in indices]
    return page.picture(rows_to_table(("n_rows", *COLUMNS), rows))


def sensitivity_over_time(found: Sensitivity) -> Picture:
    """Draw how the indices of a series change over the years: a line and an interval for each parameter.

    Parameters
    ----------
    found
        From `partnersim.analysis.sensitivity.analyse_over_time`.
    """
    kind, months = SHOWN[found.method][0], np.array(list(found.by_month))
    everything = [one for indices in found.by_month.values() for one in indices if one.kind == kind]
    largest: dict[str, float] = {}
    for one in everything:
        size = abs(one.value) if one.value == one.value else 0.0
        largest[one.parameter] = max(largest.get(one.parameter, 0.0), size)
    ranked = sorted(largest, key=lambda name: -largest[name])
    names = ranked[:MAX_SERIES]
    lines = {name: [_find(indices, name, kind) for indices in found.by_month.values()] for name in names}
    leaders = list(dict.fromkeys(max(names, key=lambda n: abs(lines[n][at].value)) for at in (0, -1)))
    when = (period(int(months[0])), period(int(months[-1])))
    led = f"{in_words(leaders[0])} counts most from {when[0]} to {when[1]}"
    if len(leaders) > 1:
        led = f"after {when[0]} {in_words(leaders[0])} counts most, after {when[1]} {in_words(leaders[1])}"
    page = Page(
        f"{subject(found.measure, found.arm, found.against)}: {led}",
        _note(found, len(ranked) - len(names), "shaded"),
    )
    page.marks += say(MARGIN, page.top + 18, f"{_heading(found, kind)}, over the years", WIDTH - 2 * MARGIN)
    panel = _panel_of_lines(page, (0.0, float(months[-1])), lines, _scale(found))
    ticks, labels = value_ticks(*panel.up, 5)
    page.marks += axes(panel, int(months[-1]), ticks, labels)
    for number_, ones in enumerate(lines.values()):
        values, lows, highs = (_scale(found) * np.array([one[at] for one in ones]) for at in (3, 4, 5))
        known = np.isfinite(lows) & np.isfinite(highs)
        if known.any():
            between = lows[known], highs[known]
            page.marks.append(panel.band(months[known], *between, COLOURS[number_], 0.15))
        page.marks.append(panel.line(months, values, COLOURS[number_], 4, dash=DASHES[number_]))
    page.marks += _names(panel, lines, _scale(found))
    rows = [(month, *one[:6]) for month, indices in found.by_month.items() for one in indices]
    return page.picture(rows_to_table(("month", *COLUMNS), rows))


def ranking(found: Sensitivity) -> list[str]:
    """Rank parameters by the first index that a method shows, the largest first."""
    return [name for name in found.of(SHOWN[found.method][0]) if name]


# --- Parts ---------------------------------------------------------------------------------------


class Bar(NamedTuple):
    """A bar, as it is drawn: where it ends, its interval and its colour."""

    value: float
    low: float
    high: float
    colour: str


def _find(indices: Sequence[Index], name: str, kind: str) -> Index:
    return next(one for one in indices if (one.parameter, one.kind, one.other) == (name, kind, ""))


def _scale(found: Sensitivity) -> float:
    """Return what numbers are multiplied by: effects are in the unit of the measure, shares in per cent."""
    if found.method == "morris":
        return quantity(found.measure).scale
    return 1.0 if found.method in ("pawn", "regression") else 100.0


def _say(found: Sensitivity, value: float) -> str:
    """Write an index in words."""
    if found.method == "morris":
        return quantity(found.measure).say(value)
    return number(value) if found.method in ("pawn", "regression") else percent(value)


def _short(found: Sensitivity, value: float) -> str:
    """Write an index beside its bar, where the heading has its unit."""
    return number(_scale(found) * value) if found.method == "morris" else _say(found, value)


def _colours(found: Sensitivity) -> tuple[str, ...]:
    return (SHADES[3], BLUE) if found.method == "sobol" else (BLUE,)


def _row(
    panel: Panel, name: str, place: tuple[float, float], bars: Sequence[Bar], said: str
) -> Iterator[Mark]:
    """Draw the bars of a parameter, one under the other, with its name and its number in words."""
    middle, height = place
    yield from written(panel.left - 14, middle, wrap(in_words(name), NAMES - 14, 2), anchor="end")
    thick = 0.62 * height / len(bars)
    for number_, (value, low, high, colour) in enumerate(bars):
        y = middle + thick * (number_ - len(bars) / 2)
        left, right = sorted((panel.x(0.0), panel.x(value)))
        yield Box(left, y + 1, right - left, thick - 2, colour)
        if low == low:
            line = ((panel.x(low), y + thick / 2), (panel.x(high), y + thick / 2))
            yield from (Line(line, PAPER, 7), Line(line, INK, 3))
    yield Text(WIDTH - MARGIN, middle + 9, said, "end")


def _grid(panel: Panel) -> Iterator[Mark]:
    """Draw quiet lines upwards at some numbers, and the numbers below."""
    for tick, label in zip(*value_ticks(*panel.across, 6), strict=True):
        yield panel.upright(tick, GREY)
        yield Text(panel.x(tick), panel.bottom + 30, label, "middle", QUIET)


def _panel_of_lines(
    page: Page, across: tuple[float, float], lines: Mapping[str, Sequence[Index]], scale: float
) -> Panel:
    """Make the panel of lines, with room for their names at the right."""
    known = [end for ones in lines.values() for one in ones for end in one[3:] if end == end]
    ends = [scale * end for end in known]
    top = page.top + 54
    size = (WIDTH - 110 - MARGIN - 300, page.bottom - 50 - top)
    return Panel(110, top, *size, across, padded(min(0.0, *ends), max(0.0, *ends), 0.03))


def _names(panel: Panel, lines: Mapping[str, Sequence[Index]], scale: float) -> Iterator[Mark]:
    """Write the names of parameters at the ends of their lines."""
    ends = {
        in_words(name): (scale * ones[-1].value, DARK[at]) for at, (name, ones) in enumerate(lines.items())
    }
    yield from names_at_ends(panel, ends, WIDTH - MARGIN, 3)


# --- Words ---------------------------------------------------------------------------------------


def _title(found: Sensitivity, ranked: Sequence[str]) -> str:
    """Write the title: which parameters count most, and by how much."""
    first = found.of(SHOWN[found.method][0])
    clear = [name for name in ranked if found.is_clear(name)]
    what = subject(found.measure, found.arm, found.against)
    if not clear:
        return f"{what}: no parameter clearly counts"
    numbers = {name: _say(found, first[name].value) for name in clear[:2]}
    named = join([f"{in_words(name)} ({said})" for name, said in numbers.items()])
    match found.method:
        case "sobol":
            alone = sum(one.value for one in found.of("first_order").values())
            acting = f"parameters by themselves make {percent(max(0.0, min(1.0, alone)))} of the variance"
            return f"{what}: most goes with {named}; {acting}"
        case "morris":
            return f"{what}: moved most by {named}"
        case "regression":
            explained = _find(found.indices, "all together", "r_squared").value
            return f"{what}: a linear model explains {percent(explained)}, most by {named}"
        case "pawn":
            return f"{what}: its distribution shifts most with {named}"
        case _:
            return f"{what}: the largest shares of variance are of {named}"


def _settled(found: Sensitivity, lines: Mapping[str, Sequence[Index]]) -> str:
    """Tell whether estimates over half of the rows lie in the intervals over all, of what is clear."""
    moved = [
        name
        for name, ones in lines.items()
        if found.is_clear(name) and len(ones) > 1 and not ones[-1].low <= ones[-2].value <= ones[-1].high
    ]
    if not moved:
        return "half of the rows give what all give, within the intervals"
    return f"not yet settled for {join([in_words(name) for name in moved])}"


def _heading(found: Sensitivity, kind: str | None = None) -> str:
    """Write what the axis shows."""
    if kind == "total_order":
        return "% of variance, with interactions (total order)"
    shown = ranking(found)[:MAX_ROWS] if kind is None else []
    grey = "" if all(map(found.is_clear, shown)) else "; grey: not clear"
    if found.method == "shapley" and found.row == "point":
        return f"% of variance, dealt out by a linear model (Shapley shares of R squared){grey}"
    return MEANING[found.method].replace("UNIT", quantity(found.measure).unit) + grey


def _note(found: Sensitivity, n_hidden: int, what: str = "lines") -> str:
    """Write the note: how much a figure rests on, and what shows its intervals."""
    left = f" ({found.n_left_out:,} left out)" if found.n_left_out else ""
    counts = f"{plural(found.n_rows, found.row)}{left} of {plural(found.n_replicates, 'replicate')}"
    over = "both" if found.draws_replicates else many(found.row)
    has_intervals = any(one.low == one.low for one in found.indices)
    intervals = f"; {what}: 95 % intervals over {over}" if has_intervals else ""
    return f"{counts}{intervals}.{not_shown(n_hidden, 'parameter')}"


def basis_in_words(found: Sensitivity) -> str:
    """Tell which two parameters act together most, and how the variance of single runs splits."""
    pair, said = found.strongest_pair(), luck_in_words(found)
    if pair is None:
        return said
    both = f"{in_words(pair.parameter)} and {in_words(pair.other)}"
    ends = f"{percent(pair.low)} to {percent(pair.high)}"
    return f"Acting together most: {both}, {percent(pair.value)} ({ends}). {said}".rstrip()


def luck_in_words(found: Sensitivity) -> str:
    """Tell how the variance of single runs splits; empty where nobody knows."""
    split: VarianceSplit | None = found.luck
    if split is None:
        return ""
    both = f", {percent(split.both)} by both together" if split.both is not None else ""
    return (
        f"Single runs differ by {percent(split.parameters)} through parameters, {percent(split.luck)} "
        f"through luck{both}; between means over {plural(split.n_replicates, 'replicate')}, luck is still "
        f"{percent(split.left_in_means)} of what differs."
    )
