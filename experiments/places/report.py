"""The page of results of the places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from experiments.engine.page import percent, row
from experiments.places.places import BASE, NOTHING, WITHOUT, Declared
from experiments.provenance import written_by
from partnersim.runs.wording import number, plural, signed

AGAINST = {
    "start": "the place's own figure at the start",
    "trend": "what the months before would lead to, carried on",
    "no partnership": "the same place without any partnership",
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
        f"Simulated: median and the middle {percent(declared.band)} of all places at all accepted "
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
                f"{number(figure['published'], 3)} {figure['unit']}",
                band(figure["simulated"][BASE]),
                number(figure["no_partnership"], 3),
                percent(figure["share_of_points"]),
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
        "was. The effect is the difference, pair by pair: its mean over the accepted points with the "
        "95 % interval over paired replicates, and between which values 90 % of the points lie. As "
        f"expected: better with it at {percent(declared.sure_share_of_points)} of the points, and by more "
        "than the smallest effect that matters; the rule is that of the claims, fixed beforehand. Sure is "
        "what the model says at whatever point was accepted; whether it is right about the place is "
        "another question.",
        "",
        row("place", "", "with", "without", "effect", "90 % of the points", "agree", "matters", "outcome"),
        row(*["---"] * 2, *["---:"] * 6, "---"),
        *(
            row(
                place["name"],
                f"{effect['what']} ({effect['unit']})",
                number(effect["with"], 3),
                number(effect["without"], 3),
                f"{signed(effect['mean'], 2)} ({signed(effect['ci95'][0], 2)} to "
                f"{signed(effect['ci95'][1], 2)})",
                f"{signed(effect['range90'][0], 2)} to {signed(effect['range90'][1], 2)}",
                percent(effect["agreement"]),
                f"{effect['better']}, by {number(effect['smallest_that_matters'], 3)}",
                effect["outcome"],
            )
            for place in summary["places"]
            for effect in place["coordinator"]
        ),
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
                number(figure["no_partnership"], 3),
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
    yield f"- *disagrees*: outside the middle {percent(declared.band)} of all simulated places;"
    yield (
        "- *agrees in part*: inside, and yet in the own band of less than "
        f"{percent(declared.least_share_of_points)} of the accepted points;"
    )
    yield (
        "- *agrees, and tells little*: inside a band that also holds what would have come without "
        "any partnership;"
    )
    yield "- *agrees*: inside, and none of these."


def band(ends: Sequence[float]) -> str:
    """Median, and the band in brackets."""
    low, middle, high = (number(end, 3) for end in ends)
    return f"{middle} ({low} to {high})"
