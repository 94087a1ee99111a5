"""The tutorial can be followed as it is written, and finds what it says."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.commands import run_line
from tests.pages import code_blocks, read

PAGE = read("docs/tutorial.md")


def scripts() -> dict[str, str]:
    """Scripts of the page by the names that it gives them."""
    names = re.findall(r"[Ss]ave this as\s+`(\w+\.py)`", PAGE)
    return dict(zip(names, code_blocks(PAGE, "python"), strict=True))


@pytest.mark.slow
def test_commands_run_as_written(tmp_path: Path) -> None:
    for name, text in scripts().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for block in code_blocks(PAGE, "sh"):
        for line in block.splitlines():
            run_line(line, tmp_path)
    assert (tmp_path / "answer" / "difference-forest.png").is_file()
    assert (tmp_path / "answer" / "provenance.json").is_file()


@pytest.mark.slow
def test_it_finds_what_it_says() -> None:
    """Each sentence that the reader is told to see, with the page's own settings."""
    said: dict[str, Any] = {}
    for text in scripts().values():
        exec(compile(text, "docs/tutorial.md", "exec"), said)
    coordinator, authority = said["shares"]["coordinator"], said["shares"]["delegated-authority"]
    assert coordinator.share > 1
    assert coordinator.effect_with_trust_frozen < 0
    assert coordinator.effect == pytest.approx(0.007, abs=0.001)  # 'about .7 %, give or take .1'
    assert authority.effect == pytest.approx(0.0045, abs=0.001)
    low, high = authority.ci95
    assert low < 0 < high < 0.5
    assert said["faster"][0.2][0] > 0
    assert said["faster"][0.8][1] < 0
