"""Tables and a page of what the tuning found."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tomlkit
from scipy import stats

from experiments.patterns.estimates import Estimate, Floats
from experiments.patterns.figure import say
from experiments.patterns.patterns import PATTERNS
from experiments.pictures import save_picture
from experiments.points import ACCEPTED, COMMAND
from experiments.provenance import written_by
from experiments.tuning.accept import Accepted, Flags, in_conflict
from experiments.tuning.evaluate import NUMBERS, Number
from experiments.tuning.search import MIXED, Generation
from experiments.tuning.space import Prior, Space, declared_hash
from experiments.tuning.store import Results, Row, rows_of
from partnersim.model.version import EQUATIONS, MODEL_VERSION

HELD = 0.5
"""Share of accepted points from which on a number counts as inside."""

CLEAR = 0.01
"""Chance, divided by the number of parameters, under which a prior counts as narrowed."""

FEWEST = 20
"""Points of the priors that hold a band, and that do not, below which nothing is said of it."""


@dataclass(frozen=True)
class Outcome:
    """What a tuning found.

    Attributes
    ----------
    space, results, generations
        What was searched, all looks, and what came of each generation.
    shares : float64[point, parameter]
        Where the points are that were looked at with other luck.
    confirmed : list[Row]
        What was found there.
    accepted
        Which of them are accepted.
    chosen, chosen_from, digits
        The defaults chosen, the point they come from, and their significant digits.
    at_chosen, at_defaults
        What is found at these, and at the defaults there were, with the search's luck and the
        other.
    """

    space: Space
    results: Results
    generations: tuple[Generation, ...]
    shares: Floats
    confirmed: list[Row]
    accepted: Accepted
    chosen: dict[str, float]
    chosen_from: int
    digits: int
    at_chosen: tuple[Row, Row]
    at_defaults: tuple[Row, Row]

    @property
    def rows(self) -> list[int]:
        """The accepted points: that of the defaults, then the others, the first few a sample."""
        others = [row for row in self.accepted.rows if row != self.chosen_from]
        return [self.chosen_from, *np.random.default_rng(1).permutation(others).tolist()]

    @property
    def points(self) -> list[dict[str, float]]:
        """Their values."""
        return [self.space.point(self.shares[row]) for row in self.rows]

    @property
    def values(self) -> Floats:
        """What their numbers are: float64[point, number], with luck the search has not seen."""
        return np.array([self.confirmed[row].found[:, 0] for row in self.rows])

    @property
    def held(self) -> Floats:
        """Share of the accepted points that hold each number."""
        shares: Floats = np.mean([self.confirmed[row].excess == 0.0 for row in self.rows], axis=0)
        return shares


def inside(outcome: Outcome) -> Flags:
    """Whether values themselves are in their bands, chance or not: bool[point, number]."""
    flags: Flags = np.array(
        [[n.band.holds(x) for n, x in zip(NUMBERS, row, strict=True)] for row in outcome.values]
    )
    return flags


class Narrowing(NamedTuple):
    """How far the accepted points narrow a parameter down."""

    prior: Prior
    median: float
    low: float
    high: float
    spread: float
    distance: float
    chance: float

    def is_clear(self, n: int) -> bool:
        """Whether chance alone would hardly do it, looking at n parameters."""
        return self.chance < CLEAR / n


def narrowings(outcome: Outcome) -> list[Narrowing]:
    """Accepted points against priors: quantiles, ratio of spreads, Kolmogorov-Smirnov."""
    found = []
    for prior, shares in zip(outcome.space.priors, outcome.shares[outcome.rows].T, strict=True):
        inner = np.array([prior.share(prior.at(x)) for x in shares])
        low, median, high = np.quantile(inner, [0.05, 0.5, 0.95])
        spread = np.subtract(*np.quantile(inner, [0.75, 0.25])) / 0.5
        test = stats.kstest(inner, "uniform")
        quantiles = (prior.low + x * (prior.high - prior.low) for x in (median, low, high))
        found.append(Narrowing(prior, *quantiles, float(spread), float(test.statistic), float(test.pvalue)))
    return found


class Constraint(NamedTuple):
    """A parameter that must be higher, or lower, for a number to be in its band."""

    number: Number
    path: str
    distance: float
    is_higher: bool


def constraints(outcome: Outcome) -> dict[str, list[Constraint] | str]:
    """Which parameters each number constrains, among points of the priors [hornberger1981].

    Points that hold its band against those that do not, by parameter; or in words why not.
    """
    looks = list(rows_of(outcome.results, "prior"))
    shares = np.array([look.shares for look in looks])
    outside = np.array([look.excess for look in looks])
    found: dict[str, list[Constraint] | str] = {}
    n = len(outcome.space.priors)
    for index, number in enumerate(NUMBERS):
        holds = outside[:, index] == 0.0
        if min(holds.sum(), (~holds).sum()) < FEWEST:
            few = "nearly none holds it" if holds.sum() < FEWEST else "nearly all hold it"
            found[number.name] = few
            continue
        clear = []
        for at, path in enumerate(outcome.space.paths):
            test = stats.ks_2samp(shares[holds, at], shares[~holds, at])
            if test.pvalue < CLEAR / n:
                is_higher = np.median(shares[holds, at]) > np.median(shares[~holds, at])
                clear.append(Constraint(number, path, float(test.statistic), bool(is_higher)))
        found[number.name] = sorted(clear, key=lambda c: -c.distance)
    return found


# --- Tables ---------------------------------------------------------------------------------------


def write(outcome: Outcome, folder: Path) -> None:
    """Write points, tables, page and figures."""
    from experiments.tuning import figures

    folder.mkdir(parents=True, exist_ok=True)
    _write_csv(folder / ACCEPTED.name, point_rows(outcome))
    _write_csv(folder / "numbers.csv", number_rows(outcome))
    _write_csv(folder / "parameters.csv", parameter_rows(outcome))
    _write_csv(folder / "constraints.csv", constraint_rows(outcome))
    (folder / "summary.toml").write_text(tomlkit.dumps(summary(outcome)), encoding="utf-8")
    (folder / "results.md").write_text(page(outcome), encoding="utf-8")
    save_picture(figures.draw_bands(outcome), folder / "figure.png")
    save_picture(figures.draw_parameters(outcome, narrowings(outcome)), folder / "parameters.png")
    trade_offs = folder / "trade-offs.png"
    trade_offs.unlink(missing_ok=True)
    if outcome.accepted.given_up:
        save_picture(figures.draw_trade_offs(outcome), trade_offs)


def _write_csv(file: Path, rows: Iterable[Iterable[object]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as lines:
        csv.writer(lines, lineterminator="\n").writerows(rows)


def point_rows(outcome: Outcome) -> Iterator[list[object]]:
    """Accepted points: a column for each parameter, as they were run."""
    yield ["point", *outcome.space.paths]
    for number, point in enumerate(outcome.points, start=1):
        yield [number, *point.values()]


def number_rows(outcome: Outcome) -> Iterator[list[object]]:
    """For each number: band, values, shares."""
    yield [
        "pattern", "number", "standing", "band_low", "band_high", "at_defaults", "at_chosen",
        "median", "q05", "q95", "share_held", "share_inside", "verdict", "model",
    ]  # fmt: skip
    share_inside = inside(outcome).mean(axis=0)
    standing = {pattern.name: pattern.standing for pattern in PATTERNS}
    for index, number in enumerate(NUMBERS):
        low, median, high = quantiles(outcome, index)
        numbers = (
            outcome.at_defaults[1].found[index, 0],
            outcome.at_chosen[1].found[index, 0],
            median,
            low,
            high,
            outcome.held[index],
            share_inside[index],
        )
        yield [
            number.pattern,
            number.band.what,
            standing[number.pattern],
            number.band.low,
            number.band.high,
            *(f"{x:.4g}" for x in numbers),
            verdict(outcome, index),
            MODEL_VERSION,
        ]


def quantiles(outcome: Outcome, index: int) -> tuple[float, float, float]:
    """5, 50 and 95 % of a number over the accepted points."""
    values = outcome.values[:, index]
    low, median, high = np.quantile(values[~np.isnan(values)], [0.05, 0.5, 0.95], method="nearest")
    return float(low), float(median), float(high)


def verdict(outcome: Outcome, index: int) -> str:
    """'inside', or 'given up' and what was found all the same."""
    if index not in outcome.accepted.given_up:
        return "inside"
    return "given up" + (", inside in most" if outcome.held[index] >= HELD else ", outside")


def parameter_rows(outcome: Outcome) -> Iterator[list[object]]:
    """For each parameter: prior, accepted, chosen."""
    yield [
        "parameter",
        "prior_low",
        "prior_high",
        "median",
        "q05",
        "q95",
        "spread_ratio",
        "ks",
        "p_value",
        "default",
        "chosen",
        "model",
    ]
    for found in narrowings(outcome):
        numbers = (found.median, found.low, found.high, found.spread, found.distance, found.chance)
        yield [
            found.prior.path,
            found.prior.low,
            found.prior.high,
            *(f"{x:.4g}" for x in numbers),
            found.prior.default,
            outcome.chosen[found.prior.path],
            MODEL_VERSION,
        ]


def constraint_rows(outcome: Outcome) -> Iterator[list[object]]:
    """For each number: the parameters that it constrains among points of the priors."""
    yield ["pattern", "number", "parameter", "direction", "ks", "model"]
    for found in constraints(outcome).values():
        for c in [] if isinstance(found, str) else found:
            direction = "higher" if c.is_higher else "lower"
            yield [c.number.pattern, c.number.key, c.path, direction, f"{c.distance:.3g}", MODEL_VERSION]


def summary(outcome: Outcome) -> dict[str, object]:
    """What was done, for programs: model, seeds, counts, given up, chosen."""
    search = outcome.space.search
    looks = [row for rows in outcome.results.values() for row in rows]
    return {
        "model": EQUATIONS,
        "model_with_defaults": MODEL_VERSION,
        "declared": declared_hash(outcome.space),
        "command": COMMAND,
        "seed": search.seed,
        "confirm_seed": search.confirm_seed,
        "confirm_replicates": search.confirm_replicates,
        "looks": len(looks),
        "looks_in_full": sum(look.is_whole for look in looks),
        "confirmed": len(outcome.confirmed),
        "accepted": len(outcome.rows),
        "given_up": [NUMBERS[index].name for index in outcome.accepted.given_up],
        "chosen_digits": outcome.digits,
        "chosen": outcome.chosen,
    }


# --- The page -------------------------------------------------------------------------------------


def page(outcome: Outcome) -> str:
    """The page of results."""
    s = summary(outcome)
    given_up = outcome.accepted.given_up
    is_inside = inside(outcome)
    lines = [
        "# Tuning: which points show what was observed",
        "",
        f"{written_by(COMMAND)}; search with seed "
        f"{s['seed']}, {s['looks']} looks at points, {s['looks_in_full']} of them at all patterns; "
        f"{s['confirmed']} points confirmed with {s['confirm_replicates']} replicates of luck "
        f"that the search had not seen (seed {s['confirm_seed']}); {s['accepted']} accepted.",
        "",
        f"{len(NUMBERS) - len(given_up)} of {len(NUMBERS)} bands are held by all accepted points. "
        f"Given up: {', '.join(NUMBERS[index].name for index in given_up) or 'none'}.",
        "",
        f"A band is held where the value is inside or chance may explain that it is not. Values "
        f"themselves are all inside at {is_inside.all(axis=1).sum()} of the {s['accepted']} "
        f"points; in the median {np.median(is_inside.sum(axis=1)):.0f} of {len(NUMBERS)} are.",
        "",
        "![Bands and values](figure.png)",
        "",
        "Values are medians over the accepted points, with their 5 and 95 % ends. 'Constrains' "
        "names parameters whose values differ between points of the priors that hold the band and "
        "points that do not, the strongest first (↑: it must be higher).",
        "",
        "| | number | band | at the defaults before | over the accepted points | held by | inside "
        "at | | constrains |",
        "|---|---|---|---:|---|---:|---:|---|---|",
    ]
    found = constraints(outcome)
    for index, number in enumerate(NUMBERS):
        low, median, high = quantiles(outcome, index)
        cells = (
            number.pattern,
            number.band.what,
            f"{say(number.band.low)} to {say(number.band.high)}",
            say(float(outcome.at_defaults[1].found[index, 0])),
            f"{say(median)} ({say(low)} to {say(high)})",
            f"{100 * outcome.held[index]:.0f} %",
            f"{100 * is_inside[:, index].mean():.0f} %",
            verdict(outcome, index),
            say_constraints(found[number.name]),
        )
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "## Parameters", "", "![Priors and accepted points](parameters.png)", ""]
    lines += parameter_table(outcome)
    lines += ["", "## The defaults chosen", "", *say_chosen(outcome)]
    if given_up:
        lines += ["", "## What could not be had at once", "", *say_trade_offs(outcome)]
    lines += ["", "## The search", "", *search_table(outcome)]
    return "\n".join(lines) + "\n"


def say_constraints(found: list[Constraint] | str) -> str:
    """Parameters that a number constrains, in a cell."""
    if isinstance(found, str):
        return found
    said = [f"`{c.path}` {'↑' if c.is_higher else '↓'}" for c in found[:4]]
    more = f" and {len(found) - 4} more" if len(found) > 4 else ""
    return ", ".join(said) + more if said else "none that is clear"


def parameter_table(outcome: Outcome) -> Iterator[str]:
    """For each parameter: prior against accepted."""
    yield (
        "Spread: middle half of the accepted points over middle half of the prior. KS: greatest "
        "distance of the two distributions; in bold where chance would hardly do it. "
        + (
            "Accepted points come of one search and are not wholly independent of each other."
            if outcome.space.search.mixing
            else "Accepted points descend from few and were not mixed: they are narrower than "
            "what was observed makes them (see README.md)."
        )
    )
    yield ""
    yield ("| | prior | accepted: median (5 to 95 %) | spread | KS | default before | chosen | why free |")
    yield "|---|---|---|---:|---:|---:|---:|---|"
    for n in narrowings(outcome):
        mark = "**" if n.is_clear(len(outcome.space.priors)) else ""
        yield (
            f"| `{n.prior.path}` | {n.prior.low:g} to {n.prior.high:g} | {say(n.median)} "
            f"({say(n.low)} to {say(n.high)}) | {n.spread:.2f} | {mark}{n.distance:.2f}{mark} | "
            f"{n.prior.default:g} | {outcome.chosen[n.prior.path]:g} | {n.prior.why} |"
        )


def say_chosen(outcome: Outcome) -> Iterator[str]:
    """Which point became the default, and what it holds."""
    asked = [k for k in range(len(NUMBERS)) if k not in outcome.accepted.given_up]
    yield (
        f"The accepted point nearest to the medians of all, in units of each parameter's spread "
        f"among them, with values rounded to {outcome.digits} significant digits: the fewest with "
        "which it still holds all bands that were asked for."
    )
    yield ""
    for words, look in zip(("the search's luck", "other luck"), outcome.at_chosen, strict=True):
        missed = [NUMBERS[k].name for k in asked if look.excess[k] > 0.0]
        said = f"misses {', '.join(missed)}" if missed else "all asked for are held"
        yield f"- With {words}: {said}."


def say_trade_offs(outcome: Outcome) -> Iterator[str]:
    """Of each band given up: whether any point holds it, and what those points miss."""
    looks = [row for rows in outcome.results.values() for row in rows if row.is_whole]
    hard = outcome.space.search.confirm_replicates
    hard_looks = [look for look in looks if look.replicates >= hard]
    outside = np.array([look.excess for look in hard_looks])
    yield "![What holding one costs the others](trade-offs.png)"
    yield ""
    for index in outcome.accepted.given_up:
        holding = outside[outside[:, index] == 0.0]
        name = NUMBERS[index].name
        if not len(holding):
            nearest = outside[:, index].min()
            yield (
                f"- {name}: none of {len(outside)} points looked at with {hard} replicates or more "
                f"holds it; the nearest is {nearest:.2g} tenths of the band's width outside."
            )
            continue
        shares = (holding > 0.0).mean(axis=0)
        worst = [k for k in np.argsort(-shares) if shares[k] > 0.0 and k != index][:3]
        missed = ", ".join(f"{NUMBERS[k].name} ({100 * shares[k]:.0f} %)" for k in worst)
        yield (
            f"- {name}: {len(holding)} of {len(outside)} points hold it; of these, what is missed "
            f"most is {missed or 'nothing'}."
        )
    pairs = in_conflict(outside, range(len(NUMBERS)))
    for a, b in pairs:
        yield f"- No point holds both {NUMBERS[a].name} and {NUMBERS[b].name}, though each alone."


def search_table(outcome: Outcome) -> Iterator[str]:
    """How the search went."""
    yield ("| stage | replicates | generation | most distance kept | median after | steps taken | looks |")
    yield "|---:|---:|---:|---:|---:|---:|---:|"
    for g in outcome.generations:
        which = f"mixing {g.generation - MIXED}" if g.generation > MIXED else f"{g.generation}"
        yield (
            f"| {g.stage + 1} | {g.replicates} | {which} | {g.most:.3f} | {g.median:.3f} | "
            f"{100 * g.taken:.0f} % | {g.looks} |"
        )


def over_accepted(outcome: Outcome) -> dict[str, dict[str, Estimate]]:
    """Medians and 5 to 95 % of all numbers, as the figure of the patterns takes them."""
    found: dict[str, dict[str, Estimate]] = {}
    for index, number in enumerate(NUMBERS):
        low, median, high = quantiles(outcome, index)
        if math.isinf(median):
            low = high = math.nan
        found.setdefault(number.pattern, {})[number.key] = Estimate(median, low, high)
    return found
