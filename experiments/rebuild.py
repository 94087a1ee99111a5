"""All experiments once more, then the report: python -m experiments.rebuild [--quick]

Runs one experiment after another; the search for parameters where the accepted points are not those
of the model as it is. What is in an experiment's store is not run again: after whatever stopped it
the same command goes on. Then the report and the summary in the docs are written. With --quick all
of them run small, the search too, into a temporary folder or that which --out names, with a report
there.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from experiments.points import ACCEPTED, say_if_not_current
from partnersim.cli.sweep import duration

ROOT = Path(__file__).resolve().parent.parent
RUN = ("patterns", "screening", "claims", "places")
"""The experiments that are made again, in this order."""

OVER_ACCEPTED = ("claims", "places")
"""Those that run over the accepted points."""


Step = tuple[str, ...]
"""One command: a module, and what it is told."""


def full_steps() -> Iterator[Step]:
    """What makes everything that is kept; what is made over points that are not there would fail."""
    if say_if_not_current():
        yield ("experiments.tuning.run",)
    yield from ((f"experiments.{name}.run",) for name in RUN)
    yield ("experiments.report.docs",)
    yield ("experiments.report.build",)


def quick_steps(out: Path, accepted: Path | None = None) -> Iterator[Step]:
    """The same, small, and into a folder.

    Parameters
    ----------
    out
        The folder.
    accepted
        The accepted points; those of the quick search if left out.
    """
    store = ("--store", str(out / "store"))
    yield ("experiments.tuning.run", "--quick", "--out", str(out / "tuning"), *store)
    points = accepted or out / "tuning" / ACCEPTED.name
    for name in RUN:
        words = ["--quick", "--out", str(out / name)]
        if name != "patterns":
            words += store
        if name in OVER_ACCEPTED:
            words += ["--accepted", str(points)]
        yield (f"experiments.{name}.run", *words)
    yield ("experiments.report.build", "--results", str(out), "--out", str(out / "report"), "--no-pdf")


def run(steps: Sequence[Step]) -> list[Step]:
    """Run commands one after another, and give those that failed; a failure stops none of them."""
    failed = []
    begun = time.monotonic()
    for step in steps:
        print(f"$ python -m {' '.join(step)}", flush=True)
        start = time.monotonic()
        # Here, so that modules are found as they are for whoever started this.
        status = subprocess.run([sys.executable, "-m", *step]).returncode
        if status:
            failed.append(step)
        said = f"failed with status {status}" if status else "done"
        print(f"  {said} in {duration(time.monotonic() - start)}", flush=True)
    print(f"All of it: {duration(time.monotonic() - begun)}.")
    for step in failed:
        print(f"failed: python -m {' '.join(step)}", file=sys.stderr)
    return failed


def unwritten(out: Path) -> list[Path]:
    """Files that a quick rebuild should have written into its folder, and has not."""
    folders = [out / name for name in ("tuning", *RUN) if name != "claims"]
    folders += sorted((out / "claims").glob("*")) or [out / "claims"]
    wanted = [folder / name for folder in folders for name in ("results.md", "figure.png", "summary.*")]
    return [file for file in wanted if not any(file.parent.glob(file.name))]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="all small, to see that it works")
    parser.add_argument("--out", type=Path, help="with --quick: folder to write to")
    parser.add_argument("--accepted", type=Path, help="with --quick: other accepted points")
    options = parser.parse_args()
    if not options.quick:
        if options.out or options.accepted:
            parser.error("--out and --accepted belong to --quick")
        return 1 if run(list(full_steps())) else 0
    with tempfile.TemporaryDirectory() as folder:
        out = (options.out or Path(folder)).absolute()
        failed = run(list(quick_steps(out, options.accepted)))
        for file in (lacking := unwritten(out)):
            print(f"not written: {file}", file=sys.stderr)
        return 1 if failed or lacking else 0


if __name__ == "__main__":
    sys.exit(main())
