"""Within the organisation: commitment and beliefs."""

from partnersim.model.arithmetic import clip
from partnersim.model.compiled import compiled
from partnersim.model.constants import (
    AWAY_DAY_BINDING,
    AWAY_DAY_COMMITMENT,
    BELIEF_BASE,
    BELIEF_BEFORE,
    BELIEF_OTHERS,
    COLLEAGUES,
    JOINT_DAY_COMMITMENT,
    LAYER_SHARE,
    N_LAYERS,
    RESULTS,
    WRITTEN_COMMITMENT,
)
from partnersim.model.levers import CIRCULATED_VISION, JOINT_AWAY_DAYS, OWN_AWAY_DAYS


@compiled
def update_commitment(state, p):
    """Commitment is pulled back by pressure, and raised by trust, joint days and colleagues.

    dv = -pull (1/2 + p)(1/2 + a)(v - alone) + identification T^2 (v^ - v)+
    + (joint days, papers, work that goes as planned) (v^ - v)+ - own days v + colleagues (mean v - v)

    T^2 is the mean over members by capacity, oneself included with full trust.
    """
    n = p.n
    capacity = 0.0
    for i in range(n):
        capacity += state.is_present[i] * state.base_capacity[i]
    for i in range(n):
        if state.is_present[i] == 0.0:
            continue
        ceiling = state.ceiling[i]
        mean = 0.0
        for layer in range(N_LAYERS):
            mean += state.vision_commitment[i, layer] * LAYER_SHARE
        pull = p.commitment.pull * (0.5 + state.target_pressure[i]) * (0.5 + state.accountability[i])
        told = (
            JOINT_DAY_COMMITMENT * state.in_force[i, JOINT_AWAY_DAYS]
            + WRITTEN_COMMITMENT * state.in_force[i, CIRCULATED_VISION]
        ) / 12.0
        if p.mechanisms.results:
            told += RESULTS * state.going[i]
        turned_in = 0.0
        if p.mechanisms.away_days_harm:
            turned_in = AWAY_DAY_COMMITMENT * state.in_force[i, OWN_AWAY_DAYS] / 12.0
        binding = 1.0
        if p.mechanisms.away_days_reason:
            binding += AWAY_DAY_BINDING * state.in_force[i, OWN_AWAY_DAYS] / 12.0
        follow = min(1.0, COLLEAGUES * binding)
        for layer in range(N_LAYERS):
            squares = state.base_capacity[i]
            for j in range(n):
                if j != i and state.is_present[j] > 0.0:
                    squares += state.base_capacity[j] * state.trust[i, layer, j] * state.trust[i, layer, j]
            identity = p.commitment.identification * squares / capacity
            commitment = state.vision_commitment[i, layer]
            room = max(ceiling - commitment, 0.0)
            state.vision_commitment[i, layer] = clip(
                commitment
                - pull * (commitment - p.commitment.alone * ceiling)
                + min(1.0, identity + told) * room
                - turned_in * commitment
                + follow * (mean - commitment),
                0.0,
                1.0,
            )


@compiled
def update_beliefs(state, p):
    """What the others are believed to give follows what they gave."""
    if not p.decision.is_conditional:
        return
    n = p.n
    for i in range(n):
        for layer in range(N_LAYERS):
            given, partners = 0.0, 0.0
            for j in range(n):
                if j != i and state.is_present[j] > 0.0:
                    given += state.delivered[j, layer]
                    partners += 1.0
            others = given / partners if partners > 0.0 else 0.0
            state.belief[i, layer] = clip(
                BELIEF_BASE + BELIEF_OTHERS * others + BELIEF_BEFORE * state.belief[i, layer], 0.0, 1.0
            )
