"""What docs/report.md says holds: its commands run as written, and make what it says."""

from pathlib import Path

import pytest

from tests.commands import run_page
from tests.pages import code_blocks, read

PAGE = "docs/report.md"


@pytest.mark.slow
def test_commands_run_as_written(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    (plan,) = code_blocks(read(PAGE), "toml")
    (tmp_path / "asked.toml").write_text(plan, encoding="utf-8")
    run_page(read(PAGE), tmp_path)
    plain = (tmp_path / "asked" / "report.html").read_text(encoding="utf-8")
    asked = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "partnersim analyse asked --out analysis" in plain
    for name in ("which-matter", "map", "boxes"):
        assert f"Make the answer {name}: <code>partnersim" in asked
        assert {"answer.md", "codebook.csv", "provenance.json"} <= {
            f.name for f in (tmp_path / name).iterdir()
        }
