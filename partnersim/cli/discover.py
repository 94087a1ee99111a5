"""Commands that find things in sweeps: maps of two parameters, boxes where an outcome is common, and
which kinds of trajectory there are at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from partnersim.cli.analyse import unfinished
from partnersim.cli.base import (
    ASK,
    FORCE,
    JSON,
    OUT,
    WORKERS,
    app,
    compile_first,
    json_text,
    make_console,
    print_json,
    progress_bar,
    refuse,
    say,
    tell,
    tell_written,
)
from partnersim.cli.simulate import open_folder
from partnersim.cli.sweep import FOLDER, PLAN, YES, ask_before_programs, open_sweep, read_plan, show_progress

if TYPE_CHECKING:
    from partnersim.figures import Picture
    from partnersim.report.output import OutputFolder
    from partnersim.sweep.sweep import Sweep


class Method(StrEnum):
    """A way to search for boxes."""

    PRIM = "prim"
    CART = "cart"


MEASURE = Annotated[str, typer.Option(metavar="NAME", help="Which measure.", show_default=False)]
ARM = Annotated[
    str | None, typer.Option(metavar="NAME", help="Of which arm; of base if left out.", show_default=False)
]
AGAINST = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Take what the arm has more than this one, pair by pair.", show_default=False
    ),
]


@app.command("map", rich_help_panel=ASK)
def map_command(
    folder: FOLDER,
    x: Annotated[str, typer.Option("--x", metavar="PATH", help="The parameter across.", show_default=False)],
    y: Annotated[str, typer.Option("--y", metavar="PATH", help="The parameter up.", show_default=False)],
    measures: Annotated[
        list[str] | None,
        typer.Option(
            "--measure",
            metavar="NAME",
            help="Map this measure. May be repeated. If none is named: where change accelerates, fades or "
            "collapses.",
            show_default=False,
        ),
    ] = None,
    arms: Annotated[
        list[str] | None,
        typer.Option(
            "--arm",
            metavar="NAME",
            help="Of which arm; of base if left out. May be repeated.",
            show_default=False,
        ),
    ] = None,
    against: AGAINST = None,
    level: Annotated[
        float | None,
        typer.Option(metavar="X", help="Draw the line along which the measure is X.", show_default=False),
    ] = None,
    out: OUT = None,
    force: FORCE = False,
    as_json: JSON = False,
) -> None:
    """Map a measure over two parameters of a sweep, as observed and by an emulator; or phases of change."""
    if level is not None and len(measures or []) != 1:
        raise refuse("--level", "belongs to one --measure, in whose unit it is")
    if not measures and against is not None:
        raise refuse("--against", "belongs to a --measure; phases are of one arm")
    opened = open_sweep(folder)
    target = open_folder(out, force)
    tell_unfinished(opened, is_quiet=as_json)
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
    said = [f"{picture.title}." for picture in pictures.values()]
    finish(target, "map.json", document, pictures, said, as_json=as_json)


@app.command(rich_help_panel=ASK)
def discover(
    folder: FOLDER,
    measure: MEASURE,
    above: Annotated[
        float | None, typer.Option(metavar="X", help="Where is the measure above X?", show_default=False)
    ] = None,
    below: Annotated[
        float | None, typer.Option(metavar="X", help="Where is the measure below X?", show_default=False)
    ] = None,
    arm: ARM = None,
    against: AGAINST = None,
    method: Annotated[Method, typer.Option(help="How to search: prim peels, cart splits.")] = Method.PRIM,
    density: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            min=0.0,
            max=1.0,
            help="Take the largest box with this share of such runs; if left out, the box that tells "
            "them apart best.",
            show_default=False,
        ),
    ] = None,
    out: OUT = None,
    force: FORCE = False,
    as_json: JSON = False,
) -> None:
    """Discover where in a sweep an outcome is common: boxes in sentences, and how sure they are."""
    from partnersim.analysis import discovery
    from partnersim.figures.boxes import box_limits, tell_box, tell_certainty, tell_meanings
    from partnersim.report.discoveries import discovery_document

    if (above is None) == (below is None):
        raise refuse("--above", "give a threshold, by --above or by --below: one of both")
    opened = open_sweep(folder)
    target = open_folder(out, force)
    tell_unfinished(opened, is_quiet=as_json)
    with progress_bar("Searching", is_quiet=as_json) as update:
        found = discovery.discover(
            opened,
            measure,
            above=above,
            below=below,
            arm=arm,
            against=against,
            method=method.value,
            least_density=density,
            tell=update,
        )
    pictures = {f"box-{number}": box_limits(found, box) for number, box in enumerate(found.boxes, start=1)}
    document = discovery_document(found)
    said = []
    for box in found.boxes:
        said += [f"{tell_box(found, box)}.", tell_certainty(found, box)]
        said += [f"  {meaning}" for meaning in tell_meanings(found, box) if box.is_clear]
    finish(target, "boxes.json", document, pictures, said, as_json=as_json)


@app.command(rich_help_panel=ASK)
def diversity(
    file: PLAN,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the search is or is to be.", show_default=False)
    ],
    descriptors: Annotated[
        list[str] | None,
        typer.Option(
            "--descriptor",
            metavar="NAME",
            help="Tell kinds apart by this measure. May be repeated. If none is named: change_delivered, "
            "acceleration, trust.",
            show_default=False,
        ),
    ] = None,
    points: Annotated[int, typer.Option(help="Points of the search: a power of two.")] = 512,
    workers: WORKERS = None,
    yes: YES = False,
    as_json: JSON = False,
) -> None:
    """Search for all kinds of trajectory that the model can show, or go on with it."""
    from partnersim.analysis.diversity import DESCRIPTORS, find_diversity
    from partnersim.figures.diversity import kinds_reached
    from partnersim.report.discoveries import diversity_document, example_rows
    from partnersim.report.output import OutputFolder

    plan = read_plan(file)
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
    pictures = {"kinds": kinds_reached(found)}
    document = diversity_document(found)
    # What is written follows from the runs, which this command made: it is written again.
    target = OutputFolder(out, force=True)
    rows = example_rows(found)
    target.write_rows("examples.csv", rows)
    target.write_codebook({"examples": rows[0]}, plan.parameters_by_path)
    finish(target, "diversity.json", document, pictures, [f"{pictures['kinds'].title}."], as_json=as_json)


# --- What the commands have in common -------------------------------------------------------------


def tell_unfinished(opened: Sweep, *, is_quiet: bool) -> None:
    """Say how much of a sweep is still to come."""
    if not is_quiet and (left := unfinished(opened)):
        say(f"{left:,} runs are still to come; this is without them.")


def finish(
    target: OutputFolder | None,
    name: str,
    document: dict[str, Any],
    pictures: Mapping[str, Picture],
    said: list[str],
    *,
    as_json: bool,
) -> None:
    """Write what was found, if it is to be written, and print it in words or as JSON."""
    from partnersim.runs.provenance import provenance

    if target is not None:
        target.write(name, json_text(document))
        target.write("provenance.json", json_text(provenance()))
        for picture_name, picture in pictures.items():
            target.write_picture(picture_name, picture)
    if as_json:
        print_json(document)
        return
    for line in said:
        tell(line)
    tell_written(make_console(), target)
