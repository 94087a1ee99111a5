"""Names, units and scales of the measures and series shown, and arms set side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from partnersim.figures.palette import MAX_SERIES
from partnersim.runs.measures import MEASURES, Measure
from partnersim.runs.statistics import FEWEST_REPLICATES, compare_pairs
from partnersim.runs.wording import NOTHING, capital, lowered, number, plural

if TYPE_CHECKING:
    from partnersim.runs.results import Comparison, Results

MAX_NAME = 34
"""Letters of a name in a title; of longer ones the middle is left out."""


@dataclass(frozen=True)
class Quantity:
    """The way a measure or series is shown: words and unit for axes, `suffix` for sentences.

    `scale` is what the recorded number is multiplied by; a censored one may not be reached.
    """

    label: str
    unit: str
    scale: float = 1.0
    suffix: str = ""
    higher_is_better: bool | None = None
    is_censored: bool = False
    is_yes_or_no: bool = False

    def say(self, value: float, digits: int = 2) -> str:
        """Write a recorded number for a sentence: '62 %', '6.2 years'."""
        if not math.isfinite(value):
            return "not reached" if self.is_censored else "undefined"
        return number(value * self.scale, digits) + self.suffix

    @property
    def heading(self) -> str:
        """Return label and unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


def quantity(name: str) -> Quantity:
    """Find how a measure or series is shown: shares of the vision in per cent, months in years."""
    if name not in MEASURES:
        return Quantity(capital(name.replace("_", " ")), "")
    measure = MEASURES[name]
    label = capital(measure.label)
    shown = (measure.higher_is_better, measure.is_censored, measure.is_yes_or_no)
    if measure.unit == "months":
        return Quantity(label.replace("Months", "Time", 1), "years", 1 / 12, " years", *shown)
    if measure.unit == "share":
        return Quantity(label, "0 to 1", 1.0, "", *shown)
    if measure.unit.startswith("share of"):
        per = measure.unit.partition(" per ")[2]
        suffix = f" % per {per}" if per else " %"
        return Quantity(label, measure.unit.replace("share", "%", 1), 100.0, suffix, *shown)
    suffix = "" if measure.unit == "index" else f" {measure.unit}"
    return Quantity(label, measure.unit, 1.0, suffix, *shown)


def choose_arms(comparison: Comparison, arms: Sequence[str] | None) -> list[str]:
    """Choose arms to draw: those asked for, or the base and the first three others.

    Raises
    ------
    ValueError
        For an arm that is not there, or for more than four.
    """
    if arms is None:
        others = [name for name in comparison.results if name != comparison.base]
        chosen = {comparison.base, *others[: MAX_SERIES - 1]}
        return [name for name in comparison.results if name in chosen]
    for name in arms:
        if name not in comparison.results:
            raise ValueError(f"arms: no arm is named {name!r}; there are {list(comparison.results)}")
    if not 1 <= len(arms) <= MAX_SERIES:
        raise ValueError(f"arms: {len(arms)} given; a figure shows 1 to {MAX_SERIES}")
    return list(arms)


def in_title(name: str) -> str:
    """Shorten a name for a title: its end may be what tells it from another."""
    if len(name) <= MAX_NAME:
        return name
    half = MAX_NAME // 2
    return f"{name[:half].rstrip()}…{name[1 - half :].lstrip()}"


def subject(measure: str, arm: str | None, against: str | None) -> str:
    """Name what a figure is of: a measure, of an arm, or what an arm changes in it."""
    label = quantity(measure).label
    if against is None:
        return label if arm is None else f"{label} with {in_title(arm)}"
    over = "" if against == "base" else f" over {in_title(against)}"
    return f"What {in_title(arm or '')} changes in {lowered(label)}{over}"


def foot_note(results: Results, comparison: Comparison | None = None, shown: int = 0) -> str:
    """Write the note: how many runs a figure rests on, and that they are simulated."""
    runs = plural(results.replicates, "simulated partnership")
    if comparison is None:
        return f"{runs}, seed {results.seed}. No forecast of a real place."
    more = not_shown(len(comparison.results) - shown, "more arm")
    return f"{runs} in each arm, with the same luck; seed {results.seed}.{more}"


def not_shown(count: int, noun: str) -> str:
    """Tell at the end of a note how many things a figure has no room for; nothing where it has."""
    return f" {plural(count, noun)} not shown." if count > 0 else ""


def initiatives(results: Mapping[str, Results]) -> str:
    """Tell what became of the initiatives of each arm, on average; an only arm is not named."""
    found = {}
    for arm, of_arm in results.items():
        names = [f"initiatives_{what}" for what in ("completed", "abandoned", "under_way")]
        took = of_arm.measures["actual_over_planned"]
        took = took[np.isfinite(took)]
        against = number(float(took.mean())) if took.size else NOTHING
        found[arm] = [*(number(float(of_arm.measures[name].mean())) for name in names), against]
    if len(found) == 1:
        ((done, given_up, under_way, against),) = found.values()
        return (
            f"Initiatives: {done} completed, in {against} times the time planned; {given_up} given up, "
            f"{under_way} under way."
        )
    told = [
        f"{in_title(arm)} {done} ({against}), {given_up}, {under_way}"
        for arm, (done, given_up, under_way, against) in found.items()
    ]
    return f"Initiatives completed (in times planned), given up, under way: {'; '.join(told)}."


@dataclass(frozen=True)
class Effect:
    """The effect of an arm against the base, over pairs that share their random numbers.

    A milestone that was not reached counts as reached at the end of the run, so that no pair is
    left out.
    """

    mean: float
    low: float
    high: float
    share_better: float
    n_pairs: int

    @property
    def way(self) -> int | None:
        """Return 1 for higher and -1 for lower, if certain; 0 if not; None for too few pairs to say."""
        if self.n_pairs < FEWEST_REPLICATES:
            return None
        return int(self.low > 0) - int(self.high < 0)


def find_effect(arm: np.ndarray, base: np.ndarray, name: str, months: int) -> Effect:
    """Compare an arm with the base, pair by pair, in numbers that are or become a measure."""
    measure = MEASURES.get(name) or Measure(name, name, "", None, "")
    found = compare_pairs(arm, base, measure, months)
    n_pairs = len(arm) if measure.is_censored else found.n_pairs
    return Effect(found.restricted_mean, *found.restricted_ci95, found.share_better, n_pairs)


def tell_apart(values: Sequence[float], say: Callable[[float, int], str]) -> list[str]:
    """Write numbers with as many digits as it takes to show which differ."""
    texts: list[str] = []
    for digits in range(2, 6):
        texts = [say(value, digits) for value in values]
        if len(set(texts)) == len(np.unique(values)):
            break
    return texts


def headline(
    what: str,
    values: Mapping[str, float],
    say: Callable[[float, int], str],
    base: str,
    ways: Mapping[str, int | None],
    words: tuple[str, str, str, str] = ("higher", "lower", "highest", "lowest"),
) -> str:
    """Write one sentence that sets arms side by side and claims no more than their numbers bear.

    `values` are the numbers as drawn, NaN where there is none, and `say` puts one in words with so
    many digits; `ways` is which way the effect of each other arm goes (`Effect.way`). `words` are
    for more, less, most and least of it.
    """
    texts = dict(zip(values, tell_apart(list(values.values()), say), strict=True))
    listed = f"{what}: " + ", ".join(f"{texts[arm]} with {in_title(arm)}" for arm in values)
    others = [arm for arm in values if arm != base]
    if len(others) > 1 and len(set(values.values())) == 1:
        return f"{what}: {texts[others[0]]} in every arm"
    if not others or base not in values or any(math.isnan(value) for value in values.values()):
        return listed
    if all(ways[arm] is None for arm in others):
        return f"{listed} (too few runs to compare)"
    if not any(ways[arm] for arm in others):
        if len(others) == 1:
            return f"{in_title(others[0])} makes no clear difference. {listed}"
        return f"No arm makes a clear difference. {listed}"
    least, *_, most = sorted(values, key=values.__getitem__)
    is_shared = any(list(values.values()).count(values[arm]) > 1 for arm in (least, most))
    # What is drawn and the paired difference may disagree.
    if is_shared or any((ways[arm] or 0) * (values[arm] - values[base]) < 0 for arm in others):
        return listed
    said = {arm: f"with {in_title(arm)} ({texts[arm]})" for arm in values}
    if len(others) == 1:
        return f"{what}: {words[0 if most != base else 1]} {said[others[0]]} than {said[base]}"
    return f"{what}: {words[2]} {said[most]}, {words[3]} {said[least]}"
