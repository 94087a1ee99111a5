"""Discoveries in sweeps, as documents and tables of files: maps, boxes and kinds of trajectory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from partnersim.analysis.discovery import Discovery, FoundBox
    from partnersim.analysis.diversity import Diversity, Reached
    from partnersim.analysis.maps import Map, PhaseMap
    from partnersim.figures import Picture


def _taken(found: Any, *names: str) -> dict[str, Any]:
    """Take some attributes, by name."""
    return {name: getattr(found, name) for name in names}


# --- Maps -----------------------------------------------------------------------------------------


def map_pictures(maps: Sequence[Map], level: float | None) -> dict[str, Picture]:
    """Draw maps, a page for each three of them."""
    from partnersim.figures.maps import MAX_MAPS, response_maps

    pages = [maps[at : at + MAX_MAPS] for at in range(0, len(maps), MAX_MAPS)]
    return {f"map-{number}": response_maps(page, level) for number, page in enumerate(pages, start=1)}


def phase_pictures(found: Sequence[PhaseMap]) -> dict[str, Picture]:
    """Draw the phases of each arm."""
    from partnersim.figures.maps import phase_diagram

    return {f"phases-{number}": phase_diagram(one) for number, one in enumerate(found, start=1)}


def phases_document(found: Sequence[PhaseMap]) -> dict[str, Any]:
    """Describe the phases of each arm, and the maps that they are told by, as JSON has them."""
    from partnersim.analysis.maps import PHASES

    document = maps_document([part for one in found for part in (one.acceleration, one.survived)])
    document["phases"] = [
        {"arm": one.arm, "shares": {phase: one.share(phase) for phase in PHASES}, "cells": one.phases}
        for one in found
    ]
    document["names_of_phases"] = list(PHASES)
    return document


def maps_document(maps: Sequence[Map]) -> dict[str, Any]:
    """Describe maps as JSON has them."""
    one = maps[0]
    axes = {name: _taken(getattr(one, name), "parameter", "unit", "names", "edges") for name in ("x", "y")}
    described = [
        {
            **_taken(m.drawn.outcomes, "measure", "unit", "arm", "against"),
            "means": m.means,
            "ci95_low": m.lows,
            "ci95_high": m.highs,
            "n_points": m.n_points,
            "emulator": m.emulator.name or None,
            **_taken(m.emulator, "error", "error_of_mean", "explained"),
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
        **_taken(outcomes, "measure", "unit", "arm", "against"),
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

    shares = ("coverage", "density", "mass", "density_around", "density_elsewhere", "chance")
    return {
        "sentence": tell_box(found, box),
        "certainty": tell_certainty(found, box),
        "meanings": tell_meanings(found, box),
        **_taken(box, *shares, "is_clear"),
        "restrictions": [vars(one) | {"limit": limit_document(one.limit)} for one in box.restrictions],
        "proposals": [
            _taken(one, "coverage", "density", "mass")
            | {"limits": {path: limit_document(limit) for path, limit in one.box.limits.items()}}
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
        **_taken(found, "origin", "width", "n_points", "n_replicates", "months", "seed", "ratio"),
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
