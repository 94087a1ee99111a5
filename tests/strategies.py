"""Hypothesis strategies for scenarios: small, valid, and with every feature there is."""

import math
from typing import Any, get_args

from hypothesis import reject
from hypothesis import strategies as st
from pydantic import ValidationError

from partnersim.scenario.declarations import DECISIONS, LAYERS, LEVERS, STRATEGIES, EventType, lever_bound
from partnersim.scenario.declared import parameters
from partnersim.scenario.scenario import Scenario

NAMES = ["hospital", "council", "practices", "charity", "Trust-2", "x_y"]
DOMAINS = ["urgent_care", "long_term_conditions", "prevention", "independence"]
SECTIONS = [
    "starting",
    "trust",
    "relations",
    "decision",
    "pressure",
    "commitment",
    "place",
    "turnover",
    "emergence",
    "mechanisms",
    "ways_of_working",
]

Data = dict[str, Any]


def numbers(prefix: str) -> dict[str, st.SearchStrategy[Any]]:
    """A strategy for each number and switch whose path starts with a prefix, by its last part."""
    found: dict[str, st.SearchStrategy[Any]] = {}
    for row in parameters():
        head, _, name = row.path.rpartition(".")
        if head != prefix:
            continue
        if isinstance(row.default, bool):
            found[name] = st.booleans()
        elif row.low is not None and row.high is not None:
            if isinstance(row.default, int):
                found[name] = st.integers(int(row.low), int(row.high))
            else:
                found[name] = st.floats(row.low, row.high)
    return found


def some(prefix: str, *without: str) -> st.SearchStrategy[Data]:
    """A table in which a few of its numbers and switches are set."""
    fields = {name: s for name, s in numbers(prefix).items() if name not in without}

    @st.composite
    def draw_few(draw: st.DrawFn) -> Data:
        names = draw(st.lists(st.sampled_from(sorted(fields)), max_size=4, unique=True))
        return {name: draw(fields[name]) for name in names}

    return draw_few()


@st.composite
def weights(draw: st.DrawFn, names: list[str]) -> dict[str, float]:
    """Nothing, or a weight for each of some names, together 1."""
    parts = {name: draw(st.integers(0, 5)) for name in names}
    total = sum(parts.values())
    return {name: part / total for name, part in parts.items() if part} if total else {}


def text() -> st.SearchStrategy[str]:
    """Titles as people write them, and worse."""
    return st.sampled_from(["", "A title"]) | st.text(st.characters(codec="utf-8"), max_size=30)


@st.composite
def organisations(draw: st.DrawFn) -> list[Data]:
    """Two to six organisations with some of everything that they can have."""
    names = NAMES[: draw(st.integers(2, len(NAMES)))]
    found = []
    for position, name in enumerate(names):
        targets = draw(
            st.lists(
                st.fixed_dictionaries(
                    {"domain": st.sampled_from(DOMAINS)},
                    optional=dict(numbers("organisations.<name>.targets.<number>")),
                ),
                max_size=2,
            )
        )
        found.append(
            {
                "name": name,
                "title": draw(text()),
                "objectives": draw(weights(DOMAINS)),
                "targets": [
                    target | draw(st.sampled_from([{}, {"origin": "national", "phase_months": 0}]))
                    for target in targets
                ],
                # A distance holds both ways: it is stated by the one who comes later.
                "cultural_distance": draw(
                    st.dictionaries(st.sampled_from(names[:position]), st.floats(0, 1))
                    if position
                    else st.just({})
                ),
                "ways_of_working": draw(some("organisations.<name>.ways_of_working")),
                **draw(some("organisations.<name>")),
            }
        )
    return found


@st.composite
def initiatives(draw: st.DrawFn, names: list[str]) -> list[Data]:
    """A few initiatives given by hand."""
    found = []
    for _ in range(draw(st.integers(0, 2))):
        members = draw(st.sampled_from([[], names[:2], names[-2:]]))
        found.append(
            {
                "members": members,
                "domains": draw(weights(DOMAINS)),
                "harm": draw(st.dictionaries(st.sampled_from(members or names), st.floats(0, 1), max_size=2)),
                **draw(some("programme.initiatives.<number>")),
            }
        )
    return found


@st.composite
def coordinators(draw: st.DrawFn, names: list[str], months: int) -> list[Data]:
    """Up to three coordinators, hosted or not, for part of the time or all of it."""
    found = []
    for name in ["Ana", "Ben", "c-3"][: draw(st.integers(0, 3))]:
        begin = draw(st.integers(0, months - 1))
        found.append(
            {
                "name": name,
                "title": draw(text()),
                "host": draw(st.sampled_from(["", *names])),
                "layers": draw(st.lists(st.sampled_from(LAYERS), min_size=1, unique=True)),
                "attention": draw(st.sampled_from(sorted(STRATEGIES))),
                "from_month": begin,
                "to_month": draw(st.integers(begin + 1, 600)),
                **draw(some("coordinators.<name>", "from_month", "to_month")),
            }
        )
    return found


@st.composite
def interventions(draw: st.DrawFn, names: list[str], months: int) -> list[Data]:
    """Up to four interventions, which may overlap."""
    found = []
    for _ in range(draw(st.integers(0, 4))):
        lever = draw(st.sampled_from((*LEVERS, *DECISIONS)))
        begin = draw(st.integers(0, months - 1))
        found.append(
            {
                "lever": lever,
                "value": draw(st.floats(lever_bound(lever, "ge"), lever_bound(lever, "le"))),
                "organisations": draw(st.lists(st.sampled_from(names), unique=True)),
                "from_month": begin,
                "to_month": draw(st.integers(begin + 1, 600)),
            }
        )
    return found


@st.composite
def events(draw: st.DrawFn, names: list[str], months: int) -> list[Data]:
    """Up to five events of all types."""
    found, joining = [], names[2:]
    for kind in draw(st.lists(st.sampled_from(get_args(EventType)), max_size=5)):
        candidates = names
        if kind == "organisation_joins":
            if not joining:  # two are there from the start, and nobody joins twice
                continue
            candidates = [joining.pop()]
        found.append(
            {
                "type": kind,
                "month": draw(st.integers(0, months - 1)),
                "organisation": draw(st.sampled_from(candidates)),
                "layer": draw(st.sampled_from(LAYERS)),
                "domain": draw(st.sampled_from(DOMAINS)),
                **draw(some("events.<number>", "month")),
            }
        )
    return found


@st.composite
def scenarios(draw: st.DrawFn, max_months: int = 40) -> Scenario:
    """Valid small scenarios with every feature: 2 to 6 organisations, named or drawn."""
    months = draw(st.integers(1, max_months))
    data: Data = {"months": months, "luck": draw(st.sampled_from([0.0, 0.5, 1.0]))}
    if draw(st.booleans()):
        data["organisations"] = draw(organisations())
        names = [organisation["name"] for organisation in data["organisations"]]
    else:
        n = draw(st.integers(2, 6))
        data["drawn"] = {**draw(some("drawn")), "n_organisations": n}
        names = [f"organisation-{k + 1}" for k in range(n)]
    if draw(st.booleans()):
        data["lead"] = {"organisation": draw(st.sampled_from(names)), **draw(some("lead"))}
    for section in draw(st.lists(st.sampled_from(SECTIONS), max_size=4, unique=True)):
        data[section] = draw(some(section))
    data["decision"] = data.get("decision", {}) | {"rule": draw(st.sampled_from(["stake", "conditional"]))}
    theory = st.sampled_from(["deeds", "deeds", "two-layer", "loyalty"])
    data["trust"] = data.get("trust", {}) | {"theory": draw(theory)}
    for name in draw(st.sampled_from([(), ("trust",), ("trust", "contribution")])):
        data["starting"] = data.get("starting", {}) | {name: draw(st.floats(0, 1))}
    data |= {
        "title": draw(text()),
        "calendar_start": draw(st.sampled_from(["", "1998-04"])),
        "vision": {**draw(some("vision")), "weights": draw(weights(DOMAINS))},
        "programme": {**draw(some("programme")), "initiatives": draw(initiatives(names))},
        "coordinators": draw(coordinators(names, months)),
        "interventions": draw(interventions(names, months)),
        "events": draw(events(names, months)),
    }
    if draw(st.booleans()):
        data["published"] = [{**PUBLISHED, "value": draw(finite)} for _ in range(2)]
    try:
        return Scenario.model_validate(data)
    except ValidationError:
        reject()


PUBLISHED = {"title": "Beds", "month": 6, "value": 1.0, "reference_value": 2.0, "source": "made up"}
finite = st.floats(allow_nan=False, allow_infinity=False).filter(math.isfinite)
