"""The words of the app: one file for each language, `text/en.toml` first.

To translate the app, copy that file, translate what is right of the equals signs and leave names
in braces as they are. A file that lacks a text, has one too many or names something else in braces
is refused when it is loaded, so that nothing fails in front of a room. The causes of changes of
trust stand in the ledger (`runs/ledger.py`, `SAID`); a translation has them below `[cause]`.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from partnersim.runs.ledger import SAID
from partnersim.scenario.files import parse_toml

FIRST_LANGUAGE = "en"
"""The language that has every text; the others are checked against it."""


class Words:
    """All texts of one language.

    Parameters
    ----------
    language
        Its code, as in the `lang` of a page.
    texts
        Text by dotted key; names in braces are filled in by `__call__`.
    """

    def __init__(self, language: str, texts: Mapping[str, str]) -> None:
        self.language = language
        self.texts = texts
        self._below: dict[str, dict[str, str]] = {}

    def __call__(self, key: str, **values: object) -> str:
        """Give a text with its names filled in.

        Raises
        ------
        KeyError
            For a key or a name in braces that is not there: a fault of the program.
        """
        return self.texts[key].format(**values)

    def __contains__(self, key: str) -> bool:
        return key in self.texts

    def count(self, noun: str, n: int) -> str:
        """Write a number with its noun: '1 month', '21 months'."""
        form = "one" if n == 1 else "other"
        return self(f"count.{noun}.{form}", n=n)

    def below(self, key: str) -> dict[str, str]:
        """Return the texts below a key, by the rest of theirs; all callers share it, so only read it."""
        if key not in self._below:
            start = f"{key}."
            self._below[key] = {
                known.removeprefix(start): text
                for known, text in self.texts.items()
                if known.startswith(start)
            }
        return self._below[key]

    def listed(self, parts: list[str]) -> str:
        """Write a list: 'a, b and c'."""
        if len(parts) < 2:
            return "".join(parts)
        return self("list.last", first=", ".join(parts[:-1]), last=parts[-1])


@cache
def words(language: str = FIRST_LANGUAGE) -> Words:
    """Load the texts of a language.

    Raises
    ------
    ValueError
        For a language that is not there, and for a file that does not match the first language.
    """
    known = languages()
    if language not in known:
        raise ValueError(f"language = {language!r}: there are {', '.join(known)}")
    texts = read_texts((_folder() / f"{language}.toml").read_text(encoding="utf-8"))
    if language == FIRST_LANGUAGE:
        texts |= {f"cause.{name}": said for name, said in SAID.items()}
    else:
        check_texts(texts, words().texts, where=f"{language}.toml")
    return Words(language, texts)


@cache
def languages() -> tuple[str, ...]:
    """Return the codes of all languages, the first language first."""
    found = sorted(
        entry.name.removesuffix(".toml") for entry in _folder().iterdir() if entry.name.endswith(".toml")
    )
    return FIRST_LANGUAGE, *(name for name in found if name != FIRST_LANGUAGE)


def read_texts(content: str) -> dict[str, str]:
    """Read a file of texts: text by dotted key."""
    return dict(_flatten(parse_toml(content, "words", "language"), ""))


def check_texts(texts: Mapping[str, str], first: Mapping[str, str], where: str) -> None:
    """Compare a translation with the first language.

    Raises
    ------
    ValueError
        Naming the file, the key and what would be right.
    """
    for key in sorted(first.keys() - texts.keys()):
        raise ValueError(f"{where}: {key}: missing; in English: {first[key]!r}")
    for key in sorted(texts.keys() - first.keys()):
        raise ValueError(f"{where}: {key}: the app has no such text")
    for key, text in texts.items():
        if _placeholders(text) != _placeholders(first[key]):
            named = ", ".join(sorted(_placeholders(first[key]))) or "nothing"
            raise ValueError(f"{where}: {key}: in braces there must be {named}, as in English")


def _folder() -> Any:
    return files("partnersim") / "app" / "text"


def _flatten(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)


def _placeholders(text: str) -> set[str]:
    """Return the names in braces of a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
