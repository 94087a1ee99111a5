"""A place of our own: questions, how far answers are apart, and the scenario that they make."""

from __future__ import annotations

import pytest

from partnersim.app.room.mirror import Answers, choose, make_scenario, questionnaire, spreads, to_file
from partnersim.app.world import World
from partnersim.scenario.declarations import LEVERS, Organisation
from partnersim.scenario.scenario import Scenario

ASKED = {question.name: question for question in questionnaire().questions}

HOSPITAL: Answers = {
    "members": ["hospital", "council", "community"],
    "table": ["hospital"],
    "pressure": ["2"],
    "planning_horizon": ["0"],
    "delegated_authority": ["0"],
    "joint_away_days": ["1"],
    "coordinator": ["0"],
}
COUNCIL: Answers = {
    "members": ["hospital", "council", "voluntary"],
    "table": ["council"],
    "pressure": ["0"],
    "delegated_authority": ["3"],
    "joint_away_days": ["1"],
    "coordinator": ["3"],
}
THIRD: Answers = {"members": ["hospital", "council"], "delegated_authority": ["1"], "coordinator": ["3"]}
TABLES = [HOSPITAL, COUNCIL, THIRD]


def test_there_are_some_fifteen_questions_and_each_sets_something() -> None:
    assert 14 <= len(ASKED) <= 17
    of_all = {name for name, one in ASKED.items() if one.about == "all"}
    assert len(of_all) == 10  # six ways that divide, four remedies
    assert of_all <= set(LEVERS)
    assert {name for name, one in ASKED.items() if one.about == "own"} <= set(Organisation.model_fields)
    base = make_scenario([])
    for question in ASKED.values():
        made = [make_scenario([{"table": ["council"], question.name: [key]}]) for key in question.choices]
        if question.about != "table":
            assert any(one.replace(description=base.description) != base for one in made), question.name


def test_the_place_is_made_of_what_tables_said() -> None:
    place = make_scenario(TABLES)
    assert place.organisation_names == ["hospital", "council"]
    usual = Scenario.load("integrated-care")
    assert place.vision.size == usual.vision.size / 3  # a third of the organisations, of the change
    hospital, council = place.organisations
    assert (hospital.pressure, hospital.planning_horizon) == (0.7, 12.0)
    assert (council.pressure, council.planning_horizon) == (0.2, 36.0)  # not asked: as in the usual place
    assert place.ways_of_working.delegated_authority == 0.2  # the median of 0, 0.2 and 0.9
    assert place.ways_of_working.joint_away_days == 2.0
    (person,) = place.coordinators
    assert (person.host, person.impartiality) == ("hospital", 0.3)


def test_two_tables_of_one_organisation_are_its_median_and_change_nobody_else() -> None:
    place = make_scenario([{"table": ["council"], "pressure": [key]} for key in "02"])
    pressures = {one.name: one.pressure for one in place.organisations}
    usual = {one.name: one.pressure for one in questionnaire().scenario.organisations}
    assert pressures == usual | {"council": pytest.approx(0.45)}


def test_members_are_those_that_half_of_the_tables_named() -> None:
    tables: list[Answers] = [
        {"members": ["council", "voluntary", "practices"]},
        {"members": ["practices", "council"]},
    ]
    assert make_scenario(tables).organisation_names == ["council", "practices", "voluntary"]
    assert make_scenario([*tables, tables[1]]).organisation_names == ["council", "practices"]


def test_a_place_has_two_members_at_least_and_without_answers_all() -> None:
    assert make_scenario([]).organisation_names == questionnaire().scenario.organisation_names
    assert make_scenario([{"members": ["voluntary"]}]).organisation_names == ["hospital", "voluntary"]


def test_what_is_seen_most_differently_comes_first() -> None:
    found = spreads(TABLES)
    names = [one.question.name for one in found]
    assert names[0] == "delegated_authority" and names[-1] == "joint_away_days"
    assert "pressure" not in names and "table" not in names  # of one's own: they should differ
    by_name = dict(zip(names, found, strict=True))
    assert (by_name["delegated_authority"].agreed, by_name["delegated_authority"].n) == (1, 3)
    assert (by_name["joint_away_days"].agreed, by_name["joint_away_days"].n) == (2, 2)
    assert by_name["members"].agreed == 2  # of three, on the community trust and on the voluntary sector
    assert by_name["members"].counts["Council"] == 3
    assert spreads([]) == []
    near, far = ({"circulated_vision": [key], "issue_avoidance": [other]} for other, key in ("00", "12"))
    assert [one.question.name for one in spreads([near, far])] == ["circulated_vision", "issue_avoidance"]


def test_members_are_tapped_and_tapped_away_and_other_answers_are_replaced() -> None:
    answers = choose(choose({}, "members", "council"), "members", "hospital")
    assert answers["members"] == ["council", "hospital"]
    assert choose(answers, "members", "council")["members"] == ["hospital"]
    assert choose({"coordinator": ["1"]}, "coordinator", "0") == {"coordinator": ["0"]}
    for name, choice in (("nothing", "0"), ("coordinator", "9"), ("members", "0")):
        with pytest.raises(KeyError):
            choose({}, name, choice)


def test_the_file_opens_on_the_stage_and_says_that_it_is_no_measurement() -> None:
    text = to_file(TABLES)
    assert text.startswith(
        "# A mirror for a talk, and no measurement: made in a workshop from the answers of 3 tables"
    )
    assert Scenario.loads(text) == make_scenario(TABLES)
    world = World(place="own-place", text=text)
    assert world.run().measures["change_delivered"] > 0
