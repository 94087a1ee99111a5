"""The model of `partnersim.model` as a competent Mesa user would write it: agents, lists, loops.

It is here to be compared with: `run.py` times it, `equivalence.py` shows that it gives the same
results. The processes have the order that they have in the core; the fixed factors and the
parameters are the core's own. Agents hold plain Python numbers, because NumPy loses on arrays of
three or six. It has been profiled, and what such a user would take out has been taken out: values
that hold for a month are worked out once a month, loops over links that nothing separates are one
loop, and small functions are written out where their calls had cost most.

Left out: organisations that are drawn or that join later, a lead organisation, coordinators who
emerge, the conditional rule of decision (and with it beliefs about the others, which serve nothing
else), mechanisms switched off, and runs without luck. A scenario that asks for one of them is
refused. Chance is `model.random`, drawn when it is needed: the distributions are the core's, the
draws are not.
"""

from __future__ import annotations

import math
from heapq import nlargest
from itertools import combinations
from operator import mul
from types import SimpleNamespace
from typing import NamedTuple

import mesa

from partnersim.model import constants as fixed
from partnersim.model.constants import BOARD, FRONT_LINE, MANAGEMENT
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
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.translate import to_parameters

LAYERS = BOARD, MANAGEMENT, FRONT_LINE
DIVISIVE = (OWN_AWAY_DAYS, SEPARATE_PRE_MEETINGS, OWN_NEEDS_FRAMING, ISSUE_AVOIDANCE)
UNIT_VARIANCE = math.sqrt(3.0)  # makes a uniform on [-1, 1] one of variance 1
LEAST = 1.0e-9  # so that nothing is divided by zero

LAST_AXIS = {
    "organisations.objectives": "n_domains",
    "organisations.cultural_distance": "n",
    "programme.initiatives.domains": "n_domains",
    "programme.initiatives.members": "n",
    "programme.initiatives.harm": "n",
    "interventions.organisations": "n",
}
"""How many there are along the last axis of a table's arrays, where they are fewer than the room.

The length of an axis does not tell what it runs over: other things may be as many.
"""


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
    parts = {path: value for path, (value,) in parts_of(to_parameters(scenario)).items()}
    counts = {path.removesuffix(".n"): int(value) for path, value in parts.items() if path.endswith(".n")}
    counts |= {"organisations": int(parts["n"]), "vision": int(parts["n_domains"])}
    s = SimpleNamespace()
    for path, value in parts.items():
        if value.ndim:
            value = value[: counts.get(path.rpartition(".")[0])]
        if path in LAST_AXIS:
            value = value[:, : parts[LAST_AXIS[path]]]
        setattr(s, path.replace(".", "_"), value.tolist())
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
    return list(map(row, *(getattr(s, f"{table}_{field}") for field in fields.split())))


def refuse_what_is_left_out(s: SimpleNamespace) -> None:
    left_out = {
        "drawn organisations": s.drawn_is_given,
        "a lead organisation": s.lead_organisation >= 0,
        "coordinators who emerge": s.emergence_rate > 0.0,
        "the conditional rule": s.decision_is_conditional,
        "organisations that join": any(e.kind == fixed.ORGANISATION_JOINS for e in s.events),
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


class Relation:
    """What two organisations have in common, whoever looks at it."""

    def __init__(self, first: Organisation, second: Organisation) -> None:
        self.first, self.second = first, second
        self.cultural_distance = first.model.settings.organisations_cultural_distance[first.index][
            second.index
        ]
        ratio = math.log(first.planning_horizon / second.planning_horizon)
        self.horizons_apart = min(1.0, abs(ratio) / math.log(10.0))
        self.contact, self.tension = fixed.STARTING_CONTACT, fixed.STARTING_TENSION
        self.agreement = self.withdrawn = self.conflict = self.convened = 0.0
        self.joint = self.joint_going = 0.0  # initiatives that need both; their pace against plan
        common = first.model.random.uniform(-1.0, 1.0)
        self.links = Link(first, second, self, common), Link(second, first, self, common)

    def agree(self) -> None:
        """A binding agreement is as strong as for the less bound; what was withdrawn is news."""
        agreement = min(self.first.in_force[BINDING_AGREEMENT], self.second.in_force[BINDING_AGREEMENT])
        self.withdrawn = max(self.agreement - agreement, 0.0)
        self.agreement = agreement

    def differ(self) -> None:
        """How opposed the interests are."""
        a, b = self.first, self.second
        alike = sum(map(mul, a.objectives, b.objectives)) / (a.objectives_size * b.objectives_size)
        self.conflict = fixed.CONFLICT_OBJECTIVES * max(1.0 - alike, 0.0)
        self.conflict += fixed.CONFLICT_HORIZONS * self.horizons_apart

    def guard(self) -> None:
        """How far each misreads the other, and how much of the other's display is hidden."""
        one, other = self.first.in_force, self.second.in_force
        days = 0.5 * (one[POSITION_SHARING] + other[POSITION_SHARING])
        unlearnt = fixed.POSITION_DAYS / (fixed.POSITION_DAYS + days)
        opposed = fixed.GUARDED_ANYWAY + (1.0 - fixed.GUARDED_ANYWAY) * self.conflict
        for link in self.links:
            theirs = link.trustee.in_force
            understood = fixed.UNDERSTOOD_NEEDS * theirs[OWN_NEEDS_FRAMING]
            link.clear = 1.0 - fixed.MISREADING * self.cultural_distance * (1.0 - understood) * unlearnt
            link.shown = 1.0 - fixed.GUARDED * theirs[SEPARATE_PRE_MEETINGS] * opposed

    def lose_goodwill(self, part: float) -> None:
        for link in self.links:
            link.lose_goodwill(part)


class Link:
    """What the layers of one organisation, the trustor, think of another, the trustee."""

    def __init__(
        self, trustor: Organisation, trustee: Organisation, relation: Relation, common: float
    ) -> None:
        uniform, half = trustor.model.random.uniform, 0.5 * fixed.TRUST_SPREAD
        self.trustor, self.trustee, self.relation = trustor, trustee, relation
        self.chances = [[half * (common + uniform(-1.0, 1.0)) for _ in LAYERS] for _ in range(2)]
        self.competence: list[float] = []
        self.goodwill: list[float] = []
        self.trust = self.terms = (0.0, 0.0, 0.0)
        self.damage = [0.0] * 3  # to the trustee's reputation
        self.together = [0.0] * 3  # months without a break
        self.clear = self.shown = 1.0
        trustor.links[trustee.index] = self

    def start(self, competence: float, goodwill: float) -> None:
        of_competence, of_goodwill = self.chances
        self.competence = [clip(competence + chance) for chance in of_competence]
        self.goodwill = [clip(goodwill + chance) for chance in of_goodwill]

    def turn_over(self, layer: int, share: float) -> None:
        """With who leaves a part of trust goes back to what strangers give."""
        strangers = self.trustor.model.settings.trust_disposition
        lost = share / self.trustor.in_force[CROSS_LINKS]
        part = lost * fixed.TURNOVER_LOSS
        self.competence[layer] += part * (strangers - self.competence[layer])
        self.goodwill[layer] += part * (strangers - self.goodwill[layer])
        self.together[layer] *= 1.0 - lost

    def lose_goodwill(self, part: float) -> None:
        self.goodwill = [(1.0 - part) * goodwill for goodwill in self.goodwill]


class Line:
    """A place in the programme: one initiative after another, each of which needs several.

    What was decided and how fast work went lately stay with the place, whatever is worked on.
    """

    def __init__(self, model: PlainPartnership, index: int) -> None:
        self.model, self.index = model, index
        self.is_under_way = False
        self.generation = -1  # before the programme begins
        self.freed = self.decision = self.pace = self.held_up = self.full_pace = 0.0
        self.recent_pace = fixed.STARTING_PACE
        self.table: float | None = None  # chance whether the next decision is taken at the table
        self.yes: set[Organisation] = set()
        self.begin(0)
        self.work = self.size * model.random.random()

    # What is worked on

    def begin(self, month: int) -> bool:
        """Take up the next initiative, if its time has come."""
        model, s = self.model, self.model.settings
        number = self.index + s.programme_n_simultaneous * self.generation
        if 0 <= number < s.programme_initiatives_n:
            if month < s.programme_initiatives_start_month[number]:
                return False
            self.take_up_given(number)
        else:
            self.draw()
        self.generation += self.generation >= 0
        spread, gauss = fixed.DIFFICULTY_SPREAD, model.random.gauss
        self.difficulty = math.exp(spread * gauss(0.0, 1.0) - 0.5 * spread * spread)
        self.benefit = 1.0 + fixed.BENEFIT_SPREAD * gauss(0.0, 1.0)
        self.mix_size = math.hypot(*self.mix)
        self.joint_value = sum(map(mul, model.vision, self.mix)) / (self.mix_size * model.vision_size)
        self.work = self.age = self.planned_months = 0.0
        self.absent_months = 0
        self.is_under_way = True
        for organisation in model.organisations:
            organisation.tilt = 0.0
        return True

    def take_up_given(self, number: int) -> None:
        s = self.model.settings
        needed = s.programme_initiatives_members[number]
        self.members = [o for o in self.model.organisations if needed[o.index]]
        mix = s.programme_initiatives_domains[number]
        total = sum(mix)
        self.mix = mix if total > 0.0 else self.model.vision
        self.size = s.programme_initiatives_size[number]
        self.member_harm = s.programme_initiatives_harm[number]

    def draw(self) -> None:
        """Where the next one's benefit falls, whom it needs, how much work it is."""
        model, s = self.model, self.model.settings
        random, leaning = model.random.random, model.lean()
        focus = model.random.choices(range(s.n_domains), leaning)[0]
        self.mix = mix = [(1.0 - fixed.FOCUS) * weight for weight in leaning]
        mix[focus] += fixed.FOCUS
        self.members = nlargest(
            s.programme_members_per_initiative,
            model.members,
            key=lambda o: sum(map(mul, o.base_objectives, mix)) + random(),
        )
        luck = fixed.SIZE_SPREAD * model.random.uniform(-1.0, 1.0)
        self.size = s.programme_initiative_size * (1.0 + luck)
        self.member_harm = [0.0] * s.n

    @property
    def is_complete(self) -> bool:
        return self.work >= self.size * (1.0 - 1.0e-12)

    @property
    def present_members(self) -> list[Organisation]:
        return [member for member in self.members if member.is_present]

    def share_out(self) -> None:
        """Each member's part: its capacity over all that need it."""
        capacities = [member.capacity / len(member.lines) for member in self.members]
        self.full_pace = sum(capacities)
        whole = max(self.full_pace, LEAST)
        self.parts = {
            member: capacity / whole for member, capacity in zip(self.members, capacities, strict=True)
        }
        self.others = {
            member: [
                (part, member.links[other.index])
                for other, part in self.parts.items()
                if other is not member
            ]
            for member in self.members
        }
        self.worth: dict[Organisation, float] = {}  # to each member by itself

    # Decisions

    def decide(self) -> None:
        """Decisions are taken at the partnership's table, or when every board has agreed."""
        if self.freed >= fixed.ASKING_MONTHS * self.full_pace:
            return
        random = self.model.random.random
        agreeing = delegated = 0.0
        for member, part in self.parts.items():
            chance = member.board_consent(self) if member.is_present else 0.0
            agreeing += part * chance
            delegated += part * member.in_force[DELEGATED_AUTHORITY]
            if random() < chance:
                self.yes.add(member)
        if self.table is None:
            self.table = random()
        is_at_table = self.table < delegated
        is_agreed = random() < agreeing and is_at_table
        self.decision += max(float(is_agreed), self.model.crisis) * (1.0 - self.decision)
        all_agree = not is_at_table and self.yes.issuperset(self.members)
        if all_agree or self.decision >= 0.5:
            if is_agreed:
                self.resent()
            self.free()

    def resent(self) -> None:
        """Who was decided over has less goodwill for those who decided."""
        for member in self.present_members:
            if member not in self.yes:
                for _, link in self.others[member]:
                    if link.trustee.is_present:
                        link.lose_goodwill(self.model.settings.decision_resentment)

    def free(self) -> None:
        """A decision frees months of work, the more where there is trust."""
        trust = 0.0
        for member, part in self.parts.items():
            trust += part * part
            for other_part, link in self.others[member]:
                trust += part * other_part * sum(link.trust) / 3.0
        self.freed += fixed.DECISION_MONTHS * self.full_pace * (0.5 + trust)
        self.decision, self.table = 0.0, None
        self.yes.clear()

    # Work

    def possible_pace(self) -> float:
        """Pace of the members, were it as hard as thought: the CES mean of what they give, less
        what hand-offs and moving teams lose."""
        exponent = self.model.exponent
        terms = moving = lost = 0.0
        for member, part in self.parts.items():
            hands = member.hands * (1.0 - member.meeting_share)
            terms += part * max(hands, LEAST) ** exponent
            moving += part * member.transition
            teams = member.in_force[PARTNERSHIP_MANAGED_TEAMS]
            for other_part, link in self.others[member]:
                separate = 1.0 - min(teams, link.trustee.in_force[PARTNERSHIP_MANAGED_TEAMS])
                lost += part * other_part * separate * (1.0 - link.trust[FRONT_LINE])
        pace = terms ** (1.0 / exponent)
        return pace * (1.0 - fixed.HANDOFF_WORK * lost) * (1.0 - fixed.TRANSITION_WORK * moving)

    def do_work(self) -> None:
        """Members work on what is decided; it counts in the month in which it is done."""
        model, s = self.model, self.model.settings
        self.pace = self.held_up = 0.0
        if not self.is_under_way or self.full_pace <= LEAST:
            return
        if self.age == 0.0:
            self.planned_months = (self.size - self.work) / (model.planned_pace * self.full_pace)
        self.age += 1.0
        possible = self.full_pace * self.possible_pace()
        spent = min(possible, self.freed)
        self.freed -= spent
        self.held_up = 1.0 - spent / max(possible, LEAST)
        diminished = 1.0 + s.programme_diminishing * model.work_delivered / s.vision_size
        done = spent / (self.difficulty * diminished)
        self.pace = done / self.full_pace
        self.work += done
        if model.month >= 0:
            model.work_delivered += done
            for k, share in enumerate(self.mix):
                model.pending[k] += self.benefit * done * share
            for member in self.members:
                member.harm += self.member_harm[member.index] * done / self.size

    def replace_absent(self) -> None:
        """After three months another takes the place of a member that left, or none does."""
        if all([member.is_present for member in self.members]):
            self.absent_months = 0
            return
        self.absent_months += 1
        if self.absent_months <= fixed.REPLACEMENT_MONTHS:
            return
        for gone in [member for member in self.members if not member.is_present]:
            self.members.remove(gone)
            if others := [o for o in self.model.members if o not in self.members]:
                best = max(others, key=lambda o: sum(map(mul, o.base_objectives, self.mix)))
                self.members.append(best)
                self.yes.discard(best)

    def give_up(self) -> None:
        """It went far more slowly than is usual for a year, or has lost its members."""
        model = self.model
        if not self.is_under_way or self.is_complete:
            return
        self.replace_absent()
        partners = self.present_members
        is_hopeless = self.recent_pace < fixed.GIVEN_UP * model.usual_pace
        is_waiting = 0 < self.absent_months <= fixed.REPLACEMENT_MONTHS
        if not is_hopeless and (len(partners) >= 2 or is_waiting):
            return
        model.n_abandoned += 1
        self.is_under_way = False
        self.recent_pace = model.usual_pace
        left = 1.0 - fixed.GIVING_UP_LOSS * min(1.0, self.age / fixed.GIVING_UP_MONTHS)
        for member in partners:
            member.vision_commitment = [left * v for v in member.vision_commitment]
            for partner in partners:
                if partner is not member:
                    link = member.links[partner.index]
                    link.competence = [left * c for c in link.competence]
                    link.together = [0.0] * 3

    def go_on(self) -> None:
        """What is finished makes room for the next, which begins with what was done too much."""
        model, surplus = self.model, 0.0
        if self.is_under_way and self.is_complete:
            model.n_completed += 1
            model.months_of_completed += self.age
            model.planned_months_of_completed += self.planned_months
            surplus = max(self.work - self.size, 0.0)
            self.is_under_way = False
        if not self.is_under_way and len(model.members) >= 2 and self.begin(model.month + 1):
            self.work = surplus


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
        self.practised = list(self.stated)
        self.in_force = list(self.stated)
        self.held: set[int] = set()
        self.shock = fixed.SHOCK_SPREAD * UNIT_VARIANCE * model.random.uniform(-1.0, 1.0)
        self.links: dict[int, Link] = {}
        self.lines: list[Line] = []
        self.promise(fixed.STARTING_CONTRIBUTION)
        self.hands = fixed.STARTING_CONTRIBUTION
        self.deed = [0.5] * 3
        self.transition = self.meeting_share = self.tilt = self.going = self.got = self.put = 0.0
        self.own_benefit = self.own_cost = self.harm = self.price = 0.0
        self.be_left_alone()

    def promise(self, share: float) -> None:
        self.contribution, self.delivered = [share] * 3, [share] * 3

    def be_left_alone(self) -> None:
        """No coordinator has met it this month."""
        self.n_meetings, self.helped, self.unchased = 0, 0.0, 1.0

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
        self.ceiling = alike / (self.objectives_size * self.model.vision_size)

    def fund(self) -> None:
        self.capacity = self.base_capacity
        for event in self.model.cuts:
            if event.is_under_way(self.model.month) and event.concerns(self):
                self.capacity *= 1.0 - event.size

    def feel_pressure(self) -> None:
        model = self.model
        self.target_pressure = clip(
            self.base_pressure
            + fixed.DEADLINE * self.deadline
            - model.settings.pressure_relief * sum(map(mul, self.objectives, model.embedded))
            + fixed.TARGET_PRESSURE_OF_CUT * (1.0 - self.capacity / self.base_capacity)
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
        self.transition -= self.transition / fixed.TRANSITION_MONTHS
        self.transition = min(1.0, self.transition + max(moved, 0.0))

    # 2 events, turnover, withdrawal

    def lose_relationships(self, layer: int, share: float) -> None:
        """Trust in and from a layer, and its commitment, fall back as people change."""
        model, part = self.model, share * fixed.TURNOVER_LOSS
        for other, link in self.links.items():
            link.turn_over(layer, share)
            model.organisations[other].links[self.index].turn_over(layer, share)
        alone = model.settings.commitment_alone * self.ceiling
        self.vision_commitment[layer] += part * (alone - self.vision_commitment[layer])
        for coordinator in model.coordinators:
            coordinator.credibility[self.index] *= 1.0 - part / 3.0

    def pull_together(self, size: float) -> None:
        """In a common crisis: commitment rises, divisive ways of working shift and stay so."""
        part = fixed.CRISIS_COMMITMENT * size
        self.vision_commitment = [v + part * max(self.ceiling - v, 0.0) for v in self.vision_commitment]
        for lever in DIVISIVE:
            self.stated[lever] *= 1.0 - fixed.CRISIS_SHIFT * size
            self.practised[lever] *= 1.0 - fixed.CRISIS_SHIFT * size

    def change_leaders(self) -> None:
        random, rate = self.model.random.random, self.model.settings.turnover_rate
        for layer in LAYERS:
            if random() < rate and self.is_present:
                self.lose_relationships(layer, 1.0)

    def wants_to_leave(self) -> bool:
        """Who looks back on a year of putting in more than it got may, the less it is committed."""
        account = (self.got - self.put) / max(abs(self.got) + abs(self.put), LEAST)
        if account >= 0.0 or self.model.month <= 0:
            return False
        commitment = sum(self.vision_commitment) / 3.0
        return self.model.random.random() < fixed.LEAVING * (-account) ** 3 * (1.0 - commitment)

    def leave(self) -> None:
        self.is_present, self.hands = False, 0.0
        self.promise(0.0)

    # 3 coordinators meet people

    def spend_time(self, of_coordinators: float) -> None:
        """Staff days on meetings, away days, papers and contacts; their share of free time.

        The days that coordinators cost are given for a capacity of 1.
        """
        lever = self.in_force
        a_meeting = fixed.MEETING_DAYS + fixed.PRE_MEETING_DAYS * lever[SEPARATE_PRE_MEETINGS]
        away = lever[OWN_AWAY_DAYS] + lever[JOINT_AWAY_DAYS] + lever[POSITION_SHARING]
        days = fixed.MEETING_DAYS * self.n_meetings + self.base_capacity * (
            self.model.settings.relations_meeting_budget * a_meeting
            + fixed.DELEGATION * away / 12.0
            + fixed.DOCUMENT_DAYS * lever[CIRCULATED_VISION] / 12.0
            + fixed.LINK_DAYS * (lever[CROSS_LINKS] - 1.0)
            + of_coordinators
        )
        self.model.staff_days += days
        free = fixed.FREE_DAYS * self.capacity
        self.meeting_share = min(days, fixed.MOST_MEETING_SHARE * free) / max(free, LEAST)

    # 4 organisations meet

    def show(self) -> None:
        part = 1.0 - fixed.SELF_SERVING * self.in_force[OWN_NEEDS_FRAMING]
        self.displayed = [part * v for v in self.vision_commitment]

    # 5 decide contributions

    def decide(self, delay: float) -> None:
        """Contributions move towards a logistic of what is to be gained, less what it costs.

        Benefit is believed to be so many months off.
        """
        s, exponent = self.model.settings, self.model.exponent
        root, interdependence = 1.0 / exponent, self.interdependence
        self.price = fixed.COST_BASE + s.decision_cost_pressure * self.target_pressure
        for link in self.links.values():
            a, b, c = link.trust
            link.terms = (
                (a if a > LEAST else LEAST) ** exponent,
                (b if b > LEAST else LEAST) ** exponent,
                (c if c > LEAST else LEAST) ** exponent,
            )
        own_discount = math.exp(-delay / self.planning_horizon)
        joint_discount = math.exp(-delay / s.vision_planning_horizon)
        alone, exposure = (1.0 - interdependence) * s.decision_value_alone, s.decision_exposure
        gains = [0.0, 0.0, 0.0]
        for line in self.lines:
            alike = sum(map(mul, self.objectives, line.mix)) / (self.objectives_size * line.mix_size)
            line.worth[self] = worth = self.incentive_share * alike - line.member_harm[self.index]
            own, joint = worth * own_discount, line.joint_value * joint_discount
            board = management = front_line = parts = line.parts[self]  # oneself one trusts fully
            if parts == 0.0:
                continue
            for part, link in line.others[self]:
                a, b, c = link.terms
                board += part * a
                management += part * b
                front_line += part * c
                parts += part
            for layer, terms in enumerate((board, management, front_line)):
                stake = own + self.vision_commitment[layer] * (joint - own)
                reliance = (terms / parts) ** root
                relied_on = stake * reliance - exposure * (1.0 - reliance)
                gains[layer] += interdependence * relied_on - alone
        load = max(len(self.lines), 1)
        for layer, gain in enumerate(gains):
            aim = 1.0 / (1.0 + math.exp(-s.decision_sharpness * (gain / load - self.price)))
            self.contribution[layer] += fixed.ADJUSTMENT * (aim - self.contribution[layer])

    # 6 work and keep promises

    def deliver(self) -> None:
        """Each layer keeps its promise or, under pressure and between separate teams, not."""
        lever, random = self.in_force, self.model.random.random
        chance = (
            fixed.RELIABILITY
            - fixed.PRESSURE_PROMISES * self.target_pressure
            - fixed.HANDOFF_PROMISES * (1.0 - lever[PARTNERSHIP_MANAGED_TEAMS])
            + fixed.AWAY_DAY_PROMISES * min(1.0, lever[OWN_AWAY_DAYS] / 12.0)
        )
        self.delivered = [x if random() < chance else fixed.SHORTFALL * x for x in self.contribution]
        self.hands = fixed.FRONT_LINE_WORK * self.delivered[FRONT_LINE]
        self.hands += fixed.MANAGEMENT_WORK * self.delivered[MANAGEMENT]

    def board_consent(self, line: Line) -> float:
        """Chance that its board agrees this month."""
        trust = parts = line.parts[self]
        for part, link in line.others[self]:
            trust += part * link.trust[BOARD]
            parts += part
        committed = 0.5 + 0.5 * self.vision_commitment[BOARD]
        held_back = fixed.ACCOUNTABILITY_CONSENT * self.accountability
        missing = 1.0 - committed * (0.5 + 0.5 * trust / max(parts, LEAST)) * (1.0 - held_back)
        missing *= 1.0 - self.model.settings.decision_mandate * self.in_force[SEPARATE_PRE_MEETINGS]
        missing *= 1.0 - fixed.FRAMEWORK * self.in_force[BINDING_AGREEMENT]
        return 1.0 - missing * self.unchased

    def settle_account(self) -> None:
        """What joint work brought it and what it put in, over a year."""
        s, given, load = self.model.settings, self.hands, max(len(self.lines), 1)
        got = shortfall = 0.0
        for line in self.lines:
            others = parts = 0.0
            for part, link in line.others[self]:
                others += part * link.trustee.hands
                parts += part
            shortfall += max(given - others / max(parts, LEAST), 0.0) / load
            got += line.worth[self] * line.pace / load
        share, interdependence = self.meeting_share, self.interdependence
        put = (
            self.price * (share + (1.0 - share) * given)
            + (1.0 - interdependence) * s.decision_value_alone * given
            + interdependence * s.decision_exposure * shortfall
        )
        self.got += (interdependence * got - self.got) / fixed.ACCOUNT_MONTHS
        self.put += (put - self.put) / fixed.ACCOUNT_MONTHS

    # 7 embed

    def reap(self) -> None:
        """Own benefit and own cost of a month."""
        share, given = self.meeting_share, sum(self.delivered) / 3.0
        self.own_benefit += self.incentive_share * sum(map(mul, self.objectives, self.model.embedded))
        self.own_cost += self.price * (share + (1.0 - share) * given) + self.harm

    # 8 within the organisation

    def commit(self, capacity: float) -> None:
        """Pulled down by pressure, up by identification and joint days, together by colleagues."""
        s, lever = self.model.settings, self.in_force
        board = management = front_line = self.base_capacity
        for link in self.links.values():
            if link.trustee.is_present:
                weight, (a, b, c) = link.trustee.base_capacity, link.trust
                board += weight * a * a
                management += weight * b * b
                front_line += weight * c * c
        ceiling, mean = self.ceiling, sum(self.vision_commitment) / 3.0
        pull = s.commitment_pull * (0.5 + self.target_pressure) * (0.5 + self.accountability)
        own_days = lever[OWN_AWAY_DAYS] / 12.0
        joint_days, papers = lever[JOINT_AWAY_DAYS] / 12.0, lever[CIRCULATED_VISION] / 12.0
        told = fixed.JOINT_DAY_COMMITMENT * joint_days + fixed.WRITTEN_COMMITMENT * papers
        told += fixed.RESULTS * self.going
        turned_in = fixed.AWAY_DAY_COMMITMENT * own_days
        follow = min(1.0, fixed.COLLEAGUES * (1.0 + fixed.AWAY_DAY_BINDING * own_days))
        for layer, squares in enumerate((board, management, front_line)):
            v = self.vision_commitment[layer]
            identity = s.commitment_identification * squares / capacity
            self.vision_commitment[layer] = clip(
                v
                - pull * (v - s.commitment_alone * ceiling)
                + min(1.0, identity + told) * max(ceiling - v, 0.0)
                - turned_in * v
                + follow * (mean - v)
            )

    def practise(self) -> None:
        """Practice follows commitment slowly."""
        left = 1.0 - fixed.ADOPTION * sum(self.vision_commitment) / 3.0
        for lever in DIVISIVE:
            if lever not in self.held:
                self.practised[lever] += fixed.ADOPTION_RATE * (
                    self.stated[lever] * left - self.practised[lever]
                )


class Meeting:
    """Of a coordinator with one layer of one organisation, in one month."""

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
        self.from_month, self.to_month = s.coordinators_from_month[index], s.coordinators_to_month[index]
        self.cost = s.coordinators_cost[index]
        self.for_commitment = s.coordinators_for_commitment[index]
        self.for_tie = s.coordinators_for_tie[index]
        self.for_time = s.coordinators_for_time[index]
        self.temperature = s.coordinators_temperature[index]
        self.is_at_work = False
        self.credibility = [0.0] * s.n
        self.last_met: dict[tuple[Organisation, int], int] = {}
        self.seen: dict[tuple[Organisation, int], float] = {}
        self.meetings: list[Meeting] = []

    def come_and_go(self) -> None:
        is_due = self.from_month <= self.model.month < self.to_month
        if is_due and not self.is_at_work:
            self.credibility = [
                self.skill
                * (fixed.HOME_CREDIBILITY if o.index == self.host else fixed.STARTING_CREDIBILITY)
                for o in self.model.organisations
            ]
            self.last_met.clear()
            self.seen.clear()
        self.is_at_work = is_due

    def need_for_meeting(self, organisation: Organisation, layer: int) -> float:
        """How much a layer calls for attention: low commitment, weakest tie, long unseen."""
        weakest = min(
            [link.trust[layer] for link in organisation.links.values() if link.trustee.is_present],
            default=1.0,
        )
        unseen = 1.0
        if (last := self.last_met.get((organisation, layer))) is not None:
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
                organisation.n_meetings += times

    def hold_meetings(self) -> None:
        """In whose interest each is held, how that looks, and what weight it has."""
        random = self.model.random.random
        for meeting in self.meetings:
            organisation, is_impartial, is_seen_so = meeting.organisation, True, True
            if self.host >= 0 and organisation.index != self.host:
                is_impartial = random() < self.impartiality
                goodwill = organisation.links[self.host].goodwill[meeting.layer]
                is_seen_so = random() < 1.0 - fixed.SUSPICION * (1.0 - goodwill)
            credibility = self.credibility[organisation.index] if is_impartial else 0.0
            meeting.weight = 1.0 - (1.0 - credibility) ** meeting.times
            meeting.held_for_host = 0 if is_impartial else meeting.times
            meeting.seen_impartial = meeting.times if is_impartial and is_seen_so else 0
            if meeting.layer == BOARD:
                organisation.unchased *= 1.0 - fixed.CHASING * meeting.weight

    def articulate(self) -> None:
        for meeting in self.meetings:
            organisation, layer = meeting.organisation, meeting.layer
            room = organisation.ceiling - organisation.vision_commitment[layer]
            organisation.vision_commitment[layer] += fixed.ARTICULATION * meeting.weight * max(room, 0.0)

    def bridge(self) -> None:
        """Goodwill moves to what the coordinator itself last saw of the trustee."""
        for meeting in self.meetings:
            part, layer = fixed.BRIDGING * meeting.weight, meeting.layer
            if part == 0.0:
                continue
            for link in meeting.organisation.links.values():
                seen = self.seen.get((link.trustee, layer))
                if seen is not None and link.trustee.is_present:
                    link.goodwill[layer] += part * (seen - link.goodwill[layer])

    def serve_host(self) -> None:
        """Meetings held for the host tilt what comes next, and cost it goodwill."""
        for meeting in self.meetings:
            if meeting.held_for_host:
                self.model.organisations[self.host].tilt += fixed.TILT * meeting.held_for_host
                loss = min(1.0, fixed.HOST_GOODWILL_LOSS * meeting.held_for_host)
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
        worth = self.skill * (1.0 - fixed.CREDIBILITY_OF_DELIVERY * (1.0 - delivery))
        deeds = self.model.settings.trust_deeds
        for meeting in self.meetings:
            organisation, layer = meeting.organisation, meeting.layer
            credibility = self.credibility[organisation.index]
            gain = min(1.0, fixed.CREDIBILITY_RATE * meeting.seen_impartial)
            credibility += gain * (worth - credibility)
            credibility *= 1.0 - min(1.0, fixed.CREDIBILITY_LOSS * meeting.held_for_host)
            self.credibility[organisation.index] = credibility
            self.last_met[organisation, layer] = self.model.month
            commitment = organisation.vision_commitment[layer]
            self.seen[organisation, layer] = (1.0 - deeds) * commitment + deeds * organisation.deed[layer]


def run_once(settings: SimpleNamespace, seed: int) -> list[dict[str, float]]:
    """One run: what was observed at the start and after each month."""
    model = PlainPartnership(settings, rng=seed)
    history = model.run()
    vars(model).clear()  # some versions of Mesa keep every model that there ever was
    return history


class PlainPartnership(mesa.Model):
    """A partnership of organisations with nobody in charge."""

    def __init__(self, settings: SimpleNamespace, rng: int | None = None) -> None:
        super().__init__(rng=rng)
        s = self.settings = settings
        self.month = -fixed.REST_MONTHS
        self.has_collapsed = False
        self.exponent = -1.0e-3 if abs(s.programme_complementarity) < 1.0e-3 else s.programme_complementarity
        self.landings = [e for e in s.events if e.kind == fixed.NATIONAL_TARGET_LANDS]
        self.cuts = [e for e in s.events if e.kind == fixed.FUNDING_CUT]
        self.crises = [e for e in s.events if e.kind == fixed.COMMON_CRISIS]
        self.pending = [0.0] * s.n_domains
        self.embedded = [0.0] * s.n_domains
        self.usual_pace, self.usual_share = fixed.STARTING_PACE, fixed.STARTING_CONTRIBUTION
        self.work_delivered = self.crisis = 0.0
        spread = fixed.NATIONAL_SHOCK_SPREAD * UNIT_VARIANCE
        self.national_shock = spread * self.random.uniform(-1.0, 1.0)
        self.organisations = [Organisation(self, index) for index in range(s.n)]
        self.coordinators = [Coordinator(self, index) for index in range(s.coordinators_n_appointed)]
        self.vision = s.vision_weights
        if not any(self.vision):
            self.vision = [sum(column) / s.n for column in zip(*s.organisations_objectives, strict=True)]
        self.vision_size = math.hypot(*self.vision)
        self.relations = [Relation(one, other) for one, other in combinations(self.organisations, 2)]
        self.links = [link for relation in self.relations for link in relation.links]
        self.count_members()
        self.set_out()
        for _ in range(fixed.REST_MONTHS):
            self.pass_month()
        self.begin_counting()
        self.history = [self.observe()]

    def set_out(self) -> None:
        """Near where the place will come to rest, months before it is looked at."""
        stated = self.settings.starting_trust
        at_rest = fixed.STARTING_COMPETENCE, fixed.STARTING_GOODWILL
        self.start_trust(*((stated, stated) if stated >= 0.0 else at_rest))
        self.count_from_here()
        self.fund()
        for organisation in self.organisations:
            organisation.near_deadlines()
            organisation.vision_commitment = [fixed.STARTING_COMMITMENT * organisation.ceiling] * 3
        for relation in self.relations:
            relation.agree()
        self.assess_trust()
        self.lines = [Line(self, index) for index in range(self.settings.programme_n_simultaneous)]

    def begin_counting(self) -> None:
        """What is stated of the beginning replaces what has come about."""
        s = self.settings
        self.count_from_here()
        if s.starting_trust >= 0.0:
            self.start_trust(s.starting_trust, s.starting_trust)
            self.assess_trust()
        if s.starting_contribution >= 0.0:
            for organisation in self.members:
                organisation.promise(s.starting_contribution)
        for line in self.lines:
            line.generation, line.table = 0, None
            if line.index < s.programme_initiatives_n:
                line.is_under_way = False
                line.begin(0)

    def start_trust(self, competence: float, goodwill: float) -> None:
        for link in self.links:
            link.start(competence, goodwill)

    def count_from_here(self) -> None:
        self.staff_days = self.months_of_completed = self.planned_months_of_completed = 0.0
        self.n_completed = self.n_abandoned = 0

    def count_members(self) -> None:
        """Who is there, and the relations and links among them."""
        self.members = [o for o in self.organisations if o.is_present]
        self.active_relations = [r for r in self.relations if r.first.is_present and r.second.is_present]
        self.active_links = [link for r in self.active_relations for link in r.links]
        self.members_capacity = sum([o.base_capacity for o in self.members])

    @property
    def planned_pace(self) -> float:
        """Pace that plans take for granted: half hope, say, half experience."""
        hope = self.settings.trust_hope
        return max(hope * fixed.HOPED_PACE + (1.0 - hope) * self.usual_pace, LEAST)

    def run(self) -> list[dict[str, float]]:
        """All months; what was observed at the start and after each of them."""
        for _ in range(self.settings.months):
            self.step()
        return self.history

    def step(self) -> None:
        """One month, and a look at what has come of it."""
        self.pass_month()
        self.history.append(self.observe())

    def pass_month(self) -> None:
        # 1 environment
        self.shake()
        self.fund()
        for organisation in self.organisations:
            organisation.near_deadlines()
            organisation.feel_pressure()
            organisation.set_levers()
        for relation in self.relations:
            relation.agree()
        if self.has_collapsed:
            self.embed()
        else:
            self.live()
        self.month += 1

    def live(self) -> None:
        """A month of a partnership that still is one."""
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
        cost = sum([c.cost for c in self.coordinators if c.is_at_work]) / self.members_capacity
        for organisation in self.members:
            organisation.spend_time(cost)
        # 4 organisations meet
        for relation in self.relations:
            relation.differ()
            relation.guard()
        self.make_contact()
        for organisation in self.organisations:
            organisation.show()
        if self.settings.trust_theory == fixed.DEEDS:
            self.learn_about_others()
        self.miss_agreements()
        if self.settings.trust_theory == fixed.DEEDS:
            self.spend_joint_days()
        self.raise_issues()
        # 5 decide contributions
        self.assess_trust()
        self.share_out_work()
        delay = fixed.DECISION_MONTHS / self.planned_pace + self.settings.place_embedding_months
        for organisation in self.members:
            organisation.decide(min(delay, fixed.LONGEST_VIEW))
        # 6 work and keep promises
        for organisation in self.members:
            organisation.deliver()
        self.see_what_is_given()
        for line in self.lines:
            if line.is_under_way:
                line.decide()
        for line in self.lines:
            line.do_work()
        self.compare_with_plans()
        if self.settings.trust_theory == fixed.DEEDS:
            self.judge_partners()
        else:
            self.follow_theory()
        for organisation in self.members:
            organisation.settle_account()
        # 7 embed, and begin anew
        self.embed()
        for line in self.lines:
            line.give_up()
        for line in self.lines:
            line.go_on()
        # 8 within the organisation
        for organisation in self.members:
            organisation.commit(self.members_capacity)
        self.forget()
        for organisation in self.organisations:
            organisation.practise()
        self.assess_trust()

    # 1 environment

    def shake(self) -> None:
        uniform, persistence = self.random.uniform, fixed.SHOCK_PERSISTENCE
        fresh = math.sqrt(1.0 - persistence * persistence) * UNIT_VARIANCE
        self.national_shock *= persistence
        self.national_shock += fixed.NATIONAL_SHOCK_SPREAD * fresh * uniform(-1.0, 1.0)
        for organisation in self.organisations:
            organisation.shock *= persistence
            organisation.shock += fixed.SHOCK_SPREAD * fresh * uniform(-1.0, 1.0)

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
                if event.kind == fixed.LEADER_LEAVES:
                    organisation.lose_relationships(event.layer, event.size)
                elif event.kind == fixed.REORGANISATION:
                    for layer in LAYERS:
                        organisation.lose_relationships(layer, event.size)
                elif event.kind == fixed.COMMON_CRISIS:
                    organisation.pull_together(event.size)
                elif event.kind == fixed.ORGANISATION_WITHDRAWS:
                    organisation.leave()
            self.count_members()

    def withdraw(self) -> None:
        """With too few members left, or too little of what they began with, all is over."""
        if leaving := [o for o in self.members if o.wants_to_leave()]:
            for organisation in leaving:
                organisation.leave()
            self.count_members()
        founding = sum([o.base_capacity for o in self.organisations])
        is_too_little = self.members_capacity < fixed.COLLAPSE_SHARE * founding
        if is_too_little or len(self.members) < fixed.LEAST_MEMBERS:
            self.has_collapsed = True
            self.stop()

    def stop(self) -> None:
        """After a collapse nobody promises, gives, meets or coordinates."""
        for organisation in self.organisations:
            organisation.meeting_share = 0.0
            organisation.promise(0.0)
        for line in self.lines:
            line.is_under_way = False
        for coordinator in self.coordinators:
            coordinator.is_at_work = False

    # 3 coordinators meet people

    def coordinate(self) -> None:
        coordinators = self.coordinators
        for organisation in self.organisations:
            organisation.be_left_alone()
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
        delivery = sum([o.going for o in self.members]) / len(self.members)
        for coordinator in coordinators:
            coordinator.serve_host()
            coordinator.bring_together()
            coordinator.be_judged(delivery)

    # 4 organisations meet

    def make_contact(self) -> None:
        """Contact follows occasions to meet, and tension keeps people apart."""
        s = self.settings
        usual = s.relations_meeting_budget / max(len(self.members) - 1.0, 1.0)
        usual += fixed.CRISIS_CONTACT * self.crisis
        of_joint_day = fixed.JOINT_DAY_CONTACT / 12.0
        of_initiative = fixed.SHARED_WORK_CONTACT / s.programme_n_simultaneous
        for relation in self.relations:
            one, other = relation.first, relation.second
            occasions = 0.0
            if one.is_present and other.is_present:
                occasions = min(
                    1.0,
                    usual
                    + of_joint_day * min(one.in_force[JOINT_AWAY_DAYS], other.in_force[JOINT_AWAY_DAYS])
                    + of_initiative * relation.joint
                    + fixed.CONVENED_CONTACT * relation.convened,
                )
            met = occasions * (1.0 - relation.tension)
            relation.contact += fixed.CONTACT_RATE * (met - relation.contact)

    def learn_about_others(self) -> None:
        """Goodwill follows what is shown in meetings and what was really delivered.

        `take_in` is written out twice: its calls had been a sixth of the time of a run.
        """
        s, random = self.settings, self.random.random
        deeds, asymmetry = s.trust_deeds, 4.0 * (s.trust_news_asymmetry - 1.0)
        noise, twice_noise = fixed.READING_NOISE, 2.0 * fixed.READING_NOISE
        for link in self.active_links:
            trustee, relation, goodwill, clear = link.trustee, link.relation, link.goodwill, link.clear
            good_news = 1.0 - fixed.CROWDING * relation.agreement
            rate_of_talk = s.trust_rate * relation.contact * (1.0 - deeds)
            rate_of_deeds = s.trust_rate * relation.contact * deeds
            clear_talk, displayed, deed = clear * link.shown, trustee.displayed, trustee.deed
            for layer in LAYERS:
                g = goodwill[layer]
                seen = clear_talk * displayed[layer] - noise + twice_noise * random()
                seen = 0.0 if seen < 0.0 else 1.0 if seen > 1.0 else seen
                change = rate_of_talk * (seen - g)
                if change < 0.0:
                    g += change * (1.0 + asymmetry * g * (1.0 - g))
                    g = g if g > 0.0 else 0.0
                else:
                    g += change * good_news
                change = rate_of_deeds * (clear * deed[layer] - g)
                if change < 0.0:
                    g += change * (1.0 + asymmetry * g * (1.0 - g))
                    g = g if g > 0.0 else 0.0
                else:
                    g += change * good_news
                goodwill[layer] = g

    def take_in(self, trust: float, seen: float, rate: float, agreement: float) -> float:
        """Trust after news; bad news weighs more where there is no settled view."""
        change = rate * (seen - trust)
        if change < 0.0:
            asymmetry = self.settings.trust_news_asymmetry - 1.0
            change *= 1.0 + asymmetry * 4.0 * trust * (1.0 - trust)
        else:
            change *= 1.0 - fixed.CROWDING * agreement
        return clip(trust + change)

    def miss_agreements(self) -> None:
        """Good conduct had been put down to the rule that is withdrawn."""
        for relation in self.relations:
            if relation.withdrawn:
                relation.lose_goodwill(fixed.AGREEMENT_LOSS * relation.withdrawn)

    def spend_joint_days(self) -> None:
        """On joint away days people see each other as they are."""
        deeds = self.settings.trust_deeds
        if not any([o.in_force[JOINT_AWAY_DAYS] for o in self.members]):
            return
        for link in self.active_links:
            trustee, agreement = link.trustee, link.relation.agreement
            days = min(link.trustor.in_force[JOINT_AWAY_DAYS], trustee.in_force[JOINT_AWAY_DAYS])
            if days == 0.0:
                continue
            rate = min(1.0, fixed.JOINT_DAY_RATE * days / 12.0)
            for layer in LAYERS:
                seen = (1.0 - deeds) * trustee.vision_commitment[layer] + deeds * trustee.deed[layer]
                link.goodwill[layer] = self.take_in(link.goodwill[layer], seen, rate, agreement)

    def raise_issues(self) -> None:
        """Issues arise from conflict; raised, they are worked through or flare up; else they may
        break out."""
        s, random = self.settings, self.random.random
        rupture_loss = min(1.0, fixed.RUPTURE_LOSS * s.relations_flare_loss)
        for relation in self.active_relations:
            one, other = relation.first, relation.second
            tension = relation.tension
            avoided = 0.5 * (one.in_force[ISSUE_AVOIDANCE] + other.in_force[ISSUE_AVOIDANCE])
            tension += s.relations_issue_rate * relation.conflict * (1.0 - tension)
            if random() < fixed.SURFACING * tension * (1.0 - avoided):
                there, back = relation.links
                goodwill = (sum(there.goodwill) + sum(back.goodwill)) / 6.0
                worked = fixed.WORKED_THROUGH_LEAST + fixed.WORKED_THROUGH_GOODWILL * goodwill
                helped = 0.5 * (one.helped + other.helped)
                worked += (1.0 - worked) * fixed.COORDINATED_RESOLUTION * helped
                if random() < worked:
                    tension *= 1.0 - fixed.RESOLVED
                else:
                    tension *= 1.0 - fixed.VENTED
                    relation.lose_goodwill(s.relations_flare_loss)
            if random() < fixed.RUPTURE * tension * tension:
                tension *= 1.0 - fixed.RUPTURE_VENTED
                relation.lose_goodwill(rupture_loss)
                for link in relation.links:
                    link.together = [0.0] * 3
            relation.tension = tension

    def assess_trust(self) -> None:
        """Trust as it is acted on: both kinds together, and what an agreement covers."""
        sqrt = math.sqrt
        for link in self.links:
            (a, b, c), (d, e, f) = link.competence, link.goodwill
            link.trust = (sqrt(a * d), sqrt(b * e), sqrt(c * f))
            if agreement := link.relation.agreement:
                uncovered = 1.0 - fixed.COVERED_BY_AGREEMENT * agreement
                link.trust = tuple([1.0 - (1.0 - trust) * uncovered for trust in link.trust])

    # 5 decide contributions

    def share_out_work(self) -> None:
        under_way = [line for line in self.lines if line.is_under_way]
        for organisation in self.organisations:
            organisation.lines = [line for line in under_way if organisation in line.members]
        for line in under_way:
            line.share_out()

    # 6 work and keep promises

    def see_what_is_given(self) -> None:
        """What a layer gives is seen against what is expected, which follows what is usual."""
        hope = self.settings.trust_hope
        expected = max(hope * fixed.HOPED_SHARE + (1.0 - hope) * self.usual_share, LEAST)
        given = 0.0
        for organisation in self.organisations:
            organisation.deed = [min(1.0, x / expected) for x in organisation.delivered]
            given += organisation.base_capacity * sum(organisation.delivered) / 3.0
        given /= max(self.members_capacity, LEAST)
        self.usual_share += (given - self.usual_share) / fixed.USUAL_MONTHS

    def compare_with_plans(self) -> None:
        """How joint work goes against plan over the year, for each member and each pair."""
        plan = self.planned_pace
        for organisation in self.organisations:
            organisation.going = 0.0
        for relation in self.relations:
            relation.joint = relation.joint_going = 0.0
        under_way = [line for line in self.lines if line.is_under_way]
        for line in under_way:
            line.recent_pace += (line.pace - line.recent_pace) / fixed.RECENT_MONTHS
            going = min(1.0, line.recent_pace / plan)
            for member in line.members:
                member.going += going / len(member.lines)
            for one, other in combinations(line.members, 2):
                relation = one.links[other.index].relation
                relation.joint += 1.0
                relation.joint_going += going
        for relation in self.relations:
            relation.joint_going /= max(relation.joint, 1.0)
        if under_way:
            pace = sum([line.pace for line in under_way]) / len(under_way)
            self.usual_pace += (pace - self.usual_pace) / fixed.PLAN_MONTHS

    def judge_partners(self) -> None:
        """Competence trust learns how joint work goes, and the partner's part as far as it is seen."""
        rate, asymmetry = self.settings.trust_rate, 4.0 * (self.settings.trust_news_asymmetry - 1.0)
        for link in self.active_links:
            relation, competence, deed = link.relation, link.competence, link.trustee.deed
            if not relation.joint:
                continue
            contact = relation.contact
            of_deed, going = 0.5 * contact, (1.0 - 0.5 * contact) * relation.joint_going
            for layer in LAYERS:
                c = competence[layer]
                change = rate * contact * (going + of_deed * deed[layer] - c)
                if change < 0.0:
                    change *= 1.0 + asymmetry * c * (1.0 - c)
                competence[layer] = max(c + change, 0.0)

    def follow_theory(self) -> None:
        """Trust, both kinds as one, follows a theory of others."""
        follow = self.trust_in_two_layers
        if self.settings.trust_theory == fixed.LOYALTY:
            follow = self.trust_loyally
        for link in self.active_links:
            link.competence = [follow(link, layer) for layer in LAYERS]
            link.goodwill = list(link.competence)

    def trust_in_two_layers(self, link: Link, layer: int) -> float:
        """Trust builds slowly under a ceiling that damaged reputation sets, and erodes fast."""
        surprise = link.relation.contact * (link.trustee.delivered[layer] - self.usual_share)
        signal, damage = math.tanh(fixed.SENSITIVITY * surprise), link.damage[layer]
        trust = math.sqrt(link.competence[layer] * link.goodwill[layer])
        if signal > 0.0:
            trust += fixed.BUILDING * signal * max(1.0 - damage - trust, 0.0) / fixed.PERIOD_MONTHS
            damage -= fixed.FORGIVING * damage / fixed.PERIOD_MONTHS
        else:
            amplified = 1.0 + fixed.AMPLIFIED * link.trustor.interdependence
            trust += fixed.EROSION * signal * trust * amplified / fixed.PERIOD_MONTHS
            damage -= fixed.DAMAGE * signal * (1.0 - damage) / fixed.PERIOD_MONTHS
        link.damage[layer] = damage
        return clip(trust)

    def trust_loyally(self, link: Link, layer: int) -> float:
        """Trust rises with time together, ever more slowly."""
        link.together[layer] += link.relation.joint > 0.0
        periods, strangers = link.together[layer] / fixed.PERIOD_MONTHS, self.settings.trust_disposition
        gone = 1.0 - 1.0 / (1.0 + fixed.LOYALTY_FACTOR * max(periods - 1.0, 0.0))
        return strangers + (1.0 - strangers) * gone

    # 7 embed, and begin anew

    def embed(self) -> None:
        """Finished work turns into benefit with a lag and erodes slowly."""
        s = self.settings
        for k, weight in enumerate(self.vision):
            flow = self.pending[k] / s.place_embedding_months
            self.pending[k] -= flow
            kept = self.embedded[k] * (1.0 - s.place_erosion_rate)
            self.embedded[k] = clip(kept + flow / max(weight * s.vision_size, LEAST), -1.0, 1.0)
        for organisation in self.members:
            organisation.reap()

    def lean(self) -> list[float]:
        """The vision, tilted to the domains of hosts whom meetings have served."""
        tilt = sum([o.tilt for o in self.organisations])
        if tilt == 0.0:
            return self.vision
        tilted = min(fixed.MOST_TILT, tilt)
        return [
            weight
            + tilted * (sum([o.tilt / tilt * o.base_objectives[k] for o in self.organisations]) - weight)
            for k, weight in enumerate(self.vision)
        ]

    # 8 within the organisation

    def forget(self) -> None:
        """Without contact trust returns to what strangers give."""
        for link in self.links:
            forgotten = fixed.DECAY * (1.0 - link.relation.contact)
            left, strangers = 1.0 - forgotten, forgotten * self.settings.trust_disposition
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
            talk += link.shown * sum(link.trustee.displayed)
        n_relations = max(len(self.active_relations), 1)
        contact = sum([r.contact for r in self.active_relations]) / n_relations
        goodwill /= n_layer_links
        avoided = sum([o.in_force[ISSUE_AVOIDANCE] for o in members]) / n_members
        perceived = clip(
            fixed.PERCEIVED_CONTACT * contact
            + fixed.PERCEIVED_TALK * talk / n_layer_links
            + fixed.PERCEIVED_GOODWILL * goodwill
            + fixed.AVOIDANCE_BONUS * avoided
            + fixed.SURVEY_NOISE * self.random.uniform(-1.0, 1.0)
        )
        realised = sum(map(mul, self.vision, self.embedded))
        alone = 100.0 * math.exp(s.place_log_growth * self.month / 12.0)
        under_way = [line for line in self.lines if line.is_under_way]
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
            "initiatives_under_way": len(under_way),
            "months_of_completed": self.months_of_completed,
            "planned_months_of_completed": self.planned_months_of_completed,
            "waiting": sum([line.held_up for line in under_way]) / max(len(under_way), 1),
            "n_coordinators": sum([c.is_at_work for c in self.coordinators]),
        }
