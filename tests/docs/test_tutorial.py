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


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The page followed from its top to its end: the folder, and what its scripts have named."""
    folder, named = tmp_path_factory.mktemp("tutorial"), dict[str, Any]()
    told = scripts()
    for block in code_blocks(PAGE, "sh"):
        for line in block.splitlines():
            if line.startswith("python "):
                own: dict[str, Any] = {}  # nothing that another script has named
                exec(compile(told.pop(line.removeprefix("python ")), line, "exec"), own)
                named |= own
            else:
                run_line(line, folder)
    assert not told
    return folder, named


@pytest.mark.slow
def test_commands_run_as_written(followed: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = followed
    assert (folder / "answer" / "difference-forest.png").is_file()
    assert (folder / "answer" / "provenance.json").is_file()


@pytest.mark.slow
def test_it_finds_what_it_says(followed: tuple[Path, dict[str, Any]]) -> None:
    """Each sentence that the reader is told to see, with the page's own settings."""
    _, said = followed
    coordinator, authority = said["shares"]["coordinator"], said["shares"]["delegated-authority"]
    assert coordinator.share > 1
    assert coordinator.effect_with_trust_frozen < 0
    assert coordinator.effect == pytest.approx(0.0035, abs=0.001)  # 'about .35 %, give or take .1'
    assert authority.effect == pytest.approx(0.0065, abs=0.001)
    low, high = authority.ci95
    assert low < 0 < high < 0.5
    assert said["faster"][0.2][0] > 0
    assert said["faster"][0.8][1] < 0
