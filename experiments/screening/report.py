"""Tables and a figure of what the screening found."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.engine.page import begin, write_json
from experiments.pictures import Page, Picture, fit, save_picture, start_page
from experiments.provenance import stamp, written_by
from experiments.screening.design import read_left_out
from experiments.screening.effects import MATTERS, MEASURES, SEED, Effects, Size, Sizes, pool, verdict
from partnersim.figures.page import MARGIN, WIDTH
from partnersim.figures.palette import BLUE, INK, PURPLE, QUIET
from partnersim.runs.measures import MEASURES as DECLARED

COMMAND = "python -m experiments.screening.run"
TOP = 25

CLEAR = 0.5
"""Mean effect over mean size of effects from which a direction is given."""

DRIVERS = {
    "organisations.*.accountability": "accountabilities",
    "drawn.accountability_mean": "accountabilities",
    "organisations.*.objectives": "objectives",
    "drawn.objective_diversity": "objectives",
    "organisations.*.targets.*.weight": "targets",
    "organisations.*.targets.*.cycle_months": "targets",
    "organisations.*.cultural_distance": "cultures",
    "trust.usual_cultural_distance": "cultures",
    "drawn.culture_diversity": "cultures",
    "organisations.*.incentive_share": "incentives",
    "drawn.incentive_mean": "incentives",
    "organisations.*.planning_horizon": "planning horizons",
    "drawn.horizon_mean": "planning horizons",
    "drawn.horizon_diversity": "planning horizons",
    "lead.authority": "nobody in charge",
    "decision.resentment": "nobody in charge",
    "organisations.*.interdependence": "interdependence",
    "drawn.interdependence": "interdependence",
}
"""The essay's seven differences, and interdependence, by the parameters that stand for them."""


def is_lever(path: str) -> bool:
    """Whether a path is a way of working or a property of a coordinator."""
    return path.startswith(("ways_of_working.", "coordinators.", "emergence."))


def write(found: Sequence[Effects], replicates: int, folder: Path) -> None:
    """Write table, summary, page and figure."""
    begin(folder)
    sizes = pool(found)
    with (folder / "sizes.csv").open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened, lineterminator="\n").writerows([SIZES_HEAD, *size_rows(sizes)])
    n_runs = replicates * sum(len(effects.mean) * (len(effects.paths) + 1) for effects in found)
    summary = {
        "made_from": stamp(COMMAND, seed=SEED, n_runs=n_runs),
        "trajectories": len(found[0].mean),
        "settings": [effects.setting for effects in found],
        "parameters": count_verdicts(sizes),
    }
    write_json(summary, folder / "summary.json")
    (folder / "results.md").write_text(report(sizes, found, replicates), encoding="utf-8")
    save_picture(draw(sizes), folder / "figure.png")


def count_verdicts(sizes: Sizes) -> dict[str, int]:
    """How many parameters matter, were never seen to, or move nothing."""
    return dict(sorted(Counter(verdict(by_measure) for by_measure in sizes.values()).items()))


SIZES_HEAD = ("parameter", "measure", "in_sd", "low", "high", "direction", "moved", "verdict")


def size_rows(sizes: Sizes) -> Iterator[tuple[Any, ...]]:
    """A row for each parameter and measure, over all settings that have it."""
    for path, by_measure in sizes.items():
        for measure, s in by_measure.items():
            numbers = (f"{x:.3g}" for x in (s.in_sd, s.low, s.high, s.direction, s.moved))
            yield (path, measure, *numbers, verdict(by_measure))


def ranked(sizes: Sizes) -> list[str]:
    """Parameters by the largest of their sizes; staff time is bookkeeping and does not count."""

    def size(path: str) -> float:
        return max(s.in_sd for measure, s in sizes[path].items() if measure != "cost")

    return sorted(sizes, key=size, reverse=True)


def report(sizes: Sizes, found: Sequence[Effects], replicates: int) -> str:
    """The page of results."""
    verdicts = {path: verdict(by_measure) for path, by_measure in sizes.items()}
    lines = [
        "# Screening: what matters, and what never does",
        "",
        f"{written_by(COMMAND)}; {len(found[0].mean)} "
        f"trajectories in each of {len(found)} settings, {replicates} replicates at each point.",
        "",
        "![The largest effects](figure.png)",
        "",
        "Sizes are effects of the whole prior range, in standard deviations of the measure over "
        "the design: root mean square over trajectories and settings that have the parameter, "
        "less what chance alone adds, with 95 % intervals by bootstrap over trajectories. A sign "
        "stands where the direction is the same in most of the design. A parameter *matters* "
        f"where one of its sizes is {MATTERS:g} or more and its interval is clear of 0. "
        f"{'; '.join(f'{word}: {n}' for word, n in count_verdicts(sizes).items())}.",
        "",
        f"## The {TOP} largest",
        "",
        *table(sizes, ranked(sizes)[:TOP]),
        "",
        "## Differences between organisations, and interdependence",
        "",
        *table(sizes, [path for path in DRIVERS if path in sizes], DRIVERS),
        "",
    ]
    lines += ["## Ways of working and coordinators", ""]
    lines += [*table(sizes, [path for path in sizes if is_lever(path)]), ""]
    for word in ("never seen to matter", "moves nothing"):
        lines += [f"## {word.capitalize()}", ""]
        paths = [path for path in ranked(sizes) if verdicts[path] == word]
        lines += [*(table(sizes, paths) if paths else ["None."]), ""]
    lines += ["## Not moved", "", "| | why |", "|---|---|"]
    lines += [f"| `{path}` | {why} |" for path, why in read_left_out().items()]
    return "\n".join(lines) + "\n"


def table(sizes: Sizes, paths: Sequence[str], standing_for: Mapping[str, str] | None = None) -> list[str]:
    """A table of sizes, one row a parameter, with what it stands for."""
    lines = [
        "| | " + " | ".join(DECLARED[name].label for name in MEASURES) + " |",
        "|---|" + "---:|" * len(MEASURES),
    ]
    for path in paths:
        cells = []
        for name in MEASURES:
            s = sizes[path][name]
            sign = "+" if s.direction > CLEAR else "−" if s.direction < -CLEAR else ""
            cells.append(f"{sign}{s.in_sd:.2f} ({s.low:.2f}–{s.high:.2f})")
        what = f"{standing_for[path]}: " if standing_for else ""
        lines.append(f"| {what}`{path}` | " + " | ".join(cells) + " |")
    return lines


PANELS = {"change_delivered": "Change delivered", "trust": "Trust"}
ROWS, NAMES = 13, 350


def draw(sizes: Sizes) -> Picture:
    """Two panels: what moves change delivered most, and what moves trust most."""
    tops = {measure: sorted(sizes, key=lambda path: -sizes[path][measure].in_sd)[:ROWS] for measure in PANELS}
    matter = sum(verdict(by_measure) == "matters" for by_measure in sizes.values())
    first, second = (short(path) for path in tops["change_delivered"][:2])
    title = (
        f"{matter} of {len(sizes)} parameters matter for something that was measured; for change "
        f"delivered most of all {first} and {second}"
    )
    note = "Bars: effect of the whole plausible range, in spreads of the measure; 95 % interval."
    page = start_page(title, note)
    width = (WIDTH - 2 * MARGIN) / len(PANELS)
    for index, (measure, paths) in enumerate(tops.items()):
        shown = {path: sizes[path][measure] for path in paths}
        draw_panel(page, MARGIN + index * width, width - 24, PANELS[measure], shown)
    return Picture(page.figure, title)


def draw_panel(page: Page, left: float, width: float, head: str, shown: Mapping[str, Size]) -> None:
    """Draw bars of some parameters: blue for what raises the measure, purple for what lowers it."""
    page.write(left, page.top - 14, head, weight="bold")
    page.write(left + NAMES, page.top - 14, "raises", color=BLUE)
    page.write(left + NAMES + 90, page.top - 14, "lowers", color=PURPLE)
    page.write(left + NAMES + 185, page.top - 14, "both", color=QUIET)
    pitch = (page.top - 30 - page.bottom) / ROWS
    room = (width - NAMES) / (max(s.high for s in shown.values()) or 1.0)
    for row, (path, s) in enumerate(shown.items()):
        y = page.top - 30 - pitch * (row + 0.5)
        colour = BLUE if s.direction > CLEAR else PURPLE if s.direction < -CLEAR else QUIET
        page.write(left, y, fit(short(path), NAMES - 12))
        start = left + NAMES
        page.line([start, start + room * s.in_sd], [y, y], color=colour, linewidth=12, solid_capstyle="butt")
        page.line([start + room * s.low, start + room * s.high], [y, y], color=INK, linewidth=2)


def short(path: str) -> str:
    """A path as words."""
    section, _, key = path.rpartition(".")
    word = section.split(".")[0].replace("_", " ")
    word = {"organisations": "each one's", "ways of working": "", "coordinators": "coordinator's"}.get(
        word, f"{word}:"
    )
    return f"{word} {key.replace('_', ' ')}".strip()
