"""The command `partnersim app`: starts the workshop app, or writes a story as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def serve_app(
    scenario: Annotated[
        str | None,
        typer.Argument(
            help="A scenario to start from: the name of a packaged one or the path of a file. "
            "Without it the app opens on a story.",
            show_default=False,
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            help="Where to listen. 127.0.0.1 is this machine alone; 0.0.0.0 lets everyone on the "
            "same network in, without a password."
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="The next free port is taken if it is in use.")
    ] = 8765,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    export: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write a story as one HTML file that any browser opens, and serve nothing.",
            show_default=False,
        ),
    ] = None,
    story: Annotated[str, typer.Option(help="Which story --export writes.")] = "coordinator",
) -> None:
    """Open the workshop app: a partnership to play with, for a room and a projector."""
    from partnersim import cli

    cli.compile_first(is_quiet=False)
    if export is not None:
        from partnersim.app.export import story_page

        export.write_text(story_page(story), encoding="utf-8")
        cli.say(f"Written: {export}")
        return
    from partnersim.app.server import serve

    serve(scenario, host=host, port=port, has_browser=browser, say=cli.say)
