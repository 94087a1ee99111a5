"""Pictures: well-formed, escaped, readable from the back row, and true to their numbers."""

import re
from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np
import pytest

from partnersim.app import draw
from partnersim.app.draw import Bet, Stroke
from partnersim.app.sentences import Sides, why
from partnersim.app.words import words
from partnersim.app.world import Appointment, World, compare_hundred
from partnersim.figures import Picture, palette
from partnersim.figures.chance import pick_dots
from partnersim.figures.layout import shorten, text_width, wrap
from partnersim.figures.steps import STEPS

WORDS = words()
SVG = "{http://www.w3.org/2000/svg}"
PLACE = World()
TWIN = PLACE.with_(Appointment(name="ana", title="Ana", skill=0.8))
HOSTILE = "<script>alert('x')</script> & \"😀\""
N = len(PLACE.names)


def network(trust: np.ndarray, titles: list[str]) -> Picture:
    return draw.network(draw.Links(trust, PLACE.names, titles, 24, WORDS))


def make_all(titles: list[str], who: str) -> dict[str, Picture]:
    run = TWIN.run()
    reached, half = compare_hundred(PLACE, TWIN).months_to(0.5), "half of the change"
    strokes = [
        Stroke(f"with {who}", 100 * TWIN.median("change_delivered"), "#28A197"),
        Stroke("without", 100 * PLACE.median("change_delivered"), "#12436D"),
    ]
    bet = Bet((90, 96), (50, 50), "You bet here: 9 of 15")
    return {
        "network": network(run.trust[24], titles),
        "heatmap": draw.heatmap(draw.Links(run.trust[24], PLACE.names, titles, 24, WORDS)),
        "key": draw.key(WORDS),
        "icons": draw.icon_arrays(reached, 96, half, Sides(who), WORDS),
        "dots": draw.dots(reached, 96, 120, half, Sides(who), WORDS),
        "bars": draw.bars(why(PLACE.ledger(), 24, WORDS), WORDS),
        "so far": draw.so_far(strokes, who, WORDS, month=24, size=(594, 208), bet=bet),
        "lines": draw.so_far(strokes, who, WORDS, month=None, size=(1240, 300), has_names=True),
        "guesses": draw.guesses([who, "later"], [3, 9], [60, 40], 0, WORDS),
        # Those that fill the page, for a page of a phone's width.
        "narrow icons": draw.icon_arrays(reached, 96, half, Sides(who), WORDS, width=draw.NARROW),
        "narrow dots": draw.dots(reached, 96, 120, half, Sides(who), WORDS, width=draw.NARROW),
        "narrow guesses": draw.guesses([who, "later"], [3, 9], [60, 40], 0, WORDS, width=draw.NARROW),
    }


@pytest.fixture(scope="module")
def pictures() -> dict[str, Picture]:
    return make_all(PLACE.titles, "Ana")


def texts(picture: Picture) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(picture.svg).iter(f"{SVG}text"))


NAMES = [  # of `make_all`
    "network",
    "heatmap",
    "key",
    "icons",
    "dots",
    "bars",
    "so far",
    "lines",
    "guesses",
    "narrow icons",
    "narrow dots",
    "narrow guesses",
]
INTERACTIVE = ("network", "heatmap", "dots", "narrow dots")


@pytest.mark.parametrize("name", NAMES)
def test_each_is_named_for_those_who_cannot_see_it_and_has_its_table(
    pictures: dict[str, Picture], name: str
) -> None:
    picture = pictures[name]
    root = ElementTree.fromstring(picture.svg)
    assert root.attrib["role"] == ("group" if name in INTERACTIVE else "img")
    assert root.attrib["aria-label"] == picture.title
    assert root.findtext(f"{SVG}title") == picture.title
    (n_rows,) = {len(column) for column in picture.table.values()}
    assert n_rows
    ElementTree.fromstring(draw.table_html(picture.table, "Caption"))


@pytest.mark.parametrize("name", NAMES)
def test_type_can_be_read_from_the_back_row(pictures: dict[str, Picture], name: str) -> None:
    """Panes are drawn for half of 1280 pixels and the others for all of it, so units are pixels."""
    picture = pictures[name]
    width = float(ElementTree.fromstring(picture.svg).attrib["viewBox"].split()[2])
    assert width in (draw.PANE[0], draw.NARROW, draw.WIDE[0])
    assert all(float(text.attrib["font-size"]) >= 24 for text in texts(picture))


def check_that_no_text_leaves(picture: Picture) -> None:
    root = ElementTree.fromstring(picture.svg)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for text in root.iter(f"{SVG}text"):
        size = float(text.attrib["font-size"])
        length = text_width(text.text or "", draw.ARIAL) * size / 24
        x = float(text.attrib["x"])
        anchor = text.attrib.get("text-anchor", "start")
        left = x - {"start": 0, "middle": length / 2, "end": length}[anchor]
        assert left >= -1 and left + length <= width + 1, text.text
        assert size * 0.7 <= float(text.attrib["y"]) <= height, text.text


@pytest.mark.parametrize("name", NAMES)
def test_no_text_leaves_the_picture(pictures: dict[str, Picture], name: str) -> None:
    check_that_no_text_leaves(pictures[name])


def test_what_a_stranger_wrote_is_shown_as_text() -> None:
    for name, picture in make_all([HOSTILE] * N, HOSTILE).items():
        assert "<script" not in picture.svg, name
        assert "<script" not in draw.table_html(picture.table, HOSTILE), name
        ElementTree.fromstring(picture.svg)


def test_each_half_of_a_line_belongs_to_the_one_who_trusts() -> None:
    trust = np.full((N, N), 0.1)
    trust[0, 1], trust[1, 0] = 0.9, 0.5
    np.fill_diagonal(trust, np.nan)
    root = ElementTree.fromstring(network(trust, PLACE.titles).svg)
    paths = {path.attrib.get("id"): path for path in root.iter(f"{SVG}path")}
    first = paths[f"link-{PLACE.names[0]}-{PLACE.names[1]}"]
    second = paths[f"link-{PLACE.names[1]}-{PLACE.names[0]}"]
    assert (first.attrib["class"], second.attrib["class"]) == ("ps-step-4", "ps-step-3")
    nodes = [node.attrib for node in root.iter(f"{SVG}circle")]
    begin, middle = re.findall(r"[ML]([\d.]+) ([\d.]+)", first.attrib["d"])
    assert [*map(float, begin)] == [float(nodes[0]["cx"]), float(nodes[0]["cy"])]
    assert middle == re.findall(r"[ML]([\d.]+) ([\d.]+)", second.attrib["d"])[1]


def test_strong_trust_is_drawn_over_weak() -> None:
    trust = np.random.default_rng(1).random((N, N))
    svg = network(trust, PLACE.titles).svg
    drawn = [int(step) for step in re.findall(r'class="ps-step-(\d)"', svg)]
    assert drawn == sorted(drawn)
    assert len(set(drawn)) > 1


def test_the_absent_have_no_lines_and_are_named_as_absent() -> None:
    trust = np.full((N, N), 0.5)
    np.fill_diagonal(trust, np.nan)
    trust[2], trust[:, 2] = np.nan, np.nan
    picture = network(trust, PLACE.titles)
    assert f'id="link-{PLACE.names[2]}-{PLACE.names[0]}" class="ps-step-none"' in picture.svg
    assert f"{PLACE.titles[2]} is not a member now" in picture.svg
    assert len(picture.table["Whom"]) == (N - 1) * (N - 2)


def test_frames_give_the_classes_that_the_picture_of_that_month_has() -> None:
    trust = TWIN.run().trust
    ids, frames = draw.frames(trust, PLACE.names, "left-")
    assert len(frames) == len(trust)
    for month in (0, 37, 120):
        links = draw.Links(trust[month], PLACE.names, PLACE.titles, month, WORDS, "left-")
        svg = draw.network(links).svg
        drawn = dict(re.findall(r'<path id="([^"]+)" class="([^"]+)"', svg))
        signs = ["none" if sign == "-" else sign for sign in frames[month]]
        assert dict(zip(ids, (f"ps-step-{sign}" for sign in signs), strict=True)) == drawn


def test_every_cell_of_the_heatmap_can_be_reached_and_says_who_trusts_whom() -> None:
    trust = TWIN.run().trust[24]
    links = draw.Links(trust, PLACE.names, PLACE.titles, 24, WORDS)
    root = ElementTree.fromstring(draw.heatmap(links).svg)
    cells = [link.attrib for link in root.iter(f"{SVG}a")]
    assert len(cells) == N * (N - 1)
    assert {cell["data-link"] for cell in cells} == {
        f"{a}>{b}" for a in PLACE.names for b in PLACE.names if a != b
    }
    assert all(cell["href"].startswith("#") for cell in cells)
    first = cells[0]["aria-label"]
    assert first.startswith(f"{PLACE.titles[0]} has ")
    assert first.endswith(f"{100 * trust[0, 1]:.0f}")


def test_icons_are_as_many_as_got_there_in_time() -> None:
    without = np.array([*np.full(30, 40.0), *np.full(70, np.nan)])
    with_ = np.array([*np.full(45, 96.0), *np.full(55, 97.0)])
    picture = draw.icon_arrays((without, with_), 96, "half", Sides("Ana"), WORDS)
    circles = list(ElementTree.fromstring(picture.svg).iter(f"{SVG}circle"))
    full = [circle for circle in circles if circle.attrib["fill"] != palette.PAPER]
    assert (len(circles), len(full)) == (200, 75)
    assert picture.table["In time"] == [30, 45]
    assert "30 of 100 without, 45 of 100 with Ana" in picture.title


def test_fifty_dots_stand_for_the_middle_of_equal_parts() -> None:
    values = np.array([*np.arange(90.0), *np.full(10, np.nan)])
    picked = pick_dots(np.random.default_rng(1).permutation(values))
    assert len(picked) == 50
    assert np.isnan(picked).sum() == 5
    np.testing.assert_array_equal(picked[:45], np.arange(90.0)[1::2])


def dots_of(root: ElementTree.Element) -> list[ElementTree.Element]:
    return [dot for dot in root.iter(f"{SVG}circle") if dot.attrib.get("class") == "ps-dot"]


def test_a_dot_is_full_where_it_is_in_time_and_the_deadline_stands_at_its_month() -> None:
    months = np.linspace(10, 118, 100)
    picture = draw.dots((months, months + 1), 60, 120, "half", Sides("Ana"), WORDS)
    root = ElementTree.fromstring(picture.svg)
    for dot in dots_of(root):
        is_full = dot.attrib["fill"] != palette.PAPER
        assert is_full == (float(dot.attrib["data-month"]) <= 60)
    (deadline,) = (g for g in root.iter(f"{SVG}g") if g.attrib.get("class") == "ps-deadline")
    left, unit, month = (float(deadline.attrib[f"data-{key}"]) for key in ("left", "unit", "month"))
    line = next(deadline.iter(f"{SVG}path")).attrib["d"]
    assert float(re.findall(r"M([\d.]+)", line)[0]) == pytest.approx(left + 60 * unit, abs=0.1)
    assert month == 60
    for dot in dots_of(root):
        if float(dot.attrib["data-month"]) <= 60:
            assert float(dot.attrib["cx"]) < left + 60 * unit, "in time, and right of the deadline"


def test_no_two_dots_cover_each_other() -> None:
    months = np.full(100, 50.0)
    picture = draw.dots((months, np.full(100, np.nan)), 60, 120, "half", Sides("Ana"), WORDS)
    dots = dots_of(ElementTree.fromstring(picture.svg))
    places = {(dot.attrib["cx"], dot.attrib["cy"]) for dot in dots}
    assert len(places) == len(dots) == 100
    assert all(float(dot.attrib["r"]) > 0 for dot in dots)
    assert all(26 < float(dot.attrib["cy"]) < 302 for dot in dots), "as high as there is room"


def test_signed_bars_point_their_way_and_end_with_the_sum() -> None:
    found = why(PLACE.ledger(), 24, WORDS)
    root = ElementTree.fromstring(draw.bars(found, WORDS).svg)
    rects = list(root.iter(f"{SVG}rect"))
    values = [*(bar.tenths for bar in found.bars), found.total]
    assert len(rects) == len(values)
    for rect, value in zip(rects, values, strict=True):
        x, width = float(rect.attrib["x"]), float(rect.attrib["width"])
        assert x == draw.PANE[0] / 2 if value >= 0 else x + width == pytest.approx(draw.PANE[0] / 2, abs=0.2)
    widths = [float(rect.attrib["width"]) for rect in rects]
    np.testing.assert_allclose(widths, np.abs(values) * max(widths) / max(map(abs, values)), atol=0.1)


def line(name: str, values: np.ndarray) -> Stroke:
    return Stroke(name, values, "#12436D")


def test_lines_stand_where_their_numbers_are_and_up_to_now_only() -> None:
    values = np.linspace(0, 80, 121)
    picture = draw.so_far([line("a", values)], "T", WORDS, month=30, size=(620, 218))
    root = ElementTree.fromstring(picture.svg)
    path = max(re.findall(r'd="(M[^"]+)"', picture.svg), key=len)
    points = np.array([list(map(float, p.split())) for p in path[1:].split("L")])
    assert len(points) == 121
    np.testing.assert_allclose(np.diff(points[:, 0]), np.diff(points[:, 0]).mean(), atol=0.11)
    top = min(float(y) for y in re.findall(r'y="([\d.]+)"[^>]*>80<', picture.svg))
    assert points[-1, 1] == pytest.approx(top - 8.9, abs=0.2)
    clip = root.find(f".//{SVG}clipPath/{SVG}rect")
    assert clip is not None
    assert float(clip.attrib["x"]) + float(clip.attrib["width"]) == pytest.approx(points[30, 0], abs=0.1)
    whole = draw.so_far([line("a", values)], "T", WORDS, month=None, size=(620, 218))
    assert "clip" not in whole.svg


@pytest.mark.parametrize(
    ("bet", "x", "y"),
    [
        (Bet((60, 90), (40, 40), "Bet"), (60, 90), (40, 40)),
        (Bet((60, 60), (20, 30), "Bet"), (60, 60), (20, 30)),
        (Bet((100, np.inf), (40, 40), "Bet"), (100, 120), (40, 40)),
        (Bet((24, 24), (-np.inf, 10), "Bet"), (24, 24), (0, 10)),
        (Bet((24, 24), (-np.inf, np.inf), "Bet"), (24, 24), (0, 80)),
    ],
)
def test_a_bet_lies_where_it_was_placed(bet: Bet, x: tuple[int, int], y: tuple[int, int]) -> None:
    picture = draw.so_far([line("a", np.linspace(0, 80, 121))], "T", WORDS, month=0, size=(620, 218), bet=bet)
    root = ElementTree.fromstring(picture.svg)
    box = root.find(f".//{SVG}g[@class='ps-bet']/{SVG}rect")
    assert box is not None
    left, top, wide, tall = (float(box.attrib[key]) for key in ("x", "y", "width", "height"))
    across = [64 + 536 * month / 120 for month in x]
    up = [178 - 166 * value / 80 for value in y]
    assert (left + wide / 2, top + tall / 2) == pytest.approx((np.mean(across), np.mean(up)), abs=0.2)
    assert wide == pytest.approx(max(across[1] - across[0], 10), abs=0.2)
    assert tall == pytest.approx(max(up[0] - up[1], 10), abs=0.2)
    (said,) = (text for text in texts(picture) if text.text == "Bet")
    assert 20 < float(said.attrib["y"]) < 178, "on the chart, and not on the years"


def test_lines_of_a_place_that_fell_apart_end_where_it_did() -> None:
    strokes = [line("as it is", np.array([40.0] * 13 + [np.nan] * 12)), line("with Ana", np.full(25, 60.0))]
    drawn = draw.so_far(strokes, "Trust", WORDS, month=None, size=(620, 216), has_names=True)
    assert drawn.table["as it is"] == [40, 40, "–"]
    assert drawn.table["with Ana"] == [60] * 3
    assert "nan" not in drawn.svg


def test_long_names_of_lines_stand_in_full_above_them_and_not_on_each_other() -> None:
    names = ["An independent Ana", "Ana, employed by Acute hospital and often acting for it"]
    for size in (draw.WIDE, (draw.PANE[0], 300)):
        lines = [line(name, np.linspace(0, 50, 121)) for name in names]
        picture = draw.so_far(lines, "T", WORDS, month=None, size=size, has_names=True)
        named = [t for t in texts(picture) if t.attrib["font-weight"] == "bold"]
        assert " ".join(t.text or "" for t in named) == " ".join(names)
        heights = sorted(float(t.attrib["y"]) for t in named)
        assert min(np.diff(heights)) >= 24
        drawn = re.findall(r'd="M[\d.]+ ([\d.]+)L[^"]{200}', picture.svg)
        assert len(drawn) == 2
        assert min(map(float, drawn)) > max(heights)


def test_numbers_in_cells_are_those_of_the_month() -> None:
    trust = TWIN.run().trust
    ids, _ = draw.frames(trust, PLACE.names, "a-", "cell")
    frames = draw.numbers(trust)
    for month in (0, 37, 120):
        links = draw.Links(trust[month], PLACE.names, PLACE.titles, month, WORDS, "a-")
        drawn = draw.heatmap(links)
        root = ElementTree.fromstring(drawn.svg)
        numbers = {a.attrib["id"]: a.findtext(f"{SVG}text") for a in root.iter(f"{SVG}a")}
        assert numbers == dict(zip(ids, frames[month].split(","), strict=True))


@pytest.mark.parametrize("function", [draw.network, draw.heatmap])
def test_twelve_organisations_fit(function: Callable[..., Picture]) -> None:
    n = 12
    trust = np.random.default_rng(3).random((n, n)) * 0.99
    np.fill_diagonal(trust, np.nan)
    names = [f"organisation-{k}" for k in range(n)]
    titles = ["Community and mental health trust"] * n
    check_that_no_text_leaves(function(draw.Links(trust, names, titles, 3, WORDS)))


def test_long_text_is_cut_with_a_sign() -> None:
    assert shorten("short", 400) == "short"
    cut = shorten("a very long name of an organisation", 200)
    assert cut.endswith("…") and text_width(cut) <= 200
    assert wrap("one two three four", 82, 2) == ["one", "two…"]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_text_stands_out_from_what_is_behind_it() -> None:
    for step in STEPS:
        assert contrast(step.fill, step.ink) >= 4.5, step.name
        assert contrast(step.line, palette.PAPER) >= 3.0, step.name
    for colour in (*palette.DARK, palette.INK, palette.QUIET):
        assert contrast(colour, palette.PAPER) >= 4.5, colour
    for colour in palette.COLOURS:
        assert contrast(colour, palette.PAPER) >= 3.0, colour
