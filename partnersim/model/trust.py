"""Trust: every rule by which one kind of it or the other changes, and trust as it is acted on.

What happens stands with who does it: meetings, promises, issues, people leaving. What it does to
trust stands here, and `set_competence` and `set_goodwill` alone write it.
"""

import math

from partnersim.model.arithmetic import clip, tanh
from partnersim.model.compiled import compiled, with_slot
from partnersim.model.constants import (
    AGREEMENT_LOSS,
    AMPLIFIED,
    BRIDGING,
    BUILDING,
    COVERED_BY_AGREEMENT,
    CROWDING,
    DAMAGE,
    DECAY,
    DEEDS,
    EROSION,
    FORGIVING,
    JOINT_DAY_RATE,
    LOYALTY_FACTOR,
    N_LAYERS,
    PERIOD_MONTHS,
    READING_NOISE,
    SENSITIVITY,
    TRUST_SPREAD,
    TWO_LAYER,
)
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
def is_frozen(state, p):
    """Return whether trust is held: from month 0 on or, if trust at the start is given, before it too."""
    return p.mechanisms.trust_frozen and (state.month[0] >= 0 or p.starting.trust >= 0.0)


@compiled
def set_competence(i, layer, j, trust, state, p):
    """Set competence trust of a layer of i in j from now on, unless trust is held."""
    if not is_frozen(state, p):
        state.competence_trust[i, layer, j] = trust


@compiled
def set_goodwill(i, layer, j, trust, state, p):
    """Set goodwill trust of a layer of i in j from now on, unless trust is held."""
    if not is_frozen(state, p):
        state.goodwill_trust[i, layer, j] = trust


@compiled
def start_trust(competence, goodwill, state, p):
    """Draw trust at the start: half of a link's chance is its pair's, half its own; held, all alike."""
    spread = 0.0 if p.mechanisms.trust_frozen else TRUST_SPREAD
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
                    chance = spread * 0.5 * (pair + noise(draw, p.luck))
                    if kind == 0:
                        state.competence_trust[i, layer, j] = clip(competence + chance, 0.0, 1.0)
                    else:
                        state.goodwill_trust[i, layer, j] = clip(goodwill + chance, 0.0, 1.0)


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
    """Return the mean goodwill between two organisations, over layers and both directions."""
    total = 0.0
    for layer in range(N_LAYERS):
        total += state.goodwill_trust[i, layer, j] + state.goodwill_trust[j, layer, i]
    return total / (2.0 * N_LAYERS)


# How it learns from what is seen ------------------------------------------------------------


@compiled
def weight_of_bad_news(trust, asymmetry):
    """Return how much more bad news moves trust than good: most where there is no settled view, not
    at all where there is [slovic1993; poortinga2004]."""
    return 1.0 + (asymmetry - 1.0) * 4.0 * trust * (1.0 - trust)


@compiled
def take_in(trust, seen, rate, agreement, asymmetry):
    """Return trust after news: bad news weighs more, and good news less where a rule forces the
    conduct [malhotra2002]."""
    change = rate * (seen - trust)
    # Both are worked out and one is taken: a branch that nobody can foresee takes longer.
    of_bad_news = weight_of_bad_news(trust, asymmetry)
    of_good_news = 1.0 - CROWDING * agreement
    change *= of_bad_news if change < 0.0 else of_good_news
    return clip(trust + change, 0.0, 1.0)


@compiled
def learn_from_news(i, layer, j, seen, rate, state, p):
    """Return goodwill of a layer of i towards j after news of j, with any agreement in force."""
    goodwill = state.goodwill_trust[i, layer, j]
    return take_in(goodwill, seen, rate, state.agreement[i, j], p.trust.news_asymmetry)


@with_slot
def hear_talk(learn, state, p):
    """Goodwill learns from what is displayed in meetings.

    What is not understood across cultures is not credited; chance misreads it either way.
    """
    if p.trust.theory != DEEDS:
        return
    month, n, luck, talk = state.month[0], p.n, p.luck, 1.0 - p.trust.deeds
    for i in range(n):
        for j in range(n):
            if i == j or state.is_present[i] * state.is_present[j] == 0.0:
                continue
            misread = state.misread[i, j]
            open_part = (1.0 - misread) * (1.0 - state.guarded[i, j])
            rate = p.trust.rate * state.contact[i, j] * talk
            bits = random_bits(state.keys, ENCOUNTERS, month, READING, p.label[i], p.label[j], 0)
            for layer in range(N_LAYERS):
                seen = clip(
                    open_part * state.displayed[j, layer]
                    + READING_NOISE * noise(of_layer(bits, layer), luck),
                    0.0,
                    1.0,
                )
                learnt = learn(i, layer, j, seen, rate, state, p)
                set_goodwill(i, layer, j, learnt, state, p)


@with_slot
def see_deeds(learn, state, p):
    """Goodwill learns from what was really delivered last month: talk is not enough."""
    if p.trust.theory != DEEDS:
        return
    n, deeds = p.n, p.trust.deeds
    for i in range(n):
        for j in range(n):
            if i == j or state.is_present[i] * state.is_present[j] == 0.0:
                continue
            misread = state.misread[i, j]
            rate = p.trust.rate * state.contact[i, j] * deeds
            for layer in range(N_LAYERS):
                seen = (1.0 - misread) * state.deed[j, layer]
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
                lose_goodwill(i, layer, j, AGREEMENT_LOSS * state.withdrawn[i, j], state, p)


@with_slot
def spend_joint_days(learn, state, p):
    """On joint away days people see each other as they are: commitment and deeds, undimmed."""
    if p.trust.theory != DEEDS:
        return
    n = p.n
    for i in range(n):
        for j in range(n):
            days = min(state.in_force[i, JOINT_AWAY_DAYS], state.in_force[j, JOINT_AWAY_DAYS])
            if i == j or days == 0.0 or state.is_present[i] * state.is_present[j] == 0.0:
                continue
            rate = min(1.0, JOINT_DAY_RATE * days / 12.0)
            for layer in range(N_LAYERS):
                seen = (1.0 - p.trust.deeds) * state.vision_commitment[j, layer] + (
                    p.trust.deeds * state.deed[j, layer]
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
def judge_partners(state, p):
    """Competence trust learns how joint work goes against plan, and the partner's part in it.

    C moves to (1 - q/2) going + (q/2) deed, with q contact: of the whole everybody knows, of the
    other's part only as far as one sees it. Bad news weighs more.
    """
    if p.trust.theory != DEEDS:
        return
    n, asymmetry = p.n, p.trust.news_asymmetry
    for i in range(n):
        for j in range(n):
            if i == j or state.joint[i, j] * state.is_present[i] * state.is_present[j] == 0.0:
                continue
            contact = state.contact[i, j]
            rate = p.trust.rate * contact
            for layer in range(N_LAYERS):
                seen = (1.0 - 0.5 * contact) * state.joint_going[i, j] + 0.5 * contact * state.deed[j, layer]
                competence = state.competence_trust[i, layer, j]
                set_competence(i, layer, j, take_in(competence, seen, rate, 0.0, asymmetry), state, p)


@compiled
def forget_partners(state, p):
    """Where there is no contact, trust returns to what strangers give."""
    for i in range(p.n):
        for j in range(p.n):
            if i == j:
                continue
            rate = DECAY * (1.0 - state.contact[i, j])
            for layer in range(N_LAYERS):
                return_to_disposition(i, layer, j, rate, state, p)


# Theories by other names ---------------------------------------------------------------------


@compiled
def follow_theory(state, p):
    """Trust, both kinds as one, follows the theory of others that the scenario names."""
    if p.trust.theory == DEEDS:
        return
    n, usual = p.n, state.usual_share[0]
    for i in range(n):
        for j in range(n):
            if i == j or state.is_present[i] * state.is_present[j] == 0.0:
                continue
            for layer in range(N_LAYERS):
                if p.trust.theory == TWO_LAYER:
                    surprise = state.contact[i, j] * (state.delivered[j, layer] - usual)
                    trust = trust_in_two_layers(i, layer, j, surprise, state, p)
                else:
                    state.together[i, layer, j] += 1.0 if state.joint[i, j] > 0.0 else 0.0
                    trust = loyal_trust(p.trust.disposition, state.together[i, layer, j] / PERIOD_MONTHS)
                set_competence(i, layer, j, trust, state, p)
                set_goodwill(i, layer, j, trust, state, p)


@compiled
def trust_in_two_layers(i, layer, j, surprise, state, p):
    """Trust builds towards a ceiling, 1 - damage, and erodes three times as fast, the more so the
    more depends on the other; violations damage reputation, which recovers slowly [pant2025].

    s = tanh(kappa q (deed - baseline)), q contact; T += .10 s (1 - R - T)+, or .30 s T (1 + .5 D);
    R += .60 |s| (1 - R), or R -= .03 R, a period. The baseline is what is usual here.
    """
    damage = state.damage[i, layer, j]
    trust = math.sqrt(state.competence_trust[i, layer, j] * state.goodwill_trust[i, layer, j])
    signal = tanh(SENSITIVITY * surprise)
    if signal > 0.0:
        trust += BUILDING * signal * max(1.0 - damage - trust, 0.0) / PERIOD_MONTHS
        damage -= FORGIVING * damage / PERIOD_MONTHS
    else:
        amplified = 1.0 + AMPLIFIED * p.organisations.interdependence[i]
        trust += EROSION * signal * trust * amplified / PERIOD_MONTHS
        damage -= DAMAGE * signal * (1.0 - damage) / PERIOD_MONTHS
    state.damage[i, layer, j] = damage
    return clip(trust, 0.0, 1.0)


@compiled
def loyal_trust(disposition, periods):
    """Trust rises with uninterrupted time together, ever more slowly: from d it goes the part
    1 - 1/(f x + 1 - f) of the way to 1, after x periods [klos2001]."""
    if periods <= 1.0:
        return disposition
    gone = 1.0 - 1.0 / (LOYALTY_FACTOR * periods + 1.0 - LOYALTY_FACTOR)
    return disposition + (1.0 - disposition) * gone


@compiled
def break_tie(i, layer, j, part, state):
    """Time together counts from anew, as far as a tie breaks."""
    state.together[i, layer, j] *= 1.0 - part


# As it is acted on --------------------------------------------------------------------------


@compiled
def effective_trust(competence, goodwill, agreement):
    """Return T = sqrt(C G) [sako1992; nooteboom1996] and the part of 1 - T that an agreement covers."""
    return 1.0 - (1.0 - math.sqrt(competence * goodwill)) * (1.0 - agreement)


@compiled
def assess_trust(state, p):
    """Both kinds, and what an agreement covers, make trust as it is acted on."""
    n = p.n
    for i in range(n):
        for j in range(n):
            if i == j:
                continue
            covered = COVERED_BY_AGREEMENT * state.agreement[i, j]
            for layer in range(N_LAYERS):
                trust = effective_trust(
                    state.competence_trust[i, layer, j], state.goodwill_trust[i, layer, j], covered
                )
                state.trust[i, layer, j] = trust
