"""Figures of the places: each one page with its message as title, and its numbers as a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from experiments.pictures import Page, Picture, fit, start_page
from experiments.places.places import BASE, WITHOUT, Beside, Declared, Floats, Place, Runs
from partnersim.figures.layout import spread, value_ticks
from partnersim.figures.page import MARGIN, WIDTH
from partnersim.figures.palette import BLUE, INK, LINE, ORANGE, PURPLE, QUIET, SHADES
from partnersim.runs.wording import number

NAMES, WORDS = 420, 345
"""Room for titles on the left and words on the right, in pixels."""


# --- Published beside simulated ---------------------------------------------------------------


def beside_picture(found: Sequence[tuple[str, Sequence[Beside]]], note: str) -> Picture:
    """Draw a row for each published figure, on an axis in its own unit."""
    rows = [(name, beside) for name, all_of_place in found for beside in all_of_place]
    title = beside_title([beside for _, beside in rows])
    page = start_page(title, note)
    _draw_key(page)
    pitch = (page.top - 50 - page.bottom) / len(rows)
    for index, (name, beside) in enumerate(rows):
        _draw_beside(page, page.top - 50 - pitch * (index + 1), pitch, name, beside)
    table = {
        "place": [name for name, _ in rows],
        "published_figure": [b.figure.name for _, b in rows],
        "unit": [b.figure.published.unit for _, b in rows],
        "published": [b.figure.published.value for _, b in rows],
        **{
            f"{end}: {arm}": [b.bands[arm][k] for _, b in rows]
            for arm in (BASE, WITHOUT)
            for k, end in enumerate(("p05", "median", "p95"))
        },
        "no_partnership": [b.alone for _, b in rows],
        "verdict": [b.verdict for _, b in rows],
    }
    return Picture(page.figure, title, table)


def beside_title(rows: Sequence[Beside]) -> str:
    """How many figures disagree, and whether the others say much."""
    bad = sum(b.verdict == "disagrees" for b in rows)
    little = sum(b.verdict.startswith("agrees,") for b in rows)
    part = sum(b.verdict == "agrees in part" for b in rows)
    verb = "disagrees" if bad == 1 else "disagree"
    said = f"Of {len(rows)} published figures {bad or 'none'} {verb}"
    rest = []
    if part:
        rest.append(f"{part} {'agrees' if part == 1 else 'agree'} in part")
    if little:
        rest.append(f"for {little} it would allow no effect of partnership as well")
    good = len(rows) - bad - part - little
    if good:
        rest.append(f"{good} {'agrees' if good == 1 else 'agree'}")
    return f"{said} with the model" + (f"; {', '.join(rest)}" if rest else "")


def _draw_key(page: Page) -> None:
    """Say what the marks are."""
    y = page.top - 14
    page.line((MARGIN + 6,) * 2, (y, y), color=ORANGE, marker="D", markersize=12)
    page.write(MARGIN + 26, y, "published")
    page.line((226, 286), (y, y), color=SHADES[4], linewidth=16, solid_capstyle="butt")
    page.line((256, 256), (y - 11, y + 11), color=BLUE, linewidth=5)
    page.write(300, y, "90 of 100 simulated")
    page.line((600, 600), (y - 11, y + 11), color=PURPLE, linewidth=5, linestyle=(0, (1, 0.6)))
    page.write(616, y, "without the coordinator")
    page.line((946, 946), (y - 11, y + 11), color=QUIET, linewidth=3)
    page.write(960, y, "without any partnership")


def _draw_beside(page: Page, bottom: float, pitch: float, name: str, beside: Beside) -> None:
    """Draw one published figure."""
    published = beside.figure.published
    middle = bottom + pitch / 2
    words = fit(f"{name}: {published.title}", NAMES - 24, lines=3 if pitch > 110 else 2)
    page.write(MARGIN, middle + 6, words)
    width = WIDTH - 2 * MARGIN - NAMES - WORDS
    axes = page.panel(MARGIN + NAMES, middle - 8, width, 44)
    low, median, high = beside.bands[BASE]
    without = beside.bands[WITHOUT][1]
    numbers = [low, high, without, beside.alone, published.value]
    room = 0.08 * (max(numbers) - min(numbers)) or 1.0
    axes.set(xlim=(min(numbers) - room, max(numbers) + room), ylim=(0, 1), yticks=[])
    axes.spines["left"].set_visible(False)
    ticks, labels = value_ticks(*axes.get_xlim(), 3)
    # A label at the very end would reach into the words beside it.
    inside = [at < axes.get_xlim()[1] - 0.6 * room for at in ticks]
    axes.set_xticks(np.array(ticks)[inside], np.array(labels)[inside])
    axes.barh(0.55, high - low, 0.6, left=low, color=SHADES[4])
    axes.plot((beside.alone,) * 2, (0.1, 1.0), color=QUIET, linewidth=3)
    axes.plot((median,) * 2, (0.1, 1.0), color=BLUE, linewidth=5)
    axes.plot((without,) * 2, (0.1, 1.0), color=PURPLE, linewidth=5, linestyle=(0, (1, 0.6)))
    axes.plot(published.value, 0.55, "D", color=ORANGE, markersize=12, markeredgecolor="white")
    verdict = fit(f"{beside.verdict}:", WORDS - 30)
    amount = fit(f"{number(published.value, 3)}, simulated {number(median, 3)}", WORDS - 30)
    page.write(WIDTH - MARGIN - WORDS + 30, middle + 6, f"{verdict}\n{amount}")


# --- Over the years ---------------------------------------------------------------------------


def course_picture(place: Place, runs: Runs, declared: Declared, note: str) -> Picture:
    """Draw demand over the years with and without the coordinator, and without any partnership."""
    scenario = place.load()
    months = np.arange(scenario.months + 1)
    low, median, high = _over_points(runs.outcome[BASE], declared)
    _, without, _ = _over_points(runs.outcome[WITHOUT], declared)
    alone = np.median(runs.alone[BASE], axis=(0, 1))
    title = course_title(place.name, scenario.months, *(1.0 - x[-1] / alone[-1] for x in (median, without)))
    page = start_page(title, note)
    left, right = MARGIN + 60, 330
    bottom = page.bottom + 112
    axes = page.panel(left, bottom, WIDTH - left - right, page.top - 30 - bottom)
    page.write(MARGIN, page.top - 12, "Demand met the old way, 100 at the start")
    axes.fill_between(months, low, high, color=SHADES[4], linewidth=0)
    axes.plot(months, alone, color=QUIET, linewidth=3)
    axes.plot(months, median, color=BLUE, linewidth=4)
    axes.plot(months, without, color=PURPLE, linewidth=4, linestyle=(0, (2.5, 2.5)))
    points = [
        (b.published.month, _as_demand(b.published, b.reading.against, median, alone))
        for b in place.figures()
        if b.reading.against != "trend"
    ]
    for month, value in points:
        axes.plot(month, value, "D", color=ORANGE, markersize=13, markeredgecolor="white")
    shown = [low.min(), high.max(), alone.max(), *(value for _, value in points)]
    room = 0.05 * (max(shown) - min(shown))
    axes.set(xlim=(0, scenario.months), ylim=(min(shown) - room, max(shown) + room))
    axes.set_yticks(*value_ticks(*axes.get_ylim()))
    _label_years(axes, scenario.calendar_start, scenario.months)
    _label_ends(page, axes, (bottom, page.top - 30), median, without, alone, bool(points))
    _draw_spells(page, left, WIDTH - left - right, bottom - 60, place)
    table = {
        "month": months.tolist(),
        "p05": low.tolist(),
        "median": median.tolist(),
        "p95": high.tolist(),
        "median without the coordinator": without.tolist(),
        "without any partnership": alone.tolist(),
    }
    return Picture(page.figure, title, {name: column[::12] for name, column in table.items()})


def course_title(name: str, months: int, with_: float, without: float) -> str:
    """By what share demand ends below what it would be without any partnership."""
    said = [f"{100 * share:.0f} %" for share in (with_, without)]
    apart = "with or without its coordinator"
    if said[0] != said[1]:
        apart = f"without its coordinator {said[1]}"
    return (
        f"{name}: after {months // 12} years demand in the model is {said[0]} below what it would "
        f"be without any partnership, {apart}"
    )


def _over_points(series: Floats, declared: Declared) -> Floats:
    """Lower end, median and upper end of all places at all points, month by month."""
    low, high = declared.ends
    found: Floats = np.quantile(series, (low, 0.5, high), axis=(0, 1))
    return found


def _as_demand(published: object, against: str, median: Floats, alone: Floats) -> float:
    """A published figure on the scale of demand, 100 at the start."""
    ratio = published.value / published.reference_value  # type: ignore[attr-defined]
    start, month = published.reference_month, published.month  # type: ignore[attr-defined]
    return float(ratio * (median[start] if against == "start" else alone[month]))


def _label_years(axes: Axes, calendar_start: str, months: int) -> None:
    """Calendar years under a month axis: a tick at each second January."""
    year, month = (int(part) for part in calendar_start.split("-"))
    first = (13 - month) % 12
    januaries = range(first, months + 1, 12)
    ticks = [at for at in januaries if (year + (at + month - 1) // 12) % 2 == 0]
    axes.set_xticks(ticks, [str(year + (at + month - 1) // 12) for at in ticks])


def _label_ends(
    page: Page,
    axes: Axes,
    box: tuple[float, float],
    median: Floats,
    without: Floats,
    alone: Floats,
    has_points: bool,
) -> None:
    """Name the lines at their ends."""
    words = ["as it was", "without the\ncoordinator", "without any\npartnership"]
    colours = [BLUE, PURPLE, QUIET]
    ends = [median[-1], without[-1], alone[-1]]
    low, high = axes.get_ylim()
    wanted = [box[0] + (end - low) / (high - low) * (box[1] - box[0]) for end in ends]
    heights = [LINE * (1 + word.count("\n")) + 4 for word in words]
    for y, word, colour in zip(spread(wanted, heights, *box), words, colours, strict=True):
        page.write(WIDTH - 318, y, word, color=colour)
    if has_points:
        y = page.top - 12
        page.line((700, 700), (y, y), color=ORANGE, marker="D", markersize=12)
        page.write(718, y, "published")
    y = page.top - 12
    page.line((870, 920), (y, y), color=SHADES[4], linewidth=16, solid_capstyle="butt")
    page.write(934, y, "90 of 100 simulated")


def _draw_spells(page: Page, left: float, width: float, y: float, place: Place) -> None:
    """Draw when the coordinator was there, and when what was done began."""
    scenario = place.load()
    spell = [(c.from_month, min(c.to_month, scenario.months)) for c in scenario.coordinators]
    start, end = min(a for a, _ in spell), max(b for _, b in spell)
    scale = width / scenario.months
    page.line(
        [left + scale * start, left + scale * end], [y, y], color=PURPLE, linewidth=7, solid_capstyle="butt"
    )
    page.write(left + width + 14, y, "coordinator there", color=PURPLE)
    done = sorted({i.from_month for i in scenario.interventions})
    for month in done:
        page.line([left + scale * month] * 2, [y - 30 - 8, y - 30 + 8], color=INK, linewidth=3)
    shocks = sorted({e.month for e in scenario.events})
    for month in shocks:
        page.line([left + scale * month], [y - 30], color=INK, marker="v", markersize=11, linestyle="")
    page.write(left + width + 14, y - 30, "| done   ▾ event", color=INK)
