"""Commands that ask further: what if one thing had been moved, which mix is best, what fits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from partnersim.cli import options
from partnersim.cli.base import ASK, app, compile_first, finish, progress_bar, refuse, say, title_of
from partnersim.cli.inputs import open_folder, open_sweep, read_scenario, tell_unfinished
from partnersim.model.room import MOST_REPLICATES


@app.command("what-if", rich_help_panel=ASK)
def ask_what_if(
    scenario: options.SCENARIO,
    month: Annotated[
        int, typer.Option(help="When things are moved, as scenarios count months: 0 is the first.")
    ],
    replicate: options.REPLICATE = 0,
    measure: Annotated[
        str, typer.Option(help="Of which it is said how much it would have differed.")
    ] = "change_delivered",
    replicates: Annotated[
        int,
        typer.Option(
            callback=options.between(1, MOST_REPLICATES),
            help="Runs behind each median: this and those after it.",
        ),
    ] = 50,
    seed: options.SEED = 1,
    months: options.MONTHS = None,
    settings: options.SETTINGS = None,
    workers: options.WORKERS = None,
    out: options.OUT = None,
    force: options.FORCE = False,
    as_json: options.JSON = False,
) -> None:
    """Find what one run would have come to, had one thing been moved in one month."""
    from partnersim.runs.measures import MEASURES
    from partnersim.scenario.errors import check_name

    chosen = read_scenario(scenario, months, settings)
    if not 0 <= month < chosen.months:
        raise refuse("--month", f"{month}: must be between 0 and {chosen.months - 1}")
    check_name(measure, MEASURES, "measure")
    folder = open_folder(out, force)
    compile_first(is_quiet=as_json)
    from partnersim import figures
    from partnersim.analysis.what_if import what_if
    from partnersim.report.tables import what_if_view

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
    words = f"replicate {replicate}, moved in month {month}, seed {seed}"
    finish(
        {**found.to_json(), "scenario": scenario, "title": chosen.title},
        folder,
        as_json=as_json,
        write=lambda to, text: to.write_answer(
            "what-if.json",
            text,
            [("tornado", figures.tornado(found))],
            scenarios={"scenario": found.scenario},
        ),
        show=lambda: [title_of(chosen, scenario, words), what_if_view(found)],
    )


@app.command("mix", rich_help_panel=ASK)
def find_mix(
    file: Annotated[Path, options.argument("PLAN.toml", "The plan of the search.")],
    out: options.SEARCH_OUT,
    points: Annotated[
        Path | None,
        options.option(
            metavar="FILE.csv",
            help="Points over which the mix is to be robust: a row for each, a column for each path; or "
            "'accepted', those that the evidence accepts.",
        ),
    ] = None,
    workers: options.WORKERS = None,
    as_json: options.JSON = False,
) -> None:
    """Search for the best mix of coordination, remedies and timing under a budget of staff time.

    What was tried in DIR is not tried again: after Ctrl-C the same command goes on.
    """
    from partnersim.analysis.mix_plan import MixPlan, make_problem
    from partnersim.report.output import OutputFolder

    problem = make_problem(MixPlan.load(file), points, workers=workers)
    folder = OutputFolder(out, force=True, names=())
    compile_first(is_quiet=as_json)
    from partnersim import figures
    from partnersim.analysis.mix import rows_of, search
    from partnersim.report.tables import mix_view

    try:
        with progress_bar("Searching", is_quiet=as_json) as progress:
            found = search(problem, folder.path, progress)
    except KeyboardInterrupt:
        say(f"What was tried is kept in {out}. To go on, give the same command again.")
        raise
    finish(
        found.to_json(),
        folder,
        as_json=as_json,
        write=lambda to, text: to.write_answer(
            "mix.json",
            text,
            [("best-mix", figures.best_mix(found))],
            tables={"choices": rows_of(found)},
            parameters=problem.parameters,
        ),
        show=lambda: [mix_view(found)],
    )


@app.command("calibrate", rich_help_panel=ASK)
def find_fit(
    folder: options.FOLDER,
    observed: Annotated[
        Path | None,
        options.option(
            metavar="FILE.toml",
            help="What was observed: a table [targets.MEASURE] for each, with value and error.",
        ),
    ] = None,
    target: Annotated[
        list[str] | None,
        options.option(
            metavar="MEASURE=VALUE±ERROR",
            help="What was observed, with its standard error; +- stands for ±. May be repeated.",
        ),
    ] = None,
    arm: Annotated[str | None, options.option(help="Which arm the place is; base if left out.")] = None,
    out: options.OUT = None,
    force: options.FORCE = False,
    as_json: options.JSON = False,
) -> None:
    """Find which parameters of a stored sweep fit what was observed, and how far to believe it."""
    from partnersim.analysis.calibration import calibrate, draws_of
    from partnersim.analysis.observed import parse_target, read_observed

    targets = read_observed(observed) if observed is not None else {}
    for text in target or ():
        name, given = parse_target(text)
        if name in targets:
            raise refuse("--target", f"{name}: is given twice; each measure once")
        targets[name] = given
    if not targets:
        raise refuse("--target", "give one at least, or --observed FILE.toml")
    sweep = open_sweep(folder)
    written = open_folder(out, force)
    origin = tell_unfinished(sweep, is_quiet=as_json)
    compile_first(is_quiet=as_json)
    with progress_bar("Simulating what fits", is_quiet=as_json) as progress:
        found = calibrate(sweep, targets, arm, progress=progress)
    from partnersim import figures
    from partnersim.report.tables import calibration_view

    pictures = {
        "posterior": figures.posterior,
        "posterior-pairs": figures.posterior_pairs,
        "posterior-predictive": figures.posterior_predictive,
    }
    points = draws_of(found)
    finish(
        {**found.to_json(), "sweep": sweep.status().sweep_id},
        written,
        as_json=as_json,
        write=lambda to, text: to.write_answer(
            "calibration.json",
            text,
            ((name, draw(found)) for name, draw in pictures.items()),
            tables={"points": [list(points.columns), *points.itertuples(index=False)]},
            parameters=sweep.plan.parameters_by_path,
            about=origin,
        ),
        show=lambda: [calibration_view(found)],
    )
