"""Errors in what people write, in words for the person who wrote it."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel

MAX_PROBLEMS = 3
"""Problems that one message spells out; the others are counted."""


class InputError(ValueError):
    """Input that cannot be taken, in words for whoever gave it; each kind has a class of its own."""


class ScenarioError(InputError):
    """An error in a scenario, in words for the person who wrote it."""


class MissingPackageError(InputError):
    """A package is missing, or its version does not do; the message gives the command to install it."""


class FolderError(InputError):
    """A folder, or a file in it, cannot be written to."""


class ServingError(InputError):
    """The app cannot be served as asked."""


def error_at(where: str, problems: list[str], total: int = 1) -> ScenarioError:
    """Make one message of at most a few lines of all that is wrong, or of the first of it."""
    head = f"{_cut(as_typed(where, 1000))}: " if where else ""
    lines = [_cut(problem) for problem in problems[:MAX_PROBLEMS]]
    if total == 1:
        return ScenarioError(head + lines[0])
    more = total - len(lines)
    tail = [f"  and {more} more"] if more else []
    return ScenarioError("\n".join([f"{head}{total} things are wrong:", *(f"  {x}" for x in lines), *tail]))


def _cut(text: str, length: int = 300) -> str:
    """Shorten text in its middle; what would be right stands at its end."""
    if len(text) <= length:
        return text
    return f"{text[: length // 2]} ... {text[-length // 2 :]}"


def shown(value: Any) -> str:
    """Show any value as in a TOML file, short, on one line and without control characters."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | BaseModel):
        return "{}" if value == {} else "{...}"
    if isinstance(value, list | tuple):
        return "[...]" if value else "[]"
    if isinstance(value, int) and value.bit_length() > 10_000:
        return "a huge number"  # Python refuses to print one of more than 4300 digits
    try:
        text = repr(value[:60]) if isinstance(value, str) else str(value)
    except Exception:  # of whatever somebody's Python has put there
        text = f"a {type(value).__name__}"
    text = text if text.isprintable() else repr(text)
    return text if len(text) <= 60 else f"{text[:50]}..."


def as_typed(text: str, most: int = 80) -> str:
    """Show text as it was typed, if it is short and can be printed."""
    return text if text.isprintable() and len(text) <= most else shown(text)


def whole_number(name: str, value: Any, least: int, most: int) -> int:
    """Check the range of a whole number, and return it as an int; ValueError says what would be right."""
    try:
        number = operator.index(value)
    except TypeError:
        raise ValueError(f"{name} = {shown(value)}: must be a whole number") from None
    if wrong := out_of_range(number, least, most):
        raise ValueError(f"{name} = {wrong}")
    return number


def out_of_range(number: int, least: int, most: int) -> str:
    """Tell which number would be right in place of one too small or too large; empty if it is neither."""
    if number < least:
        return f"{shown(number)}: must be {least} or more"
    return f"{shown(number)}: must be at most {most:,}" if number > most else ""


def suggest(name: str, known: list[str]) -> str:
    """Name the nearest known name, or all of them."""
    # Compared without regard to capitals, and to '-' for '_', which people confuse.
    plain = {candidate.lower().replace("-", "_"): candidate for candidate in reversed(known)}
    near = get_close_matches(name.lower().replace("-", "_"), list(plain), n=1, cutoff=0.6)
    if near:
        return f"did you mean {plain[near[0]]!r}?"
    most = 10
    return f"there are {', '.join(known[:most])}{', ...' * (len(known) > most)}"


def check_name(name: str, known: Iterable[str], what: str) -> None:
    """Refuse an unknown name, and suggest the nearest; `what` is the kind of thing that it should name.

    Raises
    ------
    InputError
    """
    names = list(known)
    if name not in names:
        raise InputError(f"{shown(name)}: there is no {what} of this name; {suggest(str(name)[:60], names)}")


def explain_syntax(text: str, error: ValueError) -> str:
    """Tell where and why text is no TOML, or no JSON, with a hint for the usual slips."""
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}: not JSON, {error.msg[:1].lower()}{error.msg[1:]}"
    found = re.search(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", str(error))
    if not found:  # Python's limit, above which it would take too long
        line_number = 1 + re.split(r"\d[\d_]{4299,}", text, maxsplit=1)[0].count("\n")
        return f"line {line_number}: holds a number with too many digits; a whole number has at most 38"
    what = found[1][:1].lower() + found[1][1:]
    if not found[2]:
        is_open = what.startswith(("expected", "invalid", "unclosed", "unterminated"))
        return f"not TOML at its end: {what}{'; close what was opened, a quote or a bracket' * is_open}"
    line = text.split("\n")[int(found[2]) - 1].strip()
    value = line.partition("=")[2].partition("#")[0].strip()
    return f"line {found[2]}, {as_typed(line)}: not TOML, {what}{hint_for_value(value)}"


def hint_for_value(value: str) -> str:
    """Suggest what was meant by a value that TOML cannot read; empty where there is no idea."""
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
