"""Programs that nobody here wrote, run as they are on the model and on its results.

Mesa's own are in test_model.py.
"""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import partnersim
from partnersim.report.output import OutputFolder
from partnersim.runs.measures import MEASURES
from partnersim.runs.results import Comparison, Results
from partnersim.scenario.declared import parameters

PLACE = partnersim.Scenario.load("two-organisations").replace(months=24)
SEED = 3
VARIED = ("decision.exposure", "trust.deeds", "ways_of_working.issue_avoidance")


def bounds_of(name: str) -> tuple[float, float]:
    """Least and greatest value of a parameter, from where it is declared."""
    (row,) = [row for row in parameters() if row.path == name]
    assert row.low is not None and row.high is not None
    return float(row.low), float(row.high)


def mean_of(measure: str, settings: dict[str, float]) -> float:
    results = partnersim.run(PLACE.replace(settings), 8, SEED, series=False)
    return float(results.measures[measure].mean())


@pytest.fixture(scope="module")
def results() -> Results:
    return partnersim.run(PLACE, 40, SEED)


# --- Tables -------------------------------------------------------------------------------------


def test_pandas(results: Results) -> None:
    table = results.to_pandas()
    assert list(table) == list(MEASURES)
    by_survival = table.groupby("survived")["trust"].mean()
    assert by_survival.loc[1.0] == pytest.approx(results.measures["trust"].mean())
    series = results.series_to_pandas()
    last = series["trust"].xs(24, level="month")
    assert np.array_equal(last.to_numpy(), results.series["trust"][:, -1])
    assert series.groupby("month")["contact"].median().shape == (25,)


def test_xarray(results: Results, tmp_path: Path) -> None:
    import xarray as xr

    data = results.to_xarray()
    assert data["series_trust"].dims == ("replicate", "month")
    rolling = data["series_trust"].rolling(month=12).mean().sel(month=24).mean()
    assert float(rolling) == pytest.approx(results.series["trust"][:, 13:].mean())
    file = tmp_path / "runs.nc"
    data.to_netcdf(file, engine="scipy")
    with xr.open_dataset(file, engine="scipy") as read:
        assert np.array_equal(read["series_trust"], data["series_trust"])
        assert read["trust"].attrs["long_name"] == "trust"
        assert int(read.attrs["seed"]) == SEED


def test_xarray_keeps_the_names_of_variants(tmp_path: Path) -> None:
    import xarray as xr

    from partnersim.model.variants import Variant

    variant = Variant("decide", "mine.decide", "0" * 64, call=print)
    base = partnersim.run(PLACE, 2, SEED)
    own = Results(PLACE, SEED, 0, base.measures, base.series, variants=(variant,))
    data = Comparison({"base": base, "own": own}, "base").to_xarray()
    data.to_netcdf(tmp_path / "arms.nc", engine="scipy")
    with xr.open_dataset(tmp_path / "arms.nc", engine="scipy") as read:
        named = json.loads(read.attrs["variants"])
    assert named == {"own": {"decide": {"function": "mine.decide", "sha256": "0" * 64}}}


def test_polars(results: Results) -> None:
    polars = pytest.importorskip("polars")
    table = polars.DataFrame(results.to_numpy())
    assert table.columns == ["replicate", *MEASURES]
    assert table["replicate"].to_list() == list(range(40))
    mean = table.select(polars.col("change_delivered").mean()).item()
    assert mean == pytest.approx(results.measures["change_delivered"].mean())


def test_duckdb(results: Results, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    table = results.to_pandas().reset_index()
    query = "select count(*), avg(trust), max(replicate) from frame"
    with duckdb.connect() as connection:
        connection.register("frame", table)
        n, trust, last = connection.execute(query).fetchone()
    assert (n, last) == (40, 39)
    assert trust == pytest.approx(results.measures["trust"].mean())


def test_files_of_results_are_read_by_polars_and_duckdb(results: Results, tmp_path: Path) -> None:
    duckdb, polars = pytest.importorskip("duckdb"), pytest.importorskip("polars")
    folder = OutputFolder(tmp_path)
    folder.write_run(results, "{}", ["trust"])
    read = polars.read_csv(tmp_path / "replicates.csv")
    assert read["trust"].to_list() == results.measures["trust"].tolist()
    with duckdb.connect() as connection:
        file = str(tmp_path / "series.csv")
        query = "select avg(trust) from read_csv(?) where month = 24"
        (trust,) = connection.execute(query, [file]).fetchone()
    assert trust == pytest.approx(results.series["trust"][:, -1].mean())


# --- Searching and sampling ---------------------------------------------------------------------


def test_salib() -> None:
    problems = pytest.importorskip("SALib.util")
    problem = problems.problem.ProblemSpec(
        {"names": list(VARIED), "bounds": [bounds_of(name) for name in VARIED], "outputs": ["contribution"]}
    )

    def evaluate(samples: np.ndarray) -> np.ndarray:
        rows = (dict(zip(VARIED, map(float, row), strict=True)) for row in samples)
        return np.array([mean_of("contribution", row) for row in rows])

    problem.sample_sobol(16, calc_second_order=False, seed=SEED)
    problem.evaluate(evaluate).analyze_sobol(calc_second_order=False, seed=SEED)
    total = dict(zip(VARIED, problem.analysis["ST"], strict=True))
    assert all(math.isfinite(value) for value in total.values())
    assert max(total.values()) > 0.3


def test_optuna() -> None:
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def objective(trial: Any) -> float:
        settings = {name: trial.suggest_float(name, *bounds_of(name)) for name in VARIED}
        trial.report(mean_of("contribution", settings), step=0)
        return mean_of("contribution", settings)

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=SEED))
    study.optimize(objective, n_trials=15)
    assert set(study.best_params) == set(VARIED)
    assert study.best_value == mean_of("contribution", study.best_params)
    assert study.best_value == max(trial.value for trial in study.trials)
    assert study.trials_dataframe().shape[0] == 15


@pytest.mark.slow
def test_ema_workbench() -> None:
    workbench = pytest.importorskip("ema_workbench")

    def partnership(exposure: float, deeds: float, avoidance: float) -> dict[str, Any]:
        settings = dict(zip(VARIED, (exposure, deeds, avoidance), strict=True))
        runs = partnersim.run(PLACE.replace(settings), 4, SEED)
        (median,) = runs.quantiles("trust", [0.5])
        return {"contribution": runs.measures["contribution"].mean(), "trust": median}

    model = workbench.Model("partnersim", function=partnership)
    names = ("exposure", "deeds", "avoidance")
    model.uncertainties = [
        workbench.RealParameter(name, *bounds_of(path)) for name, path in zip(names, VARIED, strict=True)
    ]
    model.outcomes = [workbench.ScalarOutcome("contribution"), workbench.TimeSeriesOutcome("trust")]
    experiments, outcomes = workbench.perform_experiments(model, 6)
    assert len(experiments) == 6
    assert outcomes["trust"].shape == (6, 25)
    settings = {path: float(experiments[name].iloc[4]) for name, path in zip(names, VARIED)}  # noqa: B905
    runs = partnersim.run(PLACE.replace(settings), 4, SEED)
    assert outcomes["contribution"][4] == runs.measures["contribution"].mean()


# --- Type checkers ------------------------------------------------------------------------------

SCRIPT = '''\
"""What a user with a strict type checker may write."""

from pathlib import Path

import numpy as np

import partnersim
from partnersim import figures
from partnersim.model.variants import SLOTS
from partnersim.runs.results import Comparison

place: partnersim.Scenario = partnersim.Scenario.load("two-organisations").replace(months=12)
results = partnersim.run(place, replicates=10, seed=1, series=("trust",))
mean: float = results.summary()["trust"].mean
numbers: np.ndarray = results.quantiles("trust", [0.5])
columns: list[str] = list(results.to_pandas().columns)
comparison: Comparison = partnersim.compare({"a": place, "b": place})
for arm, differences in comparison.differences().items():
    low, high = differences["trust"].ci95
    print(arm.upper(), low + high)
share: float = float(partnersim.share_through_trust(place, place))
ledger = partnersim.explain(place, variants={"decide": lambda i, layer, state, p: 0.5})
totals: dict[str, float] = ledger.totals(kind="goodwill")
known: list[str] = [slot.what for slot in SLOTS.values()]
for variant in results.variants:
    print(variant.sha256.upper())
files: list[Path] = figures.save(figures.quantiles(results, "trust"), "figures", "trust")
model = partnersim.PartnershipModel(place, rng=1)
month: int = model.month
'''
WRONG = """\
import partnersim

results = partnersim.run("two-organisations", replicates="ten")
results.measures.trust
mean: str = results.summary()["trust"].mean
partnersim.explain("two-organisations", variants=3)
"""


@pytest.fixture(scope="module")
def said_of_types(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What mypy says of two scripts outside the repository."""
    pytest.importorskip("mypy")
    folder = tmp_path_factory.mktemp("types")
    for name, text in (("right.py", SCRIPT), ("wrong.py", WRONG)):
        (folder / name).write_text(text, encoding="utf-8")
    root = Path(partnersim.__file__).resolve().parent.parent
    (folder / "mypy.ini").write_text(
        f"[mypy]\nstrict = true\nmypy_path = {root}\n"
        "[mypy-mesa.*,solara.*,numba.*]\nignore_missing_imports = true\n"
        "[mypy-partnersim.*]\nfollow_imports = silent\n",
        encoding="utf-8",
    )
    words = [sys.executable, "-m", "mypy", "right.py", "wrong.py"]
    done = subprocess.run(words, cwd=folder, capture_output=True, encoding="utf-8")
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout.splitlines()


@pytest.mark.slow
def test_strict_type_checkers_know_all_types(said_of_types: list[str]) -> None:
    assert [line for line in said_of_types if "right.py" in line] == []


@pytest.mark.slow
def test_type_checkers_find_what_is_wrong(said_of_types: list[str]) -> None:
    found = {int(line.split(":")[1]) for line in said_of_types if "wrong.py" in line}
    assert found == {3, 4, 5, 6}
