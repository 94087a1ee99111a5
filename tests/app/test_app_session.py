"""A visitor's session: steering, the way back, guesses, stories; two that never meet."""

import threading

import pytest

from partnersim.app.levers import event_kinds
from partnersim.app.sentences import Sides
from partnersim.app.session import MOST_PLEDGES, MOST_STEPS, Guess, Session, State, from_month, usual_question
from partnersim.app.stories import stories
from partnersim.app.words import words
from partnersim.app.world import Appointment, Lever, Setting, World
from partnersim.scenario.errors import ScenarioError

ANA = Appointment(name="ana", title="Ana", skill=0.8)
PLACE = World(place="two-organisations")
START = State(world=World(place="two-organisations"))


def lever(value: float, month: int = 0) -> Lever:
    return Lever.model_validate({"lever": "joint_away_days", "value": value, "from_month": month})


def test_the_twin_differs_in_the_switch_alone() -> None:
    session = Session(START)
    assert session.with_ is None
    session.change(lever(6.0))
    session.flip(ANA)
    assert session.with_ is not None
    assert session.without.changes == (lever(6.0),)
    assert session.with_.changes == (lever(6.0), ANA)
    assert session.with_.replicate == session.without.replicate
    assert session.hundred().without is session.without.hundred()
    session.flip(None)
    with pytest.raises(ValueError, match="nothing is compared"):
        session.hundred()


def test_undo_and_redo_walk_through_the_steps() -> None:
    session = Session(START)
    steps = [session.state.world]
    for value in (2.0, 4.0, 6.0):
        session.change(lever(value))
        steps.append(session.state.world)
    for expected in reversed(steps[:-1]):
        session.undo()
        assert session.without == expected
    assert not session.can_undo
    session.undo()
    assert session.without == steps[0]
    session.redo()
    session.redo()
    assert session.without == steps[2]
    session.change(ANA)
    assert not session.can_redo


def test_undo_keeps_guesses_and_pledges() -> None:
    session = Session(START)
    session.flip(ANA)
    session.predict([1, 2, 3, 4])
    session.pledge("Meet the front line")
    session.undo()
    assert len(session.state.guesses) == 1
    assert session.state.pledges == ("Meet the front line",)


def test_steps_are_bounded() -> None:
    session = Session(START)
    for step in range(MOST_STEPS + 20):
        session.change(lever(float(step % 24)))
    n_undone = 0
    while session.can_undo:
        session.undo()
        n_undone += 1
    assert n_undone == MOST_STEPS


def test_showing_a_month_is_no_step() -> None:
    session = Session(START)
    session.show_month(40)
    session.show_month(10_000)
    assert session.month == 120
    assert not session.can_undo


def test_replay_gives_the_worlds_before_and_after_the_last_change() -> None:
    session = Session(START)
    assert session.replay() is None
    session.change(lever(6.0))
    assert session.replay() == (START.world, START.world.with_(lever(6.0)))
    session.flip(ANA)
    before, after = session.replay() or (None, None)
    assert (before, after) == (session.without, session.with_)


def test_going_on_from_a_month_leaves_the_past() -> None:
    session = Session(START)
    session.show_month(30)
    session.go_on(lever(12.0))
    session.go_on(ANA)
    assert [change.from_month for change in session.without.changes] == [30, 30]  # type: ignore[union-attr]
    (event, *_) = event_kinds(words())
    assert from_month(event.event(0, "hospital"), 30).month == 30  # type: ignore[union-attr]
    setting = Setting(path="starting.trust", value=0.6)
    assert from_month(setting, 30) is setting


def test_what_does_not_fit_changes_nothing() -> None:
    session = Session(START)
    session.change(lever(6.0))
    before = (session.state, session.version)
    with pytest.raises(ScenarioError, match="nowhere"):
        session.change(Appointment(name="ben", host="nowhere"))
    with pytest.raises(ScenarioError):
        session.flip(lever(2.0, 500))
    assert (session.state, session.version) == before


def test_a_reset_that_was_asked_for_before_something_else_happened_does_nothing() -> None:
    session = Session(START)
    session.change(lever(6.0))
    token = session.ask_reset()
    session.change(ANA)
    assert not session.reset(token)
    assert session.without.changes
    assert session.reset(session.ask_reset())
    assert not session.without.changes
    session.undo()
    assert session.without.changes == (lever(6.0), ANA)


def test_listeners_hear_of_changes_until_they_stop() -> None:
    session = Session(START)
    heard: list[int] = []
    stop = session.listen(lambda: heard.append(session.version))
    session.change(lever(6.0))
    session.change(lever(6.0))  # the same again is no change
    stop()
    stop()
    session.undo()
    assert heard == [1]


def test_two_sessions_never_see_each_other() -> None:
    one, other = Session(), Session()
    one.open_story("coordinator")
    one.go_to(2)
    one.predict([1, 0, 0, 0])
    one.pledge("Mine")
    assert other.state == State()
    assert not other.can_undo


def test_steps_from_many_threads_are_all_kept() -> None:
    session = Session(START)
    n_threads, n_each = 8, 5
    begin = threading.Barrier(n_threads)

    def steer(number: int) -> None:
        begin.wait(timeout=30)
        for step in range(n_each):
            session.change(lever(1.0, number * n_each + step))

    threads = [threading.Thread(target=steer, args=(number,)) for number in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(session.without.changes) == n_threads * n_each


# --- predict, then reveal ------------------------------------------------------------------------


def test_nothing_is_shown_before_the_room_was_asked() -> None:
    session = Session(START)
    assert not session.is_hidden
    session.flip(ANA)
    assert session.is_hidden
    with pytest.raises(ValueError, match="nothing was guessed"):
        session.reveal()
    session.predict([3, 9, 2, 0])
    assert session.is_hidden
    session.reveal()
    assert not session.is_hidden
    session.change(lever(6.0))  # a lever that is moved meanwhile does not ask anew
    assert not session.is_hidden
    session.flip(lever(12.0))
    assert session.is_hidden


def test_the_reveal_says_what_came_here_and_in_our_hundred() -> None:
    session = Session(START)
    session.flip(ANA)
    session.predict([3, 9, 2, 0])
    revealed = session.reveal()
    question = usual_question(Sides("Ana"), words())
    answers = question.answers(session.hundred())
    assert revealed.guess.answer == answers[0]
    assert sum(revealed.guess.hundred) == 100
    assert revealed.guess.hundred[1] == (answers == 1).sum()
    assert "9 of 14 said: Earlier, by less than a year." in revealed.reply
    assert question.options[answers[0]].text in revealed.reply


@pytest.mark.parametrize(
    ("room", "is_right", "said"),
    [
        ((0, 9, 2, 0), True, "saw it coming"),
        ((9, 2, 0, 0), False, "expected something else"),
        ((5, 5, 0, 0), False, "was split"),
    ],
)
def test_the_reply_is_to_this_room(room: tuple[int, ...], is_right: bool, said: str) -> None:
    session = Session()
    session.open_story("coordinator")
    session.go_to(2)
    session.predict(room)
    revealed = session.reveal()
    assert revealed.guess.answer == 1
    assert revealed.guess.is_right == is_right
    assert said in revealed.reply
    options = stories()["coordinator"].screens[2].ask.options  # type: ignore[union-attr]
    assert options[room.index(max(room))].reply in revealed.reply
    board = session.scoreboard()
    assert (board.right, board.asked) == (int(is_right), 1)


def test_tables_answer_for_themselves() -> None:
    session = Session(START)
    session.flip(ANA)
    session.predict_by_tables({"1": 0, "2": 3, "3": 0})
    assert session.guess is not None
    assert session.guess.room == (2, 0, 0, 1)
    with pytest.raises(ValueError, match="one of 4 options"):
        session.predict_by_tables({"1": 4})


@pytest.mark.parametrize("room", [[1, 2], [1, 2, 3, -1], [1, 2, 3, 1001], []])
def test_counts_must_fit(room: list[int]) -> None:
    session = Session(START)
    session.flip(ANA)
    with pytest.raises(ValueError, match="4 counts"):
        session.predict(room)


def test_a_skipped_question_shows_the_comparison_and_does_not_count() -> None:
    session = Session(START)
    session.flip(ANA)
    session.skip_guess()
    assert not session.is_hidden
    assert session.scoreboard().asked == 0


def test_a_guess_that_does_not_fit_its_options_cannot_be() -> None:
    right = {"key": "0" * 12, "question": "?", "options": ["a", "b"], "room": [1, 2]}
    assert not Guess.model_validate(right).is_right
    for wrong in ({"room": [1]}, {"answer": 2, "hundred": [1, 2]}, {"answer": 1}, {"key": "x"}):
        with pytest.raises(ValueError):
            Guess.model_validate({**right, **wrong})


# --- stories and pledges -------------------------------------------------------------------------


def test_a_story_leads_from_screen_to_screen_and_into_the_sandbox() -> None:
    session = Session()
    session.open_story("leaves")
    story = stories()["leaves"]
    session.back()
    assert session.screen_shown == story.screens[0]
    for screen in story.screens[1:]:
        session.next()
        assert session.screen_shown == screen
        assert session.without == story.world(session.state.screen)
    session.next()
    assert session.screen_shown == story.screens[-1]
    session.close_story()
    assert session.story_shown is None
    assert session.without == story.world(len(story.screens) - 1)
    with pytest.raises(KeyError):
        session.open_story("nothing")


def test_a_story_says_who_and_the_sandbox_too() -> None:
    session = Session()
    session.open_story("leaves")
    session.next()
    assert session.sides == Sides("Ana leaving after three years", "Ana staying")
    session.flip(lever(12.0))
    assert session.sides == Sides("“The partners hold 12 away days a year together”")


def test_the_names_of_a_story_are_those_of_its_own_worlds_only() -> None:
    """Whoever sends the first world's coordinator away has another comparison."""
    session = Session()
    session.open_story("whose")
    session.next()
    assert session.sides == Sides("Ana employed by the hospital", "an independent Ana")
    session.show_month(24)
    assert session.sides.other == "an independent Ana"
    (ana,) = session.without.changes
    session.remove(ana)
    assert session.sides == Sides("Ana, employed by Acute hospital")
    question = session.question
    assert question is not None and "employed by Acute hospital" in question.text


def test_the_sandbox_names_both_worlds_where_both_have_a_coordinator() -> None:
    session = Session(State(world=PLACE.with_(ANA)))
    for changed, sides in (
        ({"host": "hospital"}, Sides("Ana, employed by Hospital", "Ana, employed by none of them")),
        (
            {"host": "hospital", "impartiality": 0.3, "to_month": 36},
            Sides(
                "Ana, employed by Hospital and often acting for it, until year 3, month 12",
                "Ana, employed by none of them, to the end",
            ),
        ),
        ({"layers": ["board"]}, Sides("Ana, meeting the boards only", "Ana, meeting every layer")),
        ({"skill": 0.1}, Sides("Ana, as changed", "Ana, as before")),
        ({"name": "ben", "title": "Ben"}, Sides("Ana and Ben", "Ana")),
    ):
        session.flip(ANA.model_copy(update=changed))
        assert session.sides == sides
        question = session.question
        assert question is not None
        assert sides.who in question.text and sides.other in question.text
    session.live_in(PLACE)
    session.flip(ANA)
    assert session.sides == Sides("Ana")


def test_pledges_are_few_and_short() -> None:
    session = Session()
    session.pledge("   ")
    for number in range(MOST_PLEDGES + 5):
        session.pledge(f"{number} " + "x" * 500)
    assert len(session.state.pledges) == MOST_PLEDGES
    assert max(map(len, session.state.pledges)) == 200
    session.unpledge(0)
    session.unpledge(99)
    assert session.state.pledges[0].startswith("1 ")
