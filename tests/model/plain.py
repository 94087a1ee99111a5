"""The month once more, in plain NumPy with every number written out: slow, to hold the core against.

Each process is a function of a `View` and the parameters; it shares draws with the core, and
nothing else.
"""

from collections.abc import Callable
from math import exp, log, sqrt
from typing import Any

import numpy as np

from partnersim.model import draws as d
from partnersim.model.room import K, M, N, Q
from partnersim.model.state import STATE

OWN_DAYS, JOINT_DAYS, PAPERS, POSITIONS, PRE, FRAMING, DELEGATED, MANAGED, AVOIDED, BOUND, LINKS = range(11)
DIVISIVE = [OWN_DAYS, PRE, FRAMING, AVOIDED]
OF_COORDINATORS = {
    "host", "is_at_work", "conduct", "credibility", "months_unseen", "seen", "has_seen", "meetings",
    "weight", "held_for_host", "seen_impartial",
}  # fmt: skip


class View:
    """The fields of a state, cut to what a scenario has, and its luck."""

    def __init__(self, state: Any, p: Any) -> None:
        sizes = {N: int(p.n), K: int(p.n_domains)}
        for name in set(STATE.names) - {"keys", "need"}:
            tens = int(p.coordinators.n) if name in OF_COORDINATORS else int(p.programme.n_simultaneous)
            shape = [{M: tens, Q: tens, **sizes}.get(size, size) for size in state[name].shape]
            setattr(self, name, state[name][tuple(map(slice, shape))])
        self.keys, self.p, self.n = state.keys, p, int(p.n)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def u(self, stream: int, purpose: int, a: int = 0, b: int = 0, c: int = 0, month: Any = None) -> float:
        month = self.month[0] if month is None else month
        return float(d.uniform(self.keys, stream, month, purpose, a, b, c))

    def each(self, stream: int, purpose: int) -> np.ndarray:
        return np.array([self.u(stream, purpose, k) for k in self.p.label[: self.n]])

    def layers(self, stream: int, purpose: int, i: int, j: int = 0) -> np.ndarray:
        bits = int(d.random_bits(self.keys, stream, self.month[0], purpose, i, j, 0))
        return np.array([((bits >> 21 * layer) % 2**21 + 0.5) / 2**21 for layer in range(3)])

    def lot(self, draw: Any, chance: Any) -> Any:
        """Whether it happens; without luck the chance of it."""
        return self.p.luck * (draw < chance) + (1 - self.p.luck) * chance

    def noise(self, draw: Any) -> Any:
        return self.p.luck * (2 * draw - 1)

    def pairs(self) -> list[tuple[int, int, int, int]]:
        """Each pair of members once, and the labels that its luck goes by."""
        label = self.p.label
        return [
            (i, j, *sorted((int(label[i]), int(label[j]))))  # type: ignore[misc]
            for i in range(self.n)
            for j in range(i)
            if self.is_present[i] and self.is_present[j]
        ]

    def links(self) -> list[tuple[int, int]]:
        there = np.flatnonzero(self.is_present)
        return [(i, j) for i in there for j in there if i != j]


def cos(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / sqrt(a @ a) / sqrt(b @ b))


def ces(values: np.ndarray, weights: np.ndarray, exponent: float) -> float:
    """The CES mean; 0 is a thousandth below it."""
    exponent = -0.001 if abs(exponent) < 0.001 else exponent
    mean = np.average(np.maximum(values, 1e-9) ** exponent, weights=weights)
    return float(mean ** (1 / exponent))


def on(p: Any, e: int, month: int) -> bool:
    return bool(p.events.month[e] <= month < p.events.month[e] + p.events.months[e])


# 1 The place --------------------------------------------------------------------------------------


def draw_shocks(s: Any, p: Any) -> None:
    fresh = sqrt(1 - 0.8**2) * sqrt(3)
    s.national_shock[0] = 0.8 * s.national_shock[0] + 0.05 * fresh * s.noise(s.u(0, d.NATIONAL_SHOCK))
    s.shock[:] = 0.8 * s.shock + 0.1 * fresh * s.noise(s.each(0, d.SHOCK))


def near_deadlines(s: Any, p: Any) -> None:
    month, weights, targets = s.month[0], s.base_objectives.copy(), p.organisations.targets
    for t in range(targets.n):
        nearness = ((month + targets.phase_months[t]) / targets.cycle_months[t]) % 1.0
        weights[targets.organisation[t], targets.domain[t]] += targets.weight[t] * nearness**2
    for e in range(p.events.n):
        if p.events.type[e] == 1 and on(p, e, month):
            nearness = (month - p.events.month[e] + 1) / p.events.months[e]
            weights[:, p.events.domain[e]] += p.events.size[e] * nearness**2
    s.deadline[:] = weights.sum(axis=1) - s.base_objectives.sum(axis=1)
    s.objectives[:] = weights / weights.sum(axis=1, keepdims=True)
    s.objectives_length[:] = np.linalg.norm(s.objectives, axis=1)
    s.ceiling[:] = [cos(row, s.vision) for row in s.objectives]


def set_capacity(s: Any, p: Any) -> None:
    under_way = [e for e in range(p.events.n) if on(p, e, s.month[0])]
    s.crisis[0] = max((p.events.size[e] for e in under_way if p.events.type[e] == 4), default=0.0)
    s.capacity[:] = s.base_capacity
    for e in under_way:
        if p.events.type[e] == 2:
            whom = slice(None) if p.events.organisation[e] < 0 else p.events.organisation[e]
            s.capacity[whom] *= 1 - p.events.size[e]


def feel_pressure(s: Any, p: Any) -> None:
    cut = 1 - s.capacity / s.base_capacity
    pressure = s.base_pressure + 0.2 * s.deadline - p.pressure.relief * (s.objectives @ s.embedded)
    s.target_pressure[:] = np.clip(pressure + 0.3 * cut + s.shock + s.national_shock[0], 0, 1)


def set_levers(s: Any, p: Any) -> None:
    month, before, held = s.month[0], s.in_force[:, MANAGED].copy(), p.interventions
    s.in_force[:], s.is_held[:] = s.practised, 0
    for z in range(held.n):
        if held.from_month[z] <= month < held.to_month[z]:
            whom = np.flatnonzero(held.organisations[z, : s.n])
            s.in_force[whom, held.lever[z]], s.is_held[whom, held.lever[z]] = held.value[z], 1
    moved = np.maximum(s.in_force[:, MANAGED] - before, 0) * (month > -36)
    s.transition[:] *= 5 / 6
    s.transition[:] = np.where(moved > 0, np.minimum(s.transition + moved, 1), s.transition)
    agreement = np.minimum.outer(s.in_force[:, BOUND], s.in_force[:, BOUND])
    s.withdrawn[:] = np.maximum(s.agreement - agreement, 0)
    s.agreement[:] = agreement


# 2 Events, turnover, withdrawal -------------------------------------------------------------------


def people_leave(s: Any, p: Any, i: int, layer: int, share: float) -> None:
    for j in range(s.n):
        for trustor, trustee in ((i, j), (j, i)):
            if i != j:
                of_contacts = share / s.in_force[trustor, LINKS]
                for trust in (s.competence_trust, s.goodwill_trust):
                    trust[trustor, layer, trustee] += (
                        0.5 * of_contacts * (p.trust.disposition - trust[trustor, layer, trustee])
                    )
                s.together[trustor, layer, trustee] *= 1 - of_contacts
    s.vision_commitment[i, layer] += (
        0.5 * share * (p.commitment.alone * s.ceiling[i] - s.vision_commitment[i, layer])
    )
    s.credibility[:, i] *= 1 - 0.5 * share / 3
    for c in range(p.coordinators.n_appointed, p.coordinators.n):
        if layer == 1 and share >= 0.5 and s.host[c] == i:
            s.is_at_work[c], s.host[c] = 0, -1


def let_events_happen(s: Any, p: Any) -> None:
    for e in np.flatnonzero(p.events.month[: p.events.n] == s.month[0]):
        kind, size, whom = p.events.type[e], p.events.size[e], p.events.organisation[e]
        for i in range(s.n) if whom < 0 else [whom]:
            if kind == 5 and not s.is_present[i]:
                s.is_present[i] = 1
                s.contact[i], s.contact[:, i], s.tension[i], s.tension[:, i] = 0, 0, 0, 0
                s.vision_commitment[i] = p.commitment.alone * s.ceiling[i]
                for trust in (s.competence_trust, s.goodwill_trust):
                    own = trust[i, :, i].copy()
                    trust[i], trust[:, :, i] = p.trust.disposition, p.trust.disposition
                    trust[i, :, i] = own
            if s.is_present[i]:
                for layer in {0: [p.events.layer[e]], 3: range(3)}.get(int(kind), []):
                    people_leave(s, p, i, layer, size)
                if kind == 4:
                    v = s.vision_commitment[i]
                    v += 0.5 * size * np.maximum(s.ceiling[i] - v, 0)
                    for levers in (s.stated, s.practised):
                        levers[i, DIVISIVE] *= 1 - 0.5 * size
                if kind == 6:
                    s.is_present[i] = 0


def change_leaders(s: Any, p: Any) -> None:
    for i in np.flatnonzero(s.is_present):
        for layer, draw in enumerate(s.layers(0, d.TURNOVER, p.label[i])):
            people_leave(s, p, i, layer, s.lot(draw, p.turnover.rate))


def withdraw_members(s: Any, p: Any) -> None:
    if s.month[0] > 0:
        account = (s.got - s.put) / np.maximum(np.abs(s.got) + np.abs(s.put), 1e-9)
        chance = 0.04 * np.maximum(-account, 0) ** 3 * (1 - s.vision_commitment.mean(axis=1))
        s.leaving[:] += s.lot(s.each(0, d.WITHDRAWAL), chance * s.is_present)
    s.is_present[s.leaving >= 1] = 0
    s.leaving[s.leaving >= 1] = 0
    left = s.base_capacity @ s.is_present
    founding = s.base_capacity @ p.organisations.is_present_at_start[: s.n]
    if s.is_present.sum() < 2 or left < 0.5 * founding:
        s.has_collapsed[0], s.is_present[:] = 1, 0
        s.meeting_share[:], s.contribution[:], s.delivered[:] = 0, 0, 0
        s.number[:], s.is_at_work[:] = -1, 0


# 3 Coordinators -----------------------------------------------------------------------------------


def begin_work(s: Any, p: Any, c: int, host: int, conduct: float) -> None:
    s.is_at_work[c], s.host[c], s.conduct[c] = 1, host, conduct
    s.credibility[c] = p.coordinators.skill[c] * np.where(np.arange(s.n) == host, 0.6, 0.3)
    s.months_unseen[c], s.has_seen[c] = 12, 0


def change_coordinators(s: Any, p: Any) -> None:
    co, month = p.coordinators, s.month[0]
    for c in range(co.n_appointed):
        is_due = co.from_month[c] <= month < co.to_month[c]
        if is_due and not s.is_at_work[c]:
            begin_work(s, p, c, co.host[c], co.impartiality[c])
        s.is_at_work[c] = is_due
    places = list(range(co.n_appointed, co.n))
    for i in range(s.n) if p.emergence.rate > 0 and month >= 0 else []:
        commitment = s.vision_commitment[i].mean()
        free = [c for c in places if not s.is_at_work[c]]
        own = [c for c in places if s.is_at_work[c] and s.host[c] == i]
        s.conduct[own] = commitment
        s.is_at_work[own] = s.is_present[i]
        if s.is_present[i] and not own and free:
            draw = s.u(1, d.EMERGENCE, p.label[i])
            s.emerging[i] += s.lot(draw, p.emergence.rate * commitment)
            if s.emerging[i] >= 1:
                s.emerging[i] = 0
                begin_work(s, p, free[0], i, commitment)


def stream_of(c: int, p: Any) -> int:
    """Appointed ones have streams from the third on, places for others from the last down."""
    appointed = int(p.coordinators.n_appointed)
    return 2 + c if c < appointed else 11 - (c - appointed)


def choose_meetings(s: Any, p: Any) -> None:
    co, there = p.coordinators, s.is_present > 0
    s.meetings[:] = 0
    for c in np.flatnonzero(s.is_at_work):
        calls = {}
        for i in np.flatnonzero(there):
            gumbel = -np.log(-np.log(s.layers(stream_of(c, p), d.WHOM, p.label[i])))
            for layer in np.flatnonzero(co.layers[c]):
                others = s.trust[i, layer, there & (np.arange(s.n) != i)]
                calls[i, layer] = (
                    co.for_commitment[c] * (1 - s.vision_commitment[i, layer])
                    + co.for_tie[c] * (1 - min(others, default=1.0))
                    + co.for_time[c] * min(1, s.months_unseen[c, i, layer] / 12)
                    + co.temperature[c] * p.luck * gumbel[layer]
                )
        draw = s.u(stream_of(c, p), d.HOW_MANY)
        held = int(co.meetings_per_month[c] + p.luck * draw + (1 - p.luck) * 0.5)
        in_turn = sorted(calls, key=lambda whom: -calls[whom])
        for k in range(held if in_turn else 0):
            s.meetings[c][in_turn[k % len(in_turn)]] += 1


def hold_meetings(s: Any, p: Any) -> None:
    s.weight[:], s.held_for_host[:], s.seen_impartial[:] = 0, 0, 0
    for c, i, layer in np.argwhere(s.meetings):
        times, host, impartial, seen_so = s.meetings[c, i, layer], s.host[c], 1.0, 1.0
        if host not in (-1, i):
            draw = [s.u(stream_of(c, p), what, p.label[i], layer) for what in (d.CONDUCT, d.SIGHT)]
            impartial = s.lot(draw[0], s.conduct[c])
            seen_so = s.lot(draw[1], 1 - 0.5 * (1 - s.goodwill_trust[i, layer, host]))
        s.weight[c, i, layer] = 1 - (1 - impartial * s.credibility[c, i]) ** times
        s.held_for_host[c, i, layer] = times * (1 - impartial)
        s.seen_impartial[c, i, layer] = times * impartial * seen_so


def articulate_vision(s: Any, p: Any) -> None:
    if p.mechanisms.articulation:
        moved = 1 - np.prod(1 - 0.15 * s.weight, axis=0)
        s.vision_commitment[:] += moved * np.maximum(s.ceiling[:, None] - s.vision_commitment, 0)


def bridge_partners(s: Any, p: Any) -> None:
    if p.mechanisms.bridging:
        for c, i, layer, j in np.ndindex(len(s.weight), s.n, 3, s.n):
            if i != j and s.has_seen[c, j, layer] and s.is_present[j]:
                gap = s.seen[c, j, layer] - s.goodwill_trust[i, layer, j]
                s.goodwill_trust[i, layer, j] += 0.3 * s.weight[c, i, layer] * gap


def serve_host(s: Any, p: Any) -> None:
    for c, host in enumerate(s.host):
        if host >= 0:
            s.tilt[host] += 0.05 * s.held_for_host[c].sum()
            kept = 1 - np.minimum(0.05 * s.held_for_host[c], 1)
            kept[host] = 1
            s.goodwill_trust[:, :, host] *= kept


def convene_partners(s: Any, p: Any) -> None:
    touched = (1 - np.prod(1 - s.weight, axis=2)) * s.is_at_work[:, None]
    s.helped[:] = (1 - np.prod(1 - touched, axis=0)) * p.mechanisms.resolution
    both = touched[:, :, None] * touched[:, None, :]
    s.convened[:] = (1 - np.prod(1 - both, axis=0)) * p.mechanisms.convening * (1 - np.eye(s.n))


def judge_coordinators(s: Any, p: Any) -> None:
    delivery = s.going @ s.is_present / max(s.is_present.sum(), 1)
    s.months_unseen[:] += 1
    for c, i, layer in np.argwhere(s.meetings):
        worth = p.coordinators.skill[c] * (0.4 + 0.6 * delivery)
        gain = min(0.1 * s.seen_impartial[c, i, layer], 1)
        s.credibility[c, i] += gain * (worth - s.credibility[c, i])
        s.credibility[c, i] *= 1 - min(0.3 * s.held_for_host[c, i, layer], 1)
        s.months_unseen[c, i, layer], s.has_seen[c, i, layer] = 0, 1
        talk = s.vision_commitment[i, layer]
        s.seen[c, i, layer] = talk + p.trust.deeds * (s.deed[i, layer] - talk)


def spend_time(s: Any, p: Any) -> None:
    way = s.in_force.T
    days = p.relations.meeting_budget * (0.5 + 0.25 * way[PRE])
    days += 6 * (way[OWN_DAYS] + way[JOINT_DAYS] + way[POSITIONS]) / 12 + 0.5 * way[PAPERS] / 12
    days += 1.5 * (way[LINKS] - 1)
    days += s.is_at_work @ p.coordinators.cost[: len(s.is_at_work)] / (s.base_capacity @ s.is_present)
    days = (days * s.base_capacity + 0.5 * s.meetings.sum(axis=(0, 2))) * s.is_present
    s.staff_days[0] += days.sum()
    free = 40 * s.capacity
    share = np.minimum(days, 0.9 * free) / np.maximum(free, 1e-9)
    s.meeting_share[:] = share * p.mechanisms.meeting_time_cost


# 4 Organisations meet -----------------------------------------------------------------------------


def compare_interests(s: Any, p: Any) -> None:
    for i in range(s.n):
        for j in set(range(s.n)) - {i}:
            unlike = max(1 - cos(s.objectives[i], s.objectives[j]), 0)
            s.conflict[i, j] = 0.7 * unlike + 0.3 * s.horizons_apart[i, j]


def make_contact(s: Any, p: Any) -> None:
    meetings = p.relations.meeting_budget / max(s.is_present.sum() - 1, 1)
    days = np.minimum.outer(s.in_force[:, JOINT_DAYS], s.in_force[:, JOINT_DAYS])
    occasions = meetings + days / 12 + 0.3 * s.joint / p.programme.n_simultaneous
    occasions = np.minimum(1, occasions + s.convened + 0.5 * s.crisis[0])
    occasions = occasions * np.outer(s.is_present, s.is_present) * (1 - s.tension)
    apart = ~np.eye(s.n, dtype=bool)
    s.contact[apart] += 0.15 * (occasions - s.contact)[apart]


def show_commitment(s: Any, p: Any) -> None:
    framing = s.in_force[:, FRAMING]
    s.displayed[:] = s.vision_commitment * (1 - 0.4 * framing * p.mechanisms.framing_harm)[:, None]
    days = np.add.outer(s.in_force[:, POSITIONS], s.in_force[:, POSITIONS]) / 2
    understood = 1 - 0.4 * framing * p.mechanisms.framing_reason
    s.misread[:] = 0.6 * s.cultural_distance * understood * 6 / (6 + days)
    s.guarded[:] = 0.6 * s.in_force[:, PRE] * p.mechanisms.pre_meetings_harm * (0.25 + 0.75 * s.conflict)


def news(trust: float, seen: float, rate: float, agreement: float, p: Any) -> float:
    """Trust after news: bad news weighs more, good news counts less under an agreement."""
    if seen < trust:
        rate *= 1 + (p.trust.news_asymmetry - 1) * 4 * trust * (1 - trust)
    else:
        rate *= 1 - 0.6 * agreement
    return min(max(trust + rate * (seen - trust), 0), 1)


def learn(s: Any, p: Any, i: int, j: int, seen: np.ndarray, rate: float) -> None:
    goodwill = s.goodwill_trust[i, :, j]
    goodwill[:] = [news(g, x, rate, s.agreement[i, j], p) for g, x in zip(goodwill, seen, strict=True)]


def hear_talk(s: Any, p: Any) -> None:
    for i, j in s.links() if p.trust.theory == 0 else []:
        chance = 0.15 * s.noise(s.layers(1, d.READING, p.label[i], p.label[j]))
        shown = (1 - s.misread[i, j]) * (1 - s.guarded[i, j]) * s.displayed[j]
        rate = p.trust.rate * s.contact[i, j] * (1 - p.trust.deeds)
        learn(s, p, i, j, np.clip(shown + chance, 0, 1), rate)


def see_deeds(s: Any, p: Any) -> None:
    for i, j in s.links() if p.trust.theory == 0 else []:
        rate = p.trust.rate * s.contact[i, j] * p.trust.deeds
        learn(s, p, i, j, (1 - s.misread[i, j]) * s.deed[j], rate)


def miss_agreements(s: Any, p: Any) -> None:
    s.goodwill_trust[:] *= 1 - 0.5 * s.withdrawn[:, None, :] * (1 - np.eye(s.n))[:, None, :]


def spend_joint_days(s: Any, p: Any) -> None:
    for i, j in s.links() if p.trust.theory == 0 else []:
        days = min(s.in_force[i, JOINT_DAYS], s.in_force[j, JOINT_DAYS])
        seen = (1 - p.trust.deeds) * s.vision_commitment[j] + p.trust.deeds * s.deed[j]
        learn(s, p, i, j, seen, min(1, 0.067 * days / 12))


def fall_out(s: Any, i: int, j: int, lost: float) -> None:
    s.goodwill_trust[i, :, j] *= 1 - lost
    s.goodwill_trust[j, :, i] *= 1 - lost


def raise_issues(s: Any, p: Any) -> None:
    for i, j, low, high in s.pairs():
        avoided = (s.in_force[i, AVOIDED] + s.in_force[j, AVOIDED]) / 2
        piling = 1 if p.mechanisms.avoidance_harm else 1 - avoided
        spared = avoided if p.mechanisms.avoidance_reason else 0
        tension = s.tension[i, j]
        tension += p.relations.issue_rate * s.conflict[i, j] * piling * (1 - tension)
        draw = s.u(1, d.RAISING, low, high)
        raised, heated = (s.lot(draw, 0.5 * tension * (1 - part)) for part in (avoided, spared))
        goodwill = (s.goodwill_trust[i, :, j].mean() + s.goodwill_trust[j, :, i].mean()) / 2
        worked = 0.3 + 0.7 * goodwill
        worked += (1 - worked) * 0.6 * (s.helped[i] + s.helped[j]) / 2
        worked = s.lot(s.u(1, d.WORKING_THROUGH, low, high), worked)
        tension *= (1 - 0.6 * raised * worked) * (1 - 0.2 * heated * (1 - worked))
        s.tension[i, j] = s.tension[j, i] = tension
        fall_out(s, i, j, p.relations.flare_loss * heated * (1 - worked))


def let_issues_break_out(s: Any, p: Any) -> None:
    for i, j, low, high in s.pairs():
        ruptured = s.lot(s.u(1, d.BREAKING_OUT, low, high), 0.06 * s.tension[i, j] ** 2)
        s.tension[i, j] = s.tension[j, i] = s.tension[i, j] * (1 - 0.5 * ruptured)
        fall_out(s, i, j, min(1, 4 * p.relations.flare_loss) * ruptured)
        s.together[i, :, j] *= 1 - ruptured
        s.together[j, :, i] *= 1 - ruptured


# 5 Contributions ----------------------------------------------------------------------------------


def assess_trust(s: Any, p: Any) -> None:
    missing = 1 - np.sqrt(s.competence_trust * s.goodwill_trust)
    own = s.trust[range(s.n), :, range(s.n)].copy()
    s.trust[:] = 1 - missing * (1 - 0.5 * s.agreement[:, None, :])
    s.trust[range(s.n), :, range(s.n)] = own


def share_out_work(s: Any, p: Any) -> None:
    needed = s.needs * (s.number >= 0)[:, None]
    s.load[:] = needed.sum(axis=0)
    hands = np.where(needed > 0, s.capacity / np.maximum(s.load, 1), 0)
    s.full_pace[:] = hands.sum(axis=1)
    s.part[:] = hands / np.maximum(hands.sum(axis=1), 1e-9)[:, None]


def planned_pace(s: Any, p: Any) -> float:
    return float(p.trust.hope * 0.5 + (1 - p.trust.hope) * s.usual_pace[0])


def own_benefit(s: Any, i: int, m: int) -> float:
    return float(s.incentive_share[i] * cos(s.objectives[i], s.benefit_mix[m]) - s.member_harm[m, i])


def weigh_initiatives(s: Any, p: Any) -> None:
    delay = min(1.4 / max(planned_pace(s, p), 1e-9) + p.place.embedding_months, 60)
    de = p.decision
    for i in range(s.n):
        s.stake[i], s.net[i] = 0, 0
        if not s.is_present[i]:
            continue
        delta, v = p.organisations.interdependence[i], s.vision_commitment[i]
        for m in np.flatnonzero(s.part[:, i]):
            others = np.flatnonzero(s.part[m])
            trusted = np.where(others == i, 1.0, s.trust[i][:, others])
            R = np.array([ces(row, s.part[m, others], p.programme.complementarity) for row in trusted])
            own = own_benefit(s, i, m) * exp(-delay / s.planning_horizon[i])
            joint = cos(s.vision, s.benefit_mix[m]) * exp(-delay / p.vision.planning_horizon)
            stake = (1 - v) * own + v * joint
            net = delta * (stake * R - de.exposure * (1 - R)) - (1 - delta) * de.value_alone
            s.net[i] += net / max(s.load[i], 1)
            s.stake[i] += stake.mean() / max(s.load[i], 1)
        s.price[i] = 0.05 + de.cost_pressure * s.target_pressure[i]


def decide_contributions(s: Any, p: Any) -> None:
    aim = 1 / (1 + np.exp(-p.decision.sharpness * (s.net - s.price[:, None])))
    if p.decision.is_conditional:
        aim = 0.242 * aim + 0.666 * s.belief
    moved = np.clip(0.8 * s.contribution + 0.2 * aim, 0, 1)
    s.contribution[:] = moved * s.is_present[:, None]


# 6 Work -------------------------------------------------------------------------------------------


def deliver_promises(s: Any, p: Any) -> None:
    chance = 0.95 - 0.3 * s.target_pressure
    chance -= 0.15 * (1 - s.in_force[:, MANAGED]) * p.mechanisms.separate_teams_promises
    chance += 0.1 * np.minimum(s.in_force[:, OWN_DAYS] / 12, 1) * p.mechanisms.away_days_reason
    draw = np.array([s.layers(1, d.PROMISE, k) for k in p.label[: s.n]])
    s.kept[:] = s.lot(draw, np.clip(chance, 0, 1)[:, None])
    s.delivered[:] = s.contribution * (0.5 + 0.5 * s.kept) * s.is_present[:, None]
    s.hands[:] = 0.4 * s.delivered[:, 1] + 0.6 * s.delivered[:, 2]


def see_what_is_given(s: Any, p: Any) -> None:
    expected = max(p.trust.hope * 0.7 + (1 - p.trust.hope) * s.usual_share[0], 1e-9)
    s.deed[:] = np.minimum(s.delivered / expected, 1)
    weight = s.is_present * s.base_capacity
    given = weight @ s.delivered.mean(axis=1) / max(weight.sum(), 1e-9)
    s.usual_share[0] += (given - s.usual_share[0]) / 36


def consent_of(s: Any, p: Any, i: int, m: int) -> float:
    parts = s.part[m]
    trusted = np.where(np.arange(s.n) == i, 1.0, s.trust[i, 0])
    trust = parts @ trusted / max(parts.sum(), 1e-9)
    yes = (0.5 + s.vision_commitment[i, 0] / 2) * (0.5 + trust / 2)
    yes *= 1 - 0.3 * s.accountability[i] * p.mechanisms.accountability_consent
    no = 1 - yes
    no *= 1 - p.decision.mandate * s.in_force[i, PRE] * p.mechanisms.pre_meetings_reason
    no *= 1 - 0.5 * s.in_force[i, BOUND] * p.mechanisms.framework
    no *= np.prod(1 - 0.5 * s.weight[:, i, 0]) if p.mechanisms.chasing else 1.0
    return float(1 - no)


def either(one: float, other: float) -> float:
    return 1 - (1 - one) * (1 - other)


def resent(s: Any, p: Any, m: int, deciders: list[int], part: float) -> None:
    members = [i for i in range(s.n) if s.needs[m, i] and s.is_present[i]]
    for i in members if p.mechanisms.referral_reason else []:
        for j in set(deciders) - {i}:
            s.goodwill_trust[i, :, j] *= 1 - p.decision.resentment * part * (1 - s.votes[m, i])


def free_work(s: Any, p: Any, m: int) -> None:
    mean = s.trust.mean(axis=1)
    np.fill_diagonal(mean, 1.0)
    s.freed[m] += 1.4 * s.full_pace[m] * (0.5 + s.part[m] @ mean @ s.part[m])
    s.decision[m], s.votes[m] = 0, 0
    s.decisions[m] += 1


def take_decisions(s: Any, p: Any) -> None:
    lead = p.lead.organisation
    for m in range(len(s.number)):
        if s.number[m] < 0 or s.freed[m] >= 0.5 * s.full_pace[m]:
            continue
        members = np.flatnonzero(s.needs[m])
        yes = np.array([consent_of(s, p, i, m) * s.is_present[i] for i in members])
        draw = np.array([s.u(1, d.CONSENT, m, p.label[i]) for i in members])
        s.votes[m, members] = either(s.votes[m, members], s.lot(draw, yes))  # type: ignore[arg-type]
        delegated = s.part[m, members] @ s.in_force[members, DELEGATED]
        delegated = delegated if p.mechanisms.referral_harm else 1.0
        nth = int(s.decisions[m])
        at_table = s.lot(s.u(0, d.TABLE, m, nth % 256, nth // 256, month=1000), delegated)
        agreed = at_table * s.lot(s.u(1, d.TABLE_CONSENT, m), s.part[m, members] @ yes)
        s.decision[m] = either(s.decision[m], max(agreed, s.crisis[0]))
        if either(s.decision[m], (1 - at_table) * s.votes[m, members].prod()) >= 0.5:
            resent(s, p, m, [j for j in members if s.is_present[j]], agreed)
            free_work(s, p, m)
        elif lead >= 0:
            wanted = p.lead.authority * s.is_present[lead] * s.contribution[lead, 0]
            imposed = s.lot(s.u(1, d.IMPOSITION, m), wanted)
            s.decision[m] = either(s.decision[m], imposed)
            resent(s, p, m, [lead], imposed)
            if s.decision[m] >= 0.5:
                free_work(s, p, m)


def do_work(s: Any, p: Any) -> None:
    s.pace[:], s.held_up[:] = 0, 0
    for m in range(len(s.number)):
        if s.number[m] < 0 or s.full_pace[m] <= 1e-9:
            continue
        if s.age[m] == 0:
            at_a_month = max(planned_pace(s, p), 1e-9) * s.full_pace[m]
            s.planned_months[m] = s.work_size[m] / at_a_month
        s.age[m] += 1
        who = np.flatnonzero(s.part[m])
        part, shared = s.part[m, who], s.in_force[who, MANAGED]
        pace = ces(s.hands[who] * (1 - s.meeting_share[who]), part, p.programme.complementarity)
        distrust = (1 - s.trust[who][:, 2, who]) * (1 - np.minimum.outer(shared, shared))
        np.fill_diagonal(distrust, 0)
        pace *= 1 - 0.3 * (part @ distrust @ part) * p.mechanisms.separate_teams_handoffs
        pace *= 1 - 0.3 * (part @ s.transition[who]) * p.mechanisms.transition_dip
        possible = s.full_pace[m] * pace
        spent = min(possible, s.freed[m])
        s.freed[m] -= spent
        s.held_up[m] = 1 - spent / max(possible, 1e-9)
        harder = 1 + p.programme.diminishing * s.work_delivered[0] / p.vision.size
        done = spent / s.difficulty[m] / harder
        s.pace[m] = done / s.full_pace[m]
        s.work[m] += done
        if s.month[0] >= 0:
            s.work_delivered[0] += done
            s.pending[:] += s.benefit[m] * done * s.benefit_mix[m]
            s.harm[:] += s.needs[m] * s.member_harm[m] * done / s.work_size[m]


def compare_with_plans(s: Any, p: Any) -> None:
    there = s.number >= 0
    needed, plan = s.needs * there[:, None], max(planned_pace(s, p), 1e-9)
    s.recent_pace[there] += (s.pace - s.recent_pace)[there] / 12
    going = np.minimum(s.recent_pace / plan, 1)
    s.going[:] = going @ needed / np.maximum(s.load, 1)
    s.joint[:] = needed.T @ needed
    s.joint_going[:] = needed.T @ (needed * going[:, None]) / np.maximum(s.joint, 1)
    if there.any():
        s.usual_pace[0] += (s.pace[there].mean() - s.usual_pace[0]) / 24


def judge_partners(s: Any, p: Any) -> None:
    for i, j in s.links() if p.trust.theory == 0 else []:
        q = s.contact[i, j]
        for layer in range(3) if s.joint[i, j] else []:
            seen = (1 - q / 2) * s.joint_going[i, j] + q / 2 * s.deed[j, layer]
            C = s.competence_trust[i, layer, j]
            s.competence_trust[i, layer, j] = news(C, seen, p.trust.rate * q, 0.0, p)


def follow_theory(s: Any, p: Any) -> None:
    for i, j in s.links() if p.trust.theory else []:
        for at in [(i, layer, j) for layer in range(3)]:
            if p.trust.theory == 1:
                T, R = sqrt(s.competence_trust[at] * s.goodwill_trust[at]), s.damage[at]
                signal = np.tanh(s.contact[i, j] * (s.delivered[j, at[1]] - s.usual_share[0]))
                if signal > 0:
                    T, R = T + 0.1 * signal * max(1 - R - T, 0) / 3, R - 0.03 * R / 3
                else:
                    amplified = 1 + 0.5 * p.organisations.interdependence[i]
                    T += 0.3 * signal * T * amplified / 3
                    R += 0.6 * abs(signal) * (1 - R) / 3
                s.damage[at], T = R, min(max(T, 0), 1)
            else:
                s.together[at] += s.joint[i, j] > 0
                x = max(s.together[at] / 3, 1)
                T = 1 - (1 - p.trust.disposition) / (0.5 * x + 0.5)
            s.competence_trust[at] = s.goodwill_trust[at] = T


def settle_accounts(s: Any, p: Any) -> None:
    for i in np.flatnonzero(s.is_present):
        delta, given, got, short = p.organisations.interdependence[i], s.hands[i], 0.0, 0.0
        others = np.arange(s.n) != i
        for m in np.flatnonzero((s.number >= 0) & (s.needs[:, i] > 0)):
            parts = s.part[m, others]
            theirs = parts @ s.hands[others] / max(parts.sum(), 1e-9)
            short += max(given - theirs, 0) / max(s.load[i], 1)
            got += own_benefit(s, i, m) * s.pace[m] / max(s.load[i], 1)
        put = s.price[i] * (s.meeting_share[i] + (1 - s.meeting_share[i]) * given)
        put += (1 - delta) * p.decision.value_alone * given + delta * p.decision.exposure * short
        s.got[i] += (delta * got - s.got[i]) / 12
        s.put[i] += (put - s.put[i]) / 12


# 7 Benefit, and what comes next -------------------------------------------------------------------


def embed_work(s: Any, p: Any) -> None:
    flow = s.pending / p.place.embedding_months
    s.pending[:] -= flow
    felt = flow / np.maximum(s.vision * p.vision.size, 1e-9)
    s.embedded[:] = np.clip(s.embedded * (1 - p.place.erosion_rate) + felt, -1, 1)
    share, given = s.meeting_share, s.delivered.mean(axis=1)
    s.own_benefit[:] += s.is_present * s.incentive_share * (s.objectives @ s.embedded)
    s.own_cost[:] += s.is_present * (s.price * (share + (1 - share) * given) + s.harm)


def is_complete(s: Any, m: int) -> bool:
    return bool(s.work[m] >= s.work_size[m] * (1 - 1e-12))


def give_up_work(s: Any, p: Any) -> None:
    for m in range(len(s.number)):
        if s.number[m] < 0 or is_complete(s, m):
            continue
        gone = [i for i in range(s.n) if s.needs[m, i] and not s.is_present[i]]
        s.absent_months[m] = s.absent_months[m] + 1 if gone else 0
        for i in gone if s.absent_months[m] > 3 else []:
            s.needs[m, i] = 0
            fit = [s.base_objectives[j] @ s.benefit_mix[m] for j in range(s.n)]
            free = [j for j in range(s.n) if s.is_present[j] and not s.needs[m, j]]
            for best in sorted(free, key=lambda j: -fit[j])[:1]:
                s.needs[m, best], s.votes[m, best] = 1, 0
        members = [i for i in range(s.n) if s.needs[m, i] and s.is_present[i]]
        is_short = len(members) < 2 and not 0 < s.absent_months[m] <= 3
        if s.recent_pace[m] >= 0.5 * s.usual_pace[0] and not is_short:
            continue
        s.number[m], s.recent_pace[m], s.freed[m] = -1, s.usual_pace[0], 0
        s.decision[m], s.votes[m] = 0, 0
        s.counts[1] += 1
        kept = 1 - 0.15 * min(s.age[m] / 24, 1)
        for i in members:
            s.vision_commitment[i] *= kept
            for j in set(members) - {i}:
                s.competence_trust[i, :, j] *= kept
                s.together[i, :, j] = 0


def normal(s: Any, number: int, which: int) -> float:
    one, other = (s.u(0, d.INITIATIVE, number, which + k, month=1000) for k in (0, 1))
    return float(s.p.luck * sqrt(-2 * log(one)) * np.cos(2 * np.pi * other))


def begin_initiatives(s: Any, p: Any) -> None:
    for m in range(len(s.number)):
        surplus = 0.0
        if s.number[m] >= 0 and is_complete(s, m):
            s.counts[0] += 1
            s.completed_months[:] += s.age[m], s.planned_months[m]
            surplus, s.number[m] = s.work[m] - s.work_size[m], -1
        if s.number[m] < 0 and s.is_present.sum() >= 2:
            begin_initiative(s, p, m)
            s.work[m] = max(surplus, 0)


def begin_initiative(s: Any, p: Any, m: int) -> None:
    given, number = p.programme.initiatives, int(m + p.programme.n_simultaneous * s.generation[m])
    if number >= given.n:
        draw_initiative(s, p, m, number)
    elif s.month[0] + 1 < given.start_month[number]:
        return
    else:
        domains = given.domains[number, : len(s.vision)]
        s.benefit_mix[m] = domains if domains.sum() > 0 else s.vision
        s.needs[m], s.member_harm[m] = given.members[number, : s.n], given.harm[number, : s.n]
        s.work_size[m] = given.size[number]
    s.number[m] = number
    s.generation[m] += 1
    s.difficulty[m] = exp(0.6 * normal(s, number, 2) - 0.18 * p.luck**2)
    s.benefit[m] = 1 + 0.8 * normal(s, number, 4)
    s.work[m], s.age[m], s.absent_months[m], s.tilt[:] = 0, 0, 0, 0
    s.mix_length[m] = np.linalg.norm(s.benefit_mix[m])
    s.joint_value[m] = cos(s.vision, s.benefit_mix[m])


def draw_initiative(s: Any, p: Any, m: int, number: int) -> None:
    tilt, leaning = s.tilt.sum(), s.vision
    if tilt > 0:
        leaning = leaning + min(tilt, 0.8) * (s.tilt / tilt @ s.base_objectives - leaning)
    within = np.flatnonzero(s.u(0, d.INITIATIVE, number, 0, month=1000) < np.cumsum(leaning))
    focus = within[0] if len(within) else len(leaning) - 1
    s.benefit_mix[m] = (1 - 0.7 * p.luck) * leaning
    s.benefit_mix[m, focus] += 0.7 * p.luck
    draw = [s.u(0, d.INITIATIVE_MEMBER, number, k, month=1000) for k in p.label[: s.n]]
    fit = s.base_objectives @ s.benefit_mix[m] + 0.5 * s.noise(np.array(draw))
    there = sorted(np.flatnonzero(s.is_present), key=lambda i: -fit[i])
    s.needs[m], s.member_harm[m] = 0, 0
    s.needs[m, there[: p.programme.members_per_initiative]] = 1
    size = s.u(0, d.INITIATIVE, number, 1, month=1000)
    s.work_size[m] = p.programme.initiative_size * (1 + 0.5 * s.noise(size))


# 8 Within -----------------------------------------------------------------------------------------


def update_commitment(s: Any, p: Any) -> None:
    weights = s.is_present * s.base_capacity
    for i in np.flatnonzero(s.is_present):
        v, way, ceiling = s.vision_commitment[i].copy(), s.in_force[i], s.ceiling[i]
        trusted = np.where(np.arange(s.n) == i, 1.0, s.trust[i] ** 2)
        told = (0.12 * way[JOINT_DAYS] + 0.12 * 0.46 / 1.21 * way[PAPERS]) / 12
        told += 0.02 * s.going[i] * p.mechanisms.results
        told = told + p.commitment.identification * (trusted @ weights) / weights.sum()
        pull = p.commitment.pull * (0.5 + s.target_pressure[i]) * (0.5 + s.accountability[i])
        follow = min(1, 0.1 * (1 + way[OWN_DAYS] / 12 * p.mechanisms.away_days_reason))
        v += (
            -pull * (v - p.commitment.alone * ceiling)
            + np.minimum(told, 1) * np.maximum(ceiling - v, 0)
            - 0.06 * way[OWN_DAYS] / 12 * p.mechanisms.away_days_harm * v
            + follow * (v.mean() - v)
        )
        s.vision_commitment[i] = np.clip(v, 0, 1)


def forget_partners(s: Any, p: Any) -> None:
    apart = ~np.eye(s.n, dtype=bool)
    for trust in (s.competence_trust, s.goodwill_trust):
        back = 0.01 * (1 - s.contact)[:, None, :] * (p.trust.disposition - trust)
        trust += back * apart[:, None, :]


def update_beliefs(s: Any, p: Any) -> None:
    for i in range(s.n) if p.decision.is_conditional else []:
        others = (np.arange(s.n) != i) & (s.is_present > 0)
        given = s.delivered[others].mean(axis=0) if others.any() else 0.0
        s.belief[i] = np.clip(0.118 / 20 + 0.415 * given + 0.569 * s.belief[i], 0, 1)


def change_practice(s: Any, p: Any) -> None:
    aim = s.stated * (1 - 0.5 * s.vision_commitment.mean(axis=1))[:, None]
    moved = s.practised + 0.05 * (aim - s.practised)
    is_free = (s.is_held == 0) & np.isin(np.arange(s.stated.shape[1]), DIVISIVE)
    s.practised[:] = np.where(is_free, moved, s.practised)


def perform(name: str, state: Any, p: Any) -> None:
    """One process of the month; trust that is held stays as it is."""
    view, process = View(state, p), globals()[name]
    held = [getattr(view, kind).copy() for kind in ("competence_trust", "goodwill_trust")]
    act: Callable[[Any, Any], None] = process
    act(view, p)
    if p.mechanisms.trust_frozen and (state.month[0] >= 0 or p.starting.trust >= 0):
        view.competence_trust[:], view.goodwill_trust[:] = held
