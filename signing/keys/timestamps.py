"""Our time-stamping authority (RFC 3161), in process or asked over HTTP through `answer`."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from ofd.der import integer, sequence
from signing import der

_DIGEST_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}


@dataclass(frozen=True, kw_only=True)
class Believed:
    """Whom a verifier of a stamper outside must believe, DER."""

    chain: tuple[bytes, ...]  #: who issued the stamper's certificate, and above it up to the root
    lists: tuple[tuple[bytes, bytes], ...]  #: an authority of the chain, and its revocation list


class Stamper(Protocol):
    """Who stamps: ours, or a service outside (`adapters.keys.time_stamps`)."""

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate that stamps now."""

    def stamp(self, digest: bytes, at: datetime) -> bytes:
        """Return a time-stamp token for a SHA-256 digest, DER."""

    def answer(self, request: bytes, at: datetime) -> bytes:
        """Answer an RFC 3161 request, DER in and out."""


class OutsideStamper(Stamper, Protocol):
    """A stamper whose authority is not ours."""

    @property
    def chain(self) -> tuple[bytes, ...]:
        """Who issued its certificate, and above it up to the root, DER."""

    def believed(self) -> Believed:
        """Tell whom a verifier must believe."""


class Timestamper:
    """Says at what time a digest existed."""

    def __init__(
        self,
        certificate: x509.Certificate,
        key: ec.EllipticCurvePrivateKey,
        chain: Iterable[x509.Certificate],
    ) -> None:
        self.certificate = certificate
        self._key = key
        self._template = der.CmsTemplate(certificate, chain, content_type=der.TST_INFO)

    def stamp(self, digest: bytes, at: datetime) -> bytes:
        """Return a time-stamp token for a SHA-256 digest, DER."""
        return self._token(der.imprint_sha256(digest), at, nonce=None)

    def answer(self, request: bytes, at: datetime) -> bytes:
        """Answer an RFC 3161 request; a bad one is refused in the protocol's own words, DER."""
        try:
            parsed = tsp.TimeStampReq.load(request, strict=True)
            imprint = parsed["message_imprint"]
            algorithm = imprint["hash_algorithm"]["algorithm"].native
            digest = imprint["hashed_message"].native
            nonce = parsed["nonce"].native
            extended = parsed["extensions"].native
        except (ValueError, TypeError, KeyError):
            return _rejection("bad_data_format")
        if _DIGEST_BYTES.get(algorithm) != len(digest):
            return _rejection("bad_alg")
        if extended:
            return _rejection("unaccepted_extensions")
        if nonce is not None and nonce < 0:
            return _rejection("bad_data_format")
        token = self._token(imprint.dump(), at, nonce=nonce)
        return sequence(sequence(integer(0)), token)

    def _token(self, imprint: bytes, at: datetime, *, nonce: int | None) -> bytes:
        info = der.tst_info(
            imprint,
            serial=secrets.randbits(63) | 1 << 62,
            at=at,
            authority=self.certificate.subject.public_bytes(),
            nonce=nonce,
        )
        attributes = self._template.attributes(hashlib.sha256(info).digest())
        signature = self._key.sign(attributes, ec.ECDSA(hashes.SHA256()))
        return self._template.build(attributes, signature, content=info)


def _rejection(failure: str) -> bytes:
    status = tsp.PKIStatusInfo({"status": "rejection", "fail_info": {failure}})
    # asn1crypto's own TimeStampResp insists on a token, which a refusal has not (RFC 3161 2.4.2).
    return sequence(status.dump())
