"""The vault: personal data encrypted at rest and found again by a keyed hash.

AES-256-GCM with a random nonce. Every ciphertext names its key, so that keys can be rotated.
Requirement: personal information protection law art. 51 (encryption, de-identification).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NAME_BYTES = 4
_NONCE_BYTES = 12


class UnknownKey(Exception):
    """Something lies under a key that this deployment was not given."""


class Vault:
    """Encrypts with `key` and still opens what the `former` keys closed.

    The blind index belongs to the oldest key, because rotating it would hide every row.
    """

    def __init__(self, key: bytes, *former: bytes) -> None:
        if any(len(secret) != KEY_BYTES for secret in (key, *former)):
            raise ValueError(f"a vault key has {KEY_BYTES} bytes")
        self._current = derive(key, b"name")[:_NAME_BYTES]
        self._ciphers = {
            derive(secret, b"name")[:_NAME_BYTES]: AESGCM(derive(secret, b"encrypt"))
            for secret in (key, *former)
        }
        self._index_key = derive((key, *former)[-1], b"index")
        self._seal_key = derive((key, *former)[-1], b"seal")

    def encrypt(self, text: str, *, place: str) -> bytes:
        """Return key name + nonce + ciphertext of `text`, bound to its `place`."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._ciphers[self._current].encrypt(nonce, text.encode(), place.encode())
        return self._current + nonce + sealed

    @property
    def current_name(self) -> bytes:
        """The first four bytes of everything that the key of today encrypted."""
        return self._current

    def renewed(self, data: bytes, *, place: str) -> bytes:
        """Return the same text encrypted by the key of today; raises as `decrypt`.

        Raises: UnknownKey when it lies under a key that was not given.
        """
        if data[:_NAME_BYTES] not in self._ciphers:
            raise UnknownKey
        return self.encrypt(self.decrypt(data, place=place), place=place)

    def decrypt(self, data: bytes, *, place: str) -> str:
        """Open what `encrypt` gave; raises `InvalidTag` for another place or a changed byte."""
        name, rest = data[:_NAME_BYTES], data[_NAME_BYTES:]
        nonce, sealed = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        return self._ciphers[name].decrypt(nonce, sealed, place.encode()).decode()

    def seal_of(self, text: str, *, place: str) -> bytes:
        """Return a keyed digest of 32 bytes, which nobody makes without the oldest key."""
        said = f"{place}\0{text}".encode()
        return hmac.new(self._seal_key, said, hashlib.sha256).digest()

    def blind_index(self, value: str) -> str:
        """Return 32 hexadecimal characters by which an equal `value` is found.

        Width, case and outer blanks do not matter: "ｈ０１ " is found as "H01".
        """
        text = unicodedata.normalize("NFKC", value).strip().upper()
        return hmac.new(self._index_key, text.encode(), hashlib.sha256).hexdigest()[:32]


def derive(key: bytes, purpose: bytes) -> bytes:
    """Return the key of 32 bytes that `key` has for one purpose."""
    return hmac.new(key, b"zhuce vault " + purpose, hashlib.sha256).digest()


_configured: list[Vault] = []


def configure(vault: Vault) -> None:
    """Make `vault` the one that the column types use in this process."""
    _configured[:] = [vault]


def is_configured() -> bool:
    """Tell whether this process has a vault."""
    return bool(_configured)


def current_vault() -> Vault:
    """Return the configured vault; a missing one is a fault of the wiring."""
    if not _configured:
        raise RuntimeError("storage.vault.configure(...) was not called")
    return _configured[0]
