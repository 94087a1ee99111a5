"""Sweeps: many scenarios, each simulated many times, from a plan in a file to a store on disk."""
