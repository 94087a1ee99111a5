"""The plain Mesa model of benchmarks/ is the same model: a quick look, and one that is not."""

import sys
from pathlib import Path

import numpy as np
import pytest

from partnersim.model import room
from partnersim.model.series import SERIES
from partnersim.scenario.declarations import LEVERS
from partnersim.scenario.scenario import Scenario

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import equivalence
import plain_mesa

LEAST_P = 0.001  # after Holm's adjustment: one false alarm in a thousand tests of a right model


def compare_models(name: str, scenario: Scenario, runs: int) -> list[equivalence.Test]:
    """Every series of both models, months 12 and later, compared in standard errors."""
    core = equivalence.run_core(scenario, runs)
    plain = equivalence.run_plain(scenario, runs)
    assert core.shape == plain.shape == (runs, scenario.months + 1, len(SERIES))
    return equivalence.adjust(equivalence.compare(name, core, plain))


@pytest.mark.parametrize("coordinators", [[], [{"name": "ana"}]], ids=["without", "with"])
def test_core_and_plain_mesa_agree_in_the_first_year(coordinators: list[dict[str, str]]) -> None:
    scenario = Scenario.load("integrated-care").replace({"months": 12, "coordinators": coordinators})
    tests = compare_models("first year", scenario, runs=60)
    assert [test for test in tests if test.p_adjusted < LEAST_P] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["integrated-care, hosted-coordinator", "canterbury", "torbay"])
def test_core_and_plain_mesa_agree_to_the_end(name: str) -> None:
    tests = compare_models(name, equivalence.cases()[name], runs=60)
    assert [test for test in tests if test.p_adjusted < LEAST_P] == []


def test_without_chance_in_it_a_number_must_be_equal() -> None:
    same, other = np.full(5, 3.0), np.full(5, 3.001)
    assert equivalence.z_of_means(same, same) == 0.0
    assert equivalence.z_of_means(same, other) == np.inf


def test_a_difference_is_found() -> None:
    rng = np.random.default_rng(1)
    core = rng.normal(size=(200, 13, len(SERIES)))
    plain = rng.normal(size=(200, 13, len(SERIES)))
    plain[:, :, SERIES.index("trust")] += 0.7
    tests = equivalence.adjust(equivalence.compare("made up", core, plain))
    assert {(test.series, test.moment) for test in equivalence.differences(tests)} == {("trust", "mean")}


@pytest.mark.parametrize(
    "changes",
    [
        {"mechanisms.trust_frozen": True},
        {"mechanisms.small_wins": False},
        {"decision.rule": "conditional"},
        {"luck": 0.0},
        {"emergence.rate": 0.1},
        {"lead.organisation": "hospital", "lead.authority": 0.5},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_the_plain_model_leaves_out_it_refuses(changes: dict[str, object]) -> None:
    scenario = Scenario.load("integrated-care").replace(changes)
    with pytest.raises(NotImplementedError, match="the plain Mesa model has not"):
        plain_mesa.read_settings(scenario)


def test_only_the_room_in_use_is_read() -> None:
    scenario = Scenario.load("integrated-care")
    settings = plain_mesa.read_settings(scenario)
    n, n_domains = len(scenario.organisations), len(scenario.domains)
    assert np.shape(settings.organisations_objectives) == (n, n_domains)
    assert np.shape(settings.organisations_ways_of_working) == (n, len(LEVERS))
    assert np.shape(settings.organisations_cultural_distance) == (n, n)


def test_no_axis_is_taken_for_another_of_the_same_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """A twelfth lever is no twelfth domain; and as many as organisations there is nothing else."""
    wide = np.zeros(1, [("ways", np.float64, (room.N, room.K))])["ways"]
    parts = plain_mesa.parts_of
    monkeypatch.setattr(plain_mesa, "parts_of", lambda p: parts(p) | {"organisations.ways_of_working": wide})
    settings = plain_mesa.read_settings(Scenario.load("integrated-care"))
    assert np.shape(settings.organisations_ways_of_working)[1] == room.K
    assert list(vars(room).values()).count(room.N) == 2  # under both its names


def test_drawn_organisations_it_refuses() -> None:
    with pytest.raises(NotImplementedError, match="drawn organisations"):
        plain_mesa.read_settings(Scenario.load("drawn"))
