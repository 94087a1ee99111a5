"""A sweep on disk: the files are the truth.

A store is a folder::

    design.parquet        the points: parameters, and what the design knows of each; written first
    sweep.json            what decides the numbers, its hash (the sweep's id), how far it is to
                          grow, and digests of the points; replaced only when the sweep grows
    plan.toml             the plan as it was given
    runs/*.parquet        results, a file for each chunk; its name says which runs are in it
    series/*.parquet      monthly series of the runs for which they were asked
    provenance.jsonl      on what it was run: one line a session
    set-aside/            files that were found in runs/ or series/ and were not what they say

A chunk is committed by writing a temporary file, fsync, rename and fsync of the folder. So a
file either is there whole or is not there, whatever dies when, and what is left to do is the
design less the files. A file counts if its footer has the sweep's id and its chunk, and its rows
are the rows of that chunk.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from partnersim import __version__
from partnersim.model import version
from partnersim.scenario.errors import ScenarioError, whole_number
from partnersim.scenario.files import parse_json
from partnersim.sweep.chunks import Chunk, Coverage, Grid
from partnersim.sweep.design_file import DesignFile, Tell, Written, write_design
from partnersim.sweep.designs import MOST_POINTS, TableDesign
from partnersim.sweep.parquet import digest_of, whole_file, write_parquet
from partnersim.sweep.plan import Plan, id_of, what_differs

FORMAT = 2
"""Of the store; another one is not readable by this version."""

KNOWN_NAMES = {"plan.toml", "design.parquet", "runs", "series", "provenance.jsonl", "set-aside"}
"""What a store that has no sweep.json yet, or no more, may have in it."""

_ID, _CHUNK, _DIGEST = b"partnersim.sweep", b"partnersim.chunk", b"partnersim.content"

_END_WIDTH = 160
"""Characters kept free in a line of provenance for what is known at the end of the session."""


class StoreError(ScenarioError):
    """A folder that is not the store it should be, in words for the person who named it."""


class Finding(NamedTuple):
    """Something about a file of a store that its owner may want to know.

    Attributes
    ----------
    level : str
        ``fault``, or ``note`` where nothing is wrong.
    file : str
        Its path within the store.
    what, remedy : str
        What is the matter, and what to do.
    """

    level: str
    file: str
    what: str
    remedy: str


# --- Columns -------------------------------------------------------------------------------------


def run_schema(plan: Plan) -> pa.Schema:
    """Columns of a file of runs: which run, how it went, and its measures."""
    text = pa.dictionary(pa.int32(), pa.string())
    return pa.schema(
        [
            *_key_fields(plan, text),
            ("luck_number", pa.int64()),
            ("status", text),
            ("error", text),
            ("message", pa.string()),
            *((name, pa.float64()) for name in plan.measure_names),
        ]
    )


def series_schema(plan: Plan) -> pa.Schema:
    """Columns of a file of series: which run, which month, and what was observed."""
    names = plan.series.names if plan.series else ()
    return pa.schema(
        [
            *_key_fields(plan, pa.dictionary(pa.int32(), pa.string())),
            ("month", pa.int32()),
            *((name, pa.float64()) for name in names),
        ]
    )


def _key_fields(plan: Plan, text: pa.DataType) -> list[tuple[str, pa.DataType]]:
    arm = [("arm", text)] if plan.has_arms else []
    return [("point", pa.int64()), *arm, ("replicate", pa.int64())]


# --- The store -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Growth:
    """How large a sweep is to be, how its runs are cut into chunks, and digests of its points."""

    size: dict[str, Any]
    grid: Grid
    points: Written

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        return {"size": self.size, "grid": vars(self.grid), "points": self.points._asdict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Growth:
        """Read what `to_dict` gave."""
        grid = Grid(**{name: whole_number(name, size, 1, MOST_POINTS) for name, size in data["grid"].items()})
        n_points = whole_number("n_points", data["points"]["n_points"], 1, MOST_POINTS)
        points = Written(n_points, [str(digest) for digest in data["points"]["digests"]])
        return cls(dict(data["size"]), grid, points)


@dataclass(frozen=True)
class Listing:
    """The files of runs that count, and those that do not."""

    chunks: dict[str, Chunk] = field(default_factory=dict)
    coverage: Coverage = field(default_factory=Coverage)
    unfit: list[Finding] = field(default_factory=list)
    n_failed: int = 0


class Store:
    """A sweep in a folder.

    Made by `create` or `open`. Nothing about single runs is kept in memory: what is done is read
    from the folder when it is asked for.

    Attributes
    ----------
    folder : Path
    plan : Plan
        As far as it has grown.
    sweep_id : str
        Hash of what decides the numbers.
    identity : dict
        What decides them.
    text : str
        The plan as it was given at first.
    history : tuple of Growth
        First as planned, last as it is to be.
    """

    def __init__(self, folder: Path, plan: Plan, document: Mapping[str, Any]) -> None:
        self.folder = folder
        self.plan = plan
        self.sweep_id: str = document["id"]
        self.identity: dict[str, Any] = document["identity"]
        self.text: str = document["plan"]
        self.history = tuple(Growth.from_dict(entry) for entry in document["growth"])

    @classmethod
    def create(cls, plan: Plan, folder: Path, grid: Grid, tell: Tell | None = None) -> Store:
        """Make a store for a plan, or open the one that somebody else has just made.

        `tell` is told of points written, and in all.

        Raises
        ------
        StoreError
            If the folder cannot be one, or is the store of another sweep.
        """
        cls.prepare(plan, folder)
        with _said_of(folder):
            points = write_design(plan.points, folder / "design.parquet", tell=tell)
            document = _document(plan, [Growth(plan.growth(), grid, points)], plan.text)
            with whole_file(folder / "sweep.json", is_first=True) as file:
                file.write(_as_json(document))
            is_own = (folder / "sweep.json").read_bytes() == _as_json(document)
        if not is_own:
            store = cls.open(folder)
            store.compare(plan)
            return store
        store = cls(folder, plan, document)
        store._write_plan()
        return store

    @classmethod
    def prepare(cls, plan: Plan, folder: Path) -> None:
        """Make the folders of a store, so that nothing is computed where nothing can be kept.

        Raises
        ------
        StoreError
            If they cannot be made or written to, or the folder is in use for something else.
        """
        parts = ["", "runs", *(["series"] if plan.series else [])]
        for part in (folder / name for name in parts):
            with _said_of(part):
                part.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=part):
                    pass
        _refuse_strange(folder)

    @classmethod
    def open(cls, folder: str | Path) -> Store:
        """Open a store.

        Raises
        ------
        StoreError
            If there is none, or it is damaged, of a later version, or of a model whose plans
            cannot be read any more.
        """
        folder = Path(folder)
        file = folder / "sweep.json"
        try:
            document = parse_json(file.read_bytes(), "", "sweep")
            if document["format"] != FORMAT:
                which = "a later" if document["format"] > FORMAT else "an earlier"
                raise StoreError(f"{file}: was written by {which} version of partnersim; install that one")
            try:
                made_with = document["identity"]["model"]
                plan = Plan.loads(
                    document["resolved"],
                    where=str(file),
                    folder=folder,
                    is_known=made_with == version.MODEL_VERSION,
                )
            except ScenarioError:  # of another model, it need not be a plan that this one knows
                _refuse_other_model(folder, made_with)
                raise
            store = cls(folder, plan, document)
            is_whole = bool(store.history) and id_of(store.identity) == store.sweep_id
        except (FileNotFoundError, NotADirectoryError):
            raise StoreError(
                f"{folder}: holds no sweep (no sweep.json); 'partnersim sweep run' makes one"
            ) from None
        except OSError as error:
            raise StoreError(f"{file}: cannot be read: {error.strerror}") from None
        except StoreError:
            raise
        except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
            raise StoreError(f"{file}: is damaged ({error}); {_REMEDY}") from None
        if not is_whole:
            raise StoreError(f"{file}: is not as it was written; {_REMEDY}")
        store._write_plan()
        return store

    def _write_plan(self) -> None:
        """Put the plan beside what decides the numbers, for people to read."""
        with contextlib.suppress(OSError):  # a folder that can only be read is good enough
            if not (self.folder / "plan.toml").exists():
                with whole_file(self.folder / "plan.toml") as copy:
                    copy.write(self.text.encode())

    @property
    def grid(self) -> Grid:
        """How runs are cut into chunks."""
        return self.history[-1].grid

    @property
    def growth(self) -> dict[str, Any]:
        """How large the sweep is to be: replicates, and points where the design can grow."""
        return self.history[-1].size

    @property
    def n_arms(self) -> int:
        """Arms that run at each point, the base among them."""
        return self.plan.n_arms

    @property
    def design_file(self) -> Path:
        """Where the points are."""
        return self.folder / "design.parquet"

    def points(self) -> DesignFile:
        """The points, for one thread to read."""
        return DesignFile(self.design_file, self.history[-1].points)

    def compare(self, plan: Plan) -> None:
        """Check that a plan is the one of this store.

        Raises
        ------
        StoreError
            Which says what differs.
        """
        _refuse_other_model(self.folder, self.identity["model"])
        differences = what_differs(self.identity, plan.identity())
        if differences:
            raise StoreError(
                f"{self.folder}: holds another sweep; give another folder, or the plan as it was "
                f"({self.folder / 'plan.toml'}). What differs:\n" + "\n".join(differences)
            )
        size = plan.growth()
        if size in [growth.size for growth in self.history]:
            return
        changed = [name for name in size if size[name] != self.growth.get(name)]
        there = ", ".join(f"{name} = {self.growth.get(name)}" for name in changed)
        remedy = "give another folder, or the plan as it was"
        if all(isinstance(size[name], int) for name in changed):
            remedy = "to let it grow: " + " ".join(f"--extend {n}={size[n]}" for n in changed)
        raise StoreError(
            f"{self.folder}: the plan asks for another size than the sweep has ({there}); {remedy}"
        )

    def grow(self, plan: Plan, grid: Grid, tell: Tell | None = None) -> Store:
        """Give the store as it is to be from now on.

        Where somebody else has let it grow alike in the meantime, as another shard does, it stays
        cut as they have cut it: shards that cut differently would leave gaps.
        """
        if plan.growth() == self.growth:
            return self
        now = Store.open(self.folder)
        if plan.growth() == now.growth:
            return now
        points = self.history[-1].points
        with _said_of(self.folder):
            if plan.points.n_points != points.n_points:
                points = write_design(plan.points, self.design_file, points, tell)
            history = [*self.history, Growth(plan.growth(), grid, points)]
            with whole_file(self.folder / "sweep.json") as file:
                file.write(_as_json(_document(plan, history, self.text)))
        return Store.open(self.folder)

    # --- What is there ------------------------------------------------------------------------

    def list_runs(self, *, is_thorough: bool = False) -> Listing:
        """Look at the files of runs.

        Parameters
        ----------
        is_thorough
            Whether to read every row and compare it with the checksum, or footers only.
        """
        listing = Listing()
        paths = sorted((self.folder / "runs").glob("*.parquet"))
        n_failed = 0
        with ThreadPoolExecutor(4) as pool:
            inspected = pool.map(lambda path: self._inspect(path, is_thorough), paths)
            for path, (chunk, failed, what) in zip(paths, inspected, strict=True):
                if chunk is not None and not listing.coverage.add(chunk):
                    what = "has runs that are in another file too"
                elif chunk is not None:
                    listing.chunks[path.name] = chunk
                    n_failed += failed
                    continue
                listing.unfit.append(Finding("fault", f"runs/{path.name}", what, _AGAIN))
        return Listing(listing.chunks, listing.coverage, listing.unfit, n_failed)

    def _inspect(self, path: Path, is_thorough: bool) -> tuple[Chunk | None, int, str]:
        """Find which chunk a file holds and how many of its runs failed, or what is wrong."""
        try:
            with pq.ParquetFile(path, page_checksum_verification=is_thorough) as file:
                footer = file.schema_arrow.metadata or {}
                n_rows = file.metadata.num_rows
                if footer.get(_ID) != self.sweep_id.encode():
                    other = footer.get(_ID, b"").decode(errors="replace")
                    belongs = f"belongs to another sweep ({other})" if other else "is no part of it"
                    return None, 0, belongs
                chunk = Chunk.from_json(footer.get(_CHUNK, b""))
                if path.name != chunk.file_name:
                    return None, 0, f"holds {chunk.file_name[:-8]}, which is not its name"
                expected = chunk.n_points * chunk.n_replicates * self.n_arms
                if path.parent.name == "runs" and n_rows != expected:
                    return None, 0, f"has {n_rows} rows, not {expected}"
                if is_thorough and digest_of(file.read()) != footer.get(_DIGEST, b"").decode():
                    return None, 0, "was changed after it was written"
                return chunk, int(footer.get(b"partnersim.failed", b"0")), ""
        except (OSError, ValueError, pa.ArrowException) as error:
            reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            return None, 0, f"cannot be read ({reason})"

    def files(self) -> list[Path]:
        """Files of runs that count, in the order in which they are run; each run is in one."""
        return [self.folder / "runs" / name for name in sorted(self.list_runs().chunks)]

    def series_files(self) -> list[Path]:
        """Files of series of the runs that count."""
        files = (self.folder / "series" / name for name in sorted(self.list_runs().chunks))
        return [file for file in files if file.exists()]

    def n_runs_done(self) -> int:
        """Runs that are stored, failed ones included."""
        return self.list_runs().coverage.n_runs(self.n_arms)

    def n_failed(self) -> int:
        """Runs that are stored as failed."""
        return self.list_runs().n_failed

    def sessions(self) -> list[dict[str, Any]]:
        """Give the lines of provenance; a session that was killed has no end."""
        try:
            lines = (self.folder / "provenance.jsonl").read_bytes().splitlines()
        except OSError:
            return []
        sessions = []
        for line in lines:
            with contextlib.suppress(ValueError):  # half a line, of a machine that lost power
                sessions.append(parse_json(line, "", "sweep"))
        return sessions

    def check(self) -> list[Finding]:
        """Read everything, and say what is wrong with any file."""
        listing = self.list_runs(is_thorough=True)
        findings = [*listing.unfit, *self._check_series(listing), *self._check_design()]
        for part in ("runs", "series"):
            for path in sorted((self.folder / part).glob("*")):
                if path.name.startswith("."):
                    what, remedy = "was not finished", "none is needed; no reader looks at it"
                elif path.suffix != ".parquet":
                    what, remedy = "is no part of the sweep", "move it elsewhere"
                else:
                    continue
                findings.append(Finding("note", f"{part}/{path.name}", what, remedy))
        for path in sorted((self.folder / "set-aside").glob("*")):
            what = "was no part of the sweep, and was set aside"
            findings.append(Finding("note", f"set-aside/{path.name}", what, "delete it"))
        return findings

    def _check_series(self, listing: Listing) -> Iterator[Finding]:
        for path in sorted((self.folder / "series").glob("*.parquet")):
            what = self._inspect(path, is_thorough=True)[2]
            if not what and path.name not in listing.chunks:
                what = "has no runs beside it"
            if what:
                yield Finding("fault", f"series/{path.name}", what, _AGAIN)
        if self.plan.series is None:
            return
        for name, chunk in listing.chunks.items():
            if keeps_series(self.plan, chunk) and not (self.folder / "series" / name).exists():
                yield Finding("fault", f"series/{name}", "is missing", _AGAIN)

    def _check_design(self) -> list[Finding]:
        try:
            self.points().check(is_thorough=True)
        except ScenarioError as error:
            what, _, remedy = str(error).removeprefix(f"{self.design_file}: ").rpartition("; ")
            return [Finding("fault", "design.parquet", what, remedy)]
        return []

    # --- Putting in order ---------------------------------------------------------------------

    def set_aside(self) -> tuple[Listing, list[Finding]]:
        """Move what is not what it says out of the way, so that its runs are done again.

        Returns
        -------
        tuple
            What counts, every row of it read, and what was moved.
        """
        listing = self.list_runs(is_thorough=True)
        moved = [*listing.unfit, *self._check_series(listing)]
        for finding in moved:
            self._move_aside(finding.file)
        broken = {Path(f.file).name for f in moved if f.file.startswith("series/")}
        if broken & listing.chunks.keys():
            # Runs and their series are made together: without the one the other goes too.
            for name in sorted(broken & listing.chunks.keys()):
                self._move_aside(f"runs/{name}")
            listing = self.list_runs()
        return listing, moved

    def mend_design(self, plan: Plan, tell: Tell | None = None) -> list[Finding]:
        """Make the points again where they are not what they were, by the plan as it was given.

        Returns
        -------
        list
            What was the matter; the file has been moved.

        Raises
        ------
        ScenarioError
            If this version of the program makes others.
        """
        found = self._check_design()
        if found:
            self._move_aside("design.parquet")
            # A table that was harmed here is whole where the plan found it.
            design = (plan if isinstance(plan.design, TableDesign) else self.plan).points
            write_design(design, self.design_file, self.history[-1].points, tell)
        return found

    def _move_aside(self, name: str) -> None:
        """Move a file to set-aside/, under a name that is free there."""
        source, folder = self.folder / name, self.folder / "set-aside"
        with _said_of(self.folder), contextlib.suppress(FileNotFoundError):
            folder.mkdir(exist_ok=True)
            number, target = 0, folder / source.name
            while target.exists():
                number += 1
                target = folder / f"{source.name}.{number}"
            source.rename(target)

    def remove_unfinished(self) -> None:
        """Delete temporary files, of workers that were killed: only when nobody is working."""
        for part in (self.folder, self.folder / "runs", self.folder / "series"):
            for path in part.glob(".*.tmp"):
                with contextlib.suppress(OSError):
                    path.unlink()

    # --- Writing ------------------------------------------------------------------------------

    def has(self, chunk: Chunk) -> bool:
        """Whether somebody has committed exactly this chunk."""
        return (self.folder / "runs" / chunk.file_name).exists()

    def commit(self, chunk: Chunk, runs: pa.Table, series: pa.Table | None, n_failed: int) -> None:
        """Store a chunk: its series first, so that runs that count have theirs.

        Raises
        ------
        OSError
            If it cannot be written; then nothing is there.
        """
        if series is not None:
            self._write_table("series", chunk, series)
        self._write_table("runs", chunk, runs, n_failed)

    def _write_table(self, part: str, chunk: Chunk, table: pa.Table, n_failed: int = 0) -> None:
        footer = {
            _ID: self.sweep_id.encode(),
            _CHUNK: chunk.to_json().encode(),
            _DIGEST: digest_of(table).encode(),
            b"partnersim.failed": str(n_failed).encode(),
        }
        table = table.replace_schema_metadata(footer)
        with whole_file(self.folder / part / chunk.file_name) as file:
            write_parquet(table, file)

    @contextlib.contextmanager
    def session(self, about: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Keep a line of provenance: begun now, completed with what is put into the mapping.

        The line is completed in place, where room was left for it: so there is one line for each
        session, also of one that was killed, and of two drivers at once none spoils the other's.
        """
        head = json.dumps(dict(about))[:-1] + ', "ended": '
        line = f"{head}{'null}':<{_END_WIDTH}}\n".encode()
        path = self.folder / "provenance.jsonl"
        with _said_of(path), path.open("ab") as file:
            os.write(file.fileno(), line)
            begin = os.lseek(file.fileno(), 0, os.SEEK_CUR) - len(line)
        ended: dict[str, Any] = {}
        try:
            yield ended
        finally:
            text = json.dumps(ended)
            tail = f"{text + '}':<{_END_WIDTH}}\n".encode()
            if len(tail) == _END_WIDTH + 1:
                with contextlib.suppress(OSError), path.open("r+b") as file:
                    file.seek(begin + len(head.encode()))
                    file.write(tail)


_AGAIN = "give the command again that ran the sweep: the file is set aside, its runs are done anew"
_REMEDY = (
    "move it away and run the plan into this folder again: files of runs know by themselves to "
    "which sweep they belong, and are kept"
)


def keeps_series(plan: Plan, chunk: Chunk) -> bool:
    """Whether any run of a chunk keeps its series."""
    asked, point, replicate = plan.series, chunk.points[0][0], chunk.replicates[0]
    return asked is not None and bool(asked.keeps(point, replicate))


def _document(plan: Plan, history: Iterable[Growth], text: str) -> dict[str, Any]:
    """Give what sweep.json says."""
    return {
        "format": FORMAT,
        "id": plan.sweep_id,
        "growth": [growth.to_dict() for growth in history],
        "identity": plan.identity(),
        "plan": text,
        "resolved": plan.to_toml(table="design.parquet"),
    }


def _refuse_other_model(folder: Path, made_with: str) -> None:
    """Refuse to mix runs of two models, and say what is to be done."""
    if made_with != version.MODEL_VERSION:
        raise StoreError(
            f"{folder}: was made with model {made_with}, and partnersim {__version__} has model "
            f"{version.MODEL_VERSION}, which gives other numbers. Nothing stored is lost: begin a "
            f"new folder, or go on with a release of partnersim that has model {made_with}"
        )


def _as_json(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=1) + "\n").encode()


def _refuse_strange(folder: Path) -> None:
    """Refuse a folder in use for something else."""
    if (folder / "sweep.json").exists():
        return
    strange = sorted(
        path.name
        for path in folder.iterdir()
        if path.name not in KNOWN_NAMES and not path.name.startswith(".")
    )
    if strange:
        raise StoreError(
            f"{folder}: has other files in it ({', '.join(strange[:3])}) and is no sweep; "
            "give an empty folder, or one that is not there yet"
        )


@contextlib.contextmanager
def _said_of(path: Path) -> Iterator[None]:
    """Say in words what the system refuses to do with a folder, but for a full disk."""
    try:
        yield
    except OSError as error:
        if error.errno in DISK_FULL:
            raise
        where = path if path.exists() else path.parent
        if error.errno in (errno.EEXIST, errno.ENOTDIR):
            raise StoreError(f"{path}: is a file; give a folder") from None
        raise StoreError(
            f"{path}: cannot be written to ({error.strerror}); give another folder, or make {where} writable"
        ) from None


DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
"""Numbers of the errors that mean that there is no room left."""
