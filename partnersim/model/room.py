"""Room for the largest scenario: compiled code has arrays of one size, whatever the scenario.

Loops run over `p.n`, `p.n_domains` and so on, never over the room.
"""

MAX_ORGANISATIONS = N = 50

MAX_DOMAINS = K = 12

MAX_COORDINATORS = Q = 10

MAX_AT_ONCE = M = 10
"""Initiatives under way."""

MAX_TARGETS = MAX_INTERVENTIONS = MAX_EVENTS = 200

MAX_INITIATIVES = 100
"""Given by hand."""
