"""Commands that find things in sweeps: maps of two parameters, boxes where an outcome is common, and
which kinds of trajectory there are at all.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from partnersim.cli.base import (
    FORCE,
    JSON,
    WORKERS,
    app,
    compile_first,
    json_text,
    print_json,
    progress_bar,
    refuse,
    say,
    tell,
)
from partnersim.cli.sweep import FOLDER, PLAN, YES, ask_before_programs, open_sweep, read_plan, show_progress

if TYPE_CHECKING:
    from partnersim.analysis.discovery import Discovery, FoundBox
    from partnersim.analysis.diversity import Diversity, Reached
    from partnersim.analysis.maps import Map
    from partnersim.report.output import OutputFolder
    from partnersim.sweep.sweep import Sweep

UNDERSTAND = "Understand sweeps"
"""The heading in the help of commands that analyse sweeps."""


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
TO = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Where to write; in DIR if left out.", show_default=False),
]


@app.command("map", rich_help_panel=UNDERSTAND)
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
    out: TO = None,
    force: FORCE = False,
    as_json: JSON = False,
) -> None:
    """Map a measure over two parameters of a sweep, as observed and by an emulator; or phases of change."""
    from partnersim.report.output import OutputFolder

    if level is not None and len(measures or []) != 1:
        raise refuse("--level", "belongs to one --measure, in whose unit it is")
    if not measures and against is not None:
        raise refuse("--against", "belongs to a --measure; phases are of one arm")
    chosen: list[str | None] = list(arms) if arms else [None]
    opened = open_sweep(folder)
    tell_unfinished(opened, is_quiet=as_json)
    if measures:
        with progress_bar("Mapping", is_quiet=as_json) as update:
            maps = []
            wanted = [(measure, arm) for measure in measures for arm in chosen]
            for number, (measure, arm) in enumerate(wanted):
                maps.append(_find_map(opened, x, y, measure, arm, against))
                if update is not None:
                    update(number + 1, len(wanted))
        document, pictures = maps_document(maps), map_pictures(maps, level)
    else:
        document, pictures = phases_of(opened, x, y, chosen)
    target = OutputFolder(out or folder / "maps", force=force, names=names_of(pictures, "map.json"))
    write(target, "map.json", document, pictures)
    finish(target, document, [picture.title for picture in pictures.values()], as_json=as_json)


@app.command(rich_help_panel=UNDERSTAND)
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
    out: TO = None,
    force: FORCE = False,
    as_json: JSON = False,
) -> None:
    """Discover where in a sweep an outcome is common: boxes in sentences, and how sure they are."""
    from partnersim.analysis import discovery
    from partnersim.figures.boxes import box_limits, tell_box, tell_certainty, tell_meanings
    from partnersim.report.output import OutputFolder

    if (above is None) == (below is None):
        raise refuse("--above", "give a threshold, by --above or by --below: one of both")
    opened = open_sweep(folder)
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
    target = OutputFolder(out or folder / "boxes", force=force, names=names_of(pictures, "boxes.json"))
    write(target, "boxes.json", document, pictures)
    said = []
    for box in found.boxes:
        said += [f"{tell_box(found, box)}.", tell_certainty(found, box)]
        said += [f"  {meaning}" for meaning in tell_meanings(found, box) if box.is_clear]
    finish(target, document, said, as_json=as_json)


@app.command(rich_help_panel=UNDERSTAND)
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
    names = [*names_of(pictures, "diversity.json"), "examples.csv"]
    # The files follow from the runs, which the same command made: they are made again.
    target = OutputFolder(out, force=True, names=names)
    write(target, "diversity.json", document, pictures)
    target.write_rows("examples.csv", example_rows(found))
    finish(target, document, [f"{pictures['kinds'].title}."], as_json=as_json)


# --- What the commands have in common -------------------------------------------------------------


def tell_unfinished(opened: Sweep, *, is_quiet: bool) -> None:
    """Say how much of a sweep is still to come."""
    status = opened.status()
    if not status.is_finished and not is_quiet:
        say(f"{status.n_runs - status.n_done:,} runs are still to come; this is without them.")


def names_of(pictures: dict[str, Any], document: str) -> list[str]:
    """List the files that will be written."""
    from partnersim.figures.page import ENDINGS

    return [document, *(f"{name}.{ending}" for name in pictures for ending in ENDINGS)]


def write(target: OutputFolder, name: str, document: dict[str, Any], pictures: dict[str, Any]) -> None:
    """Write a document and pictures."""
    target.write(name, json_text(document))
    for picture_name, picture in pictures.items():
        target.write_picture(picture_name, picture)


def finish(target: OutputFolder, document: dict[str, Any], said: list[str], *, as_json: bool) -> None:
    """Print the answer, in words or as JSON."""
    if as_json:
        print_json(document | {"folder": str(target.path), "written": sorted(target.written)})
        return
    for line in said:
        tell(line)
    tell(f"Written to {target.path}: {', '.join(sorted(target.written))}")


# --- Maps -----------------------------------------------------------------------------------------


def _find_map(opened: Sweep, x: str, y: str, measure: str, arm: str | None, against: str | None) -> Map:
    from partnersim.analysis.maps import find_map

    return find_map(opened, x, y, measure, arm, against)


def map_pictures(maps: list[Map], level: float | None) -> dict[str, Any]:
    """Draw maps, a page for each three of them."""
    from partnersim.figures.maps import MAX_MAPS, response_maps

    pages = [maps[at : at + MAX_MAPS] for at in range(0, len(maps), MAX_MAPS)]
    return {f"map-{number}": response_maps(page, level) for number, page in enumerate(pages, start=1)}


def phases_of(opened: Sweep, x: str, y: str, arms: list[str | None]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Find and draw the phases of each arm."""
    from partnersim.analysis.maps import PHASES, find_phases
    from partnersim.figures.maps import phase_diagram

    found = [find_phases(opened, x, y, arm) for arm in arms]
    document = maps_document([part for one in found for part in (one.acceleration, one.survived)])
    document["phases"] = [
        {"arm": one.arm, "shares": {phase: one.share(phase) for phase in PHASES}, "cells": one.phases}
        for one in found
    ]
    document["names_of_phases"] = list(PHASES)
    return document, {f"phases-{number}": phase_diagram(one) for number, one in enumerate(found, start=1)}


def maps_document(maps: list[Map]) -> dict[str, Any]:
    """Describe maps as JSON has them."""
    one = maps[0]
    axes = {name: {"parameter": axis.parameter, "unit": axis.unit, "names": axis.names, "edges": axis.edges}
            for name, axis in (("x", one.x), ("y", one.y))}  # fmt: skip
    described = [
        {
            "measure": m.measure,
            "unit": m.drawn.outcomes.unit,
            "arm": m.arm,
            "against": m.against,
            "means": m.means,
            "ci95_low": m.lows,
            "ci95_high": m.highs,
            "n_points": m.n_points,
            "emulator": m.emulator.name or None,
            "error": m.emulator.error,
            "error_of_mean": m.emulator.error_of_mean,
            "explained": m.emulator.explained,
            "left_out": m.drawn.outcomes.in_words(),
        }
        for m in maps
    ]
    return {**axes, "seed": one.drawn.seed, "maps": described}


# --- Boxes ----------------------------------------------------------------------------------------


def discovery_document(found: Discovery) -> dict[str, Any]:
    """Describe what was discovered as JSON has it."""
    outcomes = found.drawn.outcomes
    return {
        "measure": outcomes.measure,
        "unit": outcomes.unit,
        "arm": outcomes.arm,
        "against": outcomes.against,
        "above" if found.is_above else "below": found.threshold,
        "method": found.method,
        "n_points": len(found.share),
        "n_runs": found.drawn.n_runs,
        "left_out": outcomes.in_words(),
        "seed": found.drawn.seed,
        "density": found.density,
        "boxes": [box_document(found, box) for box in found.boxes],
    }


def box_document(found: Discovery, box: FoundBox) -> dict[str, Any]:
    """Describe a box as JSON has it."""
    from partnersim.figures.boxes import tell_box, tell_certainty, tell_meanings

    numbers = ("coverage", "density", "mass", "density_around", "density_elsewhere", "chance", "is_clear")
    return {
        "sentence": tell_box(found, box),
        "certainty": tell_certainty(found, box),
        "meanings": tell_meanings(found, box),
        **{name: getattr(box, name) for name in numbers},
        "restrictions": [vars(one) | {"limit": limit_document(one.limit)} for one in box.restrictions],
        "proposals": [
            {
                "coverage": one.coverage,
                "density": one.density,
                "mass": one.mass,
                "limits": {path: limit_document(limit) for path, limit in one.box.limits.items()},
            }
            for one in box.proposals
        ],
    }


def limit_document(limit: Any) -> Any:
    """Describe a limit: its ends, of which one may be null, or its names."""
    return limit._asdict() if hasattr(limit, "_asdict") else list(limit)


# --- Kinds of trajectory --------------------------------------------------------------------------


def diversity_document(found: Diversity) -> dict[str, Any]:
    """Describe the kinds of trajectory as JSON has them."""

    def side(reached: Reached) -> dict[str, Any]:
        return {"n_kinds": reached.n_kinds, "examples": [vars(example) for example in reached.examples]}

    return {
        "descriptors": list(found.descriptors),
        "origin": found.origin,
        "width": found.width,
        "n_points": found.n_points,
        "n_replicates": found.n_replicates,
        "months": found.months,
        "seed": found.seed,
        "ratio": found.ratio,
        "search": side(found.search),
        "sample": side(found.sample),
    }


def example_rows(found: Diversity) -> list[list[Any]]:
    """Give a row for each kind that the search reached: an example of it, which can be run again."""
    examples = found.search.examples
    paths = list(examples[0].parameters)
    rows: list[list[Any]] = [["sweep", "point", *found.descriptors, *paths]]
    for example in examples:
        values = [example.parameters[path] for path in paths]
        rows.append([example.sweep, example.point, *example.values.values(), *values])
    return rows
