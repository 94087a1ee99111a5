"""What people take home: learning points of this session, a page by itself, files that open."""

import csv
import io
import re
import tomllib
from typing import Any

import numpy as np
import pytest

import partnersim
from partnersim.app import take_home
from partnersim.app.links import to_link
from partnersim.app.pages.rooms import Rooms
from partnersim.app.session import Session, State
from partnersim.app.world import Appointment, Happening, World
from partnersim.runs.results import Comparison
from partnersim.scenario.errors import InputError
from partnersim.scenario.scenario import Scenario

ANA = Appointment(name="ana", title="Ana <b>", skill=0.8)


@pytest.fixture
def session() -> Session:
    """A session with a comparison, a guess, an event and a pledge that is not kind."""
    session = Session(State(world=World(place="two-organisations", replicate=8, seed=4)))
    session.seal(is_sealed=True)
    session.bundle([ANA])
    session.predict([3, 9, 2, 0])
    session.place_bets()
    session.reveal()
    session.seal(is_sealed=False)
    event = Happening.model_validate({"type": "funding_cut", "month": 40, "size": 0.5})
    session.change(event)
    session.pledge("<script>alert(1)</script>")
    return session


def test_three_points_are_drawn_from_this_sessions_own_runs(session: Session) -> None:
    points = take_home.learning_points(session)
    assert len(points) == 3
    assert "with all that we changed" in points[0]
    assert "the median of our 100 pairs" in points[0]
    session.undo()
    assert "with Ana <b> than without" in take_home.learning_points(session)[0]
    assert take_home.learning_points(session) != points


def test_points_say_nothing_that_the_room_has_not_seen() -> None:
    session = Session()
    session.bundle([ANA])
    session.seal(is_sealed=True)
    assert session.is_hidden
    points = take_home.learning_points(session)
    assert len(points) == 3
    assert not any("Ana" in point for point in points)


def test_the_page_needs_nothing_else_and_says_what_it_rests_on(session: Session) -> None:
    page = take_home.summary_page(session, f"http://localhost/?s={to_link(session.state)}")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"(src|@import|url\()", page)
    assert re.findall(r'<a href="([^"]*)"', page) == [f"http://localhost/?s={to_link(session.state)}"]
    assert f"partnersim {partnersim.__version__}. Seed 4, partnership 9 of 100." in page
    assert '<html lang="en">' in page
    assert "Most sizes in the model are assumed" in page
    assert "Money is cut”, in year 4, month 5" in page
    assert "9 of 14 said" in page


def test_the_page_has_a_link_only_where_others_can_open_it(session: Session) -> None:
    page = take_home.summary_page(session)
    assert "<a href" not in page and "<svg" in page.split("</div>")[0]
    assert "a command that opens this session" in page
    linked = take_home.summary_page(session, f"http://192.0.2.7:8765/?s={to_link(session.state)}")
    assert "on the same network, while the program runs there" in linked
    assert "<svg" in take_home._scan("x" * 2953, session.state, session.words)
    assert "more than a QR code holds" in take_home._scan("x" * 2954, session.state, session.words)


def test_what_is_scanned_opens_the_same_session(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    scanned: list[str] = []
    monkeypatch.setattr(take_home, "qr", lambda text, error: scanned.append(text) or "<svg/>")
    take_home.summary_page(session)
    command, app, packed = scanned[0].split(" ")
    assert (command, app) == ("partnersim", "app")
    rooms = Rooms()
    rooms.start_from(packed)
    assert rooms.enter().session.state == session.state
    with pytest.raises(InputError, match="link"):
        rooms.start_from(packed[:-20])


def test_a_list_that_is_too_long_for_the_sheet_says_how_much_is_left_out() -> None:
    texts = Session().words
    assert take_home._fitting(["a", "b"], 3, texts) == (["a", "b"], 1)
    assert take_home._fitting(["a", "b" * 53, "c"], 3, texts) == (
        ["a", "… and 2 more, which the page has no room for"],
        0,
    )


@pytest.mark.slow
def test_the_page_is_one_sheet_of_a4_however_much_was_said(browser: Any) -> None:
    session = Session()
    session.open_story("first")
    assert session.story_shown is not None
    for number in range(len(session.story_shown.screens)):
        session.go_to(number)
        if session.question is not None:
            session.predict([7] * len(session.question.options))
            session.place_bets()
            session.reveal()
    session.go_to(number - 1)
    for month in range(1, 50):
        session.change(Happening.model_validate({"type": "common_crisis", "month": month, "size": 0.1}))
    for number in range(20):
        session.pledge(f"{number}: {'we call each other before we write, and mean it ' * 4}"[:200])
    page = browser.new_page()
    for link in ("", f"http://192.0.2.7:8765/?s={to_link(session.state)}"):
        page.set_content(take_home.summary_page(session, link))
        assert len(re.findall(rb"/Type /Page\b", page.pdf(prefer_css_page_size=True))) == 1
    page.close()


def test_the_page_of_an_empty_session_says_so() -> None:
    page = take_home.summary_page(Session())
    assert "Nothing was changed." in page
    assert "None were written down." in page


def test_the_table_has_this_partnership_and_the_medians_of_our_hundred(session: Session) -> None:
    table = take_home.numbers(session)
    assert len(table) == 5
    row = {heading: column[1] for heading, column in table.items()}
    assert session.with_ is not None
    runs = (session.without.run(), session.with_.run())
    medians = [np.median(arm.measures["change_delivered"]) for arm in session.hundred().arms]
    shares = [*(run.measures["change_delivered"] for run in runs), *medians]
    assert list(row.values())[1:] == [f"{100 * share:.0f} %" for share in shares]


def test_a_milestone_that_half_of_the_runs_missed_is_not_reached() -> None:
    months = np.array([10.0, 20.0, *[np.nan] * 3])
    assert np.isnan(take_home._median(months, "months_to_50"))
    assert take_home._median(months[:3], "months_to_50") == 20.0


def test_worlds_that_both_have_a_coordinator_are_named_in_everything_taken_home() -> None:
    session = Session()
    session.open_story("chief-executives")
    session.go_to(2)
    session.skip_guess()
    names = ("Ana at the boards", "Ana in all layers")
    assert session.sides.names(session.words) == names
    made = {name: make() for name, make in take_home.files(session).items() if name[-3:] != "png"}
    page = made["summary.html"].decode()
    headings = list(take_home.numbers(session))
    for name in names:
        assert sum(name in heading for heading in headings) == 2
        assert name in made["change.svg"].decode()
        assert f'<th scope="col">{name}: ' in page
    assert "ithout" not in made["change.svg"].decode() + "".join(headings)
    assert "Ana in all layers, compared with Ana at the boards" in page
    columns = made["months.csv"].decode().splitlines()[0].split(",")
    assert "trust_Ana_at_the_boards" in columns and "trust_Ana_in_all_layers" in columns


def test_the_title_of_the_picture_names_worlds_that_can_follow_with(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from partnersim import figures

    drawn = []
    change_over_time = figures.change_over_time

    def draw_and_keep(comparison: Comparison) -> object:
        drawn.append(comparison)
        return change_over_time(comparison)

    monkeypatch.setattr(figures, "change_over_time", draw_and_keep)
    take_home.change_png(session)
    assert list(drawn[0].results) == ["things as they were", "all that we changed"]
    assert drawn[0].base == "things as they were"


def test_every_file_opens(session: Session) -> None:
    files = {name: make() for name, make in take_home.files(session).items()}
    assert files["change.png"].startswith(b"\x89PNG")
    for name in ("change.svg", "trust.svg"):
        assert files[name].startswith(b"<svg")
    assert session.with_ is not None
    place = Scenario.loads(files["place.toml"].decode())
    assert place == session.with_.scenario()
    assert tomllib.loads(files["place.toml"].decode())["coordinators"][0]["title"] == "Ana <b>"
    rows = list(csv.DictReader(io.StringIO(files["months.csv"].decode())))
    assert len(rows) == 121
    trust = session.with_.run().series["trust"]
    assert float(rows[60]["trust_all_that_we_changed"]) == pytest.approx(trust[60], rel=1e-5)
    assert rows[5]["speed_all_that_we_changed"] == ""
