"""The same scenario, seed and replicate give the same numbers, whoever computes them and how.

And luck has addresses: what is added to a scenario changes nobody else's.
"""

import random
import shutil
import tomllib
from pathlib import Path
from typing import Any, get_args

import numba
import numpy as np
import pytest

import partnersim
from partnersim.model import schedule
from partnersim.model.draws import FIRST_COORDINATOR, root
from partnersim.model.record import new_record
from partnersim.model.schedule import MONTH, observe, simulate, start, step
from partnersim.model.series import SERIES, detail_size, unpack_detail
from partnersim.model.state import STATE, pack_detail
from partnersim.runs import ensemble
from partnersim.runs.ensemble import Results
from partnersim.scenario.declarations import DECISIONS, LEVERS, EventType
from partnersim.scenario.paths import flatten
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.translate import to_parameters
from tests.commands import printed_by
from tests.pages import ROOT
from tests.places import begin, place
from tests.reference import regenerate

HISTORIES = regenerate.scenarios()
"""All of the model in two small places; 24 months each."""

everything, drawn = HISTORIES.values()
COLLAPSES = 3
"""A replicate of the first that falls apart within its 24 months."""

each_place = pytest.mark.parametrize("scenario", [everything, drawn], ids=list(HISTORIES))

Arrays = dict[str, np.ndarray]


def history(scenario: Scenario, n: int = 3, seed: int = 1, first: int = 0, state: Any = None) -> Arrays:
    """All that is observed in n replicates, in detail too: arrays [n, months + 1, ...]."""
    series, detail = empty(scenario, n)
    state = new_record(STATE) if state is None else state
    simulate(state, to_parameters(scenario), root(seed), first, series, detail)
    return named(series, detail, scenario)


def empty(scenario: Scenario, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Room for the series and the detail of n replicates."""
    rows = scenario.months + 1
    return np.empty((n, rows, len(SERIES))), np.empty((n, rows, detail_size(scenario.n_organisations)))


def named(series: np.ndarray, detail: np.ndarray, scenario: Scenario) -> Arrays:
    """All that was observed, by name."""
    in_detail = unpack_detail(detail, scenario.n_organisations)
    return {name: series[..., at] for at, name in enumerate(SERIES)} | {
        f"{name} in detail": array for name, array in in_detail.items()
    }


def other_bits(one: Arrays, other: Arrays) -> set[str]:
    """Names of the arrays in which two histories differ, if in a single bit."""
    assert one.keys() == other.keys()
    return {name for name in one if one[name].tobytes() != other[name].tobytes()}


def all_arrays(results: Results) -> Arrays:
    """Everything that a run gives back, by name."""
    detail = {f"{name} in detail": array for name, array in (results.detail or {}).items()}
    measures = {f"measure {name}": values for name, values in results.measures.items()}
    return results.series | measures | detail


def replicates(arrays: Arrays, begin: int, end: int) -> Arrays:
    """Some of the replicates."""
    return {name: array[begin:end] for name, array in arrays.items()}


def up_to(arrays: Arrays, month: int) -> Arrays:
    """What was so until a month, whose own events have not happened yet."""
    return {name: array[:, : month + 1] for name, array in arrays.items()}


# What is tried here ------------------------------------------------------------------------------


def test_in_the_place_of_everything_everything_happens() -> None:
    """So that 'the same in every bit' below is said of all mechanisms."""
    months = history(everything, n=20)
    members = months["n_members"][:, 1:] - months["n_members"][:, :-1]
    happened = {
        "change": months["change_delivered"].max() > 0.0,
        "completed": months["initiatives_completed"].max() >= 2.0,
        "abandoned": months["initiatives_abandoned"].max() >= 1.0,
        "waiting": months["waiting"].max() > 0.0,
        "joined": members[:, everything.events[1].month].min() == 1.0,
        "withdrew by itself": members[:, 12:].min() < 0.0,
        "survived": months["n_coordinators"][:, -1].max() > 0.0,
        "collapsed": months["n_coordinators"][COLLAPSES, -1] == 0.0,
        "emerged": months["n_coordinators"].max() > 2.0,
        "embedded": months["vision_realised"].max() > 0.0,
    }
    assert all(happened.values()), happened
    assert {event.type for event in everything.events} == set(get_args(EventType))


# Who computes, and how ---------------------------------------------------------------------------


@each_place
def test_the_same_seed_twice_gives_the_same(scenario: Scenario) -> None:
    once, again = (partnersim.run(scenario, replicates=12, seed=7, detail=True) for _ in range(2))
    assert not other_bits(all_arrays(once), all_arrays(again))


@each_place
def test_another_seed_and_another_replicate_give_other_numbers(scenario: Scenario) -> None:
    luck = {
        (seed, replicate): history(scenario, n=1, seed=seed, first=replicate)["trust"].tobytes()
        for seed in (1, 2, 2**32 + 1, 2**64 + 1)
        for replicate in range(5)
    }
    assert len(set(luck.values())) == len(luck)


@pytest.fixture(scope="module")
def batch() -> Arrays:
    """A thousand replicates by one worker."""
    return all_arrays(partnersim.run(everything, replicates=1000, workers=1, detail=True))


@pytest.mark.parametrize(("first", "n"), [(0, 1), (1, 1), (499, 1), (999, 1), (0, 10), (3, 40), (937, 63)])
def test_some_replicates_or_one_alone_are_the_same_as_in_a_batch(batch: Arrays, first: int, n: int) -> None:
    some = partnersim.run(everything, replicates=n, first_replicate=first, detail=True)
    assert not other_bits(all_arrays(some), replicates(batch, first, first + n))


def test_replicates_do_not_depend_on_their_order(batch: Arrays) -> None:
    """One state serves all in turn, as in a thread: nothing of one is left for the next."""
    state, order = new_record(STATE), random.Random(1).sample(range(1000), 30)
    for replicate in order:
        alone = history(everything, n=1, first=replicate, state=state)
        expected = replicates(batch, replicate, replicate + 1)
        assert not other_bits(alone, {name: expected[name] for name in alone}), replicate


def test_nothing_is_left_of_another_scenario() -> None:
    state = new_record(STATE)
    alone = {name: history(scenario) for name, scenario in HISTORIES.items()}
    for name in ("everything", "drawn", "everything", "drawn", "drawn"):
        assert not other_bits(history(HISTORIES[name], state=state), alone[name]), name


@pytest.mark.parametrize("workers", [2, 4])
def test_replicates_do_not_depend_on_workers(batch: Arrays, workers: int) -> None:
    by_several = partnersim.run(everything, replicates=1000, workers=workers, detail=True)
    assert not other_bits(all_arrays(by_several), batch)


def test_threads_do_not_race() -> None:
    calm = all_arrays(partnersim.run(everything, replicates=60, workers=1, detail=True))
    for _ in range(8):
        hurried = partnersim.run(everything, replicates=60, workers=4, detail=True)
        assert not other_bits(all_arrays(hurried), calm)


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_replicates_do_not_depend_on_chunks(
    batch: Arrays, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ensemble, "_chunk_size", lambda *_: size)
    in_chunks = partnersim.run(everything, replicates=150, workers=2, detail=True)
    assert not other_bits(all_arrays(in_chunks), replicates(batch, 0, 150))


@each_place
def test_months_do_not_depend_on_how_many_follow(scenario: Scenario) -> None:
    short, long = history(scenario.replace(months=60)), history(scenario.replace(months=120))
    assert not other_bits(short, up_to(long, 60))
    assert up_to(long, 60)["change_delivered"].shape == (3, 61)


@each_place
def test_observing_changes_nothing(scenario: Scenario) -> None:
    with_detail, without = (partnersim.run(scenario, replicates=5, detail=detail) for detail in (True, False))
    seen = {name: all_arrays(with_detail)[name] for name in all_arrays(without)}
    assert not other_bits(seen, all_arrays(without))
    state, p = begin(scenario, 9)
    before = state.tobytes()
    observe(state, p, np.empty(len(SERIES)))
    pack_detail(state, p, np.empty(detail_size(int(p.n))))
    assert state.tobytes() == before


@each_place
def test_stepped_by_hand_is_simulated(scenario: Scenario) -> None:
    state, p = new_record(STATE), to_parameters(scenario)
    start(state, p, root(1), 2)
    series, detail = empty(scenario, 1)
    for month in range(scenario.months + 1):
        if month > 0:
            step(state, p)
        observe(state, p, series[0, month])
        pack_detail(state, p, detail[0, month])
    simulated = history(scenario, n=1, first=2)
    assert not other_bits(named(series, detail, scenario), simulated)


def save_histories(folder: Path) -> None:
    """What the tests below read: run where the core is interpreted."""
    assert numba.config.DISABLE_JIT
    for name, scenario in HISTORIES.items():
        np.savez(folder / f"{name}.npz", **history(scenario, n=1))


@pytest.fixture(scope="module")
def interpreted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Histories as plain Python computes them."""
    if numba.config.DISABLE_JIT:
        pytest.skip("nothing is compiled here")
    folder = tmp_path_factory.mktemp("interpreted")
    program = (
        "import sys, pathlib; from tests.runs.test_reproducibility import save_histories; "
        "save_histories(pathlib.Path(sys.argv[1]))"
    )
    printed_by("-c", program, str(folder), NUMBA_DISABLE_JIT="1")
    return folder


@pytest.mark.parametrize("name", HISTORIES)
def test_compiled_is_interpreted(interpreted: Path, name: str) -> None:
    with np.load(interpreted / f"{name}.npz") as saved:
        assert not other_bits(history(HISTORIES[name], n=1), dict(saved))


# The order of a month ----------------------------------------------------------------------------


@each_place
@pytest.mark.parametrize("is_frozen", [False, True])
def test_a_month_is_what_the_processes_of_the_schedule_do(scenario: Scenario, is_frozen: bool) -> None:
    scenario = scenario.replace({"mechanisms.trust_frozen": is_frozen})
    stepped, walked = begin(scenario, replicate=COLLAPSES), begin(scenario, replicate=COLLAPSES)
    for month in range(scenario.months):
        step(*stepped)
        rows = tuple(schedule.walk(*walked))
        assert rows == MONTH or stepped.state.has_collapsed[0] == 1
        for name in STATE.names:
            assert stepped.state[name].tobytes() == walked.state[name].tobytes(), (name, month)


# Addresses of luck -------------------------------------------------------------------------------

COST_ONLY = {"cost", "n_coordinators"}
IDLE: list[dict[str, Any]] = [  # they cost time, which is set off
    {"name": "unskilled", "skill": 0.0},
    {"name": "unseen", "host": "", "skill": 1.0, "meetings_per_month": 0.0},
]
free = everything.replace({"mechanisms.meeting_time_cost": False})
calm = free.replace({"emergence.rate": 0.0})


@pytest.mark.parametrize("coordinator", IDLE, ids=lambda coordinator: coordinator["name"])
@pytest.mark.parametrize(
    "scenario",
    [free, calm, drawn.replace({"mechanisms.meeting_time_cost": False})],
    ids=["everything", "calm", "drawn"],
)
def test_a_coordinator_who_can_do_nothing_changes_only_cost(
    scenario: Scenario, coordinator: dict[str, Any]
) -> None:
    """Not one bit of anything else, and nobody else's luck."""
    there = [*(c.model_dump() for c in scenario.coordinators), coordinator]
    without, with_one = history(scenario, n=20), history(scenario.replace(coordinators=there), n=20)
    assert other_bits(without, with_one) == COST_ONLY


def test_a_host_of_a_coordinator_whom_nobody_meets_loses_nothing() -> None:
    there = [*(c.model_dump() for c in calm.coordinators), IDLE[1] | {"host": "council"}]
    assert other_bits(history(calm), history(calm.replace(coordinators=there))) == COST_ONLY


def test_a_coordinator_who_leaves_leaves_the_luck_of_others() -> None:
    """Meetings of the first coordinator are the same draws, whoever else is at work."""
    one = begin(calm.replace(coordinators=[calm.coordinators[0].model_dump()]))
    both = begin(calm)
    assert one.state.keys.tobytes() == both.state.keys.tobytes()
    assert len({tuple(key) for key in one.state.keys}) == len(one.state.keys) > FIRST_COORDINATOR


ADDED: dict[str, dict[str, Any]] = {
    "national_target_lands": {"domain": "prevention"},
    "funding_cut": {"size": 0.5},
    "reorganisation": {},
    "common_crisis": {},
    "leader_leaves": {"organisation": "hospital"},
    "organisation_withdraws": {"organisation": "hospital"},
}


@pytest.mark.parametrize("month", [1, 5, 11, 20])
@pytest.mark.parametrize("kind", ADDED)
def test_an_event_changes_nothing_before_it(kind: str, month: int) -> None:
    events = [event.model_dump() for event in everything.events]
    added = everything.replace(events=[*events, {"type": kind, "month": month, **ADDED[kind]}])
    without, with_it = history(everything, n=5), history(added, n=5)
    assert not other_bits(up_to(without, month), up_to(with_it, month))
    assert other_bits(up_to(without, month + 1), up_to(with_it, month + 1))


@pytest.mark.parametrize("month", [1, 13])
@pytest.mark.parametrize("lever", (*LEVERS, *DECISIONS))
def test_an_intervention_changes_nothing_before_it(lever: str, month: int) -> None:
    interventions = [z.model_dump() for z in everything.interventions]
    set_late = {"lever": lever, "value": 1.0, "from_month": month}
    added = everything.replace(interventions=[*interventions, set_late])
    without, with_it = history(everything, n=5), history(added, n=5)
    assert not other_bits(up_to(without, month), up_to(with_it, month))
    assert other_bits(without, with_it)


def test_a_newcomer_leaves_the_shocks_of_others_as_they_were() -> None:
    four = place(4, months=24)
    five = place(5, months=24, events=[{"type": "organisation_joins", "month": 9, "organisation": "e"}])
    before, after = begin(four), begin(five)
    for _ in range(24):
        assert before.state.keys.tobytes() == after.state.keys.tobytes()
        for name in ("shock", "national_shock"):
            n = min(4, len(before.state[name]))
            assert before.state[name][:n].tobytes() == after.state[name][:n].tobytes(), name
        step(*before)
        step(*after)
    assert after.state.is_present[4] == 1.0


def test_who_is_not_there_yet_changes_nothing() -> None:
    """But for rounding, of sums over one more."""
    joins = {"type": "organisation_joins", "month": 9, "organisation": "e"}
    alone, awaiting = history(place(4, months=12)), history(place(5, months=12, events=[joins]))
    for name in SERIES:
        np.testing.assert_allclose(
            awaiting[name][:, :10], alone[name][:, :10], rtol=1e-9, atol=1e-9, err_msg=name
        )
    assert not np.allclose(awaiting["trust"][:, 10:], alone["trust"][:, 10:])


def test_one_more_drawn_organisation_leaves_those_drawn_before_as_they_were() -> None:
    three, four = (begin(drawn.replace({"drawn.n_organisations": n})).state for n in (3, 4))
    objectives = ("base_objectives", "planning_horizon", "base_pressure")
    for name in (*objectives, "accountability", "incentive_share", "base_capacity"):
        assert three[name][:3].tobytes() == four[name][:3].tobytes(), name
    np.testing.assert_array_equal(three.cultural_distance[:3, :3], four.cultural_distance[:3, :3])


# Seeds -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 2**63, 2**64, 10**40])
def test_any_whole_number_is_a_seed(seed: int) -> None:
    once, again = (history(everything, n=2, seed=seed) for _ in range(2))
    assert not other_bits(once, again)
    assert all(np.isfinite(array).all() for array in once.values())
    assert other_bits(once, history(everything, n=2, seed=seed + 1))


def test_without_luck_there_is_one_history() -> None:
    for scenario in (everything.replace(luck=0.0), drawn.replace(luck=0.0)):
        one = history(scenario, n=1)
        for seed, first in ((1, 1), (2, 0), (2**63, 10**6)):
            assert not other_bits(history(scenario, n=1, seed=seed, first=first), one)


# Frozen, and the version of the model -------------------------------------------------------------

PRIORS = ROOT / "experiments" / "tuning" / "priors.toml"
GENERATOR = "python tests/reference/regenerate.py"


@pytest.mark.parametrize("name", regenerate.FROZEN)
def test_results_are_those_that_were_frozen(name: str) -> None:
    """Proves nothing of the model; nobody changes its numbers unawares."""
    then, now = regenerate.frozen(name), regenerate.run(name)
    moved = regenerate.what_moved(then, now)
    assert not moved, f"{name}: {', '.join(moved)} moved. What is to be done, {GENERATOR} says"
    assert then.keys() == now.keys(), f"{name}: {GENERATOR} writes what is new"


def test_the_declared_version_is_that_of_the_frozen_numbers_and_has_its_line() -> None:
    changelog = regenerate.CHANGELOG.read_text(encoding="utf-8")
    assert regenerate.complaints(regenerate.read_record(), changelog) == []


@pytest.mark.parametrize("name", HISTORIES)
def test_what_the_tuning_sets_is_written_out_where_equations_are_frozen(name: str) -> None:
    """So that another default of it is no other equation, and all other defaults are."""
    text = (regenerate.FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    free = tomllib.loads(PRIORS.read_text(encoding="utf-8"))["parameter"]
    assert {parameter["path"] for parameter in free} <= flatten(tomllib.loads(text)).keys()


TOLD = (
    "### Results change\n\n"
    + "".join(f"- Model {name}: x.\n" for name in ("3.0", "2.3", "2.2", "2.1", "2.0", "1.1", "1.0"))
    + "\n### Fixed\n"
)


@pytest.mark.parametrize(
    ("declared", "numbers", "changelog", "said"),
    [
        ("1.1", ["1.0", "1.1"], TOLD, None),
        ("1.1", ["1.0"], TOLD, "the model is 1.1, the last recorded 1.0"),
        ("1.1", ["1.0", "1.1"], TOLD.replace("Results change", "Changed"), "Model 1.1: "),
        ("1.1", ["1.0", "1.1"], TOLD.replace("Model 1.0", "model 1.0"), "Model 1.0: "),
        ("1.1", ["1.0", "1.1"], TOLD.replace("1.1: ", "1.10: "), "Model 1.1: "),
        ("1.2", ["1.0", "1.2"], TOLD, "1.2 cannot follow 1.0"),
        ("2.0", ["1.1", "2.0"], TOLD, "frozen trajectories are not those of model 2"),
    ],
)
def test_versions_that_do_not_fit_are_said(
    declared: str, numbers: list[str], changelog: str, said: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(declared, monkeypatch)
    equations, everything = regenerate.digests()
    record = {"equations": {"1": equations}, "numbers": dict.fromkeys(numbers, everything)}
    found = "\n".join(regenerate.complaints(record, changelog))
    assert (said in found) if said else not found


def declare(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Declare another version of the model."""
    monkeypatch.setattr("partnersim.model.version.MODEL_VERSION", version)
    monkeypatch.setattr("partnersim.model.version.EQUATIONS", version.partition(".")[0])


@pytest.mark.parametrize(
    ("moved", "declared", "asked"),
    [("packaged", "2.2", "2.3"), ("packaged", "2.3", ""), ("drawn", "2.3", "3.0"), ("drawn", "3.0", "")],
)
def test_numbers_that_move_are_written_under_a_new_version_only(
    moved: str,
    declared: str,
    asked: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for file in (*map(regenerate.file, regenerate.FROZEN), regenerate.record_file()):
        shutil.copy(file, tmp_path)
    monkeypatch.setattr(regenerate, "FOLDER", tmp_path)
    numbers = {name: regenerate.frozen(name) for name in regenerate.FROZEN}
    key = next(iter(numbers[moved]))
    numbers[moved] = numbers[moved] | {key: [1.0 + x for x in numbers[moved][key]], "new": [1.0]}
    monkeypatch.setattr(regenerate, "run", numbers.__getitem__)
    declare(declared, monkeypatch)
    before = regenerate.digests()
    assert regenerate.main() == bool(asked)
    printed = capsys.readouterr().out
    assert f"{moved}: {key} moved" in printed
    assert (f'MODEL_VERSION = "{asked}"' in printed) if asked else "begins with" in printed
    assert (regenerate.digests() == before) == bool(asked)
    if not asked:
        assert regenerate.frozen(moved) == numbers[moved]
        assert regenerate.complaints(regenerate.read_record(), TOLD) == []
