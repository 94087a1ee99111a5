"""Conclusions from runs: the effect of each parameter on a measure."""
