"""What a process of ours asks the one that holds the token."""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from adapters.systems import KeyService
from registry.errors import Unavailable
from storage import spans

TIMEOUT_S = 5.0
_SYSTEM = KeyService.TOKEN
log = structlog.get_logger(__name__)


class TokenOverSocket:
    """A `signing.keys.tokens.Token`."""

    def __init__(
        self, path: Path, heard: Callable[[KeyService, str, float], None] | None = None
    ) -> None:
        """Take the socket of `zhuce token`."""
        self._path = path
        self._heard = heard or (lambda *_: None)

    def make(self, key_id: str) -> bytes:
        """Make a key in the token; return its public half, DER. Raises: Unavailable."""
        return self._asked({"make": key_id})

    def sign(self, key_id: str, digest: bytes) -> bytes:
        """Sign a SHA-256 digest: ECDSA, DER. Raises: Unavailable."""
        return self._asked({"sign": key_id, "digest": base64.b64encode(digest).decode()})

    def _asked(self, question: dict[str, str]) -> bytes:
        began, outcome = time.monotonic(), "failed"
        try:
            with (
                spans.span(f"outside {_SYSTEM.value}"),
                socket.socket(socket.AF_UNIX) as asking,
            ):
                asking.settimeout(TIMEOUT_S)
                asking.connect(str(self._path))
                asking.sendall(json.dumps(question).encode() + b"\n")
                with asking.makefile("rb") as read:
                    answer = json.loads(read.readline())
            der = base64.b64decode(answer["der"], validate=True)
            outcome = "answered"
            return der
        except (OSError, LookupError, TypeError, ValueError) as error:
            log.error("token_failed", error=type(error).__name__, text=str(error)[:200])
            raise Unavailable(system=_SYSTEM.label) from error
        finally:
            self._heard(_SYSTEM, outcome, time.monotonic() - began)
