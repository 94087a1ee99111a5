"""Sweeps: many scenarios, each simulated many times, from a plan in a file to a store on disk.

`Sweep` is the door. What is heavy is loaded when it is used.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import partnersim
from partnersim.scenario.errors import InputError, ScenarioError, check_name, out_of_range

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from partnersim.model.variants import Variants
    from partnersim.runs.codebook import Entry
    from partnersim.runs.results import Results
    from partnersim.scenario.scenario import Scenario
    from partnersim.sweep.outcomes import Censored, Outcomes
    from partnersim.sweep.plan import Plan
    from partnersim.sweep.run import Progress
    from partnersim.sweep.store import Finding, Store
    from partnersim.sweep.tables import Table

__all__ = ["Failure", "Run", "Status", "Sweep"]


class Status(NamedTuple):
    """The status of a sweep: its size, and how much of it is stored.

    Attributes
    ----------
    sweep_id : str
        Names what decides the numbers: two sweeps with the same id have the same runs.
    n_points, n_arms, n_replicates : int
        How many of each; replicates at most, where a plan goes on until it is sure enough.
    n_runs, n_done, n_failed : int
        Runs in all, as far as is known; those in the store; and those of them that failed.
    is_finished : bool
    n_files, n_bytes : int
        Size of the store.
    """

    sweep_id: str
    n_points: int
    n_arms: int
    n_replicates: int
    n_runs: int
    n_done: int
    n_failed: int
    is_finished: bool
    n_files: int
    n_bytes: int


class Failure(NamedTuple):
    """Runs that failed alike.

    Attributes
    ----------
    error : str
        Name of the error.
    n_runs : int
    message, point, arm, replicate
        Of the first of them; no arm where the plan has none.
    """

    error: str
    n_runs: int
    message: str
    point: int
    arm: str
    replicate: int


class Run(NamedTuple):
    """All that a run of a sweep depends on: with it `partnersim.run` and `partnersim.explain` give it again.

    Attributes
    ----------
    scenario : Scenario
        Of the arm at the point.
    seed, replicate : int
        The address of its random numbers: the sweep's seed, and `luck_number` of its row.
    variants : Mapping
        Functions of one's own by the slot that each fills.
    """

    scenario: Scenario
    seed: int
    replicate: int
    variants: Variants


class Sweep:
    """A sweep in a folder: its plan, design, measures and series.

    Open one with `Sweep.open`, or run one with `Sweep.run`. Tables are read when they are asked
    for, so a sweep may be looked into while it runs, and be larger than memory.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    @classmethod
    def open(cls, folder: str | Path) -> Sweep:
        """Open the sweep in a folder.

        Raises
        ------
        ScenarioError
            If there is no sweep, or one that this version cannot read.
        """
        from partnersim.sweep.store import Store

        return cls(Store.open(folder))

    @classmethod
    def run(
        cls,
        plan: Plan | Mapping[str, Any] | str | Path,
        folder: str | Path,
        *,
        engine: str | None = None,
        workers: int | None = None,
        scheduler: str | None = None,
        shard: str | None = None,
        extend: Mapping[str, int] | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Sweep:
        """Run a plan into a folder, or what the folder still lacks of it.

        Parameters
        ----------
        plan
            A plan, its path, or what a file of it would hold.
        folder
            Where the store is or is to be; made if it is not there.
        engine
            ``processes``, ``serial`` or ``dask``; if left out, worker processes, or none where they
            would begin when the work is done. Numbers do not depend on it.
        workers
            How many; as many as there are cores if left out.
        scheduler
            Address of Dask's scheduler, such as ``tcp://host:8786``; one on this machine if left
            out.
        shard
            ``"2/8"``: the second of eight equal parts, for jobs that share only the folder.
        extend
            New totals of what may grow, such as ``{"replicates": 50}``.
        progress
            Called now and then in the calling thread.

        Raises
        ------
        ScenarioError
            For a plan that cannot be run, and a folder that holds something else.
        SweepStopped
            If it could not go on; what was run is stored.
        OSError
            If a file cannot be read however often it is tried; nothing was set aside for that.
        KeyboardInterrupt
            After Ctrl-C, when the runs in hand are stored.

        Warns
        -----
        UserWarning
            Of files that were not what they said and are made again, and of a sweep that is not
            finished, as where other shards have work to do.

        Notes
        -----
        Worker processes import the main module: in a script the call stands under
        ``if __name__ == "__main__":``.
        """
        from partnersim.sweep.plan import Plan
        from partnersim.sweep.run import run_sweep

        if isinstance(plan, Mapping):
            plan = Plan.make(dict(plan))
        elif not isinstance(plan, Plan):
            plan = Plan.load(plan)

        def tell(finding: Finding) -> None:
            what = f"{folder}: {finding.file} {finding.what}; it was set aside, and is made again"
            warnings.warn(what, stacklevel=4)

        outcome = run_sweep(
            plan,
            folder,
            engine=engine,
            workers=workers,
            scheduler=scheduler,
            shard=shard,
            extend=extend,
            progress=progress,
            on_set_aside=tell,
        )
        if not outcome.is_finished:
            warnings.warn(f"{folder}: the sweep is not finished: {outcome.message}", stacklevel=2)
        return cls.open(folder)

    # --- What it is ---------------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        """The folder of the store."""
        return self._store.folder

    @property
    def plan(self) -> Plan:
        """The plan, as far as it has been extended."""
        return self._store.plan

    @property
    def given(self) -> str:
        """The plan as it was given when the sweep was begun: the text of its file."""
        return self._store.text

    @property
    def provenance(self) -> list[dict[str, Any]]:
        """Return the record of the machines and versions that made the runs: one entry a session."""
        return self._store.sessions()

    def status(self) -> Status:
        """Count the runs that are stored, failed and still to come."""
        from partnersim.sweep.reading import is_there
        from partnersim.sweep.run import count_missing

        store = self._store
        listing = store.list_runs()  # once: runs may land while this is read
        n_missing = count_missing(store, listing)
        n_done = listing.coverage.n_runs(store.plan.n_arms)
        kept = [store.folder / part / name for part in ("runs", "series") for name in listing.chunks]
        files = [file for file in kept if is_there(file)]
        return Status(
            sweep_id=store.sweep_id,
            n_points=self.plan.points.n_points,
            n_arms=store.plan.n_arms,
            n_replicates=self.plan.most_replicates,
            n_runs=n_done + n_missing,
            n_done=n_done,
            n_failed=listing.n_failed,
            is_finished=n_missing == 0,
            n_files=len(files),
            n_bytes=sum(file.stat().st_size for file in files),
        )

    def failures(self) -> list[Failure]:
        """Count the runs that failed, by error, the most frequent first."""
        import pyarrow.dataset as pads

        counts: dict[str, int] = {}
        firsts: dict[str, Failure] = {}
        columns = ["error", "message", "point", *self._arm, "replicate"]
        where = pads.field("status") == "failed"
        for batch in self.measures.to_arrow().to_batches(columns=columns, filter=where):
            for row in batch.to_pylist():
                error = row["error"]
                counts[error] = counts.get(error, 0) + 1
                firsts.setdefault(error, Failure(**{"arm": "", "n_runs": 0, **row}))
        ranked = sorted(counts, key=lambda error: -counts[error])
        return [firsts[error]._replace(n_runs=counts[error]) for error in ranked]

    def codebook(self) -> dict[str, list[Entry]]:
        """Describe each column of each table: its meaning, unit and range."""
        from partnersim.sweep.codebook import codebook_of

        return codebook_of(self._store)

    def check(self) -> list[Finding]:
        """Check that every run is there once and unharmed; each finding has its remedy."""
        return self._store.check()

    # --- What came of it ----------------------------------------------------------------------

    @property
    def design(self) -> Table:
        """The table of points: a row for each point, a column for each parameter that was varied."""
        import pyarrow.parquet as pq

        self._store.points().check(is_thorough=False)
        file = self._store.design_file
        values = [name for name in pq.read_schema(file).names if name != "point"]
        return self._table("design", [file], ("point",), values)

    @property
    def measures(self) -> Table:
        """The table of runs: a row for each run, with how it went and a column for each measure."""
        files = self._store.files()
        if not files:
            raise ScenarioError(f"{self.folder}: nothing has been run yet")
        values = ["status", *self.plan.measure_names]
        return self._table("runs", files, ("point", *self._arm, "replicate"), values)

    @property
    def series(self) -> Table:
        """The table of series: a row for each month of each run that keeps its series."""
        files = self._store.series_files()
        if self.plan.series is None:
            raise ScenarioError(f"{self.folder}: no series are kept; a plan names them in [series]")
        if not files:
            raise ScenarioError(f"{self.folder}: no run that keeps its series is done yet")
        keys = ("point", *self._arm, "replicate", "month")
        return self._table("series", files, keys, self.plan.series.names)

    def to_xarray(self) -> xr.Dataset:
        """Give the measures on a grid, with the parameters of each point as coordinates.

        An array is read when its numbers are used, and says what it means, its unit and range.
        """
        design = self.design.to_xarray()
        return self.measures.to_xarray().assign_coords(
            {str(name): column for name, column in design.data_vars.items()}
        )

    # --- For analyses -------------------------------------------------------------------------

    def outcomes(
        self,
        measure: str,
        arm: str | None = None,
        against: str | None = None,
        *,
        censored: Censored = "horizon",
    ) -> Outcomes:
        """Read one measure over the points and replicates: of an arm, or of what it has more than another.

        Parameters
        ----------
        measure
            One that the sweep keeps.
        arm
            Whose measure; the base's if left out.
        against
            If given, the difference of `arm` from it, pair by pair (common random numbers).
        censored
            What a milestone counts as that a run does not reach: ``horizon``, the last month, or
            ``missing``, left out. Both are counted.

        Raises
        ------
        InputError
            For a measure or an arm that the sweep has not.
        ScenarioError
            If nothing has been run yet.
        """
        from partnersim.sweep.outcomes import Source, read_outcomes

        return read_outcomes(Source(self.plan, self._points, self.measures), measure, arm, against, censored)

    def outcomes_by_month(
        self, series: str, months: Sequence[int], arm: str | None = None, against: str | None = None
    ) -> Iterator[tuple[int, Outcomes]]:
        """Read a series in some months: each month with its outcomes, over the runs that keep series.

        Raises
        ------
        InputError
            For a series or an arm that the sweep has not.
        ScenarioError
            If no series are kept, or none is there yet.
        """
        from partnersim.sweep.outcomes import Source, read_series

        return read_series(Source(self.plan, self._points, self.series), series, arm, against, months)

    def problem(self) -> dict[str, Any]:
        """Describe the parameters as SALib wants them.

        Returns
        -------
        dict
            `num_vars`, `names`, `bounds`, `dists` and, where the design has groups, `groups`. Names and
            switches are numbered from 0, as `partnersim.sweep.problem.as_numbers` numbers them.

        Raises
        ------
        ScenarioError
            For a distribution that SALib has not.
        """
        from partnersim.sweep.problem import problem_of

        return problem_of(self.plan)

    def find_run(self, point: int, arm: str | None = None, replicate: int = 0) -> Run:
        """Find what a run depends on: the scenario of its arm and point, and its random numbers.

        Raises
        ------
        InputError
            For a point, arm or replicate that the sweep has not.
        StoreError
            If the model, or a variant of one's own, is not the one that made the sweep.
        """
        plan = self.plan
        self._store.compare(plan)
        arm = arm or next(iter(plan.arms_by_name))
        check_name(arm, plan.arms_by_name, "arm in the sweep")
        for name, number, count in (
            ("point", point, plan.points.n_points),
            ("replicate", replicate, plan.most_replicates),
        ):
            if wrong := out_of_range(number, 0, count - 1):
                raise InputError(f"{name} = {wrong}")
        paths = list(plan.parameters_by_path)
        (values,) = self._store.points().points(point, point + 1, paths)
        luck = int(plan.points.luck_number(point, replicate))
        return Run(plan.scenario_for(arm, values), plan.seed, luck, plan.own_variants)

    def rerun(self, point: int, arm: str | None = None, replicate: int = 0) -> Results:
        """Run one row again, with all its months: its measures are the stored ones, bit for bit.

        Parameters
        ----------
        point, arm, replicate
            The row; of the base if the arm is left out. It need not have been run yet.

        Raises
        ------
        InputError, StoreError
            As `find_run`.
        Exception
            Whatever made the run fail, if it failed.
        """
        from partnersim.runs import ensemble

        run = self.find_run(point, arm, replicate)
        return ensemble.run(
            run.scenario, 1, run.seed, first_replicate=run.replicate, variants=run.variants, workers=1
        )

    @cached_property
    def _points(self) -> pd.DataFrame:
        """The points, read once: analyses ask for them again and again."""
        return self.design.to_pandas().set_index("point")

    @property
    def _arm(self) -> tuple[str, ...]:
        """The key that tells arms apart, if there are any."""
        return ("arm",) if self.plan.has_arms else ()

    def _table(self, name: str, files: Sequence[Path], keys: tuple[str, ...], values: Sequence[str]) -> Table:
        """Make a table of some files."""
        from partnersim.model.version import MODEL_VERSION
        from partnersim.sweep.codebook import parameter_entries
        from partnersim.sweep.tables import Table

        return Table(
            name=name,
            files=tuple(files),
            keys=keys,
            values=tuple(values),
            n_points=self.plan.points.n_points,
            arms=tuple(self.plan.arms_by_name) if self.plan.has_arms else (),
            attributes={
                "title": self.plan.base.title,
                "seed": self.plan.seed,
                "sweep_id": self._store.sweep_id,
                "version": partnersim.__version__,
                "model": MODEL_VERSION,
            },
            parameters=parameter_entries(self.plan.parameters_by_path),
        )

    def _repr_html_(self) -> str:
        """Show a figure and a table, in notebooks."""
        return partnersim.as_html(self)

    def __repr__(self) -> str:
        status = self.status()
        return (
            f"<Sweep in {str(self.folder)!r}: {status.n_points:,} points, "
            f"{status.n_done:,} of {status.n_runs:,} runs>"
        )
