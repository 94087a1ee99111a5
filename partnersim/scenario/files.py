"""Text of scenarios and plans: packaged or from a file, read as TOML."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from partnersim.scenario.errors import error_at, explain_syntax, shown, suggest
from partnersim.scenario.file_paths import full_path

MAX_BYTES = 1_000_000
"""Larger files are refused unread; the largest scenarios that make sense take about 100 kB."""


def parse_toml(text: str, where: str, kind: str = "scenario") -> dict[str, Any]:
    """Read TOML; `where` and `kind` say in messages what text it is."""
    try:
        return parse(text)
    except RecursionError:
        raise error_at(where, [f"nested too deeply to be a {kind}"]) from None
    except ValueError as error:
        raise error_at(where, [explain_syntax(text, error)]) from None


def parse(text: str) -> dict[str, Any]:
    """Parse TOML; RecursionError if it is nested too deeply, ValueError if it is no TOML."""
    # tomllib takes memory by the square of the length of a dotted key: 800 kB of 'a.a.a' kill it.
    if re.search(r"(?<![\w-])(?:[\w-]+[ \t]*\.[ \t]*){50}", text):
        raise RecursionError
    return tomllib.loads(text)


def packaged() -> dict[str, str]:
    """List the scenarios that come with partnersim: name and title."""
    return {name: tomllib.loads(packaged_text(name))["title"] for name in packaged_names()}


def packaged_text(name: str) -> str:
    """Give the text of a packaged scenario's file, comments and all."""
    known = list(packaged_names())
    if name not in known and name and Path(name).is_dir():
        raise error_at(name, [_DIRECTORY["scenario"]])
    if name not in known:
        near = suggest(name, known)
        known_as = "no packaged scenario has this name (a file is given by its path)"
        raise error_at(shown(name), [f"{known_as}; {near}"])
    return (files("partnersim") / "scenario" / "packaged" / f"{name}.toml").read_text(encoding="utf-8")


@cache
def packaged_names() -> tuple[str, ...]:
    """Names of the packaged scenarios, sorted."""
    folder = files("partnersim") / "scenario" / "packaged"
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
        raise error_at(shown(where), ["is not the path of a file"])
    path = full_path(path)
    if path.is_dir():
        raise error_at(where, [_DIRECTORY[kind]])
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise error_at(where, [_too_large(f"{size / 1e6:.1f} MB", kind)])
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        near = suggest(path.stem, list(packaged_names()))
        near = f"; among the packaged scenarios, {near}" if kind == "scenario" else ""
        raise error_at(where, [f"there is no such file{near}"]) from None
    except OSError as error:
        raise error_at(where, [f"cannot be read: {error.strerror}"]) from None
    if len(content) > MAX_BYTES:  # a pipe or a device does not tell its size beforehand
        raise error_at(where, [_too_large("more", kind)])
    return _decode(content, where, kind)


def _too_large(size: str, kind: str) -> str:
    return f"is too large for a {kind} ({size}); at most {MAX_BYTES / 1e6:g} MB are read"


def _decode(content: bytes, where: str, kind: str) -> str:
    """Decode the bytes of a text file."""
    try:
        text = content.decode("utf-8-sig")  # some editors put a mark in front
    except UnicodeDecodeError as error:
        at = f"byte {error.start + 1}"
        raise error_at(where, [f"is not text in UTF-8 ({at}); a {kind} is a TOML text file"]) from None
    if "\0" in text:
        raise error_at(where, [f"is a binary file; a {kind} is a TOML text file"])
    return text
