"""Promises are kept or broken, decisions taken, work done and embedded, and begun anew."""

import math

from partnersim.model.arithmetic import clip, length, product
from partnersim.model.compiled import compiled, with_slot
from partnersim.model.constants import (
    ACCOUNTABILITY_CONSENT,
    AWAY_DAY_PROMISES,
    BELIEF_RATE,
    BOARD,
    FRONT_LINE,
    FRONT_LINE_WORK,
    HANDOFF_PROMISES,
    HANDOFF_WORK,
    MANAGEMENT,
    MANAGEMENT_WORK,
    MOST_TILT,
    N_LAYERS,
    PACE_RATE,
    PLANNED_GATE_MONTHS,
    REPLACEMENT_MONTHS,
    TRANSITION_WORK,
)
from partnersim.model.decisions import ces_mean, ces_term, usable_exponent
from partnersim.model.draws import (
    CONSENT,
    ENCOUNTERS,
    ENVIRONMENT,
    IMPOSITION,
    INITIATIVE,
    INITIATIVE_MEMBER,
    PROMISE,
    SETUP,
    TABLE,
    TABLE_CONSENT,
    event,
    noise,
    of_layer,
    random_bits,
    standard_normal,
    uniform,
)
from partnersim.model.environment import n_members
from partnersim.model.levers import (
    DELEGATED_AUTHORITY,
    OWN_AWAY_DAYS,
    PARTNERSHIP_MANAGED_TEAMS,
    SEPARATE_PRE_MEETINGS,
)
from partnersim.model.trust import gain_trust, lose_competence, lose_goodwill

OPEN = 1.0 - 1.0e-9  # a gate is open when this much consent has come together

# What is drawn of an initiative, at its number
FOCUS_DRAW, SIZE_DRAW, QUICK_DRAW, BENEFIT_DRAW, OTHER_BENEFIT_DRAW = range(5)


# Process 6: work and promises ---------------------------------------------------------------


@compiled
def deliver_promises(state, p):
    """Each layer keeps its promise or, under pressure and between separate teams, breaks it."""
    month = state.month[0]
    for j in range(p.n):
        lever = state.in_force[j]
        chance = p.trust.reliability - p.trust.pressure_on_reliability * state.target_pressure[j]
        if p.mechanisms.separate_teams_promises:
            chance -= HANDOFF_PROMISES * (1.0 - lever[PARTNERSHIP_MANAGED_TEAMS])
        if p.mechanisms.away_days_reason:
            chance += AWAY_DAY_PROMISES * min(1.0, lever[OWN_AWAY_DAYS] / 12.0)
        chance = clip(chance, 0.0, 1.0)
        bits = random_bits(state.keys, ENCOUNTERS, month, PROMISE, p.label[j], 0, 0)
        for layer in range(N_LAYERS):
            kept = event(of_layer(bits, layer), chance, p.luck)
            state.kept[j, layer] = kept
            state.delivered[j, layer] = (
                state.is_present[j] * state.contribution[j, layer] * (kept + (1.0 - kept) * p.trust.shortfall)
            )


@compiled
def board_consent(i, m, state, p):
    """Chance that i's board agrees this month: its contribution, trust, and any mandate."""
    total, others = 0.0, 0.0
    for j in range(p.n):
        if j != i and state.needs[m, j] * state.is_present[j] > 0.0:
            total += state.trust[i, BOARD, j]
            others += 1.0
    trust = total / others if others > 0.0 else 1.0
    held_back = ACCOUNTABILITY_CONSENT * state.accountability[i]
    if not p.mechanisms.accountability_consent:
        held_back = 0.0
    consent = state.contribution[i, BOARD] * (1.0 - held_back) * (0.5 + 0.5 * trust)
    if p.mechanisms.pre_meetings_reason:
        consent += p.decision.mandate * state.in_force[i, SEPARATE_PRE_MEETINGS] * (1.0 - consent)
    return consent


@with_slot
def pass_gates(consent, state, p):
    """Stages are decided on at the partnership's table, by every board, or by a lead.

    A board's yes stands three months; a decision referred back needs all of them at once.
    """
    month = state.month[0]
    for m in range(p.programme.n_simultaneous):
        if state.number[m] < 0 or not is_waiting(m, state):
            continue
        members, agreeing, delegated, standing = 0.0, 0.0, 0.0, 1.0
        for i in range(p.n):
            if state.needs[m, i] == 0.0:
                continue
            yes_chance = consent(i, m, state, p) * state.is_present[i]
            members += 1.0
            agreeing += yes_chance
            delegated += state.in_force[i, DELEGATED_AUTHORITY]
            draw = uniform(state.keys, ENCOUNTERS, month, CONSENT, m, p.label[i], 0)
            vote = event(draw, yes_chance, p.luck)
            older = (1.0 - state.votes[m, i, 0]) * (1.0 - state.votes[m, i, 1])
            standing *= 1.0 - (1.0 - vote) * older
            state.votes[m, i, 1] = state.votes[m, i, 0]
            state.votes[m, i, 0] = vote
        delegated = delegated / members if p.mechanisms.referral_harm else 1.0
        draw = uniform(state.keys, ENCOUNTERS, month, TABLE, m, 0, 0)
        at_table = event(draw, delegated, p.luck)
        draw = uniform(state.keys, ENCOUNTERS, month, TABLE_CONSENT, m, 0, 0)
        agreed = at_table * event(draw, agreeing / members, p.luck) + (1.0 - at_table) * standing
        state.gate[m] += max(agreed, state.crisis[0])
        if p.lead.organisation >= 0 and state.gate[m] < OPEN:
            impose_decision(m, state, p)


@compiled
def is_waiting(m, state):
    """Whether an initiative waits for a decision before its next stage."""
    return state.n_gates[m] > 0 and state.gate[m] < OPEN


@compiled
def impose_decision(m, state, p):
    """A lead that wants it decides for the others, who think the less of it."""
    month, lead = state.month[0], p.lead.organisation
    wanted = state.is_present[lead] * state.contribution[lead, BOARD]
    draw = uniform(state.keys, ENCOUNTERS, month, IMPOSITION, m, 0, 0)
    imposed = event(draw, p.lead.authority * wanted, p.luck)
    state.gate[m] += imposed
    for i in range(p.n):
        if i != lead and state.needs[m, i] * state.is_present[i] > 0.0:
            for layer in range(N_LAYERS):
                lose_goodwill(i, layer, lead, p.lead.resentment * imposed, state, p)


@compiled
def effort_of(i, m, state):
    """What i gives to m: its layers' delivery on what time meetings leave, over its load."""
    hands = state.delivered[i, FRONT_LINE]
    if state.is_quick[m] == 0.0:
        hands = FRONT_LINE_WORK * hands + MANAGEMENT_WORK * state.delivered[i, MANAGEMENT]
    free = state.capacity[i] * (1.0 - state.meeting_share[i])
    return free * hands / max(state.load[i], 1.0)


@compiled
def do_work(state, p):
    """Work goes on at nearly the pace of the least committed member.

    Progress = CES mean of the members' efforts, less what hand-offs and moving teams lose, over
    difficulty 1 + diminishing W/V: the easy things come first. Members are complements
    [johnston2011].
    """
    exponent = usable_exponent(p.programme.complementarity)
    for m in range(p.programme.n_simultaneous):
        state.stages_now[m] = 0.0
        if state.number[m] < 0:
            continue
        state.age[m] += 1.0
        progress = 0.0
        if not is_waiting(m, state):
            members, terms, separate, moving = 0.0, 0.0, 0.0, 0.0
            for i in range(p.n):
                if state.needs[m, i] > 0.0:
                    members += 1.0
                    terms += ces_term(effort_of(i, m, state), exponent)
                    separate += 1.0 - state.in_force[i, PARTNERSHIP_MANAGED_TEAMS]
                    moving += state.transition[i]
            lost = HANDOFF_WORK * separate / members if p.mechanisms.separate_teams_handoffs else 0.0
            dip = TRANSITION_WORK * moving / members if p.mechanisms.transition_dip else 0.0
            difficulty = 1.0 + p.programme.diminishing * state.work_delivered[0] / p.vision.size
            progress = ces_mean(terms, members, exponent) * (1.0 - lost) * (1.0 - dip) / difficulty
            state.work[m] += progress + state.surplus[m]
            state.surplus[m] = 0.0
        state.realised_rate[m] += PACE_RATE * (progress - state.realised_rate[m])
        for i in range(p.n):
            gap = state.realised_rate[m] - state.believed_rate[m, i]
            state.believed_rate[m, i] += BELIEF_RATE * gap
        complete_stages(m, state, p)


@compiled
def complete_stages(m, state, p):
    """A stage whose work is done counts as change delivered; its benefit is on the way."""
    n_stages = max(state.n_gates[m], 1)
    stage_size = state.work_size[m] / n_stages
    while state.stage[m] < n_stages and not is_waiting(m, state):
        if state.work[m] < stage_size * (state.stage[m] + 1) * (1.0 - 1.0e-12):
            break
        state.stage[m] += 1
        state.stages_now[m] += 1.0
        state.gate[m] = 0.0
        for i in range(p.n):
            state.votes[m, i, 0] = state.votes[m, i, 1] = 0.0
        state.work_delivered[0] += stage_size
        for k in range(p.n_domains):
            state.pending[k] += state.benefit[m] * stage_size * state.benefit_mix[m, k]
        for i in range(p.n):
            state.harm[i] += state.needs[m, i] * state.member_harm[m, i] / n_stages


# Process 7: embed, learn from it, begin anew ------------------------------------------------


@compiled
def embed_work(state, p):
    """Finished work turns into benefit with a lag and erodes slowly."""
    n, n_domains = p.n, p.n_domains
    for k in range(n_domains):
        flow = state.pending[k] / p.place.embedding_months
        state.pending[k] -= flow
        planned = max(state.vision[k] * p.vision.size, 1.0e-9)
        embedded = state.embedded[k] * (1.0 - p.place.erosion_rate) + flow / planned
        state.embedded[k] = clip(embedded, -1.0, 1.0)
    for i in range(n):
        if state.is_present[i] == 0.0:
            continue
        gain = product(state.objectives[i], state.embedded, n_domains)
        given = 0.0
        for layer in range(N_LAYERS):
            given += state.delivered[i, layer] / N_LAYERS
        price = p.decision.cost_base + p.decision.cost_pressure * state.target_pressure[i]
        share = state.meeting_share[i]
        state.own_benefit[i] += state.incentive_share[i] * gain
        state.own_cost[i] += price * (share + (1.0 - share) * given) + state.harm[i]


@compiled
def celebrate_stages(state, p):
    """Members who see a stage completed trust each other and the vision more."""
    if not p.mechanisms.small_wins:
        return
    n = p.n
    for m in range(p.programme.n_simultaneous):
        for _ in range(int(state.stages_now[m])):
            for i in range(n):
                if state.needs[m, i] * state.is_present[i] == 0.0:
                    continue
                for layer in range(N_LAYERS):
                    room = max(state.ceiling[i] - state.vision_commitment[i, layer], 0.0)
                    state.vision_commitment[i, layer] += p.trust.small_wins * room
                    for j in range(n):
                        if j == i or state.needs[m, j] * state.is_present[j] == 0.0:
                            continue
                        gain_trust(i, layer, j, p.trust.small_wins * state.contact[i, j], state, p)


@compiled
def abandon_initiatives(state, p):
    """What is far later than planned, or has lost its members, is given up."""
    n = p.n
    for m in range(p.programme.n_simultaneous):
        if state.number[m] < 0 or is_complete(m, state):
            continue
        replace_absent(m, state, p)
        members = 0.0
        for i in range(n):
            members += state.needs[m, i] * state.is_present[i]
        is_late = state.age[m] > p.programme.patience * state.planned_months[m]
        is_waiting_for_members = 0.0 < state.absent_months[m] <= REPLACEMENT_MONTHS
        if not is_late and (members >= 2.0 or is_waiting_for_members):
            continue
        state.counts[1] += 1
        state.number[m] = -1
        state.surplus[m] = 0.0
        for i in range(n):
            if state.needs[m, i] * state.is_present[i] == 0.0:
                continue
            for layer in range(N_LAYERS):
                state.vision_commitment[i, layer] *= 1.0 - p.trust.abandonment_loss
                for j in range(n):
                    if j != i and state.needs[m, j] * state.is_present[j] > 0.0:
                        lose_competence(i, layer, j, p.trust.abandonment_loss, state, p)


@compiled
def is_complete(m, state):
    """Whether all its stages are done."""
    return state.stage[m] >= max(state.n_gates[m], 1)


@compiled
def replace_absent(m, state, p):
    """After three months without a member that left, another takes its place, or none does."""
    n = p.n
    is_short = False
    for i in range(n):
        if state.needs[m, i] > 0.0 and state.is_present[i] == 0.0:
            is_short = True
    state.absent_months[m] = state.absent_months[m] + 1.0 if is_short else 0.0
    if state.absent_months[m] <= REPLACEMENT_MONTHS:
        return
    for i in range(n):
        if state.needs[m, i] == 0.0 or state.is_present[i] > 0.0:
            continue
        state.needs[m, i] = 0.0
        best, best_fit = -1, -2.0
        for j in range(n):
            if state.is_present[j] == 0.0 or state.needs[m, j] > 0.0:
                continue
            fit = product(state.base_objectives[j], state.benefit_mix[m], p.n_domains)
            if fit > best_fit:
                best, best_fit = j, fit
        if best >= 0:
            state.needs[m, best] = 1.0
            state.believed_rate[m, best] = state.planned_rate[m]


@with_slot
def begin_initiatives(begin, state, p):
    """What is finished makes room for the next, which works from next month on."""
    month = state.month[0]
    for m in range(p.programme.n_simultaneous):
        if state.number[m] >= 0 and is_complete(m, state):
            state.counts[0] += 1
            state.surplus[m] = max(state.work[m] - state.work_size[m], 0.0)
            state.number[m] = -1
        if state.number[m] < 0 and n_members(state, p) >= 2.0:
            begin_initiative(begin, m, month + 1, state, p)


@with_slot
def begin_initiative(begin, m, month, state, p):
    """Place m of the programme takes up its next initiative, if its time has come.

    Its number, and so its luck, is its place's own: what happens elsewhere does not change it.
    """
    number = m + p.programme.n_simultaneous * state.generation[m]
    is_given = number < p.programme.initiatives.n
    if is_given:
        if month < p.programme.initiatives.start_month[number]:
            return
        take_up_given(m, number, state, p)
    else:
        if state.generation[m] == 0 and month < m * p.programme.stagger_months:
            return
        begin(m, number, state, p)
    state.number[m] = number
    state.generation[m] += 1
    draws = (
        uniform(state.keys, ENVIRONMENT, SETUP, INITIATIVE, number, BENEFIT_DRAW, 0),
        uniform(state.keys, ENVIRONMENT, SETUP, INITIATIVE, number, OTHER_BENEFIT_DRAW, 0),
    )
    own = standard_normal(draws[0], draws[1], p.luck)
    shared = p.programme.shared_benefit
    luck = math.sqrt(1.0 - shared) * own + math.sqrt(shared) * state.place_benefit[0]
    state.benefit[m] = 1.0 + p.programme.benefit_spread * luck
    state.stage[m] = 0
    state.gate[m] = 0.0
    state.work[m] = 0.0
    state.age[m] = 0.0
    state.absent_months[m] = 0.0
    state.mix_length[m] = length(state.benefit_mix[m], p.n_domains)
    state.joint_value[m] = product(state.vision, state.benefit_mix[m], p.n_domains) / (
        state.mix_length[m] * length(state.vision, p.n_domains)
    )
    members = 0.0
    for i in range(p.n):
        members += state.needs[m, i]
        state.votes[m, i, 0] = state.votes[m, i, 1] = 0.0
    usual_load = max(1.0, p.programme.n_simultaneous * members / max(n_members(state, p), 1.0))
    difficulty = 1.0 + p.programme.diminishing * state.work_delivered[0] / p.vision.size
    state.planned_rate[m] = p.programme.planned_effort / usual_load / difficulty
    state.planned_months[m] = (
        state.work_size[m] / state.planned_rate[m] + PLANNED_GATE_MONTHS * state.n_gates[m]
    )
    state.realised_rate[m] = 0.0
    for i in range(p.n):
        state.believed_rate[m, i] = state.planned_rate[m]
        state.tilt[i] = 0.0


@compiled
def take_up_given(m, number, state, p):
    """An initiative that the scenario lists."""
    for i in range(p.n):
        state.needs[m, i] = p.programme.initiatives.members[number, i]
        state.member_harm[m, i] = p.programme.initiatives.harm[number, i]
    total = 0.0
    for k in range(p.n_domains):
        total += p.programme.initiatives.domains[number, k]
    for k in range(p.n_domains):
        state.benefit_mix[m, k] = (
            p.programme.initiatives.domains[number, k] if total > 0.0 else state.vision[k]
        )
    state.work_size[m] = p.programme.initiatives.size[number]
    state.n_gates[m] = p.programme.initiatives.n_gates[number]
    state.is_quick[m] = p.programme.initiatives.quick_win[number]
    if state.is_quick[m] > 0.0:
        state.n_gates[m] = 0


@compiled
def draw_initiative(m, number, state, p):
    """The next initiative: where its benefit falls, whom it needs, how much it dares.

    With trust grows what is taken on, and fewer decisions are asked for [vangen2003].
    """
    n, n_domains = p.n, p.n_domains
    tilt = 0.0
    for i in range(n):
        tilt += state.tilt[i]
    tilted = min(MOST_TILT, tilt)
    cumulated, focus = 0.0, n_domains - 1
    draw = uniform(state.keys, ENVIRONMENT, SETUP, INITIATIVE, number, FOCUS_DRAW, 0)
    is_found = False
    for k in range(n_domains):
        leaning = state.vision[k]
        if tilt > 0.0:
            hosts = 0.0
            for i in range(n):
                hosts += state.tilt[i] / tilt * state.base_objectives[i, k]
            leaning += tilted * (hosts - leaning)
        state.benefit_mix[m, k] = (1.0 - p.programme.focus * p.luck) * leaning
        cumulated += leaning
        if not is_found and draw < cumulated:
            focus, is_found = k, True
    state.benefit_mix[m, focus] += p.programme.focus * p.luck
    choose_members(m, number, state, p)
    total, pairs = 0.0, 0.0
    for i in range(n):
        for j in range(n):
            if i != j and state.needs[m, i] * state.needs[m, j] > 0.0:
                for layer in range(N_LAYERS):
                    total += state.trust[i, layer, j]
                    pairs += 1.0
    trust = total / pairs if pairs > 0.0 else p.trust.disposition
    draw = uniform(state.keys, ENVIRONMENT, SETUP, INITIATIVE, number, SIZE_DRAW, 0)
    state.work_size[m] = (
        p.programme.initiative_size * (0.5 + trust) * (1.0 + p.programme.size_spread * noise(draw, p.luck))
    )
    state.n_gates[m] = 1 + math.floor((p.programme.max_gates - 1) * (1.0 - trust) + 0.5)
    draw = uniform(state.keys, ENVIRONMENT, SETUP, INITIATIVE, number, QUICK_DRAW, 0)
    state.is_quick[m] = 0.0
    if p.programme.quick_win_share > 0.0 and draw < p.programme.quick_win_share and p.luck > 0.0:
        state.is_quick[m] = 1.0
        state.work_size[m] *= p.programme.quick_win_size
        state.n_gates[m] = 0
    for i in range(n):
        state.member_harm[m, i] = 0.0


@compiled
def choose_members(m, number, state, p):
    """Those whose objectives fit it best, with some chance, are needed for it."""
    n = p.n
    for i in range(n):
        state.needs[m, i] = 0.0
    for _ in range(min(p.programme.members_per_initiative, n)):
        best, best_fit = -1, -2.0
        for i in range(n):
            if state.is_present[i] == 0.0 or state.needs[m, i] > 0.0:
                continue
            fit = product(state.base_objectives[i], state.benefit_mix[m], p.n_domains)
            draw = uniform(state.keys, ENVIRONMENT, SETUP, INITIATIVE_MEMBER, number, p.label[i], 0)
            fit += 0.5 * noise(draw, p.luck)
            if fit > best_fit:
                best, best_fit = i, fit
        if best >= 0:
            state.needs[m, best] = 1.0
