"""Scenarios as files and as text: TOML in and out, dotted paths, and one clear message on error.

The declarations are in `scenario`; everything here is derived from them: what would be right for
a key, where a dotted path leads, the reference of parameters and the schema for editors. Other
files that are declared in the same way are read, checked and explained by the same functions.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from itertools import islice
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, Tag, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from partnersim.scenario import (
    FORMAT,
    STRATEGIES,
    Attention,
    Coordinator,
    Scenario,
    complaints,
)

MAX_BYTES = 1_000_000
"""Larger files are refused unread; the largest scenarios that make sense take about 100 kB."""

MAX_PROBLEMS = 3
"""Problems that one message spells out; the others are counted."""

REQUIRED = "required"
"""Stands as the default of what has none."""

Model = TypeVar("Model", bound=BaseModel)


class ScenarioError(ValueError):
    """What is wrong with a scenario, in words for the person who wrote it."""


# --- Reading -------------------------------------------------------------------------------------


def load(source: str | Path) -> Scenario:
    """Read a packaged scenario by its name, or a scenario file by its path.

    Parameters
    ----------
    source
        A `Path`; or text that is taken for a path if it has a separator, ends in ``.toml`` or
        names a file that exists, and else for the name of a packaged scenario.

    Raises
    ------
    ScenarioError
        One clear message with file, key, value and what would be right.
    """
    if isinstance(source, str) and not is_path(source):
        return loads(packaged_text(source), where=source)
    return loads(read_text(Path(source)), where=str(source))


def loads(text: str, where: str = "<text>") -> Scenario:
    """Read a scenario from the text of a file; `where` names the text in messages."""
    data = parse_toml(text, where)
    if not data:
        raise _error(where, ["is empty; a scenario needs [[organisations]] or a [drawn] table"])
    version = data.get("format")
    if type(version) is int and version > FORMAT:
        newer = f"format = {version}: needs a newer partnersim; this one reads format {FORMAT}"
        raise _error(where, [newer])
    return validate(Scenario, data, where)


def parse_toml(text: str, where: str, kind: str = "scenario") -> dict[str, Any]:
    """Read TOML; `where` and `kind` say in messages what text it is."""
    try:
        return _parse(text)
    except RecursionError:
        raise _error(where, [f"nested too deeply to be a {kind}"]) from None
    except ValueError as error:
        raise _error(where, [_explain_syntax(text, error)]) from None


def _parse(text: str) -> dict[str, Any]:
    """Parse TOML; RecursionError if it is nested too deeply, ValueError if it is no TOML."""
    # tomllib takes memory by the square of the length of a dotted key: 800 kB of 'a.a.a' kill it.
    if re.search(r"(?<![\w-])(?:[\w-]+[ \t]*\.[ \t]*){50}", text):
        raise RecursionError
    return tomllib.loads(text)


def packaged() -> dict[str, str]:
    """List the scenarios that come with partnersim: name and title."""
    return {name: tomllib.loads(packaged_text(name))["title"] for name in _packaged_names()}


def packaged_text(name: str) -> str:
    """Give the text of a packaged scenario's file, comments and all."""
    known = list(_packaged_names())
    if name not in known and name and Path(name).is_dir():
        raise _error(name, [_DIRECTORY["scenario"]])
    if name not in known:
        near = suggest(name, known)
        known_as = "no packaged scenario has this name (a file is given by its path)"
        raise _error(_shown(name), [f"{known_as}; {near}"])
    return (files("partnersim") / "scenarios" / f"{name}.toml").read_text(encoding="utf-8")


@cache
def _packaged_names() -> tuple[str, ...]:
    """Names of the packaged scenarios, sorted."""
    folder = files("partnersim") / "scenarios"
    found = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def is_path(source: str) -> bool:
    """Whether text means a path and not the name of a packaged scenario."""
    if "/" in source or "\\" in source or source.lower().endswith(".toml"):
        return True
    try:
        return Path(source).is_file()
    except ValueError:  # a NUL in the text
        return False


_DIRECTORY = {
    "scenario": "is a directory; give a scenario file in it, or the name of a packaged scenario",
    "plan": "is a directory; give a plan file in it",
}


def read_text(path: Path, kind: str = "scenario") -> str:
    """Read a file of a sensible size as text; `kind` says in messages what it should be."""
    where = str(path)
    if not where.isprintable():
        raise _error(_shown(where), ["is not the path of a file"])
    if path.is_dir():
        raise _error(where, [_DIRECTORY[kind]])
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise _error(where, [_too_large(f"{size / 1e6:.1f} MB", kind)])
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        near = suggest(path.stem, list(_packaged_names()))
        near = f"; among the packaged scenarios, {near}" if kind == "scenario" else ""
        raise _error(where, [f"there is no such file{near}"]) from None
    except OSError as error:
        raise _error(where, [f"cannot be read: {error.strerror}"]) from None
    if len(content) > MAX_BYTES:  # a pipe or a device does not tell its size beforehand
        raise _error(where, [_too_large("more", kind)])
    return _decode(content, where, kind)


def _too_large(size: str, kind: str) -> str:
    return f"is too large for a {kind} ({size}); at most {MAX_BYTES / 1e6:g} MB are read"


def _decode(content: bytes, where: str, kind: str) -> str:
    """Decode the bytes of a text file."""
    try:
        text = content.decode("utf-8-sig")  # some editors put a mark in front
    except UnicodeDecodeError as error:
        at = f"byte {error.start + 1}"
        raise _error(
            where, [f"is not text in UTF-8 ({at}); a {kind} is a TOML text file"]
        ) from None
    if "\0" in text:
        raise _error(where, [f"is a binary file; a {kind} is a TOML text file"])
    return text


def validate(model: type[Model], data: Mapping[str, Any], where: str) -> Model:
    """Check the data of a file against its declarations, everything at once.

    Raises
    ------
    ScenarioError
        One message that names the first problems and counts the others.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False)
        # What does not fit together comes as one error of many lines, one for each complaint.
        total = sum(len(_said(detail).splitlines() or " ") for detail in details)
        # Only the first ones are put in words: there may be 100,000.
        first = list(islice(_problems(details, data, model), MAX_PROBLEMS))
        raise _error(where, first, total) from None


# --- Wording of errors ---------------------------------------------------------------------------


def _error(where: str, problems: list[str], total: int = 1) -> ScenarioError:
    """Make one message of at most a few lines of all that is wrong, or of the first of it."""
    head = f"{where}: " if where else ""
    lines = [_cut(problem) for problem in problems[:MAX_PROBLEMS]]
    if total == 1:
        return ScenarioError(head + lines[0])
    more = total - len(lines)
    tail = [f"  and {more} more"] if more else []
    return ScenarioError(
        "\n".join([f"{head}{total} things are wrong:", *(f"  {x}" for x in lines), *tail])
    )


def _cut(text: str, length: int = 300) -> str:
    """Shorten text in its middle; what would be right stands at its end."""
    if len(text) <= length:
        return text
    return f"{text[: length // 2]} ... {text[-length // 2 :]}"


def _shown(value: Any) -> str:
    """Show a value as in a TOML file, short, on one line and without control characters."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, BaseModel):
        value = value.model_dump()
    if isinstance(value, dict):
        return "{...}" if value else "{}"
    if isinstance(value, list | tuple):
        return "[...]" if value else "[]"
    try:
        text = repr(value) if isinstance(value, str) else str(value)
    except ValueError:  # too many digits to print
        return "a huge number"
    return text if len(text) <= 60 else f"{text[:50]}..."


def _as_typed(text: str) -> str:
    """Show text as it was typed, if it is short and can be printed."""
    return text if text.isprintable() and len(text) <= 80 else _shown(text)


def suggest(name: str, known: list[str]) -> str:
    """Name the nearest known name, or all of them."""
    # Compared without regard to capitals, and to '-' for '_', which people confuse.
    plain = {candidate.lower().replace("-", "_"): candidate for candidate in reversed(known)}
    near = get_close_matches(name.lower().replace("-", "_"), list(plain), n=1, cutoff=0.6)
    if near:
        return f"did you mean {plain[near[0]]!r}?"
    most = 10
    return f"there are {', '.join(known[:most])}{', ...' * (len(known) > most)}"


def _said(detail: ErrorDetails) -> str:
    """Repeat what a check of our own said; nothing for a check of pydantic's."""
    return str(detail.get("ctx", {}).get("error", ""))


def _problems(
    details: list[ErrorDetails], data: Mapping[str, Any], root: type[BaseModel]
) -> Iterator[str]:
    """Each thing that pydantic found, as 'key = value: what would be right'."""
    for detail in details:
        location = _untagged(detail["loc"], root)
        key = _dotted(location, data)
        header = ".".join(_quoted(step) for step in location if isinstance(step, str))
        match detail["type"]:
            case "value_error" if not location:
                yield from _said(detail).splitlines()
            case "value_error":
                yield f"{key}: {_said(detail)}"
            case "extra_forbidden":
                known = list(_find(detail["loc"][:-1], root).model.model_fields)
                wrong = _unknown_key(str(location[-1]), known, root)
                yield f"{key} = {_shown(detail['input'])}: {wrong}"
            case "missing":
                yield f"{key}: missing; {_find(detail['loc'], root).right(header)}"
            case "union_tag_invalid" | "union_tag_not_found":
                yield _wrong_type(key, header, detail["input"], list(_find(location, root).tagged))
            case _ if location[-1] == "[key]":
                yield f"{key}: the key must be {_RIGHT_NAME}"
            case _:
                right = _find(detail["loc"], root).right(header, detail["input"])
                yield f"{key} = {_shown(detail['input'])}: {right}"


def _wrong_type(key: str, header: str, given: Any, known: list[str]) -> str:
    """Say what is wrong with the `type` of a table that has several."""
    if not isinstance(given, Mapping):
        return f"{key} = {_shown(given)}: must be {_wanted_table(header)}"
    if "type" not in given:
        return f"{key}.type: missing; must be one of {', '.join(map(repr, known))}"
    name = given["type"]
    return f"{key}.type = {_shown(name)}: no such {key}; {suggest(str(name)[:60], known)}"


def _dotted(location: tuple[int | str, ...], data: Any) -> str:
    """Write the path of a location, with members of lists by name, or by number from 1."""
    parts = []
    for step in location:
        if step == "[key]":
            break
        if isinstance(step, int):
            data = data[step] if isinstance(data, list | tuple) and step < len(data) else None
            parts.append(_member_name(data, step))
        else:
            data = data.get(step) if isinstance(data, Mapping) else getattr(data, step, None)
            parts.append(_quoted(step))
    return ".".join(parts)


def _quoted(key: str) -> str:
    """Write a key as in TOML: in quotes where it has a dot, say."""
    return key if re.fullmatch(r"[\w-]+", key) else f'"{key}"' if "." in key else repr(key)


def _member_name(member: Any, index: int) -> str:
    """Give what stands for a member of a list in a dotted path."""
    name = member.get("name") if isinstance(member, Mapping) else getattr(member, "name", None)
    if isinstance(name, str) and re.fullmatch(r"[A-Za-z][\w-]*", name):
        return name
    return str(index + 1)


def _unknown_key(name: str, known: list[str], root: type[BaseModel] = Scenario) -> str:
    """Say what is wrong with a key that a table, whose keys are `known`, does not have."""
    rows = parameters() if root is Scenario else []
    elsewhere = [row.path for row in rows if row.path.split(".")[-1] == name]
    if elsewhere and not get_close_matches(name, known, n=1, cutoff=0.8):
        path = min(elsewhere, key=len)
        if path == name:
            return f"no such key here; {name} stands above the first [table]"
        return f"no such key here; did you mean {path!r}?"
    return f"no such key; {suggest(name, known)}"


_CLOSE = "; close what was opened, a quote or a bracket"


def _explain_syntax(text: str, error: ValueError) -> str:
    """Where and why text is no TOML, with a hint for the usual slips."""
    found = re.search(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", str(error))
    if not found:
        return "not TOML; it holds a number with too many digits"
    what = found[1][:1].lower() + found[1][1:]
    if not found[2]:
        is_open = what.startswith(("expected", "invalid", "unclosed", "unterminated"))
        return f"not TOML at its end: {what}{_CLOSE * is_open}"
    line = text.split("\n")[int(found[2]) - 1].strip()
    value = line.partition("=")[2].partition("#")[0].strip()
    return f"line {found[2]}, {_as_typed(line)}: not TOML, {what}{_hint_for_value(value)}"


def _hint_for_value(value: str) -> str:
    """Say what a value that TOML cannot read may have meant; empty for no idea."""
    if value.lower() in ("true", "false"):
        return f"; write {value.lower()}"
    if value.lower() in ("none", "null"):
        return '; write "" for none'
    if re.fullmatch(r"[+-]?\.\d+", value):
        return f"; write {value.replace('.', '0.')}"
    if re.fullmatch(r"[+-]?\d+\.", value):
        return f"; write {value}0"
    if re.fullmatch(r"[A-Za-z][^\"'\[\]{}=]*", value) and value.isprintable():
        return f'; text stands in quotes: "{value}"'
    return ""


# --- What is declared where ----------------------------------------------------------------------


class Place(NamedTuple):
    """What the declarations say of one place in a scenario."""

    annotation: Any
    metadata: tuple[Any, ...] = ()
    unit: str = ""
    meaning: str = ""

    @property
    def model(self) -> type[BaseModel]:
        """The model of a table."""
        model: type[BaseModel] = self.annotation
        return model

    @property
    def is_table(self) -> bool:
        """Whether a model stands here."""
        return isinstance(self.annotation, type) and issubclass(self.annotation, BaseModel)

    @property
    def container(self) -> type | None:
        """`list`, `dict` or None."""
        return get_origin(self.annotation) if not self.is_table else None

    @property
    def member(self) -> Place:
        """The place of a member of a list, or of a value of a table of shares."""
        return _bare(get_args(self.annotation)[-1])

    @property
    def tagged(self) -> dict[str, Place]:
        """The places of which one stands here, by pydantic's tag; none where there is no choice."""
        if get_origin(self.annotation) not in (Union, UnionType):
            return {}
        return {
            entry.tag: _bare(choice)
            for choice in get_args(self.annotation)
            for entry in getattr(choice, "__metadata__", ())
            if isinstance(entry, Tag)
        }

    def child(self, name: str) -> Place:
        """Find the place of a field of a table; of a number where a table takes any names."""
        return _child(self.model, name)

    def bound(self, side: Literal["ge", "le"]) -> float | None:
        """Give the lowest ('ge') or highest ('le') value, where there is one."""
        for entry in self.metadata:
            if hasattr(entry, side):
                return float(getattr(entry, side))
        return None

    def right(self, header: str, given: Any = None) -> str:
        """Say what would be right here, given what was there; `header` is that of a table."""
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
            return _wanted_table(header)
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
                return _wanted_table(header)
            return "a table of names and numbers, such as { a = 0.4, b = 0.6 }"
        if self.annotation is bool:
            return "true or false"
        if self.annotation is str:
            return self._wanted_text()
        kind = "a whole number" if self.annotation is int else "a number"
        low, high = self.bound("ge"), self.bound("le")
        if low is not None and high is None:
            return f"{kind}, {low:.15g} or more"
        if low is None or high is None:
            return f"{kind} (no NaN, no infinity)"
        if low == high:
            return f"{low:.15g}"
        unit = "" if self.unit in _UNSPOKEN_UNITS else f" {self.unit}"
        return f"{kind} between {low:.15g} and {high:.15g}{unit}"

    def _wanted_text(self) -> str:
        if any("pattern" in str(entry) for entry in self.metadata):
            return f"{_RIGHT_NAME}, in quotes"
        longest = next(m.max_length for m in self.metadata if hasattr(m, "max_length"))
        return f"text in quotes, of at most {longest} characters"


@cache
def _child(model: type[BaseModel], name: str) -> Place:
    """The place of a field of a model."""
    if name not in model.model_fields:
        return Place(float)
    info = model.model_fields[name]
    place = _bare(info.annotation)
    extra = info.json_schema_extra
    unit = str(extra.get("unit", "")) if isinstance(extra, dict) else ""
    metadata = (*info.metadata, *place.metadata)
    return Place(place.annotation, metadata, unit, info.description or "")


def _wanted_table(header: str) -> str:
    return f"a table, headed [{header}] or in braces"


_RIGHT_NAME = "a name of letters, digits, - and _ that starts with a letter, at most 40 in all"
_UNSPOKEN_UNITS = ("", "share", "ratio", "month", "version", "as stated", "as the lever")


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


def _find(location: tuple[int | str, ...], root: type[BaseModel]) -> Place:
    """Find the declaration at a location of the validated data."""
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


def _untagged(location: tuple[int | str, ...], root: type[BaseModel]) -> tuple[int | str, ...]:
    """Leave out of a location pydantic's tags, which stand in no file."""
    place, steps = Place(root), list[int | str]()
    for number, step in enumerate(location):
        if step == "[key]" or (place.is_table and step not in place.model.model_fields):
            return (*steps, *location[number:])
        if not place.tagged:
            steps.append(step)
        place = _inside(place, step)
    return tuple(steps)


# --- Dotted paths --------------------------------------------------------------------------------


FIT_TOGETHER = {
    "organisations", "drawn", "domains", "months", "calendar_start", "vision", "programme",
    "lead", "coordinators", "interventions", "events",
}  # fmt: skip
"""Parts of a scenario that have to fit together: what `scenario.complaints` looks at."""


def replace(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """Change some things of a scenario, and check what may be wrong by that.

    Parameters
    ----------
    scenario
        It stays as it is.
    changes
        Dotted path to value. Members of a list are named where they have a name, and numbered
        from 1 where not: ``organisations.council.planning_horizon``,
        ``programme.initiatives.1.size``. Text ``""`` or None at what may be left out leaves it
        out, as for ``organisations.council.ways_of_working.cross_links``.

    Raises
    ------
    ScenarioError
        For an unknown part of a path with the nearest known one, and as for a file.
    """
    known = Scenario.model_fields
    touched = known.keys() & {path.partition(".")[0] for path in changes}
    # A sweep does this for every point: only what changes is taken apart and checked.
    data = {name: getattr(scenario, name) for name in touched}
    for path, value in changes.items():
        _put(data, path, _plain(value))
    try:
        parts = {name: _part(name).validate_python(value) for name, value in data.items()}
        changed = scenario.model_copy(update=parts)
        if touched.isdisjoint(FIT_TOGETHER) or not any(complaints(changed)):
            return changed
    except ValidationError:
        pass
    return validate(Scenario, scenario.model_dump() | data, "")  # says what is wrong


@cache
def _part(name: str) -> TypeAdapter[Any]:
    """The check of one part of a scenario by itself."""
    info = Scenario.model_fields[name]
    # Annotated takes one metadata at least.
    checked: Any = Annotated[info.annotation, info, *info.metadata]
    return TypeAdapter(checked)


def first_months(scenario: Scenario, months: int) -> Scenario:
    """Let a scenario last for other months; what would begin after its end is left out."""
    data = scenario.model_dump()
    data["months"] = months
    if type(months) is int:
        for key, start in (
            ("coordinators", "from_month"),
            ("interventions", "from_month"),
            ("events", "month"),
        ):
            data[key] = [entry for entry in data[key] if entry[start] < months]
    return validate(Scenario, data, "")


def parse_assignment(text: str) -> tuple[str, Any]:
    """Read 'KEY=VALUE', as after ``--set``: a dotted path, and a value in TOML.

    Raises
    ------
    ScenarioError
        If there is no '=', no key, or no single value of TOML; an unquoted text gets a hint.
    """
    key, equals, value = (part.strip() for part in text.partition("="))
    if not equals:
        raise ScenarioError(f"{_as_typed(text)}: no '='; write KEY=VALUE, such as months=60")
    if not re.fullmatch(r"[\w-]+(\.[\w-]+)*", key):
        raise ScenarioError(
            f"{_as_typed(text)}: the part before '=' is no key; write KEY=VALUE with a dotted "
            "path as KEY, such as ways_of_working.delegated_authority=0.8"
        )
    return key, _parse_value(key, value)


def _parse_value(key: str, value: str) -> Any:
    """Read one value of TOML."""
    shown = f"{key}={_as_typed(value)}"
    if not value:
        raise ScenarioError(f'{shown}: no value after "="; write "" for none')
    try:
        data = _parse(f"x = {value}")
    except RecursionError:
        raise ScenarioError(f"{shown}: nested too deeply") from None
    except ValueError:
        hint = _hint_for_value(value) or '; text stands in quotes "...", a list in brackets [...]'
        raise ScenarioError(f"{shown}: not a value{hint}") from None
    if data.keys() != {"x"}:
        raise ScenarioError(f"{shown}: more than one value; give one")
    return data["x"]


def parse_arm(text: str) -> tuple[str, dict[str, Any]]:
    """Read 'NAME: KEY=VALUE; KEY=VALUE', as after ``--arm``: its name and its changes.

    Raises
    ------
    ScenarioError
        If a part is missing or empty, a key is set twice, or a value is no TOML.
    """
    example = "write 'NAME: KEY=VALUE; KEY=VALUE'"
    name, colon, body = (part.strip() for part in text.partition(":"))
    if not colon or "=" in name:
        raise ScenarioError(f"arm {_as_typed(text)!r}: no ':' after a name; {example}")
    if not name or not name.isprintable() or len(name) > 60:
        raise ScenarioError(
            f"arm {_as_typed(text)!r}: needs a name of 1 to 60 characters before ':'; {example}"
        )
    parts = [part.strip() for part in _split_outside(body)]
    if parts[-1] == "" and len(parts) > 1:
        parts.pop()
    changes: dict[str, Any] = {}
    for part in parts:
        if not part:
            raise ScenarioError(f"arm {name!r}: nothing is set after ':' or ';'; {example}")
        try:
            key, value = parse_assignment(part)
        except ScenarioError as error:
            raise ScenarioError(f"arm {name!r}: {error}") from None
        if key in changes:
            raise ScenarioError(f"arm {name!r}: {key} is set twice; set it once")
        changes[key] = value
    return name, changes


# Text in quotes as TOML has it, brackets, the separator; in this order where they overlap.
_TOKEN = re.compile(
    r'"""(?:\\.|.)*?"""' r"|'''.*?'''" r'|"(?:\\.|[^"\\])*"' r"|'[^']*'" r"|[\[\]{};]", re.DOTALL
)


def _split_outside(text: str) -> list[str]:
    """Split at each ';' that is in no quotes and no brackets."""
    parts, start, depth = [], 0, 0
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
        elif token[0] == ";" and depth == 0:
            parts.append(text[start : token.start()])
            start = token.end()
    return [*parts, text[start:]]


def _plain(value: Any) -> Any:
    """Turn models and NumPy scalars in a value into what a file would hold."""
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value.item() if getattr(value, "shape", None) == () else value


def _put(data: dict[str, Any], path: str, value: Any) -> None:
    """Set what a dotted path leads to, in the data of a scenario."""
    try:
        _put_at(data, path.split("."), value)
    except LookupError as error:
        raise ScenarioError(f"{_as_typed(path)} = {_shown(value)}: {error.args[0]}") from None


class Setting(NamedTuple):
    """One thing that is set in a scenario: what the declarations say of it, and its value."""

    place: Place
    value: Any


def find_setting(scenario: Scenario, path: str) -> Setting:
    """Find what a dotted path leads to.

    Raises
    ------
    ScenarioError
        For a path that leads nowhere, as for `replace`; also into a table that is left out.
    """
    place, parts = Place(Scenario), path.split(".")
    value: Any = scenario.model_dump()
    try:
        for done, part in enumerate(parts):
            above = ".".join(parts[:done])
            if value is None:
                raise LookupError(f"{above} is left out")
            step, place = _step(place, value, part, above)
            value = value.get(step) if isinstance(value, dict) else value[step]
    except LookupError as error:
        raise ScenarioError(f"{_as_typed(path)}: {error.args[0]}") from None
    return Setting(place, value)


def flatten(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes by dotted path, of changes that may be tables in tables.

    A section of the scenario in which only some things are named so changes only these, as with
    dotted paths; a list, and a table of weights, are changed as a whole.
    """
    found: dict[str, Any] = {}
    for path, value in changes.items():
        place = _declared_at(path)
        is_above = place is not None and (place.is_table or place.container is list)
        if is_above and isinstance(value, Mapping):
            found |= flatten({f"{path}.{key}": entry for key, entry in value.items()})
        else:
            found[path] = value
    return found


def _declared_at(path: str) -> Place | None:
    """What is declared at a dotted path in any scenario; None for nothing."""
    place = Place(Scenario)
    for part in path.split("."):
        if place.is_table and part in place.model.model_fields:
            place = place.child(part)
        elif not place.is_table and place.container is not None:
            place = place.member
        else:
            return None
    return place


def _put_at(data: dict[str, Any], parts: list[str], value: Any) -> None:
    """Set what the parts of a path lead to; LookupError says why they lead nowhere."""
    place, holder = Place(Scenario), data
    for done, part in enumerate(parts):
        above = ".".join(parts[:done])
        table, (step, place) = place, _step(place, holder, part, above)
        if done < len(parts) - 1:
            holder[step] = holder = _opened(holder[step], place)
    if place.annotation is str and value is None:
        value = ""
    elif place.annotation is not str and value == "" and _may_be_none(table, parts[-1]):
        value = None
    holder[step] = value


def _opened(value: Any, place: Place) -> Any:
    """A table or list of which parts can be set, and nothing else changes by that."""
    if value is None and place.is_table:  # [drawn], where there was none
        return {}
    if isinstance(value, BaseModel):
        return dict(value)
    return value.copy() if isinstance(value, list | dict) else value


def _may_be_none(table: Place, name: str) -> bool:
    """Whether a field of a table may be left out."""
    return table.is_table and table.model.model_fields[name].default is None


def _step(place: Place, holder: Any, part: str, above: str) -> tuple[Any, Place]:
    """One step of a path: the key or index in the data, and the declaration there."""
    if place.is_table and isinstance(holder, dict):
        known = list(place.model.model_fields)
        if part not in known:
            raise LookupError(_unknown_key(part, known))
        return part, place.child(part)
    if place.container is list and isinstance(holder, list):
        return _member_index(holder, part, above), place.member
    if place.container is dict and isinstance(holder, dict):
        return part, place.member
    raise LookupError(f"{above} = {_shown(holder)} has no parts to set")


def _member_index(members: list[Any], part: str, above: str) -> int:
    """Find the position of a member of a list, given by its name or by its number from 1."""
    names = [_member_name(member, index) for index, member in enumerate(members)]
    if part in names:
        return names.index(part)
    if part.isascii() and part.isdigit() and 1 <= int(part) <= len(names):
        return int(part) - 1
    if not names:
        raise LookupError(f"{above} is empty; set the whole list, as {above}=[{{...}}]")
    if all(name.isdigit() for name in names):
        raise LookupError(f"{above} has members 1 to {len(names)}")
    raise LookupError(f"{above} has no member {part!r}; {suggest(part, names)}")


# --- Writing -------------------------------------------------------------------------------------


def to_toml(scenario: Scenario) -> str:
    """Write a scenario as a TOML file: what differs from the defaults, in order of declaration.

    Reading the text gives an equal scenario.
    """
    import tomlkit

    document = tomlkit.document()
    document.add("format", tomlkit.item(scenario.format))
    _fill(document, scenario)
    return tomlkit.dumps(document)


def _fill(table: Any, section: BaseModel) -> None:
    """Put what differs from the defaults into a table of tomlkit."""
    import tomlkit

    tables: dict[str, Any] = {}
    for name, info in type(section).model_fields.items():
        value = getattr(section, name)
        if not info.is_required() and value == info.get_default(call_default_factory=True):
            continue
        if isinstance(value, Attention) or not _holds_tables(value):
            table.add(name, _item(value))
        else:
            tables[name] = value
    # TOML reads a key under the last header above it, so that tables come last.
    for name, value in tables.items():
        if isinstance(value, BaseModel):
            table.add(name, to_table(value))
        else:
            rows = tomlkit.aot()
            for member in value:
                rows.append(to_table(member))
            table.add(name, rows)


def to_table(section: BaseModel) -> Any:
    """Make a table of tomlkit of a section."""
    import tomlkit

    table = tomlkit.table()
    _fill(table, section)
    return table


def _holds_tables(value: Any) -> bool:
    """Whether a value is written under a header of its own."""
    return isinstance(value, BaseModel) or (
        isinstance(value, list) and any(isinstance(member, BaseModel) for member in value)
    )


def _item(value: Any) -> Any:
    """Give a value that stands on one line."""
    import tomlkit

    if isinstance(value, Attention):
        for name, point in STRATEGIES.items():
            if value == Attention(**point):
                return tomlkit.item(name)
        value = value.model_dump(exclude_defaults=True)
    if isinstance(value, dict):
        table = tomlkit.inline_table()
        table.update(value)
        return table
    return tomlkit.item(value)


# --- Reference -----------------------------------------------------------------------------------


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
def _rows() -> tuple[ParameterRow, ...]:
    return tuple(_walk(Place(Scenario), ""))


def parameters() -> list[ParameterRow]:
    """List everything that can be set, in order of declaration.

    A path holds ``<name>`` or ``<number>`` for a member of a list. The default is ``"required"``
    where there is none, and None where the thing is left out by default.
    """
    return list(_rows())


def _walk(place: Place, prefix: str) -> Iterator[ParameterRow]:
    """Rows of a table and of the tables in it."""
    for name, info in place.model.model_fields.items():
        child, path = place.child(name), f"{prefix}{name}"
        if not child.is_table or child.annotation is Attention:
            yield _row(path, info, child)
        if child.is_table:
            yield from _walk(child, f"{path}.")
        elif child.container is list and child.member.is_table:
            has_name = "name" in child.member.model.model_fields
            yield from _walk(child.member, f"{path}.{'<name>' if has_name else '<number>'}.")


def _row(path: str, info: FieldInfo, place: Place) -> ParameterRow:
    """Gather what is declared of one thing that can be set."""
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    default = None if info.is_required() else info.get_default(call_default_factory=True)
    return ParameterRow(
        path,
        REQUIRED if info.is_required() else _plain(default),
        place.bound("ge"),
        place.bound("le"),
        place.unit,
        str(extra.get("source", "")),
        info.description or "",
    )


def parameters_markdown() -> str:
    """Write the reference of everything that can be set, as Markdown: a table for each section."""
    groups: dict[str, list[ParameterRow]] = {}
    for row in parameters():
        groups.setdefault(row.path.rpartition(".")[0], []).append(row)
    return "\n".join(line for group, rows in groups.items() for line in _group(group, rows))


def _group(group: str, rows: list[ParameterRow]) -> Iterator[str]:
    """Give the lines of one table of the reference."""
    yield f"## `{group}`" if group else "## The scenario as a whole"
    yield ""
    yield str(_section_at(group).__doc__).replace("`ways_of_working`", "`[ways_of_working]`")
    yield ""
    yield "| key | default | range | unit | meaning | source |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        yield _line(*_cells(row), row.source)
    yield ""


def keys_markdown(model: type[BaseModel]) -> str:
    """Write the keys of one table of a file, as a table of Markdown."""
    place = Place(model)
    rows = [_row(name, info, place.child(name)) for name, info in model.model_fields.items()]
    head = ["| key | default | range | unit | meaning |", "|---|---|---|---|---|"]
    return "\n".join([*head, *(_line(*_cells(row)) for row in rows)]) + "\n"


def _cells(row: ParameterRow) -> tuple[str, ...]:
    """Key, default, range, unit and meaning of one thing that can be set."""
    has_range = row.low is not None and row.high is not None
    return (
        f"`{row.path.rpartition('.')[2]}`",
        _default_shown(row.default),
        f"{row.low:.15g} to {row.high:.15g}" if has_range else "",
        row.unit,
        row.meaning,
    )


def _line(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _section_at(group: str) -> type[BaseModel]:
    """Find the model whose fields stand at a path of the reference."""
    place = Place(Scenario)
    for part in group.split(".") if group else ():
        place = place.member if part.startswith("<") else place.child(part)
    return place.model


def _default_shown(default: Any) -> str:
    """Show a default as the reference page shows it."""
    if default is None:
        return "left out"
    if default == REQUIRED:
        return REQUIRED
    if isinstance(default, list):
        return ", ".join(f"`{entry}`" for entry in default) or "none"
    if isinstance(default, dict):
        return "`balanced`" if default else "none"
    if isinstance(default, float):
        return f"{default:g}"
    return _shown(default) if default != "" else "empty"


def json_schema() -> dict[str, Any]:
    """Make a JSON schema of scenario files, for completion and checks in editors.

    Draft 7, which editors' TOML extensions read. It knows names, types and ranges; that weights
    sum to 1 and names fit together is checked by `load` only.
    """
    schema = Scenario.model_json_schema(ref_template="#/definitions/{model}")
    schema["definitions"] = schema.pop("$defs")
    attention = schema["definitions"][Coordinator.__name__]["properties"]["attention"]
    attention["anyOf"] = [{"$ref": attention.pop("$ref")}, {"enum": list(STRATEGIES)}]
    tidy: dict[str, Any] = _tidy(schema)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A partnersim scenario",
        **tidy,
    }


def _tidy(node: Any) -> Any:
    """Fit pydantic's schema to draft 7 and to TOML, which has no null."""
    if isinstance(node, list):
        return [_tidy(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    # A title is the key in other words; `properties` may hold a key of that name.
    kept = {k: _tidy(v) for k, v in node.items() if k != "title" or isinstance(v, dict)}
    choices = [entry for entry in kept.get("anyOf", ()) if entry != {"type": "null"}]
    if len(choices) == 1:
        del kept["anyOf"]
        kept |= choices[0]
    if kept.get("default", ...) is None:
        del kept["default"]
    if "$ref" in kept and len(kept) > 1:  # draft 7 ignores what stands beside a reference
        kept["allOf"] = [{"$ref": kept.pop("$ref")}]
    return kept
