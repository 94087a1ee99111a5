"""What a study declares: its arms, worlds, tests, rule and words, read from a file and checked.

Everything in these files was written before the first run of the study they belong to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from itertools import combinations, product
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import model_validator

from experiments.engine.changes import Change
from partnersim.runs.measures import ALL_SERIES, MEASURES
from partnersim.scenario.declarations import MAX_MONTHS, Real, Section, Text, Whole, setting
from partnersim.scenario.errors import suggest
from partnersim.scenario.files import parse_toml, read_text
from partnersim.scenario.messages import validate

HERE = Path(__file__).resolve().parent.parent / "claims"
BASE = "base"
AS_IS = ""
"""The world in which nothing is switched off, replaced or moved."""

BEYOND_CHANCE = "sustained_beyond_chance"
"""Sustained acceleration less the share that chance alone gives, run by run."""

Expect = Literal["more", "less", "not more"]


class Challenge(Section):
    """What others found that speaks against a claim."""

    source: Text = setting(..., "Key of docs/references.bib.", unit="name")
    says: Text = setting(..., "What it says.", unit="text")
    here: Text = setting(..., "What that would mean for the claim.", unit="text")


class Arm(Change):
    """One change to the place, compared with the place as it stands."""

    title: Text = setting(..., "What it is called in figures and tables.", unit="text")
    part: Text = setting("", "The part of the claim that it bears on.", unit="text")
    budget: Real | None = setting(None, "Staff days that it is to cost.", unit="staff days per month")
    competes: bool = setting(True, "Whether it may be the best of its budget.", unit="yes or no")


class World(Change):
    """Something that is otherwise, in an arm and in what it is compared with."""

    title: Text = setting(..., "What it is called in tables.", unit="text")
    of: list[str] = setting([], "For which arms; for all if left out.", unit="names")
    kind: Literal["ablation", "theory", "cell"] = setting("ablation", "What is otherwise.", unit="name")
    points: Whole = setting(0, "At how many points; at all if 0.", low=0, unit="points")
    replicates: Whole = setting(0, "Replicates of each; as the study if 0.", low=0, unit="replicates")


class Axis(Section):
    """One of the axes of the map."""

    name: Text = setting(..., "What it is called.", unit="name")
    path: Text = setting(..., "What is set.", unit="path")
    values: list[Real] = setting(..., "To what.", unit="as the path")


class Map(Section):
    """Over what a claim is mapped, beside the accepted set."""

    axes: list[Axis] = setting([], "The axes.", unit="list")
    points: Whole = setting(8, "Accepted points at which each cell is looked at.", low=1)
    replicates: Whole = setting(20, "Replicates of each.", low=2)

    def cells(self) -> Iterator[tuple[str, World]]:
        """Every combination of values, as a world."""
        for values in product(*(axis.values for axis in self.axes)) if self.axes else ():
            said = ", ".join(f"{a.name} {x:g}" for a, x in zip(self.axes, values, strict=True))
            moved = {a.path: x for a, x in zip(self.axes, values, strict=True)}
            yield (
                said,
                World(title=said, set=moved, kind="cell", points=self.points, replicates=self.replicates),
            )


class Event(Section):
    """Something that happened in a run, or did not: of a measure, or of a series of months."""

    measure: Text = setting("", "The measure.", unit="name")
    at_least: Real = setting(0.0, "What the measure is at least.", unit="as the measure")
    series: Text = setting("", "The series.", unit="name")
    rises: list[Whole] = setting(
        [], "First and last of the months whose mean is above month 0.", unit="months"
    )
    months: Whole = setting(
        0, "In how many months at least it is above 0.", low=0, high=MAX_MONTHS, unit="months"
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if bool(self.measure) == bool(self.series):
            raise ValueError("an event is of a measure or of a series, and of one of them")
        if self.series and bool(self.rises) == bool(self.months):
            raise ValueError("an event of a series says either rises or months")
        return self


class Test(Section):
    """One number that decides about a claim, or stands beside.

    It is one of: what each of `arms` changes, pair by pair; a sum of arms with `weights`; the
    largest of several `steps` from arm to arm, as a share of the whole way; the `share` of runs
    `among` some arms in which events happened, `given` others.
    """

    title: Text = setting("", "What it is called; as its arm if left out.", unit="text")
    beyond: Literal["", "pairs", "all"] = setting(
        "", "Of the factors: what each pair, or all, do beyond the sum of each alone.", unit="name"
    )
    part: Text = setting("", "The part of the claim; as its arm's if left out.", unit="text")
    arms: list[str] = setting([], "Arms, each against base.", unit="names")
    weights: dict[str, Real] = setting({}, "Weights of arms, or 'arm | ablation'.", unit="weights")
    steps: list[str] = setting([], "Arms in order.", unit="names")
    share: list[str] = setting([], "Events, or 'not' and an event.", unit="names")
    given: list[str] = setting([], "The same.", unit="names")
    among: list[str] = setting([], "Arms.", unit="names")
    measure: Text = setting("", "Of what; as the claim's if left out.", unit="name")
    expect: Expect = setting(..., "What is expected of it.", unit="name")
    than: Real = setting(0.0, "More or less than what.", unit="as the measure")
    smallest: Real | None = setting(
        None, "Smallest effect that matters; the measure's if left out.", unit="as the measure"
    )
    decides: bool = setting(True, "Whether the answer rests on it.", unit="yes or no")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(map(bool, (self.arms, self.weights, self.steps, self.share, self.beyond))) != 1:
            raise ValueError("a test says one of arms, weights, steps, share and beyond")
        if bool(self.share) != bool(self.among):
            raise ValueError("a share is among some arms")
        return self

    @property
    def kind(self) -> str:
        """'effect', 'step' or 'share'."""
        return "step" if self.steps else "share" if self.share else "effect"

    @property
    def is_change(self) -> bool:
        """Whether it says how much more of something there is in some arms than in others."""
        return self.kind == "effect" and abs(sum(self.weights.values())) < 1e-9

    @property
    def runs(self) -> tuple[str, ...]:
        """The arms that it needs."""
        return (*self.weights, *self.steps, *self.among)

    @property
    def is_ablated(self) -> bool:
        """Whether it is asked again under ablations; not where it compares these itself."""
        return not any("|" in name for name in self.weights)


class Study(Section):
    """Arms over the accepted set, and the words that go with them."""

    name: Text = setting(..., "Its number or name.", unit="name")
    title: Text = setting(..., "What is claimed.", unit="text")
    question: Text = setting(..., "In plain words.", unit="text")
    expected: Text = setting(..., "What the model was expected to say, and why.", unit="text")
    how: Text = setting(..., "How it is looked at.", unit="text")
    built_in: Text = setting(..., "How far the answer was put in by hand.", unit="text")
    scenario: Text = setting(..., "The place.", unit="name")
    measure: Text = setting(..., "The main measure.", unit="name")
    replicates: Whole = setting(30, "Of each point and arm.", low=2, unit="replicates")
    agreement: Real = setting(0.9, "Share of the set that has to agree.", low=0.5, high=1)
    smallest: dict[str, Real] = setting({}, "Smallest effects that matter.", unit="as the measures")
    challenges: list[Challenge] = setting([], "What others found.", unit="list")
    arms: dict[str, Arm] = setting({}, "What is compared.", unit="table")
    factors: list[dict[str, Arm]] = setting([], "What is combined: what each may be.", unit="list")
    ablations: dict[str, World] = setting({}, "What is switched off.", unit="table")
    theories: dict[str, World] = setting({}, "How else trust may learn.", unit="table")
    map: Map = setting(Map, "Over what it is mapped.", unit="table")
    not_mapped: list[str] = setting([], "Axes that its own arms move.", unit="names")
    events: dict[str, Event] = setting({}, "What may have happened in a run.", unit="table")
    tests: list[Test] = setting([], "What decides, and what stands beside.", unit="list")

    @model_validator(mode="after")
    def _known(self) -> Self:
        arms = [BASE, *self.arms, *(name for name, _ in self.combinations())]
        for test in self.tests:
            for name in (*test.arms, *test.runs):
                arm, _, ablation = name.partition(" | ")
                _must_be(arm, arms, "arm")
                if ablation:
                    _must_be(ablation, list(self.ablations), "ablation")
            for named in (*test.share, *test.given):
                _must_be(named.removeprefix("not "), list(self.events), "event")
            _must_be(test.measure or self.measure, [*MEASURES, BEYOND_CHANCE], "measure")
        for world in self.ablations.values():
            for name in world.of:
                _must_be(name, arms, "arm")
        for event in self.events.values():
            if event.series:
                _must_be(event.series, list(ALL_SERIES), "series")
        return self

    def combinations(self) -> Iterator[tuple[str, tuple[Arm, ...]]]:
        """Every combination of the factors' options, and of none where there is one option."""
        choices = [[*([("", None)] if len(factor) == 1 else []), *factor.items()] for factor in self.factors]
        for chosen in product(*choices) if choices else ():
            names = [name for name, _ in chosen if name]
            if names:
                yield " + ".join(names), tuple(arm for _, arm in chosen if arm)

    @cached_property
    def worlds(self) -> dict[str, World]:
        """As the model is; without this and that; by other theories; and the cells of the map."""
        axes = [axis for axis in self.map.axes if axis.name not in self.not_mapped]
        cells = dict(self.map.model_copy(update={"axes": axes}).cells())
        as_is = {AS_IS: World(title="as it is")}
        return as_is | self.ablations | self.theories | cells

    def worlds_of(self, kind: str) -> dict[str, World]:
        """The worlds of one kind."""
        return {name: world for name, world in self.worlds.items() if name and world.kind == kind}

    @cached_property
    def all_tests(self) -> list[Test]:
        """Each test by itself, with all that was left out."""
        return [test for entry in self.tests for test in self._each(entry)]

    def _each(self, entry: Test) -> Iterator[Test]:
        measure = entry.measure or self.measure
        smallest = self.smallest[measure] if entry.smallest is None else entry.smallest
        given = {"measure": measure, "smallest": smallest}
        if entry.beyond:
            names = [name for factor in self.factors for name in factor]
            groups = [tuple(names)] if entry.beyond == "all" else list(combinations(names, 2))
            for group in groups:
                title = entry.title or " and ".join(self.parts_of(name)[0].title for name in group)
                update = {**given, "beyond": "", "title": title, "part": entry.part or title}
                yield entry.model_copy(update={**update, "weights": _beyond_sum(group)})
            return
        if not entry.arms:
            yield entry.model_copy(update={**given, "part": entry.part or entry.title})
            return
        for name in entry.arms:
            (arm,) = self.parts_of(name)
            yield entry.model_copy(
                update={
                    **given,
                    "arms": [],
                    "weights": {name: 1.0, BASE: -1.0},
                    "title": entry.title or arm.title,
                    "part": entry.part or arm.part or arm.title,
                }
            )

    def parts_of(self, name: str) -> tuple[Arm, ...]:
        """What an arm is put together from; nothing for base."""
        if name == BASE:
            return ()
        return (self.arms[name],) if name in self.arms else dict(self.combinations())[name]

    def runs(self, most_cells: int | None = None) -> list[tuple[str, str]]:
        """Every arm in every world that it is asked for in: (arm, world)."""
        arms = [BASE, *self.arms, *(name for name, _ in self.combinations())]
        found = [(arm, AS_IS) for arm in arms]
        tested = {name for test in self.all_tests if test.is_ablated for name in test.runs}
        deciding = {name for t in self.all_tests if t.is_ablated and t.decides for name in t.runs}
        for name, world in {**self.ablations, **self.theories}.items():
            wanted = [BASE, *world.of] if world.of else arms
            found += [(arm, name) for arm in wanted if arm in (tested or set(arms)) | {BASE}]
        for name in list(self.worlds_of("cell"))[:most_cells]:
            found += [(arm, name) for arm in arms if arm in deciding | {BASE}]
        for test in self.all_tests:
            for label in test.runs:
                arm, _, own = label.partition(" | ")
                found.append((arm, own))
        return list(dict.fromkeys(found))


def _beyond_sum(names: tuple[str, ...]) -> dict[str, float]:
    """Weights of arms for what some things do together beyond the sum of each alone."""
    return {" + ".join(names): 1.0, **dict.fromkeys(names, -1.0), BASE: len(names) - 1.0}


def _must_be(name: str, known: list[str], kind: str) -> None:
    if name not in known:
        raise ValueError(f"there is no {kind} {name!r}; {suggest(name, known)}")


@cache
def common() -> Mapping[str, Any]:
    """What holds for every claim."""
    return _read(HERE / "common.toml")


def read_study(file: Path) -> Study:
    """Read a claim or another study, with what holds for all of them put in."""
    data, shared = _read(file), common()
    return validate(
        Study,
        {
            "replicates": shared["replicates"],
            "agreement": shared["agreement"],
            **data,
            "smallest": {**shared["smallest"], **data.get("smallest", {})},
            "ablations": {**shared["ablations"], **data.get("ablations", {})},
            "theories": shared["theories"],
            "map": shared["map"],
        },
        str(file),
    )


def _read(file: Path) -> dict[str, Any]:
    return parse_toml(read_text(file, "claim"), str(file), "claim")


def folders() -> dict[str, Path]:
    """The folder of each claim, and of each study beside them, by its short name."""
    files = sorted([*HERE.glob("*/claim.toml"), *HERE.glob("*/study.toml")])
    return {file.parent.name.partition("_")[0]: file.parent for file in files}


def file_of(folder: Path) -> Path:
    """The file in which a folder declares itself."""
    return next(folder.glob("*.toml"))
