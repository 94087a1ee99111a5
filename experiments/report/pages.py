"""Markdown pages of results as parts of one HTML page that needs no other host."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markdown_it.token import Token
from PIL import Image

from partnersim.report import markdown

MOST_BYTES = 1_000_000
"""Larger files are named and not copied."""

COPIED = {".csv", ".json", ".md", ".parquet", ".toml"}
"""What a page may link to and takes with it; programs are named only."""


@dataclass(frozen=True)
class Places:
    """Where things go.

    Attributes
    ----------
    out
        The folder of the report; pictures and files go into folders of it.
    anchors
        For each folder of an experiment, its anchor in the report.
    """

    out: Path
    anchors: Mapping[Path, str]

    def copy(self, file: Path, kind: str, slug: str) -> str:
        """Copy a file, and give its address as seen from the report."""
        folder = self.out / kind
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{slug}-{file.name}"
        shutil.copyfile(file, folder / name)
        return f"{kind}/{name}"


def to_html(text: str, folder: Path, slug: str, places: Places) -> str:
    """Turn a page into HTML.

    Parameters
    ----------
    text
        The page, Markdown with tables; HTML in it is shown as it is written.
    folder
        Where it lies: links and pictures start there.
    slug
        Goes before the names of what is copied.
    places
        Where things go.
    """
    return markdown.to_html(text, mend=lambda tokens: _mend_links(tokens, folder, slug, places))


def message_of(picture: Path) -> str:
    """The message that a figure was saved with; empty if it has none."""
    try:
        with Image.open(picture) as image:
            return str(image.info.get("Title", ""))
    except OSError:
        return ""


def _mend_links(tokens: Sequence[Token], folder: Path, slug: str, places: Places) -> None:
    """Let links and pictures lead somewhere in the report, or say that they do not."""
    is_dropped = False
    for token in tokens:
        if token.type == "image":
            _mend_picture(token, folder, slug, places)
        elif token.type == "link_open":
            address = _address(str(token.attrGet("href") or ""), folder, slug, places)
            is_dropped = address is None
            if address is None:
                token.tag, token.attrs = "span", {}
            else:
                token.attrSet("href", address)
        elif token.type == "link_close" and is_dropped:
            token.tag = "span"


def _mend_picture(token: Token, folder: Path, slug: str, places: Places) -> None:
    """Copy a picture, and give its own message as words in place of it."""
    file = folder / str(token.attrGet("src") or "")
    try:
        with Image.open(file) as image:
            width, height = image.size
    except OSError:
        what = "cannot be read" if file.is_file() else "is missing"
        token.type, token.tag, token.content = "text", "", f"(Picture {file.name} {what}.)"
        return
    token.attrSet("src", places.copy(file, "pictures", slug))
    token.attrSet("width", str(width))
    token.attrSet("height", str(height))
    message = message_of(file)
    if message:
        token.children = [Token("text", "", 0, content=message)]


def _address(link: str, folder: Path, slug: str, places: Places) -> str | None:
    """Where a link leads in the report; None for what is not in it."""
    if re.match(r"[a-z]+:", link):
        return link
    name, _, anchor = link.partition("#")
    if not name:
        return link if anchor in places.anchors.values() else None
    file = (folder / name).resolve()
    anchor = places.anchors.get(file.parent if file.suffix == ".md" else file)
    if anchor:
        return f"#{anchor}"
    if file.suffix in COPIED and file.is_file() and file.stat().st_size <= MOST_BYTES:
        return places.copy(file, "files", slug)
    return None
