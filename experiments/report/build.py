"""The report: python -m experiments.report.build [--out report]

One HTML page from what is stored of the experiments, with its pictures and tables beside it: it
opens offline and prints. Nothing is run. With a Chromium or Chrome on the machine there is a PDF.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from experiments.pictures import save_picture
from experiments.report import picture
from experiments.report.collect import Standing, Stored, collect
from experiments.report.contents import EXPERIMENTS, contents
from experiments.report.pages import Places, to_html
from experiments.report.summary import summary_page
from partnersim import __version__
from partnersim.model.version import MODEL_VERSION
from partnersim.report.page import render
from partnersim.runs.wording import plural

HERE = Path(__file__).resolve().parent
ROOT = EXPERIMENTS.parent
REFERENCES = ROOT / "docs" / "references.bib"
TITLE = "What the model shows, and what it answers"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE = 120
"""Seconds that a browser may take to print."""


def build(found: Sequence[Stored], out: Path, model: str) -> Path:
    """Write the report.

    Parameters
    ----------
    found
        What is stored, in the order of the report.
    out
        The folder, which is emptied of an earlier report.
    model
        Version of the present model.

    Returns
    -------
    Path
        The page.
    """
    clear(out)
    places = Places(out, {stored.folder.resolve(): stored.experiment.slug for stored in found})
    if drawn := picture.draw(found):
        save_picture(drawn, out / picture.FILE)
    told = summary_page(found, picture=picture.FILE if drawn else "", model=model)
    summary = to_html(told, out, "summary", places)
    page = render(
        HERE / "template.html.j2",
        title=TITLE,
        version=__version__,
        model=model,
        standings=count_standings(found),
        summary=Markup(summary),
        problems=[stored for stored in found if stored.why],
        parts=[
            (stored, Markup(to_html(stored.text, stored.folder, stored.experiment.slug, places)))
            for stored in found
        ],
        references=places.copy(REFERENCES, "files", "docs"),
    )
    file = out / "index.html"
    file.write_text(page, encoding="utf-8")
    return file


def clear(out: Path) -> None:
    """Make the folder, without what an earlier report left there."""
    out.mkdir(parents=True, exist_ok=True)
    for name in ("pictures", "files"):
        shutil.rmtree(out / name, ignore_errors=True)
    for name in ("index.html", "report.pdf"):
        (out / name).unlink(missing_ok=True)


def count_standings(found: Sequence[Stored]) -> str:
    """How many results are current, and how many are not."""
    counts = Counter(stored.standing for stored in found)
    said = [f"{counts[standing]} {standing.value}" for standing in Standing if counts[standing]]
    return f"{plural(len(found), 'experiment')}: {', '.join(said)}."


def find_browser() -> str | None:
    """A browser that prints pages to PDF, if there is one."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def print_pdf(page: Path, browser: str) -> Path:
    """Print the report.

    Raises
    ------
    OSError
        If the browser does not do it, with what it said.
    """
    file = page.with_name("report.pdf")
    # Chromium refuses to run as root inside its own sandbox; what it opens is our own page.
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    with tempfile.TemporaryDirectory() as profile:
        command = [
            browser,
            "--headless",
            "--disable-gpu",
            *(["--no-sandbox"] if is_root else []),
            f"--user-data-dir={profile}",
            "--no-pdf-header-footer",
            "--generate-pdf-document-outline",
            f"--print-to-pdf={file}",
            page.resolve().as_uri(),
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise OSError(f"{browser} took more than {PATIENCE} seconds") from None
    if not file.is_file():
        raise OSError(f"{browser}: {done.stderr.strip()[-300:] or 'wrote nothing'}")
    return file


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("report"), help="folder to write to")
    parser.add_argument("--results", type=Path, default=EXPERIMENTS, help="folder of all results")
    parser.add_argument("--no-pdf", action="store_true", help="HTML only")
    options = parser.parse_args()
    model = MODEL_VERSION
    found = collect(contents(), options.results, model)
    try:
        page = build(found, options.out, model)
        print(f"{page}: {count_standings(found)}")
        for stored in found:
            if stored.why:
                print(f"{stored.experiment.folder}: {stored.standing.value}; {stored.why}")
        browser = None if options.no_pdf else find_browser()
        if browser:
            print(print_pdf(page, browser))
        elif not options.no_pdf:
            print("No PDF: there is no Chromium or Chrome. Any browser prints the page.")
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
