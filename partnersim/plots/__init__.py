"""Figures for researchers and trainers: one function, one figure, the message as its title.

Each function returns a `Picture`: the figure, its title and the table of numbers behind it;
`save` writes all three. matplotlib is loaded with this package, which nothing else in
partnersim imports before a figure is asked for.
"""

from partnersim.plots.chance import distribution, icon_arrays
from partnersim.plots.differences import difference_forest
from partnersim.plots.over_time import change_over_time, quantiles
from partnersim.plots.page import Picture, period, plural, save
from partnersim.plots.published import published_against_simulated
from partnersim.plots.sweep import main_effects
from partnersim.plots.trust import trust_heatmap, trust_network
from partnersim.plots.waterfall import ledger_waterfall

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
