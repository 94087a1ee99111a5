"""Mesa's SolaraViz shows a partnership, unmodified: rendered here, and once in a real browser."""

import importlib.util
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ipyvuetify as v
import mesa
import numpy as np
import pytest
import solara
from mesa.visualization import Slider, SolaraViz, make_plot_component
from pytest import mark

from partnersim import PartnershipModel, Scenario, figures
from partnersim.mesa.visualization import COMPONENTS, model_parameters, network, over_time, page
from partnersim.scenario.declarations import LEVERS
from tests.browser import expect, free_port
from tests.commands import environment
from tests.places import place
from tests.stores import wait_until

COUNTER = "Time: {}.0" if hasattr(mesa.Model, "run_for") and hasattr(mesa, "time") else "Step: {}"
"""How SolaraViz writes how far a model has come."""


def shows(rc: Any, text: str) -> bool:
    """Whether a line of text is on a page."""
    return len(rc.find(children=[text])) > 0


def press(rc: Any, label: str) -> None:
    """Press a button."""
    rc.find(v.Btn, children=[label]).widget.click()


@contextmanager
def shown(element: Callable[[], Any]) -> Iterator[Any]:
    """Render an element on a page of its own, and close it again."""

    @solara.component
    def Whole() -> None:
        with solara.AppLayout():
            element()

    _, rc = solara.render(Whole(), handle_error=False)
    try:
        yield rc
    finally:
        rc.close()


def test_the_page_steps_and_starts_again() -> None:
    with shown(lambda: page("two-organisations", rng=3)) as rc:
        assert shows(rc, COUNTER.format(0))
        for _ in range(2):
            press(rc, "Step")
        assert shows(rc, COUNTER.format(2)) and not shows(rc, COUNTER.format(0))
        press(rc, "Reset")
        assert shows(rc, COUNTER.format(0))


def test_solara_viz_takes_the_model_with_mesas_own_plots_too() -> None:
    model = PartnershipModel("two-organisations", rng=1, months=3)
    components = [network, make_plot_component(["trust", "contribution"]), over_time("trust")]
    with shown(lambda: SolaraViz(model, components=components, name="Two")) as rc:
        for months in (1, 2, 3):
            press(rc, "Step")
            assert model.month == months
        assert rc.find(v.Btn, children=["Step"]).widget.disabled  # the end has come


def pictures(model: PartnershipModel, monkeypatch: pytest.MonkeyPatch) -> list[figures.Picture]:
    """What all components draw of a model."""
    drawn: list[figures.Picture] = []
    monkeypatch.setattr("partnersim.mesa.visualization._show", drawn.append)
    for component, _ in COMPONENTS:
        component(model)
    return drawn


def test_pictures_say_what_the_model_has_come_to(monkeypatch: pytest.MonkeyPatch) -> None:
    leaves = {"type": "organisation_withdraws", "month": 4, "organisation": "b"}
    model = PartnershipModel(place(4, events=[leaves], months=30), rng=1)
    begin = [picture.title for picture in pictures(model, monkeypatch)]
    assert begin[0].startswith("Trust between organisations at the start: ")
    assert begin[1] == "Change delivered: no month has gone yet"
    model.run_for(30)
    end = pictures(model, monkeypatch)
    assert end[0].title.startswith("Trust between organisations after 30 months: ")
    assert len(end[0].table["trust"]) == 3 * 2  # links of the three who are left
    said = f"Trust after 30 months: {model.now('trust'):.2f} in the one partnership simulated"
    assert end[2].title == said
    np.testing.assert_array_equal(end[2].table["median"], model.series["trust"])


def test_what_can_be_set_beside_the_page_is_as_the_scenario_declares_it() -> None:
    scenario = Scenario.load("torbay")
    offered = model_parameters(scenario, rng=4)
    assert list(offered) == ["scenario", "rng", "months", *(f"ways_of_working.{lever}" for lever in LEVERS)]
    values = {
        name: setting.value if isinstance(setting, Slider) else setting for name, setting in offered.items()
    }
    assert PartnershipModel(**values).scenario == scenario
    assert (offered["ways_of_working.cross_links"].min, offered["rng"].value) == (1.0, 4)


# --- In a real browser --------------------------------------------------------------------------

HAS_ASSETS = importlib.util.find_spec("solara_assets") or (Path(sys.prefix) / "share/solara/cdn").exists()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The page as `solara run` serves it, on loopback only; its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}/"
    command = [sys.executable, "-m", "solara", "run", "partnersim.mesa.visualization"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--no-open", "--production"]
    quiet = environment(SOLARA_TELEMETRY_MIXPANEL_ENABLE="False")
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, env=quiet, stdout=log, stderr=log)
        try:
            wait_until(lambda: answers(address, server), "the server answers")
            yield address
        finally:
            server.terminate()
            server.wait()


def answers(address: str, server: subprocess.Popen[bytes]) -> bool:
    """Whether the server answers yet."""
    assert server.poll() is None, "the server has ended"
    try:
        urllib.request.urlopen(address, timeout=60).close()
    except OSError:
        return False
    return True


@mark.slow
@mark.skipif(not HAS_ASSETS, reason="needs solara-assets")
def test_in_a_browser_without_internet_the_page_shows_network_and_plots(tmp_path: Path, browser: Any) -> None:
    with served(tmp_path) as address:
        screen = browser.new_page(viewport={"width": 1600, "height": 1000})
        refused: list[str] = []
        screen.on("requestfailed", lambda request: refused.append(request.url))
        screen.route(lambda url: not url.startswith(address), lambda route: route.abort())
        screen.goto(address)
        step = screen.get_by_role("button", name="Step", exact=True)
        expect(screen.get_by_text(COUNTER.format(0))).to_be_visible(timeout=120_000)
        images = screen.locator("img[src^='blob:']")
        expect(images).to_have_count(4, timeout=60_000)
        before = [images.nth(at).get_attribute("src") for at in range(4)]
        step.click()
        expect(screen.get_by_text(COUNTER.format(1))).to_be_visible(timeout=60_000)
        for at in range(4):
            expect(images.nth(at)).not_to_have_attribute("src", before[at], timeout=60_000)
        # What is outside is not needed: only solara's own notice to its makers is refused.
        assert not [url for url in refused if url.startswith(address)]
        screen.screenshot(path=tmp_path / "page.png")
        screen.close()
