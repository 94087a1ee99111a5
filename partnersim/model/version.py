"""The version of the model, apart from that of the program: runs of one version give one result."""

MODEL_VERSION = "2.2"
"""It rises whenever the same scenario, seed and replicate give other numbers; a test sees to it.

The first number rises with equations, measures, defaults and the use of luck. The second rises
where only packaged scenarios change, or defaults of what each point accepted by the tuning sets
itself, or where all numbers are rounded otherwise: these points stay valid.
"""

EQUATIONS = MODEL_VERSION.partition(".")[0]
"""The first number of the version."""
