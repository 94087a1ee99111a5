"""Scenario: everything that a user can set, each thing declared once.

A scenario describes one partnership: its organisations (or how to draw them), how they work
together, what is planned for them, and how strong each mechanism of the model is. Every field
below carries its default, its range, its unit, where the default comes from and one plain
sentence; the check of a file, the command line, the reference page and the JSON schema are all
derived from these lines.

What reads, checks, changes and writes them stands beside this file and is derived from it.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    create_model,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo

FORMAT = 1
"""Version of the file format; raised when an old file would be read wrongly."""

MAX_ORGANISATIONS = 50

MAX_COORDINATORS = 10

MAX_MONTHS = 600

MAX_TARGETS = MAX_INTERVENTIONS = MAX_EVENTS = 200

MAX_INITIATIVES = 100

LAYERS = ("board", "management", "front_line")

Real = Annotated[float, Strict()]

Whole = Annotated[int, Strict()]

Flag = Annotated[bool, Strict()]

Text = Annotated[str, Strict(), Field(max_length=2000)]

Slug = Annotated[str, Strict(), Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=40)]

Layer = Literal["board", "management", "front_line"]

Share = Annotated[float, Strict(), Field(ge=0, le=1)]


def setting(
    default: Any,
    meaning: str,
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "share",
    source: str = "assumed",
) -> Any:
    """Declare one thing a user can set: default, plain sentence, closed range, unit, source."""
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


class Section(BaseModel):
    """A table of a scenario file: unknown keys, wrong types, NaN and infinities are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class WaysOfWorking(Section):
    """How an organisation works with the others: the levers."""

    own_away_days: Real = setting(
        4.0,
        "Away days that each organisation holds by itself; they bind its layers together and "
        "let its commitment to the partnership fall back.",
        low=0, high=24, unit="days per year",
    )  # fmt: skip
    joint_away_days: Real = setting(
        0.0,
        "Away days held together with the partners: contact, commitment and a true sight of "
        "what the others do, paid for in staff time.",
        low=0, high=24, unit="days per year",
    )  # fmt: skip
    circulated_vision: Real = setting(
        0.0,
        "Written statements of the vision sent round instead of meeting: they move commitment, "
        "by less than an away day does.",
        low=0, high=24, unit="documents per year", source="balliet2010: d = .46 against 1.21",
    )  # fmt: skip
    position_sharing: Real = setting(
        0.0,
        "Days spent on understanding each organisation's own position: less misreading, no "
        "commitment.",
        low=0, high=24, unit="days per year",
    )  # fmt: skip
    separate_pre_meetings: Real = setting(
        0.5,
        "Share of partnership meetings before which the organisation meets alone to agree its "
        "line: what it shows is guarded, but its board consents more easily.",
        low=0, high=1, source="wildschut2003 for the direction; size assumed",
    )  # fmt: skip
    own_needs_framing: Real = setting(
        0.5,
        "Share of talk in partnership meetings framed by the organisation's own needs: it looks "
        "self-serving, but is better understood.",
        low=0, high=1,
    )  # fmt: skip
    delegated_authority: Real = setting(
        0.2,
        "Share of decisions that members may take at the partnership's own table instead of "
        "referring them back to every board.",
        low=0, high=1,
    )  # fmt: skip
    partnership_managed_teams: Real = setting(
        0.1,
        "Share of the teams at work on the change that the partnership manages, not each "
        "organisation by itself.",
        low=0, high=1,
    )  # fmt: skip
    issue_avoidance: Real = setting(
        0.5,
        "Share of relationship issues that people avoid raising: calm today, but issues pile up.",
        low=0, high=1,
    )  # fmt: skip
    binding_agreement: Real = setting(
        0.0,
        "Strength of a binding agreement (contract, alliance) between members: it covers for "
        "missing trust, and conduct that it forces earns less goodwill.",
        low=0, high=1, source="malhotra2002 for the direction; size assumed",
    )  # fmt: skip
    cross_links: Real = setting(
        1.0,
        "Personal contacts that each pair of organisations keeps in each layer; losing the only "
        "one hurts.",
        low=1, high=5, unit="contacts",
        source="assumed; studies of managers who leave give the direction",
    )  # fmt: skip


LEVERS = tuple(WaysOfWorking.model_fields)


def _optional(info: FieldInfo) -> Any:
    """The same field, absent by default."""
    # A type made at run time from another's limits: mypy cannot read it.
    annotation = Annotated[info.annotation, Strict(), *info.metadata]  # type: ignore[name-defined]
    return (
        annotation | None,
        Field(
            default=None,
            description=info.description,
            json_schema_extra=info.json_schema_extra,
        ),
    )


OwnWaysOfWorking: Any = create_model(
    "OwnWaysOfWorking",
    __base__=Section,
    __doc__="Levers of one organisation; a lever left out is as in `ways_of_working`.",
    **{name: _optional(info) for name, info in WaysOfWorking.model_fields.items()},
)


class Target(Section):
    """A target that an organisation is held to: it pulls its attention as its deadline nears."""

    domain: Slug = setting(..., "The domain that the target is about.", unit="name")
    origin: Literal["national", "local"] = setting(
        "local",
        "Who set it: a national target falls on every organisation that has it in the same "
        "months, a local one in the organisation's own.",
        unit="name",
    )
    weight: Real = setting(
        0.5, "Pull of the target at its deadline, against objectives that sum to 1.",
        low=0, high=5, unit="weight",
    )  # fmt: skip
    cycle_months: Whole = setting(
        12, "Months from one deadline to the next.", low=1, high=120, unit="months"
    )
    phase_months: Whole = setting(
        0, "Months of the cycle already gone at the start.", low=0, high=119, unit="months"
    )


class Organisation(Section):
    """One organisation of the partnership."""

    name: Slug = setting(..., "Short name, used in paths.", unit="name")
    title: Text = setting("", "Name to show; the short name if empty.", unit="text")
    description: Text = setting("", "What it wants, in one sentence.", unit="text")
    objectives: dict[Slug, Share] = setting(
        {}, "What it cares for: a weight for each domain, together 1; all alike if left out.",
        unit="weights",
    )  # fmt: skip
    targets: list[Target] = setting([], "Targets that it is held to.", unit="list")
    accountability: Real = setting(
        0.5,
        "How closely it answers to others (boards, regulators, electors) for its own results.",
        low=0, high=1,
    )  # fmt: skip
    incentive_share: Real = setting(
        0.4, "Part of the value of joint work that comes back to the organisation.",
        low=0, high=1,
    )  # fmt: skip
    planning_horizon: Real = setting(
        24.0, "How far ahead it plans: benefits later than this count for little.",
        low=1, high=240, unit="months",
    )  # fmt: skip
    capacity: Real = setting(
        1.0, "Staff it can free for joint work, against what its part of the work needs.",
        low=0.1, high=10, unit="ratio",
    )  # fmt: skip
    interdependence: Real = setting(
        0.8, "How much of its success depends on the others at all.", low=0, high=1
    )
    cultural_distance: dict[Slug, Share] = setting(
        {}, "How far its professions and culture are from another's, where not the usual.",
        unit="shares",
    )  # fmt: skip
    pressure: Real = setting(
        0.4, "Pressure to meet its own targets in an ordinary month.", low=0, high=1
    )
    ways_of_working: OwnWaysOfWorking = setting(
        OwnWaysOfWorking, "Levers in which it differs from the others.", unit="table"
    )


class Drawn(Section):
    """Organisations drawn afresh in each replicate, instead of named one by one."""

    n_organisations: Whole = setting(
        6, "How many organisations.", low=2, high=MAX_ORGANISATIONS, unit="organisations"
    )
    objective_diversity: Real = setting(
        0.5, "How far their objectives differ: 0 all alike, 1 as unlike as chance makes them.",
        low=0, high=1,
    )  # fmt: skip
    horizon_mean: Real = setting(
        24.0, "Their usual planning horizon.", low=1, high=240, unit="months"
    )
    horizon_diversity: Real = setting(
        0.5, "How far horizons differ: at 1, from a third of the usual to three times as much.",
        low=0, high=1,
    )  # fmt: skip
    culture_diversity: Real = setting(
        0.5, "Mean cultural distance between two of them.", low=0, high=1
    )
    pressure_mean: Real = setting(0.4, "Their mean ordinary pressure.", low=0, high=1)
    pressure_spread: Real = setting(
        0.1, "Greatest difference of an organisation's pressure from the mean.", low=0, high=0.5
    )
    accountability_mean: Real = setting(0.5, "Their mean accountability.", low=0, high=1)
    accountability_spread: Real = setting(
        0.2, "Greatest difference from the mean accountability.", low=0, high=0.5
    )
    incentive_mean: Real = setting(0.4, "Their mean share of joint value.", low=0, high=1)
    incentive_spread: Real = setting(
        0.2, "Greatest difference from the mean incentive share.", low=0, high=0.5
    )
    capacity_spread: Real = setting(
        0.2, "Greatest difference of capacity from 1.", low=0, high=0.9, unit="ratio"
    )
    interdependence: Real = setting(
        0.8, "How much of each one's success depends on the others.", low=0, high=1
    )


class Vision(Section):
    """What the partnership wants to change, together."""

    size: Real = setting(
        12.0,
        "Work that the whole vision takes; one unit is what a full team that trusts and is "
        "never kept waiting does in a month.",
        low=1, high=10_000, unit="work units",
        source="set by leach2002 and pioneers: a quarter of it in 30-60 months; tuned",
    )  # fmt: skip
    weights: dict[Slug, Share] = setting(
        {},
        "Weight of each domain in the vision, together 1; the mean of the organisations' "
        "objectives if left out.",
        unit="weights",
    )
    planning_horizon: Real = setting(
        60.0, "How far ahead the partnership looks.", low=1, high=240, unit="months"
    )


class Initiative(Section):
    """One piece of joint work, given by hand instead of drawn."""

    title: Text = setting("", "Name to show.", unit="text")
    domains: dict[Slug, Share] = setting(
        {}, "Where its benefit falls: weights over domains, together 1; as the vision if left out.",
        unit="weights",
    )  # fmt: skip
    members: list[Slug] = setting([], "Organisations that it needs; all if left out.", unit="names")
    size: Real = setting(3.0, "Work that it takes.", low=0.01, high=1000, unit="work units")
    n_gates: Whole = setting(
        2, "Decisions needed on the way, one before each stage; 0 needs none.", low=0, high=8,
        unit="gates",
    )  # fmt: skip
    quick_win: Flag = setting(
        False, "Whether front-line staff can do it alone, without any board's decision.",
        unit="yes or no",
    )  # fmt: skip
    start_month: Whole = setting(0, "Month before which it does not start.", low=0, high=599,
                                 unit="month")  # fmt: skip
    harm: dict[Slug, Share] = setting(
        {}, "Loss (of income, say) that it means for a member, in units of its stake.",
        unit="shares",
    )  # fmt: skip


class Programme(Section):
    """The joint work: how much at once, how large, and when it is given up."""

    n_simultaneous: Whole = setting(
        4, "Initiatives under way at once.", low=1, high=10, unit="initiatives"
    )
    stagger_months: Whole = setting(
        3, "Months between the starts of the first ones.", low=0, high=60, unit="months"
    )
    members_per_initiative: Whole = setting(
        4, "Organisations that a drawn initiative needs (all, where there are fewer).",
        low=2, high=MAX_ORGANISATIONS, unit="organisations",
    )  # fmt: skip
    initiative_size: Real = setting(
        4.5, "Usual work of a drawn initiative when trust is at one half.",
        low=0.01, high=1000, unit="work units", source="tuned",
    )  # fmt: skip
    size_spread: Real = setting(
        0.5, "Greatest relative difference of a drawn size from the usual.", low=0, high=0.95
    )
    max_gates: Whole = setting(
        4, "Gates of a drawn initiative when nobody trusts anybody; one when all do.",
        low=1, high=8, unit="gates", source="vangen2003 for the direction",
    )  # fmt: skip
    quick_win_share: Real = setting(
        0.25, "Share of drawn initiatives that front-line staff can do alone.", low=0, high=1
    )
    quick_win_size: Real = setting(
        0.3, "Size of a quick win against that of other initiatives.", low=0.05, high=1,
        unit="ratio",
    )  # fmt: skip
    focus: Real = setting(
        0.7, "Part of a drawn initiative's benefit that falls in one domain.", low=0, high=1
    )
    benefit_spread: Real = setting(
        1.6, "Standard deviation of an initiative's benefit about what was planned; some do harm.",
        low=0, high=2, unit="ratio",
        source="nao2018: sites differ from falls to +15 %; not checked at the source; tuned",
    )  # fmt: skip
    shared_benefit: Real = setting(
        0.38, "Part of that variance that all initiatives of one place have in common: some places "
        "take to change better than others.", low=0, high=1, source="tuned",
    )  # fmt: skip
    complementarity: Real = setting(
        -2.0,
        "How far work goes at the pace of the least committed: exponent of the CES mean over "
        "members; 1 adds up, very negative is the weakest link.",
        low=-10, high=0.95, unit="exponent", source="johnston2011 for the direction",
    )  # fmt: skip
    diminishing: Real = setting(
        1.0, "How much harder the last of the vision is than the first: the easy things come "
        "first.", low=0, high=10, unit="ratio",
    )  # fmt: skip
    planned_effort: Real = setting(
        0.72, "Effort that plans take for granted.", low=0.05, high=1, source="tuned"
    )
    patience: Real = setting(
        3.0, "Times its planned length after which an initiative is given up.",
        low=1, high=100, unit="ratio",
    )  # fmt: skip
    initiatives: list[Initiative] = setting(
        [], "Initiatives given by hand; when they are done, others are drawn.", unit="list"
    )


class Starting(Section):
    """Where a partnership begins."""

    trust_mean: Real = setting(0.42, "Mean trust at the start.", low=0, high=1)
    trust_spread: Real = setting(
        0.2, "Greatest difference of a pair's trust from the mean.", low=0, high=0.5
    )
    contact_mean: Real = setting(0.15, "Mean contact of pairs at the start.", low=0, high=1)
    contact_spread: Real = setting(
        0.1, "Greatest difference of a pair's contact from the mean.", low=0, high=0.5
    )
    tension: Real = setting(0.15, "Unresolved issues at the start.", low=0, high=1)
    commitment: Real = setting(
        0.4, "Commitment to the vision at the start, as a share of its ceiling.", low=0, high=1
    )
    contribution: Real = setting(
        0.5, "Share of free capacity promised to the partnership at the start.", low=0, high=1,
        source="fischbacher2010, amin2018: 40-60 %",
    )  # fmt: skip


class Trust(Section):
    """How trust is learnt and lost."""

    goodwill_weight: Real = setting(
        0.5, "Weight of goodwill against competence in trust.", low=0, high=1,
        source="sako1992, nooteboom1996 for the two kinds",
    )  # fmt: skip
    disposition: Real = setting(
        0.27, "Trust that strangers in this field give each other.", low=0, high=1, source="tuned"
    )
    news_asymmetry: Real = setting(
        2.0, "How much more bad news weighs than good where there is no settled view.",
        low=1, high=5, unit="ratio", source="slovic1993, poortinga2004",
    )  # fmt: skip
    deeds: Real = setting(
        0.5, "Weight of what the others did against what they say.", low=0, high=1
    )
    misreading_noise: Real = setting(
        0.15, "Greatest chance error in reading the others in one month.", low=0, high=0.5
    )
    joint_day_rate: Real = setting(
        0.067, "Part of the way to a true view of each other that a joint away day takes people.",
        low=0, high=1, unit="a day", source="tuned",
    )  # fmt: skip
    agreement_loss: Real = setting(
        0.5, "Part of goodwill lost when a full binding agreement is withdrawn: the others' good "
        "conduct is put down to it.", low=0, high=1, source="malhotra2002 for the direction; tuned",
    )  # fmt: skip
    promise_rate: Real = setting(
        0.06, "How fast kept and broken promises move competence trust, a month, at full contact.",
        low=0, high=1,
    )  # fmt: skip
    reliability: Real = setting(
        0.95, "Chance that a promise is kept when there is no pressure.", low=0, high=1
    )
    pressure_on_reliability: Real = setting(
        0.3, "How much of that chance full pressure takes away.", low=0, high=1
    )
    shortfall: Real = setting(
        0.5, "Part of a broken promise that is delivered all the same.", low=0, high=1
    )
    decay_rate: Real = setting(
        0.01, "Monthly return of trust to disposition between those who never meet.",
        low=0, high=1, unit="per month",
    )  # fmt: skip
    turnover_loss: Real = setting(
        0.5, "Part of a relationship that goes with the person who leaves.", low=0, high=1
    )
    small_wins: Real = setting(
        0.051, "Gain of trust and commitment from a stage of work seen to be completed.",
        low=0, high=1, source="vangen2003 for the loop; tuned",
    )  # fmt: skip
    abandonment_loss: Real = setting(
        0.15, "Loss of commitment and competence trust when an initiative is given up.",
        low=0, high=1,
    )  # fmt: skip
    usual_cultural_distance: Real = setting(
        0.5, "Cultural distance of two organisations where none is given.", low=0, high=1
    )


class Relations(Section):
    """Contact, and issues between organisations."""

    meeting_budget: Real = setting(
        2.0, "Regular meeting time of an organisation, spread over its partners.",
        low=0, high=20, unit="meetings per month",
    )  # fmt: skip
    issue_rate: Real = setting(
        0.15, "Monthly growth of unresolved issues between fully opposed organisations.",
        low=0, high=1, unit="per month",
    )  # fmt: skip
    surfacing_rate: Real = setting(
        0.5, "Monthly chance that an issue comes to the table where nothing is avoided.",
        low=0, high=1, unit="per month",
    )  # fmt: skip
    flare_loss: Real = setting(
        0.08, "Part of goodwill lost when an issue flares up.", low=0, high=1
    )
    rupture_rate: Real = setting(
        0.06, "Monthly chance that issues never raised break out, when full.",
        low=0, high=1, unit="per month",
    )  # fmt: skip
    rupture_loss: Real = setting(0.3, "Part of goodwill lost when they break out.", low=0, high=1)


class Decision(Section):
    """How a layer of an organisation decides what to contribute."""

    rule: Literal["stake", "conditional"] = setting(
        "stake",
        "How contributions are decided: by stake and exposure, or conditionally on what others "
        "are believed to give.",
        unit="name", source="conditional: fischbacher2010",
    )  # fmt: skip
    own_view_weight: Real = setting(
        0.242, "Weight of one's own view (the stake rule) in the conditional rule.",
        low=0, high=1, source="fischbacher2010, Table 2; recalled, not checked at the source",
    )  # fmt: skip
    belief_weight: Real = setting(
        0.666, "Weight of the belief about what others give in the conditional rule.",
        low=0, high=1, source="fischbacher2010, Table 2; recalled, not checked at the source",
    )  # fmt: skip
    sharpness: Real = setting(
        5.1, "How sharply contribution answers to what is to be gained.", low=0, high=50,
        unit="per unit of stake", source="tuned",
    )  # fmt: skip
    exposure: Real = setting(
        0.32, "What it costs to rely on partners who then do not deliver, in units of stake.",
        low=0, high=3, unit="stake", source="tuned",
    )  # fmt: skip
    referral_protection: Real = setting(
        0.5, "Part of that exposure which referring every decision back takes away.",
        low=0, high=1,
    )  # fmt: skip
    mandate: Real = setting(
        0.17, "Part of a board's missing consent that it brings along where it has met beforehand.",
        low=0, high=1, source="tuned",
    )  # fmt: skip
    value_alone: Real = setting(
        0.5, "Worth of joint work to one whose success does not depend on the others, against "
        "one whose success does.", low=0, high=1, unit="ratio",
    )  # fmt: skip
    cost_base: Real = setting(
        0.05, "Cost of contributing, in units of stake.", low=0, high=2, unit="stake"
    )
    cost_pressure: Real = setting(
        0.15, "Further cost under full pressure.", low=0, high=2, unit="stake"
    )
    cost_load: Real = setting(
        0.1, "Further cost of each initiative beyond the first, against those under way.",
        low=0, high=2, unit="stake",
    )  # fmt: skip
    adjustment_rate: Real = setting(
        0.2, "Part of the way to its aim that a contribution moves in a month.",
        low=0, high=1, unit="per month",
    )  # fmt: skip


class Pressure(Section):
    """What drives pressure to meet one's own targets up and down."""

    deadline: Real = setting(
        0.2, "Pressure added at the deadline of a target of weight 1.", low=0, high=1
    )
    load: Real = setting(
        0.2, "Pressure added by contributing everything: contributing tires.", low=0, high=1
    )
    relief: Real = setting(
        0.5, "Pressure that the delivered vision takes off, where it is the organisation's "
        "own domain.", low=0, high=1,
    )  # fmt: skip
    shock_spread: Real = setting(
        0.1, "Standard deviation of an organisation's own shocks.", low=0, high=0.5
    )
    national_shock_spread: Real = setting(
        0.05, "Standard deviation of shocks that fall on all.", low=0, high=0.5
    )
    shock_persistence: Real = setting(
        0.8, "Part of a shock left after a month.", low=0, high=0.99, unit="per month"
    )
    national_phase_months: Whole = setting(
        0, "Months of the national year already gone at the start: the phase of every national "
        "target.", low=0, high=119, unit="months",
    )  # fmt: skip


class Commitment(Section):
    """What moves commitment to the vision."""

    pull: Real = setting(
        0.05, "Monthly pull back to what the organisation alone would want.",
        low=0, high=1, unit="per month",
    )  # fmt: skip
    alone: Real = setting(
        0.48, "Commitment of an organisation left alone, as a share of its ceiling.",
        low=0, high=1, source="tuned",
    )  # fmt: skip
    identification: Real = setting(
        0.093, "Monthly rise towards the ceiling among partners who trust each other fully.",
        low=0, high=1, unit="per month", source="tuned",
    )  # fmt: skip
    colleague_rate: Real = setting(
        0.1, "Monthly pull of each layer's commitment to its colleagues' in other layers.",
        low=0, high=1, unit="per month",
    )  # fmt: skip
    adoption: Real = setting(
        0.5, "Part of its divisive ways of working that a fully committed organisation drops.",
        low=0, high=1,
    )  # fmt: skip
    adoption_rate: Real = setting(
        0.05, "Part of the way to that which practice moves in a month.",
        low=0, high=1, unit="per month",
    )  # fmt: skip


class Place(Section):
    """Demand for care in the place, and how much of it the vision can meet elsewhere."""

    demand_growth: Real = setting(
        0.023, "Yearly growth of demand without any partnership.", low=-0.2, high=0.2,
        unit="per year", source="morciano2021: 12 % over 5 years",
    )  # fmt: skip
    reach: Real = setting(
        0.46, "Part of demand that the whole vision, once embedded, would meet elsewhere.",
        low=0, high=1,
        source="thistlethwaite2011: the best real case, 44 % below its trend; second hand; tuned",
    )  # fmt: skip
    embedding_months: Real = setting(
        14.0, "Mean months from finished work to benefit felt.", low=1, high=120, unit="months",
        source="tuned",
    )  # fmt: skip
    erosion_rate: Real = setting(
        0.004, "Part of the benefit lost in a month.", low=0, high=1, unit="per month"
    )


class Turnover(Section):
    """How often those who hold the relationships leave, and organisations too."""

    board_rate: Real = setting(
        0.015, "Monthly chance that a board's lead changes.", low=0, high=1, unit="per month"
    )
    management_rate: Real = setting(
        0.015, "Monthly chance that the lead manager changes.", low=0, high=1, unit="per month"
    )
    front_line_rate: Real = setting(
        0.015, "Monthly chance that the front line's lead changes.",
        low=0, high=1, unit="per month",
    )  # fmt: skip
    trust_floor: Real = setting(
        0.12, "Mean trust under which an organisation may withdraw.", low=0, high=1
    )
    stake_floor: Real = setting(0.05, "Mean stake under which it may.", low=0, high=1, unit="stake")
    withdrawal_rate: Real = setting(
        0.1, "Monthly chance that it does, after a year under both floors.",
        low=0, high=1, unit="per month",
    )  # fmt: skip


class Survey(Section):
    """How people answer when asked how joint working goes."""

    noise: Real = setting(0.05, "Greatest chance error of the survey.", low=0, high=0.5)
    avoidance_bonus: Real = setting(
        0.1, "How much better it looks where issues are avoided altogether.", low=0, high=0.5
    )


class Lead(Section):
    """Somebody in charge, if anybody is."""

    organisation: Text = setting("", "The lead organisation; empty for none.", unit="name")
    authority: Real = setting(
        0.0, "Chance that a decision which the others have not yet taken passes on its word, "
        "if it wants it.", low=0, high=1,
    )  # fmt: skip
    resentment: Real = setting(
        0.05, "Part of the others' goodwill towards it that an imposed decision costs.",
        low=0, high=1,
    )  # fmt: skip


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

    commitment: Real = setting(
        1.0, "Weight of low commitment to the vision.", low=0, high=10, unit="weight"
    )
    tie: Real = setting(1.0, "Weight of the weakest tie.", low=0, high=10, unit="weight")
    time: Real = setting(
        1.0, "Weight of the time since last met, up to a year.", low=0, high=10, unit="weight"
    )
    temperature: Real = setting(
        0.2, "How much chance there is in it.", low=0.001, high=100, unit="weight"
    )


class Coordinator(Section):
    """Someone who serves the partnership's vision, whoever employs them."""

    name: Slug = setting(..., "Short name, used in paths.", unit="name")
    title: Text = setting("", "Name to show; the short name if empty.", unit="text")
    host: Text = setting(
        "", "The organisation that employs the coordinator; empty for none.", unit="name"
    )
    impartiality: Real = setting(
        1.0, "Chance that a meeting is conducted for the partnership and not for the host.",
        low=0, high=1,
    )  # fmt: skip
    skill: Real = setting(0.7, "How good the coordinator is at it.", low=0, high=1)
    meetings_per_month: Real = setting(
        8.0, "Layers of organisations that the coordinator meets in a month.", low=0, high=60,
        unit="meetings per month",
    )  # fmt: skip
    layers: list[Layer] = setting(list(LAYERS), "Layers within reach.", unit="names")
    from_month: Whole = setting(0, "First month at work.", low=0, high=MAX_MONTHS, unit="month")
    to_month: Whole = setting(
        MAX_MONTHS, "First month no longer at work.", low=0, high=MAX_MONTHS, unit="month"
    )
    cost: Real = setting(
        20.0, "Staff time that the coordinator costs the partnership.", low=0, high=1000,
        unit="staff days per month",
    )  # fmt: skip
    attention: Attention = setting(
        Attention,
        "Whom the coordinator meets next: a table, or the name of a strategy "
        f"({', '.join(STRATEGIES)}).",
        unit="table",
    )

    @field_validator("attention", mode="before")
    @classmethod
    def _named_strategy(cls, value: Any) -> Any:
        if isinstance(value, str):
            if value not in STRATEGIES:
                raise ValueError(
                    f"no strategy is named {value!r}; there are {', '.join(STRATEGIES)}"
                )
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

    rate: Real = setting(
        0.0, "Monthly chance that a fully committed member starts to coordinate part-time.",
        low=0, high=1, unit="per month",
    )  # fmt: skip
    skill: Real = setting(0.5, "Skill of such a coordinator.", low=0, high=1)
    meetings_per_month: Real = setting(
        3.0, "Meetings that such a coordinator has.", low=0, high=60, unit="meetings per month"
    )
    cost: Real = setting(
        5.0, "Staff time of such a coordinator.", low=0, high=1000, unit="staff days per month"
    )


class Intervention(Section):
    """A lever set for some months; what it would have been goes on when it ends."""

    # The names of the levers stand once, as the fields above; mypy wants them written out.
    lever: Literal[LEVERS] = setting(  # type: ignore[valid-type]
        ..., "The way of working that is set.", unit="name"
    )
    value: Real = setting(..., "What it is set to.", low=0, high=24, unit="as the lever")
    organisations: list[Slug] = setting(
        [], "For whom; all organisations if left out.", unit="names"
    )
    from_month: Whole = setting(0, "First month.", low=0, high=MAX_MONTHS, unit="month")
    to_month: Whole = setting(
        MAX_MONTHS, "First month no longer.", low=0, high=MAX_MONTHS, unit="month"
    )
    title: Text = setting("", "What it was in words.", unit="text")


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

    type: EventType = setting(..., "What happens.", unit="name")
    month: Whole = setting(..., "When.", low=0, high=MAX_MONTHS - 1, unit="month")
    organisation: Text = setting("", "To whom; empty for all, where that makes sense.", unit="name")
    layer: Layer = setting("board", "In which layer a leader leaves.", unit="name")
    domain: Text = setting("", "Domain of a national target.", unit="name")
    size: Real = setting(1.0, "How large it is.", low=0, high=1)
    months: Whole = setting(12, "How long it lasts.", low=1, high=MAX_MONTHS, unit="months")
    title: Text = setting("", "What it was in words.", unit="text")


class Mechanisms(Section):
    """Switches: each turns one route of the model off, and nothing else."""

    away_days_harm: Flag = setting(True, "Own away days let commitment fall back.", unit="switch")
    away_days_reason: Flag = setting(
        True, "Own away days bind layers and help to keep promises.", unit="switch"
    )
    pre_meetings_harm: Flag = setting(
        True, "Separate pre-meetings make what is shown guarded.", unit="switch"
    )
    pre_meetings_reason: Flag = setting(
        True, "Separate pre-meetings make a board's consent easier.", unit="switch"
    )
    framing_harm: Flag = setting(True, "Talk of own needs looks self-serving.", unit="switch")
    framing_reason: Flag = setting(True, "Talk of own needs is understood.", unit="switch")
    referral_harm: Flag = setting(
        True, "Decisions referred back wait for every board.", unit="switch"
    )
    referral_reason: Flag = setting(
        True, "Referring back limits exposure to a bad decision.", unit="switch"
    )
    separate_teams_handoffs: Flag = setting(
        True, "Teams managed separately lose work in hand-offs.", unit="switch"
    )
    separate_teams_promises: Flag = setting(
        True, "Teams managed separately break more promises.", unit="switch"
    )
    transition_dip: Flag = setting(
        True, "Work dips for months while teams move over.", unit="switch"
    )
    avoidance_harm: Flag = setting(
        True, "Issues that are avoided pile up and break out.", unit="switch"
    )
    avoidance_reason: Flag = setting(
        True, "Avoidance spares flare-ups today and looks better in surveys.", unit="switch"
    )
    meeting_time_cost: Flag = setting(
        True, "Meetings and away days take staff time from the work.", unit="switch"
    )
    accountability_consent: Flag = setting(
        True, "Accountable boards consent less easily.", unit="switch"
    )
    small_wins: Flag = setting(True, "Completed stages feed trust and commitment.", unit="switch")
    articulation: Flag = setting(
        True, "Coordinators articulate the vision and what is being delivered.", unit="switch"
    )
    bridging: Flag = setting(
        True, "Coordinators tell members what they saw the others do.", unit="switch"
    )
    resolution: Flag = setting(True, "Coordinators help to work issues through.", unit="switch")
    convening: Flag = setting(True, "Coordinators bring those they meet together.", unit="switch")
    trust_frozen: Flag = setting(
        False, "Trust stays as it was at the start, whatever happens.", unit="switch"
    )


class Published(Section):
    """A published figure of a real place, to set beside the simulation; it steers nothing."""

    title: Text = setting(..., "What was measured.", unit="text")
    month: Whole = setting(..., "Month of the scenario it belongs to.", low=0, high=MAX_MONTHS,
                           unit="month")  # fmt: skip
    value: Real = setting(..., "The figure.", unit="as stated")
    unit: Text = setting("", "Its unit.", unit="text")
    reference_month: Whole = setting(
        0, "Month whose figure it is compared with.", low=0, high=MAX_MONTHS, unit="month"
    )
    reference_value: Real = setting(..., "The figure of that month.", unit="as stated")
    measure: Literal["outcome"] = setting(
        "outcome", "The series of the model that is set beside it, as a ratio to the reference.",
        unit="name",
    )  # fmt: skip
    source: Text = setting(..., "Where it was published.", unit="text")


NEEDS_ORGANISATION = ("leader_leaves", "organisation_joins", "organisation_withdraws")

NEEDS_DOMAIN = ("national_target_lands",)


@cache
def lever_bound(lever: str, side: Literal["ge", "le"]) -> float:
    """The lowest ('ge') or highest ('le') value of a lever."""
    bounds = [
        getattr(m, side) for m in WaysOfWorking.model_fields[lever].metadata if hasattr(m, side)
    ]
    return float(bounds[0])


class Partnership(Section):
    """Everything that can be set about one partnership."""

    format: Whole = setting(FORMAT, "Version of the file format.", low=FORMAT, high=FORMAT,
                            unit="version")  # fmt: skip
    title: Text = setting("", "Name to show.", unit="text")
    description: Text = setting("", "What the scenario is about.", unit="text")
    calendar_start: Text = setting(
        "", "Calendar month of month 0, as in 1998-04; empty where there is none.", unit="text"
    )
    months: Whole = setting(120, "How long to simulate.", low=1, high=MAX_MONTHS, unit="months")
    luck: Real = setting(
        1.0, "1 draws chance, 0 puts its expectation in place of every draw.", low=0, high=1
    )
    domains: list[Slug] = setting(
        ["urgent_care", "long_term_conditions", "prevention", "independence"],
        "Domains in which there is benefit to be had.", unit="names",
    )  # fmt: skip
    organisations: list[Organisation] = setting([], "The organisations, one by one.", unit="list")
    drawn: Drawn | None = setting(
        None, "Organisations to draw, where none are named.", unit="table"
    )
    vision: Vision = setting(Vision, "What the partnership wants to change.", unit="table")
    programme: Programme = setting(Programme, "The joint work.", unit="table")
    ways_of_working: WaysOfWorking = setting(
        WaysOfWorking, "How the organisations work together.", unit="table"
    )
    starting: Starting = setting(Starting, "Where the partnership begins.", unit="table")
    trust: Trust = setting(Trust, "How trust is learnt and lost.", unit="table")
    relations: Relations = setting(Relations, "Contact and issues.", unit="table")
    decision: Decision = setting(Decision, "How contributions are decided.", unit="table")
    pressure: Pressure = setting(Pressure, "What drives pressure.", unit="table")
    commitment: Commitment = setting(Commitment, "What moves commitment.", unit="table")
    place: Place = setting(Place, "Demand in the place.", unit="table")
    turnover: Turnover = setting(Turnover, "Who leaves, and how often.", unit="table")
    survey: Survey = setting(Survey, "How people answer surveys.", unit="table")
    lead: Lead = setting(Lead, "Somebody in charge, if anybody.", unit="table")
    coordinators: list[Coordinator] = setting([], "The coordinators.", unit="list")
    emergence: Emergence = setting(Emergence, "Coordinators that nobody appointed.", unit="table")
    interventions: list[Intervention] = setting([], "Levers set for some months.", unit="list")
    events: list[Event] = setting([], "Events in their months.", unit="list")
    mechanisms: Mechanisms = setting(Mechanisms, "Switches of the model's routes.", unit="table")
    published: list[Published] = setting([], "Published figures to compare with.", unit="list")

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
