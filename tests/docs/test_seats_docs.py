"""The page on seats for programs: its code runs as it stands, and its table is the rules."""

import re
from typing import Any

from partnersim.game.rules import rules
from tests.pages import code_blocks, read

PAGE = read("docs/seats.md")


def test_the_code_runs_as_it_stands() -> None:
    said: dict[str, Any] = {}
    for block in code_blocks(PAGE, "python"):
        exec(compile(block, "docs/seats.md", "exec"), said)
    assert set(said["game"].played[0]) == {"council", "hospital"}
    assert set(said["rewards"]) == {"council", "hospital"} and not said["env"].agents


def test_the_table_of_moves_is_the_rules() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, re.MULTILINE)
    assert {move: re.findall(r"`(\w+)`", told) for move, told in rows} == {
        move: list(choices) for move, choices in rules().moves.items()
    }
