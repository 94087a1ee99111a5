"""Figure of published figures of a real place beside what is simulated of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from partnersim.figures.page import (
    BLUE,
    MARGIN,
    ORANGE,
    SEQUENTIAL,
    WIDTH,
    Page,
    Picture,
    Table,
    fit,
    number,
    start_page,
    value_ticks,
)
from partnersim.figures.quantities import foot_note

if TYPE_CHECKING:
    from partnersim.runs.results import Results
    from partnersim.scenario.declarations import Published
    from partnersim.scenario.scenario import Scenario

MAX_ROWS = 5
"""Figures that can be read on a page; the table has them all."""

NAMES = 400
WORDS = 330
"""Room for titles on the left and numbers on the right, in pixels."""


class Setting(NamedTuple):
    """A published figure and what is simulated in its unit."""

    published: Published
    low: float
    median: float
    high: float

    @property
    def is_known(self) -> bool:
        """Whether its months are simulated."""
        return math.isfinite(self.median)

    @property
    def is_inside(self) -> bool:
        """Whether it lies in the band of 90 % of the runs."""
        return self.low <= self.published.value <= self.high


def published_against_simulated(results: Results, scenario: Scenario) -> Picture:
    """Draw each published figure of a scenario beside the simulated median and 90 % band.

    What is simulated is the series' ratio to the reference month, times the figure published
    for that month: so both are in the published unit.

    Parameters
    ----------
    results
        Runs of the scenario.
    scenario
        The scenario, with its `published` figures.
    """
    settings = [_set_beside(results, published) for published in scenario.published]
    known = [setting for setting in settings if setting.is_known]
    title = _title(known, results.replicates)
    left_out = len(settings) - min(len(known), MAX_ROWS)
    more = f" {left_out} not shown." if left_out else ""
    page = start_page(title, foot_note(results) + more)
    shown = known[:MAX_ROWS]
    if shown:
        _draw_key(page)
    pitch = min((page.top - page.bottom - 48) / max(len(shown), 1), 190)
    for index, setting in enumerate(shown):
        _draw_row(page, page.top - 44 - pitch * (index + 1), pitch, setting)
    return Picture(page.figure, title, _table(settings))


def _set_beside(results: Results, published: Published) -> Setting:
    """Find simulated quantiles in the published unit; NaN where the months are not simulated."""
    if max(published.month, published.reference_month) > results.months:
        return Setting(published, math.nan, math.nan, math.nan)
    series = np.asarray(results.series[published.measure], dtype=float)
    start = series[:, published.reference_month]
    ratio = np.divide(
        series[:, published.month], start, out=np.full(len(start), np.nan), where=start != 0
    )
    ratio = ratio[np.isfinite(ratio)]
    if not ratio.size:
        return Setting(published, math.nan, math.nan, math.nan)
    low, middle, high = np.quantile(ratio, (0.05, 0.5, 0.95)) * published.reference_value
    return Setting(published, *(float(n) for n in sorted((low, middle, high))))


def _title(known: Sequence[Setting], n_runs: int) -> str:
    """How many published figures the simulation covers."""
    if not known:
        return "There is no published figure to compare with"
    if n_runs < 2:
        return "One run has no band: run more to compare with published figures"
    inside = sum(setting.is_inside for setting in known)
    band = "the simulated 90 % band"
    if len(known) == 1:
        return f"The published figure lies {'inside' if inside else 'outside'} {band}"
    if inside in (0, len(known)):
        every = "Both" if len(known) == 2 else f"All {len(known)}"
        return f"{every} published figures lie {'inside' if inside else 'outside'} {band}"
    verb = "lies" if inside == 1 else "lie"
    return f"{inside} of {len(known)} published figures {verb} inside {band}"


def _draw_key(page: Page) -> None:
    """Say what the marks are."""
    y = page.top - 16
    page.line((MARGIN + 6, MARGIN + 6), (y, y), color=ORANGE, marker="D", markersize=13)
    page.write(MARGIN + 28, y, "published")
    page.line((310, 310), (y - 14, y + 14), color=BLUE, linewidth=5)
    page.write(328, y, "simulated median")
    page.line((650, 710), (y, y), color=SEQUENTIAL[4], linewidth=18, solid_capstyle="butt")
    page.write(726, y, "90 of 100 simulated partnerships")


def _draw_row(page: Page, bottom: float, pitch: float, setting: Setting) -> None:
    """Draw one figure on an axis of its own, in its unit."""
    published = setting.published
    middle = bottom + pitch / 2
    name = fit(published.title, NAMES - 24, lines=2 if pitch > 95 else 1)
    unit = fit(f"({published.unit})", NAMES - 24)
    page.write(MARGIN, middle, f"{name}\n{unit}" if published.unit else name)
    width = WIDTH - 2 * MARGIN - NAMES - WORDS
    height = min(pitch - 46, 60)
    axes = page.panel(MARGIN + NAMES, middle - height / 2 + 14, width, height)
    numbers = [*setting[1:], published.value, published.reference_value]
    low, high = min(numbers), max(numbers)
    margin = 0.08 * (high - low) or 0.1 * abs(high) or 1.0
    axes.set_xlim(low - margin, high + margin)
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xticks(*value_ticks(low - margin, high + margin, 3))
    axes.barh(0.55, setting.high - setting.low, 0.6, left=setting.low, color=SEQUENTIAL[4])
    axes.plot((setting.median,) * 2, (0.2, 0.9), color=BLUE, linewidth=5)
    axes.plot(published.value, 0.55, "D", color=ORANGE, markersize=13, markeredgecolor="white")
    words = f"{_verdict(setting)}{number(published.value, 3)} against {number(setting.median, 3)}"
    page.write(WIDTH - MARGIN - WORDS + 30, middle, words)


def _verdict(setting: Setting) -> str:
    """Where the published figure lies."""
    if setting.low == setting.high:
        return ""  # one run has no band
    if setting.is_inside:
        return "inside the band\n"
    return f"{'above' if setting.published.value > setting.high else 'below'} the band\n"


def _table(settings: Sequence[Setting]) -> Table:
    """List the numbers drawn."""
    return {
        "title": [s.published.title for s in settings],
        "month": [s.published.month for s in settings],
        "reference_month": [s.published.reference_month for s in settings],
        "unit": [s.published.unit for s in settings],
        "published": [s.published.value for s in settings],
        "simulated_p05": [s.low for s in settings],
        "simulated_median": [s.median for s in settings],
        "simulated_p95": [s.high for s in settings],
        "source": [s.published.source for s in settings],
    }
