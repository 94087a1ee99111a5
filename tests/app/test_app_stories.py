"""Each story says only what the model does: in its own partnership and in most of our hundred."""

import re
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from partnersim.app.stories import LEAST_SHARE, Screen, Shown, Story, read_story, stories
from partnersim.app.world import compare_hundred
from partnersim.scenario.errors import ScenarioError

PAGE = (Path(__file__).resolve().parents[2] / "docs/own-story.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
STORIES = {**stories(), "of the page on writing one's own": read_story(BLOCKS["toml"], "7-winter.toml")}
EXPECTATIONS = [
    pytest.param(story, number, expectation, id=f"{name}-{number + 1}-{expectation.says}")
    for name, story in STORIES.items()
    for number, screen in enumerate(story.screens)
    for expectation in screen.expect
]
QUESTIONS = [
    pytest.param(story, number, id=f"{name}-{number + 1}")
    for name, story in STORIES.items()
    for number, screen in enumerate(story.screens)
    if screen.ask
]
ONE = """
title = "T"
summary = "S"
place = "two-organisations"
[changes.ana]
kind = "coordinator"
name = "ana"
[[screens]]
title = "One"
say = "Words."
[[screens]]
title = "Two"
say = "Words."
switch = "ana"
who = "Ana"
[[screens.expect]]
says = "Trust is higher."
measure = "trust"
at_least = 0.0
"""


def test_the_five_stories_are_there_and_end_in_the_sandbox() -> None:
    titles = [story.title for story in STORIES.values()]
    assert titles[:5] == [
        "The impression of partnership",
        "The coordinator",
        "Whose coordinator is she?",
        "Only the chief executives",
        "What if she leaves?",
    ]
    assert all(10 <= story.minutes <= 20 for story in STORIES.values())
    for story in stories().values():
        assert story.screens[-1].show == "levers"
        assert sum(screen.ask is not None for screen in story.screens) >= 2, story.title


@pytest.mark.parametrize(("story", "number", "expectation"), EXPECTATIONS)
def test_what_is_expected_holds_here_and_in_most_of_our_hundred(
    story: Story, number: int, expectation: object
) -> None:
    holds = expectation.holds(story.hundred(number))  # type: ignore[attr-defined]
    assert len(holds) == 100
    assert holds[story.replicate], "in the story's own partnership"
    assert holds.mean() >= LEAST_SHARE


@pytest.mark.parametrize(("story", "number"), QUESTIONS)
def test_the_answer_of_the_story_is_the_commonest_of_our_hundred(story: Story, number: int) -> None:
    question = story.screens[number].ask
    assert question is not None
    answers = question.answers(story.hundred(number))
    counts = np.bincount(answers, minlength=len(question.options))
    assert counts[answers[story.replicate]] == counts.max()
    assert story.screens[number].expect, "what the room is asked is also expected of the model"


def test_an_answer_is_the_first_option_that_its_number_is_below() -> None:
    text = ONE + (
        '[screens.ask]\ntext = "?"\nmeasure = "trust"\n'
        '[[screens.ask.options]]\ntext = "less"\nbelow = 0.0\n'
        '[[screens.ask.options]]\ntext = "the same"\nbelow = 0.02\n'
        '[[screens.ask.options]]\ntext = "more"\n'
    )
    story = read_story(text, "x")
    question = story.screens[1].ask
    assert question is not None
    values = question.values(story.hundred(1))
    expected = np.where(values < 0, 0, np.where(values < 0.02, 1, 2))
    np.testing.assert_array_equal(question.answers(story.hundred(1)), expected)


def test_a_number_on_the_bound_belongs_to_the_next_option() -> None:
    text = ONE + (
        '[screens.ask]\ntext = "?"\nseries = "trust"\nmonth = 0\n'
        '[[screens.ask.options]]\ntext = "below nothing"\nbelow = 0.0\n'
        '[[screens.ask.options]]\ntext = "nothing or more"\n'
    )
    story = read_story(text, "x")
    question = story.screens[1].ask
    assert question is not None
    assert set(question.answers(story.hundred(1)).tolist()) == {1}  # at the start: no difference


def test_a_milestone_that_was_not_reached_counts_as_the_last_month() -> None:
    story = STORIES["coordinator"]
    hundred = compare_hundred(story.world(2), story.world(2).with_(story.changes["teams"]))
    text = ONE.replace('measure = "trust"', 'measure = "months_to_80"\nof = "without"')
    (expectation,) = read_story(text, "x").screens[1].expect
    months = hundred.without.measures["months_to_80"]
    assert np.isnan(months).any()
    np.testing.assert_array_equal(expectation.values(hundred), np.where(np.isnan(months), 120, months))


def test_a_series_since_a_month_is_a_change() -> None:
    text = ONE.replace('measure = "trust"', 'series = "trust"\nmonth = 24\nsince = 12\nof = "with"')
    story = read_story(text, "x")
    (expectation,) = story.screens[1].expect
    trust = story.hundred(1).with_.series["trust"]
    np.testing.assert_array_equal(expectation.values(story.hundred(1)), trust[:, 24] - trust[:, 12])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('switch = "ana"', 'switch = "anna"', "did you mean 'ana'"),
        ('measure = "trust"', 'measure = "trus"', "did you mean 'trust'"),
        ('measure = "trust"', 'series = "outcome"', "series 'outcome'"),
        ('measure = "trust"', "", "give either measure or series"),
        ("at_least = 0.0", "", "at_least"),
        ('switch = "ana"', "", "needs a switch"),
        ('who = "Ana"', "", "who: missing"),
        ('who = "Ana"', 'who = "Ana"\nnames = ["nobody", "Ana"]', "give either who or names"),
        ('who = "Ana"', 'names = ["Ana"]', "names"),
        ('who = "Ana"', 'names = ["Ana", "ana"]', "both sides are called 'Ana'"),
        ('who = "Ana"', f'names = ["nobody", "{"A" * 61}"]', "names"),
        ('switch = "ana"', 'switch = "ana"\nworld = ["ana"]', "both sides have a coordinator"),
        ('say = "Words."', 'say = "Words."\nwho = "Ana"', "who, names: what is"),
        ('title = "T"', 'titel = "T"', "titel"),
        ('place = "two-organisations"', 'place = "two"', "x.toml"),
        ('name = "ana"', 'name = "ana"\nhost = "nobody"', "nobody"),
        ('title = "T"', "title = T", "not TOML, invalid value; text stands in quotes"),
    ],
)
def test_a_story_with_a_fault_is_refused_with_what_would_be_right(old: str, new: str, said: str) -> None:
    assert old in ONE
    with pytest.raises(ScenarioError, match=r"^x\.toml: ") as raised:
        read_story(ONE.replace(old, new, 1), "x.toml")
    assert said in str(raised.value)


# --- the page on writing one's own ---------------------------------------------------------------


def test_the_check_of_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "7-winter.toml").write_text(BLOCKS["toml"], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    exec(compile(BLOCKS["python"], "own-story.md", "exec"), {})
    assert re.fullmatch(r"They are .* later\. \d+ of 100; here: True\n", capsys.readouterr().out)


def test_the_page_names_every_choice_of_a_screen() -> None:
    for name in (*Screen.model_fields, *get_args(Shown)):
        assert f"`{name}`" in PAGE or f"\n{name} = " in PAGE or f".{name}]" in PAGE, name
