"""How we speak to outside systems: JSON over HTTPS, short waits, one word for all troubles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx

from adapters.errors import Unavailable

T = TypeVar("T")

TIMEOUT_S = 5.0  #: a person is waiting for the page
RECONNECTS = 1  #: when the connection itself fails; anything more is for the job that asked


class Outside:
    """One outside system at its address, with our token there."""

    def __init__(
        self, url: str, token: str, *, system: str, transport: httpx.BaseTransport | None = None
    ) -> None:
        """Take the address and what people call the system; `transport` stands for the network."""
        self._system = system
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_S,
            transport=transport or httpx.HTTPTransport(retries=RECONNECTS),
        )

    def ask(self, path: str, question: Mapping[str, str], *, read: Callable[[Any], T]) -> T | None:
        """Post a question, so that personal data stays out of addresses and their logs.

        Gives what `read` makes of the JSON of the answer, None for 404.
        Raises: Unavailable, also for an answer that `read` cannot make sense of.
        """
        try:
            answer = self._http.post(path, json=dict(question))
            if answer.status_code == httpx.codes.NOT_FOUND:
                return None
            return read(answer.raise_for_status().json())
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise Unavailable(system=self._system) from error

    def tell(self, path: str, message: Mapping[str, Any], *, key: str) -> Mapping[str, Any]:
        """Post something to be done once; `key` lets the other side know a repetition.

        Gives the answer, which says the key again: a page of some proxy is no receipt.
        Raises: Unavailable.
        """
        try:
            answer = self._http.post(path, json=dict(message), headers={"Idempotency-Key": key})
            receipt: Mapping[str, Any] = answer.raise_for_status().json()
            if receipt["key"] != key:
                raise ValueError("a receipt for something else")
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise Unavailable(system=self._system) from error
        return receipt
