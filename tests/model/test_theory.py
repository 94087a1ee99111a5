"""Closed forms, limits and independent solutions; tolerances follow from rounding."""

from math import exp, sqrt
from typing import Any

import numpy as np
import pytest

from partnersim.scenario.scenario import Scenario
from tests.places import begin, differing, near, place, quiet, run, series_of, step, unrested

# A low-dimensional map ----------------------------------------------------------------------------


def alike(n: int = 4, **sections: Any) -> Scenario:
    """n identical organisations without luck, all needed for everything."""
    return place(
        n,
        **{
            "luck": 0.0,
            "months": 60,
            "trust": {"usual_cultural_distance": 0.3},
            "turnover": {"rate": 0.01},
            "programme": {"members_per_initiative": n, "n_simultaneous": 1},
            "ways_of_working": {
                "joint_away_days": 2.0,
                "own_away_days": 3.0,
                "binding_agreement": 0.3,
                "circulated_vision": 2.0,
                "position_sharing": 2.0,
            },
        }
        | sections,
    )


def by_itself(s: Scenario) -> list[dict[str, float]]:
    """The whole model for identical organisations, as a few plain equations, month by month.

    Everybody is alike, so there is one competence, one goodwill, one commitment and one
    contribution for boards, management and front line together; objectives equal the vision, so
    the ceiling is 1 and there is no conflict.
    """
    way, tr, co, de, n = s.ways_of_working, s.trust, s.commitment, s.decision, s.n_organisations
    o, f, size, stated = s.organisations[0], way.binding_agreement, s.programme.initiative_size, s.starting
    habits = {name: getattr(way, name) for name in DIVISIVE}
    C, G, v, x, y, q, u, p = 0.54, 0.3, 0.48, 0.4, 0.4, 0.2, 0.15, 0.0
    if stated.trust is not None:
        C = G = stated.trust
    usual_pace, usual_share, recent, deed, joint, going = 0.2, 0.4, 0.2, 0.5, 0, 0.0
    work, freed, decision, votes, age, planned = size / 2, 0.0, 0.0, 0.0, 0, 0.0
    W = Y = pending = cost = 0.0
    done = given_up = months_taken = months_planned = 0.0

    def assess() -> float:
        return 1 - (1 - sqrt(C * G)) * (1 - 0.5 * f)

    def learn(trust: float, seen: float, rate: float, crowded: float = 0.0) -> float:
        weight = 1 + (tr.news_asymmetry - 1) * 4 * trust * (1 - trust) if seen < trust else 1 - crowded
        return trust + rate * weight * (seen - trust)

    T, told = assess(), []
    for month in range(-36, s.months + 1):
        if month == 0:
            cost = done = given_up = months_taken = months_planned = 0.0
            if stated.contribution is not None:
                x = y = stated.contribution
            if stated.trust is not None:
                C = G = stated.trust
            T = assess()
        told.append(
            {
                "trust": T,
                "competence_trust": C,
                "goodwill_trust": G,
                "vision_commitment": v,
                "contribution": x,
                "delivered": y,
                "contact": q,
                "tension": u,
                "cost": cost,
                "change_delivered": W / s.vision.size,
                "vision_realised": Y,
                "target_pressure": p,
                "initiatives_completed": done,
                "initiatives_abandoned": given_up,
                "months_of_completed": months_taken,
                "planned_months_of_completed": months_planned,
            }
        )
        # 1 to 3: the place, turnover on one side and then on the other, time
        p = min(max(o.pressure - s.pressure.relief * Y, 0), 1)
        lost = 0.5 * s.turnover.rate
        for _ in range(2):
            C += lost * (tr.disposition - C)
            G += lost * (tr.disposition - G)
        v += lost * (co.alone - v)
        days = s.relations.meeting_budget * (0.5 + 0.25 * habits["separate_pre_meetings"])
        away = habits["own_away_days"] + way.joint_away_days + way.position_sharing
        days += 6 * away / 12 + 0.5 * way.circulated_vision / 12
        cost += n * days
        busy = min(0.9, days / 40)
        # 4 meetings
        occasions = s.relations.meeting_budget / (n - 1) + way.joint_away_days / 12 + 0.3 * joint
        q += 0.15 * (min(occasions, 1) * (1 - u) - q)
        framing = habits["own_needs_framing"]
        read = 1 - 0.6 * tr.usual_cultural_distance * (1 - 0.4 * framing) * 6 / (6 + way.position_sharing)
        shown = v * (1 - 0.4 * framing) * (1 - 0.6 * 0.25 * habits["separate_pre_meetings"])
        G = learn(G, read * shown, tr.rate * q * (1 - tr.deeds), 0.6 * f)
        G = learn(G, read * deed, tr.rate * q * tr.deeds, 0.6 * f)
        as_it_is = (1 - tr.deeds) * v + tr.deeds * deed
        G = learn(G, as_it_is, 0.067 * way.joint_away_days / 12, 0.6 * f)
        raised, worked = 0.5 * u * (1 - habits["issue_avoidance"]), 0.3 + 0.7 * G
        u *= (1 - 0.6 * raised * worked) * (1 - 0.2 * raised * (1 - worked))
        G *= 1 - s.relations.flare_loss * raised * (1 - worked)
        ruptured = 0.06 * u * u
        u *= 1 - 0.5 * ruptured
        G *= 1 - 4 * s.relations.flare_loss * ruptured
        # 5 contributions
        T, plan = assess(), tr.hope * 0.5 + (1 - tr.hope) * usual_pace
        delay = min(1.4 / plan + s.place.embedding_months, 60)
        own = o.incentive_share * exp(-delay / o.planning_horizon)
        stake = (1 - v) * own + v * exp(-delay / s.vision.planning_horizon)
        R = ((1 + (n - 1) / T**2) / n) ** -0.5
        net = o.interdependence * (stake * R - de.exposure * (1 - R))
        net -= (1 - o.interdependence) * de.value_alone + 0.05 + de.cost_pressure * p
        x += 0.2 * (1 / (1 + exp(-de.sharpness * net)) - x)
        # 6 promises, decisions, work
        kept = 0.95 - 0.3 * p - 0.15 * (1 - way.partnership_managed_teams)
        kept = min(max(kept + 0.1 * habits["own_away_days"] / 12, 0), 1)
        y = x * (1 + kept) / 2
        deed = min(1, y / (tr.hope * 0.7 + (1 - tr.hope) * usual_share))
        usual_share += (y - usual_share) / 36
        among = (1 + (n - 1) * T) / n
        if freed < 0.5 * n:
            no = 1 - (0.5 + v / 2) * (0.5 + among / 2) * (1 - 0.3 * o.accountability)
            no *= (1 - de.mandate * habits["separate_pre_meetings"]) * (1 - 0.5 * f)
            votes += (1 - no) * (1 - votes)
            agreed = way.delegated_authority * (1 - no)
            decision += agreed * (1 - decision)
            if 1 - (1 - decision) * (1 - (1 - way.delegated_authority) * votes**n) >= 0.5:
                G *= 1 - de.resentment * agreed * (1 - votes)
                freed += 1.4 * n * (0.5 + among)
                decision = votes = 0.0
        planned = size / (plan * n) if age == 0 else planned
        age += 1
        apart = (n - 1) / n * (1 - way.partnership_managed_teams) * (1 - T)
        spent = min(n * (1 - busy) * y * (1 - 0.3 * apart), freed)
        freed -= spent
        progress = spent / (1 + s.programme.diminishing * W / s.vision.size)
        work += progress
        if month >= 0:
            W, pending = W + progress, pending + progress
        recent += (progress / n - recent) / 12
        going, joint = min(1, recent / plan), 1
        usual_pace += (progress / n - usual_pace) / 24
        C = learn(C, (1 - q / 2) * going + q / 2 * deed, tr.rate * q)
        # 7 benefit, and what comes next
        flow = pending / s.place.embedding_months
        pending -= flow
        Y = min(Y * (1 - s.place.erosion_rate) + flow / s.vision.size, 1)
        if work >= size * (1 - 1e-12):
            done, months_taken, months_planned = done + 1, months_taken + age, months_planned + planned
            work, age = work - size, 0
        elif recent < 0.5 * usual_pace:
            loss = 0.15 * min(1, age / 24)
            v, C, recent = v * (1 - loss), C * (1 - loss), usual_pace
            given_up, work, age, freed = given_up + 1, 0.0, 0, 0.0
            decision = votes = 0.0
        # 8 within
        pull = co.pull * (0.5 + p) * (0.5 + o.accountability)
        raised = (0.12 * way.joint_away_days + 0.12 * 0.46 / 1.21 * way.circulated_vision) / 12
        raised += 0.02 * going + co.identification * (1 + (n - 1) * T**2) / n
        v += -pull * (v - co.alone) + raised * (1 - v) - 0.06 * habits["own_away_days"] / 12 * v
        C += 0.01 * (1 - q) * (tr.disposition - C)
        G += 0.01 * (1 - q) * (tr.disposition - G)
        for name, value in habits.items():
            habits[name] += 0.05 * (getattr(way, name) * (1 - 0.5 * v) - value)
        T = assess()
    return told[36:]


DIVISIVE = ("own_away_days", "separate_pre_meetings", "own_needs_framing", "issue_avoidance")
TOGETHER: dict[str, dict[str, Any]] = {
    "as it is": {},
    "two": {"n": 2},
    "trusting": {"starting": {"trust": 0.8, "contribution": 0.9}},
    "small steps": {"programme": {"members_per_initiative": 4, "n_simultaneous": 1, "initiative_size": 2.0}},
    "delegated": {"ways_of_working": {"delegated_authority": 0.9, "joint_away_days": 4.0}},
    "on one's own": {"decision": {"value_alone": 1.0, "exposure": 2.0}, "vision": {"size": 9.0}},
}


@pytest.mark.parametrize("name", TOGETHER)
def test_identical_organisations_stay_alike_and_follow_a_map_of_their_own(name: str) -> None:
    changes = dict(TOGETHER[name])
    n = changes.pop("n", 4)
    scenario = alike(n, **changes)
    told = by_itself(scenario)
    series = {name: values[0] for name, values in series_of(scenario).items()}
    for what in told[0]:
        assert series[what] == near([row[what] for row in told], 1e-10, 1e-10), what
    assert series["n_members"].min() == n
    state, apart = begin(scenario, 40).state, ~np.eye(n, dtype=bool)
    for what in ("trust", "competence_trust", "goodwill_trust"):
        assert np.ptp(state[what][:n, :, :n].swapaxes(1, 2)[apart]) < 1e-12, what
    for what in ("vision_commitment", "contribution", "delivered"):
        assert np.ptp(state[what][:n]) < 1e-12, what


# Limits -------------------------------------------------------------------------------------------

AT_ONCE: dict[str, Any] = {
    "starting.trust": 1.0,
    "starting.contribution": 1.0,
    "mechanisms.trust_frozen": True,
    "mechanisms.accountability_consent": False,
    "mechanisms.away_days_harm": False,
    "commitment.alone": 1.0,
    "commitment.identification": 1.0,
    "decision.sharpness": 50.0,
    "decision.cost_pressure": 0.0,
    "vision.planning_horizon": 240.0,
    "interventions": [{"lever": "own_away_days", "value": 20.0}],  # so that promises are kept
    "ways_of_working.partnership_managed_teams": 1.0,
    **{f"ways_of_working.{way}": 0.0 for way in ("joint_away_days", "circulated_vision")},
    **{f"ways_of_working.{way}": 0.0 for way in ("position_sharing", "separate_pre_meetings")},
    # Away days and meetings take half of the time: at full pace a decision would not always be
    # asked for in time, since that is once a month and less than half a month ahead.
    "relations.meeting_budget": 20.0,
    "turnover.rate": 0.0,
    **{f"organisations.{name}.pressure": 0.0 for name in "abcd"},
    **{f"organisations.{name}.interdependence": 1.0 for name in "abcd"},
}


@pytest.mark.parametrize("size", [0.5, 4.1, 15.0, 24.2])
@pytest.mark.parametrize("delegated", [0.0, 1.0])
def test_with_full_trust_commitment_and_no_pressure_an_initiative_takes_the_months_of_its_work(
    size: float, delegated: float
) -> None:
    """Two units a month: ceil(size / 2) months; no decision is waited for, at the table or not."""
    given = {"initiatives": [{"size": size}, {"size": 10.0}], "n_simultaneous": 1, "diminishing": 0.0}
    scenario = alike(4, programme={"members_per_initiative": 4} | given).replace(
        {**AT_ONCE, "ways_of_working.delegated_authority": delegated}
    )
    series = {name: values[0] for name, values in series_of(scenario).items()}
    completed = series["initiatives_completed"]
    first = int(np.argmax(completed >= 1))
    assert first == int(np.ceil(size / 2 - 1e-9))
    # The next begins with what was left over.
    assert int(np.argmax(completed >= 2)) == int(np.ceil((size + 10.0) / 2 - 1e-9))
    assert series["change_delivered"] == near(2 * np.arange(61) / scenario.vision.size)
    assert not series["waiting"].any()


def test_the_last_of_the_vision_is_harder_than_the_first() -> None:
    """With W delivered a month brings 2/(1 + 3 W/V): the root of a quadratic, but for the step."""
    scenario = alike(4, vision={"size": 200.0}, months=240).replace(
        {**AT_ONCE, "ways_of_working.delegated_authority": 1.0, "programme.diminishing": 3.0}
    )
    delivered = series_of(scenario)["change_delivered"][0]
    W = [0.0]
    for _ in range(240):
        W.append(W[-1] + 2 / (1 + 3 * W[-1] / 200))
    assert delivered * 200 == near(W, 1e-9)
    months = np.arange(241)
    smooth = (np.sqrt(1 + 2 * 3 * 2 * months / 200) - 1) / 3
    assert delivered == pytest.approx(smooth, rel=0.02, abs=0.01)


def test_without_interdependence_trust_and_exposure_do_not_matter_for_contributions() -> None:
    contributions = []
    for trust, exposure in ((0.1, 0.2), (0.9, 3.0)):
        world = unrested(place(3, decision={"exposure": exposure}))
        world.p.organisations.interdependence[:3] = 0.0
        world.state.competence_trust[:3, :, :3] = world.state.goodwill_trust[:3, :, :3] = trust
        run(world, "assess_trust", "share_out_work", "weigh_initiatives", "decide_contributions")
        contributions.append(world.state.contribution.tolist())
    assert contributions[0] == contributions[1]


def test_with_nothing_at_stake_contribution_falls_to_its_floor() -> None:
    nothing = {f"organisations.{name}.interdependence": 0.0 for name in "abc"}
    decision = {"sharpness": 7.0, "cost_pressure": 0.0, "value_alone": 0.15}
    scenario = place(3, nothing, months=40, starting={"contribution": 0.9}, decision=decision, luck=0.0)
    floor = 1 / (1 + exp(7.0 * (0.15 + 0.05)))
    expected = floor + (0.9 - floor) * 0.8 ** np.arange(41)  # geometric, exactly
    assert series_of(scenario)["contribution"][0] == near(expected, 1e-11)


def test_without_contact_trust_decays_to_disposition_geometrically() -> None:
    """The whole model, where nobody ever meets or works together."""
    apart = place(
        3,
        luck=0.0,
        relations={"meeting_budget": 0.0, "issue_rate": 0.0},
        trust={"disposition": 0.2},
        programme={"initiatives": [{"start_month": 599}], "n_simultaneous": 1},
        turnover={"rate": 0.0},
    )
    world = unrested(apart)
    state = world.state
    state.contact[:], state.tension[:], state.joint[:] = 0.0, 0.0, 0.0
    state.competence_trust[:3, :, :3], state.goodwill_trust[:3, :, :3] = 0.8, 0.5
    for month in range(1, 37):
        step(*world)
        for kind, start in ((state.competence_trust, 0.8), (state.goodwill_trust, 0.5)):
            assert kind[0, :, 1] == near([0.2 + (start - 0.2) * 0.99**month] * 3)


@pytest.mark.parametrize("replicate", [0, 1])
def test_an_unhosted_coordinator_of_skill_0_changes_nothing_but_cost(replicate: int) -> None:
    """What the coordinator and those met spend is time, which is what else it changes."""
    base = place(4, months=120, mechanisms={"meeting_time_cost": False})
    ana = {"name": "Ana", "skill": 0.0, "cost": 20.0, "meetings_per_month": 8.0}
    alone, with_one = (series_of(s, first=replicate) for s in (base, base.replace(coordinators=[ana])))
    assert differing(alone, with_one) == {"cost", "n_coordinators"}
    extra = with_one["cost"] - alone["cost"]
    assert extra[0] == pytest.approx((20.0 + 8 * 0.5) * np.arange(121), abs=1e-8)
    timed = {"mechanisms.meeting_time_cost": True}
    slower = [series_of(s.replace(timed), 20) for s in (base, base.replace(coordinators=[ana]))]
    change = [series["change_delivered"][:, -1].mean() for series in slower]
    assert change[1] < change[0]


# The place ----------------------------------------------------------------------------------------


def test_demand_grows_by_compound_interest_where_nothing_is_done() -> None:
    growth, months = 0.023, 120
    given = {"initiatives": [{"start_month": 599}], "n_simultaneous": 1}
    scenario = place(2, months=months, place={"demand_growth": growth}, programme=given)
    expected = 100 * (1 + growth) ** (np.arange(months + 1) / 12)
    series = series_of(scenario)
    assert series["outcome_alone"][0] == near(expected, 1e-12)
    assert series["outcome"][0].tolist() == series["outcome_alone"][0].tolist()


def embedding(months: int, lag: float, erosion: float) -> np.ndarray:
    """What is felt of one work unit, month by month, by the core."""
    world = quiet(2, vision={"size": 4.0}, place={"embedding_months": lag, "erosion_rate": erosion})
    world.state.pending[0] = 0.25  # one unit, spread as the vision over four domains
    felt = []
    for _ in range(months):
        run(world, "embed_work")
        felt.append(float(world.state.embedded[0]))
    return np.array(felt)


def test_benefit_is_felt_by_a_first_order_lag_and_wears_away_geometrically() -> None:
    lag, erosion, months = 5.0, 0.02, 60
    stay, keep = 1 - 1 / lag, 1 - erosion
    t = np.arange(1, months + 1)
    # Sum of the flows stay^k / lag, each worn since: a convolution of two geometric series.
    expected = (keep**t - stay**t) / (keep - stay) / lag / 4.0
    assert embedding(months, lag, erosion) == near(expected, 1e-11)
