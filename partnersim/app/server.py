"""Serve the app: on this machine unless told otherwise, and with nothing from elsewhere.

Solara is told where its page, templates and assets are before it is imported. Whatever it would
fetch from the internet is either served from the installed assets or refused at once: a request
that waits for a network that is not there would hold up a room.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Awaitable, Callable, MutableMapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from partnersim.app import ECHARTS
from partnersim.app.room.addresses import is_loopback, origins
from partnersim.scenario.errors import MissingPackageError, ServingError

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from uvicorn import Config

LOOPBACK = "127.0.0.1"
FIRST_PORT = 8765
MORE_PORTS = 20
"""Ports tried after one that is taken."""

KERNEL_LIFE = "10m"
"""The time in which a page whose connection was lost may come back; Solara's own is a day."""

MALLOC = {-8: 1, -3: 2**23, -1: 2**23}
"""Settings of glibc's `mallopt`, by number: the most heaps; the bytes from which on a piece of memory is
asked of the system by itself, and those of free memory that are given back."""

SETTINGS = {
    "SOLARA_APP": "partnersim.app.pages.page",
    "SOLARA_MODE": "production",
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",
    "SOLARA_ASSETS_FONTAWESOME_ENABLED": "False",
    "SOLARA_KERNEL_CULL_TIMEOUT": KERNEL_LIFE,
    "SOLARA_THEME_LOADER": "plain",
    "SOLARA_THEME_SHOW_BANNER": "False",
}

BUNDLE = "@widgetti/solara-vuetify-app@10.1.1/dist/solara-vuetify-app8.min.js"
"""The file that every page loads first; without it the page stays blank."""

REMEDY = 'pip install "ipyvuetify<2" "ipyvue<2" "solara-assets==1.58.2"'

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",  # Vue compiles templates in the page
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "frame-ancestors 'self'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)
"""The policy by which the browser itself refuses what would come from, or go to, another machine."""

PATHS = (
    "/",
    "/{fullpath}",
    "/readyz",
    "/jupyter/api/kernels/{id}",
    "/jupyter/api/kernels/{kernel_id}/{name}",
    "/_solara/api/close/{kernel_id}",
    "/jupyter/nbextensions",
    "/static/assets",
    "/static",
)
"""The paths that pages need of all that Solara answers; the rest is not there."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def serve(
    place: str | None = None,
    *,
    host: str = LOOPBACK,
    port: int = FIRST_PORT,
    behind_proxy: str = "",
    phones: bool = False,
    has_browser: bool = True,
    say: Callable[[str], None],
) -> None:
    """Serve the app until it is stopped.

    Parameters
    ----------
    place
        A scenario to start from, the name of a packaged one or the path of a file; or a session as
        the sheet to take home has it.
    host, port
        The address and port to listen at; the next free port is taken if this one is not free.
    behind_proxy
        The address that visitors open, where a proxy stands between them and this server.
    phones
        Whether to listen on the local network too, where only the page for phones is there.
    has_browser
        Whether to open the page in a browser.
    say
        Prints a line for the person who started it.

    Raises
    ------
    ServingError
        If the place cannot be read, the page would stay blank, no port is free, or the address of
        the proxy is none.
    """
    from partnersim.app.guard import read_public_address

    _share_memory()
    public = read_public_address(behind_proxy) if behind_proxy else ""
    if phones:
        host = _host_for_phones(host, public)
    check_packages()
    from partnersim.app.pages.rooms import ROOMS

    if place is not None:
        ROOMS.start_from(place)
    with listen(host, port) as listener:
        chosen = listener.getsockname()[1]
        if not phones:  # with phones, other machines find the page for phones and nothing else
            ROOMS.origin = next(iter(origins(host, public, chosen)), "")
        if chosen != port:
            say(f"Port {port} is taken; this is port {chosen}.")
        config = configure(make_app(host, public, phones=phones))
        from uvicorn import Server

        here = f"http://{_shown_host(host)}:{chosen}/"
        address = f"{public}/" if public else here
        say(f"The workshop is at {address}")
        if public:
            say(f"The proxy finds it at {here}; pages work at the address above alone.")
        for line in reach(host, chosen, phones=phones):
            say(line)
        if has_browser and not open_browser(address):
            say("No browser was found: open that address in one.")
        say("Ctrl-C ends it.")
        threading.Thread(target=warm_up, name="partnersim-warm-up", daemon=True).start()
        Server(config).run(sockets=[listener])


def warm_up() -> None:
    """Do once what first acts would wait for: SciPy, Numba and the library load when they are first used."""
    from partnersim.app.sentences import Sides, faster
    from partnersim.app.words import words
    from partnersim.app.world import World, compare_hundred

    world = World()
    world.moments()
    faster(compare_hundred(world, world), Sides(""), words())


def configure(app: Starlette) -> Config:
    """Make the configuration with which the app is served."""
    from uvicorn import Config

    from partnersim.app.guard import PING_EVERY, PONG_WITHIN, Connection

    # Pages are on this machine or in this building: compressing takes longer than sending.
    return Config(
        app,
        log_level="warning",
        access_log=False,
        http=Connection,
        proxy_headers=False,
        ws_max_size=2**21,
        ws_per_message_deflate=False,
        ws_ping_interval=PING_EVERY,
        ws_ping_timeout=PONG_WITHIN,
        timeout_graceful_shutdown=1,
    )


def check_packages() -> None:
    """Refuse to serve a page that would stay blank.

    Raises
    ------
    MissingPackageError
        With the command that puts it right.
    """
    try:
        major = {name: int(version(name).split(".")[0]) for name in ("ipyvuetify", "ipyvue")}
        version("solara-server")
    except PackageNotFoundError as error:
        raise MissingPackageError(f"the app needs {error.name}, which is not installed: {REMEDY}") from None
    for name, number in major.items():
        if number >= 2:
            raise MissingPackageError(
                f"{name} {version(name)} is installed: with it the page would stay blank; {REMEDY}"
            )
    if not all((assets_folder() / file).is_file() for file in (BUNDLE, ECHARTS)):
        raise MissingPackageError(f"the page's own files are missing, it would stay blank: {REMEDY}")


def assets_folder() -> Path:
    """Return the folder into which the package `solara-assets` has put what pages load."""
    _set_up()
    from solara.server import settings

    return Path(settings.assets.proxy_cache_dir)


def listen(host: str, port: int) -> socket.socket:
    """Take the first free port from the one asked for.

    Raises
    ------
    ServingError
        If the host is not one of this machine's, or none of the ports is free.
    """
    family, name = _find_address(host)
    is_for_both = name == "::" and socket.has_dualstack_ipv6()
    for candidate in range(port, min(port + MORE_PORTS, 65536)):
        try:
            return socket.create_server(
                (name, candidate), family=family, backlog=128, dualstack_ipv6=is_for_both
            )
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise _no_such_host(host) from None
    raise ServingError(
        f"--host {host} --port {port}: none of {MORE_PORTS} ports from there is free; give another --port"
    )


def _find_address(host: str) -> tuple[socket.AddressFamily, str]:
    """Look up the address that a name stands for; the older kind where there are both."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # what it says differs between systems, and helps nobody
        raise _no_such_host(host) from None
    family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    return family, str(address[0])


def _no_such_host(host: str) -> ServingError:
    return ServingError(
        f"--host {host}: this machine has no such address; leave --host away to keep the workshop "
        "on this machine, or give 0.0.0.0 for all of its addresses"
    )


def reach(host: str, port: int, *, phones: bool = False) -> list[str]:
    """Return lines that tell who can open the page, where that is not only this machine."""
    if is_loopback(host):
        return []
    found = origins(host, "", port)
    if phones:
        return [
            "Phones on the same network can join, and reach nothing else of this machine's workshop. "
            "What they send is not encrypted.",
            *(f"They join at {origin}/join" for origin in found),
            *([] if found else ["This machine is on no network yet, so no phone finds it."]),
        ]
    lines = [
        "Everyone on the same network can open it, without a password, and what is typed in it "
        "is not encrypted. Leave --host away to keep it on this machine."
    ]
    if host in ("0.0.0.0", "::"):
        lines += [f"From there it is at {origin}/" for origin in found]
    return lines


def _host_for_phones(host: str, public: str) -> str:
    """Return the address to listen at, so that phones on the same network get in.

    Raises
    ------
    ServingError
        Behind a proxy, where nobody can be told from the proxy.
    """
    if public:
        raise ServingError(
            "--phones and --behind-proxy: the proxy lets phones in already, and from behind it the "
            "machine that asks cannot be told; leave --phones away"
        )
    return "0.0.0.0" if is_loopback(host) else host


def open_browser(address: str) -> bool:
    """Open a page in a browser; return whether there is one."""
    try:
        return webbrowser.open(address)
    except webbrowser.Error:
        return False


def make_app(host: str = LOOPBACK, public: str = "", *, phones: bool = False) -> Starlette:
    """Build the web application: what pages need of Solara's, behind a guard.

    Parameters
    ----------
    host
        The address at which it is served.
    public
        The origin at which a proxy serves it; empty where there is none.
    phones
        Whether only the page for phones is there for other machines.
    """
    _set_up()
    from solara.server import settings
    from solara.server import starlette as solara_server
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.routing import Mount

    from partnersim.app.guard import Guard
    from partnersim.app.outbox import Outbox
    from partnersim.app.pages.files import ROUTES
    from partnersim.app.room.web import PHONE_PATHS
    from partnersim.app.room.web import ROUTES as ROUTES_OF_ROOM

    class LocalAssets(solara_server.StaticCdn):
        """A server of assets as installed; what is not there is not fetched from anywhere."""

        def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
            folder = assets_folder().resolve()
            file = (folder / path).resolve()
            if not file.is_relative_to(folder) or not file.is_file():
                return "", None
            return str(file), file.stat()

    solara_server.WebsocketWrapper = Outbox
    _give_words_to_template()
    settings.main.root_path = ""  # else the first request says what all pages begin with
    local = Mount("/_solara/cdn", app=LocalAssets(directory=assets_folder()))
    needed = [route for route in solara_server.routes if route.path in PATHS]
    for_others = PHONE_PATHS if phones else frozenset()
    app = Starlette(
        routes=[local, *ROUTES, *ROUTES_OF_ROOM, *needed],
        lifespan=solara_server.lifespan,
        middleware=[
            Middleware(Policy),
            Middleware(Guard, host=host, public=public, may_open=may_open, for_others=for_others),
            *solara_server.middleware,
        ],
        exception_handlers={500: _say_no_file},
    )
    app.state.host, app.state.public = host, public
    return app


def may_open(page: str, connected: set[str], key: str) -> bool:
    """Return whether there is room for a page: one that is known, or that comes back to its room."""
    from solara.server.kernel_context import contexts

    from partnersim.app.guard import MOST_PAGES
    from partnersim.app.pages.rooms import ROOMS

    known = connected | set(contexts)
    return page in known or len(known) < MOST_PAGES or ROOMS.may_come_back(key)


def _say_no_file(request: Request, error: Exception) -> Response:
    """Answer in plain words where a file could not be made; uvicorn logs why."""
    from starlette.responses import PlainTextResponse

    from partnersim.app.words import words

    return PlainTextResponse(words()("broken.file"), status_code=500)


class Policy:
    """Middleware that tells the browser, with every answer, to ask nobody else for anything."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, with headers added."""

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                headers += [
                    (b"content-security-policy", POLICY.encode()),
                    # With "no-referrer" browsers would not say either whose page sends a form.
                    (b"referrer-policy", b"same-origin"),
                    (b"x-content-type-options", b"nosniff"),
                ]
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def _share_memory() -> None:
    """Have all threads take memory from one heap and use it again, where the C library is glibc.

    Each thread would keep what was freed in a heap of its own, which was most of what an hour of play left
    behind; and the memory of a run would be asked of the system each time, a tenth of the work of a run.
    """
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        for option, value in MALLOC.items():
            libc.mallopt(option, value)


def _set_up() -> None:
    """Set the settings of Solara, which it reads when it is imported."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)


def _give_words_to_template() -> None:
    """Hand the page's template the words that it needs when no server can give them."""
    from solara.server.server import get_jinja_env

    from partnersim.app.words import words

    get_jinja_env(app_name="__default__").globals["texts"] = words().texts


def _shown_host(host: str) -> str:
    """Return the host as this machine's browser can open it."""
    if host in ("0.0.0.0", "::"):
        return LOOPBACK
    return f"[{host}]" if ":" in host else host
