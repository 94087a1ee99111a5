"""Who trusts whom in the end, over many runs of one place."""

import partnersim
from partnersim import figures
from partnersim.report.output import mean_known

results = partnersim.run("integrated-care", replicates=50, seed=1, series=False, detail=True)
trust = mean_known(results.by_dyad("trust")[:, -1])  # [trustor, trustee], after the last month
picture = figures.trust_network(
    trust,
    results.scenario.organisation_titles,
    when=f"after {figures.period(results.months)}",
    note=f"Mean of {results.replicates} runs, seed {results.seed}.",
)
picture.figure.savefig("who_trusts_whom.png")
print(picture.title)
