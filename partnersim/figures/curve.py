"""Draw the trust-speed curve: how fast change is at each level of trust."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from partnersim.figures.layout import text_width, value_ticks
from partnersim.figures.marks import Disc, Line, Mark, Panel, Text, rows_to_table, say, written
from partnersim.figures.over_time import LABELS, LEFT, names_at_ends
from partnersim.figures.page import MARGIN, WIDTH, Page
from partnersim.figures.palette import BLUE, COLOURS, DARK, DASHES, GREY, MAX_SERIES, PAPER, QUIET, SHADES
from partnersim.figures.picture import Picture
from partnersim.figures.quantities import in_title, not_shown, quantity
from partnersim.runs.curve import LEVELS
from partnersim.runs.statistics import FEWEST_REPLICATES
from partnersim.runs.wording import fixed, join, number, plural

if TYPE_CHECKING:
    from partnersim.runs.curve import ArmCurve, Curve

COLUMNS = ("arm", "is_held", "trust", "mean_speed", "ci95_low", "ci95_high", "p05", "p95")
SPEED = quantity("mean_speed")


def trust_speed(curve: Curve) -> Picture:
    """Draw what `partnersim.curve` found: speed on trust, held at each level, and the place at rest.

    Means have 95 % intervals; of more than four arms the first four are drawn.
    """
    arms = dict(list(curve.arms.items())[:MAX_SERIES])
    runs = f"{plural(curve.replicates, 'simulated partnership')} a point, with the same luck"
    more = not_shown(len(curve.arms) - len(arms), "more arm")
    note = f"{runs}; seed {curve.seed}. Bars: 95 % intervals.{more}"
    page = Page(_title(curve, arms), note, _elasticities(arms))
    page.marks += say(MARGIN, page.top + 22, SPEED.heading, WIDTH - 2 * MARGIN)
    top, bottom = page.top + 46, page.bottom - 78
    rows = [row for name, arm in curve.arms.items() for row in _rows(name, arm)]
    is_one = len(arms) == 1
    ends = [row[7] if is_one else row[5] for row in rows if row[0] in arms]
    high = max((SPEED.scale * end for end in ends if math.isfinite(end)), default=1.0)
    panel = Panel(LEFT, top, WIDTH - LABELS - MARGIN - LEFT, bottom - top, (0.0, 1.0), (0.0, high * 1.04))
    page.marks += panel.numbers_beside(*value_ticks(*panel.up, 6), GREY)
    page.marks += panel.numbers_below(LEVELS[::2], [f"{level:g}" for level in LEVELS[::2]])
    words = "Trust, held there between all and throughout (0 to 1)"
    page.marks.append(Text((panel.left + panel.right) / 2, panel.bottom + 64, words, "middle"))
    if is_one:  # there is room to show where nine of ten partnerships are
        found = [next(iter(arms.values())).at(level) for level in LEVELS]
        spread = SPEED.scale * np.array([(speed.p05, speed.p95) for speed in found])
        page.marks.append(panel.band(np.array(LEVELS), spread[:, 0], spread[:, 1], SHADES[4]))
    for index, arm in enumerate(arms.values()):
        page.marks += _draw_arm(panel, arm, COLOURS[index], DASHES[index])
    for index, arm in enumerate(arms.values()):
        page.marks += _draw_rest(panel, arm, COLOURS[index])
    page.marks += _say_rest(panel, arms)
    page.marks += names_at_ends(panel, _names(arms), WIDTH - 12, 3)
    return page.picture(rows_to_table(COLUMNS, rows))


def _rows(name: str, arm: ArmCurve) -> Iterator[tuple[str, str, float, float, float, float, float, float]]:
    """Yield the numbers of one arm: a row for each level, and one for where it comes to rest."""
    held = [(level, arm.at(level)) for level in LEVELS]
    rest = arm.rest
    for trust, found in [*held, (rest["trust"].mean, rest["mean_speed"])]:
        is_held = "false" if found is rest["mean_speed"] else "true"
        yield name, is_held, trust, found.mean, *found.ci95, found.p05, found.p95


def _title(curve: Curve, arms: Mapping[str, ArmCurve]) -> str:
    """Write the title: how many times as fast change is at full trust as at none."""
    ends = [(arm.at(LEVELS[0]), arm.at(LEVELS[-1])) for arm in arms.values()]
    none, full = ends[0]
    shown = f"{SPEED.say(full.mean)} against {number(SPEED.scale * none.mean)}"
    few = " (too few runs to be sure)" if curve.replicates < FEWEST_REPLICATES else ""
    if not all(none.mean > 0 for none, _ in ends):
        return f"Mean speed where all trust each other fully and where nobody does: {shown}{few}"
    if not few and not any(_differs(arm) for arm in arms.values()):
        return f"Trust makes no clear difference to speed: {shown}"
    ratios = sorted(full.mean / none.mean for none, full in ends)
    times = number(ratios[0])
    if number(ratios[-1]) != times:
        times = f"{times} to {number(ratios[-1])}"
    said = f"Change is {times} times as fast where all trust each other fully as where nobody does"
    return f"{said}: {shown}{few}" if len(arms) == 1 else f"{said}, in every arm{few}"


def _differs(arm: ArmCurve) -> bool:
    """Return whether speed at full trust and at none differ for certain, pair by pair."""
    gaps = arm.held[:, -1] - arm.held[:, 0]
    return bool(abs(gaps.mean()) > 2.0 * gaps.std(ddof=1) / len(gaps) ** 0.5)


def _elasticities(arms: Mapping[str, ArmCurve]) -> str:
    """Tell how much faster change is with one per cent more trust."""
    found = {name: arm.elasticity for name, arm in arms.items()}
    said = [
        f"{fixed(e.value, 2)} ± {fixed(1.96 * e.error, 2)} %"
        + (f" ({in_title(name)})" if arms.keys() - {name} else "")
        for name, e in found.items()
        if math.isfinite(e.value)
    ]
    return f"With 1 % more trust, speed is higher by {join(said)}." if said else ""


def _draw_arm(panel: Panel, arm: ArmCurve, colour: str, dash: str) -> Iterator[Mark]:
    """Draw one arm: a line through the means, and the interval of each."""
    found = [arm.at(level) for level in LEVELS]
    yield panel.line(LEVELS, SPEED.scale * np.array([at.mean for at in found]), colour, 5.0, dash=dash)
    for level, at in zip(LEVELS, found, strict=True):
        if all(map(math.isfinite, at.ci95)):
            ends = [(panel.x(level), panel.y(SPEED.scale * end)) for end in at.ci95]
            yield Line(ends, colour, 11.0)


def _place_at_rest(panel: Panel, arm: ArmCurve) -> tuple[float, float]:
    rest = arm.rest
    return panel.x(rest["trust"].mean), panel.y(SPEED.scale * rest["mean_speed"].mean)


def _draw_rest(panel: Panel, arm: ArmCurve, colour: str) -> Iterator[Mark]:
    """Draw where trust comes to rest when it is not held, and a line from there to the axis."""
    x, y = _place_at_rest(panel, arm)
    if math.isfinite(x) and math.isfinite(y):
        yield Line(((x, y), (x, panel.bottom)), colour, 2.5, "6 6")
        yield Disc(x, y, 13, PAPER, colour, 5.0)


def _say_rest(panel: Panel, arms: Mapping[str, ArmCurve]) -> Iterator[Mark]:
    """Explain the discs, beside the foot of the outermost line from one of them."""
    places = [x for x, y in (_place_at_rest(panel, arm) for arm in arms.values()) if math.isfinite(x + y)]
    if places:
        at = "" if len(arms) > 1 else f" at {_rest(next(iter(arms.values())))}"
        lines, y = [f"trust comes to rest{at}", "when it is not held"], panel.bottom - 44
        has_room = max(places) + 16 + max(map(text_width, lines)) < panel.right
        x, anchor = (max(places) + 16, "start") if has_room else (min(places) - 16, "end")
        yield from written(x, y, lines, anchor=anchor)


def _rest(arm: ArmCurve) -> str:
    """Write trust at rest, in words."""
    return fixed(arm.rest["trust"].mean, 2)


def _names(arms: Mapping[str, ArmCurve]) -> dict[str, tuple[float, str]]:
    """Find names of lines and their heights at full trust: of arms, or of the parts of the only one."""
    if len(arms) > 1:
        at = "rests\N{NO-BREAK SPACE}at\N{NO-BREAK SPACE}"
        named = {
            f"{in_title(name)} ({at}{_rest(arm)})": arm.at(LEVELS[-1]).mean for name, arm in arms.items()
        }
        return {
            name: (SPEED.scale * end, dark) for (name, end), dark in zip(named.items(), DARK, strict=False)
        }
    found = next(iter(arms.values())).at(LEVELS[-1])
    ends = {
        "95 of 100 below": (found.p95, QUIET),
        "mean": (found.mean, BLUE),
        "5 of 100 below": (found.p05, QUIET),
    }
    return {name: (SPEED.scale * end, colour) for name, (end, colour) in ends.items()}
