"""Commands that simulate: run, compare, curve and explain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from partnersim import __version__
from partnersim.cli.base import (
    FORCE,
    JSON,
    MONTHS,
    OUT,
    REPLICATES,
    SCENARIO,
    SEED,
    SERIES,
    SETTINGS,
    SIMULATE,
    WORKERS,
    _between,
    _complete_arm,
    _complete_scenario,
    app,
    compile_first,
    json_text,
    make_console,
    print_json,
    progress_bar,
    refuse,
    say,
    tell_written,
)
from partnersim.model.room import MOST_REPLICATE
from partnersim.runs.wording import plural

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from partnersim.report.output import OutputFolder
    from partnersim.report.tables import Links
    from partnersim.runs.ledger import Ledger
    from partnersim.runs.results import Results
    from partnersim.scenario.scenario import Scenario
    from partnersim.sweep.sweep import Run


MOST_KEPT = 4e9
"""Bytes of monthly series that a command may keep in memory at once."""

MOST_NAMED = 6
"""Entries that --months leaves out which are named one by one."""

ARMS = Annotated[
    list[str] | None,
    typer.Option(
        "--arm",
        metavar="ARM",
        help="A ready arm by name (see 'partnersim scenarios'), or one of your own: "
        "'NAME: KEY=VALUE; KEY=VALUE'. May be repeated.",
        autocompletion=_complete_arm,
        show_default=False,
    ),
]

REPLICATE = Annotated[
    int,
    typer.Option(
        callback=_between(0, MOST_REPLICATE), help="Which of the runs is looked into; the first is 0."
    ),
]

BASE = "base"
"""Name of the arm that is the scenario as it stands."""


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
    check_memory([chosen], replicates, names, keeps_all=out is not None)
    folder = open_folder(out, force)
    compile_first(is_quiet=as_json)
    from partnersim.runs import ensemble

    with progress_bar("Simulating", is_quiet=as_json) as progress:
        results = ensemble.run(
            chosen, replicates, seed, workers=workers, series=True if folder else names, progress=progress
        )
    if folder is not None or as_json:
        document = {**results.to_json(), "scenario": scenario, "title": chosen.title}
        if names:
            document["series"] = quantiles_of(results, names)
        if folder is not None:
            folder.write_run(results, json_text(document), names)
        if as_json:
            print_json(document)
            return
    from partnersim.report.tables import run_table

    console = make_console()
    console.print(heading(chosen, scenario, results))
    console.print(run_table(results))
    tell_written(console, folder)


@app.command(rich_help_panel=SIMULATE)
def compare(
    scenario: SCENARIO,
    arms: ARMS = None,
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
    check_memory(list(compared.values()), replicates, names, keeps_all=out is not None)
    folder = open_folder(out, force)
    compile_first(is_quiet=as_json)
    from partnersim.runs import ensemble

    with progress_bar("Simulating", is_quiet=as_json) as progress:
        comparison = ensemble.compare(
            compared,
            replicates,
            seed,
            base=BASE,
            workers=workers,
            series=True if folder else names,
            progress=progress,
        )
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
    from partnersim.report.tables import comparison_tables

    console = make_console()
    console.print(heading(chosen, scenario, comparison.results[BASE]))
    console.print(comparison_tables(comparison))
    tell_written(console, folder)


@app.command(rich_help_panel=SIMULATE)
def curve(
    scenario: SCENARIO,
    arms: ARMS = None,
    replicates: REPLICATES = 200,
    seed: SEED = 1,
    months: MONTHS = None,
    settings: SETTINGS = None,
    workers: WORKERS = None,
    out: OUT = None,
    force: FORCE = False,
    as_json: JSON = False,
) -> None:
    """Show how fast change is at each level of trust, and where trust comes to rest."""
    chosen = read_scenario(scenario, months, settings)
    drawn = read_arms(chosen, arms) if arms else {BASE: chosen}
    folder = open_folder(out, force)
    compile_first(is_quiet=as_json)
    from partnersim.runs.curve import curve as find_curve

    with progress_bar("Simulating", is_quiet=as_json) as progress:
        found = find_curve(drawn, replicates, seed, workers=workers, progress=progress)
    document = {**found.to_json(), "scenario": scenario, "title": chosen.title}
    if folder is not None:
        folder.write_curve(found, json_text(document))
    if as_json:
        print_json(document)
        return
    from partnersim.report.tables import curve_view

    console = make_console()
    runs = f"{plural(replicates, 'replicate')} of {plural(chosen.months, 'month')} a point, seed {seed}"
    console.print(title_of(chosen, scenario, runs))
    console.print(curve_view(found))
    tell_written(console, folder)


@app.command(rich_help_panel=SIMULATE)
def explain(
    scenario: Annotated[
        str,
        typer.Argument(
            metavar="SCENARIO",
            help="Name of a packaged scenario, path of a scenario file, or with --point the folder of a "
            "sweep.",
            autocompletion=_complete_scenario,
            show_default=False,
        ),
    ],
    seed: SEED = 1,
    replicate: REPLICATE = 0,
    point: Annotated[
        int | None, typer.Option(help="Explain a run of a sweep: its point.", show_default=False)
    ] = None,
    arm: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="With --point: its arm; base if left out.", show_default=False),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask before Python that the plan of a sweep names.")
    ] = False,
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
    from partnersim.cli.sweep import is_begun

    variants, which = None, f"replicate {replicate}"
    if point is None:
        if arm is not None or yes:
            raise refuse("--arm" if arm else "--yes", "belongs to --point")
        if is_begun(Path(scenario)):
            raise refuse("--point", f"{scenario} holds a sweep; say which of its points")
        chosen = read_scenario(scenario, months, settings)
    else:
        if months is not None or settings or seed != 1:
            raise refuse("--point", "a run of a sweep has its own scenario, months and seed")
        of_sweep = find_run(scenario, (point, arm, replicate), yes, can_ask=not as_json)
        which = f"point {point}{f', {arm}' if arm else ''}, {which}"
        chosen, seed, replicate, variants = of_sweep
    links = read_links(chosen, between)
    if month is not None and not 1 <= month <= chosen.months:
        raise refuse("--month", f"{month}: must be between 1 and {chosen.months}")
    folder = open_folder(out, force)
    compile_first(is_quiet=as_json)
    from partnersim.runs import ledger

    entries = ledger.explain(
        chosen, seed, replicate, variants=variants, from_month=1 if month is None else month, to_month=month
    )
    document = {
        "scenario": scenario,
        "title": chosen.title,
        "seed": seed,
        "run": which,
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
    console.print(title_of(chosen, scenario, f"{which}, {when}, seed {seed}"))
    print_explanation(console, entries, links, month)
    tell_written(console, folder)


def find_run(folder: str, row: tuple[int, str | None, int], is_agreed: bool, *, can_ask: bool) -> Run:
    """Find what a run of a sweep depends on, by its point, arm and replicate."""
    from partnersim.cli.sweep import ask_before_programs, open_sweep

    opened = open_sweep(Path(folder))
    ask_before_programs(opened.plan.programs, is_agreed, can_ask=can_ask)
    return opened.find_run(*row)


def read_scenario(source: str, months: int | None, settings: Sequence[str] | None) -> Scenario:
    """Read a scenario, with the changes that were asked for."""
    from partnersim.scenario.assignments import parse_assignment
    from partnersim.scenario.paths import first_months, replace
    from partnersim.scenario.scenario import Scenario

    scenario = Scenario.load(source)
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
    from partnersim.scenario.arms import READY_ARMS, arm

    if not texts:
        raise refuse(
            "--arm",
            "give one at least: 'NAME: KEY=VALUE; KEY=VALUE', or a ready arm: " + ", ".join(READY_ARMS),
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
    """Check the names of series, and return each once."""
    from partnersim.runs.measures import ALL_SERIES
    from partnersim.scenario.errors import check_name

    for name in names or ():
        check_name(name, ALL_SERIES, "series")
    return list(dict.fromkeys(names or ()))


def check_memory(arms: Sequence[Scenario], replicates: int, names: Sequence[str], *, keeps_all: bool) -> None:
    """Refuse what would keep more in memory than most machines have."""
    from partnersim.runs.measures import ALL_SERIES

    rows = sum(arm.months + 1 for arm in arms) * replicates
    n_bytes = 8 * rows * (len(ALL_SERIES) if keeps_all else len(names))
    if n_bytes > MOST_KEPT:
        raise refuse(
            "--replicates",
            f"{replicates:,} would keep {n_bytes / 1e9:,.0f} GB of monthly series in memory; ask for "
            f"{int(replicates * MOST_KEPT / n_bytes):,} at most, or leave --out and --series away",
        )


def read_links(scenario: Scenario, between: tuple[str, str] | None) -> Links:
    """Read the option that says whose trust is explained: each link in words and by name."""
    from partnersim.scenario.errors import check_name

    if between is None:
        return [("", (None, None))]
    known = scenario.organisation_names
    for name in between:
        check_name(name, known, "organisation")
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
    from partnersim.report.output import OutputFolder

    return OutputFolder(path, force=force)


def quantiles_of(results: Results, names: Sequence[str]) -> dict[str, Any]:
    """Compute quantiles of series in each month, month 0 first."""
    from partnersim.report.output import QUANTILES

    levels = list(QUANTILES.values())
    return {name: dict(zip(QUANTILES, results.quantiles(name, levels), strict=True)) for name in names}


def heading(scenario: Scenario, name: str, results: Results) -> Text:
    """Make the heading of a table: the scenario that was simulated, and how often."""
    runs, months = plural(results.replicates, "replicate"), plural(results.months, "month")
    return title_of(scenario, name, f"{runs} of {months}, seed {results.seed}")


def title_of(scenario: Scenario, name: str, details: str) -> Text:
    """Print a title in bold, and a line below it."""
    from rich.text import Text

    return Text.assemble((scenario.title or name, "bold"), f"\n{name}: {details}\n")


def explanation(entries: Ledger, links: Links, month: int | None) -> dict[str, Any]:
    """Collect what the ledger says of some links, as data."""
    from partnersim.runs.ledger import KINDS

    return {
        words or "all": {
            "sentences": entries.sentences(*link, month=month),
            "totals": {kind: entries.totals(*link, month=month, kind=kind) for kind in KINDS},
        }
        for words, link in links
    }


def print_explanation(console: Console, entries: Ledger, links: Links, month: int | None) -> None:
    """Print what the ledger says of each link: sentences, then the table."""
    from rich.text import Text

    from partnersim.report.tables import ledger_table

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
