"""Process 4: organisations meet. Contact, talk, deeds, joint days, issues."""

from partnersim.model.arithmetic import clip, product
from partnersim.model.compiled import compiled
from partnersim.model.constants import (
    CONFLICT_HORIZONS,
    CONFLICT_OBJECTIVES,
    CONTACT_RATE,
    CONVENED_CONTACT,
    COORDINATED_RESOLUTION,
    COVERED_BY_AGREEMENT,
    CRISIS_CONTACT,
    CROWDING,
    GOODWILL_RATE,
    GUARDED,
    GUARDED_ANYWAY,
    JOINT_DAY_CONTACT,
    MISREADING,
    N_LAYERS,
    POSITION_DAYS,
    RESOLVED,
    RUPTURE_VENTED,
    SELF_SERVING,
    SHARED_WORK_CONTACT,
    UNDERSTOOD_NEEDS,
    VENTED,
    WORKED_THROUGH_GOODWILL,
    WORKED_THROUGH_LEAST,
)
from partnersim.model.draws import (
    ENCOUNTERS,
    READING,
    RUPTURE,
    SURFACING,
    WORKING_THROUGH,
    event,
    noise,
    of_layer,
    random_bits,
    uniform,
)
from partnersim.model.environment import deed_of, effective_trust, n_members
from partnersim.model.levers import (
    ISSUE_AVOIDANCE,
    JOINT_AWAY_DAYS,
    OWN_NEEDS_FRAMING,
    POSITION_SHARING,
    SEPARATE_PRE_MEETINGS,
)


@compiled
def differ(state, p):
    """Conflict of interest: .7 (1 - cos(w_i, w_j)) + .3 min(1, |ln h_i/h_j| / ln 10)."""
    for i in range(p.n):
        for j in range(i):
            alike = product(state.objectives[i], state.objectives[j], p.n_domains) / (
                state.objectives_length[i] * state.objectives_length[j]
            )
            conflict = (
                CONFLICT_OBJECTIVES * max(1.0 - alike, 0.0)
                + CONFLICT_HORIZONS * state.horizons_apart[i, j]
            )
            state.conflict[i, j] = state.conflict[j, i] = conflict


@compiled
def make_contact(state, p):
    """Contact follows occasions to meet, and tension keeps people apart."""
    n = p.n
    meetings = p.relations.meeting_budget / max(n_members(state, p) - 1.0, 1.0)
    n_initiatives = p.programme.n_simultaneous
    for i in range(n):
        for j in range(i):
            shared = 0.0
            for m in range(n_initiatives):
                if state.number[m] >= 0:
                    shared += state.needs[m, i] * state.needs[m, j]
            joint_days = min(state.in_force[i, JOINT_AWAY_DAYS], state.in_force[j, JOINT_AWAY_DAYS])
            occasions = (
                state.is_present[i]
                * state.is_present[j]
                * min(
                    1.0,
                    meetings
                    + JOINT_DAY_CONTACT * joint_days / 12.0
                    + SHARED_WORK_CONTACT * shared / n_initiatives
                    + CONVENED_CONTACT * state.convened[i, j]
                    + CRISIS_CONTACT * state.crisis[0],
                )
            )
            contact = state.contact[i, j]
            contact += CONTACT_RATE * (occasions * (1.0 - state.tension[i, j]) - contact)
            state.contact[i, j] = state.contact[j, i] = contact


@compiled
def show(state, p):
    """What each layer displays, how much of it is guarded, and how it is misread.

    Talk of one's own needs hides commitment and is understood; pre-meetings guard what is shown,
    more so where interests conflict [wildschut2003].
    """
    for j in range(p.n):
        lever = state.in_force[j]
        framing = lever[OWN_NEEDS_FRAMING]
        hidden = SELF_SERVING * framing if p.mechanisms.framing_harm else 0.0
        understood = UNDERSTOOD_NEEDS * framing if p.mechanisms.framing_reason else 0.0
        guarded = GUARDED * lever[SEPARATE_PRE_MEETINGS] if p.mechanisms.pre_meetings_harm else 0.0
        for layer in range(N_LAYERS):
            state.displayed[j, layer] = state.vision_commitment[j, layer] * (1.0 - hidden)
        for i in range(p.n):
            days = 0.5 * (state.in_force[i, POSITION_SHARING] + lever[POSITION_SHARING])
            unlearnt = POSITION_DAYS / (POSITION_DAYS + days)
            distance = state.cultural_distance[i, j]
            state.misread[i, j] = MISREADING * distance * (1.0 - understood) * unlearnt
            opposed = GUARDED_ANYWAY + (1.0 - GUARDED_ANYWAY) * state.conflict[i, j]
            state.guarded[i, j] = guarded * opposed


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
def hear_talk(state, p):
    """Goodwill learns from what is displayed in meetings, misread by culture and by chance."""
    month, n, luck, disposition = state.month[0], p.n, p.luck, p.trust.disposition
    talk, spread, asymmetry = 1.0 - p.trust.deeds, p.trust.misreading_noise, p.trust.news_asymmetry
    for i in range(n):
        for j in range(n):
            if i == j or state.is_present[i] * state.is_present[j] == 0.0:
                continue
            misread, agreement = state.misread[i, j], state.agreement[i, j]
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
                state.goodwill_trust[i, layer, j] = take_in(
                    state.goodwill_trust[i, layer, j], seen, rate, agreement, asymmetry
                )


@compiled
def see_deeds(state, p):
    """Goodwill learns from what was really delivered last month: talk is not enough."""
    n, deeds, disposition, asymmetry = (
        p.n,
        p.trust.deeds,
        p.trust.disposition,
        p.trust.news_asymmetry,
    )
    for i in range(n):
        for j in range(n):
            if i == j or state.is_present[i] * state.is_present[j] == 0.0:
                continue
            misread, agreement = state.misread[i, j], state.agreement[i, j]
            rate = GOODWILL_RATE * state.contact[i, j] * deeds
            for layer in range(N_LAYERS):
                seen = (1.0 - misread) * deed_of(j, layer, state, p) + misread * disposition
                state.goodwill_trust[i, layer, j] = take_in(
                    state.goodwill_trust[i, layer, j], seen, rate, agreement, asymmetry
                )


@compiled
def miss_agreements(state, p):
    """Without the rule that made them give, the others are believed to be the less willing: good
    conduct had been put down to the rule [malhotra2002]."""
    n = p.n
    for i in range(n):
        for j in range(n):
            if i == j or state.withdrawn[i, j] == 0.0:
                continue
            for layer in range(N_LAYERS):
                state.goodwill_trust[i, layer, j] *= (
                    1.0 - p.trust.agreement_loss * state.withdrawn[i, j]
                )


@compiled
def spend_joint_days(state, p):
    """On joint away days people see each other as they are: commitment and deeds, undimmed."""
    n = p.n
    for i in range(n):
        for j in range(n):
            days = min(state.in_force[i, JOINT_AWAY_DAYS], state.in_force[j, JOINT_AWAY_DAYS])
            if i == j or days == 0.0 or state.is_present[i] * state.is_present[j] == 0.0:
                continue
            agreement = state.agreement[i, j]
            rate = min(1.0, p.trust.joint_day_rate * days / 12.0)
            for layer in range(N_LAYERS):
                seen = (1.0 - p.trust.deeds) * state.vision_commitment[j, layer] + (
                    p.trust.deeds * deed_of(j, layer, state, p)
                )
                state.goodwill_trust[i, layer, j] = take_in(
                    state.goodwill_trust[i, layer, j], seen, rate, agreement, p.trust.news_asymmetry
                )


@compiled
def mean_goodwill(i, j, state):
    """Goodwill between two organisations, over layers and both directions."""
    total = 0.0
    for layer in range(N_LAYERS):
        total += state.goodwill_trust[i, layer, j] + state.goodwill_trust[j, layer, i]
    return total / (2.0 * N_LAYERS)


@compiled
def lose_goodwill(i, j, part, state):
    """Both sides, in all layers, lose a part of their goodwill."""
    for layer in range(N_LAYERS):
        state.goodwill_trust[i, layer, j] *= 1.0 - part
        state.goodwill_trust[j, layer, i] *= 1.0 - part


@compiled
def raise_issues(state, p):
    """Issues arise from conflict; those raised are worked through, with goodwill, or flare up."""
    month, n = state.month[0], p.n
    for i in range(n):
        for j in range(i):
            if state.is_present[i] * state.is_present[j] == 0.0:
                continue
            tension = state.tension[i, j]
            avoided = 0.5 * (
                state.in_force[i, ISSUE_AVOIDANCE] + state.in_force[j, ISSUE_AVOIDANCE]
            )
            piling_up = 1.0 if p.mechanisms.avoidance_harm else 1.0 - avoided
            tension += p.relations.issue_rate * state.conflict[i, j] * piling_up * (1.0 - tension)
            low, high = min(p.label[i], p.label[j]), max(p.label[i], p.label[j])
            draw = uniform(state.keys, ENCOUNTERS, month, SURFACING, low, high, 0)
            raised = event(draw, p.relations.surfacing_rate * tension * (1.0 - avoided), p.luck)
            spared = avoided if p.mechanisms.avoidance_reason else 0.0
            heated = event(draw, p.relations.surfacing_rate * tension * (1.0 - spared), p.luck)
            if raised + heated == 0.0:
                state.tension[i, j] = state.tension[j, i] = tension
                continue
            help_there = 0.5 * (state.helped[i] + state.helped[j])
            worked = WORKED_THROUGH_LEAST + WORKED_THROUGH_GOODWILL * mean_goodwill(i, j, state)
            worked += (1.0 - worked) * COORDINATED_RESOLUTION * help_there
            draw = uniform(state.keys, ENCOUNTERS, month, WORKING_THROUGH, low, high, 0)
            is_worked_through = event(draw, worked, p.luck)
            resolved = raised * is_worked_through
            flared = heated * (1.0 - is_worked_through)
            tension *= 1.0 - RESOLVED * resolved
            tension *= 1.0 - VENTED * flared
            state.tension[i, j] = state.tension[j, i] = tension
            lose_goodwill(i, j, p.relations.flare_loss * flared, state)


@compiled
def break_out(state, p):
    """What was never raised breaks out, the likelier the more there is of it."""
    month, n = state.month[0], p.n
    for i in range(n):
        for j in range(i):
            if state.is_present[i] * state.is_present[j] == 0.0:
                continue
            tension = state.tension[i, j]
            low, high = min(p.label[i], p.label[j]), max(p.label[i], p.label[j])
            draw = uniform(state.keys, ENCOUNTERS, month, RUPTURE, low, high, 0)
            ruptured = event(draw, p.relations.rupture_rate * tension * tension, p.luck)
            if ruptured == 0.0:
                continue
            tension *= 1.0 - RUPTURE_VENTED * ruptured
            state.tension[i, j] = state.tension[j, i] = tension
            lose_goodwill(i, j, p.relations.rupture_loss * ruptured, state)


@compiled
def assess_trust(state, p):
    """Trust as it is acted on: both kinds together, and what an agreement covers."""
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
