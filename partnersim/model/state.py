"""State: everything that changes during a run, one NumPy record of arrays with named axes."""

import numpy as np

from partnersim.model.compiled import compiled
from partnersim.model.constants import N_LAYERS
from partnersim.model.constants import N_LAYERS as L
from partnersim.model.levers import N_LEVERS as V
from partnersim.model.record import REAL, WHOLE, record_of
from partnersim.model.room import K, M, N, Q

# Axes: i, j organisations; l layers (board, management, front line); k domains; c coordinators;
# m initiatives under way; v levers. In [0, 1] unless said otherwise.
# fmt: off
_FIELDS = [
    ("month", WHOLE, (1,)),  # [1]: months gone
    ("keys", np.uint64, (Q + 2, 2)),  # [stream, 2]: whose luck this is
    # Links: what (i, l), the trustor, thinks of j, the trustee ----------------------------------
    ("competence_trust", REAL, (N, L, N)),  # [i, l, j]
    ("goodwill_trust", REAL, (N, L, N)),  # [i, l, j]
    ("trust", REAL, (N, L, N)),  # [i, l, j]: as last assessed, with any binding agreement in force
    ("damage", REAL, (N, L, N)),  # [i, l, j]: to j's reputation (two-layer theory)
    ("together", REAL, (N, L, N)),  # [i, l, j], months without a break (loyalty theory)
    # Layers of organisations --------------------------------------------------------------------
    ("vision_commitment", REAL, (N, L)),  # [i, l]
    ("contribution", REAL, (N, L)),  # [i, l]: share of free capacity promised
    ("kept", REAL, (N, L)),  # [i, l]: whether this month's promise was kept
    ("delivered", REAL, (N, L)),  # [i, l]: share of free capacity given
    ("net", REAL, (N, L)),  # [i, l], any sign: what contributing is worth, mean over initiatives
    ("displayed", REAL, (N, L)),  # [i, l]: commitment as shown, before any guardedness
    ("deed", REAL, (N, L)),  # [i, l]: what was given against what is expected, at most 1
    ("belief", REAL, (N, L)),  # [i, l]: what the others are believed to give (conditional rule)
    ("trust_term", REAL, (N, L)),  # [j, l]: CES terms of the trust in j of the one that decides
    ("reliance", REAL, (L,)),  # [l]: on the members of one initiative, while one decides
    ("hands", REAL, (N,)),  # [i]: share of free capacity that works
    # Organisations ------------------------------------------------------------------------------
    ("is_present", REAL, (N,)),  # [i]: 0 or 1
    ("base_objectives", REAL, (N, K)),  # [i, k]: rows sum to 1
    ("objectives", REAL, (N, K)),  # [i, k]: as deadlines have them now
    ("objectives_length", REAL, (N,)),  # [i]: Euclidean length of the objectives now
    ("planning_horizon", REAL, (N,)),  # [i], months
    ("accountability", REAL, (N,)),  # [i]
    ("incentive_share", REAL, (N,)),  # [i]
    ("base_capacity", REAL, (N,)),  # [i], ratio
    ("capacity", REAL, (N,)),  # [i]: after any cut in funding
    ("base_pressure", REAL, (N,)),  # [i]
    ("target_pressure", REAL, (N,)),  # [i]
    ("deadline", REAL, (N,)),  # [i]: sum of weight * nearness, and events
    ("shock", REAL, (N,)),  # [i]: AR(1), any sign
    ("national_shock", REAL, (1,)),  # [1]: AR(1), any sign
    ("ceiling", REAL, (N,)),  # [i]: of commitment
    ("price", REAL, (N,)),  # [i], 0 or more: what contributing costs, to set against `net`
    ("load", REAL, (N,)),  # [i], initiatives that need i
    ("stake", REAL, (N,)),  # [i]: mean over layers and initiatives, any sign
    ("stated", REAL, (N, V)),  # [i, v]: levers as stated
    ("practised", REAL, (N, V)),  # [i, v]: levers as they would be without intervention
    ("in_force", REAL, (N, V)),  # [i, v]: levers as they are
    ("is_held", REAL, (N, V)),  # [i, v]: 1 while an intervention holds it
    ("meeting_share", REAL, (N,)),  # [i]: of free time
    ("transition", REAL, (N,)),  # [i]: teams that have just moved over
    ("leaving", REAL, (N,)),  # [i]: events of withdrawal so far
    ("emerging", REAL, (N,)),  # [i]: events of emergence so far
    ("tilt", REAL, (N,)),  # [i]: of the next initiative towards this host's domains
    ("going", REAL, (N,)),  # [i]: pace of i's joint work against plan, at most 1
    ("got", REAL, (N,)),  # [i], stake a month, yearly mean
    ("put", REAL, (N,)),  # [i], stake a month, yearly mean
    ("own_benefit", REAL, (N,)),  # [i], stake months so far
    ("own_cost", REAL, (N,)),  # [i], stake months so far
    ("harm", REAL, (N,)),  # [i]: losses that completed work means, stake
    # Pairs, symmetric ---------------------------------------------------------------------------
    ("contact", REAL, (N, N)),  # [i, j]
    ("tension", REAL, (N, N)),  # [i, j]
    ("agreement", REAL, (N, N)),  # [i, j]: strength of the binding agreement in force
    ("withdrawn", REAL, (N, N)),  # [i, j]: strength that it has lost since last month
    ("joint", REAL, (N, N)),  # [i, j], initiatives that both are needed for
    ("joint_going", REAL, (N, N)),  # [i, j]: their pace against plan, at most 1
    ("misread", REAL, (N, N)),  # [i, j]: how far i's reading of j is pulled to a stereotype
    ("guarded", REAL, (N, N)),  # [i, j]: part of j's display that is hidden from i
    ("horizons_apart", REAL, (N, N)),  # [i, j]: min(1, |ln h_i/h_j| / ln 10)
    ("conflict", REAL, (N, N)),  # [i, j]
    ("cultural_distance", REAL, (N, N)),  # [i, j]
    ("convened", REAL, (N, N)),  # [i, j]: brought together this month
    ("helped", REAL, (N,)),  # [i]: help in working issues through this month
    # The place ----------------------------------------------------------------------------------
    ("vision", REAL, (K,)),  # [k], sums to 1
    ("pending", REAL, (K,)),  # [k], work units finished and not yet felt, any sign
    ("embedded", REAL, (K,)),  # [k]: benefit in place as a share of the vision's, in [-1, 1]
    ("crisis", REAL, (1,)),  # [1]: size of the common crisis in force
    ("work_delivered", REAL, (1,)),  # [1], work units done
    ("usual_pace", REAL, (1,)),  # [1]: of joint work, against that of members who give all
    ("usual_share", REAL, (1,)),  # [1]: of free capacity that members give
    ("staff_days", REAL, (1,)),  # [1], so far
    ("counts", WHOLE, (2,)),  # [2]: initiatives completed, abandoned
    ("completed_months", REAL, (2,)),  # [2], months that the completed took, and were to take
    ("has_collapsed", WHOLE, (1,)),  # [1]
    # Initiatives under way ----------------------------------------------------------------------
    ("number", WHOLE, (M,)),  # [m]: which one; -1 where none
    ("generation", WHOLE, (M,)),  # [m]: how many this place in the programme has had
    ("needs", REAL, (M, N)),  # [m, i]: 1 for its members
    ("benefit_mix", REAL, (M, K)),  # [m, k], sums to 1
    ("member_harm", REAL, (M, N)),  # [m, i]
    ("mix_length", REAL, (M,)),  # [m]: Euclidean length of the mix
    ("joint_value", REAL, (M,)),  # [m]: its likeness to the vision
    ("benefit", REAL, (M,)),  # [m]: multiplier, may be negative
    ("work_size", REAL, (M,)),  # [m], work units
    ("difficulty", REAL, (M,)),  # [m], ratio: how hard it turns out to be
    ("part", REAL, (M, N)),  # [m, i], sums to 1: parts of its members in it
    ("full_pace", REAL, (M,)),  # [m], work units a month, if members give all they have
    ("freed", REAL, (M,)),  # [m], work units that decisions have freed
    ("decision", REAL, (M,)),  # [m]: how far the next decision has come at the table
    ("decisions", WHOLE, (M,)),  # [m]: decisions taken so far
    ("votes", REAL, (M, N)),  # [m, i]: yes to the next decision, which stands
    ("pace", REAL, (M,)),  # [m]: this month's, against the full one
    ("recent_pace", REAL, (M,)),  # [m]: yearly mean of that
    ("held_up", REAL, (M,)),  # [m]: part of this month's work that waited for a decision
    ("work", REAL, (M,)),  # [m], work units done so far
    ("planned_months", REAL, (M,)),  # [m], months
    ("age", REAL, (M,)),  # [m], months
    ("absent_months", REAL, (M,)),  # [m], months that a needed member has been away
    # Coordinators -------------------------------------------------------------------------------
    ("host", WHOLE, (Q,)),  # [c]: -1 for none
    ("is_at_work", REAL, (Q,)),  # [c]: 0 or 1
    ("conduct", REAL, (Q,)),  # [c]: impartiality
    ("credibility", REAL, (Q, N)),  # [c, i]
    ("months_unseen", REAL, (Q, N, L)),  # [c, i, l], months
    ("seen", REAL, (Q, N, L)),  # [c, i, l]: commitment and deeds, as last seen
    ("has_seen", REAL, (Q, N, L)),  # [c, i, l]: 0 or 1
    ("need", REAL, (N * L,)),  # [i * l], any sign: call for a meeting, while they are chosen
    ("touched", REAL, (N,)),  # [i]: weight of one coordinator's meetings, while it brings together
    ("meetings", REAL, (Q, N, L)),  # [c, i, l], meetings this month
    ("weight", REAL, (Q, N, L)),  # [c, i, l]: weight of this month's meetings
    ("held_for_host", REAL, (Q, N, L)),  # [c, i, l], meetings conducted for the host
    ("seen_impartial", REAL, (Q, N, L)),  # [c, i, l], meetings seen to serve the partnership
]
# fmt: on

STATE = record_of(_FIELDS)
"""The type of the record that holds one partnership in one month."""


@compiled
def pack_detail(state, p, row):
    """Write the arrays of `DETAIL` into float64[detail_size(n)]."""
    n = p.n
    links, layers, pairs = n * N_LAYERS * n, n * N_LAYERS, n * n
    after_links, after_layers = 2 * links, 2 * links + 3 * layers
    after_pairs = after_layers + 2 * pairs
    for i in range(n):
        for layer in range(N_LAYERS):
            at = i * N_LAYERS + layer
            for j in range(n):
                row[at * n + j] = state.competence_trust[i, layer, j]
                row[links + at * n + j] = state.goodwill_trust[i, layer, j]
            row[after_links + at] = state.vision_commitment[i, layer]
            row[after_links + layers + at] = state.contribution[i, layer]
            row[after_links + 2 * layers + at] = state.delivered[i, layer]
        for j in range(n):
            row[after_layers + i * n + j] = state.tension[i, j]
            row[after_layers + pairs + i * n + j] = state.contact[i, j]
        row[after_pairs + i] = state.target_pressure[i]
        row[after_pairs + n + i] = state.is_present[i]
