"""Keys that lie in a token: we hold their ids, the token signs, nothing takes them out."""

from __future__ import annotations

from typing import Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from signing.errors import TokenMissing

ALGORITHM = "TOKEN"  #: of a row whose key lies in the token; what is wrapped is its id there


class Token(Protocol):
    """Who holds the token (`adapters.keys`)."""

    def make(self, key_id: str) -> bytes:
        """Make a P-256 key under this id; return its public half, DER."""

    def sign(self, key_id: str, digest: bytes) -> bytes:
        """Sign a SHA-256 digest: ECDSA, DER."""


class SigningKey(Protocol):
    """A key that signs, wherever it lies."""

    def sign(self, data: bytes, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """Sign (ECDSA with SHA-256, DER)."""

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Return the public half."""


class TokenKey:
    """A key in the token, used like any other."""

    def __init__(self, token: Token, key_id: str) -> None:
        self._token, self._id = token, key_id

    def sign(self, data: bytes, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """Sign the SHA-256 of `data`, the only digest that we use."""
        digest = hashes.Hash(hashes.SHA256())
        digest.update(data)
        return self._token.sign(self._id, digest.finalize())

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Return the public half; a key that is not there yet is made."""
        key = load_der_public_key(self._token.make(self._id))
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise TokenMissing
        return key


def opened(token: Token | None, key_id: str) -> TokenKey:
    """Give a key by its id in the token. Raises: TokenMissing when no token is set."""
    if token is None:
        raise TokenMissing
    return TokenKey(token, key_id)
