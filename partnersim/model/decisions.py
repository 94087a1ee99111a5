"""Each layer of each organisation decides what to contribute.

Trust is willingness to be exposed: what is at stake counts as far as the others can be relied
on, and relying on them costs as far as they cannot.
"""

import math

from partnersim.model.arithmetic import clip, product
from partnersim.model.compiled import compiled, with_slot
from partnersim.model.constants import BOARD, FRONT_LINE, LONGEST_VIEW, MANAGEMENT, N_LAYERS
from partnersim.model.levers import DELEGATED_AUTHORITY

LEAST = 1.0e-9  # so that no weakest link is divided by


@compiled
def ces_term(x, exponent):
    """x to the exponent; the whole numbers in use are multiplied out."""
    x = max(x, LEAST)
    if exponent == -1.0:
        return 1.0 / x
    if exponent == -2.0:
        return 1.0 / (x * x)
    if exponent == 1.0:
        return x
    return math.exp(exponent * math.log(x))


@compiled
def ces_mean(terms, weights, exponent):
    """The mean of what has this sum of weighted terms and of weights: the weakest counts most
    for low exponents."""
    if exponent == -1.0:
        return weights / terms
    if exponent == -2.0:
        return math.sqrt(weights / terms)
    if exponent == 1.0:
        return terms / weights
    return math.exp(math.log(terms / weights) / exponent)


@compiled
def usable_exponent(exponent):
    """The CES exponent kept off 0, where its limit (the geometric mean) is as good as reached."""
    return -1.0e-3 if abs(exponent) < 1.0e-3 else exponent


@compiled
def months_to_benefit(i, m, state):
    """How far off i believes the benefit of m to be: half by the plan, half by pace seen."""
    remaining = max(state.work_size[m] - state.work[m], 0.0)
    pace = 0.5 * state.planned_rate[m] + 0.5 * state.believed_rate[m, i]
    if remaining >= LONGEST_VIEW * pace:
        return LONGEST_VIEW
    return remaining / pace


@compiled
def exposure_of(i, state, p):
    """What relying in vain costs i; referring every decision back limits it."""
    referred = 1.0 - state.in_force[i, DELEGATED_AUTHORITY]
    protection = p.decision.referral_protection * referred if p.mechanisms.referral_reason else 0.0
    return p.decision.exposure * (1.0 - protection)


@compiled
def load_of(i, state, p):
    """How many initiatives need i now."""
    load = 0.0
    for m in range(p.programme.n_simultaneous):
        if state.number[m] >= 0:
            load += state.needs[m, i]
    return load


@compiled
def consider_partners(state, p):
    """The term of each trustee in the CES mean of trust, which every initiative's mean uses."""
    exponent, n = usable_exponent(p.programme.complementarity), p.n
    for i in range(n):
        for layer in range(N_LAYERS):
            for j in range(n):
                state.reliance_term[i, layer, j] = ces_term(state.trust[i, layer, j], exponent)


@compiled
def rely_on_partners(i, m, state, p):
    """How far each layer of i can rely on the others whom m needs: the CES mean of its trust in
    them. Who needs nobody relies on nobody in vain: 1."""
    shares = board = management = front_line = 0.0
    for j in range(p.n):
        share = state.needs[m, j] * state.is_present[j]
        if j == i or share == 0.0:
            continue
        shares += share
        board += share * state.reliance_term[i, BOARD, j]
        management += share * state.reliance_term[i, MANAGEMENT, j]
        front_line += share * state.reliance_term[i, FRONT_LINE, j]
    exponent, has_partners = usable_exponent(p.programme.complementarity), shares > 0.0
    state.reliance[BOARD] = ces_mean(board, shares, exponent) if has_partners else 1.0
    state.reliance[MANAGEMENT] = ces_mean(management, shares, exponent) if has_partners else 1.0
    state.reliance[FRONT_LINE] = ces_mean(front_line, shares, exponent) if has_partners else 1.0


@compiled
def weigh_initiative(i, m, state, p):
    """What each layer of i stands to gain from m.

    stake = (1-v) own + v joint; net = delta (stake R - exposure (1-R)) + (1-delta) a stake, with
    R the CES mean of trust in the others whom the initiative needs.
    """
    rely_on_partners(i, m, state, p)
    exposure = exposure_of(i, state, p)
    interdependence = p.organisations.interdependence[i]
    alone = (1.0 - interdependence) * p.decision.value_alone
    delay = months_to_benefit(i, m, state)
    alike = product(state.objectives[i], state.benefit_mix[m], p.n_domains) / (
        state.objectives_length[i] * state.mix_length[m]
    )
    own = state.incentive_share[i] * alike - state.member_harm[m, i]
    own *= math.exp(-delay / state.planning_horizon[i])
    joint = state.joint_value[m] * math.exp(-delay / p.vision.planning_horizon)
    first_layer = FRONT_LINE if state.is_quick[m] > 0.0 else 0
    for layer in range(first_layer, N_LAYERS):
        commitment = state.vision_commitment[i, layer]
        stake = (1.0 - commitment) * own + commitment * joint
        reliance = state.reliance[layer]
        relied_on = stake * reliance - exposure * (1.0 - reliance)
        state.net[i, layer] += interdependence * relied_on + alone * stake
        state.n_counted[layer] += 1.0
        state.stake[i] += stake


@compiled
def weigh_initiatives(state, p):
    """Each layer weighs what its organisation's initiatives are worth to it, and what they cost."""
    consider_partners(state, p)
    for i in range(p.n):
        state.stake[i] = 0.0
        for layer in range(N_LAYERS):
            state.net[i, layer] = 0.0
            state.n_counted[layer] = 0.0
        if state.is_present[i] == 0.0:
            continue
        for m in range(p.programme.n_simultaneous):
            if state.number[m] >= 0 and state.needs[m, i] > 0.0:
                weigh_initiative(i, m, state, p)
        state.stake[i] /= max(state.n_counted[0] + state.n_counted[1] + state.n_counted[2], 1.0)
        for layer in range(N_LAYERS):
            state.net[i, layer] /= max(state.n_counted[layer], 1.0)
        state.load[i] = load_of(i, state, p)
        further_load = max(state.load[i] - 1.0, 0.0) / p.programme.n_simultaneous
        state.price[i] = (
            p.decision.cost_base
            + p.decision.cost_pressure * state.target_pressure[i]
            + p.decision.cost_load * further_load
        )


@compiled
def decide_by_stake(i, layer, state, p):
    """A logistic of what is to be gained less what it costs, sharpness (net - price)."""
    return 1.0 / (1.0 + math.exp(-p.decision.sharpness * (state.net[i, layer] - state.price[i])))


@compiled
def decide_conditionally(i, layer, state, p):
    """That mixed with the belief about what the others give [fischbacher2010]."""
    own_view = decide_by_stake(i, layer, state, p)
    return p.decision.own_view_weight * own_view + p.decision.belief_weight * state.belief[i, layer]


@compiled
def decide_as_scenario_says(i, layer, state, p):
    """What a layer wants to contribute, by the rule that `decision.rule` names."""
    if p.decision.is_conditional:
        return decide_conditionally(i, layer, state, p)
    return decide_by_stake(i, layer, state, p)


@with_slot
def decide_contributions(decide, state, p):
    """Contributions move towards what each layer decides on."""
    for i in range(p.n):
        for layer in range(N_LAYERS):
            contribution = state.contribution[i, layer] * state.is_present[i]
            if state.is_present[i] > 0.0:
                aim = decide(i, layer, state, p)
                contribution = clip(
                    contribution + p.decision.adjustment_rate * (aim - contribution), 0.0, 1.0
                )
            state.contribution[i, layer] = contribution
