"""Ways of working: what is stated, what is practised, and what is in force."""

from partnersim.model.compiled import compiled
from partnersim.model.constants import (
    BINDING_AGREEMENT,
    ISSUE_AVOIDANCE,
    LAYER_SHARE,
    N_LAYERS,
    N_LEVERS,
    OWN_AWAY_DAYS,
    OWN_NEEDS_FRAMING,
    PARTNERSHIP_MANAGED_TEAMS,
    SEPARATE_PRE_MEETINGS,
    TRANSITION_MONTHS,
)


@compiled
def is_divisive(lever):
    """Whether it is a divisive behaviour that committed people drop of themselves."""
    return lever in (OWN_AWAY_DAYS, SEPARATE_PRE_MEETINGS, OWN_NEEDS_FRAMING, ISSUE_AVOIDANCE)


@compiled
def set_levers(state, p):
    """Ways of working are as an intervention holds them, or else as they are practised.

    A binding agreement between two is as strong as it is for the less bound. What of it has
    been withdrawn since last month is kept, for it is news.
    """
    month = state.month[0]
    n = p.n
    for i in range(n):
        before = state.in_force[i, PARTNERSHIP_MANAGED_TEAMS]
        for v in range(N_LEVERS):
            state.in_force[i, v] = state.practised[i, v]
            state.is_held[i, v] = 0.0
        for z in range(p.n_interventions):
            holds = p.intervention_from[z] <= month < p.intervention_to[z]
            if holds and p.intervention_members[z, i] > 0.0:
                state.in_force[i, p.intervention_lever[z]] = p.intervention_value[z]
                state.is_held[i, p.intervention_lever[z]] = 1.0
        moved = state.in_force[i, PARTNERSHIP_MANAGED_TEAMS] - before
        state.transition[i] -= state.transition[i] / TRANSITION_MONTHS
        if moved > 0.0 and month > 0:
            state.transition[i] = min(1.0, state.transition[i] + moved)
    for i in range(n):
        for j in range(n):
            agreement = min(
                state.in_force[i, BINDING_AGREEMENT], state.in_force[j, BINDING_AGREEMENT]
            )
            state.withdrawn[i, j] = max(state.agreement[i, j] - agreement, 0.0)
            state.agreement[i, j] = agreement


@compiled
def change_practice(state, p):
    """Practice follows commitment: committed people slowly drop divisive ways.

    They move towards stated (1 - adoption v). What an intervention holds is not practised
    meanwhile, and goes on when it ends.
    """
    for i in range(p.n):
        commitment = 0.0
        for layer in range(N_LAYERS):
            commitment += state.vision_commitment[i, layer] * LAYER_SHARE
        for v in range(N_LEVERS):
            if is_divisive(v) and state.is_held[i, v] == 0.0:
                aim = state.stated[i, v] * (1.0 - p.adoption * commitment)
                state.practised[i, v] += p.adoption_rate * (aim - state.practised[i, v])
