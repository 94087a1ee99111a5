"""Figures for researchers and trainers: one function, one figure, the message as its title.

Each function returns a `Picture`: what is drawn as plain data, its title and the table of numbers
behind it. `picture.figure` paints it with matplotlib, which is loaded only then, and `picture.svg`
for a page; `save` writes PNG, SVG and CSV.

The pictures of the app are described with the parts of these modules, and painted by the same
`paint_svg`: one palette, one set of steps of trust, one layout of labels.
"""

from partnersim.figures.calibration import posterior, posterior_pairs, posterior_predictive
from partnersim.figures.causes import ledger_waterfall
from partnersim.figures.chance import distribution, icon_arrays
from partnersim.figures.curve import trust_speed
from partnersim.figures.differences import difference_forest
from partnersim.figures.mix import best_mix
from partnersim.figures.over_time import change_over_time, quantiles
from partnersim.figures.page import save
from partnersim.figures.picture import Picture
from partnersim.figures.published import published_against_simulated
from partnersim.figures.sensitivity import sensitivity, sensitivity_by_size, sensitivity_over_time
from partnersim.figures.sweep import main_effects
from partnersim.figures.trust import trust_heatmap, trust_network
from partnersim.figures.what_if import tornado
from partnersim.runs.wording import period, plural

__all__ = [
    "Picture",
    "best_mix",
    "change_over_time",
    "difference_forest",
    "distribution",
    "icon_arrays",
    "ledger_waterfall",
    "main_effects",
    "period",
    "plural",
    "posterior",
    "posterior_pairs",
    "posterior_predictive",
    "published_against_simulated",
    "quantiles",
    "save",
    "sensitivity",
    "sensitivity_by_size",
    "sensitivity_over_time",
    "tornado",
    "trust_heatmap",
    "trust_network",
    "trust_speed",
]
