"""The model of `partnersim.model` as a competent Mesa user would write it: agents, lists, loops.

It is here to be compared with: `run.py` times it, `equivalence.py` shows that it gives the same
results. The processes have the names and the order that they have in the core; the fixed factors
and the parameters are the core's own. Agents hold plain Python numbers, because NumPy loses on
arrays of three or six. It has been profiled, and what such a user would take out has been taken
out: values that hold for a month are worked out once a month, loops over links that nothing
separates are one loop, and small functions are written out where their calls had cost most.

Left out: organisations that are drawn or that join later, a lead organisation, coordinators who
emerge, the conditional rule of decision (and with it beliefs about the others, which serve
nothing else), mechanisms switched off, and runs without luck. A scenario that asks for one of
them is refused. Chance is `model.random`, drawn when it is needed: the distributions are the
core's, the draws are not.
"""

from __future__ import annotations

import math
from heapq import nlargest
from itertools import combinations
from operator import mul
from types import SimpleNamespace
from typing import NamedTuple

import mesa

from partnersim.model.constants import (
    ACCOUNTABILITY_CONSENT,
    ARTICULATION,
    AWAY_DAY_BINDING,
    AWAY_DAY_COMMITMENT,
    AWAY_DAY_PROMISES,
    BELIEF_RATE,
    BOARD,
    BRIDGING,
    COMMON_CRISIS,
    CONFLICT_HORIZONS,
    CONFLICT_OBJECTIVES,
    CONTACT_RATE,
    CONVENED_CONTACT,
    COORDINATED_RESOLUTION,
    COVERED_BY_AGREEMENT,
    CREDIBILITY_LOSS,
    CREDIBILITY_OF_DELIVERY,
    CREDIBILITY_RATE,
    CRISIS_COMMITMENT,
    CRISIS_CONTACT,
    CRISIS_SHIFT,
    CROWDING,
    DELEGATION,
    DOCUMENT_DAYS,
    FREE_DAYS,
    FRONT_LINE,
    FRONT_LINE_WORK,
    FUNDING_CUT,
    GOODWILL_RATE,
    GUARDED,
    GUARDED_ANYWAY,
    HANDOFF_PROMISES,
    HANDOFF_WORK,
    HOME_CREDIBILITY,
    HOST_GOODWILL_LOSS,
    JOINT_DAY_COMMITMENT,
    JOINT_DAY_CONTACT,
    LEADER_LEAVES,
    LEAST_MEMBERS,
    LINK_DAYS,
    LONGEST_VIEW,
    MANAGEMENT,
    MANAGEMENT_WORK,
    MEETING_DAYS,
    MISREADING,
    MOST_MEETING_SHARE,
    MOST_TILT,
    NATIONAL_TARGET_LANDS,
    ORGANISATION_JOINS,
    ORGANISATION_WITHDRAWS,
    PACE_RATE,
    PERCEIVED_CONTACT,
    PERCEIVED_GOODWILL,
    PERCEIVED_TALK,
    PLANNED_GATE_MONTHS,
    POSITION_DAYS,
    PRE_MEETING_DAYS,
    REORGANISATION,
    REPLACEMENT_MONTHS,
    RESOLVED,
    RUPTURE_VENTED,
    SELF_SERVING,
    SHARED_WORK_CONTACT,
    STARTING_CREDIBILITY,
    SUSPICION,
    TARGET_PRESSURE_OF_CUT,
    TILT,
    TRANSITION_MONTHS,
    TRANSITION_WORK,
    UNDERSTOOD_NEEDS,
    VENTED,
    WITHDRAWAL_MONTHS,
    WORKED_THROUGH_GOODWILL,
    WORKED_THROUGH_LEAST,
    WRITTEN_COMMITMENT,
)
from partnersim.model.levers import (
    BINDING_AGREEMENT,
    CIRCULATED_VISION,
    CROSS_LINKS,
    DELEGATED_AUTHORITY,
    ISSUE_AVOIDANCE,
    JOINT_AWAY_DAYS,
    OWN_AWAY_DAYS,
    OWN_NEEDS_FRAMING,
    PARTNERSHIP_MANAGED_TEAMS,
    POSITION_SHARING,
    SEPARATE_PRE_MEETINGS,
)
from partnersim.model.record import parts_of
from partnersim.model.room import N
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.translate import to_parameters

LAYERS = BOARD, MANAGEMENT, FRONT_LINE
DIVISIVE = (OWN_AWAY_DAYS, SEPARATE_PRE_MEETINGS, OWN_NEEDS_FRAMING, ISSUE_AVOIDANCE)
UNIT_VARIANCE = math.sqrt(3.0)  # makes a uniform on [-1, 1] one of variance 1
LEAST = 1.0e-9  # so that no weakest link is divided by


OVER_DOMAINS = {"organisations.objectives", "vision.weights", "programme.initiatives.domains"}
"""Arrays whose last axis runs over domains. Lengths do not tell: other things may be as many."""


class Event(NamedTuple):
    kind: int
    month: int
    organisation: int  # -1 for all
    layer: int
    domain: int
    size: float
    months: int

    def is_under_way(self, month: int) -> bool:
        return self.month <= month < self.month + self.months

    def concerns(self, organisation: Organisation) -> bool:
        return self.organisation in (-1, organisation.index)


class Intervention(NamedTuple):
    lever: int
    members: list[float]
    value: float
    from_month: int
    to_month: int


class Target(NamedTuple):
    organisation: int
    domain: int
    weight: float
    cycle: float
    phase: float


def read_settings(scenario: Scenario) -> SimpleNamespace:
    """The core's parameters as plain Python numbers and lists, read once for all runs.

    Their names are their paths: `trust_disposition`. A table in a table would be slower to read.
    """
    record = to_parameters(scenario)
    s = SimpleNamespace()
    for path, (value,) in parts_of(record).items():
        used = [slice(record.n if length == N else None) for length in value.shape]
        if path in OVER_DOMAINS:
            used[-1] = slice(record.n_domains)
        setattr(s, path.replace(".", "_"), value[tuple(used)].tolist())
    s.events = read_rows(Event, s, "events", "type month organisation layer domain size months")
    s.interventions = read_rows(
        Intervention, s, "interventions", "lever organisations value from_month to_month"
    )
    s.targets = read_rows(
        Target, s, "organisations_targets", "organisation domain weight cycle_months phase_months"
    )
    refuse_what_is_left_out(s)
    return s


def read_rows(row: type, s: SimpleNamespace, table: str, fields: str) -> list:
    columns = [getattr(s, f"{table}_{field}") for field in fields.split()]
    return list(map(row, *columns))[: getattr(s, f"{table}_n")]


def refuse_what_is_left_out(s: SimpleNamespace) -> None:
    left_out = {
        "drawn organisations": s.drawn_is_given,
        "a lead organisation": s.lead_organisation >= 0,
        "coordinators who emerge": s.emergence_rate > 0.0,
        "the conditional rule": s.decision_is_conditional,
        "organisations that join": any(e.kind == ORGANISATION_JOINS for e in s.events),
        "runs without luck": s.luck != 1.0,
        "mechanisms switched off": any(
            is_on == (name == "mechanisms_trust_frozen")
            for name, is_on in vars(s).items()
            if name.startswith("mechanisms_")
        ),
    }
    asked_for = [name for name, is_asked_for in left_out.items() if is_asked_for]
    if asked_for:
        raise NotImplementedError(f"the plain Mesa model has not: {', '.join(asked_for)}")


def clip(value: float, low: float = 0.0, high: float = 1.0) -> float:
    return low if value < low else high if value > high else value


def cosine(a: list[float], b: list[float]) -> float:
    return sum(map(mul, a, b)) / (math.hypot(*a) * math.hypot(*b))


class Relation:
    """What two organisations have in common, whoever looks at it."""

    __slots__ = (
        "agreement",
        "conflict",
        "contact",
        "convened",
        "cultural_distance",
        "first",
        "horizons_apart",
        "links",
        "second",
        "shared",
        "tension",
        "withdrawn",
    )

    def __init__(self, first: Organisation, second: Organisation) -> None:
        model, s = first.model, first.model.settings
        uniform = model.random.uniform
        self.first, self.second = first, second
        self.cultural_distance = s.organisations_cultural_distance[first.index][second.index]
        ratio = math.log(first.planning_horizon / second.planning_horizon)
        self.horizons_apart = min(1.0, abs(ratio) / math.log(10.0))
        self.contact = clip(s.starting_contact_mean + s.starting_contact_spread * uniform(-1.0, 1.0))
        self.tension = s.starting_tension
        self.agreement = 0.0
        self.conflict = 0.0
        self.shared = 0.0
        self.convened = 0.0
        common = uniform(-1.0, 1.0)
        self.links = (Link(first, second, self, common), Link(second, first, self, common))
        for link in self.links:
            link.trustor.links[link.trustee.index] = link

    def differ(self) -> None:
        """How opposed the interests are, how much pre-meetings therefore hide, what binds."""
        a, b = self.first, self.second
        alike = sum(map(mul, a.objectives, b.objectives)) / (a.objectives_size * b.objectives_size)
        self.conflict = CONFLICT_OBJECTIVES * max(1.0 - alike, 0.0) + CONFLICT_HORIZONS * self.horizons_apart
        self.guard()

    def guard(self) -> None:
        one, other = self.first.in_force, self.second.in_force
        agreement = min(one[BINDING_AGREEMENT], other[BINDING_AGREEMENT])
        self.withdrawn = max(self.agreement - agreement, 0.0)
        self.agreement = agreement
        opposed = GUARDED_ANYWAY + (1.0 - GUARDED_ANYWAY) * self.conflict
        for link in self.links:
            hidden = GUARDED * link.trustee.in_force[SEPARATE_PRE_MEETINGS]
            link.openness = 1.0 - hidden * opposed

    def lose_goodwill(self, part: float) -> None:
        for link in self.links:
            link.goodwill = [(1.0 - part) * goodwill for goodwill in link.goodwill]


class Link:
    """What the layers of one organisation, the trustor, think of another, the trustee."""

    __slots__ = ("competence", "goodwill", "openness", "relation", "terms", "trust", "trustee", "trustor")

    def __init__(
        self, trustor: Organisation, trustee: Organisation, relation: Relation, common: float
    ) -> None:
        s, uniform = trustor.model.settings, trustor.model.random.uniform
        self.trustor, self.trustee, self.relation = trustor, trustee, relation
        half = 0.5 * s.starting_trust_spread
        self.competence = [clip(s.starting_trust_mean + half * (common + uniform(-1.0, 1.0))) for _ in LAYERS]
        self.goodwill = [clip(s.starting_trust_mean + half * (common + uniform(-1.0, 1.0))) for _ in LAYERS]
        self.trust = [0.0, 0.0, 0.0]
        self.terms = [0.0, 0.0, 0.0]
        self.openness = 1.0

    def turn_over(self, layer: int, share: float) -> None:
        s = self.trustor.model.settings
        part = share * s.trust_turnover_loss / self.trustor.in_force[CROSS_LINKS]
        self.competence[layer] += part * (s.trust_disposition - self.competence[layer])
        self.goodwill[layer] += part * (s.trust_disposition - self.goodwill[layer])


class Initiative:
    """A piece of joint work that needs several organisations, stage by stage."""

    __slots__ = (
        "absent_months",
        "age",
        "believed_rate",
        "benefit",
        "benefit_mix",
        "benefit_mix_length",
        "gate",
        "is_quick",
        "likeness_to_vision",
        "member_harm",
        "members",
        "n_gates",
        "needed",
        "planned_months",
        "planned_rate",
        "realised_rate",
        "size",
        "stage",
        "stages_now",
        "votes",
        "work",
    )

    def __init__(
        self,
        members: list[Organisation],
        benefit_mix: list[float],
        size: float,
        n_gates: int,
        is_quick: bool,
        member_harm: list[float],
    ) -> None:
        model, s = members[0].model, members[0].model.settings
        self.members = members
        self.benefit_mix = benefit_mix
        self.benefit_mix_length = math.hypot(*benefit_mix)
        self.likeness_to_vision = cosine(model.vision, benefit_mix)
        luck = math.sqrt(1.0 - s.programme_shared_benefit) * model.random.gauss(0.0, 1.0)
        luck += math.sqrt(s.programme_shared_benefit) * model.place_benefit
        self.benefit = 1.0 + s.programme_benefit_spread * luck
        self.size = size
        self.n_gates = 0 if is_quick else n_gates
        self.is_quick = is_quick
        self.member_harm = member_harm
        self.stage = self.stages_now = 0
        self.gate = self.work = self.age = self.absent_months = self.realised_rate = 0.0
        self.votes = {member: (False, False) for member in members}
        usual_load = max(1.0, s.programme_n_simultaneous * len(members) / max(len(model.members), 1))
        self.planned_rate = s.programme_planned_effort / usual_load / model.difficulty()
        self.planned_months = size / self.planned_rate + PLANNED_GATE_MONTHS * self.n_gates
        self.believed_rate = [self.planned_rate] * s.n
        self.find_needed()

    @property
    def n_stages(self) -> int:
        return max(self.n_gates, 1)

    @property
    def is_complete(self) -> bool:
        return self.stage >= self.n_stages

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for a decision before its next stage."""
        return self.n_gates > 0 and self.gate < 1.0

    def find_needed(self) -> None:
        """For each member its links to the others who are needed and present."""
        self.needed = {
            member: [member.links[o.index] for o in self.members if o.is_present and o is not member]
            for member in self.members
        }

    def present_members(self) -> list[Organisation]:
        return [member for member in self.members if member.is_present]

    def months_to_benefit(self, index: int) -> float:
        """How far off one member believes the benefit to be: half by plan, half by pace seen."""
        remaining = max(self.size - self.work, 0.0)
        pace = 0.5 * self.planned_rate + 0.5 * self.believed_rate[index]
        if remaining >= LONGEST_VIEW * pace:
            return LONGEST_VIEW
        return remaining / pace

    def ask(self) -> None:
        """Decisions are taken at the partnership's table or by all boards within three months."""
        model = self.members[0].model
        random = model.random.random
        consent = delegated = 0.0
        standing = True
        for member in self.members:
            chance = member.board_consent(self) if member.is_present else 0.0
            consent += chance
            delegated += member.in_force[DELEGATED_AUTHORITY]
            vote, before = random() < chance, self.votes[member]
            standing = standing and (vote or before[0] or before[1])
            self.votes[member] = (vote, before[0])
        if random() < delegated / len(self.members):
            agreed = random() < consent / len(self.members)
        else:
            agreed = standing
        self.gate += max(float(agreed), model.crisis)

    def do_work(self) -> float:
        """Progress of a month: the CES mean of the members' efforts, less what is lost."""
        model, members = self.members[0].model, len(self.members)
        terms = separate = moving = 0.0
        for member in self.members:
            terms += max(member.effort(self.is_quick), LEAST) ** model.exponent
            separate += 1.0 - member.in_force[PARTNERSHIP_MANAGED_TEAMS]
            moving += member.transition
        return (
            (terms / members) ** (1.0 / model.exponent)
            * (1.0 - HANDOFF_WORK * separate / members)
            * (1.0 - TRANSITION_WORK * moving / members)
            / model.difficulty()
        )

    def complete_stages(self) -> None:
        model, n_stages = self.members[0].model, self.n_stages
        stage_size = self.size / n_stages
        while self.stage < n_stages and not self.is_waiting:
            if self.work < stage_size * (self.stage + 1) * (1.0 - 1.0e-12):
                break
            self.stage += 1
            self.stages_now += 1
            self.gate = 0.0
            self.votes = {member: (False, False) for member in self.members}
            model.work_delivered += stage_size
            for k, share in enumerate(self.benefit_mix):
                model.pending[k] += self.benefit * stage_size * share
            for member in self.members:
                member.harm += self.member_harm[member.index] / n_stages

    def replace_absent(self) -> None:
        """After three months another takes the place of a member that left, or none does."""
        model = self.members[0].model
        if len(self.present_members()) == len(self.members):
            self.absent_months = 0.0
            return
        self.absent_months += 1.0
        if self.absent_months <= REPLACEMENT_MONTHS:
            return
        for gone in [member for member in self.members if not member.is_present]:
            self.members.remove(gone)
            others = [o for o in model.members if o not in self.members]
            if others:
                best = max(others, key=lambda o: sum(map(mul, o.base_objectives, self.benefit_mix)))
                self.members.append(best)
                self.votes.setdefault(best, (False, False))
                self.believed_rate[best.index] = self.planned_rate
        self.find_needed()


class Organisation(mesa.Agent):
    """One organisation, with what its board, its managers and its front line do and think."""

    def __init__(self, model: PlainPartnership, index: int) -> None:
        super().__init__(model)
        s = model.settings
        self.index = index
        self.is_present = True
        self.base_objectives = s.organisations_objectives[index]
        self.planning_horizon = s.organisations_planning_horizon[index]
        self.accountability = s.organisations_accountability[index]
        self.incentive_share = s.organisations_incentive_share[index]
        self.interdependence = s.organisations_interdependence[index]
        self.base_capacity = s.organisations_capacity[index]
        self.base_pressure = s.organisations_pressure[index]
        self.targets = [target for target in s.targets if target.organisation == index]
        self.stated = list(s.organisations_ways_of_working[index])
        self.practised = list(s.organisations_ways_of_working[index])
        self.in_force = list(s.organisations_ways_of_working[index])
        self.held: set[int] = set()
        self.shock = s.pressure_shock_spread * UNIT_VARIANCE * model.random.uniform(-1.0, 1.0)
        self.links: dict[int, Link] = {}
        self.contribution = [s.starting_contribution] * 3
        self.delivered = [s.starting_contribution] * 3
        self.kept = [True] * 3
        self.transition = self.meeting_share = self.months_low = self.tilt = 0.0
        self.own_benefit = self.own_cost = self.harm = self.stake = self.helped = 0.0
        self.load = 0

    # 1 environment

    def near_deadlines(self) -> None:
        """Deadlines pull attention, and with it moves the ceiling of commitment."""
        month = self.model.month
        objectives, pulled = list(self.base_objectives), 0.0
        for target in self.targets:
            elapsed = (month + target.phase) / target.cycle % 1.0
            pull = target.weight * elapsed * elapsed
            objectives[target.domain] += pull
            pulled += pull
        for event in self.model.landings:
            if event.is_under_way(month):
                elapsed = (month - event.month + 1.0) / event.months
                pull = event.size * elapsed * elapsed
                objectives[event.domain] += pull
                pulled += pull
        total = sum(objectives)
        self.deadline = pulled
        self.objectives = [weight / total for weight in objectives]
        self.objectives_size = math.hypot(*self.objectives)
        alike = sum(map(mul, self.objectives, self.model.vision))
        self.ceiling = alike / (self.objectives_size * self.model.vision_length)

    def fund(self) -> None:
        self.capacity = self.base_capacity
        for event in self.model.cuts:
            if event.is_under_way(self.model.month) and event.concerns(self):
                self.capacity *= 1.0 - event.size

    def feel_pressure(self) -> None:
        model, s = self.model, self.model.settings
        cut = 1.0 - self.capacity / self.base_capacity
        self.target_pressure = clip(
            self.base_pressure
            + s.pressure_deadline * self.deadline
            + s.pressure_load * sum(self.contribution) / 3.0
            - s.pressure_relief * sum(map(mul, self.objectives, model.embedded))
            + TARGET_PRESSURE_OF_CUT * cut
            + self.shock
            + model.national_shock
        )

    def set_levers(self) -> None:
        """Levers in force: an intervention's value while it holds, else what is practised."""
        month, before = self.model.month, self.in_force[PARTNERSHIP_MANAGED_TEAMS]
        self.in_force = list(self.practised)
        self.held.clear()
        for z in self.model.settings.interventions:
            if z.from_month <= month < z.to_month and z.members[self.index]:
                self.in_force[z.lever] = z.value
                self.held.add(z.lever)
        moved = self.in_force[PARTNERSHIP_MANAGED_TEAMS] - before
        self.transition -= self.transition / TRANSITION_MONTHS
        if moved > 0.0 and month > 0:
            self.transition = min(1.0, self.transition + moved)

    def spend_time(self) -> None:
        """Staff days on meetings, away days, papers and contacts; their share of free time."""
        lever, budget = self.in_force, self.model.settings.relations_meeting_budget
        days = 0.0
        if self.is_present:
            pre_meetings = PRE_MEETING_DAYS * lever[SEPARATE_PRE_MEETINGS]
            away = lever[OWN_AWAY_DAYS] + lever[JOINT_AWAY_DAYS] + lever[POSITION_SHARING]
            further_links = (lever[CROSS_LINKS] - 1.0) * (len(self.model.members) - 1)
            days = (
                budget * (MEETING_DAYS + pre_meetings)
                + DELEGATION * away / 12.0
                + DOCUMENT_DAYS * lever[CIRCULATED_VISION] / 12.0
                + LINK_DAYS * 3 * further_links
            )
        self.model.staff_days += days
        free = FREE_DAYS * self.capacity
        self.meeting_share = min(MOST_MEETING_SHARE, days / free)

    # 2 events, turnover, withdrawal

    def lose_relationships(self, layer: int, share: float) -> None:
        """Trust in and from a layer, and its commitment, fall back as people change."""
        s = self.model.settings
        for other, link in self.links.items():
            link.turn_over(layer, share)
            self.model.organisations[other].links[self.index].turn_over(layer, share)
        alone = s.commitment_alone * self.ceiling
        self.vision_commitment[layer] += (
            share * s.trust_turnover_loss * (alone - self.vision_commitment[layer])
        )
        for coordinator in self.model.coordinators:
            coordinator.credibility[self.index] *= 1.0 - share * s.trust_turnover_loss / 3.0

    def pull_together(self, size: float) -> None:
        """In a common crisis: commitment rises, divisive ways of working shift and stay so."""
        self.vision_commitment = [
            v + CRISIS_COMMITMENT * size * max(self.ceiling - v, 0.0) for v in self.vision_commitment
        ]
        for lever in DIVISIVE:
            self.stated[lever] *= 1.0 - CRISIS_SHIFT * size
            self.practised[lever] *= 1.0 - CRISIS_SHIFT * size

    def change_leaders(self) -> None:
        random, rates = self.model.random.random, self.model.settings.turnover_rates
        for layer in LAYERS:
            if random() < rates[layer] and self.is_present:
                self.lose_relationships(layer, 1.0)

    def wants_to_leave(self) -> bool:
        """After a year of little trust and little at stake, it may."""
        s = self.model.settings
        total, partners = 0.0, 0
        for link in self.links.values():
            if link.trustee.is_present:
                total += sum(link.trust)
                partners += 1
        has_low_trust = total / (3.0 * max(partners, 1)) < s.turnover_trust_floor
        is_low = has_low_trust and self.stake < s.turnover_stake_floor and self.model.month > 0
        self.months_low = self.months_low + 1.0 if is_low else 0.0
        return (
            self.months_low >= WITHDRAWAL_MONTHS and self.model.random.random() < s.turnover_withdrawal_rate
        )

    # 4 organisations meet

    def show(self) -> None:
        part = 1.0 - SELF_SERVING * self.in_force[OWN_NEEDS_FRAMING]
        self.displayed = [part * v for v in self.vision_commitment]

    # 5 decide contributions

    def decide(self) -> None:
        """Contributions move towards a logistic of what is to be gained, less what it costs."""
        model, s = self.model, self.model.settings
        if not self.is_present:
            self.contribution, self.stake = [0.0] * 3, 0.0
            return
        mine = [m for m in model.initiatives if self in m.members]
        self.load = len(mine)
        cost = (
            s.decision_cost_base
            + s.decision_cost_pressure * self.target_pressure
            + s.decision_cost_load * max(self.load - 1.0, 0.0) / s.programme_n_simultaneous
        )
        referred = 1.0 - self.in_force[DELEGATED_AUTHORITY]
        exposure = s.decision_exposure * (1.0 - s.decision_referral_protection * referred)
        interdependence = self.interdependence
        alone = (1.0 - interdependence) * s.decision_value_alone
        exponent, root = model.exponent, 1.0 / model.exponent
        for link in self.links.values():
            a, b, c = link.trust
            link.terms = (
                (a if a > LEAST else LEAST) ** exponent,
                (b if b > LEAST else LEAST) ** exponent,
                (c if c > LEAST else LEAST) ** exponent,
            )
        net, counted, stakes = [0.0] * 3, [0] * 3, 0.0
        vision_commitment = self.vision_commitment
        for m in mine:
            delay = m.months_to_benefit(self.index)
            alike = sum(map(mul, self.objectives, m.benefit_mix))
            alike /= self.objectives_size * m.benefit_mix_length
            own = self.incentive_share * alike - m.member_harm[self.index]
            own *= math.exp(-delay / self.planning_horizon)
            joint = m.likeness_to_vision * math.exp(-delay / s.vision_planning_horizon)
            needed = m.needed[self]
            board = management = front_line = 0.0
            for link in needed:
                a, b, c = link.terms
                board += a
                management += b
                front_line += c
            means = (board, management, front_line)
            for layer in (FRONT_LINE,) if m.is_quick else LAYERS:
                commitment = vision_commitment[layer]
                stake = (1.0 - commitment) * own + commitment * joint
                reliance = (means[layer] / len(needed)) ** root if needed else 1.0
                net[layer] += (
                    interdependence * (stake * reliance - exposure * (1.0 - reliance)) + alone * stake
                )
                counted[layer] += 1
                stakes += stake
        self.stake = stakes / max(sum(counted), 1)
        for layer in LAYERS:
            gain = net[layer] / max(counted[layer], 1)
            aim = 1.0 / (1.0 + math.exp(-s.decision_sharpness * (gain - cost)))
            before = self.contribution[layer]
            self.contribution[layer] = before + s.decision_adjustment_rate * (aim - before)

    # 6 work and keep promises

    def deliver(self) -> None:
        """Each layer keeps its promise or, under pressure and between separate teams, not."""
        s, lever, random = self.model.settings, self.in_force, self.model.random.random
        chance = (
            s.trust_reliability
            - s.trust_pressure_on_reliability * self.target_pressure
            - HANDOFF_PROMISES * (1.0 - lever[PARTNERSHIP_MANAGED_TEAMS])
            + AWAY_DAY_PROMISES * min(1.0, lever[OWN_AWAY_DAYS] / 12.0)
        )
        self.kept = [random() < chance, random() < chance, random() < chance]
        self.delivered = [
            x if kept else x * s.trust_shortfall for x, kept in zip(self.contribution, self.kept, strict=True)
        ]

    def deed(self, layer: int) -> float:
        """What a layer really gave against what plans take for granted, at most 1."""
        return min(1.0, self.delivered[layer] / self.model.settings.programme_planned_effort)

    def board_consent(self, initiative: Initiative) -> float:
        """Chance that its board agrees this month."""
        needed, trust = initiative.needed[self], 1.0
        if needed:
            trust = sum([link.trust[BOARD] for link in needed]) / len(needed)
        held_back = ACCOUNTABILITY_CONSENT * self.accountability
        consent = self.contribution[BOARD] * (1.0 - held_back) * (0.5 + 0.5 * trust)
        mandate = self.model.settings.decision_mandate * self.in_force[SEPARATE_PRE_MEETINGS]
        return consent + mandate * (1.0 - consent)

    def effort(self, is_quick: bool) -> float:
        hands = self.delivered[FRONT_LINE]
        if not is_quick:
            hands = FRONT_LINE_WORK * hands
            hands += MANAGEMENT_WORK * self.delivered[MANAGEMENT]
        return self.capacity * (1.0 - self.meeting_share) * hands / max(self.load, 1)

    # 7 embed

    def reap(self) -> None:
        """Own benefit and own cost of a month."""
        s, share = self.model.settings, self.meeting_share
        gain = sum(map(mul, self.objectives, self.model.embedded))
        price = s.decision_cost_base + s.decision_cost_pressure * self.target_pressure
        given = sum(self.delivered) / 3.0
        self.own_benefit += self.incentive_share * gain
        self.own_cost += price * (share + (1.0 - share) * given) + self.harm

    def celebrate(self, partners: list[Organisation]) -> None:
        """A stage completed: trust in the partners and commitment grow."""
        small_wins = self.model.settings.trust_small_wins
        self.vision_commitment = [v + small_wins * max(self.ceiling - v, 0.0) for v in self.vision_commitment]
        for partner in partners:
            if partner is not self:
                link = self.links[partner.index]
                part = small_wins * link.relation.contact
                link.competence = [c + part * (1.0 - c) for c in link.competence]
                link.goodwill = [g + part * (1.0 - g) for g in link.goodwill]

    def give_up(self, partners: list[Organisation]) -> None:
        """An initiative abandoned: commitment and trust in the partners' competence suffer."""
        left = 1.0 - self.model.settings.trust_abandonment_loss
        self.vision_commitment = [left * v for v in self.vision_commitment]
        for partner in partners:
            if partner is not self:
                link = self.links[partner.index]
                link.competence = [left * c for c in link.competence]

    # 8 within the organisation

    def commit(self) -> None:
        """Pulled down by pressure, up by identification and joint days, together by colleagues."""
        s, lever = self.model.settings, self.in_force
        squares, partners = [0.0, 0.0, 0.0], 0
        for link in self.links.values():
            if link.trustee.is_present:
                a, b, c = link.trust
                squares[0] += a * a
                squares[1] += b * b
                squares[2] += c * c
                partners += 1
        ceiling, mean = self.ceiling, sum(self.vision_commitment) / 3.0
        pull = s.commitment_pull * (0.5 + self.target_pressure) * (0.5 + self.accountability)
        told = (
            JOINT_DAY_COMMITMENT * lever[JOINT_AWAY_DAYS] + WRITTEN_COMMITMENT * lever[CIRCULATED_VISION]
        ) / 12.0
        turned_in = AWAY_DAY_COMMITMENT * lever[OWN_AWAY_DAYS] / 12.0
        binding = 1.0 + AWAY_DAY_BINDING * lever[OWN_AWAY_DAYS] / 12.0
        follow = min(1.0, s.commitment_colleague_rate * binding)
        for layer in LAYERS:
            v = self.vision_commitment[layer]
            identity = s.commitment_identification * squares[layer] / max(partners, 1)
            self.vision_commitment[layer] = clip(
                v
                - pull * (v - s.commitment_alone * ceiling)
                + min(1.0, identity + told) * max(ceiling - v, 0.0)
                - turned_in * v
                + follow * (mean - v)
            )

    def practise(self) -> None:
        """Practice follows commitment slowly."""
        s = self.model.settings
        dropped = s.commitment_adoption * sum(self.vision_commitment) / 3.0
        for lever in DIVISIVE:
            if lever not in self.held:
                aim = self.stated[lever] * (1.0 - dropped)
                self.practised[lever] += s.commitment_adoption_rate * (aim - self.practised[lever])


class Meeting:
    """Of a coordinator with one layer of one organisation, in one month."""

    __slots__ = ("held_for_host", "layer", "organisation", "seen_impartial", "times", "weight")

    def __init__(self, organisation: Organisation, layer: int, times: int) -> None:
        self.organisation, self.layer, self.times = organisation, layer, times


class Coordinator(mesa.Agent):
    """Somebody employed to bring the organisations together."""

    def __init__(self, model: PlainPartnership, index: int) -> None:
        super().__init__(model)
        s = model.settings
        self.host = s.coordinators_host[index]
        self.impartiality = s.coordinators_impartiality[index]
        self.skill = s.coordinators_skill[index]
        self.meetings_per_month = s.coordinators_meetings_per_month[index]
        self.layers = [layer for layer in LAYERS if s.coordinators_layers[index][layer]]
        self.from_month, self.to_month = (s.coordinators_from_month[index], s.coordinators_to_month[index])
        self.cost = s.coordinators_cost[index]
        self.for_commitment = s.coordinators_attention_commitment[index]
        self.for_tie = s.coordinators_attention_tie[index]
        self.for_time = s.coordinators_attention_time[index]
        self.temperature = s.coordinators_attention_temperature[index]
        self.is_at_work = False
        self.credibility = [0.0] * s.n
        self.last_met: dict[tuple[int, int], int] = {}
        self.seen: dict[tuple[Organisation, int], float] = {}
        self.meetings: list[Meeting] = []

    def come_and_go(self) -> None:
        is_due = self.from_month <= self.model.month < self.to_month
        if is_due and not self.is_at_work:
            self.credibility = [
                self.skill * (HOME_CREDIBILITY if o.index == self.host else STARTING_CREDIBILITY)
                for o in self.model.organisations
            ]
            self.last_met.clear()
            self.seen.clear()
        self.is_at_work = is_due
        if is_due:
            self.model.staff_days += self.cost

    def need_for_meeting(self, organisation: Organisation, layer: int) -> float:
        """How much a layer calls for attention: low commitment, weakest tie, long unseen."""
        weakest = min(
            [link.trust[layer] for link in organisation.links.values() if link.trustee.is_present],
            default=1.0,
        )
        unseen = 1.0
        if (last := self.last_met.get((organisation.index, layer))) is not None:
            unseen = min(1.0, (self.model.month - last - 1) / 12.0)
        return (
            self.for_commitment * (1.0 - organisation.vision_commitment[layer])
            + self.for_tie * (1.0 - weakest)
            + self.for_time * unseen
        )

    def choose_meetings(self) -> None:
        """Meet the neediest, with some chance: sampling from the softmax of need."""
        self.meetings = []
        within_reach = [(o, layer) for o in self.model.members for layer in self.layers]
        if not self.is_at_work or not within_reach:
            return
        random = self.model.random.random
        n_meetings = int(self.meetings_per_month + random())
        each, further = divmod(n_meetings, len(within_reach))
        needs = [
            self.need_for_meeting(o, layer) - self.temperature * math.log(-math.log(random()))
            for o, layer in within_reach
        ]
        neediest = set(nlargest(further, range(len(needs)), key=needs.__getitem__))
        for place, (organisation, layer) in enumerate(within_reach):
            times = each + (place in neediest)
            if times:
                self.meetings.append(Meeting(organisation, layer, times))

    def hold_meetings(self) -> None:
        """In whose interest each is held, how that looks, and what weight it has."""
        random = self.model.random.random
        for meeting in self.meetings:
            organisation, is_impartial, is_seen_so = meeting.organisation, True, True
            if self.host >= 0 and organisation.index != self.host:
                is_impartial = random() < self.impartiality
                goodwill = organisation.links[self.host].goodwill[meeting.layer]
                is_seen_so = random() < 1.0 - SUSPICION * (1.0 - goodwill)
            credibility = self.credibility[organisation.index] if is_impartial else 0.0
            meeting.weight = 1.0 - (1.0 - credibility) ** meeting.times
            meeting.held_for_host = 0 if is_impartial else meeting.times
            meeting.seen_impartial = meeting.times if is_impartial and is_seen_so else 0

    def articulate(self) -> None:
        """The vision, and what of it is being delivered."""
        for meeting in self.meetings:
            organisation, part = meeting.organisation, ARTICULATION * meeting.weight
            room = organisation.ceiling - organisation.vision_commitment[meeting.layer]
            organisation.vision_commitment[meeting.layer] += part * max(room, 0.0)
            for m in self.model.initiatives:
                gap = m.realised_rate - m.believed_rate[organisation.index]
                m.believed_rate[organisation.index] += part * gap

    def bridge(self) -> None:
        """Goodwill moves to what the coordinator itself last saw of the trustee."""
        for meeting in self.meetings:
            part, layer = BRIDGING * meeting.weight, meeting.layer
            if part == 0.0:
                continue
            for link in meeting.organisation.links.values():
                seen = self.seen.get((link.trustee, layer))
                if seen is not None and link.trustee.is_present:
                    link.goodwill[layer] += part * (seen - link.goodwill[layer])

    def serve_host(self) -> None:
        """Meetings held for the host tilt what comes next, and cost it goodwill."""
        if self.host < 0:
            return
        host = self.model.organisations[self.host]
        for meeting in self.meetings:
            host.tilt += TILT * meeting.held_for_host
            if meeting.held_for_host and meeting.organisation is not host:
                loss = min(1.0, HOST_GOODWILL_LOSS * meeting.held_for_host)
                meeting.organisation.links[self.host].goodwill[meeting.layer] *= 1.0 - loss

    def bring_together(self) -> None:
        """Help for this month's issues, and contact for the pairs met."""
        untouched: dict[Organisation, float] = {}
        for meeting in self.meetings:
            before = untouched.get(meeting.organisation, 1.0)
            untouched[meeting.organisation] = before * (1.0 - meeting.weight)
        for organisation, rest in untouched.items():
            organisation.helped = 1.0 - (1.0 - organisation.helped) * rest
        for one, other in combinations(untouched, 2):
            relation = one.links[other.index].relation
            brought = (1.0 - untouched[one]) * (1.0 - untouched[other])
            relation.convened = 1.0 - (1.0 - relation.convened) * (1.0 - brought)

    def be_judged(self, delivery: float) -> None:
        """Credibility follows skill and delivery; serving a host costs at once."""
        worth = self.skill * (1.0 - CREDIBILITY_OF_DELIVERY * (1.0 - delivery))
        deeds = self.model.settings.trust_deeds
        for meeting in self.meetings:
            organisation, layer = meeting.organisation, meeting.layer
            credibility = self.credibility[organisation.index]
            gain = min(1.0, CREDIBILITY_RATE * meeting.seen_impartial)
            credibility += gain * (worth - credibility)
            credibility *= 1.0 - min(1.0, CREDIBILITY_LOSS * meeting.held_for_host)
            self.credibility[organisation.index] = credibility
            self.last_met[organisation.index, layer] = self.model.month
            commitment = organisation.vision_commitment[layer]
            self.seen[organisation, layer] = (1.0 - deeds) * commitment + deeds * organisation.deed(layer)


def run_once(settings: SimpleNamespace, seed: int) -> list[dict[str, float]]:
    """One run: what was observed at the start and after each month."""
    model = PlainPartnership(settings, rng=seed)
    history = model.run()
    # Mesa 3.3 keeps every model that there ever was in a table that later ones do not have.
    getattr(mesa.Agent, "_ids", {}).pop(model, None)
    return history


class PlainPartnership(mesa.Model):
    """A partnership of organisations with nobody in charge."""

    def __init__(self, settings: SimpleNamespace, rng: int | None = None) -> None:
        super().__init__(rng=rng)
        s = self.settings = settings
        self.month = 0
        self.has_collapsed = False
        self.exponent = -1.0e-3 if abs(s.programme_complementarity) < 1.0e-3 else s.programme_complementarity
        self.landings = [e for e in s.events if e.kind == NATIONAL_TARGET_LANDS]
        self.cuts = [e for e in s.events if e.kind == FUNDING_CUT]
        self.crises = [e for e in s.events if e.kind == COMMON_CRISIS]
        self.pending = [0.0] * s.n_domains
        self.embedded = [0.0] * s.n_domains
        self.work_delivered = self.staff_days = self.crisis = 0.0
        self.n_completed = self.n_abandoned = 0
        self.national_shock = (
            s.pressure_national_shock_spread * UNIT_VARIANCE * self.random.uniform(-1.0, 1.0)
        )
        self.organisations = [Organisation(self, index) for index in range(s.n)]
        self.coordinators = [Coordinator(self, index) for index in range(s.coordinators_n_appointed)]
        self.place_benefit = self.random.gauss(0.0, 1.0)
        self.vision = s.vision_weights
        if not any(self.vision):
            self.vision = [
                math.fsum(column) / s.n for column in zip(*s.organisations_objectives, strict=True)
            ]
        self.vision_length = math.hypot(*self.vision)
        self.relations = [Relation(one, other) for one, other in combinations(self.organisations, 2)]
        self.links = [link for relation in self.relations for link in relation.links]
        self.initiatives: list[Initiative] = []
        self.count_members()
        self.start()
        self.slots: list[Initiative | None] = [None] * s.programme_n_simultaneous
        self.generation = [0] * s.programme_n_simultaneous
        self.surplus = [0.0] * s.programme_n_simultaneous
        for slot in range(s.programme_n_simultaneous):
            self.begin(slot, 0)
        self.initiatives = [m for m in self.slots if m is not None]
        self.history = [self.observe()]

    def start(self) -> None:
        """What follows from where the organisations begin."""
        self.fund()
        for organisation in self.organisations:
            organisation.set_levers()
            organisation.near_deadlines()
            organisation.vision_commitment = [self.settings.starting_commitment * organisation.ceiling] * 3
            organisation.feel_pressure()
            organisation.show()
        for relation in self.relations:
            relation.differ()
        self.assess_trust()

    def count_members(self) -> None:
        """Who is there, and the relations and links among them."""
        self.members = [o for o in self.organisations if o.is_present]
        self.active_relations = [r for r in self.relations if r.first.is_present and r.second.is_present]
        self.active_links = [link for r in self.active_relations for link in r.links]
        for initiative in self.initiatives:
            initiative.find_needed()

    def run(self) -> list[dict[str, float]]:
        """All months; what was observed at the start and after each of them."""
        for _ in range(self.settings.months):
            self.step()
        return self.history

    def step(self) -> None:
        """One month."""
        # 1 environment
        self.shake()
        for organisation in self.organisations:
            organisation.near_deadlines()
        self.fund()
        for organisation in self.organisations:
            organisation.feel_pressure()
            organisation.set_levers()
        if self.has_collapsed:
            self.embed()
        else:
            self.live()
        self.month += 1
        self.history.append(self.observe())

    def live(self) -> None:
        """A month of a partnership that still is one."""
        for organisation in self.organisations:
            organisation.spend_time()
        # 2 events, turnover, withdrawal
        self.happen()
        for organisation in self.organisations:
            organisation.change_leaders()
        self.withdraw()
        if self.has_collapsed:
            return
        # 3 coordinators meet people
        if self.coordinators:
            self.coordinate()
        # 4 organisations meet
        for relation in self.relations:
            relation.differ()
        self.make_contact()
        for organisation in self.organisations:
            organisation.show()
        self.learn_about_others()
        self.miss_agreements()
        self.spend_joint_days()
        self.raise_issues()
        # 5 decide contributions
        self.assess_trust()
        for organisation in self.organisations:
            organisation.decide()
        # 6 work and keep promises
        for organisation in self.organisations:
            organisation.deliver()
        self.judge_promises()
        for initiative in self.initiatives:
            if initiative.is_waiting:
                initiative.ask()
        self.work()
        # 7 embed
        self.embed()
        for initiative in self.initiatives:
            for _ in range(initiative.stages_now):
                partners = initiative.present_members()
                for organisation in partners:
                    organisation.celebrate(partners)
        self.abandon()
        self.begin_initiatives()
        # 8 within the organisation
        for organisation in self.members:
            organisation.commit()
        self.forget()
        self.assess_trust()
        for organisation in self.organisations:
            organisation.practise()

    # 1 environment

    def shake(self) -> None:
        s, uniform = self.settings, self.random.uniform
        persistence = s.pressure_shock_persistence
        fresh = math.sqrt(1.0 - persistence * persistence) * UNIT_VARIANCE
        self.national_shock *= persistence
        self.national_shock += s.pressure_national_shock_spread * fresh * uniform(-1.0, 1.0)
        for organisation in self.organisations:
            organisation.shock *= persistence
            organisation.shock += s.pressure_shock_spread * fresh * uniform(-1.0, 1.0)

    def fund(self) -> None:
        self.crisis = max([e.size for e in self.crises if e.is_under_way(self.month)], default=0.0)
        for organisation in self.organisations:
            organisation.fund()

    # 2 events, turnover, withdrawal

    def happen(self) -> None:
        """Events of this month."""
        for event in self.settings.events:
            if event.month != self.month:
                continue
            for organisation in [o for o in self.members if event.concerns(o)]:
                if event.kind == LEADER_LEAVES:
                    organisation.lose_relationships(event.layer, event.size)
                elif event.kind == REORGANISATION:
                    for layer in LAYERS:
                        organisation.lose_relationships(layer, event.size)
                elif event.kind == COMMON_CRISIS:
                    organisation.pull_together(event.size)
                elif event.kind == ORGANISATION_WITHDRAWS:
                    organisation.is_present = False
            self.count_members()

    def withdraw(self) -> None:
        """All judge by who was there when the month began."""
        leaving = [o for o in self.members if o.wants_to_leave()]
        for organisation in leaving:
            organisation.is_present = False
        if leaving:
            self.count_members()
        if len(self.members) < LEAST_MEMBERS:
            self.has_collapsed = True
            self.stop()

    def stop(self) -> None:
        """After a collapse nobody promises, gives, meets or coordinates."""
        for organisation in self.organisations:
            organisation.meeting_share = 0.0
            organisation.contribution = [0.0] * 3
            organisation.delivered = [0.0] * 3
        self.slots = [None] * len(self.slots)
        self.initiatives = []
        for coordinator in self.coordinators:
            coordinator.is_at_work = False

    # 3 coordinators meet people

    def coordinate(self) -> None:
        coordinators = self.coordinators
        for organisation in self.organisations:
            organisation.helped = 0.0
        for relation in self.relations:
            relation.convened = 0.0
        for coordinator in coordinators:
            coordinator.come_and_go()
            coordinator.choose_meetings()
        for coordinator in coordinators:
            coordinator.hold_meetings()
        for coordinator in coordinators:
            coordinator.articulate()
        for coordinator in coordinators:
            coordinator.bridge()
        realised = sum([m.realised_rate for m in self.initiatives])
        planned = sum([m.planned_rate for m in self.initiatives])
        delivery = min(1.0, realised / planned) if planned > 0.0 else 0.0
        for coordinator in coordinators:
            coordinator.serve_host()
            coordinator.bring_together()
            coordinator.be_judged(delivery)

    # 4 organisations meet

    def make_contact(self) -> None:
        """Contact follows occasions to meet, and tension keeps people apart."""
        s = self.settings
        for relation in self.relations:
            relation.shared = 0.0
        for initiative in self.initiatives:
            for one, other in combinations(initiative.members, 2):
                one.links[other.index].relation.shared += 1.0 / s.programme_n_simultaneous
        usual = s.relations_meeting_budget / max(len(self.members) - 1.0, 1.0)
        usual += CRISIS_CONTACT * self.crisis
        for relation in self.relations:
            one, other = relation.first, relation.second
            occasions = 0.0
            if one.is_present and other.is_present:
                joint_days = min(one.in_force[JOINT_AWAY_DAYS], other.in_force[JOINT_AWAY_DAYS])
                occasions = min(
                    1.0,
                    usual
                    + JOINT_DAY_CONTACT * joint_days / 12.0
                    + SHARED_WORK_CONTACT * relation.shared
                    + CONVENED_CONTACT * relation.convened,
                )
            met = occasions * (1.0 - relation.tension)
            relation.contact += CONTACT_RATE * (met - relation.contact)

    def learn_about_others(self) -> None:
        """Goodwill follows what is shown in meetings and what was really delivered.

        `take_in` is written out twice: its calls had been a sixth of the time of a run.
        """
        s, random = self.settings, self.random.random
        disposition, deeds, asymmetry = (
            s.trust_disposition,
            s.trust_deeds,
            4.0 * (s.trust_news_asymmetry - 1.0),
        )
        twice_noise, noise = 2.0 * s.trust_misreading_noise, s.trust_misreading_noise
        for link in self.active_links:
            trustee, relation, goodwill = link.trustee, link.relation, link.goodwill
            mine, theirs = link.trustor.in_force, trustee.in_force
            days = 0.5 * (mine[POSITION_SHARING] + theirs[POSITION_SHARING])
            misread = (
                MISREADING
                * relation.cultural_distance
                * (1.0 - UNDERSTOOD_NEEDS * theirs[OWN_NEEDS_FRAMING])
                * POSITION_DAYS
                / (POSITION_DAYS + days)
            )
            good_news = 1.0 - CROWDING * relation.agreement
            rate_of_talk = GOODWILL_RATE * relation.contact * (1.0 - deeds)
            rate_of_deeds = GOODWILL_RATE * relation.contact * deeds
            clear, stereotype = 1.0 - misread, misread * disposition
            clear_talk, usual = clear * link.openness, stereotype - noise
            displayed, delivered = trustee.displayed, trustee.delivered
            clear_deeds = clear / s.programme_planned_effort
            for layer in LAYERS:
                g = goodwill[layer]
                seen = clear_talk * displayed[layer] + usual + twice_noise * random()
                seen = 0.0 if seen < 0.0 else 1.0 if seen > 1.0 else seen
                change = rate_of_talk * (seen - g)
                if change < 0.0:
                    g += change * (1.0 + asymmetry * g * (1.0 - g))
                    g = g if g > 0.0 else 0.0
                else:
                    g += change * good_news
                deed = clear_deeds * delivered[layer]
                deed = deed if deed < clear else clear
                change = rate_of_deeds * (deed + stereotype - g)
                if change < 0.0:
                    g += change * (1.0 + asymmetry * g * (1.0 - g))
                    g = g if g > 0.0 else 0.0
                else:
                    g += change * good_news
                goodwill[layer] = g

    def take_in(self, goodwill: float, seen: float, rate: float, agreement: float) -> float:
        """Goodwill after news; bad news weighs more where there is no settled view."""
        change = rate * (seen - goodwill)
        if change < 0.0:
            asymmetry = self.settings.trust_news_asymmetry - 1.0
            change *= 1.0 + asymmetry * 4.0 * goodwill * (1.0 - goodwill)
        else:
            change *= 1.0 - CROWDING * agreement
        return clip(goodwill + change)

    def miss_agreements(self) -> None:
        """Good conduct had been put down to the rule that is withdrawn."""
        for relation in self.active_relations:
            if relation.withdrawn:
                relation.lose_goodwill(self.settings.trust_agreement_loss * relation.withdrawn)

    def spend_joint_days(self) -> None:
        """On joint away days people see each other as they are."""
        deeds = self.settings.trust_deeds
        if not any([o.in_force[JOINT_AWAY_DAYS] for o in self.members]):
            return
        for link in self.active_links:
            mine, theirs = link.trustor.in_force, link.trustee.in_force
            days = min(mine[JOINT_AWAY_DAYS], theirs[JOINT_AWAY_DAYS])
            if days == 0.0:
                continue
            agreement = link.relation.agreement
            rate = min(1.0, self.settings.trust_joint_day_rate * days / 12.0)
            for layer in LAYERS:
                seen = (1.0 - deeds) * link.trustee.vision_commitment[layer]
                seen += deeds * link.trustee.deed(layer)
                link.goodwill[layer] = self.take_in(link.goodwill[layer], seen, rate, agreement)

    def raise_issues(self) -> None:
        """Issues arise from conflict; raised, they are worked through or flare up; else they may
        break out."""
        s, random = self.settings, self.random.random
        for relation in self.active_relations:
            one, other = relation.first, relation.second
            tension = relation.tension
            avoided = 0.5 * (one.in_force[ISSUE_AVOIDANCE] + other.in_force[ISSUE_AVOIDANCE])
            tension += s.relations_issue_rate * relation.conflict * (1.0 - tension)
            if random() < s.relations_surfacing_rate * tension * (1.0 - avoided):
                there, back = relation.links
                goodwill = (sum(there.goodwill) + sum(back.goodwill)) / 6.0
                worked = WORKED_THROUGH_LEAST + WORKED_THROUGH_GOODWILL * goodwill
                helped = 0.5 * (one.helped + other.helped)
                worked += (1.0 - worked) * COORDINATED_RESOLUTION * helped
                if random() < worked:
                    tension *= 1.0 - RESOLVED
                else:
                    tension *= 1.0 - VENTED
                    relation.lose_goodwill(s.relations_flare_loss)
            if random() < s.relations_rupture_rate * tension * tension:
                tension *= 1.0 - RUPTURE_VENTED
                relation.lose_goodwill(s.relations_rupture_loss)
            relation.tension = tension

    def assess_trust(self) -> None:
        """Trust as it is acted on: both kinds together, and what an agreement covers."""
        weight, sqrt = self.settings.trust_goodwill_weight, math.sqrt
        for link in self.links:
            (a, b, c), (d, e, f) = link.competence, link.goodwill
            if weight == 0.5:
                link.trust = [sqrt(a * d), sqrt(b * e), sqrt(c * f)]
            else:
                rest = 1.0 - weight
                link.trust = [a**rest * d**weight, b**rest * e**weight, c**rest * f**weight]
            agreement = link.relation.agreement
            if agreement:
                uncovered = 1.0 - COVERED_BY_AGREEMENT * agreement
                link.trust = [1.0 - (1.0 - trust) * uncovered for trust in link.trust]

    # 6 work and keep promises

    def judge_promises(self) -> None:
        """Competence trust: up for a promise kept, down for one broken, as far as it is seen."""
        rate, asymmetry = (self.settings.trust_promise_rate, 4.0 * (self.settings.trust_news_asymmetry - 1.0))
        for link in self.active_links:
            contact, trustee, competence = link.relation.contact, link.trustee, link.competence
            contribution, kept = trustee.contribution, trustee.kept
            for layer in LAYERS:
                c = competence[layer]
                change = rate * contact * contribution[layer]
                if kept[layer]:
                    competence[layer] = c + change * (1.0 - c)
                else:
                    competence[layer] = c - change * c * (1.0 + asymmetry * c * (1.0 - c))

    def difficulty(self) -> float:
        """The easy things come first."""
        s = self.settings
        return 1.0 + s.programme_diminishing * self.work_delivered / s.vision_size

    def work(self) -> None:
        for slot, m in enumerate(self.slots):
            if m is None:
                continue
            m.stages_now = 0
            m.age += 1.0
            progress = 0.0
            if not m.is_waiting:
                progress = m.do_work()
                m.work += progress + self.surplus[slot]
                self.surplus[slot] = 0.0
            m.realised_rate += PACE_RATE * (progress - m.realised_rate)
            for member in m.members:
                gap = m.realised_rate - m.believed_rate[member.index]
                m.believed_rate[member.index] += BELIEF_RATE * gap
            m.complete_stages()

    # 7 embed

    def embed(self) -> None:
        """Finished work turns into benefit with a lag and erodes slowly."""
        s = self.settings
        for k, weight in enumerate(self.vision):
            flow = self.pending[k] / s.place_embedding_months
            self.pending[k] -= flow
            planned = max(weight * s.vision_size, 1.0e-9)
            kept = self.embedded[k] * (1.0 - s.place_erosion_rate)
            self.embedded[k] = clip(kept + flow / planned, -1.0, 1.0)
        for organisation in self.members:
            organisation.reap()

    def abandon(self) -> None:
        """What is far later than planned, or has lost its members, is given up."""
        for slot, m in enumerate(self.slots):
            if m is None or m.is_complete:
                continue
            m.replace_absent()
            partners = m.present_members()
            is_late = m.age > self.settings.programme_patience * m.planned_months
            is_waiting_for_members = 0.0 < m.absent_months <= REPLACEMENT_MONTHS
            if not is_late and (len(partners) >= 2 or is_waiting_for_members):
                continue
            self.n_abandoned += 1
            self.slots[slot] = None
            self.surplus[slot] = 0.0
            for organisation in partners:
                organisation.give_up(partners)

    def begin_initiatives(self) -> None:
        """Finished ones make room; the programme never runs dry."""
        for slot, m in enumerate(self.slots):
            if m is not None and m.is_complete:
                self.n_completed += 1
                self.surplus[slot] = max(m.work - m.size, 0.0)
                self.slots[slot] = None
            if self.slots[slot] is None and len(self.members) >= 2:
                self.begin(slot, self.month + 1)
        self.initiatives = [m for m in self.slots if m is not None]

    def begin(self, slot: int, month: int) -> None:
        """A place of the programme takes up its next initiative, if its time has come."""
        s = self.settings
        number = slot + s.programme_n_simultaneous * self.generation[slot]
        if number < s.programme_initiatives_n:
            if month < s.programme_initiatives_start_month[number]:
                return
            self.slots[slot] = self.take_up_given(number)
        else:
            if self.generation[slot] == 0 and month < slot * s.programme_stagger_months:
                return
            self.slots[slot] = self.draw_initiative()
        self.generation[slot] += 1
        for organisation in self.organisations:
            organisation.tilt = 0.0

    def take_up_given(self, number: int) -> Initiative:
        s = self.settings
        mix = s.programme_initiatives_domains[number]
        return Initiative(
            members=[o for o in self.organisations if s.programme_initiatives_members[number][o.index]],
            benefit_mix=mix if any(mix) else self.vision,
            size=s.programme_initiatives_size[number],
            n_gates=s.programme_initiatives_n_gates[number],
            is_quick=bool(s.programme_initiatives_quick_win[number]),
            member_harm=s.programme_initiatives_harm[number],
        )

    def draw_initiative(self) -> Initiative:
        """Where the next one's benefit falls, whom it needs, how much it dares."""
        s, random = self.settings, self.random.random
        leaning = self.lean()
        focus = self.random.choices(range(s.n_domains), leaning)[0]
        mix = [(1.0 - s.programme_focus) * weight for weight in leaning]
        mix[focus] += s.programme_focus
        members = nlargest(
            s.programme_members_per_initiative,
            self.members,
            key=lambda o: sum(map(mul, o.base_objectives, mix)) + random(),
        )
        trusts = [
            sum(one.links[other.index].trust) / 3.0
            for one in members
            for other in members
            if one is not other
        ]
        trust = sum(trusts) / len(trusts) if trusts else s.trust_disposition
        size = (
            s.programme_initiative_size
            * (0.5 + trust)
            * (1.0 + s.programme_size_spread * (2.0 * random() - 1.0))
        )
        is_quick = random() < s.programme_quick_win_share
        return Initiative(
            members=members,
            benefit_mix=mix,
            size=size * s.programme_quick_win_size if is_quick else size,
            n_gates=1 + math.floor((s.programme_max_gates - 1) * (1.0 - trust) + 0.5),
            is_quick=is_quick,
            member_harm=[0.0] * s.n,
        )

    def lean(self) -> list[float]:
        """The vision, tilted to the domains of hosts whom meetings have served."""
        tilt = sum([o.tilt for o in self.organisations])
        if tilt == 0.0:
            return self.vision
        tilted = min(MOST_TILT, tilt)
        return [
            weight
            + tilted * (sum([o.tilt / tilt * o.base_objectives[k] for o in self.organisations]) - weight)
            for k, weight in enumerate(self.vision)
        ]

    # 8 within the organisation

    def forget(self) -> None:
        """Without contact trust returns to what strangers give."""
        s = self.settings
        for link in self.links:
            forgotten = s.trust_decay_rate * (1.0 - link.relation.contact)
            left, strangers = 1.0 - forgotten, forgotten * s.trust_disposition
            link.competence = [left * trust + strangers for trust in link.competence]
            link.goodwill = [left * trust + strangers for trust in link.goodwill]

    # 9 observe

    def equity(self) -> float:
        """1 less the Gini coefficient of own benefit less own cost."""
        nets = [o.own_benefit - o.own_cost for o in self.members]
        sizes = sum([abs(net) for net in nets])
        if sizes == 0.0:
            return 1.0
        differences = 2.0 * sum([abs(a - b) for a, b in combinations(nets, 2)])
        return 1.0 - differences / (2.0 * len(nets) * sizes)

    def observe(self) -> dict[str, float]:
        """The series of `partnersim.model`, by the same names; means are over members."""
        s, members = self.settings, self.members
        n_members = max(len(members), 1)
        n_links = max(len(self.active_links), 1)
        n_layers, n_layer_links = 3 * n_members, 3 * n_links
        board = management = front_line = competence = goodwill = talk = 0.0
        for link in self.active_links:
            a, b, c = link.trust
            board += a
            management += b
            front_line += c
            competence += sum(link.competence)
            goodwill += sum(link.goodwill)
            talk += link.openness * sum(link.trustee.displayed)
        n_relations = max(len(self.active_relations), 1)
        contact = sum([r.contact for r in self.active_relations]) / n_relations
        goodwill /= n_layer_links
        avoided = sum([o.in_force[ISSUE_AVOIDANCE] for o in members]) / n_members
        perceived = clip(
            PERCEIVED_CONTACT * contact
            + PERCEIVED_TALK * talk / n_layer_links
            + PERCEIVED_GOODWILL * goodwill
            + s.survey_avoidance_bonus * avoided
            + s.survey_noise * self.random.uniform(-1.0, 1.0)
        )
        realised = sum(map(mul, self.vision, self.embedded))
        alone = 100.0 * math.exp(s.place_log_growth * self.month / 12.0)
        n_waiting = sum([m.is_waiting for m in self.initiatives])
        return {
            "change_delivered": self.work_delivered / s.vision_size,
            "trust": (board + management + front_line) / n_layer_links,
            "competence_trust": competence / n_layer_links,
            "goodwill_trust": goodwill,
            "vision_commitment": sum([sum(o.vision_commitment) for o in members]) / n_layers,
            "contribution": sum([sum(o.contribution) for o in members]) / n_layers,
            "delivered": sum([sum(o.delivered) for o in members]) / n_layers,
            "tension": sum([r.tension for r in self.active_relations]) / n_relations,
            "contact": contact,
            "target_pressure": sum([o.target_pressure for o in members]) / n_members,
            "perceived_joint_working": perceived,
            "outcome": alone * (1.0 - s.place_reach * realised),
            "outcome_alone": alone,
            "vision_realised": realised,
            "cost": self.staff_days,
            "equity": self.equity(),
            "n_members": len(members),
            "trust_board": board / n_links,
            "trust_management": management / n_links,
            "trust_front_line": front_line / n_links,
            "initiatives_completed": self.n_completed,
            "initiatives_abandoned": self.n_abandoned,
            "waiting": n_waiting / max(len(self.initiatives), 1),
            "n_coordinators": sum([c.is_at_work for c in self.coordinators]),
        }
