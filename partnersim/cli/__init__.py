"""The command line: it prints and exits, and decides nothing."""

import os
import sys
import warnings

from partnersim.cli import (  # noqa: F401  # they add their commands
    analyse,
    discover,
    look,
    report,
    search,
    simulate,
    sweep,
)
from partnersim.cli.base import app, visible


def main() -> None:
    """Run the command line."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started this, as some schedulers do
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that lacks a letter shows '?'
            stream.reconfigure(errors="replace")
    # What Python would say of a warning, its file and line, tells a user nothing.
    warnings.formatwarning = lambda message, *_, **__: f"Note: {visible(str(message))}\n"
    app()
