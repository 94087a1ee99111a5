"""Answers in words, made of what the rule found and of nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterable

from experiments.claims.declare import Study, Test
from experiments.claims.figure import scale_of
from experiments.claims.judge import (
    AS_EXPECTED,
    DEPENDS,
    FAILS,
    HOLDS,
    ONLY_WHERE,
    Answer,
    Finding,
    Found,
    Mover,
)
from partnersim.figures.sweep import in_words
from partnersim.runs.measures import MEASURES
from partnersim.runs.wording import number

MOST_MOVERS = 2
MOST_PARTS = 4
"""Parts of a claim that are named in a title; more are counted."""

STATES = {HOLDS: "holds for", FAILS: "not for", DEPENDS: "depends for"}


def sentence(answer: Answer) -> str:
    """What a study says: the word, for which parts of the claim it holds, and where."""
    return f"{answer.word}: {_parts(answer, is_full=True)}"


def headline(study: Study, answer: Answer) -> str:
    """The title of a figure: the claim, and what came of it."""
    held = [part for part, state in answer.parts.items() if state == HOLDS]
    if answer.word != ONLY_WHERE:
        return f"{study.title}: {answer.word}"
    if len(answer.parts) == 1:
        return f"{study.title}: only where; {', '.join(where(f) for f in answer.of(*answer.parts))}"
    if len(answer.parts) <= MOST_PARTS:
        return f"{study.title}: {_parts(answer, is_full=False)}"
    which = f", {listed(held)}" if 0 < len(held) <= MOST_PARTS else ""
    return f"{study.title}: holds for {len(held)} of {len(answer.parts)}{which}"


def _parts(answer: Answer, *, is_full: bool) -> str:
    """The parts of a claim by what became of them; in full with how and where."""
    said = []
    for state, words in STATES.items():
        parts = [part for part, found in answer.parts.items() if found == state]
        if parts:
            said.append(f"{words} {listed(_part(answer, p, state, is_full) for p in parts)}")
    return "; ".join(said)


def _part(answer: Answer, part: str, state: str, is_full: bool) -> str:
    """A part of a claim, how it fails, and where it depends."""
    if not is_full or state == HOLDS:
        return part
    tests = answer.of(part)
    found = [f for f in tests if f.outcome != AS_EXPECTED]
    if state == FAILS:
        found = [f for f in found if f.outcome != DEPENDS]
    # Of which test it is said, where they are not all of one thing.
    is_mixed = len({what(f.test) for f in tests}) > 1
    said = [f"{what(f.test)}: {outcome(f)}" if is_mixed else outcome(f) for f in found]
    return f"{part} ({', '.join(dict.fromkeys(said))})"


def what(test: Test) -> str:
    """What a test is of, in a sentence."""
    if test.kind != "effect":
        return {"share": "share of runs", "step": "largest step"}[test.kind]
    return MEASURES[test.measure].label if test.measure in MEASURES else "above chance"


def outcome(finding: Finding) -> str:
    """How a test came out; and where, if that depends."""
    return where(finding) if finding.outcome == DEPENDS else finding.outcome


def where(finding: Finding) -> str:
    """Where in the accepted set there is more of what a test finds."""
    if math.isnan(finding.found.mean):
        return "too rare to ask"
    if not finding.movers:
        return "no single parameter tells where"
    return f"more where {listed(map(high_or_low, finding.movers[:MOST_MOVERS]))}"


def high_or_low(mover: Mover) -> str:
    """A parameter that an effect goes with."""
    return f"{parameter(mover.path)} is {'high' if mover.correlation > 0 else 'low'}"


def parameter(path: str) -> str:
    """A parameter in words, with the section that tells it from others of its name."""
    section, _, name = path.rpartition(".")
    if "." in section or section == "ways_of_working":
        return in_words(path)
    return f"{section} {name}".replace("_", " ").strip()


def listed(names: Iterable[str]) -> str:
    """Names in a sentence."""
    names = list(names)
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def expected(test: Test) -> str:
    """What a test expects, in words."""
    factor = scale_of(test).factor
    than = f" than {number(test.than * factor, 2)}" if test.than else ""
    if not test.smallest:
        return f"{test.expect}{than}"
    by = number(test.smallest * factor, 2)
    return f"{test.expect}{than}, by {by}{'' if test.expect == 'not more' else ' at least'}"


def with_interval(found: Found, test: Test) -> str:
    """A mean over the set with its interval over paired replicates."""
    scale = scale_of(test)
    low, mid, high = (scale.say(x, test) for x in (found.low, found.mean, found.high))
    return f"{mid} ({low} to {high})"


def joined(text: str) -> str:
    """A text of several lines as one paragraph."""
    return " ".join(text.split())
