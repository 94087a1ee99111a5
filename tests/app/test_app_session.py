"""A visitor's session: steering, the way back, guesses, stories; two that never meet."""

import threading

import pytest

from partnersim.app.sentences import Sides
from partnersim.app.session import MOST_PLEDGES, Guess, Session, State, reply, usual_question
from partnersim.app.stories import stories
from partnersim.app.words import words
from partnersim.app.world import Appointment, Lever, World
from partnersim.scenario.errors import ScenarioError

ANA = Appointment(name="ana", title="Ana", skill=0.8)
PLACE = World(place="two-organisations")
START = State(world=World(place="two-organisations"))


def lever(value: float, month: int = 0) -> Lever:
    return Lever.model_validate({"lever": "joint_away_days", "value": value, "from_month": month})


def test_the_twin_differs_in_the_bundle_alone() -> None:
    session = Session(START)
    assert session.with_ is None
    session.change(lever(6.0))
    session.change(ANA)
    session.change(lever(2.0))  # a newer change of the same thing takes the place of the older
    assert session.without == START.world
    assert session.with_ is not None
    assert session.with_.changes == (ANA, lever(2.0))
    assert session.with_.replicate == session.without.replicate
    assert session.hundred().without is session.without.hundred()
    session.remove(ANA)
    assert session.state.bundle == (lever(2.0),)
    session.bundle(())
    with pytest.raises(ValueError, match="nothing is compared"):
        session.hundred()


def test_what_holds_already_is_no_change() -> None:
    session = Session(State(world=PLACE.with_(ANA)))
    session.change(ANA.model_copy(update={"host": "hospital"}))
    session.change(ANA)
    assert session.state.bundle == ()


def test_undo_and_redo_walk_through_the_steps() -> None:
    session = Session(START)
    steps = [session.state.bundle]
    for value in (2.0, 4.0, 6.0):
        session.change(lever(value))
        steps.append(session.state.bundle)
    for expected in reversed(steps[:-1]):
        session.undo()
        assert session.state.bundle == expected
    assert not session.can_undo
    session.undo()
    assert session.state.bundle == steps[0]
    session.redo()
    session.redo()
    assert session.state.bundle == steps[2]
    session.change(ANA)
    assert not session.can_redo


def test_undo_keeps_guesses_and_pledges() -> None:
    session = Session(START)
    ask(session)
    session.predict([1, 2, 3, 4])
    session.pledge("Meet the front line")
    session.undo()
    assert len(session.state.guesses) == 1
    assert session.state.pledges == ("Meet the front line",)


def test_showing_a_month_is_no_step() -> None:
    session = Session(START)
    session.show_month(40)
    session.show_month(10_000)
    assert session.month == 120
    assert not session.can_undo


def test_the_line_before_is_that_of_the_bundle_before_the_last_step() -> None:
    session = Session(START)
    session.change(lever(6.0))
    assert session.before is None, "as it was is shown anyway"
    session.change(ANA)
    assert session.before == START.world.with_(lever(6.0))
    session.undo()
    assert session.before is None
    session.change(lever(2.0))
    session.live_in(World())
    session.change(ANA)
    assert session.before is None, "of another place"


def test_what_does_not_fit_changes_nothing() -> None:
    session = Session(START)
    session.change(lever(6.0))
    before = (session.state, session.version)
    with pytest.raises(ScenarioError, match="nowhere"):
        session.change(Appointment(name="ben", host="nowhere"))
    with pytest.raises(ScenarioError):
        session.bundle([lever(2.0, 500)])
    assert (session.state, session.version) == before


def test_a_next_group_that_was_asked_for_before_something_else_happened_does_not_begin() -> None:
    session = Session(START)
    session.change(lever(6.0))
    token = session.ask_reset()
    session.change(ANA)
    assert not session.reset(token)
    assert session.state.bundle == (lever(6.0), ANA)


def test_the_next_group_starts_clean_and_nothing_is_lost() -> None:
    session = Session()
    session.open_story("coordinator")
    session.go_to(2)
    session.predict([3, 9, 2, 0])
    session.place_bets()
    session.pledge("Mine")
    before = session.state
    assert session.reset(session.ask_reset())
    state = session.state
    assert (state.story, state.screen, state.month) == ("coordinator", 0, 0)
    assert not (state.guesses or state.pledges or state.packages or state.bundle)
    session.undo()
    assert session.state == before


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
    assert len(session.state.bundle) == n_threads * n_each


# --- predict, then reveal ------------------------------------------------------------------------


def ask(session: Session) -> None:
    """Compare with Ana, and keep the answer back until the room has bet."""
    session.bundle([ANA])
    session.seal(is_sealed=True)


def test_nothing_is_shown_before_the_bets_are_closed() -> None:
    session = Session(START)
    session.bundle([ANA])
    assert not session.is_hidden
    session.seal(is_sealed=True)
    assert session.is_hidden
    with pytest.raises(ValueError, match="no bets were placed"):
        session.reveal()
    session.predict([3, 9, 2, 0])
    assert (session.is_hidden, session.n_in) == (True, 14)
    with pytest.raises(ValueError, match="no bets were placed"):
        session.reveal()
    session.show_month(60)
    session.place_bets()
    assert not session.is_hidden
    assert session.month == 0, "it is played from the start"
    session.reveal()
    session.change(lever(12.0))
    assert session.is_hidden, "another bundle is another question"


def test_bets_can_be_taken_back_and_are_not_lost() -> None:
    session = Session(START)
    ask(session)
    session.predict([3, 9, 2, 0])
    session.place_bets()
    session.show_month(120)
    session.reveal()
    session.take_back()
    assert session.is_hidden
    assert session.month == 0
    assert session.guess is not None
    assert (session.guess.room, session.guess.answer) == ((3, 9, 2, 0), None)
    assert not session.answered
    session.predict([4, 9, 2, 0])
    session.place_bets()
    assert session.n_in == 15


def test_counts_stay_when_the_room_goes_on_and_comes_back() -> None:
    session = Session()
    session.open_story("coordinator")
    session.go_to(2)
    session.predict([3, 9, 2, 0])
    session.next()
    session.back()
    assert session.n_in == 14
    assert session.is_hidden


def test_the_reveal_says_what_happened_and_then_what_was_thought() -> None:
    session = Session(START)
    ask(session)
    session.predict([3, 9, 2, 0])
    session.place_bets()
    revealed = session.reveal()
    question = usual_question(Sides("Ana"), words())
    said = reply(revealed, question.options, words())
    answers = question.answers(session.hundred())
    assert revealed.answer == answers[0]
    assert sum(revealed.hundred) == 100
    assert revealed.hundred[1] == (answers == 1).sum()
    thought = "You thought: 9 of 14 said ‘Earlier, by less than a year’."
    often = max(range(4), key=revealed.hundred.__getitem__)
    happened = f"of our 100 simulated partnerships: {question.options[often].text}."
    assert 0 < said.index(happened) < said.index(thought)


@pytest.mark.parametrize(
    ("room", "is_right", "said"),
    [
        ((0, 9, 2, 0), True, "9 of 11 said ‘Earlier, by less than that’. That is what came."),
        ((9, 2, 0, 0), False, "Something else came."),
        ((5, 5, 0, 0), False, "You were divided"),
        ((20, 15, 10, 0), False, "had most bets, 20 of 45"),
    ],
)
def test_the_reply_is_to_this_room(room: tuple[int, ...], is_right: bool, said: str) -> None:
    session = Session()
    session.open_story("coordinator")
    session.go_to(2)
    session.predict(room)
    session.place_bets()
    revealed = session.reveal()
    assert revealed.answer == 1
    assert revealed.is_right == is_right
    options = stories()["coordinator"].screens[2].ask.options  # type: ignore[union-attr]
    replied = reply(revealed, options, words())
    assert said in replied
    assert options[room.index(max(room))].reply in replied
    assert [guess.is_right for guess in session.answered] == [is_right]


@pytest.mark.parametrize("room", [[1, 2], [1, 2, 3, -1], [1, 2, 3, 1001], []])
def test_counts_must_fit(room: list[int]) -> None:
    session = Session(START)
    ask(session)
    with pytest.raises(ValueError, match="4 counts"):
        session.predict(room)


def test_a_skipped_question_shows_the_comparison_and_does_not_count() -> None:
    session = Session(START)
    ask(session)
    session.skip_guess()
    assert not session.is_hidden
    assert not session.answered


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
    session.bundle([lever(12.0)])
    assert session.sides == Sides("“The partners hold 12 away days a year together”")
    session.change(lever(12.0, 3))
    assert session.sides == Sides("all that we changed", "things as they were")
    assert session.question is None, "the story asks of its own comparison only"


def test_the_names_of_a_story_are_those_of_its_own_worlds_only() -> None:
    """Whoever changes the first world has another comparison."""
    session = Session()
    session.open_story("whose")
    session.next()
    assert session.sides == Sides("Ana employed by the hospital", "an independent Ana")
    session.show_month(24)
    assert session.sides.other == "an independent Ana"
    state = session.state
    session.take_on(state.model_copy(update={"world": World()}))
    assert session.sides == Sides("Ana, employed by Acute hospital")


def test_the_sandbox_names_both_worlds_where_both_have_a_coordinator() -> None:
    session = Session(State(world=PLACE.with_(ANA)))
    session.seal(is_sealed=True)
    for changed, sides in (
        ({"host": "hospital"}, Sides("Ana, employed by Hospital", "Ana, employed by none of them")),
        (
            {"host": "hospital", "impartiality": 0.3, "to_month": 36},
            Sides(
                "Ana, employed by Hospital and often acting for it, until the end of year 3",
                "Ana, employed by none of them, to the end",
            ),
        ),
        ({"layers": ["board"]}, Sides("Ana, meeting the boards only", "Ana, meeting every layer")),
        ({"skill": 0.1}, Sides("Ana, as changed", "Ana, as before")),
        ({"name": "ben", "title": "Ben"}, Sides("Ana and Ben", "Ana")),
    ):
        session.bundle([ANA.model_copy(update=changed)])
        assert session.sides == sides
        question = session.question
        assert question is not None
        assert sides.who in question.text and sides.other in question.text
    session.live_in(PLACE)
    session.bundle([ANA])
    assert session.sides == Sides("Ana")


# --- packages ------------------------------------------------------------------------------------


def test_packages_are_entered_one_after_the_other_and_each_can_be_opened() -> None:
    session = Session(START)
    with pytest.raises(ScenarioError, match="Change something first"):
        session.enter_package("Table 1")
    for number, value in enumerate((2.0, 6.0), 1):
        session.change(lever(value))
        session.enter_package(f"Table {number}")
        assert session.state.bundle == (), "the next table begins as it was"
    session.change(lever(12.0))
    session.enter_package("Table 1")
    assert [one.name for one in session.state.packages] == ["Table 2", "Table 1"], "in its own place"
    session.open_package(1)
    assert session.with_ == START.world.with_(lever(12.0))
    session.remove_package(0)
    assert [one.name for one in session.state.packages] == ["Table 1"]
    session.undo()
    assert len(session.state.packages) == 2


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
