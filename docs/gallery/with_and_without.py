"""The same partnerships, with all the same luck, with and without a coordinator."""

import partnersim
from partnersim import figures

place = partnersim.Scenario.load("integrated-care").replace(months=96)
comparison = partnersim.compare(
    {
        "the usual ways": place,
        "a coordinator": place.replace(coordinators=[{"name": "Ana", "skill": 0.8}]),
        "joint away days": place.replace({"ways_of_working.joint_away_days": 4}),
    },
    replicates=200,
    seed=1,
)
picture = figures.change_over_time(comparison)
picture.figure.savefig("with_and_without.png")
print(picture.title)
