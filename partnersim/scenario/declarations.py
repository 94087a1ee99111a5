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
from typing import Annotated, Any, Literal, NamedTuple, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, Strict, create_model, field_validator, model_validator
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
    """Says of names, or of what is given by name, in which list of the scenario these names are."""

    names: Literal["organisations", "domains"]


ORGANISATIONS, DOMAINS = Of("organisations"), Of("domains")


class UpTo(NamedTuple):
    """Says of a list for how many there is room."""

    most: int


NOT_SIMULATED = "not simulated"
"""Says of what stands in a scenario for its readers that the model does not read it."""


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
    extra = {"unit": unit, "source": source}
    arguments: dict[str, Any] = {"description": meaning, "json_schema_extra": extra}
    if low is not None:
        arguments["ge"] = low
    if high is not None:
        arguments["le"] = high
    if isinstance(default, list | dict):
        return Field(default_factory=lambda: type(default)(default), **arguments)
    if isinstance(default, type) and issubclass(default, BaseModel):
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


def _optional(info: FieldInfo) -> Any:
    """The same field, absent by default."""
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
    """What the partnership wants to change, together."""

    size: Real = number(
        12.0,
        1,
        10_000,
        "work units",
        source="set by leach2002 and pioneers: a quarter of it in 30-60 months; tuned",
    )
    """Work that the whole vision takes; one unit is what a full team that trusts and is never kept
    waiting does in a month."""
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
    size: Real = number(3.0, 0.01, 1000, "work units")
    """Work that it takes."""
    n_gates: Whole = number(2, 0, 8, "gates")
    """Decisions needed on the way, one before each stage; 0 needs none."""
    quick_win: Flag = setting(False, unit="yes or no")
    """Whether front-line staff can do it alone, without any board's decision."""
    start_month: Whole = number(0, 0, 599, "month")
    """Month before which it does not start."""
    harm: Annotated[dict[Slug, Share], ORGANISATIONS] = setting({}, unit="shares")
    """Loss (of income, say) that it means for a member, in units of its stake."""


class Programme(Section):
    """The joint work: how much at once, how large, and when it is given up."""

    n_simultaneous: Whole = number(4, 1, MAX_AT_ONCE, "initiatives")
    """Initiatives under way at once."""
    stagger_months: Whole = number(3, 0, 60, "months")
    """Months between the starts of the first ones."""
    members_per_initiative: Whole = number(4, 2, MAX_ORGANISATIONS, "organisations")
    """Organisations that a drawn initiative needs (all, where there are fewer)."""
    initiative_size: Real = number(4.5, 0.01, 1000, "work units", source="tuned")
    """Usual work of a drawn initiative when trust is at one half."""
    size_spread: Real = share(0.5, most=0.95)
    """Greatest relative difference of a drawn size from the usual."""
    max_gates: Whole = number(4, 1, 8, "gates", source="vangen2003 for the direction")
    """Gates of a drawn initiative when nobody trusts anybody; one when all do."""
    quick_win_share: Real = share(0.25)
    """Share of drawn initiatives that front-line staff can do alone."""
    quick_win_size: Real = number(0.3, 0.05, 1, "ratio")
    """Size of a quick win against that of other initiatives."""
    focus: Real = share(0.7)
    """Part of a drawn initiative's benefit that falls in one domain."""
    benefit_spread: Real = number(
        1.6,
        0,
        2,
        "ratio",
        source="nao2018: sites differ from falls to +15 %; not checked at the source; tuned",
    )
    """Standard deviation of an initiative's benefit about what was planned; some do harm."""
    shared_benefit: Real = share(0.38, source="tuned")
    """Part of that variance that all initiatives of one place have in common: some places take to
    change better than others."""
    complementarity: Real = number(-2.0, -10, 0.95, "exponent", source="johnston2011 for the direction")
    """How far work goes at the pace of the least committed: exponent of the CES mean over members;
    1 adds up, very negative is the weakest link."""
    diminishing: Real = number(1.0, 0, 10, "ratio")
    """How much harder the last of the vision is than the first: the easy things come first."""
    planned_effort: Real = number(0.72, 0.05, 1, "share", source="tuned")
    """Effort that plans take for granted."""
    patience: Real = number(3.0, 1, 100, "ratio")
    """Times its planned length after which an initiative is given up."""
    initiatives: Annotated[list[Initiative], UpTo(MAX_INITIATIVES)] = setting([], unit="list")
    """Initiatives given by hand; when they are done, others are drawn."""


class Starting(Section):
    """Where a partnership begins."""

    trust_mean: Real = share(0.42)
    """Mean trust at the start."""
    trust_spread: Real = share(0.2, most=0.5)
    """Greatest difference of a pair's trust from the mean."""
    contact_mean: Real = share(0.15)
    """Mean contact of pairs at the start."""
    contact_spread: Real = share(0.1, most=0.5)
    """Greatest difference of a pair's contact from the mean."""
    tension: Real = share(0.15)
    """Unresolved issues at the start."""
    commitment: Real = share(0.4)
    """Commitment to the vision at the start, as a share of its ceiling."""
    contribution: Real = share(0.5, source="fischbacher2010, amin2018: 40-60 %")
    """Share of free capacity promised to the partnership at the start."""


class Trust(Section):
    """How trust is learnt and lost."""

    goodwill_weight: Real = share(0.5, source="sako1992, nooteboom1996 for the two kinds")
    """Weight of goodwill against competence in trust."""
    disposition: Real = share(0.27, source="tuned")
    """Trust that strangers in this field give each other."""
    news_asymmetry: Real = number(2.0, 1, 5, "ratio", source="slovic1993, poortinga2004")
    """How much more bad news weighs than good where there is no settled view."""
    deeds: Real = share(0.5)
    """Weight of what the others did against what they say."""
    misreading_noise: Real = share(0.15, most=0.5)
    """Greatest chance error in reading the others in one month."""
    joint_day_rate: Real = number(0.067, 0, 1, "a day", source="tuned")
    """Part of the way to a true view of each other that a joint away day takes people."""
    agreement_loss: Real = share(0.5, source="malhotra2002 for the direction; tuned")
    """Part of goodwill lost when a full binding agreement is withdrawn: the others' good conduct is
    put down to it."""
    promise_rate: Real = share(0.06)
    """How fast kept and broken promises move competence trust, a month, at full contact."""
    reliability: Real = share(0.95)
    """Chance that a promise is kept when there is no pressure."""
    pressure_on_reliability: Real = share(0.3)
    """How much of that chance full pressure takes away."""
    shortfall: Real = share(0.5)
    """Part of a broken promise that is delivered all the same."""
    decay_rate: Real = number(0.01, 0, 1, "per month")
    """Monthly return of trust to disposition between those who never meet."""
    turnover_loss: Real = share(0.5)
    """Part of a relationship that goes with the person who leaves."""
    small_wins: Real = share(0.051, source="vangen2003 for the loop; tuned")
    """Gain of trust and commitment from a stage of work seen to be completed."""
    abandonment_loss: Real = share(0.15)
    """Loss of commitment and competence trust when an initiative is given up."""
    usual_cultural_distance: Real = share(0.5)
    """Cultural distance of two organisations where none is given."""


class Relations(Section):
    """Contact, and issues between organisations."""

    meeting_budget: Real = number(2.0, 0, 20, "meetings per month")
    """Regular meeting time of an organisation, spread over its partners."""
    issue_rate: Real = number(0.15, 0, 1, "per month")
    """Monthly growth of unresolved issues between fully opposed organisations."""
    surfacing_rate: Real = number(0.5, 0, 1, "per month")
    """Monthly chance that an issue comes to the table where nothing is avoided."""
    flare_loss: Real = share(0.08)
    """Part of goodwill lost when an issue flares up."""
    rupture_rate: Real = number(0.06, 0, 1, "per month")
    """Monthly chance that issues never raised break out, when full."""
    rupture_loss: Real = share(0.3)
    """Part of goodwill lost when they break out."""


class Decision(Section):
    """How a layer of an organisation decides what to contribute."""

    rule: Literal["stake", "conditional"] = setting(
        "stake", unit="name", source="conditional: fischbacher2010"
    )
    """How contributions are decided: by stake and exposure, or conditionally on what others are
    believed to give."""
    own_view_weight: Real = share(
        0.242, source="fischbacher2010, Table 2; recalled, not checked at the source"
    )
    """Weight of one's own view (the stake rule) in the conditional rule."""
    belief_weight: Real = share(0.666, source="fischbacher2010, Table 2; recalled, not checked at the source")
    """Weight of the belief about what others give in the conditional rule."""
    sharpness: Real = number(5.1, 0, 50, "per unit of stake", source="tuned")
    """How sharply contribution answers to what is to be gained."""
    exposure: Real = number(0.32, 0, 3, "stake", source="tuned")
    """What it costs to rely on partners who then do not deliver, in units of stake."""
    referral_protection: Real = share(0.5)
    """Part of that exposure which referring every decision back takes away."""
    mandate: Real = share(0.17, source="tuned")
    """Part of a board's missing consent that it brings along where it has met beforehand."""
    value_alone: Real = number(0.5, 0, 1, "ratio")
    """Worth of joint work to one whose success does not depend on the others, against one whose
    success does."""
    cost_base: Real = number(0.05, 0, 2, "stake")
    """Cost of contributing, in units of stake."""
    cost_pressure: Real = number(0.15, 0, 2, "stake")
    """Further cost under full pressure."""
    cost_load: Real = number(0.1, 0, 2, "stake")
    """Further cost of each initiative beyond the first, against those under way."""
    adjustment_rate: Real = number(0.2, 0, 1, "per month")
    """Part of the way to its aim that a contribution moves in a month."""


class Pressure(Section):
    """What drives pressure to meet one's own targets up and down."""

    deadline: Real = share(0.2)
    """Pressure added at the deadline of a target of weight 1."""
    load: Real = share(0.2)
    """Pressure added by contributing everything: contributing tires."""
    relief: Real = share(0.5)
    """Pressure that the delivered vision takes off, where it is the organisation's own domain."""
    shock_spread: Real = share(0.1, most=0.5)
    """Standard deviation of an organisation's own shocks."""
    national_shock_spread: Real = share(0.05, most=0.5)
    """Standard deviation of shocks that fall on all."""
    shock_persistence: Real = number(0.8, 0, 0.99, "per month")
    """Part of a shock left after a month."""
    national_phase_months: Whole = number(0, 0, 119, "months")
    """Months of the national year already gone at the start: the phase of every national target."""


class Commitment(Section):
    """What moves commitment to the vision."""

    pull: Real = number(0.05, 0, 1, "per month")
    """Monthly pull back to what the organisation alone would want."""
    alone: Real = share(0.48, source="tuned")
    """Commitment of an organisation left alone, as a share of its ceiling."""
    identification: Real = number(0.093, 0, 1, "per month", source="tuned")
    """Monthly rise towards the ceiling among partners who trust each other fully."""
    colleague_rate: Real = number(0.1, 0, 1, "per month")
    """Monthly pull of each layer's commitment to its colleagues' in other layers."""
    adoption: Real = share(0.5)
    """Part of its divisive ways of working that a fully committed organisation drops."""
    adoption_rate: Real = number(0.05, 0, 1, "per month")
    """Part of the way to that which practice moves in a month."""


class Place(Section):
    """Demand for care in the place, and how much of it the vision can meet elsewhere."""

    demand_growth: Real = number(0.023, -0.2, 0.2, "per year", source="morciano2021: 12 % over 5 years")
    """Yearly growth of demand without any partnership."""
    reach: Real = share(
        0.46, source="thistlethwaite2011: the best real case, 44 % below its trend; second hand; tuned"
    )
    """Part of demand that the whole vision, once embedded, would meet elsewhere."""
    embedding_months: Real = number(14.0, 1, 120, "months", source="tuned")
    """Mean months from finished work to benefit felt."""
    erosion_rate: Real = number(0.004, 0, 1, "per month")
    """Part of the benefit lost in a month."""


class Turnover(Section):
    """How often those who hold the relationships leave, and organisations too."""

    board_rate: Real = number(0.015, 0, 1, "per month")
    """Monthly chance that a board's lead changes."""
    management_rate: Real = number(0.015, 0, 1, "per month")
    """Monthly chance that the lead manager changes."""
    front_line_rate: Real = number(0.015, 0, 1, "per month")
    """Monthly chance that the front line's lead changes."""
    trust_floor: Real = share(0.12)
    """Mean trust under which an organisation may withdraw."""
    stake_floor: Real = number(0.05, 0, 1, "stake")
    """Mean stake under which it may."""
    withdrawal_rate: Real = number(0.1, 0, 1, "per month")
    """Monthly chance that it does, after a year under both floors."""


class Survey(Section):
    """How people answer when asked how joint working goes."""

    noise: Real = share(0.05, most=0.5)
    """Greatest chance error of the survey."""
    avoidance_bonus: Real = share(0.1, most=0.5)
    """How much better it looks where issues are avoided altogether."""


class Lead(Section):
    """Somebody in charge, if anybody is."""

    organisation: Annotated[Text, ORGANISATIONS] = setting("", unit="name")
    """The lead organisation; empty for none."""
    authority: Real = share(0.0)
    """Chance that a decision which the others have not yet taken passes on its word, if it wants
    it."""
    resentment: Real = share(0.05)
    """Part of the others' goodwill towards it that an imposed decision costs."""


STRATEGIES: dict[str, dict[str, float]] = {
    "balanced": {"commitment": 1.0, "tie": 1.0, "time": 1.0, "temperature": 0.2},
    "least-committed": {"commitment": 1.0, "tie": 0.0, "time": 0.0, "temperature": 0.1},
    "weakest-tie": {"commitment": 0.0, "tie": 1.0, "time": 0.0, "temperature": 0.1},
    "longest-unseen": {"commitment": 0.0, "tie": 0.0, "time": 1.0, "temperature": 0.1},
    "anyone": {"commitment": 0.0, "tie": 0.0, "time": 0.0, "temperature": 1.0},
}
"""Named points in the space of attention."""


class Attention(Section):
    """Whom a coordinator meets next: a softmax over three reasons."""

    commitment: Real = number(1.0, 0, 10, "weight")
    """Weight of low commitment to the vision."""
    tie: Real = number(1.0, 0, 10, "weight")
    """Weight of the weakest tie."""
    time: Real = number(1.0, 0, 10, "weight")
    """Weight of the time since last met, up to a year."""
    temperature: Real = number(0.2, 0.001, 100, "weight")
    """How much chance there is in it."""


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
    attention: Attention = setting(
        Attention,
        f"Whom the coordinator meets next: a table, or the name of a strategy ({', '.join(STRATEGIES)}).",
        unit="table",
    )

    @field_validator("attention", mode="before")
    @classmethod
    def _named_strategy(cls, value: Any) -> Any:
        if isinstance(value, str):
            if value not in STRATEGIES:
                raise ValueError(f"no strategy is named {value!r}; there are {', '.join(STRATEGIES)}")
            return STRATEGIES[value]
        return value

    @model_validator(mode="after")
    def _months_in_order(self) -> Self:
        if self.to_month <= self.from_month:
            raise ValueError(f"to_month {self.to_month} must be after from_month {self.from_month}")
        if not self.layers:
            raise ValueError("layers: at least one layer must be within reach")
        return self


class Emergence(Section):
    """Coordinators that nobody appointed."""

    rate: Real = number(0.0, 0, 1, "per month")
    """Monthly chance that a fully committed member starts to coordinate part-time."""
    skill: Real = share(0.5)
    """Skill of such a coordinator."""
    meetings_per_month: Real = number(3.0, 0, 60, "meetings per month")
    """Meetings that such a coordinator has."""
    cost: Real = number(5.0, 0, 1000, "staff days per month")
    """Staff time of such a coordinator."""


class Intervention(Section):
    """A lever set for some months; what it would have been goes on when it ends."""

    # The names of the levers stand once, as the fields above; mypy wants them written out.
    lever: Literal[LEVERS] = setting(..., unit="name")  # type: ignore[valid-type]
    """The way of working that is set."""
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
    """Referring back limits exposure to a bad decision."""
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
    small_wins: Flag = setting(True, unit="switch")
    """Completed stages feed trust and commitment."""
    articulation: Flag = setting(True, unit="switch")
    """Coordinators articulate the vision and what is being delivered."""
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
    """The lowest ('ge') or highest ('le') value of a lever."""
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
    survey: Survey = setting(Survey, unit="table")
    """How people answer surveys."""
    lead: Lead = setting(Lead, unit="table")
    """Somebody in charge, if anybody."""
    coordinators: Annotated[list[Coordinator], UpTo(MAX_COORDINATORS)] = setting([], unit="list")
    """The coordinators."""
    emergence: Emergence = setting(Emergence, unit="table")
    """Coordinators that nobody appointed."""
    interventions: Annotated[list[Intervention], UpTo(MAX_INTERVENTIONS)] = setting([], unit="list")
    """Levers set for some months."""
    events: Annotated[list[Event], UpTo(MAX_EVENTS)] = setting([], unit="list")
    """Events in their months."""
    mechanisms: Mechanisms = setting(Mechanisms, unit="table")
    """Switches of the model's routes."""
    published: Annotated[list[Published], NOT_SIMULATED] = setting([], unit="list")
    """Published figures to compare with."""

    @property
    def n_organisations(self) -> int:
        """How many organisations are declared, present from the start or not."""
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
