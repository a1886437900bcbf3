"""One process of the web server: the app, the threads that answer, and those that do its jobs.

Waitress reads a whole request before a thread works on it and sends the answer without one, so
that a hundred slow clients hold nobody up; it hands headers on byte for byte (decision 13).
"""

from __future__ import annotations

import atexit
import logging
import os
import signal
import socket
import sys
import threading
import time

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from waitress import create_server, wasyncore
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask

from signing.judging import apart
from web import create_app
from web.errors import bare_page
from web.operations import traces
from web.process import heap, wiring
from web.process.logs import configure
from web.settings import Settings

MOST_CONNECTIONS = 1000  #: of one process at once, slow and idle ones too
IDLE_S = 60  #: after which a connection on which nothing comes is closed
LARGEST_BODY = 128 * 2**20  #: what is read of a request; our own page refuses from 40 MiB on
FINISH_S = 10.0  #: how long requests under way may go on when the process is told to stop

_LOG = structlog.get_logger(__name__)


class _Refused(ErrorTask):  # type: ignore[misc]  # waitress ships no types
    """The answer to what never reached the app: too long, cut, no HTTP, or an app that broke."""

    def execute(self) -> None:
        """Say it as our pages do."""
        error, server = self.request.error, self.channel.server
        body = bare_page(server.application, error.code).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.extend(
            [
                ("Content-Type", "text/html; charset=utf-8"),
                ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
                ("Connection", "close"),
            ]
        )
        self.close_on_finish = True
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc]  # waitress ships no types
    error_task_class = _Refused


def app(settings: Settings) -> Flask:
    """Build the app in a fresh process and start its job threads."""
    office = wiring.open_office_of(settings)
    application = create_app(settings, office)
    if settings.worker_threads:
        crew = wiring.Crew(office, settings.worker_threads)
        crew.start()
        atexit.register(crew.stop)
    return application


class Process:
    """Answers on a listening socket until told to stop."""

    def __init__(self, application: Flask, listener: socket.socket, threads: int) -> None:
        self._stop = threading.Event()
        apart.serve_with(threads)
        self._server: TcpWSGIServer = create_server(
            application,
            sockets=[listener],
            threads=threads,
            connection_limit=MOST_CONNECTIONS,
            channel_timeout=IDLE_S,
            cleanup_interval=10,
            max_request_body_size=LARGEST_BODY,
            asyncore_use_poll=True,
            clear_untrusted_proxy_headers=False,  # ours are counted by `web.ui.security`
            log_socket_errors=False,
            ident="",
        )
        self._server.channel_class = _Channel

    def stop(self) -> None:
        """Take no further connection; `run` ends when everything under way is answered."""
        self._stop.set()
        self._server.pull_trigger()

    def run(self) -> None:
        """Serve."""
        while not self._stop.is_set():
            self._turn()
        self._server.accepting = False
        end = time.monotonic() + FINISH_S
        while self._is_busy() and time.monotonic() < end:
            self._turn(0.1)
        self._server.task_dispatcher.shutdown(timeout=1)

    def _turn(self, seconds: float = 10.0) -> None:
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._server._map, count=1)

    def _is_busy(self) -> bool:
        """Tell whether a request is being answered or an answer being sent."""
        channels = list(self._server.active_channels.values())
        return any(channel.requests or channel.total_outbufs_len for channel in channels)


def main(listener: int, life: int) -> None:
    """Serve on a socket that is open already, until told to stop or until `life` ends."""
    configure()
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # who waits for a thread is normal
    heap.be_thrifty()
    settings = Settings.from_environment()
    traces.begin(settings)
    try:
        application = app(settings)
    except SQLAlchemyError as error:
        _LOG.error("database_unavailable", error=type(error).__name__)
        sys.exit(1)
    process = Process(application, socket.socket(fileno=listener), settings.threads)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: process.stop())
    threading.Thread(target=_outlive, args=(life, process), name="life", daemon=True).start()
    heap.settle()
    process.run()


def _outlive(life: int, process: Process) -> None:
    """Stop when whoever started us is no more."""
    os.read(life, 1)
    process.stop()
