"""Scenarios: all that can be set, declared once; read, checked, changed and written."""

from partnersim.scenario.declarations import LAYERS, LEVERS, Coordinator, Event, Organisation
from partnersim.scenario.errors import ScenarioError
from partnersim.scenario.scenario import Scenario

__all__ = ["LAYERS", "LEVERS", "Coordinator", "Event", "Organisation", "Scenario", "ScenarioError"]
