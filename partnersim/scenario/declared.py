"""The declaration of each place in a file: its type, range, unit and meaning."""

from __future__ import annotations

import ast
import inspect
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import PurePath
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, Tag
from pydantic.fields import FieldInfo

from partnersim.scenario.declarations import OwnWaysOfWorking, Partnership, Section, WaysOfWorking
from partnersim.scenario.errors import suggest

REQUIRED = "required"
"""The word that stands in place of a default where there is none."""


@dataclass(frozen=True)
class Place:
    """A place in a scenario, with all that is declared of it.

    Whatever is derived from it is kept, as a sweep asks for the same places at every point.
    """

    annotation: Any
    metadata: tuple[Any, ...] = ()
    unit: str = ""
    meaning: str = ""

    @cached_property
    def model(self) -> type[BaseModel]:
        """The pydantic model of a table."""
        model: type[BaseModel] = self.annotation
        return model

    @cached_property
    def is_table(self) -> bool:
        """True where a table stands here: a pydantic model."""
        return isinstance(self.annotation, type) and issubclass(self.annotation, BaseModel)

    @cached_property
    def container(self) -> type | None:
        """The container that stands here: `list`, `dict` or None."""
        return get_origin(self.annotation) if not self.is_table else None

    @cached_property
    def member(self) -> Place:
        """The place of a member of a list, or of a value of a table of shares."""
        return _bare(get_args(self.annotation)[-1]) if self.container else ANY_NUMBER

    @property
    def tagged(self) -> dict[str, Place]:
        """The alternatives of which one stands here, by pydantic's tag; empty where there is no choice."""
        if get_origin(self.annotation) not in (Union, UnionType):
            return {}
        return {
            entry.tag: _bare(choice)
            for choice in get_args(self.annotation)
            for entry in getattr(choice, "__metadata__", ())
            if isinstance(entry, Tag)
        }

    @cached_property
    def fields(self) -> dict[str, Place]:
        """The places of the fields of a table."""
        return {name: _child(self.model, name) for name in self.model.model_fields}

    def child(self, name: str) -> Place:
        """Find the place of a field of a table; of a number where a table takes any names."""
        return self.fields.get(name, ANY_NUMBER)

    def bound(self, side: Literal["ge", "le"]) -> float | None:
        """Give the lowest ('ge') or highest ('le') value, where there is one."""
        for entry in self.metadata:
            if hasattr(entry, side):
                return float(getattr(entry, side))
        return None

    def right(self, header: str, given: Any = None) -> str:
        """Tell which value would be right here, given what was there; `header` is that of a table."""
        if get_origin(self.annotation) is Literal:
            known = [str(value) for value in get_args(self.annotation)]
            if len(known) > 5 and isinstance(given, str):
                return f"no such {header.split('.')[-1]}; {suggest(given, known)}"
            return f"must be one of {', '.join(map(repr, known))}"
        has_quotes = isinstance(given, str) and self.annotation in (int, float, bool)
        return f"must be {self._wanted(header)}{', without quotes' if has_quotes else ''}"

    def _wanted(self, header: str) -> str:
        """Name the kind of value, in plain words."""
        if self.is_table or self.tagged:
            return wanted_table(header)
        if self.annotation is Any:
            return self.unit
        if self.container is list:
            if self.member.is_table:
                return f"a list of tables, each headed [[{header}]]"
            if self.member.annotation is Any:
                return "a list, such as [1, 2, 3]"
            return 'a list of names, such as ["a", "b"]'
        if self.container is dict:
            if self.member.tagged or self.member.annotation is Any:
                return wanted_table(header)
            return "a table of names and numbers, such as { a = 0.4, b = 0.6 }"
        if self.annotation is bool:
            return "true or false"
        if self.annotation is str:
            return self._wanted_text()
        kind = "a whole number" if self.annotation is int else "a number"
        low, high = self.bound("ge"), self.bound("le")
        if low is not None and high is None:
            return f"{kind}, {figure(low)} or more"
        if low is None or high is None:
            return f"{kind} (no NaN, no infinity)"
        if low == high:
            return figure(low)
        unit = "" if self.unit in _UNSPOKEN_UNITS else f" {self.unit}"
        return f"{kind} between {figure(low)} and {figure(high)}{unit}"

    def _wanted_text(self) -> str:
        if any("pattern" in str(entry) for entry in self.metadata):
            return f"{RIGHT_NAME}, in quotes"
        most = next((m.max_length for m in self.metadata if hasattr(m, "max_length")), None)
        return "text in quotes" if most is None else f"text in quotes, of at most {most} characters"


ANY_NUMBER = Place(float)

ROOT = Place(Partnership)
"""The place of a whole scenario."""


@cache
def _child(model: type[BaseModel], name: str) -> Place:
    """Return the place of a field of a model."""
    info = model.model_fields[name]
    place = _bare(info.annotation)
    extra = info.json_schema_extra
    unit = str(extra.get("unit", "")) if isinstance(extra, dict) else ""
    metadata = (*info.metadata, *place.metadata)
    return Place(place.annotation, metadata, unit, meaning_of(model, name))


def meaning_of(model: type[BaseModel], name: str) -> str:
    """Give the sentence that says what a field means: its description, or what stands below it."""
    above = [base for base in model.__mro__ if issubclass(base, Section) and base is not Section]
    if issubclass(model, OwnWaysOfWorking):
        above.append(WaysOfWorking)
    said = (_said_in(base.__module__).get((base.__name__, name)) for base in above)
    return model.model_fields[name].description or next(filter(None, said), "")


@cache
def _said_in(module: str) -> dict[tuple[str, str], str]:
    """Read the sentences in quotes below the fields of a module's tables, by table and field.

    pydantic would read them too, but at each start and ten times as slowly.
    """
    return {
        (table.name, field.target.id): " ".join(str(sentence.value.value).split())
        for table in ast.parse(inspect.getsource(sys.modules[module])).body
        if isinstance(table, ast.ClassDef)
        for field, sentence in pairwise(table.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(sentence, ast.Expr) and isinstance(sentence.value, ast.Constant)
    }


def wanted_table(header: str) -> str:
    """Tell how a table is written in a file."""
    return f"a table, headed [{header}] or in braces"


RIGHT_NAME = "a name of letters, digits, - and _ that starts with a letter, at most 40 in all"

_UNSPOKEN_UNITS = ("", "seed", "share", "ratio", "month", "version", "as stated", "as the lever")


def figure(bound: float) -> str:
    """Write an end of a range; where only computers count so far, as a power of two."""
    return f"{bound:.15g}" if abs(bound) < 1e15 else f"2^{math.log2(bound):.15g}"


def _bare(annotation: Any) -> Place:
    """Take an annotation apart: itself without an optional None, and its metadata beside it."""
    metadata: list[Any] = []
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *outer = get_args(annotation)
            for entry in outer:
                metadata += getattr(entry, "metadata", [entry])
        elif get_origin(annotation) in (Union, UnionType):
            some = [a for a in get_args(annotation) if a is not type(None)]
            if len(some) > 1:
                return Place(Union[tuple(some)], tuple(metadata))  # noqa: UP007
            annotation = some[0]
        else:
            return Place(annotation, tuple(metadata))


def find_place(location: Sequence[int | str], root: type[BaseModel] = Partnership) -> Place:
    """Find the declaration at a location of the validated data; that of a number where there is none."""
    place = Place(root)
    for step in location:
        if step == "[key]":
            break
        place = _inside(place, step)
    return place


def _inside(place: Place, step: int | str) -> Place:
    """Find the place that one step of a location leads to."""
    if place.tagged:
        return place.tagged[str(step)]
    return place.child(str(step)) if place.is_table else place.member


def without_tags(location: tuple[int | str, ...], root: type[BaseModel]) -> tuple[int | str, ...]:
    """Leave out of a location pydantic's tags, which stand in no file."""
    place, steps = Place(root), list[int | str]()
    for number, step in enumerate(location):
        if step == "[key]" or (place.is_table and step not in place.model.model_fields):
            return (*steps, *location[number:])
        if not place.tagged:
            steps.append(step)
        place = _inside(place, step)
    return tuple(steps)


def plain(value: Any) -> Any:
    """Turn a value that Python code gives into what a file would hold.

    Models are tables, numbers and arrays of NumPy are numbers and lists, and a table of pandas,
    polars or Arrow is its columns by name.
    """
    if isinstance(value, BaseModel):
        return plain(value.model_dump())
    if isinstance(value, Mapping):
        return {plain(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | range):
        return [plain(entry) for entry in value]
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "columns"):
        import pyarrow as pa

        table = pa.table(value)
        index = [name for name in table.column_names if name.startswith("__index_level_")]
        return table.drop_columns(index).to_pydict()
    for turn in ("tolist", "to_list"):  # of NumPy, pandas and Arrow, and of polars
        if hasattr(value, turn):
            return getattr(value, turn)()
    return value


def tables_in(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Give a table and all tables that may stand in it."""
    yield model
    for name in model.model_fields:
        place = _child(model, name)
        inner = place.member if place.container is list else place
        if inner.is_table:
            yield from tables_in(inner.model)


class ParameterRow(NamedTuple):
    """One thing that can be set: as the reference page, the command line and sliders need it."""

    path: str
    default: Any
    low: float | None
    high: float | None
    unit: str
    source: str
    meaning: str


@cache
def parameters() -> tuple[ParameterRow, ...]:
    """List everything that can be set, in order of declaration.

    A path holds ``<name>`` or ``<number>`` for a member of a list. The default is ``"required"``
    where there is none, and None where the thing is left out by default.
    """
    return tuple(rows_of(ROOT, ""))


def rows_of(place: Place, prefix: str) -> Iterator[ParameterRow]:
    """Give the rows of a table and of the tables in it, whose paths begin with a prefix."""
    for name, info in place.model.model_fields.items():
        child, path = place.child(name), f"{prefix}{name}"
        if not child.is_table:
            yield row_of(path, info, child)
        if child.is_table:
            yield from rows_of(child, f"{path}.")
        elif child.container is list and child.member.is_table:
            has_name = "name" in child.member.model.model_fields
            yield from rows_of(child.member, f"{path}.{'<name>' if has_name else '<number>'}.")


def row_of(path: str, info: FieldInfo, place: Place) -> ParameterRow:
    """Gather what is declared of one thing that can be set."""
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    default = None if info.is_required() else info.get_default(call_default_factory=True)
    return ParameterRow(
        path,
        REQUIRED if info.is_required() else plain(default),
        place.bound("ge"),
        place.bound("le"),
        place.unit,
        str(extra.get("source", "")),
        place.meaning,
    )
