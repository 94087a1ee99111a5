"""Markdown: what is printed is kept as it is, and nothing in a text becomes part of a page."""

import re
from html import unescape

import pytest
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from partnersim.report.markdown import as_markdown, literal, to_html

WORDS = [
    "1.0 [0.65, 1.4]", "1. first", "12) twelfth", "- dash", "+3 %", "+ plus", "# number", "> more", "---",
    "*a* **b** _c_ mean_speed a_b_", "<b>bold</b>", "[a](http://x) [b]: c", "a | b", "`code`", "&amp; & ~",
    r"a\b", "=", "![p](x.png)", "organisations.*.interdependence and x.*.y", "<https://example.org>",
]  # fmt: skip


@pytest.mark.parametrize("words", WORDS)
def test_words_stay_as_they_are(words: str) -> None:
    made = to_html(as_markdown([words]))
    assert re.fullmatch(r"<p>.*</p>\n", made), made
    assert unescape(made[3:-5]) == words
    assert f"<td>{words}</td>" in unescape(to_html(f"| head |\n|---|\n| {literal(words)} |"))


def test_tables_titles_and_groups_are_kept() -> None:
    table = Table(title="A title")
    table.add_column(Text("name"))
    table.add_column("value", justify="right")
    table.add_row(Padding(Text("a | b"), (0, 1)), "1")
    text = as_markdown([Text("Head", style="bold"), Group(table, Text(), Text("one\ntwo"))])
    assert text == (
        "**Head**\n\n**A title**\n\n| name | value |\n| --- | ---: |\n| a \\| b | 1 |\n\none\n\ntwo\n"
    )
    made = to_html(text)
    assert '<th scope="col">name</th>' in made and "<td>a | b</td>" in made


def test_html_in_a_text_is_shown() -> None:
    assert "<script>" not in to_html("<script>alert(1)</script>\n\n<b>x</b> [x](javascript:alert(1))")
    assert 'href="javascript' not in to_html("[x](javascript:alert(1))")
