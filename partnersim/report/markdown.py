"""Markdown: what a command prints, to be kept as text; and text as part of an HTML page.

HTML in a text is shown as it is written and never becomes part of the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from markdown_it.token import Token

PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")

SIGNS = re.compile(r"[\\`*<|~]|(?<!\w)_|_(?!\w)|\](?=[(\[:])|&(?=#?\w+;)")
"""The signs that mean something in Markdown wherever they stand."""

AT_START = re.compile(r"^(\d*)([-+](?=\s|-|$)|[#>=]|(?<=\d)[.)](?=\s|$))")
"""The beginnings that make a line a list, a heading or a quotation."""


# --- From what is printed -------------------------------------------------------------------------


def as_markdown(parts: Iterable[RenderableType]) -> str:
    """Write what a command prints as Markdown: paragraphs, and tables with their titles above them."""
    blocks = (block for part in parts for block in _blocks(part))
    return "\n\n".join(blocks) + "\n"


def _blocks(part: RenderableType) -> Iterator[str]:
    if isinstance(part, Group):
        for inner in part.renderables:
            yield from _blocks(inner)
    elif isinstance(part, Padding):
        yield from _blocks(part.renderable)
    elif isinstance(part, Table):
        yield from _table(part)
    else:
        words = part.plain if isinstance(part, Text) else str(part)
        for line in filter(str.strip, words.splitlines()):
            said = literal(line.strip())
            yield f"**{said}**" if isinstance(part, Text) and "bold" in str(part.style) else said


def literal(words: str) -> str:
    """Write words so that Markdown shows them as they are."""
    return AT_START.sub(r"\1\\\2", SIGNS.sub(r"\\\g<0>", " ".join(words.split())))


def _table(table: Table) -> Iterator[str]:
    """Write a table: words in the first column, numbers in the others; a row without numbers is a heading."""
    if table.title:
        yield f"**{_cell(table.title)}**"
    sides = ("---" if column.justify != "right" else "---:" for column in table.columns)
    rows = zip(*(column.cells for column in table.columns), strict=True)
    lines = [
        map(_cell, (column.header for column in table.columns)),
        sides,
        *(map(_cell, row) for row in rows),
    ]
    yield "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(cell: RenderableType) -> str:
    if isinstance(cell, Padding):
        return _cell(cell.renderable)
    return literal(cell.plain if isinstance(cell, Text) else str(cell))


# --- To a page ------------------------------------------------------------------------------------


def in_line(text: str) -> str:
    """Turn one line of Markdown, such as a cell, into HTML."""
    return str(PARSER.renderInline(text))


def to_html(text: str, *, below: int = 1, mend: Callable[[list[Token]], None] = lambda tokens: None) -> str:
    """Turn Markdown with tables into HTML, its headings some levels `below`.

    `mend` is given the parts of each line, and changes what becomes of links and pictures.
    """
    tokens = PARSER.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + below, 6)}"
        mend(token.children or [])
    renderer = PARSER.renderer
    assert isinstance(renderer, RendererHTML)
    made = str(renderer.render(_mend_tables(tokens), PARSER.options, {}))
    return made.replace("<pre>", '<pre tabindex="0">')  # where it scrolls, keys have to reach it


def _mend_tables(tokens: Sequence[Token]) -> list[Token]:
    """Let wide tables scroll by themselves; say what is a heading, which cells that are empty are not."""
    from markdown_it.token import Token

    mended: list[Token] = []
    heading = ""
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            heading = tokens[index + 1].content
        if token.type == "th_open":
            token.attrSet("scope", "col")
            if not tokens[index + 1].content:
                token.tag, token.attrs = "td", {}
                tokens[index + 2].tag = "td"
        if token.type == "table_open":
            name = escape(f"Table: {heading}" if heading else "Table")
            opens = f'<div class="table" role="group" tabindex="0" aria-label="{name}">\n'
            mended.append(Token("html_block", "", 0, content=opens))
        mended.append(token)
        if token.type == "table_close":
            mended.append(Token("html_block", "", 0, content="</div>\n"))
    return mended
