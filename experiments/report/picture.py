"""The picture of all claims: effects over the accepted set and the theories, claim by claim."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from experiments.pictures import Picture, fit, start_page
from experiments.report.collect import Standing, Stored
from experiments.report.summary import OTHER_THEORIES, known, weakest
from partnersim.figures.page import MARGIN, WIDTH
from partnersim.figures.palette import BLUE, GREY, INK, ORANGE, PURPLE, QUIET
from partnersim.runs.wording import plural

FILE = "claims.png"
MOST = 12.0
"""Times the smallest effect that matters; what is more stands at the end."""

LEAST = 2.0
"""Times the same to the left of nothing that are shown, whatever is there."""

PARTS = 2
"""Parts of a claim that are drawn: those with the largest and the smallest effect."""

NAMES = 560
MARKS = dict(zip(OTHER_THEORIES, (("^", ORANGE), ("v", PURPLE)), strict=True))
"""Marker and colour of each other theory of trust."""


class Row(NamedTuple):
    """One part of a claim, in smallest effects that matter, the expected direction to the right."""

    words: str
    each: Sequence[float]
    mean: float
    by_theory: Mapping[str, float]


def rows(found: Sequence[Stored]) -> Iterator[Row]:
    """Parts of claims whose effects are changes, of the present model."""
    for stored in found:
        if not stored.experiment.is_claim or stored.standing is not Standing.CURRENT:
            continue
        smallest = stored.summary["rule"]["smallest"]
        tests = [t for t in weakest(stored.summary) if t["kind"] == "effect" and known(t["mean"])]
        ordered = sorted(tests, key=lambda test: -abs(test["mean"] / smallest.get(test["measure"], 0.05)))
        for test in ordered[:1] + ordered[1:][-(PARTS - 1) :]:
            yield _row(stored, test, smallest.get(test["measure"], 0.05))


def _row(stored: Stored, test: Mapping[str, Any], unit: float) -> Row:
    factor = (1.0 if test["expect"] == "more" else -1.0) / unit

    def scaled(value: float) -> float:
        return factor * (value - test["than"])

    name = stored.title.partition(".")[0]
    by_theory = {n: scaled(t["mean"]) for n, t in test["by_theory"].items() if known(t["mean"])}
    each = [scaled(x) for x in test["each"] if known(x)]
    return Row(f"{name}  {test['part']}", each, scaled(test["mean"]), by_theory)


def draw(found: Sequence[Stored]) -> Picture | None:
    """Draw a row for one or two parts of each claim; nothing where none is of the present model."""
    drawn = list(rows(found))
    if not drawn:
        return None
    n_far = sum(row.mean >= 1.0 for row in drawn)
    n_same = sum(
        row.mean >= 1.0 and all(x >= 1.0 for x in row.by_theory.values()) for row in drawn if row.by_theory
    )
    n_claims = len({row.words.partition(" ")[0] for row in drawn})
    title = (
        f"Of {len(drawn)} parts of {plural(n_claims, 'claim')} {n_far} have the effect that is claimed, by "
        f"what matters; {n_same} of these also by both other theories of trust"
    )
    note = "Times the smallest effect that matters. Dots: accepted points; bar: mean; grey: too small."
    page = start_page(title, note)
    left, width = MARGIN + NAMES, WIDTH - 2 * MARGIN - NAMES
    bottom, top = page.bottom + 30, page.top - 30
    for at, (name, (marker, colour)) in enumerate(MARKS.items()):
        page.line([left + 340 * at + 8], [page.top - 14], marker=marker, color=colour, markersize=9)
        page.write(left + 340 * at + 24, page.top - 14, OTHER_THEORIES[name], color=QUIET)
    axes = page.panel(left, bottom, width, top - bottom)
    lowest = min(min([*row.each, row.mean, *row.by_theory.values()], default=0.0) for row in drawn)
    axes.set(xlim=(max(min(lowest, -LEAST) - 0.5, -MOST), MOST), ylim=(bottom, top), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.axvspan(-1.0, 1.0, color=GREY, alpha=0.5, linewidth=0)
    axes.axvline(0.0, color=QUIET, linewidth=1)
    pitch = (top - bottom) / len(drawn)
    for index, row in enumerate(drawn):
        y = top - pitch * (index + 0.5)
        page.write(MARGIN, y, fit(row.words, NAMES - 16))
        each = np.clip(row.each, -MOST, MOST)
        heights = y + 0.3 * pitch * np.linspace(-1.0, 1.0, len(each))
        axes.plot(each, heights, "o", color=BLUE, markersize=3, alpha=0.4, markeredgewidth=0)
        axes.plot(
            [np.clip(row.mean, -MOST, MOST)] * 2, [y - 0.4 * pitch, y + 0.4 * pitch], color=INK, linewidth=3
        )
        for name, (marker, colour) in MARKS.items():
            if name in row.by_theory:
                x = np.clip(row.by_theory[name], -MOST, MOST)
                axes.plot(x, y, marker, color=colour, markersize=9, markeredgecolor="white")
    return Picture(page.figure, title)
