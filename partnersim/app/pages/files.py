"""Answer with files that pages refer to: those to take home, and the page that says there is no room.

A page asks for a file as one sends a form: the key to its room is in no address, where others could
read it from the projector or in the list of pages that were opened.
"""

from __future__ import annotations

import mimetypes
from html import escape
from urllib.parse import parse_qs, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from partnersim.app import take_home
from partnersim.app.links import to_link
from partnersim.app.pages.analyst import plan_of
from partnersim.app.pages.rooms import ROOMS
from partnersim.app.words import words

MOST_BYTES_ASKED = 1000
"""The greatest size of a form that has nothing but a key in it."""


async def take_home_file(request: Request) -> Response:
    """Answer with a file to take home; it is made in a thread of its own."""
    form = b""
    async for part in request.stream():
        form += part
        if len(form) > MOST_BYTES_ASKED:
            return PlainTextResponse(words()("page.no_file"), status_code=413)
    key = parse_qs(form.decode("ascii", "replace")).get("room", [""])[0]
    return await run_in_threadpool(_file_of, request, key)


def _file_of(request: Request, key: str) -> Response:
    """Find the room that asks, and make the file for it."""
    session, name = ROOMS.find(key), request.path_params["name"]
    if session is None:
        return PlainTextResponse(words()("page.no_room"), status_code=404)
    packed = to_link(session.state) if ROOMS.origin else ""
    made = take_home.files(session, f"{ROOMS.origin}/?s={packed}" if packed else "")
    made["plan.toml"] = lambda: plan_of(session).encode()
    if name not in made:
        return PlainTextResponse(session.words("page.no_file"), status_code=404)
    # A page is to be looked at and printed; everything else is to be kept.
    place = "inline" if name.endswith(".html") else "attachment"
    kind = mimetypes.guess_type(name)[0] or "text/plain"
    headers = {"content-disposition": f'{place}; filename="{name}"'}
    return Response(made[name](), media_type=kind, headers=headers)


def full(request: Request) -> Response:
    """Answer that there is room for no page more; a link that led here can be tried again."""
    texts = words()
    link = request.query_params.get("s")
    again = f"/?{urlencode({'s': link})}" if link else "/"
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(texts('app.title'))}</title>"
        '<link rel="stylesheet" href="/static/assets/custom.css"></head><body>'
        f'<main class="ps ps-broken"><h1>{escape(texts("door.full_title"))}</h1>'
        f"<p>{escape(texts('door.full'))}</p>"
        f'<p><a class="ps-button" href="{escape(again)}">{escape(texts("door.again"))}</a></p>'
        "</main></body></html>",
        status_code=503,
    )


ROUTES = [
    Route("/take-home/{name}", endpoint=take_home_file, methods=["GET", "POST"]),
    Route("/full", endpoint=full),
]
