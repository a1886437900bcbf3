"""Private keys at rest: each one encrypted under the key-encryption key, bound to its own id.

A key that a PIN guards is encrypted under the PIN first (decision 17): who has the key-encryption
key and the database has not the PIN.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from signing.errors import WrongKek
from signing.keeping import guards
from signing.keeping.guards import LIGHT, PinCost

_NONCE_BYTES = 12


@dataclass(frozen=True)
class Wrapped:
    """An encrypted private key: nonce and AES-256-GCM ciphertext of its PKCS #8 form."""

    data: bytes
    kek_id: str
    algorithm: str = "P-256"  #: what the row says of it; with `guards.MARK` a PIN opens it


class KeyVault:
    """Wraps and opens private keys; the key-encryption key never leaves it."""

    def __init__(self, kek: bytes, *former: bytes, pin_cost: PinCost = LIGHT) -> None:
        self._ciphers = [
            AESGCM(HKDF(hashes.SHA256(), 32, None, b"signing/kek").derive(secret))
            for secret in (kek, *former)
        ]
        oldest = (kek, *former)[-1]  # codes and leaves that are out still count while it overlaps
        self._pepper = HKDF(hashes.SHA256(), 32, None, b"signing/pepper").derive(oldest)
        self.kek_id = hashlib.sha256(b"signing/kek-id" + kek).hexdigest()[:16]
        self.pin_cost = pin_cost

    def wrap(self, key_id: str, key: ec.EllipticCurvePrivateKey, *, pin: str = "") -> Wrapped:
        """Encrypt `key`, under `pin` too where there is one.

        `key_id` is authenticated with it, so that rows cannot be swapped.
        """
        plain = key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return self.guard(key_id, plain, pin) if pin else self.wrap_der(key_id, plain)

    def guard(self, key_id: str, plain: bytes, pin: str) -> Wrapped:
        """Encrypt a P-256 key, given as PKCS #8, under its PIN and the key-encryption key."""
        closed = guards.close(key_id, plain, pin, self.pin_cost)
        return Wrapped(self.wrap_der(key_id, closed).data, self.kek_id, guards.MARKED)

    def wrap_der(self, key_id: str, plain: bytes) -> Wrapped:
        """Encrypt a key of any kind, given as PKCS #8."""
        nonce = os.urandom(_NONCE_BYTES)
        return Wrapped(nonce + self._ciphers[0].encrypt(nonce, plain, key_id.encode()), self.kek_id)

    def open(self, key_id: str, data: bytes) -> ec.EllipticCurvePrivateKey:
        """Decrypt a wrapped key.

        Raises: WrongKek when it was wrapped under another key, for another id, or was altered.
        """
        key = serialization.load_der_private_key(self.open_der(key_id, data), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise WrongKek
        return key

    def open_der(self, key_id: str, data: bytes) -> bytes:
        """Decrypt a wrapped key of any kind: PKCS #8, or what a PIN closed. Raises: WrongKek."""
        nonce, ciphertext = data[:_NONCE_BYTES], data[_NONCE_BYTES:]
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(nonce, ciphertext, key_id.encode())
            except InvalidTag:
                continue
        raise WrongKek

    def mac(self, *parts: str) -> str:
        """Return a keyed digest of `parts`, so that a stolen table of codes cannot be searched."""
        message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
        return hmac.new(self._pepper, message, hashlib.sha256).hexdigest()
