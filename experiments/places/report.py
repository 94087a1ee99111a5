"""The page of results of the places, and what it is written from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.engine.page import row
from experiments.places.places import BASE, NOTHING, WITHOUT, Beside, Declared, Effect, Place, Runs
from experiments.points import Points
from experiments.provenance import stamp, written_by
from partnersim.runs.wording import number, plural, signed

COMMAND = "python -m experiments.places.run"

AGAINST = {
    "start": "the place's own figure at the start",
    "trend": "what the months before would lead to, carried on",
    "no partnership": "the same place without any partnership",
}


@dataclass(frozen=True)
class Found:
    """What was found of one place."""

    place: Place
    runs: Runs
    beside: Sequence[Beside]
    effects: Sequence[Effect]


def summarise(
    found: Sequence[Found], points: Points, declared: Declared, kept: Mapping[str, list[str]]
) -> dict[str, Any]:
    """Everything that the page and the report say, as numbers and words.

    Parameters
    ----------
    kept
        By place, the paths that its timeline sets itself.
    """
    return {
        "made_from": {
            **stamp(COMMAND, seed=declared.seed, n_runs=sum(f.runs.n_runs for f in found)),
            "replicates": declared.replicates,
            "accepted": {"points": found[0].runs.n_points, "digest": points.digest},
        },
        "places": [
            {
                "name": f.place.name,
                "scenario": f.place.scenario,
                "set_by_the_timeline": kept[f.place.name],
                "figures": [_beside(b) for b in f.beside],
                "coordinator": [_effect(e) for e in f.effects],
                "cautions": [caution.text.strip() for caution in f.place.caution],
            }
            for f in found
        ],
    }


def _beside(found: Beside) -> dict[str, Any]:
    published = found.figure.published
    return {
        "title": published.title,
        "month": published.month,
        "unit": published.unit,
        "published": published.value,
        "source": published.source,
        "against": found.figure.reading.against,
        "why": found.figure.reading.why.strip(),
        "simulated": found.bands,
        "no_partnership": found.alone,
        "share_of_points": found.share_of_points,
        "verdict": found.verdict,
    }


def _effect(found: Effect) -> dict[str, Any]:
    return {
        "what": found.what,
        "unit": found.unit,
        "is_better_low": found.is_better_low,
        "smallest_that_matters": found.matters,
        "with": found.with_,
        "without": found.without,
        "mean": float(found.mean.mean()),
        "mean_over_points": np.quantile(found.mean, (0.05, 0.5, 0.95)).tolist(),
        "pairs": found.band,
        "share_better": found.share_better,
        "share_worse": found.share_worse,
        "share_of_points_clear": found.share_clear,
        "is_good": found.is_good,
        "answer": found.answer,
    }


def report(summary: Mapping[str, Any], declared: Declared) -> str:
    """The page of results.

    Parameters
    ----------
    summary
        As written to summary.json.
    declared
        What was fixed beforehand.
    """
    made = summary["made_from"]
    lines = [
        "# Torbay and Canterbury: published timelines in, published figures beside",
        "",
        f"{written_by(made['command'], made['model'])}, seed {made['seed']}, "
        f"{plural(made['n_runs'], 'run')}: {plural(made['accepted']['points'], 'accepted point')}, "
        f"{made['replicates']} simulated places at each, in three arms that share "
        "their luck.",
        "",
        "![Published figures beside the simulated distribution](figure.png)",
        "",
        "## Published beside simulated",
        "",
        f"Simulated: median and the middle {share(declared.band)} of all places at all accepted "
        "points, each point counting alike. No parameter was set to fit a place: what differs "
        "between places is their timeline and their organisations, what differs between points is "
        "the same in both places.",
        "",
        "| place | published | | simulated | without any partnership | points whose own band "
        "holds it | verdict |",
        "|---|---|---:|---:|---:|---:|---|",
        *(
            row(
                place["name"],
                figure["title"],
                amount(figure["published"], figure["unit"]),
                band(figure["simulated"][BASE]),
                say(figure["no_partnership"]),
                share(figure["share_of_points"]),
                figure["verdict"],
            )
            for place in summary["places"]
            for figure in place["figures"]
        ),
        "",
        *what_counts(declared),
        "",
        "How each is looked at:",
        "",
        *(
            f"- {place['name']}, *{figure['title']}*: against {AGAINST[figure['against']]}. "
            f"{figure['why']} Source: {figure['source']}."
            for place in summary["places"]
            for figure in place["figures"]
        ),
        "",
        "## Without the coordinator",
        "",
        "The same places, parameters and luck, with the coordinators taken out and all else as it "
        "was. The effect is the difference, pair by pair: its mean at the middle one of the "
        "accepted points, and between which values it lies at 90 of 100 of them.",
        "",
        "| place | | with | without | effect | better with, of all pairs | worse with | points at "
        "which that is clear | smallest that matters | answer |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---|",
        *(
            row(
                place["name"],
                f"{effect['what']} ({effect['unit']})",
                say(effect["with"]),
                say(effect["without"]),
                spread(effect["mean_over_points"]),
                share(effect["share_better"]),
                share(effect["share_worse"]),
                share(effect["share_of_points_clear"]),
                say(effect["smallest_that_matters"]),
                effect["answer"],
            )
            for place in summary["places"]
            for effect in place["coordinator"]
        ),
        "",
        f"*Matters*: as large as that at half of the points, and of one sign and clear of 0 at "
        f"{share(declared.sure_share_of_points)}. *Does not matter*: surely smaller at "
        f"{share(declared.sure_share_of_points)}. Else *not sure*. All fixed beforehand. "
        "Sure is what the model says at whatever point was accepted; whether it is right about "
        "the place is another question.",
        "",
        *answers(summary),
        "",
        "## With nothing of what was done",
        "",
        "For scale, what would have come with nothing of what was done: neither coordinator nor "
        "teams, agreements, days or a board of their own.",
        "",
        "| place | | as it was | without the coordinator | nothing done | no partnership |",
        "|---|---|---:|---:|---:|---:|",
        *(
            row(
                place["name"],
                f"{figure['title']} ({figure['unit']})",
                *(band(figure["simulated"][arm]) for arm in (BASE, WITHOUT, NOTHING)),
                say(figure["no_partnership"]),
            )
            for place in summary["places"]
            for figure in place["figures"]
        ),
        "",
        "## What limits the comparison",
        "",
    ]
    for place in summary["places"]:
        lines += [f"- {place['name']}: {caution}" for caution in place["cautions"]]
        if place["set_by_the_timeline"]:
            kept = ", ".join(f"`{path}`" for path in place["set_by_the_timeline"])
            lines.append(f"- {place['name']}: its timeline's own value stays of {kept}.")
    return "\n".join(lines) + "\n"


def what_counts(declared: Declared) -> Iterator[str]:
    """The rules in words."""
    yield "What would count as disagreement was fixed beforehand (places.toml):"
    yield ""
    yield f"- *disagrees*: outside the middle {share(declared.band)} of all simulated places;"
    yield (
        "- *agrees in part*: inside, and yet in the own band of less than "
        f"{share(declared.least_share_of_points)} of the accepted points;"
    )
    yield (
        "- *agrees, and tells little*: inside a band that also holds what would have come without "
        "any partnership;"
    )
    yield "- *agrees*: inside, and none of these."


def answers(summary: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each place: what would have happened without, and how sure that is."""
    for place in summary["places"]:
        for effect in place["coordinator"]:
            yield f"- {sentence(place['name'], effect)}"


def sentence(place: str, effect: Mapping[str, Any]) -> str:
    """What the coordinator did to one number, with how sure the model is."""
    with_, without = (say(effect[key]) for key in ("with", "without"))
    how = {
        "matters": "The model is sure that it mattered",
        "does not matter": "The model is sure that it hardly mattered",
        "not sure": "The model is not sure that it mattered",
    }[effect["answer"]]
    clear = share(effect["share_of_points_clear"])
    return (
        f"**{place}**, {effect['what'][0].lower()}{effect['what'][1:]}: {without} "
        f"{effect['unit']} without the coordinator in place of {with_}. {how}: better with it in "
        f"{share(effect['share_better'])} of pairs, worse in {share(effect['share_worse'])}; on "
        f"average {'better' if effect['is_good'] else 'worse'}, and clearly so, at {clear} of the "
        "accepted points."
    )


def say(value: float | None) -> str:
    """A number, three digits."""
    return "–" if value is None else number(value, 3)


def amount(value: float, unit: str) -> str:
    """A number with its unit."""
    return f"{say(value)} {unit}"


def band(ends: list[float | None]) -> str:
    """Median, and the band in brackets."""
    low, middle, high = (say(end) for end in ends)
    return f"{middle} ({low} to {high})"


def spread(ends: list[float | None]) -> str:
    """The same of differences."""
    low, middle, high = ("–" if end is None else signed(end, 2) for end in ends)
    return f"{middle} ({low} to {high})"


def share(value: float | None) -> str:
    """A share in percent."""
    return "–" if value is None else f"{100 * value:.0f} %"
