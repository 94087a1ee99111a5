"""The model for Mesa: agents, steering and SolaraViz, as views of the one model."""
