"""Promises are kept or broken, decisions taken, work done and embedded, and begun anew."""

from partnersim.model.arithmetic import clip, exp, length, product
from partnersim.model.compiled import compiled, with_slot
from partnersim.model.constants import (
    ACCOUNTABILITY_CONSENT,
    ASKING_MONTHS,
    AWAY_DAY_PROMISES,
    BENEFIT_SPREAD,
    BOARD,
    CHASING,
    DECISION_MONTHS,
    DIFFICULTY_SPREAD,
    FOCUS,
    FRAMEWORK,
    FRONT_LINE,
    FRONT_LINE_WORK,
    GIVEN_UP,
    GIVING_UP_LOSS,
    GIVING_UP_MONTHS,
    HANDOFF_PROMISES,
    HANDOFF_WORK,
    LAYER_SHARE,
    MANAGEMENT,
    MANAGEMENT_WORK,
    MOST_TILT,
    N_LAYERS,
    PLAN_MONTHS,
    PRESSURE_PROMISES,
    RECENT_MONTHS,
    RELIABILITY,
    REPLACEMENT_MONTHS,
    SHORTFALL,
    SIZE_SPREAD,
    TRANSITION_WORK,
    USUAL_MONTHS,
)
from partnersim.model.decisions import (
    LEAST,
    ces_mean,
    ces_term,
    expected_share,
    planned_pace,
    usable_exponent,
)
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
    BINDING_AGREEMENT,
    DELEGATED_AUTHORITY,
    OWN_AWAY_DAYS,
    PARTNERSHIP_MANAGED_TEAMS,
    SEPARATE_PRE_MEETINGS,
)
from partnersim.model.trust import break_tie, lose_competence, lose_goodwill

TAKEN = 0.5  # without luck a decision is taken when it is as likely as not

# What is drawn of an initiative, at its number
(
    FOCUS_DRAW, SIZE_DRAW, DIFFICULTY_DRAW, OTHER_DIFFICULTY_DRAW, BENEFIT_DRAW, OTHER_BENEFIT_DRAW,
) = range(6)  # fmt: skip


# Process 6: work and promises ---------------------------------------------------------------


@compiled
def deliver_promises(state, p):
    """Each layer keeps its promise or, under pressure and between separate teams, breaks it."""
    month = state.month[0]
    for j in range(p.n):
        lever = state.in_force[j]
        chance = RELIABILITY - PRESSURE_PROMISES * state.target_pressure[j]
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
                state.is_present[j] * state.contribution[j, layer] * (kept + (1.0 - kept) * SHORTFALL)
            )

        hands = FRONT_LINE_WORK * state.delivered[j, FRONT_LINE]
        state.hands[j] = hands + MANAGEMENT_WORK * state.delivered[j, MANAGEMENT]


@compiled
def see_what_is_given(state, p):
    """What a layer gives is seen against what is expected of it; more than that earns no more.

    Expectations follow what is usual [vangen2003: trust grows where expectations are met].
    """
    expected = max(expected_share(state, p), LEAST)
    given, capacity = 0.0, 0.0
    for j in range(p.n):
        for layer in range(N_LAYERS):
            state.deed[j, layer] = min(1.0, state.delivered[j, layer] / expected)
            given += state.is_present[j] * state.base_capacity[j] * state.delivered[j, layer] * LAYER_SHARE
        capacity += state.is_present[j] * state.base_capacity[j]
    state.usual_share[0] += (given / max(capacity, LEAST) - state.usual_share[0]) / USUAL_MONTHS


@compiled
def fill_part(part, consent):
    """Add to a consent a part of what is missing of it."""
    return consent + part * (1.0 - consent)


@compiled
def board_consent(i, m, state, p):
    """Return the chance that i's board agrees this month: its commitment and trust; a mandate, a
    standing agreement and a coordinator who chases it each fill a part of what is missing."""
    trust, parts = state.part[m, i], state.part[m, i]
    for j in range(p.n):
        if j != i and state.part[m, j] > 0.0:
            trust += state.part[m, j] * state.trust[i, BOARD, j]
            parts += state.part[m, j]
    trust /= max(parts, LEAST)
    held_back = (
        ACCOUNTABILITY_CONSENT * state.accountability[i] if p.mechanisms.accountability_consent else 0.0
    )
    consent = (0.5 + 0.5 * state.vision_commitment[i, BOARD]) * (0.5 + 0.5 * trust) * (1.0 - held_back)
    if p.mechanisms.pre_meetings_reason:
        consent = fill_part(p.decision.mandate * state.in_force[i, SEPARATE_PRE_MEETINGS], consent)
    if p.mechanisms.framework:
        consent = fill_part(FRAMEWORK * state.in_force[i, BINDING_AGREEMENT], consent)
    if p.mechanisms.chasing:
        for c in range(p.coordinators.n):
            consent = fill_part(CHASING * state.weight[c, i, BOARD], consent)
    return consent


@compiled
def is_asked_for(m, state):
    """Return whether the next decision on m is asked for: what was freed will be worked off before long."""
    return state.number[m] >= 0 and state.freed[m] < ASKING_MONTHS * state.full_pace[m]


@with_slot
def take_decisions(consent, state, p):
    """The next part of the work is decided on at the partnership's table, by all boards, or by a lead.

    A board's yes stands until the decision is taken, which needs all of them unless it may be taken
    at the table. It frees work of some months, and more among those who trust each other.
    """
    month = state.month[0]
    for m in range(p.programme.n_simultaneous):
        if not is_asked_for(m, state):
            continue
        agreeing, delegated, standing = 0.0, 0.0, 1.0
        for i in range(p.n):
            if state.needs[m, i] == 0.0:
                continue
            yes_chance = consent(i, m, state, p) * state.is_present[i]
            agreeing += state.part[m, i] * yes_chance
            delegated += state.part[m, i] * state.in_force[i, DELEGATED_AUTHORITY]
            draw = uniform(state.keys, ENCOUNTERS, month, CONSENT, m, p.label[i], 0)
            state.votes[m, i] = fill_part(event(draw, yes_chance, p.luck), state.votes[m, i])
            standing *= state.votes[m, i]
        if not p.mechanisms.referral_harm:
            delegated = 1.0
        draw = uniform(
            state.keys, ENVIRONMENT, SETUP, TABLE, m, state.decisions[m] % 256, state.decisions[m] // 256
        )
        at_table = event(draw, delegated, p.luck)
        draw = uniform(state.keys, ENCOUNTERS, month, TABLE_CONSENT, m, 0, 0)
        agreed = at_table * event(draw, agreeing, p.luck)
        state.decision[m] = fill_part(max(agreed, state.crisis[0]), state.decision[m])
        if fill_part((1.0 - at_table) * standing, state.decision[m]) >= TAKEN:
            if agreed > 0.0:
                resent_decision(m, -1, agreed, state, p)
            free_work(m, state, p)
        elif p.lead.organisation >= 0:
            impose_decision(m, state, p)


@compiled
def impose_decision(m, state, p):
    """A lead that wants it decides for the others."""
    lead = p.lead.organisation
    wanted = state.is_present[lead] * state.contribution[lead, BOARD]
    draw = uniform(state.keys, ENCOUNTERS, state.month[0], IMPOSITION, m, 0, 0)
    imposed = event(draw, p.lead.authority * wanted, p.luck)
    state.decision[m] = fill_part(imposed, state.decision[m])
    resent_decision(m, lead, imposed, state, p)
    if state.decision[m] >= TAKEN:
        free_work(m, state, p)


@compiled
def resent_decision(m, lead, part, state, p):
    """A member that had not agreed and was decided over loses goodwill: towards the lead, or towards
    all who decided without it."""
    if not p.mechanisms.referral_reason:
        return
    for i in range(p.n):
        if state.needs[m, i] * state.is_present[i] == 0.0:
            continue
        loss = p.decision.resentment * part * (1.0 - state.votes[m, i])
        for j in range(p.n):
            decided = j == lead if lead >= 0 else state.needs[m, j] * state.is_present[j] > 0.0
            if j != i and decided and loss > 0.0:
                for layer in range(N_LAYERS):
                    lose_goodwill(i, layer, j, loss, state, p)


@compiled
def trust_among_members(m, state, p):
    """Return the mean trust of members in each other by their parts; oneself one trusts fully."""
    trust = 0.0
    for i in range(p.n):
        if state.part[m, i] == 0.0:
            continue
        trust += state.part[m, i] * state.part[m, i]
        for j in range(p.n):
            if j != i and state.part[m, j] > 0.0:
                for layer in range(N_LAYERS):
                    trust += state.part[m, i] * state.part[m, j] * state.trust[i, layer, j] * LAYER_SHARE
    return trust


@compiled
def free_work(m, state, p):
    """A decision frees months of the members' own work, whatever the initiative: the more they
    trust each other, the more is taken on at once [vangen2003]."""
    state.freed[m] += DECISION_MONTHS * state.full_pace[m] * (0.5 + trust_among_members(m, state, p))
    state.decision[m] = 0.0
    state.decisions[m] += 1
    for i in range(p.n):
        state.votes[m, i] = 0.0


@compiled
def work_lost_between(m, state, p):
    """Return the part of the work of m that is lost in hand-offs between teams managed separately:
    the less, the more front lines trust each other."""
    lost = 0.0
    for i in range(p.n):
        if state.part[m, i] == 0.0:
            continue
        for j in range(p.n):
            if j != i and state.part[m, j] > 0.0:
                shared = min(
                    state.in_force[i, PARTNERSHIP_MANAGED_TEAMS], state.in_force[j, PARTNERSHIP_MANAGED_TEAMS]
                )
                distrust = 1.0 - state.trust[i, FRONT_LINE, j]
                lost += state.part[m, i] * state.part[m, j] * (1.0 - shared) * distrust
    return HANDOFF_WORK * lost


@compiled
def pace_of_members(m, state, p):
    """Return the pace of m against the full one, were it as hard as thought and not held up.

    The CES mean of what members give, by their parts: nearly the pace of the least committed, for
    they are complements [johnston2011]; less what hand-offs and moving teams lose.
    """
    exponent = usable_exponent(p.programme.complementarity)
    terms, moving = 0.0, 0.0
    for i in range(p.n):
        part = state.part[m, i]
        if part > 0.0:
            terms += part * ces_term(state.hands[i] * (1.0 - state.meeting_share[i]), exponent)
            moving += part * state.transition[i]
    pace = ces_mean(terms, 1.0, exponent)
    if p.mechanisms.separate_teams_handoffs:
        pace *= 1.0 - work_lost_between(m, state, p)
    if p.mechanisms.transition_dip:
        pace *= 1.0 - TRANSITION_WORK * moving
    return pace


@compiled
def do_work(state, p):
    """Members work on what has been decided, and it counts in the month in which it is done.

    Work done = full pace x pace of members, as far as freed, over difficulty
    h (1 + diminishing W/V): the easy things come first.
    """
    for m in range(p.programme.n_simultaneous):
        state.pace[m] = state.held_up[m] = 0.0
        full = state.full_pace[m]
        if state.number[m] < 0 or full <= LEAST:
            continue
        if state.age[m] == 0.0:
            state.planned_months[m] = state.work_size[m] / (max(planned_pace(state, p), LEAST) * full)
        state.age[m] += 1.0
        possible = full * pace_of_members(m, state, p)
        spent = min(possible, state.freed[m])
        state.freed[m] -= spent
        state.held_up[m] = 1.0 - spent / max(possible, LEAST)
        harder = state.difficulty[m] * (
            1.0 + p.programme.diminishing * state.work_delivered[0] / p.vision.size
        )
        done = spent / harder
        state.pace[m] = done / full
        count_work(m, done, state, p)


@compiled
def count_work(m, done, state, p):
    """Work done is change delivered, whatever becomes of the rest; its benefit is on the way."""
    state.work[m] += done
    if state.month[0] < 0:
        return
    state.work_delivered[0] += done
    for k in range(p.n_domains):
        state.pending[k] += state.benefit[m] * done * state.benefit_mix[m, k]
    for i in range(p.n):
        state.harm[i] += state.needs[m, i] * state.member_harm[m, i] * done / state.work_size[m]


@compiled
def compare_with_plans(state, p):
    """How joint work goes against plan over the year, for each member and each pair.

    The plan itself follows what has become the usual pace.
    """
    n = p.n
    plan = max(planned_pace(state, p), LEAST)
    paces, under_way = 0.0, 0.0
    for i in range(n):
        state.going[i] = 0.0
        for j in range(n):
            state.joint[i, j] = state.joint_going[i, j] = 0.0
    for m in range(p.programme.n_simultaneous):
        if state.number[m] < 0:
            continue
        under_way += 1.0
        paces += state.pace[m]
        state.recent_pace[m] += (state.pace[m] - state.recent_pace[m]) / RECENT_MONTHS
        going = min(1.0, state.recent_pace[m] / plan)
        for i in range(n):
            if state.needs[m, i] == 0.0:
                continue
            state.going[i] += going / max(state.load[i], 1.0)
            for j in range(n):
                state.joint[i, j] += state.needs[m, j]
                state.joint_going[i, j] += state.needs[m, j] * going
    for i in range(n):
        for j in range(n):
            state.joint_going[i, j] /= max(state.joint[i, j], 1.0)
    if under_way > 0.0:
        state.usual_pace[0] += (paces / under_way - state.usual_pace[0]) / PLAN_MONTHS


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
        share = state.meeting_share[i]
        state.own_benefit[i] += state.incentive_share[i] * gain
        state.own_cost[i] += state.price[i] * (share + (1.0 - share) * given) + state.harm[i]


@compiled
def give_up_work(state, p):
    """A line of work is given up when a year of it went far more slowly than is usual, or its
    members have gone. Who saw it fail trusts less and is less committed, the longer it had run, and
    what comes next must be decided on anew."""
    n = p.n
    for m in range(p.programme.n_simultaneous):
        if state.number[m] < 0 or is_complete(m, state):
            continue
        replace_absent(m, state, p)
        members = 0.0
        for i in range(n):
            members += state.needs[m, i] * state.is_present[i]
        is_hopeless = state.recent_pace[m] < GIVEN_UP * state.usual_pace[0]
        is_waiting_for_members = 0.0 < state.absent_months[m] <= REPLACEMENT_MONTHS
        if not is_hopeless and (members >= 2.0 or is_waiting_for_members):
            continue
        state.counts[1] += 1
        state.number[m] = -1
        state.recent_pace[m] = state.usual_pace[0]
        state.freed[m] = state.decision[m] = 0.0  # what was decided was this work
        for i in range(n):
            state.votes[m, i] = 0.0
        loss = GIVING_UP_LOSS * min(1.0, state.age[m] / GIVING_UP_MONTHS)
        for i in range(n):
            if state.needs[m, i] * state.is_present[i] == 0.0:
                continue
            for layer in range(N_LAYERS):
                state.vision_commitment[i, layer] *= 1.0 - loss
                for j in range(n):
                    if j != i and state.needs[m, j] * state.is_present[j] > 0.0:
                        lose_competence(i, layer, j, loss, state, p)
                        break_tie(i, layer, j, 1.0, state)


@compiled
def is_complete(m, state):
    """Return whether all work of m is done."""
    return state.work[m] >= state.work_size[m] * (1.0 - 1.0e-12)


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
            state.votes[m, best] = 0.0


@with_slot
def begin_initiatives(begin, state, p):
    """What is finished makes room for the next, which works from next month on."""
    month = state.month[0]
    for m in range(p.programme.n_simultaneous):
        surplus = 0.0
        if state.number[m] >= 0 and is_complete(m, state):
            state.counts[0] += 1
            state.completed_months[0] += state.age[m]
            state.completed_months[1] += state.planned_months[m]
            surplus = state.work[m] - state.work_size[m]
            state.number[m] = -1
        if state.number[m] < 0 and n_members(state, p) >= 2.0:
            begin_initiative(begin, m, month + 1, state, p)
            state.work[m] = max(surplus, 0.0)


@with_slot
def begin_initiative(begin, m, month, state, p):
    """Place m of the programme takes up its next initiative, if its time has come.

    Its number, and so its luck, is its place's own: what happens elsewhere does not change it.
    """
    number = m + p.programme.n_simultaneous * state.generation[m]
    if number < p.programme.initiatives.n:
        if month < p.programme.initiatives.start_month[number]:
            return
        take_up_given(m, number, state, p)
    else:
        begin(m, number, state, p)
    state.number[m] = number
    state.generation[m] += 1
    state.difficulty[m] = exp(
        DIFFICULTY_SPREAD * normal_of(number, DIFFICULTY_DRAW, state, p)
        - 0.5 * DIFFICULTY_SPREAD * DIFFICULTY_SPREAD * p.luck * p.luck
    )
    state.benefit[m] = 1.0 + BENEFIT_SPREAD * normal_of(number, BENEFIT_DRAW, state, p)
    state.work[m] = 0.0
    state.age[m] = 0.0
    state.absent_months[m] = 0.0
    state.mix_length[m] = length(state.benefit_mix[m], p.n_domains)
    state.joint_value[m] = product(state.vision, state.benefit_mix[m], p.n_domains) / (
        state.mix_length[m] * length(state.vision, p.n_domains)
    )
    for i in range(p.n):
        state.tilt[i] = 0.0


@compiled
def normal_of(number, which, state, p):
    """Draw one chance attribute of an initiative: a standard normal from two draws at its number."""
    draw = uniform(state.keys, ENVIRONMENT, SETUP, INITIATIVE, number, which, 0)
    other_draw = uniform(state.keys, ENVIRONMENT, SETUP, INITIATIVE, number, which + 1, 0)
    return standard_normal(draw, other_draw, p.luck)


@compiled
def take_up_given(m, number, state, p):
    """Take up an initiative that the scenario lists."""
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


@compiled
def draw_initiative(m, number, state, p):
    """Draw the next initiative: where its benefit falls, whom it needs, how much work it is."""
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
        state.benefit_mix[m, k] = (1.0 - FOCUS * p.luck) * leaning
        cumulated += leaning
        if not is_found and draw < cumulated:
            focus, is_found = k, True
    state.benefit_mix[m, focus] += FOCUS * p.luck
    choose_members(m, number, state, p)
    draw = uniform(state.keys, ENVIRONMENT, SETUP, INITIATIVE, number, SIZE_DRAW, 0)
    state.work_size[m] = p.programme.initiative_size * (1.0 + SIZE_SPREAD * noise(draw, p.luck))
    for i in range(n):
        state.member_harm[m, i] = 0.0


@compiled
def choose_members(m, number, state, p):
    """Choose the members that an initiative needs: those whose objectives fit it best, with some chance."""
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
