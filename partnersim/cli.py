"""The command line: reads what is asked for, prints the answer, exits.

What is heavy is imported where it is used, and Numba only after everything that was typed has
been checked: a slip of the pen is answered at once.
"""

from __future__ import annotations

import json
import math
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from partnersim import __version__
from partnersim.cli_app import serve_app
from partnersim.core.version import MODEL_VERSION

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from partnersim.ledger import Ledger
    from partnersim.output import OutputFolder
    from partnersim.results import Results
    from partnersim.scenario import Scenario
    from partnersim.tables import Links

BAD_INPUT = 2
INTERRUPTED = 130
MOST_LINES = 18
"""Lines of one message; a hint may follow."""

PATIENCE = 0.5
"""Seconds of work after which a progress bar appears."""

MOST_NAMED = 6
"""Entries that --months leaves out which are named one by one."""

BASE = "base"
"""Name of the arm that is the scenario as it stands."""


# --- What goes wrong, in one place ---------------------------------------------------------------


class Commands(TyperGroup):
    """All commands; whatever goes wrong in one of them is said in one plain message."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **more: Any,
    ) -> Any:
        """Run a command, and exit with 0, with 2 for bad input, with 1 or 130 for the rest."""
        more |= {"standalone_mode": False, "windows_expand_args": windows_expand_args}
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, **more)
        words = list(sys.argv[1:] if args is None else args)
        try:
            result = super().main(args, prog_name, complete_var, **more)
            sys.stdout.flush()
            status = result if isinstance(result, int) else 0
        except BrokenPipeError:
            status = _leave_pipe()
        except (KeyboardInterrupt, typer.Abort):
            status = INTERRUPTED
        except Exception as error:
            if "--debug" in words and not _is_bad_input(error):
                raise
            status = _explain_failure(error, words)
        if status == INTERRUPTED:
            say("Stopped.")
        sys.exit(status)


def _leave_pipe() -> int:
    """Nobody reads any more (``| head``): leave quietly, and let nothing be flushed at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def _is_usage_error(error: Exception) -> bool:
    """Whether the words typed do not fit the command; by its looks, as Typer has its own Click."""
    return hasattr(error, "format_message") and hasattr(error, "exit_code")


def _is_bad_input(error: Exception) -> bool:
    from partnersim.scenario_files import ScenarioError

    return _is_usage_error(error) or isinstance(error, ScenarioError)


def _explain_failure(error: Exception, words: Sequence[str]) -> int:
    """Print one message on standard error; returns the exit status."""
    if _is_usage_error(error):
        context = getattr(error, "ctx", None)
        # Known by its looks, so as not to load typer's own copy of click for its class.
        complain(error.format_message())  # type: ignore[attr-defined]
        if context is not None:
            say(f"Try '{context.command_path} --help'.")
        return BAD_INPUT
    if _is_bad_input(error):
        complain(str(error))
        return BAD_INPUT
    if isinstance(error, MemoryError):
        complain("not enough memory; ask for fewer --replicates, or leave --out and --series away")
    elif isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        complain(f"{where}{error.strerror or error}")
    else:
        complain(
            f"something went wrong inside partnersim ({type(error).__name__}: {error}).\n"
            "This is a fault of the program: please report it, with what this shows:\n"
            f"  partnersim --debug {shlex.join(words)}"
        )
    return 1


def complain(message: str) -> None:
    """Print a message of bounded length on standard error, headed 'Error:'."""
    from rich.text import Text

    lines = message.splitlines() or [""]
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], "..."]
    text = "\n".join(line if len(line) <= 600 else f"{line[:600]} ..." for line in lines)
    make_console(stderr=True).print(
        Text("Error: ", style="bold red") + Text(text, style="not bold default"), soft_wrap=True
    )


def say(message: str) -> None:
    """Print a plain line on standard error."""
    typer.echo(message, err=True)


def make_console(*, stderr: bool = False) -> Console:
    """Where to print; plain where NO_COLOR is set, whatever its value."""
    from rich.console import Console

    is_plain = bool(os.environ.get("NO_COLOR"))
    return Console(stderr=stderr, highlight=False, color_system=None if is_plain else "auto")


def refuse(option: str, message: str) -> typer.BadParameter:
    """Bad input in an option."""
    return typer.BadParameter(message, param_hint=f"'{option}'")


# --- Options that several commands have ----------------------------------------------------------


def _at_least(least: int) -> Callable[[int | None], int | None]:
    """Make a check that a number is large enough."""

    def check_number(value: int | None) -> int | None:
        if value is not None and value < least:
            raise typer.BadParameter(f"{value}: must be {least} or more")
        return value

    return check_number


def _complete_scenario(incomplete: str) -> list[str]:
    """Names and files that a scenario may be."""
    from partnersim.scenario_files import packaged

    files = [str(path) for path in sorted(Path().glob(f"{incomplete}*"))]
    return [name for name in packaged() if name.startswith(incomplete)] + files


def _complete_name(incomplete: str) -> list[str]:
    """Names of packaged scenarios."""
    from partnersim.scenario_files import packaged

    return [name for name in packaged() if name.startswith(incomplete)]


def _complete_arm(incomplete: str) -> list[str]:
    """Names of ready arms."""
    from partnersim.arms import READY_ARMS

    return [name for name in READY_ARMS if name.startswith(incomplete)]


def _complete_series(incomplete: str) -> list[str]:
    """Names of series."""
    from partnersim.measures import ALL_SERIES

    return [name for name in ALL_SERIES if name.startswith(incomplete)]


SCENARIO = Annotated[
    str,
    typer.Argument(
        metavar="SCENARIO",
        help="Name of a packaged scenario, or path of a scenario file.",
        autocompletion=_complete_scenario,
        show_default=False,
    ),
]
REPLICATES = Annotated[
    int,
    typer.Option(callback=_at_least(1), help="How often to simulate, each time with other luck."),
]
SEED = Annotated[
    int,
    typer.Option(callback=_at_least(0), help="Which luck: the same seed gives the same numbers."),
]
MONTHS = Annotated[
    int | None,
    typer.Option(help="Months to simulate, instead of the scenario's own.", show_default=False),
]
SETTINGS = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change one thing: a dotted path and a TOML value, such as "
        "ways_of_working.delegated_authority=0.8. May be repeated.",
        show_default=False,
    ),
]
WORKERS = Annotated[
    int | None,
    typer.Option(
        callback=_at_least(1), help="Threads; all cores if left out. Changes no number.",
        show_default=False,
    ),
]  # fmt: skip
OUT = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Write tables (CSV, JSON) and figures (PNG, SVG) there.",
        show_default=False,
    ),
]  # fmt: skip
FORCE = Annotated[
    bool,
    typer.Option("--force", help="Let --out replace files of the same names in a folder in use."),
]
JSON = Annotated[
    bool, typer.Option("--json", help="Print JSON, and nothing else, on standard output.")
]
SERIES = Annotated[
    list[str] | None,
    typer.Option(
        "--series",
        metavar="NAME",
        help="Add the monthly quantiles of a series (trust, speed ...) to the JSON; with --out "
        "write these series only. May be repeated.",
        autocompletion=_complete_series,
        show_default=False,
    ),
]

LOOK, OWN, SIMULATE = "Look around", "A place of your own", "Simulate"

app = typer.Typer(
    cls=Commands,
    name="partnersim",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="How trust governs the speed of change in partnerships of health and social care "
    "organisations. Begin with: partnersim demo",
    epilog="It explores mechanisms and predicts no real place.",
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"partnersim {__version__}, model {MODEL_VERSION}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def begin(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback if something goes wrong.")
    ] = False,
) -> None:
    """Show the help where no command is given."""
    if context.invoked_subcommand is None and (text := context.get_help()):
        typer.echo(text)


# --- Look around ---------------------------------------------------------------------------------


app.command("app", rich_help_panel=LOOK)(serve_app)


@app.command(rich_help_panel=LOOK)
def demo(
    replicates: REPLICATES = 200,
    seed: SEED = 1,
    workers: WORKERS = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the figures go.")] = Path(
        "partnersim-demo"
    ),
) -> None:
    """Show the main job: the same partnerships with and without a coordinator."""
    from partnersim.demo import DemoFolder, read_arms, simulate, tell

    folder = DemoFolder(out)
    arms = read_arms()
    compile_first(is_quiet=False)
    with progress_bar("Simulating and drawing", is_quiet=False) as progress:
        places = simulate(arms, replicates, seed, workers, folder, progress)
    tell(make_console(), places, folder)


@app.command(rich_help_panel=LOOK)
def scenarios(as_json: JSON = False) -> None:
    """List the scenarios that come with partnersim, and the ready arms."""
    from partnersim.arms import READY_ARMS
    from partnersim.scenario_files import packaged

    arms = {name: arm.sentence for name, arm in READY_ARMS.items()}
    if as_json:
        print_json({"scenarios": packaged(), "arms": arms})
        return
    from partnersim.tables import names_table

    console = make_console()
    console.print(names_table("Scenario", "What it is", packaged()))
    console.print()
    console.print(names_table("Ready arm", "What it changes", arms))
    console.print("\nNext: partnersim show NAME; partnersim compare NAME --arm coordinator")


@app.command(rich_help_panel=LOOK)
def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="Name of a scenario, or path of a scenario file.",
            autocompletion=_complete_scenario, show_default=False,
        ),
    ],
    as_toml: Annotated[
        bool, typer.Option("--toml", help="Print the scenario file itself.")
    ] = False,
) -> None:  # fmt: skip
    """Show a scenario in words, or as the file that makes it."""
    from partnersim.scenario_files import load, packaged, packaged_text, to_toml

    scenario = load(name)
    if as_toml:
        sys.stdout.write(packaged_text(name) if name in packaged() else to_toml(scenario))
        return
    from partnersim.tables import scenario_view

    make_console().print(scenario_view(scenario))


@app.command(rich_help_panel=LOOK)
def parameters(
    section: Annotated[
        str,
        typer.Argument(help="Only keys that begin so, such as trust.", show_default=False),
    ] = "",
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the whole reference as Markdown.")
    ] = False,
    as_json: JSON = False,
) -> None:
    """List everything that can be set: default, range, unit, meaning, source."""
    from partnersim import scenario_files

    rows = [row for row in scenario_files.parameters() if row.path.startswith(section)]
    if not rows:
        raise scenario_files.ScenarioError(
            f"{section}: no key begins so; see 'partnersim parameters', or a section such as trust"
        )
    if as_markdown:
        sys.stdout.write(scenario_files.parameters_markdown())
    elif as_json:
        print_json([row._asdict() for row in rows])
    else:
        from partnersim.tables import parameters_table

        make_console().print(parameters_table(rows))


# --- A place of your own -------------------------------------------------------------------------


@app.command(rich_help_panel=OWN)
def new(
    file: Annotated[Path, typer.Argument(help="The file to write.", show_default=False)],
    source: Annotated[
        str,
        typer.Option("--from", metavar="NAME", help="Scenario to begin with.",
                     autocompletion=_complete_name),
    ] = "integrated-care",
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file if there is one.")
    ] = False,
) -> None:  # fmt: skip
    """Start a scenario of your own: a file to edit, with all that can be set explained."""
    from partnersim.scenario_files import load, packaged, packaged_text, to_toml

    scenario = load(source)
    text = packaged_text(source) if source in packaged() else to_toml(scenario)
    if file.is_dir():
        raise refuse("FILE", f"{file} is a folder; give the name of a file")
    try:
        with file.open("w" if force else "x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise refuse("FILE", f"{file} is there already; --force replaces it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise refuse("FILE", f"{file} cannot be written: {reason}") from None
    path = shlex.quote(str(file))
    typer.echo(f"Written: {file}, a copy of {source}. Edit it, then:")
    typer.echo(f"  partnersim check {path}")
    typer.echo(f"  partnersim compare {path} --arm coordinator")


@app.command(rich_help_panel=OWN)
def check(
    file: Annotated[str, typer.Argument(help="The scenario file.", show_default=False)],
) -> None:
    """Check a scenario file: what is wrong and what would be right, or that all is well."""
    from partnersim.scenario_files import load

    scenario = load(file)
    from partnersim.tables import size_of

    typer.echo(f"{file} is a valid scenario: {size_of(scenario)}")


@app.command(rich_help_panel=OWN)
def schema() -> None:
    """Print the JSON schema of scenario files, for completion and checks in editors."""
    from partnersim.scenario_files import json_schema

    print_json(json_schema())


# --- Simulate ------------------------------------------------------------------------------------


@app.command(rich_help_panel=SIMULATE)
def run(
    scenario: SCENARIO,
    replicates: REPLICATES = 200,
    seed: SEED = 1,
    months: MONTHS = None,
    settings: SETTINGS = None,
    workers: WORKERS = None,
    series: SERIES = None,
    out: OUT = None,
    force: FORCE = False,
    as_json: JSON = False,
) -> None:
    """Simulate a scenario many times and sum up what came of it."""
    chosen = read_scenario(scenario, months, settings)
    names = check_series(series)
    folder = open_folder(out, force)
    compile_first(is_quiet=as_json)
    from partnersim import ensemble

    with progress_bar("Simulating", is_quiet=as_json) as progress:
        results = ensemble.run(
            chosen, replicates, seed, workers=workers, series=True if folder else names,
            progress=progress,
        )  # fmt: skip
    if folder is not None or as_json:
        document = {**results.to_json(), "scenario": scenario, "title": chosen.title}
        if names:
            document["series"] = quantiles_of(results, names)
        if folder is not None:
            folder.write_run(results, json_text(document), names)
        if as_json:
            print_json(document)
            return
    from partnersim.tables import run_table

    console = make_console()
    console.print(heading(chosen, scenario, results))
    console.print(run_table(results))
    tell_written(console, folder)


@app.command(rich_help_panel=SIMULATE)
def compare(
    scenario: SCENARIO,
    arms: Annotated[
        list[str] | None,
        typer.Option(
            "--arm",
            metavar="ARM",
            help="A ready arm by name (see 'partnersim scenarios'), or one of your own: "
            "'NAME: KEY=VALUE; KEY=VALUE'. May be repeated.",
            autocompletion=_complete_arm,
            show_default=False,
        ),
    ] = None,
    replicates: REPLICATES = 200,
    seed: SEED = 1,
    months: MONTHS = None,
    settings: SETTINGS = None,
    workers: WORKERS = None,
    series: SERIES = None,
    out: OUT = None,
    force: FORCE = False,
    as_json: JSON = False,
) -> None:
    """Set arms against the scenario as it stands, pair by pair with the same luck."""
    chosen = read_scenario(scenario, months, settings)
    compared = read_arms(chosen, arms or [])
    names = check_series(series)
    folder = open_folder(out, force)
    compile_first(is_quiet=as_json)
    from partnersim import ensemble

    with progress_bar("Simulating", is_quiet=as_json) as progress:
        comparison = ensemble.compare(
            compared, replicates, seed, base=BASE, workers=workers,
            series=True if folder else names, progress=progress,
        )  # fmt: skip
    if folder is not None or as_json:
        document = {**comparison.to_json(), "scenario": scenario, "title": chosen.title}
        if names:
            document["series"] = {
                arm: quantiles_of(results, names) for arm, results in comparison.results.items()
            }
        if folder is not None:
            folder.write_comparison(comparison, json_text(document), names)
        if as_json:
            print_json(document)
            return
    from partnersim.tables import comparison_tables

    console = make_console()
    console.print(heading(chosen, scenario, comparison.results[BASE]))
    console.print(comparison_tables(comparison))
    tell_written(console, folder)


@app.command(rich_help_panel=SIMULATE)
def explain(
    scenario: SCENARIO,
    seed: SEED = 1,
    replicate: Annotated[
        int,
        typer.Option(callback=_at_least(0), help="Which of the runs to explain; the first is 0."),
    ] = 0,
    between: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="Only trust between these two.", show_default=False),
    ] = None,
    month: Annotated[int | None, typer.Option(help="Only this month.", show_default=False)] = None,
    months: MONTHS = None,
    settings: SETTINGS = None,
    out: OUT = None,
    force: FORCE = False,
    as_json: JSON = False,
) -> None:
    """Say why trust changed in one run: what each mechanism added and took away."""
    chosen = read_scenario(scenario, months, settings)
    links = read_links(chosen, between)
    if month is not None and not 1 <= month <= chosen.months:
        raise refuse("--month", f"{month}: must be between 1 and {chosen.months}")
    folder = open_folder(out, force)
    compile_first(is_quiet=as_json)
    from partnersim import ledger

    entries = ledger.explain(
        chosen, seed, replicate, from_month=1 if month is None else month, to_month=month
    )
    document = {
        "scenario": scenario,
        "title": chosen.title,
        "seed": seed,
        "replicate": replicate,
        "month": month,
        "months": chosen.months,
        "version": __version__,
        "links": explanation(entries, links, month),
    }
    if folder is not None:
        folder.write_explanation(entries, links, month, json_text(document))
    if as_json:
        print_json(document)
        return
    console = make_console()
    when = f"month {month}" if month else f"{chosen.months} months"
    console.print(title_of(chosen, scenario, f"replicate {replicate}, {when}, seed {seed}"))
    print_explanation(console, entries, links, month)
    tell_written(console, folder)


# --- Reading what was typed ----------------------------------------------------------------------


def read_scenario(source: str, months: int | None, settings: Sequence[str] | None) -> Scenario:
    """Read a scenario, with the changes that were asked for."""
    from partnersim.scenario_files import first_months, load, parse_assignment, replace

    scenario = load(source)
    if months is not None:
        whole, scenario = scenario, first_months(scenario, months)
        later = list(left_out(whole, scenario))
        if later:
            more = f" and {len(later) - MOST_NAMED} more" if len(later) > MOST_NAMED else ""
            say(f"Left out by --months {months}: {'; '.join(later[:MOST_NAMED])}{more}.")
    changes = dict(parse_assignment(text) for text in settings or ())
    return replace(scenario, changes) if changes else scenario


def left_out(whole: Scenario, part: Scenario) -> Iterator[str]:
    """Name what a scenario has and its first months have not, each with its month."""
    for kind, start, name in (
        ("coordinators", "from_month", "name"),
        ("interventions", "from_month", "lever"),
        ("events", "month", "type"),
    ):
        kept = getattr(part, kind)
        for entry in getattr(whole, kind):
            if entry not in kept:
                yield f"{entry.title or getattr(entry, name)} (month {getattr(entry, start)})"


def read_arms(scenario: Scenario, texts: Sequence[str]) -> dict[str, Scenario]:
    """Read the arms to compare, the scenario as it stands first."""
    from partnersim.arms import READY_ARMS, arm

    if not texts:
        raise refuse(
            "--arm",
            "give one at least: 'NAME: KEY=VALUE; KEY=VALUE', or a ready arm: "
            + ", ".join(READY_ARMS),
        )
    arms = {BASE: scenario}
    for text in texts:
        name, changed = arm(scenario, text)
        if name == BASE:
            raise refuse("--arm", f"{name!r} is the scenario as it stands; name the arm otherwise")
        if name in arms:
            raise refuse("--arm", f"{name!r} is named twice; each arm once")
        if changed.months != scenario.months:
            raise refuse(
                "--arm",
                f"{name!r} sets months = {changed.months}, the scenario has {scenario.months}; "
                "arms must last equally long: use --months for all",
            )
        arms[name] = changed
    return arms


def check_series(names: Sequence[str] | None) -> list[str]:
    """Names of series, each once."""
    from partnersim.measures import ALL_SERIES
    from partnersim.scenario_files import suggest

    for name in names or ():
        if name not in ALL_SERIES:
            hint = suggest(name, list(ALL_SERIES))
            raise refuse("--series", f"{name!r}: no series has this name; {hint}")
    return list(dict.fromkeys(names or ()))


def read_links(scenario: Scenario, between: tuple[str, str] | None) -> Links:
    """Whose trust is explained, in words and by name."""
    from partnersim.scenario_files import suggest

    if between is None:
        return [("", (None, None))]
    known = scenario.organisation_names
    for name in between:
        if name not in known:
            hint = suggest(name, known)
            raise refuse("--between", f"{name!r}: no organisation has this name; {hint}")
    if between[0] == between[1]:
        raise refuse("--between", f"{between[0]!r} twice; name two organisations")
    titles = dict(zip(known, scenario.organisation_titles, strict=True))
    return [(f"{titles[a]} in {titles[b]}", (a, b)) for a, b in (between, between[::-1])]


def open_folder(path: Path | None, force: bool) -> OutputFolder | None:
    """Make the folder of --out, checked before anything is computed."""
    if path is None:
        if force:
            raise refuse("--force", "means nothing without --out")
        return None
    from partnersim.output import OutputFolder

    return OutputFolder(path, force=force)


# --- While it works ------------------------------------------------------------------------------


def compile_first(*, is_quiet: bool) -> None:
    """Compile the model if this installation never has, and say so while it lasts."""
    from partnersim import core

    if core.is_compiled():
        return
    note = "First use: compiling the model, once for this installation (about a minute) ..."
    console = make_console(stderr=True)
    if is_quiet or not console.is_terminal:
        say(note)
        core.compile_all(lambda name, done, total: None)
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console.print(note)
    columns = (BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        core.compile_all(
            lambda name, done, total: bar.update(
                task, description=name, completed=done, total=total
            )
        )


@contextmanager
def progress_bar(what: str, *, is_quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar with the time left, on standard error, once work has lasted a while."""
    console = make_console(stderr=True)
    if is_quiet or not console.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), TextColumn("{task.percentage:.0f} %"))
    bar = Progress(
        *columns, TimeRemainingColumn(), TextColumn("left"), console=console, transient=True
    )
    task = bar.add_task(what, total=None)
    begun = time.monotonic()

    def update(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)
        if time.monotonic() - begun > PATIENCE:
            bar.start()

    try:
        yield update
    finally:
        if bar.live.is_started:
            bar.stop()


# --- Answers -------------------------------------------------------------------------------------


def print_json(document: Any) -> None:
    """Print a document as JSON; what is missing, unreached or unbounded is null."""
    sys.stdout.write(json_text(document))


def json_text(document: Any) -> str:
    """Write a document as JSON of ASCII characters only: safe in every terminal and pipe."""
    return json.dumps(_plain(document), indent=2, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """Turn a value into what JSON knows it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def quantiles_of(results: Results, names: Sequence[str]) -> dict[str, Any]:
    """Quantiles of series in each month, month 0 first."""
    from partnersim.output import QUANTILES

    levels = list(QUANTILES.values())
    return {
        name: dict(zip(QUANTILES, results.quantiles(name, levels), strict=True)) for name in names
    }


def heading(scenario: Scenario, name: str, results: Results) -> Text:
    """Say what was simulated, above its table."""
    from partnersim.tables import plural

    runs, months = plural(results.replicates, "replicate"), plural(results.months, "month")
    return title_of(scenario, name, f"{runs} of {months}, seed {results.seed}")


def title_of(scenario: Scenario, name: str, details: str) -> Text:
    """Print a title in bold, and a line below it."""
    from rich.text import Text

    return Text.assemble((scenario.title or name, "bold"), f"\n{name}: {details}\n")


def tell_written(console: Console, folder: OutputFolder | None) -> None:
    """Say what was written."""
    if folder is not None:
        from rich.text import Text

        console.print(Text(f"\nWritten to {folder.path}: {', '.join(sorted(folder.written))}"))


def explanation(entries: Ledger, links: Links, month: int | None) -> dict[str, Any]:
    """Collect what the ledger says of some links, as data."""
    from partnersim.ledger import KINDS

    return {
        words or "all": {
            "sentences": entries.sentences(*link, month=month),
            "totals": {kind: entries.totals(*link, month=month, kind=kind) for kind in KINDS},
        }
        for words, link in links
    }


def print_explanation(
    console: Console,
    entries: Ledger,
    links: Links,
    month: int | None,
) -> None:
    """Print what the ledger says of each link: sentences, then the table."""
    from rich.text import Text

    from partnersim.tables import ledger_table

    for _, link in links:
        for sentence in entries.sentences(*link, month=month):
            console.print(Text(sentence))
        console.print()
        console.print(ledger_table(entries, link, month))
        console.print()
    console.print(
        Text(
            "This accounts for one run exactly; it is no estimate, so it has no Monte Carlo "
            "error, and another --replicate has another story.",
            style="dim",
        )
    )


def main() -> None:
    """Run the command line."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started this, as some schedulers do
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that lacks a letter shows '?'
            stream.reconfigure(errors="replace")
    app()


import partnersim.cli_sweep  # noqa: E402, F401  # adds its commands to those above
