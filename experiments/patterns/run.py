"""Hold the model against published patterns: python -m experiments.patterns.run [--quick]

Writes results.csv, results.md and figure.png beside this file; with --quick (few replicates)
only what --out names. Nothing is changed by what is found.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from experiments.engine.page import begin
from experiments.patterns.estimates import Estimate, Found
from experiments.patterns.figure import draw, is_reproduced, say, verdict
from experiments.patterns.looks import Look
from experiments.patterns.patterns import PATTERNS, Pattern
from experiments.pictures import save_picture
from experiments.provenance import written_by

HERE = Path(__file__).resolve().parent
QUICK = Look(replicates=12, resamples=20)
COMMAND = "python -m experiments.patterns.run"


def find_all(look: Look) -> dict[str, Found]:
    """Look for each pattern, in its family and at the defaults."""
    found = {}
    for pattern in PATTERNS:
        print(f"{pattern.name}: {pattern.title}", file=sys.stderr, flush=True)
        found[pattern.name] = pattern.find(look)
    return found


def rows(found: Mapping[str, Found]) -> Iterator[tuple[object, ...]]:
    """A row for each number; those without a band are shown beside."""
    yield (
        "pattern",
        "number",
        "standing",
        "family",
        "band_low",
        "band_high",
        "value",
        "ci95_low",
        "ci95_high",
        "verdict",
    )
    for pattern in PATTERNS:
        for key, e in found[pattern.name].items():
            band = pattern.bands.get(key)
            ends = (band.low, band.high) if band else ("", "")
            words = verdict(e, band) if band else "beside"
            numbers = (float(f"{x:.4g}") for x in e)
            name = band.what if band else pattern.reported.get(key, key)
            yield (pattern.name, name, pattern.standing, pattern.family, *ends, *numbers, words)


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
            words = verdict(e, band)
            cells = (pattern.name, band.what, ends, say(e.value), interval(e), words)
            lines.append(f"| {' | '.join(cells)} |")
    for pattern in PATTERNS:
        lines += ["", *about(pattern, found[pattern.name])]
    return "\n".join(lines) + "\n"


def about(pattern: Pattern, found: Found) -> Iterator[str]:
    """One pattern: fact, reading, fairness, bands, and what is shown beside."""
    yield f"## {pattern.name}. {pattern.title}"
    yield ""
    yield f"{pattern.fact} [{'; '.join(pattern.sources) or 'no source'}]"
    yield ""
    yield f"**In the model** ({pattern.family}; {pattern.standing}). {pattern.reading}"
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
            name = pattern.reported.get(key, key)
            yield f"- beside: {name}: {say(e.value)} ({interval(e)})"


def interval(e: Estimate) -> str:
    """An interval in words."""
    return f"{say(e.low)} to {say(e.high)}" if e.low == e.low else "no interval"


def write(found: Mapping[str, Found], look: Look, folder: Path) -> None:
    """Write table, page and figure."""
    begin(folder)
    with (folder / "results.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows(found))
    (folder / "results.md").write_text(report(found, look), encoding="utf-8")
    note = f"Dot: {look.replicates} simulated places, line: 95 % interval; hollow: chance may decide."
    save_picture(draw(PATTERNS, found, note), folder / "figure.png")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few replicates, to see that it works")
    parser.add_argument("--out", type=Path, help="folder to write to")
    options = parser.parse_args()
    look = QUICK if options.quick else Look()
    found = find_all(look)
    folder = options.out or (None if options.quick else HERE)
    if folder:
        write(found, look, folder)
    for row in rows(found):
        print(*row, sep="\t")
    return 0


if __name__ == "__main__":
    sys.exit(main())
