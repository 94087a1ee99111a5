"""Sweeps: many scenarios, each simulated many times, from a plan in a file to a store on disk.

`Sweep` is the door. What is heavy is loaded when it is used.
"""

from partnersim.sweep.sweep import Failure, Run, Status, Sweep

__all__ = ["Failure", "Run", "Status", "Sweep"]
