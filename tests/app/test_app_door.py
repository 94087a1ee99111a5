"""Who may open the app and drive it: only its own pages, each in the room whose key it has."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

pytest.importorskip("solara", reason="the app needs solara")

import uvicorn
from websockets.exceptions import ConnectionClosed, InvalidStatus

from partnersim.app import guard, server
from partnersim.app.guard import CONNECTIONS, FULL, Guard, read_public_address
from partnersim.app.pages.rooms import MOST_WINDOWS, ROOMS
from partnersim.app.room.web import PHONE_PATHS
from partnersim.app.words import words
from partnersim.scenario.errors import ServingError
from tests.browser import Server, SocketPage, at_screen, button, expect, free_port, open_sheet, settle, visit
from tests.probe import WatchedServer

OURS = "http://127.0.0.1:8765"
FOREIGN = "http://partners.example"
PUBLIC = "https://workshop.example.org"
PHONES_HERE = "http://192.168.1.5:8765"

# --- the guard alone -----------------------------------------------------------------------------


def ask(
    kind: str = "http",
    *,
    at: str = "127.0.0.1",
    public: str = "",
    path: str = f"{CONNECTIONS}page/channels",
    client: str = "127.0.0.1",
    for_others: frozenset[str] = frozenset(),
    has_room: bool = True,
    **named: str,
) -> Any:
    """Ask a guard for something: what came through, or the status that it was refused with."""
    found: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        found.update(scope)

    async def receive() -> Any:
        return {"type": f"{kind}.connect"}

    async def send(message: Any) -> None:
        if status := message.get("status", message.get("code")):
            found.setdefault("status", status)

    method = named.pop("method", "POST")
    given = {"host": "127.0.0.1:8765", **named}
    scope = {
        "type": kind,
        "method": method,
        "scheme": "ws" if kind == "websocket" else "http",
        "path": path,
        "query_string": b"session_id=s&room=a-key",
        "headers": [(name.replace("_", "-").encode(), text.encode()) for name, text in given.items()],
        "client": (client, 50000),
    }
    asyncio.run(Guard(app, at, public, lambda *_: has_room, for_others)(scope, receive, send))
    return found


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "origin",
    [
        FOREIGN,
        "null",
        "",
        "http://127.0.0.1",
        "http://127.0.0.1:8766",
        "http://localhost:8765",
        "https://127.0.0.1:8765",
        f"{OURS}.partners.example",
        f"{FOREIGN}#{OURS}",
    ],
)
def test_what_a_foreign_page_sends_is_refused(kind: str, origin: str) -> None:
    assert ask(kind, origin=origin)["status"] in (403, 1008)


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_what_our_page_sends_comes_through_and_what_no_page_sends(kind: str) -> None:
    assert ask(kind, origin=OURS)["type"] == kind
    assert ask(kind)["type"] == kind
    assert ask(kind, at="::1", host="[::1]:8765", origin="http://[::1]:8765")["type"] == kind


def test_a_foreign_page_may_lead_here() -> None:
    """Whoever has a link finds it somewhere; to look is not to drive."""
    assert ask(method="GET", origin=FOREIGN)["type"] == "http"
    assert ask(method="DELETE", origin=FOREIGN)["status"] == 403


@pytest.mark.parametrize("at", ["127.0.0.1", "0.0.0.0"])
def test_only_own_names_and_numbers_are_addresses_of_the_workshop(at: str) -> None:
    """Whoever owns a name can make it mean this machine, and its pages then pass for ours."""
    this = socket.gethostname()
    for name in ("localhost:8765", "LOCALHOST", "192.168.1.5:8765", "[fe80::1]:8765", this):
        origin = f"http://{name}".lower()
        assert ask(at=at, host=name, origin=origin)["type"] == "http", name
    for name in ["partners.example:8765", "", "localhost.partners.example", "[::1", "1.2.3", "::1"]:
        assert ask(at=at, method="GET", host=name)["status"] == 403, name
    assert ask(at="laptop.lan", host="laptop.lan:8765")["type"] == "http"


CLAIMS = (
    "x_forwarded_for",
    "x_forwarded_host",
    "x_forwarded_proto",
    "x_script_name",
    "script_name",
    "forwarded",
    "x_partnersim_room",
)


@pytest.mark.parametrize("public", ["", PUBLIC])
def test_what_a_visitor_says_of_the_address_is_not_believed(public: str) -> None:
    origin = public or OURS
    for kind in ("http", "websocket"):
        got = ask(kind, public=public, origin=origin, accept="*", **dict.fromkeys(CLAIMS, "evil"))
        names = {name: text for name, text in got["headers"]}
        assert b"evil" not in names.values()
        assert names[b"accept"] == b"*"


def test_behind_a_proxy_only_the_address_that_visitors_open_is_the_workshop() -> None:
    for host in ("127.0.0.1:8765", "workshop.example.org"):
        got = ask("websocket", public=PUBLIC, host=host, origin=PUBLIC)
        assert got["scheme"] == "wss"
        assert (b"host", b"workshop.example.org") in got["headers"]
        assert ask("websocket", public=PUBLIC, host=host, origin=f"http://{host}")["status"] == 1008
    assert ask(method="GET", public=PUBLIC, host="partners.example")["status"] == 403


def test_the_address_of_a_proxy_is_read_as_browsers_write_it() -> None:
    assert read_public_address("HTTPS://Workshop.Example.org:443/") == PUBLIC
    assert read_public_address("http://[::1]:8080") == "http://[::1]:8080"
    for wrong in (
        "workshop.example.org",
        "ftp://a.b",
        "https://",
        f"{PUBLIC}/app",
        "https://a:b",
        f"{PUBLIC}?x",
        "https://me@a.b",
        "https://[",
    ):
        with pytest.raises(ServingError, match=r"--behind-proxy .*such as https://workshop"):
            read_public_address(wrong)


EVERYTHING = ("/", "/desk", "/screen", "/notes", "/analyst", "/room/desk", "/room/screen", "/room/game.toml")


def of_phones(path: str, client: str, kind: str = "http", **named: str) -> Any:
    """Ask for a path from a machine, where phones are let in."""
    named = {"method": "GET", "host": "192.168.1.5:8765", **named}
    return ask(kind, at="0.0.0.0", path=path, client=client, for_others=PHONE_PATHS, **named)


@pytest.mark.parametrize("client", ["192.168.1.77", "10.0.0.2", "fe80::1", "::ffff:192.168.1.77"])
def test_other_machines_get_the_page_for_phones_and_nothing_else(client: str) -> None:
    assert all("status" not in of_phones(path, client) for path in PHONE_PATHS)
    others = ("/jupyter/api/kernels/x/channels", "/join/", "/joint", "/room/files/desk.js", "//join")
    for path in (*EVERYTHING, *others):
        assert of_phones(path, client)["status"] == 403, path
        assert of_phones(path, client, "websocket", origin=PHONES_HERE)["status"] == 1008, path


@pytest.mark.parametrize("client", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_gets_everything(client: str) -> None:
    assert all(of_phones(path, client)["path"] == path for path in (*EVERYTHING, *PHONE_PATHS))


def test_where_everybody_is_let_in_the_guard_asks_nobody_where_they_are() -> None:
    assert all(ask(method="GET", path=path, client="192.168.1.77")["path"] == path for path in EVERYTHING)


def test_a_page_of_another_site_cannot_speak_for_a_phone() -> None:
    phone = ("/room/phone", "192.168.1.77", "websocket")
    assert of_phones(*phone, origin=FOREIGN)["status"] == 1008
    assert "status" not in of_phones(*phone, origin=PHONES_HERE)


def test_phones_are_not_counted_among_the_pages_of_the_workshop() -> None:
    assert ask("websocket", path="/room/phone", has_room=False)["path"] == "/room/phone"
    assert ask("websocket", has_room=False)["status"] == FULL


def test_a_refused_page_is_logged_once_with_what_may_help(caplog: Any) -> None:
    refused = Guard(_nothing, "127.0.0.1", "", lambda *_: True)
    scope = {
        "type": "websocket",
        "scheme": "ws",
        "headers": [(b"host", b"127.0.0.1"), (b"origin", b"https://proxy.example")],
    }
    assert [refused._what_is_wrong(scope) for _ in range(3)] == ["door.origin"] * 3
    assert caplog.text.count("--behind-proxy") == 1


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    """An app that is never reached."""


# --- the app as it is served ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where the app is served, in this process."""
    with server.listen("127.0.0.1", free_port()) as listener:
        served = uvicorn.Server(server.configure(server.make_app()))
        thread = threading.Thread(target=served.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        wait_until(lambda: served.started)
        yield listener.getsockname()[1]
        served.should_exit = True
        thread.join(timeout=30)


def wait_until(is_so: Any, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def send(port: int, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str]:
    """Send a request: the status and the text of the answer."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    line.request(method, path, body, {n.replace("_", "-"): text for n, text in headers.items()})
    answer = line.getresponse()
    text = answer.read().decode(errors="replace")
    line.close()
    return answer.status, text


@pytest.fixture
def pages(port: int) -> Iterator[Any]:
    """Opens pages, and closes them."""
    opened: list[SocketPage] = []

    def open_page(**named: Any) -> SocketPage:
        page = SocketPage(port, **named)
        opened.append(page)
        return page

    yield open_page
    for page in opened:
        page.line.close()
    for page in opened:  # a browser says so too
        send(port, "POST", f"/_solara/api/close/{page.name}?session_id={page.name}")


def test_a_foreign_page_does_not_connect_and_takes_nothing_home(port: int, pages: Any) -> None:
    key = pages(origin=f"http://127.0.0.1:{port}").open()
    with pytest.raises(InvalidStatus) as refused:
        pages(key=key, origin=FOREIGN)
    assert refused.value.response.status_code == 403
    form = f"room={key}"
    status, text = send(port, "POST", "/take-home/months.csv", form, Origin=FOREIGN)
    assert (status, text) == (403, words()("door.origin"))
    assert send(port, "POST", "/take-home/months.csv", form, Origin=f"http://127.0.0.1:{port}")[1].startswith(
        "month,"
    )
    assert send(port, "GET", "/", Host="partners.example") == (403, words()("door.host"))


def test_keys_are_made_by_the_server_alone(pages: Any) -> None:
    key = pages().open()
    assert ROOMS.find(key) is not None
    assert len(key) >= 22
    assert pages(key=key).open() == key
    chosen = "k" * len(key)
    for page, path in ((pages(key=chosen), "/"), (pages(), f"/?room={key}"), (pages(), "/?s=2.x")):
        assert page.open(path) not in ("", key, chosen)
    assert ROOMS.find(chosen) is None


def test_windows_beside_the_projector_need_its_key(pages: Any) -> None:
    key = pages().open()
    for path in ("/notes", "/analyst"):
        n_before = ROOMS.find(key).n_windows
        pages(key=key).open(path)
        assert ROOMS.find(key).n_windows == n_before + 1
        lost = pages()
        lost.open(path)
        assert words()("door.no_window_title") in lost.shown


def test_files_are_given_to_who_has_the_key_and_no_address_holds_it(port: int, pages: Any) -> None:
    key = pages().open()
    no_room = (404, words()("page.no_room"))
    assert send(port, "POST", "/take-home/months.csv", f"room={key}")[0] == 200
    assert send(port, "POST", "/take-home/months.csv", "room=other") == no_room
    assert send(port, "GET", f"/take-home/months.csv?room={key}") == no_room
    assert send(port, "POST", "/take-home/months.csv", "room=" + "x" * 5000)[0] == 413
    assert send(port, "POST", "/take-home/other.exe", f"room={key}")[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/resourcez",
        "/resourcez?verbose",
        "/_solara/api/evict/page",
        "/static/public/x",
        "/other",
        "/other/deep",
        "/openapi.json",
        "/_solara/auth/login",
        "/jupyter/other",
    ],
)
def test_what_no_page_needs_is_not_there(port: int, path: str) -> None:
    assert send(port, "GET", path)[0] in (404, 405)


def test_what_the_first_visitor_says_of_the_address_stays_with_nobody(port: int) -> None:
    said = {"X-Script-Name": "/evil", "Script-Name": "/evil", "X-Forwarded-Host": "evil.example"}
    first, after = send(port, "GET", "/", **said)[1], send(port, "GET", "/")[1]
    assert "evil" not in first + after
    assert 'solara.rootPath = ""' in after


def test_nobody_says_that_our_page_came_from_elsewhere_or_another_from_here(port: int) -> None:
    ours, path = f"http://127.0.0.1:{port}", "/take-home/months.csv"
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    assert send(port, "POST", path, Origin=ours, **said)[0] == 404
    said |= {"X-Forwarded-Host": "partners.example"}
    assert send(port, "POST", path, Origin="https://partners.example", **said)[0] == 403


def test_a_page_that_does_not_answer_is_not_waited_for() -> None:
    config = server.configure(server.make_app())
    assert (config.ws_ping_interval, config.ws_ping_timeout) == (20, 40)
    assert config.timeout_keep_alive <= 20


def test_a_house_that_is_full_says_so_and_lets_in_who_comes_back(
    port: int, pages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from solara.server.kernel_context import contexts

    known = pages()
    key = known.open()
    monkeypatch.setattr(guard, "MOST_PAGES", len(contexts))
    for strange in ("", "k" * 22):
        refused = pages(key=strange)
        with pytest.raises(ConnectionClosed) as closed:
            refused.line.recv(timeout=30)
        assert closed.value.rcvd.code == FULL
        assert refused.name not in contexts
    assert pages(key=key).open() == key, "a page that is loaded again"
    pages(name=known.name).line.ping().wait(30)
    status, text = send(port, "GET", "/full?s=1.%22%3E%3Cb%3E")
    assert status == 503
    assert words()("door.full_title") in text
    assert '<a class="ps-button" href="/?s=1.%22%3E%3Cb%3E">' in text
    for _ in range(MOST_WINDOWS - ROOMS.find(key).n_windows):
        pages(key=key).open()
    with pytest.raises(ConnectionClosed):
        pages(key=key).line.recv(timeout=30)


def test_pages_that_come_all_at_once_are_counted_before_they_are_there(
    port: int, pages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from solara.server import starlette as solara_server

    let_in = threading.Semaphore(0)

    async def wait(ws: Any) -> None:
        await ws.accept()
        await asyncio.to_thread(let_in.acquire)

    from solara.server.kernel_context import contexts

    monkeypatch.setattr(solara_server, "_kernel_connection", wait)
    monkeypatch.setattr(guard, "MOST_PAGES", len(contexts) + 2)
    first = [pages() for _ in range(2)]
    with pytest.raises(ConnectionClosed):
        pages().line.recv(timeout=30)
    for _ in first:
        let_in.release()


PARTS = {
    "nothing": b"",
    "half a request": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n",
    "half a form": b"POST /take-home/months.csv HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Length: 100\r\n\r\nroom=",
    "half a request after a whole one": b"GET",
}


@pytest.mark.parametrize("name", PARTS)
def test_a_connection_through_which_nothing_whole_comes_is_closed(
    port: int, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(guard, "REQUEST_WITHIN", 0.3)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        if "whole" in name:
            line.sendall(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert b"200 OK" in line.recv(100_000)
        line.sendall(PARTS[name])
        began = time.monotonic()
        with suppress(ConnectionResetError):
            while line.recv(100_000):
                pass
        # What is kept alive is closed after five seconds in any case.
        assert 0.2 < time.monotonic() - began < (4 if "whole" in name else 15)


def test_a_connection_that_is_used_is_left_alone(
    port: int, pages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "REQUEST_WITHIN", 0.3)
    page = pages()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(4):
        line.request("GET", "/readyz")
        assert line.getresponse().read() == b'{"status":"ok"}'
        time.sleep(0.2)
    line.close()
    assert page.line.ping().wait(30)


# --- in a browser --------------------------------------------------------------------------------

ATTACK = """<!doctype html><title>Elsewhere</title><script>
window.done = (async () => {
  const there = "%s";
  const found = [];
  const line = new WebSocket(there.replace("http", "ws") +
    "jupyter/api/kernels/stranger/channels?session_id=stranger&room=%s");
  found.push(await new Promise((tell) => {
    line.onopen = () => tell("connected");
    line.onerror = () => tell("refused");
  }));
  for (const path of ["take-home/place.toml", "_solara/api/close/%s?session_id=x"]) {
    const answer = await fetch(there + path, { method: "POST", body: "room=%s",
      mode: "no-cors", headers: { "Content-Type": "application/x-www-form-urlencoded" } });
    found.push(answer.type);
  }
  return found;
})();
</script>"""


@pytest.fixture
def elsewhere() -> Iterator[Any]:
    """A server of foreign pages, on this machine too; it is told what they hold."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(self.server.content.encode())  # type: ignore[attr-defined]

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()


@pytest.mark.slow
def test_a_page_of_a_foreign_origin_moves_nothing(browser: Any, elsewhere: Any) -> None:
    """Even one that knows the key to the room, and the name of the page."""
    with WatchedServer() as watched, visit(browser, watched.address) as visitor:
        page = visitor.page
        button(page, "Next").click()
        at_screen(page, 2)
        visitor.is_cut_off = True  # a refused connection is an error in the page that asks
        before = watched.ask()
        name = page.evaluate("solara.debug.kernel().id")
        elsewhere.content = ATTACK % (watched.address, visitor.key(), name, visitor.key())
        foreign = visitor.open_page()
        foreign.goto(f"http://127.0.0.1:{elsewhere.server_address[1]}/")
        assert foreign.evaluate("window.done") == ["refused", "opaque", "opaque"]
        after = watched.ask()
        assert {what: after[what] for what in ("pages", "rooms", "listeners", "steps")} == {
            what: before[what] for what in ("pages", "rooms", "listeners", "steps")
        }
        at_screen(page, 2)
        button(page, "Next").click()
        at_screen(page, 3)
    assert "--behind-proxy" in watched.printed


@pytest.mark.slow
def test_the_key_is_in_no_address_and_every_window_finds_its_room(browser: Any) -> None:
    with Server() as served, visit(browser, served.address) as visitor:
        page = visitor.go(f"?room={'k' * 22}&kernelid=chosen")
        button(page, "Next").click()
        at_screen(page, 2)
        key = visitor.key()
        assert len(key) == 22
        assert key != "k" * 22
        assert page.url == served.address
        assert page.evaluate("solara.debug.kernel().id") != "chosen"
        page.reload()
        at_screen(page, 2)
        assert (visitor.key(), page.url) == (key, served.address)
        notes = visitor.open_window("notes")
        expect(notes.get_by_text("Screen 2 of")).to_be_visible()
        button(notes, "Next").click()
        at_screen(page, 3)
        notes.reload()
        expect(notes.get_by_text("Screen 3 of")).to_be_visible()
        assert notes.url == f"{served.address}notes"
        other = visitor.go("", visitor.open_page())
        at_screen(other, 1)
        assert other.evaluate("door.key()") != key, "another tab is another room"
        assert key not in " ".join(visitor.asked)


@pytest.mark.slow
def test_windows_come_back_together_when_the_server_was_started_again(browser: Any) -> None:
    with Server() as served, visit(browser, served.address) as visitor:
        visitor.is_cut_off = True
        page = visitor.page
        button(page, "Next").click()
        at_screen(page, 2)
        notes, key = visitor.open_window("notes"), visitor.key()
        expect(notes.get_by_text("Screen 2 of")).to_be_visible()
        served.stop()
        served.start()
        notes.reload()  # before the projector: its room is not there yet
        expect(notes.get_by_text(words()("door.no_window_title"))).to_be_visible()
        page.reload()
        at_screen(page, 2)
        expect(notes.get_by_text("Screen 2 of")).to_be_visible()
        button(notes, "Next").click()
        at_screen(page, 3)
        assert visitor.key() != key


@pytest.mark.slow
def test_a_link_opens_a_room_of_its_own_in_a_tab_that_had_one(browser: Any) -> None:
    with Server() as served, visit(browser, served.address) as visitor:
        page = visitor.page
        open_sheet(page, "d", "debrief")
        link = page.get_by_label("A link that holds all of this session").input_value()
        button(page, "Next").click()
        at_screen(page, 2)
        key = visitor.key()
        page.goto(link)
        at_screen(page, 1)
        settle(page)
        assert visitor.key() != key
        assert page.url == served.address


@pytest.mark.slow
def test_a_full_house_is_said_in_words_and_a_page_that_is_closed_makes_room(browser: Any) -> None:
    full = WatchedServer(code="from partnersim.app import guard\nguard.MOST_PAGES = 1")
    with full as watched, visit(browser, watched.address) as visitor:
        page = visitor.page
        visitor.is_cut_off = True  # that it is full is an answer like others, but no good one
        late = visitor.open_page()
        late.goto(f"{watched.address}?s=2.x")
        expect(late.get_by_role("heading", level=1)).to_have_text(words()("door.full_title"))
        page.reload()
        at_screen(page, 1)
        page.close(run_before_unload=True)
        wait_until(lambda: watched.ask()["pages"] == 0)
        late.get_by_role("link", name=words()("door.again")).click()
        expect(late.get_by_role("alert")).to_have_text(words()("link.broken"))
