"""Process 9 observes: it reads the state, and changes nothing."""

from partnersim.model.arithmetic import clip, exp
from partnersim.model.compiled import compiled, entry_point
from partnersim.model.constants import (
    AVOIDANCE_BONUS,
    BOARD,
    FRONT_LINE,
    MANAGEMENT,
    N_LAYERS,
    PERCEIVED_CONTACT,
    PERCEIVED_GOODWILL,
    PERCEIVED_TALK,
    SURVEY_NOISE,
)
from partnersim.model.draws import ENCOUNTERS, SURVEY, noise, uniform
from partnersim.model.environment import n_members
from partnersim.model.levers import ISSUE_AVOIDANCE
from partnersim.model.series import (
    CHANGE_DELIVERED,
    COMPETENCE_TRUST,
    CONTACT,
    CONTRIBUTION,
    COST,
    DELIVERED,
    EQUITY,
    GOODWILL_TRUST,
    INITIATIVES_ABANDONED,
    INITIATIVES_COMPLETED,
    INITIATIVES_UNDER_WAY,
    MONTHS_OF_COMPLETED,
    N_COORDINATORS,
    N_MEMBERS,
    OUTCOME,
    OUTCOME_ALONE,
    PERCEIVED_JOINT_WORKING,
    PLANNED_MONTHS_OF_COMPLETED,
    SERIES,
    TARGET_PRESSURE,
    TENSION,
    TRUST,
    TRUST_BOARD,
    TRUST_FRONT_LINE,
    TRUST_MANAGEMENT,
    VISION_COMMITMENT,
    VISION_REALISED,
    WAITING,
)


@compiled
def equity(state, p):
    """Return 1 less the Gini coefficient of own benefit less own cost; 1 is fairest.

    With negative values the mean of the absolute values normalises it [raffinetti2015].
    """
    n = p.n
    differences, sizes, members = 0.0, 0.0, 0.0
    for i in range(n):
        if state.is_present[i] == 0.0:
            continue
        members += 1.0
        net_i = state.own_benefit[i] - state.own_cost[i]
        sizes += abs(net_i)
        for j in range(i):
            if state.is_present[j] > 0.0:
                net_j = state.own_benefit[j] - state.own_cost[j]
                differences += 2.0 * abs(net_i - net_j)
    if sizes == 0.0:
        return 1.0
    return 1.0 - differences / (2.0 * members * sizes)


@compiled
def perceived_joint_working(contact, talk, goodwill, avoided, state, p):
    """Return what a survey would find: contact, talk and goodwill, and nothing of delivery."""
    bonus = AVOIDANCE_BONUS * avoided if p.mechanisms.avoidance_reason else 0.0
    draw = uniform(state.keys, ENCOUNTERS, state.month[0], SURVEY, 0, 0, 0)
    return clip(
        PERCEIVED_CONTACT * contact
        + PERCEIVED_TALK * talk
        + PERCEIVED_GOODWILL * goodwill
        + bonus
        + SURVEY_NOISE * noise(draw, p.luck),
        0.0,
        1.0,
    )


@entry_point
def write_observed(states, parameters, row):
    """Write one month into float64[len(SERIES)], in the order of `series.SERIES`."""
    state, p = states[0], parameters[0]
    n = p.n
    members = n_members(state, p)
    pairs = members * (members - 1.0)
    competence = goodwill = contact = tension = talk = 0.0
    for at in range(len(SERIES)):
        row[at] = 0.0
    for i in range(n):
        if state.is_present[i] == 0.0:
            continue
        for layer in range(N_LAYERS):
            row[VISION_COMMITMENT] += state.vision_commitment[i, layer]
            row[CONTRIBUTION] += state.contribution[i, layer]
            row[DELIVERED] += state.delivered[i, layer]
        row[TARGET_PRESSURE] += state.target_pressure[i]
        for j in range(n):
            if j == i or state.is_present[j] == 0.0:
                continue
            contact += state.contact[i, j]
            tension += state.tension[i, j]
            shown = 0.0
            for layer in range(N_LAYERS):
                competence += state.competence_trust[i, layer, j]
                goodwill += state.goodwill_trust[i, layer, j]
                shown += state.displayed[j, layer]
            talk += (1.0 - state.guarded[i, j]) * shown / N_LAYERS
            row[TRUST_BOARD] += state.trust[i, BOARD, j]
            row[TRUST_MANAGEMENT] += state.trust[i, MANAGEMENT, j]
            row[TRUST_FRONT_LINE] += state.trust[i, FRONT_LINE, j]
    avoided = 0.0
    for i in range(n):
        avoided += state.is_present[i] * state.in_force[i, ISSUE_AVOIDANCE]
    links = max(pairs, 1.0)
    layers = max(members, 1.0) * N_LAYERS
    row[CHANGE_DELIVERED] = state.work_delivered[0] / p.vision.size
    row[TRUST] = (row[TRUST_BOARD] + row[TRUST_MANAGEMENT] + row[TRUST_FRONT_LINE]) / (N_LAYERS * links)
    row[COMPETENCE_TRUST] = competence / (N_LAYERS * links)
    row[GOODWILL_TRUST] = goodwill / (N_LAYERS * links)
    row[VISION_COMMITMENT] /= layers
    row[CONTRIBUTION] /= layers
    row[DELIVERED] /= layers
    row[TENSION] = tension / links
    row[CONTACT] = contact / links
    row[TARGET_PRESSURE] /= max(members, 1.0)
    row[PERCEIVED_JOINT_WORKING] = perceived_joint_working(
        row[CONTACT], talk / links, row[GOODWILL_TRUST], avoided / max(members, 1.0), state, p
    )
    realised = 0.0
    for k in range(p.n_domains):
        realised += state.vision[k] * state.embedded[k]
    row[OUTCOME_ALONE] = 100.0 * exp(p.place.log_growth * state.month[0] / 12.0)
    row[OUTCOME] = row[OUTCOME_ALONE] * (1.0 - p.place.reach * realised)
    row[VISION_REALISED] = realised
    row[COST] = state.staff_days[0]
    row[EQUITY] = equity(state, p)
    row[N_MEMBERS] = members
    row[TRUST_BOARD] /= links
    row[TRUST_MANAGEMENT] /= links
    row[TRUST_FRONT_LINE] /= links
    row[INITIATIVES_COMPLETED] = state.counts[0]
    row[INITIATIVES_ABANDONED] = state.counts[1]
    waiting = 0.0
    for m in range(p.programme.n_simultaneous):
        if state.number[m] >= 0:
            row[INITIATIVES_UNDER_WAY] += 1.0
            waiting += state.held_up[m]
    row[WAITING] = waiting / max(row[INITIATIVES_UNDER_WAY], 1.0)
    row[MONTHS_OF_COMPLETED] = state.completed_months[0]
    row[PLANNED_MONTHS_OF_COMPLETED] = state.completed_months[1]
    for c in range(p.coordinators.n):
        row[N_COORDINATORS] += state.is_at_work[c]
