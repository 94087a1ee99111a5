"""Process 3 on cases worked by hand: whom coordinators meet, and what comes of it."""

from typing import Any

import numpy as np
import pytest

from partnersim.model import constants as c
from tests.places import World, begin, changed, copied, differing, near, place, quiet, run, series_of

ANA: dict[str, Any] = {"name": "Ana", "skill": 0.8, "meetings_per_month": 1.0}


def with_coordinators(*coordinators: dict[str, Any], n: int = 3, **sections: Any) -> World:
    """A quiet place whose coordinators have begun, all equally well known."""
    world = quiet(n, coordinators=list(coordinators), **sections)
    run(world, "change_coordinators")
    return world


def met(world: World, c_index: int = 0) -> list[list[int]]:
    """Meetings of a coordinator this month, by organisation and layer."""
    return world.state.meetings[c_index, : world.p.n].astype(int).tolist()


# Coming and going ---------------------------------------------------------------------------------


def test_coordinators_come_and_go_by_the_month_and_cost_while_they_are_there() -> None:
    world = quiet(
        coordinators=[
            {**ANA, "from_month": 2, "to_month": 4, "cost": 7.0},
            {**ANA, "name": "Ben", "host": "b", "impartiality": 0.6, "cost": 11.0},
        ]
    )
    paid = 0.0
    for month, at_work in enumerate([(0, 1), (0, 1), (1, 1), (1, 1), (0, 1)]):
        world.state.month[0] = month
        run(world, "change_coordinators")
        paid += 7.0 * at_work[0] + 11.0 * at_work[1]
        assert world.state.is_at_work[:2] == near(at_work)
        assert world.state.staff_days[0] == near(paid)
    start, home = c.STARTING_CREDIBILITY, c.HOME_CREDIBILITY
    assert world.state.credibility[0, :3] == near([0.8 * start] * 3)
    assert world.state.credibility[1, :3] == near([0.8 * start, 0.8 * home, 0.8 * start])
    assert world.state.conduct[:2] == near([1.0, 0.6])


def test_one_who_is_there_keeps_the_credibility_that_was_earned() -> None:
    world = with_coordinators(ANA)
    world.state.credibility[0, :3] = 0.55
    run(world, "change_coordinators")
    assert world.state.credibility[0, :3] == near([0.55] * 3)


# Emergence ----------------------------------------------------------------------------------------


def emerging_place() -> World:
    world = quiet(3, emergence={"rate": 0.5, "skill": 0.5, "cost": 3.0, "meetings_per_month": 2.0})
    world.state.vision_commitment[:3] = [[0.25, 0.5, 0.75], [0.25] * 3, [0.0] * 3]
    return world


def test_the_committed_start_to_coordinate_as_impartially_as_they_are_committed() -> None:
    world, state = (made := emerging_place()), made.state
    for _ in range(3):
        run(world, "change_coordinators")
    assert not state.is_at_work.any() and state.emerging[:3] == near([0.75, 0.375, 0.0])
    run(world, "change_coordinators")  # 4 x .5 x .5 = 1
    assert state.is_at_work[:3] == near([1, 0, 0]) and state.host[0] == 0
    assert state.conduct[0] == near(0.5) and state.staff_days[0] == near(3.0)
    assert state.credibility[0, :3] == near(0.5 * np.array([0.6, 0.3, 0.3]))
    state.vision_commitment[0] = 0.9
    for _ in range(4):
        run(world, "change_coordinators")
    assert state.conduct[0] == near(0.9)  # follows commitment
    assert state.is_at_work[:3] == near([1, 1, 0])  # b too; a has one already, c never
    assert state.host[1] == 1


def test_one_who_emerged_goes_when_the_manager_leaves_or_the_organisation() -> None:
    world = emerging_place()
    for _ in range(8):
        run(world, "change_coordinators")
    assert world.state.is_at_work[:2] == near([1, 1])
    world.state.is_present[1] = 0.0
    run(world, "change_coordinators")
    assert world.state.is_at_work[:2] == near([1, 0])
    leaving = {"type": "leader_leaves", "organisation": "a", "layer": "management", "month": 0}
    for size, stays in ((0.4, 1.0), (0.6, 0.0)):
        other = quiet(3, emergence={"rate": 0.5}, events=[{**leaving, "size": size}])
        other.state.is_at_work[0], other.state.host[0] = 1.0, 0
        run(other, "let_events_happen")
        assert other.state.is_at_work[0] == stays


def test_without_a_rate_nobody_emerges() -> None:
    world = begin(place(3, starting={"commitment": 1.0}, emergence={"skill": 1.0}), 12)
    assert not changed(world.state, begin(place(3, starting={"commitment": 1.0}), 12).state)


# Whom they meet -----------------------------------------------------------------------------------


def choosing(weights: dict[str, float], **ana: Any) -> World:
    attention = {"commitment": 0.0, "tie": 0.0, "time": 0.0} | weights
    world = with_coordinators({**ANA, "attention": attention, **ana})
    state = world.state
    state.trust[:3, :, :3] = 0.9
    state.months_unseen[0, :3] = 3.0
    state.vision_commitment[:3] = 0.7
    return world


@pytest.mark.parametrize(("weight", "neediest"), [("commitment", (1, 2)), ("tie", (2, 0)), ("time", (0, 1))])
def test_each_reason_for_attention_finds_the_layer_that_needs_it(
    weight: str, neediest: tuple[int, int]
) -> None:
    world = choosing({weight: 1.0})
    world.state.vision_commitment[1, 2] = 0.6
    world.state.trust[2, 0, 1] = 0.8  # the mean of others may be lower: the weakest tie counts
    world.state.trust[1, 1, [0, 2]] = 0.82
    world.state.months_unseen[0, 0, 1] = 4.0
    run(world, "choose_meetings")
    assert [(i, layer) for i in range(3) for layer in range(3) if met(world)[i][layer]] == [neediest]


def test_time_since_last_met_counts_for_a_year_at_most() -> None:
    world = choosing({"time": 1.0, "commitment": 0.1})
    world.state.months_unseen[0, 0, 0], world.state.months_unseen[0, 1, 1] = 90.0, 12.0
    world.state.vision_commitment[1, 1] = 0.6  # no more overdue than a's board, and less committed
    run(world, "choose_meetings")
    assert met(world)[1][1] == 1


def test_who_has_more_meetings_than_layers_meets_them_again_the_neediest_first() -> None:
    world = choosing({"commitment": 1.0}, meetings_per_month=20.0)
    world.state.vision_commitment[1, 2] = world.state.vision_commitment[2, 1] = 0.1
    run(world, "choose_meetings")
    assert met(world) == [[2, 2, 2], [2, 2, 3], [2, 3, 2]]


def test_only_layers_within_reach_of_members_are_met() -> None:
    world = choosing({"commitment": 1.0}, meetings_per_month=6.0, layers=["board", "front_line"])
    world.state.is_present[0] = 0.0
    world.state.vision_commitment[1, 2] = world.state.vision_commitment[2, 0] = 0.1
    run(world, "choose_meetings")
    assert met(world) == [[0, 0, 0], [1, 0, 2], [2, 0, 1]]


def test_who_is_not_at_work_meets_nobody() -> None:
    world = choosing({"commitment": 1.0})
    world.state.is_at_work[0] = 0.0
    world.state.meetings[0, :3] = 3.0  # of last month
    run(world, "choose_meetings", "hold_meetings")
    assert not world.state.meetings.any() and not world.state.weight.any()


# What a meeting is --------------------------------------------------------------------------------


def test_meetings_have_weight_by_credibility_and_compose() -> None:
    world = with_coordinators(ANA)
    world.state.meetings[0, :3] = [[0, 1, 3], [0, 0, 1], [2, 0, 0]]
    world.state.credibility[0, :3] = [0.2, 0.5, 1.0]
    run(world, "hold_meetings")
    assert world.state.weight[0, :3] == near(np.array([[0, 0.2, 1 - 0.8**3], [0, 0, 0.5], [1.0, 0, 0]]))
    assert not world.state.held_for_host.any()
    assert (world.state.seen_impartial == world.state.meetings).all()


def test_a_hosted_coordinator_serves_the_host_at_times_and_is_doubted_at_others() -> None:
    world = with_coordinators({**ANA, "host": "a", "impartiality": 0.7})
    world.state.meetings[0, :3] = [[0, 1, 0], [0, 2, 0], [1, 0, 0]]
    world.state.credibility[0, :3] = 0.4
    world.state.goodwill_trust[1, 1, 0], world.state.goodwill_trust[2, 0, 0] = 0.9, 0.2
    run(world, "hold_meetings")
    b, third = 2 * 0.7 * (1 - c.SUSPICION * 0.1), 0.7 * (1 - c.SUSPICION * 0.8)
    assert world.state.weight[0, :3, :2] == near(
        np.array([[0, 0.4], [0, 1 - (1 - 0.7 * 0.4) ** 2], [0.7 * 0.4, 0]])
    )
    assert world.state.held_for_host[0, :3, :2] == near(np.array([[0, 0], [0, 0.6], [0.3, 0]]))
    assert world.state.seen_impartial[0, :3, :2] == near(np.array([[0, 1], [0, b], [third, 0]]))


# The four channels --------------------------------------------------------------------------------


def touched() -> World:
    """Two coordinators with meetings of known weight."""
    world = with_coordinators(ANA, {**ANA, "name": "Ben"})
    world.state.weight[0, :3] = [[0.5, 0.0, 0.0], [0.0, 0.4, 0.0], [0.0, 0.0, 0.0]]
    world.state.weight[1, :3] = [[0.2, 0.0, 0.3], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    return world


def test_articulation_moves_commitment_towards_its_ceiling_and_beliefs_to_the_true_pace() -> None:
    world = touched()
    state = world.state
    state.ceiling[:3], state.vision_commitment[:3] = 0.8, 0.4
    state.vision_commitment[2, 2] = 0.9  # nobody is talked down, or further than the ceiling
    state.believed_rate[0, :3], state.realised_rate[0] = 0.1, 0.5
    before = copied(world).state
    run(world, "articulate_vision")
    step = c.ARTICULATION
    a = 1 - (1 - 0.5 * step) * (1 - 0.2 * step)
    expected = 0.4 + 0.4 * np.array([[a, 0, 0.3 * step], [0, 0.4 * step, 0], [0, 0, 0]])
    expected[2, 2] = 0.9
    assert state.vision_commitment[:3] == near(expected)
    told = [1 - (1 - a) * (1 - 0.3 * step), 0.4 * step, step]
    assert state.believed_rate[0, :3] == near(0.1 + 0.4 * np.array(told))
    assert changed(before, state) == {"vision_commitment", "believed_rate"}


def test_bridging_moves_goodwill_up_or_down_to_what_was_seen_and_only_of_those_met() -> None:
    world = touched()
    state = world.state
    state.goodwill_trust[:3, :, :3] = 0.5
    state.seen[:2, :3], state.has_seen[:2] = 0.1, 0.0
    state.seen[0, 1, 0], state.has_seen[0, 1, 0] = 0.9, 1.0  # b's board, by Ana
    state.has_seen[1, 2, 0] = 1.0  # c's board, by Ben
    state.has_seen[1, 0, 0] = 1.0
    before = copied(world).state
    run(world, "bridge_partners")
    step = c.BRIDGING
    assert state.goodwill_trust[0, 0, 1] == near(0.5 + step * 0.5 * 0.4)
    assert state.goodwill_trust[0, 0, 2] == near(0.5 - step * 0.2 * 0.4)  # distrust is carried too
    assert state.goodwill_trust[0, 2, 2] == 0.5  # c's front line was never met
    assert state.goodwill_trust[1, 1, 0] == 0.5  # nor a's managers by Ana
    assert changed(before, state) == {"goodwill_trust"}


def test_resolution_and_convening_are_for_those_whom_one_coordinator_meets() -> None:
    world = touched()
    before = copied(world).state
    run(world, "convene_partners")
    ana, ben = np.array([0.5, 0.4, 0.0]), np.array([1 - 0.8 * 0.7, 0.0, 1.0])
    assert world.state.helped[:3] == near(1 - (1 - ana) * (1 - ben))
    for i, j in ((0, 1), (0, 2), (1, 2)):
        linked = 1 - (1 - ana[i] * ana[j]) * (1 - ben[i] * ben[j])
        assert world.state.convened[i, j] == near(linked) == near(world.state.convened[j, i])
    assert changed(before, world.state) - {"touched"} == {"helped", "convened"}


@pytest.mark.parametrize(
    ("switch", "process"),
    [
        ("articulation", "articulate_vision"),
        ("bridging", "bridge_partners"),
        ("resolution", "convene_partners"),
        ("convening", "convene_partners"),
    ],
)
def test_a_channel_that_is_switched_off_does_nothing(switch: str, process: str) -> None:
    world = touched()
    world.state.has_seen[:] = 1.0
    world.state.realised_rate[:] = 0.9
    world.p.mechanisms[switch] = False
    before = copied(world).state
    run(world, process)
    other = {"resolution": {"convened"}, "convening": {"helped"}}.get(switch, set())
    assert changed(before, world.state) - {"touched"} == other


# What is thought of them --------------------------------------------------------------------------


def test_meetings_for_the_host_tilt_the_programme_and_cost_it_goodwill() -> None:
    world = with_coordinators({**ANA, "host": "a"})
    world.state.goodwill_trust[:3, :, :3] = 0.8
    world.state.held_for_host[0, 1, 0], world.state.held_for_host[0, 2, 1] = 3.0, 30.0
    before = copied(world).state
    run(world, "serve_host")
    assert world.state.tilt[:3] == near([c.TILT * 33, 0, 0])
    assert world.state.goodwill_trust[1, 0, 0] == near(0.8 * (1 - 3 * c.HOST_GOODWILL_LOSS))
    assert world.state.goodwill_trust[2, 1, 0] == near(0.0)
    assert world.state.goodwill_trust[1, 1, 0] == 0.8
    assert changed(before, world.state) == {"tilt", "goodwill_trust"}


def test_tilt_leans_the_next_initiative_to_the_hosts_domains() -> None:
    first, second = {"urgent_care": 1.0}, {"prevention": 1.0}
    organisations = [{"name": "a", "objectives": first}, {"name": "b", "objectives": second}]
    world = quiet(organisations=organisations, vision={"weights": {"urgent_care": 0.2, "prevention": 0.8}})
    for tilt, mix in ((0.0, [0.2, 0, 0.8, 0]), (0.5, [0.6, 0, 0.4, 0]), (7.0, [0.84, 0, 0.16, 0])):
        world.state.number[0] = -1
        world.state.tilt[0] = tilt
        run(world, "begin_initiatives")
        assert world.state.benefit_mix[0, :4] == near(mix)  # at most .8 of the way
        assert world.state.tilt[0] == 0.0


def test_credibility_follows_skill_and_delivery_and_falls_with_service_to_the_host() -> None:
    world = with_coordinators({**ANA, "skill": 0.9}, programme={"planned_effort": 0.5})
    state = world.state
    state.credibility[0, :3] = 0.3
    state.months_unseen[0, :3] = 5.0
    state.meetings[0, :3] = [[2, 0, 0], [0, 1, 0], [0, 0, 0]]
    state.seen_impartial[0, :3] = [[2, 0, 0], [0, 0.4, 0], [0, 0, 0]]
    state.held_for_host[0, :3] = [[0, 0, 0], [0, 0.5, 0], [0, 0, 0]]
    state.realised_rate[:4] = state.planned_rate[:4] * 0.25
    state.vision_commitment[0, 0], state.delivered[0, 0] = 0.9, 0.3
    run(world, "judge_coordinators")
    worth = 0.9 * ((1 - c.CREDIBILITY_OF_DELIVERY) + c.CREDIBILITY_OF_DELIVERY * 0.25)
    a = 0.3 + 2 * c.CREDIBILITY_RATE * (worth - 0.3)
    b = (0.3 + 0.4 * c.CREDIBILITY_RATE * (worth - 0.3)) * (1 - 0.5 * c.CREDIBILITY_LOSS)
    assert state.credibility[0, :3] == near([a, b, 0.3])
    assert state.months_unseen[0, :3] == near(np.array([[0, 6, 6], [6, 0, 6], [6, 6, 6]]))
    assert state.has_seen[0, :3] == near(np.array([[1, 0, 0], [0, 1, 0], [0, 0, 0]]))
    deeds = world.p.trust.deeds
    assert state.seen[0, 0, 0] == near((1 - deeds) * 0.9 + deeds * 0.3 / 0.5)


def test_an_impartial_act_that_is_doubted_earns_nothing_and_costs_nothing() -> None:
    world = with_coordinators({**ANA, "host": "a", "impartiality": 1.0})
    state = world.state
    state.meetings[0, :3], state.credibility[0, :3] = [[0, 0, 0], [0, 1, 0], [0, 0, 0]], 0.3
    state.seen_impartial[0, :3] = 0.0
    run(world, "judge_coordinators", "serve_host")
    assert state.credibility[0, 1] == 0.3
    assert (state.goodwill_trust == copied(world).state.goodwill_trust).all()


def test_more_delivered_than_planned_is_not_worth_more_than_skill() -> None:
    world = with_coordinators({**ANA, "skill": 0.9})
    world.state.meetings[0, 0, 0] = world.state.seen_impartial[0, 0, 0] = 1
    world.state.credibility[0, 0] = 0.5
    world.state.realised_rate[:4] = 10.0
    run(world, "judge_coordinators")
    assert world.state.credibility[0, 0] == near(0.5 + c.CREDIBILITY_RATE * 0.4)


# Doing nothing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("nothing", [{"skill": 0.0}, {"meetings_per_month": 0.0}])
def test_a_coordinator_who_can_not_or_does_not_meet_costs_and_changes_nothing_else(
    nothing: dict[str, float],
) -> None:
    usual = place(3, months=24)
    if "meetings_per_month" in nothing:  # by chance there may be one: without luck there is none
        usual = usual.replace(luck=0.0)
    with_one = usual.replace(coordinators=[{**ANA, **nothing}])
    found = differing(series_of(usual, 2), series_of(with_one, 2))
    assert found == {"cost", "n_coordinators"}


def test_coordinators_have_luck_of_their_own() -> None:
    idle = {**ANA, "skill": 0.0, "meetings_per_month": 3.0}
    one = begin(place(3, coordinators=[{**ANA, "name": "Ben"}]), 6)
    two = begin(place(3, coordinators=[{**ANA, "name": "Ben"}, idle]), 6)
    assert one.state.meetings[0].tolist() == two.state.meetings[0].tolist()
    assert one.state.goodwill_trust.tolist() == two.state.goodwill_trust.tolist()


def test_one_more_coordinator_changes_nothing_for_those_who_emerge() -> None:
    eager = place(3, months=24, emergence={"rate": 0.5}, starting={"commitment": 1.0})
    idle = eager.replace(coordinators=[{**ANA, "skill": 0.0}])
    usual = series_of(eager, 2)
    assert usual["n_coordinators"].max() >= 2
    assert differing(usual, series_of(idle, 2)) == {"cost", "n_coordinators"}
