"""Commands that ask further: what if one thing had been moved, which mix is best, what fits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from partnersim.cli.base import (
    ASK,
    FORCE,
    JSON,
    MONTHS,
    OUT,
    SCENARIO,
    SEED,
    SETTINGS,
    WORKERS,
    _between,
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
from partnersim.cli.simulate import REPLICATE, open_folder, read_scenario, title_of
from partnersim.model.room import MOST_REPLICATES


@app.command("what-if", rich_help_panel=ASK)
def ask_what_if(
    scenario: SCENARIO,
    month: Annotated[
        int, typer.Option(help="When things are moved, as scenarios count months: 0 is the first.")
    ],
    replicate: REPLICATE = 0,
    measure: Annotated[
        str, typer.Option(help="Of which it is said how much it would have differed.")
    ] = "change_delivered",
    replicates: Annotated[
        int,
        typer.Option(
            callback=_between(1, MOST_REPLICATES), help="Runs behind each median: this and those after it."
        ),
    ] = 50,
    seed: SEED = 1,
    months: MONTHS = None,
    settings: SETTINGS = None,
    workers: WORKERS = None,
    out: OUT = None,
    force: FORCE = False,
    as_json: JSON = False,
) -> None:
    """Say what one run would have come to, had one thing been moved in one month."""
    chosen = read_scenario(scenario, months, settings)
    if not 0 <= month < chosen.months:
        raise refuse("--month", f"{month}: must be between 0 and {chosen.months - 1}")
    check_measure(measure)
    folder = open_folder(out, force)
    compile_first(is_quiet=as_json)
    from partnersim.analysis.what_if import what_if

    with progress_bar("Simulating", is_quiet=as_json) as progress:
        found = what_if(
            chosen,
            month,
            replicate=replicate,
            measure=measure,
            replicates=replicates,
            seed=seed,
            workers=workers,
            progress=progress,
        )
    document = {**found.to_json(), "scenario": scenario, "title": chosen.title}
    if folder is not None:
        folder.write_what_if(found, json_text(document))
    if as_json:
        print_json(document)
        return
    from partnersim.report.tables import what_if_view

    console = make_console()
    console.print(title_of(chosen, scenario, f"replicate {replicate}, moved in month {month}, seed {seed}"))
    console.print(what_if_view(found))
    tell_written(console, folder)


@app.command("mix", rich_help_panel=ASK)
def find_mix(
    file: Annotated[
        Path, typer.Argument(metavar="PLAN.toml", help="The plan of the search.", show_default=False)
    ],
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the search is or is to be.", show_default=False)
    ],
    points: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Points over which the mix is to be robust: a row for each, a column for each path.",
            show_default=False,
        ),
    ] = None,
    workers: WORKERS = None,
    as_json: JSON = False,
) -> None:
    """Search for the best mix of coordination, remedies and timing under a budget of staff time.

    What was tried in DIR is not tried again: after Ctrl-C the same command goes on.
    """
    from partnersim.analysis.mix_plan import MixPlan, make_problem
    from partnersim.report.output import OutputFolder

    problem = make_problem(MixPlan.load(file), points, workers=workers)
    folder = OutputFolder(out, force=True, names=())
    compile_first(is_quiet=as_json)
    from partnersim.analysis.mix import rows_of, search

    try:
        with progress_bar("Searching", is_quiet=as_json) as progress:
            found = search(problem, folder.path, progress)
    except KeyboardInterrupt:
        say(f"What was tried is kept in {out}. To go on, give the same command again.")
        raise
    document = found.to_json()
    folder.write_mix(found, json_text(document), [*rows_of(found)])
    if as_json:
        print_json(document)
        return
    from partnersim.report.tables import mix_view

    console = make_console()
    console.print(mix_view(found))
    tell_written(console, folder)


@app.command("calibrate", rich_help_panel=ASK)
def find_fit(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of the sweep.", show_default=False)
    ],
    observed: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            help="What was observed: a table [targets.MEASURE] for each, with value and error.",
            show_default=False,
        ),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MEASURE=VALUE±ERROR",
            help="What was observed, with its standard error; +- stands for ±. May be repeated.",
            show_default=False,
        ),
    ] = None,
    arm: Annotated[
        str | None, typer.Option(help="Which arm the place is; base if left out.", show_default=False)
    ] = None,
    out: OUT = None,
    force: FORCE = False,
    as_json: JSON = False,
) -> None:
    """Say which parameters of a stored sweep fit what was observed, and how far to believe it."""
    from partnersim.analysis.calibration import calibrate, parse_target, read_observed
    from partnersim.sweep.sweep import Sweep

    targets = read_observed(observed) if observed is not None else {}
    for text in target or ():
        name, given = parse_target(text)
        if name in targets:
            raise refuse("--target", f"{name}: is given twice; each measure once")
        targets[name] = given
    if not targets:
        raise refuse("--target", "give one at least, or --observed FILE.toml")
    sweep = Sweep.open(folder)
    written = open_folder(out, force)
    compile_first(is_quiet=as_json)
    with progress_bar("Simulating what fits", is_quiet=as_json) as progress:
        found = calibrate(sweep, targets, arm, progress=progress)
    document = {**found.to_json(), "sweep": sweep.status().sweep_id}
    if written is not None:
        written.write_calibration(found, json_text(document), sweep.plan.parameters_by_path)
    if as_json:
        print_json(document)
        return
    from partnersim.report.tables import calibration_view

    console = make_console()
    console.print(calibration_view(found))
    tell_written(console, written)


def check_measure(name: str) -> None:
    """Refuse a name that no measure has."""
    from partnersim.runs.measures import MEASURES
    from partnersim.scenario.errors import check_name

    check_name(name, MEASURES, "measure")
