"""Runs of the model: ensembles and comparisons, their measures, results and ledger."""
