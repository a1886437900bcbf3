"""An end for a whole conversation: who sends a byte now and then holds nobody for ever.

httpx bounds each wait by itself. Every client of an outside system speaks through `bounded`: the
connection is shut down from outside at its last moment, whether it shakes hands, sends a head or a
body, and whoever waits for it is told at once; an answer beyond measure is not read to its end.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import Any, cast

import httpx

LARGEST_BYTES = 1_048_576  #: of an answer, when nothing smaller is said
_CONNECTED = "connection.connect_tcp.complete"
#: One conversation, one connection: what is kept open may have been closed by the other side.
_UNKEPT = httpx.Limits(max_keepalive_connections=0)

Trace = Callable[[str, Mapping[str, Any]], None]


def bounded(
    transport: httpx.BaseTransport | None = None,
    *,
    seconds: float,
    largest_bytes: int = LARGEST_BYTES,
    reconnects: int = 0,
    client: str = "",
) -> httpx.BaseTransport:
    """Give a transport whose conversations end after so many seconds and bytes.

    `transport` stands for the network; without one the network is spoken to, no proxy asked, and a
    connection that fails is tried again `reconnects` times within the same seconds. What is late
    raises `httpx.ReadTimeout`, what is too large `httpx.ReadError`. `client` is a PEM file of our
    own certificate and key, for those who ask for one.
    """
    network = transport or httpx.HTTPTransport(
        verify=_believed(client), limits=_UNKEPT, retries=reconnects, trust_env=False
    )
    return _Bounded(network, seconds, largest_bytes)


@cache
def _believed(client: str = "") -> ssl.SSLContext:
    """Believe the public authorities and those of this machine: offices often have one of theirs.

    The machine's are where OpenSSL looks for them (`update-ca-certificates`, SSL_CERT_FILE).
    """
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    if client:
        context.load_cert_chain(client)
    return context


class _Bounded(httpx.BaseTransport):
    def __init__(self, network: httpx.BaseTransport, seconds: float, largest_bytes: int) -> None:
        self._network = network
        self._seconds = seconds
        self._largest_bytes = largest_bytes

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        end = _End(self._seconds, self._largest_bytes)
        request.headers["Accept-Encoding"] = "identity"
        request.extensions = {**request.extensions, "trace": end.trace}
        try:
            answer = self._network.handle_request(request)
        except httpx.TransportError as error:
            end.close()
            if end.is_over:  # a connection that we shut down was late
                raise end.late(request) from error
            raise
        except BaseException:
            end.close()
            raise
        answer.stream = _Body(cast("httpx.SyncByteStream", answer.stream), end, request)
        # What is compressed although nobody asked is read as it came: its bytes are counted so.
        answer.headers.pop("Content-Encoding", None)
        return answer

    def close(self) -> None:
        self._network.close()


class _Body(httpx.SyncByteStream):
    """The body of an answer, as long as it comes in time."""

    def __init__(self, body: httpx.SyncByteStream, end: _End, request: httpx.Request) -> None:
        self._body = body
        self._end = end
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for piece in self._pieces():
            size += len(piece)
            if size > self._end.largest_bytes:
                raise httpx.ReadError("the answer is too large", request=self._request)
            if self._end.is_over:
                break
            yield piece
        if self._end.is_over:  # a connection that is shut down may look like a body that has ended
            raise self._end.late(self._request)

    def _pieces(self) -> Iterator[bytes]:
        try:
            yield from self._body
        except httpx.TransportError as error:
            if self._end.is_over:
                raise self._end.late(self._request) from error
            raise

    def close(self) -> None:
        self._end.close()
        self._body.close()


class _End:
    """When one conversation ends, and the connections that are shut down then."""

    def __init__(self, seconds: float, largest_bytes: int) -> None:
        self.largest_bytes = largest_bytes
        self._until = time.monotonic() + seconds
        self._held: list[socket.socket] = []
        self._timers: list[threading.Timer] = []

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._until

    def late(self, request: httpx.Request) -> httpx.ReadTimeout:
        return httpx.ReadTimeout("the answer took too long", request=request)

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Hear of a new connection, as httpcore tells it."""
        if event != _CONNECTED:
            return
        connection = info["return_value"].get_extra_info("socket")
        self._held.append(connection.dup())  # TLS takes the socket itself over
        left = max(0.0, self._until - time.monotonic())
        self._timers.append(threading.Timer(left, _shut, self._held[-1:]))
        self._timers[-1].daemon = True
        self._timers[-1].start()

    def close(self) -> None:
        for timer in self._timers:
            timer.cancel()
            timer.join()
        for connection in self._held:
            connection.close()
        self._timers.clear()
        self._held.clear()


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # the other side was faster
        connection.shutdown(socket.SHUT_RDWR)
