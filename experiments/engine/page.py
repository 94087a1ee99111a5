"""Writes what a study came to: a page, a summary and figures; and its answer in words.

Words are made of what the rule found and of nothing else.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.engine.figure import draw_map, draw_rows, scale_of
from experiments.engine.judge import (
    AS_EXPECTED,
    DEPENDS,
    FAILS,
    HOLDS,
    ONLY_WHERE,
    Answer,
    Finding,
    Found,
    answer,
    find_effect,
    main_arms,
    state_of,
)
from experiments.engine.runs import SEED, Runs
from experiments.engine.study import AS_IS, BASE, Study, Test
from experiments.pictures import save_picture
from experiments.provenance import stamp, written_by
from partnersim.figures.quantities import quantity
from partnersim.figures.sweep import in_words
from partnersim.runs.measures import MEASURES
from partnersim.runs.wording import decimals, join, number, plural, signed
from partnersim.scenario.declared import parameters

SHOWN = (
    "change_delivered",
    "mean_speed",
    "months_to_25",
    "trust",
    "perceived_joint_working",
    "initiatives_completed",
    "initiatives_abandoned",
    "initiatives_under_way",
    "actual_over_planned",
    "cost",
)
"""Measures that are given of the main arms of every study."""

COMMAND = "python -m experiments.claims.run"
DIGITS = 4


def write(runs: Runs, folder: Path) -> str:
    """Write page, summary and figures of a study; gives its answer in words."""
    found = answer(runs)
    begin(folder)
    study = runs.study
    (folder / "results.md").write_text(page(runs, found), encoding="utf-8")
    write_json(summary(runs, found), folder / "summary.json")
    note = (
        f"Dots: {runs.accepted.n_points} points, bar: 90 % of them; grey: too small to matter; "
        "blue as expected, purple opposite"
    )
    has_best = any(not math.isnan(f.best) for f in found.findings)
    column, say = (
        ("best", lambda f: percent(f.best)) if has_best else ("agree", lambda f: percent(f.agreement))
    )
    save_picture(draw_rows(headline(study, found), found.findings, note, column, say), folder / "figure.png")
    if cells_held(found, study):
        save_picture(draw_map(study, found.findings, map_title(found, study)), folder / "map.png")
    return sentence(found, study)


def begin(folder: Path) -> None:
    """Make a folder for results, without what an earlier model left there."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in ("png", "csv", "parquet", "json"):
        for file in folder.glob(f"*.{kind}"):
            file.unlink()


def write_json(record: Mapping[str, Any], file: Path) -> None:
    """Write a record; NaN and infinities as null, a list of numbers on one line."""
    text = json.dumps(_plain(record), indent=1, ensure_ascii=False)
    text = re.sub(r"\[\s+([^\[\]{}\"]*?)\s+\]", lambda m: f"[{' '.join(m[1].split())}]", text)
    file.write_text(text + "\n", "utf-8")


def _plain(value: Any) -> Any:
    """A value as JSON has it, numbers to a few digits."""
    match value:
        case Mapping():
            return {key: _plain(entry) for key, entry in value.items()}
        case list() | tuple() | np.ndarray():
            return [_plain(entry) for entry in value]
        case float() | np.floating():
            return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
        case np.integer():
            return int(value)
    return value


# --- Answers in words -------------------------------------------------------------------------

MOST_MOVERS = 2
MOST_PARTS = 4
"""Parts of a claim that are named in a title; more are counted."""

STATES = {HOLDS: "holds for", FAILS: "not for", DEPENDS: "depends for"}


def sentence(found: Answer, study: Study) -> str:
    """What a study says: the word, for which parts of the claim it holds, where, and where else."""
    said = f"{found.word}: {_parts(found, is_full=True)}"
    return "; ".join([said, *_elsewhere(found, study)])


def _elsewhere(found: Answer, study: Study) -> Iterator[str]:
    """Whether the answer is the same by other theories of trust, and over how much of the map it holds."""
    theories = {name: found.word_in(name) for name in study.worlds_of("theory")}
    asked = {name: word for name, word in theories.items() if word}
    if asked:
        same = [study.worlds[name].title for name, word in asked.items() if word == found.word]
        others = [f"{word} {study.worlds[name].title}" for name, word in asked.items() if word != found.word]
        yield ", ".join([*([f"the same {join(same)}"] if same else []), *others])
    held = cells_held(found, study)
    if held:
        n = n_cells(found, study)
        lowest, highest = min(held.values()), max(held.values())
        span = f"{lowest}" if lowest == highest else f"{lowest} to {highest}"
        axes = join([axis.name for axis in study.map.axes if axis.name not in study.not_mapped])
        yield f"over {axes} its parts hold in {span} of {n} settings"


def cells_held(found: Answer, study: Study) -> dict[str, int]:
    """For each part in how many cells of the map it holds; nothing where there is no map."""
    held: dict[str, int] = {}
    for part in found.parts:
        states = [state_of(found.of(part), name) for name in study.worlds_of("cell")]
        if any(states):
            held[part] = sum(state == HOLDS for state in states)
    return held


def n_cells(found: Answer, study: Study) -> int:
    """How many cells of the map were looked at."""
    return max((len(f.of(study.worlds_of("cell"))) for f in found.findings), default=0)


def map_title(found: Answer, study: Study) -> str:
    """What the map says."""
    n = n_cells(found, study)
    held = sorted(cells_held(found, study).items(), key=lambda entry: -entry[1])
    said = ", ".join(f"{part} in {k}" for part, k in held[:MOST_PARTS])
    more = f" and {len(held) - MOST_PARTS} more" if len(held) > MOST_PARTS else ""
    return f"{study.name}: of {n} settings of what is not tuned it holds for {said}{more}"


def headline(study: Study, found: Answer) -> str:
    """The title of a figure: the claim, and what came of it."""
    if any(not math.isnan(finding.best) for finding in found.findings):
        return _best_choices(study, found.findings)
    held = [part for part, state in found.parts.items() if state == HOLDS]
    if found.word != ONLY_WHERE:
        return f"{study.title}: {found.word}"
    if len(found.parts) == 1:
        said = ", ".join(filter(None, (where(f) for f in found.of(*found.parts))))
        return f"{study.title}: {'only where; ' + said if said else 'uncertain'}"
    if len(found.parts) <= MOST_PARTS:
        return f"{study.title}: {_parts(found, is_full=False)}"
    which = f", {join(held)}" if 0 < len(held) <= MOST_PARTS else ""
    return f"{study.title}: holds for {len(held)} of {len(found.parts)}{which}"


def _best_choices(study: Study, findings: Sequence[Finding]) -> str:
    """As what each budget brings most in most of the accepted set, the smallest budget first."""
    by_budget: dict[float, list[Finding]] = {}
    for finding in findings:
        if not math.isnan(finding.best):
            (budget,) = {study.arms[name].budget for name in finding.test.weights if name in study.arms}
            by_budget.setdefault(budget or 0.0, []).append(finding)
    said = []
    for budget, choices in sorted(by_budget.items()):
        first = max(choices, key=lambda finding: finding.best)
        days, of = ("", "") if said else (" staff days a month bring most", " of points")
        said.append(f"{budget:g}{days} as {first.test.title} ({percent(first.best)}{of})")
    return "; ".join(said)


def _parts(found: Answer, *, is_full: bool) -> str:
    """The parts of a claim by what became of them; in full with how and where."""
    said = []
    for state, words in STATES.items():
        parts = [part for part, came_to in found.parts.items() if came_to == state]
        if parts:
            said.append(f"{words} {join([_part(found, p, state, is_full) for p in parts])}")
    return "; ".join(said)


def _part(found: Answer, part: str, state: str, is_full: bool) -> str:
    """A part of a claim, how it fails, and where it depends."""
    if not is_full or state == HOLDS:
        return part
    tests = found.of(part)
    missed = [f for f in tests if f.outcome != AS_EXPECTED]
    if state == FAILS:
        missed = [f for f in missed if f.outcome != DEPENDS]
    # Of which test it is said, where they are not all of one thing.
    is_mixed = len({what(f.test) for f in tests}) > 1
    said = [f"{what(f.test)}: {outcome(f)}" if is_mixed and outcome(f) else outcome(f) for f in missed]
    said = list(dict.fromkeys(filter(None, said)))
    return f"{part} ({', '.join(said)})" if said else part


def what(test: Test) -> str:
    """What a test is of, in a sentence."""
    if test.kind != "effect":
        return {"share": "share of runs", "step": "largest step"}[test.kind]
    return MEASURES[test.measure].label if test.measure in MEASURES else "above chance"


def outcome(finding: Finding) -> str:
    """How a test came out; and where, if that depends."""
    return where(finding) if finding.outcome == DEPENDS else finding.outcome


def where(finding: Finding) -> str:
    """Where in the accepted set there is more of what a test finds; '' where no parameter tells."""
    if math.isnan(finding.found.mean):
        return "too rare to ask"
    if not finding.movers:
        return ""
    return f"more where {join([high_or_low(*mover) for mover in [*finding.movers.items()][:MOST_MOVERS]])}"


def high_or_low(path: str, correlation: float) -> str:
    """A parameter that an effect goes with."""
    section, _, name = path.rpartition(".")
    words = in_words(path)
    if not ("." in section or section == "ways_of_working"):
        words = f"{section} {name}".replace("_", " ").strip()
    return f"{words} is {'high' if correlation > 0 else 'low'}"


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


def percent(share: float) -> str:
    """A share in percent; nothing where there is none."""
    return "" if math.isnan(share) else f"{100 * share:.0f} %"


# --- The summary ------------------------------------------------------------------------------


def summary(runs: Runs, found: Answer) -> dict[str, Any]:
    """What a study came to, for programs."""
    study = runs.study
    cells = list(study.worlds_of("cell"))
    return {
        "name": study.name,
        "title": study.title,
        "headline": headline(study, found),
        "sentence": sentence(found, study),
        "rule": {"agreement": study.agreement, "smallest": study.smallest},
        "made_from": {
            **stamp(f"{COMMAND} {study.name.lower()}", seed=SEED, n_runs=runs.n_runs),
            "replicates": runs.replicates,
            "accepted": {
                "file": runs.accepted.name,
                "points": runs.accepted.n_points,
                "digest": runs.accepted.digest,
            },
            "scenario": study.scenario,
        },
        "answer": found.word,
        "parts": found.parts,
        "by_theory": {name: found.word_in(name) for name in study.worlds_of("theory")},
        "map": {"cells": cells, "held": cells_held(found, study)},
        "tests": [_test(finding, study) for finding in found.findings],
    }


def _test(finding: Finding, study: Study) -> dict[str, Any]:
    test, found, through = finding.test, finding.found, finding.through_trust
    cells = finding.of(study.worlds_of("cell"))
    return {
        "title": test.title,
        "part": test.part,
        "kind": test.kind,
        "measure": test.measure,
        "expect": test.expect,
        "than": test.than,
        "smallest": test.smallest,
        "decides": test.decides,
        "outcome": finding.outcome,
        "agreement": finding.agreement,
        **numbers(found),
        "each": found.each,
        "share_through_trust": through and {"share": through.share, "ci95": through.ci95},
        "movers": finding.movers,
        "best": finding.best,
        "without": {n: numbers(e.found) for n, e in finding.of(study.worlds_of("ablation")).items()},
        "by_theory": {
            n: {**numbers(e.found), "outcome": e.outcome}
            for n, e in finding.of(study.worlds_of("theory")).items()
        },
        "on_the_map": [cell.found.mean for cell in cells.values()],
    }


def numbers(found: Found) -> dict[str, Any]:
    """What was found over the set, for programs."""
    ends = {"ci95": (found.low, found.high), "range90": found.range90}
    return {"mean": found.mean, "median": found.median, **ends}


# --- The page ---------------------------------------------------------------------------------


def page(runs: Runs, found: Answer) -> str:
    """The page of a study."""
    study = runs.study
    deciding = [f for f in found.findings if f.test.decides]
    beside = [f for f in found.findings if not f.test.decides]
    said = sentence(found, study)
    lines = [
        f"# {study.name}. {study.title}" if study.name.startswith("B") else f"# {study.title}",
        "",
        f"**{said[0].upper()}{said[1:]}.**",
        "",
        f"![{headline(study, found)}](figure.png)",
        "",
        f"{written_by(f'{COMMAND} {study.name.lower()}')}, scenario {study.scenario}, "
        f"{plural(runs.accepted.n_points, 'accepted point')} ({runs.accepted.name}, "
        f"{runs.accepted.digest}), {runs.replicates} replicates of each point and arm, seed {SEED}, "
        f"{runs.n_runs:,} runs.",
        "",
    ]
    if cells_held(found, study):
        lines += ["## Where it holds", "", f"![{map_title(found, study)}](map.png)", ""]
        lines += [*_where_table(found, study), ""]
    for title, text in (
        ("The question", study.question),
        ("What the model was expected to say", study.expected),
        ("How it is looked at", study.how),
        ("Is it built in?", study.built_in),
    ):
        lines += [f"## {title}", "", " ".join(text.split()), ""]
    lines += [_rule(study), "", "## What came out", "", *_tests(deciding, is_deciding=True), ""]
    if beside:
        lines += ["Beside, without a say in the answer:", "", *_tests(beside, is_deciding=False), ""]
    lines += [
        "Agree: share of the accepted set as expected. Pairs: share of pairs of runs with the same "
        "luck in which there is more, ties counting half. Best: share of the set in which it delivers "
        "most of what competes for its budget.",
        "",
        "## What the arms change in all measures",
        "",
        *_measures(runs),
        "",
        "## Without this or that, by a rival rule, and by other theories of trust",
        "",
        *_worlds(study, found),
        "",
        "## What it goes with over the accepted set",
        "",
        *_movers(deciding),
    ]
    if study.challenges:
        lines += ["", "## What others found", ""]
        lines += [f"- {c.says} [{c.source}] {c.here}" for c in study.challenges]
    return "\n".join(lines) + "\n"


def _where_table(found: Answer, study: Study) -> Iterator[str]:
    """For each part: how it came out, by other theories, and in how many cells of the map."""
    theories, n = study.worlds_of("theory"), n_cells(found, study)
    held = cells_held(found, study)
    yield row(
        "part", "as the model is", *(t.title for t in theories.values()), f"of {n} settings it holds in"
    )
    yield row(*["---"] * (2 + len(theories)), "---:")
    for part, state in found.parts.items():
        by_theory = [state_of(found.of(part), name) or "–" for name in theories]
        yield row(part, state, *by_theory, str(held.get(part, "–")))


def _rule(study: Study) -> str:
    return (
        f"The rule, fixed beforehand: a test is as expected if the sign agrees in "
        f"{100 * study.agreement:.0f} % of the accepted set, and the mean over the set, with its "
        "95 % interval over paired replicates, is beyond the smallest effect that matters. A part "
        "of the claim holds if all its tests are as expected, and fails if one of them is the "
        "opposite or nothing that matters. Supported: all parts hold; contradicted: all fail; "
        "else only where. On the map each setting is judged by the same rule."
    )


def _tests(findings: Sequence[Finding], *, is_deciding: bool) -> Iterator[str]:
    """A table of tests."""
    head = ["part", "test", "of", "expected", "mean (95 % interval)", "median (90 % of the set)"]
    head += ["agree", "pairs", "through trust", "best", "outcome"]
    first = 0 if is_deciding else 1
    yield row(*head[first:])
    yield row(*["---"] * (4 - first), *["---:"] * 6, "---")
    for finding in findings:
        test, found = finding.test, finding.found
        scale = scale_of(test)
        median, low, high = (scale.say(x, test) for x in (found.median, *found.range90))
        is_told = finding.outcome == DEPENDS and where(finding)
        came_out = f"depends: {where(finding)}" if is_told else finding.outcome
        cells = [test.part, test.title, scale.heading, expected(test), with_interval(found, test)]
        cells += [f"{median} ({low} to {high})", percent(finding.agreement), percent(found.share_better)]
        yield row(*[*cells, _share(finding), percent(finding.best), came_out][first:])


def row(*cells: str) -> str:
    """A row of a table."""
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _measures(runs: Runs) -> Iterator[str]:
    """A table of the main arms against base in all measures."""
    shown = [quantity(name) for name in SHOWN]
    yield (
        "Mean change against base over the accepted set, with the 95 % interval over paired replicates. "
        "A milestone never reached counts as the last month."
    )
    yield ""
    yield row("", *(f"{q.label}, {q.unit}" for q in shown))
    yield row("---", *["---:"] * len(SHOWN))
    base = runs.values[BASE, AS_IS]
    yield row(
        "base", *(number(q.scale * float(base[m].mean()), 3) for q, m in zip(shown, SHOWN, strict=True))
    )
    for arm in main_arms(runs.study):
        cells = []
        for q, measure in zip(shown, SHOWN, strict=True):
            found = find_effect({arm: 1.0, BASE: -1.0}, measure, runs)
            if math.isnan(found.mean):  # where no run has completed anything
                cells.append("–")
                continue
            most = decimals(q.scale * runs.study.smallest.get(measure, 0.0))
            mid, low, high = (signed(q.scale * x, 2, most) for x in (found.mean, found.low, found.high))
            cells.append(f"{mid} ({low} to {high})")
        yield row(", ".join(part.title for part in runs.study.parts_of(arm)) or arm, *cells)


def _worlds(study: Study, found: Answer) -> Iterator[str]:
    """The tests again where something is off or otherwise, the map apart."""
    yield (
        "Per cent: what is left of the whole effect, where that is clear of zero. Through trust, above, is 1 "
        "less the effect with trust frozen over the effect, with Fieller's interval; unbounded where the "
        "effect itself is not clear of zero."
    )
    yield ""
    yield row("test", "of", "whole", "where", "there")
    yield row("---", "---", "---:", "---", "---:")
    others = {**study.worlds_of("ablation"), **study.worlds_of("theory")}
    for finding in found.findings:
        cells = [
            finding.test.title,
            scale_of(finding.test).heading,
            with_interval(finding.found, finding.test),
        ]
        for name in finding.of(others):
            yield row(*cells, others[name].title, _in_world(finding, name))
            cells = [""] * 3


def _in_world(finding: Finding, name: str) -> str:
    """What a test finds in a world, and what part of the whole effect that is."""
    there, found = finding.elsewhere[name].found, finding.found
    words = with_interval(there, finding.test)
    if finding.through_trust is None or found.low <= 0.0 <= found.high:
        return words
    return f"{words}, {100 * there.mean / found.mean:.0f} %"


def _share(finding: Finding) -> str:
    """The share of an effect that goes through trust; nothing where trust is what is measured."""
    through = finding.through_trust
    if through is None:
        return ""
    low, high = through.ci95
    if not (math.isfinite(low) and math.isfinite(high)):
        return f"{number(through.share)} (unbounded)"
    return f"{number(through.share)} ({number(low)} to {number(high)})"


def _movers(findings: Sequence[Finding]) -> Iterator[str]:
    """With which parameters each test that decides goes, and what these parameters are."""
    yield "Rank correlations over the accepted set that are clear of chance, Bonferroni's bound."
    yield ""
    named: dict[str, str] = {}
    meanings = {declared.path: declared.meaning for declared in parameters()}
    for finding in findings:
        of = f"- {finding.test.title} ({scale_of(finding.test).heading})"
        movers = "; ".join(f"{high_or_low(path, r)} ({signed(r)})" for path, r in finding.movers.items())
        yield f"{of}: more where {movers}" if movers else f"{of}: none"
        named |= {path: meanings.get(path, "of one organisation") for path in finding.movers}
    if named:
        yield ""
        yield from (f"- `{path}`: {words}" for path, words in sorted(named.items()))
