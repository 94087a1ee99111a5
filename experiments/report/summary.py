"""The summary tables, as Markdown: for the report's first page and for docs/evidence.md."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from experiments.report.collect import Standing, Stored
from experiments.report.contents import EXPERIMENTS
from experiments.report.pages import BREAK, message_of
from partnersim.plots.page import number, signed
from partnersim.plots.quantities import quantity

NONE = "–"
"""In a cell of which nothing is known."""

MOST_PARTS = 3
"""Parts of a claim that have a line each; of more, the ends are given."""

Link = Callable[[Stored], str]
"""Where an experiment's page is."""

Test = Mapping[str, Any]
"""One test of a claim, as its summary has it."""


def in_report(stored: Stored) -> str:
    """An experiment's place in the report."""
    return f"#{stored.experiment.slug}"


def summary_page(found: Sequence[Stored], link: Link = in_report) -> str:
    """Both tables: the claims, and what else was looked at."""
    claims = [stored for stored in found if stored.experiment.is_claim]
    others = [stored for stored in found if not stored.experiment.is_claim]
    lines = []
    if claims:
        lines += ["## The claims", "", *claims_table(claims, link), "", *HOW_TO_READ, ""]
    lines += ["## What else was looked at", "", *others_table(others, link)]
    return "\n".join(lines) + "\n"


HOW_TO_READ = (
    "*Answer*: by a rule fixed before the first run. *Effect*: mean over the accepted set of "
    "parameters, with its 95 % interval over paired replicates; of a part with several tests, of "
    "the one on which fewest of the set agree; of more than three parts, the highest and the "
    "lowest. *Of the set*: in what share of the accepted parameters it is as expected. *Through "
    "trust*: what share of the effect is gone when trust is held as it was at the start. *Built "
    "in?*: how far the answer follows from what was put in by hand; the claim's page says from "
    "what.",
)


# --- The claims -------------------------------------------------------------------------------


def claims_table(claims: Sequence[Stored], link: Link) -> Iterator[str]:
    """A row for each claim."""
    yield "| claim | answer | effect | of the set | through trust | built in? |"
    yield "|---|---|---|---:|---:|---|"
    for stored in claims:
        try:
            effects, agreement, through = test_cells(stored.summary)
        except (AttributeError, KeyError, TypeError, ValueError):
            again = f"cannot be read; make it again with `{stored.experiment.command}`"
            effects, agreement, through = again, NONE, NONE
        yield row(
            f"[{stored.title}]({link(stored)}){mark(stored)}", answer(stored.summary), effects,
            agreement, through, built_in(stored),
        )  # fmt: skip


def answer(summary: Mapping[str, Any]) -> str:
    """The answer in a word, and for how many parts of the claim it holds."""
    word, parts = summary.get("answer"), summary.get("parts")
    if not isinstance(word, str):
        return NONE
    if not isinstance(parts, Mapping) or len(parts) < 2:
        return f"**{word}**"
    held = sum(state == "holds" for state in parts.values())
    return f"**{word}**: {held} of {len(parts)} parts hold"


def test_cells(summary: Mapping[str, Any]) -> tuple[str, str, str]:
    """Effects, shares of the set and shares through trust: a line for each part, or the ends."""
    tests = weakest(summary)
    if not tests:
        return NONE, NONE, NONE
    if len(tests) <= MOST_PARTS:
        named = len(tests) > 1
        return (
            BREAK.join((f"{t['part']}: " if named else "") + effect(t) for t in tests),
            BREAK.join(percent(t.get("agreement")) for t in tests),
            BREAK.join(through_trust(t) for t in tests),
        )
    kinds = [(t["kind"], t["measure"]) for t in tests]
    alike = [t for t, kind in zip(tests, kinds, strict=True) if kind == kinds[0]]
    ends = sorted((t for t in alike if known(t["mean"])), key=lambda t: float(t["mean"]))
    said = [f"{t['part']}: {effect(t)}" for t in (ends[-1], ends[0])] if ends else [NONE]
    shares = [t["share_through_trust"]["share"] for t in alike if t.get("share_through_trust")]
    return BREAK.join(said), spread(t.get("agreement") for t in tests), spread(shares)


def weakest(summary: Mapping[str, Any]) -> list[Test]:
    """Of each part of a claim the test on which fewest of the set agree: the part rests on it."""
    found: dict[str, Test] = {}
    for test in summary.get("tests") or ():
        if not test.get("decides"):
            continue
        part = str(test.get("part") or test.get("title") or "")
        if part not in found or test["agreement"] < found[part]["agreement"]:
            found[part] = {**test, "part": part}
    return list(found.values())


def effect(test: Test) -> str:
    """A mean with its interval, in the unit in which figures show it."""
    if not known(test["mean"]):
        return "too rare to ask"
    shown = quantity(test["measure"])
    is_change = test["kind"] == "effect"
    factor, unit = (shown.scale, shown.unit) if is_change else (100.0, "%")
    if unit.startswith("%"):
        unit = f" {unit}"
    elif unit == "0 to 1" or not unit:
        unit = f" of {shown.label.lower()}" if is_change else ""
    else:
        unit = f" {unit}"
    say = signed if is_change and not test.get("than") else number
    low, high = test["ci95"]
    ends = f" ({say(factor * low)} to {say(factor * high)})" if known(low) and known(high) else ""
    return f"{say(factor * float(test['mean']))}{ends}{unit}"


def through_trust(test: Test) -> str:
    """The share of an effect that is gone with trust frozen; unsure if its interval is open."""
    found = test.get("share_through_trust")
    if not isinstance(found, Mapping) or test["measure"] == "trust":
        return NONE
    ends = found.get("ci95") or [None, None]
    if not all(map(known, ends)):
        return "unsure"
    return f"{percent(found['share'])} ({percent(ends[0])} to {percent(ends[1])})"


def built_in(stored: Stored) -> str:
    """How far a claim's answer was put in by hand: in short, or the first sentence on it."""
    file = EXPERIMENTS / stored.experiment.folder / "claim.toml"
    try:
        stated = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return NONE
    text = " ".join(str(stated.get("built_in_short") or stated.get("built_in", "")).split())
    return text.split(". ")[0].rstrip(".") + "." if text else NONE


# --- The others -------------------------------------------------------------------------------


def others_table(others: Sequence[Stored], link: Link) -> Iterator[str]:
    """A row for each other experiment, with the message of its figure."""
    yield "| looked at | what came out |"
    yield "|---|---|"
    for stored in others:
        said = message_of(stored.folder / "figure.png") if stored.page else ""
        yield row(f"[{stored.title}]({link(stored)}){mark(stored)}", said or NONE)


# --- Cells ------------------------------------------------------------------------------------


def mark(stored: Stored) -> str:
    """A mark where a result is not the present model's."""
    return "" if stored.standing is Standing.CURRENT else f" **({stored.standing.value})**"


def known(value: Any) -> bool:
    """Whether a number is there."""
    return isinstance(value, int | float) and math.isfinite(value)


def percent(share: Any) -> str:
    """A share in percent."""
    return f"{100 * share:.0f} %".replace("-", "−") if known(share) else NONE


def spread(shares: Any) -> str:
    """The ends of some shares."""
    found = sorted(share for share in shares if known(share))
    return f"{percent(found[0])} to {percent(found[-1])}" if found else NONE


def row(*cells: str) -> str:
    """A row of a table."""
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
