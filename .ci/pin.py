"""Pin in constraints.txt what is installed beside this Python. Pins of other Pythons stay.

One file serves all Pythons: where they have one version in common it stands once, without a word;
else there is a line for each Python that has the package at all.
"""

import re
import subprocess
import sys
from pathlib import Path

FILE = Path(__file__).resolve().parent.parent / "constraints.txt"
PYTHONS = "3.11", "3.12", "3.13"
HEAD = """\
# The versions that partnersim was tested with: pip install -c constraints.txt ...
# Written by `make constraints`.
"""
PIN = re.compile(r'([\w.-]+==[\w.!+-]+)(?: ; python_version == "(3\.\d+)")?')


def read_pins() -> dict[str, list[str]]:
    """Pins of each Python, as the file has them."""
    pins: dict[str, list[str]] = {python: [] for python in PYTHONS}
    for line in FILE.read_text(encoding="utf-8").splitlines() if FILE.exists() else ():
        if found := PIN.fullmatch(line):
            for python in [found[2]] if found[2] else PYTHONS:
                pins[python].append(found[1])
    return pins


def installed_pins() -> list[str]:
    """What pip finds here, but for partnersim itself; refused if it is not from a package index."""
    command = [sys.executable, "-m", "pip", "freeze", "--exclude", "partnersim"]
    frozen = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split("\n")
    pins = [line for line in frozen if line]
    if odd := [pin for pin in pins if not PIN.fullmatch(pin)]:
        sys.exit(f"Installed from elsewhere than a package index: {', '.join(odd)}")
    return pins


def main() -> None:
    """Replace the pins of the Python that runs this."""
    pins = read_pins()
    pins["{}.{}".format(*sys.version_info)] = installed_pins()
    lines = []
    for pin in {pin for some in pins.values() for pin in some}:
        having = [python for python in PYTHONS if pin in pins[python]]
        if having == list(PYTHONS):
            lines.append(pin)
        else:
            lines += [f'{pin} ; python_version == "{python}"' for python in having]
    lines.sort(key=lambda line: (line.lower().partition("==")[0], line.partition(";")[2]))
    FILE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
