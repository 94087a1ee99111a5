"""The command line: reads what is asked for, prints the answer, exits.

What is heavy is imported where it is used, and Numba only after everything that was typed has
been checked: a slip of the pen is answered at once.
"""

from __future__ import annotations

import json
import math
import os
import re
import shlex
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from partnersim import __version__
from partnersim.model.version import MODEL_VERSION

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.segment import Segment
    from rich.text import Text

    from partnersim.report.output import OutputFolder
    from partnersim.scenario.scenario import Scenario


BAD_INPUT = 2

INTERRUPTED = 130

MOST_LINES = 18
"""Lines of one message; a hint may follow."""

PATIENCE = 0.5
"""Seconds of work after which a progress bar appears."""


_TYPED: ContextVar[Sequence[str]] = ContextVar("typed", default=())
"""The words of the command that is running."""


class Commands(TyperGroup):
    """The group of all commands; whatever goes wrong in one of them is said in one plain message."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **more: Any) -> Any:
        """Run a command, and exit with 0, with 2 for bad input, with 1 or 130 for the rest."""
        words = list(sys.argv[1:] if args is None else args)
        _TYPED.set(words)
        try:
            result = super().main(args, *rest, **more | {"standalone_mode": False})
            sys.stdout.flush()
            status = result if isinstance(result, int) else 0
        except BrokenPipeError:
            status = _leave_pipe()
        except (KeyboardInterrupt, typer.Abort):
            status = INTERRUPTED
        except Exception as error:
            status = _explain_failure(error, words)
        if status == INTERRUPTED:
            say("Stopped.")
        sys.exit(status)


def _leave_pipe() -> int:
    """Leave quietly where nobody reads any more (``| head``), and let nothing be flushed at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def _explain_failure(error: Exception, words: Sequence[str]) -> int:
    """Print one message on standard error, and return the exit status; with --debug a fault is raised."""
    from partnersim.scenario.errors import InputError

    # About the words typed; known by its looks, so as not to load Typer's own copy of Click for its class.
    if hasattr(error, "format_message"):
        complain(error.format_message())
        if (context := getattr(error, "ctx", None)) is not None:
            say(f"Try '{context.command_path} --help'.")
        return BAD_INPUT
    if isinstance(error, InputError):
        complain(str(error))
        return BAD_INPUT
    if "--debug" in words:
        raise error
    if isinstance(error, MemoryError):
        complain("not enough memory; ask for fewer --replicates, or leave --out and --series away")
    elif isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        complain(f"{where}{error.strerror or error}")
    else:
        complain(
            f"something went wrong inside partnersim ({type(error).__name__}: {error}).\n"
            "This is a fault of the program: please report it, with what this shows:\n"
            f"  partnersim --debug {shlex.join(words)}"
        )
    return 1


def complain(message: str) -> None:
    """Print a message of bounded length on standard error, headed 'Error:'."""
    from rich.text import Text

    lines = message.splitlines() or [""]
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], "..."]
    text = "\n".join(line if len(line) <= 600 else f"{line[:600]} ..." for line in lines)
    make_console(stderr=True).print(
        Text("Error: ", style="bold red") + Text(text, style="not bold default"), soft_wrap=True
    )


# --- All that is printed goes through here --------------------------------------------------------

UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Characters that drive a terminal, or turn the order of letters; all but line feeds and tabs."""


def visible(text: str) -> str:
    """Write characters that nobody sees as escapes: titles and names are anybody's.

    Those that TOML lets stand as they are, are escaped as TOML escapes them.
    """
    return UNSEEN.sub(lambda found: f"\\{'x%02x' if found[0] < ' ' else 'u%04x'}" % ord(found[0]), text)


def tell(message: str, *, is_line: bool = True) -> None:
    """Print text on standard output."""
    typer.echo(visible(message), nl=is_line)


def say(message: str) -> None:
    """Print a plain line on standard error."""
    typer.echo(visible(message), err=True)


def agrees(question: str) -> bool:
    """Ask a question at the terminal; an empty answer is no."""
    return typer.confirm(visible(question), err=True)


def make_console(*, stderr: bool = False) -> Console:
    """Make the console to print on; plain where NO_COLOR is set, whatever its value."""
    from rich.console import Console

    class Screen(Console):
        def render(self, *words: Any, **more: Any) -> Iterator[Segment]:
            """Render as text that can be seen; what moves the cursor comes as a control."""
            for segment in super().render(*words, **more):
                yield segment if segment.control else segment._replace(text=visible(segment.text))

    is_plain = bool(os.environ.get("NO_COLOR"))
    return Screen(stderr=stderr, highlight=False, color_system=None if is_plain else "auto")


def refuse(option: str, message: str) -> typer.BadParameter:
    """Make the error that refuses bad input in an option."""
    return typer.BadParameter(message, param_hint=f"'{option}'")


LOOK, OWN, SIMULATE, ASK = "Look around", "A place of your own", "Simulate", "Ask further"

app = typer.Typer(
    cls=Commands,
    name="partnersim",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="How trust governs the speed of change in partnerships of health and social care "
    "organisations. Begin with: partnersim demo",
    epilog="It explores mechanisms and predicts no real place.",
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        tell(f"partnersim {__version__}, model {MODEL_VERSION}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def begin(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback if something goes wrong.")
    ] = False,
) -> None:
    """Show the help where no command is given."""
    show_help(context)


def show_help(context: typer.Context) -> None:
    """Show the help where no command is given."""
    if context.invoked_subcommand is None and (text := context.get_help()):
        tell(text)


def compile_first(*, is_quiet: bool) -> None:
    """Compile the model if this installation never has, and say so while it lasts."""
    from partnersim import model
    from partnersim.scenario.translate import PARAMETERS

    if model.is_compiled(PARAMETERS):
        return
    say("First use: compiling the model, once for this installation (about a minute) ...")
    with progress_bar("Compiling", is_quiet=is_quiet, patience=0.0) as update:
        model.compile_all(PARAMETERS, lambda name, done, total: update(done, total) if update else None)


@contextmanager
def progress_bar(
    what: str, *, is_quiet: bool, patience: float = PATIENCE
) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar with the time left, on standard error, once work has lasted a while."""
    console = make_console(stderr=True)
    if is_quiet or not console.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), TextColumn("{task.percentage:.0f} %"))
    bar = Progress(*columns, TimeRemainingColumn(), TextColumn("left"), console=console, transient=True)
    task = bar.add_task(what, total=None)
    begun = time.monotonic()

    def update(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)
        if time.monotonic() - begun > patience:
            bar.start()

    try:
        yield update
    finally:
        if bar.live.is_started:
            bar.stop()


def print_json(document: Any) -> None:
    """Print a document as JSON; what is missing, unreached or unbounded is null."""
    tell(json_text(document), is_line=False)


def json_text(document: Any) -> str:
    """Write a document as JSON of ASCII characters only: safe in every terminal and pipe."""
    return json.dumps(_plain(document), indent=2, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """Turn a value into one that JSON can hold."""
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def finish(
    document: Mapping[str, Any],
    folder: OutputFolder | None,
    *,
    as_json: bool,
    write: Callable[[OutputFolder, str], None],
    show: Callable[[], Iterable[RenderableType]],
) -> None:
    """Write what was found, if there is a folder for it, and print it as JSON or to be read.

    `write` is given the folder and the document as text; `show` makes what is printed, of which bare
    texts are lines that are not wrapped. What is printed is written too, as Markdown.
    """
    shown = [] if as_json and folder is None else list(show())
    if folder is not None:
        from partnersim.report.markdown import as_markdown

        folder.command = typed()
        write(folder, json_text(document))
        folder.write("answer.md", as_markdown(shown))
    if as_json:
        print_json(document)
        return
    console = make_console()
    for part in shown:
        tell(part) if isinstance(part, str) else console.print(part)
    if folder is not None:
        from rich.text import Text

        console.print(Text(f"\nWritten to {folder.path}: {', '.join(sorted(folder.written))}"))


def typed() -> str:
    """Return the command that is running, as it can be typed again."""
    return shlex.join(["partnersim", *_TYPED.get()])


def title_of(scenario: Scenario, name: str, details: str) -> Text:
    """Write a title in bold, and a line below it."""
    from rich.text import Text

    return Text.assemble((scenario.title or name, "bold"), f"\n{name}: {details}\n")
