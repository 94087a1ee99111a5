"""The worlds of the app: what a change does, that luck stays, and that runs are remembered once."""

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from pydantic import ValidationError

from partnersim.app import world as worlds
from partnersim.app.memo import Memo
from partnersim.app.world import Appointment, Happening, Lever, Setting, World, compare_hundred
from partnersim.runs.ensemble import run
from partnersim.runs.measures import ALL_SERIES
from partnersim.scenario.errors import ScenarioError
from partnersim.scenario.files import packaged_text
from partnersim.scenario.scenario import Scenario

ANA = Appointment(name="ana", title="Ana", skill=0.8)
SMALL = World(place="two-organisations")


def lever(name: str, value: float, month: int = 0) -> Lever:
    return Lever.model_validate({"lever": name, "value": value, "from_month": month})


def test_a_run_is_that_of_the_command_line() -> None:
    scenario = Scenario.load("two-organisations").replace(
        {"coordinators": [{"name": "ana", "title": "Ana", "skill": 0.8}]}
    )
    results = run(scenario, 1, seed=5, first_replicate=3, detail=True)
    found = World(place="two-organisations", changes=(ANA,), seed=5, replicate=3).run()
    for name in ALL_SERIES:
        np.testing.assert_array_equal(found.series[name], results.series[name][0])
    np.testing.assert_array_equal(found.trust, results.by_dyad("trust")[0])
    assert found.measures["trust"] == results.measures["trust"][0]


def test_the_world_shown_is_one_of_the_hundred() -> None:
    world = SMALL.with_luck(37)
    np.testing.assert_array_equal(
        world.hundred().series["change_delivered"][37], world.run().series["change_delivered"]
    )
    assert world.hundred() is SMALL.hundred()


@pytest.mark.parametrize(
    "change",
    [
        lever("joint_away_days", 12.0, 40),
        Happening.model_validate({"type": "leader_leaves", "month": 40, "organisation": "hospital"}),
        Appointment(name="ana", skill=0.9, from_month=40),
        Appointment(name="ana", title="Ana", skill=0.8, to_month=40),
    ],
    ids=["lever", "event", "begins", "leaves"],
)
def test_the_past_keeps_its_luck(change: worlds.Change) -> None:
    """Rewind to month 40 and go another way: months 0 to 40 stay bit for bit, 41 may differ."""
    before = SMALL.with_(ANA) if getattr(change, "to_month", 600) == 40 else SMALL
    one, other = before.run(), before.with_(change).run()
    for name in ALL_SERIES:
        np.testing.assert_array_equal(one.series[name][:41], other.series[name][:41], err_msg=name)
    np.testing.assert_array_equal(one.trust[:41], other.trust[:41])
    assert any(
        not np.array_equal(one.series[name], other.series[name], equal_nan=True) for name in ALL_SERIES
    )


def test_a_newer_change_takes_the_place_of_the_older() -> None:
    world = SMALL.with_(lever("joint_away_days", 2.0)).with_(ANA)
    assert world.with_(lever("joint_away_days", 6.0)).changes == (ANA, lever("joint_away_days", 6.0))
    later = world.with_(lever("joint_away_days", 6.0, 12))
    assert len(later.changes) == 3


def test_a_coordinator_of_the_place_is_replaced_by_one_of_the_same_name() -> None:
    place = World(place="torbay")
    (name,) = (person.name for person in place.scenario().coordinators)
    leaves = place.with_(Appointment(name=name, from_month=72, to_month=90))
    assert [person.to_month for person in leaves.scenario().coordinators] == [90]


def test_what_the_place_has_of_its_own_stays() -> None:
    place = World(place="torbay")
    own = place.scenario().interventions
    assert own
    changed = place.with_(lever("joint_away_days", 6.0, 12)).scenario().interventions
    assert changed[:-1] == own


def test_a_star_means_every_organisation() -> None:
    world = SMALL.with_(Setting(path="organisations.*.planning_horizon", value=48.0))
    assert [o.planning_horizon for o in world.scenario().organisations] == [48.0, 48.0]


def test_marks_are_in_order_and_tell_who_comes_and_who_goes() -> None:
    event = Happening.model_validate({"type": "common_crisis", "month": 10})
    leaves = ANA.model_copy(update={"from_month": 4, "to_month": 36})
    world = SMALL.with_(event).with_(leaves)
    assert [(mark.month, mark.is_end) for mark in world.marks()] == [(4, False), (10, False), (36, True)]
    assert all(mark.month < SMALL.months for mark in SMALL.with_(ANA).marks()), "who stays does not leave"
    assert len(World(place="torbay").marks()) > 3


@pytest.mark.parametrize(
    ("world", "said"),
    [
        (World(text="format = 1\nmonths = 241\n[drawn]"), "months = 241"),
        (World(text="format = 1\n[drawn]\nn_organisations = 13"), "13 given"),
        (World(place="nowhere"), "no packaged scenario"),
        (SMALL.with_(Setting(path="organisations.hospital.nothing", value=1.0)), "nothing"),
        (SMALL.with_(lever("cross_links", 0.0)), "cross_links is between 1 and 5"),
        (SMALL.with_(Setting(path="months", value=600)), "months = 600"),
        (SMALL.with_(Setting(path="coordinators", value="x")), "coordinators"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(world: World, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        world.run()


def test_a_name_opens_no_file_of_this_machine() -> None:
    for name in ("/etc/passwd", "../x", "x.toml", "scenarios/torbay", "a b"):
        with pytest.raises(ValidationError):
            World(place=name)
    with pytest.raises(ScenarioError, match="no packaged scenario"):
        World(place="README").scenario()


def test_a_text_of_ones_own_is_used_in_place_of_the_packaged_one() -> None:
    text = packaged_text("two-organisations").replace("Hospital", "Klinik")
    assert World(place="mine", text=text).titles[0] == "Klinik"


def test_pairs_must_share_seed_and_length() -> None:
    with pytest.raises(ValueError, match="seed = 2"):
        compare_hundred(SMALL, SMALL.with_luck(0, seed=2))
    with pytest.raises(ValueError, match="months = 60"):
        compare_hundred(SMALL, SMALL.with_(Setting(path="months", value=60)))


def test_the_hundred_count_what_is_there() -> None:
    hundred = compare_hundred(SMALL, SMALL.with_(ANA))
    without, with_ = hundred.months_to(0.25)
    np.testing.assert_array_equal(without, hundred.without.measures["months_to_25"])
    np.testing.assert_array_equal(with_, hundred.with_.measures["months_to_25"])
    assert hundred.reached(0.25, 50) == (int((without <= 50).sum()), int((with_ <= 50).sum()))
    apart = hundred.months_apart(0.25)
    both = ~np.isnan(with_ - without)
    np.testing.assert_array_equal(apart[both], (with_ - without)[both])
    assert np.isinf(apart[np.isnan(with_) ^ np.isnan(without)]).all()
    assert not apart[np.isnan(with_) & np.isnan(without)].any()


# --- remembering ---------------------------------------------------------------------------------


def test_what_was_asked_for_longest_ago_is_forgotten_first() -> None:
    computed: list[int] = []

    def compute(key: int) -> bytes:
        computed.append(key)
        return bytes(key)

    memo = Memo(compute, len, most_bytes=100)
    for key in (40, 50, 40, 30):  # 50 is the oldest when 30 makes it too much
        memo(key)
    assert memo.n_bytes == 70
    memo(40), memo(50)
    assert computed == [40, 50, 30, 50]


def test_what_is_too_large_is_kept_until_the_next() -> None:
    memo = Memo(bytes, len, most_bytes=10)
    assert memo(50) is memo(50)
    assert memo.n_bytes == 50
    memo(5)
    assert memo.n_bytes == 5


def test_an_error_is_raised_and_not_remembered() -> None:
    outcomes: Iterator[object] = iter([ValueError("first"), "second"])

    def compute(key: str) -> object:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    memo = Memo(compute, lambda value: 1, 10)
    with pytest.raises(ValueError, match="first"):
        memo("key")
    assert memo("key") == "second"


def test_threads_that_ask_for_the_same_wait_for_one_computation() -> None:
    n_threads = 8
    all_ask = threading.Barrier(n_threads)
    computed = []

    def compute(key: str) -> str:
        computed.append(key)
        time.sleep(0.05)  # long enough for the others to come, if they compute too
        return key * 2

    memo = Memo(compute, len, 100)
    answers = []

    def ask() -> None:
        all_ask.wait(timeout=30)
        answers.append(memo("ab"))

    threads = [threading.Thread(target=ask) for _ in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert answers == ["abab"] * n_threads
    assert computed == ["ab"]
