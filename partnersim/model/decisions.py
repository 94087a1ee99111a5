"""Each layer of each organisation decides what to contribute.

Trust is willingness to be exposed: what is at stake counts as far as the others can be relied
on, and relying on them costs as far as they cannot. What does not depend on them one can use
one's time for alone.
"""

import math

from partnersim.model.arithmetic import clip, exp, log, product
from partnersim.model.compiled import compiled, with_slot
from partnersim.model.constants import (
    ADJUSTMENT,
    BELIEF,
    BOARD,
    COST_BASE,
    DECISION_MONTHS,
    FRONT_LINE,
    HOPED_PACE,
    HOPED_SHARE,
    LONGEST_VIEW,
    MANAGEMENT,
    N_LAYERS,
    OWN_VIEW,
)
from partnersim.model.levers import CONTRIBUTION, OWN_RULE, held_decision

LEAST = 1.0e-9  # so that no weakest link is divided by


@compiled
def ces_term(x, exponent):
    """Return x to the power of the exponent; the whole exponents in use are multiplied out."""
    x = max(x, LEAST)
    if exponent == -1.0:
        return 1.0 / x
    if exponent == -2.0:
        return 1.0 / (x * x)
    if exponent == 1.0:
        return x
    return exp(exponent * log(x))


@compiled
def ces_mean(terms, weights, exponent):
    """Return the CES mean, given the sums of its weighted terms and of its weights: the weakest
    counts most for low exponents."""
    if exponent == -1.0:
        return weights / terms
    if exponent == -2.0:
        return math.sqrt(weights / terms)
    if exponent == 1.0:
        return terms / weights
    return exp(log(terms / weights) / exponent)


@compiled
def usable_exponent(exponent):
    """Keep the CES exponent off 0, where its limit (the geometric mean) is as good as reached."""
    return -1.0e-3 if abs(exponent) < 1.0e-3 else exponent


@compiled
def planned_pace(state, p):
    """Return the pace that plans assume, against the full one: half hope, say, half experience."""
    return p.trust.hope * HOPED_PACE + (1.0 - p.trust.hope) * state.usual_pace[0]


@compiled
def expected_share(state, p):
    """Return the share of free capacity that partners are expected to give: hope and experience again."""
    return p.trust.hope * HOPED_SHARE + (1.0 - p.trust.hope) * state.usual_share[0]


@compiled
def months_to_benefit(state, p):
    """Return in how many months the benefit of what is decided next is expected: its work, by the
    plan, and its bedding in."""
    return min(DECISION_MONTHS / max(planned_pace(state, p), LEAST) + p.place.embedding_months, LONGEST_VIEW)


@compiled
def share_out_work(state, p):
    """Each member has its part in each initiative: its capacity over all that need it.

    Full pace is the sum of members' capacities over their loads, and parts their shares of it.
    """
    n, n_initiatives = p.n, p.programme.n_simultaneous
    for i in range(n):
        state.load[i] = 0.0
        for m in range(n_initiatives):
            if state.number[m] >= 0:
                state.load[i] += state.needs[m, i]
    for m in range(n_initiatives):
        full = 0.0
        for i in range(n):
            state.part[m, i] = 0.0
            if state.number[m] >= 0 and state.needs[m, i] > 0.0:
                state.part[m, i] = state.capacity[i] / state.load[i]
                full += state.part[m, i]
        state.full_pace[m] = full
        for i in range(n):
            state.part[m, i] /= max(full, LEAST)


@compiled
def weigh_trust(i, state, p):
    """Work out the CES terms of i's trust in each other, which are the same for all its initiatives."""
    exponent = usable_exponent(p.programme.complementarity)
    for j in range(p.n):
        if j != i:
            for layer in range(N_LAYERS):
                state.trust_term[j, layer] = ces_term(state.trust[i, layer, j], exponent)


@compiled
def rely_on_members(i, m, state, p):
    """Find how far each layer of i can rely on the members of m: the CES mean of its trust in them
    by their parts. Oneself one trusts fully."""
    exponent = usable_exponent(p.programme.complementarity)
    board = management = front_line = parts = state.part[m, i]
    for j in range(p.n):
        part = state.part[m, j]
        if j == i or part == 0.0:
            continue
        parts += part
        board += part * state.trust_term[j, BOARD]
        management += part * state.trust_term[j, MANAGEMENT]
        front_line += part * state.trust_term[j, FRONT_LINE]
    state.reliance[BOARD] = ces_mean(board, parts, exponent)
    state.reliance[MANAGEMENT] = ces_mean(management, parts, exponent)
    state.reliance[FRONT_LINE] = ces_mean(front_line, parts, exponent)


@compiled
def own_benefit(i, m, state, p):
    """Return what m is worth to i by itself, in its own domains, less what it loses by it."""
    alike = product(state.objectives[i], state.benefit_mix[m], p.n_domains) / (
        state.objectives_length[i] * state.mix_length[m]
    )
    return state.incentive_share[i] * alike - state.member_harm[m, i]


@compiled
def weigh_initiative(i, m, own_discount, joint_discount, state, p):
    """Work out what each layer of i stands to gain from m.

    stake = (1-v) own + v joint; net = delta (stake R - exposure (1-R)) - (1-delta) alone, with R
    its reliance on the members: the more depends on the others, the more joint work is worth, and
    the more being let down hurts.
    """
    rely_on_members(i, m, state, p)
    interdependence = p.organisations.interdependence[i]
    alone = (1.0 - interdependence) * p.decision.value_alone
    own = own_benefit(i, m, state, p) * own_discount
    joint = state.joint_value[m] * joint_discount
    for layer in range(N_LAYERS):
        commitment, reliance = state.vision_commitment[i, layer], state.reliance[layer]
        stake = (1.0 - commitment) * own + commitment * joint
        relied_on = stake * reliance - p.decision.exposure * (1.0 - reliance)
        state.net[i, layer] += interdependence * relied_on - alone
        state.stake[i] += stake


@compiled
def weigh_initiatives(state, p):
    """Each layer weighs what its organisation's initiatives are worth to it, and what they cost."""
    delay = months_to_benefit(state, p)
    joint_discount = exp(-delay / p.vision.planning_horizon)
    for i in range(p.n):
        state.stake[i] = 0.0
        for layer in range(N_LAYERS):
            state.net[i, layer] = 0.0
        if state.is_present[i] == 0.0:
            continue
        own_discount = exp(-delay / state.planning_horizon[i])
        weigh_trust(i, state, p)
        for m in range(p.programme.n_simultaneous):
            if state.part[m, i] > 0.0:
                weigh_initiative(i, m, own_discount, joint_discount, state, p)
        load = max(state.load[i], 1.0)
        state.stake[i] /= N_LAYERS * load
        for layer in range(N_LAYERS):
            state.net[i, layer] /= load
        state.price[i] = COST_BASE + p.decision.cost_pressure * state.target_pressure[i]


@compiled
def decide_by_stake(i, layer, state, p):
    """Decide by a logistic function of the gain less its cost: sharpness (net - price)."""
    return 1.0 / (1.0 + exp(-p.decision.sharpness * (state.net[i, layer] - state.price[i])))


@compiled
def decide_conditionally(i, layer, state, p):
    """Mix the decision by stake with the belief about what the others give [fischbacher2010]."""
    own_view = decide_by_stake(i, layer, state, p)
    return OWN_VIEW * own_view + BELIEF * state.belief[i, layer]


@compiled
def decide_as_scenario_says(i, layer, state, p):
    """Decide what a layer wants to contribute, by the rule that `decision.rule` names."""
    if p.decision.is_conditional:
        return decide_conditionally(i, layer, state, p)
    return decide_by_stake(i, layer, state, p)


@with_slot
def decide_contributions(decide, state, p):
    """Contributions move towards what each layer decides on, or what an intervention holds."""
    for i in range(p.n):
        held = held_decision(CONTRIBUTION, i, state, p)
        for layer in range(N_LAYERS):
            contribution = state.contribution[i, layer] * state.is_present[i]
            if state.is_present[i] > 0.0:
                aim = decide(i, layer, state, p) if held == OWN_RULE else held
                contribution = clip(contribution + ADJUSTMENT * (aim - contribution), 0.0, 1.0)
            state.contribution[i, layer] = contribution
