"""Write results to a folder: data as CSV and JSON, figures, and how to make them again."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import numpy as np

from partnersim.figures.page import csv_text, files_of
from partnersim.runs.codebook import codebook_csv
from partnersim.runs.measures import MEASURES, MILESTONES, Floats
from partnersim.runs.provenance import provenance
from partnersim.runs.results import variants_by_arm
from partnersim.scenario.errors import FolderError
from partnersim.scenario.file_paths import full_path

if TYPE_CHECKING:
    from partnersim.figures import Picture
    from partnersim.report.tables import Link
    from partnersim.runs.ledger import Ledger
    from partnersim.runs.results import Comparison, Results
    from partnersim.scenario.scenario import Scenario
    from partnersim.sweep.parameters import Parameter

QUANTILES = {"p05": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}


# --- A folder ------------------------------------------------------------------------------------


class OutputFolder:
    """A folder that results are written to, without harm to what else is in it.

    Files are written beside their place and moved there whole: nobody sees half a file, and a
    symbolic link of the same name is replaced, never followed.

    Parameters
    ----------
    path
        The folder; made if it is not there.
    force
        Whether files of the same name, whoever wrote them, are replaced.
    names
        Names of the files that are to be written, if known: other files may then be there.

    Attributes
    ----------
    written : list[str]
        Names of the files written so far.
    command : str
        The command that an answer is of, where there is one: its provenance says it.

    Raises
    ------
    FolderError
        If the folder cannot be made or written to, or has files in it that would need `force`.
    """

    def __init__(self, path: Path, *, force: bool = False, names: Collection[str] | None = None) -> None:
        self.path = path = full_path(path)
        self.written: list[str] = []
        self.command = ""
        try:
            path.mkdir(parents=True, exist_ok=True)
            there = sorted(file.name for file in path.iterdir())
        except (OSError, ValueError) as error:
            reason = "is a file" if path.is_file() else getattr(error, "strerror", None) or error
            raise FolderError(f"{path}: cannot be a folder for results: {reason}") from None
        if not os.access(path, os.W_OK | os.X_OK):
            raise FolderError(f"{path}: cannot be written to; give another folder with --out")
        if names is not None:
            there = [name for name in there if name in names]
        if there and not force:
            raise FolderError(
                f"{path}: has files in it ({', '.join(there[:3])}{', ...' * (len(there) > 3)}); give "
                "another folder with --out, or --force to replace files of the same names"
            )

    def write(self, name: str, content: bytes | str) -> None:
        """Write one file.

        Raises
        ------
        FileExistsError
            If this folder has written a file of this name already: one would hide the other.
        FolderError
            If it cannot be written, as where a disk is full; what was there before stays.
        """
        if name in self.written:
            raise FileExistsError(f"{self.path / name}: has just been written; names are used once")
        data = content.encode("utf-8") if isinstance(content, str) else content
        try:
            self._put(name, data)
        except OSError as error:
            raise FolderError(f"{self.path / name}: cannot be written: {error.strerror or error}") from None
        self.written.append(name)

    def _put(self, name: str, data: bytes) -> None:
        """Put a whole file in its place."""
        temporary = self.path / f".{name}.{token_hex(8)}"
        try:
            with temporary.open("xb") as file:  # a new file, whatever link somebody may have put there
                file.write(data)
            temporary.replace(self.path / name)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def write_rows(self, name: str, rows: Iterable[Iterable[Any]]) -> None:
        """Write rows as CSV: full precision, empty where there is no number."""
        self.write(name, csv_text(rows))

    def write_picture(self, name: str, picture: Picture) -> None:
        """Write a figure as PNG and SVG, and the numbers behind it as CSV."""
        for file, content in files_of(picture, name).items():
            self.write(file, content)

    def write_answer(
        self,
        name: str,
        document: str,
        pictures: Iterable[tuple[str, Picture]],
        *,
        tables: Mapping[str, Iterable[Sequence[Any]]] | None = None,
        parameters: Mapping[str, Parameter] | None = None,
        scenarios: Mapping[str, Scenario] | None = None,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        """Write what was found, and how to have it again.

        Its provenance names the pictures, with their messages, and the tables: `report` reads them.

        Parameters
        ----------
        name, document
            The file of all that was found, and its text.
        pictures
            Pictures, each with the name of its file.
        tables
            Rows by the name of their file, the heading first; a codebook says what columns mean, also
            those of numbers behind pictures.
        parameters
            What columns of tables are that hold a parameter, by its path.
        scenarios
            What was run, by arm.
        about
            What is known of the origin besides the versions.
        """
        from partnersim.sweep.codebook import describe_columns

        drawn = dict(pictures)
        origin = {
            **({"command": self.command} if self.command else {}),
            **provenance(),
            **(about or {}),
            "document": name,
            "pictures": {file: picture.title for file, picture in drawn.items()},
            "tables": list(tables or {}),
        }
        self.write(name, document)
        self.write("provenance.json", json.dumps(origin, indent=2) + "\n")
        for number, (arm, scenario) in enumerate((scenarios or {}).items()):
            plain = "".join(sign if sign.isalnum() else "-" for sign in arm if sign.isascii())
            self.write(f"{number}-{plain}.toml", scenario.to_toml())
        columns: dict[str, Sequence[str]] = {}
        for table, rows in (tables or {}).items():
            heading, *others = rows
            self.write_rows(f"{table}.csv", [heading, *others])
            columns[table] = heading
        columns |= {file: list(picture.table) for file, picture in drawn.items()}
        if columns:
            self.write("codebook.csv", codebook_csv(describe_columns(columns, parameters or {})))
        for file, picture in drawn.items():
            self.write_picture(file, picture)

    def write_run(self, results: Results, document: str, series: Sequence[str]) -> None:
        """Write the results of one scenario; of its series those named, or all."""
        self._write_results({"scenario": results}, document, series, run_pictures(results), {})

    def write_comparison(self, comparison: Comparison, document: str, series: Sequence[str]) -> None:
        """Write the results of some arms; of their series those named, or all."""
        more, pictures = {"differences": difference_rows(comparison)}, comparison_pictures(comparison)
        self._write_results(comparison.results, document, series, pictures, more)

    def _write_results(
        self,
        results: Mapping[str, Results],
        document: str,
        series: Sequence[str],
        pictures: Iterable[tuple[str, Picture]],
        more: Mapping[str, Iterable[Sequence[Any]]],
    ) -> None:
        """Write what a run and a comparison have in common, and more tables."""
        kept = list(series) or list(next(iter(results.values())).series)
        tables = {
            "replicates": replicate_rows(results),
            "series": series_rows(results, kept),
            "series-quantiles": quantile_rows(results, kept),
            "summary": summary_rows(results),
        }
        scenarios = {arm: of_arm.scenario for arm, of_arm in results.items()}
        self.write_answer(
            "results.json",
            document,
            pictures,
            tables={**tables, **more},
            scenarios=scenarios,
            about=variants_by_arm(results),
        )


def summary_rows(results: Mapping[str, Results]) -> Iterator[tuple[Any, ...]]:
    """Give the measures of each arm, a row each."""
    yield "arm", "measure", "mean", "median", "p05", "p95", "monte_carlo_error", "reached", "unit"
    for arm, of_arm in results.items():
        for name, s in of_arm.summary().items():
            numbers = (s.mean, s.median, s.p05, s.p95, s.monte_carlo_error, s.reached)
            yield (arm, name, *numbers, MEASURES[name].unit)


def difference_rows(comparison: Comparison) -> Iterator[tuple[Any, ...]]:
    """Give the differences of each arm from the base, a row each."""
    intervals = ("mean", "ci95_low", "ci95_high", "share_better", "monte_carlo_error")
    yield ("arm", "base", "measure", *intervals, "n_pairs", "is_enough")
    for arm, by_measure in comparison.differences().items():
        for name, d in by_measure.items():
            counts = (d.share_better, d.monte_carlo_error, d.n_pairs, d.is_enough)
            yield (arm, comparison.base, name, d.mean, *d.ci95, *counts)


def replicate_rows(results: Mapping[str, Results]) -> Iterator[tuple[Any, ...]]:
    """Give the measures of each replicate, in one row."""
    yield ("arm", "replicate", *MEASURES)
    for arm, of_arm in results.items():
        columns = [of_arm.measures[name].tolist() for name in MEASURES]
        for replicate, *row in zip(of_arm.replicate_numbers.tolist(), *columns, strict=True):
            yield (arm, replicate, *row)


def series_rows(results: Mapping[str, Results], names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Give the series of each replicate, a row a month."""
    yield ("arm", "replicate", "month", *names)
    for arm, of_arm in results.items():
        for index, replicate in enumerate(of_arm.replicate_numbers.tolist()):
            columns = [of_arm.series[name][index].tolist() for name in names]
            for month, row in enumerate(zip(*columns, strict=True)):
                yield (arm, replicate, month, *row)


def quantile_rows(results: Mapping[str, Results], names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Give the quantiles of each series over replicates, a row a month."""
    yield ("arm", "series", "month", *QUANTILES)
    for arm, of_arm in results.items():
        for name in names:
            lines = of_arm.quantiles(name, list(QUANTILES.values()))
            for month, row in enumerate(lines.T.tolist()):
                yield (arm, name, month, *row)


# --- Figures -------------------------------------------------------------------------------------

N_SEEN = 20
"""The most replicates over which figures of who trusts whom take the mean."""


def run_pictures(results: Results) -> Iterator[tuple[str, Picture]]:
    """Draw the figures of one scenario, each with the name of its file."""
    from partnersim import figures

    yield "change-over-time", figures.quantiles(results, "change_delivered")
    yield "trust-over-time", figures.quantiles(results, "trust")
    yield "months-to-half", figures.distribution(results, "months_to_50")
    yield from trust_pictures(results)
    if results.scenario.published:
        picture = figures.published_against_simulated(results, results.scenario)
        yield "published-and-simulated", picture


def trust_pictures(results: Results) -> Iterator[tuple[str, Picture]]:
    """Draw who trusts whom in the end, over the first replicates of some results."""
    from partnersim import figures
    from partnersim.runs import ensemble

    scenario = results.scenario
    seen = ensemble.run(
        scenario,
        min(results.replicates, N_SEEN),
        results.seed,
        series=False,
        detail=True,
        first_replicate=results.first_replicate,
    )
    trust = mean_known(seen.by_dyad("trust")[:, -1])
    when = f"after {figures.period(scenario.months)}"
    runs = figures.plural(seen.replicates, "simulated partnership")
    note = f"Mean of {runs}, seed {seen.seed}."
    for name, draw in (("network", figures.trust_network), ("table", figures.trust_heatmap)):
        yield f"trust-{name}", draw(trust, scenario.organisation_titles, when=when, note=note)


def mean_known(values: Floats) -> Floats:
    """Return the mean over replicates of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def comparison_pictures(
    comparison: Comparison, arms: Sequence[str] | None = None
) -> Iterator[tuple[str, Picture]]:
    """Draw the figures of a comparison, each with the name of its file."""
    from partnersim import figures

    yield "speed-and-trust", figures.change_over_time(comparison, ("speed", "trust"), arms=arms)
    yield "change-over-time", figures.change_over_time(comparison, ("change_delivered",), arms=arms)
    milestone = telling_milestone(comparison)
    yield "of-100-partnerships", figures.icon_arrays(comparison, milestone, arms=arms)
    yield "difference-forest", figures.difference_forest(comparison)


def telling_milestone(comparison: Comparison) -> str:
    """Choose the share of the vision that nearest to half of the base's runs reach.

    Where all of them or none reach it, arms can hardly differ.
    """
    base = comparison.results[comparison.base].measures
    names = [f"months_to_{percent}" for percent in MILESTONES]
    return min(names, key=lambda name: abs(np.isfinite(base[name]).mean() - 0.5))


def ledger_picture(ledger: Ledger, whose: str, link: Link, month: int | None) -> Picture:
    """Draw what each mechanism added to goodwill trust and took from it."""
    from partnersim import figures

    first, last = (ledger.from_month, ledger.to_month) if month is None else (month, month)
    when = f"from month {first} to month {last}"
    if first == last:
        when = f"in month {first}"
    elif (first, last) == (1, ledger.scenario.months):
        when = f"over {figures.period(last)}"
    return figures.ledger_waterfall(
        ledger.totals(*link, month=month),
        ledger.level(first - 1, *link),
        ledger.level(last, *link),
        whose=f"goodwill trust {whose}".rstrip(),
        when=when,
        note=f"One run: replicate {ledger.replicate}, seed {ledger.seed}.",
    )
