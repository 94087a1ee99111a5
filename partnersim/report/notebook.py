"""Show results in a notebook: a figure that says something, and a table.

Figures and tables are those of the files and of the command line; here they become HTML. Only
what a notebook shows is drawn, and only then is matplotlib loaded.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from partnersim.report.output import ledger_picture
from partnersim.report.tables import (
    arm_table,
    curve_table,
    enough_pairs,
    enough_runs,
    ledger_table,
    measures_table,
    number_table,
)
from partnersim.runs.curve import Curve
from partnersim.runs.ledger import Ledger
from partnersim.runs.results import Comparison, Results, said_variants
from partnersim.runs.wording import plural
from partnersim.scenario.errors import ScenarioError
from partnersim.sweep.sweep import Sweep

if TYPE_CHECKING:
    from partnersim.figures import Picture

DPI = 60
"""Resolution of figures, which are 768 by 432 pixels, some 30 kB."""

SERIES = "change_delivered"
"""The series that is drawn over the years, where series were kept."""


def as_html(shown: Results | Comparison | Curve | Ledger | Sweep) -> str:
    """Show results, a comparison, a curve, a ledger or a sweep as a piece of HTML: what notebooks display.

    Raises
    ------
    TypeError
        For anything else.
    """
    if isinstance(shown, Results):
        return show_results(shown)
    if isinstance(shown, Comparison):
        return show_comparison(shown)
    if isinstance(shown, Curve):
        return show_curve(shown)
    if isinstance(shown, Ledger):
        return show_ledger(shown)
    if isinstance(shown, Sweep):
        return show_sweep(shown)
    raise TypeError(
        f"shown: must be results, a comparison, a curve, a ledger or a sweep, not a {type(shown).__name__}"
    )


def show_results(results: Results) -> str:
    """Show the replicates of a scenario: the change delivered over the years, and all measures."""
    from partnersim import figures

    if SERIES in results.series:
        picture = figures.quantiles(results, SERIES)
    else:
        picture = figures.distribution(results, SERIES)
    runs = f"{plural(results.replicates, 'replicate')} of {plural(results.months, 'month')}"
    of_seed = f"seed {results.seed}{said_variants(results.variants)}"
    title = f"{results.scenario.title or 'Scenario'}: {runs}, {of_seed}"
    return _page(title, [picture], [measures_table(results)], enough_runs(results))


def show_comparison(comparison: Comparison) -> str:
    """Show arms against a base: how they differ, and a table for each arm."""
    from partnersim import figures

    differences = comparison.differences()
    base = comparison.results[comparison.base]
    if all(SERIES in results.series for results in comparison.results.values()):
        picture = figures.change_over_time(comparison)
    elif differences:
        picture = figures.difference_forest(comparison)
    else:
        picture = figures.distribution(base, SERIES)
    tables = [arm_table(comparison, arm, rows) for arm, rows in differences.items()]
    title = f"{base.scenario.title or 'Scenario'}: {', '.join(comparison.results)}"
    runs = f"{plural(base.replicates, 'pair')} of {plural(base.months, 'month')}, seed {base.seed}"
    own = {arm: said_variants(results.variants) for arm, results in comparison.results.items()}
    variants = "".join(f"; {arm}{said}" for arm, said in own.items() if said)
    tables = tables or [measures_table(base)]
    return _page(f"{title}; {runs}{variants}", [picture], tables, enough_pairs(comparison))


def show_curve(curve: Curve) -> str:
    """Show a trust-speed curve, and its table."""
    from partnersim.figures import trust_speed

    scenario = curve.arms[curve.base].scenario
    title = f"{scenario.title or 'Scenario'}: speed on trust; {plural(curve.replicates, 'replicate')} a point"
    return _page(f"{title}, seed {curve.seed}", [trust_speed(curve)], [curve_table(curve)], "")


def show_tables(results: Results | Comparison) -> str:
    """Show the tables alone, for a page that has pictures of its own."""
    if isinstance(results, Results):
        return _table(measures_table(results))
    differences = results.differences()
    return "".join(_table(arm_table(results, arm, rows)) for arm, rows in differences.items())


def show_sweep(sweep: Sweep) -> str:
    """Show a sweep: how far it is and, where its design can say so, what moves the change."""
    from partnersim import figures
    from partnersim.analysis.sensitivity import analyse

    found = sweep.status()
    table = number_table("runs", "done", "failed", "points", "arms", "replicates")
    numbers = (found.n_done, found.n_failed, found.n_points, found.n_arms, found.n_replicates)
    table.add_row(f"{found.n_runs:,}", *(f"{number:,}" for number in numbers))
    try:
        kept = sweep.plan.measure_names
        shown = SERIES if SERIES in kept else kept[0]
        pictures = [figures.sensitivity(analyse(sweep, shown))]
        note = ""
    except ScenarioError as error:  # too few points, or a design that says nothing of it
        pictures, note = [], str(error)
    title = f"{sweep.plan.base.title or 'Scenario'}: sweep in {sweep.folder}"
    return _page(title, pictures, [table], note)


def show_ledger(ledger: Ledger) -> str:
    """Show why trust changed, over all links and months."""
    everybody = (None, None)
    return _page(
        f"{ledger.scenario.title or 'Scenario'}: why trust changed, replicate "
        f"{ledger.replicate}, seed {ledger.seed}{said_variants(ledger.variants)}",
        [ledger_picture(ledger, "", everybody, None)],
        [ledger_table(ledger, everybody, None)],
        " ".join(ledger.sentences()) + " This accounts for one run; others have other stories.",
    )


def _page(title: str, pictures: list[Picture], tables: list[Table], note: str) -> str:
    """Put title, figures, tables and a note in one piece of HTML."""
    shown = "".join([*map(_image, pictures), *map(_table, tables)])
    # What the command line names as an option is a keyword of `partnersim.run`.
    return f"<p><strong>{escape(title)}</strong></p>{shown}<p>{escape(note.replace('--', ''))}</p>"


def _image(picture: Picture) -> str:
    """Draw a picture into the page itself."""
    file = io.BytesIO()
    picture.figure.savefig(file, format="png", dpi=DPI)
    data = base64.b64encode(file.getvalue()).decode()
    title = escape(picture.title)
    return f'<img src="data:image/png;base64,{data}" alt="{title}" style="max-width: 100%">'


def _table(table: Table) -> str:
    """Turn a table for a terminal into one for a page: same words, same order."""
    caption = f"<caption>{_cell(table.title)}</caption>" if table.title else ""
    words = [_cell(column.header) for column in table.columns]
    head = "".join(f'<th scope="col">{said}</th>' if said else "<td></td>" for said in words)
    rows = zip(*(column.cells for column in table.columns), strict=True)
    body = "".join(f"<tr>{''.join(_row(row))}</tr>" for row in rows)
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row(cells: tuple[Any, ...]) -> Iterator[str]:
    """Make a row: words in the first column, numbers in the others."""
    weight = "bold" if isinstance(cells[0], Text) and cells[0].style == "bold" else "normal"
    style = f"text-align: left; font-weight: {weight}"
    yield f'<th scope="row" style="{style}">{_cell(cells[0])}</th>'
    for cell in cells[1:]:
        yield f'<td style="text-align: right; padding-left: 1em">{_cell(cell)}</td>'


def _cell(cell: Any) -> str:
    """Write the words of a cell, escaped; what stands in a group is indented."""
    if isinstance(cell, Padding):
        return "&emsp;" + _cell(cell.renderable)
    return escape(cell.plain if isinstance(cell, Text) else str(cell))
