"""An end for a whole conversation: who sends a byte now and then holds nobody for ever.

httpx bounds each wait by itself. Here the connection is shut down from outside at its last moment,
whether it shakes hands, sends a head or a body; whoever waits for it is told at once.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

_CONNECTED = "connection.connect_tcp.complete"

Trace = Callable[[str, Mapping[str, Any]], None]


@contextmanager
def shut_after(seconds: float) -> Iterator[Trace]:
    """Give the `trace` of a request whose new connection is shut down after so many seconds.

    What reads from it then gets an error of httpx, or an end.
    """
    held: list[socket.socket] = []
    timers: list[threading.Timer] = []

    def trace(event: str, info: Mapping[str, Any]) -> None:
        if event != _CONNECTED:
            return
        connection = info["return_value"].get_extra_info("socket")
        held.append(connection.dup())  # TLS takes the socket itself over
        timers.append(threading.Timer(seconds, _shut, held[-1:]))
        timers[-1].daemon = True
        timers[-1].start()

    try:
        yield trace
    finally:
        for timer in timers:
            timer.cancel()
            timer.join()
        for connection in held:
            connection.close()


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # the other side was faster
        connection.shutdown(socket.SHUT_RDWR)
