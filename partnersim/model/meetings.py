"""Organisations meet: conflict, contact, what is shown, and issues."""

from partnersim.model.arithmetic import product
from partnersim.model.compiled import compiled
from partnersim.model.constants import (
    CONFLICT_HORIZONS,
    CONFLICT_OBJECTIVES,
    CONTACT_RATE,
    CONVENED_CONTACT,
    COORDINATED_RESOLUTION,
    CRISIS_CONTACT,
    DELEGATION,
    DOCUMENT_DAYS,
    FREE_DAYS,
    GUARDED,
    GUARDED_ANYWAY,
    JOINT_DAY_CONTACT,
    LINK_DAYS,
    MEETING_DAYS,
    MISREADING,
    MOST_MEETING_SHARE,
    N_LAYERS,
    POSITION_DAYS,
    PRE_MEETING_DAYS,
    RESOLVED,
    RUPTURE,
    RUPTURE_LOSS,
    RUPTURE_VENTED,
    SELF_SERVING,
    SHARED_WORK_CONTACT,
    SURFACING,
    UNDERSTOOD_NEEDS,
    VENTED,
    WORKED_THROUGH_GOODWILL,
    WORKED_THROUGH_LEAST,
)
from partnersim.model.draws import BREAKING_OUT, ENCOUNTERS, RAISING, WORKING_THROUGH, event, uniform
from partnersim.model.environment import n_members
from partnersim.model.levers import (
    CIRCULATED_VISION,
    CROSS_LINKS,
    ISSUE_AVOIDANCE,
    JOINT_AWAY_DAYS,
    OWN_AWAY_DAYS,
    OWN_NEEDS_FRAMING,
    POSITION_SHARING,
    SEPARATE_PRE_MEETINGS,
)
from partnersim.model.trust import break_tie, fall_out, mean_goodwill


@compiled
def compare_interests(state, p):
    """Interests conflict as far as objectives and planning horizons are unlike.

    .7 (1 - cos(w_i, w_j)) + .3 min(1, |ln h_i/h_j| / ln 10)
    """
    for i in range(p.n):
        for j in range(i):
            alike = product(state.objectives[i], state.objectives[j], p.n_domains) / (
                state.objectives_length[i] * state.objectives_length[j]
            )
            conflict = (
                CONFLICT_OBJECTIVES * max(1.0 - alike, 0.0) + CONFLICT_HORIZONS * state.horizons_apart[i, j]
            )
            state.conflict[i, j] = state.conflict[j, i] = conflict


@compiled
def spend_time(state, p):
    """Meetings, away days, papers, contacts and coordinators take staff days from free time.

    All but a coordinator's meetings, half a day each, are in proportion to capacity.
    """
    capacity = 0.0
    for i in range(p.n):
        capacity += state.is_present[i] * state.base_capacity[i]
    coordinators = 0.0
    for c in range(p.coordinators.n):
        coordinators += state.is_at_work[c] * p.coordinators.cost[c]
    for i in range(p.n):
        state.meeting_share[i] = 0.0
        if state.is_present[i] == 0.0:
            continue
        lever = state.in_force[i]
        away = lever[OWN_AWAY_DAYS] + lever[JOINT_AWAY_DAYS] + lever[POSITION_SHARING]
        days = state.base_capacity[i] * (
            p.relations.meeting_budget * (MEETING_DAYS + PRE_MEETING_DAYS * lever[SEPARATE_PRE_MEETINGS])
            + DELEGATION * away / 12.0
            + DOCUMENT_DAYS * lever[CIRCULATED_VISION] / 12.0
            + LINK_DAYS * (lever[CROSS_LINKS] - 1.0)
            + coordinators / capacity
        )
        for c in range(p.coordinators.n):
            for layer in range(N_LAYERS):
                days += MEETING_DAYS * state.meetings[c, i, layer]
        state.staff_days[0] += days
        if p.mechanisms.meeting_time_cost:
            free = FREE_DAYS * state.capacity[i]  # none, when all funding is cut
            state.meeting_share[i] = min(days, MOST_MEETING_SHARE * free) / max(free, 1.0e-9)


@compiled
def make_contact(state, p):
    """Contact follows occasions to meet, and tension keeps people apart."""
    n = p.n
    meetings = p.relations.meeting_budget / max(n_members(state, p) - 1.0, 1.0)
    for i in range(n):
        for j in range(i):
            joint_days = min(state.in_force[i, JOINT_AWAY_DAYS], state.in_force[j, JOINT_AWAY_DAYS])
            occasions = (
                state.is_present[i]
                * state.is_present[j]
                * min(
                    1.0,
                    meetings
                    + JOINT_DAY_CONTACT * joint_days / 12.0
                    + SHARED_WORK_CONTACT * state.joint[i, j] / p.programme.n_simultaneous
                    + CONVENED_CONTACT * state.convened[i, j]
                    + CRISIS_CONTACT * state.crisis[0],
                )
            )
            contact = state.contact[i, j]
            contact += CONTACT_RATE * (occasions * (1.0 - state.tension[i, j]) - contact)
            state.contact[i, j] = state.contact[j, i] = contact


@compiled
def show_commitment(state, p):
    """Each layer displays its commitment, more or less guarded, and it is more or less misread.

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
def raise_issues(state, p):
    """Issues arise from conflict; those raised are worked through, with goodwill, or flare up."""
    month, n = state.month[0], p.n
    for i in range(n):
        for j in range(i):
            if state.is_present[i] * state.is_present[j] == 0.0:
                continue
            tension = state.tension[i, j]
            avoided = 0.5 * (state.in_force[i, ISSUE_AVOIDANCE] + state.in_force[j, ISSUE_AVOIDANCE])
            piling_up = 1.0 if p.mechanisms.avoidance_harm else 1.0 - avoided
            tension += p.relations.issue_rate * state.conflict[i, j] * piling_up * (1.0 - tension)
            low, high = min(p.label[i], p.label[j]), max(p.label[i], p.label[j])
            draw = uniform(state.keys, ENCOUNTERS, month, RAISING, low, high, 0)
            raised = event(draw, SURFACING * tension * (1.0 - avoided), p.luck)
            spared = avoided if p.mechanisms.avoidance_reason else 0.0
            heated = event(draw, SURFACING * tension * (1.0 - spared), p.luck)
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
            fall_out(i, j, p.relations.flare_loss * flared, state, p)


@compiled
def let_issues_break_out(state, p):
    """What was never raised breaks out, the likelier the more there is of it."""
    month, n = state.month[0], p.n
    for i in range(n):
        for j in range(i):
            if state.is_present[i] * state.is_present[j] == 0.0:
                continue
            tension = state.tension[i, j]
            low, high = min(p.label[i], p.label[j]), max(p.label[i], p.label[j])
            draw = uniform(state.keys, ENCOUNTERS, month, BREAKING_OUT, low, high, 0)
            ruptured = event(draw, RUPTURE * tension * tension, p.luck)
            if ruptured == 0.0:
                continue
            tension *= 1.0 - RUPTURE_VENTED * ruptured
            state.tension[i, j] = state.tension[j, i] = tension
            fall_out(i, j, min(1.0, RUPTURE_LOSS * p.relations.flare_loss) * ruptured, state, p)
            for layer in range(N_LAYERS):
                break_tie(i, layer, j, ruptured, state)
                break_tie(j, layer, i, ruptured, state)
