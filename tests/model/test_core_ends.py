"""Where a run begins, and what is observed of it, on cases worked by hand."""

from math import log

import numpy as np
import pytest

from partnersim.model import draws, initial, trust
from partnersim.model.draws import ENCOUNTERS, SETUP, START_PAIR, START_TRUST, noise, root, uniform
from partnersim.model.record import new_record
from partnersim.model.schedule import observe
from partnersim.model.series import SERIES
from partnersim.model.state import STATE
from partnersim.model.variants import SLOTS
from partnersim.scenario.declarations import LAYERS
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.translate import to_parameters
from tests.places import World, changed, copied, near, place, quiet, run, unrested

# Where a run begins -------------------------------------------------------------------------------


def test_a_place_sets_out_with_the_stated_numbers() -> None:
    world = World(new_record(STATE), to_parameters(place(3, luck=0.0)))
    initial.set_out(SLOTS["begin"].default, *world, root(1), 0)
    state, apart = world.state, ~np.eye(3, dtype=bool)
    assert state.month[0] == -36
    for name, value in {"competence_trust": 0.54, "goodwill_trust": 0.3}.items():
        assert state[name][:3, 1, :3][apart] == near([value] * 6)
        assert not state[name][[0, 1, 2], :, [0, 1, 2]].any()  # nobody trusts itself
    for name, value in {"contact": 0.2, "tension": 0.15}.items():
        assert state[name][:3, :3][apart] == near([value] * 6)
    assert state.vision_commitment[:3] == near(np.full((3, 3), 0.48))  # of a ceiling of 1
    for name in ("contribution", "delivered", "belief"):
        assert state[name][:3] == near(np.full((3, 3), 0.4))
    assert state.recent_pace[:4] == near([0.2] * 4) and state.usual_pace[0] == 0.2
    assert state.usual_share[0] == state.hands[0] == 0.4 and state.deed[0, 0] == 0.5
    assert state.work[:4] == near([5.0] * 4) and state.number[:4].tolist() == [4000, 4001, 4002, 4003]
    assert state.target_pressure[:3] == near([0.4] * 3) and state.horizons_apart[0, 1] == 0.0


def test_with_luck_links_begin_differently_and_within_their_spread() -> None:
    state = unrested(place(10)).state
    apart = ~np.eye(10, dtype=bool)
    for name, mean in {"competence_trust": 0.54, "goodwill_trust": 0.3}.items():
        chance = state[name][:10].swapaxes(1, 2)[:, :10][apart] - mean
        assert len(np.unique(chance)) == 270
        assert -0.1 <= chance.min() < -0.075 and 0.075 < chance.max() <= 0.1
    # Half of a link's chance is its pair's: both directions are correlated by a half.
    competence = state.competence_trust[:10, 0, :10]
    pairs = [(competence[i, j], competence[j, i]) for i in range(10) for j in range(i)]
    assert 0.1 < np.corrcoef(np.array(pairs).T)[0, 1] < 0.9
    frozen = unrested(place(10, {"mechanisms.trust_frozen": True, "starting.trust": 0.6})).state
    assert frozen.trust[:10].swapaxes(1, 2)[:, :10][apart] == near(np.full((90, 3), 0.6))
    work = np.concatenate([unrested(place(3), replicate=r).state.work[:4] for r in range(50)])
    sizes = np.concatenate([unrested(place(3), replicate=r).state.work_size[:4] for r in range(50)])
    assert (work / sizes).min() < 0.05 and (work / sizes).max() > 0.95


def test_each_kind_of_trust_begins_by_a_draw_of_its_own_and_stays_a_share() -> None:
    state, p = unrested(place(3))
    for i, j in ((0, 1), (1, 0), (2, 0)):
        pair = noise(uniform(state.keys, ENCOUNTERS, SETUP, START_PAIR, min(i, j), max(i, j), 0), 1.0)
        for layer in range(3):
            for kind, (values, mean) in enumerate(
                ((state.competence_trust, 0.54), (state.goodwill_trust, 0.3))
            ):
                own = uniform(state.keys, ENCOUNTERS, SETUP, START_TRUST, i, j, 2 * layer + kind)
                assert values[i, layer, j] == near(mean + 0.05 * (pair + noise(own, 1.0)))
    for end in (0.0, 1.0):
        trust.start_trust(end, end, state, p)
        for values in (state.competence_trust, state.goodwill_trust):
            links = values[:3, :, :3].swapaxes(1, 2)[~np.eye(3, dtype=bool)]
            assert abs(links - end).max() <= 0.1 and (links == end).any()
            assert ((links >= 0.0) & (links <= 1.0)).all()


def test_those_who_are_to_join_are_strangers_to_all_others() -> None:
    state, p = unrested(place(3))
    before = state.copy()
    trust.start_as_strangers(2, state, p)
    for values in ("competence_trust", "goodwill_trust"):
        now = state[values][:3, :, :3]
        assert now[2, :, :2] == near(np.full((3, 2), 0.27)) and now[:2, :, 2] == near(np.full((2, 3), 0.27))
        assert (now[:2, :, :2] == before[values][:2, :, :2]).all() and not now[2, :, 2].any()


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_drawn_shares_stay_shares(end: float) -> None:
    names = {"pressure": "base_pressure", "accountability": "accountability", "incentive": "incentive_share"}
    drawn = {f"{name}_{what}": value for name in names for what, value in (("mean", end), ("spread", 0.5))}
    state = unrested(Scenario.model_validate({"drawn": {"n_organisations": 40, **drawn}})).state
    for name in names.values():
        assert 10 < (state[name][:40] == end).sum() < 30, name


def test_horizons_apart_are_compared_once() -> None:
    drawn = {"n_organisations": 40, "horizon_mean": 1.0, "horizon_diversity": 1.0}
    horizon = unrested(Scenario.model_validate({"drawn": drawn})).state.planning_horizon[:40]
    assert (horizon == 1.0).sum() > 10  # nobody plans for less than a month
    drawn["horizon_mean"] = 20.0
    state = unrested(Scenario.model_validate({"drawn": drawn})).state
    logs = np.log10(state.planning_horizon[:40])
    apart = np.minimum(abs(np.subtract.outer(logs, logs)), 1)
    assert state.horizons_apart[:40, :40] == near(apart)


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
    world = unrested(Scenario.model_validate({"drawn": drawn}))
    state = world.state
    weights = state.base_objectives[:40, :4]
    assert weights.sum(axis=1) == near([1.0] * 40) and (weights >= 0).all()
    # Flat on the simplex, shrunk to its centre: each weight has variance 3/80 of it.
    assert weights.std() == pytest.approx(diversity * np.sqrt(3 / 80), rel=0.2)
    spreads = {
        "accountability": (draws.ACCOUNTABILITY, 0.5),
        "incentive_share": (draws.INCENTIVE, 0.5),
        "base_pressure": (draws.PRESSURE, 0.5),
        "base_capacity": (draws.CAPACITY, 0.8),
    }
    for name, (purpose, spread) in spreads.items():
        own = [initial.own_draw(i, purpose, *world) for i in range(40)]
        assert state[name][:40] == near(
            (1.0 if name == "base_capacity" else 0.5) + spread * diversity * np.array(own)
        )
        values = state[name][:40] - (1.0 if name == "base_capacity" else 0.5)
        assert 0.9 * spread * diversity <= abs(values).max() <= spread * diversity * (1 + 1e-12)
        # Uniform: standard deviation spread/sqrt(3), of 40 draws within 4 standard errors.
        assert values.std() == pytest.approx(spread * diversity / 3**0.5, rel=0.28)
    ratio = np.log(state.planning_horizon[:40] / 20.0)
    assert diversity * 0.9 * log(3) <= abs(ratio).max() <= diversity * log(3) * (1 + 1e-12)
    distance = state.cultural_distance[:40, :40]
    assert np.array_equal(distance, distance.T) and not distance.diagonal().any()
    assert distance[~np.eye(40, dtype=bool)].mean() == pytest.approx(0.5 * diversity, rel=0.05)


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
    for reason, bonus in ((True, 0.1 * 0.6), (False, 0.0)):
        world = quiet(2, ways_of_working=ways, mechanisms={"avoidance_reason": reason})
        world.state.contact[0, 1] = world.state.contact[1, 0] = 0.5
        world.state.goodwill_trust[:2, :, :2], world.state.vision_commitment[:2] = 0.3, 0.6
        run(world, "show_commitment")
        said = 0.4 * 0.5 + 0.3 * 0.6 * 0.8 + 0.3 * 0.3 + bonus
        assert observed(world)["perceived_joint_working"] == near(said)
        world.state.delivered[:2] = 0.0
        assert observed(world)["perceived_joint_working"] == near(said)  # nothing of delivery
        world.state.guarded[:2, :2] = 0.5
        assert observed(world)["perceived_joint_working"] == near(said - 0.5 * 0.3 * 0.6 * 0.8)
        world.state.contact[:2, :2] = 9.0
        assert observed(world)["perceived_joint_working"] == 1.0
    asked = []
    for month in range(50):
        world.p.luck, world.state.month[0], world.state.contact[:2, :2] = 1.0, month, 0.5
        asked.append(observed(world)["perceived_joint_working"] - said + 0.5 * 0.3 * 0.6 * 0.8)
    assert 0.04 < np.abs(asked).max() <= 0.05 and len(set(asked)) == 50


def test_outcome_cost_and_work_are_what_they_are_defined_to_be() -> None:
    world = quiet(
        3,
        place={"demand_growth": 0.03, "reach": 0.4},
        vision={"size": 20.0},
        coordinators=[{"name": "Ana"}, {"name": "Ben"}],
    )
    state = world.state
    state.month[0], state.is_at_work[:2] = 30, [0, 1]
    state.vision[:4], state.embedded[:4] = [0.1, 0.2, 0.3, 0.4], [0.5, 0.0, 0.5, -0.25]
    state.work_delivered[0], state.staff_days[0], state.counts[:2] = 25.0, 123.0, [7, 2]
    state.number[:4], state.held_up[:4], state.completed_months[:2] = [1, 2, 3, -1], [0, 0.6, 0, 9], [50, 40]
    realised = 0.1 * 0.5 + 0.3 * 0.5 - 0.4 * 0.25
    expected = {
        "vision_realised": realised,
        "outcome_alone": 100 * 1.03**2.5,
        "outcome": 100 * 1.03**2.5 * (1 - 0.4 * realised),
        "change_delivered": 1.25,
        "cost": 123.0,
        "initiatives_completed": 7.0,
        "initiatives_abandoned": 2.0,
        "initiatives_under_way": 3.0,
        "months_of_completed": 50.0,
        "planned_months_of_completed": 40.0,
        "waiting": 0.2,
        "n_coordinators": 1.0,
    }
    row = observed(world)
    assert {name: row[name] for name in expected} == {name: near(value) for name, value in expected.items()}


@pytest.mark.parametrize("nets", [(1.0, 1.0, 1.0), (3.0, 0.0, 0.0), (2.0, -1.0, 0.5), (0.0,) * 3])
def test_equity_is_1_less_the_gini_coefficient_of_benefit_less_cost(nets: tuple[float]) -> None:
    world = quiet(3)
    world.state.own_benefit[:3], world.state.own_cost[:3] = np.array(nets) + 2.0, 2.0
    apart = sum(abs(x - y) for x in nets for y in nets)
    size = sum(abs(x) for x in nets)
    gini = apart / (2 * 3 * size) if size else 0.0
    assert observed(world)["equity"] == near(1 - gini)
