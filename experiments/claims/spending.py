"""The best use of a fixed budget of staff time, and how often it is the best."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.claims.changes import Floats
from experiments.claims.declare import BASE, Arm, Study, Test
from experiments.claims.figure import draw_rows, scale_of
from experiments.claims.judge import Finding, agreement, find, find_movers, judge
from experiments.claims.report import heading, numbers, opening, section, write_json
from experiments.claims.simulate import Runs
from experiments.claims.words import high_or_low, with_interval
from experiments.pictures import save_picture
from partnersim.runs.wording import number, signed

MAIN_BUDGET = 20
"""Staff days a month of the figure: about what a coordinator costs."""

MONTHS = 120.0


@dataclass(frozen=True)
class Choice:
    """One use of a budget.

    Attributes
    ----------
    finding
        What it changes against base.
    days
        Staff days a month that it takes, as measured.
    best, near
        Shares of the accepted set in which it is the best, or within the smallest effect of it.
    short
        Median over the set of what it delivers less than the best.
    """

    name: str
    arm: Arm
    finding: Finding
    days: float
    best: float
    near: float
    short: float


def write(runs: Runs, folder: Path) -> str:
    """Write page, summary and figure; gives the message."""
    folder.mkdir(parents=True, exist_ok=True)
    by_budget = {budget: choices(runs, budget) for budget in budgets(runs.study)}
    title = message(by_budget)
    (folder / "results.md").write_text(_page(runs, title, by_budget), "utf-8")
    record = {
        **heading(runs, title, title),
        "budgets": {
            f"{budget:g}": {choice.name: _record(choice) for choice in found}
            for budget, found in by_budget.items()
        },
        "best_without": {
            f"{budget:g}": {name: _best(runs, budget, name) for name in runs.study.ablations}
            for budget in by_budget
        },
    }
    write_json(record, folder / "summary.json")
    note = (
        f"Dots: {runs.accepted.n_points} points, bar: 90 % of them; grey: too small to matter; "
        "best: in what share of points"
    )
    shown = [choice.finding for choice in by_budget[MAIN_BUDGET]]
    best = {c.arm.title: _percent(c.best) if c.arm.competes else "–" for c in by_budget[MAIN_BUDGET]}
    picture = draw_rows(title, shown, note, "best", lambda finding: best[finding.test.title])
    save_picture(picture, folder / "figure.png")
    return title


def budgets(study: Study) -> list[float]:
    """The budgets, in order."""
    return sorted({arm.budget for arm in study.arms.values() if arm.budget is not None})


def choices(runs: Runs, budget: float, ablation: str = "") -> list[Choice]:
    """What a budget may be used for, the best on average first."""
    study = runs.study
    arms = {name: arm for name, arm in study.arms.items() if arm.budget == budget}
    means = _means(runs, list(arms), ablation)
    rivals = [k for k, arm in enumerate(arms.values()) if arm.competes]
    top = means[rivals].max(axis=0)
    smallest = study.smallest[study.measure]
    cost = runs.values[BASE, ablation]["cost"]
    found = []
    for k, (name, arm) in enumerate(arms.items()):
        test = Test(
            title=arm.title,
            weights={name: 1.0, BASE: -1.0},
            measure=study.measure,
            expect="more",
            smallest=smallest,
            decides=arm.competes,
        )
        change = find(test, runs, ablation)
        finding = Finding(
            test,
            change,
            judge(test, change, study.agreement),
            agreement(test, change),
            find_movers(change, runs.accepted.columns),
            {},
            None,
        )
        days = float((runs.values[name, ablation]["cost"] - cost).mean()) / MONTHS
        found.append(
            Choice(
                name,
                arm,
                finding,
                days,
                best=float((means[k] >= top).mean()) if arm.competes else 0.0,
                near=float((means[k] >= top - smallest).mean()),
                short=float(np.median(top - means[k])),
            )
        )
    return sorted(found, key=lambda choice: -choice.finding.found.mean)


def _means(runs: Runs, names: list[str], ablation: str) -> Floats:
    """Mean over replicates of the measure: float64[choice, point]."""
    measure = runs.study.measure
    return np.array([runs.values[name, ablation][measure].mean(axis=1) for name in names])


def _best(runs: Runs, budget: float, ablation: str) -> dict[str, float]:
    """How often each choice is the best without this or that."""
    found = choices(runs, budget, ablation)
    return {c.name: c.best for c in found if c.arm.competes}


def message(by_budget: dict[float, list[Choice]]) -> str:
    """What the figure says."""
    rivals = [choice for choice in by_budget[MAIN_BUDGET] if choice.arm.competes]
    first, second = sorted(rivals, key=lambda choice: -choice.best)[:2]
    return (
        f"The best use of {MAIN_BUDGET} staff days a month is, in {_percent(first.best)} of "
        f"accepted points, {first.arm.title} ({signed(100 * first.finding.found.mean)} % of the "
        f"vision on average); in {_percent(second.best)} {second.arm.title}"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _record(choice: Choice) -> dict[str, Any]:
    return {
        "title": choice.arm.title,
        "competes": choice.arm.competes,
        "days_a_month": choice.days,
        **numbers(choice.finding.found),
        "best": choice.best,
        "near_best": choice.near,
        "short_of_best": choice.short,
        "movers": {mover.path: mover.correlation for mover in choice.finding.movers},
    }


def _page(runs: Runs, title: str, by_budget: dict[float, list[Choice]]) -> str:
    study = runs.study
    lines = [
        *opening(runs, study.title, title, title),
        "## What came out",
        "",
        "Days: staff days a month more than as the place stands, as measured. Best: share of the "
        "accepted set in which no other choice delivers more, as means over replicates; near: "
        f"within {number(100 * study.smallest[study.measure])} % of the vision of the best; short: "
        "of the best, median. The last columns say how often it is best without this or that.",
    ]
    for budget, found in by_budget.items():
        lines += ["", f"### {budget:g} staff days a month", "", *_table(runs, budget, found)]
    lines += ["", *section("Is it built in?", study.built_in)]
    return "\n".join(lines).rstrip() + "\n"


def _table(runs: Runs, budget: float, found: list[Choice]) -> Iterator[str]:
    ablations = runs.study.ablations
    without = {name: _best(runs, budget, name) for name in ablations}
    measured = scale_of(found[0].finding.test).heading
    yield (
        f"| choice | days | {measured}, mean (95 % interval) | best | near | short | more where | "
        + " | ".join(f"best, {a.title}" for a in ablations.values())
        + " |"
    )
    yield "|---|---:|---:|---:|---:|---:|---|" + "---:|" * len(ablations)
    for choice in found:
        finding = choice.finding
        rivals = choice.arm.competes
        cells = (
            choice.arm.title,
            number(choice.days),
            with_interval(finding.found, finding.test),
            _percent(choice.best) if rivals else "does not compete",
            _percent(choice.near),
            number(100 * choice.short),
            "; ".join(map(high_or_low, finding.movers[:2])),
            *(_percent(without[name][choice.name]) if rivals else "" for name in ablations),
        )
        yield f"| {' | '.join(cells)} |"
