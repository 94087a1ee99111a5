"""Set the state before the first month, from which a run begins; what is not given is drawn."""

from partnersim.model.arithmetic import clip, exp, log
from partnersim.model.compiled import compiled, with_slot
from partnersim.model.constants import (
    DRAWN_BEFORE,
    N_LAYERS,
    NATIONAL_SHOCK_SPREAD,
    ORGANISATION_JOINS,
    REST_MONTHS,
    SHOCK_SPREAD,
    STARTING_COMMITMENT,
    STARTING_COMPETENCE,
    STARTING_CONTACT,
    STARTING_CONTRIBUTION,
    STARTING_GOODWILL,
    STARTING_PACE,
    STARTING_TENSION,
)
from partnersim.model.draws import (
    ACCOUNTABILITY,
    CAPACITY,
    CULTURE,
    ENVIRONMENT,
    HORIZON,
    INCENTIVE,
    NATIONAL_SHOCK,
    OBJECTIVES,
    PRESSURE,
    PROGRESS,
    SETUP,
    SHOCK,
    noise,
    set_keys,
    uniform,
)
from partnersim.model.environment import UNIT_VARIANCE, feel_pressure, n_members, near_deadlines, set_capacity
from partnersim.model.levers import N_LEVERS, set_levers
from partnersim.model.meetings import compare_interests, show_commitment
from partnersim.model.trust import assess_trust, start_as_strangers, start_trust
from partnersim.model.work import begin_initiative


@with_slot
def set_out(begin, state, p, root, replicate):
    """Set a state to some months before the beginning, near where the place will come to rest."""
    clear(state, p)
    set_keys(state.keys, root, replicate)
    take_attributes(state, p)
    if p.drawn.is_given:
        draw_organisations(state, p)
    see_vision(state, p)
    start_shocks(state, p)
    set_levers(state, p)
    near_deadlines(state, p)
    set_capacity(state, p)
    start_relations(state, p)
    for i in range(p.n):
        for layer in range(N_LAYERS):
            state.vision_commitment[i, layer] = STARTING_COMMITMENT * state.ceiling[i]
            promise_share(i, layer, STARTING_CONTRIBUTION, state)
    feel_pressure(state, p)
    keep_apart(state, p)
    compare_interests(state, p)
    show_commitment(state, p)
    assess_trust(state, p)
    for m in range(p.programme.n_simultaneous):
        state.generation[m] = DRAWN_BEFORE
        begin_initiative(begin, m, 0, state, p)
        draw = uniform(state.keys, ENVIRONMENT, SETUP, PROGRESS, m, 0, 0)
        state.work[m] = state.work_size[m] * (0.5 + 0.5 * noise(draw, p.luck))


@with_slot
def begin_counting(begin, state, p):
    """Month 0: what is given for the beginning replaces what has come about, and all counts."""
    state.staff_days[0] = 0.0
    fill(state.counts, 0)
    fill(state.completed_months, 0.0)
    fill(state.decisions, 0)
    fill(state.own_benefit, 0.0)
    fill(state.own_cost, 0.0)
    if p.starting.trust >= 0.0:
        start_trust(p.starting.trust, p.starting.trust, state, p)
        assess_trust(state, p)
    if p.starting.contribution >= 0.0:
        for i in range(p.n):
            for layer in range(N_LAYERS):
                promise_share(i, layer, p.starting.contribution * state.is_present[i], state)
    for m in range(p.programme.n_simultaneous):
        state.generation[m] = 0
        if m < p.programme.initiatives.n:
            state.number[m] = -1
            begin_initiative(begin, m, 0, state, p)


@compiled
def promise_share(i, layer, share, state):
    """A layer promises a share of its free capacity, and is believed to give it."""
    state.contribution[i, layer] = state.delivered[i, layer] = state.belief[i, layer] = share


@compiled
def fill(array, value):
    """Set a whole axis to one value. (A loop compiles in a tenth of the time of a slice assignment.)"""
    for at in range(array.shape[0]):
        array[at] = value


@compiled
def clear(state, p):
    """Reset what is counted from the start."""
    state.month[0] = -REST_MONTHS
    state.has_collapsed[0] = 0
    state.work_delivered[0] = 0.0
    state.staff_days[0] = 0.0
    state.crisis[0] = 0.0
    state.usual_pace[0] = STARTING_PACE
    state.usual_share[0] = STARTING_CONTRIBUTION
    fill(state.decisions, 0)
    fill(state.recent_pace, STARTING_PACE)
    fill(state.decision, 0.0)
    fill(state.freed, 0.0)
    fill(state.full_pace, 0.0)
    fill(state.pace, 0.0)
    fill(state.held_up, 0.0)
    fill(state.got, 0.0)
    fill(state.put, 0.0)
    fill(state.going, 0.0)
    fill(state.hands, STARTING_CONTRIBUTION)
    fill(state.load, 0.0)
    fill(state.price, 0.0)
    for m in range(p.programme.n_simultaneous):
        fill(state.votes[m], 0.0)
        fill(state.part[m], 0.0)
    fill(state.pending, 0.0)
    fill(state.embedded, 0.0)
    fill(state.own_benefit, 0.0)
    fill(state.own_cost, 0.0)
    fill(state.harm, 0.0)
    fill(state.tilt, 0.0)
    fill(state.leaving, 0.0)
    fill(state.emerging, 0.0)
    fill(state.transition, 0.0)
    fill(state.meeting_share, 0.0)
    fill(state.stake, 0.0)
    fill(state.helped, 0.0)
    fill(state.is_at_work, 0.0)
    fill(state.host, -1)
    for i in range(p.n):
        fill(state.convened[i], 0.0)
        fill(state.agreement[i], 0.0)
        fill(state.joint[i], 0.0)
        fill(state.joint_going[i], 0.0)
        fill(state.deed[i], 0.5)
        for layer in range(N_LAYERS):
            fill(state.damage[i, layer], 0.0)
            fill(state.together[i, layer], 0.0)


@compiled
def take_attributes(state, p):
    """Take the attributes of each organisation, and its levers, from the scenario."""
    for i in range(p.n):
        state.is_present[i] = p.organisations.is_present_at_start[i]
        state.planning_horizon[i] = p.organisations.planning_horizon[i]
        state.accountability[i] = p.organisations.accountability[i]
        state.incentive_share[i] = p.organisations.incentive_share[i]
        state.base_capacity[i] = p.organisations.capacity[i]
        state.base_pressure[i] = p.organisations.pressure[i]
        for k in range(p.n_domains):
            state.base_objectives[i, k] = p.organisations.objectives[i, k]
        for j in range(p.n):
            state.cultural_distance[i, j] = p.organisations.cultural_distance[i, j]
        for v in range(N_LEVERS):
            state.stated[i, v] = p.organisations.ways_of_working[i, v]
            state.practised[i, v] = p.organisations.ways_of_working[i, v]
            state.in_force[i, v] = p.organisations.ways_of_working[i, v]


@compiled
def own_draw(i, purpose, state, p):
    """Draw the deviation of one attribute of an organisation, in [-luck, luck]."""
    return noise(uniform(state.keys, ENVIRONMENT, SETUP, purpose, p.label[i], 0, 0), p.luck)


@compiled
def draw_organisations(state, p):
    """Draw attributes about their means, and objectives as far apart as diversity says."""
    n, n_domains = p.n, p.n_domains
    for i in range(n):
        total = 0.0
        for k in range(n_domains):
            draw = uniform(state.keys, ENVIRONMENT, SETUP, OBJECTIVES, p.label[i], k, 0)
            state.base_objectives[i, k] = -log(draw)
            total += state.base_objectives[i, k]
        for k in range(n_domains):
            even = 1.0 / n_domains
            apart = p.luck * p.drawn.objective_diversity * (state.base_objectives[i, k] / total - even)
            state.base_objectives[i, k] = even + apart
        stretch = p.drawn.horizon_diversity * log(3.0) * own_draw(i, HORIZON, state, p)
        state.planning_horizon[i] = max(1.0, p.organisations.planning_horizon[i] * exp(stretch))
        state.base_pressure[i] = clip(
            p.organisations.pressure[i] + p.drawn.pressure_spread * own_draw(i, PRESSURE, state, p), 0.0, 1.0
        )
        state.accountability[i] = clip(
            p.organisations.accountability[i]
            + p.drawn.accountability_spread * own_draw(i, ACCOUNTABILITY, state, p),
            0.0,
            1.0,
        )
        state.incentive_share[i] = clip(
            p.organisations.incentive_share[i] + p.drawn.incentive_spread * own_draw(i, INCENTIVE, state, p),
            0.0,
            1.0,
        )
        state.base_capacity[i] = p.organisations.capacity[i] + p.drawn.capacity_spread * own_draw(
            i, CAPACITY, state, p
        )
        for j in range(i):
            low, high = min(p.label[i], p.label[j]), max(p.label[i], p.label[j])
            draw = uniform(state.keys, ENVIRONMENT, SETUP, CULTURE, low, high, 0)
            spread = min(p.drawn.culture_diversity, 1.0 - p.drawn.culture_diversity)
            distance = p.drawn.culture_diversity + spread * noise(draw, p.luck)
            state.cultural_distance[i, j] = state.cultural_distance[j, i] = distance


@compiled
def see_vision(state, p):
    """Set the weights of the vision: as given, else the members' mean objectives."""
    n, n_domains = p.n, p.n_domains
    given = 0.0
    for k in range(n_domains):
        given += p.vision.weights[k]
    members = n_members(state, p)
    for k in range(n_domains):
        mean = 0.0
        for i in range(n):
            mean += state.is_present[i] * state.base_objectives[i, k] / members
        state.vision[k] = p.vision.weights[k] if given > 0.0 else mean


@compiled
def keep_apart(state, p):
    """Compare planning horizons, once for all."""
    for i in range(p.n):
        for j in range(p.n):
            ratio = log(state.planning_horizon[i] / state.planning_horizon[j])
            state.horizons_apart[i, j] = min(1.0, abs(ratio) / log(10.0))


@compiled
def start_shocks(state, p):
    """Draw shocks as if they had always gone on: stationary from the start."""
    draw = uniform(state.keys, ENVIRONMENT, SETUP, NATIONAL_SHOCK, 0, 0, 0)
    state.national_shock[0] = NATIONAL_SHOCK_SPREAD * UNIT_VARIANCE * noise(draw, p.luck)
    for i in range(p.n):
        state.shock[i] = SHOCK_SPREAD * UNIT_VARIANCE * own_draw(i, SHOCK, state, p)


@compiled
def start_relations(state, p):
    """Set trust, contact and tension of each pair; those who are to join have none yet."""
    n = p.n
    stated = p.starting.trust
    if stated >= 0.0:
        start_trust(stated, stated, state, p)
    else:
        start_trust(STARTING_COMPETENCE, STARTING_GOODWILL, state, p)
    for i in range(n):
        for j in range(n):
            if i == j:
                continue
            state.contact[i, j] = STARTING_CONTACT
            state.tension[i, j] = STARTING_TENSION
    for e in range(p.events.n):
        newcomer = p.events.organisation[e]
        if p.events.type[e] == ORGANISATION_JOINS:
            start_as_strangers(newcomer, state, p)
            for j in range(n):
                if j != newcomer:
                    state.contact[newcomer, j] = state.contact[j, newcomer] = 0.0
                    state.tension[newcomer, j] = state.tension[j, newcomer] = 0.0
            state.is_present[newcomer] = 0.0
