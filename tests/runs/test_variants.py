"""Functions of one's own in slots: the same bits in every form, named wherever results go."""

import inspect
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import partnersim
from partnersim.model import schedule
from partnersim.model.compiled import compiled
from partnersim.model.coordinators import need_for_meeting
from partnersim.model.decisions import decide_as_scenario_says, decide_conditionally
from partnersim.model.draws import root
from partnersim.model.record import new_record
from partnersim.model.schedule import Core, build
from partnersim.model.series import SERIES
from partnersim.model.state import STATE
from partnersim.model.trust import take_in
from partnersim.model.variants import SLOTS, read_variants
from partnersim.model.work import draw_initiative
from partnersim.report.output import OutputFolder
from partnersim.runs.results import Comparison
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.translate import PARAMETERS, to_parameters
from tests.commands import printed_by
from tests.pages import code_blocks, read
from tests.places import begin
from tests.reference import regenerate

EVERYTHING, DRAWN = (regenerate.scenarios()[name] for name in ("everything", "drawn"))
SEED = 5
SHARE = 0.4


@compiled
def share_of(trust):
    return SHARE + 0.2 * trust


def give_by_trust(i, layer, state, p):
    """Mix what the model says with what trust says: a variant that calls the default."""
    trust = 0.0
    for j in range(p.n):
        trust += state.trust[i, layer, j] / p.n
    return 0.5 * decide_as_scenario_says(i, layer, state, p) + 0.5 * share_of(trust)


def believe_slowly(i, layer, j, seen, rate, state, p):
    goodwill = state.goodwill_trust[i, layer, j]
    return take_in(goodwill, seen, 0.5 * rate, state.agreement[i, j], p.trust.news_asymmetry)


def seek_the_committed(c, i, layer, state, p):
    return state.vision_commitment[i, layer]


def agree_by_trust(i, m, state, p):
    return 0.5 + 0.3 * state.trust[i, 0, 1 if i == 0 else 0]


def leave_by_tension(i, state, p):
    worst = 0.0
    for j in range(p.n):
        worst = max(worst, state.tension[i, j])
    return 0.5 * worst


def begin_small(m, number, state, p):
    draw_initiative(m, number, state, p)
    state.work_size[m] *= 0.5


OWN: dict[str, Callable[..., Any]] = {
    "decide": give_by_trust,
    "learn": believe_slowly,
    "meet": seek_the_committed,
    "consent": agree_by_trust,
    "leave": leave_by_tension,
    "begin": begin_small,
}


DEFAULTS = {name: getattr(slot.default, "py_func", slot.default) for name, slot in SLOTS.items()}


def step_through(core: Core, scenario: Scenario = EVERYTHING, replicate: int = 0) -> Any:
    """All series of one run, stepped month by month: float64[months + 1, len(SERIES)]."""
    state, p = new_record(STATE), to_parameters(scenario)
    series = np.empty((scenario.months + 1, len(SERIES)))
    core.start(state, p, root(SEED), replicate)
    core.observe(state, p, series[0])
    for month in range(scenario.months):
        core.step(state, p)
        core.observe(state, p, series[month + 1])
    return series


def simulate(core: Core, scenario: Scenario = EVERYTHING, replicates: int = 1) -> Any:
    series = np.empty((replicates, scenario.months + 1, len(SERIES)))
    detail = np.empty((replicates, scenario.months + 1, 0))
    p = to_parameters(scenario)
    core.simulate(new_record(STATE), p, root(SEED), 0, series, detail)
    return series


@pytest.fixture(scope="module")
def expected() -> Any:
    """What the model as it is gives."""
    return simulate(build(None))[0]


# --- The same numbers ---------------------------------------------------------------------------


def test_without_variants_it_is_the_model_itself() -> None:
    for nothing in (None, {}):
        assert build(nothing) is schedule.MODEL
    assert schedule.MODEL.simulate == schedule.simulate
    assert schedule.MODEL.variants == ()


def test_every_slot_is_called_in_the_month_and_has_a_default_of_its_signature() -> None:
    assert {row.slot for row in schedule.MONTH} - {""} == set(SLOTS) == set(OWN)
    for name, slot in SLOTS.items():
        assert slot.parameters == tuple(inspect.signature(OWN[name]).parameters), name


@pytest.mark.parametrize(
    "compiled_for", [None, pytest.param(PARAMETERS, marks=pytest.mark.slow)], ids=["plain", "compiled"]
)
def test_defaults_as_variants_change_no_bit(expected: Any, compiled_for: Any) -> None:
    core = build(DEFAULTS, compiled_for=compiled_for)
    assert np.array_equal(step_through(core), expected)
    assert np.array_equal(simulate(core)[0], expected)


def test_the_rival_rule_is_a_function_of_the_slot() -> None:
    rival = EVERYTHING.replace({"decision.rule": "conditional"})
    as_switched = simulate(build(None), rival)[0]
    assert np.array_equal(step_through(build({"decide": decide_conditionally}), rival), as_switched)


def test_stepped_in_plain_python_is_simulated_compiled(expected: Any) -> None:
    plain, fast = build(OWN), build(OWN, compiled_for=PARAMETERS)
    series = simulate(fast, replicates=2)
    assert np.array_equal(step_through(plain, replicate=1), series[1])
    assert np.array_equal(simulate(plain)[0], series[0])
    assert not np.array_equal(series[0], expected)


@pytest.mark.parametrize("name", OWN)
def test_each_variant_has_its_effect(name: str, expected: Any) -> None:
    assert not np.array_equal(step_through(build({name: OWN[name]})), expected)


def test_a_collapse_ends_a_month_of_variants_as_of_the_model() -> None:
    gone = [
        {"type": "organisation_withdraws", "month": 5, "organisation": name}
        for name in EVERYTHING.organisation_names
    ]
    scenario = EVERYTHING.replace(events=gone)
    series = step_through(build(DEFAULTS), scenario)
    assert np.array_equal(series, simulate(build(None), scenario)[0])
    assert series[-1, SERIES.index("n_members")] == 0


def test_ensembles_run_by_variants() -> None:
    """Workers and chunks change nothing; the series are those of the stepped model."""
    one = partnersim.run(EVERYTHING, 3, SEED, variants=OWN, workers=1)
    two = partnersim.run(EVERYTHING, 3, SEED, variants=OWN, workers=2)
    stepped = step_through(build(OWN), replicate=2)
    for at, name in enumerate(SERIES):
        assert np.array_equal(one.series[name], two.series[name]), name
        assert np.array_equal(one.series[name][2], stepped[:, at]), name


def test_arms_and_the_share_through_trust_run_by_variants() -> None:
    arms = {"as it is": EVERYTHING, "other": EVERYTHING.replace({"decision.exposure": 0.9})}
    comparison = partnersim.compare(arms, 2, SEED, variants=OWN)
    alone = partnersim.run(arms["other"], 2, SEED, variants=OWN)
    assert np.array_equal(comparison.results["other"].measures["trust"], alone.measures["trust"])
    pair = list(arms.values())
    through = partnersim.share_through_trust(*pair, "contribution", 2, SEED, variants=OWN)
    as_it_is = partnersim.share_through_trust(*pair, "contribution", 2, SEED)
    assert through.effect != as_it_is.effect


def test_variants_made_anew_from_the_same_source_are_compiled_once() -> None:
    def make(threshold: float) -> Callable[..., float]:
        def variant(i, layer, state, p):
            return threshold

        return variant

    first = read_variants({"decide": make(0.5)})
    assert read_variants({"decide": make(0.5)}) == first
    assert read_variants({"decide": make(0.6)}) != first
    assert build(dict(OWN), compiled_for=PARAMETERS) is build(dict(OWN), compiled_for=PARAMETERS)


def test_fingerprint_follows_the_source() -> None:
    def give(i, layer, state, p):
        return 0.5

    first = read_variants({"decide": give})

    def give(i, layer, state, p):
        return 0.6

    assert read_variants({"decide": give}) != first


def test_fingerprint_follows_helpers_and_constants(monkeypatch: pytest.MonkeyPatch) -> None:
    def print_of() -> str:
        (variant,) = read_variants({"decide": give_by_trust})
        return variant.sha256

    first = print_of()
    assert print_of() == first
    monkeypatch.setitem(globals(), "SHARE", 0.5)
    second = print_of()
    assert second != first
    monkeypatch.setitem(globals(), "share_of", lambda trust: trust)
    assert print_of() not in (first, second)


# --- Why trust changed --------------------------------------------------------------------------


def test_ledger_adds_up_under_variants() -> None:
    ledger = partnersim.explain(EVERYTHING, SEED, variants=OWN)
    change = ledger.level(EVERYTHING.months) - ledger.level(0)
    totals = ledger.totals()
    assert sum(totals.values()) == pytest.approx(change, abs=1e-12)
    assert totals["deeds"] != partnersim.explain(EVERYTHING, SEED).totals()["deeds"]
    assert [variant.name for variant in ledger.variants] == sorted(OWN)


# --- Named in results ---------------------------------------------------------------------------


def test_variants_are_named_wherever_results_go(tmp_path: Path) -> None:
    results = partnersim.run(EVERYTHING, 2, SEED, variants=OWN)
    assert [variant.name for variant in results.variants] == sorted(OWN)
    named = {
        variant.name: {"function": f"{__name__}.{OWN[variant.name].__name__}", "sha256": variant.sha256}
        for variant in results.variants
    }
    assert results.to_json()["variants"] == named
    assert json.loads(results.to_xarray().attrs["variants"]) == named
    for text in (repr(results), results._repr_html_()):
        assert f"{__name__}.give_by_trust" in text
    as_it_is = partnersim.run(EVERYTHING, 2, SEED)
    comparison = Comparison({"model": as_it_is, "own": results}, "model")
    assert comparison.to_json()["variants"] == {"own": named}
    assert json.loads(comparison.to_xarray().attrs["variants"]) == {"own": named}
    assert f"{__name__}.give_by_trust" in comparison._repr_html_()
    folder = OutputFolder(tmp_path)
    folder.write_comparison(comparison, "{}", ["trust"])
    provenance = json.loads((tmp_path / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["variants"] == {"own": named}


def test_results_of_the_model_as_it_is_name_no_variants() -> None:
    results = partnersim.run(EVERYTHING, 2, SEED)
    assert results.variants == ()
    assert "variants" not in results.to_json()
    assert "variants" not in results.to_xarray().attrs
    assert "variants" not in Comparison({"a": results}, "a").to_json()


# --- What goes wrong ----------------------------------------------------------------------------


def give_nan(i, layer, state, p):
    return math.nan


def give_too_much(i, layer, state, p):
    return 1.5


def give_nothing(i, layer, state, p):
    state.load[i] = 1.0


def give_array(i, layer, state, p):
    return np.ones(3)


def break_down(i, layer, state, p):
    state.contribution[0, 0] = 0.9
    raise LookupError("no such thing")


def take_too_few(state):
    pass


def begin_nothing(m, number, state, p):
    draw_initiative(m, number, state, p)
    state.work_size[m] = 0.0


def begin_anything(m, number, state, p):
    draw_initiative(m, number, state, p)
    state.benefit_mix[m, 0] += 0.5


@pytest.mark.parametrize(
    ("own", "kind", "message"),
    [
        ({"decid": give_nan}, ValueError, "'decid' is no slot of the model; did you mean 'decide'"),
        ({"uniform": give_nan}, ValueError, "'uniform' is no slot of the model; there are decide"),
        ({3: give_nan}, ValueError, "3 is no slot"),
        ({"decide": 3}, TypeError, "'decide': must be a function, not 3"),
        ({"decide": take_too_few}, TypeError, r"take_too_few\): must take \(i, layer, state, p\)"),
        ([give_nan], TypeError, "must be a mapping"),
    ],
)
@pytest.mark.parametrize("compiled", [False, True])
def test_what_fits_no_slot_is_refused(own: Any, kind: type[Exception], message: str, compiled: bool) -> None:
    with pytest.raises(kind, match=message):
        build(own, compiled_for=PARAMETERS if compiled else None)


@pytest.mark.parametrize(
    ("own", "kind", "message"),
    [
        (give_nan, ValueError, "returned nan; must be from 0 to 1"),
        (give_too_much, ValueError, r"returned 1\.5; must be from 0 to 1"),
        (give_nothing, TypeError, "returned nothing; must return one number"),
        (give_array, TypeError, r"returned ndarray of shape \(3,\); must return one number"),
    ],
)
def test_a_fault_names_the_variant_and_leaves_the_state_unharmed(
    own: Any, kind: type[Exception], message: str
) -> None:
    state, p = begin(EVERYTHING, months=3, seed=SEED)
    before = state.tobytes()
    said = rf"variant 'decide' \({__name__}\.{own.__name__}\): {message}"
    with pytest.raises(kind, match=said) as caught:
        build({"decide": own}).step(state, p)
    assert kind is TypeError or str(caught.value).endswith("(months gone: 3)")
    assert state.tobytes() == before
    schedule.step(state, p)  # and life goes on


@pytest.mark.parametrize("own", [begin_nothing, begin_anything])
def test_what_is_begun_is_looked_at_already_at_the_start(own: Any) -> None:
    core = build({"begin": own})
    with pytest.raises(ValueError, match=rf"variant 'begin' \(.*{own.__name__}\): must leave work"):
        core.start(new_record(STATE), to_parameters(DRAWN), root(SEED), 0)


def test_other_errors_of_a_variant_pass_with_its_name() -> None:
    state, p = begin(EVERYTHING, seed=SEED)
    before = state.tobytes()
    with pytest.raises(LookupError, match="no such thing") as caught:
        build({"decide": break_down}).step(state, p)
    assert state.tobytes() == before
    assert any("variant 'decide'" in note for note in caught.value.__notes__)


@pytest.mark.slow
def test_a_fault_of_a_compiled_variant_says_where_however_late_it_is() -> None:
    def tire(i, layer, state, p):
        if state.month[0] == 9 and state.keys[0, 0] == key:
            return -1.0
        return decide_as_scenario_says(i, layer, state, p)

    key = begin(EVERYTHING, seed=SEED, replicate=6).state.keys[0, 0]
    message = (
        r"variant 'decide' \(.*tire\): returned -1; must be from 0 to 1 "
        r"\(replicate 6, months gone: 9\)"
    )
    with pytest.raises(ValueError, match=message):
        partnersim.run(EVERYTHING, 8, SEED, variants={"decide": tire}, workers=2)


@pytest.mark.parametrize("own", [give_array, give_nothing])
def test_a_variant_that_returns_no_number_is_not_compiled(own: Any) -> None:
    said = rf"variant 'decide' \({__name__}\.{own.__name__}\): cannot be compiled"
    with pytest.raises(TypeError, match=said):
        build({"decide": own}, compiled_for=PARAMETERS)


def test_a_variant_beyond_what_can_be_compiled_is_refused() -> None:
    def fancy(i, layer, state, p):
        return eval("1")

    with pytest.raises(TypeError, match=r"variant 'decide' \(.*fancy\): cannot be compiled"):
        partnersim.run(EVERYTHING, 2, variants={"decide": fancy})


# --- The pages about it -------------------------------------------------------------------------


def test_page_names_every_slot_and_its_parameters() -> None:
    page = read("docs/variants.md")
    for name, slot in SLOTS.items():
        assert f"| `{name}` | `({', '.join(slot.parameters)})` |" in page, name


@pytest.mark.slow
def test_page_about_variants_runs_as_written(tmp_path: Path) -> None:
    page = read("docs/variants.md")
    script = tmp_path / "variants.py"
    script.write_text("\n".join(code_blocks(page, "python")), encoding="utf-8")
    printed = printed_by(str(script), folder=tmp_path)
    (fault,) = re.findall(r"^This says `(.+)`", page, re.MULTILINE)
    assert fault in printed.splitlines()
    assert "decide by __main__.give_as_given (sha256 " in printed
    assert need_for_meeting.__name__ in page
