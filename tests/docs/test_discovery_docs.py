"""What docs/discovery.md says holds: commands and Python run as written."""

import json
import shutil
from pathlib import Path

import pytest

from tests.commands import run_page
from tests.pages import ROOT, read


@pytest.mark.slow
def test_commands_and_python_run_as_written(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    page = read("docs/discovery.md")
    shutil.copy(ROOT / "docs" / "examples" / "where.toml", tmp_path)
    run_page(page, tmp_path)
    for folder, file in (("phases", "phases-1.png"), ("speed", "map-1.png"), ("boxes", "box-1.png")):
        assert (tmp_path / folder / file).is_file()
    told = json.loads((tmp_path / "boxes" / "boxes.json").read_text(encoding="utf-8"))["boxes"][0]["sentence"]
    assert told in " ".join(page.split()), f"the page tells another box than: {told}"
