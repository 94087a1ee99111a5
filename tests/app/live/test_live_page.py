"""The page that runs the model, as Python writes it: its patches, its texts, and nothing from outside."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from partnersim.app.levers import coordinator_choices, front_levers
from partnersim.app.live import page as live
from partnersim.app.live import wasm
from partnersim.app.live.page import Patch, live_page, page_data
from partnersim.app.session import changed
from partnersim.app.words import words
from partnersim.app.world import Change, World
from partnersim.cli.base import app
from partnersim.model.draws import root
from partnersim.model.record import array_of, new_record
from partnersim.model.schedule import simulate
from partnersim.model.series import SERIES
from partnersim.model.state import STATE
from partnersim.scenario.scenario import Scenario
from partnersim.scenario.translate import PARAMETERS, to_parameters

PLACES = ("integrated-care", "torbay", "drawn")
"""One as it is, one with interventions and coordinators of its own, one whose organisations are drawn."""


def record_of(patches: Patch) -> Any:
    """Make the record of parameters that the page makes of its patches."""
    content = bytearray(PARAMETERS.itemsize)
    for offset, text in patches:
        part = base64.b64decode(text)
        content[offset : offset + len(part)] = part
    record = new_record(PARAMETERS)
    array_of(record)[...] = np.frombuffer(bytes(content), PARAMETERS)
    return record


def series_of(parameters: Any, world: World) -> np.ndarray:
    """Run two partnerships with a record of parameters."""
    series = np.empty((2, world.months + 1, len(SERIES)))
    simulate(new_record(STATE), parameters, root(world.seed), 0, series, np.empty((2, world.months + 1, 0)))
    return series


@pytest.mark.parametrize("place", PLACES)
def test_patches_of_several_changes_make_the_scenario_with_all_of_them(place: str) -> None:
    """Each lever moved, and a coordinator of a member: the same runs, bit for bit."""
    world = World(place=place)
    told, levers = page_data(world, words()), front_levers(world.scenario(), words())
    hosted = coordinator_choices(world.scenario(), words())[2].change
    assert hosted is not None
    patches = told["record"] + told["coordinators"][2]["patch"]
    bundle: list[Change] = [hosted]
    for lever, described in zip(levers, told["levers"], strict=True):
        at = len(lever.bands) - 1 - (described["stands"] == len(lever.bands) - 1)
        patches = patches + described["bands"][at]["patch"]
        bundle.append(lever.change(lever.bands[at].value))
    expected = series_of(to_parameters(changed(world, bundle).scenario()), world)
    np.testing.assert_array_equal(series_of(record_of(patches), world), expected)
    as_it_is = series_of(record_of(told["record"]), world)
    np.testing.assert_array_equal(as_it_is, series_of(to_parameters(world.scenario()), world))
    assert not np.array_equal(as_it_is, expected)


def test_no_two_levers_patch_the_same_bytes() -> None:
    told, taken = page_data(World(), words()), set[int]()
    for choices in [*(lever["bands"] for lever in told["levers"]), told["coordinators"]]:
        patches = [patch for choice in choices for patch in choice["patch"]]
        places = {offset + at for offset, text in patches for at in range(len(base64.b64decode(text)))}
        assert places
        assert not places & taken
        taken |= places


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> str:
    """A page without the model, which takes seconds to build."""
    monkeypatch.setattr("partnersim.app.live.wasm.model_as_wasm", lambda: b"\0asm")
    return live_page(World())


def test_the_page_lets_in_its_own_scripts_and_nothing_else(page: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    allowed = dict(rule.split(" ", 1) for rule in policy[1].split("; "))
    digests = {
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    }
    assert set(allowed.pop("script-src").split()) == {*digests, "'wasm-unsafe-eval'"}
    expected = {
        "default-src": "'none'",
        "worker-src": "blob:",
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
    }
    assert allowed == expected | {"base-uri": "'none'", "form-action": "'none'"}
    outside = set(re.findall(r"(?:https?:)?//[a-z][\w.]+", page)) - {"http://www.w3.org"}
    assert outside == set()
    assert "${" not in re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)


def test_one_sentence_says_that_there_is_no_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(wasm, "FOLDER", tmp_path)
    monkeypatch.setattr(wasm, "CACHE_FOLDER", tmp_path)
    monkeypatch.setattr(wasm, "find_spec", lambda name: None)
    written = tmp_path / "page.html"
    ended = CliRunner().invoke(app, ["app", "--export", str(written)])
    assert ended.exit_code == 2, ended.output
    assert " ".join(ended.output.split()).endswith("python -m pip install ziglang")
    assert not written.exists()


def test_every_text_that_the_scripts_say_is_there() -> None:
    texts = page_data(World(), words())["texts"]
    scripts = "".join(files("partnersim.app.live").joinpath(name).read_text("utf-8") for name in live.SCRIPTS)
    said = set(re.findall(rf'"((?:{"|".join(live.TEXTS)})\.[a-z_.]+)"', scripts))
    assert len(said) > 40
    assert said <= set(texts)


def test_names_of_a_stranger_stay_text(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    title = '</script><img src=x onerror="alert(1)">'
    place = Scenario.load("two-organisations")
    names = [one.model_dump() | {"title": title} for one in place.organisations]
    own = World(place="own-place", text=place.replace({"organisations": names}).to_toml())
    page = live_page(own)
    assert "<img" not in page
    assert "onerror" in page  # it is there, as text
