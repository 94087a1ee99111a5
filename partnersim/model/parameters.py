"""What the model reads: numbers and arrays, made from a scenario by `scenario.translate`.

Parameters, like state, are one NumPy record whose arrays have room for the largest scenario: it
passes into compiled code as a single address (a tuple of a hundred arrays took twenty seconds to
compile for every function), and one compilation serves every number of organisations. Loops run
over `p.n`, `p.n_domains` and so on, never over the room.
"""

import numpy as np

from partnersim.model.constants import N_LAYERS, N_LEVERS

N, K, Q, M = 50, 12, 10, 10
"""Room for organisations, domains, coordinators and initiatives at once."""

T, Z, E, G = 200, 200, 200, 100
"""Room for targets, interventions, events and initiatives given by hand."""

L, V = N_LAYERS, N_LEVERS
REAL, WHOLE, FLAG = np.float64, np.int64, np.bool_

# Axes: i, j organisations; k domains; t targets; c coordinators; z interventions; e events;
# g initiatives given by hand; v levers. Shares in [0, 1] unless a unit is given; scalars are as
# in `partnersim.scenario`, whose sections they are named after.
# fmt: off
_FIELDS = [
    ("n", WHOLE),
    ("n_domains", WHOLE),
    ("n_targets", WHOLE),
    ("n_coordinators", WHOLE),
    ("n_interventions", WHOLE),
    ("n_events", WHOLE),
    ("n_given", WHOLE),
    ("months", WHOLE),
    ("luck", REAL),
    # Organisations, one by one (or, where drawn, their means) --------------------------------
    ("label", WHOLE, (N,)),  # [i]: whose luck an organisation has; its position, unless relabelled
    ("is_present_at_start", REAL, (N,)),  # [i], 0 or 1
    ("objectives", REAL, (N, K)),  # [i, k], rows sum to 1
    ("planning_horizon", REAL, (N,)),  # [i], months
    ("accountability", REAL, (N,)),  # [i]
    ("incentive_share", REAL, (N,)),  # [i]
    ("capacity", REAL, (N,)),  # [i], ratio
    ("interdependence", REAL, (N,)),  # [i]
    ("cultural_distance", REAL, (N, N)),  # [i, j], symmetric, diagonal 0
    ("base_pressure", REAL, (N,)),  # [i]
    ("levers", REAL, (N, V)),  # [i, v], as stated
    ("target_organisation", WHOLE, (T,)),  # [t]
    ("target_domain", WHOLE, (T,)),  # [t]
    ("target_weight", REAL, (T,)),  # [t]
    ("target_cycle", REAL, (T,)),  # [t], months
    ("target_phase", REAL, (T,)),  # [t], months
    ("is_drawn", FLAG),
    ("objective_diversity", REAL),
    ("horizon_diversity", REAL),
    ("culture_diversity", REAL),
    ("pressure_spread", REAL),
    ("accountability_spread", REAL),
    ("incentive_spread", REAL),
    ("capacity_spread", REAL),
    # The vision and the programme -------------------------------------------------------------
    ("vision_size", REAL),  # work units
    ("vision_weights", REAL, (K,)),  # [k]; all 0 for the mean of the objectives
    ("vision_horizon", REAL),  # months
    ("n_simultaneous", WHOLE),
    ("stagger_months", WHOLE),
    ("members_per_initiative", WHOLE),
    ("initiative_size", REAL),  # work units
    ("size_spread", REAL),
    ("max_gates", WHOLE),
    ("quick_win_share", REAL),
    ("quick_win_size", REAL),
    ("focus", REAL),
    ("benefit_spread", REAL),
    ("shared_benefit", REAL),
    ("complementarity", REAL),
    ("diminishing", REAL),
    ("planned_effort", REAL),
    ("patience", REAL),
    ("given_members", REAL, (G, N)),  # [g, i], 0 or 1
    ("given_domains", REAL, (G, K)),  # [g, k]
    ("given_size", REAL, (G,)),  # [g], work units
    ("given_gates", WHOLE, (G,)),  # [g]
    ("given_quick", REAL, (G,)),  # [g], 0 or 1
    ("given_start", WHOLE, (G,)),  # [g], month
    ("given_harm", REAL, (G, N)),  # [g, i]
    # Where it begins --------------------------------------------------------------------------
    ("start_trust", REAL),
    ("start_trust_spread", REAL),
    ("start_contact", REAL),
    ("start_contact_spread", REAL),
    ("start_tension", REAL),
    ("start_commitment", REAL),
    ("start_contribution", REAL),
    # Trust ------------------------------------------------------------------------------------
    ("goodwill_weight", REAL),
    ("disposition", REAL),
    ("news_asymmetry", REAL),
    ("deeds", REAL),
    ("misreading_noise", REAL),
    ("joint_day_rate", REAL),
    ("agreement_loss", REAL),
    ("promise_rate", REAL),
    ("reliability", REAL),
    ("pressure_on_reliability", REAL),
    ("shortfall", REAL),
    ("decay_rate", REAL),
    ("turnover_loss", REAL),
    ("small_wins", REAL),
    ("abandonment_loss", REAL),
    # Relations --------------------------------------------------------------------------------
    ("meeting_budget", REAL),
    ("issue_rate", REAL),
    ("surfacing_rate", REAL),
    ("flare_loss", REAL),
    ("rupture_rate", REAL),
    ("rupture_loss", REAL),
    # Decision ---------------------------------------------------------------------------------
    ("is_conditional", FLAG),
    ("own_view_weight", REAL),
    ("belief_weight", REAL),
    ("sharpness", REAL),
    ("exposure", REAL),
    ("referral_protection", REAL),
    ("mandate", REAL),
    ("value_alone", REAL),
    ("cost_base", REAL),
    ("cost_pressure", REAL),
    ("cost_load", REAL),
    ("adjustment_rate", REAL),
    # Pressure ---------------------------------------------------------------------------------
    ("deadline_pressure", REAL),
    ("load_pressure", REAL),
    ("relief", REAL),
    ("shock_spread", REAL),
    ("national_shock_spread", REAL),
    ("shock_persistence", REAL),
    # Commitment -------------------------------------------------------------------------------
    ("pull", REAL),
    ("commitment_alone", REAL),
    ("identification", REAL),
    ("colleague_rate", REAL),
    ("adoption", REAL),
    ("adoption_rate", REAL),
    # Place ------------------------------------------------------------------------------------
    ("log_growth", REAL),  # per year
    ("reach", REAL),
    ("embedding_months", REAL),
    ("erosion_rate", REAL),
    # Turnover ---------------------------------------------------------------------------------
    ("turnover_rate", REAL, (L,)),  # [layer], per month
    ("trust_floor", REAL),
    ("stake_floor", REAL),
    ("withdrawal_rate", REAL),
    # Survey and lead --------------------------------------------------------------------------
    ("survey_noise", REAL),
    ("avoidance_bonus", REAL),
    ("lead", WHOLE),  # position, -1 for none
    ("lead_authority", REAL),
    ("resentment", REAL),
    # Coordinators: those appointed first, then places for those who emerge --------------------
    ("n_appointed", WHOLE),
    ("coordinator_host", WHOLE, (Q,)),  # [c], -1 for none
    ("impartiality", REAL, (Q,)),  # [c]
    ("skill", REAL, (Q,)),  # [c]
    ("meetings_per_month", REAL, (Q,)),  # [c]
    ("coordinator_reach", REAL, (Q, L)),  # [c, layer], 0 or 1
    ("coordinator_from", WHOLE, (Q,)),  # [c]
    ("coordinator_to", WHOLE, (Q,)),  # [c]
    ("coordinator_cost", REAL, (Q,)),  # [c], staff days a month
    ("attention_commitment", REAL, (Q,)),  # [c]
    ("attention_tie", REAL, (Q,)),  # [c]
    ("attention_time", REAL, (Q,)),  # [c]
    ("attention_temperature", REAL, (Q,)),  # [c]
    ("emergence_rate", REAL),
    # Interventions and events -----------------------------------------------------------------
    ("intervention_lever", WHOLE, (Z,)),  # [z]
    ("intervention_members", REAL, (Z, N)),  # [z, i], 0 or 1
    ("intervention_value", REAL, (Z,)),  # [z]
    ("intervention_from", WHOLE, (Z,)),  # [z]
    ("intervention_to", WHOLE, (Z,)),  # [z]
    ("event_type", WHOLE, (E,)),  # [e]
    ("event_month", WHOLE, (E,)),  # [e]
    ("event_organisation", WHOLE, (E,)),  # [e], -1 for all
    ("event_layer", WHOLE, (E,)),  # [e]
    ("event_domain", WHOLE, (E,)),  # [e]
    ("event_size", REAL, (E,)),  # [e]
    ("event_months", WHOLE, (E,)),  # [e]
    # Switches ---------------------------------------------------------------------------------
    ("has_away_days_harm", FLAG),
    ("has_away_days_reason", FLAG),
    ("has_pre_meetings_harm", FLAG),
    ("has_pre_meetings_reason", FLAG),
    ("has_framing_harm", FLAG),
    ("has_framing_reason", FLAG),
    ("has_referral_harm", FLAG),
    ("has_referral_reason", FLAG),
    ("has_separate_teams_handoffs", FLAG),
    ("has_separate_teams_promises", FLAG),
    ("has_transition_dip", FLAG),
    ("has_avoidance_harm", FLAG),
    ("has_avoidance_reason", FLAG),
    ("has_meeting_time_cost", FLAG),
    ("has_accountability_consent", FLAG),
    ("has_small_wins", FLAG),
    ("has_articulation", FLAG),
    ("has_bridging", FLAG),
    ("has_resolution", FLAG),
    ("has_convening", FLAG),
    ("is_trust_frozen", FLAG),
]
# fmt: on

PARAMETERS = np.dtype(_FIELDS, align=True)
"""Everything that does not change during a run."""
