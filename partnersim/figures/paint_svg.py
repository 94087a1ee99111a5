"""Paint pictures as inline SVG: text that a page shows as it stands, with names for scripts.

All words are escaped: names may come from a stranger's link. What changes from month to month on a
page are classes (`ps-step-3`), so every picture brings along what they look like.
"""

from __future__ import annotations

from html import escape
from itertools import chain
from typing import TYPE_CHECKING, Any

from partnersim.figures.marks import Attributes, Box, Disc, Group, Line, Mark, Text
from partnersim.figures.steps import STEPS

if TYPE_CHECKING:
    from partnersim.figures.picture import Picture

FAMILY = "Arial, Helvetica, 'Liberation Sans', 'DejaVu Sans', sans-serif"
"""The font of the page around the pictures."""

STYLE = "".join(
    f".ps-step-{index}{{stroke:{step.line};stroke-width:{step.width:g}px;"
    f"stroke-dasharray:{step.dash or 'none'}}}"
    f".ps-fill-{index}{{fill:{step.fill}}}.ps-ink-{index}{{fill:{step.ink}}}"
    for index, step in enumerate(STEPS)
) + (
    ".ps-step-none{stroke:none}.ps-fill-none{fill:none}.ps-ink-none{fill:none}"
    ".ps-link{cursor:pointer}"
    "a.ps-cell:focus-visible rect,a.ps-node:focus-visible circle{stroke:#0B0C0C;stroke-width:5px}"
    ".ps-deadline{cursor:ew-resize}"
)


def paint(picture: Picture) -> str:
    """Paint the whole picture; one that can be clicked is a group of its links, else an image."""
    role = "group" if picture.is_interactive else "img"
    title = escape(picture.title)
    desc = f"<desc>{escape(picture.description)}</desc>" if picture.description else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {picture.size[0]:g} '
        f'{picture.size[1]:g}" role="{role}" aria-label="{title}" font-family="{FAMILY}">'
        f"<title>{title}</title>{desc}<style>{STYLE}</style>"
        f"{''.join(map(_paint, picture.marks))}</svg>"
    )


def _paint(mark: Mark) -> str:
    return str(_PAINTERS[type(mark)](mark))


def _known(attributes: Attributes | None) -> str:
    if not attributes:
        return ""
    return "".join(
        f' {name}="{escape(value) if type(value) is str else value}"' for name, value in attributes.items()
    )


def _line(mark: Line) -> str:
    places = tuple(chain.from_iterable(mark.points))
    way = ("M" + "%.1f %.1fL" * (len(places) // 2))[:-1] % places
    stroke = f' stroke="{mark.colour}" stroke-width="{mark.width:g}"' if mark.width else ""
    dash = f' stroke-dasharray="{mark.dash}"' if mark.dash else ""
    opacity = f' opacity="{mark.opacity:g}"' if mark.opacity != 1 else ""
    return f'<path{_known(mark.attributes)} d="{way}" fill="{mark.fill or "none"}"{stroke}{dash}{opacity}/>'


def _box(mark: Box) -> str:
    edge = f' stroke="{mark.edge}"' if mark.edge else ""
    return (
        f'<rect{_known(mark.attributes)} x="{mark.x:.1f}" y="{mark.y:.1f}" '
        f'width="{mark.width:.1f}" height="{mark.height:.1f}" fill="{mark.fill}"{edge}/>'
    )


def _disc(mark: Disc) -> str:
    edge = f' stroke="{mark.edge}" stroke-width="{mark.width:.4g}"' if mark.edge else ""
    dash = f' stroke-dasharray="{mark.dash}"' if mark.dash else ""
    return (
        f'<circle{_known(mark.attributes)} cx="{mark.x:.2f}" cy="{mark.y:.2f}" '
        f'r="{mark.radius:.2f}" fill="{mark.fill}"{edge}{dash}/>'
    )


def _text(mark: Text) -> str:
    weight = "bold" if mark.bold else "normal"
    return (
        f'<text{_known(mark.attributes)} x="{mark.x:.1f}" y="{mark.y:.1f}" '
        f'font-size="{mark.size:g}" text-anchor="{mark.anchor}" fill="{mark.colour}" '
        f'font-weight="{weight}">{escape(mark.text)}</text>'
    )


def _group(mark: Group) -> str:
    title = f"<title>{escape(mark.title)}</title>" if mark.title else ""
    inside = "".join(map(_paint, mark.marks))
    return f"<{mark.tag}{_known(mark.attributes)}>{title}{inside}</{mark.tag}>"


_PAINTERS: dict[type, Any] = {Line: _line, Box: _box, Disc: _disc, Text: _text, Group: _group}
