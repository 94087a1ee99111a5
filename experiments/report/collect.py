"""What is stored of the experiments: read, and judged by whether the model is still the same."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from experiments.points import ACCEPTED, Points, say_if_not_current
from experiments.report.contents import EXPERIMENTS, TUNING, Experiment
from partnersim import ScenarioError
from partnersim.model.version import MODEL_VERSION

RESULTS, SUMMARIES = "results.md", ("summary.json", "summary.toml")
MADE_WITH = re.compile(r"\bModel (\d+\.\d+|[0-9a-f]{16})\b")


class Standing(StrEnum):
    """How far a stored result may be believed to be the model's own."""

    CURRENT = "made with the model as it is"
    OUT_OF_DATE = "not made with the model as it is"
    MISSING = "without results yet"
    BROKEN = "cannot be read"


@dataclass(frozen=True)
class Stored:
    """What is stored of one experiment.

    Attributes
    ----------
    experiment, folder
        Which it is, and where its results lie.
    standing, why
        Whether it is current, and why not, with what mends it.
    page
        Its page of results, Markdown; empty where there is none.
    summary
        Its numbers; empty where there are none.
    """

    experiment: Experiment
    folder: Path
    standing: Standing
    why: str = ""
    page: str = ""
    summary: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The heading of its page, or what it is called."""
        head, _, _ = self.page.partition("\n")
        return head.removeprefix("# ").strip() if head.startswith("# ") else self.experiment.title

    @property
    def model(self) -> str:
        """The version of the model that it was made with; empty where nobody wrote it down."""
        return str(made_from(self.summary).get("model") or "")

    @property
    def command(self) -> str:
        """What makes it."""
        return str(made_from(self.summary).get("command") or self.experiment.command)

    def made(self) -> list[tuple[str, str]]:
        """How it was made: names and values, 'not recorded' where nobody wrote it down."""
        made = made_from(self.summary)
        versions = made.get("versions") or {}
        said = ", ".join(f"{name} {version}" for name, version in versions.items())
        runs = made.get("n_runs")
        return [
            ("Command", self.command),
            ("Model", self.model or NOT_RECORDED),
            ("Seed", str(made.get("seed", NOT_RECORDED))),
            ("Runs", f"{runs:,}" if isinstance(runs, int) else NOT_RECORDED),
            ("Versions", said or NOT_RECORDED),
        ]


NOT_RECORDED = "not recorded"


def made_from(summary: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of a summary that says how it was made."""
    made = summary.get("made_from", summary)
    return made if isinstance(made, Mapping) else {}


def collect(
    experiments: Sequence[Experiment], root: Path = EXPERIMENTS, model: str | None = None
) -> list[Stored]:
    """Read what is stored of each experiment.

    Parameters
    ----------
    experiments
        Which.
    root
        Folder of all results, laid out as `experiments` is.
    model
        Version of the present model; the declared one if left out.
    """
    model = model or MODEL_VERSION
    accepted = root / TUNING / ACCEPTED.name
    points = None
    if accepted.is_file():
        with suppress(ScenarioError):  # what is wrong with them is the tuning's own page
            points = Points.read(accepted).digest
    return [_read(experiment, root / experiment.folder, model, points) for experiment in experiments]


def _read(experiment: Experiment, folder: Path, model: str, accepted: str | None) -> Stored:
    mends = f"make it again with `{experiment.command}`"
    try:
        page = _text(folder / RESULTS)
        summary = _summary(folder, page)
    except ValueError as error:
        return Stored(experiment, folder, Standing.BROKEN, f"{error}; {mends}")
    if not page:
        has = f"{RESULTS} is missing" if summary else "nothing is stored"
        why = f"{has}; make it with `{experiment.command}`"
        return Stored(experiment, folder, Standing.MISSING, why, summary=summary)
    why = _why_not_current(experiment, folder, summary, model, accepted)
    if why:
        return Stored(experiment, folder, Standing.OUT_OF_DATE, f"{why}; {mends}", page, summary)
    return Stored(experiment, folder, Standing.CURRENT, "", page, summary)


def _why_not_current(
    experiment: Experiment, folder: Path, summary: Mapping[str, Any], model: str, accepted: str | None
) -> str:
    """Why a result is not the present model's; empty if it is."""
    if experiment.folder == TUNING:
        # Defaults chosen from the accepted points do not make the points out of date.
        said, _, _ = say_if_not_current(folder).removeprefix("Out of date: ").partition(". Run")
        return said
    made = made_from(summary)
    made_with = made.get("model")
    if not isinstance(made_with, str):
        return f"neither a summary nor {RESULTS} says with which model it was made"
    if made_with != model:
        return f"made with model {made_with}, not with the model as it is ({model})"
    points = made.get("accepted")
    if accepted and isinstance(points, Mapping) and points.get("digest", accepted) != accepted:
        return f"made with other accepted points than those now in {TUNING}/{ACCEPTED.name}"
    return ""


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{file.name} cannot be read ({error})") from None


def _summary(folder: Path, page: str) -> dict[str, Any]:
    """The summary; where none is written, what the page says of the model."""
    for name in SUMMARIES:
        text = _text(folder / name)
        if not text:
            continue
        try:
            summary = tomllib.loads(text) if name.endswith("toml") else json.loads(text)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        if not isinstance(summary, dict):
            raise ValueError(f"{name}: must be an object, and is a {type(summary).__name__}")
        return summary
    found = MADE_WITH.search(page)
    return {"model": found.group(1)} if found else {}
