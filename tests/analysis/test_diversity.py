"""The search for kinds of trajectory: it goes where kinds are rare, goes on after a stop, and is fair."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from partnersim import Sweep
from partnersim.analysis import diversity
from partnersim.analysis.diversity import Diversity, Example, Reached, find_diversity, vary
from partnersim.figures.diversity import kinds_reached
from partnersim.scenario.errors import InputError
from partnersim.sweep.plan import Plan


def plan(**changes: Any) -> Plan:
    return Plan.make(
        {
            "scenario": "two-organisations",
            "months": 36,
            "replicates": 1,
            "seed": 4,
            "design": {"type": "sobol", "points": 2},
            "parameters": {
                "decision.exposure": {"low": 0.0, "high": 3.0},
                "ways_of_working.delegated_authority": {},
                "organisations.council.planning_horizon": {"values": [12, 24, 48]},
            },
        }
        | changes
    )


def test_rare_kinds_have_more_children() -> None:
    """Of 100 points one is alone in its cell: it has half of the children, most of them near it."""
    rng = np.random.default_rng(0)
    positions = np.concatenate([np.full((99, 2), 0.2), np.full((1, 2), 0.9)])
    cells: list[Any] = [(0, 0)] * 98 + [None] + [(5, 5)]
    children = vary(positions, cells, 2000, rng)
    assert children.shape == (2000, 2)
    assert children.min() >= 0 and children.max() <= 1
    is_near = np.abs(children - 0.9).max(axis=1) < 0.05
    assert 0.25 < is_near.mean() < 0.6
    alike = vary(positions, [(0, 0)] * 100, 2000, rng)
    assert (np.abs(alike - 0.9).max(axis=1) < 0.05).mean() < 0.03


def test_kinds_are_counted_once_and_missing_ones_never() -> None:
    values = np.array([[0.0, 1.0], [0.05, 1.0], [np.nan, 1.0], [0.95, 1.0]])
    points = diversity._Points(values, [{"a": number} for number in range(4)])
    origin, width = np.array([0.0, 0.0]), np.array([0.1, 0.5])
    reached = diversity._reached([("sobol", points)], ("x", "y"), origin, width)
    assert reached.cells == [(0, 2), (0, 2), None, (9, 2)]
    assert reached.n_kinds_after().tolist() == [1, 1, 1, 2]
    assert [(example.point, example.parameters) for example in reached.examples] == [
        (0, {"a": 0}),
        (3, {"a": 3}),
    ]


@pytest.mark.parametrize(
    ("changes", "how", "said"),
    [
        ({}, {"descriptors": ["trst"]}, "there is no measure of this name; did you mean 'trust'"),
        ({}, {"descriptors": ["trust", "trust"]}, "'trust': is named twice"),
        ({}, {"descriptors": []}, "0 descriptors; take 1 to 4"),
        ({}, {"n_points": 100}, "points: 100 is no power of two"),
        ({}, {"n_points": 32}, "points = 32: must be 64 or more"),
        ({"replicates": {"half_width": {"trust": 0.1}}}, {}, "a search needs a fixed number"),
        (
            {"design": {"type": "table", "points": {"decision.exposure": [0.1, 0.2]}}, "parameters": {}},
            {},
            "decision.exposure: a table of points says of no parameter where it may go",
        ),
    ],
)
def test_what_cannot_be_searched_is_refused_before_anything_runs(
    changes: Any, how: Any, said: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=said):
        find_diversity(plan(**changes), tmp_path / "out", **how)
    assert not (tmp_path / "out").exists()


def test_the_picture_says_whether_searching_found_more() -> None:
    def reached(cells: list[Any]) -> Reached:
        examples = [Example(cell, {}, "sobol", 0, {}) for cell in dict.fromkeys(cells)]
        return Reached(cells, examples)

    few, many = reached([(0, 0), (0, 1), (0, 0), (0, 0)]), reached([(0, 0), (0, 1), (1, 1), (2, 0)])
    rest = (("trust", "mean_speed"), np.zeros(2), np.full(2, 0.1))
    better = kinds_reached(Diversity(*rest, many, few, 1, 1, 36))
    assert "reached 4 kinds of trajectory, 2.0 times the 2 of as many points" in better.title
    assert list(better.table["kinds_of_search"]) == [1, 2, 3, 4]
    worse = kinds_reached(Diversity(*rest, few, many, 1, 1, 36))
    assert worse.title == "Searching for what is rare reached no more: 2 kinds of trajectory, against 4"


@pytest.mark.slow
def test_a_search_goes_on_where_it_was_stopped_and_its_examples_run_again(tmp_path: Path) -> None:
    """Stopped in its third generation and begun again, it ends as one that was never stopped."""
    whole = find_diversity(plan(), tmp_path / "whole", n_points=64, workers=1)
    said: list[Any] = []

    def stop(now: Any) -> None:
        said.append(now)
        if now.n_done > 80:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find_diversity(plan(), tmp_path / "stopped", n_points=64, workers=1, progress=stop)
    assert {now.n_total for now in said} == {64 + 7 * 8}
    assert not (tmp_path / "stopped" / "generation-7").exists()
    again = find_diversity(plan(), tmp_path / "stopped", n_points=64, workers=1)
    assert again.search.cells == whole.search.cells
    assert again.search.examples == whole.search.examples
    assert whole.n_points == 64 and whole.search.n_kinds >= whole.sample.n_kinds
    assert whole.search.cells[:8] == whole.sample.cells[:8]
    example = whole.search.examples[-1]
    assert example.sweep.startswith("generation-")
    results = Sweep.open(tmp_path / "whole" / example.sweep).rerun(example.point)
    for name, value in example.values.items():
        assert results.measures[name][0] == value


def test_positions_of_the_sample_are_those_of_its_sweep() -> None:
    chosen = plan(design={"type": "sobol", "points": 64})
    stored = next(iter(chosen.points.blocks()))
    again = diversity._values_at(chosen, diversity._sobol(chosen, 64))
    assert all(stored[path].tolist() == again[path] for path in chosen.parameters_by_path)
