"""Time stamps by a service outside (RFC 3161 over HTTP): judged before they are used.

Its twin is what we answer ourselves at `/pki/tsa` (`signing.keys.timestamps`).
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import httpx
import structlog
from asn1crypto import crl, tsp
from cryptography import x509

from adapters.errors import WrongAnswer
from adapters.systems import KeyService
from adapters.wire.breaker import Breaker
from adapters.wire.deadline import bounded
from registry.errors import Unavailable
from signing.judging import stamps
from signing.keys.timestamps import Believed
from storage import spans

TIMEOUT_S = 5.0  #: for the whole answer: a signature waits for it
LARGEST_BYTES = 64 * 1024  #: of an answer; of a list a megabyte
LIST_KEPT = timedelta(hours=1)
AHEAD = timedelta(minutes=5)  #: how far the two clocks may lie apart

log = structlog.get_logger(__name__)
_SYSTEM = KeyService.TIME_STAMPS


class TimeStampsOverHttp:
    """A `signing.keys.timestamps.Stamper`: asks, checks, and tells whom a verifier must believe."""

    def __init__(
        self,
        url: str,
        chain: Sequence[bytes],
        *,
        clock: Callable[[], datetime],
        heard: Callable[[KeyService, str, float], None] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Take the address and the certificates (DER) above the stamper's, up to its root."""
        self._url, self.chain, self._clock = url, tuple(chain), clock
        self._heard = heard or (lambda *_: None)
        self._breaker = Breaker()
        self._http = httpx.Client(
            transport=bounded(transport, seconds=TIMEOUT_S), timeout=TIMEOUT_S
        )
        self._lock = threading.Lock()
        self._certificate: x509.Certificate | None = None
        self._lists: tuple[tuple[bytes, bytes], ...] = ()
        self._lists_until: datetime | None = None

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    @property
    def certificate(self) -> x509.Certificate:
        """Return the certificate that stamps now. Raises: Unavailable."""
        if self._certificate is None:
            self.stamp(secrets.token_bytes(32), self._clock())
        return self._certificate  # type: ignore[return-value]  # a stamp has told it

    def stamp(self, digest: bytes, at: datetime) -> bytes:
        """Return a token for a SHA-256 digest, DER. Raises: Unavailable, WrongAnswer."""
        nonce = secrets.randbits(63) | 1 << 62
        imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
        asked = tsp.TimeStampReq(
            {"version": 1, "message_imprint": imprint, "nonce": nonce, "cert_req": True}
        )
        answer = self.answer(asked.dump(), at)
        token = _token(answer)
        if token is None or _nonce(token) != nonce:
            raise WrongAnswer(system=_SYSTEM.label)
        told = stamps.told(token, digest, self.chain[:1])
        if told is None or abs(told.at - at) > AHEAD:
            raise WrongAnswer(system=_SYSTEM.label)
        self._certificate = told.certificate
        return token

    def answer(self, request: bytes, at: datetime) -> bytes:
        """Pass a request on, DER in and out; what the service refuses comes back as it said it.

        Raises: Unavailable.
        """
        if not self._breaker.lets_through():
            self._heard(_SYSTEM, "left alone", 0.0)
            raise Unavailable(system=_SYSTEM.label)
        began, outcome = time.monotonic(), "failed"
        headers = {"Content-Type": "application/timestamp-query"}
        try:
            with spans.span(f"outside {_SYSTEM.value}"):
                answer = self._http.post(self._url, content=request, headers=headers)
            answer.raise_for_status()
            if answer.headers.get("Content-Type", "") != "application/timestamp-reply":
                raise ValueError("no answer of a time-stamping service")
            outcome = "answered"
            self._breaker.succeeded()
            return answer.content
        except (httpx.HTTPError, ValueError) as error:
            self._breaker.failed()
            log.warning("time_stamps_failed", error=type(error).__name__)
            raise Unavailable(system=_SYSTEM.label) from error
        finally:
            self._heard(_SYSTEM, outcome, time.monotonic() - began)

    def believed(self) -> Believed:
        """Return whom a verifier must believe, with lists at most an hour old where they come."""
        return Believed(chain=self.chain, lists=self._fresh_lists())

    def _fresh_lists(self) -> tuple[tuple[bytes, bytes], ...]:
        """Give each authority with its list, DER; the one before where nothing newer came."""
        with self._lock:
            now = self._clock()
            if self._lists_until is None or now >= self._lists_until:
                self._lists_until = now + LIST_KEPT
                kept = dict(self._lists)
                with suppress(Unavailable):
                    below = [self.certificate, *map(x509.load_der_x509_certificate, self.chain)]
                    for certificate, above in zip(below, self.chain, strict=False):
                        if fresh := self._list(certificate):
                            kept[above] = fresh
                self._lists = tuple(kept.items())
            return self._lists

    def _list(self, certificate: x509.Certificate) -> bytes | None:
        """Fetch the list that a certificate names; None: it names none, or none came."""
        try:
            points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints)
            [address] = [str(name.value) for name in points.value[0].full_name or []][:1]
            answer = self._http.get(address)
            answer.raise_for_status()
            return bytes(crl.CertificateList.load(answer.content, strict=True).dump())
        except (x509.ExtensionNotFound, httpx.HTTPError, ValueError, IndexError) as error:
            log.warning("list_failed", error=type(error).__name__)
            return None


def _token(answer: bytes) -> bytes | None:
    """Take the token out of an answer; None: it was refused, or is no answer."""
    try:
        read = tsp.TimeStampResp.load(answer, strict=True)
        granted = read["status"]["status"].native in ("granted", "granted_with_mods")
        return bytes(read["time_stamp_token"].dump()) if granted else None
    except (ValueError, TypeError, KeyError):
        return None


def _nonce(token: bytes) -> int | None:
    try:
        signed = tsp.ContentInfo.load(token, strict=True)["content"]
        nonce = signed["encap_content_info"]["content"].parsed["nonce"].native
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return nonce if isinstance(nonce, int) else None
