"""What each mechanism added to trust in one run, and what it took away."""

import partnersim
from partnersim import figures

place = partnersim.Scenario.load("two-organisations").replace(months=60)
ledger = partnersim.explain(place, seed=1, replicate=0)
picture = figures.ledger_waterfall(
    ledger.totals("hospital", "council"),
    ledger.level(0, "hospital", "council"),
    ledger.level(place.months, "hospital", "council"),
    whose="goodwill trust of the hospital in the council",
    when="over 5 years",
    note="One run: replicate 0, seed 1.",
)
picture.figure.savefig("why_trust_changed.png")
print(*ledger.sentences("hospital", "council"), sep="\n")
