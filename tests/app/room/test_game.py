"""The game: moves become a scenario with interventions that anybody can run again, bit for bit."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from partnersim.app.links import from_link, to_link
from partnersim.app.room import review, surfaces
from partnersim.app.room.game import Game
from partnersim.app.room.surfaces import texts
from partnersim.app.sentences import name_mark
from partnersim.app.session import State
from partnersim.app.words import words
from partnersim.game.rules import rules
from partnersim.runs.ensemble import run
from partnersim.runs.ledger import MECHANISMS
from partnersim.scenario.errors import ScenarioError
from partnersim.scenario.scenario import Scenario

LAST = {move: list(choices)[-1] for move, choices in rules().moves.items()}
FIRST = {move: next(iter(choices)) for move, choices in rules().moves.items()}


def played(*rounds: dict[str, dict[str, str]], seed: int = 7) -> Game:
    game = Game(seed=seed)
    for moves in rounds:
        game = game.with_round(moves)
    return game


def whole_game() -> Game:
    """Two tables that disagree, for all rounds."""
    half = rules().rounds // 2
    first, then = {"hospital": FIRST, "council": LAST}, {"hospital": LAST, "council": LAST}
    return played(*[first] * half, *[then] * half)


def test_a_move_holds_for_its_organisation_and_its_half_year() -> None:
    game = played({"council": {"day": "joint"}}, {"council": {"day": "own"}, "hospital": {"day": "own"}})
    held = [
        (one.lever, one.value, one.organisations, one.from_month, one.to_month)
        for one in game.scenario().interventions
    ]
    assert held == [
        ("own_away_days", 0.0, ["council"], 0, 6),
        ("joint_away_days", 4.0, ["council"], 0, 6),
        ("own_away_days", 4.0, ["hospital", "council"], 6, 12),
        ("joint_away_days", 0.0, ["hospital", "council"], 6, 12),
    ]


def test_what_a_table_leaves_open_goes_on_and_an_empty_seat_is_the_models() -> None:
    game = played({"council": {"issue": "raise"}}, {"council": {"day": "joint"}}, {}, {"council": {}})
    assert [moves.get("council") for moves in game.played] == [
        {"issue": "raise"},
        {"issue": "raise", "day": "joint"},
        None,
        {},
    ]
    assert not Game(seed=7).scenario().interventions


def test_the_game_that_was_played_most_has_room_in_a_scenario_and_in_a_link() -> None:
    choices = {move: list(found) for move, found in rules().moves.items()}
    rounds = [
        {
            seat: {move: found[(k + r) % len(found)] for move, found in choices.items()}
            for k, seat in enumerate(rules().seats)
        }
        for r in range(rules().rounds)
    ]
    game = played(*rounds)
    assert game.is_over
    assert len(game.scenario().interventions) <= 200
    state = State(world=game.world())
    assert from_link(to_link(state)).world == game.world()
    with pytest.raises(ScenarioError, match="over"):
        game.with_round({})


def test_a_game_replays_from_its_file_and_its_link_bit_for_bit() -> None:
    game = whole_game()
    here = run(game.scenario(), 1, game.seed, detail=True)
    from_file = run(Scenario.loads(game.scenario().to_toml()), 1, game.seed, detail=True)
    for series, values in here.series.items():
        assert np.array_equal(values, from_file.series[series], equal_nan=True), series
    opened = from_link(to_link(State(world=game.world()))).world
    assert opened.seed == game.seed
    assert np.array_equal(opened.run().series["trust"], here.series["trust"][0])
    assert np.array_equal(opened.run().trust, here.by_dyad("trust")[0], equal_nan=True)


def test_the_past_does_not_depend_on_rounds_to_come() -> None:
    """What a room has seen after a round is what the replay shows of it at the end."""
    game = whole_game()
    end = game.world().run().series["trust"]
    for n in range(1, rules().rounds):
        before = Game(seed=game.seed, played=game.played[:n])
        now = before.world().run().series["trust"][: before.month + 1]
        assert np.array_equal(now, end[: before.month + 1])


def test_all_arms_have_the_same_luck_and_differ_in_what_they_say() -> None:
    arms = whole_game().arms()
    assert {(world.seed, world.replicate) for world in arms.values()} == {(7, 0)}
    assert [len(world.scenario().coordinators) for world in arms.values()] == [0, 1, 0]
    assert not arms["model"].scenario().interventions
    assert arms["played"].scenario().events == arms["model"].scenario().events
    nobody = Game(seed=7)
    assert np.array_equal(arms["model"].run().trust, nobody.world().run().trust, equal_nan=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"played": [{"nobody": {}}]},
        {"played": [{"council": {"fly": "yes"}}]},
        {"played": [{"council": {"day": "off"}}]},
        {"played": [{}] * 9},
        {"seed": -1},
        {"replicate": 100},
    ],
)
def test_a_game_that_breaks_the_rules_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Game.model_validate(wrong)


def test_a_table_holds_its_decisions_and_hands_them_back_to_the_model() -> None:
    much, back = {"lend": "much", "promise": "keep"}, {"lend": "model", "promise": "model"}
    game = played({"council": much}, {"council": back})
    held = [(one.lever, one.value, one.from_month, one.to_month) for one in game.scenario().interventions]
    assert held == [("contribution", 0.8, 0, 6), ("promises_under_pressure", 1.0, 0, 6)]
    assert game.scenario() == played({"council": much}, {}).scenario()


def test_the_timeline_says_what_a_table_held_and_for_whom() -> None:
    world = played({"council": {"lend": "much", "issue": "raise"}}).world()
    said = [name_mark(mark, world.scenario(), words()) for mark in world.marks() if mark.month == 0]
    assert said == [
        "80 % of the staff that can be freed is lent: Council",
        "Difficult issues are avoided hardly ever: Council",
    ]


def test_every_choice_changes_something_and_every_card_has_its_words() -> None:
    for move, choices in rules().moves.items():
        assert [choice for choice, held in choices.items() if not held] in ([], ["model"])
        assert len({frozenset(choice.items()) for choice in choices.values()}) == len(choices)
        for choice in choices:
            assert texts()(f"choice.{move}.{choice}") and texts()(f"told.{move}.{choice}")
        assert texts()(f"move.{move}")
    assert set(rules().coming) == set(rules().seats)
    for seat in rules().seats:
        assert all(texts()(f"card.{seat}.{part}") for part in ("wants", "held", "secret", "told"))
    assert all(f"span.after_{n + 1}" in texts().texts for n in range(rules().rounds))


def test_what_only_one_table_knows_happens_in_the_model() -> None:
    """Each secret moves its own organisation's run; told is what the model does."""
    for name in rules().seats:
        scenario = rules().scenario
        without = scenario.replace(events=[e for e in scenario.events if e.organisation != name])
        with_ = run(scenario, 1, 3).series["trust"][0]
        assert not np.array_equal(with_, run(without, 1, 3).series["trust"][0]), name


# --- what became of it -----------------------------------------------------------------------------


def test_after_a_round_the_room_sees_the_months_that_it_played() -> None:
    game = played({"hospital": LAST}, {"hospital": LAST})
    found, series = review.so_far(game), game.world().run().series
    assert found.change == (series["change_delivered"][6], series["change_delivered"][12])
    assert found.trust == (series["trust"][6], series["trust"][12])
    assert found.happened == ("voluntary",)
    assert set(found.seats) == set(rules().seats)


def test_a_choice_that_was_taken_out_leaves_all_others() -> None:
    game = whole_game()
    without = game.without("day", "joint")
    assert without.count("day", "joint") == 0
    assert without.count("day", "own") == game.count("day", "own") > 0
    assert without.count("issue", "raise") == game.count("issue", "raise")


def test_moves_that_moved_trust_most_come_first_and_name_nobody() -> None:
    game = whole_game()
    effects = review.moved_most(game)
    sizes = [abs(one.trust.mean) for one in effects]
    assert sizes == sorted(sizes, reverse=True)
    assert {(one.move, one.choice) for one in effects} == {
        (move, choice)
        for move, choices in rules().moves.items()
        for choice, held in choices.items()
        if game.count(move, choice) and held
    }
    first = effects[0]
    played_, without = game.world().hundred(), game.without(first.move, first.choice).world().hundred()
    apart = played_.measures["trust"] - without.measures["trust"]
    assert first.trust.mean == pytest.approx(apart.mean())
    assert first.causes
    assert not review.moved_most(Game(seed=7))


def test_what_the_ledger_has_of_a_choice_is_what_its_own_cause_moved_between_those_who_made_it() -> None:
    (joint,) = review.moved_most(game := played({seat: {"day": "joint"} for seat in rules().seats}))
    booked = game.world().ledger().totals(kind="trust")["joint days"]  # nobody has joint days but by choice
    assert joint.booked == pytest.approx(booked) and booked > 0 and joint.causes == ("joint days",)
    (alone,) = review.moved_most(played({"council": {"day": "joint"}}))
    assert alone.booked == 0.0  # whoever comes alone meets nobody there
    (raised,) = review.moved_most(game := played({"council": {"issue": "raise"}}))
    flares = game.world().ledger().trust_changes()[:6, MECHANISMS.index("flares")].sum(axis=0)
    council = rules().seats.index("council")
    of_council = flares[council].sum() + flares[:, :, council].sum()
    assert raised.booked == pytest.approx(of_council / (3 * 6 * 5)) and of_council < 0
    (lent,) = review.moved_most(played({seat: {"lend": "much"} for seat in rules().seats}))
    assert lent.booked is None and "deeds" in lent.causes


def test_what_the_ledger_books_of_deeds_cannot_tell_who_broke_promises() -> None:
    """It is booked as a gain, and trust would have ended higher without: so a replay ranks choices."""
    game = played(*[{seat: {"promise": "break"} for seat in rules().seats}] * rules().rounds)
    (broken,) = review.moved_most(game)
    assert broken.trust.mean < -0.01
    assert game.world().ledger().totals(kind="trust")["deeds"] > 0.01


def test_every_text_is_said_and_every_text_that_is_said_is_there() -> None:
    """Those of moves, cards and half-years are made up of names; the rest stand in a page or a sentence."""
    folder = Path(surfaces.__file__).parent
    code = "".join(
        path.read_text(encoding="utf-8") for path in (*folder.glob("*.py"), *folder.glob("assets/*.js"))
    )
    known = {key for key in texts().texts if key.split(".")[0] in ("page", "join", "phone", "screen", "desk")}
    said = set(re.findall(r"LABELS\.(\w+)", code)) | set(
        re.findall(r'"((?:phone|screen|desk|join|page)\.\w+)"', code)
    )
    names = {key.split(".")[1] for key in known}
    assert {key.split(".")[-1] for key in said} <= names
    made = re.compile(
        r"bet_(none|right|wrong)|card_\w+|seat_\w+|trust_\w+|over_\w+|arm_\w+|moved_\w+|removed|locked|full|ended|late|taken|wrong_code"
    )
    quoted = set(re.findall(r"[\"'](\w+)[\"']", code))
    unsaid = {key for key in names - {key.split(".")[-1] for key in said} - quoted if not made.fullmatch(key)}
    assert not unsaid
