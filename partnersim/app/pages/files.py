"""Files that pages refer to: what is taken home."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from partnersim.app import take_home
from partnersim.app.links import LinkError, to_link
from partnersim.app.pages.analyst import plan_of
from partnersim.app.pages.rooms import ROOMS
from partnersim.app.session import Session
from partnersim.app.words import words


def take_home_file(request: Request) -> Response:
    """Answer with a file to take home; Starlette calls it in a thread of its own."""
    name = request.path_params["name"]

    def make(session: Session) -> bytes | None:
        if name == "plan.toml":
            return plan_of(session).encode()
        made = take_home.files(session, _link(request, session)).get(name)
        return made() if made else None

    # A page is to be looked at and printed; everything else is to be kept.
    return _answer(request, name, make, "inline" if name.endswith(".html") else "attachment")


def _answer(
    request: Request, name: str, make: Callable[[Session], bytes | None], place: str
) -> Response:
    """Find the room that asks, and make the file for it."""
    session = ROOMS.find(request.query_params.get("room", ""))
    if session is None:
        return PlainTextResponse(words()("page.no_room"), status_code=404)
    content = make(session)
    if content is None:
        return PlainTextResponse(session.words("page.no_file"), status_code=404)
    kind = mimetypes.guess_type(name)[0] or "text/plain"
    headers = {"content-disposition": f'{place}; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)


def _link(request: Request, session: Session) -> str:
    """A link that opens the session again; none where it is too much for one."""
    try:
        return f"{request.base_url}?s={to_link(session.state)}"
    except LinkError:
        return ""


ROUTES = [
    Route("/take-home/{name}", endpoint=take_home_file),
]
