"""Write the stage of the workshop as one HTML file: levers, bets and our hundred, run by the page itself.

The file holds the model as WebAssembly and the parameters of a place, as bytes. What can be changed
are patches of these bytes, which Python works out here by translating a scenario with each change;
so no rule of the model and no setting is written again in the page. The scripts apply patches, run
the hundred in a thread of their own, and say what came in the words of the app. The file asks for
nothing else, and tells the browser to refuse it if it did.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

import numpy as np

import partnersim
from partnersim.app import sentences
from partnersim.app.levers import FrontLever, coordinator_choices, front_levers
from partnersim.app.live.pictures import count_picture, line_picture
from partnersim.app.pages.view import PACE
from partnersim.app.session import usual_question
from partnersim.app.words import Words, words
from partnersim.app.world import N_PAIRS, Change, Lever, World
from partnersim.model.draws import root
from partnersim.model.record import new_record, parts_of
from partnersim.model.series import SERIES
from partnersim.model.state import STATE
from partnersim.runs.statistics import median_interval
from partnersim.scenario.translate import PARAMETERS, to_parameters

KEPT = ("change_delivered", "trust", "cost")
"""Series that the page is handed of each run."""

LINES = {"change": "change_delivered", "trust": "trust"}
"""Lines of the stage, and their series."""

SCRIPTS = ("core.js", "answers.js", "pictures.js", "page.js")

TEXTS = (
    "between",
    "count",
    "draw",
    "faster",
    "guess",
    "hundred",
    "live",
    "measure",
    "package",
    "page",
    "question",
    "side",
)
"""Keys of the words that the scripts fill in."""

Patch = list[tuple[int, str]]
"""Bytes of a record that differ from another's: where they stand, and what they are, in base64."""


def live_page(world: World) -> str:
    """Write the page for a place.

    Raises
    ------
    ScenarioError
        If the place cannot be shown.
    MissingPackageError
        If there is no WebAssembly of the model, and no compiler to make it.
    """
    from partnersim.app.live.wasm import model_as_wasm

    spoken = words()
    scripts = [_own("../assets/custom.js"), *map(_own, SCRIPTS)]
    told = page_data(world, spoken) | {"wasm": base64.b64encode(model_as_wasm()).decode()}
    data = json.dumps(told, separators=(",", ":")).replace("<", "\\u003c")
    made = spoken("live.made", version=partnersim.__version__, seed=world.seed, n=N_PAIRS)
    parts = {
        "policy": _policy(scripts),
        "style": _own("../assets/custom.css") + _own("page.css"),
        "data": data,
        "scripts": "".join(f"<script>{script}</script>" for script in scripts),
        "levers": "".join(_levers_html(world, spoken)),
        "coordinators": "".join(
            _options(choice.label.rstrip(",") for choice in coordinator_choices(world.scenario(), spoken))
        ),
        "options": "".join(_bets_html(spoken)),
        "change_chart": line_picture("change", world.months, spoken).svg,
        "trust_chart": line_picture("trust", world.months, spoken).svg,
        "small_chart": line_picture("small", world.months, spoken).svg,
        "count_without": count_picture(0, spoken).svg,
        "count_with": count_picture(1, spoken).svg,
        "months": str(world.months),
        "place": escape(world.scenario().title),
        "made": escape(made),
    }
    texts = {key: escape(text) for key, text in spoken.texts.items()}
    return _Page(_own("page.html")).substitute(texts | parts)


class _Page(Template):
    """The page, with the keys of words and the names of its parts in `${...}`."""

    idpattern = r"[a-z_]+(?:\.[a-z_]+)*"


def _own(name: str) -> str:
    return files("partnersim.app.live").joinpath(name).read_text(encoding="utf-8")


def _policy(scripts: Sequence[str]) -> str:
    """Let the page run its own scripts, the model and its thread, and ask nobody for anything."""
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    own = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {own} 'wasm-unsafe-eval'; worker-src blob:; "
        "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )


# --- what the scripts are handed ----------------------------------------------------------------------


def page_data(world: World, spoken: Words) -> dict[str, Any]:
    """Collect what the scripts need beside the model: the place as bytes, patches of it, and words."""
    scenario = world.scenario()
    levers = front_levers(scenario, spoken)
    slots = _slots(levers)
    now = _record(world, slots)
    return {
        "sizes": {"state": STATE.itemsize, "record": PARAMETERS.itemsize, "series": len(SERIES)},
        "root": [str(part) for part in root(world.seed).tolist()],
        "record": patch(new_record(PARAMETERS), now),
        "kept": {name: SERIES.index(name) for name in KEPT},
        "lines": LINES,
        "n": N_PAIRS,
        "months": world.months,
        "levers": [_lever_data(lever, world, slots, now, spoken) for lever in levers],
        "coordinators": [
            _change_data(choice.change, world, slots, now, spoken)
            for choice in coordinator_choices(scenario, spoken)
        ],
        "below": [option.below for option in usual_question(sentences.Sides(""), spoken).options[:-1]],
        "interval": [int(at) for at in median_interval(np.arange(float(N_PAIRS)))],
        "when": [sentences.when(month, spoken) for month in range(world.months + 1)],
        "years": sentences.span(world.months, spoken),
        "pace": PACE,
        "texts": {key: text for key, text in spoken.texts.items() if key.split(".")[0] in TEXTS},
    }


def patch(before: np.record, after: np.record) -> Patch:
    """List what of a record differs from another, in runs of words of eight bytes."""
    old, new = (np.frombuffer(record.tobytes(), np.uint64) for record in (before, after))
    changed = np.flatnonzero(old != new)
    runs = np.split(changed, np.flatnonzero(np.diff(changed) > 1) + 1)
    return [(8 * int(run[0]), base64.b64encode(new[run].tobytes()).decode()) for run in runs if run.size]


def _slots(levers: Sequence[FrontLever]) -> list[Lever]:
    """Give each way of working an intervention of its own, so that patches of several stand side by side."""
    changes = [lever.change(lever.bands[0].value) for lever in levers]
    return [change for change in changes if isinstance(change, Lever)]


def _record(world: World, slots: Sequence[Lever], change: Change | None = None) -> np.record:
    """Translate a place with one thing changed; slots that nothing is changed in sleep.

    An intervention sleeps that begins when the run is over.
    """
    awake = change.slot if isinstance(change, Lever) else None
    filled = [change if slot.slot == awake and isinstance(change, Lever) else slot for slot in slots]
    if change is not None and not isinstance(change, Lever):
        world = world.with_(change)
    scenario = world.scenario()
    own = [intervention.model_dump() for intervention in scenario.interventions]
    record = to_parameters(
        scenario.replace({"interventions": own + [slot.model_dump(exclude={"kind"}) for slot in filled]})
    )
    begins = parts_of(record)["interventions.from_month"][0]
    for at, slot in enumerate(slots, start=len(own)):
        if slot.slot != awake:
            begins[at] = world.months
    return record


def _lever_data(
    lever: FrontLever, world: World, slots: Sequence[Lever], now: np.record, spoken: Words
) -> dict[str, Any]:
    """Describe a lever for the scripts: the band that stands now, and what each other one changes."""
    stands = _stands(lever, world)
    changes = [None if at == stands else lever.change(band.value) for at, band in enumerate(lever.bands)]
    bands = [_change_data(change, world, slots, now, spoken) for change in changes]
    return {"name": lever.name, "stands": stands, "bands": bands}


def _stands(lever: FrontLever, world: World) -> int:
    """Return which band of a lever is nearest to how things are."""
    return lever.bands.index(lever.nearest(lever.value(world)))


def _change_data(
    change: Change | None, world: World, slots: Sequence[Lever], now: np.record, spoken: Words
) -> dict[str, Any]:
    """Describe a change for the scripts: its patch, and what the sides of the comparison are called."""
    if change is None:
        return {"patch": [], "who": "", "other": ""}
    sides = sentences.name_sides(change, world.scenario(), spoken)
    return {"patch": patch(now, _record(world, slots, change)), "who": sides.who, "other": sides.other}


# --- what is written out beforehand -------------------------------------------------------------------


def _levers_html(world: World, spoken: Words) -> Iterator[str]:
    """Write the levers as sentences, each with what it is and what the evidence says."""
    what, evidence = (escape(spoken(f"page.{key}")) for key in ("what", "evidence"))
    for lever in front_levers(world.scenario(), spoken):
        stands = _stands(lever, world)
        sentence = escape(lever.sentence(lever.bands[stands].value))
        chosen = "".join(_options((band.label for band in lever.bands), stands))
        sources = "; ".join(lever.sources)
        yield (
            f'<div class="ps-lever"><div><label for="lever-{lever.name}">{escape(lever.before)}</label> '
            f'<select id="lever-{lever.name}" data-lever aria-label="{sentence}">{chosen}</select> '
            f"<span>{escape(lever.after)}</span></div>"
            f'<details class="live-help" name="help"><summary><span aria-hidden="true">?</span>'
            f'<span class="ps-hidden">{what} {evidence} {sentence}</span></summary>'
            f"<div><p><strong>{what}</strong> {escape(lever.what)}</p>"
            f"<p><strong>{evidence}</strong> {escape(lever.evidence)} {escape(sources)}</p>"
            "</div></details></div>"
        )


def _options(labels: Iterator[str], chosen: int = 0) -> Iterator[str]:
    for at, label in enumerate(labels):
        yield f'<option value="{at}"{" selected" if at == chosen else ""}>{escape(label)}</option>'


def _bets_html(spoken: Words) -> Iterator[str]:
    """Write the answers that the room can bet on, each with the count of those who do."""
    for option in usual_question(sentences.Sides(""), spoken).options:
        text = escape(option.text)
        yield (
            '<label class="ps-option"><input class="ps-number" type="number" inputmode="numeric" min="0" '
            f'max="999" aria-label="{text}"> <span>{text}</span></label>'
        )
