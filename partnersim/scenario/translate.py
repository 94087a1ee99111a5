"""Translation of a scenario, as people write it, to the numbers and arrays that the model reads.

What stands in a scenario under a dotted path stands in the model's record under the same path, as
`p.trust.disposition`. A name becomes a position, -1 for none; numbers by name become a row, and so
does a list of names, of 0 and 1, all 1 where it is empty. A list of tables becomes an array for
each of their fields, and `n`. Texts are left out. All this follows from the declarations; what the
model reads in another form than it is written is made by the functions marked `made`.

The record has room for the largest scenario: one compilation serves all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, Literal, NamedTuple, get_args, get_origin

import numpy as np

from partnersim.model.constants import EMERGED_COST, EMERGED_MEETINGS, EMERGED_SKILL
from partnersim.model.record import FLAG, REAL, WHOLE, new_record, parts_of, record_of
from partnersim.model.room import MAX_COORDINATORS, MAX_TARGETS, K, N
from partnersim.scenario.declarations import (
    LEVERS,
    MAX_MONTHS,
    NOT_SIMULATED,
    STRATEGIES,
    Coordinator,
    Drawn,
    Of,
    Organisation,
    Partnership,
    Target,
    UpTo,
)
from partnersim.scenario.declared import Place
from partnersim.scenario.scenario import Scenario

REASONS = ("commitment", "tie", "time")
"""The reasons that a coordinator's attention weighs."""

NAMES = "organisation_names"
"""The part of a scenario that is read where only the names of its organisations count."""

Values = dict[str, Any]
"""Numbers and arrays by their paths in the record."""

Kind = tuple[Any, tuple[int, ...]]
"""Type of a number, and the shape of an array; () for one number."""

MADE: dict[str, Kind] = {}
"""Entries of the record that are made by functions here: their kinds, by path."""

ELSEWHERE: set[str] = set()
"""Declared paths that do not stand in the record, as functions here read them."""

Part = Callable[[Scenario], Values]

READS: dict[Part, tuple[str, ...]] = {}
"""Each part of the translation, and the parts of a scenario that it reads."""


def to_parameters(scenario: Scenario) -> np.record:
    """Translate a scenario to the model's parameters: a record of `PARAMETERS`."""
    return Translator().write(scenario)


class Translator:
    """Writes one scenario after another into the same record.

    Parts of a scenario that are the very same as in the one before are not translated again: of
    many scenarios that differ in a few settings, each then costs little.
    """

    def __init__(self) -> None:
        self._record = new_record(PARAMETERS)
        # Views: to look a field of a record up by name takes longer than to write it.
        self._fields = parts_of(self._record)
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._last: Scenario | None = None

    def write(self, scenario: Scenario) -> np.record:
        """Translate a scenario to parameters, in a record that holds them until the next call."""
        last, self._last = self._last, None  # whatever is left half written is not relied on
        changed = READERS if last is None else _changed(last, scenario)
        for read in {read: None for part in changed for read in READERS[part]}:
            for path, value in read(scenario).items():
                self._put(path, value)
        self._last = scenario
        return self._record

    def _put(self, path: str, value: Any) -> None:
        """Write a number, or an array into the room that there is for it."""
        room = self._fields[path]
        if room.ndim == 1:
            room[0] = value
            return
        array = np.asarray(value)
        if self._shapes.setdefault(path, array.shape) != array.shape:
            room[...] = 0  # there may have been more of them before
            self._shapes[path] = array.shape
        if array.size:
            where: tuple[Any, ...] = (0, *map(slice, array.shape))
            room[where] = array


def _changed(last: Scenario, scenario: Scenario) -> set[str]:
    """Find the parts of a scenario that are not the very same as in another."""
    before, now = vars(last), vars(scenario)
    changed = {part for part in PARTS if before[part] is not now[part]}
    # Most of what reads organisations reads their names only, which hardly ever change.
    may_be_others = changed & {"organisations", "drawn"}
    if may_be_others and last.organisation_names != scenario.organisation_names:
        changed.add(NAMES)
    return changed


# What the model reads in another form ------------------------------------------------------------


def made(reads: str, kinds: Mapping[str, Kind], instead_of: str = "") -> Callable[[Part], Part]:
    """Mark a function that makes what the model reads in another form than it is written.

    It reads some parts of a scenario and makes what has these paths and kinds in the record, where
    the things declared that it is made of then do not stand: `instead_of`.
    """

    def mark(function: Part) -> Part:
        READS[function] = tuple(reads.split())
        MADE.update(kinds)
        ELSEWHERE.update(instead_of.split())
        return function

    return mark


@made(
    f"domains {NAMES}",
    {"n": (WHOLE, ()), "n_domains": (WHOLE, ()), "label": (WHOLE, (N,))},
    instead_of="organisations.n drawn.n_organisations",
)
def _counts(scenario: Scenario) -> Values:
    """Count organisations and domains; an organisation's label, its address of draws, is its position."""
    n = scenario.n_organisations
    return {"n": n, "n_domains": len(scenario.domains), "label": range(n)}


@made(
    "drawn decision place coordinators starting",
    {
        "drawn.is_given": (FLAG, ()),
        "decision.is_conditional": (FLAG, ()),
        "place.log_growth": (REAL, ()),
        "starting.trust": (REAL, ()),
        "starting.contribution": (REAL, ()),
        "coordinators.n_appointed": (WHOLE, ()),
    },
    instead_of="decision.rule place.demand_growth",
)
def _conversions(scenario: Scenario) -> Values:
    """Convert what is nearly as it is written: growth as a logarithm, -1 for a start at rest."""
    start = scenario.starting
    return {
        "drawn.is_given": scenario.drawn is not None,
        "decision.is_conditional": scenario.decision.rule == "conditional",
        "place.log_growth": math.log1p(scenario.place.demand_growth),
        "starting.trust": -1.0 if start.trust is None else start.trust,
        "starting.contribution": -1.0 if start.contribution is None else start.contribution,
        "coordinators.n_appointed": len(scenario.coordinators),
    }


@made(f"{NAMES} events", {"organisations.is_present_at_start": (REAL, (N,))})
def _presence(scenario: Scenario) -> Values:
    """Mark the organisations that are there from the start: 0 or 1."""
    joining = {e.organisation for e in scenario.events if e.type == "organisation_joins"}
    present = [float(name not in joining) for name in scenario.organisation_names]
    return {"organisations.is_present_at_start": present}


@made("organisations drawn domains", {"organisations.objectives": (REAL, (N, K))})
def _objectives(scenario: Scenario) -> Values:
    """Compute weights of domains that sum to 1; all alike where none are given."""
    alike = dict.fromkeys(scenario.domains, 1.0)
    given = [organisation.objectives or alike for organisation in _organisations(scenario)]
    totals = [math.fsum(weights.values()) for weights in given]
    rows = [
        [weights.get(name, 0.0) / total for name in scenario.domains]
        for weights, total in zip(given, totals, strict=True)
    ]
    return {"organisations.objectives": rows}


@made(
    "organisations drawn trust",
    {"organisations.cultural_distance": (REAL, (N, N))},
    instead_of="trust.usual_cultural_distance",
)
def _culture(scenario: Scenario) -> Values:
    """Fill in cultural distances between organisations: as given, else the usual; the same both ways."""
    organisations = _organisations(scenario)
    n = len(organisations)
    matrix = np.full((n, n), float(scenario.trust.usual_cultural_distance))
    np.fill_diagonal(matrix, 0.0)
    for i, organisation in enumerate(organisations):
        for j, other in enumerate(organisations):
            if other.name in organisation.cultural_distance:
                matrix[i, j] = matrix[j, i] = organisation.cultural_distance[other.name]
    return {"organisations.cultural_distance": matrix}


@made(
    "organisations drawn ways_of_working",
    {"organisations.ways_of_working": (REAL, (N, len(LEVERS)))},
    instead_of="ways_of_working",
)
def _working(scenario: Scenario) -> Values:
    """Fill in each lever of each organisation: its own value, else everybody's."""
    usual = [getattr(scenario.ways_of_working, lever) for lever in LEVERS]
    own = [[getattr(o.ways_of_working, v) for v in LEVERS] for o in _organisations(scenario)]
    stated = [[u if v is None else v for u, v in zip(usual, row, strict=True)] for row in own]
    return {"organisations.ways_of_working": stated}


@made("organisations drawn", {"organisations.targets.organisation": (WHOLE, (MAX_TARGETS,))})
def _whose_targets(scenario: Scenario) -> Values:
    """Find the organisation to which each target belongs."""
    whose = [i for i, o in enumerate(_organisations(scenario)) for _ in o.targets]
    return {"organisations.targets.organisation": whose}


Members = Callable[[Scenario], Sequence[Any]]

LISTS: dict[str, tuple[Members, tuple[str, ...]]] = {}
"""Lists that are not read as written: what finds their members, and the parts that it reads."""


def listed(where: str, reads: str, instead_of: str) -> Callable[[Members], Members]:
    """Mark a function that finds the members of a list; the rest is as for `made`."""

    def mark(function: Members) -> Members:
        LISTS[where] = (function, tuple(reads.split()))
        ELSEWHERE.update(instead_of.split())
        return function

    return mark


@listed(
    "organisations",
    "organisations drawn",
    instead_of="drawn.horizon_mean drawn.accountability_mean drawn.incentive_mean "
    "drawn.interdependence drawn.pressure_mean",
)
def _organisations(scenario: Scenario) -> Sequence[Organisation]:
    """Return the organisations; where they are yet to be drawn, each at the means."""
    if scenario.drawn is None:
        return scenario.organisations
    return _at_means(scenario.drawn, tuple(scenario.organisation_names))


@lru_cache(maxsize=1)  # several parts of the translation ask for them, one after another
def _at_means(drawn: Drawn, names: tuple[str, ...]) -> tuple[Organisation, ...]:
    means: dict[str, Any] = {
        "planning_horizon": drawn.horizon_mean,
        "accountability": drawn.accountability_mean,
        "incentive_share": drawn.incentive_mean,
        "interdependence": drawn.interdependence,
        "pressure": drawn.pressure_mean,
    }
    return tuple(Organisation(name=name, **means) for name in names)


@listed(
    "organisations.targets",
    "organisations drawn pressure",
    instead_of="organisations.targets.origin pressure.national_phase_months",
)
def _targets(scenario: Scenario) -> Sequence[Target]:
    """Return the targets of all organisations; national ones stand where the national year does."""
    phase = scenario.pressure.national_phase_months
    return [
        target.model_copy(update={"phase_months": phase})
        if target.origin == "national" and phase > 0  # it has none of its own
        else target
        for organisation in _organisations(scenario)
        for target in organisation.targets
    ]


@made(
    f"coordinators emergence {NAMES}",
    {f"coordinators.for_{reason}": (REAL, (MAX_COORDINATORS,)) for reason in REASONS}
    | {"coordinators.temperature": (REAL, (MAX_COORDINATORS,))},
    instead_of="coordinators.attention",
)
def _attention(scenario: Scenario) -> Values:
    """Look up each coordinator's weights of attention, and how much chance there is in it."""
    found = [STRATEGIES[coordinator.attention] for coordinator in _coordinators(scenario)]
    weights = {f"coordinators.for_{reason}": [s[reason] for s in found] for reason in REASONS}
    return weights | {"coordinators.temperature": [s["temperature"] for s in found]}


@listed("coordinators", f"coordinators emergence {NAMES}", instead_of="")
def _coordinators(scenario: Scenario) -> Sequence[Coordinator]:
    """Return the coordinators, and places for those who may emerge: one an organisation, to 10 in all."""
    appointed, emergence = scenario.coordinators, scenario.emergence
    if emergence.rate == 0.0:
        return appointed
    room = min(MAX_COORDINATORS - len(appointed), scenario.n_organisations)
    place: dict[str, Any] = {
        "skill": EMERGED_SKILL,
        "meetings_per_month": EMERGED_MEETINGS,
        "cost": EMERGED_COST,
        "from_month": MAX_MONTHS - 1,
    }
    return [*appointed, *(Coordinator(name=f"emerged-{k}", **place) for k in range(room))]


# What follows from the declarations --------------------------------------------------------------

NUMBERS = {float: REAL, int: WHOLE, bool: FLAG}

AXES: dict[str, tuple[int, Callable[[Scenario], Sequence[str]], tuple[str, ...]]] = {
    "organisations": (N, attrgetter(NAMES), (NAMES,)),
    "domains": (K, attrgetter("domains"), ("domains",)),
}
"""Lists that have names: the room for them, the names, and the parts that are read for these."""


class Form(NamedTuple):
    """The form in which values of one place in a scenario stand in the record."""

    kind: Kind
    encode: Callable[[Sequence[Any], Scenario], Sequence[Any]] | None = None
    reads: tuple[str, ...] = ()


def find_forms(
    place: Place, above: str = "", where: str = "", room: tuple[int, ...] = ()
) -> Iterator[tuple[str, str, Form]]:
    """Find the forms that follow from what is declared of a table, and of the tables in it.

    Each comes with its path and with the list, or else the part of a scenario, in which it stands.
    """
    for name in place.model.model_fields:
        child, path = place.child(name), f"{above}{name}"
        if path in MADE or path in ELSEWHERE or NOT_SIMULATED in child.metadata:
            continue
        if child.is_table:
            yield from find_forms(child, f"{path}.", where or path, room)
        elif child.container is list and child.member.is_table:
            (most,) = [entry.most for entry in child.metadata if isinstance(entry, UpTo)]
            if f"{path}.n" not in ELSEWHERE:
                yield f"{path}.n", path, Form((WHOLE, ()))
            yield from find_forms(child.member, f"{path}.", path, (most,))
        elif form := _form(child, room):
            yield path, where or path, form


def _form(place: Place, room: tuple[int, ...]) -> Form | None:
    """Find the form of a place's values in the record; None for a text, which does not stand there."""
    if place.annotation in NUMBERS:
        # Numba knows no arrays of flags in a record: there they are 0 and 1.
        number = REAL if room and place.annotation is bool else NUMBERS[place.annotation]
        return Form((number, room))
    of = [entry.names for entry in place.metadata if isinstance(entry, Of)]
    one = place.member if place.container is list else place
    known = get_args(one.annotation)
    if not of and get_origin(one.annotation) is not Literal:
        return None
    length, names_in, reads = AXES[of[0]] if of else (len(known), lambda _: known, ())

    def encode(values: Sequence[Any], scenario: Scenario) -> Sequence[Any]:
        names = names_in(scenario)
        if place.container is dict:
            return [[value.get(name, 0.0) for name in names] for value in values]
        if place.container is list:
            return [[float(name in (value or names)) for name in names] for value in values]
        at = {name: position for position, name in enumerate(names)} | {"": -1}
        return [at[value] for value in values]

    is_row = place.container in (dict, list)
    return Form((REAL, (*room, length)) if is_row else (WHOLE, room), encode, reads)


def _put_to_work(where: str, forms: Mapping[str, Form]) -> None:
    """Make a part of the translation: of the tables of a list, or of one part without the lists in it."""
    part, n = where.partition(".")[0], f"{where}.n"
    is_list = where in LISTS or n in forms
    as_written: Members = attrgetter(where) if is_list else lambda scenario: [scenario]
    members_in, reads = LISTS.get(where, (as_written, (part,)))
    getters = {
        path: attrgetter(path.removeprefix(f"{where}.") if is_list else path) for path in forms if path != n
    }

    def read(scenario: Scenario) -> Values:
        if getattr(scenario, part) is None:  # it is left out
            return dict.fromkeys(forms, 0)
        members = members_in(scenario)
        values: Values = {n: len(members)} if n in forms else {}
        for path, get in getters.items():
            column, encode = [get(member) for member in members], forms[path].encode
            encoded = encode(column, scenario) if encode and column else column
            values[path] = encoded if is_list else encoded[0]
        return values

    also = [name for form in forms.values() for name in form.reads]
    READS[read] = tuple(dict.fromkeys([*reads, *also]))


_tables: dict[str, dict[str, Form]] = {}
for _path, _where, _how in find_forms(Place(Partnership)):
    _tables.setdefault(_where, {})[_path] = _how
for _where, _forms in _tables.items():
    _put_to_work(_where, _forms)

KINDS = MADE | {path: form.kind for forms in _tables.values() for path, form in forms.items()}
"""All entries of the record: their kinds, by path."""

PARAMETERS = record_of((path, *kind) for path, kind in KINDS.items())
"""The record of everything that does not change during a run."""

READERS = {
    part: [read for read, parts in READS.items() if part in parts]
    for part in {part for parts in READS.values() for part in parts}
}
"""The parts of the translation that read each part of a scenario."""

PARTS = READERS.keys() - {NAMES}
"""All parts of a scenario that are translated."""
