"""A decision rule of one's own, compiled, against the model's own with the same luck."""

import partnersim
from partnersim import figures
from partnersim.model.decisions import decide
from partnersim.runs.results import Comparison


def decide_by_weakest_tie(state, p):
    """Decide as in the model, and never promise more than the least trusted partner is trusted."""
    decide(state, p)
    for i in range(p.n):
        for layer in range(3):
            weakest = 1.0
            for j in range(p.n):
                if j != i and state.is_present[j] > 0.0:
                    weakest = min(weakest, state.trust[i, layer, j])
            state.contribution[i, layer] = min(state.contribution[i, layer], weakest)


place = partnersim.Scenario.load("integrated-care").replace(months=96)
own = {"decide": decide_by_weakest_tie}
comparison = Comparison(
    {
        "the model's rule": partnersim.run(place, replicates=200, seed=1),
        "the weakest tie": partnersim.run(place, replicates=200, seed=1, rules=own),
    },
    base="the model's rule",
)
picture = figures.difference_forest(comparison, ("contribution", "change_delivered", "trust"))
picture.figure.savefig("own_rule.png")
print(picture.title)
