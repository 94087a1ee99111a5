"""Which parameters matter, and which never do: python -m experiments.screening.run [--quick]

Elementary effects (Morris 1991) of every number in priors.toml on the main measures, in seven
settings. Replicates share their luck from point to point. Each trajectory is a file in the store,
so that what is done is not done again after an interruption. Then each number one at a time, from
the defaults. Writes tables, summary.json, results.md and figure.png beside this file; with --quick
only what --out names.
"""

from __future__ import annotations

import argparse
import hashlib
import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiments.screening.at_defaults import REPLICATES, look, measure
from experiments.screening.design import PRIORS, Prior, Setting, place, read_priors, settings, trajectory
from experiments.screening.effects import MEASURES, SEED, Effects, read_effects
from experiments.screening.report import write
from partnersim.model.version import MODEL_VERSION
from partnersim.runs.ensemble import n_cores

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Extent:
    """How much is run; `families` are beginnings of settings' names."""

    trajectories: int = 20
    replicates: int = 20
    families: tuple[str, ...] = ("",)

    def plans(self) -> list[tuple[Setting, list[Prior]]]:
        """The settings, and what is moved in each."""
        priors = read_priors()
        return [
            (setting, [prior for prior in priors if setting.has(prior)])
            for setting in settings()
            if setting.name.startswith(self.families)
        ]


FULL = Extent()
QUICK = Extent(trajectories=2, replicates=2, families=("two-organisations",))


def store_of(root: Path, extent: Extent) -> Path:
    """The folder of trajectories made with this model, design, priors and many replicates."""
    digest = hashlib.sha256(f"{MODEL_VERSION} {SEED} {extent.replicates} {MEASURES}".encode())
    for file in (PRIORS, HERE / "design.py"):
        digest.update(file.read_bytes())
    return root / digest.hexdigest()[:16]


def screen(extent: Extent, store: Path, workers: int = 1) -> list[Effects]:
    """Run what is not yet stored, then give the effects in each setting."""
    folder = store_of(store, extent)
    folder.mkdir(parents=True, exist_ok=True)
    plans = extent.plans()
    files = {
        setting.name: [
            folder / f"{setting.name.replace(', ', '-')}-{number:03}.npz"
            for number in range(extent.trajectories)
        ]
        for setting, _ in plans
    }
    # Settings in turn, so that what is there at any time covers them all.
    todo = [
        (setting, priors, number, files[setting.name][number], extent.replicates)
        for number in range(extent.trajectories)
        for setting, priors in plans
        if not files[setting.name][number].exists()
    ]
    for done, (setting, _, number, *_) in enumerate(run_all(todo, workers), start=1):
        say(f"{done} of {len(todo)}: trajectory {number + 1}, {setting.name}")
    return [
        read_effects(setting.name, [prior.path for prior in priors], files[setting.name])
        for setting, priors in plans
    ]


Task = tuple[Setting, Sequence[Prior], int, Path, int]
"""What one trajectory is run with."""


def run_all(todo: Sequence[Task], workers: int) -> Iterator[Task]:
    """Run trajectories, in several processes if asked, and give each when it is done."""
    if workers == 1:
        for task in todo:
            run_trajectory(*task)
            yield task
        return
    # Ctrl-C is for this process: the others finish what they have in hand.
    ignore = (signal.SIGINT, signal.SIG_IGN)
    with ProcessPoolExecutor(workers, initializer=signal.signal, initargs=ignore) as pool:
        running = {pool.submit(run_trajectory, *task): task for task in todo}
        try:
            for future in as_completed(running):
                future.result()
                yield running[future]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def run_trajectory(
    setting: Setting, priors: Sequence[Prior], number: int, file: Path, replicates: int
) -> None:
    """Run all points of one trajectory and keep them in a file."""
    rng = np.random.default_rng([SEED, number, *setting.name.encode()])
    points, order = trajectory(len(priors), rng)
    values = np.array([measure(place(setting, priors, at), replicates) for at in points])
    unfinished = file.with_suffix(".part.npz")
    np.savez_compressed(unfinished, points=points, order=order, values=values)
    unfinished.replace(file)


def at_defaults(setting: Setting) -> bool:
    """Whether a setting is one of those in which numbers are moved one at a time."""
    return setting.name.startswith(("integrated-care", "two-organisations")) and (
        setting.scenario.decision.rule == "stake"
    )


def say(what: str) -> None:
    """Tell whoever waits."""
    print(what, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few runs, to see that it works")
    parser.add_argument("--out", type=Path, help="folder to write to")
    parser.add_argument("--store", type=Path, default=HERE / "store", help="folder of what was run")
    parser.add_argument("--trajectories", type=int, help=f"{FULL.trajectories} if left out")
    parser.add_argument("--workers", type=int, default=min(n_cores(), 2), help="processes")
    options = parser.parse_args()
    extent = QUICK if options.quick else FULL
    if options.trajectories:
        extent = Extent(options.trajectories, extent.replicates, extent.families)
    try:
        found = screen(extent, options.store, options.workers)
    except KeyboardInterrupt:
        say("stopped; the same command goes on from here")
        return 130
    say("one at a time, at the defaults")
    plans = [(setting, priors) for setting, priors in extent.plans() if at_defaults(setting)]
    pairs = 4 if options.quick else REPLICATES
    changes = list(look(plans, pairs))
    folder = options.out or (None if options.quick else HERE)
    if folder:
        write(found, changes, extent.replicates, pairs, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
