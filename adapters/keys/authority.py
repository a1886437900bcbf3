"""A certification authority outside, spoken to over HTTP (decision 20).

Certificates by EST (RFC 7030): each role has a path of its own, `…/.well-known/est/enterprise/`.
EST cannot revoke: that is a POST of `{"serial": …, "reason": …}` to `…/revoke`, as agreed with the
authority. Lists and answers come from the addresses in its certificates. What comes is judged by
`signing.outside`; its twin is `adapters.keys.authority_twin`.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from adapters.errors import EnrolmentRefused, WrongAnswer
from adapters.systems import KeyService
from adapters.wire.breaker import Breaker
from adapters.wire.deadline import bounded
from registry.errors import Unavailable
from signing.outside.anchors import Anchors
from storage import spans

TIMEOUT_S = 5.0  #: for the whole answer: somebody waits for it
LARGEST_BYTES = 8 * 1024 * 1024  #: of a list, which names everybody who was ever revoked
WELL_KNOWN = ".well-known/est"
REQUEST, CERTIFICATES = "application/pkcs10", "application/pkcs7-mime"
_LONGEST_REASON = 100  #: characters of what the authority says when it refuses
#: Answers to an enrolment that say no to this request, and will again.
_REFUSED = {
    httpx.codes.BAD_REQUEST,
    httpx.codes.CONFLICT,
    httpx.codes.UNPROCESSABLE_ENTITY,
}

log = structlog.get_logger(__name__)
_SYSTEM = KeyService.AUTHORITY


class AuthorityOverHttp:
    """A `signing.outside.port.CertificationAuthority`."""

    def __init__(
        self,
        url: str,
        secret: str,
        anchors: Anchors,
        *,
        client: str = "",
        timeout_s: float = TIMEOUT_S,
        heard: Callable[[KeyService, str, float], None] | None = None,
    ) -> None:
        """Take the address, our name and password there (`name:password`), and whom to believe.

        `client` is a PEM file of a certificate and key of ours, where the authority wants that.
        """
        self.anchors = anchors
        self._url = url.rstrip("/")
        name, _, password = secret.partition(":")
        self._who = httpx.BasicAuth(name, password) if name else None
        self._heard = heard or (lambda *_: None)
        self._enrolling, self._publishing = Breaker(), Breaker()
        self._own = _client(timeout_s, client)
        self._open = _client(timeout_s)

    def close(self) -> None:
        """Give the connections back."""
        self._own.close()
        self._open.close()

    def enrol(self, family: str, request: bytes, *, renews: bool) -> bytes:
        """Have a request certified: simpleenroll, or simplereenroll for who has one already.

        Raises: Unavailable, also while the authority thinks about it (202); EnrolmentRefused;
        WrongAnswer for something else than one certificate.
        """
        path = f"{WELL_KNOWN}/{family}/{'simplereenroll' if renews else 'simpleenroll'}"
        headers = {"Content-Type": REQUEST, "Content-Transfer-Encoding": "base64"}
        content = base64.encodebytes(request)
        answer = self._asked(
            _request("POST", f"{self._url}/{path}", content=content, headers=headers),
            accepts=(httpx.codes.OK, httpx.codes.ACCEPTED, *_REFUSED),
        )
        if answer.status_code == httpx.codes.ACCEPTED:
            log.info("certificate_pending", family=family)
            raise Unavailable(system=_SYSTEM.label)
        if answer.status_code in _REFUSED:
            raise EnrolmentRefused(why=_reason(answer))
        certificates = _certificates(answer)
        if len(certificates) != 1:
            raise WrongAnswer(system=_SYSTEM.label)
        return certificates[0]

    def revoke(self, certificate: bytes, reason: str) -> None:
        """Have a certificate revoked; one that is revoked already is as good.

        Raises: Unavailable, WrongAnswer for a receipt for something else.
        """
        serial = format(x509.load_der_x509_certificate(certificate).serial_number, "x")
        content = json.dumps({"serial": serial, "reason": reason}).encode()
        headers = {"Content-Type": "application/json"}
        answer = self._asked(
            _request("POST", f"{self._url}/revoke", content=content, headers=headers)
        )
        try:
            receipt = json.loads(answer.content)
            is_for_it = receipt["serial"] == serial
        except (LookupError, TypeError, ValueError) as error:
            raise WrongAnswer(system=_SYSTEM.label) from error
        if not is_for_it:
            raise WrongAnswer(system=_SYSTEM.label)

    def authorities(self, family: str) -> list[bytes]:
        """Return the certificates that the authority shows as its own for a role (cacerts), DER.

        They are compared with the settings, never believed. Raises: Unavailable, WrongAnswer.
        """
        asked = _request("GET", f"{self._url}/{WELL_KNOWN}/{family}/cacerts")
        return _certificates(self._asked(asked))

    def published(self, url: str) -> bytes:
        """Fetch a revocation list, DER. Raises: Unavailable."""
        return self._asked(_request("GET", url), is_open=True).content

    def answer(self, url: str, question: bytes) -> bytes:
        """Ask a responder, DER in and out. Raises: Unavailable."""
        headers = {"Content-Type": "application/ocsp-request"}
        asked = _request("POST", url, content=question, headers=headers)
        return self._asked(asked, is_open=True).content

    def _asked(
        self,
        request: httpx.Request,
        *,
        accepts: tuple[int, ...] = (httpx.codes.OK,),
        is_open: bool = False,
    ) -> httpx.Response:
        """Speak once; who we are is told to nobody but the authority itself."""
        breaker = self._publishing if is_open else self._enrolling
        speaking, who = (self._open, None) if is_open else (self._own, self._who)
        if not breaker.lets_through():
            self._heard(_SYSTEM, "left alone", 0.0)
            raise Unavailable(system=_SYSTEM.label)
        began, outcome = time.monotonic(), "failed"
        try:
            with spans.span(f"outside {_SYSTEM.value}"):
                answer = speaking.send(request, auth=who)
            if answer.status_code not in accepts:
                raise httpx.HTTPStatusError(
                    str(answer.status_code), request=request, response=answer
                )
            outcome = "answered"
            breaker.succeeded()
            return answer
        except (httpx.HTTPError, ValueError) as error:
            breaker.failed()
            log.warning("authority_failed", path=request.url.path, error=str(error)[:100])
            raise Unavailable(system=_SYSTEM.label) from error
        finally:
            self._heard(_SYSTEM, outcome, time.monotonic() - began)


def _client(seconds: float, certificate: str = "") -> httpx.Client:
    return httpx.Client(
        transport=bounded(seconds=seconds, largest_bytes=LARGEST_BYTES, client=certificate),
        timeout=seconds,
    )


def _request(method: str, url: str, **parts: Any) -> httpx.Request:
    """Make a request; an address that is none is as good as nobody there. Raises: Unavailable."""
    try:
        return httpx.Request(method, url, **parts)
    except httpx.InvalidURL as error:
        raise Unavailable(system=_SYSTEM.label) from error


def _certificates(answer: httpx.Response) -> list[bytes]:
    """Read certs-only CMS in base64 (RFC 7030 4.1.3), DER. Raises: WrongAnswer."""
    try:
        content = base64.b64decode(answer.content, validate=False)
        read = pkcs7.load_der_pkcs7_certificates(content)
    except (binascii.Error, ValueError, TypeError) as error:
        raise WrongAnswer(system=_SYSTEM.label) from error
    return [certificate.public_bytes(Encoding.DER) for certificate in read]


def _reason(answer: httpx.Response) -> str:
    """Read why the authority refused, as far as it may be shown: a short printable text."""
    text = " ".join(answer.text.split())[:_LONGEST_REASON]
    is_text = answer.headers.get("Content-Type", "").startswith("text/plain")
    return text if is_text and text.isprintable() and text else str(answer.status_code)
