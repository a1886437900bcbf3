"""Whoever answers byte by byte holds nobody: the whole conversation ends, with every system."""

from __future__ import annotations

import ast
import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest

from adapters.identity_portal import IdentityPortal
from adapters.systems import System
from adapters.webhook_sender import TargetSilent, WebhooksOverHttp
from adapters.wire.deadline import bounded
from adapters.wire.http import Outside
from registry.errors import Unavailable
from tests.adapters.dripping import STARTS, dripping

#: Far below the hour that the server would go on; far above what one byte takes.
END_S = 0.4


@pytest.mark.proves("F:outside-1")
@pytest.mark.parametrize("start", STARTS)
def test_a_system_that_drips_is_away(start: str) -> None:
    """Whatever it begins with: a handshake, a head, a body of any kind."""
    with dripping(start) as server:
        outside = Outside(server.url(start), "ours", system=System.SMS, timeout_s=END_S)
        with pytest.raises(Unavailable):
            outside.ask("/x", {}, read=str)
        outside.close()

        assert server.comers


@pytest.mark.proves("F:outside-1")
@pytest.mark.parametrize("start", STARTS)
def test_a_portal_that_drips_is_away(start: str) -> None:
    with dripping(start) as server:
        portal = IdentityPortal(
            server.url(start),
            "theirs",
            redirect_uri="https://zhuce.example/sign-in/callback",
            clock=lambda: datetime(2026, 11, 24, tzinfo=UTC),
            timeout_s=END_S,
        )
        with pytest.raises(Unavailable):
            portal.begin("person")
        portal.close()

        assert server.comers


@pytest.mark.proves("F:outside-1")
@pytest.mark.parametrize("start", ["nothing", "head", "handshake"])
def test_a_program_that_drips_its_head_is_silent(start: str) -> None:
    with dripping(start) as server:
        sender = WebhooksOverHttp(inner=[ip_network("127.0.0.0/8")], timeout_s=END_S)
        with pytest.raises(TargetSilent):
            sender.send(f"{server.url(start)}/in", {}, b"{}")

        assert server.comers


@pytest.mark.parametrize("start", ["body", "body without length", "chunk"])
def test_a_program_that_drips_its_body_has_answered(start: str) -> None:
    """Its status is known, and nobody asks what it goes on to say."""
    with dripping(start) as server:
        sender = WebhooksOverHttp(inner=[ip_network("127.0.0.0/8")], timeout_s=END_S)

        assert sender.send(f"{server.url(start)}/in", {}, b"{}") == 200


def test_what_nobody_asked_to_be_compressed_is_not_unpacked() -> None:
    """A small answer cannot become a huge one on our side."""
    packed = gzip.compress(b"[1]")
    network = httpx.MockTransport(
        lambda _: httpx.Response(
            200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(packed)
        )
    )

    with httpx.Client(transport=bounded(network, seconds=END_S)) as client:
        answer = client.get("http://outside.example/")

    assert answer.content == packed
    assert answer.request.headers["Accept-Encoding"] == "identity"


def test_an_answer_beyond_measure_is_not_read_to_its_end() -> None:
    def pour() -> Iterator[bytes]:
        while True:
            yield b"0" * 4096

    network = httpx.MockTransport(lambda _: httpx.Response(200, content=pour()))

    with (
        httpx.Client(transport=bounded(network, seconds=60, largest_bytes=10_000)) as client,
        pytest.raises(httpx.ReadError, match="too large"),
    ):
        client.get("http://outside.example/")


def test_every_client_speaks_within_bounds() -> None:
    """Whatever client is added: its transport is `bounded`, in this one place."""
    root = Path(__file__).parents[3]
    clients = [
        (path.relative_to(root).as_posix(), call)
        for folder in ("adapters", "casework", "registry", "signing", "storage", "web")
        for path in sorted((root / folder).rglob("*.py"))
        if "demo" not in path.relative_to(root).parts and "node_modules" not in path.parts
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in _OPENING
    ]

    unbounded = [
        path
        for path, call in clients
        if not any(
            word.arg == "transport" and ast.unparse(word.value).startswith("bounded(")
            for word in call.keywords
        )
    ]
    assert len(clients) >= 3
    assert unbounded == []


_OPENING = {"httpx.Client", "httpx.AsyncClient", "httpx.get", "httpx.post", "httpx.request"}
