"""Tune the model to what was observed: python -m experiments.tuning.run [--quick]

Searches for points at which the patterns' numbers are in their bands, looks at what is left with
other luck, accepts by the rule of README.md, and chooses defaults. What is done is kept in the
store, so that an interrupted search goes on where it was. Writes accepted.csv, summary.toml,
tables, results.md and figures beside this file; with --quick only what --out names.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from experiments.patterns.estimates import Floats
from experiments.tuning.accept import TooFewError, accept, centre
from experiments.tuning.evaluate import Level
from experiments.tuning.report import Outcome, write
from experiments.tuning.search import (
    LOOK,
    Doer,
    Task,
    Tell,
    confirm_level,
    levels,
    look,
    open_engine,
    say,
    search,
    work,
)
from experiments.tuning.space import PRIORS, Space, Stage, read_space, task_hash
from experiments.tuning.store import Store
from partnersim.model.version import EQUATIONS
from partnersim.runs.ensemble import n_cores
from partnersim.scenario.errors import ScenarioError

HERE = Path(__file__).resolve().parent
ROUNDINGS = (2, 3)
"""Significant digits that defaults are tried with, fewest first."""

DECLARED_AS = "declared"
"""File in a store with the mark of what its tasks were."""

CODE = ("distance.py", "evaluate.py", "search.py", "../patterns/*.py")
"""Files here that decide what a task gives."""


def store_of(root: Path, space: Space) -> Path:
    """The folder of what was run with this model, these declarations and this code."""
    digest = hashlib.sha256(EQUATIONS.encode())
    digest.update(task_hash(space).encode())
    for pattern in CODE:
        for file in sorted(HERE.glob(pattern)):
            digest.update(file.read_bytes())
    return root / digest.hexdigest()[:16]


class OtherNumbersError(RuntimeError):
    """What was run is not what would be run now."""


REPEATED = {"prior": 20, LOOK: 5}
"""Looks that are repeated before what was run with other code is taken over."""


def carry_over(space: Space, old: Path, store: Store, tell: Tell = say) -> None:
    """Take over what was run with code that reads differently and gives the same numbers.

    Some looks are repeated, and must be the same to the last digit.

    Raises
    ------
    OtherNumbersError
        If they are not, or if priors, search or bands are others.
    """
    mark = old / DECLARED_AS
    if not mark.exists() or mark.read_text(encoding="utf-8") != task_hash(space):
        raise OtherNumbersError(f"{old}: was not run with these priors, search and bands")
    results = Store(old).read()
    for kind, n in REPEATED.items():
        keys = sorted(key for key in results if key.kind == kind)
        for key in keys[:: max(len(keys) // n, 1)]:
            (before,) = results[key]
            level = levels(space)[0]
            if kind == LOOK:
                level = confirm_level(space)._replace(replicates=key.stage, seed=key.generation)
            (now,) = work(space, Task(key, level, before.shares))
            if not np.array_equal(before.found, now.found, equal_nan=True):
                raise OtherNumbersError(f"{old}: the model gives other numbers now; search again")
        tell(f"{kind}: the same numbers as before, where looked at again")
    store.add(results)


def quick(space: Space) -> Space:
    """A search that only shows that it works."""
    stages = [
        Stage(replicates=2, most_chance=1.0, generations=1),
        Stage(replicates=3, most_chance=0.25, generations=1),
    ]
    small = {
        "first_points": 4,
        "population": 4,
        "stages": stages,
        "mixing": 1,
        "confirm_replicates": 3,
        "wanted": 2,
    }
    return replace(space, search=space.search.model_copy(update=small))


def tune(space: Space, store: Store, workers: int, tell: Tell = say) -> Outcome:
    """Search, confirm, accept and choose; what is stored is not run again.

    Raises
    ------
    TooFewError
        If the search left fewer points than wanted.
    """
    (store.folder / DECLARED_AS).write_text(task_hash(space), encoding="utf-8")
    with open_engine(space, workers) as engine:
        doer = Doer(store, engine, tell)
        population = search(space, doer)
        shares = np.unique(population.shares, axis=0)
        hard = confirm_level(space)
        confirmed = look(space, doer, shares, hard, "confirming")
        accepted = accept(np.array([row.excess for row in confirmed]), space.search.wanted)
        chosen = shares[accepted.rows[centre(shares[list(accepted.rows)])]]
        defaults = np.array([prior.share(prior.default) for prior in space.priors])
        tries = [*(rounded(space, chosen, digits) for digits in ROUNDINGS), chosen]
        again = np.array([defaults, *tries])
        same = look(space, doer, again, hard._replace(seed=Level(0).seed), "defaults")
        looks = list(zip(same, look(space, doer, again, hard, "defaults"), strict=True))
    asked = [k for k in range(confirmed[0].excess.size) if k not in accepted.given_up]
    best = next((at for at, (_, row) in enumerate(looks[1:]) if not row.excess[asked].any()), len(ROUNDINGS))
    return Outcome(
        space=space,
        results=doer.results,
        generations=tuple(population.generations),
        shares=shares,
        confirmed=confirmed,
        accepted=accepted,
        chosen=space.point(tries[best]),
        chosen_from=int(np.flatnonzero((shares == chosen).all(axis=1))[0]),
        digits=(*ROUNDINGS, 6)[best],
        at_chosen=looks[1 + best],
        at_defaults=looks[0],
    )


def rounded(space: Space, shares: Floats, digits: int) -> Floats:
    """A point whose values have few digits."""
    return np.array(
        [
            prior.share(min(max(float(f"{value:.{digits}g}"), prior.low), prior.high))
            for prior, value in zip(space.priors, space.point(shares).values(), strict=True)
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few runs, to see that it works")
    parser.add_argument("--out", type=Path, help="folder to write to")
    parser.add_argument("--store", type=Path, default=HERE / "store", help="folder of what was run")
    parser.add_argument(
        "--carry-over",
        type=Path,
        metavar="STORE",
        help="take over what was run with code that gives the same numbers",
    )
    parser.add_argument("--workers", type=int, default=min(n_cores(), 2), help="processes")
    parser.add_argument("--priors", type=Path, default=PRIORS, help="another file of priors")
    options = parser.parse_args()
    try:
        space = read_space(options.priors)
        if options.quick:
            space = quick(space)
        store = Store(store_of(options.store, space))
        if options.carry_over:
            carry_over(space, options.carry_over, store)
        outcome = tune(space, store, options.workers)
    except (ScenarioError, TooFewError, OtherNumbersError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        say("stopped; the same command goes on from here")
        return 130
    folder = options.out or (None if options.quick else HERE)
    if folder:
        write(outcome, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
