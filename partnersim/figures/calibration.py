"""Draw what fits an observation: parameters one by one and in pairs, and what it predicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from partnersim.figures.layout import padded, value_ticks, wrap
from partnersim.figures.marks import Box, Disc, Line, Mark, Panel, Text, rows_to_table, say, written
from partnersim.figures.page import MARGIN, WIDTH, Page
from partnersim.figures.palette import BLUE, GREY, INK, LINE, ORANGE, PAPER, PURPLE, QUIET, SHADES
from partnersim.figures.picture import Picture
from partnersim.figures.quantities import not_shown, quantity
from partnersim.figures.sweep import in_words
from partnersim.runs.wording import fixed, join, number, percent, plural

if TYPE_CHECKING:
    from partnersim.analysis.calibration import Calibration, Check, Marginal

MAX_MARGINALS = 6
N_BARS = 14
MAX_PAIRED = 4
"""Parameters that are drawn in pairs: six pairs."""

MOST_DOTS = 300
"""Runs that are drawn of prior and posterior each."""

GAP = 44
NARROWED = 0.1
"""Share by which a parameter is narrower, from which on it counts as narrowed down."""


def posterior(found: Calibration) -> Picture:
    """Draw each parameter before and after `partnersim.calibrate`: grey for the sweep, blue for what fits."""
    drawn = found.marginals[:MAX_MARGINALS]
    hidden = len(found.marginals) - len(drawn)
    page = Page(_title(found), _note(found, hidden), _legend(found))
    for panel, one in zip(_panels(page, len(drawn)), drawn, strict=True):
        page.marks += _draw_numbers(panel, one) if one.is_number else _draw_values(panel, one)
    rows = [row for one in found.marginals for row in _rows(one)]
    headings = ("parameter", "value", "prior_p05", "prior_median", "prior_p95")
    more = ("posterior_p05", "posterior_median", "posterior_p95", "coverage_of_90")
    return page.picture(rows_to_table((*headings, *more), rows))


def posterior_pairs(found: Calibration) -> Picture:
    """Draw parameters in pairs: grey dots for the sweep, blue for what fits."""
    some = [one for one in found.marginals if one.is_number][:MAX_PAIRED]
    pairs = [*combinations(some, 2)]
    colours = "Grey: the sweep. Blue: what fits, drawn by its weight."
    page = Page(_title_of_pairs(pairs), _note(found), colours)
    if not pairs:
        page.marks += say(MARGIN, page.top + 40, "There are no two numbers to pair.", WIDTH - 2 * MARGIN)
    rng = np.random.default_rng(1)
    for panel, (one, other) in zip(_panels(page, len(pairs)), pairs, strict=True):
        page.marks += _draw_pair(panel, one, other, rng)
    rows = [(a.path, b.path, correlation(a, b)) for a, b in pairs]
    return page.picture(rows_to_table(("parameter", "other", "correlation"), rows))


def posterior_predictive(found: Calibration) -> Picture:
    """Draw each measure: the sweep, runs from what fits, and what was observed."""
    n = len(next(iter(found.checks.values())).predicted)
    legend = (
        f"Grey: the sweep, 5 to 95 %. Blue: {n} new runs from what fits. Line: as observed, its error "
        "across. Place: share of the new runs below it."
    )
    page = Page(_title_of_check(found), _note(found), legend)
    pitch = (page.bottom - 10 - page.top) / len(found.checks)
    for index, (name, check) in enumerate(found.checks.items()):
        page.marks += _draw_check(page.top + pitch * index, pitch, name, check)
    rows = [
        (name, c.observed.value, c.observed.error, *_ends(c.prior), *_ends(c.predicted), c.place)
        for name, c in found.checks.items()
    ]
    headings = ("measure", "observed", "standard_error", "sweep_p05", "sweep_median", "sweep_p95")
    more = ("predicted_p05", "predicted_median", "predicted_p95", "place")
    return page.picture(rows_to_table((*headings, *more), rows))


def correlation(one: Marginal, other: Marginal) -> float:
    """Return the weighted correlation of two parameters in what fits."""
    values = np.stack([one.posterior, other.posterior]).astype(float)
    covariance = np.cov(values, aweights=one.weights)
    return float(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]))


def _ends(values: np.ndarray) -> tuple[float, float, float]:
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
    return float(low), float(middle), float(high)


def _panels(page: Page, n: int) -> Iterator[Panel]:
    """Cut the room into panels, three beside each other, with room for a name above and numbers below."""
    columns = min(max(n, 1), 3)
    rows = -(-max(n, 1) // columns)
    width = (WIDTH - 2 * MARGIN - GAP * (columns - 1)) / columns
    height = (page.bottom - page.top) / rows
    for index in range(n):
        row, column = divmod(index, columns)
        left, top = MARGIN + column * (width + GAP), page.top + row * height
        yield Panel(left, top + 64, width, height - 64 - 44)


def _rows(one: Marginal) -> Iterator[tuple[object, ...]]:
    if one.coverage is None:
        for value, (before, after) in one.shares().items():
            yield one.path, value, "", before, "", "", after, "", ""
        return
    prior, fits = one.quantiles
    yield one.path, "", *prior.tolist(), *fits.tolist(), one.coverage.share


def _heading(panel: Panel, one: Marginal, said: str) -> Iterator[Mark]:
    unit = f" ({one.unit})" if one.unit not in ("", "share", "name", "switch") else ""
    yield from say(panel.left, panel.top - 46, f"{in_words(one.path)}{unit}", panel.width)
    yield from say(panel.left, panel.top - 18, said, panel.width, colour=QUIET)


def _draw_numbers(panel: Panel, one: Marginal) -> Iterator[Mark]:
    """Draw the densities of a number before and after, and its interval."""
    values = np.concatenate([one.prior, one.posterior]).astype(float)
    edges = np.linspace(values.min(), values.max(), N_BARS + 1)
    before, _ = np.histogram(one.prior, edges, density=True)
    after, _ = np.histogram(one.posterior, edges, weights=one.weights, density=True)
    up = (0.0, 1.05 * float(max(before.max(), after.max())))
    axes = replace(panel, across=(float(edges[0]), float(edges[-1])), up=up)
    _, fits = one.quantiles
    low, middle, high = (number(end) for end in fits)
    yield from _heading(axes, one, f"{middle} ({low} to {high})")
    width = axes.width / N_BARS
    for density, colour, inset in ((before, GREY, 0.0), (after, BLUE, 0.22)):
        for at, height in zip(edges[:-1], density, strict=True):
            x, y = axes.x(at) + inset * width, axes.y(height)
            yield Box(x, y, (1 - 2 * inset) * width, axes.bottom - y, colour)
    yield from axes.numbers_below(*value_ticks(*axes.across, 3))


def _draw_values(panel: Panel, one: Marginal) -> Iterator[Mark]:
    """Draw the share of each value before and after."""
    shares = one.shares()
    axes = replace(panel, across=(0.0, float(len(shares))), up=(0.0, 1.05))
    most = max(shares, key=lambda value: shares[value][1])
    yield from _heading(axes, one, f"{most} in {percent(shares[most][1])}")
    room = axes.width / len(shares)
    for index, (value, (before, after)) in enumerate(shares.items()):
        for share, colour, inset in ((before, GREY, 0.1), (after, BLUE, 0.3)):
            x, y = axes.left + (index + inset) * room, axes.y(share)
            yield Box(x, y, (1 - 2 * inset) * room, axes.bottom - y, colour)
        label = wrap(value, room - 6)[0]
        yield Text(axes.left + (index + 0.5) * room, axes.bottom + 30, label, "middle")
    yield Line(((axes.left, axes.bottom), (axes.right, axes.bottom)), QUIET, 1.5)


def _draw_pair(panel: Panel, one: Marginal, other: Marginal, rng: np.random.Generator) -> Iterator[Mark]:
    """Draw two parameters against each other."""
    across, up = (padded(float(m.prior.min()), float(m.prior.max()), 0.03) for m in (one, other))
    axes = Panel(panel.left + 64, panel.top, panel.width - 64, panel.height, across, up)
    below = f"r = {fixed(correlation(one, other), 2, sign=True)}; right: {in_words(one.path)}"
    yield from say(panel.left, panel.top - 46, f"up: {in_words(other.path)}", panel.width)
    yield from say(panel.left, panel.top - 18, below, panel.width, colour=QUIET)
    yield from axes.numbers_below(*value_ticks(*axes.across, 3))
    yield from axes.numbers_beside(*value_ticks(*axes.up, 3))
    n_prior, n = len(one.prior), len(one.posterior)
    before = rng.choice(n_prior, size=min(MOST_DOTS, n_prior), replace=False)
    after = rng.choice(n, size=MOST_DOTS, p=one.weights)
    for row in before.tolist():
        yield Disc(axes.x(float(one.prior[row])), axes.y(float(other.prior[row])), 3, GREY)
    for row in after.tolist():
        yield Disc(axes.x(float(one.posterior[row])), axes.y(float(other.posterior[row])), 3, BLUE)


def _draw_check(top: float, pitch: float, name: str, check: Check) -> Iterator[Mark]:
    """Draw one measure on an axis of its own: sweep, predictions, and the observation over them."""
    shown = quantity(name)
    sweep, predicted = (tuple(shown.scale * end for end in _ends(v)) for v in (check.prior, check.predicted))
    value, error = shown.scale * check.observed.value, shown.scale * check.observed.error
    across = padded(min(*sweep, *predicted, value - error), max(*sweep, *predicted, value + error), 0.06)
    left = MARGIN + 380
    panel = Panel(left, top + 6, WIDTH - MARGIN - left, max(pitch - 62, 30), across)
    middle = (panel.top + panel.bottom) / 2
    rows = wrap(shown.heading, 360, 3)
    yield from written(MARGIN, middle - 10, rows)
    below = middle - 10 + LINE * (len(rows) + 1) / 2
    yield from written(MARGIN, below, [f"place {check.place:.2f}"], colour=QUIET)
    yield from panel.numbers_below(*value_ticks(*across, 5))
    for ends, colour, at in ((sweep, GREY, -0.22), (predicted, SHADES[2], 0.22)):
        y, thick = middle + at * panel.height, 0.3 * panel.height
        x = panel.x(ends[0])
        yield Box(x, y - thick / 2, panel.x(ends[2]) - x, thick, colour)
        mid = panel.x(ends[1])
        yield Line(((mid, y - thick / 2), (mid, y + thick / 2)), PAPER, 4)
    if error > 0:
        yield Line(((panel.x(value - error), middle), (panel.x(value + error), middle)), INK, 3)
    yield panel.upright(value, PURPLE if check.is_beyond else ORANGE, 5)


def _title(found: Calibration) -> str:
    """Write the title: what was narrowed down, and what was not."""
    names = [one for one in found.marginals if one.narrowing >= NARROWED]
    what = join([quantity(name).label.lower() for name in list(found.checks)[:3]])
    if not names:
        return f"What was observed of {what} narrows down none of {plural(len(found.marginals), 'parameter')}"
    rest = f", {len(names) - 2} more less" if len(names) > 2 else ""
    return f"What was observed of {what} narrows down {join([_narrowed(one) for one in names[:2]])}{rest}"


def _narrowed(one: Marginal) -> str:
    """Tell to what a parameter is narrowed down."""
    if one.is_number:
        return f"{in_words(one.path)} to {percent(1 - one.narrowing)} of its range"
    most, (_, share) = max(one.shares().items(), key=lambda entry: entry[1][1])
    return f"{in_words(one.path)} to {most} ({percent(share)})"


def _legend(found: Calibration) -> str:
    """Tell what is drawn, and how far the intervals are to be believed."""
    tried = [one.coverage for one in found.marginals if one.coverage is not None]
    words = "Grey: the sweep. Blue: what fits; its median and 90 % interval above."
    if not tried:
        return words
    shares = sorted(coverage.share for coverage in tried)
    span = percent(shares[0])
    if percent(shares[-1]) != span:
        span = f"{percent(shares[0])} to {percent(shares[-1])}"
    return f"{words} In {tried[0].n_tried} recoveries such intervals held the true value in {span}."


def _note(found: Calibration, hidden: int = 0) -> str:
    runs = f"{found.n_accepted:,} of {found.n_runs:,} runs accepted"
    return f"{runs}, adjusted by regression.{not_shown(hidden, 'parameter')}"


def _title_of_pairs(pairs: Sequence[tuple[Marginal, Marginal]]) -> str:
    """Write the title: which two parameters stand in for each other most."""
    if not pairs:
        return "What fits has no two numbers to pair"
    one, other = max(pairs, key=lambda pair: abs(correlation(*pair)))
    r = correlation(one, other)
    if abs(r) < 0.3:
        return "In what fits no two parameters make up for each other"
    verb = "go together" if r > 0 else "make up for each other"
    names = f"{in_words(one.path)} and {in_words(other.path)}"
    return f"In what fits {names} {verb} (r = {fixed(r, 2, sign=True)})"


def _title_of_check(found: Calibration) -> str:
    """Write the title: what runs from what fits show as observed, and what not."""
    missed = [n for n, check in found.checks.items() if not 0.05 <= check.place <= 0.95]
    if not missed:
        return "Runs from what fits show everything as it was observed"
    names = join([quantity(name).label.lower() for name in missed[:3]])
    return f"Runs from what fits do not show {names} as observed: read the rest with doubt"
