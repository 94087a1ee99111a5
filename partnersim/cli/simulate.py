"""Commands that simulate: run, compare, curve and explain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from partnersim import __version__
from partnersim.cli import options
from partnersim.cli.base import SIMULATE, app, compile_first, finish, progress_bar, refuse, title_of
from partnersim.cli.inputs import (
    BASE,
    ask_before_programs,
    check_series,
    is_begun,
    open_folder,
    open_sweep,
    read_arms,
    read_links,
    read_scenario,
)
from partnersim.runs.wording import plural

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from partnersim.figures import Picture
    from partnersim.report.tables import Links
    from partnersim.runs.ledger import Ledger
    from partnersim.runs.results import Results
    from partnersim.scenario.scenario import Scenario

MOST_KEPT = 4e9
"""Bytes of monthly series that a command may keep in memory at once."""


@app.command(rich_help_panel=SIMULATE)
def run(
    scenario: options.SCENARIO,
    replicates: options.REPLICATES = 200,
    seed: options.SEED = 1,
    months: options.MONTHS = None,
    settings: options.SETTINGS = None,
    workers: options.WORKERS = None,
    series: options.SERIES = None,
    out: options.OUT = None,
    force: options.FORCE = False,
    as_json: options.JSON = False,
) -> None:
    """Simulate a scenario many times and sum up what came of it."""
    chosen = read_scenario(scenario, months, settings)
    names = check_series(series)
    check_memory([chosen], replicates, names, keeps_all=out is not None)
    folder = open_folder(out, force)
    compile_first(is_quiet=as_json)
    from partnersim.report.tables import run_table
    from partnersim.runs import ensemble

    with progress_bar("Simulating", is_quiet=as_json) as progress:
        results = ensemble.run(
            chosen, replicates, seed, workers=workers, series=True if folder else names, progress=progress
        )
    finish(
        document_of(results.to_json(), scenario, chosen, quantiles_of(results, names)),
        folder,
        as_json=as_json,
        write=lambda to, text: to.write_run(results, text, names),
        show=lambda: [heading(chosen, scenario, results), run_table(results)],
    )


@app.command(rich_help_panel=SIMULATE)
def compare(
    scenario: options.SCENARIO,
    arms: options.ARMS = None,
    replicates: options.REPLICATES = 200,
    seed: options.SEED = 1,
    months: options.MONTHS = None,
    settings: options.SETTINGS = None,
    workers: options.WORKERS = None,
    series: options.SERIES = None,
    out: options.OUT = None,
    force: options.FORCE = False,
    as_json: options.JSON = False,
) -> None:
    """Set arms against the scenario as it stands, pair by pair with common random numbers."""
    chosen = read_scenario(scenario, months, settings)
    compared = read_arms(chosen, arms or [])
    names = check_series(series)
    check_memory(list(compared.values()), replicates, names, keeps_all=out is not None)
    folder = open_folder(out, force)
    compile_first(is_quiet=as_json)
    from partnersim.report.tables import comparison_tables
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
    by_arm = {arm: quantiles_of(results, names) for arm, results in comparison.results.items()}
    finish(
        document_of(comparison.to_json(), scenario, chosen, by_arm if names else {}),
        folder,
        as_json=as_json,
        write=lambda to, text: to.write_comparison(comparison, text, names),
        show=lambda: [heading(chosen, scenario, comparison.results[BASE]), comparison_tables(comparison)],
    )


@app.command(rich_help_panel=SIMULATE)
def curve(
    scenario: options.SCENARIO,
    arms: options.ARMS = None,
    replicates: options.REPLICATES = 200,
    seed: options.SEED = 1,
    months: options.MONTHS = None,
    settings: options.SETTINGS = None,
    workers: options.WORKERS = None,
    out: options.OUT = None,
    force: options.FORCE = False,
    as_json: options.JSON = False,
) -> None:
    """Show how fast change is at each level of trust, and where trust comes to rest."""
    chosen = read_scenario(scenario, months, settings)
    drawn = read_arms(chosen, arms) if arms else {BASE: chosen}
    folder = open_folder(out, force)
    compile_first(is_quiet=as_json)
    from partnersim import figures
    from partnersim.report.tables import curve_view
    from partnersim.runs.curve import curve as find_curve

    with progress_bar("Simulating", is_quiet=as_json) as progress:
        found = find_curve(drawn, replicates, seed, workers=workers, progress=progress)
    runs = f"{plural(replicates, 'replicate')} of {plural(chosen.months, 'month')} a point, seed {seed}"
    finish(
        document_of(found.to_json(), scenario, chosen),
        folder,
        as_json=as_json,
        write=lambda to, text: to.write_answer(
            "curve.json", text, [("trust-speed-curve", figures.trust_speed(found))], scenarios=drawn
        ),
        show=lambda: [title_of(chosen, scenario, runs), curve_view(found)],
    )


@app.command(rich_help_panel=SIMULATE)
def explain(
    scenario: Annotated[
        str,
        options.argument(
            "SCENARIO",
            "Name of a packaged scenario, path of a scenario file, or with --point the folder of a sweep.",
            autocompletion=options.complete_scenario,
        ),
    ],
    seed: options.SEED = 1,
    replicate: options.REPLICATE = 0,
    point: Annotated[int | None, options.option(help="Explain a run of a sweep: its point.")] = None,
    arm: Annotated[
        str | None, options.option(metavar="NAME", help="With --point: its arm; base if left out.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask before Python that the plan of a sweep names.")
    ] = False,
    between: Annotated[
        tuple[str, str] | None, options.option(metavar="A B", help="Only trust between these two.")
    ] = None,
    month: Annotated[int | None, options.option(help="Only this month.")] = None,
    months: options.MONTHS = None,
    settings: options.SETTINGS = None,
    out: options.OUT = None,
    force: options.FORCE = False,
    as_json: options.JSON = False,
) -> None:
    """Explain why trust changed in one run: what each mechanism added and took away."""
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
        opened = open_sweep(Path(scenario))
        ask_before_programs(opened.plan.programs, yes, can_ask=not as_json)
        which = f"point {point}{f', {arm}' if arm else ''}, {which}"
        chosen, seed, replicate, variants = opened.find_run(point, arm, replicate)
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
    when = f"month {month}" if month else f"{chosen.months} months"
    title = title_of(chosen, scenario, f"{which}, {when}, seed {seed}")
    finish(
        document,
        folder,
        as_json=as_json,
        write=lambda to, text: to.write_answer(
            "explanation.json", text, pictures_of(entries, links, month), scenarios={"scenario": chosen}
        ),
        show=lambda: [title, *explanation_view(entries, links, month)],
    )


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


def document_of(
    found: Mapping[str, Any], name: str, scenario: Scenario, series: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Add to what was found of which scenario it is, and quantiles of series, if there are any."""
    document = {**found, "scenario": name, "title": scenario.title}
    return document | {"series": series} if series else document


def quantiles_of(results: Results, names: Sequence[str]) -> dict[str, Any]:
    """Compute quantiles of series in each month, month 0 first."""
    from partnersim.report.output import QUANTILES

    levels = list(QUANTILES.values())
    return {name: dict(zip(QUANTILES, results.quantiles(name, levels), strict=True)) for name in names}


def heading(scenario: Scenario, name: str, results: Results) -> Text:
    """Make the heading of a table: the scenario that was simulated, and how often."""
    runs, months = plural(results.replicates, "replicate"), plural(results.months, "month")
    return title_of(scenario, name, f"{runs} of {months}, seed {results.seed}")


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


def explanation_view(entries: Ledger, links: Links, month: int | None) -> Iterator[RenderableType]:
    """Show what the ledger says of each link: sentences, then the table."""
    from rich.text import Text

    from partnersim.report.tables import ledger_table

    for _, link in links:
        yield from map(Text, entries.sentences(*link, month=month))
        yield from (Text(), ledger_table(entries, link, month), Text())
    yield Text(
        "This accounts for one run exactly; it is no estimate, so it has no Monte Carlo "
        "error, and another --replicate has another story.",
        style="dim",
    )


def pictures_of(entries: Ledger, links: Links, month: int | None) -> Iterator[tuple[str, Picture]]:
    """Draw the ledger of each link, with the name of its file."""
    from partnersim.report.output import ledger_picture

    for number, (words, link) in enumerate(links, start=1):
        picture = ledger_picture(entries, f"of {words}" if words else "", link, month)
        yield f"why-trust-changed-{number}", picture
