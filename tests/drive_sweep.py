"""Runs a sweep, for tests that need a process to kill: drive_sweep.py PLAN FOLDER OPTIONS."""

import json
import sys

from partnersim.sweep.plan import Plan
from partnersim.sweep.run import run_sweep


def main() -> None:
    plan, folder, options = sys.argv[1:]
    outcome = run_sweep(Plan.load(plan), folder, **json.loads(options))
    print(json.dumps({"is_finished": outcome.is_finished, "n_done": outcome.n_done}))


if __name__ == "__main__":
    main()
