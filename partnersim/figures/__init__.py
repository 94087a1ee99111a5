"""Figures for researchers and trainers: one function, one figure, the message as its title.

Each function returns a `Picture`: the figure, its title and the table of numbers behind it;
`save` writes all three. matplotlib is loaded with this package, which nothing else in
partnersim imports before a figure is asked for.
"""

from partnersim.figures.chance import distribution, icon_arrays
from partnersim.figures.differences import difference_forest
from partnersim.figures.over_time import change_over_time, quantiles
from partnersim.figures.page import Picture, period, plural, save
from partnersim.figures.published import published_against_simulated
from partnersim.figures.sweep import main_effects
from partnersim.figures.trust import trust_heatmap, trust_network
from partnersim.figures.waterfall import ledger_waterfall

__all__ = [
    "Picture",
    "change_over_time",
    "difference_forest",
    "distribution",
    "icon_arrays",
    "ledger_waterfall",
    "main_effects",
    "period",
    "plural",
    "published_against_simulated",
    "quantiles",
    "save",
    "trust_heatmap",
    "trust_network",
]
