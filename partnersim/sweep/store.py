"""A sweep on disk: the files are the truth.

A store is a folder::

    design.parquet        the points: parameters, and what the design knows of each; written first
    sweep.json            what decides the numbers, its hash (the sweep's id), how far it is to
                          grow, digests of the points and of itself; replaced only when the sweep
                          grows
    plan.toml             the plan as it was given
    codebook.csv          what each column means, for people to read
    runs/*.parquet        results, a file for each chunk; its name says which runs are in it
    series/*.parquet      monthly series of the runs for which they were asked
    provenance.jsonl      on what it was run: one line a session
    set-aside/            files that were found in runs/ or series/ and were not what they say

A chunk is committed by writing a temporary file, fsync, rename and fsync of the folder. So a
file either is there whole or is not there, whatever dies when, and what is left to do is the
design less the files. A file counts if its footer has the sweep's id and its chunk, and its rows
are the rows of that chunk. Only its content can say that it does not: where the system fails to
read it, that is tried again, and then raised.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from partnersim import __version__
from partnersim.model import version
from partnersim.scenario.errors import ScenarioError
from partnersim.scenario.file_paths import full_path
from partnersim.scenario.files import parse, parse_json
from partnersim.sweep.chunks import Chunk, Coverage, Grid
from partnersim.sweep.design_file import DesignFile, Tell, Written, write_design
from partnersim.sweep.designs import TableDesign
from partnersim.sweep.parquet import digest_of, whole_file, write_parquet
from partnersim.sweep.plan import Plan, id_of, what_differs
from partnersim.sweep.reading import fault_of, files_in, is_there, read_bytes, read_parquet

FORMAT = 3
"""Version of the store's format; another one is not readable by this version."""

KNOWN_NAMES = {
    *("plan.toml", "codebook.csv", "design.parquet", "runs", "series", "provenance.jsonl"),
    *("set-aside",),
}
"""Names that may be in the folder of a store that has no sweep.json yet, or no more."""

_ID, _CHUNK, _DIGEST = b"partnersim.sweep", b"partnersim.chunk", b"partnersim.content"
_FAILED = b"partnersim.failed"

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
    """Make the columns of a file of runs: which run, how it went, and its measures."""
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
    """Make the columns of a file of series: which run, which month, and what was observed."""
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
    """The size that a sweep is to have, the grid that cuts its runs, and digests of its points."""

    size: dict[str, Any]
    grid: Grid
    points: Written


@dataclass
class Listing:
    """The files of runs that count, and those that do not."""

    chunks: dict[str, Chunk] = field(default_factory=dict)
    coverage: Coverage = field(default_factory=Coverage)
    unfit: list[Finding] = field(default_factory=list)
    n_failed: int = 0


class Store:
    """A sweep in a folder.

    Made by `create` or `open`. Nothing about single runs is kept in memory: what is done is read
    from the folder when it is asked for. The identity is what decides the numbers, and the sweep's
    id its hash; the plan has grown as far as the last of the history says, and the text is that of
    the plan as it was given at first.
    """

    def __init__(self, folder: Path, plan: Plan, document: Mapping[str, Any]) -> None:
        self.folder = folder
        self.sweep_id: str = document["id"]
        self.identity: dict[str, Any] = document["identity"]
        self.plan = plan
        self.text: str = document["plan"]
        self.history = tuple(
            Growth(dict(entry["size"]), Grid(**entry["grid"]), Written(**entry["points"]))
            for entry in document["growth"]
        )

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
            growth = Growth(plan.growth(), grid, points)
            document = _document(plan, plan.identity(), [growth], plan.text)
            with whole_file(folder / "sweep.json", is_first=True) as file:
                file.write(_as_json(document))
        if read_bytes(folder / "sweep.json") != _as_json(document):
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
                if not is_there(part):
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
        folder = full_path(folder)
        file = folder / "sweep.json"
        try:
            document = parse_json(read_bytes(file), "", "sweep")
            if document["format"] > FORMAT:
                raise StoreError(f"{file}: was written by a later version of partnersim; install that one")
            if document["format"] < FORMAT:
                raise StoreError(f"{file}: was written by an earlier version of partnersim; {_REMEDY}")
            if document.pop("digest") != id_of(document):
                raise StoreError(f"{file}: is not as it was written; {_REMEDY}")
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
        except (FileNotFoundError, NotADirectoryError):
            raise StoreError(
                f"{folder}: holds no sweep (no sweep.json); 'partnersim sweep run' makes one"
            ) from None
        except StoreError:
            raise
        except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
            raise StoreError(f"{file}: is damaged ({error}); {_REMEDY}") from None
        store._write_plan()
        return store

    def _write_plan(self) -> None:
        """Put the plan beside what decides the numbers, for people to read."""
        with contextlib.suppress(OSError):  # a folder that can only be read is good enough
            if not is_there(self.folder / "plan.toml"):
                with whole_file(self.folder / "plan.toml") as copy:
                    copy.write(self.text.encode())

    @property
    def grid(self) -> Grid:
        """The grid by which runs are cut into chunks."""
        return self.history[-1].grid

    @property
    def growth(self) -> dict[str, Any]:
        """The size that the sweep is to have: replicates, and points where the design can grow."""
        return self.history[-1].size

    @property
    def design_file(self) -> Path:
        """The file that holds the points."""
        return self.folder / "design.parquet"

    def points(self) -> DesignFile:
        """Open the points, for one thread to read."""
        return DesignFile(self.design_file, self.history[-1].points)

    def compare(self, plan: Plan) -> None:
        """Check that a plan is the one of this store; its own is not once the model or a variant has changed.

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
        now = Store.open(self.folder)
        if plan.growth() == now.growth:
            return now
        points = self.history[-1].points
        with _said_of(self.folder):
            if plan.points.n_points != points.n_points:
                points = write_design(plan.points, self.design_file, points, tell)
            history = [*self.history, Growth(plan.growth(), grid, points)]
            with whole_file(self.folder / "sweep.json") as file:
                # Its id stays, by which files know it, however this version would write the scenario.
                file.write(_as_json(_document(plan, self.identity, history, self.text)))
        return Store.open(self.folder)

    # --- What is there ------------------------------------------------------------------------

    def list_runs(self, *, is_thorough: bool = False) -> Listing:
        """Find the files of runs that count, and those that do not.

        Parameters
        ----------
        is_thorough
            Whether to read every row and compare it with the checksum, or footers only.
        """
        listing = Listing()
        paths = files_in(self.folder / "runs", ".parquet")
        with ThreadPoolExecutor(4) as pool:
            inspected = pool.map(lambda path: self._inspect(path, is_thorough), paths)
            for path, (chunk, failed, what) in zip(paths, inspected, strict=True):
                if chunk is not None and not listing.coverage.add(chunk):
                    what = "has runs that are in another file too"
                elif chunk is not None:
                    listing.chunks[path.name] = chunk
                    listing.n_failed += failed
                    continue
                if what:
                    listing.unfit.append(Finding("fault", f"runs/{path.name}", what, _AGAIN))
        return listing

    def _inspect(self, path: Path, is_thorough: bool) -> tuple[Chunk | None, int, str]:
        """Find which chunk a file holds and how many of its runs failed, or what is wrong.

        Nothing is wrong with a file that somebody else has moved away in the meantime.
        """

        def inspect(file: pq.ParquetFile) -> tuple[Chunk | None, int, str]:
            footer = file.schema_arrow.metadata or {}
            n_rows = file.metadata.num_rows
            if footer.get(_ID) != self.sweep_id.encode():
                other = footer.get(_ID, b"").decode(errors="replace")
                return None, 0, f"belongs to another sweep ({other})" if other else "is no part of it"
            chunk = Chunk.from_json(footer.get(_CHUNK, b""))
            if path.name != chunk.file_name:
                return None, 0, f"holds {chunk.file_name[:-8]}, which is not its name"
            has_runs, n_failed = path.parent.name == "runs", int(footer.get(_FAILED, b"0"))
            expected = chunk.n_runs(self.plan.n_arms)
            if has_runs and n_rows != expected:
                return None, 0, f"has {n_rows} rows, not {expected}"
            if is_thorough:
                table = file.read()
                is_as_written = digest_of(table) == footer.get(_DIGEST, b"").decode()
                if is_as_written and has_runs:  # the digest is of the rows, and not of what is said of them
                    is_as_written = table["status"].to_pylist().count("failed") == n_failed
                if not is_as_written:
                    return None, 0, "was changed after it was written"
            return chunk, n_failed, ""

        try:
            return read_parquet(path, inspect, page_checksum_verification=is_thorough)
        except FileNotFoundError:
            return None, 0, ""
        except (OSError, ValueError, pa.ArrowException) as error:
            return None, 0, f"cannot be read ({fault_of(error)})"

    def files(self) -> list[Path]:
        """Return the files of runs that count, in the order in which they are run; each run is in one."""
        return [self.folder / "runs" / name for name in sorted(self.list_runs().chunks)]

    def series_files(self) -> list[Path]:
        """Return the files of series of the runs that count."""
        files = (self.folder / "series" / name for name in sorted(self.list_runs().chunks))
        return [file for file in files if is_there(file)]

    def sessions(self) -> list[dict[str, Any]]:
        """Give the lines of provenance; a session that was killed has no end.

        Raises
        ------
        StoreError
            If a line cannot have been written by a sweep.
        """
        file = self.folder / "provenance.jsonl"
        sessions = []
        for number, line in enumerate(read_bytes(file).splitlines() if is_there(file) else [], start=1):
            try:
                sessions.append(parse(line, json.loads, "session"))
            except json.JSONDecodeError:  # half a line, of a machine that lost power
                continue
            except ValueError as error:
                raise StoreError(
                    f"{file}: line {number} {error}; delete the line, or move the file away: no run needs it"
                ) from None
        return sessions

    def check(self) -> list[Finding]:
        """Read everything, and report what is wrong with any file."""
        listing = self.list_runs(is_thorough=True)
        findings = [*listing.unfit, *self._check_series(listing), *self._check_design()]
        try:
            self.sessions()
        except StoreError as error:
            findings.append(_finding("note", self.folder / "provenance.jsonl", error))
        for part in ("runs", "series"):
            for path in files_in(self.folder / part):
                if path.name.startswith("."):
                    what, remedy = "was not finished", "none is needed; no reader looks at it"
                elif path.suffix != ".parquet":
                    what, remedy = "is no part of the sweep", "move it elsewhere"
                else:
                    continue
                findings.append(Finding("note", f"{part}/{path.name}", what, remedy))
        for path in files_in(self.folder / "set-aside"):
            what = "was no part of the sweep, and was set aside"
            findings.append(Finding("note", f"set-aside/{path.name}", what, "delete it"))
        return findings

    def _check_series(self, listing: Listing) -> Iterator[Finding]:
        for path in files_in(self.folder / "series", ".parquet"):
            chunk, _, what = self._inspect(path, is_thorough=True)
            if chunk is not None and path.name not in listing.chunks:
                what = "has no runs beside it"
            if what:
                yield Finding("fault", f"series/{path.name}", what, _AGAIN)
        asked = self.plan.series
        if asked is None:
            return
        for name, chunk in listing.chunks.items():
            is_kept = asked.keeps(chunk.points[0][0], chunk.replicates[0])
            if is_kept and not is_there(self.folder / "series" / name):
                yield Finding("fault", f"series/{name}", "is missing", _AGAIN)

    def _check_design(self) -> list[Finding]:
        try:
            self.points().check(is_thorough=True)
        except ScenarioError as error:
            return [_finding("fault", self.design_file, error)]
        return []

    # --- Putting in order ---------------------------------------------------------------------

    def set_aside(self) -> tuple[Listing, list[Finding]]:
        """Move files that are not what they say out of the way, so that their runs are done again.

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
            for path in files_in(part, ".tmp"):
                if path.name.startswith("."):
                    with contextlib.suppress(OSError):
                        path.unlink()

    # --- Writing ------------------------------------------------------------------------------

    def has(self, chunk: Chunk) -> bool:
        """Return whether somebody has committed exactly this chunk."""
        return is_there(self.folder / "runs" / chunk.file_name)

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
            _FAILED: str(n_failed).encode(),
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


def _finding(level: str, file: Path, error: ScenarioError) -> Finding:
    """Take apart what an error says of a file: what is the matter, and what to do."""
    what, _, remedy = str(error).removeprefix(f"{file}: ").rpartition("; ")
    return Finding(level, file.name, what, remedy)


def _document(plan: Plan, identity: dict[str, Any], history: Iterable[Growth], text: str) -> dict[str, Any]:
    """Make the content of sweep.json."""
    document = {
        "format": FORMAT,
        "id": id_of(identity),
        "growth": [asdict(growth) for growth in history],
        "identity": identity,
        "plan": text,
        "resolved": plan.to_toml(table="design.parquet"),
    }
    return document | {"digest": id_of(document)}


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
    if is_there(folder / "sweep.json"):
        return
    names = [path.name for path in files_in(folder)]
    strange = [name for name in names if name not in KNOWN_NAMES and not name.startswith(".")]
    if strange:
        raise StoreError(
            f"{folder}: has other files in it ({', '.join(strange[:3])}) and is no sweep; "
            "give an empty folder, or one that is not there yet"
        )


@contextlib.contextmanager
def _said_of(path: Path) -> Iterator[None]:
    """Turn the system's errors with a folder, but for a full disk, into one in plain words."""
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            raise
        where = path if path.exists() else path.parent
        if error.errno in (errno.EEXIST, errno.ENOTDIR):
            raise StoreError(f"{path}: is a file; give a folder") from None
        raise StoreError(
            f"{path}: cannot be written to ({error.strerror}); give another folder, or make {where} writable"
        ) from None


def is_disk_full(error: BaseException) -> bool:
    """Return whether an error means that there is no room left."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
