"""Ways of working, in three forms: as stated, as practised, and as in force."""

from partnersim.model.compiled import compiled
from partnersim.model.constants import (
    ADOPTION,
    ADOPTION_RATE,
    LAYER_SHARE,
    N_LAYERS,
    REST_MONTHS,
    TRANSITION_MONTHS,
)

# In the order of partnersim.scenario.declarations.WaysOfWorking (a test compares the two).
(
    OWN_AWAY_DAYS,
    JOINT_AWAY_DAYS,
    CIRCULATED_VISION,
    POSITION_SHARING,
    SEPARATE_PRE_MEETINGS,
    OWN_NEEDS_FRAMING,
    DELEGATED_AUTHORITY,
    PARTNERSHIP_MANAGED_TEAMS,
    ISSUE_AVOIDANCE,
    BINDING_AGREEMENT,
    CROSS_LINKS,
) = LEVERS = range(11)
N_LEVERS = len(LEVERS)

# What an intervention can hold besides, in the order of partnersim.scenario.declarations.DECISIONS.
CONTRIBUTION, PROMISES_UNDER_PRESSURE = DECISIONS = range(N_LEVERS, N_LEVERS + 2)
OWN_RULE = -1.0  # stands for what is not held


@compiled
def is_divisive(lever):
    """Return whether a lever is a divisive behaviour, which committed people drop of themselves."""
    return lever in (OWN_AWAY_DAYS, SEPARATE_PRE_MEETINGS, OWN_NEEDS_FRAMING, ISSUE_AVOIDANCE)


@compiled
def holds(z, i, state, p):
    """Return whether intervention z is in force for i this month."""
    is_now = p.interventions.from_month[z] <= state.month[0] < p.interventions.to_month[z]
    return is_now and p.interventions.organisations[z, i] > 0.0


@compiled
def held_decision(decision, i, state, p):
    """Return the value at which an intervention holds a decision of i; `OWN_RULE` where none does."""
    held = OWN_RULE
    for z in range(p.interventions.n):
        if p.interventions.lever[z] == decision and holds(z, i, state, p):
            held = p.interventions.value[z]
    return held


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
        for z in range(p.interventions.n):
            if p.interventions.lever[z] < N_LEVERS and holds(z, i, state, p):
                state.in_force[i, p.interventions.lever[z]] = p.interventions.value[z]
                state.is_held[i, p.interventions.lever[z]] = 1.0
        moved = state.in_force[i, PARTNERSHIP_MANAGED_TEAMS] - before
        state.transition[i] -= state.transition[i] / TRANSITION_MONTHS
        if moved > 0.0 and month > -REST_MONTHS:
            state.transition[i] = min(1.0, state.transition[i] + moved)
    for i in range(n):
        for j in range(n):
            agreement = min(state.in_force[i, BINDING_AGREEMENT], state.in_force[j, BINDING_AGREEMENT])
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
                aim = state.stated[i, v] * (1.0 - ADOPTION * commitment)
                state.practised[i, v] += ADOPTION_RATE * (aim - state.practised[i, v])
