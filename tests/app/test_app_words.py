"""What the app says: every word in its file, levers as sentences, differences and causes."""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from partnersim.app import sentences
from partnersim.app.levers import (
    all_levers,
    coordinator_choices,
    event_kinds,
    find_lever,
    front_levers,
    specs,
)
from partnersim.app.words import words
from partnersim.app.world import Appointment, Hundred, Lever, Moment, Setting, World, compare_hundred
from partnersim.figures.steps import NOBODY, STEPS, steps_of
from partnersim.runs.ensemble import run
from partnersim.runs.ledger import MECHANISMS, SAID, Ledger
from partnersim.scenario.files import packaged
from partnersim.scenario.scenario import Scenario

ROOT = Path(__file__).resolve().parents[2]
WORDS = words()
PLACE = World(place="two-organisations")
ANA = Appointment(name="ana", title="Ana", skill=0.8)
BIB_KEYS = set(re.findall(r"^@\w+\{(\w+),", (ROOT / "docs/references.bib").read_text(), re.M))


# --- words ---------------------------------------------------------------------------------------


def test_what_is_filled_in_is_not_read_as_a_template() -> None:
    assert WORDS("change.coordinator", name="{0.__class__} {name}") == "{0.__class__} {name}"


def test_counts_and_lists() -> None:
    assert [WORDS.count("month", n) for n in (1, 2)] == ["1 month", "2 months"]
    assert [WORDS.listed(parts) for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_every_mechanism_of_the_ledger_has_words() -> None:
    assert WORDS.below("cause") == SAID
    assert set(SAID) >= set(MECHANISMS)


# --- levers --------------------------------------------------------------------------------------


def test_ten_levers_are_in_front_and_others_behind() -> None:
    scenario = Scenario.load("integrated-care")
    assert len(front_levers(scenario, WORDS)) == 10
    assert len(all_levers(scenario, WORDS)) >= 18
    assert front_levers(scenario, WORDS)[0].sentence(48.0) == "Council plans 4 years ahead"


@pytest.mark.parametrize("place", list(packaged()))
def test_every_band_of_every_lever_can_be_set_and_read_back(place: str) -> None:
    world = World(place=place)
    scenario = world.scenario()
    for lever in all_levers(scenario, WORDS):
        assert len({band.label for band in lever.bands}) == len(lever.bands)
        for band in lever.bands:
            change = lever.change(band.value, 30)
            changed = world.with_(change)
            assert lever.value(changed, 30) == band.value, lever.name
            assert lever.from_start_only or changed.scenario().interventions[-1].from_month == 30
            assert band.label in lever.sentence(band.value)
            found = find_lever(change, scenario, WORDS)
            assert found is not None
            assert found.name == lever.name


def test_a_value_between_bands_is_said_by_the_nearest() -> None:
    (lever,) = (x for x in front_levers(PLACE.scenario(), WORDS) if x.name == "delegated_authority")
    assert lever.band(0.85) == "hardly any board"
    assert lever.value(PLACE) == 0.2


def test_a_place_that_states_no_trust_begins_with_that_to_which_it_comes() -> None:
    scenario = PLACE.scenario()
    (lever,) = (x for x in all_levers(scenario, WORDS) if x.name == "trust_at_start")
    assert scenario.starting.trust is None
    assert lever.value(PLACE) == run(scenario, 1).series["trust"][0, 0]
    assert lever.value(PLACE.with_(lever.change(0.55))) == 0.55


def test_a_lever_before_its_month_is_as_it_was() -> None:
    (lever,) = (x for x in front_levers(PLACE.scenario(), WORDS) if x.name == "joint_away_days")
    world = PLACE.with_(lever.change(6.0, 24))
    assert [lever.value(world, month) for month in (23, 24)] == [0.0, 6.0]


def test_evidence_rests_on_works_of_the_references() -> None:
    for name, spec in specs().items():
        assert set(spec.sources) <= BIB_KEYS, name
    assert set(WORDS.below("source")) <= BIB_KEYS
    for lever in front_levers(PLACE.scenario(), WORDS):
        assert lever.what and lever.evidence and lever.sources


def test_whoever_coordinates_can_be_appointed() -> None:
    scenario = PLACE.scenario()
    choices = coordinator_choices(scenario, WORDS)
    assert [choice.name for choice in choices] == ["nobody", "independent", "hosted", "partial"]
    for choice in choices:
        if choice.change is not None:
            PLACE.with_(choice.change).scenario()
    assert [c.change.host for c in choices if c.change] == ["", "hospital", "hospital"]


def test_every_event_can_be_fired() -> None:
    for kind in event_kinds(WORDS):
        domain = "urgent_care" if kind.name == "national_target_lands" else ""
        organisation = "voluntary" if kind.needs_organisation else ""
        event = kind.event(12, organisation, domain)
        World().with_(event).scenario()


# --- time, steps and shares ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("month", "said"),
    [(0, "the start"), (1, "year 1, month 1"), (12, "the end of year 1"), (28, "year 3, month 4")],
)
def test_months_are_said_by_years(month: int, said: str) -> None:
    assert sentences.when(month, WORDS) == said


@pytest.mark.parametrize(
    ("months", "said"), [(1, "1 month"), (21, "21 months"), (12, "1 year"), (36, "3 years")]
)
def test_spans(months: int, said: str) -> None:
    assert sentences.span(months, WORDS) == said


@pytest.mark.parametrize(
    ("trust", "name"),
    [
        *((0.0, "none"), (0.14, "none"), (0.15, "wary"), (0.3, "working")),
        *((0.45, "good"), (0.6, "strong"), (1.0, "strong")),
    ],
)
def test_trust_has_five_named_steps(trust: float, name: str) -> None:
    assert STEPS[int(steps_of(trust))].name == name


def test_nobodys_trust_has_no_step() -> None:
    assert steps_of(math.nan) == NOBODY


def test_no_two_steps_look_alike_in_any_one_way() -> None:
    assert len({step.line for step in STEPS}) == len({step.fill for step in STEPS}) == 5
    assert [step.width for step in STEPS] == sorted({step.width for step in STEPS})
    assert len({(step.dash, step.width >= 9) for step in STEPS}) >= 4


@pytest.mark.parametrize(("count", "said"), [(0, "in none"), (62, "in 62"), (100, "in all")])
def test_shares_are_said_of_our_simulated_partnerships(count: int, said: str) -> None:
    text = sentences.of_hundred(count, 100, WORDS)
    assert text.startswith(f"{said} of our 100")
    assert "%" not in text and "chance" not in text


# --- how much faster ------------------------------------------------------------------------------


def hundred_with(*months: tuple[float, float]) -> Hundred:
    """Pairs that have half of the change in these months, without and with; NaN for never."""
    at = np.arange(121)
    arms = []
    for arm in range(2):
        change = np.array([np.where(at >= pair[arm], 0.5, 0.01 * arm) for pair in months])
        results = run(PLACE.scenario(), len(months), workers=1, series=("change_delivered",))
        arms.append(replace(results, series={"change_delivered": change}))
    return Hundred(*arms)


NEVER = math.nan
MANY = 20


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (
            [(61, 40)] * MANY,
            "Half of the change comes 21 months earlier with Ana than without: the median of our 20 pairs "
            "(95 % sure: 21 months earlier). It comes earlier in 20 of them, later in 0.",
        ),
        (
            [(40, 41)] * MANY,
            "Half of the change comes 1 month later with Ana than without: the median of our 20 pairs "
            "(95 % sure: 1 month later). It comes earlier in 0 of them, later in 20.",
        ),
        (
            [(40, 40)] * 10 + [(40, 39)] * 5 + [(40, 42)] * 5,
            "Half of the change comes in the same month with Ana as without: the median of our 20 pairs "
            "(95 % sure: the same month). It comes earlier in 5 of them, later in 5.",
        ),
        (
            [(NEVER, 40)] * 15 + [(50, 40)] * 5,
            "Within 10 years, half of the change comes only with Ana in the median of our 20 pairs. "
            "It comes earlier in 20 of them, later in 0.",
        ),
        (
            [(40, NEVER)] * 15 + [(50, 40)] * 5,
            "Within 10 years, half of the change does not come with Ana in the median of our 20 pairs, "
            "and it does without. It comes earlier in 5 of them, later in 15.",
        ),
        (
            [(NEVER, NEVER)] * 15 + [(50, 40)] * 5,
            "In most of our 20 pairs, half of the change does not come within 10 years, with Ana or "
            "without. At the end 1 % more of the change is there, in the median. It comes earlier in 5 of "
            "them, later in 0.",
        ),
    ],
)
def test_how_much_faster_is_the_median_over_pairs_and_how_sure_it_is(
    pairs: list[tuple[float, float]], said: str
) -> None:
    assert sentences.faster(hundred_with(*pairs), sentences.Sides("Ana"), WORDS) == said


def test_worlds_that_both_have_somebody_are_both_named() -> None:
    named = sentences.Sides("Ana leaving", "Ana staying")
    for pairs in ([(61, 40)], [(40, 40)], [(NEVER, 40)], [(40, NEVER)], [(NEVER, NEVER)]):
        said = sentences.faster(hundred_with(*(pairs * MANY)), named, WORDS)
        assert "Ana leaving" in said
        assert "with Ana staying" in said or pairs == [(NEVER, 40)]
        assert "without" not in said
    reached = sentences.reached_in_hundred(compare_hundred(PLACE, PLACE.with_(ANA)), named, WORDS, 96)
    assert "with Ana staying" in reached and "without" not in reached


def test_every_sentence_for_two_names_has_one_for_without() -> None:
    for key in WORDS.below("between"):
        assert key in WORDS.texts


def test_an_event_has_a_headline_and_a_consequence() -> None:
    for kind in event_kinds(WORDS):
        assert WORDS(f"headline.{kind.name}").endswith(".")
    cut = {kind.name: kind for kind in event_kinds(WORDS)}["funding_cut"].event(12)
    hundred = compare_hundred(PLACE, PLACE.with_(cut))
    said = sentences.consequence(hundred, 36, WORDS)
    less = np.median(hundred.without.series["change_delivered"][:, 36])
    less -= np.median(hundred.with_.series["change_delivered"][:, 36])
    assert re.search(r"^\d+ % less of the change is there, and trust is", said)
    assert abs(int(said.split()[0]) - 100 * less) < 2, "medians of pairs and of arms are near each other"


def test_every_cause_can_be_told_on_a_card() -> None:
    scenario = PLACE.scenario()
    for cause in MECHANISMS:
        for before, after in ((0.41, 0.33), (0.33, 0.41)):
            _, told = sentences.tale(Moment(12, 0, 1, before, after, cause), scenario, WORDS)
            assert f"{100 * before:.0f} → {100 * after:.0f}" in told


def test_what_a_card_tells_is_the_largest_movement_of_its_year() -> None:
    world = World()
    trust = world.run().trust
    for moment in world.moments():
        moved = np.abs(trust[moment.month] - trust[moment.month - 12])
        assert moved[moment.trustor, moment.trustee] == np.nanmax(moved)
        assert moment.after == trust[moment.month, moment.trustor, moment.trustee]
    assert len(world.moments()) == 10


def test_changes_have_names_that_follow_with() -> None:
    scenario = PLACE.scenario()
    lever = Lever.model_validate({"lever": "joint_away_days", "value": 6.0})
    assert sentences.name_change(ANA, scenario, WORDS) == "Ana"
    hosted = ANA.model_copy(update={"host": "hospital"})
    assert sentences.name_change(hosted, scenario, WORDS) == "Ana, employed by Hospital"
    said = sentences.name_change(lever, scenario, WORDS)
    assert said == "“The partners hold 6 away days a year together”"
    rare = Setting(path="trust.disposition", value=0.5)
    assert sentences.name_change(rare, scenario, WORDS) == "the other setting"


def test_everything_on_the_timeline_has_a_name() -> None:
    for place in packaged():
        world = World(place=place)
        for mark in world.marks():
            assert sentences.name_mark(mark, world.scenario(), WORDS).strip()


# --- why -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return PLACE.ledger()


@pytest.mark.parametrize("month", [1, 7, 12, 60, 120])
@pytest.mark.parametrize("who", [(None, None), ("hospital", "council"), ("council", None)])
def test_bars_add_up_to_what_is_said(ledger: Ledger, month: int, who: tuple[str | None, str | None]) -> None:
    why = sentences.why(ledger, month, WORDS, *who)
    first = max(0, month - 12)
    start, end = (round(1000 * ledger.level(m, *who, "trust")) for m in (first, month))
    assert sum(bar.tenths for bar in why.bars) == why.total == end - start
    explained = range(first + 1, month + 1)
    moved = [sum(ledger.totals(*who, m, "trust").values()) * (1 if end >= start else -1) for m in explained]
    most = explained[int(np.argmax(moved))]
    assert why.turning == f"It moved most in {sentences.when(most, WORDS)}."
    by_cause = {WORDS(f"cause.{name}"): 0.0 for name in ledger.mechanisms}
    for m in explained:
        for name, value in ledger.totals(*who, m, "trust").items():
            by_cause[WORDS(f"cause.{name}")] += value
    for bar in why.bars:
        if bar.label in by_cause:
            assert bar.tenths == round(1000 * by_cause[bar.label])
        else:
            assert bar.label == WORDS("why.other")


@pytest.mark.parametrize("most", [np.argmax, np.argmin])
def test_the_sentence_names_whose_trust_which_way_and_the_largest_cause(
    ledger: Ledger, most: Callable[[list[float]], int]
) -> None:
    """In the year in which it rose most, and in that in which it fell most."""
    levels = [ledger.level(month, "hospital", "council", "trust") for month in range(121)]
    month = 12 + int(most([end - start for start, end in zip(levels, levels[12:], strict=False)]))
    why = sentences.why(ledger, month, WORDS, "hospital", "council")
    assert "the trust of Hospital in Council" in why.sentence
    assert abs(why.total) > 10
    assert ("rose" if why.total > 0 else "fell") in why.sentence
    sign = 1 if why.total > 0 else -1
    assert max(why.bars, key=lambda bar: sign * bar.tenths).label in why.sentence


def test_where_no_trust_moves_nothing_is_made_up() -> None:
    frozen = PLACE.with_(Setting(path="mechanisms.trust_frozen", value=True))
    why = sentences.why(frozen.ledger(), 12, WORDS)
    assert why.total == 0
    assert "hardly moved" in why.sentence or "did not move" in why.sentence


def test_a_stalled_initiative_is_said_with_its_share() -> None:
    run = PLACE.run()
    for month in (0, 20, 60):
        said = sentences.stalled(run, month, WORDS)
        waiting = run.series["waiting"][month]
        assert (f"{100 * waiting:.0f} %" in said) == (waiting > 0)
