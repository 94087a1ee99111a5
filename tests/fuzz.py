"""Hostile input at random: python -m tests.fuzz [INPUTS] [SEED ...]

Scenarios, plans, mixes, observations, stories, files of points, sweeps, links and command lines that
are right are broken in many ways and read. Each has to be taken or refused in words; anything else is
a fault, of which the smallest input of each kind is printed.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import io
import json
import os
import random
import signal
import sys
import tempfile
import tomllib
import traceback
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock

from typer.main import get_command

import partnersim.cli as cli
from partnersim.analysis.mix_plan import MixPlan, make_problem
from partnersim.analysis.observed import parse_target, read_observed
from partnersim.app.links import LinkError, from_link
from partnersim.app.session import State
from partnersim.app.stories import read_story
from partnersim.cli.base import app
from partnersim.scenario.errors import InputError
from partnersim.scenario.files import packaged_names, packaged_text, read_text
from partnersim.sweep.plan import Plan
from tests.pages import ROOT
from tests.stores import make_plan, run

PATIENCE = 30
"""Seconds; what takes longer is a fault as well."""

COMMAND = get_command(app)
"""Made once, as that takes ten times as long as to read most inputs."""

Data = Any
Luck = random.Random


class Hanging(BaseException):
    """Raised in what takes too long."""


class Raw(str):
    """Text that stands in a file as it is."""


# --- What is hostile -----------------------------------------------------------------------------

WORDS = (
    *("", "x", "a" * 300, "a/" * 3000, "..", "-", "--", "a.b", "nan", "a\0b", "\ud800", "\udcff", "\x1b[31m"),
    *("é😀", "[bold]x", "%s {0}", "a\nb", "mine.py:decide", "none.toml", "/dev/null/x"),
    *("dummy", "true", "beta"),
)

NUMBERS = (
    *("0", "1", "-1", "0.5", "1e308", "5e-324", "1e999", "inf", "nan", "2147483648", "9223372036854775808"),
    *("1180591620717411303424", "1" + "0" * 400, "9" * 4301, "0x" + "f" * 40, "0x" + "f" * 5000, "01", "٣"),
)

KEYS = (
    *("variants", "measures", "series", "on_error", "luck", "replicates", "name", "type", "distribution"),
    *("values", "low", "high", "organisations", "drawn", "format", "months", "scenario", "dummy_1", "loc"),
    *("a.b", "", "x" * 500, "a\nb", "é", "kind", "switch"),
)


def token(luck: Luck, equals: str = " = ") -> Raw:
    """A value as a file has it: one of another kind, too large, too deep, or none at all."""
    number, word, key = luck.choice(NUMBERS), quote(luck.choice(WORDS)), quote(luck.choice(KEYS))
    depth = luck.choice((2, 40, 300, 5000))
    return Raw(
        luck.choice(
            (
                number,
                luck.choice(NUMBERS),
                word,
                luck.choice(("true", "[]", "{}", "null", "1979-05-27T07:32:00Z", "07:32:00")),
                f"[{luck.choice((number, word))}, {luck.choice(NUMBERS)}]",
                f"[{{{key}{equals}{number}}}]",
                f"{{{key}{equals}{luck.choice((number, word))}}}",
                luck.choice(("[" * depth + "]" * depth, f'{{"a"{equals}' * depth + "1" + "}" * depth)),
            )
        )
    )


def quote(text: str) -> str:
    """Text in quotes, as TOML and JSON have it."""
    return json.dumps(text, ensure_ascii="\ud800" <= max(text, default="") <= "\udfff")


def written(value: Any, equals: str = " = ") -> str:
    """A value as TOML, or with ': ' as JSON."""
    match value:
        case Raw():
            return value
        case dict():
            return "{" + ", ".join(f"{quote(k)}{equals}{written(v, equals)}" for k, v in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(written(entry, equals) for entry in value) + "]"
        case bool() | None:
            return json.dumps(value)
        case str():
            return quote(value)
        case _:
            return str(value)


def as_toml(data: Data) -> str:
    """A table as a file, a line for each of its keys."""
    return "".join(f"{quote(key)} = {written(value)}\n" for key, value in data.items())


def as_json(data: Data) -> str:
    """The same as JSON."""
    return written(data, ": ")


# --- How what is right is broken -----------------------------------------------------------------


def places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Everything that stands in data: what holds it, and under which key."""
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in list(entries):
        yield data, key
        yield from places(value)


def broken(luck: Luck, right: Data, equals: str = " = ") -> Data:
    """Data in which one to three things are replaced, left out, added, renamed or put elsewhere."""
    data = copy.deepcopy(right)
    for _ in range(luck.choice((1, 1, 1, 2, 3))):
        found = list(places(data))
        if not found:
            return data
        holder, key = luck.choice(found)
        match luck.randrange(8):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[luck.choice(KEYS)] = holder.pop(key)
            case 2 if isinstance(holder, dict):
                holder[luck.choice(KEYS)] = token(luck, equals)
            case 2 if isinstance(holder, list):
                holder.insert(key, copy.deepcopy(holder[key]))
            case 3:
                holder[key] = luck.choice(([holder[key]], {"a": holder[key]}))
            case 4:
                other, there = luck.choice(found)
                if there in other if isinstance(other, dict) else there < len(other):
                    holder[key] = copy.deepcopy(other[there])
            case _:
                holder[key] = token(luck, equals)
    return data


def spliced(luck: Luck, text: str) -> bytes:
    """Text of which a piece is gone, doubled, moved, or made of other bytes."""
    content = text.encode("utf-8", "surrogatepass")
    at, size = luck.randrange(len(content) + 1), luck.choice((1, 1, 3, 20, 400))
    piece = content[at : at + size]
    other = luck.choice((b"", piece * 2, luck.randbytes(size), token(luck).encode("utf-8", "surrogatepass")))
    return content[:at] + other + content[at + size :]


def file_of(luck: Luck, rights: list[tuple[str, Data]], write: Callable[[Data], str] = as_toml) -> bytes:
    """The content of a broken file, of one of those that are right: text and data of each."""
    text, data = luck.choice(rights)
    equals = " = " if write is as_toml else ": "
    way = luck.random()
    if way < 0.2:
        return spliced(luck, text)
    made = write(broken(luck, data, equals))
    return spliced(luck, made) if way < 0.3 else made.encode("utf-8", "surrogatepass")


# --- What is right -------------------------------------------------------------------------------

PLANS = (
    'scenario = "two-organisations"\nreplicates = 2\nseed = 11\n[design]\n'
    'type = "latin-hypercube"\npoints = 5\n[parameters]\n'
    '"ways_of_working.delegated_authority" = {low = 0.0, high = 1.0}\n'
    'months = {values = [3, 6]}\n"decision.exposure" = {distribution = "beta", a = 2.0, b = 3.0}\n'
    'dummy = {}\n[arms]\ncoordinator = {coordinators = [{name = "Ana"}]}\n',
    'scenario = "integrated-care"\nmonths = 6\nluck = "base-row"\nmeasures = ["trust", "mean_speed"]\n'
    "on_error = {stop_after = 3}\n[replicates]\nfloor = 2\nceiling = 4\nhalf_width = {trust = 0.1}\n"
    '[series]\nnames = ["trust"]\nruns = 1\npoints = 2\n[design]\ntype = "saltelli"\nbase = 2\n'
    'groups = {one = ["decision.exposure", "trust.deeds"]}\n[parameters]\n'
    '"decision.exposure" = {}\n"trust.deeds" = {low = 0.1}\nluck = {}\n[arms]\nx = {luck = 0.5}\n',
    'months = 6\nreplicates = 1\nscenario = {organisations = [{name = "a"}, {name = "b"}]}\n[design]\n'
    'type = "one-at-a-time"\nlevels = 3\n[parameters]\n"decision.exposure" = {values = [0.1, 0.2]}\n'
    '"decision.rule" = {}\n"mechanisms.trust_frozen" = {}\n',
    'scenario = "two-organisations"\nmonths = 6\nreplicates = 1\n[design]\ntype = "table"\n'
    'file = "points.csv"\n',
    'scenario = "right.toml"\nmonths = 6\n[design]\n'
    'type = "morris"\ntrajectories = 2\n[parameters]\n"decision.exposure" = {}\n',
    'scenario = "two-organisations"\nmonths = 6\nreplicates = 1\n[variants]\ndecide = "mine.py:decide"\n'
    '[design]\ntype = "factorial"\nlevels = 2\n[parameters]\n"decision.exposure" = {}\n',
)

MIXES = (
    'scenario = "two-organisations"\nmonths = 6\nreplicates = 1\nconfirm = 2\ntrials = 2\nbudget = 3.0\n'
    'objectives = ["speed", "equity"]\n[enough]\nspeed = 0.1\n[mix]\ncoordinators = [{name = "Ana"}]\n'
    'interventions = [{lever = "joint_away_days", value = 0.0}]\n[parameters]\n'
    '"coordinators.Ana.meetings_per_month" = {low = 0.0, high = 8.0}\n'
    '"coordinators.Ana.attention" = {}\n"interventions.1.from_month" = {low = 0, high = 5}\n',
)

OBSERVED = "[targets.trust]\nvalue = 0.4\nerror = 0.1\n[targets.mean_speed]\nvalue = 0.1\n"

POINTS = (
    "point,decision.exposure,decision.rule,organisations.hospital.planning_horizon\n"
    "0,0.1,stake,6\n1,0.2,conditional,6\n"
)

TABLE = 'scenario = "two-organisations"\nmonths = 6\nreplicates = 1\n[design]\ntype = "table"\nfile = "{}"\n'

LINES = (
    "run two-organisations --replicates 1 --months 2 --seed 3 --workers 1 --json",
    "run two-organisations --replicates 1 --months 2 --set decision.exposure=0.2 --series trust --json",
    "compare two-organisations --arm coordinator --replicates 1 --months 2 --json",
    "compare two-organisations --arm x:decision.exposure=0.2;luck=0.5 --replicates 1 --months 2 --json",
    "explain two-organisations --replicate 1 --months 2 --month 1 --seed 3 --json",
    "explain two-organisations --between hospital council --months 2 --json",
    "what-if two-organisations --month 1 --months 2 --replicates 1 --measure trust --json",
    "calibrate store --target trust=0.4+-0.1 --arm coordinator --json",
    "mix mix.toml --points points.csv --out /dev/null/x --json",
    "check right.toml",
    "show right.toml --toml",
    "show torbay",
    "parameters trust --json",
    "scenarios --json",
    "new new.toml --from torbay --force",
    "sweep plan plan.toml --json",
    "sweep status store --json",
    "sweep check store --json",
    "sweep export store --to csv --out exported --force --json",
    "sweep run plan.toml --out /dev/null/x --extend replicates=2 --shard 1/2 --workers 1 --yes --json",
)


@dataclass
class Case:
    """One broken input: what it is, and what reads it."""

    kind: str
    text: str
    read: Callable[[], None]


class Right:
    """What is right, in a folder of its own, and the ways to break it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        named = [packaged_text(name) for name in packaged_names()]
        everything = (ROOT / "tests" / "reference" / "everything.toml").read_text(encoding="utf-8")
        stories = sorted((ROOT / "partnersim" / "app" / "stories").glob("*.toml"))
        self.scenarios, self.plans, self.mixes, self.stories = (
            [(text, tomllib.loads(text)) for text in texts]
            for texts in ((*named, everything), PLANS, MIXES, [file.read_text("utf-8") for file in stories])
        )
        state = json.loads(State().model_dump_json())
        full = state | {
            "switch": {"kind": "lever", "lever": "joint_away_days", "value": 2.0, "from_month": 3},
            "story": "coordinator",
            "pledges": ["x"],
            "world": state["world"] | {"text": packaged_text("two-organisations")},
        }
        self.states = [(json.dumps(one), one) for one in (state, full)]
        run(folder / "store", make_plan(months=6, replicates=1, design={"type": "sobol", "points": 2}))
        text = (folder / "store" / "sweep.json").read_text(encoding="utf-8")
        self.sweeps = [(text, json.loads(text))]
        self.sessions = (folder / "store" / "provenance.jsonl").read_bytes()
        (folder / "points.csv").write_text(POINTS, encoding="utf-8")
        (folder / "right.toml").write_text(named[-1], encoding="utf-8")
        (folder / "plan.toml").write_text(PLANS[0], encoding="utf-8")
        (folder / "mix.toml").write_text(MIXES[0], encoding="utf-8")
        (folder / "mine.py").write_text("def decide(x):\n    return x\n", encoding="utf-8")
        (folder / "loop").symlink_to("loop")

    def put(self, name: str, content: bytes) -> str:
        """Write a file; its path."""
        (self.folder / name).write_bytes(content)
        return str(self.folder / name)

    def case(self, luck: Luck) -> Case:
        """The next broken input."""
        kinds = (
            (4, self.scenario),
            (4, self.plan),
            (2, self.story),
            (2, self.link),
            (2, self.sweep),
            (1, self.points),
            (1, self.mix),
            (1, self.observed),
            (4, self.line),
            (1, self.path),
        )
        weights, makers = zip(*kinds, strict=True)
        return luck.choices(makers, weights)[0](luck)

    def scenario(self, luck: Luck) -> Case:
        content = file_of(luck, self.scenarios)
        file = self.put("broken.toml", content)
        words = luck.choice(
            (
                ("check", file),
                ("show", file),
                ("show", file, "--toml"),
                ("run", file, "--replicates", "1", "--months", "2", "--json"),
                ("explain", file, "--months", "2", "--json"),
            )
        )
        return Case("scenario", shown(content), lambda: call(words))

    def plan(self, luck: Luck) -> Case:
        content = file_of(luck, self.plans)

        def read(file: str) -> None:
            plan = Plan.load(file)
            Plan.loads(plan.to_toml(), folder=self.folder)
            plan.grown({"replicates": 2**70})

        return self.file("plan", content, lambda file: call(("sweep", "plan", file, "--json")), read)

    def mix(self, luck: Luck) -> Case:
        def read(file: str) -> None:
            plan = MixPlan.load(file)
            if plan.trials < 1000:
                make_problem(plan)

        return self.file("mix", file_of(luck, self.mixes), read)

    def observed(self, luck: Luck) -> Case:
        content = file_of(luck, [(OBSERVED, tomllib.loads(OBSERVED))])
        text = content.decode("utf-8", "replace")
        return self.file("observed", content, read_observed, lambda _: parse_target(text))

    def story(self, luck: Luck) -> Case:
        return self.file(
            "story", file_of(luck, self.stories), lambda file: read_story(read_text(Path(file)), file)
        )

    def file(self, kind: str, content: bytes, *readers: Callable[[str], Any]) -> Case:
        """A file that each of some functions takes or refuses."""
        file = self.put("broken.toml", content)

        def read() -> None:
            for reader in readers:
                with contextlib.suppress(InputError):
                    reader(file)

        return Case(kind, shown(content), read)

    def link(self, luck: Luck) -> Case:
        content = file_of(luck, self.states, as_json)
        text = base64.urlsafe_b64encode(zlib.compress(content)).decode().rstrip("=")
        link = f"1.{text}"
        if luck.random() < 0.2:
            link = spliced(luck, link).decode("utf-8", "surrogateescape")

        def read() -> None:
            with contextlib.suppress(LinkError):
                from_link(link)

        return Case("link", shown(content), read)

    def sweep(self, luck: Luck) -> Case:
        content, name = file_of(luck, self.sweeps, as_json), "sweep.json"
        if luck.random() < 0.2:
            content, name = spliced(luck, self.sessions.decode()), "provenance.jsonl"
        folder = self.folder / "store"
        words = luck.choice((("status", str(folder)), ("check", str(folder), "--json")))

        def read() -> None:
            kept = (folder / name).read_bytes()
            (folder / name).write_bytes(content)
            try:
                call(("sweep", *words))
            finally:
                (folder / name).write_bytes(kept)

        return Case(f"sweep, {name}", shown(content), read)

    def points(self, luck: Luck) -> Case:
        content = spliced(luck, POINTS)
        rows = POINTS.splitlines()
        if luck.random() < 0.5:
            cells = [row.split(",") for row in rows]
            luck.choice(cells)[luck.randrange(4)] = luck.choice((*WORDS, *NUMBERS))
            content = "\n".join(",".join(row) for row in cells).encode("utf-8", "surrogatepass")
        suffix = luck.choice((".csv", ".csv", ".parquet"))
        self.put(f"broken{suffix}", content)
        plan = self.put("table.toml", TABLE.format(f"broken{suffix}").encode())
        return Case("points", shown(content), lambda: call(("sweep", "plan", plan, "--json")))

    def line(self, luck: Luck) -> Case:
        words = luck.choice(LINES).split(" ")
        for _ in range(luck.choice((1, 1, 2))):
            at = luck.randrange(1, len(words))
            match luck.randrange(6):
                case 0:
                    del words[at]
                case 1:
                    words.insert(at, words[luck.randrange(len(words))])
                case 2 if "=" in words[at]:
                    words[at] = f"{words[at].rpartition('=')[0]}={token(luck)}"
                case 2:
                    words.insert(at, luck.choice(WORDS))
                case 3:
                    words[at] = luck.choice(WORDS)
                case _:
                    words[at] = luck.choice((*NUMBERS, "99999999999999999999", str(10**9)))
            if len(words) == 1:
                break
        if "run" in words and "sweep" in words and "/dev/null/x" not in words:
            return self.line(luck)  # it would run
        return Case("line", " ".join(words), lambda: call(words))

    def path(self, luck: Luck) -> Case:
        path = luck.choice((*WORDS, "loop", "store", "loop/x.toml", "é" * 200, "x" * 300 + ".toml", "\n"))
        lines = (("check",), ("run",), ("sweep", "plan"), ("sweep", "status"), ("new",), ("show",))
        words = (*luck.choice(lines), path)
        if luck.random() < 0.4:
            of_plan = luck.choice((f"scenario = {quote(path)}\n", f"[variants]\ndecide = {quote(path)}\n"))
            of_plan += f'[design]\ntype = "table"\nfile = {quote(path)}\n'
            file = self.put("path.toml", of_plan.encode("utf-8", "surrogatepass"))
            words = ("sweep", "plan", file)
            return Case("path", of_plan, lambda: call(words))
        return Case("path", " ".join(words), lambda: call(words))


def shown(content: bytes) -> str:
    """The content of a file as text."""
    return content.decode("utf-8", "backslashreplace")


# --- What reads it -------------------------------------------------------------------------------


def call(words: tuple[str, ...] | list[str]) -> None:
    """Run a command line in this process; what goes wrong inside is raised."""
    if "went wrong inside" in said_by(words):
        said_by(("--debug", *words))
        raise AssertionError("it went wrong once, and not again")


def said_by(words: tuple[str, ...] | list[str]) -> str:
    """What a command line prints on standard error."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    with (
        mock.patch.object(warnings, "formatwarning", warnings.formatwarning),
        mock.patch("typer.main.get_command", lambda _: COMMAND),
        mock.patch.object(sys, "argv", ["partnersim", *words]),
        mock.patch.object(sys, "stdin", io.StringIO()),
        contextlib.redirect_stdout(streams[0]),
        contextlib.redirect_stderr(streams[1]),
        contextlib.suppress(SystemExit),
    ):
        cli.main()
    streams[1].flush()
    return streams[1].buffer.getvalue().decode("utf-8", "replace")  # type: ignore[attr-defined]


@dataclass
class Report:
    """What came of many inputs: how often something is wrong at a place, and the smallest input of each."""

    n_inputs: int = 0
    count: Counter[str] = field(default_factory=Counter)
    smallest: dict[str, Case] = field(default_factory=dict)

    def add(self, case: Case, error: BaseException) -> None:
        """Note a fault, and its input if it is the smallest."""
        where = f"{type(error).__name__}: {str(error)[:80]!r}"
        for frame in traceback.extract_tb(error.__traceback__):
            if "/partnersim/" in frame.filename:
                where = f"{type(error).__name__} in {Path(frame.filename).name}:{frame.lineno} {frame.name}"
        self.count[where] += 1
        self.smallest[where] = min(self.smallest.get(where, case), case, key=lambda known: len(known.text))

    def __str__(self) -> str:
        lines = [f"{self.count.total()} faults of {len(self.count)} kinds in {self.n_inputs} inputs"]
        for where, count in self.count.most_common():
            fault = self.smallest[where]
            text = fault.text if len(fault.text) <= 400 else f"{fault.text[:400]} ... {len(fault.text)}"
            lines.append(f"{count:5} {where}, such as this {fault.kind}:\n{text}")
        return "\n".join(lines)


def fuzz(n_inputs: int, seed: int) -> Report:
    """Break and read so many inputs."""
    luck, report = random.Random(seed), Report(n_inputs)
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name), alarm():
        right = Right(Path(name))
        for _ in range(n_inputs):
            case = right.case(luck)
            signal.setitimer(signal.ITIMER_REAL, PATIENCE)
            try:
                case.read()
            except (Exception, Hanging) as error:
                report.add(case, error)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    return report


@contextlib.contextmanager
def alarm() -> Iterator[None]:
    """Let what takes too long be stopped."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise Hanging

    before = signal.signal(signal.SIGALRM, ring)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)


def main() -> int:
    """Run it; the exit status is 1 if there are faults."""
    n_inputs, *seeds = [int(word) for word in sys.argv[1:]] or [10_000]
    n_faults = 0
    for seed in seeds or [1, 2, 3]:
        report = fuzz(n_inputs, seed)
        print(f"seed {seed}: {report}", flush=True)
        n_faults += report.count.total()
    return min(n_faults, 1)


if __name__ == "__main__":
    os.environ["MPLBACKEND"] = "Agg"
    sys.exit(main())
