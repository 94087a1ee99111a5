"""Coordinators meet people: whom, what it does, and what is thought of them."""

from partnersim.model.arithmetic import log
from partnersim.model.compiled import compiled, with_slot
from partnersim.model.constants import (
    ARTICULATION,
    CREDIBILITY_LOSS,
    CREDIBILITY_OF_DELIVERY,
    CREDIBILITY_RATE,
    HOME_CREDIBILITY,
    HOST_GOODWILL_LOSS,
    N_LAYERS,
    STARTING_CREDIBILITY,
    SUSPICION,
    TILT,
)
from partnersim.model.draws import (
    CONDUCT,
    EMERGENCE,
    ENCOUNTERS,
    FIRST_COORDINATOR,
    HOW_MANY,
    SIGHT,
    WHOM,
    event,
    of_layer,
    random_bits,
    uniform,
)
from partnersim.model.room import Q
from partnersim.model.trust import lose_goodwill

NOBODY = -1.0e300


@compiled
def begin_work(c, host, state, p):
    """A coordinator begins: a little credibility, more at home, and has seen nobody."""
    state.is_at_work[c] = 1.0
    state.host[c] = host
    for i in range(p.n):
        start = HOME_CREDIBILITY if i == host else STARTING_CREDIBILITY
        state.credibility[c, i] = p.coordinators.skill[c] * start
        for layer in range(N_LAYERS):
            state.months_unseen[c, i, layer] = 12.0
            state.has_seen[c, i, layer] = 0.0


@compiled
def change_coordinators(state, p):
    """Appointed coordinators come and go by the month; others may emerge among members."""
    month = state.month[0]
    for c in range(p.coordinators.n_appointed):
        is_due = p.coordinators.from_month[c] <= month < p.coordinators.to_month[c]
        if is_due and state.is_at_work[c] == 0.0:
            begin_work(c, p.coordinators.host[c], state, p)
            state.conduct[c] = p.coordinators.impartiality[c]
        elif not is_due:
            state.is_at_work[c] = 0.0
    if p.emergence.rate > 0.0 and month >= 0:
        emerge_coordinators(state, p)


@compiled
def emerge_coordinators(state, p):
    """A committed member may start to coordinate, as impartial as it is committed."""
    month = state.month[0]
    for i in range(p.n):
        commitment = 0.0
        for layer in range(N_LAYERS):
            commitment += state.vision_commitment[i, layer] / N_LAYERS
        place, is_already = -1, False
        for c in range(p.coordinators.n - 1, p.coordinators.n_appointed - 1, -1):
            if state.is_at_work[c] == 0.0:
                place = c
            elif state.host[c] == i:
                is_already = True
                state.conduct[c] = commitment
                if state.is_present[i] == 0.0:
                    state.is_at_work[c] = 0.0
        draw = uniform(state.keys, ENCOUNTERS, month, EMERGENCE, p.label[i], 0, 0)
        if state.is_present[i] > 0.0 and not is_already and place >= 0:
            state.emerging[i] += event(draw, p.emergence.rate * commitment, p.luck)
            if state.emerging[i] >= 1.0:
                state.emerging[i] = 0.0
                begin_work(place, i, state, p)
                state.conduct[place] = commitment


@compiled
def stream_of(c, p):
    """Return a coordinator's stream of draws: those appointed count up from the first, places for
    those who emerge down from the last, so that appointing one more changes nobody else's draws."""
    if c < p.coordinators.n_appointed:
        return FIRST_COORDINATOR + c
    return FIRST_COORDINATOR + Q - 1 - (c - p.coordinators.n_appointed)


@compiled
def need_for_meeting(c, i, layer, state, p):
    """Return how much a layer calls for attention: low commitment, weakest tie, long unseen."""
    weakest = 1.0
    for j in range(p.n):
        if j != i and state.is_present[j] > 0.0:
            weakest = min(weakest, state.trust[i, layer, j])
    return (
        p.coordinators.for_commitment[c] * (1.0 - state.vision_commitment[i, layer])
        + p.coordinators.for_tie[c] * (1.0 - weakest)
        + p.coordinators.for_time[c] * min(1.0, state.months_unseen[c, i, layer] / 12.0)
    )


@with_slot
def choose_meetings(meet, state, p):
    """Each coordinator meets those who call for it most.

    The highest of need + temperature * Gumbel noise are met: sampling without replacement from
    the softmax of need. Who has more meetings than there are layers meets all of them again.
    """
    month, n_layers = state.month[0], p.n * N_LAYERS
    for c in range(p.coordinators.n):
        n_within_reach = weigh_needs(meet, c, state, p)
        if n_within_reach == 0:
            continue
        draw = uniform(state.keys, stream_of(c, p), month, HOW_MANY, 0, 0, 0)
        n_meetings = int(p.coordinators.meetings_per_month[c] + p.luck * draw + (1.0 - p.luck) * 0.5)
        each, further = n_meetings // n_within_reach, n_meetings % n_within_reach
        if each > 0:
            for at in range(n_layers):
                if state.need[at] > NOBODY:
                    state.meetings[c, at // N_LAYERS, at % N_LAYERS] = each
        for _ in range(further):
            neediest, most = 0, NOBODY
            for at in range(n_layers):
                if state.need[at] > most:
                    neediest, most = at, state.need[at]
            state.need[neediest] = NOBODY
            state.meetings[c, neediest // N_LAYERS, neediest % N_LAYERS] += 1.0


@with_slot
def weigh_needs(meet, c, state, p):
    """Find how much each layer within a coordinator's reach calls for a meeting; return their number."""
    month, stream, luck, n_within_reach = state.month[0], stream_of(c, p), p.luck, 0
    temperature = p.coordinators.temperature[c]
    for i in range(p.n):
        bits = random_bits(state.keys, stream, month, WHOM, p.label[i], 0, 0)
        for layer in range(N_LAYERS):
            state.meetings[c, i, layer] = 0.0
            at = i * N_LAYERS + layer
            state.need[at] = NOBODY
            reach = state.is_at_work[c] * state.is_present[i] * p.coordinators.layers[c, layer]
            if reach == 0.0:
                continue
            n_within_reach += 1
            gumbel = -log(-log(of_layer(bits, layer))) * luck
            state.need[at] = meet(c, i, layer, state, p) + temperature * gumbel
    return n_within_reach


@compiled
def hold_meetings(state, p):
    """Each meeting is held in somebody's interest, looks it or not, and has its weight.

    Weight grows with credibility; several meetings compose as 1 - (1 - a)^times.
    """
    month, n = state.month[0], p.n
    for c in range(p.coordinators.n):
        host, stream = state.host[c], stream_of(c, p)
        for i in range(n):
            for layer in range(N_LAYERS):
                times = state.meetings[c, i, layer]
                state.weight[c, i, layer] = 0.0
                state.held_for_host[c, i, layer] = 0.0
                state.seen_impartial[c, i, layer] = 0.0
                if times == 0.0:
                    continue
                impartial, seen_so = 1.0, 1.0
                if host >= 0 and host != i:
                    draw = uniform(state.keys, stream, month, CONDUCT, p.label[i], layer, 0)
                    impartial = event(draw, state.conduct[c], p.luck)
                    draw = uniform(state.keys, stream, month, SIGHT, p.label[i], layer, 0)
                    doubt = SUSPICION * (1.0 - state.goodwill_trust[i, layer, host])
                    seen_so = event(draw, 1.0 - doubt, p.luck)
                missed = 1.0
                for _ in range(int(times)):
                    missed *= 1.0 - impartial * state.credibility[c, i]
                state.weight[c, i, layer] = 1.0 - missed
                state.held_for_host[c, i, layer] = times * (1.0 - impartial)
                state.seen_impartial[c, i, layer] = times * impartial * seen_so


@compiled
def articulate_vision(state, p):
    """Who hears a coordinator commits itself further: towards its ceiling."""
    if not p.mechanisms.articulation:
        return
    for i in range(p.n):
        for layer in range(N_LAYERS):
            unmoved = 1.0
            for c in range(p.coordinators.n):
                unmoved *= 1.0 - ARTICULATION * state.weight[c, i, layer]
            room = max(state.ceiling[i] - state.vision_commitment[i, layer], 0.0)
            state.vision_commitment[i, layer] += (1.0 - unmoved) * room


@compiled
def serve_host(state, p):
    """Meetings held for the host tilt what comes next, and cost it goodwill."""
    n = p.n
    for c in range(p.coordinators.n):
        host = state.host[c]
        if host < 0:
            continue
        for i in range(n):
            for layer in range(N_LAYERS):
                held_for_host = state.held_for_host[c, i, layer]
                state.tilt[host] += TILT * held_for_host
                loss = min(1.0, HOST_GOODWILL_LOSS * held_for_host)
                if i != host:
                    lose_goodwill(i, layer, host, loss, state, p)


@compiled
def convene_partners(state, p):
    """Those whom one coordinator meets come together, and have help with their issues."""
    n = p.n
    for i in range(n):
        state.helped[i] = 0.0
        for j in range(n):
            state.convened[i, j] = 0.0
    for c in range(p.coordinators.n):
        if state.is_at_work[c] == 0.0:
            continue
        for i in range(n):
            untouched = 1.0
            for layer in range(N_LAYERS):
                untouched *= 1.0 - state.weight[c, i, layer]
            state.touched[i] = 1.0 - untouched
        for i in range(n):
            if p.mechanisms.resolution:
                state.helped[i] = 1.0 - (1.0 - state.helped[i]) * (1.0 - state.touched[i])
            for j in range(n):
                if p.mechanisms.convening and j != i:
                    link = state.touched[i] * state.touched[j]
                    state.convened[i, j] = 1.0 - (1.0 - state.convened[i, j]) * (1.0 - link)


@compiled
def judge_coordinators(state, p):
    """Credibility follows skill and delivery.

    k to skill*[(1-h) + h*min(1, pace/plan)]. Talk without delivery wears out; serving a host
    costs at once. Where a motive can be doubted an impartial act earns nothing, and costs nothing
    either [kelley1973]. The coordinator now has seen those it met.
    """
    delivery, members = 0.0, 0.0
    for i in range(p.n):
        delivery += state.is_present[i] * state.going[i]
        members += state.is_present[i]
    delivery /= max(members, 1.0)
    for c in range(p.coordinators.n):
        worth = p.coordinators.skill[c] * (1.0 - CREDIBILITY_OF_DELIVERY * (1.0 - delivery))
        for i in range(p.n):
            for layer in range(N_LAYERS):
                state.months_unseen[c, i, layer] += 1.0
                times = state.meetings[c, i, layer]
                if times == 0.0:
                    continue
                gain = min(1.0, CREDIBILITY_RATE * state.seen_impartial[c, i, layer])
                state.credibility[c, i] += gain * (worth - state.credibility[c, i])
                held_for_host = state.held_for_host[c, i, layer]
                state.credibility[c, i] *= 1.0 - min(1.0, CREDIBILITY_LOSS * held_for_host)
                state.months_unseen[c, i, layer] = 0.0
                state.has_seen[c, i, layer] = 1.0
                commitment = state.vision_commitment[i, layer]
                deed = state.deed[i, layer]
                state.seen[c, i, layer] = (1.0 - p.trust.deeds) * commitment + p.trust.deeds * deed
