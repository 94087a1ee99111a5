"""The one reader of what people write or edit: scenarios, plans, stories, sweeps and links.

A file is opened, decoded and parsed here and nowhere else, and whatever may be wrong with it is
said in one line that names it. What is read holds no value that the rest could not work with:
nothing too deep, no number too large for a float, and no text that cannot be written.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from partnersim.model.room import MOST_SEED
from partnersim.scenario.errors import ScenarioError, as_typed, error_at, explain_syntax, shown, suggest
from partnersim.scenario.file_paths import full_path

_PACKAGED = Path(__file__).with_name("packaged")

MAX_BYTES = 1_000_000
"""Larger files are refused; the largest scenarios that make sense take about 100 kB."""

MAX_DEPTH = 50
"""Tables and lists in one another; what is declared anywhere needs no more than ten."""

_LONG_KEY = re.compile(rf"(?<![\w-])(?:[\w-]+[ \t]*\.[ \t]*){{{MAX_DEPTH}}}")

_HALVES = re.compile("[\ud800-\udfff]")
"""Halves of characters: JSON and command lines may hold one alone, and no file can."""


# --- Files ----------------------------------------------------------------------------------------


@contextmanager
def open_file(path: Path, where: str, kind: str = "scenario") -> Iterator[BinaryIO]:
    """Open a file to read its bytes; `where` and `kind` say in messages which it is."""
    if os.path.isdir(path):
        raise error_at(where, [_directory(kind)])
    try:
        file = path.open("rb")
    except FileNotFoundError:
        near = suggest(path.stem, list(packaged_names()))
        near = f"; among the packaged scenarios, {near}" if kind == "scenario" else ""
        raise error_at(where, [f"there is no such file{near}"]) from None
    except OSError as error:
        raise error_at(where, [f"cannot be read: {error.strerror}"]) from None
    except ValueError:  # a NUL in the path, or half a character
        raise error_at(where, ["is not the path of a file"]) from None
    with file:
        try:
            yield file
        except OSError as error:
            raise error_at(where, [f"cannot be read: {error.strerror or error}"]) from None


def _directory(kind: str) -> str:
    named = ", or the name of a packaged scenario" * (kind == "scenario")
    return f"is a directory; give a {kind} file in it{named}"


def read_text(path: Path, kind: str = "scenario") -> str:
    """Read a file of a sensible size as text; `kind` says in messages what it should be."""
    where = str(path)
    if not where.isprintable():
        raise error_at(where, ["is not the path of a file"])
    with open_file(full_path(path), where, kind) as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        most = f"at most {MAX_BYTES / 1e6:g} MB are read"
        raise error_at(where, [f"is too large for a {kind}; {most}"])
    wanted = f"a {kind} is a TOML text file"
    try:
        text = _decode(content)
    except ScenarioError as error:
        raise error_at(where, [f"{error}; {wanted}"]) from None
    if "\0" in text:
        raise error_at(where, [f"is a binary file; {wanted}"])
    return text


def _decode(content: str | bytes) -> str:
    """Decode the bytes of a text."""
    try:
        # Some editors put a mark in front.
        return content.decode("utf-8-sig") if isinstance(content, bytes) else content
    except UnicodeDecodeError as error:
        raise ScenarioError(f"is not text in UTF-8, see byte {error.start + 1}") from None


# --- What stands in them --------------------------------------------------------------------------


def parse_toml(text: str, where: str, kind: str = "scenario") -> dict[str, Any]:
    """Read TOML; `where` and `kind` say in messages what text it is."""
    data: dict[str, Any] = _explained(tomllib.loads, text, where, kind)
    return data


def parse_json(content: bytes | str, where: str, kind: str) -> Any:
    """Read JSON; `where` and `kind` say in messages what text it is."""
    return _explained(json.loads, content, where, kind)


def _explained(loads: Callable[[str], Any], text: str | bytes, where: str, kind: str) -> Any:
    """Parse text, and explain what is wrong with it."""
    try:
        return parse(text, loads, kind)
    except ScenarioError as error:
        raise error_at(where, [str(error)]) from None
    except ValueError as error:
        raise error_at(where, [explain_syntax(_decode(text), error)]) from None


def parse(content: str | bytes, loads: Callable[[str], Any] = tomllib.loads, kind: str = "value") -> Any:
    """Parse TOML, or by `loads` something else.

    Raises
    ------
    ScenarioError
        For bytes that are no text, a nest that is too deep, and a value that nothing could work with.
    ValueError
        For what is no TOML.
    """
    text = _decode(content)
    try:
        # tomllib takes memory by the square of the length of a dotted key: 800 kB of 'a.a.a' kill it.
        if loads is tomllib.loads and _LONG_KEY.search(text):
            raise RecursionError
        data = loads(text)
        _check_values(data)
    except RecursionError:
        raise ScenarioError(f"is nested too deeply to be a {kind}") from None
    return data


def _check_values(data: Any) -> None:
    """Check that nothing is nested too deeply, too large to be a float, or cannot be written."""
    todo: list[tuple[tuple[str, ...], Any]] = [((), data)]
    while todo:
        path, value = todo.pop()
        if len(path) > MAX_DEPTH:
            raise RecursionError
        if isinstance(value, int) and abs(value) > MOST_SEED:
            raise ScenarioError(f"{_named(path)} = {shown(value)}: a whole number has at most 38 digits")
        if any(isinstance(text, str) and _HALVES.search(text) for text in (value, *path[-1:])):
            raise ScenarioError(f"{_named(path)}: has half a character in it, which no file can hold")
        if isinstance(value, dict | list):
            members = value.items() if isinstance(value, dict) else enumerate(value, 1)
            todo += [((*path, str(key)), member) for key, member in members]


def _named(path: tuple[str, ...]) -> str:
    """Write the keys that lead to a value as one dotted path."""
    return as_typed(".".join(path)) or "it"


# --- What comes with partnersim -------------------------------------------------------------------


def shipped(source: str) -> Path | None:
    """Find a file of the repository that the package reads; None where it is not in this installation.

    An installed package has it in itself (hatch_build.py sees to that), a copy of the repository beside it.
    """
    package = Path(__file__).parents[1]
    return next(filter(Path.is_file, (package / source, package.parent / source)), None)


def packaged() -> dict[str, str]:
    """List the scenarios that come with partnersim: name and title."""
    return {name: parse_toml(packaged_text(name), name)["title"] for name in packaged_names()}


def packaged_text(name: str) -> str:
    """Give the text of a packaged scenario's file, comments and all."""
    known = list(packaged_names())
    if name not in known:
        if name and os.path.isdir(name):
            raise error_at(name, [_directory("scenario")])
        near = suggest(name, known)
        known_as = "no packaged scenario has this name (a file is given by its path)"
        raise error_at(shown(name), [f"{known_as}; {near}"])
    return (_PACKAGED / f"{name}.toml").read_text(encoding="utf-8")


@cache
def packaged_names() -> tuple[str, ...]:
    """Return the names of the packaged scenarios, sorted."""
    return tuple(sorted(file.stem for file in _PACKAGED.glob("*.toml")))


def is_path(source: str) -> bool:
    """Return whether text means a path and not the name of a packaged scenario."""
    return "/" in source or "\\" in source or source.lower().endswith(".toml") or os.path.isfile(source)
