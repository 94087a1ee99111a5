"""Pictures as inline SVG: numbers go in, text comes out.

Every picture is a `Drawing`: the SVG, its title and the table of the numbers behind it. Type is
24 units high in pictures drawn for half of a screen of 1280 pixels (`PANE`) or all of it (`WIDE`),
so it can be read from the back row. Trust is told by colour, width and dash together, all else by
fill and place besides colour. Names are escaped: they may come from a stranger's link.

What changes from month to month are classes and numbers of elements that keep their ids
(`network_frames`, `heatmap_frames`), so a page can play a run without building a picture anew. What
can be dragged tells where it stands: `data-left` is the place of month 0, `data-unit` the width of
a month, `data-months` how many there are.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from partnersim.app.sentences import Sides, Why, capital, signed, span, trust_word, when
from partnersim.app.steps import STEPS, step_of
from partnersim.app.words import Words
from partnersim.runs.measures import YEAR, Floats

PANE = (620, 332)
TALL_PANE = (620, 470)
"""For more than eight organisations."""

WIDE = (1240, 560)
TYPE = 24
LINE = 28
RING = 112
"""Half the width of the ring of organisations; what is left and right of it is for names."""

NARROW, WIDE_LETTERS = frozenset("fijlrtI.,:;'|!()[]/ “”"), frozenset("mwMWÆŒ@%…—")
"""Letters that take less room than others, and more."""

BOLD = 1.1
"""How much wider bold type is."""

MARGINS = (180, 240, 300, 380, 460)
"""Pixels right of lines for their names: the first that is enough, of three on a single row."""

MARGIN_EDGE = 16
NAME_ROWS = 3
"""On which the name of a line can stand."""

NO_NAMES = 24
"""Pixels right of a chart that has no names there."""

MOST_ROWS = 3
"""Of labels of flags; a flag for which there is no room has none, and is in the list of changes."""

INK, QUIET, GREY, PAPER = "#0B0C0C", "#505A5F", "#BFBFBF", "#FFFFFF"
COLOURS = ("#12436D", "#28A197", "#801650", "#F46A25")
DARK = ("#12436D", "#1A6B64", "#801650", "#A8410C")
"""The same, dark enough for text on white."""

DASHES = ("", "12 5", "16 4 4 4", "4 5")
FAMILY = "Arial, Helvetica, 'Liberation Sans', 'DejaVu Sans', sans-serif"
"""That of the page around the pictures."""

N_DOTS = 50
DOT_ROOM = 92.0
"""Height that dots may take up on each other."""

LARGEST_DOT = 20.0
"""Its diameter."""

STRIP_MONTHS = (0, 12, 24, 36, 60, 84, 120, 180, 240)
"""Months of the small pictures, as far as a run goes."""

STYLE = "".join(
    f".ps-step-{index}{{stroke:{step.line};stroke-width:{step.width:g}px;"
    f"stroke-dasharray:{step.dash or 'none'}}}"
    f".ps-fill-{index}{{fill:{step.fill}}}.ps-ink-{index}{{fill:{step.ink}}}"
    for index, step in enumerate(STEPS)
) + (
    ".ps-step-none{stroke:none}.ps-fill-none{fill:none}.ps-ink-none{fill:none}"
    ".ps-link{cursor:pointer}"
    "a.ps-cell:focus-visible rect,a.ps-node:focus-visible circle{stroke:#0B0C0C;stroke-width:5px}"
    ".ps-deadline{cursor:ew-resize}"
)
"""What the classes of the pictures look like; every picture brings it along."""


Row = tuple[str | int | float, ...]


@dataclass(frozen=True)
class Table:
    """The numbers behind a picture: headings, and rows of text and numbers."""

    headings: tuple[str, ...]
    rows: tuple[Row, ...]

    def to_html(self, caption: str) -> str:
        """A table for a page, all text escaped."""
        top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in self.headings)
        body = "".join(
            f'<tr><th scope="row">{escape(str(row[0]))}</th>'
            + "".join(f"<td>{escape(_number(cell))}</td>" for cell in row[1:])
            + "</tr>"
            for row in self.rows
        )
        head = f"<caption>{escape(caption)}</caption><thead><tr>{top}</tr></thead>"
        return f"<table>{head}<tbody>{body}</tbody></table>"


@dataclass(frozen=True)
class Drawing:
    """A picture: its SVG, its message or subject, and the numbers behind it."""

    svg: str
    title: str
    table: Table


@dataclass(frozen=True)
class Series:
    """A line of a chart: its name, its values month by month, and faint ones behind it."""

    name: str
    values: Floats
    faint: Floats | None = None


# --- who trusts whom ------------------------------------------------------------------------------


def network(
    trust: Floats,
    names: Sequence[str],
    titles: Sequence[str],
    month: int,
    words: Words,
    *,
    prefix: str = "",
    chosen: str = "",
    of: str = "",
) -> Drawing:
    """Draw organisations on a fixed circle, and each one's trust as its half of a line.

    Parameters
    ----------
    trust : float64[n, n], in [0, 1]
        Row trusts column; NaN on the diagonal and for the absent.
    names, titles
        Short names, for ids, and names to show.
    month
        Which month it is.
    prefix
        Put before ids, where there are two pictures on a page.
    chosen
        Short name of the organisation whose lines are to stand out; empty for none.
    of
        Which world it is, where there are two.
    """
    size = _pane(len(names))
    places = _on_ring(size, titles)
    parts = [
        _half(link, trust, names, titles, places, words, prefix, chosen)
        for link in sorted(_links(names), key=lambda link: _sortable(float(trust[link])))
    ]
    for index, (name, title) in enumerate(zip(names, titles, strict=True)):
        parts.append(_node(index, name, title, places, trust, words, prefix))
    title = _title_of(words("draw.network", when=when(month, words)), of)
    table = _trust_table(trust, titles, words)
    described = words("draw.network_desc")
    return Drawing(_svg(size, title, described, parts, interactive=True), title, table)


def network_frames(trust: Floats, names: Sequence[str], prefix: str = "") -> list[dict[str, str]]:
    """The class of each half line, month by month: what a page changes to play a run.

    Parameters
    ----------
    trust : float64[months + 1, n, n], in [0, 1]
    """
    ids = {link: _link_id(link, names, prefix) for link in _links(names)}
    return [{id_: _step_class(trust[(month, *link)]) for link, id_ in ids.items()}
            for month in range(len(trust))]  # fmt: skip


def heatmap(
    trust: Floats,
    names: Sequence[str],
    titles: Sequence[str],
    month: int,
    words: Words,
    *,
    prefix: str = "",
    of: str = "",
) -> Drawing:
    """Draw the table of who trusts whom in colour: rows trust columns; `of` says in which world.

    Every cell is a link that the keyboard can reach; it carries `data-link="hospital>council"`.
    """
    n = len(names)
    width, height = (PANE[0], 350) if n <= 8 else TALL_PANE
    left, top = 236, 32
    cell_w, cell_h = (width - left - 4) / n, min(84.0, (height - top - 4) / n)
    parts = []
    for column in range(n):
        x = left + (column + 0.5) * cell_w
        parts.append(_text(x, top - 8, str(column + 1), anchor="middle", colour=QUIET))
    for row in range(n):
        y = top + row * cell_h
        n_lines = 2 if cell_h >= TYPE + LINE else 1
        lines = wrap(f"{row + 1} {titles[row]}", left - 10, n_lines)
        parts.append(_text_lines(4, y + cell_h / 2, lines))
    for link in _links(names):
        x, y = left + link[1] * cell_w, top + link[0] * cell_h
        parts.append(_cell(link, trust, names, titles, (x, y, cell_w, cell_h), words, prefix))
    title = _title_of(words("draw.heatmap", when=when(month, words)), of)
    table = _trust_table(trust, titles, words)
    size = (width, round(top + n * cell_h + 4))
    return Drawing(_svg(size, title, "", parts, interactive=True), title, table)


def heatmap_frames(trust: Floats, names: Sequence[str], prefix: str = "") -> list[dict[str, str]]:
    """The number in each cell, month by month, nothing for the absent: what a page changes to play.

    Parameters
    ----------
    trust : float64[months + 1, n, n], in [0, 1]
    """
    ids = {link: _cell_id(link, names, prefix) for link in _links(names)}
    return [{id_: _hundredths(trust[(month, *link)]) for link, id_ in ids.items()}
            for month in range(len(trust))]  # fmt: skip


def strip(
    trust: Floats,
    words: Words,
    months: Sequence[int] = STRIP_MONTHS,
    *,
    width: int = WIDE[0],
) -> Drawing:
    """Draw small pictures of the network side by side, one for each of some months.

    Parameters
    ----------
    trust : float64[months + 1, n, n], in [0, 1]
    width
        Of the picture; more rows where it is narrow.
    """
    shown = [month for month in months if month < len(trust)]
    n = trust.shape[1]
    a_row = len(shown) if width > PANE[0] else math.ceil(len(shown) / 2)
    room, tall = width / a_row, 220
    parts = []
    for index, month in enumerate(shown):
        middle, top = (index % a_row + 0.5) * room, index // a_row * tall
        radius = min(78, room / 2 - 14)
        places = _ring(n, (middle, top + 96), (radius, radius))
        for link in _pairs_of(n):
            parts.append(_small_half(link, float(trust[(month, *link)]), places))
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{INK}"/>' for x, y in places]
        label = words("time.start") if month == 0 else span(month, words)
        parts.append(_text(middle, top + 212, label, anchor="middle"))
    title = words("draw.strip")
    rows = tuple((when(month, words), *_mean_trust(trust[month], words)) for month in shown)
    table = Table((words("draw.month"), words("draw.level"), words("draw.step")), rows)
    size = (width, tall * math.ceil(len(shown) / a_row))
    return Drawing(_svg(size, title, "", parts), title, table)


def key(words: Words) -> Drawing:
    """Draw the key to the five steps of trust, for under a network or a heatmap."""
    width, height = PANE[0], 62
    room = width / len(STEPS)
    parts = []
    for index, step in enumerate(STEPS):
        middle = (index + 0.5) * room
        parts.append(f'<rect x="{middle - 50:.1f}" y="2" width="18" height="26" '
                     f'class="ps-fill-{index}"/>')  # fmt: skip
        parts.append(_stroke((middle - 26, 15), (middle + 50, 15), f"ps-step-{index}"))
        parts.append(_text(middle, 54, words(f"trust.{step.name}"), anchor="middle"))
    rows = tuple((words(f"trust.{step.name}"), round(100 * step.low)) for step in STEPS)
    table = Table((words("draw.step"), words("draw.level")), rows)
    title = words("draw.key")
    return Drawing(_svg((width, height), title, "", parts), title, table)


# --- out of a hundred -----------------------------------------------------------------------------


def icon_arrays(
    without: Floats,
    with_: Floats,
    deadline: int,
    what: str,
    sides: Sides,
    words: Words,
    *,
    width: int = WIDE[0],
) -> Drawing:
    """Draw which of our simulated partnerships got there in time, without and with.

    Parameters
    ----------
    without, with_ : float64[n]
        First month in which it was there; NaN for never.
    deadline
        Last month that is in time.
    what, sides
        What was to be there, and what each array has.
    width
        Of the picture; where it is narrow, one array stands below the other.
    """
    total = len(without)
    counts = [int((months <= deadline).sum()) for months in (without, with_)]
    said = {"without": counts[0], "with": counts[1], "total": total}
    title = capital(sides.say("draw.icons", words, what=what, when=when(deadline, words), **said))
    parts = []
    labels = tuple(capital(name) for name in sides.names(words))
    wrapped = [wrap(label, 570 / BOLD, 2) for label in labels]
    more = LINE * (max(len(lines) for lines in wrapped) - 1)
    tall = 336 + more
    is_wide = width > PANE[0]
    for index, (lines, months) in enumerate(zip(wrapped, (without, with_), strict=True)):
        left, top = (30 + index * 620, 0) if is_wide else (30, index * tall)
        for number, line in enumerate(lines):
            parts.append(_text(left, top + 26 + number * LINE, line, weight="bold"))
        top += more
        parts += _icons(np.sort(months) <= deadline, left, top + 42, COLOURS[index])
        parts.append(_text(left + 430, top + 190, str(counts[index]), size=88, weight="bold",
                           anchor="middle", colour=DARK[index]))  # fmt: skip
        out_of = words("draw.out_of", total=total)
        parts.append(_text(left + 430, top + 230, out_of, anchor="middle", colour=QUIET))
    rows = tuple((label, count, total - count) for label, count in zip(labels, counts, strict=True))
    table = Table((words("draw.partnerships"), words("draw.in_time"), words("draw.too_late")), rows)
    size = (width, tall - 10 if is_wide else 2 * tall - 10)
    return Drawing(_svg(size, title, words("draw.icons_desc"), parts), title, table)


def dots(
    without: Floats,
    with_: Floats,
    deadline: int,
    months: int,
    what: str,
    sides: Sides,
    words: Words,
    *,
    width: int = WIDE[0],
) -> Drawing:
    """Draw 50 dots for when each arm got there, and a deadline: `<g class="ps-deadline">`.

    Those that never got there stand right of the axis. Each dot carries `data-month`, and the
    deadline where it may stand, so that a page can drag it; it is a slider for the keyboard.
    `width` is that of the picture.
    """
    total = len(without)
    worth = total / N_DOTS
    title = capital(words("draw.dots", what=what))
    axis = _Axis(months, width)
    picked = [pick_dots(values) for values in (without, with_)]
    grain = _grain(picked, axis)
    parts = []
    labels = tuple(capital(name) for name in sides.names(words))
    for index, (label, values) in enumerate(zip(labels, picked, strict=True)):
        base = axis.top + 130 + index * 134
        parts.append(_text(4, base - 104, shorten(label, (width - 8) / BOLD), weight="bold"))
        parts += _stack(values, base, deadline, COLOURS[index], axis, grain)
        parts.append(_line_between((axis.left, base + 2), (axis.right, base + 2), QUIET, 2))
    parts += axis.years(axis.bottom + 26)
    never = words("draw.never" if axis.is_wide else "draw.never_short", years=span(months, words))
    parts.append(_text(axis.never, axis.bottom + 26, shorten(never, width - axis.never),
                       colour=QUIET))  # fmt: skip
    parts.append(_deadline(deadline, axis, words))
    years = range(YEAR, months + 1, YEAR)
    rows = tuple(
        (when(month, words), int((without <= month).sum()), int((with_ <= month).sum()))
        for month in years
    )
    table = Table((words("draw.by"), *labels), rows)
    desc = words("draw.dots_desc", worth=f"{worth:g}", total=total)
    size = (width, axis.bottom + 34)
    return Drawing(_svg(size, title, desc, parts, interactive=True), title, table)


def pick_dots(values: Floats, n_dots: int = N_DOTS) -> Floats:
    """Stand-ins for values, each for as many: the middle ones of equal parts; NaN come last."""
    ordered = np.sort(values)
    positions = ((np.arange(n_dots) + 0.5) * len(ordered) / n_dots).astype(int)
    return np.asarray(ordered[positions])


# --- why, over time, guesses ----------------------------------------------------------------------


def bars(why: Why, words: Words) -> Drawing:
    """Draw what moved trust as signed bars that add up to the last one, each below its cause."""
    rows = [(bar.label, bar.tenths) for bar in why.bars] + [(words("why.total"), why.total)]
    most = max((abs(tenths) for _, tenths in rows), default=1) or 1
    zero, reach, step = PANE[0] / 2, 200, 52
    parts = []
    for index, (label, tenths) in enumerate(rows):
        y = index * step
        is_total = index == len(rows) - 1
        weight = "bold" if is_total else "normal"
        width = reach * abs(tenths) / most
        x = zero if tenths >= 0 else zero - width
        colour = COLOURS[0] if tenths >= 0 else COLOURS[2]
        if is_total:
            parts.append(_line_between((4, y), (PANE[0] - 4, y), QUIET, 2))
        parts.append(_text(4, y + 23, shorten(label, (PANE[0] - 8) / BOLD), weight=weight))
        parts.append(f'<rect x="{x:.1f}" y="{y + 30}" width="{width:.1f}" height="18" '
                     f'fill="{colour}"/>')  # fmt: skip
        parts.append(_line_between((zero, y + 28), (zero, y + 50), INK, 2))
        end = zero + width + 10 if tenths >= 0 else zero - width - 10
        anchor = "start" if tenths >= 0 else "end"
        parts.append(_text(end, y + 48, signed(tenths), anchor=anchor, weight=weight))
    title = words("draw.bars")
    table = Table(
        (words("draw.cause"), words("draw.points")),
        tuple((label, signed(tenths)) for label, tenths in rows),
    )
    return Drawing(_svg((PANE[0], len(rows) * step + 2), title, "", parts), title, table)


def lines(
    series: Sequence[Series],
    title: str,
    words: Words,
    *,
    month: int | None = None,
    flags: Mapping[int, str] | None = None,
    top: float | None = None,
    scale: float = 1.0,
    size: tuple[int, int] = WIDE,
    margin: int | None = None,
) -> Drawing:
    """Draw up to four lines over time, with their names, flags and the month shown.

    Names stand right of the lines, on as many rows as it takes; above them where it is narrow.

    Parameters
    ----------
    series
        Up to four; all as long.
    month
        Where the cursor stands; none if left out. A page can move it by itself.
    flags
        What stands on the timeline, by month.
    top
        Upper end of the axis; that of the values if left out. The lower end is 0.
    scale
        What numbers are multiplied by to be shown: 100 for shares in per cent.
    size, margin
        Of the picture, and of the room right of the lines for their names, in pixels; as much
        as the names take if left out. A narrow picture becomes higher by the names above it.

    Raises
    ------
    ValueError
        For more than four series.
    """
    if not 1 <= len(series) <= len(COLOURS):
        raise ValueError(f"series: {len(series)} given; a chart shows 1 to {len(COLOURS)}")
    months = len(series[0].values) - 1
    highest = max(float(np.nanmax(line.values)) for line in series) * scale
    ceiling = _round_up(highest if top is None else top)
    names = [line.name for line in series]
    above: list[list[str]] = []
    if margin is None and size[0] <= PANE[0]:
        margin, above = NO_NAMES, [wrap(name, (size[0] - 70) / BOLD, 2) for name in names]
    elif margin is None:
        margin = _margin(names)
    higher = LINE * sum(len(rows) for rows in above)
    size = (size[0], size[1] + higher)
    labels = _place_flags(flags or {}, size, months, margin)
    n_rows = 1 + max((flag.row for flag in labels), default=0)
    frame = _Frame(size, months, ceiling, margin, n_rows=n_rows, above=higher)
    parts = [*_legend(above), *frame.axes(), *(frame.flag(flag) for flag in labels)]
    for index, line in enumerate(series):
        if line.faint is not None:
            parts += [frame.path(run * scale, COLOURS[index], 1.5, "", 0.35) for run in line.faint]
    for index, line in enumerate(series):
        parts.append(frame.path(line.values * scale, COLOURS[index], 5, DASHES[index], 1.0))
    if frame.room > 2 * TYPE:
        parts += _names_at_ends([(line.name, _last(line.values) * scale) for line in series], frame)
    if month is not None:
        x = frame.x(month)
        cursor = _line_between((x, frame.upper), (x, frame.lower), INK, 3)
        where = _where(month, frame.left, frame.x(1) - frame.x(0), months)
        parts.append(f'<g class="ps-cursor" {where}>{cursor}</g>')
    rows: tuple[Row, ...] = tuple(
        (when(at, words), *(round(float(line.values[at]) * scale, 3) for line in series))
        for at in range(0, months + 1, YEAR)
    )
    table = Table((words("draw.by"), *(line.name for line in series)), rows)
    return Drawing(_svg(size, title, words("draw.lines_desc"), parts), title, table)


def guesses(
    options: Sequence[str],
    room: Sequence[int],
    hundred: Sequence[int],
    answer: int,
    words: Words,
    *,
    width: int = WIDE[0],
) -> Drawing:
    """Draw what the room said against what came, option by option.

    Parameters
    ----------
    options
        Answers to choose from.
    room, hundred
        How many people, and how many simulated partnerships, for each.
    answer
        The option that came true in the partnership shown.
    width
        Of the picture; where it is narrow, bars stand below their options.
    """
    people, runs = max(sum(room), 1), max(sum(hundred), 1)
    parts = []
    is_wide = width > PANE[0]
    left, reach = (480, 440) if is_wide else (4, 300)
    step = 92 if is_wide else 150
    for index, option in enumerate(options):
        y = index * step
        is_answer = index == answer
        weight = "bold" if is_answer else "normal"
        said = wrap(option, (450 if is_wide else width) / BOLD, 2)
        if is_answer:
            said.append(f"✔ {words('draw.this')}")
        for line, text in enumerate(said):
            parts.append(_text(4, y + 24 + line * LINE, text, weight=weight))
        for row, (count, whole, colour, label) in enumerate((
            (room[index], people, COLOURS[3], words("draw.room")),
            (hundred[index], runs, COLOURS[0], words("draw.hundred", total=runs)),
        )):  # fmt: skip
            height = y + row * 39 + (0 if is_wide else LINE * len(said) + 4)
            length = max(reach * count / whole, 2)
            parts.append(f'<rect x="{left}" y="{height + 2}" width="{length:.1f}" height="32" '
                         f'fill="{colour}" stroke="{INK}"/>')  # fmt: skip
            parts.append(_text(left + length + 10, height + 27, f"{count}: {label}"))
    title = words("draw.guesses")
    headings = (words("draw.option"), words("draw.room"), words("draw.hundred", total=runs))
    table = Table(headings, tuple(zip(options, room, hundred, strict=True)))
    size = (width, len(options) * step)
    return Drawing(_svg(size, title, "", parts), title, table)


# --- parts of the network -------------------------------------------------------------------------

Point = tuple[float, float]
Link = tuple[int, int]


def _title_of(title: str, of: str) -> str:
    """A title that says of which world the picture is."""
    return f"{title} ({of})" if of else title


def _on_ring(size: tuple[int, int], titles: Sequence[str]) -> list[Point]:
    """Places on a ring, clockwise from the top, with room for names above, below and beside it."""
    n = len(titles)
    above, below = (34 + LINE * len(_name_lines(title)) for title in (titles[0], titles[n // 2]))
    middle = (size[0] / 2, (above + size[1] - below) / 2)
    return _ring(n, middle, (RING, (size[1] - above - below) / 2))


def _ring(n: int, centre: Point, radii: Point) -> list[Point]:
    """Places clockwise from the top."""
    angles = [2 * math.pi * index / n for index in range(n)]
    return [
        (centre[0] + radii[0] * math.sin(angle), centre[1] - radii[1] * math.cos(angle))
        for angle in angles
    ]


def _pane(n: int) -> tuple[int, int]:
    """Size of a picture of so many organisations."""
    return PANE if n <= 8 else TALL_PANE


def _pairs_of(n: int) -> Iterator[Link]:
    return ((i, j) for i in range(n) for j in range(n) if i != j)


def _links(names: Sequence[str]) -> list[Link]:
    return list(_pairs_of(len(names)))


def _link_id(link: Link, names: Sequence[str], prefix: str) -> str:
    return f"{prefix}link-{names[link[0]]}-{names[link[1]]}"


def _cell_id(link: Link, names: Sequence[str], prefix: str) -> str:
    return f"{prefix}cell-{names[link[0]]}-{names[link[1]]}"


def _hundredths(trust: float) -> str:
    """Trust of 100, as a whole number; nothing for nobody's."""
    return "" if math.isnan(trust) else f"{100 * trust:.0f}"


def _step_class(trust: float) -> str:
    step = step_of(float(trust))
    return f"ps-step-{STEPS.index(step) if step else 'none'}"


def _sortable(trust: float) -> float:
    """Strong trust is drawn last, over the weak."""
    return -1.0 if math.isnan(trust) else trust


def _said(link: Link, trust: Floats, titles: Sequence[str], words: Words) -> str:
    """Who trusts whom, in words; nothing where one is absent."""
    step = step_of(float(trust[link]))
    if step is None:
        return ""
    said = words(f"trust.of.{step.name}")
    return words("draw.trusts", trustor=titles[link[0]], step=said, trustee=titles[link[1]])


def _half(
    link: Link,
    trust: Floats,
    names: Sequence[str],
    titles: Sequence[str],
    places: Sequence[Point],
    words: Words,
    prefix: str,
    chosen: str,
) -> str:
    """One organisation's half of the line between two; a wide one unseen, to point at."""
    begin, end = places[link[0]], places[link[1]]
    middle = ((begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2)
    ends = f"{names[link[0]]}>{names[link[1]]}"
    is_dim = chosen and chosen != names[link[0]]
    opacity = ' opacity="0.15"' if is_dim else ""
    said = _said(link, trust, titles, words)
    id_ = _link_id(link, names, prefix)
    line = (
        f'<path id="{escape(id_)}" class="{_step_class(trust[link])}"{opacity} '
        f'd="M{begin[0]:.1f} {begin[1]:.1f}L{middle[0]:.1f} {middle[1]:.1f}" fill="none"/>'
    )
    aim = (
        f'<path d="M{begin[0]:.1f} {begin[1]:.1f}L{middle[0]:.1f} {middle[1]:.1f}" '
        'stroke="transparent" stroke-width="24" fill="none"/>'
    )
    title = f"<title>{escape(said)}</title>" if said else ""
    return f'<g class="ps-link" data-link="{escape(ends)}">{title}{line}{aim}</g>'


def _small_half(link: Link, trust: float, places: Sequence[Point]) -> str:
    """Half a line of a small picture: the same steps, thinner."""
    step = step_of(trust)
    if step is None:
        return ""
    begin, end = places[link[0]], places[link[1]]
    middle = ((begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2)
    dash = f' stroke-dasharray="{step.dash}"' if step.dash else ""
    return (
        f'<path d="M{begin[0]:.1f} {begin[1]:.1f}L{middle[0]:.1f} {middle[1]:.1f}" '
        f'stroke="{step.line}" stroke-width="{step.width / 2:g}"{dash}/>'
    )


def _node(
    index: int,
    name: str,
    title: str,
    places: Sequence[Point],
    trust: Floats,
    words: Words,
    prefix: str,
) -> str:
    """An organisation: a circle and its name outside the ring, as one link that fingers hit."""
    x, y = places[index]
    is_absent = bool(np.isnan(trust[index]).all())
    fill, dash = (PAPER, ' stroke-dasharray="4 4"') if is_absent else (INK, "")
    said = words("draw.absent", name=title) if is_absent else title
    circle = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="16" fill="{fill}" stroke="{INK}" '
        f'stroke-width="2"{dash}/>'
    )
    return (
        f'<a class="ps-node" href="#{escape(prefix)}node-{escape(name)}" '
        f'data-organisation="{escape(name)}" aria-label="{escape(said)}">'
        f'<rect x="{x - 22:.1f}" y="{y - 22:.1f}" width="44" height="44" fill="none" '
        f'pointer-events="all"/>{circle}'
        f"{_node_name(index, title, places)}</a>"
    )


def _node_name(index: int, title: str, places: Sequence[Point]) -> str:
    """The name beside a node: above or below at the top and bottom, else left or right."""
    n = len(places)
    x, y = places[index]
    angle = 2 * math.pi * index / n
    if abs(math.sin(angle)) < 0.1:  # at the top or the bottom
        lines = _name_lines(title)
        height = LINE * len(lines) / 2
        middle = y - 22 - height if math.cos(angle) > 0 else y + 24 + height
        return _text_lines(x, middle, lines, anchor="middle")
    is_right = math.sin(angle) > 0
    beside = x + 26 if is_right else x - 26
    room = PANE[0] - beside if is_right else beside
    same_side = [
        place for at, place in enumerate(places) if at != index and (place[0] > x - 1) == is_right
    ]
    apart = min((abs(y - place[1]) for place in same_side), default=3 * LINE)
    lines = wrap(title, room - 4, max(1, min(3, int(apart // LINE))))
    return _text_lines(beside, y, lines, anchor="start" if is_right else "end")


def _name_lines(title: str) -> list[str]:
    """A name above or below the ring."""
    return wrap(title, 340, 2)


def _cell(
    link: Link,
    trust: Floats,
    names: Sequence[str],
    titles: Sequence[str],
    box: tuple[float, float, float, float],
    words: Words,
    prefix: str,
) -> str:
    """A cell of the heatmap: colour, number and name of the step."""
    x, y, width, height = box
    step = step_of(float(trust[link]))
    index: int | str = STEPS.index(step) if step else "none"
    number = _hundredths(float(trust[link]))
    size = TYPE if len(number) < 3 or width > 50 else 16  # full trust, among many
    ends = f"{names[link[0]]}>{names[link[1]]}"
    said = _said(link, trust, titles, words)
    if said:
        said = f"{said}: {number}"
    else:
        absent = link[0] if np.isnan(trust[link[0]]).all() else link[1]
        said = words("draw.absent", name=titles[absent])
    id_ = _cell_id(link, names, prefix)
    return (
        f'<a class="ps-cell" id="{escape(id_)}" href="#{escape(id_)}" data-link="{escape(ends)}" '
        f'aria-label="{escape(said)}">'
        f'<rect x="{x + 1:.1f}" y="{y + 1:.1f}" width="{width - 2:.1f}" height="{height - 2:.1f}" '
        f'class="ps-fill-{index}"/>'
        f'<text x="{x + width / 2:.1f}" y="{y + height / 2 + 9:.1f}" font-size="{size}" '
        f'text-anchor="middle" class="ps-ink-{index}">{number}</text></a>'
    )


def _trust_table(trust: Floats, titles: Sequence[str], words: Words) -> Table:
    headings = ("draw.trustor", "draw.trustee", "draw.level", "draw.step")
    rows = tuple(
        (
            titles[i],
            titles[j],
            round(100 * float(trust[i, j])),
            trust_word(float(trust[i, j]), words),
        )
        for i, j in _pairs_of(len(titles))
        if not math.isnan(trust[i, j])
    )
    return Table(tuple(words(key) for key in headings), rows)


def _mean_trust(trust: Floats, words: Words) -> tuple[int, str]:
    """Mean trust of a month, of 100 and in words; 0 where nobody is left to trust."""
    known = trust[~np.isnan(trust)]
    mean = float(known.mean()) if known.size else 0.0
    return round(100 * mean), trust_word(mean, words)


# --- parts of the others --------------------------------------------------------------------------


def _margin(names: Sequence[str]) -> int:
    """Room right of lines in which all of their names can be read: few rows, then little room."""
    for rows in range(1, NAME_ROWS + 1):
        for margin in MARGINS if rows > 1 else MARGINS[:3]:
            room = (margin - MARGIN_EDGE) / BOLD
            if not any(line.endswith("…") for name in names for line in wrap(name, room, rows)):
                return margin
    return MARGINS[-1]


def _legend(above: Sequence[Sequence[str]]) -> Iterator[str]:
    """Names above lines, each beside a piece of its line."""
    y = 0
    for index, rows in enumerate(above):
        dash = DASHES[index]
        yield _line_between((4, y + 16), (54, y + 16), COLOURS[index], 5, dash)
        for row in rows:
            yield _text(64, y + 24, row, colour=DARK[index], weight="bold")
            y += LINE


def _names_at_ends(ends: Sequence[tuple[str, float]], frame: _Frame) -> Iterator[str]:
    """Names right of the ends of lines, at their heights, none on another."""
    most = max(1, min(NAME_ROWS, int(frame.lower // LINE) // len(ends)))
    names = [wrap(name, frame.room, most) for name, _ in ends]
    heights = _spread([frame.y(end) for _, end in ends], [len(rows) for rows in names], frame.lower)
    for index, (rows, height) in enumerate(zip(names, heights, strict=True)):
        top = height + 8 - LINE * (len(rows) - 1) / 2
        for number, row in enumerate(rows):
            yield _text(frame.right + 10, top + number * LINE, row, colour=DARK[index],
                        weight="bold")  # fmt: skip


def _icons(flags: np.ndarray, left: float, top: float, colour: str) -> Iterator[str]:
    """Ten circles a row, those that got there first and full."""
    for index, has_it in enumerate(sorted(flags.tolist(), reverse=True)):
        x, y = left + 14 + index % 10 * 28, top + 14 + index // 10 * 28
        fill = colour if has_it else PAPER
        yield (
            f'<circle cx="{x:g}" cy="{y:g}" r="11" fill="{fill}" stroke="{colour}" '
            'stroke-width="2.5"/>'
        )


@dataclass(frozen=True)
class _Axis:
    """Where months stand along dots: a deadline's grip above, years below, never to the right."""

    months: int
    width: int
    left: float = 30.0

    @property
    def is_wide(self) -> bool:
        return self.width > PANE[0]

    @property
    def right(self) -> float:
        return 972.0 if self.is_wide else 506.0

    @property
    def never(self) -> float:
        return self.right + 30

    @property
    def top(self) -> int:
        """Below the grip; where there is little room, its label has a line of its own."""
        return 34 if self.is_wide else 34 + LINE

    @property
    def bottom(self) -> int:
        return self.top + 268

    @property
    def unit(self) -> float:
        """Width of a month."""
        return (self.right - self.left) / self.months

    def x(self, month: float) -> float:
        return self.left + self.unit * month

    def years(self, y: float) -> Iterator[str]:
        step = max(1, math.ceil(self.months / YEAR / 10))
        for year in range(0, self.months // YEAR + 1, step):
            yield _text(self.x(year * YEAR), y, str(year), anchor="middle", colour=QUIET)


class _Grain(NamedTuple):
    """How finely dots are put side by side."""

    months: int  # of a column of dots
    diameter: float


def _grain(arms: Sequence[Floats], axis: _Axis) -> _Grain:
    """The largest dots that fit on each other, in columns of as few months as that takes."""
    fitting = []
    for wide in range(1, axis.months + 1):
        highest = max(max(_columns(values, wide).values(), default=1) for values in arms)
        diameter = min(LARGEST_DOT, wide * axis.unit, DOT_ROOM / highest)
        fitting.append(_Grain(wide, diameter))
        if wide * axis.unit >= LARGEST_DOT:
            break
    return max(fitting, key=lambda grain: grain.diameter)


def _columns(values: Floats, wide: int) -> Counter[int]:
    """How many dots stand in each column of so many months."""
    return Counter(int(max(value - 1, 0) // wide) for value in values[~np.isnan(values)].tolist())


def _stack(
    values: Floats, base: float, deadline: int, colour: str, axis: _Axis, grain: _Grain
) -> Iterator[str]:
    """Dots on top of each other where they would overlap; those of never right of the axis."""
    wide, diameter = grain
    edge = min(1.25, 0.12 * diameter)
    a_row = max(1, int((axis.width - axis.never) // diameter))
    heights: Counter[int] = Counter()
    for value in values.tolist():
        is_never = math.isnan(value)
        column = -1 if is_never else int(max(value - 1, 0) // wide)
        level = heights[column]
        heights[column] += 1
        if is_never:
            x = axis.never + (level % a_row + 0.5) * diameter
            level //= a_row
        else:
            x = axis.x((column + 0.5) * wide)
        y = base - (level + 0.5) * diameter
        fill = colour if value <= deadline else PAPER
        month = "" if is_never else f' data-month="{value:g}"'
        yield (
            f'<circle class="ps-dot" cx="{x:.2f}" cy="{y:.2f}" r="{0.5 * diameter - edge:.2f}" '
            f'fill="{fill}" stroke="{colour}" stroke-width="{1.6 * edge:.2f}"{month}/>'
        )


def _deadline(deadline: int, axis: _Axis, words: Words) -> str:
    """The line that can be dragged, its grip, and its label on the side that has room."""
    x, y = axis.x(deadline), axis.top - 17
    is_late = deadline > axis.months / 2
    said = when(deadline, words)
    text = words("draw.deadline", when=said)
    if axis.is_wide:
        anchor = "end" if is_late else "start"
        label = _text(x + (-26 if is_late else 26), 25, text, anchor=anchor, weight="bold")
    else:
        label = _text(4, 24, text, weight="bold")
    line = _line_between((x, y), (x, axis.bottom), INK, 4)
    grip = (
        f'<circle cx="{x:.1f}" cy="{y}" r="15" fill="{COLOURS[3]}" stroke="{INK}" '
        f'stroke-width="3"/><path d="M{x - 4:.1f} {y - 6}l-5 6l5 6M{x + 4:.1f} {y - 6}l5 6l-5 6" '
        f'stroke="{INK}" stroke-width="3" fill="none"/>'
    )
    where = _where(deadline, axis.left, axis.unit, axis.months)
    return (
        f'<g class="ps-deadline" {where} role="slider" tabindex="0" '
        f'aria-label="{escape(words("draw.deadline_label"))}" aria-valuemin="1" '
        f'aria-valuemax="{axis.months}" aria-valuenow="{deadline}" aria-valuetext="{escape(said)}">'
        f'<g class="ps-moves">{line}{grip}{label if axis.is_wide else ""}</g>'
        f"{'' if axis.is_wide else label}</g>"
    )


def _where(month: int, left: float, unit: float, months: int) -> str:
    """Where something stands that moves along months, for a page that moves it."""
    return (
        f'data-month="{month}" data-left="{left:g}" data-unit="{unit:.4f}" data-months="{months}"'
    )


class _Flag(NamedTuple):
    """What stands on the timeline of a chart, and where its label is, if there is room for it."""

    month: int
    label: str
    anchor: str
    row: int


def _place_flags(
    flags: Mapping[int, str], size: tuple[int, int], months: int, margin: int
) -> list[_Flag]:
    """Put labels beside their flags, in rows so that none covers another."""
    frame = _Frame(size, months, 1.0, margin)
    taken: list[list[tuple[float, float]]] = [[] for _ in range(MOST_ROWS)]
    placed = []
    for month, label in sorted(flags.items()):
        x = frame.x(month)
        is_late = x > (frame.left + frame.right) / 2
        text = shorten(label, min(400.0, (x if is_late else size[0] - x) - 12))
        width = text_width(text) + 16
        box = (x - width, x) if is_late else (x, x + width)
        free = [
            row
            for row, boxes in enumerate(taken)
            if all(box[1] <= begin or box[0] >= end for begin, end in boxes)
        ]
        if free:
            taken[free[0]].append(box)
        placed.append(
            _Flag(
                month, text if free else "", "end" if is_late else "start", free[0] if free else 0
            )
        )
    return placed


@dataclass(frozen=True)
class _Frame:
    """Where things stand in a chart of lines."""

    size: tuple[int, int]
    months: int
    ceiling: float
    margin: int
    n_rows: int = 1
    left: int = 76
    above: int = 0

    @property
    def right(self) -> float:
        return self.size[0] - self.margin

    @property
    def lower(self) -> float:
        return self.size[1] - 44

    @property
    def room(self) -> float:
        """Pixels for names right of the lines; they are bold."""
        return (self.size[0] - self.right - MARGIN_EDGE) / BOLD

    @property
    def upper(self) -> float:
        """Top of the chart, below names and the rows of flags."""
        return self.above + 12 + LINE * self.n_rows

    def x(self, month: float) -> float:
        return self.left + (self.right - self.left) * month / self.months

    def y(self, value: float) -> float:
        return self.lower - (self.lower - self.upper) * min(value / self.ceiling, 1.05)

    def axes(self) -> Iterator[str]:
        for share in (0.0, 0.5, 1.0):
            value = share * self.ceiling
            y = self.y(value)
            yield _line_between((self.left, y), (self.right, y), GREY, 1.5)
            yield _text(self.left - 8, y + 8, f"{value:g}", anchor="end", colour=QUIET)
        step = max(1, math.ceil(self.months / YEAR / 10))
        for year in range(0, self.months // YEAR + 1, step):
            x = self.x(year * YEAR)
            yield _text(x, self.lower + 32, str(year), anchor="middle", colour=QUIET)

    def path(self, values: Floats, colour: str, width: float, dash: str, opacity: float) -> str:
        points = [
            f"{self.x(month):.1f} {self.y(value):.1f}"
            for month, value in enumerate(values.tolist())
            if not math.isnan(value)
        ]
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        return (
            f'<path d="M{"L".join(points)}" fill="none" stroke="{colour}" '
            f'stroke-width="{width:g}" opacity="{opacity:g}"{dashed}/>'
        )

    def flag(self, flag: _Flag) -> str:
        x = self.x(flag.month)
        shift = -8 if flag.anchor == "end" else 8
        top = self.above + LINE * flag.row
        text = _text(x + shift, top + 26, flag.label, anchor=flag.anchor)
        line = _line_between((x, top + 8), (x, self.lower), QUIET, 2, "6 5")
        return (
            f'<g class="ps-flag" data-month="{flag.month}">{line}{text if flag.label else ""}</g>'
        )


def _last(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known[-1]) if known.size else 0.0


def _round_up(value: float) -> float:
    """A round number that is not below: the upper end of an axis."""
    if not value > 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(value))
    for factor in (1, 2, 4, 5, 6, 8, 10):
        if value <= factor * unit * (1 + 1e-9):
            return factor * unit
    return 10 * unit


def _spread(heights: Sequence[float], rows: Sequence[int], lowest: float) -> list[float]:
    """Middles of labels of so many rows, moved until none covers another or is out of the chart."""
    order = sorted(range(len(heights)), key=lambda at: heights[at])
    half = [LINE * n / 2 for n in rows]
    placed = [max(height, half[at]) for at, height in enumerate(heights)]
    for before, after in pairwise(order):
        placed[after] = max(placed[after], placed[before] + half[before] + half[after])
    floor = lowest + LINE / 2
    for at in reversed(order):
        placed[at] = min(placed[at], floor - half[at])
        floor = placed[at] - half[at]
    return placed


# --- text -----------------------------------------------------------------------------------------


def text_width(text: str) -> float:
    """Pixels that a text of 24 takes, on the safe side: no font is asked."""
    return TYPE * sum(_letter_width(letter) for letter in text)


def shorten(text: str, width: float) -> str:
    """Cut a text to so many pixels, with a sign that it was cut."""
    if text_width(text) <= width:
        return text
    kept = text
    while kept and text_width(f"{kept}…") > width:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def wrap(text: str, width: float, most_lines: int) -> list[str]:
    """Break a text into lines of so many pixels at most; what is left over is cut."""
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    if len(lines) > most_lines:
        lines = [*lines[: most_lines - 1], " ".join(lines[most_lines - 1 :])]
    return [shorten(line, width) for line in lines]


def _letter_width(letter: str) -> float:
    """In ems."""
    if letter in NARROW:
        return 0.35
    if letter in WIDE_LETTERS or ord(letter) > 0x2FF:
        return 0.98
    return 0.74 if letter.isupper() else 0.57


def _text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    colour: str = INK,
    size: int = TYPE,
    weight: str = "normal",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
        f'fill="{colour}" font-weight="{weight}">{escape(text)}</text>'
    )


def _text_lines(x: float, middle: float, lines: Sequence[str], *, anchor: str = "start") -> str:
    """Lines of text whose middle stands at a height."""
    top = middle - LINE * (len(lines) - 1) / 2 + 9
    return "".join(
        _text(x, top + index * LINE, line, anchor=anchor) for index, line in enumerate(lines)
    )


def _line_between(begin: Point, end: Point, colour: str, width: float, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<path d="M{begin[0]:.1f} {begin[1]:.1f}L{end[0]:.1f} {end[1]:.1f}" stroke="{colour}" '
        f'stroke-width="{width:g}"{dashed}/>'
    )


def _stroke(begin: Point, end: Point, class_: str) -> str:
    return f'<path class="{class_}" d="M{begin[0]:.1f} {begin[1]:.1f}L{end[0]:.1f} {end[1]:.1f}"/>'


def _svg(
    size: tuple[int, int],
    title: str,
    description: str,
    parts: Sequence[str],
    *,
    interactive: bool = False,
) -> str:
    """The whole picture; one that can be clicked is a group of its links, else an image."""
    role = "group" if interactive else "img"
    desc = f"<desc>{escape(description)}</desc>" if description else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" '
        f'role="{role}" aria-label="{escape(title)}" font-family="{FAMILY}">'
        f"<title>{escape(title)}</title>{desc}<style>{STYLE}</style>{''.join(parts)}</svg>"
    )


def _number(cell: str | float) -> str:
    """A cell as text, with a proper minus sign."""
    return cell if isinstance(cell, str) else f"{cell:g}".replace("-", "−")
