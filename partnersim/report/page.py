"""Pages of HTML that need nothing beside them: the head, the look and the rules that all share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from partnersim.report.markdown import in_line

HERE = Path(__file__).resolve().parent


def render(template: Path, **values: Any) -> str:
    """Render a template of Jinja that extends `page.html.j2`, with a `title` and more that it shows.

    Whatever is put into it is escaped, but for what is `Markup`.
    """
    environment = Environment(
        loader=FileSystemLoader([template.parent, HERE]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.globals["in_line"] = lambda text: Markup(in_line(text))
    environment.globals["page_style"] = lambda: Markup((HERE / "page.css").read_text(encoding="utf-8"))
    return environment.get_template(template.name).render(**values)
