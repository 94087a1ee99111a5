"""Phones of a room: who is in, what they say, and what is forgotten."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from partnersim.app.qr import qr
from partnersim.app.room import phones, surfaces
from partnersim.app.room.game import Game
from partnersim.app.room.phones import MOST_LINES, Clock, Kept, PhoneRoom, PhoneRooms, RoomError
from partnersim.app.room.web import DeskAct, PhoneAct, do_on_desk, do_on_phone
from partnersim.app.session import Session
from partnersim.game.rules import rules

MOVES = {move: next(iter(choices)) for move, choices in rules().moves.items()}


def asked_session() -> Session:
    """A workshop whose screen asks the room something."""
    session = Session()
    session.open_story("impression")
    while session.question is None:
        session.next()
    return session


@pytest.fixture
def room() -> PhoneRoom:
    """A room whose game has always the same luck."""
    opened = PhoneRooms().open()
    opened.game = Game(seed=1)
    return opened


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands still until the test moves it."""
    now = [100.0]
    monkeypatch.setattr(phones.time, "monotonic", lambda: now[0])
    return now


# --- who is in -----------------------------------------------------------------------------------


def test_a_phone_comes_back_to_its_place_with_its_token(room: PhoneRoom) -> None:
    token = room.join()
    room.sit(token, "council")
    room.leave(token)
    assert room.n_in == 0
    assert room.join(token) == token
    assert room.phones[token].seat == "council"
    assert len(room.phones) == 1


def test_a_token_that_is_not_known_is_another_phone(room: PhoneRoom) -> None:
    assert room.join("somebody-elses-token-x") != "somebody-elses-token-x"


def test_a_locked_room_lets_nobody_else_in_but_those_who_were(room: PhoneRoom) -> None:
    token = room.join()
    room.is_locked = True
    with pytest.raises(RoomError, match="locked"):
        room.join()
    assert room.join(token) == token


def test_whoever_was_sent_out_stays_out(room: PhoneRoom) -> None:
    token = room.join()
    room.sit(token, "council")
    room.remove(1)
    with pytest.raises(RoomError, match="removed"):
        room.join(token)
    assert not room.seated()
    assert surfaces.show_phone(room, token)["kind"] == "gone"


def test_a_phone_has_few_lines_and_a_room_few_phones(
    room: PhoneRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = room.join()
    for _ in range(MOST_LINES - 1):
        room.join(token)
    with pytest.raises(RoomError, match="full"):
        room.join(token)
    monkeypatch.setattr(phones, "MOST_PHONES", 1)
    with pytest.raises(RoomError, match="full"):
        room.join()


def test_when_the_room_ends_nothing_of_it_is_left() -> None:
    rooms = PhoneRooms()
    room = rooms.open()
    token = room.join()
    room.pledge(token, "I will call first.")
    rooms.close(room)
    assert rooms.find(room.key) is rooms.find_code(room.code) is None
    assert not room.phones
    assert surfaces.show_phone(room, token)["forget"]
    with pytest.raises(RoomError, match="ended"):
        room.join(token)


def test_rooms_that_nobody_is_connected_to_make_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phones, "MOST_ROOMS", 2)
    rooms = PhoneRooms()
    first, second = rooms.open(), rooms.open()
    first.listen("staff", lambda: None)
    rooms.open()
    assert rooms.find(first.key) and not rooms.find(second.key)
    for room in rooms._rooms.values():
        room.listen("staff", lambda: None)
    with pytest.raises(RoomError, match="full"):
        rooms.open()


def test_a_second_desk_of_a_workshop_is_one_of_the_same_room() -> None:
    rooms = PhoneRooms()
    room = rooms.open()
    rooms.open()
    room.session = Session()
    assert rooms.find_session(room.session) is room
    assert rooms.find_session(Session()) is rooms.find_session(None) is None


def test_codes_are_letters_that_cannot_be_mistaken_and_are_found_as_typed() -> None:
    rooms = PhoneRooms()
    room = rooms.open()
    assert re.fullmatch("[A-Z]{4}", room.code) and not set(room.code) & set("ILOS")
    assert rooms.find_code(f" {room.code.lower()} ") is room


# --- bets and pledges ------------------------------------------------------------------------------


def test_bets_are_counted_can_be_changed_and_close_when_the_answer_is_there(room: PhoneRoom) -> None:
    room.session, room.mode = asked_session(), "bet"
    tokens = [room.join() for _ in range(3)]
    for token in tokens:
        room.bet(token, 0)
    room.bet(tokens[2], 1)
    assert room.counts()[:2] == [2, 1]
    assert surfaces.show_phone(room, tokens[2])["bet"]["mine"] == 1
    room.close_bets()
    assert surfaces.texts()("phone.bet_closed") in str(surfaces.show_phone(room, tokens[0]))
    room.session.reveal()
    guess = room.session.guess
    assert guess is not None and guess.room[:2] == (2, 1) and guess.answer is not None
    with pytest.raises(RoomError, match="late"):
        room.bet(tokens[0], 1)
    said = surfaces.show_phone(room, tokens[0])["bet"]["said"]
    assert guess.options[guess.answer] in said or guess.answer == 0


def test_the_workshop_hears_of_bets_before_they_close(room: PhoneRoom) -> None:
    room.session, room.mode = asked_session(), "bet"
    token = room.join()
    room.bet(token, 1)
    assert room.is_due
    room.catch_up()
    assert not room.is_due
    assert room.session.guess is not None and room.session.guess.room[1] == 1
    assert room.session.is_hidden


def test_bets_on_another_question_are_void(room: PhoneRoom) -> None:
    session = room.session = asked_session()
    room.mode = "bet"
    token = room.join()
    room.bet(token, 0)
    before = room.asked
    while session.question is None or room.asked == before:
        session.next()
    assert sum(room.counts()) == 0


def test_the_next_group_begins_without_the_bets_of_the_last(room: PhoneRoom) -> None:
    session = room.session = asked_session()
    state = session.state
    room.mode = "bet"
    room.bet(room.join(), 0)
    room.catch_up()
    assert session.guess is not None and room.counts()[0] == 1
    session.take_on(state)
    assert session.guess is None
    assert sum(room.counts()) == 0 and not room.is_due


def test_where_nothing_is_asked_nobody_bets(room: PhoneRoom) -> None:
    token = room.join()
    room.mode = "bet"
    with pytest.raises(RoomError, match="late"):
        room.bet(token, 0)
    assert surfaces.show_phone(room, token)["bet"] is None
    room.session = asked_session()
    for option in (-1, 99):
        with pytest.raises(RoomError):
            room.bet(token, option)


def test_a_pledge_is_seen_by_the_facilitator_and_kept_only_if_they_say_so(room: PhoneRoom) -> None:
    session = room.session = asked_session()
    room.mode = "pledge"
    one, other = room.join(), room.join()
    room.pledge(one, "  I will call first.  ")
    room.pledge(other, "Something rude.")
    assert "rude" not in str(surfaces.show_screen(room, []))
    room.take_pledge(2, is_kept=False)
    room.take_pledge(1, is_kept=True)
    assert session.state.pledges == ("I will call first.",)
    assert not surfaces.show_desk(room, [])["pledges"]


# --- the game --------------------------------------------------------------------------------------


def test_a_seat_is_taken_once_and_can_be_freed(room: PhoneRoom) -> None:
    one, other = room.join(), room.join()
    room.sit(one, "council")
    with pytest.raises(RoomError, match="taken"):
        room.sit(other, "council")
    with pytest.raises(RoomError, match="taken"):
        room.sit(other, "nobody")
    room.free("council")
    room.sit(other, "council")
    assert room.phones[one].seat == "" and room.phones[other].seat == "council"


def test_a_round_takes_moves_until_its_time_is_over(room: PhoneRoom, clock: list[float]) -> None:
    token = room.join()
    room.sit(token, "council")
    with pytest.raises(RoomError, match="late"):
        room.move(token, "day", "joint")
    room.begin_round()
    room.move(token, "day", "own")
    room.move(token, "day", "joint")
    clock[0] += rules().seconds_per_round - 1
    assert not room.is_due
    clock[0] += 2
    with pytest.raises(RoomError, match="late"):
        room.move(token, "day", "own")
    assert room.is_due
    room.catch_up()
    assert room.phase == "between"
    assert room.game.played == ({"council": {"day": "joint"}},)


def test_a_stopped_clock_waits(clock: list[float]) -> None:
    watch = Clock(180)
    watch.run()
    clock[0] += 60
    watch.stop()
    clock[0] += 600
    assert watch.left == 120
    watch.run()
    watch.run()
    clock[0] += 20
    assert watch.left == 100


def test_a_phone_that_sleeps_through_a_round_goes_on_as_before(room: PhoneRoom) -> None:
    token = room.join()
    room.sit(token, "council")
    room.begin_round()
    room.move(token, "issue", "raise")
    room.end_round()
    room.leave(token)
    room.begin_round()
    assert surfaces.show_screen(room, [])["rows"][2]["state"] == "its phone sleeps"
    room.end_round()
    assert room.game.played[1] == {"council": {"issue": "raise"}}


def test_eight_rounds_end_the_game_and_another_begins_with_other_luck(room: PhoneRoom) -> None:
    token = room.join()
    room.sit(token, "hospital")
    for _ in range(rules().rounds):
        room.begin_round()
        room.end_round()
    assert room.phase == "over"
    room.begin_round()
    assert room.phase == "over"
    room.look_back("moves")
    assert room.phase == "moves"
    seed = room.game.seed
    room.begin_anew()
    assert (room.phase, room.game.played) == ("seats", ())
    assert room.game.seed != seed
    assert room.phones[token].seat == "hospital"


def test_only_a_seats_own_phone_sees_its_card_and_pressure(room: PhoneRoom) -> None:
    one, other = room.join(), room.join()
    room.sit(one, "council")
    room.sit(other, "hospital")
    room.begin_round()
    room.end_round()
    secret = surfaces.texts()("card.council.secret")
    assert secret in str(surfaces.show_phone(room, one))
    for shown in (surfaces.show_phone(room, other), surfaces.show_screen(room, [])):
        assert secret not in str(shown)
    assert len(surfaces.show_phone(room, one)["game"]["private"]) == 2


def test_a_table_whose_organisation_leaves_is_told_and_everybody_sees_it(room: PhoneRoom) -> None:
    """In the luck of seed 2 the hospital leaves."""
    token = room.join()
    room.sit(token, "hospital")
    room.mode, room.game, room.phase = "game", Game(seed=2, played=({},) * 3), "between"
    assert len(surfaces.show_phone(room, token)["game"]["private"]) == 2
    left = surfaces.texts()("screen.left", title="Acute hospital")
    for played in range(4, rules().rounds + 1):
        room.game = Game(seed=2, played=({},) * played)
        told = surfaces.show_screen(room, [])["lines"]
        if left in told:
            break
    assert left in told
    assert surfaces.show_phone(room, token)["game"]["private"] == [surfaces.texts()("phone.left")]
    room.begin_round()
    assert surfaces.show_screen(room, [])["rows"][0]["state"] == "has left the partnership"


def test_a_room_goes_on_after_the_program_was_started_again(room: PhoneRoom) -> None:
    token = room.join()
    room.sit(token, "council")
    room.begin_round()
    room.move(token, "day", "joint")
    room.end_round()
    room.begin_round()
    room.move(token, "issue", "raise")
    kept = Kept.model_validate_json(room.kept().model_dump_json())
    again = PhoneRooms().open(kept)
    assert (again.key, again.code, again.phase) == (room.key, room.code, "round")
    assert again.game == room.game
    assert again.choices_of("council") == {"day": "joint", "issue": "raise"}
    assert not again.clock.is_running
    assert again.join(token) == token
    assert again.phones[token].seat == "council"


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "abc1"},
        {"key": "short"},
        {"phase": "won"},
        {"drafts": {"council": {"day": "off"}}},
        {"game": {"played": [{"nobody": {}}]}},
        {"seats": [{"token": "<script>", "number": 1, "seat": "council"}]},
    ],
)
def test_what_a_desk_says_that_it_kept_is_checked(room: PhoneRoom, wrong: dict[str, Any]) -> None:
    good = room.kept().model_dump()
    Kept.model_validate(good)
    with pytest.raises(ValueError):
        Kept.model_validate({**good, **wrong})


# --- acts ----------------------------------------------------------------------------------------


def test_everything_that_pages_can_ask_for_is_done(room: PhoneRoom) -> None:
    session = room.session = asked_session()
    token = room.join()
    do = lambda **act: do_on_desk(room, DeskAct.model_validate(act))  # noqa: E731
    tap = lambda **act: do_on_phone(room, token, PhoneAct.model_validate(act))  # noqa: E731
    do(do="mode", mode="bet")
    tap(do="bet", option=1)
    do(do="close_bets")
    assert session.guess is not None and session.guess.room[1] == 1
    do(do="mode", mode="pledge")
    tap(do="pledge", text="I will call first.")
    do(do="take_pledge", number=1, is_on=True)
    assert session.state.pledges
    do(do="mode", mode="game")
    tap(do="sit", seat="council")
    do(do="begin_round")
    for move, choice in MOVES.items():
        tap(do="move", move=move, choice=choice)
    tap(do="done")
    assert room.done == {"council"}
    do(do="clock", is_on=False)
    assert not room.clock.is_running
    do(do="end_round")
    assert room.game.played == ({"council": MOVES},)
    do(do="free", seat="council")
    do(do="lock", is_on=True)
    assert room.is_locked and not room.seated()
    do(do="remove", number=1)
    assert not room.phones
    addresses = ["http://10.0.0.2:1/join", "http://192.168.1.5:1/join"]
    do(do="address", number=1)
    assert surfaces.show_screen(room, addresses)["join"]["address"] == "192.168.1.5:1/join"
    assert surfaces.show_screen(room, [])["join"] is None
    do(do="begin_anew")
    do(do="look_back")
    do(do="end")
    assert room.is_ended


def test_a_qr_code_holds_the_address() -> None:
    drawn = qr("http://192.168.1.5:8765/join#ABCD")
    assert drawn.startswith("<svg") and "http" not in drawn.replace("http://www.w3.org", "")
    assert drawn != qr("http://192.168.1.5:8765/join#ABCE")


def test_the_shared_screen_tells_the_same_numbers_in_title_picture_and_table(room: PhoneRoom) -> None:
    room.sit(room.join(), "council")
    room.mode = "game"
    for _ in range(rules().rounds):
        room.begin_round()
        room.drafts = {"council": MOVES}
        room.end_round()
    shown = surfaces.show_screen(room, [])
    arms = room.game.arms()
    ends = [round(100 * arm.run().series["trust"][-1]) for arm in arms.values()]
    assert [int(n) for n in re.findall(r"\d+", shown["title"].replace("100", ""))] == ends
    drawn = [f"{round(100 * arm.run().series['trust'][-1], 1):g}" for arm in arms.values()]
    assert re.findall(r"<td>([\d.]+)</td>", shown["pictures"][0]["table"])[-3:] == drawn
    assert re.findall(r"<td>(\d+)</td>", shown["table"])[::4] == list(map(str, ends))
    hundred = [round(100 * float(np.median(arm.hundred().measures["trust"]))) for arm in arms.values()]
    assert re.findall(r"<td>(\d+)</td>", shown["table"])[2::4] == list(map(str, hundred))


# --- a place of our own ----------------------------------------------------------------------------


def test_tables_answer_and_see_what_they_see_most_differently(room: PhoneRoom) -> None:
    tokens = [room.join() for _ in range(3)]
    room.mode = "mirror"
    assert surfaces.show_screen(room, [])["kind"] == "welcome"
    for token, choice in zip(tokens, ("0", "3", "3"), strict=True):
        do_on_phone(room, token, PhoneAct(do="answer", question="delegated_authority", choice=choice))
        do_on_phone(room, token, PhoneAct(do="answer", question="joint_away_days", choice="1"))
    assert surfaces.show_phone(room, tokens[0])["answers"]["delegated_authority"] == ["0"]
    shown = surfaces.show_screen(room, [])
    assert shown["title"] == "Decisions go back to boards: at most 2 of 3 tables agree"
    assert [row["said"] for row in shown["rows"]] == ["2 of 3 alike", "3 of 3 alike"]
    assert shown["rows"][0]["counts"] == [["All of it", 1], ["Hardly any", 2]]
    assert "no measurement" in shown["lines"][0]
    assert "All of it: 1" in shown["numbers"]
    assert surfaces.show_desk(room, [])["answered"][0] == "Phone 1: 2 of 16"
    room.mode = "welcome"
    with pytest.raises(RoomError, match="late"):
        room.answer(tokens[0], "delegated_authority", "0")


def test_for_a_table_without_a_phone_the_facilitator_types_and_for_no_other(room: PhoneRoom) -> None:
    room.mode, token = "mirror", room.join()
    do_on_desk(room, DeskAct(do="add_table"))
    said = {"do": "answer", "question": "delegated_authority", "choice": "3"}
    do_on_desk(room, DeskAct.model_validate({**said, "number": 2}))
    assert room.tables() == [{"delegated_authority": ["3"]}]
    with pytest.raises(RoomError, match="cannot"):
        do_on_desk(room, DeskAct.model_validate({**said, "number": 1}))
    assert not room.phones[token].answers
    again = PhoneRooms().open(Kept.model_validate_json(room.kept().model_dump_json()))
    again.answer_for(2, "delegated_authority", "0")
    shown = surfaces.show_desk(again, [])
    assert shown["typed"] == [[2, {"delegated_authority": ["0"]}]]
    assert [one["state"] for one in shown["phones"]] == ["typed here"]


def test_of_one_table_alone_nothing_is_shown_to_the_room(room: PhoneRoom) -> None:
    room.mode = "mirror"
    room.answer(room.join(), "delegated_authority", "0")
    shown = surfaces.show_screen(room, [])
    assert not shown["rows"] and not shown["numbers"]


def test_our_place_opens_on_the_stage_and_undo_goes_back(room: PhoneRoom) -> None:
    room.mode = "mirror"
    token = room.join()
    with pytest.raises(RoomError, match="cannot"):
        room.open_place()  # no workshop, and nobody has answered
    room.session = asked_session()
    room.answer(token, "members", "hospital")
    room.answer(token, "members", "council")
    do_on_desk(room, DeskAct(do="open_place"))
    assert room.session.without.names == ["hospital", "council"]
    assert room.session.without.scenario().title.startswith("A place of our own")
    assert room.session.story_shown is None and room.session.with_ is None
    room.session.undo()
    room.session.undo()
    assert room.session.story_shown is not None


def test_answers_outlive_the_program_and_what_is_no_answer_is_refused(room: PhoneRoom) -> None:
    room.mode = "mirror"
    token = room.join()
    room.answer(token, "members", "council")
    kept = Kept.model_validate_json(room.kept().model_dump_json())
    again = PhoneRooms().open(kept)
    assert again.mode == "mirror"
    assert again.phones[again.join(token)].answers == {"members": ["council"]}
    for _ in range(60):
        room.answer(room.join(), "members", "council")
    room.sit(last := room.join(), "council")
    assert len(room.kept().seats) == 50 and room.kept().seats[0].token == last
    wrong = kept.model_dump()
    wrong["seats"][0]["answers"] = {"members": ["nobody"]}
    with pytest.raises(ValueError, match="no answer"):
        Kept.model_validate(wrong)
