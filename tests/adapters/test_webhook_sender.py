"""Messages go to the public internet alone, to the very address that was judged, and no further."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network

import httpx
import pytest

from adapters.webhook_sender import (
    LARGEST_BYTES,
    TargetInner,
    TargetInvalid,
    TargetSilent,
    WebhooksOverHttp,
)

PUBLIC = "93.184.216.34"


def _to(address: str, answer: object = 200) -> tuple[WebhooksOverHttp, list[httpx.Request]]:
    """Give a sender to whom every name has this address, and what it sends."""
    sent: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return answer
        return httpx.Response(int(str(answer)), stream=httpx.ByteStream(b""))

    found = address.split()
    sender = WebhooksOverHttp(resolve=lambda *_: found, transport=httpx.MockTransport(take))
    return sender, sent


def test_a_message_goes_to_the_address_that_was_judged() -> None:
    """Whatever the name says a moment later: the connection is to the address, under the name."""
    sender, sent = _to(PUBLIC)

    assert sender.send("https://hooks.example.cn/in?a=1", {"webhook-id": "1"}, b"{}") == 200

    [request] = sent
    assert str(request.url) == f"https://{PUBLIC}/in?a=1"
    assert request.headers["Host"] == "hooks.example.cn"
    assert request.extensions["sni_hostname"] == "hooks.example.cn"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fc00::1",
        "fec0::1",
        "::ffff:127.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        f"{PUBLIC} 10.0.0.1",
    ],
)
def test_an_inner_address_is_refused_however_it_is_written(address: str) -> None:
    """One inner address among several is enough; nothing is sent."""
    sender, sent = _to(address)

    for ask in (sender.examine, lambda url: sender.send(url, {}, b"")):
        with pytest.raises(TargetInner):
            ask("https://hooks.example.cn/")
    assert sent == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.cn",
        "ftp://hooks.example.cn/",
        "file:///etc/passwd",
        "http://hooks.example.cn/",
        "https://user:secret@hooks.example.cn/",
        "https://hooks.example.cn/#part",
        "https:///in",
        "https://" + "a" * 500 + ".cn/",
        "https://[::1/",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    sender, _ = _to(PUBLIC)

    with pytest.raises(TargetInvalid):
        sender.examine(url)


def test_a_redirect_is_not_followed() -> None:
    where = {"Location": "http://127.0.0.1/"}
    away = httpx.Response(302, headers=where, stream=httpx.ByteStream(b""))
    sender, sent = _to(PUBLIC, away)

    assert sender.send("https://hooks.example.cn/", {}, b"{}") == 302
    assert len(sent) == 1


@pytest.mark.parametrize("trouble", [httpx.ReadTimeout("late"), httpx.ConnectError("nobody")])
def test_who_hangs_or_is_away_is_told_apart_from_who_answers(trouble: Exception) -> None:
    sender, _ = _to(PUBLIC, trouble)

    with pytest.raises(TargetSilent):
        sender.send("https://hooks.example.cn/", {}, b"{}")


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    read = 0

    def pour() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 4096
            yield b"0" * 4096

    sender, _ = _to(PUBLIC, httpx.Response(200, content=pour()))

    assert sender.send("https://hooks.example.cn/", {}, b"{}") == 200
    assert read <= LARGEST_BYTES + 2 * 4096


def test_an_inner_network_that_was_allowed_may_be_sent_to() -> None:
    """An authority has programs beside ours: a real socket, a real request, without TLS."""
    taken: list[tuple[str, bytes]] = []

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.headers["Host"], content))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Take)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    sender = WebhooksOverHttp(inner=[ip_network("127.0.0.0/8")])
    port = server.server_address[1]

    try:
        assert sender.send(f"http://localhost:{port}/in", {}, b'{"a":1}') == 204
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert taken == [(f"localhost:{port}", b'{"a":1}')]
