"""Commands for sweeps: see what a plan takes, run it, look into it, check it, hand it on.

They are added to the commands of `partnersim.cli`, and share its options and its words for what
goes wrong.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from partnersim.cli import options
from partnersim.cli.base import (
    SIMULATE,
    app,
    compile_first,
    complain,
    make_console,
    print_json,
    progress_bar,
    refuse,
    say,
    show_help,
    tell,
)
from partnersim.cli.inputs import ask, ask_before_programs, is_begun, open_sweep, tell_unfinished
from partnersim.model.room import MOST_WORKERS

if TYPE_CHECKING:
    from rich.console import RenderableType

    from partnersim.sweep.plan import Plan
    from partnersim.sweep.run import Outcome, Progress
    from partnersim.sweep.sweep import Status, Sweep
    from partnersim.sweep.tables import Table

MOST_UNASKED = 20_000_000
"""Runs that a sweep may have without being asked about: more is more often a slip than a wish."""

UNITS = {"year": 365 * 86400, "day": 86400, "hour": 3600, "minute": 60, "second": 1}
"""Units of time, in seconds."""

LINE_EVERY = 30.0
"""Seconds between two plain lines on the way."""

NOT_SOUND = 1
"""Exit status of a check that found faults or missing runs, and of a sweep that stopped."""

sweep = typer.Typer(
    name="sweep", help="Run many scenarios from a plan, on one machine or many, and lose nothing."
)
app.add_typer(sweep, rich_help_panel=SIMULATE)


Format = Literal["csv", "netcdf"]

ENDING: dict[Format, str] = {"csv": "csv", "netcdf": "nc"}
"""File name endings of the formats to which a sweep may be exported."""


# --- Commands ------------------------------------------------------------------------------------


sweep.callback(invoke_without_command=True)(show_help)


@sweep.command()
def plan(file: options.PLAN, yes: options.YES = False, as_json: options.JSON = False) -> None:
    """Estimate how many runs a plan has, how long they take and how much room; store nothing."""
    from partnersim.sweep.plan import Plan

    chosen = Plan.load(file)
    ask_before_programs(chosen.programs, yes, can_ask=not as_json)
    compile_first(is_quiet=as_json)
    estimate = estimate_of(chosen)
    if as_json:
        print_json(estimate)
        return
    make_console().print(plan_view(file, chosen, estimate))


@sweep.command()
def run(
    file: options.PLAN,
    out: Annotated[Path, options.option(metavar="DIR", help="Where the sweep is or is to be.")],
    engine: Annotated[
        Literal["serial", "processes", "dask"] | None,
        options.option(
            help="What runs it; no number depends on it. If left out, processes, or serial where the "
            "work is short."
        ),
    ] = None,
    workers: Annotated[
        int | None,
        options.option(
            callback=options.between(1, MOST_WORKERS), help="Worker processes; one a core if left out."
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        options.option(metavar="ADDRESS", help="Address of a Dask scheduler, such as tcp://host:8786."),
    ] = None,
    shard: Annotated[
        str | None,
        options.option(metavar="I/N", help="Run the I-th of N equal parts, in jobs that share only DIR."),
    ] = None,
    extend: Annotated[
        list[str] | None,
        options.option(
            metavar="KEY=NUMBER",
            help="Let the sweep grow to a new total, such as replicates=50. May be repeated.",
        ),
    ] = None,
    yes: options.YES = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Plain lines in place of a progress bar.")] = False,
    as_json: options.JSON = False,
) -> None:
    """Run a sweep, or go on with it: what is in DIR already is not run again."""
    from partnersim.sweep.plan import Plan

    growth = read_growth(extend or [])
    chosen = Plan.load(file)
    if scheduler is not None and engine != "dask":
        raise refuse("--scheduler", "belongs to --engine dask")
    # Workers run what the store names, and that may be another file than this plan's.
    is_new = not is_begun(out)
    begun = () if is_new else open_sweep(out).plan.programs
    ask_before_programs((*chosen.programs, *begun), yes, can_ask=not as_json)
    ask_if_very_large(chosen.grown(growth) if growth else chosen, yes, can_ask=not as_json)
    compile_first(is_quiet=as_json)
    from partnersim.sweep.run import SweepStopped, run_sweep

    try:
        with show_progress(is_plain=quiet, is_silent=as_json) as progress:
            outcome = run_sweep(
                chosen,
                out,
                engine=engine,
                workers=workers,
                scheduler=scheduler,
                shard=shard,
                extend=growth or None,
                progress=progress,
                on_set_aside=lambda finding: say(f"Set aside: {finding.file} {finding.what}."),
            )
    except KeyboardInterrupt:
        say(f"{stored(out)} To go on, give the same command again.")
        raise
    except SweepStopped as error:
        complain(str(error))
        say(stored(out))
        raise typer.Exit(NOT_SOUND) from None
    if as_json:
        moved = [finding._asdict() for finding in outcome.set_aside]
        print_json(outcome._asdict() | {"set_aside": moved, "folder": str(out)})
    else:
        tell(ending(outcome, out))
        for note in chosen.notes if is_new else ():
            say(note)


@sweep.command()
def status(folder: options.FOLDER, as_json: options.JSON = False) -> None:
    """Show how far a sweep is, and what failed."""
    opened = open_sweep(folder)
    found = opened.status()
    failures = opened.failures() if found.n_failed else []
    if as_json:
        print_json(
            {
                **found._asdict(),
                "failures": [failure._asdict() for failure in failures],
                "sessions": opened.provenance,
            }
        )
        return
    make_console().print(status_view(opened, found))


@sweep.command()
def check(folder: options.FOLDER, as_json: options.JSON = False) -> None:
    """Read everything: is each run there once and unharmed? Exit status 0 if so, else 1."""
    opened = open_sweep(folder)
    findings, found = opened.check(), opened.status()
    is_sound = found.is_finished and all(finding.level != "fault" for finding in findings)
    if as_json:
        print_json(
            {
                "is_sound": is_sound,
                "n_runs": found.n_runs,
                "n_done": found.n_done,
                "findings": [finding._asdict() for finding in findings],
            }
        )
    else:
        for finding in findings:
            tell(f"{finding.level}: {finding.file} {finding.what}; {finding.remedy}.")
        tell(verdict(found, is_sound))
    if not is_sound:
        raise typer.Exit(NOT_SOUND)


@sweep.command()
def export(
    folder: options.FOLDER,
    to: Annotated[Format, options.option("--to", help="As what.")],
    out: Annotated[
        Path | None,
        options.option(metavar="FOLDER", help="Where to write; in DIR, named by the format, if left out."),
    ] = None,
    force: options.FORCE = False,
    as_json: options.JSON = False,
) -> None:
    """Write the design, the runs and the series for other programs."""
    from partnersim.report.output import OutputFolder
    from partnersim.runs.codebook import codebook_csv

    opened = open_sweep(folder)
    tables = tables_of(opened)
    tell_unfinished(opened, is_quiet=as_json)
    place = out or folder / to
    names = [f"{table.name}.{ENDING[to]}" for table in tables]
    target = OutputFolder(place, force=force, names=names)
    write_tables(tables, to, target.path, target.written, is_silent=as_json)
    target.write("codebook.csv", codebook_csv(opened.codebook()))
    if as_json:
        print_json({"folder": str(target.path), "written": sorted(target.written)})
    else:
        tell(f"Written to {target.path}: {', '.join(sorted(target.written))}")


# --- Reading what was typed ----------------------------------------------------------------------


def read_growth(texts: list[str]) -> dict[str, int]:
    """Read what is to grow: 'replicates=50'."""
    from partnersim.scenario.assignments import parse_assignment

    growth: dict[str, int] = {}
    for text in texts:
        key, value = parse_assignment(text)
        if type(value) is not int or value < 1:
            raise refuse("--extend", f"{text}: must be a whole number, the new total")
        if key in growth:
            raise refuse("--extend", f"{key!r} is named twice; each once")
        growth[key] = value
    return growth


def ask_if_very_large(chosen: Plan, is_agreed: bool, *, can_ask: bool) -> None:
    """Ask before more runs than anybody wants by mistake; refuse where nobody can answer."""
    n_runs = runs_of(chosen)
    if is_agreed or n_runs <= MOST_UNASKED:
        return
    what = f"the plan has {n_runs:,} runs; 'partnersim sweep plan' says what they take"
    ask(what, "run them all the same", can_ask=can_ask)


def runs_of(chosen: Plan) -> int:
    """Return the number of runs that a plan has at most."""
    return chosen.points.n_points * len(chosen.arms_by_name) * chosen.most_replicates


# --- While it works ------------------------------------------------------------------------------


@contextmanager
def show_progress(*, is_plain: bool, is_silent: bool) -> Iterator[Callable[[Progress], None] | None]:
    """Show how far a sweep is: a bar in a terminal, else plain lines, on standard error."""
    console = make_console(stderr=True)
    if is_silent:
        yield None
        return
    if is_plain or not console.is_terminal:
        yield plain_lines(say)
        return
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (BarColumn(), TextColumn("{task.percentage:.0f} %"), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("beginning ...", total=None)

        def update(now: Any) -> None:
            bar.update(task, completed=now.n_done, total=now.n_total, description=in_words(now))

        yield update


def plain_lines(write: Callable[[str], None]) -> Callable[[Progress], None]:
    """Make a function that writes a line at the beginning, then one every half minute."""
    last = -LINE_EVERY
    was_stopping = False

    def update(now: Progress) -> None:
        nonlocal last, was_stopping
        is_news = now.is_stopping and not was_stopping
        if time.monotonic() - last >= LINE_EVERY or is_news:
            last, was_stopping = time.monotonic(), now.is_stopping
            write(f"{now.n_done:,} of {now.n_total:,} runs; {in_words(now)}")

    return update


def in_words(now: Progress) -> str:
    """Put in words how fast a sweep is, how long it still takes, and how many runs failed."""
    failed = f", {now.n_failed:,} failed" if now.n_failed else ""
    if now.is_stopping:
        return f"finishing the chunks in hand; Ctrl-C again to stop at once{failed}"
    if now.n_written is not None:
        return f"beginning: {now.n_written:,} points are written"
    if not now.runs_per_second:
        return f"beginning ...{failed}"
    left = duration((now.n_total - now.n_done) / now.runs_per_second)
    return f"{now.runs_per_second:,.0f} runs/s, {left} left{failed}"


def duration(seconds: float) -> str:
    """Put a duration in words, in its largest unit and the next."""
    from partnersim.runs.wording import plural

    rest = round(seconds)
    largest = next((k for k, length in enumerate(UNITS.values()) if rest >= length), 0)
    parts = []
    for unit, length in list(UNITS.items())[largest : largest + 2]:
        count, rest = divmod(rest, length)
        if count:
            parts.append(plural(count, unit))
    return " ".join(parts) or "under a second"


def stored(folder: Path) -> str:
    """Put in words how many runs are stored and so safe."""
    from partnersim.scenario.errors import ScenarioError

    try:
        found = open_sweep(folder).status()
    except ScenarioError:
        return "Nothing has been stored yet."
    return f"{found.n_done:,} of {found.n_runs:,} runs are stored in {folder}."


# --- Answers -------------------------------------------------------------------------------------


def estimate_of(chosen: Plan) -> dict[str, Any]:
    """Estimate by a pilot what a plan takes on this machine: runs, time and room on disk."""
    from partnersim.runs.ensemble import n_cores
    from partnersim.sweep.run import expect, pilot

    n_runs, tried = runs_of(chosen), pilot(chosen)
    engine, seconds = expect(n_runs * tried.seconds_per_run, n_cores())
    n_points, replicates = chosen.points.n_points, chosen.most_replicates
    kept = chosen.series
    n_series = kept.n_kept(n_points, replicates) * chosen.n_arms if kept else 0
    of_runs = n_runs * tried.bytes_per_run + n_series * tried.bytes_per_series
    return {
        "sweep_id": chosen.sweep_id,
        "design": chosen.design.type,
        "n_points": n_points,
        "arms": list(chosen.arms_by_name),
        "least_replicates": chosen.floor_replicates,
        "most_replicates": replicates,
        "n_runs": n_runs,
        "months": chosen.base.months,
        "luck": chosen.luck_policy,
        "n_cores": n_cores(),
        "engine": engine,
        "pilot_runs": tried.n_runs,
        "seconds_per_run": tried.seconds_per_run,
        "seconds": seconds,
        "notes": chosen.notes,
        "megabytes": (of_runs + n_points * tried.bytes_per_point) / 1e6,
    }


def plan_view(file: Path, chosen: Plan, estimate: dict[str, Any]) -> RenderableType:
    """Show a plan, with the time and room that it takes."""
    from rich.console import Group
    from rich.filesize import decimal
    from rich.text import Text

    from partnersim.report.tables import house_table
    from partnersim.runs.wording import join, plural

    least, most = estimate["least_replicates"], estimate["most_replicates"]
    replicates = f"{most:,}" if least == most else f"{least:,} to {most:,}, until sure enough"
    seconds = duration(estimate["seconds"])
    cores = plural(estimate["n_cores"] if estimate["engine"] == "processes" else 1, "core")
    milliseconds = 1000 * estimate["seconds_per_run"]
    rows = [
        ("Design", f"{estimate['design']}, {plural(estimate['n_points'], 'point')}"),
        ("Arms", join(estimate["arms"])),
        ("Replicates", replicates),
        ("Luck", chosen.luck_policy),
        ("Runs", f"{'at most ' * (least != most)}{estimate['n_runs']:,}"),
        (
            "Time",
            f"about {seconds} on {cores} ({milliseconds:.2g} ms a run, by a pilot of "
            f"{estimate['pilot_runs']})",
        ),
        ("Room on disk", f"about {decimal(round(1e6 * estimate['megabytes']))}"),
        ("Sweep", chosen.sweep_id),
    ]
    table = house_table()
    for heading in ("Parameter", "Values", "Unit"):
        table.add_column(heading)
    for path, known in chosen.parameters_by_path.items():
        values = "from the table" if known.spread is None else str(known.spread)
        table.add_row(Text(path), Text(values), Text(known.unit))
    title = chosen.base.title or str(file)
    return Group(
        Text(title, style="bold"),
        facts(rows),
        Text(),
        table,
        Text(),
        *map(Text, estimate["notes"]),
        Text(f"Next: partnersim sweep run {file} --out DIR"),
    )


def facts(rows: list[tuple[str, str]]) -> RenderableType:
    """Lay out pairs of a name and its words, one under the other."""
    from rich.table import Table as Lines
    from rich.text import Text

    lines = Lines.grid(padding=(0, 2))
    for name, words in rows:
        lines.add_row(Text(name), Text(words))
    return lines


def ending(outcome: Outcome, folder: Path) -> str:
    """Put in words the end of a session: how many runs are stored, and what to do next."""
    failed = f", {outcome.n_failed:,} of them failed" if outcome.n_failed else ""
    done = f"{outcome.n_done:,} of {outcome.n_total:,} runs are in {folder}{failed}."
    parts = [outcome.message, done, f"({duration(outcome.seconds)})"]
    if outcome.is_finished:
        parts[0] = f"Finished. {outcome.message}".rstrip()
        parts.append(f"\nNext: partnersim analyse {folder}, or partnersim sweep export {folder} --to csv")
    return " ".join(filter(None, parts))


def verdict(found: Status, is_sound: bool) -> str:
    """Put in words the result of a check."""
    if is_sound:
        return f"All {found.n_runs:,} runs are there, each once and unharmed."
    missing = found.n_runs - found.n_done
    return (
        f"{found.n_done:,} of {found.n_runs:,} runs are there and unharmed; {missing:,} are still "
        "to come: give the command again that ran the sweep."
    )


def status_view(opened: Sweep, found: Status) -> RenderableType:
    """Show how far a sweep is."""
    from rich.console import Group
    from rich.filesize import decimal
    from rich.text import Text

    from partnersim.runs.wording import percent, plural

    share = percent(found.n_done / found.n_runs) if found.n_runs else "nothing to do"
    rows = [
        ("Runs", f"{found.n_done:,} of {found.n_runs:,} ({share})"),
        ("Failed", f"{found.n_failed:,}"),
        ("Points, arms, replicates", f"{found.n_points:,} × {found.n_arms} × {found.n_replicates:,}"),
        ("On disk", f"{decimal(found.n_bytes)} in {plural(found.n_files, 'file')}"),
        ("Sweep", found.sweep_id),
        ("Sessions", str(len(opened.provenance))),
    ]
    parts = [Text(opened.plan.base.title or str(opened.folder), style="bold"), facts(rows)]
    for failure in opened.failures() if found.n_failed else ():
        where = f"point {failure.point}{f', arm {failure.arm}' * bool(failure.arm)}"
        parts.append(
            Text(
                f"{plural(failure.n_runs, 'run')} failed with {failure.error}, such as {where}, "
                f"replicate {failure.replicate}: {failure.message}"
            )
        )
    return Group(*parts)


# --- Files ---------------------------------------------------------------------------------------


def tables_of(opened: Sweep) -> list[Table]:
    """Return the tables that a sweep has: design, runs, and series where they were kept."""
    tables = [opened.design, opened.measures]
    return [*tables, opened.series] if opened.plan.series is not None else tables


def write_tables(
    tables: list[Table], to: Format, folder: Path, written: list[str], *, is_silent: bool
) -> None:
    """Write tables as files of a format, and note their names."""
    from partnersim.sweep.export import write_csv, write_netcdf

    design, *others = tables
    for table in tables if to == "csv" else others:
        name = f"{table.name}.{ENDING[to]}"
        with progress_bar(f"Writing {table.name}", is_quiet=is_silent) as update:
            if to == "csv":
                write_csv(table, folder / name, update)
            else:
                write_netcdf(table, folder / name, design, update)
        written.append(name)
