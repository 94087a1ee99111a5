"""The native library: lanes, points, WebAssembly, Numba and plain Python give one result; what has no word
is refused."""

import ast
import contextlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from partnersim.model import schedule
from partnersim.model.draws import root
from partnersim.model.native import library as native
from partnersim.model.native import walk
from partnersim.model.record import array_of, new_record
from partnersim.model.series import SERIES, detail_size
from partnersim.model.state import STATE
from partnersim.model.variants import SLOTS
from partnersim.runs.kernel import Compiled, Kernel, Part
from partnersim.scenario.files import packaged
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.translate import PARAMETERS, to_parameters
from tests.model.test_core_routes import busy_place
from tests.places import place
from tests.reference import regenerate
from tests.strategies import scenarios

SEED, FIRST = root(7), 3
MOST = 13  # of rows: 8 lanes, 4 and 1

WIDEST = getattr(native.load(), "lanes", 0)
needs_library = pytest.mark.skipif(WIDEST == 0, reason="no native library (make compile builds it)")
needs_lanes = pytest.mark.skipif(WIDEST < 4, reason="no native library, or a processor without lanes")


def observed(run: Callable[..., None], p: Any, n: int = MOST, first: int = FIRST) -> bytes:
    """All that is written of n replicates, as bytes."""
    months, n_organisations = int(p.months), int(p.n)
    series = np.zeros((n, months + 1, len(SERIES)))
    detail = np.zeros((n, months + 1, detail_size(n_organisations)))
    run(array_of(new_record(STATE)), array_of(p), SEED, first, series, detail)
    return series.tobytes() + detail.tobytes()


def loaded() -> native.Library:
    library = native.load()
    assert library is not None
    return library


def with_lanes(monkeypatch: pytest.MonkeyPatch, lanes: int) -> native.Library:
    if lanes > WIDEST:
        pytest.skip("the processor has no such lanes")
    monkeypatch.setattr(library := loaded(), "lanes", lanes)
    return library


def collapsing() -> Scenario:
    """Members leave, a replicate here and there collapses, coordinators emerge, the exponent is odd."""
    return place(
        4,
        months=24,
        luck=0.9,
        programme={"complementarity": -1.7},
        decision={"exposure": 2.0, "value_alone": 0.9},
        emergence={"rate": 0.2},
        events=[
            {"type": "organisation_withdraws", "month": 7, "organisation": "a"},
            {"type": "common_crisis", "month": 9, "size": 0.5, "months": 3},
        ],
    )


def places() -> dict[str, Scenario]:
    found = {"busy": busy_place(), "collapsing": collapsing(), **regenerate.scenarios()}
    found |= {name: Scenario.load(name) for name in packaged()}
    start = found["integrated-care"]
    found["coordinated"] = start.replace(coordinators=[{"name": "Ana", "host": start.organisation_names[0]}])
    found["loyal"] = start.replace({"trust.theory": "loyalty"})
    found["two layers"] = start.replace({"trust.theory": "two-layer"})
    return found


# Lanes ------------------------------------------------------------------------------------------------


@needs_lanes
@pytest.mark.parametrize("name", places())
@pytest.mark.parametrize("lanes", [4, 8])
def test_lanes_give_what_one_by_one_gives(name: str, lanes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    p = to_parameters(places()[name])
    alone = observed(with_lanes(monkeypatch, 1).run_replicates, p)
    assert observed(with_lanes(monkeypatch, lanes).run_replicates, p) == alone


@needs_lanes
@given(scenarios())
@settings(max_examples=25)
def test_lanes_give_what_one_by_one_gives_anywhere(scenario: Scenario) -> None:
    library, p = loaded(), to_parameters(scenario)
    results = []
    with pytest.MonkeyPatch.context() as patch:
        for lanes in (1, 4, library.lanes):
            patch.setattr(library, "lanes", lanes)
            results.append(observed(library.run_replicates, p))
    assert results[0] == results[1] == results[2]


def varied(scenario: Scenario, n: int) -> list[Scenario]:
    """Points that differ in real numbers."""
    rng = np.random.default_rng(5)
    changes = [
        "trust.rate",
        "decision.sharpness",
        "programme.complementarity",
        "vision.size",
        "turnover.rate",
    ]
    dumped = scenario.model_dump()
    return [
        scenario.replace(
            {
                path: float(dumped[path.split(".")[0]][path.split(".")[1]] * rng.uniform(0.7, 0.99))
                for path in changes
            }
        )
        for _ in range(n)
    ]


@needs_lanes
@pytest.mark.parametrize("lanes", [1, 4, 8])
@pytest.mark.parametrize("each", [1, 3])
def test_points_side_by_side_are_points_one_by_one(
    lanes: int, each: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = with_lanes(monkeypatch, lanes)
    points = [to_parameters(scenario) for scenario in varied(busy_place(), MOST)]
    firsts = [10 * at for at in range(MOST)]
    series = np.zeros((MOST * each, int(points[0].months) + 1, len(SERIES)))
    taken = [library.take(point)[1] for point in points]
    library.run_points(taken, SEED, firsts, series, np.zeros((*series.shape[:2], 0)))
    alone = np.zeros_like(series)
    for at, point in enumerate(points):
        rows = alone[at * each : (at + 1) * each]
        no_detail = np.zeros((*rows.shape[:2], 0))
        schedule.simulate(new_record(STATE), point, SEED, firsts[at], rows, no_detail)
    assert series.tobytes() == alone.tobytes()
    assert len({row.tobytes() for row in series}) == len(series)


@needs_lanes
def test_the_kernel_gives_each_row_its_own_whatever_runs_beside_it() -> None:
    """Arms take turns, points differ, some have more rows than there are lanes, and one is alone.

    What those have beyond full lanes runs beside points that have as few.
    """
    arms = [busy_place(), collapsing()]
    parts, row = [], 0
    for at, (one, other) in enumerate(zip(*(varied(arm, 11) for arm in arms), strict=True)):
        for scenario in (one, other):
            size = 9 if at == 5 else (2, 10)[at % 2]
            parts.append(Part(to_parameters(scenario), 5 * at, range(row, row + size)))
            row += size
    found = []
    for library in (native.load(), None):
        values = np.full(row, np.nan)
        kernel = Kernel(Compiled(schedule.simulate, (), library), 7, 24, 40)
        for batch in kernel.run(parts):
            batch.put_into({"trust": values})
        found.append(values.tobytes())
    assert found[0] == found[1]
    assert not np.isnan(np.frombuffer(found[0])).any()


# Other machines ---------------------------------------------------------------------------------------


@needs_library
@pytest.mark.slow
@pytest.mark.parametrize("name", places())
def test_numba_gives_the_same_bits(name: str) -> None:
    p = to_parameters(places()[name])
    assert observed(loaded().run_replicates, p) == observed(schedule.COMPILED.run_replicates, p)


RUN_IN_NODE = """
const fs = require("fs"), [file, given, months, width] = process.argv.slice(2);
const rules = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(file)), {}).exports;
const input = fs.readFileSync(given), state = rules.__heap_base.value + 64 & ~63;
const p = state + %d, root = p + %d, first = root + 16, table = first + 8, rows = table + 96;
const size = (Number(months) + 1) * Number(width) * 8;
rules.memory.grow(Math.ceil((rows + size) / 65536));
new Uint8Array(rules.memory.buffer).set(input, p);
const view = new DataView(rules.memory.buffer);
const whole = (at, value) => view.setBigInt64(at, BigInt(value), true);
for (const at of [table, table + 48]) {
  whole(at, rows);
  const shape = [1, Number(months) + 1, at == table ? width : 0, 0];
  shape.forEach((size, axis) => whole(at + 8 + 8 * axis, size));
}
rules.run_1(state, p, root, first, table, table + 48);
process.stdout.write(Buffer.from(rules.memory.buffer, rows, size));
"""


def by_browser(web: Path, scenario: Scenario) -> bytes:
    """Series of one replicate, by WebAssembly."""
    script, given = web.with_name("run.js"), web.with_name("given")
    script.write_text(RUN_IN_NODE % (STATE.itemsize, PARAMETERS.itemsize))
    given.write_bytes(
        array_of(to_parameters(scenario)).tobytes() + SEED.tobytes() + np.int64(FIRST).tobytes()
    )
    arguments = [str(web), str(given), str(scenario.months), str(len(SERIES))]
    return subprocess.run(["node", str(script), *arguments], capture_output=True, check=True).stdout


def by(core: Any, scenario: Scenario) -> bytes:
    """The same by a core."""
    series = np.zeros((1, scenario.months + 1, len(SERIES)))
    state, p = array_of(new_record(STATE)), array_of(to_parameters(scenario))
    core.run_replicates(state, p, SEED, FIRST, series, np.zeros((*series.shape[:2], 0)))
    return series.tobytes()


def in_plain_python() -> schedule.Core:
    """The model as it is written, each function called as Python has it."""
    slots = {name: slot.default for name, slot in SLOTS.items()}
    begin, perform_rows = slots["begin"], schedule._in_order(slots)
    set_out, begin_counting = schedule._setting_out(begin), schedule._counting(begin)
    run = schedule._simulating(set_out, begin_counting, perform_rows)
    return schedule.Core((), set_out, begin_counting, perform_rows, run)


def built_for_browsers(folder: Path) -> Path:
    pytest.importorskip("ziglang")
    from partnersim.model.native.build import build

    return build(PARAMETERS, "wasm32-freestanding", folder)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_for_browsers(tmp_path_factory.mktemp("web"))


needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="no node")


@needs_node
@pytest.mark.slow
def test_a_browser_gives_the_same_bits(web: Path) -> None:
    for scenario in places().values():
        assert by_browser(web, scenario) == by(schedule.MODEL, scenario)


@needs_node
@pytest.mark.slow
@given(scenarios())
@settings(max_examples=25, deadline=None)
def test_every_machine_gives_the_same_bits_anywhere(web: Path, scenario: Scenario) -> None:
    found = by(schedule.MODEL, scenario)
    assert by(schedule.COMPILED, scenario) == found
    assert by(in_plain_python(), scenario) == found
    assert by_browser(web, scenario) == found


@needs_node
@pytest.mark.slow
def test_one_sign_written_wrongly_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(walk.SIGNS, ast.Sub, "+")
    wrong = built_for_browsers(tmp_path)
    for scenario in (busy_place(), collapsing(), Scenario.load("integrated-care")):
        with contextlib.suppress(subprocess.CalledProcessError):  # it went astray
            assert by_browser(wrong, scenario) != by(schedule.MODEL, scenario)


# A library of other rules, or none ----------------------------------------------------------------------


def loaded_from(folder: Path, monkeypatch: pytest.MonkeyPatch) -> native.Library | None:
    monkeypatch.setattr(native, "FOLDER", folder)
    return native.load.__wrapped__()


@needs_library
def test_a_library_of_other_rules_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = native.FOLDER / native.library_name()
    shutil.copy(file, tmp_path)
    monkeypatch.setattr(native, "library_name", lambda *_: file.name)
    monkeypatch.setattr(native, "rules", lambda: "of another day")
    with pytest.warns(RuntimeWarning, match="is of other rules"):
        assert loaded_from(tmp_path, monkeypatch) is None


def test_what_is_no_library_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "library_name", lambda *_: "library")
    (tmp_path / "library").write_bytes(b"nothing")
    with pytest.warns(RuntimeWarning, match="cannot be used"):
        assert loaded_from(tmp_path, monkeypatch) is None


def test_where_there_is_none_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert loaded_from(tmp_path, monkeypatch) is None
    assert schedule._choose_machine(None) is schedule.COMPILED


# What cannot be written --------------------------------------------------------------------------------

REFUSED = {
    "x = [1.0]\n": "no List can be written",
    "while x > 0.0:\n        x = x - 1.0\n": "no While can be written",
    "for i in x:\n        x = x + 1.0\n": "a loop goes over a range",
    "return math.exp(x)\n": "is no function of the rules",
    "return x if x else 1.0\n": "a condition is a comparison",
    "state.month[0] = int(x)\n": "lanes would give one place different numbers",
    "return state.nothing\n": "there is no nothing here",
    "return state.trust[x, 0, 0]\n": "an index is a whole number",
    "return x % 2.0\n": "no Mod of f64",
    "return nobody(x)\n": "nobody is not known here",
    "return np.uint64(3) + 1\n": "with and without a sign cannot be mixed",
    "f = abs\n": "cannot be kept in a variable",
}


@pytest.mark.parametrize("body", REFUSED)
def test_what_has_no_word_is_refused_with_file_and_line(body: str, tmp_path: Path) -> None:
    file = tmp_path / "rules.py"
    source = f"import math\nimport numpy as np\ndef rule(state, x):\n    {body}"
    file.write_text(source)
    scope: dict[str, Any] = {"__name__": "rules"}
    exec(compile(source, str(file), "exec"), scope)
    function = scope["rule"]
    function.source = ast.unparse(ast.parse(source).body[2])
    state = walk.Record("STATE", STATE, True, frozenset({"month"}))
    with pytest.raises(walk.RefusedError) as refused:
        walk.Program().write(function, [state, walk.Number("f64", True)])
    assert REFUSED[body] in str(refused.value)
    assert str(refused.value).startswith(f"{file}:4:")


def test_lanes_leave_branches_and_loops_when_their_time_has_come() -> None:
    """The C of a rule in which lanes go different ways, read: what one leaves, others go on with."""
    program = walk.Program()
    given = [walk.Record("STATE", STATE, True), walk.Number("f64", True), walk.Number("i64", True)]
    written = program.write(_going_ways, given)
    text = "\n".join(program.texts)
    assert written.returns == walk.Number("f64", True)
    assert "vbool here = ALL;" in text  # some return before others
    assert "if (!any(mask" in text and "continue;" in text
    assert text.count("here &= ~mask") == 1


def _going_ways(state, x, n):  # type: ignore[no-untyped-def]
    """Return early in some lanes, skip in others, and go round as often as each lane asks."""
    if x > 1.0:
        return 0.0
    total = 0.0
    for i in range(n):
        if state.is_present[i] == 0.0:
            continue
        total += x
    return total
