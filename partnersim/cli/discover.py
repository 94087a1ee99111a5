"""Commands that find things in sweeps: maps of two parameters, boxes where an outcome is common, and
which kinds of trajectory there are at all.
"""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from partnersim.cli import options
from partnersim.cli.base import ASK, app, compile_first, finish, progress_bar, refuse, say
from partnersim.cli.inputs import ask_before_programs, open_folder, open_sweep, tell_unfinished
from partnersim.cli.sweep import show_progress


@app.command("map", rich_help_panel=ASK)
def map_command(
    folder: options.FOLDER,
    x: Annotated[str, options.option("--x", metavar="PATH", help="The parameter across.")],
    y: Annotated[str, options.option("--y", metavar="PATH", help="The parameter up.")],
    measures: Annotated[
        list[str] | None,
        options.option(
            "--measure",
            metavar="NAME",
            help="Map this measure. May be repeated. If none is named: where change accelerates, fades or "
            "collapses.",
        ),
    ] = None,
    arms: Annotated[
        list[str] | None,
        options.option("--arm", metavar="NAME", help="Of which arm; of base if left out. May be repeated."),
    ] = None,
    against: options.AGAINST = None,
    level: Annotated[
        float | None, options.option(metavar="X", help="Draw the line along which the measure is X.")
    ] = None,
    out: options.OUT = None,
    force: options.FORCE = False,
    as_json: options.JSON = False,
) -> None:
    """Map a measure over two parameters of a sweep, as observed and by an emulator; or phases of change."""
    if level is not None and len(measures or []) != 1:
        raise refuse("--level", "belongs to one --measure, in whose unit it is")
    if not measures and against is not None:
        raise refuse("--against", "belongs to a --measure; phases are of one arm")
    opened = open_sweep(folder)
    target = open_folder(out, force)
    origin = tell_unfinished(opened, is_quiet=as_json)
    from partnersim.analysis.maps import find_map, find_phases
    from partnersim.report import discoveries

    chosen: list[str | None] = list(arms) if arms else [None]
    if measures:
        wanted = [(measure, arm) for measure in measures for arm in chosen]
        with progress_bar("Mapping", is_quiet=as_json) as update:
            maps = []
            for measure, arm in wanted:
                maps.append(find_map(opened, x, y, measure, arm, against))
                if update is not None:
                    update(len(maps), len(wanted))
        document, pictures = discoveries.maps_document(maps), discoveries.map_pictures(maps, level)
    else:
        found = [find_phases(opened, x, y, arm) for arm in chosen]
        document, pictures = discoveries.phases_document(found), discoveries.phase_pictures(found)
    finish(
        document,
        target,
        as_json=as_json,
        write=lambda to, text: to.write_answer("map.json", text, pictures.items(), about=origin),
        show=lambda: [f"{picture.title}." for picture in pictures.values()],
    )


@app.command(rich_help_panel=ASK)
def discover(
    folder: options.FOLDER,
    measure: Annotated[str, options.option(metavar="NAME", help="Which measure.")],
    above: Annotated[float | None, options.option(metavar="X", help="Where is the measure above X?")] = None,
    below: Annotated[float | None, options.option(metavar="X", help="Where is the measure below X?")] = None,
    arm: options.ARM = None,
    against: options.AGAINST = None,
    method: Annotated[
        Literal["prim", "cart"], typer.Option(help="How to search: prim peels, cart splits.")
    ] = "prim",
    density: Annotated[
        float | None,
        options.option(
            metavar="SHARE",
            min=0.0,
            max=1.0,
            help="Take the largest box with this share of such runs; if left out, the box that tells "
            "them apart best.",
        ),
    ] = None,
    out: options.OUT = None,
    force: options.FORCE = False,
    as_json: options.JSON = False,
) -> None:
    """Discover where in a sweep an outcome is common: boxes in sentences, and how sure they are."""
    from partnersim.analysis import discovery
    from partnersim.figures.boxes import box_limits, tell_box, tell_certainty, tell_meanings
    from partnersim.report.discoveries import discovery_document

    if (above is None) == (below is None):
        raise refuse("--above", "give a threshold, by --above or by --below: one of both")
    opened = open_sweep(folder)
    target = open_folder(out, force)
    origin = tell_unfinished(opened, is_quiet=as_json)
    with progress_bar("Searching", is_quiet=as_json) as update:
        found = discovery.discover(
            opened,
            measure,
            above=above,
            below=below,
            arm=arm,
            against=against,
            method=method,
            least_density=density,
            tell=update,
        )
    pictures = {f"box-{number}": box_limits(found, box) for number, box in enumerate(found.boxes, start=1)}
    said = []
    for box in found.boxes:
        said += [f"{tell_box(found, box)}.", tell_certainty(found, box)]
        said += [f"  {meaning}" for meaning in tell_meanings(found, box) if box.is_clear]
    finish(
        discovery_document(found),
        target,
        as_json=as_json,
        write=lambda to, text: to.write_answer("boxes.json", text, pictures.items(), about=origin),
        show=lambda: said,
    )


@app.command(rich_help_panel=ASK)
def diversity(
    file: options.PLAN,
    out: options.SEARCH_OUT,
    descriptors: Annotated[
        list[str] | None,
        options.option(
            "--descriptor",
            metavar="NAME",
            help="Tell kinds apart by this measure. May be repeated. If none is named: change_delivered, "
            "acceleration, trust.",
        ),
    ] = None,
    points: Annotated[int, typer.Option(help="Points of the search: a power of two.")] = 512,
    workers: options.WORKERS = None,
    yes: options.YES = False,
    as_json: options.JSON = False,
) -> None:
    """Search for all kinds of trajectory that the model can show, or go on with it."""
    from partnersim.analysis.diversity import DESCRIPTORS, find_diversity
    from partnersim.figures.diversity import kinds_reached
    from partnersim.report.discoveries import diversity_document, example_rows
    from partnersim.report.output import OutputFolder
    from partnersim.sweep.plan import Plan

    plan = Plan.load(file)
    ask_before_programs(plan.programs, yes, can_ask=not as_json)
    compile_first(is_quiet=as_json)
    try:
        with show_progress(is_plain=False, is_silent=as_json) as progress:
            found = find_diversity(
                plan,
                out,
                descriptors=descriptors or DESCRIPTORS,
                n_points=points,
                workers=workers,
                progress=progress,
            )
    except KeyboardInterrupt:
        say("What was run is stored. To go on, give the same command again.")
        raise
    picture = kinds_reached(found)
    finish(
        diversity_document(found),
        # What is written follows from the runs, which this command made: it is written again.
        OutputFolder(out, force=True),
        as_json=as_json,
        write=lambda to, text: to.write_answer(
            "diversity.json",
            text,
            [("kinds", picture)],
            tables={"examples": example_rows(found)},
            parameters=plan.parameters_by_path,
        ),
        show=lambda: [f"{picture.title}."],
    )
