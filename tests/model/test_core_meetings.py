"""Process 4 on cases worked by hand: contact, talk, deeds, joint days, issues."""

from math import log

import numpy as np
import pytest

from partnersim.model import constants as c
from partnersim.model import levers
from partnersim.model.trust import take_in
from tests.places import World, changed, copied, differing, near, place, quiet, run, series_of

TALK = ("show_commitment", "hear_talk")


def plain(n: int = 2, **sections: object) -> World:
    """A quiet place where nothing stands between what is shown or done and what is seen."""
    trust = {"usual_cultural_distance": 0.0, "news_asymmetry": 1.0, "deeds": 0.0}
    ways = {"separate_pre_meetings": 0.0, "own_needs_framing": 0.0}
    trust |= sections.pop("trust", {})  # type: ignore[arg-type]
    ways |= sections.pop("ways_of_working", {})  # type: ignore[arg-type]
    programme = {"planned_effort": 1.0}  # so that deeds count as they are
    programme |= sections.pop("programme", {})  # type: ignore[arg-type]
    world = quiet(n, trust=trust, ways_of_working=ways, programme=programme, **sections)
    world.state.contact[:n, :n] = 0.8
    world.state.goodwill_trust[:n, :, :n] = 0.5
    world.state.vision_commitment[:n] = 0.6
    world.state.delivered[:n] = 0.7
    return world


def learnt(world: World, *processes: str) -> float:
    """What a's board comes to think of b, from .5."""
    return float(run(world, *processes).state.goodwill_trust[0, 0, 1] - 0.5)


# Conflict and contact -----------------------------------------------------------------------------


def test_conflict_is_unlike_objectives_and_unlike_horizons() -> None:
    world = quiet(
        organisations=[
            {"name": "a", "objectives": {"urgent_care": 0.6, "prevention": 0.4}, "planning_horizon": 12.0},
            {"name": "b", "objectives": {"urgent_care": 1.0}, "planning_horizon": 36.0},
            {"name": "c", "objectives": {"independence": 1.0}, "planning_horizon": 240.0},
        ]
    )
    run(world, "compare_interests")
    alike = 0.6 / (0.6**2 + 0.4**2) ** 0.5
    conflict = world.state.conflict
    assert conflict[0, 1] == near(0.7 * (1 - alike) + 0.3 * log(3) / log(10))
    assert conflict[1, 0] == conflict[0, 1]
    assert conflict[0, 2] == near(0.7 + 0.3)  # 20 times as long counts as ten times
    assert conflict[1, 2] == near(0.7 + 0.3 * log(240 / 36) / log(10))


def meeting_place(n: int = 3, **sections: object) -> World:
    world = quiet(n, **{"relations": {"meeting_budget": 0.0}} | sections)
    state = world.state
    state.contact[:n, :n], state.tension[:n, :n] = 0.4, 0.2
    state.number[:4] = -1
    state.in_force[:n] = 0.0
    return world


def contact_after(world: World) -> float:
    return float(run(world, "make_contact").state.contact[0, 1])


def towards(occasions: float) -> float:
    """Contact of .4, a month later, with a tension of .2."""
    return 0.4 + c.CONTACT_RATE * (occasions * 0.8 - 0.4)


def test_contact_fades_without_occasions_and_follows_meetings() -> None:
    assert contact_after(meeting_place()) == near(towards(0.0))
    assert contact_after(meeting_place(relations={"meeting_budget": 1.2})) == near(towards(0.6))
    assert contact_after(meeting_place(relations={"meeting_budget": 9.0})) == near(towards(1.0))


def test_contact_follows_joint_days_of_both() -> None:
    world = meeting_place()
    world.state.in_force[:2, levers.JOINT_AWAY_DAYS] = [3.0, 6.0]
    assert contact_after(world) == near(towards(c.JOINT_DAY_CONTACT * 3 / 12))
    assert world.state.contact[0, 2] == near(towards(0.0))


def test_contact_follows_shared_work_convening_and_a_crisis() -> None:
    world = meeting_place()
    world.state.number[1], world.state.needs[1, :3] = 7, [1, 1, 0]
    world.state.needs[2, :3] = 1.0  # which is not under way
    assert contact_after(world) == near(towards(c.SHARED_WORK_CONTACT / world.p.programme.n_simultaneous))
    world = meeting_place()
    world.state.convened[0, 1] = world.state.convened[1, 0] = 0.7
    assert contact_after(world) == near(towards(0.7 * c.CONVENED_CONTACT))
    world = meeting_place()
    world.state.crisis[0] = 0.5
    assert contact_after(world) == near(towards(0.5 * c.CRISIS_CONTACT))


def test_one_who_left_is_met_no_more_and_leaves_more_time_for_the_others() -> None:
    world = meeting_place(relations={"meeting_budget": 0.8})
    world.state.is_present[2] = 0.0
    assert contact_after(world) == near(towards(0.8))
    assert world.state.contact[0, 2] == near(towards(0.0))


# Talk ---------------------------------------------------------------------------------------------


def test_goodwill_learns_from_commitment_shown_where_there_is_contact() -> None:
    rate = c.GOODWILL_RATE * 0.8
    assert learnt(plain(), *TALK) == near(rate * (0.6 - 0.5))
    alone = plain()
    alone.state.contact[:] = 0.0
    assert learnt(alone, *TALK) == 0.0


def test_talk_of_own_needs_looks_self_serving_but_is_understood() -> None:
    rate = c.GOODWILL_RATE * 0.8
    world = plain(ways_of_working={"own_needs_framing": 0.5})
    assert learnt(world, *TALK) == near(rate * (0.6 * (1 - c.SELF_SERVING * 0.5) - 0.5))
    foreign = {"usual_cultural_distance": 1.0, "disposition": 0.1}
    world = plain(ways_of_working={"own_needs_framing": 0.5}, trust=foreign)
    m = c.MISREADING * (1 - c.UNDERSTOOD_NEEDS * 0.5)
    seen = (1 - m) * 0.6 * (1 - c.SELF_SERVING * 0.5) + m * 0.1
    assert learnt(world, *TALK) == near(rate * (seen - 0.5))


def test_distance_misreads_towards_a_stereotype_and_days_on_positions_help() -> None:
    rate = c.GOODWILL_RATE * 0.8
    foreign = {"usual_cultural_distance": 0.5, "disposition": 0.1}
    m = c.MISREADING * 0.5
    world = plain(trust=foreign)
    assert learnt(world, *TALK) == near(rate * ((1 - m) * 0.6 + m * 0.1 - 0.5))
    world = plain(trust=foreign)
    world.state.in_force[:2, levers.POSITION_SHARING] = [2.0, 6.0]
    m *= c.POSITION_DAYS / (c.POSITION_DAYS + 4.0)
    assert learnt(world, *TALK) == near(rate * ((1 - m) * 0.6 + m * 0.1 - 0.5))


@pytest.mark.parametrize("conflict", [0.0, 0.3, 1.0])
def test_pre_meetings_guard_what_is_shown_more_so_where_interests_conflict(conflict: float) -> None:
    world = plain(ways_of_working={"separate_pre_meetings": 0.6})
    world.state.conflict[:2, :2] = conflict
    hidden = c.GUARDED * 0.6 * (c.GUARDED_ANYWAY + (1 - c.GUARDED_ANYWAY) * conflict)
    assert learnt(world, *TALK) == near(c.GOODWILL_RATE * 0.8 * (0.6 * (1 - hidden) - 0.5))


def test_pre_meetings_and_unlike_objectives_hurt_more_together_than_by_themselves() -> None:
    """The interaction is negative: wildschut2003."""

    def after(pre_meetings: float, likeness: float) -> float:
        other = {"urgent_care": likeness, "prevention": 1 - likeness}
        world = plain(
            organisations=[
                {"name": "a", "objectives": {"urgent_care": 1.0}},
                {"name": "b", "objectives": other},
            ],
            ways_of_working={"separate_pre_meetings": pre_meetings},
        )
        return learnt(world, "compare_interests", *TALK)

    together = after(1.0, 0.0) - after(0.0, 0.0)
    by_itself = after(1.0, 1.0) - after(0.0, 1.0)
    assert together < by_itself < 0.0
    share = (0.25 + 0.75 * 0.7) / 0.25  # conflict .7, at no likeness, against 0
    assert together / by_itself == near(share)


@pytest.mark.parametrize("goodwill", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_bad_news_weighs_more_where_there_is_no_settled_view(goodwill: float) -> None:
    world = plain(trust={"news_asymmetry": 3.0})
    up = take_in(goodwill, 1.0, 0.1, 0.0, world.p.trust.news_asymmetry) - goodwill
    down = take_in(goodwill, 0.0, 0.1, 0.0, world.p.trust.news_asymmetry) - goodwill
    assert up == near(0.1 * (1 - goodwill))
    assert down == near(-0.1 * goodwill * (1 + 2 * 4 * goodwill * (1 - goodwill)))


def test_good_news_counts_less_where_an_agreement_forces_the_conduct() -> None:
    world = plain()
    asymmetry = world.p.trust.news_asymmetry
    assert take_in(0.5, 0.9, 0.1, 0.5, asymmetry) == near(0.5 + 0.04 * (1 - c.CROWDING * 0.5))
    assert take_in(0.5, 0.1, 0.1, 0.5, asymmetry) == near(0.5 - 0.04)  # bad news in full
    bound, free = plain(ways_of_working={"binding_agreement": 0.5}), plain()
    crowded = 1 - c.CROWDING * 0.5
    assert learnt(bound, *TALK) == near(crowded * learnt(free, *TALK))


def test_an_agreement_that_is_withdrawn_takes_goodwill_with_it_once() -> None:
    ended = {"lever": "binding_agreement", "value": 0.6, "from_month": 0, "to_month": 2}
    world = plain(3, trust={"agreement_loss": 0.25}, interventions=[ended])
    state = world.state
    for month, lost in ((1, 0.0), (2, 0.6), (3, 0.0)):
        state.month[0] = month
        run(world, "set_levers")
        assert state.withdrawn[0, 1] == near(lost)
        before = copied(world).state
        run(world, "miss_agreements")
        assert state.goodwill_trust[0, :, 1] == near(before.goodwill_trust[0, :, 1] * (1 - 0.25 * lost))
        assert changed(before, state) == ({"goodwill_trust"} if lost else set())


# Deeds and joint days -----------------------------------------------------------------------------


@pytest.mark.parametrize("deeds", [0.0, 0.3, 1.0])
def test_talk_and_deeds_share_the_weight(deeds: float) -> None:
    rate, trust = c.GOODWILL_RATE * 0.8, {"deeds": deeds}
    assert learnt(plain(trust=trust), *TALK) == near(rate * (1 - deeds) * (0.6 - 0.5))
    assert learnt(plain(trust=trust), "show_commitment", "see_deeds") == near(rate * deeds * (0.7 - 0.5))


@pytest.mark.parametrize(("planned", "deed"), [(1.0, 0.7), (0.875, 0.8), (0.7, 1.0), (0.4, 1.0)])
def test_deeds_are_judged_by_what_plans_take_for_granted(planned: float, deed: float) -> None:
    rate, trust = c.GOODWILL_RATE * 0.8, {"deeds": 1.0}
    world = plain(trust=trust, programme={"planned_effort": planned})
    assert learnt(world, "show_commitment", "see_deeds") == near(rate * (deed - 0.5))


def test_deeds_are_misread_by_distance_and_are_never_guarded() -> None:
    trust = {"deeds": 1.0, "usual_cultural_distance": 0.5, "disposition": 0.1}
    world = plain(trust=trust, ways_of_working={"separate_pre_meetings": 1.0})
    world.state.conflict[:] = 1.0
    m = c.MISREADING * 0.5
    expected = c.GOODWILL_RATE * 0.8 * ((1 - m) * 0.7 + m * 0.1 - 0.5)
    assert learnt(world, "show_commitment", "see_deeds") == near(expected)


def test_joint_days_show_commitment_and_deeds_as_they_are() -> None:
    hidden = {"separate_pre_meetings": 1.0, "own_needs_framing": 1.0}
    world = plain(3, trust={"deeds": 0.4, "usual_cultural_distance": 1.0}, ways_of_working=hidden)
    world.state.in_force[:3, levers.JOINT_AWAY_DAYS] = [4.0, 6.0, 0.0]
    run(world, "show_commitment")
    before = copied(world).state
    run(world, "spend_joint_days")
    rate = world.p.trust.joint_day_rate * 4 / 12
    assert world.state.goodwill_trust[0, 0, 1] == near(0.5 + rate * (0.6 * 0.6 + 0.4 * 0.7 - 0.5))
    assert world.state.goodwill_trust[0, 0, 2] == 0.5
    assert changed(before, world.state) == {"goodwill_trust"}


# Issues -------------------------------------------------------------------------------------------


def tense(**sections: object) -> World:
    relations = {
        "issue_rate": 0.2,
        "surfacing_rate": 0.5,
        "flare_loss": 0.1,
        "rupture_rate": 0.3,
        "rupture_loss": 0.4,
    }
    world = quiet(2, relations=relations, **sections)
    state = world.state
    state.tension[:2, :2], state.conflict[:2, :2] = 0.4, 0.6
    state.goodwill_trust[0, :, 1], state.goodwill_trust[1, :, 0] = [0.2, 0.4, 0.6], [0.7, 0.5, 0.6]
    state.in_force[:2, levers.ISSUE_AVOIDANCE] = [0.2, 0.6]
    return world


def issue(piling: float = 1.0, spared: float = 0.6, help_there: float = 0.0) -> tuple[float, float]:
    """Tension a month later, and the part of goodwill lost, in plain steps."""
    tension = 0.4 + 0.2 * 0.6 * piling * 0.6
    raised, heated = 0.5 * tension * 0.6, 0.5 * tension * spared
    worked = 0.3 + 0.7 * 0.5  # mean goodwill is .5
    worked += (1 - worked) * c.COORDINATED_RESOLUTION * help_there
    tension *= 1 - c.RESOLVED * raised * worked
    tension *= 1 - c.VENTED * heated * (1 - worked)
    return tension, 0.1 * heated * (1 - worked)


def check_issue(world: World, tension: float, lost: float) -> None:
    before = copied(world).state
    run(world, "raise_issues")
    assert world.state.tension[0, 1] == near(tension) == near(world.state.tension[1, 0])
    assert world.state.goodwill_trust[0, :, 1] == near(before.goodwill_trust[0, :, 1] * (1 - lost))
    assert world.state.goodwill_trust[1, :, 0] == near(before.goodwill_trust[1, :, 0] * (1 - lost))
    assert changed(before, world.state) == {"tension", "goodwill_trust"}


def test_issues_arise_surface_and_are_worked_through_or_flare() -> None:
    check_issue(tense(), *issue())


def test_avoidance_can_pile_issues_up_no_more_and_spare_no_flares() -> None:
    check_issue(tense(mechanisms={"avoidance_harm": False}), *issue(piling=0.6))
    check_issue(tense(mechanisms={"avoidance_reason": False}), *issue(spared=1.0))


def test_a_coordinator_helps_to_work_issues_through() -> None:
    world = tense()
    world.state.helped[:2] = [0.9, 0.3]
    check_issue(world, *issue(help_there=0.6))


def test_what_is_never_raised_breaks_out_the_likelier_the_more_there_is() -> None:
    world = tense()
    before = copied(world).state
    run(world, "let_issues_break_out")
    ruptured = 0.3 * 0.4**2
    assert world.state.tension[1, 0] == near(0.4 * (1 - c.RUPTURE_VENTED * ruptured))
    lost = 1 - 0.4 * ruptured
    assert world.state.goodwill_trust[1, :, 0] == near(before.goodwill_trust[1, :, 0] * lost)
    assert changed(before, world.state) == {"tension", "goodwill_trust"}


def test_nothing_happens_between_members_and_those_who_left() -> None:
    world = tense(ways_of_working={"joint_away_days": 3.0})
    world.state.is_present[1] = 0.0
    before = copied(world).state
    talk = (
        "show_commitment",
        "hear_talk",
        "see_deeds",
        "spend_joint_days",
        "raise_issues",
        "let_issues_break_out",
    )
    run(world, *talk)
    assert changed(before, world.state) <= {"displayed", "misread", "guarded"}


@pytest.mark.parametrize(
    ("ways", "switches"),
    [
        ({"separate_pre_meetings": 0.0}, ["pre_meetings_harm", "pre_meetings_reason"]),
        ({"own_needs_framing": 0.0}, ["framing_harm", "framing_reason"]),
        ({"issue_avoidance": 0.0}, ["avoidance_harm", "avoidance_reason"]),
        ({"own_away_days": 0.0}, ["away_days_harm", "away_days_reason"]),
        ({"delegated_authority": 1.0}, ["referral_harm", "referral_reason"]),
        ({"partnership_managed_teams": 1.0}, ["separate_teams_handoffs", "separate_teams_promises"]),
    ],
)
def test_a_divisive_way_of_working_that_nobody_has_does_neither_harm_nor_good(
    ways: dict[str, float], switches: list[str]
) -> None:
    usual = place(3, ways_of_working=ways, months=18)
    without = usual.replace({f"mechanisms.{switch}": False for switch in switches})
    assert not differing(series_of(usual), series_of(without))


def test_noise_in_reading_is_bounded() -> None:
    trust = {"misreading_noise": 0.2, "usual_cultural_distance": 0.0, "deeds": 0.0, "news_asymmetry": 1.0}
    ways = {"separate_pre_meetings": 0.0, "own_needs_framing": 0.0}
    world = quiet(2, luck=1.0, trust=trust, ways_of_working=ways)
    world.state.contact[:2, :2] = 1.0
    world.state.goodwill_trust[:2, :, :2], world.state.vision_commitment[:2] = 0.5, 0.5
    seen = []
    for month in range(40):
        world.state.month[0] = month
        world.state.goodwill_trust[:2, :, :2] = 0.5
        run(world, "show_commitment", "hear_talk")
        seen.append((world.state.goodwill_trust[0, 0, 1] - 0.5) / c.GOODWILL_RATE)
    assert np.abs(seen).max() <= 0.2 and np.std(seen) > 0.05 and len(set(seen)) == 40
