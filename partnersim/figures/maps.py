"""Draw maps over two parameters: a measure, as observed and as an emulator has it, and phases."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from partnersim.analysis.maps import PHASES
from partnersim.figures.layout import text_width, value_ticks, wrap
from partnersim.figures.marks import Box, Line, Mark, Panel, Text, rows_to_table, say, written
from partnersim.figures.page import MARGIN, WIDTH, Page
from partnersim.figures.palette import BLUE, GREY, INK, LINE, ORANGE, PAPER, QUIET, SHADES, TYPE
from partnersim.figures.picture import Picture
from partnersim.figures.quantities import Quantity, in_title, quantity, subject
from partnersim.figures.sweep import in_words
from partnersim.runs.measures import Floats
from partnersim.runs.wording import capital, join, percent, plural

if TYPE_CHECKING:
    from partnersim.analysis.maps import Axis, Map, PhaseMap

COLUMNS = (
    *("measure", "arm", "against", "x_low", "x_high", "y_low", "y_high"),
    *("mean", "ci95_low", "ci95_high", "n_points", "emulated"),
)
PHASE_COLUMNS = (
    *("arm", "x_low", "x_high", "y_low", "y_high", "phase", "acceleration", "ci95_low", "ci95_high"),
    *("share_survived", "share_sustained", "n_points"),
)
MAX_MAPS = 3
"""Maps side by side on a page."""

LEFT, MOST_LEFT, GAP = 130, 320, 60
MOST_BANDS = 6
LEAST_EXPLAINED = 0.02
"""A surface that explains less of unseen points has no pattern to tell of."""

BELOW_ZERO = ("#A8410C", "#F46A25", "#F9B592")
"""Colours of bands below zero, where there are bands above as well; from far to near."""

ABOUT_ZERO = "#E6E8E9"
"""The colour of what is nearer to zero than a quarter of a band, where there are bands on both sides."""

PHASE_FILLS = {"collapses": ORANGE, "fades": SHADES[4], "no clear trend": GREY, "accelerates": BLUE}


def response_maps(maps: Sequence[Map], level: float | None = None) -> Picture:
    """Draw up to three maps of the same two parameters: observed means, and the emulator's surface.

    Those of one measure have one scale. `level` is a value of the measures whose contour is drawn,
    in their own unit.
    """
    page = Page(_title(maps), _note(maps, level), _emulators(maps))
    left = _room_for_names(maps[0].y)
    room = (WIDTH - MARGIN - left + GAP) / len(maps)
    top = page.top + 104 + (LINE if len(maps) > 1 else 0)
    bottom = page.bottom - 66
    for index, one in enumerate(maps):
        alike = [m for m in maps if (m.measure, m.against is None) == (one.measure, one.against is None)]
        shown, bands = quantity(one.measure), _bands(alike)
        x, width = left + index * room, room - GAP
        page.marks += say(x, top - (76 if len(maps) == 1 else 92), _heading(one, shown), width, 2)
        page.marks += _key(x, top - 56, width, bands)
        # One map has both panels side by side, several have them one under the other.
        beside = len(maps) == 1
        size = ((width - GAP) / 2, bottom - top) if beside else (width, (bottom - top - 40) / 2)
        for place, kind in enumerate(("observed", "by the emulator")):
            step = (place * (size[0] + GAP), 0.0) if beside else (0.0, place * (size[1] + 40))
            panel = _panel(one.x, one.y, x + step[0], top + step[1] + 10, size[0], size[1] - 10)
            page.marks += say(panel.right, panel.top - 15, kind, size[0], colour=QUIET, anchor="end")
            if kind == "observed":
                page.marks += _tiles(panel, one.x.edges, one.y.edges, one.means, bands.colour)
            else:
                surface = one.emulator.surface
                page.marks += _tiles(panel, _halfway(one.x), _halfway(one.y), surface, bands.colour)
            if level is not None:
                page.marks += _contour(panel, one.x, one.y, one.emulator.surface, level)
            if index == 0 and (place == 0 or not beside):
                page.marks += _scale_up(panel, one.y)
            if place == 1 or beside:
                page.marks += _scale_across(panel, one.x)
    page.marks += _axis_names(page, left, maps[0].x, maps[0].y)
    rows = [row for one in maps for row in _rows(one)]
    return page.picture(rows_to_table(COLUMNS, rows))


def phase_diagram(found: PhaseMap) -> Picture:
    """Draw where change accelerates, fades or collapses: a cell for each part of the two parameters.

    The lines are the emulator's: full where acceleration is zero, dashed where half survive.
    """
    x, y = found.acceleration.x, found.acceleration.y
    points = found.acceleration.drawn
    page = Page(
        _phase_title(found),
        f"{plural(len(points.points), 'point')}, {points.n_runs:,} runs, seed {points.seed}; "
        "trends by 95 % intervals over points.",
        _phase_emulators(found),
    )
    left = _room_for_names(y)
    panel = _panel(x, y, left, page.top + 20, 700, page.bottom - page.top - 96)
    fills = {-1: PAPER, **{place: PHASE_FILLS[phase] for place, phase in enumerate(PHASES)}}
    page.marks += _tiles(panel, x.edges, y.edges, found.phases, fills.__getitem__)
    change, survival = found.acceleration.emulator, found.survived.emulator
    drawn = []
    if change.name:
        lives = np.where(survival.surface > 0.5, change.surface, np.nan)
        drawn.append(("acceleration is 0", "", [*_contour(panel, x, y, lives, 0.0)]))
    if survival.name:
        drawn.append(("half survive", "12 8", [*_contour(panel, x, y, survival.surface, 0.5, dash="12 8")]))
    page.marks += [line for _, _, lines in drawn for line in lines]
    page.marks += _scale_up(panel, y)
    page.marks += _scale_across(panel, x)
    page.marks += _axis_names(page, left, x, y)
    left, top = panel.right + 40, panel.top + 10
    for index, (phase, fill) in enumerate(PHASE_FILLS.items()):
        page.marks.append(Box(left, top + 54 * index, 36, 36, fill, QUIET))
        words = f"{phase}: {percent(found.share(phase))}"
        page.marks += say(left + 50, top + 54 * index + 18, words, WIDTH - left - 60)
    for index, (words, dash, _) in enumerate(line for line in drawn if line[2]):
        height = top + 250 + 44 * index
        page.marks.append(Line(((left, height), (left + 40, height)), INK, 4, dash))
        page.marks += say(left + 50, height, words, WIDTH - left - 60)
    return page.picture(rows_to_table(PHASE_COLUMNS, list(_phase_rows(found))))


# --- Parts of a map -------------------------------------------------------------------------------


def _panel(x: Axis, y: Axis, left: float, top: float, width: float, height: float) -> Panel:
    across, up = ((float(axis.edges[0]), float(axis.edges[-1])) for axis in (x, y))
    return Panel(left, top, width, height, across, up)


def _tiles(
    panel: Panel, xs: Floats, ys: Floats, values: np.ndarray, colour: Callable[[Any], str]
) -> Iterator[Mark]:
    """Fill each place between edges by its value; what has none, as a cell without points, stays white."""
    for (row, column), value in np.ndenumerate(values):
        if math.isfinite(value):
            left, right = panel.x(xs[column]), panel.x(xs[column + 1])
            bottom, top = panel.y(ys[row]), panel.y(ys[row + 1])
            # A little larger than the place, so that no white lines show between.
            size = (min(right + 0.7, panel.right) - left, min(bottom + 0.7, panel.bottom) - top)
            yield Box(left, top, *size, colour(value))
    corners = [(panel.left, panel.top), (panel.right, panel.top), (panel.right, panel.bottom)]
    yield Line([*corners, (panel.left, panel.bottom), corners[0]], QUIET, 1.5)


def _halfway(axis: Axis) -> Floats:
    """Return the edges between the places at which an emulator was evaluated."""
    middles = (axis.fine[1:] + axis.fine[:-1]) / 2
    return np.array([axis.edges[0], *middles, axis.edges[-1]])


def _contour(panel: Panel, x: Axis, y: Axis, surface: Floats, level: float, dash: str = "") -> Iterator[Line]:
    """Draw the line along which a surface has a value; there is none between names."""
    if x.names or y.names:
        return
    from contourpy import contour_generator

    for line in contour_generator(x.fine, y.fine, surface).lines(level):
        places = np.column_stack([panel.x(np.asarray(line)[:, 0]), panel.y(np.asarray(line)[:, 1])])
        yield Line(places.tolist(), PAPER, 8)
        yield Line(places.tolist(), INK, 4, dash)


def _scale_across(panel: Panel, x: Axis) -> Iterator[Mark]:
    """Write the values of the first parameter below a panel."""
    if x.names:
        width = panel.width / x.n_cells - 8
        yield from panel.numbers_below(list(range(x.n_cells)), [" ".join(wrap(n, width)) for n in x.names])
    else:
        most = 2 if panel.width < 400 else 4
        yield from panel.numbers_below(*value_ticks(*panel.across, most))


def _scale_up(panel: Panel, y: Axis) -> Iterator[Mark]:
    """Write the values of the second parameter beside a panel."""
    ticks, words = (list(range(y.n_cells)), y.names) if y.names else value_ticks(*panel.up, 3)
    for tick, word in zip(ticks, words, strict=True):
        width = panel.left - 18
        yield from written(panel.left - 8, panel.y(tick), wrap(word, width), anchor="end", colour=QUIET)


def _room_for_names(y: Axis) -> float:
    """Return where panels begin, so that the names of the second parameter stand beside them."""
    return min(max([LEFT, *(text_width(name) + 24 for name in y.names)]), MOST_LEFT)


def _axis_names(page: Page, left: float, x: Axis, y: Axis) -> Iterator[Mark]:
    """Name both parameters, in the last line of the picture."""
    across, up = (in_words(axis.parameter) + (f" ({axis.unit})" if axis.unit else "") for axis in (x, y))
    yield from say(left, page.bottom - 12, f"Across: {across}. Up: {up}.", WIDTH - MARGIN - left)


# --- Colours --------------------------------------------------------------------------------------


class _Bands:
    """Bands of values, each with a colour: light for little, dark for much; orange below zero.

    There is one fill fewer than there are edges, and labels for them. `n_below` counts the bands below
    zero, where there are bands on both sides; else it is 0.
    """

    def __init__(self, low: float, high: float, scale: float) -> None:
        self.scale = scale
        ticks, _ = value_ticks(scale * low, scale * high, MOST_BANDS - 1)
        step = ticks[1] - ticks[0]
        first = ticks[0] - (step if ticks[0] > scale * low + 1e-9 * step else 0)
        n = max(1, math.ceil((scale * high - first) / step - 1e-9))
        self.edges = [first + step * index for index in range(n + 1)]
        self.labels = [f"{round(edge / step) * step:,.10g}".replace("-", "−") for edge in self.edges]
        n_below = sum(edge < -1e-9 * step for edge in self.edges[:-1]) if high > 0 else 0
        above = _tints(tuple(reversed(SHADES)), n - n_below)
        self.step, self.n_below = step, n_below
        self.fills = [*reversed(_tints(tuple(reversed(BELOW_ZERO)), n_below)), *above]

    def colour(self, value: float) -> str:
        """Return the colour of a value."""
        if self.n_below and abs(self.scale * value) < self.step / 4:
            return ABOUT_ZERO
        place = int(np.searchsorted(self.edges, self.scale * value, side="right")) - 1
        return self.fills[min(max(place, 0), len(self.fills) - 1)]


def _tints(colours: Sequence[str], n: int) -> list[str]:
    """Return n colours from the first to the last of some, mixed where there are too few."""
    parts = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in colours], float)
    places = np.linspace(0, len(colours) - 1, n)
    mixed = [np.interp(places, np.arange(len(colours)), part) for part in parts.T]
    return ["#{:02X}{:02X}{:02X}".format(*map(round, colour)) for colour in zip(*mixed, strict=True)]


def _bands(maps: Sequence[Map]) -> _Bands:
    """Choose the bands of all maps that are of one measure, or of its differences."""
    values = np.concatenate([part.ravel() for one in maps for part in (one.means, one.emulator.surface)])
    known = values[np.isfinite(values)]
    low, high = float(known.min()), float(known.max())
    if low == high:
        low, high = low - 0.5 * abs(low or 1), high + 0.5 * abs(high or 1)
    return _Bands(low, high, quantity(maps[0].measure).scale)


def _key(left: float, top: float, width: float, bands: _Bands) -> Iterator[Mark]:
    """Draw the key: the bands, with as many of their edges as there is room to write."""
    n = len(bands.fills)
    part = min(width / n, 90)
    for index, fill in enumerate(bands.fills):
        yield Box(left + part * index, top, part, 16, fill)
    if bands.n_below:
        yield Box(left + part * (bands.n_below - 0.25), top, part / 2, 16, ABOUT_ZERO)
    room = max(text_width(label) for label in bands.labels) + 10
    every = max(1, math.ceil(room / part))
    for index in range(0, n + 1, every):
        anchor = "start" if index == 0 else "middle"
        yield Text(left + part * index, top + 16 + TYPE, bands.labels[index], anchor, QUIET)


# --- Words ----------------------------------------------------------------------------------------


def _heading(one: Map, shown: Quantity) -> str:
    if one.against is not None:
        return f"{in_title(one.arm or '')} less {in_title(one.against)}: {shown.heading}"
    return shown.heading if one.arm in (None, "base") else f"{in_title(one.arm or '')}: {shown.heading}"


def _title(maps: Sequence[Map]) -> str:
    """Write the title: where the first map is highest, or that it has no pattern."""
    one = maps[0]
    shown = quantity(one.measure)
    what = subject(one.measure, None if one.arm == "base" else one.arm, one.against)
    if not one.emulator.name or one.emulator.explained < LEAST_EXPLAINED:
        names = join([in_words(axis.parameter) for axis in (one.x, one.y)])
        return f"{what}: no pattern over {names} that would tell of an unseen point"
    surface = one.emulator.surface
    highest = np.unravel_index(int(surface.argmax()), surface.shape)
    most, least = (shown.say(float(value)) for value in (surface[highest], surface.min()))
    return f"{what} is highest, {most}, where {_place(one, highest)}; lowest is {least}"


def _place(one: Map, at: tuple[Any, ...]) -> str:
    """Tell a place of a map: 'delegated authority is 0.8 and planning horizon is 12 months'."""
    parts = []
    for axis, index in ((one.x, at[1]), (one.y, at[0])):
        unit = f" {axis.unit}" if axis.unit else ""
        value = axis.names[index] if axis.names else f"{float(f'{axis.fine[index]:.2g}'):,g}{unit}"
        parts.append(f"{in_words(axis.parameter)} is {value}")
    return join(parts)


def _emulators(maps: Sequence[Map]) -> str:
    """Tell each emulator, and how far it errs at points that it has not seen."""
    said = []
    sides = {1: ("",), 2: ("left: ", "right: ")}.get(len(maps), ("left: ", "middle: ", "right: "))
    for side, one in zip(sides, maps, strict=True):
        shown = quantity(one.measure)
        error, without = (shown.say(e) for e in (one.emulator.error, one.emulator.error_of_mean))
        kind = one.emulator.name or "one number for all"
        told = f"explains {percent(one.emulator.explained)}, errs by {error} (one number: {without})"
        said.append(f"{side}{kind}, {told}")
    return f"At points left out, {'; '.join(said)}."


def _note(maps: Sequence[Map], level: float | None) -> str:
    points, shown = maps[0].drawn, quantity(maps[0].measure)
    line = "" if level is None else f" Line: {shown.scale * level:.3g}{shown.suffix}."
    runs = f"{plural(len(points.points), 'point')}, {points.n_runs:,} runs a map, seed {points.seed}"
    return f"{runs}.{line} White: no points."


def _phase_emulators(found: PhaseMap) -> str:
    """Tell how far the emulators' lines can be trusted."""
    told = [
        f"{what} by {one.emulator.name}, which explains {percent(one.emulator.explained)}"
        for what, one in (("acceleration", found.acceleration), ("survival", found.survived))
        if one.emulator.name
    ]
    return f"Lines: {'; '.join(told) or 'none, as no emulator tells of unseen points'}."


def _phase_title(found: PhaseMap) -> str:
    """Write the title: how much of the map is in which phase, and where the most telling one is."""
    x, y = found.acceleration.x, found.acceleration.y
    whose = "" if found.arm in (None, "base") else f" with {in_title(found.arm or '')}"
    told = []
    for phase, words in (
        ("accelerates", f"change{whose} accelerates"),
        ("fades", "fades" if found.share("accelerates") else f"change{whose} fades"),
        ("collapses", "partnerships collapse"),
    ):
        if share := found.share(phase):
            told.append(f"{words} in {percent(share)}")
    over = f"of the map of {in_words(x.parameter)} and {in_words(y.parameter)}"
    if not told:
        return f"Change{whose} has no clear trend in any part {over}"
    nowhere = "" if found.share("accelerates") else "; it accelerates nowhere"
    return f"{capital(join(told))} {over}{nowhere}"


# --- Numbers --------------------------------------------------------------------------------------


def _ends(axis: Axis, index: int) -> tuple[Any, Any]:
    """Return the ends of a cell; of a name, the name twice."""
    if axis.names:
        return axis.names[index], axis.names[index]
    return float(axis.edges[index]), float(axis.edges[index + 1])


def _rows(one: Map) -> Iterator[tuple[Any, ...]]:
    """Give a row for each cell of a map."""
    for (row, column), mean in np.ndenumerate(one.means):
        nearest = [
            int(np.abs(axis.fine - (axis.edges[at] + axis.edges[at + 1]) / 2).argmin())
            for axis, at in ((one.y, row), (one.x, column))
        ]
        what = (one.measure, one.arm or "", one.against or "", *_ends(one.x, column), *_ends(one.y, row))
        interval = float(one.lows[row, column]), float(one.highs[row, column])
        emulated = float(one.emulator.surface[nearest[0], nearest[1]])
        yield (*what, float(mean), *interval, int(one.n_points[row, column]), emulated)


def _phase_rows(found: PhaseMap) -> Iterator[tuple[Any, ...]]:
    """Give a row for each cell of a phase diagram."""
    one = found.acceleration
    for (row, column), phase in np.ndenumerate(found.phases):
        sustained = math.nan if found.sustained is None else float(found.sustained[row, column])
        where = (found.arm or "", *_ends(one.x, column), *_ends(one.y, row))
        phase_in_words = "too few points" if phase < 0 else PHASES[phase]
        numbers = (of[row, column] for of in (one.means, one.lows, one.highs, found.survived.means))
        yield (*where, phase_in_words, *map(float, numbers), sustained, int(one.n_points[row, column]))
