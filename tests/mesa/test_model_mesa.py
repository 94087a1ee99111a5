"""Both ends of Mesa that the model is for are tested: each is pinned for some Python.

The fast tests, those of the model among them, run on every supported Python: .ci/run sees to it.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENDS = {"3.11": "3.3", "3.12": "3.5", "3.13": "3.5"}  # Mesa 3.4 and later need Python 3.12


def test_each_end_of_mesa_is_tested_on_some_python() -> None:
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = re.findall(
        r'^mesa==(\d+\.\d+)\S* ; python_version == "([\d.]+)"$', pins, re.MULTILINE | re.IGNORECASE
    )
    assert {python: mesa for mesa, python in pinned} == ENDS
