"""The core as a whole: the order of a month, where a run begins, what is observed, doing nothing.

The processes one by one are in test_core_environment, _coordinators, _meetings, _work and _within;
which route each thing takes is in test_core_routes.
"""

from math import log
from typing import Any

import numpy as np
import pytest

from partnersim.model import constants as c
from partnersim.model import schedule
from partnersim.model.draws import root
from partnersim.model.observe import observe
from partnersim.model.record import new_record, parts_of, record_of
from partnersim.model.room import M, Q
from partnersim.model.series import SERIES, detail_size, unpack_detail
from partnersim.model.state import STATE
from partnersim.scenario.declarations import LAYERS
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.translate import to_parameters
from tests.places import (
    WORKINGS,
    World,
    begin,
    changed,
    copied,
    differing,
    near,
    place,
    quiet,
    run,
    series_of,
)

# The order of things ------------------------------------------------------------------------------


def test_records_stand_within_records_and_every_field_is_aligned() -> None:
    kind = record_of([("on", np.bool_), ("a.off", np.bool_), ("a.b.size", float, (2,)), ("z", int)])
    record = new_record(kind)
    parts = parts_of(record)
    assert list(parts) == ["on", "a.off", "a.b.size", "z"]
    parts["a.b.size"][0] = 1.0, 2.0
    assert record.a.b.size.tolist() == [1.0, 2.0]
    record.a.off = True
    assert parts["a.off"][0] and not parts["on"][0]
    assert {part.ctypes.data % 8 for part in parts.values()} == {0}


def busy() -> Scenario:
    return place(
        4,
        months=24,
        coordinators=[{"name": "Ana", "host": "a", "impartiality": 0.5}, {"name": "Ben"}],
        lead={"organisation": "b", "authority": 0.3},
        emergence={"rate": 0.1},
        events=[{"type": "organisation_withdraws", "month": 5, "organisation": "c"}],
    )


def test_the_schedule_called_one_by_one_is_a_month() -> None:
    whole, by_hand = begin(busy()), begin(busy())
    for _ in range(12):
        schedule.step(*whole)
        for at in range(schedule.END):
            schedule.perform(at, at + 1, *by_hand)
        assert not changed(whole.state, by_hand.state)


def test_a_month_walked_through_is_a_month_before_and_after_a_collapse() -> None:
    gone = [{"type": "organisation_withdraws", "month": 2, "organisation": o} for o in "abc"]
    scenario = busy().replace({"events": gone, **FROZEN})
    whole, by_hand = begin(scenario), begin(scenario)
    for month in range(6):
        schedule.step(*whole)
        walked = [row.name for row in schedule.walk(*by_hand)]
        assert ("decide_contributions" in walked) == (month < 2) and walked[0] == "draw_shocks"
        assert not changed(whole.state, by_hand.state)
    assert whole.state.has_collapsed[0] == 1


def test_a_run_is_its_months_and_what_is_looked_at_changes_nothing() -> None:
    scenario = busy()
    n, months = scenario.n_organisations, scenario.months
    p, seed = to_parameters(scenario), root(5)
    series = np.empty((2, months + 1, len(SERIES)))
    detail = np.empty((2, months + 1, detail_size(n)))
    schedule.simulate(new_record(STATE), p, seed, 3, series, detail)
    plain = series_of(scenario, 2, seed=5, first=3)
    assert not differing(plain, {name: series[..., at] for at, name in enumerate(SERIES)})
    world, row = begin(scenario, seed=5, replicate=4), np.empty(len(SERIES))
    seen = unpack_detail(detail, n)
    for month in range(months + 1):
        if month:
            schedule.step(*world)
        observe(*world, row)
        assert row.tolist() == series[1, month].tolist()
        for name, array in seen.items():
            axes = tuple(slice(size) for size in array.shape[2:])
            assert array[1, month].tolist() == world.state[name][axes].tolist()


def test_the_first_months_of_a_long_run_are_a_short_run() -> None:
    long, short = series_of(busy(), 2), series_of(busy().replace(months=9), 2)
    assert not differing({name: values[:, :10] for name, values in long.items()}, short)


# Where a run begins -------------------------------------------------------------------------------


def test_a_run_begins_where_the_scenario_says() -> None:
    starting = {
        "trust_mean": 0.6,
        "trust_spread": 0.3,
        "contact_mean": 0.5,
        "contact_spread": 0.2,
        "tension": 0.25,
        "commitment": 0.3,
        "contribution": 0.7,
    }
    world = quiet(3, starting=starting)
    state, apart = world.state, ~np.eye(3, dtype=bool)
    for kind in ("competence_trust", "goodwill_trust"):
        assert state[kind][:3, 1, :3][apart] == near([0.6] * 6)
    assert state.contact[:3, :3][apart] == near([0.5] * 6)
    assert state.tension[:3, :3][apart] == near([0.25] * 6)
    assert state.vision_commitment[:3] == near(np.full((3, 3), 0.3))  # of a ceiling of 1
    for name in ("contribution", "delivered"):
        assert state[name][:3] == near(np.full((3, 3), 0.7))
    assert not state.competence_trust[[0, 1, 2], :, [0, 1, 2]].any()  # nobody trusts itself


def test_with_luck_pairs_begin_differently_and_within_their_spread() -> None:
    starting = {"trust_mean": 0.6, "trust_spread": 0.3, "contact_mean": 0.5, "contact_spread": 0.2}
    state = begin(place(10, starting=starting)).state
    apart = ~np.eye(10, dtype=bool)
    trust, contact = (state.goodwill_trust[:10, :, :10].swapaxes(1, 2)[apart], state.contact[:10, :10])
    assert 0.3 <= trust.min() < 0.45 and 0.75 < trust.max() <= 0.9
    assert np.array_equal(contact, contact.T)
    assert 0.3 <= contact[apart].min() < 0.4 and 0.6 < contact[apart].max() <= 0.7
    assert len(np.unique(contact[apart])) == 45 and len(np.unique(trust)) == 270


@pytest.mark.parametrize("diversity", [0.0, 0.4, 1.0])
def test_drawn_organisations_differ_as_much_as_diversity_says(diversity: float) -> None:
    drawn = {
        "n_organisations": 40,
        "objective_diversity": diversity,
        "horizon_mean": 20.0,
        "horizon_diversity": diversity,
        "culture_diversity": 0.5 * diversity,
        "pressure_mean": 0.5,
        "pressure_spread": 0.5 * diversity,
        "accountability_mean": 0.5,
        "accountability_spread": 0.5 * diversity,
        "incentive_mean": 0.5,
        "incentive_spread": 0.5 * diversity,
        "capacity_spread": 0.8 * diversity,
    }
    state = begin(Scenario.model_validate({"drawn": drawn})).state
    weights = state.base_objectives[:40, :4]
    assert weights.sum(axis=1) == near([1.0] * 40) and (weights >= 0).all()
    # Flat on the simplex, shrunk to its centre: each weight has variance 3/80 of it.
    assert weights.std() == pytest.approx(diversity * np.sqrt(3 / 80), rel=0.2)
    spreads = {"accountability": 0.5, "incentive_share": 0.5, "base_pressure": 0.5, "base_capacity": 0.8}
    for name, spread in spreads.items():
        values = state[name][:40] - (1.0 if name == "base_capacity" else 0.5)
        assert abs(values).max() <= spread * diversity * (1 + 1e-12)
        # Uniform: standard deviation spread/sqrt(3), of 40 draws within 4 standard errors.
        assert values.std() == pytest.approx(spread * diversity / 3**0.5, rel=0.28)
    ratio = np.log(state.planning_horizon[:40] / 20.0)
    assert abs(ratio).max() <= diversity * log(3) * (1 + 1e-12)
    distance = state.cultural_distance[:40, :40]
    assert np.array_equal(distance, distance.T) and not distance.diagonal().any()
    assert distance[~np.eye(40, dtype=bool)].mean() == pytest.approx(0.5 * diversity, rel=0.05)


def test_a_state_that_was_used_begins_anew_as_a_new_one() -> None:
    fresh, used = begin(busy(), 6), begin(busy(), 20, seed=9)
    schedule.start(used.state, used.p, root(1), 0)
    for _ in range(6):
        schedule.step(*used)
    n, left_over = fresh.p.n, changed(fresh.state, used.state)
    # What is left over stands where no initiative or coordinator has begun yet, or is a working.
    begun = [name for name in STATE.names if STATE[name].shape[0] not in (M, Q) or n == M]
    assert not left_over & set(begun) - WORKINGS
    seen, again = np.empty(len(SERIES)), np.empty(len(SERIES))
    observe(*fresh, seen)
    observe(*used, again)
    assert seen.tolist() == again.tolist()


# Trust frozen -------------------------------------------------------------------------------------

FROZEN = {"mechanisms.trust_frozen": True}
OF_TRUST = {
    "trust",
    "competence_trust",
    "goodwill_trust",
    "trust_board",
    "trust_management",
    "trust_front_line",
}


def test_frozen_trust_is_constant_to_the_bit_and_everything_else_goes_on() -> None:
    small = {"programme.initiative_size": 1.0}  # so that some are completed
    series = series_of(busy().replace({**FROZEN, **small, "months": 60, "events": []}))
    constant = {name for name, values in series.items() if len(set(values[0])) == 1}
    assert constant >= OF_TRUST
    assert constant - OF_TRUST <= {"n_members", "initiatives_abandoned"}


def test_nothing_that_moves_only_trust_matters_when_trust_is_frozen() -> None:
    frozen = busy().replace({**FROZEN, "mechanisms.small_wins": False})
    other = frozen.replace(
        {
            "trust.misreading_noise": 0.4,
            "trust.promise_rate": 0.5,
            "trust.agreement_loss": 0.9,
            "trust.decay_rate": 0.3,
            "trust.news_asymmetry": 4.0,
            "relations.flare_loss": 0.9,
            "relations.rupture_loss": 0.9,
            "lead.resentment": 0.9,
            "mechanisms.framing_reason": False,
            "mechanisms.bridging": False,
        }
    )
    assert not differing(series_of(frozen, 2), series_of(other, 2))


# Collapse -----------------------------------------------------------------------------------------


def test_after_a_collapse_nothing_happens_but_that_what_was_achieved_wears_away() -> None:
    gone = [{"type": "organisation_withdraws", "month": 12, "organisation": o} for o in "bc"]
    given = {"initiatives": [{"size": 0.1, "n_gates": 0}], "benefit_spread": 0.0}
    scenario = place(
        3,
        months=40,
        events=gone,
        coordinators=[{"name": "Ana"}],
        programme=given,
        place={"erosion_rate": 0.1},
    )
    series = {name: values[0] for name, values in series_of(scenario).items()}
    assert series["n_members"][12] == 3 and (series["n_members"][13:] == 1).all()
    for name in ("contribution", "delivered", "waiting", "n_coordinators"):
        assert not series[name][13:].any(), name
    for name in ("change_delivered", "cost", "initiatives_completed", "contact", "tension"):
        assert len(set(series[name][13:])) == 1, name
    realised = series["vision_realised"]
    assert realised[13] > 0 and realised[40] < max(realised)


# Newcomers ----------------------------------------------------------------------------------------


def test_one_that_joins_takes_part_from_then_on() -> None:
    joins = [{"type": "organisation_joins", "month": 4, "organisation": "c"}]
    scenario = place(3, events=joins, programme={"members_per_initiative": 3, "patience": 1.0})
    for month, there in ((4, 0.0), (5, 1.0)):
        state = begin(scenario, month).state
        assert state.is_present[2] == there
        assert state.contact[0, 2] > 0 if there else state.contact[0, 2] == 0
        assert bool(state.contribution[2].all()) == bool(there)
    assert begin(scenario, 60).state.needs[:4, 2].any()  # and in what is taken up later


def test_one_that_never_comes_is_as_good_as_none() -> None:
    joins = [{"type": "organisation_joins", "month": 20, "organisation": "c"}]
    with_one = series_of(place(3, {"months": 30, "events": joins}))
    without = series_of(place(2, months=30))
    early = {name: values[:, :21] for name, values in with_one.items()}
    assert not differing(early, {name: values[:, :21] for name, values in without.items()})


# What is observed ---------------------------------------------------------------------------------


def observed(world: World) -> dict[str, float]:
    row = np.empty(len(SERIES))
    before = copied(world)
    observe(*world, row)
    assert not changed(before.state, world.state)
    return dict(zip(SERIES, row.tolist(), strict=True))


def test_means_are_over_the_members_who_are_present() -> None:
    world = quiet(3)
    state, rng = world.state, np.random.default_rng(2)
    state.is_present[1] = 0.0
    for name in ("vision_commitment", "contribution", "delivered"):
        state[name][:3] = rng.random((3, 3))
    for name in ("competence_trust", "goodwill_trust", "trust"):
        state[name][:3, :, :3] = rng.random((3, 3, 3))
    state.target_pressure[:3] = [0.2, 0.9, 0.4]
    state.contact[0, 2] = state.contact[2, 0] = 0.3
    state.tension[0, 2] = state.tension[2, 0] = 0.1
    row = observed(world)
    for name in ("vision_commitment", "contribution", "delivered"):
        assert row[name] == near(state[name][[0, 2]].mean())
    for name in ("competence_trust", "goodwill_trust", "trust"):
        assert row[name] == near((state[name][0, :, 2].mean() + state[name][2, :, 0].mean()) / 2)
    for layer, name in enumerate(LAYERS):
        trust = (state.trust[0, layer, 2] + state.trust[2, layer, 0]) / 2
        assert row[f"trust_{name}"] == near(trust)
    assert row["target_pressure"] == near(0.3) and row["n_members"] == 2.0
    assert row["contact"] == near(0.3) and row["tension"] == near(0.1)


def test_the_survey_asks_for_contact_talk_and_goodwill_and_likes_avoidance() -> None:
    ways = {"separate_pre_meetings": 0.0, "own_needs_framing": 0.5, "issue_avoidance": 0.6}
    for reason, bonus in ((True, 0.2 * 0.6), (False, 0.0)):
        world = quiet(
            2, ways_of_working=ways, survey={"avoidance_bonus": 0.2}, mechanisms={"avoidance_reason": reason}
        )
        world.state.contact[0, 1] = world.state.contact[1, 0] = 0.5
        world.state.goodwill_trust[:2, :, :2], world.state.vision_commitment[:2] = 0.3, 0.6
        run(world, "show_commitment")
        shown = 0.6 * (1 - c.SELF_SERVING * 0.5)
        said = 0.4 * 0.5 + 0.3 * shown + 0.3 * 0.3 + bonus
        assert observed(world)["perceived_joint_working"] == near(said)
        world.state.delivered[:2] = 0.0
        assert observed(world)["perceived_joint_working"] == near(said)  # nothing of delivery


def test_outcome_cost_and_work_are_what_they_are_defined_to_be() -> None:
    world = quiet(3, place={"demand_growth": 0.03, "reach": 0.4}, vision={"size": 20.0})
    state = world.state
    state.month[0] = 30
    state.vision[:4], state.embedded[:4] = [0.1, 0.2, 0.3, 0.4], [0.5, 0.0, 0.5, -0.25]
    state.work_delivered[0], state.staff_days[0], state.counts[:2] = 25.0, 123.0, [7, 2]
    state.number[:4], state.n_gates[:4], state.gate[:4] = [1, 2, 3, -1], [2, 2, 0, 2], [0, 1, 0, 0]
    row = observed(world)
    realised = 0.1 * 0.5 + 0.3 * 0.5 - 0.4 * 0.25
    assert row["vision_realised"] == near(realised)
    assert row["outcome_alone"] == near(100 * 1.03**2.5)
    assert row["outcome"] == near(100 * 1.03**2.5 * (1 - 0.4 * realised))
    assert row["change_delivered"] == near(1.25) and row["cost"] == 123.0
    assert (row["initiatives_completed"], row["initiatives_abandoned"]) == (7.0, 2.0)
    assert row["waiting"] == near(1 / 3)


@pytest.mark.parametrize("nets", [(1.0, 1.0, 1.0), (3.0, 0.0, 0.0), (2.0, -1.0, 0.5), (0.0,) * 3])
def test_equity_is_1_less_the_gini_coefficient_of_benefit_less_cost(nets: tuple[float]) -> None:
    world = quiet(3)
    world.state.own_benefit[:3], world.state.own_cost[:3] = np.array(nets) + 2.0, 2.0
    apart = sum(abs(x - y) for x in nets for y in nets)
    size = sum(abs(x) for x in nets)
    gini = apart / (2 * 3 * size) if size else 0.0
    assert observed(world)["equity"] == near(1 - gini)


def test_survey_growth_and_reach_are_for_looking_at_only() -> None:
    soon = busy().replace({"programme.initiative_size": 0.5})  # or nothing is there to be felt
    usual = series_of(soon)
    for path, value, seen in (
        ("survey.noise", 0.2, {"perceived_joint_working"}),
        ("survey.avoidance_bonus", 0.4, {"perceived_joint_working"}),
        ("place.reach", 0.9, {"outcome"}),
        ("place.demand_growth", 0.1, {"outcome", "outcome_alone"}),
    ):
        assert differing(usual, series_of(soon.replace({path: value}))) == seen


# Doing nothing ------------------------------------------------------------------------------------

TARGET = {"domain": "prevention", "cycle_months": 6}
NOTHING: dict[str, tuple[dict[str, Any], dict[str, Any], set[str]]] = {
    "a target without weight": ({}, {"organisations.a.targets": [{**TARGET, "weight": 0.0}]}, set()),
    "position sharing where nobody is far": (
        {"trust.usual_cultural_distance": 0.0, "mechanisms.meeting_time_cost": False},
        {"ways_of_working.position_sharing": 6.0},
        {"cost"},
    ),
    "more contacts where nobody leaves": (
        {f"turnover.{layer}_rate": 0.0 for layer in LAYERS} | {"mechanisms.meeting_time_cost": False},
        {"ways_of_working.cross_links": 3.0},
        {"cost"},
    ),
    "accountability that neither pulls nor holds back": (
        {"commitment.pull": 0.0, "mechanisms.accountability_consent": False},
        {"organisations.a.accountability": 1.0},
        set(),
    ),
    "an interest in one's own share of nothing": (
        {
            "organisations.a.incentive_share": 0.0,
            "organisations.b.incentive_share": 0.0,
            "organisations.c.incentive_share": 0.0,
            "programme.members_per_initiative": 3,
        },
        {"organisations.a.planning_horizon": 24.0},
        set(),
    ),
    "adoption without habits": (
        {
            f"ways_of_working.{way}": 0.0
            for way in ("own_away_days", "separate_pre_meetings", "own_needs_framing", "issue_avoidance")
        },
        {"commitment.adoption": 1.0},
        set(),
    ),
    "a resentment of nobody": ({}, {"lead.resentment": 1.0}, set()),
    "a shortfall of promises always kept": (
        {
            "trust.reliability": 1.0,
            "trust.pressure_on_reliability": 0.0,
            "mechanisms.separate_teams_promises": False,
        },
        {"trust.shortfall": 0.0},
        set(),
    ),
    "turnover that takes nothing along": ({"trust.turnover_loss": 0.0}, {"turnover.board_rate": 1.0}, set()),
    "meetings that take no time": (
        {"mechanisms.meeting_time_cost": False, "trust.usual_cultural_distance": 0.0},
        {"ways_of_working.position_sharing": 3.0},
        {"cost"},
    ),
    "flares and ruptures of issues that never arise": (
        {"relations.issue_rate": 0.0, "starting.tension": 0.0},
        {"relations.flare_loss": 1.0, "relations.rupture_loss": 1.0, "relations.rupture_rate": 1.0},
        set(),
    ),
    "what a crisis would do": ({}, {"events": []}, set()),
}


@pytest.mark.parametrize("what", NOTHING)
def test_what_has_nothing_to_act_on_changes_not_one_bit(what: str) -> None:
    usual, change, allowed = NOTHING[what]
    scenario = place(3, usual, months=18)
    assert differing(series_of(scenario), series_of(scenario.replace(change))) == allowed


CHANNELS = ("articulation", "bridging", "resolution", "convening")


def test_a_coordinator_acts_by_four_channels_and_no_other() -> None:
    base = place(4, months=18, luck=0.0)  # so that no effect waits for a chance
    silent = {f"mechanisms.{channel}": False for channel in CHANNELS}
    alone = series_of(base)
    with_one = base.replace(coordinators=[{"name": "Ana", "skill": 0.9}])
    assert differing(alone, series_of(with_one.replace(silent))) == {"cost", "n_coordinators"}
    for channel in CHANNELS:
        found = differing(alone, series_of(with_one.replace(silent | {f"mechanisms.{channel}": True})))
        assert "trust" in found and "speed" not in found, channel
