"""A sweep at first sight: what is counted, and whether intervals hold what they should."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from partnersim import Sweep
from partnersim.analysis.overview import interval_of, look_over
from partnersim.analysis.resampling import take_rows
from partnersim.figures import overview as figures
from tests.stores import make_plan, run, run_files

TRUE_MEAN = 0.2


@pytest.mark.parametrize(
    ("n", "replicates", "common", "drawn"),
    [(60, 5, True, True), (60, 5, False, True), (20, 5, True, False), (20, 5, False, False)],
)
def test_intervals_hold_the_mean_in_95_of_100_trials(
    n: int, replicates: int, common: bool, drawn: bool
) -> None:
    """The seed is fixed; the standard error of the share is .011."""
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        of_point = rng.normal(size=(n, 1)) if drawn else np.linspace(-1, 1, n)[:, np.newaxis]
        of_luck = rng.normal(size=(1, replicates)) * common
        values = TRUE_MEAN + of_point + of_luck + rng.normal(size=(n, replicates))
        _, low, high = interval_of(take_rows(values, 1, has_common_luck=common), drawn)
        held += low <= TRUE_MEAN <= high
    assert 0.92 <= held / 400 <= 0.98


def test_of_one_replicate_at_given_points_there_is_no_interval() -> None:
    mean, low, high = interval_of(take_rows(np.ones((4, 1)), 1, has_common_luck=True), False)
    assert mean == 1 and math.isnan(low) and math.isnan(high)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    folder = tmp_path_factory.mktemp("overview") / "s"
    names = ["change_delivered", "mean_speed", "trust", "months_to_25", "cost"]
    run(folder, make_plan(measures=names))
    return Sweep.open(folder)


def test_spreads_and_changes_are_those_of_the_rows(sweep: Sweep) -> None:
    found = look_over(sweep)
    rows = sweep.measures.to_pandas().set_index(["arm", "point", "replicate"])
    for name in ("trust", "months_to_25", "cost"):
        base, other = rows.loc["base"][name], rows.loc["coordinator"][name]
        spread, change = found.spreads[name]["base"], found.changes[name]["coordinator"]
        assert spread.n == len(base) and spread.reached == pytest.approx(base.notna().mean())
        assert spread.quantiles[2] == pytest.approx(base.fillna(math.inf).median())
        if name.startswith("months"):
            base, other = base.fillna(60), other.fillna(60)
        assert spread.mean == pytest.approx(base.mean())
        assert change.mean == pytest.approx((other - base).mean())
        assert change.low < change.mean < change.high
        difference = base - other if name != "trust" else other - base
        assert change.share_better == pytest.approx(((difference > 0) + 0.5 * (difference == 0)).mean())
    assert (change.n_rows, change.n_replicates, change.n_pairs) == (16, 6, 96)


@pytest.mark.parametrize(
    ("design", "rows", "row"),
    [
        ({"type": "saltelli", "base": 4, "second_order": False}, 4, "base row"),
        ({"type": "morris", "trajectories": 3}, 3, "trajectory"),
        ({"type": "factorial", "levels": 2}, 4, "point"),
    ],
    ids=lambda given: given["type"] if isinstance(given, dict) else "",
)
def test_what_was_drawn_as_one_counts_as_one(
    design: dict[str, Any], rows: int, row: str, tmp_path: Path
) -> None:
    run(tmp_path / "s", make_plan(design=design, months=12, replicates=2, measures=["trust"]))
    found = look_over(Sweep.open(tmp_path / "s"))
    assert (found.changes["trust"]["coordinator"].n_rows, found.row) == (rows, row)
    assert found.points_are_drawn == (design["type"] != "factorial")


def test_a_part_of_a_sweep_is_looked_over(tmp_path: Path) -> None:
    run(tmp_path / "s", make_plan(measures=["trust", "months_to_80"]))
    run_files(tmp_path / "s")[-1].unlink()
    sweep = Sweep.open(tmp_path / "s")
    found = look_over(sweep)
    spread = found.spreads["trust"]["base"]
    assert spread.n == sweep.status().n_done / 2 and spread.n + spread.n_missing == 96


def test_figures_say_what_they_show(sweep: Sweep) -> None:
    found = look_over(sweep)
    spread = figures.spreads(found)
    assert spread.title.startswith("Change delivered in the median run: ")
    assert spread.title.count(" with ") == 2
    changed = figures.changes(found, "note")
    assert changed is not None and "against base" in changed.title
    assert list(changed.table["measure"]) == ["change_delivered", "mean_speed", "trust"]
    reached = figures.milestones(found, 60)
    assert reached is not None and "within 5 years: " in reached.title
    shares = dict(
        zip(
            zip(reached.table["measure"], reached.table["arm"], strict=True),
            reached.table["reached"],
            strict=True,
        )
    )
    assert shares["months_to_25", "base"] == found.spreads["months_to_25"]["base"].reached
