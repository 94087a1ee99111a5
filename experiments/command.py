"""What the commands of all experiments have in common: their options, and how they end."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

from experiments.engine.work import WORKERS, say
from partnersim.scenario.errors import InputError


def begin_parser(about: str, store: Path | None = None) -> ArgumentParser:
    """Make a parser of a command line; one that has a store has workers too."""
    parser = ArgumentParser(description=about.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few runs, to see that it works")
    parser.add_argument("--out", type=Path, help="folder to write to")
    if store:
        parser.add_argument("--store", type=Path, default=store, help="folder of what was run")
        parser.add_argument("--workers", type=int, default=WORKERS, help="processes")
    return parser


def folder_for(options: Namespace, here: Path) -> Path | None:
    """Where results go: where asked, or beside the experiment; nowhere if it is only tried."""
    folder: Path | None = options.out or (None if options.quick else here)
    return folder


def status_of(work: Callable[[], None]) -> int:
    """Do the work of a command, and give its exit status; what a user did wrong is said in a line."""
    try:
        work()
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        say("stopped; the same command goes on from here")
        return 130
    return 0
