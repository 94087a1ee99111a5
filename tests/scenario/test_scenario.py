"""Scenario files: what is packaged, what a mistake is told, where dotted paths lead."""

import os
import pickle
import re
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from partnersim.scenario.arms import READY_ARMS, REMEDIES, arm
from partnersim.scenario.assignments import parse_arm, parse_assignment
from partnersim.scenario.declarations import LEVERS, Coordinator, Drawn, Intervention
from partnersim.scenario.declared import parameters
from partnersim.scenario.errors import ScenarioError, shown
from partnersim.scenario.files import packaged, packaged_text, parse_json
from partnersim.scenario.paths import find_setting, first_months, replace, spell_out
from partnersim.scenario.reference import json_schema, parameters_markdown
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.writing import to_toml
from tests.commands import printed_by

TWO = '[[organisations]]\nname = "hospital"\n[[organisations]]\nname = "council"\n'
PACKAGED = ["canterbury", "drawn", "identical", "integrated-care", "torbay", "two-organisations"]


def said_by(act: Callable[..., Any], *words: Any) -> str:
    """What is said of something that cannot be."""
    with pytest.raises(ScenarioError) as caught:
        act(*words)
    return str(caught.value)


def refusal(text: str) -> str:
    """What is said of a text that is no scenario."""
    return said_by(Scenario.loads, text, "place.toml")


def check_line(message: str, wanted: list[str], most: int = 400) -> None:
    """A message is one line, short, and names what it should."""
    assert message.count("\n") == 0
    assert len(message) < most
    for part in wanted:
        assert part in message


# --- What is packaged ----------------------------------------------------------------------------


def test_packaged_scenarios_are_those_with_their_titles() -> None:
    assert list(packaged()) == PACKAGED
    assert all(packaged().values())


@pytest.mark.parametrize("name", PACKAGED)
def test_packaged_scenario_loads_and_survives_a_round_trip(name: str) -> None:
    scenario = Scenario.load(name)
    assert scenario.title == packaged()[name]
    assert scenario.description
    assert Scenario.loads(to_toml(scenario)) == scenario
    assert Scenario.load(name) == scenario
    assert pickle.loads(pickle.dumps(scenario)) == scenario


@pytest.mark.parametrize("name", PACKAGED)
def test_packaged_scenario_shows_what_it_sets_in_short(name: str) -> None:
    scenario = Scenario.load(name).replace({"trust.deeds": 0.25})
    for text in (repr(scenario), str(scenario)):
        assert text.startswith(f"<Scenario {scenario.title!r}: ") and "trust.deeds=0.25" in text
        assert len(text) < 500
    many = {f"ways_of_working.{lever}": 0.55 for lever in LEVERS if lever != "cross_links"}
    assert re.search(r", and \d+ more>$", repr(scenario.replace(many)))


@pytest.mark.parametrize("name", PACKAGED)
def test_packaged_scenario_changes_the_place_and_not_the_model(name: str) -> None:
    """No place has parameters of its own; only the one for theory leaves things out."""
    place = "format title description calendar_start months organisations drawn coordinators interventions "
    place += "events published"
    more = {
        "identical": "luck starting trust turnover",
        "canterbury": "pressure",
        "two-organisations": "vision",
    }
    written = tomllib.loads(packaged_text(name))
    assert set(written) <= {*place.split(), *more.get(name, "").split()}
    assert set(written.get("pressure", {})) <= {"national_phase_months"}


def test_integrated_care_is_six_different_organisations_without_coordinator() -> None:
    scenario = Scenario.load("integrated-care")
    names = "hospital community council practices commissioner voluntary"
    assert scenario.organisation_names == names.split()
    assert scenario.coordinators == []
    assert len({str(o.objectives) for o in scenario.organisations}) == 6
    origins = {target.origin for o in scenario.organisations for target in o.targets}
    assert origins == {"national", "local"}
    assert all(o.title and o.description for o in scenario.organisations)


def test_identical_organisations_are_alike_and_left_to_themselves() -> None:
    scenario = Scenario.load("identical")
    alike = [o.model_dump(exclude={"name"}) for o in scenario.organisations]
    assert alike == alike[:1] * 4
    assert scenario.luck == 0
    assert not any(o.targets for o in scenario.organisations)
    assert scenario.turnover.rate == 0


def month_of(scenario: Scenario, calendar: str) -> int:
    """The month of a scenario in which a calendar month falls."""
    year, month = map(int, calendar.split("-"))
    first_year, first_month = map(int, scenario.calendar_start.split("-"))
    return (year - first_year) * 12 + month - first_month


def test_torbay_has_its_published_timeline_and_figures() -> None:
    scenario = Scenario.load("torbay")
    months = {i.title: i.from_month for i in scenario.interventions}
    formed = month_of(scenario, "2005-10")
    assert months["Five integrated teams, one for each zone"] == formed
    assert months["Agreement with the council, pooled budget"] == formed
    assert months["Brixham pilot: one integrated team"] == month_of(scenario, "2004-04")
    assert {e.month for e in scenario.events} == {formed}
    assert [(p.value, p.reference_value) for p in scenario.published] == [(528, 750), (502, 750)]
    assert [p.month for p in scenario.published] == [
        month_of(scenario, "2008-10"),
        month_of(scenario, "2009-10"),
    ]


def test_canterbury_has_its_published_timeline_and_figures() -> None:
    scenario = Scenario.load("canterbury")
    assert month_of(scenario, "2020-12") == scenario.months - 1
    quakes = [e.month for e in scenario.events if e.type == "common_crisis"]
    assert quakes == [month_of(scenario, "2010-09"), month_of(scenario, "2011-02")]
    leaving = {e.month for e in scenario.events if e.type == "leader_leaves"}
    assert leaving == {month_of(scenario, "2020-08")}
    ratios = [p.value / p.reference_value for p in scenario.published]
    assert ratios == pytest.approx([1 - 676 / 4035, 0.7], abs=0.001)


def test_places_say_that_their_coordinators_are_assumed() -> None:
    for name in ("torbay", "canterbury"):
        assert "# ASSUMPTION" in packaged_text(name)
        assert all("assumption" in c.title for c in Scenario.load(name).coordinators)


# --- Mistakes in a file --------------------------------------------------------------------------

# What stands in the file, and what must stand in the message: key, value, what would be right.
MISTAKES: dict[str, tuple[str, list[str]]] = {
    "unknown key": (f"mnths = 3\n{TWO}", ["mnths = 3", "did you mean 'months'"]),
    "unknown key of another table": (
        f"delegated_authority = 0.8\n{TWO}",
        ["delegated_authority = 0.8", "did you mean 'ways_of_working.delegated_authority'"],
    ),
    "key under the wrong header": (
        f"{TWO}[vision]\nmonths = 60",
        ["vision.months = 60", "above the first [table]"],
    ),
    "unknown key deep inside": (
        f'{TWO}targets = [{{ domain = "prevention", orgin = "local" }}]',
        ["organisations.council.targets.1.orgin = 'local'", "did you mean 'origin'"],
    ),
    "unknown key with a line break": (f'{TWO}"a\\nb" = 1', [r"organisations.council.'a\nb' = 1"]),
    "text for a number": (
        f'months = "60"\n{TWO}',
        ["months = '60'", "a whole number between 1 and 600 months", "without quotes"],
    ),
    "fraction for a whole number": (f"months = 60.0\n{TWO}", ["months = 60.0", "whole number"]),
    "switch for a number": (f"luck = true\n{TWO}", ["luck = true", "between 0 and 1"]),
    "number for a switch": (f"{TWO}[mechanisms]\nbridging = 1", ["mechanisms.bridging = 1", "true or false"]),
    "number for text": (f"title = 3\n{TWO}", ["title = 3", "text in quotes"]),
    "number for a table": (f"vision = 3\n{TWO}", ["vision = 3", "a table, headed [vision]"]),
    "number for an inner table": (
        f"{TWO}ways_of_working = 3",
        ["organisations.council.ways_of_working = 3", "[organisations.ways_of_working]"],
    ),
    "number for a list of tables": ("organisations = 3", ["organisations = 3", "[[organisations]]"]),
    "one table for a list of tables": (
        '[organisations]\nname = "hospital"',
        ["organisations = {...}", "[[organisations]]"],
    ),
    "text for a list of names": (f'domains = "a"\n{TWO}', ["domains = 'a'", '["a", "b"]']),
    "number for weights": (
        f"{TWO}objectives = 1",
        ["organisations.council.objectives = 1", "{ a = 0.4, b = 0.6 }"],
    ),
    "date for a number": (
        f"{TWO}capacity = 1998-04-01",
        ["organisations.council.capacity = 1998-04-01", "between 0.1 and 10"],
    ),
    "out of range": (
        f"{TWO}[ways_of_working]\njoint_away_days = 25",
        ["ways_of_working.joint_away_days = 25", "between 0 and 24 days per year"],
    ),
    "out of range for one": (
        f"{TWO}[organisations.ways_of_working]\ncross_links = 9",
        ["organisations.council.ways_of_working.cross_links = 9", "between 1 and 5 contacts"],
    ),
    "NaN": (f"luck = nan\n{TWO}", ["luck = nan", "between 0 and 1"]),
    "infinity": (f"{TWO}[vision]\nsize = inf", ["vision.size = inf", "between 1 and 100000 work units"]),
    "NaN where there is no range": (
        f'{TWO}[[published]]\ntitle = "x"\nsource = "y"\nmonth = 3\nvalue = nan\nreference_value = 1',
        ["published.1.value = nan", "no NaN, no infinity"],
    ),
    "no months": (f"months = 0\n{TWO}", ["months = 0", "between 1 and 600 months"]),
    "weights that do not sum to 1": (
        f"{TWO}objectives = {{ prevention = 0.5, independence = 0.4 }}",
        ["organisations.council.objectives", "sum to 0.9", "must sum to 1"],
    ),
    "weight of no domain": (
        f"{TWO}objectives = {{ preventoin = 1.0 }}",
        ["organisations.council.objectives = 'preventoin'", "did you mean 'prevention'"],
    ),
    "name with a space as key": (
        f'{TWO}objectives = {{ "a b" = 1.0 }}',
        ["organisations.council.objectives.'a b'", "letters, digits, - and _"],
    ),
    "name with a space": (
        '[[organisations]]\nname = "a b"',
        ["organisations.1.name = 'a b'", "letters, digits, - and _"],
    ),
    "no name": (f"{TWO}[[organisations]]\ntitle = 'x'", ["organisations.3.name: missing", "in quotes"]),
    "an organisation named twice": (
        f'{TWO}[[organisations]]\nname = "hospital"',
        ["organisations: 'hospital' is named 2 times", "each name once"],
    ),
    "a coordinator named twice": (
        f'{TWO}[[coordinators]]\nname = "Ana"\n[[coordinators]]\nname = "Ana"',
        ["coordinators: 'Ana' is named 2 times"],
    ),
    "a layer named twice": (
        f'{TWO}[[coordinators]]\nname = "Ana"\nlayers = ["board", "board"]',
        ["coordinators.Ana.layers: 'board' is named 2 times"],
    ),
    "host is no organisation": (
        f'{TWO}[[coordinators]]\nname = "Ana"\nhost = "counsil"',
        ["coordinators.Ana.host = 'counsil'", "did you mean 'council'"],
    ),
    "no such strategy": (
        f'{TWO}[[coordinators]]\nname = "Ana"\nattention = "weak"',
        ["coordinators.Ana.attention", "'weak'", "weakest-tie"],
    ),
    "coordinator ends before the start": (
        f'{TWO}[[coordinators]]\nname = "Ana"\nfrom_month = 5\nto_month = 3',
        ["coordinators.Ana.to_month = 3", "after from_month 5"],
    ),
    "coordinator of no layer": (
        f'{TWO}[[coordinators]]\nname = "Ana"\nlayers = []',
        ["coordinators.Ana.layers: at least one layer"],
    ),
    "intervention that ends as it begins": (
        f'{TWO}[[interventions]]\nlever = "cross_links"\nvalue = 2\nfrom_month = 5\nto_month = 5',
        ["interventions.1.to_month = 5", "after from_month 5"],
    ),
    "no such lever": (
        f'{TWO}[[interventions]]\nlever = "delegated_autority"\nvalue = 1',
        ["interventions.1.lever = 'delegated_autority'", "did you mean 'delegated_authority'"],
    ),
    "lever out of its own range": (
        f'{TWO}[[interventions]]\nlever = "delegated_authority"\nvalue = 3',
        ["interventions.1.value = 3", "between 0 and 1"],
    ),
    "intervention after the end": (
        f'{TWO}[[interventions]]\nlever = "delegated_authority"\nvalue = 1\nfrom_month = 120',
        ["interventions.1.from_month = 120", "ends with month 119"],
    ),
    "event after the end": (
        f'{TWO}[[events]]\ntype = "common_crisis"\nmonth = 120',
        ["events.1.month = 120", "ends with month 119"],
    ),
    "event to nobody": (
        f'{TWO}[[events]]\ntype = "leader_leaves"\nmonth = 1',
        ["events.1.organisation: missing", "leader_leaves"],
    ),
    "one of few words": (
        f'{TWO}[decision]\nrule = "stakes"',
        ["decision.rule = 'stakes'", "'stake', 'conditional'"],
    ),
    "lead without organisation": (
        f"{TWO}[lead]\nauthority = 0.5",
        ["lead.authority = 0.5", "lead.organisation"],
    ),
    "calendar in words": (f'calendar_start = "May"\n{TWO}', ["calendar_start = 'May'", "as in '1998-04'"]),
    "one organisation": ('[[organisations]]\nname = "a"', ["organisations: 1 given", "2 to 50"]),
    "51 organisations": (
        "".join(f'[[organisations]]\nname = "a{k}"\n' for k in range(51)),
        ["organisations: 51 given", "2 to 50"],
    ),
    "51 drawn": ("[drawn]\nn_organisations = 51", ["drawn.n_organisations = 51", "between 2 and 50"]),
    "named and drawn": (f"{TWO}[drawn]", ["drawn", "not both"]),
    "no organisations": ("months = 60", ["organisations: missing", "[[organisations]]", "[drawn]"]),
    "empty": ("", ["is empty", "[[organisations]]"]),
    "comments only": ("# nothing\n\n", ["is empty"]),
    "newer format": (f"format = 2\n{TWO}", ["format = 2", "newer partnersim", "format 1"]),
    "text without quotes": (
        f"\ntitle = Torbay # a place\n{TWO}",
        ["line 2", "title = Torbay", 'text stands in quotes: "Torbay"'],
    ),
    "Python's True": (f"{TWO}[mechanisms]\nbridging = True", ["line 6", "write true"]),
    "number without a zero": (f"luck = .5\n{TWO}", ["line 1", "luck = .5", "write 0.5"]),
    "quote never closed": (f'title = "x\n{TWO}', ["line 1", 'title = "x']),
    "bracket never closed": ("domains = [", ["at its end", "close what was opened"]),
    "key twice": (f"months = 3\nmonths = 4\n{TWO}", ["line 2", "months = 4", "overwrite"]),
    "nested beyond reason": ("a = " + "[" * 5000, ["nested too deeply"]),
    "key of many parts": (".".join("a" * 400_000) + " = 1", ["nested too deeply"]),
    "number beyond reason": (f"months = {'9' * 5000}", ["too many digits"]),
    "large number": (f"months = {'9' * 500}\n{TWO}", ["months = 999", "at most 38 digits"]),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_file_key_value_and_remedy(mistake: str) -> None:
    text, wanted = MISTAKES[mistake]
    assert refusal(text).startswith("place.toml: ")
    check_line(refusal(text), wanted)


def test_several_mistakes_are_told_in_five_lines() -> None:
    message = refusal(TWO + "".join(f"wrong_{k} = {k}\n" for k in range(7)))
    lines = message.splitlines()
    assert lines[0] == "place.toml: 7 things are wrong:"
    assert len(lines) == 5
    assert "organisations.council.wrong_2 = 2" in lines[3]
    assert lines[4] == "  and 4 more"


@pytest.mark.parametrize(
    "text",
    [
        TWO + "\n".join(f"k{number} = 1" for number in range(50_000)),
        "\n".join(f'[[organisations]]\nname = "a{number}"' for number in range(10_000)),
        TWO + '[[events]]\ntype = "funding_cut"\nmonth = 1\norganisation = "x"\n' * 5_000,
        f'title = "{"x" * 900_000}"\n{TWO}',
        f"{TWO}title = {'x' * 900_000}",
    ],
)
def test_many_mistakes_are_told_as_fast_as_few(text: str) -> None:
    # Of this process, and against a file that is only read: neither the speed of this machine nor
    # what else it does counts.
    begin = time.process_time()
    tomllib.loads("\n".join(f"k{number} = 1" for number in range(50_000)))
    read = time.process_time()
    message = refusal(text)
    assert time.process_time() - read < 20 * (read - begin)  # twice, at the most, when written
    assert message.count("\n") <= 4


def test_mistakes_that_only_show_together_are_all_told() -> None:
    message = refusal(f'{TWO}[[coordinators]]\nname = "Ana"\nhost = "x"\n[lead]\norganisation = "y"')
    assert "coordinators.Ana.host = 'x'" in message
    assert "lead.organisation = 'y'" in message


def test_a_long_value_is_cut() -> None:
    message = refusal(f'{TWO}[lead]\norganisation = "{"x" * 1900}"')
    assert len(message) < 400
    assert "there are hospital, council" in message


# --- Files ---------------------------------------------------------------------------------------


def refused(source: str | Path) -> str:
    """What is said of a name or path."""
    message = said_by(Scenario.load, source)
    assert message.count("\n") == 0
    return message


def test_a_file_is_read_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.toml").write_text(TWO, encoding="utf-8")
    (tmp_path / "mine").write_text(TWO, encoding="utf-8")
    (tmp_path / "torbay").mkdir()
    monkeypatch.chdir(tmp_path)
    assert (
        Scenario.load(tmp_path / "mine.toml")
        == Scenario.load("mine.toml")
        == Scenario.load("./mine.toml")
        == Scenario.loads(TWO)
    )
    assert Scenario.load("mine") == Scenario.loads(TWO)
    assert Scenario.load("torbay").calendar_start, "a folder does not hide the packaged scenario"


def test_a_file_from_windows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + TWO.replace("\n", "\r\n").encode())
    assert Scenario.load(path) == Scenario.loads(TWO)


def test_a_mistake_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f"months = 0\n{TWO}", encoding="utf-8")
    assert refused(path).startswith(f"{path}: months = 0: ")
    path.write_text("", encoding="utf-8")
    assert refused(path).startswith(f"{path}: is empty")


def test_a_name_that_is_not_packaged_gets_the_nearest() -> None:
    assert "'torbya'" in refused("torbya")
    assert "did you mean 'torbay'" in refused("torbya")
    assert "did you mean 'integrated-care'" in refused("Integrated_Care")
    assert all(name in refused("zzz") for name in PACKAGED)
    assert "no packaged scenario" in refused("")
    assert "no packaged scenario" in refused("a\0b")


def test_a_missing_file_gets_the_nearest_packaged_name(tmp_path: Path) -> None:
    message = refused(tmp_path / "canterbry.toml")
    assert "no such file" in message
    assert "did you mean 'canterbury'" in message


def test_a_directory_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "is a directory" in refused(tmp_path)
    monkeypatch.chdir(tmp_path.parent)
    assert "is a directory" in refused(tmp_path.name)


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n\0\0", "title = 'é'".encode("utf-16"), b"\0\0\0", b"\xff" * 9]
)
def test_a_binary_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    assert re.search("not text in UTF-8|binary file", refused(path))
    assert "TOML text file" in refused(path)


def test_a_file_of_100_megabytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    assert "too large for a scenario; at most 1 MB" in refused(path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device here")
def test_a_device_without_end_is_refused() -> None:
    assert "too large" in refused("/dev/zero")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TWO, encoding="utf-8")
    path.chmod(0)
    assert "cannot be read" in refused(path)


def test_a_path_with_a_nul_is_refused() -> None:
    assert "not the path of a file" in refused("a/\0")


def test_reading_loads_nothing_heavy() -> None:
    code = (
        "import sys; from partnersim import Scenario; Scenario.load('torbay'); "
        "print([m for m in ('numba', 'pandas', 'numpy', 'tomlkit') if m in sys.modules])"
    )
    assert printed_by("-c", code) == "[]\n"


# --- Writing -------------------------------------------------------------------------------------


def test_only_what_differs_from_the_defaults_is_written_in_order() -> None:
    scenario = replace(
        Scenario.loads(TWO),
        {
            "vision.size": 30.0,
            "title": 'A "place"',
            "coordinators": [{"name": "Ana", "attention": "weakest-tie", "skill": 0.7}],
            "organisations.council.ways_of_working.cross_links": 2,
        },
    )
    assert to_toml(scenario) == (
        'format = 1\ntitle = "A \\"place\\""\n\n'
        '[[organisations]]\nname = "hospital"\n\n'
        '[[organisations]]\nname = "council"\n\n'
        "[organisations.ways_of_working]\ncross_links = 2.0\n\n"
        "[vision]\nsize = 30.0\n\n"
        '[[coordinators]]\nname = "Ana"\nattention = "weakest-tie"\n'
    )
    assert scenario.to_toml() == to_toml(scenario)


def test_a_drawn_place_is_written_even_if_all_is_default() -> None:
    scenario = Scenario(drawn=Drawn())
    assert "[drawn]" in to_toml(scenario)
    assert Scenario.loads(to_toml(scenario)) == scenario


# --- Dotted paths --------------------------------------------------------------------------------

BASE = Scenario.loads(
    f'{TWO}[[coordinators]]\nname = "Ana"\n[[programme.initiatives]]\nsize = 2.0\n'
    "[organisations.ways_of_working]\n"
)


@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        ("months", 60, lambda s: s.months),
        ("ways_of_working.delegated_authority", 0.8, lambda s: s.ways_of_working.delegated_authority),
        ("organisations.council.planning_horizon", 48.0, lambda s: s.organisations[1].planning_horizon),
        ("organisations.2.planning_horizon", 48.0, lambda s: s.organisations[1].planning_horizon),
        ("organisations.hospital.objectives", {"prevention": 1.0}, lambda s: s.organisations[0].objectives),
        (
            "organisations.council.ways_of_working.cross_links",
            3.0,
            lambda s: s.organisations[1].ways_of_working.cross_links,
        ),
        ("coordinators.Ana.skill", 0.2, lambda s: s.coordinators[0].skill),
        ("coordinators.Ana.attention", "anyone", lambda s: s.coordinators[0].attention),
        ("coordinators.Ana.host", "council", lambda s: s.coordinators[0].host),
        ("coordinators.Ana.host", "", lambda s: s.coordinators[0].host),
        ("coordinators", [], lambda s: s.coordinators),
        ("programme.initiatives.1.size", 5.0, lambda s: s.programme.initiatives[0].size),
        ("domains.1", "winter", lambda s: s.domains[0]),
        ("mechanisms.trust_frozen", True, lambda s: s.mechanisms.trust_frozen),
    ],
)
def test_a_dotted_path_leads_to_its_value(path: str, value: Any, found: Any) -> None:
    before = BASE.model_copy(deep=True)
    changed = replace(BASE, {path: value})
    assert found(changed) == value
    assert before == BASE, "the scenario itself stays as it is"
    assert replace(changed, {path: found(BASE)}) == BASE


def test_organisations_drawn_are_set_by_their_diversity() -> None:
    assert replace(Scenario.load("drawn"), {"drawn.n_organisations": 3}).n_organisations == 3


def test_what_is_optional_can_be_left_out_again() -> None:
    path = "organisations.council.ways_of_working.cross_links"
    own = replace(BASE, {path: 3.0})
    assert replace(own, {path: ""}) == replace(own, {path: None}) == BASE
    drawn = Scenario.load("drawn")
    named = replace(drawn, {"drawn": "", "organisations": [{"name": "a"}, {"name": "b"}]})
    assert named.drawn is None
    hosted = replace(BASE, {"coordinators.Ana.host": "council"})
    assert replace(hosted, {"coordinators.Ana.host": None}) == BASE


def test_changes_apply_one_after_the_other_and_are_checked_together() -> None:
    changed = replace(
        BASE,
        {
            "coordinators": [Coordinator(name="Ben"), {"name": "Cy"}],
            "coordinators.Ben.skill": 0.1,
            "organisations.council.objectives.prevention": 0.5,
            "organisations.council.objectives.independence": 0.5,
        },
    )
    assert [(c.name, c.skill) for c in changed.coordinators] == [("Ben", 0.1), ("Cy", 0.7)]


def test_values_from_numpy_are_taken_as_plain_numbers() -> None:
    values = {"months": np.int64(60), "luck": np.float64(0.5), "mechanisms.bridging": np.bool_(False)}
    changed = replace(BASE, values)
    assert changed == replace(BASE, {"months": 60, "luck": 0.5, "mechanisms.bridging": False})
    assert type(changed.luck) is float


def test_replace_of_a_scenario_takes_keywords_too() -> None:
    assert BASE.replace({"luck": 0.0}, months=60) == replace(BASE, {"luck": 0.0, "months": 60})


@pytest.mark.parametrize(
    ("path", "value", "wanted"),
    [
        ("ways_of_working.delegated", 0.8, ["delegated = 0.8", "'delegated_authority'"]),
        ("delegated_authority", 0.8, ["did you mean 'ways_of_working.delegated_authority'"]),
        ("organisations.counsil.capacity", 1.0, ["no member 'counsil'", "did you mean 'council'"]),
        ("organisations.3.capacity", 1.0, ["no member '3'", "hospital, council"]),
        ("organisations.council.capcity", 1.0, ["organisations.council.capcity", "'capacity'"]),
        ("coordinators.ana.skill", 0.5, ["no member 'ana'", "did you mean 'Ana'"]),
        ("programme.initiatives.2.size", 1.0, ["has members 1 to 1"]),
        ("events.1.month", 3, ["events is empty", "events=[{...}]"]),
        ("months.x", 3, ["months.x = 3", "has no parts"]),
        ("months.*", 3, ["months.* = 3", "a star stands for the members of a list"]),
        ("interventions.*.from_month", 5, ["interventions.*.from_month = 5", "stands for nothing"]),
        ("organisations.*.trust", 0.5, ["organisations.*.trust = 0.5", "no such key"]),
        ("", 3, ["no such key"]),
        ("vision..size", 3, ["no such key"]),
        ("months", "x", ["months = 'x'", "whole number between 1 and 600 months"]),
        ("months", True, ["months = true", "whole number"]),
        ("luck", float("nan"), ["luck = nan", "between 0 and 1"]),
        ("coordinators.Ana.host", "x", ["coordinators.Ana.host = 'x'", "hospital, council"]),
        ("organisations", 3, ["organisations = 3", "[[organisations]]"]),
        ("coordinators", [{"name": "Ana", "skil": 1}], ["coordinators.Ana.skil = 1", "'skill'"]),
        ("coordinators", [{}], ["coordinators.1.name: missing"]),
        ("drawn.n_organisations", 3, ["not both"]),
    ],
)
def test_a_wrong_path_or_value_is_told(path: str, value: Any, wanted: list[str]) -> None:
    check_line(said_by(replace, BASE, {path: value}), wanted)


def test_a_star_in_a_path_is_all_members_of_a_list() -> None:
    names = [o.name for o in BASE.organisations]
    each = {f"organisations.{name}.interdependence": 0.9 for name in names}
    assert replace(BASE, {"organisations.*.interdependence": 0.9}) == replace(BASE, each) != BASE
    assert spell_out(BASE, "organisations.*.capacity") == [f"organisations.{name}.capacity" for name in names]
    assert spell_out(BASE, "trust.deeds") == ["trust.deeds"]
    assert spell_out(BASE, "interventions.*.from_month") == []
    with pytest.raises(ScenarioError, match="a star stands for"):
        spell_out(BASE, "programme.*.size")
    weights = replace(Scenario.load("integrated-care"), {"organisations.*.targets.*.weight": 0.5})
    assert {t.weight for o in weights.organisations for t in o.targets} == {0.5}
    path = "organisations.*.planning_horizon"
    assert find_setting(replace(BASE, {path: 30.0}), path).value == 30.0
    apart = replace(BASE, {path: 30.0, f"organisations.{names[0]}.planning_horizon": 60.0})
    assert apart.organisations[0].planning_horizon == 60.0
    assert find_setting(apart, path).value is None


def test_first_months_leave_out_what_comes_later() -> None:
    torbay = Scenario.load("torbay")
    early = first_months(torbay, 80)
    assert (early.months, early.events) == (80, [])
    assert [i.title for i in early.interventions] == ["Brixham pilot: one integrated team"]
    assert first_months(torbay, 144) == torbay
    with pytest.raises(ScenarioError, match="months = 0: must be"):
        first_months(torbay, 0)


# --- Assignments and arms ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("months=60", "months", 60),
        (" months = 60 ", "months", 60),
        ("vision.size=1e2", "vision.size", 100.0),
        ('lead.organisation="council"', "lead.organisation", "council"),
        ('lead.organisation=""', "lead.organisation", ""),
        ("mechanisms.bridging=false", "mechanisms.bridging", False),
        (
            'coordinators=[{name="Ana", host="council", impartiality=0.9}]',
            "coordinators",
            [{"name": "Ana", "host": "council", "impartiality": 0.9}],
        ),
        ("title='a = b; c'", "title", "a = b; c"),
    ],
)
def test_an_assignment_is_a_path_and_a_value(text: str, key: str, value: Any) -> None:
    assert parse_assignment(text) == (key, value)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ["no '='", "KEY=VALUE"]),
        ("months", ["months", "no '='"]),
        ("=3", ["is no key"]),
        ("a b=3", ["is no key"]),
        ("months=", ["months=", "no value", '""']),
        ("lead.organisation=council", ['text stands in quotes: "council"']),
        ("attention=weakest-tie", ['"weakest-tie"']),
        ("mechanisms.bridging=True", ["write true"]),
        ("luck=.5", ["write 0.5"]),
        ("luck=-.5", ["write -0.5"]),
        ("luck=1.", ["write 1.0"]),
        ("drawn=None", ['""']),
        ("coordinators=[{name=", ["not a value"]),
        ("months=1\nluck=0", ["more than one value"]),
        ("months=1\n[vision]", ["more than one value"]),
        ("months=" + "[" * 5000, ["nested too deeply"]),
        ("months=" + "9" * 5000, ["not a value"]),
    ],
)
def test_a_wrong_assignment_is_told(text: str, wanted: list[str]) -> None:
    check_line(said_by(parse_assignment, text), wanted, most=300)


def test_an_arm_is_a_name_and_its_changes() -> None:
    text = 'Two of them: coordinators=[{name="a;b"}, {name=\'c:d\'}]; months = 60; title=";";'
    assert parse_arm(text) == (
        "Two of them",
        {"coordinators": [{"name": "a;b"}, {"name": "c:d"}], "months": 60, "title": ";"},
    )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ["no ':'", "NAME: KEY=VALUE"]),
        ("joint", ["no ':'"]),
        ("months=60", ["no ':'"]),
        ('coordinators=[{name="x:y"}]', ["no ':'"]),
        (": months=60", ["needs a name"]),
        ("joint:", ["'joint'", "nothing is set"]),
        ("joint: ;", ["nothing is set"]),
        ("joint: months=60;;luck=1", ["nothing is set"]),
        ("joint: months", ["'joint'", "months: no '='"]),
        ("joint: title=x", ["'joint'", 'text stands in quotes: "x"']),
        ("joint: months=1; months=2", ["months is set twice"]),
        ("a\nb: months=1", ["needs a name"]),
        ("x" * 61 + ": months=1", ["needs a name of 1 to 60 characters"]),
    ],
)
def test_a_wrong_arm_is_told(text: str, wanted: list[str]) -> None:
    check_line(said_by(parse_arm, text), wanted)


def test_ready_arms_are_those_of_the_documentation() -> None:
    remedies = ["joint-away-days", "partnership-managed-teams", "delegated-authority", "challenge"]
    coordinators = ["coordinator", "no-coordinator", "hosted-coordinator"]
    assert list(READY_ARMS) == [*coordinators, *remedies, "all-remedies"]
    assert all(ready.name == name for name, ready in READY_ARMS.items())
    assert all(ready.sentence.endswith(".") for ready in READY_ARMS.values())


def test_coordinator_arms_replace_those_there_are() -> None:
    torbay = Scenario.load("torbay")
    name, one = arm(torbay, "coordinator")
    assert name == "coordinator"
    assert one.coordinators == [Coordinator(name="coordinator")]
    assert arm(torbay, "no-coordinator")[1].coordinators == []
    (hosted,) = arm(Scenario.load("drawn"), " hosted-coordinator ")[1].coordinators
    assert (hosted.host, hosted.impartiality) == ("organisation-1", 0.7)
    assert arm(torbay, "hosted-coordinator")[1].coordinators[0].host == "acute_trust"


@pytest.mark.parametrize(
    ("name", "lever"),
    [
        ("joint-away-days", "joint_away_days"),
        ("partnership-managed-teams", "partnership_managed_teams"),
        ("delegated-authority", "delegated_authority"),
        ("challenge", "issue_avoidance"),
    ],
)
def test_a_remedy_moves_one_lever_for_all_and_leaves_the_timeline(name: str, lever: str) -> None:
    own = {f"organisations.council.ways_of_working.{each}": 1.0 for each in LEVERS}
    before = replace(Scenario.load("torbay"), own)
    _, after = arm(before, name)
    begun = after.interventions[len(before.interventions) :]
    assert begun == [Intervention(lever=lever, value=REMEDIES[lever])]
    assert after == before.model_copy(update={"interventions": [*before.interventions, *begun]})


def test_all_remedies_are_the_four_together() -> None:
    base = Scenario.load("integrated-care")
    together = base
    for name in ("joint-away-days", "partnership-managed-teams", "delegated-authority", "challenge"):
        _, together = arm(together, name)
    at_once = arm(base, "all-remedies")[1]
    by_lever = sorted(together.interventions, key=lambda change: LEVERS.index(change.lever))
    assert at_once == together.model_copy(update={"interventions": by_lever})


def test_an_arm_of_ones_own() -> None:
    name, scenario = arm(BASE, "Short: months=60; luck=0.5")
    assert (name, scenario) == ("Short", replace(BASE, {"months": 60, "luck": 0.5}))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("cordinator", ["'cordinator'", "did you mean 'coordinator'"]),
        ("zzz", ["coordinator, no-coordinator", "NAME: KEY=VALUE"]),
        ("", ["NAME: KEY=VALUE"]),
        ("months=3", ["no ':'"]),
        ("Short: months=0", ["arm 'Short'", "months = 0", "between 1 and 600 months"]),
        ("Short: mnths=3", ["arm 'Short'", "did you mean 'months'"]),
    ],
)
def test_an_arm_that_cannot_be_is_told(text: str, wanted: list[str]) -> None:
    check_line(said_by(arm, BASE, text), wanted)


# --- Reference and schema ------------------------------------------------------------------------


def test_each_thing_that_can_be_set_is_listed_once_with_unit_source_and_meaning() -> None:
    rows = parameters()
    assert len({row.path for row in rows}) == len(rows) > 150
    for row in rows:
        assert row.unit, row.path
        assert row.source, row.path
        assert row.meaning.endswith("."), row.path
        if isinstance(row.default, int | float) and not isinstance(row.default, bool):
            assert row.low is not None and row.high is not None, row.path
            assert row.low <= row.default <= row.high, row.path


def test_listed_paths_can_be_set() -> None:
    full = replace(Scenario.load("torbay"), {"programme.initiatives": [{}], "coordinators": [{"name": "a"}]})
    defaults = {row.path: row.default for row in parameters()}
    for path, default in defaults.items():
        is_unset = default in (None, "required") or path.startswith("drawn")
        if not is_unset and path != "organisations":
            path = path.replace("organisations.<name>", "organisations.council")
            replace(full, {path.replace("<name>", "a").replace("<number>", "1"): default})


def test_the_reference_shows_every_parameter() -> None:
    text = parameters_markdown()
    for row in parameters():
        assert f"| `{row.path.rpartition('.')[2]}` |" in text
    reference, constants = text.split("| constant | value | meaning |")
    for part, n_bars in ((reference, 7), (constants, 4)):
        rows = [line for line in part.splitlines() if line.startswith("|")]
        assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows} == {n_bars}
    assert "## `organisations.<name>.ways_of_working`" in text


def test_the_schema_describes_every_key() -> None:
    schema = json_schema()
    assert "$id" not in schema
    for name, model in {"": schema, **schema["definitions"]}.items():
        for key, declared in model["properties"].items():
            described = declared.get("description") or "allOf" in declared
            assert described, f"{name}.{key}"
    assert "null" not in re.findall(r"'type': '(\w+)'", str(schema))


@pytest.mark.parametrize("name", PACKAGED)
def test_the_schema_accepts_packaged_scenarios(name: str) -> None:
    jsonschema.Draft7Validator.check_schema(json_schema())
    jsonschema.Draft7Validator(json_schema()).validate(tomllib.loads(packaged_text(name)))


SCHEMA_MISTAKES = [
    "unknown key",
    "unknown key deep inside",
    "text for a number",
    "number for a list of tables",
    "out of range for one",
    "no months",
    "no such lever",
    "no such strategy",
    "no name",
]


@pytest.mark.parametrize("mistake", SCHEMA_MISTAKES)
def test_the_schema_finds_mistakes_of_name_type_and_range(mistake: str) -> None:
    assert not jsonschema.Draft7Validator(json_schema()).is_valid(tomllib.loads(MISTAKES[mistake][0]))


# --- One reader, and one place that words a value -----------------------------------------------


class Speechless:
    """Something that cannot even say what it is."""

    def __str__(self) -> str:
        raise KeyError


def test_any_value_can_be_worded() -> None:
    worded: list[tuple[Any, str]] = [
        (10**5000, "a huge number"),
        ({1: 10**5000}, "{...}"),
        ({10**5000}, "a set"),
        ("\ud800" * 10**6, r"'\ud800"),
        ("a\nb\x1b", r"'a\nb\x1b'"),
        (Speechless(), "a Speechless"),
        (True, "true"),
        (1e400, "inf"),
    ]
    for value, words in worded:
        assert shown(value).startswith(words)
        assert len(shown(value)) <= 60
        assert shown(value).isprintable()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "is nested too deeply to be a sweep"),
        ('{"a": ' * 51 + "1" + "}" * 51, "is nested too deeply to be a sweep"),
        ("{", "line 1, column 2: not JSON, expecting property name"),
        (f'{{"a":\n{"9" * 5000}}}', "line 2: holds a number with too many digits"),
        ('{"a": [1, 1%s]}' % ("0" * 400), "a.2 = 1000"),
        ('{"a": "\\ud800"}', "a: has half a character in it"),
        (b"\xff", "is not text in UTF-8, see byte 1"),
    ],
)
def test_json_is_read_as_toml_is(text: str | bytes, said: str) -> None:
    with pytest.raises(ScenarioError, match=re.escape(f"sweep.json: {said}")):
        parse_json(text, "sweep.json", "sweep")
