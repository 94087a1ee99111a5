"""Draw the figures of the README and of docs/discovery.md anew: `python docs/figures/draw.py`."""

import tempfile
from pathlib import Path

import partnersim
from partnersim import figures
from partnersim.analysis.discovery import discover
from partnersim.analysis.maps import find_phases
from partnersim.figures.boxes import box_limits
from partnersim.figures.maps import phase_diagram
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

with tempfile.TemporaryDirectory() as scratch:
    sweep = partnersim.Sweep.run(HERE.parent / "examples" / "where.toml", scratch, engine="serial")
    write("where-change-fades", phase_diagram(find_phases(sweep, "decision.exposure", "starting.trust")))
    found = discover(sweep, "mean_speed", above=0.06)
    write("where-change-is-fast", box_limits(found, found.boxes[0]))
