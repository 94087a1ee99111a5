"""The plan of a sweep: everything that decides which runs there are, and what is kept of them.

A plan is a TOML file, declared and checked as a scenario is. Paths in it are relative to it. Arms
are applied to the scenario first, then parameters; `base`, the scenario as it stands, is always
the first arm.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BeforeValidator, Discriminator, Field, PrivateAttr, Tag, field_validator

from partnersim.model import version
from partnersim.model.room import MOST_REPLICATES, MOST_SEED
from partnersim.runs.measures import ALL_SERIES, MEASURES, Flags, Wholes
from partnersim.scenario.accepted import accepted_ranges
from partnersim.scenario.arms import beside
from partnersim.scenario.declarations import MAX_MONTHS, Real, Section, Whole, setting
from partnersim.scenario.declared import plain
from partnersim.scenario.errors import ScenarioError, check_name, shown
from partnersim.scenario.file_paths import full_path
from partnersim.scenario.files import is_path, parse_toml, read_text
from partnersim.scenario.messages import validate
from partnersim.scenario.paths import find_setting, first_months, flatten, replace
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.writing import to_table, to_toml
from partnersim.sweep.designs import (
    MOST_POINTS,
    AnyDesign,
    Design,
    MorrisDesign,
    OneAtATimeDesign,
    SaltelliDesign,
    TableDesign,
    make_design,
)
from partnersim.sweep.own_variants import Function, find_function, load_variants
from partnersim.sweep.parameters import (
    MOST_OUTSIDE,
    Column,
    Distribution,
    Parameter,
    Range,
    Values,
    key_of,
    resolve,
)
from partnersim.sweep.points_file import (
    ACCEPTED,
    check_names_only,
    digest,
    points_path,
    read_points,
    take_columns,
)

BASE = "base"
"""Name of the arm that is the scenario as it stands."""

MOST_ENDS = 20
"""Values of a parameter that are each tried when a plan is checked; of more, the ends."""

LuckPolicy = Literal["common", "base-row", "independent"]


class PlanError(ScenarioError):
    """An error in a plan, in words for the person who wrote it."""


@contextmanager
def _of_plan(head: str = "") -> Iterator[None]:
    """Turn an error in what is read for a plan into one of the plan, with a head."""
    try:
        yield
    except ScenarioError as error:
        raise PlanError(f"{head}{error}") from None


class Precision(Section):
    """A rule that adds replicates until the mean of each named measure is known closely enough."""

    half_width: dict[str, Real] = setting(
        ...,
        "For each measure, half the width that its interval may have; where there are arms, "
        "that of the mean difference from base in each of them.",
        unit="as the measure",
    )
    confidence: Real = setting(0.95, "Confidence of the interval.", low=0.5, high=0.9999)
    floor: Whole = setting(
        20,
        "Replicates of each point at least; also added at once.",
        low=2,
        high=MOST_REPLICATES,
        unit="replicates",
    )
    ceiling: Whole = setting(
        1000, "Replicates of each point at most.", low=2, high=MOST_REPLICATES, unit="replicates"
    )

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures whose intervals count."""
        return tuple(self.half_width)


class KeptSeries(Section):
    """Monthly series to keep, and of which runs."""

    names: list[str] = setting(..., "The series to keep.", unit="names")
    runs: Whole = setting(
        1,
        "How many runs of each point, and of each arm there, keep them: the first replicates.",
        low=1,
        high=MOST_REPLICATES,
        unit="runs",
    )
    points: Whole | None = setting(
        None,
        "How many points keep them: the first ones; all if left out.",
        low=1,
        high=MOST_POINTS,
        unit="points",
    )

    def keeps(self, point: int | Wholes, replicate: int | Wholes) -> Flags:
        """Return whether a run, or each of some, keeps its series."""
        most = np.inf if self.points is None else self.points
        return np.asarray((replicate < self.runs) & (point < most))

    def n_kept(self, n_points: int, replicates: int) -> int:
        """Count the runs of an arm that keep their series, of so many points and replicates."""
        return min(n_points, self.points or n_points) * min(replicates, self.runs)


class StopAfter(Section):
    """The number of failed runs that ends a sweep."""

    stop_after: Whole = setting(
        ..., "Failed runs after which it stops.", low=1, high=MOST_POINTS, unit="runs"
    )


def _tag_of_table(given: Any) -> str:
    """Tell a table from a single value."""
    return "table" if isinstance(given, Mapping | Section) else "single"


def _tag_of_spread(given: Any) -> str:
    """Tell apart by their keys the three ways of giving a parameter's values."""
    has = given if isinstance(given, Mapping) else getattr(given, "__dict__", ())
    return next((key for key in ("values", "distribution") if key in has), "range")


AnySpread = Annotated[
    Annotated[Range, Tag("range")]
    | Annotated[Values, Tag("values")]
    | Annotated[Distribution, Tag("distribution")],
    Discriminator(_tag_of_spread),
]

# Without quotes, a dotted key is a table in a table in TOML.
Spreads = Annotated[
    dict[str, AnySpread],
    BeforeValidator(lambda given: dict(joined(given)) if isinstance(given, Mapping) else given),
]


class Plan(Section):
    """The plan of a sweep: what it runs, and what it keeps."""

    scenario: Any = setting(
        ...,
        "The scenario: name of a packaged one, path of a file, or a table with it.",
        unit="a name, a path or a table",
    )
    months: Whole | None = setting(
        None, "How long to simulate; as the scenario if left out.", low=1, high=MAX_MONTHS, unit="months"
    )
    seed: Whole = setting(1, "Seed of the design and of the runs.", low=0, high=MOST_SEED, unit="seed")
    replicates: Annotated[
        Annotated[Whole, Field(ge=1, le=MOST_REPLICATES), Tag("single")] | Annotated[Precision, Tag("table")],
        Discriminator(_tag_of_table),
    ] = setting(
        20, "Runs of each point and arm, or a table that says how precise they are to be.", unit="replicates"
    )
    luck: LuckPolicy | None = setting(
        None,
        "Which points share their random numbers, replicate by replicate: all (`common`), those made of one "
        "row (`base-row`) or none (`independent`). `base-row` for a saltelli design if left out, "
        "else `common`. Arms always share it.",
        unit="name",
    )
    measures: list[str] = setting([], "Measures to keep; all if left out.", unit="names")
    series: KeptSeries | None = setting(None, "Monthly series to keep; none if left out.", unit="table")
    on_error: Annotated[
        Annotated[Literal["record", "stop"], Tag("single")] | Annotated[StopAfter, Tag("table")],
        Discriminator(_tag_of_table),
    ] = setting(
        "record", "Whether a failed run is only recorded, or stops the sweep, or after how many.", unit="name"
    )
    design: AnyDesign = setting(..., "Which points are run.", unit="table")
    parameters: Spreads = setting(
        {}, "What is varied: dotted paths of the scenario, each with its values.", unit="table"
    )
    arms: dict[str, dict[str, Any]] = setting(
        {}, "What is compared at each point: changes to the scenario by dotted path.", unit="table"
    )
    variants: dict[str, str] = setting(
        {},
        "Functions of your own in slots of the model, compiled, in all arms: for each slot its "
        'file and name, as in `decide = "mine.py:decide"`.',
        unit="table",
    )

    _text: str | None = PrivateAttr(None)
    _folder: Path = PrivateAttr(Path())

    @field_validator("scenario", mode="before")
    @classmethod
    def _scenario_by_name_or_table(cls, value: Any) -> Any:
        if isinstance(value, str | Mapping):
            return value
        raise ValueError("must be a name or path in quotes, or a table headed [scenario]")

    @field_validator("measures")
    @classmethod
    def _known_measures(cls, names: list[str]) -> list[str]:
        return check_known(names, MEASURES, "measure")

    @field_validator("series")
    @classmethod
    def _known_series(cls, series: KeptSeries | None) -> KeptSeries | None:
        if series:
            check_known(series.names, ALL_SERIES, "series")
        return series

    @field_validator("replicates")
    @classmethod
    def _possible(cls, rule: int | Precision) -> int | Precision:
        if isinstance(rule, Precision):
            check_known(list(rule.half_width), MEASURES, "measure")
            if rule.ceiling < rule.floor:
                raise ValueError(f"ceiling {rule.ceiling} is under floor {rule.floor}")
            for name, width in rule.half_width.items():
                if width <= 0:
                    raise ValueError(f"half_width.{name} = {width:g}: must be above 0")
        return rule

    @field_validator("arms")
    @classmethod
    def _named_arms(cls, arms: dict[str, Any]) -> dict[str, Any]:
        for name in arms:
            if name == BASE:
                raise ValueError(f"{BASE!r} is the scenario as it stands, which always runs")
            if not name or not name.isprintable() or len(name) > 60:
                raise ValueError(f"{shown(name)}: the name of an arm has 1 to 60 characters")
        return arms

    # --- Reading and writing -----------------------------------------------------------------

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a plan file.

        Raises
        ------
        PlanError
            One clear message with file, key, value and what would be right.
        """
        path = Path(path)
        with _of_plan():
            text = read_text(path, "plan")
        return cls.loads(text, str(path), full_path(path).parent)

    @classmethod
    def loads(
        cls, text: str, where: str = "<plan>", folder: str | Path | None = None, *, is_known: bool = False
    ) -> Self:
        """Read a plan from the text of a file; `where` names it in messages, and paths in it
        start from `folder`, or from where one is. One that is known was checked before.
        """
        with _of_plan():
            data = parse_toml(text, where, "plan")
        plan = cls.make(data, where, folder, is_known=is_known)
        plan._text = text
        return plan

    @classmethod
    def make(
        cls,
        data: Mapping[str, Any],
        where: str = "plan",
        folder: str | Path | None = None,
        *,
        is_known: bool = False,
    ) -> Self:
        """Make a plan of what a file would hold, and check all of it, or its form only.

        Scenarios, paths, numbers and arrays of NumPy and data frames stand for what a file has.
        """
        with _of_plan():
            plan = validate(cls, plain(data), where)
        plan._folder = full_path(folder or "")
        if not is_known:
            with _of_plan(f"{where}: "):
                plan._check()
        return plan

    @property
    def text(self) -> str:
        """The plan as it was given; as `to_toml` has it where it was made in Python.

        Points that were given in Python stand in the file that a store has of them.
        """
        if self._text is not None:
            return self._text
        has_points = isinstance(self.design, TableDesign) and self.design.points is not None
        return self.to_toml(table="design.parquet" if has_points else None)

    def to_toml(self, table: str | None = None) -> str:
        """Write the plan as a file that stands alone: the scenario in it, and all that was left out.

        Parameters
        ----------
        table
            Another file that holds the points of a table design. If left out, the absolute path of
            its own, or the points themselves.
        """
        import tomlkit

        resolved = self.model_copy(update={"luck": self.luck_policy})
        data = resolved.model_dump(exclude_none=True, exclude={"scenario", "parameters", "arms"})
        if isinstance(self.design, TableDesign) and (table or self.design.file):
            given = str(self.design.file)
            file = table or (given if given == ACCEPTED else str(full_path(given, self._folder)))
            data["design"] = {"type": "table", "file": file}
        data["variants"] = {
            name: str(full_path(place, self._folder)) for name, place in self.variants.items()
        }
        data["parameters"] = {path: p.describe() for path, p in self.parameters_by_path.items()}
        data["arms"] = {name: flatten(changes) for name, changes in self.arms.items()}
        document = tomlkit.document()
        for key, value in data.items():
            headed = ("design", "parameters", "arms", "variants")
            is_headed = isinstance(value, dict) and key in headed
            document.add(key, _to_item(value, is_headed=is_headed))
        document.add("scenario", to_table(self.base))
        return tomlkit.dumps(document)

    # --- What follows from it ----------------------------------------------------------------

    @cached_property
    def base(self) -> Scenario:
        """The scenario as it stands, of the plan's length."""
        if isinstance(self.scenario, str):
            source = full_path(self.scenario, self._folder) if is_path(self.scenario) else self.scenario
            scenario = Scenario.load(source)
        else:
            scenario = validate(Scenario, self.scenario, "scenario")
        return scenario if self.months is None else first_months(scenario, self.months)

    @cached_property
    def arms_by_name(self) -> dict[str, Scenario]:
        """The scenario of each arm before anything is varied, `base` first."""
        arms = {BASE: self.base}
        for name, changes in self.arms.items():
            try:
                arms[name] = beside(self.base, replace(self.base, flatten(changes)))
            except ScenarioError as error:
                raise ScenarioError(f"arms.{name}: {error}") from None
            if arms[name].months != self.base.months:
                raise ScenarioError(
                    f"arms.{name}: months = {arms[name].months}: base has {self.base.months}; "
                    "arms must be as long as base"
                )
        return arms

    @cached_property
    def own_variants(self) -> dict[str, Function]:
        """Functions of one's own by the slot that each fills.

        Raises
        ------
        ScenarioError
            Only now, so that a store can be read where they are not.
        """
        return load_variants(self.variants, self._folder) if self.variants else {}

    @property
    def programs(self) -> tuple[Path, ...]:
        """The Python files with `own_variants`, which are run to have these."""
        files = (find_function(place, self._folder)[0] for place in self.variants.values())
        return tuple(dict.fromkeys(files))

    @property
    def has_arms(self) -> bool:
        """True where any arm is compared with base."""
        return bool(self.arms)

    @property
    def n_arms(self) -> int:
        """The number of arms that run at each point, base among them."""
        return 1 + len(self.arms)

    @cached_property
    def parameters_by_path(self) -> dict[str, Parameter]:
        """The parameters with all that was left out filled in, in the order of the plan."""
        if isinstance(self.design, TableDesign):
            check_names_only(self.parameters)
            names = self._points_given[1]
            return {path: resolve(path, None, self.arms_by_name) for path in names}
        if not self.parameters:
            raise ScenarioError('parameters: missing; give [parameters], such as "decision.exposure" = {}')
        return {path: resolve(path, spread, self.arms_by_name) for path, spread in self.parameters.items()}

    @property
    def notes(self) -> list[str]:
        """Where the ranges are from whose bounds the plan leaves out, in words."""
        accepted = accepted_ranges()
        said = {
            "accepted": "within what the evidence accepts",
            "declared": f"all that is declared possible, for {accepted.why_not}",
        }
        notes = []
        for origin, how in said.items():
            paths = [path for path, p in self.parameters_by_path.items() if p.origin == origin]
            if paths:
                notes.append(f"Left out and taken as {how}: {', '.join(paths)}.")
        return notes

    def with_ranges_of(self, identity: Mapping[str, Any]) -> Self:
        """Return the same plan with bounds that it leaves out as a store has them.

        What was run decides, whatever is accepted or declared by now.
        """
        stored = dict(identity["parameters"])
        data = self.model_dump(exclude_none=True)
        for path, parameter in self.parameters_by_path.items():
            spread = stored.get(path, {})
            if parameter.origin != "given" and {"low", "high"} <= spread.keys():
                data["parameters"][path] = spread | data["parameters"][path]
        if data["parameters"] == self.model_dump(exclude_none=True)["parameters"]:
            return self
        plan = type(self).make(data, "the plan with the ranges of the store", self._folder)
        plan._text = self._text
        return plan

    @property
    def measure_names(self) -> tuple[str, ...]:
        """The measures that are kept, in the order of their declaration."""
        return tuple(name for name in MEASURES if not self.measures or name in self.measures)

    @property
    def luck_policy(self) -> LuckPolicy:
        """The rule by which points share their random numbers: all (`common`), none, or by base row."""
        if self.luck is None:
            return "base-row" if isinstance(self.design, SaltelliDesign) else "common"
        return self.luck

    @property
    def stop_after(self) -> int | None:
        """Failed runs after which the sweep stops; None for never."""
        if isinstance(self.on_error, StopAfter):
            return self.on_error.stop_after
        return 1 if self.on_error == "stop" else None

    @property
    def precision(self) -> Precision | None:
        """The rule by which replicates are added; None for a fixed number."""
        return self.replicates if isinstance(self.replicates, Precision) else None

    @property
    def floor_replicates(self) -> int:
        """Replicates that each point has at least."""
        return self.replicates.floor if isinstance(self.replicates, Precision) else self.replicates

    @property
    def most_replicates(self) -> int:
        """Replicates that each point has at most."""
        if isinstance(self.replicates, Precision):
            return self.replicates.ceiling
        return self.replicates

    @cached_property
    def starting_values(self) -> dict[str, Any]:
        """The value of each parameter in the scenario, or in the first arm that has it."""
        return {path: self._starting_value(p) for path, p in self.parameters_by_path.items()}

    def _starting_value(self, parameter: Parameter) -> Any:
        if parameter.is_dummy:
            return 0.0 if parameter.low is None else parameter.low
        value = find_setting(self.arms_by_name[parameter.arms[0]], parameter.path).value
        if value is None or isinstance(value, dict):
            raise ScenarioError(
                f"{key_of(parameter.path)}: the scenario has no single value there to start from; "
                "set one, or take another design"
            )
        return value

    @cached_property
    def _points_given(self) -> tuple[str, tuple[str, ...], Any]:
        """The name of a table design, the names of its columns, and the table."""
        assert isinstance(self.design, TableDesign)
        file, points = self.design.file, self.design.points
        name = f"design.file, {file}" if file else "design.points"
        given = points_path(file, self._folder) if file else points or {}
        return name, *read_points(given, name, tuple(self.parameters))

    @cached_property
    def table(self) -> dict[str, Column]:
        """The points of a table design, by path."""
        name, _, table = self._points_given
        return take_columns(table, name, self.parameters_by_path.values())

    @cached_property
    def points(self) -> Design:
        """The points, which are made when they are asked for."""
        return make_design(self)

    def scenario_for(self, arm: str, values: Mapping[str, Any]) -> Scenario:
        """Make the scenario of an arm at a point.

        Parameters
        ----------
        arm
            Name of an arm, such as ``"base"``.
        values
            Value of each parameter by path; what the arm does not have is left out.

        Raises
        ------
        partnersim.ScenarioError
            Where the values do not fit together.
        """
        return replace(self.arms_by_name[arm], self.changes_for(arm, values))

    def changes_for(self, arm: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of a point that an arm has; parameters that do nothing are left out."""
        return {path: values[path] for path in self._paths_of_arm[arm]}

    @cached_property
    def _paths_of_arm(self) -> dict[str, tuple[str, ...]]:
        return {
            arm: tuple(
                path
                for path, parameter in self.parameters_by_path.items()
                if arm in parameter.arms and not parameter.is_dummy
            )
            for arm in self.arms_by_name
        }

    # --- Checks ------------------------------------------------------------------------------

    def _check(self) -> None:
        """Check everything that can be known before anything runs."""
        if "months" in self.parameters and self.months is not None:
            raise ScenarioError("months: is a parameter too; take it out of one of them")
        if self.precision:
            for name in self.precision.measures:
                if name not in self.measure_names:
                    raise ScenarioError(f"replicates.half_width.{name}: is not among measures")
        if self.luck == "base-row" and not isinstance(self.design, SaltelliDesign | MorrisDesign):
            raise ScenarioError(
                "luck = 'base-row': only a saltelli or a morris design has base rows; take "
                "'common' or 'independent'"
            )
        _ = self.points
        for values in self._corners():
            for arm in self.arms_by_name:
                try:
                    self.scenario_for(arm, values)
                except ScenarioError as error:
                    of_arm = f", arm {arm}" if self.has_arms else ""
                    raise ScenarioError(f"parameters{of_arm}: {error}") from None

    def _corners(self) -> Iterator[dict[str, Any]]:
        """Make points that stand for all: the middle, each end of each parameter, all low, all high."""
        if isinstance(self.design, TableDesign):
            for number in sorted({0, self.points.n_points - 1}):
                yield {path: column[number] for path, column in self.table.items()}
            return
        ends = {path: _ends(parameter) for path, parameter in self.parameters_by_path.items()}
        middle = {path: some[len(some) // 2] for path, some in ends.items()}
        if isinstance(self.design, OneAtATimeDesign):
            middle = self.starting_values
        else:
            yield {path: some[0] for path, some in ends.items()}
            yield {path: some[-1] for path, some in ends.items()}
        yield middle
        for path, some in ends.items():
            yield from (middle | {path: value} for value in some if value != middle[path])

    # --- Identity and growth -----------------------------------------------------------------

    def identity(self) -> dict[str, Any]:
        """Collect all that decides the numbers of each run, and which runs may be in the store.

        What may grow (replicates, points of a design that keeps its first ones) is no part of it.
        """
        from partnersim.model.variants import read_variants

        variants = read_variants(self.own_variants) if self.variants else ()
        design = self.design.model_dump(exclude={self.design.growing})
        if isinstance(self.design, TableDesign):
            design = {"type": self.design.type, "points": digest(self.table)}
        return {
            # The whole version: of what a scenario leaves out, the default is not in its text.
            "model": version.MODEL_VERSION,
            "scenario": to_toml(self.base),
            "arms": {name: to_toml(arm) for name, arm in self.arms_by_name.items()},
            "design": design,
            "parameters": [[path, p.describe()] for path, p in self.parameters_by_path.items()],
            "seed": self.seed,
            "luck": self.luck_policy,
            "measures": list(self.measure_names),
            "series": self.series.model_dump() if self.series else None,
            "variants": {variant.name: str(variant) for variant in variants},
        }

    @cached_property
    def sweep_id(self) -> str:
        """Sixteen hexadecimal digits of a hash of the identity."""
        return id_of(self.identity())

    def growth(self) -> dict[str, Any]:
        """Return what may grow, and how far it has: `replicates`, and the size of some designs."""
        grown: dict[str, Any] = {"replicates": self.model_dump()["replicates"]}
        if self.design.growing:
            grown[self.design.growing] = getattr(self.design, self.design.growing)
        return grown

    def grown(self, changes: Mapping[str, int]) -> Self:
        """Return the same plan with more replicates, or points; `changes` are the new totals.

        Raises
        ------
        PlanError
            For what cannot grow, and for less than there is.
        """
        now = self.growth()
        for key, total in changes.items():
            if key not in now:
                raise PlanError(
                    f"{key} = {total}: cannot grow in a {self.design.type} design; {' and '.join(now)} can"
                )
            least = self.floor_replicates if key == "replicates" else now[key]
            if total < least:
                raise PlanError(f"{key} = {total}: there are {least} already; a sweep only grows")
        data = self.model_dump(exclude_none=True)
        data["design"] |= {key: total for key, total in changes.items() if key != "replicates"}
        data |= {key: total for key, total in changes.items() if key == "replicates"}
        return type(self).make(data, "the grown plan", self._folder)


def id_of(identity: Mapping[str, Any]) -> str:
    """Return sixteen hexadecimal digits of a hash of an identity."""
    canonical = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def what_differs(stored: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    """List the differences of two plans' identities: 'key: this in the store, that in the plan'."""
    found = []
    one, other = dict(_leaves(_readable(stored))), dict(_leaves(_readable(given)))
    for key in (*one, *(key for key in other if key not in one)):
        if one.get(key) != other.get(key):
            found.append(f"{key}: {_state(one, key)} in the store, {_state(other, key)} in the plan")
    return found


def _state(values: Mapping[str, Any], key: str) -> str:
    text = json.dumps(values[key]) if key in values else "left out"
    return text if len(text) <= 60 else f"{text[:50]}..."


def _readable(identity: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the scenarios and parameters of an identity into tables."""
    tables = dict(identity)
    tables["scenario"] = parse_toml(identity["scenario"], "scenario")
    base = dict(_leaves(tables["scenario"]))
    # Of an arm only what is not as in base: else a change of base shows once for each of them.
    tables["arms"] = {
        name: {k: v for k, v in _leaves(parse_toml(text, name)) if k not in base or base[k] != v}
        for name, text in identity["arms"].items()
    }
    tables["parameters"] = dict(identity["parameters"])
    tables["order of parameters"] = [path for path, _ in identity["parameters"]]
    return tables


def _leaves(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """List dotted paths and the values there, tables taken apart."""
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        elif value is not None:
            yield f"{prefix}{key}", value


def check_known(names: list[str], known: Iterable[str], what: str) -> list[str]:
    """Check that each name is known and stands once, and return them."""
    for name in names:
        check_name(name, known, what)
        if names.count(name) > 1:
            raise ValueError(f"{name!r} is named twice; each name once")
    return names


def joined(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """List the dotted paths of a table of tables, with the innermost tables."""
    for key, value in table.items():
        is_above = isinstance(value, Mapping) and value
        if is_above and all(isinstance(entry, Mapping) for entry in value.values()):
            yield from joined(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _ends(parameter: Parameter) -> list[Any]:
    """Choose values of a parameter that stand for all: both ends and the middle, or all of a few."""
    match parameter.spread:
        case Values(values=values):
            return values if len(values) <= MOST_ENDS else [values[0], values[-1]]
        case Distribution():
            return list(parameter.at(np.array([MOST_OUTSIDE, 0.5, 1 - MOST_OUTSIDE])).tolist())
        case _:
            return list(parameter.at(np.array([0.0, 0.5, 1.0])).tolist())


def _to_item(value: Any, *, is_headed: bool) -> Any:
    """Turn a value into an item of tomlkit: on one line, or a table under a header of lines."""
    import tomlkit

    if isinstance(value, dict):
        table = tomlkit.table() if is_headed else tomlkit.inline_table()
        for key, entry in value.items():
            table.add(key, _to_item(entry, is_headed=False))
        return table
    if isinstance(value, list):
        array = tomlkit.array()
        for entry in value:
            array.append(_to_item(entry, is_headed=False))
        return array
    return tomlkit.item("" if value is None else value)
