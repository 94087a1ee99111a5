"""The summary, as Markdown: for the report's first page and for docs/evidence.md.

One picture and one sentence a claim come first, tables after. Where results were made with another
model than the present one, that is the first thing said.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from experiments.engine.judge import AS_EXPECTED, CONTRADICTED, DEPENDS, FAILS, HOLDS, ONLY_WHERE, SUPPORTED
from experiments.engine.page import row
from experiments.report.collect import Standing, Stored
from experiments.report.pages import message_of
from partnersim.figures.quantities import quantity
from partnersim.model.version import MODEL_VERSION
from partnersim.runs.measures import MEASURES
from partnersim.runs.wording import decimals, join, number, signed

NONE = "–"
"""In a cell of which nothing is known."""

NO_BREAK = "\N{NO-BREAK SPACE}"

ENOUGH = 60
"""Letters after which no further clause is quoted."""

Link = Callable[[Stored], str]
"""Where an experiment's page is."""

Test = Mapping[str, Any]
"""One test of a claim, as its summary has it."""


def in_report(stored: Stored) -> str:
    """An experiment's place in the report."""
    return f"#{stored.experiment.slug}"


def summary_page(found: Sequence[Stored], link: Link = in_report, picture: str = "", model: str = "") -> str:
    """What is stored, all of it in short.

    Parameters
    ----------
    found
        In the order of the report.
    link
        Where each has its page.
    picture
        Address of the picture of all claims; none if empty.
    model
        The present model; the declared one if left out.
    """
    claims = [stored for stored in found if stored.experiment.is_claim]
    others = [stored for stored in found if not stored.experiment.is_claim]
    lines = [*standing_of_all(found, model or MODEL_VERSION)]
    if picture:
        lines += [f"![Effects of the claims]({picture})", ""]
    if claims:
        lines += ["## The claims", "", *(f"- {in_a_sentence(stored)}" for stored in claims), ""]
        lines += [*claims_table(claims, link), "", *HOW_TO_READ, ""]
    lines += ["## What else was looked at", "", *others_table(others, link)]
    return "\n".join(lines) + "\n"


HOW_TO_READ = (
    "*Answer*: by a rule fixed before the first run. *Effect*: mean over the accepted set of "
    "parameters, with its 95 % interval over paired replicates; of a part with several tests, of "
    "the one on which fewest of the set agree; % is of the vision or of runs, trust goes from 0 to "
    "1. *Of the set*: in what share of the accepted parameters it is as expected. *Through trust*: "
    "what share of the effect is gone when trust is held as it was at the start. *Theories*: how it "
    "comes out where trust learns by two theories of others. *Map*: in how many settings of what was "
    "not tuned (exposure, interdependence, hope) the part holds. *Built in?*: how far the answer "
    "follows from what was put in by hand; the claim's page says from what.",
)


def standing_of_all(found: Sequence[Stored], model: str) -> Iterator[str]:
    """The first sentence, where answers are not of the present model."""
    old = [stored for stored in found if stored.standing is Standing.OUT_OF_DATE]
    if not old:
        return
    which = (
        "All answers here are" if len(old) == len(found) else f"{len(old)} of {len(found)} answers here are"
    )
    versions = sorted({stored.model.partition(".")[0] for stored in old if stored.model})
    yield (
        f"**{which} of version {' and '.join(versions) or '?'} of the model, not of the model as it is "
        f"({model}), and are being replaced.**"
    )
    yield ""


# --- The claims -------------------------------------------------------------------------------


IN_SHORT = {SUPPORTED: "yes", CONTRADICTED: "no", ONLY_WHERE: "in part"}
OF_PARTS = {HOLDS: "yes for", FAILS: "no for", DEPENDS: "it depends on the setting for"}
OTHER_THEORIES = {"two_layer": "surprises and reputation", "loyalty": "time together"}
"""On what trust rests by each other theory of it: in sentences and in the picture of all claims."""


def in_short(record: Mapping[str, Any]) -> str:
    """The answer as one would say it aloud; how large and where stands in the table and on its page."""
    word, parts = record.get("answer"), record.get("parts")
    if word not in IN_SHORT or not isinstance(parts, Mapping):
        return str(record.get("sentence") or "no answer yet")
    said = IN_SHORT[word]
    if word == ONLY_WHERE:
        each = ((words, [p for p, s in parts.items() if s == state]) for state, words in OF_PARTS.items())
        said += f": {'; '.join(f'{words} {join(names)}' for words, names in each if names)}"
    if word == CONTRADICTED and (found := as_expected(record)):
        said += f", although as expected: {join(found)}"
    by_theory = record.get("by_theory") or {}
    other = [
        f"{IN_SHORT.get(by_theory[name], 'not asked')} if trust rests on {words}"
        for name, words in OTHER_THEORIES.items()
        if by_theory.get(name, word) != word
    ]
    if other:
        return f"{said}; {join(other)}"
    return f"{said}; the same by both other theories of trust" if len(by_theory) > 1 else said


def as_expected(record: Mapping[str, Any]) -> list[str]:
    """What came as expected of a claim that does not hold: titles of tests, each kind once."""
    tests = [test for test in record.get("tests") or () if test.get("decides")]
    found = [test["title"].partition(",")[0] for test in tests if test.get("outcome") == AS_EXPECTED]
    return list(dict.fromkeys(found))


def in_a_sentence(stored: Stored) -> str:
    """What came of a claim."""
    return f"**{stored.title}**: {in_short(stored.summary)}.{mark(stored)}"


def claims_table(claims: Sequence[Stored], link: Link) -> Iterator[str]:
    """A row for each part of each claim; what holds for the claim as a whole in its first."""
    yield row(
        *("claim", "answer", "part", "effect", "of the set", "through trust", "theories", "map", "built in?")
    )
    yield row("---", "---", "---", "---", "---:", "---:", "---", "---:", "---")
    for stored in claims:
        title = f"[{stored.title}]({link(stored)}){mark(stored)}"
        first, *rest = part_cells(stored)
        yield row(title, answer(stored.summary), *first, built_in(stored))
        for cells in rest:
            yield row("", "", *cells, "")


def answer(summary: Mapping[str, Any]) -> str:
    """The answer in a word, and for how many parts of the claim it holds."""
    word, parts = summary.get("answer"), summary.get("parts")
    if not isinstance(word, str):
        return NONE
    if not isinstance(parts, Mapping) or len(parts) < 2:
        return f"**{word}**"
    held = sum(state == "holds" for state in parts.values())
    return f"**{word}**: {held} of {len(parts)} parts hold"


def part_cells(stored: Stored) -> list[tuple[str, ...]]:
    """For each part: effect, share of the set, share through trust, theories, and the map."""
    nothing = (NONE,) * 4
    try:
        held = stored.summary.get("map", {}).get("held", {})
        found = [
            (
                test["part"],
                effect(test),
                percent(test["agreement"]),
                through_trust(test),
                ", ".join(t["outcome"] for t in test.get("by_theory", {}).values()) or NONE,
                str(held.get(test["part"], NONE)),
            )
            for test in weakest(stored.summary)
        ]
        return found or [(NONE, NONE, *nothing)]
    except (AttributeError, KeyError, TypeError, ValueError):
        return [(NONE, f"cannot be read; make it again with `{stored.command}`", *nothing)]


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
    is_change = test["kind"] == "effect"
    shown = quantity(test["measure"])
    # What is no measure of one run is a share of many: acceleration above chance, say.
    is_measure = is_change and test["measure"] in MEASURES
    factor, unit = (shown.scale, shown.unit) if is_measure else (100.0, "%")
    unit = f"{NO_BREAK}%" if unit.startswith("%") else "" if unit == "0 to 1" else f" {unit}"
    write = signed if is_change and not test.get("than") else number
    most = decimals(factor * float(test.get("smallest") or 0.0))
    low, high = test["ci95"]
    inside = ""
    if known(low) and known(high):
        inside = f" ({write(factor * low, 2, most)} to {write(factor * high, 2, most)})"
    return f"{write(factor * float(test['mean']), 2, most)}{inside}{unit}"


def through_trust(test: Test) -> str:
    """The share of an effect that is gone with trust frozen; unsure if its interval is open."""
    found = test.get("share_through_trust")
    if not isinstance(found, Mapping) or test["measure"] == "trust":
        return NONE
    low, high = found.get("ci95") or (None, None)
    if not (known(low) and known(high)):
        return "unsure"
    return f"{percent(found['share'])} ({percent(low)} to {percent(high)})"


def built_in(stored: Stored) -> str:
    """How far a claim's answer was put in by hand: how what it says of that begins.

    What is said is of the model as it is, and nothing of answers that an earlier one gave.
    """
    if stored.standing is not Standing.CURRENT:
        return NONE
    said = ""
    for clause in re.split(r"(?<=[.:;]) ", stored.experiment.built_in):
        if len(said) >= ENOUGH:
            break
        said = f"{said} {clause}".strip()
    return f"{said.rstrip('.:;')}." if said else NONE


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
    if stored.standing is Standing.CURRENT:
        return ""
    if stored.standing is Standing.OUT_OF_DATE and stored.model:
        return f" *(made with model {stored.model}, not with the model as it is)*"
    return f" *({stored.standing.value})*"


def known(value: Any) -> bool:
    """Whether a number is there."""
    return isinstance(value, int | float) and math.isfinite(value)


def percent(share: Any) -> str:
    """A share in percent."""
    return f"{100 * share:.0f}{NO_BREAK}%".replace("-", "−") if known(share) else NONE
