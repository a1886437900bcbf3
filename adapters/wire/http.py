"""How we speak to outside systems: JSON over HTTPS, short waits, one word for all troubles."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx
import structlog

from adapters.errors import OddRecord, WrongAnswer
from adapters.systems import System
from adapters.wire.breaker import Breaker
from adapters.wire.deadline import bounded
from adapters.wire.plain import OddValue, record
from registry.errors import Unavailable
from storage import spans

T = TypeVar("T")

CONNECT_S = 1.5  #: for each of two attempts to connect
TIMEOUT_S = 5.0  #: for the whole answer; a person is waiting for the page
RECONNECTS = 1  #: when the connection itself fails; anything more is for the job that asked

_CHINESE = re.compile(r"gbk|gb2312|gb18030", re.IGNORECASE)  #: what older systems write

log = structlog.get_logger(__name__)


class _Nonsense(ValueError):
    """JSON came, but it is no answer to what was asked."""


class Outside:
    """One outside system at its address, with our token there."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        system: System,
        transport: httpx.BaseTransport | None = None,
        timeout_s: float = TIMEOUT_S,
        breaker: Breaker | None = None,
        heard: Callable[[System, str, float], None] | None = None,
    ) -> None:
        """Take the address; `transport` stands for the network.

        `heard` is told of every conversation: the system, `answered`, `wrong`, `failed` or
        `left alone`, and how many seconds it took.
        """
        self.system = system
        self._heard = heard or (lambda *_: None)
        self._breaker = breaker or Breaker()
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
            transport=bounded(transport, seconds=timeout_s, reconnects=RECONNECTS),
        )

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def ask(self, path: str, question: Mapping[str, str], *, read: Callable[[Any], T]) -> T | None:
        """Post a question, so that personal data stays out of addresses and their logs.

        Gives what `read` makes of the JSON of the answer, None for 404.
        Raises: Unavailable; WrongAnswer; OddRecord for a record that `read` cannot make sense of,
        which proves that the system is up: repeating will not help, and nobody else is kept out.
        """
        with self._conversation(path) as number:
            said = self._post(path, question, {"X-Request-Id": number})
            if said.status_code == httpx.codes.NOT_FOUND:
                if _is_page(said):
                    raise ValueError("nobody answers questions at this address")
                return None
            answer = _read(said)
            try:
                return read(answer)
            except OddValue as error:
                raise OddRecord(system=self.system.label, what=error.what) from error
            except (LookupError, TypeError, ValueError) as error:
                raise _Nonsense from error

    def tell(self, path: str, message: Mapping[str, Any], *, key: str) -> Mapping[str, Any]:
        """Post something to be done once; `key` lets the other side know a repetition.

        Gives the receipt, which says the key again: a page of some proxy is no receipt.
        Raises: Unavailable; WrongAnswer for a receipt for something else.
        """
        with self._conversation(path) as number:
            headers = {"X-Request-Id": number, "Idempotency-Key": key}
            said = self._post(path, message, headers)
            if said.status_code == httpx.codes.NOT_FOUND:
                raise ValueError("nobody takes messages at this address")
            receipt = record(_read(said))
            self.same(receipt["key"], key)
        return receipt

    def same(self, told: object, asked: object) -> None:
        """Refuse an answer about something else. Raises: WrongAnswer."""
        if told != asked:
            raise WrongAnswer(system=self.system.label)

    @contextmanager
    def _conversation(self, path: str) -> Iterator[str]:
        """Give a number for both sides' logs; turn every trouble into Unavailable and count it."""
        if not self._breaker.lets_through():
            self._heard(self.system, "left alone", 0.0)
            raise Unavailable(system=self.system.label)
        number, began, outcome = uuid.uuid4().hex, time.monotonic(), "answered"
        try:
            with spans.span(f"outside {self.system.value}"):
                yield number
        except WrongAnswer:
            outcome = "wrong"
            self._breaker.succeeded()
            log.warning("outside_wrong", system=self.system.value, path=path, number=number)
            raise
        except (httpx.HTTPError, LookupError, TypeError, ValueError, RecursionError) as error:
            outcome = "wrong" if isinstance(error, _Nonsense) else "failed"
            if isinstance(error, _Nonsense):
                self._breaker.succeeded()  # it answered: others may get a better answer
            else:
                self._breaker.failed()
            log.warning(
                "outside_failed",
                system=self.system.value,
                path=path,
                number=number,
                error=type(error).__name__,
                status=_status_of(error),
            )
            raise Unavailable(system=self.system.label) from error
        else:
            self._breaker.succeeded()
        finally:
            self._heard(self.system, outcome, time.monotonic() - began)

    def _post(
        self, path: str, message: Mapping[str, Any], headers: Mapping[str, str]
    ) -> httpx.Response:
        """Give the answer."""
        answer = self._http.post(path, json=dict(message), headers=headers)
        if answer.status_code != httpx.codes.NOT_FOUND:
            answer.raise_for_status()
        return answer


def _is_page(answer: httpx.Response) -> bool:
    """Tell whether some server or proxy on the way answered with a page for people."""
    return "html" in answer.headers.get("Content-Type", "")


def _read(answer: httpx.Response) -> Any:
    """Read JSON, which is UTF-8 (RFC 8259 8.1), or as the answer says that it is written.

    Raises: _Nonsense where it says that it is JSON and is none; ValueError for other things.
    """
    written = answer.charset_encoding or ""
    content: bytes | str = answer.content
    try:
        if _CHINESE.fullmatch(written):
            content = answer.content.decode("gb18030")
        return json.loads(content)
    except ValueError as error:
        if content and "json" in answer.headers.get("Content-Type", ""):
            raise _Nonsense from error  # one garbled record: others may get a better answer
        raise


def _status_of(error: Exception) -> int | None:
    return error.response.status_code if isinstance(error, httpx.HTTPStatusError) else None


class Client:
    """Base of the clients: each speaks to one outside system."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    def close(self) -> None:
        """Give the connections back."""
        self._outside.close()
