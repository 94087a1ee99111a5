"""The demo compares the same partnerships with and without a coordinator, in plain words.

Every sentence is worked out from the numbers, whatever they are: it claims a difference only
where the 95 % interval over pairs is clear of zero.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from partnersim.report.output import OutputFolder, comparison_pictures, ledger_picture, trust_pictures
from partnersim.report.tables import Change, change, enough_pairs, number_table
from partnersim.runs.measures import MEASURES
from partnersim.runs.wording import certain_decimals, fixed, percent, plural
from partnersim.scenario.arms import HOSTED_IMPARTIALITY, arm
from partnersim.scenario.errors import FolderError
from partnersim.scenario.file_paths import full_path
from partnersim.scenario.files import parse_json
from partnersim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from partnersim.figures import Picture
    from partnersim.runs.curve import Curve
    from partnersim.runs.results import Comparison
    from partnersim.runs.statistics import Difference

PLACES = {"torbay": "A place like Torbay", "integrated-care": "An ordinary English place"}

WITHOUT, WITH, HOSTED = "no coordinator", "coordinator", "hosted coordinator"
ONE, ALL = "delegated authority", "all remedies"
ARMS = {
    WITHOUT: "no-coordinator",
    WITH: "coordinator",
    HOSTED: "hosted-coordinator",
    ONE: "delegated-authority",
    ALL: "all-remedies",
}
"""Arms in words, and the ready arms that they are; the remedies come without a coordinator."""

DRAWN = (WITHOUT, WITH, HOSTED, ALL)
"""Arms in the figures, which show four at most."""

ROWS = {
    "months_to_first_initiative": "Months to the first result",
    "months_to_25": "Months to a quarter of change",
    "months_to_50": "Months to half of change",
    "mean_speed": "Mean speed, % a year",
    "initiatives_completed": "Initiatives completed",
    "initiatives_abandoned": "Initiatives given up",
    "initiatives_under_way": "Initiatives under way",
    "actual_over_planned": "Time taken, times planned",
    "trust": "Trust at the end, of 100",
    "perceived_joint_working": "Joint working in a survey, of 100",
    "outcome_effect": "Demand avoided, of 100",
    "cost": "Staff days spent on it",
}
"""Measures in the table, in words."""

UNITS = {
    "mean_speed": " % a year",
    "months_to_50": " months",
    "trust": " of 100",
    "perceived_joint_working": " of 100",
    "outcome_effect": " of 100",
    "cost": " staff days",
}
"""Units in sentences."""

LABEL_WIDTH = 18
MOST_DECIMALS = 2
"""The most characters of a label and decimals in the table, which has to fit 80 columns."""

DRAWN_ON_TRUST = (WITHOUT, WITH, ALL)
"""Arms in the trust-speed curve."""

N_FIGURES = 9
"""Figures of one place, about, for the progress bar."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Place:
    """A place of the demo, and what came of it in each arm, also on its trust-speed curve."""

    name: str
    title: str
    scenario: Scenario
    comparison: Comparison
    curve: Curve


def read_arms() -> dict[str, dict[str, Scenario]]:
    """Read the places, each with its arms: all changes are to the place without a coordinator."""
    places = {}
    for name in PLACES:
        _, base = arm(Scenario.load(name), ARMS[WITHOUT])
        places[name] = {words: arm(base, ready)[1] for words, ready in ARMS.items()}
    return places


def simulate(
    places: Mapping[str, Mapping[str, Scenario]],
    replicates: int,
    seed: int,
    workers: int | None,
    folder: DemoFolder,
    progress: Progress | None = None,
) -> list[Place]:
    """Run all arms of all places, and write the figures."""
    from partnersim.runs import ensemble
    from partnersim.runs.curve import curve

    steps = len(places) * (len(ARMS) + N_FIGURES)
    done = 0
    found = []
    for name, arms in places.items():
        comparison = ensemble.compare(arms, replicates, seed, base=WITHOUT, workers=workers)
        on_trust = curve({way: arms[way] for way in DRAWN_ON_TRUST}, replicates, seed, workers=workers)
        found.append(Place(name, PLACES[name], Scenario.load(name), comparison, on_trust))
        done += len(ARMS)
        for file, picture in draw(found[-1], workers):
            folder.write_picture(f"{name}-{file}", picture)
            done += 1
            if progress is not None:
                progress(done, steps)
    return found


def draw(place: Place, workers: int | None) -> Iterator[tuple[str, Picture]]:
    """Draw the figures of one place."""
    from partnersim import figures
    from partnersim.runs import ensemble, ledger

    comparison = place.comparison
    yield "trust-speed-curve", figures.trust_speed(place.curve)
    yield from comparison_pictures(comparison, DRAWN)
    for way, ending in ((WITHOUT, "without"), (WITH, "with-coordinator")):
        file, picture = next(trust_pictures(comparison.results[way]))  # the table has the same numbers
        yield f"{file}-{ending}", picture
    results = comparison.results[WITH]
    entries = ledger.explain(results.scenario, results.seed, 0)
    yield "why-trust-changed", ledger_picture(entries, "with a coordinator", (None, None), None)
    if place.scenario.published:
        runs = (results.replicates, results.seed)
        as_it_was = ensemble.run(place.scenario, *runs, workers=workers, series=["outcome"])
        picture = figures.published_against_simulated(as_it_was, place.scenario)
        yield "published-and-simulated", picture


# --- Telling -------------------------------------------------------------------------------------


def tell(console: Console, places: list[Place], folder: DemoFolder) -> None:
    """Print what came of it: a table and sentences for each place, the figures, what to try."""
    n = places[0].comparison.results[WITHOUT].replicates
    seed = places[0].comparison.results[WITHOUT].seed
    console.print(
        f"Each place was simulated {n:,} times in {len(ARMS)} ways, with the same luck in each "
        f"way (seed {seed})."
    )
    for place in places:
        scenario = place.scenario
        details = f"{scenario.n_organisations} organisations, {scenario.months / 12:g} years"
        console.print(Text.assemble("\n", (f"{place.title}", "bold"), f" ({details})\n"))
        console.print(table_of(place))
        console.print()
        for sentence in (*sentences(place), *on_trust(place.curve)):
            console.print(Padding(Text(f"• {sentence}"), (0, 0, 0, 1)))
        console.print(Text(f"\n{enough_pairs(place.comparison, tuple(ROWS))}", style="dim"))
    console.print(
        Text(
            "\nUpper numbers are means; a milestone that a run never reached counts as its last "
            "month. Lower ones are differences from the first column over pairs of runs that "
            "share their luck; ± is the Monte Carlo error, as half a 95 % interval. The model "
            "explores mechanisms; it predicts no real place.",
            style="dim",
        )
    )
    tell_written(console, folder)
    console.print(Text("\nWhat to try next", style="bold"))
    for command, purpose in next_steps(places[-1].scenario):
        console.print(Text(f"  {command}", style="bold"), soft_wrap=True)
        console.print(Text(f"      {purpose}"))


def tell_written(console: Console, folder: DemoFolder) -> None:
    """Tell where the figures are, and what was not written."""
    figures = [name for name in folder.written if name.endswith(".png")]
    told = f"{plural(len(figures), 'figure')} in {folder.path}{os.sep} as PNG and SVG, each with its numbers"
    console.print(Text(f"\n{told} as CSV. Begin with {next(iter(figures), 'the folder')}."))
    if folder.left_alone:
        names = ", ".join(folder.left_alone)
        told = (
            f"Left alone, as it was not the demo that wrote them: {names}. To have the demo's own, move them"
        )
        console.print(Text(f"{told} away.", style="yellow"))


def table_of(place: Place) -> Table:
    """Show the measures of each arm, and below them the differences from the first."""
    results = place.comparison.results
    summaries = {way: results[way].summary() for way in ARMS}
    differences = place.comparison.differences()
    table = number_table("", *(Text(way.replace(" ", "\n")) for way in ARMS))
    table.padding = (0, 0, 0, 1)
    for column in table.columns:
        column.no_wrap = False  # numbers that are too wide for the screen are never cut
    table.columns[0].width = LABEL_WIDTH
    for name, words in ROWS.items():
        levels = {way: factor(name) * summaries[way][name].restricted_mean for way in ARMS}
        changes = {way: change(row[name], factor(name)) for way, row in differences.items()}
        halves = [shown.half for shown in changes.values()]
        places = min(certain_decimals(max(halves), levels[WITHOUT]), MOST_DECIMALS)
        low, high = summaries[WITHOUT][name].restricted_ci95
        chance = fixed(factor(name) * (high - low) / 2, places)
        cells = [Text(fixed(levels[WITHOUT], places)).append(f"\n±{chance}", style="dim")]
        for way, shown in changes.items():
            below = f"\n{fixed(shown.mean, places, sign=True)} ±{fixed(shown.half, places)}"
            style = _style(shown, MEASURES[name].higher_is_better)
            cells.append(Text(fixed(levels[way], places)).append(below, style=style))
        table.add_row(Text(words), *cells)
        reached = [percent(summaries[way][name].reached) for way in ARMS]
        if set(reached) != {"100 %"}:
            table.add_row(Text("  reached in", style="dim"), *reached)
    return table


def factor(name: str) -> float:
    """Return the factor by which the demo multiplies a measure: all shares are of 100."""
    return 100.0 if MEASURES[name].unit.startswith("share") else 1.0


def _style(shown: Change, higher_is_better: bool | None) -> str:
    """Choose green for a clear gain, red for a clear loss, and nothing loud for the rest."""
    if not shown.direction or higher_is_better is None:
        return "dim"
    return "green" if (shown.direction > 0) == higher_is_better else "red"


# --- Sentences -----------------------------------------------------------------------------------


def sentences(place: Place) -> Iterator[str]:
    """Tell what the numbers of one place mean."""
    against_none = place.comparison.differences()
    against_coordinator = replace(place.comparison, base=WITH).differences()
    host, share = place.scenario.organisation_titles[0], round(100 * (1 - HOSTED_IMPARTIALITY))

    def speed(differences: Mapping[str, Difference]) -> str:
        return verdict(differences, "mean_speed", "faster", "slower")

    found = against_none[WITH]
    yield (
        f"With a coordinator, change is {speed(found)}; half of it is there "
        f"{verdict(found, 'months_to_50', 'later', 'sooner')}."
    )
    yield (
        f"Trust ends {verdict(found, 'trust', 'higher', 'lower')}. In a survey, joint working "
        f"looks {verdict(found, 'perceived_joint_working', 'better', 'worse')}."
    )
    yield (
        "The demand that is avoided is "
        f"{verdict(found, 'outcome_effect', 'larger', 'smaller')}; the time that working together "
        f"takes is {verdict(found, 'cost', 'longer', 'shorter')}."
    )
    yield (
        f"With a coordinator employed by a member ({host}) and serving it in {share} % of "
        f"meetings, change is {speed(against_coordinator[HOSTED])}, compared with an independent "
        "one."
    )
    yield (
        "Without a coordinator, delegated authority alone makes change "
        f"{speed(against_none[ONE])}; all four remedies together make it "
        f"{speed(against_none[ALL])}. Compared with a coordinator, all four make it "
        f"{speed(against_coordinator[ALL])}."
    )


def on_trust(curve: Curve) -> Iterator[str]:
    """Tell what trust does to speed, and where it comes to rest."""
    without, with_one = curve.arms[WITHOUT], curve.arms[WITH]
    none, full = (100 * without.at(level).mean for level in (0.0, 1.0))
    yield (
        f"Were trust held, change without a coordinator would go at {fixed(none, 1)} % a year where "
        f"nobody trusts anybody, and at {fixed(full, 1)} % where all trust each other fully; 1 % more "
        f"trust goes with {fixed(without.elasticity.value, 2)} % more speed "
        f"(± {fixed(1.96 * without.elasticity.error, 2)})."
    )
    yield (
        f"Left to itself, trust comes to rest at {fixed(100 * without.rest['trust'].mean, 0)} of 100 "
        f"without a coordinator, at {fixed(100 * with_one.rest['trust'].mean, 0)} with one."
    )


def verdict(differences: Mapping[str, Difference], name: str, more: str, less: str) -> str:
    """Tell which way a difference goes, by how much and how often; or that it is not clear."""
    shown = change(differences[name], factor(name))
    places = certain_decimals(shown.half, shown.mean)
    while shown.direction and round(abs(shown.mean), places) <= round(shown.half, places):
        places += 1  # rounded further, what is clear would look as if it were not
    chance = f"± {fixed(shown.half, places)}{UNITS[name]}"
    if not shown.direction:
        size = fixed(shown.mean, places, sign=True)
        return f"neither clearly {more} nor {less} ({size} {chance})"
    share = differences[name].share_better
    if (shown.direction > 0) == (MEASURES[name].higher_is_better is False):
        share = 1 - share  # of pairs in which the arm does worse
    word = more if shown.direction > 0 else less
    return f"{word} by {fixed(abs(shown.mean), places)} {chance} (so in {percent(share)} of pairs)"


def next_steps(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Give commands to go on with, and what each is for."""
    a, b = scenario.organisation_names[:2]
    yield (
        "partnersim compare torbay --arm coordinator "
        "--arm 'late: coordinators=[{name=\"Ana\", from_month=60}]'",
        "Does it matter when the coordinator comes?",
    )
    yield (
        f"partnersim explain integrated-care --between {a} {b}",
        "Why did these two come to trust each other more, or less?",
    )
    yield (
        "partnersim curve integrated-care --arm all-remedies",
        "How fast would change be at each level of trust?",
    )
    yield (
        "partnersim run integrated-care --set ways_of_working.issue_avoidance=0.1 --out results",
        "One thing changed; tables and figures in a folder.",
    )
    yield (
        "partnersim new my-place.toml --from integrated-care",
        "A place of your own; the file explains what can be changed.",
    )
    yield "partnersim scenarios", "What else there is."


# --- The folder ----------------------------------------------------------------------------------


class DemoFolder(OutputFolder):
    """The demo's folder, in which only what the demo wrote, and nobody changed since, is written anew.

    Attributes
    ----------
    left_alone : list[str]
        Files that were not written, because others of the same names were there.

    Raises
    ------
    FolderError
        If the folder is a symbolic link, cannot be used, or its list of files is not the demo's.
    """

    LIST = ".written-by-the-demo.json"

    def __init__(self, path: Path) -> None:
        if full_path(path).is_symlink():
            raise FolderError(f"{path}: is a symbolic link; the demo wants a folder of its own")
        super().__init__(path, force=True)
        self.left_alone: list[str] = []
        self._digests = self._read_list()

    def _read_list(self) -> dict[str, str]:
        """Read the list of files that the demo wrote, with a digest of each."""
        file = self.path / self.LIST
        if not os.path.lexists(file):
            return {}
        try:
            if file.is_symlink():
                raise ValueError
            digests = parse_json(file.read_bytes(), "", "list")
            return {str(name): str(digest) for name, digest in digests.items()}
        except (OSError, ValueError, AttributeError):
            raise FolderError(
                f"{file}: is not the demo's list of its files; move it away, or give another "
                "folder with --out"
            ) from None

    def write(self, name: str, content: bytes | str) -> None:
        """Write one file, unless another is there that the demo did not write."""
        if not self._is_free(name):
            self.left_alone.append(name)
            return
        data = content.encode("utf-8") if isinstance(content, str) else content
        super().write(name, data)
        self._digests[name] = hashlib.sha256(data).hexdigest()
        super().write(self.LIST, json.dumps(self._digests, indent=1) + "\n")
        self.written.remove(self.LIST)

    def _is_free(self, name: str) -> bool:
        """Return whether a name is not taken, or taken by a file just as the demo wrote it."""
        file = self.path / name
        if not os.path.lexists(file):
            return True
        if file.is_symlink() or not file.is_file():
            return False
        return hashlib.sha256(file.read_bytes()).hexdigest() == self._digests.get(name)
