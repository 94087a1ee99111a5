"""The levers as whole sentences: 'Decisions go back to [every board]'.

What a lever sets and the values of its words stand in `levers.toml`, its words in `text/`. Ten
are shown first; the others stand behind 'more'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from statistics import fmean
from typing import Any, NamedTuple, get_args

from pydantic import Field, model_validator

from partnersim.app.words import Words
from partnersim.app.world import Appointment, Change, Happening, Lever, Setting, World
from partnersim.scenario.declarations import NEEDS_DOMAIN, NEEDS_ORGANISATION, EventType, Section
from partnersim.scenario.errors import ScenarioError
from partnersim.scenario.files import parse_toml
from partnersim.scenario.scenario import Scenario

GAP = "[...]"
"""The mark in a sentence that a band takes the place of."""

FIRST_ORGANISATION = "council"
"""The organisation that a lever for one organisation speaks of first, where there is such a one."""

EVENT_SIZE = 0.5
"""The size of the events that the trainer fires: half of the largest that the model knows."""

EVENT_MONTHS = 12


TRUST_AT_START = "starting.trust"
"""The setting that most places leave out: they begin with the trust that they come to rest at."""


class Spec(Section):
    """The entry of one lever in `levers.toml`."""

    lever: str = ""
    path: str = ""
    bands: dict[str, float] = Field(min_length=2)
    sources: tuple[str, ...] = ()
    is_more: bool = False

    @model_validator(mode="after")
    def _sets_one_thing(self) -> Spec:
        if bool(self.lever) == bool(self.path):
            raise ValueError("give either lever or path")
        return self


@dataclass(frozen=True)
class Band:
    """One choice of words, and its value."""

    label: str
    value: float


@dataclass(frozen=True)
class FrontLever:
    """A lever as a sentence with a gap.

    Attributes
    ----------
    name
        As in `levers.toml`.
    before, after
        The sentence, left and right of its gap.
    bands
        Bands that may stand in the gap.
    what, evidence
        Answers to 'What is this?' and 'What does the evidence say?'.
    sources
        Works that the evidence rests on, ready to show.
    from_start_only
        Whether it holds from the start, and not from any month.
    is_more
        Whether it is shown behind 'more'.
    """

    name: str
    before: str
    after: str
    bands: tuple[Band, ...]
    what: str
    evidence: str
    sources: tuple[str, ...]
    from_start_only: bool
    is_more: bool
    _spec: Spec
    _organisation: str

    def sentence(self, value: float) -> str:
        """Return the whole sentence for a value."""
        return f"{self.before}{self.band(value)}{self.after}"

    def band(self, value: float) -> str:
        """Return the words for a value: those of the nearest band."""
        return self.nearest(value).label

    def nearest(self, value: float) -> Band:
        """Return the band nearest to a value."""
        return min(self.bands, key=lambda band: abs(band.value - value))

    def value(self, world: World, month: int = 0) -> float:
        """Return the value in a month of a world: as changed, else as the place has it."""
        return self._value(world, world.scenario(), month)

    def _value(self, world: World, scenario: Scenario, month: int) -> float:
        if self._spec.path == TRUST_AT_START and scenario.starting.trust is None:
            return float(world.hundred().series["trust"][world.replicate, 0])
        if self._spec.path:
            return _value_at(scenario, self._path())
        held = [
            intervention.value
            for intervention in scenario.interventions
            if intervention.lever == self._spec.lever
            and not intervention.organisations
            and intervention.from_month <= month < intervention.to_month
        ]
        usual = getattr(scenario.ways_of_working, self._spec.lever)
        return float(held[-1] if held else usual)

    def change(self, value: float, from_month: int = 0) -> Change:
        """Make the change that sets the lever: a way of working from a month, all else from the start."""
        if self._spec.path:
            whole = self._spec.path.endswith("n_simultaneous")
            return Setting(path=self._path(), value=int(value) if whole else float(value))
        return Lever.model_validate(
            {"lever": self._spec.lever, "value": float(value), "from_month": from_month}
        )

    def sets(self, change: Change) -> bool:
        """Return whether a change sets this lever."""
        if isinstance(change, Lever):
            return bool(self._spec.lever) and change.lever == self._spec.lever
        return isinstance(change, Setting) and bool(self._spec.path) and change.path == self._path()

    def _path(self) -> str:
        return self._spec.path.replace("{organisation}", self._organisation)


def front_levers(scenario: Scenario, words: Words) -> list[FrontLever]:
    """List the ten levers that are shown first."""
    return [lever for lever in all_levers(scenario, words) if not lever.is_more]


def all_levers(scenario: Scenario, words: Words, organisation: str = "") -> tuple[FrontLever, ...]:
    """List every lever that a scenario has; `organisation` is the one that some of them speak of.

    A drawn scenario has no organisations to set one by one.
    """
    names = scenario.organisation_names
    if organisation not in names:
        organisation = FIRST_ORGANISATION if FIRST_ORGANISATION in names else names[0]
    title = scenario.organisation_titles[names.index(organisation)]
    return _make_all(words, organisation, title, scenario.drawn is not None)


class Stand(NamedTuple):
    """Where a lever stands: in which band, and by which change of a bundle, if by one."""

    lever: FrontLever
    band: Band
    at: int | None


def find_stands(world: World, month: int, bundle: Sequence[Change], words: Words) -> list[Stand]:
    """Find where all levers stand in a month; one that was changed has the place of its newest change."""
    scenario = world.scenario()
    return [
        Stand(
            lever,
            lever.nearest(lever._value(world, scenario, month)),
            max((at for at, one in enumerate(bundle) if lever.sets(one)), default=None),
        )
        for lever in all_levers(scenario, words)
    ]


def find_lever(change: Change, scenario: Scenario, words: Words) -> FrontLever | None:
    """Find the lever that a change belongs to, if it is one of those shown."""
    organisation = ""
    if isinstance(change, Setting) and change.path.startswith("organisations."):
        organisation = change.path.split(".")[1]
    for lever in all_levers(scenario, words, organisation):
        if lever.sets(change):
            return lever
    return None


def coordinator_choices(scenario: Scenario, words: Words, name: str = "Ana") -> tuple[Coordination, ...]:
    """List who may look after the partnership: nobody, an outsider, someone of a member."""
    return _make_choices(words, scenario.organisation_names[0], scenario.organisation_titles[0], name)


@lru_cache(maxsize=64)  # asked for with every act
def _make_choices(words: Words, host: str, title: str, name: str) -> tuple[Coordination, ...]:
    employed: dict[str, dict[str, Any]] = {
        "independent": {},
        "hosted": {"host": host, "impartiality": 1.0},
        "partial": {"host": host, "impartiality": 0.3},
    }
    choices = [Coordination("nobody", words("coordinator.nobody"), None)]
    for kind, how in employed.items():
        person = Appointment.model_validate({"name": "ana", "title": name, "skill": 0.8, **how})
        choices.append(Coordination(kind, words(f"coordinator.{kind}", name=name, host=title), person))
    return tuple(choices)


@dataclass(frozen=True)
class Coordination:
    """One answer to the question who looks after the partnership."""

    name: str
    label: str
    change: Appointment | None


@dataclass(frozen=True)
class EventKind:
    """An event that the trainer can fire.

    `needs_domain` is true where it is about one domain of the vision, and falls on everybody.
    """

    name: str
    label: str
    needs_organisation: bool
    needs_domain: bool

    def event(self, month: int, organisation: str = "", domain: str = "") -> Happening:
        """Make the event in a month; it counts from the month after the one that is shown."""
        return Happening.model_validate(
            {
                "type": self.name,
                "month": month,
                "organisation": organisation,
                "domain": domain,
                "size": EVENT_SIZE,
                "months": EVENT_MONTHS,
            }
        )


def event_kinds(words: Words) -> list[EventKind]:
    """List all kinds of event, in the order in which to offer them."""
    labels = words.below("event")
    return [
        EventKind(name, labels[name], name in NEEDS_ORGANISATION, name in NEEDS_DOMAIN)
        for name in get_args(EventType)
    ]


@cache
def specs() -> Mapping[str, Spec]:
    """Read and check `levers.toml`: its entries by name of lever."""
    text = (files("partnersim") / "app" / "levers.toml").read_text(encoding="utf-8")
    return {name: Spec.model_validate(table) for name, table in parse_toml(text, "levers.toml").items()}


@lru_cache(maxsize=256)  # asked for with every act, and for every change that has to be named
def _make_all(words: Words, organisation: str, title: str, is_drawn: bool) -> tuple[FrontLever, ...]:
    return tuple(
        _make(name, spec, words, organisation, title)
        for name, spec in specs().items()
        if not (is_drawn and spec.path.startswith("organisations."))
    )


def _make(name: str, spec: Spec, words: Words, organisation: str, title: str) -> FrontLever:
    template = words.texts[f"lever.{name}.sentence"].replace("{organisation}", title)
    before, _, after = template.partition(GAP)
    return FrontLever(
        name=name,
        before=before,
        after=after,
        bands=tuple(Band(words(f"lever.{name}.bands.{band}"), value) for band, value in spec.bands.items()),
        what=words(f"lever.{name}.what"),
        evidence=words(f"lever.{name}.evidence"),
        sources=tuple(words(f"source.{key}") for key in spec.sources),
        from_start_only=bool(spec.path),
        is_more=spec.is_more,
        _spec=spec,
        _organisation=organisation,
    )


def _value_at(scenario: Scenario, path: str) -> float:
    """Return the number at a dotted path; the mean over all organisations where it says `*`."""
    if "*" in path:
        paths = [path.replace("*", organisation.name) for organisation in scenario.organisations]
        values = [_value_at(scenario, one) for one in paths]
        return values[0] if len(set(values)) == 1 else fmean(values)
    value: Any = scenario
    for part in path.split("."):
        if isinstance(value, list):
            value = {member.name: member for member in value}.get(part)
        else:
            value = getattr(value, part, None)
        if value is None:
            raise ScenarioError(f"{path}: this scenario has no such setting")
    return float(value)
