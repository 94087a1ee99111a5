"""What goes wrong with what people write, in words for the person who wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel

MAX_PROBLEMS = 3
"""Problems that one message spells out; the others are counted."""


class InputError(ValueError):
    """What somebody gave or asked for cannot be taken, in words for them; each kind has its name."""


class ScenarioError(InputError):
    """What is wrong with a scenario, in words for the person who wrote it."""


class MissingPackageError(InputError):
    """A package is missing, or is there in a version that does not do; says what installs it."""


class FolderError(InputError):
    """A folder, or a file in it, cannot be written to."""


class ServingError(InputError):
    """The app cannot be served as asked."""


def error_at(where: str, problems: list[str], total: int = 1) -> ScenarioError:
    """Make one message of at most a few lines of all that is wrong, or of the first of it."""
    head = f"{where}: " if where else ""
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


def as_typed(text: str) -> str:
    """Show text as it was typed, if it is short and can be printed."""
    return text if text.isprintable() and len(text) <= 80 else shown(text)


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
    """Refuse a name that there is not, and name the nearest; `what` is what it should be.

    Raises
    ------
    InputError
    """
    names = list(known)
    if name not in names:
        raise InputError(f"{name!r}: there is no {what} of this name; {suggest(str(name), names)}")


_CLOSE = "; close what was opened, a quote or a bracket"


def explain_syntax(text: str, error: ValueError) -> str:
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
    return f"line {found[2]}, {as_typed(line)}: not TOML, {what}{hint_for_value(value)}"


def hint_for_value(value: str) -> str:
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
