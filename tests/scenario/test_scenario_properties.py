"""What holds for every scenario, and for every text that somebody takes for one."""

import tomllib
from typing import Any

import tomlkit
from hypothesis import example, given, settings
from hypothesis import strategies as st

from partnersim.scenario.arms import READY_ARMS, arm
from partnersim.scenario.assignments import parse_arm, parse_assignment
from partnersim.scenario.errors import ScenarioError
from partnersim.scenario.paths import first_months, replace
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.writing import to_toml
from tests.strategies import scenarios

few = settings(max_examples=40)

TWO = '[[organisations]]\nname = "a"\n[[organisations]]\nname = "b"\n'


def read_or_refuse(text: str) -> Scenario | None:
    """The scenario, or None after one clear message of a few short lines."""
    try:
        return Scenario.loads(text, "file.toml")
    except ScenarioError as error:
        message = str(error)
        assert message.startswith("file.toml: ")
        assert message.count("\n") < 5
        assert all(len(line) < 400 for line in message.splitlines())
        assert all(line.isprintable() for line in message.split("\n")), message
        return None


@few
@given(scenarios())
def test_writing_and_reading_gives_the_same(scenario: Scenario) -> None:
    text = to_toml(scenario)
    assert Scenario.loads(text) == scenario
    assert to_toml(Scenario.loads(text)) == text


def leaves(data: Any, path: str) -> dict[str, Any]:
    """Each value of a scenario that is no table, by its dotted path."""
    if isinstance(data, dict):
        inner = {f"{path}.{key}".lstrip("."): value for key, value in data.items()}
    elif isinstance(data, list) and data and isinstance(data[0], dict):
        inner = {f"{path}.{row.get('name', k + 1)}": row for k, row in enumerate(data)}
    else:
        return {path: data}
    return {leaf: value for key, part in inner.items() for leaf, value in leaves(part, key).items()}


@few
@given(scenarios())
def test_setting_everything_to_what_it_is_changes_nothing(scenario: Scenario) -> None:
    assert replace(scenario, leaves(scenario.model_dump(), "")) == scenario


@few
@given(scenarios(), st.sampled_from(sorted(READY_ARMS)))
def test_ready_arms_hold_for_every_scenario_and_do_the_same_twice(scenario: Scenario, name: str) -> None:
    _, once = arm(scenario, name)
    assert arm(once, name)[1] == once
    assert once.events == scenario.events
    assert once.interventions[: len(scenario.interventions)] == scenario.interventions


@few
@given(scenarios(), st.integers(1, 60))
def test_any_first_months_are_a_scenario(scenario: Scenario, months: int) -> None:
    assert first_months(scenario, months).months == months
    assert first_months(scenario, scenario.months) == scenario


values = st.recursive(
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=9)
    | st.dates()
    | st.sampled_from(["hospital", "a", "urgent_care", "weakest-tie", "board"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "a", "x y", "domain", "type"]), inner, max_size=3)
    ),
    max_leaves=5,
)
keys = st.sampled_from([*Scenario.model_fields, "month", "Vision", "a b", "drawn.n"])


@few
@given(st.dictionaries(keys, values, max_size=4), st.booleans())
def test_any_table_is_read_or_refused_in_words(data: dict[str, Any], has_two: bool) -> None:
    if has_two:
        data["organisations"] = [{"name": "a"}, {"name": "b"}]
    scenario = read_or_refuse(tomlkit.dumps(data))
    assert scenario is None or Scenario.loads(to_toml(scenario)) == scenario


@few
@given(st.text(max_size=60))
@example("\0")
@example("a=[" * 5000)
@example("a=" + "9" * 5000)
@example("a={b=" * 3000)
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    read_or_refuse(text)
    read_or_refuse(TWO + text)


@few
@given(scenarios(), st.data())
def test_a_file_with_a_slip_is_read_or_refused_in_words(scenario: Scenario, data: Any) -> None:
    text = to_toml(scenario)
    place = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 3))
    read_or_refuse(text[:place] + data.draw(st.text(max_size=3)) + text[place + length :])


@few
@given(st.text(max_size=60))
@example("x=1\ny=2")
@example("x=1\n[y]")
@example("x={}\nx.y=1")
@example("x='''a\nb'''")
def test_an_assignment_is_one_key_or_refused(text: str) -> None:
    try:
        key, value = parse_assignment(text)
    except ScenarioError as error:
        assert str(error).count("\n") == 0
        return
    assert text.startswith(key) or text.strip().startswith(key)
    expected = tomllib.loads(f"x = {text.partition('=')[2].strip()}")
    assert repr(expected) == repr({"x": value})


plain = st.text("ab;:='\"[]{}\\ ,#", max_size=6)


@few
@given(st.dictionaries(st.sampled_from(["a", "b.c", "d"]), plain, min_size=1), st.booleans())
def test_an_arm_is_split_outside_quotes_only(changes: dict[str, str], in_list: bool) -> None:
    wanted = {key: [{"x": value}] if in_list else value for key, value in changes.items()}
    parts = []
    for key, value in changes.items():
        quoted = tomlkit.item(value).as_string()
        parts.append(f"{key} = " + (f"[{{x = {quoted}}}]" if in_list else quoted))
    assert parse_arm("My arm: " + "; ".join(parts)) == ("My arm", wanted)


@few
@given(st.text(max_size=40))
def test_an_arm_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        name, changes = parse_arm(text)
    except ScenarioError as error:
        assert str(error).count("\n") == 0
    else:
        assert name and changes
