"""Process 3 on cases worked by hand: whom coordinators meet, and what comes of it."""

from typing import Any

import numpy as np
import pytest

from tests.places import World, begin, changed_by, copied, differing, near, place, quiet, run, series_of

ANA: dict[str, Any] = {"name": "Ana", "skill": 0.8, "meetings_per_month": 1.0}


def with_coordinators(*coordinators: dict[str, Any], n: int = 3, **sections: Any) -> World:
    """A quiet place whose coordinators have begun, all equally well known."""
    world = quiet(n, coordinators=list(coordinators), **sections)
    run(world, "change_coordinators")
    return world


def met(world: World, c_index: int = 0) -> list[list[float]]:
    """Meetings of a coordinator this month, by organisation and layer: whole numbers."""
    meetings: list[list[float]] = world.state.meetings[c_index, : world.p.n].tolist()
    return meetings


# Coming and going ---------------------------------------------------------------------------------


def test_coordinators_come_and_go_by_the_month() -> None:
    world = quiet(
        coordinators=[
            {**ANA, "from_month": 2, "to_month": 4},
            {**ANA, "name": "Ben", "host": "b", "impartiality": 0.6},
        ]
    )
    for month, at_work in {-3: (0, 0), 0: (0, 1), 1: (0, 1), 2: (1, 1), 3: (1, 1), 4: (0, 1)}.items():
        world.state.month[0] = month
        run(world, "change_coordinators")
        assert world.state.is_at_work[:2] == near(at_work)
    assert world.state.credibility[:2, :3] == near(0.8 * np.array([[0.3] * 3, [0.3, 0.6, 0.3]]))
    assert world.state.conduct[:2] == near([1.0, 0.6]) and world.state.host[:2].tolist() == [-1, 1]
    assert (world.state.months_unseen[:2, :3] == 12.0).all() and not world.state.has_seen.any()


def test_one_who_is_there_keeps_the_credibility_that_was_earned() -> None:
    world = with_coordinators(ANA)
    world.state.credibility[0, :3] = 0.55
    run(world, "change_coordinators")
    assert world.state.credibility[0, :3] == near([0.55] * 3)


# Emergence ----------------------------------------------------------------------------------------


def emerging_place() -> World:
    world = quiet(3, emergence={"rate": 0.5})
    world.state.vision_commitment[:3] = [[0.25, 0.5, 0.75], [0.25] * 3, [0.0] * 3]
    return world


def test_the_committed_start_to_coordinate_as_impartially_as_they_are_committed() -> None:
    world, state = (made := emerging_place()), made.state
    for _ in range(3):
        run(world, "change_coordinators")
    assert not state.is_at_work.any() and state.emerging[:3] == near([0.75, 0.375, 0.0])
    run(world, "change_coordinators")  # 4 x .5 x .5 = 1
    assert state.is_at_work[:3] == near([1, 0, 0]) and state.host[0] == 0
    assert state.conduct[0] == near(0.5)
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


def test_nobody_emerges_before_the_beginning() -> None:
    world = emerging_place()
    world.state.month[0] = -1
    assert not run(world, "change_coordinators").state.emerging.any()


# Whom they meet -----------------------------------------------------------------------------------


def choosing(weights: dict[str, float], luck: float = 0.0, **ana: Any) -> World:
    world = with_coordinators({**ANA, **ana}, luck=luck)
    state, co = world.state, world.p.coordinators
    for reason in ("commitment", "tie", "time"):
        co[f"for_{reason}"][0] = weights.get(reason, 0.0)
    co.temperature[0] = weights.get("temperature", 9.0)
    state.trust[:3, :, :3], state.months_unseen[0, :3], state.vision_commitment[:3] = 0.9, 3.0, 0.7
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


def test_one_who_left_is_nobodys_weakest_tie() -> None:
    world = choosing({"tie": 1.0})
    world.state.is_present[2], world.state.trust[0, 0, 2], world.state.trust[1, 1, 0] = 0.0, 0.1, 0.8
    assert met(run(world, "choose_meetings"))[1][1] == 1


@pytest.mark.parametrize(
    ("meetings", "expected"),
    [
        (0.4, [[0, 0, 0], [0, 0, 0], [0, 0, 0]]),
        (0.5, [[0, 0, 0], [0, 0, 1], [0, 0, 0]]),  # without luck a half is one
        (2.4, [[0, 0, 0], [0, 0, 1], [0, 1, 0]]),
        (9.0, [[1, 1, 1], [1, 1, 1], [1, 1, 1]]),
        (20.0, [[2, 2, 2], [2, 2, 3], [2, 3, 2]]),
    ],
)
def test_the_neediest_are_met_first_and_again_where_there_are_more_meetings_than_layers(
    meetings: float, expected: list[list[int]]
) -> None:
    world = choosing({"commitment": 1.0}, meetings_per_month=meetings)
    world.state.vision_commitment[1, 2], world.state.vision_commitment[2, 1] = 0.1, 0.2
    run(world, "choose_meetings")
    assert met(world) == expected


def test_with_luck_others_than_the_neediest_are_met_too() -> None:
    world, neediest = choosing({"commitment": 1.0, "temperature": 0.5}, luck=1.0), 0
    for month in range(400):
        world.state.month[0], world.state.vision_commitment[1, 2] = month, 0.2
        neediest += met(run(world, "choose_meetings"))[1][2]
    share = np.e / (np.e + 8)  # the softmax of a need of .5 more, at a temperature of .5
    assert abs(neediest / 400 - share) < 4.5 * np.sqrt(share * (1 - share) / 400)


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
    b, third = 2 * 0.7 * (1 - 0.5 * 0.1), 0.7 * (1 - 0.5 * 0.8)
    assert world.state.weight[0, :3, :2] == near(
        np.array([[0, 0.4], [0, 1 - (1 - 0.7 * 0.4) ** 2], [0.7 * 0.4, 0]])
    )
    assert world.state.held_for_host[0, :3, :2] == near(np.array([[0, 0], [0, 0.6], [0.3, 0]]))
    assert world.state.seen_impartial[0, :3, :2] == near(np.array([[0, 1], [0, b], [third, 0]]))


# The five channels --------------------------------------------------------------------------------


def touched() -> World:
    """Two coordinators with meetings of known weight."""
    world = with_coordinators(ANA, {**ANA, "name": "Ben"})
    world.state.weight[0, :3] = [[0.5, 0.0, 0.0], [0.0, 0.4, 0.0], [0.0, 0.0, 0.0]]
    world.state.weight[1, :3] = [[0.2, 0.0, 0.3], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    return world


def test_articulation_moves_commitment_towards_its_ceiling() -> None:
    world = touched()
    state = world.state
    state.ceiling[:3], state.vision_commitment[:3] = 0.8, 0.4
    state.vision_commitment[2, 2] = 0.9  # nobody is talked down, or further than the ceiling
    assert changed_by(world, "articulate_vision") == {"vision_commitment"}
    a = 1 - (1 - 0.5 * 0.15) * (1 - 0.2 * 0.15)
    expected = 0.4 + 0.4 * np.array([[a, 0, 0.3 * 0.15], [0, 0.4 * 0.15, 0], [0, 0, 0]])
    expected[2, 2] = 0.9
    assert state.vision_commitment[:3] == near(expected)


def test_bridging_moves_goodwill_up_or_down_to_what_was_seen_and_only_of_those_met() -> None:
    world = touched()
    state = world.state
    state.goodwill_trust[:3, :, :3] = 0.5
    state.seen[:2, :3], state.has_seen[:2] = 0.1, 0.0
    state.seen[0, 1, 0], state.has_seen[0, 1, 0] = 0.9, 1.0  # b's board, by Ana
    state.has_seen[1, 2, 0] = 1.0  # c's board, by Ben
    state.has_seen[1, 0, 0] = 1.0
    assert changed_by(world, "bridge_partners") == {"goodwill_trust"}
    assert state.goodwill_trust[0, 0, 1] == near(0.5 + 0.3 * 0.5 * 0.4)
    assert state.goodwill_trust[0, 0, 2] == near(0.5 - 0.3 * 0.2 * 0.4)  # distrust is carried too
    assert state.goodwill_trust[0, 2, 2] == 0.5  # c's front line was never met
    assert state.goodwill_trust[1, 1, 0] == 0.5  # nor a's managers by Ana


def test_resolution_and_convening_are_for_those_whom_one_coordinator_meets() -> None:
    world = touched()
    assert changed_by(world, "convene_partners") - {"touched"} == {"helped", "convened"}
    ana, ben = np.array([0.5, 0.4, 0.0]), np.array([1 - 0.8 * 0.7, 0.0, 1.0])
    assert world.state.helped[:3] == near(1 - (1 - ana) * (1 - ben))
    for i, j in ((0, 1), (0, 2), (1, 2)):
        linked = 1 - (1 - ana[i] * ana[j]) * (1 - ben[i] * ben[j])
        assert world.state.convened[i, j] == near(linked) == near(world.state.convened[j, i])


@pytest.mark.parametrize(
    ("switch", "process", "other"),
    [
        ("articulation", "articulate_vision", set()),
        ("bridging", "bridge_partners", set()),
        ("resolution", "convene_partners", {"convened"}),
        ("convening", "convene_partners", {"helped"}),
    ],
)
def test_a_channel_that_is_switched_off_does_nothing(switch: str, process: str, other: set[str]) -> None:
    world = touched()
    world.state.has_seen[:] = 1.0
    world.p.mechanisms[switch] = False
    assert changed_by(world, process) - {"touched"} == other


# What is thought of them --------------------------------------------------------------------------


def test_meetings_for_the_host_tilt_the_programme_and_cost_it_goodwill() -> None:
    world = with_coordinators({**ANA, "host": "a"})
    world.state.goodwill_trust[:3, :, :3] = 0.8
    world.state.held_for_host[0, 1, 0], world.state.held_for_host[0, 2, 1] = 3.0, 30.0
    assert changed_by(world, "serve_host") == {"tilt", "goodwill_trust"}
    assert world.state.tilt[:3] == near([0.05 * 33, 0, 0])
    assert world.state.goodwill_trust[[1, 2, 1], [0, 1, 1], 0] == near([0.8 * (1 - 3 * 0.05), 0.0, 0.8])


def judged(going: list[float], **ana: Any) -> World:
    world = with_coordinators({**ANA, "skill": 0.9, **ana})
    state = world.state
    state.credibility[0, :3], state.months_unseen[0, :3], state.going[:3] = 0.3, 5.0, going
    return world


def test_credibility_follows_skill_and_delivery_and_falls_with_service_to_the_host() -> None:
    world = judged([0.1, 0.3, 0.9])
    state = world.state
    state.is_present[2] = 0.0  # so that joint work goes at .2 of what was planned
    state.meetings[0, :3] = [[2, 0, 0], [0, 1, 0], [0, 0, 0]]
    state.seen_impartial[0, :3] = [[2, 0, 0], [0, 0.4, 0], [0, 0, 0]]
    state.held_for_host[0, :3] = [[0, 0, 0], [0, 0.5, 0], [0, 0, 0]]
    state.vision_commitment[0, 0], state.deed[0, 0] = 0.9, 0.3
    world.p.trust.deeds = 0.4
    run(world, "judge_coordinators")
    worth = 0.9 * (1 - 0.6 * 0.8)
    a = 0.3 + 2 * 0.1 * (worth - 0.3)
    b = (0.3 + 0.4 * 0.1 * (worth - 0.3)) * (1 - 0.5 * 0.3)
    assert state.credibility[0, :3] == near([a, b, 0.3])
    assert state.months_unseen[0, :3] == near(np.array([[0, 6, 6], [6, 0, 6], [6, 6, 6]]))
    assert state.has_seen[0, :3] == near(np.array([[1, 0, 0], [0, 1, 0], [0, 0, 0]]))
    assert state.seen[0, 0, 0] == near(0.6 * 0.9 + 0.4 * 0.3)


def test_many_meetings_in_a_month_go_no_further_than_all_the_way() -> None:
    world = judged([1.0] * 3)
    world.state.meetings[0, :2, 0] = world.state.seen_impartial[0, 0, 0] = 60.0
    world.state.held_for_host[0, 1, 0] = 60.0
    run(world, "judge_coordinators")
    assert world.state.credibility[0, :3] == near([0.9, 0.0, 0.3])


def test_an_impartial_act_that_is_doubted_earns_nothing_and_costs_nothing() -> None:
    world = with_coordinators({**ANA, "host": "a", "impartiality": 1.0})
    state = world.state
    state.meetings[0, :3], state.credibility[0, :3] = [[0, 0, 0], [0, 1, 0], [0, 0, 0]], 0.3
    state.seen_impartial[0, :3] = 0.0
    run(world, "judge_coordinators", "serve_host")
    assert state.credibility[0, 1] == 0.3
    assert (state.goodwill_trust == copied(world).state.goodwill_trust).all()


# Doing nothing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("nothing", [{"skill": 0.0, "host": ""}, {"meetings_per_month": 0.0}])
def test_a_coordinator_who_can_not_or_does_not_meet_takes_time_and_changes_nothing_else(
    nothing: dict[str, float],
) -> None:
    usual = place(3, months=24, mechanisms={"meeting_time_cost": False})
    if "meetings_per_month" in nothing:  # by chance there may be one: without luck there is none
        usual = usual.replace(luck=0.0)
    with_one = usual.replace(coordinators=[{**ANA, **nothing}])
    found = differing(series_of(usual, 2), series_of(with_one, 2))
    assert found == {"cost", "n_coordinators"}


def test_coordinators_have_luck_of_their_own() -> None:
    free = {"mechanisms.meeting_time_cost": False}
    idle = {**ANA, "skill": 0.0, "meetings_per_month": 3.0}
    one = begin(place(3, free, coordinators=[{**ANA, "name": "Ben"}]), 6)
    two = begin(place(3, free, coordinators=[{**ANA, "name": "Ben"}, idle]), 6)
    assert one.state.meetings[0].tolist() == two.state.meetings[0].tolist() != two.state.meetings[1].tolist()
    assert one.state.goodwill_trust.tolist() == two.state.goodwill_trust.tolist()


def test_one_more_coordinator_changes_nothing_for_those_who_emerge() -> None:
    eager = place(3, months=24, emergence={"rate": 1.0}, mechanisms={"meeting_time_cost": False})
    idle = eager.replace(coordinators=[{**ANA, "skill": 0.0}])
    usual = series_of(eager, 2)
    assert usual["n_coordinators"].max() >= 2
    assert differing(usual, series_of(idle, 2)) == {"cost", "n_coordinators"}
