"""The words of the app, which stand in `words.toml`: text by key, with names in braces to fill in.

The causes of changes of trust stand in the ledger (`runs/ledger.py`, `SAID`); here they are `cause.NAME`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from partnersim.runs.ledger import SAID
from partnersim.scenario.files import parse_toml


class Words:
    """Texts by dotted key; names in braces are filled in by `__call__`."""

    def __init__(self, texts: Mapping[str, str]) -> None:
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
def words() -> Words:
    """Load the texts of the app."""
    content = (files("partnersim") / "app" / "words.toml").read_text(encoding="utf-8")
    return Words(read_texts(content) | {f"cause.{name}": said for name, said in SAID.items()})


def read_texts(content: str) -> dict[str, str]:
    """Read a file of texts: text by dotted key."""
    return dict(_flatten(parse_toml(content, "words", "list of texts"), ""))


def _flatten(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)
