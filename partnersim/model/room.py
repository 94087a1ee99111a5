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

MOST_SEED = 2**128 - 1
"""A stream has a key of 128 bits: larger seeds would give nothing that is new."""

MOST_REPLICATE = 2**57 - 1
"""Number of a replicate: with 64 streams for each, its address has 63 bits."""

MOST_REPLICATES = 2**20
"""Replicates that are asked for at once, and that each point of a sweep has to itself."""

MOST_WORKERS = 1024
