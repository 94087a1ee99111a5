"""What two remedies do together, against the sum of what each does alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.patches import Rectangle

from experiments.claims.declare import BASE, Study, Test
from experiments.claims.figure import scale_of
from experiments.claims.judge import AS_EXPECTED, DEPENDS, NOTHING, OPPOSITE, Found, agreement, find, judge
from experiments.claims.report import heading, numbers, opening, section, write_json
from experiments.claims.simulate import Runs
from experiments.claims.words import listed, with_interval
from experiments.pictures import Page, Picture, fit, save_picture, start_page
from partnersim.figures.page import MARGIN, WIDTH
from partnersim.figures.palette import BLUE, INK, PURPLE, QUIET
from partnersim.runs.wording import signed

IN_WORDS = {
    AS_EXPECTED: "more than the sum",
    OPPOSITE: "less than the sum",
    NOTHING: "about the sum",
    DEPENDS: "uncertain",
}
FILLS = {AS_EXPECTED: BLUE, OPPOSITE: PURPLE, NOTHING: "#E6E6E6", DEPENDS: "white"}


@dataclass(frozen=True)
class Together:
    """What some things do together, beyond what each does alone."""

    names: tuple[str, ...]
    test: Test
    found: Found
    outcome: str
    agreement: float


def write(runs: Runs, folder: Path) -> str:
    """Write page, summary and figure; gives the message."""
    folder.mkdir(parents=True, exist_ok=True)
    alone = {name: find(_test(runs.study, {name: 1.0, BASE: -1.0}), runs) for name in things(runs)}
    pairs = [beyond_sum(pair, runs) for pair in combinations(things(runs), 2)]
    everything = beyond_sum(tuple(things(runs)), runs)
    title = message(runs, alone, pairs, everything)
    (folder / "results.md").write_text(_page(runs, title, alone, pairs, everything), "utf-8")
    record = {
        **heading(runs, title, title),
        "alone": {name: numbers(found) for name, found in alone.items()},
        "together": [_record(entry) for entry in (*pairs, everything)],
        "averaged": {" + ".join(p.names): numbers(_averaged(p.names, runs)[1]) for p in pairs},
        "best": {
            size: {_title(runs.study, name): share for name, share in shares.items()}
            for size, shares in best_of_each_size(runs).items()
        },
    }
    write_json(record, folder / "summary.json")
    save_picture(draw(title, runs, alone, pairs), folder / "figure.png")
    return title


def things(runs: Runs) -> list[str]:
    """What is combined, by name."""
    return [name for factor in runs.study.factors for name in factor.options]


def _test(study: Study, weights: Mapping[str, float], title: str = "") -> Test:
    return Test(
        title=title,
        weights=dict(weights),
        measure=study.measure,
        expect="more",
        smallest=study.smallest[study.measure],
    )


def _weights(names: tuple[str, ...], others: tuple[str, ...] = ()) -> dict[str, float]:
    """Weights of arms for what names do beyond the sum of each, in the presence of others."""

    def arm(*present: str) -> str:
        return " + ".join(present)

    weights: dict[str, float] = {}
    for weight, present in ((1.0, names), *((-1.0, (name,)) for name in names), (len(names) - 1.0, ())):
        key = arm(*present, *others) or BASE
        weights[key] = weights.get(key, 0.0) + weight
    return weights


def beyond_sum(names: tuple[str, ...], runs: Runs, ablation: str = "") -> Together:
    """Find what some things do together beyond the sum, where there is nothing else."""
    test = _test(runs.study, _weights(names), " and ".join(_title(runs.study, n) for n in names))
    found = find(test, runs, ablation)
    outcome = judge(test, found, runs.study.agreement)
    same = max(agreement(test, found), 1.0 - agreement(test, found))
    return Together(names, test, found, outcome, same)


def _averaged(names: tuple[str, ...], runs: Runs) -> tuple[Test, Found]:
    """The same for two things, averaged over every presence of the others."""
    order = things(runs)
    others = [name for name in order if name not in names]
    settings = list(chain.from_iterable(combinations(others, k) for k in range(len(others) + 1)))
    weights: dict[str, float] = {}
    for present in settings:
        for key, weight in _weights(names, present).items():
            arm = " + ".join(name for name in order if name in key.split(" + ")) or BASE
            weights[arm] = weights.get(arm, 0.0) + weight / len(settings)
    test = _test(runs.study, weights)
    return test, find(test, runs)


def best_of_each_size(runs: Runs) -> dict[int, dict[str, float]]:
    """For one, two ... things: the share of the accepted set in which each choice is best."""
    best: dict[int, dict[str, float]] = {}
    arms = [arm for arm, ablation in runs.values if not ablation and arm != BASE]
    for size in range(1, len(things(runs)) + 1):
        names = [arm for arm in arms if arm.count(" + ") == size - 1]
        means = np.array([runs.values[n, ""][runs.study.measure].mean(axis=1) for n in names])
        winners = means.argmax(axis=0)
        shares = {name: float((winners == k).mean()) for k, name in enumerate(names)}
        best[size] = dict(sorted(shares.items(), key=lambda entry: -entry[1]))
    return best


def _title(study: Study, arm: str) -> str:
    return listed(part.title for part in study.parts_of(arm))


def message(runs: Runs, alone: Mapping[str, Found], pairs: list[Together], everything: Together) -> str:
    """What the figure says."""
    more = [p for p in pairs if p.outcome == AS_EXPECTED]
    less = [p for p in pairs if p.outcome == OPPOSITE]
    total = sum(found.mean for found in alone.values()) + everything.found.mean
    beyond = signed(100 * everything.found.mean)
    against = {DEPENDS: f"whether that is more than each alone adds up to is uncertain ({beyond})"}.get(
        everything.outcome, f"{IN_WORDS[everything.outcome]} of each alone ({beyond})"
    )
    said = [f"All {len(alone)} together bring {signed(100 * total)} % of the vision, {against}"]
    for pairs_of, words in ((more, "more"), (less, "less")):
        if pairs_of:
            top = max(pairs_of, key=lambda p: abs(p.found.mean))
            said.append(f"{len(pairs_of)} of {len(pairs)} pairs do {words}, most {top.test.title}")
    if not more and not less:
        said.append("no pair does clearly more or less than its sum")
    return "; ".join(said)


def _record(entry: Together) -> dict[str, Any]:
    return {
        "names": entry.names,
        "outcome": IN_WORDS[entry.outcome],
        "agreement": entry.agreement,
        **numbers(entry.found),
    }


def _page(
    runs: Runs, title: str, alone: Mapping[str, Found], pairs: list[Together], everything: Together
) -> str:
    study = runs.study
    test = pairs[0].test
    measured = scale_of(test).heading
    lines = [
        *opening(runs, study.title, title, title),
        "## Alone",
        "",
        f"{measured}: mean over the accepted set, with its 95 % interval over paired replicates.",
        "",
        *(f"- {_title(study, name)}: {with_interval(f, test)}" for name, f in alone.items()),
        "",
        "## Together, beyond the sum",
        "",
        *_table(runs, [*pairs, everything]),
        "",
        "## Best of each size",
        "",
        "Share of the accepted set in which a choice delivers most, of all choices of as many.",
        "",
        *_best(runs),
        "",
        *section("Is it built in?", study.built_in),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _table(runs: Runs, entries: list[Together]) -> Iterator[str]:
    """Pairs and all: beyond the sum alone, averaged over the others, and without this or that."""
    ablations = runs.study.ablations
    yield (
        "| | mean (95 % interval) | sign agrees | outcome | averaged over the others | "
        + " | ".join(a.title for a in ablations.values())
        + " |"
    )
    yield "|---|---:|---:|---|---:|" + "---:|" * len(ablations)
    for entry in entries:
        averaged = "" if len(entry.names) > 2 else with_interval(_averaged(entry.names, runs)[1], entry.test)
        without = [with_interval(beyond_sum(entry.names, runs, name).found, entry.test) for name in ablations]
        cells = (
            entry.test.title if len(entry.names) == 2 else "all together",
            with_interval(entry.found, entry.test),
            f"{100 * entry.agreement:.0f} %",
            IN_WORDS[entry.outcome],
            averaged,
            *without,
        )
        yield f"| {' | '.join(cells)} |"


def _best(runs: Runs) -> Iterator[str]:
    for size, shares in best_of_each_size(runs).items():
        top = [
            f"{_title(runs.study, name)} {100 * share:.0f} %"
            for name, share in list(shares.items())[:3]
            if share
        ]
        yield f"- {size}: {'; '.join(top)}"


# --- The figure -------------------------------------------------------------------------------

NAMES, CELL_GAP, KEY = 330, 6, 260


def draw(title: str, runs: Runs, alone: Mapping[str, Found], pairs: list[Together]) -> Picture:
    """Draw a matrix: on the diagonal what each does alone, below it each pair beyond its sum."""
    note = (
        f"Points of change delivered in ten years, % of the vision; {runs.accepted.n_points} accepted points."
    )
    page = start_page(title, note)
    names = list(alone)
    left, top, bottom = MARGIN + NAMES, page.top - 8, page.bottom + 64
    width = (WIDTH - MARGIN - left) / len(names)
    height = (top - bottom) / len(names)
    found = {pair.names: pair for pair in pairs}
    test = pairs[0].test
    scale = scale_of(test)
    for row, name in enumerate(names):
        y = top - height * (row + 1)
        page.write(MARGIN, y + height / 2, fit(_title(runs.study, name), NAMES - 16, lines=2))
        for column in range(row + 1):
            box = (left + column * width, y, width - CELL_GAP, height - CELL_GAP)
            if column == row:
                points = scale.say(alone[name].mean, test)
                _cell(page, box, points, "alone", "white", INK, is_framed=True)
            else:
                pair = found[names[column], name]
                colour = "white" if pair.outcome in (AS_EXPECTED, OPPOSITE) else INK
                points = scale.say(pair.found.mean, test)
                _cell(page, box, points, _short(pair), FILLS[pair.outcome], colour)
    for column, name in enumerate(names):
        page.write(
            left + (column + 0.5) * width,
            bottom - 30,
            fit(_title(runs.study, name), width - 4, lines=2, size=15),
            size=15,
            ha="center",
        )
    _draw_key(page, WIDTH - MARGIN - KEY, top)
    table = {
        "things": [*names, *(" + ".join(pair.names) for pair in pairs)],
        "mean": [f.mean for f in (*alone.values(), *(p.found for p in pairs))],
        "ci95_low": [f.low for f in (*alone.values(), *(p.found for p in pairs))],
        "ci95_high": [f.high for f in (*alone.values(), *(p.found for p in pairs))],
        "outcome": [*("alone" for _ in names), *(IN_WORDS[p.outcome] for p in pairs)],
    }
    return Picture(page.figure, title, table)


def _short(pair: Together) -> str:
    return IN_WORDS[pair.outcome].removesuffix(" than the sum").removesuffix(" the sum")


def _cell(
    page: Page,
    box: tuple[float, float, float, float],
    points: str,
    words: str,
    fill: str,
    colour: str,
    *,
    is_framed: bool = False,
) -> None:
    x, y, width, height = box
    edge = INK if is_framed else QUIET if fill == "white" else fill
    style = "solid" if fill != "white" or is_framed else (0, (3, 3))
    page.sheet.add_patch(
        Rectangle((x, y), width, height, facecolor=fill, edgecolor=edge, linewidth=1.5, linestyle=style)
    )
    middle = x + width / 2
    page.write(middle, y + 0.64 * height, points, ha="center", color=colour, weight="bold")
    page.write(middle, y + 0.28 * height, words, ha="center", color=colour, size=14)


def _draw_key(page: Page, x: float, top: float) -> None:
    """Say what the cells mean."""
    words = (
        ("white", "alone: by itself", INK),
        (BLUE, "more than the sum", BLUE),
        (PURPLE, "less than the sum", PURPLE),
        (FILLS[NOTHING], "about the sum", QUIET),
        ("white", "uncertain", QUIET),
    )
    for row, (fill, text, edge) in enumerate(words):
        y = top - 30 - 40 * row
        style = (0, (3, 3)) if text == "uncertain" else "solid"
        page.sheet.add_patch(
            Rectangle((x, y - 11), 22, 22, facecolor=fill, edgecolor=edge, linewidth=1.5, linestyle=style)
        )
        page.write(x + 32, y, text, size=15)
