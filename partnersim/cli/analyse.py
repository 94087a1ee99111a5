"""The command that analyses a sweep: which parameters move a measure, or what an arm changes in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from partnersim.cli import options
from partnersim.cli.base import ASK, app, finish, progress_bar, refuse
from partnersim.cli.inputs import open_folder, open_sweep, tell_unfinished

if TYPE_CHECKING:
    from partnersim.analysis.sensitivity import MethodName, Sensitivity
    from partnersim.sweep.sweep import Sweep

DRAWN = (
    *("mean_speed", "change_delivered", "initiatives_completed", "initiatives_abandoned"),
    *("initiatives_under_way", "actual_over_planned", "trust"),
)
"""Measures that are analysed if none is asked for, as far as the sweep keeps them."""

ALL = "all"
"""What is typed for all measures that the sweep keeps."""


@app.command(rich_help_panel=ASK)
def analyse(
    folder: options.FOLDER,
    method: Annotated[
        Literal["sobol", "morris", "effects", "pawn", "shapley", "regression"] | None,
        options.option(help="By which method; if left out, the one that the sweep's design is made for."),
    ] = None,
    measure: Annotated[
        list[str] | None,
        options.option(
            metavar="NAME", help="Analyse this measure, or all that the sweep keeps: 'all'. May be repeated."
        ),
    ] = None,
    arm: Annotated[
        str | None,
        options.option(
            metavar="NAME", help="Only this arm. If left out: base, and what each other arm changes."
        ),
    ] = None,
    against: Annotated[
        str | None,
        options.option(metavar="NAME", help="With --arm: what it changes against this one, pair by pair."),
    ] = None,
    censored: Annotated[
        Literal["horizon", "missing"],
        typer.Option(help="What a milestone never reached counts as: the last month, or not at all."),
    ] = "horizon",
    over_time: Annotated[
        bool, typer.Option("--over-time", help="Analyse the series that the sweep keeps, year by year.")
    ] = False,
    out: options.OUT = None,
    force: options.FORCE = False,
    as_json: options.JSON = False,
) -> None:
    """Find which parameters of a sweep move a measure, and what an arm changes in it."""
    from partnersim.analysis.sensitivity import choose_method

    if against is not None and arm is None:
        raise refuse("--against", "belongs to --arm")
    opened = open_sweep(folder)
    chosen = choose_method(opened.plan, method)
    names = measures_of(opened, measure or [], over_time=over_time)
    target = open_folder(out, force)
    origin = tell_unfinished(opened, is_quiet=as_json)
    jobs = [(name, *pair) for name in names for pair in pairs_of(opened, arm, against)]
    found, skipped = analyse_all(opened, jobs, chosen, censored, over_time=over_time, is_quiet=as_json)
    from partnersim.report.analyses import analysis_view, as_document, write_analysis

    document = as_document(found, skipped, opened)
    finish(
        document,
        target,
        as_json=as_json,
        write=lambda to, text: write_analysis(to, text, found, origin),
        show=lambda: analysis_view(found, skipped),
    )


def measures_of(opened: Sweep, names: Sequence[str] = (), *, over_time: bool = False) -> list[str]:
    """Return the measures that are meant, or the series."""
    from partnersim.scenario.errors import check_name

    plan = opened.plan
    kept = tuple(opened.series.values) if over_time else plan.measure_names
    for name in names:
        if name != ALL:
            check_name(name, kept, f"{'series' if over_time else 'measure'} in the sweep")
    if ALL in names or (over_time and not names):
        return list(kept)
    return list(dict.fromkeys(names)) or [name for name in DRAWN if name in kept] or list(kept[:1])


def pairs_of(
    opened: Sweep, arm: str | None = None, against: str | None = None
) -> list[tuple[str | None, str | None]]:
    """Return the arms to analyse, each with the one that it is compared with."""
    if arm is not None:
        return [(arm, against)]
    base, *others = opened.plan.arms_by_name
    return [(base if others else None, None), *((other, base) for other in others)]


def analyse_all(
    opened: Sweep,
    jobs: list[tuple[str, str | None, str | None]],
    method: MethodName,
    censored: Literal["horizon", "missing"] = "horizon",
    *,
    over_time: bool = False,
    is_quiet: bool = False,
) -> tuple[list[Sensitivity], dict[str, str]]:
    """Analyse what can be, and say of the rest why it cannot; where nothing can, that is an error."""
    from partnersim.analysis.sensitivity import analyse as analyse_one
    from partnersim.analysis.sensitivity import analyse_over_time
    from partnersim.scenario.errors import InputError

    found: list[Sensitivity] = []
    skipped: dict[str, str] = {}
    with progress_bar("Analysing", is_quiet=is_quiet) as update:
        for number, (measure, arm, against) in enumerate(jobs, start=1):
            try:
                if over_time:
                    found.append(analyse_over_time(opened, measure, arm, against, method=method))
                else:
                    found.append(analyse_one(opened, measure, arm, against, method=method, censored=censored))
            except InputError as error:
                if len(jobs) == 1:
                    raise
                less = f" less {against}" if against else ""
                skipped[f"{measure}{f' of {arm}{less}' if arm else ''}"] = str(error)
            if update is not None:
                update(number, len(jobs))
    if not found:
        raise InputError(next(iter(skipped.values())))
    return found, skipped
