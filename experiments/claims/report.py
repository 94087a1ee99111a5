"""Writes what a claim came to: a page, a summary and a figure."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments.claims.declare import BASE, Ablation, Study, common
from experiments.claims.figure import draw_rows, scale_of
from experiments.claims.judge import DEPENDS, Answer, Finding, Found, answer, find_effect, main_arms
from experiments.claims.simulate import SEED, Runs
from experiments.claims.words import expected, headline, high_or_low, joined, sentence, where, with_interval
from experiments.pictures import save_picture
from experiments.provenance import stamp, written_by
from partnersim.figures.quantities import quantity
from partnersim.runs.wording import decimals, number, plural, signed
from partnersim.scenario.declared import parameters

SHOWN = (
    "change_delivered",
    "mean_speed",
    "months_to_25",
    "is_sustained_acceleration",
    "trust",
    "perceived_joint_working",
    "cost",
)
"""Measures that are given of the main arms of every claim."""

COMMAND = "python -m experiments.claims.run"
DIGITS = 5


def write(runs: Runs, folder: Path) -> str:
    """Write page, summary and figure of a claim; gives its answer in words."""
    found = answer(runs)
    folder.mkdir(parents=True, exist_ok=True)
    study = runs.study
    (folder / "results.md").write_text(page(runs, found), encoding="utf-8")
    write_json(summary(runs, found), folder / "summary.json")
    note = (
        f"Dots: {runs.accepted.n_points} points, bar: 90 % of them; grey: too small to matter; "
        "blue as expected, purple opposite"
    )
    picture = draw_rows(
        headline(study, found), found.findings, note, "agree", lambda f: f"{100 * f.agreement:.0f} %"
    )
    save_picture(picture, folder / "figure.png")
    return sentence(found)


def write_json(record: dict[str, Any], file: Path) -> None:
    """Write a record; NaN and infinities as null."""
    file.write_text(json.dumps(_plain(record), indent=1, ensure_ascii=False) + "\n", "utf-8")


def _plain(value: Any) -> Any:
    """A value as JSON has it, numbers to a few digits."""
    match value:
        case dict():
            return {key: _plain(entry) for key, entry in value.items()}
        case list() | tuple() | np.ndarray():
            return [_plain(entry) for entry in value]
        case float() | np.floating():
            return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
        case np.integer():
            return int(value)
    return value


# --- The summary ------------------------------------------------------------------------------


def made_from(runs: Runs) -> dict[str, Any]:
    """On what the numbers of a study rest."""
    return {
        **stamp(f"{COMMAND} {runs.study.name.lower()}", seed=SEED, n_runs=runs.n_runs),
        "replicates": runs.replicates,
        "accepted": {
            "file": runs.accepted.name,
            "points": runs.accepted.n_points,
            "digest": runs.accepted.digest,
            "parameters": list(runs.accepted.columns),
        },
        "scenario": runs.study.scenario,
    }


def heading(runs: Runs, said: str, message: str) -> dict[str, Any]:
    """What every study's summary begins with, for programs."""
    study = runs.study
    return {
        "name": study.name,
        "title": study.title,
        "headline": message,
        "sentence": said,
        "rule": {"agreement": study.agreement, "smallest": study.smallest},
        "made_from": made_from(runs),
    }


def summary(runs: Runs, found: Answer) -> dict[str, Any]:
    """What a claim came to, for programs."""
    study = runs.study
    return {
        **heading(runs, sentence(found), headline(study, found)),
        "answer": found.word,
        "parts": found.parts,
        "tests": [_test(finding) for finding in found.findings],
        "measures": {
            arm: {measure: numbers(find_effect({arm: 1.0, BASE: -1.0}, measure, runs)) for measure in SHOWN}
            for arm in main_arms(study)
        },
    }


def _test(finding: Finding) -> dict[str, Any]:
    test, found, through = finding.test, finding.found, finding.through_trust
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
        "share_of_pairs_with_more": found.share_better,
        "each": found.each,
        "share_through_trust": through and {"share": through.share, "ci95": through.ci95},
        "movers": {mover.path: mover.correlation for mover in finding.movers},
        "ablations": {name: numbers(without) for name, without in finding.ablated.items()},
    }


def numbers(found: Found) -> dict[str, Any]:
    """What was found over the set, for programs."""
    return {
        "mean": found.mean,
        "ci95": (found.low, found.high),
        "median": found.median,
        "range90": found.range90,
    }


# --- The page ---------------------------------------------------------------------------------


def page(runs: Runs, found: Answer) -> str:
    """The page of a claim."""
    study = runs.study
    deciding = [f for f in found.findings if f.test.decides]
    beside = [f for f in found.findings if not f.test.decides]
    lines = [
        *opening(runs, f"{study.name}. {study.title}", sentence(found).capitalize(), headline(study, found)),
        _rule(study),
        "",
        "## What came out",
        "",
        *_tests(deciding, is_deciding=True),
        "",
    ]
    if beside:
        lines += ["Beside, without a say in the answer:", "", *_tests(beside, is_deciding=False), ""]
    lines += [
        "Agree: share of the accepted set as expected. Pairs: share of pairs of runs with the same "
        "luck in which there is more, ties counting half.",
        "",
    ]
    lines += ["## What the arms change in all measures", "", *_measures(runs), ""]
    lines += ["## Through trust, by the rival rule, without small wins", ""]
    lines += [*_shared_ablations(study, found), "", *_own_ablations(study, found)]
    lines += ["## What it goes with over the accepted set", "", *_movers(deciding), ""]
    lines += section("Is it built in?", study.built_in)
    lines += ["## What others found", ""]
    lines += [f"- {c.says} [{c.source}] {c.here}" for c in study.challenges]
    return "\n".join(lines) + "\n"


def opening(runs: Runs, title: str, answer: str, message: str) -> list[str]:
    """What a study's page begins with: the answer, the figure with its message, the question."""
    study = runs.study
    return [
        f"# {title}",
        "",
        *withdrawal(study),
        f"**{answer}.**",
        "",
        f"![{message}](figure.png)",
        "",
        _made_from_in_words(runs),
        "",
        *section("The question", study.question),
        *section("What the model was expected to say", study.expected),
        *section("How it is looked at", study.how),
    ]


def withdrawal(study: Study) -> list[str]:
    """What is taken back of an answer, where something is."""
    if study.withdrawn is None:
        return []
    of = f" of {', '.join(study.withdrawn.parts)}" if study.withdrawn.parts else ""
    return [f"**The answer{of} is withdrawn.** {' '.join(study.withdrawn.why.split())}", ""]


def _made_from_in_words(runs: Runs) -> str:
    """On what the numbers of a study rest, in a paragraph."""
    made = made_from(runs)
    return (
        f"{written_by(made['command'], made['model'])}, scenario {runs.study.scenario}, "
        f"{plural(runs.accepted.n_points, 'accepted point')} ({made['accepted']['file']}, "
        f"{made['accepted']['digest']}), {runs.replicates} replicates of each point and arm, "
        f"seed {SEED}, {runs.n_runs:,} runs."
    )


def section(title: str, text: str) -> list[str]:
    """A heading and a paragraph."""
    return [f"## {title}", "", joined(text), ""]


def _rule(study: Study) -> str:
    return (
        f"The rule, fixed beforehand: a test is as expected if the sign agrees in "
        f"{100 * study.agreement:.0f} % of the accepted set, and the mean over the set, with its "
        "95 % interval over paired replicates, is beyond the smallest effect that matters. A part "
        "of the claim holds if all its tests are as expected, and fails if one of them is the "
        "opposite or nothing that matters. Supported: all parts hold; contradicted: all fail; "
        "else only where."
    )


def _tests(findings: list[Finding], *, is_deciding: bool) -> Iterator[str]:
    """A table of tests."""
    head = (
        "part",
        "test",
        "of",
        "expected",
        "mean (95 % interval)",
        "median (90 % of the set)",
        "agree",
        "pairs",
        "outcome",
    )
    first = 0 if is_deciding else 1
    yield _row(head[first:])
    yield _row(("---", "---", "---", "---", "---:", "---:", "---:", "---:", "---")[first:])
    for finding in findings:
        test, found = finding.test, finding.found
        scale = scale_of(test)
        median, low, high = (scale.say(x, test) for x in (found.median, *found.range90))
        came_out = f"depends: {where(finding)}" if finding.outcome == DEPENDS else finding.outcome
        cells = (
            test.part,
            test.title,
            scale.heading,
            expected(test),
            with_interval(found, test),
            f"{median} ({low} to {high})",
            _percent(finding.agreement),
            _percent(found.share_better),
            came_out,
        )
        yield _row(cells[first:])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _percent(share: float) -> str:
    return "" if math.isnan(share) else f"{100 * share:.0f} %"


def _measures(runs: Runs) -> list[str]:
    """A table of the main arms against base in all measures."""
    shown = [quantity(name) for name in SHOWN]
    base = runs.values[BASE, ""]
    lines = [
        "Mean change against base over the accepted set, with the 95 % interval over paired "
        "replicates, and the share of the set with this sign. A milestone never reached counts "
        "as the last month.",
        "",
        "| | " + " | ".join(f"{q.label}, {q.unit}" for q in shown) + " |",
        "|---|" + "---:|" * len(SHOWN),
        "| base | "
        + " | ".join(number(q.scale * float(base[m].mean()), 3) for q, m in zip(shown, SHOWN, strict=True))
        + " |",
    ]
    for arm in main_arms(runs.study):
        cells = [title_of(runs.study, arm)]
        for shown_as, measure in zip(shown, SHOWN, strict=True):
            found = find_effect({arm: 1.0, BASE: -1.0}, measure, runs)
            most = decimals(shown_as.scale * runs.study.smallest.get(measure, 0.0))
            mid, low, high = (
                signed(shown_as.scale * x, 2, most) for x in (found.mean, found.low, found.high)
            )
            same = float((np.sign(found.each) == np.sign(found.mean)).mean())
            cells.append(f"{mid} ({low} to {high}), {100 * same:.0f} %")
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def common_ablations(study: Study) -> dict[str, Ablation]:
    """What every claim is asked again with."""
    return {name: a for name, a in study.ablations.items() if name in common()["ablations"]}


def title_of(study: Study, arm: str) -> str:
    """What an arm is called."""
    return ", ".join(part.title for part in study.parts_of(arm)) or arm


def _shared_ablations(study: Study, found: Answer) -> Iterator[str]:
    """The tests again with what every claim is asked again with."""
    shared = {name: ablation.title for name, ablation in common_ablations(study).items()}
    yield (
        "Share through trust: 1 less the effect with trust frozen over the effect, with Fieller's "
        "interval; unbounded where the effect itself is not clear of zero. Per cent: what is left "
        "of the whole effect, where that is clear of zero."
    )
    yield ""
    yield _row(("test", "of", "whole", "share through trust", *shared.values()))
    yield _row(("---", "---", *["---:"] * (2 + len(shared))))
    for finding in found.findings:
        if finding.ablated:
            yield _row(
                (
                    finding.test.title,
                    scale_of(finding.test).heading,
                    with_interval(finding.found, finding.test),
                    _share(finding),
                    *(_without(finding, name) for name in shared),
                )
            )


def _own_ablations(study: Study, found: Answer) -> Iterator[str]:
    """The tests again without what concerns this claim."""
    rows = [
        (finding, name)
        for finding in found.findings
        for name in finding.ablated
        if name not in common_ablations(study)
    ]
    if not rows:
        return
    yield "## Without single mechanisms"
    yield ""
    yield _row(("test", "of", "without", "whole", "what is left"))
    yield _row(("---", "---", "---", "---:", "---:"))
    for finding, name in rows:
        yield _row(
            (
                finding.test.title,
                scale_of(finding.test).heading,
                study.ablations[name].title,
                with_interval(finding.found, finding.test),
                _without(finding, name),
            )
        )
    yield ""


def _without(finding: Finding, name: str) -> str:
    """What a test finds without something, and what part of the whole effect that is."""
    without, found = finding.ablated[name], finding.found
    words = with_interval(without, finding.test)
    if finding.through_trust is None or found.low <= 0.0 <= found.high:
        return words
    return f"{words}, {100 * without.mean / found.mean:.0f} %"


def _share(finding: Finding) -> str:
    """The share of an effect that goes through trust; nothing where trust is what is measured."""
    through = finding.through_trust
    if through is None:
        return ""
    low, high = through.ci95
    if not (math.isfinite(low) and math.isfinite(high)):
        return f"{number(through.share)} (unbounded)"
    return f"{number(through.share)} ({number(low)} to {number(high)})"


def _movers(findings: list[Finding]) -> Iterator[str]:
    """With which parameters each test that decides goes, and what these parameters are."""
    yield (
        "Rank correlations over the accepted set that are clear of chance, Bonferroni's bound "
        "over its parameters."
    )
    yield ""
    named: dict[str, str] = {}
    for finding in findings:
        of = f"- {finding.test.title} ({scale_of(finding.test).heading})"
        movers = "; ".join(f"{high_or_low(m)} ({signed(m.correlation)})" for m in finding.movers)
        yield f"{of}: more where {movers}" if movers else f"{of}: none"
        named |= {mover.path: meaning(mover.path) for mover in finding.movers}
    if named:
        yield ""
        yield from (f"- `{path}`: {words}" for path, words in sorted(named.items()))


def meaning(path: str) -> str:
    """What a parameter is, as declared."""
    return next((row.meaning for row in parameters() if row.path == path), "of one organisation")
