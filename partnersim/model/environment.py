"""Processes 1 and 2 bring what comes from outside: the place, levers, events, people who leave."""

import math

from partnersim.model.arithmetic import clip, length, product
from partnersim.model.compiled import compiled, with_slot
from partnersim.model.constants import (
    ACCOUNT_MONTHS,
    COLLAPSE_SHARE,
    COMMON_CRISIS,
    CRISIS_COMMITMENT,
    CRISIS_SHIFT,
    DEADLINE,
    FUNDING_CUT,
    LAYER_SHARE,
    LEADER_LEAVES,
    LEAST_MEMBERS,
    LEAVING,
    MANAGEMENT,
    N_LAYERS,
    NATIONAL_SHOCK_SPREAD,
    NATIONAL_TARGET_LANDS,
    ORGANISATION_JOINS,
    ORGANISATION_WITHDRAWS,
    REORGANISATION,
    SHOCK_PERSISTENCE,
    SHOCK_SPREAD,
    TARGET_PRESSURE_OF_CUT,
    TURNOVER_LOSS,
)
from partnersim.model.decisions import own_benefit
from partnersim.model.draws import (
    ENVIRONMENT,
    NATIONAL_SHOCK,
    SHOCK,
    TURNOVER,
    WITHDRAWAL,
    event,
    noise,
    of_layer,
    random_bits,
    uniform,
)
from partnersim.model.levers import CROSS_LINKS, N_LEVERS, is_divisive
from partnersim.model.trust import break_tie, return_to_disposition, trust_as_strangers

UNIT_VARIANCE = math.sqrt(3.0)  # makes a uniform on [-1, 1] one of variance 1


@compiled
def is_under_way(event_index, month, p):
    """Return whether an event that lasts is on this month."""
    begin = p.events.month[event_index]
    return begin <= month < begin + p.events.months[event_index]


@compiled
def concerns(event_index, i, p):
    """Return whether an event happens to organisation i."""
    return p.events.organisation[event_index] in (-1, i)


@compiled
def n_members(state, p):
    """Count the organisations that are present."""
    count = 0.0
    for i in range(p.n):
        count += state.is_present[i]
    return count


# Process 1: environment ---------------------------------------------------------------------


@compiled
def draw_shocks(state, p):
    """Shocks of each organisation and of the nation fade and are renewed.

    z' = a z + s sqrt(1 - a^2) e, e of variance 1.
    """
    month = state.month[0]
    fresh = math.sqrt(1.0 - SHOCK_PERSISTENCE * SHOCK_PERSISTENCE) * UNIT_VARIANCE
    draw = uniform(state.keys, ENVIRONMENT, month, NATIONAL_SHOCK, 0, 0, 0)
    national = NATIONAL_SHOCK_SPREAD * fresh * noise(draw, p.luck)
    state.national_shock[0] = SHOCK_PERSISTENCE * state.national_shock[0] + national
    for i in range(p.n):
        draw = uniform(state.keys, ENVIRONMENT, month, SHOCK, p.label[i], 0, 0)
        own = SHOCK_SPREAD * fresh * noise(draw, p.luck)
        state.shock[i] = SHOCK_PERSISTENCE * state.shock[i] + own


@compiled
def near_deadlines(state, p):
    """Deadlines pull attention, and with it the ceiling of commitment.

    w_i(t) is proportional to w_i + sum of weight * nearness^2; the ceiling is cos(w_i, W).
    """
    month = state.month[0]
    n, n_domains = p.n, p.n_domains
    vision_length = length(state.vision, n_domains)
    for i in range(n):
        state.deadline[i] = 0.0
        for k in range(n_domains):
            state.objectives[i, k] = state.base_objectives[i, k]
    for t in range(p.organisations.targets.n):
        i = p.organisations.targets.organisation[t]
        cycle = p.organisations.targets.cycle_months[t]
        cycles = (month + p.organisations.targets.phase_months[t]) / cycle
        elapsed = cycles - math.floor(cycles)
        pull = p.organisations.targets.weight[t] * elapsed * elapsed
        state.objectives[i, p.organisations.targets.domain[t]] += pull
        state.deadline[i] += pull
    for e in range(p.events.n):
        if p.events.type[e] == NATIONAL_TARGET_LANDS and is_under_way(e, month, p):
            elapsed = (month - p.events.month[e] + 1.0) / p.events.months[e]
            pull = p.events.size[e] * elapsed * elapsed
            for i in range(n):
                state.objectives[i, p.events.domain[e]] += pull
                state.deadline[i] += pull
    for i in range(n):
        total = 0.0
        for k in range(n_domains):
            total += state.objectives[i, k]
        to_share = 1.0 / total
        for k in range(n_domains):
            state.objectives[i, k] *= to_share
        state.objectives_length[i] = length(state.objectives[i], n_domains)
        state.ceiling[i] = product(state.objectives[i], state.vision, n_domains) / (
            state.objectives_length[i] * vision_length
        )


@compiled
def set_capacity(state, p):
    """Capacity is less any cut in force, and a crisis may be on."""
    month = state.month[0]
    state.crisis[0] = 0.0
    for i in range(p.n):
        state.capacity[i] = state.base_capacity[i]
    for e in range(p.events.n):
        if not is_under_way(e, month, p):
            continue
        if p.events.type[e] == COMMON_CRISIS:
            state.crisis[0] = max(state.crisis[0], p.events.size[e])
        elif p.events.type[e] == FUNDING_CUT:
            for i in range(p.n):
                if concerns(e, i, p):
                    state.capacity[i] *= 1.0 - p.events.size[e]


@compiled
def feel_pressure(state, p):
    """Pressure rises with deadlines and cuts, and falls with what is delivered.

    p_i = base + deadlines - relief by what is delivered + cuts + shocks
    """
    n, n_domains = p.n, p.n_domains
    for i in range(n):
        relief = product(state.objectives[i], state.embedded, n_domains)
        cut = 1.0 - state.capacity[i] / state.base_capacity[i]
        state.target_pressure[i] = clip(
            state.base_pressure[i]
            + DEADLINE * state.deadline[i]
            - p.pressure.relief * relief
            + TARGET_PRESSURE_OF_CUT * cut
            + state.shock[i]
            + state.national_shock[0],
            0.0,
            1.0,
        )


# Process 2: events, turnover, withdrawal ----------------------------------------------------


@compiled
def lose_relationships(i, layer, share, state, p):
    """Trust in and from a layer, and its commitment, fall back as people change.

    A pair with further contacts loses only the part of the one who left.
    """
    n = p.n
    for j in range(n):
        if j == i:
            continue
        for trustor, trustee in ((i, j), (j, i)):
            part = share * TURNOVER_LOSS / state.in_force[trustor, CROSS_LINKS]
            return_to_disposition(trustor, layer, trustee, part, state, p)
            break_tie(trustor, layer, trustee, share / state.in_force[trustor, CROSS_LINKS], state)
    alone = p.commitment.alone * state.ceiling[i]
    commitment = state.vision_commitment[i, layer]
    state.vision_commitment[i, layer] += share * TURNOVER_LOSS * (alone - commitment)
    for c in range(p.coordinators.n):
        state.credibility[c, i] *= 1.0 - share * TURNOVER_LOSS / N_LAYERS
        if c >= p.coordinators.n_appointed and layer == MANAGEMENT and share >= 0.5 and state.host[c] == i:
            state.is_at_work[c] = 0.0  # one who emerged leaves with the managers
            state.host[c] = -1


@compiled
def let_events_happen(state, p):
    """What the scenario lists for this month happens."""
    month = state.month[0]
    n = p.n
    for e in range(p.events.n):
        if p.events.month[e] != month:
            continue
        kind, size = p.events.type[e], p.events.size[e]
        for i in range(n):
            if not concerns(e, i, p):
                continue
            if kind == ORGANISATION_JOINS and state.is_present[i] == 0.0:
                add_member(i, state, p)
                trust_as_strangers(i, state, p)
            if state.is_present[i] == 0.0:
                continue
            if kind == LEADER_LEAVES:
                lose_relationships(i, p.events.layer[e], size, state, p)
            elif kind == REORGANISATION:
                for layer in range(N_LAYERS):
                    lose_relationships(i, layer, size, state, p)
            elif kind == COMMON_CRISIS:
                pull_together(i, size, state)
            elif kind == ORGANISATION_WITHDRAWS:
                state.is_present[i] = 0.0


@compiled
def pull_together(i, size, state):
    """A crisis gives a shared goal: commitment rises, and divisive ways of working shift and stay so."""
    for layer in range(N_LAYERS):
        room = max(state.ceiling[i] - state.vision_commitment[i, layer], 0.0)
        state.vision_commitment[i, layer] += CRISIS_COMMITMENT * size * room
    for v in range(N_LEVERS):
        if is_divisive(v):
            state.stated[i, v] *= 1.0 - CRISIS_SHIFT * size
            state.practised[i, v] *= 1.0 - CRISIS_SHIFT * size


@compiled
def add_member(i, state, p):
    """A newcomer is present, has met nobody, and is committed as one alone is."""
    state.is_present[i] = 1.0
    for j in range(p.n):
        if j != i:
            state.contact[i, j] = state.contact[j, i] = 0.0
            state.tension[i, j] = state.tension[j, i] = 0.0
    for layer in range(N_LAYERS):
        state.vision_commitment[i, layer] = p.commitment.alone * state.ceiling[i]


@compiled
def change_leaders(state, p):
    """In each layer somebody may leave, and relationships go with them."""
    month = state.month[0]
    for i in range(p.n):
        bits = random_bits(state.keys, ENVIRONMENT, month, TURNOVER, p.label[i], 0, 0)
        for layer in range(N_LAYERS):
            leaves = event(of_layer(bits, layer), p.turnover.rate, p.luck)
            if leaves > 0.0 and state.is_present[i] > 0.0:
                lose_relationships(i, layer, leaves, state, p)


@compiled
def end_partnership(state, p):
    """After a collapse nobody is a member, promises, gives, meets or coordinates."""
    for i in range(p.n):
        state.is_present[i] = 0.0
        state.meeting_share[i] = 0.0
        for layer in range(N_LAYERS):
            state.contribution[i, layer] = state.delivered[i, layer] = 0.0
    for m in range(p.programme.n_simultaneous):
        state.number[m] = -1
    for c in range(p.coordinators.n):
        state.is_at_work[c] = 0.0


@compiled
def settle_accounts(state, p):
    """Each member looks back over a year at what joint work brought it and what it put in.

    got = delta (own benefit of a month's joint work); put = price of work and meetings, what one's
    time alone would have brought, and exposure where the others gave less than oneself.
    """
    for i in range(p.n):
        if state.is_present[i] == 0.0:
            continue
        interdependence, given = p.organisations.interdependence[i], state.hands[i]
        got, shortfall = 0.0, 0.0
        for m in range(p.programme.n_simultaneous):
            if state.number[m] < 0 or state.needs[m, i] == 0.0:
                continue
            others, parts = 0.0, 0.0
            for j in range(p.n):
                if j != i:
                    others += state.part[m, j] * state.hands[j]
                    parts += state.part[m, j]
            shortfall += max(given - others / max(parts, 1.0e-9), 0.0) / max(state.load[i], 1.0)
            got += own_benefit(i, m, state, p) * state.pace[m] / max(state.load[i], 1.0)
        share = state.meeting_share[i]
        put = state.price[i] * (share + (1.0 - share) * given)
        put += (1.0 - interdependence) * p.decision.value_alone * given
        put += interdependence * p.decision.exposure * shortfall
        state.got[i] += (interdependence * got - state.got[i]) / ACCOUNT_MONTHS
        state.put[i] += (put - state.put[i]) / ACCOUNT_MONTHS


@compiled
def chance_of_leaving(i, state, p):
    """Return the chance that a member leaves: it grows as the member gives more than it gets or is less
    committed."""
    got, put = state.got[i], state.put[i]
    account = (got - put) / max(abs(got) + abs(put), 1.0e-9)
    commitment = 0.0
    for layer in range(N_LAYERS):
        commitment += state.vision_commitment[i, layer] * LAYER_SHARE
    owing = max(-account, 0.0)
    return LEAVING * owing * owing * owing * (1.0 - commitment)


@with_slot
def withdraw_members(leave, state, p):
    """A member may leave; with too little of the founding capacity left all is over."""
    month = state.month[0]
    for i in range(p.n):
        chance = leave(i, state, p) if state.is_present[i] > 0.0 and month > 0 else 0.0
        if chance > 0.0:
            draw = uniform(state.keys, ENVIRONMENT, month, WITHDRAWAL, p.label[i], 0, 0)
            state.leaving[i] += event(draw, chance, p.luck)
    for i in range(p.n):
        if state.leaving[i] >= 1.0:
            state.is_present[i] = 0.0
            state.leaving[i] = 0.0
    founding, left = 0.0, 0.0
    for i in range(p.n):
        founding += p.organisations.is_present_at_start[i] * state.base_capacity[i]
        left += state.is_present[i] * state.base_capacity[i]
    if n_members(state, p) < LEAST_MEMBERS or left < COLLAPSE_SHARE * founding:
        state.has_collapsed[0] = 1
        end_partnership(state, p)
