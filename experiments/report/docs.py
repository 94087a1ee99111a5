"""The summary in docs/evidence.md: python -m experiments.report.docs

Writes what is between the page's markers anew, and the picture of all claims, from what is stored;
and says on each stored page of results whether it was made with another model. Nothing is run.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from experiments.pictures import save_picture
from experiments.report import picture
from experiments.report.collect import RESULTS, Standing, Stored, collect
from experiments.report.contents import EXPERIMENTS, contents
from experiments.report.summary import summary_page

PAGE = EXPERIMENTS.parent / "docs" / "evidence.md"
PICTURE = EXPERIMENTS / "claims" / picture.FILE
BEGIN = "<!-- begin: written by python -m experiments.report.docs -->"
END = "<!-- end -->"


def link_to(stored: Stored) -> str:
    """Where an experiment is, as seen from the page: its results, or else what it is about."""
    folder = EXPERIMENTS / stored.experiment.folder
    names = (RESULTS, "README.md", "claim.toml", "study.toml")
    return _address(next(folder / name for name in names if (folder / name).is_file()))


def _address(file: Path) -> str:
    return Path(os.path.relpath(file, PAGE.parent)).as_posix()


def tables(found: Sequence[Stored]) -> str:
    """What stands between the markers."""
    is_drawn = any(True for _ in picture.rows(found))
    return summary_page(found, link_to, _address(PICTURE) if is_drawn else "")


def renew(text: str, new: str) -> str:
    """A page with the part between its markers put in anew.

    Raises
    ------
    ValueError
        If it has not both markers, each once and in order.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in rest or END in after:
        raise ValueError(f"must have the lines '{BEGIN}' and '{END}', each once and in this order")
    return f"{before}{BEGIN}\n\n{new}\n{END}{after}"


MARK = "> **Made with model "
"""How the line begins that says so."""


def marked(stored: Stored) -> str:
    """A page of results that says below its title if it was made with another model than the present."""
    lines = [line for line in stored.page.split("\n") if not line.startswith(MARK)]
    if stored.standing is Standing.OUT_OF_DATE:
        while len(lines) > 1 and not lines[1]:
            del lines[1]
        lines[1:1] = ["", f"{MARK}{stored.model or 'unknown'}, not with the model as it is.**", ""]
    return "\n".join(lines)


def main() -> int:
    argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0]).parse_args()
    try:
        text = PAGE.read_text(encoding="utf-8")
        found = collect(contents())
        new = renew(text, tables(found))
    except (OSError, ValueError) as error:
        print(f"{PAGE}: {error}", file=sys.stderr)
        return 2
    if drawn := picture.draw(found):
        save_picture(drawn, PICTURE)
    PAGE.write_text(new, encoding="utf-8")
    for stored in found:
        if stored.page and marked(stored) != stored.page:
            (stored.folder / RESULTS).write_text(marked(stored), encoding="utf-8")
    print(f"{PAGE}: {'as it was' if new == text else 'renewed'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
