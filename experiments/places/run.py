"""Torbay and Canterbury: python -m experiments.places.run [--quick]

Runs each place's published timeline with the parameters of every accepted point, as it is, with its
coordinators taken out, and with nothing of what was done; all with the same luck. What is in the
store is not run again. Writes results.md, summary.json, figures and their tables beside this file;
with --quick (few points and replicates) only what --out names.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.pictures import Picture, save_picture
from experiments.places.figures import beside_picture, course_picture, without_picture
from experiments.places.places import (
    ARMS,
    BASE,
    SERIES,
    Beside,
    Declared,
    Effect,
    Place,
    Runs,
    effects,
    read_declared,
    set_beside,
)
from experiments.places.report import report
from experiments.points import ACCEPTED, Points
from experiments.provenance import stamp
from partnersim import ScenarioError, Sweep
from partnersim.cli.sweep import show_progress
from partnersim.scenario.files import packaged_text
from partnersim.sweep.plan import Plan

HERE = Path(__file__).resolve().parent
COMMAND = "python -m experiments.places.run"
QUICK_POINTS, QUICK_REPLICATES = 4, 8
DIGITS = 4


# --- The accepted set -------------------------------------------------------------------------


def for_place(points: Points, place: Place) -> Points:
    """The points without what the place's own timeline sets, which no tuning may overwrite."""
    return points.without(set(stated_paths(tomllib.loads(packaged_text(place.scenario)))))


def stated_paths(table: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Dotted paths of all single values in a scenario's file, but not of those in lists."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from stated_paths(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


# --- Running ----------------------------------------------------------------------------------


def make_plan(place: Place, points: Points, declared: Declared, store: Path) -> Plan:
    """The sweep of one place: the accepted points, and the three arms at each of them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    own = for_place(points, place)
    store.mkdir(parents=True, exist_ok=True)
    file = store / f"points-{own.digest}.parquet"
    pq.write_table(pa.table(dict(own.columns)), file)
    return Plan.make(
        {
            "scenario": place.scenario,
            "seed": declared.seed,
            "replicates": declared.replicates,
            "measures": ["change_delivered"],
            "series": {"names": list(SERIES), "runs": declared.replicates},
            "design": {"type": "table", "file": file.name},
            "arms": place.arms,
        },
        where=f"sweep of {place.name}",
        folder=store,
    )


def run_place(place: Place, plan: Plan, store: Path, workers: int | None) -> Runs:
    """Run what the store lacks, and read what is wanted of it."""
    folder = store / f"{place.scenario}-{plan.sweep_id[:16]}"
    print(f"{place.name}:", file=sys.stderr, flush=True)
    with show_progress(is_plain=False, is_silent=False) as progress:
        engine = "serial" if workers == 1 else "processes"
        sweep = Sweep.run(plan, folder, engine=engine, workers=workers, progress=progress)
    failures = sweep.failures()
    if failures:
        first = failures[0]
        print(f"{place.name}: {first.n_runs} runs failed: {first.message}", file=sys.stderr)
    # Each is read once, and then taken apart.
    series = [sweep.series.to_xarray()[name].load() for name in SERIES]
    change = sweep.measures.to_xarray()["change_delivered"].load()
    outcome, alone, change = (
        {arm: found.sel(arm=arm).to_numpy() for arm in ARMS} for found in (*series, change)
    )
    return Runs(outcome, alone, change, failed=sum(failure.n_runs for failure in failures))


# --- What came out ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """What was found of one place."""

    place: Place
    runs: Runs
    beside: Sequence[Beside]
    effects: Sequence[Effect]


def find(place: Place, runs: Runs, declared: Declared) -> Found:
    """Set published figures beside simulated ones, and see what the coordinator did."""
    beside = [set_beside(figure, runs, declared) for figure in place.figures()]
    return Found(place, runs, beside, effects(place, runs, declared))


def summarise(found: Sequence[Found], points: Points, declared: Declared) -> dict[str, Any]:
    """Everything that the page and the report say, as numbers and words."""
    n_runs = sum(f.runs.n_runs for f in found)
    return {
        "made_from": {
            **stamp(COMMAND, seed=declared.seed, n_runs=n_runs),
            "replicates": declared.replicates,
            "accepted": {"points": found[0].runs.n_points, "digest": points.digest},
        },
        "failed": sum(f.runs.failed for f in found),
        "places": [
            {
                "name": f.place.name,
                "scenario": f.place.scenario,
                "set_by_the_timeline": sorted(set(points.columns) - set(for_place(points, f.place).columns)),
                "figures": [_beside(b) for b in f.beside],
                "coordinator": [_effect(e) for e in f.effects],
                "cautions": [caution.text.strip() for caution in f.place.caution],
            }
            for f in found
        ],
    }


def _beside(found: Beside) -> dict[str, Any]:
    published = found.figure.published
    return {
        "title": published.title,
        "month": published.month,
        "unit": published.unit,
        "published": published.value,
        "source": published.source,
        "against": found.figure.reading.against,
        "why": found.figure.reading.why.strip(),
        "simulated": {arm: [_short(x) for x in band] for arm, band in found.bands.items()},
        "no_partnership": _short(found.alone),
        "share_of_points": _short(found.share_of_points),
        "verdict": found.verdict,
    }


def _effect(found: Effect) -> dict[str, Any]:
    return {
        "what": found.what,
        "unit": found.unit,
        "is_better_low": found.is_better_low,
        "smallest_that_matters": _short(found.matters),
        "with": _short(found.with_),
        "without": _short(found.without),
        "mean": _short(float(np.nanmean(found.mean))),
        "mean_over_points": [_short(float(x)) for x in np.nanquantile(found.mean, (0.05, 0.5, 0.95))],
        "pairs": [_short(x) for x in found.band],
        "share_better": _short(found.share_better),
        "share_worse": _short(found.share_worse),
        "share_of_points_clear": _short(found.share_clear),
        "is_good": found.is_good,
        "answer": found.answer,
    }


def _short(value: float) -> float | None:
    """A number to a few digits; None where there is none."""
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None


def pictures(found: Sequence[Found], declared: Declared) -> dict[str, Picture]:
    """The figures by file name."""
    n_points, n_each = found[0].runs.n_points, declared.replicates
    note = f"{n_points} accepted points, {n_each} simulated places each; same luck in all arms."
    drawn = {"figure": beside_picture([(f.place.name, f.beside) for f in found], note)}
    for f in found:
        drawn[f.place.scenario] = course_picture(f.place, f.runs, declared, note)
    drawn["without"] = without_picture([(f.place.name, f.effects) for f in found], note)
    return drawn


def write(found: Sequence[Found], points: Points, declared: Declared, folder: Path) -> dict[str, Any]:
    """Write page, summary, figures and the tables behind them; the summary."""
    folder.mkdir(parents=True, exist_ok=True)
    summary = summarise(found, points, declared)
    text = json.dumps(summary, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / "summary.json").write_text(text + "\n", encoding="utf-8")
    for name, picture in pictures(found, declared).items():
        save_picture(picture, folder / f"{name}.png")
        write_table(picture, folder / f"{name}.csv")
    (folder / "results.md").write_text(report(summary, declared), encoding="utf-8")
    return summary


def write_table(picture: Picture, file: Path) -> None:
    """Write the numbers behind a figure."""
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(picture.table)
        for row in zip(*picture.table.values(), strict=True):
            writer.writerow([f"{x:.{DIGITS}g}" if isinstance(x, float) else x for x in row])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few runs, to see that it works")
    parser.add_argument("--out", type=Path, help="folder to write to")
    parser.add_argument("--store", type=Path, default=HERE / "store", help="folder of what was run")
    parser.add_argument("--accepted", type=Path, default=ACCEPTED, help="the accepted points, CSV")
    parser.add_argument("--workers", type=int, help="processes; one a core if left out")
    options = parser.parse_args()
    folder = options.out or (None if options.quick else HERE)
    try:
        declared, points = read_declared(), Points.read(options.accepted)
        if options.quick:
            # To start processes would take longer than the runs.
            options.workers = options.workers or 1
            declared = declared.model_copy(update={"replicates": QUICK_REPLICATES})
            points = points.first(QUICK_POINTS)
        found = []
        for place in declared.place:
            plan = make_plan(place, points, declared, options.store)
            runs = run_place(place, plan, options.store, options.workers)
            found.append(find(place, runs, declared))
    except ScenarioError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    if folder:
        write(found, points, declared, folder)
    for f in found:
        for beside in f.beside:
            low, middle, high = beside.bands[BASE]
            print(
                f"{f.place.name}\t{beside.figure.name}\t{beside.figure.published.value:g}\t"
                f"{middle:.4g} ({low:.4g} to {high:.4g})\t{beside.verdict}"
            )
        for effect in f.effects:
            print(
                f"{f.place.name}\t{effect.what}\t{effect.without:.4g} -> {effect.with_:.4g}\t{effect.answer}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
