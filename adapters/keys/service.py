"""The process that holds the token: one session for all processes of the host.

A line of JSON asks, a line answers, on a unix socket that only our own account may open:
`{"make": ID}` and `{"sign": ID, "digest": …}` are answered by `{"der": …}` or `{"fault": …}`; bytes
are in base64.
"""

from __future__ import annotations

import base64
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingMixIn, UnixStreamServer
from typing import Any

import structlog

from adapters.keys.device import Device, TokenFault
from refusals.refusal import Refusal

LONGEST = 1024  #: bytes of a request
_DIGEST_BYTES = 32
log = structlog.get_logger(__name__)


class TokenHeld(Refusal):
    """密码设备已由另一个进程连接（{path}）。请先停止该进程，再运行 zhuce token。"""

    code = "E_TOKEN_HELD"


class TokenService(ThreadingMixIn, UnixStreamServer):
    """Serves a device at a path until it is stopped."""

    daemon_threads = True

    def __init__(self, path: Path, device: Device) -> None:
        """Listen; a socket that was left behind is replaced. Raises: TokenHeld."""
        with socket.socket(socket.AF_UNIX) as another:
            if another.connect_ex(str(path)) == 0:
                raise TokenHeld(path=path)
        path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            super().__init__(str(path), _handler(device))
        finally:
            os.umask(before)
        self.path = path

    def server_close(self) -> None:
        """Take the socket away too."""
        super().server_close()
        self.path.unlink(missing_ok=True)


def _handler(device: Device) -> Callable[..., StreamRequestHandler]:
    class Handler(StreamRequestHandler):
        timeout = 30.0

        def handle(self) -> None:
            """Answer the requests of one client, one after the other."""
            while line := self.rfile.readline(LONGEST):
                self.wfile.write(json.dumps(answered(device, line)).encode() + b"\n")

    return Handler


def answered(device: Device, line: bytes) -> dict[str, Any]:
    """Do what a line asks for; what is no request is a fault like any other."""
    try:
        asked = json.loads(line)
        if "make" in asked:
            return {"der": base64.b64encode(device.make(asked["make"])).decode()}
        digest = base64.b64decode(asked["digest"], validate=True)
        if len(digest) != _DIGEST_BYTES:
            raise ValueError("no SHA-256")
        return {"der": base64.b64encode(device.sign(asked["sign"], digest)).decode()}
    except (TokenFault, LookupError, TypeError, ValueError) as error:
        log.error("token_fault", error=type(error).__name__, text=str(error)[:200])
        return {"fault": str(error)[:200] or type(error).__name__}
