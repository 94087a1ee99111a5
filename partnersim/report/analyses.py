"""Sensitivity analyses on a screen and in a folder: tables, figures, and what they were made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.text import Text

from partnersim.figures.sensitivity import basis_in_words, ranking
from partnersim.figures.sweep import in_words
from partnersim.report.tables import house_table
from partnersim.runs.wording import NOTHING, capital, many, number, plural

if TYPE_CHECKING:
    from partnersim.analysis.sensitivity import Index, Sensitivity
    from partnersim.figures import Picture
    from partnersim.report.output import OutputFolder
    from partnersim.sweep.sweep import Sweep

COLUMNS = (
    *("measure", "arm", "against", "method", "month", "n_rows"),
    *("parameter", "other", "index", "value", "ci95_low", "ci95_high"),
)
"""Columns of the table of indices. `month` is empty but for series; there are fewer rows where it is to
be seen whether indices have settled."""

BASIS = (*("measure", "arm", "against", "method", "unit", "row"), *("n_rows", "n_left_out", "n_replicates"))
"""What a document says of each analysis, besides its luck, intervals and notes."""

IN_WORDS = {
    "first_order": "first order",
    "total_order": "total order",
    "mu_star": "mu*",
    "mu": "mu",
    "sigma": "sigma",
    "share": "share of variance",
    "pawn": "PAWN",
    "shapley": "Shapley share",
    "coefficient": "standardised coefficient",
}
"""The indices of a table on the screen; files have all."""


def index_rows(found: Sequence[Sensitivity]) -> Iterator[tuple[Any, ...]]:
    """Give the indices of some analyses, a row each: by month, by number of rows, and over all."""
    yield COLUMNS
    for one in found:
        whose = (one.measure, one.arm or "", one.against or "", one.method)
        for n_rows, indices in one.by_size.items():
            yield from ((*whose, "", n_rows, *index) for index in indices)
        by_month: dict[Any, list[Index]] = {**one.by_month} or {"": one.indices}
        for month, indices in by_month.items():
            yield from ((*whose, month, one.n_rows, *index) for index in indices)


def as_document(found: Sequence[Sensitivity], skipped: dict[str, str], sweep: Sweep) -> dict[str, Any]:
    """Collect all that was found, as data: what it is over, notes, and the rows of the table."""
    heads, *rows = index_rows(found)
    return {
        "sweep": sweep.status().sweep_id,
        "title": sweep.plan.base.title,
        "seed": sweep.plan.seed,
        "design": sweep.plan.design.type,
        "analyses": [
            {key: getattr(one, key) for key in BASIS}
            | {
                "luck": one.luck_policy,
                "intervals_over": [one.row, "replicate"] if one.draws_replicates else [one.row],
                "variance": one.luck._asdict() if one.luck else None,
                "notes": one.notes,
            }
            for one in found
        ],
        "skipped": skipped,
        "indices": [dict(zip(heads, row, strict=True)) for row in rows],
    }


def write_analysis(
    folder: OutputFolder, document: str, found: Sequence[Sensitivity], origin: Mapping[str, Any]
) -> None:
    """Write some analyses: the document as text, figures, the table of indices, where they are from."""
    tables = {"indices": index_rows(found)}
    folder.write_answer("indices.json", document, pictures_of(found), tables=tables, about=origin)


def analysis_view(found: Sequence[Sensitivity], skipped: Mapping[str, str]) -> Iterator[RenderableType]:
    """Show some analyses on a screen, and what is left out for which reason."""
    yield from map(sensitivity_view, found)
    for what, why in skipped.items():
        yield f"Left out, {what}: {why}"


def pictures_of(found: Sequence[Sensitivity]) -> Iterator[tuple[str, Picture]]:
    """Draw indices, how they settle, and how they change, each with the name of its file."""
    from partnersim import figures

    arms = list(dict.fromkeys((one.arm, one.against) for one in found))
    for one in found:
        number_of = arms.index((one.arm, one.against))  # names of arms may be anything
        name = f"{one.method}-{one.measure}" + (f"-{number_of}" if number_of else "")
        if one.by_month:
            yield f"{name}-over-time", figures.sensitivity_over_time(one)
            continue
        yield name, figures.sensitivity(one)
        if one.by_size:
            yield f"{name}-by-size", figures.sensitivity_by_size(one)


def sensitivity_view(one: Sensitivity) -> RenderableType:
    """Show an analysis on a screen: its message, a table of indices, and what it rests on."""
    from partnersim import figures

    title = (figures.sensitivity_over_time(one) if one.by_month else figures.sensitivity(one)).title
    kinds = [kind for kind in IN_WORDS if any(index.kind == kind for index in one.indices)]
    table = house_table()
    table.add_column("Parameter")
    for kind in kinds:
        table.add_column(IN_WORDS[kind], justify="right")
    for name in ranking(one):
        cells = [_cell(one.of(kind)[name]) for kind in kinds]
        table.add_row(Text(in_words(name)), *cells, style="" if one.is_clear(name) else "dim")
    basis = f"{plural(one.n_rows, one.row)} of {plural(one.n_replicates, 'replicate')}"
    if any(index.low == index.low for index in one.indices):
        over = many(one.row) + (" and replicates" if one.draws_replicates else "")
        basis += f"; in brackets 95 % intervals over {over}"
    if one.by_month:
        basis += f"; of month {max(one.by_month)}, files have the others"
    basis += "."
    notes = [basis, basis_in_words(one), *(f"{capital(note)}." for note in one.notes)]
    return Group(
        Text(title, style="bold"), table, *(Text(note, style="dim") for note in notes if note), Text()
    )


def _cell(index: Index) -> str:
    if index.value != index.value:
        return NOTHING
    if index.low != index.low:
        return number(index.value, 2, 4)
    value, low, high = (number(end, 2, 4) for end in index[3:])
    return f"{value} [{low}, {high}]"
