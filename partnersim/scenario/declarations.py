"""Scenario: everything that a user can set, each thing declared once.

A scenario describes one partnership: its organisations (or how to draw them), how they work
together, what is planned for them, and how strong each mechanism of the model is. Every field
below carries its default, its range, its unit, where the default comes from and one plain
sentence; the check of a file, the command line, the reference page, the JSON schema and what the
model reads are all derived from these lines.

What reads, checks, changes and writes them stands beside this file and is derived from it.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, Field, Strict, create_model
from pydantic.fields import FieldInfo

from partnersim.model.room import (
    MAX_AT_ONCE,
    MAX_COORDINATORS,
    MAX_EVENTS,
    MAX_INITIATIVES,
    MAX_INTERVENTIONS,
    MAX_ORGANISATIONS,
    MAX_TARGETS,
)

FORMAT = 1
"""Version of the file format; raised when an old file would be read wrongly."""

MAX_MONTHS = 600

Real = Annotated[float, Strict()]
Whole = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
Text = Annotated[str, Strict(), Field(max_length=2000)]
Slug = Annotated[str, Strict(), Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=40)]
Share = Annotated[float, Strict(), Field(ge=0, le=1)]

Layer = Literal["board", "management", "front_line"]
LAYERS: tuple[str, ...] = get_args(Layer)


class Of(NamedTuple):
    """A mark on names, or on values given by name: the list of the scenario that has these names."""

    names: Literal["organisations", "domains"]


ORGANISATIONS, DOMAINS = Of("organisations"), Of("domains")


class UpTo(NamedTuple):
    """A mark on a list: the most entries for which there is room."""

    most: int


NOT_SIMULATED = "not simulated"
"""A mark on what stands in a scenario for its readers: the model does not read it."""


def setting(
    default: Any,
    meaning: str | None = None,
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "share",
    source: str = "assumed",
) -> Any:
    """Declare one thing a user can set: default, closed range, unit, source.

    What it means is said in one plain sentence: as `meaning`, or in quotes below the field.
    """
    arguments: dict[str, Any] = {side: end for side, end in (("ge", low), ("le", high)) if end is not None}
    arguments |= {"description": meaning, "json_schema_extra": {"unit": unit, "source": source}}
    if isinstance(default, list | dict):
        return Field(default_factory=default.copy, **arguments)
    if isinstance(default, type):
        return Field(default_factory=default, **arguments)
    return Field(default=default, **arguments)


def number(default: Any, low: float, high: float, unit: str, source: str = "assumed") -> Any:
    """Declare a number in a closed range."""
    return setting(default, low=low, high=high, unit=unit, source=source)


def share(default: Any, most: float = 1, source: str = "assumed") -> Any:
    """Declare a share: from 0 to 1, or to less."""
    return setting(default, low=0, high=most, source=source)


class Section(BaseModel):
    """A table of a scenario file: unknown keys, wrong types, NaN and infinities are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class WaysOfWorking(Section):
    """How an organisation works with the others: the levers."""

    own_away_days: Real = number(4.0, 0, 24, "days per year")
    """Away days that each organisation holds by itself; they bind its layers together and let its
    commitment to the partnership fall back."""
    joint_away_days: Real = number(0.0, 0, 24, "days per year")
    """Away days held together with the partners: contact, commitment and a true sight of what the
    others do, paid for in staff time."""
    circulated_vision: Real = number(
        0.0, 0, 24, "documents per year", source="balliet2010: d = .46 against 1.21"
    )
    """Written statements of the vision sent round instead of meeting: they move commitment, by less
    than an away day does."""
    position_sharing: Real = number(0.0, 0, 24, "days per year")
    """Days spent on understanding each organisation's own position: less misreading, no
    commitment."""
    separate_pre_meetings: Real = share(0.5, source="wildschut2003 for the direction; size assumed")
    """Share of partnership meetings before which the organisation meets alone to agree its line:
    what it shows is guarded, but its board consents more easily."""
    own_needs_framing: Real = share(0.5)
    """Share of talk in partnership meetings framed by the organisation's own needs: it looks
    self-serving, but is better understood."""
    delegated_authority: Real = share(0.2)
    """Share of decisions that members may take at the partnership's own table instead of referring
    them back to every board."""
    partnership_managed_teams: Real = share(0.1)
    """Share of the teams at work on the change that the partnership manages, not each organisation
    by itself."""
    issue_avoidance: Real = share(0.5)
    """Share of relationship issues that people avoid raising: calm today, but issues pile up."""
    binding_agreement: Real = share(0.0, source="malhotra2002 for the direction; size assumed")
    """Strength of a binding agreement (contract, alliance) between members: it covers for missing
    trust, and conduct that it forces earns less goodwill."""
    cross_links: Real = number(
        1.0, 1, 5, "contacts", source="assumed; studies of managers who leave give the direction"
    )
    """Personal contacts that each pair of organisations keeps in each layer; losing the only one
    hurts."""


LEVERS = tuple(WaysOfWorking.model_fields)

DECISIONS = ("contribution", "promises_under_pressure")
"""What an organisation decides by the model's rules, unless an intervention holds it: shares.

The share of its free capacity that each of its layers is to give, and the chance that a promise is
kept under full pressure of its own targets."""


def _optional(info: FieldInfo) -> Any:
    """Declare the same field, absent by default."""
    # A type made at run time from another's limits: mypy cannot read it.
    annotation = Annotated[info.annotation, Strict(), *info.metadata]  # type: ignore[name-defined]
    return annotation | None, Field(default=None, json_schema_extra=info.json_schema_extra)


OwnWaysOfWorking: Any = create_model(
    "OwnWaysOfWorking",
    __base__=Section,
    __doc__="Levers of one organisation; a lever left out is as in `ways_of_working`.",
    **{name: _optional(info) for name, info in WaysOfWorking.model_fields.items()},
)


class Target(Section):
    """A target that an organisation is held to: it pulls its attention as its deadline nears."""

    domain: Annotated[Slug, DOMAINS] = setting(..., unit="name")
    """The domain that the target is about."""
    origin: Literal["national", "local"] = setting("local", unit="name")
    """Who set it: a national target falls on every organisation that has it in the same months, a
    local one in the organisation's own."""
    weight: Real = number(0.5, 0, 5, "weight")
    """Pull of the target at its deadline, against objectives that sum to 1."""
    cycle_months: Whole = number(12, 1, 120, "months")
    """Months from one deadline to the next."""
    phase_months: Whole = number(0, 0, 119, "months")
    """Months of the cycle already gone at the start."""


class Organisation(Section):
    """One organisation of the partnership."""

    name: Slug = setting(..., unit="name")
    """Short name, used in paths."""
    title: Text = setting("", unit="text")
    """Name to show; the short name if empty."""
    description: Text = setting("", unit="text")
    """What it wants, in one sentence."""
    objectives: Annotated[dict[Slug, Share], DOMAINS] = setting({}, unit="weights")
    """What it cares for: a weight for each domain, together 1; all alike if left out."""
    targets: Annotated[list[Target], UpTo(MAX_TARGETS)] = setting([], unit="list")
    """Targets that it is held to."""
    accountability: Real = share(0.5)
    """How closely it answers to others (boards, regulators, electors) for its own results."""
    incentive_share: Real = share(0.4)
    """Part of the value of joint work that comes back to the organisation."""
    planning_horizon: Real = number(24.0, 1, 240, "months")
    """How far ahead it plans: benefits later than this count for little."""
    capacity: Real = number(1.0, 0.1, 10, "ratio")
    """Staff it can free for joint work, against what its part of the work needs."""
    interdependence: Real = share(0.8)
    """How much of its success depends on the others at all."""
    cultural_distance: Annotated[dict[Slug, Share], ORGANISATIONS] = setting({}, unit="shares")
    """How far its professions and culture are from another's, where not the usual."""
    pressure: Real = share(0.4)
    """Pressure to meet its own targets in an ordinary month."""
    ways_of_working: OwnWaysOfWorking = setting(OwnWaysOfWorking, unit="table")
    """Levers in which it differs from the others."""


class Drawn(Section):
    """Organisations drawn afresh in each replicate, instead of named one by one."""

    n_organisations: Whole = number(6, 2, MAX_ORGANISATIONS, "organisations")
    """How many organisations."""
    objective_diversity: Real = share(0.5)
    """How far their objectives differ: 0 all alike, 1 as unlike as chance makes them."""
    horizon_mean: Real = number(24.0, 1, 240, "months")
    """Their usual planning horizon."""
    horizon_diversity: Real = share(0.5)
    """How far horizons differ: at 1, from a third of the usual to three times as much."""
    culture_diversity: Real = share(0.5)
    """Mean cultural distance between two of them."""
    pressure_mean: Real = share(0.4)
    """Their mean ordinary pressure."""
    pressure_spread: Real = share(0.1, most=0.5)
    """Greatest difference of an organisation's pressure from the mean."""
    accountability_mean: Real = share(0.5)
    """Their mean accountability."""
    accountability_spread: Real = share(0.2, most=0.5)
    """Greatest difference from the mean accountability."""
    incentive_mean: Real = share(0.4)
    """Their mean share of joint value."""
    incentive_spread: Real = share(0.2, most=0.5)
    """Greatest difference from the mean incentive share."""
    capacity_spread: Real = number(0.2, 0, 0.9, "ratio")
    """Greatest difference of capacity from 1."""
    interdependence: Real = share(0.8)
    """How much of each one's success depends on the others."""


class Vision(Section):
    """The change that the partnership wants, together."""

    size: Real = number(273.0, 1, 100_000, "work units", source="tuned")
    """Work that the whole vision takes; one unit is what an organisation of ordinary capacity does in
    a month if it gives all the staff that it can free."""
    weights: Annotated[dict[Slug, Share], DOMAINS] = setting({}, unit="weights")
    """Weight of each domain in the vision, together 1; the mean of the organisations' objectives if
    left out."""
    planning_horizon: Real = number(60.0, 1, 240, "months")
    """How far ahead the partnership looks."""


class Initiative(Section):
    """One piece of joint work, given by hand instead of drawn."""

    title: Text = setting("", unit="text")
    """Name to show."""
    domains: Annotated[dict[Slug, Share], DOMAINS] = setting({}, unit="weights")
    """Where its benefit falls: weights over domains, together 1; as the vision if left out."""
    members: Annotated[list[Slug], ORGANISATIONS] = setting([], unit="names")
    """Organisations that it needs; all if left out."""
    size: Real = number(12.0, 0.01, 1000, "work units")
    """Work that it takes."""
    start_month: Whole = number(0, 0, 599, "month")
    """Month before which it does not start."""
    harm: Annotated[dict[Slug, Share], ORGANISATIONS] = setting({}, unit="shares")
    """Loss (of income, say) that it means for a member, in units of its stake."""


class Programme(Section):
    """The joint work: how much at once, how large, and when it is given up."""

    n_simultaneous: Whole = number(4, 1, MAX_AT_ONCE, "initiatives")
    """Initiatives under way at once."""
    members_per_initiative: Whole = number(4, 2, MAX_ORGANISATIONS, "organisations")
    """Organisations that a drawn initiative needs (all, where there are fewer)."""
    initiative_size: Real = number(5.44, 0.01, 1000, "work units", source="tuned")
    """Usual work of a drawn initiative."""
    complementarity: Real = number(
        -1.59, -10, 0.95, "exponent", source="johnston2011 for the direction; tuned"
    )
    """How far work goes at the pace of the least committed: exponent of the CES mean over members;
    1 adds up, very negative is the weakest link."""
    diminishing: Real = number(0.368, 0, 10, "ratio", source="tuned")
    """How much harder the last of the vision is than the first: the easy things come first."""
    initiatives: Annotated[list[Initiative], UpTo(MAX_INITIATIVES)] = setting([], unit="list")
    """Initiatives given by hand; when they are done, others are drawn."""


class Starting(Section):
    """Where a partnership begins: at rest, where its own rules take it, unless it is stated."""

    trust: Share | None = setting(None, unit="share")
    """Mean trust at the start; where the place comes to rest if left out."""
    contribution: Share | None = setting(None, unit="share")
    """Share of free capacity promised at the start; where the place comes to rest if left out."""


class Trust(Section):
    """How trust is learnt and lost."""

    theory: Literal["deeds", "two-layer", "loyalty"] = setting(
        "deeds", unit="name", source="two-layer: pant2025; loyalty: klos2001"
    )
    """How trust learns: from talk, deeds and how joint work goes against expectations; from surprises,
    with a reputation that is damaged fast and mends slowly; or from time together without a break."""
    rate: Real = number(0.293, 0, 1, "per month", source="tuned")
    """How fast trust learns from what is seen, a month, at full contact."""
    news_asymmetry: Real = number(
        3.34, 1, 5, "ratio", source="slovic1993, poortinga2004 for the direction; tuned"
    )
    """How much more bad news weighs than good where there is no settled view."""
    deeds: Real = share(0.707, source="tuned")
    """Weight of what the others did against what they say."""
    disposition: Real = share(0.351, source="tuned")
    """Trust that strangers in this field give each other."""
    hope: Real = share(0.5)
    """How far plans and expectations are hoped for and not learnt from what is usual."""
    usual_cultural_distance: Real = share(0.5)
    """Cultural distance of two organisations where none is given."""


class Relations(Section):
    """Contact, and issues between organisations."""

    meeting_budget: Real = number(2.0, 0, 20, "meetings per month")
    """Regular meeting time of an organisation, spread over its partners."""
    issue_rate: Real = number(0.272, 0, 1, "per month", source="tuned")
    """Monthly growth of unresolved issues between fully opposed organisations."""
    flare_loss: Real = share(0.0747, source="tuned")
    """Part of goodwill lost when an issue flares up; four times that when it breaks out unraised."""


class Decision(Section):
    """How a layer of an organisation decides what to contribute."""

    rule: Literal["stake", "conditional"] = setting(
        "stake", unit="name", source="conditional: fischbacher2010"
    )
    """How contributions are decided: by stake and exposure, or conditionally on what others are
    believed to give."""
    sharpness: Real = number(3.97, 0, 50, "per unit of stake", source="tuned")
    """How sharply contribution answers to what is to be gained."""
    exposure: Real = number(0.15, 0, 3, "stake")
    """What it costs to rely on partners who then do not deliver, in units of stake."""
    mandate: Real = share(0.00956, source="tuned")
    """Part of a board's missing consent that it brings along where it has met beforehand."""
    resentment: Real = share(0.0489, source="tuned")
    """Part of goodwill lost towards those who decide over one's head."""
    value_alone: Real = number(0.345, 0, 1, "stake", source="tuned")
    """What time is worth alone to one whose success does not depend on the others."""
    cost_pressure: Real = number(0.0665, 0, 2, "stake", source="tuned")
    """Cost of contributing under full pressure."""


class Pressure(Section):
    """How pressure to meet one's own targets goes up and down."""

    relief: Real = share(0.495, source="tuned")
    """Pressure that the delivered vision takes off, where it is the organisation's own domain."""
    national_phase_months: Whole = number(0, 0, 119, "months")
    """Months of the national year already gone at the start: the phase of every national target."""


class Commitment(Section):
    """How commitment to the vision moves."""

    pull: Real = number(0.051, 0, 1, "per month", source="tuned")
    """Monthly pull back to what the organisation alone would want."""
    alone: Real = share(0.259, source="tuned")
    """Commitment of an organisation left alone, as a share of its ceiling."""
    identification: Real = number(0.155, 0, 1, "per month", source="tuned")
    """Monthly rise towards the ceiling among partners who trust each other fully."""


class Place(Section):
    """Demand for care in the place, and how much of it the vision can meet elsewhere."""

    demand_growth: Real = number(0.023, -0.2, 0.2, "per year", source="morciano2021: 12 % over 5 years")
    """Yearly growth of demand without any partnership."""
    reach: Real = share(
        0.39, source="thistlethwaite2011: the best real case, 44 % below its trend; second hand; tuned"
    )
    """Part of demand that the whole vision, once embedded, would meet elsewhere."""
    embedding_months: Real = number(13.0, 1, 120, "months", source="tuned")
    """Mean months from finished work to benefit felt."""
    erosion_rate: Real = number(0.0177, 0, 1, "per month", source="tuned")
    """Part of the benefit lost in a month."""


class Turnover(Section):
    """How often those who hold the relationships leave, and organisations too."""

    rate: Real = number(0.0166, 0, 1, "per month", source="tuned")
    """Monthly chance that the lead of a layer changes."""


class Lead(Section):
    """Somebody in charge, if anybody is."""

    organisation: Annotated[Text, ORGANISATIONS] = setting("", unit="name")
    """The lead organisation; empty for none."""
    authority: Real = share(0.0)
    """Chance that a decision which the others have not yet taken passes on its word, if it wants
    it."""


STRATEGIES: dict[str, dict[str, float]] = {
    "balanced": {"commitment": 1.0, "tie": 1.0, "time": 1.0, "temperature": 0.2},
    "least-committed": {"commitment": 1.0, "tie": 0.0, "time": 0.0, "temperature": 0.1},
    "weakest-tie": {"commitment": 0.0, "tie": 1.0, "time": 0.0, "temperature": 0.1},
    "longest-unseen": {"commitment": 0.0, "tie": 0.0, "time": 1.0, "temperature": 0.1},
    "anyone": {"commitment": 0.0, "tie": 0.0, "time": 0.0, "temperature": 1.0},
}
"""Named points in the space of attention."""


class Coordinator(Section):
    """Someone who serves the partnership's vision, whoever employs them."""

    name: Slug = setting(..., unit="name")
    """Short name, used in paths."""
    title: Text = setting("", unit="text")
    """Name to show; the short name if empty."""
    host: Annotated[Text, ORGANISATIONS] = setting("", unit="name")
    """The organisation that employs the coordinator; empty for none."""
    impartiality: Real = share(1.0)
    """Chance that a meeting is conducted for the partnership and not for the host."""
    skill: Real = share(0.7)
    """How good the coordinator is at it."""
    meetings_per_month: Real = number(8.0, 0, 60, "meetings per month")
    """Layers of organisations that the coordinator meets in a month."""
    layers: list[Layer] = setting(list(LAYERS), unit="names")
    """Layers within reach."""
    from_month: Whole = number(0, 0, MAX_MONTHS, "month")
    """First month at work."""
    to_month: Whole = number(MAX_MONTHS, 0, MAX_MONTHS, "month")
    """First month no longer at work."""
    cost: Real = number(20.0, 0, 1000, "staff days per month")
    """Staff time that the coordinator costs the partnership."""
    attention: Literal[tuple(STRATEGIES)] = setting("balanced", unit="name")  # type: ignore[valid-type]
    """Whom the coordinator meets next."""


class Emergence(Section):
    """Coordinators that nobody appointed."""

    rate: Real = number(0.0, 0, 1, "per month")
    """Monthly chance that a fully committed member starts to coordinate part-time."""


class Intervention(Section):
    """A lever, or a decision, held for some months; what it would have been goes on when it ends."""

    # The names of the levers stand once, as the fields above; mypy wants them written out.
    lever: Literal[(*LEVERS, *DECISIONS)] = setting(..., unit="name")  # type: ignore[valid-type]
    """The way of working that is set; or a decision that the model leaves to its rules unless it is held:
    `contribution`, the share of free capacity to give, or `promises_under_pressure`, the chance to keep
    a promise under full pressure."""
    value: Real = number(..., 0, 24, "as the lever")
    """What it is set to."""
    organisations: Annotated[list[Slug], ORGANISATIONS] = setting([], unit="names")
    """For whom; all organisations if left out."""
    from_month: Whole = number(0, 0, MAX_MONTHS, "month")
    """First month."""
    to_month: Whole = number(MAX_MONTHS, 0, MAX_MONTHS, "month")
    """First month no longer."""
    title: Text = setting("", unit="text")
    """What it was in words."""


EventType = Literal[
    "leader_leaves",
    "national_target_lands",
    "funding_cut",
    "reorganisation",
    "common_crisis",
    "organisation_joins",
    "organisation_withdraws",
]


class Event(Section):
    """Something that happens in a month."""

    type: EventType = setting(..., unit="name")
    """What happens."""
    month: Whole = number(..., 0, MAX_MONTHS - 1, "month")
    """When."""
    organisation: Annotated[Text, ORGANISATIONS] = setting("", unit="name")
    """To whom; empty for all, where that makes sense."""
    layer: Layer = setting("board", unit="name")
    """In which layer a leader leaves."""
    domain: Annotated[Text, DOMAINS] = setting("", unit="name")
    """Domain of a national target."""
    size: Real = share(1.0)
    """How large it is."""
    months: Whole = number(12, 1, MAX_MONTHS, "months")
    """How long it lasts."""
    title: Text = setting("", unit="text")
    """What it was in words."""


class Mechanisms(Section):
    """Switches: each turns one route of the model off, and nothing else."""

    away_days_harm: Flag = setting(True, unit="switch")
    """Own away days let commitment fall back."""
    away_days_reason: Flag = setting(True, unit="switch")
    """Own away days bind layers and help to keep promises."""
    pre_meetings_harm: Flag = setting(True, unit="switch")
    """Separate pre-meetings make what is shown guarded."""
    pre_meetings_reason: Flag = setting(True, unit="switch")
    """Separate pre-meetings make a board's consent easier."""
    framing_harm: Flag = setting(True, unit="switch")
    """Talk of own needs looks self-serving."""
    framing_reason: Flag = setting(True, unit="switch")
    """Talk of own needs is understood."""
    referral_harm: Flag = setting(True, unit="switch")
    """Decisions referred back wait for every board."""
    referral_reason: Flag = setting(True, unit="switch")
    """Being decided over costs goodwill, which referring back avoids."""
    separate_teams_handoffs: Flag = setting(True, unit="switch")
    """Teams managed separately lose work in hand-offs."""
    separate_teams_promises: Flag = setting(True, unit="switch")
    """Teams managed separately break more promises."""
    transition_dip: Flag = setting(True, unit="switch")
    """Work dips for months while teams move over."""
    avoidance_harm: Flag = setting(True, unit="switch")
    """Issues that are avoided pile up and break out."""
    avoidance_reason: Flag = setting(True, unit="switch")
    """Avoidance spares flare-ups today and looks better in surveys."""
    meeting_time_cost: Flag = setting(True, unit="switch")
    """Meetings and away days take staff time from the work."""
    accountability_consent: Flag = setting(True, unit="switch")
    """Accountable boards consent less easily."""
    results: Flag = setting(True, unit="switch")
    """Work that goes as planned feeds commitment."""
    framework: Flag = setting(True, unit="switch")
    """A standing agreement makes decisions quicker."""
    chasing: Flag = setting(True, unit="switch")
    """Coordinators chase decisions."""
    articulation: Flag = setting(True, unit="switch")
    """Coordinators articulate the vision."""
    bridging: Flag = setting(True, unit="switch")
    """Coordinators tell members what they saw the others do."""
    resolution: Flag = setting(True, unit="switch")
    """Coordinators help to work issues through."""
    convening: Flag = setting(True, unit="switch")
    """Coordinators bring those they meet together."""
    trust_frozen: Flag = setting(False, unit="switch")
    """Trust stays as it was at the start, whatever happens."""


class Published(Section):
    """A published figure of a real place, to set beside the simulation; it steers nothing."""

    title: Text = setting(..., unit="text")
    """What was measured."""
    month: Whole = number(..., 0, MAX_MONTHS, "month")
    """Month of the scenario it belongs to."""
    value: Real = setting(..., unit="as stated")
    """The figure."""
    unit: Text = setting("", unit="text")
    """Its unit."""
    reference_month: Whole = number(0, 0, MAX_MONTHS, "month")
    """Month whose figure it is compared with."""
    reference_value: Real = setting(..., unit="as stated")
    """The figure of that month."""
    measure: Literal["outcome"] = setting("outcome", unit="name")
    """The series of the model that is set beside it, as a ratio to the reference."""
    source: Text = setting(..., unit="text")
    """Where it was published."""


NEEDS_ORGANISATION = ("leader_leaves", "organisation_joins", "organisation_withdraws")

NEEDS_DOMAIN = ("national_target_lands",)


@cache
def lever_bound(lever: str, side: Literal["ge", "le"]) -> float:
    """Return the lowest ('ge') or highest ('le') value of a lever, or of a decision."""
    if lever in DECISIONS:
        return {"ge": 0.0, "le": 1.0}[side]
    bounds = [getattr(m, side) for m in WaysOfWorking.model_fields[lever].metadata if hasattr(m, side)]
    return float(bounds[0])


class Partnership(Section):
    """Everything that can be set about one partnership."""

    format: Annotated[Whole, NOT_SIMULATED] = number(FORMAT, FORMAT, FORMAT, "version")
    """Version of the file format."""
    title: Text = setting("", unit="text")
    """Name to show."""
    description: Text = setting("", unit="text")
    """What the scenario is about."""
    calendar_start: Text = setting("", unit="text")
    """Calendar month of month 0, as in 1998-04; empty where there is none."""
    months: Whole = number(120, 1, MAX_MONTHS, "months")
    """How long to simulate."""
    luck: Real = share(1.0)
    """1 draws chance, 0 puts its expectation in place of every draw."""
    domains: list[Slug] = setting(
        ["urgent_care", "long_term_conditions", "prevention", "independence"], unit="names"
    )
    """Domains in which there is benefit to be had."""
    organisations: Annotated[list[Organisation], UpTo(MAX_ORGANISATIONS)] = setting([], unit="list")
    """The organisations, one by one."""
    drawn: Drawn | None = setting(None, unit="table")
    """Organisations to draw, where none are named."""
    vision: Vision = setting(Vision, unit="table")
    """What the partnership wants to change."""
    programme: Programme = setting(Programme, unit="table")
    """The joint work."""
    ways_of_working: WaysOfWorking = setting(WaysOfWorking, unit="table")
    """How the organisations work together."""
    starting: Starting = setting(Starting, unit="table")
    """Where the partnership begins."""
    trust: Trust = setting(Trust, unit="table")
    """How trust is learnt and lost."""
    relations: Relations = setting(Relations, unit="table")
    """Contact and issues."""
    decision: Decision = setting(Decision, unit="table")
    """How contributions are decided."""
    pressure: Pressure = setting(Pressure, unit="table")
    """What drives pressure."""
    commitment: Commitment = setting(Commitment, unit="table")
    """What moves commitment."""
    place: Place = setting(Place, unit="table")
    """Demand in the place."""
    turnover: Turnover = setting(Turnover, unit="table")
    """Who leaves, and how often."""
    lead: Lead = setting(Lead, unit="table")
    """Somebody in charge, if anybody."""
    coordinators: Annotated[list[Coordinator], UpTo(MAX_COORDINATORS)] = setting([], unit="list")
    """The coordinators."""
    emergence: Emergence = setting(Emergence, unit="table")
    """Coordinators that nobody appointed."""
    interventions: Annotated[list[Intervention], UpTo(MAX_INTERVENTIONS)] = setting([], unit="list")
    """Levers, and decisions, held for some months."""
    events: Annotated[list[Event], UpTo(MAX_EVENTS)] = setting([], unit="list")
    """Events in their months."""
    mechanisms: Mechanisms = setting(Mechanisms, unit="table")
    """Switches of the model's routes."""
    published: Annotated[list[Published], NOT_SIMULATED] = setting([], unit="list")
    """Published figures to compare with."""

    @property
    def n_organisations(self) -> int:
        """The number of organisations that are declared, present from the start or not."""
        return self.drawn.n_organisations if self.drawn else len(self.organisations)

    @property
    def organisation_names(self) -> list[str]:
        """Short names, in the order of every organisation axis."""
        if self.drawn:
            return [f"organisation-{k + 1}" for k in range(self.drawn.n_organisations)]
        return [organisation.name for organisation in self.organisations]

    @property
    def organisation_titles(self) -> list[str]:
        """Names to show, in the same order."""
        if self.drawn:
            return [f"Organisation {k + 1}" for k in range(self.drawn.n_organisations)]
        return [organisation.title or organisation.name for organisation in self.organisations]
