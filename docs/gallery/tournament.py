"""A tournament: each way to play a seat, against others that all play one way, with the same luck."""

import matplotlib.pyplot as plt
import numpy as np

import partnersim
from partnersim.game import policies, rules, seats

WAYS = [None, policies.always_lend, policies.tit_for_tat, policies.targets_first, policies.never_lend]
NAMES = ["the model's own", *(way.__name__.replace("_", " ") for way in WAYS[1:])]
place = rules.rules().scenario.replace(months=96)


def balances(mine, others, number):
    """Play one seat in one way and all others in another: the seat's balance after 4 years and after 8."""
    seat = place.organisation_names[number % 6]
    ways = dict.fromkeys(place.organisation_names, others) | {seat: mine}
    game = partnersim.play(place, {name: way for name, way in ways.items() if way}, seed=1, replicate=number)
    return seats.run_so_far(place, game.played[:8], 1, number).balance[seat], game.balance[seat]


found = np.array([[[balances(mine, o, k) for k in range(12)] for o in WAYS] for mine in WAYS])
gain = found - found[0]  # [mine, others, game, horizon]: what a seat has more than if the model plays it
mean, margin = gain.mean(axis=2), 2.201 * gain.std(axis=2, ddof=1) / 12**0.5  # Student's t
clear = np.sign(mean) * (abs(mean) > margin)  # orange or purple; else chance may be all of it
cost, (much, little) = (clear[1] < 0).sum(), found[0, [1, 4], :, 1].mean(axis=1)
figure, axes = plt.subplots(1, 2, figsize=(12.8, 7.2), sharey=True, layout="constrained")
for at, (panel, years) in enumerate(zip(axes, (4, 8), strict=True)):
    panel.imshow(clear[..., at], cmap="PuOr", vmin=-2, vmax=2, aspect="auto")
    for i, j in np.ndindex(5, 5):
        told = f"{mean[i, j, at]:+.2f}\n±{margin[i, j, at]:.2f}" if i else f"{found[0, j, :, at].mean():.2f}"
        panel.text(j, i, told, ha="center", va="center", fontsize=15)
        print(f"{years} years, {NAMES[i]}, others {NAMES[j]}: {told}".replace("\n", " "))
    panel.set_title(f"after {years} years, if all others play", loc="left", fontsize=16)
    panel.set_yticks(range(5), NAMES, fontsize=14)
    panel.set_xticks(range(5), [name.replace(" ", "\n") for name in NAMES], fontsize=14)
title = f"""Always lending cost its own seat in {cost} of 10 pairings (orange). But a seat
has {much:.1f} after 8 years where all others always lend, {little:.1f} where they never do"""
figure.suptitle(title, x=0.01, ha="left", fontsize=21, fontweight="bold")
figure.savefig("tournament.png", dpi=100)
