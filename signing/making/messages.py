"""Short messages that the agency signs, and the keys with which anybody checks them offline.

A message is COSE_Sign1. Its key is named by the first eight bytes of the SHA-256 of the agency's
certificate; every certificate that ever signed is published as a JSON Web Key (RFC 7517) with its
chain, and when it was revoked. National (SM2) messages are signed by the key of the agency's seal.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import core
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import Encoding

from ofd import certificates, sm2
from signing.keys.tokens import SigningKey
from signing.making import cose

_HALF = 32  #: bytes of a coordinate, of r and of s
_KEY_ID = 8  #: bytes


@dataclass(frozen=True, kw_only=True)
class PublishedKey:
    """A certificate whose key signs messages, or did."""

    certificate: bytes  #: DER
    chain: tuple[bytes, ...]  #: DER of those above it, up to and with the root
    is_national: bool
    revoked_at: datetime | None

    @property
    def id(self) -> bytes:
        """What messages call it."""
        return key_id(self.certificate)

    def to_jwk(self) -> dict[str, object]:
        """Give it as a JSON Web Key; what RFC 7517 has no member for is said in plain words."""
        public = self.point()
        told: dict[str, object] = {
            "kty": "EC",
            "crv": "SM2" if self.is_national else "P-256",
            "x": _base64url(public[:_HALF]),
            "y": _base64url(public[_HALF:]),
            "use": "sig",
            "kid": self.id.hex(),
            "x5c": [b64encode(der).decode() for der in (self.certificate, *self.chain)],
        }
        if self.revoked_at is not None:
            told["revoked_at"] = self.revoked_at.isoformat()
        return told

    def point(self) -> bytes:
        """Give x ‖ y."""
        if self.is_national:
            return certificates.read(self.certificate).public or b""
        numbers = _p256(self.certificate).public_numbers()
        return b"".join(value.to_bytes(_HALF, "big") for value in (numbers.x, numbers.y))

    def fits(self, message: cose.Message) -> bool:
        """Tell whether a message was signed with this key."""
        r, s = (int.from_bytes(half, "big") for half in _halves(message.signature))
        if message.key_id != self.id:
            return False
        if self.is_national:
            value = _Pair([r, s]).dump()
            return message.algorithm == cose.SM2_SM3 and sm2.verify(
                self.point(), message.signed, value
            )
        if message.algorithm != cose.ES256:
            return False
        try:
            value = encode_dss_signature(r, s)
            _p256(self.certificate).verify(value, message.signed, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


class _Pair(core.SequenceOf):  # type: ignore[misc]  # asn1crypto ships no types
    _child_spec = core.Integer


def key_id(certificate: bytes) -> bytes:
    """Name the key of a certificate (DER)."""
    return hashlib.sha256(certificate).digest()[:_KEY_ID]


def signed(payload: bytes, certificate: x509.Certificate, key: SigningKey) -> bytes:
    """Sign a message with P-256.

    The same message has the same bytes (RFC 6979), unless the key lies in a token.
    """

    def sign(content: bytes) -> bytes:
        how = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        return _raw(*decode_dss_signature(key.sign(content, how)))

    own = key_id(certificate.public_bytes(Encoding.DER))
    return cose.write(payload, algorithm=cose.ES256, key_id=own, sign=sign)


def signed_nationally(payload: bytes, certificate: bytes, key: sm2.PrivateKey) -> bytes:
    """Sign a message with SM2 and SM3 under the standard identity."""

    def sign(content: bytes) -> bytes:
        r, s = _Pair.load(key.sign(content)).native
        return _raw(r, s)

    return cose.write(payload, algorithm=cose.SM2_SM3, key_id=key_id(certificate), sign=sign)


def opened(data: bytes, keys: Iterable[PublishedKey]) -> bytes | None:
    """Give the payload of a message that one of these keys signed; None: none of them did.

    Raises: NotAMessage.
    """
    message = cose.read(data)
    return message.payload if any(key.fits(message) for key in keys) else None


def key_set(keys: Iterable[PublishedKey]) -> Mapping[str, object]:
    """Give the document in which the keys are published: a JSON Web Key Set."""
    return {"keys": [key.to_jwk() for key in keys]}


def _p256(certificate: bytes) -> ec.EllipticCurvePublicKey:
    public = x509.load_der_x509_certificate(certificate).public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise TypeError("the agency signs with P-256")
    return public


def _halves(signature: bytes) -> tuple[bytes, bytes]:
    return signature[:_HALF], signature[_HALF:]


def _raw(r: int, s: int) -> bytes:
    return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
