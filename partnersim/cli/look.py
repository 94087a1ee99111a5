"""Commands to look around, and to start a scenario of one's own."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from partnersim.cli import options
from partnersim.cli.base import (
    LOOK,
    OWN,
    app,
    compile_first,
    make_console,
    print_json,
    progress_bar,
    refuse,
    say,
    tell,
)


@app.command("app", rich_help_panel=LOOK)
def serve_app(
    scenario: Annotated[
        str | None,
        typer.Argument(
            help="A scenario to start from: the name of a packaged one or the path of a file; or a session, "
            "as the QR code taken home has it. Without it the app opens on a story.",
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
    behind_proxy: Annotated[
        str,
        options.option(
            metavar="ADDRESS",
            help="The address that visitors open, such as https://workshop.example.org, where a "
            "proxy of yours passes it on to this server. Pages then work there alone.",
        ),
    ] = "",
    phones: Annotated[
        bool,
        typer.Option(
            "--phones",
            help="Let phones on the same network join, to bet and to play. They get the page for "
            "phones and nothing else.",
        ),
    ] = False,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    export: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the stage as one HTML file in which the model runs, for any browser without "
            "a network, and serve nothing. With --story a story is written, all worked out beforehand.",
            show_default=False,
        ),
    ] = None,
    story: Annotated[str, typer.Option(help="The story that --export writes.", show_default=False)] = "",
) -> None:
    """Open the workshop app: a partnership to play with, for a room and a projector."""
    if export is None or story:  # a page that runs the model brings it along
        compile_first(is_quiet=False)
    if export is not None:
        from partnersim.app.export import story_page
        from partnersim.app.live.page import live_page
        from partnersim.app.world import World, read_world
        from partnersim.scenario.file_paths import full_path

        page = story_page(story) if story else live_page(read_world(scenario) if scenario else World())
        full_path(export).write_text(page, encoding="utf-8")
        say(f"Written: {export}")
        return
    from partnersim.app.server import serve

    serve(
        scenario, host=host, port=port, behind_proxy=behind_proxy, phones=phones, has_browser=browser, say=say
    )


@app.command(rich_help_panel=LOOK)
def demo(
    replicates: options.REPLICATES = 200,
    seed: options.SEED = 1,
    workers: options.WORKERS = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the figures go.")] = Path("partnersim-demo"),
) -> None:
    """Show the main job: the same partnerships with and without a coordinator."""
    from partnersim.report.demo import DemoFolder, read_arms, simulate, tell

    folder = DemoFolder(out)
    arms = read_arms()
    compile_first(is_quiet=False)
    with progress_bar("Simulating and drawing", is_quiet=False) as progress:
        places = simulate(arms, replicates, seed, workers, folder, progress)
    tell(make_console(), places, folder)


@app.command(rich_help_panel=LOOK)
def scenarios(as_json: options.JSON = False) -> None:
    """List the scenarios that come with partnersim, and the ready arms."""
    from partnersim.scenario.arms import READY_ARMS
    from partnersim.scenario.files import packaged

    arms = {name: arm.sentence for name, arm in READY_ARMS.items()}
    if as_json:
        print_json({"scenarios": packaged(), "arms": arms})
        return
    from partnersim.report.tables import names_table

    console = make_console()
    console.print(names_table("Scenario", "What it is", packaged()))
    console.print()
    console.print(names_table("Ready arm", "What it changes", arms))
    console.print("\nNext: partnersim show NAME; partnersim compare NAME --arm coordinator")


@app.command(rich_help_panel=LOOK)
def show(
    name: Annotated[
        str,
        options.argument(
            "NAME",
            "Name of a scenario, or path of a scenario file.",
            autocompletion=options.complete_scenario,
        ),
    ],
    as_toml: Annotated[bool, typer.Option("--toml", help="Print the scenario file itself.")] = False,
) -> None:
    """Show a scenario in words, or as the file that makes it."""
    from partnersim.scenario.files import packaged, packaged_text
    from partnersim.scenario.scenario import Scenario
    from partnersim.scenario.writing import to_toml

    scenario = Scenario.load(name)
    if as_toml:
        tell(packaged_text(name) if name in packaged() else to_toml(scenario), is_line=False)
        return
    from partnersim.report.tables import scenario_view

    make_console().print(scenario_view(scenario))


@app.command(rich_help_panel=LOOK)
def parameters(
    section: Annotated[
        str, typer.Argument(help="Only keys that begin so, such as trust.", show_default=False)
    ] = "",
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the whole reference as Markdown.")
    ] = False,
    as_json: options.JSON = False,
) -> None:
    """List everything that can be set: default, range, unit, meaning, source."""
    from partnersim.scenario.declared import parameters as declared
    from partnersim.scenario.errors import ScenarioError

    rows = [row for row in declared() if row.path.startswith(section)]
    if not rows:
        raise ScenarioError(
            f"{section}: no key begins so; see 'partnersim parameters', or a section such as trust"
        )
    if as_markdown:
        from partnersim.scenario.reference import parameters_markdown

        tell(parameters_markdown(), is_line=False)
    elif as_json:
        print_json([row._asdict() for row in rows])
    else:
        from partnersim.report.tables import parameters_table

        make_console().print(parameters_table(rows))


@app.command(rich_help_panel=LOOK)
def measures(as_json: options.JSON = False) -> None:
    """List everything that is measured of a run: unit, range, definition."""
    from partnersim.runs.codebook import of_measure
    from partnersim.runs.measures import ALL_SERIES, MEASURES, ONLY_SERIES

    declared = {**MEASURES, **ONLY_SERIES}.values()
    rows = [of_measure(measure, is_series=measure.name in ONLY_SERIES) for measure in declared]
    if as_json:
        print_json([{**row._asdict(), "is_series": row.column in ALL_SERIES} for row in rows])
        return
    from partnersim.report.tables import measures_reference

    make_console().print(measures_reference(rows))


@app.command(rich_help_panel=OWN)
def new(
    file: Annotated[Path, typer.Argument(help="The file to write.", show_default=False)],
    source: Annotated[
        str,
        typer.Option(
            "--from", metavar="NAME", help="Scenario to begin with.", autocompletion=options.packaged
        ),
    ] = "integrated-care",
    force: Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")] = False,
) -> None:
    """Start a scenario of your own: a file to edit, with all that can be set explained."""
    from partnersim.scenario.file_paths import full_path
    from partnersim.scenario.files import packaged, packaged_text
    from partnersim.scenario.scenario import Scenario
    from partnersim.scenario.writing import to_toml

    scenario = Scenario.load(source)
    text = packaged_text(source) if source in packaged() else to_toml(scenario)
    target = full_path(file)
    if target.is_dir():
        raise refuse("FILE", f"{file} is a folder; give the name of a file")
    try:
        with target.open("w" if force else "x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise refuse("FILE", f"{file} is there already; --force replaces it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise refuse("FILE", f"{file} cannot be written: {reason}") from None
    path = shlex.quote(str(file))
    tell(f"Written: {file}, a copy of {source}. Edit it, then:")
    tell(f"  partnersim check {path}")
    tell(f"  partnersim compare {path} --arm coordinator")


@app.command(rich_help_panel=OWN)
def check(file: Annotated[str, typer.Argument(help="The scenario file.", show_default=False)]) -> None:
    """Check a scenario file: what is wrong and what would be right, or that all is well."""
    from partnersim.scenario.scenario import Scenario

    scenario = Scenario.load(file)
    from partnersim.report.tables import size_of

    tell(f"{file} is a valid scenario: {size_of(scenario)}")


@app.command(rich_help_panel=OWN)
def schema() -> None:
    """Print the JSON schema of scenario files, for completion and checks in editors."""
    from partnersim.scenario.reference import json_schema

    print_json(json_schema())
