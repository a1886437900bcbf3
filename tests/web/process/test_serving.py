"""The real server in its own process: started as `make run` starts it, asked over the network."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from adapters import world
from adapters.errors import SignInRefused
from adapters.identity_portal import IdentityPortal
from tests.installed import installed
from web.demo.walk.server import Server, free_port
from web.demo.walk.visitor import BrowserSession
from web.settings import Settings
from web.sign_in import portal

TAO = world.CITIZENS[0]
PATIENCE_S = 60.0
METRICS = free_port()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = installed(
        tmp_path_factory,
        tmp_path_factory.mktemp("server"),
        extra={"ZHUCE_THREADS": "2", "ZHUCE_METRICS_PORT": str(METRICS)},
    )
    running.start()
    yield running
    running.stop()


def test_the_address_and_who_may_sign_in_are_printed(server: Server) -> None:
    said = server.log.read_text()

    assert server.base in said
    assert all(person.name in said for person in world.CITIZENS)
    assert all(official.name in said for official in world.OFFICIALS)


def test_it_is_ready(server: Server) -> None:
    answer = httpx.get(f"{server.base}/readyz", timeout=30)

    assert answer.json() == {
        "status": "ok",
        "checks": {"database": True, "schema": True, "disk": True, "clock": True},
        "warnings": [],
    }


def test_a_person_signs_in_over_the_network(server: Server) -> None:
    """R11: the whole way through the portal, with cookies and redirects as browsers have them."""
    visitor = BrowserSession(server.base)
    page = visitor.submit(visitor.open("/start/initial"), f"以{TAO.name}登录")

    assert page.status == 200
    assert TAO.name in page.text
    visitor.close()


def test_more_people_than_threads_sign_in_at_once(server: Server) -> None:
    """Two threads serve twelve people: nobody waits for himself."""

    def sign_in(person: world.Citizen) -> int:
        visitor = BrowserSession(server.base, timeout_s=30)
        try:
            return visitor.submit(
                visitor.open("/sign-in/person?next=/readiness"), f"以{person.name}登录"
            ).status
        finally:
            visitor.close()

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(sign_in, [*world.CITIZENS[:6], *world.CITIZENS[:6]]))

    assert answers == [200] * 12


def test_the_client_and_the_provider_meet_over_the_network(server: Server) -> None:
    """The portal may stand elsewhere: our client asks its addresses, keys and tokens over HTTP."""
    settings = Settings(secret=server.environment["ZHUCE_SECRET"], base_url=server.base)
    client = IdentityPortal(
        portal.issuer_of(settings),
        portal.client_secret_of(settings),
        redirect_uri=portal.redirect_uri_of(settings),
        clock=lambda: datetime.now(UTC),
    )
    begun = client.begin("person")
    with httpx.Client(timeout=30) as visitor:
        form = visitor.get(begun.url)
        token = form.text.split('name="csrf_token" value="')[1].split('"')[0]
        back = visitor.post(begun.url, data={"csrf_token": token, "subject": TAO.subject})
    answer = dict(httpx.QueryParams(urlsplit(back.headers["location"]).query))

    identity = client.complete(begun.kept(), answer)

    assert (identity.name, identity.level) == (TAO.name, "L2")
    assert identity.claims["id_no"] == TAO.id_no
    with pytest.raises(SignInRefused, match="已使用"):
        client.complete(begun.kept(), answer)
    client.close()


def test_static_files_are_kept_by_browsers_for_ever(server: Server) -> None:
    page = httpx.get(f"{server.base}/", timeout=30).text
    sheet = page.split('rel="stylesheet" href="')[1].split('"')[0]

    answer = httpx.get(f"{server.base}{sheet}", timeout=30)

    assert answer.headers["cache-control"] == "max-age=315360000, public, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


def said(server: Server, request: bytes) -> bytes:
    """Send bytes as they are and give every byte of the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(request)
        with suppress(ConnectionResetError):
            return b"".join(iter(lambda: client.recv(65536), b""))
        return b""


def until(ready: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.proves("F:sessions-1")
@pytest.mark.parametrize("strange", ["注册".encode(), "é".encode("latin-1"), b"\xff\x80"])
def test_a_cookie_of_a_sister_site_signs_nobody_out(server: Server, strange: bytes) -> None:
    """Raw characters above 127 in one cookie leave the others readable, for looks and for acts."""
    visitor = BrowserSession(server.base)
    page = visitor.submit(visitor.open("/sign-in/person"), f"以{TAO.name}登录")
    token = page.form(action="/sign-out").fields["csrf_token"]
    own = "; ".join(f"{name}={value}" for name, value in visitor.client.cookies.items())
    cookies = b"Cookie: sister=" + strange + b"; " + own.encode() + b"; last=" + strange + b"\r\n"
    head = f"Host: 127.0.0.1:{server.port}\r\nConnection: close\r\n".encode() + cookies
    body = f"csrf_token={token}".encode()

    looked = said(server, b"GET /applications HTTP/1.1\r\n" + head + b"\r\n")
    left = said(
        server,
        b"POST /sign-out HTTP/1.1\r\n"
        + head
        + b"Content-Type: application/x-www-form-urlencoded\r\n"
        + f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body,
    )
    visitor.close()

    assert looked.startswith(b"HTTP/1.1 200 ")
    assert TAO.name.encode() in looked
    assert left.startswith(b"HTTP/1.1 303 ")


@pytest.mark.proves("F:sessions-2")
def test_half_a_form_is_no_form(server: Server) -> None:
    """Whoever hangs up in the middle of a form has asked for nothing: no page sees it."""
    cut = (
        b"POST /sessions/end-others HTTP/1.1\r\n"
        + f"Host: 127.0.0.1:{server.port}\r\n".encode()
        + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 4000\r\n\r\ncode=1"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(cut)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""
    route = 'route="/sessions/end-others"'

    assert route not in httpx.get(f"http://127.0.0.1:{METRICS}/metrics", timeout=30).text


def test_a_hundred_slow_clients_hold_nobody_up(server: Server) -> None:
    """Two threads answer: a request that is not all there holds none of them."""
    with ExitStack() as clients:
        for _ in range(100):
            client = socket.create_connection(("127.0.0.1", server.port), timeout=30)
            clients.enter_context(client)
            client.sendall(
                b"POST /verify HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900\r\n\r\nc"
            )

        assert httpx.get(f"{server.base}/verify", timeout=30).status_code == 200


@pytest.mark.parametrize(
    ("request_line", "status", "code"),
    [
        (b"POST /verify HTTP/1.1\r\nContent-Length: 999999999\r\n", b"413", "E_TOO_LARGE"),
        (b"GET /verify HTTP/1.1\r\nContent-Length: some\r\n", b"400", "E_BAD_REQUEST"),
    ],
)
def test_what_the_server_refuses_itself_is_told_in_chinese(
    server: Server, request_line: bytes, status: bytes, code: str
) -> None:
    answer = said(server, request_line + b"Host: 127.0.0.1\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 " + status)
    assert code in answer.decode()
    assert "执业资格注册" in answer.decode()
    assert b"\r\nServer:" not in answer


@pytest.mark.proves("F:crossed-6")
def test_a_process_that_dies_again_at_once_is_followed_again(server: Server) -> None:
    """Killed, and its successor as soon as it answers: the next one serves, watched by the same.

    The process that gives figures dies with it, and is followed as well.
    """
    watcher, *children = server.pids()
    killed: list[int] = []
    for _ in range(2):
        until(lambda: len(server.pids()) == 1 + len(children) and answers(server))
        dying = server.pids()[1:]
        killed += dying
        for pid in dying:
            os.kill(pid, signal.SIGKILL)
        until(lambda gone=frozenset(dying): not gone & {*server.pids()})

    until(lambda: answers(server))
    assert server.pids()[0] == watcher
    assert not {*killed} & {*server.pids()}


def answers(server: Server) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"{server.base}/healthz", timeout=10).is_success
    return False


@pytest.mark.proves("F:crossed-6")
def test_a_killed_server_starts_again_with_everybody_signed_in(server: Server) -> None:
    """Sessions are rows: a crash signs nobody out. No process outlives the one that watches it."""
    visitor = BrowserSession(server.base)
    visitor.submit(visitor.open("/sign-in/person"), f"以{TAO.name}登录")
    watcher, *children = server.pids()
    os.kill(watcher, signal.SIGKILL)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))
    server.kill()

    server.start()

    assert TAO.name in visitor.open("/applications").text
    visitor.close()


def test_it_ends_when_asked_to(server: Server) -> None:
    leader, *others = server.pids()
    assert others

    server.stop()

    assert not any(Path(f"/proc/{pid}").exists() for pid in (leader, *others))
