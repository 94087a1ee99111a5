"""The command that makes a report of a sweep: one page with all that is known of it."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from partnersim.cli import options
from partnersim.cli.analyse import analyse_all, measures_of, pairs_of
from partnersim.cli.base import ASK, app, json_text, progress_bar, refuse, say, tell, typed
from partnersim.cli.inputs import open_sweep, tell_unfinished

if TYPE_CHECKING:
    from partnersim.report.answers import Answer
    from partnersim.sweep.sweep import Sweep


@app.command(rich_help_panel=ASK)
def report(
    folder: options.FOLDER,
    answers: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[ANSWER]...",
            help="Folders that analyse, map, discover, calibrate ... have written with --out. If none is "
            "named: the analysis that the sweep's design is made for.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        options.option(metavar="FILE.html", help="The page to write; report.html in DIR if left out."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the page if there is one.")] = False,
) -> None:
    """Make a report of a sweep: one HTML page, offline, with plan, versions, commands, figures and tables."""
    opened = open_sweep(folder)
    file = out or folder / "report.html"
    check_page(file, force)
    status = opened.status()  # once: runs may land while this is made
    origin = tell_unfinished(opened, is_quiet=False)
    from partnersim.analysis.overview import look_over
    from partnersim.report.answers import read_answer

    read = [read_answer(answer, status.sweep_id, status.n_done) for answer in answers or ()]
    from partnersim.report.output import OutputFolder
    from partnersim.report.sweep_report import Asked, write_report

    target = OutputFolder(file.parent, force=force, names=[file.name])
    with progress_bar("Looking over", is_quiet=False) as update:
        found = look_over(opened, update) if status.n_done else None
    left_out: list[str] = []
    if not answers and found is not None:
        read, left_out = analyse_by_design(opened, folder, origin)
    page = write_report(opened, status, found, Asked(str(folder), typed(), read, left_out))
    target.write(file.name, page)
    for why in left_out:
        say(why)
    tell(f"Written: {file}, {len(page.encode()) / 1e6:.1f} MB. It needs no network, and prints.")


def check_page(file: Path, force: bool) -> None:
    """Refuse a page that cannot be written, before anything is computed."""
    from partnersim.scenario.file_paths import full_path

    path = full_path(file)
    if path.is_dir():
        raise refuse("--out", f"{file} is a folder; give the name of a file, such as {file / 'report.html'}")
    if path.exists() and not force:
        raise refuse("--out", f"{file} is there already; --force replaces it, or give another name")


def analyse_by_design(
    opened: Sweep, folder: Path, origin: Mapping[str, Any]
) -> tuple[list[Answer], list[str]]:
    """Make the answer of `analyse`, by the method that the design is made for; or say why there is none."""
    from partnersim.analysis.sensitivity import choose_method
    from partnersim.report.analyses import analysis_view, as_document, write_analysis
    from partnersim.report.answers import read_answer
    from partnersim.report.markdown import as_markdown
    from partnersim.report.output import OutputFolder
    from partnersim.scenario.errors import InputError

    try:
        method = choose_method(opened.plan, None)
        jobs = [(name, *pair) for name in measures_of(opened) for pair in pairs_of(opened)]
        found, skipped = analyse_all(opened, jobs, method)
    except InputError as error:
        return [], [f"No analysis of this sweep: {error}"]
    with tempfile.TemporaryDirectory() as scratch:
        place = OutputFolder(Path(scratch) / "analysis")
        place.command = shlex.join(["partnersim", "analyse", str(folder), "--out", place.path.name])
        write_analysis(place, json_text(as_document(found, skipped, opened)), found, origin)
        place.write("answer.md", as_markdown(analysis_view(found, skipped)))
        return [read_answer(place.path, origin["sweep"], origin["n_done"])], []
