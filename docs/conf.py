"""How Sphinx makes the site: `make docs`. It reads the whole repository, for pages link to each other
across folders, and asks the internet for nothing. Commands and names come from the package itself.
"""

import re
from pathlib import Path
from typing import Any

import typer
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from typer.cli import get_docs_for_click

import partnersim
from partnersim.cli import app as command_line

project = "partnersim"
author = copyright = "The partnersim contributors"
version = release = partnersim.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc"]
root_doc = "docs/index"
include_patterns = [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "docs/*.md",
    "experiments/README.md",
    "experiments/**/README.md",
    "experiments/**/results.md",
]
exclude_patterns = [".*", "build", "dist", "**/store"]

myst_heading_anchors = 4
default_role = "literal"
smartquotes = False  # two hyphens begin an option
pygments_dark_style = "monokai"

numpydoc_show_class_members = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # signatures have them, shortened, and docstrings say what they mean
autodoc_typehints_format = "short"
autodoc_default_options = {"exclude-members": "model_config, model_post_init"}

html_theme = "furo"
html_title = f"partnersim {version}"
html_additional_pages = {"index": "to-first-page.html"}
templates_path = ["_templates"]
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False


class Commands(SphinxDirective):
    """All commands, with what their `--help` says."""

    def run(self) -> list[nodes.Node]:
        """Read them from the command line as Typer describes it."""
        command = typer.main.get_command(command_line)
        context = typer.Context(command, info_name=project)
        text = get_docs_for_click(obj=command, ctx=context, name=project)
        text = text.partition("\n## ")[2]  # what stands before lists them in half sentences
        return self.parse_text_to_nodes(f"## {text}", allow_section_headings=True)


def show_scripts(_: Sphinx, page: str, source: list[str]) -> None:
    """Put each script of the gallery below its picture, where it can be read and copied."""
    if page == "docs/gallery":
        shown = r"\1\n\n```{literalinclude} gallery/\2.py\n```"
        source[0] = re.sub(r"(!\[[^\]]*\]\(gallery/(\w+)\.png\))", shown, source[0])


def fit_experiments(sphinx: Sphinx, page: str, source: list[str]) -> None:
    """Let pages of experiments be reached from their overview alone, and name folders without a link."""
    folder = (Path(sphinx.srcdir) / page).parent
    if page.startswith("experiments/"):
        text = re.sub(
            r"\[([^\]]*)\]\(([^)#:]+)\)",
            lambda link: link[1] if (folder / link[2]).is_dir() else link[0],
            source[0],
        )
        source[0] = text if page == "experiments/README" else f"---\norphan: true\n---\n\n{text}"


def skip_fields(_: Sphinx, what: str, name: str, member: Any, skip: bool, options: Any) -> bool | None:
    """Leave out what Python says of the fields of a named tuple; its docstring says more."""
    return True if type(member).__name__ == "_tuplegetter" else None


def setup(sphinx: Sphinx) -> dict[str, Any]:
    """Tell Sphinx what is ours."""
    sphinx.add_directive("commands", Commands)
    sphinx.connect("source-read", show_scripts)
    sphinx.connect("source-read", fit_experiments)
    sphinx.connect("autodoc-skip-member", skip_fields)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
