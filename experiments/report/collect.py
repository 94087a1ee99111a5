"""What is stored of the experiments: read, and judged by whether the model is still the same."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from experiments.points import ACCEPTED, Points, say_if_not_current
from experiments.provenance import say_if_out_of_date
from experiments.report.contents import EXPERIMENTS, TUNING, Experiment
from partnersim import ScenarioError
from partnersim.model.version import MODEL_VERSION

RESULTS = "results.md"
SUMMARIES: dict[str, Callable[[str], Any]] = {"summary.json": json.loads, "summary.toml": tomllib.loads}


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
    def text(self) -> str:
        """Its page without that heading, and without what is meant for who would edit it."""
        return re.sub(r"\A# .*\n+", "", self.page).replace("; do not edit.", ".", 1)

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
    made: Mapping[str, Any] = summary.get("made_from", summary)
    return made


def collect(
    experiments: Sequence[Experiment], root: Path = EXPERIMENTS, model: str = MODEL_VERSION
) -> list[Stored]:
    """Read what is stored of each experiment.

    Parameters
    ----------
    experiments
        Which.
    root
        Folder of all results, laid out as `experiments` is.
    model
        Version of the present model.
    """
    accepted = root / TUNING / ACCEPTED.name
    points = None
    if accepted.is_file():
        with suppress(ScenarioError):  # what is wrong with them is the tuning's own page
            points = Points.read(accepted).digest
    return [_read(experiment, root / experiment.folder, model, points) for experiment in experiments]


def _read(experiment: Experiment, folder: Path, model: str, accepted: str | None) -> Stored:
    mends = f"make it again with `{experiment.command}`"
    try:
        page, summary = _text(folder / RESULTS), _summary(folder)
    except ValueError as error:
        return Stored(experiment, folder, Standing.BROKEN, f"{error}; {mends}")
    if not page:
        has = f"{RESULTS} is missing" if summary else "nothing is stored"
        why = f"{has}; make it with `{experiment.command}`"
        return Stored(experiment, folder, Standing.MISSING, why, summary=summary)
    why = _why_not_current(experiment, folder, summary, model, accepted)
    standing, said = (Standing.OUT_OF_DATE, f"{why}; {mends}") if why else (Standing.CURRENT, "")
    return Stored(experiment, folder, standing, said, page, summary)


def _why_not_current(
    experiment: Experiment, folder: Path, summary: Mapping[str, Any], model: str, accepted: str | None
) -> str:
    """Why a result is not the present model's; empty if it is."""
    if experiment.folder == TUNING:
        # Defaults chosen from the accepted points do not make the points out of date.
        return say_if_not_current(folder)
    made = made_from(summary)
    if "model" not in made:
        return "no summary.json says with which model it was made"
    points = made.get("accepted", {})
    if made["model"] == model and accepted and points.get("digest", accepted) != accepted:
        return f"made with other accepted points than those now in {TUNING}/{ACCEPTED.name}"
    return say_if_out_of_date(made["model"], model)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{file.name} cannot be read ({error})") from None


def _summary(folder: Path) -> dict[str, Any]:
    """The summary, empty where none is written."""
    for name, read in SUMMARIES.items():
        if text := _text(folder / name):
            try:
                return dict(read(text))
            except (TypeError, ValueError) as error:
                raise ValueError(f"{name}: {error}") from None
    return {}
