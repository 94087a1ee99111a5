"""Figures a manager can read: bands against values, priors against accepted points, trade-offs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.patterns.figure import draw
from experiments.patterns.patterns import PATTERNS
from experiments.pictures import TYPE, Picture, fit, start_page
from experiments.tuning.accept import front
from experiments.tuning.distance import penalty
from experiments.tuning.evaluate import NUMBERS
from experiments.tuning.report import Narrowing, Outcome, inside, over_accepted
from partnersim.figures.page import MARGIN, WIDTH
from partnersim.figures.palette import BLUE, GREY, ORANGE, PURPLE, QUIET
from partnersim.runs.wording import plural

NAMES = 400
MOST_PANELS = 3


def draw_bands(outcome: Outcome) -> Picture:
    """Draw each pattern's bands, and what its numbers are over the accepted points."""
    found = over_accepted(outcome)
    n_held = len(NUMBERS) - len(outcome.accepted.given_up)
    n_inside = float(np.median(inside(outcome).sum(axis=1)))
    title = (
        f"{plural(len(outcome.rows), 'setting')} of the model meet {n_held} of {len(NUMBERS)} "
        f"published numbers within chance; without that allowance {n_inside:.0f} in the median"
    )
    note = "Dot: median over accepted points, line: 5 to 95 % of them; hollow: some lie outside."
    return draw(PATTERNS, found, note, title)


def draw_parameters(outcome: Outcome, found: Sequence[Narrowing]) -> Picture:
    """Draw a row for each parameter: its prior, the accepted points, the defaults."""
    clear = [n for n in found if n.is_clear(len(found))]
    title = (
        f"Accepted points cover clearly less than was thought plausible of {len(clear)} of "
        f"{len(found)} parameters"
    )
    note = "Bar: all that was thought plausible. Dots: accepted points. Diamond: chosen."
    if not outcome.space.search.mixing:
        note += " They descend from few."
    page = start_page(title, note)
    bottom, top = page.bottom + 8, page.top
    left, width = MARGIN + NAMES, WIDTH - 2 * MARGIN - NAMES
    axes = page.panel(left, bottom, width, top - bottom)
    axes.set(xlim=(-0.02, 1.02), ylim=(bottom, top))
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[["left", "bottom"]].set_visible(False)
    pitch = (top - bottom) / len(found)
    rng = np.random.default_rng(1)
    shares = outcome.shares[outcome.rows]
    for at, n in enumerate(found):
        y = top - pitch * (at + 0.5)
        bold = {"weight": "bold"} if n in clear else {}
        size = min(TYPE, 0.55 * pitch)
        page.write(MARGIN, y, fit(n.prior.path, NAMES - 10, size=size), size=size, **bold)
        axes.barh(y, 1.0, 0.8 * pitch, color=GREY, linewidth=0)
        inner = [n.prior.share(n.prior.at(x)) for x in shares[:, at]]
        jitter = y + 0.3 * pitch * rng.uniform(-1.0, 1.0, len(inner))
        axes.plot(inner, jitter, "o", color=BLUE, markersize=4, markeredgewidth=0, alpha=0.7)
        chosen = n.prior.share(outcome.chosen[n.prior.path])
        axes.plot(chosen, y, "D", color=ORANGE, markersize=9, markeredgecolor="white")
    table = {
        "parameter": [n.prior.path for n in found],
        "prior_low": [n.prior.low for n in found],
        "prior_high": [n.prior.high for n in found],
        "q05": [n.low for n in found],
        "median": [n.median for n in found],
        "q95": [n.high for n in found],
        "chosen": [outcome.chosen[n.prior.path] for n in found],
    }
    return Picture(page.figure, title, table)


def draw_trade_offs(outcome: Outcome) -> Picture:
    """Draw what holding each band that was given up costs the others, and how little it can."""
    looks = [row for rows in outcome.results.values() for row in rows if row.is_whole]
    outside = np.array([look.excess for look in looks])
    penalties = np.vectorize(penalty)(outside)
    drawn = outcome.accepted.given_up[:MOST_PANELS]
    title = "What holding each band that was given up costs the others: how many of them are missed"
    note = "Each dot is one setting of the model; line: the best that was found. Count: penalties."
    page = start_page(title, note)
    gap = 90
    width = (WIDTH - 2 * MARGIN - gap * len(drawn)) / len(drawn)
    bottom, top = page.bottom + 80, page.top - 50
    table: dict[str, list[str] | list[float]] = {"number": [], "outside": [], "others": []}
    for at, index in enumerate(drawn):
        left = MARGIN + gap + at * (width + gap)
        axes = page.panel(left, bottom, width, top - bottom)
        own = np.log10(1.0 + np.minimum(outside[:, index], 999.0))
        others = penalties.sum(axis=1) - penalties[:, index]
        axes.plot(own, others, "o", color=GREY, markersize=4, markeredgewidth=0)
        best = front(own, others)
        axes.plot(own[best], others[best], "-o", color=PURPLE, markersize=6)
        axes.set_xlim(-0.1, 3.1)
        axes.set_xticks([0, 1, 2, 3], ["held", "1", "10", "100"])
        page.write(left - gap / 2, page.top - 20, fit(NUMBERS[index].name, width + gap / 2))
        page.write(left, bottom - 62, fit("widths outside its band", width), color=QUIET)
        table["number"] += [NUMBERS[index].name] * len(best)
        table["outside"] += outside[best, index].tolist()
        table["others"] += others[best].tolist()
    return Picture(page.figure, title, table)
