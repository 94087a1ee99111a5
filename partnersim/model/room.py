"""Room for the largest scenario: compiled code has arrays of one size, whatever the scenario.

Loops run over `p.n`, `p.n_domains` and so on, never over the room.
"""

MAX_ORGANISATIONS = N = 50

MAX_DOMAINS = K = 12

MAX_COORDINATORS = Q = 10

MAX_AT_ONCE = M = 10
"""The most initiatives under way at once."""

MAX_TARGETS = MAX_INTERVENTIONS = MAX_EVENTS = 200

MAX_INITIATIVES = 100
"""The most initiatives that a scenario may list."""

MOST_SEED = 2**128 - 1
"""The largest seed. A stream has a key of 128 bits: larger ones would give nothing new."""

MOST_REPLICATE = 2**57 - 1
"""The largest number of a replicate: with 64 streams for each, its address has 63 bits."""

MOST_REPLICATES = 2**20
"""The most replicates that may be asked for at once, and that a point of a sweep may have."""

MOST_WORKERS = 1024
