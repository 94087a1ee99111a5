"""Hostile input of all kinds is taken or refused in words, and nothing goes wrong inside."""

from __future__ import annotations

import pytest

from partnersim.scenario.declared import Place
from tests.fuzz import fuzz


def test_two_thousand_hostile_inputs_find_no_fault() -> None:
    report = fuzz(2000, seed=11)
    assert not report.count, str(report)


def test_a_fault_that_is_planted_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Place, "_wanted_text", lambda place: next(iter(())))
    report = fuzz(400, seed=11)
    (where,) = report.count
    assert where.startswith("StopIteration in declared.py") or where.startswith("RuntimeError in messages.py")
    assert "such as this" in str(report)
