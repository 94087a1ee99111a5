"""From runs to an answer: effects over the accepted set, the rule, and where it holds.

The answer is found by the rule alone. See common.toml for the rule.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from experiments.engine.changes import Floats
from experiments.engine.runs import Flags, Run, Runs
from experiments.engine.study import AS_IS, BASE, Study, Test
from partnersim.runs.statistics import ThroughTrust, measure_share_through_trust, quantiles

CONFIDENCE = 0.95
N_RESAMPLES = 400
SEED = 1
FEWEST_POINTS = 10
"""Points without which nothing is said of where an effect is larger."""

AS_EXPECTED, OPPOSITE = "as expected", "the opposite"
NOTHING, DEPENDS = "nothing that matters", "depends"
HOLDS, FAILS = "holds", "fails"
SUPPORTED, CONTRADICTED, ONLY_WHERE = "supported", "contradicted", "only where"


@dataclass(frozen=True)
class Found:
    """What a test found, over the accepted set.

    Attributes
    ----------
    each : float64[n_points]
        At each point the mean over replicates; NaN where there is none.
    mean, low, high : float
        Over the set, with its 95 % interval over paired replicates: all points share their luck.
    by_replicate : float64[n_replicates]
        Mean over the set of each replicate; empty for what is no effect.
    share_better : float
        Share of pairs in which there is more of it than expected of nothing; for effects only.
    """

    each: Floats
    mean: float
    low: float
    high: float
    by_replicate: Floats = field(default_factory=lambda: np.empty(0))
    share_better: float = math.nan

    @property
    def median(self) -> float:
        """Of the set."""
        return float(quantiles(self.each, [0.5])[0])

    @property
    def range90(self) -> tuple[float, float]:
        """Of the set: from the 5th to the 95th percentile."""
        low, high = quantiles(self.each, [0.05, 0.95])
        return float(low), float(high)


# --- What a test finds ------------------------------------------------------------------------


def find(test: Test, runs: Runs, world: str = AS_IS) -> Found:
    """Find the number of a test at each accepted point and over all of them."""
    if test.kind == "share":
        return _find_share(test, runs, world)
    if test.kind == "step":
        return _find_step(test, runs, world)
    return find_effect(test.weights, test.measure, runs, world)


def find_effect(weights: Mapping[str, float], measure: str, runs: Runs, world: str = AS_IS) -> Found:
    """Find a weighted sum of arms, pair by pair, with intervals by Student's t."""
    differences = sum(weight * runs.values[_run(name, world)][measure] for name, weight in weights.items())
    assert isinstance(differences, np.ndarray)
    return of_differences(differences)


def of_differences(differences: Floats) -> Found:
    """What paired differences come to, float64[point, replicate]: intervals by Student's t."""
    each, by_replicate = differences.mean(axis=1), differences.mean(axis=0)
    n, mean = len(by_replicate), float(by_replicate.mean())
    reach = float(stats.t.ppf(0.5 + CONFIDENCE / 2, n - 1) * by_replicate.std(ddof=1) / math.sqrt(n))
    share = float((differences > 0.0).mean() + 0.5 * (differences == 0.0).mean())
    return Found(each, mean, mean - reach, mean + reach, by_replicate, share)


def _run(name: str, world: str) -> Run:
    """An arm in a world, or in the one that its name has."""
    arm, _, own = name.partition(" | ")
    return arm, own or world


def _resamples(n: int) -> Floats:
    """How often each resample of the bootstrap takes each replicate: float64[resample, n]."""
    rng = np.random.default_rng(SEED)
    return rng.multinomial(n, np.full(n, 1.0 / n), N_RESAMPLES).astype(float)


def _ends(found: Floats) -> tuple[float, float]:
    """95 % interval of what could be computed."""
    low, high = np.nanquantile(found, [0.5 - CONFIDENCE / 2, 0.5 + CONFIDENCE / 2])
    return float(low), float(high)


def _find_share(test: Test, runs: Runs, world: str) -> Found:
    """Find how often something happened, given something: pooled over runs of some arms."""
    arms = [runs.events[_run(name, world)] for name in test.among]
    given = np.array([_all(test.given, events) for events in arms])  # [arm, point, replicate]
    hits = (given & np.array([_all(test.share, events) for events in arms])).sum(axis=0)
    cases = given.sum(axis=0)
    k, n = hits.sum(axis=1), cases.sum(axis=1)
    counts = _resamples(hits.shape[1])
    again = _ratio(counts @ hits.sum(axis=0), counts @ cases.sum(axis=0))
    low, high = _ends(again) if n.sum() else (math.nan, math.nan)
    return Found(_ratio(k, n), float(_ratio(k.sum(), n.sum())), low, high)


def _all(names: Sequence[str], events: Mapping[str, Flags]) -> Flags:
    """In which runs all of some events happened, or did not where a name begins with 'not'."""
    flags = np.ones_like(next(iter(events.values())))
    for name in names:
        event = events[name.removeprefix("not ")]
        flags &= ~event if name.startswith("not ") else event
    return flags


def _ratio(above: Any, below: Any) -> Any:
    """A ratio; NaN over 0."""
    above, below = np.asarray(above, float), np.asarray(below, float)
    return np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0)


def _find_step(test: Test, runs: Runs, world: str) -> Found:
    """Find the largest step along some arms, as a share of the whole way."""
    values = np.array([runs.values[_run(name, world)][test.measure] for name in test.steps])
    smallest = runs.study.smallest[test.measure]

    def largest(means: Floats) -> Floats:  # [..., arm, point] to [..., point]
        way = means[..., -1, :] - means[..., 0, :]
        step = np.diff(means, axis=-2).max(axis=-2)
        return np.divide(step, way, out=np.zeros_like(way), where=way >= smallest)

    n = values.shape[-1]
    each = largest(values.mean(axis=-1))
    again = largest(np.moveaxis(values @ _resamples(n).T / n, -1, 0))  # [resample, point]
    return Found(each, float(each.mean()), *_ends(again.mean(axis=1)))


# --- The rule ---------------------------------------------------------------------------------


def agreement(test: Test, found: Found) -> float:
    """Share of the accepted set that is as expected, of points that have the number."""
    over = found.each[~np.isnan(found.each)] - test.than
    if not len(over):
        return 0.0
    match test.expect:
        case "more":
            return float((over > 0.0).mean())
        case "less":
            return float((over < 0.0).mean())
    return float((over < test.smallest).mean())


def judge(test: Test, found: Found, needed: float) -> str:
    """Say how a test came out, by the rule."""
    smallest = test.smallest or 0.0
    over = found.each[~np.isnan(found.each)] - test.than
    low, high = found.low - test.than, found.high - test.than
    if 2 * len(over) < len(found.each):  # hardly anywhere can it be asked
        return DEPENDS
    is_more = bool((over > 0.0).mean() >= needed and low >= smallest and low > 0.0)
    is_less = bool((over < 0.0).mean() >= needed and -high >= smallest and high < 0.0)
    if test.expect == "not more":
        if (over < smallest).mean() >= needed and high < smallest:
            return AS_EXPECTED
        return OPPOSITE if is_more else DEPENDS
    if is_more or is_less:
        return AS_EXPECTED if is_more == (test.expect == "more") else OPPOSITE
    is_small = bool((np.abs(over) < smallest).mean() >= needed)
    return NOTHING if is_small and -smallest < low and high < smallest else DEPENDS


def find_movers(found: Found, columns: Mapping[str, Floats]) -> dict[str, float]:
    """Find the parameters with which a number goes: rank correlations clear of chance alone.

    Bonferroni's bound over all parameters; the strongest first.
    """
    is_known = ~np.isnan(found.each)
    each = found.each[is_known]
    if len(each) < FEWEST_POINTS or np.ptp(each) == 0.0:
        return {}
    varied = {
        path: values[is_known].astype(float)
        for path, values in columns.items()
        if values.dtype.kind in "fiu" and np.ptp(values[is_known]) > 0.0
    }
    movers = {}
    for path, values in varied.items():
        correlation, chance = stats.spearmanr(each, values)
        if chance < (1.0 - CONFIDENCE) / len(varied):
            movers[path] = float(correlation)
    return dict(sorted(movers.items(), key=lambda mover: -abs(mover[1])))


# --- The answer -------------------------------------------------------------------------------


class Elsewhere(NamedTuple):
    """What a test found in another world, and how it came out there."""

    found: Found
    outcome: str


@dataclass(frozen=True)
class Finding:
    """One test: what it found as the model is, without this and that, by other theories, on the map.

    Attributes
    ----------
    best
        Share of the set in which its arm is the best of those that compete for its budget; NaN where
        none do.
    """

    test: Test
    found: Found
    outcome: str
    agreement: float
    movers: dict[str, float]
    elsewhere: dict[str, Elsewhere]
    through_trust: ThroughTrust | None
    best: float = math.nan

    def of(self, worlds: Mapping[str, object]) -> dict[str, Elsewhere]:
        """What it found in some worlds."""
        return {name: self.elsewhere[name] for name in worlds if name in self.elsewhere}


@dataclass(frozen=True)
class Answer:
    """What a study says of its claim.

    Attributes
    ----------
    word : str
        'supported', 'contradicted' or 'only where'.
    parts : dict[str, str]
        For each part of the claim 'holds', 'fails' or 'depends'.
    findings : list[Finding]
        Of all tests, those that decide and those beside.
    """

    word: str
    parts: dict[str, str]
    findings: list[Finding]

    def of(self, part: str) -> list[Finding]:
        """The tests that decide about a part."""
        return [f for f in self.findings if f.test.decides and f.test.part == part]

    def word_in(self, world: str) -> str:
        """What the claim comes to in another world, of the parts that were asked there; or ''."""
        return _word(filter(None, (state_of(self.of(part), world) for part in self.parts)))


def answer(runs: Runs) -> Answer:
    """Find what each test came to, and what the claim comes to by the rule."""
    findings = [_finding(test, runs) for test in runs.study.all_tests]
    parts: dict[str, str] = {}
    for part in dict.fromkeys(f.test.part for f in findings if f.test.decides):
        parts[part] = state_of([f for f in findings if f.test.decides and f.test.part == part])
    return Answer(_word(parts.values()), parts, findings)


def state_of(findings: Sequence[Finding], world: str = AS_IS) -> str:
    """What a part comes to, in some world; '' if it was not asked there."""
    if world:
        outcomes = {f.elsewhere[world].outcome for f in findings if world in f.elsewhere}
    else:
        outcomes = {f.outcome for f in findings}
    if not outcomes:
        return ""
    return HOLDS if outcomes == {AS_EXPECTED} else FAILS if outcomes & {OPPOSITE, NOTHING} else DEPENDS


def _word(states: Iterable[str]) -> str:
    """What a claim comes to; '' of no parts."""
    found = frozenset(states)
    word = {frozenset({HOLDS}): SUPPORTED, frozenset({FAILS}): CONTRADICTED, frozenset[str](): ""}
    return word.get(found, ONLY_WHERE)


def _finding(test: Test, runs: Runs) -> Finding:
    """One test, as the model is and in each other world in which all of its arms were run."""
    study = runs.study
    found = find(test, runs)
    elsewhere = {}
    for name in study.worlds:
        if name and test.is_ablated and all(_run(arm, name) in runs.values for arm in test.runs):
            there = find(test, runs, name)
            elsewhere[name] = Elsewhere(there, judge(test, there, study.agreement))
    through = None
    is_of_trust = test.measure.startswith("trust")
    if test.is_change and not is_of_trust and "trust_frozen" in elsewhere:
        frozen = elsewhere["trust_frozen"].found
        through = measure_share_through_trust(found.by_replicate, frozen.by_replicate)
    return Finding(
        test,
        found,
        judge(test, found, study.agreement),
        agreement(test, found),
        find_movers(found, runs.accepted.columns),
        elsewhere,
        through,
        _how_often_best(test, runs),
    )


def _how_often_best(test: Test, runs: Runs) -> float:
    """In what share of the set the arm of a test delivers most of those with its budget."""
    arms = runs.study.arms
    own = [name for name in test.weights if name in arms and arms[name].budget is not None]
    if len(own) != 1 or not arms[own[0]].competes:
        return math.nan
    rivals = [name for name, arm in arms.items() if arm.competes and arm.budget == arms[own[0]].budget]
    means = {name: runs.values[name, AS_IS][test.measure].mean(axis=1) for name in rivals}
    return float((means[own[0]] >= np.max(list(means.values()), axis=0)).mean())


def main_arms(study: Study) -> list[str]:
    """Arms of which all measures are shown: those on which the answer rests, first."""
    deciding = [name for test in study.all_tests if test.decides for name in test.runs]
    others = [name for test in study.all_tests for name in test.runs]
    names = dict.fromkeys(name for name in deciding + others if "|" not in name)
    return [name for name in names if name != BASE]
