"""The gallery: every script runs as it stands and draws the picture that is shown."""

import re
import struct
from pathlib import Path

import pytest

from tests.commands import printed_by

DOCS = Path(__file__).resolve().parents[2] / "docs"
SCRIPTS = sorted((DOCS / "gallery").glob("*.py"))
MOST_LINES = 40

SMALLER = {"tournament": ("range(12)", "range(2)")}
"""What a script is told in place of something that only makes its numbers surer."""


def size_of(picture: Path) -> tuple[int, int]:
    """Width and height in pixels, from the head of a PNG file."""
    head = picture.read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", head[16:])
    return width, height


def test_every_script_is_shown_with_its_picture() -> None:
    page = (DOCS / "gallery.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\[(\w+\.py)\]\(gallery/\1\)", page, re.MULTILINE)
    pictures = re.findall(r"\]\(gallery/(\w+)\.png\)", page)
    assert len(SCRIPTS) == 6
    assert sorted(shown) == [script.name for script in SCRIPTS]
    assert [f"{name}.py" for name in pictures] == shown


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_script_is_short_and_says_what_it_does(script: Path) -> None:
    lines = script.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MOST_LINES
    assert lines[0].startswith('"""')


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_script_draws_its_picture(script: Path, tmp_path: Path) -> None:
    whole, few = SMALLER.get(script.stem, ("", ""))
    text = script.read_text(encoding="utf-8")
    assert whole in text
    (tmp_path / script.name).write_text(text.replace(whole, few, 1), encoding="utf-8")
    assert printed_by(script.name, folder=tmp_path, MPLBACKEND="Agg").strip()
    drawn = script.with_suffix(".png")
    assert {file.name for file in tmp_path.iterdir()} == {script.name, drawn.name}
    assert size_of(tmp_path / drawn.name) == size_of(drawn)
