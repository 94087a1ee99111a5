"""The model of `partnersim.model` as a competent Mesa user would write it: agents, lists, loops.

It is here to be compared with: `run.py` times it, `equivalence.py` shows that it gives the same
results. The processes have the order that they have in the core; the fixed factors and the
parameters are the core's own. Agents hold plain Python numbers, because NumPy loses on arrays of
three or six. It has been profiled, and what such a user would take out has been taken out: values
that hold for a month are worked out once a month, and small functions are written out where their
calls had cost most.

Left out: organisations that are drawn or that join later, a lead organisation, coordinators who
emerge, the conditional rule of decision (and with it beliefs about the others, which serve nothing
else), mechanisms switched off, and runs without luck. A scenario that asks for one of them is
refused. Chance is `model.random`, drawn when it is needed: the distributions are the core's, the
draws are not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from heapq import nlargest
from itertools import combinations
from operator import mul
from types import SimpleNamespace as Row
from typing import Any

import mesa

from partnersim.model import constants as fixed
from partnersim.model.constants import BOARD, FRONT_LINE, MANAGEMENT
from partnersim.model.levers import (
    BINDING_AGREEMENT,
    CIRCULATED_VISION,
    CONTRIBUTION,
    CROSS_LINKS,
    DELEGATED_AUTHORITY,
    ISSUE_AVOIDANCE,
    JOINT_AWAY_DAYS,
    OWN_AWAY_DAYS,
    OWN_NEEDS_FRAMING,
    PARTNERSHIP_MANAGED_TEAMS,
    POSITION_SHARING,
    PROMISES_UNDER_PRESSURE,
    SEPARATE_PRE_MEETINGS,
)
from partnersim.model.record import parts_of
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.translate import to_parameters

LAYERS = BOARD, MANAGEMENT, FRONT_LINE
DIVISIVE = OWN_AWAY_DAYS, SEPARATE_PRE_MEETINGS, OWN_NEEDS_FRAMING, ISSUE_AVOIDANCE
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


class Event(Row):
    """A row of the scenario's events; its organisation is -1 for all."""

    def is_under_way(self, month: int) -> bool:
        return self.month <= month < self.month + self.months

    def concerns(self, organisation: Organisation) -> bool:
        return self.organisation in (-1, organisation.index)


def read_settings(scenario: Scenario) -> Row:
    """The core's parameters as plain Python numbers and lists, read once for all runs.

    Their names are their paths: `trust_disposition`. A table in a table would be slower to read.
    """
    parts = {path: value for path, (value,) in parts_of(to_parameters(scenario)).items()}
    counts = {path.removesuffix(".n"): int(value) for path, value in parts.items() if path.endswith(".n")}
    counts |= {"organisations": int(parts["n"]), "vision": int(parts["n_domains"])}
    s = Row()
    for path, value in parts.items():
        if value.ndim:
            value = value[: counts.get(path.rpartition(".")[0])]
        if path in LAST_AXIS:
            value = value[:, : parts[LAST_AXIS[path]]]
        setattr(s, path.replace(".", "_"), value.tolist())
    s.organisations = read_rows(
        Row,
        s,
        "organisations",
        "objectives planning_horizon accountability incentive_share interdependence "
        "capacity pressure ways_of_working cultural_distance",
    )
    s.targets = read_rows(
        Row, s, "organisations_targets", "organisation domain weight cycle_months phase_months"
    )
    s.initiatives = read_rows(Row, s, "programme_initiatives", "members domains size start_month harm")
    s.coordinators = read_rows(
        Row,
        s,
        "coordinators",
        "host impartiality skill meetings_per_month layers from_month to_month cost "
        "for_commitment for_tie for_time temperature",
    )
    s.interventions = read_rows(Row, s, "interventions", "lever organisations value from_month to_month")
    s.events = read_rows(Event, s, "events", "type month organisation layer domain size months")
    refuse_what_is_left_out(s)
    return s


def read_rows(kind: type, s: Row, table: str, fields: str) -> list:
    columns = {field: getattr(s, f"{table}_{field}") for field in fields.split()}
    return [kind(**dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)]


def refuse_what_is_left_out(s: Row) -> None:
    left_out = {
        "drawn organisations": s.drawn_is_given,
        "a lead organisation": s.lead_organisation >= 0,
        "coordinators who emerge": s.emergence_rate > 0.0,
        "the conditional rule": s.decision_is_conditional,
        "organisations that join": any(e.type == fixed.ORGANISATION_JOINS for e in s.events),
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


def mean(values: list[float]) -> float:
    return sum(values) / max(len(values), 1)


def dot(a: list[float], b: list[float]) -> float:
    return sum(map(mul, a, b))


def each(agents: Iterable[Any], *acts: Callable[[Any], None]) -> None:
    """One act after another, each of all agents in turn."""
    for act in acts:
        for agent in agents:
            act(agent)


class Relation:
    """What two organisations have in common, whoever looks at it."""

    def __init__(self, first: Organisation, second: Organisation) -> None:
        self.model, self.first, self.second = first.model, first, second
        ratio = math.log(first.planning_horizon / second.planning_horizon)
        self.horizons_apart = min(1.0, abs(ratio) / math.log(10.0))
        self.contact, self.tension = fixed.STARTING_CONTACT, fixed.STARTING_TENSION
        self.agreement = self.withdrawn = self.conflict = self.convened = 0.0
        self.joint = self.joint_going = 0.0  # initiatives that need both; their pace against plan
        common = self.model.random.uniform(-1.0, 1.0)
        self.links = Link(first, second, self, common), Link(second, first, self, common)

    def agree(self) -> None:
        """A binding agreement is as strong as for the less bound; what was withdrawn is news."""
        agreement = min(self.first.in_force[BINDING_AGREEMENT], self.second.in_force[BINDING_AGREEMENT])
        self.withdrawn = max(self.agreement - agreement, 0.0)
        self.agreement = agreement

    def compare(self) -> None:
        """How opposed the interests are; how far each misreads the other, and what is hidden."""
        a, b = self.first, self.second
        alike = dot(a.wants, b.wants) / (a.wants_size * b.wants_size)
        self.conflict = fixed.CONFLICT_OBJECTIVES * max(1.0 - alike, 0.0)
        self.conflict += fixed.CONFLICT_HORIZONS * self.horizons_apart
        opposed = fixed.GUARDED_ANYWAY + (1.0 - fixed.GUARDED_ANYWAY) * self.conflict
        days = 0.5 * (a.in_force[POSITION_SHARING] + b.in_force[POSITION_SHARING])
        unlearnt = fixed.POSITION_DAYS / (fixed.POSITION_DAYS + days)
        misread = fixed.MISREADING * a.cultural_distance[b.index] * unlearnt
        for link in self.links:
            lever = link.trustee.in_force
            link.clear = 1.0 - misread * (1.0 - fixed.UNDERSTOOD_NEEDS * lever[OWN_NEEDS_FRAMING])
            link.shown = 1.0 - fixed.GUARDED * lever[SEPARATE_PRE_MEETINGS] * opposed

    def meet(self) -> None:
        """Contact follows occasions to meet, and tension keeps people apart."""
        one, other, occasions = self.first, self.second, 0.0
        if one.is_present and other.is_present:
            joint_days = min(one.in_force[JOINT_AWAY_DAYS], other.in_force[JOINT_AWAY_DAYS])
            occasions = (
                self.model.occasions
                + fixed.JOINT_DAY_CONTACT * joint_days / 12.0
                + fixed.SHARED_WORK_CONTACT * self.joint / len(self.model.lines)
                + fixed.CONVENED_CONTACT * self.convened
            )
        met = min(1.0, occasions) * (1.0 - self.tension)
        self.contact += fixed.CONTACT_RATE * (met - self.contact)

    def raise_issues(self) -> None:
        """Raised, they are worked through or flare up; else they may break out."""
        s, random = self.model.settings, self.model.random.random
        one, other, tension = self.first, self.second, self.tension
        avoided = 0.5 * (one.in_force[ISSUE_AVOIDANCE] + other.in_force[ISSUE_AVOIDANCE])
        tension += s.relations_issue_rate * self.conflict * (1.0 - tension)
        if random() < fixed.SURFACING * tension * (1.0 - avoided):
            goodwill = sum([sum(link.goodwill) for link in self.links]) / 6.0
            worked = fixed.WORKED_THROUGH_LEAST + fixed.WORKED_THROUGH_GOODWILL * goodwill
            worked += (1.0 - worked) * fixed.COORDINATED_RESOLUTION * 0.5 * (one.helped + other.helped)
            if random() < worked:
                tension *= 1.0 - fixed.RESOLVED
            else:
                tension *= 1.0 - fixed.VENTED
                self.fall_out(s.relations_flare_loss)
        if random() < fixed.RUPTURE * tension * tension:
            tension *= 1.0 - fixed.RUPTURE_VENTED
            self.fall_out(min(1.0, fixed.RUPTURE_LOSS * s.relations_flare_loss))
            for link in self.links:
                link.together = [0.0] * 3
        self.tension = tension

    def fall_out(self, part: float) -> None:
        for link in self.links:
            link.lose_goodwill(part)


class Link:
    """What the layers of one organisation, the trustor, think of another, the trustee."""

    def __init__(
        self, trustor: Organisation, trustee: Organisation, relation: Relation, common: float
    ) -> None:
        self.model, self.trustor, self.trustee, self.relation = trustor.model, trustor, trustee, relation
        uniform, half = self.model.random.uniform, 0.5 * fixed.TRUST_SPREAD
        self.chances = [[half * (common + uniform(-1.0, 1.0)) for _ in LAYERS] for _ in range(2)]
        self.trust = self.terms = (0.0, 0.0, 0.0)
        self.damage = [0.0] * 3  # to the trustee's reputation
        self.together = [0.0] * 3  # months without a break
        self.clear = self.shown = 1.0
        trustor.links[trustee.index] = self

    def start(self, competence: float, goodwill: float) -> None:
        self.competence = [clip(competence + chance) for chance in self.chances[0]]
        self.goodwill = [clip(goodwill + chance) for chance in self.chances[1]]

    def turn_over(self, layer: int, share: float) -> None:
        """With who leaves a part of trust goes back to what strangers give."""
        strangers, lost = self.model.settings.trust_disposition, share / self.trustor.in_force[CROSS_LINKS]
        for trust in (self.competence, self.goodwill):
            trust[layer] += lost * fixed.TURNOVER_LOSS * (strangers - trust[layer])
        self.together[layer] *= 1.0 - lost

    def lose_goodwill(self, part: float) -> None:
        self.goodwill = [(1.0 - part) * goodwill for goodwill in self.goodwill]

    def learn(self) -> None:
        """Goodwill follows what is shown in meetings and what was really delivered.

        `take_in` is written out twice: its calls had been a sixth of the time of a run.
        """
        s, random, asymmetry = self.model.settings, self.model.random.random, self.model.asymmetry
        trustee, contact, goodwill, clear = self.trustee, self.relation.contact, self.goodwill, self.clear
        good_news = 1.0 - fixed.CROWDING * self.relation.agreement
        rate_of_deeds = s.trust_rate * contact * s.trust_deeds
        rate_of_talk = s.trust_rate * contact - rate_of_deeds
        clear_talk, displayed, deed = clear * self.shown, trustee.displayed, trustee.deed
        for layer in LAYERS:
            g = goodwill[layer]
            seen = clear_talk * displayed[layer] + fixed.READING_NOISE * (2.0 * random() - 1.0)
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
            return max(trust + change * (1.0 + self.model.asymmetry * trust * (1.0 - trust)), 0.0)
        return trust + change * (1.0 - fixed.CROWDING * agreement)

    def spend_joint_days(self) -> None:
        """On joint away days people see each other as they are."""
        trustee, deeds = self.trustee, self.model.settings.trust_deeds
        days = min(self.trustor.in_force[JOINT_AWAY_DAYS], trustee.in_force[JOINT_AWAY_DAYS])
        if days == 0.0:
            return
        rate = min(1.0, fixed.JOINT_DAY_RATE * days / 12.0)
        for layer in LAYERS:
            seen = (1.0 - deeds) * trustee.vision_commitment[layer] + deeds * trustee.deed[layer]
            goodwill = self.goodwill[layer]
            self.goodwill[layer] = self.take_in(goodwill, seen, rate, self.relation.agreement)

    def assess(self) -> None:
        """Trust as it is acted on: both kinds together, and what an agreement covers."""
        (a, b, c), (d, e, f) = self.competence, self.goodwill
        self.trust = (math.sqrt(a * d), math.sqrt(b * e), math.sqrt(c * f))
        if self.relation.agreement:
            uncovered = 1.0 - fixed.COVERED_BY_AGREEMENT * self.relation.agreement
            self.trust = tuple([1.0 - (1.0 - trust) * uncovered for trust in self.trust])

    def judge(self) -> None:
        """Competence trust learns how joint work goes, and the other's part as far as it is seen."""
        if not self.relation.joint:
            return
        contact, deed = self.relation.contact, self.trustee.deed
        rate, going = self.model.settings.trust_rate * contact, self.relation.joint_going
        asymmetry, competence = self.model.asymmetry, self.competence
        for layer in LAYERS:
            c = competence[layer]
            change = rate * (going + 0.5 * contact * (deed[layer] - going) - c)
            if change < 0.0:
                change = max(change * (1.0 + asymmetry * c * (1.0 - c)), -c)
            competence[layer] = c + change

    def follow_two_layers(self) -> None:
        """Trust builds slowly under a ceiling that damaged reputation sets, and erodes fast."""
        for layer in LAYERS:
            surprise = self.relation.contact * (self.trustee.delivered[layer] - self.model.usual_share)
            signal, damage = math.tanh(fixed.SENSITIVITY * surprise), self.damage[layer]
            trust = math.sqrt(self.competence[layer] * self.goodwill[layer])
            if signal > 0.0:
                trust += fixed.BUILDING * signal * max(1.0 - damage - trust, 0.0) / fixed.PERIOD_MONTHS
                damage -= fixed.FORGIVING * damage / fixed.PERIOD_MONTHS
            else:
                amplified = 1.0 + fixed.AMPLIFIED * self.trustor.interdependence
                trust += fixed.EROSION * signal * trust * amplified / fixed.PERIOD_MONTHS
                damage -= fixed.DAMAGE * signal * (1.0 - damage) / fixed.PERIOD_MONTHS
            self.damage[layer] = damage
            self.competence[layer] = self.goodwill[layer] = clip(trust)

    def follow_loyalty(self) -> None:
        """Trust rises with time together, ever more slowly."""
        for layer in LAYERS:
            self.together[layer] += self.relation.joint > 0.0
            periods = max(self.together[layer] / fixed.PERIOD_MONTHS, 1.0)
            left = 1.0 / (1.0 + fixed.LOYALTY_FACTOR * (periods - 1.0))
            trust = 1.0 - left * (1.0 - self.model.settings.trust_disposition)
            self.competence[layer] = self.goodwill[layer] = trust

    def forget(self) -> None:
        """Without contact trust returns to what strangers give."""
        forgotten = fixed.DECAY * (1.0 - self.relation.contact)
        left, strangers = 1.0 - forgotten, forgotten * self.model.settings.trust_disposition
        (a, b, c), (d, e, f) = self.competence, self.goodwill
        self.competence = [left * a + strangers, left * b + strangers, left * c + strangers]
        self.goodwill = [left * d + strangers, left * e + strangers, left * f + strangers]


class Line:
    """A place in the programme: one initiative after another, each of which needs several.

    What was decided and how fast work went lately stay with the place, whatever is worked on.
    """

    def __init__(self, model: PlainPartnership, index: int) -> None:
        self.model, self.index = model, index
        self.generation = -1  # before the programme begins
        self.freed = self.decision = self.pace = self.held_up = self.full_pace = 0.0
        self.recent_pace = fixed.STARTING_PACE
        self.table: float | None = None  # chance whether the next decision is taken at the table
        self.yes: set[Organisation] = set()
        self.begin(0)
        self.work = self.size * model.random.random()

    def begin(self, month: int) -> bool:
        """Take up the next initiative, if its time has come."""
        model, s = self.model, self.model.settings
        number = self.index + s.programme_n_simultaneous * self.generation
        if 0 <= number < len(s.initiatives):
            given = s.initiatives[number]
            if month < given.start_month:
                return False
            self.members = [o for o in model.organisations if given.members[o.index]]
            self.mix = given.domains if any(given.domains) else model.vision
            self.size, self.member_harm = given.size, given.harm
        else:
            self.draw()
        if self.generation >= 0:
            self.generation += 1
        spread, gauss = fixed.DIFFICULTY_SPREAD, model.random.gauss
        self.difficulty = math.exp(spread * gauss(0.0, 1.0) - 0.5 * spread * spread)
        self.benefit = 1.0 + fixed.BENEFIT_SPREAD * gauss(0.0, 1.0)
        self.mix_size = math.hypot(*self.mix)
        self.joint_value = dot(model.vision, self.mix) / (self.mix_size * model.vision_size)
        self.work = self.age = self.planned_months = 0.0
        self.absent_months = 0
        self.is_under_way = True
        for organisation in model.organisations:
            organisation.tilt = 0.0
        return True

    def draw(self) -> None:
        """Where the next one's benefit falls, whom it needs, how much work it is."""
        model, s, random = self.model, self.model.settings, self.model.random
        leaning = model.lean()
        (focus,) = random.choices(range(s.n_domains), leaning)
        self.mix = [(1.0 - fixed.FOCUS) * weight for weight in leaning]
        self.mix[focus] += fixed.FOCUS
        fits = {o: dot(o.objectives, self.mix) + random.random() for o in model.members}
        self.members = nlargest(s.programme_members_per_initiative, fits, key=fits.__getitem__)
        self.size = s.programme_initiative_size * (1.0 + fixed.SIZE_SPREAD * random.uniform(-1.0, 1.0))
        self.member_harm = [0.0] * s.n

    @property
    def is_complete(self) -> bool:
        return self.work >= self.size * (1.0 - 1.0e-12)

    def share_out(self) -> None:
        """Each member's part: its capacity over all that need it."""
        capacities = {member: member.funded / len(member.lines) for member in self.members}
        self.full_pace = sum(capacities.values())
        whole = max(self.full_pace, LEAST)
        self.parts = {member: capacity / whole for member, capacity in capacities.items()}
        self.others = {
            member: [(part, member.links[o.index]) for o, part in self.parts.items() if o is not member]
            for member in self.members
        }
        self.worth: dict[Organisation, float] = {}  # to each member by itself

    def decide(self) -> None:
        """A decision is taken at the partnership's table, or when every board has agreed."""
        if not self.is_under_way or self.freed >= fixed.ASKING_MONTHS * self.full_pace:
            return
        random, agreeing, delegated = self.model.random.random, 0.0, 0.0
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
        if self.decision >= 0.5 or (not is_at_table and self.yes.issuperset(self.members)):
            if is_agreed:
                self.resent()
            self.free()

    def resent(self) -> None:
        """Who was decided over has less goodwill for those who decided."""
        for member in self.members:
            for _, link in self.others[member]:
                if member.is_present and link.trustee.is_present and member not in self.yes:
                    link.lose_goodwill(self.model.settings.decision_resentment)

    def free(self) -> None:
        """A decision frees months of work, the more where there is trust."""
        trust = 0.0
        for member, part in self.parts.items():
            trust += part * part
            trust += sum([part * other * sum(link.trust) / 3.0 for other, link in self.others[member]])
        self.freed += fixed.DECISION_MONTHS * self.full_pace * (0.5 + trust)
        self.decision, self.table = 0.0, None
        self.yes.clear()

    def possible_pace(self) -> float:
        """Pace of the members, were it as hard as thought: the CES mean of what they give, less
        what hand-offs and moving teams lose."""
        exponent, terms, moving, lost = self.model.exponent, 0.0, 0.0, 0.0
        for member, part in self.parts.items():
            terms += part * max(member.hands * (1.0 - member.meeting_share), LEAST) ** exponent
            moving += part * member.transition
            teams = member.in_force[PARTNERSHIP_MANAGED_TEAMS]
            for other_part, link in self.others[member]:
                shared = min(teams, link.trustee.in_force[PARTNERSHIP_MANAGED_TEAMS])
                lost += part * other_part * (1.0 - shared) * (1.0 - link.trust[FRONT_LINE])
        pace = terms ** (1.0 / exponent)
        return pace * (1.0 - fixed.HANDOFF_WORK * lost) * (1.0 - fixed.TRANSITION_WORK * moving)

    def do_work(self) -> None:
        """Members work on what is decided; it counts in the month in which it is done."""
        model, s = self.model, self.model.settings
        self.pace = self.held_up = 0.0
        if not self.is_under_way or self.full_pace <= LEAST:
            return
        if self.age == 0.0:
            self.planned_months = self.size / (model.planned_pace * self.full_pace)
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
        absent = [member for member in self.members if not member.is_present]
        self.absent_months = self.absent_months + 1 if absent else 0
        if self.absent_months <= fixed.REPLACEMENT_MONTHS:
            return
        for gone in absent:
            self.members.remove(gone)
            if others := [o for o in self.model.members if o not in self.members]:
                best = max(others, key=lambda o: dot(o.objectives, self.mix))
                self.members.append(best)
                self.yes.discard(best)

    def give_up(self) -> None:
        """It went far more slowly than is usual for a year, or has lost its members."""
        model = self.model
        if not self.is_under_way or self.is_complete:
            return
        self.replace_absent()
        partners = [member for member in self.members if member.is_present]
        is_hopeless = self.recent_pace < fixed.GIVEN_UP * model.usual_pace
        is_waiting = 0 < self.absent_months <= fixed.REPLACEMENT_MONTHS
        if not is_hopeless and (len(partners) >= 2 or is_waiting):
            return
        model.n_abandoned += 1
        self.is_under_way = False
        self.recent_pace, self.freed, self.decision = model.usual_pace, 0.0, 0.0
        self.yes.clear()
        left = 1.0 - fixed.GIVING_UP_LOSS * min(1.0, self.age / fixed.GIVING_UP_MONTHS)
        for member in partners:
            member.vision_commitment = [left * v for v in member.vision_commitment]
            for link in [member.links[o.index] for o in partners if o is not member]:
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

    def __init__(self, model: PlainPartnership, index: int, given: Row) -> None:
        super().__init__(model)
        vars(self).update(vars(given))
        self.index, self.is_present = index, True
        self.targets = [target for target in model.settings.targets if target.organisation == index]
        self.stated = list(self.ways_of_working)
        self.practised = list(self.ways_of_working)
        self.in_force = list(self.ways_of_working)
        self.held: dict[int, float] = {}
        self.shock = fixed.SHOCK_SPREAD * UNIT_VARIANCE * model.random.uniform(-1.0, 1.0)
        self.links: dict[int, Link] = {}
        self.lines: list[Line] = []
        self.promise(fixed.STARTING_CONTRIBUTION)
        self.hands, self.deed = fixed.STARTING_CONTRIBUTION, [0.5] * 3
        self.transition = self.meeting_share = self.tilt = self.going = self.got = self.put = 0.0
        self.own_benefit = self.own_cost = self.harm = 0.0
        self.be_left_alone()

    def promise(self, share: float) -> None:
        self.contribution, self.delivered = [share] * 3, [share] * 3

    def near_deadlines(self) -> None:
        """Deadlines pull attention, and with it moves the ceiling of commitment."""
        month, wants, self.deadline = self.model.month, list(self.objectives), 0.0
        pulls = [(t.domain, t.weight, (month + t.phase_months) / t.cycle_months % 1.0) for t in self.targets]
        pulls += [(e.domain, e.size, (month - e.month + 1.0) / e.months) for e in self.model.landings]
        for domain, weight, elapsed in pulls:
            wants[domain] += weight * elapsed * elapsed
            self.deadline += weight * elapsed * elapsed
        total = sum(wants)
        self.wants = [weight / total for weight in wants]
        self.wants_size = math.hypot(*self.wants)
        self.ceiling = dot(self.wants, self.model.vision) / (self.wants_size * self.model.vision_size)

    def be_funded(self) -> None:
        self.funded = self.capacity
        for event in self.model.cuts:
            if event.concerns(self):
                self.funded *= 1.0 - event.size

    def feel_pressure(self) -> None:
        self.target_pressure = clip(
            self.pressure
            + fixed.DEADLINE * self.deadline
            - self.model.settings.pressure_relief * dot(self.wants, self.model.embedded)
            + fixed.TARGET_PRESSURE_OF_CUT * (1.0 - self.funded / self.capacity)
            + self.shock
            + self.model.national_shock
        )

    def set_levers(self) -> None:
        """Levers in force: an intervention's value while it holds, else what is practised."""
        month, before = self.model.month, self.in_force[PARTNERSHIP_MANAGED_TEAMS]
        self.held = {
            z.lever: z.value
            for z in self.model.settings.interventions
            if z.from_month <= month < z.to_month and z.organisations[self.index]
        }
        self.in_force = [self.held.get(lever, value) for lever, value in enumerate(self.practised)]
        moved = max(self.in_force[PARTNERSHIP_MANAGED_TEAMS] - before, 0.0)
        self.transition = min(1.0, self.transition - self.transition / fixed.TRANSITION_MONTHS + moved)

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
        chance = fixed.LEAVING * -account * -account * -account * (1.0 - mean(self.vision_commitment))
        return self.model.random.random() < chance

    def leave(self) -> None:
        self.is_present, self.hands = False, 0.0
        self.promise(0.0)

    def be_left_alone(self) -> None:
        self.n_meetings, self.helped, self.unchased = 0, 0.0, 1.0

    def spend_time(self) -> None:
        """Staff days on meetings, away days, papers and contacts; their share of free time."""
        lever = self.in_force
        a_meeting = fixed.MEETING_DAYS + fixed.PRE_MEETING_DAYS * lever[SEPARATE_PRE_MEETINGS]
        away = lever[OWN_AWAY_DAYS] + lever[JOINT_AWAY_DAYS] + lever[POSITION_SHARING]
        days = fixed.MEETING_DAYS * self.n_meetings + self.capacity * (
            self.model.settings.relations_meeting_budget * a_meeting
            + fixed.DELEGATION * away / 12.0
            + fixed.DOCUMENT_DAYS * lever[CIRCULATED_VISION] / 12.0
            + fixed.LINK_DAYS * (lever[CROSS_LINKS] - 1.0)
            + self.model.days_of_coordinators
        )
        self.model.staff_days += days
        free = fixed.FREE_DAYS * self.funded
        self.meeting_share = min(days, fixed.MOST_MEETING_SHARE * free) / max(free, LEAST)

    def show(self) -> None:
        part = 1.0 - fixed.SELF_SERVING * self.in_force[OWN_NEEDS_FRAMING]
        self.displayed = [part * v for v in self.vision_commitment]

    def take_stock(self) -> None:
        self.lines = [line for line in self.model.under_way if self in line.members]

    def decide(self) -> None:
        """Contributions move towards a logistic of what is to be gained, less what it costs."""
        s, exponent, delay = self.model.settings, self.model.exponent, self.model.months_to_benefit
        root, interdependence, exposure = 1.0 / exponent, self.interdependence, s.decision_exposure
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
        alone, gains = (1.0 - interdependence) * s.decision_value_alone, [0.0] * 3
        for line in self.lines:
            alike = dot(self.wants, line.mix) / (self.wants_size * line.mix_size)
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
                gains[layer] += interdependence * (stake * reliance - exposure * (1.0 - reliance)) - alone
        for layer, gain in enumerate(gains):
            net = gain / max(len(self.lines), 1) - self.price
            aim = self.held.get(CONTRIBUTION, 1.0 / (1.0 + math.exp(-s.decision_sharpness * net)))
            self.contribution[layer] += fixed.ADJUSTMENT * (aim - self.contribution[layer])

    def deliver(self) -> None:
        """Each layer keeps its promise or, under pressure and between separate teams, not."""
        lever, random = self.in_force, self.model.random.random
        kept = self.held.get(PROMISES_UNDER_PRESSURE, fixed.RELIABILITY - fixed.PRESSURE_PROMISES)
        chance = (
            fixed.RELIABILITY
            - (fixed.RELIABILITY - kept) * self.target_pressure
            - fixed.HANDOFF_PROMISES * (1.0 - lever[PARTNERSHIP_MANAGED_TEAMS])
            + fixed.AWAY_DAY_PROMISES * min(1.0, lever[OWN_AWAY_DAYS] / 12.0)
        )
        self.delivered = [x if random() < chance else fixed.SHORTFALL * x for x in self.contribution]
        of_management = fixed.MANAGEMENT_WORK * self.delivered[MANAGEMENT]
        self.hands = fixed.FRONT_LINE_WORK * self.delivered[FRONT_LINE] + of_management

    def board_consent(self, line: Line) -> float:
        """Chance that its board agrees this month."""
        trust = parts = line.parts[self]
        for part, link in line.others[self]:
            trust += part * link.trust[BOARD]
            parts += part
        committed = 0.5 + 0.5 * self.vision_commitment[BOARD]
        unheld = 1.0 - fixed.ACCOUNTABILITY_CONSENT * self.accountability
        missing = 1.0 - committed * (0.5 + 0.5 * trust / max(parts, LEAST)) * unheld
        missing *= 1.0 - self.model.settings.decision_mandate * self.in_force[SEPARATE_PRE_MEETINGS]
        missing *= 1.0 - fixed.FRAMEWORK * self.in_force[BINDING_AGREEMENT]
        return 1.0 - missing * self.unchased

    def settle_account(self) -> None:
        """What joint work brought it and what it put in, over a year."""
        s, given, got, shortfall = self.model.settings, self.hands, 0.0, 0.0
        for line in self.lines:
            others = parts = 0.0
            for part, link in line.others[self]:
                others += part * link.trustee.hands
                parts += part
            shortfall += max(given - others / max(parts, LEAST), 0.0) / len(self.lines)
            got += line.worth[self] * line.pace / len(self.lines)
        share, interdependence = self.meeting_share, self.interdependence
        put = self.price * (share + (1.0 - share) * given)
        put += (1.0 - interdependence) * s.decision_value_alone * given
        put += interdependence * s.decision_exposure * shortfall
        self.got += (interdependence * got - self.got) / fixed.ACCOUNT_MONTHS
        self.put += (put - self.put) / fixed.ACCOUNT_MONTHS

    def reap(self) -> None:
        """Own benefit and own cost of a month."""
        share, given = self.meeting_share, mean(self.delivered)
        self.own_benefit += self.incentive_share * dot(self.wants, self.model.embedded)
        self.own_cost += self.price * (share + (1.0 - share) * given) + self.harm

    def commit(self) -> None:
        """Pulled down by pressure, up by identification and joint days, together by colleagues."""
        s, lever, colleagues = self.model.settings, self.in_force, mean(self.vision_commitment)
        board = management = front_line = self.capacity
        for link in self.links.values():
            if link.trustee.is_present:
                capacity, (a, b, c) = link.trustee.capacity, link.trust
                board += capacity * a * a
                management += capacity * b * b
                front_line += capacity * c * c
        pull = s.commitment_pull * (0.5 + self.target_pressure) * (0.5 + self.accountability)
        own_days, joint_days = lever[OWN_AWAY_DAYS] / 12.0, lever[JOINT_AWAY_DAYS] / 12.0
        told = fixed.JOINT_DAY_COMMITMENT * joint_days + fixed.RESULTS * self.going
        told += fixed.WRITTEN_COMMITMENT * lever[CIRCULATED_VISION] / 12.0
        follow = min(1.0, fixed.COLLEAGUES * (1.0 + fixed.AWAY_DAY_BINDING * own_days))
        for layer, squares in enumerate((board, management, front_line)):
            v = self.vision_commitment[layer]
            identity = s.commitment_identification * squares / self.model.members_capacity
            self.vision_commitment[layer] = clip(
                v
                - pull * (v - s.commitment_alone * self.ceiling)
                + min(1.0, identity + told) * max(self.ceiling - v, 0.0)
                - fixed.AWAY_DAY_COMMITMENT * own_days * v
                + follow * (colleagues - v)
            )

    def practise(self) -> None:
        """Practice follows commitment slowly."""
        left = 1.0 - fixed.ADOPTION * mean(self.vision_commitment)
        for lever in DIVISIVE:
            if lever not in self.held:
                gap = self.stated[lever] * left - self.practised[lever]
                self.practised[lever] += fixed.ADOPTION_RATE * gap


class Coordinator(mesa.Agent):
    """Somebody employed to bring the organisations together."""

    def __init__(self, model: PlainPartnership, given: Row) -> None:
        super().__init__(model)
        vars(self).update(vars(given))
        self.is_at_work = False
        self.credibility = [0.0] * model.settings.n
        self.last_met: dict[tuple[Organisation, int], int] = {}
        self.seen: dict[tuple[Organisation, int], float] = {}
        self.meetings: list[Row] = []

    def come_and_go(self) -> None:
        is_due = self.from_month <= self.model.month < self.to_month
        if is_due and not self.is_at_work:
            self.credibility = [self.skill * fixed.STARTING_CREDIBILITY] * len(self.credibility)
            if self.host >= 0:
                self.credibility[self.host] = self.skill * fixed.HOME_CREDIBILITY
            self.last_met.clear()
            self.seen.clear()
        self.is_at_work = is_due

    def need_for_meeting(self, organisation: Organisation, layer: int) -> float:
        """How much a layer calls for attention: low commitment, weakest tie, long unseen."""
        ties = [link.trust[layer] for link in organisation.links.values() if link.trustee.is_present]
        last = self.last_met.get((organisation, layer))
        unseen = 1.0 if last is None else min(1.0, (self.model.month - last - 1) / 12.0)
        return (
            self.for_commitment * (1.0 - organisation.vision_commitment[layer])
            + self.for_tie * (1.0 - min(ties, default=1.0))
            + self.for_time * unseen
        )

    def choose_meetings(self) -> None:
        """Meet the neediest, with some chance: sampling from the softmax of need."""
        self.meetings = []
        within_reach = [(o, layer) for o in self.model.members for layer in LAYERS if self.layers[layer]]
        if not self.is_at_work or not within_reach:
            return
        random = self.model.random.random
        each, further = divmod(int(self.meetings_per_month + random()), len(within_reach))
        needs = [
            self.need_for_meeting(o, layer) - self.temperature * math.log(-math.log(random()))
            for o, layer in within_reach
        ]
        neediest = set(nlargest(further, range(len(needs)), key=needs.__getitem__))
        for place, (organisation, layer) in enumerate(within_reach):
            if times := each + (place in neediest):
                self.meetings.append(Row(organisation=organisation, layer=layer, times=times))
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
            room = max(organisation.ceiling - organisation.vision_commitment[layer], 0.0)
            organisation.vision_commitment[layer] += fixed.ARTICULATION * meeting.weight * room

    def bridge(self) -> None:
        """Goodwill moves to what the coordinator itself last saw of the trustee."""
        for meeting in self.meetings:
            part, layer = fixed.BRIDGING * meeting.weight, meeting.layer
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

    def be_judged(self) -> None:
        """Credibility follows skill and delivery; serving a host costs at once."""
        delivery, deeds = mean([o.going for o in self.model.members]), self.model.settings.trust_deeds
        worth = self.skill * (1.0 - fixed.CREDIBILITY_OF_DELIVERY * (1.0 - delivery))
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


def run_once(settings: Row, seed: int) -> list[dict[str, float]]:
    """One run: what was observed at the start and after each month."""
    model = PlainPartnership(settings, rng=seed)
    for _ in range(settings.months):
        model.step()
    history = model.history
    vars(model).clear()  # some versions of Mesa keep every model that there ever was
    return history


class PlainPartnership(mesa.Model):
    """A partnership of organisations with nobody in charge."""

    def __init__(self, settings: Row, rng: int | None = None) -> None:
        super().__init__(rng=rng)
        s = self.settings = settings
        self.month = -fixed.REST_MONTHS
        self.has_collapsed = False
        self.exponent = -1.0e-3 if abs(s.programme_complementarity) < 1.0e-3 else s.programme_complementarity
        self.asymmetry = 4.0 * (s.trust_news_asymmetry - 1.0)
        self.pending, self.embedded = [0.0] * s.n_domains, [0.0] * s.n_domains
        self.usual_pace, self.usual_share = fixed.STARTING_PACE, fixed.STARTING_CONTRIBUTION
        self.work_delivered = 0.0
        spread = fixed.NATIONAL_SHOCK_SPREAD * UNIT_VARIANCE
        self.national_shock = spread * self.random.uniform(-1.0, 1.0)
        self.organisations = [Organisation(self, index, given) for index, given in enumerate(s.organisations)]
        appointed = s.coordinators[: s.coordinators_n_appointed]
        self.coordinators = [Coordinator(self, given) for given in appointed]
        self.vision = s.vision_weights
        if not any(self.vision):
            self.vision = list(map(mean, zip(*s.organisations_objectives, strict=True)))
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
        trust = (fixed.STARTING_COMPETENCE, fixed.STARTING_GOODWILL) if stated < 0.0 else (stated, stated)
        for link in self.links:
            link.start(*trust)
        self.count_from_here()
        self.look_around()
        for organisation in self.organisations:
            organisation.vision_commitment = [fixed.STARTING_COMMITMENT * organisation.ceiling] * 3
        each(self.relations, Relation.agree)
        each(self.links, Link.assess)
        self.lines: list[Line] = []
        for index in range(self.settings.programme_n_simultaneous):
            self.lines.append(Line(self, index))

    def begin_counting(self) -> None:
        """What is stated of the beginning replaces what has come about."""
        s = self.settings
        self.count_from_here()
        if s.starting_trust >= 0.0:
            for link in self.links:
                link.start(s.starting_trust, s.starting_trust)
                link.assess()
        if s.starting_contribution >= 0.0:
            for organisation in self.members:
                organisation.promise(s.starting_contribution)
        for line in self.lines:
            line.generation, line.table = 0, None
            if line.index < len(s.initiatives):
                line.is_under_way = False
                line.begin(0)

    def count_from_here(self) -> None:
        self.staff_days = self.months_of_completed = self.planned_months_of_completed = 0.0
        self.n_completed = self.n_abandoned = 0
        for organisation in self.organisations:
            organisation.own_benefit = organisation.own_cost = 0.0

    def count_members(self) -> None:
        """Who is there, and the relations and links among them."""
        self.members = [o for o in self.organisations if o.is_present]
        self.active_relations = [r for r in self.relations if r.first.is_present and r.second.is_present]
        self.active_links = [link for r in self.active_relations for link in r.links]
        self.members_capacity = sum([o.capacity for o in self.members])

    @property
    def under_way(self) -> list[Line]:
        return [line for line in self.lines if line.is_under_way]

    def learnt(self, hoped: float, usual: float) -> float:
        """What is taken for granted: half hope, say, half experience."""
        hope = self.settings.trust_hope
        return max(hope * hoped + (1.0 - hope) * usual, LEAST)

    @property
    def planned_pace(self) -> float:
        return self.learnt(fixed.HOPED_PACE, self.usual_pace)

    def step(self) -> None:
        """One month, and a look at what has come of it."""
        self.pass_month()
        self.history.append(self.observe())

    def pass_month(self) -> None:
        # 1 environment
        self.shake()
        self.look_around()
        each(self.organisations, Organisation.feel_pressure, Organisation.set_levers)
        each(self.relations, Relation.agree)
        if self.has_collapsed:
            self.embed()
        else:
            self.live()
        self.month += 1

    def live(self) -> None:
        """A month of a partnership that still is one."""
        s, is_ours = self.settings, self.settings.trust_theory == fixed.DEEDS
        # 2 events, turnover, withdrawal
        self.happen()
        each(self.organisations, Organisation.change_leaders)
        self.withdraw()
        if self.has_collapsed:
            return
        # 3 coordinators meet people
        each(self.organisations, Organisation.be_left_alone)
        for relation in self.relations:
            relation.convened = 0.0
        each(self.coordinators, Coordinator.come_and_go, Coordinator.choose_meetings)
        each(self.coordinators, Coordinator.hold_meetings, Coordinator.articulate, Coordinator.bridge)
        each(self.coordinators, Coordinator.serve_host, Coordinator.bring_together, Coordinator.be_judged)
        cost = sum([c.cost for c in self.coordinators if c.is_at_work])
        self.days_of_coordinators = cost / self.members_capacity
        each(self.members, Organisation.spend_time)
        # 4 organisations meet
        self.occasions = s.relations_meeting_budget / max(len(self.members) - 1.0, 1.0)
        self.occasions += fixed.CRISIS_CONTACT * self.crisis
        each(self.relations, Relation.compare, Relation.meet)
        each(self.organisations, Organisation.show)
        if is_ours:
            each(self.active_links, Link.learn)
        for relation in self.relations:
            if relation.withdrawn:  # good conduct had been put down to the rule
                relation.fall_out(fixed.AGREEMENT_LOSS * relation.withdrawn)
        if is_ours and any([o.in_force[JOINT_AWAY_DAYS] for o in self.members]):
            each(self.active_links, Link.spend_joint_days)
        each(self.active_relations, Relation.raise_issues)
        # 5 decide contributions
        each(self.links, Link.assess)
        each(self.organisations, Organisation.take_stock)
        each(self.under_way, Line.share_out)
        delay = fixed.DECISION_MONTHS / self.planned_pace + s.place_embedding_months
        self.months_to_benefit = min(delay, fixed.LONGEST_VIEW)
        each(self.members, Organisation.decide)
        # 6 work and keep promises
        each(self.members, Organisation.deliver)
        self.see_what_is_given()
        each(self.lines, Line.decide, Line.do_work)
        self.compare_with_plans()
        theories = {fixed.TWO_LAYER: Link.follow_two_layers, fixed.LOYALTY: Link.follow_loyalty}
        each(self.active_links, theories.get(s.trust_theory, Link.judge))
        each(self.members, Organisation.settle_account)
        # 7 embed, and begin anew
        self.embed()
        each(self.lines, Line.give_up, Line.go_on)
        # 8 within the organisation
        each(self.members, Organisation.commit)
        each(self.links, Link.forget, Link.assess)
        each(self.organisations, Organisation.practise)

    def shake(self) -> None:
        uniform, persistence = self.random.uniform, fixed.SHOCK_PERSISTENCE
        fresh = math.sqrt(1.0 - persistence * persistence) * UNIT_VARIANCE
        self.national_shock *= persistence
        self.national_shock += fixed.NATIONAL_SHOCK_SPREAD * fresh * uniform(-1.0, 1.0)
        for organisation in self.organisations:
            organisation.shock *= persistence
            organisation.shock += fixed.SHOCK_SPREAD * fresh * uniform(-1.0, 1.0)

    def look_around(self) -> None:
        """Deadlines and events of some length that are on this month."""
        lasting = [event for event in self.settings.events if event.is_under_way(self.month)]
        self.landings = [event for event in lasting if event.type == fixed.NATIONAL_TARGET_LANDS]
        self.cuts = [event for event in lasting if event.type == fixed.FUNDING_CUT]
        self.crisis = max([e.size for e in lasting if e.type == fixed.COMMON_CRISIS], default=0.0)
        each(self.organisations, Organisation.near_deadlines, Organisation.be_funded)

    def happen(self) -> None:
        """Events of this month."""
        for event in [event for event in self.settings.events if event.month == self.month]:
            for organisation in [o for o in self.members if event.concerns(o)]:
                if event.type == fixed.LEADER_LEAVES:
                    organisation.lose_relationships(event.layer, event.size)
                elif event.type == fixed.REORGANISATION:
                    for layer in LAYERS:
                        organisation.lose_relationships(layer, event.size)
                elif event.type == fixed.COMMON_CRISIS:
                    organisation.pull_together(event.size)
                elif event.type == fixed.ORGANISATION_WITHDRAWS:
                    organisation.leave()
            self.count_members()

    def withdraw(self) -> None:
        """With too few members left, or too little of what they began with, all is over."""
        each([o for o in self.members if o.wants_to_leave()], Organisation.leave)
        self.count_members()
        founding = sum([o.capacity for o in self.organisations])
        is_too_little = self.members_capacity < fixed.COLLAPSE_SHARE * founding
        if is_too_little or len(self.members) < fixed.LEAST_MEMBERS:
            self.stop()

    def stop(self) -> None:
        """After a collapse nobody is a member, promises, gives, meets or coordinates."""
        self.has_collapsed = True
        each(self.organisations, Organisation.leave)
        self.count_members()
        for line in self.lines:
            line.is_under_way = False
        for coordinator in self.coordinators:
            coordinator.is_at_work = False

    def see_what_is_given(self) -> None:
        """What a layer gives is seen against what is expected, which follows what is usual."""
        expected, given = self.learnt(fixed.HOPED_SHARE, self.usual_share), 0.0
        for organisation in self.organisations:
            organisation.deed = [min(1.0, x / expected) for x in organisation.delivered]
            given += organisation.capacity * mean(organisation.delivered)
        self.usual_share += (given / self.members_capacity - self.usual_share) / fixed.USUAL_MONTHS

    def compare_with_plans(self) -> None:
        """How joint work goes against plan over the year, for each member and each pair."""
        plan, under_way = self.planned_pace, self.under_way
        for organisation in self.organisations:
            organisation.going = 0.0
        for relation in self.relations:
            relation.joint = relation.joint_going = 0.0
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
            pace = mean([line.pace for line in under_way])
            self.usual_pace += (pace - self.usual_pace) / fixed.PLAN_MONTHS

    def embed(self) -> None:
        """Finished work turns into benefit with a lag and erodes slowly."""
        s = self.settings
        for k, weight in enumerate(self.vision):
            flow = self.pending[k] / s.place_embedding_months
            self.pending[k] -= flow
            kept = self.embedded[k] * (1.0 - s.place_erosion_rate)
            self.embedded[k] = clip(kept + flow / max(weight * s.vision_size, LEAST), -1.0, 1.0)
        each(self.members, Organisation.reap)

    def lean(self) -> list[float]:
        """The vision, tilted to the domains of hosts whom meetings have served."""
        tilt = sum([o.tilt for o in self.organisations])
        if tilt == 0.0:
            return self.vision
        hosts = [
            sum([o.tilt / tilt * o.objectives[k] for o in self.organisations])
            for k in range(len(self.vision))
        ]
        tilted = min(fixed.MOST_TILT, tilt)
        return [weight + tilted * (host - weight) for weight, host in zip(self.vision, hosts, strict=True)]

    def equity(self) -> float:
        """1 less the Gini coefficient of own benefit less own cost."""
        nets = [o.own_benefit - o.own_cost for o in self.members]
        sizes = sum([abs(net) for net in nets])
        if sizes == 0.0:
            return 1.0
        return 1.0 - sum([abs(a - b) for a, b in combinations(nets, 2)]) / (len(nets) * sizes)

    def observe(self) -> dict[str, float]:
        """The series of `partnersim.model`, by the same names; means are over members."""
        s, members, links, relations = self.settings, self.members, self.active_links, self.active_relations
        board, management, front_line = (mean([link.trust[layer] for link in links]) for layer in LAYERS)
        goodwill = mean([sum(link.goodwill) for link in links]) / 3.0
        contact = mean([relation.contact for relation in relations])
        perceived = clip(
            fixed.PERCEIVED_CONTACT * contact
            + fixed.PERCEIVED_TALK * mean([link.shown * sum(link.trustee.displayed) for link in links]) / 3.0
            + fixed.PERCEIVED_GOODWILL * goodwill
            + fixed.AVOIDANCE_BONUS * mean([o.in_force[ISSUE_AVOIDANCE] for o in members])
            + fixed.SURVEY_NOISE * self.random.uniform(-1.0, 1.0)
        )
        realised = dot(self.vision, self.embedded)
        alone = 100.0 * math.exp(s.place_log_growth * self.month / 12.0)
        return {
            "change_delivered": self.work_delivered / s.vision_size,
            "trust": (board + management + front_line) / 3.0,
            "competence_trust": mean([sum(link.competence) for link in links]) / 3.0,
            "goodwill_trust": goodwill,
            "vision_commitment": mean([sum(o.vision_commitment) for o in members]) / 3.0,
            "contribution": mean([sum(o.contribution) for o in members]) / 3.0,
            "delivered": mean([sum(o.delivered) for o in members]) / 3.0,
            "tension": mean([relation.tension for relation in relations]),
            "contact": contact,
            "target_pressure": mean([o.target_pressure for o in members]),
            "perceived_joint_working": perceived,
            "outcome": alone * (1.0 - s.place_reach * realised),
            "outcome_alone": alone,
            "vision_realised": realised,
            "cost": self.staff_days,
            "equity": self.equity(),
            "n_members": len(members),
            "trust_board": board,
            "trust_management": management,
            "trust_front_line": front_line,
            "initiatives_completed": self.n_completed,
            "initiatives_abandoned": self.n_abandoned,
            "initiatives_under_way": len(self.under_way),
            "months_of_completed": self.months_of_completed,
            "planned_months_of_completed": self.planned_months_of_completed,
            "waiting": mean([line.held_up for line in self.under_way]),
            "n_coordinators": sum([c.is_at_work for c in self.coordinators]),
        }
