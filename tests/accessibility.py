"""What axe-core finds wrong with a page, by the rules of WCAG 2.2 AA and its own good practice."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


@cache
def axe_script() -> str:
    """axe-core itself, as its package has it."""
    package = pytest.importorskip("axe_playwright_python", reason="needs axe-playwright-python")
    folder = Path(package.__file__).parent
    return next(folder.rglob("axe.min.js")).read_text(encoding="utf-8")


def violations(page: Any) -> list[str]:
    """What is wrong with what the page shows now; the page's policy must let scripts in.

    What is hidden has no faults by any rule, and what holds is not asked for: half of the time.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe_script())
    found = page.evaluate(
        "async (rules) => (await axe.run({exclude: ['[hidden]']}, {runOnly: rules, "
        "resultTypes: ['violations']})).violations.map(v => "
        "v.id + ': ' + v.nodes.map(n => n.html.slice(0, 150)).join(' | '))",
        list(RULES),
    )
    return list(found)
