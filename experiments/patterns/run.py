"""Hold the model against published patterns: python -m experiments.patterns.run [--quick]

Writes results.md, summary.json and figure.png beside this file; with --quick (few replicates) only
what --out names. Nothing is changed by what is found.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from experiments.command import begin_parser, folder_for
from experiments.engine.page import begin, row, write_json
from experiments.patterns.estimates import Estimate, Found
from experiments.patterns.figure import draw, is_reproduced, message, say, verdict
from experiments.patterns.patterns import PATTERNS, Pattern
from experiments.patterns.runs import Look
from experiments.pictures import save_picture
from experiments.provenance import stamp, written_by

HERE = Path(__file__).resolve().parent
QUICK = Look(replicates=6, resamples=20)
COMMAND = "python -m experiments.patterns.run"


def find_all(look: Look) -> dict[str, Found]:
    """Look for each pattern, in its family and at the defaults."""
    found = {}
    for pattern in PATTERNS:
        print(f"{pattern.name}: {pattern.title}", file=sys.stderr, flush=True)
        found[pattern.name] = pattern.find(look)
    return found


def summary(found: Mapping[str, Found], look: Look) -> dict[str, Any]:
    """Every number with its interval, and how it stands to its band."""
    return {
        "made_from": stamp(COMMAND, seed=look.seed, n_runs=look.replicates),
        "headline": message(PATTERNS, found),
        "patterns": {
            pattern.name: {
                key: {
                    "value": e.value,
                    "ci95": (e.low, e.high),
                    "verdict": verdict(e, pattern.bands[key]) if key in pattern.bands else "beside",
                }
                for key, e in found[pattern.name].items()
            }
            for pattern in PATTERNS
        },
    }


def report(found: Mapping[str, Found], look: Look) -> str:
    """The page of results."""
    asked = [p for p in PATTERNS if p.bands]
    inside = sum(is_reproduced(p, found[p.name]) for p in asked)
    lines = [
        "# Patterns: band, value, inside or not",
        "",
        f"{written_by(COMMAND)}, seed {look.seed}, "
        f"{look.replicates} replicates, 95 % intervals by bootstrap over replicates. {inside} of "
        f"{len(asked)} patterns that ask for something have all their numbers inside.",
        "",
        "![Bands and values](figure.png)",
        "",
        "'Unsure': the interval reaches over an end of the band.",
        "",
        "| | number | band | value | 95 % interval | |",
        "|---|---|---|---:|---|---|",
    ]
    for pattern in PATTERNS:
        for key, band in pattern.bands.items():
            e = found[pattern.name][key]
            ends = f"{say(band.low)} to {say(band.high)}"
            lines.append(row(pattern.name, band.what, ends, say(e.value), interval(e), verdict(e, band)))
    for pattern in PATTERNS:
        lines += ["", *about(pattern, found[pattern.name])]
    return "\n".join(lines) + "\n"


def about(pattern: Pattern, found: Found) -> Iterator[str]:
    """One pattern: fact, reading, fairness, bands, and what is shown beside."""
    yield f"## {pattern.name}. {pattern.title}"
    yield ""
    yield f"{pattern.fact} [{'; '.join(pattern.sources) or 'no source'}]"
    yield ""
    yield f"**In the model** ({pattern.scenario}; {pattern.standing}). {pattern.reading}"
    yield ""
    yield f"**A fair reading?** {pattern.fairness}"
    yield ""
    for key, band in pattern.bands.items():
        e = found[key]
        yield (
            f"- {band.what}: **{say(e.value)}** ({interval(e)}), {verdict(e, band)}; band "
            f"{say(band.low)} to {say(band.high)}: {band.why}"
        )
    for key, e in found.items():
        if key not in pattern.bands:
            yield f"- beside: {pattern.reported.get(key, key)}: {say(e.value)} ({interval(e)})"


def interval(e: Estimate) -> str:
    """An interval in words."""
    return f"{say(e.low)} to {say(e.high)}" if e.low == e.low else "no interval"


def write(found: Mapping[str, Found], look: Look, folder: Path) -> None:
    """Write page, summary and figure."""
    begin(folder)
    write_json(summary(found, look), folder / "summary.json")
    (folder / "results.md").write_text(report(found, look), encoding="utf-8")
    note = f"Dot: {look.replicates} simulated places, line: 95 % interval; hollow: chance may decide."
    save_picture(draw(PATTERNS, found, note), folder / "figure.png")


def main() -> int:
    options = begin_parser(__doc__ or "").parse_args()
    look = QUICK if options.quick else Look()
    found = find_all(look)
    if folder := folder_for(options, HERE):
        write(found, look, folder)
    print(message(PATTERNS, found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
