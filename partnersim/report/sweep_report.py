"""The report of a sweep: one page of HTML that needs nothing beside it, ready to stand beside a paper.

It has the plan, what was run and with which versions, the sweep at first sight, every answer that it is
given, and as appendices the model's description and what each column means. Nothing in it depends on when
it is made: the same sweep and answers give the same page.
"""

from __future__ import annotations

import inspect
import json
import math
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

import partnersim
from partnersim.analysis.overview import Change, Overview, Spread
from partnersim.figures import overview as drawn
from partnersim.report.answers import Answer
from partnersim.report.markdown import to_html
from partnersim.report.page import render
from partnersim.report.sheets import Figure, Sheet, carry, figure_of, sheet_of
from partnersim.report.tables import groups_of, reading
from partnersim.runs.codebook import Entry
from partnersim.runs.measures import MEASURES
from partnersim.runs.provenance import provenance
from partnersim.runs.wording import NOTHING, certain_decimals, fixed, join, percent, period, plural
from partnersim.scenario.files import parse_toml, shipped
from partnersim.scenario.paths import flatten
from partnersim.sweep.designs import TableDesign
from partnersim.sweep.parameters import Range
from partnersim.sweep.plan import joined

if TYPE_CHECKING:
    from markdown_it.token import Token

    from partnersim.sweep.plan import Plan
    from partnersim.sweep.sweep import Status, Sweep

PROGRAMS = ("partnersim", "model", "sources", "python", "numpy", "numba", "llvmlite", "system", "processor")
"""The versions that made the numbers, as sessions of a sweep keep them."""

MOST_NAMED = 3
"""Arms that the title names; of more it says how many."""

LINES_OPEN = 40
"""Lines of a plan that are not folded away."""


@dataclass(frozen=True)
class Part:
    """A part of the first look: a figure, whose message is its heading, and a table or more."""

    name: str
    figure: Figure
    tables: list[Sheet]
    notes: list[str]


@dataclass(frozen=True)
class Asked:
    """The question that a report answers: the command and folder as they were typed, and with which answers.

    `left_out` tells what could not be analysed, and why.
    """

    folder: str
    command: str
    answers: Sequence[Answer]
    left_out: Sequence[str] = ()


def write_report(sweep: Sweep, status: Status, found: Overview | None, asked: Asked) -> str:
    """Write the report of a sweep, which may still be running, as a page.

    `status` is how far it was before anything was read of it, and `found` is None where nothing had been run.
    """
    plan = sweep.plan
    parts = list(first_look(plan, found)) if found else []
    has_points_beside = isinstance(plan.design, TableDesign)
    return render(
        Path(__file__).with_name("sweep.html.j2"),
        title=title_of(plan),
        version=partnersim.__version__,
        status=status,
        standing=standing_of(status),
        facts=plan_facts(plan, status),
        parameters=parameters_sheet(sweep),
        arms=arms_sheet(plan),
        plan_text=sweep.given.strip(),
        plan_is_long=sweep.given.count("\n") > LINES_OPEN,
        plan_file=carry("plan.toml", plan.to_toml("design.parquet" if has_points_beside else None).encode()),
        has_points_beside=has_points_beside,
        counts=counts_sheet(status),
        failures=failures_sheet(sweep, status),
        versions=versions_sheet(sweep),
        sessions=sessions_sheet(sweep),
        commands=commands_of(asked),
        parts=parts,
        without_runs=[MEASURES[name].label for name in found.without_runs] if found else [],
        asked=asked,
        odd=Markup(description_of_model()),
        codebooks=codebooks_of(sweep, asked.answers),
    )


def title_of(plan: Plan) -> str:
    """Write the title: what was swept."""
    parameters = plural(len(plan.parameters_by_path), "parameter")
    place = plan.base.title or "Scenario"
    named = list(plan.arms_by_name)
    arms = f", {join(named) if len(named) <= MOST_NAMED else plural(len(named), 'arm')}" if plan.arms else ""
    return f"{place}: {plural(plan.points.n_points, 'point')} over {parameters}{arms}"


def standing_of(status: Status) -> str:
    """Tell how far a sweep is that is not finished; empty if it is."""
    if status.is_finished:
        return ""
    share = percent(status.n_done / status.n_runs)
    left = status.n_runs - status.n_done
    return (
        f"This sweep is not finished: {status.n_done:,} of {status.n_runs:,} runs are there ({share}), and "
        f"{left:,} are still to come. Everything here is without them, and may change."
    )


# --- The plan -------------------------------------------------------------------------------------


def plan_facts(plan: Plan, status: Status) -> list[tuple[str, str]]:
    """Put the plan in words, by heading."""
    rule = plan.precision
    replicates = f"{plan.most_replicates:,} of each point and arm"
    if rule:
        widths = join(
            [f"{MEASURES[name].label} within ±{width:g}" for name, width in rule.half_width.items()]
        )
        replicates = (
            f"{rule.floor:,} to {rule.ceiling:,}, until {widths} is known at {percent(rule.confidence)}"
        )
    lucks = {
        "common": "replicate r has the same random numbers at all points, and in all arms",
        "base-row": "points of one base row share their random numbers, and so do all arms",
        "independent": "each point has random numbers of its own, which its arms share",
    }
    of_design = (inspect.getdoc(type(plan.design)) or "").partition(":")[0].rstrip(".")
    design = f"{plan.design.type}, {plural(status.n_points, 'point')}. {of_design}."
    most = "at most " * bool(rule)
    expands = (
        f"{plural(status.n_points, 'point')} × {plural(status.n_arms, 'arm')} × {most}"
        f"{plural(status.n_replicates, 'replicate')} = {most}"
        f"{plural(status.n_points * status.n_arms * status.n_replicates, 'run')}"
    )
    kept = plan.series
    facts = {
        "Scenario": f"{plan.base.title or 'as in the plan'}, over {period(plan.base.months)}",
        "Design": design,
        "Arms": join(list(plan.arms_by_name)),
        "Replicates": replicates,
        "Expands to": expands,
        "Seed": f"{plan.seed}; {lucks[plan.luck_policy]}",
        "Kept": f"{plural(len(plan.measure_names), 'measure')}"
        + (f"; series of {join(kept.names)} of the first {plural(kept.runs, 'run')}" if kept else ""),
        "Functions of its own": join([f"{slot} = {place}" for slot, place in plan.variants.items()]),
        "Sweep": status.sweep_id,
    }
    return [(name, words) for name, words in facts.items() if words]


def parameters_sheet(sweep: Sweep) -> Sheet:
    """Lay out what was varied, and which bounds the plan gives or leaves out."""
    given = dict(joined(parse_toml(sweep.given, "plan").get("parameters", {})))
    rows = []
    for path, known in sweep.plan.parameters_by_path.items():
        spread = given.get(path, {})
        is_left_out = isinstance(known.spread, Range) and not {"low", "high"} <= spread.keys()
        values = "from a table" if known.spread is None else str(known.spread)
        unit = "" if known.unit == "none" else known.unit
        rows.append((path, values, unit, known.meaning, "filled in" if is_left_out else "given"))
    return sheet_of("What was varied", ("parameter", "values", "unit", "meaning", "ends of the range"), rows)


def arms_sheet(plan: Plan) -> Sheet | None:
    """Lay out what each arm changes in the scenario; None where there are no arms."""
    rows = [
        (name, "; ".join(f"{path} = {json.dumps(value)}" for path, value in flatten(changes).items()))
        for name, changes in plan.arms.items()
    ]
    return sheet_of("What each arm changes", ("arm", "changes"), rows) if rows else None


# --- What was run ---------------------------------------------------------------------------------


def counts_sheet(status: Status) -> Sheet:
    """Count points, arms, replicates and runs."""
    counts = {
        "points": status.n_points,
        "arms": status.n_arms,
        "replicates": status.n_replicates,
        "runs": status.n_runs,
        "done": status.n_done,
        "failed": status.n_failed,
        "still to come": status.n_runs - status.n_done,
    }
    return sheet_of("Points and runs", ("what", "number"), [(k, f"{n:,}") for k, n in counts.items()])


def failures_sheet(sweep: Sweep, status: Status) -> Sheet | None:
    """Lay out why runs failed or were refused, the most frequent reason first; None if none did."""
    if not status.n_failed:
        return None
    rows = [
        (one.error, f"{one.n_runs:,}", f"point {one.point}{f', {one.arm}' * bool(one.arm)}, replicate "
         f"{one.replicate}", one.message)
        for one in sweep.failures()
    ]  # fmt: skip
    return sheet_of("Runs that failed or were refused", ("error", "runs", "such as", "message"), rows)


def versions_sheet(sweep: Sweep) -> Sheet:
    """Set the versions that the sweep was run with beside those of this report."""
    now, then = provenance(), sweep.provenance
    rows = []
    for name in PROGRAMS:
        used = list(dict.fromkeys(str(session[name]) for session in then if name in session))
        rows.append((name, "; ".join(used) or "not recorded", now[name]))
    return sheet_of("Versions", ("program", "the sweep was run with", "this report was made with"), rows)


def sessions_sheet(sweep: Sweep) -> Sheet | None:
    """Lay out when and by which command the sweep was run; None where nobody wrote it down."""
    rows = []
    for session in sweep.provenance:
        words = [str(word) for word in session.get("command") or []]
        program = Path(words[0]).name.replace("__main__.py", "partnersim") if words else ""
        command = shlex.join([program, *words[1:]]) if words else ""
        ended = session.get("ended") or {}
        end = ended.get("at") if isinstance(ended, Mapping) else None
        times = (str(time or "")[:19].replace("T", " ") for time in (session.get("began"), end))
        rows.append((*times, str(session.get("engine", "")), command))
    heading = ("began (UTC)", "ended", "engine", "command")
    return sheet_of("Sessions", heading, rows) if rows else None


def commands_of(asked: Asked) -> list[tuple[str, str]]:
    """List the commands that make it all again: what each does, and itself."""
    folder = shlex.quote(asked.folder)
    return [
        ("Save plan.toml, of the plan above, and run it", f"partnersim sweep run plan.toml --out {folder}"),
        *((f"Make the answer {answer.name}", answer.command) for answer in asked.answers if answer.command),
        ("Make this report", asked.command),
    ]


# --- At first sight -------------------------------------------------------------------------------


def first_look(plan: Plan, found: Overview) -> Iterator[Part]:
    """Give what every report has: how measures are spread, what arms change, what is reached."""
    if not found.spreads:
        return
    yield Part(
        "spread", figure_of(drawn.spreads(found), "spread"), [spreads_sheet(found)], [WHAT_SPREADS_ARE]
    )
    note = note_on_intervals(plan, found)
    changed = drawn.changes(found, note)
    if changed is not None:
        tables = [changes_sheet(found, arm) for arm in found.arms[1:]]
        yield Part("arms", figure_of(changed, "arms"), tables, [note, WHAT_PAIRS_ARE])
    reached = drawn.milestones(found, plan.base.months)
    if reached is not None:
        yield Part("milestones", figure_of(reached, "milestones"), [milestones_sheet(found)], [])


WHAT_SPREADS_ARE = (
    "Tables have the median over all runs at all points, and in brackets what 5 and 95 of 100 runs lie "
    "under; of what is yes or no, the mean. What names no unit runs from 0 to 1. 'Later' is a milestone that "
    "so many runs do not reach."
)

WHAT_PAIRS_ARE = (
    "A pair is two runs at the same point with the same random numbers, with the arm and without. 'Better "
    "in' is the share of pairs in which the arm does better, a tie counting half, where one end of a measure "
    "is better. A milestone never reached counts as the last month."
)


def note_on_intervals(plan: Plan, found: Overview) -> str:
    """Tell what the intervals of differences are over, and what they leave out."""
    one = max(
        (change for by_arm in found.changes.values() for change in by_arm.values()),
        key=lambda change: change.n_pairs,
        default=None,
    )
    if one is None:
        return ""
    rows, replicates = plural(one.n_rows, found.row), plural(one.n_replicates, "replicate")
    if not math.isfinite(one.high):
        return f"There are no intervals: {rows} and {replicates} do not tell what others would change."
    if not found.points_are_drawn:
        return f"95 % intervals over {replicates} at these points."
    if plan.luck_policy != "common":
        return f"95 % intervals over {rows} of {replicates}."
    if one.n_replicates < 2:
        return f"95 % intervals over {rows}; other random numbers are not in them."
    return f"95 % intervals over {rows} and {replicates}."


def spreads_sheet(found: Overview) -> Sheet:
    """Lay out the spread of each measure, an arm a column."""
    rows = []
    for _, names in groups_of(found.spreads):
        for name in names:
            cells = [spread_cell(found.spreads[name][arm], name) for arm in found.arms]
            rows.append((reading(name).heading.plain, *cells))
    shown = sheet_of("Measures, by arm", ("measure", *found.arms), rows)
    numbers = [
        (name, arm, s.n, s.mean, *s.quantiles, s.reached, s.n_failed, s.n_missing)
        for name, by_arm in found.spreads.items()
        for arm, s in by_arm.items()
    ]
    heading = ("measure", "arm", "n_runs", "mean", *drawn.QUANTILES, "reached", "n_failed", "n_missing")
    file = sheet_of("", heading, numbers, "measures.csv").file
    return replace(shown, file=file)


def spread_cell(spread: Spread, name: str) -> str:
    """Write the median of a measure, and its 5th and 95th percentile; of yes or no, the share of runs."""
    factor = reading(name).factor
    if not spread.n:
        return NOTHING
    if MEASURES[name].is_yes_or_no:
        return fixed(factor * spread.mean, 0 if factor == 100 else 2)
    low, _, middle, _, high = spread.quantiles
    span = factor * (high - low) / 10
    places = certain_decimals(span, factor * middle) if math.isfinite(span) else 0
    said = [fixed(factor * end, places) if math.isfinite(end) else "later" for end in (middle, low, high)]
    return f"{said[0]} [{said[1]}, {said[2]}]"


def changes_sheet(found: Overview, arm: str) -> Sheet:
    """Lay out what an arm changes in each measure."""
    rows = []
    for _, names in groups_of(found.changes):
        for name in names:
            means = [found.spreads[name][side].mean for side in (found.base, arm)]
            cells = change_cells(found.changes[name][arm], name, means)
            rows.append((reading(name).heading.plain, *cells))
    heading = ("measure", found.base, arm, "difference [95 % interval]", "better in", "pairs")
    shown = sheet_of(f"What {arm} changes against {found.base}", heading, rows)
    numbers = [
        (arm, found.base, name, c.mean, c.low, c.high, c.share_better, c.n_pairs)
        for name, by_arm in found.changes.items()
        if (c := by_arm[arm])
    ]
    columns = ("arm", "base", "measure", "mean", "ci95_low", "ci95_high", "share_better", "n_pairs")
    file = sheet_of("", columns, numbers, f"changes-{found.arms.index(arm)}.csv").file
    return replace(shown, file=file)


def change_cells(change: Change, name: str, means: Sequence[float]) -> list[str]:
    """Write both means, the difference with its interval, how often the arm is better, and the pairs."""
    factor = reading(name).factor
    half = factor * (change.high - change.low) / 2
    places = certain_decimals(half, factor * means[0])
    low, high = (fixed(factor * end, places, sign=True) for end in (change.low, change.high))
    difference = fixed(factor * change.mean, places, sign=True)
    better = percent(change.share_better) if MEASURES[name].higher_is_better is not None else ""
    interval = f" [{low}, {high}]" if math.isfinite(half) else ""
    sides = [fixed(factor * mean, places) for mean in means]
    return [*sides, difference + interval, better, f"{change.n_pairs:,}"]


def milestones_sheet(found: Overview) -> Sheet:
    """Lay out how many runs reach each milestone, how many never do, and when the middle one does."""
    rows = []
    for name in filter(lambda name: MEASURES[name].is_censored, found.spreads):
        for arm, spread in found.spreads[name].items():
            n_reached, middle = round(spread.reached * spread.n), spread.quantiles[2]
            counts = (f"{n_reached:,}", f"{spread.n - n_reached:,}", percent(spread.reached))
            when = fixed(middle, 0) if math.isfinite(middle) else "later"
            rows.append((reading(name).label, arm, *counts, when))
    heading = ("milestone", "arm", "reached", "never", "share", "median month")
    return Sheet("Milestones reached, and never", heading, rows, len(rows), None, (2, 3, 4, 5))


# --- Appendices -----------------------------------------------------------------------------------


@cache
def description_of_model() -> str:
    """Give the description of the model by the ODD protocol, with the works that it cites, as HTML."""
    files = shipped("docs/odd.md"), shipped("docs/references.bib")
    if None in files:
        return "<p>The description of the model, docs/odd.md, is not in this installation.</p>"
    text, works = (file.read_text(encoding="utf-8") for file in files if file is not None)
    entries = dict(re.findall(r"^(@\w+\{(\w+),.*?^\})", works, re.DOTALL | re.MULTILINE))
    words = set(re.findall(r"\w+", text))
    cited = [entry for entry, key in entries.items() if key in words]
    text = re.sub(r"\A# .*\n+", "", text) + "\n## Works cited\n\n```\n" + "\n\n".join(cited) + "\n```\n"
    return to_html(text, below=1, mend=_drop_links)


def _drop_links(tokens: list[Token]) -> None:
    """Leave of links to pages that are not here the words alone."""
    is_dropped = False
    for token in tokens:
        if token.type == "link_open":
            is_dropped = not re.match(r"https?:", str(token.attrGet("href") or ""))
            if is_dropped:
                token.tag, token.attrs = "span", {}
        elif token.type == "link_close" and is_dropped:
            token.tag = "span"


def codebooks_of(sweep: Sweep, answers: Sequence[Answer]) -> list[Sheet]:
    """Lay out what each column means: of the sweep's tables, and of the answers'."""
    of_sweep = [(table, *entry) for table, entries in sweep.codebook().items() for entry in entries]
    books = [codebook_sheet("Tables of the sweep", of_sweep)]
    named = [(f"Tables of the answer {answer.name}", answer.codebook) for answer in answers]
    return books + [codebook_sheet(caption, rows) for caption, rows in named if rows]


def codebook_sheet(caption: str, rows: Sequence[Sequence[Any]]) -> Sheet:
    """Lay out a codebook, its range in one column; the file that goes with it has all columns."""
    shown = []
    for table, column, _, unit, meaning, *ends in rows:
        low, high = ("" if end in (None, "") else f"{float(end):g}" for end in ends)
        within = f"{low or 'no end'} to {high or 'no end'}" if low or high else ""
        shown.append((table, column, meaning, unit, within))
    file = sheet_of("", ("table", *Entry._fields), rows, "codebook.csv").file
    sheet = sheet_of(caption, ("table", "column", "meaning", "unit", "range"), shown)
    return replace(sheet, file=file)
