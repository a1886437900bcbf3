"""A server that never finishes: one byte of what it says every now and then."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

#: How far an answer comes at once; a byte follows every twentieth of a second, for ever.
STARTS = {
    "nothing": b"",
    "head": b"HTTP/1.1 200 OK\r\nX: ",
    "body": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
    "body without length": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[1, 2",
    "chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n",
    "handshake": b"\x16\x03\x03\x40\x00",
}


@dataclass
class Dripping:
    """Where it listens, and how often somebody came."""

    port: int
    comers: list[socket.socket] = field(default_factory=list)

    def url(self, start: str) -> str:
        """Give its address; a handshake is one of TLS."""
        return f"{'https' if start == 'handshake' else 'http'}://localhost:{self.port}"


@contextmanager
def dripping(start: str) -> Iterator[Dripping]:
    """Serve whoever comes, each in a thread of its own, until the end of the block."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    served = Dripping(listener.getsockname()[1])
    threads: list[threading.Thread] = []

    def drip(connection: socket.socket) -> None:
        drop = STARTS[start]
        with connection, suppress(OSError):
            while not over.wait(0.05):
                connection.sendall(drop)
                drop = b"1"

    def listen() -> None:
        while not over.is_set():
            with suppress(TimeoutError):
                connection, _ = listener.accept()
                served.comers.append(connection)
                threads.append(threading.Thread(target=drip, args=[connection], daemon=True))
                threads[-1].start()

    threads.append(threading.Thread(target=listen, daemon=True))
    threads[0].start()
    try:
        yield served
    finally:
        over.set()
        for thread in threads:
            thread.join()
        listener.close()
