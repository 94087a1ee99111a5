"""Each thing is declared once; where something else has to be put in by hand, it says what."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import create_model

from partnersim.model import constants, levers
from partnersim.scenario import declared, translate
from partnersim.scenario.declarations import (
    DECISIONS,
    Event,
    Layer,
    Partnership,
    Real,
    Trust,
    WaysOfWorking,
    setting,
    share,
)
from partnersim.scenario.declared import Place
from partnersim.scenario.paths import find_setting
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.translate import ELSEWHERE, find_forms, to_parameters
from tests.model.test_core_routes import CLAIMED, LEVER_ROUTES

ROOT = Path(__file__).parents[2]
KERNEL = sorted((ROOT / "partnersim" / "model").glob("*.py"))
RIVAL = ROOT / "benchmarks" / "plain_mesa.py"
REFUSED_BY_THE_RIVAL = re.compile(
    r"drawn|lead|mechanisms|label|coordinators\.n$|organisations\.is_present_at_start"
)
"""It runs no scenario with these."""


def read_toml(path: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / path).read_text(encoding="utf-8"))


def nodes(*files: Path) -> Iterator[ast.AST]:
    for file in files:
        yield from ast.walk(ast.parse(file.read_text(encoding="utf-8")))


def path_of(node: ast.AST) -> str:
    """What `p.trust.disposition` leads to: trust.disposition; nothing for all else."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join(reversed(names)) if isinstance(node, ast.Name) and node.id == "p" else ""


def names_used(*files: Path) -> set[str]:
    """Names that are read in files, not those that are given a value or imported."""
    return {
        node.id for node in nodes(*files) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def without_members(path: str) -> str:
    """A path without which member of a list: organisations.*.pressure is organisations.pressure."""
    return re.sub(r"\.(\*|<\w+>)", "", path)


def missing_for_fields(root: type[Partnership]) -> Iterator[str]:
    """What is missing for the numbers, switches and choices of a scenario."""
    read = {path_of(node) for node in nodes(*KERNEL)}
    rival = {node.attr for node in nodes(RIVAL) if isinstance(node, ast.Attribute)}
    rows = {
        f"{node.args[2].value}_{field}"  # read_rows(Event, s, "events", "type month ...")
        for node in nodes(RIVAL)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "read_rows"
        for field in [*node.args[3].value.split(), "n"]
    }
    for path in [*translate.MADE, *(path for path, _, _ in find_forms(Place(root)))]:
        if path not in read:
            yield f"partnersim/model: no function reads p.{path}"
        if path.replace(".", "_") not in rival | rows and not REFUSED_BY_THE_RIVAL.match(path):
            yield f"benchmarks/plain_mesa.py: nothing reads s.{path.replace('.', '_')}"
        if path not in CLAIMED:
            yield f"tests/model/test_core_routes.py: PARAMETER_ROUTES has no '{path}'"


def missing_priors(root: type[Partnership]) -> Iterator[str]:
    """What is missing for the numbers of a scenario where all are varied."""
    file = "experiments/screening/priors.toml"
    told = {without_members(entry["path"]) for part in read_toml(file).values() for entry in part}
    for row in declared.rows_of(Place(root), ""):
        if row.low is not None and without_members(row.path) not in told:
            yield f"{file}: no [[parameter]] and no [[left_out]] has path = '{row.path}'"


def missing_for_levers(ways: type[WaysOfWorking]) -> Iterator[str]:
    """What is missing for the ways of working."""
    used, used_by_rival = names_used(*KERNEL), names_used(RIVAL)
    front = {entry.get("lever"): name for name, entry in read_toml(APP_LEVERS).items()}
    sentences = read_toml(APP_TEXT)["lever"]
    yield from misplaced("levers", list(ways.model_fields))
    yield from misplaced("levers", list(DECISIONS), levers.N_LEVERS)
    for name in [*ways.model_fields, *DECISIONS]:
        if name.upper() not in used:
            yield f"partnersim/model: no function uses {name.upper()}"
        if name.upper() not in used_by_rival:
            yield f"benchmarks/plain_mesa.py: nothing uses {name.upper()}"
    for name in ways.model_fields:
        if name not in front:
            yield f"{APP_LEVERS}: no table has lever = '{name}'"
        if "sentence" not in sentences.get(front.get(name, name), {}):
            yield f"{APP_TEXT}: [lever.{front.get(name, name)}] has no sentence"
        if name not in LEVER_ROUTES:
            yield f"tests/model/test_core_routes.py: LEVER_ROUTES has no '{name}'"


APP_LEVERS, APP_TEXT = "partnersim/app/levers.toml", "partnersim/app/words.toml"


def misplaced(module: str, names: list[str], first: int = 0) -> Iterator[str]:
    """Positions in the kernel that are not those of the scenario."""
    known = {"levers": levers, "constants": constants}[module]
    for position, name in enumerate(names, first):
        if getattr(known, name.upper(), None) != position:
            yield f"partnersim/model/{module}.py: {name.upper()} must be {position}"


def missing(root: type[Partnership]) -> list[str]:
    """All that is missing for what a scenario declares: the file, and what it lacks."""
    kinds = list(get_args(Event.model_fields["type"].annotation))
    return [
        *missing_for_fields(root),
        *missing_priors(root),
        *missing_for_levers(root.model_fields["ways_of_working"].annotation),
        *misplaced("constants", kinds),
        *misplaced("constants", list(get_args(Layer))),
    ]


def with_part(name: str, part: type) -> type[Partnership]:
    """The declarations with another table in the place of one."""
    return create_model("Other", __base__=Partnership, **{name: (part, setting(part))})


def test_nothing_is_missing_for_what_is_declared() -> None:
    assert missing(Partnership) == []
    assert len(levers.LEVERS) == levers.N_LEVERS == len(WaysOfWorking.model_fields)
    assert len(get_args(Layer)) == constants.N_LAYERS


def test_of_a_new_scalar_it_is_said_what_is_missing() -> None:
    more = create_model("Trust", __base__=Trust, novelty=(Real, share(0.5)))
    assert missing(with_part("trust", more)) == [
        "partnersim/model: no function reads p.trust.novelty",
        "benchmarks/plain_mesa.py: nothing reads s.trust_novelty",
        "tests/model/test_core_routes.py: PARAMETER_ROUTES has no 'trust.novelty'",
        "experiments/screening/priors.toml: no [[parameter]] and no [[left_out]] has path = 'trust.novelty'",
    ]


def test_of_a_new_lever_it_is_said_what_is_missing() -> None:
    more = create_model("WaysOfWorking", __base__=WaysOfWorking, novelty=(Real, share(0.5)))
    assert missing(with_part("ways_of_working", more)) == [
        "experiments/screening/priors.toml: no [[parameter]] and no [[left_out]] has "
        "path = 'ways_of_working.novelty'",
        f"partnersim/model/levers.py: NOVELTY must be {levers.N_LEVERS}",
        "partnersim/model: no function uses NOVELTY",
        "benchmarks/plain_mesa.py: nothing uses NOVELTY",
        "partnersim/app/levers.toml: no table has lever = 'novelty'",
        "partnersim/app/words.toml: [lever.novelty] has no sentence",
        "tests/model/test_core_routes.py: LEVER_ROUTES has no 'novelty'",
    ]


def test_what_is_declared_stands_under_its_own_path_in_the_record() -> None:
    p = to_parameters(Scenario.load("integrated-care").replace({"trust.disposition": 0.3}))
    assert p.trust.disposition == 0.3
    assert p.vision.size == Scenario.load("integrated-care").vision.size  # NumPy has a size too
    more = create_model("Trust", __base__=Trust, novelty=(Real, share(0.5)))
    forms = {path: form for path, _, form in find_forms(Place(with_part("trust", more)))}
    assert forms["trust.novelty"].kind == forms["trust.disposition"].kind


EVERYTHING = Scenario.load(ROOT / "tests" / "reference" / "everything.toml")
DRAWN = Scenario.load("drawn")
STOOD_FOR = {
    "coordinators.attention": "coordinators.Ana.attention",
    "ways_of_working": "ways_of_working.issue_avoidance",
    "organisations.targets.origin": "organisations.council.targets.1.origin",
}


@pytest.mark.parametrize("path", sorted(ELSEWHERE - {"organisations.n"}))
def test_what_stands_in_another_form_is_read_all_the_same(path: str) -> None:
    base = DRAWN if path.startswith("drawn.") else EVERYTHING.replace({"emergence.rate": 0.2})
    if path.startswith("organisations.targets") or path == "pressure.national_phase_months":
        base = Scenario.load("integrated-care").replace({"pressure.national_phase_months": 3})
    place, value = find_setting(base, STOOD_FOR.get(path, path))
    low, high = place.bound("ge"), place.bound("le")
    others = get_args(place.annotation) if low is None else [place.annotation(low), high]
    other = next(choice for choice in others if choice != value)
    changed = base.replace({STOOD_FOR.get(path, path): other})
    assert to_parameters(changed).tobytes() != to_parameters(base).tobytes()
