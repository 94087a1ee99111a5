"""The plain Mesa model of benchmarks/ is the same model: a quick look, and one that is not."""

import sys
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from partnersim.model import room
from partnersim.model.series import SERIES
from partnersim.scenario.declarations import LEVERS, Trust
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


CROWDED = {
    "months": 24,
    "programme.n_simultaneous": 3,
    "programme.complementarity": 0.0,
    "programme.initiatives": [
        {"members": ["hospital", "community"], "size": 0.4, "harm": {"hospital": 0.3}},
        {"size": 0.1, "start_month": 3},
        {"members": ["council", "practices"], "size": 500.0, "domains": {"prevention": 1.0}},
        {"size": 1.0, "start_month": 9},
    ],
    "vision.size": 12.0,
    "vision.weights": {"urgent_care": 0.5, "prevention": 0.5},
    "ways_of_working.joint_away_days": 2.0,
    "ways_of_working.circulated_vision": 4.0,
    "ways_of_working.position_sharing": 3.0,
    "ways_of_working.cross_links": 2.0,
    "ways_of_working.binding_agreement": 0.2,
    "coordinators": [
        {"name": "ana", "host": "hospital", "impartiality": 0.6},
        {"name": "ben", "from_month": 4, "to_month": 20, "meetings_per_month": 25.5}
        | {"layers": ["management", "front_line"], "attention": "weakest-tie"},
    ],
    "interventions": [
        {"lever": "partnership_managed_teams", "value": 0.7, "to_month": 14},
        {"lever": "binding_agreement", "value": 0.6, "from_month": 2, "to_month": 7},
        {"lever": "own_needs_framing", "value": 0.1, "organisations": ["hospital"], "to_month": 12},
        {"lever": "delegated_authority", "value": 0.6, "to_month": 19},
    ],
    "events": [
        {"type": "national_target_lands", "month": 2, "domain": "prevention", "size": 0.6, "months": 8},
        {"type": "leader_leaves", "month": 5, "organisation": "council", "layer": "management"},
        {"type": "funding_cut", "month": 6, "organisation": "community", "size": 1.0, "months": 9},
        {"type": "common_crisis", "month": 8, "size": 0.4, "months": 3},
        {"type": "reorganisation", "month": 9, "size": 0.3},
        {"type": "organisation_withdraws", "month": 10, "organisation": "practices"},
        {"type": "organisation_withdraws", "month": 11, "organisation": "voluntary"},
    ],
}
"""Everything that the plain model has, within two years."""


@pytest.mark.parametrize(
    ("theory", "power"),
    list(zip(get_args(Trust.model_fields["theory"].annotation), equivalence.POWERS, strict=True)),
)
def test_without_chance_core_and_plain_mesa_are_the_same(theory: str, power: float) -> None:
    scenario = Scenario.load("integrated-care").replace(CROWDED | {"trust.theory": theory})
    assert equivalence.largest_difference(scenario, 1, power) < equivalence.NO_DIFFERENCE


def test_that_they_are_not_the_same_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = Scenario.load("integrated-care").replace({"months": 1})
    assert equivalence.largest_difference(scenario, 1) < equivalence.NO_DIFFERENCE
    settle = plain_mesa.Organisation.spend_time
    monkeypatch.setattr(plain_mesa.Organisation, "spend_time", lambda o: settle(o) if o.index else None)
    assert equivalence.largest_difference(scenario, 1) > equivalence.NO_DIFFERENCE


@pytest.mark.slow
@pytest.mark.parametrize("name", equivalence.cases())
def test_without_chance_they_are_the_same_to_the_end(name: str) -> None:
    for seed, power in enumerate(equivalence.POWERS):
        assert (
            equivalence.largest_difference(equivalence.cases()[name], seed, power) < equivalence.NO_DIFFERENCE
        )


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
        {"mechanisms.results": False},
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


@pytest.mark.parametrize("length", [room.K, room.N, 6, 4])
def test_no_axis_is_told_by_its_length(monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    """Levers could be as many as domains or organisations, or as there is room for."""
    wide = np.zeros(1, [("ways", np.float64, (room.N, length))])["ways"]
    parts = plain_mesa.parts_of
    monkeypatch.setattr(plain_mesa, "parts_of", lambda p: parts(p) | {"organisations.ways_of_working": wide})
    settings = plain_mesa.read_settings(Scenario.load("integrated-care"))
    assert np.shape(settings.organisations_ways_of_working) == (6, length)


def test_drawn_organisations_it_refuses() -> None:
    with pytest.raises(NotImplementedError, match="drawn organisations"):
        plain_mesa.read_settings(Scenario.load("drawn"))
