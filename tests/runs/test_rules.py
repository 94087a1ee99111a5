"""Rules of one's own: the same bits in every form, named wherever results go, faults named."""

import json
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import partnersim
from partnersim.model import schedule
from partnersim.model.decisions import decide
from partnersim.model.draws import root
from partnersim.model.record import new_record
from partnersim.model.series import SERIES
from partnersim.model.state import STATE
from partnersim.report.output import OutputFolder
from partnersim.runs import rules
from partnersim.runs.ledger import MECHANISMS, OWN_RULES
from partnersim.runs.results import Comparison
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.translate import to_parameters
from tests.commands import printed_by
from tests.pages import code_blocks, read

HERE = Path(__file__).parents[1]
EVERYTHING = Scenario.load(HERE / "reference" / "everything.toml").replace(months=24)
SEED = 5
SHARE = 0.4


def share_of(trust: float) -> float:
    return SHARE + 0.2 * trust


def give_by_trust(state, p):
    """Contribute what one trusts the others: a rule that calls the one it replaces."""
    decide(state, p)
    for i in range(p.n):
        trust = 0.0
        for j in range(p.n):
            trust += state.trust[i, 0, j] / p.n
        for layer in range(3):
            state.contribution[i, layer] = share_of(trust) * state.is_present[i]


def seek_the_committed(c, i, layer, state, p):
    return state.vision_commitment[i, layer]


OWN = {"decide": give_by_trust, "need_for_meeting": seek_the_committed}


def original(name: str) -> Any:
    """The Python function of the core of this name."""
    function = rules._originals()[name]
    return getattr(function, "py_func", function)


def step_through(core: rules.Core, scenario: Scenario = EVERYTHING, replicate: int = 0) -> Any:
    """All series of one run, stepped month by month: float64[months + 1, len(SERIES)]."""
    state, p = new_record(STATE), to_parameters(scenario)
    series = np.empty((scenario.months + 1, len(SERIES)))
    core.start(state, p, root(SEED), replicate)
    core.observe(state, p, series[0])
    for month in range(scenario.months):
        core.step(state, p)
        core.observe(state, p, series[month + 1])
    return series


def simulate(core: rules.Core, scenario: Scenario = EVERYTHING, replicates: int = 1) -> Any:
    series = np.empty((replicates, scenario.months + 1, len(SERIES)))
    detail = np.empty((replicates, scenario.months + 1, 0))
    p = to_parameters(scenario)
    core.simulate(new_record(STATE), p, root(SEED), 0, series, detail)
    return series


@pytest.fixture(scope="module")
def expected() -> Any:
    """What the core as it is gives."""
    return simulate(rules.build(None))[0]


# --- The same numbers ---------------------------------------------------------------------------


def test_no_rules_are_the_core_itself() -> None:
    for nothing in (None, {}):
        core = rules.build(nothing)
        assert core.simulate is schedule.simulate
        assert core.step is schedule.step
        assert core.rules == ()


def test_names_are_unique() -> None:
    """A name stands for one function of the core: nothing is hidden behind another."""
    found: dict[str, Any] = {}

    def visit(function: Any) -> None:
        for value in rules._globals_of(function).values():
            if rules._is_core(value) and value.__name__ not in found:
                found[value.__name__] = value
                visit(value)
            elif rules._is_core(value):
                assert found[value.__name__] is value

    visit(schedule.simulate)
    chance = {f for f in found if found[f].__module__ == rules.NOT_RULES}
    assert set(rules.replaceable()) == set(found) - chance - {"start", "step", "observe"} - {
        "pack_detail"
    }


def test_every_process_can_be_replaced_and_is_described() -> None:
    known = rules.replaceable()
    assert {process.__name__ for process in schedule.SCHEDULE} <= set(known)
    assert all(known.values())
    assert "uniform" not in known


# A process, one called by the start too, what a process calls (a number, a whole number, yes or
# no, nothing), and what is only observed.
KINDS = (
    "judge_promises", "assess_trust", "take_in", "weigh_needs", "is_waiting", "weigh",
    "perceived_joint_working",
)  # fmt: skip


def test_originals_as_rules_change_no_bit(expected: Any) -> None:
    own = {name: original(name) for name in KINDS}
    assert np.array_equal(step_through(rules.build(own)), expected)


@pytest.mark.slow
def test_originals_as_compiled_rules_change_no_bit(expected: Any) -> None:
    own = {name: original(name) for name in KINDS}
    core = rules.build(own, compiled=True)
    assert np.array_equal(simulate(core)[0], expected)
    assert np.array_equal(step_through(core), expected)


def by_depth() -> list[list[str]]:
    """What can be replaced, by how many calls it is away: who leads there is not replaced."""
    levels, known = [], set()
    reached = [schedule.step, schedule.start, schedule.observe]
    while reached:
        called = {part for function in reached for part in rules._globals_of(function).values()
                  if rules._is_core(part) and part.__name__ in rules.replaceable()}  # fmt: skip
        reached = sorted(called - known, key=lambda function: function.__name__)
        known |= called
        levels.append([function.__name__ for function in reached])
    assert {name for level in levels for name in level} == set(rules.replaceable())
    return [level for level in levels if level]


@pytest.mark.slow
@pytest.mark.parametrize("names", by_depth(), ids=lambda names: names[0])
def test_every_original_as_a_rule_changes_no_bit(names: list[str], expected: Any) -> None:
    own = {name: original(name) for name in names}
    assert np.array_equal(step_through(rules.build(own)), expected)


def test_stepped_in_plain_python_is_simulated_compiled(expected: Any) -> None:
    plain, fast = rules.build(OWN), rules.build(OWN, compiled=True)
    series = simulate(fast, replicates=2)
    assert np.array_equal(step_through(plain, replicate=1), series[1])
    assert np.array_equal(simulate(plain)[0], series[0])
    assert not np.array_equal(series[0], expected)


def test_each_rule_has_its_effect(expected: Any) -> None:
    for name, function in OWN.items():
        assert not np.array_equal(step_through(rules.build({name: function})), expected), name


def test_rules_reach_the_start_and_the_observation() -> None:
    def start_relations(state, p):
        original("start_relations")(state, p)
        state.tension[:] = 0.5

    def perceived_joint_working(contact, talk, goodwill, avoided, state, p):
        return 0.25

    own = {"start_relations": start_relations, "perceived_joint_working": perceived_joint_working}
    core = rules.build(own)
    for series in (step_through(core), simulate(core)[0]):
        assert series[0, SERIES.index("tension")] == 0.5
        assert (series[:, SERIES.index("perceived_joint_working")] == 0.25).all()


def test_ensembles_run_by_own_rules() -> None:
    """Workers and chunks change nothing; the series are those of the stepped core."""
    one = partnersim.run(EVERYTHING, 3, SEED, rules=OWN, workers=1)
    two = partnersim.run(EVERYTHING, 3, SEED, rules=OWN, workers=2)
    stepped = step_through(rules.build(OWN), replicate=2)
    for at, name in enumerate(SERIES):
        assert np.array_equal(one.series[name], two.series[name]), name
        assert np.array_equal(one.series[name][2], stepped[:, at]), name


def test_arms_and_the_share_through_trust_run_by_own_rules() -> None:
    arms = {"as it is": EVERYTHING, "other": EVERYTHING.replace({"decision.exposure": 0.9})}
    comparison = partnersim.compare(arms, 2, SEED, rules=OWN)
    alone = partnersim.run(arms["other"], 2, SEED, rules=OWN)
    assert np.array_equal(comparison.results["other"].measures["trust"], alone.measures["trust"])
    arms = list(arms.values())
    through = partnersim.share_through_trust(*arms, "contribution", 2, SEED, rules=OWN)
    as_it_is = partnersim.share_through_trust(*arms, "contribution", 2, SEED)
    assert through.effect != as_it_is.effect


def test_rules_made_anew_from_the_same_source_are_compiled_once() -> None:
    def make(threshold: float) -> Callable[..., None]:
        def rule(state, p):
            decide(state, p)
            state.contribution[0, 0] = threshold

        return rule

    first = rules._read({"decide": make(0.5)})
    assert rules._read({"decide": make(0.5)}) == first
    assert rules._read({"decide": make(0.6)}) != first
    assert rules.build(dict(OWN), compiled=True) is rules.build(dict(OWN), compiled=True)


def test_fingerprint_follows_helpers_and_constants(monkeypatch: pytest.MonkeyPatch) -> None:
    def print_of() -> str:
        (rule,) = rules._read({"decide": give_by_trust})
        return rule.sha256

    first = print_of()
    assert print_of() == first
    monkeypatch.setitem(globals(), "SHARE", 0.5)
    second = print_of()
    assert second != first
    monkeypatch.setitem(globals(), "share_of", lambda trust: trust)
    assert print_of() not in (first, second)


# --- Why trust changed --------------------------------------------------------------------------


def test_ledger_adds_up_under_own_rules() -> None:
    def praise(state, p):
        """Deciding, which in the model changes no trust, here does."""
        decide(state, p)
        for i in range(p.n):
            for j in range(p.n):
                state.goodwill_trust[i, 0, j] *= 0.9

    ledger = partnersim.explain(EVERYTHING, SEED, rules={"decide": praise})
    change = ledger.level(EVERYTHING.months) - ledger.level(0)
    totals = ledger.totals()
    assert sum(totals.values()) == pytest.approx(change, abs=1e-12)
    assert totals[OWN_RULES] < 0
    assert OWN_RULES not in MECHANISMS
    assert [rule.name for rule in ledger.rules] == ["decide"]
    assert any(OWN_RULES in sentence for sentence in ledger.sentences())


def test_ledger_books_a_replaced_process_on_its_mechanism() -> None:
    as_it_is = partnersim.explain(EVERYTHING, SEED)
    same = partnersim.explain(EVERYTHING, SEED, rules={"hear_talk": original("hear_talk")})
    for name in MECHANISMS:
        assert same.totals()[name] == as_it_is.totals()[name], name
    assert same.totals()[OWN_RULES] == 0


def test_ledger_is_not_kept_of_a_run_that_a_rule_leads_astray() -> None:
    """Not a process, so seen only at the end of the month."""

    def take_in(goodwill, seen, rate, agreement, p):
        return 5.0

    message = r"rule 'take_in' .*goodwill_trust\[.*; must be from 0 to 1"
    with pytest.raises(ValueError, match=message):
        partnersim.explain(EVERYTHING, SEED, rules={"take_in": take_in})


# --- Named in results ---------------------------------------------------------------------------


def test_rules_are_named_wherever_results_go(tmp_path: Path) -> None:
    results = partnersim.run(EVERYTHING, 2, SEED, rules=OWN)
    assert [rule.name for rule in results.rules] == ["decide", "need_for_meeting"]
    named = {
        "decide": {
            "function": f"{__name__}.give_by_trust",
            "sha256": results.rules[0].sha256,
        },
        "need_for_meeting": {
            "function": f"{__name__}.seek_the_committed",
            "sha256": results.rules[1].sha256,
        },
    }
    assert results.to_json()["rules"] == named
    assert json.loads(results.to_xarray().attrs["rules"]) == named
    for text in (repr(results), results._repr_html_()):
        assert f"{__name__}.give_by_trust" in text
    as_it_is = partnersim.run(EVERYTHING, 2, SEED)
    comparison = Comparison({"model": as_it_is, "own": results}, "model")
    assert comparison.to_json()["rules"] == {"own": named}
    assert json.loads(comparison.to_xarray().attrs["rules"]) == {"own": named}
    assert f"{__name__}.give_by_trust" in comparison._repr_html_()
    folder = OutputFolder(tmp_path)
    folder.write_comparison(comparison, "{}", ["trust"])
    provenance = json.loads((tmp_path / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["rules"] == {"own": named}


def test_results_of_the_model_as_it_is_name_no_rules() -> None:
    results = partnersim.run(EVERYTHING, 2, SEED)
    assert results.rules == ()
    assert "rules" not in results.to_json()
    assert "rules" not in results.to_xarray().attrs
    assert "rules" not in Comparison({"a": results}, "a").to_json()


# --- What goes wrong ----------------------------------------------------------------------------


def write_nan(state, p):
    state.contribution[1, 2] = math.nan


def write_too_much(state, p):
    decide(state, p)
    state.contribution[0, 0] = 1.5


def write_wrong_shape(state, p):
    state.contribution[:] = np.ones((7, 2))


def return_array(state, p):
    return np.ones(3)


def need_nan(c, i, layer, state, p):
    return state.months_unseen[c, i, layer] * math.nan


def need_nothing(c, i, layer, state, p):
    state.need[0] = 1.0


def need_array(c, i, layer, state, p):
    return np.ones(3)


def too_few(state):
    pass


def break_down(state, p):
    state.contribution[0, 0] = 0.9
    raise LookupError("no such thing")


NO_RULES = [
    (
        {"decid": give_by_trust},
        ValueError,
        "'decid' is no rule of the model; did you mean 'decide'",
    ),
    ({"uniform": give_by_trust}, ValueError, "'uniform' is no rule"),
    ({"step": give_by_trust}, ValueError, "'step' is no rule"),
    ({3: give_by_trust}, ValueError, "3 is no rule"),
    ({"decide": 3}, TypeError, "'decide': must be a function, not 3"),
    ({"decide": too_few}, TypeError, r"too_few\): must take \(state, p\)"),
    ([give_by_trust], TypeError, "must be a mapping"),
]


@pytest.mark.parametrize(("own", "kind", "message"), NO_RULES)
@pytest.mark.parametrize("compiled", [False, True])
def test_what_is_no_rule_is_refused(
    own: Any, kind: type[Exception], message: str, compiled: bool
) -> None:
    with pytest.raises(kind, match=message):
        rules.build(own, compiled=compiled)


FAULTS = [
    ("decide", write_nan, ValueError, r"contribution\[1, 2\] is nan; must be from 0 to 1"),
    ("decide", write_too_much, ValueError, r"contribution\[0, 0\] is 1\.5; must be from 0 to 1"),
    ("need_for_meeting", need_nan, ValueError, "returned NaN"),
]
PLAIN_FAULTS = [
    *FAULTS,
    ("decide", write_wrong_shape, ValueError, "could not broadcast"),
    ("decide", return_array, TypeError, "must write into state and return nothing"),
    ("need_for_meeting", need_nothing, TypeError, "returned nothing; must return one number"),
    ("need_for_meeting", need_array, TypeError, r"ndarray of shape \(3,\); must return one number"),
]


@pytest.mark.parametrize(("name", "rule", "kind", "message"), PLAIN_FAULTS)
def test_fault_names_the_rule_and_leaves_the_state_unharmed(
    name: str, rule: Any, kind: type[Exception], message: str
) -> None:
    state, p = new_record(STATE), to_parameters(EVERYTHING)
    as_it_is, core = rules.build(None), rules.build({name: rule})
    as_it_is.start(state, p, root(SEED), 0)
    for _ in range(3):
        as_it_is.step(state, p)
    before = state.tobytes()
    with pytest.raises(kind, match=rf"rule '{name}' \({__name__}\.{rule.__name__}\): .*{message}"):
        core.step(state, p)
    assert state.tobytes() == before
    as_it_is.step(state, p)  # and life goes on


def test_of_several_rules_the_one_at_fault_is_named() -> None:
    state, p = new_record(STATE), to_parameters(EVERYTHING)
    core = rules.build(OWN | {"decide": write_too_much})
    core.start(state, p, root(SEED), 0)
    with pytest.raises(ValueError, match=r"^rule 'decide' \S+: contribution"):
        core.step(state, p)


def test_other_errors_of_a_rule_pass_with_its_name() -> None:
    state, p = new_record(STATE), to_parameters(EVERYTHING)
    core = rules.build({"decide": break_down})
    core.start(state, p, root(SEED), 0)
    before = state.tobytes()
    with pytest.raises(LookupError, match="no such thing") as caught:
        core.step(state, p)
    assert state.tobytes() == before
    assert any("break_down" in note for note in caught.value.__notes__)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "rule", "kind", "message"), FAULTS)
def test_fault_of_a_compiled_rule_says_where(
    name: str, rule: Any, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=rf"rule '{name}' \(.*{message}") as caught:
        partnersim.run(EVERYTHING, 3, SEED, rules={name: rule}, first_replicate=4, workers=1)
    assert "(replicate 4, months gone: 0)" in str(caught.value)


@pytest.mark.slow
def test_fault_late_in_a_run_says_where() -> None:
    def tire(state, p):
        decide(state, p)
        if state.month[0] == 9 and state.keys[0, 0] == key:
            state.contribution[0, 0] = -1.0

    state, p = new_record(STATE), to_parameters(EVERYTHING)
    schedule.start(state, p, root(SEED), 6)
    key = state.keys[0, 0]
    with pytest.raises(ValueError, match=r"is -1; .*\(replicate 6, months gone: 9\)"):
        partnersim.run(EVERYTHING, 8, SEED, rules={"decide": tire}, workers=2)


@pytest.mark.parametrize(
    ("name", "rule"), [("need_for_meeting", need_array), ("need_for_meeting", need_nothing)]
)
def test_rule_of_another_type_is_not_compiled(name: str, rule: Any) -> None:
    with pytest.raises(TypeError, match=rf"rule '{name}' \({__name__}\.{rule.__name__}\)"):
        rules.build({name: rule}, compiled=True)


def test_rule_beyond_what_can_be_compiled_is_refused() -> None:
    def fancy(state, p):
        print({**{"a": 1}})
        eval("1")

    with pytest.raises(TypeError, match=r"rule 'decide' \(.*fancy\): cannot be compiled"):
        partnersim.run(EVERYTHING, 2, rules={"decide": fancy})


@pytest.mark.slow
def test_compiled_rule_that_returns_something_where_nothing_is_wanted() -> None:
    message = r"rule 'decide' \(.*return_array\): .* must write into state and return nothing"
    with pytest.raises(TypeError, match=message):
        partnersim.run(EVERYTHING, 2, rules={"decide": return_array})


# --- What is checked ----------------------------------------------------------------------------


def places_of(name: str, state: Any, p: Any) -> Iterator[tuple[int, ...]]:
    """First and last place of a field that is in use."""
    used = {"meetings": p.coordinators.n, "credibility": p.coordinators.n,
            "work": p.programme.n_simultaneous}.get(name, p.n)  # fmt: skip
    shape = state[name].shape
    yield (0,) * len(shape)
    last = [int(used) - 1, *(min(size, int(p.n)) - 1 for size in shape[1:])]
    yield tuple(last) if shape != (1,) else (0,)


@pytest.mark.parametrize("name", rules.RANGES)
def test_every_field_is_checked(name: str) -> None:
    state, p = new_record(STATE), to_parameters(EVERYTHING)
    schedule.start(state, p, root(SEED), 0)
    schedule.step(state, p)
    assert rules.is_sound(state, p)
    low, high = rules.RANGES[name]
    wrong = [math.nan, math.inf, -math.inf]
    wrong += [low - 0.01] if math.isfinite(low) else []
    wrong += [high + 0.01] if math.isfinite(high) else []
    for place in places_of(name, state, p):
        right = state[name][place]
        for value in wrong:
            state[name][place] = value
            assert not rules.is_sound(state, p), (place, value)
            assert rules._fault(state).startswith(f"{name}{list(place)} is {value:g}; must be ")
            state[name][place] = right
    assert rules.is_sound(state, p)


def test_what_is_not_finite_only_in_a_series_is_a_fault() -> None:
    def overspend(state, p):
        state.own_cost[0] = math.inf

    state, p = new_record(STATE), to_parameters(EVERYTHING)
    core = rules.build({"practise": overspend})
    core.start(state, p, root(SEED), 0)
    before = state.tobytes()
    with pytest.raises(ValueError, match=r"rule 'practise' .* not all series are finite"):
        core.step(state, p)
    assert state.tobytes() == before


def test_restore_puts_all_fields_back() -> None:
    state, p = new_record(STATE), to_parameters(EVERYTHING)
    schedule.start(state, p, root(SEED), 0)
    before = state.copy()
    schedule.step(state, p)
    assert state.tobytes() != before.tobytes()
    rules.restore(state, before)
    assert state.tobytes() == before.tobytes()


# --- The page about it --------------------------------------------------------------------------


@pytest.mark.slow
def test_page_about_own_rules_runs_as_written(tmp_path: Path) -> None:
    page = read("docs/own-rules.md")
    blocks = code_blocks(page, "python")
    script = tmp_path / "own_rules.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    printed = printed_by(str(script), folder=tmp_path)
    (fault,) = re.findall(r"^This says `(.+)`", page, re.MULTILINE)
    assert fault in printed.splitlines()
    assert "decide by __main__.give_as_given (sha256 " in printed
