"""Figures: titles that are true, words that do not overlap, files that are the same each time."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from functools import cache, partial
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import text_to_path

from partnersim import figures
from partnersim.analysis.effects import MainEffects, find_effects
from partnersim.analysis.luck import VarianceSplit
from partnersim.analysis.sensitivity import Index, Sensitivity
from partnersim.figures import Picture
from partnersim.figures.causes import _title as title_of_causes
from partnersim.figures.layout import spread, text_width, wrap
from partnersim.figures.marks import Disc
from partnersim.figures.marks import Text as Words
from partnersim.figures.palette import NUMBER, TITLE, TYPE
from partnersim.figures.quantities import headline
from partnersim.runs.curve import LEVELS, ArmCurve, Curve
from partnersim.runs.measures import LAST_MONTH_MEASURES, MEASURES, measure, with_derived
from partnersim.runs.results import Comparison, Results
from partnersim.runs.wording import number, of_hundred
from partnersim.scenario.scenario import Scenario

LONG = "Royal Northern Teaching Hospitals Trust 7"
"""As long as names of real organisations get."""


# --- results without a simulation ---------------------------------------------------------------


def make_results(
    pace: float = 0.5, n: int = 60, months: int = 120, luck: float = 0.15, **scenario: object
) -> Results:
    """Runs that deliver about `pace` of the vision in ten years, each with luck of its own."""
    setting = Scenario.model_validate(
        {"title": "Test", "drawn": {"n_organisations": 6}, "months": months, **scenario}
    )
    rng = np.random.default_rng(1)
    gains = rng.gamma(2, 0.5, (n, months)) * rng.uniform(1 - luck * 4, 1 + luck * 4, (n, 1))
    change = np.zeros((n, months + 1))
    change[:, 1:] = pace / 120 * gains.cumsum(axis=1)
    series = {name: 0.4 + 0.05 * change for name in LAST_MONTH_MEASURES}
    series |= {
        "change_delivered": change,
        "outcome": 100 * (1 - 0.3 * change),
        "outcome_alone": np.full_like(change, 110.0),
        "n_members": np.full_like(change, 6.0),
        "initiatives_completed": np.floor(8 * change),
        "months_of_completed": 30 * np.floor(8 * change),
        "planned_months_of_completed": 24 * np.floor(8 * change),
        "cost": 1000 * change + np.arange(months + 1.0),
    }
    measures = measure(series)
    return Results(setting, 1, 0, measures, with_derived(series))


def make_comparison(paces: dict[str, float], **kind: object) -> Comparison:
    """Arms that share their luck and differ in pace; the first is the base."""
    results = {arm: make_results(pace, **kind) for arm, pace in paces.items()}  # type: ignore[arg-type]
    return Comparison(results, next(iter(paces)))


def make_trust(n: int) -> np.ndarray:
    """Trust that takes all five steps, and nothing on the diagonal."""
    trust = np.random.default_rng(2).uniform(0, 1, (n, n))
    np.fill_diagonal(trust, np.nan)
    return trust


def make_published(value: float, title: str = "Occupied beds", month: int = 120) -> dict[str, object]:
    known = {"unit": "beds a day", "reference_value": 750.0, "source": "a test"}
    return {"title": title, "month": month, "value": value, **known}


FOUR = {"base": 0.4, "partnership-managed-teams": 0.45, "hosted-coordinator": 0.6, "all-remedies": 0.8}
MECHANISMS = (
    *("meetings", "deeds", "joint days", "joint work", "work given up", "flares", "ruptures"),
    *("turnover", "bridging", "seen to serve the host", "theory", "agreements withdrawn"),
    *("decided over", "decay", "events"),
)


def make_totals() -> dict[str, float]:
    signs = (1, 1, 1, 1, -1, -1, -1, -1, 1, -1, 1, -1, -1, -1, 1)
    sizes = 0.3 / np.arange(1, 16)
    return {m: s * float(z) for m, s, z in zip(MECHANISMS, signs, sizes, strict=True)}


def titles(n: int) -> list[str]:
    return [f"{LONG[:36]} {k + 1}" for k in range(n)]


TWO = {"no-coordinator": 0.4, "coordinator": 0.7}
SIX = FOUR | {"joint-away-days": 0.5, "delegated-authority": 0.3}
ALIKE = {LONG: 0.5, f"{LONG} with joint away days": 0.5}
COMPARISONS: dict[str, Callable[[], Comparison]] = {
    "two": lambda: make_comparison(TWO),
    "four": lambda: make_comparison(FOUR),
    "long": lambda: make_comparison(ALIKE),
    "one": lambda: make_comparison(TWO, n=1),
    "short": lambda: make_comparison(TWO, n=3, months=6),
}
FIGURES = [
    make_published(502.0),
    make_published(600.0, f"{LONG}: emergency bed days of over-65s"),
    make_published(640.0),
    make_published(660.0),
    make_published(700.0, "Beds", 60),
    make_published(700.0, "Beds", 240),
]


def make_waterfall() -> Picture:
    totals = make_totals()
    end = 0.4 + math.fsum(totals.values())
    whose = f"goodwill trust of {LONG} in {LONG}"
    return figures.ledger_waterfall(totals, 0.4, end, whose=whose, when="over 10 years")


def make_published_picture(count: int, n: int = 60) -> Picture:
    results = make_results(published=FIGURES[:count], n=n)
    return figures.published_against_simulated(results, results.scenario)


def make_effects(*paths: str, effect: float = 1.0, measure: str = "trust", **arms: str) -> Picture:
    """Points that differ in numbers, in one of three names and in a switch; the first tells."""
    rng = np.random.default_rng(1)
    kinds = (
        rng.random,
        lambda n: rng.choice([12, 24, 48], n),
        lambda n: rng.random(n) * 1e4,
        lambda n: rng.choice(["none", "council", "community_services"], n),
        lambda n: rng.choice([True, False], n),
    )
    columns = {path: kinds[k % len(kinds)](200) for k, path in enumerate(paths)}
    values = 0.4 + rng.normal(0, 0.1, 200)
    for column in list(columns.values())[:2]:
        values += 0.2 * effect * column / column.max()
    units = dict.fromkeys(paths, "months")
    effects = find_effects(columns, values, units)
    found = MainEffects(measure, arms.get("arm"), arms.get("base"), effects, 200, 10, 1)
    return figures.main_effects(found)


KINDS = {
    "sobol": ("first_order", "total_order"),
    "morris": ("mu_star", "mu", "sigma"),
    "pawn": ("pawn", "pawn_uncorrected"),
    "shapley": ("shapley",),
    "regression": ("coefficient",),
}


def make_sensitivity(
    method: str = "sobol", n: int = 6, size: float = 0.6, measure: str = "trust", **arms: str
) -> Sensitivity:
    """Indices that halve from parameter to parameter, every second coefficient below 0."""
    names = [*PATHS, *(f"organisations.council.ways_of_working.lever_{k}" for k in range(n))][:n]

    def indices(size: float) -> list[Index]:
        found = []
        for place, name in enumerate(names):
            for kind in KINDS[method]:
                value = size * 0.5**place * (0.8 if kind == "first_order" else 1.0)
                value *= -1.0 if method == "regression" and place % 2 else 1.0
                half = 0.2 * abs(value) + 0.05 * size
                found.append(Index(name, "", kind, value, value - half, value + half))
            if method == "pawn":
                found.append(Index(name, "", "pawn_by_chance", 0.1, math.nan, math.nan))
        if method == "regression":
            found.append(Index("all together", "", "r_squared", size, size - 0.1, size + 0.1))
        if method == "sobol" and n > 1:
            found.append(Index(names[0], names[1], "second_order", 0.2, 0.1, 0.3))
        return found

    split = VarianceSplit(0.5, 0.3, 0.2, 0.02, 20)
    return Sensitivity(
        *(method, measure, "", arms.get("arm"), arms.get("against"), indices(size)),  # type: ignore[arg-type]
        *("base row", 1024, 3, 20, split, "base-row", True, []),
        by_size={k: indices(size * (1 + 8 / k)) for k in (128, 256, 512)},
        by_month={12 * k: indices(size * k / 10) for k in range(1, 11)},
    )


def make_curve(kind: str) -> Curve:
    """Speed that rises with trust, in some arms of some runs; flat, or nothing at no trust."""
    arms_of = {"two": TWO, "four": FOUR, "six": SIX, "long": ALIKE}
    n = 2 if kind == "few" else 60
    luck = np.random.default_rng(1).uniform(0.6, 1.4, n)
    arms = {}
    for k, name in enumerate(arms_of.get(kind, ["base"])):
        levels = np.array(LEVELS)
        shape = {"flat": np.ones(11), "still": levels}.get(kind, 0.4 + (0.6 + 0.05 * k) * levels)
        held = 0.1 * np.outer(luck, shape)
        if kind == "flat":
            held *= np.random.default_rng(2).uniform(0.8, 1.2, held.shape)
        rest = np.clip(0.35 + 0.1 * k + 0.05 * (luck - 1), 0, 1)
        arms[name] = ArmCurve(make_results(n=1).scenario, held, held[:, 4], rest)
    return Curve(arms, n, 1)


PATHS = (
    "ways_of_working.delegated_authority",
    "organisations.council.planning_horizon",
    "organisations.community_services.ways_of_working.partnership_managed_teams",
    "ways_of_working.lead",
    "mechanisms.trust_frozen",
    "decision.exposure",
)


OF_ARMS: dict[str, Callable[[Comparison], Picture]] = {
    "change": figures.change_over_time,
    "icons": figures.icon_arrays,
    "forest": figures.difference_forest,
    "speed-and-trust": partial(figures.change_over_time, series=("speed", "trust")),
}
OF_LINKS = {"network": figures.trust_network, "heatmap": figures.trust_heatmap}
TRUSTS = {n: make_trust(n) for n in (2, 6, 12, 50)} | {"nobody": np.full((6, 6), np.nan)}
PICTURES: dict[str, Callable[[], Picture]] = {
    **{
        f"{kind}-{k}": lambda draw_arms=draw_arms, c=c: draw_arms(c())
        for kind, draw_arms in OF_ARMS.items()
        for k, c in COMPARISONS.items()
    },
    "change-six": lambda: figures.change_over_time(make_comparison(SIX), ("trust",)),
    "forest-six": lambda: figures.difference_forest(
        make_comparison(SIX), ("mean_speed", "months_to_50", "contact", "cost")
    ),
    "icons-survived": lambda: figures.icon_arrays(make_comparison(TWO), "survived"),
    "distribution-time": lambda: figures.distribution(make_results(0.4), "months_to_50"),
    "distribution-most": lambda: figures.distribution(make_results(0.4), "months_to_25"),
    "distribution-none": lambda: figures.distribution(make_results(0.01), "months_to_80"),
    "distribution-cost": lambda: figures.distribution(make_results(n=500), "cost"),
    "distribution-survived": lambda: figures.distribution(make_results(), "survived"),
    "distribution-one": lambda: figures.distribution(make_results(n=1), "trust"),
    "distribution-undefined": lambda: figures.distribution(make_results(months=6), "speed"),
    "quantiles": lambda: figures.quantiles(make_results(), "speed"),
    "quantiles-of-work": lambda: figures.quantiles(make_results(), "change_delivered"),
    **{
        f"curve-{k}": lambda k=k: figures.trust_speed(make_curve(k))
        for k in ("one", "two", "four", "six", "flat", "still", "few", "long")
    },
    "quantiles-one": lambda: figures.quantiles(make_results(n=1), "outcome"),
    "quantiles-undefined": lambda: figures.quantiles(make_results(months=6), "speed"),
    **{
        f"{kind}-{k}": lambda d=draw_links, t=trust: d(t, titles(len(t)), when="now")
        for kind, draw_links in OF_LINKS.items()
        for k, trust in TRUSTS.items()
    },
    "waterfall": make_waterfall,
    "waterfall-one": lambda: figures.ledger_waterfall({"deeds": -0.2}, 0.4, 0.2),
    "waterfall-none": lambda: figures.ledger_waterfall({}, 0.4, 0.4),
    **{f"published-{k}": lambda k=k: make_published_picture(k) for k in (0, 1, 2, 6)},
    "published-one-run": lambda: make_published_picture(2, n=1),
    **{f"effects-{k}": lambda k=k: make_effects(*PATHS[:k]) for k in (1, 2, 3, 4, 6)},
    "effects-of-names": lambda: make_effects(*PATHS[::-1], measure="months_to_50"),
    "effects-none": lambda: make_effects(*PATHS, effect=0.0, arm=LONG, measure="cost"),
    **{f"sensitivity-{k}": lambda k=k: figures.sensitivity(make_sensitivity(k)) for k in KINDS},
    **{f"sensitivity-of-{k}": lambda k=k: figures.sensitivity(make_sensitivity(n=k)) for k in (1, 2, 12)},
    "sensitivity-arm": lambda: figures.sensitivity(
        make_sensitivity(measure="mean_speed", arm=LONG, against="base")
    ),
    "sensitivity-cost": lambda: figures.sensitivity(
        make_sensitivity("morris", size=12000.0, measure="cost", arm=LONG)
    ),
    "sensitivity-none": lambda: figures.sensitivity(make_sensitivity(size=0.001)),
    **{
        f"sensitivity-by-size-{k}": lambda k=k: figures.sensitivity_by_size(make_sensitivity(n=k, arm=LONG))
        for k in (1, 4, 12)
    },
    **{
        f"sensitivity-over-time-{k}": lambda k=k: figures.sensitivity_over_time(make_sensitivity(k, arm=LONG))
        for k in KINDS
    },
    "effects-arm": lambda: make_effects(*PATHS, arm=LONG, base="base", measure="mean_speed"),
}
"""Every figure, in the cases that are hard to lay out."""


@cache
def draw(name: str) -> Picture:
    return PICTURES[name]()


@pytest.fixture(params=PICTURES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# --- layout ---------------------------------------------------------------------------------------


@cache
def find_texts(name: str) -> list[tuple[Text, np.ndarray]]:
    """All words of a figure, with their boxes in pixels: left, bottom, right, top."""
    figure = draw(name).figure
    (sheet,) = figure.axes
    assert not sheet.axison and not figure.texts  # so the sheet's own words are all that is seen
    renderer = figure.canvas.get_renderer()
    texts = [text for text in sheet.texts if text.get_text().strip()]
    return [(text, text.get_window_extent(renderer).extents) for text in texts]


def test_no_words_overlap(name: str) -> None:
    for (one, a), (other, b) in combinations(find_texts(name), 2):
        width = min(a[2], b[2]) - max(a[0], b[0])
        height = min(a[3], b[3]) - max(a[1], b[1])
        # Boxes hold room for accents and tails that may touch by a pixel or two.
        assert width < 1 or height < 4, (one.get_text(), other.get_text())


def test_no_words_are_cut(name: str) -> None:
    for text, (left, bottom, right, top) in find_texts(name):
        assert left >= 0 and bottom >= 0, text.get_text()
        assert right <= 1280 and top <= 720, text.get_text()


def test_words_can_be_read_from_the_back(name: str) -> None:
    sizes = {round(text.get_size() * 100 / 72, 3) for text, _ in find_texts(name)}
    assert sizes <= {TYPE, TITLE, NUMBER}


def test_title_is_on_the_page_whole(name: str) -> None:
    words = " ".join(text.get_text() for text, _ in find_texts(name))
    assert "".join(draw(name).title.split()) in "".join(words.split())


def test_table_is_rectangular(name: str) -> None:
    assert len({len(column) for column in draw(name).table.values()}) == 1


def test_both_painters_draw_the_same_words(name: str) -> None:
    picture = draw(name)
    painted = ElementTree.fromstring(picture.svg)
    texts = [text.text for text in painted.iter("{http://www.w3.org/2000/svg}text")]
    assert sorted(filter(None, texts)) == sorted(t.get_text() for t, _ in find_texts(name))
    assert painted.attrib["aria-label"] == picture.title


def test_no_picture_needs_matplotlib_before_it_is_painted() -> None:
    code = (
        "import sys, numpy, partnersim.app.export\n"
        "from partnersim import figures\n"
        "picture = figures.trust_network(numpy.full((2, 2), 0.4), ['A', 'B'])\n"
        "assert picture.svg and 'matplotlib' not in sys.modules\n"
        "assert picture.figure and 'matplotlib' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- files ----------------------------------------------------------------------------------------


def test_save_writes_the_same_bytes_each_time_and_a_large_png(tmp_path: Path) -> None:
    comparison = make_comparison(TWO)
    made = []
    for folder in ("one", "two"):
        written = figures.save(figures.change_over_time(comparison), tmp_path / folder, "change")
        assert [path.name for path in written] == ["change.png", "change.svg", "change.csv"]
        made.append([path.read_bytes() for path in written])
    assert made[0] == made[1]
    png, svg, _ = made[0]
    assert b"<dc:date>" not in svg
    assert [int.from_bytes(png[at : at + 4], "big") for at in (16, 20)] == [1920, 1080]


def test_csv_has_the_numbers_exactly_and_leaves_out_what_is_missing(tmp_path: Path) -> None:
    results = make_results(0.5)
    *_, table = figures.save(figures.distribution(results, "months_to_50"), tmp_path, "d")
    lines = table.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "rank,months_to_50"
    values = np.array([float(line.split(",")[1] or "nan") for line in lines[1:]])
    np.testing.assert_array_equal(values, np.sort(results.measures["months_to_50"]))


# --- titles ---------------------------------------------------------------------------------------


WHERE = "times as fast where all trust each other fully as where nobody does"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("one", f"Change is 2.5 {WHERE}: 10 % per"),
        ("two", f"Change is 2.5 to 2.6 {WHERE}, in"),
        ("flat", "Trust makes no clear difference to speed: "),
        ("still", "Mean speed where all trust each other fully and where nobody does: "),
        ("few", f"Change is 2.5 {WHERE}: "),
    ],
)
def test_title_of_a_curve_is_its_message(kind: str, said: str) -> None:
    title = draw(f"curve-{kind}").title
    assert title.startswith(said)
    assert title.endswith("(too few runs to be sure)") == (kind == "few")


def test_table_of_a_curve_has_its_means_and_where_it_rests() -> None:
    curve = make_curve("two")
    rows = list(zip(*figures.trust_speed(curve).table.values(), strict=True))
    arm = curve.arms["coordinator"]
    held = [row for row in rows if row[:2] == ("coordinator", "true")]
    assert [row[2] for row in held] == list(LEVELS)
    np.testing.assert_allclose([row[3] for row in held], arm.held.mean(axis=0))
    errors = arm.held.std(axis=0, ddof=1) / math.sqrt(len(arm.held))
    np.testing.assert_allclose([row[5] - row[4] for row in held], 2 * 2.001 * errors, rtol=1e-3)
    (rest,) = (row for row in rows if row[:2] == ("coordinator", "false"))
    assert rest[2:4] == pytest.approx((arm.trust.mean(), arm.speed.mean()))


def test_discs_of_a_curve_stand_where_trust_comes_to_rest() -> None:
    curve = make_curve("four")
    discs = [mark for mark in figures.trust_speed(curve).marks if isinstance(mark, Disc)]
    assert len(discs) == 4
    trusts = [arm.trust.mean() for arm in curve.arms.values()]
    apart = [(b.x - a.x) / (d - c) for (a, b), (c, d) in zip(pairwise(discs), pairwise(trusts), strict=True)]
    np.testing.assert_allclose(apart, apart[0])


def test_title_of_speed_is_of_the_mean_over_the_years() -> None:
    comparison = make_comparison(TWO)
    title = figures.change_over_time(comparison, ("speed", "trust")).title
    medians = [100 * np.median(results.measures["mean_speed"]) for results in comparison.results.values()]
    low, high = map(number, medians)
    assert title == (
        f"Mean speed over 10 years, median: higher with coordinator ({high} % per year) than with "
        f"no-coordinator ({low} % per year)"
    )


def test_what_became_of_initiatives_is_said_where_change_is_drawn() -> None:
    results = make_results()
    means = [number(results.measures[f"initiatives_{what}"].mean()) for what in ("completed", "abandoned")]
    said = f"Initiatives: {means[0]} completed, in 1.2 times the time planned; {means[1]} given up"
    for series, is_said in (("change_delivered", True), ("speed", True), ("trust", False)):
        assert (said in words_of(figures.quantiles(results, series))) == is_said
    words = words_of(figures.change_over_time(make_comparison(TWO)))
    assert "Initiatives completed (in times planned), given up, under way: no-coordinator" in words


def words_of(picture: Picture) -> str:
    return " ".join(mark.text for mark in picture.marks if isinstance(mark, Words))


def test_title_of_change_says_which_arm_is_higher() -> None:
    for paces in ({"base": 0.4, "x": 0.7}, {"base": 0.7, "x": 0.4}):
        comparison = make_comparison(paces)
        medians = {
            arm: 100 * float(np.median(results.measures["change_delivered"]))
            for arm, results in comparison.results.items()
        }
        word = "higher" if medians["x"] > medians["base"] else "lower"
        assert figures.change_over_time(comparison).title == (
            f"Change delivered after 10 years, median: {word} with x ({medians['x']:.0f} %) "
            f"than with base ({medians['base']:.0f} %)"
        )


def test_no_effect_is_said_to_be_none() -> None:
    comparison = make_comparison({"base": 0.4, "x": 0.4})
    for draw_arms in OF_ARMS.values():
        assert draw_arms(comparison).title.startswith("x makes no clear difference.")


def test_few_pairs_are_said_to_be_few() -> None:
    comparison = make_comparison({"base": 0.4, "x": 0.7}, n=5)
    assert "too few runs to compare" in figures.change_over_time(comparison).title
    assert "too few pairs to tell" in figures.difference_forest(comparison).title


@pytest.mark.parametrize(
    ("values", "ways", "said"),
    [
        ([1, 2, 2], [1, 1], "1.0 with a, 2.0 with b, 2.0 with c"),  # which is highest is shared
        ([1, 2, 3], [1, 1], "highest with c (3.0), lowest with a (1.0)"),
        ([1, 2], [-1], "1.0 with a, 2.0 with b"),  # medians and pairs disagree
        ([0.4101, 0.4102], [1], "higher with b (0.4102) than with a (0.4101)"),  # they differ
    ],
)
def test_title_of_arms_claims_no_more_than_their_numbers_bear(
    values: list[float], ways: list[int], said: str
) -> None:
    arms = dict(zip("abc", values, strict=False))
    assert headline("X", arms, number, "a", dict(zip("bc", ways, strict=False))) == f"X: {said}"


def test_icons_count_partnerships() -> None:
    comparison = make_comparison({"base": 0.4, "x": 0.7}, n=50)
    picture = figures.icon_arrays(comparison, "months_to_50", deadline=60)
    for arm, came in zip(picture.table["arm"], picture.table["came_about"], strict=True):
        reached = comparison.results[arm].measures["months_to_50"] <= 60
        assert came == reached.sum()
        assert f"{arm} ({2 * came} of 100)" in picture.title
    assert "within 5 years" in picture.title


def test_icons_never_round_to_none_or_all() -> None:
    assert of_hundred(0.004) == "fewer than 1 of 100"
    assert of_hundred(0.996) == "more than 99 of 100"
    assert (of_hundred(0.0), of_hundred(1.0), of_hundred(0.62)) == ("0 of 100", "100 of 100", "62 of 100")


def test_icons_refuse_what_cannot_be_counted() -> None:
    with pytest.raises(ValueError, match=r"'trust': .* there are months_to_"):
        figures.icon_arrays(make_comparison({"base": 0.4}), "trust")


def test_title_of_a_milestone_counts_the_unreached_as_later() -> None:
    results = make_results(0.3)
    reached = np.isfinite(results.measures["months_to_50"])
    assert 0 < reached.mean() < 0.5
    title = figures.distribution(results, "months_to_50").title
    assert f"reached within 10 years by {100 * reached.mean():.0f} of 100" in title
    assert "median" not in title
    never = figures.distribution(make_results(0.01), "months_to_50").title
    assert never.endswith("not reached by any in 10 years")


def test_title_of_heatmap_names_the_most_and_the_least_trusted() -> None:
    trust = np.full((3, 3), 0.5)
    trust[:, 0], trust[:, 2] = 0.9, 0.1
    assert figures.trust_heatmap(trust, ["A", "B", "C"]).title == (
        "Who trusts whom: A is trusted most (90 of 100), C is trusted least (10 of 100)"
    )
    alike = figures.trust_heatmap(np.full((3, 3), 0.5), ["A", "B", "C"]).title
    assert alike == "Who trusts whom: all are trusted alike (50 of 100)"


def test_title_of_network_counts_links() -> None:
    trust = np.full((3, 3), 0.5)
    trust[0, 1] = 0.9
    title = figures.trust_network(trust, ["A", "B", "C"]).title
    assert title.endswith("good in 5 of 6 links, 57 of 100 on average")


def test_waterfall_adds_up() -> None:
    totals = make_totals()
    end = 0.4 + math.fsum(totals.values())
    picture = figures.ledger_waterfall(totals, 0.4, end)
    assert math.fsum(picture.table["change"][:-1]) == pytest.approx(end)
    assert picture.title.endswith("meetings added most, work given up took most")
    with pytest.raises(ValueError, match=r"from start to end it is 0\.5"):
        figures.ledger_waterfall(totals, 0.4, 0.9)


@pytest.mark.parametrize(("value", "place"), [(900.0, "outside"), (640.0, "inside")])
def test_title_of_published_says_inside_or_outside(value: float, place: str) -> None:
    results = make_results(published=[make_published(value)])
    picture = figures.published_against_simulated(results, results.scenario)
    ratio = results.series["outcome"][:, 120] / results.series["outcome"][:, 0] * 750
    low, high = np.quantile(ratio, (0.05, 0.95))
    assert ("inside" if low <= value <= high else "outside") == place
    assert picture.title == f"The published figure lies {place} the simulated 90 % band"
    assert picture.table["simulated_p05"] == [pytest.approx(low)]


def test_title_of_effects_names_what_is_clear_and_nothing_else() -> None:
    clear = make_effects(*PATHS).title
    assert clear.startswith("Trust: ")
    assert "delegated authority" in clear and "planning horizon of council" in clear
    assert not [words for words in ("exposure", "frozen", "lead") if words in clear]
    nothing = make_effects(*PATHS, effect=0.0).title
    assert nothing == "Trust: no clear main effect of any of 6 parameters"
    gain = make_effects(*PATHS, arm="Ana", base="base").title
    assert gain.startswith("What Ana changes in trust: ")


def test_title_of_sensitivity_names_the_largest_that_is_clear() -> None:
    found = make_sensitivity(arm="Ana", against="base")
    title = figures.sensitivity(found).title
    assert title.startswith("What Ana changes in trust: most goes with delegated authority (60 %)")
    assert figures.sensitivity(make_sensitivity(size=0.001)).title == "Trust: no parameter clearly counts"
    assert "(−0.30)" in figures.sensitivity(make_sensitivity("regression")).title
    table = figures.sensitivity(found).table
    assert list(table["value"]) == [index.value for index in found.indices]


def test_title_of_growing_rows_says_what_has_not_settled() -> None:
    assert "half of the rows give what all give" in figures.sensitivity_by_size(make_sensitivity()).title
    moved = make_sensitivity()
    moved.by_size[512] = [index._replace(value=3 * index.value) for index in moved.by_size[512]]
    assert "not yet settled for delegated authority" in figures.sensitivity_by_size(moved).title


def test_title_over_time_says_where_the_order_changes() -> None:
    found = make_sensitivity()
    title = figures.sensitivity_over_time(found).title
    assert "delegated authority counts most from 1 year to 10 years" in title
    first, second = PATHS[:2]
    swapped = {first: second, second: first}
    found.by_month[12] = [
        index._replace(parameter=swapped.get(index.parameter, index.parameter))
        for index in found.by_month[12]
    ]
    said = "after 1 year planning horizon of council counts most, after 10 years delegated authority"
    assert figures.sensitivity_over_time(found).title.endswith(said)


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (0.453, "0.45"),
        (41.3, "41"),
        (1234.5, "1,234"),
        (-0.2, "−0.20"),
        (0.00012, "0.00012"),
        (math.nan, "none"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert number(value) == text


def test_words_fit() -> None:
    for lines in (1, 2, 3):
        fitted = wrap(f"{LONG} {LONG} {'x' * 80}", 200, lines)
        assert len(fitted) <= lines
        assert all(text_width(line) <= 200 for line in fitted)
        assert fitted[-1].endswith("…")
    assert "".join(wrap("partnership-managed-teams", 200, 2)) == "partnership-managed-teams"


@pytest.mark.parametrize("bold", [False, True])
def test_text_is_measured_as_wide_as_its_font_draws_it(bold: bool) -> None:
    font = FontProperties(family="DejaVu Sans", size=72, weight="bold" if bold else "normal")
    for text in (LONG, "Change delivered (% of the vision): 62 %", "−0.12 to 1,234.5…", "Überörtlich"):
        drawn, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
        assert 0.98 <= text_width(text, 72, bold=bold) / drawn <= 1.08, text


def test_labels_are_moved_apart_and_stay_in_the_room() -> None:
    middles = sorted(spread([10, 11, 12, 95], [20] * 4, 0, 100))
    assert all(b - a >= 20 - 1e-9 for a, b in pairwise(middles))
    assert middles[0] >= 10 and middles[-1] <= 90
    assert spread([20, 80], [20, 20], 0, 100) == [20, 80]


def test_every_measure_and_series_can_be_drawn() -> None:
    results = make_results(n=3, months=60)
    for name in MEASURES:
        assert figures.distribution(results, name).title
    for name in results.series:
        assert figures.quantiles(results, name).title


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (0.2, 0.3, "rose from 0.20 to 0.30"),
        (0.3, 0.2, "fell from 0.30 to 0.20"),
        (0.2762, 0.2789, "was 0.28 at both ends"),
        (0.3, 0.3, "did not change from 0.30"),
    ],
)
def test_title_of_causes_says_of_equal_numbers_no_movement(start: float, end: float, said: str) -> None:
    assert said in title_of_causes({"deeds": 0.4, "meetings": -0.4}, start, end, "trust", "over 5 years")
