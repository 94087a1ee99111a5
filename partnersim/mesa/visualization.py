"""A partnership to watch in the browser, month by month, with Mesa's SolaraViz.

    solara run partnersim.mesa.visualization

shows the default scenario. For another one, write a file with
``from partnersim.mesa.visualization import page; app = page("torbay", rng=3)`` and give that to
``solara run``; or put `network`, `over_time` and one's own into a `SolaraViz`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import solara
from mesa.visualization import Slider, SolaraViz

from partnersim import figures
from partnersim.figures.page import Page as Sheet
from partnersim.figures.quantities import quantity
from partnersim.mesa.model import PartnershipModel
from partnersim.scenario.declarations import LEVERS, MAX_MONTHS, lever_bound
from partnersim.scenario.scenario import Scenario

__all__ = ["COMPONENTS", "Page", "model_parameters", "network", "over_time", "page"]

_solara: Any = solara  # its names are not marked as public, and type checkers refuse them
Drawn = Callable[[PartnershipModel], Any]
"""A component of SolaraViz: a function from a model to an element that it shows."""

LARGEST_SEED = 1000
"""The largest seed that a slider offers."""


def network(model: PartnershipModel) -> Any:
    """Show who trusts whom now: organisations on a fixed circle, edges by trust."""
    when = f"after {figures.period(model.month)}" if model.month else "at the start"
    titles = model.scenario.organisation_titles
    return _show(figures.trust_network(model.trust_matrix(), titles, when=when))


def over_time(series: str) -> Drawn:
    """Show a series over the months so far.

    Parameters
    ----------
    series
        One of `partnersim.runs.measures.ALL_SERIES`.
    """

    def show(model: PartnershipModel) -> Any:
        if model.month == 0:
            begin = f"{quantity(series).label}: no month has gone yet"
            return _show(Sheet(begin).picture({}))
        return _show(figures.quantiles(model.results(), series))

    return show


def _show(picture: figures.Picture) -> Any:
    """Make an element that shows a picture."""
    return _solara.FigureMatplotlib(picture.figure, format="png")


COMPONENTS = (
    (network, 0),
    (over_time("change_delivered"), 0),
    (over_time("trust"), 0),
    (over_time("vision_commitment"), 0),
    (over_time("contribution"), 1),
    (over_time("speed"), 1),
    (over_time("tension"), 1),
    (over_time("target_pressure"), 1),
)
"""The components that the page shows, each with the number of its tab."""


def model_parameters(scenario: Scenario, rng: int = 1) -> dict[str, Any]:
    """Make the controls beside the page, for the next start: seed, months and ways of working.

    Default, range and meaning are those of the scenario.
    """
    sliders = {
        "rng": Slider("seed", rng, 0, LARGEST_SEED, 1),
        "months": Slider("months", scenario.months, 1, MAX_MONTHS, 1),
    }
    for lever in LEVERS:
        low, high = lever_bound(lever, "ge"), lever_bound(lever, "le")
        step = 1.0 if high > 1 else 0.05
        value = getattr(scenario.ways_of_working, lever)
        label = lever.replace("_", " ")
        sliders[f"ways_of_working.{lever}"] = Slider(label, value, low, high, step, dtype=float)
    return {"scenario": scenario, **sliders}


@_solara.component  # type: ignore  # it gives no types
def page(scenario: Scenario | str | Path = "integrated-care", rng: int = 1) -> None:
    """Watch a scenario; whoever opens the page has a model of their own.

    Parameters
    ----------
    scenario
        A scenario, the name of a packaged one or the path of a file.
    rng
        The seed that it begins with.
    """
    model = _solara.use_memo(lambda: PartnershipModel(scenario, rng=rng), [scenario, rng])
    SolaraViz(
        model,
        components=list(COMPONENTS),
        model_params=model_parameters(model.scenario, rng),
        name=model.scenario.title or "A partnership",
    )


Page = page
"""The page, under the name that ``solara run`` looks for."""
