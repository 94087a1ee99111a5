"""A decision of one's own, compiled, against the model's with the same luck."""

import partnersim
from partnersim import figures
from partnersim.model.decisions import decide_as_scenario_says
from partnersim.runs.results import Comparison


def decide_by_weakest_tie(i, layer, state, p):
    """Decide as in the model, and never on more than the least trusted partner is trusted."""
    weakest = 1.0
    for j in range(p.n):
        if j != i and state.is_present[j] > 0.0:
            weakest = min(weakest, state.trust[i, layer, j])
    return min(decide_as_scenario_says(i, layer, state, p), weakest)


place = partnersim.Scenario.load("integrated-care").replace(months=96)
own = {"decide": decide_by_weakest_tie}
comparison = Comparison(
    {
        "the model's rule": partnersim.run(place, replicates=200, seed=1),
        "the weakest tie": partnersim.run(place, replicates=200, seed=1, variants=own),
    },
    base="the model's rule",
)
picture = figures.difference_forest(comparison, ("contribution", "change_delivered", "trust"))
picture.figure.savefig("own_variant.png")
print(picture.title)
