"""Options and arguments of the commands, each declared once; single commands have few of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from partnersim.model.room import MOST_REPLICATE, MOST_REPLICATES, MOST_SEED, MOST_WORKERS


def option(*names: str, help: str, **more: Any) -> Any:
    """Declare an option without a default to show: it is needed, or its help says what holds without it."""
    return typer.Option(*names, help=help, show_default=False, **more)


def argument(metavar: str, help: str, **more: Any) -> Any:
    """Declare an argument that has to be given."""
    return typer.Argument(metavar=metavar, help=help, show_default=False, **more)


def between(least: int, most: int) -> Callable[[int | None], int | None]:
    """Make a check that a number is in a range."""

    def check_number(value: int | None) -> int | None:
        from partnersim.scenario.errors import out_of_range

        if value is not None and (wrong := out_of_range(value, least, most)):
            raise typer.BadParameter(wrong)
        return value

    return check_number


# --- Names that the shell completes ---------------------------------------------------------------


def packaged() -> Iterable[str]:
    """Name the packaged scenarios; Typer keeps those that begin with what is typed, here and below."""
    from partnersim.scenario.files import packaged_names

    return packaged_names()


def _ready_arms() -> Iterable[str]:
    from partnersim.scenario.arms import READY_ARMS

    return READY_ARMS


def _all_series() -> Iterable[str]:
    from partnersim.runs.measures import ALL_SERIES

    return ALL_SERIES


def complete_scenario(incomplete: str) -> list[str]:
    """Name the packaged scenarios and the files to which what is typed may be completed."""
    from partnersim.scenario.file_paths import full_path

    folder, start = os.path.split(incomplete)
    names: list[str] = []
    with suppress(OSError):
        names = sorted(os.listdir(full_path(folder)))
    files = [os.path.join(folder, name) for name in names if name.startswith(start)]
    return [*(name for name in packaged() if name.startswith(incomplete)), *files]


# --- What is simulated ----------------------------------------------------------------------------

SCENARIO = Annotated[
    str,
    argument(
        "SCENARIO",
        "Name of a packaged scenario, or path of a scenario file.",
        autocompletion=complete_scenario,
    ),
]
ARMS = Annotated[
    list[str] | None,
    option(
        "--arm",
        metavar="ARM",
        help="A ready arm by name (see 'partnersim scenarios'), or one of your own: "
        "'NAME: KEY=VALUE; KEY=VALUE'. May be repeated.",
        autocompletion=_ready_arms,
    ),
]
REPLICATES = Annotated[
    int,
    typer.Option(
        callback=between(1, MOST_REPLICATES),
        help="How often to simulate, each time with other random numbers.",
    ),
]
REPLICATE = Annotated[
    int,
    typer.Option(
        callback=between(0, MOST_REPLICATE), help="Which of the runs is looked into; the first is 0."
    ),
]
SEED = Annotated[
    int,
    typer.Option(
        callback=between(0, MOST_SEED), help="Which random numbers: the same seed gives the same results."
    ),
]
MONTHS = Annotated[int | None, option(help="Months to simulate, instead of the scenario's own.")]
SETTINGS = Annotated[
    list[str] | None,
    option(
        "--set",
        metavar="KEY=VALUE",
        help="Change one thing: a dotted path and a TOML value, such as "
        "ways_of_working.delegated_authority=0.8. May be repeated.",
    ),
]
WORKERS = Annotated[
    int | None,
    option(callback=between(1, MOST_WORKERS), help="Threads; all cores if left out. Changes no number."),
]
SERIES = Annotated[
    list[str] | None,
    option(
        "--series",
        metavar="NAME",
        help="Add the monthly quantiles of a series (trust, speed ...) to the JSON; with --out "
        "write these series only. May be repeated.",
        autocompletion=_all_series,
    ),
]

# --- Sweeps ---------------------------------------------------------------------------------------

FOLDER = Annotated[Path, argument("DIR", "The folder of the sweep.")]
PLAN = Annotated[Path, argument("PLAN.toml", "The plan, a TOML file.")]
ARM = Annotated[str | None, option(metavar="NAME", help="Of which arm; of base if left out.")]
AGAINST = Annotated[
    str | None, option(metavar="NAME", help="Take what the arm has more than this one, pair by pair.")
]
YES = Annotated[
    bool,
    typer.Option("--yes", help="Do not ask before a very large sweep, and before Python that a plan names."),
]

# --- What comes of it -----------------------------------------------------------------------------

OUT = Annotated[
    Path | None, option(metavar="DIR", help="Write tables (CSV, JSON) and figures (PNG, SVG) there.")
]
SEARCH_OUT = Annotated[Path, option(metavar="DIR", help="Where the search is or is to be.")]
FORCE = Annotated[
    bool, typer.Option("--force", help="Let --out replace files of the same names in a folder in use.")
]
JSON = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on standard output.")]
