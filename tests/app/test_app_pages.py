"""Rooms, acts, views and the server of the app, without a browser."""

from __future__ import annotations

import errno
import json
import re
import socket
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("solara", reason="the app needs solara")

from partnersim.app import server
from partnersim.app.levers import all_levers
from partnersim.app.links import to_link
from partnersim.app.pages import acts, analyst, page, sheets, view
from partnersim.app.pages.desk import SHEETS, Desk
from partnersim.app.pages.rooms import MOST_ROOMS, Rooms
from partnersim.app.session import changed
from partnersim.app.words import words
from partnersim.app.world import Appointment, Lever, Setting, World, compare_hundred
from partnersim.scenario.errors import MissingPackageError, ScenarioError, ServingError
from partnersim.scenario.files import packaged_text
from partnersim.scenario.scenario import Scenario

WORDS = words()
ANA = Appointment.model_validate({"name": "ana", "title": "Ana", "skill": 0.8})


@pytest.fixture
def desk() -> Desk:
    """A desk in a room of its own, with no story."""
    room = Rooms().enter()
    room.session.close_story()
    desk = Desk(room)
    desk.follow()
    return desk


def do(desk: Desk, **message: Any) -> str:
    """Do something; what was wrong with it."""
    acts.act(desk, message)
    return desk.problem


# --- rooms ---------------------------------------------------------------------------------------


def test_a_room_is_found_again_by_its_key_alone() -> None:
    rooms = Rooms()
    one, other = rooms.enter(), rooms.enter()
    assert one.key != other.key
    assert one.session is not other.session
    again = rooms.enter(one.key)
    assert again.session is one.session
    assert (one.is_new, again.is_new) == (True, False)


def test_a_key_that_fits_no_room_opens_one_with_another_key() -> None:
    rooms = Rooms()
    for unknown in ("a" * 22, "", "x" * 100, "../../etc/passwd.......", "<script>alert(1)</script>"):
        room = rooms.enter(unknown)
        assert room.is_new
        assert room.key != unknown
        assert rooms.find(unknown) is None
    assert Rooms().enter(room.key).key != room.key, "after the server was started again"


def test_rooms_are_bounded_and_the_oldest_goes_first() -> None:
    rooms = Rooms()
    first, second = rooms.enter(), rooms.enter()
    first.session.listen(lambda: None)()  # it was left after the second
    for _ in range(MOST_ROOMS - 1):
        rooms.enter()
    assert rooms.find(first.key) is first.session
    assert rooms.find(second.key) is None


def test_a_room_opens_on_a_story_or_on_what_a_link_holds() -> None:
    rooms = Rooms()
    first = rooms.enter()
    assert first.session.story_shown is not None
    first.session.next()
    copy = rooms.enter(link=to_link(first.session.state))
    assert copy.session.state == first.session.state
    assert copy.session is not first.session
    broken = rooms.enter(link="1.nonsense")
    assert broken.problem
    assert broken.session.story_shown is not None


def test_rooms_may_start_from_a_place_of_ones_own(tmp_path: Path) -> None:
    rooms = Rooms()
    file = tmp_path / "mine.toml"
    file.write_text(packaged_text("two-organisations"), encoding="utf-8")
    rooms.start_from(str(file))
    assert rooms.enter().session.without.names == World(place="two-organisations").names
    with pytest.raises(ScenarioError, match=r"missing\.toml"):
        rooms.start_from(str(tmp_path / "missing.toml"))


# --- acts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"do": "__class__"},
        {"do": "undo; drop"},
        {"do": "month", "month": 10**30},
        {"do": "month", "month": "x"},
        {"do": "lever", "lever": "nothing", "value": 1},
        {"do": "lever", "lever": "joint_away_days", "value": "<script>"},
        {"do": "enter_package", "text": "Table 1"},
        {"do": "open_package", "index": 3},
        {"do": "budget", "days": -5},
        {"do": "place_bets"},
        {"do": "remove", "index": 5},
        {"do": "open_story", "story": "../secret"},
        {"do": "predict", "hands": [1, 2, 3]},
        {"do": "event", "event": "organisation_joins", "organisation": ""},
        {"do": "pledge", "text": "x" * 100_000},
        {"do": "restore", "link": "1.zzz"},
        {"do": "set", "path": "months", "text": "100000"},
        {"do": "set", "path": "trust.nothing", "text": "1"},
        {"do": "load", "text": "months = "},
        {"do": "load", "text": "[drawn]\nn_organisations = 40"},
        {"do": "luck", "seed": -1},
        {"do": "reset", "token": 99},
    ],
    ids=str,
)
def test_what_cannot_be_done_is_said_and_changes_nothing(desk: Desk, message: Any) -> None:
    before = desk.session.state
    acts.act(desk, message)
    assert desk.problem
    assert "Traceback" not in desk.problem
    assert desk.session.state == before


def test_a_lever_pulled_later_leaves_the_past_alone(desk: Desk) -> None:
    before = desk.session.without.run().series["trust"]
    assert do(desk, do="lever", lever="joint_away_days", value=12, month=48) == ""
    assert desk.session.with_ is not None
    after = desk.session.with_.run().series["trust"]
    assert (after[:49] == before[:49]).all()
    assert (after[49:] != before[49:]).any()


def test_an_event_that_needs_one_organisation_asks_for_it_in_plain_words(desk: Desk) -> None:
    problem = do(desk, do="event", event="organisation_joins", month=12)
    assert problem == "Someone joins: this happens to one organisation. Say to which."


def test_nobody_joins_who_is_there_already(desk: Desk) -> None:
    offered = {one["name"]: one["organisations"] for one in sheets.change(desk)["events"]}
    assert "organisation_joins" not in offered
    assert len(offered["leader_leaves"]) == 6
    do(desk, do="event", event="organisation_withdraws", organisation="voluntary", month=12)
    do(desk, do="month", month=24)
    offered = {one["name"]: one["organisations"] for one in sheets.change(desk)["events"]}
    assert [one["name"] for one in offered["organisation_joins"]] == ["voluntary"]
    assert len(offered["leader_leaves"]) == 5


def test_a_coordinator_comes_and_goes(desk: Desk) -> None:
    assert do(desk, do="coordinator", choice="independent") == ""
    assert [change.name for change in desk.session.state.bundle] == ["ana"]  # type: ignore[union-attr]
    assert sheets.change(desk)["coordinator"] == "independent"
    assert do(desk, do="coordinator", choice="nobody") == ""
    assert desk.session.state.bundle == ()


def test_a_coordinator_of_the_world_as_it_was_can_be_sent_away(desk: Desk) -> None:
    desk.session.alter(ANA)
    assert do(desk, do="coordinator", choice="nobody", month=36) == ""
    (leaves,) = desk.session.state.bundle
    assert isinstance(leaves, Appointment)
    assert (leaves.name, leaves.to_month) == ("ana", 36)


def test_the_next_group_needs_the_second_word(desk: Desk) -> None:
    do(desk, do="lever", lever="joint_away_days", value=12)
    do(desk, do="ask_reset")
    token = desk.reset_token
    assert token is not None
    assert desk.session.state.bundle
    do(desk, do="reset", token=token)
    assert desk.session.state.bundle == ()
    do(desk, do="undo")
    assert desk.session.state.bundle


def test_another_act_takes_the_question_back(desk: Desk) -> None:
    do(desk, do="ask_reset")
    do(desk, do="keep")
    assert desk.reset_token is None


def test_why_asks_about_those_who_were_clicked(desk: Desk) -> None:
    names = desk.session.without.names
    do(desk, do="why", trustor=names[0], trustee=names[1], month=30)
    assert (desk.sheet, desk.trustor, desk.trustee) == ("why", names[0], names[1])
    assert desk.session.month == 30
    do(desk, do="why", trustor=names[0], trustee=names[0], month=30)
    assert desk.trustee == ""
    do(desk, do="why", trustor="nobody", trustee="<b>", month=30)
    assert (desk.trustor, desk.trustee) == ("", "")


# --- views ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("sheet", ["", *SHEETS.values()])
@pytest.mark.parametrize("is_compared", [False, True])
def test_the_stage_and_every_sheet_have_their_data(desk: Desk, sheet: str, is_compared: bool) -> None:
    if is_compared:
        desk.session.bundle([ANA])
    do(desk, do="sheet", value=sheet)
    assert view.top(desk)["sheet"] == sheet
    page.SHEETS[sheet](desk)
    view.player(desk)
    do(desk, do="sheet", value="no such sheet")
    assert desk.sheet == ""


def test_nothing_of_a_comparison_shows_before_the_room_has_bet(desk: Desk) -> None:
    """Nowhere: not on the stage, in no sheet, and not in what the notes show."""
    do(desk, do="open_story", story="coordinator")
    do(desk, do="go_to", screen=2)
    asked = view.ask(desk)
    assert asked["options"]
    assert view.top(desk)["title"] == asked["text"]
    do(desk, do="predict", hands=[0, 3, 0, 1])
    assert view.ask(desk)["counts"] == [0, 3, 0, 1]
    assert view.player(desk)["n_in"] == "4 bets in"
    twin = desk.session.with_
    assert twin is not None
    ends = f"{100 * twin.median('change_delivered')[-1]:.0f}"
    shown = [
        view.lanes(desk),
        view.chart(desk),
        sheets.change_chart(desk),
        sheets.line_numbers(desk),
        view.say(desk),
    ]
    assert "With Ana" not in str(shown)
    assert ends not in [str(lane["values"][-1]) for lane in shown[0]["lanes"]]  # type: ignore[index]
    assert sheets.all_changed(desk)["answer"] == WORDS("page.kept_back")
    do(desk, do="place_bets")
    assert view.ask(desk) is None
    assert view.say(desk)["happened"] == "", "it has still to be played"
    assert "With Ana" in str(view.lanes(desk))


def test_a_bet_waits_ahead_until_its_month_and_is_answered_then(desk: Desk) -> None:
    do(desk, do="open_story", story="coordinator")
    do(desk, do="go_to", screen=2)
    do(desk, do="predict", hands=[0, 3, 0, 1])
    do(desk, do="place_bets")
    assert "You bet here: 3 of 4" in view.chart(desk)["svg"]
    assert view.top(desk)["reveal"] == 120
    assert 120 in view.player(desk)["stops"]
    do(desk, do="month", month=119)
    assert view.say(desk)["thought"] == ""
    do(desk, do="month", month=120)
    said = view.say(desk)
    assert "8 months earlier" in said["happened"]
    assert "You thought: 3 of 4" in said["thought"]
    do(desk, do="take_back")
    assert view.ask(desk)["counts"] == [0, 3, 0, 1]
    assert view.say(desk)["thought"] == ""


def test_a_bet_on_a_series_lies_where_its_option_is(desk: Desk) -> None:
    do(desk, do="open_story", story="impression")
    do(desk, do="go_to", screen=2)
    assert desk.line == "survey", "what is asked about is what is shown"
    do(desk, do="predict", hands=[0, 5, 0])
    do(desk, do="place_bets")
    bet = view._bet(desk)
    assert bet is not None
    without = 100 * desk.session.without.median("perceived_joint_working")[24]
    assert bet.months == (24, 24)
    assert bet.values == pytest.approx((without - 2, without + 5))
    do(desk, do="line", value="trust")
    assert view._bet(desk) is None


@pytest.mark.parametrize("line", view.LINES)
def test_every_line_is_that_of_our_hundred_with_and_without(desk: Desk, line: str) -> None:
    desk.session.bundle([ANA])
    do(desk, do="line", value=line)
    do(desk, do="month", month=60)
    shown = view.chart(desk)
    said = shown["said"][60][0]
    for world in (desk.session.without, desk.session.with_):
        assert world is not None
        for series in view.LINES[line]:
            values = world.hundred().series[series][:, 60]
            assert f"{100 * np.median(values):.0f}" in said
    assert shown["svg"].count("<path") >= 2 * len(view.LINES[line])


def test_a_lever_shows_the_line_before_it_as_a_ghost(desk: Desk) -> None:
    do(desk, do="lever", lever="joint_away_days", value=12)
    assert sheets.change_chart(desk)["said"] is None, "as it was is shown anyway"
    do(desk, do="lever", lever="delegated_authority", value=0.9)
    shown = sheets.change_chart(desk)
    assert shown["said"] == [[WORDS("page.ghost")]]
    assert sheets.all_changed(desk)["answer"].startswith("Half of the change comes")


def test_cards_tell_of_years_that_were_asked_for_and_never_of_the_hidden_world(desk: Desk) -> None:
    assert view.cards(desk)["cards"] == {}
    do(desk, do="tell")
    told = view.cards(desk)["cards"]
    assert [*told] == [str(month) for month in range(12, 121, 12)]
    assert told["12"]["ends"].count(">") == 1
    do(desk, do="coordinator", choice="independent")
    assert view.cards(desk)["cards"] == {}, "of another world"


def test_an_event_has_its_headline_and_two_years_later_its_consequence(desk: Desk) -> None:
    do(desk, do="event", event="funding_cut", organisation="council", month=24)
    assert view.player(desk)["stops"] == [24, 48, 120]
    do(desk, do="month", month=24)
    cards = view.cards(desk)["cards"]
    assert cards["24"]["title"] == "Money is cut: Council"
    assert "48" not in cards
    do(desk, do="month", month=48)
    assert "the median of our 100 pairs" in view.cards(desk)["cards"]["48"]["text"]


def test_packages_are_ranked_by_one_reveal_and_those_over_the_budget_come_last(desk: Desk) -> None:
    do(desk, do="seal", value=1)
    for name, lever, value in (("A", "circulated_vision", 4.0), ("B", "joint_away_days", 12.0)):
        do(desk, do="lever", lever=lever, value=value)
        assert sheets.all_changed(desk)["answer"] == WORDS("page.kept_back")
        assert do(desk, do="enter_package", text=name) == ""
    assert [one["answer"] for one in sheets.packages(desk)["packages"]] == ["", ""]
    do(desk, do="seal", value=0)
    assert [one["name"] for one in sheets.packages(desk)["packages"]] == ["B", "A"]
    twin = changed(desk.session.without, desk.session.state.packages[1].bundle)
    days = sheets.days_of(compare_hundred(desk.session.without, twin))
    do(desk, do="budget", days=days - 1)
    ranked = sheets.packages(desk)["packages"]
    assert [(one["name"], bool(one["over"])) for one in ranked] == [("A", False), ("B", True)]
    do(desk, do="open_package", index=1)
    assert desk.session.sides.who == "“The partners hold 12 away days a year together”"


def test_frames_say_for_each_line_the_step_of_its_trust(desk: Desk) -> None:
    world = desk.session.without
    network = view.network(desk)
    trust = world.run().trust
    assert len(network["frames"]) == world.months + 1
    for month in (0, 60, 120):
        for id_, sign in zip(network["marks"], network["frames"][month], strict=True):
            truster, trusted = _ends(id_, world.names)
            value = trust[month, world.names.index(truster), world.names.index(trusted)]
            assert sign == str(min(int(value / 0.15), 4))


def _ends(id_: str, names: list[str]) -> tuple[str, str]:
    """Who trusts whom, from the id of a line."""
    pairs = {f"link-{a}-{b}": (a, b) for a in names for b in names if a != b}
    return pairs[id_]


def test_the_world_that_is_shown_is_never_the_one_to_be_guessed(desk: Desk) -> None:
    desk.follow()
    desk.session.seal(is_sealed=True)
    desk.session.bundle([ANA])
    assert view.world_explained(desk) == desk.session.without, "the room has not bet yet"
    desk.session.skip_guess()
    assert view.world_explained(desk) == desk.session.with_
    assert view.arm_choice(desk)["chosen"] == "with"
    do(desk, do="arm", value="without")
    assert view.network(desk)["arm"] == "without"
    assert view.world_explained(desk) == desk.session.without
    assert view.one_of(desk) == f"No. {desk.session.without.replicate + 1} of the 100, Without"


def test_rings_are_the_pressure_of_each_ones_own_targets(desk: Desk) -> None:
    shown = view.network(desk)
    ids, months = shown["rings"]
    assert ids == [f"ring-{name}" for name in desk.session.without.names]
    assert all(f'id="{one}"' in shown["svg"] for one in ids)
    pressure = desk.session.without.run().pressure
    assert months[60].split(",") == [f"{100 * value:.0f}" for value in pressure[60]]


def test_worlds_that_both_have_a_coordinator_are_named_in_every_picture_and_table(desk: Desk) -> None:
    do(desk, do="open_story", story="chief-executives")
    do(desk, do="go_to", screen=2)
    do(desk, do="skip_guess")
    names = ("Ana at the boards", "Ana in all layers")
    assert tuple(name for name, _ in view.worlds_named(desk)) == names
    for name in sheets.PICTURES:
        desk.picture = name
        picture = sheets.chance(desk)
        written = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", picture["svg"]))
        for name in names:
            assert name in written, picture["title"]
            assert f">{name}<" in picture["table"], picture["title"]
        assert "ithout" not in written + picture["table"] + picture["title"]
    assert [lane["name"] for lane in view.lanes(desk)["lanes"]] == list(names)
    assert [arm["name"] for arm in analyst.bands(desk)["arms"]] == list(names)
    assert [one["label"] for one in view.arm_choice(desk)["choices"]] == list(names)
    assert analyst.show(desk)["arms_title"] == "Pairs: Ana at the boards, and Ana in all layers"


def test_researchers_do_not_see_what_the_room_has_still_to_guess(desk: Desk) -> None:
    desk.session.seal(is_sealed=True)
    desk.session.bundle([ANA])
    assert analyst.show(desk)["arms"] == ""
    desk.session.skip_guess()
    assert analyst.show(desk)["arms"] != ""


def test_what_holds_from_the_start_only_says_so(desk: Desk) -> None:
    shown = sheets.levers_offered(desk)
    from_start = {one["name"] for one in [*shown["levers"], *shown["more"]] if one["from_start"]}
    for lever in all_levers(desk.session.without.scenario(), desk.words):
        later = lever.change(lever.bands[0].value, from_month=24)
        assert (lever.name in from_start) == isinstance(later, Setting)


def test_a_narrow_window_has_narrow_pictures(desk: Desk) -> None:
    desk.session.bundle([ANA])
    for name in ("icons", "dots", "runs"):
        do(desk, do="picture", value=name)
        do(desk, do="narrow", value=0)
        assert 'viewBox="0 0 1240' in sheets.chance(desk)["svg"]
        do(desk, do="narrow", value=1)
        assert 'viewBox="0 0 620' in sheets.chance(desk)["svg"]


def test_notes_are_not_on_the_projector() -> None:
    desk = Desk(Rooms().enter())
    noted = {line for note in sheets.notes(desk)["notes"] for line in note["lines"]}
    assert noted
    shown = str(view.top(desk)) + str(view.say(desk)) + str(sheets.who(desk))
    assert not any(line in shown for line in noted)


def test_a_name_with_a_tag_is_text(desk: Desk) -> None:
    document = tomllib.loads(packaged_text("two-organisations"))
    document["organisations"][0]["title"] = "<script>alert(1)</script> 🏥"
    text = Scenario.model_validate(document).to_toml()
    assert do(desk, do="load", text=text) == ""
    picture = sheets.who_trusts_whom(desk)
    assert "<script>" not in picture["svg"] + picture["table"]
    assert "&lt;script&gt;" in picture["table"]


# --- the analyst's view --------------------------------------------------------------------------


def test_every_parameter_is_there_with_its_value(desk: Desk) -> None:
    shown = analyst.show(desk)
    by_path = {row["path"]: row for row in shown["parameters"]}
    assert by_path["months"]["now"] == "120"
    assert do(desk, do="set", path="ways_of_working.joint_away_days", text="3") == ""
    by_path = {row["path"]: row for row in analyst.show(desk)["parameters"]}
    assert by_path["ways_of_working.joint_away_days"]["now"] == "3"


def test_the_scenario_can_be_copied_and_loaded(desk: Desk) -> None:
    desk.session.alter(Lever(lever="joint_away_days", value=12.0, from_month=12))
    copied = analyst.show(desk)["toml"]
    before = desk.session.without.scenario()
    assert do(desk, do="load", text=copied) == ""
    assert desk.session.without.scenario() == before


def test_bands_are_those_of_the_hundred_for_both_worlds(desk: Desk) -> None:
    assert [arm["name"] for arm in analyst.bands(desk)["arms"]] == ["as it stands"]
    desk.session.seal(is_sealed=True)
    desk.session.bundle([ANA])
    assert len(analyst.bands(desk)["arms"]) == 1, "the room has not guessed yet"
    desk.session.skip_guess()
    for series, (scale, _, digits) in analyst.SCALES.items():
        do(desk, do="series", choice=series)
        shown = analyst.bands(desk)
        for arm, results in zip(shown["arms"], desk.session.hundred().arms, strict=True):
            expected = scale * np.quantile(results.series[series], analyst.LEVELS, axis=0)
            found = np.array(arm["bands"], dtype=float)
            np.testing.assert_allclose(found, expected, atol=10.0**-digits)
        assert len(shown["names"]) == found.shape[1]
        json.dumps(shown, allow_nan=False)


def test_plan_of_a_sweep_varies_the_front_levers(desk: Desk) -> None:
    desk.session.bundle([ANA])
    plan = tomllib.loads(analyst.plan_of(desk.session))
    assert len(plan["parameters"]) == 10
    assert all(entry["low"] < entry["high"] for entry in plan["parameters"].values())
    assert plan["arms"]["with"]["coordinators"][0]["name"] == "ana"
    assert Scenario.model_validate(plan["scenario"]) == desk.session.without.scenario()


def test_plan_of_a_sweep_keeps_what_was_changed(desk: Desk) -> None:
    desk.session.alter(Lever(lever="joint_away_days", value=6.0))
    plan = tomllib.loads(analyst.plan_of(desk.session))
    assert plan["scenario"]["interventions"]


# --- bad starts ----------------------------------------------------------------------------------


def test_a_taken_port_gives_way_to_the_next() -> None:
    with server.listen("127.0.0.1", 20_000) as first:
        port = first.getsockname()[1]
        with server.listen("127.0.0.1", port) as second:
            assert second.getsockname()[1] > port


def test_no_free_port_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> socket.socket:
        raise OSError(errno.EADDRINUSE, "Address already in use")

    monkeypatch.setattr(socket, "create_server", refuse)
    with pytest.raises(ServingError, match=r"none of 20 ports.*give another --port"):
        server.listen("127.0.0.1", 8765)


@pytest.mark.parametrize("host", ["203.0.113.9", "example.invalid", "2001:db8::9", "x" * 300, ""])
def test_a_host_that_is_not_this_machine_is_refused_in_plain_words(host: str) -> None:
    with pytest.raises(ServingError) as refused:
        server.listen(host, 8765)
    assert str(refused.value).startswith(f"--host {host}: this machine has no such address; ")


@pytest.mark.parametrize("host", ["::1", "::", "localhost"])
def test_addresses_of_the_newer_kind_can_be_listened_to(host: str) -> None:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("this machine has none of them")
    with server.listen(host, 8765) as listener:
        for name in {"::1": ["::1"], "::": ["::1", "127.0.0.1"], "localhost": ["127.0.0.1"]}[host]:
            with socket.create_connection((name, listener.getsockname()[1]), timeout=5):
                pass


@pytest.mark.parametrize(("name", "found"), [("ipyvuetify", "3.0.0a1"), ("ipyvue", "3.0.0")])
def test_packages_that_would_show_a_blank_page_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, found: str
) -> None:
    real = server.version
    monkeypatch.setattr(server, "version", lambda one: found if one == name else real(one))
    with pytest.raises(MissingPackageError, match=rf"{name} {found}.*blank; pip install"):
        server.check_packages()


def test_missing_assets_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(server, "assets_folder", lambda: tmp_path)
    with pytest.raises(MissingPackageError, match="blank: pip install"):
        server.check_packages()


def test_who_can_reach_it_is_said() -> None:
    assert server.reach("127.0.0.1", 8765) == []
    assert server.reach("localhost", 8765) == []
    assert "without a password" in server.reach("0.0.0.0", 8765)[0]


def test_no_browser_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    import webbrowser

    def refuse(_: str) -> bool:
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr(webbrowser, "open", refuse)
    assert server.open_browser("http://127.0.0.1:1/") is False
