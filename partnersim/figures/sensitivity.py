"""Draw sensitivity indices: bars with intervals, how they settle, and how they change over time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from partnersim.figures.layout import padded, value_ticks
from partnersim.figures.marks import Box, Line, Mark, Panel, Text, rows_to_table, say
from partnersim.figures.over_time import axes, names_at_ends
from partnersim.figures.page import MARGIN, WIDTH, Page
from partnersim.figures.palette import BLUE, COLOURS, DARK, DASHES, GREY, INK, PAPER, QUIET, SHADES
from partnersim.figures.picture import Picture
from partnersim.figures.quantities import not_shown, quantity, subject
from partnersim.figures.sweep import in_words, main_effects
from partnersim.runs.wording import join, many, number, percent, period, plural

if TYPE_CHECKING:
    from partnersim.analysis.luck import VarianceSplit
    from partnersim.analysis.sensitivity import Index, Sensitivity

    Lines = Mapping[str, Sequence[Index]]
    """The indices of each parameter: of each kind, number of rows or month."""

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
    """Draw the indices that `partnersim.analyse` found: a bar for each of the parameters that count most."""
    if found.effects is not None:
        return main_effects(found.effects)
    ranked = ranking(found)
    shown = ranked[:MAX_ROWS]
    page = Page(_title(found, ranked), _note(found, len(ranked) - len(shown)), basis_in_words(found))
    page.marks += say(MARGIN, page.top + 18, _heading(found), WIDTH - 2 * MARGIN)
    bars = {name: [found.of(kind)[name] for kind in SHOWN[found.method]] for name in shown}
    top, width = page.top + 44, WIDTH - 2 * MARGIN - NAMES - NUMBERS
    up_to = padded(*_ends(found, bars), 0.02)
    panel = Panel(MARGIN + NAMES, top, width, page.bottom - 46 - top, up_to)
    for tick, label in zip(*value_ticks(*panel.across, 6), strict=True):
        page.marks += [
            panel.upright(tick, GREY),
            Text(panel.x(tick), panel.bottom + 30, label, "middle", QUIET),
        ]
    pitch = panel.height / len(shown)
    for row, (name, ones) in enumerate(bars.items()):
        page.marks += _row(found, panel, panel.top + pitch * (row + 0.5), min(pitch, 62.0), name, ones)
    page.marks.append(panel.upright(0.0))
    return page.picture(rows_to_table(COLUMNS, found.indices))


def sensitivity_by_size(found: Sensitivity) -> Picture:
    """Draw how indices settle as rows are added: an interval for each parameter and number in `by_size`."""
    sizes = {**found.by_size, found.n_rows: found.indices}
    names = ranking(found)[: len(COLOURS)]
    lines = _lines(found, names, sizes)
    what = f"{subject(found.measure, found.arm, found.against)}: {_settled(found, lines)}"
    page = Page(what, _note(found, len(ranking(found)) - len(names)))
    panel = _panel_of_lines(page, found, lines, (-0.3, len(sizes) - 0.7), f"by number of {many(found.row)}")
    page.marks += panel.numbers_beside(*value_ticks(*panel.up, 5), GREY)
    page.marks += panel.numbers_below(range(len(sizes)), [f"{n:,}" for n in sizes])
    spread = np.linspace(-0.08, 0.08, len(names)) if len(names) > 1 else np.zeros(1)
    for aside, ones, colour, dash in zip(spread, lines.values(), COLOURS, DASHES, strict=False):
        places = np.arange(len(sizes)) + aside
        values, *ends = _numbers(found, ones)
        for x, low, high in zip(panel.x(places), *map(panel.y, ends), strict=True):
            if np.isfinite([low, high]).all():
                page.marks.append(Line(((x, low), (x, high)), colour, 4))
        page.marks.append(panel.line(places, values, colour, 3, dash=dash))
    page.marks += _names(found, panel, lines)
    rows = [(n, *one[:6]) for n, indices in sizes.items() for one in indices]
    return page.picture(rows_to_table(("n_rows", *COLUMNS), rows))


def sensitivity_over_time(found: Sensitivity) -> Picture:
    """Draw how indices change over the years, as `analyse_over_time` found: a line for each parameter."""
    months = np.array(list(found.by_month))
    largest: dict[str, float] = {}
    for one in chain(*found.by_month.values()):
        if one.kind == SHOWN[found.method][0]:
            size = abs(one.value) if one.value == one.value else 0.0
            largest[one.parameter] = max(largest.get(one.parameter, 0.0), size)
    ranked = sorted(largest, key=lambda name: -largest[name])
    names = ranked[: len(COLOURS)]
    lines = _lines(found, names, found.by_month)
    first, last = (max(names, key=lambda n: abs(lines[n][at].value)) for at in (0, -1))
    begin, end = period(int(months[0])), period(int(months[-1]))
    led = f"{in_words(first)} counts most from {begin} to {end}"
    if last != first:
        led = f"after {begin} {in_words(first)} counts most, after {end} {in_words(last)}"
    what = f"{subject(found.measure, found.arm, found.against)}: {led}"
    page = Page(what, _note(found, len(ranked) - len(names), "shaded"))
    panel = _panel_of_lines(page, found, lines, (0.0, float(months[-1])), "over the years")
    page.marks += axes(panel, int(months[-1]), *value_ticks(*panel.up, 5))
    for ones, colour, dash in zip(lines.values(), COLOURS, DASHES, strict=False):
        values, lows, highs = _numbers(found, ones)
        if np.isfinite(lows).any():
            page.marks.append(panel.band(months, lows, highs, colour, 0.15))
        page.marks.append(panel.line(months, values, colour, 4, dash=dash))
    page.marks += _names(found, panel, lines)
    rows = [(month, *one[:6]) for month, indices in found.by_month.items() for one in indices]
    return page.picture(rows_to_table(("month", *COLUMNS), rows))


def ranking(found: Sensitivity) -> list[str]:
    """Rank parameters by the first index that a method shows, the largest first."""
    return [name for name in found.of(SHOWN[found.method][0]) if name]


# --- Parts ---------------------------------------------------------------------------------------


def _lines(found: Sensitivity, names: Sequence[str], groups: Mapping[int, Sequence[Index]]) -> Lines:
    """Collect the first index that a method shows of some parameters, one of each group."""
    kind = SHOWN[found.method][0]
    return {name: [_find(indices, name, kind) for indices in groups.values()] for name in names}


def _find(indices: Sequence[Index], name: str, kind: str) -> Index:
    return next(one for one in indices if (one.parameter, one.kind, one.other) == (name, kind, ""))


def _scale(found: Sensitivity) -> float:
    """Return what numbers are multiplied by: effects are in the unit of the measure, shares in per cent."""
    if found.method == "morris":
        return quantity(found.measure).scale
    return 1.0 if found.method in ("pawn", "regression") else 100.0


def _numbers(found: Sensitivity, ones: Sequence[Index]) -> np.ndarray:
    """Return the values and both ends of their intervals, as drawn: three rows."""
    return _scale(found) * np.array([one[3:6] for one in ones], dtype=float).T


def _ends(found: Sensitivity, lines: Lines) -> tuple[float, float]:
    """Return the range of all that is drawn, with 0."""
    known = np.hstack([np.zeros((3, 1)), *(_numbers(found, ones) for ones in lines.values())])
    return float(np.nanmin(known)), float(np.nanmax(known))


def _say(found: Sensitivity, value: float) -> str:
    """Write an index in words."""
    if found.method == "morris":
        return quantity(found.measure).say(value)
    return number(value) if found.method in ("pawn", "regression") else percent(value)


def _row(
    found: Sensitivity, panel: Panel, middle: float, height: float, name: str, ones: Sequence[Index]
) -> Iterator[Mark]:
    """Draw the bars of a parameter, one under the other, with its name and its number in words."""
    yield from say(panel.left - 14, middle, in_words(name), NAMES - 14, 2, anchor="end")
    thick = 0.62 * height / len(ones)
    colours = (SHADES[3], BLUE) if len(ones) > 1 else (BLUE,)
    for place, (value, low, high) in enumerate(_numbers(found, ones).T.tolist()):
        y = middle + thick * (place - len(ones) / 2)
        left, right = sorted((panel.x(0.0), panel.x(value)))
        yield Box(left, y + 1, right - left, thick - 2, colours[place] if found.is_clear(name) else GREY)
        if low == low:
            line = ((panel.x(low), y + thick / 2), (panel.x(high), y + thick / 2))
            yield from (Line(line, PAPER, 7), Line(line, INK, 3))
    first = ones[0].value
    said = number(_scale(found) * first) if found.method == "morris" else _say(found, first)
    yield Text(WIDTH - MARGIN, middle + 9, said, "end")


def _panel_of_lines(
    page: Page, found: Sensitivity, lines: Lines, across: tuple[float, float], over: str
) -> Panel:
    """Make the panel of lines with its heading, and with room for their names at the right."""
    heading = f"{_heading(found, SHOWN[found.method][0])}, {over}"
    page.marks += say(MARGIN, page.top + 18, heading, WIDTH - 2 * MARGIN)
    top = page.top + 54
    size = (WIDTH - 110 - MARGIN - 300, page.bottom - 50 - top)
    return Panel(110, top, *size, across, padded(*_ends(found, lines), 0.03))


def _names(found: Sensitivity, panel: Panel, lines: Lines) -> Iterator[Mark]:
    """Write the names of parameters at the ends of their lines."""
    ends = {
        in_words(name): (_scale(found) * ones[-1].value, dark)
        for (name, ones), dark in zip(lines.items(), DARK, strict=False)
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
