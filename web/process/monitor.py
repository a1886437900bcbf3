"""The port at which a monitor reads the figures: apart from the pages, of this host by default.

It is served by a process of its own, so that figures come also while every thread of the pages is
busy, and a monitor that hangs holds up nobody.
"""

from __future__ import annotations

import hmac
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterable
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from wsgiref.types import StartResponse, WSGIEnvironment

import structlog
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from casework.office import Office
from web.process import figures, heap, wiring
from web.settings import Settings

_SILENT_S = 10  #: after which who asks nothing, or takes nothing, is left
_LOG = structlog.get_logger(__name__)


class _Handler(WSGIRequestHandler):
    timeout = _SILENT_S

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing: a monitor asks four times a minute."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Monitor:
    """Answers `GET /metrics` on a socket that listens already, and nothing else."""

    def __init__(self, office: Office, settings: Settings, listener: socket.socket) -> None:
        self._office, self._token = office, settings.metrics_token
        listener.setblocking(True)
        host, port = listener.getsockname()[:2]
        self._server = _Server((host, port), _Handler, bind_and_activate=False)
        self._server.socket.close()
        self._server.socket = listener
        self._server.server_name, self._server.server_port = host, port
        self._server.setup_environ()
        self._server.set_app(self._answer)

    def run(self) -> None:
        """Answer until told to stop."""
        self._server.serve_forever(poll_interval=1.0)

    def start(self) -> None:
        """Answer beside what this process does."""
        threading.Thread(target=self.run, name="monitor", daemon=True).start()

    def stop(self) -> None:
        """Take no further question, and give the port back."""
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, asked: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        status, body = self._said(asked)
        length = ("Content-Length", str(len(body)))
        start(status, [("Content-Type", CONTENT_TYPE_LATEST), length])
        return [body]

    def _said(self, asked: WSGIEnvironment) -> tuple[str, bytes]:
        if asked["PATH_INFO"] != "/metrics" or asked["REQUEST_METHOD"] != "GET":
            return "404 Not Found", b""
        given = asked.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ").encode("latin-1")
        if self._token and not hmac.compare_digest(given, self._token.encode()):
            return "401 Unauthorized", b""
        return "200 OK", figures.text(self._office)


def bind(settings: Settings) -> socket.socket:
    """Bind the port of the monitor. Raises: wiring.CannotServe."""
    return wiring.bind(settings.metrics_host, settings.metrics_port, "ZHUCE_METRICS_PORT")


def main(settings: Settings, listener: socket.socket, life: int) -> None:
    """Answer in a process of its own until told to stop or until `life` ends."""
    heap.be_thrifty()
    try:
        office = wiring.open_office_of(settings)
    except SQLAlchemyError as error:
        _LOG.error("database_unavailable", error=type(error).__name__)
        sys.exit(1)
    monitor = Monitor(office, settings, listener)

    def stop(*_: object) -> None:
        threading.Thread(target=monitor.stop).start()  # it waits for the loop of this thread

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)

    def outlive() -> None:
        os.read(life, 1)
        stop()

    threading.Thread(target=outlive, name="life", daemon=True).start()
    monitor.run()
    wiring.close(office)
