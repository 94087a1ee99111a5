"""Reads what was typed: scenarios, arms, plans, sweeps and folders, each checked before anything runs."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from partnersim.cli.base import agrees, refuse, say

if TYPE_CHECKING:
    from partnersim.report.output import OutputFolder
    from partnersim.report.tables import Links
    from partnersim.scenario.scenario import Scenario
    from partnersim.sweep.sweep import Sweep

MOST_NAMED = 6
"""Entries that --months leaves out which are named one by one."""

BASE = "base"
"""Name of the arm that is the scenario as it stands."""


# --- Scenarios ------------------------------------------------------------------------------------


def read_scenario(source: str, months: int | None, settings: Sequence[str] | None) -> Scenario:
    """Read a scenario, with the changes that were asked for."""
    from partnersim.scenario.assignments import parse_assignment
    from partnersim.scenario.paths import first_months, replace
    from partnersim.scenario.scenario import Scenario

    scenario = Scenario.load(source)
    if months is not None:
        whole, scenario = scenario, first_months(scenario, months)
        later = list(left_out(whole, scenario))
        if later:
            more = f" and {len(later) - MOST_NAMED} more" if len(later) > MOST_NAMED else ""
            say(f"Left out by --months {months}: {'; '.join(later[:MOST_NAMED])}{more}.")
    changes = dict(parse_assignment(text) for text in settings or ())
    return replace(scenario, changes) if changes else scenario


def left_out(whole: Scenario, part: Scenario) -> Iterator[str]:
    """Name what a scenario has and its first months have not, each with its month."""
    for kind, start, name in (
        ("coordinators", "from_month", "name"),
        ("interventions", "from_month", "lever"),
        ("events", "month", "type"),
    ):
        kept = getattr(part, kind)
        for entry in getattr(whole, kind):
            if entry not in kept:
                yield f"{entry.title or getattr(entry, name)} (month {getattr(entry, start)})"


def read_arms(scenario: Scenario, texts: Sequence[str]) -> dict[str, Scenario]:
    """Read the arms to compare, the scenario as it stands first."""
    from partnersim.scenario.arms import READY_ARMS, arm

    if not texts:
        raise refuse(
            "--arm",
            "give one at least: 'NAME: KEY=VALUE; KEY=VALUE', or a ready arm: " + ", ".join(READY_ARMS),
        )
    arms = {BASE: scenario}
    for text in texts:
        name, changed = arm(scenario, text)
        if name == BASE:
            raise refuse("--arm", f"{name!r} is the scenario as it stands; name the arm otherwise")
        if name in arms:
            raise refuse("--arm", f"{name!r} is named twice; each arm once")
        if changed.months != scenario.months:
            raise refuse(
                "--arm",
                f"{name!r} sets months = {changed.months}, the scenario has {scenario.months}; "
                "arms must last equally long: use --months for all",
            )
        arms[name] = changed
    return arms


def check_series(names: Sequence[str] | None) -> list[str]:
    """Check the names of series, and return each once."""
    from partnersim.runs.measures import ALL_SERIES
    from partnersim.scenario.errors import check_name

    for name in names or ():
        check_name(name, ALL_SERIES, "series")
    return list(dict.fromkeys(names or ()))


def read_links(scenario: Scenario, between: tuple[str, str] | None) -> Links:
    """Read the option that says whose trust is explained: each link in words and by name."""
    from partnersim.scenario.errors import check_name

    if between is None:
        return [("", (None, None))]
    known = scenario.organisation_names
    for name in between:
        check_name(name, known, "organisation")
    if between[0] == between[1]:
        raise refuse("--between", f"{between[0]!r} twice; name two organisations")
    titles = dict(zip(known, scenario.organisation_titles, strict=True))
    return [(f"{titles[a]} in {titles[b]}", (a, b)) for a, b in (between, between[::-1])]


# --- Folders and sweeps ---------------------------------------------------------------------------


def open_folder(path: Path | None, force: bool) -> OutputFolder | None:
    """Make the folder of --out, checked before anything is computed."""
    if path is None:
        if force:
            raise refuse("--force", "means nothing without --out")
        return None
    from partnersim.report.output import OutputFolder

    return OutputFolder(path, force=force)


def is_begun(folder: Path) -> bool:
    """Return whether a folder holds a sweep that was begun."""
    from partnersim.scenario.file_paths import full_path

    return (full_path(folder) / "sweep.json").exists()


def open_sweep(folder: Path) -> Sweep:
    """Open the sweep in a folder."""
    from partnersim.sweep.sweep import Sweep

    return Sweep.open(folder)


def tell_unfinished(opened: Sweep, *, is_quiet: bool) -> dict[str, Any]:
    """Tell how much of a sweep is still to come; return what an answer keeps of where it is from."""
    found = opened.status()
    if not is_quiet and (left := found.n_runs - found.n_done):
        say(f"{left:,} runs are still to come; this is without them.")
    plan = opened.plan
    return {
        "sweep": found.sweep_id,
        "design": plan.design.type,
        "seed": plan.seed,
        "n_runs": found.n_runs,
        "n_done": found.n_done,
    }


# --- Leave to run what a plan names ---------------------------------------------------------------


def ask_before_programs(files: Iterable[Path], is_agreed: bool, *, can_ask: bool) -> None:
    """Tell which files of Python a plan runs, and ask before those that nobody has agreed to.

    Who agrees does so once for a file in its folder, as it is: another one, or this one edited, is
    asked about again.
    """
    new = {file: mark for file in dict.fromkeys(files) if (mark := mark_of(file)) and not mark.exists()}
    if not new:
        return
    named = " and ".join(map(str, new))
    if is_agreed:
        say(f"Running Python that the plan names: {named}")
    else:
        ask(f"the plan has Python of its own run: {named}", "trust and run it", can_ask=can_ask)
    for mark in new.values():
        with suppress(OSError):  # then it is asked again
            mark.touch()


def mark_of(program: Path) -> Path | None:
    """Give the file whose being there says that a program may be run; None where there is none."""
    if not program.is_file():
        return None
    from partnersim.model.compiled import CACHE_FOLDER  # this person's own, or nobody's

    digest = hashlib.sha256(f"{program}\0".encode() + program.read_bytes()).hexdigest()
    return CACHE_FOLDER.parent / f"agreed-{digest}"


def ask(what: str, deed: str, *, can_ask: bool) -> None:
    """Ask whether to go on; refuse where nobody can answer."""
    from partnersim.runs.wording import capital

    if not (can_ask and is_terminal()):
        raise refuse("--yes", f"{what}. Give --yes to {deed}")
    if not agrees(f"{capital(what)}. {capital(deed)}?"):
        raise typer.Abort


def is_terminal() -> bool:
    """Return whether somebody is there to answer."""
    return sys.stdin.isatty()
