"""Draw the figures of the README anew: `python docs/figures/draw.py`."""

from pathlib import Path

import partnersim
from partnersim import figures
from partnersim.scenario.arms import arm

HERE = Path(__file__).parent
DPI = 100

place = partnersim.Scenario.load("integrated-care")
READY = {"coordinator": "coordinator", "all remedies": "all-remedies"}
arms = {"usual ways": place} | {name: arm(place, ready)[1] for name, ready in READY.items()}


def write(name: str, picture: figures.Picture) -> None:
    """Write a picture as PNG."""
    picture.figure.savefig(HERE / f"{name}.png", dpi=DPI)
    print(picture.title)


two = {name: arms[name] for name in ("usual ways", "all remedies")}
write("speed-and-trust", figures.change_over_time(partnersim.compare(two), ("speed", "trust")))
write("trust-speed-curve", figures.trust_speed(partnersim.curve(arms)))
