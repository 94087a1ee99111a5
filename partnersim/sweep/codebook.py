"""The codebook of a sweep: what each column of its tables means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

from partnersim.runs.codebook import Entry, codebook_csv, find_entries
from partnersim.sweep.parameters import Parameter
from partnersim.sweep.parquet import whole_file
from partnersim.sweep.store import Store, run_schema, series_schema


def parameter_entries(parameters: Mapping[str, Parameter]) -> dict[str, Entry]:
    """Describe what is varied, by path, as declared."""
    return {
        path: Entry(path, path, "" if p.unit == "none" else p.unit, p.meaning, p.least, p.most)
        for path, p in parameters.items()
    }


def describe_columns(
    columns: Mapping[str, Iterable[str]], parameters: Mapping[str, Parameter]
) -> dict[str, list[Entry]]:
    """Describe the columns of tables: parameters by their paths, as declared; others by their names."""
    varied, found = parameter_entries(parameters), {}
    for table, names in columns.items():
        names = list(names)
        known = find_entries(names, is_series=table == "series") | varied
        found[table] = [known[name] for name in names if name in known]
    return found


def codebook_of(store: Store) -> dict[str, list[Entry]]:
    """Describe the columns of the tables of a sweep, by table."""
    import pyarrow.parquet as pq

    columns = {"design": pq.read_schema(store.design_file).names, "runs": run_schema(store.plan).names}
    if store.plan.series is not None:
        columns["series"] = series_schema(store.plan).names
    return describe_columns(columns, store.plan.parameters_by_path)


def write_codebook(store: Store) -> None:
    """Put the codebook beside the Parquet files, which people read without partnersim."""
    file = store.folder / "codebook.csv"
    with suppress(OSError):  # it is in the way of no run
        if not file.exists():
            with whole_file(file) as opened:
                opened.write(codebook_csv(codebook_of(store)).encode())
