"""Observations of a place, in a file or as typed: what calibration compares runs with."""

from __future__ import annotations

import re
from pathlib import Path

from partnersim.runs.measures import MEASURES
from partnersim.scenario.declarations import Real, Section, setting
from partnersim.scenario.errors import ScenarioError, as_typed, check_name
from partnersim.scenario.files import parse_toml, read_text
from partnersim.scenario.messages import validate


class Observed(Section):
    """One measure as it was observed."""

    value: Real = setting(..., "What was observed.", unit="as the measure")
    error: Real = setting(0.0, "Standard error of that.", low=0, high=1e12, unit="as the measure")


class ObservedFile(Section):
    """A file of what was observed."""

    targets: dict[str, Observed] = setting(..., "By measure.", unit="table")


def read_observed(file: str | Path) -> dict[str, Observed]:
    """Read a file of observations: ``[targets.mean_speed]`` with ``value`` and ``error``.

    Raises
    ------
    ScenarioError
        One message with file, key, value and what would be right.
    """
    data = parse_toml(read_text(Path(file), "observations"), str(file), "observations")
    targets = validate(ObservedFile, data, str(file)).targets
    for name in targets:
        check_name(name, MEASURES, "measure")
    return targets


def parse_target(text: str) -> tuple[str, Observed]:
    """Read 'measure=value±error' as typed; '+-' stands for '±', and without an error it is 0.

    Raises
    ------
    ScenarioError
    """
    found = re.fullmatch(r"\s*([\w-]+)\s*=\s*([^±\s]+?)\s*(?:(?:±|\+-)\s*(\S+?))?\s*", text)
    try:
        if found is None:
            raise ValueError
        observed = Observed(value=float(found[2]), error=float(found[3] or 0.0))
    except ValueError:  # of a number, or of what is declared of it
        raise ScenarioError(f"{as_typed(text)}: write MEASURE=VALUE±ERROR, such as trust=0.4±0.05") from None
    check_name(found[1], MEASURES, "measure")
    return found[1], observed
