"""Draw published figures of a real place beside those simulated of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from partnersim.figures.layout import padded, value_ticks, wrap
from partnersim.figures.marks import Box, Line, Mark, Panel, rows_to_table, written
from partnersim.figures.page import MARGIN, WIDTH, Page
from partnersim.figures.palette import BLUE, ORANGE, PAPER, SHADES
from partnersim.figures.picture import Picture
from partnersim.figures.quantities import foot_note
from partnersim.runs.wording import number

if TYPE_CHECKING:
    from partnersim.runs.results import Results
    from partnersim.scenario.declarations import Published
    from partnersim.scenario.scenario import Scenario

COLUMNS = (
    *("title", "month", "reference_month", "unit", "published"),
    *("simulated_p05", "simulated_median", "simulated_p95", "source"),
)
MAX_ROWS = 5
"""The most published figures that can be read on a page; the table has them all."""

MOST_PITCH = 230
"""The largest distance from one published figure to the next, in pixels."""

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
        """Return whether the months of the published figure are simulated."""
        return math.isfinite(self.median)

    @property
    def is_inside(self) -> bool:
        """Return whether the published figure lies in the band of 90 % of the runs."""
        return self.low <= self.published.value <= self.high


def published_against_simulated(results: Results, scenario: Scenario) -> Picture:
    """Draw each published figure of a scenario beside the simulated median and 90 % band.

    What is simulated is the series' ratio to the reference month, times the figure published
    for that month: so both are in the published unit.
    """
    settings = [_set_beside(results, published) for published in scenario.published]
    known = [setting for setting in settings if setting.is_known]
    shown = known[:MAX_ROWS]
    left_out = len(settings) - len(shown)
    more = f" {left_out} not shown." if left_out else ""
    page = Page(_title(known, results.replicates), foot_note(results) + more)
    if shown:
        page.marks += _draw_key(page.top + 16)
    pitch = min((page.bottom - page.top - 48) / max(len(shown), 1), MOST_PITCH)
    for index, setting in enumerate(shown):
        page.marks += _draw_row(page.top + 44 + pitch * (index + 0.5), pitch, setting)
    rows = [
        (p.title, p.month, p.reference_month, p.unit, p.value, low, median, high, p.source)
        for p, low, median, high in settings
    ]
    return page.picture(rows_to_table(COLUMNS, rows))


def _set_beside(results: Results, published: Published) -> Setting:
    """Find simulated quantiles in the published unit; NaN where the months are not simulated."""
    if max(published.month, published.reference_month) > results.months:
        return Setting(published, math.nan, math.nan, math.nan)
    series = np.asarray(results.series[published.measure], dtype=float)
    start = series[:, published.reference_month]
    ratio = series[start != 0, published.month] / start[start != 0]
    ratio = ratio[np.isfinite(ratio)]
    if not ratio.size:
        return Setting(published, math.nan, math.nan, math.nan)
    found = np.quantile(ratio, (0.05, 0.5, 0.95)) * published.reference_value
    return Setting(published, *sorted(found.tolist()))


def _title(known: Sequence[Setting], n_runs: int) -> str:
    """Write the title: how many published figures the simulation covers."""
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


def _diamond(x: float, y: float) -> Line:
    """Make the mark of a published figure."""
    points = ((x, y - 12), (x + 12, y), (x, y + 12), (x - 12, y), (x, y - 12))
    return Line(points, PAPER, 1.4, fill=ORANGE)


def _draw_key(y: float) -> Iterator[Mark]:
    """Draw the key to the marks."""
    yield _diamond(MARGIN + 12, y)
    yield Line(((310, y - 14), (310, y + 14)), BLUE, 7)
    yield Box(650, y - 12, 60, 24, SHADES[4])
    words = {68: "published", 328: "simulated median", 726: "90 of 100 simulated partnerships"}
    for x, said in words.items():
        yield from written(x, y, [said])


def _draw_row(middle: float, pitch: float, setting: Setting) -> Iterator[Mark]:
    """Draw one figure on an axis of its own, in its unit."""
    published = setting.published
    rows = 4 if pitch > 200 else 2 if pitch > 95 else 1
    name = wrap(published.title, NAMES - 24, rows)
    name += wrap(f"({published.unit})", NAMES - 24, max(rows // 2, 1)) if published.unit else []
    yield from written(MARGIN, middle, name)
    numbers = [*setting[1:], published.value, published.reference_value]
    across = padded(min(numbers), max(numbers), 0.08)
    width, height = WIDTH - 2 * MARGIN - NAMES - WORDS, min(pitch - 46, 0.55 * pitch)
    panel = Panel(MARGIN + NAMES, middle - height / 2 - 14, width, height, across)
    low, high = panel.x(setting.low), panel.x(setting.high)
    yield from panel.numbers_below(*value_ticks(*across, 3))
    yield Box(low, panel.y(0.85), high - low, 0.6 * height, SHADES[4])
    x = panel.x(setting.median)
    yield Line(((x, panel.y(0.2)), (x, panel.y(0.9))), BLUE, 7)
    yield _diamond(panel.x(published.value), panel.y(0.55))
    where = "inside" if setting.is_inside else "above" if published.value > setting.high else "below"
    verdict = [f"{where} the band"] if setting.low < setting.high else []  # one run has no band
    against = f"{number(published.value, 3)} against {number(setting.median, 3)}"
    yield from written(WIDTH - MARGIN - WORDS + 30, middle, [*verdict, against])
