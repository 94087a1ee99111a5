"""Tables, a page and figures of what the tuning found."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tomlkit
from scipy import spatial, stats

from experiments.engine.page import begin
from experiments.engine.work import Result
from experiments.patterns.estimates import Estimate, Floats, Found
from experiments.patterns.figure import draw, say
from experiments.patterns.patterns import PATTERNS
from experiments.pictures import TYPE, Picture, fit, save_picture, start_page
from experiments.points import ACCEPTED, COMMAND
from experiments.provenance import written_by
from experiments.tuning.accept import Accepted
from experiments.tuning.evaluate import NUMBERS
from experiments.tuning.ranges import ranges_text
from experiments.tuning.search import Wave
from experiments.tuning.space import Prior, Space, declared_hash
from partnersim.figures.page import MARGIN, WIDTH
from partnersim.figures.palette import BLUE, GREY, ORANGE, PURPLE
from partnersim.model.version import EQUATIONS, MODEL_VERSION
from partnersim.runs.wording import plural
from partnersim.scenario.accepted import FILE

CLEAR = 0.01
"""Chance, divided by the number of parameters, under which two samples count as different."""

FEWEST = 20
"""Points of the priors that hold a band, and that do not, below which nothing is said of it."""


@dataclass(frozen=True)
class Outcome:
    """What a tuning found.

    Attributes
    ----------
    space, waves
        What was searched, and how each search went.
    shares, searches : float64[point, parameter], int64[point]
        Where the points are that were looked at with other luck, and of which search each is.
    confirmed : list[Result]
        What was found there.
    accepted
        Which of them are accepted.
    chosen, chosen_row
        The defaults chosen, and the point they are.
    at_defaults
        What is found at the defaults there were.
    elsewhere : dict[str, float64[point, number]]
        How far outside each number is at accepted points, where what is held is somewhere else.
    """

    space: Space
    waves: tuple[list[Wave], list[Wave]]
    shares: Floats
    searches: np.ndarray
    confirmed: list[Result]
    accepted: Accepted
    chosen: dict[str, float]
    chosen_row: int
    at_defaults: Result
    elsewhere: Mapping[str, Floats]

    @property
    def rows(self) -> list[int]:
        """The accepted points: that of the defaults, then the others, the first few a sample."""
        others = [row for row in self.accepted.rows if row != self.chosen_row]
        return [self.chosen_row, *np.random.default_rng(1).permutation(others).astype(int).tolist()]

    @property
    def points(self) -> list[dict[str, float]]:
        """Their values."""
        return [self.space.point(self.shares[row]) for row in self.rows]

    @property
    def values(self) -> Floats:
        """What their numbers are: float64[point, number], with luck no search has seen."""
        return np.array([self.confirmed[row]["found"][:, 0] for row in self.rows])

    @property
    def held(self) -> Floats:
        """Share of the accepted points that hold each number."""
        shares: Floats = np.mean([self.confirmed[row]["excess"] == 0.0 for row in self.rows], axis=0)
        return shares

    @property
    def inside(self) -> np.ndarray:
        """Whether values themselves are in their bands, chance or not: bool[point, number]."""
        return np.array([[n.band.holds(x) for n, x in zip(NUMBERS, row, strict=True)] for row in self.values])


class Narrowing(NamedTuple):
    """How far the accepted points narrow a parameter down, and how far the searches disagree on it."""

    prior: Prior
    median: float
    low: float
    high: float
    distance: float
    chance: float
    disagreement: float


def narrowings(outcome: Outcome) -> list[Narrowing]:
    """Accepted points against priors, and the two searches against each other: Kolmogorov-Smirnov."""
    found = []
    first, second = (outcome.shares[list(rows)] for rows in outcome.accepted.holding)
    for at, prior in enumerate(outcome.space.priors):
        inner = outcome.shares[outcome.rows, at]
        low, median, high = (prior.at(float(x)) for x in np.quantile(inner, [0.05, 0.5, 0.95]))
        test = stats.kstest(inner, "uniform")
        apart = stats.ks_2samp(first[:, at], second[:, at]).statistic
        found.append(Narrowing(prior, median, low, high, float(test.statistic), float(test.pvalue), apart))
    return found


def constraints(outcome: Outcome) -> list[str]:
    """Which parameters each number constrains, among points of the priors [hornberger1981].

    Points that hold its band against those that do not, by parameter; or in words why not.
    """
    first = [waves[0] for waves in outcome.waves]
    shares = np.concatenate([wave.looks.shares for wave in first])
    outside = np.concatenate([wave.excess for wave in first])
    said = []
    for index in range(len(NUMBERS)):
        is_known = ~np.isnan(outside[:, index])
        holds = outside[is_known, index] == 0.0
        if min(holds.sum(), (~holds).sum()) < FEWEST:
            said.append("nearly none holds it" if holds.sum() < FEWEST else "nearly all hold it")
            continue
        clear = []
        for at, path in enumerate(outcome.space.paths):
            there = shares[is_known, at]
            test = stats.ks_2samp(there[holds], there[~holds])
            if test.pvalue < CLEAR / len(outcome.space.priors):
                is_higher = np.median(there[holds]) > np.median(there[~holds])
                clear.append((-test.statistic, f"`{path}` {'↑' if is_higher else '↓'}"))
        said.append(", ".join(words for _, words in sorted(clear)[:4]) or "none that is clear")
    return said


# --- Tables ---------------------------------------------------------------------------------------


def write(outcome: Outcome, folder: Path) -> None:
    """Write points, tables, page and figures."""
    begin(folder)
    with (folder / ACCEPTED.name).open("w", newline="", encoding="utf-8") as lines:
        csv.writer(lines, lineterminator="\n").writerows(point_rows(outcome))
    (folder / "summary.toml").write_text(tomlkit.dumps(summary(outcome)), encoding="utf-8")
    if folder == ACCEPTED.parent:  # then plans vary within what these points accept
        FILE.write_text(ranges_text(), encoding="utf-8")
    (folder / "results.md").write_text(page(outcome), encoding="utf-8")
    save_picture(draw_bands(outcome), folder / "figure.png")
    save_picture(draw_parameters(outcome), folder / "parameters.png")


def point_rows(outcome: Outcome) -> Iterator[list[object]]:
    """Accepted points: a column for each parameter, as they were run."""
    yield ["point", *outcome.space.paths]
    for number, point in enumerate(outcome.points, start=1):
        yield [number, *point.values()]


def quantiles(outcome: Outcome, index: int) -> tuple[float, float, float]:
    """5, 50 and 95 % of a number over the accepted points."""
    values = outcome.values[:, index]
    low, median, high = np.quantile(values[~np.isnan(values)], [0.05, 0.5, 0.95], method="nearest")
    return float(low), float(median), float(high)


def verdict(outcome: Outcome, index: int) -> str:
    """'inside', or 'given up' and how many hold it all the same."""
    if index not in outcome.accepted.given_up:
        return "inside"
    return f"given up, held by {100 * outcome.held[index]:.0f} %"


def summary(outcome: Outcome) -> dict[str, object]:
    """What was done, for programs: model, seeds, counts, given up, agreement, chosen."""
    search, accepted = outcome.space.search, outcome.accepted
    return {
        "model": EQUATIONS,
        "model_with_defaults": MODEL_VERSION,
        "declared": declared_hash(outcome.space),
        "command": COMMAND,
        "seed": list(search.seeds),
        "confirm_seed": search.confirm_seed,
        "confirm_replicates": search.confirm_replicates,
        "confirmed": len(outcome.confirmed),
        "holding": [len(rows) for rows in accepted.holding],
        "within_the_others_region": list(accepted.shared),
        "accepted": len(outcome.rows),
        "given_up": [NUMBERS[index].name for index in accepted.given_up],
        "chosen": outcome.chosen,
    }


# --- The page -------------------------------------------------------------------------------------


def page(outcome: Outcome) -> str:
    """The page of results."""
    search, accepted = outcome.space.search, outcome.accepted
    is_inside = outcome.inside
    first, second = (100 * share for share in accepted.shared)
    lines = [
        "# Tuning: which points show what was observed",
        "",
        f"{written_by(COMMAND)}; two searches with seeds {search.seeds[0]} and {search.seeds[1]}; "
        f"{len(outcome.confirmed)} points looked at with {search.confirm_replicates} replicates of luck "
        f"that neither had seen (seed {search.confirm_seed}); {len(outcome.rows)} accepted.",
        "",
        f"**The two searches.** {len(accepted.holding[0])} and {len(accepted.holding[1])} points hold the "
        f"bands; {first:.0f} % of the first's and {second:.0f} % of the second's lie within the other's "
        "region, and these are accepted. How far apart they are on each parameter is in the table below.",
        "",
        f"{len(NUMBERS) - len(accepted.given_up)} of {len(NUMBERS)} bands are held by all accepted points. "
        f"Given up: {', '.join(NUMBERS[index].name for index in accepted.given_up) or 'none'}.",
        "",
        "A band is held where the value is inside or chance may explain that it is not. Values "
        f"themselves are all inside at {is_inside.all(axis=1).sum()} of the {len(outcome.rows)} points; in "
        f"the median {np.median(is_inside.sum(axis=1)):.0f} of {len(NUMBERS)} are.",
        "",
        "![Bands and values](figure.png)",
        "",
        "Values are medians over the accepted points, with their 5 and 95 % ends. 'Constrains' "
        "names parameters whose values differ between points of the priors that hold the band and "
        "points that do not, the strongest first (↑: it must be higher).",
        "",
        "| | number | band | at the defaults before | over the accepted points | held by | | constrains |",
        "|---|---|---|---:|---|---:|---|---|",
    ]
    for index, (number, constrains) in enumerate(zip(NUMBERS, constraints(outcome), strict=True)):
        low, median, high = quantiles(outcome, index)
        cells = (
            number.pattern,
            number.band.what,
            f"{say(number.band.low)} to {say(number.band.high)}",
            say(float(outcome.at_defaults["found"][index, 0])),
            f"{say(median)} ({say(low)} to {say(high)})",
            f"{100 * outcome.held[index]:.0f} %",
            verdict(outcome, index),
            constrains,
        )
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "## Parameters", "", "![Priors and accepted points](parameters.png)", ""]
    lines += parameter_table(outcome)
    lines += ["", "## Where what is not tuned is somewhere else", "", *elsewhere_table(outcome)]
    lines += ["", "## The searches", "", *search_table(outcome)]
    return "\n".join(lines) + "\n"


def parameter_table(outcome: Outcome) -> Iterator[str]:
    """For each parameter: prior against accepted, and the two searches against each other."""
    yield (
        "KS: greatest distance between the distributions of accepted points and prior, in bold where "
        "chance would hardly do it; apart: between those of the two searches. Chosen as default: the "
        "accepted point nearest to the medians of all, in units of each parameter's spread."
    )
    yield ""
    yield "| | prior | accepted: median (5 to 95 %) | KS | apart | default before | chosen | why free |"
    yield "|---|---|---|---:|---:|---:|---:|---|"
    for n in narrowings(outcome):
        mark = "**" if n.chance < CLEAR / len(outcome.space.priors) else ""
        yield (
            f"| `{n.prior.path}` | {n.prior.low:g} to {n.prior.high:g} | {say(n.median)} "
            f"({say(n.low)} to {say(n.high)}) | {mark}{n.distance:.2f}{mark} | {n.disagreement:.2f} | "
            f"{n.prior.default:g} | {outcome.chosen[n.prior.path]:g} | {n.prior.why} |"
        )


def elsewhere_table(outcome: Outcome) -> Iterator[str]:
    """How many accepted points still hold the bands at the ends of what was held in the search."""
    yield "Share of accepted points that hold all bands that were asked for, and those missed most."
    yield ""
    yield "| | hold all | missed most |"
    yield "|---|---:|---|"
    asked = [k for k in range(len(NUMBERS)) if k not in outcome.accepted.given_up]
    for words, excess in outcome.elsewhere.items():
        missed = ~(excess[:, asked] == 0.0)
        worst = [k for k in np.argsort(-missed.mean(axis=0)) if missed[:, k].any()][:3]
        said = ", ".join(f"{NUMBERS[asked[k]].name} ({100 * missed[:, k].mean():.0f} %)" for k in worst)
        yield f"| {words} | {100 * (~missed.any(axis=1)).mean():.0f} % | {said or 'none'} |"


def search_table(outcome: Outcome) -> Iterator[str]:
    """How the searches went."""
    yield (
        "Wave by wave, then the harder looks at the best of the last. 'Expected': up to how many numbers a "
        "point was expected to miss, so that it was drawn. 'Nearest': distance from a point to the nearest "
        "other, in shares of the priors' ranges, median; where points descend from few it is next to nothing."
    )
    yield ""
    yield "| seed | replicates | points | of the priors | expected | distance: median | least | nearest |"
    yield "|---:|---:|---:|---:|---:|---:|---:|---:|"
    for wave in chain(*outcome.waves):
        whole = wave.looks.is_whole
        known, expected = wave.distance[whole], "" if math.isnan(wave.expected) else f"{wave.expected:.2f}"
        yield (
            f"| {wave.seed} | {wave.replicates} | {len(whole)} | {len(known)} | {expected} | "
            f"{np.median(known):.2f} | {known.min():.2f} | {nearest(wave.looks.shares[whole]):.2f} |"
        )


def nearest(shares: Floats) -> float:
    """How far points are from their nearest other, in the median."""
    apart, _ = spatial.KDTree(shares).query(shares, k=2)
    return float(np.median(apart[:, 1]))


# --- Figures --------------------------------------------------------------------------------------


def draw_bands(outcome: Outcome) -> Picture:
    """Draw each pattern's bands, and what its numbers are over the accepted points."""
    found: dict[str, Found] = {}
    for index, number in enumerate(NUMBERS):
        low, median, high = quantiles(outcome, index)
        if math.isinf(median):
            low = high = math.nan
        found.setdefault(number.pattern, {})[number.key] = Estimate(median, low, high)
    n_held = len(NUMBERS) - len(outcome.accepted.given_up)
    title = (
        f"{plural(len(outcome.rows), 'setting')} of the model, found by two searches, meet {n_held} of "
        f"{len(NUMBERS)} published numbers within chance"
    )
    note = "Dot: median over accepted points, line: 5 to 95 % of them; hollow: some lie outside."
    return draw(PATTERNS, found, note, title)


NAMES = 400


def draw_parameters(outcome: Outcome) -> Picture:
    """Draw a row for each parameter: its prior, the accepted points, the defaults."""
    found = narrowings(outcome)
    clear = [n.chance < CLEAR / len(found) for n in found]
    title = (
        f"Accepted points cover clearly less than was thought plausible of {sum(clear)} of "
        f"{len(found)} parameters"
    )
    note = "Bar: what was thought plausible. Dots: accepted points, by search. Diamond: chosen."
    page = start_page(title, note)
    bottom, top = page.bottom + 8, page.top
    left, width = MARGIN + NAMES, WIDTH - 2 * MARGIN - NAMES
    axes = page.panel(left, bottom, width, top - bottom)
    axes.set(xlim=(-0.02, 1.02), ylim=(bottom, top), xticks=[], yticks=[])
    axes.spines[["left", "bottom"]].set_visible(False)
    pitch = (top - bottom) / len(found)
    rng = np.random.default_rng(1)
    colours = np.where(outcome.searches[outcome.rows] == 0, BLUE, PURPLE)
    for at, n in enumerate(found):
        y = top - pitch * (at + 0.5)
        size = min(TYPE, 0.55 * pitch)
        weight = "bold" if clear[at] else "normal"
        page.write(MARGIN, y, fit(n.prior.path, NAMES - 10, size=size), size=size, weight=weight)
        axes.barh(y, 1.0, 0.8 * pitch, color=GREY, linewidth=0)
        jitter = y + 0.3 * pitch * rng.uniform(-1.0, 1.0, len(outcome.rows))
        axes.scatter(outcome.shares[outcome.rows, at], jitter, s=14, c=colours, linewidth=0, alpha=0.7)
        chosen = n.prior.share(outcome.chosen[n.prior.path])
        axes.plot(chosen, y, "D", color=ORANGE, markersize=8, markeredgecolor="white")
    return Picture(page.figure, title)
