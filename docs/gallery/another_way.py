"""One run taken two ways from the same month, by hand: with a common crisis, and without."""

import matplotlib.pyplot as plt

import partnersim

model = partnersim.PartnershipModel("integrated-care", rng=1, replicate=0, months=72)
model.run_for(24)
crossroads = model.save()

figure, axes = plt.subplots(figsize=(8, 4.5))
for way, style in (("a common crisis in month 24", "-"), ("no crisis", "--")):
    model.restore(crossroads)
    if "common" in way:
        model.fire_event("common_crisis", size=0.8, months=6)
    model.run_for(48)
    axes.plot(model.series["vision_commitment"], style, label=way)
    print(f"{way}: commitment to the vision {model.series['vision_commitment'][-1]:.2f} at the end")

axes.set(xlabel="months from the start", ylabel="commitment to the vision (0 to 1)")
axes.set_title("One partnership, one luck, two ways from month 24", loc="left")
axes.spines[["top", "right"]].set_visible(False)
axes.legend(frameon=False)
figure.savefig("another_way.png", dpi=110)
