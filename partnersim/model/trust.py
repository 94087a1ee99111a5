"""Trust: every rule by which one kind of it or the other changes, and trust as it is acted on.

What happens stands with who does it: meetings, promises, issues, people leaving. What it does to
trust stands here, and `set_competence` and `set_goodwill` alone write it.
"""

import math

from partnersim.model.arithmetic import clip
from partnersim.model.compiled import compiled, with_slot
from partnersim.model.constants import BRIDGING, COVERED_BY_AGREEMENT, CROWDING, GOODWILL_RATE, N_LAYERS
from partnersim.model.draws import (
    ENCOUNTERS,
    READING,
    SETUP,
    START_PAIR,
    START_TRUST,
    noise,
    of_layer,
    random_bits,
    uniform,
)
from partnersim.model.levers import JOINT_AWAY_DAYS

# Where trust is written ---------------------------------------------------------------------


@compiled
def set_competence(i, layer, j, trust, state, p):
    """Competence trust of a layer of i in j from now on; frozen, it stays as it began."""
    if not p.mechanisms.trust_frozen:
        state.competence_trust[i, layer, j] = trust


@compiled
def set_goodwill(i, layer, j, trust, state, p):
    """Goodwill trust of a layer of i in j from now on; frozen, it stays as it began."""
    if not p.mechanisms.trust_frozen:
        state.goodwill_trust[i, layer, j] = trust


@compiled
def start_trust(state, p):
    """Trust at the start: half of a link's chance is its pair's, half its own."""
    for i in range(p.n):
        for j in range(p.n):
            if i == j:
                continue
            low, high = min(p.label[i], p.label[j]), max(p.label[i], p.label[j])
            pair = noise(uniform(state.keys, ENCOUNTERS, SETUP, START_PAIR, low, high, 0), p.luck)
            for layer in range(N_LAYERS):
                for kind in range(2):
                    draw = uniform(
                        state.keys, ENCOUNTERS, SETUP, START_TRUST, p.label[i], p.label[j], 2 * layer + kind
                    )
                    own = noise(draw, p.luck)
                    trust = p.starting.trust_mean + p.starting.trust_spread * 0.5 * (pair + own)
                    if kind == 0:
                        state.competence_trust[i, layer, j] = clip(trust, 0.0, 1.0)
                    else:
                        state.goodwill_trust[i, layer, j] = clip(trust, 0.0, 1.0)


@compiled
def start_as_strangers(i, state, p):
    """One who is to join later is trusted, and trusts, as strangers do."""
    for j in range(p.n):
        if j != i:
            for layer in range(N_LAYERS):
                state.competence_trust[i, layer, j] = state.goodwill_trust[i, layer, j] = p.trust.disposition
                state.competence_trust[j, layer, i] = state.goodwill_trust[j, layer, i] = p.trust.disposition


# How it moves -------------------------------------------------------------------------------


@compiled
def return_to_disposition(i, layer, j, part, state, p):
    """Both kinds go a part of the way back to what strangers give each other."""
    competence = state.competence_trust[i, layer, j]
    goodwill = state.goodwill_trust[i, layer, j]
    set_competence(i, layer, j, competence + part * (p.trust.disposition - competence), state, p)
    set_goodwill(i, layer, j, goodwill + part * (p.trust.disposition - goodwill), state, p)


@compiled
def gain_trust(i, layer, j, part, state, p):
    """Both kinds go a part of the way to 1."""
    competence = state.competence_trust[i, layer, j]
    goodwill = state.goodwill_trust[i, layer, j]
    set_competence(i, layer, j, competence + part * (1.0 - competence), state, p)
    set_goodwill(i, layer, j, goodwill + part * (1.0 - goodwill), state, p)


@compiled
def lose_competence(i, layer, j, part, state, p):
    """A part of competence trust is lost."""
    set_competence(i, layer, j, state.competence_trust[i, layer, j] * (1.0 - part), state, p)


@compiled
def lose_goodwill(i, layer, j, part, state, p):
    """A part of goodwill trust is lost."""
    set_goodwill(i, layer, j, state.goodwill_trust[i, layer, j] * (1.0 - part), state, p)


@compiled
def fall_out(i, j, part, state, p):
    """Both sides, in all layers, lose a part of their goodwill."""
    for layer in range(N_LAYERS):
        lose_goodwill(i, layer, j, part, state, p)
        lose_goodwill(j, layer, i, part, state, p)


@compiled
def trust_as_strangers(i, state, p):
    """A newcomer is trusted, and trusts, as strangers do."""
    for j in range(p.n):
        if j != i:
            for layer in range(N_LAYERS):
                set_competence(i, layer, j, p.trust.disposition, state, p)
                set_goodwill(i, layer, j, p.trust.disposition, state, p)
                set_competence(j, layer, i, p.trust.disposition, state, p)
                set_goodwill(j, layer, i, p.trust.disposition, state, p)


@compiled
def mean_goodwill(i, j, state):
    """Goodwill between two organisations, over layers and both directions."""
    total = 0.0
    for layer in range(N_LAYERS):
        total += state.goodwill_trust[i, layer, j] + state.goodwill_trust[j, layer, i]
    return total / (2.0 * N_LAYERS)


# How it learns from what is seen ------------------------------------------------------------


@compiled
def deed_of(j, layer, state, p):
    """What a layer of j really gave last month, against what plans take for granted, at most 1:
    trust grows where expectations are met, and modest ones are met sooner [vangen2003]."""
    return min(1.0, state.delivered[j, layer] / p.programme.planned_effort)


@compiled
def weight_of_bad_news(trust, asymmetry):
    """How much more bad news moves trust than good: most where there is no settled view, not at
    all where there is [slovic1993; poortinga2004]."""
    return 1.0 + (asymmetry - 1.0) * 4.0 * trust * (1.0 - trust)


@compiled
def take_in(goodwill, seen, rate, agreement, asymmetry):
    """Goodwill after news: bad news weighs more, and good news less where a rule forces the
    conduct [malhotra2002]."""
    change = rate * (seen - goodwill)
    # Both are worked out and one is taken: a branch that nobody can foresee takes longer.
    of_bad_news = weight_of_bad_news(goodwill, asymmetry)
    of_good_news = 1.0 - CROWDING * agreement
    change *= of_bad_news if change < 0.0 else of_good_news
    return clip(goodwill + change, 0.0, 1.0)


@compiled
def learn_from_news(i, layer, j, seen, rate, state, p):
    """Goodwill of a layer of i towards j after news of j, with any agreement in force."""
    goodwill = state.goodwill_trust[i, layer, j]
    return take_in(goodwill, seen, rate, state.agreement[i, j], p.trust.news_asymmetry)


@with_slot
def hear_talk(learn, state, p):
    """Goodwill learns from what is displayed in meetings, misread by culture and by chance."""
    month, n, luck, disposition = state.month[0], p.n, p.luck, p.trust.disposition
    talk, spread = 1.0 - p.trust.deeds, p.trust.misreading_noise
    for i in range(n):
        for j in range(n):
            if i == j or state.is_present[i] * state.is_present[j] == 0.0:
                continue
            misread = state.misread[i, j]
            open_part = (1.0 - misread) * (1.0 - state.guarded[i, j])
            rate = GOODWILL_RATE * state.contact[i, j] * talk
            bits = random_bits(state.keys, ENCOUNTERS, month, READING, p.label[i], p.label[j], 0)
            for layer in range(N_LAYERS):
                seen = clip(
                    open_part * state.displayed[j, layer]
                    + misread * disposition
                    + spread * noise(of_layer(bits, layer), luck),
                    0.0,
                    1.0,
                )
                learnt = learn(i, layer, j, seen, rate, state, p)
                set_goodwill(i, layer, j, learnt, state, p)


@with_slot
def see_deeds(learn, state, p):
    """Goodwill learns from what was really delivered last month: talk is not enough."""
    n, deeds, disposition = p.n, p.trust.deeds, p.trust.disposition
    for i in range(n):
        for j in range(n):
            if i == j or state.is_present[i] * state.is_present[j] == 0.0:
                continue
            misread = state.misread[i, j]
            rate = GOODWILL_RATE * state.contact[i, j] * deeds
            for layer in range(N_LAYERS):
                seen = (1.0 - misread) * deed_of(j, layer, state, p) + misread * disposition
                learnt = learn(i, layer, j, seen, rate, state, p)
                set_goodwill(i, layer, j, learnt, state, p)


@compiled
def miss_agreements(state, p):
    """Goodwill falls as a binding agreement ends.

    Without the rule that made them give, the others are believed to be the less willing: good
    conduct had been put down to the rule [malhotra2002].
    """
    n = p.n
    for i in range(n):
        for j in range(n):
            if i == j or state.withdrawn[i, j] == 0.0:
                continue
            for layer in range(N_LAYERS):
                lose_goodwill(i, layer, j, p.trust.agreement_loss * state.withdrawn[i, j], state, p)


@with_slot
def spend_joint_days(learn, state, p):
    """On joint away days people see each other as they are: commitment and deeds, undimmed."""
    n = p.n
    for i in range(n):
        for j in range(n):
            days = min(state.in_force[i, JOINT_AWAY_DAYS], state.in_force[j, JOINT_AWAY_DAYS])
            if i == j or days == 0.0 or state.is_present[i] * state.is_present[j] == 0.0:
                continue
            rate = min(1.0, p.trust.joint_day_rate * days / 12.0)
            for layer in range(N_LAYERS):
                seen = (1.0 - p.trust.deeds) * state.vision_commitment[j, layer] + (
                    p.trust.deeds * deed_of(j, layer, state, p)
                )
                learnt = learn(i, layer, j, seen, rate, state, p)
                set_goodwill(i, layer, j, learnt, state, p)


@compiled
def bridge_partners(state, p):
    """Goodwill moves, up or down, to what the coordinator itself last saw of the trustee.

    It can carry distrust as well as trust [ferrin2006; burt1995]; of those whom the coordinator
    never met it can say nothing.
    """
    if not p.mechanisms.bridging:
        return
    n = p.n
    for c in range(p.coordinators.n):
        for i in range(n):
            for layer in range(N_LAYERS):
                part = BRIDGING * state.weight[c, i, layer]
                if part == 0.0:
                    continue
                for j in range(n):
                    if j != i and state.has_seen[c, j, layer] * state.is_present[j] > 0.0:
                        goodwill = state.goodwill_trust[i, layer, j]
                        bridged = goodwill + part * (state.seen[c, j, layer] - goodwill)
                        set_goodwill(i, layer, j, bridged, state, p)


@compiled
def judge_promises(state, p):
    """Competence trust rises with promises kept, and falls with those broken.

    C += a (1-C) for one kept, C -= a C for one broken, which is bad news, with a growing with
    contact and with what was promised.
    """
    n, asymmetry = p.n, p.trust.news_asymmetry
    for i in range(n):
        for j in range(n):
            if i == j or state.is_present[i] * state.is_present[j] == 0.0:
                continue
            for layer in range(N_LAYERS):
                rate = p.trust.promise_rate * state.contact[i, j] * state.contribution[j, layer]
                kept = state.kept[j, layer]
                competence = state.competence_trust[i, layer, j]
                gain = kept * (1.0 - competence)
                loss = (1.0 - kept) * competence * weight_of_bad_news(competence, asymmetry)
                learnt = clip(competence + rate * (gain - loss), 0.0, 1.0)
                set_competence(i, layer, j, learnt, state, p)


@compiled
def forget_partners(state, p):
    """Where there is no contact, trust returns to what strangers give."""
    for i in range(p.n):
        for j in range(p.n):
            if i == j:
                continue
            rate = p.trust.decay_rate * (1.0 - state.contact[i, j])
            for layer in range(N_LAYERS):
                return_to_disposition(i, layer, j, rate, state, p)


# As it is acted on --------------------------------------------------------------------------


@compiled
def effective_trust(competence, goodwill, goodwill_weight, agreement):
    """T = C^(1-w) G^w [sako1992; nooteboom1996], and what an agreement covers of 1 - T."""
    if goodwill_weight == 0.5:
        trust = math.sqrt(competence * goodwill)
    elif competence <= 0.0 or goodwill <= 0.0:
        trust = 0.0
        if goodwill_weight == 0.0:
            trust = competence
        elif goodwill_weight == 1.0:
            trust = goodwill
    else:
        trust = math.exp(
            (1.0 - goodwill_weight) * math.log(competence) + goodwill_weight * math.log(goodwill)
        )
    return 1.0 - (1.0 - trust) * (1.0 - agreement)


@compiled
def assess_trust(state, p):
    """Both kinds, and what an agreement covers, make trust as it is acted on."""
    n, goodwill_weight = p.n, p.trust.goodwill_weight
    for i in range(n):
        for j in range(n):
            if i == j:
                continue
            covered = COVERED_BY_AGREEMENT * state.agreement[i, j]
            for layer in range(N_LAYERS):
                trust = effective_trust(
                    state.competence_trust[i, layer, j],
                    state.goodwill_trust[i, layer, j],
                    goodwill_weight,
                    covered,
                )
                state.trust[i, layer, j] = trust


@compiled
def mean_trust_of(i, state, p):
    """Mean trust of an organisation's layers in the other members."""
    total, links = 0.0, 0.0
    for layer in range(N_LAYERS):
        for j in range(p.n):
            if j != i and state.is_present[j] > 0.0:
                total += state.trust[i, layer, j]
                links += 1.0
    return total / max(links, 1.0)
