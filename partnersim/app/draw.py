"""Pictures of the app: they are described with the parts that figures have, for a room to see and to click.

Every picture is a `Picture`: its `svg` stands in the page, `table_html` writes the numbers behind
it. Type is 24 units high in pictures drawn for half of a screen of 1280 pixels (`PANE`) or all of
it (`WIDE`), so it can be read from the back row. What changes from month to month are classes and
numbers of elements that keep their ids (`frames`), so a page can play a run without building a
picture anew. What can be dragged tells where it stands: `data-left` is the place of month 0,
`data-unit` the width of a month, `data-months` how many there are.

In all of them `trust` is float64[..., trustor, trustee] in [0, 1], NaN on the diagonal and for the
absent; `names` are short names, for ids, and `titles` those to show; `prefix` is put before ids
where there are two pictures on a page, and `of` says which world it is. `reached` are the first
months in which something was there, without and with something, NaN for never. `width` is that of
the picture: where it is narrow, what else stands side by side stands one below the other.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, NamedTuple

import numpy as np

from partnersim.app.sentences import Sides, Why, signed, span, when
from partnersim.app.words import Words
from partnersim.figures import trust as who
from partnersim.figures.causes import Part, bar
from partnersim.figures.chance import columns, grain, icons, pick_dots
from partnersim.figures.layout import round_up, wrap, year_ticks
from partnersim.figures.marks import (
    Attributes,
    Box,
    Disc,
    Group,
    Line,
    Mark,
    Panel,
    Table,
    Text,
    rows_to_table,
    say,
    written,
)
from partnersim.figures.over_time import axes
from partnersim.figures.palette import COLOURS, DARK, INK, LINE, ORANGE, PAPER, QUIET, TYPE
from partnersim.figures.picture import Picture
from partnersim.figures.steps import NOBODY, STEPS, steps_of
from partnersim.runs.measures import YEAR, Floats
from partnersim.runs.wording import NOTHING, capital

PANE, TALL_PANE, WIDE = (594, 332), (594, 470), (1240, 560)
"""Sizes: half of a screen, the same for more than eight organisations, and all of it."""

NARROW = 620
"""The width of pictures on a phone that fill a screen elsewhere."""

ARIAL = 22.0
"""The type size at which a text of 24 is measured: the font of pages is narrower."""

RING = 106.0
"""Half the width of the ring of organisations; what is left and right of it is for names."""

LARGEST_DOT, DOT_ROOM = 20.0, 92.0
"""The diameter of a dot, and the height that dots may take up on each other."""

SIGNS = np.array([*map(str, range(NOBODY)), "-"])
"""Signs of the steps of trust, in the frames that play; the last is for nobody's trust."""


COIN = 21.0
"""Half the width of the ring around an organisation that shows the pressure of its own targets."""

Pair = tuple[Floats, Floats]


class Stroke(NamedTuple):
    """A line of the stage: its name, its values, its colour, its dash, and how wide it is."""

    name: str
    values: Floats
    colour: str
    dash: str = ""
    width: float = 6.0


class Bet(NamedTuple):
    """The room's bet, waiting ahead: between which months and values it lies, and its words."""

    months: tuple[float, float]
    values: tuple[float, float]
    label: str


def table_html(table: Table, caption: str) -> str:
    """Write the numbers behind a picture as a table for a page, all text escaped."""
    top = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in table)
    body = "".join(
        f'<tr><th scope="row">{escape(str(first))}</th>'
        + "".join(f"<td>{escape(_cell(cell))}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in zip(*table.values(), strict=True)
    )
    head = f"<caption>{escape(caption)}</caption><thead><tr>{top}</tr></thead>"
    return f"<table>{head}<tbody>{body}</tbody></table>"


def _cell(cell: str | float) -> str:
    return cell if isinstance(cell, str) else f"{cell:g}".replace("-", "−")


# --- who trusts whom ------------------------------------------------------------------------------


class Links:
    """All links of one world in one month, one for each pair: step of trust, id and words."""

    def __init__(
        self,
        trust: Floats,
        names: Sequence[str],
        titles: Sequence[str],
        month: int,
        words: Words,
        prefix: str = "",
        of: str = "",
        pressure: Floats | None = None,
    ) -> None:
        self.pressure = [math.nan] * len(names) if pressure is None else pressure.tolist()
        self.names, self.titles, self.prefix, self.of = names, titles, prefix, of
        self.words, self.when = words, when(month, words)
        self.levels, self.steps = trust.tolist(), steps_of(trust).tolist()
        self.all = list(zip(*(ends.tolist() for ends in _ends(len(names))), strict=True))
        self.is_absent = [all(map(math.isnan, row)) for row in self.levels]
        self.step_names = [words(f"trust.of.{step.name}") for step in STEPS]
        self.sentence = words.texts["draw.trusts"]

    def about(self, kind: str, i: int, j: int) -> tuple[str, str, str]:
        """Describe a link for a page: its id, its ends, and in words who trusts whom."""
        step, said = self.steps[i][j], ""
        if step < NOBODY:
            ends = {"trustor": self.titles[i], "trustee": self.titles[j]}
            said = self.sentence.format(step=self.step_names[step], **ends)
        trustor, trustee = self.names[i], self.names[j]
        return f"{self.prefix}{kind}-{trustor}-{trustee}", f"{trustor}>{trustee}", said

    def absent(self, i: int) -> str:
        """State that an organisation is not a member now."""
        return self.words("draw.absent", name=self.titles[i])

    def picture(
        self, marks: Sequence[Mark], kind: str, size: tuple[float, float], about: str = ""
    ) -> Picture:
        """Make the picture with its table, which has a row for each link."""
        words, steps = self.words, [self.words(f"trust.{step.name}") for step in STEPS]
        rows = [
            (self.titles[i], self.titles[j], round(100 * self.levels[i][j]), steps[step])
            for i, j in self.all
            if (step := self.steps[i][j]) < NOBODY
        ]
        headings = [words(f"draw.{heading}") for heading in ("trustor", "trustee", "level", "step")]
        title = words(f"draw.{kind}", when=self.when) + (f" ({self.of})" if self.of else "")
        table = rows_to_table(headings, rows)
        return Picture(marks, title, table, size, about, is_interactive=True)


def network(links: Links, size: tuple[int, int] = PANE) -> Picture:
    """Draw organisations as coins on a fixed circle, and each one's trust as its half of a line.

    The ring of a coin is the pressure of its own targets, where `links` have it.
    """
    size = size if len(links.names) <= 8 else TALL_PANE
    ring = who.Ring(links.titles, 0.0, size[0], 0.0, size[1], RING, ARIAL)
    marks: list[Mark] = [_half(i, j, links, ring) for i, j in links.all]
    # Strong trust is drawn last, over the weak; nobody's first.
    level = [links.levels[i][j] for i, j in links.all]
    order = sorted(range(len(marks)), key=lambda k: -1.0 if math.isnan(level[k]) else level[k])
    nodes = [_node(index, links, ring) for index in range(len(links.names))]
    about = links.words("draw.network_desc")
    return links.picture([*(marks[k] for k in order), *nodes], "network", size, about)


def heatmap(links: Links) -> Picture:
    """Draw the table of who trusts whom in colour: rows trust columns.

    Every cell is a link that the keyboard can reach; it carries `data-link="hospital>council"`.
    """
    n = len(links.names)
    width, height = (PANE[0], 350) if n <= 8 else TALL_PANE
    left, top = 236, 32
    wide, high = (width - left - 4) / n, min(84.0, (height - top - 4) / n)
    first = Box(left, top, wide, high, "")
    marks: list[Mark] = [*who.names_of_table(links.titles, first, 4.0, ARIAL)]
    for i, j in links.all:
        box = first._replace(x=left + j * wide, y=top + i * high)
        marks.append(_colour(i, j, links, box))
    return links.picture(marks, "heatmap", (width, round(top + n * high + 4)))


def rings(pressure: Floats, names: Sequence[str], prefix: str = "") -> tuple[list[str], list[str]]:
    """Return what a page changes of the rings: their ids, and for each month their hundredths.

    `pressure` is float64[months + 1, organisation].
    """
    known = np.nan_to_num(pressure)
    return [f"{prefix}ring-{name}" for name in names], [",".join(map(_hundredths, row)) for row in known]


def frames(
    trust: Floats, names: Sequence[str], prefix: str = "", kind: str = "link"
) -> tuple[list[str], list[str]]:
    """Return what a page changes to play a run: ids of elements, and for each month a sign for each.

    The elements are half lines of a network (`link`) or cells of a heatmap (`cell`).
    """
    ends = _ends(len(names))
    ids = [f"{prefix}{kind}-{names[i]}-{names[j]}" for i, j in zip(*ends, strict=True)]
    signs = SIGNS[steps_of(trust[:, *ends])]
    return ids, ["".join(month) for month in signs.tolist()]


def numbers(trust: Floats) -> list[str]:
    """Write the numbers in the cells of a heatmap, month by month."""
    return [",".join(map(_hundredths, month)) for month in trust[:, *_ends(trust.shape[1])].tolist()]


def key(words: Words) -> Picture:
    """Draw the key to the five steps of trust, for under a network or a heatmap."""
    names = [words(f"trust.{step.name}") for step in STEPS]
    levels = [round(100 * step.low) for step in STEPS]
    table: Table = {words("draw.step"): names, words("draw.level"): levels}
    marks = [*who.key(0, 0, PANE[0] / len(STEPS), names)]
    return Picture(marks, words("draw.key"), table, (PANE[0], 62))


def _ends(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of who trusts, and of who is trusted, link by link."""
    trustors, trustees = np.nonzero(~np.eye(n, dtype=bool))
    return trustors, trustees


def _hundredths(trust: float) -> str:
    return "" if math.isnan(trust) else f"{100 * trust:.0f}"


def _class(kind: str, step: int) -> Attributes:
    return {"class": f"ps-{kind}-{'none' if step == NOBODY else step}"}


def _half(i: int, j: int, links: Links, ring: who.Ring) -> Group:
    """Draw one organisation's half of the line between two; a wide one unseen, to point at."""
    id_, ends, said = links.about("link", i, j)
    step = links.steps[i][j]
    about = {"id": id_, **_class("step", step)}
    line = who.half(ring.places, i, j, step, attributes=about)
    aim = Line(line.points, "transparent", 24)
    return Group([line, aim], {"class": "ps-link", "data-link": ends}, title=said)


def _node(index: int, links: Links, ring: who.Ring) -> Group:
    """Draw an organisation: a circle and its name outside the ring, as one link that fingers hit."""
    (x, y), name, is_absent = ring.places[index], links.names[index], links.is_absent[index]
    aim = Box(x - 22, y - 22, 44, 44, "none", attributes={"pointer-events": "all"})
    pressure = links.pressure[index]
    title = links.titles[index]
    rings: list[Mark] = []
    if not math.isnan(pressure):
        title = links.words("draw.pressed", name=title, n=round(100 * pressure))
        rings = [_pressure_ring(f"{links.prefix}ring-{name}", x, y, pressure)]
    about: Attributes = {
        "class": "ps-node",
        "href": f"#{links.prefix}node-{name}",
        "data-organisation": name,
        "aria-label": links.absent(index) if is_absent else title,
    }
    coin = who.node((x, y), is_absent=is_absent)._replace(fill=PAPER, width=4.0)
    return Group([aim, coin, *rings, *ring.name(index)], about, "a")


def _pressure_ring(id_: str, x: float, y: float, pressure: float) -> Disc:
    """Draw how much pressure there is as a part of a ring, from the top on; a page changes its dashes."""
    around = 2 * math.pi * COIN
    about: Attributes = {
        "id": id_,
        "transform": f"rotate(-90 {x:.1f} {y:.1f})",
        "data-around": f"{around:.1f}",
    }
    return Disc(x, y, COIN, "none", ORANGE, 6.0, f"{around * pressure:.1f} {around:.1f}", about)


def _colour(i: int, j: int, links: Links, box: Box) -> Group:
    """Draw a cell of the heatmap: colour, number and name of the step."""
    id_, ends, said = links.about("cell", i, j)
    step, number = links.steps[i][j], _hundredths(links.levels[i][j])
    is_known = step < NOBODY
    said = f"{said}: {number}" if is_known else links.absent(i if links.is_absent[i] else j)
    fill, ink = (STEPS[step].fill, STEPS[step].ink) if is_known else ("none", "none")
    size = TYPE if len(number) < 3 or box.width > 50 else 16  # full trust, among many
    x, y, width, height = box[:4]
    cell = Box(x + 1, y + 1, width - 2, height - 2, fill, "", _class("fill", step))
    text = Text(x + width / 2, y + height / 2 + 9, number, "middle", ink, size, False, _class("ink", step))
    known = {"class": "ps-cell", "id": id_, "href": f"#{id_}", "data-link": ends}
    return Group([cell, text], known | {"aria-label": said}, "a")


# --- out of a hundred -----------------------------------------------------------------------------


def icon_arrays(
    reached: Pair, deadline: int, what: str, sides: Sides, words: Words, *, width: int = WIDE[0]
) -> Picture:
    """Draw which of our simulated partnerships got there in time, without and with.

    `what` was to be there not after the month `deadline`; `sides` says what each array has.
    """
    total, labels = len(reached[0]), [capital(name) for name in sides.names(words)]
    counts = [int((months <= deadline).sum()) for months in reached]
    said = {"without": counts[0], "with": counts[1], "total": total}
    title = capital(sides.say("draw.icons", words, what=what, when=when(deadline, words), **said))
    wrapped = [wrap(label, 570, 2, ARIAL, bold=True) for label in labels]
    head, is_wide = LINE * max(map(len, wrapped)), width > NARROW
    marks: list[Mark] = []
    for index, (rows, count) in enumerate(zip(wrapped, counts, strict=True)):
        left, top = (30 + index * 620, 0) if is_wide else (30, index * (308 + head))
        marks += written(left, top + 4 + LINE * len(rows) / 2, rows, bold=True)
        marks += icons(left, top + head + 14, 28, count, COLOURS[index], total)
        x, y = left + 430, top + head + 162
        marks.append(Text(x, y, str(count), "middle", DARK[index], 88, bold=True))
        marks.append(Text(x, y + 40, words("draw.out_of", total=total), "middle", QUIET))
    table: Table = {
        words("draw.partnerships"): labels,
        words("draw.in_time"): counts,
        words("draw.too_late"): [total - count for count in counts],
    }
    size = (width, (308 + head) * (1 if is_wide else 2) - 10)
    return Picture(marks, title, table, size, words("draw.icons_desc"))


def dots(
    reached: Pair, deadline: int, months: int, what: str, sides: Sides, words: Words, *, width: int = WIDE[0]
) -> Picture:
    """Draw 50 dots for when each arm got there, and a deadline: `<g class="ps-deadline">`.

    Those that never got there stand right of the axis. Each dot carries `data-month`, and the
    deadline where it may stand, so that a page can drag it; it is a slider for the keyboard.
    """
    # The deadline's grip is above; where there is little room, its label has a line of its own.
    is_wide = width > NARROW
    top, across = (34, 942) if is_wide else (34 + LINE, 476)
    panel = Panel(30, top, across, 268, (0, months))
    never = (panel.right + 30, width)
    labels = [capital(name) for name in sides.names(words)]
    picked = [pick_dots(values) for values in reached]
    began = [np.maximum(values - 1, 0) for values in picked]
    fine = grain(began, range(1, months + 1), panel.width / months, LARGEST_DOT, DOT_ROOM)
    marks: list[Mark] = []
    for index, (label, values) in enumerate(zip(labels, picked, strict=True)):
        base = top + 130 + index * 134
        marks += say(4, base - 113, label, width - 8, em=ARIAL, bold=True)
        marks += _stack(values, deadline, panel, base, fine, never, COLOURS[index])
        marks.append(Line(((panel.left, base + 2), (panel.right, base + 2)), QUIET))
    for month, year in zip(*year_ticks(months), strict=True):
        marks.append(Text(panel.x(month), panel.bottom + 26, year, "middle", QUIET))
    said = words("draw.never" if is_wide else "draw.never_short", years=span(months, words))
    marks += say(never[0], panel.bottom + 17, said, width - never[0], em=ARIAL, colour=QUIET)
    marks.append(_deadline(deadline, panel, words, is_wide=is_wide))
    years = range(YEAR, months + 1, YEAR)
    table: dict[str, list[Any]] = {words("draw.by"): [when(month, words) for month in years]}
    for label, months_of in zip(labels, reached, strict=True):
        table[label] = [int((months_of <= month).sum()) for month in years]
    title, worth = capital(words("draw.dots", what=what)), f"{len(reached[0]) / len(picked[0]):g}"
    about = words("draw.dots_desc", worth=worth, total=len(reached[0]))
    return Picture(marks, title, table, (width, panel.bottom + 34), about, is_interactive=True)


def _stack(
    values: Floats,
    deadline: int,
    panel: Panel,
    base: float,
    fine: tuple[float, float],
    never: tuple[float, float],
    colour: str,
) -> Iterator[Disc]:
    """Stack dots that would overlap; those of partnerships that never got there are right of the axis."""
    wide, diameter = fine
    edge = min(1.25, 0.12 * diameter)
    a_row = max(1, int((never[1] - never[0]) // diameter))
    standing = iter(columns(np.maximum(values - 1, 0), wide))
    heights: Counter[int] = Counter()
    for month in values.tolist():
        about: dict[str, object] = {"class": "ps-dot"}
        if math.isnan(month):
            level, place = divmod(heights[-1], a_row)
            heights[-1] += 1
            x = never[0] + (place + 0.5) * diameter
        else:
            column = next(standing)
            level = heights[column]
            heights[column] += 1
            x = panel.x((column + 0.5) * wide)
            about["data-month"] = f"{month:g}"
        fill = colour if month <= deadline else PAPER
        y = base - (level + 0.5) * diameter
        yield Disc(x, y, diameter / 2 - edge, fill, colour, 1.6 * edge, "", about)


def _deadline(deadline: int, panel: Panel, words: Words, *, is_wide: bool) -> Group:
    """Draw the deadline: a line that can be dragged, its grip, and its label on the side that has room."""
    x, y, said = panel.x(deadline), panel.top - 17, when(deadline, words)
    side = -1 if deadline > panel.across[1] / 2 and is_wide else 1
    anchor, at = "end" if side < 0 else "start", x + side * 26 if is_wide else 4
    label = Text(at, 24, words("draw.deadline", when=said), anchor, bold=True)
    moving: list[Mark] = [Line(((x, y), (x, panel.bottom)), INK, 4), Disc(x, y, 15, ORANGE, INK, 3)]
    for sign in (-1, 1):
        near, far = x + sign * 4, x + sign * 9
        moving.append(Line(((near, y - 6), (far, y), (near, y + 6)), INK, 3))
    about: Attributes = {
        "class": "ps-deadline",
        **_where(deadline, panel),
        "role": "slider",
        "tabindex": 0,
        "aria-label": words("draw.deadline_label"),
        "aria-valuemin": 1,
        "aria-valuemax": int(panel.across[1]),
        "aria-valuenow": deadline,
        "aria-valuetext": said,
    }
    moves = Group([*moving, label] if is_wide else moving, {"class": "ps-moves"})
    return Group([moves] if is_wide else [moves, label], about)


def _where(month: int, panel: Panel) -> Attributes:
    """Describe where something stands that moves along months, for a page that moves it."""
    months = int(panel.across[1])
    place = {"data-left": f"{panel.left:g}", "data-unit": f"{panel.width / months:.4f}"}
    return {"data-month": month, **place, "data-months": months}


# --- why, over time, guesses ----------------------------------------------------------------------


def bars(why: Why, words: Words) -> Picture:
    """Draw what moved trust as signed bars that add up to the last one, each below its cause."""
    parts = [Part(one.label, one.tenths) for one in why.bars]
    parts.append(Part(words("why.total"), why.total, is_level=True))
    said = [signed(int(part.change)) for part in parts]
    most = max(abs(part.change) for part in parts) or 1
    panel = Panel(PANE[0] / 2 - 200, 0, 400, 0, (-most, most))
    step, zero = 52, panel.x(0)
    marks: list[Mark] = []
    for index, part in enumerate(parts):
        y = index * step
        if part.is_level:
            marks.append(Line(((4, y), (PANE[0] - 4, y)), QUIET))
        marks += say(4, y + 14, part.name, PANE[0] - 8, em=ARIAL, bold=part.is_level)
        marks += bar(part, said[index], panel, y + 39, 18, outside=True)
        marks.append(Line(((zero, y + 28), (zero, y + 50)), INK))
    names = [part.name for part in parts]
    table: Table = {words("draw.cause"): names, words("draw.points"): said}
    return Picture(marks, words("draw.bars"), table, (PANE[0], len(parts) * step + 2))


def guesses(
    options: Sequence[str],
    room: Sequence[int],
    hundred: Sequence[int],
    answer: int,
    words: Words,
    *,
    width: int = WIDE[0],
) -> Picture:
    """Draw what the room said against what came, option by option.

    `room` and `hundred` are how many people, and how many simulated partnerships, for each;
    `answer` is the option that came true in the partnership shown.
    """
    runs = max(sum(hundred), 1)
    labels = (words("draw.room"), words("draw.hundred", total=runs))
    is_wide = width > NARROW
    left, reach, step = (480, 440, 92) if is_wide else (4, 300, 150)
    marks: list[Mark] = []
    for index, option in enumerate(options):
        is_answer = index == answer
        said = wrap(option, 450 if is_wide else width, 2, ARIAL, bold=True)
        said += [f"✔ {words('draw.this')}"] if is_answer else []
        marks += written(4, index * step + 15 + LINE * (len(said) - 1) / 2, said, bold=is_answer)
        y = index * step + (2 if is_wide else LINE * len(said) + 6)
        counts = ((room[index], max(sum(room), 1), COLOURS[3]), (hundred[index], runs, COLOURS[0]))
        for (count, whole, colour), label in zip(counts, labels, strict=True):
            length = max(reach * count / whole, 2)
            marks.append(Box(left, y, length, 32, colour, INK))
            marks.append(Text(left + length + 10, y + 25, f"{count}: {label}"))
            y += 39
    table: Table = {words("draw.option"): options, labels[0]: room, labels[1]: hundred}
    return Picture(marks, words("draw.guesses"), table, (width, len(options) * step))


def so_far(
    strokes: Sequence[Stroke],
    title: str,
    words: Words,
    *,
    month: int | None,
    size: tuple[int, int],
    bet: Bet | None = None,
    least: float = 0.0,
    has_names: bool = False,
) -> Picture:
    """Draw lines of our hundred only up to a month, and the room's bet ahead of them.

    What is to come lies behind a `clipPath`, which a page widens as it plays; without a month all is
    there. `least` is the least upper end of the axis. Names stand above lines where no lanes say them,
    and make the picture higher.
    """
    months, (width, height) = len(strokes[0].values) - 1, size
    highest = max(float(np.nanmax(stroke.values)) for stroke in strokes)
    ceiling = round_up(max(highest, least))
    names = [*_legend(strokes, width)] if has_names else []
    above = LINE * sum(isinstance(mark, Text) for mark in names)
    room, deep = width - 64 - 20, height - 12 - 40
    panel = Panel(64, 12 + above, room, deep, (0.0, float(months)), (0.0, ceiling))
    ticks = [0.0, ceiling / 2, ceiling]
    marks = names + axes(panel, months, ticks, [f"{tick:g}" for tick in ticks])
    over = np.arange(months + 1)
    drawn: list[Mark] = [panel.line(over, s.values, s.colour, s.width, dash=s.dash) for s in strokes]
    if month is None:
        marks += drawn
    else:
        shown = Box(panel.left - 4, 0, panel.x(month) - panel.left + 4, height + above, "none")
        unit: Attributes = {"id": "ps-now", "data-unit": f"{panel.width / months:.4f}"}
        cursor = panel.upright(month, INK, 2)._replace(dash="4 5")
        marks.append(Group([shown], unit, "clipPath"))
        marks.append(Group(drawn, {"clip-path": "url(#ps-now)"}))
        marks.append(Group([cursor], {"class": "ps-cursor", **_where(month, panel)}))
    if bet is not None:
        marks.append(_bet(bet, panel))
    years = range(0, months + 1, YEAR)
    table: dict[str, list[Any]] = {words("draw.by"): [when(at, words) for at in years]}
    for stroke in strokes:
        known = [round(float(stroke.values[at]), 1) for at in years]
        table[stroke.name] = [NOTHING if math.isnan(value) else value for value in known]
    return Picture(marks, title, table, (width, height + above), words("draw.lines_desc"))


def _bet(bet: Bet, panel: Panel) -> Group:
    """Draw the room's bet: a bar across months or up values, and its words on the side with room."""
    left, right = (panel.x(float(np.clip(m, *panel.across))) for m in bet.months)
    low, high = (panel.y(float(np.clip(v, *panel.up))) for v in bet.values)
    wide, tall = max(right - left, 10.0), max(low - high, 10.0)
    x, y = (left + right - wide) / 2, (low + high - tall) / 2
    end = x + wide > panel.left + 0.6 * panel.width
    label_x, label_y = (x + wide if end else x), y - 12
    if y < panel.top + 30:  # no room above: below it, or beside what reaches from top to bottom
        label_y = y + tall + 28
        if label_y > panel.bottom - 4:
            label_x, label_y = (x - 8 if end else x + wide + 8), panel.bottom - 12
    box = Box(x, y, wide, tall, ORANGE, "")
    anchor = "end" if end else "start"
    return Group([box, Text(label_x, label_y, bet.label, anchor, DARK[3], bold=True)], {"class": "ps-bet"})


def _legend(strokes: Sequence[Stroke], width: float) -> Iterator[Mark]:
    """Draw the names of lines above them, each beside a piece of its line."""
    y = 0
    for stroke in strokes:
        yield Line(((4, y + 16), (54, y + 16)), stroke.colour, 5, stroke.dash)
        for row in wrap(stroke.name, width - 70, 2, ARIAL, bold=True):
            yield Text(64, y + 24, row, bold=True)
            y += LINE
