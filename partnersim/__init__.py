"""Partnerships of organisations with nobody in charge: trust and the speed of change.

What can be imported from here is loaded on first use, so that ``import partnersim`` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from partnersim import figures as figures
    from partnersim.analysis.calibration import calibrate as calibrate
    from partnersim.analysis.sensitivity import analyse as analyse
    from partnersim.analysis.what_if import what_if as what_if
    from partnersim.game.parallel import parallel_env as parallel_env
    from partnersim.game.seats import play as play
    from partnersim.mesa.model import PartnershipModel as PartnershipModel
    from partnersim.report.notebook import as_html as as_html
    from partnersim.runs.curve import curve as curve
    from partnersim.runs.ensemble import compare as compare
    from partnersim.runs.ensemble import run as run
    from partnersim.runs.ensemble import share_through_trust as share_through_trust
    from partnersim.runs.history import half_life_of_history as half_life_of_history
    from partnersim.runs.ledger import explain as explain
    from partnersim.runs.measures import MEASURES as MEASURES
    from partnersim.scenario.arms import READY_ARMS as READY_ARMS
    from partnersim.scenario.errors import InputError as InputError
    from partnersim.scenario.errors import ScenarioError as ScenarioError
    from partnersim.scenario.scenario import Scenario as Scenario
    from partnersim.sweep.plan import Plan as Plan
    from partnersim.sweep.sweep import Sweep as Sweep

__version__ = "0.1.0"

_HOMES = {
    "MEASURES": "runs.measures",
    "InputError": "scenario.errors",
    "PartnershipModel": "mesa.model",
    "Plan": "sweep.plan",
    "READY_ARMS": "scenario.arms",
    "Scenario": "scenario.scenario",
    "ScenarioError": "scenario.errors",
    "Sweep": "sweep.sweep",
    "analyse": "analysis.sensitivity",
    "as_html": "report.notebook",
    "calibrate": "analysis.calibration",
    "compare": "runs.ensemble",
    "curve": "runs.curve",
    "explain": "runs.ledger",
    "figures": "figures",
    "half_life_of_history": "runs.history",
    "parallel_env": "game.parallel",
    "play": "game.seats",
    "run": "runs.ensemble",
    "share_through_trust": "runs.ensemble",
    "what_if": "analysis.what_if",
}
"""Public names, and the module of each; `figures` is one itself."""

__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> Any:
    """Load a public name from its module (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_HOMES[name]}")
    value = module if name == _HOMES[name] else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Public names, loaded or not."""
    return sorted({*globals(), *_HOMES})
