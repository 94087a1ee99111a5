"""Ask the model the claims of the essay: python -m experiments.claims.run [NAME ...] [--quick]

Runs what is not remembered of each claim, over the accepted set of parameters, by other theories of
trust and over the map, and writes results.md, summary.json and figures into the claim's folder. What
is kept there is made with the accepted set, in full: with --quick or --accepted it goes where --out
says, or into a folder that git ignores.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from experiments.command import begin_parser, status_of
from experiments.engine.page import write
from experiments.engine.runs import run_study
from experiments.engine.study import HERE, file_of, folders, read_study
from experiments.engine.work import at_work
from experiments.points import Points
from partnersim.cli.sweep import duration
from partnersim.scenario.errors import ScenarioError, suggest

STORE = HERE / "store"
QUICK_POINTS, QUICK_REPLICATES, QUICK_CELLS = 2, 2, 1


def main(arguments: list[str] | None = None) -> int:
    parser = begin_parser(__doc__ or "", STORE)
    parser.add_argument("names", nargs="*", help="b1 ... b9, together, budget; all if left out")
    parser.add_argument("--accepted", type=Path, help="another CSV of points, to try things")
    options = parser.parse_args(arguments)
    return status_of(lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    known = folders()
    for name in options.names:
        if name not in known:
            raise ScenarioError(f"{name!r}: there is no such claim; {suggest(name, list(known))}")
    accepted = Points.choose(options.accepted)
    is_kept = not (options.quick or options.accepted)
    if options.quick:
        accepted, options.workers = accepted.first(QUICK_POINTS), 1
    begun = time.monotonic()
    for name in options.names or known:
        study = read_study(file_of(known[name]))
        print(f"{study.name}: {study.title}", file=sys.stderr, flush=True)
        with at_work(options.store / study.name.lower(), options.workers) as worker:
            replicates = QUICK_REPLICATES if options.quick else None
            runs = run_study(study, accepted, worker, replicates, QUICK_CELLS if options.quick else None)
        folder = options.out / known[name].name if options.out else known[name]
        if not (is_kept or options.out):
            folder = options.store / "tried" / known[name].name
        words = write(runs, folder)
        print(f"{study.name}: {words}\n  {folder}", flush=True)
    print(f"{duration(time.monotonic() - begun)}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
